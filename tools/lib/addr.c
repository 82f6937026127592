// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

/*
 * ip(8) reads "10" as 10.0.0.0 and "10.1" as 10.1.0.0, unlike inet_aton(3),
 * which would put the last number at the right end.
 */
static int parse_v4(const char *text, struct sec_addr *addr)
{
	const char *p = text;
	char *end;
	int i;

	memset(addr, 0, sizeof(*addr));
	for (i = 0; i < 4; i++) {
		unsigned long n;

		if (*p < '0' || *p > '9')
			return -1;
		n = strtoul(p, &end, 0);
		if (n > 255)
			return -1;
		addr->b[i] = n;
		if (!*end)
			break;
		if (*end != '.')
			return -1;
		p = end + 1;
	}
	if (*end)
		return -1;
	addr->len = 4;
	return 0;
}

int sec_addr_parse(const char *text, struct sec_addr *addr)
{
	if (!strchr(text, ':'))
		return parse_v4(text, addr);
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET6, text, addr->b) != 1)
		return -1;
	addr->len = 16;
	return 0;
}

static int parse_plen(const char *text, const struct sec_addr *addr,
		      uint8_t *plen)
{
	struct sec_addr mask;
	unsigned long n;
	uint32_t bits;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	n = strtoul(text, &end, 10);
	if (!*end) {
		if (n > addr->len * 8UL)
			return -1;
		*plen = n;
		return 0;
	}
	if (addr->len != 4 || parse_v4(text, &mask))
		return -1;
	bits = (uint32_t)mask.b[0] << 24 | mask.b[1] << 16 | mask.b[2] << 8 |
	       mask.b[3];
	for (n = 0; n < 32 && bits & 1U << 31; n++)
		bits <<= 1;
	if (bits)
		return -1;
	*plen = n;
	return 0;
}

static int parse_first_last(char *text, char *sep, struct sec_range *range)
{
	*sep = '\0';
	if (sec_addr_parse(text, &range->first) ||
	    sec_addr_parse(sep + 1, &range->last))
		return -1;
	return range->first.len == range->last.len ? 0 : -1;
}

int sec_range_parse(const char *word, const char *text,
		    struct sec_range *range, struct sec_diag *diag)
{
	char quoted[80];
	char buf[128];
	char *sep;

	memset(range, 0, sizeof(*range));
	if (!strcmp(text, "any") || !strcmp(text, "all") ||
	    !strcmp(text, "default")) {
		range->any = true;
		return 0;
	}
	if (strlen(text) >= sizeof(buf))
		return sec_fail(diag, "%s: the address is too long", word);
	strcpy(buf, text);
	sep = strchr(buf, '-');
	if (sep) {
		if (parse_first_last(buf, sep, range))
			return sec_fail(diag,
					"%s: %s is not a range FIRST-LAST of addresses of one family",
					word, sec_quote(text, quoted, sizeof(quoted)));
		if (memcmp(range->first.b, range->last.b, range->first.len) > 0)
			return sec_fail(diag,
					"%s: the first address of %s is above the last",
					word, sec_quote(text, quoted, sizeof(quoted)));
		return 0;
	}
	sep = strchr(buf, '/');
	if (sep)
		*sep = '\0';
	if (sec_addr_parse(buf, &range->first))
		return sec_fail(diag, "%s: %s is not an IPv4 or IPv6 address",
				word, sec_quote(buf, quoted, sizeof(quoted)));
	range->plen = range->first.len * 8;
	if (sep && parse_plen(sep + 1, &range->first, &range->plen))
		return sec_fail(diag,
				"%s: %s is not a prefix length of %s",
				word, sec_quote(sep + 1, quoted, sizeof(quoted)),
				range->first.len == 4 ? "IPv4" : "IPv6");
	return 0;
}

const char *sec_addr_text(const struct sec_addr *addr, int family, char *buf)
{
	if (!addr->len)
		strcpy(buf, family == AF_INET6 ? "::" : "0.0.0.0");
	else if (!inet_ntop(sec_addr_family(addr), addr->b, buf,
			    SEC_ADDR_TEXT_MAX))
		strcpy(buf, "?");
	return buf;
}

bool sec_addr_in(const struct sec_addr *addr, const struct sec_addr *prefix,
		 unsigned int plen)
{
	unsigned int octets = plen / 8;
	unsigned int bits = plen % 8;
	uint8_t mask;

	if (addr->len != prefix->len || octets > addr->len)
		return false;
	if (memcmp(addr->b, prefix->b, octets))
		return false;
	if (!bits)
		return true;
	mask = 0xff << (8 - bits);
	return !((addr->b[octets] ^ prefix->b[octets]) & mask);
}
