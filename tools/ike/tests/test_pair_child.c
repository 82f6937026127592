// SPDX-License-Identifier: GPL-2.0
/*
 * Children of two IKE machines: more of them, and their rekeying.
 */
#include "../../tests/ktap.h"
#include "pair.h"

static void ask(struct pair *p, int i, enum ike_task_kind kind, uint32_t spi)
{
	struct ike_task t = { kind, &p->end[i].child[0], spi };

	if (ike_task_add(pair_sa(p, i), p->now, &t))
		abort();
}

static bool has_key(struct pair *p, int i, const uint8_t *key, size_t n)
{
	unsigned int k;

	for (k = 0; k < IKE_FAKE_SAS; k++)
		if (p->end[i].kern.sa[k].spi && !memcmp(p->end[i].kern.sa[k].encr_key, key, n))
			return true;
	return false;
}

/* Child proposals of both ends. */
static struct pair *with_esp(uint32_t seed, const char *a, const char *b)
{
	struct pair *p = pair_new(seed);

	p->end[0].child[0].n_esp = pair_proposals(p->end[0].esp[0], IKE_PROTO_ESP, a);
	p->end[1].child[0].n_esp = pair_proposals(p->end[1].esp[0], IKE_PROTO_ESP, b);
	return p;
}

static void test_rekey(void)
{
	static const struct {
		const char *a, *b, *what;
	} t[] = {
		{ "aes128gcm16", "aes128gcm16", "without key exchange" },
		{ "aes256-sha256-x25519", "aes256-sha256-x25519", "with key exchange" },
		{ "aes128gcm16-x25519-none", "aes128gcm16", "peer without key exchange" },
		{ "aes128gcm16-x25519-ecp256", "aes128gcm16-ecp256-x448", "another key exchange" },
	};
	uint8_t key[20];
	struct pair *p;
	uint32_t spi;
	size_t i;
	int who;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		for (who = 0; who < 2; who++) {
			p = pair_go(with_esp((uint32_t)(200 + i), t[i].a, t[i].b));
			if (!pair_up(p) || !pair_child(p, who)) {
				ktap_ok(false, p->end[0].log, "no child, %s", t[i].what);
				pair_free(p);
				continue;
			}
			spi = pair_child(p, who)->spi_in;
			memcpy(key, p->end[0].kern.sa[0].encr_key, sizeof(key));
			ask(p, who, IKE_TASK_REKEY_CHILD, spi);
			pair_run(p, 2000);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, who) &&
				pair_child(p, who)->spi_in != spi && !has_key(p, 0, key, 20) &&
				!has_key(p, 1, key, 20) && pair_policies(p, 0) == 2 &&
				pair_policies(p, 1) == 2, p->end[who].log,
				"IKE2-REKEY-1 IKE2-KEY-4 rekeyed by the %s, %s",
				who ? "responder" : "initiator", t[i].what);
			pair_free(p);
		}
}

static void test_switch(void)
{
	struct pair *p = pair_go(pair_new(210));
	unsigned int k;
	uint32_t spi;

	ask(p, 0, IKE_TASK_REKEY_CHILD, pair_child(p, 0)->spi_in);
	pair_run(p, 15);
	p->cut = 0;
	pair_run(p, 100);
	ktap_ok(pair_kern(p, 0) == 4 && pair_kern(p, 1) == 3, NULL,
		"IKE2-REKEY-2 the responder does not send on the new pair yet");
	spi = pair_child(p, 1)->spi_in;
	for (k = 0; k < IKE_FAKE_SAS; k++)
		if (p->end[1].kern.sa[k].spi == spi)
			p->end[1].kern.use[k].packets = 1;
	pair_run(p, 1100);
	ktap_ok(pair_kernels(p, 4), NULL, "IKE2-REKEY-2 but does when the peer uses it");
	p->cut = -1;
	pair_run(p, 20000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "IKE2-REKEY-2 the old pair goes");
	pair_free(p);
}

