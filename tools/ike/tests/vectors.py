#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints vectors.h, or with argument "ke" or "auth" vectors_ke.h and vectors_auth.h:
sealed messages, derived keys, key exchanges, authentication, computed apart from the C code.

HMAC is that of Python's hmac and hashlib; AES comes from python3-cryptography, of which
only single blocks, modes and CMAC are used. Everything else is written out here from the
RFCs: prf+ and the derivations (RFC 7296, 8784, 9370), AES-XCBC (RFC 3566, 4434) and the
layout of the SK payload (RFC 7296 3.14, RFC 5282).
"""
import hashlib
import hmac
import sys

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305


def ecb(key, data):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(data) + e.finalize()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def xcbc(key, data):
    if len(key) > 16:
        key = xcbc(bytes(16), key)
    key = key.ljust(16, b"\0")
    k1, k2, k3 = (ecb(key, bytes([i]) * 16) for i in (1, 2, 3))
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)] or [b""]
    last = blocks.pop()
    e = bytes(16)
    for b in blocks:
        e = ecb(k1, xor(e, b))
    if len(last) == 16:
        return ecb(k1, xor(xor(e, last), k2))
    return ecb(k1, xor(xor(e, (last + b"\x80").ljust(16, b"\0")), k3))


def aes_cmac(key, data):
    if len(key) != 16:
        key = aes_cmac(bytes(16), key)
    c = cmac.CMAC(algorithms.AES(key))
    c.update(data)
    return c.finalize()


def hm(name):
    return lambda key, data: hmac.new(key, data, name).digest()


PRF = {2: (hm("sha1"), 20), 5: (hm("sha256"), 32), 6: (hm("sha384"), 48),
       7: (hm("sha512"), 64), 4: (xcbc, 16), 8: (aes_cmac, 16)}
INTEG = {0: (None, 0, 0), 2: (hm("sha1"), 20, 12), 12: (hm("sha256"), 32, 16),
         13: (hm("sha384"), 48, 24), 14: (hm("sha512"), 64, 32), 5: (xcbc, 16, 12),
         8: (aes_cmac, 16, 12)}


def prf_plus(prf, key, seed, n):
    out = t = b""
    i = 1
    while len(out) < n:
        t = PRF[prf][0](key, t + seed + bytes([i]))
        out += t
        i += 1
    return out[:n]


def octets(n, label):
    """Octets that look random and are the same each time."""
    return hashlib.shake_128(label.encode()).digest(n)


def show(*rows):
    text = []
    for r in rows:
        if isinstance(r, bytes):
            h = r.hex()
            text.append("\n".join('\t  "%s"' % h[i:i + 80]
                                  for i in range(0, max(len(h), 1), 80)))
        else:
            text.append("\t  %s" % r)
    print("\t{\n" + ",\n".join(text) + " },")


# encr: key octets without salt, salt, IV, block, tag
ENCR = {3: (0, 8, 8, 0), 12: (0, 16, 16, 0), 13: (4, 8, 1, 0),
        14: (3, 8, 1, 8), 15: (3, 8, 1, 12), 16: (3, 8, 1, 16),
        18: (4, 8, 1, 8), 19: (4, 8, 1, 12), 20: (4, 8, 1, 16), 28: (4, 8, 1, 16)}


def seal(encr, bits, integ, ke, ka, inner):
    salt, iv_len, block, tag = ENCR[encr]
    mac, _, icv = INTEG[integ]
    pad = -(len(inner) + 1) % block
    text = inner + bytes(pad) + bytes([pad])
    iv = octets(iv_len, "iv") if block > 1 else bytes(iv_len)
    total = 32 + iv_len + len(text) + (tag or icv)
    head = octets(16, "spis") + b"\x2e\x20\x25\x08" + bytes(4) + total.to_bytes(4, "big")
    head += b"\x29\0" + (total - 28).to_bytes(2, "big")
    key, nonce = ke[:len(ke) - salt], ke[len(ke) - salt:] + iv
    if encr in (18, 19, 20):
        e = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
        e.authenticate_additional_data(head)
        body = e.update(text) + e.finalize()
        return head + iv + body + e.tag[:tag]
    if encr in (14, 15, 16):
        return head + iv + AESCCM(key, tag_length=tag).encrypt(nonce, text, head)
    if encr == 28:
        return head + iv + ChaCha20Poly1305(key).encrypt(nonce, text, head)
    if encr == 13:
        c = Cipher(algorithms.AES(key), modes.CTR(nonce + b"\0\0\0\1"))
    elif encr == 3:
        c = Cipher(algorithms.TripleDES(key), modes.CBC(iv))
    else:
        c = Cipher(algorithms.AES(key), modes.CBC(iv))
    e = c.encryptor()
    msg = head + iv + e.update(text) + e.finalize()
    return msg + mac(ka, msg)[:icv]


def sealed():
    print("/* encr, bits, integ, SK_e, SK_a, inner payloads, message */")
    print("static const struct {\n\tuint16_t encr, bits, integ;\n"
          "\tconst char *ke, *ka, *inner, *msg;\n} sealed[] = {")
    suites = [(12, b, i) for b in (128, 192, 256) for i in (2, 12, 13, 14, 5, 8)]
    suites += [(13, b, 12) for b in (128, 192, 256)] + [(3, 0, 2), (28, 0, 0)]
    suites += [(e, b, 0) for e in (14, 15, 16, 18, 19, 20) for b in (128, 256)]
    for n, (encr, bits, integ) in enumerate(suites):
        size = bits // 8 or {3: 24, 28: 32}[encr]
        ke = octets(size + ENCR[encr][0], "ke")
        ka = octets(INTEG[integ][1], "ka")
        inner = octets((0, 8, 15, 16, 31, 77)[n % 6], "inner")
        show(encr, bits, integ, ke, ka, inner, seal(encr, bits, integ, ke, ka, inner))
    print("};\n")


def sk(prf, skeyseed, ni, nr, spis, elen, alen):
    n = PRF[prf][1]
    all_ = prf_plus(prf, skeyseed, ni + nr + spis, 3 * n + 2 * alen + 2 * elen)
    out = []
    for size in (n, alen, alen, elen, elen, n, n):
        out.append(all_[:size])
        all_ = all_[size:]
    return out


def keys():
    """All generations of one SA: initial, additional key exchange, PPK, child without
    and with key exchanges, rekeyed."""
    ni, nr, spis = octets(32, "ni"), octets(24, "nr"), octets(16, "spis")
    s0, s1, s2, ppk = (octets(n, l) for n, l in
                       ((32, "s0"), (32, "s1"), (66, "s2"), (40, "ppk")))
    n2i, n2r, spis2 = octets(16, "n2i"), octets(256, "n2r"), octets(16, "spis2")
    print("/* prf, encr, bits, integ; the keys of each generation in order */")
    print("static const struct {\n\tuint16_t prf, encr, bits, integ;\n"
          "\tconst char *initial, *next, *ppk, *child, *child_pfs, *rekeyed;\n"
          "} derived[] = {")
    for prf, encr, bits, integ in ((5, 20, 256, 0), (2, 12, 128, 2), (6, 20, 256, 0),
                                   (7, 12, 256, 14), (4, 12, 128, 5), (8, 14, 128, 0),
                                   (5, 28, 0, 0), (6, 13, 192, 13)):
        p, n = PRF[prf]
        elen = (bits // 8 or 32) + ENCR[encr][0]
        alen = INTEG[integ][1]
        key = ni[:8] + nr[:8] if n == 16 else ni + nr
        g0 = sk(prf, p(key, s0), ni, nr, spis, elen, alen)
        g1 = sk(prf, p(g0[0], s1 + ni + nr), ni, nr, spis, elen, alen)
        g2 = list(g1)
        for i in (0, 5, 6):
            g2[i] = prf_plus(prf, ppk, g1[i], n)
        child = prf_plus(prf, g2[0], ni + nr, 2 * (elen + alen))
        pfs = prf_plus(prf, g2[0], s2 + n2i + n2r + s1, 2 * (elen + alen))
        g3 = sk(prf, p(g2[0], s2 + n2i + n2r + s1), n2i, n2r, spis2, elen, alen)
        show(prf, encr, bits, integ, *(b"".join(x) for x in (g0, g1, g2)), child, pfs,
             b"".join(g3))
    print("};\n")
    print("/* what they were made of */")
    for name, value in (("ni", ni), ("nr", nr), ("spis", spis), ("s0", s0), ("s1", s1),
                        ("s2", s2), ("ppk", ppk), ("n2i", n2i), ("n2r", n2r),
                        ("spis2", spis2)):
        h = value.hex()
        print("#define V_%s \\\n%s" % (name.upper(), " \\\n".join(
            '\t"%s"' % h[i:i + 80] for i in range(0, len(h), 80))))
    print("\n/* prf+ to its very end: the last 16 of 255 blocks */")
    print("static const struct {\n\tuint16_t prf;\n\tconst char *tail;\n} longest[] = {")
    for prf, (_, n) in PRF.items():
        show(prf, prf_plus(prf, ni, nr, 255 * n)[-16:])
    print("};")


def pi(bits):
    """The integer part of 2^bits pi, by Machin's formula."""
    one = 1 << (bits + 64)

    def arctan(n):
        total = term = one // n
        i = 1
        while term:
            term //= -n * n
            i += 2
            total += term // i
        return total
    return 4 * (4 * arctan(5) - arctan(239)) >> 64


