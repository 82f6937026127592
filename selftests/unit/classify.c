// SPDX-License-Identifier: GPL-2.0
/*
 * module/classify.c, rules.c and spd.c against a list that is searched from end
 * to end: random policies come, change and go, and after every change flows are
 * looked up, so that the cache and the changes it has to notice are tested too.
 */
#include "shim.h"

#define MODEL_MAX	600

/* A policy as the list knows it */
struct model {
	struct nfsec_policy_config cfg;
	u64 order;
	u32 index;
};

struct model_net {
	struct nfsec_net *nn;
	struct model policy[MODEL_MAX];
	u32 n;
	u64 next_order;
};

/* Octet by octet, unlike nfsec_flow_match() */
static bool naive_between(const struct nfsec_addr *a,
			  const struct nfsec_addr *lo,
			  const struct nfsec_addr *hi, int len)
{
	return memcmp(a, lo, len) >= 0 && memcmp(a, hi, len) <= 0;
}

/* Leaving out ports, and a protocol that is options of IPv6 */
static bool naive_may_match(const struct nfsec_policy_config *c,
			    const struct nfsec_flow *fl)
{
	const struct nfsec_selector *s = &c->sel;
	int len = fl->family == AF_INET ? 4 : 16;
	bool options = fl->family == AF_INET6 && fl->proto == 60;

	if ((fl->mark & c->mark.mask) != c->mark.value)
		return false;
	if (s->family && s->family != fl->family)
		return false;
	if (s->proto && s->proto != fl->proto && !options)
		return false;
	if (s->ifindex && s->ifindex != fl->ifindex)
		return false;
	return !s->family ||
	       (naive_between(&fl->saddr, &s->saddr_min, &s->saddr_max, len) &&
		naive_between(&fl->daddr, &s->daddr_min, &s->daddr_max, len));
}

static bool naive_match(const struct nfsec_policy_config *c,
			const struct nfsec_flow *fl)
{
	const struct nfsec_selector *s = &c->sel;

	if (s->proto && s->proto != fl->proto)
		return false;
	if ((s->sport_min != 0 || s->sport_max != 65535 ||
	     s->dport_min != 0 || s->dport_max != 65535) &&
	    (fl->flags & NFSEC_FLOW_FRAG ||
	     fl->sport < s->sport_min || fl->sport > s->sport_max ||
	     fl->dport < s->dport_min || fl->dport > s->dport_max))
		return false;
	return naive_may_match(c, fl);
}

static bool naive_before(const struct model *a, const struct model *b)
{
	return a->cfg.priority < b->cfg.priority ||
	       (a->cfg.priority == b->cfg.priority && a->order < b->order);
}

static u32 naive_search(const struct model_net *m, u8 dir,
			const struct nfsec_flow *fl, enum nfsec_pass pass,
			bool *unsure)
{
	const struct model *best = NULL, *maybe = NULL;
	u32 i;

	for (i = 0; i < m->n; i++) {
		const struct model *p = &m->policy[i];
		bool after = p->cfg.flags & NFSEC_POLICY_FLAGS_AFTER_NAT;

		if (p->cfg.dir != dir ||
		    (pass == NFSEC_PASS_BEFORE_NAT && after) ||
		    (pass == NFSEC_PASS_AFTER_NAT && !after))
			continue;
		if (naive_match(&p->cfg, fl) &&
		    (!best || naive_before(p, best)))
			best = p;
		if (fl->flags & NFSEC_FLOW_FRAG &&
		    naive_may_match(&p->cfg, fl) &&
		    (!maybe || naive_before(p, maybe)))
			maybe = p;
	}
	*unsure = maybe && (!best || naive_before(maybe, best));
	return best ? best->index : 0;
}

/* Few bits vary, so that much overlaps */
static void random_addr(struct nfsec_addr *a, u8 family)
{
	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		a->a4 = htonl(0x0a000000 | below(4) << 14 | below(8));
		return;
	}
	a->in6.s6_addr[0] = 0xfd;
	a->in6.s6_addr[7] = below(4);
	a->in6.s6_addr[8] = below(2) * 0x80;
	a->in6.s6_addr[15] = below(8);
}

