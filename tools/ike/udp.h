/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sockets of IKE: UDP ports 500 and 4500, IPv4 and IPv6.
 */
#ifndef IKE_UDP_H
#define IKE_UDP_H

#include <sys/socket.h>

#include "addr.h"

#define IKE_PORT	500
#define IKE_PORT_NATT	4500

/* Between an address and that of a socket; the length of @ss. */
socklen_t ike_addr_to(const struct ike_addr *a, struct sockaddr_storage *ss);
void ike_addr_from(struct ike_addr *a, const struct sockaddr *sa);

/**
 * struct ike_udp - the sockets
 * @fd: port 500 and 4500 of IPv4, then of IPv6; -1 for those that the host has not
 */
struct ike_udp {
	int fd[4];
};

/* Opens them; what they send has @mark. 0, or -1 with a sentence in @err. */
int ike_udp_open(struct ike_udp *u, uint32_t mark, char *err, size_t n);
void ike_udp_close(struct ike_udp *u);

/* Takes one datagram of IKE from socket @i into @buf, without marker. Its length; 0 for
 * what is none of IKE, -1 if there is nothing any more.
 */
ssize_t ike_udp_recv(const struct ike_udp *u, unsigned int i, void *buf, size_t cap,
		     struct ike_addr *local, struct ike_addr *remote);

/* Sends one, with marker if our port is 4500; 0 or -1 with errno. */
int ike_udp_send(const struct ike_udp *u, const struct ike_addr *local,
		 const struct ike_addr *remote, struct ike_buf b);

/* Keeps a NAT from forgetting us (RFC 3948 4). */
int ike_udp_keepalive(const struct ike_udp *u, const struct ike_addr *local,
		      const struct ike_addr *remote);

#endif /* IKE_UDP_H */
