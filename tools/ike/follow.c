// SPDX-License-Identifier: GPL-2.0
/*
 * What follows from SAs on this host: addresses on interfaces, and programs.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "daemon.h"

/* What @s has of @conf, NULL if that is not of it. */
static struct ike_setup_child *of_setup(struct ike_setup *s, const struct ike_child_conf *conf)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (conf >= s->peers[i].children &&
		    conf < s->peers[i].children + s->peers[i].n_children)
			return &s->more[i].kids[conf - s->peers[i].children];
	return NULL;
}

/* The same of any configuration that is in use still. */
static struct ike_setup_child *kid_of(struct ike_daemon *d, const struct ike_child_conf *conf)
{
	struct ike_setup_child *kid = of_setup(d->setup, conf);
	unsigned int i;

	for (i = 0; !kid && i < d->n_old; i++)
		kid = of_setup(d->old[i], conf);
	return kid;
}

void ike_follow_vip(void *daemon, const struct ike_sa *sa, const struct ike_addr *a, bool add)
{
	struct ike_daemon *d = daemon;
	char text[IKE_ADDR_TEXT];
	int err;

	err = add ? ike_inner_add(d->inner, &sa->local, a) : ike_inner_del(d->inner, a);
	ike_addr_print(a, text, sizeof(text));
	if (err)
		ike_say(d, "%.48s: address %s cannot be %s: %s", sa->peer->name, text,
			add ? "added" : "removed", strerror(-err));
	else
		ike_say(d, "%.48s: address %s %s", sa->peer->name, text,
			add ? "is ours" : "is not ours any longer");
}

static void run(struct ike_daemon *d, struct ike_hook_of *of)
{
	const struct ike_child *ch = of->ch;
	unsigned int i, n = ch->n_local * ch->n_remote;
	char **env;

	for (i = 0; i < n; i++) {
		of->local = &ch->local[i / ch->n_remote];
		of->remote = &ch->remote[i % ch->n_remote];
		if (!ike_child_pair(of->local, of->remote))
			continue;
		env = ike_hook_env(of);
		if (!env || ike_hookd_run(d->hookd, ch->reqid, of->sa->peer->name, ch->conf->name,
					  env))
			ike_say(d, "%.48s: the program of %.32s cannot be run",
				of->sa->peer->name, ch->conf->name);
		ike_hook_env_free(env);
	}
}

/* Routes to what is behind the peer, with the address that it gave us as the source. */
static void route(struct ike_daemon *d, const struct ike_sa *sa, const struct ike_child *ch,
		  bool up)
{
	unsigned int i, k, v, n = ch->n_local * ch->n_remote;
	char text[160];
	int err;

	for (i = 0; i < n; i++) {
		const struct ike_ts *l = &ch->local[i / ch->n_remote];
		const struct ike_ts *r = &ch->remote[i % ch->n_remote];

		for (v = 0; v < 2; v++) {
			if (!ike_ts_has(l, &sa->vip[v]) || ike_ts_alen(r) != sa->vip[v].len)
				continue;
			/* Others of the same net have asked for it already. */
			for (k = 0; k < i; k++)
				if (ike_ts_has(&ch->local[k / ch->n_remote], &sa->vip[v]) &&
				    ike_ts_equal(&ch->remote[k % ch->n_remote], r))
					break;
			if (k < i)
				continue;
			err = up ? ike_routes_add(d->routes, r, &sa->vip[v], &ch->dst)
				 : ike_routes_del(d->routes, r, &sa->vip[v]);
			if (err && err != -ENOENT)
				ike_say(d, "%.48s: no route to %s: %s", sa->peer->name,
					ike_ts_print(r, text, sizeof(text)), strerror(-err));
		}
	}
}

void ike_follow_child(void *daemon, const struct ike_sa *sa, const struct ike_child *ch, bool up)
{
	struct ike_daemon *d = daemon;
	struct ike_setup_child *kid = kid_of(d, ch->conf);
	struct ike_hook_of of = { .sa = sa, .ch = ch, .up = up };
	char ifname[IF_NAMESIZE];

	if (sa->vip_ours)
		route(d, sa, ch, up);
	if (!kid || !kid->conf->updown || d->hookd < 0)
		return;
	of.ifname = ike_inner_name(d->inner, &ch->src, ifname);
	of.mark_in = kid->conf->mark_in.value;
	of.mark_in_mask = kid->conf->mark_in.mask;
	of.mark_out = kid->conf->mark_out.value;
	of.mark_out_mask = kid->conf->mark_out.mask;
	run(d, &of);
}
