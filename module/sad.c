// SPDX-License-Identifier: GPL-2.0
/*
 * The security association database: SAs by SPI, by destination, by number.
 */
#include <linux/bitops.h>
#include <linux/jhash.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/wait_bit.h>

#include "lifetime.h"
#include "main.h"
#include "natt.h"
#include "sad.h"
#include "spd.h"

#define UID_MAX		((1U << 29) - 1)

/* Guesses before looking through the whole range */
#define SPI_TRIES	32

/* What @by_dst and @by_reqid are searched for */
struct sad_key {
	struct nfsec_addr daddr;
	u32 family;
	u32 reqid;
};

static u32 sad_dst_hash(const void *data, u32 len, u32 seed)
{
	const struct sad_key *key = data;

	return jhash2((const u32 *)key->daddr.a6, 4, seed ^ key->family);
}

static u32 sad_dst_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct nfsec_sa *sa = data;

	return jhash2((const u32 *)sa->id.daddr.a6, 4, seed ^ sa->id.family);
}

static int sad_dst_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct sad_key *key = arg->key;
	const struct nfsec_sa *sa = obj;

	return sa->id.family != key->family ||
	       !nfsec_addr_equal(&sa->id.daddr, &key->daddr);
}

static u32 sad_reqid_hash(const void *data, u32 len, u32 seed)
{
	const struct sad_key *key = data;

	return sad_dst_hash(data, len, jhash_1word(key->reqid, seed));
}

static u32 sad_reqid_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct nfsec_sa *sa = data;

	return sad_dst_obj_hash(data, len, jhash_1word(sa->reqid, seed));
}

static int sad_reqid_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct sad_key *key = arg->key;
	const struct nfsec_sa *sa = obj;

	return sa->reqid != key->reqid || sad_dst_cmp(arg, obj);
}

static const struct rhashtable_params sad_spi_params = {
	.head_offset = offsetof(struct nfsec_sa, spi_link.head),
	.key_offset = offsetof(struct nfsec_sa, id.spi),
	.key_len = sizeof_field(struct nfsec_sa, id.spi),
	.automatic_shrinking = true,
};

static const struct rhashtable_params sad_dst_params = {
	.head_offset = offsetof(struct nfsec_sa, dst_link.head),
	.key_len = sizeof(struct sad_key),
	.hashfn = sad_dst_hash,
	.obj_hashfn = sad_dst_obj_hash,
	.obj_cmpfn = sad_dst_cmp,
	.automatic_shrinking = true,
};

static const struct rhashtable_params sad_reqid_params = {
	.head_offset = offsetof(struct nfsec_sa, reqid_link.head),
	.key_len = sizeof(struct sad_key),
	.hashfn = sad_reqid_hash,
	.obj_hashfn = sad_reqid_obj_hash,
	.obj_cmpfn = sad_reqid_cmp,
	.automatic_shrinking = true,
};

static __always_inline struct nfsec_sa_link *
sad_link_of(struct nfsec_sa *sa, const struct rhashtable_params params)
{
	return container_of((void *)sa + params.head_offset,
			    struct nfsec_sa_link, head);
}

static __always_inline struct nfsec_sa *
sad_older(struct nfsec_sa *sa, const struct rhashtable_params params)
{
	return rcu_dereference(sad_link_of(sa, params)->older);
}

/* Walk all SAs of a key, newest first; under rcu_read_lock() */
#define sad_for_each(sa, ht, key, params)				\
	for ((sa) = rhashtable_lookup(ht, key, params); (sa);		\
	     (sa) = sad_older(sa, params))

/*
 * Put an SA, the newest of all, in front of those with its key. A lookup meets
 * the list with or without it.
 */
static __always_inline int sad_link(struct rhashtable *ht, const void *key,
				    struct nfsec_sa *sa,
				    const struct rhashtable_params params)
{
	struct nfsec_sa *first = rhashtable_lookup_fast(ht, key, params);
	struct nfsec_sa_link *link = sad_link_of(sa, params), *older;
	int err;

	link->newer = NULL;
	RCU_INIT_POINTER(link->older, first);
	if (!first)
		return rhashtable_insert_fast(ht, &link->head, params);
	older = sad_link_of(first, params);
	err = rhashtable_replace_fast(ht, &older->head, &link->head, params);
	if (!err)
		older->newer = sa;
	return err;
}

