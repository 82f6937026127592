// SPDX-License-Identifier: GPL-2.0
/*
 * Another configuration in the place of the one in use. SAs of connections and children that
 * are the same in both stay as they are; those of others are ended, and keep the old
 * configuration alive until they are gone.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

#define TIDY_MS 1000

/**
 * struct change - what differs
 * @conn: names of connections that are not the same any more
 * @n: their number
 * @child: pairs of names of connection and child
 * @n_child: number of pairs
 */
struct change {
	const char **conn, **child;
	unsigned int n, n_child;
	bool no_memory;
};

static void note(void *ctx, const struct ike_conf_delta *d)
{
	struct change *c = ctx;
	const char ***list = d->what == IKE_CONF_CONN ? &c->conn : &c->child;
	unsigned int n = d->what == IKE_CONF_CONN ? c->n : 2 * c->n_child;
	const char **v;

	if (d->what != IKE_CONF_CONN && d->what != IKE_CONF_CHILD)
		return;
	v = realloc(*list, (n + 2) * sizeof(*v));
	if (!v) {
		c->no_memory = true;
		return;
	}
	*list = v;
	v[n] = d->what == IKE_CONF_CONN ? d->name : d->conn;
	v[n + 1] = d->name;
	if (d->what == IKE_CONF_CONN)
		c->n++;
	else
		c->n_child++;
}

static bool conn_changed(const struct change *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->conn[i], name))
			return true;
	return false;
}

static bool child_changed(const struct change *c, const char *conn, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n_child; i++)
		if (!strcmp(c->child[2 * i], conn) && !strcmp(c->child[2 * i + 1], name))
			return true;
	return false;
}

/* What @conf of @from has become in @to; NULL if it is not the same. */
static const struct ike_child_conf *new_child(const struct change *c,
					      const struct ike_peer_conf *from,
					      const struct ike_peer_conf *to,
					      const struct ike_child_conf *conf)
{
	unsigned int k;

	if (!conf || child_changed(c, from->name, conf->name))
		return NULL;
	for (k = 0; k < to->n_children; k++)
		if (!strcmp(to->children[k].name, conf->name))
			return &to->children[k];
	return NULL;
}

static int find(const struct ike_setup *s, const char *name)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (!strcmp(s->peers[i].name, name))
			return (int)i;
	return -1;
}

/* @sa goes over to @to; children that are not there any more are ended. */
static void move(struct ike_sa *sa, const struct ike_peer_conf *to, const struct change *c,
		 uint64_t now)
{
	const struct ike_peer_conf *from = sa->peer;
	const struct ike_child_conf *conf;
	struct ike_child *ch;
	unsigned int i, n = 0;

	ike_sa_touch(sa);
	ike_sa_peer(sa, to);
	conf = new_child(c, from, to, sa->first);
	sa->first = conf ? conf : sa->first ? &to->children[0] : NULL;
	/* What is under way ends with the configuration that it began with. */
	for (i = 0; i < sa->n_queue; i++) {
		conf = new_child(c, from, to, sa->queue[i].conf);
		if (sa->queue[i].conf && !conf && sa->queue[i].kind == IKE_TASK_CHILD)
			continue;
		sa->queue[n] = sa->queue[i];
		if (conf)
			sa->queue[n].conf = conf;
		n++;
	}
	sa->n_queue = n;
	for (ch = sa->children; ch; ch = ch->next) {
		struct ike_task t = { IKE_TASK_DELETE_CHILD, ch->conf, ch->spi_in };

		conf = new_child(c, from, to, ch->conf);
		if (conf)
			ch->conf = conf;
		else
			ike_task_add(sa, now, &t);
	}
}

static void all_sas(struct ike_daemon *d, const struct ike_setup *from, struct ike_setup *to,
		    const struct change *c)
{
	struct ike_task t = { IKE_TASK_DELETE };
	struct ike_sa *sa, *next;
	uint64_t now = ike_now();
	int i;

	for (sa = ike_sa_next(d->ctx, NULL); sa; sa = next) {
		next = ike_sa_next(d->ctx, sa);
		if (sa->peer < from->peers || sa->peer >= from->peers + from->n)
			continue;
		i = conn_changed(c, sa->peer->name) ? -1 : find(to, sa->peer->name);
		if (i >= 0 && to->peers[i].n_children) {
			move(sa, &to->peers[i], c, now);
		} else if (sa->state == IKE_S_UP) {
			sa->n_queue = 0;
			ike_task_add(sa, now, &t);
		} else if (sa->state < IKE_S_UP) {
			ike_sa_die(sa, now);
		}
	}
}

