# SPDX-License-Identifier: GPL-2.0
"""AH in user space, on top of python3-cryptography: the other oracle.

Written from RFC 4302 with its appendix A and the RFCs of the algorithms, and
compared with scapy and with published packets by the group "ah-oracle". Like
esp.py it makes on request what a well-behaved implementation would not.
"""

import hashlib
import hmac
import os
import struct
from collections import namedtuple

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import ip
from esp import Forged

AH = 51
HOP, ROUTING, DEST = 0, 43, 60

# iv and icv are the octets of the header's last field
Suite = namedtuple("Suite", "name kind key salt iv icv words")

SUITES = {s.name: s for s in (
    Suite("sha1-96", "sha1", 20, 0, 0, 12, "auth-trunc 'hmac(sha1)' %s 96"),
    Suite("sha256-128", "sha256", 32, 0, 0, 16, "auth-trunc 'hmac(sha256)' %s 128"),
    Suite("sha256-96", "sha256", 32, 0, 0, 12, "auth-trunc 'hmac(sha256)' %s 96"),
    Suite("sha384-192", "sha384", 48, 0, 0, 24, "auth-trunc 'hmac(sha384)' %s 192"),
    Suite("sha512-256", "sha512", 64, 0, 0, 32, "auth-trunc 'hmac(sha512)' %s 256"),
    Suite("xcbc-96", "xcbc", 16, 0, 0, 12, "auth-trunc 'xcbc(aes)' %s 96"),
    Suite("cmac-96", "cmac", 16, 0, 0, 12, "auth-trunc 'cmac(aes)' %s 96"),
    Suite("gmac-128", "gmac", 16, 4, 8, 16, "aead 'rfc4543(gcm(aes))' %s 128"),
    Suite("gmac-192", "gmac", 24, 4, 8, 16, "aead 'rfc4543(gcm(aes))' %s 128"),
    Suite("gmac-256", "gmac", 32, 4, 8, 16, "aead 'rfc4543(gcm(aes))' %s 128"),
)}

# RFC 4302 appendix A1, the whole type octet with its copy bit and class
IMMUTABLE = {0x00: "End of list", 0x01: "No operation", 0x82: "Security",
             0x85: "Extended security", 0x86: "Commercial security", 0x94: "Router alert",
             0x95: "Sender directed"}
MUTABLE = {0x83: "LSRR", 0x44: "Timestamp", 0x07: "Record route", 0x89: "SSRR",
           0x52: "Traceroute", 0x88: "Stream ID", 0x0a: "Experimental measurement",
           0x0b: "MTU probe", 0x0c: "MTU reply", 0xcd: "Experimental flow control",
           0x8e: "Experimental access control", 0x0f: "unnamed 15",
           0x90: "IMI traffic descriptor", 0x91: "EIP", 0x93: "Address extension"}


def _aes(key, block):
    do = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return do.update(block) + do.finalize()


def _xor(one, two):
    return bytes(a ^ b for a, b in zip(one, two))


def xcbc(key, data):
    """RFC 3566 4, all 16 octets."""
    one, two, three = (_aes(key, bytes([n]) * 16) for n in (1, 2, 3))
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)] or [b""]
    last = blocks.pop()
    state = bytes(16)
    for block in blocks:
        state = _aes(one, _xor(state, block))
    if len(last) == 16:
        return _aes(one, _xor(_xor(state, last), two))
    last = (last + b"\x80").ljust(16, b"\0")
    return _aes(one, _xor(_xor(state, last), three))


def option4(kind, body):
    """An IPv4 option, whose length counts all of it."""
    return bytes([kind, len(body) + 2]) + body


def option6(kind, body):
    """An IPv6 option, whose length does not."""
    return bytes([kind, len(body)]) + body


