// SPDX-License-Identifier: GPL-2.0
/*
 * Outer headers of tunnel mode: their route, construction (RFC 4301 5.1.2) and
 * what of them reaches the inner header on the way in (RFC 6040).
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/dst_cache.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "sa.h"
#include "tunnel.h"

static struct dst_entry *route4(struct net *net, struct nfsec_path *path,
				u32 mark, bool cache)
{
	/* no protocol: native XFRM must not look at our own packets */
	struct flowi4 fl4 = {
		.daddr = path->daddr.a4,
		.saddr = path->saddr.a4,
		.flowi4_mark = mark,
	};
	struct rtable *rt;

	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (cache)
		dst_cache_set_ip4(&path->dst_cache, &rt->dst, fl4.saddr);
	return &rt->dst;
}

static struct dst_entry *route6(struct net *net, struct nfsec_path *path,
				u32 mark, bool cache)
{
	struct flowi6 fl6 = {
		.daddr = path->daddr.in6,
		.saddr = path->saddr.in6,
		.flowi6_mark = mark,
	};
	struct dst_entry *dst;
	int err;

	dst = ip6_route_output(net, NULL, &fl6);
	err = dst->error;
	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}
	if (cache)
		dst_cache_set_ip6(&path->dst_cache, dst, &fl6.saddr);
	return dst;
}

/**
 * nfsec_tunnel_route() - route to the far end of a tunnel
 * @net: namespace
 * @path: path of an outbound SA
 * @mark: mark the outer packet will have
 *
 * The route is cached in the path unless the mark is the packet's own, because
 * rules may look at that.
 *
 * Context: BH disabled.
 * Return: a route with a reference, or an ERR_PTR().
 */
struct dst_entry *nfsec_tunnel_route(struct net *net, struct nfsec_path *path,
				     u32 mark)
{
	bool cache = mark == path->sa->output_mark.value;
	struct dst_entry *dst;

	if (cache) {
		dst = dst_cache_get(&path->dst_cache);
		if (dst)
			return dst;
	}
	return path->family == AF_INET ? route4(net, path, mark, cache) :
					 route6(net, path, mark, cache);
}

/**
 * nfsec_tunnel_push() - put the outer IP header in front of a packet
 * @path: path of an outbound SA
 * @skb: packet that begins with the ESP or UDP header; has headroom
 * @net: namespace
 * @dst: route of the outer packet
 * @proto: protocol of what follows the outer header
 * @inner_dsfield: DSCP and ECN of the inner header
 * @df: set DF in an IPv4 header
 *
 * DSCP and ECN are copied (RFC 6040 4.1), the flow label is 0, TTL is that of
 * the route. Length and checksum are left to ip_local_out().
 *
 * Context: BH disabled. Moves skb->data, sets the network header.
 */
void nfsec_tunnel_push(const struct nfsec_path *path, struct sk_buff *skb,
		       struct net *net, const struct dst_entry *dst, u8 proto,
		       u8 inner_dsfield, bool df)
{
	u8 dsfield = inner_dsfield;

	if (path->sa->flags & NFSEC_SA_FLAGS_DONT_ENCAP_DSCP)
		dsfield &= INET_ECN_MASK;

	if (path->family == AF_INET) {
		struct iphdr *iph = skb_push(skb, sizeof(*iph));

		skb_reset_network_header(skb);
		*(__be16 *)iph = htons(0x4500 | dsfield);
		iph->frag_off = df ? htons(IP_DF) : 0;
		iph->ttl = ip4_dst_hoplimit(dst);
		iph->protocol = proto;
		iph->saddr = path->saddr.a4;
		iph->daddr = path->daddr.a4;
		/* RFC 6864: no meaning where nothing can be fragmented */
		iph->id = 0;
		if (!df)
			__ip_select_ident(net, iph, 1);
		skb->protocol = htons(ETH_P_IP);
	} else {
		struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

		skb_reset_network_header(skb);
		ip6_flow_hdr(ip6h, dsfield, 0);
		ip6h->nexthdr = proto;
		ip6h->hop_limit = ip6_dst_hoplimit((struct dst_entry *)dst);
		ip6h->saddr = path->saddr.in6;
		ip6h->daddr = path->daddr.in6;
		skb->protocol = htons(ETH_P_IPV6);
	}
}

/**
 * nfsec_tunnel_decap_ecn() - combine outer and inner ECN (RFC 6040 4.2)
 * @skb: packet whose network header is the inner one; its data is written
 * @family: family of the inner header
 * @outer: DS field of the outer header
 *
 * Context: any.
 * Return: false if the packet must be dropped: congestion was marked on a
 * packet whose transport does not understand it.
 */
bool nfsec_tunnel_decap_ecn(struct sk_buff *skb, u8 family, u8 outer)
{
	struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct iphdr *iph = ip_hdr(skb);
	u8 inner;

	inner = family == AF_INET ? iph->tos : ipv6_get_dsfield(ip6h);
	outer &= INET_ECN_MASK;
	inner &= INET_ECN_MASK;

	if (inner == INET_ECN_NOT_ECT)
		return outer != INET_ECN_CE;
	if (inner == INET_ECN_CE || outer == inner ||
	    outer == INET_ECN_NOT_ECT || outer == INET_ECN_ECT_0)
		return true;
	/* CE wins over ECT, ECT(1) over ECT(0) */
	if (family == AF_INET)
		ipv4_change_dsfield(iph, ~INET_ECN_MASK, outer);
	else
		ipv6_change_dsfield(ip6h, ~INET_ECN_MASK, outer);
	return true;
}

/**
 * nfsec_tunnel_decap_dscp() - copy the outer DSCP to the inner header
 * @skb: packet whose network header is the inner one; its data is written
 * @family: family of the inner header
 * @outer: DS field of the outer header
 *
 * Context: any.
 */
void nfsec_tunnel_decap_dscp(struct sk_buff *skb, u8 family, u8 outer)
{
	outer &= ~INET_ECN_MASK;
	if (family == AF_INET)
		ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK, outer);
	else
		ipv6_change_dsfield(ipv6_hdr(skb), INET_ECN_MASK, outer);
}
