// SPDX-License-Identifier: GPL-2.0
/*
 * AUTH and CERT payloads: ours, and whether the peer's convince (RFC 7296 2.15, 3.6, 3.8).
 */
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "sa.h"

#define ID_MAX 2048

/* What the initiator signs, or the responder, with ID payload body @id. */
static struct ike_auth_in signed_by(const struct ike_sa *sa, const struct ike_keys *keys,
				    bool initiator, struct ike_buf id)
{
	struct ike_auth_in in = { .prf = sa->suite.prf, .id = id };

	in.sk_p = (struct ike_buf){ initiator ? keys->pi : keys->pr, keys->prf_len };
	in.message = initiator ? (struct ike_buf){ sa->msg_i, sa->msg_i_len }
			       : (struct ike_buf){ sa->msg_r, sa->msg_r_len };
	in.nonce = initiator ? (struct ike_buf){ sa->nr, sa->nr_len }
			     : (struct ike_buf){ sa->ni, sa->ni_len };
	in.intauth = ike_inter_joined(sa);
	return in;
}

static struct ike_sig_policy sig_policy(const struct ike_sa *sa, const struct ike_peer_conf *p)
{
	struct ike_sig_policy s = p->sig;

	s.both_listed = sa->peer_hashes != 0;
	s.ours = s.ours ? s.ours & IKE_HASHES_ALL : IKE_HASHES_ALL;
	s.peers = sa->peer_hashes;
	return s;
}

/* AUTH data of ours with @keys, of at most IKE_SIG_MAX octets; their number, 0 on errors. */
static size_t make(struct ike_sa *sa, const struct ike_keys *keys, uint8_t id_payload,
		   uint8_t *method, uint8_t *data)
{
	const struct ike_peer_conf *p = sa->peer;
	struct ike_sig_policy policy = sig_policy(sa, p);
	struct ike_auth_in in;
	uint8_t body[ID_MAX];
	struct ike_buf shared = ike_eap_secret(sa, keys, id_payload == IKE_P_IDI);
	enum ike_deny why;
	size_t n;

	*method = IKE_AUTH_PSK;
	if (p->local_id.data.n > sizeof(body) - 4)
		return 0;
	memset(body, 0, 4);
	body[0] = p->local_id.type;
	if (p->local_id.data.n)
		memcpy(body + 4, p->local_id.data.p, p->local_id.data.n);
	in = signed_by(sa, keys, id_payload == IKE_P_IDI,
		       (struct ike_buf){ body, 4 + p->local_id.data.n });
	n = ike_prf_len(in.prf);
	if (shared.n || p->by == IKE_BY_PSK)
		why = ike_auth_psk(&in, shared.n ? shared : p->secret, data);
	else if (p->by == IKE_BY_EAP)
		why = IKE_DENY_METHOD;
	else if (p->key)
		why = ike_auth_sign(&in, p->key, &policy, method, data, IKE_SIG_MAX, &n);
	else
		why = IKE_DENY_FILE;
	if (why) {
		ike_fail(sa->ctx, sa, 0, IKE_WHY_AUTH, "we cannot authenticate: %s",
			 ike_deny_text(why));
		return 0;
	}
	return n;
}

int ike_auth_out(struct ike_sa *sa, struct ike_out *o, uint8_t id_payload)
{
	uint8_t data[IKE_SIG_MAX], method;
	size_t n = make(sa, &sa->keys, id_payload, &method, data);

	if (n)
		ike_out_auth(o, method, (struct ike_buf){ data, n });
	return n ? 0 : -1;
}

int ike_auth_out_plain(struct ike_sa *sa, struct ike_out *o, uint8_t id_payload)
{
	uint8_t data[IKE_SIG_MAX], method;
	size_t n = make(sa, sa->plain, id_payload, &method, data);

	if (n)
		ike_out_notify(o, IKE_N_NO_PPK_AUTH, (struct ike_buf){ data, n });
	return n ? 0 : -1;
}

int ike_auth_cert_out(struct ike_sa *sa, struct ike_out *o)
{
	const struct ike_peer_conf *p = sa->peer;
	unsigned int i;
	uint8_t *der;
	size_t n;

	if (p->by == IKE_BY_CERT && p->raw) {
		der = p->key ? ike_pubkey_der(p->key, &n) : NULL;
		if (!der)
			return -1;
		ike_out_cert(o, IKE_P_CERT, IKE_CERT_RAW_KEY, (struct ike_buf){ der, n });
		OPENSSL_free(der);
		return 0;
	}
	for (i = 0; p->by == IKE_BY_CERT && i < p->n_certs; i++) {
		der = ike_cert_der(p->certs[i], &n);
		if (!der)
			return -1;
		ike_out_cert(o, IKE_P_CERT, IKE_CERT_X509, (struct ike_buf){ der, n });
		OPENSSL_free(der);
	}
	return 0;
}

/* What is there to find out whether the peer is who it says. */
struct check {
	struct ike_sa *sa;
	const struct ike_peer_conf *p;
	const struct ike_auth_in *in;
	const struct ike_payload *id;
	uint8_t method;
	struct ike_buf auth;
};

