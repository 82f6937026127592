// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of peers: hosts, names, and ours by the route.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "setup.h"
#include "udp.h"

static void from_conf(struct ike_addr *a, const struct ike_conf_addr *c, uint16_t port)
{
	a->len = c->family == 6 ? 16 : 4;
	memcpy(a->a, c->lo, a->len);
	a->port = port;
}

int ike_setup_resolve(const char *name, int family, struct ike_addr *a, char *err, size_t n)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_DGRAM }, *list;
	int rc = getaddrinfo(name, NULL, &hints, &list);

	if (rc) {
		snprintf(err, n, "%s: %s", name, gai_strerror(rc));
		return -1;
	}
	ike_addr_from(a, list->ai_addr);
	freeaddrinfo(list);
	return 0;
}

/* The address that @old has for the name @text. */
static void known(const struct ike_setup *old, const char *text, struct ike_addr *out)
{
	const struct ike_conf_addr *a;
	unsigned int i;

	for (i = 0; i < old->n; i++) {
		a = &old->more[i].conf->remote_addrs.v[old->more[i].start];
		if (a->kind != IKE_CONF_NAME || strcmp(a->text, text))
			continue;
		out->len = old->peers[i].remote.len;
		memcpy(out->a, old->peers[i].remote.a, out->len);
	}
}

/* The first address of a name, of the family of ours if we have one. */
static void first_of(struct ike_setup_ctx *x, const struct ike_conf_conn *c,
		     struct ike_peer_conf *p, const char *text)
{
	int family = !p->local.len ? AF_UNSPEC : p->local.len == 16 ? AF_INET6 : AF_INET;
	struct ike_addr a;
	char err[256];

	if (x->old) {
		known(x->old, text, &p->remote);
	} else if (ike_setup_resolve(text, family, &a, err, sizeof(err))) {
		x->log->say(x->log->ctx, IKE_CONF_WARNING, c->item.file, c->item.line, err);
	} else {
		p->remote.len = a.len;
		memcpy(p->remote.a, a.a, a.len);
	}
}

/* Nothing is sent. */
int ike_setup_route(const struct ike_addr *to, struct ike_addr *out, char *err, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to(to, &ss);
	uint16_t port = out->port;
	uint32_t mark = IKE_NFSEC_MARK;
	int rc, fd;

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(err, n, "no socket: %m");
		return -1;
	}
	/* Past the routes to what is behind peers, as IKE itself goes. */
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) && errno != EPERM) {
		snprintf(err, n, "no mark: %m");
		close(fd);
		return -1;
	}
	rc = connect(fd, (struct sockaddr *)&ss, len);
	len = sizeof(ss);
	if (!rc)
		rc = getsockname(fd, (struct sockaddr *)&ss, &len);
	if (rc)
		snprintf(err, n, "no route to the peer: %m");
	close(fd);
	if (rc)
		return -1;
	ike_addr_from(out, (struct sockaddr *)&ss);
	out->port = port;
	return 0;
}

void ike_setup_named(struct ike_setup *s, unsigned int i)
{
	const struct ike_addr *a = &s->peers[i].remote;
	struct ike_setup_peer *m = &s->more[i];
	struct ike_range *r = m->nets[1] ? &m->nets[1][m->start] : NULL;

	if (!r || m->conf->remote_addrs.v[m->start].kind != IKE_CONF_NAME)
		return;
	r->len = a->len;
	memcpy(r->lo, a->a, 16);
	memcpy(r->hi, a->a, 16);
}

int ike_setup_addrs(struct ike_setup *s, unsigned int i, struct ike_addr *local, char *err,
		    size_t n)
{
	struct ike_setup_peer *m = &s->more[i];
	const struct ike_conf_addr *a = &m->conf->remote_addrs.v[m->start];
	struct ike_peer_conf *p = &s->peers[i];

	if (!p->remote.len) {
		snprintf(err, n, a->kind == IKE_CONF_NAME ? "%s is not known" :
			 "the peer has no address", a->text);
		return -1;
	}
	*local = p->local;
	return m->route ? ike_setup_route(&p->remote, local, err, n) : 0;
}

