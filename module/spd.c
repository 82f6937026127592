// SPDX-License-Identifier: GPL-2.0
/*
 * The security policy database: policies in their order, by selector, by index.
 */
#include <linux/jhash.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "classify.h"
#include "guard.h"
#include "main.h"
#include "notify.h"
#include "rules.h"
#include "spd.h"

#define POLICY_SOFT	0	/* bit of &nfsec_policy.soft_sent */

/* What no two policies have in common */
struct spd_key {
	const struct nfsec_selector *sel;
	struct nfsec_mark mark;
	u8 dir;
};

static u32 spd_hash(const struct nfsec_selector *sel,
		    const struct nfsec_mark *mark, u8 dir, u32 seed)
{
	/* Not what nfsec_selector_equal() leaves out */
	u32 h = jhash(sel, offsetof(struct nfsec_selector, splen), seed);

	return jhash_3words(mark->value, mark->mask, dir, h);
}

static u32 spd_key_hash(const void *data, u32 len, u32 seed)
{
	const struct spd_key *key = data;

	return spd_hash(key->sel, &key->mark, key->dir, seed);
}

static u32 spd_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct nfsec_policy *p = data;

	return spd_hash(&p->sel, &p->mark, p->dir, seed);
}

static int spd_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct spd_key *key = arg->key;
	const struct nfsec_policy *p = obj;

	return p->dir != key->dir || p->mark.value != key->mark.value ||
	       p->mark.mask != key->mark.mask ||
	       !nfsec_selector_equal(&p->sel, key->sel);
}

static const struct rhashtable_params spd_params = {
	.head_offset = offsetof(struct nfsec_policy, sel_node),
	.key_len = sizeof(struct spd_key),
	.hashfn = spd_key_hash,
	.obj_hashfn = spd_obj_hash,
	.obj_cmpfn = spd_cmp,
	.automatic_shrinking = true,
};

/**
 * nfsec_spd_init() - make an empty database
 * @spd: the database
 *
 * Context: process, may sleep.
 *
 * Return: 0 or a negative error.
 */
int nfsec_spd_init(struct nfsec_spd *spd)
{
	u8 dir;
	int err;

	for (dir = 0; dir < ARRAY_SIZE(spd->list); dir++) {
		INIT_LIST_HEAD(&spd->list[dir]);
		spd->sorted[dir] = RB_ROOT;
		spd->default_action[dir] = NFSEC_ACTION_ALLOW;
	}
	xa_init(&spd->by_index);
	atomic_set(&spd->objects, 0);
	err = rhashtable_init(&spd->by_sel, &spd_params);
	if (err)
		return err;
	err = nfsec_rules_init(spd);
	if (err)
		rhashtable_destroy(&spd->by_sel);
	return err;
}

/**
 * nfsec_spd_destroy() - remove all policies and free the database
 * @nn: namespace
 *
 * Context: process, sleeps; &nfsec_net.lock not held.
 */
void nfsec_spd_destroy(struct nfsec_net *nn)
{
	struct nfsec_spd *spd = &nn->spd;

	mutex_lock(&nn->lock);
	nfsec_spd_flush(nn, NFSEC_DIR_ANY, NULL);
	mutex_unlock(&nn->lock);
	/* Work that is about to delete a policy uses the namespace. */
	wait_var_event(&spd->objects, !atomic_read(&spd->objects));
	nfsec_rules_free(spd);
	rhashtable_destroy(&spd->by_sel);
	xa_destroy(&spd->by_index);
}

/**
 * nfsec_policy_put() - drop a reference
 * @p: the policy; freed after a grace period if it was the last one
 *
 * Context: any.
 */
void nfsec_policy_put(struct nfsec_policy *p)
{
	atomic_t *objects = &p->nn->spd.objects;

	if (!refcount_dec_and_test(&p->refcnt))
		return;
	kfree_rcu(p, rcu);
	/* What the packet path may still do with it needs no namespace. */
	if (atomic_dec_and_test(objects))
		wake_up_var(objects);
}

