// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of requests that more than one command has. Every function says
 * what is wrong in a sentence and points at the attribute.
 */

#include <linux/in.h>
#include <linux/socket.h>

#include "lifetime.h"
#include "netlink.h"
#include "spd.h"

#define NL_PORT_MAX	65535

static int parse_nest(struct nlattr **tb, int max, const struct nlattr *nla,
		      const struct nla_policy *policy,
		      struct netlink_ext_ack *extack)
{
	int err;

	err = nfsec_nl_check_once(nla_data(nla), nla_len(nla), 0, extack);
	if (err)
		return err;
	return nla_parse_nested(tb, max, nla, policy, extack);
}

/**
 * nfsec_nl_get_text() - read a text
 * @nla: attribute, in which the policy has found a NUL
 * @extack: told what is wrong
 *
 * The policy takes whatever is behind the NUL; a name that is not all read
 * must not pass for the one it begins with.
 *
 * Context: any.
 * Return: the text, which stays in the message, or NULL.
 */
const char *nfsec_nl_get_text(const struct nlattr *nla,
			      struct netlink_ext_ack *extack)
{
	const char *text = nla_data(nla);

	if (strlen(text) + 1 == nla_len(nla))
		return text;
	NL_SET_ERR_MSG_ATTR(extack, nla, "text goes on behind its end");
	return NULL;
}

/**
 * nfsec_nl_get_addr() - read an address
 * @nla: attribute
 * @addr: result
 * @family: result, told by the length
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_addr(const struct nlattr *nla, struct nfsec_addr *addr,
		      u8 *family, struct netlink_ext_ack *extack)
{
	switch (nla_len(nla)) {
	case sizeof(addr->a4):
		*family = AF_INET;
		break;
	case sizeof(addr->in6):
		*family = AF_INET6;
		break;
	default:
		return NFSEC_NL_BAD(extack, nla,
				    "an address has 4 or 16 octets");
	}
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, nla_data(nla), nla_len(nla));
	return 0;
}

/* As nfsec_nl_get_addr(); *@family is one that others told, or AF_UNSPEC */
static int get_addr_of(const struct nlattr *nla, struct nfsec_addr *addr,
		       u8 *family, struct netlink_ext_ack *extack)
{
	u8 f;
	int err;

	err = nfsec_nl_get_addr(nla, addr, &f, extack);
	if (err)
		return err;
	if (*family != AF_UNSPEC && *family != f)
		return NFSEC_NL_BAD(extack, nla,
				    "address is of the other family");
	*family = f;
	return 0;
}

static int addr_cmp(const struct nfsec_addr *a, const struct nfsec_addr *b)
{
	return memcmp(a->a6, b->a6, sizeof(a->a6));
}

/* Widen @min to the network it is in */
static void apply_prefix(struct nfsec_addr *min, struct nfsec_addr *max,
			 u8 plen, u8 family)
{
	int words = family == AF_INET ? 1 : 4;
	int i;

	memset(max, 0, sizeof(*max));
	for (i = 0; i < words; i++) {
		int bits = clamp(plen - 32 * i, 0, 32);
		__be32 mask = bits ? htonl(~0U << (32 - bits)) : 0;

		min->a6[i] &= mask;
		max->a6[i] = min->a6[i] | ~mask;
	}
}

/* Prefix length of a range that is a prefix, or else NFSEC_PLEN_RANGE */
static u8 range_plen(const struct nfsec_addr *min, const struct nfsec_addr *max,
		     u8 family)
{
	int words = family == AF_INET ? 1 : 4;
	struct nfsec_addr from = *min, to;
	int i, plen = 0;

	for (i = 0; i < words; i++) {
		u32 diff = ntohl(min->a6[i] ^ max->a6[i]);

		plen = 32 * i;
		if (diff) {
			plen += __builtin_clz(diff);
			break;
		}
		plen += 32;
	}
	apply_prefix(&from, &to, plen, family);
	return addr_cmp(&from, min) || addr_cmp(&to, max) ? NFSEC_PLEN_RANGE :
							    plen;
}

