// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses on interfaces, in a network namespace of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../tests/ktap.h"
#include "../inner.h"
#include "../route.h"

static void lo_up(bool up)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
}

/* A dummy interface with an address would need a module; lo does it. */
static bool routed(const char *dst, const char *src)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 9 }, from;
	socklen_t len = sizeof(from);
	char text[INET_ADDRSTRLEN] = "";
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, dst, &to.sin_addr);
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	    !getsockname(fd, (struct sockaddr *)&from, &len))
		inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
	close(fd);
	if (strcmp(text, src))
		printf("# source to %s: %s\n", dst, text);
	return !strcmp(text, src);
}

static void test_routes(struct ike_inner *n)
{
	const struct ike_addr home = { 4, { 127, 0, 0, 1 }, 500 }, a = { 4, { 10, 9, 0, 1 }, 0 };
	struct ike_routes *r = ike_routes_open(77);
	struct ike_ts net, all, range;
	char err[64];

	ike_ts_read("10.2.0.0/24[tcp]", &net, err, sizeof(err));
	ike_ts_read("0.0.0.0/0", &all, err, sizeof(err));
	ike_ts_read("10.2.0.0-10.2.0.9", &range, err, sizeof(err));
	ike_inner_add(n, &home, &a);
	ktap_ok(r && !ike_routes_add(r, &net, &a, &home) && routed("10.2.0.9", "10.9.0.1") &&
		routed("10.3.0.9", ""), NULL, "IKE2-CP-1 the address is the source of packets");
	ktap_ok(!ike_routes_add(r, &net, &a, &home) && !ike_routes_del(r, &net, &a) &&
		routed("10.2.0.9", "10.9.0.1"), NULL, "as long as somebody uses it");
	lo_up(false);
	ike_routes_refresh(r);
	lo_up(true);
	ktap_ok(!routed("10.2.0.9", "10.9.0.1"), NULL, "the kernel takes routes away with a link");
	ike_routes_refresh(r);
	ike_routes_refresh(r);
	ktap_ok(routed("10.2.0.9", "10.9.0.1") && routed("10.3.0.9", ""), NULL,
		"they are put back when that is there again");
	ktap_ok(!ike_routes_del(r, &net, &a) && routed("10.2.0.9", ""), NULL, "and not longer");
	ktap_ok(!ike_routes_add(r, &all, &a, &home) && routed("10.3.0.9", "10.9.0.1"), NULL,
		"to everywhere");
	ktap_ok(ike_routes_add(r, &range, &a, &home) == -EINVAL, NULL, "not to what is no prefix");
	ktap_ok(ike_routes_del(r, &net, &a) == -ENOENT, NULL, "not what is not there");
	ike_routes_close(r);
	ktap_ok(routed("10.3.0.9", ""), NULL, "nothing is left in the end");
	ike_inner_del(n, &a);
}

int main(void)
{
	const struct ike_addr home = { 4, { 127, 0, 0, 1 }, 500 }, a = { 4, { 10, 9, 0, 1 }, 0 },
		away = { 4, { 192, 0, 2, 9 }, 0 }, six = { 16, { 0xfd, 9, [15] = 1 }, 0 };
	struct ike_inner *n;
	char name[IF_NAMESIZE];

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		printf("TAP version 13\n1..0 # SKIP no network namespace: %s\n", strerror(errno));
		return 4;
	}
	lo_up(true);
	ktap_begin();
	n = ike_inner_open();
	ktap_ok(n && ike_inner_find(n, &home) == if_nametoindex("lo") &&
		!ike_inner_find(n, &a), NULL, "the interface of an address");
	ktap_ok(ike_inner_name(n, &home, name) && !strcmp(name, "lo") &&
		!ike_inner_name(n, &a, name), NULL, "and its name");
	ktap_ok(!ike_inner_add(n, &home, &a) && ike_inner_find(n, &a) == 1, NULL,
		"IKE2-CP-1 an address is put on the interface of ours");
	ktap_ok(!ike_inner_add(n, &home, &a) && !ike_inner_del(n, &a) &&
		ike_inner_find(n, &a) == 1, NULL, "IKE2-CP-2 it stays while it is in use");
	ktap_ok(!ike_inner_del(n, &a) && !ike_inner_find(n, &a), NULL,
		"IKE2-CP-2 and goes with its last use");
	ktap_ok(ike_inner_del(n, &a) == -ENOENT, NULL, "not what nobody added");
	ktap_ok(!ike_inner_add(n, &away, &six) && ike_inner_find(n, &six) == 1 &&
		!ike_inner_del(n, &six) && !ike_inner_find(n, &six), NULL,
		"IKE2-CP-1 IPv6, on lo if nothing has our address");
	ktap_ok(!ike_inner_add(n, &home, &home) && !ike_inner_del(n, &home) &&
		ike_inner_find(n, &home) == 1, NULL, "what was there before stays");
	test_routes(n);
	ike_inner_add(n, &home, &a);
	ike_inner_add(n, &home, &six);
	ike_inner_close(n);
	n = ike_inner_open();
	ktap_ok(n && !ike_inner_find(n, &a) && !ike_inner_find(n, &six) &&
		ike_inner_find(n, &home) == 1, NULL,
		"IKE2-LIVE-5 what an earlier run left behind is taken away");
	ike_inner_close(n);
	return ktap_end();
}
