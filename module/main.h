/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_MAIN_H
#define _NFSEC_MAIN_H

#include <linux/mutex.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "hold.h"
#include "sad.h"
#include "spd.h"
#include "stats.h"

/**
 * struct nfsec_net - all of nfsec in one network namespace
 * @net: the namespace
 * @lock: guards configuration: @sad, @spd, @hooked
 * @sad: security associations
 * @spd: security policies
 * @gen: changes whenever a cached lookup may have become wrong: with every
 *	change of @sad or @spd and when an SA dies; no two changes of any
 *	namespaces give the same value, 0 if there was none yet
 * @hooked: the netfilter hooks are registered; they are with the first SA or
 *	policy, so that other namespaces pay nothing
 * @stats: counters
 * @acquire_seq: number of the last acquire event
 * @natt_ports: UDP ports that carry ESP, one bit each; NULL if there are none
 * @merge_dev: device of merge.c
 * @hold: packets that wait for an SA
 * @guard_state: state that the secpath of guard.c names
 * @guard_ext: that secpath
 */
struct nfsec_net {
	struct net *net;
	struct mutex lock;	/* configuration */
	struct nfsec_sad sad;
	struct nfsec_spd spd;
	atomic64_t gen;
	bool hooked;
	struct nfsec_stats __percpu *stats;
	atomic_t acquire_seq;
	unsigned long __rcu *natt_ports;
	struct net_device *merge_dev;
	struct nfsec_hold hold;
	struct xfrm_state *guard_state;
	struct skb_ext *guard_ext;
};

extern unsigned int nfsec_net_id;
extern atomic64_t nfsec_net_gen;

static inline struct nfsec_net *nfsec_net(const struct net *net)
{
	return net_generic(net, nfsec_net_id);
}

/**
 * nfsec_net_changed() - make cached lookups stale
 * @nn: namespace
 *
 * Context: any; call it after the change is visible and before the objects
 * taken out are handed to RCU.
 */
static inline void nfsec_net_changed(struct nfsec_net *nn)
{
	/* Two at once may store their values in the other order; both changes
	 * are visible to whoever reads either value afterwards, and neither
	 * value comes back. The increment orders the change before the store.
	 */
	atomic64_set_release(&nn->gen, atomic64_inc_return(&nfsec_net_gen));
	/* The increment is a full barrier, too: whoever waits from now on sees
	 * the change when it is looked up once more, see nfsec_hold_packet().
	 */
	if (READ_ONCE(nn->hold.count))
		nfsec_hold_kick(nn);
}

/* The path of an SA; &nfsec_net.lock is held */
static inline struct nfsec_path *nfsec_net_path(const struct nfsec_net *nn,
						const struct nfsec_sa *sa)
{
	return rcu_dereference_protected(sa->path, lockdep_is_held(&nn->lock));
}

int nfsec_net_hook(struct nfsec_net *nn);

#endif /* _NFSEC_MAIN_H */
