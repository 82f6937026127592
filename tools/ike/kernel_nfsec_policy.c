// SPDX-License-Identifier: GPL-2.0
/*
 * Policies in the nfsec module, and what lets IKE itself pass them.
 *
 * Several children can want a policy of the same direction and selectors, of which the
 * module can have but one: who came last gets it, and when he leaves, it goes back to the
 * one before.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel_nfsec_int.h"

#define PRIORITY_PASS 0x10000u	/* before all that protects */
#define PRIORITY_AUTO 0x20000u
#define PRIORITY_DROP 0x30000u	/* behind that */

static unsigned int bucket(const struct ike_kern_policy *p)
{
	uint32_t h = p->inbound;
	unsigned int i;

	for (i = 0; i < 16; i++)
		h = h * 31 + p->from.lo[i] + 7u * p->to.lo[i] + p->from.hi[i] + 3u * p->to.hi[i];
	return h % IKE_NFSEC_BUCKETS;
}

/* Whether both are the same object for the module. */
static bool same_place(const struct ike_kern_policy *a, const struct ike_kern_policy *b)
{
	return a->inbound == b->inbound && a->mark == b->mark && a->mask == b->mask &&
	       ike_ts_equal(&a->from, &b->from) && ike_ts_equal(&a->to, &b->to);
}

static bool same(const struct ike_kern_policy *a, const struct ike_kern_policy *b)
{
	return same_place(a, b) && a->transport == b->transport && a->proto == b->proto &&
	       a->action == b->action && a->priority == b->priority &&
	       a->reqid == b->reqid && ike_addr_same(&a->src, &b->src) &&
	       ike_addr_same(&a->dst, &b->dst);
}

/* How many bits of an address @t leaves open: those after the first that differs. */
static unsigned int open_bits(const struct ike_ts *t)
{
	size_t i, n = ike_ts_alen(t);
	unsigned int bits = 0;
	uint8_t x;

	for (i = 0; i < n && t->lo[i] == t->hi[i]; i++)
		;
	if (i == n)
		return 0;
	for (x = t->lo[i] ^ t->hi[i]; x; x >>= 1)
		bits++;
	return (unsigned int)(n - 1 - i) * 8 + bits;
}

/* Whether @t is a prefix that leaves @bits open. */
static bool is_prefix(const struct ike_ts *t, unsigned int bits)
{
	size_t n = ike_ts_alen(t);
	unsigned int i, k;

	for (i = 0; i < bits; i++) {
		k = (unsigned int)n - 1 - i / 8;
		if (t->lo[k] & 1 << i % 8 || !(t->hi[k] & 1 << i % 8))
			return false;
	}
	return true;
}

static bool any_port(const struct ike_ts *t)
{
	return !t->port_lo && t->port_hi == 65535;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 || proto == IPPROTO_MH;
}

/* Narrower selectors are matched first. */
static uint32_t priority(const struct ike_kern_policy *p, const struct ike_nfsec_opts *o)
{
	uint32_t base = p->action == IKE_KERN_PASS ? PRIORITY_PASS :
			p->action == IKE_KERN_DROP ? PRIORITY_DROP : PRIORITY_AUTO;

	if (p->priority)
		return p->priority;
	if (o->priority && p->action == IKE_KERN_PROTECT)
		return o->priority;
	return base + (open_bits(&p->from) + open_bits(&p->to)) * 64 +
	       (p->from.proto || p->to.proto ? 0 : 32) + (any_port(&p->from) ? 16 : 0) +
	       (any_port(&p->to) ? 16 : 0);
}

