# SPDX-License-Identifier: GPL-2.0
"""AH octet by octet: contents of the header in every mode, its sizes; RFC 4302,
RFC 4543."""

import itertools
import struct

import ah
import ip
from ah import DEST, HOP, header6, option6
from dut import Group
from ktap import Skip, check, same
from pair import AhPair
from t_matrix import Crossing, MODES
from t_oracle import load_scapy, scapy_fits

IDS = {"sha1": "ALG-4", "sha256": "ALG-4", "sha384": "MAC-2", "sha512": "ALG-4", "xcbc": "ALG-4",
       "cmac": "MAC-2", "gmac": "CRY-17"}
ALIGNED = (("transport", 4, 4), ("tunnel", 4, 4), ("tunnel", 6, 4))

# DPDK's test vectors (BSD-3-Clause, (c) 2021 Marvell): an echo request in transport
# mode with SPI 123 and number 1, by suite; key, IV, ICV.
DPDK = (
    ("sha256-128", "5a" * 32, "", "6c2ef71f7c7039a34a7701479e457351"),
    ("gmac-128", "a5" * 16 + "cafebabe", "0100000000000000", "d60ecc223179597268c958fb8bb0bbd5"),
)

# RFC 3566 4.6: message length, tag
XCBC = ((0, "75f0251d528ac01c4573dfd584d79f29"), (3, "5b376580ae2f19afe7219ceef172756f"),
        (16, "d2a246fa349b68a79998a4394ff7a263"), (20, "47f51b4564966215b8985c63055ed308"),
        (34, "becbb3bccdb518a30677d5481fb6b4d8"))

# RFC 4494 4: 16 and 40 octets of the message of RFC 4493
CMAC_TEXT = ("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
             "30c81c46a35ce411e5fbc1191a0a52ef")
CMAC = ((16, "070a16b46b4d4144f79bdd9d"), (40, "dfa66747de9ae63030ca3261"))


