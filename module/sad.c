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
	const struct nfsec_path *path = data;

	return jhash2((const u32 *)path->daddr.a6, 4, seed ^ path->family);
}

static int sad_dst_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct sad_key *key = arg->key;
	const struct nfsec_path *path = obj;

	return path->family != key->family ||
	       !nfsec_addr_equal(&path->daddr, &key->daddr);
}

static u32 sad_reqid_hash(const void *data, u32 len, u32 seed)
{
	const struct sad_key *key = data;

	return sad_dst_hash(data, len, jhash_1word(key->reqid, seed));
}

static u32 sad_reqid_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct nfsec_path *path = data;

	return sad_dst_obj_hash(data, len, jhash_1word(path->sa->reqid, seed));
}

static int sad_reqid_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct sad_key *key = arg->key;
	const struct nfsec_path *path = obj;

	return path->sa->reqid != key->reqid || sad_dst_cmp(arg, obj);
}

static const struct rhashtable_params sad_spi_params = {
	.head_offset = offsetof(struct nfsec_sa, spi_link.head),
	.key_offset = offsetof(struct nfsec_sa, spi),
	.key_len = sizeof_field(struct nfsec_sa, spi),
	.automatic_shrinking = true,
};

static const struct rhashtable_params sad_dst_params = {
	.head_offset = offsetof(struct nfsec_path, dst_link.head),
	.key_len = sizeof(struct sad_key),
	.hashfn = sad_dst_hash,
	.obj_hashfn = sad_dst_obj_hash,
	.obj_cmpfn = sad_dst_cmp,
	.automatic_shrinking = true,
};

static const struct rhashtable_params sad_reqid_params = {
	.head_offset = offsetof(struct nfsec_path, reqid_link.head),
	.key_len = sizeof(struct sad_key),
	.hashfn = sad_reqid_hash,
	.obj_hashfn = sad_reqid_obj_hash,
	.obj_cmpfn = sad_reqid_cmp,
	.automatic_shrinking = true,
};

static const struct rhashtable_params sad_tunnel_params = {
	.head_offset = offsetof(struct nfsec_sa, tunnel_link.head),
	.key_offset = offsetof(struct nfsec_sa, reqid),
	.key_len = sizeof_field(struct nfsec_sa, reqid),
	.automatic_shrinking = true,
};

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
	err = rhashtable_init(&sad->tunnels, &sad_tunnel_params);
	if (err)
		goto err_reqid;
	return 0;

err_reqid:
	rhashtable_destroy(&sad->by_reqid);
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
	rhashtable_destroy(&sad->tunnels);
	rhashtable_destroy(&sad->by_reqid);
	rhashtable_destroy(&sad->by_dst);
	rhashtable_destroy(&sad->by_spi);
	xa_destroy(&sad->by_uid);
}

/* Was @a made after @b? The numbers start again some day */
static bool sad_newer(const struct nfsec_sa *a, const struct nfsec_sa *b)
{
	return (s32)((a->uid - b->uid) << 3) > 0;
}

/*
 * Put the path of an SA, which may be older than others that are there already,
 * in its place among those with its key.
 */
static __always_inline int
sad_link_sorted(struct nfsec_net *nn, struct rhashtable *ht, const void *key,
		struct nfsec_path *path, const struct rhashtable_params params)
{
	struct nfsec_path *other, *newer = NULL;

	rcu_read_lock();
	nfsec_link_for_each(other, ht, key, params) {
		if (!sad_newer(other->sa, path->sa))
			break;
		newer = other;
	}
	rcu_read_unlock();
	if (!newer)
		return nfsec_link_add(ht, key, path, params);
	nfsec_link_add_behind(&nn->lock, newer, path, params);
	return 0;
}

static int sad_link_path(struct nfsec_net *nn, struct nfsec_path *path)
{
	struct nfsec_sad *sad = &nn->sad;
	struct sad_key key = {
		.daddr = path->daddr,
		.family = path->family,
		.reqid = path->sa->reqid,
	};
	int err;

	err = sad_link_sorted(nn, &sad->by_reqid, &key, path,
			      sad_reqid_params);
	if (err)
		return err;
	err = sad_link_sorted(nn, &sad->by_dst, &key, path, sad_dst_params);
	if (err)
		nfsec_link_remove(&nn->lock, &sad->by_reqid, path,
				  sad_reqid_params);
	return err;
}

