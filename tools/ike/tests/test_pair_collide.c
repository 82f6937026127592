// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines that want the same thing at the same time, or the opposite.
 */
#include <arpa/inet.h>

#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static int ask(struct pair *p, int i, enum ike_task_kind kind)
{
	struct ike_sa *sa = pair_sa(p, i);
	struct ike_task t = { kind, &p->end[i].child[0] };

	if (sa && sa->children)
		t.spi = sa->children->spi_in;
	return sa ? ike_task_add(sa, p->now, &t) : -1;
}

/* First octets of the nonces: @low is who has the lowest, as initiator or responder. */
static void nonces(struct pair *p, int low)
{
	int i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < 2; k++)
			p->end[i].nonce[k] = (uint8_t)(low == i * 2 + k ? 1 : 0x80);
		p->end[i].n_nonce = 2;
	}
}

/* Numbers of datagrams that end @i was sent after @from with exchange @xchg. */
static unsigned int count(struct pair *p, unsigned int from, uint8_t xchg)
{
	unsigned int n = 0;

	for (; from < p->n_sent; from++)
		n += p->sent[from].p[18] == xchg;
	return n;
}

/* What of the four nonces is the lowest decides whose exchange counts: that of who neither
 * began nor answered with it.
 */
static void test_child(void)
{
	static const char *const who[] = { "Ni of A", "Nr of A", "Ni of B", "Nr of B" };
	unsigned int n, mine;
	struct pair *p;
	int low, b;

	for (low = 0; low < 4; low++) {
		p = pair_go(pair_new((uint32_t)(20 + low)));
		nonces(p, low);
		n = p->n_sent;
		mine = p->end[0].kern.next_spi + 1;
		ask(p, 0, IKE_TASK_REKEY_CHILD);
		ask(p, 1, IKE_TASK_REKEY_CHILD);
		/* whose exchange has it: Nr of A is in that of B */
		b = low == 1 || low == 2;
		pair_run(p, 2000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_policies(p, 0) == 2 &&
			pair_policies(p, 1) == 2 && !pair_child(p, 0)->next && !pair_child(p, 1)->next &&
			(ntohl(pair_child(p, 0)->spi_in) == mine) == b &&
			!pair_child(p, 0)->redundant && !pair_child(p, 1)->redundant, p->end[0].log,
			"IKE2-COLL-1 rekeyed by both, lowest is %s", who[low]);
		ktap_ok(count(p, n, IKE_X_CREATE_CHILD_SA) == 4 &&
			count(p, n, IKE_X_INFORMATIONAL) == 4 &&
			!pair_said(p, 0, "refused") && !pair_said(p, 1, "refused"), NULL,
			"IKE2-COLL-2 each deletes one pair once, lowest is %s", who[low]);
		ask(p, low & 1, IKE_TASK_REKEY_CHILD);
		pair_run(p, 1000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL,
			"IKE2-COLL-1 what is left can be rekeyed, lowest is %s", who[low]);
		pair_free(p);
	}
}

/* The other rekeys, and deletes the old pair, before our request comes through. */
static void test_child_late(void)
{
	struct pair *p = pair_go(pair_new(30));

	p->cut = 0;
	ask(p, 0, IKE_TASK_REKEY_CHILD);
	p->cut = -1;
	ask(p, 1, IKE_TASK_REKEY_CHILD);
	pair_run(p, 2000);
	ktap_ok(pair_up(p) && pair_kern(p, 1) == 2 && pair_sa(p, 0)->w.req, NULL,
		"IKE2-COLL-5 a child that we rekey is deleted by the peer");
	pair_run(p, 10000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 0, "CHILD_SA_NOT_FOUND"),
		p->end[0].log, "IKE2-COLL-4 our request is late: one pair is left");
	pair_free(p);
}

/* The peer deletes the pair that counts: the redundant one is used after all. */
static void test_child_lie(void)
{
	struct pair *p = pair_go(pair_new(31));
	struct ike_child *ch;
	struct ike_task t = { IKE_TASK_DELETE_CHILD };

	nonces(p, 1);
	ask(p, 0, IKE_TASK_REKEY_CHILD);
	ask(p, 1, IKE_TASK_REKEY_CHILD);
	pair_run(p, 11);
	/* B has answered; now it lies about which one counts */
	for (ch = pair_child(p, 1); ch; ch = ch->next)
		if (ch->replaces)
			break;
	if (!ch)
		abort();
	t.conf = ch->conf;
	t.spi = ch->spi_in;
	pair_sa(p, 1)->queue[pair_sa(p, 1)->n_queue++] = t;
	pair_run(p, 60000);
	ktap_ok(pair_up(p) && pair_kernels(p, pair_kern(p, 0)) && pair_kern(p, 0) <= 2,
		p->end[0].log, "IKE2-COLL-2 a peer that deletes the wrong pair");
	pair_free(p);
}

