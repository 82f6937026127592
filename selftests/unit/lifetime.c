// SPDX-License-Identifier: GPL-2.0
/*
 * module/lifetime.c: limits of packets, octets and time are reached exactly,
 * are warned of once, and end the SA.
 */
#include "shim.h"

static struct nfsec_net *nn;

static struct nfsec_sa *make(const struct nfsec_limits *limits)
{
	struct nfsec_sa_config c = {
		.mode = NFSEC_MODE_TUNNEL,
		.limits = *limits,
		.aead.icv_bits = 8 << 16 | 16 << 8 | 4,
	};
	struct nfsec_sa *sa;

	addr4(&c.saddr, 0x0a000001);
	addr4(&c.id.daddr, 0x0a000002);
	c.id.family = AF_INET;
	c.id.proto = IPPROTO_ESP;
	c.id.spi = htonl(0x1000);
	sa = nfsec_sa_create(nn, &c, NULL);
	assert(!IS_ERR(sa) && !nfsec_sad_insert(nn, sa));
	memset(&events, 0, sizeof(events));
	return sa;
}

/* Drop our reference; the tables' too if it is still in them */
static void done(struct nfsec_sa *sa)
{
	nfsec_sad_remove(nn, sa);
	nfsec_sa_put(sa);
	run_works();
	assert(!nn->sad.objects.v);
}

static bool told(int soft, int hard)
{
	return expect(events.sa_soft == soft && events.sa_hard == hard,
		      "%d soft, %d hard events", events.sa_soft,
		      events.sa_hard);
}

static void test_packets(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;
	u64 gen;
	u32 i;

	nfsec_limits_none(&l);
	l.soft_packets = 7;
	l.hard_packets = 10;
	sa = make(&l);
	for (i = 1; i <= 10; i++) {
		ok &= expect(nfsec_lifetime_count(sa, 1, 100), "packet %u", i);
		ok &= told(i >= 7, 0);
	}
	gen = nn->gen.v;
	ok &= expect(nfsec_sa_usable(sa), "ended early");
	ok &= expect(!nfsec_lifetime_count(sa, 1, 100), "packet 11");
	ok &= expect(!nfsec_sa_usable(sa), "usable after the end");
	ok &= expect(nn->gen.v != gen, "caches not told");
	ok &= told(1, 1);
	ok &= expect(sa->packets.v == 10 && sa->bytes.v == 1000,
		     "counted %lld", sa->packets.v);
	ok &= expect(!nfsec_lifetime_count(sa, 1, 100), "packet 12");
	ok &= told(1, 1);
	ok &= expect(nn->sad.count == 1, "gone without process context");
	run_works();
	ok &= expect(!nn->sad.count, "still in the tables");
	done(sa);
	test(ok, "SAD-5 packet N passes at a limit of N, N + 1 ends the SA");
}

static void test_bytes(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.soft_bytes = 1500;
	l.hard_bytes = 3000;
	sa = make(&l);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1499), "1499");
	ok &= told(0, 0);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1), "1500");
	ok &= told(1, 0);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1500), "3000");
	ok &= expect(!nfsec_lifetime_count(sa, 1, 1), "3001");
	ok &= told(1, 1);
	ok &= expect(sa->bytes.v == 3000, "counted %lld", sa->bytes.v);
	done(sa);
	test(ok, "SAD-5 SAD-6 a packet beyond the limit of octets is not counted");
}

static void test_batch(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.hard_packets = 50;
	sa = make(&l);
	ok &= expect(nfsec_lifetime_count(sa, 45, 45), "45");
	ok &= expect(!nfsec_lifetime_count(sa, 45, 45), "90");
	ok &= expect(nfsec_sa_usable(sa), "ended by a batch");
	ok &= expect(nfsec_lifetime_count(sa, 5, 5), "50");
	ok &= expect(!nfsec_lifetime_count(sa, 1, 1), "51");
	ok &= expect(!nfsec_sa_usable(sa), "usable after the end");
	done(sa);
	test(ok, "a batch that goes beyond the limit can be offered in parts");
}

