/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two IKE machines: the one that begins proves itself with EAP, the other one with a
 * certificate.
 */
#ifndef IKE_TEST_PAIR_EAP_H
#define IKE_TEST_PAIR_EAP_H

#include "pair.h"
#include "pki.h"

static EVP_PKEY *ca_key, *other_key, *key;
static X509 *ca, *other_ca, *cert, *other_cert;
static struct ike_trust *trust;

static struct ike_eap_user users[] = {
	{ { (const uint8_t *)"bob@example.org", 15 }, { (const uint8_t *)"swordfish", 9 } },
	{ { (const uint8_t *)"moon.example.org", 16 }, { (const uint8_t *)"a password", 10 } },
};

static struct ike_eap_user me;

static inline struct ike_buf octets(const char *s)
{
	return (struct ike_buf){ (const uint8_t *)s, strlen(s) };
}

static inline void make(void)
{
	struct pki_spec s = { .cn = "CA", .ext = { "basicConstraints", "critical,CA:TRUE",
						   "keyUsage", "keyCertSign,cRLSign" } };
	struct pki_spec l = { .cn = "sun", .ext = { "subjectAltName", "DNS:sun.example.org",
						    "keyUsage", "digitalSignature" } };

	ca_key = s.key = EVP_EC_gen("P-256");
	ca = pki_cert(&s);
	other_key = s.key = EVP_EC_gen("P-256");
	other_ca = pki_cert(&s);
	/* its signatures are all of one length, so that datagrams are, too */
	key = l.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	l.issuer = ca;
	l.issuer_key = ca_key;
	cert = pki_cert(&l);
	l.issuer = other_ca;
	l.issuer_key = other_key;
	other_cert = pki_cert(&l);
	trust = ike_trust_new();
	if (ike_trust_add_ca(trust, ca))
		abort();
}

static const struct ike_eap_conf client = {
	.method = &ike_eap_mschapv2, .users = &me, .n_users = 1,
};

/* End 0 is @user with @secret, end 1 has the certificate. */
static inline struct pair *with_eap(uint32_t seed, const char *user, const char *secret)
{
	struct pair *p = pair_new(seed);
	struct ike_peer_conf *c = &p->end[0].conf;

	me = (struct ike_eap_user){ octets(user), octets(secret) };
	c->by = IKE_BY_EAP;
	c->remote_by = IKE_BY_CERT;
	c->eap = client;
	c->eap.name = me.name;
	c->trust = trust;
	c->cert.now = PKI_NOW;
	c->secret = (struct ike_buf){ 0 };
	c = &p->end[1].conf;
	c->by = IKE_BY_CERT;
	c->remote_by = IKE_BY_EAP;
	c->eap = (struct ike_eap_conf){ .method = &ike_eap_mschapv2, .users = users,
					.n_users = ARRAY_SIZE(users) };
	c->key = key;
	c->certs = &cert;
	c->n_certs = 1;
	c->secret = (struct ike_buf){ 0 };
	return p;
}

static inline struct pair *go(struct pair *p)
{
	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, 5000);
	return p;
}

/* No trace of it at either end, half-open or otherwise. */
static inline bool nothing(struct pair *p)
{
	return !pair_sa(p, 0) && !pair_sa(p, 1) && !pair_kern(p, 0) && !pair_kern(p, 1) &&
	       !pair_policies(p, 0) && !pair_policies(p, 1) && !p->end[1].ctx->half_open &&
	       !p->end[0].kern.errors && !p->end[1].kern.errors;
}

/* What is in datagram @i, which was sent with the keys of a pair that is alive. */
static inline bool has(struct pair *p, unsigned int i, uint8_t type)
{
	struct ike_sk *sk = &pair_sa(p, p->sent[i].dst)->sk_in;
	static uint8_t d[4096];
	struct ike_buf in;
	uint8_t t;
	size_t at;

	memcpy(d, p->sent[i].p, p->sent[i].n);
	if (p->sent[i].n > sizeof(d) || ike_sk_open(sk, d, 32, p->sent[i].n, &in))
		abort();
	for (at = 0, t = d[28]; t; t = in.p[at], at += ike_get16(in.p + at + 2))
		if (t == type)
			return true;
	return false;
}

/* Runs until @n datagrams were sent and the last one is under way. */
static inline void until(struct pair *p, unsigned int n)
{
	unsigned int i;

	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	for (i = 0; i < 200 && p->n_sent < n; i++)
		pair_run(p, 1);
	if (p->n_sent != n)
		abort();
}

static inline void unmake(void)
{
	ike_trust_free(trust);
	X509_free(ca);
	X509_free(other_ca);
	X509_free(cert);
	X509_free(other_cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(key);
}

#endif /* IKE_TEST_PAIR_EAP_H */
