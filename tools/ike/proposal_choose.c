// SPDX-License-Identifier: GPL-2.0
/*
 * The choice among proposals (RFC 7296 2.7 and 3.3, RFC 9370 2.2.1).
 */
#include <stdio.h>
#include <string.h>

#include "proposal.h"

/* Tries to find different key exchange methods for all steps; far more than is ever needed. */
#define KE_TRIES	256

/**
 * struct match - one of ours against one of theirs
 * @ours: what we accept
 * @theirs: what was offered
 * @flags: IKE_CHOOSE_*
 * @pick: chosen so far, by type
 * @tries: left to ke_steps()
 * @failed: the type that did not fit
 */
struct match {
	const struct ike_proposal *ours, *theirs;
	unsigned int flags;
	struct ike_transform pick[IKE_T_MAX + 1];
	unsigned int tries;
	uint8_t failed;
};

/* How far a pair came before @type: ciphers are compared first. */
static unsigned int rank(uint8_t type)
{
	static const uint8_t order[] = {
		[IKE_T_ENCR] = 1, [IKE_T_INTEG] = 2, [IKE_T_PRF] = 3, [IKE_T_ESN] = 4,
		[IKE_T_KE] = 5,
	};

	return type < sizeof(order) ? order[type] : type;
}

static bool has_none(const struct ike_proposal *p, uint8_t type)
{
	struct ike_transform t = { .type = type };

	return ike_proposal_has(p, &t);
}

/* The next transform of @type in both, in order of preference, behind @after. */
static const struct ike_transform *common(const struct match *m, uint8_t type,
					  const struct ike_transform *after)
{
	bool theirs = m->flags & IKE_CHOOSE_THEIRS;
	const struct ike_proposal *a = theirs ? m->theirs : m->ours;
	const struct ike_proposal *b = theirs ? m->ours : m->theirs;
	const struct ike_transform *t;

	for (t = after ? after + 1 : a->t; t < a->t + a->n; t++)
		if (t->type == type && !t->bad && ike_proposal_has(b, t))
			return t;
	return NULL;
}

static bool fail(struct match *m, uint8_t type)
{
	if (rank(type) > rank(m->failed))
		m->failed = type;
	return false;
}

/* Integrity for the cipher picked: none beside AEAD, else a real one (5282 8, 8221 4). */
static bool match_integ(struct match *m)
{
	const struct ike_transform *t = NULL;

	if (m->pick[IKE_T_ENCR].type && ike_transform_aead(&m->pick[IKE_T_ENCR])) {
		memset(&m->pick[IKE_T_INTEG], 0, sizeof(m->pick[0]));
		if (has_none(m->theirs, IKE_T_INTEG))
			m->pick[IKE_T_INTEG].type = IKE_T_INTEG;
		return has_none(m->theirs, IKE_T_INTEG) ||
			!ike_proposal_get(m->theirs, IKE_T_INTEG) || fail(m, IKE_T_INTEG);
	}
	do {
		t = common(m, IKE_T_INTEG, t);
	} while (t && t->id == IKE_INTEG_NONE);
	if (!t)
		return fail(m, IKE_T_INTEG);
	m->pick[IKE_T_INTEG] = *t;
	return true;
}

/* Cipher and integrity together, so that a mixed offer is matched consistently. */
static bool match_cipher(struct match *m)
{
	const struct ike_transform *t = NULL;

	if (m->ours->proto == IKE_PROTO_AH)
		return match_integ(m);
	while ((t = common(m, IKE_T_ENCR, t))) {
		m->pick[IKE_T_ENCR] = *t;
		if (match_integ(m))
			return true;
	}
	return fail(m, IKE_T_ENCR);
}

/* PRF and ESN: in both or in none. */
static bool match_plain(struct match *m, uint8_t type)
{
	const struct ike_transform *t;

	if (!ike_proposal_get(m->ours, type) && !ike_proposal_get(m->theirs, type))
		return true;
	t = common(m, type, NULL);
	if (!t)
		return fail(m, type);
	m->pick[type] = *t;
	return true;
}

