// SPDX-License-Identifier: GPL-2.0
/*
 * module/sad.c and the choice of SAs in module/classify.c: random SAs that come,
 * move and go against lists searched from end to end.
 */
#include "sad.h"

/* What names an SA now */
static struct nfsec_sa_id id_of(const struct nfsec_sa *sa)
{
	struct nfsec_sa_id id;

	memset(&id, 0, sizeof(id));
	id.daddr = sa->path->daddr;
	id.spi = sa->spi;
	id.family = sa->path->family;
	id.proto = sa->proto;
	id.mark = sa->mark;
	return id;
}

#define SAS	200

struct world {
	struct nfsec_net *nn;
	struct nfsec_sa *sa[SAS];
	u32 n;
};

static u32 random_daddr(void)
{
	return 0x0a000002 + below(4);
}

static void random_sa(struct world *w)
{
	static const u32 masks[] = { 0, 0, 0, 1, 3 };
	struct nfsec_sa_config c;
	struct nfsec_sa *sa;
	bool dup = false;
	u32 i;

	config(&c, random_daddr(), 256 + below(12));
	if (!below(4))
		c.id.family = AF_INET6;
	c.dir = below(3);
	c.mode = below(3) ? NFSEC_MODE_TUNNEL : NFSEC_MODE_TRANSPORT;
	c.reqid = below(3);
	c.id.mark.mask = masks[below(ARRAY_SIZE(masks))];
	c.id.mark.value = below(4) & c.id.mark.mask;
	addr4(&c.saddr, below(3) ? 0x0a000001 : 0);
	if (!below(4)) {
		c.has_sel = true;
		nfsec_selector_any(&c.sel, AF_UNSPEC);
		c.sel.proto = 6;
	}
	for (i = 0; i < w->n; i++) {
		struct nfsec_sa_id id = id_of(w->sa[i]);

		if (!memcmp(&id, &c.id, sizeof(c.id)))
			dup = true;
	}
	sa = add(w->nn, &c);
	assert(!sa == dup);
	if (sa)
		w->sa[w->n++] = sa;
	if (sa && !below(8))
		sa->state = NFSEC_SA_EXPIRED;
}

/* An SA moves to where no other one is; RFC 4555: all but addresses stays */
static void random_move(struct world *w)
{
	struct nfsec_sa *sa = w->sa[below(w->n)];
	struct nfsec_sa_config c;

	config(&c, random_daddr(), ntohl(sa->spi));
	if (!below(4))
		c.id.family = AF_INET6;
	c.id.mark = sa->mark;
	addr4(&c.saddr, below(3) ? 0x0a000001 : 0);
	if (!nfsec_sad_find(w->nn, &c.id))
		assert(!move(w->nn, sa, &c));
}

/* Higher is better; 0 is none */
static u64 naive_in(const struct nfsec_sa *sa, __be32 spi, u8 family,
		    const struct nfsec_addr *daddr, u32 mark)
{
	bool same = sa->path->family == family;
	bool exact = same && !memcmp(&sa->path->daddr, daddr, sizeof(*daddr));
	u64 rank = 1;

	if (sa->spi != spi || (!same && sa->mode != NFSEC_MODE_TUNNEL) ||
	    sa->dir == NFSEC_DIR_OUT || (!exact && sa->dir != NFSEC_DIR_IN) ||
	    (mark & sa->mark.mask) != sa->mark.value)
		return 0;
	rank = rank * 2 + exact;
	rank = rank * 2 + same;
	rank = rank * 2 + (sa->state == NFSEC_SA_VALID);
	rank = rank * 64 + __builtin_popcount(sa->mark.mask);
	return rank << 32 | sa->uid;
}

static bool check_in(struct world *w)
{
	__be32 spi = htonl(256 + below(12));
	u8 family = below(4) ? AF_INET : AF_INET6;
	u32 mark = below(4), i;
	struct nfsec_sa *want = NULL, *got;
	struct nfsec_addr daddr;
	u64 best = 0;

	addr4(&daddr, random_daddr());
	for (i = 0; i < w->n; i++) {
		u64 rank = naive_in(w->sa[i], spi, family, &daddr, mark);

		if (rank > best) {
			best = rank;
			want = w->sa[i];
		}
	}
	got = nfsec_sad_lookup_in(w->nn, spi, IPPROTO_ESP, family, &daddr,
				  mark);
	return expect(got == want, "SPI %u mark %u", ntohl(spi), mark);
}

