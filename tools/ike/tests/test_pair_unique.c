// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines: how many IKE SAs a peer may have, and how long they and their children
 * last without use or proof.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

/* Both ends have @unique; end 0 comes, and comes again without a word about that if @quiet. */
static struct pair *twice(uint32_t seed, enum ike_unique unique, bool quiet)
{
	struct pair *p = pair_new(seed);

	p->end[1].conf.unique = unique;
	p->end[0].conf.unique = quiet ? IKE_UNIQUE_NEVER : IKE_UNIQUE_NO;
	pair_start(p, 0);
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 20000);
	if (!pair_up(p))
		abort();
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 2000);
	return p;
}

static void test_unique(void)
{
	struct pair *p;

	p = twice(1, IKE_UNIQUE_NO, true);
	ktap_ok(pair_count(p, 0) == 1 && pair_count(p, 1) == 2, p->end[1].log,
		"no: a second IKE SA is one more");
	pair_free(p);
	p = twice(2, IKE_UNIQUE_NO, false);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-LIVE-3 no: INITIAL_CONTACT replaces it");
	pair_free(p);
	p = twice(3, IKE_UNIQUE_NEVER, false);
	ktap_ok(pair_count(p, 0) == 1 && pair_count(p, 1) == 2, p->end[1].log,
		"IKE2-LIVE-3 never: it does not");
	pair_free(p);
	p = twice(4, IKE_UNIQUE_KEEP, true);
	ktap_ok(!pair_count(p, 0) && pair_count(p, 1) == 1 &&
		pair_said(p, 0, "AUTHENTICATION_FAILED") && pair_said(p, 1, "here already") &&
		pair_kern(p, 1) == 2, p->end[1].log, "keep: the second one is refused");
	pair_free(p);
	p = twice(5, IKE_UNIQUE_KEEP, false);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"keep: but not if the peer started anew");
	pair_free(p);
	p = twice(6, IKE_UNIQUE_REPLACE, true);
	pair_run(p, 200000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 1, "takes its place"),
		p->end[0].log, "replace: the second one stays alone");
	pair_free(p);

	/* another identity of the same peer is somebody else */
	p = pair_new(7);
	p->end[1].conf.unique = IKE_UNIQUE_REPLACE;
	p->end[1].conf.remote_id = pair_id("*.example.org");
	pair_start(p, 0);
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 20000);
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	p->end[0].conf.local_id = pair_id("mars.example.org");
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 2000);
	ktap_ok(pair_count(p, 1) == 2, p->end[1].log,
		"ATK-19 IKE2-LIVE-3 one identity cannot remove another");
	pair_free(p);
}

/* Reqids of outbound policies at end 1, as bits from IKE_REQID_MANY on; 0 if there is another. */
static unsigned int reqids(struct pair *p)
{
	const struct ike_fake *f = &p->end[1].kern;
	unsigned int i, bits = 0;

	for (i = 0; i < IKE_FAKE_POLICIES; i++) {
		if (!f->users[i] || f->policy[i].inbound)
			continue;
		if (f->policy[i].reqid < IKE_REQID_MANY || f->policy[i].like != 1)
			return 0;
		bits |= 1u << (f->policy[i].reqid - IKE_REQID_MANY);
	}
	return bits;
}

/* Several peers with one configuration: packets of one never take the SA of another. */
static void test_many(void)
{
	struct pair *p = pair_new(60);
	struct ike_sa *sa;
	int i;

	p->end[1].conf.remote_id = pair_id("*.example.org");
	p->end[1].child[0].many = true;
	pair_ts(&p->end[1].remote[0][0], "10.1.0.0/16");
	pair_ts(&p->end[0].local[0][0], "10.1.1.0/24");
	pair_start(p, 0);
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 20000);
	ktap_ok(reqids(p) == 1, NULL, "a reqid for the first peer");
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	p->end[0].conf.local_id = pair_id("mars.example.org");
	pair_ts(&p->end[0].local[0][0], "10.1.2.0/24");
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 20000);
	ktap_ok(pair_count(p, 1) == 2 && reqids(p) == 3, p->end[1].log,
		"IKE2-CP-2 and another one for the second");
	for (i = 0; i < 2; i++) {
		sa = pair_sa(p, 0);
		ike_task_add(sa, p->now, &(struct ike_task){ IKE_TASK_REKEY_CHILD,
			     &p->end[0].child[0], sa->children->spi_in });
		pair_run(p, 5000);
		ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY });
		pair_run(p, 70000);
	}
	ktap_ok(pair_count(p, 0) == 1 && reqids(p) == 3 && !p->end[1].kern.errors, p->end[1].log,
		"they stay when children and IKE SAs are replaced");
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 5000);
	ktap_ok(reqids(p) == 1, NULL, "and go with the peer");
	pair_free(p);
}

