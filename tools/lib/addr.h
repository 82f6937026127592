/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 and IPv6 addresses, prefixes and ranges as text.
 */
#ifndef SEC_ADDR_H
#define SEC_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "diag.h"

#define SEC_ADDR_TEXT_MAX 48

/* @len is 4 or 16, or 0 for no address; @b is in network order. */
struct sec_addr {
	uint8_t len;
	uint8_t b[16];
};

/* What a word like 10.0.0.0/8 or 10.0.0.1-10.0.0.9 says. */
struct sec_range {
	struct sec_addr first, last;	/* last.len is 0 for a prefix */
	uint8_t plen;
	bool any;			/* the word was "any" */
};

int sec_addr_parse(const char *text, struct sec_addr *addr);

/* ADDR, ADDR/PLEN, ADDR/NETMASK, ADDR-ADDR or any. @word names the argument. */
int sec_range_parse(const char *word, const char *text,
		    struct sec_range *range, struct sec_diag *diag);

/* @family is used for an absent address, which prints as all zeros. */
const char *sec_addr_text(const struct sec_addr *addr, int family, char *buf);

static inline int sec_addr_family(const struct sec_addr *addr)
{
	if (!addr->len)
		return AF_UNSPEC;
	return addr->len == 4 ? AF_INET : AF_INET6;
}

/* Is @addr inside @prefix/@plen? */
bool sec_addr_in(const struct sec_addr *addr, const struct sec_addr *prefix,
		 unsigned int plen);

#endif /* SEC_ADDR_H */
