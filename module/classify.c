// SPDX-License-Identifier: GPL-2.0
/*
 * Which policy decides on a packet, and with which SAs: the first policy in the
 * order of (priority, creation) that matches (RFC 4301 4.4.1), found without
 * looking at all of them.
 *
 * Selectors come in few shapes: which bits of a flow they fix. A prefix fixes
 * its bits of the address, a port all 16, a range the leading bits its ends
 * have in common. A tuple stands for one shape. All policies are in one hash
 * table under their tuple and the bits it fixes, so that for each tuple a flow
 * is looked up once; what is found there is compared in full. Tuples are tried
 * in the order of their best policies, until none can be better than what was
 * found. One policy more or less changes one entry of the table and, if it is
 * the best of its tuple, the list of tuples.
 *
 * In front is a cache for each CPU. An entry is right as long as nothing in its
 * namespace changed since before the search that made it, so it gives what the
 * ordered search gives.
 */
#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "classify.h"
#include "main.h"

#define FLOW_WORDS	(NFSEC_FLOW_KEYLEN / sizeof(u32))
#define CACHE_SIZE	256

/* The last generation of any namespace; see nfsec_net_changed() */
atomic64_t nfsec_net_gen = ATOMIC64_INIT(0);

/**
 * struct nfsec_tuple - a shape of selectors
 * @mask: the bits of a flow they fix; of the flags none
 * @id: names it in keys
 * @family: family they are for, AF_UNSPEC for both
 * @after_nat: they are matched after source NAT
 * @has_ports: some bits of ports are fixed
 * @rules: policies of this shape, sorted; for the writer only
 * @rcu: frees it
 */
struct nfsec_tuple {
	struct nfsec_flow mask;
	u32 id;
	u8 family;
	bool after_nat;
	bool has_ports;
	struct rb_root_cached rules;
	struct rcu_head rcu;
};

/**
 * struct nfsec_rank - a tuple in the order of search
 * @tuple: the tuple
 * @priority: of its best policy, or better
 * @order: likewise
 */
struct nfsec_rank {
	struct nfsec_tuple *tuple;
	u32 priority;
	u64 order;
};

/**
 * struct nfsec_ruleset - tuples of a direction
 * @rcu: frees it
 * @n: number of tuples
 * @rank: the tuples, best first
 *
 * Never changes; replaced as a whole.
 */
struct nfsec_ruleset {
	struct rcu_head rcu;
	u32 n;
	struct nfsec_rank rank[];
};

/**
 * struct rule_key - what the table of policies is searched for
 * @word: flow, or selector, under the mask of the tuple
 * @tuple: &nfsec_tuple.id
 */
struct rule_key {
	u32 word[FLOW_WORDS];
	u32 tuple;
};

static void rule_key_set(struct rule_key *key, const struct nfsec_tuple *t,
			 const struct nfsec_flow *fl)
{
	const u32 *mask = (const u32 *)&t->mask;
	const u32 *word = (const u32 *)fl;
	u32 i;

	for (i = 0; i < FLOW_WORDS; i++)
		key->word[i] = word[i] & mask[i];
	key->tuple = t->id;
}

/* Any flow a policy matches has the fixed bits of this one */
static void rule_key_of(struct rule_key *key, const struct nfsec_policy *p)
{
	struct nfsec_flow fl = {
		.saddr = p->sel.saddr_min,
		.daddr = p->sel.daddr_min,
		.mark = p->mark.value,
		.ifindex = p->sel.ifindex,
		.sport = p->sel.sport_min,
		.dport = p->sel.dport_min,
		.family = p->sel.family,
		.proto = p->sel.proto,
	};

	rule_key_set(key, p->tuple, &fl);
}

static u32 rule_hash(const void *data, u32 len, u32 seed)
{
	return jhash2(data, sizeof(struct rule_key) / sizeof(u32), seed);
}

static u32 rule_obj_hash(const void *data, u32 len, u32 seed)
{
	struct rule_key key;

	rule_key_of(&key, data);
	return rule_hash(&key, len, seed);
}

static int rule_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	struct rule_key key;

	rule_key_of(&key, obj);
	return memcmp(arg->key, &key, sizeof(key));
}

static const struct rhashtable_params rule_params = {
	.head_offset = offsetof(struct nfsec_policy, rule_node),
	.key_len = sizeof(struct rule_key),
	.hashfn = rule_hash,
	.obj_hashfn = rule_obj_hash,
	.obj_cmpfn = rule_cmp,
	.automatic_shrinking = true,
};

/* The leading bits two values have in common, as a mask */
static u32 mask_common(u32 a, u32 b)
{
	return a == b ? U32_MAX : ~(U32_MAX >> (32 - fls(a ^ b)));
}

