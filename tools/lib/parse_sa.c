// SPDX-License-Identifier: GPL-2.0
/*
 * The words of "secctl state".
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define V_CREATE (SEC_V_ADD | SEC_V_UPDATE)
#define V_FILTER (SEC_V_LIST | SEC_V_DELALL | SEC_V_FLUSH)
#define V_ALL (V_CREATE | SEC_V_ALLOC | SEC_V_DEL | SEC_V_GET | V_FILTER | SEC_V_MIGRATE)
#define V_MAKE (V_CREATE | SEC_V_ALLOC)

/* Range of SPIs to choose from that ip(8) asks for by default. */
#define SPI_MIN_DEFAULT 0x100
#define SPI_MAX_DEFAULT 0x0fffffff

static int sa_src(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	const char *text = sec_value(a, word, "an address");

	return text ? sec_range_parse(word, text, &w->src, a->diag) : -1;
}

static int sa_dst(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	const char *text = sec_value(a, word, "an address");

	return text ? sec_range_parse(word, text, &w->dst, a->diag) : -1;
}

static int sa_proto(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_PROTO);
	return sec_ipsec_parse(a, word, &w->sa.proto);
}

static int sa_spi(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_SPI);
	return sec_u32(a, word, &w->sa.spi);
}

static int sa_reqid(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REQID);
	return sec_u32(a, word, &w->sa.reqid);
}

static int sa_replay_window(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REPLAY_WINDOW);
	return sec_u32(a, word, &w->sa.replay_window);
}

static int sa_tfcpad(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_TFCPAD);
	return sec_u32(a, word, &w->sa.tfcpad);
}

static int sa_min(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_SPI_MIN);
	return sec_u32(a, word, &w->sa.spi_min);
}

static int sa_max(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_SPI_MAX);
	return sec_u32(a, word, &w->sa.spi_max);
}

static int sa_mode(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_MODE);
	return sec_mode_parse(a, word, &w->sa.mode);
}

static int sa_mark(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_MARK);
	return sec_mark_parse(a, word, &w->sa.mark);
}

static int sa_output_mark(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	if (sec_has(&w->sa, NFSEC_A_SA_OUTPUT_MARK))
		return sec_fail(a->diag, "%s: given twice", word);
	sec_set(&w->sa, NFSEC_A_SA_OUTPUT_MARK);
	return sec_mark_parse(a, word, &w->sa.output_mark);
}

/* There is no state waiting for an answer that the number would find. */
static int sa_seq(struct sec_args *a, const char *word, void *ctx)
{
	uint32_t seq;

	(void)ctx;
	return sec_u32(a, word, &seq);
}

static int sa_seq_lo(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REPLAY_SEQ);
	return sec_u32(a, word, &w->seq_lo);
}

static int sa_seq_hi(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REPLAY_SEQ);
	return sec_u32(a, word, &w->seq_hi);
}

static int sa_oseq_lo(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REPLAY_OSEQ);
	return sec_u32(a, word, &w->oseq_lo);
}

static int sa_oseq_hi(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_REPLAY_OSEQ);
	return sec_u32(a, word, &w->oseq_hi);
}

/*
 * One long hexadecimal number whose lowest bit is the highest sequence number
 * received.
 */
static int sa_bitmap(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	const char *text = sec_value(a, word, "a hexadecimal number");
	size_t digits, i;

	if (!text)
		return -1;
	digits = strlen(text) - 2;
	if (strncmp(text, "0x", 2) || !digits ||
	    strspn(text + 2, "0123456789abcdefABCDEF") != digits)
		return sec_fail(a->diag, "%s: the value is not 0x and hexadecimal digits",
				word);
	if ((digits + 1) / 2 > SEC_BITMAP_MAX)
		return sec_fail(a->diag, "%s: the value is longer than %zu octets",
				word, (size_t)SEC_BITMAP_MAX);
	w->sa.replay_bitmap = calloc(1, (digits + 1) / 2);
	if (!w->sa.replay_bitmap)
		return sec_fail(a->diag, "out of memory");
	for (i = 0; i < digits; i++) {
		char digit[2] = { text[2 + digits - 1 - i] };

		w->sa.replay_bitmap[i / 2] |=
			strtoul(digit, NULL, 16) << (i % 2 * 4);
	}
	w->sa.replay_bitmap_len = (digits + 1) / 2;
	sec_set(&w->sa, NFSEC_A_SA_REPLAY_BITMAP);
	return 0;
}