static void mask_addr(struct nfsec_addr *lo, struct nfsec_addr *hi, u8 family,
		      u8 plen)
{
	int bits = family == AF_INET ? 32 : 128, i;

	*hi = *lo;
	for (i = plen; i < bits; i++) {
		lo->in6.s6_addr[i / 8] &= ~(0x80 >> i % 8);
		hi->in6.s6_addr[i / 8] |= 0x80 >> i % 8;
	}
}

static u8 random_range(struct nfsec_addr *lo, struct nfsec_addr *hi, u8 family)
{
	static const u8 plens[] = { 0, 8, 16, 17, 18, 29, 30, 32, 64, 65, 125,
				    128 };
	u8 plen = plens[below(ARRAY_SIZE(plens))];

	random_addr(lo, family);
	if (below(4)) {
		plen = min(plen, family == AF_INET ? 32 : 128);
		mask_addr(lo, hi, family, plen);
		return plen;
	}
	random_addr(hi, family);
	if (memcmp(lo, hi, sizeof(*lo)) > 0)
		swap(*lo, *hi);
	return NFSEC_PLEN_RANGE;
}

static u16 random_port(void)
{
	static const u16 ports[] = { 0, 1, 22, 53, 80, 1023, 1024, 0x300,
				     0x800, 32767, 32768, 65534, 65535 };

	return ports[below(ARRAY_SIZE(ports))];
}

static void random_ports(u16 *lo, u16 *hi)
{
	*lo = random_port();
	*hi = random_port();
	switch (below(4)) {
	case 0:
		*hi = *lo;
		break;
	case 1:
		if (*lo > *hi)
			swap(*lo, *hi);
		break;
	default:
		*lo = 0;
		*hi = 65535;
	}
}

static u8 random_proto(void)
{
	static const u8 protos[] = { 1, 6, 17, 50, 58 };

	return protos[below(ARRAY_SIZE(protos))];
}

static void random_policy(struct nfsec_policy_config *c)
{
	static const u8 families[] = { AF_INET, AF_INET, AF_INET, AF_INET6,
				       AF_INET6, AF_UNSPEC };
	static const u32 masks[] = { 0, 0, 0, 3, 0xff, 0xffffffff };
	struct nfsec_selector *s = &c->sel;

	memset(c, 0, sizeof(*c));
	nfsec_limits_none(&c->limits);
	c->dir = NFSEC_DIR_IN + below(3);
	c->priority = below(5);
	if (c->dir == NFSEC_DIR_OUT && !below(4))
		c->flags = NFSEC_POLICY_FLAGS_AFTER_NAT;
	c->action = below(2) ? NFSEC_ACTION_BLOCK : NFSEC_ACTION_ALLOW;
	c->mark.mask = masks[below(ARRAY_SIZE(masks))];
	c->mark.value = below(5) & c->mark.mask;
	s->family = families[below(ARRAY_SIZE(families))];
	s->sport_max = 65535;
	s->dport_max = 65535;
	if (s->family) {
		s->splen = random_range(&s->saddr_min, &s->saddr_max,
					s->family);
		s->dplen = random_range(&s->daddr_min, &s->daddr_max,
					s->family);
	}
	if (below(2)) {
		s->proto = random_proto();
		random_ports(&s->sport_min, &s->sport_max);
		random_ports(&s->dport_min, &s->dport_max);
	}
	if (!below(5))
		s->ifindex = 1 + below(3);
}

static struct nfsec_flow random_flow(void)
{
	struct nfsec_flow fl;

	memset(&fl, 0, sizeof(fl));
	fl.family = below(2) ? AF_INET : AF_INET6;
	random_addr(&fl.saddr, fl.family);
	random_addr(&fl.daddr, fl.family);
	fl.proto = random_proto();
	fl.mark = below(5);
	fl.ifindex = below(4);
	if (below(6)) {
		fl.sport = random_port() + below(2);
		fl.dport = random_port();
	} else {
		fl.flags = NFSEC_FLOW_FRAG;
		if (!below(3))
			fl.proto = 60;
	}
	/* Not compared, and not to be */
	fl.l4off = below(100);
	return fl;
}

static bool same_key(const struct nfsec_policy_config *a,
		     const struct nfsec_policy_config *b)
{
	struct nfsec_selector x = a->sel, y = b->sel;

	x.splen = x.dplen = y.splen = y.dplen = 0;
	return a->dir == b->dir && !memcmp(&x, &y, sizeof(x)) &&
	       !memcmp(&a->mark, &b->mark, sizeof(a->mark));
}

