// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures: methods 1, 9 to 11 and 14 (RFC 7296 2.15, 4754, 7427, 8420).
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "../lib/util.h"
#include "auth.h"

#define RSA_MIN		2048
#define RSA_MAX		8192
#define EXPONENT_MAX	64

/* The curves of RFC 4754: each with a method and a hash of its own. */
static const struct curve {
	const char *name;
	uint8_t method, hash, half;	/* half: octets of r or s */
} curves[] = {
	{ "prime256v1", IKE_AUTH_ECDSA_256, IKE_HASH_SHA256, 32 },
	{ "secp384r1", IKE_AUTH_ECDSA_384, IKE_HASH_SHA384, 48 },
	{ "secp521r1", IKE_AUTH_ECDSA_521, IKE_HASH_SHA512, 66 },
};

static const EVP_MD *digest(enum ike_hash hash)
{
	switch (hash) {
	case IKE_HASH_SHA1:
		return EVP_sha1();
	case IKE_HASH_SHA256:
		return EVP_sha256();
	case IKE_HASH_SHA384:
		return EVP_sha384();
	case IKE_HASH_SHA512:
		return EVP_sha512();
	default:
		return NULL;	/* signed as it is */
	}
}

/* 0 if it is of no kind that we know. */
static unsigned int kind(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return IKE_KEY_RSA;
	case EVP_PKEY_EC:
		return IKE_KEY_EC;
	case EVP_PKEY_ED25519:
		return IKE_KEY_ED25519;
	case EVP_PKEY_ED448:
		return IKE_KEY_ED448;
	default:
		return 0;
	}
}

static const struct curve *curve_of(EVP_PKEY *key)
{
	char name[32];
	size_t i, n;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) <= 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(curves); i++)
		if (!strcmp(curves[i].name, name))
			return &curves[i];
	return NULL;
}

/* Both a key that can be broken and one that takes minutes to check are refused. */
static enum ike_deny rsa_size(EVP_PKEY *key, unsigned int least)
{
	int bits = EVP_PKEY_get_bits(key), e_bits;
	BIGNUM *e = NULL;

	if (bits < (int)(least ? least : RSA_MIN))
		return IKE_DENY_KEY_SMALL;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) <= 0)
		return IKE_DENY_LIBRARY;
	e_bits = BN_num_bits(e);
	BN_free(e);
	return bits > RSA_MAX || e_bits > EXPONENT_MAX || e_bits < 2 ? IKE_DENY_KEY_BIG :
		IKE_DENY_NONE;
}

enum ike_deny ike_sig_key(EVP_PKEY *key, const struct ike_sig_policy *p)
{
	unsigned int k = kind(key);

	if (!k)
		return IKE_DENY_KEY_TYPE;
	if (p->keys && !(p->keys & k))
		return IKE_DENY_KEY_POLICY;
	if (k == IKE_KEY_RSA)
		return rsa_size(key, p->rsa_min);
	if (k == IKE_KEY_EC && !curve_of(key))
		return IKE_DENY_CURVE;
	if (k == IKE_KEY_EC && (unsigned int)EVP_PKEY_get_bits(key) < p->ec_min)
		return IKE_DENY_KEY_SMALL;
	return IKE_DENY_NONE;
}

/* A context ready for @alg, to sign or to verify. */
static EVP_MD_CTX *begin(EVP_PKEY *key, const struct ike_sig_alg *alg, bool sign)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = digest(alg->hash);
	EVP_PKEY_CTX *k = NULL;
	bool ok;

	ok = ctx && (sign ? EVP_DigestSignInit(ctx, &k, md, NULL, key) :
			    EVP_DigestVerifyInit(ctx, &k, md, NULL, key)) > 0;
	if (ok && alg->key == IKE_KEY_RSA)
		ok = EVP_PKEY_CTX_set_rsa_padding(k, alg->pss ? RSA_PKCS1_PSS_PADDING :
						     RSA_PKCS1_PADDING) > 0;
	if (ok && alg->pss)
		ok = EVP_PKEY_CTX_set_rsa_mgf1_md(k, md) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(k, RSA_PSS_SALTLEN_DIGEST) > 0;
	if (ok)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

static enum ike_deny sign(EVP_PKEY *key, const struct ike_sig_alg *alg, struct ike_buf in,
			  uint8_t *out, size_t cap, size_t *len)
{
	EVP_MD_CTX *ctx = begin(key, alg, true);
	enum ike_deny why = IKE_DENY_LIBRARY;
	size_t need;

	if (ctx && EVP_DigestSign(ctx, NULL, &need, in.p, in.n) > 0) {
		*len = cap;
		if (cap < need)
			why = IKE_DENY_SPACE;
		else if (EVP_DigestSign(ctx, out, len, in.p, in.n) > 0)
			why = IKE_DENY_NONE;
	}
	EVP_MD_CTX_free(ctx);
	return why;
}

