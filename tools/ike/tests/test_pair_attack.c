// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks, by number: what two machines have to survive.
 */
#include <time.h>

#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static void feed_from(struct pair *p, int i, const struct ike_addr *from, const uint8_t *d, size_t n)
{
	ike_input(p->end[i].ctx, p->now, &p->end[i].conf.local, from, (struct ike_buf){ d, n });
}

static void feed(struct pair *p, int i, const uint8_t *d, size_t n)
{
	feed_from(p, i, &p->end[i].conf.remote, d, n);
}

/* Octets that end 1 was given and has sent since @from. */
static size_t sent_by(struct pair *p, unsigned int from)
{
	size_t n = 0;

	for (; from < p->n_sent; from++)
		n += p->sent[from].dst == 0 ? p->sent[from].n : 0;
	return n;
}

/* IKE_SA_INIT of an honest initiator, to be changed. */
static size_t init_request(uint8_t *d)
{
	struct pair *p = pair_new(7);
	size_t n;

	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	n = p->sent[0].n;
	memcpy(d, p->sent[0].p, n);
	pair_free(p);
	return n;
}

static void test_flood(void)
{
	struct pair *p = pair_new(10);
	struct ike_addr from = { 4, { 198, 51, 100, 1 }, 500 };
	unsigned int i, k;
	uint8_t d[2048];
	size_t n = init_request(d), out;

	p->end[1].conf.remote = (struct ike_addr){ 0 };
	pair_go(p);
	k = p->n_sent;
	for (i = 0; i < 20000; i++) {
		ike_put32(d, i + 1);
		ike_put32(from.a, 0xc6330000 + i);
		while (p->n_sent > k)
			free(p->sent[--p->n_sent].p);
		feed_from(p, 1, &from, d, n);
	}
	out = p->sent[k].n;
	ktap_ok(p->end[1].ctx->half_open == 64 && out < n / 2 && out < 100, NULL,
		"ATK-01 20000 forged sources: 64 half-open SAs, then %zu octets for %zu", out, n);
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "ATK-01 those that are up go on");
	pair_free(p);

	p = pair_new(11);
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	pair_start(p, 10000);
	p->end[1].ctx->conf.half_open_each = 5;
	from.a[3] = 9;
	for (i = 0; i < 100; i++) {
		ike_put32(d, i + 1);
		feed_from(p, 1, &from, d, n);
	}
	ktap_ok(p->end[1].ctx->half_open == 5 && p->n_sent == 5, NULL,
		"ATK-02 a hundred from one address: five, and silence");
	from.a[3]++;
	feed_from(p, 1, &from, d, n);
	ktap_ok(p->end[1].ctx->half_open == 6, NULL, "ATK-02 its neighbour is not affected");
	from = (struct ike_addr){ 16, { 0x20, 1, 0xd, 0xb8 }, 500 };
	for (i = 0; i < 100; i++) {
		ike_put32(d, i + 1000);
		ike_put32(from.a + 12, i);
		feed_from(p, 1, &from, d, n);
	}
	ktap_ok(p->end[1].ctx->half_open == 11, NULL, "ATK-02 an IPv6 network counts as one");
	pair_free(p);
}

static void test_junk(void)
{
	struct pair *p = pair_new(20);
	unsigned int i, n;
	uint8_t d[2048];

	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	memcpy(d, p->sent[2].p, p->sent[2].n);
	n = p->n_sent;
	for (i = 0; i < 7; i++) {
		d[p->sent[2].n - 1] = (uint8_t)(p->sent[2].p[p->sent[2].n - 1] ^ (i + 1));
		feed(p, 1, d, p->sent[2].n);
	}
	ktap_ok(p->n_sent == n && p->end[1].ctx->half_open == 1, NULL,
		"ATK-03 junk in place of IKE_AUTH is not answered");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "ATK-03 the real one is");
	pair_free(p);

	p = pair_new(21);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	n = p->n_sent;
	memcpy(d, p->sent[2].p, p->sent[2].n);
	d[p->sent[2].n - 1] ^= 1;
	for (i = 0; i < 1000; i++)
		feed(p, 1, d, p->sent[2].n);
	ktap_ok(p->n_sent == n && !p->end[1].ctx->half_open, NULL,
		"ATK-03 a thousand of them end the half-open SA");
	pair_free(p);
}

