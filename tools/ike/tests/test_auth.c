// SPDX-License-Identifier: GPL-2.0
/*
 * Authentication: signed octets, shared secrets, signatures.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "../../tests/ktap.h"
#include "../auth.h"
#include "../crypto.h"
#include "hex.h"
#include "vectors_auth.h"

/* curve, method, public point, r | s of "abc": RFC 4754 8. */
static const struct {
	const char *curve;
	uint8_t method;
	const char *point, *sig;
} ecdsa[] = {
	{ "P-256", 9,
	  "042442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e9706fc98b"
	  "d7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d",
	  "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c86fa3bb4"
	  "e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315" },
	{ "P-384", 10,
	  "0496281bf8dd5e0525ca049c048d345d3082968d10fedf5c5aca0c64e6465a97ea5ce10c"
	  "9dfec21797415710721f437922447688ba94708eb6e2e4d59f6ab6d7edff9301d249fe49"
	  "c33096655f5d502fad3d383b91c5e7edaa2b714cc99d5743ca",
	  "fb017b914e29149432d8bac29a514640b46f53ddab2c69948084e2930f1c8f7e08e07c9c"
	  "63f2d21a07dcb56a6af56eb3b263a1305e057f984d38726a1b46874109f417bca112674c"
	  "528262a40a629af1cbb9f516ce0fa7d2ff630863a00e8b9f" },
	{ "P-521", 11,
	  "040151518f1af0f563517edd5485190df95a4bf57b5cba4cf2a9a3f6474725a35f7afe0a"
	  "6ddeb8bedbcd6a197e592d40188901cecd650699c9b5e456aea5add19052a8006f3b142e"
	  "a1bfff7e2837ad44c9e4ff6d2d34c73184bbad90026dd5e6e85317d9df45cad7803c6c20"
	  "035b2f3ff63aff4e1ba64d1c077577da3f4286c58f0aeae643",
	  "0154fd3836af92d0dca57dd5341d3053988534fde8318fc6aaaab68e2e6f4339b19f2f28"
	  "1a7e0b22c269d93cf8794a9278880ed7dbb8d9362caeacee544320552251017705a70302"
	  "90d1ceb605a9a1bb03ff9cdd521e87a696ec926c8c10c8362df4975367101f67d1cf9bcc"
	  "bf2f3d239534fa509e70aac851ae01aac68d62f866472660" },
};

static EVP_PKEY *rsa2048, *rsa1024, *ec256, *ec384, *ec521, *ed25519, *ed448;

static const struct ike_buf text = { (const uint8_t *)"signed octets", 13 };

static struct ike_sig_policy both(void)
{
	return (struct ike_sig_policy){ .both_listed = true, .ours = IKE_HASHES_ALL,
					.peers = IKE_HASHES_ALL };
}

static const char *sk_p(uint16_t prf)
{
	switch (ike_prf_len(prf)) {
	case 16:
		return V_SK_P_16;
	case 20:
		return V_SK_P_20;
	case 32:
		return V_SK_P_32;
	case 48:
		return V_SK_P_48;
	default:
		return V_SK_P_64;
	}
}

