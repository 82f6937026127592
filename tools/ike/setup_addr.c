// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of peers: hosts, names, and ours by the route.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
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
		a = &old->more[i].conf->remote_addrs.v[0];
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

/* Our address on the way to @to; nothing is sent. */
static int by_route(const struct ike_addr *to, struct ike_addr *out, char *err, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to(to, &ss);
	uint16_t port = out->port;
	int rc, fd;

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(err, n, "no socket: %m");
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

int ike_setup_addrs(struct ike_setup *s, unsigned int i, struct ike_addr *local, char *err,
		    size_t n)
{
	const struct ike_conf_addr *a = &s->more[i].conf->remote_addrs.v[0];
	struct ike_peer_conf *p = &s->peers[i];

	if (!p->remote.len) {
		snprintf(err, n, a->kind == IKE_CONF_NAME ? "%s is not known" :
			 "the peer has no address", a->text);
		return -1;
	}
	*local = p->local;
	return s->more[i].route ? by_route(&p->remote, local, err, n) : 0;
}

static void remote(struct ike_setup_ctx *x, const struct ike_conf_conn *c,
		   struct ike_peer_conf *p)
{
	const struct ike_conf_addr *a = &c->remote_addrs.v[0];

	p->remote.port = (uint16_t)c->remote_port;
	if (c->remote_addrs.n > 1)
		ike_setup_error(x, &c->item, "connection \"%s\": more than one remote address is "
				"not supported", c->item.name);
	else if (a->kind == IKE_CONF_RANGE || (a->kind == IKE_CONF_ANY && a->family))
		ike_setup_error(x, &c->item, "connection \"%s\": remote address %s is not "
				"supported, only a host, a name or %%any", c->item.name, a->text);
	else if (a->kind == IKE_CONF_HOST)
		from_conf(&p->remote, a, (uint16_t)c->remote_port);
	else if (a->kind == IKE_CONF_NAME)
		first_of(x, c, p, a->text);
}

void ike_setup_first_addrs(struct ike_setup_ctx *x, unsigned int i)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	const struct ike_conf_conn *c = m->conf;
	const struct ike_conf_addr *a = &c->local_addrs.v[0];

	/* A port that is not that of IKE is spoken to as behind a NAT: with the marker. */
	p->local.port = c->remote_port == 500 ? 500 : 4500;
	m->route = a->kind == IKE_CONF_ANY;
	if (c->local_addrs.n > 1)
		ike_setup_error(x, &c->item, "connection \"%s\": more than one local address is "
				"not supported", c->item.name);
	else if (a->kind == IKE_CONF_HOST)
		from_conf(&p->local, a, p->local.port);
	else if (a->kind != IKE_CONF_ANY || a->family)
		ike_setup_error(x, &c->item, "connection \"%s\": local address %s is not "
				"supported, only an address or %%any", c->item.name, a->text);
	if (c->local_port != 500 && c->local_port != 4500)
		ike_setup_error(x, &c->item, "connection \"%s\": local_port is 500 or 4500, others "
				"are not supported", c->item.name);
	if (c->local_port == 4500)
		p->local.port = 4500;
	remote(x, c, p);
}
