// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses as text.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "addr.h"

char *ike_addr_print(const struct ike_addr *a, char *buf, size_t n)
{
	char text[INET6_ADDRSTRLEN] = "%any";

	if (a->len)
		inet_ntop(a->len == 16 ? AF_INET6 : AF_INET, a->a, text, sizeof(text));
	if (a->port)
		snprintf(buf, n, a->len == 16 ? "[%s]:%u" : "%s:%u", text, a->port);
	else
		snprintf(buf, n, "%s", text);
	return buf;
}
