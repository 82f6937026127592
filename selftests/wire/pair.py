# SPDX-License-Identifier: GPL-2.0
"""Two SAs between the machine under test and a peer, and what goes over them."""

import itertools
import struct

import ah
import dut as machine
import esp
import ip
from ktap import same

# Ports of UDP encapsulation: the peer is behind a NAT.
PEER_PORT, OUR_PORT = 61234, 4500

_numbers = itertools.count(1)


class Pair:
    """The peer's view of two SAs, one in each direction.

    inner is the family inside, outer that of the ESP packets; index picks
    addresses, which no other pair of the same namespace may have.
    """

    proto = "esp"

    def __init__(self, suite="gcm16-128", mode="tunnel", inner=4, outer=None, *, index=None,
                 esn=False, encap=False, window=None, seq=0, oseq=0, flags=(), extra=(),
                 oaddr=None, selector="", policies=True, protocol="", host=None, key=None,
                 mac_key=None, remote=None):
        self.number = next(_numbers)
        self.index = self.number if index is None else index
        self.mode, self.inner, self.outer = mode, inner, outer or inner
        self.esn, self.encap, self.window = esn, encap, window
        self.seq, self.oseq = seq, oseq
        self.flags, self.extra = list(flags), list(extra)
        self.oaddr, self.selector = oaddr, selector
        self.policies, self.protocol = policies, protocol
        self.us = machine.OUT[self.outer]
        self.peer = machine.peer(self.index, self.outer)
        if mode == "tunnel":
            self.host = host or machine.HOST[inner]
            self.remote = remote or machine.remote(self.index, inner)
        else:
            self.host, self.remote = self.us, self.peer
        # The one the machine under test sends with, and the one it receives with.
        self.tx = self.sa(suite, 0x10000000 + self.number, esn, key, mac_key)
        self.rx = self.sa(suite, 0x20000000 + self.number, esn, key, mac_key)
        self.next = seq

    # -- configuration ----------------------------------------------------

    @staticmethod
    def sa(*arguments):
        """One of the two SAs."""
        return esp.Sa(*arguments)

    def _state(self, sa, src, dst, ports, replay):
        words = ["state add src", src, "dst", dst, "proto %s spi 0x%x" % (self.proto, sa.spi),
                 "reqid %d mode %s" % (self.number, self.mode)]
        window = self.window
        if window is None and self.esn:
            window = 64
        if window is not None:
            words.append("replay-window %d" % window)
        for name, number in replay:
            if number & 0xffffffff:
                words.append("replay-%s 0x%x" % (name, number & 0xffffffff))
            if number >> 32:
                words.append("replay-%s-hi 0x%x" % (name, number >> 32))
        flags = self.flags + (["esn"] if self.esn else [])
        if self.inner != self.outer:
            flags.append("af-unspec")
        if flags:
            words.append("flag " + " ".join("%s" % f for f in flags))
        if self.extra:
            words.append("extra-flag " + " ".join(self.extra))
        words.append(sa.words())
        if self.encap:
            words.append("encap espinudp %d %d %s" %
                         (ports + (self.oaddr or ("0.0.0.0" if self.outer == 4 else "::"),)))
        return words

    def lines(self):
        """All commands that set it up."""
        replay = [("seq", self.seq), ("oseq", self.oseq)]
        out = self._state(self.tx, self.us, self.peer, (OUR_PORT, PEER_PORT), replay)
        in_ = self._state(self.rx, self.peer, self.us, (PEER_PORT, OUR_PORT), replay)
        if self.selector:
            in_.append("sel " + self.selector)
        yield " ".join(out)
        yield " ".join(in_)
        if not self.policies:
            return
        length = {4: 32, 6: 128}[self.inner]
        for way in ("out", "in", "fwd"):
            if way == "fwd" and self.mode == "transport":
                continue
            ends = (self.host, self.remote) if way == "out" else (self.remote, self.host)
            tunnel = (self.us, self.peer) if way == "out" else (self.peer, self.us)
            yield ("policy add src %s/%d dst %s/%d %s dir %s tmpl src %s dst %s "
                   "proto %s reqid %d mode %s" %
                   (ends[0], length, ends[1], length, self.protocol, way,
                    tunnel[0], tunnel[1], self.proto, self.number, self.mode))

    def install(self, dut):
        """Set it up."""
        dut.configure(list(self.lines()))
        return self

    # -- from the peer to the machine under test -------------------------

    def clear(self, payload=b"", proto=ip.PLAIN, **fields):
        """The packet that the peer, or the host behind it, sends."""
        return ip.packet(self.remote, self.host, proto, payload, **fields)

    def wrap(self, data, *, src=None, dst=None, udp_sum=None, encap=None, **fields):
        """Put the outer headers around an ESP packet."""
        src, dst = src or self.peer, dst or self.us
        encap = self.encap if encap is None else encap
        if not encap:
            return ip.packet(src, dst, ip.ESP, data, **fields)
        if udp_sum is None and self.outer == 4:
            udp_sum = 0
        return ip.packet(src, dst, ip.UDP,
                         ip.udp(src, dst, PEER_PORT, OUR_PORT, data, udp_sum), **fields)

    def seal(self, clear, seq=None, **options):
        """The ESP packet for a packet of clear(); the next number by default."""
        if seq is None:
            self.next += 1
            seq = self.next
        if self.mode == "tunnel":
            kind = ip.IPIP if self.inner == 4 else ip.IPV6
            return self.rx.seal(clear, options.pop("nh", kind), seq, **options)
        return self.rx.seal(ip.body(clear), options.pop("nh", ip.protocol(clear)), seq,
                            **options)

    def protect(self, clear, seq=None, outer=None, **options):
        """The whole packet on the wire for a packet of clear()."""
        data = self.seal(clear, seq, **options)
        if self.mode == "tunnel":
            return self.wrap(data, **(outer or {}))
        wrapped = self.wrap(data, **(outer or {}))
        return ip.change(clear, proto=ip.protocol(wrapped), payload=ip.body(wrapped))

    def received(self, clear):
        """What is delivered for a packet of clear()."""
        if self.mode == "tunnel" and self.host not in machine.IN.values():
            return ip.forwarded(clear)
        return clear

    # -- from the machine under test to the peer --------------------------

    def answer(self, payload=b"", proto=ip.PLAIN, **fields):
        """The packet that the host behind the machine, or itself, sends."""
        return ip.packet(self.host, self.remote, proto, payload, **fields)

    def send(self, dut, data):
        """Let it be sent."""
        if self.mode == "tunnel" and self.host not in machine.IN.values():
            dut.forward(data)
        else:
            dut.originate(data)

    def unwrap(self, data, clear, *, df=None):
        """Compare the outer header, field by field; give the ESP packet.

        clear is what was protected, before it was forwarded; df the flag
        wanted in the outer IPv4 header, None for a copy.
        """
        size = ip.header_length(data)
        encap = self.encap
        payload = data[size:]
        if self.mode == "transport":
            want = ip.change(clear, proto=ip.UDP if encap else ip.ESP, payload=payload)
        else:
            tos = ip.tos(clear)
            if df is None:
                df = self.inner == 6 or bool(ip.frag_word(clear) & ip.DF)
            flow = 0
            if self.inner == self.outer == 6 and machine.Dut.tool.copies_flow:
                flow = int.from_bytes(clear[1:4], "big") & 0xfffff
            fields = {"ident": ip.ident(data), "frag": ip.DF if df else 0} if self.outer == 4 \
                else {}
            want = ip.packet(self.us, self.peer, ip.UDP if encap else ip.ESP, payload,
                             tos=tos, ttl=64, flow=flow, **fields)
        same(data[:size], want[:size], "outer header")
        if not encap:
            return payload
        head, payload = payload[:8], payload[8:]
        # RFC 3948 2.1: zero over IPv4; RFC 6935 5: never zero over IPv6.
        want = ip.udp(ip.source(data), ip.destination(data), OUR_PORT, PEER_PORT, payload,
                      0 if self.outer == 4 else None)
        same(head, want[:8], "UDP header")
        return payload

    def open(self, data, clear, seq, **options):
        """Check everything about a packet that left.

        Returns the ESP packet. clear is what was protected, seq the 64-bit
        sequence number wanted.
        """
        payload = self.unwrap(data, clear, **options)
        spi, low = struct.unpack("!II", payload[:8])
        same("0x%x" % spi, "0x%x" % self.tx.spi, "SPI")
        same("0x%x" % low, "0x%x" % (seq & 0xffffffff), "sequence number")
        inside, pad, kind = self.tx.open(payload, seq)
        if self.mode == "tunnel":
            want = clear if self.host in machine.IN.values() else ip.forwarded(clear)
            same(kind, ip.IPIP if self.inner == 4 else ip.IPV6, "next header")
        else:
            want = ip.body(clear)
            same(kind, ip.protocol(clear), "next header")
        same(inside, want, "inner packet")
        same(pad, esp.default_padding(self.tx.minimum_pad(len(want))), "padding")
        return payload


