// SPDX-License-Identifier: GPL-2.0
/*
 * What the shim does not do in headers, and stand-ins for those rooms of the
 * module which are not under test.
 */
#include "shim.h"
#include "module/guard.h"

unsigned long jiffies = 1000;
s64 boot_seconds = 100;
int fail_alloc;
__thread u64 shim_steps;

static struct timer_list *timers;
static struct work_struct *works, **works_end = &works;
static u64 random_state = 1;

/* splitmix64, by Sebastiano Vigna, in the public domain */
u64 test_random(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void test_seed(u64 seed)
{
	random_state = seed;
}

u32 get_random_u32(void)
{
	return test_random();
}

/* Timers */
static void timer_unlink(struct timer_list *t)
{
	struct timer_list **pp = &timers;

	while (*pp && *pp != t)
		pp = &(*pp)->next;
	if (*pp)
		*pp = t->next;
	t->pending = false;
}

void timer_setup(struct timer_list *t, void (*func)(struct timer_list *t),
		 unsigned int flags)
{
	(void)flags;
	*t = (struct timer_list) { .func = func };
}

int mod_timer(struct timer_list *t, unsigned long expires)
{
	bool was = t->pending;

	if (t->shut)
		return 0;
	timer_unlink(t);
	t->expires = expires;
	t->pending = true;
	t->next = timers;
	timers = t;
	return was;
}

int timer_reduce(struct timer_list *t, unsigned long expires)
{
	if (t->pending && t->expires <= expires)
		return 1;
	return mod_timer(t, expires);
}

int timer_shutdown_sync(struct timer_list *t)
{
	bool was = t->pending;

	timer_unlink(t);
	t->shut = true;
	return was;
}

static bool timer_run(void)
{
	struct timer_list *t;

	for (t = timers; t; t = t->next)
		if (t->expires <= jiffies) {
			timer_unlink(t);
			t->func(t);
			return true;
		}
	return false;
}

/* Jiffy by jiffy; seconds change at full hundreds of jiffies */
void advance_clock(u32 seconds)
{
	u32 i;

	for (i = 0; i < seconds * HZ; i++) {
		jiffies++;
		if (jiffies % HZ == 0)
			boot_seconds++;
		while (timer_run())
			;
		run_works();
	}
}

/* The boot clock runs while the machine sleeps, jiffies do not */
void suspend_clock(u32 seconds)
{
	boot_seconds += seconds;
}

/* Work */
struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags,
					 int max)
{
	static struct workqueue_struct wq;

	(void)name;
	(void)flags;
	(void)max;
	return &wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	(void)wq;
	run_works();
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	assert(wq);
	if (work->pending)
		return false;
	work->pending = true;
	work->next = NULL;
	*works_end = work;
	works_end = &work->next;
	return true;
}

void run_works(void)
{
	while (works) {
		struct work_struct *w = works;

		works = w->next;
		if (!works)
			works_end = &works;
		w->pending = false;
		w->func(w);
	}
}

/* XFRM's part in the mark of decrypted packets */
static int xfrm_states;

struct xfrm_state *xfrm_state_alloc(struct net *net)
{
	struct xfrm_state *x = kzalloc(sizeof(*x), GFP_ATOMIC);

	(void)net;
	if (x) {
		refcount_set(&x->refcnt, 1);
		xfrm_states++;
	}
	return x;
}

void xfrm_state_put(struct xfrm_state *x)
{
	if (!refcount_dec_and_test(&x->refcnt))
		return;
	assert(x->km.state == XFRM_STATE_DEAD);
	free(x);
	xfrm_states--;
}

int xfrm_state_count(void)
{
	return xfrm_states;
}

struct sec_path *secpath_set(struct sk_buff *skb)
{
	struct skb_ext *ext = kzalloc(sizeof(*ext), GFP_ATOMIC);

	if (!ext)
		return NULL;
	ext->sec_path = calloc(1, sizeof(struct sec_path));
	refcount_set(&ext->refcnt, 1);
	skb->extensions = ext;
	skb->active_extensions = 1 << SKB_EXT_SEC_PATH;
	return ext->sec_path;
}

void __skb_ext_put(struct skb_ext *ext)
{
	struct sec_path *sp = ext->sec_path;
	int i;

	if (!refcount_dec_and_test(&ext->refcnt))
		return;
	for (i = 0; i < sp->len; i++)
		xfrm_state_put(sp->xvec[i]);
	free(sp);
	free(ext);
}

int dst_cache_init(struct dst_cache *c, gfp_t gfp)
{
	c->mem = kzalloc(1, gfp);
	return c->mem ? 0 : -ENOMEM;
}

void dst_cache_destroy(struct dst_cache *c)
{
	free(c->mem);
}

/* Rooms of the module */
unsigned int nfsec_net_id;
struct test_events events;

int nfsec_net_hook(struct nfsec_net *nn)
{
	(void)nn;
	return 0;
}

void nfsec_hold_kick(struct nfsec_net *nn)
{
	(void)nn;
}

void nfsec_guard_changed(struct nfsec_net *nn)
{
	nfsec_net_changed(nn);
}

int nfsec_natt_add_port(struct nfsec_net *nn, const struct nfsec_path *path)
{
	(void)nn;
	(void)path;
	return 0;
}

/* Sizes as a real suite has them come from the ICV field of a fake key */
int nfsec_crypto_init(struct nfsec_crypto *c, const struct nfsec_key *aead,
		      const struct nfsec_key *enc,
		      const struct nfsec_key *auth,
		      struct netlink_ext_ack *extack)
{
	(void)enc;
	(void)auth;
	(void)extack;
	c->ivlen = aead->icv_bits >> 16;
	c->icvlen = aead->icv_bits >> 8;
	c->block = aead->icv_bits;
	return 0;
}

void nfsec_crypto_free(struct nfsec_crypto *c)
{
	(void)c;
}

void nfsec_notify_expire(struct nfsec_sa *sa, bool hard)
{
	(void)sa;
	if (hard)
		events.sa_hard++;
	else
		events.sa_soft++;
}

void nfsec_notify_policy_expire(struct nfsec_policy *p, bool hard)
{
	(void)p;
	if (hard)
		events.policy_hard++;
	else
		events.policy_soft++;
}
