/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers out of octets.
 */
#ifndef IKE_OCTETS_H
#define IKE_OCTETS_H

#include "types.h"

static inline uint16_t ike_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t ike_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void ike_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void ike_put32(uint8_t *p, uint32_t v)
{
	ike_put16(p, (uint16_t)(v >> 16));
	ike_put16(p + 2, (uint16_t)v);
}

/* What is left of @b behind its first @n octets, of which there have to be as many. */
static inline struct ike_buf ike_skip(struct ike_buf b, size_t n)
{
	return (struct ike_buf){ b.p + n, b.n - n };
}

#endif /* IKE_OCTETS_H */
