// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA that replaces the IKE SA itself (RFC 7296 1.3.2, 2.18, 2.25).
 */
#include <stdlib.h>

#include "octets.h"
#include "sa.h"

#define ROUNDS		3	/* requests that INVALID_KE_PAYLOAD may cost */
#define RETRY_MS	5000	/* least time until it is tried again */
#define RETRY_MORE_MS	25000	/* at most so much more */
#define REPLACED_MS	60000	/* time that the peer has to delete the old SA */

/* Our proposals as far as they have the prf of @sa, which must not change: peers do not
 * agree on which of the two makes the keys (RFC 7296 2.18). Their number.
 */
static unsigned int proposals(const struct ike_sa *sa, struct ike_proposal *out)
{
	unsigned int i, k, n = 0;

	for (i = 0; i < sa->peer->n_ike && n < IKE_MAX_PROPOSALS; i++) {
		const struct ike_proposal *p = &sa->peer->ike[i];
		bool any = false;

		out[n] = *p;
		out[n].n = 0;
		out[n].num = (uint8_t)(n + 1);
		for (k = 0; k < p->n; k++) {
			if (p->t[k].type == IKE_T_PRF && p->t[k].id != sa->suite.prf)
				continue;
			any |= p->t[k].type == IKE_T_PRF;
			out[n].t[out[n].n++] = p->t[k];
		}
		n += any;
	}
	return n;
}

static int send_request(struct ike_sa *sa, uint64_t now)
{
	struct ike_proposal p[IKE_MAX_PROPOSALS];
	unsigned int n = proposals(sa, p);
	struct ike_buf pub;
	struct ike_out o;

	ike_ke_free(sa->xc.ke);
	sa->xc.ke = ike_ke_new(sa->xc.group, true, NULL);
	if (!n || !sa->xc.ke || ike_ke_public(sa->xc.ke, &pub))
		return -1;
	sa->ctx->conf.random(sa->ctx->conf.arg, sa->xc.ni, sizeof(sa->xc.ni));
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_sa(&o, p, n, sa->xc.heir->spi_i, 8);
	ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ sa->xc.ni, sizeof(sa->xc.ni) });
	ike_out_ke(&o, sa->xc.group, pub);
	return ike_request(sa, now, IKE_X_CREATE_CHILD_SA, &o);
}

/* Tries again later. */
static void later(struct ike_sa *sa, uint64_t now)
{
	uint8_t r[2];

	ike_child_abandon(sa);
	sa->ctx->conf.random(sa->ctx->conf.arg, r, sizeof(r));
	sa->rekey_at = now + RETRY_MS + ike_get16(r) % RETRY_MORE_MS;
}

int ike_rekey_start(struct ike_sa *sa, uint64_t now)
{
	struct ike_sa *heir;

	if (sa->chain && sa->chain->heir) {
		later(sa, now);
		return 0;
	}
	heir = ike_sa_new(sa->ctx, now, sa->peer, true);
	if (!heir)
		return -1;
	heir->state = IKE_S_LARVAL;
	sa->xc.heir = heir;
	sa->xc.group = sa->ke_group;
	if (!send_request(sa, now))
		return 0;
	if (sa->state == IKE_S_UP)
		later(sa, now);
	return -1;
}

/* Keys, addresses and what else was agreed on go from @sa to @n, whose SPIs are known.
 * 0 or -1.
 */
static int derive(struct ike_sa *sa, struct ike_sa *n, const struct ike_child_seed *seed)
{
	const struct ike_transform *e = ike_proposal_get(&n->chosen, IKE_T_ENCR);
	const struct ike_transform *a = ike_proposal_get(&n->chosen, IKE_T_INTEG);
	struct ike_seed s = { seed->ni, seed->nr };
	struct ike_buf secret[IKE_ADDKE_MAX + 1];
	enum ike_crypt why;

	n->suite = (struct ike_suite){ e->id, e->keylen, a ? a->id : 0, sa->suite.prf };
	n->ke_group = ike_proposal_get(&n->chosen, IKE_T_KE)->id;
	memcpy(s.spi_i, n->spi_i, 8);
	memcpy(s.spi_r, n->spi_r, 8);
	why = ike_seed_secrets(seed, secret);
	if (!why)
		why = ike_keys_rekey(&n->keys, &sa->keys, &n->suite, &s, secret, seed->n_ke);
	if (!why)
		why = ike_keys_sk(&n->keys, n->initiator, &n->sk_out);
	if (!why)
		why = ike_keys_sk(&n->keys, !n->initiator, &n->sk_in);
	if (why) {
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "no keys: %s", ike_crypt_text(why));
		return -1;
	}
	n->have_keys = true;
	n->local = sa->local;
	n->remote = sa->remote;
	n->nat_us = sa->nat_us;
	n->nat_peer = sa->nat_peer;
	n->peer_hashes = sa->peer_hashes;
	n->frag = sa->frag;
	n->mobike = sa->mobike;
	n->began = sa->began;
	return 0;
}