/*
 * Take an SA out; a lookup that is at it goes on to those behind it. The next
 * one may get a place in the table that it had before, while a lookup for
 * another key still passes it there: to that, it has moved as if the table had
 * grown, so the lookup ends in the right chain or starts again.
 */
static __always_inline void sad_unlink(struct nfsec_net *nn,
				       struct rhashtable *ht,
				       struct nfsec_sa *sa,
				       const struct rhashtable_params params)
{
	struct nfsec_sa_link *link = sad_link_of(sa, params), *next = NULL;
	struct nfsec_sa *older;

	older = rcu_dereference_protected(link->older,
					  lockdep_is_held(&nn->lock));
	if (older) {
		next = sad_link_of(older, params);
		next->newer = link->newer;
	}
	if (link->newer)
		rcu_assign_pointer(sad_link_of(link->newer, params)->older,
				   older);
	else if (next)
		rhashtable_replace_fast(ht, &link->head, &next->head, params);
	else
		rhashtable_remove_fast(ht, &link->head, params);
}

/**
 * nfsec_sad_init() - make the tables of a namespace
 * @sad: the database
 *
 * Context: process, may sleep.
 *
 * Return: 0 or a negative error.
 */
int nfsec_sad_init(struct nfsec_sad *sad)
{
	int err;

	xa_init_flags(&sad->by_uid, XA_FLAGS_ALLOC1);
	atomic_set(&sad->objects, 0);
	err = rhashtable_init(&sad->by_spi, &sad_spi_params);
	if (err)
		return err;
	err = rhashtable_init(&sad->by_dst, &sad_dst_params);
	if (err)
		goto err_spi;
	err = rhashtable_init(&sad->by_reqid, &sad_reqid_params);
	if (err)
		goto err_dst;
	return 0;

err_dst:
	rhashtable_destroy(&sad->by_dst);
err_spi:
	rhashtable_destroy(&sad->by_spi);
	return err;
}

/**
 * nfsec_sad_destroy() - free the tables, which are empty
 * @sad: the database
 *
 * Waits until the SAs taken out before are freed, which have routes of the
 * namespace. Context: process, sleeps; &nfsec_net.lock not held.
 */
void nfsec_sad_destroy(struct nfsec_sad *sad)
{
	if (atomic_read(&sad->objects)) {
		/* Callbacks are not left waiting for more to come. */
		rcu_barrier();
		wait_var_event(&sad->objects, !atomic_read(&sad->objects));
	}
	rhashtable_destroy(&sad->by_reqid);
	rhashtable_destroy(&sad->by_dst);
	rhashtable_destroy(&sad->by_spi);
	xa_destroy(&sad->by_uid);
}

static int sad_publish(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	struct sad_key key = {
		.daddr = sa->id.daddr,
		.family = sa->id.family,
		.reqid = sa->reqid,
	};
	struct nfsec_sad *sad = &nn->sad;
	int err;

	err = nfsec_net_hook(nn);
	if (!err && rcu_access_pointer(sa->encap))
		err = nfsec_natt_add_port(nn, sa);
	if (err)
		return err;
	err = xa_alloc_cyclic(&sad->by_uid, &sa->uid, sa,
			      XA_LIMIT(1, UID_MAX), &sad->next_uid, GFP_KERNEL);
	if (err < 0)
		return err;
	err = sad_link(&sad->by_reqid, &key, sa, sad_reqid_params);
	if (err)
		goto err_uid;
	err = sad_link(&sad->by_dst, &key, sa, sad_dst_params);
	if (err)
		goto err_reqid;
	err = sad_link(&sad->by_spi, &sa->id.spi, sa, sad_spi_params);
	if (err)
		goto err_dst;
	refcount_inc(&sa->refcnt);
	WRITE_ONCE(sad->count, sad->count + 1);
	nfsec_lifetime_start(sa);
	nfsec_net_changed(nn);
	return 0;

err_dst:
	sad_unlink(nn, &sad->by_dst, sa, sad_dst_params);
err_reqid:
	sad_unlink(nn, &sad->by_reqid, sa, sad_reqid_params);
err_uid:
	xa_erase(&sad->by_uid, sa->uid);
	return err;
}

