// SPDX-License-Identifier: GPL-2.0
/*
 * Module and namespace set-up.
 */

#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/xfrm.h>

#include "ah.h"
#include "classify.h"
#include "crypto.h"
#include "fragment.h"
#include "guard.h"
#include "input.h"
#include "main.h"
#include "merge.h"
#include "natt.h"
#include "netlink.h"
#include "output.h"
#include "version.h"

unsigned int nfsec_net_id __read_mostly;

module_param_named(allow_weak, nfsec_allow_weak, bool, 0444);
MODULE_PARM_DESC(allow_weak, "allow DES and MD5 (RFC 8221: MUST NOT)");

static const struct nf_hook_ops nfsec_hooks[] = {
	{
		.hook		= nfsec_fragment_gather4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_CONNTRACK_DEFRAG - 1,
	}, {
		.hook		= nfsec_fragment_gather6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_CONNTRACK_DEFRAG - 1,
	}, {
		.hook		= nfsec_output_before_nat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC - 1,
	}, {
		.hook		= nfsec_output_after_nat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_LAST,
	}, {
		.hook		= nfsec_input_local,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_LAST - 1,
	}, {
		.hook		= nfsec_input_forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	}, {
		.hook		= nfsec_output_before_nat,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP6_PRI_NAT_SRC - 1,
	}, {
		.hook		= nfsec_output_after_nat,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP6_PRI_LAST,
	}, {
		.hook		= nfsec_input_local,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_LAST - 1,
	}, {
		.hook		= nfsec_input_forward,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FILTER - 1,
	},
};

/**
 * nfsec_net_hook() - register the netfilter hooks of a namespace
 * @nn: namespace
 *
 * Does nothing if they are registered. Called before the first SA or policy is
 * published. Fragments are reassembled from then on: ESP in fragments and the
 * ports of fragments could not be seen otherwise.
 *
 * Context: process, &nfsec_net.lock held.
 * Return: 0 or a negative error.
 */
int nfsec_net_hook(struct nfsec_net *nn)
{
	int err;

	if (nn->hooked)
		return 0;
	if (!nn->merge_dev) {
		err = nfsec_merge_init(nn);
		if (err)
			return err;
	}
	err = nf_defrag_ipv4_enable(nn->net);
	if (err)
		return err;
	err = nf_defrag_ipv6_enable(nn->net);
	if (err)
		goto err_defrag4;
	err = nf_register_net_hooks(nn->net, nfsec_hooks,
				    ARRAY_SIZE(nfsec_hooks));
	if (err)
		goto err_defrag6;
	nn->hooked = true;
	return 0;

err_defrag6:
	nf_defrag_ipv6_disable(nn->net);
err_defrag4:
	nf_defrag_ipv4_disable(nn->net);
	return err;
}

static void net_unhook(struct nfsec_net *nn)
{
	if (!nn->hooked)
		return;
	nf_unregister_net_hooks(nn->net, nfsec_hooks, ARRAY_SIZE(nfsec_hooks));
	nf_defrag_ipv6_disable(nn->net);
	nf_defrag_ipv4_disable(nn->net);
	nn->hooked = false;
}

static int __net_init net_init(struct net *net)
{
	struct nfsec_net *nn = nfsec_net(net);
	int err;

	nn->net = net;
	mutex_init(&nn->lock);
	nfsec_hold_init(nn);
	nn->stats = alloc_percpu(struct nfsec_stats);
	if (!nn->stats)
		return -ENOMEM;
	err = nfsec_sad_init(&nn->sad);
	if (err)
		goto err_stats;
	err = nfsec_spd_init(&nn->spd);
	if (err)
		goto err_sad;
	err = nfsec_guard_init(nn);
	if (err)
		goto err_spd;
	return 0;

err_spd:
	nfsec_spd_destroy(nn);
err_sad:
	nfsec_sad_destroy(&nn->sad);
err_stats:
	free_percpu(nn->stats);
	return err;
}

static void __net_exit net_pre_exit(struct net *net)
{
	net_unhook(nfsec_net(net));
	/* before connection tracking waits for its references */
	nfsec_hold_exit(nfsec_net(net));
}

static void remove_sa(struct nfsec_sa *sa, void *arg)
{
	nfsec_sad_remove(sa->nn, sa);
}

static void __net_exit net_exit(struct net *net)
{
	struct nfsec_net *nn = nfsec_net(net);

	mutex_lock(&nn->lock);
	nfsec_sad_walk(nn, remove_sa, NULL);
	mutex_unlock(&nn->lock);
	nfsec_spd_destroy(nn);
	nfsec_sad_destroy(&nn->sad);
	nfsec_merge_exit(nn);
	nfsec_guard_exit(nn);
	nfsec_natt_free(nn);
	free_percpu(nn->stats);
}

static struct pernet_operations nfsec_net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.id		= &nfsec_net_id,
	.size		= sizeof(struct nfsec_net),
};

static int __init nfsec_init(void)
{
	int err;

	BUILD_BUG_ON(!IS_ENABLED(CONFIG_64BIT));

	err = nfsec_crypto_module_init();
	if (err)
		return err;
	err = nfsec_ah_module_init();
	if (err)
		goto err_crypto;
	err = nfsec_classify_module_init();
	if (err)
		goto err_ah;
	err = nfsec_sa_module_init();
	if (err)
		goto err_classify;
	err = register_pernet_subsys(&nfsec_net_ops);
	if (err)
		goto err_sa;
	err = nfsec_input_module_init();
	if (err)
		goto err_pernet;
	err = nfsec_netlink_init();
	if (err)
		goto err_input;
	pr_info("nfsec: version " NFSEC_VERSION "\n");
	return 0;

err_input:
	nfsec_input_module_exit();
err_pernet:
	unregister_pernet_subsys(&nfsec_net_ops);
err_sa:
	nfsec_sa_module_exit();
err_classify:
	nfsec_classify_module_exit();
err_ah:
	nfsec_ah_module_exit();
err_crypto:
	nfsec_crypto_module_exit();
	return err;
}

static void unhook_all(void)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net) {
		struct nfsec_net *nn = nfsec_net(net);

		mutex_lock(&nn->lock);
		net_unhook(nn);
		mutex_unlock(&nn->lock);
	}
	up_read(&net_rwsem);
}

static void __exit nfsec_exit(void)
{
	/* no new objects, then no new packets, then those in the queues */
	nfsec_netlink_exit();
	unhook_all();
	synchronize_net();
	nfsec_input_module_exit();
	unregister_pernet_subsys(&nfsec_net_ops);
	nfsec_sa_module_exit();
	nfsec_classify_module_exit();
	nfsec_ah_module_exit();
	nfsec_crypto_module_exit();
}

module_init(nfsec_init);
module_exit(nfsec_exit);

MODULE_DESCRIPTION("IPsec as a netfilter module");
MODULE_AUTHOR("nfsec authors");
MODULE_VERSION(NFSEC_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY("nfsec");
