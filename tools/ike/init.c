// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_SA_INIT, the initiator's side (RFC 7296 1.2, 2.6, 2.7).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

#define ROUNDS 8	/* most requests that cookies and groups may cost */
#define PORT_IKE 500
#define PORT_NATT 4500

/* Writes and sends the request; the nonce and the SPI stay the same in all rounds. */
static int send_request(struct ike_sa *sa, uint64_t now)
{
	struct ike_hdr h = { .version = IKE_VERSION_2, .xchg = IKE_X_SA_INIT,
			     .flags = IKE_F_INITIATOR };
	struct ike_ctx *c = sa->ctx;
	struct ike_buf pub;
	struct ike_out o;
	uint8_t list[16];
	size_t n;

	if (ike_ke_public(sa->ke, &pub))
		return -1;
	memcpy(h.spi_i, sa->spi_i, 8);
	ike_out_msg(&o, c->wire, sizeof(c->wire), &h);
	if (sa->cookie_len)
		ike_out_notify(&o, IKE_N_COOKIE, (struct ike_buf){ sa->cookie, sa->cookie_len });
	ike_out_sa(&o, sa->peer->ike, sa->peer->n_ike, NULL, 0);
	ike_out_ke(&o, sa->ke_group, pub);
	ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ sa->ni, sa->ni_len });
	ike_nat_out(&o, sa->spi_i, sa->spi_r, &sa->local, &sa->remote, sa->peer->encap);
	if (!sa->peer->no_frag)
		ike_out_notify_flag(&o, IKE_N_FRAGMENTATION_SUPPORTED);
	if (sa->peer->ppk.n)
		ike_out_notify_flag(&o, IKE_N_USE_PPK);
	ike_out_notify_flag(&o, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED);
	n = ike_hash_list(IKE_HASHES_ALL, list);
	ike_out_notify(&o, IKE_N_SIGNATURE_HASH_ALGORITHMS, (struct ike_buf){ list, n });
	n = ike_out_finish(&o);
	if (!n || ike_copy(&sa->msg_i, &sa->msg_i_len, (struct ike_buf){ c->wire, n }))
		return -1;
	return ike_window_request(sa, now, IKE_X_SA_INIT, (struct ike_buf){ c->wire, n });
}

/* A fresh key exchange with @group; -1 if it cannot be had or was tried before. */
static int take_group(struct ike_sa *sa, uint16_t group)
{
	struct ike_ke *ke;
	unsigned int i;

	for (i = 0; i < sa->n_groups; i++)
		if (sa->groups[i] == group)
			return -1;
	if (sa->n_groups == ARRAY_SIZE(sa->groups))
		return -1;
	ke = ike_ke_new(group, true, NULL);
	if (!ke)
		return -1;
	ike_ke_free(sa->ke);
	sa->ke = ke;
	sa->ke_group = group;
	sa->groups[sa->n_groups++] = group;
	return 0;
}

static bool offered(const struct ike_sa *sa, uint16_t group)
{
	struct ike_transform t = { .type = IKE_T_KE, .id = group };
	unsigned int i;

	for (i = 0; i < sa->peer->n_ike; i++)
		if (ike_proposal_has(&sa->peer->ike[i], &t))
			return true;
	return false;
}

int ike_init_start(struct ike_sa *sa, uint64_t now)
{
	const struct ike_proposal *p = &sa->peer->ike[0];
	unsigned int i;

	sa->ni_len = IKE_NONCE_LEN;
	sa->ctx->conf.random(sa->ctx->conf.arg, sa->ni, sa->ni_len);
	for (i = 0; i < p->n; i++)
		if (p->t[i].type == IKE_T_KE && !take_group(sa, p->t[i].id))
			return send_request(sa, now);
	return -1;
}

/* COOKIE or INVALID_KE_PAYLOAD: once more. True if the message was that. */
static bool again(struct ike_step *x)
{
	const struct ike_payload *cookie = ike_msg_notify(x->m, IKE_N_COOKIE, NULL);
	const struct ike_payload *ke = ike_msg_notify(x->m, IKE_N_INVALID_KE_PAYLOAD, NULL);
	struct ike_sa *sa = x->sa;
	struct ike_buf d;

	if (!cookie && !ke)
		return false;
	if (sa->rounds == ROUNDS)
		return true;
	d = cookie ? cookie->notify.data : ke->notify.data;
	if (cookie) {
		if (!d.n || d.n > sizeof(sa->cookie) ||
		    (d.n == sa->cookie_len && !memcmp(d.p, sa->cookie, d.n)))
			return true;
		memcpy(sa->cookie, d.p, d.n);
		sa->cookie_len = d.n;
	} else if (d.n != 2 || !ike_get16(d.p) || !offered(sa, ike_get16(d.p)) ||
		   take_group(sa, ike_get16(d.p))) {
		return true;
	}
	sa->rounds++;
	ike_log(x->c, sa, cookie ? "peer wants a cookie" : "peer wants another key exchange");
	send_request(sa, x->now);
	return true;
}