/*
 * Source or destination of a selector; @first is the attribute of its address,
 * those of prefix length and last address follow
 */
static int get_range(struct nlattr * const *tb, int first, u8 family,
		     struct nfsec_addr *min, struct nfsec_addr *max, u8 *plen,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *len = tb[first + 1], *last = tb[first + 2];
	u8 bits = family == AF_INET ? 32 : 128;
	int err;

	if (!tb[first]) {
		if (len || last)
			return NFSEC_NL_BAD(extack, len ?: last,
					    "prefix length or last address without an address");
		return 0;
	}
	err = nfsec_nl_get_addr(tb[first], min, &family, extack);
	if (err)
		return err;
	if (last) {
		if (len)
			return NFSEC_NL_BAD(extack, last,
					    "prefix length and last address exclude each other");
		err = get_addr_of(last, max, &family, extack);
		if (err)
			return err;
		if (addr_cmp(min, max) > 0)
			return NFSEC_NL_BAD(extack, last,
					    "address range ends before it starts");
		*plen = range_plen(min, max, family);
		return 0;
	}
	*plen = len ? nla_get_u8(len) : bits;
	if (*plen > bits)
		return NFSEC_NL_BAD(extack, len,
				    "prefix is longer than the address");
	apply_prefix(min, max, *plen, family);
	return 0;
}

static int get_ports(struct nlattr * const *tb, int first, u16 *min, u16 *max,
		     struct netlink_ext_ack *extack)
{
	if (!tb[first]) {
		if (tb[first + 1])
			return NFSEC_NL_BAD(extack, tb[first + 1],
					    "last port without a first port");
		return 0;
	}
	*min = nla_get_u16(tb[first]);
	*max = tb[first + 1] ? nla_get_u16(tb[first + 1]) : *min;
	if (*min > *max)
		return NFSEC_NL_BAD(extack, tb[first + 1],
				    "port range ends before it starts");
	return 0;
}

static bool any_port(u16 min, u16 max)
{
	return min == 0 && max == NL_PORT_MAX;
}

static bool proto_has_ports(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	}
	return false;
}

static bool proto_has_type(u8 proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ||
	       proto == IPPROTO_MH;
}

/* RFC 4301 4.4.1.1: what of the next layer a selector may look at */
static int check_ports(struct nlattr * const *tb,
		       const struct nfsec_selector *sel,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *sport = tb[NFSEC_A_SELECTOR_SPORT_MIN];
	const struct nlattr *dport = tb[NFSEC_A_SELECTOR_DPORT_MIN];
	bool any_s = any_port(sel->sport_min, sel->sport_max);
	bool any_d = any_port(sel->dport_min, sel->dport_max);

	if ((any_s && any_d) || proto_has_ports(sel->proto))
		return 0;
	if (proto_has_type(sel->proto)) {
		if (!any_d)
			return NFSEC_NL_BAD(extack, dport,
					    "protocol has type and code, both in the source port, and no destination port");
		if ((sel->sport_min ^ sel->sport_max) >> 8)
			return NFSEC_NL_BAD(extack, sport,
					    "several types: give one type with a range of codes, or any");
		return 0;
	}
	if (sel->proto == IPPROTO_GRE) {
		if (any_s || any_d || sel->sport_min != sel->sport_max ||
		    sel->dport_min != sel->dport_max)
			return NFSEC_NL_BAD(extack, sport ?: dport,
					    "a GRE key is one value with both its halves, or any");
		return 0;
	}
	if (!sel->proto)
		return NFSEC_NL_BAD(extack, sport ?: dport,
				    "ports without a protocol");
	return NFSEC_NL_BAD(extack, sport ?: dport,
			    "ports of a protocol that has none");
}

/* Headers a flow never names as its protocol, see struct nfsec_flow */
static bool proto_is_skipped(u8 proto)
{
	return proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_DSTOPTS;
}