/* @n takes over from @sa, which waits for its Delete: children, tasks, identity. */
static void succeed(struct ike_sa *sa, struct ike_sa *n, uint64_t now)
{
	unsigned int i;

	if (sa->chain && sa->chain->heir == n)
		sa->chain->heir = NULL;
	ike_chain_free(sa, &sa->chain);
	ike_cp_move(sa, n);
	n->peer_id = sa->peer_id;
	n->peer_id_type = sa->peer_id_type;
	sa->peer_id = (struct ike_buf){ 0 };
	ike_index_id(sa);
	ike_index_id(n);
	n->children = sa->children;
	sa->children = NULL;
	for (i = 0; i < sa->n_queue; i++)
		if (sa->queue[i].kind != IKE_TASK_REKEY)
			n->queue[n->n_queue++] = sa->queue[i];
	sa->n_queue = 0;
	n->expire_at = UINT64_MAX;
	n->heard_at = now;
	n->reauth_at = sa->reauth_at;
	n->reauth_until = sa->reauth_until;
	n->rekey_at = n->peer->rekey_ms ? now + n->peer->rekey_ms : UINT64_MAX;
	ike_sa_state(n, IKE_S_UP);
	ike_sa_state(sa, IKE_S_REPLACED);
	sa->expire_at = now + REPLACED_MS;
	ike_others_pass(sa, n);
}

/* What the peer's exchange made while ours was under way, NULL if there is nothing. */
static struct ike_sa *rival(struct ike_sa *sa)
{
	struct ike_sa *r = sa->xc.low_len ? ike_sa_find(sa->ctx, sa->xc.rival_ike) : NULL;

	return r && r->state == IKE_S_LARVAL ? r : NULL;
}

void ike_rekey_deleted(struct ike_sa *sa, uint64_t now)
{
	struct ike_sa *r = sa->state == IKE_S_UP ? rival(sa) : NULL;

	if (!r || !r->have_keys)
		return;
	/* its tasks begin with the next tick: an answer may be being written */
	ike_child_abandon(sa);
	succeed(sa, r, now);
}

/* INVALID_KE_PAYLOAD with another method of ours: once more. */
static bool again(struct ike_step *x, const struct ike_payload *e)
{
	struct ike_transform t = { .type = IKE_T_KE };
	struct ike_sa *sa = x->sa;
	unsigned int i;

	if (e->notify.type != IKE_N_INVALID_KE_PAYLOAD || e->notify.data.n != 2 ||
	    ++sa->xc.rounds >= ROUNDS)
		return false;
	t.id = ike_get16(e->notify.data.p);
	for (i = 0; i < sa->peer->n_ike; i++)
		if (ike_proposal_has(&sa->peer->ike[i], &t) && t.id != sa->xc.group)
			break;
	if (i == sa->peer->n_ike)
		return false;
	sa->xc.group = t.id;
	return !send_request(sa, x->now);
}

/* Whether the answer is one to what we sent; then its proposal is in x->c->offer[0]. */
static bool take(struct ike_step *x)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	struct ike_proposal p[IKE_MAX_PROPOSALS], *got = x->c->offer;
	unsigned int n = proposals(x->sa, p);
	static const uint8_t zero[8];
	enum ike_reason why;
	char diff[512];

	if (!s || !k || !ike_msg_find(x->m, IKE_P_NONCE, NULL) ||
	    ike_sa_parse(s->body, got, 1, &why) != 1 || got->spi_size != 8 ||
	    !memcmp(got->spi, zero, 8))
		return false;
	if (ike_proposal_verify(p, n, got, diff, sizeof(diff))) {
		ike_fail(x->c, x->sa, 0, IKE_WHY_PROPOSAL, "peer chose what was not offered: %s",
			 diff);
		return false;
	}
	return k->ke.group == x->sa->xc.group &&
	       ike_proposal_get(got, IKE_T_KE)->id == x->sa->xc.group &&
	       !ike_ke_take(x->sa->xc.ke, k->ke.data);
}