static void test_psk(size_t i)
{
	uint16_t prf = auths[i].prf;
	struct ike_buf secret = hex(auths[i].secret), other;
	uint8_t join[2 * IKE_PRF_MAX + 4], out[IKE_PRF_MAX];
	struct ike_auth_in in = { prf, hex(sk_p(prf)), hex(V_MSG), hex(V_NONCE), hex(V_ID) };
	struct ike_buf *changed[] = { &in.message, &in.nonce, &in.id, &in.intauth, &in.sk_p };
	size_t n = ike_prf_len(prf), c, missed = 0;
	struct ike_buf mac = { out, n }, good;
	uint8_t copy[400];

	in.intauth = (struct ike_buf){ join, ike_intauth_join(hex(auths[i].int1),
							       hex(auths[i].int2), 3, join,
							       sizeof(join)) };
	ktap_ok(!ike_auth_psk(&in, secret, out) && same(out, n, auths[i].auth), NULL,
		"IKE2-AUTH-1 IKE2-AUTH-2 IKE2-INT-2 prf %u: shared secret of %zu octets", prf,
		secret.n);
	ktap_ok(!ike_auth_psk_check(&in, secret, mac), NULL,
		"IKE2-AUTH-2 prf %u: the peer's is accepted", prf);
	/* one bit changed in each part that is signed */
	for (c = 0; c < ARRAY_SIZE(changed); c++) {
		good = *changed[c];
		memcpy(copy, good.p, good.n);
		copy[good.n - 1] ^= 1;
		changed[c]->p = copy;
		missed += ike_auth_psk_check(&in, secret, mac) != IKE_DENY_MAC;
		*changed[c] = good;
	}
	ktap_ok(!missed, NULL, "IKE2-AUTH-1 ATK-17 prf %u: any changed part is noticed", prf);
	memcpy(copy, secret.p, secret.n);
	copy[0] ^= 1;
	other = (struct ike_buf){ copy, secret.n };
	mac.n--;
	ktap_ok(ike_auth_psk_check(&in, secret, mac) == IKE_DENY_MAC &&
		ike_auth_psk_check(&in, secret, hex("")) == IKE_DENY_MAC &&
		ike_auth_psk_check(&in, other, (struct ike_buf){ out, n }) == IKE_DENY_MAC &&
		ike_auth_psk_check(&in, hex(""), (struct ike_buf){ out, n }) ==
		IKE_DENY_SECRET, NULL,
		"IKE2-AUTH-2 ATK-17 prf %u: cut off, other secret, no secret", prf);
	ktap_ok(!ike_auth_psk(&in, in.sk_p, out) && same(out, n, auths[i].null), NULL,
		"IKE2-NULL-1 prf %u: SK_p instead of a secret", prf);
}

/* The message as fragment 1 of two and as a whole gives the same. */
static void test_intauth(size_t i)
{
	uint16_t prf = auths[i].prf;
	uint8_t out[IKE_PRF_MAX], head[44], skf[48];
	struct ike_buf spis = hex(V_SPIS), sk = hex(sk_p(prf)), inner = hex(V_INNER90), rest;
	size_t n = ike_prf_len(prf);
	bool ok;

	memcpy(head, spis.p, 16);
	/* lengths as on the wire, which is not how they are signed */
	rest = hex("29202b0800000001000001002e00000800004016290000dc");
	memcpy(head + 16, rest.p, rest.n);
	ok = !ike_intauth_step(prf, sk, hex(""), (struct ike_buf){ head, 40 }, false, inner, out) &&
	     same(out, n, auths[i].int1);
	ktap_ok(ok, NULL, "IKE2-INT-2 IKE2-INT-3 prf %u: first step, payload in the clear", prf);
	memcpy(skf, head, 40);
	rest = hex("35000008000040162900008000010002");
	memcpy(skf + 28, rest.p, rest.n);
	ok = !ike_intauth_step(prf, sk, hex(""), (struct ike_buf){ skf, 44 }, true, inner, out) &&
	     same(out, n, auths[i].int1);
	ktap_ok(ok, NULL, "IKE2-INT-4 prf %u: the same from fragments", prf);
	rest = hex("2e202b08000000010000005000000034");
	memcpy(head + 16, rest.p, rest.n);
	ok = !ike_intauth_step(prf, sk, (struct ike_buf){ out, n }, (struct ike_buf){ head, 32 },
			       false, hex(""), out) && same(out, n, auths[i].int2);
	ktap_ok(ok, NULL, "IKE2-INT-2 prf %u: second step, empty payload", prf);
	ktap_ok(ike_intauth_step(prf, sk, hex(""), (struct ike_buf){ head, 31 }, false, inner,
				 out) == IKE_DENY_INPUT &&
		ike_intauth_step(prf, sk, hex(""), (struct ike_buf){ head, 32 }, true, inner,
				 out) == IKE_DENY_INPUT, NULL,
		"IKE2-INT-3 prf %u: a header that does not end with SK", prf);
}

