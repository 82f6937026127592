// SPDX-License-Identifier: GPL-2.0
/*
 * The sockets of IKE. One for each port and family; which address of ours a datagram came
 * to, and is to come from, travels beside it. On port 4500 IKE is told from ESP by a marker
 * of four zero octets, and keepalives are one octet (RFC 3948 2.2, 2.3); ESP itself is
 * taken by the kernel before it gets here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "udp.h"

#define MARKER_LEN 4

socklen_t ike_addr_to(const struct ike_addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *s4 = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->len == 16) {
		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(a->port);
		memcpy(&s6->sin6_addr, a->a, 16);
		return sizeof(*s6);
	}
	s4->sin_family = AF_INET;
	s4->sin_port = htons(a->port);
	memcpy(&s4->sin_addr, a->a, 4);
	return sizeof(*s4);
}

void ike_addr_from(struct ike_addr *a, const struct sockaddr *sa)
{
	const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *s4 = (const struct sockaddr_in *)sa;

	*a = (struct ike_addr){ 0 };
	if (sa->sa_family == AF_INET6) {
		a->len = 16;
		a->port = ntohs(s6->sin6_port);
		memcpy(a->a, &s6->sin6_addr, 16);
	} else if (sa->sa_family == AF_INET) {
		a->len = 4;
		a->port = ntohs(s4->sin_port);
		memcpy(a->a, &s4->sin_addr, 4);
	}
}

static int open_one(int family, uint16_t port, uint32_t mark)
{
	struct ike_addr any = { .len = family == AF_INET6 ? 16 : 4, .port = port };
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to(&any, &ss);
	int one = 1, dont = IP_PMTUDISC_DONT, fd;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (family == AF_INET6 &&
	    (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one))))
		goto bad;
	if (family == AF_INET && setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)))
		goto bad;
	/* What is too long for the path is better fragmented than lost. */
	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &dont, sizeof(dont));
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
	    bind(fd, (struct sockaddr *)&ss, len))
		goto bad;
	return fd;
bad:
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

int ike_udp_open(struct ike_udp *u, uint32_t mark, char *err, size_t n)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		u->fd[i] = -1;
	for (i = 0; i < 4; i++) {
		u->fd[i] = open_one(i < 2 ? AF_INET : AF_INET6, i & 1 ? IKE_PORT_NATT : IKE_PORT,
				    mark);
		/* A host may be without one of the families. */
		if (u->fd[i] >= 0 || errno == EAFNOSUPPORT)
			continue;
		snprintf(err, n, "UDP port %u: %s", i & 1 ? IKE_PORT_NATT : IKE_PORT,
			 strerror(errno));
		ike_udp_close(u);
		return -1;
	}
	return 0;
}

void ike_udp_close(struct ike_udp *u)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (u->fd[i] >= 0)
			close(u->fd[i]);
		u->fd[i] = -1;
	}
}

static void local_of(struct msghdr *m, struct ike_addr *local)
{
	struct in6_pktinfo i6;
	struct in_pktinfo i4;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&i4, CMSG_DATA(c), sizeof(i4));
			memcpy(local->a, &i4.ipi_addr, 4);
			local->len = 4;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&i6, CMSG_DATA(c), sizeof(i6));
			memcpy(local->a, &i6.ipi6_addr, 16);
			local->len = 16;
		}
	}
}

ssize_t ike_udp_recv(const struct ike_udp *u, unsigned int i, void *buf, size_t cap,
		     struct ike_addr *local, struct ike_addr *remote)
{
	struct iovec iov = { buf, cap };
	struct sockaddr_storage ss;
	char control[256];
	struct msghdr m = { .msg_name = &ss, .msg_namelen = sizeof(ss), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(u->fd[i], &m, 0);

	/* An ICMP error for something sent before is no end of anything. */
	if (n < 0)
		return errno == EAGAIN ? -1 : 0;
	if (m.msg_flags & MSG_TRUNC)
		return 0;
	ike_addr_from(remote, (struct sockaddr *)&ss);
	*local = (struct ike_addr){ .port = i & 1 ? IKE_PORT_NATT : IKE_PORT };
	local_of(&m, local);
	if (!local->len || !remote->len || !remote->port)
		return 0;
	if (!(i & 1))
		return n;
	if (n <= MARKER_LEN || memcmp(buf, "\0\0\0\0", MARKER_LEN))
		return 0;
	memmove(buf, (char *)buf + MARKER_LEN, (size_t)n - MARKER_LEN);
	return n - MARKER_LEN;
}

static int put(const struct ike_udp *u, const struct ike_addr *local,
	       const struct ike_addr *remote, struct iovec *iov, size_t n_iov)
{
	union {
		char b[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control = { 0 };
	struct sockaddr_storage ss;
	struct msghdr m = { .msg_name = &ss, .msg_iov = iov, .msg_iovlen = n_iov,
			    .msg_control = control.b };
	struct cmsghdr *c = (struct cmsghdr *)control.b;
	struct in6_pktinfo i6 = { 0 };
	struct in_pktinfo i4 = { 0 };
	int fd = u->fd[(remote->len == 16 ? 2 : 0) + (local->port == IKE_PORT_NATT)];

	m.msg_namelen = ike_addr_to(remote, &ss);
	if (local->len == 16) {
		memcpy(&i6.ipi6_addr, local->a, 16);
		m.msg_controllen = CMSG_SPACE(sizeof(i6));
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(i6)), IPPROTO_IPV6, IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &i6, sizeof(i6));
	} else {
		memcpy(&i4.ipi_spec_dst, local->a, 4);
		m.msg_controllen = CMSG_SPACE(sizeof(i4));
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(i4)), IPPROTO_IP, IP_PKTINFO };
		memcpy(CMSG_DATA(c), &i4, sizeof(i4));
	}
	return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? -1 : 0;
}

int ike_udp_send(const struct ike_udp *u, const struct ike_addr *local,
		 const struct ike_addr *remote, struct ike_buf b)
{
	static char marker[MARKER_LEN];
	struct iovec iov[2] = { { marker, sizeof(marker) }, { (void *)b.p, b.n } };

	if (local->port == IKE_PORT_NATT)
		return put(u, local, remote, iov, 2);
	return put(u, local, remote, iov + 1, 1);
}

int ike_udp_keepalive(const struct ike_udp *u, const struct ike_addr *local,
		      const struct ike_addr *remote)
{
	static uint8_t octet = 0xff;
	struct iovec iov = { &octet, 1 };

	return put(u, local, remote, &iov, 1);
}
