/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IKE_TYPES_H
#define IKE_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* A view of octets that somebody else owns. */
struct ike_buf {
	const uint8_t *p;
	size_t n;
};

#endif /* IKE_TYPES_H */
