// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses on interfaces, in a network namespace of its own.
 */
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

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP;
	ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
}

int main(void)
{
	const struct ike_addr home = { 4, { 127, 0, 0, 1 }, 500 }, a = { 4, { 10, 9, 0, 1 }, 0 },
		away = { 4, { 192, 0, 2, 9 }, 0 }, six = { 16, { 0xfd, 9, [15] = 1 }, 0 };
	struct ike_inner *n;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		printf("TAP version 13\n1..0 # SKIP no network namespace: %s\n", strerror(errno));
		return 4;
	}
	lo_up();
	ktap_begin();
	n = ike_inner_open();
	ktap_ok(n && ike_inner_find(n, &home) == if_nametoindex("lo") &&
		!ike_inner_find(n, &a), NULL, "the interface of an address");
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
	ike_inner_close(n);
	return ktap_end();
}