/* Add or update, with memory failing sometimes */
static bool step_insert(struct model_net *m)
{
	struct nfsec_policy_config cfg;
	struct netlink_ext_ack ack = { };
	struct nfsec_policy *p = NULL;
	struct model *old = NULL;
	bool replace = below(2);
	u32 i;
	int err;

	random_policy(&cfg);
	if (m->n && !below(3)) {
		/* the selector of one there is, with another priority */
		struct nfsec_policy_config *c = &m->policy[below(m->n)].cfg;

		cfg = *c;
		cfg.priority = below(5);
		cfg.action = below(2);
	}
	for (i = 0; i < m->n; i++)
		if (same_key(&m->policy[i].cfg, &cfg))
			old = &m->policy[i];
	fail_alloc = below(3) ? 0 : 1 + below(10);
	err = nfsec_spd_insert(m->nn, &cfg, replace, &p, &ack);
	if (fail_alloc)
		fail_alloc = 0;
	else if (err == -ENOMEM)
		return true;
	if (old && !replace)
		return expect(err == -EEXIST && ack.msg, "error %d", err);
	if (!expect(!err && p, "error %d", err))
		return false;
	if (!old) {
		old = &m->policy[m->n++];
		old->order = ++m->next_order;
		old->index = p->index;
	}
	old->cfg = cfg;
	return expect(p->index == old->index, "index") &&
	       expect((p->index & 3) == cfg.dir, "direction in index");
}

static bool step_remove(struct model_net *m)
{
	struct nfsec_policy *p;
	struct model *v;

	if (!m->n)
		return true;
	v = &m->policy[below(m->n)];
	p = nfsec_spd_find(m->nn, v->cfg.dir, below(2) ? v->index : 0,
			   &v->cfg.sel, &v->cfg.mark);
	if (!expect(p && p->index == v->index, "not found"))
		return false;
	fail_alloc = below(4) ? 0 : 1;
	nfsec_spd_remove(m->nn, p);
	fail_alloc = 0;
	*v = m->policy[--m->n];
	return true;
}

static bool step_flush(struct model_net *m)
{
	u8 dir = below(4);
	u32 i, n = 0, count = 99;

	for (i = 0; i < m->n;)
		if (!dir || m->policy[i].cfg.dir == dir) {
			m->policy[i] = m->policy[--m->n];
			n++;
		} else {
			i++;
		}
	nfsec_spd_flush(m->nn, dir, &count);
	return expect(n == count, "flushed %u, want %u", count, n);
}

/* The list as dumps see it: all there, in the order of search */
static bool check_list(const struct model_net *m)
{
	struct nfsec_spd *spd = &m->nn->spd;
	u32 n = 0, after = 0, i;
	u8 dir;

	for (dir = NFSEC_DIR_IN; dir <= NFSEC_DIR_FWD; dir++) {
		const struct nfsec_policy *p, *prev = NULL;

		list_for_each_entry(p, &spd->list[dir], list) {
			if (!expect(p->dir == dir && (!prev ||
				    nfsec_policy_before(prev, p)), "order"))
				return false;
			prev = p;
			n++;
		}
	}
	for (i = 0; i < m->n; i++)
		if (m->policy[i].cfg.flags & NFSEC_POLICY_FLAGS_AFTER_NAT)
			after++;
	return expect(n == m->n && spd->count == n, "%u in the list", n) &&
	       expect(spd->after_nat == after, "%u after NAT", spd->after_nat);
}

#define FLOWS	150

static u64 doubts;

static bool check_flows(struct model_net *m, const struct nfsec_flow *flows,
			u32 count, u64 *found)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct nfsec_flow fl = flows[below(FLOWS)];
		u8 dir = NFSEC_DIR_IN + below(3);
		enum nfsec_pass pass = dir == NFSEC_DIR_OUT ? below(3) :
							      NFSEC_PASS_ANY;
		struct nfsec_policy *p;
		struct nfsec_decision d;
		bool unsure;
		u32 want = naive_search(m, dir, &fl, pass, &unsure);

		p = nfsec_classify(m->nn, dir, &fl, pass);
		if (!expect((p ? p->index : 0) == want,
			    "policies %u dir %u pass %u: got %u, want %u", m->n,
			    dir, pass, p ? p->index : 0, want))
			return false;
		*found += !!p;
		if (dir != NFSEC_DIR_OUT)
			continue;
		nfsec_classify_out(m->nn, &fl, pass, &d);
		if (!expect(d.policy == p && d.unsure == unsure, "unsure %d",
			    d.unsure))
			return false;
		doubts += unsure;
	}
	return true;
}

