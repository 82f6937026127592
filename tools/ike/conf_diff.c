// SPDX-License-Identifier: GPL-2.0
/*
 * What differs between two configurations, found by the tables of keys.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"

struct diff {
	void (*fn)(void *ctx, const struct ike_conf_delta *d);
	void *ctx;
	const char *conn;
	int n;
	bool no_memory;
};

static void tell(struct diff *d, enum ike_conf_what what, const void *before, const void *after)
{
	const struct ike_conf_item *item = before ? before : after;
	struct ike_conf_delta delta = {
		.what = what, .conn = d->conn, .name = item->name, .before = before, .after = after,
		.change = !before ? IKE_CONF_ADDED : !after ? IKE_CONF_REMOVED : IKE_CONF_CHANGED,
	};

	d->n++;
	if (d->fn)
		d->fn(d->ctx, &delta);
}

static bool rounds_same(const struct ike_conf_rounds *a, const struct ike_conf_rounds *b,
			const struct conf_key *keys)
{
	unsigned int i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (!conf_keys_same(keys, a->v[i], b->v[i]))
			return false;
	return a->n == b->n;
}

static bool conn_same(const struct ike_conf_conn *a, const struct ike_conf_conn *b)
{
	return conf_keys_same(conf_conn_keys, a, b) &&
	       rounds_same(&a->local, &b->local, conf_local_keys) &&
	       rounds_same(&a->remote, &b->remote, conf_remote_keys);
}

static bool secret_same(const struct ike_conf_secret *a, const struct ike_conf_secret *b)
{
	return a->kind == b->kind && conf_keys_same(conf_secret_keys, a, b) &&
	       conf_keys_same(conf_passphrase_keys, a, b);
}

static bool pool_same(const struct ike_conf_pool *a, const struct ike_conf_pool *b)
{
	return conf_pool_range.same(&a->addrs, &b->addrs) && conf_attrs_same(&a->attrs, &b->attrs);
}

static bool same(enum ike_conf_what what, const void *a, const void *b)
{
	switch (what) {
	case IKE_CONF_CONN:
		return conn_same(a, b);
	case IKE_CONF_CHILD:
		return conf_keys_same(conf_child_keys, a, b);
	case IKE_CONF_SECRET:
		return secret_same(a, b);
	case IKE_CONF_POOL:
		return pool_same(a, b);
	case IKE_CONF_AUTHORITY:
		break;
	}
	return conf_keys_same(conf_authority_keys, a, b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct ike_conf_item *const *)a)->name,
		      (*(const struct ike_conf_item *const *)b)->name);
}

static const void **sorted(struct diff *d, const void *list, unsigned int n)
{
	const void **s = malloc((n + 1) * sizeof(*s));

	if (!s) {
		d->no_memory = true;
		return NULL;
	}
	if (n) {
		memcpy(s, list, n * sizeof(*s));
		qsort(s, n, sizeof(*s), by_name);
	}
	return s;
}

/* Lists of pointers to objects that begin with their item. */
static void lists(struct diff *d, enum ike_conf_what what, const void *before, unsigned int n,
		  const void *after, unsigned int m)
{
	const void **a = sorted(d, before, n), **b = sorted(d, after, m);
	unsigned int i = 0, k = 0;
	int order;

	while (a && b && (i < n || k < m)) {
		order = i == n ? 1 : k == m ? -1 : by_name(&a[i], &b[k]);
		if (order) {
			tell(d, what, order < 0 ? a[i++] : NULL, order > 0 ? b[k++] : NULL);
			continue;
		}
		if (!same(what, a[i], b[k]))
			tell(d, what, a[i], b[k]);
		if (what == IKE_CONF_CONN) {
			const struct ike_conf_conn *c = a[i], *o = b[k];

			d->conn = c->item.name;
			lists(d, IKE_CONF_CHILD, c->children, c->n_children, o->children,
			      o->n_children);
			d->conn = NULL;
		}
		i++;
		k++;
	}
	free(a);
	free(b);
}

int ike_conf_diff(const struct ike_conf *before, const struct ike_conf *after,
		  void (*fn)(void *ctx, const struct ike_conf_delta *d), void *ctx)
{
	struct diff d = { .fn = fn, .ctx = ctx };

	lists(&d, IKE_CONF_CONN, before->conns, before->n_conns, after->conns, after->n_conns);
	lists(&d, IKE_CONF_SECRET, before->secrets, before->n_secrets, after->secrets,
	      after->n_secrets);
	lists(&d, IKE_CONF_POOL, before->pools, before->n_pools, after->pools, after->n_pools);
	lists(&d, IKE_CONF_AUTHORITY, before->authorities, before->n_authorities,
	      after->authorities, after->n_authorities);
	return d.no_memory ? -1 : d.n;
}