static void sad_unlink_path(struct nfsec_net *nn, struct nfsec_path *path)
{
	nfsec_link_remove(&nn->lock, &nn->sad.by_dst, path, sad_dst_params);
	nfsec_link_remove(&nn->lock, &nn->sad.by_reqid, path,
			  sad_reqid_params);
}

static bool sad_is_tunnel(const struct nfsec_sa *sa)
{
	return sa->reqid && sa->mode == NFSEC_MODE_TUNNEL &&
	       sa->dir != NFSEC_DIR_IN;
}

static int sad_publish(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	struct nfsec_path *path = nfsec_net_path(nn, sa);
	struct nfsec_sad *sad = &nn->sad;
	int err;

	err = nfsec_net_hook(nn);
	if (!err)
		err = nfsec_natt_add_port(nn, path);
	if (err)
		return err;
	err = xa_alloc_cyclic(&sad->by_uid, &sa->uid, sa,
			      XA_LIMIT(1, UID_MAX), &sad->next_uid, GFP_KERNEL);
	if (err < 0)
		return err;
	err = sad_link_path(nn, path);
	if (err)
		goto err_uid;
	if (sad_is_tunnel(sa)) {
		err = nfsec_link_add(&sad->tunnels, &sa->reqid, sa,
				     sad_tunnel_params);
		if (err)
			goto err_path;
	}
	err = nfsec_link_add(&sad->by_spi, &sa->spi, sa, sad_spi_params);
	if (err)
		goto err_tunnel;
	refcount_inc(&sa->refcnt);
	WRITE_ONCE(sad->count, sad->count + 1);
	nfsec_lifetime_start(sa);
	nfsec_net_changed(nn);
	return 0;

err_tunnel:
	if (sad_is_tunnel(sa))
		nfsec_link_remove(&nn->lock, &sad->tunnels, sa,
				  sad_tunnel_params);
err_path:
	sad_unlink_path(nn, path);
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
	const struct nfsec_path *path = nfsec_net_path(nn, sa);
	const struct nfsec_sa_id id = {
		.daddr = path->daddr,
		.spi = sa->spi,
		.family = path->family,
		.proto = sa->proto,
		.mark = sa->mark,
	};

	if (nfsec_sad_find(nn, &id))
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
 * nfsec_sad_move() - give an SA other addresses or ports
 * @nn: namespace
 * @sa: SA in the tables
 * @path: what it gets, set up; gone also after an error
 *
 * Packets find the SA at every moment: those received by its SPI, whose place
 * does not change; those to be sent in the place it had or the one it gets. All
 * else of the SA stays, sequence numbers above all. Context: process,
 * &nfsec_net.lock held.
 *
 * Return: 0, or an error; then nothing has changed.
 */
int nfsec_sad_move(struct nfsec_net *nn, struct nfsec_sa *sa,
		   struct nfsec_path *path)
{
	struct nfsec_path *old = nfsec_net_path(nn, sa);
	int err;

	err = nfsec_natt_add_port(nn, path);
	if (!err)
		err = sad_link_path(nn, path);
	if (err) {
		nfsec_path_free_rcu(path);
		return err;
	}
	rcu_assign_pointer(sa->path, path);
	sad_unlink_path(nn, old);
	nfsec_net_changed(nn);
	nfsec_path_free_rcu(old);
	return 0;
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
	nfsec_link_remove(&nn->lock, &sad->by_spi, sa, sad_spi_params);
	sad_unlink_path(nn, nfsec_net_path(nn, sa));
	if (sad_is_tunnel(sa))
		nfsec_link_remove(&nn->lock, &sad->tunnels, sa,
				  sad_tunnel_params);
	xa_erase(&sad->by_uid, sa->uid);
	WRITE_ONCE(sad->count, sad->count - 1);
	nfsec_net_changed(nn);
	nfsec_lifetime_stop(sa);
	nfsec_sa_put(sa);
}

static bool sad_goes_to(const struct nfsec_sa *sa, u8 proto, u8 family,
			const struct nfsec_addr *daddr)
{
	const struct nfsec_path *path = nfsec_sa_path(sa);

	return sa->proto == proto && path->family == family &&
	       nfsec_addr_equal(&path->daddr, daddr);
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
	nfsec_link_for_each(sa, &nn->sad.by_spi, &id->spi, sad_spi_params) {
		if (sad_goes_to(sa, id->proto, id->family, &id->daddr) &&
		    sa->mark.value == id->mark.value &&
		    sa->mark.mask == id->mark.mask)
			break;
	}
	rcu_read_unlock();
	return sa;
}

/*
 * How well an SA suits a packet that was received, 0 for not at all: an SA for
 * the very address before one for any, one of the family before one of another,
 * one that can be used before one that is expired, and one for few marks before one for many.
 */
static u32 sad_rank_in(const struct nfsec_sa *sa, u8 proto, u8 family,
		       const struct nfsec_addr *daddr, u32 mark)
{
	const struct nfsec_path *path = nfsec_sa_path(sa);
	u8 state = READ_ONCE(sa->state);
	bool same = path->family == family, exact;

	if (sa->proto != proto || sa->dir == NFSEC_DIR_OUT ||
	    !nfsec_mark_match(&sa->mark, mark))
		return 0;
	/* The peer may not know yet that a tunnel has moved, or know before. */
	if (!same && sa->mode != NFSEC_MODE_TUNNEL)
		return 0;
	if (state != NFSEC_SA_VALID && state != NFSEC_SA_EXPIRED)
		return 0;
	exact = same && nfsec_addr_equal(&path->daddr, daddr);
	if (!exact && sa->dir != NFSEC_DIR_IN)
		return 0;
	return 1 + hweight32(sa->mark.mask) +
	       (state == NFSEC_SA_VALID ? 64 : 0) + (same ? 128 : 0) +
	       (exact ? 256 : 0);
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
 * An SA with direction in is found at any address of the host (RFC 4301 4.1), in
 * tunnel mode of either family; one without a direction at its own only.
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
	nfsec_link_for_each(sa, &nn->sad.by_spi, &spi, sad_spi_params) {
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

	nfsec_link_for_each(sa, &nn->sad.by_spi, &spi, sad_spi_params) {
		if (sa->dir != NFSEC_DIR_IN && nfsec_sa_usable(sa) &&
		    sad_goes_to(sa, proto, family, daddr))
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

static bool sad_fits_out(const struct nfsec_path *path, struct sad_choice *c)
{
	const struct nfsec_tmpl *tmpl = c->tmpl;
	const struct nfsec_sa *sa = path->sa;

	if (sa->proto != tmpl->proto || sa->mode != tmpl->mode ||
	    sa->dir == NFSEC_DIR_IN || !nfsec_sa_usable(sa))
		return false;
	if (tmpl->reqid && tmpl->reqid != sa->reqid)
		return false;
	if (tmpl->spi && tmpl->spi != sa->spi)
		return false;
	if (!nfsec_addr_any(c->saddr) && !nfsec_addr_any(&path->saddr) &&
	    !nfsec_addr_equal(c->saddr, &path->saddr))
		return false;
	if (!nfsec_mark_match(&sa->mark, c->fl->mark))
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
 * says, since it will be sent to them. A tunnel without a destination is any
 * with the reqid (RFC 4555 A.1). The newest SA that fits is taken.
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
	struct nfsec_path *path;
	struct nfsec_sa *sa;

	if (tunnel && nfsec_addr_any(&tmpl->daddr)) {
		nfsec_link_for_each(sa, &nn->sad.tunnels, &tmpl->reqid,
				    sad_tunnel_params) {
			path = nfsec_sa_path(sa);
			if ((!tmpl->family || tmpl->family == path->family) &&
			    sad_fits_out(path, &c))
				return sa;
		}
	} else if (tmpl->reqid) {
		nfsec_link_for_each(path, &nn->sad.by_reqid, &key,
				    sad_reqid_params)
			if (sad_fits_out(path, &c))
				return path->sa;
	} else {
		nfsec_link_for_each(path, &nn->sad.by_dst, &key,
				    sad_dst_params)
			if (sad_fits_out(path, &c))
				return path->sa;
	}
	if (c.mismatch)
		*sel_mismatch = true;
	return NULL;
}

/* Is there no SA with this SPI at the destination of @sa, whatever the mark? */
static bool sad_spi_free(struct nfsec_net *nn, const struct nfsec_sa *sa,
			 __be32 spi)
{
	const struct nfsec_path *path;
	struct nfsec_sa *other;

	rcu_read_lock();
	path = nfsec_sa_path(sa);
	nfsec_link_for_each(other, &nn->sad.by_spi, &spi, sad_spi_params) {
		if (sad_goes_to(other, sa->proto, path->family, &path->daddr))
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
	sa->spi = spi;
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
