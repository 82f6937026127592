// SPDX-License-Identifier: GPL-2.0
/*
 * New proof of who peers are: another IKE SA with all its children, and then an end to the old
 * one (RFC 7296 2.8.3). A responder says when that is to be (RFC 4478).
 */
#include "octets.h"
#include "sa.h"

#define OVERLAP_MS	5000	/* the new children are there by then */
#define AGAIN_MS	10000	/* least time between tries */

void ike_reauth_plan(struct ike_sa *sa, uint64_t now)
{
	const struct ike_peer_conf *p = sa->peer;

	if (!p->reauth_ms)
		return;
	sa->reauth_until = now + p->reauth_ms + p->over_ms;
	sa->reauth_at = sa->began ? now + p->reauth_ms : sa->reauth_until;
}

void ike_reauth_out(struct ike_sa *sa, struct ike_out *o)
{
	uint64_t s = sa->peer->reauth_ms / 1000;
	uint8_t data[4];

	if (!s)
		return;
	ike_put32(data, s < UINT32_MAX ? (uint32_t)s : UINT32_MAX);
	ike_out_notify(o, IKE_N_AUTH_LIFETIME, (struct ike_buf){ data, 4 });
}

void ike_reauth_take(struct ike_step *x)
{
	const struct ike_payload *n = ike_msg_notify(x->m, IKE_N_AUTH_LIFETIME, NULL);
	struct ike_sa *sa = x->sa;
	uint64_t ms;

	if (!n || n->notify.data.n != 4)
		return;
	ms = (uint64_t)ike_get32(n->notify.data.p) * 1000;
	/* A little earlier than it says, but no peer can keep us busy with it. */
	ms = ms > 10 * AGAIN_MS ? ms - ms / 10 : ms > AGAIN_MS ? ms - ms / 10 : AGAIN_MS;
	if (sa->reauth_at > x->now + ms) {
		sa->reauth_at = x->now + ms;
		sa->reauth_until = x->now + ms + (ms / 9 > AGAIN_MS ? ms / 9 : AGAIN_MS);
	}
}

/* Whether an SA is on its way that is to replace @sa. */
static bool under_way(const struct ike_sa *sa)
{
	const struct ike_sa *o;

	for (o = ike_by_peer(sa->ctx, sa->peer); o; o = o->mates.next)
		if (o->state < IKE_S_UP && !memcmp(o->heir_of, ike_sa_own_spi(sa), 8))
			return true;
	return false;
}

static int begin(struct ike_sa *sa, uint64_t now)
{
	struct ike_sa *n = ike_sa_new(sa->ctx, now, sa->peer, true);

	if (!n)
		return -1;
	n->local = sa->local;
	n->remote = sa->remote;
	n->began = true;
	n->first = sa->children ? sa->children->conf : &sa->peer->children[0];
	memcpy(n->heir_of, ike_sa_own_spi(sa), 8);
	if (!ike_init_start(n, now))
		return 0;
	ike_sa_die(n, now);
	return -1;
}

void ike_reauth_tick(struct ike_sa *sa, uint64_t now)
{
	struct ike_task t = { IKE_TASK_DELETE };
	uint64_t again;

	if (now >= sa->reauth_until) {
		ike_log(sa->ctx, sa, sa->end == IKE_END_QUIET ? "replaced" : "proof is too old");
		sa->reauth_at = UINT64_MAX;
		sa->n_queue = 0;
		ike_task_add(sa, now, &t);
		return;
	}
	again = (sa->reauth_until - now) / 4;
	sa->reauth_at = now + (again > AGAIN_MS ? again : AGAIN_MS);
	if (sa->reauth_at > sa->reauth_until)
		sa->reauth_at = sa->reauth_until;
	if (!sa->began || !sa->peer->n_children || under_way(sa))
		return;
	ike_log(sa->ctx, sa, "authenticating anew");
	if (begin(sa, now))
		ike_log(sa->ctx, sa, "that could not be begun");
}

void ike_reauth_instead(struct ike_sa *sa, uint64_t now)
{
	if (!sa->began || sa->end == IKE_END_QUIET)
		return;
	ike_log(sa->ctx, sa, "peer replaces no SAs, starting anew");
	sa->reauth_at = now;
	ike_sa_touch(sa);
}

void ike_reauth_done(struct ike_sa *sa, uint64_t now)
{
	static const uint8_t none[8];
	struct ike_task t = { IKE_TASK_CHILD };
	const struct ike_child *ch, *o;
	struct ike_sa *old = NULL;

	if (memcmp(sa->heir_of, none, 8))
		old = ike_sa_find(sa->ctx, sa->heir_of);
	if (!old || old->state != IKE_S_UP || old->peer != sa->peer)
		return;
	for (ch = old->children; ch; ch = ch->next) {
		for (o = old->children; o != ch && o->conf != ch->conf; o = o->next)
			;
		t.conf = ch->conf;
		if (o == ch && ch->conf != sa->first)
			ike_task_add(sa, now, &t);
	}
	old->end = IKE_END_QUIET;
	old->rekey_at = UINT64_MAX;
	old->reauth_until = now + OVERLAP_MS;
	old->reauth_at = old->reauth_until;
	ike_sa_touch(old);
}
