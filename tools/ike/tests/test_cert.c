// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates: chains, CRLs, usage, identities, files. All are made here.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../../tests/ktap.h"
#include "../cert.h"
#include "hex.h"
#include "pki.h"

#define CA	"basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign"
#define SAN	"subjectAltName", "DNS:moon.example,email:carol@example,IP:192.0.2.1,IP:2001:db8::1"

static EVP_PKEY *root_key, *sub_key, *leaf_key, *other_key;
static X509 *root, *sub, *leaf, *direct, *other_root, *other_leaf;
static struct ike_cert_policy now = { .now = PKI_NOW };

static struct ike_buf str(const char *text)
{
	return (struct ike_buf){ (const uint8_t *)text, strlen(text) };
}

/* What a peer comes to with up to three certificates. */
static enum ike_deny ask(const struct ike_trust *t, const struct ike_cert_policy *p, X509 *a,
			 X509 *b, X509 *c, uint8_t type, struct ike_buf id)
{
	X509 *certs[] = { a, b, c };
	struct ike_buf der[3];
	enum ike_deny why;
	EVP_PKEY *key;
	uint8_t *mem[3];
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		mem[i] = certs[i] ? ike_cert_der(certs[i], &der[n++].n) : NULL;
	for (i = 0; i < n; i++)
		der[i].p = mem[i];
	why = ike_cert_check(t, p, der, n, type, id, &key, NULL);
	if (!why != !!key || (key && EVP_PKEY_eq(key, X509_get0_pubkey(a)) != 1))
		why = IKE_DENY_COUNT;
	EVP_PKEY_free(key);
	for (i = 0; i < n; i++)
		OPENSSL_free(mem[i]);
	return why;
}

static void expect(enum ike_deny why, enum ike_deny want, const char *what)
{
	ktap_ok(why == want, ike_deny_text(why), "%s", what);
}

/* A certificate of the root's for leaf_key with these extensions. */
static X509 *with(const char *name, const char *value, const char *name2, const char *value2)
{
	return pki_cert(&(struct pki_spec){ "moon", leaf_key, root, root_key, 0, 0, NULL,
			{ SAN, name, value, name2, value2 } });
}

static void make(void)
{
	root_key = EVP_EC_gen("P-256");
	sub_key = EVP_EC_gen("P-384");
	leaf_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	other_key = EVP_RSA_gen(2048);
	root = pki_cert(&(struct pki_spec){ "Root", root_key, .ext = { CA } });
	sub = pki_cert(&(struct pki_spec){ "Sub", sub_key, root, root_key, .ext = { CA } });
	leaf = pki_cert(&(struct pki_spec){ "moon", leaf_key, sub, sub_key, .ext = { SAN } });
	direct = with(NULL, NULL, NULL, NULL);
	other_root = pki_cert(&(struct pki_spec){ "Root", other_key, .ext = { CA } });
	other_leaf = pki_cert(&(struct pki_spec){ "moon", leaf_key, other_root, other_key,
			      .ext = { SAN } });
}

static struct ike_trust *trust(X509 *ca, X509_CRL *crl)
{
	struct ike_trust *t = ike_trust_new();

	if (!t || ike_trust_add_ca(t, ca) || (crl && ike_trust_add_crl(t, crl)))
		abort();
	return t;
}

