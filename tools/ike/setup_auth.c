// SPDX-License-Identifier: GPL-2.0
/*
 * Who we are, who the peer has to be, and what proves it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "setup.h"

#define PATH_LEN 4352

static struct ike_id to_id(const struct ike_conf_id *id)
{
	return (struct ike_id){ id->type, id->data };
}

/* Identity @id as that of an address. */
static struct ike_id addr_id(const struct ike_addr *a)
{
	return (struct ike_id){ a->len == 16 ? IKE_ID_IPV6 : IKE_ID_IPV4,
				{ a->a, a->len } };
}

/* The subject of our certificate, kept in @m. */
static bool subject_id(struct ike_setup_peer *m, struct ike_id *id)
{
	const X509_NAME *name = X509_get_subject_name(m->opened.certs[0]);
	int n = i2d_X509_NAME(name, &m->opened.id);

	if (n <= 0)
		return false;
	*id = (struct ike_id){ IKE_ID_DN, { m->opened.id, (size_t)n } };
	return true;
}

static void local_id(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	struct ike_peer_conf *p = &x->s->peers[i];
	struct ike_setup_peer *m = &x->s->more[i];

	p->local_id = to_id(&r->id);
	if (!p->local_id.type && r->auth.method == IKE_CONF_EAP)
		p->local_id = to_id(&r->eap_id);
	if (p->local_id.type || (m->opened.n_certs && subject_id(m, &p->local_id)))
		return;
	if (p->local.len)
		p->local_id = addr_id(&p->local);
	else
		ike_setup_error(x, &r->item, "%s of connection \"%s\" needs an id, as there is "
				"neither a certificate nor a local address", r->item.name,
				m->conf->item.name);
}

/* How well secret @s fits: 0 not, 1 for everybody, 2 for us, 3 for the peer, 4 for both. */
static unsigned int fits(const struct ike_conf_secret *s, const struct ike_peer_conf *p)
{
	bool me = false, peer = false;
	unsigned int i;

	for (i = 0; i < s->ids.n; i++) {
		const struct ike_conf_id *id = &s->ids.v[i];

		if (!id->type)
			return 1;
		me |= ike_id_same(id->type, id->data, p->local_id.type, p->local_id.data);
		peer |= p->remote_id.type && ike_id_same(id->type, id->data, p->remote_id.type,
							 p->remote_id.data);
	}
	if (!s->ids.n)
		return 1;
	return peer ? 3 + me : me ? 2 : 0;
}

static void find_secret(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf *c = x->s->conf;
	const struct ike_conf_conn *conn = x->s->more[i].conf;
	struct ike_peer_conf *p = &x->s->peers[i];
	unsigned int best = 0, k, f;
	bool tie = false;

	for (k = 0; k < c->n_secrets; k++) {
		const struct ike_conf_secret *s = c->secrets[k];

		f = s->kind == IKE_CONF_SECRET_IKE ? fits(s, p) : 0;
		if (!f || f < best)
			continue;
		tie = f == best && (s->secret.n != p->secret.n ||
				    CRYPTO_memcmp(s->secret.p, p->secret.p, s->secret.n));
		if (f > best)
			p->secret = s->secret;
		best = f;
	}
	if (!best)
		ike_setup_error(x, &conn->item, "connection \"%s\" has auth = psk, and there is no "
				"secret for its identities", conn->item.name);
	else if (tie)
		ike_setup_error(x, &conn->item, "connection \"%s\": several secrets fit its "
				"identities equally well", conn->item.name);
}

/* The post-quantum preshared key: the one of ppk_id, else the only one that there is. */
static void find_ppk(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf *c = x->s->conf;
	const struct ike_conf_conn *conn = x->s->more[i].conf;
	struct ike_peer_conf *p = &x->s->peers[i];
	unsigned int k, m;

	if (!conn->ppk_id.type && !conn->ppk_required)
		return;
	p->ppk_required = conn->ppk_required;
	for (k = 0; k < c->n_secrets; k++) {
		const struct ike_conf_secret *s = c->secrets[k];

		if (s->kind != IKE_CONF_SECRET_PPK)
			continue;
		for (m = 0; m < s->ids.n; m++) {
			const struct ike_conf_id *id = &s->ids.v[m];

			if (conn->ppk_id.type && !ike_id_same(id->type, id->data,
							      conn->ppk_id.type,
							      conn->ppk_id.data))
				continue;
			if (!p->ppk.n) {
				p->ppk = s->secret;
				p->ppk_id = id->data;
			}
		}
	}
	if (!p->ppk.n)
		ike_setup_error(x, &conn->item, "connection \"%s\": there is no PPK for it with an "
				"id", conn->item.name);
}