static u64 policy_soft(const struct nfsec_policy *p)
{
	return nfsec_lifetime_first(p->added, p->limits.soft_add,
				    READ_ONCE(p->first_used),
				    p->limits.soft_use);
}

static u64 policy_hard(const struct nfsec_policy *p)
{
	return nfsec_lifetime_first(p->added, p->limits.hard_add,
				    READ_ONCE(p->first_used),
				    p->limits.hard_use);
}

static void policy_expire_work(struct work_struct *work)
{
	struct nfsec_policy *p = container_of(work, struct nfsec_policy,
					      expire_work);
	struct nfsec_net *nn = p->nn;

	mutex_lock(&nn->lock);
	if (!p->dead) {
		nfsec_spd_remove(nn, p);
		nfsec_notify_policy_expire(p, true);
	}
	mutex_unlock(&nn->lock);
	nfsec_policy_put(p);
}

/* As that of an SA: see lifetime_timer() */
static void policy_timer(struct timer_list *t)
{
	struct nfsec_policy *p = container_of(t, struct nfsec_policy, timer);
	u64 hard = policy_hard(p), soft = policy_soft(p), next = hard;
	u32 now = nfsec_lifetime_now();

	if (hard <= now) {
		if (refcount_inc_not_zero(&p->refcnt) &&
		    !queue_work(nfsec_wq, &p->expire_work))
			nfsec_policy_put(p);
		return;
	}
	if (soft > now)
		next = min(soft, hard);
	else if (!test_and_set_bit(POLICY_SOFT, &p->soft_sent))
		nfsec_notify_policy_expire(p, false);
	if (next != U64_MAX)
		timer_reduce(&p->timer,
			     jiffies + nfsec_lifetime_delay(now, next));
}

/**
 * nfsec_policy_used() - note that a policy decided on packets
 * @p: the policy
 * @packets: how many
 * @bytes: octets they have
 *
 * Context: BH disabled, under rcu_read_lock().
 */
void nfsec_policy_used(struct nfsec_policy *p, u32 packets, u32 bytes)
{
	u32 now;

	atomic64_add(packets, &p->packets);
	atomic64_add(bytes, &p->bytes);
	if (!time_after(jiffies, READ_ONCE(p->used_jiffies)))
		return;
	now = nfsec_lifetime_now();
	WRITE_ONCE(p->used_jiffies, jiffies);
	WRITE_ONCE(p->last_used, now);
	if (READ_ONCE(p->first_used))
		return;
	WRITE_ONCE(p->first_used, now);
	if (p->limits.soft_use || p->limits.hard_use)
		mod_timer(&p->timer, jiffies);
}

static int spd_check_tmpl(const struct nfsec_policy_config *cfg,
			  const struct nfsec_tmpl *t,
			  struct netlink_ext_ack *extack)
{
	if (t->proto != IPPROTO_ESP && t->proto != IPPROTO_AH) {
		NL_SET_ERR_MSG(extack,
			       "protocol of a template is neither ESP nor AH");
		return -EPROTONOSUPPORT;
	}
	if (t->mode != NFSEC_MODE_TRANSPORT && t->mode != NFSEC_MODE_TUNNEL) {
		NL_SET_ERR_MSG(extack,
			       "mode of a template is neither transport nor tunnel");
		return -EINVAL;
	}
	if (cfg->dir == NFSEC_DIR_OUT && t->mode == NFSEC_MODE_TUNNEL &&
	    !t->reqid && nfsec_addr_any(&t->daddr)) {
		NL_SET_ERR_MSG(extack,
			       "tunnel template of an outbound policy needs a destination or a reqid");
		return -EINVAL;
	}
	return 0;
}

static int spd_check(const struct nfsec_policy_config *cfg,
		     struct netlink_ext_ack *extack)
{
	struct nfsec_decision *d;
	u8 i;
	int err;