/* Proposals and transforms without end. */
static void test_huge(void)
{
	struct ike_proposal many[4] = { 0 };
	struct pair *p = pair_new(30);
	static uint8_t d[65536];
	struct ike_hdr h = { .version = 0x20, .xchg = IKE_X_SA_INIT, .flags = IKE_F_INITIATOR,
			     .spi_i = { 1 } };
	uint8_t pub[32] = { 9 }, nonce[32] = { 1 };
	unsigned int i, k;
	struct ike_out o;
	clock_t begin;
	size_t n;

	for (i = 0; i < ARRAY_SIZE(many); i++) {
		many[i].num = (uint8_t)(i + 1);
		many[i].proto = IKE_PROTO_IKE;
		for (k = 0; k < IKE_MAX_TRANSFORMS; k++)
			ike_proposal_add(&many[i], (uint8_t)(k % 13), (uint16_t)(1000 + k), 0);
	}
	pair_start(p, 0);
	begin = clock();
	for (i = 0; i < 200; i++) {
		h.spi_i[1] = (uint8_t)i;
		ike_out_msg(&o, d, sizeof(d), &h);
		ike_out_sa(&o, many, 4, NULL, 0);
		ike_out_ke(&o, IKE_KE_X25519, (struct ike_buf){ pub, 32 });
		ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ nonce, 32 });
		n = ike_out_finish(&o);
		feed(p, 1, d, n);
	}
	ktap_ok(n > 4000 && !p->end[1].ctx->half_open && p->n_sent <= 200 &&
		clock() - begin < 4 * CLOCKS_PER_SEC, NULL,
		"ATK-07 512 transforms that nobody knows, in %zu octets: %ld us each", n,
		(long)((clock() - begin) * 1000000 / CLOCKS_PER_SEC / 200));
	pair_free(p);
}

static void test_reflection(void)
{
	struct pair *p = pair_new(40);
	unsigned int n;
	uint8_t d[2048];
	size_t len;

	pair_start(p, 0);
	p->cut = 0;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	feed(p, 0, p->sent[0].p, p->sent[0].n);
	ktap_ok(p->n_sent == 1 && !p->end[0].ctx->half_open, NULL,
		"ATK-11 our own IKE_SA_INIT thrown back");
	pair_free(p);

	p = pair_go(pair_new(41));
	n = p->n_sent;
	for (unsigned int i = 0; i < n; i++)
		feed(p, p->sent[i].dst ? 0 : 1, p->sent[i].p, p->sent[i].n);
	ktap_ok(p->n_sent == n + 1 && pair_up(p) && pair_kernels(p, 2), NULL,
		"ATK-11 all of our own messages thrown back");
	memcpy(d, p->sent[2].p, p->sent[2].n);
	len = p->sent[2].n;
	d[0] ^= 0xff;
	n = p->n_sent;
	feed(p, 1, d, len);
	feed(p, 0, p->sent[n].p, p->sent[n].n);
	feed(p, 1, p->sent[n].p, p->sent[n].n);
	ktap_ok(p->n_sent == n + 1, NULL, "ATK-11 an error is not answered by an error");
	for (n = 0; n < 1000; n++) {
		d[1] = (uint8_t)n;
		feed(p, 1, d, len);
	}
	ktap_ok(p->n_sent <= 5 + 1 + 10 + 2, NULL, "ATK-11 unknown SPIs: ten answers a second");
	pair_free(p);
}

static void test_amplify(void)
{
	struct pair *p = pair_new(50);
	unsigned int i;
	uint8_t d[2048];
	size_t n = init_request(d);

	pair_start(p, 0);
	p->cut = 1;
	for (i = 0; i < 10000; i++) {
		feed(p, 1, d, n);
		p->now++;
		ike_tick(p->end[1].ctx, p->now);
	}
	ktap_ok(p->n_sent <= 9 && sent_by(p, 0) < 10 * n, NULL,
		"ATK-12 10000 times the same request in 10 seconds: %u answers", p->n_sent);
	i = p->n_sent;
	pair_run(p, 60000);
	ktap_ok(p->n_sent == i, NULL, "ATK-12 nothing is sent without a request");
	pair_free(p);
}