static uint16_t id_of(const struct ike_proposal *p, uint8_t type)
{
	const struct ike_transform *t = ike_proposal_get(p, type);

	return t ? t->id : 0;
}

/* What came is of no use, but anybody may have sent it: a better answer may follow. Once in
 * the log, and again in the line that says that none came.
 */
__attribute__((format(printf, 2, 3)))
static bool hint(struct ike_step *x, const char *fmt, ...)
{
	char was[sizeof(x->sa->hint)];
	va_list ap;

	memcpy(was, x->sa->hint, sizeof(was));
	va_start(ap, fmt);
	vsnprintf(x->sa->hint, sizeof(x->sa->hint), fmt, ap);
	va_end(ap);
	if (strcmp(was, x->sa->hint))
		ike_log(x->c, x->sa, "%s", x->sa->hint);
	return false;
}

/* Takes over SA, KE and Nonce; false if they are not an answer to what we sent. */
static bool take(struct ike_step *x)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	const struct ike_payload *n = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	struct ike_proposal *got = x->c->offer;
	struct ike_sa *sa = x->sa;
	enum ike_reason why;
	enum ike_crypt bad;
	char diff[512];

	if (!s || !k || !n || ike_sa_parse(s->body, got, 1, &why) != 1)
		return hint(x, "IKE_SA_INIT response is not complete");
	if (ike_proposal_verify(sa->peer->ike, sa->peer->n_ike, got, diff, sizeof(diff)))
		return hint(x, "peer chose what was not offered: %s", diff);
	if (k->ke.group != sa->ke_group || id_of(got, IKE_T_KE) != sa->ke_group)
		return hint(x, "peer answered with another key exchange");
	bad = ike_ke_peer(sa->ke, k->ke.data);
	if (bad)
		return hint(x, "key exchange: %s", ike_crypt_text(bad));
	sa->chosen = *got;
	memcpy(sa->nr, n->body.p, n->body.n);
	sa->nr_len = n->body.n;
	return true;
}

/* Whether the response has what the configuration insists on; a better one may follow. */
static bool suits(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;

	sa->use_ppk = sa->peer->ppk.n && ike_msg_notify(x->m, IKE_N_USE_PPK, NULL);
	sa->childless = ike_msg_notify(x->m, IKE_N_CHILDLESS_IKEV2_SUPPORTED, NULL);
	if (sa->peer->ppk_required && !sa->use_ppk)
		return hint(x, "peer has no PPK");
	if (sa->peer->childless == IKE_CHILDLESS_FORCE && !sa->childless)
		return hint(x, "peer wants a child in IKE_AUTH");
	return true;
}

enum ike_after ike_init_response(struct ike_step *x)
{
	const struct ike_payload *e, *h;
	static const uint8_t zero[8];
	struct ike_sa *sa = x->sa;
	bool natt, more;

	if (again(x))
		return IKE_GO_ON;
	e = ike_msg_error(x->m);
	if (e) {
		hint(x, "peer may have refused: %s", ike_name_notify(e->notify.type));
		return IKE_GO_ON;
	}
	if (!suits(x) || !memcmp(x->m->hdr.spi_r, zero, 8) || !take(x))
		return IKE_GO_ON;
	memcpy(sa->spi_r, x->m->hdr.spi_r, 8);
	h = ike_msg_notify(x->m, IKE_N_SIGNATURE_HASH_ALGORITHMS, NULL);
	if (h && !ike_hash_parse(h->notify.data, &sa->peer_hashes))
		sa->peer_hashes = 0;
	sa->frag = !sa->peer->no_frag && ike_msg_notify(x->m, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	ike_nat_check(x);
	natt = ike_msg_notify(x->m, IKE_N_NAT_DETECTION_SOURCE_IP, NULL);
	if ((sa->nat_us || sa->nat_peer || (natt && sa->peer->mobike)) &&
	    sa->remote.port == PORT_IKE) {
		sa->local.port = PORT_NATT;
		sa->remote.port = PORT_NATT;
	}
	if (ike_copy(&sa->msg_r, &sa->msg_r_len, x->m->raw))
		return IKE_DIE;
	sa->suite = (struct ike_suite){ .encr = id_of(&sa->chosen, IKE_T_ENCR),
		.integ = id_of(&sa->chosen, IKE_T_INTEG), .prf = id_of(&sa->chosen, IKE_T_PRF),
		.encr_bits = ike_proposal_get(&sa->chosen, IKE_T_ENCR)->keylen };
	ike_window_answered(sa);
	more = ike_msg_notify(x->m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL);
	if (ike_inter_agree(sa, more) || ike_sa_derive(sa))
		return IKE_DIE;
	if (ike_inter_due(sa) ? ike_inter_start(sa, x->now) : ike_auth_start(sa, x->now))
		return IKE_DIE;
	return IKE_GO_ON;
}
