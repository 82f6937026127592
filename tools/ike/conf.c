// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration from beginning to end: files to tree, tree to structs,
 * checks of the whole.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"

static const struct {
	const char *name;
	void (*read)(struct conf_ctx *x, const struct conf_view *v);
} sections[] = {
	{ "connections", conf_read_conns }, { "secrets", conf_read_secrets },
	{ "pools", conf_read_pools }, { "authorities", conf_read_authorities },
};

static const char *const names[] = { "connections", "secrets", "pools", "authorities", NULL };

static bool is_known(const char *name)
{
	unsigned int i;

	for (i = 0; names[i] && strcmp(names[i], name); i++)
		;
	return names[i];
}

/* Sections beside the known ones are there to be inherited from. */
static void others(struct conf_ctx *x)
{
	struct conf_node *n;

	for (n = x->root->first; n; n = n->next) {
		if (n->value) {
			conf_error(x, n, "key \"%s\" is outside of all sections", n->name);
		} else if (!is_known(n->name) && !n->used) {
			if (conf_near(n->name, names))
				conf_unknown(x, n, names);
			else
				conf_warn(x, n, "section \"%s\" is not used", n->name);
		}
	}
}

static void understand(struct conf_ctx *x)
{
	struct conf_node *n;
	struct conf_view v;
	unsigned int i;

	for (i = 0; i < CONF_ARRAY_SIZE(sections); i++) {
		n = conf_find(x, x->root, sections[i].name, true);
		if (!n)
			continue;
		conf_view_of(x, &v, n);
		sections[i].read(x, &v);
	}
	others(x);
	if (!x->c->errors)
		conf_check(x);
}

/* The directory of @path with its slash. */
static const char *folder(struct conf_ctx *x, const char *path)
{
	const char *slash = strrchr(path, '/');

	return conf_need(x, conf_strndup(x->tmp, path, slash ? (size_t)(slash - path) + 1 : 0));
}

static struct ike_conf *make(const char *path, const char *text, size_t n, unsigned int flags,
			     const struct ike_conf_log *log)
{
	struct conf_node root = { 0 }, by = { 0 };
	struct conf_ctx x = { .log = log, .flags = flags, .root = &root };
	const char *name;

	x.c = calloc(1, sizeof(*x.c));
	if (!x.c)
		return NULL;
	root.file = path;
	x.c->mem = conf_mem_new();
	x.tmp = conf_mem_new();
	if (x.c->mem && x.tmp) {
		x.dir = folder(&x, path);
		name = conf_need(&x, conf_strndup(x.c->mem, path, strlen(path)));
		if (x.dir && name && text)
			conf_parse(&x, &root, name, text, n, 0);
		else if (x.dir && name)
			conf_file(&x, &root, path, &by, 0);
		/* After a syntax error it is half a tree. */
		if (!x.c->errors)
			understand(&x);
	} else {
		conf_need(&x, NULL);
	}
	conf_mem_free(x.tmp);
	if (x.c->errors) {
		ike_conf_free(x.c);
		return NULL;
	}
	return x.c;
}

struct ike_conf *ike_conf_load(const char *path, unsigned int flags,
			       const struct ike_conf_log *log)
{
	/* Paths beside the file hold after the daemon changes its directory. */
	char *real = realpath(path, NULL);
	struct ike_conf *c = make(real ? real : path, NULL, 0, flags, log);

	free(real);
	return c;
}

struct ike_conf *ike_conf_read(const char *path, const char *text, size_t n, unsigned int flags,
			       const struct ike_conf_log *log)
{
	return make(path, text, n, flags, log);
}

void ike_conf_free(struct ike_conf *c)
{
	if (!c)
		return;
	conf_mem_free(c->mem);
	free(c);
}