def header6(following, body):
    """An extension header, with padding as the last option."""
    short = -(len(body) + 2) % 8
    if short == 1:
        body += b"\0"
    elif short:
        body += option6(1, bytes(short - 2))
    return bytes([following, (len(body) + 2) // 8 - 1]) + body


def options4(data):
    """(start, end, type) of the options of an IPv4 header."""
    at = 20
    while at < ip.header_length(data) and data[at]:
        size = 1 if data[at] == 1 else data[at + 1]
        yield at, at + size, data[at]
        at += size


def covered4(head, arrived):
    """An IPv4 header as the ICV sees it."""
    out = bytearray(head)
    out[1] = 0                          # TOS
    out[6:9] = bytes(3)                 # flags, offset, TTL
    out[10:12] = bytes(2)               # checksum
    for start, end, kind in options4(head):
        if kind in (0x83, 0x89) and not arrived and head[start + 2] <= end - start:
            out[16:20] = head[end - 4:end]
        if kind not in IMMUTABLE:
            out[start:end] = bytes(end - start)
    return bytes(out)


def headers6(data, end):
    """(start, end, kind) of the extension headers in front of an offset."""
    kind, at = data[6], 40
    while at < end:
        size = 8 if kind == ip.FRAGMENT else 8 + 8 * data[at + 1]
        yield at, at + size, kind
        kind, at = data[at], at + size


def covered6(head, arrived):
    """An IPv6 header and the extension headers behind it, likewise."""
    out = bytearray(head)
    out[0:4] = b"\x60\0\0\0"
    out[7] = 0
    for start, end, kind in headers6(head, len(head)):
        if kind in (HOP, DEST):
            at = start + 2
            while at < end:
                if head[at] == 0:
                    at += 1
                    continue
                size = head[at + 1]
                if head[at] & 0x20:
                    out[at + 2:at + 2 + size] = bytes(size)
                at += 2 + size
        if kind == ROUTING and not arrived and head[start + 3]:
            # the hops yet to come are passed, one by one (RFC 8200 4.4)
            where, left = bytes(out[24:40]), head[start + 3]
            hops = [bytes(out[i:i + 16]) for i in range(start + 8, end, 16)]
            for hop in range(len(hops) - left, len(hops)):
                where, hops[hop] = hops[hop], where
            out[24:40] = where
            out[start + 8:end] = b"".join(hops)
            out[start + 3] = 0
    return bytes(out)


def covered(head, arrived=False):
    """All that is in front of AH."""
    return covered4(head, arrived) if ip.version(head) == 4 else covered6(head, arrived)


class Sa:
    """Key of one direction, with the two operations on a packet."""

    def __init__(self, suite, spi, esn=False, key=None, align4=False):
        self.suite = SUITES[suite] if isinstance(suite, str) else suite
        self.spi, self.esn, self.align4 = spi, esn, align4
        self.key = os.urandom(self.suite.key + self.suite.salt) if key is None else key

    def words(self):
        """The algorithm words of "ip xfrm state add"."""
        return self.suite.words % ("0x" + self.key.hex())

    def length(self, family):
        """Of the whole header (RFC 4302 2.2, 2.6)."""
        unit = 4 if family == 4 and self.align4 else 8
        return -(-(12 + self.suite.iv + self.suite.icv) // unit) * unit

    def icv(self, data, iv=b""):
        """Of what is covered."""
        s = self.suite
        if s.kind == "gmac":
            do = Cipher(algorithms.AES(self.key[:s.key]),
                        modes.GCM(self.key[s.key:] + iv)).encryptor()
            do.authenticate_additional_data(data)
            do.finalize()
            full = do.tag
        elif s.kind == "xcbc":
            full = xcbc(self.key, data)
        elif s.kind == "cmac":
            do = cmac.CMAC(algorithms.AES(self.key))
            do.update(data)
            full = do.finalize()
        else:
            full = hmac.new(self.key, data, getattr(hashlib, s.kind)).digest()
        return full[:s.icv]

    def seal(self, head, payload, kind, seq, *, iv=None, pad=None, reserved=0, units=None,
             auth_seq=None, arrived=False, auth_head=None):
        """AH for a packet whose headers in front are given, with all fields right.

        kind is the next header. pad is what fills the header up, units its
        length field if that is to lie, auth_seq goes into the ICV instead of
        seq, auth_head instead of head. arrived: routing is over.
        """
        s = self.suite
        size = self.length(ip.version(head))
        if pad is None:
            pad = bytes(size - 12 - s.iv - s.icv)
        iv = os.urandom(s.iv) if iv is None else iv
        front = struct.pack("!BBHII", kind, len(pad) // 4 + (12 + s.iv + s.icv) // 4 - 2
                            if units is None else units, reserved, self.spi, seq & 0xffffffff)
        data = covered(head if auth_head is None else auth_head, arrived)
        data += front + iv + bytes(s.icv) + pad + payload
        if self.esn:
            data += struct.pack("!I", (seq if auth_seq is None else auth_seq) >> 32)
        return front + iv + self.icv(data, iv) + pad + payload

    def open(self, wire, at, seq):
        """(next header, payload, IV) of a packet with AH at an offset.

        Everything about the header has to be as RFC 4302 has it.
        """
        s = self.suite
        head, rest = wire[:at], wire[at:]
        kind, units, reserved, spi, low = struct.unpack("!BBHII", rest[:12])
        size = (units + 2) * 4
        if (size, reserved, spi, low) != (self.length(ip.version(wire)), 0, self.spi,
                                          seq & 0xffffffff):
            raise Forged("%d octets, reserved %d, SPI 0x%x, number 0x%x" %
                         (size, reserved, spi, low))
        iv, icv = rest[12:12 + s.iv], rest[12 + s.iv:12 + s.iv + s.icv]
        if rest[12 + s.iv + s.icv:size].strip(b"\0"):
            raise Forged("padding %s" % rest[12 + s.iv + s.icv:size].hex())
        data = covered(head) + rest[:12] + iv + bytes(s.icv) + rest[12 + s.iv + s.icv:]
        if self.esn:
            data += struct.pack("!I", seq >> 32)
        if icv != self.icv(data, iv):
            raise Forged("ICV")
        return kind, rest[size:], iv