enum ike_after ike_rekey_refused(struct ike_step *x, const struct ike_payload *e)
{
	struct ike_sa *r, *sa = x->sa;

	ike_fail(x->c, sa, 0, IKE_WHY_REFUSED, "peer refused to replace the IKE SA: %s",
		 ike_name_notify(e->notify.type));
	if (e->notify.type == IKE_N_INVALID_SYNTAX)
		return IKE_DIE;
	/* If it replaced the SA meanwhile, that is why. */
	r = rival(sa);
	if (r && r->have_keys) {
		ike_rekey_deleted(sa, x->now);
		return IKE_GO_ON;
	}
	if ((!sa->xc.chain && again(x, e)) || sa->state != IKE_S_UP)
		return IKE_GO_ON;
	later(sa, x->now);
	if (e->notify.type == IKE_N_NO_ADDITIONAL_SAS)
		ike_reauth_instead(sa, x->now);
	ike_child_stuck(sa, x->now, e->notify.type);
	return IKE_GO_ON;
}

/* Ours is there: it takes over, and we delete @sa; or the peer's does, and we delete ours
 * (RFC 7296 2.8.2).
 */
static enum ike_after settle(struct ike_step *x, struct ike_buf nr)
{
	struct ike_sa *sa = x->sa, *n = sa->xc.heir, *r = rival(sa);
	bool lost = r && ike_collide_lost(sa, nr);

	sa->xc.heir = NULL;
	ike_child_abandon(sa);
	sa->refused_at = 0;
	if (r)
		ike_log(x->c, sa, "replaced by both, %s counts", lost ? "the peer's" : "ours");
	if (!lost) {
		if (r) {
			ike_sa_state(r, IKE_S_REPLACED);
			r->expire_at = x->now + REPLACED_MS;
		}
		succeed(sa, n, x->now);
		sa->task = (struct ike_task){ IKE_TASK_DELETE };
		ike_task_next(n, x->now);
		return ike_info_start(sa, x->now) ? IKE_DIE : IKE_GO_ON;
	}
	/* without keys it waits for the rest of the peer's key exchanges */
	if (r->have_keys)
		succeed(sa, r, x->now);
	else
		sa->rekey_at = x->now + REPLACED_MS;
	n->task = (struct ike_task){ IKE_TASK_DELETE };
	if (ike_info_start(n, x->now))
		ike_sa_die(n, x->now);
	ike_task_next(r, x->now);
	return IKE_GO_ON;
}

static enum ike_after useless(struct ike_step *x)
{
	ike_fail(x->c, x->sa, 0, IKE_WHY_KE, "the answer cannot replace the IKE SA");
	ike_info_refuse(x->sa, x->now, IKE_N_INVALID_SYNTAX);
	return IKE_GO_ON;
}

enum ike_after ike_rekey_finish(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_chain *c = sa->xc.chain;
	struct ike_child_seed s = { { sa->xc.ni, sizeof(sa->xc.ni) }, { c->nr, c->nr_len },
				    .ke = c->ke, .n_ke = c->n_ke };
	uint8_t nr[IKE_NONCE_MAX];

	memcpy(nr, c->nr, c->nr_len);
	if (derive(sa, sa->xc.heir, &s))
		return useless(x);
	return settle(x, (struct ike_buf){ nr, c->nr_len });
}

enum ike_after ike_rekey_response(struct ike_step *x)
{
	const struct ike_payload *e = ike_msg_error(x->m);
	struct ike_sa *n, *sa = x->sa;
	struct ike_child_seed s = { { sa->xc.ni, sizeof(sa->xc.ni) }, .ke = &sa->xc.ke, .n_ke = 1 };
	int more;

	if (e)
		return ike_rekey_refused(x, e);
	n = sa->xc.heir;
	if (!take(x))
		return useless(x);
	memcpy(n->spi_r, x->c->offer[0].spi, 8);
	n->chosen = x->c->offer[0];
	s.nr = ike_msg_find(x->m, IKE_P_NONCE, NULL)->body;
	more = ike_chain_begin(x, &n->chosen, s.nr);
	if (more > 0)
		return IKE_GO_ON;
	if (more || derive(sa, n, &s))
		return useless(x);
	return settle(x, s.nr);
}

