# SPDX-License-Identifier: GPL-2.0
"""Tunnel headers: DSCP, ECN, DF, TTL, options; RFC 4301 5.1.2 and RFC 6040."""

import struct

import dut
import ip
from dut import Group
from ktap import check, same
from pair import Pair

NOT_ECT, ECT1, ECT0, CE = 0, 1, 2, 3
ECN_NAME = {NOT_ECT: "Not-ECT", ECT1: "ECT(1)", ECT0: "ECT(0)", CE: "CE"}

# RFC 6040 figure 4: by inner, then outer; None is a drop.
DECAPSULATED = {
    NOT_ECT: {NOT_ECT: NOT_ECT, ECT0: NOT_ECT, ECT1: NOT_ECT, CE: None},
    ECT0: {NOT_ECT: ECT0, ECT0: ECT0, ECT1: ECT1, CE: CE},
    ECT1: {NOT_ECT: ECT1, ECT0: ECT1, ECT1: ECT1, CE: CE},
    CE: {NOT_ECT: CE, ECT0: CE, ECT1: CE, CE: CE},
}

FAMILIES = ((4, 4), (6, 6), (4, 6), (6, 4))


class Header(Group):
    """All of it in tunnel mode, forwarded unless a case says otherwise."""

    name = "header"

    def setup(self):
        super().setup()
        new = {}
        for inner, outer in FAMILIES:
            new[inner, outer] = Pair("gcm16-128", "tunnel", inner, outer)
        new["dscp"] = Pair(flags=["decap-dscp"])
        new["dscp6"] = Pair(inner=6, flags=["decap-dscp"])
        new["nodscp"] = Pair(extra=["dont-encap-dscp"])
        new["nodscp6"] = Pair(inner=6, extra=["dont-encap-dscp"])
        new["noecn"] = Pair(flags=["noecn"])
        new["nopmtu"] = Pair(flags=["nopmtudisc"])
        new["nopmtu6"] = Pair(inner=6, outer=4, flags=["nopmtudisc"])
        new["local"] = Pair(host=dut.IN[4])
        new["local6"] = Pair(inner=6, host=dut.IN[6])
        self.pairs = new
        self.dut.configure([line for pair in new.values() for line in pair.lines()])
        self.count = dict.fromkeys(new, 0)

    def cases(self):
        for inner, outer in FAMILIES:
            for i, row in DECAPSULATED.items():
                for o, want in row.items():
                    yield ("ECN-2 ECN-6 %s IPv%d in IPv%d: inner %s outer %s gives %s" %
                           ("ECN-3" if want is None else "ECN-4" if i == NOT_ECT else "",
                            inner, outer, ECN_NAME[i], ECN_NAME[o],
                            "a drop" if want is None else ECN_NAME[want]),
                           lambda a=(inner, outer), b=(i, o, want): self.ecn(a, *b))
        for key in FAMILIES:
            yield ("ECN-1 TUN-7 IPv%d in IPv%d: DSCP and ECN are copied outward" % key,
                   lambda key=key: self.copy_out(key))
            yield ("TUN-8 IPv%d in IPv%d: outer DSCP is thrown away" % key,
                   lambda key=key: self.dscp_in(key, None))
            yield ("TUN-5 TUN-3 IPv%d in IPv%d: inner TTL 2, 64, 255; outer 64" % key,
                   lambda key=key: self.ttl_out(key))
            yield ("TUN-4 IPv%d in IPv%d: TTL 1 is not forwarded into the tunnel" % key,
                   lambda key=key: self.ttl_expired(key))
            yield ("TUN-3 IPv%d in IPv%d: decapsulator forwards, one less" % key,
                   lambda key=key: self.ttl_in(key))
        yield "TUN-8 decap-dscp copies it, IPv4", lambda: self.dscp_in("dscp", 0xb8)
        yield "TUN-8 decap-dscp copies it, IPv6", lambda: self.dscp_in("dscp6", 0xb8)
        yield "TUN-7 dont-encap-dscp sends 0 and keeps ECN, IPv4", \
            lambda: self.copy_out("nodscp", 0x03)
        yield "TUN-7 dont-encap-dscp sends 0 and keeps ECN, IPv6", \
            lambda: self.copy_out("nodscp6", 0x03)
        yield "ECN-2 noecn leaves the inner field alone", self.noecn
        yield "TUN-6 DF is copied", lambda: self.df((4, 4), None)
        yield "TUN-6 nopmtudisc clears DF", lambda: self.df("nopmtu", False)
        yield "TUN-6 nopmtudisc clears DF, IPv6 in IPv4", lambda: self.df("nopmtu6", False)
        yield "TUN-3 own packets keep their TTL, IPv4", lambda: self.own("local")
        yield "TUN-3 own packets keep their hop limit, IPv6", lambda: self.own("local6")
        yield "TUN-3 delivered locally with the TTL as sent, IPv4", lambda: self.to_us("local")
        yield "TUN-3 delivered locally with the hop limit as sent, IPv6", \
            lambda: self.to_us("local6")
        yield "TUN-2 TUN-9 IPv4 options travel inside, none outside", self.options
        yield "TUN-2 TUN-9 IPv6 extension headers travel inside, none outside", self.extensions
        yield "TUN-1 outer ID and inner ID have nothing to do with each other", self.ids
        yield "TUN-11 outer flow label is not the inner one", self.flow_label

    def send(self, key, **fields):
        """A packet through the tunnel; (pair, cleartext, packet that left)."""
        pair = self.pairs[key]
        clear = pair.answer(b"header", **fields)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        self.count[key] += 1
        return pair, clear, wire

    def ecn(self, key, inner, outer, want):
        """Outer ECN as a router might have left it."""
        pair = self.pairs[key]
        clear = pair.clear(b"ecn", tos=0x48 | inner, flow=0xabcde)
        wire = pair.protect(clear, outer={"tos": 0x20 | outer})
        if want is None:
            self.dut.expect_drop(wire, "in_ecn")
        else:
            self.dut.expect(wire, ip.forwarded(ip.change(clear, tos_=0x48 | want)))

    def copy_out(self, key, mask=0xff):
        """Every ECN value and a few DSCPs."""
        for tos in [dscp << 2 | ecn for dscp in (0, 10, 46, 63) for ecn in range(4)]:
            pair, clear, wire = self.send(key, tos=tos, flow=0x777)
            same(ip.tos(wire), tos & mask, "outer TOS for 0x%x" % tos)
            pair.open(ip.change(wire, tos_=tos), clear, self.count[key])

    def dscp_in(self, key, outer_dscp):
        """DSCP 46 outside, something else inside."""
        pair = self.pairs[key]
        clear = pair.clear(b"dscp", tos=0x28 | ECT0, flow=0x1)
        want = clear if outer_dscp is None else ip.change(clear, tos_=outer_dscp | ECT0)
        self.dut.expect(pair.protect(clear, outer={"tos": 0xb8 | ECT0}), ip.forwarded(want))

    def noecn(self):
        """Marks outside mean nothing."""
        pair = self.pairs["noecn"]
        for inner in (NOT_ECT, ECT0, ECT1, CE):
            for outer in (NOT_ECT, ECT0, ECT1, CE):
                clear = pair.clear(b"noecn", tos=inner)
                self.dut.expect(pair.protect(clear, outer={"tos": outer}), ip.forwarded(clear),
                                "inner %d outer %d" % (inner, outer))

    def df(self, key, want):
        """Both values of the inner flag."""
        for frag in (0, ip.DF):
            pair, clear, wire = self.send(key, frag=frag)
            pair.open(wire, clear, self.count[key], df=want)

    def ttl_out(self, key):
        """The outer one is always 64: unwrap() compares it."""
        for ttl in (2, 64, 255):
            pair, clear, wire = self.send(key, ttl=ttl)
            same(ip.ttl(wire), 64, "outer TTL")
            pair.open(wire, clear, self.count[key])

    def ttl_expired(self, key):
        """Time Exceeded comes back, nothing leaves."""
        pair = self.pairs[key]
        pair.send(self.dut, pair.answer(b"ttl", ttl=1))
        error = self.dut.arrived()
        check(error is not None, "no ICMP error")
        same(ip.body(error)[:2], bytes((11, 0) if pair.inner == 4 else (3, 0)), "ICMP type")

    def ttl_in(self, key):
        """expect() compares all octets."""
        pair = self.pairs[key]
        for ttl in (2, 64, 255):
            clear = pair.clear(b"ttl", ttl=ttl)
            self.dut.expect(pair.protect(clear, outer={"ttl": 7}), ip.forwarded(clear))

    def own(self, key):
        """The machine's own packet is in the tunnel as it was made."""
        for ttl in (1, 17, 255):
            pair, clear, wire = self.send(key, ttl=ttl, ident=0x4242)
            same(ip.ttl(wire), 64, "outer TTL")
            pair.open(wire, clear, self.count[key])

    def to_us(self, key):
        """Nobody counts the hop."""
        pair = self.pairs[key]
        for ttl in (1, 17, 255):
            clear = pair.clear(b"ttl", ttl=ttl, flow=0x12)
            self.dut.expect(pair.protect(clear), clear)

    def options(self):
        """No-ops and a router alert, which nobody changes."""
        options = b"\x01\x01\x01\x94\x04\x00\x00\x01"
        pair, clear, wire = self.send((4, 4), options=options)
        same(ip.header_length(clear), 28, "inner header length")
        same(ip.header_length(wire), 20, "outer header length")
        pair.open(wire, clear, self.count[4, 4])
        clear = pair.clear(b"options", options=options)
        self.dut.expect(pair.protect(clear), ip.forwarded(clear))

    def extensions(self):
        """Destination options with padding and an unknown option to skip."""
        for inner, outer in ((6, 6), (6, 4)):
            pair = self.pairs[inner, outer]
            head = struct.pack("!BBBBIBBBBBBBB", ip.PLAIN, 1, 1, 4, 0, 0x1e, 4, 9, 9, 9, 9,
                               0, 0)
            clear = pair.answer(head[:16] + b"payload", proto=60)
            pair.send(self.dut, clear)
            wire = self.dut.left()
            check(wire is not None, "nothing left")
            self.count[inner, outer] += 1
            pair.open(wire, clear, self.count[inner, outer])
            clear = pair.clear(head[:16] + b"payload", proto=60)
            self.dut.expect(pair.protect(clear), ip.forwarded(clear))

    def ids(self):
        """Nor does the outer one stay the same when DF is not set."""
        seen = []
        for _ in range(4):
            pair, clear, wire = self.send((4, 4), ident=0xbeef)
            pair.open(wire, clear, self.count[4, 4])
            seen.append(ip.ident(wire))
        check(set(seen) != {0xbeef}, "outer IDs are the inner ones")
        check(len(set(seen)) > 1, "outer IDs of unfragmented packets are all %x" % seen[0])

    def flow_label(self):
        """A gateway does not show it."""
        _, _, wire = self.send((6, 6), flow=0x54321)
        same(struct.unpack("!I", wire[:4])[0] & 0xfffff, 0, "outer flow label")