/**
 * nfsec_sad_insert() - put an SA into the tables
 * @nn: namespace
 * @sa: the SA; the tables take a reference of their own
 *
 * Context: process, &nfsec_net.lock held.
 *
 * Return: 0, -EEXIST if there is one with this id, or another error. After an
 * error the packet path may still look at @sa until a grace period is over.
 */
int nfsec_sad_insert(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	if (nfsec_sad_find(nn, &sa->id))
		return -EEXIST;
	return sad_publish(nn, sa);
}

/**
 * nfsec_sad_replace() - put an SA into the tables in place of another
 * @nn: namespace
 * @old: SA in the tables with the id of @sa
 * @sa: the SA; the tables take a reference of their own
 *
 * There is no moment at which neither is found; while both are, the newer one
 * is. Context: process, &nfsec_net.lock held.
 *
 * Return: 0, or an error; then @old is still there.
 */
int nfsec_sad_replace(struct nfsec_net *nn, struct nfsec_sa *old,
		      struct nfsec_sa *sa)
{
	int err = sad_publish(nn, sa);

	if (!err)
		nfsec_sad_remove(nn, old);
	return err;
}

/**
 * nfsec_sad_remove() - take an SA out of the tables
 * @nn: namespace
 * @sa: the SA; the reference of the tables is dropped
 *
 * Context: process, &nfsec_net.lock held; waits for the timer of @sa.
 */
void nfsec_sad_remove(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	struct nfsec_sad *sad = &nn->sad;

	if (sa->state == NFSEC_SA_DEAD)
		return;
	/* The timer may want to make it EXPIRED at the same time. */
	xchg(&sa->state, NFSEC_SA_DEAD);
	sad_unlink(nn, &sad->by_spi, sa, sad_spi_params);
	sad_unlink(nn, &sad->by_dst, sa, sad_dst_params);
	sad_unlink(nn, &sad->by_reqid, sa, sad_reqid_params);
	xa_erase(&sad->by_uid, sa->uid);
	WRITE_ONCE(sad->count, sad->count - 1);
	nfsec_net_changed(nn);
	nfsec_lifetime_stop(sa);
	nfsec_sa_put(sa);
}

/**
 * nfsec_sad_find() - find an SA by its whole id
 * @nn: namespace
 * @id: the id; of the mark, value and mask must be the same
 *
 * Context: &nfsec_net.lock held, or under rcu_read_lock().
 *
 * Return: the SA in whatever state, without a reference, or NULL.
 */
struct nfsec_sa *nfsec_sad_find(struct nfsec_net *nn,
				const struct nfsec_sa_id *id)
{
	struct nfsec_sa *sa;

	rcu_read_lock();
	sad_for_each(sa, &nn->sad.by_spi, &id->spi, sad_spi_params) {
		if (sa->id.proto == id->proto && sa->id.family == id->family &&
		    nfsec_addr_equal(&sa->id.daddr, &id->daddr) &&
		    sa->id.mark.value == id->mark.value &&
		    sa->id.mark.mask == id->mark.mask)
			break;
	}
	rcu_read_unlock();
	return sa;
}

/*
 * How well an SA suits a packet that was received, 0 for not at all: an SA for
 * the very address before one for any, one that can be used before one that is
 * expired, and one for few marks before one for many.
 */
static u32 sad_rank_in(const struct nfsec_sa *sa, u8 proto, u8 family,
		       const struct nfsec_addr *daddr, u32 mark)
{
	u8 state = READ_ONCE(sa->state);
	bool exact;

	if (sa->id.proto != proto || sa->id.family != family ||
	    sa->dir == NFSEC_DIR_OUT || !nfsec_mark_match(&sa->id.mark, mark))
		return 0;
	if (state != NFSEC_SA_VALID && state != NFSEC_SA_EXPIRED)
		return 0;
	exact = nfsec_addr_equal(&sa->id.daddr, daddr);
	if (!exact && sa->dir != NFSEC_DIR_IN)
		return 0;
	return 1 + hweight32(sa->id.mark.mask) +
	       (state == NFSEC_SA_VALID ? 64 : 0) + (exact ? 128 : 0);
}

