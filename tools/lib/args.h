/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of a command line and tables of what they mean.
 */
#ifndef SEC_ARGS_H
#define SEC_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "names.h"

struct sec_args {
	char **word;
	int n, i;
	int family;		/* of -4 and -6, else AF_UNSPEC */
	struct sec_diag *diag;
};

/* Commands, as bits: a word of a table is allowed in some of them. */
enum sec_verb {
	SEC_V_ADD = 1 << 0,
	SEC_V_UPDATE = 1 << 1,
	SEC_V_ALLOC = 1 << 2,
	SEC_V_DEL = 1 << 3,
	SEC_V_GET = 1 << 4,
	SEC_V_LIST = 1 << 5,
	SEC_V_DELALL = 1 << 6,
	SEC_V_FLUSH = 1 << 7,
	SEC_V_MIGRATE = 1 << 8,
};

/*
 * One word of a command. @parse is called with the word itself already taken.
 * @refuse says why nfsec does not have what the word asks for.
 */
struct sec_word {
	const char *name;
	unsigned int verbs;
	int (*parse)(struct sec_args *a, const char *word, void *ctx);
	const char *refuse;
	bool repeat;
	bool hidden;		/* not offered in messages */
};

/*
 * Parse words by @table, which ends with a NULL name, until they are used up.
 * Refuses unknown words and repeated ones.
 */
int sec_words_parse(struct sec_args *a, const struct sec_word *table,
		    enum sec_verb verb, void *ctx);

/* Look at the next word; NULL at the end. */
const char *sec_peek(const struct sec_args *a);

/* Take the value that must follow @word; @what names it in the message. */
char *sec_value(struct sec_args *a, const char *word, const char *what);

int sec_number(struct sec_diag *diag, const char *word, const char *text,
	       uint64_t max, uint64_t *value);
int sec_u64(struct sec_args *a, const char *word, uint64_t *value);
int sec_u32(struct sec_args *a, const char *word, uint32_t *value);

/* NUMBER or FIRST-LAST. */
int sec_number_range(struct sec_args *a, const char *word, uint32_t max,
		     uint32_t *first, uint32_t *last);

/* The value of the name that must follow @word. */
int sec_enum(struct sec_args *a, const char *word,
	     const struct sec_name *names, uint8_t *value);

/* One or more names in a row, or a number in XFRM's encoding. */
int sec_flags(struct sec_args *a, const char *word,
	      const struct sec_name *names, uint32_t *flags);

/* Does @word abbreviate @name, as ip(8) allows? */
bool sec_abbrev(const char *word, const char *name);

/*
 * Split a line in place at blanks, honouring '...' and "..." quotes. The
 * words point into @line. Returns how many, or -1 if there are more than @max
 * or a quote is left open.
 */
int sec_split(char *line, char **words, int max, struct sec_diag *diag);

#endif /* SEC_ARGS_H */
