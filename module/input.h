/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_INPUT_H
#define _NFSEC_INPUT_H

#include <linux/netfilter.h>

struct net_device;

unsigned int nfsec_input_local(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);
unsigned int nfsec_input_forward(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state);
bool nfsec_input_confirm(struct sk_buff *skb);
void nfsec_input_flush(const struct net_device *dev);
int nfsec_input_module_init(void);
void nfsec_input_module_exit(void);

#endif /* _NFSEC_INPUT_H */
