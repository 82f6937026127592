#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Bad netlink messages: missing, short, long, duplicate, unknown and
contradictory attributes, on create and on update; and who may send any.

Each must be refused with an errno and a sentence, and what the tables and
settings hold must be the same before and after.  KMI-1, SAD-2, SEL-*, ESP-*.
"""

import ctypes
import errno
import os
import random
import re
import socket
import struct
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = next((p for p in (os.path.join(HERE, "../../uapi/nfsec.h"),
                           "/usr/include/linux/nfsec.h") if os.path.exists(p)), None)
REQUEST, ACK, DUMP = 1, 4, 0x300
NESTED = 0x8000
GCM = b"rfc4106(gcm(aes))\0"


def constants(text):
    """Values of all enums; each counts up as in C."""
    table = {}
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for body in re.findall(r"enum[^{]*\{(.*?)\}", text, flags=re.S):
        value = -1
        for item in body.split(","):
            name, _, given = (part.strip() for part in item.partition("="))
            if not name:
                continue
            try:
                value = int(given, 0) if given else value + 1
            except ValueError:      # in terms of another one: the marks at the end
                continue
            table[name] = value
    return table


class Results:
    """KTAP on stdout."""

    def __init__(self):
        self.number = self.failed = 0
        print("KTAP version 1")

    def report(self, good, name, why=""):
        self.number += 1
        if not good:
            self.failed += 1
            print("# " + why)
        print("%s %d %s" % ("ok" if good else "not ok", self.number, name), flush=True)

    def finish(self):
        print("1..%d" % self.number)
        print("# passed %d, failed %d" % (self.number - self.failed, self.failed))
        sys.exit(1 if self.failed else 0)


def attr(kind, value):
    """One attribute; a list is a nest of (kind, value)."""
    if isinstance(value, list):
        kind, value = kind | NESTED, b"".join(attr(k, v) for k, v in value)
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4:
            return
        yield kind & 0x3fff, data[at + 4:at + size]
        at += (size + 3) & ~3


class Genl:
    """A socket that knows nfsec and asks for the sentence of an error."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))
        self.sock.settimeout(10)
        for option in (11, 12):         # NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK
            self.sock.setsockopt(270, option, 1)
        self.seq = 0
        self.family = 0x10
        _, _, answer = self.call(3, attr(2, b"nfsec\0"), version=1)
        self.family, = struct.unpack("=H", dict(attributes(answer[0]))[1])

    def call(self, command, data=b"", flags=ACK, version=1):
        """errno (0 for none), the sentence, the payloads of the answers."""
        self.seq += 1
        self.sock.send(struct.pack("=IHHIIBBH", 20 + len(data), self.family, REQUEST | flags,
                                   self.seq, 0, command, version, 0) + data)
        answers = []
        while True:
            block = self.sock.recv(1 << 18)
            while block:
                size, kind, bits, seq = struct.unpack_from("=IHHI", block)
                body, block = block[16:size], block[(size + 3) & ~3:]
                if seq != self.seq:
                    continue
                if kind == 3:           # NLMSG_DONE
                    return -struct.unpack_from("=i", body)[0], self.sentence(body[4:]), answers
                if kind == 2:           # NLMSG_ERROR
                    code = -struct.unpack_from("=i", body)[0]
                    # the request comes back whole unless NLM_F_CAPPED is set
                    inner = 16 if bits & 0x100 else struct.unpack_from("=I", body, 4)[0]
                    rest = body[4 + ((inner + 3) & ~3):] if bits & 0x200 else b""
                    return code, self.sentence(rest), answers
                answers.append(body[4:])

    @staticmethod
    def sentence(data):
        found = dict(attributes(data))
        return found.get(1, b"").rstrip(b"\0").decode(errors="replace")


def u8(value):
    return struct.pack("=B", value)


def u16(value):
    return struct.pack("=H", value)