static int get_selector_family(struct nlattr * const *tb, u8 *family,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *nla = tb[NFSEC_A_SELECTOR_FAMILY];
	static const u8 addrs[] = {
		NFSEC_A_SELECTOR_SRC, NFSEC_A_SELECTOR_DST,
	};
	struct nfsec_addr addr;
	int i, err;

	*family = AF_UNSPEC;
	if (nla) {
		*family = nla_get_u8(nla);
		if (*family != AF_INET && *family != AF_INET6)
			return NFSEC_NL_BAD(extack, nla,
					    "family is neither IPv4 nor IPv6");
	}
	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		if (!tb[addrs[i]])
			continue;
		err = get_addr_of(tb[addrs[i]], &addr, family, extack);
		if (err)
			return err;
	}
	return 0;
}

static int get_next_layer(struct nlattr * const *tb, u8 family, u8 *proto,
			  u32 *ifindex, struct netlink_ext_ack *extack)
{
	const struct nlattr *nla = tb[NFSEC_A_SELECTOR_PROTO];

	*proto = nla ? nla_get_u8(nla) : 0;
	if (family == AF_INET6 && proto_is_skipped(*proto))
		return NFSEC_NL_BAD(extack, nla,
				    "an IPv6 extension header is passed over in search of the protocol");
	nla = tb[NFSEC_A_SELECTOR_IFINDEX];
	*ifindex = nla ? nla_get_u32(nla) : 0;
	if (*ifindex > INT_MAX)
		return NFSEC_NL_BAD(extack, nla, "no device has this number");
	return 0;
}

