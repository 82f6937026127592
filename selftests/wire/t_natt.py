# SPDX-License-Identifier: GPL-2.0
"""ESP in UDP; RFC 3948, RFC 6935, RFC 7296 2.23."""

import struct

import dut
import ip
import pair as peer_side
from dut import Group
from ktap import check, same
from pair import OUR_PORT, PEER_PORT, Pair

MARKER = bytes(4)


class Natt(Group):
    """There is an IKE socket on our port in each family."""

    name = "natt"

    def setup(self):
        super().setup()
        self.ike = {4: self.dut.udp(4, "0.0.0.0", OUR_PORT), 6: self.dut.udp(6, "::", OUR_PORT)}

    def cases(self):
        for outer in (4, 6):
            yield ("NAT-2 NAT-3 IPv%d: good UDP checksum accepted" % outer,
                   lambda outer=outer: self.accepted(outer, None, True))
            yield ("NAT-4 IPv%d: non-ESP marker goes to the IKE socket as it is" % outer,
                   lambda outer=outer: self.marker(outer))
            yield ("NAT-5 IPv%d: keepalive is swallowed, from any port" % outer,
                   lambda outer=outer: self.keepalive(outer))
            yield ("NAT-5 IPv%d: other short packets go to the socket" % outer,
                   lambda outer=outer: self.short(outer))
            yield ("NAT-12 IPv%d: plain and encapsulated ESP on one SA, in turns" % outer,
                   lambda outer=outer: self.both_forms(outer))
            yield ("NAT-7 IPv%d: UDP length that is not the packet's" % outer,
                   lambda outer=outer: self.lengths(outer))
            yield ("IN-2 IPv%d: unknown SPI in UDP is counted and not given to the socket" % outer,
                   lambda outer=outer: self.unknown(outer))
            yield ("NAT-13 SAD-4 IPv%d: other source port, other source address" % outer,
                   lambda outer=outer: self.moved(outer))
            yield ("NAT-8 IPv%d transport: UDP through a NAT" % outer,
                   lambda outer=outer: self.transport_udp(outer))
            yield ("NAT-8 IPv%d transport: TCP through a NAT" % outer,
                   lambda outer=outer: self.transport_tcp(outer))
            yield ("NAT-9 IPv%d tunnel: a wrong inner checksum is found" % outer,
                   lambda outer=outer: self.inner_checksum(outer))
            yield ("NAT-1 IPv%d: several peers behind one address" % outer,
                   lambda outer=outer: self.one_address(outer))
            yield ("NAT-7 IPv%d: odd lengths, checksum right each time" % outer,
                   lambda outer=outer: self.lengths_out(outer))
            yield ("NAT-4 IPv%d: ESP to a port that no SA uses is not ESP" % outer,
                   lambda outer=outer: self.other_port(outer))
        yield "NAT-2 IPv4: UDP checksum 0 accepted", lambda: self.accepted(4, 0, True)
        yield "NAT-2 IPv4: wrong UDP checksum accepted, the ICV protects", \
            lambda: self.accepted(4, 0x1234, True)
        yield "NAT-3 IPv6: UDP checksum 0 is a drop", lambda: self.accepted(6, 0, False)
        yield "ESP-14 UDP: broken ICV", self.broken

    def pair(self, outer, **options):
        """Encapsulated, tunnel unless said otherwise."""
        options.setdefault("inner", outer)
        return Pair(outer=outer, encap=True, **options).install(self.dut)

    def accepted(self, outer, checksum, passes):
        """As the checksum goes."""
        pair = self.pair(outer)
        clear = pair.clear(b"checksum")
        wire = pair.protect(clear, outer={"udp_sum": checksum})
        if passes:
            self.dut.expect(wire, pair.received(clear))
        else:
            self.dut.expect_drop(wire, "in_encap")
            self.dut.expect(pair.protect(clear), pair.received(clear))

    def datagram(self, outer):
        """Next datagram of the IKE socket: (octets, sender)."""
        def read():
            try:
                return self.ike[outer].recvfrom(65536)
            except BlockingIOError:
                return None
        return self.dut.wait(read)

    def quiet(self, outer):
        """The IKE socket has nothing."""
        try:
            data, _ = self.ike[outer].recvfrom(65536)
        except BlockingIOError:
            return
        check(False, "the IKE socket got %s" % data.hex())

    def udp(self, pair, data, sport=PEER_PORT, dport=OUR_PORT, src=None):
        """A UDP packet from the peer."""
        src = src or pair.peer
        return ip.packet(src, pair.us, ip.UDP, ip.udp(src, pair.us, sport, dport, data))

    def marker(self, outer):
        """Whatever is behind it, however short."""
        pair = self.pair(outer)
        for tail in (b"", b"\0", bytes(4), b"\xff" * 28, pair.seal(pair.clear(b"x"), 9),
                     bytes(1300)):
            self.dut.inject(self.udp(pair, MARKER + tail))
            got = self.datagram(outer)
            check(got is not None, "%d octets behind the marker were not delivered" % len(tail))
            same(got[0], MARKER + tail, "datagram")
            same(got[1][:2], (pair.peer, PEER_PORT), "sender")

    def keepalive(self, outer):
        """Counted, no drop, no answer, no change."""
        pair = self.pair(outer)
        counted = self.dut.tool.counted
        before = self.dut.counter("in_keepalive") if counted else 0
        for port in (PEER_PORT, OUR_PORT, 1):
            self.dut.inject(self.udp(pair, b"\xff", port))
            self.quiet(outer)
        if counted:
            same(self.dut.counter("in_keepalive") - before, 3, "in_keepalive")
        clear = pair.answer(b"after keepalive")
        pair.send(self.dut, clear)
        wire = self.dut.left()
        check(wire is not None, "nothing left")
        pair.open(wire, clear, 1)

    def short(self, outer):
        """Neither ESP nor keepalive; a daemon has to survive them."""
        pair = self.pair(outer)
        for data in (b"", b"\0", b"\xfe", b"\xff\xff", b"\0\0\0", b"\xff\xff\xff", b"\1\2\3\4",
                     b"\1\2\3\4\5\6\7"):
            self.dut.inject(self.udp(pair, data))
            got = self.datagram(outer)
            check(got is not None, "%s was not delivered" % (data.hex() or "nothing"))
            same(got[0], data, "datagram")

    def both_forms(self, outer):
        """RFC 7296 2.23: at any time."""
        for inner in (4, 6):
            pair = self.pair(outer, inner=inner)
            for number in range(6):
                clear = pair.clear(b"form %d" % number)
                self.dut.expect(pair.protect(clear, outer={"encap": bool(number % 2)}),
                                pair.received(clear), "packet %d" % number)
        pair = self.pair(outer, mode="transport")
        for number in range(4):
            clear = pair.clear(b"form %d" % number)
            self.dut.expect(pair.protect(clear, outer={"encap": bool(number % 2)}), clear,
                            "transport packet %d" % number)
        plain = Pair(outer=outer, inner=outer).install(self.dut)
        clear = plain.clear(b"the other way round")
        self.dut.expect(plain.protect(clear, outer={"encap": True}), plain.received(clear),
                        "encapsulated on an SA without encapsulation")

    def lengths(self, outer):
        """Octets behind the datagram are not ESP; a datagram cannot be longer than
        its packet."""
        pair = self.pair(outer)
        clear = pair.clear(b"length")
        data = ip.body(pair.protect(clear))
        more = data + bytes(8)
        if outer == 6:
            more = ip.udp(pair.peer, pair.us, PEER_PORT, OUR_PORT, data[8:]) + bytes(8)
        self.dut.expect(ip.packet(pair.peer, pair.us, ip.UDP, more), pair.received(clear),
                        "octets behind the datagram")
        data = bytearray(ip.body(pair.protect(clear)))
        data[4:6] = struct.pack("!H", len(data) + 1)
        kind, got = self.dut.outcome(ip.packet(pair.peer, pair.us, ip.UDP, bytes(data)))
        check(kind == "drop" and (not self.dut.tool.counted or got == {"in_encap": 1}) or
              kind == "lost" and not self.dut.tool.counted, "too long: %s %s" % (kind, got))

    def unknown(self, outer):
        """The daemon has no use for it."""
        pair = self.pair(outer)
        data = struct.pack("!II", 0x7777, 1) + bytes(60)
        self.dut.expect_drop(self.udp(pair, data), "in_no_sa")
        self.quiet(outer)

    def moved(self, outer):
        """A NAT that starts again; answers follow at most after a good packet."""
        pair = self.pair(outer)
        clear = pair.clear(b"moved")
        other = "10.0.99.9" if outer == 4 else "fd00::99:9"
        for src, port in ((pair.peer, PEER_PORT + 1), (other, PEER_PORT), (other, 4500)):
            data = pair.seal(clear)
            self.dut.expect(self.udp(pair, data, port, src=src), pair.received(clear),
                            "%s port %d" % (src, port))

    def behind(self, outer):
        """A peer with an address of its own that the NAT has changed."""
        real = "192.168.7.7" if outer == 4 else "fd77::7"
        return real, self.pair(outer, mode="transport", oaddr=real)

    def transport_udp(self, outer):
        """The checksum is over the address that the peer has."""
        for real, pair in (self.behind(outer),
                           ("192.168.9.9" if outer == 4 else "fd99::9",
                            self.pair(outer, mode="transport"))):
            sock = self.dut.udp(outer, pair.us, 5000 + pair.number)
            data = ip.udp(real, pair.us, 1000, 5000 + pair.number, b"through a NAT")
            self.dut.inject(pair.protect(pair.clear(data, ip.UDP)))

            def read(sock=sock):
                try:
                    return sock.recvfrom(1000)
                except BlockingIOError:
                    return None
            got = self.dut.wait(read)
            self.dut.need(got, "not delivered")
            same(got[0], b"through a NAT", "datagram")
            same(got[1][:2], (pair.peer, 1000), "sender")
            sock.sendto(b"answer", (pair.peer, 1000))
            wire = self.dut.left()
            check(wire is not None, "no answer left")
            inside, _, kind = pair.tx.open(ip.body(wire)[8:])
            same(kind, ip.UDP, "next header")
            same(inside, ip.udp(pair.us, pair.peer, 5000 + pair.number, 1000, b"answer"),
                 "answer")

    def transport_tcp(self, outer):
        """A SYN is answered."""
        import socket
        real, pair = self.behind(outer)
        port = 6000 + pair.number
        sock = socket.socket(socket.AF_INET if outer == 4 else socket.AF_INET6)
        self.dut.sockets.append(sock)
        sock.bind((pair.us, port))
        sock.listen(1)
        syn = ip.tcp(real, pair.us, 1000, port)
        self.dut.inject(pair.protect(pair.clear(syn, ip.TCP)))
        wire = self.dut.left()
        self.dut.need(wire, "no answer left")
        inside, _, kind = pair.tx.open(ip.body(wire)[8:])
        same(kind, ip.TCP, "next header")
        same(inside[13] & 0x12, 0x12, "SYN and ACK")
        same(struct.unpack("!HHII", inside[:12])[:2], (port, 1000), "ports")
        # Whoever undoes the NAT's work corrects the sum by the addresses.
        same(ip.transport_checksum(pair.us, pair.peer, ip.TCP, inside), 0, "TCP checksum")
        self.dut.inject(pair.protect(pair.clear(
            ip.tcp(real, pair.us, 1000, port, seq=2, flags=0x04), ip.TCP)))

    def inner_checksum(self, outer):
        """Delivery to a socket of ours verifies it, forwarding does not touch it."""
        for inner in (4, 6):
            pair = self.pair(outer, inner=inner, host=dut.IN[inner])
            sock = self.dut.udp(inner, pair.host, 7000 + pair.number)
            good = ip.udp(pair.remote, pair.host, 1, 7000 + pair.number, b"good")
            bad = good[:6] + bytes([good[6] ^ 0x11]) + good[7:-4] + b"evil"
            self.dut.inject(pair.protect(pair.clear(bad, ip.UDP)))
            self.dut.inject(pair.protect(pair.clear(good, ip.UDP)))

            def read(sock=sock):
                try:
                    return sock.recv(1000)
                except BlockingIOError:
                    return None
            same(self.dut.wait(read), b"good", "first datagram delivered")
            same(read(), None, "datagrams after it")
            pair = self.pair(outer, inner=inner)
            clear = pair.clear(bad, ip.UDP)
            self.dut.expect(pair.protect(clear), pair.received(clear), "forwarded")

    def one_address(self, outer):
        """Same outer addresses, another port and SPI each."""
        first = self.pair(outer)
        pairs = [first]
        kept = peer_side.PEER_PORT
        for number in (1, 2):
            pair = Pair(outer=outer, inner=outer, encap=True)
            pair.peer = first.peer
            peer_side.PEER_PORT = kept + number
            pair.install(self.dut)
            pairs.append(pair)
        for number, pair in list(enumerate(pairs)) * 2:
            peer_side.PEER_PORT = kept + number
            clear = pair.clear(b"client %d" % number)
            self.dut.expect(pair.protect(clear), pair.received(clear), "from client %d" % number)
            clear = pair.answer(b"to client %d" % number)
            pair.send(self.dut, clear)
            wire = self.dut.left()
            check(wire is not None, "nothing left")
            pair.count = getattr(pair, "count", 0) + 1
            pair.open(wire, clear, pair.count)
        peer_side.PEER_PORT = kept

    def lengths_out(self, outer):
        """unwrap() compares the UDP header."""
        for suite in ("gcm16-128", "null-sha1"):
            pair = self.pair(outer, suite=suite)
            for seq in range(1, 40):
                clear = pair.answer(bytes(range(seq)))
                pair.send(self.dut, clear)
                wire = self.dut.left()
                check(wire is not None, "nothing left")
                pair.open(wire, clear, seq)

    def other_port(self, outer):
        """A socket there gets it."""
        pair = self.pair(outer)
        sock = self.dut.udp(outer, pair.us, 4999)
        data = pair.seal(pair.clear(b"x"), 1)
        self.dut.inject(self.udp(pair, data, dport=4999))

        def read():
            try:
                return sock.recv(1000)
            except BlockingIOError:
                return None
        same(self.dut.wait(read), data, "datagram")

    def broken(self):
        """Nothing for the socket."""
        for outer in (4, 6):
            pair = self.pair(outer)
            data = bytearray(pair.seal(pair.clear(b"x"), 1))
            data[-3] ^= 4
            self.dut.expect_drop(pair.wrap(bytes(data)), "in_icv")
            self.quiet(outer)
