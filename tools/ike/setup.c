// SPDX-License-Identifier: GPL-2.0
/*
 * Peers and children of the machine from connections of the configuration.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <uapi/nfsec.h>

#include "../lib/util.h"
#include "setup.h"

void ike_setup_error(struct ike_setup_ctx *x, const struct ike_conf_item *item, const char *fmt,
		     ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	x->errors++;
	x->log->say(x->log->ctx, IKE_CONF_ERROR, item->file, item->line, line);
}

/* What is asked for and the machine, or the kernel, has not. */
static void refuse_conn(struct ike_setup_ctx *x, const struct ike_conf_conn *c)
{
	const struct { bool is; const char *what; } no[] = {
		{ c->dscp != 0, "dscp" },
		{ c->fragmentation == IKE_CONF_FRAG_FORCE, "fragmentation = force" },
		{ !c->send_certreq, "send_certreq = no" },
		{ c->send_cert == IKE_CONF_NEVER, "send_cert = never" },
		{ c->if_id_in.mask || c->if_id_out.mask, "if_id_in or if_id_out" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(no); i++)
		if (no[i].is)
			ike_setup_error(x, &c->item, "connection \"%s\": %s is not supported yet",
					c->item.name, no[i].what);
}

void ike_setup_algs(struct ike_setup_ctx *x, const struct ike_conf_item *item,
		    struct ike_conf_proposals *l)
{
	const struct ike_transform *t;
	char name[64], first[8] = "";
	unsigned int i, k;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].proto == IKE_PROTO_AH && !first[0]) {
			ike_setup_error(x, item, "\"%s\": AH is not supported yet", item->name);
			first[0] = '!';
		}
		for (k = 0; k < l->v[i].n; k++) {
			t = &l->v[i].t[k];
			if (l->v[i].proto != IKE_PROTO_ESP)
				continue;
			if (!ike_nfsec_knows(t->type == IKE_T_ENCR ? t->id : 0,
					     t->type == IKE_T_INTEG ? t->id : 0))
				ike_setup_error(x, item, "\"%s\": the kernel has no %s", item->name,
						ike_transform_print(t, name, sizeof(name)));
		}
	}
	i = ike_proposals_usable(l->v, l->n);
	if (!i)
		ike_setup_error(x, item, "\"%s\": libcrypto lacks what all proposals need",
				item->name);
	else if (i < l->n)
		x->log->say(x->log->ctx, IKE_CONF_WARNING, item->file, item->line,
			    "a proposal is left out, as libcrypto lacks what it needs");
	l->n = i;
}

/* How many addresses there are from the first to the last, as far as a pool can use them. */
static uint32_t pool_size(const struct ike_conf_addr *a)
{
	size_t n = a->family == 6 ? 16 : 4, i;
	uint64_t size = 0;

	for (i = 0; i < n; i++) {
		size = size * 256 + a->hi[i] - a->lo[i];
		if (size > UINT32_MAX)
			return UINT32_MAX;
	}
	return size == UINT32_MAX ? UINT32_MAX : (uint32_t)size + 1;
}

/* Addresses for the peer. */
static void pools(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf_conn *c = x->s->more[i].conf;
	const struct ike_conf *conf = x->s->conf;
	const struct ike_conf_pool *from;
	const struct ike_pool **list;
	struct ike_cp_value *attrs;
	struct ike_pool *v;
	unsigned int k, m;

	if (!c->pools.n)
		return;
	v = calloc(c->pools.n, sizeof(*v));
	list = calloc(c->pools.n, sizeof(*list));
	x->s->more[i].pools = v;
	x->s->peers[i].pools = list;
	for (k = 0; v && list && k < c->pools.n; k++) {
		for (m = 0; strcmp(conf->pools[m]->item.name, c->pools.v[k]); m++)
			;
		from = conf->pools[m];
		attrs = calloc(from->attrs.n + 1, sizeof(*attrs));
		for (m = 0; attrs && m < from->attrs.n; m++)
			attrs[m] = (struct ike_cp_value){ from->attrs.v[m].type,
							  from->attrs.v[m].value };
		v[k].attrs = attrs;
		v[k].n_attrs = attrs ? from->attrs.n : 0;
		list[k] = &v[k];
		x->s->peers[i].n_pools = k + 1;
		if (from->addrs.kind == IKE_CONF_ANY)
			continue;
		v[k].first.len = from->addrs.family == 6 ? 16 : 4;
		memcpy(v[k].first.a, from->addrs.lo, v[k].first.len);
		v[k].size = pool_size(&from->addrs);
	}
}

/* Addresses to ask for; one of a family is what the machine has room for. */
static void vips(struct ike_setup_ctx *x, unsigned int i)
{
	const struct ike_conf_conn *c = x->s->more[i].conf;
	struct ike_peer_conf *p = &x->s->peers[i];
	struct ike_addr *v = x->s->more[i].vips;
	unsigned int k;

	p->vips = v;
	for (k = 0; k < c->vips.n; k++) {
		const struct ike_conf_addr *a = &c->vips.v[k];
		uint8_t len = a->family == 6 ? 16 : 4;

		if (p->n_vips == 2 || (p->n_vips && v[0].len == len)) {
			ike_setup_error(x, &c->item, "connection \"%s\": more than one address "
					"of a family in vips is not supported", c->item.name);
			return;
		}
		v[p->n_vips].len = len;
		if (a->kind == IKE_CONF_HOST)
			memcpy(v[p->n_vips].a, a->lo, len);
		p->n_vips++;
	}
}

