# SPDX-License-Identifier: GPL-2.0
"""Headers around ESP: extension headers, options, ESP inside ESP, TFC padding,
what a link adds; RFC 4303 2.7, 3.1, RFC 8200 4."""

import socket
import struct

import dut
import ip
from dut import Group
from ktap import check, same
from pair import Pair

HOP, ROUTING, DEST = 0, 43, 60
ETH_P_IPV6 = 0x86dd

# A pad option, so that eight octets are a whole header.
EMPTY = b"\x01\x04\0\0\0\0"


def chain(order, payload, last):
    """IPv6 extension headers, each of eight octets, in front of a payload."""
    for place in range(len(order) - 1, -1, -1):
        following = order[place + 1] if place + 1 < len(order) else last
        # A routing header of the experimental type with no segments left.
        rest = struct.pack("!BBI", 253, 0, 0) if order[place] == ROUTING else EMPTY
        payload = struct.pack("!BB", following, 0) + rest + payload
    return payload


class Chain(Group):
    """Single packets."""

    name = "chain"

    def setup(self):
        super().setup()
        # Sees what was decrypted, extension headers and all, as it comes in.
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IPV6))
        self.tap.setblocking(False)
        self.tap.bind(("out0", ETH_P_IPV6))
        self.dut.sockets.append(self.tap)

    def cases(self):
        for order in ((HOP,), (DEST,), (ROUTING,), (HOP, DEST), (HOP, ROUTING), (DEST, ROUTING),
                      (HOP, DEST, ROUTING, DEST)):
            names = "+".join({HOP: "HBH", DEST: "DestOpt", ROUTING: "Routing"}[o] for o in order)
            yield ("ESP-20 transport IPv6: %s in front of ESP is put back" % names,
                   lambda order=order: self.transport_in(order))
            yield ("ESP-17 transport IPv6: place of ESP behind %s" % names,
                   lambda order=order: self.transport_out(order))
            if ROUTING not in order:
                yield ("TUN-9 tunnel IPv6: outer %s in front of ESP" % names,
                       lambda order=order: self.tunnel_in(order))
        yield "ESP-20 transport IPv6: DestOpt behind ESP", self.behind
        yield "TUN-9 tunnel IPv4: outer options in front of ESP", self.outer_options
        yield "ESP-13 octets of the link behind the IP packet", self.link_padding
        for family in (4, 6):
            yield ("NEST-3 IN-9 IPv%d: transport ESP inside tunnel ESP" % family,
                   lambda family=family: self.nested(family))
            yield ("NEST-3 IN-9 IPv%d: tunnel ESP inside tunnel ESP" % family,
                   lambda family=family: self.nested(family, "tunnel"))
            yield ("ESP-11 TFC padding to 1000 octets, IPv%d tunnel" % family,
                   lambda family=family: self.tfc(family))

    def tapped(self, port):
        """The decrypted packet among those that came in, by its payload's end."""
        def read():
            while True:
                try:
                    data = self.tap.recv(65536)
                except BlockingIOError:
                    return None
                if data.endswith(port):
                    return data
        return self.dut.wait(read)

    def transport_in(self, order):
        """All octets of the packet are as before ESP."""
        pair = Pair(mode="transport", inner=6).install(self.dut)
        end = b"end of %d" % pair.number
        clear = pair.clear(chain(order, end, ip.PLAIN), proto=order[0])
        self.dut.inject(pair.clear(chain(order, pair.rx.seal(end, ip.PLAIN, 1), ip.ESP),
                                   proto=order[0]))
        got = self.tapped(end)
        self.dut.need(got, "not delivered")
        same(got, clear, "packet")
        self.dut.need(self.dut.arrived(), "nobody got it")

    def transport_out(self, order):
        """Behind hop-by-hop and routing headers, in front of the rest."""
        pair = Pair(mode="transport", inner=6).install(self.dut)
        end = b"end of %d" % pair.number
        clear = pair.answer(chain(order, end, ip.PLAIN), proto=order[0])
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        # Destination options may stand on either side of ESP, unless a
        # routing header follows them.
        at, kind, front = 40, wire[6], []
        while kind != ip.ESP:
            check(kind in (HOP, DEST, ROUTING), "header %d in front of ESP" % kind)
            front.append(kind)
            kind, at = wire[at], at + 8 + wire[at + 1] * 8
        same(tuple(front), order[:len(front)], "headers in front of ESP")
        check(not {HOP, ROUTING} & set(order[len(front):]), "ESP is in front of %s" %
              (order[len(front):],))
        inside, _, kind = pair.tx.open(wire[at:], 1)
        rest = order[len(front):]
        same(kind, rest[0] if rest else ip.PLAIN, "next header")
        same(inside, chain(rest, end, ip.PLAIN), "payload")
        same(int.from_bytes(wire[4:6], "big"), len(wire) - 40, "payload length")
        want = chain(tuple(front), b"", ip.ESP)
        same(wire[40:at], want, "extension headers")

    def tunnel_in(self, order):
        """They go with the outer header."""
        pair = Pair(inner=6).install(self.dut)
        clear = pair.clear(b"tunnel")
        data = chain(order, pair.seal(clear), ip.ESP)
        self.dut.expect(ip.ip6(pair.peer, pair.us, order[0], data), pair.received(clear))

    def behind(self):
        """What ESP has inside is the first header the receiver sees."""
        pair = Pair(mode="transport", inner=6).install(self.dut)
        end = b"end of %d" % pair.number
        clear = pair.clear(chain((DEST,), end, ip.PLAIN), proto=DEST)
        self.dut.inject(pair.protect(clear))
        got = self.tapped(end)
        self.dut.need(got, "not delivered")
        same(got, clear, "packet")
        self.dut.need(self.dut.arrived(), "nobody got it")

    def outer_options(self):
        """No-ops and a router alert."""
        pair = Pair().install(self.dut)
        clear = pair.clear(b"options")
        for options in (b"\x01" * 4, b"\x94\x04\0\0", b"\x01" * 40):
            self.dut.expect(pair.protect(clear, outer={"options": options}),
                            pair.received(clear), options.hex())

    def link_padding(self):
        """Ethernet fills small packets up."""
        for family in (4, 6):
            for mode in ("tunnel", "transport"):
                for encap in (False, True):
                    pair = Pair(mode=mode, inner=family, encap=encap).install(self.dut)
                    clear = pair.clear(b"link")
                    self.dut.expect(pair.protect(clear) + b"\x5a" * 18, pair.received(clear),
                                    "%s IPv%d" % (mode, family))

    def nested(self, family, mode="transport"):
        """Outermost first; each layer is compared with its own SA."""
        outer = Pair(inner=family, host=dut.IN[family], protocol="proto esp").install(self.dut)
        inner = Pair(mode=mode, inner=family, policies=False)
        inner.us, inner.peer = outer.host, outer.remote
        if mode == "transport":
            inner.host, inner.remote = inner.us, inner.peer
        inner.install(self.dut)
        way = "in" if mode == "transport" else "fwd"
        self.dut.configure([
            "policy add src %s dst %s proto %d dir %s priority 0 tmpl src %s dst %s proto esp "
            "reqid %d mode %s" % (inner.remote, inner.host, ip.PLAIN, way, inner.peer, inner.us,
                                  inner.number, mode)])
        clear = inner.clear(b"nested")
        self.dut.expect(outer.protect(inner.protect(clear)), inner.received(clear))
        # Only one of the two is not enough.
        if mode == "transport":
            self.dut.expect_drop(outer.protect(clear), "in_template")
        bad = bytearray(inner.protect(clear))
        bad[-1] ^= 1
        self.dut.expect_drop(outer.protect(bytes(bad)), "in_icv")
        self.dut.expect(outer.protect(inner.protect(clear)), inner.received(clear))

    def tfc(self, family):
        """The inner packet is as it was; every ESP packet has one length."""
        pair = Pair(inner=family)
        lines = list(pair.lines())
        lines[0] += " tfcpad 1000"
        self.dut.configure(lines)
        lengths = set()
        for seq, size in enumerate((0, 1, 500, 900, 1300), 1):
            clear = pair.answer(bytes(size))
            pair.send(self.dut, clear)
            wire = self.dut.left()
            self.dut.need(wire, "nothing left")
            inside, pad, _ = pair.tx.open(pair.unwrap(wire, clear), seq)
            want = ip.forwarded(clear)
            same(inside[:len(want)], want, "inner packet")
            if len(want) <= 1000:
                same(len(inside), 1000, "length of the payload with %d octets" % size)
                lengths.add(len(wire))
            else:
                same(len(inside), len(want), "length of a longer payload")
            same(pad, bytes(range(1, len(pad) + 1)), "padding")
        same(len(lengths), 1, "number of different lengths")
