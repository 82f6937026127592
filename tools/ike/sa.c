// SPDX-License-Identifier: GPL-2.0
/*
 * The table of IKE SAs and the life of one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

static const char *const states[IKE_S_COUNT] = {
	[IKE_S_INIT_SENT] = "init-sent",
	[IKE_S_HALF_OPEN] = "half-open",
	[IKE_S_INTER_SENT] = "intermediate-sent",
	[IKE_S_AUTH_SENT] = "auth-sent",
	[IKE_S_UP] = "established",
	[IKE_S_LARVAL] = "larval",
	[IKE_S_REPLACED] = "replaced",
	[IKE_S_CLOSING] = "closing",
	[IKE_S_GONE] = "gone",
};

const char *ike_state_name(enum ike_state s)
{
	return states[s];
}

void ike_log(struct ike_ctx *c, const struct ike_sa *sa, const char *fmt, ...)
{
	char line[1024];
	int n = 0;
	va_list ap;

	if (!c->conf.log)
		return;
	if (sa)
		n = snprintf(line, 64, "%.48s: ", sa->peer->name);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	c->conf.log(c->conf.arg, line);
}

int ike_copy(uint8_t **to, size_t *n, struct ike_buf from)
{
	uint8_t *p = malloc(from.n ? from.n : 1);

	if (!p)
		return -1;
	if (from.n)
		memcpy(p, from.p, from.n);
	free(*to);
	*to = p;
	*n = from.n;
	return 0;
}

/* Own SPIs are random, so that any of their octets will do. */
static unsigned int bucket(const uint8_t *spi)
{
	return ike_get32(spi) % IKE_BUCKETS;
}

struct ike_sa *ike_sa_find(struct ike_ctx *c, const uint8_t *own_spi)
{
	struct ike_sa *sa = c->buckets[bucket(own_spi)];

	while (sa && memcmp(ike_sa_own_spi(sa), own_spi, 8))
		sa = sa->by_spi;
	return sa;
}

struct ike_sa *ike_sa_next(struct ike_ctx *c, const struct ike_sa *after)
{
	return after ? after->next : c->sas;
}

struct ike_sa *ike_sa_new(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
			  bool initiator)
{
	static const uint8_t zero[8];
	struct ike_sa *sa = calloc(1, sizeof(*sa));
	uint8_t *spi;

	if (!sa)
		return NULL;
	sa->ctx = c;
	sa->peer = peer;
	sa->initiator = initiator;
	sa->state = initiator ? IKE_S_INIT_SENT : IKE_S_HALF_OPEN;
	c->half_open += !initiator;
	sa->heard_at = now;
	sa->rekey_at = UINT64_MAX;
	sa->unique_at = UINT64_MAX;
	sa->keep_at = UINT64_MAX;
	sa->born_at = now;
	sa->expire_at = initiator ? UINT64_MAX : now + IKE_HALF_OPEN_MS;
	spi = initiator ? sa->spi_i : sa->spi_r;
	do {
		c->conf.random(c->conf.arg, spi, 8);
	} while (!memcmp(spi, zero, 8) || ike_sa_find(c, spi));
	sa->by_spi = c->buckets[bucket(spi)];
	c->buckets[bucket(spi)] = sa;
	sa->next = c->sas;
	c->sas = sa;
	return sa;
}

void ike_sa_state(struct ike_sa *sa, enum ike_state s)
{
	if (sa->state == s)
		return;
	sa->ctx->half_open -= sa->state == IKE_S_HALF_OPEN;
	sa->state = s;
	ike_log(sa->ctx, sa, "IKE SA %s", states[s]);
}

static void wipe(struct ike_sa *sa)
{
	ike_child_abandon(sa);
	ike_chain_free(sa, &sa->chain);
	while (sa->children)
		ike_child_free(sa, sa->children);
	ike_cp_free(sa);
	ike_ke_free(sa->ke);
	sa->ke = NULL;
	ike_keys_wipe(&sa->keys);
	ike_sk_wipe(&sa->sk_in);
	ike_sk_wipe(&sa->sk_out);
	sa->have_keys = false;
	free(sa->msg_i);
	free(sa->msg_r);
	sa->msg_i = NULL;
	sa->msg_r = NULL;
	free((void *)sa->peer_id.p);
	sa->peer_id = (struct ike_buf){ 0 };
	OPENSSL_cleanse(sa->ni, sizeof(sa->ni));
	OPENSSL_cleanse(sa->nr, sizeof(sa->nr));
	sa->n_queue = 0;
	ike_frag_wipe(sa);
	ike_inter_free(sa);
	ike_ppk_wipe(sa);
}

void ike_sa_die(struct ike_sa *sa, uint64_t now)
{
	const struct ike_child *ch;

	for (ch = sa->children; ch; ch = ch->next)
		ike_want_lost(sa, now, ch);
	wipe(sa);
	ike_window_answered(sa);
	sa->expire_at = now + (sa->state == IKE_S_HALF_OPEN ? IKE_GONE_EARLY_MS : IKE_GONE_MS);
	ike_sa_state(sa, IKE_S_GONE);
}

