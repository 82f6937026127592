// SPDX-License-Identifier: GPL-2.0
/*
 * secctl -batch FILE and secctl restore FILE.
 *
 * A file has one command per line as ip(8) wants them, or objects in the
 * layout of "list", in any mixture.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/block.h"
#include "secctl.h"

#define WORDS_MAX 256

struct batch {
	struct secctl *c;
	const char *name;
	FILE *file;
	unsigned int line;
	char *next;		/* read ahead, NULL at the end */
	size_t next_size;
	bool ended;
};

/* A buffer that can be wiped, unlike the one that stdio would allocate. */
static char file_buffer[64 * 1024];

static void wipe(char *text, size_t size)
{
	if (text)
		explicit_bzero(text, size);
	free(text);
}

/* Cut off a comment: "#" at the start of a word, outside quotes. */
static void cut_comment(char *line)
{
	char quote = '\0';
	char *p;

	for (p = line; *p; p++) {
		bool start = p == line || p[-1] == ' ' || p[-1] == '\t';

		if (quote) {
			if (*p == quote)
				quote = '\0';
		} else if (start && (*p == '"' || *p == '\'')) {
			quote = *p;
		} else if (start && *p == '#') {
			*p = '\0';
			return;
		}
	}
}

static void read_ahead(struct batch *b)
{
	ssize_t n = getline(&b->next, &b->next_size, b->file);

	if (n < 0) {
		b->ended = true;
		return;
	}
	if (n && b->next[n - 1] == '\n')
		b->next[n - 1] = '\0';
	b->line++;
	cut_comment(b->next);
}

/* Append the line that was read ahead to @text. */
static int take(struct batch *b, char **text, const char *join)
{
	size_t old = *text ? strlen(*text) : 0;
	size_t size = old + strlen(join) + strlen(b->next) + 1;
	char *grown = malloc(size);

	if (!grown)
		return sec_fail(&b->c->diag, "out of memory");
	snprintf(grown, size, "%s%s%s", *text ? *text : "", join, b->next);
	wipe(*text, old);
	*text = grown;
	explicit_bzero(b->next, b->next_size);
	read_ahead(b);
	return 0;
}

static bool blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

/* An object in the layout of "list" as a command line. */
static char *take_block(struct batch *b)
{
	char *text = NULL;
	char *command = NULL;
	int rc = take(b, &text, "");

	while (!rc && !b->ended && (b->next[0] == ' ' || b->next[0] == '\t') &&
	       !blank(b->next))
		rc = take(b, &text, "\n");
	if (!rc)
		command = sec_block_command(text, &b->c->diag);
	wipe(text, text ? strlen(text) : 0);
	return command;
}

/* A command, with the lines that a backslash at the end continues. */
static char *take_command(struct batch *b)
{
	char *text = NULL;
	int rc = take(b, &text, "");

	while (!rc && !b->ended) {
		size_t len = strlen(text);

		if (!len || text[len - 1] != '\\')
			break;
		text[len - 1] = ' ';
		rc = take(b, &text, "");
	}
	if (!rc)
		return text;
	wipe(text, text ? strlen(text) : 0);
	return NULL;
}

static int run_line(struct batch *b, char *text)
{
	char *word[WORDS_MAX];
	int n = sec_split(text, word, WORDS_MAX, &b->c->diag);

	if (n < 0)
		return SECCTL_USAGE;
	if (!n)
		return SECCTL_OK;
	return secctl_command(b->c, word, n);
}

/* Run everything. The first error is the result; without -force the end. */
static int run(struct batch *b)
{
	struct secctl *c = b->c;
	char where[256];
	int result = SECCTL_OK;

	read_ahead(b);
	while (!b->ended) {
		unsigned int line = b->line;
		int rc = SECCTL_USAGE;
		size_t len;
		char *text;

		c->where[0] = '\0';
		text = sec_block_starts(b->next) ? take_block(b) :
						   take_command(b);
		len = text ? strlen(text) : 0;
		if (text)
			rc = run_line(b, text);
		wipe(text, len);
		if (!rc)
			continue;
		snprintf(where, sizeof(where), "%s:%u", b->name, line);
		secctl_complain(c, where);
		if (!result)
			result = rc;
		if (!c->force)
			break;
	}
	wipe(b->next, b->next_size);
	c->where[0] = '\0';
	return result;
}

int secctl_batch(struct secctl *c, const char *name)
{
	struct batch b = { .c = c, .name = name, .file = stdin };
	int rc;

	if (strcmp(name, "-"))
		b.file = fopen(name, "re");
	else
		b.name = "stdin";
	if (!b.file) {
		sec_fail(&c->diag, "%s: cannot open: %s", name,
			 strerror(errno));
		return SECCTL_USAGE;
	}
	setvbuf(b.file, file_buffer, _IOFBF, sizeof(file_buffer));
	c->in_batch = true;
	rc = run(&b);
	c->in_batch = false;
	if (b.file != stdin)
		fclose(b.file);
	explicit_bzero(file_buffer, sizeof(file_buffer));
	return rc;
}

