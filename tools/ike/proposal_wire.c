// SPDX-License-Identifier: GPL-2.0
/*
 * Proposals in SA payloads (RFC 7296 3.3).
 */
#include <string.h>

#include "octets.h"
#include "proposal.h"

#define KEY_LENGTH	14	/* the only attribute there is (3.3.5) */

/* Whether a cipher of this number has keys of several lengths. */
static bool variable_key(uint16_t id)
{
	return (id >= IKE_ENCR_AES_CBC && id <= IKE_ENCR_NULL_AES_GMAC) ||
		(id >= IKE_ENCR_CAMELLIA_CBC && id <= 27);
}

/* Attributes: TV of 4 octets with the high bit, or TLV. */
static bool parse_attrs(struct ike_buf b, struct ike_transform *t)
{
	uint16_t type, v;

	while (b.n) {
		if (b.n < 4)
			return false;
		type = ike_get16(b.p);
		v = ike_get16(b.p + 2);
		b = ike_skip(b, 4);
		if (type == (0x8000 | KEY_LENGTH) && !t->keylen && v)
			t->keylen = v;
		else
			t->bad = true;
		if (type & 0x8000)
			continue;
		if (v > b.n)
			return false;
		b = ike_skip(b, v);
	}
	return true;
}

static enum ike_reason parse_transform(struct ike_buf *b, bool last, struct ike_transform *t)
{
	size_t len;

	if (b->n < 8)
		return IKE_R_BODY_SHORT;
	len = ike_get16(b->p + 2);
	if (len < 8 || len > b->n)
		return IKE_R_BODY_LENGTH;
	if (b->p[0] != (last ? 0 : 3))
		return IKE_R_BODY_VALUE;
	memset(t, 0, sizeof(*t));
	t->type = b->p[4];
	t->id = ike_get16(b->p + 6);
	if (!parse_attrs((struct ike_buf){ b->p + 8, len - 8 }, t))
		return IKE_R_BODY_LENGTH;
	if ((t->type == IKE_T_ENCR && variable_key(t->id)) != !!t->keylen)
		t->bad = true;
	*b = ike_skip(*b, len);
	return IKE_R_OK;
}

/* The SPI sizes there are: none or 8 for IKE, 4 for ESP and AH (3.3.1). */
static bool spi_size_ok(uint8_t proto, uint8_t size)
{
	switch (proto) {
	case IKE_PROTO_IKE:
		return size == 0 || size == 8;
	case IKE_PROTO_AH:
	case IKE_PROTO_ESP:
		return size == 4;
	default:	/* a protocol of the future: passed over */
		return true;
	}
}

/* One proposal that fills @b; @p may be NULL. */
static enum ike_reason parse_proposal(struct ike_buf b, struct ike_proposal *p)
{
	uint8_t proto = b.p[5], spi_size = b.p[6], n = b.p[7];
	struct ike_transform t;
	enum ike_reason why;
	unsigned int i;

	if (n > IKE_MAX_TRANSFORMS)
		return IKE_R_PROPOSALS;
	if (!n || !spi_size_ok(proto, spi_size))
		return IKE_R_BODY_VALUE;
	if (spi_size > b.n - 8)
		return IKE_R_BODY_LENGTH;
	if (p) {
		memset(p, 0, offsetof(struct ike_proposal, t));
		p->num = b.p[4];
		p->proto = proto;
		if (spi_size <= sizeof(p->spi)) {
			p->spi_size = spi_size;
			memcpy(p->spi, b.p + 8, spi_size);
		}
	}
	b = ike_skip(b, 8 + (size_t)spi_size);
	for (i = 0; i < n; i++) {
		why = parse_transform(&b, i + 1 == n, &t);
		if (why)
			return why;
		if (!p)
			continue;
		p->t[p->n++] = t;
		p->unknown_type |= t.type < IKE_T_ENCR || t.type > IKE_T_MAX;
		p->weak |= ike_transform_weak(&t);
	}
	return b.n ? IKE_R_BODY_LENGTH : IKE_R_OK;
}

int ike_sa_parse(struct ike_buf b, struct ike_proposal *out, unsigned int max,
		 enum ike_reason *why)
{
	unsigned int n = 0;
	uint8_t last, num = 0;
	size_t len;

	do {
		*why = b.n < 8 ? IKE_R_BODY_SHORT : IKE_R_OK;
		if (*why)
			return -1;
		last = b.p[0];
		len = ike_get16(b.p + 2);
		if (len < 8 || len > b.n)
			*why = IKE_R_BODY_LENGTH;
		else if (last != 0 && last != 2)
			*why = IKE_R_BODY_VALUE;
		else if (n == IKE_MAX_PROPOSALS)
			*why = IKE_R_PROPOSALS;
		/* One, two, three: except in an answer, which has the number chosen. */
		else if (n ? b.p[4] != num + 1 : (last == 2 && b.p[4] != 1))
			*why = IKE_R_BODY_VALUE;
		else
			*why = parse_proposal((struct ike_buf){ b.p, len },
					      out && n < max ? &out[n] : NULL);
		if (*why)
			return -1;
		num = b.p[4];
		n++;
		b = ike_skip(b, len);
	} while (last);
	if (b.n)
		*why = IKE_R_BODY_LENGTH;
	return *why ? -1 : (int)n;
}

static void out_transform(struct ike_out *o, const struct ike_transform *t, bool last)
{
	ike_out_u8(o, last ? 0 : 3);
	ike_out_u8(o, 0);
	ike_out_u16(o, t->keylen ? 12 : 8);
	ike_out_u8(o, t->type);
	ike_out_u8(o, 0);
	ike_out_u16(o, t->id);
	if (t->keylen) {
		ike_out_u16(o, 0x8000 | KEY_LENGTH);
		ike_out_u16(o, t->keylen);
	}
}

void ike_out_sa(struct ike_out *o, const struct ike_proposal *p, unsigned int n, const void *spi,
		uint8_t spi_size)
{
	unsigned int i, k;
	size_t len;

	ike_out_begin(o, IKE_P_SA);
	if (!n)
		o->failed = true;
	for (i = 0; i < n; i++, p++) {
		len = 8 + (size_t)spi_size;
		for (k = 0; k < p->n; k++)
			len += p->t[k].keylen ? 12 : 8;
		if (!p->n)
			o->failed = true;
		ike_out_u8(o, i + 1 == n ? 0 : 2);
		ike_out_u8(o, 0);
		ike_out_u16(o, (uint16_t)len);
		ike_out_u8(o, p->num);
		ike_out_u8(o, p->proto);
		ike_out_u8(o, spi_size);
		ike_out_u8(o, p->n);
		ike_out_octets(o, spi, spi_size);
		for (k = 0; k < p->n; k++)
			out_transform(o, &p->t[k], k + 1u == p->n);
	}
	ike_out_end(o);
}
