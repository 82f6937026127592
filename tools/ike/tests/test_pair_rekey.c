// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines that replace their IKE SA.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static void ask(struct pair *p, int i, enum ike_task_kind kind, uint32_t spi)
{
	struct ike_task t = { kind, &p->end[i].child[0], spi };

	if (ike_task_add(pair_sa(p, i), p->now, &t))
		abort();
	pair_run(p, 1000);
}

static struct pair *with_ike(uint32_t seed, const char *a, const char *b)
{
	struct pair *p = pair_new(seed);

	p->end[0].conf.n_ike = pair_proposals(p->end[0].ike, IKE_PROTO_IKE, a);
	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE, b);
	return p;
}

static void test_rekey(void)
{
	static const char *const suites[] = {
		"aes128gcm16-prfsha256-x25519",
		"aes256-sha384-modp2048",
	};
	struct ike_keys old;
	struct ike_sa *a, *b;
	struct pair *p;
	unsigned int n;
	uint32_t spi;
	size_t i;
	int who;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (who = 0; who < 2; who++) {
			p = pair_go(with_ike((uint32_t)(500 + i), suites[i], suites[i]));
			old = pair_sa(p, 0)->keys;
			spi = pair_sa(p, 0)->children->spi_in;
			n = p->n_sent;
			ask(p, who, IKE_TASK_REKEY, 0);
			a = pair_sa(p, 0);
			b = pair_sa(p, 1);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && a->children &&
				a->children->spi_in == spi && a->initiator == !who &&
				b->initiator == who && p->n_sent == n + 4, p->end[who].log,
				"IKE2-REKEY-5 replaced by the %s, %s",
				who ? "responder" : "initiator", suites[i]);
			ktap_ok(memcmp(old.d, a->keys.d, old.prf_len) &&
				memcmp(old.ei, a->keys.ei, old.encr_len) &&
				!memcmp(a->keys.d, b->keys.d, old.prf_len), NULL,
				"IKE2-KEY-5 keys are new and the same, %s", suites[i]);
			ktap_ok(!a->w.send_mid && !a->w.recv_mid && !b->w.send_mid &&
				!b->w.recv_mid, NULL, "IKE2-MID-2 message IDs begin at 0");
			n = p->n_sent;
			ask(p, !who, IKE_TASK_LIVENESS, 0);
			ask(p, who, IKE_TASK_LIVENESS, 0);
			ktap_ok(p->n_sent == n + 4 && p->sent[n].p[19] == 0 &&
				p->sent[n + 2].p[19] == 0x08, NULL,
				"IKE2-HDR-2 who replaced it is the initiator now");
			ask(p, 0, IKE_TASK_REKEY_CHILD, spi);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && a->children &&
				a->children->spi_in != spi, NULL,
				"IKE2-KEY-4 children are rekeyed with the new keys");
			ask(p, 1, IKE_TASK_DELETE, 0);
			ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0), NULL,
				"IKE2-REKEY-5 the new SA can be deleted");
			pair_free(p);
		}
}

static void test_other(void)
{
	struct pair *p = pair_go(with_ike(510, "aes128gcm16-prfsha256-x25519-ecp256",
				     "aes128gcm16-prfsha256-x25519-ecp256"));

	pair_sa(p, 0)->ke_group = IKE_KE_ECP256;
	ask(p, 0, IKE_TASK_REKEY, 0);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->ke_group == IKE_KE_X25519 &&
		pair_said(p, 0, "INVALID_KE_PAYLOAD"), p->end[0].log,
		"IKE2-CHILD-2 INVALID_KE_PAYLOAD costs one more request");
	pair_free(p);

	p = pair_go(with_ike(511, "aes128gcm16-prfsha256-prfsha384-x25519",
			"aes128gcm16-prfsha256-prfsha384-x25519"));
	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE,
					      "aes128gcm16-prfsha384-x25519");
	ask(p, 0, IKE_TASK_REKEY, 0);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->w.send_mid == 3 &&
		pair_said(p, 0, "NO_PROPOSAL_CHOSEN"), p->end[0].log,
		"IKE2-KEY-5 another prf is not agreed on, the SA stays");
	pair_free(p);
}

