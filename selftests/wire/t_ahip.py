# SPDX-License-Identifier: GPL-2.0
"""What of the headers in front of AH counts for its ICV, both ways; RFC 4302
3.3.3.1 and appendix A."""

import socket
import struct

import ah
import dut
import ip
from ah import DEST, HOP, ROUTING, header6, option4, option6
from dut import Group
from ktap import check, same
from pair import AhPair

# Sent with an option of each kind; bodies that the IP layer takes. The commercial
# security option it does not take; nor, unless told so, source routes.
BODIES = {
    0x07: b"\x08\x0a\x00\x09\x09" + bytes(4), 0x44: b"\x05\x00" + bytes(8),
    0x82: bytes(range(9)), 0x94: b"\0\0", 0x88: b"\x12\x34",
    0x83: b"\x08" + bytes((10, 9, 9, 9)), 0x89: b"\x08" + bytes((10, 9, 9, 9)),
}
KINDS = sorted((set(ah.IMMUTABLE) | set(ah.MUTABLE)) - {0x86}) + [0x9e, 0x02]


class Fields4(Group):
    """What of an IPv4 header may change on the way, and what may not."""

    name = "ah-ipv4"

    def setup(self):
        super().setup()
        for name in ("all", "out0"):
            dut.sysctl("ipv4/conf/%s/accept_source_route" % name, 1)

    def cases(self):
        for mode in ("transport", "tunnel"):
            yield "AH-5 %s: TOS, TTL, DF and checksum may change" % mode, \
                lambda mode=mode: self.may(mode)
            yield "AH-5 %s: ID, addresses and length may not" % mode, \
                lambda mode=mode: self.may_not(mode)
        for kind in KINDS:
            name = ah.IMMUTABLE.get(kind) or ah.MUTABLE.get(kind) or "unknown"
            yield ("AH-6%s option 0x%02x, %s: %s" %
                   (" AH-7" if name == "unknown" else " AH-12" if name in ("LSRR", "SSRR") else "",
                    kind, name, "covered" if kind in ah.IMMUTABLE else "counts as zero"),
                   lambda kind=kind: self.option_in(kind))
            yield ("AH-6 option 0x%02x, %s, in what we send" % (kind, name),
                   lambda kind=kind: self.option_out(kind))
        yield "AH-6 many options, the same ones again, in one header", self.many
        yield "AH-6 options of the outer header of a tunnel", self.outer_options
        for kind in (0x83, 0x89):
            yield ("AH-12 %s with hops to go: the destination is the last of them" %
                   ah.MUTABLE[kind], lambda kind=kind: self.source_route(kind))
        yield "AH-7 option lengths 0, 1 and too long: out_ah_headers", self.bad_out
        yield "AH-7 option lengths 0, 1 and too long, inbound, are survived", self.bad_in
        yield "FRAG-1 FRAG-2 AH arrives in fragments", self.fragments_in
        yield "FRAG-1 AH is cut into fragments, not made of them", self.fragments_out

    def changed(self, wire, edits):
        """The packet with octets changed and the checksum of the header put right."""
        data = bytearray(wire)
        for at, value in edits:
            data[at] ^= value
        return ip.change(bytes(data))

    def may(self, mode):
        """One after the other and all at once."""
        pair = AhPair("sha256-128", mode).install(self.dut)
        for edits in (((1, 0xb8),), ((8, 0x31),), ((6, 0x40),), ((1, 0x10), (8, 1), (6, 0x40))):
            clear = pair.clear(b"may change", ttl=64)
            want = self.changed(clear, edits) if mode == "transport" else pair.received(clear)
            self.dut.expect(self.changed(pair.protect(clear), edits), want, "%s" % (edits,))

    def may_not(self, mode):
        """Every bit of them; a wrong length is what fails first."""
        pair = AhPair("sha256-128", mode).install(self.dut)
        clear = pair.clear(b"may not change")
        wire = pair.protect(clear, 1)
        for at in (4, 5, 12, 13, 14, 15):
            for bit in (0x01, 0x10):
                self.dut.expect_drop(self.changed(wire, ((at, bit),)), "in_icv", "octet %d" % at)
        shorter = bytearray(wire[:-4])
        shorter[2:4] = struct.pack("!H", len(shorter))
        self.dut.expect_drop(ip.change(bytes(shorter)), "in_icv", "shorter")
        longer = bytearray(wire + bytes(4))
        longer[2:4] = struct.pack("!H", len(longer))
        self.dut.expect_drop(ip.change(bytes(longer)), "in_icv", "longer")
        self.dut.expect(wire, pair.received(clear))

    @staticmethod
    def options(kind):
        """One option of this kind, and what is left of four octets."""
        if kind < 2:
            return bytes([1, 1, 1, kind])
        data = option4(kind, BODIES.get(kind, b"body"))
        return data + b"\1" * (-len(data) % 4)

    def option_in(self, kind):
        """As sent; then with its body changed on the way."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        clear = pair.clear(b"option", options=self.options(kind))
        wire = pair.protect(clear)
        self.dut.inject(wire)
        got = self.dut.arrived()
        self.dut.need(got, "not delivered")
        same(ip.body(got), ip.body(clear), "payload")
        if kind not in ah.MUTABLE or kind in (0x0a, 0x0b, 0x0c, 0x0f):
            same(got, clear, "packet")      # nothing here writes to these
        # The last octet of its body; the type, where there is no body.
        at = 23 if kind < 2 else 20 + 1 + len(BODIES.get(kind, b"body"))
        wire = pair.protect(clear)
        bad = self.changed(wire, ((at, 0x01),))
        if kind in ah.IMMUTABLE:
            self.dut.expect_drop(bad, "in_icv", "body changed")
            return
        self.dut.inject(bad)
        self.dut.need(self.dut.arrived(), "body changed: not delivered")

    def sent(self, pair, clear):
        """What left."""
        self.dut.originate(clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        return wire

    def option_out(self, kind):
        """All octets of the packet; source routes have no hops to go."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        clear = pair.answer(b"option", options=self.options(kind), ident=0x77)
        pair.open(self.sent(pair, clear), clear, 1)

    def many(self):
        """Forty octets of options, as many as there can be."""
        pair = AhPair("sha1-96", "transport").install(self.dut)
        for options in (b"\x94\4\0\0" * 10, b"\x9e\2" * 20, b"\1" * 40,
                        b"\x9e\3\xaa\x94\4\0\0\x95\6abcd\x07\x07\4" + bytes(4) +
                        b"\x88\4\1\2\x9e\x04\5\6\1\1\x9e\4\7\7\1\1\1\1\0\0"):
            same(len(options), 40, "octets of options")
            clear = pair.clear(b"many", options=options)
            self.dut.inject(pair.protect(clear))
            got = self.dut.arrived()
            self.dut.need(got, "not delivered: %s" % options.hex())
            same(ip.body(got), b"many", "payload")
            clear = pair.answer(b"many", options=options, ident=0x77)
            pair.oseq += 1
            pair.open(self.sent(pair, clear), clear, pair.oseq)

    def outer_options(self):
        """A router has written to one of them."""
        pair = AhPair("sha256-128", "tunnel").install(self.dut)
        clear = pair.clear(b"outer")
        for options, spot, ok in ((b"\x94\4\0\0\x9e\4\1\2", 26, True),
                                  (b"\x94\4\0\0\x9e\4\1\2", 23, False)):
            wire = pair.protect(clear, outer={"options": options})
            self.dut.expect(wire, pair.received(clear))
            wire = self.changed(pair.protect(clear, outer={"options": options}), ((spot, 1),))
            if ok:
                self.dut.expect(wire, pair.received(clear))
            else:
                self.dut.expect_drop(wire, "in_icv")

    def source_route(self, kind):
        """On the way to its first hop, with none and with one behind it."""
        for hops in (("10.0.99.9",), ("10.0.98.8", "10.0.99.9")):
            pair = AhPair("sha256-128", "transport").install(self.dut)
            body = b"\4" + b"".join(ip.pack(hop) for hop in hops)
            clear = pair.answer(b"route", options=option4(kind, body) + b"\0", ident=0x77)
            wire = self.sent(pair, clear)
            pair.open(wire, clear, 1)
            # open() believes the oracle; this is what it has to have done
            check(ah.covered(wire[:ip.header_length(wire)])[16:20] == ip.pack(hops[-1]),
                  "the oracle has another destination")

    def bad_out(self):
        """A raw socket may send anything."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        for options in (b"\x9e\0\0\0", b"\x9e\1\0\0", b"\x9e\5\0\0", b"\x9e\xff\0\0",
                        b"\1\1\1\x9e", b"\x94\4\0\0\x9e\4\0\0\x9e\0\0\0", b"\x83\6\4\1\1\1\0\0",
                        b"\x83\x07\3\1\1\1\1\0"):
            try:
                self.dut.originate(pair.answer(b"bad", options=options))
            except OSError:
                pass
            if self.dut.tool.counted:
                same(self.dut.new_drops(), {"out_ah_headers": 1}, options.hex())
        clear = pair.answer(b"good", options=b"\x9e\4\0\0", ident=0x77)
        if self.dut.tool.counted:
            pair.open(self.sent(pair, clear), clear, 9)

    def bad_in(self):
        """The IP layer sees to them first, and says so to the sender."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        good = pair.protect(pair.clear(b"good", options=b"\x9e\4\0\0"), 1)
        for options in (b"\x9e\0\0\0", b"\x9e\1\0\0", b"\x9e\5\0\0", b"\x9e\xff\0\0",
                        b"\1\1\1\x9e"):
            self.dut.inject(ip.change(good[:20] + options + good[24:]))
            check(self.dut.arrived(0.02) is None, "delivered: %s" % options.hex())
            while self.dut.left(0.02) is not None:
                pass
            same(self.dut.new_drops(), {}, "drops")
        self.dut.expect(good, pair.clear(b"good", options=b"\x9e\4\0\0"))

    def fragments_in(self):
        """The ICV is that of the whole packet (RFC 4302 3.3.4)."""
        for mode in ("transport", "tunnel"):
            pair = AhPair("sha256-128", mode).install(self.dut)
            clear = pair.clear(bytes(i & 255 for i in range(1400)))
            parts = list(ip.fragments4(pair.protect(clear), 512))
            check(len(parts) > 2, "not enough fragments")
            for part in parts[:-1]:
                self.dut.inject(part)
            self.dut.expect(parts[-1], pair.received(clear))

    def fragments_out(self):
        """A datagram longer than the link."""
        pair = AhPair("sha256-128", "transport").install(self.dut)
        payload = bytes(i & 255 for i in range(1470))
        clear = pair.answer(payload, ident=0x4242)
        self.dut.originate(clear)
        parts = [self.dut.left()]
        self.dut.need(parts[0], "nothing left")
        while ip.frag_word(parts[-1]) & ip.MF:
            parts.append(self.dut.left())
            self.dut.need(parts[-1], "fragment missing")
        check(len(parts) > 1, "not fragmented")
        pair.open(ip.reassemble(parts), clear, 1)