	if (cfg->dir < NFSEC_DIR_IN || cfg->dir > NFSEC_DIR_FWD) {
		NL_SET_ERR_MSG(extack, "policy needs direction in, out or fwd");
		return -EINVAL;
	}
	if (cfg->index && (cfg->index & 3) != cfg->dir) {
		NL_SET_ERR_MSG(extack,
			       "low 2 bits of the index are not the direction");
		return -EINVAL;
	}
	if (cfg->mark.value & ~cfg->mark.mask) {
		NL_SET_ERR_MSG(extack, "mark has bits outside its mask");
		return -EINVAL;
	}
	if (cfg->flags & NFSEC_POLICY_FLAGS_AFTER_NAT &&
	    cfg->dir != NFSEC_DIR_OUT) {
		NL_SET_ERR_MSG(extack,
			       "flag after-nat is for outbound policies");
		return -EINVAL;
	}
	if (cfg->action == NFSEC_ACTION_BLOCK && cfg->ntmpl) {
		NL_SET_ERR_MSG(extack, "block policy cannot have templates");
		return -EINVAL;
	}
	if (cfg->ntmpl > NFSEC_TMPL_MAX ||
	    (cfg->dir == NFSEC_DIR_OUT && cfg->ntmpl > ARRAY_SIZE(d->sa))) {
		NL_SET_ERR_MSG(extack, "policy has too many templates");
		return -EINVAL;
	}
	for (i = 0; i < cfg->ntmpl; i++) {
		err = spd_check_tmpl(cfg, &cfg->tmpl[i], extack);
		if (err)
			return err;
	}
	return 0;
}

static struct nfsec_policy *spd_find_sel(struct nfsec_spd *spd, u8 dir,
					 const struct nfsec_selector *sel,
					 const struct nfsec_mark *mark)
{
	struct spd_key key = {
		.sel = sel,
		.dir = dir,
	};

	if (mark)
		key.mark = *mark;
	return rhashtable_lookup_fast(&spd->by_sel, &key, spd_params);
}

/* The policy to be replaced, NULL for none, or an error */
static struct nfsec_policy *spd_find_old(struct nfsec_spd *spd,
					 const struct nfsec_policy_config *cfg,
					 bool replace,
					 struct netlink_ext_ack *extack)
{
	struct nfsec_policy *old, *other;

	old = spd_find_sel(spd, cfg->dir, &cfg->sel, &cfg->mark);
	if (old && !replace) {
		NL_SET_ERR_MSG(extack,
			       "there is a policy of this direction, selector and mark");
		return ERR_PTR(-EEXIST);
	}
	if (!cfg->index)
		return old;
	if (old && old->index != cfg->index) {
		NL_SET_ERR_MSG(extack,
			       "policy of this selector has another index");
		return ERR_PTR(-EEXIST);
	}
	other = xa_load(&spd->by_index, cfg->index);
	if (other && other != old) {
		NL_SET_ERR_MSG(extack,
			       "index belongs to a policy of another selector");
		return ERR_PTR(-EEXIST);
	}
	return old;
}

static struct nfsec_policy *policy_alloc(struct nfsec_net *nn,
					 const struct nfsec_policy_config *cfg)
{
	struct nfsec_policy *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	refcount_set(&p->refcnt, 1);
	atomic_inc(&nn->spd.objects);
	p->nn = nn;
	p->sel = cfg->sel;
	p->mark = cfg->mark;
	p->index = cfg->index;
	p->priority = cfg->priority;
	p->flags = cfg->flags;
	p->dir = cfg->dir;
	p->action = cfg->action;
	p->ntmpl = cfg->ntmpl;
	memcpy(p->tmpl, cfg->tmpl, sizeof(p->tmpl));
	p->limits = cfg->limits;
	p->added = nfsec_lifetime_now();
	p->added_wall = ktime_get_real_seconds();
	p->used_jiffies = jiffies - 1;
	timer_setup(&p->timer, policy_timer, 0);
	INIT_WORK(&p->expire_work, policy_expire_work);
	INIT_LIST_HEAD(&p->list);
	return p;
}

/* Reserve an index; @old gives its own to the policy that replaces it */
static int spd_take_index(struct nfsec_spd *spd, struct nfsec_policy *p,
			  struct nfsec_policy *old)
{
	int err;