static void release(struct ike_sa *sa)
{
	struct ike_ctx *c = sa->ctx;
	struct ike_sa **p;

	wipe(sa);
	for (p = &c->sas; *p != sa; p = &(*p)->next)
		;
	*p = sa->next;
	for (p = &c->buckets[bucket(ike_sa_own_spi(sa))]; *p != sa; p = &(*p)->by_spi)
		;
	*p = sa->by_spi;
	c->half_open -= sa->state == IKE_S_HALF_OPEN;
	ike_window_wipe(&sa->w);
	OPENSSL_cleanse(sa, sizeof(*sa));
	free(sa);
}

int ike_sa_derive(struct ike_sa *sa)
{
	struct ike_seed s = { { sa->ni, sa->ni_len }, { sa->nr, sa->nr_len } };
	struct ike_buf secret;
	enum ike_crypt why;

	memcpy(s.spi_i, sa->spi_i, 8);
	memcpy(s.spi_r, sa->spi_r, 8);
	why = ike_ke_secret(sa->ke, &secret);
	if (!why)
		why = ike_keys_initial(&sa->keys, &sa->suite, &s, secret);
	if (!why)
		why = ike_keys_sk(&sa->keys, sa->initiator, &sa->sk_out);
	if (!why)
		why = ike_keys_sk(&sa->keys, !sa->initiator, &sa->sk_in);
	if (why)
		ike_log(sa->ctx, sa, "no keys: %s", ike_crypt_text(why));
	ike_ke_free(sa->ke);
	sa->ke = NULL;
	sa->have_keys = !why;
	return why ? -1 : 0;
}

struct ike_ctx *ike_ctx_new(const struct ike_ctx_conf *conf)
{
	struct ike_ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->conf = *conf;
	if (!c->conf.cookie_from)
		c->conf.cookie_from = 64;
	if (!c->conf.half_open_each)
		c->conf.half_open_each = 64;
	if (!c->conf.half_open_max)
		c->conf.half_open_max = 1000;
	conf->random(conf->arg, c->cookie_secret, sizeof(c->cookie_secret));
	return c;
}

void ike_ctx_free(struct ike_ctx *c)
{
	struct ike_sa *sa;

	if (!c)
		return;
	/* some SAs point to others, but those nowhere */
	for (sa = c->sas; sa; sa = sa->next) {
		ike_child_abandon(sa);
		ike_chain_free(sa, &sa->chain);
	}
	while (c->sas)
		release(c->sas);
	ike_want_free(c);
	ike_drain_tick(c, UINT64_MAX);
	ike_pool_free(c);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

static bool is_ke(uint8_t type)
{
	return type == IKE_T_KE || (type >= IKE_T_ADDKE1 && type <= IKE_T_ADDKE7);
}

static bool available(const struct ike_proposal *p, unsigned int n)
{
	unsigned int i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < p[i].n; k++)
			if (is_ke(p[i].t[k].type) && p[i].t[k].id &&
			    !ike_ke_available(p[i].t[k].id))
				return false;
	return true;
}

bool ike_peer_usable(const struct ike_peer_conf *p)
{
	unsigned int i;

	for (i = 0; i < p->n_children; i++)
		if (!available(p->children[i].esp, p->children[i].n_esp))
			return false;
	return available(p->ike, p->n_ike);
}

/* Takes out of @p the key exchanges that libcrypto lacks. False if a step is left empty. */
static bool strip(struct ike_proposal *p)
{
	bool was[256] = { 0 }, is[256] = { 0 };
	unsigned int i, k;

	for (i = k = 0; i < p->n; i++) {
		was[p->t[i].type] = true;
		if (is_ke(p->t[i].type) && p->t[i].id && !ike_ke_available(p->t[i].id))
			continue;
		is[p->t[i].type] = true;
		p->t[k++] = p->t[i];
	}
	p->n = (uint8_t)k;
	return !memcmp(was, is, sizeof(was));
}

unsigned int ike_proposals_usable(struct ike_proposal *p, unsigned int n)
{
	unsigned int i, k;

	for (i = k = 0; i < n; i++) {
		if (!strip(&p[i]))
			continue;
		if (k != i)
			p[k] = p[i];
		p[k].num = (uint8_t)(k + 1);
		k++;
	}
	return k;
}

int ike_initiate(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer)
{
	return ike_sa_start(c, now, peer, NULL);
}

