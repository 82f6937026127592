# SPDX-License-Identifier: GPL-2.0
"""Packets that must not pass, each counted once under its own reason, and odd
ones that must."""

import os
import struct

import dut
import ip
from dut import Group
from ktap import check, same
from pair import Pair

# One of each shape: AEAD with short and long ICV, separate MAC with block
# cipher, stream cipher and none; with ESN too.
SHAPES = (("gcm16-128", False), ("gcm8-256", True), ("ccm12-128", False),
          ("chacha20poly1305", True), ("cbc128-sha256", False), ("cbc256-sha512", True),
          ("ctr128-sha1", False), ("3des-sha1", False), ("null-sha256", True))


class Integrity(Group):
    """Bits changed and octets missing."""

    name = "integrity"

    def cases(self):
        for suite, esn in SHAPES:
            title = suite + (" ESN" if esn else "")
            yield ("ESP-14 AUD-5 %s: any octet changed is a drop" % title,
                   lambda a=(suite, esn): self.flip(*a))
            yield ("ESP-19 %s: cut off after any octet is a drop" % title,
                   lambda a=(suite, esn): self.cut(*a))
            yield ("ESP-14 %s: octets added at the end are a drop" % title,
                   lambda a=(suite, esn): self.longer(*a))
        yield "ESP-14 transport IPv4: any octet changed is a drop", \
            lambda: self.flip("gcm16-128", False, mode="transport")
        yield "ESP-14 transport IPv6: any octet changed is a drop", \
            lambda: self.flip("cbc128-sha256", False, mode="transport", inner=6)
        yield "ESP-14 UDP: any octet of ESP changed is a drop", \
            lambda: self.flip("gcm16-128", False, encap=True)
        yield "ESP-19 UDP: cut off after any octet is a drop", \
            lambda: self.cut("cbc128-sha256", False, encap=True)
        yield "ESP-19 IPv6: cut off after any octet is a drop", \
            lambda: self.cut("gcm16-128", False, inner=6)
        yield "ESP-14 KMI-1 every bit of the key counts", self.wrong_keys
        yield "AUD-5 the SA counts its own drops", self.own_counters

    def bad(self, pair, data, reason, what):
        """One drop, one reason."""
        self.dut.expect_drop(pair.wrap(data), reason, what)

    def flip(self, suite, esn, **options):
        """One bit per octet; then the packet itself passes, once."""
        self.dut.flush()        # no SA but this one has a similar SPI
        pair = Pair(suite, esn=esn, **options).install(self.dut)
        clear = pair.clear(b"flip")
        good = pair.seal(clear, 1)
        for at in range(len(good)):
            bad = bytearray(good)
            bad[at] ^= 1 << at % 8
            reason = "in_no_sa" if at < 4 else "in_icv"
            self.dut.expect_drop(self.around(pair, clear, bytes(bad)), reason, "octet %d" % at)
        self.dut.expect(self.around(pair, clear, good), pair.received(clear))

    @staticmethod
    def around(pair, clear, data):
        """wrap() for both modes."""
        wire = pair.wrap(data)
        if pair.mode == "tunnel":
            return wire
        return ip.change(clear, proto=ip.protocol(wire), payload=ip.body(wire))

    @staticmethod
    def torn(suite, size):
        """Whether ciphertext of this size has a piece of a block."""
        return size % max(suite.block, 4)

    def cut(self, suite, esn, **options):
        """The IP length says what there is."""
        pair = Pair(suite, esn=esn, **options).install(self.dut)
        s = pair.rx.suite
        clear = pair.clear(b"cut")
        good = pair.seal(clear, 1)
        for size in range(8 if pair.encap else 0, len(good)):
            # What cannot hold header, IV, pad length, next header and ICV, or
            # no whole number of blocks, is known to be cut; the ICV knows
            # the rest.
            inside = size - 8 - s.iv - s.icv
            reason = "in_truncated" if inside < 2 or self.torn(s, inside) else "in_icv"
            self.bad(pair, good[:size], reason, "%d of %d octets" % (size, len(good)))
        self.dut.expect(pair.wrap(good), pair.received(clear))

    def longer(self, suite, esn):
        """Multiples of the block as well."""
        pair = Pair(suite, esn=esn).install(self.dut)
        clear = pair.clear(b"longer")
        good = pair.seal(clear, 1)
        for more in (1, 4, 8, 16, 48, 1200):
            reason = "in_truncated" if self.torn(pair.rx.suite, more) else "in_icv"
            self.bad(pair, good + bytes(more), reason, "%d octets more" % more)
        self.dut.expect(pair.wrap(good), pair.received(clear))

    def wrong_keys(self):
        """One bit in cipher key, salt and MAC key."""
        for suite in ("gcm16-128", "ctr128-sha1", "cbc128-sha256", "chacha20poly1305",
                      "ccm16-128"):
            pair = Pair(suite).install(self.dut)
            clear = pair.clear(bytes(64))
            for name in ("key", "mac_key"):
                key = getattr(pair.rx, name)
                if key is None or (pair.rx.suite.mac and name == "key"):
                    continue
                for at in (0, len(key) // 2, len(key) - 1):
                    changed = bytearray(key)
                    changed[at] ^= 0x10
                    setattr(pair.rx, name, bytes(changed))
                    self.bad(pair, pair.seal(clear, 1), "in_icv", "%s octet %d" % (name, at))
                setattr(pair.rx, name, key)
            self.dut.expect(pair.wrap(pair.seal(clear, 1)), pair.received(clear))

    def own_counters(self):
        """Per SA, and only there."""
        if not self.dut.tool.counted:
            return
        one, two = Pair().install(self.dut), Pair().install(self.dut)
        good = one.seal(one.clear(b"x"), 1)
        for _ in range(3):
            self.bad(one, good[:-1] + bytes([good[-1] ^ 1]), "in_icv", "ICV")
        self.dut.expect(one.wrap(good), one.received(one.clear(b"x")))
        self.bad(one, good, "in_replay", "replay")
        same(self.drops_of(one), {"in_icv": 3, "in_replay": 1}, "drops of the SA")
        same(self.drops_of(two), {}, "drops of another SA")
        same(self.dut.tool.stats(), self.dut.stats(), "what the tool shows of the counters")

    def drops_of(self, pair):
        """Drops of the inbound SA that are not zero."""
        table = self.dut.tool.table(self.dut.state(pair.rx.spi).get("drop", {}))
        return {name: value for name, value in table.items() if value}


class Trailer(Group):
    """What is wrong inside, behind a good ICV."""

    name = "trailer"

    def cases(self):
        for suite in ("gcm16-128", "ctr128-sha1", "null-sha256", "cbc128-sha256", "3des-sha1"):
            yield ("ESP-7 %s: every pad length from 0 to 255 is accepted" % suite,
                   lambda suite=suite: self.all_pads(suite))
            yield ("ESP-19 %s: pad length 255 and all others that do not fit" % suite,
                   lambda suite=suite: self.pad_too_long(suite))
        yield "ESP-5 other padding than 1, 2, 3 is a drop", self.checked
        yield "ESP-5 dont-check-pad: it is not looked at", self.unchecked
        yield "ESP-13 TFC padding is discarded, IPv4", lambda: self.tfc(4)
        yield "ESP-13 TFC padding is discarded, IPv6", lambda: self.tfc(6)
        yield "ESP-13 ESP-19 IPv4 length larger than what is there", \
            lambda: self.inner_length(4)
        yield "ESP-13 ESP-19 IPv6 length larger than what is there", \
            lambda: self.inner_length(6)
        yield "ESP-19 IPv4 header cut off, or with bad version, IHL, checksum", self.inner4
        yield "ESP-19 IPv6 header cut off, or with bad version", self.inner6
        yield "ESP-19 nothing but a trailer", self.nothing
        yield "ESP-9 KMI-4 dummy: silent, uses up its number", self.dummy
        yield "ESP-9 dummy in transport mode", lambda: self.dummy("transport")
        yield "ESP-9 dummy with a broken ICV is an error", self.bad_dummy
        for family in (4, 6):
            yield ("ESP-18 tunnel IPv%d: next header other than 4, 41 and 59" % family,
                   lambda family=family: self.tunnel_kinds(family))
            yield ("ESP-18 tunnel IPv%d: next header of the other family" % family,
                   lambda family=family: self.other_family(family))
        yield "ESP-18 transport: an IP packet inside is not unpacked", self.no_tunnel
        yield "ESP-20 transport IPv4: empty payload, odd payloads", lambda: self.odd(4)
        yield "ESP-20 transport IPv6: empty payload, odd payloads", lambda: self.odd(6)
        yield "ESP-20 transport IPv4 with options", self.transport_options
        yield "TUN-4 inner TTL 0 is dropped", self.ttl_zero
        yield "TUN-4 inner hop limit 0 is delivered to us, not forwarded", self.hop_limit_zero

    def pair(self, *arguments, **options):
        """A pair of its own for each case."""
        return Pair(*arguments, **options).install(self.dut)

    def drop(self, pair, data, reason, what):
        """data is an ESP packet in tunnel mode."""
        self.dut.expect_drop(pair.wrap(data), reason, what)

    def all_pads(self, suite):
        """Minimal or not; those that the cipher's block allows."""
        pair = self.pair(suite)
        block = max(pair.rx.suite.block, 4)
        for extra in range(block):
            clear = pair.clear(bytes(40 + extra))
            for pad in range(pair.rx.minimum_pad(len(clear)), 256, block):
                self.dut.expect(pair.protect(clear, pad=bytes(range(1, pad + 1))),
                                pair.received(clear), "pad length %d" % pad)

    def pad_too_long(self, suite):
        """The Pad Length field lies."""
        pair = self.pair(suite)
        clear = pair.clear(b"x" * 10)
        pad = pair.rx.minimum_pad(len(clear))
        size = len(clear) + pad
        for lie in sorted({size + 1, size + 2, size + 15, 128, 254, 255}):
            if lie > size:
                pair.next += 1
                self.drop(pair, pair.seal(clear, pair.next, padlen=lie), "in_padding",
                          "pad length %d of %d octets" % (lie, size))
        # Into the inner packet: that is then shorter than it says.
        for lie in (pad + 1, size - 1, size):
            pair.next += 1
            got = self.dut.outcome(pair.wrap(pair.seal(clear, pair.next, padlen=lie)))
            check(got[0] == "drop", "pad length %d: %s" % (lie, got[0]))
            check(not self.dut.tool.counted or
                  got[1] in ({"in_inner_malformed": 1}, {"in_padding": 1}),
                  "pad length %d: %s" % (lie, got[1]))

    WRONG = (b"\0\0\0", b"\1\2\4", b"\2\2\3", b"\1\2\3\0\5\6\7")

    def checked(self):
        """First, middle and last octet."""
        pair = self.pair()
        clear = pair.clear(b"0" * 11)       # 31 octets: 3 or 7 of padding
        for pad in self.WRONG:
            self.dut.expect_drop(pair.protect(clear, pad=pad), "in_padding", pad.hex())
        for pad in (b"\1\2\3", bytes(range(1, 8)), bytes(range(1, 256))):
            self.dut.expect(pair.protect(clear, pad=pad), pair.received(clear), pad.hex())

    def unchecked(self):
        """Minimal senders may put anything there (RFC 9333 5)."""
        pair = self.pair(extra=["dont-check-pad"] if self.dut.tool.counted else [])
        clear = pair.clear(b"0" * 11)
        for pad in self.WRONG:
            self.dut.expect(pair.protect(clear, pad=pad), pair.received(clear), pad.hex())

    def tfc(self, family):
        """The inner length decides."""
        pair = self.pair(inner=family)
        for surplus in (1, 2, 3, 4, 5, 100, 500, 1200):
            clear = pair.clear(b"tfc" * 7)
            self.dut.expect(pair.protect(clear, tfc=os.urandom(surplus)), pair.received(clear),
                            "%d octets of surplus" % surplus)

    def inner_length(self, family):
        """By one, and by a lot."""
        pair = self.pair(inner=family)
        head = 20 if family == 4 else 0
        for more in (1, 2, 100, 1400, 65000):
            clear = pair.clear(b"len" * 4, length=head + 12 + more)
            self.dut.expect_drop(pair.protect(clear), "in_inner_malformed", "%d more" % more)

    def inner4(self):
        """Each with an exact reason."""
        pair = self.pair()
        clear = pair.clear(b"inner")
        for size in range(0, 20):
            self.dut.expect_drop(pair.protect(clear[:size]), "in_inner_malformed",
                                 "%d octets" % size)
        for what, first in (("version 0", 0x05), ("version 6", 0x65), ("IHL 0", 0x40),
                            ("IHL 4", 0x44), ("IHL 15", 0x4f)):
            bad = bytearray(clear)
            bad[0] = first
            bad[10:12] = b"\0\0"
            bad[10:12] = struct.pack("!H", ip.checksum(bytes(bad[:20])))
            self.dut.expect_drop(pair.protect(bytes(bad)), "in_inner_malformed", what)
        self.dut.expect_drop(pair.protect(pair.clear(b"", length=19)), "in_inner_malformed",
                             "total length 19")

    def inner6(self):
        """There is no checksum to be wrong."""
        pair = self.pair(inner=6)
        clear = pair.clear(b"inner")
        for size in list(range(0, 40, 3)) + [39]:
            self.dut.expect_drop(pair.protect(clear[:size]), "in_inner_malformed",
                                 "%d octets" % size)
        for what, first in (("version 0", 0x00), ("version 4", 0x45), ("version 15", 0xf0)):
            self.dut.expect_drop(pair.protect(bytes([first]) + clear[1:]), "in_inner_malformed",
                                 what)

    def nothing(self):
        """A tunnel packet without a packet."""
        pair = self.pair()
        self.dut.expect_drop(pair.protect(b""), "in_inner_malformed", "empty")
        self.dut.expect_drop(pair.protect(b"", pad=bytes(range(1, 255))), "in_inner_malformed",
                             "padding only")

    def dummy(self, mode="tunnel"):
        """Nothing delivered, no drop; the same number again is a replay."""
        pair = self.pair(mode=mode)
        counted = self.dut.tool.counted
        before = self.dut.counter("in_dummy") if counted else 0
        around = Integrity.around
        clear = pair.clear(b"")
        for size in (0, 1, 17, 200):
            data = pair.rx.seal(os.urandom(size), ip.NONE, size + 1)
            self.dut.inject(around(pair, clear, data))
            check(self.dut.arrived(0.02) is None, "dummy was delivered")
            if counted:
                same(self.dut.new_drops(), {}, "drops")
            self.dut.expect_drop(around(pair, clear, data), "in_replay", "same number again")
        if counted:
            same(self.dut.counter("in_dummy") - before, 4, "in_dummy")

    def bad_dummy(self):
        """It needs a valid ICV like any other."""
        pair = self.pair()
        data = bytearray(pair.rx.seal(bytes(20), ip.NONE, 1))
        data[-1] ^= 0x80
        self.drop(pair, bytes(data), "in_icv", "dummy")

    def tunnel_kinds(self, family):
        """As if it were transport mode."""
        pair = self.pair(inner=family)
        clear = pair.clear(b"kind")
        for kind in (0, 1, 6, 17, 43, 44, 47, 50, 51, 58, 60, 97, 144, 253, 255):
            self.dut.expect_drop(pair.protect(clear, nh=kind), "in_next_header",
                                 "next header %d" % kind)

    def other_family(self, family):
        """The next header says one family, the packet is of the other."""
        pair = self.pair(inner=family)
        wrong = ip.IPV6 if family == 4 else ip.IPIP
        self.dut.expect_drop(pair.protect(pair.clear(b"kind"), nh=wrong), "in_inner_malformed",
                             "next header %d" % wrong)

    def no_tunnel(self):
        """It is payload of protocol 4 or 41, which nobody wants here."""
        pair = self.pair(mode="transport")
        for kind, inside in ((ip.IPIP, ip.ip4("10.1.0.1", "10.2.0.5", ip.PLAIN, b"no")),
                             (ip.IPV6, ip.ip6("fd01::1", "fd02::5", ip.PLAIN, b"no"))):
            clear = pair.clear(inside, proto=kind)
            self.dut.inject(pair.protect(clear))
            got = self.dut.arrived(0.05)
            check(got is None, "delivered: %s" % (got or b"").hex())
            self.dut.new_drops()
        while self.dut.left(0.02) is not None:
            pass                # an ICMP error about the protocol is fine

    def odd(self, family):
        """Nothing, one octet, and so on."""
        for suite in ("gcm16-128", "cbc128-sha256", "null-sha256"):
            pair = self.pair(suite, "transport", family)
            for size in (0, 1, 2, 3, 15, 16, 17, 1400):
                clear = pair.clear(os.urandom(size), tos=0x10, ttl=3, flow=0x123)
                self.dut.expect(pair.protect(clear), clear, "%d octets" % size)

    def transport_options(self):
        """They stay in front of ESP (ESP-17)."""
        pair = self.pair(mode="transport")
        clear = pair.clear(b"options", options=b"\x01\x94\x04\x00\x00\x01\x01\x01")
        self.dut.expect(pair.protect(clear), clear)
        clear = pair.answer(b"options", options=b"\x01" * 4)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        check(wire is not None, "nothing left")
        pair.open(wire, clear, 1)

    def ttl_zero(self):
        """RFC 2003 3.1: the decapsulator discards it, whoever it is for."""
        for host in (None, dut.IN[4]):
            pair = self.pair(host=host)
            self.dut.expect_drop(pair.protect(pair.clear(b"ttl", ttl=0)), "in_inner_malformed",
                                 "for %s" % pair.host)

    def hop_limit_zero(self):
        """RFC 8200 3: its destination processes it."""
        pair = self.pair(inner=6, host=dut.IN[6])
        clear = pair.clear(b"hop limit", ttl=0)
        self.dut.expect(pair.protect(clear), clear)
        pair = self.pair(inner=6)
        self.dut.inject(pair.protect(pair.clear(b"hop limit", ttl=0)))
        check(self.dut.arrived(0.03) is None, "was forwarded")
        self.dut.new_drops()
        while self.dut.left(0.01) is not None:
            pass                # Time Exceeded, from us