def modp():
    print("/* group, private, public, private, public, secret (RFC 3526) */")
    print("static const struct {\n\tuint16_t group;\n"
          "\tconst char *i, *gi, *r, *gr, *secret;\n} modp[] = {")
    groups = ((14, 2048, 124476), (15, 3072, 1690314), (16, 4096, 240904),
              (17, 6144, 929484), (18, 8192, 4743158))
    for group, bits, add in groups:
        p = 2 ** bits - 2 ** (bits - 64) - 1 + 2 ** 64 * (pi(bits - 130) + add)
        size = bits // 8
        x = int.from_bytes(octets(40, "x"), "big")
        y = int.from_bytes(octets(40, "y"), "big")
        secret = pow(2, x * y, p)
        # one whose secret starts with a zero, as one in 256 does
        while group == 14 and secret >> (bits - 8):
            y += 1
            secret = pow(2, x * y, p)
        show(group, x.to_bytes(40, "big"), pow(2, x, p).to_bytes(size, "big"),
             y.to_bytes(40, "big"), pow(2, y, p).to_bytes(size, "big"),
             secret.to_bytes(size, "big"))
    print("};")


def auth():
    """Shared key MICs and IntAuth of one exchange, its SK payload in the clear."""
    print("/* prf, secret, AUTH data; IntAuth after one and two steps */")
    print("static const struct {\n\tuint16_t prf;\n"
          "\tconst char *secret, *auth, *null, *int1, *int2;\n} auths[] = {")
    msg, nonce, ident = octets(300, "msg"), octets(32, "nonce"), octets(20, "id")
    head, inner = octets(16, "spis") + b"\x29\x20\x2b\x08\0\0\0\1", octets(90, "inner")
    for prf, n in ((5, 1), (5, 64), (5, 200), (2, 20), (6, 30), (7, 129), (4, 33), (8, 5)):
        p, size = PRF[prf]
        sk, secret = octets(size, "sk_p"), octets(n, "secret")
        a = head + (28 + 8 + 4 + 90).to_bytes(4, "big") + b"\x2e\0\0\x08\0\0\x40\x16"
        int1 = p(sk, a + b"\x29\0" + (94).to_bytes(2, "big") + inner)
        a = head[:16] + b"\x2e" + head[17:] + (32).to_bytes(4, "big") + b"\0\0\0\4"
        int2 = p(sk, int1 + a)
        signed = msg + nonce + p(sk, ident) + int1 + int2 + b"\0\0\0\3"
        show(prf, secret, *(p(p(k, b"Key Pad for IKEv2"), signed) for k in (secret, sk)),
             int1, int2)
    print("};\n")
    for name, value in (("msg", msg), ("nonce", nonce), ("id", ident), ("inner90", inner),
                        ("spis", octets(16, "spis"))):
        h = value.hex()
        print("#define V_%s \\\n%s" % (name.upper(), " \\\n".join(
            '\t"%s"' % h[i:i + 80] for i in range(0, len(h), 80))))
    for size in (16, 20, 32, 48, 64):
        print('#define V_SK_P_%d "%s"' % (size, octets(size, "sk_p").hex()))


print("/* SPDX-License-Identifier: GPL-2.0 */\n/* Made by vectors.py. */\n")
if sys.argv[1:] == ["ke"]:
    modp()
elif sys.argv[1:] == ["auth"]:
    auth()
else:
    sealed()
    keys()
