// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2): both sides prove that they know the
 * password, and make a key. Who sees it can guess passwords, so that it is of use only with a
 * server that has proved in another way who it is. Passwords cannot be changed with it, and
 * a wrong one is not asked for again.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "eap.h"
#include "mschap.h"
#include "octets.h"

#define HEAD 4		/* operation, MS-CHAPv2-ID, MS-Length */
#define VALUE 49	/* peer challenge, reserved, NT-Response, flags */

enum op {
	CHALLENGE = 1,
	RESPONSE = 2,
	SUCCESS = 3,
	FAILURE = 4,
};

/**
 * struct state - of either side
 * @m: challenges
 * @hash: NtPasswordHash
 * @response: NT-Response
 * @id: MS-CHAPv2-ID
 * @next: what has to come
 */
struct state {
	struct ike_mschap m;
	uint8_t hash[IKE_MSCHAP_HASH], response[IKE_MSCHAP_RESPONSE], id;
	enum op next;
};

static void put_head(struct ike_eap_out *out, enum op op, uint8_t id, size_t n)
{
	uint8_t p[HEAD] = { (uint8_t)op, id };

	ike_put16(p + 2, (uint16_t)(HEAD + n));
	ike_eap_put(out, p, HEAD);
}

/* Whether @in is a whole packet of @op. */
static bool is(struct ike_buf in, enum op op)
{
	return in.n >= HEAD && in.p[0] == op && ike_get16(in.p + 2) == in.n;
}

static enum ike_eap_did start(void *state, struct ike_eap_env *env, struct ike_eap_out *out)
{
	static const char name[] = "secike";
	struct state *s = state;

	s->id = env->id;
	s->next = RESPONSE;
	env->random(env->arg, s->m.server, sizeof(s->m.server));
	put_head(out, CHALLENGE, s->id, 1 + sizeof(s->m.server) + sizeof(name) - 1);
	ike_eap_put(out, (uint8_t[]){ sizeof(s->m.server) }, 1);
	ike_eap_put(out, s->m.server, sizeof(s->m.server));
	ike_eap_put(out, name, sizeof(name) - 1);
	return IKE_EAP_MORE;
}

static void hex(char *out, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02X", p[i]);
}

/* The server does not believe it: error 691, no other try (RFC 2759 6). */
static enum ike_eap_did failure(struct state *s, struct ike_eap_env *env, struct ike_eap_out *out)
{
	uint8_t challenge[IKE_MSCHAP_CHALLENGE];
	char text[128], c[2 * sizeof(challenge) + 1];

	env->random(env->arg, challenge, sizeof(challenge));
	hex(c, challenge, sizeof(challenge));
	snprintf(text, sizeof(text), "E=691 R=0 C=%s V=3 M=Authentication failed", c);
	put_head(out, FAILURE, s->id, strlen(text));
	ike_eap_put(out, text, strlen(text));
	s->next = FAILURE;
	env->why = env->user ? "wrong password" : "unknown user";
	return IKE_EAP_MORE;
}

/* The response to the challenge. Whether the user is known is looked at when all is done. */
static enum ike_eap_did check(struct state *s, struct ike_eap_env *env, struct ike_buf in,
			      struct ike_eap_out *out)
{
	struct ike_buf name = ike_skip(in, HEAD + 1 + VALUE), want = ike_eap_plain(env->name);
	uint8_t good[IKE_MSCHAP_RESPONSE], proof[IKE_MSCHAP_PROOF];
	char text[2 + 2 * IKE_MSCHAP_PROOF + 1] = "S=";
	bool same;

	memcpy(s->m.peer, in.p + HEAD + 1, sizeof(s->m.peer));
	memcpy(s->response, in.p + HEAD + 1 + 24, sizeof(s->response));
	s->m.user = ike_eap_plain(name);
	if (ike_mschap_hash(env->secret, s->hash) || ike_mschap_response(&s->m, s->hash, good) ||
	    ike_mschap_proof(&s->m, s->hash, good, proof)) {
		env->why = "MD4 or DES failed, or the password is not in UTF-8";
		return IKE_EAP_WRONG;
	}
	same = !CRYPTO_memcmp(good, s->response, sizeof(good));
	same &= s->m.user.n == want.n && !CRYPTO_memcmp(s->m.user.p, want.p, want.n);
	s->m.user = (struct ike_buf){ 0 };
	OPENSSL_cleanse(good, sizeof(good));
	if (!same || !env->user)
		return failure(s, env, out);
	hex(text + 2, proof, sizeof(proof));
	put_head(out, SUCCESS, s->id, strlen(text));
	ike_eap_put(out, text, strlen(text));
	s->next = SUCCESS;
	env->why = "the peer does not believe us";
	return IKE_EAP_MORE;
}

