// SPDX-License-Identifier: GPL-2.0
/*
 * Key exchange methods.
 */
#include <openssl/bn.h>

#include "../../tests/ktap.h"
#include "../crypto.h"
#include "hex.h"
#include "vectors_ke.h"

/* method, private and public of both sides, secret: RFC 5903 8, RFC 7748 6. */
static const struct {
	uint16_t group;
	const char *i, *gi, *r, *gr, *secret;
} curves[] = {
	{ 19,
	  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a046"
	  "1cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca"
	  "366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ 20,
	  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b5380"
	  "41e649ee3faef896783ab194",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808"
	  "acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ad"
	  "a024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
	  "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312"
	  "916b8ed2960e4bd55a7448fc",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a"
	  "0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f66eebe3c6e70c416"
	  "dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d6031355"
	  "69b9e9d09cf5d4a270f59746" },
	{ 21,
	  "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a3"
	  "0fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42"
	  "e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176ced3e017cae20b664"
	  "1d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799d"
	  "c75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
	  "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d60"
	  "0b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356"
	  "436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f015c68226383"
	  "956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2ae"
	  "bb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73"
	  "ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea" },
	{ 31, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ 32, "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
	  "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
	  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
	  "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
	  "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120"
	  "bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
	  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
	  "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
	  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
	  "fd2464c335543936521c24403085d59a449a5037514a879d" },
};

/* One side with a private value that is given: its public value and the secret. */
static bool side(uint16_t m, bool initiator, const char *priv, const char *own, const char *peer,
		 const char *secret)
{
	struct ike_ke *ke = ike_ke_new(m, initiator, NULL);
	struct ike_buf pub, s;
	bool ok;

	ok = ke && !ike_ke_fix(ke, hex(priv), hex(own)) && !ike_ke_public(ke, &pub) &&
	     same(pub.p, pub.n, own) && pub.n == ike_ke_pub_len(m, initiator) &&
	     ike_ke_secret(ke, &s) == IKE_CRYPT_ORDER && !ike_ke_peer(ke, hex(peer)) &&
	     !ike_ke_secret(ke, &s) && s.n == ike_ke_secret_len(m) && same(s.p, s.n, secret) &&
	     ike_ke_peer(ke, hex(peer)) == IKE_CRYPT_ORDER;
	ike_ke_free(ke);
	return ok;
}

static void test_vectors(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(curves); i++)
		ktap_ok(side(curves[i].group, true, curves[i].i, curves[i].gi, curves[i].gr,
			     curves[i].secret) &&
			side(curves[i].group, false, curves[i].r, curves[i].gr, curves[i].gi,
			     curves[i].secret), NULL,
			"%s group %u as in its RFC", curves[i].group < 30 ? "IKE2-KE-2" :
			"IKE2-KE-3", curves[i].group);
	for (i = 0; i < ARRAY_SIZE(modp); i++)
		ktap_ok(side(modp[i].group, true, modp[i].i, modp[i].gi, modp[i].gr,
			     modp[i].secret) &&
			side(modp[i].group, false, modp[i].r, modp[i].gr, modp[i].gi,
			     modp[i].secret), NULL, "IKE2-KE-1 group %u%s", modp[i].group,
			modp[i].group == 14 ? ", secret starts with a zero" : "");
}

static enum ike_crypt offer(uint16_t m, bool initiator, struct ike_buf pub)
{
	struct ike_ke *ke = ike_ke_new(m, initiator, NULL);
	struct ike_buf secret;
	enum ike_crypt why;

	if (!ke)
		return IKE_CRYPT_LIBRARY;
	why = ike_ke_peer(ke, pub);
	if (!why)
		why = ike_ke_secret(ke, &secret);
	ike_ke_free(ke);
	return why;
}

