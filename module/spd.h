/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SPD_H
#define _NFSEC_SPD_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/seqlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <uapi/nfsec.h>

#include "flow.h"
#include "lifetime.h"

#define NFSEC_TMPL_MAX	6

struct nfsec_net;
struct nfsec_ruleset;
struct nfsec_tuple;
struct netlink_ext_ack;

/**
 * struct nfsec_tmpl - what SA a policy wants
 * @saddr: source of the tunnel, zero for any
 * @daddr: destination of the tunnel, zero for any with @reqid; in transport
 *	mode the addresses of the packet count instead of both
 * @spi: SPI, network order, 0 for any
 * @reqid: reqid, 0 for any
 * @family: family of the addresses; AF_UNSPEC if both are absent
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @mode: NFSEC_MODE_*
 * @level: NFSEC_LEVEL_*
 */
struct nfsec_tmpl {
	struct nfsec_addr saddr;
	struct nfsec_addr daddr;
	__be32 spi;
	u32 reqid;
	u8 family;
	u8 proto;
	u8 mode;
	u8 level;
};

#define NFSEC_RULES_MAX	2

/**
 * struct nfsec_rule - a policy under one shape of its selector
 * @node: in &nfsec_spd.by_tuple
 * @tuple_node: among those with the same @tuple, sorted
 * @tuple: the shape
 * @policy: the policy
 */
struct nfsec_rule {
	struct rhlist_head node;
	struct rb_node tuple_node;
	struct nfsec_tuple *tuple;
	struct nfsec_policy *policy;
};

/**
 * struct nfsec_policy - one entry of the SPD
 * @sel: packets it is for
 * @mark: mark a packet must have
 * @index: number that names it; its low 2 bits are the direction
 * @priority: lower is matched first
 * @order: number of creation; breaks ties
 * @flags: NFSEC_POLICY_FLAGS_*
 * @dir: NFSEC_DIR_IN, _OUT or _FWD
 * @action: NFSEC_ACTION_*
 * @dead: is out of the table
 * @ntmpl: number of templates
 * @tmpl: templates, in outbound order of processing
 * @list: in &nfsec_spd.list of its direction, sorted by (priority, order)
 * @node: in &nfsec_spd.sorted of its direction, for finding the place in @list
 * @sel_node: in &nfsec_spd.by_sel
 * @nrules: number of @rule
 * @rule: how it is found, see rules.c: by its selector, and by that without
 *	ports and protocol if it has them
 * @limits: limits; only those of time have an effect
 * @bytes: octets of packets it decided
 * @packets: packets it decided
 * @first_used: boot time in seconds, 0 for never
 * @last_used: likewise
 * @used_jiffies: jiffies when @last_used was set
 * @added: boot time in seconds of creation
 * @added_wall: wall-clock time of creation
 * @acquire_until: jiffies before which no other acquire event is sent for it
 * @held: packets that wait for an SA of it, under &nfsec_hold.lock
 * @soft_sent: bit 0: soft expire event was sent
 * @nn: namespace
 * @timer: limits of time
 * @expire_work: deletes it after its hard limit, in process context
 * @refcnt: references; the table holds one
 * @rcu: frees it
 *
 * All that the packet path matches or obeys is constant once published; an
 * update makes a new policy and replaces the old one.
 */
struct nfsec_policy {
	struct nfsec_selector sel;
	struct nfsec_mark mark;
	u32 index;
	u32 priority;
	u64 order;
	u32 flags;
	u8 dir;
	u8 action;
	bool dead;
	u8 ntmpl;
	struct nfsec_tmpl tmpl[NFSEC_TMPL_MAX];