/* libcrypto checks PKCS#1 v1.5 by making the whole padded block again and comparing it, and
 * an ECDSA signature has to be the DER of its two numbers.
 */
static enum ike_deny verify(EVP_PKEY *key, const struct ike_sig_alg *alg, struct ike_buf in,
			    struct ike_buf sig)
{
	EVP_MD_CTX *ctx = begin(key, alg, false);
	enum ike_deny why = IKE_DENY_LIBRARY;

	if (ctx)
		why = EVP_DigestVerify(ctx, sig.p, sig.n, in.p, in.n) == 1 ? IKE_DENY_NONE :
			IKE_DENY_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	return why;
}

/* The hash to sign with: the first of those preferred, if there are any. Else the weakest
 * that is not weaker than the key, else a stronger one, else what there is; never SHA-1.
 */
static enum ike_hash choose_hash(EVP_PKEY *key, unsigned int k, const struct ike_sig_policy *p)
{
	int fit = IKE_HASH_SHA256, h;
	uint16_t peers = p->peers;
	unsigned int i;

	if (k == IKE_KEY_ED25519 || k == IKE_KEY_ED448)
		return peers & IKE_HASH_BIT(IKE_HASH_IDENTITY) ? IKE_HASH_IDENTITY : 0;
	for (i = 0; p->prefer[i]; i++)
		if (peers & IKE_HASH_BIT(p->prefer[i]))
			return p->prefer[i];
	if (i)
		return 0;
	if (k == IKE_KEY_EC)
		fit = curve_of(key)->hash;
	else if (EVP_PKEY_get_bits(key) > 7680)
		fit = IKE_HASH_SHA512;
	else if (EVP_PKEY_get_bits(key) > 3072)
		fit = IKE_HASH_SHA384;
	for (h = fit; h <= IKE_HASH_SHA512; h++)
		if (peers & IKE_HASH_BIT(h))
			return h;
	for (h = fit - 1; h >= IKE_HASH_SHA256; h--)
		if (peers & IKE_HASH_BIT(h))
			return h;
	return 0;
}

static enum ike_deny sign_14(EVP_PKEY *key, const struct ike_sig_policy *p, struct ike_buf in,
			     uint8_t *out, size_t cap, size_t *len)
{
	struct ike_sig_alg alg = { kind(key), choose_hash(key, kind(key), p) };
	uint8_t id[IKE_ALGID_MAX];
	enum ike_deny why;
	size_t n;

	if (!alg.hash)
		return IKE_DENY_NO_HASH;
	alg.pss = alg.key == IKE_KEY_RSA && p->pss;
	n = ike_algid_make(&alg, id);
	if (!n || cap < n + 1)
		return IKE_DENY_SPACE;
	out[0] = (uint8_t)n;
	memcpy(out + 1, id, n);
	why = sign(key, &alg, in, out + 1 + n, cap - 1 - n, len);
	*len += 1 + n;
	return why;
}

/* ECDSA as r | s of fixed length (RFC 4754 7). */
static enum ike_deny sign_raw(EVP_PKEY *key, const struct curve *c, struct ike_buf in,
			      uint8_t *out, size_t cap, size_t *len)
{
	struct ike_sig_alg alg = { IKE_KEY_EC, c->hash };
	uint8_t der[160];
	const uint8_t *p = der;
	enum ike_deny why;
	ECDSA_SIG *sig;
	size_t n;

	if (cap < 2u * c->half)
		return IKE_DENY_SPACE;
	why = sign(key, &alg, in, der, sizeof(der), &n);
	if (why)
		return why;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, c->half) != c->half ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + c->half, c->half) != c->half)
		why = IKE_DENY_LIBRARY;
	ECDSA_SIG_free(sig);
	*len = 2u * c->half;
	return why;
}

static enum ike_deny verify_raw(EVP_PKEY *key, const struct curve *c, struct ike_buf in,
				struct ike_buf raw)
{
	struct ike_sig_alg alg = { IKE_KEY_EC, c->hash };
	enum ike_deny why = IKE_DENY_LIBRARY;
	BIGNUM *r, *s;
	uint8_t *der = NULL;
	ECDSA_SIG *sig;
	int n;

	if (raw.n != 2u * c->half)
		return IKE_DENY_SIGNATURE;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(raw.p, c->half, NULL);
	s = BN_bin2bn(raw.p + c->half, c->half, NULL);
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		r = NULL;
		s = NULL;
		n = i2d_ECDSA_SIG(sig, &der);
		if (n > 0)
			why = verify(key, &alg, in, (struct ike_buf){ der, (size_t)n });
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return why;
}