def routing(kind, left, hops, following):
    """A routing header of a type that has whole addresses."""
    return struct.pack("!BBBBI", following, 2 * len(hops), kind, left, 0) + \
        b"".join(ip.pack(hop) for hop in hops)


class Fields6(Group):
    """The same of an IPv6 header and of the extension headers in front of AH."""

    name = "ah-ipv6"

    def cases(self):
        for mode in ("transport", "tunnel"):
            yield "AH-8 %s: traffic class, flow label and hop limit may change" % mode, \
                lambda mode=mode: self.may(mode)
            yield "AH-8 %s: the source address may not" % mode, \
                lambda mode=mode: self.may_not(mode)
        for kind, name in ((HOP, "Hop-by-Hop"), (DEST, "Destination")):
            for bit in (0, 0x20):
                yield ("AH-9 %s option 0x%02x: its data is %s" %
                       (name, 0x1e | bit, "zero" if bit else "covered"),
                       lambda a=(kind, 0x1e | bit): self.option_in(*a))
                yield ("AH-9 %s option 0x%02x, in what we send" % (name, 0x1e | bit),
                       lambda a=(kind, 0x1e | bit): self.option_out(*a))
            yield "AH-9 %s options again and again" % name, lambda kind=kind: self.many(kind)
        yield "AH-9 Destination options behind AH are covered as they stand", self.behind
        yield "AH-9 options with lengths that do not fit: in_ah_headers", self.bad_in
        yield "AH-9 the same in what we send: out_ah_headers", self.bad_out
        for kind in (0, 2, 4, 253):
            yield ("AH-10 routing header of type %d with no segments left" % kind,
                   lambda kind=kind: self.routing_in(kind))
        for kind, hops in ((0, 1), (0, 3), (2, 1)):
            yield ("AH-10 routing header of type %d, %d hops to go: as it arrives" % (kind, hops),
                   lambda a=(kind, hops): self.routing_out(*a))
        yield "AH-10 routing header on the second of three hops", self.routing_later
        yield "AH-10 routing headers whose arrival is not known: out_ah_headers", \
            self.routing_bad
        yield "AH-10 routing header with segments left: not ours to open", self.waypoint
        yield "AH-13 all headers at once, AH behind the routing header", self.all
        yield "AH-11 an atomic fragment", self.atomic
        yield "AH-9 headers longer than any real packet has", self.long
        yield "FRAG-1 FRAG-2 AH arrives in fragments", self.fragments_in
        yield "FRAG-1 AH is cut into fragments", self.fragments_out

    def make(self, between=(), **fields):
        """(pair, packet to us, offset of its payload); between are functions that
        make a header in front of another."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        return (pair,) + self.packet(pair.clear, between, **fields)

    @staticmethod
    def packet(make, between, payload=b"payload", last=ip.PLAIN, **fields):
        """(packet, offset of its payload)."""
        kind, data = last, b""
        for first, header in reversed(between):
            data, kind = header(kind) + data, first
        return make(data + payload, proto=kind, **fields), 40 + len(data)

    def may(self, mode):
        """One after the other."""
        pair = AhPair("sha256-128", mode, 6).install(self.dut)
        # ECN means something to a tunnel
        for at, bits in ((0, 0x08), (1, 0xc0 if mode == "tunnel" else 0xf0), (1, 0x05), (2, 0xff), (3, 0x81), (7, 0x21)):
            clear = pair.clear(b"may change")
            wire = bytearray(pair.protect(clear))
            wire[at] ^= bits
            want = bytearray(pair.received(clear))
            if mode == "transport":
                want[at] ^= bits
            self.dut.expect(bytes(wire), bytes(want), "octet %d" % at)

    def may_not(self, mode):
        """Each octet; the others decide where it goes."""
        pair = AhPair("sha256-128", mode, 6).install(self.dut)
        clear = pair.clear(b"may not change")
        wire = pair.protect(clear, 1)
        for at in range(9, 24):
            bad = bytearray(wire)
            bad[at] ^= 0x02
            self.dut.expect_drop(bytes(bad), "in_icv", "octet %d" % at)
        self.dut.expect(wire, pair.received(clear))

    def delivered(self, pair, wire, payload=b"payload", what="packet"):
        """Somebody got the payload."""
        self.dut.inject(wire)
        got = self.dut.arrived()
        self.dut.need(got, "%s: not delivered" % what)
        same(ip.body(got), payload, what)

    def option_in(self, kind, option):
        """Data changed; type and length changed."""
        between = ((kind, lambda following: header6(following, option6(option, b"data"))),)
        pair, clear, at = self.make(between)
        self.delivered(pair, pair.protect(clear, at=at))
        wire = bytearray(pair.protect(clear, at=at))
        wire[40 + 2 + 2] ^= 0x55
        if option & 0x20:
            self.delivered(pair, bytes(wire), what="data changed")
        else:
            self.dut.expect_drop(bytes(wire), "in_icv", "data changed")
        wire = bytearray(pair.protect(clear, at=at))
        wire[40 + 2] ^= 0x01
        self.dut.expect_drop(bytes(wire), "in_icv", "type changed")
        wire = bytearray(pair.protect(clear, at=at))
        wire[40 + 2 + 1] = 2                # the two octets behind are Pad1
        wire[40 + 2 + 4:40 + 2 + 6] = b"\0\0"
        self.dut.expect_drop(bytes(wire), "in_icv", "length changed")

    def option_out(self, kind, option):
        """Destination options stay behind AH, where nothing of them is zero."""
        between = ((kind, lambda following: header6(following, option6(option, b"data"))),)
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        clear, at = self.packet(pair.answer, between)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1, at=at if kind == HOP else 40)

    def many(self, kind):
        """Pad1, PadN and options of no octets between them; at most eight that
        are no padding, for the sake of the IP layer."""
        body = b"\0" + option6(0x3e, b"") + option6(1, b"\0") + option6(0x1e, b"abc") + \
            b"\0" + option6(0x3e, b"abcdef") * 2 + option6(0x1e, b"") * 3
        between = ((kind, lambda following: header6(following, body)),)
        pair, clear, at = self.make(between)
        wire = bytearray(pair.protect(clear, at=at))
        self.delivered(pair, bytes(wire))
        pair.next += 1

    def behind(self):
        """A mutable option where nothing may change."""
        between = ((DEST, lambda following: header6(following, option6(0x3e, b"data"))),)
        pair, clear, _ = self.make(between)
        wire = pair.protect(clear, 1, at=40)
        bad = bytearray(wire)
        bad[40 + pair.rx.length(6) + 4] ^= 1
        self.dut.expect_drop(bytes(bad), "in_icv")
        self.delivered(pair, wire)

    BAD = (b"\x1e\x05\0\0\0\0", b"\x3e\xff\0\0\0\0", b"\0\0\0\0\0\x1e", b"\x1e\2\0\0\x1e\1")

    def bad_in(self):
        """Destination options: the IP layer reads these only behind us."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        size = pair.rx.length(6)
        for body in self.BAD:
            data = bytes([ip.AH, 0]) + body
            auth = struct.pack("!BBHII", ip.PLAIN, size // 4 - 2, 0, pair.rx.spi, 1)
            self.dut.expect_drop(pair.clear(data + auth + bytes(size - 12) + b"x", proto=DEST),
                                 "in_ah_headers", body.hex())

    def bad_out(self):
        """Hop-by-Hop options of a raw socket."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        for body in self.BAD:
            try:
                self.dut.originate(pair.answer(bytes([ip.PLAIN, 0]) + body, proto=HOP))
            except OSError:
                pass
            if self.dut.tool.counted:
                same(self.dut.new_drops(), {"out_ah_headers": 1}, body.hex())

    def routing_in(self, kind):
        """All of it is covered."""
        between = ((ROUTING, lambda following: routing(kind, 0, ("fd00::77", "fd00::78"),
                                                       following)),)
        pair, clear, at = self.make(between)
        if kind in (0, 253) or not self.dut.tool.counted:
            self.delivered(pair, pair.protect(clear, at=at))
        else:
            # behind us the IP layer refuses it, type 2 only with Mobile IPv6
            before = self.dut.counter("in_packets")
            self.dut.inject(pair.protect(clear, at=at))
            check(self.dut.wait(lambda: self.dut.counter("in_packets") - before or None),
                  "not accepted")
            while self.dut.arrived(1) is not None:
                pass
            while self.dut.left(0.02) is not None:
                pass
        wire = bytearray(pair.protect(clear, at=at))
        wire[40 + 8 + 15] ^= 1
        self.dut.expect_drop(bytes(wire), "in_icv", "address changed")

    def hops_out(self, kind, left, hops):
        """A packet of ours, on its way to the peer of the pair and to these."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        between = ((ROUTING, lambda following: routing(kind, left, hops, following)),)
        clear, at = self.packet(pair.answer, between)
        try:
            self.dut.originate(clear)
        except OSError:
            pass
        return pair, clear, at

    def routing_out(self, kind, count):
        """The oracle walks hop by hop."""
        hops = ["fd00::9%d" % i for i in range(count)]
        pair, clear, at = self.hops_out(kind, count, hops)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1, at=at)
        seen = ah.covered(wire[:at])
        same(seen[24:40], ip.pack(hops[-1]), "destination in the oracle")
        same(seen[43], 0, "segments left in the oracle")
        same(seen[48:64], ip.pack(pair.peer), "first address in the oracle")

    def routing_later(self):
        """The first address has been passed already."""
        hops = ("fd00::90", "fd00::91", "fd00::92")
        pair, clear, at = self.hops_out(0, 2, hops)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1, at=at)

    def routing_bad(self):
        """Other types, more segments than addresses, half an address."""
        for kind, left, hops, octets in ((4, 1, 1, None), (3, 1, 1, None), (253, 1, 1, None),
                                         (0, 2, 1, None), (0, 255, 1, None), (0, 1, 0, None),
                                         (0, 1, 1, 3)):
            pair = AhPair("sha256-128", "transport", 6).install(self.dut)
            header = bytearray(routing(kind, left, ["fd00::9%d" % i for i in range(hops)],
                                       ip.PLAIN))
            if octets is not None:
                header[1] = octets
                header += bytes(8)
            try:
                self.dut.originate(pair.answer(bytes(header) + b"x", proto=ROUTING))
            except OSError:
                pass
            if self.dut.tool.counted:
                same(self.dut.new_drops(), {"out_ah_headers": 1},
                     "type %d, %d segments left" % (kind, left))

    def waypoint(self):
        """Whoever routes it on, or refuses to, does not check it, and what follows
        is not let in as if it had been."""
        pair = AhPair("sha256-128", "tunnel", 6).install(self.dut)
        clear = pair.clear(b"waypoint")
        header = routing(0, 1, ("fd00::99",), ip.AH)
        self.dut.inject(pair.protect(clear, 1, outer={"data": (ROUTING, header)}))
        check(self.dut.arrived(0.05) is None, "delivered")
        while self.dut.left(0.02) is not None:
            pass                # an ICMP error about the type
        same(self.dut.new_drops(), {}, "drops")
        self.dut.expect(pair.protect(clear, 1), pair.received(clear))

    def all(self):
        """The order of RFC 8200 4.1, both ways."""
        between = ((HOP, lambda following: header6(following, option6(0x3e, b"hop"))),
                   (DEST, lambda following: header6(following, option6(0x3e, b"first"))),
                   (ROUTING, lambda following: routing(0, 0, ("fd00::77",), following)))
        pair, clear, at = self.make(between)
        self.delivered(pair, pair.protect(clear, at=at))
        after = (DEST, lambda following: header6(following, option6(0x3e, b"last")))
        clear, _ = self.packet(pair.answer, between + (after,))
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1, at=at)

    def atomic(self):
        """A fragment header of a packet that is whole; its second octet is reserved."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        for reserved in (0, 7):
            wire = pair.protect(pair.clear(b"payload"))
            header = struct.pack("!BBHI", ip.AH, reserved, 0, 0x1234)
            self.delivered(pair, ip.change(wire, proto=ip.FRAGMENT, payload=header + wire[40:]))

    def long(self):
        """Those the work area has room for, and others."""
        for count, octets in ((2, 200), (2, 210), (2, 220), (5, 250)):
            size = count * (octets + 2)
            between = ((DEST, lambda following, n=count, octets=octets: header6(
                following, option6(0x3e, bytes(i % 251 for i in range(octets))) * n)),)
            pair, clear, at = self.make(between)
            self.delivered(pair, pair.protect(clear, at=at), what="%d octets" % size)
            bad = bytearray(pair.protect(clear, at=at))
            bad[42] ^= 1
            self.dut.expect_drop(bytes(bad), "in_icv", "%d octets, changed" % size)

    def fragments_in(self):
        """Headers are put together before AH is looked at."""
        for mode in ("transport", "tunnel"):
            pair = AhPair("sha256-128", mode, 6).install(self.dut)
            clear = pair.clear(bytes(i & 255 for i in range(1400)))
            parts = list(ip.fragments6(pair.protect(clear), 512))
            for part in parts[:-1]:
                self.dut.inject(part)
            self.dut.expect(parts[-1], pair.received(clear), mode)

    def fragments_out(self):
        """The packet AH made is what is cut."""
        pair = AhPair("sha256-128", "transport", 6).install(self.dut)
        payload = bytes(i & 255 for i in range(1455))
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, ip.PLAIN) as sock:
            sock.bind((pair.us, 0))
            sock.sendto(payload, (pair.peer, 0, 0, 0))
        parts = [self.dut.left()]
        self.dut.need(parts[0], "nothing left")
        while struct.unpack("!H", parts[-1][42:44])[0] & 1:
            parts.append(self.dut.left())
            self.dut.need(parts[-1], "fragment missing")
        check(len(parts) > 1, "not fragmented")
        same(parts[0][40], ip.AH, "what the fragments are of")
        whole = ip.reassemble(parts)
        clear = pair.answer(payload, ttl=ip.ttl(whole), flow=int.from_bytes(whole[1:4], "big") &
                            0xfffff)
        pair.open(whole, clear, 1)


GROUPS = (Fields4, Fields6)