/* A packet through the outbound SA of end 0, or the inbound one. */
static void packet(struct pair *p, bool in)
{
	struct ike_fake *f = &p->end[0].kern;
	unsigned int i;

	for (i = 0; i < IKE_FAKE_SAS; i++)
		if (f->sa[i].spi && f->sa[i].inbound == in)
			f->use[i].packets++;
}

static void test_idle(void)
{
	struct pair *p = pair_new(20);
	unsigned int i;
	bool there = true;

	p->end[0].child[0].idle_ms = 20000;
	p->end[0].child[0].dpd_action = IKE_ACTION_START;
	p->end[0].child[0].close_action = IKE_ACTION_START;
	pair_start(p, 0);
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	for (i = 0; i < 10; i++) {
		pair_run(p, 12000);
		there &= pair_kernels(p, 2);
		packet(p, i & 1);
	}
	ktap_ok(there, p->end[0].log, "a child in use stays, whichever way packets go");
	pair_run(p, 14000);
	ktap_ok(pair_kernels(p, 2), NULL, "it stays for a while without");
	pair_run(p, 15000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "not in use"), p->end[0].log,
		"then it is closed; the IKE SA stays");
	pair_run(p, 100000);
	ktap_ok(pair_kernels(p, 0), NULL, "and not made again");
	ike_acquire(p->end[0].ctx, p->now, &p->end[0].conf, &p->end[0].child[0], NULL, NULL);
	pair_run(p, 2000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[0].log, "before a packet asks for it");
	pair_free(p);
}

static int ups, downs;

static void child(void *arg, const struct ike_sa *sa, const struct ike_child *ch, bool up)
{
	(void)arg;
	(void)sa;
	(void)ch;
	ups += up;
	downs += !up;
}

/* Both have two children; end @from asks for new proof each hour. */
static struct pair *reauth(uint32_t seed, int from)
{
	struct pair *p = pair_new(seed);

	pair_two_children(p);
	p->end[from].conf.reauth_ms = 3600000;
	p->end[from].conf.over_ms = 360000;
	pair_start(p, 0);
	ups = downs = 0;
	p->end[0].ctx->conf.child = child;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 20000);
	if (!pair_up(p) || !pair_kernels(p, 4))
		abort();
	return p;
}

static bool another(struct pair *p, const uint8_t *spi)
{
	return memcmp(pair_sa(p, 0)->spi_i, spi, 8) != 0;
}

static void test_reauth(void)
{
	uint8_t spi[8];
	struct pair *p;
	int from;

	for (from = 0; from < 2; from++) {
		p = reauth((uint32_t)(40 + from), from);
		memcpy(spi, pair_sa(p, 0)->spi_i, 8);
		pair_run(p, from ? 3200000 : 3500000);
		ktap_ok(pair_up(p) && !another(p, spi), NULL, "before its time");
		pair_run(p, from ? 300000 : 120000);
		ktap_ok(pair_up(p) && another(p, spi) && pair_kernels(p, 4) && pair_policies(p, 0) == 4 &&
			pair_said(p, 0, "authenticating anew"), p->end[0].log,
			from ? "IKE2-MISC-1 IKE2-REKEY-7 the responder asked for new proof in time" :
			"IKE2-REKEY-7 another IKE SA with all children");
		ktap_ok(ups == 2 && !downs, NULL, "children are replaced: nothing comes or goes");
		memcpy(spi, pair_sa(p, 0)->spi_i, 8);
		pair_run(p, 3700000);
		ktap_ok(pair_up(p) && another(p, spi) && pair_kernels(p, 4), p->end[0].log,
			"and once more");
		pair_free(p);
	}

	/* rekeying in between does not make the proof younger */
	p = reauth(50, 0);
	pair_run(p, 1800000);
	ike_task_add(pair_sa(p, 1), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 120000);
	memcpy(spi, pair_sa(p, 0)->spi_i, 8);
	pair_run(p, 1780000);
	ktap_ok(pair_up(p) && another(p, spi) && pair_kernels(p, 4) &&
		pair_said(p, 0, "authenticating anew"), p->end[0].log,
		"IKE2-REKEY-7 a new key is no new proof");
	pair_free(p);

	/* nobody answers for new IKE SAs: it is tried again, and then over */
	p = reauth(51, 0);
	p->end[1].conf.unique = IKE_UNIQUE_KEEP;
	pair_run(p, 3700000);
	ktap_ok(pair_up(p) && pair_kernels(p, 4), NULL, "a try in vain changes nothing");
	pair_run(p, 300000);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && pair_said(p, 0, "proof is too old") &&
		downs == 2, p->end[0].log, "but without new proof it ends");
	pair_free(p);

	/* nor does a responder wait for ever */
	p = reauth(52, 1);
	pair_sa(p, 0)->reauth_at = UINT64_MAX;
	pair_run(p, 4100000);
	ktap_ok(!pair_count(p, 1) && pair_said(p, 1, "proof is too old"), p->end[1].log,
		"IKE2-MISC-1 the responder ends it without");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_unique();
	test_many();
	test_idle();
	test_reauth();
	return ktap_end();
}