static void test_lifetime(void)
{
	struct pair *p = pair_new(220);
	unsigned int i, good = 0;

	p->end[0].child[0].rekey_ms = 10000;
	p->end[0].child[0].life_ms = p->end[1].child[0].life_ms = 15000;
	pair_go(p);
	for (i = 0; i < 20; i++) {
		pair_run(p, 5500);
		good += pair_up(p) && pair_kernels(p, 2);
	}
	ktap_ok(good == 20, NULL, "IKE2-REKEY-3 there is one pair at all times, %u of 20", good);
	p->end[0].child[0].rekey_ms = 0;
	pair_run(p, 40000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0), NULL, "IKE2-REKEY-3 none behind the hard limit");
	pair_free(p);

	for (i = good = 0; i < 20; i++) {
		p = pair_new(300 + i);
		p->end[0].child[0].rekey_ms = p->end[1].child[0].rekey_ms = 10000;
		pair_go(p);
		p->end[0].child[0].rekey_ms = p->end[1].child[0].rekey_ms = 0;
		pair_run(p, 90000);
		good += pair_up(p) && pair_kernels(p, 2) && !pair_child(p, 0)->next &&
			(pair_said(p, 0, "rekeyed by both") ||
			 pair_said(p, 0, "TEMPORARY_FAILURE"));
		pair_free(p);
	}
	ktap_ok(good == 20, NULL, "IKE2-COLL-1 IKE2-COLL-4 rekeyings at the same time: one pair, %u of 20",
		good);
}

static void test_loss(void)
{
	unsigned int i, k, good = 0;
	struct ike_child *ch;
	struct pair *p;

	for (i = 0; i < 30; i++) {
		p = pair_go(pair_new(400 + i));
		p->loss = p->dup = p->reorder = 50;
		p->end[0].conf.rtx_tries = p->end[1].conf.rtx_tries = 12;
		p->end[0].conf.rtx_factor = p->end[1].conf.rtx_factor = 110;
		for (k = 0; k < 6; k++) {
			ch = pair_child(p, k & 1);
			if (ch)
				ask(p, k & 1, IKE_TASK_REKEY_CHILD, ch->spi_in);
			pair_run(p, 100000);
		}
		good += pair_up(p) && pair_kernels(p, 2);
		pair_free(p);
	}
	ktap_ok(good == 30, NULL, "IKE2-RTX-3 IKE2-REKEY-1 rekeying in a bad network, %u of 30",
		good);
}

static void test_refused(void)
{
	struct pair *p = pair_go(pair_new(230));
	struct ike_sa *b = pair_sa(p, 1);
	uint32_t spi = pair_child(p, 0)->spi_in;

	ike_child_free(b, b->children);
	ask(p, 0, IKE_TASK_REKEY_CHILD, spi);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in != spi &&
		pair_said(p, 0, "CHILD_SA_NOT_FOUND"), p->end[0].log,
		"IKE2-COLL-4 IKE2-COLL-9 the peer lost the child: a new one");
	spi = pair_child(p, 0)->spi_in;
	pair_child(p, 1)->busy = true;
	ask(p, 0, IKE_TASK_REKEY_CHILD, spi);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in == spi &&
		pair_said(p, 0, "TEMPORARY_FAILURE"), NULL, "IKE2-COLL-4 the peer is closing it");
	pair_child(p, 1)->busy = false;
	pair_run(p, 31000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in != spi, NULL,
		"IKE2-COLL-8 tried again later");
	pair_free(p);

	p = pair_go(pair_new(231));
	ask(p, 0, IKE_TASK_DELETE_CHILD, pair_child(p, 0)->spi_in);
	ask(p, 1, IKE_TASK_DELETE_CHILD, pair_child(p, 1)->spi_in);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0), NULL, "IKE2-COLL-5 both delete the child");
	ask(p, 0, IKE_TASK_DELETE, 0);
	ask(p, 1, IKE_TASK_DELETE, 0);
	pair_run(p, 1000);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1), NULL, "IKE2-COLL-7 both delete the IKE SA");
	pair_free(p);
}

static void test_second(void)
{
	struct pair *p = pair_new(240);

	pair_two_children(p);
	pair_go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 4) && pair_policies(p, 0) == 4, p->end[0].log,
		"IKE2-CHILD-2 the second child follows the first");
	pair_free(p);
}

/* The old inbound SAs stay for a while, on both sides; nothing else does. */
static void test_drain(void)
{
	unsigned int i, out;
	struct pair *p;
	int e, who;

	for (who = 0; who < 2; who++) {
		p = pair_new((uint32_t)(260 + who));
		pair_start(p, 0);
		for (e = 0; e < 2; e++)
			p->end[e].ctx->conf.drain_ms = 5000;
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
		pair_run(p, 1000);
		ask(p, who, IKE_TASK_REKEY_CHILD, pair_child(p, who)->spi_in);
		pair_run(p, 4000);
		for (i = out = 0; i < IKE_FAKE_SAS; i++)
			for (e = 0; e < 2; e++)
				out += p->end[e].kern.sa[i].spi && !p->end[e].kern.sa[i].inbound;
		ktap_ok(pair_up(p) && pair_kern(p, 0) == 3 && pair_kern(p, 1) == 3 && out == 2 &&
			pair_policies(p, 0) == 2, NULL,
			"IKE2-REKEY-2 rekeyed by the %s: the old inbound SAs are drained",
			who ? "responder" : "initiator");
		pair_run(p, 3000);
		ktap_ok(pair_kernels(p, 2), NULL, "IKE2-REKEY-2 then they go");
		ask(p, who, IKE_TASK_DELETE_CHILD, pair_child(p, who)->spi_in);
		pair_run(p, 100);
		ktap_ok(pair_kernels(p, 0), NULL, "IKE2-INFO-2 one that is just deleted goes at once");
		pair_free(p);
	}
}

