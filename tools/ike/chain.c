// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_FOLLOWUP_KE: additional key exchanges behind CREATE_CHILD_SA (RFC 9370 2.2.4).
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "octets.h"
#include "sa.h"

#define LINK_LEN	8	/* of our links */
#define CHAIN_MS	20000	/* what is not finished then is forgotten */

void ike_chain_free(struct ike_sa *sa, struct ike_chain **c)
{
	struct ike_chain *old = *c;
	unsigned int i;
	uint32_t twin;

	if (!old)
		return;
	*c = NULL;
	for (i = 0; i < old->n_ke; i++)
		ike_ke_free(old->ke[i]);
	if (old->child) {
		if (sa->xc.rival == old->child->spi_in)
			sa->xc.low_len = 0;
		twin = old->child->twin;
		ike_child_free(sa, old->child);
		ike_child_promote(sa, old->until, twin);
	}
	if (old->heir)
		ike_sa_die(old->heir, 0);
	OPENSSL_cleanse(old, sizeof(*old));
	free(old);
}

/* A chain for @chosen, or NULL if that has no additional key exchange, or without memory. */
static struct ike_chain *create(const struct ike_proposal *chosen, struct ike_buf nr)
{
	uint16_t group[IKE_ADDKE_MAX];
	unsigned int n = ike_addke(chosen, group);
	struct ike_chain *c = n ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	memcpy(c->group, group, sizeof(c->group));
	c->n = n;
	memcpy(c->nr, nr.p, nr.n);
	c->nr_len = nr.n;
	return c;
}

/* The link of @m goes to @c. */
static bool take_link(struct ike_chain *c, const struct ike_msg *m)
{
	const struct ike_payload *p = ike_msg_notify(m, IKE_N_ADDITIONAL_KEY_EXCHANGE, NULL);

	if (!p || !p->notify.data.n || p->notify.data.n > sizeof(c->link))
		return false;
	memcpy(c->link, p->notify.data.p, p->notify.data.n);
	c->link_len = p->notify.data.n;
	return true;
}

/* Sends the next step of our chain. 0 or -1. */
static int send_step(struct ike_sa *sa, uint64_t now)
{
	struct ike_chain *c = sa->xc.chain;
	struct ike_ke *ke = ike_ke_new(c->group[c->step], true, NULL);
	struct ike_buf pub;
	struct ike_out o;

	if (!ke)
		return -1;
	c->ke[c->n_ke++] = ke;
	if (ike_ke_public(ke, &pub))
		return -1;
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_ke(&o, c->group[c->step], pub);
	ike_out_notify(&o, IKE_N_ADDITIONAL_KEY_EXCHANGE, (struct ike_buf){ c->link, c->link_len });
	return ike_request(sa, now, IKE_X_FOLLOWUP_KE, &o);
}

int ike_chain_begin(struct ike_step *x, const struct ike_proposal *chosen, struct ike_buf nr)
{
	uint16_t group[IKE_ADDKE_MAX];
	struct ike_sa *sa = x->sa;
	struct ike_chain *c;

	if (!ike_addke(chosen, group))
		return 0;
	c = create(chosen, nr);
	sa->xc.chain = c;
	if (!c || !sa->xc.ke || !take_link(c, x->m)) {
		ike_fail(x->c, sa, 0, IKE_WHY_KE, "no link to the additional key exchanges");
		return -1;
	}
	c->ke[c->n_ke++] = sa->xc.ke;
	sa->xc.ke = NULL;
	return send_step(sa, x->now) ? -1 : 1;
}

enum ike_after ike_chain_response(struct ike_step *x)
{
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	const struct ike_payload *e = ike_msg_error(x->m);
	bool ike = x->sa->task.kind == IKE_TASK_REKEY;
	struct ike_chain *c = x->sa->xc.chain;

	if (e)
		return ike ? ike_rekey_refused(x, e) : ike_child_refused(x, e);
	if (!k || k->ke.group != c->group[c->step] ||
	    ike_ke_take(c->ke[c->n_ke - 1], k->ke.data)) {
		ike_fail(x->c, x->sa, 0, IKE_WHY_KE, "bad additional key exchange");
		ike_info_refuse(x->sa, x->now, IKE_N_INVALID_SYNTAX);
		return IKE_GO_ON;
	}
	if (++c->step < c->n) {
		if (take_link(c, x->m) && !send_step(x->sa, x->now))
			return IKE_GO_ON;
		return ike_child_unfinished(x);
	}
	return ike ? ike_rekey_finish(x) : ike_child_finish(x);
}