/**
 * nfsec_nl_get_selector() - read a selector
 * @nla: nest
 * @sel: result; a network is widened to its first address
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_selector(const struct nlattr *nla, struct nfsec_selector *sel,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NFSEC_A_SELECTOR_MAX + 1];
	u8 family;
	int err;

	err = parse_nest(tb, NFSEC_A_SELECTOR_MAX, nla,
			 nfsec_selector_nl_policy, extack);
	if (err)
		return err;
	err = get_selector_family(tb, &family, extack);
	if (err)
		return err;
	nfsec_selector_any(sel, family);
	err = get_range(tb, NFSEC_A_SELECTOR_SRC, family, &sel->saddr_min,
			&sel->saddr_max, &sel->splen, extack);
	if (err)
		return err;
	err = get_range(tb, NFSEC_A_SELECTOR_DST, family, &sel->daddr_min,
			&sel->daddr_max, &sel->dplen, extack);
	if (err)
		return err;
	err = get_next_layer(tb, family, &sel->proto, &sel->ifindex, extack);
	if (err)
		return err;
	err = get_ports(tb, NFSEC_A_SELECTOR_SPORT_MIN, &sel->sport_min,
			&sel->sport_max, extack);
	if (err)
		return err;
	err = get_ports(tb, NFSEC_A_SELECTOR_DPORT_MIN, &sel->dport_min,
			&sel->dport_max, extack);
	if (err)
		return err;
	return check_ports(tb, sel, extack);
}

/**
 * nfsec_nl_get_flow() - read the flow of a packet that might come
 * @nla: nest of a selector with one value each
 * @fl: result, without mark
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_flow(const struct nlattr *nla, struct nfsec_flow *fl,
		      struct netlink_ext_ack *extack)
{
	static const u8 ranges[] = {
		NFSEC_A_SELECTOR_SRC_PREFIXLEN, NFSEC_A_SELECTOR_SRC_LAST,
		NFSEC_A_SELECTOR_DST_PREFIXLEN, NFSEC_A_SELECTOR_DST_LAST,
		NFSEC_A_SELECTOR_SPORT_MAX, NFSEC_A_SELECTOR_DPORT_MAX,
	};
	struct nlattr *tb[NFSEC_A_SELECTOR_MAX + 1];
	const struct nlattr *sport, *dport;
	int i, err;

	err = parse_nest(tb, NFSEC_A_SELECTOR_MAX, nla,
			 nfsec_selector_nl_policy, extack);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (tb[ranges[i]])
			return NFSEC_NL_BAD(extack, tb[ranges[i]],
					    "a packet has one address and port each, no range");
	memset(fl, 0, sizeof(*fl));
	if (!tb[NFSEC_A_SELECTOR_SRC] || !tb[NFSEC_A_SELECTOR_DST])
		return NFSEC_NL_BAD(extack, nla,
				    "a packet needs a source and a destination address");
	err = get_selector_family(tb, &fl->family, extack);
	if (err)
		return err;
	nla_memcpy(&fl->saddr, tb[NFSEC_A_SELECTOR_SRC], sizeof(fl->saddr));
	nla_memcpy(&fl->daddr, tb[NFSEC_A_SELECTOR_DST], sizeof(fl->daddr));
	err = get_next_layer(tb, fl->family, &fl->proto, &fl->ifindex, extack);
	if (err)
		return err;

	sport = tb[NFSEC_A_SELECTOR_SPORT_MIN];
	dport = tb[NFSEC_A_SELECTOR_DPORT_MIN];
	if (dport && !proto_has_ports(fl->proto) && fl->proto != IPPROTO_GRE)
		return NFSEC_NL_BAD(extack, dport,
				    "protocol has no destination port");
	if (sport && !proto_has_ports(fl->proto) && fl->proto != IPPROTO_GRE &&
	    !proto_has_type(fl->proto))
		return NFSEC_NL_BAD(extack, sport, "protocol has no port");
	fl->sport = sport ? nla_get_u16(sport) : 0;
	fl->dport = dport ? nla_get_u16(dport) : 0;
	return 0;
}

/**
 * nfsec_nl_get_mark() - read a mark
 * @nla: nest, or NULL
 * @mark: result; matches all if @nla is NULL
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_mark(const struct nlattr *nla, struct nfsec_mark *mark,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NFSEC_A_MARK_MAX + 1];
	int err;

	memset(mark, 0, sizeof(*mark));
	if (!nla)
		return 0;
	err = parse_nest(tb, NFSEC_A_MARK_MAX, nla, nfsec_mark_nl_policy,
			 extack);
	if (err)
		return err;
	if (!tb[NFSEC_A_MARK_VALUE])
		return NFSEC_NL_BAD(extack, nla, "a mark needs a value");
	mark->value = nla_get_u32(tb[NFSEC_A_MARK_VALUE]);
	mark->mask = tb[NFSEC_A_MARK_MASK] ?
		     nla_get_u32(tb[NFSEC_A_MARK_MASK]) : U32_MAX;
	if (mark->value & ~mark->mask)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_MARK_VALUE],
				    "mark has bits outside its mask");
	return 0;
}

/**
 * nfsec_nl_get_limits() - read limits
 * @nla: nest, or NULL
 * @limits: result; none for what is absent
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_limits(const struct nlattr *nla, struct nfsec_limits *limits,
			struct netlink_ext_ack *extack)
{
	u64 *value[NFSEC_A_LIMITS_MAX + 1] = {
		[NFSEC_A_LIMITS_SOFT_BYTES] = &limits->soft_bytes,
		[NFSEC_A_LIMITS_HARD_BYTES] = &limits->hard_bytes,
		[NFSEC_A_LIMITS_SOFT_PACKETS] = &limits->soft_packets,
		[NFSEC_A_LIMITS_HARD_PACKETS] = &limits->hard_packets,
		[NFSEC_A_LIMITS_SOFT_ADD] = &limits->soft_add,
		[NFSEC_A_LIMITS_HARD_ADD] = &limits->hard_add,
		[NFSEC_A_LIMITS_SOFT_USE] = &limits->soft_use,
		[NFSEC_A_LIMITS_HARD_USE] = &limits->hard_use,
	};
	struct nlattr *tb[NFSEC_A_LIMITS_MAX + 1];
	int i, err;

	nfsec_limits_none(limits);
	if (!nla)
		return 0;
	err = parse_nest(tb, NFSEC_A_LIMITS_MAX, nla, nfsec_limits_nl_policy,
			 extack);
	if (err)
		return err;
	for (i = 1; i <= NFSEC_A_LIMITS_MAX; i++) {
		u64 v = tb[i] ? nla_get_u64(tb[i]) : 0;

		if (!v)
			continue;
		if (i >= NFSEC_A_LIMITS_SOFT_ADD && v > U32_MAX)
			return NFSEC_NL_BAD(extack, tb[i],
					    "a limit of time is at most 4294967295 seconds");
		*value[i] = v;
	}
	/* soft ones are odd, each hard one follows its soft one */
	for (i = NFSEC_A_LIMITS_SOFT_BYTES; i < NFSEC_A_LIMITS_MAX; i += 2) {
		bool soft = tb[i] && nla_get_u64(tb[i]);
		bool hard = tb[i + 1] && nla_get_u64(tb[i + 1]);

		if (soft && hard && *value[i] > *value[i + 1])
			return NFSEC_NL_BAD(extack, tb[i],
					    "soft limit is above the hard limit");
	}
	return 0;
}

