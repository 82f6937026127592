# SPDX-License-Identifier: GPL-2.0
"""The oracle itself: esp.py against scapy and against the RFCs' own packets."""

import esp
import ip
import vectors
from ktap import check, same

WANTED = (2, 6, 1)      # 2.5 leaves the ESN out of the ICV of separate MACs

SCAPY_CIPHER = {"gcm": "AES-GCM", "ccm": "AES-CCM", "chacha": "CHACHA20-POLY1305",
                "cbc": "AES-CBC", "ctr": "AES-CTR", "3des": "3DES", "null": "NULL"}
SCAPY_MAC = {"sha1": "HMAC-SHA1-96", "sha256": "SHA2-256-128",
             "sha384": "SHA2-384-192", "sha512": "SHA2-512-256"}


def scapy_fits():
    """Whether scapy is one that can judge. That of Debian 12 cannot; there the
    cases are left out: they compare programs, which are the same on every kernel,
    and the machines with a newer Debian have them."""
    try:
        import scapy
        found = tuple(int(n) for n in scapy.__version__.split(".")[:3])
    except (ImportError, ValueError):
        return False
    return found >= WANTED


def load_scapy():
    """scapy's modules."""
    import logging
    import warnings
    warnings.simplefilter("ignore")
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.layers import inet, inet6, ipsec
    return inet, inet6, ipsec


class Oracle:
    """No machine needed."""

    name = "oracle"

    def setup(self):
        self.scapy = None

    def teardown(self):
        pass

    @staticmethod
    def run(function):
        function()

    def cases(self):
        for name, suite in esp.SUITES.items() if scapy_fits() else ():
            if suite.kind in ("gcm",) and suite.icv != 16:
                continue        # scapy always makes 16 octets
            for esn in (False, True):
                yield ("scapy agrees on %s%s" % (name, " ESN" if esn else ""),
                       lambda suite=suite, esn=esn: self.against_scapy(suite, esn))
        for bits in (128, 192, 256):
            for icv in (8, 12):
                yield ("MAC-2 CRY-11 gcm%d-%d is a truncated gcm16" % (icv, bits),
                       lambda bits=bits, icv=icv: self.truncated(bits, icv))
        for vector in vectors.ALL:
            yield "esp.py reproduces %s" % vector.name, lambda v=vector: self.vector(v)

    def against_scapy(self, suite, esn):
        """Packets of either are opened by the other, in four families."""
        if self.scapy is None:
            self.scapy = load_scapy()
        inet, inet6, ipsec = self.scapy
        sa = esp.Sa(suite, 0x1001, esn)
        options = {"crypt_algo": SCAPY_CIPHER[suite.kind], "crypt_key": sa.key}
        if suite.mac:
            options.update(auth_algo=SCAPY_MAC[suite.mac], auth_key=sa.mac_key)
        else:
            options["crypt_icv_size"] = suite.icv
        if suite.kind == "null":
            options.pop("crypt_key")
        seq = 0x5_0000_0007 if esn else 7
        if esn:
            options.update(esn_en=True, esn=5)
        for four in (True, False):
            outer = inet.IP if four else inet6.IPv6
            ends = ("10.0.1.1", "10.0.0.1") if four else ("fd00::2", "fd00::1")
            for length in (0, 13):
                self.exchange(ipsec, outer, ends, sa, options, seq, bytes(range(length)))

    @staticmethod
    def exchange(ipsec, outer, ends, sa, options, seq, payload):
        """One packet each way."""
        def other(number):
            return ipsec.SecurityAssociation(
                ipsec.ESP, spi=sa.spi, seq_num=number,
                tunnel_header=outer(src=ends[0], dst=ends[1]), **options)
        inner = ip.packet("10.1.0.1", "10.2.0.1", ip.PLAIN, payload)
        from scapy.layers.inet import IP
        made = bytes(other(7).encrypt(IP(inner)))
        plain, pad, kind = sa.open(ip.body(made), seq)
        same(plain, inner, "packet from scapy")
        same(pad, esp.default_padding(len(pad)), "padding from scapy")
        same(kind, ip.IPIP, "next header from scapy")
        ours = ip.packet(ends[0], ends[1], ip.ESP, sa.seal(inner, ip.IPIP, seq))
        same(bytes(other(7).decrypt(outer(ours))), inner, "packet opened by scapy")

    @staticmethod
    def truncated(bits, icv):
        """RFC 4106 6: the shorter tags are the beginning of the long one."""
        full = esp.Sa("gcm16-%d" % bits, 0x1001)
        short = esp.Sa("gcm%d-%d" % (icv, bits), 0x1001, key=full.key)
        one = full.encrypt(b"0123", 1, bytes(8))
        two = short.encrypt(b"0123", 1, bytes(8))
        same(two, one[:-(16 - icv)], "truncated packet")
        same(short.decrypt(two), b"0123", "plaintext")

    @staticmethod
    def vector(vector):
        """The ciphertext and, where there is one, the ICV of the RFC."""
        sa = esp.Sa(vector.suite, vector.spi, key=vector.key)
        data = ip.body(vector.wire)
        inner = vector.clear if vector.mode == "tunnel" else ip.body(vector.clear)
        kind = ip.IPIP if vector.mode == "tunnel" else ip.protocol(vector.clear)
        made = sa.seal(inner, kind, vector.seq, iv=data[8:8 + sa.suite.iv])
        check(made.startswith(data), "other octets than in the RFC:\n%s\n%s" %
              (made.hex(), data.hex()))
        same(len(made) - len(data), sa.suite.icv if sa.suite.mac else 0, "octets of ICV added")
