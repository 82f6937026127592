// SPDX-License-Identifier: GPL-2.0
/*
 * Messages in pieces (RFC 7383): what we seal is split, what comes is put together.
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

#define FRAGS		64	/* most pieces of a message */
#define FRAG_HEAD	256	/* longest head of a piece, its SKF header included */
#define FRAG_MS		30000	/* time in which all of them have to come */
#define FRAG_EARLY	10000	/* most octets before the peer is authenticated */
#define FRAG_LATE	65000	/* and after */
#define FRAG_SIZE	1280	/* of the IP packet, unless the peer's configuration has one */
#define FRAG_LEAST	160
#define HEADERS		(40 + 8 + 4) /* IPv6, UDP, marker */

/**
 * struct ike_frags - a message of which pieces are missing
 * @mid: its message ID
 * @xchg: its exchange
 * @first: type of the first payload inside
 * @total: number of pieces
 * @have: how many are there
 * @len: octets in them
 * @until: when it is given up
 * @hash: SHA-256 of the datagram with the first piece
 * @head: what is before the IV in that one
 * @head_len: octets of @head
 * @part: the pieces, in plaintext
 */
struct ike_frags {
	uint32_t mid;
	uint8_t xchg, first;
	uint16_t total, have;
	size_t len;
	uint64_t until;
	uint8_t hash[32];
	uint8_t head[FRAG_HEAD];
	size_t head_len;
	struct {
		uint8_t *p;
		size_t n;
	} part[FRAGS];
};

static struct ike_frags **slot(struct ike_step *x)
{
	return &x->sa->frags[ike_is_response(&x->m->hdr)];
}

static void drop(struct ike_sa *sa, struct ike_frags **f)
{
	unsigned int i;

	if (!*f)
		return;
	sa->ctx->frag_octets -= (*f)->len;
	for (i = 0; i < FRAGS; i++)
		if ((*f)->part[i].p)
			OPENSSL_clear_free((*f)->part[i].p, (*f)->part[i].n);
	free(*f);
	*f = NULL;
}

void ike_frag_wipe(struct ike_sa *sa)
{
	drop(sa, &sa->frags[0]);
	drop(sa, &sa->frags[1]);
}

uint64_t ike_frag_tick(struct ike_sa *sa, uint64_t now)
{
	uint64_t at = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sa->frags); i++) {
		if (sa->frags[i] && now >= sa->frags[i]->until)
			drop(sa, &sa->frags[i]);
		if (sa->frags[i] && sa->frags[i]->until < at)
			at = sa->frags[i]->until;
	}
	return at;
}

bool ike_frag_fits(struct ike_step *x)
{
	const struct ike_frags *f = *slot(x);
	const struct ike_msg *m = x->m;

	if (!x->sa->frag || m->frag_total > FRAGS || m->sk_head.n > FRAG_HEAD)
		return false;
	if (!f || f->mid != m->hdr.mid)
		return true;
	return m->hdr.xchg == f->xchg && m->frag_total >= f->total &&
	       (m->frag_total > f->total || !f->part[m->frag_no - 1].p);
}

/* Room for the message that @x has a piece of; what was begun before goes. */
static struct ike_frags *begin(struct ike_step *x)
{
	struct ike_frags **f = slot(x);

	if (*f && (*f)->mid == x->m->hdr.mid && (*f)->total == x->m->frag_total)
		return *f;
	drop(x->sa, f);
	*f = calloc(1, sizeof(**f));
	if (!*f)
		return NULL;
	(*f)->mid = x->m->hdr.mid;
	(*f)->xchg = x->m->hdr.xchg;
	(*f)->total = x->m->frag_total;
	(*f)->until = x->now + FRAG_MS;
	return *f;
}

