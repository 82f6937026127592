// SPDX-License-Identifier: GPL-2.0
/*
 * Sections pools and authorities.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"

#define PREFIX	0x1	/* addresses with the length of a prefix (RFC 7296 3.15.1) */

/* Names of attributes and their numbers (RFC 7296 3.15.1); 0 if there is none. */
static const struct attr_name {
	const char *name;
	uint16_t ip4, ip6;
	uint8_t flags;
} attr_names[] = {
	{ "dns", 3, 10 }, { "nbns", 4, 0 }, { "dhcp", 6, 12 }, { "netmask", 2, 0 },
	{ "subnet", 13, 15, PREFIX },
};

static const struct conf_key pool_keys[] = {
	CONF_KEY(pool, addrs, pool_range),
	CONF_NOT("server"), CONF_NOT("split_include"), CONF_NOT("split_exclude"),
	CONF_END
};

struct attr_ctx {
	struct ike_conf_pool *pool;
	const struct attr_name *name;
	uint16_t type;		/* of an attribute without name */
};

static bool add(struct conf_ctx *x, struct ike_conf_pool *p, uint16_t type, const void *octets,
		size_t n)
{
	struct ike_conf_attrs *l = &p->attrs;
	uint8_t *copy = conf_need(x, conf_alloc(x->c->mem, n + 1));

	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (!copy || !l->v)
		return false;
	memcpy(copy, octets, n);
	l->v[l->n++] = (struct ike_conf_attr){ type, { copy, n } };
	return true;
}

/* A subnet: address and mask, or address and length. */
static bool prefix(struct conf_ctx *x, struct ike_conf_pool *p, uint16_t type,
		   const struct ike_conf_addr *a)
{
	unsigned int i, len = a->family == 6 ? 16 : 4, bits = 0;
	uint8_t octets[17];

	memcpy(octets, a->lo, len);
	for (i = 0; i < len; i++) {
		uint8_t mask = (uint8_t)~(a->lo[i] ^ a->hi[i]);

		bits += (unsigned int)__builtin_popcount(mask);
		if (len == 4)
			octets[4 + i] = mask;
	}
	if (len == 16)
		octets[16] = (uint8_t)bits;
	return add(x, p, type, octets, len == 4 ? 8 : 17);
}

static bool named(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	const struct attr_ctx *c = ctx;
	struct ike_conf_addr a = { 0 };
	bool ok = conf_ip_range(part, &a) && !strchr(part, '-');
	uint16_t type;

	if (ok && a.kind == IKE_CONF_RANGE)
		ok = c->name->flags & PREFIX;
	if (!ok) {
		conf_error(x, n, "\"%s\" in \"%s\" is no %s", part, n->name,
			   c->name->flags & PREFIX ? "subnet" : "address");
		return false;
	}
	type = a.family == 6 ? c->name->ip6 : c->name->ip4;
	if (!type) {
		conf_error(x, n, "there is no \"%s\" for IPv6", n->name);
		return false;
	}
	if (c->name->flags & PREFIX)
		return prefix(x, c->pool, type, &a);
	return add(x, c->pool, type, a.lo, a.family == 6 ? 16 : 4);
}

/* The value of an attribute that is known by number only: addresses, or octets. */
static bool numbered(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	const struct attr_ctx *c = ctx;
	struct conf_node one = *n;
	struct ike_buf octets;
	uint8_t addr[16];
	unsigned int k = conf_ip(part, addr);

	if (k)
		return add(x, c->pool, c->type, addr, k == 6 ? 16 : 4);
	one.value = part;
	if (!conf_octets(x, &one, &octets))
		return false;
	if (octets.n > 1024) {
		conf_error(x, n, "the value of attribute %s is too long", n->name);
		return false;
	}
	return add(x, c->pool, c->type, octets.p, octets.n);
}

/* Whether key @n is an attribute; then it was read. */
static bool attr(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_pool *p)
{
	struct attr_ctx c = { .pool = p };
	unsigned long v;
	unsigned int i;
	char *end;

	for (i = 0; i < CONF_ARRAY_SIZE(attr_names); i++)
		if (!strcmp(n->name, attr_names[i].name))
			c.name = &attr_names[i];
	if (c.name) {
		if (*n->value)
			conf_split(x, n, named, &c);
		return true;
	}
	if (!isdigit((unsigned char)*n->name))
		return false;
	v = strtoul(n->name, &end, 10);
	if (*end || !v || v > 32767) {
		conf_error(x, n, "attributes have numbers from 1 to 32767, not \"%s\"", n->name);
		return true;
	}
	c.type = (uint16_t)v;
	if (*n->value)
		conf_split(x, n, numbered, &c);
	return true;
}

