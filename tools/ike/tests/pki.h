/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates and CRLs made on the spot, for tests.
 */
#ifndef IKE_TEST_PKI_H
#define IKE_TEST_PKI_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "../../lib/util.h"
#include "../types.h"

#define PKI_NOW		1800000000	/* all tests happen then */
#define PKI_DAY		86400

/**
 * struct pki_spec - a certificate to make
 * @cn: common name; the organisation is the same for all
 * @key: its key
 * @issuer: certificate of who signs it, NULL for itself
 * @issuer_key: that one's key
 * @from: days from PKI_NOW that it begins to be valid
 * @to: days that it ends; both 0: a year each way
 * @md: digest, NULL for SHA-256
 * @ext: pairs of extension and value, in libcrypto's syntax
 */
struct pki_spec {
	const char *cn;
	EVP_PKEY *key;
	X509 *issuer;
	EVP_PKEY *issuer_key;
	int from, to;
	const EVP_MD *md;
	const char *ext[12];
};

static inline X509_NAME *pki_name(const char *cn)
{
	X509_NAME *n = X509_NAME_new();

	X509_NAME_add_entry_by_txt(n, "C", MBSTRING_ASC, (const uint8_t *)"CH", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const uint8_t *)"Example", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1, -1, 0);
	return n;
}

static inline const EVP_MD *pki_md(const EVP_MD *md, EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return NULL;
	return md ? md : EVP_sha256();
}

static inline X509 *pki_cert(const struct pki_spec *s)
{
	EVP_PKEY *signer = s->issuer_key ? s->issuer_key : s->key;
	int from = s->from || s->to ? s->from : -365, to = s->from || s->to ? s->to : 365;
	static long serial;
	X509 *cert = X509_new();
	X509_EXTENSION *ext;
	X509_NAME *name = pki_name(s->cn);
	X509V3_CTX ctx;
	size_t i;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_set_subject_name(cert, name);
	X509_set_issuer_name(cert, s->issuer ? X509_get_subject_name(s->issuer) : name);
	X509_time_adj_ex(X509_getm_notBefore(cert), from, 0, &(time_t){ PKI_NOW });
	X509_time_adj_ex(X509_getm_notAfter(cert), to, 0, &(time_t){ PKI_NOW });
	X509_set_pubkey(cert, s->key);
	X509V3_set_ctx(&ctx, s->issuer ? s->issuer : cert, cert, NULL, NULL, 0);
	for (i = 0; i + 1 < ARRAY_SIZE(s->ext) && s->ext[i]; i += 2) {
		ext = X509V3_EXT_conf(NULL, &ctx, s->ext[i], s->ext[i + 1]);
		if (!ext || !X509_add_ext(cert, ext, -1))
			abort();
		X509_EXTENSION_free(ext);
	}
	if (!X509_sign(cert, signer, pki_md(s->md, signer)))
		abort();
	X509_NAME_free(name);
	return cert;
}

/* A CRL of @ca with @revoked in it (may be NULL), valid for @days from PKI_NOW - 10 days. */
static inline X509_CRL *pki_crl(X509 *ca, EVP_PKEY *key, X509 *revoked, int days)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	X509_REVOKED *r;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_time_adj_ex(t, -10, 0, &(time_t){ PKI_NOW });
	X509_CRL_set1_lastUpdate(crl, t);
	if (revoked) {
		r = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked));
		X509_REVOKED_set_revocationDate(r, t);
		X509_CRL_add0_revoked(crl, r);
	}
	X509_time_adj_ex(t, days - 10, 0, &(time_t){ PKI_NOW });
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_TIME_free(t);
	if (!X509_CRL_sign(crl, key, pki_md(NULL, key)))
		abort();
	return crl;
}

#endif /* IKE_TEST_PKI_H */
