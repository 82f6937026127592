// SPDX-License-Identifier: GPL-2.0
/*
 * From a packet to what selectors are compared with, and the comparison.
 */
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/gre.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "flow.h"

/* ICMP header up to what an error quotes, the same in both versions */
#define ICMP_QUOTE	8

/**
 * struct nfsec_cursor - where in an skb a packet is read
 * @skb: the skb
 * @start: offset of the IP header from the data of @skb
 * @end: offset behind the last octet that belongs to the packet
 * @cut: the packet is quoted and ends early, so that headers missing at the
 *	end are no error
 */
struct nfsec_cursor {
	const struct sk_buff *skb;
	int start;
	int end;
	bool cut;
};

/* Pointer to @len octets at @off, in place or copied; NULL if not there */
static const void *flow_read(const struct nfsec_cursor *c, int off, int len,
			     void *buf)
{
	if (off < c->start || off > c->end || c->end - off < len)
		return NULL;
	return skb_header_pointer(c->skb, off, len, buf);
}

static bool flow_read_ports(const struct nfsec_cursor *c, int off,
			    struct nfsec_flow *fl)
{
	const __be16 *ports;
	__be16 buf[2];

	ports = flow_read(c, off, sizeof(buf), buf);
	if (!ports)
		return false;
	fl->sport = ntohs(ports[0]);
	fl->dport = ntohs(ports[1]);
	return true;
}

static bool flow_read_type(const struct nfsec_cursor *c, int off,
			   struct nfsec_flow *fl)
{
	const u8 *type;
	u8 buf[2];

	type = flow_read(c, off, sizeof(buf), buf);
	if (!type)
		return false;
	fl->sport = type[0] << 8 | type[1];
	return true;
}

/* Mobility header: next header, length, type (RFC 6275 6.1.1) */
static bool flow_read_mobility(const struct nfsec_cursor *c, int off,
			       struct nfsec_flow *fl)
{
	const u8 *hdr;
	u8 buf[3];

	hdr = flow_read(c, off, sizeof(buf), buf);
	if (!hdr)
		return false;
	fl->sport = hdr[2] << 8;
	return true;
}

static bool flow_read_gre(const struct nfsec_cursor *c, int off,
			  struct nfsec_flow *fl)
{
	const struct gre_base_hdr *gre;
	struct gre_base_hdr buf;
	const __be32 *key;
	__be32 kbuf;

	gre = flow_read(c, off, sizeof(buf), &buf);
	if (!gre)
		return false;
	if (!(gre->flags & GRE_KEY))
		return true;
	off += sizeof(*gre);
	if (gre->flags & GRE_CSUM)
		off += 4;
	key = flow_read(c, off, sizeof(kbuf), &kbuf);
	if (!key)
		return false;
	fl->sport = ntohl(*key) >> 16;
	fl->dport = ntohl(*key) & 0xffff;
	return true;
}

/* Fill in what the next-layer header at @off holds */
static void flow_read_l4(const struct nfsec_cursor *c, int off,
			 struct nfsec_flow *fl)
{
	bool ok = true;

	switch (fl->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		ok = flow_read_ports(c, off, fl);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ok = flow_read_type(c, off, fl);
		break;
	case IPPROTO_MH:
		ok = flow_read_mobility(c, off, fl);
		break;
	case IPPROTO_GRE:
		ok = flow_read_gre(c, off, fl);
		break;
	}
	/* What cannot be read is not zero, it is unknown. */
	if (!ok)
		fl->flags |= NFSEC_FLOW_FRAG;
}

