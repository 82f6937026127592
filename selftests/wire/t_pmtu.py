# SPDX-License-Identifier: GPL-2.0
"""Path MTU: ICMP about the tunnel's own packets, and packets at the edges of
what a length field holds; RFC 1191, RFC 8201, RFC 4301 8."""

import os
import struct

import dut
import ip
from dut import Group
from ktap import check, same
from pair import Pair

ROUTER = {4: "10.0.88.8", 6: "fd00::88:8"}


class Pmtu(Group):
    """ICMP from a router on the way to the peer."""

    name = "pmtu"

    def cases(self):
        for inner, outer, encap in ((4, 4, False), (4, 4, True), (6, 6, False), (6, 6, True),
                                    (4, 6, False), (6, 4, False)):
            yield ("PMTU-1 PMTU-2 IPv%d in IPv%d%s: too big for a link of 1400" %
                   (inner, outer, " UDP" if encap else ""),
                   lambda a=(inner, outer, encap): self.learned(*a))
        yield "PMTU-10 quoted SPI is unknown", lambda: self.ignored(spi=0x4711)
        yield "PMTU-10 quoted destination is another", lambda: self.ignored(dst="10.0.77.1")
        yield "PMTU-7 a value larger than the estimate does not raise it", self.not_raised
        yield "PMTU-7 IPv4: a value below 68 takes no effect below a floor", self.tiny4
        yield "PMTU-7 IPv6: a value below 1280 is no reason to refuse 1280", self.tiny6
        yield "PMTU-8 IPv4: next-hop MTU 0 leads to a smaller estimate", self.zero
        yield "PMTU-5 IPv6 of 1280 octets is carried over a path of 1280", self.least6
        yield "PMTU-3 FRAG-7 DF clear: in fragments, protected one by one", self.no_df
        yield ("PMTU-3 FRAG-5 DF clear and ports in the policy: protected, then in fragments",
               self.no_df_ports)
        for family in (4, 6):
            yield ("ESP-19 IPv%d: inner packets up to the largest length there is" % family,
                   lambda family=family: self.largest(family))

    def too_big(self, pair, wire, mtu, spi=None, dst=None, code=4):
        """ICMP about a packet that left, as a router quotes it."""
        quote = bytearray(wire[:ip.header_length(wire) + (16 if pair.encap else 8)])
        at = ip.header_length(wire)
        if spi:
            quote[at:at + 4] = struct.pack("!I", spi)
        if dst:
            quote[16:20] = ip.pack(dst)
        if pair.outer == 4:
            message = ip.icmp(3, code, struct.pack("!HH", 0, mtu), bytes(quote))
            data = ip.ip4(ROUTER[4], pair.us, ip.ECHO, message)
        else:
            message = ip.icmp6(ROUTER[6], pair.us, 2, 0, struct.pack("!I", mtu), bytes(quote))
            data = ip.ip6(ROUTER[6], pair.us, ip.ICMP6, message)
        self.dut.inject(data)

    def sent(self, pair, size, seq=None, **fields):
        """Send an inner packet of this size; give what left, or None."""
        head = 20 if pair.inner == 4 else 40
        if pair.inner == 4:
            fields.setdefault("frag", ip.DF)
        clear = pair.answer(bytes(size - head), **fields)
        pair.send(self.dut, clear)
        wire = self.dut.wait(lambda: self.dut.take_outside() or self.dut.delivered())
        self.dut.need(wire, "%d octets: neither packet nor error" % size)
        if self.is_error(pair, wire):
            return wire
        if seq is not None:
            pair.open(wire, clear, seq)
        return wire

    @staticmethod
    def is_error(pair, data):
        """Too big, from us to the host that sent."""
        kind = (3, 4) if pair.inner == 4 else (2, 0)
        return ip.destination(data) == pair.host and tuple(ip.body(data)[:2]) == kind

    def reported(self, pair, data):
        """The MTU that an error names."""
        check(self.is_error(pair, data), "no error but %s" % data[:60].hex())
        if self.dut.tool.counted:
            same(self.dut.new_drops(), {"out_too_big": 1}, "drops")
        else:
            self.dut.new_drops()
        body = ip.body(data)
        return int.from_bytes(body[6:8] if pair.inner == 4 else body[4:8], "big")

    @staticmethod
    def fits(pair, mtu):
        """Largest inner packet whose ESP packet is no larger than mtu (GCM)."""
        outer = (20 if pair.outer == 4 else 40) + (8 if pair.encap else 0)
        return (mtu - outer - 8 - 8 - 16) // 4 * 4 - 2

    def learned(self, inner, outer, encap):
        """What fits still goes, what does not is answered with what would."""
        pair = Pair(inner=inner, outer=outer, encap=encap).install(self.dut)
        wire = self.sent(pair, self.fits(pair, 1500), 1)
        self.too_big(pair, wire, 1400)
        want = self.fits(pair, 1400)
        got = self.sent(pair, self.fits(pair, 1500))
        same(self.reported(pair, got), want, "MTU in the error")
        wire = self.sent(pair, want)
        check(not self.is_error(pair, wire) and len(wire) <= 1400, "%d octets do not fit" % want)
        same(self.reported(pair, self.sent(pair, want + 1)), want, "MTU for one octet more")
        other = Pair(inner=inner, outer=outer, encap=encap).install(self.dut)
        self.sent(other, self.fits(other, 1500), 1)

    def ignored(self, **options):
        """As if nothing had come."""
        pair = Pair().install(self.dut)
        wire = self.sent(pair, 1400, 1)
        self.too_big(pair, wire, 600, **options)
        self.sent(pair, self.fits(pair, 1500), 2)

    def not_raised(self):
        """Nor is a value above the device's MTU taken."""
        pair = Pair().install(self.dut)
        wire = self.sent(pair, 1400, 1)
        self.too_big(pair, wire, 1300)
        self.too_big(pair, wire, 1480)
        self.too_big(pair, wire, 9000)
        same(self.reported(pair, self.sent(pair, 1400)), self.fits(pair, 1300), "MTU")

    def tiny4(self):
        """Forged or not: IPv4 needs 68, and a floor is allowed."""
        pair = Pair().install(self.dut)
        wire = self.sent(pair, 1400, 1)
        for mtu in (1, 50, 67):
            self.too_big(pair, wire, mtu)
        got = self.sent(pair, 1400)
        if self.is_error(pair, got):
            check(self.reported(pair, got) >= 68, "MTU below 68")

    def tiny6(self):
        """RFC 8201 4, RFC 2473 7.1."""
        pair = Pair(inner=6).install(self.dut)
        wire = self.sent(pair, 1400, 1)
        for mtu in (1, 100, 1279):
            self.too_big(pair, wire, mtu)
        got = self.sent(pair, 1280)
        check(not self.is_error(pair, got), "1280 octets are refused")
        while self.dut.left(0.02) is not None:
            pass

    def zero(self):
        """RFC 1191 5."""
        pair = Pair().install(self.dut)
        wire = self.sent(pair, 1446, 1)
        self.too_big(pair, wire, 0)
        got = self.sent(pair, 1446)
        mtu = self.reported(pair, got)
        check(68 <= mtu < 1446, "MTU is %d" % mtu)

    def least6(self):
        """In fragments of the outer packet."""
        pair = Pair(inner=6).install(self.dut)
        wire = self.sent(pair, 1400, 1)
        self.too_big(pair, wire, 1280)
        clear = pair.answer(bytes(1240))
        pair.send(self.dut, clear)
        parts = []
        while not parts or parts[-1][43] & 1:
            part = self.dut.left()
            self.dut.need(part, "%d fragments left" % len(parts))
            check(len(part) <= 1280, "%d octets left" % len(part))
            check(ip.protocol(part) == ip.FRAGMENT, "not a fragment: %s" % part[:48].hex())
            parts.append(part)
        pair.open(ip.reassemble(parts), clear, 2)
        got = self.sent(pair, 1281)
        same(self.reported(pair, got), 1280, "MTU in the error")

    def no_df(self):
        """Fragments of the packet inside; XFRM makes them of the one outside."""
        pair = Pair().install(self.dut)
        wire = self.sent(pair, 1400, 1)
        self.too_big(pair, wire, 1300)
        clear = pair.answer(bytes(i & 255 for i in range(1380)))
        pair.send(self.dut, clear)
        inner, outer = self.pieces(pair, clear)
        if self.dut.tool.counted:
            same((len(inner), outer), (2, 2), "fragments inside and packets outside")
        same(ip.reassemble(inner) if len(inner) > 1 else inner[0], ip.forwarded(clear),
             "inner packet")

    def no_df_ports(self):
        """Later fragments have no ports, so they must not be on this SA."""
        pair = Pair(protocol="proto udp dport 2000").install(self.dut)
        clear = pair.answer(ip.udp(pair.host, pair.remote, 1, 2000, bytes(1300)), ip.UDP)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1)
        self.too_big(pair, wire, 1300)
        pair.send(self.dut, clear)
        inner, outer = self.pieces(pair, clear)
        same((len(inner), outer), (1, 2), "fragments inside and packets outside")
        same(inner[0], ip.forwarded(clear), "inner packet")

    def pieces(self, pair, clear):
        """Inner fragments that left, in packets of up to 1300, and the number of these."""
        inner, count = [], 0
        while True:
            parts = [self.dut.left()]
            self.dut.need(parts[0], "nothing left")
            while ip.frag_word(parts[-1]) & ip.MF:
                parts.append(self.dut.left())
                self.dut.need(parts[-1], "%d fragments left" % (len(parts) - 1))
            check(max(map(len, parts)) <= 1300, "larger than the path")
            count += len(parts)
            data, _, _ = pair.tx.open(pair.unwrap(ip.reassemble(parts), clear, df=False))
            inner.append(data)
            if not ip.frag_word(data) & ip.MF:
                return inner, count

    def largest(self, family):
        """Carried in fragments or dropped and counted, never cut."""
        pair = Pair(inner=family, host=dut.IN[family]).install(self.dut)
        top = 65535 + (0 if family == 4 else 40)
        head = 20 if family == 4 else 40
        for size in (40000, 65400, 65470, 65480, 65481, 65482, 65483, 65484, 65500, 65515,
                     65535, top):
            clear = pair.answer(os.urandom(size - head))
            try:
                self.dut.originate(clear)
            except OSError:
                self.dut.new_drops()
                continue            # the socket was told
            got = self.everything(pair)
            diff = self.dut.new_drops()
            if not got:
                same(diff, {"out_too_big": 1}, "drops for %d octets" % size)
                continue
            same(diff, {}, "drops for %d octets" % size)
            same(got, clear, "%d octets" % size)

    def everything(self, pair):
        """Reassemble and open until an inner packet is whole; None if nothing left."""
        inner = []
        while True:
            first = self.dut.left(0.3)
            if first is None:
                check(not inner, "%d inner fragments left, then nothing" % len(inner))
                return None
            parts = [first]
            while self.more(parts[-1]):
                part = self.dut.left()
                self.dut.need(part, "%d fragments left" % len(parts))
                parts.append(part)
            whole = ip.reassemble(parts) if len(parts) > 1 else first
            data, _, _ = pair.tx.open(ip.body(whole))
            inner.append(data)
            if not self.more(data):
                return ip.reassemble(inner) if len(inner) > 1 else data

    @staticmethod
    def more(data):
        """Whether it is a fragment and not the last."""
        if ip.version(data) == 4:
            return bool(ip.frag_word(data) & ip.MF)
        return ip.protocol(data) == ip.FRAGMENT and bool(data[43] & 1)
