// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

const char *sec_peek(const struct sec_args *a)
{
	return a->i < a->n ? a->word[a->i] : NULL;
}

char *sec_value(struct sec_args *a, const char *word, const char *what)
{
	if (a->i >= a->n) {
		sec_fail(a->diag, "%s: %s is missing", word, what);
		return NULL;
	}
	return a->word[a->i++];
}

int sec_number(struct sec_diag *diag, const char *word, const char *text,
	       uint64_t max, uint64_t *value)
{
	char quoted[80];
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end)
		return sec_fail(diag, "%s: %s is not a number", word,
				sec_quote(text, quoted, sizeof(quoted)));
	if (errno || *value > max)
		return sec_fail(diag, "%s: %s is out of range, at most %llu",
				word, sec_quote(text, quoted, sizeof(quoted)),
				(unsigned long long)max);
	return 0;
}

int sec_u64(struct sec_args *a, const char *word, uint64_t *value)
{
	const char *text = sec_value(a, word, "a number");

	return text ? sec_number(a->diag, word, text, UINT64_MAX, value) : -1;
}

int sec_u32(struct sec_args *a, const char *word, uint32_t *value)
{
	const char *text = sec_value(a, word, "a number");
	uint64_t n;

	if (!text || sec_number(a->diag, word, text, UINT32_MAX, &n))
		return -1;
	*value = n;
	return 0;
}

int sec_number_range(struct sec_args *a, const char *word, uint32_t max,
		     uint32_t *first, uint32_t *last)
{
	const char *text = sec_value(a, word, "a number");
	char quoted[80];
	char buf[32];
	uint64_t lo, hi;
	char *dash;

	if (!text)
		return -1;
	snprintf(buf, sizeof(buf), "%s", text);
	dash = strlen(text) < sizeof(buf) ? strchr(buf, '-') : NULL;
	if (!dash) {
		if (sec_number(a->diag, word, text, max, &lo))
			return -1;
		*first = lo;
		*last = lo;
		return 0;
	}
	*dash = '\0';
	if (sec_number(a->diag, word, buf, max, &lo) ||
	    sec_number(a->diag, word, dash + 1, max, &hi))
		return -1;
	if (lo > hi)
		return sec_fail(a->diag, "%s: the first number of %s is above the last",
				word, sec_quote(text, quoted, sizeof(quoted)));
	*first = lo;
	*last = hi;
	return 0;
}

int sec_enum(struct sec_args *a, const char *word,
	     const struct sec_name *names, uint8_t *value)
{
	char list[128], quoted[80];
	const struct sec_name *name;
	const char *text;

	sec_names_list(names, list, sizeof(list));
	text = sec_value(a, word, list);
	if (!text)
		return -1;
	name = sec_name_find(names, text);
	if (!name)
		return sec_fail(a->diag, "%s: %s is unknown, expected %s", word,
				sec_quote(text, quoted, sizeof(quoted)), list);
	*value = name->value;
	return 0;
}

static int flags_number(struct sec_args *a, const char *word, const char *text,
			const struct sec_name *names, uint32_t *flags)
{
	uint64_t n;

	if (sec_number(a->diag, word, text, UINT32_MAX, &n))
		return -1;
	for (; names->name; names++) {
		if (!(n & names->xfrm))
			continue;
		*flags |= names->value;
		n &= ~(uint64_t)names->xfrm;
	}
	if (n)
		return sec_fail(a->diag, "%s: %s has unknown bits", word, text);
	return 0;
}

int sec_flags(struct sec_args *a, const char *word,
	      const struct sec_name *names, uint32_t *flags)
{
	char list[192], quoted[80];
	const struct sec_name *name;
	const char *text;

	sec_names_list(names, list, sizeof(list));
	text = sec_value(a, word, list);
	if (!text)
		return -1;
	if (!strncmp(text, "0x", 2))
		return flags_number(a, word, text, names, flags);
	name = sec_name_find(names, text);
	if (!name)
		return sec_fail(a->diag, "%s: %s is unknown, expected %s", word,
				sec_quote(text, quoted, sizeof(quoted)), list);
	while (name) {
		*flags |= name->value;
		text = sec_peek(a);
		name = text ? sec_name_find(names, text) : NULL;
		if (name)
			a->i++;
	}
	return 0;
}

bool sec_abbrev(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

/* Word tables */

static void expected(const struct sec_word *table, enum sec_verb verb,
		     char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; table->name && used < size; table++) {
		if (!(table->verbs & verb) || table->refuse || table->hidden)
			continue;
		used += snprintf(buf + used, size - used, "%s%s",
				 used ? ", " : "", table->name);
	}
}

static int unknown_word(struct sec_args *a, const struct sec_word *table,
			enum sec_verb verb, const char *text, bool elsewhere)
{
	char list[512], quoted[80];

	expected(table, verb, list, sizeof(list));
	sec_quote(text, quoted, sizeof(quoted));
	if (!*list)
		return sec_fail(a->diag, "unexpected word %s", quoted);
	return sec_fail(a->diag, elsewhere ?
			"%s has no meaning here, expected one of: %s" :
			"unknown word %s, expected one of: %s", quoted, list);
}

int sec_words_parse(struct sec_args *a, const struct sec_word *table,
		    enum sec_verb verb, void *ctx)
{
	uint64_t seen = 0;

	while (a->i < a->n) {
		const char *text = a->word[a->i];
		const struct sec_word *w;
		uint64_t bit;

		for (w = table; w->name && strcmp(w->name, text); w++)
			;
		if (!w->name || !(w->verbs & verb))
			return unknown_word(a, table, verb, text, w->name);
		if (w->refuse)
			return sec_fail(a->diag, "%s: %s", text, w->refuse);
		bit = 1ULL << (w - table);
		if (seen & bit && !w->repeat)
			return sec_fail(a->diag, "%s: given twice", text);
		seen |= bit;
		a->i++;
		if (w->parse(a, w->name, ctx))
			return sec_fail(a->diag, "%s: bad value", text);
	}
	return 0;
}

int sec_split(char *line, char **words, int max, struct sec_diag *diag)
{
	char *p = line;
	int n = 0;

	for (;;) {
		char *out;
		char quote;

		p += strspn(p, " \t\r\n");
		if (!*p)
			return n;
		if (n == max)
			return sec_fail(diag, "more than %d words", max);
		quote = *p == '"' || *p == '\'' ? *p++ : '\0';
		out = p;
		words[n++] = out;
		p = quote ? strchr(p, quote) : p + strcspn(p, " \t\r\n");
		if (!p)
			return sec_fail(diag, "a %c quote is left open", quote);
		if (!*p)
			return n;
		*p++ = '\0';
	}
}
