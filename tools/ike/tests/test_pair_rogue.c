// SPDX-License-Identifier: GPL-2.0
/*
 * A gateway that has the keys of IKE_SA_INIT and no proof of who it is: EAP, which is not
 * possible here. And messages that anybody can write, or send from anywhere.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static struct pair *rogue;
static const struct trick *trick;

/* What the rogue answers to IKE_AUTH with. */
static const struct trick {
	const char *name;
	bool id, auth, only;
	uint8_t eap[20];
	size_t n;
} tricks[] = {
	{ "it asks for an identity", true, false, false, { 1, 7, 0, 5, 1 }, 5 },
	{ "without telling its own", false, false, false, { 1, 7, 0, 5, 1 }, 5 },
	{ "it asks for MD5 of a password", true, false, false,
	  { 1, 7, 0, 20, 4, 4, 1, 2, 3, 4, 'g', 'w' }, 20 },
	{ "success without a method", true, false, false, { 3, 7, 0, 4 }, 4 },
	{ "failure", true, false, false, { 4, 7, 0, 4 }, 4 },
	{ "a weak method instead of proof", true, false, true, { 1, 7, 0, 6, 4, 0 }, 6 },
	{ "proof with a secret of its own", true, true, false, { 1, 7, 0, 5, 1 }, 5 },
	{ "and success at once", true, true, false, { 3, 7, 0, 4 }, 4 },
};

/* All that end 1 answers, whatever it was asked. */
static void answer_eap(struct dgram *d)
{
	static const uint8_t junk[32] = { 5 };
	uint8_t inner[512];
	struct ike_sa *sa;
	struct ike_out o;
	size_t n;

	if (d->dst || d->p[18] == IKE_X_SA_INIT)
		return;
	sa = ike_sa_find(rogue->end[1].ctx, d->p + 8);
	ike_out_chain(&o, inner, sizeof(inner));
	if (trick->id)
		ike_out_id(&o, IKE_P_IDR, IKE_ID_FQDN, pair_id("sun.example.org").data);
	if (trick->auth)
		ike_out_auth(&o, IKE_AUTH_PSK, (struct ike_buf){ junk, sizeof(junk) });
	if (trick->only)
		ike_out_notify_flag(&o, IKE_N_EAP_ONLY_AUTHENTICATION);
	ike_out_raw(&o, IKE_P_EAP, (struct ike_buf){ trick->eap, trick->n });
	n = ike_out_finish(&o);
	pair_reseal(d, sa, d->p[18], &o, n);
}

/* Whether all that @from wrote since @i is one request that says AUTHENTICATION_FAILED. */
static bool only_refused(struct pair *p, int from, unsigned int i)
{
	struct ike_sa *to = pair_sa(p, !from);
	unsigned int n = 0;
	struct ike_buf in;
	uint8_t d[1024];

	for (; i < p->n_sent; i++) {
		if (p->sent[i].dst == from)
			continue;
		if (p->sent[i].n > sizeof(d) || p->sent[i].p[18] != IKE_X_INFORMATIONAL || n++)
			return false;
		memcpy(d, p->sent[i].p, p->sent[i].n);
		if (ike_sk_open(&to->sk_in, d, 32, p->sent[i].n, &in) || in.n != 16 ||
		    d[28] != IKE_P_NOTIFY || ike_get16(in.p + 6) != IKE_N_AUTHENTICATION_FAILED ||
		    in.p[0] != IKE_P_DELETE || in.p[12] != IKE_PROTO_IKE)
			return false;
	}
	return n == 1;
}

/* The rogue goes on with EAP in IKE_AUTH, in answers and in requests. */
static void rounds(struct pair *p)
{
	static uint8_t copy[4096];
	struct ike_sa *sa = pair_sa(p, 1);
	struct dgram d = { .p = copy };
	struct ike_out o;
	uint8_t inner[512];
	unsigned int i;
	size_t n;

	for (i = 0; i < 400; i++) {
		memcpy(copy, p->sent[3].p, 28);
		copy[19] = i & 1 ? IKE_F_RESPONSE : 0;
		ike_put32(copy + 20, i & 1 ? 1 + i / 8 : i / 8);
		ike_out_chain(&o, inner, sizeof(inner));
		ike_out_raw(&o, IKE_P_EAP, (struct ike_buf){ trick->eap, trick->n });
		n = ike_out_finish(&o);
		pair_reseal(&d, sa, d.p[18], &o, n);
		ike_input(p->end[0].ctx, p->now, &pair_sa(p, 0)->local, &p->end[0].conf.remote,
			  (struct ike_buf){ d.p, d.n });
		if (!pair_sa(p, 0))
			return;
	}
}

