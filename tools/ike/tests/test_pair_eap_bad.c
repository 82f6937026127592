// SPDX-License-Identifier: GPL-2.0
/*
 * EAP in IKE_AUTH with a peer that errs, or worse.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair_eap.h"

static struct pair *now;

/* What becomes of an IKE_AUTH message that @from sent, the one with @mid. */
static struct edit {
	const char *what;
	int from;
	uint32_t mid;
	uint8_t drop[3];	/* payloads that are taken out */
	uint8_t add;		/* one that is put in, */
	uint8_t body[24];
	size_t n;		/* of so many octets */
	const char *says;	/* what the other side says then */
	bool silent;		/* and it sends nothing */
} edits[] = {
	{ "EAP without AUTH", 1, 1, { IKE_P_AUTH, IKE_P_CERT }, .says = "EAP alone proves nothing" },
	{ "EAP without AUTH nor identity", 1, 1, { IKE_P_AUTH, IKE_P_CERT, IKE_P_IDR },
	  .says = "no IDr" },
	{ "AUTH with a secret", 1, 1, { IKE_P_AUTH }, IKE_P_AUTH,
	  { 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 12, "peer offers" },
	{ "another identity", 1, 1, { IKE_P_IDR }, IKE_P_IDR,
	  { 2, 0, 0, 0, 'm', 'a', 'r', 's' }, 8, "peer not authenticated" },
	{ "no EAP", 1, 1, { IKE_P_EAP }, .says = "there is none" },
	{ "Success at once", 1, 1, { IKE_P_EAP }, IKE_P_EAP, { 3, 1, 0, 4 }, 4,
	  "success before the method" },
	{ "Success after the response", 1, 2, { IKE_P_EAP }, IKE_P_EAP, { 3, 1, 0, 4 }, 4,
	  "success before the method" },
	{ "Failure at once", 1, 1, { IKE_P_EAP }, IKE_P_EAP, { 4, 1, 0, 4 }, 4, "no method", true },
	{ "no EAP in the middle", 1, 2, { IKE_P_EAP }, .says = "there is none" },
	{ "no AUTH at the end", 1, 4, { IKE_P_AUTH }, .says = "not authenticated" },
	{ "a signature at the end", 1, 4, { IKE_P_AUTH }, IKE_P_AUTH,
	  { 14, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 12, "not authenticated" },
	{ "EAP that is too short", 1, 2, { IKE_P_EAP }, IKE_P_EAP, { 1, 1, 0 }, 3, "unreadable" },
	{ "EAP that is longer than it says", 1, 2, { IKE_P_EAP }, IKE_P_EAP,
	  { 1, 1, 0, 5, 1, 0 }, 6, "unreadable" },
	{ "EAP that is shorter than it says", 1, 2, { IKE_P_EAP }, IKE_P_EAP,
	  { 1, 1, 0, 9, 1, 0 }, 6, "unreadable" },
	{ "no EAP", 0, 2, { IKE_P_EAP }, .says = "no EAP" },
	{ "AUTH before the end", 0, 2, { 0 }, IKE_P_AUTH, { 2, 0, 0, 0, 1, 2, 3, 4 }, 8,
	  "AUTH before its end" },
	{ "an identity that nobody asked for", 0, 2, { IKE_P_EAP }, IKE_P_EAP,
	  { 2, 1, 0, 6, 1, 'x' }, 6, "by EAP" },
	{ "Success of its own", 0, 2, { IKE_P_EAP }, IKE_P_EAP, { 3, 1, 0, 4 }, 4, "by EAP" },
	{ "EAP that is too short", 0, 2, { IKE_P_EAP }, IKE_P_EAP, { 2, 1, 0 }, 3, "unreadable" },
	{ "EAP with a tail", 0, 3, { IKE_P_EAP }, IKE_P_EAP, { 2, 1, 0, 5, 1, 0 }, 6,
	  "unreadable" },
	{ "no AUTH at the end", 0, 4, { IKE_P_AUTH }, .says = "not authenticated" },
	{ "more EAP at the end", 0, 4, { IKE_P_AUTH }, IKE_P_EAP, { 2, 1, 0, 5, 1 }, 5,
	  "not authenticated" },
	{ "a signature at the end", 0, 4, { IKE_P_AUTH }, IKE_P_AUTH,
	  { 14, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 12, "not authenticated" },
}, *edit;

static bool dropped(uint8_t type)
{
	return type == edit->drop[0] || type == edit->drop[1] || type == edit->drop[2];
}

static void do_edit(struct dgram *d)
{
	static uint8_t copy[4096], made[4096];
	struct ike_sa *sa;
	struct ike_buf in;
	struct ike_out o;
	uint8_t type;
	size_t at, n;

	if (d->dst == edit->from || d->p[18] != IKE_X_AUTH || ike_get32(d->p + 20) != edit->mid)
		return;
	sa = ike_sa_find(now->end[edit->from].ctx, edit->from ? d->p + 8 : d->p);
	memcpy(copy, d->p, d->n);
	if (ike_sk_open(&sa->sk_out, copy, 32, d->n, &in))
		abort();
	ike_out_chain(&o, made, sizeof(made));
	for (at = 0, type = copy[28]; type; type = in.p[at], at += n) {
		n = ike_get16(in.p + at + 2);
		if (!dropped(type))
			ike_out_raw(&o, type, (struct ike_buf){ in.p + at + 4, n - 4 });
	}
	if (edit->add)
		ike_out_raw(&o, edit->add, (struct ike_buf){ edit->body, edit->n });
	n = ike_out_finish(&o);
	pair_reseal(d, sa, d->p[18], &o, n);
}

/* Requests that end 0 has sent since the answer to message @mid - 1; the IKE_AUTH among them
 * are in @auth.
 */
static unsigned int requests(const struct pair *p, uint32_t mid, unsigned int *auth)
{
	unsigned int i, n = 0;

	for (*auth = i = 0; i < p->n_sent; i++) {
		if (!p->sent[i].dst || ike_get32(p->sent[i].p + 20) < mid)
			continue;
		n++;
		*auth += p->sent[i].p[18] == IKE_X_AUTH;
	}
	return n;
}

static void test_edits(void)
{
	unsigned int i, n, auth;
	struct pair *p;

	for (i = 0; i < ARRAY_SIZE(edits); i++) {
		edit = &edits[i];
		p = with_eap(650 + i, "moon.example.org", "a password");
		now = p;
		p->tamper = do_edit;
		go(p);
		/* a responder that has been told nothing forgets after a while */
		pair_run(p, 60000);
		n = requests(p, edit->mid + 1, &auth);
		ktap_ok(nothing(p) && pair_said(p, !edit->from, edit->says) &&
			(!edit->from || (!auth && n == !edit->silent)), p->end[!edit->from].log,
			"ATK-20 IKE2-EAP-2 the %s sends %s: no SA%s", edit->from ? "responder" :
			"initiator", edit->what, edit->from ? ", and nothing more in EAP" : "");
		pair_free(p);
	}
	p = with_eap(699, "moon.example.org", "a password");
	p->end[1].conf.certs = &other_cert;
	go(p);
	n = requests(p, 2, &auth);
	ktap_ok(nothing(p) && n == 1 && !auth && pair_said(p, 0, "peer not authenticated"),
		p->end[0].log, "IKE2-EAP-2 a certificate of somebody else: no EAP, no SA");
	pair_free(p);
}

/* What is added to a good first request. */
static void test_extra(void)
{
	static struct edit only = { "", 0, 1, { 0 }, IKE_P_NOTIFY, { 0, 0, 0x40, 0x21 }, 4 };
	static struct edit fail = { "", 0, 3, { IKE_P_EAP }, IKE_P_NOTIFY, { 0, 0, 0, 24 }, 4 };
	struct pair *p = with_eap(700, "moon.example.org", "a password");

	now = p;
	edit = &only;
	p->tamper = do_edit;
	go(p);
	ktap_ok(pair_up(p) && has(p, 3, IKE_P_AUTH), p->end[1].log,
		"IKE2-EAP-6 EAP_ONLY_AUTHENTICATION: the responder sends AUTH all the same");
	pair_free(p);
	p = with_eap(701, "moon.example.org", "a password");
	now = p;
	edit = &fail;
	p->tamper = do_edit;
	go(p);
	ktap_ok(nothing(p), p->end[1].log, "an initiator that gives up in the middle");
	pair_free(p);
}

/* A good first request with @n octets more. */
static struct pair *longer(size_t n)
{
	struct pair *p = with_eap(705, "moon.example.org", "a password");
	static uint8_t copy[4096], more[20000];
	struct ike_buf in;
	struct ike_sa *sa;
	struct ike_out o;
	unsigned int i;
	uint8_t type;
	size_t at;

	until(p, 3);
	sa = pair_sa(p, 0);
	memcpy(copy, p->sent[2].p, p->sent[2].n);
	if (ike_sk_open(&sa->sk_out, copy, 32, p->sent[2].n, &in))
		abort();
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	for (at = 0, type = copy[28]; type; type = in.p[at], at += ike_get16(in.p + at + 2))
		ike_out_raw(&o, type, (struct ike_buf){ in.p + at + 4,
							ike_get16(in.p + at + 2) - 4u });
	ike_out_raw(&o, IKE_P_VENDOR, (struct ike_buf){ more, n });
	/* in the place of what is under way */
	for (i = 0; i < PAIR_FLIGHT; i++) {
		free(p->flight[i].p);
		p->flight[i].p = NULL;
	}
	if (ike_request(sa, p->now, IKE_X_AUTH, &o))
		abort();
	pair_run(p, 3000);
	return p;
}

static void test_long(void)
{
	struct pair *p = longer(7000);

	ktap_ok(pair_up(p), p->end[1].log, "a first request of 7 KiB");
	pair_free(p);
	p = longer(9000);
	ktap_ok(nothing(p) && pair_said(p, 1, "too long for EAP"), p->end[1].log,
		"ATK-20 one of more than 8 KiB is not kept");
	pair_free(p);
}

/* A method without an end. */
static enum ike_eap_did on(void *state, struct ike_eap_env *env, struct ike_buf in,
			   struct ike_eap_out *out)
{
	(void)state;
	(void)env;
	(void)in;
	(void)out;
	return IKE_EAP_MORE;
}

static enum ike_eap_did begin(void *state, struct ike_eap_env *env, struct ike_eap_out *out)
{
	return on(state, env, (struct ike_buf){ 0 }, out);
}

static bool yes(void)
{
	return true;
}

static const struct ike_eap_method endless = {
	.type = 99, .name = "endless", .word = "endless", .size = 1, .usable = yes,
	.start = begin, .server = on, .peer = on,
};

static void test_cap(void)
{
	struct pair *p = with_eap(710, "moon.example.org", "a password");
	struct ike_eap_out out;
	struct ike_eap *e;
	unsigned int n = 0;
	uint8_t id;

	p->end[0].conf.eap.method = &endless;
	p->end[1].conf.eap.method = &endless;
	go(p);
	ktap_ok(nothing(p) && p->n_sent == 2 + 2 * 51 + 2 && pair_said(p, 0, "without an end") &&
		pair_said(p, 1, "gave up"), p->end[0].log,
		"ATK-20 IKE2-EAP-4 EAP without an end: the initiator gives up after 50 rounds");
	pair_free(p);

	p = with_eap(711, "moon.example.org", "a password");
	p->end[0].conf.eap.method = &endless;
	p->end[1].conf.eap.method = &endless;
	e = ike_eap_new(true, pair_random, &p->end[1]);
	ike_eap_begin(e, &p->end[1].conf.eap, octets("moon.example.org"), &out);
	do {
		id = out.p[1];
	} while (n++ < 1000 &&
		 ike_eap_input(e, &p->end[1].conf.eap, (struct ike_buf){
			       (uint8_t[]){ 2, id, 0, 5, 99 }, 5 }, &out) == IKE_EAP_SEND);
	ktap_ok(n == 51 && out.n == 4 && out.p[0] == IKE_EAP_FAILURE, NULL,
		"ATK-20 IKE2-EAP-4 and so does the responder, with Failure");
	ike_eap_free(e);
	pair_free(p);
}

/* Before the last AUTH the message of somebody who knows no password has no effect. */
static void test_effects(void)
{
	struct pair *p = go(with_eap(720, "moon.example.org", "a password"));
	struct ike_sa *sa;
	struct ike_out o;
	unsigned int n;

	pair_restart(p, 0, 0);
	me.secret = octets("something");
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 3000);
	ktap_ok(pair_said(p, 1, "wrong password") && pair_count(p, 1) == 1 && pair_kern(p, 1) == 2,
		p->end[1].log,
		"IKE2-AUTH-4 INITIAL_CONTACT with a wrong password: the SA of that identity stays");
	me.secret = octets("a password");
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 3000);
	ktap_ok(pair_up(p) && pair_kern(p, 1) == 2 && pair_said(p, 1, "peer started anew"),
		p->end[1].log, "IKE2-AUTH-4 with the right one it goes");
	pair_free(p);

	p = with_eap(721, "moon.example.org", "a password");
	p->end[0].conf.eap.method = p->end[1].conf.eap.method = &endless;
	until(p, 8);
	p->cut = 0;
	ktap_ok(p->end[1].ctx->half_open == 1 && !pair_kern(p, 1), NULL,
		"ATK-20 in the middle of EAP it is half-open, and counted so");
	pair_run(p, 31000);
	ktap_ok(!pair_sa(p, 1) && !p->end[1].ctx->half_open, NULL,
		"ATK-20 and forgotten when the time for that is over");
	pair_free(p);

	/* other exchanges in between */
	p = with_eap(722, "moon.example.org", "a password");
	until(p, 4);
	sa = pair_sa(p, 0);
	n = p->n_sent;
	p->cut = 1;
	pair_run(p, 1);
	sa->w.send_mid = 2;
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_request(sa, p->now, IKE_X_CREATE_CHILD_SA, &o);
	pair_run(p, 15);
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_request(sa, p->now, IKE_X_INTERMEDIATE, &o);
	pair_run(p, 15);
	ktap_ok(p->n_sent == n + 2 && pair_sa(p, 1)->w.recv_mid == 2 &&
		p->end[1].ctx->stats.drops[IKE_DROP_STATE] == 2, NULL,
		"other exchanges in the middle of EAP: silence");
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_notify_flag(&o, IKE_N_AUTHENTICATION_FAILED);
	ike_request(sa, p->now, IKE_X_INFORMATIONAL, &o);
	pair_run(p, 15);
	ktap_ok(p->n_sent == n + 4 && !pair_sa(p, 1) && !p->end[1].ctx->half_open, NULL,
		"but for the end of it");
	pair_free(p);
}

int main(void)
{
	make();
	ktap_begin();
	test_edits();
	test_extra();
	test_long();
	test_cap();
	test_effects();
	unmake();
	return ktap_end();
}