/* An unprotected message to end 0 about its attempt. */
static void forge(struct pair *p, uint8_t xchg, uint8_t flags, uint16_t type, const void *data,
		  size_t n)
{
	struct ike_hdr h = { .version = 0x20, .xchg = xchg, .flags = flags };
	struct ike_sa *sa = pair_sa(p, 0);
	uint8_t d[512];
	struct ike_out o;

	memcpy(h.spi_i, sa->spi_i, 8);
	memcpy(h.spi_r, sa->spi_r, 8);
	if (xchg != IKE_X_SA_INIT)
		h.mid = sa->w.send_mid;
	ike_out_msg(&o, d, sizeof(d), &h);
	ike_out_notify(&o, type, (struct ike_buf){ data, n });
	feed(p, 0, d, ike_out_finish(&o));
}

static void test_race(void)
{
	static const uint16_t types[] = { 7, 14, 24, 5, IKE_N_TICKET_NACK, IKE_N_REDIRECT };
	struct pair *p = pair_new(60);
	uint8_t group[2] = { 0, 0 }, cookie[64];
	unsigned int i, n;

	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		forge(p, IKE_X_SA_INIT, IKE_F_RESPONSE, types[i], NULL, 0);
	for (i = 0; i < 40; i++) {
		group[1] = (uint8_t)(i == IKE_KE_ECP256 ? 0 : i);
		forge(p, IKE_X_SA_INIT, IKE_F_RESPONSE, IKE_N_INVALID_KE_PAYLOAD, group, 2);
	}
	ktap_ok(p->n_sent == 1 && pair_sa(p, 0)->state == IKE_S_INIT_SENT, NULL,
		"ATK-13 ATK-26 forged errors, redirects and groups: waiting goes on");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "ATK-13 the real answer counts");
	pair_free(p);

	p = pair_new(61);
	pair_start(p, 0);
	p->cut = 0;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	for (i = 0; i < 100; i++) {
		memset(cookie, (int)i + 1, sizeof(cookie));
		forge(p, IKE_X_SA_INIT, IKE_F_RESPONSE, IKE_N_COOKIE, cookie, 64);
	}
	n = p->n_sent;
	ktap_ok(n <= 10, NULL, "ATK-13 a hundred cookies: %u requests", n);
	pair_free(p);
}

static void test_forged(void)
{
	static const uint16_t types[] = { 4, 7, 11, 24, 43, IKE_N_REDIRECT,
					  IKE_N_QUICK_CRASH_DETECTION };
	static const uint8_t token[32] = { 1 };
	struct pair *p = pair_go(pair_new(70));
	struct ike_hdr h = { .version = 0x20, .xchg = IKE_X_INFORMATIONAL };
	unsigned int i, n = p->n_sent;
	struct ike_out o;
	uint8_t d[128];
	size_t len;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		forge(p, IKE_X_INFORMATIONAL, IKE_F_RESPONSE, types[i], token, sizeof(token));
		forge(p, IKE_X_INFORMATIONAL, 0, types[i], token, sizeof(token));
		forge(p, IKE_X_AUTH, IKE_F_RESPONSE, types[i], token, sizeof(token));
	}
	memcpy(h.spi_i, pair_sa(p, 0)->spi_i, 8);
	memcpy(h.spi_r, pair_sa(p, 0)->spi_r, 8);
	h.mid = pair_sa(p, 0)->w.recv_mid;
	ike_out_msg(&o, d, sizeof(d), &h);
	ike_out_delete(&o, IKE_PROTO_IKE, NULL, 0);
	len = ike_out_finish(&o);
	feed(p, 0, d, len);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == n &&
		!pair_sa(p, 0)->w.recv_mid, NULL,
		"ATK-14 ATK-28 errors, tokens and a Delete in the clear: no effect");
	pair_free(p);
}