static void test_gateway(void)
{
	unsigned int i, n;
	struct pair *p;
	bool quiet;

	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		p = pair_new(400 + i);
		pair_start(p, 0);
		rogue = p;
		trick = &tricks[i];
		p->tamper = answer_eap;
		/* it knows no secret, and lets nothing end */
		p->end[1].conf.remote_id = (struct ike_id){ 0 };
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
		pair_run(p, 35);
		n = p->n_sent;
		pair_run(p, 10);
		quiet = only_refused(p, 0, n);
		p->cut = 0;
		rounds(p);
		pair_run(p, 3600000);
		ktap_ok(quiet && p->n_sent <= n + 6 && p->end[0].ctx->stats.received > 400, NULL,
			"ATK-20 IKE2-EAP-2 EAP instead of AUTH, %s: it is told no, nothing else, however often",
			tricks[i].name);
		ktap_ok(!p->end[0].ctx->sas && !pair_kern(p, 0) && !pair_policies(p, 0) &&
			!p->end[0].ctx->stats.up[1] && !p->end[0].kern.errors &&
			p->end[0].ctx->stats.failed[IKE_WHY_SYNTAX] +
			p->end[0].ctx->stats.failed[IKE_WHY_AUTH] == 1, p->end[0].log,
			"ATK-20 one failed negotiation, no SA");
		pair_free(p);
	}
}

/* The initiator begins with EAP, and goes on with it whatever it is told. */
static void ask_eap(struct pair *p, struct ike_sa *sa, uint8_t id)
{
	uint8_t eap[5] = { 2, id, 0, 5, 1 };
	struct ike_out o;

	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_id(&o, IKE_P_IDI, IKE_ID_FQDN, pair_id("moon.example.org").data);
	ike_out_raw(&o, IKE_P_EAP, (struct ike_buf){ eap, sizeof(eap) });
	ike_window_answered(sa);
	ike_request(sa, p->now, IKE_X_AUTH, &o);
}

static void drop_auth(struct dgram *d)
{
	if (d->dst && d->p[18] == IKE_X_AUTH)
		d->p[0] ^= 1;
}

static void test_client(void)
{
	struct pair *p = pair_new(430);
	unsigned int i, n;
	struct ike_sa *sa;

	pair_start(p, 0);
	p->tamper = drop_auth;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 50);
	p->tamper = NULL;
	sa = pair_sa(p, 0);
	p->cut = 1;
	n = p->n_sent;
	sa->w.send_mid = 0;
	for (i = 0; i < 200; i++) {
		ask_eap(p, sa, (uint8_t)i);
		pair_run(p, 15);
	}
	ktap_ok(!pair_sa(p, 1) && !pair_kern(p, 1) && p->n_sent <= n + 201 &&
		pair_said(p, 1, "EAP is not possible here") && !p->end[1].ctx->half_open,
		p->end[1].log, "ATK-20 a client goes on with EAP for ever: one answer, it is refused");
	pair_free(p);
}

/* Whoever sends this has the keys of IKE_SA_INIT, and says that this is proof (RFC 7619 2.1). */
static void method_13(struct dgram *d)
{
	struct ike_sa *sa;
	struct ike_buf in;
	uint8_t copy[2048], type;
	struct ike_out o;
	size_t at;

	if (!d->dst || d->p[18] != IKE_X_AUTH)
		return;
	sa = ike_sa_find(rogue->end[0].ctx, d->p);
	memcpy(copy, d->p, d->n);
	if (ike_sk_open(&sa->sk_out, copy, 32, d->n, &in))
		abort();
	for (at = 0, type = copy[28]; type; type = in.p[at], at += ike_get16(in.p + at + 2))
		if (type == IKE_P_AUTH)
			((uint8_t *)in.p)[at + 4] = 13;
	o = (struct ike_out){ .p = (uint8_t *)in.p, .first = copy[28] };
	pair_reseal(d, sa, d->p[18], &o, in.n);
}