static void set_addr(const struct ike_ts *t, struct sec_addr *first, struct sec_addr *last,
		     uint8_t *plen, uint64_t *has, unsigned int attr)
{
	unsigned int bits = open_bits(t);
	size_t n = ike_ts_alen(t);

	/* The attributes of one end follow each other: address, prefix length, last. */
	first->len = (uint8_t)n;
	memcpy(first->b, t->lo, n);
	*has |= SEC_BIT(attr);
	if (is_prefix(t, bits)) {
		*plen = (uint8_t)(n * 8 - bits);
		*has |= SEC_BIT(attr + 1);
		return;
	}
	last->len = (uint8_t)n;
	memcpy(last->b, t->hi, n);
	*has |= SEC_BIT(attr + 2);
}

/* Ports; types and codes of ICMP, which either side may name, are where the module has
 * them. -1 for OPAQUE, which the module cannot select.
 */
static int set_ports(struct sec_sel *s, const struct ike_ts *from, const struct ike_ts *to)
{
	if (ike_ts_opaque(from) || ike_ts_opaque(to))
		return -1;
	if (is_icmp(s->proto)) {
		if (any_port(from))
			from = to;
		to = NULL;
	}
	if (!any_port(from)) {
		s->sport_min = from->port_lo;
		s->sport_max = from->port_hi;
		sec_set(s, NFSEC_A_SELECTOR_SPORT_MIN);
		sec_set(s, NFSEC_A_SELECTOR_SPORT_MAX);
	}
	if (to && !any_port(to)) {
		s->dport_min = to->port_lo;
		s->dport_max = to->port_hi;
		sec_set(s, NFSEC_A_SELECTOR_DPORT_MIN);
		sec_set(s, NFSEC_A_SELECTOR_DPORT_MAX);
	}
	return 0;
}

static int set_sel(struct sec_sel *s, const struct ike_kern_policy *p)
{
	const struct ike_ts *from = &p->from, *to = &p->to;

	if (from->type != to->type || (from->proto && to->proto && from->proto != to->proto))
		return -1;
	set_addr(from, &s->src, &s->src_last, &s->src_plen, &s->has, NFSEC_A_SELECTOR_SRC);
	set_addr(to, &s->dst, &s->dst_last, &s->dst_plen, &s->has, NFSEC_A_SELECTOR_DST);
	s->proto = from->proto ? from->proto : to->proto;
	if (!s->proto)
		return 0;
	sec_set(s, NFSEC_A_SELECTOR_PROTO);
	return set_ports(s, from, to);
}

static int set_tmpl(struct sec_policy *to, const struct ike_kern_policy *p)
{
	struct sec_tmpl *t = sec_list_add(&to->tmpl, &sec_tmpl_set);

	if (!t)
		return -1;
	t->proto = p->proto == IKE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
	sec_set(t, NFSEC_A_TMPL_PROTO);
	t->reqid = p->reqid;
	sec_set(t, NFSEC_A_TMPL_REQID);
	t->mode = p->transport ? NFSEC_MODE_TRANSPORT : NFSEC_MODE_TUNNEL;
	sec_set(t, NFSEC_A_TMPL_MODE);
	if (!p->transport) {
		t->src = ike_nfsec_addr(&p->src);
		sec_set(t, NFSEC_A_TMPL_SRC);
		t->dst = ike_nfsec_addr(&p->dst);
		sec_set(t, NFSEC_A_TMPL_DST);
	}
	sec_set(to, NFSEC_A_POLICY_TMPL);
	return 0;
}

static void set_mark(struct sec_policy *to, uint32_t mark, uint32_t mask)
{
	if (!mask)
		return;
	to->mark = (struct sec_mark){ .value = mark, .mask = mask };
	sec_set(&to->mark, NFSEC_A_MARK_VALUE);
	sec_set(&to->mark, NFSEC_A_MARK_MASK);
	sec_set(to, NFSEC_A_POLICY_MARK);
}

static int set_action(struct sec_policy *to, const struct ike_kern_policy *p)
{
	to->action = p->action == IKE_KERN_DROP ? NFSEC_ACTION_BLOCK : NFSEC_ACTION_ALLOW;
	sec_set(to, NFSEC_A_POLICY_ACTION);
	return p->action == IKE_KERN_PROTECT ? set_tmpl(to, p) : 0;
}