/* Calls @fn for each file of folder @sub beside the configuration. */
static void each_file(struct ike_setup_ctx *x, const char *sub,
		      void (*fn)(struct ike_setup_ctx *x, const char *path, void *arg), void *arg)
{
	char path[PATH_LEN];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", x->s->dir, sub);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s/%s", x->s->dir, sub, e->d_name) <
		    sizeof(path))
			fn(x, path, arg);
	}
	if (d)
		closedir(d);
}

/* What our private key has to belong to. */
static const EVP_PKEY *our_public(const struct ike_setup_peer *m)
{
	return m->opened.n_certs ? X509_get0_pubkey(m->opened.certs[0]) : m->opened.pub;
}

static void try_key(struct ike_setup_ctx *x, const char *path, void *arg)
{
	struct ike_setup_peer *m = arg;
	EVP_PKEY *key = NULL;

	(void)x;
	if (m->opened.key || ike_privkey_load(path, NULL, &key))
		return;
	if (EVP_PKEY_eq(key, our_public(m)) == 1)
		m->opened.key = key;
	else
		EVP_PKEY_free(key);
}

/* The private key of our certificate or public key: named with a passphrase, or in a folder
 * of keys.
 */
static void find_key(struct ike_setup_ctx *x, struct ike_setup_peer *m,
		     const struct ike_conf_round *r)
{
	static const char *const folders[] = { "private", "rsa", "ecdsa", "pkcs8" };
	const struct ike_conf *c = x->s->conf;
	EVP_PKEY *key = NULL;
	enum ike_deny why;
	char *word;
	unsigned int k;

	for (k = 0; k < c->n_secrets && !m->opened.key; k++) {
		const struct ike_conf_secret *s = c->secrets[k];

		if (s->kind < IKE_CONF_SECRET_PRIVATE)
			continue;
		word = strndup((const char *)s->secret.p, s->secret.n);
		why = ike_privkey_load(s->file, word, &key);
		if (word)
			OPENSSL_cleanse(word, s->secret.n);
		free(word);
		if (why)
			ike_setup_error(x, &s->item, "%s: %s", s->file, ike_deny_text(why));
		else if (EVP_PKEY_eq(key, our_public(m)) == 1)
			m->opened.key = key;
		else
			EVP_PKEY_free(key);
	}
	for (k = 0; k < 4 && !m->opened.key; k++)
		each_file(x, folders[k], try_key, m);
	if (!m->opened.key)
		ike_setup_error(x, &r->item, "%s of connection \"%s\": no private key belongs to "
				"%s", r->item.name, m->conf->item.name,
				r->certs.n ? r->certs.v[0] : r->pubkeys.v[0]);
}

static void local_certs(struct ike_setup_ctx *x, struct ike_setup_peer *m,
			const struct ike_conf_round *r)
{
	enum ike_deny why;
	unsigned int k;

	if (!r->certs.n && r->pubkeys.n == 1) {
		why = ike_pubkey_load(r->pubkeys.v[0], &m->opened.pub);
		if (why)
			ike_setup_error(x, &r->item, "%s: %s", r->pubkeys.v[0],
					ike_deny_text(why));
		else
			find_key(x, m, r);
		return;
	}
	if (!r->certs.n || r->certs.n > IKE_CERTS_MAX) {
		ike_setup_error(x, &r->item, "%s of connection \"%s\" needs certs, at most %d, or "
				"one of pubkeys", r->item.name, m->conf->item.name,
				IKE_CERTS_MAX);
		return;
	}
	for (k = 0; k < r->certs.n; k++) {
		why = ike_cert_load(r->certs.v[k], &m->opened.certs[k]);
		if (why) {
			ike_setup_error(x, &r->item, "%s: %s", r->certs.v[k], ike_deny_text(why));
			return;
		}
		m->opened.n_certs++;
	}
	find_key(x, m, r);
}