static void mask_common_addr(struct nfsec_addr *mask,
			     const struct nfsec_addr *a,
			     const struct nfsec_addr *b, int words)
{
	int i;

	for (i = 0; i < words; i++) {
		mask->a6[i] = htonl(mask_common(ntohl(a->a6[i]),
						ntohl(b->a6[i])));
		if (a->a6[i] != b->a6[i])
			break;
	}
}

static void tuple_shape(struct nfsec_tuple *t, const struct nfsec_policy *p)
{
	const struct nfsec_selector *sel = &p->sel;
	struct nfsec_flow *mask = &t->mask;
	int words = 0;

	memset(t, 0, sizeof(*t));
	if (sel->family == AF_INET)
		words = 1;
	else if (sel->family == AF_INET6)
		words = 4;
	mask_common_addr(&mask->saddr, &sel->saddr_min, &sel->saddr_max, words);
	mask_common_addr(&mask->daddr, &sel->daddr_min, &sel->daddr_max, words);
	mask->mark = p->mark.mask;
	mask->ifindex = sel->ifindex ? U32_MAX : 0;
	mask->sport = mask_common(sel->sport_min, sel->sport_max);
	mask->dport = mask_common(sel->dport_min, sel->dport_max);
	mask->family = words ? U8_MAX : 0;
	mask->proto = sel->proto ? U8_MAX : 0;
	t->family = sel->family;
	t->after_nat = p->flags & NFSEC_POLICY_FLAGS_AFTER_NAT;
	t->has_ports = mask->sport || mask->dport;
	t->rules = RB_ROOT_CACHED;
}

static struct nfsec_ruleset *rules_of(struct nfsec_spd *spd, u8 dir)
{
	/* Changed under &nfsec_net.lock, which the caller holds. */
	return rcu_dereference_protected(spd->rules[dir], 1);
}

static struct nfsec_tuple *tuple_find(struct nfsec_spd *spd, u8 dir,
				      const struct nfsec_tuple *shape)
{
	const struct nfsec_ruleset *rs = rules_of(spd, dir);
	u32 i;

	for (i = 0; rs && i < rs->n; i++) {
		struct nfsec_tuple *t = rs->rank[i].tuple;

		if (t->family == shape->family &&
		    t->after_nat == shape->after_nat &&
		    !memcmp(&t->mask, &shape->mask, sizeof(t->mask)))
			return t;
	}
	return NULL;
}

static bool tuple_empty(const struct nfsec_tuple *t)
{
	return !rb_first_cached(&t->rules);
}

static bool rank_before(const struct nfsec_rank *a, const struct nfsec_rank *b)
{
	return a->priority != b->priority ? a->priority < b->priority :
					    a->order < b->order;
}

/* Put a tuple among the first @n, from behind: they are all but sorted */
static void rank_add(struct nfsec_ruleset *rs, struct nfsec_tuple *t)
{
	const struct nfsec_policy *best;
	struct nfsec_rank rank;
	u32 i;

	best = rb_entry(rb_first_cached(&t->rules), struct nfsec_policy,
			tuple_node);
	rank.tuple = t;
	rank.priority = best->priority;
	rank.order = best->order;
	for (i = rs->n++; i && rank_before(&rank, &rs->rank[i - 1]); i--)
		rs->rank[i] = rs->rank[i - 1];
	rs->rank[i] = rank;
}

/* The tuples of a direction as they are now, with @add, without empty ones */
static struct nfsec_ruleset *ruleset_make(struct nfsec_spd *spd, u8 dir,
					  struct nfsec_tuple *add)
{
	const struct nfsec_ruleset *old = rules_of(spd, dir);
	struct nfsec_ruleset *rs;
	u32 i, n = old ? old->n : 0;

	rs = kvmalloc(struct_size(rs, rank, n + !!add), GFP_KERNEL);
	if (!rs)
		return NULL;
	rs->n = 0;
	for (i = 0; i < n; i++)
		if (!tuple_empty(old->rank[i].tuple))
			rank_add(rs, old->rank[i].tuple);
	if (add)
		rank_add(rs, add);
	return rs;
}

/* Free what a published ruleset took the place of */
static void ruleset_retire(struct nfsec_ruleset *old)
{
	u32 i;

	if (!old)
		return;
	for (i = 0; i < old->n; i++)
		if (tuple_empty(old->rank[i].tuple))
			kfree_rcu(old->rank[i].tuple, rcu);
	kvfree_rcu(old, rcu);
}