def u32(value):
    return struct.pack("=I", value)


def u64(value):
    return struct.pack("=Q", value)


def addr(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


class Tests:
    """The cases; k holds the numbers of the header."""

    def __init__(self, k, out):
        self.k, self.out = k, out
        self.genl = Genl()

    def cmd(self, name):
        return self.k["NFSEC_CMD_" + name]

    def of(self, group, **values):
        """Attributes of a set by their names; None leaves one out."""
        return [(self.k["NFSEC_A_%s_%s" % (group, name.upper())], value)
                for name, value in values.items() if value is not None]

    def algo(self, name=GCM, key=bytes(range(20)), icv=128):
        return self.of("ALGO", name=name, key=key, icv_bits=icv and u32(icv))

    def sa(self, **change):
        base = {
            "src": addr("192.0.2.1"), "dst": addr("192.0.2.2"), "proto": u8(50),
            "spi": u32(0x1234), "mode": u8(1), "reqid": u32(7), "flags": u32(0),
            "aead": self.algo(), "replay_window": u32(64), "tfcpad": u32(0),
            "mark": self.of("MARK", value=u32(1), mask=u32(0xff)),
            "output_mark": self.of("MARK", value=u32(1), mask=u32(0xff)),
            "encap": self.of("ENCAP", type=u16(1), sport=u16(4500), dport=u16(4500)),
            "limits": self.of("LIMITS", soft_bytes=u64(1000), hard_bytes=u64(2000),
                              soft_packets=u64(10), hard_packets=u64(20), soft_add=u64(1000),
                              hard_add=u64(2000), soft_use=u64(1000), hard_use=u64(2000)),
            "sel": self.selector(),
        }
        base.update(change)
        return self.of("SA", **base)

    def move(self, **change):
        """The SA of setup() to other addresses."""
        base = {
            "src": addr("192.0.2.1"), "dst": addr("192.0.2.2"), "proto": u8(50),
            "spi": u32(0x9999), "mark": self.of("MARK", value=u32(1), mask=u32(0xff)),
            "new_src": addr("192.0.2.3"), "new_dst": addr("192.0.2.4"),
            "encap": self.of("ENCAP", type=u16(1), sport=u16(4500), dport=u16(4501)),
        }
        base.update(change)
        return self.of("SA", **base)

    def selector(self, **change):
        base = {
            "src": addr("10.1.0.0"), "src_prefixlen": u8(24), "dst": addr("10.2.0.0"),
            "dst_prefixlen": u8(24), "proto": u8(17), "sport_min": u16(5),
            "sport_max": u16(6), "dport_min": u16(53), "dport_max": u16(54),
        }
        base.update(change)
        return self.of("SELECTOR", **base)

    def tmpl(self, **change):
        base = {
            "src": addr("192.0.2.1"), "dst": addr("192.0.2.2"), "proto": u8(50),
            "mode": u8(1), "reqid": u32(7), "level": u8(0),
        }
        base.update(change)
        return self.of("TMPL", **base)

    def policy(self, **change):
        base = {
            "dir": u8(2), "sel": self.selector(), "priority": u32(5), "action": u8(0),
            "flags": u32(0), "mark": self.of("MARK", value=u32(1), mask=u32(0xff)),
            "tmpl": self.tmpl(),
            "limits": self.of("LIMITS", soft_add=u64(1000), hard_add=u64(2000)),
        }
        base.update(change)
        return self.of("POLICY", **base)

    def send(self, command, values):
        data = values if isinstance(values, bytes) else b"".join(attr(*v) for v in values)
        return self.genl.call(self.cmd(command), data)

    def tables(self):
        """All that a refused message must not change."""
        shown = attr(self.k["NFSEC_A_SA_SHOW_KEYS"], b"")
        result = []
        for command, data, flags in (("SA_GET", shown, DUMP), ("POLICY_GET", b"", DUMP),
                                     ("SETTINGS_GET", b"", ACK)):
            code, text, answers = self.genl.call(self.cmd(command), data, flags)
            if code:
                raise OSError(code, "%s: %s" % (command, text))
            result.append(sorted(answers))
        return result

    def refused(self, name, command, values, codes=None):
        before = self.tables()
        code, text, _ = self.send(command, values)
        why = []
        if not code:
            why.append("was accepted")
        elif codes and errno.errorcode.get(code) not in codes:
            why.append("errno %s, expected %s" % (errno.errorcode.get(code, code), codes))
        if code and not text:
            why.append("no sentence with errno %s" % errno.errorcode.get(code, code))
        if self.tables() != before:
            why.append("the tables have changed")
        self.out.report(not why, "%s: %s" % (command.lower(), name), ", ".join(why))
        if not code:
            self.setup()

    def accepted(self, name, command, values):
        code, text, _ = self.send(command, values)
        self.out.report(not code, "%s: %s" % (command.lower(), name),
                        "errno %s: %s" % (errno.errorcode.get(code, code), text))

    def setup(self):
        """One SA and one policy, which have other names than those tried."""
        for command in ("SA_FLUSH", "POLICY_FLUSH"):
            self.send(command, [])
        self.send("SA_NEW", self.sa(spi=u32(0x9999)))
        self.send("POLICY_NEW", self.policy(sel=self.selector(dst=addr("10.9.0.0"))))

    # ---- cases that follow from the form of a good message

    def paths(self, values, at=()):
        for i, (_, value) in enumerate(values):
            yield at + (i,), value
            if isinstance(value, list):
                yield from self.paths(value, at + (i,))

    def changed(self, values, path, new):
        """A copy in which the attribute at a path is replaced by these."""
        i = path[0]
        if len(path) == 1:
            return values[:i] + new(values[i]) + values[i + 1:]
        kind, inner = values[i]
        return values[:i] + [(kind, self.changed(inner, path[1:], new))] + values[i + 1:]

    def by_form(self, command, values, names):
        for path, value in self.paths(values):
            name = self.name_of(values, path, names)
            self.refused("%s twice" % name, command,
                         self.changed(values, path, lambda a: [a, a]),
                         ("EINVAL", "ERANGE"))
            if isinstance(value, list):
                self.refused("%s not a nest" % name, command,
                             self.changed(values, path, lambda a: [(a[0], b"\1\2\3")]))
                continue
            text = value.endswith(b"\0") and len(value) > 8 and value.startswith(b"rfc")
            for what, octets in (("empty", b""), ("one octet short", value[:-1]),
                                 ("one octet long", value + b"\1")):
                if text and what == "one octet short":
                    continue            # a string needs no NUL at its end
                if not octets and len(value) == 1:
                    what = "without its octet"
                elif len(value) == 1 and what == "one octet short":
                    continue
                self.refused("%s %s" % (name, what), command,
                             self.changed(values, path, lambda a, o=octets: [(a[0], o)]))

    def name_of(self, values, path, names):
        words = []
        for i in path:
            kind, value = values[i]
            words.append(names.get(kind, str(kind)))
            names = self.inner_names(words[-1])
            values = value
        return ".".join(words)

    def inner_names(self, word):
        group = {"aead": "ALGO", "auth": "ALGO", "enc": "ALGO", "sel": "SELECTOR",
                 "mark": "MARK", "output_mark": "MARK", "encap": "ENCAP",
                 "limits": "LIMITS", "tmpl": "TMPL"}.get(word)
        return self.names(group) if group else {}

    def names(self, group):
        start = "NFSEC_A_%s_" % group
        return {value: name[len(start):].lower() for name, value in self.k.items()
                if name.startswith(start)}

    def forms(self):
        sa_names, policy_names = self.names("SA"), self.names("POLICY")
        for command in ("SA_NEW", "SA_UPDATE"):
            spi = u32(0x1234 if command == "SA_NEW" else 0x9999)
            good = self.sa(spi=spi)
            self.by_form(command, good, sa_names)
            for name in ("dst", "proto", "spi"):
                self.refused("%s missing" % name, command, self.sa(**{"spi": spi, name: None}))
            self.refused("nothing at all", command, [])
            self.refused("an unknown attribute", command, good + [(200, u32(1))])
            self.refused("an attribute only for answers", command,
                         good + self.of("SA", overhead=u32(1)))
            self.refused("an unknown attribute in a nest", command,
                         self.sa(spi=spi, aead=self.algo() + [(99, u32(1))]))
            self.refused("an attribute that ends behind the message", command,
                         b"".join(attr(*a) for a in good) + struct.pack("=HH", 400, 1) + b"1234")
        self.by_form("SA_MIGRATE", self.move(), sa_names)
        for name in ("dst", "proto", "spi"):
            self.refused("%s missing" % name, "SA_MIGRATE", self.move(**{name: None}))
        self.refused("nothing at all", "SA_MIGRATE", [])
        self.refused("nowhere to go", "SA_MIGRATE",
                     self.move(new_src=None, new_dst=None, encap=None))
        self.refused("an attribute of other commands", "SA_MIGRATE", self.move(reqid=u32(7)))
        self.refused("MOB-1 two families", "SA_MIGRATE", self.move(new_src=addr("2001:db8::1")))
        for command in ("POLICY_NEW", "POLICY_UPDATE"):
            good = self.policy()
            # several templates are allowed: not to be tried twice
            form = [a for a in good if policy_names[a[0]] != "tmpl"]
            self.by_form(command, form, policy_names)
            for path, value in self.paths(self.tmpl()):
                name = self.names("TMPL")[self.tmpl()[path[0]][0]]
                self.refused("tmpl.%s twice" % name, command, self.policy(
                    tmpl=self.changed(self.tmpl(), path, lambda a: [a, a])))
                self.refused("tmpl.%s one octet long" % name, command, self.policy(
                    tmpl=self.changed(self.tmpl(), path, lambda a: [(a[0], a[1] + b"\1")])))
            self.refused("dir missing", command, self.policy(dir=None))
            self.refused("nothing at all", command, [])
            self.refused("an unknown attribute", command, good + [(200, u32(1))])

    # ---- cases that follow from what the attributes mean

    def sa_sense(self, command):
        spi = u32(0x1234 if command == "SA_NEW" else 0x9999)
        key = bytes(range(64))
        cbc = self.algo(b"cbc(aes)\0", key[:16], None)
        sha = self.algo(b"hmac(sha256)\0", key[:32], 128)

        def bad(name, **change):
            self.refused(name, command, self.sa(**{"spi": spi, **change}))

        for text, number in (("0", 0), ("1", 1), ("255", 255)):
            self.refused("SAD-2 SPI " + text, command, self.sa(spi=u32(number)))
        bad("mode 2", mode=u8(2))
        bad("SAD-11 source and destination of two families", src=addr("2001:db8::1"))
        bad("destination zero", dst=bytes(4))
        bad("multicast destination", dst=addr("224.0.0.1"))
        bad("protocol 6", proto=u8(6))
        bad("direction fwd", dir=u8(3))
        bad("direction 9", dir=u8(9))
        bad("unknown flag", flags=u32(1 << 31))
        bad("window beyond what there is", replay_window=u32(1 << 24))
        bad("encapsulation of an unknown type", encap=self.of(
            "ENCAP", type=u16(7), sport=u16(4500), dport=u16(4500)))
        bad("NAT-1 encapsulation from port 0", encap=self.of(
            "ENCAP", type=u16(1), sport=u16(0), dport=u16(4500)))
        bad("selector with a prefix of 33", sel=self.selector(src_prefixlen=u8(33)))
        bad("SEL-2 selector of two families", sel=self.selector(src=addr("2001:db8::1"),
                                                                src_prefixlen=u8(64)))
        bad("selector with prefix and range", sel=self.selector(src_last=addr("10.1.0.9")))
        bad("selector with a range from high to low", sel=self.selector(
            src=addr("10.1.0.9"), src_prefixlen=None, src_last=addr("10.1.0.1")))
        bad("selector with ports from high to low", sel=self.selector(sport_min=u16(9)))
        bad("SEL-13 selector with ports of a protocol that has none", sel=self.selector(
            proto=u8(89)))
        bad("mark with bits outside its mask", mark=self.of("MARK", value=u32(0x100),
                                                            mask=u32(0xff)))
        if command == "SA_UPDATE":
            bad("another key", aead=self.algo(key=bytes(20)))
            bad("another mode", mode=u8(0))
            bad("another source", src=addr("192.0.2.77"))
            self.refused("an SA that is not there", command, self.sa(spi=u32(0x4321)),
                         ("ESRCH", "ENOENT"))
            return
        bad("no algorithm", aead=None)
        bad("ESP-4 encryption without integrity", aead=None, enc=cbc)
        bad("integrity without encryption", aead=None, auth=sha)
        bad("both aead and enc", enc=cbc, auth=sha)
        bad("aead that is none", aead=self.algo(b"cbc(aes)\0", key[:16]))
        bad("enc that is none", aead=None, enc=self.algo(b"hmac(sha256)\0", key[:16], None), auth=sha)
        bad("algorithm unknown", aead=self.algo(b"rot13\0"))
        for more in (b"x", b"\0", b"256\0", bytes(40)):
            what = "with %s behind its end" % more.hex()
            bad("name of an aead " + what, aead=self.algo(GCM + more))
            bad("name of a cipher " + what, aead=None, auth=sha,
                enc=self.algo(b"cbc(aes)\0" + more, key[:16], None))
            bad("name of a hash " + what, aead=None, enc=cbc,
                auth=self.algo(b"hmac(sha256)\0" + more, key[:32], 128))
        bad("algorithm without a name", aead=self.of("ALGO", key=key[:20], icv_bits=u32(128)))
        bad("algorithm without a key", aead=self.of("ALGO", name=GCM, icv_bits=u32(128)))
        for length in (0, 16, 19, 21, 24, 37, 64):
            bad("CRY-10 key of %d octets for GCM" % length, aead=self.algo(key=key[:length]))
        for icv in (8, 63, 72, 104, 256, 4294967295):
            bad("ICV of %d bits for GCM" % icv, aead=self.algo(icv=icv))
        for icv in (8, 64, 127, 256):
            bad("MAC-2 ICV of %d bits for SHA-256" % icv, aead=None, enc=cbc,
                auth=self.algo(b"hmac(sha256)\0", key[:32], icv))
        for weak in (b"cbc(des)\0", ):
            bad("ALG-4 DES", aead=None, enc=self.algo(weak, key[:8], None), auth=sha)
        bad("ALG-4 MD5", aead=None, enc=cbc, auth=self.algo(b"hmac(md5)\0", key[:16], 96))
        bad("3DES with two equal halves", aead=None, auth=sha,
            enc=self.algo(b"cbc(des3_ede)\0", key[:8] * 3, None))
        self.refused("the same SA again", command, self.sa(spi=u32(0x9999)), ("EEXIST",))

    def policy_sense(self, command):
        def bad(name, **change):
            self.refused(name, command, self.policy(**change))

        bad("direction any", dir=u8(0))
        bad("direction 9", dir=u8(9))
        bad("action 5", action=u8(5))
        bad("unknown flag", flags=u32(1 << 20))
        bad("block with a template", action=u8(1))
        bad("template of an unknown protocol", tmpl=self.tmpl(proto=u8(6)))
        bad("template with mode 3", tmpl=self.tmpl(mode=u8(3)))
        bad("template with level 7", tmpl=self.tmpl(level=u8(7)))
        bad("SAD-11 template of two families", tmpl=self.tmpl(src=addr("2001:db8::1")))
        bad("tunnel without a destination or reqid", tmpl=self.tmpl(dst=None, src=None, reqid=None))
        bad("selector with a prefix of 33", sel=self.selector(dst_prefixlen=u8(33)))
        bad("SEL-2 selector of two families", sel=self.selector(
            src=addr("2001:db8::1"), src_prefixlen=u8(64)))
        bad("selector with prefix and range", sel=self.selector(dst_last=addr("10.2.0.9")))
        bad("selector with ports from high to low", sel=self.selector(dport_min=u16(99)))
        bad("SEL-13 ports without a protocol that has any", sel=self.selector(proto=u8(89)))
        bad("index of another direction", index=u32((100 << 2) | 1))
        many = self.policy() + [a for a in self.policy() if a[0] == self.policy(
            dir=None, sel=None, priority=None, action=None, flags=None, mark=None,
            limits=None)[0][0]] * 8
        self.refused("too many templates", command, many)
        if command == "POLICY_NEW":
            self.refused("the same policy again", command, self.policy(
                sel=self.selector(dst=addr("10.9.0.0"))), ("EEXIST",))

    def other(self):
        gone = ("ESRCH", "ENOENT")
        name = self.of("SA", dst=addr("192.0.2.2"), proto=u8(50), spi=u32(0x4242))
        self.refused("one that is not there", "SA_DEL", name, gone)
        self.refused("one that is not there", "SA_GET", name, gone)
        self.refused("no name", "SA_DEL", [])
        self.refused("an unknown attribute", "SA_FLUSH", [(200, u32(1))])
        self.refused("an attribute it has not", "SA_FLUSH", self.of("SA", tfcpad=u32(1)))
        self.refused("range from high to low", "SA_ALLOCSPI", self.of(
            "SA", dst=addr("192.0.2.2"), proto=u8(50), spi_min=u32(900), spi_max=u32(800)))
        self.refused("SAD-2 reserved SPIs", "SA_ALLOCSPI", self.of(
            "SA", dst=addr("192.0.2.2"), proto=u8(50), spi_min=u32(1), spi_max=u32(255)))
        self.refused("no destination", "SA_ALLOCSPI", self.of("SA", proto=u8(50)))
        self.refused("one that is not there", "POLICY_DEL", self.of(
            "POLICY", dir=u8(2), index=u32(0x12345672)), gone)
        self.refused("no direction", "POLICY_DEL", self.of("POLICY", index=u32(10)))
        self.refused("no direction", "POLICY_GET", self.of("POLICY", index=u32(10)))
        self.refused("direction 7", "POLICY_FLUSH", self.of("POLICY", dir=u8(7)))
        self.refused("an unknown attribute", "STATS_GET", [(200, u32(1))])
        self.refused("action 4", "SETTINGS_SET", self.of("SETTINGS", default_in=u8(4)))
        self.refused("one good, one bad", "SETTINGS_SET", self.of(
            "SETTINGS", default_in=u8(1), default_out=u8(4)))
        self.refused("read only", "SETTINGS_SET", self.of("SETTINGS", sa_count=u32(4)))
        self.refused("version with more behind its end", "SETTINGS_GET", self.of(
            "SETTINGS", version=b"0.1.0\0\0"))
        self.refused("no flow", "LOOKUP", self.of("LOOKUP", dir=u8(2)))
        self.refused("a flow of two families", "LOOKUP", self.of("LOOKUP", dir=u8(2), flow=self.of(
            "SELECTOR", src=addr("10.0.0.1"), dst=addr("2001:db8::1"), proto=u8(17))))
        code, _, _ = self.genl.call(200)
        self.out.report(code == errno.EOPNOTSUPP, "an unknown command", "errno %d" % code)

    # ---- many at once

    def crowd(self):
        """SAs of one destination and reqid: each is found, and all can go."""
        # KASAN on User-Mode Linux writes the shadow of all addresses between the memory of
        # a module and that of per-CPU variables when both are freed: more than any host has.
        count = 200 if os.path.exists("/proc/lockdep_stats") else 20000

        def sa(number):
            return self.of("SA", src=addr("192.0.2.1"), dst=addr("192.0.2.3"), proto=u8(50),
                           spi=u32(0x10000 + number), mode=u8(1), reqid=u32(9), dir=u8(2),
                           aead=None, enc=self.algo(b"ecb(cipher_null)\0", b"", None),
                           auth=self.algo(b"hmac(sha1)\0", bytes(20), 96))

        def name(number):
            return self.of("SA", dst=addr("192.0.2.3"), proto=u8(50), spi=u32(0x10000 + number))

        def left():
            code, _, answers = self.send("SA_GET", self.of("SA", dst=addr("192.0.2.3"),
                                                           count_only=b""))
            return None if code else self.counted(answers)

        before = self.tables()
        wrong = [n for n in range(count) if self.send("SA_NEW", sa(n))[0]]
        self.out.report(not wrong and left() == count, "%d SAs of one destination" % count,
                        "%d refused, %s there" % (len(wrong), left()))
        # the first, the last, and some between, as they lie in lists
        gone = sorted({0, 1, count // 2, count // 2 + 1, count - 2, count - 1} |
                      set(range(100, count, 97)))
        wrong = [n for n in gone if self.send("SA_DEL", name(n))[0]]
        gone = set(gone)
        self.out.report(not wrong and left() == count - len(gone),
                        "%d of them deleted one by one" % len(gone),
                        "%d refused, %s left" % (len(wrong), left()))
        wrong = [n for n in range(count) if (self.send("SA_GET", name(n))[0] == 0) == (n in gone)]
        self.out.report(not wrong, "the others are found, these are not", str(wrong[:5]))
        code, _, answers = self.send("SA_FLUSH", self.of("SA", dst=addr("192.0.2.3")))
        self.out.report(not code and self.counted(answers) == count - len(gone) and not left(),
                        "all others deleted at once", "errno %d, %s left" % (code, left()))
        self.out.report(self.tables() == before, "nothing of them is left")

    def counted(self, answers):
        """The number in an answer."""
        return struct.unpack("=I", dict(attributes(answers[0]))[self.k["NFSEC_A_SA_COUNT"]])[0]

    # ---- random damage

    def damage(self, rounds):
        """Octets changed anywhere: never a change of the tables with an error."""
        rand = random.Random(4301)
        good = [("SA_NEW", self.sa()), ("SA_UPDATE", self.sa(spi=u32(0x9999))),
                ("SA_MIGRATE", self.move()),
                ("POLICY_NEW", self.policy()), ("POLICY_UPDATE", self.policy()),
                ("SETTINGS_SET", self.of("SETTINGS", default_in=u8(0), default_fwd=u8(0)))]
        before = self.tables()
        wrong, errors, silent = [], 0, 0
        for number in range(rounds):
            command, values = good[number % len(good)]
            data = bytearray(b"".join(attr(*v) for v in values))
            for _ in range(rand.choice((1, 1, 2, 4))):
                data[rand.randrange(len(data))] = rand.choice((0, 1, 4, 0x7f, 0xff,
                                                               rand.randrange(256)))
            if rand.random() < 0.2:
                data = data[:rand.randrange(len(data))]
            code, text, _ = self.send(command, bytes(data))
            if code:
                errors += 1
                silent += not text
            if code and self.tables() != before:
                wrong.append("%s %s" % (command, data.hex()))
            elif not code:
                self.setup()
                self.send("SETTINGS_SET", self.of("SETTINGS", default_in=u8(0), default_out=u8(0),
                                                  default_fwd=u8(0)))
                before = self.tables()
        self.out.report(not wrong, "%d damaged messages: a refused one changes nothing" % rounds,
                        "; ".join(wrong[:3]))
        self.out.report(errors > rounds // 5 and not silent,
                        "damaged messages: each error has a sentence",
                        "%d errors, %d without" % (errors, silent))

    # ---- who may

    COMMANDS = ("SA_NEW", "SA_UPDATE", "SA_GET", "SA_DEL", "SA_FLUSH", "SA_ALLOCSPI",
                "SA_MIGRATE", "POLICY_NEW", "POLICY_UPDATE", "POLICY_GET", "POLICY_DEL", "POLICY_FLUSH",
                "STATS_GET", "SETTINGS_GET", "SETTINGS_SET", "LOOKUP")

    def as_child(self, name, prepare, want):
        """Every command in a process with other rights; tables unchanged if denied."""
        before = self.tables()
        out, into = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                prepare()
                genl = Genl()
                codes = {c: genl.call(self.cmd(c))[0] for c in self.COMMANDS}
                codes["dump"] = genl.call(self.cmd("SA_GET"), b"", DUMP)[0]
                text = " ".join("%s=%s" % (c, errno.errorcode.get(e, "0"))
                                for c, e in codes.items())
            except OSError as exc:
                text = "failed: %s" % exc
            os.write(into, text.encode())
            os._exit(0)
        os.close(into)
        with os.fdopen(out) as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        denied = re.findall(r"(\S+)=EPERM", text)
        good = len(denied) == len(self.COMMANDS) + 1 if want == "denied" else \
            not denied and "SETTINGS_GET=0" in text
        self.out.report(good, "%s: %s" % (name, want), text)
        if want == "denied":
            self.out.report(self.tables() == before, "%s: nothing has changed" % name)

    def rights(self):
        def nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        def user_namespace():
            if LIBC.unshare(CLONE_NEWUSER):
                raise OSError(ctypes.get_errno(), "unshare")

        def own_network():
            nobody()
            if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "unshare")

        self.as_child("a user without rights", nobody, "denied")
        self.as_child("root of another user namespace", user_namespace, "denied")
        self.as_child("a user in a user and network namespace of its own", own_network, "allowed")

    def run(self):
        code, _, answers = self.genl.call(self.cmd("SETTINGS_GET"))
        if code or not answers:
            raise OSError(code, "settings-get")
        self.accepted("the message that the others are made from", "SA_NEW", self.sa())
        self.accepted("the message that the others are made from", "POLICY_NEW", self.policy())
        self.setup()
        self.accepted("the message that the others are made from", "SA_UPDATE",
                      self.sa(spi=u32(0x9999), aead=None))
        self.accepted("the message that the others are made from", "POLICY_UPDATE", self.policy())
        self.accepted("the message that the others are made from", "SA_MIGRATE", self.move())
        self.setup()
        self.forms()
        for command in ("SA_NEW", "SA_UPDATE"):
            self.sa_sense(command)
        for command in ("POLICY_NEW", "POLICY_UPDATE"):
            self.policy_sense(command)
        self.other()
        self.crowd()
        self.damage(2000)
        self.rights()


def skip_all(why):
    print("KTAP version 1\n1..0 # SKIP " + why)
    sys.exit(4)


def main():
    if os.geteuid():
        skip_all("must run as root")
    if not HEADER:
        skip_all("no nfsec.h")
    if not os.path.isdir("/sys/module/nfsec") and os.system("modprobe nfsec 2>/dev/null"):
        skip_all("module nfsec is not loaded")
    if LIBC.unshare(CLONE_NEWNET):
        skip_all("no network namespace of its own")
    with open(HEADER, encoding="ascii") as header:
        k = constants(header.read())
    out = Results()
    Tests(k, out).run()
    out.finish()


if __name__ == "__main__":
    main()