static int get_tmpl_addrs(struct nlattr * const *tb, struct nfsec_tmpl *tmpl,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *src = tb[NFSEC_A_TMPL_SRC];
	const struct nlattr *dst = tb[NFSEC_A_TMPL_DST];
	int err;

	if (src) {
		err = get_addr_of(src, &tmpl->saddr, &tmpl->family, extack);
		if (err)
			return err;
	}
	if (dst) {
		err = get_addr_of(dst, &tmpl->daddr, &tmpl->family, extack);
		if (err)
			return err;
	}
	/* zero is the same as absent, except that it tells the family */
	if (nfsec_addr_any(&tmpl->saddr) && nfsec_addr_any(&tmpl->daddr) &&
	    tmpl->mode == NFSEC_MODE_TRANSPORT)
		tmpl->family = AF_UNSPEC;
	return 0;
}

/**
 * nfsec_nl_get_tmpl() - read a template
 * @nla: nest
 * @tmpl: result
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_tmpl(const struct nlattr *nla, struct nfsec_tmpl *tmpl,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NFSEC_A_TMPL_MAX + 1];
	const struct nlattr *a;
	u32 spi;
	int err;

	err = parse_nest(tb, NFSEC_A_TMPL_MAX, nla, nfsec_tmpl_nl_policy,
			 extack);
	if (err)
		return err;
	memset(tmpl, 0, sizeof(*tmpl));

	a = tb[NFSEC_A_TMPL_PROTO];
	if (!a)
		return NFSEC_NL_BAD(extack, nla,
				    "a template needs a protocol");
	tmpl->proto = nla_get_u8(a);
	if (tmpl->proto != IPPROTO_ESP && tmpl->proto != IPPROTO_AH)
		return NFSEC_NL_BAD(extack, a,
				    "protocol is neither ESP nor AH");

	a = tb[NFSEC_A_TMPL_MODE];
	tmpl->mode = a ? nla_get_u8(a) : NFSEC_MODE_TRANSPORT;
	a = tb[NFSEC_A_TMPL_LEVEL];
	tmpl->level = a ? nla_get_u8(a) : NFSEC_LEVEL_REQUIRED;
	a = tb[NFSEC_A_TMPL_REQID];
	tmpl->reqid = a ? nla_get_u32(a) : 0;
	a = tb[NFSEC_A_TMPL_SPI];
	spi = a ? nla_get_u32(a) : 0;
	if (spi && spi < 256)
		return NFSEC_NL_BAD(extack, a,
				    "SPI 1 to 255 are reserved (RFC 4303 2.1)");
	tmpl->spi = htonl(spi);
	return get_tmpl_addrs(tb, tmpl, extack);
}
