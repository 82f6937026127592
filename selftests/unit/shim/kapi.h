/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Enough of the kernel to build files of the module as a program.
 *
 * One thread of control stands for the kernel: locks are checked at most, RCU
 * frees at once, so that a pointer used too late is found by the address
 * sanitizer, work is run by run_works() and timers by advance_clock(). The
 * headers the module asks for are made by the Makefile, empty.
 */
#ifndef _SHIM_KAPI_H
#define _SHIM_KAPI_H

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_tunnel.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef signed int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef unsigned int gfp_t;

#define U8_MAX	UINT8_MAX
#define U16_MAX	UINT16_MAX
#define U32_MAX	UINT32_MAX
#define U64_MAX	ULLONG_MAX

#define __rcu
#define __percpu
#define __read_mostly
#define ____cacheline_aligned_in_smp
#define fallthrough		__attribute__((fallthrough))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define noinline		__attribute__((noinline))
#define BUILD_BUG_ON(c)		_Static_assert(!(c), #c)
#define IS_ENABLED(x)		1

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(t, f)	sizeof(((t *)0)->f)
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof((p)->m[0]) * (n))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define swap(a, b)							\
	do { __typeof__(a) _t = (a); (a) = (b); (b) = _t; } while (0)
#define ALIGN(x, a)		(((x) + (a) - 1) / (a) * (a))
#define rounddown(x, y)		((x) - (x) % (y))
#define DIV_ROUND_UP(x, y)	(((x) + (y) - 1) / (y))
#define check_add_overflow(a, b, d)	__builtin_add_overflow(a, b, d)

static inline u64 roundup_pow_of_two(u64 x)
{
	return x < 2 ? 1 : 1ULL << (64 - __builtin_clzll(x - 1));
}

#define ilog2(x)		(63 - __builtin_clzll(x))
#define fls(x)			((x) ? 32 - __builtin_clz(x) : 0)
#define hweight32(x)		__builtin_popcount(x)
#define GOLDEN_RATIO_32		0x61C88647u

static inline u32 rol32(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

/* Memory order: the real one, for tests with threads */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new)						\
	({								\
		__typeof__(*(p)) _o = (old);				\
		__atomic_compare_exchange_n(p, &_o, new, false,		\
					    __ATOMIC_SEQ_CST,		\
					    __ATOMIC_SEQ_CST);		\
		_o;							\
	})

typedef struct { int v; } atomic_t;
typedef struct { s64 v; } atomic64_t;
typedef struct { int v; } refcount_t;

#define ATOMIC64_INIT(i)		{ i }
#define atomic_set(a, i)		WRITE_ONCE((a)->v, i)
#define atomic_read(a)			READ_ONCE((a)->v)
#define atomic_inc(a)			__atomic_add_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST)
#define atomic_dec_and_test(a)		(!__atomic_sub_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST))
#define atomic64_set(a, i)		WRITE_ONCE((a)->v, i)
#define atomic64_read(a)		READ_ONCE((a)->v)
#define atomic64_read_acquire(a)	smp_load_acquire(&(a)->v)
#define atomic64_set_release(a, i)	smp_store_release(&(a)->v, i)
#define atomic64_inc_return(a)		__atomic_add_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST)
#define atomic64_add_return(i, a)	__atomic_add_fetch(&(a)->v, i, __ATOMIC_SEQ_CST)
#define atomic64_add(i, a)		((void)atomic64_add_return(i, a))
#define atomic64_sub(i, a)		((void)atomic64_add_return(-(s64)(i), a))

#define refcount_set(r, i)		((r)->v = (i))
#define refcount_inc(r)			(assert((r)->v > 0), (r)->v++)
#define refcount_inc_not_zero(r)	((r)->v ? (r)->v++, true : false)
#define refcount_dec_and_test(r)	(assert((r)->v > 0), !--(r)->v)

#define test_bit(n, p)			(!!(*(p) & 1UL << (n)))
#define clear_bit(n, p)			(*(p) &= ~(1UL << (n)))

static inline bool test_and_set_bit(int n, unsigned long *p)
{
	bool was = test_bit(n, p);

	*p |= 1UL << n;
	return was;
}

/* Locks */
typedef struct { pthread_mutex_t m; } spinlock_t;