static void peer(struct ike_setup_ctx *x, unsigned int i, const struct ike_setup *old)
{
	static const enum ike_childless childless[] = {
		[IKE_CONF_CHILDLESS_ALLOW] = IKE_CHILDLESS_ALLOW,
		[IKE_CONF_CHILDLESS_PREFER] = IKE_CHILDLESS_PREFER,
		[IKE_CONF_CHILDLESS_FORCE] = IKE_CHILDLESS_FORCE,
		[IKE_CONF_CHILDLESS_NEVER] = IKE_CHILDLESS_NEVER,
	};
	static const enum ike_unique unique[] = {
		[IKE_CONF_UNIQUE_NO] = IKE_UNIQUE_NO,
		[IKE_CONF_UNIQUE_NEVER] = IKE_UNIQUE_NEVER,
		[IKE_CONF_UNIQUE_KEEP] = IKE_UNIQUE_KEEP,
		[IKE_CONF_UNIQUE_REPLACE] = IKE_UNIQUE_REPLACE,
	};
	struct ike_conf_conn *c = x->s->conf->conns[i];
	struct ike_peer_conf *p = &x->s->peers[i];

	p->name = c->item.name;
	p->ike = c->proposals.v;
	p->n_ike = c->proposals.n;
	p->dpd_ms = c->dpd_delay * 1000;
	p->retry_ms = IKE_RETRY_MS;
	p->retry_max_ms = IKE_RETRY_MAX_MS;
	p->retry_tries = c->keyingtries;
	p->encap = c->encap;
	p->mobike = c->mobike;
	p->no_frag = c->fragmentation == IKE_CONF_FRAG_NO;
	p->childless = childless[c->childless];
	p->unique = unique[c->unique];
	p->reauth_ms = ike_setup_less(c->reauth_time * 1000, c->rand_time * 1000);
	p->over_ms = c->over_time * 1000;
	p->rekey_ms = ike_setup_less(c->rekey_time * 1000, c->rand_time * 1000);
	refuse_conn(x, c);
	ike_setup_algs(x, &c->item, &c->proposals);
	ike_setup_first_addrs(x, i);
	ike_setup_children(x, i, old);
	pools(x, i);
	vips(x, i);
	/* Without a peer to authenticate there is nothing for the machine to do. */
	if (!c->local.n || !c->remote.n)
		p->n_ike = 0;
	else
		ike_setup_auth(x, i);
}

struct ike_setup *ike_setup_new(struct ike_conf *conf, const char *path,
				const struct ike_setup *old, const struct ike_conf_log *log)
{
	struct ike_setup *s = calloc(1, sizeof(*s));
	struct ike_setup_ctx x = { .s = s, .old = old, .log = log };
	char *slash;
	unsigned int i;

	if (!s)
		return NULL;
	s->dir = strdup(path);
	slash = s->dir ? strrchr(s->dir, '/') : NULL;
	if (slash)
		*slash = 0;
	else if (s->dir && *s->dir)
		strcpy(s->dir, ".");
	s->peers = calloc(conf->n_conns + 1, sizeof(*s->peers));
	s->more = calloc(conf->n_conns + 1, sizeof(*s->more));
	s->conf = conf;
	if (!s->dir || !s->peers || !s->more)
		x.errors++;
	for (i = 0; i < conf->n_conns && s->dir && s->peers && s->more; i++) {
		s->more[i].conf = conf->conns[i];
		s->n = i + 1;
		peer(&x, i, old);
	}
	if (!x.errors)
		return s;
	s->conf = NULL;
	ike_setup_free(s);
	return NULL;
}

void ike_setup_free(struct ike_setup *s)
{
	unsigned int i, k;

	if (!s)
		return;
	for (i = 0; i < s->n; i++) {
		free((void *)s->peers[i].children);
		free(s->more[i].kids);
		free(s->more[i].shunts);
		free(s->more[i].nets[0]);
		free(s->more[i].nets[1]);
		for (k = 0; k < s->peers[i].n_pools; k++)
			free((void *)s->more[i].pools[k].attrs);
		free(s->more[i].pools);
		free((void *)s->peers[i].pools);
		ike_setup_auth_free(&s->more[i]);
	}
	free(s->peers);
	free(s->more);
	free(s->dir);
	ike_conf_free(s->conf);
	free(s);
}

bool ike_setup_by_reqid(const struct ike_setup *s, uint32_t reqid, unsigned int *peer_out,
			unsigned int *child)
{
	unsigned int i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->peers[i].n_children; k++)
			if (s->peers[i].children[k].reqid == reqid) {
				if (peer_out)
					*peer_out = i;
				if (child)
					*child = k;
				return true;
			}
	return false;
}

const struct ike_nfsec_opts *ike_setup_opts(const struct ike_setup *s, uint32_t reqid)
{
	unsigned int i, k;

	if (!ike_setup_by_reqid(s, reqid, &i, &k))
		return NULL;
	return &s->more[i].kids[k].opts;
}

int ike_setup_find(const struct ike_setup *s, const char *name, int *child)
{
	const char *slash = strchr(name, '/');
	size_t n = slash ? (size_t)(slash - name) : strlen(name);
	int found = -1, at = -1;
	unsigned int i, k;

	*child = -1;
	for (i = 0; i < s->n; i++)
		if (strlen(s->peers[i].name) == n && !strncmp(s->peers[i].name, name, n))
			break;
	if (i < s->n && !slash)
		return (int)i;
	if (i == s->n && slash)
		return -1;
	for (found = -1, k = slash ? i : 0; k < (slash ? i + 1 : s->n); k++)
		for (at = 0; (unsigned int)at < s->peers[k].n_children; at++) {
			if (strcmp(s->peers[k].children[at].name, slash ? slash + 1 : name))
				continue;
			if (found >= 0)
				return -1;
			found = (int)k;
			*child = at;
		}
	return found;
}