static bool rule_less(struct rb_node *a, const struct rb_node *b)
{
	return nfsec_policy_before(rb_entry(a, struct nfsec_policy, tuple_node),
				   rb_entry(b, struct nfsec_policy,
					    tuple_node));
}

/* Is the list of tuples to be made anew when this policy comes or goes? */
static bool rule_is_best(const struct nfsec_policy *p)
{
	return rb_first_cached(&p->tuple->rules) == &p->tuple_node;
}

static int rule_swap(struct nfsec_spd *spd, struct nfsec_policy *p,
		     struct nfsec_policy *old, struct nfsec_ruleset *rs)
{
	struct rule_key key;
	int err;

	rule_key_of(&key, p);
	write_seqlock_bh(&spd->change);
	err = rhltable_insert_key(&spd->by_tuple, &key, &p->rule_node,
				  rule_params);
	if (!err) {
		if (rs)
			rcu_assign_pointer(spd->rules[p->dir], rs);
		if (old)
			rhltable_remove(&spd->by_tuple, &old->rule_node,
					rule_params);
	}
	write_sequnlock_bh(&spd->change);
	return err;
}

/**
 * nfsec_classify_insert() - let a policy be found
 * @spd: policies of the namespace
 * @p: the policy
 * @old: policy of the same direction it takes the place of, or NULL
 *
 * A packet is judged with @old or with @p, never with none or both. Calls of
 * nfsec_net_changed() are left to the caller.
 *
 * Context: process, &nfsec_net.lock held. Return: 0, or an error; then nothing
 * has changed.
 */
int nfsec_classify_insert(struct nfsec_spd *spd, struct nfsec_policy *p,
			  struct nfsec_policy *old)
{
	struct nfsec_ruleset *rs = NULL, *old_rs = rules_of(spd, p->dir);
	struct nfsec_tuple shape, *t, *fresh = NULL;
	bool renew = old && rule_is_best(old);
	int err = -ENOMEM;

	tuple_shape(&shape, p);
	t = tuple_find(spd, p->dir, &shape);
	if (!t) {
		t = kmemdup(&shape, sizeof(shape), GFP_KERNEL_ACCOUNT);
		if (!t)
			return -ENOMEM;
		t->id = spd->next_tuple++;
		fresh = t;
	}
	p->tuple = t;
	rb_add_cached(&p->tuple_node, &t->rules, rule_less);
	if (old)
		rb_erase_cached(&old->tuple_node, &old->tuple->rules);
	if (renew || rule_is_best(p)) {
		rs = ruleset_make(spd, p->dir, fresh);
		if (!rs)
			goto undo;
	}
	err = rule_swap(spd, p, old, rs);
	if (err)
		goto undo;
	if (rs)
		ruleset_retire(old_rs);
	return 0;

undo:
	rb_erase_cached(&p->tuple_node, &t->rules);
	if (old)
		rb_add_cached(&old->tuple_node, &old->tuple->rules, rule_less);
	kvfree(rs);
	kfree(fresh);
	return err;
}

/**
 * nfsec_classify_remove() - let a policy not be found any more
 * @spd: policies of the namespace
 * @p: the policy
 *
 * Context: process, &nfsec_net.lock held.
 */
void nfsec_classify_remove(struct nfsec_spd *spd, struct nfsec_policy *p)
{
	struct nfsec_ruleset *rs = NULL, *old_rs = rules_of(spd, p->dir);
	bool renew = rule_is_best(p);

	rb_erase_cached(&p->tuple_node, &p->tuple->rules);
	/* Without memory the list stays: a tuple too many, or tried too early,
	 * costs time only.
	 */
	if (renew)
		rs = ruleset_make(spd, p->dir, NULL);
	write_seqlock_bh(&spd->change);
	rhltable_remove(&spd->by_tuple, &p->rule_node, rule_params);
	if (rs)
		rcu_assign_pointer(spd->rules[p->dir], rs);
	write_sequnlock_bh(&spd->change);
	if (rs)
		ruleset_retire(old_rs);
}

/**
 * nfsec_classify_clear() - let none of a direction be found any more, at once
 * @spd: policies of the namespace
 * @dir: the direction
 *
 * Context: process, &nfsec_net.lock held; takes time for each policy.
 */
void nfsec_classify_clear(struct nfsec_spd *spd, u8 dir)
{
	struct nfsec_ruleset *old = rules_of(spd, dir);
	struct nfsec_policy *p;

	write_seqlock_bh(&spd->change);
	RCU_INIT_POINTER(spd->rules[dir], NULL);
	write_sequnlock_bh(&spd->change);
	list_for_each_entry(p, &spd->list[dir], list) {
		rhltable_remove(&spd->by_tuple, &p->rule_node, rule_params);
		rb_erase_cached(&p->tuple_node, &p->tuple->rules);
		cond_resched();
	}
	ruleset_retire(old);
}