/* Signs with @p and checks with @q. */
static enum ike_deny round_trip(EVP_PKEY *key, const struct ike_sig_policy *p, EVP_PKEY *peer,
				const struct ike_sig_policy *q, uint8_t *method)
{
	uint8_t out[IKE_SIG_MAX];
	enum ike_deny why;
	size_t n;

	why = ike_sig_make(key, p, text, method, out, sizeof(out), &n);
	return why ? why : ike_sig_check(peer, q, *method, text, (struct ike_buf){ out, n });
}

static void test_method14(EVP_PKEY *key, const char *name, bool pss)
{
	struct ike_sig_policy p = both();
	uint8_t out[IKE_SIG_MAX], method = 0;
	struct ike_sig_alg alg;
	size_t n, i, missed = 0;
	uint16_t h;

	p.pss = pss;
	for (h = IKE_HASH_SHA256; h <= IKE_HASH_IDENTITY; h++) {
		bool fits = (h == IKE_HASH_IDENTITY) == (key == ed25519 || key == ed448);

		p.peers = IKE_HASH_BIT(h) | IKE_HASH_BIT(IKE_HASH_SHA1);
		if (!fits) {
			ktap_ok(ike_sig_make(key, &p, text, &method, out, sizeof(out), &n) ==
				IKE_DENY_NO_HASH, NULL,
				"IKE2-SIG-3 %s is not signed with hash %u", name, h);
			continue;
		}
		ktap_ok(!round_trip(key, &p, key, &p, &method) && method == IKE_AUTH_SIGNATURE,
			NULL, "IKE2-SIG-2 IKE2-SIG-%u %s with hash %u",
			h == IKE_HASH_IDENTITY ? 7 : 3, name, h);
		p.ours = IKE_HASHES_ALL & ~IKE_HASH_BIT(h);
		ktap_ok(round_trip(key, &p, key, &p, &method) == IKE_DENY_HASH, NULL,
			"IKE2-SIG-3 ATK-18 %s: hash %u that we did not list", name, h);
		p.ours = IKE_HASHES_ALL;
	}
	p.peers = IKE_HASHES_ALL;
	if (ike_sig_make(key, &p, text, &method, out, sizeof(out), &n) ||
	    ike_algid_parse((struct ike_buf){ out + 1, out[0] }, &alg) || alg.pss != pss)
		missed++;
	for (i = 0; i < n; i++) {
		out[i] ^= 0x40;
		missed += !ike_sig_check(key, &p, method, text, (struct ike_buf){ out, n });
		out[i] ^= 0x40;
	}
	for (i = 0; i < n; i++)
		missed += !ike_sig_check(key, &p, method, text, (struct ike_buf){ out, i });
	out[n] = 0;
	missed += !ike_sig_check(key, &p, method, text, (struct ike_buf){ out, n + 1 });
	missed += ike_sig_check(key, &p, method, (struct ike_buf){ text.p, 12 },
				(struct ike_buf){ out, n }) != IKE_DENY_SIGNATURE;
	ktap_ok(!missed, NULL,
		"IKE2-SIG-3 ATK-18 %s: changed, cut off, longer, or over something else", name);
	p.both_listed = false;
	ktap_ok(ike_sig_check(key, &p, IKE_AUTH_SIGNATURE, text, (struct ike_buf){ out, n }) ==
		IKE_DENY_NOT_NEGOTIATED, NULL, "IKE2-SIG-2 %s: method 14 without the notify", name);
}

