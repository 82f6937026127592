// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA: new children and their rekeying (RFC 7296 1.3, 2.8, 2.25).
 */
#include <stdlib.h>

#include <arpa/inet.h>

#include "octets.h"
#include "sa.h"

#define ROUNDS		3	/* requests that INVALID_KE_PAYLOAD may cost */
#define CHILDREN_MAX	64	/* of one IKE SA */
#define RETRY_MS	5000	/* least time until a rekeying is tried again */
#define RETRY_MORE_MS	25000	/* at most so much more */
#define STUCK_MS	180000	/* TEMPORARY_FAILURE for so long: the SA is out of step */

void ike_child_abandon(struct ike_sa *sa)
{
	if (sa->xc.child)
		ike_child_free(sa, sa->xc.child);
	sa->xc.child = NULL;
	if (sa->xc.heir)
		ike_sa_die(sa->xc.heir, 0);
	sa->xc.heir = NULL;
	ike_ke_free(sa->xc.ke);
	sa->xc.ke = NULL;
	ike_chain_free(sa, &sa->xc.chain);
	sa->xc.group = 0;
	sa->xc.rounds = 0;
	sa->xc.rival = 0;
	sa->xc.low_len = 0;
	sa->xc.n_gone = 0;
}

bool ike_child_stuck(struct ike_sa *sa, uint64_t now, uint16_t error)
{
	struct ike_task t = { IKE_TASK_DELETE };

	if (error != IKE_N_TEMPORARY_FAILURE || sa->state != IKE_S_UP)
		sa->refused_at = 0;
	else if (!sa->refused_at)
		sa->refused_at = now;
	if (!sa->refused_at || now - sa->refused_at < STUCK_MS)
		return false;
	ike_log(sa->ctx, sa, "peer is out of step, starting anew");
	sa->n_queue = 0;
	if (ike_task_add(sa, now, &t))
		return false;
	sa->end = IKE_END_LOST;
	return true;
}

static bool rekeying(const struct ike_sa *sa)
{
	return sa->task.kind == IKE_TASK_REKEY_CHILD;
}

/* The first key exchange of the first proposal, IKE_KE_NONE without. */
static uint16_t first_group(const struct ike_child_conf *conf)
{
	const struct ike_transform *t = ike_proposal_get(&conf->esp[0], IKE_T_KE);

	return t ? t->id : IKE_KE_NONE;
}

/* Writes the request of sa->xc, with a fresh nonce. 0 or -1. */
static int send_request(struct ike_sa *sa, uint64_t now)
{
	struct ike_child *ch = sa->xc.child;
	struct ike_buf pub = { 0 };
	struct ike_out o;

	ike_ke_free(sa->xc.ke);
	sa->xc.ke = NULL;
	if (sa->xc.group) {
		sa->xc.ke = ike_ke_new(sa->xc.group, true, NULL);
		if (!sa->xc.ke || ike_ke_public(sa->xc.ke, &pub))
			return -1;
	}
	sa->ctx->conf.random(sa->ctx->conf.arg, sa->xc.ni, sizeof(sa->xc.ni));
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	if (rekeying(sa))
		ike_out_notify_spi(&o, IKE_N_REKEY_SA, ch->chosen.proto, sa->task.spi,
				   (struct ike_buf){ 0 });
	if (ch->conf->transport)
		ike_out_notify_flag(&o, IKE_N_USE_TRANSPORT_MODE);
	ike_child_out_sa(&o, ch, true);
	ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ sa->xc.ni, sizeof(sa->xc.ni) });
	if (sa->xc.ke)
		ike_out_ke(&o, sa->xc.group, pub);
	ike_child_out_ts(sa, &o, ch);
	return ike_request(sa, now, IKE_X_CREATE_CHILD_SA, &o);
}

