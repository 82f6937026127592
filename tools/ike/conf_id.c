// SPDX-License-Identifier: GPL-2.0
/*
 * Identities as text. The type follows from the form, or from a prefix:
 * "fqdn:moon.example.org", "keyid:#a1b2". Then the data are octets as they
 * are (RFC 7296 3.5).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "cert.h"
#include "conf_int.h"

static bool set(struct conf_ctx *x, struct ike_conf_id *id, uint8_t type, const void *p, size_t n)
{
	uint8_t *copy = conf_need(x, conf_alloc(x->c->mem, n + 1));

	if (!copy)
		return false;
	memcpy(copy, p, n);
	id->type = type;
	id->data = (struct ike_buf){ copy, n };
	return true;
}

static int hexdigit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* Hexadecimal octets, ":" between them allowed. */
static bool set_hex(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_id *id,
		    uint8_t type, const char *s)
{
	uint8_t *out = conf_need(x, conf_alloc(x->c->mem, strlen(s) / 2 + 1));
	size_t k = 0;

	for (; out && *s; s += 2) {
		s += *s == ':' && k;
		if (hexdigit(s[0]) < 0 || hexdigit(s[1]) < 0)
			break;
		out[k++] = (uint8_t)(hexdigit(s[0]) << 4 | hexdigit(s[1]));
	}
	if (out && (*s || !k)) {
		conf_error(x, n, "\"%s\" is not in hexadecimal octets", id->text);
		return false;
	}
	id->type = type;
	id->data = (struct ike_buf){ out, k };
	return out;
}

static bool set_dn(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_id *id)
{
	size_t len;
	uint8_t *der = ike_dn_parse(id->text, &len);
	bool ok;

	if (!der) {
		conf_error(x, n, "\"%s\" is no distinguished name; put keyid: before an identity "
			   "of another kind", id->text);
		return false;
	}
	ok = set(x, id, IKE_ID_DN, der, len);
	OPENSSL_free(der);
	return ok;
}

static bool check_len(struct conf_ctx *x, const struct conf_node *n, const struct ike_conf_id *id)
{
	if ((id->type == IKE_ID_IPV4 && id->data.n != 4) ||
	    (id->type == IKE_ID_IPV6 && id->data.n != 16)) {
		conf_error(x, n, "\"%s\" is no address: octets as they are follow the prefix",
			   id->text);
		return false;
	}
	if (!id->data.n) {
		conf_error(x, n, "\"%s\" has no data", id->text);
		return false;
	}
	return true;
}

/* 1 if there is a prefix and it was read, -1 if it is wrong, 0 if there is none. */
static int prefixed(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_id *id)
{
	static const struct { const char *prefix; uint8_t type; } known[] = {
		{ "ipv4:", IKE_ID_IPV4 }, { "ipv6:", IKE_ID_IPV6 }, { "rfc822:", IKE_ID_RFC822 },
		{ "email:", IKE_ID_RFC822 }, { "userfqdn:", IKE_ID_RFC822 },
		{ "fqdn:", IKE_ID_FQDN }, { "dns:", IKE_ID_FQDN }, { "asn1dn:", IKE_ID_DN },
		{ "asn1gn:", IKE_ID_GN }, { "keyid:", IKE_ID_KEY_ID },
	};
	const char *s = id->text;
	uint8_t type = 0;
	unsigned int i;
	char *end;
	bool ok;

	for (i = 0; i < CONF_ARRAY_SIZE(known) && !type; i++) {
		if (!strncasecmp(s, known[i].prefix, strlen(known[i].prefix))) {
			type = known[i].type;
			s += strlen(known[i].prefix);
		}
	}
	if (!type && *s == '{') {
		unsigned long v = strtoul(s + 1, &end, 10);

		if (end == s + 1 || strncmp(end, "}:", 2) || !v || v > 255)
			return 0;
		type = (uint8_t)v;
		s = end + 2;
	}
	if (!type)
		return 0;
	ok = *s == '#' ? set_hex(x, n, id, type, s + 1) : set(x, id, type, s, strlen(s));
	return ok && check_len(x, n, id) ? 1 : -1;
}

