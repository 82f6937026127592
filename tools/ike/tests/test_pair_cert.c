// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines that authenticate with certificates.
 */
#include "../../tests/ktap.h"
#include "pair.h"
#include "pki.h"

static EVP_PKEY *ca_key, *other_ca_key, *keys[2][3];
static X509 *ca, *other_ca, *certs[2][3];
static struct ike_trust *trust, *other_trust;

static const char *const kinds[] = { "RSA", "ECDSA", "Ed25519" };

static X509 *leaf(int end, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int from, int to)
{
	struct pki_spec s = { end ? "sun" : "moon", key, issuer, issuer_key, from, to, NULL,
		{ "subjectAltName", end ? "DNS:sun.example.org" : "DNS:moon.example.org",
		  "keyUsage", "digitalSignature" } };

	return pki_cert(&s);
}

static void make(void)
{
	struct pki_spec s = { .cn = "CA", .ext = { "basicConstraints", "critical,CA:TRUE",
						   "keyUsage", "keyCertSign,cRLSign" } };
	int e, k;

	ca_key = s.key = EVP_EC_gen("P-256");
	ca = pki_cert(&s);
	s.cn = "Other CA";
	other_ca_key = s.key = EVP_EC_gen("P-256");
	other_ca = pki_cert(&s);
	for (e = 0; e < 2; e++) {
		keys[e][0] = EVP_RSA_gen(2048);
		keys[e][1] = EVP_EC_gen("P-256");
		keys[e][2] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		for (k = 0; k < 3; k++)
			certs[e][k] = leaf(e, keys[e][k], ca, ca_key, 0, 0);
	}
	trust = ike_trust_new();
	other_trust = ike_trust_new();
	if (ike_trust_add_ca(trust, ca) || ike_trust_add_ca(other_trust, other_ca))
		abort();
}

/* End 0 has a key of kind @a, end 1 of kind @b. */
static struct pair *with_certs(int a, int b)
{
	struct pair *p = pair_new((uint32_t)(100 + 3 * a + b));
	int e;

	for (e = 0; e < 2; e++) {
		struct ike_peer_conf *c = &p->end[e].conf;

		c->by = c->remote_by = IKE_BY_CERT;
		c->key = keys[e][e ? b : a];
		c->certs = &certs[e][e ? b : a];
		c->n_certs = 1;
		c->trust = trust;
		c->cert.now = PKI_NOW;
	}
	return p;
}

static struct pair *go(struct pair *p)
{
	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, 60000);
	return p;
}

/* Refused by end @e, told to the other; no trace in the kernels. */
static void refused(struct pair *p, int e, const char *why, const char *what)
{
	go(p);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && !pair_kern(p, 0) && !pair_kern(p, 1) &&
		pair_said(p, e, "peer not authenticated") && pair_said(p, e, why) &&
		pair_said(p, !e, "AUTHENTICATION_FAILED"), p->end[e].log, "%s", what);
	pair_free(p);
}

static void test_good(void)
{
	struct pair *p;
	int a, b;

	for (a = 0; a < 3; a++)
		for (b = 0; b < 3; b++) {
			p = go(with_certs(a, b));
			ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
				"IKE2-SIG-1 IKE2-SIG-2 IKE2-AUTH-1 %s and %s", kinds[a], kinds[b]);
			pair_free(p);
		}
	p = with_certs(0, 1);
	p->end[0].conf.sig.pss = true;
	go(p);
	ktap_ok(pair_up(p), p->end[1].log, "IKE2-SIG-4 RSASSA-PSS");
	pair_free(p);
	p = with_certs(0, 1);
	p->end[0].conf.by = p->end[1].conf.remote_by = IKE_BY_PSK;
	go(p);
	ktap_ok(pair_up(p), p->end[1].log,
		"IKE2-AUTH-3 certificate of the responder, secret of the initiator");
	pair_free(p);
}

