// SPDX-License-Identifier: GPL-2.0
/*
 * Key exchange methods: MODP, ECP, Curve25519 and Curve448, ML-KEM.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "../lib/util.h"
#include "crypto.h"
#include "ids.h"

enum kind { MODP, ECP, MONT, KEM };

struct method {
	uint16_t id;
	enum kind kind;
	const char *type, *group;	/* for libcrypto */
	uint16_t pub, answer;		/* octets initiator and responder send */
	uint16_t secret;
};

static const struct method methods[] = {
	{ IKE_KE_MODP2048, MODP, "DH", "modp_2048", 256, 256, 256 },
	{ IKE_KE_MODP3072, MODP, "DH", "modp_3072", 384, 384, 384 },
	{ IKE_KE_MODP4096, MODP, "DH", "modp_4096", 512, 512, 512 },
	{ IKE_KE_MODP6144, MODP, "DH", "modp_6144", 768, 768, 768 },
	{ IKE_KE_MODP8192, MODP, "DH", "modp_8192", 1024, 1024, 1024 },
	{ IKE_KE_ECP256, ECP, "EC", "P-256", 64, 64, 32 },
	{ IKE_KE_ECP384, ECP, "EC", "P-384", 96, 96, 48 },
	{ IKE_KE_ECP521, ECP, "EC", "P-521", 132, 132, 66 },
	{ IKE_KE_X25519, MONT, "X25519", NULL, 32, 32, 32 },
	{ IKE_KE_X448, MONT, "X448", NULL, 56, 56, 56 },
	{ IKE_KE_MLKEM512, KEM, "ML-KEM-512", NULL, 800, 768, 32 },
	{ IKE_KE_MLKEM768, KEM, "ML-KEM-768", NULL, 1184, 1088, 32 },
	{ IKE_KE_MLKEM1024, KEM, "ML-KEM-1024", NULL, 1568, 1568, 32 },
};

struct ike_ke {
	const struct method *m;
	bool initiator, have_peer, have_secret;
	EVP_PKEY *own, *peer;
	uint8_t pub[IKE_KE_PUB_MAX];
	size_t pub_len;			/* 0: not known yet */
	uint8_t secret[IKE_KE_SECRET_MAX];
};

static const struct method *find(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].id == id)
			return &methods[i];
	return NULL;
}

bool ike_ke_known(uint16_t method)
{
	return find(method);
}

bool ike_ke_available(uint16_t method)
{
	static int8_t known[ARRAY_SIZE(methods)];		/* 0: not asked yet */
	const struct method *m = find(method);
	EVP_KEYMGMT *k;
	EVP_KEM *kem;

	if (!m)
		return false;
	if (!known[m - methods]) {
		k = EVP_KEYMGMT_fetch(NULL, m->type, NULL);
		kem = m->kind == KEM ? EVP_KEM_fetch(NULL, m->type, NULL) : NULL;
		known[m - methods] = k && (kem || m->kind != KEM) ? 1 : -1;
		EVP_KEM_free(kem);
		EVP_KEYMGMT_free(k);
	}
	return known[m - methods] > 0;
}

size_t ike_ke_pub_len(uint16_t method, bool initiator)
{
	const struct method *m = find(method);

	return !m ? 0 : initiator ? m->pub : m->answer;
}

size_t ike_ke_secret_len(uint16_t method)
{
	const struct method *m = find(method);

	return m ? m->secret : 0;
}

