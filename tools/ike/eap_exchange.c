// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_AUTH with EAP (RFC 7296 2.16, 3.16). The responder proves who it is with a signature
 * before the initiator says anything in EAP; EAP alone (RFC 5998) is not done, as no method
 * here is good enough. Both sign once more with what EAP leaves, and only then there are
 * children, addresses, and other effects.
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "sa.h"

#define FIRST_MAX 8192	/* octets of the first request: a thousand may be waiting */

/**
 * struct ike_eap_run - EAP in an IKE SA
 * @eap: the server, or the peer
 * @good: it is over, AUTH is next
 * @id: ID payload of the other side
 * @who: the same as proved by EAP, if that asks
 * @body: body of @id
 * @first: payloads of the first request, in the clear; the responder has them
 * @first_len: octets of @first
 * @first_type: type of the first of them
 */
struct ike_eap_run {
	struct ike_eap *eap;
	bool good;
	struct ike_payload id, who;
	uint8_t *body, *first;
	size_t first_len;
	uint8_t first_type;
};

bool ike_eap_server(const struct ike_peer_conf *p)
{
	return p->remote_by == IKE_BY_EAP && p->by == IKE_BY_CERT;
}

bool ike_eap_client(const struct ike_peer_conf *p)
{
	return p->by == IKE_BY_EAP && p->remote_by == IKE_BY_CERT;
}

void ike_eap_end(struct ike_sa *sa)
{
	struct ike_eap_run *r = sa->eap;

	if (!r)
		return;
	ike_eap_free(r->eap);
	free(r->body);
	free(r->first);
	free(r);
	sa->eap = NULL;
}

const struct ike_payload *ike_eap_id(const struct ike_sa *sa)
{
	return &sa->eap->id;
}

struct ike_buf ike_eap_secret(const struct ike_sa *sa, const struct ike_keys *keys,
			      bool initiator)
{
	struct ike_buf msk = { 0 };

	if (!sa->eap || !sa->eap->good)
		return msk;
	msk = ike_eap_msk(sa->eap->eap);
	return msk.n ? msk : (struct ike_buf){ initiator ? keys->pi : keys->pr, keys->prf_len };
}

/* Begins, with a copy of @id. 0, or -1 without memory. */
static int begin(struct ike_step *x, const struct ike_payload *id)
{
	const struct ike_ctx_conf *k = &x->c->conf;
	struct ike_sa *sa = x->sa;
	struct ike_eap_run *r = calloc(1, sizeof(*r));
	size_t n;

	sa->eap = r;
	if (!r)
		return -1;
	r->eap = ike_eap_new(!sa->initiator, k->random, k->arg);
	if (!r->eap || ike_copy(&r->body, &n, id->body))
		return -1;
	r->id = *id;
	r->id.body.p = r->body;
	r->id.id.data.p = r->body + (id->body.n - id->id.data.n);
	return 0;
}

/* Failure of our own making; nothing went out yet but that. */
static enum ike_after refuse(struct ike_step *x)
{
	ike_out_chain(x->out, x->out->p, x->out->cap);
	ike_out_notify_flag(x->out, IKE_N_AUTHENTICATION_FAILED);
	return IKE_DIE;
}

static void failed(struct ike_step *x)
{
	const struct ike_eap *e = x->sa->eap->eap;
	char name[300];

	ike_fail(x->c, x->sa, 0, IKE_WHY_AUTH, "peer not authenticated by EAP: \"%s\": %s",
		 ike_id_print(IKE_ID_FQDN, ike_eap_name(e), name, sizeof(name)), ike_eap_why(e));
}

/* What EAP makes of it, for the answer. */
static enum ike_after send_step(struct ike_step *x, enum ike_eap_step step,
				struct ike_eap_out *out)
{
	struct ike_eap_run *r = x->sa->eap;
	char name[300];

	ike_out_raw(x->out, IKE_P_EAP, (struct ike_buf){ out->p, out->n });
	OPENSSL_cleanse(out, sizeof(*out));
	r->good = step == IKE_EAP_GOOD;
	if (r->good)
		ike_log(x->c, x->sa, "peer authenticated by EAP: \"%s\"",
			ike_id_print(IKE_ID_FQDN, ike_eap_name(r->eap), name, sizeof(name)));
	if (step != IKE_EAP_BAD)
		return IKE_GO_ON;
	failed(x);
	return IKE_DIE;
}

enum ike_after ike_eap_first(struct ike_step *x, const struct ike_peer_conf *p,
			     const struct ike_payload *id)
{
	struct ike_sa *sa = x->sa;
	struct ike_eap_out out;
	enum ike_eap_step step;
	char buf[IKE_ID_NAME];

	ike_sa_peer(sa, p);
	if (x->m->inner.n > FIRST_MAX) {
		ike_fail(x->c, sa, 0, IKE_WHY_SYNTAX, "IKE_AUTH request is too long for EAP");
		return refuse(x);
	}
	if (begin(x, id) || ike_copy(&sa->eap->first, &sa->eap->first_len, x->m->inner))
		return refuse(x);
	sa->eap->first_type = x->m->inner_first;
	ike_out_id(x->out, IKE_P_IDR, p->local_id.type, p->local_id.data);
	if (ike_auth_cert_out(sa, x->out) || ike_auth_out(sa, x->out, IKE_P_IDR))
		return refuse(x);
	step = ike_eap_begin(sa->eap->eap, &p->eap,
			     ike_id_name(id->id.type, id->id.data, buf), &out);
	return send_step(x, step, &out);
}

/* Who the peer has proved to be: with EAP that asks, or that is for one user only, what it
 * says in IKE is not of interest.
 */
