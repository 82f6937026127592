# SPDX-License-Identifier: GPL-2.0
"""IP, UDP, TCP and ICMP headers, octet by octet."""

import socket
import struct

ECHO, TCP, UDP, IPIP, IPV6, FRAGMENT, ESP, AH, ICMP6, NONE = 1, 6, 17, 4, 41, 44, 50, 51, 58, 59
# A protocol without ports and without anyone who listens (RFC 3692), so that
# nothing but the code under test has a say in what becomes of the packet.
PLAIN = 253

DF, MF = 0x4000, 0x2000


def pack(address):
    """An address as 4 or 16 octets."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address)


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(src, dst, proto, payload=b"", *, tos=0, ttl=64, ident=0x1234, frag=0,
        options=b"", length=None):
    """An IPv4 packet; frag is the whole word of flags and offset."""
    options += b"\0" * (-len(options) % 4)
    size = 20 + len(options)
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, tos,
                       size + len(payload) if length is None else length,
                       ident, frag, ttl, proto, 0, pack(src), pack(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(src, dst, proto, payload=b"", *, tos=0, ttl=64, flow=0, length=None):
    """An IPv6 packet; tos is the traffic class, ttl the hop limit."""
    return struct.pack("!IHBB16s16s", 6 << 28 | tos << 20 | flow,
                       len(payload) if length is None else length, proto, ttl,
                       pack(src), pack(dst)) + payload


def packet(src, dst, proto, payload=b"", **fields):
    """ip4() or ip6(), by the addresses; flow and ident go where they exist."""
    if ":" in src:
        fields.pop("ident", None)
        fields.pop("frag", None)
        return ip6(src, dst, proto, payload, **fields)
    fields.pop("flow", None)
    return ip4(src, dst, proto, payload, **fields)


def transport_checksum(src, dst, proto, data):
    """Checksum of UDP, TCP or ICMPv6 with its pseudo header."""
    return checksum(pack(src) + pack(dst) + struct.pack("!II", len(data), proto) + data)


def udp(src, dst, sport, dport, payload=b"", sum_=None):
    """A UDP datagram; sum_ replaces the checksum, which is never sent as 0."""
    head = struct.pack("!HHH", sport, dport, 8 + len(payload))
    if sum_ is None:
        sum_ = transport_checksum(src, dst, UDP, head + b"\0\0" + payload) or 0xffff
    return head + struct.pack("!H", sum_) + payload


def tcp(src, dst, sport, dport, *, seq=1, ack=0, flags=0x02, payload=b""):
    """A TCP segment without options."""
    data = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 8192, 0, 0)
    sum_ = transport_checksum(src, dst, TCP, data + payload)
    return data[:16] + struct.pack("!H", sum_) + data[18:] + payload


def icmp(kind, code=0, rest=b"\0\0\0\0", payload=b""):
    """An ICMPv4 message."""
    data = struct.pack("!BBH", kind, code, 0) + rest + payload
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def icmp6(src, dst, kind, code=0, rest=b"\0\0\0\0", payload=b""):
    """An ICMPv6 message."""
    data = struct.pack("!BBH", kind, code, 0) + rest + payload
    return data[:2] + struct.pack("!H", transport_checksum(src, dst, ICMP6, data)) + data[4:]


def version(data):
    """4 or 6."""
    return data[0] >> 4


def header_length(data):
    """Octets of the IP header, IPv6 extension headers not included."""
    return (data[0] & 15) * 4 if version(data) == 4 else 40


def protocol(data):
    """The octet that names what follows the IP header."""
    return data[9] if version(data) == 4 else data[6]


def body(data):
    """What follows the IP header."""
    return data[header_length(data):]


def _namer(data, at):
    """Offset of the octet that names the header at an offset."""
    if version(data) == 4:
        return 9
    where, pos = 6, 40
    while pos < at:
        where, pos = pos, pos + (8 if data[where] == FRAGMENT else 8 + 8 * data[pos + 1])
    return where


def name_at(data, at):
    """Protocol of the header at an offset."""
    return data[_namer(data, at)]


def insert(data, at, proto, size):
    """The packet with room for a header of a protocol at an offset."""
    out = bytearray(data[:at] + bytes(size) + data[at:])
    out[_namer(data, at)] = proto
    if version(data) == 4:
        out[2:4] = struct.pack("!H", len(out))
        return _resum(bytes(out[:at])) + bytes(out[at:])
    out[4:6] = struct.pack("!H", len(out) - 40)
    return bytes(out)


def ttl(data):
    """TTL or hop limit."""
    return data[8] if version(data) == 4 else data[7]


def tos(data):
    """Type of service octet or traffic class."""
    if version(data) == 4:
        return data[1]
    return struct.unpack("!H", data[:2])[0] >> 4 & 0xff


def _address(data, which):
    if version(data) == 4:
        return socket.inet_ntop(socket.AF_INET, data[12 + 4 * which:16 + 4 * which])
    return socket.inet_ntop(socket.AF_INET6, data[8 + 16 * which:24 + 16 * which])


def source(data):
    """Source address as text."""
    return _address(data, 0)


def destination(data):
    """Destination address as text."""
    return _address(data, 1)


def ident(data):
    """IPv4 identification."""
    return struct.unpack("!H", data[4:6])[0]


def frag_word(data):
    """IPv4 flags and fragment offset."""
    return struct.unpack("!H", data[6:8])[0]


def _resum(head):
    head = bytearray(head)
    head[10:12] = b"\0\0"
    head[10:12] = struct.pack("!H", checksum(bytes(head)))
    return bytes(head)


def change(data, *, ttl_=None, tos_=None, proto=None, payload=None):
    """A copy with some fields changed and lengths and checksum put right."""
    size = header_length(data)
    head, rest = bytearray(data[:size]), data[size:] if payload is None else payload
    if version(data) == 4:
        if ttl_ is not None:
            head[8] = ttl_
        if tos_ is not None:
            head[1] = tos_
        if proto is not None:
            head[9] = proto
        if payload is not None:
            head[2:4] = struct.pack("!H", size + len(rest))
        return _resum(head) + rest
    if ttl_ is not None:
        head[7] = ttl_
    if tos_ is not None:
        word = struct.unpack("!I", head[:4])[0]
        head[:4] = struct.pack("!I", word & ~(0xff << 20) | tos_ << 20)
    if proto is not None:
        head[6] = proto
    if payload is not None:
        head[4:6] = struct.pack("!H", len(rest))
    return bytes(head) + rest


def forwarded(data):
    """What a router makes of a packet."""
    return change(data, ttl_=ttl(data) - 1)


def fragments4(data, size):
    """IPv4 fragments with size octets of payload each (a multiple of 8)."""
    head, rest = data[:20], data[20:]
    for at in range(0, len(rest), size):
        part = rest[at:at + size]
        more = MF if at + size < len(rest) else 0
        word = frag_word(data) & DF | more | at // 8
        new = bytearray(head)
        new[2:4] = struct.pack("!H", 20 + len(part))
        new[6:8] = struct.pack("!H", word)
        yield _resum(new) + part


def fragments6(data, size, ident_=0x77):
    """IPv6 fragments, likewise."""
    rest = data[40:]
    for at in range(0, len(rest), size):
        part = rest[at:at + size]
        more = 1 if at + size < len(rest) else 0
        head = struct.pack("!BBHI", data[6], 0, at | more, ident_)
        yield change(data[:40], proto=FRAGMENT, payload=head + part)


def reassemble(parts):
    """The IPv4 or IPv6 packet that fragments belong to."""
    if version(parts[0]) == 4:
        parts = sorted(parts, key=lambda p: frag_word(p) & 0x1fff)
        data = b"".join(p[20:] for p in parts)
        head = bytearray(parts[0][:20])
        head[2:4] = struct.pack("!H", 20 + len(data))
        head[6:8] = struct.pack("!H", frag_word(parts[0]) & DF)
        return _resum(head) + data
    parts = sorted(parts, key=lambda p: struct.unpack("!H", p[42:44])[0] & 0xfff8)
    return change(parts[0][:40], proto=parts[0][40], payload=b"".join(p[48:] for p in parts))