	if (old) {
		p->index = old->index;
		return xa_err(xa_store(&spd->by_index, p->index, p,
				       GFP_KERNEL));
	}
	if (p->index)
		return xa_insert(&spd->by_index, p->index, p, GFP_KERNEL);
	do {
		spd->next_index += 4;
		p->index = (spd->next_index & ~3U) | p->dir;
		err = xa_insert(&spd->by_index, p->index, p, GFP_KERNEL);
	} while (err == -EBUSY);
	return err;
}

static void spd_return_index(struct nfsec_spd *spd, struct nfsec_policy *p,
			     struct nfsec_policy *old)
{
	/* There is a slot for it, so storing needs no memory. */
	if (old)
		xa_store(&spd->by_index, p->index, old, GFP_KERNEL);
	else
		xa_erase(&spd->by_index, p->index);
}

static int spd_take_selector(struct nfsec_spd *spd, struct nfsec_policy *p,
			     struct nfsec_policy *old)
{
	if (old)
		return rhashtable_replace_fast(&spd->by_sel, &old->sel_node,
					       &p->sel_node, spd_params);
	return rhashtable_insert_fast(&spd->by_sel, &p->sel_node, spd_params);
}

static void spd_return_selector(struct nfsec_spd *spd, struct nfsec_policy *p,
				struct nfsec_policy *old)
{
	if (old)
		rhashtable_replace_fast(&spd->by_sel, &p->sel_node,
					&old->sel_node, spd_params);
	else
		rhashtable_remove_fast(&spd->by_sel, &p->sel_node, spd_params);
}

static bool spd_less(struct rb_node *a, const struct rb_node *b)
{
	return nfsec_policy_before(rb_entry(a, struct nfsec_policy, node),
				   rb_entry(b, struct nfsec_policy, node));
}

static void spd_link(struct nfsec_spd *spd, struct nfsec_policy *p)
{
	struct rb_node *prev;

	rb_add(&p->node, &spd->sorted[p->dir], spd_less);
	prev = rb_prev(&p->node);
	list_add(&p->list, prev ?
		 &rb_entry(prev, struct nfsec_policy, node)->list :
		 &spd->list[p->dir]);
	WRITE_ONCE(spd->count, spd->count + 1);
	if (p->flags & NFSEC_POLICY_FLAGS_AFTER_NAT)
		WRITE_ONCE(spd->after_nat, spd->after_nat + 1);
}

/* The rest of taking a policy out, when it is in no table any more */
static void spd_unlink(struct nfsec_spd *spd, struct nfsec_policy *p)
{
	p->dead = true;
	rb_erase(&p->node, &spd->sorted[p->dir]);
	list_del(&p->list);
	WRITE_ONCE(spd->count, spd->count - 1);
	if (p->flags & NFSEC_POLICY_FLAGS_AFTER_NAT)
		WRITE_ONCE(spd->after_nat, spd->after_nat - 1);
	timer_shutdown_sync(&p->timer);
}

static void policy_start(struct nfsec_policy *p)
{
	const struct nfsec_limits *l = &p->limits;

	if (l->soft_add || l->hard_add || l->soft_use || l->hard_use)
		mod_timer(&p->timer, jiffies);
}

/* Enter a policy in all tables, last of all in the one that counts */
static int spd_publish(struct nfsec_spd *spd, struct nfsec_policy *p,
		       struct nfsec_policy *old)
{
	int err;

	err = spd_take_index(spd, p, old);
	if (err)
		return err;
	err = spd_take_selector(spd, p, old);
	if (err)
		goto err_index;
	err = nfsec_rules_insert(spd, p, old);
	if (err)
		goto err_selector;
	return 0;

err_selector:
	spd_return_selector(spd, p, old);
err_index:
	spd_return_index(spd, p, old);
	return err;
}

/**
 * nfsec_spd_insert() - add a policy
 * @nn: namespace
 * @cfg: what it is to be
 * @replace: if there is one of the same direction, selector and mark, put this
 *	one in its place, with its index and its turn among equal priorities
 * @policy: the new policy; no reference is given, &nfsec_net.lock keeps it
 * @extack: told why not
 *
 * Context: process, &nfsec_net.lock held.
 *
 * Return: 0, -EEXIST if there is one and @replace is not set, or another
 * error; then nothing has changed.
 */
