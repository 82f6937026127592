// SPDX-License-Identifier: GPL-2.0
/*
 * module/sad.c, module/sa.c and the choice of SAs in module/classify.c: random
 * SAs against lists searched from end to end, sizes, refusals, and nothing left
 * when memory fails.
 */
#include "shim.h"

/* What the stand-in for nfsec_crypto_init() makes of a key */
#define SUITE(iv, icv, block)	((iv) << 16 | (icv) << 8 | (block))

static void config(struct nfsec_sa_config *c, u32 daddr, u32 spi)
{
	memset(c, 0, sizeof(*c));
	addr4(&c->saddr, 0x0a000001);
	addr4(&c->id.daddr, daddr);
	c->id.family = AF_INET;
	c->id.proto = IPPROTO_ESP;
	c->id.spi = htonl(spi);
	c->mode = NFSEC_MODE_TUNNEL;
	c->aead.icv_bits = SUITE(8, 16, 4);
	nfsec_limits_none(&c->limits);
}

/* Make and insert; the tables have the only reference */
static struct nfsec_sa *add(struct nfsec_net *nn, struct nfsec_sa_config *c)
{
	struct nfsec_sa *sa = nfsec_sa_create(nn, c, NULL);
	int err;

	assert(!IS_ERR(sa));
	err = nfsec_sad_insert(nn, sa);
	nfsec_sa_put(sa);
	run_works();
	return err ? NULL : sa;
}

static void remove_sa(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	nfsec_sad_remove(nn, sa);
	run_works();
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
	for (i = 0; i < w->n; i++)
		if (!memcmp(&w->sa[i]->id, &c.id, sizeof(c.id)))
			dup = true;
	sa = add(w->nn, &c);
	assert(!sa == dup);
	if (sa)
		w->sa[w->n++] = sa;
	if (sa && !below(8))
		sa->state = NFSEC_SA_EXPIRED;
}

/* Higher is better; 0 is none */
static u64 naive_in(const struct nfsec_sa *sa, __be32 spi, u8 family,
		    const struct nfsec_addr *daddr, u32 mark)
{
	bool exact = !memcmp(&sa->id.daddr, daddr, sizeof(*daddr));
	u64 rank = 1;

	if (sa->id.spi != spi || sa->id.family != family ||
	    sa->dir == NFSEC_DIR_OUT || (!exact && sa->dir != NFSEC_DIR_IN) ||
	    (mark & sa->id.mark.mask) != sa->id.mark.value)
		return 0;
	rank = rank * 2 + exact;
	rank = rank * 2 + (sa->state == NFSEC_SA_VALID);
	rank = rank * 64 + __builtin_popcount(sa->id.mark.mask);
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

	return sa->state == NFSEC_SA_VALID && sa->dir != NFSEC_DIR_IN &&
	       sa->mode == t->mode && sa->id.daddr.a4 == daddr &&
	       sa->id.family == (tunnel ? t->family : fl->family) &&
	       (!saddr || !sa->saddr.a4 || saddr == sa->saddr.a4) &&
	       (!t->reqid || t->reqid == sa->reqid) &&
	       (!t->spi || t->spi == sa->id.spi) &&
	       (fl->mark & sa->id.mark.mask) == sa->id.mark.value;
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

		if (sa->id.spi == spi && sa->id.daddr.a4 == daddr.a4 &&
		    sa->id.family == AF_INET && sa->dir != NFSEC_DIR_IN &&
		    sa->state == NFSEC_SA_VALID &&
		    (!want || sa->uid > want->uid))
			want = sa;
	}
	got = nfsec_sad_lookup_sent(w->nn, spi, IPPROTO_ESP, AF_INET, &daddr);
	return expect(got == want, "SPI %u", ntohl(spi));
}

