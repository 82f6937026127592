// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines of which one moves: MOBIKE, and NATs with changing ports.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static struct pair *with(uint32_t seed, bool a, bool b)
{
	struct pair *p = pair_new(seed);

	p->end[0].conf.mobike = a;
	p->end[1].conf.mobike = b;
	p->end[1].conf.mobike_any = true;
	return p;
}

static int move(struct pair *p, int i, uint8_t last)
{
	struct ike_sa *sa = pair_sa(p, i);
	struct ike_addr to = pair_addr(last, sa->local.port);

	return ike_move(sa, p->now, &to, &sa->remote);
}

/* Whether all SAs of end @e have @last in the peer's address. */
static bool sees(struct pair *p, int e, uint8_t last)
{
	const struct ike_kern_sa *k;
	unsigned int i, n = 0, good = 0;

	for (i = 0; i < IKE_FAKE_SAS; i++) {
		k = &p->end[e].kern.sa[i];
		n += k->spi != 0;
		good += k->spi && (k->inbound ? &k->src : &k->dst)->a[3] == last;
	}
	return n == 2 && good == 2;
}

static bool encap(struct pair *p, bool on)
{
	unsigned int i, n = 0;
	int e;

	for (e = 0; e < 2; e++)
		for (i = 0; i < IKE_FAKE_SAS; i++)
			n += p->end[e].kern.sa[i].spi && p->end[e].kern.sa[i].encap == on;
	return n == 4;
}

static void test_move(void)
{
	struct ike_task live = { IKE_TASK_LIVENESS };
	struct ike_addr odd;
	struct pair *p;
	unsigned int n;

	p = pair_go(with(10, true, true));
	ktap_ok(pair_up(p) && pair_sa(p, 0)->mobike && pair_sa(p, 1)->mobike &&
		p->sent[1].to.port == 500 && p->sent[2].from.port == 4500 && encap(p, false), NULL,
		"IKE2-MOB-1 agreed on; port 4500 from IKE_AUTH on, no NAT, plain ESP");
	n = p->n_sent;
	ktap_ok(!move(p, 0, 77), NULL, "the initiator moves");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && sees(p, 1, 77) && p->n_sent == n + 2 &&
		pair_sa(p, 1)->remote.a[3] == 77, p->end[1].log,
		"IKE2-MOB-2 IKE SA and children follow");
	ktap_ok(move(p, 1, 78) == -1, NULL, "IKE2-MOB-2 the responder cannot do that");
	n = p->n_sent - 2;
	odd = pair_addr(99, 4500);
	ike_input(p->end[1].ctx, p->now, &p->end[1].conf.local, &odd,
		  (struct ike_buf){ p->sent[n].p, p->sent[n].n });
	pair_run(p, 100);
	ktap_ok(sees(p, 1, 77) && pair_sa(p, 1)->remote.a[3] == 77, NULL,
		"ATK-23 ATK-25 IKE2-MOB-4 the same request again from elsewhere: no effect");
	pair_sa(p, 0)->local.port = 4999;
	ike_task_add(pair_sa(p, 0), p->now, &live);
	pair_run(p, 100);
	ktap_ok(pair_sa(p, 1)->remote.port == 4500 && sees(p, 1, 77), NULL,
		"IKE2-MOB-6 other requests from elsewhere move nothing");
	pair_sa(p, 0)->local.port = 4500;
	ike_task_add(pair_sa(p, 1), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 1000);
	ktap_ok(!move(p, 0, 79) && move(p, 1, 80) == -1, NULL,
		"IKE2-REKEY-8 who began may move, whoever replaced the IKE SA");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && sees(p, 1, 79), NULL, "IKE2-REKEY-8 and does");
	pair_free(p);

	p = pair_go(with(11, true, false));
	ktap_ok(pair_up(p) && !pair_sa(p, 0)->mobike && move(p, 0, 77) == -1, NULL,
		"IKE2-MOB-1 not agreed on: no moving");
	pair_free(p);

	p = with(12, true, true);
	p->end[1].conf.mobike_any = false;
	pair_go(p);
	move(p, 0, 77);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && sees(p, 1, 1) && pair_said(p, 0, "UNACCEPTABLE_ADDRESSES"), NULL,
		"IKE2-MOB-7 an address that the configuration does not have");
	pair_free(p);
}

