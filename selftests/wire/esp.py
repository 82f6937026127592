# SPDX-License-Identifier: GPL-2.0
"""ESP in user space, on top of python3-cryptography: the oracle of these tests.

Written from RFC 4303 and the RFCs of the algorithms, and compared with scapy
and with the packets printed in RFC 3602 and RFC 7634 by the group "oracle".
It does what a well-behaved implementation would not, on request: any padding,
any next header, any IV, any high half of the sequence number in the ICV.
"""

import hashlib
import hmac
import os
import struct
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    TripleDES = algorithms.TripleDES


class Forged(Exception):
    """The integrity check value is wrong."""


# kind is gcm, ccm, chacha, cbc, ctr, 3des or null; key and salt are those of
# the cipher; mac is the hash of the HMAC, or None; all lengths in octets.
Suite = namedtuple("Suite", "name kind key salt iv block mac icv")

MACS = {"sha1": (20, 12), "sha256": (32, 16), "sha384": (48, 24), "sha512": (64, 32)}
KERNEL = {
    "gcm": "rfc4106(gcm(aes))", "ccm": "rfc4309(ccm(aes))",
    "chacha": "rfc7539esp(chacha20,poly1305)", "cbc": "cbc(aes)",
    "ctr": "rfc3686(ctr(aes))", "3des": "cbc(des3_ede)", "null": "ecb(cipher_null)",
}


