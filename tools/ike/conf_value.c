// SPDX-License-Identifier: GPL-2.0
/*
 * Values without parts: numbers, times, sizes, words, marks.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_int.h"

const struct conf_range conf_any_u32 = { 0, UINT32_MAX };
const struct conf_range conf_port = { 1, 65535 };

/* A decimal number, or hexadecimal with "0x"; *@end is behind it. */
static bool number(const char *s, const char **end, uint64_t *v)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	char *e;

	if (!isdigit((unsigned char)*s) || (hex && !isxdigit((unsigned char)s[2])))
		return false;
	errno = 0;
	*v = strtoull(s, &e, hex ? 16 : 10);
	*end = e;
	return !errno;
}

static void bool_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	static const char *const yes[] = { "yes", "true", "enabled", "1" };
	static const char *const no[] = { "no", "false", "disabled", "0" };
	unsigned int i;

	(void)arg;
	for (i = 0; i < CONF_ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(n->value, yes[i]) || !strcasecmp(n->value, no[i])) {
			*(bool *)field = !strcasecmp(n->value, yes[i]);
			return;
		}
	}
	conf_error(x, n, "\"%s\" is yes or no, not \"%s\"", n->name, n->value);
}

static bool bool_same(const void *a, const void *b)
{
	return *(const bool *)a == *(const bool *)b;
}

static bool u8_same(const void *a, const void *b)
{
	return *(const uint8_t *)a == *(const uint8_t *)b;
}

static bool u32_same(const void *a, const void *b)
{
	return *(const uint32_t *)a == *(const uint32_t *)b;
}

static bool u64_same(const void *a, const void *b)
{
	return *(const uint64_t *)a == *(const uint64_t *)b;
}

static void num_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	const struct conf_range *r = arg;
	const char *end;
	uint64_t v;

	if (!number(n->value, &end, &v) || *end || v < r->min || v > r->max)
		conf_error(x, n, "\"%s\" is a number from %u to %u, not \"%s\"", n->name, r->min,
			   r->max, n->value);
	else
		*(uint32_t *)field = (uint32_t)v;
}

/* A number with one of the letters of @units, each worth @worth. */
static void scaled(struct conf_ctx *x, const struct conf_node *n, uint64_t *field,
		   const char *units, const uint32_t *worth, const char *what)
{
	const char *end, *u;
	uint64_t v, w = 1;

	if (!number(n->value, &end, &v)) {
		conf_error(x, n, "\"%s\" is %s, not \"%s\"", n->name, what, n->value);
		return;
	}
	while (*end == ' ')
		end++;
	u = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (u)
		w = worth[u - units];
	if ((*end && !u) || (u && end[1])) {
		conf_error(x, n, "\"%s\" is %s, not \"%s\"", n->name, what, n->value);
		return;
	}
	/* Room for ten per cent more, and for sums. */
	if (v > (UINT64_MAX >> 8) / w)
		conf_error(x, n, "\"%s\" is too large", n->name);
	else
		*field = v * w;
}

static void time_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	static const uint32_t worth[] = { 1, 60, 3600, 86400 };
	uint64_t v = 0;

	(void)arg;
	scaled(x, n, &v, "smhd", worth, "a time such as 90, 90s, 30m, 4h or 1d");
	if (v > UINT32_MAX)
		conf_error(x, n, "\"%s\" is too large", n->name);
	else
		*(uint64_t *)field = v;
}

static void bytes_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	static const uint32_t worth[] = { 1u << 10, 1u << 20, 1u << 30 };

	(void)arg;
	scaled(x, n, field, "kmg", worth, "a size such as 1000, 500k, 500m or 2g");
}

static void count_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	(void)arg;
	scaled(x, n, field, "", NULL, "a number");
}

static void enum_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	const struct conf_word *w = arg;
	char all[200] = "";

	for (; w->word; w++) {
		if (!strcasecmp(w->word, n->value)) {
			if (w->not)
				conf_error(x, n, "%s = %s is not supported: %s", n->name, w->word,
					   w->not);
			else
				*(uint8_t *)field = w->value;
			return;
		}
		if (!w->not && strlen(all) + strlen(w->word) + 3 < sizeof(all)) {
			strcat(all, *all ? ", " : "");
			strcat(all, w->word);
		}
	}
	conf_error(x, n, "\"%s\" is one of %s; not \"%s\"", n->name, all, n->value);
}

