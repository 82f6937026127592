// SPDX-License-Identifier: GPL-2.0
/*
 * What children are negotiated with: SA, TSi, TSr, mode (RFC 7296 1.3, 2.7, 2.9).
 */
#include <stdio.h>
#include <stdlib.h>

#include "sa.h"

void ike_child_out_sa(struct ike_out *o, const struct ike_child *ch, bool with_ke)
{
	struct ike_proposal p[IKE_MAX_PROPOSALS];
	unsigned int i, n = ch->conf->n_esp;

	if (n > IKE_MAX_PROPOSALS)
		n = IKE_MAX_PROPOSALS;
	for (i = 0; i < n; i++) {
		p[i] = ch->conf->esp[i];
		if (!with_ke)
			ike_proposal_drop_ke(&p[i]);
	}
	ike_out_sa(o, p, n, &ch->spi_in, 4);
}

void ike_child_out_ts(struct ike_sa *sa, struct ike_out *o, struct ike_child *ch)
{
	struct ike_ts src, dst;
	unsigned int n = 0;

	/* not in a rekeying, which is for all that the child is for (RFC 7296 2.9.2) */
	if (sa->task.kind != IKE_TASK_REKEY_CHILD && ike_want_packet(sa, ch->conf, &src, &dst))
		n = 1;
	ch->n_local = n + ike_cp_resolve(sa, true, ch->conf->local, ch->conf->n_local, &sa->local,
					 ch->local + n, IKE_CHILD_TS - n);
	ch->n_remote = n + ike_cp_resolve(sa, false, ch->conf->remote, ch->conf->n_remote,
					  &sa->remote, ch->remote + n, IKE_CHILD_TS - n);
	if (n && ike_ts_list_covers(ch->local + 1, ch->n_local - 1, &src, 1) &&
	    ike_ts_list_covers(ch->remote + 1, ch->n_remote - 1, &dst, 1)) {
		ch->local[0] = src;
		ch->remote[0] = dst;
	} else if (n) {
		memmove(ch->local, ch->local + 1, --ch->n_local * sizeof(src));
		memmove(ch->remote, ch->remote + 1, --ch->n_remote * sizeof(dst));
	}
	ike_out_ts(o, IKE_P_TSI, ch->local, ch->n_local);
	ike_out_ts(o, IKE_P_TSR, ch->remote, ch->n_remote);
}

void ike_child_answer_sa(struct ike_out *o, const struct ike_child *ch)
{
	ike_out_sa(o, &ch->chosen, 1, &ch->spi_in, 4);
}

/* Selectors of one address become ones of @to; that one is in @was then. */
static void replace(struct ike_ts *ts, unsigned int n, const struct ike_addr *to,
		    struct ike_addr *was)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ike_ts_alen(&ts[i]) != to->len || memcmp(ts[i].lo, ts[i].hi, to->len) ||
		    memcmp(ts[i].lo, ts[0].lo, to->len))
			return;
	if (!n)
		return;
	*was = (struct ike_addr){ .len = to->len };
	memcpy(was->a, ts[0].lo, to->len);
	for (i = 0; i < n; i++) {
		memcpy(ts[i].lo, to->a, to->len);
		memcpy(ts[i].hi, to->a, to->len);
	}
}

void ike_child_answer_ts(struct ike_out *o, const struct ike_child *ch)
{
	if (ch->transport)
		ike_out_notify_flag(o, IKE_N_USE_TRANSPORT_MODE);
	ike_out_ts(o, IKE_P_TSI, ch->remote, ch->n_remote);
	ike_out_ts(o, IKE_P_TSR, ch->local, ch->n_local);
}

static int read_ts(const struct ike_msg *m, uint8_t type, struct ike_ts *out)
{
	const struct ike_payload *p = ike_msg_find(m, type, NULL);
	enum ike_reason why;

	if (!p)
		return 0;
	return ike_ts_list_parse(p->ts.list, p->ts.count, out, IKE_MAX_TS, &why);
}

/* Narrows the peer's selectors to @conf; false if a side is left with nothing. */
static bool narrow(struct ike_step *x, const struct ike_child_conf *conf,
		   const struct ike_ts *tsi, int n_i, const struct ike_ts *tsr, int n_r,
		   struct ike_child *to)
{
	struct ike_ts mine[IKE_CHILD_TS];
	unsigned int n, flags;

	n = ike_cp_resolve(x->sa, true, conf->local, conf->n_local, x->local, mine, IKE_CHILD_TS);
	to->n_local = ike_ts_narrow(tsr, (unsigned int)n_r, mine, n, to->local, IKE_CHILD_TS,
				    &flags);
	n = ike_cp_resolve(x->sa, false, conf->remote, conf->n_remote, x->remote, mine,
			   IKE_CHILD_TS);
	to->n_remote = ike_ts_narrow(tsi, (unsigned int)n_i, mine, n, to->remote, IKE_CHILD_TS,
				     &flags);
	return to->n_local && to->n_remote;
}

