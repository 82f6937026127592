// SPDX-License-Identifier: GPL-2.0
/*
 * Which peers and children are to be up: what the configuration, secctl and the kernel ask
 * of the machine, and the policies of children that are down.
 *
 * A child that is wanted has its policies in the kernel from then on, so that nothing of it
 * leaves in clear while it is down. Those with start_action = start are wanted for ever;
 * those that somebody asked for are wanted until he, or the peer, says otherwise, or the
 * machine gives up. A trap waits for its first packet.
 */
#include <stdio.h>
#include <string.h>

#include "daemon.h"

#define TRAP_RETRY_MS 5000	/* until policies are tried again that could not be had */

static bool ours(const struct ike_daemon *d, const struct ike_peer_conf *p, unsigned int *i)
{
	if (p < d->setup->peers || p >= d->setup->peers + d->setup->n)
		return false;
	*i = (unsigned int)(p - d->setup->peers);
	return true;
}

enum { DOWN, PENDING, UP };

static unsigned int level(const struct ike_sa *sa)
{
	switch (sa->state) {
	case IKE_S_UP:
		return UP;
	case IKE_S_INIT_SENT:
	case IKE_S_INTER_SENT:
	case IKE_S_AUTH_SENT:
		return PENDING;
	default:
		return DOWN;
	}
}

struct ike_sa *ike_peer_sa(struct ike_daemon *d, unsigned int i)
{
	struct ike_sa *sa = NULL, *best = NULL;

	while ((sa = ike_sa_next(d->ctx, sa)))
		if (sa->peer == &d->setup->peers[i] && level(sa) > (best ? level(best) : DOWN))
			best = sa;
	return best;
}

struct ike_child *ike_peer_child(struct ike_daemon *d, unsigned int i, unsigned int k)
{
	const struct ike_child_conf *conf = &d->setup->peers[i].children[k];
	struct ike_sa *sa = NULL;
	struct ike_child *ch;

	while ((sa = ike_sa_next(d->ctx, sa)))
		for (ch = sa->state == IKE_S_UP ? sa->children : NULL; ch; ch = ch->next)
			if (ch->conf == conf)
				return ch;
	return NULL;
}

int ike_peer_trap(struct ike_daemon *d, struct ike_setup *s, unsigned int i, unsigned int k,
		  bool on)
{
	const struct ike_child_conf *c = &s->peers[i].children[k];
	struct ike_setup_child *kid = &s->more[i].kids[k];
	struct ike_kern_policy p = { .reqid = c->reqid, .transport = c->transport,
				     .proto = c->esp[0].proto };
	unsigned int m, n = c->n_local * c->n_remote * 2;
	struct ike_ts l, r;
	char err[256];
	int bad = 0;

	if (kid->trapped == on)
		return 0;
	if (on && ike_setup_addrs(s, i, &kid->src, err, sizeof(err))) {
		ike_say(d, "%.48s: no policies for %.32s yet: %s", s->peers[i].name, c->name, err);
		return -1;
	}
	if (on)
		kid->dst = s->peers[i].remote;
	for (m = 0; m < n; m++) {
		l = c->local[m / 2 / c->n_remote];
		r = c->remote[m / 2 % c->n_remote];
		/* Until the address is leased there is nothing that it could be. */
		if ((l.dynamic && s->peers[i].n_vips) || (r.dynamic && s->peers[i].n_pools))
			continue;
		ike_ts_resolve(&l, kid->src.a, kid->src.len);
		ike_ts_resolve(&r, kid->dst.a, kid->dst.len);
		if (!ike_child_pair(&l, &r))
			continue;
		p.inbound = m & 1;
		p.from = p.inbound ? r : l;
		p.to = p.inbound ? l : r;
		p.src = p.inbound ? kid->dst : kid->src;
		p.dst = p.inbound ? kid->src : kid->dst;
		p.mark = p.inbound ? c->mark_in : c->mark_out;
		p.mask = p.inbound ? c->mask_in : c->mask_out;
		if (on)
			bad |= ike_nfsec_ops.add_policy(d->kern, &p);
		else
			ike_nfsec_ops.del_policy(d->kern, &p);
	}
	kid->trapped = on;
	return bad;
}