static void out_link(struct ike_step *x, struct ike_chain *c)
{
	c->link_len = LINK_LEN;
	x->c->conf.random(x->c->conf.arg, c->link, LINK_LEN);
	ike_out_notify(x->out, IKE_N_ADDITIONAL_KEY_EXCHANGE,
		       (struct ike_buf){ c->link, c->link_len });
}

struct ike_chain *ike_chain_hold(struct ike_step *x, const struct ike_proposal *chosen,
				 struct ike_ke *ke, struct ike_buf ni, struct ike_buf nr)
{
	struct ike_chain *c = create(chosen, nr);

	if (!c)
		return NULL;
	memcpy(c->ni, ni.p, ni.n);
	c->ni_len = ni.n;
	c->ke[c->n_ke++] = ke;
	c->until = x->now + CHAIN_MS;
	ike_chain_free(x->sa, &x->sa->chain);
	x->sa->chain = c;
	out_link(x, c);
	return c;
}

/* All key exchanges of the peer's chain are done. 0 or -1. */
static int complete(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_chain *c = sa->chain;
	struct ike_child *ch = c->child;
	struct ike_sa *heir = c->heir;
	struct ike_child_seed s = { { c->ni, c->ni_len }, { c->nr, c->nr_len },
				    .ke = c->ke, .n_ke = c->n_ke };

	if (heir) {
		/* @sa may be replaced, and its chain go with it */
		c->heir = NULL;
		if (ike_rekey_adopt(x, heir, &s)) {
			ike_sa_die(heir, 0);
			return -1;
		}
		ike_chain_free(sa, &sa->chain);
		return 0;
	}
	/* what it replaces may be gone by now */
	s.hold_out = ch->redundant || (ch->replaces && ike_child_by_in(sa, ch->replaces));
	if (ike_child_install(sa, x->now, ch, &s))
		return -1;
	c->child = NULL;
	ike_chain_free(sa, &sa->chain);
	return 0;
}

enum ike_after ike_chain_request(struct ike_step *x)
{
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	const struct ike_payload *l = ike_msg_notify(x->m, IKE_N_ADDITIONAL_KEY_EXCHANGE, NULL);
	struct ike_sa *sa = x->sa;
	struct ike_chain *c = sa->chain;
	struct ike_buf pub;
	struct ike_ke *ke;

	if (!c || !l || l->notify.data.n != c->link_len ||
	    CRYPTO_memcmp(l->notify.data.p, c->link, c->link_len)) {
		ike_out_notify_flag(x->out, IKE_N_STATE_NOT_FOUND);
		return IKE_GO_ON;
	}
	/* a child of ours is being made or deleted meanwhile (RFC 7296 2.25.1) */
	if (c->heir && sa->w.req && sa->task.kind != IKE_TASK_REKEY &&
	    sa->task.kind != IKE_TASK_LIVENESS) {
		ike_chain_free(sa, &sa->chain);
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
		return IKE_GO_ON;
	}
	ke = ike_ke_new(c->group[c->step], false, NULL);
	if (ke)
		c->ke[c->n_ke++] = ke;
	if (!k || k->ke.group != c->group[c->step] || (ke && ike_ke_take(ke, k->ke.data))) {
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		return IKE_DIE;
	}
	if (!ke || ike_ke_public(ke, &pub)) {
		ike_chain_free(sa, &sa->chain);
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
		return IKE_GO_ON;
	}
	c->until = x->now + CHAIN_MS;
	ike_out_ke(x->out, c->group[c->step], pub);
	if (++c->step < c->n) {
		out_link(x, c);
		return IKE_GO_ON;
	}
	if (complete(x)) {
		ike_chain_free(sa, &sa->chain);
		ike_out_chain(x->out, x->out->p, x->out->cap);
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
	}
	return IKE_GO_ON;
}

uint64_t ike_chain_tick(struct ike_sa *sa, uint64_t now)
{
	if (sa->chain && now >= sa->chain->until)
		ike_chain_free(sa, &sa->chain);
	return sa->chain ? sa->chain->until : UINT64_MAX;
}
