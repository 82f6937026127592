// SPDX-License-Identifier: GPL-2.0
/*
 * What peers may do that we do not: less than we, more than we, or the same at another time.
 */
#include "../../tests/ktap.h"
#include "pair.h"

static struct pair *world;

static void task(struct pair *p, int i, enum ike_task_kind kind)
{
	struct ike_task t = { kind, &p->end[i].child[0] };

	if (pair_child(p, i))
		t.spi = pair_child(p, i)->spi_in;
	if (ike_task_add(pair_sa(p, i), p->now, &t))
		abort();
}

/* Puts a payload behind those of the IKE_SA_INIT request that end 0 has sent, in what it
 * sends again and in what it signs.
 */
static void append(struct pair *p, uint8_t type, const void *body, size_t n)
{
	struct ike_sa *sa = pair_sa(p, 0);
	size_t len = sa->w.req_len, at = 28, last = 16;
	uint8_t *d = malloc(len + 4 + n);

	memcpy(d, sa->w.req, len);
	while (at < len) {
		last = at;
		at += ike_get16(d + at + 2);
	}
	d[last] = type;
	d[len] = 0;
	d[len + 1] = 0;
	ike_put16(d + len + 2, (uint16_t)(4 + n));
	memcpy(d + len + 4, body, n);
	ike_put32(d + 24, (uint32_t)(len + 4 + n));
	free(sa->w.req);
	free(sa->msg_i);
	sa->w.req = d;
	sa->w.req_len = len + 4 + n;
	sa->msg_i = malloc(sa->w.req_len);
	memcpy(sa->msg_i, d, sa->w.req_len);
	sa->msg_i_len = sa->w.req_len;
}

static void notify(struct pair *p, uint16_t type, const void *data, size_t n)
{
	uint8_t d[64] = { 0, 0, (uint8_t)(type >> 8), (uint8_t)type };

	memcpy(d + 4, data, n);
	append(p, IKE_P_NOTIFY, d, 4 + n);
}

/* Whether notify @type is in IKE_SA_INIT number @i of those sent. */
static bool has_notify(struct pair *p, unsigned int i, uint16_t type)
{
	const uint8_t *d = p->sent[i].p;
	size_t at = 28;
	uint8_t next = d[16];

	for (; next && at + 8 <= p->sent[i].n; next = d[at], at += ike_get16(d + at + 2))
		if (next == IKE_P_NOTIFY && ike_get16(d + at + 6) == type)
			return true;
	return false;
}

/* Begins, with the first request lost, so that what is sent again can be another one. */
static struct pair *begin(uint32_t seed)
{
	struct pair *p = pair_new(seed);

	pair_start(p, 0);
	p->cut = 0;
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	p->cut = -1;
	return p;
}

static void test_extensions(void)
{
	static const uint16_t types[] = { 16424, 16434, 16442, 16443, 16444, 16420, 16406, 16419,
					  50001 };
	static const uint8_t data[4] = { 0, 1, 0, 2 }, odd[3] = { 1, 2, 3 };
	char vid[200];
	struct pair *p;
	unsigned int i, n = 0;

	p = begin(500);
	for (i = 0; i < 20; i++) {
		memset(vid, (int)i, sizeof(vid));
		append(p, IKE_P_VENDOR, vid, i * 10);
	}
	pair_run(p, 10000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-MISC-4 twenty vendor IDs, one without octets: they mean nothing");
	pair_free(p);

	p = begin(501);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		notify(p, types[i], i & 1 ? data : odd, i & 1 ? 4 : 3);
	pair_run(p, 10000);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		n += has_notify(p, 2, types[i]);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && has_notify(p, 1, 16424) && !n &&
		p->sent[2].dst == 0, p->end[1].log,
		"IKE2-MISC-2 IKE2-MISC-7 extensions that we do not have: no answer, no harm");
	pair_free(p);
}

