// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of an SA: octets, packets, time (RFC 4301 4.4.2.1).
 */
#include <linux/jiffies.h>
#include <linux/overflow.h>

#include "lifetime.h"
#include "main.h"
#include "notify.h"
#include "sa.h"

/* No timer runs longer; it looks again then */
#define LONGEST_DELAY	(24 * 60 * 60)

/**
 * nfsec_limits_none() - set limits that never end anything
 * @l: limits
 */
void nfsec_limits_none(struct nfsec_limits *l)
{
	*l = (struct nfsec_limits) {
		.soft_bytes = U64_MAX,
		.hard_bytes = U64_MAX,
		.soft_packets = U64_MAX,
		.hard_packets = U64_MAX,
	};
}

/**
 * nfsec_lifetime_first() - which of two limits of time is reached first?
 * @added: boot time of creation
 * @add: seconds after that, 0 for no limit
 * @first_used: boot time of first use, 0 if not used yet
 * @use: seconds after that, 0 for no limit
 *
 * Return: boot time in seconds, U64_MAX for never.
 */
u64 nfsec_lifetime_first(u32 added, u64 add, u32 first_used, u64 use)
{
	u64 at = U64_MAX, t;

	if (add && !check_add_overflow((u64)added, add, &t))
		at = t;
	if (use && first_used && !check_add_overflow((u64)first_used, use, &t))
		at = min(at, t);
	return at;
}

/**
 * nfsec_lifetime_delay() - jiffies from now to a boot time
 * @now: now
 * @at: when, later than @now
 *
 * One more than it takes by the count, since seconds of the clock are rounded
 * down; a day at most.
 *
 * Return: jiffies.
 */
unsigned long nfsec_lifetime_delay(u32 now, u64 at)
{
	return min_t(u64, at - now, LONGEST_DELAY) * HZ + 1;
}

static u64 lifetime_soft(const struct nfsec_sa *sa)
{
	return nfsec_lifetime_first(sa->added, READ_ONCE(sa->limits.soft_add),
				    READ_ONCE(sa->first_used),
				    READ_ONCE(sa->limits.soft_use));
}

static u64 lifetime_hard(const struct nfsec_sa *sa)
{
	return nfsec_lifetime_first(sa->added, READ_ONCE(sa->limits.hard_add),
				    READ_ONCE(sa->first_used),
				    READ_ONCE(sa->limits.hard_use));
}

static void lifetime_warn(struct nfsec_sa *sa)
{
	if (!test_bit(NFSEC_SA_EVENT_SOFT, &sa->events) &&
	    !test_and_set_bit(NFSEC_SA_EVENT_SOFT, &sa->events))
		nfsec_notify_expire(sa, false);
}

/* The end of an SA: from now on nobody uses it, and soon it is gone */
static void lifetime_expire(struct nfsec_sa *sa)
{
	if (test_and_set_bit(NFSEC_SA_EVENT_HARD, &sa->events))
		return;
	cmpxchg(&sa->state, NFSEC_SA_VALID, NFSEC_SA_EXPIRED);
	if (READ_ONCE(sa->state) == NFSEC_SA_DEAD)
		return;
	nfsec_net_changed(sa->nn);
	nfsec_notify_expire(sa, true);
	if (nfsec_sa_hold(sa) && !queue_work(nfsec_wq, &sa->expire_work))
		nfsec_sa_put(sa);
}

static void lifetime_expire_work(struct work_struct *work)
{
	struct nfsec_sa *sa = container_of(work, struct nfsec_sa, expire_work);
	struct nfsec_net *nn = sa->nn;

	mutex_lock(&nn->lock);
	if (sa->state != NFSEC_SA_DEAD)
		nfsec_sad_remove(nn, sa);
	mutex_unlock(&nn->lock);
	nfsec_sa_put(sa);
}

/*
 * Limits of time. Whoever changes what they depend on has the timer look at
 * once; here it is only ever set to an earlier time than it has, so that no
 * such request is lost.
 */
static void lifetime_timer(struct timer_list *t)
{
	struct nfsec_sa *sa = container_of(t, struct nfsec_sa, timer);
	u64 hard = lifetime_hard(sa), soft = lifetime_soft(sa), next = hard;
	u32 now = nfsec_lifetime_now();

	WRITE_ONCE(sa->hard_at, hard > U32_MAX ? 0 : hard);
	if (hard <= now) {
		lifetime_expire(sa);
		return;
	}
	if (soft <= now)
		lifetime_warn(sa);
	else
		next = min(soft, hard);
	if (next != U64_MAX)
		timer_reduce(&sa->timer,
			     jiffies + nfsec_lifetime_delay(now, next));
}

