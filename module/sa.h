/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SA_H
#define _NFSEC_SA_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <net/xfrm.h>

#include <uapi/nfsec.h>

#include "crypto.h"
#include "drop.h"
#include "flow.h"
#include "lifetime.h"
#include "path.h"
#include "replay.h"

struct nfsec_net;

enum nfsec_sa_state {
	NFSEC_SA_LARVAL,	/* only reserves its SPI */
	NFSEC_SA_VALID,
	NFSEC_SA_EXPIRED,	/* hard limit reached; waits for deletion */
	NFSEC_SA_DEAD,		/* out of all tables */
};

/**
 * struct nfsec_sa_id - what names an SA
 * @daddr: destination address of its packets
 * @spi: SPI, network order
 * @family: family of @daddr
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @mark: mark a packet must have; two SAs may differ in nothing else
 */
struct nfsec_sa_id {
	struct nfsec_addr daddr;
	__be32 spi;
	u8 family;
	u8 proto;
	struct nfsec_mark mark;
};

/**
 * struct nfsec_sa_config - all a user says of an SA
 * @id: what names it
 * @saddr: source address of its packets, zero for any
 * @mode: NFSEC_MODE_*
 * @dir: NFSEC_DIR_ANY, _IN or _OUT
 * @reqid: ties it to policy templates
 * @flags: NFSEC_SA_FLAGS_*
 * @aead: combined algorithm, if that is used
 * @enc: cipher, likewise
 * @auth: keyed hash, likewise
 * @encap: UDP encapsulation, of type NONE if there is none
 * @has_sel: @sel is given
 * @sel: selector that packets inside must fit
 * @output_mark: mark for packets it has processed
 * @limits: limits
 * @has_window: @window is given
 * @window: replay window in packets, 0 for no check
 * @seq: highest sequence number received
 * @oseq: last sequence number sent
 * @tfcpad: pad the plaintext to this length
 * @bitmap: which of the numbers before @seq were received, see
 *	nfsec_replay_set()
 * @bitmap_len: octets of @bitmap
 *
 * Filled by netlink, checked and copied by nfsec_sa_create(). Key data is
 * moved into the SA, which clears it here.
 */
struct nfsec_sa_config {
	struct nfsec_sa_id id;
	struct nfsec_addr saddr;
	u8 mode;
	u8 dir;
	u32 reqid;
	u32 flags;
	struct nfsec_key aead;
	struct nfsec_key enc;
	struct nfsec_key auth;
	struct nfsec_encap encap;
	bool has_sel;
	struct nfsec_selector sel;
	struct nfsec_mark output_mark;
	struct nfsec_limits limits;
	bool has_window;
	u32 window;
	u64 seq;
	u64 oseq;
	u32 tfcpad;
	const u8 *bitmap;
	u32 bitmap_len;
};

/**
 * struct nfsec_sa - one security association
 * @spi_link: in the table by SPI (see sad.h)
 * @state: &enum nfsec_sa_state; read with READ_ONCE() by the packet path
 * @spi: SPI, network order
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @mark: mark a packet must have
 * @sel: selector that packets inside must fit; any if none was given
 * @mode: NFSEC_MODE_*
 * @dir: NFSEC_DIR_ANY, _IN or _OUT
 * @esn: 64 bit sequence numbers
 * @flags: NFSEC_SA_FLAGS_*
 * @reqid: ties it to policy templates
 * @uid: number no other SA in the tables has, of 29 bits; keeps GRO from
 *	merging packets of different SAs
 * @tfcpad: pad the plaintext to this length
 * @output_mark: mark for packets it has processed
 * @path: its addresses and ports
 * @crypto: transforms
 * @oseq: last sequence number sent
 * @iv_seq: number of IVs taken from the counter of a counter mode; never goes
 *	back, whatever happens to @oseq
 * @replay: what was received
 * @bytes: octets processed, padding included (RFC 4301 4.4.2.1)
 * @packets: packets processed
 * @first_used: boot time in seconds of the first packet, 0 if there was none
 * @last_used: boot time in seconds of the last packet
 * @used_jiffies: jiffies when @last_used was set
 * @hard_at: boot time in seconds when a limit of time ends it, 0 for never
 * @events: NFSEC_SA_EVENT_* that are done
 * @mapping_at: jiffies of the last mapping event, 0 if there was none
 * @mapping_key: what it told of, hashed
 * @limits: limits; fields are read and written one by one, see
 *	nfsec_lifetime_update()
 * @drop: packets dropped, by reason
 * @tunnel_link: in the table of tunnels
 * @added: boot time in seconds of creation
 * @added_wall: wall-clock time of creation
 * @nn: namespace
 * @timer: checks limits of time
 * @expire_work: takes the SA out after its hard limit, in process context
 * @refcnt: references; the tables hold one
 * @rcu: frees it
 * @free_work: second half of freeing, in process context
 * @key_aead: key as given, for dumps
 * @key_enc: likewise
 * @key_auth: likewise
 *
 * Fields above @oseq never change after the SA was published, except @spi_link,
 * @state and @path. What names an SA (&struct nfsec_sa_id) is in part @path,
 * since an SA may move. The packet path uses an SA under rcu_read_lock() without
 * taking a reference, and reads @path once for all it does with a packet.
 */