/* A CREATE_CHILD_SA of end 0 with public value @pub, to rekey the IKE SA or for a child. */
static void bad_ke(struct pair *p, bool ike, struct ike_buf pub, struct ike_buf nonce)
{
	struct ike_sa *sa = pair_sa(p, 0);
	uint8_t spi[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ike_out o;

	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	if (ike)
		ike_out_sa(&o, p->end[0].ike, p->end[0].conf.n_ike, spi, 8);
	else
		ike_out_sa(&o, p->end[0].esp[0], 1, spi, 4);
	ike_out_raw(&o, IKE_P_NONCE, nonce);
	ike_out_ke(&o, IKE_KE_X25519, pub);
	ike_out_ts(&o, IKE_P_TSI, p->end[0].local[0], 1);
	ike_out_ts(&o, IKE_P_TSR, p->end[0].remote[0], 1);
	sa->task = (struct ike_task){ IKE_TASK_LIVENESS };
	ike_request(sa, p->now, IKE_X_CREATE_CHILD_SA, &o);
	ike_window_answered(sa);
	pair_run(p, 100);
}

static void test_values(void)
{
	static const uint8_t zero[64], one[32] = { 1 }, nine[33] = { 9 };
	static const struct ike_buf pubs[] = { { zero, 32 }, { one, 32 }, { nine, 31 }, { nine, 33 } };
	struct ike_buf nonce = { nine, 32 };
	unsigned int i, k, gone = 0, silent = 0;
	struct pair *p;
	uint8_t d[2048];
	size_t n, at;

	for (i = 0; i < ARRAY_SIZE(pubs); i++)
		for (k = 0; k < 2; k++) {
			p = pair_go(pair_new(80));
			bad_ke(p, k, pubs[i], nonce);
			gone += !pair_sa(p, 1) && !pair_kern(p, 1);
			pair_free(p);
		}
	ktap_ok(gone == 8, NULL, "ATK-15 IKE2-KE-5 bad public values: %u of 8 end the IKE SA", gone);
	n = init_request(d);
	for (at = 28; at < n && d[at] != 40; at += ike_get16(d + at + 2))
		;
	for (i = 0; i < 2; i++) {
		memset(d + at + 8, 0, 32);
		d[at + 8] = (uint8_t)i;
		p = pair_new(81);
		pair_start(p, 0);
		feed(p, 1, d, n);
		pair_run(p, 60000);
		silent += !pair_count(p, 1) && !ike_sa_next(p->end[1].ctx, NULL);
		pair_free(p);
	}
	ktap_ok(silent == 2, NULL, "ATK-15 of low order in IKE_SA_INIT: no SA");
}

/* One peer claims to be another one, with INITIAL_CONTACT. */
static void test_theft(void)
{
	static struct ike_peer_conf both[2];
	struct pair *p = pair_new(90);

	both[0] = p->end[1].conf;
	both[1] = both[0];
	both[1].remote_id = pair_id("mars.example.org");
	both[1].secret = (struct ike_buf){ (const uint8_t *)"another secret", 14 };
	pair_start(p, 0);
	p->end[1].ctx->conf.peers = both;
	p->end[1].ctx->conf.n_peers = 2;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 1000);
	ktap_ok(pair_up(p), p->end[1].log, "two peers at the same address, the first is up");
	pair_restart(p, 0, 0);
	p->end[0].conf.secret = both[1].secret;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 60000);
	ktap_ok(!pair_count(p, 0) && pair_count(p, 1) == 1 && pair_kern(p, 1) == 2, NULL,
		"ATK-19 its identity with the other's secret: refused, it stays up");
	pair_restart(p, 0, 0);
	p->end[0].conf.local_id = both[1].remote_id;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 60000);
	ktap_ok(pair_count(p, 0) == 1 && pair_count(p, 1) == 2, p->end[1].log,
		"ATK-19 INITIAL_CONTACT of the other one: both are up");
	pair_free(p);
}