/* Fresh values on both sides: equal secrets, and never the same values again. */
static void test_fresh(uint16_t m)
{
	struct ike_ke *i = ike_ke_new(m, true, NULL), *r = ike_ke_new(m, false, NULL);
	struct ike_ke *again = ike_ke_new(m, true, NULL);
	struct ike_buf gi, gr, si, sr, other;
	bool ok;

	ok = i && r && again && !ike_ke_public(i, &gi) && !ike_ke_peer(r, gi) &&
	     !ike_ke_public(r, &gr) && !ike_ke_peer(i, gr) && !ike_ke_secret(r, &sr) &&
	     !ike_ke_secret(i, &si) && si.n == sr.n && !memcmp(si.p, sr.p, si.n);
	ktap_ok(ok, NULL, "IKE2-KE-1 IKE2-KE-6 method %u: both sides agree", m);
	ok = ok && !ike_ke_public(again, &other) && memcmp(other.p, gi.p, gi.n);
	ktap_ok(ok, NULL, "IKE2-KE-7 method %u: a fresh value each time", m);
	if (ok) {
		gi.n--;
		ok = offer(m, false, gi) == IKE_CRYPT_PUB_LENGTH;
		gr.n--;
		ok = ok && offer(m, true, gr) == IKE_CRYPT_PUB_LENGTH &&
		     offer(m, true, hex("")) == IKE_CRYPT_PUB_LENGTH;
	}
	ktap_ok(ok, NULL, "IKE2-KE-6 ATK-15 method %u: another length is refused", m);
	ike_ke_free(i);
	ike_ke_free(r);
	ike_ke_free(again);
}

static void test_reflected(uint16_t m)
{
	struct ike_ke *ke = ike_ke_new(m, true, NULL);
	struct ike_buf pub;

	ktap_ok(ke && !ike_ke_public(ke, &pub) && ike_ke_peer(ke, pub) == IKE_CRYPT_PUB_OWN, NULL,
		"ATK-11 method %u: our own value sent back", m);
	ike_ke_free(ke);
}

static BIGNUM *prime(uint16_t m)
{
	switch (m) {
	case 14:
		return BN_get_rfc3526_prime_2048(NULL);
	case 15:
		return BN_get_rfc3526_prime_3072(NULL);
	case 16:
		return BN_get_rfc3526_prime_4096(NULL);
	case 17:
		return BN_get_rfc3526_prime_6144(NULL);
	default:
		return BN_get_rfc3526_prime_8192(NULL);
	}
}

static void test_modp_range(uint16_t m)
{
	BIGNUM *p = prime(m), *y = BN_new();
	size_t n = ike_ke_pub_len(m, true);
	static uint8_t v[1024];
	int i;

	/* 0, 1, p - 1, p, p + 1, the most that fits; then 2 and p - 2, which are good */
	for (i = 0; i < 8; i++) {
		BN_copy(y, p);
		if (i < 2)
			BN_set_word(y, (BN_ULONG)i);
		else if (i == 2)
			BN_sub_word(y, 1);
		else if (i == 4)
			BN_add_word(y, 1);
		else if (i == 6)
			BN_set_word(y, 2);
		else if (i == 7)
			BN_sub_word(y, 2);
		BN_bn2binpad(y, v, (int)n);
		if (i == 5)
			memset(v, 0xff, n);
		ktap_ok(offer(m, i & 1, (struct ike_buf){ v, n }) ==
			(i < 6 ? IKE_CRYPT_PUB_RANGE : IKE_CRYPT_OK), NULL,
			"IKE2-KE-4 ATK-15 group %u: value %s", m,
			((const char *[]){ "0", "1", "p-1", "p", "p+1", "all ones", "2 is good",
			  "p-2 is good" })[i]);
	}
	BN_free(p);
	BN_free(y);
}

static void test_ecp_points(size_t i)
{
	uint16_t m = curves[i].group;
	struct ike_buf good = hex(curves[i].gi);
	uint8_t v[133];

	memcpy(v, good.p, good.n);
	v[good.n - 1] ^= 1;
	ktap_ok(offer(m, false, (struct ike_buf){ v, good.n }) == IKE_CRYPT_PUB_CURVE, NULL,
		"IKE2-KE-4 ATK-15 group %u: point beside the curve", m);
	memset(v, 0, good.n);
	ktap_ok(offer(m, true, (struct ike_buf){ v, good.n }) == IKE_CRYPT_PUB_CURVE, NULL,
		"IKE2-KE-4 ATK-15 group %u: 0, 0 for infinity", m);
	v[0] = 4;
	memcpy(v + 1, good.p, good.n);
	ktap_ok(offer(m, true, (struct ike_buf){ v, good.n + 1 }) == IKE_CRYPT_PUB_LENGTH, NULL,
		"IKE2-KE-2 group %u: the format of X9.62, with 4 in front, is refused", m);
	memcpy(v, good.p, good.n);
	memset(v, 0xff, good.n / 2);
	ktap_ok(offer(m, false, (struct ike_buf){ v, good.n }) == IKE_CRYPT_PUB_RANGE, NULL,
		"IKE2-KE-4 ATK-15 group %u: x not below p", m);
	memcpy(v, good.p, good.n);
	memset(v + good.n / 2, 0xff, good.n / 2);
	ktap_ok(offer(m, false, (struct ike_buf){ v, good.n }) == IKE_CRYPT_PUB_RANGE, NULL,
		"IKE2-KE-4 ATK-15 group %u: y not below p", m);
}

