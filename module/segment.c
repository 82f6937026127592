// SPDX-License-Identifier: GPL-2.0
/*
 * TCP segments of a GSO packet, copied straight to where they are encrypted.
 * skb_gso_segment() would make an skb of each, only to be copied and freed.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "flow.h"
#include "segment.h"

/*
 * What may come with TCP over IPv4 or IPv6. Other kinds change more in the headers
 * than what is done here; what a guest says of a packet is checked here.
 */
#define GSO_PLAIN	(SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | SKB_GSO_DODGY)

/**
 * nfsec_segment_plan() - can a GSO packet be cut here?
 * @skb: GSO packet, network header at skb->data
 * @fl: its flow
 * @s: filled in
 *
 * Only what has its headers in one piece, no options of IPv6 and a checksum to
 * be filled in.
 *
 * Context: any.
 * Return: false if it is left to skb_gso_segment().
 */
bool nfsec_segment_plan(const struct sk_buff *skb, const struct nfsec_flow *fl,
			struct nfsec_segments *s)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	u32 headlen = skb_headlen(skb);
	const struct tcphdr *th;
	u32 type = SKB_GSO_TCPV4;

	if (fl->family == AF_INET6)
		type = SKB_GSO_TCPV6;
	if ((info->gso_type & ~GSO_PLAIN) != type || !info->gso_size ||
	    fl->proto != IPPROTO_TCP || fl->flags || skb->encapsulation ||
	    skb_has_frag_list(skb) || skb->ip_summed != CHECKSUM_PARTIAL)
		return false;
	if (fl->family == AF_INET6 && fl->l4off != sizeof(struct ipv6hdr))
		return false;
	s->l4off = fl->l4off;
	if (skb_checksum_start_offset(skb) != s->l4off ||
	    skb->csum_offset != offsetof(struct tcphdr, check) ||
	    headlen < s->l4off + sizeof(*th))
		return false;
	th = (const struct tcphdr *)(skb->data + s->l4off);
	s->hlen = s->l4off + th->doff * 4;
	if (th->doff < 5 || headlen < s->hlen || skb->len <= s->hlen)
		return false;
	s->mss = info->gso_size;
	s->n = DIV_ROUND_UP(skb->len - s->hlen, s->mss);
	return true;
}

/**
 * nfsec_segment_len() - length of a segment
 * @s: from nfsec_segment_plan()
 * @skb: the packet that is cut
 * @i: number of the segment, from 0
 *
 * Context: any.
 * Return: octets, with its headers.
 */
u32 nfsec_segment_len(const struct nfsec_segments *s, const struct sk_buff *skb,
		      u32 i)
{
	return min(s->hlen + s->mss, skb->len - i * s->mss);
}

/**
 * nfsec_segment_copy() - write a segment, with its checksums
 * @s: from nfsec_segment_plan()
 * @skb: the packet that is cut
 * @i: number of the segment, from 0
 * @to: where to, room for nfsec_segment_len()
 *
 * What differs from one to the next is what RFC 9293 3.8.6 and RFC 3168 6.1.2
 * say of a stream that is cut: FIN and PSH belong to the last, CWR to the
 * first.
 *
 * Context: any.
 */
void nfsec_segment_copy(const struct nfsec_segments *s,
			const struct sk_buff *skb, u32 i, u8 *to)
{
	u32 len = nfsec_segment_len(s, skb, i);
	u32 tcplen = len - s->l4off;
	struct tcphdr *th = (struct tcphdr *)(to + s->l4off);
	__wsum sum;

	memcpy(to, skb->data, s->hlen);
	sum = skb_copy_and_csum_bits(skb, s->hlen + i * s->mss, to + s->hlen,
				     len - s->hlen);
	th->seq = htonl(ntohl(th->seq) + i * s->mss);
	if (i)
		th->cwr = 0;
	if (i != s->n - 1) {
		th->fin = 0;
		th->psh = 0;
	}
	th->check = 0;
	sum = csum_partial(th, s->hlen - s->l4off, sum);
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4) {
		struct iphdr *iph = (struct iphdr *)to;

		iph->tot_len = htons(len);
		if (!(skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID))
			iph->id = htons(ntohs(iph->id) + i);
		ip_send_check(iph);
		th->check = csum_tcpudp_magic(iph->saddr, iph->daddr, tcplen,
					      IPPROTO_TCP, sum);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)to;

		ip6h->payload_len = htons(tcplen);
		th->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, tcplen,
					    IPPROTO_TCP, sum);
	}
}