static struct nfsec_policy *rule_best(struct nfsec_spd *spd,
				      const struct nfsec_tuple *t,
				      const struct nfsec_flow *fl,
				      struct nfsec_policy *best)
{
	struct rhlist_head *list, *pos;
	struct nfsec_policy *p;
	struct rule_key key;

	rule_key_set(&key, t, fl);
	list = rhltable_lookup(&spd->by_tuple, &key, rule_params);
	rhl_for_each_entry_rcu(p, pos, list, rule_node)
		if ((!best || nfsec_policy_before(p, best)) &&
		    nfsec_mark_match(&p->mark, fl->mark) &&
		    nfsec_flow_match(&p->sel, fl))
			best = p;
	return best;
}

static bool tuple_applies(const struct nfsec_tuple *t,
			  const struct nfsec_flow *fl, enum nfsec_pass pass)
{
	if (t->family != AF_UNSPEC && t->family != fl->family)
		return false;
	if (t->has_ports && fl->flags & NFSEC_FLOW_FRAG)
		return false;
	return pass == NFSEC_PASS_ANY ||
	       t->after_nat == (pass == NFSEC_PASS_AFTER_NAT);
}

/*
 * The ordered search. @unsure is set for a fragment without ports if policies
 * that need them come before what was found: its first fragment may have met
 * one of these.
 */
static struct nfsec_policy *rule_search(struct nfsec_spd *spd, u8 dir,
					const struct nfsec_flow *fl,
					enum nfsec_pass pass, bool *unsure)
{
	const struct nfsec_ruleset *rs = rcu_dereference(spd->rules[dir]);
	struct nfsec_policy *best = NULL;
	u32 i;

	for (i = 0; rs && i < rs->n; i++) {
		const struct nfsec_rank *r = &rs->rank[i];

		if (best && (r->priority > best->priority ||
			     (r->priority == best->priority &&
			      r->order > best->order)))
			break;
		if (tuple_applies(r->tuple, fl, pass))
			best = rule_best(spd, r->tuple, fl, best);
		else if (fl->flags & NFSEC_FLOW_FRAG && r->tuple->has_ports &&
			 (r->tuple->family == AF_UNSPEC ||
			  r->tuple->family == fl->family))
			*unsure = true;
	}
	return best;
}

static struct nfsec_policy *rule_find(struct nfsec_spd *spd, u8 dir,
				      const struct nfsec_flow *fl,
				      enum nfsec_pass pass, bool *unsure)
{
	struct nfsec_policy *p;
	int seq = 0;

	/* Once more, and then with changes kept out, if there was one: parts of
	 * two states of the rules are no state they were ever in.
	 */
	for (;;) {
		read_seqbegin_or_lock(&spd->change, &seq);
		*unsure = false;
		p = rule_search(spd, dir, fl, pass, unsure);
		if (!need_seqretry(&spd->change, seq))
			break;
		seq = 1;
	}
	done_seqretry(&spd->change, seq);
	return p;
}

/* The packet as the next template sees it: what this SA makes of it */
static void decide_nested(struct nfsec_flow *fl, const struct nfsec_sa *sa)
{
	if (sa->mode == NFSEC_MODE_TUNNEL) {
		fl->saddr = sa->saddr;
		fl->daddr = sa->id.daddr;
		fl->family = sa->id.family;
	}
	fl->proto = sa->id.proto;
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
	d->policy = rule_find(spd, dir, fl, pass, &d->unsure);
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
 * nfsec_classify_init() - set up the part of @spd that lookups use
 * @spd: policies of a new namespace
 *
 * Context: process, may sleep. Return: 0 or a negative error.
 */
int nfsec_classify_init(struct nfsec_spd *spd)
{
	seqlock_init(&spd->change);
	return rhltable_init(&spd->by_tuple, &rule_params);
}

/**
 * nfsec_classify_free() - undo nfsec_classify_init()
 * @spd: policies, none left
 */
void nfsec_classify_free(struct nfsec_spd *spd)
{
	u8 dir;

	for (dir = 0; dir < ARRAY_SIZE(spd->rules); dir++) {
		ruleset_retire(rules_of(spd, dir));
		RCU_INIT_POINTER(spd->rules[dir], NULL);
	}
	rhltable_destroy(&spd->by_tuple);
}

/**
 * nfsec_classify_module_init() - set up what all namespaces share
 */
int nfsec_classify_module_init(void)
{
	BUILD_BUG_ON(NFSEC_FLOW_KEYLEN % sizeof(u32));
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
