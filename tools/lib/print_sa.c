// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>

#include "names.h"
#include "print.h"

/* Up to this size, ip(8) shows a window in its short form. */
#define SHORT_WINDOW_MAX 32

#define EXTRA_FLAGS (NFSEC_SA_FLAGS_DONT_ENCAP_DSCP | \
		     NFSEC_SA_FLAGS_OSEQ_MAY_WRAP | \
		     NFSEC_SA_FLAGS_DONT_CHECK_PAD)

static const char *ipsec_text(uint8_t proto)
{
	const char *name = sec_name_of(sec_ipsec_names, proto);

	return name ? name : "?";
}

static const char *mode_text(uint8_t mode)
{
	const char *name = sec_name_of(sec_mode_names, mode);

	return name ? name : "?";
}

static void id_print(const struct sec_print *p, const struct sec_addr *src,
		     const struct sec_addr *dst)
{
	char a[SEC_ADDR_TEXT_MAX], b[SEC_ADDR_TEXT_MAX];

	fprintf(p->out, "src %s dst %s%s",
		sec_addr_text(src, sec_addr_family(dst), a),
		sec_addr_text(dst, sec_addr_family(src), b), p->nl);
}

static void proto_print(const struct sec_print *p, uint8_t proto, bool has_spi,
			uint32_t spi, uint32_t reqid, uint8_t mode)
{
	fprintf(p->out, "\tproto %s ", ipsec_text(proto));
	if (has_spi || p->stats) {
		fprintf(p->out, "spi 0x%08x", spi);
		if (p->stats)
			fprintf(p->out, "(%u)", spi);
		fputc(' ', p->out);
	}
	fprintf(p->out, "reqid %u", reqid);
	if (p->stats)
		fprintf(p->out, "(0x%08x)", reqid);
	fprintf(p->out, " mode %s%s", mode_text(mode), p->nl);
}

static void flags_print(const struct sec_print *p, uint32_t all,
			const char *extra)
{
	uint32_t flags = all & ~EXTRA_FLAGS;

	if (flags) {
		fprintf(p->out, "flag ");
		sec_flags_text(p->out, sec_sa_flag_names, flags);
		fputc(' ', p->out);
	}
	if (all & EXTRA_FLAGS) {
		fprintf(p->out, "%s ", extra);
		sec_flags_text(p->out, sec_sa_extra_names, all & EXTRA_FLAGS);
		fputc(' ', p->out);
	}
}

static void marks_print(const struct sec_print *p, const struct sec_sa *sa)
{
	bool mark = sec_has(sa, NFSEC_A_SA_MARK);
	bool output = sec_has(sa, NFSEC_A_SA_OUTPUT_MARK);

	if (!mark && !output)
		return;
	fputc('\t', p->out);
	if (mark)
		fprintf(p->out, "mark %#x/%#x ", sa->mark.value, sa->mark.mask);
	if (output)
		fprintf(p->out, "output-mark 0x%x/0x%x", sa->output_mark.value,
			sec_has(&sa->output_mark, NFSEC_A_MARK_MASK) ?
			sa->output_mark.mask : UINT32_MAX);
	fputs(p->nl, p->out);
}

static void key_text(const struct sec_print *p, const struct sec_algo *algo)
{
	if (!sec_has(algo, NFSEC_A_ALGO_KEY) && algo->key_bits)
		fputs("<hidden>", p->out);
	else if (!algo->key_len)
		fputs("\"\"", p->out);
	else if (p->keys)
		sec_hex_text(p->out, algo->key, algo->key_len);
	else
		fputs("<hidden>", p->out);
}

static uint32_t key_bits(const struct sec_algo *algo)
{
	return algo->key_bits ? algo->key_bits : algo->key_len * 8U;
}

/*
 * Without an ICV length the name is plain; an "auth" that has one is an
 * "auth-trunc".
 */
static void algo_words(const struct sec_print *p, const char *word,
		       const struct sec_algo *algo, bool annotate)
{
	bool icv = sec_has(algo, NFSEC_A_ALGO_ICV_BITS) &&
		   strcmp(word, "enc");

	if (icv && !strcmp(word, "auth"))
		word = "auth-trunc";
	fprintf(p->out, "%s %s ", word, algo->name);
	key_text(p, algo);
	if (annotate)
		fprintf(p->out, " (%u bits)", key_bits(algo));
	if (icv)
		fprintf(p->out, " %u", algo->icv_bits);
}