	struct list_head list;
	struct rb_node node;
	struct rhash_head sel_node;
	u8 nrules;
	struct nfsec_rule rule[NFSEC_RULES_MAX];
	struct nfsec_limits limits;
	atomic64_t bytes;
	atomic64_t packets;
	u32 first_used;
	u32 last_used;
	unsigned long used_jiffies;
	u32 added;
	u64 added_wall;
	unsigned long acquire_until;
	u32 held;
	unsigned long soft_sent;
	struct nfsec_net *nn;
	struct timer_list timer;
	struct work_struct expire_work;
	refcount_t refcnt;
	struct rcu_head rcu;
};

/**
 * struct nfsec_spd - the security policy database of a namespace
 * @list: policies of each direction, sorted; changed under &nfsec_net.lock,
 *	the index is NFSEC_DIR_*
 * @sorted: the same as trees
 * @by_sel: policies by direction, selector and mark, which no two share
 * @by_index: policies by &nfsec_policy.index
 * @rules: shapes of selectors there are, for the packet path, see rules.c
 * @by_tuple: policies by shape and by what of the selector that fixes
 * @change: the packet path sees all of a change of @rules and @by_tuple or none
 * @default_action: NFSEC_ACTION_* for packets that match no policy
 * @count: number of policies
 * @objects: policies that are not freed yet
 * @after_nat: number of outbound policies matched after source NAT
 * @next_order: for &nfsec_policy.order
 * @next_index: for &nfsec_policy.index
 * @next_tuple: for naming shapes
 */
struct nfsec_spd {
	struct list_head list[NFSEC_DIR_FWD + 1];
	struct rb_root sorted[NFSEC_DIR_FWD + 1];
	struct rhashtable by_sel;
	struct xarray by_index;
	struct nfsec_ruleset __rcu *rules[NFSEC_DIR_FWD + 1];
	struct rhltable by_tuple;
	seqlock_t change;
	u8 default_action[NFSEC_DIR_FWD + 1];
	u32 count;
	atomic_t objects;
	u32 after_nat;
	u64 next_order;
	u32 next_index;
	u32 next_tuple;
};

/**
 * struct nfsec_policy_config - all a user says of a policy
 * @sel: packets it is for
 * @mark: mark a packet must have
 * @index: number that names it, 0 to have one chosen
 * @priority: lower is matched first
 * @flags: NFSEC_POLICY_FLAGS_*
 * @dir: NFSEC_DIR_IN, _OUT or _FWD
 * @action: NFSEC_ACTION_*
 * @ntmpl: number of templates
 * @tmpl: templates, in outbound order of processing
 * @limits: limits; only those of time have an effect
 */
struct nfsec_policy_config {
	struct nfsec_selector sel;
	struct nfsec_mark mark;
	u32 index;
	u32 priority;
	u32 flags;
	u8 dir;
	u8 action;
	u8 ntmpl;
	struct nfsec_tmpl tmpl[NFSEC_TMPL_MAX];
	struct nfsec_limits limits;
};

/* Is @a matched before @b? */
static inline bool nfsec_policy_before(const struct nfsec_policy *a,
				       const struct nfsec_policy *b)
{
	return a->priority != b->priority ? a->priority < b->priority :
					    a->order < b->order;
}

int nfsec_spd_init(struct nfsec_spd *spd);
void nfsec_spd_destroy(struct nfsec_net *nn);
int nfsec_spd_insert(struct nfsec_net *nn,
		     const struct nfsec_policy_config *cfg, bool replace,
		     struct nfsec_policy **policy,
		     struct netlink_ext_ack *extack);
void nfsec_spd_remove(struct nfsec_net *nn, struct nfsec_policy *p);
int nfsec_spd_flush(struct nfsec_net *nn, u8 dir, u32 *count);
struct nfsec_policy *nfsec_spd_find(struct nfsec_net *nn, u8 dir, u32 index,
				    const struct nfsec_selector *sel,
				    const struct nfsec_mark *mark);
void nfsec_policy_put(struct nfsec_policy *p);
void nfsec_policy_used(struct nfsec_policy *p, u32 packets, u32 bytes);

#endif /* _NFSEC_SPD_H */