/* Whether AUTH is of @key. */
static enum ike_deny with_key(const struct check *k, EVP_PKEY *key)
{
	struct ike_sig_policy policy = sig_policy(k->sa, k->p);
	enum ike_deny why = ike_sig_key(key, &policy);

	return why ? why : ike_auth_verify(k->in, key, &policy, k->method, k->auth);
}

/* One of the certificates that the configuration names. Who it belongs to is said there, but
 * for identities that are left open: those have to be in the certificate.
 */
static enum ike_deny pinned(const struct check *k, struct ike_buf der, EVP_PKEY **key)
{
	enum ike_deny why = IKE_DENY_CHAIN;
	unsigned int i;

	for (i = 0; i < k->p->n_pinned && why == IKE_DENY_CHAIN; i++) {
		why = ike_cert_pinned(k->p->pinned[i], &k->p->cert, der, key);
		if (why || ike_id_single(&k->p->remote_id) ||
		    ike_id_in_cert(k->p->pinned[i], k->id->id.type, k->id->id.data))
			continue;
		EVP_PKEY_free(*key);
		*key = NULL;
		return IKE_DENY_ID;
	}
	return why;
}

/* The peer sent no certificate nor key: it may have one of those that we know. */
static enum ike_deny by_known(const struct check *k)
{
	enum ike_deny why = IKE_DENY_CERT_COUNT;
	EVP_PKEY *key = NULL;
	unsigned int i;
	uint8_t *der;
	size_t n;

	for (i = 0; why && i < k->p->n_raw_keys; i++)
		why = with_key(k, k->p->raw_keys[i]);
	for (i = 0; why && !k->p->trust && i < k->p->n_pinned; i++) {
		der = ike_cert_der(k->p->pinned[i], &n);
		if (!der)
			return IKE_DENY_LIBRARY;
		why = pinned(k, (struct ike_buf){ der, n }, &key);
		if (!why)
			why = with_key(k, key);
		EVP_PKEY_free(key);
		key = NULL;
		OPENSSL_free(der);
	}
	return why;
}

/* A raw public key: the only CERT payload, and one of those configured (RFC 7670 3, 4). */
static enum ike_deny by_raw(const struct check *k, const struct ike_msg *m, struct ike_buf spki)
{
	EVP_PKEY *key;
	enum ike_deny why;

	if (ike_msg_find(m, IKE_P_CERT, ike_msg_find(m, IKE_P_CERT, NULL)))
		return IKE_DENY_CERT_COUNT;
	if (!ike_id_single(&k->p->remote_id))
		return IKE_DENY_RAW_KEY;
	why = ike_raw_key_check(k->p->raw_keys, k->p->n_raw_keys, spki, &key);
	return why ? why : with_key(k, key);
}

static enum ike_deny by_cert(const struct check *k, const struct ike_msg *m, const char **detail)
{
	const struct ike_peer_conf *p = k->p;
	struct ike_buf der[IKE_CERTS_MAX];
	const struct ike_payload *c = ike_msg_find(m, IKE_P_CERT, NULL);
	EVP_PKEY *key = NULL;
	enum ike_deny why = IKE_DENY_NONE;
	size_t n = 0;

	if (!c)
		return by_known(k);
	if (c->cert.encoding == IKE_CERT_RAW_KEY)
		return by_raw(k, m, c->cert.data);
	for (; n < IKE_CERTS_MAX && c; c = ike_msg_find(m, IKE_P_CERT, c))
		if (c->cert.encoding == IKE_CERT_X509)
			der[n++] = c->cert.data;
	if (!n || (!p->trust && !p->n_pinned))
		return IKE_DENY_CHAIN;
	if (p->n_pinned)
		why = pinned(k, der[0], &key);
	if (!why && p->trust) {
		EVP_PKEY_free(key);
		key = NULL;
		why = ike_cert_check(p->trust, &p->cert, der, n, k->id->id.type, k->id->id.data,
				     &key, detail);
	}
	if (!why)
		why = with_key(k, key);
	EVP_PKEY_free(key);
	return why;
}

enum ike_deny ike_auth_peer(struct ike_sa *sa, const struct ike_peer_conf *p,
			    const struct ike_msg *m, const struct ike_payload *id,
			    struct ike_buf instead, const char **detail)
{
	const struct ike_payload *auth = ike_msg_find(m, IKE_P_AUTH, NULL);
	struct ike_buf shared = ike_eap_secret(sa, &sa->keys, !sa->initiator);
	struct ike_auth_in in;

	if (!id || !auth)
		return IKE_DENY_INPUT;
	if (!instead.n)
		instead = auth->auth.data;
	in = signed_by(sa, &sa->keys, !sa->initiator, id->body);
	if (!shared.n && p->remote_by == IKE_BY_CERT)
		return by_cert(&(struct check){ sa, p, &in, id, auth->auth.method, instead }, m,
			       detail);
	if (auth->auth.method != IKE_AUTH_PSK || (!shared.n && p->remote_by == IKE_BY_EAP))
		return IKE_DENY_METHOD;
	return ike_auth_psk_check(&in, shared.n ? shared : p->secret, instead);
}