static int sa_flag(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_FLAGS);
	return sec_flags(a, word, sec_sa_flag_names, &w->sa.flags);
}

static int sa_extra_flag(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_FLAGS);
	return sec_flags(a, word, sec_sa_extra_names, &w->sa.flags);
}

static int sa_sel(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	int taken = 0;
	int rc;

	while (sec_peek(a)) {
		rc = sec_sel_word(a, &w->sel);
		if (rc < 0)
			return -1;
		if (!rc)
			break;
		taken++;
	}
	if (!taken)
		return sec_fail(a->diag, "%s: a SELECTOR is missing", word);
	w->has_sel = true;
	return 0;
}

static int sa_limit(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_LIMITS);
	return sec_limit_parse(a, word, &w->sa.limits);
}

static int sa_encap(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	struct sec_encap *encap = &w->sa.encap;
	const char *text = sec_value(a, word, "espinudp");
	static const uint8_t zeros[16];
	char quoted[80];
	uint32_t sport, dport, last;

	if (!text)
		return -1;
	if (!strcmp(text, "espinudp-nonike") || !strcmp(text, "espintcp"))
		return sec_fail(a->diag, "%s: nfsec encapsulates in espinudp only, not in %s",
				word, text);
	if (strcmp(text, "espinudp"))
		return sec_fail(a->diag, "%s: %s is unknown, expected espinudp",
				word, sec_quote(text, quoted, sizeof(quoted)));
	if (sec_number_range(a, "encap SPORT", 65535, &sport, &last) ||
	    sport != last ||
	    sec_number_range(a, "encap DPORT", 65535, &dport, &last) ||
	    dport != last)
		return sec_fail(a->diag, "%s: expected two port numbers",
				word);
	encap->type = NFSEC_ENCAP_TYPE_ESPINUDP;
	encap->sport = sport;
	encap->dport = dport;
	sec_set(encap, NFSEC_A_ENCAP_TYPE);
	sec_set(encap, NFSEC_A_ENCAP_SPORT);
	sec_set(encap, NFSEC_A_ENCAP_DPORT);
	sec_set(&w->sa, NFSEC_A_SA_ENCAP);
	text = sec_value(a, word, "the original address (0.0.0.0 for none)");
	if (!text)
		return -1;
	if (sec_addr_parse(text, &encap->oaddr))
		return sec_fail(a->diag, "%s: %s is not an address", word,
				sec_quote(text, quoted, sizeof(quoted)));
	if (memcmp(encap->oaddr.b, zeros, encap->oaddr.len))
		sec_set(encap, NFSEC_A_ENCAP_OADDR);
	else
		encap->oaddr.len = 0;
	return 0;
}

/* "to" and where: addresses and encapsulation once more, until the end */
static int sa_to(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	struct sec_encap *encap = &w->sa.encap;
	char quoted[80];
	int rc;

	if (!sec_peek(a))
		return sec_fail(a->diag, "%s: src, dst or encap is missing", word);
	while (sec_peek(a)) {
		const char *what = a->word[a->i++];
		struct sec_range *r = NULL;
		const char *text;

		if (!strcmp(what, "src"))
			r = &w->to_src;
		else if (!strcmp(what, "dst"))
			r = &w->to_dst;
		else if (strcmp(what, "encap"))
			return sec_fail(a->diag, "%s: unknown word %s, expected src, dst or encap",
					word, sec_quote(what, quoted, sizeof(quoted)));
		if (r ? r->first.len : sec_has(&w->sa, NFSEC_A_SA_ENCAP))
			return sec_fail(a->diag, "%s: %s is given twice", word, what);
		if (r) {
			text = sec_value(a, what, "an address");
			rc = text ? sec_range_parse(what, text, r, a->diag) : -1;
		} else if (sec_peek(a) && !strcmp(sec_peek(a), "none")) {
			a->i++;
			encap->type = NFSEC_ENCAP_TYPE_NONE;
			sec_set(encap, NFSEC_A_ENCAP_TYPE);
			sec_set(&w->sa, NFSEC_A_SA_ENCAP);
			rc = 0;
		} else {
			rc = sa_encap(a, what, w);
		}
		if (rc)
			return rc;
	}
	return 0;
}

