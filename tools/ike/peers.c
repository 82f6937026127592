// SPDX-License-Identifier: GPL-2.0
/*
 * Which peers and children are to be up, what is done when they are not, and what the kernel
 * asks for.
 *
 * A child that is wanted has its policies in the kernel from then on, so that nothing of it
 * leaves in clear while it is down. Those with start_action = start are wanted for ever and
 * tried until they are up; those that somebody asked for are wanted until he, or the peer,
 * says otherwise. A trap waits for its first packet.
 */
#include <stdio.h>
#include <string.h>

#include "daemon.h"

#define CHILD_RETRY_MS 5000

enum { DOWN, PENDING, UP };

static bool ours(const struct ike_daemon *d, const struct ike_sa *sa, unsigned int *i)
{
	if (sa->peer < d->setup->peers || sa->peer >= d->setup->peers + d->setup->n)
		return false;
	*i = (unsigned int)(sa->peer - d->setup->peers);
	return true;
}

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
	unsigned int k;

	while ((sa = ike_sa_next(d->ctx, sa)))
		if (ours(d, sa, &k) && k == i && level(sa) > (best ? level(best) : DOWN))
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

/* Whether @sa is about to make the child of @conf. */
static bool under_way(const struct ike_sa *sa, const struct ike_child_conf *conf)
{
	unsigned int i;

	if (sa->xc.child && sa->xc.child->conf == conf)
		return true;
	for (i = 0; i < sa->n_queue; i++)
		if (sa->queue[i].kind == IKE_TASK_CHILD && sa->queue[i].conf == conf)
			return true;
	return false;
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
		ike_ts_resolve(&l, kid->src.a, kid->src.len);
		ike_ts_resolve(&r, kid->dst.a, kid->dst.len);
		if (!ike_child_pair(&l, &r))
			continue;
		p.inbound = m & 1;
		p.from = p.inbound ? r : l;
		p.to = p.inbound ? l : r;
		p.src = p.inbound ? kid->dst : kid->src;
		p.dst = p.inbound ? kid->src : kid->dst;
		if (on)
			bad |= ike_nfsec_ops.add_policy(d->kern, &p);
		else
			ike_nfsec_ops.del_policy(d->kern, &p);
	}
	kid->trapped = on;
	return bad;
}

static uint64_t pause_of(const struct ike_setup_peer *m)
{
	uint64_t ms = IKE_RETRY_MS << (m->tries < 6 ? m->tries : 6);

	return ms < IKE_RETRY_MAX_MS ? ms : IKE_RETRY_MAX_MS;
}

/* An attempt came to nothing. */
static void failed(struct ike_daemon *d, unsigned int i, uint64_t now)
{
	struct ike_setup_peer *m = &d->setup->more[i];

	m->retry_at = 0;
	if (!m->wanted)
		return;
	m->tries++;
	if (m->forever || !m->conf->keyingtries || m->tries < m->conf->keyingtries) {
		m->retry_at = now + pause_of(m);
		ike_say(d, "%.48s: tried again in %u s", d->setup->peers[i].name,
			(unsigned int)(pause_of(m) / 1000));
	} else {
		ike_say(d, "%.48s: given up", d->setup->peers[i].name);
		ike_peer_stop(d, i, -1);
	}
}

/* Begins an IKE SA for all children that are wanted, @k first. 0 or -1. */
static int initiate(struct ike_daemon *d, unsigned int i, unsigned int k, char *err, size_t n)
{
	struct ike_peer_conf *p = &d->setup->peers[i];
	struct ike_addr any = p->local, local;
	int rc;

	if (ike_setup_addrs(d->setup, i, &local, err, n))
		return -1;
	/* Whoever answers may be asked at any address of ours. */
	p->local = local;
	rc = ike_sa_start(d->ctx, ike_now(), p, &p->children[k]);
	p->local = any;
	d->setup->more[i].retry_at = 0;
	if (rc)
		snprintf(err, n, "it cannot be begun");
	else if (d->up[i] == DOWN)
		d->up[i] = PENDING;
	return rc;
}

