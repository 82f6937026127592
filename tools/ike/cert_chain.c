// SPDX-License-Identifier: GPL-2.0
/*
 * Paths to trust anchors (RFC 5280, with the rules of RFC 4945 for IKE).
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "../lib/util.h"
#include "cert.h"

struct ike_trust {
	X509_STORE *store;
	STACK_OF(X509) *cas;
};

struct ike_trust *ike_trust_new(void)
{
	struct ike_trust *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->store = X509_STORE_new();
	t->cas = sk_X509_new_null();
	if (t->store && t->cas)
		return t;
	ike_trust_free(t);
	return NULL;
}

void ike_trust_free(struct ike_trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	sk_X509_pop_free(t->cas, X509_free);
	free(t);
}

static bool is_ca(X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);

	return flags & EXFLAG_BCONS && flags & EXFLAG_CA && !(flags & EXFLAG_INVALID);
}

enum ike_deny ike_trust_add_ca(struct ike_trust *t, X509 *ca)
{
	if (!is_ca(ca))
		return IKE_DENY_NOT_CA;
	if (!X509_STORE_add_cert(t->store, ca) || !X509_up_ref(ca))
		return IKE_DENY_LIBRARY;
	if (sk_X509_push(t->cas, ca) > 0)
		return IKE_DENY_NONE;
	X509_free(ca);
	return IKE_DENY_LIBRARY;
}

enum ike_deny ike_trust_add_crl(struct ike_trust *t, X509_CRL *crl)
{
	return X509_STORE_add_crl(t->store, crl) ? IKE_DENY_NONE : IKE_DENY_LIBRARY;
}

/* SHA-1 of the SubjectPublicKeyInfo with its header (RFC 7296 3.7). */
static bool key_hash(const X509 *cert, uint8_t *out)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool ok;

	ok = n > 0 && EVP_Digest(der, (size_t)n, out, NULL, EVP_sha1(), NULL);
	OPENSSL_free(der);
	return ok;
}

size_t ike_trust_certreq(const struct ike_trust *t, uint8_t *out, size_t cap)
{
	size_t n = 0;
	int i;

	for (i = 0; i < sk_X509_num(t->cas) && cap - n >= SHA_DIGEST_LENGTH; i++)
		if (key_hash(sk_X509_value(t->cas, i), out + n))
			n += SHA_DIGEST_LENGTH;
	return n;
}

bool ike_cert_wanted(const struct ike_trust *t, X509 *cert, struct ike_buf hashes)
{
	uint8_t hash[SHA_DIGEST_LENGTH];
	size_t at;
	X509 *ca;
	int i;

	for (i = 0; i < sk_X509_num(t->cas); i++) {
		ca = sk_X509_value(t->cas, i);
		if (X509_check_issued(ca, cert) != X509_V_OK || !key_hash(ca, hash))
			continue;
		for (at = 0; hashes.n - at >= sizeof(hash); at += sizeof(hash))
			if (!memcmp(hashes.p + at, hash, sizeof(hash)))
				return true;
	}
	return false;
}

static enum ike_deny from_x509(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return IKE_DENY_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return IKE_DENY_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
		return IKE_DENY_NO_CRL;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return IKE_DENY_NOT_CA;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return IKE_DENY_WEAK_CHAIN;
	default:
		return IKE_DENY_CHAIN;
	}
}

/* Lets a path pass that lacks nothing but a CRL, where policy does without. A CRL that is
 * too old still tells what was revoked until then.
 */
static int allow_no_crl(int ok, X509_STORE_CTX *ctx)
{
	const struct ike_cert_policy *p = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (ok || p->revocation == IKE_REVOCATION_STRICT)
		return ok;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		if (p->revocation == IKE_REVOCATION_IFURI && cert &&
		    X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1) >= 0)
			return 0;
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	default:
		return 0;
	}
}

