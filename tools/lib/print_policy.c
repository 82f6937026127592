// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>

#include "names.h"
#include "print.h"

static const char *dir_text(uint8_t dir)
{
	const char *name = sec_name_of(sec_dir_names, dir);

	return name ? name : "?";
}

void sec_policy_print(const struct sec_print *p, const struct sec_policy *pol)
{
	const struct sec_tmpl *t = pol->tmpl.p;
	unsigned int i;

	sec_sel_print(p, &pol->sel, "");
	fprintf(p->out, "\tdir %s ", dir_text(pol->dir));
	if (pol->action == NFSEC_ACTION_BLOCK)
		fputs("action block ", p->out);
	else if (p->stats)
		fputs("action allow ", p->out);
	if (p->stats)
		fprintf(p->out, "index %u ", pol->index);
	/* The only type there is, shown because scripts look for it. */
	fprintf(p->out, "priority %u ptype main ", pol->priority);
	if (pol->flags) {
		fputs("flag ", p->out);
		sec_flags_text(p->out, sec_policy_flag_names, pol->flags);
		fputc(' ', p->out);
	}
	fputs(p->nl, p->out);
	/* Without the limits the text would not make the same policy again. */
	if (p->stats || sec_limits_any(&pol->limits))
		sec_limits_print(p, &pol->limits);
	if (p->stats && sec_has(pol, NFSEC_A_POLICY_USAGE))
		sec_usage_print(p, &pol->usage);
	if (sec_has(pol, NFSEC_A_POLICY_MARK))
		fprintf(p->out, "\tmark %#x/%#x %s", pol->mark.value,
			pol->mark.mask, p->nl);
	for (i = 0; i < pol->tmpl.n; i++)
		sec_tmpl_print(p, &t[i]);
}

void sec_acquire_print(const struct sec_print *p,
		       const struct sec_acquire *acq)
{
	const char *proto = sec_name_of(sec_ipsec_names, acq->tmpl.proto);

	fprintf(p->out, "acquire proto %s ", proto ? proto : "?");
	if (acq->tmpl.spi)
		fprintf(p->out, "spi 0x%08x ", acq->tmpl.spi);
	if (p->stats)
		fprintf(p->out, "seq %u ", acq->seq);
	fputs(p->nl, p->out);
	sec_sel_print(p, &acq->sel, "  sel ");
	sec_sel_print(p, &acq->policy_sel, "  policy ");
	fprintf(p->out, "\tdir %s index %u ", dir_text(acq->dir),
		acq->policy_index);
	if (sec_has(acq, NFSEC_A_ACQUIRE_MARK))
		fprintf(p->out, "mark %#x ", acq->mark);
	fputs(p->nl, p->out);
	sec_tmpl_print(p, &acq->tmpl);
}

/* Command lines */

static void tmpl_words(FILE *out, const struct sec_tmpl *t)
{
	char text[SEC_ADDR_TEXT_MAX];
	const char *name;

	fputs(" tmpl", out);
	if (t->src.len)
		fprintf(out, " src %s", sec_addr_text(&t->src, AF_UNSPEC, text));
	if (t->dst.len)
		fprintf(out, " dst %s", sec_addr_text(&t->dst, AF_UNSPEC, text));
	name = sec_name_of(sec_ipsec_names, t->proto);
	fprintf(out, " proto %s", name ? name : "?");
	if (t->spi)
		fprintf(out, " spi 0x%08x", t->spi);
	if (t->reqid)
		fprintf(out, " reqid %u", t->reqid);
	fprintf(out, " mode %s",
		t->mode == NFSEC_MODE_TUNNEL ? "tunnel" : "transport");
	if (t->level == NFSEC_LEVEL_USE)
		fputs(" level use", out);
}

void sec_policy_line(const struct sec_print *p, const struct sec_policy *pol)
{
	const struct sec_tmpl *t = pol->tmpl.p;
	unsigned int i;

	fputs("policy add ", p->out);
	sec_sel_words_print(p->out, &pol->sel);
	fprintf(p->out, "dir %s", dir_text(pol->dir));
	if (p->stats)
		fprintf(p->out, " index %u", pol->index);
	fprintf(p->out, " priority %u", pol->priority);
	if (pol->action == NFSEC_ACTION_BLOCK)
		fputs(" action block", p->out);
	if (pol->flags) {
		fputs(" flag ", p->out);
		sec_flags_text(p->out, sec_policy_flag_names, pol->flags);
	}
	if (sec_has(pol, NFSEC_A_POLICY_MARK))
		fprintf(p->out, " mark %#x mask %#x", pol->mark.value,
			pol->mark.mask);
	sec_limits_words(p->out, &pol->limits);
	for (i = 0; i < pol->tmpl.n; i++)
		tmpl_words(p->out, &t[i]);
	fputc('\n', p->out);
}
