// SPDX-License-Identifier: GPL-2.0
/*
 * What no honest peer sends, with and without the keys.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static void feed(struct pair *p, int i, const uint8_t *d, size_t n)
{
	struct ike_peer_conf *c = &p->end[i].conf;

	ike_input(p->end[i].ctx, p->now, &c->local, &c->remote, (struct ike_buf){ d, n });
}

/* End 0 sends @inner with its keys, as exchange @xchg; it waits for answers of
 * INFORMATIONAL only.
 */
static void sealed(struct pair *p, uint8_t xchg, uint8_t first, const uint8_t *inner, size_t n)
{
	struct ike_sa *sa = pair_sa(p, 0);
	struct ike_out o;

	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_octets(&o, inner, n);
	o.first = first;
	sa->task = (struct ike_task){ IKE_TASK_LIVENESS };
	ike_request(sa, p->now, xchg, &o);
	if (xchg != IKE_X_INFORMATIONAL)
		ike_window_answered(sa);
	pair_run(p, 100);
}

static void test_header(void)
{
	struct pair *p = pair_go(pair_new(800));
	uint8_t d[2048] = { 0 };
	unsigned int n = p->n_sent;
	size_t len = p->sent[0].n;

	memcpy(d, p->sent[0].p, len);
	d[0] ^= 1;
	feed(p, 1, d, 27);
	feed(p, 1, d, len - 1);
	feed(p, 1, d, len + 1);
	feed(p, 1, d, 0);
	ktap_ok(p->n_sent == n && !p->end[1].ctx->half_open, NULL,
		"IKE2-HDR-1 lengths that do not agree: silence");
	d[17] = 0x30;
	feed(p, 1, d, len);
	ktap_ok(p->n_sent == n + 1 && ike_get16(p->sent[n].p + 34) == 5 &&
		!p->end[1].ctx->half_open, NULL, "IKE2-HDR-5 version 3: INVALID_MAJOR_VERSION");
	d[17] = 0x2f;
	feed(p, 1, d, len);
	ktap_ok(p->end[1].ctx->half_open == 1, NULL, "IKE2-HDR-5 version 2.15 is 2.0");
	n = p->n_sent;
	d[17] = 0x20;
	d[19] |= 0x20;
	feed(p, 1, d, len);
	d[19] = 0x08;
	d[23] = 1;
	feed(p, 1, d, len);
	ktap_ok(p->n_sent == n && p->end[1].ctx->half_open == 1, NULL,
		"IKE2-ERR-2 a response to nothing, and IKE_SA_INIT with a message ID: silence");
	pair_free(p);
}

/* The IKE_SA_INIT of a pair with an unknown payload in front */
static void test_critical(void)
{
	struct pair *p = pair_go(pair_new(809));
	unsigned int n = p->n_sent;
	size_t len = p->sent[0].n;
	uint8_t d[2048];

	memcpy(d, p->sent[0].p, IKE_HDR_LEN);
	memcpy(d + IKE_HDR_LEN + 4, p->sent[0].p + IKE_HDR_LEN, len - IKE_HDR_LEN);
	d[0] ^= 1;
	d[16] = 200;
	ike_put32(d + 24, (uint32_t)len + 4);
	memcpy(d + IKE_HDR_LEN, (uint8_t[]){ IKE_P_SA, 0x80, 0, 4 }, 4);
	feed(p, 1, d, len + 4);
	ktap_ok(p->n_sent == n + 1 && p->sent[n].n == IKE_HDR_LEN + 9 &&
		ike_get16(p->sent[n].p + 34) == 1 && p->sent[n].p[36] == 200 &&
		!p->end[1].ctx->half_open, NULL,
		"IKE2-PAY-2 unknown critical payload in IKE_SA_INIT: refused, with its type");
	d[19] |= 0x20;
	feed(p, 1, d, len + 4);
	ktap_ok(p->n_sent == n + 1, NULL, "IKE2-PAY-2 in a response: silence");
	d[19] = 0x08;
	d[IKE_HDR_LEN + 1] = 0;
	feed(p, 1, d, len + 4);
	ktap_ok(p->end[1].ctx->half_open == 1, NULL,
		"IKE2-PAY-2 one that is not critical is skipped");
	pair_free(p);
}

