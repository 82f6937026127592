/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_STATS_H
#define _NFSEC_STATS_H

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "drop.h"

struct nfsec_net;
struct nfsec_sa;

/* Things worth counting that are not drops: X(SYMBOL, name, what it counts) */
#define NFSEC_COUNTER_LIST(X) \
	X(OUT_PACKETS, out_packets, "packets protected") \
	X(OUT_BYTES, out_bytes, "octets of packets before protection") \
	X(OUT_BATCHES, out_batches, "calls that protected one or more packets") \
	X(OUT_BYPASS, out_bypass, "packets an allow policy let out in clear") \
	X(OUT_HELD, out_held, "packets that had to wait for an SA") \
	X(IN_PACKETS, in_packets, "packets decrypted") \
	X(IN_BYTES, in_bytes, "octets of packets after decryption") \
	X(IN_BATCHES, in_batches, "runs of the receive queue") \
	X(IN_DUMMY, in_dummy, "dummy packets received") \
	X(IN_KEEPALIVE, in_keepalive, "NAT keepalives received") \
	X(ACQUIRES, acquires, "requests for an SA sent to key management") \
	X(PMTU_UPDATES, pmtu_updates, "path MTU values learned from ICMP")

enum nfsec_counter {
#define NFSEC_COUNTER_ENUM(sym, name, doc)	NFSEC_COUNTER_##sym,
	NFSEC_COUNTER_LIST(NFSEC_COUNTER_ENUM)
#undef NFSEC_COUNTER_ENUM
	NFSEC_COUNTER_COUNT
};

/**
 * struct nfsec_stats - counters of one CPU in one namespace
 * @drop: packets dropped, by reason
 * @counter: everything else that is counted
 *
 * Only the owning CPU writes, with BH disabled; readers sum over CPUs and may
 * see a sum that is a few packets old. 64 bit loads are whole on the supported
 * machines (the module needs CONFIG_64BIT).
 */
struct nfsec_stats {
	u64 drop[NFSEC_DROP_COUNT];
	u64 counter[NFSEC_COUNTER_COUNT];
};

extern const char * const nfsec_drop_name[NFSEC_DROP_COUNT];
extern const char * const nfsec_drop_doc[NFSEC_DROP_COUNT];
extern const char * const nfsec_counter_name[NFSEC_COUNTER_COUNT];
extern const char * const nfsec_counter_doc[NFSEC_COUNTER_COUNT];

void nfsec_stats_drop(struct nfsec_net *nn, struct nfsec_sa *sa,
		      struct sk_buff *skb, enum nfsec_drop reason);
void nfsec_stats_count_drop(struct nfsec_net *nn, struct nfsec_sa *sa,
			    const struct sk_buff *skb, enum nfsec_drop reason);
void nfsec_stats_add(struct nfsec_net *nn, enum nfsec_counter c, u64 n);
void nfsec_stats_sum(const struct nfsec_net *nn, struct nfsec_stats *sum);
void nfsec_stats_reset(struct nfsec_net *nn);

#endif /* _NFSEC_STATS_H */
