// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of answers and events. All functions return 0 or -EMSGSIZE and
 * may leave a part behind in the latter case; the caller cancels the message.
 */

#include <linux/socket.h>

#include "main.h"
#include "netlink.h"

/**
 * nfsec_nl_put_u64() - add a 64 bit number
 * @skb: message
 * @attr: attribute
 * @value: the number
 *
 * Readers copy it, so it is not aligned.
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put(skb, attr, sizeof(value), &value);
}

/**
 * nfsec_nl_put_addr() - add an address
 * @skb: message
 * @attr: attribute
 * @addr: the address
 * @family: its family
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_addr(struct sk_buff *skb, int attr,
		      const struct nfsec_addr *addr, u8 family)
{
	return nla_put(skb, attr,
		       family == AF_INET ? sizeof(addr->a4) : sizeof(addr->in6),
		       addr);
}

/* An address of a selector; @first as in nl_parse.c */
static int put_range(struct sk_buff *skb, int first, u8 family,
		     const struct nfsec_addr *min, const struct nfsec_addr *max,
		     u8 plen)
{
	if (nfsec_nl_put_addr(skb, first, min, family))
		return -EMSGSIZE;
	if (plen == NFSEC_PLEN_RANGE)
		return nfsec_nl_put_addr(skb, first + 2, max, family);
	return nla_put_u8(skb, first + 1, plen);
}

static int put_ports(struct sk_buff *skb, int first, u16 min, u16 max)
{
	if (min == 0 && max == U16_MAX)
		return 0;
	if (nla_put_u16(skb, first, min))
		return -EMSGSIZE;
	return nla_put_u16(skb, first + 1, max);
}

static int put_selector(struct sk_buff *skb, const struct nfsec_selector *sel)
{
	if (sel->family != AF_UNSPEC &&
	    (put_range(skb, NFSEC_A_SELECTOR_SRC, sel->family, &sel->saddr_min,
		       &sel->saddr_max, sel->splen) ||
	     put_range(skb, NFSEC_A_SELECTOR_DST, sel->family, &sel->daddr_min,
		       &sel->daddr_max, sel->dplen)))
		return -EMSGSIZE;
	if (sel->proto && nla_put_u8(skb, NFSEC_A_SELECTOR_PROTO, sel->proto))
		return -EMSGSIZE;
	if (put_ports(skb, NFSEC_A_SELECTOR_SPORT_MIN, sel->sport_min,
		      sel->sport_max) ||
	    put_ports(skb, NFSEC_A_SELECTOR_DPORT_MIN, sel->dport_min,
		      sel->dport_max))
		return -EMSGSIZE;
	if (sel->ifindex &&
	    nla_put_u32(skb, NFSEC_A_SELECTOR_IFINDEX, sel->ifindex))
		return -EMSGSIZE;
	return 0;
}

/**
 * nfsec_nl_put_selector() - add a selector, unless it matches all
 * @skb: message
 * @attr: attribute of the nest
 * @sel: the selector
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_selector(struct sk_buff *skb, int attr,
			  const struct nfsec_selector *sel)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || put_selector(skb, sel))
		return -EMSGSIZE;
	if (skb_tail_pointer(skb) == (u8 *)nla_data(nest))
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return 0;
}

/**
 * nfsec_nl_put_mark() - add a mark, unless it matches all
 * @skb: message
 * @attr: attribute of the nest
 * @mark: the mark
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_mark(struct sk_buff *skb, int attr,
		      const struct nfsec_mark *mark)
{
	struct nlattr *nest;

	if (!mark->mask)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest || nla_put_u32(skb, NFSEC_A_MARK_VALUE, mark->value) ||
	    nla_put_u32(skb, NFSEC_A_MARK_MASK, mark->mask))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_limits(struct sk_buff *skb, int attr,
		      const struct nfsec_limits *l)
{
	const u64 value[NFSEC_A_LIMITS_MAX + 1] = {
		[NFSEC_A_LIMITS_SOFT_BYTES] = READ_ONCE(l->soft_bytes),
		[NFSEC_A_LIMITS_HARD_BYTES] = READ_ONCE(l->hard_bytes),
		[NFSEC_A_LIMITS_SOFT_PACKETS] = READ_ONCE(l->soft_packets),
		[NFSEC_A_LIMITS_HARD_PACKETS] = READ_ONCE(l->hard_packets),
		[NFSEC_A_LIMITS_SOFT_ADD] = READ_ONCE(l->soft_add),
		[NFSEC_A_LIMITS_HARD_ADD] = READ_ONCE(l->hard_add),
		[NFSEC_A_LIMITS_SOFT_USE] = READ_ONCE(l->soft_use),
		[NFSEC_A_LIMITS_HARD_USE] = READ_ONCE(l->hard_use),
	};
	struct nlattr *nest = nla_nest_start(skb, attr);
	bool any = false;
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 1; i <= NFSEC_A_LIMITS_MAX; i++) {
		if (!value[i] || value[i] == U64_MAX)
			continue;
		if (nfsec_nl_put_u64(skb, i, value[i]))
			return -EMSGSIZE;
		any = true;
	}
	if (any)
		nla_nest_end(skb, nest);
	else
		nla_nest_cancel(skb, nest);
	return 0;
}

/* Boot time in seconds as wall-clock time, for an object made at @added */
static u64 wall_time(u32 when, u32 added, u64 added_wall)
{
	return when ? added_wall + (when - added) : 0;
}

