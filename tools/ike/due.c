// SPDX-License-Identifier: GPL-2.0
/*
 * What is due, and when: each SA has one time, and the earliest of all is at hand, so that
 * an SA of which nothing is due costs nothing.
 */
#include <stdlib.h>

#include "sa.h"

int ike_due_new(struct ike_sa *sa)
{
	struct ike_ctx *c = sa->ctx;
	struct ike_sa **heap;
	unsigned int room;

	if (c->n_sas == c->heap_room) {
		room = c->heap_room ? c->heap_room * 2 : 64;
		heap = realloc(c->heap, room * sizeof(*heap));
		if (!heap)
			return -1;
		c->heap = heap;
		c->heap_room = room;
	}
	c->n_sas++;
	ike_sa_touch(sa);
	return 0;
}

static void put(struct ike_ctx *c, unsigned int i, struct ike_sa *sa)
{
	c->heap[i] = sa;
	sa->heap_at = i + 1;
}

/* Moves what is at @i to where it belongs. */
static void sift(struct ike_ctx *c, unsigned int i)
{
	struct ike_sa *sa = c->heap[i];
	unsigned int k;

	for (; i && c->heap[(i - 1) / 2]->due_at > sa->due_at; i = (i - 1) / 2)
		put(c, i, c->heap[(i - 1) / 2]);
	for (; (k = 2 * i + 1) < c->n_heap; i = k) {
		if (k + 1 < c->n_heap && c->heap[k + 1]->due_at < c->heap[k]->due_at)
			k++;
		if (c->heap[k]->due_at >= sa->due_at)
			break;
		put(c, i, c->heap[k]);
	}
	put(c, i, sa);
}

static void take_out(struct ike_sa *sa)
{
	struct ike_ctx *c = sa->ctx;
	unsigned int i = sa->heap_at - 1;

	if (!sa->heap_at)
		return;
	sa->heap_at = 0;
	if (i == --c->n_heap)
		return;
	put(c, i, c->heap[c->n_heap]);
	sift(c, i);
}

static void clear_touch(struct ike_sa *sa)
{
	if (!sa->touched)
		return;
	*sa->touched = sa->next_touched;
	if (sa->next_touched)
		sa->next_touched->touched = sa->touched;
	sa->touched = NULL;
}

void ike_sa_touch(struct ike_sa *sa)
{
	struct ike_ctx *c = sa->ctx;

	if (sa->touched)
		return;
	sa->next_touched = c->touched;
	if (c->touched)
		c->touched->touched = &sa->next_touched;
	c->touched = sa;
	sa->touched = &c->touched;
}

void ike_due_free(struct ike_sa *sa)
{
	clear_touch(sa);
	take_out(sa);
	sa->ctx->n_sas--;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#define POLL_MS 1000	/* how often a new pair is looked at until the peer uses it */

uint64_t ike_sa_due(struct ike_sa *sa, uint64_t now)
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
	at = earlier(at, sa->reauth_at);
	at = earlier(at, earlier(sa->rekey_at, earlier(sa->unique_at, sa->keep_at)));
	for (ch = sa->children; ch; ch = ch->next)
		if (!ch->out_kernel)
			at = earlier(at, now + POLL_MS);
	for (ch = sa->children; ch; ch = ch->next)
		at = earlier(at, ch->busy ? ch->expire_at :
			     earlier(earlier(ch->rekey_at, ch->idle_at), ch->expire_at));
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

/* The peer of @sa is not there, or does not want us and cannot prove that it is the peer. */
static void dead(struct ike_sa *sa)
{
	char a[IKE_ADDR_TEXT], l[400];
	bool refused = strstr(sa->hint, ike_name_notify(IKE_N_NO_PROPOSAL_CHOSEN));

	ike_addr_print(&sa->remote, a, sizeof(a));
	if (sa->state == IKE_S_INIT_SENT && sa->hint[0])
		ike_fail(sa->ctx, sa, 0, IKE_WHY_TIMEOUT, "peer does not answer at %s (%s%s%s)", a,
			 sa->hint, refused ? "; we offered " : "", !refused ? "" :
			 ike_proposals_print(sa->peer->ike, sa->peer->n_ike, l, sizeof(l)));
	else
		ike_fail(sa->ctx, sa, 0, IKE_WHY_TIMEOUT, "peer does not answer at %s: %s", a,
			 ike_state_name(sa->state));
}

static void tick(struct ike_sa *sa, uint64_t now)
{
	struct ike_task live = { IKE_TASK_LIVENESS }, rekey = { IKE_TASK_REKEY };

	if (sa->w.req && now >= sa->w.next_at && !ike_window_tick(sa, now) &&
	    !ike_others_try(sa, now)) {
		dead(sa);
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
		if (now >= sa->reauth_at && sa->state == IKE_S_UP)
			ike_reauth_tick(sa, now);
		if (now >= sa->unique_at && sa->state == IKE_S_UP)
			ike_unique_tick(sa, now);
		ike_task_next(sa, now);
	}
	if (now >= sa->expire_at)
		ike_sa_release(sa);
}

/* Those of which something is due, or was changed since. */
static void tick_some(struct ike_ctx *c, uint64_t now)
{
	struct ike_sa *some, *sa;

	while (c->n_heap && c->heap[0]->due_at <= now) {
		sa = c->heap[0];
		take_out(sa);
		ike_sa_touch(sa);
	}
	some = c->touched;
	c->touched = NULL;
	if (some)
		some->touched = &some;
	while ((sa = some)) {
		clear_touch(sa);
		ike_sa_touch(sa);
		tick(sa, now);
	}
}

uint64_t ike_tick(struct ike_ctx *c, uint64_t now)
{
	struct ike_sa *sa;
	uint64_t at;

	tick_some(c, now);
	at = earlier(ike_want_tick(c, now), ike_drain_tick(c, now));
	while ((sa = c->touched)) {
		clear_touch(sa);
		sa->due_at = ike_sa_due(sa, now);
		if (!sa->heap_at)
			put(c, c->n_heap++, sa);
		sift(c, sa->heap_at - 1);
	}
	return c->n_heap ? earlier(at, c->heap[0]->due_at) : at;
}