static enum ike_deny check_path(const struct ike_trust *t, const struct ike_cert_policy *p,
				X509 *leaf, STACK_OF(X509) *rest, const char **detail)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum ike_deny why = IKE_DENY_LIBRARY;
	X509_VERIFY_PARAM *param;
	STACK_OF(X509) *chain;
	int i;

	if (!ctx || !X509_STORE_CTX_init(ctx, t->store, leaf, rest)) {
		X509_STORE_CTX_free(ctx);
		return why;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	/* an authority that is configured need not be a root */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK |
				    X509_V_FLAG_CRL_CHECK_ALL);
	X509_VERIFY_PARAM_set_depth(param, IKE_CERT_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, p->allow_weak ? 0 : 2);
	if (p->now)
		X509_VERIFY_PARAM_set_time(param, p->now);
	X509_STORE_CTX_set_app_data(ctx, (void *)p);
	X509_STORE_CTX_set_verify_cb(ctx, allow_no_crl);
	if (X509_verify_cert(ctx) > 0) {
		why = IKE_DENY_NONE;
		chain = X509_STORE_CTX_get0_chain(ctx);
		/* libcrypto lets old roots without basicConstraints pass */
		for (i = 1; i < sk_X509_num(chain); i++)
			if (!is_ca(sk_X509_value(chain, i)))
				why = IKE_DENY_NOT_CA;
	} else {
		why = from_x509(X509_STORE_CTX_get_error(ctx));
		if (detail)
			*detail = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return why;
}

/* keyUsage and extendedKeyUsage, where they are there (RFC 4945 5.1.3.2, 5.1.3.12). Purposes
 * of TLS are accepted since most authorities give nothing else.
 */
static enum ike_deny check_usage(X509 *cert, const struct ike_cert_policy *p)
{
	static const char *const good[] = {
		"2.5.29.37.0",			/* any */
		"1.3.6.1.5.5.7.3.17",		/* IKE */
		"1.3.6.1.5.5.8.2.2",		/* the same before RFC 4945 */
		"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2",
	};
	EXTENDED_KEY_USAGE *eku;
	char oid[64];
	int i, found = -1;
	size_t g;

	if (X509_get_extension_flags(cert) & EXFLAG_INVALID)
		return IKE_DENY_FORMAT;
	if (X509_get_extension_flags(cert) & EXFLAG_KUSAGE &&
	    !(X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return IKE_DENY_KEY_USAGE;
	eku = X509_get_ext_d2i(cert, NID_ext_key_usage, &found, NULL);
	if (!eku)
		return found == -1 && !p->need_eku ? IKE_DENY_NONE : IKE_DENY_EXT_KEY_USAGE;
	found = 0;
	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		if (OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1) <= 0)
			continue;
		for (g = 0; g < ARRAY_SIZE(good); g++)
			found |= !strcmp(oid, good[g]);
	}
	EXTENDED_KEY_USAGE_free(eku);
	return found ? IKE_DENY_NONE : IKE_DENY_EXT_KEY_USAGE;
}

/* Keys that take too long to check signatures with are refused before any is used. */
static enum ike_deny check_key_size(X509 *cert)
{
	static const struct ike_sig_policy any = { .rsa_min = 1024 };
	EVP_PKEY *key = X509_get0_pubkey(cert);
	enum ike_deny why;

	if (!key)
		return IKE_DENY_KEY_TYPE;
	why = ike_sig_key(key, &any);
	return why == IKE_DENY_KEY_BIG || why == IKE_DENY_KEY_SMALL ? why : IKE_DENY_NONE;
}

static enum ike_deny parse_all(const struct ike_buf *der, size_t n, X509 **leaf,
			       STACK_OF(X509) *rest)
{
	enum ike_deny why = IKE_DENY_NONE;
	size_t i, total = 0;
	X509 *cert;

	*leaf = NULL;
	for (i = 0; i < n && i < IKE_CERTS_MAX; i++)
		total += der[i].n;
	if (!n || n > IKE_CERTS_MAX || total > IKE_CERT_OCTETS_MAX)
		return IKE_DENY_CERT_COUNT;
	for (i = 0; !why && i < n; i++) {
		/* a PEM file has no place in a message */
		if (!ike_der_strict(der[i]))
			return IKE_DENY_DER;
		why = ike_cert_parse(der[i], &cert);
		if (why)
			return why;
		why = check_key_size(cert);
		if (!i)
			*leaf = cert;
		else if (why || sk_X509_push(rest, cert) <= 0)
			X509_free(cert);
	}
	return why;
}