#define spin_lock_init(l)	pthread_mutex_init(&(l)->m, NULL)
#define spin_lock(l)		pthread_mutex_lock(&(l)->m)
#define spin_unlock(l)		pthread_mutex_unlock(&(l)->m)
#define spin_lock_bh(l)		spin_lock(l)
#define spin_unlock_bh(l)	spin_unlock(l)

struct mutex { bool held; };

#define mutex_init(m)		((m)->held = false)
#define mutex_lock(m)		(assert(!(m)->held), (m)->held = true)
#define mutex_unlock(m)		(assert((m)->held), (m)->held = false)

typedef struct { unsigned int seq; } seqlock_t;

#define seqlock_init(s)			((s)->seq = 0)
#define write_seqlock_bh(s)		(assert(!((s)->seq & 1)), (s)->seq++)
#define write_sequnlock_bh(s)		(assert((s)->seq & 1), (s)->seq++)
#define read_seqbegin(s)		((s)->seq)
#define read_seqretry(s, q)		((s)->seq != (q))
#define read_seqlock_excl(s)		((void)(s))
#define read_sequnlock_excl(s)		((void)(s))

/* RCU without mercy; shim_steps counts how many objects are looked at */
extern __thread u64 shim_steps;

struct rcu_head { void (*func)(struct rcu_head *rcu); };

#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)
#define rcu_barrier()			do { } while (0)
#define rcu_dereference(p)		(shim_steps++, READ_ONCE(p))
#define rcu_dereference_protected(p, c)	(p)
#define rcu_access_pointer(p)		(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v)		((p) = (v))
#define call_rcu(r, f)			(f)(r)
#define kfree_rcu(p, r)			free(p)
#define kvfree_rcu(p, r)		free(p)

/* Memory; fail_alloc counts down to an allocation that fails */
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define GFP_ATOMIC		0

extern int fail_alloc;

static inline void *kzalloc(size_t n, gfp_t gfp)
{
	(void)gfp;
	if (fail_alloc && !--fail_alloc)
		return NULL;
	return calloc(1, n);
}

#define kcalloc(n, s, gfp)	kzalloc((size_t)(n) * (s), gfp)
#define kvmalloc(n, gfp)	kzalloc(n, gfp)
#define kfree(p)		free((void *)(p))
#define kvfree(p)		free((void *)(p))
#define kfree_sensitive(p)	free((void *)(p))

static inline void *kmemdup(const void *p, size_t n, gfp_t gfp)
{
	void *q = kzalloc(n, gfp);

	return q ? memcpy(q, p, n) : NULL;
}

#define alloc_percpu(t)		((t *)kzalloc(sizeof(t), 0))
#define free_percpu(p)		free(p)
#define this_cpu_ptr(p)		(p)
#define cond_resched()		do { } while (0)

#define IS_ERR(p)		((unsigned long)(p) >= -4095UL)
#define PTR_ERR(p)		((long)(p))
#define ERR_PTR(e)		((void *)(long)(e))

/* Lists */
struct list_head { struct list_head *next, *prev; };

#define INIT_LIST_HEAD(l)	((l)->next = (l)->prev = (l))
#define list_empty(l)		((l)->next == (l))

static inline void list_add(struct list_head *n, struct list_head *after)
{
	n->next = after->next;
	n->prev = after;
	after->next->prev = n;
	after->next = n;
}

static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
}

#define list_entry(p, t, m)	container_of(p, t, m)
#define list_for_each_entry(p, l, m)					\
	for (p = list_entry((l)->next, __typeof__(*p), m);		\
	     &p->m != (l); p = list_entry(p->m.next, __typeof__(*p), m))
#define list_for_each_entry_safe(p, n, l, m)				\
	for (p = list_entry((l)->next, __typeof__(*p), m),		\
	     n = list_entry(p->m.next, __typeof__(*p), m);		\
	     &p->m != (l);						\
	     p = n, n = list_entry(n->m.next, __typeof__(*n), m))

/* Time */
extern unsigned long jiffies;
extern s64 boot_seconds;

#define HZ			100
#define time_after(a, b)	((long)((b) - (a)) < 0)

typedef s64 ktime_t;

#define ktime_get_boottime_seconds()	boot_seconds
#define ktime_get_real_seconds()	(1700000000 + boot_seconds)

struct timer_list {
	void (*func)(struct timer_list *t);
	unsigned long expires;
	struct timer_list *next;
	bool pending;
	bool shut;
};

void timer_setup(struct timer_list *t, void (*func)(struct timer_list *t),
		 unsigned int flags);