void ike_peer_said(struct ike_daemon *d, unsigned int i, const char *why)
{
	struct ike_setup_peer *m = &d->setup->more[i];

	if (!strncmp(m->said, why, sizeof(m->said) - 1))
		return;
	snprintf(m->said, sizeof(m->said), "%s", why);
	ike_say(d, "%.48s: %s", d->setup->peers[i].name, why);
}

enum ike_where ike_peer_find(void *daemon, const struct ike_peer_conf *peer,
			     struct ike_addr *local, struct ike_addr *remote)
{
	struct ike_daemon *d = daemon;
	struct ike_setup_peer *m;
	bool name;
	char err[256];
	unsigned int i;

	if (!ours(d, peer, &i))
		return IKE_WHERE_NEVER;
	m = &d->setup->more[i];
	name = m->conf->remote_addrs.v[m->start].kind == IKE_CONF_NAME;
	if (name && ike_names_ask(d, i, ike_now()))
		return IKE_WHERE_SOON;
	if (!ike_setup_addrs(d->setup, i, local, err, sizeof(err))) {
		*remote = peer->remote;
		m->said[0] = 0;
		return IKE_WHERE_HERE;
	}
	if (!name || !m->said[0])
		ike_peer_said(d, i, err);
	return name || peer->remote.len ? IKE_WHERE_NOT_NOW : IKE_WHERE_NEVER;
}

void ike_peer_moved(struct ike_daemon *d, unsigned int i)
{
	struct ike_setup_child *kid, was, is;
	unsigned int k;

	for (k = 0; k < d->setup->peers[i].n_children; k++) {
		kid = &d->setup->more[i].kids[k];
		if (!kid->trapped)
			continue;
		/* the new ones first, so that there is no gap */
		was = *kid;
		kid->trapped = false;
		ike_peer_trap(d, d->setup, i, k, true);
		is = *kid;
		*kid = was;
		if (!is.trapped)
			continue;
		ike_peer_trap(d, d->setup, i, k, false);
		*kid = is;
	}
	if (d->trap_at)
		d->trap_at = 1;
}

/* Takes away policies of children of peer @i that are neither there nor wanted any longer. */
static void clear(struct ike_daemon *d, unsigned int i)
{
	const struct ike_peer_conf *p = &d->setup->peers[i];
	struct ike_setup_child *kid = d->setup->more[i].kids;
	uint64_t at;
	unsigned int k;

	for (k = 0; k < p->n_children; k++)
		if (kid[k].trapped && !kid[k].conf->start_action && !ike_peer_child(d, i, k) &&
		    !ike_wanted(d->ctx, p, &p->children[k], &at))
			ike_peer_trap(d, d->setup, i, k, false);
}

int ike_peer_start(struct ike_daemon *d, unsigned int i, int k, char *err, size_t n)
{
	struct ike_peer_conf *p = &d->setup->peers[i];
	unsigned int c;

	if (!p->n_children) {
		snprintf(err, n, "it has no child");
		return -1;
	}
	for (c = 0; c < p->n_children; c++)
		if (k < 0 || c == (unsigned int)k)
			ike_peer_trap(d, d->setup, i, c, true);
	if (!ike_up(d->ctx, ike_now(), p, k < 0 ? NULL : &p->children[k]))
		return 0;
	snprintf(err, n, "%s", d->setup->more[i].said[0] ? d->setup->more[i].said
							 : "it cannot be begun, see the log");
	clear(d, i);
	return -1;
}

void ike_peer_stop(struct ike_daemon *d, unsigned int i, int k)
{
	struct ike_peer_conf *p = &d->setup->peers[i];
	struct ike_setup_child *kid = d->setup->more[i].kids;
	unsigned int c;

	for (c = 0; c < p->n_children; c++)
		if ((k < 0 || c == (unsigned int)k) && !kid[c].conf->start_action)
			ike_peer_trap(d, d->setup, i, c, false);
	ike_down(d->ctx, ike_now(), p, k < 0 ? NULL : &p->children[k]);
}

