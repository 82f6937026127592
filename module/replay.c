// SPDX-License-Identifier: GPL-2.0
/*
 * Anti-replay: which sequence numbers were received (RFC 4303 3.4.3, App. A).
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "replay.h"

#define BLOCK_BITS	64

/**
 * nfsec_replay_init() - set up an empty window
 * @r: the window
 * @window: width in packets, 0 for no check, at most NFSEC_REPLAY_WINDOW_MAX
 * @esn: sequence numbers are 64 bit
 * @gfp: how to allocate
 *
 * The ring has room for the window and for the rest of the block its left edge
 * is in, so that no block is cleared while a bit of the window is in it: the
 * window is exactly as wide as asked for.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int nfsec_replay_init(struct nfsec_replay *r, u32 window, bool esn, gfp_t gfp)
{
	memset(r, 0, sizeof(*r));
	spin_lock_init(&r->lock);
	r->esn = esn;
	if (window > NFSEC_REPLAY_WINDOW_MAX)
		return -EINVAL;
	if (!window)
		return 0;
	r->blocks = roundup_pow_of_two(DIV_ROUND_UP(window + BLOCK_BITS - 1,
						    BLOCK_BITS));
	r->bits = kcalloc(r->blocks, sizeof(*r->bits), gfp);
	if (!r->bits)
		return -ENOMEM;
	r->window = window;
	return 0;
}

/**
 * nfsec_replay_free() - free what nfsec_replay_init() allocated
 * @r: the window, or all zero
 */
void nfsec_replay_free(struct nfsec_replay *r)
{
	kfree(r->bits);
	r->bits = NULL;
}

static bool replay_seen(const struct nfsec_replay *r, u64 seq)
{
	u64 block = READ_ONCE(r->bits[(seq / BLOCK_BITS) & (r->blocks - 1)]);

	return block >> seq % BLOCK_BITS & 1;
}

static void replay_mark(struct nfsec_replay *r, u64 seq)
{
	u64 *block = &r->bits[(seq / BLOCK_BITS) & (r->blocks - 1)];

	WRITE_ONCE(*block, *block | 1ULL << seq % BLOCK_BITS);
}

/* High word of a received number: RFC 4303 App. A2.2, with T = @top */
static u64 replay_expand(const struct nfsec_replay *r, u64 top, u32 seq_lo,
			 bool *valid)
{
	u32 th = top >> 32, tl = top, w = r->window;
	u32 bl = tl - w + 1;

	*valid = true;
	if (!r->esn)
		return seq_lo;
	if (!w || tl >= w - 1) {
		/* Case A: the window is within one subspace. */
		if (w && seq_lo < bl) {
			*valid = th != U32_MAX;
			th++;
		}
	} else if (seq_lo >= bl) {
		/* Case B: its left part is in the subspace before. */
		*valid = th != 0;
		th--;
	}
	return (u64)th << 32 | seq_lo;
}

/**
 * nfsec_replay_expand() - the 64 bit number a received one stands for
 * @r: the window
 * @seq_lo: number in the packet
 * @valid: set false if there is no such number: the subspace before the first
 *	or after the last
 *
 * Context: any; takes no lock.
 *
 * Return: the number.
 */
u64 nfsec_replay_expand(const struct nfsec_replay *r, u32 seq_lo, bool *valid)
{
	return replay_expand(r, READ_ONCE(r->top), seq_lo, valid);
}

/* Place of a number against the window whose right edge is @top */
static enum nfsec_replay_verdict replay_judge(const struct nfsec_replay *r,
					      u64 top, u64 seq)
{
	/* A sender which may roll over sends zero, but nobody checks that. */
	if (!r->window)
		return NFSEC_REPLAY_OK;
	if (!seq)
		return NFSEC_REPLAY_OLD;
	if (seq > top)
		return NFSEC_REPLAY_OK;
	if (top - seq >= r->window)
		return NFSEC_REPLAY_OLD;
	return replay_seen(r, seq) ? NFSEC_REPLAY_SEEN : NFSEC_REPLAY_OK;
}

/**
 * nfsec_replay_check() - may a packet be fresh? Asked before any crypto
 * @r: the window
 * @seq_lo: number in the packet
 * @seq: the number with its high word, to be used for the ICV and for
 *	nfsec_replay_advance()
 *
 * Changes nothing and takes no lock. If the window moves meanwhile, a packet
 * that is still in it may be passed here that was just seen, for
 * nfsec_replay_advance() to stop; none is stopped here that should pass.
 *
 * Context: any.
 *
 * Return: NFSEC_REPLAY_OK, or why the packet cannot be fresh.
 */