static int one(struct ike_nfsec *k, const struct ike_kern_policy *p, uint8_t dir, bool del)
{
	struct sec_policy s = { .dir = dir };
	int err = -1;

	sec_set(&s, NFSEC_A_POLICY_DIR);
	if (set_sel(&s.sel, p)) {
		ike_nfsec_log(k, "nfsec cannot select what was negotiated");
		return -1;
	}
	sec_set(&s, NFSEC_A_POLICY_SEL);
	set_mark(&s, p->mark, p->mask);
	if (del) {
		err = ike_nfsec_ask(k, NFSEC_CMD_POLICY_DEL, 0, &sec_policy_set, &s, NULL, NULL);
	} else if (!set_action(&s, p)) {
		s.priority = priority(p, ike_nfsec_opts(k, p->like ? p->like : p->reqid));
		sec_set(&s, NFSEC_A_POLICY_PRIORITY);
		/* What a run before left is replaced. */
		err = ike_nfsec_ask(k, NFSEC_CMD_POLICY_UPDATE, 0, &sec_policy_set, &s, NULL,
				    NULL);
	}
	if (err)
		ike_nfsec_log(k, "policy not %s: %s", del ? "deleted" : "added", k->diag.text);
	sec_clear(&sec_policy_set, &s);
	return err;
}

/* Forwarded packets have a direction of their own; in transport mode there are none. */
static int in_module(struct ike_nfsec *k, const struct ike_kern_policy *p, bool del)
{
	int err = one(k, p, p->inbound ? NFSEC_DIR_IN : NFSEC_DIR_OUT, del);

	if (!p->inbound || p->transport || (err && !del))
		return err;
	err |= one(k, p, NFSEC_DIR_FWD, del);
	if (err && !del)
		one(k, p, NFSEC_DIR_IN, true);
	return err;
}

int ike_nfsec_add_policy(void *kern, const struct ike_kern_policy *p)
{
	struct ike_nfsec *k = kern;
	struct ike_nfsec_policy **head = &k->bucket[bucket(p)], *e;

	for (e = *head; e; e = e->next)
		if (same(&e->p, p)) {
			e->users++;
			return 0;
		}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -1;
	if (in_module(k, p, false)) {
		free(e);
		return -1;
	}
	e->p = *p;
	e->users = 1;
	e->next = *head;
	*head = e;
	return 0;
}

/* The first of those that want the place of @p. */
static struct ike_nfsec_policy *first(struct ike_nfsec_policy *e, const struct ike_kern_policy *p)
{
	while (e && !same_place(&e->p, p))
		e = e->next;
	return e;
}

int ike_nfsec_del_policy(void *kern, const struct ike_kern_policy *p)
{
	struct ike_nfsec *k = kern;
	struct ike_nfsec_policy **head = &k->bucket[bucket(p)], **at, *e, *next;
	bool active;

	for (at = head; *at && !same(&(*at)->p, p); at = &(*at)->next)
		;
	e = *at;
	if (!e)
		return -1;
	if (--e->users)
		return 0;
	active = first(*head, p) == e;
	*at = e->next;
	next = first(*head, p);
	if (active && next && e->p.transport == next->p.transport)
		in_module(k, &next->p, false);
	else if (active)
		in_module(k, &e->p, true);
	if (active && next && e->p.transport != next->p.transport)
		in_module(k, &next->p, false);
	free(e);
	return 0;
}