static void test_added(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;
	u32 i;

	nfsec_limits_none(&l);
	l.soft_add = 3;
	l.hard_add = 6;
	for (i = 0; i < 3; i++) {
		/* wherever in a second it begins */
		jiffies += 37;
		sa = make(&l);
		advance_clock(2);
		ok &= told(0, 0);
		ok &= expect(nfsec_lifetime_count(sa, 1, 1), "early");
		advance_clock(2);
		ok &= told(1, 0);
		ok &= expect(nfsec_sa_usable(sa), "ended early");
		advance_clock(3);
		ok &= told(1, 1);
		ok &= expect(!nn->sad.count, "still in the tables");
		done(sa);
	}
	test(ok, "SAD-5 limits of time since it was added");
}

static void test_used(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.soft_use = 2;
	l.hard_use = 4;
	sa = make(&l);
	advance_clock(20);
	ok &= told(0, 0);
	ok &= expect(!sa->first_used, "used");
	nfsec_lifetime_count(sa, 1, 1);
	ok &= expect(sa->first_used == boot_seconds, "not used");
	advance_clock(1);
	ok &= told(0, 0);
	nfsec_lifetime_count(sa, 1, 1);
	ok &= expect(sa->last_used == boot_seconds &&
		     sa->first_used != boot_seconds, "times of use");
	advance_clock(2);
	ok &= told(1, 0);
	advance_clock(2);
	ok &= told(1, 1);
	ok &= expect(!nn->sad.count, "still in the tables");
	done(sa);
	test(ok, "SAD-5 limits of time since it was first used");
}

static void test_suspend(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.hard_add = 3600;
	sa = make(&l);
	advance_clock(10);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1), "early");
	suspend_clock(4000);
	jiffies++;
	ok &= expect(!nfsec_lifetime_count(sa, 1, 1), "used after its time");
	ok &= told(0, 1);
	run_works();
	done(sa);
	test(ok, "SAD-5 time counts while the machine sleeps");
}

static void test_long(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.soft_add = U64_MAX;
	l.hard_add = U64_MAX - 5;
	l.soft_use = 1ULL << 40;
	l.hard_use = 1ULL << 33;
	sa = make(&l);
	nfsec_lifetime_count(sa, 1, 1);
	advance_clock(30);
	ok &= told(0, 0);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1), "ended");
	done(sa);
	ok &= expect(nfsec_lifetime_delay(100, 100 + 7 * 86400) <=
		     86400 * HZ + 1, "timer longer than a day");
	test(ok, "times too long to come are never reached");
}

static void test_update(void)
{
	struct nfsec_limits l;
	struct nfsec_sa *sa;
	bool ok = true;

	nfsec_limits_none(&l);
	l.soft_packets = 1;
	l.hard_add = 5;
	sa = make(&l);
	nfsec_lifetime_count(sa, 1, 1);
	advance_clock(3);
	ok &= told(1, 0);
	sa->limits.hard_add = 20;
	sa->limits.soft_packets = 3;
	nfsec_lifetime_update(sa);
	advance_clock(10);
	ok &= told(1, 0);
	nfsec_lifetime_count(sa, 1, 1);
	ok &= told(1, 0);
	nfsec_lifetime_count(sa, 1, 1);
	ok &= told(2, 0);
	sa->limits.hard_add = 0;
	nfsec_lifetime_update(sa);
	advance_clock(30);
	ok &= expect(nfsec_lifetime_count(sa, 1, 1), "ended by the old limit");
	sa->limits.hard_add = 10;
	nfsec_lifetime_update(sa);
	advance_clock(1);
	ok &= expect(events.sa_hard == 1 && !nn->sad.count,
		     "not ended by the new limit");
	done(sa);
	test(ok, "new limits count from the next packet and second on");
}

int main(void)
{
	assert(!nfsec_sa_module_init());
	nn = net_make();
	test_begin();
	test_packets();
	test_bytes();
	test_batch();
	test_added();
	test_used();
	test_suspend();
	test_long();
	test_update();
	net_free(nn);
	nfsec_sa_module_exit();
	return test_end();
}