static void test_bad(void)
{
	X509 *bad = leaf(0, keys[0][1], other_ca, other_ca_key, 0, 0);
	X509 *old = leaf(0, keys[0][1], ca, ca_key, -30, -1);
	struct pair *p;

	p = with_certs(1, 1);
	p->end[0].conf.by = IKE_BY_PSK;
	refused(p, 1, "peer offers pre-shared key; we accept a certificate",
		"IKE2-AUTH-3 a secret where a certificate is required");
	p = with_certs(1, 1);
	p->end[0].conf.key = keys[0][0];
	refused(p, 1, "fit the key", "IKE2-AUTH-1 signed with another key than that of the certificate");
	p = with_certs(1, 1);
	p->end[0].conf.certs = &bad;
	refused(p, 1, "peer offers certificate of \"C=CH, O=Example, CN=moon\" from \"C=CH, "
		"O=Example, CN=Other CA\"; we trust \"C=CH, O=Example, CN=CA\"",
		"certificate of an unknown authority");
	p = with_certs(1, 1);
	p->end[0].conf.certs = &old;
	refused(p, 1, "certificate not valid at this time", "expired certificate");
	p = with_certs(1, 1);
	p->end[0].conf.n_certs = 0;
	refused(p, 1, "peer sent no certificate", "no certificate at all");
	p = with_certs(1, 1);
	p->end[0].conf.local_id = p->end[1].conf.remote_id = pair_id("mars.example.org");
	refused(p, 1, "\"mars.example.org\": identity is not in the certificate", "IKE2-ID-2 identity that is not in the certificate");
	p = with_certs(1, 1);
	p->end[0].conf.trust = other_trust;
	refused(p, 0, "we trust \"C=CH, O=Example, CN=Other CA\"", "IKE2-AUTH-5 the initiator refuses the responder");
	p = with_certs(1, 1);
	p->end[1].conf.sig.keys = IKE_KEY_RSA;
	refused(p, 1, "kind of key not allowed", "IKE2-AUTH-3 kind of key that policy does not allow");
	X509_free(bad);
	X509_free(old);
}

/* @p with raw public keys: each end has the other's, of kind 1. */
static struct pair *with_raw(void)
{
	struct pair *p = with_certs(1, 1);
	int e;

	for (e = 0; e < 2; e++) {
		struct ike_peer_conf *c = &p->end[e].conf;

		c->raw = true;
		c->n_certs = 0;
		c->trust = NULL;
		c->raw_keys = &keys[!e][1];
		c->n_raw_keys = 1;
	}
	return p;
}

static void test_raw(void)
{
	EVP_PKEY *list[2] = { keys[0][2], keys[0][1] };
	struct pair *p;

	p = go(with_raw());
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-RPK-1 raw public keys of both");
	pair_free(p);
	p = with_raw();
	p->end[1].conf.raw_keys = list;
	p->end[1].conf.n_raw_keys = 2;
	p->end[1].conf.raw = false;
	p->end[1].conf.n_certs = 1;
	p->end[0].conf.n_raw_keys = 0;
	p->end[0].conf.trust = trust;
	go(p);
	ktap_ok(pair_up(p), p->end[1].log,
		"IKE2-RPK-1 one of several keys here, a certificate there");
	pair_free(p);
	p = with_raw();
	p->end[0].conf.raw = false;
	go(p);
	ktap_ok(pair_up(p), p->end[1].log, "a key that is known need not be sent");
	pair_free(p);
	p = with_raw();
	p->end[0].conf.key = keys[0][2];
	refused(p, 1, "peer offers a raw key; we accept 0 certificates and 1 raw keys",
		"IKE2-RPK-2 another key with the identity of the peer");
	p = with_raw();
	p->end[0].conf.key = keys[0][2];
	p->end[0].conf.raw = false;
	refused(p, 1, "does not fit the key", "IKE2-RPK-2 the same without saying so");
	p = with_raw();
	p->end[1].conf.remote_id = pair_id("*.example.org");
	refused(p, 1, "raw public key is not configured",
		"IKE2-RPK-2 a key that belongs to no identity");
	p = with_raw();
	p->end[1].conf.n_raw_keys = 0;
	p->end[1].conf.trust = trust;
	refused(p, 1, "raw public key is not configured",
		"IKE2-AUTH-3 a raw key where a certificate is required");
	p = with_raw();
	p->end[0].conf.raw = false;
	p->end[0].conf.n_certs = 1;
	refused(p, 1, "we accept 0 certificates and 1 raw keys",
		"IKE2-AUTH-3 a certificate where a raw key is required");
}