static void unknown_attr(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_pool *p)
{
	static const char *const names[] = {
		"addrs", "dns", "nbns", "dhcp", "netmask", "subnet", NULL,
	};
	const struct conf_key *k;

	for (k = pool_keys; k->name && strcmp(k->name, n->name); k++)
		;
	if (!k->name)
		conf_unknown(x, n, names);
	else if (!k->type)
		conf_error(x, n, "\"%s\" is not supported", n->name);
	else if (*n->value)
		k->type->read(x, n, (char *)p + k->off, k->arg);
}

static void sections_are_unknown(struct conf_ctx *x, const struct conf_view *v)
{
	static const char *const none[] = { NULL };
	struct conf_iter it = { v, 0, NULL };
	struct conf_node *n;

	while ((n = conf_next(x, &it, true)))
		conf_unknown(x, n, none);
}

static void pool(struct conf_ctx *x, const struct conf_node *n, const struct conf_view *v)
{
	struct ike_conf *c = x->c;
	struct ike_conf_pool *p = conf_need(x, conf_alloc(c->mem, sizeof(*p)));
	struct conf_iter it = { v, 0, NULL };
	struct conf_node *k;

	c->pools = conf_need(x, conf_grow(c->mem, c->pools, c->n_pools, sizeof(*c->pools)));
	if (!p || !c->pools)
		return;
	p->item.name = conf_need(x, conf_strndup(c->mem, n->name, strlen(n->name)));
	p->item.file = n->file;
	p->item.line = n->line;
	while ((k = conf_next(x, &it, false)))
		if (!attr(x, k, p))
			unknown_attr(x, k, p);
	sections_are_unknown(x, v);
	c->pools[c->n_pools++] = p;
}

void conf_read_pools(struct conf_ctx *x, const struct conf_view *v)
{
	static const struct conf_key none[] = { CONF_END };
	struct conf_iter it = { v, 0, NULL };
	struct conf_view sub;
	struct conf_node *n;

	conf_keys(x, v, none, NULL);
	while (!x->no_memory && (n = conf_next(x, &it, true))) {
		conf_view_child(x, &sub, v, n->name);
		pool(x, n, &sub);
	}
}

bool conf_attrs_same(const struct ike_conf_attrs *a, const struct ike_conf_attrs *b)
{
	unsigned int i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->v[i].type != b->v[i].type || a->v[i].value.n != b->v[i].value.n ||
		    memcmp(a->v[i].value.p, b->v[i].value.p, a->v[i].value.n))
			return false;
	return a->n == b->n;
}

const struct conf_key conf_authority_keys[] = {
	CONF_KEY(authority, cacert, path, "x509ca"),
	{ "file", &conf_path, offsetof(struct ike_conf_authority, cacert), "x509ca" },
	{ "crl_uris", &conf_crls, offsetof(struct ike_conf_authority, crls) },
	CONF_NOT("ocsp_uris"), CONF_NOT("cert_uri_base"), CONF_NOT("handle"), CONF_NOT("slot"),
	CONF_NOT("module"),
	CONF_END
};

void conf_read_authorities(struct conf_ctx *x, const struct conf_view *v)
{
	static const struct conf_key none[] = { CONF_END };
	struct conf_iter it = { v, 0, NULL };
	struct ike_conf *c = x->c;
	struct ike_conf_authority *a;
	unsigned int errors;
	struct conf_view sub;
	struct conf_node *n;

	conf_keys(x, v, none, NULL);
	while (!x->no_memory && (n = conf_next(x, &it, true))) {
		a = conf_need(x, conf_alloc(c->mem, sizeof(*a)));
		c->authorities = conf_need(x, conf_grow(c->mem, c->authorities, c->n_authorities,
							sizeof(*c->authorities)));
		if (!a || !c->authorities)
			return;
		a->item.name = conf_need(x, conf_strndup(c->mem, n->name, strlen(n->name)));
		a->item.file = n->file;
		a->item.line = n->line;
		errors = c->errors;
		conf_view_child(x, &sub, v, n->name);
		conf_keys(x, &sub, conf_authority_keys, a);
		sections_are_unknown(x, &sub);
		if (!a->cacert && c->errors == errors)
			conf_error(x, n, "authority \"%s\" has no cacert", n->name);
		c->authorities[c->n_authorities++] = a;
	}
}