static EVP_PKEY *generate(const struct method *m)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	EVP_PKEY *key = NULL;
	bool ok;

	if (m->group)
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
							     (char *)m->group, 0);
	ok = ctx && EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_params(ctx, params) > 0;
	if (!ok || EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool dh_public(struct ike_ke *ke)
{
	BIGNUM *y = NULL;
	bool ok;

	ok = EVP_PKEY_get_bn_param(ke->own, OSSL_PKEY_PARAM_PUB_KEY, &y) > 0 &&
	     BN_bn2binpad(y, ke->pub, ke->m->pub) == ke->m->pub;
	BN_free(y);
	return ok;
}

/* x | y without the octet that says so (RFC 5903 7). */
static bool ec_public(struct ike_ke *ke)
{
	BIGNUM *x = NULL, *y = NULL;
	int half = ke->m->pub / 2;
	bool ok;

	ok = EVP_PKEY_get_bn_param(ke->own, OSSL_PKEY_PARAM_EC_PUB_X, &x) > 0 &&
	     EVP_PKEY_get_bn_param(ke->own, OSSL_PKEY_PARAM_EC_PUB_Y, &y) > 0 &&
	     BN_bn2binpad(x, ke->pub, half) == half &&
	     BN_bn2binpad(y, ke->pub + half, half) == half;
	BN_free(x);
	BN_free(y);
	return ok;
}

static bool export_public(struct ike_ke *ke)
{
	size_t len = 0;
	bool ok;

	switch (ke->m->kind) {
	case MODP:
		ok = dh_public(ke);
		break;
	case ECP:
		ok = ec_public(ke);
		break;
	default:
		ok = EVP_PKEY_get_octet_string_param(ke->own, OSSL_PKEY_PARAM_PUB_KEY, ke->pub,
						     sizeof(ke->pub), &len) > 0 &&
		     len == ke->m->pub;
	}
	ke->pub_len = ok ? ke->m->pub : 0;
	return ok;
}

struct ike_ke *ike_ke_new(uint16_t method, bool initiator, enum ike_crypt *why)
{
	const struct method *m = find(method);
	enum ike_crypt none = IKE_CRYPT_OK, *reason = why ? why : &none;
	struct ike_ke *ke;

	*reason = !m ? IKE_CRYPT_UNKNOWN : !ike_ke_available(method) ? IKE_CRYPT_UNAVAILABLE :
		IKE_CRYPT_OK;
	if (*reason)
		return NULL;
	ke = calloc(1, sizeof(*ke));
	*reason = IKE_CRYPT_LIBRARY;
	if (!ke)
		return NULL;
	ke->m = m;
	ke->initiator = initiator;
	/* Who answers a KEM has no key of his own. */
	if (m->kind != KEM || initiator) {
		ke->own = generate(m);
		if (!ke->own || !export_public(ke)) {
			ike_ke_free(ke);
			return NULL;
		}
	}
	*reason = IKE_CRYPT_OK;
	return ke;
}

/* A key pair from its numbers. */
static EVP_PKEY *from_pair(const struct method *m, struct ike_buf priv, struct ike_buf pub)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	BIGNUM *x = BN_secure_new(), *y = BN_bin2bn(pub.p, (int)pub.n, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	uint8_t point[1 + IKE_KE_PUB_MAX] = { 4 };
	EVP_PKEY *key = NULL;
	bool ok;

	memcpy(point + 1, pub.p, pub.n);
	ok = ctx && bld && y && x && BN_bin2bn(priv.p, (int)priv.n, x) &&
	     OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, m->group, 0) &&
	     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, x) &&
	     (m->kind == ECP ?
	      OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, pub.n + 1) :
	      OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y));
	params = ok ? OSSL_PARAM_BLD_to_param(bld) : NULL;
	if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(x);
	BN_free(y);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

enum ike_crypt ike_ke_fix(struct ike_ke *ke, struct ike_buf priv, struct ike_buf pub)
{
	const struct method *m = ke->m;
	EVP_PKEY *key;

	if (m->kind == KEM)
		return IKE_CRYPT_UNKNOWN;
	if (pub.n != m->pub)
		return IKE_CRYPT_PUB_LENGTH;
	key = m->kind == MONT ?
		EVP_PKEY_new_raw_private_key_ex(NULL, m->type, NULL, priv.p, priv.n) :
		from_pair(m, priv, pub);
	if (!key)
		return IKE_CRYPT_LIBRARY;
	EVP_PKEY_free(ke->own);
	ke->own = key;
	return export_public(ke) ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
}

void ike_ke_free(struct ike_ke *ke)
{
	if (!ke)
		return;
	EVP_PKEY_free(ke->own);
	EVP_PKEY_free(ke->peer);
	OPENSSL_cleanse(ke, sizeof(*ke));
	free(ke);
}

/* 1 < y < p - 1 (RFC 6989 2.1). The primes are safe, so that this leaves no value of
 * a small order; libcrypto would spend a full exponentiation on finding that out.
 */