/* No method is chosen in two steps (RFC 9370 2.2.1). */
static bool used(const struct match *m, const struct ike_transform *t)
{
	uint8_t type;

	for (type = IKE_T_KE; t->id && type < t->type; type++)
		if (type != IKE_T_ESN && m->pick[type].type && m->pick[type].id == t->id)
			return true;
	return false;
}

/* The key exchange of step @type and all those behind it. */
static bool ke_steps(struct match *m, uint8_t type)
{
	uint8_t next = type == IKE_T_KE ? IKE_T_ADDKE1 : (uint8_t)(type + 1);
	const struct ike_transform *t = NULL;
	bool ours, theirs;

	if (type > IKE_T_ADDKE7)
		return true;
	ours = ike_proposal_get(m->ours, type) && !(m->flags & IKE_CHOOSE_NO_KE);
	theirs = ike_proposal_get(m->theirs, type);
	memset(&m->pick[type], 0, sizeof(m->pick[0]));
	if (!theirs)
		return !ours || has_none(m->ours, type) ? ke_steps(m, next) : fail(m, type);
	if (!ours) {
		if (!has_none(m->theirs, type))
			return fail(m, type);
		m->pick[type].type = type;
		return ke_steps(m, next);
	}
	while ((t = common(m, type, t))) {
		if (!m->tries)
			break;
		m->tries--;
		if (used(m, t))
			continue;
		m->pick[type] = *t;
		if (ke_steps(m, next))
			return true;
	}
	return fail(m, type);
}

static bool match(struct match *m)
{
	return match_cipher(m) && match_plain(m, IKE_T_PRF) && match_plain(m, IKE_T_ESN) &&
		ke_steps(m, IKE_T_KE);
}

static void answer(const struct match *m, struct ike_proposal *out)
{
	uint8_t type;

	memset(out, 0, sizeof(*out));
	out->num = m->theirs->num;
	out->proto = m->theirs->proto;
	out->spi_size = m->theirs->spi_size;
	memcpy(out->spi, m->theirs->spi, sizeof(out->spi));
	for (type = IKE_T_ENCR; type <= IKE_T_MAX; type++) {
		if (!m->pick[type].type)
			continue;
		out->t[out->n++] = m->pick[type];
		out->weak |= ike_transform_weak(&m->pick[type]);
	}
}

/* All transforms of @type of @p, slash-separated. */
static void print_type(const struct ike_proposal *p, uint8_t type, char *buf, size_t len)
{
	char name[48] = "";
	size_t at = 0;
	unsigned int i;

	snprintf(buf, len, "none");
	for (i = 0; i < p->n && at + 1 < len; i++) {
		if (p->t[i].type != type)
			continue;
		ike_transform_print(&p->t[i], name, sizeof(name));
		snprintf(buf + at, len - at, "%s%s%s", at ? "/" : "", name,
			 p->t[i].bad ? "(unusable)" : "");
		at += strlen(buf + at);
	}
}

/* The line for the log; @m is the pair that came nearest, if any. */
static void explain(const struct match *m, const struct ike_proposal *ours, unsigned int n_ours,
		    const struct ike_proposal *theirs, unsigned int n_theirs, char *diff,
		    size_t len)
{
	char a[400], b[400], ta[200], tb[200], first[500];

	if (!m->ours) {
		snprintf(first, sizeof(first), "%s", "no proposal of ours is for that protocol, "
			 "or there are transforms of an unknown type");
	} else {
		print_type(m->theirs, m->failed, ta, sizeof(ta));
		print_type(m->ours, m->failed, tb, sizeof(tb));
		snprintf(first, sizeof(first), "%s of proposal %u: %s offered, %s accepted",
			 ike_name_transform_type(m->failed), m->theirs->num, ta,
			 m->flags & IKE_CHOOSE_NO_KE && rank(m->failed) >= rank(IKE_T_KE) ?
			 "none" : tb);
	}
	snprintf(diff, len, "peer offers %s; we accept %s; first difference: %s",
		 ike_proposals_print(theirs, n_theirs, a, sizeof(a)),
		 ike_proposals_print(ours, n_ours, b, sizeof(b)), first);
}