static void test_choice(void)
{
	struct ike_sig_policy p = both(), q = both(), o = both();
	struct ike_sig_alg alg = { 0 };
	uint8_t out[IKE_SIG_MAX], method;
	size_t n;

	p.peers = IKE_HASH_BIT(IKE_HASH_SHA256) | IKE_HASH_BIT(IKE_HASH_SHA512);
	p.prefer[0] = IKE_HASH_SHA384;
	ktap_ok(ike_sig_make(rsa2048, &p, text, &method, out, sizeof(out), &n) ==
		IKE_DENY_NO_HASH, NULL, "IKE2-SIG-3 only a hash that the peer did not list");
	p.prefer[1] = IKE_HASH_SHA512;
	p.prefer[2] = IKE_HASH_SHA256;
	ktap_ok(!ike_sig_make(rsa2048, &p, text, &method, out, sizeof(out), &n) &&
		!ike_algid_parse((struct ike_buf){ out + 1, out[0] }, &alg) &&
		alg.hash == IKE_HASH_SHA512, NULL, "IKE2-SIG-3 the first that the peer listed");
	ktap_ok(!round_trip(ed25519, &(struct ike_sig_policy){ .both_listed = true,
			.peers = IKE_HASHES_ALL, .prefer = { IKE_HASH_SHA512 } }, ed25519, &q, &method),
		NULL, "IKE2-SIG-7 Ed25519 has no choice of hashes");

	q.only_pss = true;
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &q, &method) == IKE_DENY_NO_PSS, NULL,
		"IKE2-SIG-4 PKCS #1 where RSASSA-PSS is wanted");
	p.pss = true;
	ktap_ok(!round_trip(rsa2048, &p, rsa2048, &q, &method), NULL,
		"IKE2-SIG-4 RSASSA-PSS where it is wanted");
	ktap_ok(!round_trip(ec256, &p, ec256, &q, &method), NULL,
		"IKE2-SIG-4 which says nothing about ECDSA");
	p = q = (struct ike_sig_policy){ .allow_sha1 = true };
	q.only_pss = true;
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &q, &method) == IKE_DENY_NO_PSS, NULL,
		"IKE2-SIG-6 method 1 where RSASSA-PSS is wanted");

	p = q = both();
	q.ec_min = 384;
	ktap_ok(round_trip(ec256, &p, ec256, &q, &method) == IKE_DENY_KEY_SMALL &&
		!round_trip(ec384, &p, ec384, &q, &method), NULL, "an ECDSA key of the least size");
	p.keys = IKE_KEY_EC;
	ktap_ok(!round_trip(rsa2048, &p, rsa2048, &o, &method), NULL,
		"what the peer's key has to be does not bind ours");
}

static void test_old_methods(void)
{
	struct ike_sig_policy p = { .allow_sha1 = true }, strict = { 0 }, listed = both();
	static const struct {
		EVP_PKEY **key;
		uint8_t method, other;
		size_t n;
	} old[] = {
		{ &ec256, 9, 10, 64 }, { &ec384, 10, 11, 96 }, { &ec521, 11, 9, 132 },
	};
	uint8_t out[IKE_SIG_MAX], method;
	struct ike_buf sig = { out };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(old); i++) {
		EVP_PKEY *key = *old[i].key;

		ktap_ok(!ike_sig_make(key, &strict, text, &method, out, sizeof(out), &sig.n) &&
			method == old[i].method && sig.n == old[i].n &&
			!ike_sig_check(key, &strict, method, text, sig), NULL,
			"IKE2-SIG-5 method %u: r | s of %zu octets", method, old[i].n);
		ktap_ok(ike_sig_check(key, &strict, old[i].other, text, sig) ==
			IKE_DENY_KEY_TYPE, NULL, "IKE2-SIG-5 ATK-17 method %u with the key of %u",
			old[i].other, method);
		ktap_ok(ike_sig_check(key, &listed, method, text, sig) == IKE_DENY_OLD_METHOD,
			NULL, "IKE2-SIG-2 ATK-18 method %u though hashes were listed", method);
		out[sig.n - 1] ^= 1;
		ktap_ok(ike_sig_check(key, &strict, method, text, sig) == IKE_DENY_SIGNATURE,
			NULL, "IKE2-SIG-5 method %u: changed", method);
	}
	ktap_ok(!round_trip(rsa2048, &p, rsa2048, &p, &method) && method == IKE_AUTH_RSA, NULL,
		"IKE2-SIG-6 method 1 with SHA-1 where the operator allows it");
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &strict, &method) == IKE_DENY_SHA1, NULL,
		"IKE2-SIG-6 ATK-18 method 1 with SHA-1 is refused by default");
	ktap_ok(ike_sig_make(rsa2048, &strict, text, &method, out, sizeof(out), &sig.n) ==
		IKE_DENY_SHA1, NULL, "IKE2-SIG-6 nor is it made");
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &listed, &method) == IKE_DENY_OLD_METHOD, NULL,
		"IKE2-SIG-2 ATK-18 method 1 though hashes were listed");
	ktap_ok(round_trip(rsa2048, &p, ec256, &p, &method) == IKE_DENY_KEY_TYPE, NULL,
		"ATK-17 method 1 under an EC key");
	ktap_ok(ike_sig_make(ed25519, &strict, text, &method, out, sizeof(out), &sig.n) ==
		IKE_DENY_NOT_NEGOTIATED, NULL, "IKE2-SIG-7 Ed25519 has no old method");
}