/* The child that was to be replaced goes on; another try follows later. */
static void keep_old(struct ike_sa *sa, uint64_t now)
{
	struct ike_child *old = rekeying(sa) ? ike_child_by_in(sa, sa->task.spi) : NULL;
	uint8_t r[2];

	if (!old)
		return;
	sa->ctx->conf.random(sa->ctx->conf.arg, r, sizeof(r));
	old->busy = false;
	old->rekey_at = now + RETRY_MS + ike_get16(r) % RETRY_MORE_MS;
}

/* Whether the peer replaced @old, or is about to; it will delete it. */
static bool replaced(const struct ike_sa *sa, const struct ike_child *old)
{
	const struct ike_child *ch = sa->children;

	if (sa->chain && sa->chain->child && sa->chain->child->replaces == old->spi_in)
		return true;
	while (ch && ch->replaces != old->spi_in)
		ch = ch->next;
	return ch;
}

int ike_child_start(struct ike_sa *sa, uint64_t now)
{
	const struct ike_child_conf *conf = sa->task.conf;
	struct ike_child *old = NULL;

	if (rekeying(sa)) {
		old = ike_child_by_in(sa, sa->task.spi);
		if (old && !old->busy && replaced(sa, old))
			keep_old(sa, now);
		if (!old || old->busy || replaced(sa, old))
			return 0;
		conf = old->conf;
		sa->task.conf = conf;
	}
	sa->xc.child = ike_child_new(sa, conf);
	if (!sa->xc.child)
		return -1;
	sa->xc.group = first_group(conf);
	if (send_request(sa, now)) {
		ike_child_abandon(sa);
		return -1;
	}
	if (old)
		old->busy = true;
	return 0;
}

enum ike_after ike_child_refused(struct ike_step *x, const struct ike_payload *e)
{
	struct ike_sa *sa = x->sa;
	struct ike_transform t = { .type = IKE_T_KE };
	struct ike_child *old;
	unsigned int i;

	if (e->notify.type == IKE_N_INVALID_SYNTAX) {
		ike_fail_refused(sa, sa->xc.child, e->notify.type);
		return IKE_DIE;
	}
	if (e->notify.type == IKE_N_INVALID_KE_PAYLOAD && e->notify.data.n == 2 && !sa->xc.chain &&
	    ++sa->xc.rounds < ROUNDS) {
		t.id = ike_get16(e->notify.data.p);
		for (i = 0; i < sa->task.conf->n_esp; i++)
			if (ike_proposal_has(&sa->task.conf->esp[i], &t) && t.id != sa->xc.group)
				break;
		if (i < sa->task.conf->n_esp) {
			sa->xc.group = t.id;
			ike_log(x->c, sa, "%.32s: peer wants another key exchange",
				sa->task.conf->name);
			if (!send_request(sa, x->now))
				return IKE_GO_ON;
		}
	}
	ike_fail_refused(sa, sa->xc.child, e->notify.type);
	ike_child_abandon(sa);
	if (sa->state != IKE_S_UP)
		return IKE_GO_ON;
	keep_old(sa, x->now);
	if (ike_child_stuck(sa, x->now, e->notify.type))
		return IKE_GO_ON;
	if (e->notify.type == IKE_N_NO_ADDITIONAL_SAS && rekeying(sa))
		ike_reauth_instead(sa, x->now);
	if (e->notify.type == IKE_N_CHILD_SA_NOT_FOUND && rekeying(sa)) {
		old = ike_child_by_in(sa, sa->task.spi);
		if (old) {
			ike_child_free(sa, old);
			ike_want_again(sa, x->now, sa->task.conf);
		}
	}
	return IKE_GO_ON;
}

/* Takes KEr in, if a key exchange was agreed on; what is not needed of ours goes. */
static bool take_ke(struct ike_step *x, const struct ike_proposal *chosen)
{
	const struct ike_transform *t = ike_proposal_get(chosen, IKE_T_KE);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	struct ike_sa *sa = x->sa;

	if (!t || t->id == IKE_KE_NONE) {
		ike_ke_free(sa->xc.ke);
		sa->xc.ke = NULL;
		return !k;
	}
	return sa->xc.ke && k && k->ke.group == t->id && t->id == sa->xc.group &&
	       !ike_ke_take(sa->xc.ke, k->ke.data);
}

