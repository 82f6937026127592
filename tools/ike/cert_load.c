// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates, CRLs and keys from octets and files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert.h"

#define FILE_MAX	0x100000
#define NESTED_MAX	32

/* One element at the start of @in; its content, and whether it is constructed. */
static bool element(struct ike_buf in, struct ike_buf *content, size_t *all, bool *nested)
{
	size_t at = 2, len, i, n;

	/* tags above 30 do not occur in certificates */
	if (in.n < 2 || (in.p[0] & 31) == 31)
		return false;
	len = in.p[1];
	if (len & 0x80) {
		n = len & 0x7f;
		if (!n || n > 4 || in.n < 2 + n || !in.p[2])
			return false;
		for (len = 0, i = 0; i < n; i++)
			len = len << 8 | in.p[at++];
		if (len < 0x80)
			return false;
	}
	if (len > in.n - at)
		return false;
	*content = (struct ike_buf){ in.p + at, len };
	*all = at + len;
	*nested = in.p[0] & 0x20;
	return true;
}

static bool strict(struct ike_buf in, unsigned int depth)
{
	struct ike_buf content;
	bool nested;
	size_t n;

	while (in.n) {
		if (!element(in, &content, &n, &nested))
			return false;
		if (nested && (!depth || !strict(content, depth - 1)))
			return false;
		in.p += n;
		in.n -= n;
	}
	return true;
}

bool ike_der_strict(struct ike_buf data)
{
	struct ike_buf content;
	bool nested;
	size_t n;

	return element(data, &content, &n, &nested) && n == data.n && strict(data, NESTED_MAX);
}

static bool is_pem(struct ike_buf data)
{
	static const char mark[] = "-----BEGIN ";

	return data.n > sizeof(mark) && memmem(data.p, data.n, mark, sizeof(mark) - 1);
}

static BIO *reader(struct ike_buf data)
{
	return data.n <= FILE_MAX ? BIO_new_mem_buf(data.p, (int)data.n) : NULL;
}

enum ike_deny ike_cert_parse(struct ike_buf data, X509 **cert)
{
	enum ike_deny why = IKE_DENY_FORMAT;
	const uint8_t *p = data.p;
	BIO *bio;

	*cert = NULL;
	if (is_pem(data)) {
		bio = reader(data);
		*cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	} else if (data.n > FILE_MAX || !ike_der_strict(data)) {
		why = IKE_DENY_DER;
	} else {
		*cert = d2i_X509(NULL, &p, (long)data.n);
	}
	ERR_clear_error();
	return *cert ? IKE_DENY_NONE : why;
}

enum ike_deny ike_crl_parse(struct ike_buf data, X509_CRL **crl)
{
	enum ike_deny why = IKE_DENY_FORMAT;
	const uint8_t *p = data.p;
	BIO *bio;

	*crl = NULL;
	if (is_pem(data)) {
		bio = reader(data);
		*crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	} else if (data.n > FILE_MAX || !ike_der_strict(data)) {
		why = IKE_DENY_DER;
	} else {
		*crl = d2i_X509_CRL(NULL, &p, (long)data.n);
	}
	ERR_clear_error();
	return *crl ? IKE_DENY_NONE : why;
}

enum ike_deny ike_pubkey_parse(struct ike_buf data, EVP_PKEY **key)
{
	enum ike_deny why = IKE_DENY_FORMAT;
	const uint8_t *p = data.p;
	BIO *bio;

	*key = NULL;
	if (is_pem(data)) {
		bio = reader(data);
		*key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	} else if (data.n > FILE_MAX || !ike_der_strict(data)) {
		why = IKE_DENY_DER;
	} else {
		*key = d2i_PUBKEY(NULL, &p, (long)data.n);
	}
	ERR_clear_error();
	return *key ? IKE_DENY_NONE : why;
}

struct passphrase {
	const char *text;
	bool asked;
};

/* Instead of libcrypto's own, which would ask the terminal. */
static int give(char *buf, int size, int rwflag, void *arg)
{
	struct passphrase *pass = arg;
	size_t n = pass->text ? strlen(pass->text) : 0;

	(void)rwflag;
	pass->asked = true;
	if (!n || n > (size_t)size)
		return -1;
	memcpy(buf, pass->text, n);
	return (int)n;
}

enum ike_deny ike_privkey_parse(struct ike_buf data, const char *passphrase, EVP_PKEY **key)
{
	struct passphrase pass = { passphrase, false };
	const uint8_t *p = data.p;
	BIO *bio = reader(data);

	*key = NULL;
	if (bio && is_pem(data)) {
		*key = PEM_read_bio_PrivateKey(bio, NULL, give, &pass);
	} else if (bio) {
		*key = d2i_AutoPrivateKey(NULL, &p, (long)data.n);
		if (!*key)
			*key = d2i_PKCS8PrivateKey_bio(bio, NULL, give, &pass);
	}
	BIO_free(bio);
	ERR_clear_error();
	return *key ? IKE_DENY_NONE : pass.asked ? IKE_DENY_PASSPHRASE : IKE_DENY_FORMAT;
}

enum ike_deny ike_file_read(const char *path, uint8_t **data, size_t *n)
{
	FILE *f = fopen(path, "re");
	bool ok;

	*data = NULL;
	*n = 0;
	if (!f)
		return IKE_DENY_FILE;
	*data = malloc(FILE_MAX + 1);
	*n = *data ? fread(*data, 1, FILE_MAX + 1, f) : 0;
	ok = *n && *n <= FILE_MAX && !ferror(f);
	fclose(f);
	if (ok)
		return IKE_DENY_NONE;
	ike_file_free(*data, *n);
	*data = NULL;
	*n = 0;
	return IKE_DENY_FILE;
}

void ike_file_free(uint8_t *data, size_t n)
{
	if (data)
		OPENSSL_cleanse(data, n);
	free(data);
}

#define LOAD(name, type)							\
enum ike_deny ike_##name##_load(const char *path, type **out)			\
{										\
	enum ike_deny why;							\
	uint8_t *data;								\
	size_t n;								\
										\
	*out = NULL;								\
	why = ike_file_read(path, &data, &n);					\
	if (!why)								\
		why = ike_##name##_parse((struct ike_buf){ data, n }, out);	\
	ike_file_free(data, n);							\
	return why;								\
}

LOAD(cert, X509)
LOAD(crl, X509_CRL)
LOAD(pubkey, EVP_PKEY)

enum ike_deny ike_privkey_load(const char *path, const char *passphrase, EVP_PKEY **key)
{
	enum ike_deny why;
	uint8_t *data;
	size_t n;

	*key = NULL;
	why = ike_file_read(path, &data, &n);
	if (!why)
		why = ike_privkey_parse((struct ike_buf){ data, n }, passphrase, key);
	ike_file_free(data, n);
	return why;
}

uint8_t *ike_cert_der(const X509 *cert, size_t *n)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	*n = len > 0 ? (size_t)len : 0;
	return len > 0 ? der : NULL;
}

uint8_t *ike_pubkey_der(const EVP_PKEY *key, size_t *n)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	*n = len > 0 ? (size_t)len : 0;
	return len > 0 ? der : NULL;
}
