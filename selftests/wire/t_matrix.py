# SPDX-License-Identifier: GPL-2.0
"""Every suite in every mode, both directions, octet by octet."""

import itertools

import dut
import esp
import ip
from dut import Group
from ktap import check, same
from pair import Pair

# name, mode, inner, outer
MODES = (
    ("tunnel 4in4", "tunnel", 4, 4), ("tunnel 6in6", "tunnel", 6, 6),
    ("tunnel 4in6", "tunnel", 4, 6), ("tunnel 6in4", "tunnel", 6, 4),
    ("transport 4", "transport", 4, 4), ("transport 6", "transport", 6, 6),
)

HIGH = 3        # where the high half of an extended sequence number starts

# Families of suites that share an ID each.
IDS = {"gcm": "ALG-1 CRY-9 CRY-10 CRY-11", "ccm": "ALG-2 CRY-13 CRY-14", "chacha": "ALG-2 CRY-15",
       "cbc": "ALG-1 ALG-4 CRY-1 MAC-2", "ctr": "ALG-2 CRY-7", "3des": "CRY-3",
       "null": "ALG-1 ALG-4 CRY-6"}


class Crossing(Group):
    """Two packets each way through each combination of a suite, a mode and two switches."""

    counters = False        # read once, at the end

    def __init__(self):
        super().__init__()
        self.sent = 0
        self.pairs = dict(self.combinations())

    def combinations(self):
        """(title, (suite, mode, esn, the other switch)) of each"""
        raise NotImplementedError

    def ids(self, suite):
        """What a case with it shows."""
        raise NotImplementedError

    def pair(self, suite, mode, switch, **fields):
        """The pair of SAs for it."""
        raise NotImplementedError

    def opened(self, pair, found):
        """What open() returned for the packets of a pair."""

    def cases(self):
        for title, (suite, _, _, _) in self.pairs.items():
            yield "%s %s" % (self.ids(suite), title), lambda title=title: self.both_ways(title)
        yield "AUD-1 all packets were counted and none dropped", self.totals

    def setup(self):
        super().setup()
        lines = []
        for index, (title, (suite, mode, esn, switch)) in enumerate(self.pairs.items()):
            start = HIGH << 32 if esn else 0
            pair = self.pair(suite, mode, switch, index=index, esn=esn, seq=start, oseq=start)
            self.pairs[title] = pair
            lines += pair.lines()
        self.dut.configure(lines)

    def both_ways(self, title):
        """Lengths differ from case to case, so that all paddings occur."""
        pair = self.pairs[title]
        start = pair.oseq
        found = []
        for count in (1, 2):
            payload = bytes((pair.number * 7 + i) & 255
                            for i in range((pair.number * 5 + count * 3) % 67))
            clear = pair.answer(payload, tos=0xb8 | count, ttl=33, ident=0xbeef, flow=0x12345)
            pair.send(self.dut, clear)
            wire = self.dut.left()
            self.dut.need(wire, "nothing left")
            found.append(pair.open(wire, clear, start + count))
        self.opened(pair, found)
        for count in (1, 2):
            payload = bytes((pair.number * 11 + i) & 255
                            for i in range((pair.number * 7 + count * 5) % 71))
            clear = pair.clear(payload, tos=0x2c, ttl=77, ident=0xcafe, flow=0x54321)
            self.dut.expect(pair.protect(clear), pair.received(clear), "packet %d" % count)
        self.sent += 2

    def totals(self):
        """No drop anywhere, and the counters know what happened."""
        same(self.dut.new_drops(), {}, "drops")
        if self.dut.tool.counted:
            same(self.dut.counter("out_packets"), self.sent, "out_packets")
            same(self.dut.counter("in_packets"), self.sent, "in_packets")


class Matrix(Crossing):
    """ESP: the switch is encapsulation in UDP."""

    name = "matrix"

    # Of the four combinations of ESN and UDP only one for each suite and mode,
    # so that each suite and each mode still has all four.
    quick = False

    def combinations(self):
        names = list(esp.SUITES)
        for suite, mode, esn, encap in itertools.product(
                names, MODES, (False, True), (False, True)):
            turn = (names.index(suite) + MODES.index(mode)) % 4
            if self.quick and turn != esn * 2 + encap:
                continue
            yield ("%s %s%s%s" % (suite, mode[0], " ESN" if esn else "", " UDP" if encap else ""),
                   (suite, mode, esn, encap))

    def ids(self, suite):
        return IDS[esp.SUITES[suite].kind] + " ESP-1 ESP-4 TUN-1"

    def pair(self, suite, mode, switch, **fields):
        return Pair(suite, *mode[1:], encap=switch, **fields)