/* Exchanges that we do not have, with and without the keys of an SA. */
static void test_exchanges(void)
{
	static const uint8_t xchgs[] = { 38, 39, 40, 41, 42, 45, 240 };
	struct ike_hdr h = { .version = 0x20, .flags = IKE_F_INITIATOR };
	struct pair *p = pair_go(pair_new(505));
	unsigned int i, n = p->n_sent, gone = 0;
	struct ike_out o;
	uint8_t d[64];

	memcpy(h.spi_i, pair_sa(p, 1)->spi_i, 8);
	memcpy(h.spi_r, pair_sa(p, 1)->spi_r, 8);
	for (i = 0; i < ARRAY_SIZE(xchgs); i++) {
		h.xchg = xchgs[i];
		h.mid = 2;
		ike_out_msg(&o, d, sizeof(d), &h);
		ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ h.spi_i, 8 });
		ike_input(p->end[1].ctx, p->now, &p->end[1].conf.local, &p->end[1].conf.remote,
			  (struct ike_buf){ d, ike_out_finish(&o) });
	}
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == n &&
		pair_sa(p, 1)->w.recv_mid == 2, NULL,
		"IKE2-MISC-7 exchanges of others, not protected: silence");
	pair_free(p);
	for (i = 0; i < ARRAY_SIZE(xchgs); i++) {
		p = pair_go(pair_new(506 + i));
		n = p->n_sent;
		ike_out_chain(&o, pair_sa(p, 0)->ctx->inner, sizeof(pair_sa(p, 0)->ctx->inner));
		pair_sa(p, 0)->task = (struct ike_task){ IKE_TASK_LIVENESS };
		ike_request(pair_sa(p, 0), p->now, xchgs[i], &o);
		pair_run(p, 100);
		gone += !pair_sa(p, 1) && !pair_kern(p, 1) && p->n_sent == n + 2;
		pair_free(p);
	}
	ktap_ok(gone == ARRAY_SIZE(xchgs), NULL, "IKE2-MISC-7 and with the keys: INVALID_SYNTAX");
}

/* SPIs: a source of random numbers that begins with zeros, and then repeats itself. */
static void poor_random(void *arg, void *out, size_t n)
{
	static unsigned int calls;

	if (n == 8)
		memset(out, ++calls > 3 ? (int)(calls / 3) : 0, n);
	else
		pair_random(arg, out, n);
}

static void test_spis(void)
{
	static const uint8_t zero[8];
	struct pair *p = pair_new(510);
	struct ike_sa *a = NULL, *b;
	unsigned int i, same = 0, n = 0;

	pair_start(p, 0);
	p->cut = 0;
	p->end[0].ctx->conf.random = poor_random;
	for (i = 0; i < 50; i++)
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	while ((a = ike_sa_next(p->end[0].ctx, a))) {
		n++;
		same += !memcmp(a->spi_i, zero, 8) || memcmp(a->spi_r, zero, 8);
		for (b = ike_sa_next(p->end[0].ctx, a); b; b = ike_sa_next(p->end[0].ctx, b))
			same += !memcmp(a->spi_i, b->spi_i, 8);
	}
	ktap_ok(n == 50 && !same, NULL,
		"IKE2-HDR-4 no SPI is zero and none is there twice, however poor the source");
	pair_free(p);
}

static void test_repeated(void)
{
	struct pair *p = begin(515);
	const struct ike_addr *to = &p->end[1].conf.local, *from = &p->end[1].conf.remote;
	struct ike_buf b = { p->sent[0].p, p->sent[0].n };
	uint8_t d[1024];
	size_t at;

	p->cut = 1;
	ike_input(p->end[1].ctx, p->now, to, from, b);
	ike_input(p->end[1].ctx, p->now, to, from, b);
	ktap_ok(p->n_sent == 3 && p->sent[1].n == p->sent[2].n &&
		!memcmp(p->sent[1].p, p->sent[2].p, p->sent[1].n) &&
		p->end[1].ctx->half_open == 1, NULL,
		"IKE2-RTX-4 the same IKE_SA_INIT again: the same answer");
	memcpy(d, b.p, b.n);
	for (at = 28; at + 4 < b.n && ike_get16(d + at + 2) != 4 + IKE_NONCE_LEN;
	     at += ike_get16(d + at + 2))
		;
	d[at + 4] ^= 1;
	ike_input(p->end[1].ctx, p->now, to, from, (struct ike_buf){ d, b.n });
	ktap_ok(p->n_sent == 4 && !memcmp(p->sent[3].p, p->sent[1].p, 8) &&
		memcmp(p->sent[3].p + 8, p->sent[1].p + 8, 8) && p->end[1].ctx->half_open == 2, NULL,
		"IKE2-RTX-4 the same SPI with another nonce: another IKE SA");
	ktap_ok(!pair_sa(p, 1)->have_keys && !pair_sa(p, 1)->next->have_keys &&
		pair_sa(p, 1)->ke, NULL, "IKE2-KE-8 the secret is not computed for these");
	pair_free(p);

	p = pair_new(516);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	memcpy(d, p->sent[2].p, p->sent[2].n);
	d[p->sent[2].n - 1] ^= 1;
	ike_input(p->end[1].ctx, p->now, to, from, (struct ike_buf){ d, p->sent[2].n });
	ktap_ok(pair_sa(p, 1)->have_keys && !pair_sa(p, 1)->ke && !pair_sa(p, 0)->ke, NULL,
		"IKE2-KE-8 but once, with the first IKE_AUTH; private values go with that");
	pair_free(p);
}