int ike_peer_rekey(struct ike_daemon *d, unsigned int i, int k)
{
	struct ike_task t = { IKE_TASK_REKEY };
	struct ike_sa *sa = ike_peer_sa(d, i);
	struct ike_child *ch;

	if (!sa || sa->state != IKE_S_UP)
		return -1;
	if (k >= 0) {
		ch = ike_peer_child(d, i, (unsigned int)k);
		if (!ch)
			return -1;
		t = (struct ike_task){ IKE_TASK_REKEY_CHILD, ch->conf, ch->spi_in };
	}
	return ike_task_add(sa, ike_now(), &t);
}

void ike_peer_first(struct ike_daemon *d, unsigned int i)
{
	const struct ike_setup_child *kid = d->setup->more[i].kids;
	char err[256];
	unsigned int k;

	ike_shunts(d, d->setup, i, true);
	for (k = 0; k < d->setup->peers[i].n_children; k++)
		if (kid[k].conf->start_action && ike_peer_trap(d, d->setup, i, k, true))
			d->trap_at = ike_now() + TRAP_RETRY_MS;
	for (k = 0; k < d->setup->peers[i].n_children; k++)
		if ((kid[k].conf->start_action & IKE_CONF_START) &&
		    ike_peer_start(d, i, (int)k, err, sizeof(err)))
			ike_say(d, "%.48s: %s", d->setup->peers[i].name, err);
}

/* Policies that ought to be there, but could not be had. */
static void trap_again(struct ike_daemon *d, uint64_t now)
{
	unsigned int i, k;

	d->trap_at = 0;
	for (i = 0; i < d->setup->n; i++)
		for (k = 0; k < d->setup->peers[i].n_children; k++)
			if (d->setup->more[i].kids[k].conf->start_action &&
			    ike_peer_trap(d, d->setup, i, k, true))
				d->trap_at = now + TRAP_RETRY_MS;
}

uint64_t ike_peers_run(struct ike_daemon *d, uint64_t now)
{
	struct ike_setup_peer *m;

	while ((m = d->stale)) {
		d->stale = m->next_stale;
		m->stale = false;
		if (!d->stop_at)
			clear(d, (unsigned int)(m - d->setup->more));
	}
	if (d->trap_at && now >= d->trap_at)
		trap_again(d, now);
	return d->trap_at ? d->trap_at : UINT64_MAX;
}

void ike_peers_news(void *daemon, const struct ike_event *e)
{
	struct ike_daemon *d = daemon;
	struct ike_setup_peer *m;
	unsigned int i;

	d->news = true;
	if (!ours(d, e->peer, &i))
		return;
	m = &d->setup->more[i];
	if (e->kind == IKE_EVENT_FAILED)
		snprintf(m->said, sizeof(m->said), "%s", e->text);
	if (e->kind == IKE_EVENT_AGAIN || e->kind == IKE_EVENT_GIVEN_UP)
		ike_ctl_failed(d, i, (int)(e->conf - e->peer->children));
	if ((e->kind != IKE_EVENT_CHILD_GONE && e->kind != IKE_EVENT_GIVEN_UP) || m->stale)
		return;
	m->stale = true;
	m->next_stale = d->stale;
	d->stale = m;
}

void ike_peers_event(void *daemon, const struct ike_nfsec_event *e)
{
	struct ike_daemon *d = daemon;
	struct ike_peer_conf *p;
	unsigned int i, k;

	if (e->kind == IKE_NFSEC_LOST) {
		ike_say(d, "events of the kernel were lost");
	} else if (e->kind == IKE_NFSEC_MAPPING) {
		ike_mapping(d->ctx, ike_now(), IKE_PROTO_ESP, e->spi, &e->at);
	} else if (e->kind != IKE_NFSEC_ACQUIRE) {
		ike_expire(d->ctx, ike_now(), IKE_PROTO_ESP, e->spi, e->kind == IKE_NFSEC_HARD);
	} else if (!d->stop_at && ike_setup_by_reqid(d->setup, e->reqid, &i, &k)) {
		p = &d->setup->peers[i];
		ike_acquire(d->ctx, ike_now(), p, &p->children[k], e->flow ? &e->from : NULL,
			    e->flow ? &e->to : NULL);
	}
}