int ike_rekey_adopt(struct ike_step *x, struct ike_sa *n, const struct ike_child_seed *s)
{
	if (derive(x->sa, n, s))
		return -1;
	/* while our own exchange for it is under way, the nonces decide */
	if (x->sa->state == IKE_S_UP &&
	    !(ike_creating(x->sa) && x->sa->task.kind == IKE_TASK_REKEY))
		succeed(x->sa, n, x->now);
	else
		n->expire_at = x->now + REPLACED_MS;
	return 0;
}

/* A new SA for what was chosen, in x->sa's place; the answer is written, and @ke used up or
 * NULL. 0 or -1.
 */
static int answer(struct ike_step *x, const struct ike_proposal *chosen, struct ike_ke **ke,
		  uint16_t group)
{
	const struct ike_payload *ni = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	struct ike_sa *n = ike_sa_new(x->c, x->now, x->sa->peer, false);
	uint16_t more[IKE_ADDKE_MAX];
	uint8_t nr[IKE_NONCE_LEN];
	struct ike_child_seed s = { ni->body, { nr, sizeof(nr) }, .ke = ke, .n_ke = 1 };
	struct ike_chain *c;
	struct ike_buf pub;

	if (!n)
		return -1;
	memcpy(n->spi_i, chosen->spi, 8);
	n->chosen = *chosen;
	ike_sa_state(n, IKE_S_LARVAL);
	n->expire_at = x->now + REPLACED_MS;
	x->c->conf.random(x->c->conf.arg, nr, sizeof(nr));
	if (ike_ke_public(*ke, &pub)) {
		ike_sa_die(n, x->now);
		return -1;
	}
	ike_out_sa(x->out, chosen, 1, n->spi_r, 8);
	ike_out_raw(x->out, IKE_P_NONCE, (struct ike_buf){ nr, sizeof(nr) });
	ike_out_ke(x->out, group, pub);
	if (x->sa->w.req && x->sa->task.kind == IKE_TASK_REKEY) {
		ike_collide_note(x->sa, s.ni, s.nr);
		memcpy(x->sa->xc.rival_ike, n->spi_r, 8);
	}
	if (!ike_addke(chosen, more)) {
		if (!ike_rekey_adopt(x, n, &s))
			return 0;
	} else {
		c = ike_chain_hold(x, chosen, *ke, s.ni, s.nr);
		if (c) {
			c->heir = n;
			n->expire_at = UINT64_MAX;
			*ke = NULL;
			return 0;
		}
	}
	x->sa->xc.low_len = 0;
	ike_out_chain(x->out, x->out->p, x->out->cap);
	ike_sa_die(n, x->now);
	return -1;
}

enum ike_after ike_rekey_request(struct ike_step *x)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	struct ike_proposal p[IKE_MAX_PROPOSALS], chosen;
	const struct ike_transform *t;
	static const uint8_t zero[8];
	enum ike_reason reason;
	struct ike_ke *ke;
	char diff[IKE_DIFF_MAX] = "no SPI, or none that can be read";
	uint8_t data[2];
	int n;

	n = ike_sa_parse(s->body, x->c->offer, IKE_MAX_PROPOSALS, &reason);
	t = NULL;
	if (n > 0 && !ike_proposal_choose(p, proposals(x->sa, p), x->c->offer, (unsigned int)n, 0,
					  &chosen, diff, sizeof(diff)) &&
	    chosen.spi_size == 8 && memcmp(chosen.spi, zero, 8))
		t = ike_proposal_get(&chosen, IKE_T_KE);
	if (!t || t->id == IKE_KE_NONE) {
		ike_fail(x->c, x->sa, 0, IKE_WHY_PROPOSAL, "the peer cannot replace the IKE SA: %s",
			 diff);
		ike_out_notify_flag(x->out, IKE_N_NO_PROPOSAL_CHOSEN);
		return IKE_GO_ON;
	}
	if (!k || k->ke.group != t->id) {
		ike_put16(data, t->id);
		ike_out_notify(x->out, IKE_N_INVALID_KE_PAYLOAD, (struct ike_buf){ data, 2 });
		return IKE_GO_ON;
	}
	ke = ike_ke_new(t->id, false, NULL);
	if (ke && ike_ke_take(ke, k->ke.data)) {
		ike_ke_free(ke);
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		return IKE_DIE;
	}
	if (!ke || answer(x, &chosen, &ke, t->id))
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
	ike_ke_free(ke);
	return IKE_GO_ON;
}
