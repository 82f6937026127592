// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_SA_INIT, the responder's side (RFC 7296 1.2, 2.6, 2.7).
 */
#include <stdlib.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

/* The response without an SA: one notify, SPIr zero (RFC 7296 2.6, 1.2). */
static void answer_notify(struct ike_step *x, uint16_t type, struct ike_buf data)
{
	struct ike_hdr h = x->m->hdr;
	uint8_t buf[256];
	struct ike_out o;
	size_t n;

	h.version = IKE_VERSION_2;
	h.flags = IKE_F_RESPONSE;
	ike_out_msg(&o, buf, sizeof(buf), &h);
	ike_out_notify(&o, type, data);
	n = ike_out_finish(&o);
	if (n)
		x->c->conf.send(x->c->conf.arg, x->local, x->remote, (struct ike_buf){ buf, n });
}

/* Whether this very request was answered before; it is answered in the same way then. */
static bool repeated(struct ike_step *x, const uint8_t *hash)
{
	struct ike_sa *sa;

	for (sa = x->c->half; sa; sa = sa->half.next)
		if (!memcmp(sa->spi_i, x->m->hdr.spi_i, 8) &&
		    ike_window_repeated(sa, x->now, x->local, x->remote, hash))
			return true;
	return false;
}

/* Whether there are too many half-open SAs with this address, or its network in IPv6. */
static bool crowded(const struct ike_step *x)
{
	size_t len = x->remote->len == 4 ? 4 : 8;
	const struct ike_sa *sa;
	unsigned int n = 0;

	for (sa = x->c->half; sa; sa = sa->half.next)
		n += sa->remote.len == x->remote->len &&
		     !memcmp(sa->remote.a, x->remote->a, len);
	return n >= x->c->conf.half_open_each;
}

/* No peer of these addresses can agree; @diff is about @p, the first of @n. */
static void nobody(struct ike_step *x, const struct ike_peer_conf *p, unsigned int n,
		   const char *diff)
{
	char a[IKE_ADDR_TEXT], b[IKE_ADDR_TEXT];

	ike_addr_print(x->local, a, sizeof(a));
	ike_addr_print(x->remote, b, sizeof(b));
	if (!n)
		ike_fail(x->c, NULL, x->now, IKE_WHY_ADDRESS, "%s - %s: no peer is configured for "
			 "these addresses", a, b);
	else
		ike_fail(x->c, NULL, x->now, IKE_WHY_PROPOSAL, "%.48s: %s: no common proposal: "
			 "%s%s", p->name, b, diff, n > 1 ? "; nor can other peers agree" : "");
}

/* The first peer of these addresses that can agree on a proposal, which goes to @out. */
static const struct ike_peer_conf *choose(struct ike_step *x, const struct ike_payload *s,
					  struct ike_proposal *out)
{
	const struct ike_peer_conf *p = x->c->conf.peers, *first = NULL;
	char diff[IKE_DIFF_MAX], first_diff[IKE_DIFF_MAX];
	unsigned int i, fit = 0;
	enum ike_reason why;
	int n;

	n = ike_sa_parse(s->body, x->c->offer, IKE_MAX_PROPOSALS, &why);
	if (n <= 0) {
		ike_fail(x->c, NULL, x->now, IKE_WHY_SYNTAX, "no proposal that can be read: %s",
			 n ? ike_reason_text(why) : "none is there");
		return NULL;
	}
	for (i = 0; i < x->c->conf.n_peers; i++, p++) {
		if (!ike_peer_fits(p, x))
			continue;
		if (!ike_proposal_choose(p->ike, p->n_ike, x->c->offer, (unsigned int)n, 0, out,
					 diff, sizeof(diff)))
			return p;
		if (fit++)
			continue;
		first = p;
		memcpy(first_diff, diff, sizeof(diff));
	}
	nobody(x, first, fit, first_diff);
	return NULL;
}

#define CA_HASH 20	/* octets of one authority in CERTREQ (RFC 7296 3.7) */

/* CERTREQ data for all peers that this may be: which one shows in IKE_AUTH, and by then the
 * peer has to know that we want its certificate. Their length; at most @cap octets.
 */
