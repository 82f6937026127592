/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SAD_H
#define _NFSEC_SAD_H

#include <linux/rhashtable.h>
#include <linux/xarray.h>

#include "sa.h"

struct nfsec_net;
struct nfsec_tmpl;
struct netlink_ext_ack;

/**
 * struct nfsec_sad - the security association database of a namespace
 * @by_spi: SAs by SPI
 * @by_dst: paths of SAs by destination address
 * @by_reqid: paths of SAs by destination address and reqid
 * @tunnels: SAs that may send through a tunnel by reqid, for templates without
 *	a destination; those without a reqid are not in it
 * @by_uid: SAs by &nfsec_sa.uid, for dumps: an entry keeps its place whatever
 *	else comes and goes, and a new one comes behind all others until the
 *	numbers, of 29 bits, start again
 * @next_uid: where to look for a free number
 * @count: number of SAs, larval ones included
 * @objects: SAs that are not freed yet, in the tables or not
 *
 * In each hash table is the newest SA of a key, with the others in order behind
 * it (&struct nfsec_link). Changed under &nfsec_net.lock, read under RCU.
 */
struct nfsec_sad {
	struct rhashtable by_spi;
	struct rhashtable by_dst;
	struct rhashtable by_reqid;
	struct rhashtable tunnels;
	struct xarray by_uid;
	u32 next_uid;
	u32 count;
	atomic_t objects;
};

int nfsec_sad_init(struct nfsec_sad *sad);
void nfsec_sad_destroy(struct nfsec_sad *sad);
int nfsec_sad_insert(struct nfsec_net *nn, struct nfsec_sa *sa);
int nfsec_sad_replace(struct nfsec_net *nn, struct nfsec_sa *old,
		      struct nfsec_sa *sa);
int nfsec_sad_move(struct nfsec_net *nn, struct nfsec_sa *sa,
		   struct nfsec_path *path);
void nfsec_sad_remove(struct nfsec_net *nn, struct nfsec_sa *sa);
struct nfsec_sa *nfsec_sad_find(struct nfsec_net *nn,
				const struct nfsec_sa_id *id);
struct nfsec_sa *nfsec_sad_lookup_in(struct nfsec_net *nn, __be32 spi,
				     u8 proto, u8 family,
				     const struct nfsec_addr *daddr, u32 mark);
struct nfsec_sa *nfsec_sad_lookup_sent(struct nfsec_net *nn, __be32 spi,
				       u8 proto, u8 family,
				       const struct nfsec_addr *daddr);
struct nfsec_sa *nfsec_sad_lookup_out(struct nfsec_net *nn,
				      const struct nfsec_tmpl *tmpl,
				      const struct nfsec_flow *fl,
				      bool *sel_mismatch);
int nfsec_sad_alloc_spi(struct nfsec_net *nn, struct nfsec_sa *sa, u32 min,
			u32 max, struct netlink_ext_ack *extack);
void nfsec_sad_walk(struct nfsec_net *nn,
		    void (*fn)(struct nfsec_sa *sa, void *arg), void *arg);

#endif /* _NFSEC_SAD_H */
