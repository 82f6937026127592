# SPDX-License-Identifier: GPL-2.0
"""IVs, and the packets that RFCs print."""

import os
import socket
import subprocess

import dut
import esp
import ip
import vectors
from dut import Group
from ktap import check, same
from pair import Pair


class Iv(Group):
    """What is on the wire in front of the ciphertext."""

    name = "iv"

    def cases(self):
        for suite in ("gcm16-128", "chacha20poly1305", "ccm16-128", "ctr128-sha1"):
            count = 10000 if suite == "gcm16-128" else 2000
            yield ("CRY-12 %s: %d IVs, none twice" % (suite, count),
                   lambda a=(suite, count): self.unique(*a))
        yield "CRY-12 gcm16-128: unique though the sequence number is set back", self.set_back
        yield "CRY-12 gcm16-128: unique over policies, modes of delivery, ESN", self.two_sas
        for suite in ("cbc128-sha256", "3des-sha1"):
            yield "CRY-2 %s: IVs cannot be told from random" % suite, \
                lambda suite=suite: self.random(suite)

    def take(self, pair, count, start=0):
        """ESP packets of equal cleartext."""
        clear = pair.answer(b"the same each time")
        for number in range(count):
            pair.send(self.dut, clear)
            wire = self.dut.left()
            self.dut.need(wire, "packet %d did not leave" % number)
            if number % 500 == 0:
                pair.open(wire, clear, start + number + 1)
            yield ip.body(wire)

    def unique(self, suite, count):
        """Equal IV under one key gives the plaintexts away."""
        pair = Pair(suite).install(self.dut)
        seen = {data[8:8 + pair.tx.suite.iv] for data in self.take(pair, count)}
        same(len(seen), count, "number of different IVs")

    def set_back(self):
        """As a daemon would restore a number it had written down."""
        pair = Pair().install(self.dut)
        seen = [data[8:16] for data in self.take(pair, 20)]
        if self.dut.tool.counted:
            words = list(pair.lines())[0].replace("state add", "state update", 1)
            self.dut.configure([words.replace("reqid", "replay-oseq 0 reqid", 1)])
        clear = pair.answer(b"the same each time")
        for _ in range(20):
            pair.send(self.dut, clear)
            wire = self.dut.left()
            if wire is None:
                break           # refusing is fine as well
            seen.append(ip.body(wire)[8:16])
        self.dut.new_drops()
        same(len(set(seen)), len(seen), "number of different IVs")

    def two_sas(self):
        """An SA deleted and added again with the same key and number."""
        pair = Pair().install(self.dut)
        seen = [data[8:16] for data in self.take(pair, 30)]
        name = "state delete src %s dst %s proto esp spi 0x%x" % (pair.us, pair.peer, pair.tx.spi)
        for _ in range(5):
            self.dut.configure([name if self.dut.tool.counted else
                                name.replace("src %s " % pair.us, ""), list(pair.lines())[0]])
            seen += [data[8:16] for data in self.take(pair, 30)]
        if self.dut.tool.counted:
            same(len(set(seen)), len(seen), "number of different IVs")

    def random(self, suite):
        """Unique, all bits even, unrelated to neighbours and ciphertext."""
        pair = Pair(suite).install(self.dut)
        size = pair.tx.suite.iv
        count = 2000
        ivs, tails = [], []
        for data in self.take(pair, count):
            ivs.append(int.from_bytes(data[8:8 + size], "big"))
            tails.append(int.from_bytes(data[-pair.tx.suite.icv - size:-pair.tx.suite.icv],
                                        "big"))
        same(len(set(ivs)), count, "number of different IVs")
        # Six standard deviations of a fair coin: a false alarm in 10^7 runs.
        limit = 6 * (count / 4) ** 0.5
        for bit in range(size * 8):
            ones = sum(iv >> bit & 1 for iv in ivs)
            check(abs(ones - count / 2) < limit, "bit %d is set in %d of %d IVs" %
                  (bit, ones, count))
        for name, others in (("the IV before", ivs), ("the ciphertext before", tails),
                             ("the number of the packet", range(count))):
            for before, iv in zip(others, ivs[1:]):
                check(bin(before ^ iv).count("1") > size // 2 if size == 16 else before != iv,
                      "an IV is close to %s" % name)
            same_bits = sum(size * 8 - bin((before ^ iv) & ((1 << size * 8) - 1)).count("1")
                            for before, iv in zip(others, ivs[1:]))
            total = (count - 1) * size * 8
            check(abs(same_bits - total / 2) < 6 * (total / 4) ** 0.5,
                  "IVs have %d of %d bits in common with %s" % (same_bits, total, name))


