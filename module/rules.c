// SPDX-License-Identifier: GPL-2.0
/*
 * The first policy in the order of (priority, creation) that matches a packet
 * (RFC 4301 4.4.1), found without looking at all of them.
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
 * A policy with ports or a protocol is in the table a second time without them,
 * for fragments in which these cannot be seen.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "main.h"
#include "rules.h"

#define FLOW_WORDS	(NFSEC_FLOW_KEYLEN / sizeof(u32))

/**
 * struct nfsec_tuple - a shape of selectors
 * @mask: the bits of a flow they fix; of the flags none
 * @id: names it in keys
 * @family: family they are for, AF_UNSPEC for both
 * @after_nat: they are matched after source NAT
 * @blind: their ports and protocol are left out
 * @rules: policies of this shape, sorted; for the writer only
 * @rcu: frees it
 */
struct nfsec_tuple {
	struct nfsec_flow mask;
	u32 id;
	u8 family;
	bool after_nat;
	bool blind;
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
 * struct rule_key - what the table of rules is searched for
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

/* Any flow the policy matches has the fixed bits of this one */
static void rule_key_of(struct rule_key *key, const struct nfsec_rule *r)
{
	const struct nfsec_policy *p = r->policy;
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

	rule_key_set(key, r->tuple, &fl);
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
	.head_offset = offsetof(struct nfsec_rule, node),
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

static void tuple_shape(struct nfsec_tuple *t, const struct nfsec_policy *p,
			bool blind)
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
	if (!blind) {
		mask->sport = mask_common(sel->sport_min, sel->sport_max);
		mask->dport = mask_common(sel->dport_min, sel->dport_max);
		mask->proto = sel->proto ? U8_MAX : 0;
	}
	mask->family = words ? U8_MAX : 0;
	t->family = sel->family;
	t->after_nat = p->flags & NFSEC_POLICY_FLAGS_AFTER_NAT;
	t->blind = blind;
	t->rules = RB_ROOT_CACHED;
}

static struct nfsec_ruleset *ruleset_of(struct nfsec_spd *spd, u8 dir)
{
	/* Changed under &nfsec_net.lock, which the caller holds. */
	return rcu_dereference_protected(spd->rules[dir], 1);
}

static struct nfsec_tuple *tuple_find(struct nfsec_spd *spd, u8 dir,
				      const struct nfsec_tuple *shape)
{
	const struct nfsec_ruleset *rs = ruleset_of(spd, dir);
	u32 i;

	for (i = 0; rs && i < rs->n; i++) {
		struct nfsec_tuple *t = rs->rank[i].tuple;

		if (t->family == shape->family &&
		    t->after_nat == shape->after_nat &&
		    t->blind == shape->blind &&
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

	best = rb_entry(rb_first_cached(&t->rules), struct nfsec_rule,
			tuple_node)->policy;
	rank.tuple = t;
	rank.priority = best->priority;
	rank.order = best->order;
	for (i = rs->n++; i && rank_before(&rank, &rs->rank[i - 1]); i--)
		rs->rank[i] = rs->rank[i - 1];
	rs->rank[i] = rank;
}

/* The tuples of a direction as they are now, and new ones, but no empty ones */
static struct nfsec_ruleset *ruleset_make(struct nfsec_spd *spd, u8 dir,
					  struct nfsec_tuple **fresh)
{
	const struct nfsec_ruleset *old = ruleset_of(spd, dir);
	struct nfsec_ruleset *rs;
	u32 i, n = old ? old->n : 0;

	rs = kvmalloc(struct_size(rs, rank, n + NFSEC_RULES_MAX), GFP_KERNEL);
	if (!rs)
		return NULL;
	rs->n = 0;
	for (i = 0; i < n; i++)
		if (!tuple_empty(old->rank[i].tuple))
			rank_add(rs, old->rank[i].tuple);
	for (i = 0; fresh && i < NFSEC_RULES_MAX; i++)
		if (fresh[i])
			rank_add(rs, fresh[i]);
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
	return nfsec_policy_before(rb_entry(a, struct nfsec_rule,
					    tuple_node)->policy,
				   rb_entry(b, struct nfsec_rule,
					    tuple_node)->policy);
}

static void rules_link(struct nfsec_policy *p)
{
	u8 i;

	for (i = 0; i < p->nrules; i++)
		rb_add_cached(&p->rule[i].tuple_node, &p->rule[i].tuple->rules,
			      rule_less);
}

static void rules_unlink(struct nfsec_policy *p)
{
	u8 i;

	for (i = 0; i < p->nrules; i++)
		rb_erase_cached(&p->rule[i].tuple_node,
				&p->rule[i].tuple->rules);
}

/* Is the list of tuples to be made anew when this policy comes or goes? */
static bool rules_are_best(const struct nfsec_policy *p)
{
	u8 i;

	for (i = 0; i < p->nrules; i++) {
		const struct nfsec_rule *r = &p->rule[i];

		if (rb_first_cached(&r->tuple->rules) == &r->tuple_node)
			return true;
	}
	return false;
}

/* Give the rules of a policy their tuples, making those there are none of */
static int rules_shape(struct nfsec_spd *spd, struct nfsec_policy *p,
		       struct nfsec_tuple **fresh)
{
	struct nfsec_tuple shape, *t;
	u8 i;

	p->nrules = p->sel.proto || nfsec_selector_has_ports(&p->sel) ? 2 : 1;
	for (i = 0; i < p->nrules; i++) {
		tuple_shape(&shape, p, i);
		t = tuple_find(spd, p->dir, &shape);
		if (!t) {
			t = kmemdup(&shape, sizeof(shape), GFP_KERNEL_ACCOUNT);
			if (!t)
				return -ENOMEM;
			t->id = spd->next_tuple++;
			fresh[i] = t;
		}
		p->rule[i].tuple = t;
		p->rule[i].policy = p;
	}
	return 0;
}

static void rules_unhash(struct nfsec_spd *spd, struct nfsec_policy *p, u8 n)
{
	while (n--)
		rhltable_remove(&spd->by_tuple, &p->rule[n].node, rule_params);
}

static int rules_hash(struct nfsec_spd *spd, struct nfsec_policy *p)
{
	struct rule_key key;
	int err;
	u8 i;

	for (i = 0; i < p->nrules; i++) {
		rule_key_of(&key, &p->rule[i]);
		err = rhltable_insert_key(&spd->by_tuple, &key,
					  &p->rule[i].node, rule_params);
		if (err) {
			rules_unhash(spd, p, i);
			return err;
		}
	}
	return 0;
}

/* The change itself, of which lookups see all or nothing */
static int rules_swap(struct nfsec_spd *spd, struct nfsec_policy *p,
		      struct nfsec_policy *old, struct nfsec_ruleset *rs)
{
	int err;

	write_seqlock_bh(&spd->change);
	err = rules_hash(spd, p);
	if (!err) {
		if (rs)
			rcu_assign_pointer(spd->rules[p->dir], rs);
		if (old)
			rules_unhash(spd, old, old->nrules);
	}
	write_sequnlock_bh(&spd->change);
	return err;
}

/**
 * nfsec_rules_insert() - let a policy be found
 * @spd: policies of the namespace
 * @p: the policy
 * @old: policy of the same direction it takes the place of, or NULL
 *
 * A packet is judged with @old or with @p, never with none or both. Calls of
 * nfsec_net_changed() are left to the caller.
 *
 * Context: process, &nfsec_net.lock held.
 *
 * Return: 0, or an error; then nothing has changed.
 */
int nfsec_rules_insert(struct nfsec_spd *spd, struct nfsec_policy *p,
		       struct nfsec_policy *old)
{
	struct nfsec_ruleset *rs = NULL, *old_rs = ruleset_of(spd, p->dir);
	struct nfsec_tuple *fresh[NFSEC_RULES_MAX] = { };
	bool renew = old && rules_are_best(old);
	int err;
	u8 i;

	err = rules_shape(spd, p, fresh);
	if (err)
		goto free;
	rules_link(p);
	if (old)
		rules_unlink(old);
	if (renew || rules_are_best(p)) {
		err = -ENOMEM;
		rs = ruleset_make(spd, p->dir, fresh);
		if (!rs)
			goto undo;
	}
	err = rules_swap(spd, p, old, rs);
	if (err)
		goto undo;
	if (rs)
		ruleset_retire(old_rs);
	return 0;

undo:
	rules_unlink(p);
	if (old)
		rules_link(old);
	kvfree(rs);
free:
	for (i = 0; i < NFSEC_RULES_MAX; i++)
		kfree(fresh[i]);
	return err;
}

/**
 * nfsec_rules_remove() - let a policy not be found any more
 * @spd: policies of the namespace
 * @p: the policy
 *
 * Context: process, &nfsec_net.lock held.
 */
void nfsec_rules_remove(struct nfsec_spd *spd, struct nfsec_policy *p)
{
	struct nfsec_ruleset *rs = NULL, *old_rs = ruleset_of(spd, p->dir);
	bool renew = rules_are_best(p);

	rules_unlink(p);
	/* Without memory the list stays: a tuple too many, or tried too early,
	 * costs time only.
	 */
	if (renew)
		rs = ruleset_make(spd, p->dir, NULL);
	write_seqlock_bh(&spd->change);
	rules_unhash(spd, p, p->nrules);
	if (rs)
		rcu_assign_pointer(spd->rules[p->dir], rs);
	write_sequnlock_bh(&spd->change);
	if (rs)
		ruleset_retire(old_rs);
}

/**
 * nfsec_rules_clear() - let none of a direction be found any more, at once
 * @spd: policies of the namespace
 * @dir: the direction
 *
 * Context: process, &nfsec_net.lock held; takes time for each policy.
 */
void nfsec_rules_clear(struct nfsec_spd *spd, u8 dir)
{
	struct nfsec_ruleset *old = ruleset_of(spd, dir);
	struct nfsec_policy *p;

	write_seqlock_bh(&spd->change);
	RCU_INIT_POINTER(spd->rules[dir], NULL);
	write_sequnlock_bh(&spd->change);
	list_for_each_entry(p, &spd->list[dir], list) {
		rules_unhash(spd, p, p->nrules);
		rules_unlink(p);
		cond_resched();
	}
	ruleset_retire(old);
}

static bool rule_matches(const struct nfsec_rule *r,
			 const struct nfsec_flow *fl)
{
	const struct nfsec_policy *p = r->policy;

	return nfsec_mark_match(&p->mark, fl->mark) &&
	       (r->tuple->blind ? nfsec_flow_may_match(&p->sel, fl) :
				     nfsec_flow_match(&p->sel, fl));
}

/* The best that matches in a tuple, if it is better than @best */
static struct nfsec_policy *tuple_search(struct nfsec_spd *spd,
					 const struct nfsec_tuple *t,
					 const struct nfsec_flow *fl,
					 struct nfsec_policy *best)
{
	struct rhlist_head *list, *pos;
	struct rule_key key;
	struct nfsec_rule *r;

	rule_key_set(&key, t, fl);
	list = rhltable_lookup(&spd->by_tuple, &key, rule_params);
	rhl_for_each_entry_rcu(r, pos, list, node)
		if ((!best || nfsec_policy_before(r->policy, best)) &&
		    rule_matches(r, fl))
			best = r->policy;
	return best;
}

static bool tuple_applies(const struct nfsec_tuple *t,
			  const struct nfsec_flow *fl, enum nfsec_pass pass)
{
	if (t->family != AF_UNSPEC && t->family != fl->family)
		return false;
	if (fl->flags & NFSEC_FLOW_FRAG ? t->mask.sport || t->mask.dport :
					  t->blind)
		return false;
	return pass == NFSEC_PASS_ANY ||
	       t->after_nat == (pass == NFSEC_PASS_AFTER_NAT);
}

/* The ordered search; @maybe: the best that a fragment may be for */
static struct nfsec_policy *rules_search(struct nfsec_spd *spd, u8 dir,
					 const struct nfsec_flow *fl,
					 enum nfsec_pass pass,
					 struct nfsec_policy **maybe)
{
	const struct nfsec_ruleset *rs = rcu_dereference(spd->rules[dir]);
	struct nfsec_policy *best = NULL;
	u32 i;

	*maybe = NULL;
	for (i = 0; rs && i < rs->n; i++) {
		const struct nfsec_rank *r = &rs->rank[i];

		if (best && (r->priority > best->priority ||
			     (r->priority == best->priority &&
			      r->order > best->order)))
			break;
		if (!tuple_applies(r->tuple, fl, pass))
			continue;
		if (r->tuple->blind)
			*maybe = tuple_search(spd, r->tuple, fl, *maybe);
		else
			best = tuple_search(spd, r->tuple, fl, best);
	}
	return best;
}

/**
 * nfsec_rules_find() - find the policy for a packet
 * @spd: policies of the namespace
 * @dir: NFSEC_DIR_IN, _OUT or _FWD
 * @fl: the packet
 * @pass: which policies count
 * @unsure: set if the packet is a fragment and a policy that comes before the
 *	one found may be for it, if one could see its ports; else cleared
 *
 * Context: BH disabled, under rcu_read_lock().
 *
 * Return: the policy, without a reference, or NULL if none matches.
 */
struct nfsec_policy *nfsec_rules_find(struct nfsec_spd *spd, u8 dir,
				      const struct nfsec_flow *fl,
				      enum nfsec_pass pass, bool *unsure)
{
	struct nfsec_policy *p, *maybe;
	unsigned int seq;

	seq = read_seqbegin(&spd->change);
	p = rules_search(spd, dir, fl, pass, &maybe);
	if (read_seqretry(&spd->change, seq)) {
		/* Parts of two states of the rules are no state they were ever
		 * in. Now with changes kept out, so that it ends.
		 */
		read_seqlock_excl(&spd->change);
		p = rules_search(spd, dir, fl, pass, &maybe);
		read_sequnlock_excl(&spd->change);
	}
	*unsure = maybe && (!p || nfsec_policy_before(maybe, p));
	return p;
}

/**
 * nfsec_rules_init() - set up the part of @spd that lookups use
 * @spd: policies of a new namespace
 *
 * Context: process, may sleep.
 *
 * Return: 0 or a negative error.
 */
int nfsec_rules_init(struct nfsec_spd *spd)
{
	BUILD_BUG_ON(NFSEC_FLOW_KEYLEN % sizeof(u32));
	seqlock_init(&spd->change);
	return rhltable_init(&spd->by_tuple, &rule_params);
}

/**
 * nfsec_rules_free() - undo nfsec_rules_init()
 * @spd: policies, none left
 */
void nfsec_rules_free(struct nfsec_spd *spd)
{
	u8 dir;

	for (dir = 0; dir < ARRAY_SIZE(spd->rules); dir++) {
		ruleset_retire(ruleset_of(spd, dir));
		RCU_INIT_POINTER(spd->rules[dir], NULL);
	}
	rhltable_destroy(&spd->by_tuple);
}
