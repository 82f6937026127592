// SPDX-License-Identifier: GPL-2.0
/*
 * EAP of a connection: as who we are, or whom the peer may be, and with which secrets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"

/* Those of all secrets with a name go to @users, if that is there; their number. */
static unsigned int add_users(const struct ike_conf *c, struct ike_eap_user *users, char *names)
{
	unsigned int i, k, n = 0;

	for (i = 0; i < c->n_secrets; i++) {
		const struct ike_conf_secret *s = c->secrets[i];

		for (k = 0; s->kind == IKE_CONF_SECRET_EAP && k < s->ids.n; k++) {
			const struct ike_conf_id *id = &s->ids.v[k];
			char *buf = users ? names + n * IKE_ID_NAME : NULL;

			if (!id->type)
				continue;
			if (users)
				users[n] = (struct ike_eap_user){
					ike_id_name(id->type, id->data, buf), s->secret,
				};
			n++;
		}
	}
	return n;
}

/* Room for @n users. */
static bool room(struct ike_setup_ctx *x, struct ike_setup_peer *m, unsigned int n)
{
	m->users = calloc(n + 1, sizeof(*m->users));
	m->eap_names = calloc(n + 1, IKE_ID_NAME);
	if (m->users && m->eap_names)
		return true;
	x->errors++;
	return false;
}

static void server(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_eap_conf *e = &x->s->peers[i].eap;
	unsigned int n = add_users(x->s->conf, NULL, NULL);

	if (!room(x, m, n))
		return;
	e->n_users = add_users(x->s->conf, m->users, m->eap_names);
	e->users = m->users;
	e->ask = r->eap_id.text && !r->eap_id.type;
	if (r->eap_id.type)
		e->name = ike_id_name(r->eap_id.type, r->eap_id.data,
				      m->eap_names + n * IKE_ID_NAME);
	if (!n)
		ike_setup_error(x, &r->item, "%s of connection \"%s\" has auth = eap, and there is "
				"no eap secret with an id", r->item.name, m->conf->item.name);
}

static bool same(struct ike_buf a, struct ike_buf b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

/* Our name and our secret: the one of that name, else one of nobody in particular. */
static void client(struct ike_setup_ctx *x, unsigned int i, const struct ike_conf_round *r)
{
	const struct ike_conf *c = x->s->conf;
	const struct ike_conf_secret *found = NULL;
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	struct ike_eap_conf *e = &p->eap;
	unsigned int k, j;
	char *name;

	if (!room(x, m, 1))
		return;
	name = m->eap_names;
	e->name = r->eap_id.type ? ike_id_name(r->eap_id.type, r->eap_id.data, name)
				 : ike_id_name(p->local_id.type, p->local_id.data, name);
	for (k = 0; k < c->n_secrets; k++) {
		const struct ike_conf_secret *s = c->secrets[k];
		char buf[IKE_ID_NAME];

		if (s->kind != IKE_CONF_SECRET_EAP)
			continue;
		if (!s->ids.n && !found)
			found = s;
		for (j = 0; j < s->ids.n; j++)
			if (s->ids.v[j].type ? same(e->name, ike_id_name(s->ids.v[j].type,
									 s->ids.v[j].data, buf))
					     : !found)
				found = s;
	}
	m->users[0].name = e->name;
	if (found)
		m->users[0].secret = found->secret;
	e->users = m->users;
	e->n_users = !!found;
	if (!found)
		ike_setup_error(x, &r->item, "%s of connection \"%s\" has auth = eap, and there is "
				"no eap secret for its identity", r->item.name, m->conf->item.name);
	else if (e->name.n > IKE_EAP_NAME)
		ike_setup_error(x, &r->item, "%s of connection \"%s\": its identity is too long "
				"for EAP", r->item.name, m->conf->item.name);
}

/* What has no meaning in @r. */
static void refuse(struct ike_setup_ctx *x, const struct ike_conf_round *r, bool remote)
{
	bool eap = r->auth.method == IKE_CONF_EAP;
	const char *what = NULL;

	if (!eap && r->eap_id.text)
		what = "eap_id is for auth = eap";
	else if (eap && (r->certs.n || r->cacerts.n || r->pubkeys.n))
		what = "certificates and keys are not for auth = eap";
	else if (eap && !remote && r->eap_id.text && !r->eap_id.type)
		what = "eap_id = %any is for the peer";
	else if (eap && r->eap_id.type && memchr(r->eap_id.data.p, '*', r->eap_id.data.n))
		what = "eap_id is one identity, or %any";
	if (what)
		ike_setup_error(x, &r->item, "%s: %s", r->item.name, what);
}

/* Children that are to begin with us, which they cannot. */
static void waiting(struct ike_setup_ctx *x, const struct ike_conf_conn *c)
{
	char line[512];
	unsigned int k;

	for (k = 0; k < c->n_children; k++) {
		const struct ike_conf_child *ch = c->children[k];

		if (!ch->start_action || ch->mode == IKE_CONF_PASS || ch->mode == IKE_CONF_DROP)
			continue;
		snprintf(line, sizeof(line), "child \"%s\" cannot be started: it is the peer who "
			 "begins, as it proves itself with EAP", ch->item.name);
		x->log->say(x->log->ctx, IKE_CONF_WARNING, ch->item.file, ch->item.line, line);
	}
}

void ike_setup_eap(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf_conn *c = x->s->more[i].conf;
	const struct ike_conf_round *us = c->local.v[0], *it = c->remote.v[0], *r;
	bool is_server = it->auth.method == IKE_CONF_EAP;
	const char *why;

	refuse(x, us, false);
	refuse(x, it, true);
	if (!is_server && us->auth.method != IKE_CONF_EAP)
		return;
	r = is_server ? it : us;
	if ((is_server ? us : it)->auth.method != IKE_CONF_PUBKEY)
		ike_setup_error(x, &r->item, "%s of connection \"%s\" has auth = eap: the other "
				"side has to have a certificate or a raw public key, auth = pubkey",
				r->item.name, c->item.name);
	x->s->peers[i].eap.method = r->auth.eap;
	if (!ike_eap_usable(&x->s->peers[i].eap, &why))
		ike_setup_error(x, &r->item, "%s of connection \"%s\": %s", r->item.name,
				c->item.name, why);
	if (!is_server) {
		client(x, i, r);
		return;
	}
	server(x, i, r);
	waiting(x, c);
}

void ike_setup_eap_free(struct ike_setup_peer *m)
{
	free(m->users);
	free(m->eap_names);
}
