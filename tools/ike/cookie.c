// SPDX-License-Identifier: GPL-2.0
/*
 * Cookies for times of many half-open SAs (RFC 7296 2.6).
 */
#include <openssl/crypto.h>

#include "sa.h"

#define COOKIE_LEN	17	/* version of the secret and half a hash */
#define SECRET_MS	60000	/* age at which a secret is replaced */
#define STAY_MS		10000	/* cookies are asked for so long after the last need */

/* The secrets change with use, and both when neither was used for long. */
static void rotate(struct ike_ctx *c, uint64_t now)
{
	unsigned int i, turns = (unsigned int)((now - c->cookie_at) / SECRET_MS > 1 ? 2 : 1);

	if (now - c->cookie_at < SECRET_MS)
		return;
	for (i = 0; i < turns; i++) {
		memcpy(c->cookie_secret[1], c->cookie_secret[0], sizeof(c->cookie_secret[0]));
		c->conf.random(c->conf.arg, c->cookie_secret[0], sizeof(c->cookie_secret[0]));
		c->cookie_version++;
	}
	c->cookie_at = now;
}

static bool make(struct ike_step *x, unsigned int which, uint8_t *out)
{
	const struct ike_payload *ni = ike_msg_find(x->m, IKE_P_NONCE, NULL);
	struct ike_buf key = { x->c->cookie_secret[which], sizeof(x->c->cookie_secret[which]) };
	struct ike_buf in[3] = {
		ni ? ni->body : (struct ike_buf){ 0 },
		{ x->remote->a, x->remote->len },
		{ x->m->hdr.spi_i, 8 },
	};
	uint8_t mac[32];

	if (ike_prf(IKE_PRF_HMAC_SHA2_256, key, in, 3, mac))
		return false;
	out[0] = (uint8_t)(x->c->cookie_version - which);
	memcpy(out + 1, mac, COOKIE_LEN - 1);
	return true;
}

size_t ike_cookie_make(struct ike_step *x, uint8_t *out)
{
	rotate(x->c, x->now);
	return make(x, 0, out) ? COOKIE_LEN : 0;
}

bool ike_cookie_good(struct ike_step *x)
{
	const struct ike_payload *p = ike_msg_notify(x->m, IKE_N_COOKIE, NULL);
	uint8_t want[COOKIE_LEN];
	unsigned int i;

	rotate(x->c, x->now);
	if (!p || p->notify.data.n != COOKIE_LEN)
		return false;
	for (i = 0; i < 2; i++)
		if (make(x, i, want) && !CRYPTO_memcmp(want, p->notify.data.p, COOKIE_LEN))
			return true;
	return false;
}

bool ike_cookie_needed(struct ike_ctx *c, uint64_t now)
{
	if (c->half_open >= c->conf.cookie_from)
		c->cookie_until = now + STAY_MS;
	return now < c->cookie_until;
}