static size_t wanted_cas(struct ike_step *x, uint8_t *out, size_t cap)
{
	const struct ike_peer_conf *p = x->c->conf.peers;
	const struct ike_trust *last = NULL;
	size_t n = 0, end, at, k;
	unsigned int i;

	for (i = 0; i < x->c->conf.n_peers; i++, p++) {
		if (p->remote_by != IKE_BY_CERT || !p->trust || p->trust == last ||
		    !ike_peer_fits(p, x))
			continue;
		last = p->trust;
		end = n + ike_trust_certreq(p->trust, out + n, cap - n);
		for (at = n; at < end; at += CA_HASH) {
			for (k = 0; k < n && memcmp(out + k, out + at, CA_HASH); k += CA_HASH)
				;
			if (k < n)
				continue;
			memmove(out + n, out + at, CA_HASH);
			n += CA_HASH;
		}
	}
	return n;
}

/* The same for raw public keys (RFC 7670 3). */
static bool wanted_raw(struct ike_step *x)
{
	const struct ike_peer_conf *p = x->c->conf.peers;
	unsigned int i;

	for (i = 0; i < x->c->conf.n_peers; i++, p++)
		if (p->remote_by == IKE_BY_CERT && p->n_raw_keys && ike_peer_fits(p, x))
			return true;
	return false;
}

/* Builds the response, which stays in c->wire. Its length, or 0. */
static size_t build(struct ike_step *x)
{
	struct ike_hdr h = { .version = IKE_VERSION_2, .xchg = IKE_X_SA_INIT,
			     .flags = IKE_F_RESPONSE };
	struct ike_sa *sa = x->sa;
	uint8_t data[20 * 32];
	struct ike_buf pub;
	struct ike_out o;
	size_t n;

	if (ike_ke_public(sa->ke, &pub))
		return 0;
	memcpy(h.spi_i, sa->spi_i, 8);
	memcpy(h.spi_r, sa->spi_r, 8);
	ike_out_msg(&o, x->c->wire, sizeof(x->c->wire), &h);
	ike_out_sa(&o, &sa->chosen, 1, NULL, 0);
	ike_out_ke(&o, sa->ke_group, pub);
	ike_out_raw(&o, IKE_P_NONCE, (struct ike_buf){ sa->nr, sa->nr_len });
	ike_nat_out(&o, sa->spi_i, sa->spi_r, x->local, x->remote, sa->peer->encap);
	if (sa->use_ppk)
		ike_out_notify_flag(&o, IKE_N_USE_PPK);
	if (sa->childless) {
		/* this one has a protocol (RFC 6023 4) */
		ike_out_begin(&o, IKE_P_NOTIFY);
		ike_out_u8(&o, IKE_PROTO_IKE);
		ike_out_u8(&o, 0);
		ike_out_u16(&o, IKE_N_CHILDLESS_IKEV2_SUPPORTED);
		ike_out_end(&o);
	}
	if (sa->inter)
		ike_out_notify_flag(&o, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED);
	if (sa->frag)
		ike_out_notify_flag(&o, IKE_N_FRAGMENTATION_SUPPORTED);
	if (wanted_raw(x))
		ike_out_cert(&o, IKE_P_CERTREQ, IKE_CERT_RAW_KEY, (struct ike_buf){ 0 });
	n = wanted_cas(x, data, sizeof(data));
	if (n)
		ike_out_cert(&o, IKE_P_CERTREQ, IKE_CERT_X509, (struct ike_buf){ data, n });
	if (sa->peer_hashes) {
		n = ike_hash_list(IKE_HASHES_ALL, data);
		ike_out_notify(&o, IKE_N_SIGNATURE_HASH_ALGORITHMS, (struct ike_buf){ data, n });
	}
	return ike_out_finish(&o);
}

/* Fills the new SA and answers. The secret of the key exchange is not computed before the
 * peer shows that it has it too.
 */