/* In transport mode through a NAT the peer's selectors have the addresses that it sees: put
 * those of the IP header in their place, in requests and answers (RFC 7296 2.23.1).
 */
static void through_nat(struct ike_step *x, struct ike_ts *local, int n_local,
			struct ike_ts *remote, int n_remote, struct ike_child *to)
{
	if (!ike_msg_notify(x->m, IKE_N_USE_TRANSPORT_MODE, NULL))
		return;
	if (x->sa->nat_peer && n_remote > 0)
		replace(remote, (unsigned int)n_remote, x->remote, &to->oa_remote);
	if (x->sa->nat_us && n_local > 0)
		replace(local, (unsigned int)n_local, x->local, &to->oa_local);
}

/* What the peer offers, what @conf accepts, and the first difference. */
static void explain_ts(struct ike_step *x, const struct ike_child_conf *conf,
		       const struct ike_ts *tsi, int n_i, const struct ike_ts *tsr, int n_r,
		       char *buf, size_t len)
{
	struct ike_ts us[IKE_CHILD_TS], it[IKE_CHILD_TS];
	char a[200], b[200], c[200], e[200], first[320];
	unsigned int n_us, n_it, i = n_i > 0 ? (unsigned int)n_i : 0;
	unsigned int r = n_r > 0 ? (unsigned int)n_r : 0;

	n_us = ike_cp_resolve(x->sa, true, conf->local, conf->n_local, x->local, us, IKE_CHILD_TS);
	n_it = ike_cp_resolve(x->sa, false, conf->remote, conf->n_remote, x->remote, it,
			      IKE_CHILD_TS);
	if (!ike_ts_explain("TSi", tsi, i, it, n_it, first, sizeof(first)) &&
	    !ike_ts_explain("TSr", tsr, r, us, n_us, first, sizeof(first)))
		snprintf(first, sizeof(first), "none");
	snprintf(buf, len, "%.32s: no common traffic selectors: peer offers %s === %s; we accept "
		 "%s === %s; first difference: %s", conf->name,
		 ike_ts_list_print(tsi, i, a, sizeof(a)), ike_ts_list_print(tsr, r, b, sizeof(b)),
		 ike_ts_list_print(it, n_it, c, sizeof(c)),
		 ike_ts_list_print(us, n_us, e, sizeof(e)), first);
}

/* A child of @conf with what was found in @like. */
static struct ike_child *create(struct ike_step *x, const struct ike_child_conf *conf,
				const struct ike_child *like, uint16_t *error)
{
	struct ike_child *ch = ike_child_new(x->sa, conf);

	if (!ch) {
		*error = IKE_N_TEMPORARY_FAILURE;
		return NULL;
	}
	ch->chosen = like->chosen;
	memcpy(&ch->spi_out, like->chosen.spi, 4);
	memcpy(ch->local, like->local, sizeof(ch->local));
	memcpy(ch->remote, like->remote, sizeof(ch->remote));
	ch->n_local = like->n_local;
	ch->n_remote = like->n_remote;
	ch->oa_local = like->oa_local;
	ch->oa_remote = like->oa_remote;
	ch->transport = conf->transport && ike_msg_notify(x->m, IKE_N_USE_TRANSPORT_MODE, NULL);
	return ch;
}

struct ike_child *ike_child_choose(struct ike_step *x, bool first,
				   const struct ike_child_conf *only, uint16_t *error)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_peer_conf *p = x->sa->peer;
	struct ike_ts tsi[IKE_MAX_TS], tsr[IKE_MAX_TS];
	struct ike_ts nat_i[IKE_MAX_TS], nat_r[IKE_MAX_TS];
	struct ike_child try = { 0 }, nat = { 0 };
	char diff[IKE_DIFF_MAX], best[IKE_DIFF_MAX + 64] = "no child is configured";
	enum ike_why reason = IKE_WHY_PROPOSAL;
	enum ike_reason why;
	unsigned int i;
	int n, n_i, n_r;

	*error = IKE_N_NO_PROPOSAL_CHOSEN;
	n = s ? ike_sa_parse(s->body, x->c->offer, IKE_MAX_PROPOSALS, &why) : 0;
	n_i = read_ts(x->m, IKE_P_TSI, tsi);
	n_r = read_ts(x->m, IKE_P_TSR, tsr);
	if (n <= 0)
		return NULL;
	memcpy(nat_i, tsi, sizeof(tsi[0]) * (size_t)(n_i > 0 ? n_i : 0));
	memcpy(nat_r, tsr, sizeof(tsr[0]) * (size_t)(n_r > 0 ? n_r : 0));
	through_nat(x, nat_r, n_r, nat_i, n_i, &nat);
	for (i = 0; i < p->n_children; i++) {
		const struct ike_child_conf *conf = &p->children[i];

		if (only && conf != only)
			continue;
		if (ike_proposal_choose(conf->esp, conf->n_esp, x->c->offer, (unsigned int)n,
					first ? IKE_CHOOSE_NO_KE : 0, &try.chosen, diff,
					sizeof(diff))) {
			if (*error == IKE_N_NO_PROPOSAL_CHOSEN)
				snprintf(best, sizeof(best), "%.32s: no common proposal: %s",
					 conf->name, diff);
			continue;
		}
		if (try.chosen.spi_size != 4 || !memcmp(try.chosen.spi, "\0\0\0\0", 4))
			continue;
		*error = IKE_N_TS_UNACCEPTABLE;
		try.oa_local = conf->transport ? nat.oa_local : (struct ike_addr){ 0 };
		try.oa_remote = conf->transport ? nat.oa_remote : (struct ike_addr){ 0 };
		if (n_i > 0 && n_r > 0 &&
		    narrow(x, conf, conf->transport ? nat_i : tsi, n_i,
			   conf->transport ? nat_r : tsr, n_r, &try))
			return create(x, conf, &try, error);
		reason = IKE_WHY_SELECTORS;
		explain_ts(x, conf, conf->transport ? nat_i : tsi, n_i,
			   conf->transport ? nat_r : tsr, n_r, best, sizeof(best));
	}
	ike_fail(x->c, x->sa, 0, reason, "%s%s", best,
		 !only && p->n_children > 1 ? "; nor does another child fit" : "");
	return NULL;
}

