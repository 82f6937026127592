// SPDX-License-Identifier: GPL-2.0
/*
 * What of the headers in front of AH counts for its ICV (RFC 4302 3.3.3.1 and
 * appendix A): fields that change on the way count as zero, those that change
 * in a known manner as they arrive.
 *
 * The headers of an inbound packet are whatever somebody has sent. Each step of
 * the loops below moves on by an octet or more and stays within its header.
 */

#include <linux/errno.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "mutable.h"

#define IPOPT_EXT_SEC	0x85	/* extended security, RFC 1108 */
#define IPOPT_SDMDD	0x95	/* selective directed broadcast, RFC 1770 */

/* Options that nobody changes; all others count as zero, type and length too */
static bool option4_immutable(u8 type)
{
	return type == IPOPT_SEC || type == IPOPT_EXT_SEC ||
	       type == IPOPT_CIPSO || type == IPOPT_RA || type == IPOPT_SDMDD;
}

/*
 * A packet that still has hops of a source route before it arrives with the
 * last of them as its destination. Route data begins behind type, length and
 * pointer, which counts from 1.
 */
static bool source_route4(struct iphdr *iph, const u8 *opt, u8 len)
{
	if (len < 3 || (len - 3) % 4 || opt[2] < 4)
		return false;
	if (opt[2] <= len)
		memcpy(&iph->daddr, opt + len - 4, 4);
	return true;
}

/**
 * nfsec_mutable_clear4() - make an IPv4 header what it is for the ICV
 * @head: copy of the header with its options, which is changed
 * @len: octets of it, as the header itself says
 * @out: the packet is to be sent, else it has arrived
 *
 * Context: any.
 * Return: false if the options are broken.
 */
bool nfsec_mutable_clear4(u8 *head, u32 len, bool out)
{
	struct iphdr *iph = (struct iphdr *)head;
	u32 pos = sizeof(*iph);

	iph->tos = 0;
	iph->frag_off = 0;
	iph->ttl = 0;
	iph->check = 0;
	while (pos < len && head[pos] != IPOPT_END) {
		u8 type = head[pos];
		u8 size;

		if (type == IPOPT_NOOP) {
			pos++;
			continue;
		}
		if (len - pos < 2)
			return false;
		size = head[pos + 1];
		if (size < 2 || size > len - pos)
			return false;
		if (out && (type == IPOPT_LSRR || type == IPOPT_SSRR) &&
		    !source_route4(iph, head + pos, size))
			return false;
		if (!option4_immutable(type))
			memset(head + pos, 0, size);
		pos += size;
	}
	return true;
}

/* Data of options that may change on the way counts as zero */
static bool options6(u8 *hdr, u32 len)
{
	u32 pos = sizeof(struct ipv6_opt_hdr);

	while (pos < len) {
		u32 size;

		if (hdr[pos] == IPV6_TLV_PAD1) {
			pos++;
			continue;
		}
		if (len - pos < 2)
			return false;
		size = hdr[pos + 1];
		if (size > len - pos - 2)
			return false;
		if (hdr[pos] & 0x20)
			memset(hdr + pos + 2, 0, size);
		pos += 2 + size;
	}
	return true;
}

/*
 * A routing header as its packet arrives: no segment is left, the last address
 * is the destination, and the hops passed have moved down (RFC 8200 4.4 of type
 * 0, RFC 6275 6.4 of type 2). What the other types become is not defined for AH.
 */
static bool routing6(struct ipv6hdr *ip6h, u8 *hdr, bool out)
{
	struct ipv6_rt_hdr *rh = (struct ipv6_rt_hdr *)hdr;
	struct in6_addr *addr = (struct in6_addr *)(hdr + 8);
	u32 left = rh->segments_left;
	u32 n = rh->hdrlen / 2;
	struct in6_addr last;

	if (!left)
		return true;
	if (!out || rh->hdrlen % 2 || left > n ||
	    (rh->type != IPV6_SRCRT_TYPE_0 && rh->type != IPV6_SRCRT_TYPE_2))
		return false;
	last = addr[n - 1];
	addr += n - left;
	memmove(addr + 1, addr, (left - 1) * sizeof(*addr));
	addr[0] = ip6h->daddr;
	ip6h->daddr = last;
	rh->segments_left = 0;
	return true;
}

/**
 * nfsec_mutable_clear6() - make an IPv6 header and its extension headers what
 *	they are for the ICV
 * @head: copy of the headers, which is changed
 * @len: octets of what is in front of AH; less if a fragment header was left
 *	out (RFC 4302 A2)
 * @total: octets of all of @head; likewise
 * @out: the packet is to be sent, else it has arrived
 *
 * Context: any.
 * Return: false if a header or an option is broken, or a header of a kind that
 * is not known to the ICV.
 */
bool nfsec_mutable_clear6(u8 *head, u32 *len, u32 *total, bool out)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)head;
	u32 pos = sizeof(*ip6h);
	u8 *nexthdr = &ip6h->nexthdr;

	*(__be32 *)head = htonl(6 << 28);
	ip6h->hop_limit = 0;
	while (pos < *len) {
		u32 size = *len - pos < 8 ? 8 : (head[pos + 1] + 1) * 8;
		bool ok;

		if (*nexthdr == NEXTHDR_FRAGMENT)
			size = 8;
		if (size > *len - pos)
			return false;
		switch (*nexthdr) {
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
			ok = options6(head + pos, size);
			break;
		case NEXTHDR_ROUTING:
			ok = routing6(ip6h, head + pos, out);
			break;
		case NEXTHDR_FRAGMENT:
			*nexthdr = head[pos];
			memmove(head + pos, head + pos + size,
				*total - pos - size);
			*len -= size;
			*total -= size;
			ip6h->payload_len = htons(ntohs(ip6h->payload_len) -
						  size);
			continue;
		default:
			ok = false;
		}
		if (!ok)
			return false;
		nexthdr = head + pos;
		pos += size;
	}
	return true;
}