static int sa_dir(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;
	const char *text = sec_value(a, word, "in or out");
	char quoted[80];

	if (!text)
		return -1;
	sec_set(&w->sa, NFSEC_A_SA_DIR);
	if (!strcmp(text, "in"))
		w->sa.dir = NFSEC_DIR_IN;
	else if (!strcmp(text, "out"))
		w->sa.dir = NFSEC_DIR_OUT;
	else
		return sec_fail(a->diag, "%s: %s is unknown, expected in or out",
				word, sec_quote(text, quoted, sizeof(quoted)));
	return 0;
}

/* Algorithms */

static int algo_name(struct sec_args *a, const char *word,
		     struct sec_algo *algo)
{
	const char *text = sec_value(a, word, "the algorithm name");

	if (!text)
		return -1;
	if (strlen(text) >= sizeof(algo->name))
		return sec_fail(a->diag, "%s: the algorithm name is too long",
				word);
	strcpy(algo->name, text);
	sec_set(algo, NFSEC_A_ALGO_NAME);
	return sec_key_parse(a, word, algo);
}

/* The number is not shown: it may be a key at the wrong place. */
static int algo_icv(struct sec_args *a, const char *word,
		    struct sec_algo *algo)
{
	const char *text = sec_value(a, word, "the ICV length in bits");
	char *end;
	unsigned long n;

	if (!text)
		return -1;
	n = strtoul(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || n > UINT16_MAX)
		return sec_fail(a->diag, "%s: after the key comes the ICV length in bits, a number",
				word);
	algo->icv_bits = n;
	sec_set(algo, NFSEC_A_ALGO_ICV_BITS);
	return 0;
}

static int sa_aead(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_AEAD);
	if (algo_name(a, word, &w->sa.aead))
		return -1;
	return algo_icv(a, word, &w->sa.aead);
}

static int sa_enc(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_ENC);
	return algo_name(a, word, &w->sa.enc);
}

static int sa_auth(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	if (sec_has(&w->sa, NFSEC_A_SA_AUTH))
		return sec_fail(a->diag, "auth and auth-trunc exclude each other");
	sec_set(&w->sa, NFSEC_A_SA_AUTH);
	if (algo_name(a, word, &w->sa.auth))
		return -1;
	return strcmp(word, "auth-trunc") ? 0 :
	       algo_icv(a, word, &w->sa.auth);
}

static int sa_larval(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	sec_set(&w->sa, NFSEC_A_SA_LARVAL);
	return sec_u32(a, word, &w->larval_spi);
}

static int sa_keys(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sa_words *w = ctx;

	(void)a;
	if (!strcmp(word, "nokeys"))
		w->nokeys = true;
	else
		w->keys = true;
	return 0;
}

#define NO_IF_ID "nfsec has no XFRM interfaces; use marks"
#define NO_OFFLOAD "nfsec has no hardware offload"
#define NO_CTX "nfsec has no security contexts"
#define NO_COA "nfsec has no Mobile IPv6"
#define NO_COMP "nfsec has no IP compression"
#define NO_PCPU "nfsec runs one SA on all CPUs and has no per-CPU SAs"