static int child(struct ike_daemon *d, struct ike_sa *sa, unsigned int i, unsigned int k)
{
	struct ike_task t = { IKE_TASK_CHILD, &d->setup->peers[i].children[k] };

	if (under_way(sa, t.conf))
		return 0;
	d->setup->more[i].kids[k].retry_at = ike_now() + CHILD_RETRY_MS;
	return ike_task_add(sa, ike_now(), &t);
}

int ike_peer_start(struct ike_daemon *d, unsigned int i, int k, char *err, size_t n)
{
	struct ike_setup_peer *m = &d->setup->more[i];
	struct ike_sa *sa = ike_peer_sa(d, i);
	unsigned int c, first = 0;

	if (!d->setup->peers[i].n_children) {
		snprintf(err, n, "it has no child");
		return -1;
	}
	m->wanted = true;
	m->tries = 0;
	for (c = d->setup->peers[i].n_children; c-- > 0; ) {
		if (k >= 0 && c != (unsigned int)k)
			continue;
		first = c;
		m->kids[c].want = true;
		ike_peer_trap(d, d->setup, i, c, true);
		if (sa && sa->state == IKE_S_UP && !ike_peer_child(d, i, c))
			child(d, sa, i, c);
	}
	if (sa)
		return 0;
	if (!initiate(d, i, first, err, n))
		return 0;
	if (m->forever)
		m->retry_at = ike_now() + pause_of(m);
	return -1;
}

int ike_peer_stop(struct ike_daemon *d, unsigned int i, int k)
{
	struct ike_setup_peer *m = &d->setup->more[i];
	struct ike_task t = { IKE_TASK_DELETE };
	struct ike_sa *sa = NULL, *next;
	struct ike_child *ch;
	unsigned int c, told = 0, o;
	bool any = false;

	for (c = 0; c < d->setup->peers[i].n_children; c++) {
		if (k >= 0 && c != (unsigned int)k) {
			any |= m->kids[c].want;
			continue;
		}
		m->kids[c].want = false;
		if (!m->kids[c].conf->start_action)
			ike_peer_trap(d, d->setup, i, c, false);
	}
	if (k < 0 || !any) {
		m->wanted = false;
		m->retry_at = 0;
	}
	for (sa = ike_sa_next(d->ctx, NULL); sa; sa = next) {
		next = ike_sa_next(d->ctx, sa);
		if (!ours(d, sa, &o) || o != i)
			continue;
		if (k < 0 && level(sa) == PENDING) {
			ike_sa_die(sa, ike_now());
			told++;
		} else if (k < 0 && sa->state == IKE_S_UP) {
			sa->n_queue = 0;
			told += !ike_task_add(sa, ike_now(), &t);
		}
		for (ch = k >= 0 && sa->state == IKE_S_UP ? sa->children : NULL; ch;
		     ch = ch->next) {
			if (ch->conf != &d->setup->peers[i].children[k])
				continue;
			t = (struct ike_task){ IKE_TASK_DELETE_CHILD, ch->conf, ch->spi_in };
			told += !ike_task_add(sa, ike_now(), &t);
			break;
		}
	}
	return (int)told;
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
	struct ike_setup_peer *m = &d->setup->more[i];
	char err[256];
	unsigned int k;

	for (k = 0; k < d->setup->peers[i].n_children; k++) {
		const struct ike_conf_child *c = m->kids[k].conf;

		if (c->start_action)
			ike_peer_trap(d, d->setup, i, k, true);
		if (c->start_action & IKE_CONF_START)
			m->forever = true;
	}
	for (k = 0; k < d->setup->peers[i].n_children; k++) {
		if (!(m->kids[k].conf->start_action & IKE_CONF_START))
			continue;
		if (ike_peer_start(d, i, (int)k, err, sizeof(err)))
			ike_say(d, "%.48s: %s", d->setup->peers[i].name, err);
	}
}

/* Peer @i, which was up, is no longer. */
static void lost(struct ike_daemon *d, unsigned int i, uint64_t now, bool by_peer)
{
	struct ike_setup_peer *m = &d->setup->more[i];

	if (!m->wanted || d->stop_at)
		return;
	if (by_peer && !m->forever) {
		ike_say(d, "%.48s: ended by the peer", d->setup->peers[i].name);
		ike_peer_stop(d, i, -1);
		return;
	}
	m->tries = 0;
	m->retry_at = now + IKE_RETRY_MS;
}