static int put_usage(struct sk_buff *skb, int attr, u64 bytes, u64 packets,
		     u64 added, u64 first, u64 last)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || nfsec_nl_put_u64(skb, NFSEC_A_USAGE_BYTES, bytes) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_USAGE_PACKETS, packets) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_USAGE_ADDED, added) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_USAGE_FIRST_USED, first) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_USAGE_LAST_USED, last))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nfsec_nl_put_counter() - add a counter
 * @skb: message
 * @attr: attribute of the nest
 * @id: number of the counter
 * @name: its name
 * @value: its value
 * @doc: what it counts, or NULL
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_counter(struct sk_buff *skb, int attr, u32 id,
			 const char *name, u64 value, const char *doc)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || nla_put_u32(skb, NFSEC_A_COUNTER_ID, id) ||
	    nla_put_string(skb, NFSEC_A_COUNTER_NAME, name) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_COUNTER_VALUE, value) ||
	    (doc && nla_put_string(skb, NFSEC_A_COUNTER_DOC, doc)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nfsec_nl_put_tmpl() - add a template
 * @skb: message
 * @attr: attribute of the nest
 * @tmpl: the template
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_tmpl(struct sk_buff *skb, int attr,
		      const struct nfsec_tmpl *tmpl)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	if (tmpl->family != AF_UNSPEC &&
	    (nfsec_nl_put_addr(skb, NFSEC_A_TMPL_SRC, &tmpl->saddr,
			       tmpl->family) ||
	     nfsec_nl_put_addr(skb, NFSEC_A_TMPL_DST, &tmpl->daddr,
			       tmpl->family)))
		return -EMSGSIZE;
	if (nla_put_u8(skb, NFSEC_A_TMPL_PROTO, tmpl->proto) ||
	    nla_put_u8(skb, NFSEC_A_TMPL_MODE, tmpl->mode) ||
	    (tmpl->spi &&
	     nla_put_u32(skb, NFSEC_A_TMPL_SPI, ntohl(tmpl->spi))) ||
	    (tmpl->reqid &&
	     nla_put_u32(skb, NFSEC_A_TMPL_REQID, tmpl->reqid)) ||
	    nla_put_u8(skb, NFSEC_A_TMPL_LEVEL, tmpl->level))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nfsec_nl_put_sa_id() - add what names an SA, and its source address
 * @skb: message with attributes of an SA
 * @sa: the SA
 * @path: its path
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_sa_id(struct sk_buff *skb, const struct nfsec_sa *sa,
		       const struct nfsec_path *path)
{
	if (nfsec_nl_put_addr(skb, NFSEC_A_SA_SRC, &path->saddr,
			      path->family) ||
	    nfsec_nl_put_addr(skb, NFSEC_A_SA_DST, &path->daddr,
			      path->family) ||
	    nla_put_u8(skb, NFSEC_A_SA_PROTO, sa->proto) ||
	    nla_put_u32(skb, NFSEC_A_SA_SPI, ntohl(sa->spi)))
		return -EMSGSIZE;
	return nfsec_nl_put_mark(skb, NFSEC_A_SA_MARK, &sa->mark);
}

/**
 * nfsec_nl_put_sa_usage() - add how much an SA was used
 * @skb: message with attributes of an SA
 * @sa: the SA
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_sa_usage(struct sk_buff *skb, const struct nfsec_sa *sa)
{
	u32 first = READ_ONCE(sa->first_used);
	u32 last = READ_ONCE(sa->last_used);

	return put_usage(skb, NFSEC_A_SA_USAGE, atomic64_read(&sa->bytes),
			 atomic64_read(&sa->packets), sa->added_wall,
			 wall_time(first, sa->added, sa->added_wall),
			 wall_time(last, sa->added, sa->added_wall));
}

static int put_key(struct sk_buff *skb, int attr, const struct nfsec_key *key,
		   bool show)
{
	struct nlattr *nest;

	if (!key->alg)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest || nla_put_string(skb, NFSEC_A_ALGO_NAME, key->alg->name))
		return -EMSGSIZE;
	if (show && nla_put(skb, NFSEC_A_ALGO_KEY, key->len, key->data))
		return -EMSGSIZE;
	if (key->icv_bits &&
	    nla_put_u32(skb, NFSEC_A_ALGO_ICV_BITS, key->icv_bits))
		return -EMSGSIZE;
	if (nla_put_u32(skb, NFSEC_A_ALGO_KEY_BITS, key->len * 8))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nfsec_nl_put_encap() - add the encapsulation of an SA, if it has one
 * @skb: message with attributes of an SA
 * @path: path of the SA
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_encap(struct sk_buff *skb, const struct nfsec_path *path)
{
	const struct nfsec_encap *e = &path->encap;
	struct nlattr *nest;

	if (e->type == NFSEC_ENCAP_TYPE_NONE)
		return 0;
	nest = nla_nest_start(skb, NFSEC_A_SA_ENCAP);
	if (!nest || nla_put_u16(skb, NFSEC_A_ENCAP_TYPE, e->type) ||
	    nla_put_u16(skb, NFSEC_A_ENCAP_SPORT, ntohs(e->sport)) ||
	    nla_put_u16(skb, NFSEC_A_ENCAP_DPORT, ntohs(e->dport)))
		return -EMSGSIZE;
	if (!nfsec_addr_any(&e->oaddr) &&
	    nfsec_nl_put_addr(skb, NFSEC_A_ENCAP_OADDR, &e->oaddr,
			      path->family))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Last number sent, in a form that a new SA can be given */
static u64 last_sent(const struct nfsec_sa *sa)
{
	u64 oseq = atomic64_read(&sa->oseq);

	/* 32 bit numbers count on when used up, so that none is sent twice */
	if (sa->esn)
		return oseq;
	return sa->flags & NFSEC_SA_FLAGS_OSEQ_MAY_WRAP ?
	       (u32)oseq : min_t(u64, oseq, U32_MAX);
}

static int put_replay(struct sk_buff *skb, struct nfsec_sa *sa,
		      unsigned int parts)
{
	u32 len = DIV_ROUND_UP(sa->replay.window, 8);
	struct nlattr *nla = NULL;
	u64 top;

	if (parts & NFSEC_NL_SA_BITMAP && len) {
		nla = nla_reserve(skb, NFSEC_A_SA_REPLAY_BITMAP, len);
		if (!nla)
			return -EMSGSIZE;
	}
	nfsec_replay_get(&sa->replay, &top, nla ? nla_data(nla) : NULL,
			 nla ? len : 0);
	if (nla_put_u32(skb, NFSEC_A_SA_REPLAY_WINDOW, sa->replay.window) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_SA_REPLAY_SEQ, top) ||
	    nfsec_nl_put_u64(skb, NFSEC_A_SA_REPLAY_OSEQ, last_sent(sa)))
		return -EMSGSIZE;
	return 0;
}

