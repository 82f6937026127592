// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in: which SA it is for, whether it is authentic and fresh, and which handler
 * may see it in the state of that SA. No handler is called in any other way.
 */
#include <openssl/crypto.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

#define ERRORS_PER_SECOND 10	/* unprotected ones */
#define JUNK_MAX 8	/* messages that are not authentic, of who did not authenticate */

#define IN(s) (1u << IKE_S_##s)

/**
 * struct gate - an exchange
 * @xchg: its type
 * @req_states: states in which a request is handled
 * @resp_states: states in which a response is
 * @request: handles a request, writes the payloads of the answer
 * @response: handles a response to a request of ours
 */
static const struct gate {
	uint8_t xchg;
	unsigned int req_states, resp_states;
	enum ike_after (*request)(struct ike_step *x);
	enum ike_after (*response)(struct ike_step *x);
} gates[] = {
	{ IKE_X_INTERMEDIATE, IN(HALF_OPEN), IN(INTER_SENT), ike_inter_request,
	  ike_inter_response },
	{ IKE_X_AUTH, IN(HALF_OPEN), IN(AUTH_SENT), ike_auth_request, ike_auth_response },
	{ IKE_X_CREATE_CHILD_SA, IN(UP) | IN(REPLACED) | IN(CLOSING), IN(UP), ike_child_request,
	  ike_child_response },
	{ IKE_X_FOLLOWUP_KE, IN(UP) | IN(REPLACED) | IN(CLOSING), IN(UP), ike_chain_request,
	  ike_chain_response },
	{ IKE_X_INFORMATIONAL, IN(HALF_OPEN) | IN(UP) | IN(LARVAL) | IN(REPLACED) | IN(CLOSING),
	  IN(UP) | IN(REPLACED) | IN(CLOSING), ike_info_request, ike_info_response },
};

static const struct gate *find(uint8_t xchg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gates); i++)
		if (gates[i].xchg == xchg)
			return &gates[i];
	return NULL;
}

/* One unprotected notify to a request that no SA is for (RFC 7296 2.21.4, 2.5). */
static void answer_bare(struct ike_step *x, const struct ike_hdr *in, uint16_t notify,
			struct ike_buf data)
{
	struct ike_ctx *c = x->c;
	struct ike_hdr h = *in;
	uint8_t buf[64];
	struct ike_out o;
	size_t n;

	if (x->now - c->err_at >= 1000) {
		c->err_at = x->now;
		c->err_count = 0;
	}
	if (c->err_count++ >= ERRORS_PER_SECOND)
		return;
	h.version = IKE_VERSION_2;
	h.flags = IKE_F_RESPONSE | (~in->flags & IKE_F_INITIATOR);
	ike_out_msg(&o, buf, sizeof(buf), &h);
	ike_out_notify(&o, notify, data);
	n = ike_out_finish(&o);
	if (n)
		c->conf.send(c->conf.arg, x->local, x->remote, (struct ike_buf){ buf, n });
}

/* Decrypts and reads what is inside; @fatal if a peer with the keys wrote nonsense. False
 * and not @fatal if there is nothing to read, or not yet. @hash is that of the message.
 */
static bool open_inner(struct ike_step *x, struct ike_fault *f, bool *fatal, uint8_t *hash)
{
	struct ike_msg *m = x->m;
	struct ike_buf inner;
	enum ike_crypt why;

	*fatal = false;
	if (m->sealed == IKE_P_SKF && !ike_frag_fits(x)) {
		ike_drop(x->c, IKE_DROP_FRAGMENT);
		return false;
	}
	why = ike_sk_open(&x->sa->sk_in, (uint8_t *)m->raw.p, m->sk_head.n, m->raw.n, &inner);
	if (why == IKE_CRYPT_PADDING) {
		*f = (struct ike_fault){ .notify = IKE_N_INVALID_SYNTAX, .protected = true };
		*fatal = true;
		return false;
	}
	if (why) {
		ike_drop(x->c, IKE_DROP_AUTHENTIC);
		ike_log(x->c, x->sa, "dropped a message: %s", ike_crypt_text(why));
		if (x->sa->state == IKE_S_HALF_OPEN && ++x->sa->bad == JUNK_MAX)
			ike_sa_die(x->sa, x->now);
		return false;
	}
	if (m->sealed == IKE_P_SKF && !ike_frag_add(x, &inner, hash))
		return false;
	if (m->hdr.xchg == IKE_X_INTERMEDIATE &&
	    ike_inter_note(x->sa, ike_is_response(&m->hdr), m->sk_head, m->sealed == IKE_P_SKF,
			   inner))
		return false;
	*fatal = ike_msg_parse_inner(m, m->inner_first, inner, f) != 0;
	return !*fatal;
}