/* Method 1 with a hash of SHA-2, and method 9 with DER instead of r | s. */
static void test_old_forms(void)
{
	struct ike_sig_policy strict = { 0 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[1024];
	size_t n = sizeof(out);

	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, rsa2048);
	EVP_DigestSign(ctx, out, &n, text.p, text.n);
	ktap_ok(!ike_sig_check(rsa2048, &strict, 1, text, (struct ike_buf){ out, n }), NULL,
		"IKE2-SIG-6 method 1 with SHA-256");
	EVP_MD_CTX_reset(ctx);
	n = sizeof(out);
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ec256);
	EVP_DigestSign(ctx, out, &n, text.p, text.n);
	ktap_ok(ike_sig_check(ec256, &strict, 9, text, (struct ike_buf){ out, n }) ==
		IKE_DENY_SIGNATURE, NULL, "IKE2-SIG-5 DER in method 9 is refused");
	EVP_MD_CTX_free(ctx);
}

/* RSASSA-PSS of another salt than the AlgorithmIdentifier says. */
static void test_pss_salt(void)
{
	struct ike_sig_alg alg = { IKE_KEY_RSA, IKE_HASH_SHA256, true };
	struct ike_sig_policy p = both();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *k;
	uint8_t out[1024];
	size_t n, at;
	int salt;

	at = ike_algid_make(&alg, out + 1);
	out[0] = (uint8_t)at++;
	for (salt = 20; salt <= 32; salt += 12) {
		n = sizeof(out) - at;
		EVP_MD_CTX_reset(ctx);
		EVP_DigestSignInit(ctx, &k, EVP_sha256(), NULL, rsa2048);
		EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(k, salt);
		EVP_DigestSign(ctx, out + at, &n, text.p, text.n);
		ktap_ok(ike_sig_check(rsa2048, &p, 14, text, (struct ike_buf){ out, at + n }) ==
			(salt == 32 ? IKE_DENY_NONE : IKE_DENY_SIGNATURE), NULL,
			"IKE2-SIG-4 ATK-18 PSS with a salt of %d octets", salt);
	}
	EVP_MD_CTX_free(ctx);
}

static void test_rfc4754(void)
{
	struct ike_buf abc = { (const uint8_t *)"abc", 3 }, point, sig;
	struct ike_sig_policy p = { 0 };
	EVP_PKEY_CTX *ctx;
	OSSL_PARAM params[3];
	EVP_PKEY *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ecdsa); i++) {
		point = hex(ecdsa[i].point);
		sig = hex(ecdsa[i].sig);
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
							     (char *)ecdsa[i].curve, 0);
		params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
							      (void *)point.p, point.n);
		params[2] = OSSL_PARAM_construct_end();
		key = NULL;
		ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		EVP_PKEY_fromdata_init(ctx);
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
		ktap_ok(key && !ike_sig_check(key, &p, ecdsa[i].method, abc, sig), NULL,
			"IKE2-SIG-5 method %u as in RFC 4754", ecdsa[i].method);
		EVP_PKEY_free(key);
		EVP_PKEY_CTX_free(ctx);
	}
}

