/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_FRAGMENT_H
#define _NFSEC_FRAGMENT_H

#include <linux/netfilter.h>

struct net;
struct sk_buff;

int nfsec_fragment(struct net *net, struct sk_buff *skb, u8 family, u32 mtu,
		   struct sk_buff **list);
unsigned int nfsec_fragment_gather4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state);
unsigned int nfsec_fragment_gather6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state);

#endif /* _NFSEC_FRAGMENT_H */