/* The peer deleted what it had just made before we got to know. */
static bool gone(const struct ike_sa *sa, uint32_t spi)
{
	unsigned int i;

	for (i = 0; i < sa->xc.n_gone; i++)
		if (sa->xc.gone[i] == spi)
			return true;
	return false;
}

/* Installs the child of our exchange, and deletes what is too much then: the one that it
 * replaces, or itself if the peer's exchange for the same child counts. 0 or -1.
 */
static int settle(struct ike_step *x, const struct ike_child_seed *seed)
{
	struct ike_sa *sa = x->sa;
	struct ike_child_seed s = *seed;
	struct ike_child *old, *rival, *ch = sa->xc.child;
	struct ike_task t = { IKE_TASK_DELETE_CHILD, sa->task.conf, sa->task.spi };
	bool both;

	if (gone(sa, ch->spi_out)) {
		ike_child_abandon(sa);
		keep_old(sa, x->now);
		return 0;
	}
	rival = sa->xc.rival ? ike_child_by_in(sa, sa->xc.rival) : NULL;
	if (!rival && sa->chain && sa->chain->child && sa->xc.rival == sa->chain->child->spi_in)
		rival = sa->chain->child;
	both = sa->xc.low_len;
	s.hold_out = both && ike_collide_lost(sa, s.nr);
	if (ike_child_install(sa, x->now, ch, &s))
		return -1;
	sa->xc.child = NULL;
	ike_child_abandon(sa);
	sa->refused_at = 0;
	old = rekeying(sa) ? ike_child_by_in(sa, sa->task.spi) : NULL;
	if (both)
		ike_log(x->c, sa, "%.32s: rekeyed by both, %s counts", ch->conf->name,
			s.hold_out ? "the peer's" : "ours");
	if (rival) {
		ch->twin = rival->spi_in;
		rival->twin = ch->spi_in;
		rival->redundant = !s.hold_out;
	}
	if (s.hold_out) {
		t.spi = ch->spi_in;
		ch->redundant = true;
		ch->busy = true;
		keep_old(sa, x->now);
	} else if (old) {
		old->retired = true;
	}
	if (s.hold_out || old)
		ike_task_add(sa, x->now, &t);
	return 0;
}

enum ike_after ike_child_unfinished(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_task t = { IKE_TASK_DELETE_CHILD, sa->task.conf };

	if (sa->task.kind == IKE_TASK_REKEY) {
		ike_info_refuse(sa, x->now, IKE_N_INVALID_SYNTAX);
		return IKE_GO_ON;
	}
	t.spi = sa->xc.child->spi_in;
	ike_child_abandon(sa);
	keep_old(sa, x->now);
	ike_task_add(sa, x->now, &t);
	return IKE_GO_ON;
}

enum ike_after ike_child_finish(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_chain *c = sa->xc.chain;
	struct ike_child_seed s = { { sa->xc.ni, sizeof(sa->xc.ni) }, { c->nr, c->nr_len },
				    .ke = c->ke, .n_ke = c->n_ke, .we_initiated = true };

	return settle(x, &s) ? ike_child_unfinished(x) : IKE_GO_ON;
}

enum ike_after ike_child_response(struct ike_step *x)
{
	const struct ike_payload *e = ike_msg_error(x->m);
	const struct ike_payload *nr = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	struct ike_sa *sa = x->sa;
	struct ike_child *ch = sa->xc.child;
	struct ike_child_seed s = { { sa->xc.ni, sizeof(sa->xc.ni) }, .we_initiated = true };
	int more;

