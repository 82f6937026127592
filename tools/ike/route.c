// SPDX-License-Identifier: GPL-2.0
/*
 * Routes to what is behind peers. A packet gets its source address when it is routed, and only
 * with that one a policy selects it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "nl.h"
#include "route.h"

/**
 * struct route - a route
 * @next: the next one
 * @ts: where to
 * @plen: length of its prefix
 * @src: source address
 * @peer: who they are for outside
 * @via: who takes the packets, of length 0 if they have a link of their own
 * @ifindex: the interface
 * @users: how often it is in use
 */
struct route {
	struct route *next;
	struct ike_ts ts;
	uint8_t plen;
	struct ike_addr src, peer, via;
	unsigned int ifindex, users;
};

struct ike_routes {
	struct ike_nl nl;
	uint32_t mark;
	struct route *list;
	bool rules[2];		/* IPv4 and IPv6 */
};

static int family(size_t alen)
{
	return alen == 16 ? AF_INET6 : AF_INET;
}

struct ike_routes *ike_routes_open(uint32_t mark)
{
	struct ike_routes *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return NULL;
	r->mark = mark;
	err = ike_nl_open(&r->nl);
	if (!err)
		return r;
	free(r);
	errno = -err;
	return NULL;
}

/* The rule of priority @pref, for what has not the mark. */
static int rule(struct ike_routes *r, int af, uint32_t pref, uint32_t table, bool no_default,
		bool add)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *h;

	nlh->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	h = mnl_nlmsg_put_extra_header(nlh, sizeof(*h));
	h->family = (uint8_t)af;
	h->action = FR_ACT_TO_TBL;
	h->flags = FIB_RULE_INVERT;
	h->table = (uint8_t)table;
	mnl_attr_put_u32(nlh, FRA_TABLE, table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, pref);
	mnl_attr_put_u32(nlh, FRA_FWMARK, r->mark);
	mnl_attr_put_u32(nlh, FRA_FWMASK, UINT32_MAX);
	if (no_default)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, 0);
	return ike_nl_ask(&r->nl, nlh, NULL, NULL);
}

/* Behind each other: what is behind peers, main but for its default, the rest. */
static int rules(struct ike_routes *r, int af, bool add)
{
	static const struct { uint32_t pref, table; bool no_default; } all[] = {
		{ IKE_ROUTE_TABLE, IKE_ROUTE_TABLE, false },
		{ IKE_ROUTE_TABLE + 1, RT_TABLE_MAIN, true },
		{ IKE_ROUTE_TABLE + 2, IKE_ROUTE_ALL, false },
	};
	unsigned int i;
	int err;

	for (i = 0; i < 3; i++) {
		err = rule(r, af, all[i].pref, all[i].table, all[i].no_default, add);
		/* An earlier run may have left it. */
		if (add && err && err != -EEXIST)
			return err;
	}
	return 0;
}

/* Adds it with @flags, or takes it away. */
static int set(struct ike_routes *r, const struct route *e, bool add, uint16_t flags)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	uint32_t table = e->plen ? IKE_ROUTE_TABLE : IKE_ROUTE_ALL;
	size_t n = ike_ts_alen(&e->ts);
	struct rtmsg *m;

	nlh->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | flags : 0);
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->rtm_family = (uint8_t)family(n);
	m->rtm_dst_len = e->plen;
	m->rtm_table = (uint8_t)table;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = e->via.len ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	m->rtm_type = RTN_UNICAST;
	if (e->plen)
		mnl_attr_put(nlh, RTA_DST, n, e->ts.lo);
	mnl_attr_put(nlh, RTA_PREFSRC, e->src.len, e->src.a);
	mnl_attr_put_u32(nlh, RTA_OIF, e->ifindex);
	if (e->via.len)
		mnl_attr_put(nlh, RTA_GATEWAY, e->via.len, e->via.a);
	return ike_nl_ask(&r->nl, nlh, NULL, NULL);
}

static int way(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct route *e = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct rtmsg)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			e->ifindex = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == RTA_GATEWAY &&
		    mnl_attr_get_payload_len(attr) == ike_ts_alen(&e->ts)) {
			e->via.len = (uint8_t)ike_ts_alen(&e->ts);
			memcpy(e->via.a, mnl_attr_get_payload(attr), e->via.len);
		}
	}
	return MNL_CB_OK;
}

