// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong only if the configuration is seen as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"

#define say(x, level, item, ...) \
	conf_say(x, level, (item)->file, (item)->line, __VA_ARGS__)

static bool id_in_rounds(const struct ike_conf_id *id, const struct ike_conf_rounds *l)
{
	unsigned int i;

	/* A round that takes any identity may meet this one. */
	for (i = 0; i < l->n; i++)
		if (!l->v[i]->id.type || conf_id_same(id, &l->v[i]->id))
			return true;
	return false;
}

static bool secret_for(const struct ike_conf_secret *s, const struct ike_conf_conn *c)
{
	unsigned int i;

	if (s->kind != IKE_CONF_SECRET_IKE)
		return false;
	for (i = 0; i < s->ids.n; i++)
		if (!s->ids.v[i].type || id_in_rounds(&s->ids.v[i], &c->local) ||
		    id_in_rounds(&s->ids.v[i], &c->remote))
			return true;
	return !s->ids.n;
}

static bool uses_psk(const struct ike_conf_rounds *l)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		if (l->v[i]->auth.method == IKE_CONF_PSK)
			return true;
	return false;
}

static void secrets(struct conf_ctx *x, const struct ike_conf_conn *c)
{
	const struct ike_conf *all = x->c;
	unsigned int i, k;

	if (uses_psk(&c->local) || uses_psk(&c->remote)) {
		for (i = 0; i < all->n_secrets && !secret_for(all->secrets[i], c); i++)
			;
		if (i == all->n_secrets)
			say(x, IKE_CONF_WARNING, &c->item, "connection \"%s\" has auth = psk, and "
			    "there is no secret for its identities", c->item.name);
	}
	if (!c->ppk_id.type) {
		if (c->ppk_required)
			for (i = 0; i < all->n_secrets; i++)
				if (all->secrets[i]->kind == IKE_CONF_SECRET_PPK)
					return;
		if (c->ppk_required)
			say(x, IKE_CONF_WARNING, &c->item, "connection \"%s\" requires a PPK, and "
			    "there is none", c->item.name);
		return;
	}
	for (i = 0; i < all->n_secrets; i++) {
		const struct ike_conf_secret *s = all->secrets[i];

		if (s->kind != IKE_CONF_SECRET_PPK)
			continue;
		for (k = 0; k < s->ids.n; k++)
			if (conf_id_same(&s->ids.v[k], &c->ppk_id))
				return;
	}
	say(x, IKE_CONF_WARNING, &c->item, "connection \"%s\" has ppk_id = %s, and there is no "
	    "such PPK", c->item.name, c->ppk_id.text);
}

static void pools_of(struct conf_ctx *x, const struct ike_conf_conn *c)
{
	unsigned int i, k;

	for (i = 0; i < c->pools.n; i++) {
		for (k = 0; k < x->c->n_pools; k++)
			if (!strcmp(c->pools.v[i], x->c->pools[k]->item.name))
				break;
		if (k == x->c->n_pools)
			say(x, IKE_CONF_ERROR, &c->item, "connection \"%s\" names pool \"%s\", "
			    "which is not there", c->item.name, c->pools.v[i]);
	}
}

static bool has_address(const struct ike_conf_addrs *l)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].kind == IKE_CONF_HOST || l->v[i].kind == IKE_CONF_NAME)
			return true;
	return false;
}

static void connection(struct conf_ctx *x, const struct ike_conf_conn *c)
{
	unsigned int i, shunts = 0;

	for (i = 0; i < c->n_children; i++) {
		const struct ike_conf_child *ch = c->children[i];

		if (ch->mode == IKE_CONF_PASS || ch->mode == IKE_CONF_DROP)
			shunts++;
		else if (ch->start_action && !has_address(&c->remote_addrs))
			say(x, IKE_CONF_WARNING, &ch->item, "child \"%s\" cannot be started: its "
			    "connection has no remote address", ch->item.name);
	}
	/* Without peers to authenticate: only policies that bypass or drop. */
	if (shunts && shunts == c->n_children)
		return;
	if (!c->local.n || !c->remote.n)
		say(x, IKE_CONF_ERROR, &c->item, "connection \"%s\" has no %s section",
		    c->item.name, c->local.n ? "remote" : "local");
	secrets(x, c);
	pools_of(x, c);
}

static int by_address(const void *a, const void *b)
{
	const struct ike_conf_pool *p = *(struct ike_conf_pool *const *)a;
	const struct ike_conf_pool *q = *(struct ike_conf_pool *const *)b;

	if (p->addrs.family != q->addrs.family)
		return p->addrs.family - q->addrs.family;
	return memcmp(p->addrs.lo, q->addrs.lo, 16);
}

static void overlaps(struct conf_ctx *x)
{
	unsigned int i, n = 0, top = 0;
	struct ike_conf_pool **p;

	p = conf_need(x, conf_alloc(x->tmp, (x->c->n_pools + 1) * sizeof(struct ike_conf_pool *)));
	for (i = 0; p && i < x->c->n_pools; i++)
		if (x->c->pools[i]->addrs.family)
			p[n++] = x->c->pools[i];
	if (n)
		qsort(p, n, sizeof(struct ike_conf_pool *), by_address);
	/* @top reaches furthest of those before. */
	for (i = 1; i < n; i++) {
		if (p[i]->addrs.family == p[top]->addrs.family &&
		    memcmp(p[i]->addrs.lo, p[top]->addrs.hi, 16) <= 0)
			say(x, IKE_CONF_ERROR, &p[i]->item, "pools \"%s\" and \"%s\" overlap",
			    p[i]->item.name, p[top]->item.name);
		if (p[i]->addrs.family != p[top]->addrs.family ||
		    memcmp(p[i]->addrs.hi, p[top]->addrs.hi, 16) > 0)
			top = i;
	}
}

void conf_check(struct conf_ctx *x)
{
	unsigned int i;

	for (i = 0; i < x->c->n_conns; i++)
		connection(x, x->c->conns[i]);
	overlaps(x);
}