	if (sa->task.kind == IKE_TASK_REKEY)
		return ike_rekey_response(x);
	if (e)
		return ike_child_refused(x, e);
	if (!nr || ike_child_take(x, ch, false))
		return ike_child_unfinished(x);
	if (!take_ke(x, &ch->chosen)) {
		ike_fail(x->c, sa, 0, IKE_WHY_KE, "%.32s: bad key exchange", ch->conf->name);
		ike_info_refuse(sa, x->now, IKE_N_INVALID_SYNTAX);
		return IKE_GO_ON;
	}
	more = ike_chain_begin(x, &ch->chosen, nr->body);
	if (more > 0)
		return IKE_GO_ON;
	s.nr = nr->body;
	s.ke = &sa->xc.ke;
	s.n_ke = sa->xc.ke ? 1 : 0;
	return more || settle(x, &s) ? ike_child_unfinished(x) : IKE_GO_ON;
}

/* Whether the request is about the IKE SA itself. */
static bool about_ike(struct ike_step *x, const struct ike_payload *s)
{
	enum ike_reason why;

	return s && ike_sa_parse(s->body, x->c->offer, 1, &why) > 0 &&
	       x->c->offer[0].proto == IKE_PROTO_IKE;
}

/* Whether a request of ours that is under way does not go with theirs (RFC 7296 2.25). */
static bool in_the_way(const struct ike_sa *sa, bool ike)
{
	if (!sa->w.req)
		return false;
	if (sa->task.kind == IKE_TASK_REKEY)
		return !ike || sa->xc.low_len;
	return ike && sa->task.kind != IKE_TASK_LIVENESS;
}

/* Whether our request to rekey @ch is under way, and the peer's is the first one. */
static bool crossing(const struct ike_sa *sa, const struct ike_child *ch)
{
	return sa->w.req && rekeying(sa) && sa->task.spi == ch->spi_in && !sa->xc.low_len;
}

/* The child of REKEY_SA. False if an error was written instead, then @after is what follows
 * from that.
 */
static bool find_old(struct ike_step *x, struct ike_child **old, enum ike_after *after)
{
	const struct ike_payload *p = ike_msg_notify(x->m, IKE_N_REKEY_SA, NULL);
	struct ike_notify_data d;
	struct ike_fault f;

	*old = NULL;
	*after = IKE_GO_ON;
	if (!p)
		return true;
	if (ike_notify_get(p, &d, &f)) {
		ike_log(x->c, x->sa, "REKEY_SA: %s", ike_reason_text(f.reason));
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		*after = IKE_DIE;
		return false;
	}
	*old = ike_child_by_out(x->sa, d.spi);
	/* perhaps the answer that made it is still under way */
	if (!*old && ike_creating(x->sa)) {
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
		return false;
	}
	if (!*old || (*old)->chosen.proto != d.proto) {
		ike_out_notify_spi(x->out, IKE_N_CHILD_SA_NOT_FOUND, d.proto, d.spi,
				   (struct ike_buf){ 0 });
		return false;
	}
	if ((*old)->busy && !crossing(x->sa, *old)) {
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
		return false;
	}
	return true;
}

/* Our key exchange, if @ch has one. 0, or the notify that says why not, with @group. */
static uint16_t answer_ke(struct ike_step *x, const struct ike_child *ch, struct ike_ke **ke,
			  uint16_t *group)
{
	const struct ike_transform *t = ike_proposal_get(&ch->chosen, IKE_T_KE);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	enum ike_crypt why;

	*group = t ? t->id : IKE_KE_NONE;
	if (!*group)
		return 0;
	if (!k || k->ke.group != *group)
		return IKE_N_INVALID_KE_PAYLOAD;
	*ke = ike_ke_new(*group, false, &why);
	if (*ke)
		why = ike_ke_take(*ke, k->ke.data);
	if (!why)
		return 0;
	ike_fail(x->c, x->sa, 0, IKE_WHY_KE, "key exchange: %s", ike_crypt_text(why));
	return IKE_N_INVALID_SYNTAX;
}