/* An RSA public key of numbers that nobody would choose for good. */
static EVP_PKEY *rsa_odd(int bits, int e_bits)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_rand(e, e_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

static void test_big_keys(void)
{
	static const struct {
		int bits, e;
		enum ike_deny want;
	} k[] = {
		{ 8192, 17, IKE_DENY_NONE }, { 8193, 17, IKE_DENY_KEY_BIG },
		{ 16000, 17, IKE_DENY_KEY_BIG }, { 2048, 64, IKE_DENY_NONE },
		{ 2048, 65, IKE_DENY_KEY_BIG }, { 4096, 4000, IKE_DENY_KEY_BIG },
		{ 2048, 1, IKE_DENY_KEY_BIG }, { 2047, 17, IKE_DENY_KEY_SMALL },
	};
	struct ike_sig_policy p = both();
	EVP_PKEY *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(k); i++) {
		key = rsa_odd(k[i].bits, k[i].e);
		ktap_ok(key && ike_sig_key(key, &p) == k[i].want, NULL,
			"IKE2-SIG-8 ATK-27 RSA key of %d bits with an exponent of %d", k[i].bits,
			k[i].e);
		EVP_PKEY_free(key);
	}
}

static void test_policy(void)
{
	struct ike_sig_policy p = both(), small = both(), kinds = both();
	EVP_PKEY *bp = EVP_EC_gen("brainpoolP256r1"), *x = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	uint8_t method;

	small.rsa_min = 1024;
	kinds.keys = IKE_KEY_EC;
	ktap_ok(round_trip(rsa1024, &small, rsa1024, &p, &method) == IKE_DENY_KEY_SMALL &&
		ike_sig_key(rsa1024, &p) == IKE_DENY_KEY_SMALL, NULL,
		"IKE2-SIG-8 RSA of 1024 bits is refused by default");
	ktap_ok(!round_trip(rsa1024, &small, rsa1024, &small, &method), NULL,
		"IKE2-SIG-8 the floor can be lowered");
	ktap_ok(ike_sig_key(bp, &p) == IKE_DENY_CURVE && ike_sig_key(x, &p) == IKE_DENY_KEY_TYPE,
		NULL, "IKE2-SIG-8 other curves and keys that cannot sign");
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &kinds, &method) == IKE_DENY_KEY_POLICY, NULL,
		"IKE2-AUTH-3 ATK-17 a kind of key that policy does not want");
	ktap_ok(round_trip(ec256, &p, ec384, &p, &method) == IKE_DENY_SIGNATURE, NULL,
		"ATK-17 signature of another key");
	ktap_ok(round_trip(ec256, &p, rsa2048, &p, &method) == IKE_DENY_KEY_TYPE, NULL,
		"IKE2-SIG-3 ATK-17 EC signature under an RSA key");
	ktap_ok(ike_sig_check(ec256, &p, 2, text, text) == IKE_DENY_METHOD &&
		ike_sig_check(ec256, &p, 3, text, text) == IKE_DENY_METHOD &&
		ike_sig_check(ec256, &p, 12, text, text) == IKE_DENY_METHOD &&
		ike_sig_check(ec256, &p, 13, text, text) == IKE_DENY_METHOD, NULL,
		"IKE2-AUTH-3 ATK-17 methods 2, 3, 12, 13 where a signature is wanted");
	p.peers = IKE_HASH_BIT(IKE_HASH_SHA1);
	ktap_ok(round_trip(rsa2048, &p, rsa2048, &p, &method) == IKE_DENY_NO_HASH, NULL,
		"IKE2-SIG-8 no fall back to SHA-1");
	EVP_PKEY_free(bp);
	EVP_PKEY_free(x);
}