int ike_proposal_choose(const struct ike_proposal *ours, unsigned int n_ours,
			const struct ike_proposal *theirs, unsigned int n_theirs,
			unsigned int flags, struct ike_proposal *out, char *diff, size_t len)
{
	bool by_theirs = flags & IKE_CHOOSE_THEIRS;
	unsigned int n = by_theirs ? n_theirs : n_ours, k = by_theirs ? n_ours : n_theirs;
	struct match near = { .flags = flags };
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < k; j++) {
			struct match m = {
				.ours = &ours[by_theirs ? j : i],
				.theirs = &theirs[by_theirs ? i : j],
				.flags = flags, .tries = KE_TRIES,
			};

			if (m.ours->proto != m.theirs->proto || m.theirs->unknown_type)
				continue;
			if (match(&m)) {
				answer(&m, out);
				return 0;
			}
			if (!near.ours || rank(m.failed) > rank(near.failed))
				near = m;
		}
	}
	explain(&near, ours, n_ours, theirs, n_theirs, diff, len);
	return -1;
}

/* Whether ciphers and integrity of an answer go together, and no key exchange is there twice. */
static const char *inconsistent(const struct ike_proposal *p)
{
	const struct ike_transform *e = ike_proposal_get(p, IKE_T_ENCR);
	const struct ike_transform *a = ike_proposal_get(p, IKE_T_INTEG), *t, *u;
	bool integ = a && a->id != IKE_INTEG_NONE;

	if (e && ike_transform_aead(e) && integ)
		return "an integrity algorithm beside a cipher that has its own";
	if ((!e || !ike_transform_aead(e)) && !integ)
		return "no integrity algorithm";
	for (t = p->t; t < p->t + p->n; t++)
		for (u = p->t; u < t; u++)
			if (t->type >= IKE_T_KE && t->type != IKE_T_ESN && u->type >= IKE_T_KE &&
			    u->type != IKE_T_ESN && t->id && t->id == u->id)
				return "a key exchange method twice";
	return NULL;
}

int ike_proposal_verify(const struct ike_proposal *ours, unsigned int n_ours,
			const struct ike_proposal *ans, char *diff, size_t len)
{
	const struct ike_proposal *o = NULL;
	char name[48] = "";
	unsigned int i, count[256] = { 0 };
	const char *why;

	for (i = 0; i < n_ours; i++)
		if (ours[i].num == ans->num && ours[i].proto == ans->proto)
			o = &ours[i];
	if (!o) {
		snprintf(diff, len, "peer chose proposal %u for %s, which we did not offer",
			 ans->num, ike_name_proto(ans->proto));
		return -1;
	}
	for (i = 0; i < ans->n; i++) {
		ike_transform_print(&ans->t[i], name, sizeof(name));
		if (ans->t[i].bad || !ike_proposal_has(o, &ans->t[i])) {
			snprintf(diff, len, "peer chose %s, which we did not offer", name);
			return -1;
		}
		if (++count[ans->t[i].type] > 1) {
			snprintf(diff, len, "peer chose two of %s",
				 ike_name_transform_type(ans->t[i].type));
			return -1;
		}
	}
	for (i = 0; i < o->n; i++) {
		uint8_t type = o->t[i].type;

		/* Integrity is up to the cipher; only a key exchange may be left out. */
		if (count[type] || type == IKE_T_INTEG ||
		    (type >= IKE_T_KE && type != IKE_T_ESN && has_none(o, type)))
			continue;
		snprintf(diff, len, "peer chose no %s", ike_name_transform_type(type));
		return -1;
	}
	why = inconsistent(ans);
	if (why)
		snprintf(diff, len, "peer chose %s", why);
	return why ? -1 : 0;
}