/* The rest of the answer, with the child on the list or in a chain. 0, or -1 with neither. */
static int make(struct ike_step *x, struct ike_child *old, struct ike_child *ch,
		struct ike_ke **ke, const struct ike_child_seed *s)
{
	uint16_t more[IKE_ADDKE_MAX];
	struct ike_chain *c;

	ch->replaces = old ? old->spi_in : 0;
	if (!ike_addke(&ch->chosen, more)) {
		if (ike_child_install(x->sa, x->now, ch, s))
			return -1;
	} else {
		c = *ke ? ike_chain_hold(x, &ch->chosen, *ke, s->ni, s->nr) : NULL;
		if (!c)
			return -1;
		c->child = ch;
		*ke = NULL;
	}
	if (old && crossing(x->sa, old)) {
		ike_collide_note(x->sa, s->ni, s->nr);
		x->sa->xc.rival = ch->spi_in;
	}
	return 0;
}

/* Builds the child and its answer. 0, or the notify that says why not, with @group. */
static uint16_t answer(struct ike_step *x, struct ike_child *old, uint16_t *group)
{
	const struct ike_payload *ni = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	uint8_t nr[IKE_NONCE_LEN], copy[IKE_KE_PUB_MAX];
	struct ike_child_seed s = { ni->body, { nr, sizeof(nr) }, .hold_out = !!old };
	struct ike_ke *ke = NULL;
	struct ike_child *ch;
	struct ike_buf pub = { 0 };
	uint16_t error;

	ch = ike_child_choose(x, false, old ? old->conf : NULL, &error);
	if (!ch)
		return error;
	x->c->conf.random(x->c->conf.arg, nr, sizeof(nr));
	error = answer_ke(x, ch, &ke, group);
	s.ke = &ke;
	s.n_ke = ke ? 1 : 0;
	if (!error && ke && (ike_ke_public(ke, &pub) || pub.n > sizeof(copy)))
		error = IKE_N_TEMPORARY_FAILURE;
	if (!error && pub.n)
		memcpy(copy, pub.p, pub.n);
	if (!error && make(x, old, ch, &ke, &s))
		error = IKE_N_TEMPORARY_FAILURE;
	ike_ke_free(ke);
	if (error) {
		ike_child_free(x->sa, ch);
		ike_out_chain(x->out, x->out->p, x->out->cap);
		return error;
	}
	ike_child_answer_sa(x->out, ch);
	ike_out_raw(x->out, IKE_P_NONCE, s.nr);
	if (pub.n)
		ike_out_ke(x->out, *group, (struct ike_buf){ copy, pub.n });
	ike_child_answer_ts(x->out, ch);
	return 0;
}

enum ike_after ike_child_request(struct ike_step *x)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_child *ch;
	struct ike_child *old;
	unsigned int n = 0;
	uint16_t error, group = 0;
	enum ike_after after;
	uint8_t data[2];
	bool ike;

	for (ch = x->sa->children; ch; ch = ch->next)
		n++;
	if (!s || !ike_msg_find(x->m, IKE_P_NONCE, NULL)) {
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		return IKE_DIE;
	}
	ike = about_ike(x, s);
	if (x->sa->state != IKE_S_UP || in_the_way(x->sa, ike)) {
		ike_out_notify_flag(x->out, IKE_N_TEMPORARY_FAILURE);
		return IKE_GO_ON;
	}
	if (ike)
		return ike_rekey_request(x);
	if (!find_old(x, &old, &after))
		return after;
	/* what is replaced is there twice for a while */
	if (n >= (old ? 2 * CHILDREN_MAX : CHILDREN_MAX)) {
		ike_out_notify_flag(x->out, IKE_N_NO_ADDITIONAL_SAS);
		return IKE_GO_ON;
	}
	error = answer(x, old, &group);
	ike_put16(data, group);
	if (error)
		ike_out_notify(x->out, error,
			       (struct ike_buf){ data, error == IKE_N_INVALID_KE_PAYLOAD ? 2 : 0 });
	return error == IKE_N_INVALID_SYNTAX ? IKE_DIE : IKE_GO_ON;
}
