/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SA_H
#define _NFSEC_SA_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <net/dst_cache.h>
#include <net/xfrm.h>

#include <uapi/nfsec.h>

#include "crypto.h"
#include "drop.h"
#include "flow.h"
#include "lifetime.h"
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
 * struct nfsec_encap - UDP encapsulation of an SA (RFC 3948)
 * @rcu: frees it
 * @type: NFSEC_ENCAP_TYPE_*
 * @sport: source port, network order
 * @dport: destination port, network order
 * @oaddr: original address of the peer, or zero
 *
 * Replaced as a whole under RCU when the mapping changes.
 */
struct nfsec_encap {
	struct rcu_head rcu;
	u16 type;
	__be16 sport;
	__be16 dport;
	struct nfsec_addr oaddr;
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

struct nfsec_sa;

/**
 * struct nfsec_sa_link - an SA among those with the same key in a table
 * @head: in the table, if this is the newest of them
 * @older: the next one, or NULL
 * @newer: the one before, or NULL; under &nfsec_net.lock
 *
 * See sad.c. One may leave from anywhere at the same small cost, as the lists
 * of &struct rhltable do not allow.
 */
struct nfsec_sa_link {
	struct rhash_head head;
	struct nfsec_sa __rcu *older;
	struct nfsec_sa *newer;
};

/**
 * struct nfsec_sa - one security association
 * @spi_link: in the table by SPI (see sad.h)
 * @state: &enum nfsec_sa_state; read with READ_ONCE() by the packet path
 * @id: what names it
 * @saddr: source address of its packets
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
 * @hdrlen: octets in front of the plaintext except the outer IP header: UDP,
 *	ESP header and IV
 * @encap: UDP encapsulation, or NULL
 * @crypto: transforms
 * @oseq: last sequence number sent
 * @iv_seq: number of IVs taken from the counter of a counter mode; never goes
 *	back, whatever happens to @oseq
 * @dst_cache: route of its packets
 * @replay: what was received
 * @mark_ext: extension with the secpath that decrypted packets carry, shared
 *	by all of them; NULL if the SA is outbound only
 * @mark_state: the state that secpath names
 * @bytes: octets processed, padding included (RFC 4301 4.4.2.1)
 * @packets: packets processed
 * @first_used: boot time in seconds of the first packet, 0 if there was none
 * @last_used: boot time in seconds of the last packet
 * @used_jiffies: jiffies when @last_used was set
 * @hard_at: boot time in seconds when a limit of time ends it, 0 for never
 * @events: NFSEC_SA_EVENT_* that are done
 * @limits: limits; fields are read and written one by one, see
 *	nfsec_lifetime_update()
 * @drop: packets dropped, by reason
 * @dst_link: in the table by destination
 * @reqid_link: in the table by destination and reqid
 * @pmtu: MTU of the path to the peer as ICMP told, 0 if unknown
 * @pmtu_expires: jiffies at which @pmtu is forgotten
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
 * @state and @encap. The packet path uses an SA under rcu_read_lock() without
 * taking a reference.
 */
struct nfsec_sa {
	struct nfsec_sa_link spi_link;
	u8 state;
	u8 mode;
	u8 dir;
	bool esn;
	u32 flags;
	u32 reqid;
	u32 uid;
	struct nfsec_sa_id id;
	struct nfsec_addr saddr;
	struct nfsec_selector sel;
	struct nfsec_mark output_mark;
	u32 tfcpad;
	u8 hdrlen;
	struct nfsec_encap __rcu *encap;
	struct nfsec_crypto crypto;

	atomic64_t oseq ____cacheline_aligned_in_smp;
	atomic64_t iv_seq;
	struct dst_cache dst_cache;
	u32 pmtu;
	unsigned long pmtu_expires;

	struct nfsec_replay replay ____cacheline_aligned_in_smp;
	struct skb_ext *mark_ext;
	struct xfrm_state *mark_state;

	atomic64_t bytes ____cacheline_aligned_in_smp;
	atomic64_t packets;
	u32 first_used;
	u32 last_used;
	unsigned long used_jiffies;
	u32 hard_at;
	unsigned long events;
	struct nfsec_limits limits;
	atomic_t drop[NFSEC_DROP_COUNT];

	struct nfsec_sa_link dst_link;
	struct nfsec_sa_link reqid_link;
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
u32 nfsec_sa_overhead(const struct nfsec_sa *sa);
u32 nfsec_sa_inner_mtu(const struct nfsec_sa *sa, u32 mtu, bool encap,
		       u8 inner_family);

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
	skb_ext_reset(skb);
	refcount_inc(&sa->mark_ext->refcnt);
	skb->extensions = sa->mark_ext;
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