static int flow_parse4(const struct nfsec_cursor *c, struct nfsec_flow *fl)
{
	const struct iphdr *iph;
	struct iphdr buf;
	int off;

	iph = flow_read(c, c->start, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return -EINVAL;
	off = iph->ihl * 4;
	if (off > c->end - c->start && !c->cut)
		return -EINVAL;

	fl->family = AF_INET;
	fl->proto = iph->protocol;
	fl->saddr.a4 = iph->saddr;
	fl->daddr.a4 = iph->daddr;
	fl->l4off = off;
	if (iph->frag_off & htons(IP_OFFSET)) {
		fl->flags |= NFSEC_FLOW_FRAG;
		return 0;
	}
	if (iph->frag_off & htons(IP_MF))
		fl->flags |= NFSEC_FLOW_FIRST_FRAG;
	flow_read_l4(c, c->start + off, fl);
	return 0;
}

/*
 * Step over the extension headers that are not a next-layer protocol of their
 * own (RFC 4301 4.4.1.1). Each step moves on by 8 octets or more and ends with
 * the packet, so a hostile chain costs no more than its length.
 *
 * Returns 0 with the offset in @off, 1 if the next layer is not to be seen
 * because this is a fragment, -EINVAL if the headers do not fit the packet.
 */
static int flow_skip_ext(const struct nfsec_cursor *c, int *off,
			 struct nfsec_flow *fl)
{
	bool partial = c->cut;

	for (;;) {
		const struct ipv6_opt_hdr *opt;
		const struct frag_hdr *fh;
		struct ipv6_opt_hdr obuf;
		struct frag_hdr fbuf;

		switch (fl->proto) {
		case NEXTHDR_HOP:
		case NEXTHDR_ROUTING:
		case NEXTHDR_DEST:
			opt = flow_read(c, *off, sizeof(obuf), &obuf);
			if (!opt)
				return partial ? 1 : -EINVAL;
			fl->proto = opt->nexthdr;
			*off += (opt->hdrlen + 1) * 8;
			if (*off > c->end)
				return partial ? 1 : -EINVAL;
			break;
		case NEXTHDR_FRAGMENT:
			fh = flow_read(c, *off, sizeof(fbuf), &fbuf);
			if (!fh)
				return partial ? 1 : -EINVAL;
			fl->proto = fh->nexthdr;
			*off += sizeof(*fh);
			if (fh->frag_off & htons(IP6_OFFSET))
				return 1;
			if (fh->frag_off & htons(IP6_MF)) {
				fl->flags |= NFSEC_FLOW_FIRST_FRAG;
				partial = true;
			}
			break;
		default:
			return 0;
		}
	}
}

static int flow_parse6(const struct nfsec_cursor *c, struct nfsec_flow *fl)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;
	int off, ret;

	ip6h = flow_read(c, c->start, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return -EINVAL;
	fl->family = AF_INET6;
	fl->proto = ip6h->nexthdr;
	fl->saddr.in6 = ip6h->saddr;
	fl->daddr.in6 = ip6h->daddr;

	off = c->start + sizeof(*ip6h);
	ret = flow_skip_ext(c, &off, fl);
	if (ret < 0)
		return ret;
	if (off - c->start > U16_MAX)
		return -EINVAL;
	fl->l4off = off - c->start;
	if (ret)
		fl->flags |= NFSEC_FLOW_FRAG;
	else
		flow_read_l4(c, off, fl);
	return 0;
}

/**
 * nfsec_flow_from_skb() - read what selectors are compared with
 * @skb: packet, its network header set; neither changed nor moved
 * @family: AF_INET or AF_INET6
 * @ifindex: device for &nfsec_flow.ifindex
 * @fl: result, filled on success only
 *
 * Uses the length of @skb and not the lengths in the IP header, which are zero
 * in packets that are to be segmented. Context: any.
 *
 * Return: 0, or -EINVAL if the headers are broken.
 */
int nfsec_flow_from_skb(const struct sk_buff *skb, u8 family, u32 ifindex,
			struct nfsec_flow *fl)
{
	struct nfsec_cursor c = {
		.skb = skb,
		.start = skb_network_offset(skb),
		.end = skb->len,
	};

	memset(fl, 0, sizeof(*fl));
	fl->mark = skb->mark;
	fl->ifindex = ifindex;
	if (family == AF_INET)
		return flow_parse4(&c, fl);
	if (family == AF_INET6)
		return flow_parse6(&c, fl);
	return -EINVAL;
}

/* Octets an ICMP error says it quotes (RFC 4884 4), 0 if it does not say */
static int flow_quote_len(const u8 *icmp, u8 proto)
{
	if (proto == IPPROTO_ICMPV6)
		switch (icmp[0]) {
		case ICMPV6_DEST_UNREACH:
		case ICMPV6_TIME_EXCEED:
			return icmp[4] * 8;
		default:
			return 0;
		}
	switch (icmp[0]) {
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return icmp[5] * 4;
	default:
		return 0;
	}
}

static bool flow_is_icmp_error(const struct nfsec_flow *fl)
{
	if (fl->flags & NFSEC_FLOW_FRAG)
		return false;
	if (fl->family == AF_INET6)
		return fl->proto == IPPROTO_ICMPV6 && fl->sport >> 8 &&
		       fl->sport >> 8 < ICMPV6_ECHO_REQUEST;
	if (fl->proto != IPPROTO_ICMP)
		return false;
	switch (fl->sport >> 8) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return true;
	}
	return false;
}

