// SPDX-License-Identifier: GPL-2.0
/*
 * Peers with several addresses: what they say about them, and what is tried before such a
 * peer is given up (RFC 4555 3.4, 3.6, 3.12).
 */
#include <stdlib.h>

#include "sa.h"

#define OTHERS_MAX 16

/**
 * struct ike_others - addresses of the peer besides the one that is in use
 * @n: number of @a
 * @at: how many were tried for the request under way
 * @moved: that request went to another address than those before
 * @a: the addresses
 */
struct ike_others {
	unsigned int n, at;
	bool moved;
	struct ike_addr a[OTHERS_MAX];
};

void ike_others_out(const struct ike_sa *sa, struct ike_out *o)
{
	const struct ike_peer_conf *p = sa->peer;
	struct ike_addr a = { 0 };
	unsigned int i, n = 0;

	for (i = 0; i < p->n_locals && n < OTHERS_MAX; i++) {
		a.len = p->locals[i].len;
		memcpy(a.a, p->locals[i].lo, sizeof(a.a));
		if (memcmp(p->locals[i].lo, p->locals[i].hi, a.len) ||
		    ike_addr_same(&a, &sa->local))
			continue;
		ike_out_notify(o, a.len == 4 ? IKE_N_ADDITIONAL_IP4_ADDRESS
					     : IKE_N_ADDITIONAL_IP6_ADDRESS,
			       (struct ike_buf){ a.a, a.len });
		n++;
	}
}

void ike_others_in(struct ike_step *x)
{
	bool none = ike_msg_notify(x->m, IKE_N_NO_ADDITIONAL_ADDRESSES, NULL);
	const struct ike_payload *p = NULL;
	struct ike_others *o, got = { 0 };
	struct ike_sa *sa = x->sa;

	if (!sa->mobike)
		return;
	while (!none && got.n < OTHERS_MAX && (p = ike_msg_find(x->m, IKE_P_NOTIFY, p))) {
		struct ike_addr *a = &got.a[got.n];

		if ((p->notify.type != IKE_N_ADDITIONAL_IP4_ADDRESS || p->notify.data.n != 4) &&
		    (p->notify.type != IKE_N_ADDITIONAL_IP6_ADDRESS || p->notify.data.n != 16))
			continue;
		a->len = (uint8_t)p->notify.data.n;
		memcpy(a->a, p->notify.data.p, a->len);
		got.n++;
	}
	if (!none && !got.n)
		return;
	o = malloc(sizeof(*o));
	if (!o)
		return;
	/* each list takes the place of the one before */
	*o = got;
	o->moved = sa->others && sa->others->moved;
	free(sa->others);
	sa->others = o;
	ike_log(x->c, sa, "peer has %u other addresses", o->n);
}

/* Whether @a is inside of a tunnel that the peer itself is not in: there is no other way to it. */
static bool inside(const struct ike_sa *sa, const struct ike_addr *a)
{
	const struct ike_child *ch;
	unsigned int i;

	for (ch = sa->children; ch; ch = ch->next)
		for (i = 0; i < ch->n_remote; i++)
			if (ike_ts_has(&ch->remote[i], a) &&
			    !ike_ts_has(&ch->remote[i], &sa->remote))
				return true;
	return false;
}

bool ike_others_try(struct ike_sa *sa, uint64_t now)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_others *o = sa->others;
	char from[IKE_ADDR_TEXT], to[IKE_ADDR_TEXT];
	struct ike_addr local, remote;

	if (!o || !sa->mobike || !sa->began || sa->state != IKE_S_UP)
		return false;
	while (o->at < o->n) {
		remote = o->a[o->at++];
		remote.port = sa->remote.port;
		local = sa->local;
		if (remote.len != sa->remote.len || ike_addr_same(&remote, &sa->remote) ||
		    inside(sa, &remote) || (k->source && k->source(k->arg, sa, &remote, &local)))
			continue;
		ike_addr_print(&sa->remote, from, sizeof(from));
		ike_addr_print(&remote, to, sizeof(to));
		ike_log(sa->ctx, sa, "peer does not answer at %s, trying %s", from, to);
		o->a[o->at - 1] = sa->remote;
		o->moved = true;
		sa->local = local;
		sa->remote = remote;
		ike_window_again(sa, now);
		return true;
	}
	return false;
}

void ike_others_answered(struct ike_step *x)
{
	struct ike_others *o = x->sa->others;

	if (!o || !o->at)
		return;
	o->at = 0;
	if (o->moved && x->sa->state == IKE_S_UP) {
		o->moved = false;
		ike_move(x->sa, x->now, x->local, x->remote);
	}
}

void ike_others_pass(struct ike_sa *sa, struct ike_sa *n)
{
	struct ike_others *o = sa->others;

	n->others = o;
	sa->others = NULL;
	if (!o || !o->moved || n->n_queue == IKE_TASKS)
		return;
	/* an answer may be being written: it is told with the next tick */
	o->moved = false;
	o->at = 0;
	ike_child_move(n);
	n->queue[n->n_queue++] = (struct ike_task){ IKE_TASK_UPDATE };
}
