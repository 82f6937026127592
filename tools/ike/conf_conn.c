// SPDX-License-Identifier: GPL-2.0
/*
 * Section connections.
 */
#include <string.h>

#include "conf_int.h"

static const uint8_t proto_ike = IKE_PROTO_IKE;
static const struct conf_range round_range = { 0, 65535 };

static const struct conf_word versions[] = {
	{ "0", 0 }, { "2", 2 }, { "1", 1, "there is no IKEv1 yet" }, { NULL },
};

static const struct conf_word frag_words[] = {
	{ "yes", IKE_CONF_FRAG_YES }, { "accept", IKE_CONF_FRAG_ACCEPT },
	{ "force", IKE_CONF_FRAG_FORCE }, { "no", IKE_CONF_FRAG_NO }, { NULL },
};

static const struct conf_word childless_words[] = {
	{ "allow", IKE_CONF_CHILDLESS_ALLOW }, { "prefer", IKE_CONF_CHILDLESS_PREFER },
	{ "force", IKE_CONF_CHILDLESS_FORCE }, { "never", IKE_CONF_CHILDLESS_NEVER }, { NULL },
};

static const struct conf_word cert_words[] = {
	{ "ifasked", IKE_CONF_IFASKED }, { "always", IKE_CONF_ALWAYS },
	{ "never", IKE_CONF_NEVER }, { NULL },
};

static const struct conf_word unique_words[] = {
	{ "no", IKE_CONF_UNIQUE_NO }, { "never", IKE_CONF_UNIQUE_NEVER },
	{ "keep", IKE_CONF_UNIQUE_KEEP }, { "replace", IKE_CONF_UNIQUE_REPLACE }, { NULL },
};

const struct conf_key conf_conn_keys[] = {
	CONF_KEY(conn, version, enum, versions),
	CONF_KEY(conn, local_addrs, addrs),
	CONF_KEY(conn, remote_addrs, addrs),
	CONF_KEY(conn, local_port, num, &conf_port),
	CONF_KEY(conn, remote_port, num, &conf_port),
	CONF_KEY(conn, proposals, proposals, &proto_ike),
	CONF_KEY(conn, vips, vips),
	CONF_KEY(conn, dscp, dscp),
	CONF_KEY(conn, encap, bool),
	CONF_KEY(conn, mobike, bool),
	CONF_KEY(conn, dpd_delay, time),
	CONF_KEY(conn, fragmentation, enum, frag_words),
	CONF_KEY(conn, childless, enum, childless_words),
	CONF_KEY(conn, send_certreq, bool),
	CONF_KEY(conn, send_cert, enum, cert_words),
	CONF_KEY(conn, ppk_id, id),
	CONF_KEY(conn, ppk_required, bool),
	CONF_KEY(conn, keyingtries, num, &conf_any_u32),
	CONF_KEY(conn, unique, enum, unique_words),
	CONF_KEY(conn, reauth_time, time),
	CONF_KEY(conn, rekey_time, time),
	CONF_KEY(conn, over_time, time),
	CONF_KEY(conn, rand_time, time),
	CONF_KEY(conn, pools, names),
	CONF_KEY(conn, if_id_in, if_id),
	CONF_KEY(conn, if_id_out, if_id),
	CONF_NOT("aggressive"), CONF_NOT("pull"), CONF_NOT("dpd_timeout"), CONF_NOT("ocsp"),
	CONF_NOT("mediation"), CONF_NOT("mediated_by"), CONF_NOT("mediation_peer"),
	CONF_END
};

static const char *const conn_sections[] = { "local", "remote", "children", NULL };

/* The proposals or selectors that are there if none are written. */
static void defaults(struct conf_ctx *x, struct conf_node *n, struct ike_conf_conn *c)
{
	struct conf_node d = *n;
	uint64_t longer;

	d.value = "%any";
	if (!c->local_addrs.n)
		conf_addrs.read(x, &d, &c->local_addrs, NULL);
	if (!c->remote_addrs.n)
		conf_addrs.read(x, &d, &c->remote_addrs, NULL);
	d.value = "default";
	if (!c->proposals.n)
		conf_proposals.read(x, &d, &c->proposals, &proto_ike);
	if (c->rekey_time == CONF_UNSET)
		c->rekey_time = c->reauth_time ? 0 : 4 * 3600;
	longer = c->rekey_time > c->reauth_time ? c->rekey_time : c->reauth_time;
	if (c->over_time == CONF_UNSET)
		c->over_time = longer / 10;
	if (c->rand_time == CONF_UNSET)
		c->rand_time = c->over_time;
	if ((c->rekey_time && c->rand_time > c->rekey_time) ||
	    (c->reauth_time && c->rand_time > c->reauth_time))
		conf_warn(x, n, "rand_time of connection \"%s\" is longer than the time that it is "
			  "taken off from", c->item.name);
}

static void children(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_conn *c)
{
	struct conf_view sub;

	conf_view_child(x, &sub, v, "children");
	if (sub.count)
		conf_read_children(x, &sub, c);
}

