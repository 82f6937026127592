/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_TUNNEL_H
#define _NFSEC_TUNNEL_H

#include <linux/types.h>

struct dst_entry;
struct net;
struct nfsec_path;
struct sk_buff;

struct dst_entry *nfsec_tunnel_route(struct net *net, struct nfsec_path *path,
				     u32 mark);
void nfsec_tunnel_push(const struct nfsec_path *path, struct sk_buff *skb,
		       struct net *net, const struct dst_entry *dst, u8 proto,
		       u8 inner_dsfield, bool df);
bool nfsec_tunnel_decap_ecn(struct sk_buff *skb, u8 family, u8 outer);
void nfsec_tunnel_decap_dscp(struct sk_buff *skb, u8 family, u8 outer);

#endif /* _NFSEC_TUNNEL_H */
