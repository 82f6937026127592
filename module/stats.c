// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, and the one place where packets are dropped.
 */

#include <linux/skbuff.h>

#include "main.h"
#include "stats.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

const char * const nfsec_drop_name[NFSEC_DROP_COUNT] = {
#define NFSEC_DROP_NAME(sym, name, doc)	#name,
	NFSEC_DROP_LIST(NFSEC_DROP_NAME)
#undef NFSEC_DROP_NAME
};

const char * const nfsec_drop_doc[NFSEC_DROP_COUNT] = {
#define NFSEC_DROP_DOC(sym, name, doc)	doc,
	NFSEC_DROP_LIST(NFSEC_DROP_DOC)
#undef NFSEC_DROP_DOC
};

const char * const nfsec_counter_name[NFSEC_COUNTER_COUNT] = {
#define NFSEC_COUNTER_NAME(sym, name, doc)	#name,
	NFSEC_COUNTER_LIST(NFSEC_COUNTER_NAME)
#undef NFSEC_COUNTER_NAME
};

const char * const nfsec_counter_doc[NFSEC_COUNTER_COUNT] = {
#define NFSEC_COUNTER_DOC(sym, name, doc)	doc,
	NFSEC_COUNTER_LIST(NFSEC_COUNTER_DOC)
#undef NFSEC_COUNTER_DOC
};

/* The kernel has no room for reasons of other modules: name the nearest */
static enum skb_drop_reason core_reason(enum nfsec_drop reason)
{
	switch (reason) {
	case NFSEC_DROP_OUT_NOMEM:
	case NFSEC_DROP_IN_NOMEM:
		return SKB_DROP_REASON_NOMEM;
	case NFSEC_DROP_OUT_TOO_BIG:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	default:
		return SKB_DROP_REASON_XFRM_POLICY;
	}
}

/**
 * nfsec_stats_count_drop() - count a packet that is about to be dropped
 * @nn: namespace
 * @sa: SA it belongs to, or NULL
 * @skb: the packet, for the tracepoint; may be NULL
 * @reason: why
 *
 * Context: any.
 */
void nfsec_stats_count_drop(struct nfsec_net *nn, struct nfsec_sa *sa,
			    const struct sk_buff *skb, enum nfsec_drop reason)
{
	this_cpu_inc(nn->stats->drop[reason]);
	if (sa)
		atomic_inc(&sa->drop[reason]);
	trace_nfsec_drop(nn, sa, skb, reason);
}

/**
 * nfsec_stats_drop() - drop a packet
 * @nn: namespace
 * @sa: SA it belongs to, or NULL
 * @skb: the packet; freed
 * @reason: why
 *
 * Context: any.
 */
void nfsec_stats_drop(struct nfsec_net *nn, struct nfsec_sa *sa,
		      struct sk_buff *skb, enum nfsec_drop reason)
{
	nfsec_stats_count_drop(nn, sa, skb, reason);
	kfree_skb_reason(skb, core_reason(reason));
}

/**
 * nfsec_stats_add() - add to a counter
 * @nn: namespace
 * @c: which one
 * @n: how much
 *
 * Context: any.
 */
void nfsec_stats_add(struct nfsec_net *nn, enum nfsec_counter c, u64 n)
{
	this_cpu_add(nn->stats->counter[c], n);
}

/**
 * nfsec_stats_sum() - sum the counters of all CPUs
 * @nn: namespace
 * @sum: result
 *
 * Context: any; packets counted meanwhile may or may not be in the result.
 */
void nfsec_stats_sum(const struct nfsec_net *nn, struct nfsec_stats *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct nfsec_stats *s = per_cpu_ptr(nn->stats, cpu);

		for (i = 0; i < NFSEC_DROP_COUNT; i++)
			sum->drop[i] += READ_ONCE(s->drop[i]);
		for (i = 0; i < NFSEC_COUNTER_COUNT; i++)
			sum->counter[i] += READ_ONCE(s->counter[i]);
	}
}

/**
 * nfsec_stats_reset() - set all counters of a namespace to zero
 * @nn: namespace
 *
 * Context: process; a packet counted at the same moment may survive the reset
 * or get lost in it.
 */
void nfsec_stats_reset(struct nfsec_net *nn)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(nn->stats, cpu), 0,
		       sizeof(struct nfsec_stats));
}