static void test_check(void)
{
	struct pair *p = with(20, true, true);
	unsigned int n;

	p->end[1].conf.mobike_check = true;
	pair_go(p);
	n = p->n_sent;
	move(p, 0, 77);
	pair_run(p, 15);
	ktap_ok(sees(p, 1, 1) && p->n_sent == n + 3, NULL,
		"IKE2-MOB-3 children stay until the peer has answered from there");
	pair_run(p, 100);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && sees(p, 1, 77) && p->n_sent == n + 4, NULL,
		"IKE2-MOB-3 then they follow");
	move(p, 0, 78);
	pair_run(p, 5);
	p->cut = 0;
	pair_run(p, 20000);
	ktap_ok(sees(p, 1, 77), NULL,
		"ATK-25 IKE2-MOB-3 to an address that does not answer: never");
	p->cut = -1;
	pair_run(p, 60000);
	pair_free(p);

	p = with(21, true, true);
	p->end[1].conf.mobike_check = true;
	pair_go(p);
	move(p, 0, 77);
	pair_run(p, 15);
	pair_sa(p, 1)->cookie2[0] ^= 1;
	pair_run(p, 100);
	ktap_ok(!pair_sa(p, 1) && !pair_kern(p, 1) && pair_said(p, 1, "not where it says"), NULL,
		"IKE2-MOB-3 another COOKIE2 comes back: the IKE SA is closed");
	pair_free(p);
}

/* End 1 has addresses 192.0.2.2, .3 and .4. */
static struct pair *with_others(uint32_t seed)
{
	static struct ike_range locals[3];
	struct pair *p = with(seed, true, true);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		locals[i].len = 4;
		memcpy(locals[i].lo, pair_addr((uint8_t)(2 + i), 0).a, 4);
		memcpy(locals[i].hi, locals[i].lo, 4);
	}
	p->end[1].conf.locals = locals;
	p->end[1].conf.n_locals = 3;
	return p;
}

static void test_others(void)
{
	struct ike_task live = { IKE_TASK_LIVENESS };
	struct ike_out none;
	struct pair *p;

	p = pair_go(with_others(40));
	ktap_ok(pair_up(p) && pair_said(p, 0, "peer has 2 other addresses") &&
		!pair_said(p, 1, "other addresses"), NULL,
		"IKE2-MOB-5 the responder says where it is, besides");
	p->dead = 2;
	ike_task_add(pair_sa(p, 0), p->now, &live);
	pair_run(p, 400000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && sees(p, 0, 3) &&
		pair_said(p, 0, "peer does not answer at 192.0.2.2") &&
		pair_sa(p, 1)->local.a[3] == 3, p->end[0].log,
		"IKE2-MOB-8 when it is not there, the next address is tried, and children follow");
	p->dead = 3;
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 400000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && (sees(p, 0, 2) || sees(p, 0, 4)), p->end[0].log,
		"IKE2-MOB-8 and once more, with an IKE SA that is being replaced");
	pair_free(p);

	p = pair_go(with_others(41));
	p->dead = 2;
	ike_task_add(pair_sa(p, 1), p->now, &live);
	pair_run(p, 800000);
	ktap_ok(!pair_sa(p, 1) && !pair_said(p, 1, "trying"), p->end[1].log,
		"IKE2-MOB-8 the responder does not try that");
	pair_free(p);

	p = pair_go(with_others(42));
	ike_out_chain(&none, p->end[1].ctx->inner, sizeof(p->end[1].ctx->inner));
	ike_out_notify_flag(&none, IKE_N_NO_ADDITIONAL_ADDRESSES);
	ike_request(pair_sa(p, 1), p->now, IKE_X_INFORMATIONAL, &none);
	pair_run(p, 100);
	ktap_ok(pair_said(p, 0, "peer has 0 other addresses"), NULL,
		"IKE2-MOB-5 a list takes the place of the one before");
	p->cut = 1;
	ike_task_add(pair_sa(p, 0), p->now, &live);
	pair_run(p, 400000);
	ktap_ok(!pair_said(p, 0, "trying"), p->end[0].log, "IKE2-MOB-5 and nothing is tried then");
	pair_free(p);

	p = with_others(44);
	pair_ts(&p->end[0].remote[0][0], "192.0.2.3-192.0.2.9");
	pair_ts(&p->end[1].local[0][0], "192.0.2.3-192.0.2.9");
	pair_go(p);
	p->dead = 2;
	ike_task_add(pair_sa(p, 0), p->now, &live);
	pair_run(p, 400000);
	ktap_ok(pair_said(p, 0, "peer has 2 other addresses") && !pair_said(p, 0, "trying"),
		p->end[0].log, "IKE2-MOB-8 nor is what can be reached by the tunnel only");
	pair_free(p);

	p = with_others(43);
	p->end[1].conf.mobike = false;
	pair_go(p);
	ktap_ok(pair_up(p) && !pair_said(p, 0, "other addresses"), NULL,
		"IKE2-MOB-5 not without MOBIKE");
	p->dead = 2;
	ike_task_add(pair_sa(p, 0), p->now, &live);
	pair_run(p, 400000);
	ktap_ok(!pair_said(p, 0, "trying"), NULL, "IKE2-MOB-8 nor is any tried");
	pair_free(p);
}

