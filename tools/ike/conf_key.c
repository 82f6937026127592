// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of keys: reading the keys of a section by them, comparing what was
 * read, and saying what an unknown name may have been meant to be.
 */
#include <string.h>

#include "conf_int.h"

#define NAMES_MAX	64

bool conf_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* Insertions, removals, replacements and swaps of neighbours from @a to @b. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[3][CONF_NAME_MAX + 2], *pp = d[0], *prev = d[1], *cur = d[2], *t;
	size_t i, j, n = strlen(b);

	for (j = 0; j <= n; j++)
		prev[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		cur[0] = (unsigned int)i + 1;
		for (j = 0; j < n; j++) {
			cur[j + 1] = prev[j] + (a[i] != b[j]);
			if (prev[j + 1] + 1 < cur[j + 1])
				cur[j + 1] = prev[j + 1] + 1;
			if (cur[j] + 1 < cur[j + 1])
				cur[j + 1] = cur[j] + 1;
			if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j] &&
			    pp[j - 1] + 1 < cur[j + 1])
				cur[j + 1] = pp[j - 1] + 1;
		}
		t = pp;
		pp = prev;
		prev = cur;
		cur = t;
	}
	return prev[n];
}

const char *conf_near(const char *name, const char *const *names)
{
	size_t len = strlen(name), n;
	const char *best = NULL;
	unsigned int d, least = len < 5 ? 2 : 3;

	/* Near is one slip in a short name, two in a long one. */
	for (; len <= 40 && *names; names++) {
		n = strlen(*names);
		if (n > len + 2 || len > n + 2)
			continue;
		d = distance(name, *names);
		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}

void conf_unknown(struct conf_ctx *x, const struct conf_node *n, const char *const *names)
{
	const char *what = n->value ? "key" : "section", *near = conf_near(n->name, names);
	const char *in = n->parent && n->parent->name ? n->parent->name : NULL;

	conf_error(x, n, "unknown %s \"%s\"%s%s%s%s%s%s", what, n->name, in ? " in section \"" : "",
		   in ? in : "", in ? "\"" : "", near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
}

static const struct conf_key *key_of(const struct conf_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (keys->suffix ? conf_prefix(name, keys->name) : !strcmp(name, keys->name))
			return keys;
	return NULL;
}

static void unknown_key(struct conf_ctx *x, const struct conf_node *n, const struct conf_key *keys)
{
	const char *names[NAMES_MAX + 1];
	unsigned int i;

	for (i = 0; i < NAMES_MAX && keys[i].name; i++)
		names[i] = keys[i].name;
	names[i] = NULL;
	conf_unknown(x, n, names);
}

void conf_keys(struct conf_ctx *x, const struct conf_view *v, const struct conf_key *keys,
	       void *obj)
{
	struct conf_iter it = { v, 0, NULL };
	const struct conf_key *k;
	struct conf_node *n;

	while ((n = conf_next(x, &it, false))) {
		k = key_of(keys, n->name);
		if (!k)
			unknown_key(x, n, keys);
		else if (!k->type)
			conf_error(x, n, "\"%s\" is not supported%s%s", n->name,
				   k->arg ? ": " : "", k->arg ? (const char *)k->arg : "");
		else if (*n->value)	/* without a value it is as if it were not there */
			k->type->read(x, n, (char *)obj + k->off, k->arg);
	}
}

bool conf_keys_same(const struct conf_key *keys, const void *a, const void *b)
{
	for (; keys->name; keys++)
		if (keys->type && !keys->type->same((const char *)a + keys->off,
						    (const char *)b + keys->off))
			return false;
	return true;
}