enum nfsec_replay_verdict nfsec_replay_check(struct nfsec_replay *r,
					     u32 seq_lo, u64 *seq)
{
	/* Pairs with the release in nfsec_replay_advance(): who sees the new
	 * edge sees the blocks in front of it cleared.
	 */
	u64 top = smp_load_acquire(&r->top);
	bool valid;

	*seq = replay_expand(r, top, seq_lo, &valid);
	if (!valid)
		return NFSEC_REPLAY_OLD;
	return replay_judge(r, top, *seq);
}

/* Move the right edge; blocks entered on the way are cleared first */
static void replay_move(struct nfsec_replay *r, u64 seq)
{
	u64 from = r->top / BLOCK_BITS, to = seq / BLOCK_BITS;

	if (to - from > r->blocks)
		from = to - r->blocks;
	while (from != to)
		WRITE_ONCE(r->bits[++from & (r->blocks - 1)], 0);
}

/**
 * nfsec_replay_advance() - note a packet whose ICV was right
 * @r: the window
 * @seq: what nfsec_replay_check() gave
 *
 * Check and note are one step, so of two copies of a packet only one passes,
 * on however many CPUs they are.
 *
 * Context: BH disabled; takes @r->lock.
 *
 * Return: NFSEC_REPLAY_OK, or why the packet is to be dropped.
 */
enum nfsec_replay_verdict nfsec_replay_advance(struct nfsec_replay *r, u64 seq)
{
	enum nfsec_replay_verdict verdict;

	spin_lock(&r->lock);
	verdict = replay_judge(r, r->top, seq);
	if (verdict == NFSEC_REPLAY_OK && r->window) {
		if (seq > r->top) {
			replay_move(r, seq);
			replay_mark(r, seq);
			/* Pairs with nfsec_replay_check(). */
			smp_store_release(&r->top, seq);
		} else {
			replay_mark(r, seq);
		}
	} else if (verdict == NFSEC_REPLAY_OK && seq > r->top) {
		WRITE_ONCE(r->top, seq);
	}
	spin_unlock(&r->lock);
	return verdict;
}

/**
 * nfsec_replay_set() - set the window
 * @r: the window
 * @top: right edge
 * @bitmap: bit 0 of octet 0 stands for @top, the next for @top - 1 and so on;
 *	set if seen
 * @len: octets of @bitmap; numbers beyond it, and all if it is 0, are unseen
 *
 * Context: any; takes @r->lock.
 */
void nfsec_replay_set(struct nfsec_replay *r, u64 top, const u8 *bitmap,
		      u32 len)
{
	u64 i, n = min_t(u64, (u64)len * 8, r->window);

	spin_lock_bh(&r->lock);
	for (i = 0; i < r->blocks; i++)
		WRITE_ONCE(r->bits[i], 0);
	for (i = 0; i < n && i <= top; i++)
		if (bitmap[i / 8] >> i % 8 & 1)
			replay_mark(r, top - i);
	/* Pairs with nfsec_replay_check(). */
	smp_store_release(&r->top, top);
	spin_unlock_bh(&r->lock);
}

/**
 * nfsec_replay_get() - read the window
 * @r: the window
 * @top: right edge
 * @bitmap: as for nfsec_replay_set(), or NULL
 * @len: room in @bitmap; that of numbers beyond the window is not touched
 *
 * Context: any; takes @r->lock.
 *
 * Return: octets the whole bitmap has.
 */
u32 nfsec_replay_get(struct nfsec_replay *r, u64 *top, u8 *bitmap, u32 len)
{
	u32 size = DIV_ROUND_UP(r->window, 8);
	u64 i, n = min_t(u64, (u64)len * 8, r->window);

	spin_lock_bh(&r->lock);
	*top = r->top;
	if (bitmap)
		memset(bitmap, 0, min(len, size));
	for (i = 0; bitmap && i < n && i <= r->top; i++)
		if (replay_seen(r, r->top - i))
			bitmap[i / 8] |= 1 << i % 8;
	spin_unlock_bh(&r->lock);
	return size;
}
