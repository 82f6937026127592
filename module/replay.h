/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_REPLAY_H
#define _NFSEC_REPLAY_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define NFSEC_REPLAY_WINDOW_MIN		32
#define NFSEC_REPLAY_WINDOW_DEFAULT	1024
#define NFSEC_REPLAY_WINDOW_MAX		65536

enum nfsec_replay_verdict {
	NFSEC_REPLAY_OK,
	NFSEC_REPLAY_SEEN,
	NFSEC_REPLAY_OLD,
};

/**
 * struct nfsec_replay - anti-replay state of an inbound SA (RFC 4303 App. A,
 *	RFC 6479)
 * @lock: guards @top and @bits; taken with BH disabled
 * @top: highest sequence number authenticated, high word included
 * @window: width in packets, 0 if the check is off
 * @blocks: number of 64 bit blocks in @bits, a power of two
 * @esn: sequence numbers are 64 bit
 * @bits: ring of blocks; the bit of sequence number s is bit s % 64 of block
 *	(s / 64) % @blocks
 */
struct nfsec_replay {
	spinlock_t lock;	/* @top and @bits */
	u64 top;
	u32 window;
	u32 blocks;
	bool esn;
	u64 *bits;
};

int nfsec_replay_init(struct nfsec_replay *r, u32 window, bool esn, gfp_t gfp);
void nfsec_replay_free(struct nfsec_replay *r);
u64 nfsec_replay_expand(const struct nfsec_replay *r, u32 seq_lo, bool *valid);
enum nfsec_replay_verdict nfsec_replay_check(struct nfsec_replay *r,
					     u32 seq_lo, u64 *seq);
enum nfsec_replay_verdict nfsec_replay_advance(struct nfsec_replay *r, u64 seq);
void nfsec_replay_set(struct nfsec_replay *r, u64 top, const u8 *bitmap,
		      u32 len);
u32 nfsec_replay_get(struct nfsec_replay *r, u64 *top, u8 *bitmap, u32 len);

#endif /* _NFSEC_REPLAY_H */
