// SPDX-License-Identifier: GPL-2.0
/*
 * IKE SAs by state, by identity and by peer.
 */
#include <ctype.h>

#include "sa.h"

static void take(struct ike_link *l, struct ike_link *next)
{
	if (!l->prev)
		return;
	*l->prev = l->next;
	if (next)
		next->prev = l->prev;
	*l = (struct ike_link){ 0 };
}

static void put(struct ike_sa *sa, struct ike_link *l, struct ike_sa **first, struct ike_link *next)
{
	l->next = *first;
	l->prev = first;
	if (next)
		next->prev = &l->next;
	*first = sa;
}

void ike_half_open(struct ike_sa *sa, bool on)
{
	struct ike_ctx *c = sa->ctx;

	take(&sa->half, sa->half.next ? &sa->half.next->half : NULL);
	if (on)
		put(sa, &sa->half, &c->half, c->half ? &c->half->half : NULL);
}

static unsigned int mix(unsigned int h, uint8_t octet)
{
	return (h ^ octet) * 16777619u;
}

static unsigned int hash(const struct ike_peer_conf *peer)
{
	unsigned int h = 2166136261u, i;
	uintptr_t a = (uintptr_t)peer;

	for (i = 0; i < sizeof(a); i++)
		h = mix(h, (uint8_t)(a >> 8 * i));
	return h;
}

/* Letters of names count in either case, and a name of X.500 has several forms. */
static struct ike_sa **id_bucket(struct ike_ctx *c, const struct ike_peer_conf *peer, uint8_t type,
				 struct ike_buf id)
{
	unsigned int h = mix(hash(peer), type);
	size_t i;

	for (i = 0; type != IKE_ID_DN && i < id.n; i++)
		h = mix(h, (uint8_t)tolower(id.p[i]));
	return &c->by_id[(h ^ h >> 16) % IKE_BUCKETS];
}

struct ike_sa *ike_by_id(struct ike_ctx *c, const struct ike_peer_conf *peer, uint8_t type,
			 struct ike_buf id)
{
	return *id_bucket(c, peer, type, id);
}

void ike_index_id(struct ike_sa *sa)
{
	struct ike_sa **b;

	take(&sa->same, sa->same.next ? &sa->same.next->same : NULL);
	if (!sa->peer_id.p)
		return;
	b = id_bucket(sa->ctx, sa->peer, sa->peer_id_type, sa->peer_id);
	put(sa, &sa->same, b, *b ? &(*b)->same : NULL);
}

static struct ike_sa **peer_bucket(struct ike_ctx *c, const struct ike_peer_conf *peer)
{
	unsigned int h = hash(peer);

	return &c->by_peer[(h ^ h >> 16) % IKE_BUCKETS];
}

struct ike_sa *ike_by_peer(struct ike_ctx *c, const struct ike_peer_conf *peer)
{
	return *peer_bucket(c, peer);
}

void ike_sa_peer(struct ike_sa *sa, const struct ike_peer_conf *peer)
{
	struct ike_sa **b;

	take(&sa->mates, sa->mates.next ? &sa->mates.next->mates : NULL);
	sa->peer = peer;
	ike_index_id(sa);
	if (!peer)
		return;
	b = peer_bucket(sa->ctx, peer);
	put(sa, &sa->mates, b, *b ? &(*b)->mates : NULL);
}
