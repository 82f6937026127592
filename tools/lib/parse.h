/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of "ip xfrm" from words to objects.
 */
#ifndef SEC_PARSE_H
#define SEC_PARSE_H

#include "args.h"
#include "object.h"

/* The words of a selector while they are collected, in any order. */
struct sec_sel_words {
	uint32_t seen;			/* by position in the table */
	struct sec_range src, dst;
	uint32_t ifindex;
	uint8_t proto;
	uint32_t sport[2], dport[2];
	uint32_t type[2], code[2];
	uint32_t key;
};

extern const struct sec_word sec_sel_table[];

/*
 * Take one word of a selector if the next one is. Returns 1 if it was taken,
 * 0 if it belongs to somebody else, -1 with a message.
 */
int sec_sel_word(struct sec_args *a, struct sec_sel_words *words);
bool sec_sel_seen(const struct sec_sel_words *words, const char *name);

/* @family is set in @sel if no address tells it. */
int sec_sel_finish(const struct sec_sel_words *words, int family,
		   struct sec_sel *sel, struct sec_diag *diag);

int sec_mark_parse(struct sec_args *a, const char *word,
		   struct sec_mark *mark);
int sec_limit_parse(struct sec_args *a, const char *word,
		    struct sec_limits *limits);
int sec_ipsec_parse(struct sec_args *a, const char *word, uint8_t *proto);
int sec_mode_parse(struct sec_args *a, const char *word, uint8_t *mode);
int sec_key_parse(struct sec_args *a, const char *word, struct sec_algo *algo);

/* A parsed "state" command. */
struct sec_sa_words {
	struct sec_sa sa;
	struct sec_range src, dst;
	struct sec_range to_src, to_dst;	/* "migrate ... to" */
	struct sec_sel_words sel;
	bool has_sel;
	uint32_t seq_lo, seq_hi, oseq_lo, oseq_hi;
	uint32_t larval_spi;
	bool keys, nokeys;
};

extern const struct sec_word sec_sa_table[];

/* The caller clears @out->sa with sec_clear(), on error as well. */
int sec_sa_parse(struct sec_args *a, enum sec_verb verb,
		 struct sec_sa_words *out);
bool sec_sa_match(const struct sec_sa_words *filter, int family,
		  const struct sec_sa *sa);

/* A parsed "policy" command. */
struct sec_policy_words {
	struct sec_policy policy;
	struct sec_sel_words sel;
};

extern const struct sec_word sec_policy_table[];

int sec_policy_parse(struct sec_args *a, enum sec_verb verb,
		     struct sec_policy_words *out);
bool sec_policy_match(const struct sec_policy_words *filter, int family,
		      const struct sec_policy *policy);

/* "explain" */
int sec_lookup_parse(struct sec_args *a, struct sec_lookup *lookup);

#endif /* SEC_PARSE_H */
