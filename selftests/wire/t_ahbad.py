# SPDX-License-Identifier: GPL-2.0
"""AH that must not pass, each counted once under its own reason; its sequence
numbers; and SAs that are refused."""

import struct
import subprocess

import ah
import ip
from dut import Group
from ktap import Skip, check, same
from pair import AhPair

SHAPES = (("sha1-96", False), ("sha256-128", True), ("sha512-256", False), ("xcbc-96", True),
          ("cmac-96", False), ("gmac-128", False), ("gmac-256", True))


def resized(wire, size):
    """The packet cut or filled up, with a length in the IP header that is right."""
    data = bytearray(wire[:size].ljust(size, b"\0"))
    if ip.version(wire) == 4:
        data[2:4] = struct.pack("!H", size)
        return ip.change(bytes(data))
    data[4:6] = struct.pack("!H", size - 40)
    return bytes(data)


class Integrity(Group):
    """Bits changed, octets missing, lengths that lie."""

    name = "ah-integrity"

    def cases(self):
        for suite, esn in SHAPES:
            for mode, family in (("tunnel", 4), ("transport", 6)):
                title = "%s%s %s IPv%d" % (suite, " ESN" if esn else "", mode, family)
                yield ("AH-5 AH-15 AUD-5 %s: any octet changed is a drop" % title,
                       lambda a=(suite, esn, mode, family): self.flip(*a))
        for family in (4, 6):
            yield ("AH-2 IPv%d: cut off after any octet is a drop" % family,
                   lambda family=family: self.cut(family))
            yield ("AH-2 AH-3 IPv%d: every other length in the header is a drop" % family,
                   lambda family=family: self.lengths(family))
            yield ("AH-4 IPv%d: the reserved field counts and means nothing" % family,
                   lambda family=family: self.reserved(family))
            yield ("AH-3 IPv%d: padding of the ICV may be anything, and counts" % family,
                   lambda family=family: self.padding(family))
        yield "AH-3 alignment is that of the SA, either way", self.alignment
        yield "AH-15 every bit of the key counts", self.wrong_keys
        yield "AH-1 next header that does not suit the mode", self.next_header
        yield "AH-1 no payload at all", self.empty
        yield "AH-1 AH without an SA, ESP with the SPI of one", self.no_sa
        yield "IN-3 a packet outside the selector", self.selector
        yield "ESP-9 next header 59 is no dummy in AH", self.no_next

    def flip(self, suite, esn, mode, family):
        """One bit per octet from AH on; then the packet itself passes, once."""
        self.dut.flush()
        pair = AhPair(suite, mode, family, esn=esn).install(self.dut)
        clear = pair.clear(b"flip")
        good = pair.protect(clear, 1)
        start = ip.header_length(good)
        for at in range(start, len(good)):
            bad = bytearray(good)
            bad[at] ^= 1 << at % 8
            reason = "in_icv"
            if at == start + 1:
                reason = "in_ah_length"
            elif start + 4 <= at < start + 8:
                reason = "in_no_sa"
            # A sequence number that is none; with ESN it is one of the next 2^32.
            if start + 8 <= at < start + 12 and not bad[start + 11] and not esn and \
                    not any(bad[start + 8:start + 11]):
                reason = "in_replay_old"
            self.dut.expect_drop(bytes(bad), reason, "octet %d" % (at - start))
        self.dut.expect(good, pair.received(clear))

    def cut(self, family):
        """The IP length says what there is."""
        pair = AhPair("sha256-128", "tunnel", family).install(self.dut)
        clear = pair.clear(b"cut")
        good = pair.protect(clear, 1)
        start = ip.header_length(good)
        for size in range(start, len(good)):
            reason = "in_icv" if size >= start + pair.rx.length(family) else "in_truncated"
            self.dut.expect_drop(resized(good, size), reason, "%d octets" % (size - start))
        for more in (1, 4, 100):
            self.dut.expect_drop(resized(good, len(good) + more), "in_icv", "%d more" % more)
        self.dut.expect(good, pair.received(clear))

    def lengths(self, family):
        """All 255 of them, with an ICV that is right for what is said."""
        pair = AhPair("sha256-128", "transport", family).install(self.dut)
        clear = pair.clear(bytes(1100))
        right = pair.rx.length(family) // 4 - 2
        for units in range(256):
            if units != right:
                self.dut.expect_drop(pair.protect(clear, 1, units=units), "in_ah_length",
                                     "length %d" % units)
        # As many octets of padding more as the field says.
        for more in (4, 8, 64):
            wire = pair.protect(clear, 1, pad=bytes(pair.rx.length(family) - 28 + more))
            self.dut.expect_drop(wire, "in_ah_length", "%d octets more" % more)
        self.dut.expect(pair.protect(clear, 1), pair.received(clear))

    def reserved(self, family):
        """Sent so, it is taken; changed on the way, not."""
        pair = AhPair("sha256-128", "tunnel", family).install(self.dut)
        clear = pair.clear(b"reserved")
        for value in (1, 0x8000, 0xffff):
            self.dut.expect(pair.protect(clear, reserved=value), pair.received(clear))
        wire = bytearray(pair.protect(clear))
        wire[ip.header_length(wire) + 3] ^= 1
        self.dut.expect_drop(bytes(wire), "in_icv")

    def padding(self, family):
        """SHA-256 over IPv6 has four octets, over IPv4 those of the flag's absence."""
        pair = AhPair("sha256-128", "tunnel", family).install(self.dut)
        clear = pair.clear(b"padding")
        for pad in (b"\0\0\0\0", b"\xff\xee\xdd\xcc", b"\1\2\3\4"):
            self.dut.expect(pair.protect(clear, pad=pad), pair.received(clear))
        wire = bytearray(pair.protect(clear))
        wire[ip.header_length(wire) + 28 + 3] ^= 1
        self.dut.expect_drop(bytes(wire), "in_icv")

    def alignment(self):
        """32 octets to an SA of 28, 28 to one of 32."""
        for align4 in (True, False):
            pair = AhPair("sha256-128", "tunnel", align4=align4).install(self.dut)
            clear = pair.clear(b"alignment")
            self.dut.expect_drop(pair.protect(clear, 1, pad=bytes(4) if align4 else b""),
                                 "in_ah_length")
            self.dut.expect(pair.protect(clear, 1), pair.received(clear))

    def wrong_keys(self):
        """First, middle and last octet; those of the salt are the last four."""
        for suite in ah.SUITES:
            pair = AhPair(suite).install(self.dut)
            clear = pair.clear(bytes(64))
            key = pair.rx.key
            for at in (0, len(key) // 2, len(key) - 1):
                changed = bytearray(key)
                changed[at] ^= 0x10
                pair.rx.key = bytes(changed)
                self.dut.expect_drop(pair.protect(clear, 1), "in_icv", "%s octet %d" % (suite, at))
            pair.rx.key = key
            self.dut.expect(pair.protect(clear, 1), pair.received(clear))

    def next_header(self):
        """In a tunnel there is an IP packet of the family that is said."""
        pair = AhPair("sha256-128", "tunnel").install(self.dut)
        for kind, reason in ((ip.UDP, "in_next_header"), (ip.NONE, "in_next_header"),
                             (ip.IPV6, "in_inner_malformed")):
            self.dut.expect_drop(pair.protect(pair.clear(b"next"), nh=kind), reason, "%d" % kind)

    def empty(self):
        """A transport packet of headers only; a tunnel without a packet."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        self.dut.expect(pair.protect(pair.clear(b"")), pair.clear(b""))
        pair = AhPair("gmac-128", "transport", 6, esn=True).install(self.dut)
        self.dut.expect(pair.protect(pair.clear(b"")), pair.clear(b""))
        pair = AhPair("sha256-128", "tunnel").install(self.dut)
        self.dut.expect_drop(pair.protect(b""), "in_inner_malformed")

    def no_sa(self):
        """SPIs of AH and ESP have nothing to do with each other."""
        self.dut.flush()
        pair = AhPair("sha256-128", "tunnel").install(self.dut)
        wire = pair.protect(pair.clear(b"x"), 1)
        other = bytearray(wire)
        other[24 + 3] ^= 1
        self.dut.expect_drop(bytes(other), "in_no_sa")
        esp = ip.ip4(pair.peer, pair.us, ip.ESP, struct.pack("!II", pair.rx.spi, 1) + bytes(64))
        self.dut.expect_drop(esp, "in_no_sa")
        self.dut.expect(wire, pair.received(pair.clear(b"x")))

    def selector(self):
        """What AH was agreed for."""
        pair = AhPair("sha256-128", "transport",
                      selector="src 0.0.0.0/0 dst 0.0.0.0/0 proto udp").install(self.dut)
        self.dut.expect_drop(pair.protect(pair.clear(b"x")), "in_selector")

    def no_next(self):
        """A packet like any other, which nobody waits for."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        self.dut.inject(pair.protect(pair.clear(b"", proto=ip.NONE)))
        check(self.dut.arrived(0.02) is None, "delivered")
        while self.dut.left(0.02) is not None:
            pass
        if self.dut.tool.counted:
            same(self.dut.counter("in_dummy"), 0, "dummies")


class Replay(Group):
    """The window is the one of ESP; that AH uses it is shown at its edges."""

    name = "ah-replay"

    def cases(self):
        yield "AH-15 RPL-5 RPL-6 the same number again, and one left of the window", self.window
        yield "AH-15 RPL-7 a forged number does not move the window", self.forged
        yield "AH-14 RPL-10 across 2^32 inbound", self.across_in
        yield "AH-14 RPL-10 across 2^32 outbound", self.across_out
        yield "AH-14 the high half counts", self.high
        yield "RPL-2 without ESN the number does not wrap", self.used_up

    def window(self):
        """32 packets wide."""
        pair = AhPair("sha256-128", window=32).install(self.dut)
        clear = pair.clear(b"window")
        for seq in (100, 70, 69):
            self.dut.expect(pair.protect(clear, seq), pair.received(clear), "%d" % seq)
        for seq in (100, 70, 69):
            self.dut.expect_drop(pair.protect(clear, seq), "in_replay", "%d again" % seq)
        for seq in (68, 1, 0):
            self.dut.expect_drop(pair.protect(clear, seq), "in_replay_old", "%d" % seq)

    def forged(self):
        """A huge one, then normal traffic."""
        pair = AhPair("sha256-128", window=32).install(self.dut)
        clear = pair.clear(b"forged")
        self.dut.expect(pair.protect(clear, 1), pair.received(clear))
        bad = bytearray(pair.protect(clear, 0xfffffff0))
        bad[-1] ^= 1
        self.dut.expect_drop(bytes(bad), "in_icv")
        self.dut.expect(pair.protect(clear, 2), pair.received(clear))

    def across_in(self):
        """In order, and back over the edge within the window."""
        for suite in ("sha256-128", "gmac-128"):
            start = 0xfffffff0
            pair = AhPair(suite, esn=True, seq=start).install(self.dut)
            clear = pair.clear(b"across")
            for number, seq in enumerate(list(range(start + 1, start + 40)) + [start + 1]):
                if number == 39:
                    self.dut.expect_drop(pair.protect(clear, seq), "in_replay", "first again")
                else:
                    self.dut.expect(pair.protect(clear, seq), pair.received(clear), hex(seq))

    def across_out(self):
        """The high half is not sent."""
        for suite in ("sha256-128", "gmac-128"):
            start = 0xfffffffe
            pair = AhPair(suite, esn=True, oseq=start).install(self.dut)
            for count in (1, 2, 3):
                clear = pair.answer(b"across", ident=count)
                pair.send(self.dut, clear)
                wire = self.dut.left()
                self.dut.need(wire, "nothing left")
                pair.open(wire, clear, start + count)

    def high(self):
        """Right number, wrong half in the ICV."""
        pair = AhPair("sha256-128", esn=True, seq=5 << 32).install(self.dut)
        clear = pair.clear(b"high")
        for half in (0, 4, 6):
            self.dut.expect_drop(pair.protect(clear, 5 << 32 | 9, auth_seq=half << 32 | 9),
                                 "in_icv", "high half %d" % half)
        self.dut.expect(pair.protect(clear, 5 << 32 | 9), pair.received(clear))

    def used_up(self):
        """The last number there is, and the packet after it."""
        pair = AhPair("sha256-128", oseq=0xfffffffe).install(self.dut)
        clear = pair.answer(b"last")
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 0xffffffff)
        pair.send(self.dut, clear)
        if self.dut.tool.counted:
            same(self.dut.new_drops(), {"out_seq_overflow": 1}, "drops")