static void conn(struct conf_ctx *x, struct conf_node *n, const struct conf_view *v)
{
	struct conf_iter it = { v, 0, NULL };
	struct ike_conf *all = x->c;
	struct ike_conf_conn *c = conf_need(x, conf_alloc(all->mem, sizeof(*c)));
	struct conf_node *s;

	all->conns = conf_need(x, conf_grow(all->mem, all->conns, all->n_conns,
					    sizeof(*all->conns)));
	if (!c || !all->conns)
		return;
	c->item.name = conf_need(x, conf_strndup(all->mem, n->name, strlen(n->name)));
	c->item.file = n->file;
	c->item.line = n->line;
	c->local_port = 500;
	c->remote_port = 500;
	c->mobike = true;
	c->send_certreq = true;
	c->keyingtries = 1;
	c->rekey_time = CONF_UNSET;
	c->over_time = CONF_UNSET;
	c->rand_time = CONF_UNSET;
	conf_keys(x, v, conf_conn_keys, c);
	defaults(x, n, c);
	while ((s = conf_next(x, &it, true)))
		if (!conf_prefix(s->name, "local") && !conf_prefix(s->name, "remote") &&
		    strcmp(s->name, "children"))
			conf_unknown(x, s, conn_sections);
	conf_read_rounds(x, v, c);
	children(x, v, c);
	if (x->no_memory)
		return;
	all->conns[all->n_conns++] = c;
}

void conf_read_conns(struct conf_ctx *x, const struct conf_view *v)
{
	static const struct conf_key none[] = { CONF_END };
	struct conf_iter it = { v, 0, NULL };
	struct conf_view sub;
	struct conf_node *n;

	conf_keys(x, v, none, NULL);
	while (!x->no_memory && (n = conf_next(x, &it, true))) {
		conf_view_child(x, &sub, v, n->name);
		conn(x, n, &sub);
	}
}

const struct conf_key conf_local_keys[] = {
	CONF_KEY(round, round, num, &round_range),
	CONF_KEY(round, auth, auth),
	CONF_KEY(round, id, id),
	CONF_KEY(round, certs, paths, "x509"),
	CONF_KEY(round, pubkeys, paths, "pubkey"),
	CONF_KEY(round, eap_id, eap_id),
	CONF_NOT("aaa_id"), CONF_NOT("xauth_id"),
	CONF_END
};

const struct conf_key conf_remote_keys[] = {
	CONF_KEY(round, round, num, &round_range),
	CONF_KEY(round, auth, auth),
	CONF_KEY(round, id, id),
	CONF_KEY(round, certs, paths, "x509"),
	CONF_KEY(round, cacerts, paths, "x509ca"),
	CONF_KEY(round, pubkeys, paths, "pubkey"),
	CONF_KEY(round, revocation, enum, (const struct conf_word []){
		{ "relaxed", IKE_CONF_RELAXED }, { "ifuri", IKE_CONF_IFURI },
		{ "strict", IKE_CONF_STRICT }, { NULL } }),
	CONF_KEY(round, eap_id, eap_id),
	CONF_NOT("groups"), CONF_NOT("cert_policy"), CONF_NOT("ca_id"),
	CONF_END
};

/* Sections cert<suffix> and cacert<suffix>, which name one file each. */
static const struct conf_key cert_keys[] = {
	{ "file", &conf_paths, offsetof(struct ike_conf_round, certs), "x509" },
	CONF_NOT("handle"), CONF_NOT("slot"), CONF_NOT("module"),
	CONF_END
};

static const struct conf_key cacert_keys[] = {
	{ "file", &conf_paths, offsetof(struct ike_conf_round, cacerts), "x509ca" },
	CONF_NOT("handle"), CONF_NOT("slot"), CONF_NOT("module"),
	CONF_END
};

static struct ike_conf_round *round_new(struct conf_ctx *x, const struct conf_node *n,
					struct ike_conf_rounds *l)
{
	struct ike_conf_round *r = conf_need(x, conf_alloc(x->c->mem, sizeof(*r))), **at;

	l->v = conf_need(x, conf_grow(x->c->mem, l->v, l->n, sizeof(*l->v)));
	if (!r || !l->v)
		return NULL;
	r->item.name = conf_need(x, conf_strndup(x->c->mem, n->name, strlen(n->name)));
	r->item.file = n->file;
	r->item.line = n->line;
	at = &l->v[l->n++];
	*at = r;
	return r;
}

static void one_round(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_round *r,
		      bool remote)
{
	static const char *const local_names[] = { "cert", NULL };
	static const char *const remote_names[] = { "cert", "cacert", NULL };
	struct conf_iter it = { v, 0, NULL };
	struct conf_view sub;
	struct conf_node *s;

	conf_keys(x, v, remote ? conf_remote_keys : conf_local_keys, r);
	while ((s = conf_next(x, &it, true))) {
		conf_view_child(x, &sub, v, s->name);
		if (conf_prefix(s->name, "cert"))
			conf_keys(x, &sub, cert_keys, r);
		else if (remote && conf_prefix(s->name, "cacert"))
			conf_keys(x, &sub, cacert_keys, r);
		else
			conf_unknown(x, s, remote ? remote_names : local_names);
	}
}

/* Stable, and there are few. */
static void sort(struct ike_conf_rounds *l)
{
	struct ike_conf_round *r;
	unsigned int i, k;

	for (i = 1; i < l->n; i++) {
		r = l->v[i];
		for (k = i; k && l->v[k - 1]->round > r->round; k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = r;
	}
}

void conf_read_rounds(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_conn *c)
{
	struct conf_iter it = { v, 0, NULL };
	struct ike_conf_round *r;
	struct conf_view sub;
	struct conf_node *s;
	bool remote;

	while ((s = conf_next(x, &it, true))) {
		remote = conf_prefix(s->name, "remote");
		if (!remote && !conf_prefix(s->name, "local"))
			continue;
		if ((remote ? &c->remote : &c->local)->n == 16) {
			conf_error(x, s, "connection \"%s\" has more than 16 rounds", c->item.name);
			return;
		}
		r = round_new(x, s, remote ? &c->remote : &c->local);
		if (!r)
			return;
		conf_view_child(x, &sub, v, s->name);
		one_round(x, &sub, r, remote);
	}
	sort(&c->local);
	sort(&c->remote);
}
