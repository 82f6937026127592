// SPDX-License-Identifier: GPL-2.0
/*
 * The machine behind its sockets, in a network namespace with nothing but loopback: ports,
 * addresses, markers.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ipv6.h>

#include "../../tests/ktap.h"
#include "../octets.h"
#include "../udp.h"
#include "pair.h"

static struct ike_udp udp;
static int client = -1;
static unsigned int answers, wrong;
static struct ike_addr server;
static bool marked;

/* Loopback up, with an IPv6 address that is not the first one. 0 or -1. */
static int network(void)
{
	struct in6_ifreq r6 = { .ifr6_prefixlen = 64 };
	struct ifreq r = { .ifr_name = "lo" };
	int s4, s6, rc;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -1;
	s4 = socket(AF_INET, SOCK_DGRAM, 0);
	s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP;
	rc = ioctl(s4, SIOCSIFFLAGS, &r) || ioctl(s4, SIOCGIFINDEX, &r);
	r6.ifr6_ifindex = r.ifr_ifindex;
	r6.ifr6_addr.s6_addr[0] = 0xfd;
	for (r6.ifr6_addr.s6_addr[15] = 1; s6 >= 0 && r6.ifr6_addr.s6_addr[15] < 10;
	     r6.ifr6_addr.s6_addr[15]++)
		rc = rc || ioctl(s6, SIOCSIFADDR, &r6);
	close(s4);
	if (s6 >= 0)
		close(s6);
	return rc;
}

static struct ike_addr addr(bool six, uint8_t last, uint16_t port)
{
	struct ike_addr a = { 4, { 127, 0, 0, last }, port };

	if (six)
		a = (struct ike_addr){ 16, { 0xfd, [15] = last }, port };
	return a;
}