static void test_pinned(void)
{
	X509 *old = leaf(0, keys[0][1], other_ca, other_ca_key, -30, -1);
	X509 *own = leaf(0, keys[0][1], other_ca, other_ca_key, 0, 0);
	X509 *list[2] = { certs[0][0], own };
	struct pair *p = with_certs(1, 1);

	p->end[1].conf.pinned = list;
	p->end[1].conf.n_pinned = 2;
	p->end[1].conf.trust = NULL;
	p->end[0].conf.certs = &own;
	p->end[0].conf.local_id = p->end[1].conf.remote_id = pair_id("mars.example.org");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"a certificate that is named, without its authority");
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	p->end[0].conf.n_certs = 0;
	go(p);
	ktap_ok(pair_up(p), p->end[1].log, "nor does it have to be sent");
	pair_free(p);

	p = with_certs(1, 1);
	p->end[1].conf.pinned = list;
	p->end[1].conf.n_pinned = 2;
	refused(p, 1, "no path to a trusted",
		"a certificate of the right authority that is not named");
	p = with_certs(1, 1);
	p->end[1].conf.pinned = list;
	p->end[1].conf.n_pinned = 2;
	p->end[0].conf.certs = &own;
	refused(p, 1, "unable to get local issuer",
		"one that is named, if authorities are too and it is not theirs");
	p = with_certs(1, 1);
	p->end[1].conf.pinned = list;
	p->end[1].conf.n_pinned = 2;
	p->end[1].conf.trust = NULL;
	p->end[0].conf.certs = &own;
	p->end[0].conf.local_id = pair_id("mars.example.org");
	p->end[1].conf.remote_id = pair_id("*.example.org");
	refused(p, 1, "identity is not in the certificate",
		"IKE2-ID-2 an identity that is neither named nor in the certificate");
	list[1] = old;
	p = with_certs(1, 1);
	p->end[1].conf.pinned = list;
	p->end[1].conf.n_pinned = 2;
	p->end[1].conf.trust = NULL;
	p->end[0].conf.certs = &old;
	refused(p, 1, "not valid at this time", "one that is named and too old");
	X509_free(old);
	X509_free(own);
}

/* Which peer it is shows in IKE_AUTH only: before that, every authority is asked for. */
static void test_certreq(void)
{
	struct pair *p = with_certs(1, 1);
	struct ike_peer_conf peers[4];
	const struct ike_payload *c;
	static struct ike_msg m;
	struct ike_fault f;
	unsigned int i;

	for (i = 0; i < 4; i++)
		peers[i] = p->end[1].conf;
	peers[0].by = peers[0].remote_by = IKE_BY_PSK;
	peers[0].remote_id = pair_id("else.example.org");
	peers[1].trust = other_trust;
	peers[1].remote_id = pair_id("other.example.org");
	pair_start(p, 0);
	p->end[1].ctx->conf.peers = peers;
	p->end[1].ctx->conf.n_peers = 4;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 1000);
	c = ike_msg_parse((struct ike_buf){ p->sent[1].p, p->sent[1].n }, &m, &f) ? NULL :
		ike_msg_find(&m, IKE_P_CERTREQ, NULL);
	ktap_ok(c && c->cert.data.n == 40 && memcmp(c->cert.data.p, c->cert.data.p + 20, 20), NULL,
		"IKE2-CERT-3 CERTREQ names the authorities of all peers that it may be, once each");
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-CERT-3 a peer with a certificate behind one with a secret");
	pair_free(p);
}

int main(void)
{
	int e, k;

	ktap_begin();
	make();
	test_good();
	test_bad();
	test_raw();
	test_pinned();
	test_certreq();
	for (e = 0; e < 2; e++)
		for (k = 0; k < 3; k++) {
			EVP_PKEY_free(keys[e][k]);
			X509_free(certs[e][k]);
		}
	ike_trust_free(trust);
	ike_trust_free(other_trust);
	X509_free(ca);
	X509_free(other_ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(other_ca_key);
	return ktap_end();
}