/* Whether any SA still looks at @s. */
static bool in_use(struct ike_daemon *d, const struct ike_setup *s)
{
	const struct ike_child_conf *conf[3];
	struct ike_sa *sa = NULL;
	struct ike_child *ch;
	unsigned int i, k;

	while ((sa = ike_sa_next(d->ctx, sa))) {
		if (sa->peer >= s->peers && sa->peer < s->peers + s->n)
			return true;
		ch = sa->children;
		do {
			conf[0] = ch ? ch->conf : NULL;
			conf[1] = sa->xc.child ? sa->xc.child->conf : NULL;
			conf[2] = sa->task.conf;
			for (i = 0; i < s->n; i++)
				for (k = 0; k < 3; k++)
					if (conf[k] >= s->peers[i].children &&
					    conf[k] < s->peers[i].children + s->peers[i].n_children)
						return true;
			ch = ch ? ch->next : NULL;
		} while (ch);
		for (k = 0; k < sa->n_queue; k++)
			for (i = 0; i < s->n; i++)
				if (sa->queue[k].conf >= s->peers[i].children &&
				    sa->queue[k].conf < s->peers[i].children +
							s->peers[i].n_children)
					return true;
	}
	return false;
}

uint64_t ike_reload_tidy(struct ike_daemon *d, uint64_t now, bool all)
{
	unsigned int i, n = 0;

	if (!all && (!d->n_old || now < d->tidy_at))
		return d->n_old ? d->tidy_at : UINT64_MAX;
	for (i = 0; i < d->n_old; i++) {
		if (!all && in_use(d, d->old[i]))
			d->old[n++] = d->old[i];
		else
			ike_setup_free(d->old[i]);
	}
	d->n_old = n;
	d->tidy_at = now + TIDY_MS;
	if (!all)
		return n ? d->tidy_at : UINT64_MAX;
	free(d->old);
	d->old = NULL;
	return UINT64_MAX;
}

/* What of @from is wanted and not there. */
static void note_wanted(struct ike_daemon *d, struct ike_setup *from)
{
	unsigned int i, k;
	uint64_t at;

	for (i = 0; i < from->n; i++)
		for (k = 0; k < from->peers[i].n_children; k++)
			from->more[i].kids[k].wanted =
				ike_wanted(d->ctx, &from->peers[i],
					   &from->peers[i].children[k], &at);
	ike_want_free(d->ctx);
}

/* What is the same in both is as it was, wanted or not; the rest begins anew. */
static void carry_on(struct ike_daemon *d, const struct ike_setup *from, struct ike_setup *to,
		     const struct change *c)
{
	const struct ike_child_conf *conf;
	const struct ike_setup_child *kid;
	unsigned int i, k;
	int o;

	for (i = 0; i < to->n; i++) {
		o = conn_changed(c, to->peers[i].name) ? -1 : find(from, to->peers[i].name);
		for (k = 0; o >= 0 && k < from->peers[o].n_children; k++) {
			kid = &from->more[o].kids[k];
			conf = new_child(c, &from->peers[o], &to->peers[i],
					 &from->peers[o].children[k]);
			if (!conf || (!kid->trapped && !kid->wanted))
				continue;
			ike_peer_trap(d, to, i, (unsigned int)(conf - to->peers[i].children),
				      true);
			if (kid->wanted)
				ike_up(d->ctx, ike_now(), &to->peers[i], conf);
		}
		ike_peer_first(d, i);
	}
}

int ike_reload(struct ike_daemon *d)
{
	struct ike_setup *from = d->setup, *to = ike_daemon_load(d), **old;
	struct change c = { 0 };
	unsigned int i, k;

	old = realloc(d->old, (d->n_old + 1) * sizeof(*old));
	if (old)
		d->old = old;
	if (to)
		ike_conf_diff(from->conf, to->conf, note, &c);
	if (!to || !old || c.no_memory) {
		ike_say(d, "the configuration stays as it was");
		ike_setup_free(to);
		free(c.conn);
		free(c.child);
		return -1;
	}
	if (d->hookd >= 0 && ike_hookd_reload(d->hookd))
		ike_say(d, "the process for programs does not answer");
	d->old[d->n_old++] = from;
	note_wanted(d, from);
	d->setup = to;
	d->stale = NULL;
	d->ctx->conf.peers = to->peers;
	d->ctx->conf.n_peers = to->n;
	ike_pool_free(d->ctx);
	all_sas(d, from, to, &c);
	carry_on(d, from, to, &c);
	/* The new policies are there, so that what both have has no gap. */
	for (i = 0; i < from->n; i++) {
		ike_shunts(d, from, i, false);
		for (k = 0; k < from->peers[i].n_children; k++)
			ike_peer_trap(d, from, i, k, false);
	}
	ike_say(d, "configuration read again: %u connections and %u children changed", c.n,
		c.n_child);
	free(c.conn);
	free(c.child);
	return 0;
}