static int bound(const struct ike_addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = ike_addr_to(a, &ss);
	int one = 1, fd = socket(ss.ss_family, SOCK_DGRAM, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&ss, n)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* From the client to the port that the machine has in mind, or to @server. */
static void client_send(void *arg, const struct ike_addr *local, const struct ike_addr *remote,
			struct ike_buf b)
{
	static uint8_t buf[65536];
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to(remote, &ss);
	size_t head = remote->port == 4500 ? 4 : 0;

	(void)arg;
	(void)local;
	server = *remote;
	marked = head;
	memset(buf, 0, head);
	memcpy(buf + head, b.p, b.n);
	if (sendto(client, buf, head + b.n, 0, (struct sockaddr *)&ss, len) < 0)
		abort();
}

static void server_send(void *arg, const struct ike_addr *local, const struct ike_addr *remote,
			struct ike_buf b)
{
	(void)arg;
	if (ike_udp_send(&udp, local, remote, b))
		abort();
}

/* What came for the server is dealt with. */
static void serve(struct pair *p)
{
	struct ike_addr local, remote;
	static uint8_t buf[65536];
	unsigned int i;
	ssize_t n;

	for (i = 0; i < 4; i++)
		while ((n = ike_udp_recv(&udp, i, buf, sizeof(buf), &local, &remote)) >= 0)
			if (n)
				ike_input(p->end[1].ctx, p->now, &local, &remote,
					  (struct ike_buf){ buf, (size_t)n });
}

/* An answer, if one is there: it has to come from where the request went, and to look so. */
static bool answered(struct pair *p)
{
	struct ike_addr from;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	static uint8_t buf[65536];
	size_t head = marked ? 4 : 0;
	ssize_t n = recvfrom(client, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&ss, &len);

	if (n < 0)
		return false;
	ike_addr_from(&from, (struct sockaddr *)&ss);
	answers++;
	wrong += !ike_addr_equal(&from, &server) || (size_t)n < head + 28 ||
		 memcmp(buf, "\0\0\0\0", head) || ike_get32(buf + head + 24) != (size_t)n - head;
	if ((size_t)n > head && p->end[0].ctx)
		ike_input(p->end[0].ctx, p->now, &p->end[0].conf.local, &from,
			  (struct ike_buf){ buf + head, (size_t)n - head });
	return true;
}

static struct pair *begin(bool six, uint8_t last, uint16_t from, uint16_t to)
{
	struct pair *p = pair_new(1);
	struct ike_addr at = addr(six, 9, from);
	char err[128];

	p->end[0].conf.local = addr(six, 9, to);
	p->end[0].conf.remote = addr(six, last, to);
	p->end[1].conf.local = (struct ike_addr){ 0 };
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	pair_start(p, 0);
	p->end[0].ctx->conf.send = client_send;
	p->end[1].ctx->conf.send = server_send;
	answers = 0;
	wrong = 0;
	/* before the server, which takes the port at all addresses */
	client = bound(&at);
	if (client < 0 || ike_udp_open(&udp, 0, err, sizeof(err)))
		abort();
	return p;
}

static void end(struct pair *p)
{
	pair_free(p);
	ike_udp_close(&udp);
	close(client);
}

static void test_ports(void)
{
	struct ike_task t = { IKE_TASK_LIVENESS };
	unsigned int i, k;
	struct ike_sa *sa;
	struct pair *p;

	for (i = 0; i < 4; i++) {
		p = begin(i & 2, 5, 33333, i & 1 ? 4500 : 500);
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
		serve(p);
		ktap_ok(answered(p) && answers == 1 && !wrong && !answered(p), NULL,
			"IKE2-HDR-7 IPv%u port %u: port 33333 is answered from where it asked%s",
			i & 2 ? 6 : 4, i & 1 ? 4500 : 500, i & 1 ? ", with a marker" : "");
		for (k = 0; k < 4; k++) {
			serve(p);
			while (answered(p))
				;
		}
		if (pair_up(p) && !ike_task_add(pair_sa(p, 0), p->now, &t)) {
			serve(p);
			answered(p);
		}
		sa = pair_sa(p, 1);
		ktap_ok(pair_up(p) && !p->end[1].kern.errors && answers == 3 && !wrong && marked &&
			sa->remote.port == 33333 && sa->local.port == 4500 &&
			sa->local.a[sa->local.len - 1] == 5 && sa->nat_peer, p->end[0].log,
			"IKE2-HDR-7 IPv%u: up on port 4500, the marker is not part of anything",
			i & 2 ? 6 : 4);
		end(p);
	}
}

/* What is no IKE on port 4500, and what is none of port 500's. */
static void test_octets(void)
{
	static const uint8_t octets[6] = { 0 }, ff[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct pair *p = begin(false, 5, 33333, 4500);
	struct sockaddr_storage ss;
	struct ike_addr to;
	unsigned int i;
	socklen_t len;
	uint64_t got;

	for (i = 0; i < 24; i++) {
		to = addr(false, 5, i < 12 ? 4500 : 500);
		len = ike_addr_to(&to, &ss);
		sendto(client, i & 1 ? octets : ff, i % 12 / 2, 0, (struct sockaddr *)&ss, len);
	}
	serve(p);
	got = p->end[1].ctx->stats.received;
	ktap_ok(!answered(p) && got == p->end[1].ctx->stats.drops[IKE_DROP_LENGTH], NULL,
		"IKE2-NAT-6 datagrams of 0 to 5 octets, keepalives among them: silence");
	server = addr(false, 5, 4500);
	len = ike_addr_to(&server, &ss);
	marked = true;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	serve(p);
	ktap_ok(answered(p) && !wrong, NULL, "IKE2-NAT-6 and what comes behind them is heard");
	end(p);
}

int main(void)
{
	if (network()) {
		printf("TAP version 13\n1..0 # SKIP no network namespace can be had, or no IPv6\n");
		return 0;
	}
	ktap_begin();
	test_ports();
	test_octets();
	return ktap_end();
}