/* What is said about how we sign; the key has to be of that kind. */
static void sign_as(struct ike_setup_ctx *x, struct ike_setup_peer *m, struct ike_peer_conf *p,
		    const struct ike_conf_round *r)
{
	const struct ike_sig_policy wanted = {
		.keys = r->auth.keys, .rsa_min = r->auth.rsa, .ec_min = r->auth.ecdsa,
	};
	enum ike_deny why = m->opened.key ? ike_sig_key(m->opened.key, &wanted) : IKE_DENY_NONE;

	if (why)
		ike_setup_error(x, &r->item, "%s of connection \"%s\": our own key: %s",
				r->item.name, m->conf->item.name, ike_deny_text(why));
	memcpy(p->sig.prefer, r->auth.hashes, r->auth.n_hashes);
	p->sig.pss = r->auth.pss;
}

static enum ike_peer_auth how(const struct ike_conf_auth *a)
{
	return a->method == IKE_CONF_PSK ? IKE_BY_PSK :
	       a->method == IKE_CONF_EAP ? IKE_BY_EAP : IKE_BY_CERT;
}

static void local(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];

	p->by = how(&r->auth);
	if (p->by == IKE_BY_CERT) {
		local_certs(x, m, r);
		sign_as(x, m, p, r);
	}
	local_id(x, i, r);
	p->key = m->opened.key;
	p->certs = m->opened.certs;
	p->n_certs = m->opened.n_certs;
	p->raw = !!m->opened.pub;
}

struct adding {
	struct ike_trust *trust;
	unsigned int n;
};

static void add_ca(struct ike_setup_ctx *x, const struct ike_conf_item *item, const char *path,
		   struct adding *a)
{
	X509 *cert = NULL;
	enum ike_deny why = ike_cert_load(path, &cert);

	if (!why)
		why = ike_trust_add_ca(a->trust, cert);
	if (!why)
		a->n++;
	else if (item)
		ike_setup_error(x, item, "%s: %s", path, ike_deny_text(why));
	X509_free(cert);
}

static void add_crl(struct ike_setup_ctx *x, const struct ike_conf_item *item, const char *path,
		    struct adding *a)
{
	X509_CRL *crl = NULL;
	enum ike_deny why = ike_crl_load(path, &crl);

	if (!why)
		why = ike_trust_add_crl(a->trust, crl);
	if (why && item)
		ike_setup_error(x, item, "%s: %s", path, ike_deny_text(why));
	X509_CRL_free(crl);
}

static void ca_file(struct ike_setup_ctx *x, const char *path, void *arg)
{
	add_ca(x, NULL, path, arg);
}

static void crl_file(struct ike_setup_ctx *x, const char *path, void *arg)
{
	add_crl(x, NULL, path, arg);
}

/* The authorities that are named, else all that are there; and every CRL. */
static void find_trust(struct ike_setup_ctx *x, struct ike_setup_peer *m,
		       const struct ike_conf_round *r)
{
	const struct ike_conf *c = x->s->conf;
	struct adding a = { .trust = ike_trust_new() };
	unsigned int i, k;

	m->opened.trust = a.trust;
	if (!a.trust) {
		x->errors++;
		return;
	}
	for (k = 0; k < r->cacerts.n; k++)
		add_ca(x, &r->item, r->cacerts.v[k], &a);
	for (i = 0; i < c->n_authorities; i++) {
		const struct ike_conf_authority *o = c->authorities[i];

		if (!r->cacerts.n && o->cacert)
			add_ca(x, &o->item, o->cacert, &a);
		for (k = 0; k < o->crls.n; k++)
			add_crl(x, &o->item, o->crls.v[k], &a);
	}
	if (!r->cacerts.n)
		each_file(x, "x509ca", ca_file, &a);
	each_file(x, "x509crl", crl_file, &a);
	if (!a.n)
		ike_setup_error(x, &r->item, "%s of connection \"%s\": there is no certificate of "
				"an authority to trust", r->item.name, m->conf->item.name);
}