/* All addresses of list @l, %any is two. NULL if one is enough. */
static struct ike_range *ranges(struct ike_setup_ctx *x, const struct ike_conf_addrs *l,
				unsigned int *n)
{
	struct ike_range *v;
	unsigned int i;

	if (l->n == 1 && (l->v[0].kind == IKE_CONF_HOST || l->v[0].kind == IKE_CONF_NAME ||
			  (l->v[0].kind == IKE_CONF_ANY && !l->v[0].family)))
		return NULL;
	v = calloc(2 * l->n, sizeof(*v));
	if (!v) {
		x->errors++;
		return NULL;
	}
	/* Those of @l have the same place in @v, what is more comes behind. */
	*n = l->n;
	for (i = 0; i < l->n; i++) {
		const struct ike_conf_addr *a = &l->v[i];

		v[i].len = a->family == 6 ? 16 : 4;
		memcpy(v[i].lo, a->lo, 16);
		memcpy(v[i].hi, a->hi, 16);
		/* what a name is, and whether it is known, ike_setup_named() tells */
		if (a->kind == IKE_CONF_NAME)
			v[i].len = 0;
		if (a->kind != IKE_CONF_ANY)
			continue;
		memset(v[i].lo, 0, 16);
		memset(v[i].hi, 0xff, 16);
		if (a->family)
			continue;
		v[*n] = v[i];
		v[(*n)++].len = 16;
	}
	return v;
}

/* The first of @l that can be spoken to; its number, 0 if there is none. */
static unsigned int first(const struct ike_conf_addrs *l)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].kind == IKE_CONF_HOST || l->v[i].kind == IKE_CONF_NAME)
			return i;
	return 0;
}

static void remote(struct ike_setup_ctx *x, const struct ike_conf_conn *c, unsigned int i)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	const struct ike_conf_addr *a;
	unsigned int k;

	m->start = first(&c->remote_addrs);
	a = &c->remote_addrs.v[m->start];
	p->remote.port = (uint16_t)c->remote_port;
	for (k = m->start + 1; k < c->remote_addrs.n; k++)
		if (c->remote_addrs.v[k].kind == IKE_CONF_NAME)
			ike_setup_error(x, &c->item, "connection \"%s\": remote address %s is not "
					"supported, a name has to come before other hosts",
					c->item.name, c->remote_addrs.v[k].text);
	if (a->kind == IKE_CONF_HOST)
		from_conf(&p->remote, a, (uint16_t)c->remote_port);
	else if (a->kind == IKE_CONF_NAME)
		first_of(x, c, p, a->text);
	m->nets[1] = ranges(x, &c->remote_addrs, &p->n_remotes);
	p->remotes = m->nets[1];
	ike_setup_named(x->s, i);
}

void ike_setup_first_addrs(struct ike_setup_ctx *x, unsigned int i)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	const struct ike_conf_conn *c = m->conf;
	const struct ike_conf_addr *a = &c->local_addrs.v[first(&c->local_addrs)];
	unsigned int k;

	/* A port that is not that of IKE is spoken to as behind a NAT: with the marker. */
	p->local.port = c->remote_port == 500 ? 500 : 4500;
	m->route = a->kind != IKE_CONF_HOST;
	if (a->kind == IKE_CONF_HOST)
		from_conf(&p->local, a, p->local.port);
	for (k = 0; k < c->local_addrs.n; k++)
		if (c->local_addrs.v[k].kind == IKE_CONF_NAME)
			ike_setup_error(x, &c->item, "connection \"%s\": local address %s is not "
					"supported, a name is for the peer", c->item.name,
					c->local_addrs.v[k].text);
	if (c->local_port != 500 && c->local_port != 4500)
		ike_setup_error(x, &c->item, "connection \"%s\": local_port is 500 or 4500, others "
				"are not supported", c->item.name);
	if (c->local_port == 4500)
		p->local.port = 4500;
	m->nets[0] = ranges(x, &c->local_addrs, &p->n_locals);
	p->locals = m->nets[0];
	remote(x, c, i);
}