/**
 * nfsec_sad_lookup_in() - find the SA of a packet that was received
 * @nn: namespace
 * @spi: SPI of the packet
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @family: family of @daddr
 * @daddr: destination of the packet, an address of this host
 * @mark: mark of the packet
 *
 * An SA with direction in is found at any address of the host (RFC 4301 4.1),
 * one without a direction at its own only.
 *
 * Context: under rcu_read_lock().
 *
 * Return: an SA in state VALID or EXPIRED, without a reference, or NULL.
 */
struct nfsec_sa *nfsec_sad_lookup_in(struct nfsec_net *nn, __be32 spi,
				     u8 proto, u8 family,
				     const struct nfsec_addr *daddr, u32 mark)
{
	struct nfsec_sa *sa, *best = NULL;
	u32 rank, best_rank = 0;

	/* of those that suit it as well as each other, the newest comes first */
	sad_for_each(sa, &nn->sad.by_spi, &spi, sad_spi_params) {
		rank = sad_rank_in(sa, proto, family, daddr, mark);
		if (rank > best_rank) {
			best = sa;
			best_rank = rank;
		}
	}
	return best;
}

/**
 * nfsec_sad_lookup_sent() - find the SA that sent a packet
 * @nn: namespace
 * @spi: SPI of the packet, as an ICMP error quotes it
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @family: family of @daddr
 * @daddr: destination of the packet
 *
 * Context: under rcu_read_lock().
 *
 * Return: an SA in state VALID, without a reference, or NULL.
 */
struct nfsec_sa *nfsec_sad_lookup_sent(struct nfsec_net *nn, __be32 spi,
				       u8 proto, u8 family,
				       const struct nfsec_addr *daddr)
{
	struct nfsec_sa *sa;

	sad_for_each(sa, &nn->sad.by_spi, &spi, sad_spi_params) {
		if (sa->id.proto == proto && sa->id.family == family &&
		    sa->dir != NFSEC_DIR_IN && nfsec_sa_usable(sa) &&
		    nfsec_addr_equal(&sa->id.daddr, daddr))
			break;
	}
	return sa;
}

/**
 * struct sad_choice - looking for an outbound SA
 * @tmpl: what is wanted
 * @fl: packet it is for
 * @saddr: source the SA must have, or any
 * @mismatch: there was one whose selector does not allow the packet
 */
struct sad_choice {
	const struct nfsec_tmpl *tmpl;
	const struct nfsec_flow *fl;
	const struct nfsec_addr *saddr;
	bool mismatch;
};

static bool sad_fits_out(const struct nfsec_sa *sa, struct sad_choice *c)
{
	const struct nfsec_tmpl *tmpl = c->tmpl;

	if (sa->id.proto != tmpl->proto || sa->mode != tmpl->mode ||
	    sa->dir == NFSEC_DIR_IN || !nfsec_sa_usable(sa))
		return false;
	if (tmpl->reqid && tmpl->reqid != sa->reqid)
		return false;
	if (tmpl->spi && tmpl->spi != sa->id.spi)
		return false;
	if (!nfsec_addr_any(c->saddr) && !nfsec_addr_any(&sa->saddr) &&
	    !nfsec_addr_equal(c->saddr, &sa->saddr))
		return false;
	if (!nfsec_mark_match(&sa->id.mark, c->fl->mark))
		return false;
	if (nfsec_flow_match(&sa->sel, c->fl))
		return true;
	c->mismatch = true;
	return false;
}

/**
 * nfsec_sad_lookup_out() - find the SA a template of a policy asks for
 * @nn: namespace
 * @tmpl: the template
 * @fl: packet, as it is when this template's turn comes
 * @sel_mismatch: set if there are SAs, but none whose selector allows @fl;
 *	else left alone
 *
 * In transport mode the addresses are those of the packet whatever the template
 * says, since it will be sent to them. The newest SA that fits is taken.
 *
 * Context: under rcu_read_lock().
 *
 * Return: an SA in state VALID, without a reference, or NULL.
 */