#define PSS256	"06092a864886f70d01010a"
#define H256	"300d06096086480165030402010500"
#define H256N	"300b0609608648016503040201"
#define MGF	"06092a864886f70d010108"

static const struct {
	const char *der, *what;
	enum ike_deny want;
	bool pss;
	enum ike_hash hash;
} algids[] = {
	{ "300d06092a864886f70d01010b0500", "sha256WithRSA", 0, false, 2 },
	{ "300d06092a864886f70d01010d0500", "sha512WithRSA", 0, false, 4 },
	{ "300a06082a8648ce3d040303", "ecdsa-with-SHA384", 0, false, 3 },
	{ "300506032b6571", "Ed448", 0, false, 5 },
	{ "3046" PSS256 "3039a00f" H256 "a11c301a" MGF H256 "a203020120a303020101",
	  "PSS with trailer", 0, true, 2 },
	{ "3041" PSS256 "3034a00f" H256 "a11c301a" MGF H256 "a203020120",
	  "PSS without trailer", 0, true, 2 },
	{ "303d" PSS256 "3030a00d" H256N "a11a3018" MGF H256N "a203020120",
	  "PSS without NULL", 0, true, 2 },
	{ "3041" PSS256 "3034a00f300d06096086480165030402020500a11c301a" MGF
	  "300d06096086480165030402020500a203020130", "PSS with SHA-384", 0, true, 3 },
	{ "300d" PSS256 "3000", "PSS with default parameters", IKE_DENY_PSS_PARAMS },
	{ "300b" PSS256, "PSS without parameters", IKE_DENY_ALGID },
	{ "3041" PSS256 "3034a00f" H256 "a11c301a" MGF "300d06096086480165030402020500a203020120",
	  "PSS with another hash in MGF1", IKE_DENY_PSS_PARAMS },
	{ "3041" PSS256 "3034a00f" H256 "a11c301a" MGF H256 "a203020114",
	  "PSS with a salt of 20", IKE_DENY_PSS_PARAMS },
	{ "3041" PSS256 "3034a00f" H256 "a11c301a" MGF H256 "a20302012000",
	  "PSS with an octet after it", IKE_DENY_PSS_PARAMS },
	{ "30810d06092a864886f70d01010b0500", "long form of a short length", IKE_DENY_ALGID },
	{ "300d06092a864886f70d01010b050000", "octet after it", IKE_DENY_ALGID },
	{ "300d06092a864886f70d0101040500", "md5WithRSA", IKE_DENY_ALGID },
	{ "", "nothing", IKE_DENY_ALGID },
};

static void test_algids(void)
{
	struct ike_sig_policy p = both();
	struct ike_sig_alg alg;
	uint8_t out[256];
	struct ike_buf der;
	enum ike_deny why;
	uint16_t set;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algids); i++) {
		why = ike_algid_parse(hex(algids[i].der), &alg);
		ktap_ok(why == algids[i].want && alg.pss == algids[i].pss &&
			alg.hash == algids[i].hash, ike_deny_text(why),
			"IKE2-SIG-4 %s%s", algids[i].want ? "ATK-18 " : "", algids[i].what);
	}
	alg = (struct ike_sig_alg){ IKE_KEY_RSA, IKE_HASH_SHA256, true };
	ktap_ok(same(out, ike_algid_make(&alg, out), algids[5].der), NULL,
		"IKE2-SIG-4 PSS is sent without its default trailer");
	/* SHA-1 by name, with 20 octets of anything behind */
	der = hex("1e300d06092a864886f70d0101050500");
	memset(out, 1, sizeof(out));
	memcpy(out, der.p, der.n);
	out[0] = 15;
	ktap_ok(ike_sig_check(rsa2048, &p, 14, text, (struct ike_buf){ out, 256 }) ==
		IKE_DENY_SHA1, NULL, "IKE2-SIG-3 ATK-18 sha1WithRSA in method 14");
	der = hex("0b300906072a8648ce3d0401");
	memcpy(out, der.p, der.n);
	ktap_ok(ike_sig_check(ec256, &p, 14, text, (struct ike_buf){ out, 80 }) ==
		IKE_DENY_SHA1, NULL, "IKE2-SIG-4 ATK-18 ecdsa-with-SHA1 in method 14");
	out[0] = 0;
	ktap_ok(ike_sig_check(ec256, &p, 14, text, (struct ike_buf){ out, 80 }) == IKE_DENY_ALGID,
		NULL, "IKE2-SIG-3 AlgorithmIdentifier of length 0");
	out[0] = 255;
	ktap_ok(ike_sig_check(ec256, &p, 14, text, (struct ike_buf){ out, 80 }) == IKE_DENY_SHORT,
		NULL, "IKE2-SIG-3 AlgorithmIdentifier longer than the payload");
	ktap_ok(same(out, ike_hash_list(IKE_HASHES_ALL, out), "0002000300040005"), NULL,
		"IKE2-SIG-1 hashes that we list, without SHA-1");
	ktap_ok(ike_hash_parse(hex("0001000200ff00050102"), &set) &&
		set == (IKE_HASH_BIT(1) | IKE_HASH_BIT(2) | IKE_HASH_BIT(5)) &&
		!ike_hash_parse(hex("000200"), &set), NULL,
		"IKE2-SIG-1 hashes of the peer, unknown ones skipped");
}

