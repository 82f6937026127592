#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Traffic between network namespaces, with every byte compared.

One process opens sockets in any number of namespaces (setns), so that a test
of hundreds of cases starts no program per packet.  It reads one command per
line from stdin and answers each with one line: "ok ...", "lost ..." (nothing
arrived in time), "bad ..." (something else arrived) or "err ERRNO ...".

  ping NS SRC DST [len=56] [count=1] [timeout=5] [tries=1] [df=0|1] [ttl=N]
       [tos=N]
  udp  NS SRC NS DST [len=LIST] [dport=N] [sport=N] [timeout=5] [tries=1]
       [df=0|1] [oneway=1] [zc=1]   each length there and, unless oneway, back
  tcp  NS SRC NS DST [bytes=N] [dport=N] [sport=N] [timeout=20] [file=PATH]
       [oneway=1]                bytes both ways at once
  send udp|tcp|icmp|raw NS SRC DST [dport=N] [sport=N] [len=N] [type=N]
       [code=N] [proto=N]        one packet, nobody waits for it
  probe udp|tcp|icmp|raw NS SRC NS DST [same options] [timeout=0.4]
       [wire=NS/DEV]             one packet, seen (or not) by a raw socket at
       the destination; what left by that device is added to the answer:
       wire=none, clear, esp, udp, ah
  ptb NS SRC DST MTU SPI PEER [udp=SPORT,DPORT] [proto=50]
       ICMP too-big from SRC, as if about a packet from DST to PEER
  flow ID NS SRC NS DST [pps=N] [len=N] [dport=N]     numbered datagrams ...
  stop ID                                             ... and the account
  encap NS PORT [type=2]         UDP sockets with ESP-in-UDP decapsulation
  ike NS PORT                    plain UDP sockets on that port
  got NS PORT [timeout=1]        next datagram of such a socket, in hex
  close NS PORT
  quit

