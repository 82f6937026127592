/* SPDX-License-Identifier: GPL-2.0 */
/* For tests: control of the shim, KTAP, and a namespace to put things into. */
#ifndef _SHIM_SHIM_H
#define _SHIM_SHIM_H

#include "kapi.h"

#include "module/classify.h"
#include "module/main.h"
#include "module/natt.h"
#include "module/notify.h"

struct test_events { int sa_soft, sa_hard, policy_soft, policy_hard; };

extern struct test_events events;

u64 test_random(void);
void test_seed(u64 seed);
int xfrm_state_count(void);

static inline u32 below(u32 n)
{
	return test_random() % n;
}

static int tests, failures;

/* Report on a whole test; the failed expectations in it were told before */
#define test(ok, ...)							\
	do {								\
		bool _ok = (ok);					\
		printf("%s %d ", _ok ? "ok" : "not ok", ++tests);	\
		printf(__VA_ARGS__);					\
		printf("\n");						\
		failures += !_ok;					\
	} while (0)

#define expect(c, ...)							\
	({								\
		bool _c = (c);						\
		if (!_c) {						\
			printf("# %s:%d: %s: ", __FILE__, __LINE__, #c); \
			printf(__VA_ARGS__);				\
			printf("\n");					\
		}							\
		_c;							\
	})

static inline int test_end(void)
{
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

static inline void test_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
}

/* A namespace with empty databases */
static inline struct nfsec_net *net_make(void)
{
	struct nfsec_net *nn = calloc(1, sizeof(*nn));

	mutex_init(&nn->lock);
	assert(!nfsec_sad_init(&nn->sad));
	assert(!nfsec_spd_init(&nn->spd));
	return nn;
}

static inline void net_remove_sa(struct nfsec_sa *sa, void *arg)
{
	(void)arg;
	nfsec_sad_remove(sa->nn, sa);
}

static inline void net_free(struct nfsec_net *nn)
{
	mutex_lock(&nn->lock);
	nfsec_sad_walk(nn, net_remove_sa, NULL);
	mutex_unlock(&nn->lock);
	nfsec_spd_destroy(nn);
	nfsec_sad_destroy(&nn->sad);
	free(nn);
}

static inline void addr4(struct nfsec_addr *a, u32 v)
{
	memset(a, 0, sizeof(*a));
	a->a4 = htonl(v);
}

#endif /* _SHIM_SHIM_H */
