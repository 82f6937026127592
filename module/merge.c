// SPDX-License-Identifier: GPL-2.0
/*
 * Merging of decrypted packets: they go through GRO even where the device the
 * ESP packets came by has it switched off, because inside the tunnel there is
 * no device of its own that could say otherwise.
 *
 * GRO asks skb->dev whether it may merge. So packets of such a device pass it
 * under the name of a device that is never registered, and get their own back
 * in its receive handler, before anything has seen them.
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/gro.h>

#include "main.h"
#include "merge.h"

static rx_handler_result_t give_back(struct sk_buff **pskb)
{
	struct nfsec_net *nn = rcu_dereference((*pskb)->dev->rx_handler_data);
	struct sk_buff *skb = *pskb;
	struct net_device *dev;

	dev = dev_get_by_index_rcu(nn->net, skb->priority);
	if (!dev) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_GOING_DOWN);
		return RX_HANDLER_CONSUMED;
	}
	skb->priority = 0;
	skb->dev = dev;
	return RX_HANDLER_ANOTHER;
}

static void setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->features = NETIF_F_GRO;
}

/**
 * nfsec_merge_init() - make the device of a namespace
 * @nn: namespace
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_merge_init(struct nfsec_net *nn)
{
	struct net_device *dev;
	int err;

	dev = alloc_netdev(0, "nfsec", NET_NAME_UNKNOWN, setup);
	if (!dev)
		return -ENOMEM;
	dev_net_set(dev, nn->net);
	rtnl_lock();
	err = netdev_rx_handler_register(dev, give_back, nn);
	rtnl_unlock();
	if (err) {
		free_netdev(dev);
		return err;
	}
	nn->merge_dev = dev;
	return 0;
}

/**
 * nfsec_merge_exit() - free the device of a namespace
 * @nn: namespace; no packet of it is in GRO any more
 *
 * Context: process.
 */
void nfsec_merge_exit(struct nfsec_net *nn)
{
	if (!nn->merge_dev)
		return;
	rtnl_lock();
	netdev_rx_handler_unregister(nn->merge_dev);
	rtnl_unlock();
	free_netdev(nn->merge_dev);
	nn->merge_dev = NULL;
}

/**
 * nfsec_merge_receive() - hand a decrypted packet to GRO
 * @nn: namespace
 * @napi: NAPI instance that is being polled
 * @skb: packet; consumed
 *
 * Context: softirq, RCU read side.
 */
void nfsec_merge_receive(struct nfsec_net *nn, struct napi_struct *napi,
			 struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	/* a priority, as VLANs give one, has no other place to stay */
	if (!(dev->features & NETIF_F_GRO) && !rcu_access_pointer(dev->xdp_prog) &&
	    !skb->priority) {
		skb->priority = dev->ifindex;
		skb->dev = nn->merge_dev;
#ifdef CONFIG_NET_CLS_ACT
		/* packet sockets and ingress rules see it only under its own */
		skb->tc_skip_classify = 1;
#endif
	}
	napi_gro_receive(napi, skb);
}
