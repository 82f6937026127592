// SPDX-License-Identifier: GPL-2.0
/*
 * EAP in IKE_AUTH (RFC 7296 2.16): what comes of it, and what goes with it.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair_eap.h"

static void test_good(void)
{
	struct pair *p = go(with_eap(600, "moon.example.org", "a password"));
	unsigned int n = p->n_sent;

	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[0].log,
		"IKE2-EAP-1 IKE2-EAP-3 EAP-MSCHAPv2 with the right password: both are up");
	if (!pair_up(p))
		exit(ktap_end());
	/* IKE_SA_INIT, IDi, response, success response, AUTH: each with its answer */
	ktap_ok(n == 10 && !has(p, 2, IKE_P_AUTH) && has(p, 2, IKE_P_SA) && has(p, 3, IKE_P_AUTH) &&
		has(p, 3, IKE_P_CERT) && has(p, 3, IKE_P_IDR) && has(p, 3, IKE_P_EAP) &&
		!has(p, 3, IKE_P_SA) && has(p, 4, IKE_P_EAP) && has(p, 5, IKE_P_EAP) &&
		has(p, 7, IKE_P_EAP) && has(p, 8, IKE_P_AUTH) && !has(p, 8, IKE_P_SA) &&
		has(p, 9, IKE_P_AUTH) && has(p, 9, IKE_P_SA) && !has(p, 9, IKE_P_IDR), NULL,
		"IKE2-EAP-1 no AUTH in the first request, the child in the last answer");
	ktap_ok(!pair_sa(p, 0)->eap && !pair_sa(p, 1)->eap && !pair_sa(p, 1)->msg_i &&
		pair_sa(p, 1)->w.recv_mid == 5, NULL, "what was kept for it is gone");
	ktap_ok(pair_sa(p, 1)->peer_id_type == IKE_ID_FQDN && pair_sa(p, 1)->peer_id.n == 16, NULL,
		"the peer is who it has proved to be");
	ktap_ok(!pair_said(p, 0, "password") && !pair_said(p, 1, "password"), NULL,
		"no password in a log");
	pair_free(p);

	p = with_eap(601, "bob@example.org", "swordfish");
	p->end[1].conf.eap.ask = true;
	p->end[1].conf.remote_id = (struct ike_id){ 0 };
	go(p);
	ktap_ok(pair_up(p) && p->n_sent == 12 && pair_sa(p, 1)->peer_id_type == IKE_ID_RFC822 &&
		!memcmp(pair_sa(p, 1)->peer_id.p, "bob@example.org", 15), p->end[1].log,
		"IKE2-EAP-5 a server that asks is answered, and the answer counts, not IDi");
	pair_free(p);

	p = with_eap(602, "bob@example.org", "swordfish");
	p->end[1].conf.eap.name = users[0].name;
	go(p);
	ktap_ok(pair_up(p) && !memcmp(pair_sa(p, 1)->peer_id.p, "bob@example.org", 15), NULL,
		"or who the peer has to be is known");
	pair_free(p);
}

/* What comes with IKE_AUTH otherwise: addresses, MOBIKE, new keys, fragments, loss. */
static void test_rest(void)
{
	static const struct ike_pool pool = { { 4, { 10, 9, 0, 1 }, 0 }, 5, NULL, 0 };
	static const struct ike_pool *const pools[] = { &pool };
	static const struct ike_addr vip = { 4, { 0 }, 0 };
	struct ike_task t = { IKE_TASK_REKEY };
	struct pair *p = with_eap(610, "moon.example.org", "a password");

	p->end[0].conf.vips = &vip;
	p->end[0].conf.n_vips = 1;
	p->end[1].conf.pools = pools;
	p->end[1].conf.n_pools = 1;
	p->end[0].conf.mobike = p->end[1].conf.mobike = true;
	p->end[1].conf.reauth_ms = 50000000;
	p->end[0].conf.frag_size = p->end[1].conf.frag_size = 200;
	p->end[0].local[0][0] = p->end[1].remote[0][0] = (struct ike_ts){ .dynamic = true };
	p->loss = 30;
	p->dup = 60;
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 29000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-EAP-1 with loss, repetition and pieces");
	if (!pair_up(p))
		return;
	ktap_ok(pair_sa(p, 0)->vip[0].a[1] == 9 && pair_sa(p, 1)->lease[0], NULL,
		"IKE2-CP-1 addresses are asked for in the first request, given in the last answer");
	ktap_ok(pair_sa(p, 0)->mobike && pair_sa(p, 1)->mobike, NULL, "IKE2-MOB-1 so is MOBIKE");
	ktap_ok(pair_sa(p, 0)->reauth_at != UINT64_MAX, NULL, "IKE2-MISC-1 and AUTH_LIFETIME");
	p->loss = p->dup = 0;
	ike_task_add(pair_sa(p, 0), p->now, &t);
	pair_run(p, 20000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 1)->peer_id.n == 16, NULL,
		"the IKE SA gets new keys");
	pair_free(p);
}

static void ppk(struct ike_peer_conf *c, const char *k)
{
	c->ppk = octets(k);
	c->ppk_id = octets("quantum");
}