static void test_crossing(void)
{
	unsigned int i, good = 0, both = 0;
	struct ike_task t = { IKE_TASK_REKEY };
	struct pair *p;

	for (i = 0; i < 20; i++) {
		p = pair_go(pair_new(600 + i));
		ike_task_add(pair_sa(p, 0), p->now, &t);
		ike_task_add(pair_sa(p, 1), p->now, &t);
		pair_run(p, 1000);
		good += pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->w.send_mid < 2;
		both += pair_said(p, 0, "replaced by both") && pair_said(p, 1, "replaced by both");
		pair_free(p);
	}
	ktap_ok(good == 20 && both == 20, NULL,
		"IKE2-COLL-3 both replace the IKE SA: one is left, %u of 20", good);

	p = pair_go(pair_new(620));
	t.kind = IKE_TASK_REKEY;
	ike_task_add(pair_sa(p, 0), p->now, &t);
	t = (struct ike_task){ IKE_TASK_REKEY_CHILD, &p->end[1].child[0],
			       pair_sa(p, 1)->children->spi_in };
	ike_task_add(pair_sa(p, 1), p->now, &t);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 0, "TEMPORARY_FAILURE") &&
		pair_said(p, 1, "TEMPORARY_FAILURE"), NULL,
		"IKE2-COLL-6 IKE2-COLL-7 a child and the IKE SA at the same time");
	pair_run(p, 70000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "IKE2-COLL-8 both are done later");
	t = (struct ike_task){ IKE_TASK_REKEY };
	ike_task_add(pair_sa(p, 0), p->now, &t);
	t.kind = IKE_TASK_DELETE;
	ike_task_add(pair_sa(p, 1), p->now, &t);
	pair_run(p, 60000);
	ktap_ok(!ike_sa_next(p->end[0].ctx, NULL) && !ike_sa_next(p->end[1].ctx, NULL) &&
		pair_kernels(p, 0), NULL, "IKE2-COLL-7 one replaces what the other deletes");
	pair_free(p);
}

static void test_network(void)
{
	unsigned int i, k, good = 0, replaced = 0;
	struct ike_task t = { IKE_TASK_REKEY };
	struct pair *p;

	for (i = 0; i < 30; i++) {
		p = pair_go(pair_new(700 + i));
		p->loss = p->dup = p->reorder = 50;
		p->end[0].conf.rtx_tries = p->end[1].conf.rtx_tries = 12;
		p->end[0].conf.rtx_factor = p->end[1].conf.rtx_factor = 110;
		for (k = 0; k < 4; k++) {
			ike_task_add(pair_sa(p, k & 1), p->now, &t);
			pair_run(p, 100000);
		}
		good += pair_up(p) && pair_kernels(p, 2);
		replaced += pair_sa(p, 0) && pair_sa(p, 0)->initiator == false;
		pair_free(p);
	}
	ktap_ok(good == 30 && replaced == 30, NULL,
		"IKE2-RTX-3 IKE2-REKEY-5 replaced in a bad network, %u of 30", good);

	p = pair_new(740);
	p->end[0].conf.rekey_ms = 20000;
	p->end[0].child[0].rekey_ms = 7000;
	p->nat = true;
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	pair_go(p);
	pair_run(p, 200000);
	for (i = k = 0; i < IKE_FAKE_SAS; i++)
		k += p->end[1].kern.sa[i].spi && p->end[1].kern.sa[i].encap;
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 1)->nat_peer && k == 2 &&
		pair_sa(p, 0)->w.send_mid < 8, p->end[0].log,
		"IKE2-REKEY-8 again and again by age; NAT is inherited");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_rekey();
	test_other();
	test_crossing();
	test_network();
	return ktap_end();
}