static void test_nobody(void)
{
	static const char *const who[] = { "its own name", "no name", "no name, any is good" };
	struct ike_sa *sa;
	struct pair *p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(who); i++) {
		p = pair_new(435 + i);
		rogue = p;
		if (i == 2)
			p->end[1].conf.remote_id = (struct ike_id){ 0 };
		pair_start(p, 0);
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
		pair_run(p, 15);
		p->cut = 0;
		pair_run(p, 15);
		p->cut = -1;
		/* once more, with SK_pi for a secret */
		sa = pair_sa(p, 0);
		ike_child_abandon(sa);
		p->end[0].conf.secret = (struct ike_buf){ sa->keys.pi, sa->keys.prf_len };
		if (i)
			p->end[0].conf.local_id = (struct ike_id){ IKE_ID_NULL, { 0 } };
		p->tamper = method_13;
		ike_window_answered(sa);
		sa->w.send_mid = 1;
		if (ike_auth_start(sa, p->now))
			abort();
		pair_run(p, 60000);
		ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && !pair_kern(p, 1) &&
			pair_said(p, 0, "AUTHENTICATION_FAILED") &&
			pair_said(p, 1, i == 1 ? "identities" : "method"), p->end[1].log,
			"IKE2-NULL-1 a peer without a secret, by %s: refused", who[i]);
		pair_free(p);
	}
}

/* ---- anybody ------------------------------------------------------------- */

/* To end @i in the name of its peer, not protected: one datagram for each error. */
static void errors(struct pair *p, int i, uint8_t xchg, bool response, const struct ike_addr *from)
{
	static const uint16_t types[] = { 1, 4, 5, 7, 9, 11, 14, 17, 24, 34, 35, 36, 37, 38, 39,
					  40, 41, 43, 44, 45, 46, 8192, 16383 };
	static const uint8_t data[4] = { 0x11, 0, 0, 1 };
	struct ike_sa *sa = pair_sa(p, i);
	struct ike_hdr h = { .version = 0x20, .xchg = xchg };
	unsigned int k;
	uint8_t d[128];
	struct ike_out o;

	h.flags = (response ? IKE_F_RESPONSE : 0) | (sa->initiator ? 0 : IKE_F_INITIATOR);
	h.mid = response ? sa->w.send_mid : sa->w.recv_mid;
	memcpy(h.spi_i, sa->spi_i, 8);
	memcpy(h.spi_r, sa->spi_r, 8);
	for (k = 0; k < ARRAY_SIZE(types); k++) {
		ike_out_msg(&o, d, sizeof(d), &h);
		ike_out_notify(&o, types[k], (struct ike_buf){ data, k % 3 ? 4 : 0 });
		ike_input(p->end[i].ctx, p->now, &sa->local, from,
			  (struct ike_buf){ d, ike_out_finish(&o) });
	}
}

/* All exchanges, as requests and as responses, from the peer's address and from another. */
static void all_errors(struct pair *p, int i)
{
	struct ike_addr far = { 4, { 203, 0, 113, 99 }, 4500 };
	unsigned int k;

	for (k = 0; k < 4; k++) {
		errors(p, i, IKE_X_INFORMATIONAL, k & 1, k & 2 ? &far : &p->end[i].conf.remote);
		errors(p, i, IKE_X_CREATE_CHILD_SA, k & 1, k & 2 ? &far : &p->end[i].conf.remote);
		errors(p, i, IKE_X_AUTH, k & 1, k & 2 ? &far : &p->end[i].conf.remote);
	}
}

/* Windows and addresses of both ends, to see whether they are as before. */
static uint64_t windows(struct pair *p)
{
	struct ike_sa *a = pair_sa(p, 0), *b = pair_sa(p, 1);

	return (uint64_t)a->w.send_mid << 48 | (uint64_t)a->w.recv_mid << 32 | b->w.send_mid << 16 |
	       (b->w.recv_mid & 0xff) << 8 | (a->remote.a[3] ^ b->remote.a[3]);
}

