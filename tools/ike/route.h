/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Routes that make addresses inside of tunnels the source of packets to the other side, by
 * rtnetlink, in tables of their own. IKE itself goes past them by its mark.
 */
#ifndef IKE_ROUTE_H
#define IKE_ROUTE_H

#include "addr.h"
#include "ts.h"

#define IKE_ROUTE_TABLE	220	/* what is behind peers; and before it, a rule of this priority */
#define IKE_ROUTE_ALL	221	/* the same if it is everything: other routes of main come first */

struct ike_routes;

/* NULL with errno. What has @mark is not routed by it. */
struct ike_routes *ike_routes_open(uint32_t mark);

/* Takes all away that is left, and closes it. NULL is allowed. */
void ike_routes_close(struct ike_routes *r);

/* Packets to @ts go where those to @peer go, and get source address @src; the same again
 * counts. 0; -EINVAL if @ts is no prefix or of another family, or -errno.
 */
int ike_routes_add(struct ike_routes *r, const struct ike_ts *ts, const struct ike_addr *src,
		   const struct ike_addr *peer);

/* Takes one use back, with the last one the route. 0 or -errno. */
int ike_routes_del(struct ike_routes *r, const struct ike_ts *ts, const struct ike_addr *src);

/* Routes of this host have changed: those of ours go the new way to their peers, and are put
 * back if the kernel took them away.
 */
void ike_routes_refresh(struct ike_routes *r);

#endif /* IKE_ROUTE_H */
