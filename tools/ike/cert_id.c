// SPDX-License-Identifier: GPL-2.0
/*
 * Identities: those in certificates, comparison, patterns (RFC 7296 3.5, RFC 4945 3.1).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "ids.h"

/* Names as ASCII without regard to case. One with a control character, above all a NUL,
 * is not a name and equals none.
 */
static bool name_same(struct ike_buf a, struct ike_buf b)
{
	size_t i;

	if (!a.n || a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (a.p[i] <= ' ' || a.p[i] == 127)
			return false;
	return !strncasecmp((const char *)a.p, (const char *)b.p, a.n);
}

static bool octets_same(struct ike_buf a, struct ike_buf b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

static X509_NAME *dn(struct ike_buf der)
{
	const uint8_t *p = der.p;
	X509_NAME *name = NULL;

	if (der.n && der.n <= 4096 && ike_der_strict(der))
		name = d2i_X509_NAME(NULL, &p, (long)der.n);
	ERR_clear_error();
	return name;
}

static bool san_same(const GENERAL_NAME *san, uint8_t type, struct ike_buf id)
{
	const ASN1_STRING *s;
	struct ike_buf is;
	int kind;

	s = GENERAL_NAME_get0_value(san, &kind);
	switch (kind) {
	case GEN_DNS:
	case GEN_EMAIL:
	case GEN_IPADD:
		is = (struct ike_buf){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
		break;
	default:
		return false;
	}
	switch (type) {
	case IKE_ID_FQDN:
		return kind == GEN_DNS && name_same(is, id);
	case IKE_ID_RFC822:
		return kind == GEN_EMAIL && name_same(is, id);
	case IKE_ID_IPV4:
		return kind == GEN_IPADD && id.n == 4 && octets_same(is, id);
	case IKE_ID_IPV6:
		return kind == GEN_IPADD && id.n == 16 && octets_same(is, id);
	default:
		return false;
	}
}

bool ike_id_in_cert(X509 *cert, uint8_t type, struct ike_buf id)
{
	GENERAL_NAMES *sans;
	bool found = false;
	X509_NAME *name;
	int i;

	if (type == IKE_ID_DN) {
		name = dn(id);
		/* an empty subject names nobody */
		found = name && X509_NAME_entry_count(name) &&
			!X509_NAME_cmp(name, X509_get_subject_name(cert));
		X509_NAME_free(name);
		return found;
	}
	sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; !found && i < sk_GENERAL_NAME_num(sans); i++)
		found = san_same(sk_GENERAL_NAME_value(sans, i), type, id);
	GENERAL_NAMES_free(sans);
	return found;
}

bool ike_id_same(uint8_t type_a, struct ike_buf a, uint8_t type_b, struct ike_buf b)
{
	X509_NAME *na, *nb;
	bool same;

	if (type_a != type_b)
		return false;
	switch (type_a) {
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		return name_same(a, b);
	case IKE_ID_DN:
		na = dn(a);
		nb = dn(b);
		same = na && nb && !X509_NAME_cmp(na, nb);
		X509_NAME_free(na);
		X509_NAME_free(nb);
		return same;
	default:
		return octets_same(a, b);
	}
}

/* "*" and what follows it: something, and then that. */
static bool name_match(struct ike_buf pattern, struct ike_buf id)
{
	struct ike_buf tail = { pattern.p + 1, pattern.n - 1 }, end;

	if (!pattern.n || pattern.p[0] != '*')
		return name_same(pattern, id);
	if (id.n <= tail.n)
		return false;
	end = (struct ike_buf){ id.p + id.n - tail.n, tail.n };
	return name_same(id, id) && (!tail.n || name_same(tail, end));
}

/* Whether @e is of the same kind as @pattern and has its value; "*" is any. */
static bool entry_match(const X509_NAME_ENTRY *pattern, const X509_NAME_ENTRY *e)
{
	const ASN1_STRING *want = X509_NAME_ENTRY_get_data(pattern);
	X509_NAME *a, *b;
	bool same;

	if (OBJ_cmp(X509_NAME_ENTRY_get_object(pattern), X509_NAME_ENTRY_get_object(e)))
		return false;
	if (ASN1_STRING_length(want) == 1 && *ASN1_STRING_get0_data(want) == '*')
		return true;
	a = X509_NAME_new();
	b = X509_NAME_new();
	same = a && b && X509_NAME_add_entry(a, pattern, -1, 0) &&
	       X509_NAME_add_entry(b, e, -1, 0) && !X509_NAME_cmp(a, b);
	X509_NAME_free(a);
	X509_NAME_free(b);
	return same;
}

static bool dn_match(struct ike_buf pattern, struct ike_buf id)
{
	X509_NAME *p = dn(pattern), *n = dn(id);
	bool match;
	int i;

	match = p && n && X509_NAME_entry_count(p) &&
		X509_NAME_entry_count(p) == X509_NAME_entry_count(n);
	for (i = 0; match && i < X509_NAME_entry_count(p); i++)
		match = entry_match(X509_NAME_get_entry(p, i), X509_NAME_get_entry(n, i)) &&
			X509_NAME_ENTRY_set(X509_NAME_get_entry(p, i)) ==
			X509_NAME_ENTRY_set(X509_NAME_get_entry(n, i));
	X509_NAME_free(p);
	X509_NAME_free(n);
	return match;
}

bool ike_id_match(uint8_t pattern_type, struct ike_buf pattern, uint8_t type, struct ike_buf id)
{
	if (pattern_type != type)
		return false;
	switch (type) {
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		return name_match(pattern, id);
	case IKE_ID_DN:
		return dn_match(pattern, id);
	default:
		return ike_id_same(pattern_type, pattern, type, id);
	}
}

/* The next "TYPE=value" of @text into @name; what follows it, or NULL if it is none. */
static const char *add_part(const char *text, X509_NAME *name)
{
	char type[64], value[256];
	size_t n = 0;
	bool quoted;

	text += strspn(text, ", /");
	while (*text && *text != '=' && n < sizeof(type) - 1)
		type[n++] = *text++;
	while (n && type[n - 1] == ' ')
		n--;
	type[n] = '\0';
	if (!n || *text++ != '=')
		return NULL;
	text += strspn(text, " ");
	quoted = *text == '"';
	text += quoted;
	for (n = 0; *text && n < sizeof(value) - 1; text++) {
		if (quoted ? *text == '"' : *text == ',' || *text == '/')
			break;
		if (*text == '\\' && text[1])
			text++;
		value[n++] = *text;
	}
	if (n == sizeof(value) - 1 || (quoted && *text++ != '"'))
		return NULL;
	while (!quoted && n && value[n - 1] == ' ')
		n--;
	value[n] = '\0';
	if (!X509_NAME_add_entry_by_txt(name, !strcmp(type, "E") ? "emailAddress" : type,
					MBSTRING_UTF8, (const uint8_t *)value, (int)n, -1, 0))
		return NULL;
	return text;
}

uint8_t *ike_dn_parse(const char *text, size_t *n)
{
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	int len = 0;

	*n = 0;
	while (name && text && *text) {
		text = add_part(text, name);
		if (text)
			text += strspn(text, " ");
	}
	if (name && text && X509_NAME_entry_count(name))
		len = i2d_X509_NAME(name, &der);
	X509_NAME_free(name);
	ERR_clear_error();
	*n = len > 0 ? (size_t)len : 0;
	return len > 0 ? der : NULL;
}

bool ike_dn_print(struct ike_buf der, char *out, size_t cap)
{
	X509_NAME *name = dn(der);
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text;
	bool ok;
	long n;

	/* control characters and what is not ASCII come out escaped */
	ok = name && bio && cap &&
	     X509_NAME_print_ex(bio, name, 0, (XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ)) >= 0;
	if (ok) {
		n = BIO_get_mem_data(bio, &text);
		snprintf(out, cap, "%.*s", (int)n, text);
	} else if (cap) {
		*out = '\0';
	}
	BIO_free(bio);
	X509_NAME_free(name);
	return ok;
}

char *ike_id_print(uint8_t type, struct ike_buf id, char *buf, size_t cap)
{
	size_t i, n = 0;

	snprintf(buf, cap, "%%any");
	if (type == IKE_ID_DN) {
		ike_dn_print(id, buf, cap);
	} else if (type == IKE_ID_IPV4 && id.n == 4) {
		inet_ntop(AF_INET, id.p, buf, (socklen_t)cap);
	} else if (type == IKE_ID_IPV6 && id.n == 16) {
		inet_ntop(AF_INET6, id.p, buf, (socklen_t)cap);
	} else if (type == IKE_ID_FQDN || type == IKE_ID_RFC822) {
		for (i = 0; i < id.n && i < cap - 1; i++)
			buf[i] = id.p[i] < 0x20 || id.p[i] > 0x7e ? '?' : (char)id.p[i];
		buf[i] = 0;
	} else if (type) {
		for (i = 0; i < id.n && n + 3 < cap; i++)
			n += (size_t)sprintf(buf + n, "%02x", id.p[i]);
	}
	return buf;
}

struct ike_buf ike_id_name(uint8_t type, struct ike_buf id, char *buf)
{
	if (type == IKE_ID_FQDN || type == IKE_ID_RFC822 || type == IKE_ID_KEY_ID)
		return id;
	ike_id_print(type, id, buf, IKE_ID_NAME);
	return (struct ike_buf){ (const uint8_t *)buf, strlen(buf) };
}

/* A name as it is in a certificate; an empty one without memory. */
static void print_name(const X509_NAME *name, char *buf, size_t cap)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(name, &der);

	buf[0] = '\0';
	if (n > 0)
		ike_dn_print((struct ike_buf){ der, (size_t)n }, buf, cap);
	OPENSSL_free(der);
}

bool ike_cert_print(struct ike_buf der, char *buf, size_t cap)
{
	char subject[256], issuer[256];
	X509 *cert;

	if (ike_cert_parse(der, &cert))
		return false;
	print_name(X509_get_subject_name(cert), subject, sizeof(subject));
	print_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	snprintf(buf, cap, "certificate of \"%s\" from \"%s\"", subject, issuer);
	X509_free(cert);
	return true;
}
