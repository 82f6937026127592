// SPDX-License-Identifier: GPL-2.0
/*
 * Values with parts: lists, proposals, traffic selectors, files, secrets.
 */
#include <ctype.h>
#include <string.h>

#include <openssl/crypto.h>

#include "conf_int.h"

bool conf_split(struct conf_ctx *x, const struct conf_node *n,
		bool (*fn)(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx),
		void *ctx)
{
	char *copy = conf_need(x, conf_strndup(x->tmp, n->value, strlen(n->value)));
	char *s, *end, *next;

	for (s = copy; s; s = next) {
		next = strchr(s, ',');
		if (next)
			*next++ = 0;
		while (isspace((unsigned char)*s))
			s++;
		end = s + strlen(s);
		while (end > s && isspace((unsigned char)end[-1]))
			*--end = 0;
		if (!*s) {
			conf_error(x, n, "the list \"%s\" has an empty part", n->name);
			return false;
		}
		if (!fn(x, n, s, ctx))
			return false;
	}
	return copy;
}

static bool push(struct conf_ctx *x, struct ike_conf_strs *l, const char *s)
{
	if (!s)
		return false;
	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (!l->v)
		return false;
	l->v[l->n++] = s;
	return true;
}

static bool name_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	(void)n;
	return push(x, ctx, conf_need(x, conf_strndup(x->c->mem, part, strlen(part))));
}

static void names_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	struct ike_conf_strs l = { 0 };

	(void)arg;
	if (conf_split(x, n, name_part, &l))
		*(struct ike_conf_strs *)field = l;
}

static bool strs_same(const void *a, const void *b)
{
	const struct ike_conf_strs *l = a, *o = b;
	unsigned int i;

	for (i = 0; i < l->n && i < o->n; i++)
		if (strcmp(l->v[i], o->v[i]))
			return false;
	return l->n == o->n;
}

const char *conf_beside(struct conf_ctx *x, const char *sub, const char *name)
{
	size_t d = strlen(x->dir), k = strlen(sub), n = strlen(name);
	char *p;

	if (*name == '/')
		return conf_need(x, conf_strndup(x->c->mem, name, n));
	p = conf_need(x, conf_alloc(x->c->mem, d + k + n + 3));
	if (!p)
		return NULL;
	memcpy(p, x->dir, d);
	memcpy(p + d, sub, k);
	p[d + k] = '/';
	memcpy(p + d + k + 1, name, n);
	return p;
}

struct in_folder {
	struct ike_conf_strs l;
	const char *sub;
};

static bool path_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	struct in_folder *f = ctx;

	if (strstr(part, "://") || conf_prefix(part, "%smartcard")) {
		conf_error(x, n, "\"%s\" is not supported: keys and certificates are files", part);
		return false;
	}
	return push(x, &f->l, conf_beside(x, f->sub, part));
}

/* Adds to the field: "certs" and the sections "cert<suffix>" make one list. @arg: folder. */
static void paths_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	struct in_folder f = { *(struct ike_conf_strs *)field, arg };

	if (conf_split(x, n, path_part, &f))
		*(struct ike_conf_strs *)field = f.l;
}

static void path_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	*(const char **)field = conf_beside(x, arg, n->value);
}

static bool path_same(const void *a, const void *b)
{
	const char *s = *(const char *const *)a, *t = *(const char *const *)b;

	return s && t ? !strcmp(s, t) : s == t;
}

static bool crl_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	if (!conf_prefix(part, "file:///")) {
		conf_error(x, n, "\"%s\" is not supported: a CRL is a file, file:///path", part);
		return false;
	}
	return name_part(x, n, part + strlen("file://"), ctx);
}

static void crls_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	struct ike_conf_strs l = { 0 };

	(void)arg;
	if (conf_split(x, n, crl_part, &l))
		*(struct ike_conf_strs *)field = l;
}

/* @arg points to the enum ike_proto. */
static void proposals_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			   const void *arg)
{
	unsigned int flags = x->flags & IKE_CONF_WEAK ? IKE_PROPOSAL_WEAK : 0;
	struct ike_proposal p[IKE_MAX_PROPOSALS];
	struct ike_conf_proposals *out = field;
	char why[200];
	int k, i;

	k = ike_proposal_read(p, IKE_MAX_PROPOSALS, *(const uint8_t *)arg, n->value, flags, why,
			      sizeof(why));
	if (k <= 0) {
		conf_error(x, n, "%s: %s", n->name, k ? why : "there is no proposal");
		return;
	}
	out->v = conf_need(x, conf_alloc(x->c->mem, (size_t)k * sizeof(*p)));
	if (!out->v)
		return;
	memcpy(out->v, p, (size_t)k * sizeof(*p));
	out->n = (unsigned int)k;
	for (i = 0; i < k; i++)
		if (p[i].weak)
			conf_warn(x, n, "proposal %d of \"%s\" has a weak algorithm", i + 1,
				  n->name);
}