static const struct ike_payload *proved(struct ike_sa *sa)
{
	struct ike_eap_run *r = sa->eap;
	struct ike_buf name = ike_eap_name(r->eap);

	if (!sa->peer->eap.ask && !sa->peer->eap.name.n)
		return &r->id;
	r->who.type = IKE_P_IDI;
	r->who.id.type = memchr(name.p, '@', name.n) ? IKE_ID_RFC822 : IKE_ID_FQDN;
	r->who.id.data = name;
	return &r->who;
}

/* AUTH, after EAP: then the first request is answered. */
static enum ike_after last_request(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_eap_run *r = sa->eap;
	struct ike_buf first = { r->first, r->first_len }, instead = { 0 };
	const char *detail = NULL;
	struct ike_fault f;
	enum ike_deny why;
	bool ppk;

	if (ike_ppk_request(x, sa->peer, &instead, &ppk))
		return refuse(x);
	why = ike_auth_peer(sa, sa->peer, x->m, &r->id, instead, &detail);
	if (why) {
		ike_fail_auth(x, sa->peer, why, detail);
		return refuse(x);
	}
	if (ike_msg_parse_inner(x->m, r->first_type, first, &f))
		return refuse(x);
	return ike_auth_accept(x, sa->peer, proved(sa), ppk);
}

enum ike_after ike_eap_request(struct ike_step *x)
{
	const struct ike_payload *e = ike_msg_find(x->m, IKE_P_EAP, NULL);
	struct ike_eap_run *r = x->sa->eap;
	struct ike_eap_out out;
	enum ike_eap_step step;

	if (r->good)
		return last_request(x);
	if (!e || ike_msg_find(x->m, IKE_P_AUTH, NULL)) {
		ike_fail(x->c, x->sa, 0, IKE_WHY_SYNTAX, "peer does not go on with EAP: %s",
			 e ? "AUTH before its end" : "no EAP");
		return refuse(x);
	}
	step = ike_eap_input(r->eap, &x->sa->peer->eap, e->body, &out);
	return send_step(x, step, &out);
}

enum ike_after ike_eap_info(struct ike_step *x)
{
	const struct ike_payload *p = NULL;
	bool end = false;

	while ((p = ike_msg_find(x->m, IKE_P_DELETE, p)))
		end |= p->del.proto == IKE_PROTO_IKE;
	if (!end && !ike_msg_notify(x->m, IKE_N_AUTHENTICATION_FAILED, NULL) &&
	    !ike_msg_notify(x->m, IKE_N_INVALID_SYNTAX, NULL))
		return IKE_GO_ON;
	failed(x);
	return IKE_DIE;
}

/* ---- the initiator ------------------------------------------------------- */

/* The responder is told that we do not go on. */
static enum ike_after give_up(struct ike_step *x, const char *why)
{
	ike_fail(x->c, x->sa, 0, IKE_WHY_AUTH, "EAP of the peer: %s", why);
	ike_info_refuse(x->sa, x->now, IKE_N_AUTHENTICATION_FAILED);
	return IKE_GO_ON;
}

/* AUTH with what EAP has left. */
static enum ike_after send_auth(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_out o;

	if (ike_ppk_start(sa))
		return IKE_DIE;
	ike_out_chain(&o, x->c->inner, sizeof(x->c->inner));
	if (ike_auth_out(sa, &o, IKE_P_IDI) || ike_ppk_out(sa, &o))
		return IKE_DIE;
	return ike_request(sa, x->now, IKE_X_AUTH, &o) ? IKE_DIE : IKE_GO_ON;
}

/* A packet of the responder. */
static enum ike_after answer(struct ike_step *x)
{
	const struct ike_payload *e = ike_msg_find(x->m, IKE_P_EAP, NULL);
	struct ike_sa *sa = x->sa;
	struct ike_eap_run *r = sa->eap;
	struct ike_eap_out out;
	struct ike_out o;

	if (!e)
		return give_up(x, "there is none");
	switch (ike_eap_input(r->eap, &sa->peer->eap, e->body, &out)) {
	case IKE_EAP_SEND:
		ike_out_chain(&o, x->c->inner, sizeof(x->c->inner));
		ike_out_raw(&o, IKE_P_EAP, (struct ike_buf){ out.p, out.n });
		OPENSSL_cleanse(&out, sizeof(out));
		return ike_request(sa, x->now, IKE_X_AUTH, &o) ? IKE_DIE : IKE_GO_ON;
	case IKE_EAP_GOOD:
		r->good = true;
		return send_auth(x);
	case IKE_EAP_BAD:
		/* which ends the IKE SA, without another word (RFC 7296 2.21.2) */
		ike_fail(x->c, sa, 0, IKE_WHY_REFUSED, "peer refused us in EAP: %s",
			 ike_eap_why(r->eap));
		return IKE_DIE;
	case IKE_EAP_BROKEN:
		break;
	}
	return give_up(x, ike_eap_why(r->eap));
}

enum ike_after ike_eap_asked(struct ike_step *x, const struct ike_payload *id)
{
	return begin(x, id) ? IKE_DIE : answer(x);
}

enum ike_after ike_eap_response(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	const char *detail = NULL;
	enum ike_deny why;

	if (!sa->eap->good)
		return answer(x);
	why = ike_ppk_response(x) ? IKE_DENY_SECRET : IKE_DENY_NONE;
	if (!why)
		why = ike_auth_peer(sa, sa->peer, x->m, &sa->eap->id, (struct ike_buf){ 0 },
				    &detail);
	if (!why)
		return ike_auth_take(x, &sa->eap->id);
	ike_fail_auth(x, sa->peer, why, detail);
	ike_info_refuse(sa, x->now, IKE_N_AUTHENTICATION_FAILED);
	return IKE_GO_ON;
}
