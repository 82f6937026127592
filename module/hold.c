// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that wait for the SA which they made key management being asked for.
 * They are few, wait for a short time, and leave protected or not at all: when
 * anything has changed, each is looked up again as if it had just come.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "classify.h"
#include "flow.h"
#include "hold.h"
#include "input.h"
#include "main.h"
#include "output.h"

#define HOLD_POLICY	8	/* packets for one policy */
#define HOLD_NET	128	/* packets of a namespace */
#define HOLD_TIME	(10 * HZ)

/**
 * struct held - a packet that waits
 * @list: in &nfsec_hold.list
 * @skb: the packet; has a reference to its route
 * @dev: its device
 * @tracker: reference to @dev
 * @policy: policy that wants it protected; has a reference
 * @fl: its flow
 * @pass: hook it came from
 * @until: jiffies at which it has waited too long
 */
struct held {
	struct list_head list;
	struct sk_buff *skb;
	struct net_device *dev;
	netdevice_tracker tracker;
	struct nfsec_policy *policy;
	struct nfsec_flow fl;
	enum nfsec_pass pass;
	unsigned long until;
};

/* The packet has gone, or is dropped for a reason */
static void held_free(struct nfsec_net *nn, struct held *h,
		      enum nfsec_drop reason)
{
	spin_lock_bh(&nn->hold.lock);
	WRITE_ONCE(nn->hold.count, nn->hold.count - 1);
	WRITE_ONCE(h->policy->held, h->policy->held - 1);
	spin_unlock_bh(&nn->hold.lock);

	if (reason != NFSEC_DROP_COUNT)
		nfsec_stats_drop(nn, NULL, h->skb, reason);
	nfsec_policy_put(h->policy);
	netdev_put(h->dev, &h->tracker);
	kfree(h);
}

/* Try again with one packet; true if it does not wait any more */
static bool held_retry(struct nfsec_net *nn, struct held *h)
{
	bool gone;

	if (time_after_eq(jiffies, h->until)) {
		held_free(nn, h, NFSEC_DROP_OUT_HOLD_TIMEOUT);
		return true;
	}
	rcu_read_lock();
	gone = nfsec_output_resume(nn, h->skb, &h->fl, h->pass);
	rcu_read_unlock();
	if (gone)
		held_free(nn, h, NFSEC_DROP_COUNT);
	return gone;
}

static void hold_work(struct work_struct *work)
{
	struct nfsec_hold *hold = container_of(to_delayed_work(work),
					       struct nfsec_hold, work);
	struct nfsec_net *nn = container_of(hold, struct nfsec_net, hold);
	unsigned long now = jiffies;
	struct held *h, *next;
	LIST_HEAD(run);
	LIST_HEAD(stay);

	spin_lock_bh(&hold->lock);
	list_splice_init(&hold->list, &run);
	spin_unlock_bh(&hold->lock);
	list_for_each_entry_safe(h, next, &run, list) {
		if (!held_retry(nn, h))
			list_move_tail(&h->list, &stay);
		cond_resched();
	}
	spin_lock_bh(&hold->lock);
	list_splice(&stay, &hold->list);
	h = list_first_entry_or_null(&hold->list, struct held, list);
	/* a change meanwhile has had it queued already, for at once */
	if (h)
		queue_delayed_work(nfsec_wq, &hold->work,
				   time_after(h->until, now) ?
				   h->until - now : 0);
	spin_unlock_bh(&hold->lock);
}

/**
 * nfsec_hold_packet() - keep a packet until there is an SA for it
 * @nn: namespace
 * @p: policy that wants it protected
 * @skb: packet in POST_ROUTING
 * @fl: its flow
 * @pass: which of the hooks it is in
 *
 * Context: BH disabled, under rcu_read_lock().
 * Return: NFSEC_DROP_COUNT if @skb was taken, else why not; then it stays with
 * the caller, to be dropped.
 */
enum nfsec_drop nfsec_hold_packet(struct nfsec_net *nn, struct nfsec_policy *p,
				  struct sk_buff *skb,
				  const struct nfsec_flow *fl,
				  enum nfsec_pass pass)
{
	struct nfsec_hold *hold = &nn->hold;
	struct held *h;