LIST is like 0-200,1400,1300-1500:7.
"""

import ctypes
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
UDP_ENCAP = 100
SO_ZEROCOPY = 60
SO_RCVBUFFORCE = 33
MSG_ZEROCOPY = 0x4000000
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23
PMTUDISC_DO = 2
RANDOM = os.urandom(1 << 20)
MODULUS = len(RANDOM) - 65536     # a stream is RANDOM[:MODULUS] repeated

NAMESPACES = {}
SOCKETS = {}
FLOWS = {}


class Lost(Exception):
    """Nothing arrived in time."""


class Bad(Exception):
    """Something else than expected arrived."""


def enter(name):
    """Make this thread create its next sockets in a namespace."""
    if name not in NAMESPACES:
        NAMESPACES[name] = os.open("/run/netns/" + name, os.O_RDONLY)
    if LIBC.setns(NAMESPACES[name], CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns " + name)


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def open_socket(name, addr, port, kind, proto=0, **opt):
    """A socket in a namespace, bound to an address and port."""
    enter(name)
    sock = socket.socket(family(addr), kind, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == socket.SOCK_DGRAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if "mark" in opt:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(opt["mark"], 0))
    six = sock.family == socket.AF_INET6
    if "df" in opt:
        value = PMTUDISC_DO if int(opt["df"]) else 0
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, value)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, value)
    if "ttl" in opt:
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS,
                            int(opt["ttl"]))
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(opt["ttl"]))
    if "tos" in opt:
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS,
                            int(opt["tos"], 0))
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS,
                            int(opt["tos"], 0))
    sock.bind((addr, port))
    return sock


def wait(sock, until):
    left = until - time.monotonic()
    if left <= 0 or not select.select([sock], [], [], left)[0]:
        raise Lost("nothing within the time limit")


def lengths(text):
    """Expand 0-200,1400,1300-1500:7."""
    for part in text.split(","):
        part, _, step = part.partition(":")
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1, int(step or 1))


def pattern(length, seed):
    """Bytes that no other length or seed has at the same place."""
    start = (seed * 7919 + length) % 65536
    return RANDOM[start:start + length]


def cksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def icmp_message(six, kind, code, ident, seq, payload):
    head = struct.pack("!BBHHH", kind, code, 0, ident, seq)
    if six:                       # the kernel fills the checksum in
        return head + payload
    return struct.pack("!BBHHH", kind, code, cksum(head + payload),
                       ident, seq) + payload


def again(tries, what, function, *args):
    """Call it until it loses nothing, at most so many times."""
    while True:
        tries -= 1
        try:
            return function(*args)
        except Lost:
            if tries <= 0:
                raise Lost(what) from None
        except OSError as exc:
            # An ICMP error that came back; or the answer to it is known now.
            if tries <= 0:
                raise OSError(exc.errno, what) from exc


def echo(sock, dst, packet, timeout):
    """Send an echo request and compare the answer."""
    six = sock.family == socket.AF_INET6
    sock.sendto(packet, (dst, 0))
    until = time.monotonic() + timeout
    while True:
        wait(sock, until)
        data, peer = sock.recvfrom(1 << 17)
        if peer[0] != dst:
            continue
        if not six:
            data = data[(data[0] & 15) * 4:]
        if data[0] != (129 if six else 0) or data[4:8] != packet[4:8]:
            continue
        if data[8:] != packet[8:]:
            raise Bad("echo reply differs, length %d" % (len(packet) - 8))
        return


def do_ping(args, opt):
    name, src, dst = args
    six = ":" in src
    proto = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    timeout = float(opt.pop("timeout", 5))
    tries = int(opt.pop("tries", 1))
    count = int(opt.pop("count", 1))
    sizes = list(lengths(opt.pop("len", "56")))
    sock = open_socket(name, src, 0, socket.SOCK_RAW, proto, **opt)
    # One socket for the whole sweep: large answers must not overflow it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    ident = os.urandom(2)
    number = 0
    with sock:
        for size in sizes * count:
            number = (number + 1) & 0xffff
            packet = icmp_message(six, 128 if six else 8, 0,
                                  int.from_bytes(ident, "big"), number,
                                  pattern(size, number))
            again(tries, "no echo reply, length %d" % size,
                  echo, sock, dst, packet, timeout)
    return "ok %d" % number


def datagram(one, two, to, data, timeout, flags=0):
    """Send data from socket one to two; returns where it came from."""
    peer = one.getsockname()[0]
    one.sendto(data, flags, to[:2])
    until = time.monotonic() + timeout
    while True:
        wait(two, until)
        got, source = two.recvfrom(1 << 17)
        if source[0] == peer:
            if got != data:
                raise Bad("%d octets sent, %d others came" %
                          (len(data), len(got)))
            return source


def do_udp(args, opt):
    name1, src, name2, dst = args
    dport, sport = int(opt.pop("dport", 0)), int(opt.pop("sport", 0))
    timeout = float(opt.pop("timeout", 5))
    tries = int(opt.pop("tries", 1))
    sizes = list(lengths(opt.pop("len", "1,56,1300,3000")))
    oneway, zerocopy = int(opt.pop("oneway", 0)), int(opt.pop("zc", 0))
    one = open_socket(name1, src, sport, socket.SOCK_DGRAM, **opt)
    two = open_socket(name2, dst, dport, socket.SOCK_DGRAM, **opt)
    if zerocopy:
        one.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    to = two.getsockname()
    with one, two:
        for number, size in enumerate(sizes):
            back = again(tries, "there, length %d" % size,
                         datagram, one, two, to, pattern(size, number),
                         timeout, MSG_ZEROCOPY if zerocopy else 0)
            if not oneway:
                again(tries, "back, length %d" % size, datagram, two, one,
                      back, pattern(size, number + 1), timeout)
    return "ok %d" % len(sizes)


def tcp_retransmits(sock):
    """tcpi_total_retrans, the same offset since 2.6."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("I", info, 100)[0]


class Stream:
    """One end of a TCP connection: what it still sends and has received."""

    def __init__(self, sock, total, shift):
        self.sock, self.total = sock, total
        self.shift = shift
        self.sent = self.got = 0
        sock.setblocking(False)

    def send(self):
        start = (self.sent + self.shift) % MODULUS
        size = min(65536, self.total - self.sent, MODULUS - start)
        try:
            self.sent += self.sock.send(RANDOM[start:start + size])
        except BlockingIOError:
            pass

    def receive(self, shift):
        while True:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return
            if not data:
                raise Bad("connection closed after %d octets" % self.got)
            view = memoryview(data)
            while view:
                # What a byte must be depends on its place in the stream only.
                start = (self.got + shift) % MODULUS
                size = min(len(view), MODULUS - start)
                if view[:size] != RANDOM[start:start + size]:
                    raise Bad("octets differ after %d" % self.got)
                self.got += size
                view = view[size:]