/* The public key of @leaf, for the caller. */
static enum ike_deny hand_over(X509 *leaf, EVP_PKEY **key)
{
	*key = X509_get_pubkey(leaf);
	return *key ? IKE_DENY_NONE : IKE_DENY_KEY_TYPE;
}

enum ike_deny ike_cert_check(const struct ike_trust *t, const struct ike_cert_policy *p,
			     const struct ike_buf *der, size_t n, uint8_t type,
			     struct ike_buf id, EVP_PKEY **key, const char **detail)
{
	STACK_OF(X509) *rest = sk_X509_new_null();
	enum ike_deny why = IKE_DENY_LIBRARY;
	X509 *leaf = NULL;

	*key = NULL;
	if (detail)
		*detail = NULL;
	if (rest)
		why = parse_all(der, n, &leaf, rest);
	if (!why)
		why = check_path(t, p, leaf, rest, detail);
	if (!why)
		why = check_usage(leaf, p);
	if (!why && !ike_id_in_cert(leaf, type, id))
		why = IKE_DENY_ID;
	if (!why)
		why = hand_over(leaf, key);
	X509_free(leaf);
	sk_X509_pop_free(rest, X509_free);
	return why;
}

enum ike_deny ike_cert_pinned(X509 *pinned, const struct ike_cert_policy *p, struct ike_buf der,
			      EVP_PKEY **key)
{
	time_t now = p->now ? p->now : time(NULL);
	enum ike_deny why;
	X509 *leaf;

	*key = NULL;
	if (!ike_der_strict(der))
		return IKE_DENY_DER;
	why = ike_cert_parse(der, &leaf);
	if (why)
		return why;
	if (X509_cmp(pinned, leaf))
		why = IKE_DENY_CHAIN;
	else if (X509_cmp_time(X509_get0_notBefore(leaf), &now) >= 0 ||
		 X509_cmp_time(X509_get0_notAfter(leaf), &now) <= 0)
		why = IKE_DENY_EXPIRED;
	else
		why = check_usage(leaf, p);
	if (!why)
		why = hand_over(leaf, key);
	X509_free(leaf);
	return why;
}

enum ike_deny ike_raw_key_check(EVP_PKEY *const *trusted, size_t n, struct ike_buf spki,
				EVP_PKEY **key)
{
	enum ike_deny why;
	EVP_PKEY *got;
	size_t i;

	*key = NULL;
	if (!ike_der_strict(spki))
		return IKE_DENY_DER;
	why = ike_pubkey_parse(spki, &got);
	if (why)
		return why;
	for (i = 0; i < n && !*key; i++)
		if (EVP_PKEY_eq(trusted[i], got) == 1)
			*key = trusted[i];
	EVP_PKEY_free(got);
	ERR_clear_error();
	return *key ? IKE_DENY_NONE : IKE_DENY_RAW_KEY;
}

char *ike_trust_print(const struct ike_trust *t, char *buf, size_t cap)
{
	unsigned char *der = NULL;
	char name[256];
	size_t at = 0;
	int i, n;

	snprintf(buf, cap, "nobody");
	for (i = 0; t && i < sk_X509_num(t->cas) && at + 1 < cap; i++) {
		der = NULL;
		n = i2d_X509_NAME(X509_get_subject_name(sk_X509_value(t->cas, i)), &der);
		if (n > 0 && ike_dn_print((struct ike_buf){ der, (size_t)n }, name, sizeof(name))) {
			snprintf(buf + at, cap - at, "%s\"%s\"", at ? ", " : "", name);
			at += strlen(buf + at);
		}
		OPENSSL_free(der);
	}
	return buf;
}
