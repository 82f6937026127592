/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates and keys: files, chains to trust anchors, and whose they are.
 */
#ifndef IKE_CERT_H
#define IKE_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/types.h>

#include "auth.h"
#include "types.h"

#define IKE_CERTS_MAX		16	/* CERT payloads of one peer */
#define IKE_CERT_OCTETS_MAX	65536	/* all of them together */
#define IKE_CERT_DEPTH		8	/* certificates between peer and trust anchor */

/* cert_load.c: PEM or DER, whichever it is. Objects that come back are the caller's. */

enum ike_deny ike_cert_parse(struct ike_buf data, X509 **cert);
enum ike_deny ike_crl_parse(struct ike_buf data, X509_CRL **crl);
enum ike_deny ike_pubkey_parse(struct ike_buf data, EVP_PKEY **key);
/* @passphrase may be NULL; PKCS#8, PKCS#1 and SEC 1. */
enum ike_deny ike_privkey_parse(struct ike_buf data, const char *passphrase, EVP_PKEY **key);

/* A file of at most 1 MiB, allocated: end it with ike_file_free(), which wipes. */
enum ike_deny ike_file_read(const char *path, uint8_t **data, size_t *n);
void ike_file_free(uint8_t *data, size_t n);

/* The same from files. */
enum ike_deny ike_cert_load(const char *path, X509 **cert);
enum ike_deny ike_crl_load(const char *path, X509_CRL **crl);
enum ike_deny ike_pubkey_load(const char *path, EVP_PKEY **key);
enum ike_deny ike_privkey_load(const char *path, const char *passphrase, EVP_PKEY **key);

/* Whether @data are one DER element of definite, shortest lengths all the way down, with
 * nothing after it.
 */
bool ike_der_strict(struct ike_buf data);

/* DER of a certificate for the CERT payload, or of the public key in it for encoding 15;
 * allocated, OPENSSL_free(); NULL if there is no memory.
 */
uint8_t *ike_cert_der(const X509 *cert, size_t *n);
uint8_t *ike_pubkey_der(const EVP_PKEY *key, size_t *n);

/* cert_chain.c */

/* What is trusted: authorities, their CRLs, further certificates for chains. */
struct ike_trust;

struct ike_trust *ike_trust_new(void);
void ike_trust_free(struct ike_trust *t);

/* Objects are shared, not taken over. A trust anchor has to be a CA. */
enum ike_deny ike_trust_add_ca(struct ike_trust *t, X509 *ca);
enum ike_deny ike_trust_add_crl(struct ike_trust *t, X509_CRL *crl);

/* CERTREQ data of encoding 4 (RFC 7296 3.7): SHA-1 of each CA's SubjectPublicKeyInfo.
 * Octets written to @out, as many whole hashes as fit into @cap.
 */
size_t ike_trust_certreq(const struct ike_trust *t, uint8_t *out, size_t cap);

/* Whether @hashes of a CERTREQ name the CA that issued @cert, as far as @t knows it. A hint
 * only: send the certificate anyway if it is the only one.
 */
bool ike_cert_wanted(const struct ike_trust *t, X509 *cert, struct ike_buf hashes);

enum ike_revocation {
	IKE_REVOCATION_RELAXED,	/* revoked ones are refused; without a CRL all is well */
	IKE_REVOCATION_IFURI,	/* a CRL must be there if the certificate names one */
	IKE_REVOCATION_STRICT,	/* a valid CRL must be there for the whole path */
};

/**
 * struct ike_cert_policy - how a chain is checked
 * @revocation: what CRLs have to say
 * @now: time to check validity at, 0 for the present
 * @allow_weak: accept SHA-1 and RSA keys of 1024 bits in the path
 * @need_eku: refuse certificates without extendedKeyUsage
 */
struct ike_cert_policy {
	enum ike_revocation revocation;
	time_t now;
	bool allow_weak, need_eku;
};

/* Checks the peer's CERT payloads, @der[0] being its own, against @t and that they are for
 * identity @type, @id (data without the header). Then its public key is in @key, the
 * caller's. @detail, if not NULL, is set to libcrypto's static text where that says more.
 */
enum ike_deny ike_cert_check(const struct ike_trust *t, const struct ike_cert_policy *p,
			     const struct ike_buf *der, size_t n, uint8_t type,
			     struct ike_buf id, EVP_PKEY **key, const char **detail);

/* The same for a certificate that the configuration names for this peer: no path is needed,
 * but it has to be that one, be valid and allow IKE. The identity is bound by configuration.
 */
enum ike_deny ike_cert_pinned(X509 *pinned, const struct ike_cert_policy *p, struct ike_buf der,
			      EVP_PKEY **key);

/* A raw public key (RFC 7670): @spki has to be one of the @n keys configured for the peer.
 * @key is that one, shared with the caller's list.
 */
enum ike_deny ike_raw_key_check(EVP_PKEY *const *trusted, size_t n, struct ike_buf spki,
				EVP_PKEY **key);

/* cert_id.c */

/* Whether @cert is for an identity (RFC 7296 3.5): subject, or subjectAltName of the type. */
bool ike_id_in_cert(X509 *cert, uint8_t type, struct ike_buf id);

/* Whether two identities are the same one: names without regard to case, DNs in canonical
 * form, all else octet for octet.
 */
bool ike_id_same(uint8_t type_a, struct ike_buf a, uint8_t type_b, struct ike_buf b);

/* The same with wildcards in @pattern: "*.example.org", "*@example.org", and "*" for the
 * value of a part of a DN. Not for what a certificate says.
 */
bool ike_id_match(uint8_t pattern_type, struct ike_buf pattern, uint8_t type, struct ike_buf id);

/* DER of a DN from text, "C=CH, O=Example, CN=moon"; values may be quoted. Allocated,
 * OPENSSL_free(); NULL if it is no DN.
 */
uint8_t *ike_dn_parse(const char *text, size_t *n);

/* The other way, for logs: always terminated, cut off at @cap. False if it is no DN. */
bool ike_dn_print(struct ike_buf der, char *out, size_t cap);

/* An identity for logs and people, "%any" if it is none; always terminated, returns @buf. */
char *ike_id_print(uint8_t type, struct ike_buf id, char *buf, size_t cap);

/* The same as the name of a user: what @id says itself where that is text, else as it is
 * printed, in @buf, which has room for IKE_ID_NAME octets.
 */
#define IKE_ID_NAME 300
struct ike_buf ike_id_name(uint8_t type, struct ike_buf id, char *buf);

/* Whose certificate @der is and who issued it, for logs; false if it is none. */
bool ike_cert_print(struct ike_buf der, char *buf, size_t cap);

/* Names of the authorities in @t, which may be NULL, as far as they fit. Returns @buf. */
char *ike_trust_print(const struct ike_trust *t, char *buf, size_t cap);

#endif /* IKE_CERT_H */