static enum ike_crypt dh_range(const struct ike_ke *ke, const BIGNUM *y)
{
	enum ike_crypt why = IKE_CRYPT_LIBRARY;
	BIGNUM *p = NULL;

	if (EVP_PKEY_get_bn_param(ke->own, OSSL_PKEY_PARAM_FFC_P, &p) > 0 && BN_sub_word(p, 1))
		why = BN_is_zero(y) || BN_is_one(y) || BN_cmp(y, p) >= 0 ?
			IKE_CRYPT_PUB_RANGE : IKE_CRYPT_OK;
	BN_free(p);
	return why;
}

/* A key of libcrypto's from a group and a public value in its own form. */
static EVP_PKEY *from_data(const struct method *m, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY *key = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static enum ike_crypt dh_peer(struct ike_ke *ke, struct ike_buf pub)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *y = BN_bin2bn(pub.p, (int)pub.n, NULL);
	enum ike_crypt why = IKE_CRYPT_LIBRARY;

	if (bld && y)
		why = dh_range(ke, y);
	if (!why && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
						    ke->m->group, 0) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y))
		ke->peer = from_data(ke->m, bld);
	if (!why && !ke->peer)
		why = IKE_CRYPT_LIBRARY;
	BN_free(y);
	OSSL_PARAM_BLD_free(bld);
	return why;
}

/* Both coordinates have to be reduced (RFC 6989 2.3); libcrypto says that no point is there
 * without saying which of both was wrong.
 */
static enum ike_crypt ec_range(const struct ike_ke *ke, struct ike_buf pub)
{
	BIGNUM *p = NULL, *x = BN_bin2bn(pub.p, (int)pub.n / 2, NULL);
	BIGNUM *y = BN_bin2bn(pub.p + pub.n / 2, (int)pub.n / 2, NULL);
	enum ike_crypt why = IKE_CRYPT_LIBRARY;

	if (x && y && EVP_PKEY_get_bn_param(ke->own, OSSL_PKEY_PARAM_EC_P, &p) > 0)
		why = BN_cmp(x, p) >= 0 || BN_cmp(y, p) >= 0 ? IKE_CRYPT_PUB_RANGE : IKE_CRYPT_OK;
	BN_free(p);
	BN_free(x);
	BN_free(y);
	return why;
}

static enum ike_crypt ec_peer(struct ike_ke *ke, struct ike_buf pub)
{
	OSSL_PARAM_BLD *bld;
	uint8_t point[1 + 132];
	enum ike_crypt why;

	why = ec_range(ke, pub);
	if (why)
		return why;
	bld = OSSL_PARAM_BLD_new();
	point[0] = 4;		/* uncompressed */
	memcpy(point + 1, pub.p, pub.n);
	if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
						   ke->m->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, pub.n + 1))
		ke->peer = from_data(ke->m, bld);
	OSSL_PARAM_BLD_free(bld);
	return ke->peer ? IKE_CRYPT_OK : IKE_CRYPT_PUB_CURVE;
}

/* The encapsulation key is k times 256 coefficients of 12 bits and a seed; each has to be
 * below 3329 (FIPS 203 7.2). Done here, so that it does not depend on libcrypto.
 */
static bool kem_reduced(struct ike_buf ek)
{
	size_t i;

	for (i = 0; i + 3 <= ek.n - 32; i += 3) {
		if ((ek.p[i] | (ek.p[i + 1] & 15) << 8) >= 3329 ||
		    (ek.p[i + 1] >> 4 | ek.p[i + 2] << 4) >= 3329)
			return false;
	}
	return true;
}

/* Responder: makes the secret and the ciphertext that takes it to the peer. */
static enum ike_crypt encapsulate(struct ike_ke *ke, struct ike_buf ek)
{
	size_t n = sizeof(ke->pub), len = sizeof(ke->secret);
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (!kem_reduced(ek))
		return IKE_CRYPT_PUB_KEM;
	ke->peer = EVP_PKEY_new_raw_public_key_ex(NULL, ke->m->type, NULL, ek.p, ek.n);
	if (!ke->peer)
		return IKE_CRYPT_PUB_KEM;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ke->peer, NULL);
	ok = ctx && EVP_PKEY_encapsulate_init(ctx, NULL) > 0 &&
	     EVP_PKEY_encapsulate(ctx, ke->pub, &n, ke->secret, &len) > 0 &&
	     n == ke->m->answer && len == ke->m->secret;
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		return IKE_CRYPT_LIBRARY;
	ke->pub_len = n;
	ke->have_secret = true;
	return IKE_CRYPT_OK;
}

