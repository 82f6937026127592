// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of sections and keys that was written, in all files. A section that
 * is there already is extended, a key replaced, as strongSwan does it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "conf_int.h"

void conf_say(struct conf_ctx *x, enum ike_conf_level level, const char *file, unsigned int line,
	      const char *fmt, ...)
{
	unsigned int n = level == IKE_CONF_ERROR ? x->c->errors++ : x->c->warnings++;
	char text[640], *p;
	va_list ap;

	if (n > CONF_SAID_MAX || !x->log || !x->log->say)
		return;
	if (n == CONF_SAID_MAX) {
		snprintf(text, sizeof(text), "there are more %s than are told here",
			 level == IKE_CONF_ERROR ? "errors" : "warnings");
	} else {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
	}
	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	x->log->say(x->log->ctx, level, file, line, text);
}

void *conf_need(struct conf_ctx *x, void *p)
{
	if (!p && !x->no_memory) {
		x->no_memory = true;
		conf_say(x, IKE_CONF_ERROR, x->root->file, 0,
			 "out of memory: the configuration is too large");
	}
	return p;
}

static unsigned int hash_of(const struct conf_node *parent, const char *name, bool section)
{
	uint32_t h = 2166136261u ^ (uint32_t)((uintptr_t)parent >> 4) ^ section;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ^ h >> 15;
}

struct conf_node *conf_find(struct conf_ctx *x, const struct conf_node *parent, const char *name,
			    bool section)
{
	struct conf_node *n;

	if (!x->buckets)
		return NULL;
	n = x->hash[hash_of(parent, name, section) & (x->buckets - 1)];
	while (n && (n->parent != parent || section != !n->value || strcmp(n->name, name)))
		n = n->chain;
	return n;
}

static bool more_buckets(struct conf_ctx *x)
{
	unsigned int i, size = x->buckets ? x->buckets * 8 : 512;
	struct conf_node **h, *n, *next, **b;

	h = conf_need(x, conf_alloc(x->tmp, size * sizeof(struct conf_node *)));
	if (!h)
		return false;
	for (i = 0; i < x->buckets; i++) {
		for (n = x->hash[i]; n; n = next) {
			next = n->chain;
			b = &h[hash_of(n->parent, n->name, !n->value) & (size - 1)];
			n->chain = *b;
			*b = n;
		}
	}
	x->hash = h;
	x->buckets = size;
	return true;
}