static void algo_print(const struct sec_print *p, const struct sec_sa *sa,
		       unsigned int attr, const char *word,
		       const struct sec_algo *algo)
{
	if (!sec_has(sa, attr))
		return;
	fputc('\t', p->out);
	algo_words(p, word, algo, p->stats > 0);
	fputs(p->nl, p->out);
}

static void encap_print(const struct sec_print *p, const struct sec_sa *sa)
{
	char addr[SEC_ADDR_TEXT_MAX];

	if (!sec_has(sa, NFSEC_A_SA_ENCAP) || !sa->encap.type)
		return;
	fprintf(p->out, "\tencap type espinudp sport %u dport %u addr %s%s",
		sa->encap.sport, sa->encap.dport,
		sec_addr_text(&sa->encap.oaddr, sec_addr_family(&sa->dst),
			      addr), p->nl);
}

bool sec_bitmap_set(const struct sec_sa *sa)
{
	size_t i;

	for (i = 0; i < sa->replay_bitmap_len; i++)
		if (sa->replay_bitmap[i])
			return true;
	return false;
}

/* Leading zeros carry nothing. */
void sec_bitmap_text(FILE *out, const struct sec_sa *sa)
{
	size_t len = sa->replay_bitmap_len;

	while (len > 1 && !sa->replay_bitmap[len - 1])
		len--;
	fputs("0x", out);
	while (len)
		fprintf(out, "%02x", sa->replay_bitmap[--len]);
}

static uint32_t bitmap_word(const struct sec_sa *sa)
{
	uint32_t word = 0;
	size_t i;

	for (i = 0; i < 4 && i < sa->replay_bitmap_len; i++)
		word |= (uint32_t)sa->replay_bitmap[i] << 8 * i;
	return word;
}

/*
 * The bitmap of a large window has a line of its own, in the form that the
 * command line takes. ip(8) shows the ring that XFRM keeps, which says nothing
 * without knowing where it is cut.
 */
static void replay_print(const struct sec_print *p, const struct sec_sa *sa)
{
	if (!sec_has(sa, NFSEC_A_SA_REPLAY_SEQ) &&
	    !sec_has(sa, NFSEC_A_SA_REPLAY_OSEQ))
		return;
	if (!(sa->flags & NFSEC_SA_FLAGS_ESN) &&
	    sa->replay_window <= SHORT_WINDOW_MAX) {
		fprintf(p->out,
			"\tanti-replay context: seq 0x%llx, oseq 0x%llx, bitmap 0x%08x%s",
			ull(sa->replay_seq), ull(sa->replay_oseq), bitmap_word(sa),
			p->nl);
		return;
	}
	fprintf(p->out, "\tanti-replay esn context:%s", p->nl);
	fprintf(p->out, "\t seq-hi 0x%x, seq 0x%x, oseq-hi 0x%x, oseq 0x%x%s",
		(uint32_t)(sa->replay_seq >> 32), (uint32_t)sa->replay_seq,
		(uint32_t)(sa->replay_oseq >> 32), (uint32_t)sa->replay_oseq,
		p->nl);
	fprintf(p->out, "\t replay_window %u, bitmap-length %u%s",
		sa->replay_window, (sa->replay_window + 31) / 32, p->nl);
	if (!sec_bitmap_set(sa))
		return;
	fputs("\treplay-bitmap ", p->out);
	sec_bitmap_text(p->out, sa);
	fputs(p->nl, p->out);
}

static uint64_t drop_of(const struct sec_sa *sa, const char *name)
{
	const struct sec_counter *c = sa->drop.p;
	unsigned int i;

	for (i = 0; i < sa->drop.n; i++)
		if (!strcmp(c[i].name, name))
			return c[i].value;
	return 0;
}

