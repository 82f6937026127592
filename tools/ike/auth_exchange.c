// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_AUTH: who the peers are, and the first child (RFC 7296 1.2, 2.15, 2.21.2).
 */
#include <stdlib.h>

#include "sa.h"

#define BOTH_MS 10000	/* SAs begun within that time were begun at the same time */

/* Whether there is another established SA with the same peer. */
static bool others(const struct ike_sa *sa)
{
	const struct ike_sa *o;

	for (o = ike_by_peer(sa->ctx, sa->peer); o; o = o->mates.next)
		if (o != sa && o->peer == sa->peer && o->state != IKE_S_GONE)
			return true;
	return false;
}

static void out_certreq(struct ike_sa *sa, struct ike_out *o)
{
	uint8_t data[20 * 32];
	size_t n;

	if (sa->peer->remote_by != IKE_BY_CERT)
		return;
	if (sa->peer->n_raw_keys)
		ike_out_cert(o, IKE_P_CERTREQ, IKE_CERT_RAW_KEY, (struct ike_buf){ 0 });
	if (!sa->peer->trust)
		return;
	n = ike_trust_certreq(sa->peer->trust, data, sizeof(data));
	ike_out_cert(o, IKE_P_CERTREQ, IKE_CERT_X509, (struct ike_buf){ data, n });
}

int ike_auth_start(struct ike_sa *sa, uint64_t now)
{
	const struct ike_peer_conf *p = sa->peer;
	bool childless = sa->childless && (p->childless == IKE_CHILDLESS_PREFER ||
					   p->childless == IKE_CHILDLESS_FORCE);
	bool eap = p->by == IKE_BY_EAP;	/* AUTH comes when that is over, and the PPK with it */
	struct ike_child *ch = NULL;
	struct ike_out o;

	if (!childless)
		ch = ike_child_new(sa, sa->first ? sa->first : &p->children[0]);
	sa->xc.child = ch;
	if ((!ch && !childless) || (!eap && ike_ppk_start(sa)))
		return -1;
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_id(&o, IKE_P_IDI, p->local_id.type, p->local_id.data);
	if (ike_auth_cert_out(sa, &o))
		return -1;
	if (p->unique != IKE_UNIQUE_NEVER && !others(sa))
		ike_out_notify_flag(&o, IKE_N_INITIAL_CONTACT);
	out_certreq(sa, &o);
	if (ike_id_single(&p->remote_id))
		ike_out_id(&o, IKE_P_IDR, p->remote_id.type, p->remote_id.data);
	if (!eap && ike_auth_out(sa, &o, IKE_P_IDI))
		return -1;
	ike_cp_out(sa, &o);
	if (ch) {
		if (ch->conf->transport)
			ike_out_notify_flag(&o, IKE_N_USE_TRANSPORT_MODE);
		ike_child_out_sa(&o, ch, false);
		ike_child_out_ts(sa, &o, ch);
	}
	if (!eap && ike_ppk_out(sa, &o))
		return -1;
	if (p->mobike) {
		ike_out_notify_flag(&o, IKE_N_MOBIKE_SUPPORTED);
		ike_others_out(sa, &o);
	}
	ike_sa_state(sa, IKE_S_AUTH_SENT);
	return ike_request(sa, now, IKE_X_AUTH, &o);
}

static bool id_fits(const struct ike_id *want, const struct ike_payload *id)
{
	return !want->type ||
	       ike_id_match(want->type, want->data, id->id.type, id->id.data);
}

/* The peer with the identities of the message, or NULL. Of several one that authenticates as
 * it wants to, with EAP or without.
 */
static const struct ike_peer_conf *select_peer(struct ike_step *x, const struct ike_payload *idi,
					       bool eap)
{
	const struct ike_payload *idr = ike_msg_find(x->m, IKE_P_IDR, NULL);
	const struct ike_peer_conf *p = x->c->conf.peers, *near = NULL;
	struct ike_proposal out;
	char diff[256];
	unsigned int i;

	for (i = 0; i < x->c->conf.n_peers; i++, p++) {
		if (!ike_peer_fits(p, x) || !id_fits(&p->remote_id, idi) || p->by == IKE_BY_EAP)
			continue;
		if (idr && !ike_id_same(p->local_id.type, p->local_id.data, idr->id.type,
					idr->id.data))
			continue;
		if (ike_proposal_choose(p->ike, p->n_ike, &x->sa->chosen, 1, 0, &out, diff,
					sizeof(diff)))
			continue;
		if (ike_eap_server(p) == eap)
			return p;
		near = near ? near : p;
	}
	return near;
}

