/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_FLOW_H
#define _NFSEC_FLOW_H

#include <linux/in6.h>
#include <linux/limits.h>
#include <linux/types.h>

struct sk_buff;

/**
 * struct nfsec_addr - an IPv4 or IPv6 address
 * @a6: the address; an IPv4 address is in a6[0], the rest is zero
 * @a4: the same as IPv4 address
 * @in6: the same as IPv6 address
 *
 * The family is kept beside it. Numeric order is the order of the octets.
 */
struct nfsec_addr {
	union {
		__be32 a6[4];
		__be32 a4;
		struct in6_addr in6;
	};
};

#define NFSEC_FLOW_FRAG		0x01	/* non-initial fragment, or ports unreadable */
#define NFSEC_FLOW_FIRST_FRAG	0x02	/* first fragment of several */

/**
 * struct nfsec_flow - what of a packet is compared with selectors
 * @saddr: source address
 * @daddr: destination address
 * @mark: skb mark
 * @ifindex: device it leaves by (out) or came in by (in, fwd), 0 if unknown
 * @sport: source port; type * 256 + code for ICMP, ICMPv6 and Mobility Header;
 *	high half of a GRE key; 0 if the protocol has none
 * @dport: destination port; low half of a GRE key
 * @family: AF_INET or AF_INET6
 * @proto: next-layer protocol (RFC 4301 4.4.1.1): in IPv6 the first one that
 *	is not hop-by-hop, routing, fragment or destination options
 * @flags: NFSEC_FLOW_*
 * @pad: zero, so that flows can be compared and hashed as memory
 * @l4off: offset of the next-layer header from the network header; behind all
 *	that is compared, see NFSEC_FLOW_KEYLEN
 *
 * Ports are in host order.
 */
struct nfsec_flow {
	struct nfsec_addr saddr;
	struct nfsec_addr daddr;
	u32 mark;
	u32 ifindex;
	u16 sport;
	u16 dport;
	u8 family;
	u8 proto;
	u8 flags;
	u8 pad;
	u16 l4off;
};

#define NFSEC_FLOW_KEYLEN	offsetof(struct nfsec_flow, l4off)

/**
 * struct nfsec_selector - a set of flows
 * @saddr_min: first source address
 * @saddr_max: last source address
 * @daddr_min: first destination address
 * @daddr_max: last destination address
 * @ifindex: device, 0 for any
 * @sport_min: first source port (see &struct nfsec_flow for ICMP and GRE)
 * @sport_max: last source port
 * @dport_min: first destination port
 * @dport_max: last destination port
 * @family: AF_INET or AF_INET6; AF_UNSPEC for flows of any family
 * @proto: next-layer protocol, 0 for any
 * @splen: prefix length of the source, 255 if it is a range that is no prefix
 * @dplen: prefix length of the destination, likewise
 *
 * A selector whose ports are 0-65535 matches fragments without ports too; any
 * other does not (RFC 4301 4.4.1.1, 7.1). With AF_UNSPEC addresses are not
 * compared, all else is.
 */
struct nfsec_selector {
	struct nfsec_addr saddr_min;
	struct nfsec_addr saddr_max;
	struct nfsec_addr daddr_min;
	struct nfsec_addr daddr_max;
	u32 ifindex;
	u16 sport_min;
	u16 sport_max;
	u16 dport_min;
	u16 dport_max;
	u8 family;
	u8 proto;
	u8 splen;
	u8 dplen;
};

#define NFSEC_PLEN_RANGE	255

/**
 * struct nfsec_mark - a value under a mask
 * @value: the value, within the mask
 * @mask: the mask, 0 to match all
 */
struct nfsec_mark {
	u32 value;
	u32 mask;
};

int nfsec_flow_from_skb(const struct sk_buff *skb, u8 family, u32 ifindex,
			struct nfsec_flow *fl);
bool nfsec_flow_reverse_quoted(const struct sk_buff *skb,
			       const struct nfsec_flow *fl,
			       struct nfsec_flow *quoted);
bool nfsec_flow_match(const struct nfsec_selector *sel,
		      const struct nfsec_flow *fl);
bool nfsec_flow_may_match(const struct nfsec_selector *sel,
			  const struct nfsec_flow *fl);
bool nfsec_selector_equal(const struct nfsec_selector *a,
			  const struct nfsec_selector *b);
void nfsec_selector_any(struct nfsec_selector *sel, u8 family);
void nfsec_selector_from_flow(struct nfsec_selector *sel,
			      const struct nfsec_flow *fl);

static inline bool nfsec_addr_equal(const struct nfsec_addr *a,
				    const struct nfsec_addr *b)
{
	return !((a->a6[0] ^ b->a6[0]) | (a->a6[1] ^ b->a6[1]) |
		 (a->a6[2] ^ b->a6[2]) | (a->a6[3] ^ b->a6[3]));
}

static inline bool nfsec_addr_any(const struct nfsec_addr *a)
{
	return !(a->a6[0] | a->a6[1] | a->a6[2] | a->a6[3]);
}

/* As memcmp(): the order of the octets */
static inline int nfsec_addr_cmp(const struct nfsec_addr *a,
				 const struct nfsec_addr *b)
{
	int i;

	for (i = 0; i < 4; i++)
		if (a->a6[i] != b->a6[i])
			return ntohl(a->a6[i]) < ntohl(b->a6[i]) ? -1 : 1;
	return 0;
}

/* Does it name ports, so that a packet without readable ports is outside? */
static inline bool nfsec_selector_has_ports(const struct nfsec_selector *sel)
{
	return sel->sport_min || sel->dport_min ||
	       sel->sport_max != U16_MAX || sel->dport_max != U16_MAX;
}

static inline bool nfsec_mark_match(const struct nfsec_mark *m, u32 mark)
{
	return (mark & m->mask) == m->value;
}

#endif /* _NFSEC_FLOW_H */
