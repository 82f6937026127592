// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses for peers: which are leased, and to whom (RFC 7296 2.19).
 */
#include <stdlib.h>

#include "octets.h"
#include "sa.h"

#define POOL_MAX 65536u	/* addresses of a pool that are used */

/**
 * struct ike_pool_state - what is leased of the addresses of a pool, whichever configuration
 *	it comes from
 * @next: the next one
 * @first: the first address
 * @n: addresses that are used
 * @cursor: where to look for a free address
 * @used: one bit for each address
 */
struct ike_pool_state {
	struct ike_pool_state *next;
	struct ike_addr first;
	uint32_t n, cursor;
	uint8_t used[];
};

/**
 * struct ike_lease - an address of an identity
 * @next: the next one
 * @a: the address
 * @users: IKE SAs that have it
 * @id_type: type of the identity
 * @id_len: octets of @id
 * @id: the identity
 */
struct ike_lease {
	struct ike_lease *next;
	struct ike_addr a;
	unsigned int users;
	uint8_t id_type;
	size_t id_len;
	uint8_t id[];
};

static uint32_t size_of(const struct ike_pool *p)
{
	return p->size < POOL_MAX ? p->size : POOL_MAX;
}

/* Number of @a counted from @first, or -1 if it is not one of @n. */
static int64_t number(const struct ike_addr *first, uint32_t n, const struct ike_addr *a)
{
	int diff, borrow = 0;
	uint64_t no = 0;
	unsigned int i;

	if (a->len != first->len || !a->len)
		return -1;
	for (i = a->len; i--; borrow = diff < 0) {
		diff = a->a[i] - first->a[i] - borrow;
		if (i + 4 >= a->len)
			no |= (uint64_t)(uint8_t)diff << 8 * (a->len - 1 - i);
		else if (diff)
			return -1;
	}
	return !borrow && no < n ? (int64_t)no : -1;
}

static void mark(struct ike_pool_state *s, const struct ike_addr *a, bool used)
{
	int64_t no = number(&s->first, s->n, a);

	if (no < 0)
		return;
	if (used)
		s->used[no / 8] |= (uint8_t)(1u << no % 8);
	else
		s->used[no / 8] &= (uint8_t)~(1u << no % 8);
}

static void mark_all(struct ike_ctx *c, const struct ike_addr *a, bool used)
{
	struct ike_pool_state *s;

	for (s = c->pools; s; s = s->next)
		mark(s, a, used);
}

static struct ike_pool_state *state_of(struct ike_ctx *c, const struct ike_pool *p)
{
	struct ike_pool_state *s;
	struct ike_lease *l;

	for (s = c->pools; s; s = s->next)
		if (ike_addr_same(&s->first, &p->first) && s->n == size_of(p))
			return s;
	s = calloc(1, sizeof(*s) + size_of(p) / 8 + 1);
	if (!s)
		return NULL;
	s->first = p->first;
	s->n = size_of(p);
	for (l = c->leases; l; l = l->next)
		mark(s, &l->a, true);
	s->next = c->pools;
	c->pools = s;
	return s;
}

static struct ike_addr address(const struct ike_pool_state *s, uint32_t no)
{
	struct ike_addr a = s->first;
	unsigned int i;

	a.port = 0;
	for (i = a.len; i-- && no; no >>= 8) {
		no += a.a[i];
		a.a[i] = (uint8_t)no;
	}
	return a;
}

/* A free number of @s, or -1. */
static int64_t take(struct ike_pool_state *s)
{
	uint32_t i, n = s->n, at;

	for (i = 0; i < n; i++) {
		at = (s->cursor + i) % n;
		if (s->used[at / 8] & 1u << at % 8)
			continue;
		s->cursor = at + 1;
		return at;
	}
	return -1;
}

const struct ike_pool *ike_lease_pool(const struct ike_sa *sa, const struct ike_lease *l)
{
	const struct ike_peer_conf *p = sa->peer;
	unsigned int i;

	for (i = 0; i < p->n_pools; i++)
		if (number(&p->pools[i]->first, size_of(p->pools[i]), &l->a) >= 0)
			return p->pools[i];
	return NULL;
}

static struct ike_lease *known(struct ike_sa *sa, uint8_t len)
{
	struct ike_lease *l;

	for (l = sa->ctx->leases; l; l = l->next)
		if (l->a.len == len && ike_lease_pool(sa, l) &&
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
		if (!l)
			return NULL;
		l->a = address(s, (uint32_t)no);
		l->id_type = sa->peer_id_type;
		l->id_len = sa->peer_id.n;
		memcpy(l->id, sa->peer_id.p, sa->peer_id.n);
		l->next = sa->ctx->leases;
		sa->ctx->leases = l;
		mark_all(sa->ctx, &l->a, true);
	}
	if (!l)
		return NULL;
	l->users++;
	*a = l->a;
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
	mark_all(sa->ctx, &l->a, false);
	free(l);
}

void ike_pool_free(struct ike_ctx *c)
{
	struct ike_pool_state *s;

	while ((s = c->pools)) {
		c->pools = s->next;
		free(s);
	}
}