static void test_errors(void)
{
	struct pair *p = pair_go(pair_new(440));
	struct ike_task t = { IKE_TASK_REKEY_CHILD, NULL, 0 };
	unsigned int n = p->n_sent;
	uint64_t was = windows(p);
	int e;

	for (e = 0; e < 2; e++)
		all_errors(p, e);
	pair_run(p, 60000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == n && windows(p) == was &&
		p->end[0].ctx->stats.drops[IKE_DROP_PLAIN] >= 200, NULL,
		"IKE2-ERR-1 unprotected errors: no SA changes, nothing is sent");
	for (e = 0; e < 2; e++) {
		/* and while an answer is waited for that they could be */
		p->cut = !e;
		t.spi = pair_child(p, e)->spi_in;
		ike_task_add(pair_sa(p, e), p->now, &t);
		pair_run(p, 100);
		all_errors(p, e);
		ktap_ok(pair_sa(p, e)->w.req && pair_child(p, e)->busy && pair_up(p), NULL,
			"IKE2-ERR-1 the %s goes on waiting for a protected answer",
			e ? "responder" : "initiator");
		p->cut = -1;
		pair_run(p, 20000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, e)->spi_in != t.spi, NULL,
			"IKE2-ERR-1 which counts when it comes");
	}
	pair_free(p);
}

/* ---- from anywhere ------------------------------------------------------- */

/* What one end sends comes from elsewhere. */
static void from_far(struct dgram *d)
{
	if (d->dst)
		d->from = (struct ike_addr){ 4, { 203, 0, 113, 5 }, 33333 };
}

static void from_far_to_0(struct dgram *d)
{
	if (!d->dst)
		d->from = (struct ike_addr){ 4, { 203, 0, 113, 6 }, 44444 };
}

static void test_spi(void)
{
	struct ike_task live = { IKE_TASK_LIVENESS }, t = { IKE_TASK_REKEY_CHILD };
	struct pair *p = pair_go(pair_new(450)), *q;
	struct ike_sa *a, *b;
	unsigned int n;

	p->tamper = from_far;
	n = p->n_sent;
	t.spi = pair_child(p, 0)->spi_in;
	ike_task_add(pair_sa(p, 0), p->now, &t);
	pair_run(p, 5);
	pair_run(p, 15);
	ktap_ok(p->n_sent > n + 1 && p->sent[n + 1].to.port == 33333 && p->sent[n + 1].to.a[3] == 5,
		NULL, "IKE2-HDR-3 a request from another address and port is answered there");
	ktap_ok(pair_kern(p, 1) >= 3 && pair_sa(p, 1)->w.recv_mid == 3, NULL,
		"IKE2-HDR-3 and is carried out: one IKE SA has its SPI");
	pair_free(p);

	p = pair_go(pair_new(451));
	p->tamper = from_far_to_0;
	t.spi = pair_child(p, 0)->spi_in;
	ike_task_add(pair_sa(p, 0), p->now, &t);
	pair_run(p, 5000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in != t.spi, NULL,
		"IKE2-HDR-3 responses are found by our SPI, wherever they come from");
	pair_free(p);

	/* Two peers with the same SPI of theirs, from the same address and port: the same seed. */
	p = pair_go(pair_new(452));
	a = pair_sa(p, 1);
	q = pair_new(452);
	pair_start(q, 0);
	ike_ctx_free(q->end[1].ctx);
	q->end[1].ctx = p->end[1].ctx;
	q->end[1].ctx->conf.arg = &q->end[1];
	p->end[1].conf.unique = IKE_UNIQUE_NEVER;
	ike_initiate(q->end[0].ctx, q->now, &q->end[0].conf);
	pair_run(q, 1000);
	for (b = NULL; (b = ike_sa_next(q->end[1].ctx, b)); )
		if (b != a && b->state == IKE_S_UP)
			break;
	ktap_ok(b && !memcmp(a->spi_i, b->spi_i, 8) && memcmp(a->spi_r, b->spi_r, 8), NULL,
		"IKE2-HDR-3 two IKE SAs with the same SPI of the peer, from the same address");
	n = q->n_sent;
	ike_task_add(pair_sa(q, 0), q->now, &live);
	pair_run(q, 1000);
	ktap_ok(b && a->w.recv_mid == 2 && b->w.recv_mid == 3 && q->n_sent == n + 2, NULL,
		"IKE2-HDR-3 each request belongs to the one whose SPI of ours it has");
	q->end[1].ctx = NULL;
	p->end[1].ctx->conf.arg = &p->end[1];
	pair_free(q);
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_gateway();
	test_client();
	test_nobody();
	test_errors();
	test_spi();
	return ktap_end();
}
