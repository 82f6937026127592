/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two IKE machines and a network between them that loses, repeats, delays and rewrites.
 */
#ifndef IKE_TEST_PAIR_H
#define IKE_TEST_PAIR_H

#include <stdio.h>
#include <stdlib.h>

#include "../../lib/util.h"
#include "../octets.h"
#include "../sa.h"

#define PAIR_FLIGHT	256	/* datagrams under way */
#define PAIR_SENT	512	/* datagrams remembered */

struct pair;

/**
 * struct end - one machine
 * @pair: where it is
 * @ctx: the machine
 * @kern: its kernel
 * @conf: its peer
 * @log: all lines that it wrote
 * @seed: of its random numbers
 * @nonce: first octets of the nonces to come
 * @n_nonce: how many of them are left
 */
struct end {
	struct pair *pair;
	struct ike_ctx *ctx;
	struct ike_fake kern;
	struct ike_peer_conf conf;
	struct ike_child_conf child[2];
	struct ike_proposal ike[4], esp[2][4];
	struct ike_ts local[2][4], remote[2][4];
	char log[32768];
	uint32_t seed;
	uint8_t nonce[4];
	unsigned int n_nonce;
};

struct dgram {
	uint8_t *p;
	size_t n;
	struct ike_addr from, to;
	uint64_t at;
	int dst;
};

/**
 * struct pair - both, and the network
 * @end: 0 is who initiates in most tests
 * @now: time
 * @flight: what is under way; unused ones have no octets
 * @sent: what was ever sent
 * @loss: of 256, how many datagrams are lost
 * @dup: how many come twice
 * @reorder: how many are late
 * @nat: what end 0 sends comes from another address and port
 * @dead: end of an address from and to which nothing gets through, 0 for none
 * @nat_port: what the NAT adds to ports, 0 for 40000
 * @cut: end whose datagrams are all lost, -1 for none
 * @tamper: changes what is sent; may be NULL
 */
struct pair {
	struct end end[2];
	uint64_t now;
	struct dgram flight[PAIR_FLIGHT];
	struct dgram sent[PAIR_SENT];
	unsigned int n_sent;
	unsigned int loss, dup, reorder;
	bool nat;
	uint16_t nat_port;
	uint8_t dead;
	int cut;
	void (*tamper)(struct dgram *d);
	uint32_t seed;
};

static inline uint8_t pair_rand(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint8_t)(*seed >> 24);
}

static inline struct ike_addr pair_addr(uint8_t last, uint16_t port)
{
	return (struct ike_addr){ 4, { 192, 0, 2, last }, port };
}

static inline void pair_put(struct pair *p, const struct dgram *d, uint64_t delay)
{
	unsigned int i;

	for (i = 0; i < PAIR_FLIGHT; i++)
		if (!p->flight[i].p) {
			p->flight[i] = *d;
			p->flight[i].p = malloc(d->n);
			memcpy(p->flight[i].p, d->p, d->n);
			p->flight[i].at = p->now + delay;
			return;
		}
}

/* Through the NAT: outside, end 0 is 203.0.113.7 with other ports. */
static inline void pair_nat(const struct pair *p, struct dgram *d)
{
	uint16_t add = p->nat_port ? p->nat_port : 40000;
	static const uint8_t outside[4] = { 203, 0, 113, 7 };

	if (d->dst == 1) {
		memcpy(d->from.a, outside, 4);
		d->from.port = (uint16_t)(d->from.port + add);
	} else {
		memcpy(d->to.a, pair_addr(1, 0).a, 4);
		d->to.port = (uint16_t)(d->to.port - add);
	}
}

