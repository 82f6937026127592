// SPDX-License-Identifier: GPL-2.0
/*
 * What ESP and AH have in common on the way out: where they go, and the copy of
 * the packet that they are put into.
 *
 * A packet is copied once into a buffer of its own and protected there, so
 * nothing is ever written to data that may belong to a socket, a page cache or
 * another holder of a clone.
 */

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "frame.h"
#include "segment.h"

/*
 * ESP and AH go behind hop-by-hop and routing headers (RFC 4303 3.1.1, RFC 4302
 * 3.1.1)
 */
static int frame_offset6(const struct sk_buff *skb, u32 *nhoff, u8 *nh)
{
	u32 start = skb_network_offset(skb);
	u32 off = start + sizeof(struct ipv6hdr);
	u32 split = off;
	u32 at = start + offsetof(struct ipv6hdr, nexthdr);
	u8 next = ipv6_hdr(skb)->nexthdr;

	*nhoff = at - start;
	*nh = next;
	while (next == NEXTHDR_HOP || next == NEXTHDR_ROUTING ||
	       next == NEXTHDR_DEST) {
		struct ipv6_opt_hdr buf;
		const struct ipv6_opt_hdr *hp;
		u8 type = next;

		hp = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!hp)
			return -EINVAL;
		at = off;
		off += ipv6_optlen(hp);
		if (off > skb->len)
			return -EINVAL;
		next = hp->nexthdr;
		if (type != NEXTHDR_DEST) {
			split = off;
			*nhoff = at - start;
			*nh = next;
		}
	}
	return split - start;
}

/**
 * nfsec_frame_offset() - where ESP or AH goes in transport mode
 * @skb: whole datagram
 * @family: its family
 * @nhoff: offset from the network header of the octet that shall name it
 * @nh: value that octet has now
 *
 * Context: any.
 * Return: octets of headers that stay in front, or -EINVAL.
 */
int nfsec_frame_offset(const struct sk_buff *skb, u8 family, u32 *nhoff,
		       u8 *nh)
{
	if (family == AF_INET6)
		return frame_offset6(skb, nhoff, nh);
	*nhoff = offsetof(struct iphdr, protocol);
	*nh = ip_hdr(skb)->protocol;
	return ip_hdrlen(skb);
}

/* Copy a whole packet; a checksum left to a device is completed meanwhile */
static bool copy_whole(struct sk_buff *skb, u8 *to)
{
	__sum16 *sum;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_is_sctp(skb) &&
	    skb_csum_hwoffload_help(skb, 0))
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return !skb_copy_bits(skb, 0, to, skb->len);
	if (!pskb_may_pull(skb, skb_checksum_start_offset(skb) +
				skb->csum_offset + 2))
		return false;
	skb_copy_and_csum_dev(skb, to);
	sum = (__sum16 *)(to + skb_checksum_start_offset(skb) +
			  skb->csum_offset);
	if (!*sum)
		*sum = CSUM_MANGLED_0;
	return true;
}

/**
 * nfsec_frame_copy() - copy a packet into a buffer with room for a header
 * @skb: packet, network header at skb->data; only its checksum may be touched
 * @lay: how it is to be laid out
 * @i: number of the segment of @skb, if it is cut
 * @len: octets of the packet or segment
 * @hlen: octets of room between the kept headers and the rest
 * @tlen: octets of room behind
 *
 * The checksum, if it was left to a device, is completed while copying.
 *
 * Context: BH disabled. @skb stays with the caller.
 * Return: new skb with metadata of @skb, whose data begins with the room for
 * the header; the kept headers lie &lay->gap in front. NULL if there is no
 * memory or the packet is broken.
 */
struct sk_buff *nfsec_frame_copy(struct sk_buff *skb,
				 const struct nfsec_layout *lay, u32 i,
				 u32 len, u32 hlen, u32 tlen)
{
	u32 headroom = lay->headroom + lay->keep + lay->gap;
	u32 size = hlen + len - lay->keep + tlen;
	struct sk_buff *new;
	u8 *start, *to;

	new = netdev_alloc_skb(NULL, headroom + size);
	if (!new)
		return NULL;
	skb_reserve(new, headroom);
	start = skb_put(new, size);
	to = start + hlen - lay->keep;
	if (lay->seg) {
		nfsec_segment_copy(lay->seg, skb, i, to);
	} else if (!copy_whole(skb, to)) {
		kfree_skb(new);
		return NULL;
	}
	memmove(start - lay->gap - lay->keep, to, lay->keep);

	skb_copy_header(new, skb);
	skb_dst_drop(new);
	skb_ext_reset(new);
	nf_reset_ct(new);
	skb_shinfo(new)->gso_size = 0;
	skb_shinfo(new)->gso_segs = 0;
	skb_shinfo(new)->gso_type = 0;
	new->ip_summed = CHECKSUM_NONE;
	new->encapsulation = 0;
	return new;
}
