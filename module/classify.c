// SPDX-License-Identifier: GPL-2.0
/*
 * What is to become of a packet: the policy that decides (see rules.c) and, if
 * it wants protection, the SAs for it.
 *
 * In front is a cache for each CPU. An entry is right as long as nothing in its
 * namespace changed since before the search that made it, so it gives what the
 * ordered search gives.
 */
#include <linux/log2.h>
#include <linux/percpu.h>

#include "classify.h"
#include "main.h"
#include "rules.h"

#define FLOW_WORDS	(NFSEC_FLOW_KEYLEN / sizeof(u32))
#define CACHE_SIZE	256

/* The last generation of any namespace; see nfsec_net_changed() */
atomic64_t nfsec_net_gen = ATOMIC64_INIT(0);

/* The packet as the next template sees it: what this SA makes of it */
static void decide_nested(struct nfsec_flow *fl, const struct nfsec_sa *sa)
{
	const struct nfsec_path *path = nfsec_sa_path(sa);

	if (sa->mode == NFSEC_MODE_TUNNEL) {
		fl->saddr = path->saddr;
		fl->daddr = path->daddr;
		fl->family = path->family;
	}
	fl->proto = sa->proto;
	fl->sport = 0;
	fl->dport = 0;
	fl->flags = 0;
}

static void decide_sas(struct nfsec_net *nn, const struct nfsec_flow *fl,
		       struct nfsec_decision *d)
{
	const struct nfsec_policy *p = d->policy;
	struct nfsec_flow inner = *fl;
	bool protect = false;
	u8 i;

	for (i = 0; i < p->ntmpl; i++) {
		bool mismatch = false;
		struct nfsec_sa *sa = NULL;

		if (i < ARRAY_SIZE(d->sa))
			sa = nfsec_sad_lookup_out(nn, &p->tmpl[i], &inner,
						  &mismatch);
		if (!sa && p->tmpl[i].level != NFSEC_LEVEL_USE) {
			d->verdict = NFSEC_VERDICT_NO_SA;
			d->missing = i;
			d->sel_mismatch = mismatch;
			return;
		}
		if (i < ARRAY_SIZE(d->sa)) {
			d->sa[i] = sa;
			d->nsa = i + 1;
		}
		if (sa) {
			protect = true;
			decide_nested(&inner, sa);
		}
	}
	d->verdict = protect ? NFSEC_VERDICT_PROTECT : NFSEC_VERDICT_BYPASS;
}

static void decide(struct nfsec_net *nn, u8 dir, const struct nfsec_flow *fl,
		   enum nfsec_pass pass, struct nfsec_decision *d)
{
	struct nfsec_spd *spd = &nn->spd;

	memset(d, 0, sizeof(*d));
	d->policy = nfsec_rules_find(spd, dir, fl, pass, &d->unsure);
	if (!d->policy)
		d->verdict = READ_ONCE(spd->default_action[dir]) ==
				     NFSEC_ACTION_BLOCK ?
				     NFSEC_VERDICT_DEFAULT_BLOCK :
				     NFSEC_VERDICT_DEFAULT_ALLOW;
	else if (d->policy->action == NFSEC_ACTION_BLOCK)
		d->verdict = NFSEC_VERDICT_BLOCK;
	else if (dir == NFSEC_DIR_OUT)
		decide_sas(nn, fl, d);
}

/**
 * struct cache_entry - a decision and what it is for
 * @gen: &nfsec_net.gen before it was made, which no other namespace ever has;
 *	0 if there is none
 * @d: the decision
 * @fl: the flow
 * @dir: direction of policies
 * @pass: &enum nfsec_pass
 */
struct cache_entry {
	u64 gen;
	struct nfsec_decision d;
	struct nfsec_flow fl;
	u8 dir;
	u8 pass;
};

struct cache {
	struct cache_entry entry[CACHE_SIZE];
};

static struct cache __percpu *cache_percpu;

static u32 cache_slot(const struct nfsec_flow *fl, u8 dir, u8 pass)
{
	const u32 *word = (const u32 *)fl;
	u32 i, h = dir << 8 | pass;

	for (i = 0; i < FLOW_WORDS; i++)
		h = rol32((h ^ word[i]) * GOLDEN_RATIO_32, 13);
	return h * GOLDEN_RATIO_32 >> (32 - ilog2(CACHE_SIZE));
}

static bool cache_same(const struct nfsec_flow *a, const struct nfsec_flow *b)
{
	const u32 *x = (const u32 *)a, *y = (const u32 *)b;
	u32 i, diff = 0;

	for (i = 0; i < FLOW_WORDS; i++)
		diff |= x[i] ^ y[i];
	return !diff;
}

static bool cache_usable(const struct nfsec_decision *d)
{
	u8 i;

	for (i = 0; i < d->nsa; i++)
		if (d->sa[i] && !nfsec_sa_usable(d->sa[i]))
			return false;
	return true;
}

/*
 * What an entry points to is there: it was taken out of the tables after the
 * generation had changed, if at all, and freed a grace period later, and the
 * caller is in a read-side section that began before the generation was read.
 */
static const struct nfsec_decision *
cache_decide(struct nfsec_net *nn, u8 dir, const struct nfsec_flow *fl,
	     enum nfsec_pass pass)
{
	struct cache_entry *e;
	u64 gen;

	e = &this_cpu_ptr(cache_percpu)->entry[cache_slot(fl, dir, pass)];
	/* Pairs with nfsec_net_changed(): the search sees all changes up to
	 * this generation, and what changes later makes the entry stale.
	 */
	gen = atomic64_read_acquire(&nn->gen);
	if (e->gen == gen && gen && e->dir == dir && e->pass == pass &&
	    cache_same(&e->fl, fl) && cache_usable(&e->d))
		return &e->d;

	decide(nn, dir, fl, pass, &e->d);
	e->fl = *fl;
	e->dir = dir;
	e->pass = pass;
	e->gen = gen;
	return &e->d;
}

/**
 * nfsec_classify() - find the policy for a packet
 * @nn: namespace
 * @dir: NFSEC_DIR_IN, _OUT or _FWD
 * @fl: the packet
 * @pass: which policies count
 *
 * Context: BH disabled, under rcu_read_lock().
 *
 * Return: the policy, without a reference, or NULL if none matches.
 */
struct nfsec_policy *nfsec_classify(struct nfsec_net *nn, u8 dir,
				    const struct nfsec_flow *fl,
				    enum nfsec_pass pass)
{
	return cache_decide(nn, dir, fl, pass)->policy;
}

/**
 * nfsec_classify_out() - decide on an outbound packet
 * @nn: namespace
 * @fl: the packet
 * @pass: which policies count
 * @d: result; what it points to is without references
 *
 * Context: BH disabled, under rcu_read_lock().
 */
void nfsec_classify_out(struct nfsec_net *nn, const struct nfsec_flow *fl,
			enum nfsec_pass pass, struct nfsec_decision *d)
{
	*d = *cache_decide(nn, NFSEC_DIR_OUT, fl, pass);
}

/**
 * nfsec_classify_module_init() - set up what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int nfsec_classify_module_init(void)
{
	cache_percpu = alloc_percpu(struct cache);
	return cache_percpu ? 0 : -ENOMEM;
}

/**
 * nfsec_classify_module_exit() - undo nfsec_classify_module_init()
 */
void nfsec_classify_module_exit(void)
{
	free_percpu(cache_percpu);
}
