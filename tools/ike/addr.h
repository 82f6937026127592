/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses with ports, in a form that can be compared and hashed.
 */
#ifndef IKE_ADDR_H
#define IKE_ADDR_H

#include <stdbool.h>
#include <string.h>

#include "types.h"

/**
 * struct ike_addr - an address and a UDP port
 * @len: octets of @a: 4, 16, or 0 for any address
 * @a: the address as on the wire
 * @port: the port in host order, 0 where there is none
 */
struct ike_addr {
	uint8_t len;
	uint8_t a[16];
	uint16_t port;
};

/* The same address, whatever the ports. */
static inline bool ike_addr_same(const struct ike_addr *x, const struct ike_addr *y)
{
	return x->len == y->len && !memcmp(x->a, y->a, x->len);
}

/* The same address and the same port. */
static inline bool ike_addr_equal(const struct ike_addr *x, const struct ike_addr *y)
{
	return ike_addr_same(x, y) && x->port == y->port;
}

/* "192.0.2.1:500", "[2001:db8::1]:500", without the port if that is 0; returns @buf. */
#define IKE_ADDR_TEXT 64
char *ike_addr_print(const struct ike_addr *a, char *buf, size_t n);

#endif /* IKE_ADDR_H */
