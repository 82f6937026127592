// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses, subnets, ranges and names of hosts.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"

unsigned int conf_ip(const char *text, uint8_t addr[16])
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET, text, addr) == 1)
		return 4;
	return inet_pton(AF_INET6, text, addr) == 1 ? 6 : 0;
}

static bool subnet(char *text, char *slash, struct ike_conf_addr *a)
{
	unsigned int len, bits, i;
	char *end;

	*slash = 0;
	a->family = (uint8_t)conf_ip(text, a->lo);
	len = a->family == 6 ? 16 : 4;
	bits = (unsigned int)strtoul(slash + 1, &end, 10);
	if (!a->family || !isdigit((unsigned char)slash[1]) || *end || end - slash > 4 ||
	    bits > len * 8)
		return false;
	memcpy(a->hi, a->lo, len);
	for (i = bits; i < len * 8; i++) {
		a->lo[i / 8] &= (uint8_t)~(0x80 >> i % 8);
		a->hi[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	return true;
}

bool conf_ip_range(const char *text, struct ike_conf_addr *a)
{
	char copy[128], *p;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	a->kind = IKE_CONF_RANGE;
	p = strchr(copy, '/');
	if (p)
		return subnet(copy, p, a);
	p = strchr(copy, '-');
	if (p) {
		*p++ = 0;
		a->family = (uint8_t)conf_ip(copy, a->lo);
		return a->family && conf_ip(p, a->hi) == a->family && memcmp(a->lo, a->hi, 16) <= 0;
	}
	a->kind = IKE_CONF_HOST;
	a->family = (uint8_t)conf_ip(copy, a->lo);
	memcpy(a->hi, a->lo, 16);
	return a->family != 0;
}

/* Labels of 1 to 63 letters, digits, "-" and "_"; the last one not a number. */
static bool host_name(const char *s)
{
	size_t k, n = strlen(s);
	bool digits = false;

	if (n > 253 || !n)
		return false;
	while (*s) {
		digits = true;
		for (k = 0; s[k] && s[k] != '.'; k++) {
			if (!isalnum((unsigned char)s[k]) && s[k] != '-' && s[k] != '_')
				return false;
			digits = digits && isdigit((unsigned char)s[k]);
		}
		if (!k || k > 63 || *s == '-' || s[k - 1] == '-')
			return false;
		s += k + (s[k] == '.');
	}
	return !digits;
}

static bool is_any(const struct ike_conf_addr *a)
{
	static const uint8_t zero[16];

	return a->kind == IKE_CONF_HOST && !memcmp(a->lo, zero, 16);
}

static bool addr_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	struct ike_conf_addrs *l = ctx;
	struct ike_conf_addr a = { 0 };

	if (!strcmp(part, "%any") || !strcmp(part, "%any4") || !strcmp(part, "%any6")) {
		a.kind = IKE_CONF_ANY;
		a.family = part[4] ? (uint8_t)(part[4] - '0') : 0;
	} else if (conf_ip_range(part, &a)) {
		if (is_any(&a))
			a.kind = IKE_CONF_ANY;
	} else {
		memset(&a, 0, sizeof(a));
		a.kind = IKE_CONF_NAME;
		if (!host_name(part)) {
			conf_error(x, n, "\"%s\" in \"%s\" is no address, subnet, range or name of "
				   "a host", part, n->name);
			return false;
		}
	}
	a.text = conf_need(x, conf_strndup(x->c->mem, part, strlen(part)));
	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (!a.text || !l->v)
		return false;
	l->v[l->n++] = a;
	return true;
}

static void addrs_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	struct ike_conf_addrs l = { 0 };

	(void)arg;
	if (conf_split(x, n, addr_part, &l))
		*(struct ike_conf_addrs *)field = l;
}

static bool addr_same(const struct ike_conf_addr *a, const struct ike_conf_addr *b)
{
	if (a->kind != b->kind || a->family != b->family)
		return false;
	return a->kind == IKE_CONF_NAME ? !strcmp(a->text, b->text) :
	       !memcmp(a->lo, b->lo, 16) && !memcmp(a->hi, b->hi, 16);
}

static bool addrs_same(const void *a, const void *b)
{
	const struct ike_conf_addrs *l = a, *o = b;
	unsigned int i;

	for (i = 0; i < l->n && i < o->n; i++)
		if (!addr_same(&l->v[i], &o->v[i]))
			return false;
	return l->n == o->n;
}

static bool vip_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	struct ike_conf_addrs *l = ctx;
	uint8_t addr[16];

	if (!conf_ip(part, addr)) {
		conf_error(x, n, "\"%s\" in \"%s\" is no address", part, n->name);
		return false;
	}
	if (!addr_part(x, n, part, ctx))
		return false;
	/* The family of "any address" matters here. */
	l->v[l->n - 1].kind = IKE_CONF_HOST;
	return true;
}

static void vips_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	struct ike_conf_addrs l = { 0 };

	(void)arg;
	if (conf_split(x, n, vip_part, &l))
		*(struct ike_conf_addrs *)field = l;
}

static void pool_range_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			    const void *arg)
{
	struct ike_conf_addr a = { 0 };

	(void)arg;
	if (!conf_ip_range(n->value, &a)) {
		conf_error(x, n, "\"%s\" is one subnet or range of addresses, not \"%s\"", n->name,
			   n->value);
		return;
	}
	a.kind = IKE_CONF_RANGE;
	a.text = conf_need(x, conf_strndup(x->c->mem, n->value, strlen(n->value)));
	*(struct ike_conf_addr *)field = a;
}

static bool pool_range_same(const void *a, const void *b)
{
	return addr_same(a, b);
}

const struct conf_type conf_addrs = { addrs_read, addrs_same };
const struct conf_type conf_vips = { vips_read, addrs_same };
const struct conf_type conf_pool_range = { pool_range_read, pool_range_same };
