// SPDX-License-Identifier: GPL-2.0
/*
 * Messages into octets (RFC 7296 section 3).
 */
#include <string.h>

#include "codec.h"
#include "octets.h"

uint8_t *ike_out_room(struct ike_out *o, size_t n)
{
	uint8_t *p;

	if (o->failed || n > o->cap - o->n) {
		o->failed = true;
		return NULL;
	}
	p = o->p + o->n;
	memset(p, 0, n);
	o->n += n;
	return p;
}

void ike_out_u8(struct ike_out *o, uint8_t v)
{
	uint8_t *p = ike_out_room(o, 1);

	if (p)
		*p = v;
}

void ike_out_u16(struct ike_out *o, uint16_t v)
{
	uint8_t *p = ike_out_room(o, 2);

	if (p)
		ike_put16(p, v);
}

void ike_out_u32(struct ike_out *o, uint32_t v)
{
	uint8_t *p = ike_out_room(o, 4);

	if (p)
		ike_put32(p, v);
}

void ike_out_octets(struct ike_out *o, const void *src, size_t n)
{
	uint8_t *p = ike_out_room(o, n);

	if (p && n)
		memcpy(p, src, n);
}

void ike_out_chain(struct ike_out *o, void *buf, size_t cap)
{
	*o = (struct ike_out){ .p = buf, .cap = cap };
}

void ike_out_msg(struct ike_out *o, void *buf, size_t cap, const struct ike_hdr *h)
{
	ike_out_chain(o, buf, cap);
	o->_hdr = true;
	o->_next = 16;
	ike_out_octets(o, h->spi_i, 8);
	ike_out_octets(o, h->spi_r, 8);
	ike_out_u8(o, IKE_P_NONE);
	ike_out_u8(o, h->version);
	ike_out_u8(o, h->xchg);
	ike_out_u8(o, h->flags);
	ike_out_u32(o, h->mid);
	ike_out_u32(o, 0);
}

size_t ike_out_finish(struct ike_out *o)
{
	if (o->failed)
		return 0;
	if (o->_hdr)
		ike_put32(o->p + 24, (uint32_t)o->n);
	return o->n;
}

void ike_out_begin(struct ike_out *o, uint8_t type)
{
	if (o->failed)
		return;
	if (o->_hdr || o->_any)
		o->p[o->_next] = type;
	if (!o->_any)
		o->first = type;
	o->_any = true;
	o->_start = o->n;
	o->_next = o->n;
	ike_out_u32(o, 0);
}

void ike_out_end(struct ike_out *o)
{
	size_t n = o->n - o->_start;

	if (n > UINT16_MAX)
		o->failed = true;
	if (!o->failed)
		ike_put16(o->p + o->_start + 2, (uint16_t)n);
}

void ike_out_raw(struct ike_out *o, uint8_t type, struct ike_buf body)
{
	ike_out_begin(o, type);
	ike_out_octets(o, body.p, body.n);
	ike_out_end(o);
}

void ike_out_ke(struct ike_out *o, uint16_t group, struct ike_buf data)
{
	ike_out_begin(o, IKE_P_KE);
	ike_out_u16(o, group);
	ike_out_u16(o, 0);
	ike_out_octets(o, data.p, data.n);
	ike_out_end(o);
}

void ike_out_id(struct ike_out *o, uint8_t payload, uint8_t type, struct ike_buf data)
{
	ike_out_begin(o, payload);
	ike_out_u32(o, (uint32_t)type << 24);
	ike_out_octets(o, data.p, data.n);
	ike_out_end(o);
}

void ike_out_cert(struct ike_out *o, uint8_t payload, uint8_t encoding, struct ike_buf data)
{
	ike_out_begin(o, payload);
	ike_out_u8(o, encoding);
	ike_out_octets(o, data.p, data.n);
	ike_out_end(o);
}

void ike_out_auth(struct ike_out *o, uint8_t method, struct ike_buf data)
{
	ike_out_id(o, IKE_P_AUTH, method, data);
}

void ike_out_notify(struct ike_out *o, uint16_t type, struct ike_buf data)
{
	ike_out_begin(o, IKE_P_NOTIFY);
	ike_out_u16(o, 0);
	ike_out_u16(o, type);
	ike_out_octets(o, data.p, data.n);
	ike_out_end(o);
}

void ike_out_notify_flag(struct ike_out *o, uint16_t type)
{
	ike_out_notify(o, type, (struct ike_buf){ NULL, 0 });
}

void ike_out_notify_spi(struct ike_out *o, uint16_t type, uint8_t proto, uint32_t spi,
			struct ike_buf data)
{
	ike_out_begin(o, IKE_P_NOTIFY);
	ike_out_u8(o, proto);
	ike_out_u8(o, 4);
	ike_out_u16(o, type);
	ike_out_octets(o, &spi, 4);
	ike_out_octets(o, data.p, data.n);
	ike_out_end(o);
}

void ike_out_delete(struct ike_out *o, uint8_t proto, const uint32_t *spis, unsigned int n)
{
	if (n > UINT16_MAX || (proto == IKE_PROTO_IKE && n)) {
		o->failed = true;
		return;
	}
	ike_out_begin(o, IKE_P_DELETE);
	ike_out_u8(o, proto);
	ike_out_u8(o, proto == IKE_PROTO_IKE ? 0 : 4);
	ike_out_u16(o, (uint16_t)n);
	ike_out_octets(o, spis, 4 * (size_t)n);
	ike_out_end(o);
}

void ike_out_cp_begin(struct ike_out *o, uint8_t type)
{
	ike_out_begin(o, IKE_P_CP);
	ike_out_u32(o, (uint32_t)type << 24);
}

void ike_out_cp_attr(struct ike_out *o, uint16_t type, struct ike_buf value)
{
	if (type > 0x7fff || value.n > UINT16_MAX) {
		o->failed = true;
		return;
	}
	ike_out_u16(o, type);
	ike_out_u16(o, (uint16_t)value.n);
	ike_out_octets(o, value.p, value.n);
}

uint8_t *ike_out_sk(struct ike_out *o, uint8_t inner_first, size_t body)
{
	uint8_t *p;

	ike_out_begin(o, IKE_P_SK);
	p = ike_out_room(o, body);
	ike_out_end(o);
	if (o->failed)
		return NULL;
	o->p[o->_start] = inner_first;
	return p;
}

uint8_t *ike_out_skf(struct ike_out *o, uint8_t inner_first, uint16_t no, uint16_t total,
		     size_t body)
{
	uint8_t *p;

	ike_out_begin(o, IKE_P_SKF);
	ike_out_u16(o, no);
	ike_out_u16(o, total);
	p = ike_out_room(o, body);
	ike_out_end(o);
	if (!no || no > total)
		o->failed = true;
	if (o->failed)
		return NULL;
	o->p[o->_start] = no == 1 ? inner_first : IKE_P_NONE;
	return p;
}