static bool naive_out(const struct nfsec_sa *sa, const struct nfsec_tmpl *t,
		      const struct nfsec_flow *fl)
{
	bool tunnel = t->mode == NFSEC_MODE_TUNNEL;
	u32 daddr = tunnel ? t->daddr.a4 : fl->daddr.a4;
	u32 saddr = tunnel ? t->saddr.a4 : fl->saddr.a4;
	bool any = tunnel && !t->daddr.a4;

	return sa->state == NFSEC_SA_VALID && sa->dir != NFSEC_DIR_IN &&
	       sa->mode == t->mode && (any || sa->path->daddr.a4 == daddr) &&
	       (any && !t->family ? true : sa->path->family ==
		(tunnel ? t->family : fl->family)) &&
	       (!saddr || !sa->path->saddr.a4 || saddr == sa->path->saddr.a4) &&
	       (!t->reqid || t->reqid == sa->reqid) &&
	       (!t->spi || t->spi == sa->spi) &&
	       (fl->mark & sa->mark.mask) == sa->mark.value;
}

static bool check_out(struct world *w)
{
	struct nfsec_tmpl t = {
		.family = below(4) ? AF_INET : AF_INET6,
		.proto = IPPROTO_ESP,
		.mode = below(3) ? NFSEC_MODE_TUNNEL : NFSEC_MODE_TRANSPORT,
		.reqid = below(3),
		.spi = below(6) ? 0 : htonl(256 + below(12)),
	};
	struct nfsec_flow fl = {
		.family = below(4) ? AF_INET : AF_INET6,
		.proto = below(2) ? 6 : 17,
		.mark = below(4),
	};
	struct nfsec_sa *want = NULL, *got;
	bool mismatch = false, want_mismatch = false;
	u32 i;

	addr4(&t.daddr, random_daddr());
	addr4(&t.saddr, below(2) ? 0x0a000001 : 0);
	if (t.reqid && t.mode == NFSEC_MODE_TUNNEL && !below(3)) {
		addr4(&t.daddr, 0);
		if (!t.saddr.a4 && below(2))
			t.family = AF_UNSPEC;
	}
	addr4(&fl.daddr, random_daddr());
	addr4(&fl.saddr, 0x0a000001);
	for (i = 0; i < w->n; i++) {
		struct nfsec_sa *sa = w->sa[i];

		if (!naive_out(sa, &t, &fl))
			continue;
		if (sa->sel.proto && sa->sel.proto != fl.proto)
			want_mismatch = true;
		else if (!want || sa->uid > want->uid)
			want = sa;
	}
	got = nfsec_sad_lookup_out(w->nn, &t, &fl, &mismatch);
	return expect(got == want, "mode %u reqid %u", t.mode, t.reqid) &&
	       expect(mismatch == (!want && want_mismatch), "mismatch %d",
		      mismatch);
}

static bool check_sent(struct world *w)
{
	__be32 spi = htonl(256 + below(12));
	struct nfsec_sa *want = NULL, *got;
	struct nfsec_addr daddr;
	u32 i;

	addr4(&daddr, random_daddr());
	for (i = 0; i < w->n; i++) {
		struct nfsec_sa *sa = w->sa[i];

		if (sa->spi == spi && sa->path->daddr.a4 == daddr.a4 &&
		    sa->path->family == AF_INET && sa->dir != NFSEC_DIR_IN &&
		    sa->state == NFSEC_SA_VALID &&
		    (!want || sa->uid > want->uid))
			want = sa;
	}
	got = nfsec_sad_lookup_sent(w->nn, spi, IPPROTO_ESP, AF_INET, &daddr);
	return expect(got == want, "SPI %u", ntohl(spi));
}

static bool check_find(struct world *w)
{
	struct nfsec_sa_id id;
	struct nfsec_sa *sa;

	if (!w->n)
		return true;
	sa = w->sa[below(w->n)];
	id = id_of(sa);
	return expect(nfsec_sad_find(w->nn, &id) == sa, "not found");
}