static inline void pair_send(void *arg, const struct ike_addr *local,
			     const struct ike_addr *remote, struct ike_buf b)
{
	struct end *e = arg;
	struct pair *p = e->pair;
	int me = e == &p->end[1];
	static uint8_t copy[65536];
	struct dgram d = { copy, b.n, *local, *remote, 0, !me };

	memcpy(copy, b.p, b.n);
	if (p->n_sent < PAIR_SENT) {
		p->sent[p->n_sent] = d;
		p->sent[p->n_sent].p = malloc(b.n);
		p->sent[p->n_sent].at = p->now;
		memcpy(p->sent[p->n_sent++].p, b.p, b.n);
	}
	if (p->nat)
		pair_nat(p, &d);
	if (p->tamper)
		p->tamper(&d);
	if (p->cut == me || (p->dead && (remote->a[3] == p->dead || local->a[3] == p->dead)) ||
	    pair_rand(&p->seed) < p->loss)
		return;
	pair_put(p, &d, 10 + (pair_rand(&p->seed) < p->reorder ? 3000 : 0));
	if (pair_rand(&p->seed) < p->dup)
		pair_put(p, &d, 700);
}

static inline void pair_random(void *arg, void *out, size_t n)
{
	struct end *e = arg;
	uint8_t *b = out;
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = pair_rand(&e->seed);
	if (n != IKE_NONCE_LEN || !e->n_nonce)
		return;
	b[0] = e->nonce[0];
	memmove(e->nonce, e->nonce + 1, --e->n_nonce);
}

static inline void pair_log(void *arg, const char *line)
{
	struct end *e = arg;
	size_t n = strlen(e->log);

	snprintf(e->log + n, sizeof(e->log) - n, "%s\n", line);
	if (getenv("PAIR_LOG"))
		printf("# %llu %d: %s\n", ull(e->pair->now), e == &e->pair->end[1], line);
}

/* What is due of end @e, and when there is more: the same as asking each SA. */
static inline uint64_t pair_tick(struct pair *p, int e)
{
	uint64_t at = ike_tick(p->end[e].ctx, p->now), due;
	struct ike_sa *sa = NULL;

	while ((sa = ike_sa_next(p->end[e].ctx, sa))) {
		due = ike_sa_due(sa, p->now);
		if (due >= at)
			continue;
		fprintf(stderr, "an SA, %s, is due %llu ms before it is looked at\n",
			ike_state_name(sa->state), ull(at - due));
		abort();
	}
	return at;
}

/* Runs for @ms of simulated time. Tests may have changed what they like of SAs before. */
static inline void pair_run(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now + ms, next;
	struct dgram d;
	struct ike_sa *sa;
	unsigned int i;
	int e;

	for (e = 0; e < 2; e++)
		for (sa = ike_sa_next(p->end[e].ctx, NULL); sa;
		     sa = ike_sa_next(p->end[e].ctx, sa))
			ike_sa_touch(sa);
	for (;;) {
		next = end;
		for (e = 0; e < 2; e++) {
			uint64_t at = pair_tick(p, e);

			next = at < next ? at : next;
		}
		for (i = 0; i < PAIR_FLIGHT; i++)
			if (p->flight[i].p && p->flight[i].at <= p->now)
				break;
		if (i < PAIR_FLIGHT) {
			d = p->flight[i];
			p->flight[i].p = NULL;
			ike_input(p->end[d.dst].ctx, p->now, &d.to, &d.from,
				  (struct ike_buf){ d.p, d.n });
			free(d.p);
			continue;
		}
		for (i = 0; i < PAIR_FLIGHT; i++)
			if (p->flight[i].p && p->flight[i].at < next)
				next = p->flight[i].at;
		if (next >= end)
			break;
		p->now = next > p->now ? next : p->now + 1;
	}
	p->now = end;
}

static inline unsigned int pair_proposals(struct ike_proposal *out, uint8_t proto,
					  const char *text)
{
	char err[128];
	int n = ike_proposal_read(out, 4, proto, text, 0, err, sizeof(err));

	if (n <= 0) {
		fprintf(stderr, "%s: %s\n", text, err);
		abort();
	}
	return (unsigned int)n;
}

static inline void pair_ts(struct ike_ts *t, const char *text)
{
	char err[128];

	if (ike_ts_read(text, t, err, sizeof(err)))
		abort();
}