static int respond(struct ike_step *x, const uint8_t *hash, const struct ike_proposal *chosen)
{
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	const struct ike_payload *n = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	const struct ike_payload *h = ike_msg_notify(x->m, IKE_N_SIGNATURE_HASH_ALGORITHMS, NULL);
	const struct ike_transform *t = ike_proposal_get(chosen, IKE_T_INTEG);
	struct ike_sa *sa = x->sa;
	enum ike_crypt why;
	struct ike_buf b;

	memcpy(sa->spi_i, x->m->hdr.spi_i, 8);
	sa->local = *x->local;
	sa->remote = *x->remote;
	sa->chosen = *chosen;
	sa->suite.integ = t ? t->id : 0;
	t = ike_proposal_get(chosen, IKE_T_ENCR);
	sa->suite.encr = t->id;
	sa->suite.encr_bits = t->keylen;
	sa->suite.prf = ike_proposal_get(chosen, IKE_T_PRF)->id;
	memcpy(sa->ni, n->body.p, n->body.n);
	sa->ni_len = n->body.n;
	sa->nr_len = IKE_NONCE_LEN;
	x->c->conf.random(x->c->conf.arg, sa->nr, sa->nr_len);
	if (h && !ike_hash_parse(h->notify.data, &sa->peer_hashes))
		sa->peer_hashes = 0;
	sa->ke_group = k->ke.group;
	sa->ke = ike_ke_new(sa->ke_group, false, &why);
	if (sa->ke)
		why = ike_ke_peer(sa->ke, k->ke.data);
	if (why) {
		ike_fail(x->c, sa, 0, IKE_WHY_KE, "key exchange: %s", ike_crypt_text(why));
		return -1;
	}
	sa->use_ppk = ike_msg_notify(x->m, IKE_N_USE_PPK, NULL) && ike_ppk_some(x->c);
	sa->childless = sa->peer->childless != IKE_CHILDLESS_NEVER;
	sa->frag = !sa->peer->no_frag && ike_msg_notify(x->m, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	if (ike_inter_agree(sa, ike_msg_notify(x->m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL)))
		return -1;
	ike_nat_check(x);
	b = (struct ike_buf){ x->c->wire, build(x) };
	if (!b.n || ike_copy(&sa->msg_r, &sa->msg_r_len, b) ||
	    ike_copy(&sa->msg_i, &sa->msg_i_len, x->m->raw) ||
	    ike_window_answer(sa, x->now, b, hash))
		return -1;
	sa->w.recv_mid = 1;
	x->c->conf.send(x->c->conf.arg, x->local, x->remote, b);
	return 0;
}

void ike_init_request(struct ike_step *x, const uint8_t *hash)
{
	const struct ike_payload *s = ike_msg_find(x->m, IKE_P_SA, NULL);
	const struct ike_payload *k = ike_msg_find(x->m, IKE_P_KE, NULL);
	const struct ike_payload *n = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	const struct ike_peer_conf *peer;
	const struct ike_transform *t;
	uint16_t more[IKE_ADDKE_MAX];
	struct ike_proposal chosen;
	uint8_t data[64];
	bool inter;

	if (!s || !k || !n) {
		ike_drop(x->c, IKE_DROP_SYNTAX);
		return;
	}
	if (repeated(x, hash))
		return;
	/* what we sent ourselves, thrown back */
	x->sa = ike_sa_find(x->c, x->m->hdr.spi_i);
	if (x->sa && x->sa->initiator) {
		ike_drop(x->c, IKE_DROP_STATE);
		return;
	}
	if (ike_cookie_needed(x->c, x->now) && !ike_cookie_good(x)) {
		struct ike_buf cookie = { data, ike_cookie_make(x, data) };

		x->c->stats.cookies++;
		if (cookie.n)
			answer_notify(x, IKE_N_COOKIE, cookie);
		return;
	}
	if (x->c->half_open >= x->c->conf.half_open_max || crowded(x)) {
		ike_drop(x->c, IKE_DROP_HALF_OPEN);
		return;
	}
	peer = choose(x, s, &chosen);
	inter = ike_msg_notify(x->m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL);
	if (peer && ike_addke(&chosen, more) && !inter) {
		ike_fail(x->c, NULL, x->now, IKE_WHY_PROPOSAL, "%.48s: peer offers additional key "
			 "exchanges without IKE_INTERMEDIATE", peer->name);
		peer = NULL;
	}
	if (!peer) {
		answer_notify(x, IKE_N_NO_PROPOSAL_CHOSEN, (struct ike_buf){ 0 });
		return;
	}
	t = ike_proposal_get(&chosen, IKE_T_KE);
	if (!t || t->id != k->ke.group) {
		ike_put16(data, t ? t->id : 0);
		if (t)
			answer_notify(x, IKE_N_INVALID_KE_PAYLOAD, (struct ike_buf){ data, 2 });
		return;
	}
	x->sa = ike_sa_new(x->c, x->now, peer, false);
	if (!x->sa)
		return;
	x->c->stats.answered++;
	if (respond(x, hash, &chosen))
		ike_sa_die(x->sa, x->now);
}