class Sizes(Group):
    """Every length of payload, so that every padding is made and accepted."""

    name = "sizes"
    counters = False
    suites = ("gcm16-128", "cbc128-sha256", "ctr128-sha1", "3des-sha1", "null-sha256",
              "chacha20poly1305", "ccm8-128")

    def setup(self):
        super().setup()
        self.pairs = {}
        for index, suite in enumerate(self.suites):
            for number, mode in enumerate((MODES[0], MODES[5])):
                pair = Pair(suite, *mode[1:], index=index * 2 + number)
                self.pairs[suite, mode] = pair.install(self.dut)

    def cases(self):
        for suite in self.suites:
            for mode in (MODES[0], MODES[5]):
                yield ("ESP-4 ESP-6 ESP-16 %s %s payload 0-80" % (suite, mode[0]),
                       lambda key=(suite, mode): self.sweep(self.pairs[key]))
        yield "no drops", lambda: same(self.dut.new_drops(), {}, "drops")

    def sweep(self, pair):
        """Out and in, one octet more each time."""
        for length in range(81):
            payload = bytes(range(100, 100 + length))
            clear = pair.answer(payload)
            pair.send(self.dut, clear)
            wire = self.dut.left()
            check(wire is not None, "nothing left for %d octets" % length)
            pair.open(wire, clear, length + 1)
            clear = pair.clear(payload)
            self.dut.expect(pair.protect(clear), pair.received(clear), "%d octets" % length)


# RFC 4303 2.4 and RFC 4301 8.2.1: largest inner packet that stays within 1500
# octets, by outer family and UDP encapsulation.
FITS = {
    "gcm16-128": (1446, 1438, 1426, 1418), "chacha20poly1305": (1446, 1438, 1426, 1418),
    "ccm8-128": (1454, 1446, 1434, 1426), "cbc128-sha1": (1438, 1422, 1422, 1406),
    "cbc128-sha256": (1438, 1422, 1406, 1406), "cbc256-sha512": (1422, 1406, 1390, 1390),
    "3des-sha1": (1446, 1438, 1430, 1422), "null-sha256": (1454, 1446, 1434, 1426),
    "ctr128-sha1": (1450, 1442, 1430, 1422),
}


class Limits(Group):
    """The largest packet that fits, and the one after it."""

    name = "limits"

    def __init__(self):
        super().__init__()
        self.todo = [(suite, outer, encap, FITS[suite][(outer == 6) * 2 + encap])
                     for suite in FITS for outer in (4, 6) for encap in (False, True)]
        self.pairs = []

    def setup(self):
        super().setup()
        self.pairs = [Pair(suite, "tunnel", 4, outer, index=index, encap=encap)
                      for index, (suite, outer, encap, _) in enumerate(self.todo)]
        self.dut.configure([line for pair in self.pairs for line in pair.lines()])

    def cases(self):
        for index, (suite, outer, encap, size) in enumerate(self.todo):
            yield ("PMTU-9 PMTU-2 ICMP-8 %s in IPv%d%s: %d octets fit" %
                   (suite, outer, " UDP" if encap else "", size),
                   lambda index=index: self.edge(index))
        yield "PMTU-3 one octet more without DF is fragmented, no ICMP", self.fragmented
        yield "PMTU-3 1500 octets without DF", lambda: self.fragmented(1500)

    def edge(self, index):
        """Fits: one packet. Does not: ICMP says what would."""
        pair, size = self.pairs[index], self.todo[index][3]
        clear = pair.answer(bytes(size - 20), frag=ip.DF)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        check(wire is not None, "nothing left")
        check(len(wire) <= dut.MTU, "%d octets left" % len(wire))
        pair.open(wire, clear, 1)
        clear = pair.answer(bytes(size - 19), frag=ip.DF)
        pair.send(self.dut, clear)
        error = self.dut.arrived()
        check(error is not None, "no ICMP error for %d octets" % (size + 1))
        same(error[20:22], bytes((3, 4)), "ICMP type and code")
        same(int.from_bytes(error[24:28], "big"), size, "next-hop MTU")
        same(ip.destination(error), pair.host, "destination of the error")
        same(ip.checksum(error[20:]), 0, "ICMP checksum")
        same(error[28:48], ip.forwarded(clear)[:20], "quoted header") \
            if error[36] == clear[8] - 1 else same(error[28:48], clear[:20], "quoted header")
        if self.dut.tool.counted:
            same(self.dut.new_drops(), {"out_too_big": 1}, "drops")
        else:
            self.dut.new_drops()

    def fragmented(self, size=None):
        """Fragments of ESP, or ESP of fragments: both carry it all."""
        pair = self.pairs[0]
        seq = 2 if size is None else 3
        if size == 1500:
            seq = self.after
        clear = pair.answer(bytes(i & 255 for i in range((size or self.todo[0][3] + 1) - 20)))
        pair.send(self.dut, clear)
        first = self.dut.left()
        check(first is not None, "nothing left")
        if ip.protocol(first) == ip.ESP and ip.frag_word(first) & 0x3fff:
            parts = [first]
            while ip.frag_word(parts[-1]) & ip.MF:
                more = self.dut.left()
                check(more is not None, "fragment missing")
                parts.append(more)
            pair.open(ip.reassemble(parts), clear, seq)
            self.after = seq + 1
            return
        inner = []
        while True:
            data, _, _ = pair.tx.open(pair.unwrap(first, clear))
            inner.append(data)
            seq += 1
            if not ip.frag_word(data) & ip.MF:
                break
            first = self.dut.left()
            check(first is not None, "fragment missing")
        self.after = seq
        same(ip.reassemble(inner), ip.forwarded(clear), "inner packet")
