// SPDX-License-Identifier: GPL-2.0
/*
 * Inheritance: "name : other.section, another { }". A view lists the sections
 * whose keys and subsections one section has, its own first, then those that
 * it refers to from left to right, each with what that refers to.
 */
#include <string.h>

#include "conf_int.h"

/* The section of an absolute name such as "connections.base". */
static struct conf_node *lookup(struct conf_ctx *x, const char *name)
{
	struct conf_node *n = x->root;
	char part[CONF_NAME_MAX + 1];
	size_t k;

	while (n) {
		k = strcspn(name, ".");
		memcpy(part, name, k);
		part[k] = 0;
		n = conf_find(x, n, part, true);
		if (n)
			n->used = true;
		if (!name[k])
			break;
		name += k + 1;
	}
	return n;
}

static void view_add(struct conf_ctx *x, struct conf_view *v, struct conf_node *s)
{
	struct conf_node *to;
	unsigned int i;

	for (i = 0; i < v->count; i++)
		if (v->n[i] == s)
			return;
	if (v->count == CONF_VIEW_MAX) {
		conf_error(x, s, "more than %d sections are inherited from", CONF_VIEW_MAX);
		return;
	}
	v->n[v->count++] = s;
	s->open = true;
	for (i = 0; i < s->n_refs; i++) {
		to = lookup(x, s->refs[i]);
		if (!to)
			conf_error(x, s, "section \"%s\" refers to \"%s\", which is not there",
				   s->name, s->refs[i]);
		else if (to->open)
			conf_error(x, s, "section \"%s\" refers to \"%s\", which is itself or "
				   "inherits from it", s->name, s->refs[i]);
		else
			view_add(x, v, to);
	}
	s->open = false;
}

void conf_view_of(struct conf_ctx *x, struct conf_view *v, struct conf_node *section)
{
	section->used = true;
	v->count = 0;
	view_add(x, v, section);
}

void conf_view_child(struct conf_ctx *x, struct conf_view *out, const struct conf_view *v,
		     const char *name)
{
	struct conf_node *n;
	unsigned int i;

	out->count = 0;
	for (i = 0; i < v->count; i++) {
		n = conf_find(x, v->n[i], name, true);
		if (n)
			view_add(x, out, n);
	}
}

struct conf_node *conf_next(struct conf_ctx *x, struct conf_iter *it, bool section)
{
	unsigned int i;

	for (;;) {
		if (it->at)
			it->at = it->at->next;
		else if (it->i < it->v->count)
			it->at = it->v->n[it->i]->first;
		if (!it->at) {
			if (++it->i >= it->v->count)
				return NULL;
			it->at = it->v->n[it->i]->first;
		}
		if (!it->at || section != !it->at->value)
			continue;
		/* Those before it in the view go first. */
		for (i = 0; i < it->i; i++)
			if (conf_find(x, it->v->n[i], it->at->name, section))
				break;
		if (i == it->i)
			return it->at;
	}
}
