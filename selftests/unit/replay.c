// SPDX-License-Identifier: GPL-2.0
/*
 * module/replay.c: the cases of RFC 4303 App. A, windows of all widths against
 * a set of numbers, the edges of the number space, many threads at once.
 */
#include "shim.h"

static const char * const verdict_name[] = { "ok", "seen", "old" };

static void make(struct nfsec_replay *r, u32 window, bool esn, u64 top)
{
	assert(!nfsec_replay_init(r, window, esn, GFP_KERNEL));
	nfsec_replay_set(r, top, NULL, 0);
}

/* Receive a packet whose ICV is right if @genuine is the number inferred */
static enum nfsec_replay_verdict receive(struct nfsec_replay *r, u64 genuine)
{
	enum nfsec_replay_verdict v;
	u64 seq;

	v = nfsec_replay_check(r, genuine, &seq);
	if (v != NFSEC_REPLAY_OK)
		return v;
	if (seq != genuine)
		return NFSEC_REPLAY_OLD;
	return nfsec_replay_advance(r, seq);
}

/* Annex A.3: what the high half is, and whether the window decides */
static void test_vectors(void)
{
	static const struct {
		u64 top;
		u32 seq;
		u64 want;
		bool valid;
	} v[] = {
		{ 0x000000000ULL, 0x00000001, 0x000000001ULL, true },
		{ 0x000000010ULL, 0xfffffff0, 0, false },
		{ 0x100000010ULL, 0xfffffff0, 0x0fffffff0ULL, true },
		{ 0x100000010ULL, 0x00000011, 0x100000011ULL, true },
		{ 0x0ffffffffULL, 0x00000005, 0x100000005ULL, true },
		{ 0x0ffffffffULL, 0xffffffc0, 0x0ffffffc0ULL, true },
		{ 0x0ffffffffULL, 0xffffffbf, 0x1ffffffbfULL, true },
		{ 0x10000003eULL, 0xffffffff, 0x0ffffffffULL, true },
		{ 0x10000003fULL, 0xffffffff, 0x1ffffffffULL, true },
		/* the last subspace has none behind it */
		{ 0xffffffffffffffffULL, 0x00000000, 0, false },
		{ 0xffffffff00000040ULL, 0x00000000, 0, false },
		{ 0xfffffffffffffffeULL, 0xffffffff, 0xffffffffffffffffULL,
		  true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct nfsec_replay r;
		u64 got, seq;
		bool valid, ok;

		make(&r, 64, true, v[i].top);
		got = nfsec_replay_expand(&r, v[i].seq, &valid);
		ok = expect(valid == v[i].valid, "valid %d", valid);
		if (v[i].valid) {
			ok &= expect(got == v[i].want, "got %llx", got);
			ok &= expect(nfsec_replay_check(&r, v[i].seq, &seq) ==
				     NFSEC_REPLAY_OK && seq == v[i].want,
				     "seq %llx", seq);
		} else {
			ok &= expect(nfsec_replay_check(&r, v[i].seq, &seq) ==
				     NFSEC_REPLAY_OLD, "not refused");
		}
		test(ok, "RPL-10 RPL-11 T=0x%llx W=64 Seql=0x%x", v[i].top,
		     v[i].seq);
		nfsec_replay_free(&r);
	}
}

static void test_sequence(void)
{
	static const u32 seq[] = { 1, 5, 3, 5, 3, 200, 137, 136 };
	static const u8 want[] = { 0, 0, 0, 1, 1, 0, 0, 2 };
	struct nfsec_replay r;
	bool ok = true;
	u32 i;

	make(&r, 64, false, 0);
	for (i = 0; i < ARRAY_SIZE(seq); i++) {
		u8 got = receive(&r, seq[i]);

		ok &= expect(got == want[i], "number %u: %s", seq[i],
			     verdict_name[got]);
	}
	test(ok, "RPL-6 1 5 3 5 3 200 137 136 with W=64");
	nfsec_replay_free(&r);
}

/* The last W numbers are in the window and one more is not, for every W */
static void test_width(void)
{
	static const u64 tops[] = {
		70000, 131071, 131072, 131073, 0xffffffffULL, 0xfffffffeULL,
	};
	bool ok = true;
	u32 w, i;

	for (w = 1; w <= NFSEC_REPLAY_WINDOW_MAX; w = w < 300 ? w + 1 : w + 61)
		for (i = 0; i < ARRAY_SIZE(tops); i++) {
			struct nfsec_replay r;
			u64 top = tops[i];

			make(&r, w, false, 0);
			ok &= expect(!receive(&r, top), "W=%u", w);
			ok &= expect(receive(&r, top) == NFSEC_REPLAY_SEEN,
				     "W=%u", w);
			ok &= expect(w == 1 || !receive(&r, top - w + 1),
				     "W=%u left edge", w);
			ok &= expect(receive(&r, top - w) == NFSEC_REPLAY_OLD,
				     "W=%u beyond left edge", w);
			nfsec_replay_free(&r);
		}
	test(ok, "RPL-5 RPL-15 windows from 1 to 65536 are as wide as they say");
}

static void test_zero(void)
{
	struct nfsec_replay r;
	bool ok;

	make(&r, 64, false, 0);
	ok = expect(receive(&r, 0) == NFSEC_REPLAY_OLD, "32 bit, new");
	receive(&r, 10);
	ok &= expect(receive(&r, 0) == NFSEC_REPLAY_OLD, "32 bit, in window");
	nfsec_replay_free(&r);
	make(&r, 64, true, 0x10);
	ok &= expect(receive(&r, 0) == NFSEC_REPLAY_OLD, "ESN, in window");
	nfsec_replay_free(&r);
	make(&r, 64, true, 0xfffffff0);
	ok &= expect(receive(&r, 0x100000000ULL) == NFSEC_REPLAY_OK,
		     "ESN, low half zero");
	nfsec_replay_free(&r);
	test(ok, "RPL-6 number 0 is never valid, 2^32 is");
}

static void test_early_check_is_readonly(void)
{
	struct nfsec_replay r;
	u8 before[8], after[8];
	u64 top, seq;
	bool ok = true;
	u32 i;

	make(&r, 64, false, 0);
	for (i = 1; i < 100; i += 2)
		receive(&r, i);
	nfsec_replay_get(&r, &top, before, sizeof(before));
	for (i = 0; i < 1000; i++)
		nfsec_replay_check(&r, get_random_u32(), &seq);
	nfsec_replay_check(&r, 1U << 31, &seq);
	nfsec_replay_get(&r, &top, after, sizeof(after));
	ok &= expect(top == 99, "top %llu", top);
	ok &= expect(!memcmp(before, after, sizeof(before)), "bitmap");
	ok &= expect(!receive(&r, 98), "number 98");
	test(ok, "RPL-7 the early check changes nothing");
	nfsec_replay_free(&r);
}

/*
 * Against a plain account: which numbers were received. The account remembers
 * more than any window is wide; numbers are near the right edge, at the edges
 * of blocks and of the ring, and far away.
 */
#define MEMORY	(1 << 18)

static u64 pick(u64 top, u32 window, u32 ring)
{
	switch (below(8)) {
	case 0:
		return top + 1;
	case 1:
		return top + below(130);
	case 2:
		return top + ring + below(130) - 65;
	case 3:
		return top - window + below(5) - 2;
	case 4:
		return top + below(4 * ring);
	default:
		return top - below(window + 3);
	}
}

static bool compare_model(u64 seed, u32 window, bool esn, u64 start, u64 limit)
{
	static u64 memory[MEMORY];
	struct nfsec_replay r;
	u64 top = start;
	bool ok = true;
	u32 i, ring;

	memset(memory, 0, sizeof(memory));
	test_seed(seed);
	make(&r, window, esn, start);
	ring = r.blocks * 64;
	for (i = 0; i < 20000 && ok; i++) {
		u64 s = pick(top, window, ring);
		u8 want, got;

		/* beyond the last number, or before the first */
		if (s > limit || (s > top && s - top > 1 << 24))
			continue;
		if (!s)
			want = NFSEC_REPLAY_OLD;
		else if (s > top)
			want = NFSEC_REPLAY_OK;
		else if (top - s >= window)
			want = NFSEC_REPLAY_OLD;
		else
			want = memory[s % MEMORY] == s ? NFSEC_REPLAY_SEEN :
							 NFSEC_REPLAY_OK;
		got = receive(&r, s);
		ok = expect(got == want, "seed %llu W=%u top %llx number %llx: %s, want %s",
			    seed, window, top, s, verdict_name[got],
			    verdict_name[want]);
		if (want == NFSEC_REPLAY_OK) {
			memory[s % MEMORY] = s;
			top = max(top, s);
		}
	}
	nfsec_replay_free(&r);
	return ok;
}

static void test_model(void)
{
	static const u32 windows[] = {
		1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 1024, 4096,
		8192, 65535, 65536,
	};
	static const struct {
		const char *name;
		bool esn;
		u64 start, limit;
	} space[] = {
		{ "from 0", false, 0, U32_MAX },
		{ "to 2^32-1", false, U32_MAX - 40000, U32_MAX },
		{ "ESN from 0", true, 0, U64_MAX },
		{ "ESN over 2^32", true, U32_MAX - 40000ULL, U64_MAX },
		{ "ESN over 5*2^32", true, 5ULL << 32, U64_MAX },
		{ "ESN to 2^64-1", true, U64_MAX - 40000, U64_MAX },
	};
	u32 i, j, seed;

	for (j = 0; j < ARRAY_SIZE(space); j++) {
		bool ok = true;

		for (i = 0; i < ARRAY_SIZE(windows); i++)
			for (seed = 1; seed <= 3; seed++)
				ok &= compare_model(seed, windows[i],
						    space[j].esn,
						    space[j].start,
						    space[j].limit);
		test(ok, "RPL-15 as a set of numbers, %s", space[j].name);
	}
}

/* An ESN number left of the window is taken for one of the next subspace */
static void test_esn_left(void)
{
	struct nfsec_replay r;
	bool valid, ok;
	u64 seq;

	make(&r, 64, true, 0x200000100ULL);
	seq = nfsec_replay_expand(&r, 0x50, &valid);
	ok = expect(valid && seq == 0x300000050ULL, "got %llx", seq);
	test(ok, "RPL-11 left of an ESN window is the next subspace");
	nfsec_replay_free(&r);
}

static void test_off(void)
{
	struct nfsec_replay r;
	bool ok = true;

	make(&r, 0, false, 0);
	ok &= expect(!receive(&r, 7) && !receive(&r, 7) && !receive(&r, 0) &&
		     !receive(&r, 3), "refused");
	test(ok, "RPL-4 without a window everything passes");
	nfsec_replay_free(&r);
}

static void test_dump(void)
{
	bool ok = true;
	u32 i, w;

	for (w = 1; w < 2000; w += 37) {
		u8 map[256] = { 0 }, map2[256] = { 0 };
		u64 top = 5000 + w, got;
		struct nfsec_replay r;
		u32 len;

		make(&r, w, false, top);
		for (i = 0; i < w; i++)
			if (i % 3 == 0)
				map[i / 8] |= 1 << i % 8;
		nfsec_replay_set(&r, top, map, DIV_ROUND_UP(w, 8));
		len = nfsec_replay_get(&r, &got, map2, sizeof(map2));
		ok &= expect(len == DIV_ROUND_UP(w, 8) && got == top &&
			     !memcmp(map, map2, sizeof(map)), "W=%u", w);
		for (i = 0; i < w; i++)
			ok &= expect(receive(&r, top - i) ==
				     (i % 3 ? NFSEC_REPLAY_OK :
					      NFSEC_REPLAY_SEEN),
				     "W=%u bit %u", w, i);
		nfsec_replay_free(&r);
	}
	test(ok, "what is read out can be put back, bit for bit");
}

static struct nfsec_replay shared;
static u32 passed[4];

#define RACE_NUMBERS	50000

static void *race(void *arg)
{
	u32 *n = arg;
	u64 i, seq;

	for (i = 1; i <= RACE_NUMBERS; i++)
		if (nfsec_replay_check(&shared, i, &seq) == NFSEC_REPLAY_OK &&
		    nfsec_replay_advance(&shared, seq) == NFSEC_REPLAY_OK)
			++*n;
	return NULL;
}

static void test_race(void)
{
	pthread_t t[ARRAY_SIZE(passed)];
	u32 i, sum = 0;

	/* As wide as all the numbers: none can become old, each must pass. */
	make(&shared, 65536, false, 0);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		assert(!pthread_create(&t[i], NULL, race, &passed[i]));
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		pthread_join(t[i], NULL);
		sum += passed[i];
	}
	test(expect(sum == RACE_NUMBERS, "%u passed", sum),
	     "RPL-8 of copies on several CPUs exactly one passes");
	nfsec_replay_free(&shared);
}

static void test_bounds(void)
{
	struct nfsec_replay r;
	bool ok;

	ok = expect(nfsec_replay_init(&r, 65537, false, GFP_KERNEL) == -EINVAL,
		    "65537");
	fail_alloc = 1;
	ok &= expect(nfsec_replay_init(&r, 64, false, GFP_KERNEL) == -ENOMEM,
		     "no memory");
	nfsec_replay_free(&r);
	fail_alloc = 0;
	test(ok, "a window too wide, and no memory, are refused");
}

int main(void)
{
	test_begin();
	test_vectors();
	test_sequence();
	test_width();
	test_zero();
	test_early_check_is_readonly();
	test_model();
	test_esn_left();
	test_off();
	test_dump();
	test_race();
	test_bounds();
	return test_end();
}
