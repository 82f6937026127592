/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_NAT_H
#define _NFSEC_NAT_H

#include <linux/types.h>

struct nfsec_flow;
struct sk_buff;

bool nfsec_nat_restores(const struct sk_buff *skb);
bool nfsec_nat_translate(const struct sk_buff *skb, struct nfsec_flow *fl);

#endif /* _NFSEC_NAT_H */