/* A new child; @value is NULL for a section. */
static struct conf_node *add(struct conf_ctx *x, struct conf_node *parent, const char *name,
			     const char *value)
{
	struct conf_node *n, **b;

	if (x->nodes >= x->buckets && !more_buckets(x))
		return NULL;
	n = conf_need(x, conf_alloc(x->tmp, sizeof(*n)));
	if (!n)
		return NULL;
	n->name = name;
	n->value = value;
	n->parent = parent;
	b = &x->hash[hash_of(parent, name, !value) & (x->buckets - 1)];
	n->chain = *b;
	*b = n;
	x->nodes++;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

/**
 * struct parser - one file
 * @name: the word before "=", "{" or ":"
 * @line: of @name
 */
struct parser {
	struct conf_ctx *x;
	struct conf_lex lex;
	const char *file, *name;
	unsigned int line;
};

static bool wrong(struct parser *p, enum conf_tok t, const char *wanted)
{
	if (t == CONF_T_BAD)
		conf_say(p->x, IKE_CONF_ERROR, p->file, p->lex.line, "%s", p->lex.why);
	else if (t == CONF_T_LINE || t == CONF_T_END)
		conf_say(p->x, IKE_CONF_ERROR, p->file, p->line, "%s is missing after \"%s\"",
			 wanted, p->name);
	else
		conf_say(p->x, IKE_CONF_ERROR, p->file, p->lex.line, "%s was expected", wanted);
	return false;
}

static bool key(struct parser *p, struct conf_node *at)
{
	struct conf_node *n = conf_find(p->x, at, p->name, false);

	if (!conf_lex_value(&p->lex))
		return wrong(p, CONF_T_BAD, NULL);
	if (!n) {
		n = add(p->x, at, p->name, p->lex.text);
		if (!n)
			return false;
	} else if (n->file == p->file) {
		conf_say(p->x, IKE_CONF_WARNING, p->file, p->line,
			 "\"%s\" replaces what line %u says", p->name, n->line);
	}
	n->value = p->lex.text;
	n->file = p->file;
	n->line = p->line;
	return true;
}

/* The references after ":" up to the brace. */
static bool refs(struct parser *p, struct conf_node *n)
{
	struct conf_ctx *x = p->x;
	enum conf_tok t;

	for (;;) {
		do {
			t = conf_lex_next(&p->lex);
		} while (t == CONF_T_LINE);
		if (t != CONF_T_NAME)
			return wrong(p, t, "the name of a section");
		n->refs = conf_need(x, conf_grow(x->tmp, n->refs, n->n_refs, sizeof(*n->refs)));
		if (!n->refs)
			return false;
		n->refs[n->n_refs++] = p->lex.text;
		do {
			t = conf_lex_next(&p->lex);
		} while (t == CONF_T_LINE);
		if (t == CONF_T_OPEN)
			return true;
		if (t != CONF_T_COMMA)
			return wrong(p, t, "\"{\"");
	}
}

static struct conf_node *section(struct parser *p, struct conf_node *at, enum conf_tok t)
{
	struct conf_node *n = conf_find(p->x, at, p->name, true), *up;
	unsigned int depth = 0;

	for (up = at; up; up = up->parent)
		depth++;
	if (depth > CONF_DEPTH_MAX) {
		conf_say(p->x, IKE_CONF_ERROR, p->file, p->line,
			 "sections are nested more than %d deep", CONF_DEPTH_MAX);
		return NULL;
	}
	if (!n) {
		n = add(p->x, at, p->name, NULL);
		if (!n)
			return NULL;
		n->file = p->file;
		n->line = p->line;
	} else if (n->file == p->file && at->parent) {
		conf_say(p->x, IKE_CONF_WARNING, p->file, p->line,
			 "section \"%s\" is there already, at line %u; this extends it",
			 p->name, n->line);
	}
	if (t == CONF_T_COLON && !refs(p, n))
		return NULL;
	return n;
}

/* What begins with the name in @p; the section that goes on, NULL after an error. */
static struct conf_node *statement(struct parser *p, struct conf_node *at)
{
	enum conf_tok t = conf_lex_next(&p->lex);

	if (t == CONF_T_ASSIGN)
		return key(p, at) ? at : NULL;
	while (t == CONF_T_LINE)
		t = conf_lex_next(&p->lex);
	if (t == CONF_T_OPEN || t == CONF_T_COLON)
		return section(p, at, t);
	if (t == CONF_T_NAME || t == CONF_T_CLOSE)
		t = CONF_T_END;
	wrong(p, t, "\"=\" or \"{\"");
	return NULL;
}

static bool is_include(struct parser *p)
{
	char c;

	if (strcmp(p->name, "include"))
		return false;
	c = conf_lex_peek(&p->lex);
	return c && !strchr("={:\n", c);
}

void conf_parse(struct conf_ctx *x, struct conf_node *top, const char *file, const char *text,
		size_t n, unsigned int depth)
{
	struct parser p = {
		.x = x, .file = file, .lex = { text, text + n, 1, x->tmp },
	};
	struct conf_node *at = top, by = { 0 };
	enum conf_tok t;

	/* After an error of syntax nothing else in this file can be trusted. */
	while (at && !x->no_memory) {
		t = conf_lex_next(&p.lex);
		if (t == CONF_T_LINE)
			continue;
		if (t == CONF_T_END) {
			if (at != top)
				conf_say(x, IKE_CONF_ERROR, file, p.lex.line,
					 "the \"}\" of section \"%s\" is missing, begun at line %u",
					 at->name, at->line);
			return;
		}
		if (t == CONF_T_CLOSE && at != top) {
			at = at->parent;
			continue;
		}
		if (t == CONF_T_CLOSE) {
			conf_say(x, IKE_CONF_ERROR, file, p.lex.line, "\"}\" without a section");
			return;
		}
		if (t != CONF_T_NAME) {
			wrong(&p, t, "a name");
			return;
		}
		p.name = p.lex.text;
		p.line = p.lex.line;
		if (!is_include(&p)) {
			at = statement(&p, at);
			continue;
		}
		by.file = file;
		by.line = p.line;
		if (conf_lex_value(&p.lex))
			conf_include(x, at, &by, p.lex.text, depth);
		else
			at = wrong(&p, CONF_T_BAD, NULL) ? at : NULL;
	}
}