static int pass(struct ike_nfsec *k, uint8_t dir, uint8_t family, uint16_t port, bool on)
{
	struct sec_policy s = { .dir = dir };

	sec_set(&s, NFSEC_A_POLICY_DIR);
	s.sel.family = family;
	sec_set(&s.sel, NFSEC_A_SELECTOR_FAMILY);
	s.sel.proto = IPPROTO_UDP;
	sec_set(&s.sel, NFSEC_A_SELECTOR_PROTO);
	if (dir == NFSEC_DIR_OUT) {
		s.sel.sport_min = port;
		s.sel.sport_max = port;
		sec_set(&s.sel, NFSEC_A_SELECTOR_SPORT_MIN);
		sec_set(&s.sel, NFSEC_A_SELECTOR_SPORT_MAX);
		set_mark(&s, IKE_NFSEC_MARK, UINT32_MAX);
	} else {
		s.sel.dport_min = port;
		s.sel.dport_max = port;
		sec_set(&s.sel, NFSEC_A_SELECTOR_DPORT_MIN);
		sec_set(&s.sel, NFSEC_A_SELECTOR_DPORT_MAX);
	}
	sec_set(&s, NFSEC_A_POLICY_SEL);
	if (!on)
		return ike_nfsec_ask(k, NFSEC_CMD_POLICY_DEL, 0, &sec_policy_set, &s, NULL, NULL);
	s.priority = 0;
	sec_set(&s, NFSEC_A_POLICY_PRIORITY);
	return ike_nfsec_ask(k, NFSEC_CMD_POLICY_UPDATE, 0, &sec_policy_set, &s, NULL, NULL);
}

int ike_nfsec_bypass(struct ike_nfsec *k, const uint16_t *ports, unsigned int n, bool on)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	unsigned int i, f;
	int err = 0;

	for (i = 0; i < n; i++)
		for (f = 0; f < 2; f++) {
			err |= pass(k, NFSEC_DIR_OUT, families[f], ports[i], on);
			err |= pass(k, NFSEC_DIR_IN, families[f], ports[i], on);
		}
	if (err)
		ike_nfsec_log(k, "policies for IKE itself: %s", k->diag.text);
	return err ? -1 : 0;
}

static void to_addr(struct ike_addr *to, const struct sec_addr *from)
{
	*to = (struct ike_addr){ .len = from->len };
	memcpy(to->a, from->b, from->len);
}

/* One end of a packet; ports that cannot be seen are any. */
static bool end_of(const struct sec_addr *a, uint8_t proto, bool has_port, uint16_t port,
		   struct ike_ts *t)
{
	*t = (struct ike_ts){ .type = a->len == 16 ? IKE_TS_IPV6 : IKE_TS_IPV4, .proto = proto,
			      .port_lo = has_port ? port : 0,
			      .port_hi = has_port ? port : 65535 };
	memcpy(t->lo, a->b, ike_ts_alen(t));
	memcpy(t->hi, a->b, ike_ts_alen(t));
	return a->len == 4 || a->len == 16;
}

void ike_nfsec_acquire(const struct sec_acquire *a, struct ike_nfsec_event *e)
{
	const struct sec_sel *s = &a->sel;
	/* the module has parts of the key of GRE there, which IKE does not know */
	bool sport = sec_has(s, NFSEC_A_SELECTOR_SPORT_MIN) && s->proto != IPPROTO_GRE;
	bool dport = sec_has(s, NFSEC_A_SELECTOR_DPORT_MIN) && s->proto != IPPROTO_GRE;
	bool icmp = is_icmp(s->proto);

	e->kind = IKE_NFSEC_ACQUIRE;
	e->reqid = a->tmpl.reqid;
	to_addr(&e->dst, &a->tmpl.dst);
	/* type and code of ICMP are those of both ends (RFC 7296 3.13.1) */
	e->flow = end_of(&s->src, s->proto, sport, s->sport_min, &e->from) &&
		  end_of(&s->dst, s->proto, icmp ? sport : dport,
			 icmp ? s->sport_min : s->dport_min, &e->to) &&
		  s->src.len == s->dst.len;
}