static void test_nat(void)
{
	struct pair *p = with(30, true, true);
	struct ike_addr from;
	uint32_t spi;
	unsigned int n;

	pair_go(p);
	p->nat = true;
	move(p, 0, 1);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_sa(p, 0)->nat_us && pair_sa(p, 1)->nat_peer && encap(p, true) &&
		pair_sa(p, 1)->remote.a[3] == 7, p->end[1].log,
		"IKE2-MOB-2 behind a NAT: ESP goes into UDP");
	p->nat = false;
	move(p, 0, 5);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && !pair_sa(p, 0)->nat_us && encap(p, false) && sees(p, 1, 5) &&
		pair_kernels(p, 2), NULL, "IKE2-MOB-2 and out of it when the NAT is gone");
	pair_free(p);

	p = pair_new(31);
	p->nat = true;
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	pair_go(p);
	from = pair_sa(p, 1)->remote;
	from.port++;
	spi = pair_sa(p, 1)->children->spi_in;
	ike_mapping(p->end[1].ctx, p->now, IKE_PROTO_ESP, spi, &from);
	ktap_ok(pair_sa(p, 1)->remote.port == from.port && sees(p, 1, 7), NULL,
		"IKE2-NAT-7 the kernel sees another port: all follow");
	n = pair_sa(p, 0)->remote.port;
	from = pair_sa(p, 0)->remote;
	from.port++;
	ike_mapping(p->end[0].ctx, p->now, IKE_PROTO_ESP, pair_sa(p, 0)->children->spi_in, &from);
	ike_mapping(p->end[1].ctx, p->now, IKE_PROTO_AH, spi, &from);
	ike_mapping(p->end[1].ctx, p->now, IKE_PROTO_ESP, 1, &from);
	ktap_ok(pair_sa(p, 0)->remote.port == n && sees(p, 1, 7), NULL,
		"IKE2-NAT-7 not if we are behind the NAT, nor for unknown SAs");
	pair_free(p);
}

/* NO_NATS_ALLOWED with what the header has, and with what it has not. */
static void test_no_nats(void)
{
	struct pair *p = pair_go(with(40, true, true));
	struct ike_sa *sa = pair_sa(p, 0);
	uint8_t d[12] = { 192, 0, 2, 60, 192, 0, 2, 2, 4500 >> 8, 4500 & 255, 4500 >> 8,
			  4500 & 255 };
	struct ike_out o;
	int good;

	for (good = 0; good < 2; good++) {
		sa->local = pair_addr(60, 4500);
		d[3] = good ? 60 : 61;
		ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
		ike_mobike_update_out(sa, &o);
		ike_out_notify(&o, IKE_N_NO_NATS_ALLOWED, (struct ike_buf){ d, sizeof(d) });
		sa->task = (struct ike_task){ IKE_TASK_UPDATE };
		ike_request(sa, p->now, IKE_X_INFORMATIONAL, &o);
		pair_run(p, 100);
		ktap_ok(good ? sees(p, 1, 60) :
			sees(p, 1, 1) && pair_said(p, 0, "UNEXPECTED_NAT_DETECTED"), NULL,
			"IKE2-MOB-7 NO_NATS_ALLOWED, %s", good ? "no NAT" : "a NAT");
	}
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_move();
	test_check();
	test_others();
	test_nat();
	test_no_nats();
	return ktap_end();
}