/* Keys and certificates of the peer itself. */
static void of_peer(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	unsigned int k;

	if (r->pubkeys.n > IKE_CERTS_MAX || r->certs.n > IKE_CERTS_MAX)
		ike_setup_error(x, &r->item, "%s of connection \"%s\" has more than %d pubkeys or "
				"certs", r->item.name, m->conf->item.name, IKE_CERTS_MAX);
	for (k = 0; k < r->pubkeys.n && k < IKE_CERTS_MAX; k++) {
		enum ike_deny why = ike_pubkey_load(r->pubkeys.v[k],
						    &m->opened.raw[m->opened.n_raw]);

		if (why)
			ike_setup_error(x, &r->item, "%s: %s", r->pubkeys.v[k],
					ike_deny_text(why));
		m->opened.n_raw += !why;
	}
	for (k = 0; k < r->certs.n && k < IKE_CERTS_MAX; k++) {
		enum ike_deny why = ike_cert_load(r->certs.v[k],
						  &m->opened.pinned[m->opened.n_pinned]);

		if (why)
			ike_setup_error(x, &r->item, "%s: %s", r->certs.v[k], ike_deny_text(why));
		m->opened.n_pinned += !why;
	}
	if (r->pubkeys.n && !ike_id_single(&p->remote_id))
		ike_setup_error(x, &r->item, "%s of connection \"%s\" needs an id, as a public key "
				"belongs to nobody by itself", r->item.name, m->conf->item.name);
	p->raw_keys = m->opened.raw;
	p->n_raw_keys = m->opened.n_raw;
	p->pinned = m->opened.pinned;
	p->n_pinned = m->opened.n_pinned;
}

static void remote(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	static const enum ike_revocation revocation[] = {
		[IKE_CONF_RELAXED] = IKE_REVOCATION_RELAXED,
		[IKE_CONF_IFURI] = IKE_REVOCATION_IFURI,
		[IKE_CONF_STRICT] = IKE_REVOCATION_STRICT,
	};
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	unsigned int k;

	p->remote_by = how(&r->auth);
	p->remote_id = to_id(&r->id);
	if (p->remote_by != IKE_BY_CERT)
		return;
	for (k = 0; k < r->auth.n_hashes; k++)
		p->sig.ours |= IKE_HASH_BIT(r->auth.hashes[k]);
	p->sig.keys = r->auth.keys;
	p->sig.rsa_min = r->auth.rsa;
	p->sig.ec_min = r->auth.ecdsa;
	p->sig.only_pss = r->auth.pss;
	p->cert.revocation = revocation[r->revocation];
	of_peer(x, i, r);
	/* Those are trusted without an authority, unless one is named. */
	if ((r->certs.n || r->pubkeys.n) && !r->cacerts.n)
		return;
	find_trust(x, m, r);
	p->trust = m->opened.trust;
}

void ike_setup_auth(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf_conn *c = x->s->more[i].conf;
	struct ike_peer_conf *p = &x->s->peers[i];
	unsigned int errors = x->errors;

	if (c->local.n != 1 || c->remote.n != 1) {
		if (c->local.n > 1 || c->remote.n > 1)
			ike_setup_error(x, &c->item, "connection \"%s\": more than one round of "
					"authentication is not supported yet", c->item.name);
		return;
	}
	local(x, i, c->local.v[0]);
	remote(x, i, c->remote.v[0]);
	find_ppk(x, i);
	ike_setup_eap(x, i);
	if (errors == x->errors && (p->by == IKE_BY_PSK || p->remote_by == IKE_BY_PSK))
		find_secret(x, i);
}

void ike_setup_auth_free(struct ike_setup_peer *m)
{
	unsigned int k;

	for (k = 0; k < m->opened.n_certs; k++)
		X509_free(m->opened.certs[k]);
	for (k = 0; k < m->opened.n_raw; k++)
		EVP_PKEY_free(m->opened.raw[k]);
	for (k = 0; k < m->opened.n_pinned; k++)
		X509_free(m->opened.pinned[k]);
	EVP_PKEY_free(m->opened.key);
	EVP_PKEY_free(m->opened.pub);
	ike_trust_free(m->opened.trust);
	OPENSSL_free(m->opened.id);
	ike_setup_eap_free(m);
}