static void test_churn(u64 seed, u32 limit)
{
	struct world *w = calloc(1, sizeof(*w));
	bool ok = true;
	u32 i, j;

	test_seed(seed);
	w->nn = net_make();
	for (i = 0; i < 4000 && ok; i++) {
		if (w->n == limit || (w->n && below(5) < 2)) {
			j = below(w->n);
			remove_sa(w->nn, w->sa[j]);
			w->sa[j] = w->sa[--w->n];
		} else if (w->n && !below(3)) {
			random_move(w);
		} else {
			random_sa(w);
		}
		for (j = 0; j < 20 && ok; j++)
			ok = check_in(w) && check_out(w) && check_sent(w) &&
			     check_find(w);
		ok = ok && expect(w->nn->sad.count == w->n, "count");
	}
	test(ok, "SAD-4 SAD-8 MOB-1 as a search of all SAs, up to %u (seed %llu)",
	     limit, seed);
	net_free(w->nn);
	free(w);
}

#define MANY		20000
#define STEPS_EACH	32	/* objects looked at for one SA, at most */

static bool many_lookup(struct nfsec_net *nn, struct nfsec_sa *newest)
{
	struct nfsec_tmpl t = {
		.family = AF_INET,
		.proto = IPPROTO_ESP,
		.mode = NFSEC_MODE_TUNNEL,
	};
	struct nfsec_flow fl = { .family = AF_INET, .proto = 6 };
	struct nfsec_sa_id id = id_of(newest);
	u64 before = shim_steps;
	bool mismatch = false, ok;

	t.daddr = newest->path->daddr;
	ok = expect(nfsec_sad_lookup_out(nn, &t, &fl, &mismatch) == newest,
		    "not the newest of the destination");
	t.reqid = newest->reqid;
	ok &= expect(nfsec_sad_lookup_out(nn, &t, &fl, &mismatch) == newest,
		     "not the newest of the reqid");
	ok &= expect(nfsec_sad_find(nn, &id) == newest, "not found");
	return ok && expect(shim_steps - before <= 3 * STEPS_EACH,
			    "%llu steps", shim_steps - before);
}

/* Take all out as they come and look now and then which one is used */
static bool many_remove(struct nfsec_net *nn, struct nfsec_sa **sa)
{
	struct nfsec_sa *newest;
	u64 steps = 0, before;
	bool ok = true;
	u32 i, j;

	for (i = 0; i < MANY; i++) {
		before = shim_steps;
		remove_sa(nn, sa[i]);
		steps += shim_steps - before;
		if (i % 1000 != 500)
			continue;
		newest = sa[i + 1];
		for (j = i + 2; j < MANY; j++)
			if (sa[j]->uid > newest->uid)
				newest = sa[j];
		ok &= many_lookup(nn, newest);
	}
	return ok & expect(steps <= (u64)MANY * STEPS_EACH,
			   "%llu steps to remove %u", steps, MANY);
}

/*
 * SAs of one destination and reqid come and go. What is counted is how many
 * others are looked at on the way.
 */
static void test_many(const char *order)
{
	struct nfsec_sa **sa = calloc(MANY, sizeof(*sa));
	struct nfsec_net *nn = net_make();
	u64 before = shim_steps;
	bool ok;
	u32 i;

	for (i = 0; i < MANY; i++) {
		struct nfsec_sa_config c;

		config(&c, 0x0a000002, 0x1000 + i);
		c.dir = NFSEC_DIR_OUT;
		c.reqid = 1;
		sa[i] = add(nn, &c);
	}
	ok = expect(shim_steps - before <= (u64)MANY * STEPS_EACH,
		    "%llu steps to add %u", shim_steps - before, MANY);
	ok &= many_lookup(nn, sa[MANY - 1]);
	if (*order == 'n')
		for (i = 0; i < MANY / 2; i++)
			swap(sa[i], sa[MANY - 1 - i]);
	else if (*order == 'i')
		for (i = MANY - 1; i; i--) {
			u32 j = below(i + 1);

			swap(sa[i], sa[j]);
		}
	ok &= many_remove(nn, sa);
	ok &= expect(!nn->sad.count && !nn->sad.by_dst.nelems &&
		     !nn->sad.by_reqid.nelems && !nn->sad.by_spi.nelems,
		     "something is left");
	test(ok, "SAD-5 %u SAs of one destination go, %s", MANY,
	     order);
	net_free(nn);
	free(sa);
}

