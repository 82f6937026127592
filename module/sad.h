/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_SAD_H
#define _NFSEC_SAD_H

#include <linux/rhashtable.h>

#include "sa.h"

struct nfsec_tmpl;

/**
 * struct nfsec_sad - the security association database of a namespace
 * @by_spi: SAs by SPI
 * @by_dst: SAs by destination address
 * @count: number of SAs, larval ones included
 *
 * Changed under &nfsec_net.lock, read under RCU.
 */
struct nfsec_sad {
	struct rhltable by_spi;
	struct rhltable by_dst;
	u32 count;
};

int nfsec_sad_init(struct nfsec_sad *sad);
void nfsec_sad_destroy(struct nfsec_sad *sad);
int nfsec_sad_insert(struct nfsec_net *nn, struct nfsec_sa *sa);
void nfsec_sad_remove(struct nfsec_net *nn, struct nfsec_sa *sa);
struct nfsec_sa *nfsec_sad_find(struct nfsec_net *nn,
				const struct nfsec_sa_id *id);
struct nfsec_sa *nfsec_sad_lookup_in(struct nfsec_net *nn, __be32 spi,
				     u8 proto, u8 family,
				     const struct nfsec_addr *daddr, u32 mark);
struct nfsec_sa *nfsec_sad_lookup_out(struct nfsec_net *nn,
				      const struct nfsec_tmpl *tmpl,
				      const struct nfsec_flow *fl,
				      bool *sel_mismatch);
int nfsec_sad_alloc_spi(struct nfsec_net *nn, struct nfsec_sa *sa, u32 min,
			u32 max, struct netlink_ext_ack *extack);
void nfsec_sad_walk(struct nfsec_net *nn,
		    void (*fn)(struct nfsec_sa *sa, void *arg), void *arg);

#endif /* _NFSEC_SAD_H */
