/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device that only carries NAPI instances: init_dummy_netdev() is gone from
 * modules in 6.15, alloc_netdev_dummy() came in 6.10.
 */
#ifndef _NFSEC_COMPAT_NETDEV_H
#define _NFSEC_COMPAT_NETDEV_H

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)

static inline struct net_device *nfsec_compat_alloc_dummy(void)
{
	return alloc_netdev_dummy(0);
}

static inline void nfsec_compat_free_dummy(struct net_device *dev)
{
	free_netdev(dev);
}

#else

static inline struct net_device *nfsec_compat_alloc_dummy(void)
{
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
}

static inline void nfsec_compat_free_dummy(struct net_device *dev)
{
	kfree(dev);
}

#endif

static inline void nfsec_compat_clear_napi_id(struct sk_buff *skb)
{
#ifdef CONFIG_NET_RX_BUSY_POLL
	skb->napi_id = 0;
#endif
}

#endif /* _NFSEC_COMPAT_NETDEV_H */