static bool check_find(struct world *w)
{
	struct nfsec_sa *sa;

	if (!w->n)
		return true;
	sa = w->sa[below(w->n)];
	return expect(nfsec_sad_find(w->nn, &sa->id) == sa, "not found");
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
		} else {
			random_sa(w);
		}
		for (j = 0; j < 20 && ok; j++)
			ok = check_in(w) && check_out(w) && check_sent(w) &&
			     check_find(w);
		ok = ok && expect(w->nn->sad.count == w->n, "count");
	}
	test(ok, "SAD-4 SAD-8 as a search of all SAs, up to %u (seed %llu)",
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
	u64 before = shim_steps;
	bool mismatch = false, ok;

	t.daddr = newest->id.daddr;
	ok = expect(nfsec_sad_lookup_out(nn, &t, &fl, &mismatch) == newest,
		    "not the newest of the destination");
	t.reqid = newest->reqid;
	ok &= expect(nfsec_sad_lookup_out(nn, &t, &fl, &mismatch) == newest,
		     "not the newest of the reqid");
	ok &= expect(nfsec_sad_find(nn, &newest->id) == newest, "not found");
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

/* Table of Annex H: the longest inner packet at a path MTU of 1500 */
static void test_sizes(void)
{
	static const struct {
		const char *name;
		u32 suite;
		u32 v4, v4udp, v6, v6udp, bare;
	} t[] = {
		{ "GCM-16", SUITE(8, 16, 4), 1446, 1438, 1426, 1418, 1466 },
		{ "CCM-8", SUITE(8, 8, 4), 1454, 1446, 1434, 1426, 1474 },
		{ "CBC + SHA1", SUITE(16, 12, 16), 1438, 1422, 1422, 1406,
		  1454 },
		{ "CBC + SHA2-256", SUITE(16, 16, 16), 1438, 1422, 1406, 1406,
		  1454 },
		{ "CBC + SHA2-512", SUITE(16, 32, 16), 1422, 1406, 1390, 1390,
		  1438 },
		{ "3DES + SHA1", SUITE(8, 12, 8), 1446, 1438, 1430, 1422,
		  1470 },
		{ "NULL + SHA2-256", SUITE(0, 16, 4), 1454, 1446, 1434, 1426,
		  1474 },
		{ "CTR + SHA1", SUITE(8, 12, 4), 1450, 1442, 1430, 1422,
		  1470 },
	};
	struct nfsec_net *nn = net_make();
	u32 i, mtu;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		u32 iv = t[i].suite >> 16, icv = t[i].suite >> 8 & 0xff;
		u32 blk = t[i].suite & 0xff;
		struct nfsec_sa_config c;
		struct nfsec_sa *sa;
		bool ok = true;

		config(&c, 0x0a000002, 0x1000);
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(nfsec_sa_inner_mtu(sa, 1500, false, AF_INET) ==
			     t[i].v4, "v4");
		ok &= expect(nfsec_sa_inner_mtu(sa, 1500, true, AF_INET6) ==
			     t[i].v4udp, "v4 + UDP");
		ok &= expect(nfsec_sa_overhead(sa) ==
			     20 + 8 + iv + blk - 1 + 2 + icv, "overhead");
		/* what fits is the most that fits */
		for (mtu = 100; mtu < 1600; mtu++) {
			u32 n = nfsec_sa_inner_mtu(sa, mtu, false, AF_INET);
			u32 a = 28 + iv + (n + 2 + blk - 1) / blk * blk + icv;
			u32 b = 28 + iv + (n + 3 + blk - 1) / blk * blk + icv;

			ok &= expect(a <= mtu && b > mtu, "MTU %u: %u", mtu,
				     n);
		}
		ok &= expect(!nfsec_sa_inner_mtu(sa, 20, false, AF_INET),
			     "no room");
		remove_sa(nn, sa);
		c.id.family = AF_INET6;
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(nfsec_sa_inner_mtu(sa, 1500, false, AF_INET) ==
			     t[i].v6, "v6");
		ok &= expect(nfsec_sa_inner_mtu(sa, 1500, true, AF_INET) ==
			     t[i].v6udp, "v6 + UDP");
		remove_sa(nn, sa);
		/* transport: the header is subtracted first and then added */
		c.mode = NFSEC_MODE_TRANSPORT;
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(nfsec_sa_inner_mtu(sa, 1520, false, AF_INET) ==
			     20 + t[i].bare, "transport v4");
		ok &= expect(nfsec_sa_inner_mtu(sa, 1540, false, AF_INET6) ==
			     40 + t[i].bare, "transport v6");
		remove_sa(nn, sa);
		test(ok, "PMTU-9 longest inner packet of %s", t[i].name);
	}
	net_free(nn);
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
	struct netlink_ext_ack ack = { };
	bool ok;

	config(&c, 0x0a000002, 0);
	larval = nfsec_sa_create_larval(nn, &c);
	ok = expect(!nfsec_sad_alloc_spi(nn, larval, 256, 257, &ack), "1st");
	nfsec_sa_put(larval);
	other = nfsec_sa_create_larval(nn, &c);
	ok &= expect(!nfsec_sad_alloc_spi(nn, other, 256, 257, &ack) &&
		     other->id.spi != larval->id.spi, "2nd");
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

	ok = expect(!nfsec_sad_lookup_in(nn, larval->id.spi, IPPROTO_ESP,
					 AF_INET, &larval->id.daddr, 0),
		    "larval found");
	config(&c, 0x0a000002, ntohl(larval->id.spi));
	sa = nfsec_sa_create(nn, &c, NULL);
	ok &= expect(nfsec_sad_insert(nn, sa) == -EEXIST, "inserted");
	ok &= expect(!nfsec_sad_replace(nn, larval, sa), "not replaced");
	run_works();
	ok &= expect(nfsec_sad_find(nn, &sa->id) == sa &&
		     nn->sad.count == 3, "count %u", nn->sad.count);
	nfsec_sa_put(sa);
	ok &= expect(nfsec_sad_lookup_in(nn, sa->id.spi, IPPROTO_ESP, AF_INET,
					 &sa->id.daddr, 0) == sa, "not found");
	test(ok, "a larval SA is not used, and replaced by the one made for it");

	advance_clock(29);
	ok = expect(nn->sad.count == 3, "count %u", nn->sad.count);
	advance_clock(3);
	ok &= expect(nn->sad.count == 1, "count %u", nn->sad.count);
	test(ok, "an SPI nobody claims is free after half a minute");
	net_free(nn);
}