int ike_sa_start(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
		 const struct ike_child_conf *first)
{
	struct ike_sa *sa;

	if (!peer->remote.len || !peer->local.len || !peer->n_ike || !peer->n_children)
		return -1;
	if (!ike_peer_usable(peer)) {
		ike_log(c, NULL, "%.48s: libcrypto lacks a key exchange", peer->name);
		return -1;
	}
	sa = ike_sa_new(c, now, peer, true);
	if (!sa)
		return -1;
	sa->local = peer->local;
	sa->remote = peer->remote;
	sa->first = first;
	sa->all = !first;
	sa->began = true;
	if (ike_init_start(sa, now)) {
		release(sa);
		return -1;
	}
	return 0;
}

int ike_task_add(struct ike_sa *sa, uint64_t now, const struct ike_task *t)
{
	if (sa->state != IKE_S_UP || sa->n_queue == IKE_TASKS)
		return -1;
	sa->queue[sa->n_queue++] = *t;
	ike_task_next(sa, now);
	return 0;
}

void ike_task_next(struct ike_sa *sa, uint64_t now)
{
	int err;

	while (sa->state == IKE_S_UP && !sa->w.req && sa->n_queue) {
		sa->task = sa->queue[0];
		memmove(sa->queue, sa->queue + 1, --sa->n_queue * sizeof(sa->queue[0]));
		if (sa->task.kind == IKE_TASK_CHILD || sa->task.kind == IKE_TASK_REKEY_CHILD)
			err = ike_child_start(sa, now);
		else if (sa->task.kind == IKE_TASK_REKEY)
			err = ike_rekey_start(sa, now);
		else
			err = ike_info_start(sa, now);
		if (err)
			ike_log(sa->ctx, sa, "a task could not be started");
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#define POLL_MS 1000	/* how often a new pair is looked at until the peer uses it */

/* When something of @sa is due. */
static uint64_t due(struct ike_sa *sa, uint64_t now)
{
	uint64_t at = earlier(sa->expire_at, ike_frag_tick(sa, now));
	const struct ike_child *ch;

	if (sa->w.req)
		at = earlier(at, sa->w.next_at);
	at = earlier(at, ike_chain_tick(sa, now));
	if (sa->state != IKE_S_UP)
		return at;
	if (sa->peer->dpd_ms && !sa->w.req)
		at = earlier(at, sa->heard_at + sa->peer->dpd_ms);
	if (sa->n_queue && !sa->w.req)
		return now;
	at = earlier(at, earlier(sa->rekey_at, earlier(sa->unique_at, sa->keep_at)));
	for (ch = sa->children; ch; ch = ch->next)
		if (!ch->out_kernel)
			at = earlier(at, now + POLL_MS);
	for (ch = sa->children; ch; ch = ch->next)
		at = earlier(at, ch->busy ? ch->expire_at : earlier(ch->rekey_at, ch->expire_at));
	return at;
}

/* Keeps the NAT on our side open (RFC 3948 4). */
static void keep(struct ike_sa *sa, uint64_t now)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;

	if (!sa->nat_us || !k->keepalive) {
		sa->keep_at = UINT64_MAX;
		return;
	}
	if (sa->keep_at != UINT64_MAX && now < sa->keep_at)
		return;
	if (sa->keep_at != UINT64_MAX)
		k->keepalive(k->arg, &sa->local, &sa->remote);
	sa->keep_at = now + (k->keepalive_ms ? k->keepalive_ms : 20000);
}

static void tick(struct ike_sa *sa, uint64_t now)
{
	struct ike_task live = { IKE_TASK_LIVENESS }, rekey = { IKE_TASK_REKEY };

	if (sa->w.req && now >= sa->w.next_at && !ike_window_tick(sa, now)) {
		ike_log(sa->ctx, sa, "peer does not answer");
		ike_sa_die(sa, now);
	}
	if (sa->state == IKE_S_UP) {
		ike_child_tick(sa, now);
		keep(sa, now);
		if (sa->peer->dpd_ms && !sa->w.req && now - sa->heard_at >= sa->peer->dpd_ms) {
			if (ike_child_heard(sa))
				sa->heard_at = now;
			else
				ike_task_add(sa, now, &live);
		}
		if (now >= sa->rekey_at && sa->state == IKE_S_UP) {
			sa->rekey_at = now + POLL_MS;
			if (sa->n_queue < IKE_TASKS)
				sa->rekey_at = UINT64_MAX;
			ike_task_add(sa, now, &rekey);
		}
		if (now >= sa->unique_at && sa->state == IKE_S_UP)
			ike_unique_tick(sa, now);
		ike_task_next(sa, now);
	}
	if (now >= sa->expire_at)
		release(sa);
}

uint64_t ike_tick(struct ike_ctx *c, uint64_t now)
{
	struct ike_sa *sa, *next;
	uint64_t at;

	for (sa = c->sas; sa; sa = next) {
		next = sa->next;
		tick(sa, now);
	}
	at = earlier(ike_want_tick(c, now), ike_drain_tick(c, now));
	for (sa = c->sas; sa; sa = sa->next)
		at = earlier(at, due(sa, now));
	return at;
}
