// SPDX-License-Identifier: GPL-2.0
/*
 * Events for whoever listens: changes, limits reached, SAs wanted. Nothing is
 * built while nobody listens, and no event has a key in it.
 */

#include <linux/jhash.h>
#include <linux/jiffies.h>

#include "main.h"
#include "netlink.h"
#include "notify.h"

/* For one policy an SA is asked for no more often than this */
#define ACQUIRE_INTERVAL	HZ

#define EVENT_ROOM		1024

static struct sk_buff *event_begin(struct net *net, unsigned int group, u8 cmd,
				   size_t room, gfp_t gfp, void **hdr)
{
	struct sk_buff *skb;

	if (!nfsec_nl_has_listeners(net, group))
		return NULL;
	skb = genlmsg_new(room, gfp);
	if (!skb)
		return NULL;
	*hdr = genlmsg_put(skb, 0, 0, &nfsec_nl_family, 0, cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

/* A listener that is too slow sees ENOBUFS; nobody else has to know */
static void event_send(struct net *net, unsigned int group,
		       struct sk_buff *skb, void *hdr, int err, gfp_t gfp)
{
	if (WARN_ON_ONCE(err)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&nfsec_nl_family, net, skb, 0, group, gfp);
}

static void notify_sa(struct nfsec_sa *sa, u8 event,
		      const struct nfsec_addr *saddr,
		      const struct nfsec_addr *daddr, u8 family)
{
	struct net *net = sa->nn->net;
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = event_begin(net, NFSEC_NLGRP_SA, NFSEC_CMD_SA_NTF,
			  NFSEC_NL_SA_ROOM, GFP_KERNEL, &hdr);
	if (!skb)
		return;
	err = nla_put_u8(skb, NFSEC_A_SA_EVENT, event);
	if (!err)
		err = nfsec_nl_put_sa(skb, sa, NFSEC_NL_SA_DROPS);
	if (!err && saddr)
		err = nfsec_nl_put_addr(skb, NFSEC_A_SA_OLD_SRC, saddr,
					family);
	if (!err && daddr)
		err = nfsec_nl_put_addr(skb, NFSEC_A_SA_OLD_DST, daddr,
					family);
	event_send(net, NFSEC_NLGRP_SA, skb, hdr, err, GFP_KERNEL);
}

/**
 * nfsec_notify_sa() - an SA was created, changed or deleted
 * @sa: the SA
 * @event: command that did it
 *
 * Context: process, may sleep.
 */
void nfsec_notify_sa(struct nfsec_sa *sa, u8 event)
{
	notify_sa(sa, event, NULL, NULL, 0);
}

/**
 * nfsec_notify_migrate() - an SA has moved
 * @sa: the SA
 * @saddr: source address it had
 * @daddr: destination address it had
 * @family: family of both
 *
 * Context: process, may sleep.
 */
void nfsec_notify_migrate(struct nfsec_sa *sa, const struct nfsec_addr *saddr,
			  const struct nfsec_addr *daddr, u8 family)
{
	notify_sa(sa, NFSEC_CMD_SA_MIGRATE, saddr, daddr, family);
}

static int put_expire(struct sk_buff *skb, const struct nfsec_sa *sa, bool hard)
{
	if (nla_put_u8(skb, NFSEC_A_SA_EXPIRE, hard ? NFSEC_EXPIRE_KIND_HARD :
						      NFSEC_EXPIRE_KIND_SOFT) ||
	    nfsec_nl_put_sa_id(skb, sa, nfsec_sa_path(sa)) ||
	    nla_put_u8(skb, NFSEC_A_SA_MODE, sa->mode) ||
	    nla_put_u32(skb, NFSEC_A_SA_REQID, sa->reqid))
		return -EMSGSIZE;
	return nfsec_nl_put_sa_usage(skb, sa);
}

/**
 * nfsec_notify_expire() - an SA has reached a limit
 * @sa: the SA
 * @hard: it was a hard one, the SA is not used any more
 *
 * Context: any.
 */
void nfsec_notify_expire(struct nfsec_sa *sa, bool hard)
{
	struct net *net = sa->nn->net;
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = event_begin(net, NFSEC_NLGRP_EXPIRE, NFSEC_CMD_EXPIRE_NTF,
			  EVENT_ROOM, GFP_ATOMIC, &hdr);
	if (!skb)
		return;
	rcu_read_lock();
	err = put_expire(skb, sa, hard);
	rcu_read_unlock();
	event_send(net, NFSEC_NLGRP_EXPIRE, skb, hdr, err, GFP_ATOMIC);
}

/* A change is told at once, but not more often than this ... */
#define MAPPING_INTERVAL	HZ
/* ... and again after this, if nobody has moved the SA */
#define MAPPING_AGAIN		(60 * HZ)

/* Only one of those who see it at the same time goes on */
static bool mapping_due(struct nfsec_sa *sa, const struct nfsec_addr *saddr,
			__be16 sport)
{
	u32 key = jhash2((const u32 *)saddr->a6, 4, (__force u32)sport);
	unsigned long last = READ_ONCE(sa->mapping_at);
	unsigned long wait = MAPPING_INTERVAL;

	if (READ_ONCE(sa->mapping_key) == key)
		wait = MAPPING_AGAIN;
	if (last && time_before(jiffies, last + wait))
		return false;
	if (cmpxchg(&sa->mapping_at, last, jiffies ?: 1) != last)
		return false;
	WRITE_ONCE(sa->mapping_key, key);
	return true;
}

static int put_mapping(struct sk_buff *skb, const struct nfsec_sa *sa,
		       const struct nfsec_addr *saddr, u8 family, __be16 sport)
{
	const struct nfsec_path *path = nfsec_sa_path(sa);

	if (nfsec_nl_put_sa_id(skb, sa, path) ||
	    nla_put_u8(skb, NFSEC_A_SA_MODE, sa->mode) ||
	    nla_put_u32(skb, NFSEC_A_SA_REQID, sa->reqid) ||
	    nfsec_nl_put_encap(skb, path) ||
	    nfsec_nl_put_addr(skb, NFSEC_A_SA_NEW_SRC, saddr, family))
		return -EMSGSIZE;
	return nla_put_u16(skb, NFSEC_A_SA_NEW_SPORT, ntohs(sport));
}

/**
 * nfsec_notify_mapping() - an authentic packet came from another address or
 *	port than its SA has
 * @sa: the SA
 * @saddr: where it came from
 * @family: family of @saddr
 * @sport: UDP port it came from
 *
 * Tells of a change once, and of changes no more than once a second.
 *
 * Context: softirq, under rcu_read_lock().
 */
void nfsec_notify_mapping(struct nfsec_sa *sa, const struct nfsec_addr *saddr,
			  u8 family, __be16 sport)
{
	struct net *net = sa->nn->net;
	struct sk_buff *skb;
	void *hdr;

	if (!nfsec_nl_has_listeners(net, NFSEC_NLGRP_MAPPING) ||
	    !mapping_due(sa, saddr, sport))
		return;
	skb = event_begin(net, NFSEC_NLGRP_MAPPING, NFSEC_CMD_MAPPING_NTF,
			  EVENT_ROOM, GFP_ATOMIC, &hdr);
	if (skb)
		event_send(net, NFSEC_NLGRP_MAPPING, skb, hdr,
			   put_mapping(skb, sa, saddr, family, sport),
			   GFP_ATOMIC);
}

/**
 * nfsec_notify_policy() - a policy was created, changed or deleted
 * @p: the policy
 * @event: command that did it
 *
 * Context: process, may sleep.
 */
void nfsec_notify_policy(struct nfsec_policy *p, u8 event)
{
	struct net *net = p->nn->net;
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = event_begin(net, NFSEC_NLGRP_POLICY, NFSEC_CMD_POLICY_NTF,
			  NFSEC_NL_POLICY_ROOM, GFP_KERNEL, &hdr);
	if (!skb)
		return;
	err = nla_put_u8(skb, NFSEC_A_POLICY_EVENT, event);
	if (!err)
		err = nfsec_nl_put_policy(skb, p);
	event_send(net, NFSEC_NLGRP_POLICY, skb, hdr, err, GFP_KERNEL);
}

static int put_policy_expire(struct sk_buff *skb, const struct nfsec_policy *p,
			     bool hard)
{
	if (nla_put_u8(skb, NFSEC_A_POLICY_EXPIRE,
		       hard ? NFSEC_EXPIRE_KIND_HARD :
			      NFSEC_EXPIRE_KIND_SOFT) ||
	    nla_put_u8(skb, NFSEC_A_POLICY_DIR, p->dir) ||
	    nla_put_u32(skb, NFSEC_A_POLICY_INDEX, p->index))
		return -EMSGSIZE;
	return nfsec_nl_put_selector(skb, NFSEC_A_POLICY_SEL, &p->sel);
}

/**
 * nfsec_notify_policy_expire() - a policy has reached a limit
 * @p: the policy
 * @hard: it was a hard one, the policy is about to go
 *
 * Context: any.
 */
void nfsec_notify_policy_expire(struct nfsec_policy *p, bool hard)
{
	struct net *net = p->nn->net;
	struct sk_buff *skb;
	void *hdr;

	skb = event_begin(net, NFSEC_NLGRP_EXPIRE, NFSEC_CMD_POLICY_EXPIRE_NTF,
			  EVENT_ROOM, GFP_ATOMIC, &hdr);
	if (skb)
		event_send(net, NFSEC_NLGRP_EXPIRE, skb, hdr,
			   put_policy_expire(skb, p, hard), GFP_ATOMIC);
}

/* Only one of those who meet an unprotected flow at the same time goes on */
static bool acquire_due(struct nfsec_policy *p)
{
	unsigned long until = READ_ONCE(p->acquire_until);

	if (until && time_before(jiffies, until))
		return false;
	return cmpxchg(&p->acquire_until, until,
		       (jiffies + ACQUIRE_INTERVAL) ?: 1) == until;
}

static int put_acquire(struct sk_buff *skb, struct nfsec_net *nn,
		       const struct nfsec_policy *p, u8 n,
		       const struct nfsec_flow *fl)
{
	struct nfsec_tmpl tmpl = p->tmpl[n];
	struct nfsec_selector sel;

	if (tmpl.mode == NFSEC_MODE_TRANSPORT) {
		tmpl.family = fl->family;
		tmpl.saddr = fl->saddr;
		tmpl.daddr = fl->daddr;
	}
	nfsec_selector_from_flow(&sel, fl);
	if (nla_put_u32(skb, NFSEC_A_ACQUIRE_SEQ,
			atomic_inc_return(&nn->acquire_seq)) ||
	    nla_put_u32(skb, NFSEC_A_ACQUIRE_POLICY_INDEX, p->index) ||
	    nla_put_u8(skb, NFSEC_A_ACQUIRE_DIR, p->dir) ||
	    nfsec_nl_put_selector(skb, NFSEC_A_ACQUIRE_SEL, &sel) ||
	    nfsec_nl_put_tmpl(skb, NFSEC_A_ACQUIRE_TMPL, &tmpl) ||
	    nfsec_nl_put_selector(skb, NFSEC_A_ACQUIRE_POLICY_SEL, &p->sel))
		return -EMSGSIZE;
	return nla_put_u32(skb, NFSEC_A_ACQUIRE_MARK, fl->mark);
}

/**
 * nfsec_notify_acquire() - a packet needs an SA that is not there
 * @nn: namespace
 * @p: policy the packet met
 * @tmpl: number of the template that no SA fits
 * @fl: the packet
 *
 * Asks at most once a second for each policy.
 *
 * Context: any, under rcu_read_lock().
 * Return: whether there is anyone to ask.
 */
bool nfsec_notify_acquire(struct nfsec_net *nn, struct nfsec_policy *p,
			  u8 tmpl, const struct nfsec_flow *fl)
{
	struct sk_buff *skb;
	void *hdr;

	if (!nfsec_nl_has_listeners(nn->net, NFSEC_NLGRP_ACQUIRE))
		return false;
	if (!acquire_due(p))
		return true;
	skb = event_begin(nn->net, NFSEC_NLGRP_ACQUIRE, NFSEC_CMD_ACQUIRE_NTF,
			  EVENT_ROOM, GFP_ATOMIC, &hdr);
	if (!skb)
		return true;
	nfsec_stats_add(nn, NFSEC_COUNTER_ACQUIRES, 1);
	event_send(nn->net, NFSEC_NLGRP_ACQUIRE, skb, hdr,
		   put_acquire(skb, nn, p, tmpl, fl), GFP_ATOMIC);
	return true;
}