/* At most once per jiffy; false if the SA has outlived a limit of time */
static bool lifetime_stamp(struct nfsec_sa *sa)
{
	u32 now = nfsec_lifetime_now();
	u32 hard_at = READ_ONCE(sa->hard_at);

	/* The timer does not run while the machine sleeps, this clock does. */
	if (hard_at && now > hard_at) {
		lifetime_expire(sa);
		return false;
	}
	WRITE_ONCE(sa->used_jiffies, jiffies);
	WRITE_ONCE(sa->last_used, now);
	if (!READ_ONCE(sa->first_used)) {
		WRITE_ONCE(sa->first_used, now);
		if (READ_ONCE(sa->limits.hard_use) ||
		    READ_ONCE(sa->limits.soft_use))
			mod_timer(&sa->timer, jiffies);
	}
	return true;
}

/**
 * nfsec_lifetime_count() - count packets an SA is about to process
 * @sa: the SA
 * @packets: number of packets
 * @bytes: octets given to the cipher, padding included
 *
 * Sends the soft expire event when a soft limit is reached, once. What would
 * go beyond a hard limit is not counted; if it is a single packet that is the
 * end of the SA, while several are to be offered again one by one, so that the
 * limit is reached exactly.
 *
 * Context: BH disabled, under rcu_read_lock() or with a reference.
 *
 * Return: true if the packets may pass.
 */
bool nfsec_lifetime_count(struct nfsec_sa *sa, u64 packets, u64 bytes)
{
	u64 p = atomic64_add_return(packets, &sa->packets);
	u64 b = atomic64_add_return(bytes, &sa->bytes);

	if (unlikely(p > READ_ONCE(sa->limits.hard_packets) ||
		     b > READ_ONCE(sa->limits.hard_bytes)))
		goto over;
	if (unlikely(p >= READ_ONCE(sa->limits.soft_packets) ||
		     b >= READ_ONCE(sa->limits.soft_bytes)))
		lifetime_warn(sa);
	if (time_after(jiffies, READ_ONCE(sa->used_jiffies)) &&
	    !lifetime_stamp(sa))
		goto uncount;
	return true;

over:
	if (packets == 1)
		lifetime_expire(sa);
uncount:
	atomic64_sub(packets, &sa->packets);
	atomic64_sub(bytes, &sa->bytes);
	return false;
}

/**
 * nfsec_lifetime_setup() - prepare a new SA
 * @sa: the SA
 */
void nfsec_lifetime_setup(struct nfsec_sa *sa)
{
	sa->added = nfsec_lifetime_now();
	sa->added_wall = ktime_get_real_seconds();
	sa->used_jiffies = jiffies - 1;
	timer_setup(&sa->timer, lifetime_timer, 0);
	INIT_WORK(&sa->expire_work, lifetime_expire_work);
}

/**
 * nfsec_lifetime_start() - limits of time count from now on
 * @sa: SA in the tables
 *
 * Context: &nfsec_net.lock is held. nfsec_sad_insert() calls it.
 */
void nfsec_lifetime_start(struct nfsec_sa *sa)
{
	const struct nfsec_limits *l = &sa->limits;

	if (l->soft_add || l->hard_add || l->soft_use || l->hard_use)
		mod_timer(&sa->timer, jiffies);
}

/**
 * nfsec_lifetime_update() - the limits have changed
 * @sa: SA whose &nfsec_sa.limits were written, with WRITE_ONCE() field by field
 *
 * A soft limit is warned of again. Context: &nfsec_net.lock is held.
 */
void nfsec_lifetime_update(struct nfsec_sa *sa)
{
	clear_bit(NFSEC_SA_EVENT_SOFT, &sa->events);
	/* Also if there is no limit of time any more, for @hard_at. */
	mod_timer(&sa->timer, jiffies);
}

/**
 * nfsec_lifetime_stop() - limits of time do not count any more
 * @sa: SA which leaves the tables
 *
 * The timer cannot be started again. Context: process, may sleep.
 */
void nfsec_lifetime_stop(struct nfsec_sa *sa)
{
	timer_shutdown_sync(&sa->timer);
}