static void test_sealed(void)
{
	static const uint8_t rekey[] = {
		IKE_P_SA, 0, 0, 12, IKE_PROTO_IKE, 4, 0x40, 0x09, 1, 2, 3, 4,
		IKE_P_NONCE, 0, 0, 36, 0, 0, 0, 32, 1, IKE_PROTO_ESP, 4, 2, 1, 2, 3, 4,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 0, 128, 0, 0, 0, 8, 5, 0, 0, 0,
		0, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t odd[] = { 0, 0x80, 0, 4 }, meek[] = { 0, 0, 0, 4 };
	static const uint8_t torn[] = { 0, 0, 0, 9, 1 };
	struct pair *p = pair_go(pair_new(810));

	sealed(p, IKE_X_INFORMATIONAL, 200, odd, sizeof(odd));
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 1)->w.recv_mid == 3, NULL,
		"IKE2-PAY-2 unknown critical payload: refused, the SA stays");
	sealed(p, IKE_X_INFORMATIONAL, 200, meek, sizeof(meek));
	ktap_ok(pair_up(p) && pair_sa(p, 1)->w.recv_mid == 4, NULL,
		"IKE2-PAY-2 unknown payload that is not critical");
	sealed(p, IKE_X_AUTH, IKE_P_NOTIFY, NULL, 0);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL,
		"a second IKE_AUTH does not pass the gate");
	pair_free(p);

	p = pair_go(pair_new(811));
	sealed(p, IKE_X_INFORMATIONAL, IKE_P_NOTIFY, torn, sizeof(torn));
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0), NULL,
		"IKE2-ERR-3 broken payloads from who has the keys: INVALID_SYNTAX, both forget");
	pair_free(p);

	p = pair_go(pair_new(808));
	sealed(p, IKE_X_CREATE_CHILD_SA, IKE_P_NOTIFY, rekey, sizeof(rekey));
	ktap_ok(!pair_sa(p, 1) && !pair_kern(p, 1) && pair_said(p, 1, "REKEY_SA"), p->end[1].log,
		"IKE2-ERR-3 REKEY_SA of the IKE SA as a child: INVALID_SYNTAX, and that is the end");
	pair_free(p);

	p = pair_go(pair_new(812));
	sealed(p, 99, IKE_P_NONE, NULL, 0);
	ktap_ok(!pair_sa(p, 1) && !pair_kern(p, 1), NULL,
		"IKE2-HDR-8 unknown exchange from who has the keys");
	pair_free(p);
}

/* End 1 answers what end 0 asks in exchange @xchg with an unknown critical payload. */
static void torn_answer(struct pair *p, uint8_t xchg)
{
	static const uint8_t odd[] = { 0, 0x80, 0, 4 };
	struct ike_sa *sa = pair_sa(p, 1);
	struct ike_out o;
	uint8_t *d;
	size_t n;

	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_octets(&o, odd, sizeof(odd));
	o.first = 200;
	n = ike_seal(sa, xchg, true, pair_sa(p, 0)->w.send_mid, &o);
	d = malloc(n);
	memcpy(d, sa->ctx->wire, n);
	feed(p, 0, d, n);
	free(d);
}

static void test_torn_answers(void)
{
	struct pair *p = pair_new(813);

	/* the true answer to IKE_AUTH, the fourth message, is lost */
	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, 25);
	p->cut = 1;
	pair_run(p, 10);
	torn_answer(p, IKE_X_AUTH);
	p->cut = -1;
	pair_run(p, 1000);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && !pair_kern(p, 1) &&
		pair_said(p, 0, "unreadable response") &&
		pair_said(p, 1, "peer gave up: INVALID_SYNTAX"), p->end[1].log,
		"IKE2-ERR-5 an answer to IKE_AUTH that cannot be read: the peer is told");
	pair_free(p);

	p = pair_go(pair_new(814));
	p->cut = 1;
	sealed(p, IKE_X_INFORMATIONAL, IKE_P_NONE, NULL, 0);
	torn_answer(p, IKE_X_INFORMATIONAL);
	p->cut = -1;
	pair_run(p, 10000);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0) &&
		pair_said(p, 1, "peer deletes the IKE SA"), p->end[1].log,
		"IKE2-ERR-5 another answer that cannot be read: the SA is deleted, without an error");
	pair_free(p);
}

static void test_message_ids(void)
{
	struct pair *p = pair_go(pair_new(815));
	unsigned int n;

	sealed(p, IKE_X_INFORMATIONAL, IKE_P_NONE, NULL, 0);
	sealed(p, IKE_X_INFORMATIONAL, IKE_P_NONE, NULL, 0);
	n = p->n_sent;
	feed(p, 1, p->sent[4].p, p->sent[4].n);
	ktap_ok(n == 8 && p->n_sent == n && pair_sa(p, 1)->w.recv_mid == 4, NULL,
		"IKE2-MID-6 the request before the last one is dropped");
	pair_sa(p, 0)->w.send_mid += 5;
	p->cut = 1;
	sealed(p, IKE_X_INFORMATIONAL, IKE_P_NONE, NULL, 0);
	ktap_ok(p->n_sent == n + 1 && pair_sa(p, 1)->w.recv_mid == 4, NULL,
		"IKE2-MID-6 a request from the future is dropped");
	pair_free(p);

	p = pair_go(pair_new(816));
	pair_sa(p, 0)->w.send_mid = 0xfffffff0;
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_LIVENESS });
	ktap_ok(p->n_sent == 4 && !pair_sa(p, 0) && !pair_kern(p, 0), NULL,
		"IKE2-MID-3 the SA ends before its message IDs do");
	pair_free(p);
}