/**
 * nfsec_flow_reverse_quoted() - flow of the packet an ICMP error quotes,
 *	turned round
 * @skb: the ICMP error, as given to nfsec_flow_from_skb()
 * @fl: what that made of it
 * @quoted: result: addresses and ports swapped, so that it is the flow the
 *	error belongs to (RFC 4301 6.2); device and mark are those of @fl
 *
 * Objects behind the quoted packet (RFC 4884) are not taken for a part of it.
 * Context: any; @skb is neither changed nor moved.
 *
 * Return: whether @skb is an ICMP error whose quote can be read.
 */
bool nfsec_flow_reverse_quoted(const struct sk_buff *skb,
			       const struct nfsec_flow *fl,
			       struct nfsec_flow *quoted)
{
	struct nfsec_cursor c = {
		.skb = skb,
		.start = skb_network_offset(skb) + fl->l4off,
		.end = skb->len,
		.cut = true,
	};
	u8 buf[ICMP_QUOTE];
	const u8 *icmp;
	int len;

	if (!flow_is_icmp_error(fl))
		return false;
	icmp = flow_read(&c, c.start, sizeof(buf), buf);
	if (!icmp)
		return false;
	len = flow_quote_len(icmp, fl->proto);
	c.start += ICMP_QUOTE;
	if (len && len < c.end - c.start)
		c.end = c.start + len;

	memset(quoted, 0, sizeof(*quoted));
	quoted->mark = fl->mark;
	quoted->ifindex = fl->ifindex;
	if (fl->family == AF_INET ? flow_parse4(&c, quoted) :
				    flow_parse6(&c, quoted))
		return false;

	swap(quoted->saddr, quoted->daddr);
	switch (quoted->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		swap(quoted->sport, quoted->dport);
		break;
	}
	return true;
}

static bool flow_in_range(const struct nfsec_addr *a,
			  const struct nfsec_addr *min,
			  const struct nfsec_addr *max, u8 family)
{
	if (family == AF_INET) {
		u32 v = ntohl(a->a4);

		return v >= ntohl(min->a4) && v <= ntohl(max->a4);
	}
	return nfsec_addr_cmp(a, min) >= 0 && nfsec_addr_cmp(a, max) <= 0;
}

/*
 * A later fragment of IPv6 names the first header behind the fragment header,
 * and that can be options in front of the protocol.
 */
static bool flow_proto_hidden(const struct nfsec_flow *fl)
{
	if (fl->family != AF_INET6 || !(fl->flags & NFSEC_FLOW_FRAG))
		return false;
	switch (fl->proto) {
	case NEXTHDR_HOP:
	case NEXTHDR_ROUTING:
	case NEXTHDR_FRAGMENT:
	case NEXTHDR_DEST:
		return true;
	}
	return false;
}

/**
 * nfsec_flow_may_match() - would a flow be in a set if its ports were?
 * @sel: the selector; with AF_UNSPEC addresses are not compared
 * @fl: the flow
 *
 * Context: any.
 *
 * Return: whether all but the ports matches.
 */