static int event(struct sec_nl *nl, unsigned int cmd, int nsid, const void *attrs, size_t len,
		 void *data)
{
	struct ike_nfsec_event e = { .kind = IKE_NFSEC_LOST };
	struct ike_nfsec *k = data;
	struct sec_acquire a = { 0 };
	struct sec_sa sa = { 0 };
	int err = 0;

	(void)nsid;
	switch (cmd) {
	case 0:
		k->conf.event(k->conf.arg, &e);
		return 0;
	case NFSEC_CMD_ACQUIRE_NTF:
		err = sec_nl_fill(nl, cmd, attrs, len, &a);
		ike_nfsec_acquire(&a, &e);
		sec_clear(&sec_acquire_set, &a);
		break;
	case NFSEC_CMD_EXPIRE_NTF:
		err = sec_nl_fill(nl, cmd, attrs, len, &sa);
		e.kind = sa.expire == NFSEC_EXPIRE_KIND_HARD ? IKE_NFSEC_HARD : IKE_NFSEC_SOFT;
		e.reqid = sa.reqid;
		e.spi = htonl(sa.spi);
		to_addr(&e.dst, &sa.dst);
		sec_clear(&sec_sa_set, &sa);
		break;
	case NFSEC_CMD_MAPPING_NTF:
		err = sec_nl_fill(nl, cmd, attrs, len, &sa);
		e.kind = IKE_NFSEC_MAPPING;
		e.reqid = sa.reqid;
		e.spi = htonl(sa.spi);
		to_addr(&e.dst, &sa.dst);
		to_addr(&e.at, &sa.new_src);
		e.at.port = sa.new_sport;
		sec_clear(&sec_sa_set, &sa);
		break;
	default:
		return 0;
	}
	/* One that cannot be read is lost, the others are not. */
	if (!err)
		k->conf.event(k->conf.arg, &e);
	k->ev_diag.text[0] = '\0';
	return 0;
}

int ike_nfsec_fd(const struct ike_nfsec *k)
{
	return mnl_socket_get_fd(k->ev.sock);
}

int ike_nfsec_read(struct ike_nfsec *k)
{
	int rc, i = 0;

	do {
		rc = sec_nl_events(&k->ev, MSG_DONTWAIT, event, k);
	} while (rc > 0 && ++i < 64);
	if (rc < 0)
		ike_nfsec_log(k, "events: %s", k->ev_diag.text);
	return rc < 0 ? -1 : 0;
}

struct ike_nfsec *ike_nfsec_open(const struct ike_nfsec_conf *conf, char *err, size_t n)
{
	struct ike_nfsec *k = calloc(1, sizeof(*k));

	if (!k) {
		snprintf(err, n, "no memory");
		return NULL;
	}
	k->conf = *conf;
	if (sec_nl_open(&k->nl, &k->diag)) {
		snprintf(err, n, "%.*s", (int)n - 1, k->diag.text);
		free(k);
		return NULL;
	}
	if (sec_nl_open(&k->ev, &k->ev_diag) || sec_nl_join(&k->ev, NFSEC_MCGRP_ACQUIRE) ||
	    sec_nl_join(&k->ev, NFSEC_MCGRP_EXPIRE) ||
	    sec_nl_join(&k->ev, NFSEC_MCGRP_MAPPING)) {
		snprintf(err, n, "%.*s", (int)n - 1, k->ev_diag.text);
		ike_nfsec_close(k);
		return NULL;
	}
	sec_nl_big_buffer(&k->ev);
	return k;
}

void ike_nfsec_close(struct ike_nfsec *k)
{
	struct ike_nfsec_policy *e;
	unsigned int i;

	if (!k)
		return;
	for (i = 0; i < IKE_NFSEC_BUCKETS; i++)
		while ((e = k->bucket[i])) {
			k->bucket[i] = e->next;
			free(e);
		}
	sec_nl_close(&k->nl);
	sec_nl_close(&k->ev);
	free(k);
}