/* The initiator forgets what it offered, so that an honest answer is a bold one. */
static void test_answers(void)
{
	struct pair *p = pair_new(840);

	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	p->end[0].conf.n_ike = pair_proposals(p->end[0].ike, IKE_PROTO_IKE,
					      "aes256gcm16-prfsha256-x25519");
	pair_run(p, 1000);
	ktap_ok(p->n_sent == 2 && pair_said(p, 0, "peer chose what was not offered") &&
		pair_sa(p, 0)->state == IKE_S_INIT_SENT, p->end[0].log,
		"IKE2-SA-7 an IKE proposal that was not offered is not taken");
	pair_free(p);

	p = pair_new(841);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	pair_ts(&pair_sa(p, 0)->xc.child->remote[0], "10.2.3.0/24");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "widened"), p->end[0].log,
		"IKE2-TS-2 selectors that were not proposed: the child is deleted");
	pair_free(p);

	p = pair_new(842);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	p->end[0].child[0].n_esp = pair_proposals(p->end[0].esp[0], IKE_PROTO_ESP, "aes256gcm16");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0), p->end[0].log,
		"IKE2-SA-7 an ESP proposal that was not offered: the child is deleted");
	pair_free(p);
}

/* Plain noise: IKE_SA_INIT with octets changed, cut off, or put in. */
static void test_noise(void)
{
	struct pair *p = pair_go(pair_new(830)), *q;
	unsigned int i, k;
	uint32_t seed = 7;
	uint8_t d[2048];
	size_t n;

	q = pair_new(831);
	pair_start(q, 0);
	for (i = 0; i < 4000; i++) {
		if (i % 100 == 0)
			ike_initiate(q->end[0].ctx, q->now, &q->end[0].conf);
		n = p->sent[i & 3].n;
		memcpy(d, p->sent[i & 3].p, n);
		for (k = 0; k < 1 + i % 5u; k++)
			d[(pair_rand(&seed) << 8 | pair_rand(&seed)) % n] = pair_rand(&seed);
		if (i & 1)
			memcpy(d, q->sent[q->n_sent ? q->n_sent - 1 : 0].p, 8);
		if (!(i & 16))
			n -= pair_rand(&seed) % n;
		if (n >= 28)
			ike_put32(d + 24, (uint32_t)n);
		feed(q, (int)(i & 1) ^ 1, d, n);
		feed(q, (int)(i & 1), d, n);
	}
	ktap_ok(q->end[1].ctx->half_open <= 64 && !pair_kern(q, 1), NULL,
		"IKE2-PAY-1 changed messages bring nothing up");
	pair_free(q);
	pair_free(p);
}

/* Noise from who has the keys: chains of payloads with random contents. */
static void test_sealed_noise(void)
{
	static const uint8_t types[] = { 33, 34, 36, 39, 40, 41, 41, 42, 42, 44, 45, 47, 53 };
	static const uint8_t xchgs[] = { 35, 36, 36, 36, 37, 37, 43, 44 };
	static const uint16_t notifies[] = { 16393, 16391, 16400, 16401, 16441, 16402, 16436, 17 };
	unsigned int i, k, errors = 0;
	uint32_t seed = 11;
	uint8_t d[2048];
	struct pair *p;
	size_t n, len;
	uint8_t first;

	for (i = 0; i < 400; i++) {
		p = pair_new(900 + i);
		for (k = 0; k < 2; k++) {
			p->end[k].conf.mobike = p->end[k].conf.mobike_any = true;
			p->end[k].child[0].n_esp =
				pair_proposals(p->end[k].esp[0], IKE_PROTO_ESP,
					       i & 1 ? "aes128gcm16-x25519-ke1_ecp256"
						     : "aes128gcm16-x25519");
		}
		pair_go(p);
		first = types[pair_rand(&seed) % sizeof(types)];
		for (n = k = 0; k < 4; k++) {
			len = 4 + pair_rand(&seed) % 60u;
			memset(d + n, 0, len);
			d[n] = k < 3 ? types[pair_rand(&seed) % sizeof(types)] : 0;
			ike_put16(d + n + 2, (uint16_t)len);
			for (size_t j = 4; j < len; j++)
				d[n + j] = pair_rand(&seed) & (j < 12 ? 0x03 : 0xff);
			if (len > 8 && pair_rand(&seed) & 1)
				ike_put16(d + n + 6, notifies[pair_rand(&seed) % 8u]);
			n += len;
		}
		sealed(p, xchgs[pair_rand(&seed) % sizeof(xchgs)], first, d, n);
		pair_run(p, 1000);
		errors += p->end[0].kern.errors + p->end[1].kern.errors;
		pair_free(p);
	}
	ktap_ok(!errors, NULL, "IKE2-PAY-1 random payloads from who has the keys");
}

int main(void)
{
	ktap_begin();
	test_header();
	test_critical();
	test_sealed();
	test_torn_answers();
	test_message_ids();
	test_answers();
	test_noise();
	test_sealed_noise();
	return ktap_end();
}