static struct nfsec_policy *policy(struct nfsec_net *nn, u8 levels[2], u32 n)
{
	struct nfsec_policy_config c = { .dir = NFSEC_DIR_OUT, .ntmpl = n };
	struct nfsec_policy *p;
	u32 i;

	nfsec_limits_none(&c.limits);
	nfsec_selector_any(&c.sel, AF_INET);
	for (i = 0; i < n; i++) {
		c.tmpl[i].family = AF_INET;
		c.tmpl[i].proto = IPPROTO_ESP;
		c.tmpl[i].mode = i ? NFSEC_MODE_TRANSPORT : NFSEC_MODE_TUNNEL;
		c.tmpl[i].reqid = i + 1;
		c.tmpl[i].level = levels[i];
		addr4(&c.tmpl[i].daddr, 0x0a000002);
	}
	assert(!nfsec_spd_insert(nn, &c, true, &p, NULL));
	return p;
}

static void test_decisions(void)
{
	u8 required[2] = { }, use[2] = { NFSEC_LEVEL_USE, NFSEC_LEVEL_USE };
	u8 mixed[2] = { NFSEC_LEVEL_USE, NFSEC_LEVEL_REQUIRED };
	struct nfsec_net *nn = net_make();
	struct nfsec_flow fl = { .family = AF_INET, .proto = 6 };
	struct nfsec_sa *tunnel, *newer, *transport;
	struct nfsec_sa_config c;
	struct nfsec_decision d;
	bool ok;

	addr4(&fl.saddr, 0xc0a80001);
	addr4(&fl.daddr, 0xc0a80101);
#define DECIDE()	nfsec_classify_out(nn, &fl, NFSEC_PASS_ANY, &d)
	policy(nn, required, 1);
	DECIDE();
	ok = expect(d.verdict == NFSEC_VERDICT_NO_SA && !d.missing &&
		    !d.sel_mismatch && d.policy, "verdict %u", d.verdict);
	config(&c, 0x0a000002, 0x1000);
	c.reqid = 1;
	tunnel = add(nn, &c);
	DECIDE();
	ok &= expect(d.verdict == NFSEC_VERDICT_PROTECT && d.nsa == 1 &&
		     d.sa[0] == tunnel, "verdict %u", d.verdict);
	test(ok, "an SA is used as soon as it is there");

	config(&c, 0x0a000002, 0x1001);
	c.reqid = 1;
	newer = add(nn, &c);
	DECIDE();
	ok = expect(d.sa[0] == newer, "not the newer");
	remove_sa(nn, newer);
	DECIDE();
	ok &= expect(d.sa[0] == tunnel, "not the older again");
	tunnel->state = NFSEC_SA_EXPIRED;
	DECIDE();
	ok &= expect(d.verdict == NFSEC_VERDICT_NO_SA, "verdict %u",
		     d.verdict);
	tunnel->state = NFSEC_SA_VALID;
	test(ok, "SAD-5 the newest SA is used, an expired one is not");

	config(&c, 0x0a000002, 0x1002);
	c.reqid = 1;
	c.has_sel = true;
	nfsec_selector_any(&c.sel, AF_INET);
	c.sel.proto = 17;
	newer = add(nn, &c);
	DECIDE();
	ok = expect(d.sa[0] == tunnel, "one that does not allow it");
	remove_sa(nn, tunnel);
	DECIDE();
	ok &= expect(d.verdict == NFSEC_VERDICT_NO_SA && d.sel_mismatch,
		     "verdict %u", d.verdict);
	remove_sa(nn, newer);
	test(ok, "an SA whose selector forbids the packet is not used");

	policy(nn, use, 1);
	DECIDE();
	ok = expect(d.verdict == NFSEC_VERDICT_BYPASS && d.nsa == 1 &&
		    !d.sa[0], "verdict %u", d.verdict);
	policy(nn, mixed, 2);
	DECIDE();
	ok &= expect(d.verdict == NFSEC_VERDICT_NO_SA && d.missing == 1,
		     "verdict %u", d.verdict);
	test(ok, "level use skips a template, level required does not");

	/* The second template sees the packet the first SA made: ESP between
	 * the gateways.
	 */
	config(&c, 0x0a000002, 0x1000);
	c.reqid = 1;
	tunnel = add(nn, &c);
	config(&c, 0x0a000002, 0x2000);
	c.reqid = 2;
	c.mode = NFSEC_MODE_TRANSPORT;
	c.has_sel = true;
	nfsec_selector_any(&c.sel, AF_INET);
	c.sel.proto = IPPROTO_ESP;
	transport = add(nn, &c);
	policy(nn, required, 2);
	DECIDE();
	ok = expect(d.verdict == NFSEC_VERDICT_PROTECT && d.nsa == 2 &&
		    d.sa[0] == tunnel && d.sa[1] == transport, "verdict %u",
		    d.verdict);
	test(ok, "transport mode around a tunnel finds the SA of the tunnel's ends");
	net_free(nn);
}