static inline struct ike_id pair_id(const char *fqdn)
{
	return (struct ike_id){ IKE_ID_FQDN, { (const uint8_t *)fqdn, strlen(fqdn) } };
}

/* Both ends with a shared secret and one child; change what you like before pair_start(). */
static inline struct pair *pair_new(uint32_t seed)
{
	static const char *const names[] = { "moon.example.org", "sun.example.org" };
	static const char *const nets[] = { "10.1.0.0/16", "10.2.0.0/16" };
	struct pair *p = calloc(1, sizeof(*p));
	int i;

	p->cut = -1;
	p->seed = seed;
	p->now = 1000000;
	for (i = 0; i < 2; i++) {
		struct end *e = &p->end[i];

		e->pair = p;
		e->seed = seed * 2 + 17 + (uint32_t)i * 7919;
		e->kern.next_spi = 0x11000000u * (uint32_t)(i + 1);
		e->child[0] = (struct ike_child_conf){ .name = "net", .esp = e->esp[0],
			.local = e->local[0], .remote = e->remote[0], .n_local = 1,
			.n_remote = 1, .reqid = 1 };
		e->child[0].n_esp = pair_proposals(e->esp[0], IKE_PROTO_ESP, "aes128gcm16-x25519");
		pair_ts(&e->local[0][0], nets[i]);
		pair_ts(&e->remote[0][0], nets[!i]);
		e->conf = (struct ike_peer_conf){ .name = names[!i], .ike = e->ike,
			.local = pair_addr((uint8_t)(i + 1), 500),
			.remote = pair_addr((uint8_t)(!i + 1), 500),
			.local_id = pair_id(names[i]), .remote_id = pair_id(names[!i]),
			.secret = { (const uint8_t *)"a shared secret", 15 },
			.children = e->child, .n_children = 1 };
		e->conf.n_ike = pair_proposals(e->ike, IKE_PROTO_IKE,
					       "aes128gcm16-prfsha256-x25519-ecp256");
	}
	return p;
}

/* End @i forgets all, its kernel too. */
static inline void pair_restart(struct pair *p, int i, unsigned int cookie_from)
{
	struct end *e = &p->end[i];
	struct ike_ctx_conf c = { .peers = &e->conf, .n_peers = 1,
		.kernel = &ike_fake_ops, .kern = &e->kern, .arg = e, .send = pair_send,
		.random = pair_random, .log = pair_log, .cookie_from = cookie_from };

	ike_ctx_free(e->ctx);
	e->ctx = ike_ctx_new(&c);
}

static inline void pair_start(struct pair *p, unsigned int cookie_from)
{
	int i;

	for (i = 0; i < 2; i++)
		pair_restart(p, i, cookie_from);
}

/* The first SA of end @i that is not gone. */
static inline struct ike_sa *pair_sa(struct pair *p, int i)
{
	struct ike_sa *sa = NULL;

	while ((sa = ike_sa_next(p->end[i].ctx, sa)))
		if (sa->state != IKE_S_GONE)
			return sa;
	return NULL;
}

/* The first child of the IKE SA of end @i. */
static inline struct ike_child *pair_child(struct pair *p, int i)
{
	return pair_sa(p, i)->children;
}

/* End 0 begins, and all that follows from it has time to happen. */
static inline struct pair *pair_go(struct pair *p)
{
	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, 5000);
	return p;
}

/* Another child for both ends, between other networks. */
static inline void pair_two_children(struct pair *p)
{
	int e;

	for (e = 0; e < 2; e++) {
		struct end *m = &p->end[e];

		m->child[1] = m->child[0];
		m->child[1].name = "more";
		m->child[1].reqid = 2;
		m->child[1].local = m->local[1];
		m->child[1].remote = m->remote[1];
		pair_ts(&m->local[1][0], e ? "10.4.0.0/16" : "10.3.0.0/16");
		pair_ts(&m->remote[1][0], e ? "10.3.0.0/16" : "10.4.0.0/16");
		m->conf.n_children = 2;
	}
}