static int put_drops(struct sk_buff *skb, struct nfsec_sa *sa)
{
	int i;

	for (i = 0; i < NFSEC_DROP_COUNT; i++) {
		u32 value = atomic_read(&sa->drop[i]);

		if (value &&
		    nfsec_nl_put_counter(skb, NFSEC_A_SA_DROP, i,
					 nfsec_drop_name[i], value, NULL))
			return -EMSGSIZE;
	}
	return 0;
}

/* Also when its state is not larval any more because it was taken out */
static bool sa_is_larval(const struct nfsec_sa *sa)
{
	return !sa->key_aead.alg && !sa->key_auth.alg;
}

/* What a larval SA does not have */
static int put_sa_grown(struct sk_buff *skb, struct nfsec_sa *sa,
			const struct nfsec_path *path, unsigned int parts)
{
	bool keys = parts & NFSEC_NL_SA_KEYS;
	u32 mtu = READ_ONCE(path->pmtu);

	if (put_key(skb, NFSEC_A_SA_AEAD, &sa->key_aead, keys) ||
	    put_key(skb, NFSEC_A_SA_AUTH, &sa->key_auth, keys) ||
	    put_key(skb, NFSEC_A_SA_ENC, &sa->key_enc, keys) ||
	    nfsec_nl_put_encap(skb, path) || put_replay(skb, sa, parts))
		return -EMSGSIZE;
	if (nla_put_u32(skb, NFSEC_A_SA_OVERHEAD, nfsec_sa_overhead(sa, path)))
		return -EMSGSIZE;
	if (mtu && time_before(jiffies, READ_ONCE(path->pmtu_expires)) &&
	    nla_put_u32(skb, NFSEC_A_SA_PMTU,
			nfsec_sa_inner_mtu(sa, path, mtu, path->family)))
		return -EMSGSIZE;
	if (parts & NFSEC_NL_SA_DROPS)
		return put_drops(skb, sa);
	return 0;
}