/* A peer with the keys sent what cannot be read (RFC 7296 2.21.3, 2.5). */
static enum ike_after refuse(struct ike_step *x, const struct ike_fault *f)
{
	ike_fail(x->c, x->sa, 0, IKE_WHY_SYNTAX, "unreadable request: %s",
		 ike_reason_text(f->reason));
	ike_out_notify(x->out, f->notify ? f->notify : IKE_N_INVALID_SYNTAX,
		       (struct ike_buf){ &f->data, f->reason == IKE_R_CRITICAL });
	return f->reason == IKE_R_CRITICAL && x->sa->state != IKE_S_HALF_OPEN ? IKE_GO_ON
									      : IKE_DIE;
}

/* The peer showed from where it is heard (RFC 7296 2.23). */
static void follow(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;

	sa->heard_at = x->now;
	if (sa->state == IKE_S_HALF_OPEN) {
		sa->local = *x->local;
		sa->remote = *x->remote;
		return;
	}
	if (sa->mobike || !sa->nat_peer || sa->nat_us || ike_addr_equal(&sa->remote, x->remote))
		return;
	ike_log(x->c, sa, "peer behind NAT moved to port %u", x->remote->port);
	sa->remote = *x->remote;
	ike_child_move(sa);
}

/* All that may happen to an SA before it is settled that it replaces another one; other
 * requests have to come again then.
 */
static bool deletes_ike(const struct ike_msg *m)
{
	const struct ike_payload *p = NULL;

	while ((p = ike_msg_find(m, IKE_P_DELETE, p)))
		if (p->del.proto == IKE_PROTO_IKE)
			return true;
	return false;
}

/* Whether a request may come in the state of the SA. */
static bool expected(struct ike_step *x, const struct gate *g)
{
	struct ike_sa *sa = x->sa;

	if (sa->state == IKE_S_GONE || (g && !(g->req_states & 1u << sa->state)) ||
	    (x->m->hdr.xchg == IKE_X_INTERMEDIATE && (!sa->inter || sa->eap)) ||
	    (x->m->hdr.xchg == IKE_X_INFORMATIONAL && sa->state == IKE_S_HALF_OPEN && !sa->eap)) {
		ike_drop(x->c, IKE_DROP_STATE);
		return false;
	}
	if (x->m->hdr.mid != sa->w.recv_mid) {
		ike_drop(x->c, IKE_DROP_ID);
		return false;
	}
	return true;
}

static void in_request(struct ike_step *x, uint8_t *hash)
{
	const struct gate *g = find(x->m->hdr.xchg);
	struct ike_sa *sa = x->sa;
	enum ike_after after;
	struct ike_fault f;
	struct ike_out o;
	bool fatal, good;

	if (!expected(x, g))
		return;
	if (!sa->have_keys && (sa->state != IKE_S_HALF_OPEN || !sa->ke || ike_sa_derive(sa)))
		return;
	good = open_inner(x, &f, &fatal, hash);
	if ((!good && !fatal) || (good && sa->state == IKE_S_LARVAL && !deletes_ike(x->m)))
		return;
	sa->w.recv_mid++;
	follow(x);
	ike_out_chain(&o, x->c->inner, sizeof(x->c->inner));
	x->out = &o;
	if (!good) {
		after = refuse(x, &f);
	} else if (!g) {
		ike_out_notify_flag(&o, IKE_N_INVALID_SYNTAX);
		after = IKE_DIE;
	} else {
		after = g->request(x);
	}
	if (ike_respond(x, hash))
		ike_log(x->c, sa, "no answer could be made");
	if (after != IKE_DIE && ike_inter_answered(sa))
		after = IKE_DIE;
	if (after == IKE_DIE)
		ike_sa_die(sa, x->now);
	else
		ike_task_next(sa, x->now);
}

/* What the peer answered is there for it: it is told that this ends, with an error only
 * right after IKE_AUTH (RFC 7296 2.21.2, 2.21.3).
 */
static void give_up(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;

	if (sa->state == IKE_S_AUTH_SENT)
		ike_info_refuse(sa, x->now, IKE_N_INVALID_SYNTAX);
	else if (sa->state == IKE_S_UP)
		ike_info_refuse(sa, x->now, 0);
	else
		ike_sa_die(sa, x->now);
}

