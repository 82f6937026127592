# SPDX-License-Identifier: GPL-2.0
"""Packets that the stack handles as one: segmentation on the way out, ESP in UDP
that arrives as one, TCP that is merged behind the tunnel.

The tun device of this group has a virtio_net_hdr in front of each packet, with
which the script passes for a device with segmentation and checksum offloads. tun
takes no datagrams to be segmented before Linux 6.2; these come over a cable from
a namespace beside this one, from a socket that segments."""

import os
import struct

import dut
import ip
from dut import Group
from ktap import check, same
from pair import OUR_PORT, PEER_PORT, Pair

NEEDS_CSUM = 1
NONE, TCPV4, TCPV6 = 0, 1, 4
HOST = {4: "10.3.0.5", 6: "fd03::5"}


def partial_sum(src, dst, proto, length):
    """What stands in the checksum field when a device is to finish it."""
    return ~ip.checksum(ip.pack(src) + ip.pack(dst) +
                        struct.pack("!II", length, proto)) & 0xffff


class Batch(Group):
    """Everything goes through a tunnel."""

    name = "batch"

    def setup(self):
        super().setup()
        self.inside = self.dut.extra_tun("in1", ["10.3.0.1/16", "fd03::1/64"])
        self.cable = self.dut.cable("cable1")

    def cases(self):
        for suite, esn in (("gcm16-128", False), ("cbc128-sha256", True),
                           ("chacha20poly1305", False), ("null-sha256", False)):
            for inner, outer, encap in ((4, 4, False), (6, 6, True), (4, 6, False), (6, 4, True)):
                yield ("RPL-1 CRY-12 TCP segmentation, %s IPv%d in IPv%d%s" %
                       (suite, inner, outer, " UDP" if encap else ""),
                       lambda a=(suite, esn, inner, outer, encap): self.tcp_out(*a))
        yield "TCP segments larger than the tunnel takes", self.too_large
        yield "TCP flags and a short last segment", self.flags
        for inner in (4, 6):
            yield "UDP segmentation, IPv%d" % inner, lambda inner=inner: self.udp_out(inner)
            yield ("checksum left to the device, IPv%d" % inner,
                   lambda inner=inner: self.checksum_out(inner))
        for outer in (4, 6):
            yield ("NAT-12 ESP in UDP that GRO has put together, IPv%d" % outer,
                   lambda outer=outer: self.udp_in(outer))
            yield ("TCP merged behind the tunnel leaves as it came, IPv%d" % outer,
                   lambda outer=outer: self.tcp_in(outer))
        yield "RPL-6 ESP in UDP put together: a duplicate among them", self.duplicate
        yield "ESP-14 ESP in UDP put together: one of them broken", self.broken
        yield "two SAs in turns behind one UDP port: not merged with each other", self.two_sas

    def write(self, data, *, flags=0, gso=NONE, size=0, start=0, offset=0, head=0):
        """A packet with what its device would say about it."""
        os.write(self.inside,
                 struct.pack("=BBHHHH", flags, gso, head, size, start, offset) + data)

    def tcp(self, pair, payload, flags=0x10, seq=1000, **fields):
        """A TCP packet whose checksum the device finishes; (packet, header length)."""
        size = 20 + len(payload)
        head = struct.pack("!HHIIBBHHH", 5001, 80, seq, 77, 0x50, flags, 512,
                           partial_sum(pair.host, pair.remote, ip.TCP, size), 0)
        return pair.answer(head + payload, ip.TCP, **fields)

    def send(self, data, kind, mss):
        """Let the stack have it as one."""
        start = ip.header_length(data)
        self.write(data, flags=NEEDS_CSUM, gso=kind, size=mss, start=start, offset=16,
                   head=start + 20)

    def taken(self, pair, clear, seq):
        """The next packet that left, opened and compared but for the inner header."""
        wire = self.dut.left()
        self.dut.need(wire, "packet %d did not leave" % seq)
        check(len(wire) <= dut.MTU, "%d octets left" % len(wire))
        data = pair.unwrap(wire, clear)
        low = struct.unpack("!I", data[4:8])[0]
        same(low, seq & 0xffffffff, "sequence number")
        inside, pad, _ = pair.tx.open(data, seq)
        same(pad, bytes(range(1, len(pad) + 1)), "padding")
        same(len(pad), pair.tx.minimum_pad(len(inside)), "octets of padding")
        return inside, data[8:8 + pair.tx.suite.iv]

    @staticmethod
    def sound(inside, pair, proto):
        """Lengths and checksums are right."""
        if ip.version(inside) == 4:
            same(ip.checksum(inside[:20]), 0, "inner header checksum")
            same(int.from_bytes(inside[2:4], "big"), len(inside), "inner total length")
        else:
            same(int.from_bytes(inside[4:6], "big"), len(inside) - 40, "inner payload length")
        same(ip.transport_checksum(pair.host, pair.remote, proto, ip.body(inside)), 0,
             "checksum inside")

    def tcp_segments(self, pair, clear, payload, first=1, flags=0x10, seq=1000):
        """Take segments until the payload is complete; their payload lengths."""
        got, ivs, sizes = b"", set(), []
        while len(got) < len(payload):
            inside, iv = self.taken(pair, clear, first + len(sizes))
            self.sound(inside, pair, ip.TCP)
            segment = ip.body(inside)
            same(struct.unpack("!I", segment[4:8])[0], seq + len(got), "TCP sequence number")
            same(ip.ttl(inside), ip.ttl(clear) - 1, "inner TTL")
            last = len(got) + len(segment) - 20 == len(payload)
            want = flags if last else flags & ~0x09
            if got:
                want &= ~0x80
            same(segment[13], want, "TCP flags of segment %d" % len(sizes))
            got += segment[20:]
            sizes.append(len(segment) - 20)
            ivs.add(iv)
        same(got, payload, "data")
        if pair.tx.suite.iv:
            same(len(ivs), len(sizes), "number of different IVs")
        return sizes

    def tcp_out(self, suite, esn, inner, outer, encap):
        """44 segments; each a packet of its own, numbers in a row, also over 2^32."""
        start = 0xfffffff0 if esn else 0
        pair = Pair(suite, "tunnel", inner, outer, encap=encap, esn=esn, oseq=start,
                    host=HOST[inner]).install(self.dut)
        payload = os.urandom(60000)
        clear = self.tcp(pair, payload, ident=0x7000, frag=ip.DF)
        self.send(clear, TCPV4 if inner == 4 else TCPV6, 1340)
        sizes = self.tcp_segments(pair, clear, payload, start + 1)
        same(sizes, [1340] * 44 + [1040], "segment lengths")

    def too_large(self):
        """Clamped, or answered with the size that fits; not sent in pieces."""
        pair = Pair(host=HOST[4]).install(self.dut)
        payload = os.urandom(14600)
        clear = self.tcp(pair, payload, frag=ip.DF)
        self.send(clear, TCPV4, 1460)
        wire = self.dut.wait(lambda: self.dut.take_outside() or os_read(self.inside))
        self.dut.need(wire, "neither packet nor error")
        if ip.protocol(wire) == ip.ECHO:
            same(wire[20:22], bytes((3, 4)), "ICMP type and code")
            same(int.from_bytes(wire[26:28], "big"), 1446, "next-hop MTU")
            same(self.dut.new_drops(), {"out_too_big": 1}, "drops")
            return
        self.dut.push_back(wire)
        sizes = self.tcp_segments(pair, clear, payload)
        check(max(sizes) <= 1406, "segments of %d octets" % max(sizes))

    def flags(self):
        """FIN and PSH on the last only, CWR on the first only."""
        pair = Pair(host=HOST[4]).install(self.dut)
        payload = os.urandom(3001)
        clear = self.tcp(pair, payload, flags=0x10 | 0x08 | 0x01)
        self.send(clear, TCPV4, 1000)
        same(self.tcp_segments(pair, clear, payload, flags=0x19), [1000, 1000, 1000, 1],
             "segment lengths")

    def udp_out(self, inner):
        """Datagrams, not fragments."""
        pair = Pair(inner=inner, host=HOST[inner]).install(self.dut)
        payload = os.urandom(9500)
        # what it looks like as one, for its IP header
        clear = pair.answer(ip.udp(pair.host, pair.remote, 1, 2, payload), ip.UDP)
        self.cable.send((pair.host, 1), (pair.remote, 2), payload, 1000)
        got = b""
        for seq in range(1, 11):
            inside, _ = self.taken(pair, clear, seq)
            self.sound(inside, pair, ip.UDP)
            datagram = ip.body(inside)
            same(datagram[:4], struct.pack("!HH", 1, 2), "ports")
            same(int.from_bytes(datagram[4:6], "big"), len(datagram), "UDP length")
            got += datagram[8:]
        same(got, payload, "data")

    def checksum_out(self, inner):
        """One packet, its checksum finished before it is encrypted."""
        pair = Pair(inner=inner, host=HOST[inner]).install(self.dut)
        for size in (0, 1, 7, 1000, 1001):
            payload = os.urandom(size)
            clear = self.tcp(pair, payload)
            self.write(clear, flags=NEEDS_CSUM, start=ip.header_length(clear), offset=16)
            inside, _ = self.taken(pair, clear, (0, 1, 7, 1000, 1001).index(size) + 1)
            self.sound(inside, pair, ip.TCP)
            same(ip.body(inside)[20:], payload, "data")

    def together(self, pair, packets):
        """ESP packets of equal length as one UDP packet with segments."""
        self.cable.send((pair.peer, PEER_PORT), (pair.us, OUR_PORT), b"".join(packets),
                        len(packets[0]))

    def arrive(self, wanted):
        """These packets are delivered, in this order."""
        for number, want in enumerate(wanted):
            got = self.dut.arrived()
            self.dut.need(got, "packet %d was not delivered" % number)
            same(got, want, "packet %d" % number)

    def udp_in(self, outer):
        """All of them, each with its own number."""
        pair = Pair(outer=outer, inner=outer, encap=True).install(self.dut)
        clear = [pair.clear(b"segment %02d" % i) for i in range(20)]
        self.together(pair, [pair.seal(c) for c in clear])
        self.arrive([pair.received(c) for c in clear])

    def duplicate(self):
        """Once is enough."""
        pair = Pair(encap=True).install(self.dut)
        clear = pair.clear(b"segment")
        one, two = pair.seal(clear), pair.seal(clear)
        self.together(pair, [one, two, one, two, one])
        self.arrive([pair.received(clear)] * 2)
        same(self.dut.new_drops(), {"in_replay": 3}, "drops")

    def broken(self):
        """The others are not to suffer."""
        pair = Pair(encap=True).install(self.dut)
        clear = [pair.clear(b"segment %02d" % i) for i in range(5)]
        packets = [pair.seal(c) for c in clear]
        packets[2] = packets[2][:-1] + bytes([packets[2][-1] ^ 1])
        self.together(pair, packets)
        self.arrive([pair.received(c) for i, c in enumerate(clear) if i != 2])
        same(self.dut.new_drops(), {"in_icv": 1}, "drops")

    def segments(self, pair, count, size, seq=5000, ident=100):
        """A run of TCP segments from the remote host."""
        return [pair.clear(ip.tcp(pair.remote, pair.host, 80, 5001, seq=seq + i * size, ack=9,
                                  flags=0x10, payload=os.urandom(size)),
                           ip.TCP, ident=ident + i, frag=ip.DF) for i in range(count)]

    def tcp_in(self, outer):
        """GRO may merge them; taken apart again they are what they were."""
        pair = Pair(outer=outer, inner=outer, encap=True).install(self.dut)
        clear = self.segments(pair, 10, 1200)
        self.together(pair, [pair.seal(c) for c in clear])
        self.arrive([pair.received(c) for c in clear])

    def two_sas(self):
        """Same inner flow over two SAs, the second of which policy does not want."""
        one = Pair(encap=True).install(self.dut)
        two = Pair(encap=True, policies=False)
        two.peer, two.remote, two.host = one.peer, one.remote, one.host
        two.install(self.dut)
        clear = self.segments(one, 8, 1000)
        self.together(one, [(one, two)[i % 2].seal(c) for i, c in enumerate(clear)])
        self.arrive([one.received(c) for c in clear[::2]])
        same(self.dut.new_drops(), {"fwd_template": 4}, "drops")


def os_read(fd):
    """A packet from a device with headers, or None."""
    try:
        data = os.read(fd, 65600)[10:]
    except BlockingIOError:
        return None
    return None if dut.is_chatter(data) else data
