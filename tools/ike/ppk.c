// SPDX-License-Identifier: GPL-2.0
/*
 * Post-quantum preshared keys in IKE_AUTH (RFC 8784 3).
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "sa.h"

#define ID_FIXED 2	/* type of the identities that we send */
#define ID_MAX 256

bool ike_ppk_some(const struct ike_ctx *c)
{
	unsigned int i;

	for (i = 0; i < c->conf.n_peers; i++)
		if (c->conf.peers[i].ppk.n)
			return true;
	return false;
}

void ike_ppk_wipe(struct ike_sa *sa)
{
	if (!sa->plain)
		return;
	ike_keys_wipe(sa->plain);
	free(sa->plain);
	sa->plain = NULL;
}

int ike_ppk_start(struct ike_sa *sa)
{
	enum ike_crypt why;

	if (!sa->use_ppk)
		return 0;
	sa->plain = malloc(sizeof(*sa->plain));
	if (!sa->plain)
		return -1;
	*sa->plain = sa->keys;
	why = ike_keys_ppk(&sa->keys, sa->peer->ppk);
	if (why)
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "no PPK: %s", ike_crypt_text(why));
	return why ? -1 : 0;
}

int ike_ppk_out(struct ike_sa *sa, struct ike_out *o)
{
	const struct ike_peer_conf *p = sa->peer;
	uint8_t id[1 + ID_MAX] = { ID_FIXED };

	if (!sa->use_ppk)
		return 0;
	if (!p->ppk_id.n || p->ppk_id.n > ID_MAX)
		return -1;
	memcpy(id + 1, p->ppk_id.p, p->ppk_id.n);
	ike_out_notify(o, IKE_N_PPK_IDENTITY, (struct ike_buf){ id, 1 + p->ppk_id.n });
	return p->ppk_required ? 0 : ike_auth_out_plain(sa, o, IKE_P_IDI);
}

static int deny(struct ike_step *x, const char *why)
{
	ike_fail(x->c, x->sa, 0, IKE_WHY_AUTH, "%s", why);
	return -1;
}

int ike_ppk_request(struct ike_step *x, const struct ike_peer_conf *p, struct ike_buf *instead,
		    bool *used)
{
	const struct ike_payload *id = ike_msg_notify(x->m, IKE_N_PPK_IDENTITY, NULL);
	const struct ike_payload *no = ike_msg_notify(x->m, IKE_N_NO_PPK_AUTH, NULL);
	struct ike_notify_data d = { 0 };
	struct ike_fault f;

	*used = false;
	if (!x->sa->use_ppk)
		return p->ppk_required ? deny(x, "peer has no PPK") : 0;
	if (!id || ike_notify_get(id, &d, &f) || !d.ppk_type)
		return deny(x, "peer names no PPK");
	if (p->ppk.n && d.octets.n == p->ppk_id.n &&
	    !memcmp(d.octets.p, p->ppk_id.p, d.octets.n)) {
		*used = true;
		return ike_keys_ppk(&x->sa->keys, p->ppk) ? deny(x, "no PPK") : 0;
	}
	if (p->ppk_required || !no || !no->notify.data.n)
		return deny(x, "peer names a PPK that we do not have");
	*instead = no->notify.data;
	return 0;
}

int ike_ppk_response(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;

	if (!sa->use_ppk || ike_msg_notify(x->m, IKE_N_PPK_IDENTITY, NULL))
		return 0;
	if (sa->peer->ppk_required)
		return deny(x, "peer did not use the PPK");
	ike_log(x->c, sa, "peer does not have the PPK, going on without");
	sa->keys = *sa->plain;
	return 0;
}