static void test_ppk(void)
{
	struct pair *p = with_eap(620, "moon.example.org", "a password");
	unsigned int i;

	for (i = 0; i < 2; i++)
		ppk(&p->end[i].conf, "0123456789abcdef0123456789abcdef");
	p->end[0].conf.ppk_required = p->end[1].conf.ppk_required = true;
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->use_ppk, p->end[1].log,
		"IKE2-PPK-5 a PPK: with the last AUTH payloads");
	pair_free(p);

	p = with_eap(621, "moon.example.org", "a password");
	ppk(&p->end[0].conf, "0123456789abcdef0123456789abcdef");
	ppk(&p->end[1].conf, "0123456789abcdef0123456789abcdef");
	p->end[1].conf.ppk_id = octets("another");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 0, "going on without"),
		p->end[1].log, "IKE2-PPK-5 another one: without");
	pair_free(p);

	p = with_eap(622, "moon.example.org", "a password");
	ppk(&p->end[0].conf, "0123456789abcdef0123456789abcdef");
	ppk(&p->end[1].conf, "0123456789abcdef0123456789abcdee");
	go(p);
	ktap_ok(nothing(p) && pair_said(p, 0, "AUTHENTICATION_FAILED"), p->end[1].log,
		"IKE2-PPK-5 another key: refused");
	pair_free(p);
}

static unsigned int said_more;

/* One word after Failure is one too many. */
static void count_1(struct dgram *d)
{
	said_more += !d->dst;
}

/* The lengths of the datagrams: what anybody sees who has no keys */
static unsigned int shape(struct pair *p, size_t n[32])
{
	unsigned int i;

	for (i = 0; i < p->n_sent && i < 32; i++)
		n[i] = p->sent[i].n;
	return p->n_sent;
}

static void test_wrong(void)
{
	size_t wrong[32], unknown[32];
	struct pair *p = with_eap(630, "moon.example.org", "b password");
	unsigned int n, k;

	said_more = 0;
	p->tamper = count_1;
	go(p);
	n = shape(p, wrong);
	ktap_ok(nothing(p) && pair_said(p, 1, "wrong password") &&
		p->end[1].ctx->stats.failed[IKE_WHY_AUTH] == 1, p->end[1].log,
		"IKE2-EAP-6 a wrong password: no SA");
	ktap_ok(!pair_said(p, 0, "AUTHENTICATION_FAILED") && !pair_said(p, 1, "AUTHENTICATION_FAILED") &&
		n == 8 && said_more == 4, p->end[0].log,
		"IKE2-EAP-6 Failure ends it, there is no AUTHENTICATION_FAILED and no Delete");
	pair_free(p);

	p = with_eap(630, "moon.example.net", "b password");
	p->end[0].conf.local_id = pair_id("moon.example.net");
	p->end[1].conf.remote_id = (struct ike_id){ 0 };
	go(p);
	k = shape(p, unknown);
	ktap_ok(nothing(p) && pair_said(p, 1, "unknown user") && k == n &&
		!memcmp(wrong, unknown, n * sizeof(wrong[0])), p->end[1].log,
		"IKE2-EAP-6 an unknown user looks like a wrong password");
	pair_free(p);

	p = go(with_eap(631, "bob@example.org", "swordfish"));
	ktap_ok(nothing(p) && pair_said(p, 1, "wrong password"), p->end[1].log,
		"a user who is another one than the identity of IKE");
	pair_free(p);

	p = with_eap(632, "moon.example.org", "a password");
	p->end[1].conf.eap.method = &ike_eap_md5;
	go(p);
	ktap_ok(nothing(p) && pair_said(p, 1, "another method") && pair_said(p, 0, "no method"),
		p->end[1].log, "RFC 3748 5.3.1 no method that both want");
	pair_free(p);
}

/* One end takes another key out of EAP. */
static void other_msk(struct pair *p, int i)
{
	struct ike_sa *sa = pair_sa(p, i);
	struct ike_buf msk = ike_eap_secret(sa, &sa->keys, true);

	((uint8_t *)msk.p)[20] ^= 1;
}

static void test_msk(void)
{
	struct pair *p = with_eap(640, "moon.example.org", "a password");

	until(p, 8);
	ktap_ok(pair_sa(p, 1)->state == IKE_S_HALF_OPEN && p->end[1].ctx->half_open == 1 &&
		!pair_kern(p, 1), NULL, "IKE2-EAP-1 after Success there is nothing but a half-open SA");
	other_msk(p, 1);
	pair_run(p, 5000);
	ktap_ok(nothing(p) && pair_said(p, 0, "AUTHENTICATION_FAILED") && p->n_sent == 10 &&
		pair_said(p, 1, "peer not authenticated"), p->end[1].log,
		"IKE2-EAP-3 the initiator has another MSK: AUTHENTICATION_FAILED, no SA");
	pair_free(p);

	p = with_eap(641, "moon.example.org", "a password");
	until(p, 9);
	other_msk(p, 0);
	pair_run(p, 5000);
	ktap_ok(nothing(p) && pair_said(p, 0, "peer not authenticated") &&
		pair_said(p, 1, "peer gave up: AUTHENTICATION_FAILED"), p->end[0].log,
		"IKE2-EAP-3 the responder has another MSK: the initiator tells it, no SA");
	pair_free(p);
}

