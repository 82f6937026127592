// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_INTERMEDIATE and the additional key exchanges in it (RFC 9242, RFC 9370 2.2.2).
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "sa.h"

#define EXCHANGES 8	/* most of them before IKE_AUTH */

/**
 * struct ike_inter - what is between IKE_SA_INIT and IKE_AUTH
 * @group: methods of the additional key exchanges, in order
 * @n: their number
 * @step: how many of them are done
 * @count: number of exchanges that were begun
 * @ke: key exchange under way
 * @auth: IntAuth of the initiator and of the responder, so far
 * @len: octets of each
 * @joined: IntAuth for the AUTH payloads
 */
struct ike_inter {
	uint16_t group[IKE_ADDKE_MAX];
	unsigned int n, step, count;
	struct ike_ke *ke;
	uint8_t auth[2][IKE_PRF_MAX];
	size_t len[2];
	uint8_t joined[2 * IKE_PRF_MAX + 4];
};

unsigned int ike_addke(const struct ike_proposal *p, uint16_t *group)
{
	const struct ike_transform *t;
	unsigned int n = 0;
	uint8_t type;

	for (type = IKE_T_ADDKE1; type <= IKE_T_ADDKE7; type++) {
		t = ike_proposal_get(p, type);
		if (t && t->id != IKE_KE_NONE)
			group[n++] = t->id;
	}
	return n;
}

void ike_inter_free(struct ike_sa *sa)
{
	if (!sa->inter)
		return;
	ike_ke_free(sa->inter->ke);
	OPENSSL_cleanse(sa->inter, sizeof(*sa->inter));
	free(sa->inter);
	sa->inter = NULL;
}

int ike_inter_agree(struct ike_sa *sa, bool both)
{
	uint16_t group[IKE_ADDKE_MAX];
	unsigned int n = ike_addke(&sa->chosen, group);

	if (!both) {
		if (n)
			ike_fail(sa->ctx, sa, 0, IKE_WHY_PROPOSAL,
				 "additional key exchanges without IKE_INTERMEDIATE");
		return n ? -1 : 0;
	}
	sa->inter = calloc(1, sizeof(*sa->inter));
	if (!sa->inter)
		return -1;
	memcpy(sa->inter->group, group, n * sizeof(group[0]));
	sa->inter->n = n;
	return 0;
}

bool ike_inter_due(const struct ike_sa *sa)
{
	return sa->inter && sa->inter->step < sa->inter->n;
}

int ike_inter_start(struct ike_sa *sa, uint64_t now)
{
	struct ike_inter *i = sa->inter;
	struct ike_buf pub;
	enum ike_crypt why;
	struct ike_out o;

	i->ke = ike_ke_new(i->group[i->step], true, &why);
	if (!i->ke || ike_ke_public(i->ke, &pub)) {
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "additional key exchange: %s",
			 ike_crypt_text(why));
		return -1;
	}
	i->count++;
	ike_sa_state(sa, IKE_S_INTER_SENT);
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	ike_out_ke(&o, i->group[i->step], pub);
	return ike_request(sa, now, IKE_X_INTERMEDIATE, &o);
}

/* The next generation of keys from i->ke. 0 or -1. */
static int derive(struct ike_sa *sa)
{
	struct ike_seed s = { { sa->ni, sa->ni_len }, { sa->nr, sa->nr_len } };
	struct ike_inter *i = sa->inter;
	struct ike_buf secret;
	enum ike_crypt why;

	memcpy(s.spi_i, sa->spi_i, 8);
	memcpy(s.spi_r, sa->spi_r, 8);
	why = ike_ke_secret(i->ke, &secret);
	if (!why)
		why = ike_keys_next(&sa->keys, &s, secret);
	if (!why)
		why = ike_keys_sk(&sa->keys, sa->initiator, &sa->sk_out);
	if (!why)
		why = ike_keys_sk(&sa->keys, !sa->initiator, &sa->sk_in);
	ike_ke_free(i->ke);
	i->ke = NULL;
	i->step++;
	if (why)
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "no keys: %s", ike_crypt_text(why));
	return why ? -1 : 0;
}

/* The KE payload of @x for the step that is next, taken in by i->ke. */
static bool take(struct ike_step *x)
{
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	struct ike_inter *i = x->sa->inter;
	enum ike_crypt why = IKE_CRYPT_UNKNOWN;

	if (k && k->ke.group == i->group[i->step] && i->ke)
		why = ike_ke_peer(i->ke, k->ke.data);
	if (why)
		ike_fail(x->c, x->sa, 0, IKE_WHY_KE, "additional key exchange: %s",
			 ike_crypt_text(why));
	return !why;
}

enum ike_after ike_inter_request(struct ike_step *x)
{
	struct ike_inter *i = x->sa->inter;
	struct ike_buf pub;

	if (++i->count > EXCHANGES) {
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		return IKE_DIE;
	}
	if (i->step == i->n)
		return IKE_GO_ON;
	i->ke = ike_ke_new(i->group[i->step], false, NULL);
	if (!take(x) || ike_ke_public(i->ke, &pub)) {
		ike_out_notify_flag(x->out, IKE_N_INVALID_SYNTAX);
		return IKE_DIE;
	}
	ike_out_ke(x->out, i->group[i->step], pub);
	return IKE_GO_ON;
}

int ike_inter_answered(struct ike_sa *sa)
{
	return sa->inter && sa->inter->ke ? derive(sa) : 0;
}

enum ike_after ike_inter_response(struct ike_step *x)
{
	const struct ike_payload *e = ike_msg_error(x->m);
	struct ike_sa *sa = x->sa;

	if (e) {
		ike_fail_refused(sa, NULL, e->notify.type);
		return IKE_DIE;
	}
	if (!take(x) || derive(sa))
		return IKE_DIE;
	if (ike_inter_due(sa) ? ike_inter_start(sa, x->now) : ike_auth_start(sa, x->now))
		return IKE_DIE;
	return IKE_GO_ON;
}

int ike_inter_note(struct ike_sa *sa, bool response, struct ike_buf head, bool skf,
		   struct ike_buf inner)
{
	struct ike_inter *i = sa->inter;
	struct ike_buf sk_p = { response ? sa->keys.pr : sa->keys.pi, sa->keys.prf_len };
	struct ike_buf prev;

	if (!i)
		return -1;
	prev = (struct ike_buf){ i->auth[response], i->len[response] };
	i->len[response] = sa->keys.prf_len;
	return ike_intauth_step(sa->suite.prf, sk_p, prev, head, skf, inner, i->auth[response])
	       ? -1 : 0;
}

struct ike_buf ike_inter_joined(const struct ike_sa *sa)
{
	struct ike_inter *i = sa->inter;
	struct ike_buf none = { 0 };

	if (!i || !i->count)
		return none;
	return (struct ike_buf){ i->joined,
		ike_intauth_join((struct ike_buf){ i->auth[0], i->len[0] },
				 (struct ike_buf){ i->auth[1], i->len[1] }, i->count + 1,
				 i->joined, sizeof(i->joined)) };
}
