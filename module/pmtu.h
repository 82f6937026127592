/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_PMTU_H
#define _NFSEC_PMTU_H

#include <linux/types.h>

struct nfsec_net;
struct nfsec_out;
struct sk_buff;

/**
 * enum nfsec_pmtu_fit - does a packet fit the path with its encapsulation?
 * @NFSEC_PMTU_FITS: it does, maybe in segments
 * @NFSEC_PMTU_FRAGMENT_INNER: in fragments that are protected one by one
 * @NFSEC_PMTU_FRAGMENT_OUTER: its protected form will be fragmented
 * @NFSEC_PMTU_REFUSED: it does not, and its sender was told
 */
enum nfsec_pmtu_fit {
	NFSEC_PMTU_FITS,
	NFSEC_PMTU_FRAGMENT_INNER,
	NFSEC_PMTU_FRAGMENT_OUTER,
	NFSEC_PMTU_REFUSED,
};

enum nfsec_pmtu_fit nfsec_pmtu_fit(struct nfsec_out *o, struct sk_buff *skb);
void nfsec_pmtu_icmp(struct nfsec_net *nn, struct sk_buff *skb, u8 family,
		     u32 off);

#endif /* _NFSEC_PMTU_H */