static int refuse(struct ike_step *x, const struct ike_child *ch, enum ike_why reason,
		  const char *why)
{
	ike_fail(x->c, x->sa, 0, reason, "%.32s: %s", ch->conf->name, why);
	return -1;
}

/* The answer has other selectors than we asked for. */
static int widened(struct ike_step *x, const struct ike_child *ch, const struct ike_ts *tsi,
		   int n_i, const struct ike_ts *tsr, int n_r)
{
	char a[200], b[200], c[200], e[200];

	ike_fail(x->c, x->sa, 0, IKE_WHY_SELECTORS, "%.32s: the peer widened the traffic "
		 "selectors: peer chose %s === %s; we offered %s === %s", ch->conf->name,
		 ike_ts_list_print(tsi, (unsigned int)n_i, a, sizeof(a)),
		 ike_ts_list_print(tsr, (unsigned int)n_r, b, sizeof(b)),
		 ike_ts_list_print(ch->local, ch->n_local, c, sizeof(c)),
		 ike_ts_list_print(ch->remote, ch->n_remote, e, sizeof(e)));
	return -1;
}

int ike_child_take(struct ike_step *x, struct ike_child *ch, bool first)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	struct ike_ts tsi[IKE_MAX_TS], tsr[IKE_MAX_TS];
	struct ike_proposal ours[IKE_MAX_PROPOSALS];
	struct ike_proposal *got = x->c->offer;
	unsigned int i, n = ch->conf->n_esp;
	enum ike_reason why;
	char diff[512];
	int n_i, n_r;

	if (!s || ike_sa_parse(s->body, got, 1, &why) != 1)
		return refuse(x, ch, IKE_WHY_SYNTAX, "the answer has no proposal");
	if (n > IKE_MAX_PROPOSALS)
		n = IKE_MAX_PROPOSALS;
	for (i = 0; i < n; i++) {
		ours[i] = ch->conf->esp[i];
		if (first)
			ike_proposal_drop_ke(&ours[i]);
	}
	if (ike_proposal_verify(ours, n, got, diff, sizeof(diff)))
		return refuse(x, ch, IKE_WHY_PROPOSAL, diff);
	if (got->spi_size != 4 || !memcmp(got->spi, "\0\0\0\0", 4))
		return refuse(x, ch, IKE_WHY_SYNTAX, "the answer has no SPI");
	n_i = read_ts(x->m, IKE_P_TSI, tsi);
	n_r = read_ts(x->m, IKE_P_TSR, tsr);
	if (n_i <= 0 || n_r <= 0 || n_i > IKE_CHILD_TS || n_r > IKE_CHILD_TS)
		return refuse(x, ch, IKE_WHY_SELECTORS,
			      "the answer has no usable traffic selectors");
	through_nat(x, tsi, n_i, tsr, n_r, ch);
	if (!ike_ts_list_covers(ch->local, ch->n_local, tsi, (unsigned int)n_i) ||
	    !ike_ts_list_covers(ch->remote, ch->n_remote, tsr, (unsigned int)n_r))
		return widened(x, ch, tsi, n_i, tsr, n_r);
	ch->transport = ike_msg_notify(x->m, IKE_N_USE_TRANSPORT_MODE, NULL);
	if (ch->transport != ch->conf->transport)
		return refuse(x, ch, IKE_WHY_REFUSED, ch->transport ?
			      "the peer does not agree to the mode: it wants transport, we tunnel" :
			      "the peer does not agree to the mode: we want transport, it tunnel");
	ch->chosen = *got;
	memcpy(&ch->spi_out, got->spi, 4);
	memcpy(ch->local, tsi, (size_t)n_i * sizeof(tsi[0]));
	memcpy(ch->remote, tsr, (size_t)n_r * sizeof(tsr[0]));
	ch->n_local = (unsigned int)n_i;
	ch->n_remote = (unsigned int)n_r;
	return 0;
}