void ike_peers_watch(struct ike_daemon *d, uint64_t now, bool by_peer)
{
	struct ike_sa *sa = NULL;
	unsigned int i, was;

	for (i = 0; i < d->setup->n; i++)
		d->setup->more[i].now_up = DOWN;
	while ((sa = ike_sa_next(d->ctx, sa)))
		if (ours(d, sa, &i) && level(sa) > d->setup->more[i].now_up)
			d->setup->more[i].now_up = level(sa);
	for (i = 0; i < d->setup->n; i++) {
		was = d->up[i];
		d->up[i] = d->setup->more[i].now_up;
		if (d->up[i] == UP && was != UP) {
			d->setup->more[i].tries = 0;
			d->setup->more[i].retry_at = 0;
		} else if (d->up[i] == DOWN && was == UP) {
			lost(d, i, now, by_peer);
		} else if (d->up[i] == DOWN && was == PENDING) {
			failed(d, i, now);
		}
	}
}

/* Children that are wanted and not there, of peer @i which is up. */
static uint64_t missing(struct ike_daemon *d, unsigned int i, uint64_t now)
{
	struct ike_setup_peer *m = &d->setup->more[i];
	struct ike_sa *sa = ike_peer_sa(d, i);
	uint64_t at = UINT64_MAX;
	unsigned int k;

	for (k = 0; sa && k < d->setup->peers[i].n_children; k++) {
		if (!m->kids[k].want || ike_peer_child(d, i, k))
			continue;
		if (now >= m->kids[k].retry_at) {
			child(d, sa, i, k);
			m->kids[k].retry_at = now + CHILD_RETRY_MS;
			at = now;
		}
		at = m->kids[k].retry_at < at ? m->kids[k].retry_at : at;
	}
	return at;
}

uint64_t ike_peers_tick(struct ike_daemon *d, uint64_t now)
{
	uint64_t at = UINT64_MAX, t;
	unsigned int i, k;
	char err[256];

	for (i = 0; i < d->setup->n && !d->stop_at; i++) {
		struct ike_setup_peer *m = &d->setup->more[i];

		if (!m->wanted)
			continue;
		if (d->up[i] == UP) {
			t = missing(d, i, now);
			at = t < at ? t : at;
			continue;
		}
		if (m->retry_at && now >= m->retry_at) {
			for (k = 0; k + 1 < d->setup->peers[i].n_children && !m->kids[k].want; k++)
				;
			if (initiate(d, i, k, err, sizeof(err))) {
				ike_say(d, "%.48s: %s", d->setup->peers[i].name, err);
				failed(d, i, now);
			}
			at = now;
		}
		if (m->retry_at && m->retry_at < at)
			at = m->retry_at;
	}
	return at;
}

/* A packet is waiting for child @k. */
static void acquire(struct ike_daemon *d, unsigned int i, unsigned int k)
{
	struct ike_sa *sa = ike_peer_sa(d, i);
	char err[256];

	if (d->stop_at)
		return;
	d->setup->more[i].wanted = true;
	d->setup->more[i].kids[k].want = true;
	if (!sa) {
		ike_say(d, "%.48s: a packet for %.32s", d->setup->peers[i].name,
			d->setup->peers[i].children[k].name);
		if (initiate(d, i, k, err, sizeof(err)))
			ike_say(d, "%.48s: %s", d->setup->peers[i].name, err);
	} else if (sa->state == IKE_S_UP && !ike_peer_child(d, i, k)) {
		child(d, sa, i, k);
	}
}

void ike_peers_event(void *daemon, const struct ike_nfsec_event *e)
{
	struct ike_daemon *d = daemon;
	unsigned int i, k;

	if (e->kind == IKE_NFSEC_LOST) {
		ike_say(d, "events of the kernel were lost");
		return;
	}
	if (e->kind == IKE_NFSEC_ACQUIRE) {
		if (ike_setup_by_reqid(d->setup, e->reqid, &i, &k))
			acquire(d, i, k);
		return;
	}
	ike_expire(d->ctx, ike_now(), IKE_PROTO_ESP, e->spi, e->kind == IKE_NFSEC_HARD);
}
