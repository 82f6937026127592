/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE SAs by what is asked of them at each handshake, so that this does not depend on how
 * many there are. Part of sa.h.
 */
#ifndef IKE_INDEX_H
#define IKE_INDEX_H

#include "types.h"

struct ike_ctx;
struct ike_peer_conf;
struct ike_sa;

/* Place in a list: what points here is NULL if it is in none. */
struct ike_link {
	struct ike_sa *next, **prev;
};

/* Puts @sa among the half-open ones, or takes it out; c->half is the first, sa->half.next
 * the next.
 */
void ike_half_open(struct ike_sa *sa, bool on);

/* Files @sa under sa->peer and sa->peer_id, again if that one has changed; it is in no list
 * if it has none.
 */
void ike_index_id(struct ike_sa *sa);

/* The first of those that may be of @peer with an identity; sa->same.next is the next. Others
 * are among them: compare both.
 */
struct ike_sa *ike_by_id(struct ike_ctx *c, const struct ike_peer_conf *peer, uint8_t type,
			 struct ike_buf id);

/* @sa is one of @peer from now on, of nobody if that is NULL. */
void ike_sa_peer(struct ike_sa *sa, const struct ike_peer_conf *peer);

/* The first of those that may be of @peer; sa->mates.next is the next. Compare sa->peer. */
struct ike_sa *ike_by_peer(struct ike_ctx *c, const struct ike_peer_conf *peer);

#endif /* IKE_INDEX_H */
