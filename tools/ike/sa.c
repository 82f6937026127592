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
	char line[2048];
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

void ike_tell(struct ike_ctx *c, const struct ike_event *e)
{
	if (c->conf.event)
		c->conf.event(c->conf.arg, e);
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
	if (ike_due_new(sa)) {
		free(sa);
		return NULL;
	}
	ike_sa_peer(sa, peer);
	sa->initiator = initiator;
	sa->state = initiator ? IKE_S_INIT_SENT : IKE_S_HALF_OPEN;
	c->half_open += !initiator;
	ike_half_open(sa, !initiator);
	sa->heard_at = now;
	sa->rekey_at = UINT64_MAX;
	sa->reauth_at = UINT64_MAX;
	sa->reauth_until = UINT64_MAX;
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
	if (c->sas)
		c->sas->prev = &sa->next;
	sa->prev = &c->sas;
	c->sas = sa;
	return sa;
}

void ike_sa_state(struct ike_sa *sa, enum ike_state s)
{
	struct ike_event e = { .kind = IKE_EVENT_SA, .peer = sa->peer };

	ike_sa_touch(sa);
	if (sa->state == s)
		return;
	if (s == IKE_S_UP && sa->state == IKE_S_LARVAL)
		sa->ctx->stats.rekeyed++;
	else if (s == IKE_S_UP)
		sa->ctx->stats.up[sa->initiator]++;
	sa->ctx->half_open -= sa->state == IKE_S_HALF_OPEN;
	ike_half_open(sa, false);
	sa->state = s;
	ike_log(sa->ctx, sa, "IKE SA %s", states[s]);
	ike_tell(sa->ctx, &e);
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
	free(sa->others);
	sa->others = NULL;
	sa->msg_i = NULL;
	sa->msg_r = NULL;
	free((void *)sa->peer_id.p);
	sa->peer_id = (struct ike_buf){ 0 };
	ike_index_id(sa);
	OPENSSL_cleanse(sa->ni, sizeof(sa->ni));
	OPENSSL_cleanse(sa->nr, sizeof(sa->nr));
	sa->n_queue = 0;
	ike_frag_wipe(sa);
	ike_inter_free(sa);
	ike_eap_end(sa);
	ike_ppk_wipe(sa);
}

void ike_sa_die(struct ike_sa *sa, uint64_t now)
{
	const struct ike_child *ch;

	if (sa->initiator && sa->state < IKE_S_UP)
		ike_want_tried(sa, now);
	for (ch = sa->children; ch; ch = ch->next)
		ike_want_lost(sa, now, ch);
	wipe(sa);
	ike_window_answered(sa);
	sa->expire_at = now + (sa->state == IKE_S_HALF_OPEN ? IKE_GONE_EARLY_MS : IKE_GONE_MS);
	ike_sa_state(sa, IKE_S_GONE);
}

void ike_sa_release(struct ike_sa *sa)
{
	struct ike_ctx *c = sa->ctx;
	struct ike_sa **p;

	wipe(sa);
	*sa->prev = sa->next;
	if (sa->next)
		sa->next->prev = sa->prev;
	for (p = &c->buckets[bucket(ike_sa_own_spi(sa))]; *p != sa; p = &(*p)->by_spi)
		;
	*p = sa->by_spi;
	c->half_open -= sa->state == IKE_S_HALF_OPEN;
	ike_half_open(sa, false);
	ike_sa_peer(sa, NULL);
	ike_window_wipe(&sa->w);
	ike_due_free(sa);
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
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "no keys: %s", ike_crypt_text(why));
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
	c->want_at = UINT64_MAX;
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
		ike_sa_release(c->sas);
	ike_want_free(c);
	ike_drain_tick(c, UINT64_MAX);
	ike_pool_free(c);
	free(c->heap);
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

static bool inside(const struct ike_range *l, unsigned int n, const struct ike_addr *one,
		   const struct ike_addr *a)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (l[i].len == a->len && memcmp(l[i].lo, a->a, a->len) <= 0 &&
		    memcmp(a->a, l[i].hi, a->len) <= 0)
			return true;
	return !n && (!one->len || ike_addr_same(one, a));
}

bool ike_local_fits(const struct ike_peer_conf *p, const struct ike_addr *a)
{
	return inside(p->locals, p->n_locals, &p->local, a);
}

bool ike_remote_fits(const struct ike_peer_conf *p, const struct ike_addr *a)
{
	return inside(p->remotes, p->n_remotes, &p->remote, a);
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

enum ike_where ike_peer_where(struct ike_ctx *c, const struct ike_peer_conf *peer,
			      struct ike_addr *local, struct ike_addr *remote)
{
	if (c->conf.where)
		return c->conf.where(c->conf.arg, peer, local, remote);
	*local = peer->local;
	*remote = peer->remote;
	return local->len && remote->len ? IKE_WHERE_HERE : IKE_WHERE_NEVER;
}

int ike_initiate(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer)
{
	return ike_sa_start(c, now, peer, NULL) ? -1 : 0;
}

int ike_sa_start(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
		 const struct ike_child_conf *first)
{
	struct ike_addr local, remote;
	enum ike_where where;
	struct ike_sa *sa;

	if (!peer->n_ike || !peer->n_children)
		return -1;
	if (!ike_peer_usable(peer)) {
		ike_log(c, NULL, "%.48s: libcrypto lacks a key exchange", peer->name);
		return -1;
	}
	if (peer->remote_by == IKE_BY_EAP || (peer->by == IKE_BY_EAP && !ike_eap_client(peer))) {
		ike_log(c, NULL, "%.48s: %s", peer->name, peer->by == IKE_BY_EAP ?
			"EAP takes a peer with a certificate" :
			"it is the peer who begins, as it proves itself with EAP");
		return -1;
	}
	where = ike_peer_where(c, peer, &local, &remote);
	if (where)
		return where == IKE_WHERE_SOON ? 1 : -1;
	sa = ike_sa_new(c, now, peer, true);
	if (!sa)
		return -1;
	sa->local = local;
	sa->remote = remote;
	sa->first = first;
	sa->all = !first;
	sa->began = true;
	c->stats.begun++;
	if (ike_init_start(sa, now)) {
		ike_sa_release(sa);
		return -1;
	}
	return 0;
}

int ike_task_add(struct ike_sa *sa, uint64_t now, const struct ike_task *t)
{
	ike_sa_touch(sa);
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