def connect(one, to, timeout):
    one.settimeout(timeout)
    try:
        one.connect(to)
    except socket.timeout:
        raise Lost("no TCP connection") from None


def transfer(one, two, total, back, timeout):
    """Bytes both ways at once until all have arrived."""
    ends = [Stream(one, total, 1), Stream(two, back, 2)]
    until = time.monotonic() + timeout
    while ends[1].got < total or ends[0].got < back:
        left = until - time.monotonic()
        if left <= 0:
            raise Lost("TCP stalled at %d of %d and %d of %d octets" %
                       (ends[1].got, total, ends[0].got, back))
        writers = [e.sock for e in ends if e.sent < e.total]
        readable, writable, _ = select.select([one, two], writers, [], left)
        for end, other in ((ends[0], ends[1]), (ends[1], ends[0])):
            if end.sock in writable:
                end.send()
            if end.sock in readable:
                end.receive(other.shift)


def do_tcp(args, opt):
    name1, src, name2, dst = args
    dport, sport = int(opt.pop("dport", 0)), int(opt.pop("sport", 0))
    timeout = float(opt.pop("timeout", 20))
    total = int(opt.pop("bytes", 20000))
    back = 0 if int(opt.pop("oneway", 0)) else total
    listener = open_socket(name2, dst, dport, socket.SOCK_STREAM, **opt)
    listener.listen(1)
    one = open_socket(name1, src, sport, socket.SOCK_STREAM, **opt)
    start = time.monotonic()
    with listener, one:
        connect(one, listener.getsockname()[:2], timeout)
        two, _ = listener.accept()
        with two:
            transfer(one, two, total, back, timeout)
            mss = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
            again = tcp_retransmits(one) + tcp_retransmits(two)
            # A reset leaves no TIME_WAIT behind: ports are used again.
            for sock in (one, two):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
    return "ok mss=%d retrans=%d ms=%d" % (
        mss, again, (time.monotonic() - start) * 1000)


PROTO = {"udp": 17, "tcp": 6, "icmp": 1}


def probe_packet(kind, src, opt):
    """Next-layer protocol and payload of one packet for a raw socket."""
    six = ":" in src
    size = int(opt.pop("len", 20))
    dport, sport = int(opt.pop("dport", 9)), int(opt.pop("sport", 40000))
    tag = os.urandom(8)
    data = tag + pattern(size, 3)
    if kind == "udp":
        # No checksum on IPv4; raw sockets can fill in the one of IPv6.
        return 17, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    if kind == "tcp":
        return 6, struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, 2,
                              1024, 0, 0) + data
    if kind == "icmp":
        return (58 if six else 1,
                icmp_message(six, int(opt.pop("type", 128 if six else 8)),
                             int(opt.pop("code", 0)), 7, 7, data))
    return int(opt.pop("proto", 253)), data


def raw_pair(kind, name1, src, opt):
    proto, packet = probe_packet(kind, src, opt)
    sock = open_socket(name1, src, 0, socket.SOCK_RAW, proto, **opt)
    if ":" in src and proto in (6, 17):
        sock.setsockopt(socket.IPPROTO_IPV6, 7,     # IPV6_CHECKSUM
                        16 if proto == 6 else 6)
    return proto, packet, sock


def do_send(args, opt):
    kind, name, src, dst = args
    count = int(opt.pop("count", 1))
    _, packet, sock = raw_pair(kind, name, src, opt)
    with sock:
        for _ in range(count):
            sock.sendto(packet, (dst, 0))
    return "ok"


def watch_wire(where):
    """A packet socket for what leaves by a device, given as NS/DEV."""
    name, _, dev = where.partition("/")
    enter(name)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                         socket.htons(3))           # ETH_P_ALL
    sock.bind((dev, 3))
    return sock


