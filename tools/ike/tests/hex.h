/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Octets from hexadecimal text, for test vectors.
 */
#ifndef IKE_TEST_HEX_H
#define IKE_TEST_HEX_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../types.h"

/* Octets of @text, blanks skipped, in one of a ring of 32 static buffers. */
static inline struct ike_buf hex(const char *text)
{
	static uint8_t ring[32][2100];
	static unsigned int next;
	uint8_t *p = ring[next++ % 32];
	unsigned int octet;
	size_t n = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (sscanf(text, "%2x", &octet) != 1 || n == sizeof(ring[0]))
			abort();
		p[n++] = (uint8_t)octet;
		text += 2;
	}
	return (struct ike_buf){ p, n };
}

/* Whether the octets at @p are those of @text. */
static inline int same(const void *p, size_t n, const char *text)
{
	struct ike_buf want = hex(text);

	return n == want.n && !memcmp(p, want.p, n);
}

#endif /* IKE_TEST_HEX_H */
