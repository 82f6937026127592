// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses and routes of this host change: who has another address on the way to a peer
 * tells it (RFC 4555 3.5), and policies that wait for packets follow.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "daemon.h"

#define SETTLE_MS 300	/* one change seldom comes alone */

/**
 * struct ike_moves - the watch
 * @sock: where changes are told
 * @ev: its event
 * @at: when to look at what came of them, 0 if there were none
 */
struct ike_moves {
	struct mnl_socket *sock;
	struct event *ev;
	uint64_t at;
};

/* Which change it was does not matter, nor whether one was missed. */
static void on_change(evutil_socket_t fd, short what, void *arg)
{
	struct ike_daemon *d = arg;
	char buf[8192];

	(void)what;
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
	if (!d->moves->at)
		d->moves->at = ike_now() + SETTLE_MS;
	ike_daemon_run(d);
}

int ike_moves_open(struct ike_daemon *d)
{
	const unsigned int groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
				    RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
	struct ike_moves *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	d->moves = m;
	m->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!m->sock || mnl_socket_bind(m->sock, groups, MNL_SOCKET_AUTOPID))
		return -1;
	m->ev = event_new(d->base, mnl_socket_get_fd(m->sock), EV_READ | EV_PERSIST, on_change, d);
	return m->ev ? event_add(m->ev, NULL) : -1;
}

void ike_moves_close(struct ike_daemon *d)
{
	struct ike_moves *m = d->moves;

	if (!m)
		return;
	if (m->ev)
		event_free(m->ev);
	if (m->sock)
		mnl_socket_close(m->sock);
	free(m);
	d->moves = NULL;
}

int ike_moves_source(void *daemon, const struct ike_sa *sa, const struct ike_addr *remote,
		     struct ike_addr *local)
{
	const struct ike_daemon *d = daemon;
	const struct ike_setup *s = d->setup;
	char err[256];

	*local = sa->local;
	if (sa->peer < s->peers || sa->peer >= s->peers + s->n ||
	    !s->more[sa->peer - s->peers].route)
		return 0;
	return ike_setup_route(remote, local, err, sizeof(err)) ||
	       !ike_local_fits(sa->peer, local) ? -1 : 0;
}

/* Whether our address for @sa is up to the route, and has changed. */
static void look_sa(struct ike_daemon *d, struct ike_sa *sa, uint64_t now)
{
	struct ike_addr local;

	if (sa->state != IKE_S_UP || !sa->mobike || !sa->began)
		return;
	/* Without a route we stay where we are: the next change may bring one. */
	if (!ike_moves_source(d, sa, &sa->remote, &local) && !ike_addr_same(&local, &sa->local))
		ike_move(sa, now, &local, &sa->remote);
}

/* Addresses that peers gave us go with the interface that had them. */
static void look_vips(struct ike_daemon *d, const struct ike_sa *sa)
{
	unsigned int i;

	for (i = 0; sa->state == IKE_S_UP && sa->vip_ours && i < 2; i++) {
		if (!sa->vip[i].len || ike_inner_find(d->inner, &sa->vip[i]))
			continue;
		ike_inner_del(d->inner, &sa->vip[i]);
		ike_follow_vip(d, sa, &sa->vip[i], true);
	}
}

static void look_peer(struct ike_daemon *d, unsigned int i)
{
	const struct ike_setup_child *kid = d->setup->more[i].kids;
	struct ike_addr local;
	char err[256];
	unsigned int k;

	for (k = 0; k < d->setup->peers[i].n_children && !kid[k].trapped; k++)
		;
	if (!d->setup->more[i].route || k == d->setup->peers[i].n_children)
		return;
	if (!ike_setup_addrs(d->setup, i, &local, err, sizeof(err)) &&
	    !ike_addr_same(&local, &kid[k].src))
		ike_peer_moved(d, i);
}

uint64_t ike_moves_run(struct ike_daemon *d, uint64_t now)
{
	struct ike_sa *sa = NULL;
	unsigned int i;

	if (!d->moves || !d->moves->at)
		return UINT64_MAX;
	if (now < d->moves->at)
		return d->moves->at;
	d->moves->at = 0;
	while ((sa = ike_sa_next(d->ctx, sa))) {
		look_sa(d, sa, now);
		look_vips(d, sa);
	}
	ike_routes_refresh(d->routes);
	for (i = 0; i < d->setup->n; i++)
		look_peer(d, i);
	return UINT64_MAX;
}