/* Initiator: a changed ciphertext gives another secret, not an error (FIPS 203 6.3). */
static enum ike_crypt decapsulate(struct ike_ke *ke, struct ike_buf ct)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ke->own, NULL);
	size_t len = sizeof(ke->secret);
	bool ok;

	ok = ctx && EVP_PKEY_decapsulate_init(ctx, NULL) > 0 &&
	     EVP_PKEY_decapsulate(ctx, ke->secret, &len, ct.p, ct.n) > 0 &&
	     len == ke->m->secret;
	EVP_PKEY_CTX_free(ctx);
	ke->have_secret = ok;
	return ok ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
}

enum ike_crypt ike_ke_peer(struct ike_ke *ke, struct ike_buf pub)
{
	const struct method *m = ke->m;
	enum ike_crypt why;

	if (ke->have_peer)
		return IKE_CRYPT_ORDER;
	if (pub.n != (ke->initiator ? m->answer : m->pub))
		return IKE_CRYPT_PUB_LENGTH;
	if (m->kind != KEM && !CRYPTO_memcmp(pub.p, ke->pub, pub.n))
		return IKE_CRYPT_PUB_OWN;
	switch (m->kind) {
	case MODP:
		why = dh_peer(ke, pub);
		break;
	case ECP:
		why = ec_peer(ke, pub);
		break;
	case MONT:
		ke->peer = EVP_PKEY_new_raw_public_key_ex(NULL, m->type, NULL, pub.p, pub.n);
		why = ke->peer ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
		break;
	default:
		why = ke->initiator ? decapsulate(ke, pub) : encapsulate(ke, pub);
	}
	ke->have_peer = !why;
	if (why) {
		EVP_PKEY_free(ke->peer);
		ke->peer = NULL;
	}
	return why;
}

enum ike_crypt ike_ke_public(struct ike_ke *ke, struct ike_buf *pub)
{
	*pub = (struct ike_buf){ ke->pub, ke->pub_len };
	return ke->pub_len ? IKE_CRYPT_OK : IKE_CRYPT_ORDER;
}

/* Whether all octets are zero, in a time that does not depend on them (RFC 7748 6). */
static bool all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	while (n--)
		any |= *p++;
	return !any;
}

static enum ike_crypt derive(struct ike_ke *ke)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ke->own, NULL);
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	size_t len = sizeof(ke->secret);
	unsigned int pad = 1;
	bool ready, ok;

	/* A secret that starts with zeros keeps them (RFC 7296 2.14). */
	if (ke->m->kind == MODP)
		params[0] = OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad);
	ready = ctx && EVP_PKEY_derive_init_ex(ctx, params) > 0 &&
		EVP_PKEY_derive_set_peer_ex(ctx, ke->peer, 0) > 0;
	ok = ready && EVP_PKEY_derive(ctx, ke->secret, &len) > 0;
	EVP_PKEY_CTX_free(ctx);
	if (ke->m->kind == MONT && ready && (!ok || all_zero(ke->secret, len)))
		return IKE_CRYPT_PUB_ZERO;
	return ok && len == ke->m->secret ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
}

enum ike_crypt ike_ke_secret(struct ike_ke *ke, struct ike_buf *secret)
{
	enum ike_crypt why;

	*secret = (struct ike_buf){ NULL, 0 };
	if (!ke->have_peer)
		return IKE_CRYPT_ORDER;
	if (!ke->have_secret) {
		why = derive(ke);
		if (why)
			return why;
		ke->have_secret = true;
		/* What it was made of has no more use. */
		EVP_PKEY_free(ke->own);
		EVP_PKEY_free(ke->peer);
		ke->own = NULL;
		ke->peer = NULL;
	}
	*secret = (struct ike_buf){ ke->secret, ke->m->secret };
	return IKE_CRYPT_OK;
}