int mod_timer(struct timer_list *t, unsigned long expires);
int timer_reduce(struct timer_list *t, unsigned long expires);
int timer_shutdown_sync(struct timer_list *t);
void advance_clock(u32 seconds);
void suspend_clock(u32 seconds);

struct work_struct {
	void (*func)(struct work_struct *work);
	struct work_struct *next;
	bool pending;
};

struct delayed_work { struct work_struct work; };

struct workqueue_struct { int unused; };

#define WQ_UNBOUND		0
#define INIT_WORK(w, f)		(*(w) = (struct work_struct){ .func = (f) })

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags,
					 int max);
void destroy_workqueue(struct workqueue_struct *wq);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
void run_works(void);

#define wake_up_var(p)		((void)(p))
#define wait_var_event(p, c)						\
	do {								\
		run_works();						\
		assert(c);						\
	} while (0)

u32 get_random_u32(void);

static inline u32 get_random_u32_inclusive(u32 lo, u32 hi)
{
	return lo + get_random_u32() % ((u64)hi - lo + 1);
}

/* Packets */
#define SKB_EXT_SEC_PATH	1

struct skb_ext { refcount_t refcnt; void *sec_path; };

struct sk_buff {
	const u8 *data;
	u32 len;
	u32 headlen;
	int network_offset;
	u32 mark;
	struct skb_ext *extensions;
	u8 active_extensions;
	bool slow_gro;
};

#define skb_network_offset(skb)	((skb)->network_offset)

/* Octets behind @headlen are copied, as if they were in a page */
static inline const void *skb_header_pointer(const struct sk_buff *skb,
					     int off, int len, void *buf)
{
	if (off < 0 || len < 0 || (u32)off + len > skb->len)
		return NULL;
	if ((u32)off + len <= skb->headlen)
		return skb->data + off;
	return memcpy(buf, skb->data + off, len);
}

void __skb_ext_put(struct skb_ext *ext);

static inline void skb_ext_reset(struct sk_buff *skb)
{
	if (skb->active_extensions)
		__skb_ext_put(skb->extensions);
	skb->active_extensions = 0;
}

#define IP_OFFSET	0x1FFF
#define IP_MF		0x2000
#define IP6_OFFSET	0xFFF8
#define IP6_MF		0x0001

#define NEXTHDR_HOP		0
#define NEXTHDR_ROUTING		43
#define NEXTHDR_FRAGMENT	44
#define NEXTHDR_DEST		60

struct frag_hdr {
	u8 nexthdr;
	u8 reserved;
	__be16 frag_off;
	__be32 identification;
};

struct gre_base_hdr {
	__be16 flags;
	__be16 protocol;
};

/* XFRM, for the mark of decrypted packets */
#define XFRM_STATE_VALID	1
#define XFRM_STATE_DEAD		5
#define XFRM_MODE_TRANSPORT	0

struct net { int unused; };

union xfrm_addr { __be32 a6[4]; struct in6_addr in6; };

struct xfrm_state {
	refcount_t refcnt;
	struct { u8 state; } km;
	struct { union xfrm_addr daddr; __be32 spi; u8 proto; } id;
	struct {
		union xfrm_addr saddr;
		u16 family;
		u32 reqid;
		u8 mode;
		struct { u32 v; } smark;
	} props;
	void *data;
};

struct sec_path { struct xfrm_state *xvec[6]; int len; };

struct xfrm_state *xfrm_state_alloc(struct net *net);
void xfrm_state_put(struct xfrm_state *x);
struct sec_path *secpath_set(struct sk_buff *skb);

#define xfrm_state_hold(x)	refcount_inc(&(x)->refcnt)

static inline struct sec_path *skb_sec_path(const struct sk_buff *skb)
{
	return skb->active_extensions ? skb->extensions->sec_path : NULL;
}

struct dst_cache { void *mem; };

int dst_cache_init(struct dst_cache *c, gfp_t gfp);
void dst_cache_destroy(struct dst_cache *c);

/* Netlink: only the text of an error */
struct netlink_ext_ack { const char *msg; };

#define NL_SET_ERR_MSG(e, m)	((e) ? (void)((e)->msg = (m)) : (void)0)

struct nlattr;

static inline void *net_generic(const struct net *net, unsigned int id)
{
	(void)net;
	(void)id;
	return NULL;
}

#include "jhash.h"
#include "rbtree.h"
#include "rhashtable.h"
#include "xarray.h"

#endif /* _SHIM_KAPI_H */