static void test_path(void)
{
	struct ike_trust *t = trust(root, NULL), *s = trust(sub, NULL);
	struct ike_buf moon = str("moon.example");

	expect(ask(t, &now, leaf, sub, NULL, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-1 IKE2-CERT-2 path over an intermediate authority");
	expect(ask(t, &now, leaf, other_leaf, sub, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-1 chain in any order with a stranger in it");
	expect(ask(s, &now, leaf, NULL, NULL, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-2 an intermediate authority as trust anchor");
	expect(ask(t, &now, leaf, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_CHAIN,
	       "IKE2-CERT-2 intermediate authority missing");
	expect(ask(t, &now, other_leaf, other_root, NULL, IKE_ID_FQDN, moon), IKE_DENY_CHAIN,
	       "IKE2-CERT-2 ATK-27 wrong CA of the same name, sent along");
	expect(ask(t, &now, NULL, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_CERT_COUNT,
	       "IKE2-CERT-2 no certificate");
	ike_trust_free(t);
	ike_trust_free(s);
}

static void test_bad_issuer(void)
{
	struct ike_trust *t = trust(root, NULL);
	struct ike_buf moon = str("moon.example");
	X509 *c, *d;

	/* the leaf of one peer issues another */
	c = pki_cert(&(struct pki_spec){ "evil", sub_key, root, root_key, .ext = { SAN } });
	d = pki_cert(&(struct pki_spec){ "moon", leaf_key, c, sub_key, .ext = { SAN } });
	expect(ask(t, &now, d, c, NULL, IKE_ID_FQDN, moon), IKE_DENY_NOT_CA,
	       "IKE2-CERT-2 ATK-27 issued by a certificate that is no CA");
	ktap_ok(ike_trust_add_ca(t, c) == IKE_DENY_NOT_CA, NULL,
		"IKE2-CERT-2 a trust anchor has to be a CA");
	X509_free(c);
	X509_free(d);
	c = pki_cert(&(struct pki_spec){ "Short", sub_key, root, root_key, .ext = {
			"basicConstraints", "critical,CA:TRUE", "keyUsage", "digitalSignature" } });
	d = pki_cert(&(struct pki_spec){ "moon", leaf_key, c, sub_key, .ext = { SAN } });
	expect(ask(t, &now, d, c, NULL, IKE_ID_FQDN, moon), IKE_DENY_NOT_CA,
	       "IKE2-CERT-2 authority that may not sign certificates");
	X509_free(c);
	X509_free(d);
	c = pki_cert(&(struct pki_spec){ "Named", sub_key, root, root_key, .ext = {
			CA, "nameConstraints", "permitted;DNS:.other.example" } });
	d = pki_cert(&(struct pki_spec){ "moon", leaf_key, c, sub_key, .ext = { SAN } });
	expect(ask(t, &now, d, c, NULL, IKE_ID_FQDN, moon), IKE_DENY_CHAIN,
	       "IKE2-CERT-2 ATK-27 name constraints of the authority");
	X509_free(c);
	X509_free(d);
	ike_trust_free(t);
}

/* @n authorities below the root; the peer sends them all. */
static enum ike_deny deep(size_t n)
{
	struct ike_trust *t = trust(root, NULL);
	X509 *chain[16] = { NULL }, *up = root;
	struct ike_buf der[16];
	EVP_PKEY *key = root_key;
	enum ike_deny why;
	size_t i;

	for (i = n; i > 0; i--) {
		char cn[32];

		snprintf(cn, sizeof(cn), "Sub %zu", i);
		chain[i] = pki_cert(&(struct pki_spec){ cn, sub_key, up, key, .ext = { CA } });
		up = chain[i];
		key = sub_key;
	}
	chain[0] = pki_cert(&(struct pki_spec){ "moon", leaf_key, up, key, .ext = { SAN } });
	for (i = 0; i <= n; i++)
		der[i].p = ike_cert_der(chain[i], &der[i].n);
	why = ike_cert_check(t, &now, der, n + 1, IKE_ID_FQDN, str("moon.example"), &key, NULL);
	EVP_PKEY_free(key);
	for (i = 0; i <= n; i++) {
		OPENSSL_free((void *)der[i].p);
		X509_free(chain[i]);
	}
	ike_trust_free(t);
	return why;
}

static void test_limits(void)
{
	struct ike_trust *t = trust(root, NULL);
	struct ike_buf many[IKE_CERTS_MAX + 1], big;
	uint8_t *der = ike_cert_der(direct, &big.n), *copy;
	EVP_PKEY *key;
	size_t i, missed = 0;

	expect(deep(IKE_CERT_DEPTH), 0, "IKE2-CERT-2 path of eight authorities");
	expect(deep(IKE_CERT_DEPTH + 1), IKE_DENY_CHAIN, "IKE2-CERT-2 ATK-27 path of nine");
	for (i = 0; i <= IKE_CERTS_MAX; i++)
		many[i] = (struct ike_buf){ der, big.n };
	expect(ike_cert_check(t, &now, many, IKE_CERTS_MAX + 1, IKE_ID_FQDN, str("moon.example"),
			      &key, NULL), IKE_DENY_CERT_COUNT,
	       "IKE2-CERT-2 ATK-27 more than sixteen certificates");
	many[1].n = IKE_CERT_OCTETS_MAX;
	expect(ike_cert_check(t, &now, many, 2, IKE_ID_FQDN, str("moon.example"), &key, NULL),
	       IKE_DENY_CERT_COUNT, "IKE2-CERT-2 ATK-27 more than 64 KiB of certificates");
	/* cut off anywhere, changed anywhere, one octet more */
	copy = malloc(big.n + 1);
	memcpy(copy, der, big.n);
	copy[big.n] = 0;
	for (i = 0; i < big.n; i++) {
		many[0] = (struct ike_buf){ copy, i };
		missed += !ike_cert_check(t, &now, many, 1, IKE_ID_FQDN, str("moon.example"), &key,
					  NULL);
		many[0].n = big.n;
		copy[i] ^= 0x20;
		missed += !ike_cert_check(t, &now, many, 1, IKE_ID_FQDN, str("moon.example"), &key,
					  NULL);
		copy[i] ^= 0x20;
	}
	ktap_ok(!missed, NULL, "IKE2-CERT-1 certificates cut off or changed, at every octet");
	many[0].n = big.n + 1;
	expect(ike_cert_check(t, &now, many, 1, IKE_ID_FQDN, str("moon.example"), &key, NULL),
	       IKE_DENY_DER, "IKE2-CERT-1 octets after the certificate");
	free(copy);
	OPENSSL_free(der);
	ktap_ok(ike_der_strict(hex("3003020105")) && !ike_der_strict(hex("30800201050000")) &&
		!ike_der_strict(hex("308103020105")) && !ike_der_strict(hex("30820003020105")) &&
		!ike_der_strict(hex("3004020105")) && !ike_der_strict(hex("30")) &&
		!ike_der_strict(hex("")), NULL, "IKE2-CERT-1 DER strictly");
	ike_trust_free(t);
}

static void test_time(void)
{
	struct ike_trust *t = trust(root, NULL);
	struct ike_buf moon = str("moon.example");
	X509 *old, *young, *old_sub, *below;

	old = pki_cert(&(struct pki_spec){ "moon", leaf_key, root, root_key, -20, -1, NULL,
		       { SAN } });
	young = pki_cert(&(struct pki_spec){ "moon", leaf_key, root, root_key, 1, 20, NULL,
			 { SAN } });
	old_sub = pki_cert(&(struct pki_spec){ "Old", sub_key, root, root_key, -20, -1, NULL,
			   { CA } });
	below = pki_cert(&(struct pki_spec){ "moon", leaf_key, old_sub, sub_key, .ext = { SAN } });
	expect(ask(t, &now, old, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_EXPIRED,
	       "IKE2-CERT-2 ATK-27 expired");
	expect(ask(t, &now, young, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_EXPIRED,
	       "IKE2-CERT-2 not valid yet");
	expect(ask(t, &now, below, old_sub, NULL, IKE_ID_FQDN, moon), IKE_DENY_EXPIRED,
	       "IKE2-CERT-2 authority expired");
	X509_free(old);
	X509_free(young);
	X509_free(old_sub);
	X509_free(below);
	ike_trust_free(t);
}

static void test_crl(void)
{
	struct ike_cert_policy strict = { IKE_REVOCATION_STRICT, PKI_NOW };
	struct ike_cert_policy ifuri = { IKE_REVOCATION_IFURI, PKI_NOW };
	X509_CRL *good = pki_crl(root, root_key, NULL, 100);
	X509_CRL *bad = pki_crl(root, root_key, direct, 100);
	X509_CRL *old = pki_crl(root, root_key, NULL, 5);
	X509_CRL *oldbad = pki_crl(root, root_key, direct, 5);
	X509_CRL *forged = pki_crl(root, sub_key, NULL, 100);
	X509 *uri = with("crlDistributionPoints", "URI:http://crl.example/a.crl", NULL, NULL);
	struct ike_buf moon = str("moon.example");
	static const char *const what[] = { "no CRL", "good CRL", "revoked", "old CRL",
					    "revoked in an old CRL", "forged CRL" };
	X509_CRL *crl[] = { NULL, good, bad, old, oldbad, forged };
	static const enum ike_deny want[6][2] = {
		{ 0, IKE_DENY_NO_CRL }, { 0, 0 }, { IKE_DENY_REVOKED, IKE_DENY_REVOKED },
		{ 0, IKE_DENY_NO_CRL }, { IKE_DENY_REVOKED, IKE_DENY_NO_CRL },
		{ IKE_DENY_NO_CRL, IKE_DENY_NO_CRL },
	};
	struct ike_trust *t;
	enum ike_deny why;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crl); i++) {
		t = trust(root, crl[i]);
		why = ask(t, &now, direct, NULL, NULL, IKE_ID_FQDN, moon);
		ktap_ok(why == want[i][0], ike_deny_text(why),
			"IKE2-CERT-2 ATK-27 %s, relaxed", what[i]);
		why = ask(t, &strict, direct, NULL, NULL, IKE_ID_FQDN, moon);
		ktap_ok(why == want[i][1], ike_deny_text(why),
			"IKE2-CERT-2 ATK-27 %s, strict", what[i]);
		ike_trust_free(t);
	}
	X509_CRL_free(crl[2]);
	crl[2] = pki_crl(root, root_key, sub, 100);
	t = trust(root, crl[2]);
	expect(ask(t, &now, leaf, sub, NULL, IKE_ID_FQDN, moon), IKE_DENY_REVOKED,
	       "IKE2-CERT-2 ATK-27 authority between is revoked");
	expect(ask(t, &now, direct, NULL, NULL, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-2 what it did not issue is not");
	ike_trust_free(t);
	t = trust(root, NULL);
	expect(ask(t, &ifuri, direct, NULL, NULL, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-2 no CRL and none named");
	expect(ask(t, &ifuri, uri, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_NO_CRL,
	       "IKE2-CERT-2 no CRL though the certificate names one");
	ike_trust_free(t);
	for (i = 1; i < ARRAY_SIZE(crl); i++)
		X509_CRL_free(crl[i]);
	X509_free(uri);
}

static void test_weak(void)
{
	struct ike_cert_policy weak = { IKE_REVOCATION_RELAXED, PKI_NOW, .allow_weak = true };
	EVP_PKEY *small = EVP_RSA_gen(1024), *tiny = EVP_RSA_gen(768);
	struct ike_trust *t = trust(root, NULL);
	struct ike_buf moon = str("moon.example");
	X509 *sha1, *rsa, *worse;

	sha1 = pki_cert(&(struct pki_spec){ "moon", leaf_key, root, root_key, 0, 0, EVP_sha1(),
			{ SAN } });
	rsa = pki_cert(&(struct pki_spec){ "moon", small, root, root_key, .ext = { SAN } });
	worse = pki_cert(&(struct pki_spec){ "moon", tiny, root, root_key, .ext = { SAN } });
	expect(ask(t, &now, sha1, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_WEAK_CHAIN,
	       "IKE2-CERT-2 ATK-18 certificate signed with SHA-1");
	expect(ask(t, &now, rsa, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_WEAK_CHAIN,
	       "IKE2-CERT-2 IKE2-SIG-8 RSA key of 1024 bits");
	expect(ask(t, &weak, rsa, NULL, NULL, IKE_ID_FQDN, moon), 0,
	       "IKE2-CERT-2 the same where the operator allows it");
	expect(ask(t, &weak, worse, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_KEY_SMALL,
	       "IKE2-CERT-2 RSA key of 768 bits is never accepted");
	X509_free(sha1);
	X509_free(rsa);
	X509_free(worse);
	EVP_PKEY_free(small);
	EVP_PKEY_free(tiny);
	ike_trust_free(t);
}

static void test_usage(void)
{
	static const struct {
		const char *name, *value;
		enum ike_deny want;
	} c[] = {
		{ "keyUsage", "digitalSignature", 0 },
		{ "keyUsage", "nonRepudiation", 0 },
		{ "keyUsage", "keyEncipherment", IKE_DENY_KEY_USAGE },
		{ "extendedKeyUsage", "1.3.6.1.5.5.7.3.17", 0 },
		{ "extendedKeyUsage", "1.3.6.1.5.5.8.2.2", 0 },
		{ "extendedKeyUsage", "anyExtendedKeyUsage", 0 },
		{ "extendedKeyUsage", "serverAuth", 0 },
		{ "extendedKeyUsage", "codeSigning,clientAuth", 0 },
		{ "extendedKeyUsage", "codeSigning", IKE_DENY_EXT_KEY_USAGE },
		{ "extendedKeyUsage", "emailProtection", IKE_DENY_EXT_KEY_USAGE },
	};
	struct ike_cert_policy eku = { .now = PKI_NOW, .need_eku = true };
	struct ike_trust *t = trust(root, NULL);
	struct ike_buf moon = str("moon.example");
	enum ike_deny why;
	X509 *cert;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		cert = with(c[i].name, c[i].value, NULL, NULL);
		why = ask(t, &now, cert, NULL, NULL, IKE_ID_FQDN, moon);
		ktap_ok(why == c[i].want, ike_deny_text(why), "IKE2-CERT-2 %s %s", c[i].name,
			c[i].value);
		X509_free(cert);
	}
	expect(ask(t, &eku, direct, NULL, NULL, IKE_ID_FQDN, moon), IKE_DENY_EXT_KEY_USAGE,
	       "IKE2-CERT-2 no extendedKeyUsage where policy wants one");
	ike_trust_free(t);
}

static void test_identity(void)
{
	struct ike_trust *t = trust(root, NULL);
	uint8_t *dn, *padded;
	struct ike_buf id;

	dn = ike_dn_parse("C=CH, O=\"example\", CN=MOON", &id.n);
	id.p = dn;
	expect(ask(t, &now, direct, NULL, NULL, IKE_ID_DN, id), 0,
	       "IKE2-ID-1 IKE2-ID-2 subject in canonical form");
	OPENSSL_free(dn);
	padded = ike_dn_parse("C=CH, O=Example, CN=sun", &id.n);
	id.p = padded;
	expect(ask(t, &now, direct, NULL, NULL, IKE_ID_DN, id), IKE_DENY_ID,
	       "IKE2-ID-2 ATK-19 another subject");
	OPENSSL_free(padded);
#define GOOD(type, id, what) \
	expect(ask(t, &now, direct, NULL, NULL, type, id), 0, "IKE2-ID-2 " what)
#define BAD(type, id, what) \
	expect(ask(t, &now, direct, NULL, NULL, type, id), IKE_DENY_ID, "IKE2-ID-2 ATK-19 " what)
	GOOD(IKE_ID_FQDN, str("MOON.example"), "name without regard to case");
	GOOD(IKE_ID_RFC822, str("carol@example"), "mail address");
	GOOD(IKE_ID_IPV4, hex("c0000201"), "IPv4 address");
	GOOD(IKE_ID_IPV6, hex("20010db8000000000000000000000001"), "IPv6 address");
	BAD(IKE_ID_FQDN, str("sun.example"), "swapped identity");
	BAD(IKE_ID_FQDN, str("moon.example.org"), "a longer name");
	BAD(IKE_ID_FQDN, str(""), "no name");
	BAD(IKE_ID_FQDN, ((struct ike_buf){ (const uint8_t *)"moon.example\0", 13 }),
	    "a name with a NUL");
	BAD(IKE_ID_FQDN, str("carol@example"), "mail address as a name");
	BAD(IKE_ID_FQDN, str("moon"), "common name as a name");
	BAD(IKE_ID_RFC822, str("dave@example"), "another's mail address");
	BAD(IKE_ID_IPV4, hex("c0000202"), "another IPv4 address");
	BAD(IKE_ID_IPV6, hex("c0000201"), "IPv4 address as IPv6");
	BAD(IKE_ID_KEY_ID, str("moon.example"), "KEY_ID is in no certificate");
	BAD(IKE_ID_NULL, str(""), "ID_NULL with a certificate");
	BAD(IKE_ID_DN, str("moon"), "DN that is none");
	ike_trust_free(t);
}

static void test_match(void)
{
	struct ike_buf a, b, p;
	char text[64];
	bool ok;

	ktap_ok(ike_id_match(IKE_ID_FQDN, str("*.example"), IKE_ID_FQDN, str("a.EXAMPLE")) &&
		!ike_id_match(IKE_ID_FQDN, str("*.example"), IKE_ID_FQDN, str(".example")) &&
		!ike_id_match(IKE_ID_FQDN, str("*.example"), IKE_ID_FQDN, str("a.example.org")) &&
		!ike_id_match(IKE_ID_FQDN, str("*.example"), IKE_ID_RFC822, str("a.example")) &&
		ike_id_match(IKE_ID_RFC822, str("*@example"), IKE_ID_RFC822, str("x@example")),
		NULL, "IKE2-ID-1 patterns of names");
	a.p = ike_dn_parse("C=CH, O=Example, CN=a", &a.n);
	b.p = ike_dn_parse("C=CH, O=  EXAMPLE , CN=\"A\"", &b.n);
	p.p = ike_dn_parse("C=CH, O=Example, CN=*", &p.n);
	ok = ike_id_same(IKE_ID_DN, a, IKE_ID_DN, b) && !ike_id_same(IKE_ID_DN, a, IKE_ID_DN, p) &&
	     ike_id_match(IKE_ID_DN, p, IKE_ID_DN, a) && !ike_id_match(IKE_ID_DN, a, IKE_ID_DN, p);
	ktap_ok(ok, NULL, "IKE2-ID-1 DNs in canonical form, and patterns of them");
	ktap_ok(ike_dn_print(a, text, sizeof(text)) && !strcmp(text, "C=CH, O=Example, CN=a"),
		text, "DN as text");
	OPENSSL_free((void *)a.p);
	OPENSSL_free((void *)b.p);
	OPENSSL_free((void *)p.p);
	ktap_ok(!ike_dn_parse("moon.example", &a.n) && !ike_dn_parse("", &a.n) &&
		!ike_dn_parse("CN=\"a", &a.n) && !ike_dn_parse("NOSUCH=a", &a.n), NULL,
		"text that is no DN");
	ktap_ok(ike_id_same(IKE_ID_KEY_ID, str("aB"), IKE_ID_KEY_ID, str("aB")) &&
		!ike_id_same(IKE_ID_KEY_ID, str("ab"), IKE_ID_KEY_ID, str("aB")) &&
		!ike_id_same(IKE_ID_KEY_ID, str("ab"), IKE_ID_FQDN, str("ab")), NULL,
		"IKE2-ID-1 KEY_ID octet for octet");
}

static void test_raw(void)
{
	EVP_PKEY *list[] = { root_key, leaf_key }, *key;
	uint8_t *good, *bad;
	struct ike_buf spki;

	good = ike_pubkey_der(leaf_key, &spki.n);
	spki.p = good;
	ktap_ok(!ike_raw_key_check(list, 2, spki, &key) && key == leaf_key, NULL,
		"IKE2-RPK-1 raw public key of the configuration");
	spki.n--;
	expect(ike_raw_key_check(list, 2, spki, &key), IKE_DENY_DER, "IKE2-RPK-1 cut off");
	bad = ike_pubkey_der(other_key, &spki.n);
	spki.p = bad;
	expect(ike_raw_key_check(list, 2, spki, &key), IKE_DENY_RAW_KEY,
	       "IKE2-RPK-2 ATK-19 a raw public key that nobody configured");
	OPENSSL_free(good);
	OPENSSL_free(bad);
}

static void test_pinned(void)
{
	struct ike_cert_policy later = { .now = PKI_NOW + 400 * (time_t)PKI_DAY };
	struct ike_buf der, wrong;
	EVP_PKEY *key;

	der.p = ike_cert_der(other_leaf, &der.n);
	wrong.p = ike_cert_der(direct, &wrong.n);
	expect(ike_cert_pinned(other_leaf, &now, der, &key), 0,
	       "IKE2-ID-2 certificate of the configuration, of no authority");
	EVP_PKEY_free(key);
	expect(ike_cert_pinned(other_leaf, &now, wrong, &key), IKE_DENY_CHAIN,
	       "IKE2-ID-2 another certificate for the same key");
	expect(ike_cert_pinned(other_leaf, &later, der, &key), IKE_DENY_EXPIRED,
	       "IKE2-CERT-2 certificate of the configuration, expired");
	OPENSSL_free((void *)der.p);
	OPENSSL_free((void *)wrong.p);
}

static void test_certreq(void)
{
	struct ike_trust *t = trust(root, NULL);
	uint8_t req[64], want[20], *spki;
	size_t n;

	ike_trust_add_ca(t, other_root);
	spki = ike_pubkey_der(root_key, &n);
	EVP_Digest(spki, n, want, NULL, EVP_sha1(), NULL);
	OPENSSL_free(spki);
	n = ike_trust_certreq(t, req, sizeof(req));
	ktap_ok(n == 40 && !memcmp(req, want, 20) && ike_trust_certreq(t, req, 39) == 20, NULL,
		"IKE2-CERT-3 SHA-1 of each authority's SubjectPublicKeyInfo");
	ktap_ok(ike_cert_wanted(t, direct, (struct ike_buf){ want, 20 }) &&
		!ike_cert_wanted(t, leaf, (struct ike_buf){ want, 20 }) &&
		!ike_cert_wanted(t, direct, (struct ike_buf){ want, 19 }) &&
		!ike_cert_wanted(t, direct, (struct ike_buf){ req + 20, 20 }), NULL,
		"IKE2-CERT-3 the certificate that a CERTREQ asks for");
	ike_trust_free(t);
}

/* What @write puts into memory. */
static struct ike_buf pem(BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	return (struct ike_buf){ (uint8_t *)p, (size_t)n };
}

static void test_load(void)
{
	char path[] = "/tmp/ike-test-XXXXXX";
	int fd = mkstemp(path);
	BIO *clear = BIO_new(BIO_s_mem()), *enc = BIO_new(BIO_s_mem()), *der = BIO_new(BIO_s_mem());
	BIO *cert = BIO_new(BIO_s_mem()), *p8 = BIO_new(BIO_s_mem());
	EVP_PKEY *key;
	X509 *x;

	PEM_write_bio_PrivateKey(clear, other_key, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_PrivateKey(enc, leaf_key, EVP_aes_128_cbc(), NULL, 0, NULL, (void *)"secret");
	i2d_PrivateKey_bio(der, root_key);
	i2d_PKCS8PrivateKey_bio(p8, leaf_key, EVP_aes_128_cbc(), NULL, 0, NULL, (void *)"secret");
	PEM_write_bio_X509(cert, direct);
#define LOADED(call, k) \
	(!(call) && EVP_PKEY_eq(key, k) == 1 ? (EVP_PKEY_free(key), true) : false)
	ktap_ok(LOADED(ike_privkey_parse(pem(clear), NULL, &key), other_key), NULL, "key in PEM");
	ktap_ok(LOADED(ike_privkey_parse(pem(der), NULL, &key), root_key), NULL, "key in DER");
	ktap_ok(LOADED(ike_privkey_parse(pem(enc), "secret", &key), leaf_key), NULL,
		"encrypted key in PEM");
	ktap_ok(LOADED(ike_privkey_parse(pem(p8), "secret", &key), leaf_key), NULL,
		"encrypted key in DER");
	expect(ike_privkey_parse(pem(enc), NULL, &key), IKE_DENY_PASSPHRASE,
	       "encrypted key without a passphrase");
	expect(ike_privkey_parse(pem(enc), "wrong", &key), IKE_DENY_PASSPHRASE,
	       "encrypted key with another passphrase");
	expect(ike_privkey_parse(pem(cert), NULL, &key), IKE_DENY_FORMAT,
	       "certificate where a key should be");
	expect(ike_cert_parse(pem(clear), &x), IKE_DENY_FORMAT,
	       "key where a certificate should be");
	if (fd < 0 || write(fd, pem(cert).p, pem(cert).n) < 0)
		abort();
	close(fd);
	ktap_ok(!ike_cert_load(path, &x) && !X509_cmp(x, direct), NULL, "certificate from a file");
	X509_free(x);
	expect(ike_privkey_load(path, NULL, &key), IKE_DENY_FORMAT, "no key in that file");
	unlink(path);
	expect(ike_cert_load(path, &x), IKE_DENY_FILE, "no such file");
	BIO_free(clear);
	BIO_free(enc);
	BIO_free(der);
	BIO_free(p8);
	BIO_free(cert);
}

int main(void)
{
	X509 **certs[] = { &root, &sub, &leaf, &direct, &other_root, &other_leaf };
	EVP_PKEY **keys[] = { &root_key, &sub_key, &leaf_key, &other_key };
	size_t i;

	ktap_begin();
	make();
	test_path();
	test_bad_issuer();
	test_limits();
	test_time();
	test_crl();
	test_weak();
	test_usage();
	test_identity();
	test_match();
	test_raw();
	test_pinned();
	test_certreq();
	test_load();
	for (i = 0; i < ARRAY_SIZE(certs); i++)
		X509_free(*certs[i]);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		EVP_PKEY_free(*keys[i]);
	return ktap_end();
}