	if (READ_ONCE(hold->count) >= HOLD_NET ||
	    READ_ONCE(p->held) >= HOLD_POLICY)
		return NFSEC_DROP_OUT_HOLD_FULL;
	h = kzalloc(sizeof(*h), GFP_ATOMIC);
	if (!h)
		return NFSEC_DROP_OUT_NOMEM;
	if (!skb_dst_force(skb)) {
		kfree(h);
		return NFSEC_DROP_OUT_NO_ROUTE;
	}
	/* Others of its flow may come before it leaves. */
	if (!nfsec_input_confirm(skb)) {
		kfree(h);
		return NFSEC_DROP_OUT_CONNTRACK;
	}
	h->skb = skb;
	h->policy = p;
	h->fl = *fl;
	h->pass = pass;
	h->until = jiffies + HOLD_TIME;

	spin_lock_bh(&hold->lock);
	if (hold->closed || !refcount_inc_not_zero(&p->refcnt)) {
		spin_unlock_bh(&hold->lock);
		kfree(h);
		return NFSEC_DROP_OUT_HOLD_GONE;
	}
	if (hold->count >= HOLD_NET || p->held >= HOLD_POLICY) {
		spin_unlock_bh(&hold->lock);
		nfsec_policy_put(p);
		kfree(h);
		return NFSEC_DROP_OUT_HOLD_FULL;
	}
	h->dev = skb->dev;
	netdev_hold(h->dev, &h->tracker, GFP_ATOMIC);
	list_add_tail(&h->list, &hold->list);
	WRITE_ONCE(hold->count, hold->count + 1);
	WRITE_ONCE(p->held, p->held + 1);
	spin_unlock_bh(&hold->lock);
	nfsec_stats_add(nn, NFSEC_COUNTER_OUT_HELD, 1);
	/*
	 * What it waits for may have come since it was looked up: look again at
	 * once. From here on nfsec_net_changed() sees that it waits.
	 */
	mod_delayed_work(nfsec_wq, &hold->work, 0);
	return NFSEC_DROP_COUNT;
}

/**
 * nfsec_hold_kick() - something has changed that packets may wait for
 * @nn: namespace
 *
 * Context: any.
 */
void nfsec_hold_kick(struct nfsec_net *nn)
{
	mod_delayed_work(nfsec_wq, &nn->hold.work, 0);
}

/* Drop the packets of a device, or all; those in hand of the work come back */
static void hold_purge(struct nfsec_net *nn, const struct net_device *dev)
{
	struct held *h, *next;
	LIST_HEAD(gone);

	spin_lock_bh(&nn->hold.lock);
	list_for_each_entry_safe(h, next, &nn->hold.list, list)
		if (!dev || h->dev == dev)
			list_move_tail(&h->list, &gone);
	spin_unlock_bh(&nn->hold.lock);
	list_for_each_entry_safe(h, next, &gone, list)
		held_free(nn, h, NFSEC_DROP_OUT_HOLD_GONE);
}

/**
 * nfsec_hold_flush() - drop the packets that wait to leave by a device
 * @dev: device that goes away; whoever takes it away waits for its references
 *	and asks again while there are any
 *
 * Context: process.
 */
void nfsec_hold_flush(const struct net_device *dev)
{
	struct nfsec_net *nn = nfsec_net(dev_net(dev));

	if (!READ_ONCE(nn->hold.count))
		return;
	flush_delayed_work(&nn->hold.work);
	hold_purge(nn, dev);
}

/**
 * nfsec_hold_init() - nothing waits in a new namespace
 * @nn: namespace
 */
void nfsec_hold_init(struct nfsec_net *nn)
{
	spin_lock_init(&nn->hold.lock);
	INIT_LIST_HEAD(&nn->hold.list);
	INIT_DELAYED_WORK(&nn->hold.work, hold_work);
}

/**
 * nfsec_hold_exit() - drop all that waits, and let nothing wait any more
 * @nn: namespace
 *
 * Context: process, sleeps.
 */
void nfsec_hold_exit(struct nfsec_net *nn)
{
	spin_lock_bh(&nn->hold.lock);
	nn->hold.closed = true;
	spin_unlock_bh(&nn->hold.lock);
	cancel_delayed_work_sync(&nn->hold.work);
	hold_purge(nn, NULL);
	/* a change before the last one had gone may have queued it again */
	cancel_delayed_work_sync(&nn->hold.work);
}
