// SPDX-License-Identifier: GPL-2.0
/*
 * An object in the layout of "list" is a line that begins with "src" and
 * indented lines after it. Most words there mean what they mean on a command
 * line; what differs is translated here line by line.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "block.h"

#define WORDS_MAX 64

struct out {
	char *p;
	size_t size, used;
};

struct block {
	struct sec_diag *diag;
	bool policy;
	bool larval;
	struct out head;	/* the first line */
	struct out body;
	struct out sel;		/* takes all words it knows, so it goes last */
	char window[16];
	char spi[16];
};

bool sec_block_starts(const char *line)
{
	return !strncmp(line, "src ", 4);
}

static void out_add(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->p + o->used, o->size - o->used, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < o->size - o->used)
		o->used += n;
}

static int out_init(struct out *o, size_t size)
{
	o->p = calloc(1, size);
	o->size = size;
	o->used = 0;
	return o->p ? 0 : -1;
}

static void out_free(struct out *o)
{
	if (o->p)
		explicit_bzero(o->p, o->size);
	free(o->p);
}

/* Add words as they are, but not what -s explains in brackets or beside. */
static void add_words(struct out *o, char **word, int n)
{
	bool bracket = false;
	int i;

	for (i = 0; i < n; i++) {
		char *open = strchr(word[i], '(');

		/* Names of algorithms have brackets that close again. */
		if (bracket || (open && open == word[i])) {
			bracket = word[i][strlen(word[i]) - 1] != ')';
			continue;
		}
		if (open && !strncmp(word[i], "0x", 2))
			*open = '\0';
		else if (open && isdigit((unsigned char)word[i][0]))
			*open = '\0';
		if ((!strcmp(word[i], "share") || !strcmp(word[i], "uid")) &&
		    i + 1 < n) {
			i++;
			continue;
		}
		/* A list of no flags. */
		if ((!strcmp(word[i], "flag") ||
		     !strcmp(word[i], "extra_flag")) &&
		    (i + 1 == n || word[i + 1][0] == '(' ||
		     !strcmp(word[i + 1], "extra_flag")))
			continue;
		out_add(o, *word[i] ? " %s" : " \"\"", word[i]);
	}
}

static int bad_line(struct block *b, const char *word)
{
	char quoted[80];

	return sec_fail(b->diag, "a line of a list begins with the unknown word %s",
			sec_quote(word, quoted, sizeof(quoted)));
}

/* Lines that say what has happened, which a new object does not inherit. */
static bool is_history(char **word, int n)
{
	static const char *const skip[] = {
		"lifetime", "add", "lastused", "stats:", "drop", "overhead",
		"enc-mask",
	};
	size_t i;

	if (isdigit((unsigned char)word[0][0]))
		return true;
	if (!strcmp(word[0], "replay-window") && n > 2 &&
	    !strcmp(word[2], "replay"))
		return true;
	for (i = 0; i < ARRAY_SIZE(skip); i++)
		if (!strcmp(word[0], skip[i]))
			return true;
	/* The words of an XFRM bitmap. */
	return strlen(word[0]) == 8 && strspn(word[0], "0123456789abcdef") == 8;
}

static void cut(char *word, char c)
{
	char *p = strchr(word, c);

	if (p)
		*p = '\0';
}

static void add_limit(struct block *b, const char *name, char *value)
{
	/* Those of a reserved SPI are the module's own. */
	if (b->larval || !strncmp(value, "(INF)", 5))
		return;
	cut(value, '(');
	if (strcmp(value, "0") || strncmp(name, "time", 4))
		out_add(&b->body, " limit %s %s", name, value);
}

/* "limit: soft 1(bytes), hard 2(bytes)", "expire add: soft 1(sec), ..." */
static int limit_line(struct block *b, char **word, int n)
{
	bool expire = !strcmp(word[0], "expire");
	int at = expire ? 3 : 2;
	const char *kind;
	char name[32];

	if (n != at + 3)
		return bad_line(b, word[0]);
	if (expire)
		kind = strcmp(word[1], "use:") ? "time" : "time-use";
	else
		kind = strstr(word[2], "(bytes)") ? "byte" : "packet";
	snprintf(name, sizeof(name), "%s-soft", kind);
	add_limit(b, name, word[at]);
	snprintf(name, sizeof(name), "%s-hard", kind);
	add_limit(b, name, word[at + 2]);
	return 0;
}

/* "seq 0x1, oseq 0x2, bitmap 0x3" and "seq-hi 0x1, seq 0x2, ..." */
static void replay_numbers(struct block *b, char **word, int n)
{
	int i;

	for (i = 0; i + 1 < n; i += 2) {
		unsigned long long value = strtoull(word[i + 1], NULL, 0);

		cut(word[i + 1], ',');
		if (!value)
			continue;
		if (!strcmp(word[i], "bitmap")) {
			/* No longer than it is: the window may be small. */
			out_add(&b->body, " replay-bitmap 0x%llx", value);
			continue;
		}
		/* The short form shows 64-bit numbers in one piece. */
		out_add(&b->body, " replay-%s 0x%llx", word[i],
			value & UINT32_MAX);
		if (value >> 32)
			out_add(&b->body, " replay-%s-hi 0x%llx", word[i],
				value >> 32);
	}
}

static int encap_line(struct block *b, char **word, int n)
{
	if (n != 9)
		return bad_line(b, word[0]);
	out_add(&b->body, " encap %s %s %s %s", word[2], word[4], word[6],
		word[8]);
	return 0;
}

static void window_line(struct block *b, char **word, int n)
{
	int at = 2;

	snprintf(b->window, sizeof(b->window), "%s", word[1]);
	/* With -s, ip(8) shows the number of the request here. */
	if (n > 3 && !strcmp(word[2], "seq"))
		at = 4;
	add_words(&b->body, word + at, n - at);
}