/* The initiator is given another cookie than the one that was made for it. */
static void wrong_cookie(struct dgram *d)
{
	if (!d->dst && d->p[18] == IKE_X_SA_INIT && d->p[16] == IKE_P_NOTIFY &&
	    ike_get16(d->p + 34) == IKE_N_COOKIE)
		d->p[39] ^= 1;
}

static void test_cookie(void)
{
	struct pair *p = pair_new(520);

	pair_start(p, 1);
	p->end[1].ctx->half_open++;	/* there is one, somewhere */
	p->tamper = wrong_cookie;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 35);
	ktap_ok(p->n_sent >= 4 && p->sent[1].p[16] == IKE_P_NOTIFY &&
		ike_get16(p->sent[1].p + 34) == IKE_N_COOKIE && p->sent[3].p[16] == IKE_P_NOTIFY &&
		ike_get16(p->sent[3].p + 34) == IKE_N_COOKIE && !pair_sa(p, 1), NULL,
		"IKE2-CKY-4 a cookie with a wrong bit: another one is asked for");
	p->end[1].ctx->half_open--;
	p->now += 20000;		/* it is over */
	pair_run(p, 20000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-CKY-4 without need of cookies a wrong one does not matter");
	pair_free(p);
}

/* Both wait for an answer, and each is answered. */
static void test_both(void)
{
	struct pair *p = pair_go(pair_new(525));

	p->cut = 1;
	task(p, 0, IKE_TASK_REKEY_CHILD);
	pair_run(p, 100);
	p->cut = -1;
	ktap_ok(pair_sa(p, 0)->w.req && pair_sa(p, 0)->w.recv_mid == 0, NULL,
		"a request is not answered yet");
	task(p, 1, IKE_TASK_LIVENESS);
	pair_run(p, 25);
	ktap_ok(!pair_sa(p, 1)->w.req && pair_sa(p, 0)->w.req && pair_sa(p, 0)->w.recv_mid == 1,
		NULL, "IKE2-MID-5 those of the peer are, at once");
	pair_run(p, 20000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "IKE2-MID-5 and its own goes on");
	pair_free(p);
}

static void test_same_selectors(void)
{
	struct pair *p = pair_go(pair_new(530));
	uint32_t first = pair_child(p, 1)->spi_in;

	task(p, 0, IKE_TASK_CHILD);
	pair_run(p, 60000);
	ktap_ok(pair_up(p) && pair_kernels(p, 4) && pair_child(p, 1)->next &&
		ike_child_by_in(pair_sa(p, 1), first) && !pair_child(p, 1)->replaces, NULL,
		"IKE2-MISC-6 another child with the same selectors: both stay");
	pair_free(p);
}

static void test_idr(void)
{
	static struct ike_peer_conf both[2];
	struct pair *p = pair_new(535);

	both[0] = p->end[1].conf;
	both[1] = both[0];
	both[1].name = "mars";
	both[1].local_id = pair_id("mars.example.org");
	p->end[0].conf.remote_id = both[1].local_id;
	pair_start(p, 0);
	p->end[1].ctx->conf.peers = both;
	p->end[1].ctx->conf.n_peers = 2;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_sa(p, 1)->peer == &both[1] &&
		pair_sa(p, 0)->peer_id.n == both[1].local_id.data.n, p->end[1].log,
		"IKE2-ID-3 the initiator names one of two identities, and that one answers");
	pair_free(p);
}