/* The SA is established: what was kept for AUTH goes. */
static int establish(struct ike_step *x, const struct ike_payload *id)
{
	struct ike_sa *sa = x->sa;
	uint8_t *copy = NULL;
	size_t n;

	if (ike_copy(&copy, &n, id->id.data))
		return -1;
	sa->peer_id = (struct ike_buf){ copy, n };
	sa->peer_id_type = id->id.type;
	ike_index_id(sa);
	free(sa->msg_i);
	free(sa->msg_r);
	sa->msg_i = NULL;
	sa->msg_r = NULL;
	ike_inter_free(sa);
	ike_ppk_wipe(sa);
	sa->expire_at = UINT64_MAX;
	ike_unique_plan(sa, x->now);
	ike_reauth_plan(sa, x->now);
	sa->rekey_at = sa->peer->rekey_ms ? x->now + sa->peer->rekey_ms : UINT64_MAX;
	ike_sa_state(sa, IKE_S_UP);
	return 0;
}

/* Whether @o is of the identity that @id is, and not one that both began at the same time. */
static bool rival(const struct ike_sa *o, const struct ike_step *x, const struct ike_peer_conf *p,
		  const struct ike_payload *id)
{
	return o != x->sa && o->peer_id.p && o->peer == p &&
	       !(o->began != x->sa->began && x->now - o->born_at < BOTH_MS) &&
	       ike_id_same(o->peer_id_type, o->peer_id, id->id.type, id->id.data);
}

/* Whether there is one that is to be the only one. */
static bool taken(const struct ike_step *x, const struct ike_peer_conf *p,
		  const struct ike_payload *id)
{
	const struct ike_sa *o;

	if (p->unique != IKE_UNIQUE_KEEP || ike_msg_notify(x->m, IKE_N_INITIAL_CONTACT, NULL))
		return false;
	for (o = ike_by_id(x->c, p, id->id.type, id->id.data); o; o = o->same.next)
		if (o->state == IKE_S_UP && rival(o, x, p, id)) {
			ike_log(x->c, x->sa, "the peer is here already");
			return true;
		}
	return false;
}

/* The others go if this one is to be the only one. */
static void replace_others(struct ike_step *x, const struct ike_payload *id)
{
	struct ike_task t = { IKE_TASK_DELETE };
	struct ike_sa *o;

	if (x->sa->peer->unique != IKE_UNIQUE_REPLACE)
		return;
	for (o = ike_by_id(x->c, x->sa->peer, id->id.type, id->id.data); o; o = o->same.next) {
		if (o->state != IKE_S_UP || !rival(o, x, x->sa->peer, id))
			continue;
		ike_log(x->c, o, "another one takes its place");
		o->end = IKE_END_QUIET;
		/* It is sent by the next tick: our own message is being written. */
		o->queue[0] = t;
		o->n_queue = 1;
		ike_sa_touch(o);
	}
}

/* INITIAL_CONTACT: other SAs of the identity just proved are leftovers (RFC 7296 2.4), but
 * for one that we began when the peer began this one.
 */
static void initial_contact(struct ike_step *x, const struct ike_payload *id)
{
	struct ike_sa *o, *next;

	if (x->sa->peer->unique == IKE_UNIQUE_NEVER ||
	    !ike_msg_notify(x->m, IKE_N_INITIAL_CONTACT, NULL))
		return;
	for (o = ike_by_id(x->c, x->sa->peer, id->id.type, id->id.data); o; o = next) {
		next = o->same.next;
		if (rival(o, x, x->sa->peer, id)) {
			ike_log(x->c, o, "peer started anew");
			o->end = IKE_END_QUIET;
			ike_sa_die(o, x->now);
		}
	}
}

/* The child part of the answer: SAr2, TSi, TSr, or the notify that says why not. */
static void answer_child(struct ike_step *x, uint16_t failed)
{
	struct ike_sa *sa = x->sa;
	struct ike_child_seed s = { { sa->ni, sa->ni_len }, { sa->nr, sa->nr_len } };
	struct ike_child *ch = NULL;
	uint16_t error = failed;

	if (!failed)
		ch = ike_child_choose(x, true, NULL, &error);
	if (ch && ike_child_install(sa, x->now, ch, &s)) {
		ike_child_free(sa, ch);
		ch = NULL;
		error = IKE_N_TEMPORARY_FAILURE;
	}
	if (!ch) {
		ike_out_notify_flag(x->out, error);
		return;
	}
	ike_child_answer_sa(x->out, ch);
	ike_child_answer_ts(x->out, ch);
}