static void stats_print(const struct sec_print *p, const struct sec_sa *sa)
{
	const struct sec_counter *c = sa->drop.p;
	unsigned int i;

	fprintf(p->out, "\tstats:%s", p->nl);
	fprintf(p->out, "\t  replay-window %llu replay %llu failed %llu%s",
		ull(drop_of(sa, "in_replay_old")),
		ull(drop_of(sa, "in_replay")), ull(drop_of(sa, "in_icv")),
		p->nl);
	for (i = 0; i < sa->drop.n; i++)
		if (c[i].value)
			fprintf(p->out, "\t  drop %s %llu%s", c[i].name,
				ull(c[i].value), p->nl);
	if (sec_has(sa, NFSEC_A_SA_OVERHEAD))
		fprintf(p->out, "\t  overhead %u pmtu %u%s", sa->overhead,
			sa->pmtu, p->nl);
}

static void dir_print(const struct sec_print *p, const struct sec_sa *sa)
{
	if (sa->dir == NFSEC_DIR_IN || sa->dir == NFSEC_DIR_OUT)
		fprintf(p->out, "\tdir %s%s",
			sec_name_of(sec_dir_names, sa->dir), p->nl);
}

void sec_sa_print(const struct sec_print *p, const struct sec_sa *sa)
{
	id_print(p, &sa->src, &sa->dst);
	proto_print(p, sa->proto, true, sa->spi, sa->reqid, sa->mode);
	fprintf(p->out, "\treplay-window %u ", sa->replay_window);
	flags_print(p, sa->flags, "extra_flag");
	fputs(p->nl, p->out);
	if (sec_has(sa, NFSEC_A_SA_LARVAL))
		fprintf(p->out, "\tlarval%s", p->nl);
	marks_print(p, sa);
	algo_print(p, sa, NFSEC_A_SA_AUTH, "auth", &sa->auth);
	algo_print(p, sa, NFSEC_A_SA_AEAD, "aead", &sa->aead);
	algo_print(p, sa, NFSEC_A_SA_ENC, "enc", &sa->enc);
	encap_print(p, sa);
	replay_print(p, sa);
	if (sa->tfcpad)
		fprintf(p->out, "\ttfcpad %u%s", sa->tfcpad, p->nl);
	dir_print(p, sa);
	if (sa->sel.has)
		sec_sel_print(p, &sa->sel, "\tsel ");
	/* Without the limits the text would not make the same SA again. */
	if (p->stats || sec_limits_any(&sa->limits))
		sec_limits_print(p, &sa->limits);
	if (p->stats) {
		sec_usage_print(p, &sa->usage);
		stats_print(p, sa);
	}
}

void sec_sa_old_print(const struct sec_print *p, const struct sec_sa *sa)
{
	fputs("\tfrom ", p->out);
	id_print(p, &sa->old_src, &sa->old_dst);
}

void sec_sa_mapping_print(const struct sec_print *p, const struct sec_sa *sa)
{
	char text[SEC_ADDR_TEXT_MAX];

	id_print(p, &sa->src, &sa->dst);
	proto_print(p, sa->proto, true, sa->spi, sa->reqid, sa->mode);
	marks_print(p, sa);
	encap_print(p, sa);
	fprintf(p->out, "\tnew src %s sport %u%s",
		sec_addr_text(&sa->new_src, AF_UNSPEC, text), sa->new_sport,
		p->nl);
}

void sec_tmpl_print(const struct sec_print *p, const struct sec_tmpl *t)
{
	fprintf(p->out, "\ttmpl ");
	id_print(p, &t->src, &t->dst);
	fputc('\t', p->out);
	proto_print(p, t->proto, t->spi, t->spi, t->reqid, t->mode);
	if (p->stats || t->level == NFSEC_LEVEL_USE)
		fprintf(p->out, "\t\tlevel %s %s",
			t->level == NFSEC_LEVEL_USE ? "use" : "required",
			p->nl);
}

/* Command lines */

static void addr_word(FILE *out, const char *word, const struct sec_addr *addr)
{
	char text[SEC_ADDR_TEXT_MAX];

	if (addr->len)
		fprintf(out, "%s %s ", word,
			sec_addr_text(addr, AF_UNSPEC, text));
}