static void test_replace(void)
{
	struct nfsec_net *nn = net_make();
	struct nfsec_sa *larval, *other, *sa;
	struct nfsec_sa_config c;
	struct nfsec_sa_id id;
	struct netlink_ext_ack ack = { };
	bool ok;

	config(&c, 0x0a000002, 0);
	larval = nfsec_sa_create_larval(nn, &c);
	ok = expect(!nfsec_sad_alloc_spi(nn, larval, 256, 257, &ack), "1st");
	nfsec_sa_put(larval);
	other = nfsec_sa_create_larval(nn, &c);
	ok &= expect(!nfsec_sad_alloc_spi(nn, other, 256, 257, &ack) &&
		     other->spi != larval->spi, "2nd");
	nfsec_sa_put(other);
	sa = nfsec_sa_create_larval(nn, &c);
	ok &= expect(nfsec_sad_alloc_spi(nn, sa, 256, 257, &ack) == -ENOSPC &&
		     ack.msg, "3rd");
	ok &= expect(nfsec_sad_alloc_spi(nn, sa, 255, 257, &ack) == -EINVAL,
		     "reserved");
	ok &= expect(nfsec_sad_alloc_spi(nn, sa, 300, 299, &ack) == -EINVAL,
		     "upside down");
	ok &= expect(!nfsec_sad_alloc_spi(nn, sa, 0xffffffff, 0xffffffff,
					  &ack), "last SPI");
	nfsec_sa_put(sa);
	test(ok, "SAD-2 SPIs are given out once, none below 256");

	ok = expect(!nfsec_sad_lookup_in(nn, larval->spi, IPPROTO_ESP,
					 AF_INET, &larval->path->daddr, 0),
		    "larval found");
	config(&c, 0x0a000002, ntohl(larval->spi));
	sa = nfsec_sa_create(nn, &c, NULL);
	ok &= expect(nfsec_sad_insert(nn, sa) == -EEXIST, "inserted");
	ok &= expect(!nfsec_sad_replace(nn, larval, sa), "not replaced");
	run_works();
	id = id_of(sa);
	ok &= expect(nfsec_sad_find(nn, &id) == sa &&
		     nn->sad.count == 3, "count %u", nn->sad.count);
	nfsec_sa_put(sa);
	ok &= expect(nfsec_sad_lookup_in(nn, sa->spi, IPPROTO_ESP, AF_INET,
					 &sa->path->daddr, 0) == sa, "not found");
	test(ok, "a larval SA is not used, and replaced by the one made for it");

	advance_clock(29);
	ok = expect(nn->sad.count == 3, "count %u", nn->sad.count);
	advance_clock(3);
	ok &= expect(nn->sad.count == 1, "count %u", nn->sad.count);
	test(ok, "an SPI nobody claims is free after half a minute");
	net_free(nn);
}

int main(void)
{
	assert(!nfsec_sa_module_init());
	assert(!nfsec_classify_module_init());
	test_begin();
	test_churn(1, 8);
	test_churn(2, 40);
	test_churn(3, SAS);
	test_many("oldest first");
	test_many("newest first");
	test_many("in random order");
	test_decisions();
	test_replace();
	test(expect(!xfrm_state_count(), "%d", xfrm_state_count()),
	     "no state of XFRM is left");
	nfsec_classify_module_exit();
	nfsec_sa_module_exit();
	return test_end();
}