const struct sec_word sec_sa_table[] = {
	{ "src", V_ALL, sa_src },
	{ "dst", V_ALL, sa_dst },
	{ "proto", V_ALL, sa_proto },
	{ "spi", V_ALL & ~(SEC_V_ALLOC | SEC_V_FLUSH), sa_spi },
	{ "mark", V_ALL, sa_mark },
	{ "mode", V_MAKE | V_FILTER, sa_mode },
	{ "reqid", V_MAKE | V_FILTER, sa_reqid },
	{ "dir", V_MAKE | V_FILTER, sa_dir },
	{ "seq", V_MAKE, sa_seq },
	{ "flag", V_CREATE | SEC_V_LIST | SEC_V_DELALL, sa_flag,
	  .repeat = true },
	{ "extra-flag", V_CREATE | SEC_V_LIST | SEC_V_DELALL, sa_extra_flag,
	  .repeat = true },
	{ "extra_flag", V_CREATE, sa_extra_flag, .repeat = true,
	  .hidden = true },
	{ "aead", V_CREATE, sa_aead },
	{ "auth", V_CREATE, sa_auth },
	{ "auth-trunc", V_CREATE, sa_auth },
	{ "enc", V_CREATE, sa_enc },
	{ "encap", V_CREATE, sa_encap },
	{ "replay-window", V_CREATE, sa_replay_window },
	{ "replay-seq", V_CREATE, sa_seq_lo },
	{ "replay-seq-hi", V_CREATE, sa_seq_hi },
	{ "replay-oseq", V_CREATE, sa_oseq_lo },
	{ "replay-oseq-hi", V_CREATE, sa_oseq_hi },
	{ "replay-bitmap", V_CREATE, sa_bitmap },
	{ "output-mark", V_CREATE, sa_output_mark },
	{ "set-mark", V_CREATE, sa_output_mark },
	{ "tfcpad", V_CREATE, sa_tfcpad },
	{ "limit", V_CREATE, sa_limit, .repeat = true },
	{ "sel", V_CREATE, sa_sel },
	{ "to", SEC_V_MIGRATE, sa_to },
	{ "min", SEC_V_ALLOC, sa_min },
	{ "max", SEC_V_ALLOC, sa_max },
	{ "keys", SEC_V_LIST | SEC_V_GET, sa_keys },
	{ "nokeys", SEC_V_LIST | SEC_V_GET, sa_keys },
	{ "-k", SEC_V_LIST | SEC_V_GET, sa_keys, .hidden = true },
	{ "-keys", SEC_V_LIST | SEC_V_GET, sa_keys, .hidden = true },
	{ "--show-keys", SEC_V_LIST | SEC_V_GET, sa_keys, .hidden = true },
	{ "larval", SEC_V_ALLOC, sa_larval, .hidden = true },
	{ "comp", V_MAKE, .refuse = NO_COMP },
	{ "coa", V_MAKE, .refuse = NO_COA },
	{ "ctx", V_MAKE, .refuse = NO_CTX },
	{ "offload", V_MAKE, .refuse = NO_OFFLOAD },
	{ "if_id", V_MAKE, .refuse = NO_IF_ID },
	{ "pcpu-num", V_MAKE, .refuse = NO_PCPU },
	{ NULL }
};

/* Addresses are prefixes in filters and must be single ones elsewhere. */
static int finish_addr(struct sec_sa *sa, unsigned int attr, const char *word,
		       const struct sec_range *r, struct sec_addr *addr,
		       bool filter, struct sec_diag *diag)
{
	if (!r->first.len)
		return 0;
	if (r->last.len)
		return sec_fail(diag, "%s: a single address is needed, not a range",
				word);
	if (filter && r->plen != r->first.len * 8)
		return 0;
	if (r->plen != r->first.len * 8)
		return sec_fail(diag, "%s: a single address is needed, not a prefix",
				word);
	*addr = r->first;
	sec_set(sa, attr);
	return 0;
}

static int finish_alloc(struct sec_sa_words *w, struct sec_diag *diag)
{
	struct sec_sa *sa = &w->sa;
	bool min = sec_has(sa, NFSEC_A_SA_SPI_MIN);
	bool max = sec_has(sa, NFSEC_A_SA_SPI_MAX);

	/* A reserved SPI is one to receive with. */
	if (sec_has(sa, NFSEC_A_SA_DIR) && sa->dir != NFSEC_DIR_IN)
		return sec_fail(diag, "dir: an SPI is allocated for dir in only");
	sa->has &= ~SEC_BIT(NFSEC_A_SA_DIR);
	if (sec_has(sa, NFSEC_A_SA_LARVAL)) {
		sa->has &= ~SEC_BIT(NFSEC_A_SA_LARVAL);
		sa->spi_min = w->larval_spi;
		sa->spi_max = w->larval_spi;
	} else if (!min && !max) {
		sa->spi_min = SPI_MIN_DEFAULT;
		sa->spi_max = SPI_MAX_DEFAULT;
	} else if (!min || !max) {
		return sec_fail(diag, "min and max are given together or not at all");
	}
	if (sa->spi_min > sa->spi_max)
		return sec_fail(diag, "min is above max");
	sec_set(sa, NFSEC_A_SA_SPI_MIN);
	sec_set(sa, NFSEC_A_SA_SPI_MAX);
	return 0;
}

