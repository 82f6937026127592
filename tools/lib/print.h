/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects as text: in the layout of "ip xfrm ... list", and as command lines
 * that create them again.
 */
#ifndef SEC_PRINT_H
#define SEC_PRINT_H

#include <stdio.h>

#include "object.h"

struct sec_print {
	FILE *out;
	const char *nl;		/* "\n", or "\\" for one line per object */
	int stats;		/* how often -s was given */
	bool keys;
};

void sec_sel_print(const struct sec_print *p, const struct sec_sel *sel,
		   const char *prefix);
void sec_limits_print(const struct sec_print *p,
		      const struct sec_limits *limits);
bool sec_limits_any(const struct sec_limits *limits);
void sec_usage_print(const struct sec_print *p, const struct sec_usage *usage);
void sec_sa_print(const struct sec_print *p, const struct sec_sa *sa);
void sec_sa_old_print(const struct sec_print *p, const struct sec_sa *sa);
void sec_sa_mapping_print(const struct sec_print *p, const struct sec_sa *sa);
void sec_tmpl_print(const struct sec_print *p, const struct sec_tmpl *tmpl);
void sec_policy_print(const struct sec_print *p,
		      const struct sec_policy *policy);
void sec_acquire_print(const struct sec_print *p,
		       const struct sec_acquire *acquire);

/* One line "state add ..." or "policy add ...", with its newline. */
void sec_sa_line(const struct sec_print *p, const struct sec_sa *sa);
void sec_policy_line(const struct sec_print *p,
		     const struct sec_policy *policy);

/* " name" for each flag, then unknown bits in hexadecimal. */
struct sec_name;
void sec_flags_text(FILE *out, const struct sec_name *names, uint32_t flags);

/* Limits that are set, as " limit WORD VALUE". */
void sec_limits_words(FILE *out, const struct sec_limits *limits);
/* A selector for both families is "src any dst any". */
void sec_sel_words_print(FILE *out, const struct sec_sel *sel);

/* Family of the addresses of a selector, AF_UNSPEC if it has none. */
int sec_sel_family(const struct sec_sel *sel);

bool sec_bitmap_set(const struct sec_sa *sa);
void sec_bitmap_text(FILE *out, const struct sec_sa *sa);
void sec_hex_text(FILE *out, const uint8_t *b, size_t len);

#endif /* SEC_PRINT_H */