def seen_on_wire(sock):
    """What left: the kinds of packets, neighbour discovery left out."""
    kinds = set()
    while select.select([sock], [], [], 0)[0]:
        data, (_, ethertype, direction, _, _) = sock.recvfrom(65535)
        if direction != 4:                          # PACKET_OUTGOING
            continue
        if ethertype == 0x0800:
            proto, rest = data[9], data[(data[0] & 15) * 4:]
        elif ethertype == 0x86dd:
            proto, rest = data[6], data[40:]
        else:
            continue
        if proto == 58 and rest and 130 <= rest[0] <= 143:
            continue
        port = rest[2:4] if proto == 17 else b""
        kinds.add({50: "esp", 51: "ah"}.get(
            proto, "udp" if port == b"\x11\x94" else "clear"))
    return ",".join(sorted(kinds)) or "none"


def do_probe(args, opt):
    kind, name1, src, name2, dst = args
    timeout = float(opt.pop("timeout", 0.4))
    wire = opt.pop("wire", None)
    watch = watch_wire(wire) if wire else None
    port = 0
    if kind == "udp":       # from a socket that is known by its ports
        proto, packet = 17, os.urandom(8) + pattern(int(opt.pop("len", 20)), 3)
        port = int(opt.pop("dport", 9))
        one = open_socket(name1, src, int(opt.pop("sport", 0)),
                          socket.SOCK_DGRAM, **opt)
    else:
        proto, packet, one = raw_pair(kind, name1, src, opt)
    two = open_socket(name2, dst, 0, socket.SOCK_RAW, proto)
    tag = packet[-20:]
    result = "ok"
    with one, two:
        until = time.monotonic() + timeout
        try:
            one.sendto(packet, (dst, port))
            while True:
                wait(two, until)
                data, peer = two.recvfrom(1 << 17)
                if data.endswith(tag) and peer[0] == src:
                    break
        except Lost:
            result = "lost"
        except OSError as exc:
            result = "err %s" % errno.errorcode.get(exc.errno, exc.errno)
    if watch:
        with watch:
            result += " wire=" + seen_on_wire(watch)
    return result


def do_ptb(args, opt):
    """Forge an ICMP error that says a packet was too big."""
    name, src, dst, mtu, spi, peer = args
    six = ":" in src
    quote = struct.pack("!II", int(spi, 0), 1)
    proto = int(opt.get("proto", 50))
    if "udp" in opt:
        sport, dport = (int(p) for p in opt["udp"].split(","))
        quote, proto = struct.pack("!HHHH", sport, dport, 100, 0) + quote, 17
    inner, outer = (socket.inet_pton(family(a), a) for a in (dst, peer))
    if six:
        head = struct.pack("!IHBB", 6 << 28, 1400, proto, 64) + inner + outer
        message = struct.pack("!BBHI", 2, 0, 0, int(mtu)) + head + quote
    else:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 1400, 1, 0x4000, 64, proto, 0)
        head += inner + outer
        head = head[:10] + struct.pack("!H", cksum(head)) + head[12:]
        body = struct.pack("!HH", 0, int(mtu)) + head + quote
        check = cksum(b"\x03\x04\0\0" + body)
        message = b"\x03\x04" + struct.pack("!H", check) + body
    with open_socket(name, src, 0, socket.SOCK_RAW, 58 if six else 1) as sock:
        sock.sendto(message, (dst, 0))
    return "ok"


class Flow(threading.Thread):
    """Numbered datagrams one way at a steady rate, counted at the end."""

    def __init__(self, args, opt):
        super().__init__(daemon=True)
        name1, src, name2, dst = args
        self.pause = 1.0 / float(opt.pop("pps", 200))
        self.size = max(8, int(opt.pop("len", 200)))
        dport = int(opt.pop("dport", 0))
        self.two = open_socket(name2, dst, dport, socket.SOCK_DGRAM)
        self.two.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.one = open_socket(name1, src, 0, socket.SOCK_DGRAM, **opt)
        # a send buffer that is full is no refusal: it empties
        self.one.settimeout(2)
        self.to = self.two.getsockname()[:2]
        self.go = True
        self.sent = self.refused = self.bad = self.twice = 0
        self.seen = set()

    def take(self, until):
        """Receive until that time, at least what is there already."""
        while select.select([self.two], [], [],
                            max(0, until - time.monotonic()))[0]:
            data = self.two.recv(1 << 17)
            number = struct.unpack("!Q", data[:8])[0]
            if data[8:] != pattern(self.size - 8, number):
                self.bad += 1
            elif number in self.seen:
                self.twice += 1
            self.seen.add(number)

    def run(self):
        due = time.monotonic()
        number = 0
        while self.go:
            number += 1
            try:
                self.one.sendto(struct.pack("!Q", number) +
                                pattern(self.size - 8, number), self.to)
                self.sent += 1
            except OSError:
                self.refused += 1
            due += self.pause
            self.take(due)

    def account(self):
        self.go = False
        self.join()
        self.take(time.monotonic() + 0.3)
        # on a busy machine the last ones take their time
        until = time.monotonic() + 2
        while len(self.seen) < self.sent and time.monotonic() < until:
            self.take(time.monotonic() + 0.1)
        self.one.close()
        self.two.close()
        lost = self.sent - len(self.seen)
        return "ok sent=%d refused=%d got=%d lost=%d bad=%d twice=%d" % (
            self.sent, self.refused, len(self.seen), lost, self.bad,
            self.twice)


