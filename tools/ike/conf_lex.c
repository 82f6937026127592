// SPDX-License-Identifier: GPL-2.0
/*
 * Words of a configuration file: names, signs, ends of lines, values. A value
 * lasts until the end of its line, a comment or a closing brace; parts of it
 * may be quoted, and then hold all of these.
 */
#include <string.h>

#include "conf_int.h"

static enum conf_tok bad(struct conf_lex *l, const char *why)
{
	l->why = why;
	return CONF_T_BAD;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Octets that no file has for a good reason. */
static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && !is_blank(c) && c != '\n') || c == 127;
}

static void skip(struct conf_lex *l)
{
	while (l->p < l->end && is_blank(*l->p))
		l->p++;
	if (l->p < l->end && *l->p == '#')
		while (l->p < l->end && *l->p != '\n' && *l->p)
			l->p++;
}

char conf_lex_peek(struct conf_lex *l)
{
	skip(l);
	return l->p < l->end ? *l->p : 0;
}

static enum conf_tok name(struct conf_lex *l)
{
	const char *s = l->p;
	size_t n = 0;

	while (l->p < l->end && !is_control(*l->p) && !strchr(" \t\r\n#{}=,\"", *l->p)) {
		/* "::" is a colon in a name, ":" goes before references. */
		if (*l->p == ':') {
			if (l->end - l->p < 2 || l->p[1] != ':')
				break;
			l->p++;
		}
		l->p++;
	}
	if (l->p - s > CONF_NAME_MAX)
		return bad(l, "this name is too long");
	l->text = conf_alloc(l->mem, (size_t)(l->p - s) + 1);
	if (!l->text)
		return bad(l, "out of memory");
	for (; s < l->p; s++) {
		l->text[n++] = *s;
		s += *s == ':';
	}
	return CONF_T_NAME;
}

enum conf_tok conf_lex_next(struct conf_lex *l)
{
	char c = conf_lex_peek(l);

	if (l->p == l->end)
		return CONF_T_END;
	if (is_control(c))
		return bad(l, c ? "a control character" : "an octet of value zero");
	switch (c) {
	case '\n':
		l->p++;
		l->line++;
		return CONF_T_LINE;
	case '{':
		l->p++;
		return CONF_T_OPEN;
	case '}':
		l->p++;
		return CONF_T_CLOSE;
	case '=':
		l->p++;
		return CONF_T_ASSIGN;
	case ',':
		l->p++;
		return CONF_T_COMMA;
	case '"':
		return bad(l, "quotes are only allowed in values");
	case ':':
		if (l->end - l->p > 1 && l->p[1] == ':')
			return name(l);
		l->p++;
		return CONF_T_COLON;
	}
	return name(l);
}

/* A quoted part, from the first quote on. */
static bool quoted(struct conf_lex *l, size_t *n)
{
	static const char from[] = "ntrbf", to[] = "\n\t\r\b\f";
	unsigned int begun = l->line;
	const char *e;
	char c;

	for (l->p++; l->p < l->end; l->p++) {
		c = *l->p;
		if (c == '"') {
			l->p++;
			return true;
		}
		if (is_control(c)) {
			bad(l, c ? "a control character in quotes" :
			    "an octet of value zero in quotes");
			return false;
		}
		if (c == '\n')
			l->line++;
		if (c == '\\') {
			if (++l->p == l->end)
				break;
			c = *l->p;
			if (is_control(c)) {
				bad(l, "a control character in quotes");
				return false;
			}
			if (c == '\n') {
				l->line++;
				continue;
			}
			e = strchr(from, c);
			if (e)
				c = to[e - from];
		}
		l->text[(*n)++] = c;
	}
	l->line = begun;
	bad(l, "these quotes do not end");
	return false;
}

bool conf_lex_value(struct conf_lex *l)
{
	const char *e = l->p, *q;
	size_t n = 0;
	bool gap = false;

	/* No value is longer than what comes before the end of the line, or of its quotes. */
	while (e < l->end && *e != '\n') {
		if (*e == '#' || *e == '}')
			break;
		if (*e++ != '"')
			continue;
		for (q = e; q < l->end && *q != '"'; q++)
			q += *q == '\\' && q + 1 < l->end;
		e = q < l->end ? q + 1 : l->end;
	}
	l->text = conf_alloc(l->mem, (size_t)(e - l->p) + 1);
	if (!l->text) {
		bad(l, "out of memory");
		return false;
	}
	while (l->p < l->end && !strchr("\n#}", *l->p)) {
		if (is_control(*l->p)) {
			bad(l, "a control character in a value");
			return false;
		}
		if (is_blank(*l->p)) {
			gap = n != 0;
			l->p++;
			continue;
		}
		if (gap)
			l->text[n++] = ' ';
		gap = false;
		if (*l->p != '"')
			l->text[n++] = *l->p++;
		else if (!quoted(l, &n))
			return false;
	}
	if (l->p < l->end && !*l->p) {
		bad(l, "an octet of value zero in a value");
		return false;
	}
	l->text[n] = 0;
	return true;
}
