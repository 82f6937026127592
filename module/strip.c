// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a packet once it is decrypted or authenticated: the headers
 * that were for the way are taken off.
 */

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "frame.h"
#include "sa.h"
#include "strip.h"
#include "tunnel.h"

/**
 * nfsec_strip_tunnel() - check the inner header and make it the network header
 * @sa: inbound SA
 * @skb: packet in one piece that is ours alone
 * @plain: where the payload is
 * @outer_ds: DSCP and ECN of the outer header
 * @family: set to that of the inner header
 * @reason: why it has to be dropped
 *
 * Context: softirq.
 * Return: false if the packet has to be dropped; it stays with the caller.
 */
bool nfsec_strip_tunnel(const struct nfsec_sa *sa, struct sk_buff *skb,
			const struct nfsec_plain *plain, u8 outer_ds,
			u8 *family, enum nfsec_drop *reason)
{
	const u8 *inner = skb->data + plain->payload;
	u32 len;

	*reason = NFSEC_DROP_IN_INNER_MALFORMED;
	if (plain->nexthdr == IPPROTO_IPIP) {
		const struct iphdr *iph = (const struct iphdr *)inner;

		*family = AF_INET;
		/* TTL 0 ends here, whoever it is for (RFC 2003 3.1) */
		if (plain->len < sizeof(*iph) || iph->version != 4 ||
		    iph->ihl < 5 || !iph->ttl)
			return false;
		len = ntohs(iph->tot_len);
		if (len > plain->len || len < iph->ihl * 4)
			return false;
		skb->protocol = htons(ETH_P_IP);
	} else if (plain->nexthdr == IPPROTO_IPV6) {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)inner;

		*family = AF_INET6;
		if (plain->len < sizeof(*ip6h) || ip6h->version != 6)
			return false;
		len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
		if (len > plain->len)
			return false;
		skb->protocol = htons(ETH_P_IPV6);
	} else {
		*reason = NFSEC_DROP_IN_NEXT_HEADER;
		return false;
	}

	/* what is behind the inner packet is TFC padding (RFC 4303 2.7) */
	skb_trim(skb, plain->payload + len);
	__skb_pull(skb, plain->payload);
	skb_reset_network_header(skb);
	skb_mac_header_rebuild(skb);
	if (skb->mac_len == ETH_HLEN)
		eth_hdr(skb)->h_proto = skb->protocol;

	if (!(sa->flags & NFSEC_SA_FLAGS_NOECN) &&
	    !nfsec_tunnel_decap_ecn(skb, *family, outer_ds)) {
		*reason = NFSEC_DROP_IN_ECN;
		return false;
	}
	if (sa->flags & NFSEC_SA_FLAGS_DECAP_DSCP)
		nfsec_tunnel_decap_dscp(skb, *family, outer_ds);
	skb->ip_summed = CHECKSUM_NONE;
	return true;
}

/* Offset of the octet that names the header at @off; IPv6 */
static u32 nexthdr_offset6(const struct sk_buff *skb, u32 off)
{
	u32 at = offsetof(struct ipv6hdr, nexthdr);
	u32 pos = sizeof(struct ipv6hdr);

	while (pos < off) {
		/* the second octet of a fragment header is no length */
		u32 len = skb->data[at] == NEXTHDR_FRAGMENT ?
			  sizeof(struct frag_hdr) :
			  ipv6_optlen((struct ipv6_opt_hdr *)(skb->data + pos));

		at = pos;
		pos += len;
	}
	return at;
}

/**
 * nfsec_strip_transport() - close the gap that ESP or AH leaves (RFC 4303
 *	3.4.4.1)
 * @skb: packet in one piece that is ours alone; headers are restored
 * @family: its family
 * @off: offset of ESP or AH from the IP header, which is at skb->data
 * @gap: octets of UDP in front of ESP
 * @plain: where the payload is
 *
 * Context: softirq.
 */
void nfsec_strip_transport(struct sk_buff *skb, u8 family, u32 off, u32 gap,
			   const struct nfsec_plain *plain)
{
	u32 keep = off - gap;
	u32 gone = plain->payload - keep;

	skb_trim(skb, plain->payload + plain->len);
	memmove(skb->data + gone, skb->data, keep);
	__skb_pull(skb, gone);
	skb_reset_network_header(skb);
	skb_mac_header_rebuild(skb);
	if (family == AF_INET) {
		struct iphdr *iph = ip_hdr(skb);

		iph->protocol = plain->nexthdr;
		iph->tot_len = htons(skb->len);
		ip_send_check(iph);
	} else {
		skb->data[nexthdr_offset6(skb, keep)] = plain->nexthdr;
		ipv6_hdr(skb)->payload_len = htons(skb->len -
						   sizeof(struct ipv6hdr));
	}
	/*
	 * A NAT has changed addresses that the inner checksum covers; the ICV
	 * has proven the contents (RFC 3948 3.1.2).
	 */
	skb->ip_summed = gap ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
}