/* Points of low order (RFC 7748 6), in all forms of 32 octets that stand for them. */
static void test_low_order(void)
{
	static const char *const low[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000080",
	};
	uint8_t v[56] = { 0 };
	struct ike_buf u;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(low); i++)
		ktap_ok(offer(31, i & 1, hex(low[i])) == IKE_CRYPT_PUB_ZERO, NULL,
			"IKE2-KE-4 ATK-15 Curve25519: point %zu of low order", i);
	for (i = 0; i < 2; i++) {
		v[0] = (uint8_t)i;
		ktap_ok(offer(32, true, (struct ike_buf){ v, 56 }) == IKE_CRYPT_PUB_ZERO, NULL,
			"IKE2-KE-4 ATK-15 Curve448: u = %zu", i);
	}
	/* the top bit is not looked at: same secret */
	u = hex(curves[3].gr);
	memcpy(v, u.p, 32);
	v[31] |= 0x80;
	{
		struct ike_ke *ke = ike_ke_new(31, true, NULL);
		struct ike_buf s;

		ktap_ok(ke && !ike_ke_fix(ke, hex(curves[3].i), hex(curves[3].gi)) &&
			!ike_ke_peer(ke, (struct ike_buf){ v, 32 }) && !ike_ke_secret(ke, &s) &&
			same(s.p, s.n, curves[3].secret), NULL,
			"IKE2-KE-3 Curve25519: top bit of u is ignored");
		ike_ke_free(ke);
	}
}

static void test_kem(uint16_t m)
{
	struct ike_ke *i = ike_ke_new(m, true, NULL), *r = ike_ke_new(m, false, NULL);
	static uint8_t v[IKE_KE_PUB_MAX];
	struct ike_buf ek, ct, si, sr;
	bool ok;

	ok = i && r && ike_ke_public(r, &ct) == IKE_CRYPT_ORDER && !ike_ke_public(i, &ek) &&
	     !ike_ke_peer(r, ek) && !ike_ke_public(r, &ct) &&
	     ek.n == ike_ke_pub_len(m, true) && ct.n == ike_ke_pub_len(m, false);
	ktap_ok(ok, NULL, "IKE2-MLKEM-1 method %u: lengths of both directions", m);
	memcpy(v, ek.p, ek.n);
	v[0] = 0xff;
	v[1] |= 0x0f;
	ktap_ok(offer(m, false, (struct ike_buf){ v, ek.n }) == IKE_CRYPT_PUB_KEM, NULL,
		"IKE2-MLKEM-2 ATK-16 method %u: coefficient 0xfff", m);
	memcpy(v, ct.p, ct.n);
	v[5] ^= 1;
	ok = ok && !ike_ke_peer(i, (struct ike_buf){ v, ct.n }) && !ike_ke_secret(i, &si) &&
	     !ike_ke_secret(r, &sr) && si.n == 32 && memcmp(si.p, sr.p, 32);
	ktap_ok(ok, NULL,
		"IKE2-MLKEM-3 ATK-16 method %u: a changed ciphertext gives another secret", m);
	ike_ke_free(i);
	ike_ke_free(r);
}

static void test_missing(void)
{
	enum ike_crypt why;
	uint16_t m;

	ktap_ok(!ike_ke_known(1) && !ike_ke_known(22) && !ike_ke_available(22) &&
		!ike_ke_new(1, true, &why) && why == IKE_CRYPT_UNKNOWN, NULL,
		"IKE2-ALG-2 groups 1 and 22 are not there");
	for (m = 35; m <= 37; m++) {
		if (ike_ke_available(m)) {
			test_fresh(m);
			test_kem(m);
			continue;
		}
		ktap_ok(ike_ke_known(m) && !ike_ke_new(m, true, &why) &&
			why == IKE_CRYPT_UNAVAILABLE, NULL,
			"method %u: this libcrypto has none, and it is said", m);
	}
}

int main(void)
{
	static const uint16_t ms[] = { 14, 15, 16, 17, 18, 19, 20, 21, 31, 32 };
	size_t i;

	ktap_begin();
	test_vectors();
	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		test_fresh(ms[i]);
		test_reflected(ms[i]);
	}
	for (i = 0; i < 5; i++)
		test_modp_range(ms[i]);
	for (i = 0; i < 3; i++)
		test_ecp_points(i);
	test_low_order();
	test_missing();
	return ktap_end();
}
