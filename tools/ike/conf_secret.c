// SPDX-License-Identifier: GPL-2.0
/*
 * Section secrets. No message shows a secret.
 */
#include <string.h>

#include "conf_int.h"

const struct conf_key conf_secret_keys[] = {
	CONF_KEY(secret, secret, secret),
	{ "id", &conf_id_list, offsetof(struct ike_conf_secret, ids), .suffix = true },
	CONF_END
};

/* Of private keys; the folder depends on the kind. */
#define PASSPHRASE(folder) {						\
	CONF_KEY(secret, secret, secret),				\
	CONF_KEY(secret, file, path, folder),				\
	CONF_END							\
}

const struct conf_key conf_passphrase_keys[] = PASSPHRASE("private");
static const struct conf_key rsa_keys[] = PASSPHRASE("rsa");
static const struct conf_key ecdsa_keys[] = PASSPHRASE("ecdsa");
static const struct conf_key pkcs8_keys[] = PASSPHRASE("pkcs8");

/* The first prefix that fits decides. */
static const struct {
	const char *prefix;
	uint8_t kind;
	const struct conf_key *keys;	/* NULL if it is not supported */
} kinds[] = {
	{ "ike", IKE_CONF_SECRET_IKE, conf_secret_keys },
	{ "ppk", IKE_CONF_SECRET_PPK, conf_secret_keys },
	{ "eap", IKE_CONF_SECRET_EAP, conf_secret_keys },
	{ "private", IKE_CONF_SECRET_PRIVATE, conf_passphrase_keys },
	{ "rsa", IKE_CONF_SECRET_RSA, rsa_keys },
	{ "ecdsa", IKE_CONF_SECRET_ECDSA, ecdsa_keys },
	{ "pkcs8", IKE_CONF_SECRET_PKCS8, pkcs8_keys },
	{ "xauth" }, { "ntlm" }, { "pkcs12" }, { "token" },
};

static void secret(struct conf_ctx *x, const struct conf_node *n, const struct conf_view *v,
		   unsigned int kind)
{
	static const char *const none[] = { NULL };
	struct ike_conf *c = x->c;
	struct ike_conf_secret *s = conf_need(x, conf_alloc(c->mem, sizeof(*s)));
	struct conf_iter it = { v, 0, NULL };
	unsigned int errors = c->errors;
	struct conf_node *sub;

	c->secrets = conf_need(x, conf_grow(c->mem, c->secrets, c->n_secrets,
					    sizeof(*c->secrets)));
	if (!s || !c->secrets)
		return;
	s->item.name = conf_need(x, conf_strndup(c->mem, n->name, strlen(n->name)));
	s->item.file = n->file;
	s->item.line = n->line;
	s->kind = kinds[kind].kind;
	conf_keys(x, v, kinds[kind].keys, s);
	while ((sub = conf_next(x, &it, true)))
		conf_unknown(x, sub, none);
	if (c->errors == errors && !s->secret.n)
		conf_error(x, n, "\"%s\" has no secret", n->name);
	if (s->kind >= IKE_CONF_SECRET_PRIVATE && !s->file && c->errors == errors)
		conf_error(x, n, "\"%s\" names no file", n->name);
	if (s->kind == IKE_CONF_SECRET_PPK && s->secret.n && s->secret.n < 32)
		conf_warn(x, n, "\"%s\" has %zu octets; a PPK should have 32 at least (RFC 8784 6)",
			  n->name, s->secret.n);
	c->secrets[c->n_secrets++] = s;
}

void conf_read_secrets(struct conf_ctx *x, const struct conf_view *v)
{
	static const struct conf_key none[] = { CONF_END };
	static const char *const names[] = {
		"ike", "ppk", "eap", "private", "rsa", "ecdsa", "pkcs8", NULL,
	};
	struct conf_iter it = { v, 0, NULL };
	struct conf_view sub;
	struct conf_node *n;
	unsigned int i;

	conf_keys(x, v, none, NULL);
	while (!x->no_memory && (n = conf_next(x, &it, true))) {
		for (i = 0; i < CONF_ARRAY_SIZE(kinds); i++)
			if (conf_prefix(n->name, kinds[i].prefix))
				break;
		if (i == CONF_ARRAY_SIZE(kinds)) {
			conf_unknown(x, n, names);
			continue;
		}
		if (!kinds[i].keys) {
			conf_error(x, n, "secrets of kind \"%s\" are not supported",
				   kinds[i].prefix);
			continue;
		}
		conf_view_child(x, &sub, v, n->name);
		secret(x, n, &sub, i);
	}
}