class Oracle:
    """ah.py itself; no machine needed."""

    name = "ah-oracle"

    def setup(self):
        self.scapy = None

    def teardown(self):
        pass

    @staticmethod
    def run(function):
        function()

    def cases(self):
        for suite, key, iv, icv in DPDK:
            yield "AH-1 CRY-17 ah.py reproduces the packet of DPDK with %s" % suite, \
                lambda a=(suite, key, iv, icv): self.dpdk(*a)
        yield "XCBC of RFC 3566", self.xcbc
        yield "CMAC of RFC 4494", self.cmac
        for suite in ("sha1-96", "sha256-128", "sha384-192", "sha512-256", "cmac-96") \
                if scapy_fits() else ():
            for esn in (False, True):
                yield ("scapy agrees on AH with %s%s" % (suite, " ESN" if esn else ""),
                       lambda suite=suite, esn=esn: self.against_scapy(suite, esn))

    @staticmethod
    def dpdk(suite, key, iv, icv):
        """Their packet has TTL 64 and ID 0."""
        sa = ah.Sa(suite, 123, key=bytes.fromhex(key), align4=True)
        payload = bytes.fromhex("0800fb3712340000babe01234567cafe") + bytes(range(92))
        size = sa.length(4)
        head = ip.ip4("192.168.111.2", "192.168.222.2", ip.AH, bytes(size) + payload,
                      ident=0)[:20]
        made = sa.seal(head, payload, ip.ECHO, 1, iv=bytes.fromhex(iv))
        same(made[12:size].hex(), iv + icv, "IV and ICV")

    @staticmethod
    def xcbc():
        """One after another."""
        key = bytes(range(16))
        for size, tag in XCBC:
            data = bytes(range(size))
            same(ah.xcbc(key, data).hex(), tag, "tag of %d octets" % size)

    @staticmethod
    def cmac():
        """The truncated tags."""
        sa = ah.Sa("cmac-96", 1, key=bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
        for size, tag in CMAC:
            same(sa.icv(bytes.fromhex(CMAC_TEXT)[:size]).hex(), tag, "tag of %d octets" % size)

    def against_scapy(self, suite, esn):
        """With options and extension headers; scapy's takes no source routes."""
        if self.scapy is None:
            self.scapy = load_scapy()
        inet, inet6, ipsec = self.scapy
        sa = ah.Sa(suite, 0x1001, esn, align4=True)
        names = {"sha1": "HMAC-SHA1-96", "sha256": "SHA2-256-128", "sha384": "SHA2-384-192",
                 "sha512": "SHA2-512-256", "cmac": "AES-CMAC-96"}
        options = {"esn_en": True, "esn": 5} if esn else {}
        seq = 0x5_0000_0007 if esn else 7
        four = ip.ip4("10.0.1.1", "10.0.0.1", ip.PLAIN, b"scapy", tos=4, ttl=9, frag=ip.DF,
                      options=b"\x94\4\0\0" + b"\7\7\4\1\2\3\4" + b"\1")
        between = header6(DEST, option6(0x3e, b"mutable")) + \
            header6(ip.PLAIN, option6(0x1e, b"fixed"))
        six = ip.ip6("fd00::2", "fd00::1", HOP, between + b"scapy", tos=3, ttl=7, flow=5)
        for clear in four, six:
            other = ipsec.SecurityAssociation(
                ipsec.AH, spi=sa.spi, seq_num=7, auth_algo=names[sa.suite.kind], auth_key=sa.key,
                **options)
            made = bytes(other.encrypt((inet.IP if clear is four else inet6.IPv6)(clear)))
            at = ip.header_length(clear)
            while clear is six and ip.name_at(made, at) != ip.AH:
                at += 8 + 8 * made[at + 1]
            kind, payload, _ = sa.open(made, at, seq)
            same(kind, ip.name_at(clear, at), "next header from scapy")
            same(payload, clear[at:], "payload from scapy")


class Matrix(Crossing):
    """AH: the switch is alignment to 4 octets, where there is a choice."""

    name = "ah-matrix"

    def combinations(self):
        for suite, mode, esn, align in itertools.product(
                ah.SUITES, MODES, (False, True), (False, True)):
            if align and mode[1:] not in ALIGNED:
                continue
            yield ("%s %s%s%s" % (suite, mode[0], " ESN" if esn else "",
                                  " align4" if align else ""), (suite, mode, esn, align))

    def ids(self, suite):
        return IDS[ah.SUITES[suite].kind] + " AH-1 AH-2 AH-3 AH-5 AH-13"

    def pair(self, suite, mode, switch, **fields):
        return AhPair(suite, *mode[1:], align4=switch, **fields)

    def opened(self, pair, found):
        check(len(set(found)) == 2 or not pair.tx.suite.iv, "the same IV twice")


# Suite, octets that fit an MTU of 1500 by outer family
FITS = (("sha256-128", True, 1452, 1428), ("sha1-96", False, 1456, 1436),
        ("sha512-256", True, 1436, 1412), ("gmac-128", True, 1444, 1420))


class Limits(Group):
    """The largest packet that fits, the one after it, and what ICMP says."""

    name = "ah-limits"

    def cases(self):
        for suite, align, four, six in FITS:
            for outer, size in ((4, four), (6, six)):
                yield ("PMTU-9 PMTU-2 AH %s in IPv%d: %d octets fit" % (suite, outer, size),
                       lambda a=(suite, align and outer == 4, outer, size): self.edge(*a))
        for family in (4, 6):
            yield ("PMTU-1 AH in IPv%d: an ICMP error about it is believed" % family,
                   lambda family=family: self.learned(family))
        yield "SAD-9 bytes are those that are authenticated", self.count
        yield "SAD-9 hard limit of bytes, inbound", self.limit

    def edge(self, suite, align, outer, size):
        """Fits: one packet. Does not: ICMP says what would."""
        pair = AhPair(suite, "tunnel", 4, outer, align4=align).install(self.dut)
        clear = pair.answer(bytes(size - 20), frag=ip.DF)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        same(len(wire), 1500, "octets that left")
        pair.open(wire, clear, 1)
        pair.send(self.dut, pair.answer(bytes(size - 19), frag=ip.DF))
        error = self.dut.arrived()
        check(error is not None, "no ICMP error for %d octets" % (size + 1))
        same(error[20:22], bytes((3, 4)), "ICMP type and code")
        same(int.from_bytes(error[24:28], "big"), size, "next-hop MTU")
        if self.dut.tool.counted:
            same(self.dut.new_drops(), {"out_too_big": 1}, "drops")

    def learned(self, family):
        """Quoted are the outer header and 12 octets of AH."""
        pair = AhPair("sha256-128", "tunnel", family).install(self.dut)
        clear = pair.answer(bytes(1380), frag=ip.DF)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        quote = wire[:ip.header_length(wire) + 12]
        if family == 4:
            self.dut.inject(ip.ip4("10.0.88.8", pair.us, ip.ECHO,
                                   ip.icmp(3, 4, struct.pack("!HH", 0, 1400), quote)))
        else:
            self.dut.inject(ip.ip6("fd00::88:8", pair.us, ip.ICMP6, ip.icmp6(
                "fd00::88:8", pair.us, 2, 0, struct.pack("!I", 1400), quote)))
        pair.send(self.dut, clear)
        error = self.dut.arrived()
        check(error is not None, "no ICMP error")
        want = 1400 - pair.tx.length(family) - (20 if family == 4 else 40)
        body = ip.body(error)
        same(int.from_bytes(body[6:8] if family == 4 else body[4:8], "big"), want, "MTU")
        self.dut.new_drops()

    def count(self):
        """All of the packet, its IP header included."""
        if not self.dut.tool.counted:
            raise Skip("XFRM counts otherwise")
        pair = AhPair("sha256-128", "transport", 4).install(self.dut)
        clear = pair.answer(bytes(100))
        pair.send(self.dut, clear)
        wire = self.dut.left()
        pair.open(wire, clear, 1)
        clear = pair.clear(bytes(200))
        inbound = pair.protect(clear)
        self.dut.expect(inbound, clear)
        for sa, data in ((pair.tx, wire), (pair.rx, inbound)):
            life = self.dut.state(sa.spi)["usage"]
            same((int(life["bytes"]), int(life["packets"])), (len(data), 1), "bytes, packets")

    def limit(self):
        """The packet that reaches it is dropped."""
        if not self.dut.tool.counted:
            raise Skip("XFRM counts otherwise")
        pair = AhPair("sha256-128", "transport", 4)
        lines = list(pair.lines())
        size = len(pair.protect(pair.clear(b"limit"), 9))
        lines[1] += " limit byte-hard %d" % (size * 2)
        self.dut.configure(lines)
        clear = pair.clear(b"limit")
        for _ in range(2):
            self.dut.expect(pair.protect(clear), clear)
        self.dut.expect_drop(pair.protect(clear), "in_sa_expired")


GROUPS = (Oracle, Matrix, Limits)