static inline unsigned int pair_count(struct pair *p, int i)
{
	unsigned int n = 0;
	struct ike_sa *sa = NULL;

	while ((sa = ike_sa_next(p->end[i].ctx, sa)))
		n += sa->state == IKE_S_UP;
	return n;
}

static inline bool pair_up(struct pair *p)
{
	return pair_count(p, 0) == 1 && pair_count(p, 1) == 1;
}

/* Number of SAs and reserved SPIs in the kernel of end @i. */
static inline unsigned int pair_kern(struct pair *p, int i)
{
	unsigned int n = 0, k;

	for (k = 0; k < IKE_FAKE_SAS; k++)
		n += p->end[i].kern.sa[k].spi != 0;
	return n;
}

static inline unsigned int pair_policies(struct pair *p, int i)
{
	unsigned int n = 0, k;

	for (k = 0; k < IKE_FAKE_POLICIES; k++)
		n += p->end[i].kern.users[k] != 0;
	return n;
}

/* Whether @n SAs are in each kernel, each with its counterpart: keys, direction, mode. */
static inline bool pair_kernels(struct pair *p, unsigned int n)
{
	const struct ike_kern_sa *a, *b;
	unsigned int i, k, found;

	if (pair_kern(p, 0) != n || pair_kern(p, 1) != n || p->end[0].kern.errors ||
	    p->end[1].kern.errors)
		return false;
	for (i = 0; i < IKE_FAKE_SAS; i++) {
		a = &p->end[0].kern.sa[i];
		if (!a->spi)
			continue;
		for (k = found = 0; k < IKE_FAKE_SAS; k++) {
			b = &p->end[1].kern.sa[k];
			found += b->spi == a->spi && b->inbound == !a->inbound &&
				 !p->end[0].kern.larval[i] && !p->end[1].kern.larval[k] &&
				 b->encr == a->encr && b->encr_len == a->encr_len && a->encr_len &&
				 !memcmp(b->encr_key, a->encr_key, a->encr_len) &&
				 b->integ == a->integ && b->integ_len == a->integ_len &&
				 !memcmp(b->integ_key, a->integ_key, a->integ_len) &&
				 b->esn == a->esn && b->transport == a->transport &&
				 b->encap == a->encap &&
				 (p->nat || (ike_addr_same(&b->src, &a->src) &&
					     ike_addr_same(&b->dst, &a->dst)));
		}
		if (found != 1)
			return false;
	}
	return true;
}

/* Makes of @d, which @sa sent, one of exchange @xchg with other payloads: the @n octets of
 * @in.
 */
static inline void pair_reseal(struct dgram *d, struct ike_sa *sa, uint8_t xchg,
			       const struct ike_out *in, size_t n)
{
	struct ike_hdr h = { .version = 0x20, .xchg = xchg, .flags = d->p[19],
			     .mid = ike_get32(d->p + 20) };
	size_t body = ike_sk_body_len(&sa->sk_out, n);
	uint8_t copy[4096], *at;
	struct ike_out o;

	memcpy(h.spi_i, d->p, 8);
	memcpy(h.spi_r, d->p + 8, 8);
	memcpy(copy, in->p, n);
	ike_out_msg(&o, d->p, 4096, &h);
	at = ike_out_sk(&o, in->first, body);
	d->n = ike_out_finish(&o);
	if (!at || !d->n)
		abort();
	if (n)
		memcpy(at + ike_sk_iv_len(&sa->sk_out), copy, n);
	if (ike_sk_seal(&sa->sk_out, d->p, (size_t)(at - d->p), n, 4096))
		abort();
}

static inline bool pair_said(struct pair *p, int i, const char *what)
{
	return strstr(p->end[i].log, what) != NULL;
}

static inline void pair_free(struct pair *p)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		ike_ctx_free(p->end[i].ctx);
	for (i = 0; i < PAIR_FLIGHT; i++)
		free(p->flight[i].p);
	for (i = 0; i < p->n_sent; i++)
		free(p->sent[i].p);
	free(p);
}

#endif /* IKE_TEST_PAIR_H */