class Published(Group):
    """Packets of RFC 3602 and RFC 7634, delivered by the machine under test."""

    name = "published"

    def setup(self):
        super().setup()
        lines = ["addr add 192.168.123.100/32 dev lo", "addr add 192.168.123.200/32 dev lo",
                 "addr add 203.0.113.5/32 dev lo", "route add 192.0.2.0/24 dev in0",
                 "route add 192.168.123.3/32 dev out0", "route add 203.0.113.153/32 dev out0"]
        dut.batch(["ip"], lines)
        dut.sysctl("ipv4/icmp_echo_ignore_all", 1)
        self.icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.icmp.setblocking(False)
        self.dut.sockets.append(self.icmp)

    def cases(self):
        for vector in vectors.ALL:
            ids = "CRY-15" if vector.suite.startswith("chacha") else "CRY-1"
            yield "%s %s" % (ids, vector.name), lambda vector=vector: self.deliver(vector)

    def deliver(self, vector):
        """The RFC 3602 packets end here, that of RFC 7634 goes through."""
        # One SA may be used by two of the examples.
        self.dut.flush()
        mac = os.urandom(32) if esp.SUITES[vector.suite].mac else None
        sa = esp.Sa(vector.suite, vector.spi, key=vector.key, mac_key=mac)
        data = ip.body(vector.wire)
        if mac:
            # Authenticated is what stands in front of the ICV, to the octet.
            plain = sa.seal(vector.clear if vector.mode == "tunnel" else ip.body(vector.clear),
                            4 if vector.mode == "tunnel" else 1, vector.seq,
                            iv=data[8:8 + sa.suite.iv])
            same(plain[:len(data)], data, "oracle")
            data = plain
        inner = (ip.source(vector.clear), ip.destination(vector.clear))
        lines = ["state add src %s dst %s proto esp spi 0x%x reqid 5 mode %s %s" %
                 (vector.src, vector.dst, vector.spi, vector.mode, sa.words())]
        for way in ("in", "fwd"):
            lines.append("policy add src %s/32 dst %s/32 dir %s tmpl src %s dst %s proto esp "
                         "reqid 5 mode %s" % (*inner, way, vector.src, vector.dst, vector.mode))
            if vector.mode == "transport":
                break
        self.dut.configure(lines)
        wire = ip.change(vector.wire, payload=data)
        if vector.mode == "tunnel" and not mac:
            same(wire, vector.wire, "packet of the RFC")
        if vector.suite.startswith("chacha"):
            self.dut.expect(wire, ip.forwarded(vector.clear))
            return

        def read():
            try:
                return self.icmp.recv(1000)
            except BlockingIOError:
                return None
        self.dut.inject(wire)
        got = self.dut.wait(read)
        self.dut.need(got, "not delivered")
        same(got, vector.clear, "packet")


class Refused(Group):
    """Algorithms that must not be, as far as the tool can ask for them."""

    name = "refused"

    WEAK = (
        ("ESP-2 ALG-5 CBC without integrity", "enc 'cbc(aes)' 0x" + "11" * 16),
        ("CRY-8 CTR without integrity", "enc 'rfc3686(ctr(aes))' 0x" + "11" * 20),
        ("ESP-3 NULL without integrity", "enc 'ecb(cipher_null)' ''"),
        ("CRY-11 GCM with 4 octets of ICV", "aead 'rfc4106(gcm(aes))' 0x" + "11" * 20 + " 32"),
        ("CRY-11 GCM with 13 octets of ICV", "aead 'rfc4106(gcm(aes))' 0x" + "11" * 20 + " 104"),
        ("CRY-14 CCM with 10 octets of ICV", "aead 'rfc4309(ccm(aes))' 0x" + "11" * 19 + " 80"),
        ("CRY-15 ChaCha with 12 octets of ICV",
         "aead 'rfc7539esp(chacha20,poly1305)' 0x" + "11" * 36 + " 96"),
        ("CRY-9 GCM without salt", "aead 'rfc4106(gcm(aes))' 0x" + "11" * 16 + " 128"),
        ("MAC-1 SHA-256 with 20 octets of key",
         "auth-trunc 'hmac(sha256)' 0x" + "11" * 20 + " 128 enc 'cbc(aes)' 0x" + "11" * 16),
        ("MAC-3 SHA-1 with 16 octets of key",
         "auth-trunc 'hmac(sha1)' 0x" + "11" * 16 + " 96 enc 'cbc(aes)' 0x" + "11" * 16),
        ("CRY-4 3DES with k1 = k2",
         "auth-trunc 'hmac(sha1)' 0x" + "11" * 20 + " 96 enc 'cbc(des3_ede)' 0x" +
         "0123456789abcdef" * 2 + "fedcba9876543210"),
        ("CRY-4 3DES with k2 = k3 but for parity",
         "auth-trunc 'hmac(sha1)' 0x" + "11" * 20 + " 96 enc 'cbc(des3_ede)' 0x" +
         "fedcba9876543210" + "0123456789abcdef" + "0022456689aacdee"),
        ("ALG-3 DES", "auth-trunc 'hmac(sha1)' 0x" + "11" * 20 +
         " 96 enc 'cbc(des)' 0x0123456789abcdef"),
        ("ALG-4 MD5", "auth-trunc 'hmac(md5)' 0x" + "11" * 16 +
         " 96 enc 'cbc(aes)' 0x" + "11" * 16),
    )

    def cases(self):
        for name, words in self.WEAK:
            yield name, lambda words=words: self.refuse(words)

    def refuse(self, words):
        """With a sentence, and nothing is left behind."""
        import shlex
        done = subprocess.run(
            self.dut.tool.command + ("state add src 10.0.0.1 dst 10.0.1.1 proto esp spi 0x500 "
                                     "mode tunnel").split() + shlex.split(words),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
        check(done.returncode, "was accepted")
        if self.dut.tool.counted:
            check(len(done.stderr.strip()) > 20, "says only %r" % done.stderr)
            same(self.dut.tool.states(), [], "states")


GROUPS = (Iv, Published, Refused)