/* End 1 answers IKE_AUTH without the child: its payloads but for SA and TS, and an error. */
static void no_child(struct dgram *d)
{
	struct ike_sa *sa, *to;
	struct ike_buf in;
	struct ike_out o;
	uint8_t copy[1024], inner[1024], type;
	size_t at;

	if (d->dst || d->p[18] != IKE_X_AUTH)
		return;
	sa = ike_sa_find(world->end[1].ctx, d->p + 8);
	to = ike_sa_find(world->end[0].ctx, d->p);
	memcpy(copy, d->p, d->n);
	if (ike_sk_open(&to->sk_in, copy, 32, d->n, &in))
		abort();
	ike_out_chain(&o, inner, sizeof(inner));
	for (at = 0, type = copy[28]; type; type = in.p[at], at += ike_get16(in.p + at + 2))
		if (type == IKE_P_IDR || type == IKE_P_AUTH)
			ike_out_raw(&o, type, (struct ike_buf){ in.p + at + 4,
				    ike_get16(in.p + at + 2) - 4u });
	ike_out_notify_flag(&o, IKE_N_FAILED_CP_REQUIRED);
	pair_reseal(d, sa, d->p[18], &o, ike_out_finish(&o));
}

static void test_auth_errors(void)
{
	struct pair *p = pair_new(540);

	world = p;
	p->tamper = no_child;
	pair_go(p);
	ktap_ok(pair_up(p) && !pair_kern(p, 0) && !pair_child(p, 0) &&
		pair_said(p, 0, "FAILED_CP_REQUIRED"), p->end[0].log,
		"IKE2-ERR-6 AUTH and FAILED_CP_REQUIRED: the IKE SA is there, the child is not");
	pair_free(p);
}

static void test_replaced(void)
{
	struct pair *p = pair_go(pair_new(545));
	struct ike_sa *old = pair_sa(p, 1), *mine = pair_sa(p, 0);
	struct ike_out o;
	unsigned int n;

	/* end 0 asks on the old one just when end 1 has replaced it */
	p->cut = 1;
	task(p, 0, IKE_TASK_REKEY);
	pair_run(p, 15);
	p->cut = -1;
	ktap_ok(old->state == IKE_S_REPLACED && mine->state == IKE_S_UP, NULL,
		"an IKE SA is replaced, and who asked for it does not know");
	n = p->n_sent;
	mine->w.send_mid++;
	ike_out_chain(&o, mine->ctx->inner, sizeof(mine->ctx->inner));
	ike_request(mine, p->now, IKE_X_INFORMATIONAL, &o);
	pair_run(p, 11);
	ktap_ok(p->n_sent == n + 2 && p->sent[n + 1].p[18] == IKE_X_INFORMATIONAL &&
		p->sent[n + 1].p[19] & IKE_F_RESPONSE &&
		!memcmp(p->sent[n + 1].p, mine->spi_i, 8), NULL,
		"IKE2-REKEY-6 requests on the old one are answered still");
	ktap_ok(!old->w.req && !old->n_queue, NULL, "IKE2-REKEY-6 and none begins there");
	pair_free(p);
}

/* What end 0 sends next as INFORMATIONAL. */
static void inform(struct pair *p, struct ike_out *o)
{
	pair_sa(p, 0)->task = (struct ike_task){ IKE_TASK_LIVENESS };
	ike_request(pair_sa(p, 0), p->now, IKE_X_INFORMATIONAL, o);
	pair_run(p, 100);
}

static void test_informational(void)
{
	struct pair *p = pair_go(pair_new(550));
	struct ike_sa *a = pair_sa(p, 0);
	static const uint8_t ip[4] = { 10, 0, 0, 1 }, sync[12] = { 1, 2, 3, 4, 0, 0, 0, 99, 0, 0,
								  0, 99 };
	unsigned int n = p->n_sent;
	struct ike_out o;

	ike_out_chain(&o, a->ctx->inner, sizeof(a->ctx->inner));
	ike_out_cp_begin(&o, IKE_CP_SET);
	ike_out_cp_attr(&o, IKE_CPA_IP4_ADDRESS, (struct ike_buf){ ip, 4 });
	ike_out_end(&o);
	inform(p, &o);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == n + 2 &&
		p->sent[n + 1].p[28] == 0 && !pair_sa(p, 1)->lease[0] && !pair_sa(p, 1)->vip[0].len,
		NULL, "IKE2-CP-5 CFG_SET is answered by nothing, and does nothing");
	n = p->n_sent;
	ike_out_chain(&o, a->ctx->inner, sizeof(a->ctx->inner));
	ike_out_notify(&o, 16422, (struct ike_buf){ sync, 12 });
	ike_out_notify(&o, 16423, (struct ike_buf){ sync, 4 });
	inform(p, &o);
	ktap_ok(pair_up(p) && p->n_sent == n + 2 && p->sent[n + 1].p[28] == 0 &&
		pair_sa(p, 1)->w.recv_mid == 4 && pair_sa(p, 1)->w.send_mid == 0, NULL,
		"IKE2-HA-3 counters of a cluster: ignored, as it was not agreed on");
	n = p->n_sent;
	a->w.send_mid = 0;
	p->cut = 1;
	ike_out_chain(&o, a->ctx->inner, sizeof(a->ctx->inner));
	ike_out_notify(&o, 16422, (struct ike_buf){ sync, 12 });
	inform(p, &o);
	ktap_ok(p->n_sent == n + 1 && pair_sa(p, 1)->w.recv_mid == 4, NULL,
		"IKE2-HA-2 and with message ID 0: silence");
	pair_free(p);
}