static bool is_any(const char *s)
{
	static const char *const any[] = {
		"%any", "%any6", "%any4", "0.0.0.0", "*", "::", "0::0",
	};
	unsigned int i;

	for (i = 0; i < CONF_ARRAY_SIZE(any); i++)
		if (!strcmp(s, any[i]))
			return true;
	return false;
}

/* The forms that begin with "@". */
static bool at(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_id *id)
{
	const char *s = id->text + 1;

	if (*s == '#')
		return set_hex(x, n, id, IKE_ID_KEY_ID, s + 1);
	if (*s == '@')
		return set(x, id, IKE_ID_RFC822, s + 1, strlen(s + 1)) && check_len(x, n, id);
	return set(x, id, IKE_ID_FQDN, s, strlen(s)) && check_len(x, n, id);
}

bool conf_id_read(struct conf_ctx *x, const struct conf_node *n, const char *text,
		  struct ike_conf_id *id)
{
	struct ike_conf_addr range;
	uint8_t addr[16];
	unsigned int k;
	int ret;

	memset(id, 0, sizeof(*id));
	id->text = conf_need(x, conf_strndup(x->c->mem, text, strlen(text)));
	if (!id->text)
		return false;
	if (strlen(text) > 4096) {
		conf_error(x, n, "this identity is too long");
		return false;
	}
	if (is_any(text))
		return true;
	ret = prefixed(x, n, id);
	if (ret)
		return ret > 0;
	if (*text == '@')
		return at(x, n, id);
	if (strchr(text, '='))
		return set_dn(x, n, id);
	if (strchr(text, '@'))
		return set(x, id, IKE_ID_RFC822, text, strlen(text));
	k = conf_ip(text, addr);
	if (k)
		return set(x, id, k == 6 ? IKE_ID_IPV6 : IKE_ID_IPV4, addr, k == 6 ? 16 : 4);
	if (conf_ip_range(text, &range)) {
		conf_error(x, n, "\"%s\" as an identity is not supported: it has to be one address",
			   text);
		return false;
	}
	return set(x, id, strchr(text, ':') ? IKE_ID_KEY_ID : IKE_ID_FQDN, text, strlen(text));
}

bool conf_id_same(const struct ike_conf_id *a, const struct ike_conf_id *b)
{
	return a->type == b->type && a->data.n == b->data.n &&
	       (!a->data.n || !memcmp(a->data.p, b->data.p, a->data.n));
}

static void id_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	struct ike_conf_id id;

	(void)arg;
	if (conf_id_read(x, n, n->value, &id))
		*(struct ike_conf_id *)field = id;
}

/* Anybody is not the same here as nobody in particular. */
static bool eap_id_same(const void *a, const void *b)
{
	const struct ike_conf_id *m = a, *o = b;

	return conf_id_same(m, o) && !m->text == !o->text;
}

static bool id_same(const void *a, const void *b)
{
	return conf_id_same(a, b);
}

/* One more of several: "id-1 = moon", "id-2 = sun". */
static void id_list_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			 const void *arg)
{
	struct ike_conf_ids *l = field;
	struct ike_conf_id id;

	(void)arg;
	if (!conf_id_read(x, n, n->value, &id))
		return;
	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (l->v)
		l->v[l->n++] = id;
}

static bool id_list_same(const void *a, const void *b)
{
	const struct ike_conf_ids *l = a, *o = b;
	unsigned int i;

	for (i = 0; i < l->n && i < o->n; i++)
		if (!conf_id_same(&l->v[i], &o->v[i]))
			return false;
	return l->n == o->n;
}

const struct conf_type conf_id = { id_read, id_same };
const struct conf_type conf_eap_id = { id_read, eap_id_same };
const struct conf_type conf_id_list = { id_list_read, id_list_same };