static void test_abuse(void)
{
	struct ike_task t = { IKE_TASK_CHILD };
	struct pair *p = pair_go(pair_new(100));
	uint32_t spis[64];
	struct ike_child *ch;
	struct ike_out o;
	unsigned int i, n;
	struct ike_sa *a;

	t.conf = &p->end[0].child[0];
	for (i = 0; i < 100; i++) {
		ike_task_add(pair_sa(p, 0), p->now, &t);
		pair_run(p, 30);
	}
	for (n = 0, ch = pair_sa(p, 1)->children; ch; ch = ch->next)
		n++;
	ktap_ok(n == 64 && pair_up(p) && pair_kernels(p, 128) &&
		pair_said(p, 0, "NO_ADDITIONAL_SAS"), NULL,
		"ATK-22 a hundred children: 64, then NO_ADDITIONAL_SAS");
	a = pair_sa(p, 0);
	ike_out_chain(&o, a->ctx->inner, sizeof(a->ctx->inner));
	for (i = 0; i < 64; i++)
		spis[i] = 0xdead0000 + i;
	for (i = 0; i < 8; i++)
		ike_out_delete(&o, IKE_PROTO_ESP, spis, 64);
	a->task = (struct ike_task){ IKE_TASK_LIVENESS };
	ike_request(a, p->now, IKE_X_INFORMATIONAL, &o);
	pair_run(p, 100);
	ktap_ok(pair_up(p) && pair_kernels(p, 128), NULL, "ATK-22 Deletes of SPIs of others");
	pair_free(p);

	p = pair_go(pair_new(101));
	t = (struct ike_task){ IKE_TASK_REKEY_CHILD, t.conf, pair_sa(p, 0)->children->spi_in };
	ike_task_add(pair_sa(p, 0), p->now, &t);
	pair_run(p, 1000);
	n = p->n_sent;
	for (i = 0; i < n; i++)
		feed(p, p->sent[i].dst, p->sent[i].p, p->sent[i].n);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent <= n + 3, NULL,
		"ATK-23 everything is replayed: nothing happens again");
	pair_free(p);
}

static void test_version_1(void)
{
	struct pair *p = pair_go(pair_new(110));
	unsigned int i, n = p->n_sent;
	uint8_t d[256] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	for (i = 0; i < 256; i++) {
		d[16] = 1;
		d[17] = 0x10;
		d[18] = (uint8_t)i;
		d[19] = (uint8_t)i;
		ike_put32(d + 24, 28 + i % 228);
		feed(p, 1, d, 28 + i % 228);
	}
	ktap_ok(p->n_sent == n && pair_up(p) && !p->end[1].ctx->half_open, NULL,
		"ATK-29 IKEv1: silence");
	memcpy(d, p->sent[2].p, 28);
	feed(p, 1, d, 27);
	feed(p, 1, d, 1);
	d[17] = 0;
	feed(p, 1, d, 28);
	ktap_ok(p->n_sent == n, NULL, "ATK-10 less than a header, version 0: silence");
	pair_free(p);
}

static struct pair *victim;
static uint32_t dice;
static unsigned int changed;

/* Opens a message with the keys of who it is for, changes what is inside, and seals it again
 * with those of who sent it.
 */
static void rewrite(struct dgram *d)
{
	bool from_i = d->p[19] & IKE_F_INITIATOR;
	struct ike_sa *to, *from;
	struct ike_buf inner;
	uint8_t plain[4096];
	unsigned int i;

	if (d->p[16] != IKE_P_SK || pair_rand(&dice) & 3)
		return;
	to = ike_sa_find(victim->end[d->dst].ctx, from_i ? d->p + 8 : d->p);
	from = ike_sa_find(victim->end[!d->dst].ctx, from_i ? d->p : d->p + 8);
	if (!to || !from || !to->have_keys || !from->have_keys)
		return;
	if (ike_sk_open(&to->sk_in, d->p, 32, d->n, &inner) || inner.n > sizeof(plain) || !inner.n)
		return;
	memcpy(plain, inner.p, inner.n);
	for (i = 0; i < 1 + pair_rand(&dice) % 3u; i++)
		plain[(pair_rand(&dice) << 8 | pair_rand(&dice)) % inner.n] =
			pair_rand(&dice) & 1 ? pair_rand(&dice) : pair_rand(&dice) & 3;
	if (!(pair_rand(&dice) & 7))
		d->p[28] = (uint8_t)(33 + pair_rand(&dice) % 16u);
	memcpy(d->p + 32 + ike_sk_iv_len(&from->sk_out), plain, inner.n);
	if (ike_sk_seal(&from->sk_out, d->p, 32, inner.n, 65536))
		abort();
	changed++;
}