static int replay_line(struct block *b, char **word, int n)
{
	if (!strcmp(word[0], "anti-replay")) {
		if (n > 2 && !strcmp(word[1], "context:"))
			replay_numbers(b, word + 2, n - 2);
		return 0;
	}
	if (!strcmp(word[0], "seq-hi")) {
		replay_numbers(b, word, n);
		return 0;
	}
	/* "replay_window 32, bitmap-length 1": ip(8) has a 0 further up. */
	if (n < 2)
		return bad_line(b, word[0]);
	cut(word[1], ',');
	snprintf(b->window, sizeof(b->window), "%s", word[1]);
	return 0;
}

/*
 * With -s, ip(8) shows the index of a policy, but XFRM numbers policies in
 * another way. "share" gives its output away.
 */
static void dir_line(struct block *b, char **word, int n)
{
	bool xfrm = false;
	int i;

	for (i = 0; i < n; i++)
		xfrm |= !strcmp(word[i], "share");
	for (i = 0; i < n; i++)
		if (xfrm && !strcmp(word[i], "index"))
			break;
	add_words(&b->body, word, i);
	if (i + 2 < n)
		add_words(&b->body, word + i + 2, n - i - 2);
}

static void id_line(struct block *b, char **word, int n)
{
	int i;

	for (i = 0; i + 1 < n && !b->policy; i++)
		if (!strcmp(word[i], "spi"))
			snprintf(b->spi, sizeof(b->spi), "%.10s", word[i + 1]);
	cut(b->spi, '(');
	add_words(&b->body, word, n);
}

static int block_line(struct block *b, char **word, int n)
{
	static const char *const plain[] = {
		"mark", "output-mark", "auth", "auth-trunc", "aead", "comp",
		"replay-bitmap", "tfcpad", "if_id", "tmpl", "level",
		"coa", "pcpu-num",
	};
	size_t i;

	if (is_history(word, n))
		return 0;
	if (!strcmp(word[0], "proto")) {
		id_line(b, word, n);
		return 0;
	}
	if (!strcmp(word[0], "limit:") || !strcmp(word[0], "expire"))
		return limit_line(b, word, n);
	if (!strcmp(word[0], "replay-window") && n > 1) {
		window_line(b, word, n);
		return 0;
	}
	if (!strcmp(word[0], "anti-replay") || !strcmp(word[0], "seq-hi") ||
	    !strcmp(word[0], "replay_window"))
		return replay_line(b, word, n);
	if (!strcmp(word[0], "encap"))
		return encap_line(b, word, n);
	if (!strcmp(word[0], "dir")) {
		dir_line(b, word, n);
		return 0;
	}
	if (!strcmp(word[0], "sel")) {
		add_words(&b->sel, word, n);
		return 0;
	}
	if (!strcmp(word[0], "larval")) {
		b->larval = true;
		return 0;
	}
	/* For a null cipher, ip(8) prints no key at all. */
	if (!strcmp(word[0], "enc")) {
		add_words(&b->body, word, n);
		if (n == 2)
			out_add(&b->body, " \"\"");
		return 0;
	}
	if (!strcmp(word[0], "crypto")) {
		out_add(&b->body, " offload");
		return 0;
	}
	if (!strcmp(word[0], "security")) {
		out_add(&b->body, " ctx");
		return 0;
	}
	if (!strcmp(word[0], "socket"))
		return sec_fail(b->diag, "nfsec has no socket policies; list them with nosock");
	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		if (!strcmp(word[0], plain[i])) {
			add_words(&b->body, word, n);
			return 0;
		}
	}
	return bad_line(b, word[0]);
}

static char *finish(struct block *b)
{
	size_t size = b->head.used + b->body.used + b->sel.used + 128;
	struct out line;

	if (out_init(&line, size))
		return NULL;
	if (b->policy) {
		out_add(&line, "policy add%s%s", b->head.p, b->body.p);
	} else if (b->larval) {
		/* The window is that of no SA yet. */
		char *spi = strstr(b->body.p, " spi ");

		if (spi)
			memset(spi, ' ', 5 + strlen(b->spi));
		out_add(&line, "state allocspi%s%s larval %s", b->head.p,
			b->body.p, b->spi);
	} else {
		out_add(&line, "state add%s%s", b->head.p, b->body.p);
		if (*b->window)
			out_add(&line, " replay-window %s", b->window);
		out_add(&line, "%s", b->sel.p);
	}
	return line.p;
}

static int block_parse(struct block *b, char *text)
{
	char *word[WORDS_MAX];
	char *save = NULL;
	char *line;
	int lines = 0;
	int n;

	for (line = strtok_r(text, "\n\\", &save); line;
	     line = strtok_r(NULL, "\n\\", &save)) {
		n = sec_split(line, word, WORDS_MAX, b->diag);
		if (n < 0)
			return -1;
		if (!n)
			continue;
		if (!lines++) {
			add_words(&b->head, word, n);
			continue;
		}
		if (lines == 2)
			b->policy = strcmp(word[0], "proto") != 0;
		if (block_line(b, word, n))
			return -1;
	}
	if (lines < 2)
		return sec_fail(b->diag, "an object of a list has more lines than one");
	return 0;
}

char *sec_block_command(char *text, struct sec_diag *diag)
{
	struct block b = { .diag = diag };
	size_t size = 2 * strlen(text) + 256;
	char *line = NULL;

	if (out_init(&b.head, size) || out_init(&b.body, size) ||
	    out_init(&b.sel, size))
		sec_fail(diag, "out of memory");
	else if (!block_parse(&b, text))
		line = finish(&b);
	out_free(&b.head);
	out_free(&b.body);
	out_free(&b.sel);
	return line;
}