/* Where packets to @peer go, for @e. */
static int find(struct ike_routes *r, const struct ike_addr *peer, struct route *e)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *m;
	int err;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->rtm_family = (uint8_t)family(peer->len);
	m->rtm_dst_len = peer->len * 8;
	mnl_attr_put(nlh, RTA_DST, peer->len, peer->a);
	mnl_attr_put_u32(nlh, RTA_MARK, r->mark);
	err = ike_nl_ask(&r->nl, nlh, way, e);
	if (!err && !e->ifindex)
		err = -ENETUNREACH;
	/* A peer on our link takes them itself. */
	if (!err && !e->via.len && peer->len == ike_ts_alen(&e->ts))
		e->via = *peer;
	return err;
}

/* Length of the prefix that @ts is, -1 if it is none. */
static int prefix(const struct ike_ts *ts)
{
	size_t n = ike_ts_alen(ts) * 8, i, plen;

#define NTH(a, i) ((a)[(i) / 8] >> (7 - (i) % 8) & 1)
	for (plen = 0; plen < n && NTH(ts->lo, plen) == NTH(ts->hi, plen); plen++)
		;
	for (i = plen; i < n; i++)
		if (NTH(ts->lo, i) || !NTH(ts->hi, i))
			return -1;
	return (int)plen;
}

static struct route **place(struct ike_routes *r, const struct ike_ts *ts,
			    const struct ike_addr *src)
{
	size_t n = ike_ts_alen(ts);
	struct route **p;

	for (p = &r->list; *p; p = &(*p)->next)
		if ((*p)->ts.type == ts->type && !memcmp((*p)->ts.lo, ts->lo, n) &&
		    !memcmp((*p)->ts.hi, ts->hi, n) && ike_addr_same(&(*p)->src, src))
			break;
	return p;
}

int ike_routes_add(struct ike_routes *r, const struct ike_ts *ts, const struct ike_addr *src,
		   const struct ike_addr *peer)
{
	struct route **p = place(r, ts, src), *e = *p;
	bool six = src->len == 16;
	int err;

	if (e) {
		e->users++;
		return 0;
	}
	if (prefix(ts) < 0 || ike_ts_alen(ts) != src->len)
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->ts = *ts;
	e->plen = (uint8_t)prefix(ts);
	e->src = *src;
	e->peer = *peer;
	e->users = 1;
	err = find(r, peer, e);
	if (!err && !r->rules[six]) {
		err = rules(r, family(src->len), true);
		r->rules[six] = !err;
	}
	if (!err)
		err = set(r, e, true, NLM_F_REPLACE);
	if (err) {
		free(e);
		return err;
	}
	*p = e;
	return 0;
}

int ike_routes_del(struct ike_routes *r, const struct ike_ts *ts, const struct ike_addr *src)
{
	struct route **p = place(r, ts, src), *e = *p;
	int err;

	if (!e)
		return -ENOENT;
	if (--e->users)
		return 0;
	*p = e->next;
	err = set(r, e, false, 0);
	free(e);
	/* The kernel takes a route away with its interface or source. */
	return err == -ESRCH || err == -ENODEV ? 0 : err;
}

void ike_routes_refresh(struct ike_routes *r)
{
	struct route *e, now;

	for (e = r->list; e; e = e->next) {
		now = *e;
		now.via = (struct ike_addr){ 0 };
		now.ifindex = 0;
		if (find(r, &e->peer, &now))
			continue;
		if (now.ifindex == e->ifindex && ike_addr_same(&now.via, &e->via)) {
			/* It may be there still: then nothing is changed, nor told to anybody. */
			set(r, e, true, NLM_F_EXCL);
			continue;
		}
		if (!set(r, &now, true, NLM_F_REPLACE))
			*e = now;
	}
}

void ike_routes_close(struct ike_routes *r)
{
	struct route *e;

	if (!r)
		return;
	while ((e = r->list)) {
		r->list = e->next;
		set(r, e, false, 0);
		free(e);
	}
	if (r->rules[0])
		rules(r, AF_INET, false);
	if (r->rules[1])
		rules(r, AF_INET6, false);
	ike_nl_close(&r->nl);
	free(r);
}
