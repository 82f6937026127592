// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo-random functions, protection of messages, key exchange methods.
 */
#include "../../tests/ktap.h"
#include "../crypto.h"
#include "hex.h"
#include "vectors.h"

#define JEFE	"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f"
#define B16	"000102030405060708090a0b0c0d0e0f"
#define B20	B16 "10111213"

/* RFC 2202 and 4231 case 2, RFC 4434 4, RFC 4615 4. */
static const struct {
	uint16_t prf;
	const char *key, *text, *out;
} prfs[] = {
	{ 2, JEFE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ 5, JEFE, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ 6, JEFE, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ 7, JEFE, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ 4, B16, B20, "47f51b4564966215b8985c63055ed308" },
	{ 4, "00010203040506070809", B20, "0fa087af7d866e7653434e602fdde835" },
	{ 4, B16 "edcb", B20, "8cd3c93ae598a9803006ffb67c40e9e4" },
	{ 8, B16 "edcb", B20, "84a348a4a45d235babfffc0d2b4da09a" },
	{ 8, B16, B20, "980ae87b5f4c9c5214f5b6a8455e4c2d" },
	{ 8, "00010203040506070809", B20, "290d9e112edb09ee141fcf64c0b72f3d" },
};

static void test_prf(void)
{
	uint8_t out[IKE_PRF_MAX], plus[255 * 64];
	struct ike_buf in[2], key;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(prfs); i++) {
		/* in two parts, so that the border is crossed */
		in[0] = hex(prfs[i].text);
		in[1] = (struct ike_buf){ in[0].p + 3, in[0].n - 3 };
		in[0].n = 3;
		n = ike_prf_len(prfs[i].prf);
		ktap_ok(!ike_prf(prfs[i].prf, hex(prfs[i].key), in, 2, out) &&
			same(out, n, prfs[i].out), NULL, "IKE2-ALG-1 prf %u vector %zu",
			prfs[i].prf, i);
	}
	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		n = 255 * ike_prf_len(longest[i].prf);
		key = hex(V_NI);
		in[0] = hex(V_NR);
		ktap_ok(!ike_prf_plus(longest[i].prf, key, in, 1, plus, n) &&
			same(plus + n - 16, 16, longest[i].tail), NULL,
			"prf+ of prf %u to block 255", longest[i].prf);
		ktap_ok(ike_prf_plus(longest[i].prf, key, in, 1, plus, n + 1) == IKE_CRYPT_SPACE,
			NULL, "prf+ of prf %u has no block 256", longest[i].prf);
	}
	ktap_ok(!ike_prf_len(1) && !ike_prf_len(3) && !ike_integ_key_len(1) &&
		!ike_integ_icv_len(1) && !ike_integ_key_len(3) && !ike_integ_key_len(4) &&
		ike_prf(1, key, in, 1, out) == IKE_CRYPT_UNKNOWN, NULL,
		"IKE2-ALG-2 HMAC-MD5, DES-MAC and KPDK are not there");
}