/* A peer that has one child and replaces nothing: it says NO_ADDITIONAL_SAS to that. What it
 * is asked reaches it as something that it answers with nothing.
 */
static void minimal(struct dgram *d)
{
	static bool asked;
	struct ike_sa *sa;
	uint8_t inner[64];
	struct ike_out o;

	if (d->dst && d->p[18] == IKE_X_CREATE_CHILD_SA) {
		sa = ike_sa_find(world->end[0].ctx, d->p);
		ike_out_chain(&o, inner, sizeof(inner));
		pair_reseal(d, sa, IKE_X_INFORMATIONAL, &o, 0);
		asked = true;
	} else if (!d->dst && d->p[18] == IKE_X_INFORMATIONAL && asked) {
		sa = ike_sa_find(world->end[1].ctx, d->p + 8);
		ike_out_chain(&o, inner, sizeof(inner));
		ike_out_notify_flag(&o, IKE_N_NO_ADDITIONAL_SAS);
		pair_reseal(d, sa, IKE_X_CREATE_CHILD_SA, &o, ike_out_finish(&o));
		asked = false;
	}
}

static void test_minimal(void)
{
	uint32_t was;
	struct ike_sa *sa;
	struct pair *p;
	unsigned int i, n;

	for (i = 0; i < 2; i++) {
		p = pair_new(560 + i);
		if (i)
			p->end[0].conf.rekey_ms = 600000;
		else
			p->end[0].child[0].rekey_ms = 600000;
		pair_go(p);
		world = p;
		p->tamper = minimal;
		was = pair_child(p, 0)->spi_in;
		n = p->n_sent;
		pair_run(p, 640000);
		sa = pair_sa(p, 0);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && sa && sa->children &&
			sa->children->spi_in != was && p->n_sent <= n + 10, p->end[0].log,
			"IKE2-REKEY-4 NO_ADDITIONAL_SAS to rekeying %s: all is made anew, once",
			i ? "the IKE SA" : "a child");
		pair_run(p, 24 * 3600000ull);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && !p->end[0].kern.errors &&
			p->end[0].ctx->stats.up[1] > 100 && p->end[0].ctx->stats.up[1] < 150, NULL,
			"IKE2-MISC-3 a day with a peer that replaces nothing: every ten minutes, %u times",
			(unsigned int)p->end[0].ctx->stats.up[1]);
		pair_free(p);
	}
}

/* As many children as a peer may have can be replaced. */
static void test_most(void)
{
	struct pair *p = pair_go(pair_new(570));
	unsigned int i, n = 0;
	struct ike_child *ch;
	uint32_t was;

	for (i = 0; i < 63; i++) {
		task(p, 0, IKE_TASK_CHILD);
		pair_run(p, 30);
	}
	was = pair_child(p, 0)->spi_in;
	task(p, 0, IKE_TASK_REKEY_CHILD);
	pair_run(p, 10000);
	for (ch = pair_child(p, 1); ch; ch = ch->next)
		n++;
	ktap_ok(n == 64 && pair_up(p) && pair_kernels(p, 128) &&
		!ike_child_by_in(pair_sa(p, 0), was), p->end[0].log,
		"IKE2-REKEY-4 the last one that a peer may have can be replaced");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_extensions();
	test_exchanges();
	test_spis();
	test_repeated();
	test_cookie();
	test_both();
	test_same_selectors();
	test_idr();
	test_auth_errors();
	test_replaced();
	test_informational();
	test_minimal();
	test_most();
	return ktap_end();
}