static void str_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	(void)arg;
	*(const char **)field = conf_need(x, conf_strndup(x->c->mem, n->value, strlen(n->value)));
}

static bool str_same(const void *a, const void *b)
{
	const char *s = *(const char *const *)a, *t = *(const char *const *)b;

	return s && t ? !strcmp(s, t) : s == t;
}

static void dscp_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	uint32_t v = 0;
	unsigned int i;

	(void)arg;
	for (i = 0; n->value[i] == '0' || n->value[i] == '1'; i++)
		v = (v << 1 | (n->value[i] == '1')) & 63;
	if (n->value[i] || i != 6)
		conf_error(x, n, "\"%s\" is six binary digits, not \"%s\"", n->name, n->value);
	else
		*(uint32_t *)field = v;
}

#define SAME	0x1	/* "%same" is allowed */
#define MASK	0x2	/* "/mask" is */

/* "5", "0x10/0xff", "%unique", "%unique-dir/0xff", "%same". */
static void mark(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_mark *m,
		 unsigned int may)
{
	static const char *const words[] = { "%same", "%unique-dir", "%unique" };
	static const uint8_t kinds[] = { IKE_CONF_SAME, IKE_CONF_UNIQUE_DIR, IKE_CONF_UNIQUE };
	struct ike_conf_mark r = { 0, UINT32_MAX, IKE_CONF_FIXED };
	const char *p = n->value;
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < CONF_ARRAY_SIZE(words) && !conf_prefix(p, words[i]); i++)
		;
	if (i < CONF_ARRAY_SIZE(words) && (i || may & SAME)) {
		r.unique = kinds[i];
		p += strlen(words[i]);
	} else if (*p != '/' && (!number(p, &p, &v) || v > UINT32_MAX)) {
		goto bad;
	}
	r.value = (uint32_t)v;
	if (*p == '/' && may & MASK) {
		if (!number(p + 1, &p, &v) || v > UINT32_MAX)
			goto bad;
		r.mask = (uint32_t)v;
	}
	if (*p)
		goto bad;
	if (!(may & MASK) && !r.value && r.unique == IKE_CONF_FIXED)
		r.mask = 0;	/* interface id 0 is none */
	if (r.value & ~r.mask)
		conf_warn(x, n, "\"%s\" has bits outside of its mask, which never match", n->name);
	*m = r;
	return;
bad:
	conf_error(x, n, "\"%s\" is %s%s, not \"%s\"", n->name,
		   may & MASK ? "a mark such as 5, 0x10/0xff or %unique" :
		   "an interface id such as 5, 0x10 or %unique", may & SAME ? " or %same" : "",
		   n->value);
}

static void mark_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	(void)arg;
	mark(x, n, field, MASK);
}

static void set_mark_read(struct conf_ctx *x, const struct conf_node *n, void *field,
			  const void *arg)
{
	(void)arg;
	mark(x, n, field, MASK | SAME);
}

static void if_id_read(struct conf_ctx *x, const struct conf_node *n, void *field,
		       const void *arg)
{
	(void)arg;
	mark(x, n, field, 0);
}

static bool mark_same(const void *a, const void *b)
{
	const struct ike_conf_mark *m = a, *o = b;

	return m->value == o->value && m->mask == o->mask && m->unique == o->unique;
}

static void tfc_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	static const struct conf_range r = { 0, 65535 };

	(void)arg;
	if (!strcasecmp(n->value, "mtu"))
		*(uint32_t *)field = IKE_CONF_TFC_MTU;
	else
		num_read(x, n, field, &r);
}

const struct conf_type conf_bool = { bool_read, bool_same };
const struct conf_type conf_num = { num_read, u32_same };
const struct conf_type conf_count = { count_read, u64_same };
const struct conf_type conf_time = { time_read, u64_same };
const struct conf_type conf_bytes = { bytes_read, u64_same };
const struct conf_type conf_enum = { enum_read, u8_same };
const struct conf_type conf_str = { str_read, str_same };
const struct conf_type conf_dscp = { dscp_read, u32_same };
const struct conf_type conf_mark = { mark_read, mark_same };
const struct conf_type conf_set_mark = { set_mark_read, mark_same };
const struct conf_type conf_if_id = { if_id_read, mark_same };
const struct conf_type conf_tfc = { tfc_read, u32_same };