static void test_refused(void)
{
	struct nfsec_net *nn = net_make();
	struct nfsec_sa_config base, c;
	bool ok = true;

	config(&base, 0x0a000002, 0x1000);
#define REFUSED(change)							\
	do {								\
		struct netlink_ext_ack ack = { };			\
									\
		c = base;						\
		change;							\
		ok &= expect(IS_ERR(nfsec_sa_create(nn, &c, &ack)) &&	\
			     ack.msg, #change);				\
	} while (0)
	REFUSED(c.id.spi = 0);
	REFUSED(c.id.spi = htonl(255));
	REFUSED(c.id.family = AF_UNSPEC);
	REFUSED(c.id.family = 99);
	REFUSED(addr4(&c.id.daddr, 0));
	REFUSED(c.id.proto = IPPROTO_AH);
	REFUSED(c.id.mark.value = 1);
	REFUSED(c.mode = 9);
	REFUSED(c.dir = NFSEC_DIR_FWD);
	REFUSED(c.seq = 1ULL << 32);
	REFUSED(c.oseq = 1ULL << 32);
	REFUSED(c.flags = NFSEC_SA_FLAGS_ESN | NFSEC_SA_FLAGS_OSEQ_MAY_WRAP);
	REFUSED((c.has_window = true, c.window = 65537));
	REFUSED((c.has_window = true, c.flags = NFSEC_SA_FLAGS_ESN));
	REFUSED((c.mode = NFSEC_MODE_TRANSPORT, c.tfcpad = 100));
	REFUSED((c.mode = NFSEC_MODE_TRANSPORT, c.has_sel = true,
		 nfsec_selector_any(&c.sel, AF_INET6)));
	test(ok, "SAD-2 bad SAs are refused with a reason");
	net_free(nn);
}

static void test_memory(void)
{
	struct nfsec_net *nn = net_make();
	bool ok = true;
	u32 i;

	for (i = 1; i < 30; i++) {
		struct nfsec_sa_config c;
		struct nfsec_sa *sa;

		config(&c, 0x0a000002, 0x1000);
		c.encap.type = NFSEC_ENCAP_TYPE_ESPINUDP;
		c.aead.data = malloc(4);
		fail_alloc = i;
		sa = nfsec_sa_create(nn, &c, NULL);
		if (!IS_ERR(sa)) {
			ok &= expect(!c.aead.data, "key not taken");
			if (!nfsec_sad_insert(nn, sa))
				nfsec_sad_remove(nn, sa);
			nfsec_sa_put(sa);
		} else {
			ok &= expect(c.aead.data, "key taken");
		}
		fail_alloc = 0;
		nfsec_sa_config_free(&c);
		run_works();
		ok &= expect(!nn->sad.count && !nn->sad.objects.v, "step %u",
			     i);
	}
	test(ok, "when memory fails nothing is left");
	net_free(nn);
}

static void test_mark(void)
{
	struct sk_buff a = { }, b = { };
	struct nfsec_net *nn = net_make();
	const struct xfrm_state *x;
	struct nfsec_sa_config c;
	struct nfsec_sa *sa;
	bool ok;

	config(&c, 0x0a000002, 0x1000);
	c.reqid = 5;
	sa = add(nn, &c);
	ok = expect(!nfsec_sa_mark_of(&a), "marked from the start");
	nfsec_sa_mark(&a, sa);
	nfsec_sa_mark(&b, sa);
	nfsec_sa_mark(&b, sa);
	remove_sa(nn, sa);
	net_free(nn);
	x = nfsec_sa_mark_of(&a);
	ok &= expect(x && x->id.spi == htonl(0x1000) && x->props.reqid == 5 &&
		     x->props.smark.v == NFSEC_MODE_TUNNEL &&
		     x->props.mode == XFRM_MODE_TRANSPORT, "state");
	skb_ext_reset(&a);
	ok &= expect(nfsec_sa_mark_of(&b) && xfrm_state_count() == 1,
		     "%d states", xfrm_state_count());
	skb_ext_reset(&b);
	ok &= expect(!xfrm_state_count(), "%d states", xfrm_state_count());
	test(ok, "packets keep their mark when the SA and its namespace are gone");
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
	test_sizes();
	test_decisions();
	test_replace();
	test_refused();
	test_memory();
	test_mark();
	test(expect(!xfrm_state_count(), "%d", xfrm_state_count()),
	     "no state of XFRM is left");
	nfsec_classify_module_exit();
	nfsec_sa_module_exit();
	return test_end();
}