struct nfsec_sa *nfsec_sad_lookup_out(struct nfsec_net *nn,
				      const struct nfsec_tmpl *tmpl,
				      const struct nfsec_flow *fl,
				      bool *sel_mismatch)
{
	bool tunnel = tmpl->mode == NFSEC_MODE_TUNNEL;
	struct sad_choice c = {
		.tmpl = tmpl,
		.fl = fl,
		.saddr = tunnel ? &tmpl->saddr : &fl->saddr,
	};
	struct sad_key key = {
		.daddr = tunnel ? tmpl->daddr : fl->daddr,
		.family = tunnel ? tmpl->family : fl->family,
		.reqid = tmpl->reqid,
	};
	struct nfsec_sa *sa;

	if (tmpl->reqid) {
		sad_for_each(sa, &nn->sad.by_reqid, &key, sad_reqid_params)
			if (sad_fits_out(sa, &c))
				return sa;
	} else {
		sad_for_each(sa, &nn->sad.by_dst, &key, sad_dst_params)
			if (sad_fits_out(sa, &c))
				return sa;
	}
	if (c.mismatch)
		*sel_mismatch = true;
	return NULL;
}

/* Is there no SA with this SPI at the destination of @sa, whatever the mark? */
static bool sad_spi_free(struct nfsec_net *nn, const struct nfsec_sa *sa,
			 __be32 spi)
{
	struct nfsec_sa *other;

	rcu_read_lock();
	sad_for_each(other, &nn->sad.by_spi, &spi, sad_spi_params) {
		if (other->id.proto == sa->id.proto &&
		    other->id.family == sa->id.family &&
		    nfsec_addr_equal(&other->id.daddr, &sa->id.daddr))
			break;
	}
	rcu_read_unlock();
	return !other;
}

/* A free SPI, or 0. Looking through a range ends within the number of SAs. */
static __be32 sad_choose_spi(struct nfsec_net *nn, const struct nfsec_sa *sa,
			     u32 min, u32 max)
{
	u64 range = (u64)max - min + 1, i;
	__be32 spi;
	u32 start;

	for (i = 0; i < SPI_TRIES; i++) {
		spi = htonl(get_random_u32_inclusive(min, max));
		if (sad_spi_free(nn, sa, spi))
			return spi;
	}
	start = get_random_u32_inclusive(min, max) - min;
	for (i = 0; i < range; i++) {
		spi = htonl(min + (start + i) % range);
		if (sad_spi_free(nn, sa, spi))
			return spi;
	}
	return 0;
}

/**
 * nfsec_sad_alloc_spi() - reserve an SPI
 * @nn: namespace
 * @sa: larval SA; gets the SPI and is put into the tables, which take a
 *	reference of their own
 * @min: first SPI to choose from
 * @max: last
 * @extack: told why not
 *
 * Context: process, &nfsec_net.lock held.
 *
 * Return: 0 or a negative error.
 */
int nfsec_sad_alloc_spi(struct nfsec_net *nn, struct nfsec_sa *sa, u32 min,
			u32 max, struct netlink_ext_ack *extack)
{
	__be32 spi;

	if (min < 256) {
		NL_SET_ERR_MSG(extack, "SPIs below 256 are reserved");
		return -EINVAL;
	}
	if (min > max) {
		NL_SET_ERR_MSG(extack, "first SPI is above the last");
		return -EINVAL;
	}
	spi = sad_choose_spi(nn, sa, min, max);
	if (!spi) {
		NL_SET_ERR_MSG(extack,
			       "every SPI of the range is in use at the destination");
		return -ENOSPC;
	}
	sa->id.spi = spi;
	return sad_publish(nn, sa);
}

/**
 * nfsec_sad_walk() - call a function for each SA
 * @nn: namespace
 * @fn: the function; it may remove the SA it is given
 * @arg: for @fn
 *
 * Context: process, &nfsec_net.lock held.
 */
void nfsec_sad_walk(struct nfsec_net *nn,
		    void (*fn)(struct nfsec_sa *sa, void *arg), void *arg)
{
	struct nfsec_sa *sa;
	unsigned long uid;

	xa_for_each(&nn->sad.by_uid, uid, sa)
		fn(sa, arg);
}
