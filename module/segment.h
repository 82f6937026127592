/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SEGMENT_H
#define _NFSEC_SEGMENT_H

#include <linux/types.h>

struct nfsec_flow;
struct sk_buff;

/**
 * struct nfsec_segments - how a TCP packet with GSO is cut
 * @n: number of segments
 * @hlen: octets of IP and TCP headers each of them begins with
 * @l4off: octets of the IP header
 * @mss: octets of payload in each but the last
 */
struct nfsec_segments {
	u32 n;
	u32 hlen;
	u32 l4off;
	u32 mss;
};

bool nfsec_segment_plan(const struct sk_buff *skb, const struct nfsec_flow *fl,
			struct nfsec_segments *s);
u32 nfsec_segment_len(const struct nfsec_segments *s, const struct sk_buff *skb,
		      u32 i);
void nfsec_segment_copy(const struct nfsec_segments *s,
			const struct sk_buff *skb, u32 i, u8 *to);

#endif /* _NFSEC_SEGMENT_H */