static bool proposals_same(const void *a, const void *b)
{
	const struct ike_conf_proposals *l = a, *o = b;
	unsigned int i, k;

	if (l->n != o->n)
		return false;
	for (i = 0; i < l->n; i++) {
		if (l->v[i].n != o->v[i].n || l->v[i].proto != o->v[i].proto)
			return false;
		for (k = 0; k < l->v[i].n; k++) {
			const struct ike_transform *t = &l->v[i].t[k], *u = &o->v[i].t[k];

			if (t->type != u->type || t->id != u->id || t->keylen != u->keylen)
				return false;
		}
	}
	return true;
}

static bool ts_part(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx)
{
	struct ike_conf_ts *l = ctx;
	struct ike_ts ts;
	char why[200];

	if (ike_ts_read(part, &ts, why, sizeof(why))) {
		conf_error(x, n, "%s: %s", n->name, why);
		return false;
	}
	if (l->n == IKE_MAX_TS) {
		conf_error(x, n, "\"%s\" has more than %d selectors", n->name, IKE_MAX_TS);
		return false;
	}
	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (!l->v)
		return false;
	l->v[l->n++] = ts;
	return true;
}

static void ts_list_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			 const void *arg)
{
	struct ike_conf_ts l = { 0 };

	(void)arg;
	if (conf_split(x, n, ts_part, &l))
		*(struct ike_conf_ts *)field = l;
}

/* Dynamic ones have no address yet, and ike_ts_equal() wants one. */
static bool ts_same(const struct ike_ts *a, const struct ike_ts *b)
{
	if (!a->dynamic || !b->dynamic)
		return ike_ts_equal(a, b);
	return a->type == b->type && a->proto == b->proto && a->port_lo == b->port_lo &&
	       a->port_hi == b->port_hi;
}

static bool ts_list_same(const void *a, const void *b)
{
	const struct ike_conf_ts *l = a, *o = b;
	unsigned int i;

	for (i = 0; i < l->n && i < o->n; i++)
		if (!ts_same(&l->v[i], &o->v[i]))
			return false;
	return l->n == o->n;
}

static int value_of(const char *digits, char c)
{
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

static bool from_hex(const char *s, uint8_t *out, size_t *n)
{
	static const char digits[] = "0123456789abcdef";
	int hi, lo;

	for (*n = 0; *s; s += 2) {
		hi = value_of(digits, (char)tolower((unsigned char)s[0]));
		lo = hi < 0 ? -1 : value_of(digits, (char)tolower((unsigned char)s[1]));
		if (lo < 0)
			return false;
		out[(*n)++] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static bool from_base64(const char *s, uint8_t *out, size_t *n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned int have = 0, chars = 0;
	int v;

	for (*n = 0; *s && *s != '='; s++, chars++) {
		v = value_of(digits, *s);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[(*n)++] = (uint8_t)(bits >> have);
		}
	}
	/* What is left over is zero; padding may be left out, but not be wrong. */
	if (chars % 4 == 1 || bits & ((1u << have) - 1))
		return false;
	return !*s || !strcmp(s, chars % 4 == 2 ? "==" : chars % 4 == 3 ? "=" : "?");
}

bool conf_octets(struct conf_ctx *x, const struct conf_node *n, struct ike_buf *out)
{
	const char *s = n->value;
	size_t len = strlen(s);
	uint8_t *p = conf_need(x, conf_alloc(x->c->mem, len + 1));
	bool ok = true;

	if (!p)
		return false;
	if (!strncmp(s, "0x", 2) || !strncmp(s, "0X", 2))
		ok = from_hex(s + 2, p, &len);
	else if (!strncmp(s, "0s", 2) || !strncmp(s, "0S", 2))
		ok = from_base64(s + 2, p, &len);
	else
		memcpy(p, s, len);
	if (!ok)
		conf_error(x, n, "\"%s\" is not in %s, as its prefix says", n->name,
			   s[1] == 'x' || s[1] == 'X' ? "hexadecimal octets" : "base64");
	else if (!len)
		conf_error(x, n, "\"%s\" is empty", n->name);
	*out = (struct ike_buf){ p, len };
	return ok && len;
}

static void secret_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			const void *arg)
{
	struct ike_buf b;

	(void)arg;
	if (conf_octets(x, n, &b))
		*(struct ike_buf *)field = b;
}

static bool secret_same(const void *a, const void *b)
{
	const struct ike_buf *s = a, *t = b;

	return s->n == t->n && (!s->n || !CRYPTO_memcmp(s->p, t->p, s->n));
}

const struct conf_type conf_names = { names_read, strs_same };
const struct conf_type conf_paths = { paths_read, strs_same };
const struct conf_type conf_path = { path_read, path_same };
const struct conf_type conf_crls = { crls_read, strs_same };
const struct conf_type conf_proposals = { proposals_read, proposals_same };
const struct conf_type conf_ts_list = { ts_list_read, ts_list_same };
const struct conf_type conf_secret = { secret_read, secret_same };