/* Two namespaces in turn, which share the cache */
static void test_churn(u64 seed, u32 steps, u32 limit)
{
	struct model_net *net[2] = { calloc(1, sizeof(**net)),
				     calloc(1, sizeof(**net)) };
	struct nfsec_flow flows[FLOWS];
	u64 found = 0;
	bool ok = true;
	u32 i;

	test_seed(seed);
	for (i = 0; i < FLOWS; i++)
		flows[i] = random_flow();
	net[0]->nn = net_make();
	net[1]->nn = net_make();
	for (i = 0; i < steps && ok; i++) {
		struct model_net *m = net[below(2)];
		u32 what = below(1000);

		if (what < 2)
			ok = step_flush(m);
		else if (what < 400 || m->n >= limit)
			ok = step_remove(m);
		else
			ok = step_insert(m);
		ok = ok && check_flows(net[0], flows, 20, &found) &&
		     check_flows(net[1], flows, 20, &found);
		if (i % 50 == 0)
			ok = ok && check_list(net[0]) && check_list(net[1]);
		/* A namespace at the same place as one before it */
		if (what == 999) {
			net_free(m->nn);
			m->nn = net_make();
			m->n = 0;
		}
	}
	test(ok && expect(found > steps, "found %llu", found),
	     "SPD-1 PFP-4 as a search of all policies, up to %u (seed %llu)",
	     limit, seed);
	for (i = 0; i < 2; i++) {
		net_free(net[i]->nn);
		free(net[i]);
	}
}

static struct nfsec_policy *add4(struct nfsec_net *nn, u32 daddr, u8 plen,
				 u32 priority, u8 action)
{
	struct nfsec_policy_config cfg = {
		.dir = NFSEC_DIR_OUT,
		.priority = priority,
		.action = action,
	};
	struct nfsec_policy *p;

	nfsec_limits_none(&cfg.limits);
	nfsec_selector_any(&cfg.sel, AF_INET);
	addr4(&cfg.sel.daddr_min, daddr);
	mask_addr(&cfg.sel.daddr_min, &cfg.sel.daddr_max, AF_INET, plen);
	cfg.sel.dplen = plen;
	assert(!nfsec_spd_insert(nn, &cfg, true, &p, NULL));
	return p;
}

static void test_order(void)
{
	struct nfsec_net *nn = net_make();
	struct nfsec_flow fl = { .family = AF_INET, .proto = 6 };
	struct nfsec_decision d;
	bool ok;

	addr4(&fl.daddr, 0xc0000205);
	add4(nn, 0xc0000205, 32, 10, NFSEC_ACTION_BLOCK);
	add4(nn, 0xc0000200, 24, 20, NFSEC_ACTION_ALLOW);
	nfsec_classify_out(nn, &fl, NFSEC_PASS_ANY, &d);
	ok = expect(d.verdict == NFSEC_VERDICT_BLOCK, "verdict %u", d.verdict);
	add4(nn, 0xc0000205, 32, 30, NFSEC_ACTION_BLOCK);
	nfsec_classify_out(nn, &fl, NFSEC_PASS_ANY, &d);
	ok &= expect(d.verdict == NFSEC_VERDICT_BYPASS, "verdict %u",
		     d.verdict);
	test(ok, "SPD-1 a block of one address in an allowed net, both orders");
	net_free(nn);
}

static void test_defaults(void)
{
	struct nfsec_net *nn = net_make();
	struct nfsec_flow fl = { .family = AF_INET, .proto = 6 };
	struct nfsec_decision d;
	bool ok;

	nfsec_classify_out(nn, &fl, NFSEC_PASS_ANY, &d);
	ok = expect(d.verdict == NFSEC_VERDICT_DEFAULT_ALLOW && !d.policy,
		    "verdict %u", d.verdict);
	nn->spd.default_action[NFSEC_DIR_OUT] = NFSEC_ACTION_BLOCK;
	nfsec_net_changed(nn);
	nfsec_classify_out(nn, &fl, NFSEC_PASS_ANY, &d);
	ok &= expect(d.verdict == NFSEC_VERDICT_DEFAULT_BLOCK && !d.policy,
		     "verdict %u", d.verdict);
	test(ok, "SPD-3 what matches nothing is decided by the default");
	net_free(nn);
}