static void in_response(struct ike_step *x, uint8_t *hash)
{
	const struct gate *g = find(x->m->hdr.xchg);
	struct ike_sa *sa = x->sa;
	struct ike_fault f;
	bool fatal, good;

	if (!sa->w.req || x->m->hdr.mid != sa->w.send_mid || x->m->hdr.xchg != sa->w.req_xchg) {
		ike_drop(x->c, IKE_DROP_ID);
		return;
	}
	if (!g || !(g->resp_states & 1u << sa->state) || !sa->have_keys) {
		ike_drop(x->c, IKE_DROP_STATE);
		return;
	}
	good = open_inner(x, &f, &fatal, hash);
	if (!good && !fatal)
		return;
	ike_window_answered(sa);
	sa->heard_at = x->now;
	if (!good) {
		ike_fail(x->c, sa, 0, IKE_WHY_SYNTAX, "unreadable response: %s",
			 ike_reason_text(f.reason));
		give_up(x);
		return;
	}
	if (g->response(x) == IKE_DIE) {
		ike_sa_die(sa, x->now);
		return;
	}
	ike_others_answered(x);
	ike_task_next(sa, x->now);
}

static void in_init(struct ike_step *x, const uint8_t *hash)
{
	const struct ike_hdr *h = &x->m->hdr;
	static const uint8_t zero[8];

	if (!ike_is_response(h) && !h->mid && !x->m->sealed && ike_from_initiator(h) &&
	    !memcmp(h->spi_r, zero, 8) && memcmp(h->spi_i, zero, 8)) {
		ike_init_request(x, hash);
		return;
	}
	if (!ike_is_response(h) || h->mid || x->m->sealed || ike_from_initiator(h)) {
		ike_drop(x->c, IKE_DROP_STATE);
		return;
	}
	x->sa = ike_sa_find(x->c, h->spi_i);
	if (!x->sa || x->sa->state != IKE_S_INIT_SENT || !x->sa->initiator) {
		ike_drop(x->c, x->sa ? IKE_DROP_STATE : IKE_DROP_SPI);
		return;
	}
	ike_sa_touch(x->sa);
	if (ike_init_response(x) == IKE_DIE)
		ike_sa_die(x->sa, x->now);
}

/* Everything but IKE_SA_INIT. */
static void in_protected(struct ike_step *x, uint8_t *hash)
{
	const struct ike_hdr *h = &x->m->hdr;

	x->sa = ike_sa_find(x->c, ike_from_initiator(h) ? h->spi_r : h->spi_i);
	if (!x->sa || x->sa->initiator == ike_from_initiator(h) ||
	    memcmp(x->sa->spi_i, h->spi_i, 8) || memcmp(x->sa->spi_r, h->spi_r, 8)) {
		ike_drop(x->c, IKE_DROP_SPI);
		if (!ike_is_response(h))
			answer_bare(x, h, IKE_N_INVALID_IKE_SPI, (struct ike_buf){ 0 });
		return;
	}
	if (!x->m->sealed) {
		ike_drop(x->c, IKE_DROP_PLAIN);
		return;
	}
	ike_sa_touch(x->sa);
	if (ike_is_response(h))
		in_response(x, hash);
	else if (!ike_window_repeated(x->sa, x->now, x->local, x->remote, hash))
		in_request(x, hash);
}

void ike_input(struct ike_ctx *c, uint64_t now, const struct ike_addr *local,
	       const struct ike_addr *remote, struct ike_buf octets)
{
	struct ike_step x = { .c = c, .now = now, .local = local, .remote = remote,
			      .m = &c->msg };
	struct ike_buf own = { c->rx, octets.n };
	struct ike_fault f = { 0 };
	struct ike_hdr h;
	uint8_t hash[32];

	c->stats.received++;
	if (octets.n > sizeof(c->rx) || octets.n < IKE_HDR_LEN) {
		ike_drop(c, IKE_DROP_LENGTH);
		return;
	}
	memcpy(c->rx, octets.p, octets.n);
	if (ike_hdr_parse(own, &h, &f)) {
		ike_drop(c, IKE_DROP_HEADER);
		if (f.reason == IKE_R_VERSION_HIGH && !ike_is_response(&h))
			answer_bare(&x, &h, IKE_N_INVALID_MAJOR_VERSION, (struct ike_buf){ 0 });
		return;
	}
	if (ike_msg_parse(own, &c->msg, &f)) {
		ike_drop(c, IKE_DROP_SYNTAX);
		if (ike_may_say(c, now))
			ike_log(c, NULL, "dropped a message: %s", ike_reason_text(f.reason));
		if (f.reason == IKE_R_CRITICAL && h.xchg == IKE_X_SA_INIT && !ike_is_response(&h))
			answer_bare(&x, &h, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
				    (struct ike_buf){ &f.data, 1 });
		return;
	}
	ike_digest(own, hash);
	if (c->msg.hdr.xchg == IKE_X_SA_INIT)
		in_init(&x, hash);
	else
		in_protected(&x, hash);
	OPENSSL_cleanse(c->rx, octets.n);
	if (c->msg.sealed == IKE_P_SKF)
		OPENSSL_cleanse(c->whole, sizeof(c->whole));
}