static void replay_words(FILE *out, const struct sec_sa *sa)
{
	if (sec_has(sa, NFSEC_A_SA_REPLAY_WINDOW))
		fprintf(out, " replay-window %u", sa->replay_window);
	if (sa->replay_seq)
		fprintf(out, " replay-seq 0x%x", (uint32_t)sa->replay_seq);
	if (sa->replay_seq >> 32)
		fprintf(out, " replay-seq-hi 0x%x",
			(uint32_t)(sa->replay_seq >> 32));
	if (sa->replay_oseq)
		fprintf(out, " replay-oseq 0x%x", (uint32_t)sa->replay_oseq);
	if (sa->replay_oseq >> 32)
		fprintf(out, " replay-oseq-hi 0x%x",
			(uint32_t)(sa->replay_oseq >> 32));
	if (sec_bitmap_set(sa)) {
		fputs(" replay-bitmap ", out);
		sec_bitmap_text(out, sa);
	}
}

static void mark_words(FILE *out, const char *word, const struct sec_mark *m)
{
	fprintf(out, " %s %#x mask %#x", word, m->value,
		sec_has(m, NFSEC_A_MARK_MASK) ? m->mask : UINT32_MAX);
}

static void larval_line(const struct sec_print *p, const struct sec_sa *sa)
{
	fputs("state allocspi ", p->out);
	addr_word(p->out, "src", &sa->src);
	addr_word(p->out, "dst", &sa->dst);
	fprintf(p->out, "proto %s reqid %u mode %s", ipsec_text(sa->proto),
		sa->reqid, mode_text(sa->mode));
	if (sec_has(sa, NFSEC_A_SA_MARK))
		mark_words(p->out, "mark", &sa->mark);
	fprintf(p->out, " min 0x%08x max 0x%08x\n", sa->spi, sa->spi);
}

static void algo_line(const struct sec_print *p, const struct sec_sa *sa,
		      unsigned int attr, const char *word,
		      const struct sec_algo *algo)
{
	if (!sec_has(sa, attr))
		return;
	fputc(' ', p->out);
	algo_words(p, word, algo, false);
}

void sec_sa_line(const struct sec_print *p, const struct sec_sa *sa)
{
	char text[SEC_ADDR_TEXT_MAX];

	if (sec_has(sa, NFSEC_A_SA_LARVAL)) {
		larval_line(p, sa);
		return;
	}
	fputs("state add ", p->out);
	addr_word(p->out, "src", &sa->src);
	addr_word(p->out, "dst", &sa->dst);
	fprintf(p->out, "proto %s spi 0x%08x reqid %u mode %s",
		ipsec_text(sa->proto), sa->spi, sa->reqid, mode_text(sa->mode));
	if (sec_has(sa, NFSEC_A_SA_MARK))
		mark_words(p->out, "mark", &sa->mark);
	if (sa->dir == NFSEC_DIR_IN || sa->dir == NFSEC_DIR_OUT)
		fprintf(p->out, " dir %s", sec_name_of(sec_dir_names, sa->dir));
	replay_words(p->out, sa);
	if (sa->flags) {
		fputc(' ', p->out);
		flags_print(p, sa->flags, "extra-flag");
	}
	algo_line(p, sa, NFSEC_A_SA_AUTH, "auth", &sa->auth);
	algo_line(p, sa, NFSEC_A_SA_AEAD, "aead", &sa->aead);
	algo_line(p, sa, NFSEC_A_SA_ENC, "enc", &sa->enc);
	if (sec_has(sa, NFSEC_A_SA_ENCAP) && sa->encap.type)
		fprintf(p->out, " encap espinudp %u %u %s", sa->encap.sport,
			sa->encap.dport,
			sec_addr_text(&sa->encap.oaddr,
				      sec_addr_family(&sa->dst), text));
	if (sec_has(sa, NFSEC_A_SA_OUTPUT_MARK))
		mark_words(p->out, "output-mark", &sa->output_mark);
	if (sa->tfcpad)
		fprintf(p->out, " tfcpad %u", sa->tfcpad);
	sec_limits_words(p->out, &sa->limits);
	if (sa->sel.has) {
		fputs(" sel ", p->out);
		sec_sel_words_print(p->out, &sa->sel);
	}
	fputc('\n', p->out);
}