/* AUTH of datagram @i, by who is not @to and has identity payload @id, is made with SK_p. */
static bool with_sk_p(struct pair *p, unsigned int i, int to, const char *id)
{
	struct ike_sa *sa = pair_sa(p, to);
	struct ike_auth_in in = { .prf = sa->suite.prf };
	uint8_t d[2048], body[64] = { IKE_ID_FQDN };
	struct ike_buf inner;
	uint8_t type;
	size_t at;

	memcpy(body + 4, id, strlen(id));
	in.id = (struct ike_buf){ body, 4 + strlen(id) };
	in.sk_p = (struct ike_buf){ to ? sa->keys.pi : sa->keys.pr, sa->keys.prf_len };
	in.message = (struct ike_buf){ p->sent[!to].p, p->sent[!to].n };
	in.nonce = to ? (struct ike_buf){ sa->nr, sa->nr_len }
		      : (struct ike_buf){ sa->ni, sa->ni_len };
	memcpy(d, p->sent[i].p, p->sent[i].n);
	if (ike_sk_open(&sa->sk_in, d, 32, p->sent[i].n, &inner))
		abort();
	for (at = 0, type = d[28]; type; type = inner.p[at], at += ike_get16(inner.p + at + 2))
		if (type == IKE_P_AUTH)
			return inner.p[at + 4] == IKE_AUTH_PSK &&
			       !ike_auth_psk_check(&in, in.sk_p, (struct ike_buf){
						   inner.p + at + 8,
						   ike_get16(inner.p + at + 2) - 8u });
	return false;
}

static void test_no_key(void)
{
	struct pair *p = with_eap(645, "moon.example.org", "a password");

	p->end[0].conf.eap.method = &ike_eap_md5;
	p->end[1].conf.eap.method = &ike_eap_md5;
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == 8, p->end[0].log,
		"IKE2-EAP-3 a method without a key: both are up");
	ktap_ok(pair_up(p) && with_sk_p(p, 6, 1, "moon.example.org") &&
		with_sk_p(p, 7, 0, "sun.example.org"), NULL,
		"IKE2-EAP-3 AUTH is made with SK_pi, and with SK_pr");
	pair_free(p);
}

/* What is configured and cannot be. */
static void test_conf(void)
{
	struct pair *p = with_eap(730, "moon.example.org", "a password");
	struct ike_peer_conf peers[2];

	pair_start(p, 0);
	ktap_ok(ike_initiate(p->end[1].ctx, p->now, &p->end[1].conf) == -1 &&
		pair_said(p, 1, "the peer who begins") && !p->n_sent, NULL,
		"IKE2-EAP-1 who wants EAP of the peer does not begin");
	p->end[0].conf.remote_by = IKE_BY_PSK;
	ktap_ok(ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf) == -1 && !p->n_sent, NULL,
		"IKE2-EAP-2 no EAP with a peer that has but a shared secret");
	p->end[0].conf.remote_by = IKE_BY_EAP;
	ktap_ok(ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf) == -1 && !p->n_sent, NULL,
		"IKE2-EAP-6 nor EAP alone");
	pair_free(p);

	p = with_eap(731, "moon.example.org", "a password");
	p->end[1].conf.by = IKE_BY_PSK;
	p->end[1].conf.secret = octets("a shared secret");
	go(p);
	ktap_ok(nothing(p) && pair_said(p, 1, "EAP is not possible here"), p->end[1].log,
		"IKE2-EAP-2 nor is it done by who has but a shared secret");
	pair_free(p);

	/* the same identities, with a secret or with EAP: it is up to who begins */
	p = with_eap(732, "moon.example.org", "a password");
	peers[0] = p->end[1].conf;
	peers[0].by = peers[0].remote_by = IKE_BY_PSK;
	peers[0].secret = octets("a shared secret");
	peers[1] = p->end[1].conf;
	pair_start(p, 0);
	p->end[1].ctx->conf.peers = peers;
	p->end[1].ctx->conf.n_peers = 2;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 3000);
	ktap_ok(pair_up(p) && pair_sa(p, 1)->peer == &peers[1], p->end[1].log,
		"IKE2-AUTH-3 of two peers with this identity the one with EAP");
	pair_free(p);

	p = with_eap(734, "moon.example.org", "a password");
	p->end[0].conf.by = IKE_BY_PSK;
	p->end[0].conf.secret = p->end[1].conf.secret = octets("a shared secret");
	go(p);
	ktap_ok(nothing(p) && pair_said(p, 1, "we accept EAP"), p->end[1].log,
		"IKE2-AUTH-3 a secret where EAP is wanted: refused");
	pair_free(p);
}

int main(void)
{
	make();
	ktap_begin();
	test_good();
	test_rest();
	test_ppk();
	test_wrong();
	test_msk();
	test_no_key();
	test_conf();
	unmake();
	return ktap_end();
}