/* restore */

static char *slurp(struct secctl *c, const char *name, size_t *len)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	size_t size = 0, n;
	char *text = NULL;

	*len = 0;
	if (!file) {
		sec_fail(&c->diag, "%s: cannot open: %s", name,
			 strerror(errno));
		return NULL;
	}
	do {
		if (*len + 65536 > size) {
			size_t bigger = 2 * size + 65536;
			char *grown = malloc(bigger);

			if (grown)
				memcpy(grown, text ? text : "", *len);
			wipe(text, *len);
			text = grown;
			size = bigger;
			if (!text)
				break;
		}
		n = fread(text + *len, 1, size - *len, file);
		*len += n;
	} while (n);
	if (!text || ferror(file)) {
		sec_fail(&c->diag, "%s: cannot read", name);
		wipe(text, *len);
		text = NULL;
	}
	if (file != stdin)
		fclose(file);
	return text;
}

static int pass(struct secctl *c, const char *name, char *text, size_t len,
		bool dry)
{
	struct batch b = { .c = c, .name = name };
	bool force = c->force;
	int rc;

	if (!len)
		return SECCTL_OK;
	b.file = fmemopen(text, len, "r");
	if (!b.file) {
		sec_fail(&c->diag, "out of memory");
		return SECCTL_USAGE;
	}
	setvbuf(b.file, file_buffer, _IOFBF, sizeof(file_buffer));
	c->dry = dry;
	c->force = dry ? force : false;
	c->in_batch = true;
	c->defer_defaults = true;
	memset(&c->defaults, 0, sizeof(c->defaults));
	rc = run(&b);
	c->defer_defaults = false;
	c->in_batch = false;
	c->dry = false;
	c->force = force;
	fclose(b.file);
	explicit_bzero(file_buffer, sizeof(file_buffer));
	return rc;
}

static int block_all(struct secctl *c)
{
	struct sec_settings s = {
		.default_in = NFSEC_ACTION_BLOCK,
		.default_out = NFSEC_ACTION_BLOCK,
		.default_fwd = NFSEC_ACTION_BLOCK,
	};

	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_IN);
	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_OUT);
	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_FWD);
	return secctl_settings_set(c, &s);
}

/* The defaults the file asked for, and for the rest those of before. */
static int set_defaults(struct secctl *c, const struct sec_settings *before)
{
	struct sec_settings s = c->defaults;

	if (!sec_has(&s, NFSEC_A_SETTINGS_DEFAULT_IN))
		s.default_in = before->default_in;
	if (!sec_has(&s, NFSEC_A_SETTINGS_DEFAULT_OUT))
		s.default_out = before->default_out;
	if (!sec_has(&s, NFSEC_A_SETTINGS_DEFAULT_FWD))
		s.default_fwd = before->default_fwd;
	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_IN);
	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_OUT);
	sec_set(&s, NFSEC_A_SETTINGS_DEFAULT_FWD);
	return secctl_settings_set(c, &s);
}

/*
 * Between the flush and the last policy, traffic that a policy protects would
 * find none and leave in clear. So what meets no policy is blocked meanwhile,
 * and stays blocked if something goes wrong.
 */
static int replace(struct secctl *c, const char *name, char *text, size_t len)
{
	struct sec_settings before = { 0 };
	int rc;

	rc = secctl_settings_get(c, &before);
	if (!rc)
		rc = block_all(c);
	if (rc)
		return rc;
	rc = secctl_flush_all(c);
	if (!rc)
		rc = pass(c, name, text, len, false);
	if (!rc)
		rc = set_defaults(c, &before);
	if (rc)
		fprintf(stderr,
			"secctl: restore: failed halfway; packets that meet no policy are blocked until \"policy setdefault\" says otherwise\n");
	return rc;
}

int secctl_restore(struct secctl *c, struct sec_args *a)
{
	const char *name = sec_value(a, "restore", "a file name");
	size_t len;
	char *text;
	int rc;

	if (!name || secctl_no_more(a))
		return SECCTL_USAGE;
	if (c->in_batch) {
		sec_fail(&c->diag, "not possible inside a batch");
		return SECCTL_USAGE;
	}
	text = slurp(c, name, &len);
	if (!text)
		return SECCTL_USAGE;
	name = strcmp(name, "-") ? name : "stdin";
	/* A typing error must not cost the tables that are there. */
	rc = pass(c, name, text, len, true);
	if (!rc)
		rc = replace(c, name, text, len);
	wipe(text, len);
	return rc;
}