struct nfsec_sa {
	struct nfsec_link spi_link;
	u8 state;
	u8 mode;
	u8 dir;
	bool esn;
	u32 flags;
	u32 reqid;
	u32 uid;
	__be32 spi;
	u8 proto;
	struct nfsec_mark mark;
	struct nfsec_path __rcu *path;
	struct nfsec_selector sel;
	struct nfsec_mark output_mark;
	u32 tfcpad;
	struct nfsec_crypto crypto;

	atomic64_t oseq ____cacheline_aligned_in_smp;
	atomic64_t iv_seq;

	struct nfsec_replay replay ____cacheline_aligned_in_smp;

	atomic64_t bytes ____cacheline_aligned_in_smp;
	atomic64_t packets;
	u32 first_used;
	u32 last_used;
	unsigned long used_jiffies;
	u32 hard_at;
	unsigned long events;
	unsigned long mapping_at;
	u32 mapping_key;
	struct nfsec_limits limits;
	atomic_t drop[NFSEC_DROP_COUNT];

	struct nfsec_link tunnel_link;
	u32 added;
	u64 added_wall;
	struct nfsec_net *nn;
	struct timer_list timer;
	struct work_struct expire_work;
	refcount_t refcnt;
	struct rcu_head rcu;
	struct work_struct free_work;
	struct nfsec_key key_aead;
	struct nfsec_key key_enc;
	struct nfsec_key key_auth;
};

/* Bits of &nfsec_sa.events */
#define NFSEC_SA_EVENT_SOFT	0	/* soft expire event was sent */
#define NFSEC_SA_EVENT_HARD	1	/* hard expire event was sent */

struct netlink_ext_ack;

extern struct workqueue_struct *nfsec_wq;
extern const char nfsec_sa_mark_cookie;

struct nfsec_sa *nfsec_sa_create(struct nfsec_net *nn,
				 struct nfsec_sa_config *cfg,
				 struct netlink_ext_ack *extack);
struct nfsec_sa *nfsec_sa_create_larval(struct nfsec_net *nn,
					const struct nfsec_sa_config *cfg);
void nfsec_sa_config_free(struct nfsec_sa_config *cfg);
void nfsec_sa_put(struct nfsec_sa *sa);
u32 nfsec_sa_overhead(const struct nfsec_sa *sa,
		      const struct nfsec_path *path);
u32 nfsec_sa_inner_mtu(const struct nfsec_sa *sa,
		       const struct nfsec_path *path, u32 mtu, u8 inner_family);

int nfsec_sa_module_init(void);
void nfsec_sa_module_exit(void);

static inline bool nfsec_sa_usable(const struct nfsec_sa *sa)
{
	return READ_ONCE(sa->state) == NFSEC_SA_VALID;
}

static inline bool nfsec_sa_hold(struct nfsec_sa *sa)
{
	return refcount_inc_not_zero(&sa->refcnt);
}

/* Its path, under rcu_read_lock(); there always is one */
static inline struct nfsec_path *nfsec_sa_path(const struct nfsec_sa *sa)
{
	return rcu_dereference(sa->path);
}

/**
 * nfsec_sa_mark() - give a decrypted packet the secpath of its SA
 * @skb: packet; other extensions of it are let go
 * @sa: SA it came through, not one that is outbound only
 *
 * Costs no allocation: all packets of the SA share one extension. Context: any,
 * under rcu_read_lock().
 */
static inline void nfsec_sa_mark(struct sk_buff *skb, const struct nfsec_sa *sa)
{
	struct skb_ext *ext = nfsec_sa_path(sa)->mark_ext;

	skb_ext_reset(skb);
	refcount_inc(&ext->refcnt);
	skb->extensions = ext;
	skb->active_extensions = 1 << SKB_EXT_SEC_PATH;
	skb->slow_gro = 1;
}

/**
 * nfsec_sa_mark_of() - which SA did a packet come through?
 * @skb: packet
 *
 * The SA itself may be gone; what the state says of it is still right: id,
 * props.family, .saddr, .reqid, and the mode in props.smark.v.
 *
 * Return: the state nfsec_sa_mark() gave it, valid as long as @skb, or NULL.
 */
static inline const struct xfrm_state *
nfsec_sa_mark_of(const struct sk_buff *skb)
{
	const struct sec_path *sp = skb_sec_path(skb);
	const struct xfrm_state *x;

	if (!sp || !sp->len)
		return NULL;
	x = sp->xvec[sp->len - 1];
	return x->data == &nfsec_sa_mark_cookie ? x : NULL;
}

#endif /* _NFSEC_SA_H */