static enum ike_eap_did server(void *state, struct ike_eap_env *env, struct ike_buf in,
			       struct ike_eap_out *out)
{
	struct state *s = state;

	if (s->next == FAILURE)
		return IKE_EAP_WRONG;	/* whatever it says, and why is known */
	if (s->next == SUCCESS && in.n && in.p[0] == FAILURE)
		return IKE_EAP_WRONG;
	env->why = "a response that cannot be read";
	if (s->next == RESPONSE && is(in, RESPONSE) && in.n >= HEAD + 1 + VALUE &&
	    in.p[1] == s->id && in.p[HEAD] == VALUE)
		return check(s, env, in, out);
	if (s->next == SUCCESS && in.n && in.p[0] == SUCCESS)
		return IKE_EAP_DONE;
	return IKE_EAP_WRONG;
}

static enum ike_eap_did respond(struct state *s, struct ike_eap_env *env, struct ike_buf in,
				struct ike_eap_out *out)
{
	static const uint8_t reserved[8], flags[1];

	s->id = in.p[1];
	memcpy(s->m.server, in.p + HEAD + 1, sizeof(s->m.server));
	env->random(env->arg, s->m.peer, sizeof(s->m.peer));
	s->m.user = ike_eap_plain(env->name);
	if (ike_mschap_hash(env->secret, s->hash) ||
	    ike_mschap_response(&s->m, s->hash, s->response)) {
		env->why = "MD4 or DES failed, or the password is not in UTF-8";
		return IKE_EAP_WRONG;
	}
	s->m.user = (struct ike_buf){ 0 };
	put_head(out, RESPONSE, s->id, 1 + VALUE + env->name.n);
	ike_eap_put(out, (uint8_t[]){ VALUE }, 1);
	ike_eap_put(out, s->m.peer, sizeof(s->m.peer));
	ike_eap_put(out, reserved, sizeof(reserved));
	ike_eap_put(out, s->response, sizeof(s->response));
	ike_eap_put(out, flags, sizeof(flags));
	ike_eap_put(out, env->name.p, env->name.n);
	s->next = SUCCESS;
	env->why = "the server refuses our answer";
	return IKE_EAP_MORE;
}

/* Whether "S=" and what follows shows that the server knows the password. */
static bool proved(struct state *s, struct ike_eap_env *env, struct ike_buf text)
{
	char want[2 * IKE_MSCHAP_PROOF + 1], got[2 * IKE_MSCHAP_PROOF];
	uint8_t proof[IKE_MSCHAP_PROOF];
	unsigned int i;
	bool ok;

	if (text.n < 2 + sizeof(got) || memcmp(text.p, "S=", 2))
		return false;
	for (i = 0; i < sizeof(got); i++)
		got[i] = (char)(text.p[2 + i] >= 'a' && text.p[2 + i] <= 'f' ?
				text.p[2 + i] - 'a' + 'A' : text.p[2 + i]);
	s->m.user = ike_eap_plain(env->name);
	ok = !ike_mschap_proof(&s->m, s->hash, s->response, proof);
	s->m.user = (struct ike_buf){ 0 };
	hex(want, proof, sizeof(proof));
	return ok && !CRYPTO_memcmp(want, got, sizeof(got));
}

static enum ike_eap_did peer(void *state, struct ike_eap_env *env, struct ike_buf in,
			     struct ike_eap_out *out)
{
	struct state *s = state;

	env->why = "a request that cannot be read, or out of turn";
	if (!s->next && is(in, CHALLENGE) && in.n >= HEAD + 1 + sizeof(s->m.server) &&
	    in.p[HEAD] == sizeof(s->m.server))
		return respond(s, env, in, out);
	if (s->next != SUCCESS)
		return IKE_EAP_WRONG;
	if (is(in, FAILURE)) {
		env->why = "the server does not know our name, or has another password";
		ike_eap_put(out, (uint8_t[]){ FAILURE }, 1);
		s->next = FAILURE;
		return IKE_EAP_MORE;
	}
	if (!is(in, SUCCESS))
		return IKE_EAP_WRONG;
	if (!proved(s, env, ike_skip(in, HEAD))) {
		env->why = "the server does not know our password";
		return IKE_EAP_WRONG;
	}
	ike_eap_put(out, (uint8_t[]){ SUCCESS }, 1);
	s->next = CHALLENGE;
	return IKE_EAP_DONE;
}

static bool msk(const void *state, uint8_t *key)
{
	const struct state *s = state;

	return !ike_mschap_msk(s->hash, s->response, key);
}

const struct ike_eap_method ike_eap_mschapv2 = {
	.type = IKE_EAP_MSCHAPV2, .name = "EAP-MSCHAPv2", .word = "mschapv2",
	.size = sizeof(struct state), .key = true, .usable = ike_mschap_usable, .start = start,
	.server = server, .peer = peer, .msk = msk,
};