def _suites():
    for bits in (128, 192, 256):
        for icv in (8, 12, 16):
            yield Suite("gcm%d-%d" % (icv, bits), "gcm", bits // 8, 4, 8, 1, None, icv)
    for bits in (128, 192, 256):
        for icv in (8, 12, 16):
            yield Suite("ccm%d-%d" % (icv, bits), "ccm", bits // 8, 3, 8, 1, None, icv)
    yield Suite("chacha20poly1305", "chacha", 32, 4, 8, 1, None, 16)
    for bits, mac in ((128, "sha1"), (128, "sha256"), (192, "sha256"), (256, "sha256"),
                      (128, "sha384"), (256, "sha512")):
        yield Suite("cbc%d-%s" % (bits, mac), "cbc", bits // 8, 0, 16, 16, mac, MACS[mac][1])
    for bits, mac in ((128, "sha1"), (128, "sha256"), (192, "sha384"), (256, "sha512")):
        yield Suite("ctr%d-%s" % (bits, mac), "ctr", bits // 8, 4, 8, 1, mac, MACS[mac][1])
    yield Suite("3des-sha1", "3des", 24, 0, 8, 8, "sha1", 12)
    for mac in MACS:
        yield Suite("null-" + mac, "null", 0, 0, 0, 1, mac, MACS[mac][1])


SUITES = {s.name: s for s in _suites()}


def default_padding(length):
    """RFC 4303 2.4: 1, 2, 3, ..."""
    return bytes(range(1, length + 1))


class Sa:
    """Keys of one direction, with the two operations on a packet."""

    def __init__(self, suite, spi, esn=False, key=None, mac_key=None):
        self.suite = SUITES[suite] if isinstance(suite, str) else suite
        self.spi = spi
        self.esn = esn
        self.key = os.urandom(self.suite.key + self.suite.salt) if key is None else key
        if self.suite.mac and mac_key is None:
            mac_key = os.urandom(MACS[self.suite.mac][0])
        self.mac_key = mac_key

    def words(self):
        """The algorithm words of "ip xfrm state add"."""
        s = self.suite
        name = KERNEL[s.kind]
        key = "0x" + self.key.hex() if self.key else "''"
        if not s.mac:
            return "aead '%s' %s %d" % (name, key, s.icv * 8)
        return "auth-trunc 'hmac(%s)' 0x%s %d enc '%s' %s" % (
            s.mac, self.mac_key.hex(), s.icv * 8, name, key)

    def minimum_pad(self, length):
        """RFC 4303 2.4: to the cipher's block and to 4 octets."""
        return -(length + 2) % max(self.suite.block, 4)

    def _aad(self, seq):
        """RFC 4106 5: SPI and sequence number, with ESN all 64 bits of it."""
        return struct.pack("!IQ" if self.esn else "!II", self.spi,
                           seq if self.esn else seq & 0xffffffff)

    def _cipher(self, iv):
        s = self.suite
        if s.kind == "cbc":
            return Cipher(algorithms.AES(self.key), modes.CBC(iv))
        if s.kind == "3des":
            return Cipher(TripleDES(self.key), modes.CBC(iv))
        counter = self.key[s.key:] + iv + struct.pack("!I", 1)
        return Cipher(algorithms.AES(self.key[:s.key]), modes.CTR(counter))

    def _mac(self, head, body, seq):
        """RFC 4303 3.3.2.1: with ESN the high half follows, unsent."""
        tail = struct.pack("!I", seq >> 32) if self.esn else b""
        return hmac.new(self.mac_key, head + body + tail,
                        getattr(hashlib, self.suite.mac)).digest()[:self.suite.icv]

    def encrypt(self, plain, seq, iv=None):
        """ESP packet around plaintext that already has its trailer."""
        s = self.suite
        if iv is None:
            iv = os.urandom(s.iv)
        head = struct.pack("!II", self.spi, seq & 0xffffffff)
        if s.mac:
            if s.kind == "null":
                text = plain
            else:
                do = self._cipher(iv).encryptor()
                text = do.update(plain) + do.finalize()
            return head + iv + text + self._mac(head, iv + text, seq)
        nonce, aad = self.key[s.key:] + iv, self._aad(seq)
        key = self.key[:s.key]
        if s.kind == "gcm":
            do = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
            do.authenticate_additional_data(aad)
            return head + iv + do.update(plain) + do.finalize() + do.tag[:s.icv]
        if s.kind == "ccm":
            return head + iv + AESCCM(key, s.icv).encrypt(nonce, plain, aad)
        return head + iv + ChaCha20Poly1305(key).encrypt(nonce, plain, aad)

    def decrypt(self, esp, seq=None):
        """Plaintext with trailer; seq gives the high half if ESN is on."""
        s = self.suite
        spi, low = struct.unpack("!II", esp[:8])
        if spi != self.spi:
            raise Forged("SPI 0x%x" % spi)
        seq = low if seq is None else seq
        if seq & 0xffffffff != low:
            raise Forged("sequence number 0x%x" % low)
        iv, icv = esp[8:8 + s.iv], esp[-s.icv:]
        text = esp[8 + s.iv:-s.icv]
        if s.mac:
            if icv != self._mac(esp[:8], iv + text, seq):
                raise Forged("ICV")
            if s.kind == "null":
                return text
            do = self._cipher(iv).decryptor()
            return do.update(text) + do.finalize()
        nonce, aad = self.key[s.key:] + iv, self._aad(seq)
        key = self.key[:s.key]
        try:
            if s.kind == "gcm":
                do = Cipher(algorithms.AES(key),
                            modes.GCM(nonce, icv, min_tag_length=s.icv)).decryptor()
                do.authenticate_additional_data(aad)
                return do.update(text) + do.finalize()
            if s.kind == "ccm":
                return AESCCM(key, s.icv).decrypt(nonce, text + icv, aad)
            return ChaCha20Poly1305(key).decrypt(nonce, text + icv, aad)
        except InvalidTag:
            raise Forged("ICV") from None

    def seal(self, payload, next_header, seq, *, iv=None, pad=None, padlen=None,
             tfc=b"", auth_seq=None):
        """ESP packet around a payload.

        pad gives the padding octets, padlen the Pad Length field if it is to
        lie, tfc what follows the payload; auth_seq goes into the ICV instead
        of seq.
        """
        plain = payload + tfc
        if pad is None:
            pad = default_padding(self.minimum_pad(len(plain)))
        plain += pad + bytes([len(pad) if padlen is None else padlen, next_header])
        return self.encrypt(plain, seq if auth_seq is None else auth_seq, iv)

    def open(self, esp, seq=None):
        """(payload, padding, next header) of a packet."""
        plain = self.decrypt(esp, seq)
        count = plain[-2]
        if count + 2 > len(plain):
            raise Forged("pad length %d of %d octets" % (count, len(plain)))
        end = len(plain) - 2 - count
        return plain[:end], plain[end:-2], plain[-1]