static int finish_sel(struct sec_sa_words *w, int family,
		      struct sec_diag *diag)
{
	if (!w->has_sel)
		return 0;
	/* As in XFRM, a selector without addresses has the SA's family. */
	if (family == AF_UNSPEC)
		family = sec_addr_family(&w->sa.dst);
	sec_set(&w->sa, NFSEC_A_SA_SEL);
	return sec_sel_finish(&w->sel, family, &w->sa.sel, diag);
}

int sec_sa_parse(struct sec_args *a, enum sec_verb verb,
		 struct sec_sa_words *w)
{
	bool filter = verb & V_FILTER && verb != SEC_V_FLUSH;
	struct sec_sa *sa = &w->sa;
	struct sec_diag *diag = a->diag;

	if (sec_words_parse(a, sec_sa_table, verb, w))
		return -1;
	if (finish_addr(sa, NFSEC_A_SA_SRC, "src", &w->src, &sa->src, filter,
			diag) ||
	    finish_addr(sa, NFSEC_A_SA_DST, "dst", &w->dst, &sa->dst, filter,
			diag))
		return -1;
	if (w->src.first.len && w->dst.first.len &&
	    w->src.first.len != w->dst.first.len)
		return sec_fail(diag, "src and dst are of different address families");
	if (finish_addr(sa, NFSEC_A_SA_NEW_SRC, "to src", &w->to_src,
			&sa->new_src, false, diag) ||
	    finish_addr(sa, NFSEC_A_SA_NEW_DST, "to dst", &w->to_dst,
			&sa->new_dst, false, diag))
		return -1;
	if (verb == SEC_V_MIGRATE && !w->to_src.first.len &&
	    !w->to_dst.first.len && !sec_has(sa, NFSEC_A_SA_ENCAP))
		return sec_fail(diag, "to is missing: where shall it go?");
	if (!(verb & V_FILTER) && !sec_has(sa, NFSEC_A_SA_PROTO))
		return sec_fail(diag, "proto is missing, expected proto esp or proto ah");
	if (verb & (SEC_V_ADD | SEC_V_ALLOC) && !sec_has(sa, NFSEC_A_SA_MODE)) {
		sa->mode = NFSEC_MODE_TRANSPORT;
		sec_set(sa, NFSEC_A_SA_MODE);
	}
	sa->replay_seq = (uint64_t)w->seq_hi << 32 | w->seq_lo;
	sa->replay_oseq = (uint64_t)w->oseq_hi << 32 | w->oseq_lo;
	if (verb == SEC_V_ALLOC && finish_alloc(w, diag))
		return -1;
	return finish_sel(w, a->family, diag);
}

static bool addr_match(const struct sec_range *r, const struct sec_addr *addr)
{
	return !r->first.len || sec_addr_in(addr, &r->first, r->plen);
}

bool sec_sa_match(const struct sec_sa_words *filter, int family,
		  const struct sec_sa *sa)
{
	const struct sec_sa *f = &filter->sa;

	if (family != AF_UNSPEC && sec_addr_family(&sa->dst) != family)
		return false;
	if (!addr_match(&filter->src, &sa->src) ||
	    !addr_match(&filter->dst, &sa->dst))
		return false;
	if ((sec_has(f, NFSEC_A_SA_PROTO) && f->proto != sa->proto) ||
	    (sec_has(f, NFSEC_A_SA_SPI) && f->spi != sa->spi) ||
	    (sec_has(f, NFSEC_A_SA_MODE) && f->mode != sa->mode) ||
	    (sec_has(f, NFSEC_A_SA_REQID) && f->reqid != sa->reqid) ||
	    (sec_has(f, NFSEC_A_SA_DIR) && f->dir != sa->dir))
		return false;
	if (sec_has(f, NFSEC_A_SA_MARK) &&
	    (f->mark.value != sa->mark.value || f->mark.mask != sa->mark.mask))
		return false;
	/* Like ip(8): any one of the flags will do. */
	return !sec_has(f, NFSEC_A_SA_FLAGS) || f->flags & sa->flags;
}