static int put_sa(struct sk_buff *skb, struct nfsec_sa *sa,
		  const struct nfsec_path *path, unsigned int parts)
{
	if (nfsec_nl_put_sa_id(skb, sa, path) ||
	    nla_put_u8(skb, NFSEC_A_SA_MODE, sa->mode) ||
	    nla_put_u32(skb, NFSEC_A_SA_REQID, sa->reqid) ||
	    nla_put_u8(skb, NFSEC_A_SA_DIR, sa->dir) ||
	    nla_put_u32(skb, NFSEC_A_SA_FLAGS, sa->flags) ||
	    nfsec_nl_put_mark(skb, NFSEC_A_SA_OUTPUT_MARK, &sa->output_mark) ||
	    put_limits(skb, NFSEC_A_SA_LIMITS, &sa->limits) ||
	    nfsec_nl_put_sa_usage(skb, sa))
		return -EMSGSIZE;
	if (sa->tfcpad && nla_put_u32(skb, NFSEC_A_SA_TFCPAD, sa->tfcpad))
		return -EMSGSIZE;
	if (sa_is_larval(sa))
		return nla_put_flag(skb, NFSEC_A_SA_LARVAL);
	if (nfsec_nl_put_selector(skb, NFSEC_A_SA_SEL, &sa->sel))
		return -EMSGSIZE;
	return put_sa_grown(skb, sa, path, parts);
}

/**
 * nfsec_nl_put_sa() - add an SA
 * @skb: message
 * @sa: the SA
 * @parts: NFSEC_NL_SA_*, what to add of that which is secret or long
 *
 * Context: any; the SA must not go away.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_sa(struct sk_buff *skb, struct nfsec_sa *sa,
		    unsigned int parts)
{
	int err;

	rcu_read_lock();
	err = put_sa(skb, sa, nfsec_sa_path(sa), parts);
	rcu_read_unlock();
	return err;
}

/**
 * nfsec_nl_put_policy() - add a policy
 * @skb: message
 * @p: the policy
 *
 * Context: any; the policy must not go away.
 * Return: 0 or -EMSGSIZE.
 */
int nfsec_nl_put_policy(struct sk_buff *skb, const struct nfsec_policy *p)
{
	u32 first = READ_ONCE(p->first_used);
	u32 last = READ_ONCE(p->last_used);
	int i;

	if (nla_put_u8(skb, NFSEC_A_POLICY_DIR, p->dir) ||
	    nfsec_nl_put_selector(skb, NFSEC_A_POLICY_SEL, &p->sel) ||
	    nla_put_u32(skb, NFSEC_A_POLICY_INDEX, p->index) ||
	    nla_put_u32(skb, NFSEC_A_POLICY_PRIORITY, p->priority) ||
	    nla_put_u8(skb, NFSEC_A_POLICY_ACTION, p->action) ||
	    nla_put_u32(skb, NFSEC_A_POLICY_FLAGS, p->flags) ||
	    nfsec_nl_put_mark(skb, NFSEC_A_POLICY_MARK, &p->mark) ||
	    put_limits(skb, NFSEC_A_POLICY_LIMITS, &p->limits))
		return -EMSGSIZE;
	for (i = 0; i < p->ntmpl; i++)
		if (nfsec_nl_put_tmpl(skb, NFSEC_A_POLICY_TMPL, &p->tmpl[i]))
			return -EMSGSIZE;
	return put_usage(skb, NFSEC_A_POLICY_USAGE, atomic64_read(&p->bytes),
			 atomic64_read(&p->packets), p->added_wall,
			 wall_time(first, p->added, p->added_wall),
			 wall_time(last, p->added, p->added_wall));
}