static int insert(struct nfsec_net *nn, struct nfsec_policy_config *cfg)
{
	struct netlink_ext_ack ack = { };
	struct nfsec_policy *p;
	int err = nfsec_spd_insert(nn, cfg, false, &p, &ack);

	assert(!err || ack.msg);
	return err;
}

static void test_refused(void)
{
	struct nfsec_policy_config base = { .dir = NFSEC_DIR_OUT }, c;
	struct nfsec_net *nn = net_make();
	bool ok = true;

	nfsec_limits_none(&base.limits);
	nfsec_selector_any(&base.sel, AF_INET);
#define REFUSED(change)							\
	do {								\
		c = base;						\
		change;							\
		ok &= expect(insert(nn, &c) < 0, #change);		\
	} while (0)
	REFUSED(c.dir = NFSEC_DIR_ANY);
	REFUSED(c.dir = NFSEC_DIR_FWD + 1);
	REFUSED(c.index = 4 | NFSEC_DIR_IN);
	REFUSED(c.mark.value = 1);
	REFUSED((c.dir = NFSEC_DIR_IN,
		 c.flags = NFSEC_POLICY_FLAGS_AFTER_NAT));
	REFUSED((c.action = NFSEC_ACTION_BLOCK, c.ntmpl = 1));
	REFUSED(c.ntmpl = 1);
	REFUSED((c.ntmpl = 1, c.tmpl[0].proto = IPPROTO_ESP,
		 c.tmpl[0].mode = NFSEC_MODE_TUNNEL));
	REFUSED(c.ntmpl = 3);
	ok &= expect(!nn->spd.count, "%u policies", nn->spd.count);

	c = base;
	c.index = 40 | NFSEC_DIR_OUT;
	ok &= expect(!insert(nn, &c), "index 42");
	REFUSED((c.index = 42, c.sel.proto = 6));
	REFUSED(c.index = 46);
	test(ok, "bad policies are refused with a reason and change nothing");
	net_free(nn);
}

static void test_time(void)
{
	struct nfsec_policy_config c = { .dir = NFSEC_DIR_OUT };
	struct nfsec_net *nn = net_make();
	struct nfsec_policy *p;
	bool ok;

	memset(&events, 0, sizeof(events));
	nfsec_limits_none(&c.limits);
	nfsec_selector_any(&c.sel, AF_INET);
	c.limits.soft_add = 5;
	c.limits.hard_add = 10;
	assert(!nfsec_spd_insert(nn, &c, false, &p, NULL));
	advance_clock(4);
	ok = expect(!events.policy_soft, "soft event early");
	advance_clock(2);
	ok &= expect(events.policy_soft == 1, "%d soft events",
		     events.policy_soft);
	ok &= expect(nn->spd.count == 1 && !events.policy_hard, "gone early");
	advance_clock(5);
	ok &= expect(!nn->spd.count && events.policy_hard == 1, "still there");

	c.limits.soft_add = 0;
	c.limits.hard_add = 0;
	c.limits.hard_use = 3;
	assert(!nfsec_spd_insert(nn, &c, false, &p, NULL));
	advance_clock(20);
	ok &= expect(nn->spd.count == 1, "gone without use");
	nfsec_policy_used(p, 1, 100);
	advance_clock(2);
	nfsec_policy_used(p, 1, 100);
	ok &= expect(nn->spd.count == 1, "gone early after use");
	advance_clock(2);
	ok &= expect(!nn->spd.count, "still there after use");
	test(ok, "a policy ends by its limits of time");
	net_free(nn);
}

int main(void)
{
	u64 seed;

	nfsec_wq = alloc_workqueue("nfsec", WQ_UNBOUND, 0);
	assert(!nfsec_classify_module_init());
	test_begin();
	for (seed = 1; seed <= 4; seed++)
		test_churn(seed, 3000, 12);
	for (seed = 5; seed <= 8; seed++)
		test_churn(seed, 3000, 80);
	test_churn(9, 5000, MODEL_MAX);
	test(expect(doubts > 500, "%llu", doubts),
	     "FRAG-5 FRAG-6 fragments that policies with ports may be for");
	test_order();
	test_defaults();
	test_refused();
	test_time();
	nfsec_classify_module_exit();
	return test_end();
}