static void test_ike(void)
{
	static const char *const who[] = { "Ni of A", "Nr of A", "Ni of B", "Nr of B" };
	struct ike_task live = { IKE_TASK_LIVENESS };
	struct pair *p;
	unsigned int n;
	uint32_t spi;
	int low, b;

	for (low = 0; low < 4; low++) {
		p = pair_go(pair_new((uint32_t)(40 + low)));
		nonces(p, low);
		spi = pair_child(p, 0)->spi_in;
		n = p->n_sent;
		ask(p, 0, IKE_TASK_REKEY);
		ask(p, 1, IKE_TASK_REKEY);
		b = low == 1 || low == 2;
		pair_run(p, 2000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in == spi &&
			pair_child(p, 1) && pair_sa(p, 0)->initiator == b &&
			pair_sa(p, 1)->initiator == !b && p->n_sent == n + 8, p->end[0].log,
			"IKE2-COLL-3 IKE SA replaced by both, lowest is %s", who[low]);
		pair_run(p, 80000);
		ktap_ok(!ike_sa_next(p->end[0].ctx, pair_sa(p, 0)) &&
			ike_sa_next(p->end[0].ctx, NULL) == pair_sa(p, 0) &&
			!ike_sa_next(p->end[1].ctx, pair_sa(p, 1)) &&
			ike_sa_next(p->end[1].ctx, NULL) == pair_sa(p, 1), NULL,
			"IKE2-COLL-3 nothing of the others is left, lowest is %s", who[low]);
		ike_task_add(pair_sa(p, 0), p->now, &live);
		ike_task_add(pair_sa(p, 1), p->now, &live);
		ask(p, low & 1, IKE_TASK_REKEY_CHILD);
		pair_run(p, 3000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in != spi, NULL,
			"IKE2-COLL-3 the one that is left works, lowest is %s", who[low]);
		pair_free(p);
	}
}

/* Only one of them notices. */
static void test_ike_late(void)
{
	struct pair *p = pair_go(pair_new(50));

	p->cut = 0;
	ask(p, 0, IKE_TASK_REKEY);
	p->cut = -1;
	ask(p, 1, IKE_TASK_REKEY);
	pair_run(p, 2000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 1)->initiator, p->end[0].log,
		"IKE2-COLL-3 the peer was first and deletes the old SA: ours is forgotten");
	pair_free(p);

	p = pair_go(pair_new(51));
	p->cut = 0;
	ask(p, 0, IKE_TASK_REKEY);
	p->cut = -1;
	ask(p, 1, IKE_TASK_REKEY);
	pair_run(p, 15);
	/* the Delete is lost, and our request comes again before it does */
	p->cut = 1;
	pair_run(p, 20);
	p->cut = -1;
	for (struct ike_sa *sa = NULL; (sa = ike_sa_next(p->end[1].ctx, sa));)
		if (sa->w.req)
			sa->w.next_at += 6000;
	pair_run(p, 20000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 1)->initiator &&
		pair_said(p, 0, "refused to replace the IKE SA: TEMPORARY_FAILURE"),
		p->end[0].log, "IKE2-COLL-3 TEMPORARY_FAILURE: the peer's takes over");
	pair_free(p);
}

/* COLL-8: a peer that is never ready. */
static void test_stuck(void)
{
	struct pair *p = pair_go(pair_new(60));
	unsigned int i, n, tries;

	pair_child(p, 1)->busy = true;
	n = p->n_sent;
	ask(p, 0, IKE_TASK_REKEY_CHILD);
	for (i = 0; i < 170 && pair_sa(p, 0); i++)
		pair_run(p, 1000);
	tries = count(p, n, IKE_X_CREATE_CHILD_SA) / 2;
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && tries >= 5 && tries < 40, NULL,
		"IKE2-COLL-8 TEMPORARY_FAILURE: %u tries in three minutes", tries);
	pair_run(p, 60000);
	ktap_ok(pair_said(p, 0, "out of step") && pair_said(p, 1, "peer deletes the IKE SA"),
		p->end[0].log, "IKE2-COLL-8 then the IKE SA is closed");
	pair_free(p);
}

/* All at random, in a network that loses, repeats and delays. */
static void test_storm(void)
{
	static const enum ike_task_kind kinds[] = {
		IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY, IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY,
		IKE_TASK_CHILD, IKE_TASK_DELETE_CHILD, IKE_TASK_LIVENESS,
	};
	unsigned int i, k, good = 0, both = 0, runs = 250;
	uint32_t seed = 3;
	struct pair *p;

	for (i = 0; i < runs; i++) {
		p = pair_go(pair_new(1000 + i));
		p->loss = i & 1 ? 40 : 0;
		p->dup = p->reorder = i & 2 ? 60 : 0;
		for (k = 0; k < 2; k++) {
			p->end[k].conf.rtx_tries = 12;
			p->end[k].conf.rtx_factor = 110;
		}
		for (k = 0; k < 12; k++) {
			ask(p, 0, kinds[pair_rand(&seed) % ARRAY_SIZE(kinds)]);
			pair_run(p, pair_rand(&seed) % 16u);
			ask(p, 1, kinds[pair_rand(&seed) % ARRAY_SIZE(kinds)]);
			pair_run(p, pair_rand(&seed) % 32u);
		}
		p->loss = p->dup = p->reorder = 0;
		pair_run(p, 200000);
		good += pair_count(p, 0) <= 1 && pair_count(p, 0) == pair_count(p, 1) &&
			pair_kernels(p, pair_kern(p, 0));
		both += pair_said(p, 0, "by both");
		pair_free(p);
	}
	ktap_ok(good == runs && both > runs / 4, NULL,
		"ATK-24 IKE2-COLL-7 exchanges that cross at random, %u of %u agree, %u collided",
		good, runs, both);
}

int main(void)
{
	ktap_begin();
	test_child();
	test_child_late();
	test_child_lie();
	test_ike();
	test_ike_late();
	test_stuck();
	test_storm();
	return ktap_end();
}