/* Whether the payloads of a child are there, or none of them if that is agreed on. */
static bool complete(const struct ike_step *x)
{
	int n = 0;

	n += !!ike_msg_find(x->m, IKE_P_SA, NULL);
	n += !!ike_msg_find(x->m, IKE_P_TSI, NULL);
	n += !!ike_msg_find(x->m, IKE_P_TSR, NULL);
	return n == 3 || (!n && x->sa->childless);
}

/* Whether the peer is @p; NULL if it is not authenticated. */
static const struct ike_peer_conf *identify(struct ike_step *x, const struct ike_peer_conf *p,
					    const struct ike_payload *idi, bool *ppk)
{
	struct ike_sa *sa = x->sa;
	struct ike_buf instead = { 0 };
	const char *detail = NULL;
	enum ike_deny why;

	*ppk = false;
	if (p && ike_ppk_request(x, p, &instead, ppk))
		return NULL;
	why = ike_auth_peer(sa, p ? p : sa->peer, x->m, idi, instead, &detail);
	if (p && !why)
		return p;
	if (p)
		ike_fail_auth(x, p, why, detail);
	else
		ike_fail_identity(x);
	return NULL;
}

enum ike_after ike_auth_accept(struct ike_step *x, const struct ike_peer_conf *p,
			       const struct ike_payload *id, bool ppk)
{
	struct ike_sa *sa = x->sa;
	bool first = !sa->eap;	/* or that was told in the first answer */
	uint16_t failed;

	if (taken(x, p, id)) {
		ike_out_notify_flag(x->out, IKE_N_AUTHENTICATION_FAILED);
		return IKE_DIE;
	}
	ike_sa_peer(sa, p);
	if (first)
		ike_out_id(x->out, IKE_P_IDR, p->local_id.type, p->local_id.data);
	if ((first && ike_auth_cert_out(sa, x->out)) || ike_auth_out(sa, x->out, IKE_P_IDR) ||
	    establish(x, id)) {
		ike_out_chain(x->out, x->out->p, x->out->cap);
		ike_out_notify_flag(x->out, IKE_N_AUTHENTICATION_FAILED);
		return IKE_DIE;
	}
	/* before the leftovers go, whose address it may have */
	failed = ike_cp_lease(x);
	initial_contact(x, id);
	replace_others(x, id);
	ike_cp_answer(x);
	if (ike_msg_find(x->m, IKE_P_SA, NULL))
		answer_child(x, failed);
	ike_reauth_out(sa, x->out);
	if (ppk)
		ike_out_notify_flag(x->out, IKE_N_PPK_IDENTITY);
	sa->mobike = p->mobike && ike_msg_notify(x->m, IKE_N_MOBIKE_SUPPORTED, NULL);
	if (sa->mobike) {
		ike_out_notify_flag(x->out, IKE_N_MOBIKE_SUPPORTED);
		ike_others_out(sa, x->out);
	}
	ike_others_in(x);
	ike_eap_end(sa);
	return IKE_GO_ON;
}

enum ike_after ike_auth_request(struct ike_step *x)
{
	const struct ike_payload *idi = ike_msg_find(x->m, IKE_P_IDI, NULL);
	const struct ike_payload *auth = ike_msg_find(x->m, IKE_P_AUTH, NULL);
	const struct ike_peer_conf *p = NULL;
	struct ike_sa *sa = x->sa;
	bool eap, ppk;

	if (ike_inter_due(sa)) {
		ike_fail(x->c, sa, 0, IKE_WHY_SYNTAX, "IKE_AUTH before all key exchanges");
		ike_out_notify_flag(x->out, IKE_N_AUTHENTICATION_FAILED);
		return IKE_DIE;
	}
	if (sa->eap)
		return ike_eap_request(x);
	if (idi)
		p = select_peer(x, idi, !auth);
	/* without AUTH the peer asks for EAP (RFC 7296 2.16) */
	eap = p && !auth && ike_eap_server(p);
	if (!idi || (p && !auth && !eap) || !complete(x)) {
		ike_fail(x->c, sa, 0, IKE_WHY_SYNTAX, "IKE_AUTH request is not complete: no %s",
			 !idi ? "IDi" : p && !auth && !eap ? "AUTH, and EAP is not possible here"
							   : "SA, TSi or TSr");
		ike_out_notify_flag(x->out, auth || eap ? IKE_N_INVALID_SYNTAX
							: IKE_N_AUTHENTICATION_FAILED);
		return IKE_DIE;
	}
	if (eap)
		return ike_eap_first(x, p, idi);
	p = identify(x, p, idi, &ppk);
	if (!p) {
		ike_out_notify_flag(x->out, IKE_N_AUTHENTICATION_FAILED);
		return IKE_DIE;
	}
	return ike_auth_accept(x, p, idi, ppk);
}