class AhPair(Pair):
    """The same with AH."""

    proto = "ah"

    def __init__(self, suite="sha256-128", mode="tunnel", inner=4, outer=None, *, align4=False,
                 flags=(), **options):
        self.align4 = align4
        super().__init__(suite, mode, inner, outer,
                         flags=list(flags) + (["align4"] if align4 else []), **options)

    def sa(self, suite, spi, esn, key, _mac_key):
        return ah.Sa(suite, spi, esn, key, self.align4)

    def seal(self, clear, seq=None, **options):
        """For one that is given in wrap()'s place: use protect()."""
        raise NotImplementedError

    def protect(self, clear, seq=None, outer=None, at=None, **options):
        """The whole packet on the wire for a packet of clear().

        In transport mode AH goes behind the IP header or, for IPv6, to the
        offset at. outer has fields of the outer header, data too what stands
        between it and AH, as (first kind, octets).
        """
        if seq is None:
            self.next += 1
            seq = self.next
        size = self.rx.length(self.outer)
        if "pad" in options:
            size = 12 + self.rx.suite.iv + self.rx.suite.icv + len(options["pad"])
        if self.mode == "tunnel":
            fields = dict(outer or {})
            first, between = fields.pop("data", (ip.AH, b""))
            kind = ip.IPIP if self.inner == 4 else ip.IPV6
            whole = ip.packet(self.peer, self.us, first, between + bytes(size) + clear, **fields)
            at = len(whole) - size - len(clear)
        else:
            at = at or ip.header_length(clear)
            kind = ip.name_at(clear, at)
            whole = ip.insert(clear, at, ip.AH, size)
        kind = options.pop("nh", kind)
        return whole[:at] + self.rx.seal(whole[:at], whole[at + size:], kind, seq, arrived=True,
                                         **options)

    def open(self, data, clear, seq, *, df=None, at=None):
        """Check everything about a packet that left; gives its IV."""
        if self.mode == "tunnel":
            if df is None:
                df = self.inner == 6 or bool(ip.frag_word(clear) & ip.DF)
            at = ip.header_length(data)
            fields = {"ident": ip.ident(data), "frag": ip.DF if df else 0} if self.outer == 4 \
                else {}
            want = ip.packet(self.us, self.peer, ip.AH, data[at:], tos=ip.tos(clear), ttl=64,
                             flow=0, **fields)
            kind = ip.IPIP if self.inner == 4 else ip.IPV6
            inside = clear if self.host in machine.IN.values() else ip.forwarded(clear)
        else:
            at = at or ip.header_length(data)
            want = ip.insert(clear, at, ip.AH, self.tx.length(self.outer))
            kind, inside = ip.name_at(clear, at), clear[at:]
        same(data[:at], want[:at], "headers in front of AH")
        got, payload, iv = self.tx.open(data, at, seq)
        same(got, kind, "next header")
        same(payload, inside, "payload")
        return iv