bool ike_frag_add(struct ike_step *x, struct ike_buf *inner, uint8_t *hash)
{
	size_t most = x->sa->state == IKE_S_UP ? FRAG_LATE : FRAG_EARLY, n = 0;
	const struct ike_msg *m = x->m;
	struct ike_frags *f = begin(x);
	unsigned int i;

	if (!f || !inner->n || f->len + inner->n > most ||
	    x->c->frag_octets + inner->n > IKE_FRAG_BUDGET)
		return false;
	i = m->frag_no - 1u;
	f->part[i].p = malloc(inner->n);
	if (!f->part[i].p)
		return false;
	memcpy(f->part[i].p, inner->p, inner->n);
	f->part[i].n = inner->n;
	f->len += inner->n;
	x->c->frag_octets += inner->n;
	if (!i) {
		f->first = m->inner_first;
		memcpy(f->hash, hash, sizeof(f->hash));
		memcpy(f->head, m->sk_head.p, m->sk_head.n);
		f->head_len = m->sk_head.n;
	}
	if (++f->have < f->total)
		return false;
	for (i = 0; i < f->total; i++) {
		memcpy(x->c->whole + n, f->part[i].p, f->part[i].n);
		n += f->part[i].n;
	}
	*inner = (struct ike_buf){ x->c->whole, n };
	memcpy(hash, f->hash, sizeof(f->hash));
	x->m->inner_first = f->first;
	memcpy(x->c->head, f->head, f->head_len);
	x->m->sk_head = (struct ike_buf){ x->c->head, f->head_len };
	drop(x->sa, slot(x));
	return true;
}

/* Most octets of a message of ours. */
static size_t limit(const struct ike_sa *sa)
{
	size_t n = sa->peer->frag_size ? sa->peer->frag_size : FRAG_SIZE;

	return (n < FRAG_LEAST ? FRAG_LEAST : n) - HEADERS + (sa->remote.len == 4 ? 20 : 0);
}

/* Seals @inner at @at of c->wire, as piece @no of @total or as one message if @total is 0.
 * Its length, 0 on errors.
 */
static size_t seal_one(struct ike_sa *sa, const struct ike_hdr *h, size_t at, uint8_t first,
		       struct ike_buf inner, unsigned int no, unsigned int total)
{
	size_t n, len = ike_sk_body_len(&sa->sk_out, inner.n);
	uint8_t *body, *wire = sa->ctx->wire + at;
	size_t cap = sizeof(sa->ctx->wire) - at;
	struct ike_out o;

	ike_out_msg(&o, wire, cap, h);
	body = total ? ike_out_skf(&o, first, (uint16_t)no, (uint16_t)total, len)
		     : ike_out_sk(&o, first, len);
	n = ike_out_finish(&o);
	if (!body || !n)
		return 0;
	if (inner.n)
		memcpy(body + ike_sk_iv_len(&sa->sk_out), inner.p, inner.n);
	if (ike_sk_seal(&sa->sk_out, wire, n - len, inner.n, cap))
		return 0;
	return n;
}

size_t ike_seal(struct ike_sa *sa, uint8_t xchg, bool response, uint32_t mid,
		struct ike_out *inner)
{
	struct ike_hdr h = { .version = IKE_VERSION_2, .xchg = xchg, .mid = mid };
	size_t room, one, n = 0, most = limit(sa);
	unsigned int i, total = 0;
	struct ike_buf b;
	uint8_t first;

	ike_out_finish(inner);
	if (inner->failed || !sa->have_keys)
		return 0;
	memcpy(h.spi_i, sa->spi_i, 8);
	memcpy(h.spi_r, sa->spi_r, 8);
	h.flags = (sa->initiator ? IKE_F_INITIATOR : 0) | (response ? IKE_F_RESPONSE : 0);
	first = inner->n ? inner->first : IKE_P_NONE;
	b = (struct ike_buf){ inner->p, inner->n };
	room = b.n;
	if (sa->frag &&
	    IKE_HDR_LEN + IKE_GENERIC_LEN + ike_sk_body_len(&sa->sk_out, b.n) > most) {
		room = ike_sk_room(&sa->sk_out, most - IKE_HDR_LEN - IKE_SKF_LEN);
		total = room ? (unsigned int)((b.n + room - 1) / room) : FRAGS + 1;
	}
	for (i = 0; total <= FRAGS && i < (total ? total : 1); i++) {
		one = seal_one(sa, &h, n, first, (struct ike_buf){ b.p, b.n < room ? b.n : room },
			       i + 1, total);
		if (!one) {
			n = 0;
			break;
		}
		if (!i && xchg == IKE_X_INTERMEDIATE &&
		    ike_inter_note(sa, response, (struct ike_buf){ sa->ctx->wire, IKE_HDR_LEN +
				   (total ? IKE_SKF_LEN : IKE_GENERIC_LEN) }, total, b)) {
			n = 0;
			break;
		}
		n += one;
		b = ike_skip(b, b.n < room ? b.n : room);
	}
	OPENSSL_cleanse(inner->p, inner->n);
	return n;
}