enum ike_deny ike_sig_make(EVP_PKEY *key, const struct ike_sig_policy *p, struct ike_buf octets,
			   uint8_t *method, uint8_t *out, size_t cap, size_t *len)
{
	static const struct ike_sig_alg rsa_sha1 = { IKE_KEY_RSA, IKE_HASH_SHA1 };
	/* More that is asked of the peer's keys does not bind ours. */
	const struct ike_sig_policy own = { .rsa_min = p->rsa_min < RSA_MIN ? p->rsa_min : 0 };
	enum ike_deny why = ike_sig_key(key, &own);
	const struct curve *c;

	*len = 0;
	if (why)
		return why;
	if (p->both_listed) {
		*method = IKE_AUTH_SIGNATURE;
		return sign_14(key, p, octets, out, cap, len);
	}
	switch (kind(key)) {
	case IKE_KEY_RSA:
		/* the only hash that all peers take there */
		*method = IKE_AUTH_RSA;
		return p->allow_sha1 ? sign(key, &rsa_sha1, octets, out, cap, len) :
			IKE_DENY_SHA1;
	case IKE_KEY_EC:
		c = curve_of(key);
		*method = c->method;
		return sign_raw(key, c, octets, out, cap, len);
	default:
		return IKE_DENY_NOT_NEGOTIATED;
	}
}

/* The hash of method 1 is in the signature only: try all that are allowed. */
static enum ike_deny check_1(EVP_PKEY *key, const struct ike_sig_policy *p, struct ike_buf in,
			     struct ike_buf sig)
{
	struct ike_sig_alg alg = { IKE_KEY_RSA };
	int h;

	for (h = IKE_HASH_SHA512; h >= IKE_HASH_SHA1; h--) {
		alg.hash = h;
		if (!verify(key, &alg, in, sig))
			return h > IKE_HASH_SHA1 || p->allow_sha1 ? IKE_DENY_NONE : IKE_DENY_SHA1;
	}
	return IKE_DENY_SIGNATURE;
}

static enum ike_deny check_14(EVP_PKEY *key, const struct ike_sig_policy *p, struct ike_buf in,
			      struct ike_buf data)
{
	struct ike_sig_alg alg;
	enum ike_deny why;
	size_t n;

	if (!data.n || data.p[0] >= data.n - 1)
		return IKE_DENY_SHORT;
	n = data.p[0];
	why = ike_algid_parse((struct ike_buf){ data.p + 1, n }, &alg);
	if (why)
		return why;
	if (alg.key != kind(key))
		return IKE_DENY_KEY_TYPE;
	if (alg.hash == IKE_HASH_SHA1)
		return IKE_DENY_SHA1;
	if (alg.key == IKE_KEY_RSA && p->only_pss && !alg.pss)
		return IKE_DENY_NO_PSS;
	if (!(p->ours & IKE_HASH_BIT(alg.hash)))
		return IKE_DENY_HASH;
	return verify(key, &alg, in, (struct ike_buf){ data.p + 1 + n, data.n - 1 - n });
}

enum ike_deny ike_sig_check(EVP_PKEY *key, const struct ike_sig_policy *p, uint8_t method,
			    struct ike_buf octets, struct ike_buf data)
{
	enum ike_deny why = ike_sig_key(key, p);
	const struct curve *c;

	if (why)
		return why;
	switch (method) {
	case IKE_AUTH_SIGNATURE:
		return p->both_listed ? check_14(key, p, octets, data) : IKE_DENY_NOT_NEGOTIATED;
	case IKE_AUTH_RSA:
		if (p->both_listed)
			return IKE_DENY_OLD_METHOD;
		if (p->only_pss)
			return IKE_DENY_NO_PSS;
		return kind(key) == IKE_KEY_RSA ? check_1(key, p, octets, data) :
			IKE_DENY_KEY_TYPE;
	case IKE_AUTH_ECDSA_256:
	case IKE_AUTH_ECDSA_384:
	case IKE_AUTH_ECDSA_521:
		if (p->both_listed)
			return IKE_DENY_OLD_METHOD;
		c = kind(key) == IKE_KEY_EC ? curve_of(key) : NULL;
		return c && c->method == method ? verify_raw(key, c, octets, data) :
			IKE_DENY_KEY_TYPE;
	default:
		return IKE_DENY_METHOD;
	}
}

enum ike_deny ike_auth_sign(const struct ike_auth_in *in, EVP_PKEY *key,
			    const struct ike_sig_policy *p, uint8_t *method, uint8_t *out,
			    size_t cap, size_t *len)
{
	enum ike_deny why;
	uint8_t *octets;
	size_t n;

	why = ike_auth_octets(in, &octets, &n);
	if (!why)
		why = ike_sig_make(key, p, (struct ike_buf){ octets, n }, method, out, cap, len);
	free(octets);
	return why;
}

enum ike_deny ike_auth_verify(const struct ike_auth_in *in, EVP_PKEY *key,
			      const struct ike_sig_policy *p, uint8_t method,
			      struct ike_buf data)
{
	enum ike_deny why;
	uint8_t *octets;
	size_t n;

	why = ike_auth_octets(in, &octets, &n);
	if (!why)
		why = ike_sig_check(key, p, method, (struct ike_buf){ octets, n }, data);
	free(octets);
	return why;
}