/* RFC 2202, 3566 4, 4494 4, 4868 2.7. */
static const struct {
	uint16_t integ;
	const char *key, *text, *out;
} integs[] = {
	{ 2, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b617318655057264e28bc0b6" },
	{ 12, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "4869205468657265", "198a607eb44bfbc69903a0f1cf2bbdc5" },
	{ 13, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "4869205468657265", "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
	{ 14, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "4869205468657265",
	  "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
	{ 5, B16, "", "75f0251d528ac01c4573dfd5" },
	{ 5, B16, B16, "d2a246fa349b68a79998a439" },
	{ 5, B16, B20, "47f51b4564966215b8985c63" },
	{ 8, "2b7e151628aed2a6abf7158809cf4f3c", "", "bb1d6929e95937287fa37d12" },
	{ 8, "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
	  "070a16b46b4d4144f79bdd9d" },
};

static void test_integ(void)
{
	struct ike_buf key, in;
	uint8_t out[IKE_ICV_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(integs); i++) {
		key = hex(integs[i].key);
		in = hex(integs[i].text);
		ktap_ok(!ike_integ(integs[i].integ, key, &in, 1, out) &&
			same(out, ike_integ_icv_len(integs[i].integ), integs[i].out), NULL,
			"IKE2-ALG-4 integrity %u vector %zu", integs[i].integ, i);
		key.n--;
		ktap_ok(ike_integ(integs[i].integ, key, &in, 1, out) == IKE_CRYPT_KEY_LENGTH,
			NULL, "integrity %u with a short key is refused", integs[i].integ);
	}
}

/* Every octet of the message changed, and every length cut off. */
static bool tamper(const struct ike_sk *sk, const struct ike_buf msg, size_t head)
{
	struct ike_buf inner;
	uint8_t copy[512];
	enum ike_crypt why;
	size_t i;

	for (i = 0; i < msg.n; i++) {
		memcpy(copy, msg.p, msg.n);
		copy[i] ^= 1 << i % 8;
		if (ike_sk_open(sk, copy, head, msg.n, &inner) != IKE_CRYPT_ICV)
			return false;
	}
	for (i = 0; i < msg.n; i++) {
		memcpy(copy, msg.p, msg.n);
		why = ike_sk_open(sk, copy, head, i, &inner);
		if (why != IKE_CRYPT_ICV && why != IKE_CRYPT_SHORT && why != IKE_CRYPT_BLOCK)
			return false;
	}
	return true;
}

static void test_sealed(size_t i)
{
	struct ike_buf ke = hex(sealed[i].ke), ka = hex(sealed[i].ka), text = hex(sealed[i].inner);
	struct ike_buf msg = hex(sealed[i].msg), inner;
	uint16_t encr = sealed[i].encr;
	uint8_t buf[512];
	struct ike_sk sk;
	size_t iv, want = msg.n - 32;
	bool ok;

	ok = !ike_sk_init(&sk, encr, sealed[i].bits, sealed[i].integ, ke, ka);
	iv = ike_sk_iv_len(&sk);
	memcpy(buf, msg.p, msg.n);
	ktap_ok(ok && !ike_sk_open(&sk, buf, 32, msg.n, &inner) && inner.n == text.n &&
		!memcmp(inner.p, text.p, text.n), NULL,
		"IKE2-SK-1 IKE2-SK-3 cipher %u/%u integrity %u: open", encr, sealed[i].bits,
		sealed[i].integ);
	ktap_ok(tamper(&sk, msg, 32), NULL,
		"IKE2-SK-1 cipher %u/%u integrity %u: any change is noticed", encr,
		sealed[i].bits, sealed[i].integ);
	memset(buf, 0xa5, sizeof(buf));
	memcpy(buf, msg.p, 32);
	memcpy(buf + 32 + iv, text.p, text.n);
	ok = ike_sk_body_len(&sk, text.n) == want && ike_sk_room(&sk, want) >= text.n &&
	     ike_sk_body_len(&sk, ike_sk_room(&sk, want)) == want &&
	     ike_sk_seal(&sk, buf, 32, text.n, 32 + want - 1) == IKE_CRYPT_SPACE &&
	     !ike_sk_seal(&sk, buf, 32, text.n, 32 + want) && buf[32 + want] == 0xa5;
	/* counted IVs start with 0, so that the octets can be foreseen */
	if (iv == 8 && encr != 3)
		ok = ok && !memcmp(buf, msg.p, msg.n);
	ok = ok && !ike_sk_open(&sk, buf, 32, msg.n, &inner) && inner.n == text.n &&
	     !memcmp(inner.p, text.p, text.n);
	ktap_ok(ok, NULL, "IKE2-SK-2 IKE2-SK-3 cipher %u/%u integrity %u: seal", encr,
		sealed[i].bits, sealed[i].integ);
	sk.ke[0] ^= 2;
	sk.ka[0] ^= 2;
	memcpy(buf, msg.p, msg.n);
	ktap_ok(ike_sk_open(&sk, buf, 32, msg.n, &inner) == IKE_CRYPT_ICV, NULL,
		"IKE2-SK-1 cipher %u/%u integrity %u: another key", encr, sealed[i].bits,
		sealed[i].integ);
	ike_sk_wipe(&sk);
}

/* RFC 7634 appendix B. */
static void test_rfc7634(void)
{
	struct ike_buf msg = hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"
				 "1011121314151617610394701f8d017f7c12924889"
				 "6b71bfe25236efd7cdc67066906315b2"), inner;
	struct ike_sk sk;
	uint8_t buf[80];
	bool ok;

	ok = !ike_sk_init(&sk, 28, 0, 0, hex("808182838485868788898a8b8c8d8e8f"
					     "909192939495969798999a9b9c9d9e9fa0a1a2a3"),
			  hex(""));
	memcpy(buf, msg.p, msg.n);
	ok = ok && !ike_sk_open(&sk, buf, 32, msg.n, &inner) &&
	     same(inner.p, inner.n, "0000000c000040010000000a");
	sk.seq = 0x1011121314151617;
	ok = ok && !ike_sk_seal(&sk, buf, 32, inner.n, sizeof(buf)) && !memcmp(buf, msg.p, msg.n);
	ktap_ok(ok, NULL, "IKE2-SK-3 ChaCha20-Poly1305 as in RFC 7634 appendix B");
}

/* An authentic message whose padding is of the peer's own making. */
static enum ike_crypt with_padding(size_t pad, size_t claimed, struct ike_buf *inner)
{
	static uint8_t msg[1024];
	struct ike_sk sk;
	size_t len, i;

	if (ike_sk_init(&sk, 20, 128, 0, hex(B20), hex("")))
		return IKE_CRYPT_LIBRARY;
	memset(msg, 7, 44);
	for (i = 0; i < pad; i++)
		msg[44 + i] = (uint8_t)(i * 37);
	/* what the sealing adds is cut off again: the last inner octet is the length */
	msg[44 + pad] = (uint8_t)claimed;
	len = 4 + pad;
	if (ike_sk_seal(&sk, msg, 32, len, sizeof(msg)))
		return IKE_CRYPT_LIBRARY;
	return ike_sk_open(&sk, msg, 32, 32 + ike_sk_body_len(&sk, len), inner);
}

static void test_cbc_padding(void)
{
	static const size_t pads[] = { 15, 31, 255 };
	struct ike_buf inner, in;
	struct ike_sk sk;
	uint8_t msg[512];
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(pads); i++) {
		/* NULL-like trick: encrypt with AES-CTR, where any length is whole */
		ike_sk_init(&sk, 13, 128, 12, hex(B20), hex(B16 B16));
		memset(msg, 0x5a, sizeof(msg));
		n = 8 + pads[i];
		ike_sk_seal(&sk, msg, 32, n, sizeof(msg));
		/* the padding length stands where sealing put a 0: flip the key stream */
		msg[32 + 8 + n] ^= (uint8_t)pads[i];
		in = (struct ike_buf){ msg, 32 + 8 + n + 1 };
		ike_integ(12, (struct ike_buf){ sk.ka, sk.ka_len }, &in, 1, msg + in.n);
		ktap_ok(!ike_sk_open(&sk, msg, 32, in.n + 16, &inner) && inner.n == 8, NULL,
			"IKE2-SK-2 %zu octets of padding of any content", pads[i]);
		msg[32 + 8 + n] ^= (uint8_t)pads[i];
		msg[32 + 8 + n] ^= (uint8_t)(n + 1 > 255 ? 255 : n + 1);
		ike_integ(12, (struct ike_buf){ sk.ka, sk.ka_len }, &in, 1, msg + in.n);
		if (n + 1 <= 255)
			ktap_ok(ike_sk_open(&sk, msg, 32, in.n + 16, &inner) == IKE_CRYPT_PADDING,
				NULL, "IKE2-SK-6 padding of %zu in %zu octets", n + 1, n + 1);
	}
	ktap_ok(!with_padding(4, 0, &inner) && inner.n == 8, NULL,
		"IKE2-SK-3 AEADs add no padding of their own");
}

static void test_sk_rules(void)
{
	struct ike_buf none = { NULL, 0 }, inner;
	uint8_t a[128] = { 0 }, b[128] = { 0 };
	struct ike_sk sk;

	ktap_ok(ike_sk_init(&sk, 11, 0, 12, none, hex(B16 B16)) == IKE_CRYPT_UNKNOWN, NULL,
		"IKE2-ALG-2 NULL does not protect IKE");
	ktap_ok(ike_sk_init(&sk, 12, 128, 0, hex(B16), none) == IKE_CRYPT_UNKNOWN, NULL,
		"IKE2-ALG-3 no cipher without integrity");
	ktap_ok(ike_sk_init(&sk, 20, 128, 12, hex(B20), hex(B16 B16)) == IKE_CRYPT_UNKNOWN,
		NULL, "IKE2-ALG-3 no AEAD with a second integrity");
	ktap_ok(ike_sk_init(&sk, 20, 128, 0, hex(B16), none) == IKE_CRYPT_KEY_LENGTH, NULL,
		"IKE2-KEY-2 key material without its salt");
	ktap_ok(!ike_encr_len(2, 0) && !ike_encr_len(12, 0) && !ike_encr_len(12, 64) &&
		!ike_encr_len(3, 192) && !ike_encr_len(28, 256), NULL,
		"IKE2-ALG-2 DES, and keys of lengths that are not theirs");
	ktap_ok(ike_encr_weak(3) && !ike_encr_weak(12) && ike_encr_aead(14) &&
		!ike_encr_aead(13), NULL, "IKE2-ALG-2 3DES is marked as weak");
	ike_sk_init(&sk, 20, 128, 0, hex(B20), none);
	ike_sk_seal(&sk, a, 36, 20, sizeof(a));
	ike_sk_seal(&sk, b, 36, 20, sizeof(b));
	ktap_ok(memcmp(a + 36, b + 36, 8) &&
		!ike_sk_open(&sk, b, 36, 36 + ike_sk_body_len(&sk, 20), &inner), NULL,
		"IKE2-SK-4 each fragment has an IV of its own");
	sk.seq = UINT64_MAX;
	ktap_ok(ike_sk_seal(&sk, a, 32, 20, sizeof(a)) == IKE_CRYPT_IV_SPENT, NULL,
		"IKE2-SK-4 no IV after the last");
	ike_sk_init(&sk, 12, 128, 12, hex(B16), hex(B16 B16));
	ike_sk_seal(&sk, a, 32, 20, sizeof(a));
	ike_sk_seal(&sk, b, 32, 20, sizeof(b));
	ktap_ok(memcmp(a + 32, b + 32, 16), NULL, "IKE2-SK-2 IVs of CBC differ");
	ike_sk_seal(&sk, a, 32, 0, sizeof(a));
	ktap_ok(ike_sk_body_len(&sk, 0) == 16 + 16 + 16 &&
		!ike_sk_open(&sk, a, 32, 32 + 48, &inner) && !inner.n, NULL,
		"IKE2-SK-5 empty payload: padding and its length only");
}

int main(void)
{
	size_t i;

	ktap_begin();
	test_prf();
	test_integ();
	for (i = 0; i < ARRAY_SIZE(sealed); i++)
		test_sealed(i);
	test_rfc7634();
	test_cbc_padding();
	test_sk_rules();
	return ktap_end();
}