/* The first child, when the peer is authenticated. */
static void take_first(struct ike_step *x, struct ike_child *ch)
{
	struct ike_sa *sa = x->sa;
	struct ike_child_seed s = { { sa->ni, sa->ni_len }, { sa->nr, sa->nr_len },
				    .we_initiated = true };
	const struct ike_payload *e = ike_msg_error(x->m);
	struct ike_task t = { IKE_TASK_DELETE_CHILD, ch->conf, ch->spi_in };

	if (e)
		ike_fail_refused(sa, ch, e->notify.type);
	if (e || ike_child_take(x, ch, true) || ike_child_install(sa, x->now, ch, &s)) {
		ike_child_free(sa, ch);
		if (!e)
			ike_task_add(sa, x->now, &t);
	}
}

/* That one and those that follow. */
static void take_children(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_child *ch = sa->xc.child;
	const struct ike_child_conf *tried = ch ? ch->conf : NULL;
	struct ike_task t = { IKE_TASK_CHILD };
	unsigned int i;

	sa->xc.child = NULL;
	if (ch)
		take_first(x, ch);
	for (i = ch ? 1 : 0; sa->all && i < sa->peer->n_children; i++) {
		t.conf = &sa->peer->children[i];
		ike_task_add(sa, x->now, &t);
	}
	ike_reauth_done(sa, x->now);
	ike_want_up(sa, x->now, tried);
}

enum ike_after ike_auth_take(struct ike_step *x, const struct ike_payload *id)
{
	struct ike_sa *sa = x->sa;

	if (establish(x, id))
		return IKE_DIE;
	sa->mobike = sa->peer->mobike && ike_msg_notify(x->m, IKE_N_MOBIKE_SUPPORTED, NULL);
	ike_others_in(x);
	replace_others(x, id);
	ike_reauth_take(x);
	ike_cp_take(x);
	take_children(x);
	ike_eap_end(sa);
	return IKE_GO_ON;
}

enum ike_after ike_auth_response(struct ike_step *x)
{
	const struct ike_payload *id = ike_msg_find(x->m, IKE_P_IDR, NULL);
	const struct ike_payload *auth = ike_msg_find(x->m, IKE_P_AUTH, NULL);
	const struct ike_payload *e = ike_msg_error(x->m);
	const char *detail = NULL;
	struct ike_sa *sa = x->sa;
	bool eap = sa->peer->by == IKE_BY_EAP;
	enum ike_deny why = IKE_DENY_NONE;
	bool other;

	if (e && (!auth || e->notify.type == IKE_N_AUTHENTICATION_FAILED ||
		  e->notify.type == IKE_N_INVALID_SYNTAX ||
		  e->notify.type == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD)) {
		ike_fail_refused(sa, NULL, e->notify.type);
		return IKE_DIE;
	}
	if (sa->eap)
		return ike_eap_response(x);
	if (!id || !auth) {
		ike_fail(x->c, sa, 0, IKE_WHY_SYNTAX, "IKE_AUTH response is not complete: no %s",
			 !id ? "IDr" : !ike_msg_find(x->m, IKE_P_EAP, NULL) ? "AUTH" : eap ?
			 "AUTH, and EAP alone proves nothing" :
			 "AUTH, and EAP is not possible here");
		ike_info_refuse(sa, x->now, IKE_N_AUTHENTICATION_FAILED);
		return IKE_GO_ON;
	}
	if (!eap && ike_ppk_response(x))
		why = IKE_DENY_SECRET;
	if (!why)
		why = ike_auth_peer(sa, sa->peer, x->m, id, (struct ike_buf){ 0 }, &detail);
	other = !why && !id_fits(&sa->peer->remote_id, id);
	if (why)
		ike_fail_auth(x, sa->peer, why, detail);
	if (other)
		ike_fail_identity(x);
	if (why || other) {
		ike_info_refuse(sa, x->now, IKE_N_AUTHENTICATION_FAILED);
		return IKE_GO_ON;
	}
	return eap ? ike_eap_asked(x, id) : ike_auth_take(x, id);
}