def do_flow(args, opt):
    ident, rest = args[0], args[1:]
    FLOWS[ident] = Flow(rest, opt)
    FLOWS[ident].start()
    return "ok"


def do_stop(args, _opt):
    return FLOWS.pop(args[0]).account()


def bind_both(name, port):
    """IPv4 and IPv6 sockets on a port, for all addresses."""
    socks = []
    for addr in ("0.0.0.0", "::"):
        enter(name)
        sock = socket.socket(family(addr), socket.SOCK_DGRAM)
        if ":" in addr:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((addr, port))
        socks.append(sock)
    SOCKETS[name, port] = socks
    return socks


def do_encap(args, opt):
    for sock in bind_both(args[0], int(args[1])):
        sock.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, int(opt.get("type", 2)))
    return "ok"


def do_ike(args, _opt):
    bind_both(args[0], int(args[1]))
    return "ok"


def do_got(args, opt):
    socks = SOCKETS[args[0], int(args[1])]
    ready = select.select(socks, [], [], float(opt.get("timeout", 1)))[0]
    if not ready:
        raise Lost("no datagram")
    data, peer = ready[0].recvfrom(1 << 17)
    return "ok %s %d %s" % (peer[0], peer[1], data.hex() or "-")


def do_say(args, opt):
    """say NS SRC SPORT DST DPORT HEX: a datagram with these octets."""
    name, src, sport, dst, dport, text = args
    with open_socket(name, src, int(sport), socket.SOCK_DGRAM, **opt) as sock:
        sock.sendto(bytes.fromhex(text), (dst, int(dport)))
    return "ok"


def do_close(args, _opt):
    for sock in SOCKETS.pop((args[0], int(args[1]))):
        sock.close()
    return "ok"


def do_forget(args, _opt):
    """forget NS...: let go of namespaces, so that they can die."""
    for name in args:
        if name in NAMESPACES:
            os.close(NAMESPACES.pop(name))
    if LIBC.setns(HOME, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns home")
    return "ok"


def answer(line):
    words = line.split()
    args = [w for w in words[1:] if "=" not in w]
    opt = dict(w.split("=", 1) for w in words[1:] if "=" in w)
    try:
        return COMMANDS[words[0]](args, opt)
    except Lost as exc:
        return "lost %s" % exc
    except Bad as exc:
        return "bad %s" % exc
    except OSError as exc:
        return "err %s %s" % (errno.errorcode.get(exc.errno, exc.errno),
                              exc.strerror)
    except (KeyError, ValueError) as exc:
        return "err EINVAL %s in %s" % (exc, line)


COMMANDS = {
    "ping": do_ping, "udp": do_udp, "tcp": do_tcp, "send": do_send,
    "probe": do_probe, "flow": do_flow, "stop": do_stop, "encap": do_encap,
    "ike": do_ike, "got": do_got, "say": do_say, "close": do_close,
    "forget": do_forget, "ptb": do_ptb,
}

HOME = os.open("/proc/self/ns/net", os.O_RDONLY)


def main():
    for line in iter(sys.stdin.readline, ""):
        line = line.strip()
        if not line:
            continue
        if line == "quit":
            break
        print(answer(line), flush=True)


if __name__ == "__main__":
    main()