int nfsec_spd_insert(struct nfsec_net *nn,
		     const struct nfsec_policy_config *cfg, bool replace,
		     struct nfsec_policy **policy,
		     struct netlink_ext_ack *extack)
{
	struct nfsec_spd *spd = &nn->spd;
	struct nfsec_policy *p, *old;
	int err;

	err = spd_check(cfg, extack);
	if (err)
		return err;
	old = spd_find_old(spd, cfg, replace, extack);
	if (IS_ERR(old))
		return PTR_ERR(old);
	err = nfsec_net_hook(nn);
	if (err) {
		NL_SET_ERR_MSG(extack, "netfilter hooks cannot be registered");
		return err;
	}
	p = policy_alloc(nn, cfg);
	if (!p)
		return -ENOMEM;
	p->order = old ? old->order : ++spd->next_order;
	err = spd_publish(spd, p, old);
	if (err) {
		nfsec_policy_put(p);
		NL_SET_ERR_MSG(extack, "policy cannot be put into the tables");
		return err;
	}
	spd_link(spd, p);
	if (old)
		spd_unlink(spd, old);
	nfsec_guard_changed(nn);
	policy_start(p);
	if (old)
		nfsec_policy_put(old);
	*policy = p;
	return 0;
}

/**
 * nfsec_spd_remove() - take a policy out
 * @nn: namespace
 * @p: the policy; the reference of the tables is dropped
 *
 * Context: process, &nfsec_net.lock held; waits for the timer of @p.
 */
void nfsec_spd_remove(struct nfsec_net *nn, struct nfsec_policy *p)
{
	struct nfsec_spd *spd = &nn->spd;

	if (p->dead)
		return;
	nfsec_rules_remove(spd, p);
	spd_return_selector(spd, p, NULL);
	spd_return_index(spd, p, NULL);
	spd_unlink(spd, p);
	nfsec_guard_changed(nn);
	nfsec_policy_put(p);
}

static u32 spd_flush_dir(struct nfsec_net *nn, u8 dir)
{
	struct nfsec_spd *spd = &nn->spd;
	struct nfsec_policy *p, *tmp;
	u32 n = 0;

	if (list_empty(&spd->list[dir]))
		return 0;
	nfsec_rules_clear(spd, dir);
	nfsec_guard_changed(nn);
	list_for_each_entry_safe(p, tmp, &spd->list[dir], list) {
		spd_return_selector(spd, p, NULL);
		spd_return_index(spd, p, NULL);
		spd_unlink(spd, p);
		nfsec_policy_put(p);
		n++;
		cond_resched();
	}
	return n;
}

/**
 * nfsec_spd_flush() - remove all policies
 * @nn: namespace
 * @dir: direction, NFSEC_DIR_ANY for all
 * @count: number of policies removed; may be NULL
 *
 * Of each direction all stop to be found at once. Context: process,
 * &nfsec_net.lock held.
 *
 * Return: 0.
 */
int nfsec_spd_flush(struct nfsec_net *nn, u8 dir, u32 *count)
{
	u32 n = 0;
	u8 d;

	for (d = NFSEC_DIR_IN; d <= NFSEC_DIR_FWD; d++)
		if (dir == NFSEC_DIR_ANY || dir == d)
			n += spd_flush_dir(nn, d);
	if (count)
		*count = n;
	return 0;
}

/**
 * nfsec_spd_find() - find a policy by what names it
 * @nn: namespace
 * @dir: direction
 * @index: its index, or 0 to find it by selector and mark
 * @sel: selector
 * @mark: mark, NULL for none
 *
 * Context: process, &nfsec_net.lock held.
 *
 * Return: the policy, without a reference, or NULL.
 */
struct nfsec_policy *nfsec_spd_find(struct nfsec_net *nn, u8 dir, u32 index,
				    const struct nfsec_selector *sel,
				    const struct nfsec_mark *mark)
{
	struct nfsec_policy *p;

	if (!index)
		return spd_find_sel(&nn->spd, dir, sel, mark);
	p = xa_load(&nn->spd.by_index, index);
	return p && p->dir == dir ? p : NULL;
}