static void test_rewrite(void)
{
	static const enum ike_task_kind kinds[] = {
		IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY, IKE_TASK_CHILD, IKE_TASK_DELETE_CHILD,
		IKE_TASK_LIVENESS, IKE_TASK_COOKIE2,
	};
	static const struct ike_addr any[] = { { .len = 4 } };
	static const struct ike_pool pool = { { 4, { 10, 99, 0, 1 }, 0 }, 20, NULL, 0 };
	static const struct ike_pool *const pools[] = { &pool };
	unsigned int i, k, e, errors = 0, most = 0;
	struct ike_task t = { 0 };
	struct ike_addr a;

	for (i = 0; i < 300; i++) {
		struct pair *p = pair_new(3000 + i);

		victim = p;
		dice = i;
		p->end[1].conf.pools = pools;
		p->end[1].conf.n_pools = i & 1;
		p->end[0].conf.vips = any;
		p->end[0].conf.n_vips = i & 1;
		for (e = 0; e < 2; e++) {
			struct ike_peer_conf *c = &p->end[e].conf;

			c->mobike = c->mobike_any = i & 2;
			c->mobike_check = i & 4;
			c->childless = i & 8 ? IKE_CHILDLESS_PREFER : IKE_CHILDLESS_ALLOW;
			p->end[e].child[0].dpd_action = IKE_ACTION_START;
			c->n_ike = pair_proposals(p->end[e].ike, IKE_PROTO_IKE, i & 16 ?
				"aes128gcm16-prfsha256-x25519-ke1_ecp256" :
				"aes128gcm16-prfsha256-x25519");
			p->end[e].child[0].n_esp =
				pair_proposals(p->end[e].esp[0], IKE_PROTO_ESP,
					       i & 32 ? "aes128gcm16-x25519-ke1_ecp256"
						      : "aes128gcm16-x25519");
		}
		pair_start(p, 0);
		p->tamper = rewrite;
		ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
		for (k = 0; k < 20; k++) {
			struct ike_sa *sa = pair_sa(p, k & 1);

			pair_run(p, 1000 + pair_rand(&dice) % 64u);
			if (!sa || pair_sa(p, k & 1) != sa || sa->state != IKE_S_UP)
				continue;
			t.kind = kinds[pair_rand(&dice) % ARRAY_SIZE(kinds)];
			t.conf = &p->end[k & 1].child[0];
			t.spi = sa->children ? sa->children->spi_in : 0;
			ike_task_add(sa, p->now, &t);
			a = pair_addr((uint8_t)(10 + k), 4500);
			if (sa->state == IKE_S_UP && !(k & 3))
				ike_move(sa, p->now, &a, &sa->remote);
		}
		errors += p->end[0].kern.errors + p->end[1].kern.errors;
		for (e = 0; e < 2; e++)
			most = pair_kern(p, (int)e) > most ? pair_kern(p, (int)e) : most;
		pair_free(p);
	}
	ktap_ok(!errors && changed > 1500 && most < 60, NULL,
		"ATK-08 ATK-09 %u messages changed by who has the keys, at most %u SAs at once",
		changed, most);
}

int main(void)
{
	ktap_begin();
	test_flood();
	test_junk();
	test_huge();
	test_reflection();
	test_amplify();
	test_race();
	test_forged();
	test_values();
	test_theft();
	test_abuse();
	test_version_1();
	test_rewrite();
	return ktap_end();
}
