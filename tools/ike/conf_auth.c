// SPDX-License-Identifier: GPL-2.0
/*
 * Methods of authentication with their constraints, "pubkey-sha384-sha256",
 * "rsa-2048-ecdsa-256", "ike:pubkey-sha512", "eap-mschapv2".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "conf_int.h"

static bool add_hash(struct ike_conf_auth *a, uint8_t hash)
{
	unsigned int i;

	for (i = 0; i < a->n_hashes; i++)
		if (a->hashes[i] == hash)
			return true;
	if (a->n_hashes == sizeof(a->hashes))
		return false;
	a->hashes[a->n_hashes++] = hash;
	return true;
}

/* One word of a constraint; false if it is none. */
static bool word(struct ike_conf_auth *a, const char *w, char *rest)
{
	static const struct { const char *w; uint8_t hash, key; bool pss; } known[] = {
		{ "pubkey" }, { "rsa", 0, IKE_CONF_KEY_RSA },
		{ "rsa/pss", 0, IKE_CONF_KEY_RSA, true }, { "ecdsa", 0, IKE_CONF_KEY_ECDSA },
		{ "ed25519", 0, IKE_CONF_KEY_ED25519 }, { "ed448", 0, IKE_CONF_KEY_ED448 },
		{ "sha1", IKE_HASH_SHA1 }, { "sha256", IKE_HASH_SHA256 },
		{ "sha384", IKE_HASH_SHA384 }, { "sha512", IKE_HASH_SHA512 },
		{ "identity", IKE_HASH_IDENTITY },
	};
	unsigned long bits;
	unsigned int i;

	for (i = 0; i < CONF_ARRAY_SIZE(known) && strcmp(known[i].w, w); i++)
		;
	if (i == CONF_ARRAY_SIZE(known))
		return false;
	if (known[i].hash && !add_hash(a, known[i].hash))
		return false;
	a->keys |= known[i].key;
	a->pss |= known[i].pss;
	/* A number after it is the least size of a key. */
	if (rest && isdigit((unsigned char)*rest)) {
		bits = strtoul(rest, NULL, 10);
		if (bits < 160 || bits > 16384 ||
		    !(known[i].key & (IKE_CONF_KEY_RSA | IKE_CONF_KEY_ECDSA)))
			return false;
		*(known[i].key == IKE_CONF_KEY_RSA ? &a->rsa : &a->ecdsa) = (uint16_t)bits;
	}
	return true;
}

static bool constraint(struct ike_conf_auth *a, char *s)
{
	char *w, *next = s, *end;

	while (next) {
		w = next;
		next = strchr(w, '-');
		if (next)
			*next++ = 0;
		if (!strncmp(w, "ike:", 4))
			w += 4;
		if (isdigit((unsigned char)*w)) {
			/* It was read with the word before it. */
			strtoul(w, &end, 10);
			if (w == s || *end)
				return false;
			continue;
		}
		if (!word(a, w, next))
			return false;
	}
	return true;
}

/* "eap", or "eap-" and a method */
static void eap(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_auth *a)
{
	const char *w = n->value + strlen("eap");

	a->method = IKE_CONF_EAP;
	if (!*w)
		return;
	a->eap = *w == '-' ? ike_eap_find(w + 1) : NULL;
	if (!a->eap)
		conf_error(x, n, "auth = %s is not supported", n->value);
	else if (a->eap->weak && !(x->flags & IKE_CONF_WEAK))
		conf_error(x, n, "auth = %s is weak, and there is no consent to that", n->value);
	else if (a->eap->weak)
		conf_warn(x, n, "auth = %s is weak", n->value);
}

static void auth_read(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg)
{
	struct ike_conf_auth a = { 0 };
	char *copy = conf_need(x, conf_strndup(x->tmp, n->value, strlen(n->value)));

	(void)arg;
	if (!copy)
		return;
	if (!strcmp(n->value, "psk"))
		a.method = IKE_CONF_PSK;
	else if (conf_prefix(n->value, "eap"))
		eap(x, n, &a);
	else if (conf_prefix(n->value, "xauth"))
		conf_error(x, n, "auth = %s is not supported", n->value);
	else if (!constraint(&a, copy))
		conf_error(x, n, "\"auth\" is psk, pubkey, eap or eap-mschapv2, or such as "
			   "pubkey-sha256 or rsa-3072-ecdsa-256-sha384, not \"%s\"", n->value);
	*(struct ike_conf_auth *)field = a;
}

static bool auth_same(const void *a, const void *b)
{
	const struct ike_conf_auth *m = a, *o = b;

	return m->method == o->method && m->eap == o->eap && m->pss == o->pss &&
	       m->n_hashes == o->n_hashes && m->keys == o->keys &&
	       !memcmp(m->hashes, o->hashes, m->n_hashes) && m->rsa == o->rsa &&
	       m->ecdsa == o->ecdsa;
}

const struct conf_type conf_auth = { auth_read, auth_same };
