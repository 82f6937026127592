// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-MD5 (RFC 3748 5.4, RFC 1994): it makes no key, and the server proves nothing with it.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "eap.h"
#include "octets.h"

#define LEN 16

struct state {
	uint8_t challenge[LEN];
};

static bool md5_usable(void)
{
	uint8_t out[LEN];

	return EVP_Digest("", 0, out, NULL, EVP_md5(), NULL) == 1;
}

static bool answer(const struct ike_eap_env *env, struct ike_buf challenge, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, &env->id, 1) == 1 &&
		  EVP_DigestUpdate(ctx, env->secret.p, env->secret.n) == 1 &&
		  EVP_DigestUpdate(ctx, challenge.p, challenge.n) == 1 &&
		  EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static enum ike_eap_did md5_start(void *state, struct ike_eap_env *env, struct ike_eap_out *out)
{
	struct state *s = state;

	env->random(env->arg, s->challenge, LEN);
	ike_eap_put(out, (uint8_t[]){ LEN }, 1);
	ike_eap_put(out, s->challenge, LEN);
	return IKE_EAP_MORE;
}

static enum ike_eap_did md5_server(void *state, struct ike_eap_env *env, struct ike_buf in,
				   struct ike_eap_out *out)
{
	const struct state *s = state;
	uint8_t want[LEN];
	bool good;

	(void)out;
	env->why = "a response that cannot be read";
	if (in.n < 1 + LEN || in.p[0] != LEN)
		return IKE_EAP_WRONG;
	good = answer(env, (struct ike_buf){ s->challenge, LEN }, want) &&
	       !CRYPTO_memcmp(want, in.p + 1, LEN);
	OPENSSL_cleanse(want, sizeof(want));
	env->why = env->user ? "wrong password" : "unknown user";
	return good && env->user ? IKE_EAP_DONE : IKE_EAP_WRONG;
}

static enum ike_eap_did md5_peer(void *state, struct ike_eap_env *env, struct ike_buf in,
				 struct ike_eap_out *out)
{
	uint8_t mine[LEN];

	(void)state;
	env->why = "a challenge that cannot be read";
	if (!in.n || !in.p[0] || in.n - 1 < in.p[0] ||
	    !answer(env, (struct ike_buf){ in.p + 1, in.p[0] }, mine))
		return IKE_EAP_WRONG;
	ike_eap_put(out, (uint8_t[]){ LEN }, 1);
	ike_eap_put(out, mine, LEN);
	return IKE_EAP_DONE;
}

const struct ike_eap_method ike_eap_md5 = {
	.type = IKE_EAP_MD5, .name = "EAP-MD5", .word = "md5", .size = sizeof(struct state),
	.weak = true, .usable = md5_usable, .start = md5_start, .server = md5_server,
	.peer = md5_peer,
};
