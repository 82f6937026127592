/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_PMTU_H
#define _NFSEC_PMTU_H

#include <linux/types.h>

struct nfsec_net;
struct nfsec_out;
struct sk_buff;

int nfsec_pmtu_fit(struct nfsec_out *o, struct sk_buff *skb, bool *fragment);
void nfsec_pmtu_icmp(struct nfsec_net *nn, struct sk_buff *skb, u8 family,
		     u32 off);

#endif /* _NFSEC_PMTU_H */