static void test_signed_message(void)
{
	struct ike_auth_in in = { 5, hex(V_SK_P_32), hex(V_MSG), hex(V_NONCE), hex(V_ID) }, other;
	struct ike_sig_policy p = both();
	uint8_t out[IKE_SIG_MAX], method;
	struct ike_buf sig = { out };

	ktap_ok(!ike_auth_sign(&in, ec256, &p, &method, out, sizeof(out), &sig.n) &&
		!ike_auth_verify(&in, ec256, &p, method, sig), NULL,
		"IKE2-AUTH-1 signature over message, nonce and identity");
	other = in;
	other.id = hex("0200000062");
	ktap_ok(ike_auth_verify(&other, ec256, &p, method, sig) == IKE_DENY_SIGNATURE, NULL,
		"IKE2-AUTH-1 ATK-19 the same signature under another identity");
	other = in;
	other.intauth = hex("00");
	ktap_ok(ike_auth_verify(&other, ec256, &p, method, sig) == IKE_DENY_SIGNATURE, NULL,
		"IKE2-INT-2 signature without IntAuth");
	other = in;
	other.nonce.n = 15;
	ktap_ok(ike_auth_verify(&other, ec256, &p, method, sig) == IKE_DENY_INPUT, NULL,
		"nonce of 15 octets");
}

int main(void)
{
	struct { EVP_PKEY **key; } all[] = { { &rsa2048 }, { &rsa1024 }, { &ec256 }, { &ec384 },
					     { &ec521 }, { &ed25519 }, { &ed448 } };
	size_t i;

	rsa2048 = EVP_RSA_gen(2048);
	rsa1024 = EVP_RSA_gen(1024);
	ec256 = EVP_EC_gen("P-256");
	ec384 = EVP_EC_gen("P-384");
	ec521 = EVP_EC_gen("P-521");
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	ktap_begin();
	for (i = 0; i < ARRAY_SIZE(auths); i++) {
		test_psk(i);
		test_intauth(i);
	}
	test_method14(rsa2048, "RSA", false);
	test_method14(rsa2048, "RSA-PSS", true);
	test_method14(ec256, "P-256", false);
	test_method14(ec384, "P-384", false);
	test_method14(ec521, "P-521", false);
	test_method14(ed25519, "Ed25519", false);
	test_method14(ed448, "Ed448", false);
	test_choice();
	test_old_methods();
	test_old_forms();
	test_pss_salt();
	test_rfc4754();
	test_big_keys();
	test_policy();
	test_algids();
	test_signed_message();
	for (i = 0; i < ARRAY_SIZE(all); i++)
		EVP_PKEY_free(*all[i].key);
	return ktap_end();
}