bool nfsec_flow_may_match(const struct nfsec_selector *sel,
			  const struct nfsec_flow *fl)
{
	if (sel->proto && sel->proto != fl->proto && !flow_proto_hidden(fl))
		return false;
	if (sel->ifindex && sel->ifindex != fl->ifindex)
		return false;
	if (sel->family == AF_UNSPEC)
		return true;
	return sel->family == fl->family &&
	       flow_in_range(&fl->daddr, &sel->daddr_min, &sel->daddr_max,
			     fl->family) &&
	       flow_in_range(&fl->saddr, &sel->saddr_min, &sel->saddr_max,
			     fl->family);
}

/**
 * nfsec_flow_match() - is a flow in the set a selector stands for?
 * @sel: the selector; with AF_UNSPEC addresses are not compared
 * @fl: the flow
 *
 * Context: any.
 *
 * Return: whether it is.
 */
bool nfsec_flow_match(const struct nfsec_selector *sel,
		      const struct nfsec_flow *fl)
{
	if (nfsec_selector_has_ports(sel) &&
	    (fl->flags & NFSEC_FLOW_FRAG ||
	     fl->sport < sel->sport_min || fl->sport > sel->sport_max ||
	     fl->dport < sel->dport_min || fl->dport > sel->dport_max))
		return false;
	if (sel->proto && sel->proto != fl->proto)
		return false;
	return nfsec_flow_may_match(sel, fl);
}

/**
 * nfsec_selector_equal() - do two selectors stand for the same set?
 * @a: a selector
 * @b: another
 *
 * A prefix equals a range of the same addresses. Context: any.
 *
 * Return: whether they do.
 */
bool nfsec_selector_equal(const struct nfsec_selector *a,
			  const struct nfsec_selector *b)
{
	return a->family == b->family && a->proto == b->proto &&
	       a->ifindex == b->ifindex &&
	       a->sport_min == b->sport_min && a->sport_max == b->sport_max &&
	       a->dport_min == b->dport_min && a->dport_max == b->dport_max &&
	       nfsec_addr_equal(&a->saddr_min, &b->saddr_min) &&
	       nfsec_addr_equal(&a->saddr_max, &b->saddr_max) &&
	       nfsec_addr_equal(&a->daddr_min, &b->daddr_min) &&
	       nfsec_addr_equal(&a->daddr_max, &b->daddr_max);
}

/**
 * nfsec_selector_any() - make a selector that matches all of a family
 * @sel: result
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for both
 *
 * Context: any.
 */
void nfsec_selector_any(struct nfsec_selector *sel, u8 family)
{
	memset(sel, 0, sizeof(*sel));
	sel->family = family;
	sel->sport_max = U16_MAX;
	sel->dport_max = U16_MAX;
	if (family == AF_INET) {
		sel->saddr_max.a4 = htonl(U32_MAX);
		sel->daddr_max.a4 = htonl(U32_MAX);
	} else if (family == AF_INET6) {
		memset(&sel->saddr_max, 0xff, sizeof(sel->saddr_max));
		memset(&sel->daddr_max, 0xff, sizeof(sel->daddr_max));
	}
}

/**
 * nfsec_selector_from_flow() - make the narrowest selector that matches a flow
 * @sel: result; of any ports if those of the flow are unknown, of any device
 * @fl: the flow
 *
 * Context: any.
 */
void nfsec_selector_from_flow(struct nfsec_selector *sel,
			      const struct nfsec_flow *fl)
{
	nfsec_selector_any(sel, fl->family);
	sel->saddr_min = fl->saddr;
	sel->saddr_max = fl->saddr;
	sel->daddr_min = fl->daddr;
	sel->daddr_max = fl->daddr;
	sel->splen = fl->family == AF_INET6 ? 128 : 32;
	sel->dplen = sel->splen;
	sel->proto = fl->proto;
	if (fl->flags & NFSEC_FLOW_FRAG)
		return;
	switch (fl->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_GRE:
		sel->dport_min = fl->dport;
		sel->dport_max = fl->dport;
		fallthrough;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_MH:
		sel->sport_min = fl->sport;
		sel->sport_max = fl->sport;
		break;
	}
}