static const struct ike_kern_sa *inbound(const struct pair *p, int e)
{
	unsigned int i;

	for (i = 0; i < IKE_FAKE_SAS; i++)
		if (p->end[e].kern.sa[i].spi && p->end[e].kern.sa[i].inbound)
			return &p->end[e].kern.sa[i];
	return NULL;
}

/* Host to host in transport mode; end 0 is behind a NAT. */
static void test_transport_nat(void)
{
	const struct ike_kern_sa *in;
	struct pair *p = pair_new(250);
	struct ike_ts inside, outside;
	int e;

	for (e = 0; e < 2; e++) {
		p->end[e].child[0].transport = true;
		pair_ts(&p->end[e].local[0][0], "dynamic[tcp]");
		pair_ts(&p->end[e].remote[0][0], "dynamic[tcp]");
	}
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	p->nat = true;
	pair_go(p);
	pair_ts(&inside, "192.0.2.1/32[tcp]");
	pair_ts(&outside, "203.0.113.7/32[tcp]");
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->transport &&
		ike_ts_equal(&pair_child(p, 0)->local[0], &inside) &&
		ike_ts_equal(&pair_child(p, 1)->remote[0], &outside), p->end[1].log,
		"IKE2-NAT-8 each side has the selectors that its packets have");
	in = inbound(p, 1);
	ktap_ok(in && in->oa_src.len == 4 && !memcmp(in->oa_src.a, inside.lo, 4) && !in->oa_dst.len,
		NULL, "IKE2-NAT-8 the original address is kept for checksums");
	in = inbound(p, 0);
	ktap_ok(in && in->oa_dst.len == 4 && !memcmp(in->oa_dst.a, outside.lo, 4) && !in->oa_src.len,
		NULL, "IKE2-NAT-8 the answer has the address that its sender sees");
	ask(p, 1, IKE_TASK_REKEY_CHILD, pair_child(p, 1)->spi_in);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) &&
		ike_ts_equal(&pair_child(p, 0)->local[0], &inside) &&
		ike_ts_equal(&pair_child(p, 1)->remote[0], &outside), p->end[0].log,
		"IKE2-NAT-8 rekeyed from outside of the NAT");
	ask(p, 0, IKE_TASK_REKEY_CHILD, pair_child(p, 0)->spi_in);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) &&
		ike_ts_equal(&pair_child(p, 1)->remote[0], &outside), p->end[0].log,
		"IKE2-NAT-8 rekeyed from behind the NAT");
	pair_free(p);
}

/* Selectors of both families: only pairs of one family, and of protocols that go together. */
static void test_families(void)
{
	static const char *const ts[2][2] = {
		{ "10.1.0.0/16[tcp]", "2001:db8:1::/48" }, { "10.2.0.0/16", "2001:db8:2::/48" },
	};
	struct pair *p = pair_new(70);
	int e, k, i;
	bool good = true;

	for (e = 0; e < 2; e++) {
		struct end *m = &p->end[e];

		for (k = 0; k < 2; k++) {
			pair_ts(&m->local[0][k], ts[e][k]);
			pair_ts(&m->remote[0][k], ts[!e][k]);
		}
		pair_ts(&(e ? m->remote : m->local)[0][2], "10.1.0.0/16[udp]");
		pair_ts(&(e ? m->local : m->remote)[0][2], "10.3.0.0/16[tcp]");
		m->child[0].n_local = m->child[0].n_remote = 3;
	}
	pair_go(p);
	for (e = 0; e < 2; e++)
		for (i = 0; i < IKE_FAKE_POLICIES; i++)
			if (p->end[e].kern.users[i])
				good &= p->end[e].kern.policy[i].from.type ==
					p->end[e].kern.policy[i].to.type;
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && good, p->end[0].log,
		"IKE2-TS-2 selectors of both families make policies of one family each");
	ktap_ok(pair_policies(p, 0) == 8 && pair_policies(p, 1) == 8, NULL,
		"IKE2-TS-2 and of protocols that go together");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_rekey();
	test_switch();
	test_lifetime();
	test_loss();
	test_refused();
	test_second();
	test_drain();
	test_transport_nat();
	test_families();
	return ktap_end();
}
