/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_LIFETIME_H
#define _NFSEC_LIFETIME_H

#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/types.h>

struct nfsec_sa;

/**
 * struct nfsec_limits - configured limits of an SA or policy
 * @soft_bytes: octets after which a soft expire event is sent
 * @hard_bytes: octets after which the object is dead
 * @soft_packets: likewise in packets
 * @hard_packets: likewise in packets
 * @soft_add: likewise in seconds since creation
 * @hard_add: likewise in seconds since creation
 * @soft_use: likewise in seconds since the first packet
 * @hard_use: likewise in seconds since the first packet
 *
 * U64_MAX stands for no limit of octets or packets, 0 for no limit of time;
 * the same as in ip xfrm. On the wire 0 of octets or packets means no limit.
 */
struct nfsec_limits {
	u64 soft_bytes;
	u64 hard_bytes;
	u64 soft_packets;
	u64 hard_packets;
	u64 soft_add;
	u64 hard_add;
	u64 soft_use;
	u64 hard_use;
};

/* Boot time in seconds, never 0, which stands for "not yet" */
static inline u32 nfsec_lifetime_now(void)
{
	return max_t(u32, ktime_get_boottime_seconds(), 1);
}

unsigned long nfsec_lifetime_delay(u32 now, u64 at);
u64 nfsec_lifetime_first(u32 added, u64 add, u32 first_used, u64 use);
void nfsec_limits_none(struct nfsec_limits *l);
bool nfsec_lifetime_count(struct nfsec_sa *sa, u64 packets, u64 bytes);
void nfsec_lifetime_start(struct nfsec_sa *sa);
void nfsec_lifetime_update(struct nfsec_sa *sa);
void nfsec_lifetime_stop(struct nfsec_sa *sa);
void nfsec_lifetime_setup(struct nfsec_sa *sa);

#endif /* _NFSEC_LIFETIME_H */
