/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_HOLD_H
#define _NFSEC_HOLD_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "classify.h"
#include "drop.h"

struct net_device;
struct nfsec_flow;
struct nfsec_net;
struct nfsec_policy;
struct sk_buff;

/**
 * struct nfsec_hold - packets of a namespace that wait for an SA
 * @lock: guards @list, @closed, changes of @count, and &nfsec_policy.held
 * @list: the packets, in the order in which they came
 * @count: how many there are, those that @work has in hand included
 * @closed: no more are taken
 * @work: tries again with all of them, and drops those that waited too long
 */
struct nfsec_hold {
	spinlock_t lock;	/* see above */
	struct list_head list;
	u32 count;
	bool closed;
	struct delayed_work work;
};

void nfsec_hold_init(struct nfsec_net *nn);
void nfsec_hold_exit(struct nfsec_net *nn);
void nfsec_hold_kick(struct nfsec_net *nn);
void nfsec_hold_flush(const struct net_device *dev);
enum nfsec_drop nfsec_hold_packet(struct nfsec_net *nn, struct nfsec_policy *p,
				  struct sk_buff *skb,
				  const struct nfsec_flow *fl,
				  enum nfsec_pass pass);

#endif /* _NFSEC_HOLD_H */