KEY = {n: "0x" + "11" * n for n in (16, 20, 32, 36)}


class Refused(Group):
    """What an SA of AH may not have, and the word by which the answer says so."""

    name = "ah-refused"

    BAD = (
        ("CRY-17 a cipher", "enc 'cbc(aes)' %s" % KEY[16], "encrypt"),
        ("a cipher beside its integrity", "auth-trunc 'hmac(sha1)' %s 96 enc 'cbc(aes)' %s" %
         (KEY[20], KEY[16]), "encrypt"),
        ("a combined mode that encrypts", "aead 'rfc4106(gcm(aes))' %s 128" % KEY[20], "encrypt"),
        ("two integrity algorithms", "auth-trunc 'hmac(sha1)' %s 96 aead 'rfc4543(gcm(aes))' %s 128"
         % (KEY[20], KEY[20]), "one"),
        ("no algorithm", "", "algorithm"),
        ("CRY-17 GMAC without salt", "aead 'rfc4543(gcm(aes))' %s 128" % KEY[16], "salt"),
        ("CRY-17 GMAC with 12 octets of ICV", "aead 'rfc4543(gcm(aes))' %s 96" % KEY[20], "ICV"),
        ("AH-16 UDP encapsulation", "auth-trunc 'hmac(sha1)' %s 96 "
         "encap espinudp 4500 4500 0.0.0.0" % KEY[20], "UDP"),
        ("TFC padding", "auth-trunc 'hmac(sha1)' %s 96 tfcpad 100" % KEY[20], "ESP"),
        ("ALG-4 MD5", "auth-trunc 'hmac(md5)' %s 96" % KEY[16], "allow_weak"),
        ("a key of the wrong length", "auth-trunc 'hmac(sha256)' %s 128" % KEY[20], "length"),
        ("an ICV of 5 octets", "auth-trunc 'hmac(sha1)' %s 40" % KEY[20], "ICV"),
    )

    def cases(self):
        for name, words, hint in self.BAD:
            yield name + " is refused", lambda a=(words, hint): self.refuse(*a)
        yield "AH-16 an SA of AH does not move into UDP", self.migrate

    def tool(self, line):
        """Run it; what it says, and whether it has failed."""
        import shlex
        done = subprocess.run(self.dut.tool.command + shlex.split(line), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, check=False)
        return done.stderr, done.returncode

    def refuse(self, words, hint):
        """With a sentence, and nothing is left behind."""
        if not self.dut.tool.counted:
            raise Skip("XFRM takes much of it")
        said, status = self.tool("state add src 10.0.0.1 dst 10.0.1.1 proto ah spi 0x500 mode "
                                 "tunnel " + words)
        check(status, "was accepted")
        check(hint in said, "says %r" % said)
        same(self.dut.tool.states(), [], "states")

    def migrate(self):
        """And is as it was."""
        if not self.dut.tool.counted:
            raise Skip("XFRM's tool cannot")
        pair = AhPair("sha256-128").install(self.dut)
        said, status = self.tool(
            "state migrate dst %s proto ah spi 0x%x to src %s dst %s encap espinudp 4500 4500 "
            "0.0.0.0" % (pair.us, pair.rx.spi, pair.peer, pair.us))
        check(status, "was accepted")
        check("AH is not carried in UDP" in said, "says %r" % said)
        clear = pair.clear(b"migrate")
        self.dut.expect(pair.protect(clear), pair.received(clear))


GROUPS = (Integrity, Replay, Refused)
