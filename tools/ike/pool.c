// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses for peers: which are leased, and to whom (RFC 7296 2.19).
 */
#include <stdlib.h>

#include "octets.h"
#include "sa.h"

#define POOL_MAX 65536u	/* addresses of a pool that are used */

/**
 * struct ike_pool_state - what is leased of a pool
 * @next: the next one
 * @pool: the pool
 * @n: addresses of it that are used
 * @cursor: where to look for a free address
 * @used: one bit for each address
 */
struct ike_pool_state {
	struct ike_pool_state *next;
	const struct ike_pool *pool;
	uint32_t n, cursor;
	uint8_t used[];
};

/**
 * struct ike_lease - an address of an identity
 * @next: the next one
 * @state: of which pool
 * @peer: the peer's configuration
 * @no: number of the address in the pool
 * @users: IKE SAs that have it
 * @id_type: type of the identity
 * @id_len: octets of @id
 * @id: the identity
 */
struct ike_lease {
	struct ike_lease *next;
	struct ike_pool_state *state;
	const struct ike_peer_conf *peer;
	uint32_t no;
	unsigned int users;
	uint8_t id_type;
	size_t id_len;
	uint8_t id[];
};

static uint32_t size_of(const struct ike_pool *p)
{
	return p->size < POOL_MAX ? p->size : POOL_MAX;
}

static struct ike_pool_state *state_of(struct ike_ctx *c, const struct ike_pool *p)
{
	struct ike_pool_state *s;

	for (s = c->pools; s; s = s->next)
		if (s->pool == p)
			return s;
	s = calloc(1, sizeof(*s) + size_of(p) / 8 + 1);
	if (!s)
		return NULL;
	s->pool = p;
	s->n = size_of(p);
	s->next = c->pools;
	c->pools = s;
	return s;
}

static void address(const struct ike_lease *l, struct ike_addr *a)
{
	uint32_t add = l->no;
	unsigned int i;

	*a = l->state->pool->first;
	a->port = 0;
	for (i = a->len; i-- && add; add >>= 8) {
		add += a->a[i];
		a->a[i] = (uint8_t)add;
	}
}

/* A free number of @s, or -1. */
static int64_t take(struct ike_pool_state *s)
{
	uint32_t i, n = s->n, at;

	for (i = 0; i < n; i++) {
		at = (s->cursor + i) % n;
		if (s->used[at / 8] & 1u << at % 8)
			continue;
		s->used[at / 8] |= (uint8_t)(1u << at % 8);
		s->cursor = at + 1;
		return at;
	}
	return -1;
}

static struct ike_lease *known(struct ike_sa *sa, uint8_t len)
{
	struct ike_lease *l;

	for (l = sa->ctx->leases; l; l = l->next)
		if (l->peer == sa->peer && l->state->pool->first.len == len &&
		    ike_id_same(l->id_type, (struct ike_buf){ l->id, l->id_len },
				sa->peer_id_type, sa->peer_id))
			return l;
	return NULL;
}

struct ike_lease *ike_lease_take(struct ike_sa *sa, uint8_t len, struct ike_addr *a)
{
	struct ike_lease *l = known(sa, len);
	struct ike_pool_state *s;
	unsigned int i;
	int64_t no;

	for (i = 0; !l && i < sa->peer->n_pools; i++) {
		if (sa->peer->pools[i]->first.len != len)
			continue;
		s = state_of(sa->ctx, sa->peer->pools[i]);
		no = s ? take(s) : -1;
		if (no < 0)
			continue;
		l = calloc(1, sizeof(*l) + sa->peer_id.n);
		if (!l) {
			s->used[no / 8] &= (uint8_t)~(1u << no % 8);
			return NULL;
		}
		l->state = s;
		l->peer = sa->peer;
		l->no = (uint32_t)no;
		l->id_type = sa->peer_id_type;
		l->id_len = sa->peer_id.n;
		memcpy(l->id, sa->peer_id.p, sa->peer_id.n);
		l->next = sa->ctx->leases;
		sa->ctx->leases = l;
	}
	if (!l)
		return NULL;
	l->users++;
	address(l, a);
	return l;
}

void ike_lease_give(struct ike_sa *sa, struct ike_lease *l)
{
	struct ike_lease **p = &sa->ctx->leases;

	if (!l || --l->users)
		return;
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	l->state->used[l->no / 8] &= (uint8_t)~(1u << l->no % 8);
	free(l);
}

const struct ike_pool *ike_lease_pool(const struct ike_lease *l)
{
	return l->state->pool;
}

void ike_pool_free(struct ike_ctx *c)
{
	struct ike_pool_state *s;

	while ((s = c->pools)) {
		c->pools = s->next;
		free(s);
	}
}
