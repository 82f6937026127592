/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to rtnetlink.
 */
#ifndef IKE_NL_H
#define IKE_NL_H

#include <stdint.h>

#include <libmnl/libmnl.h>

#define IKE_NL_TX (MNL_NLMSG_HDRLEN + 512)	/* room for a request */

/**
 * struct ike_nl - a socket
 * @sock: the socket
 * @seq: number of the last request
 * @rx: room for answers
 */
struct ike_nl {
	struct mnl_socket *sock;
	uint32_t seq;
	char rx[32768];
};

/* 0 or -errno. */
int ike_nl_open(struct ike_nl *nl);
void ike_nl_close(struct ike_nl *nl);

/* Sends @nlh and hands what comes back to @cb, which may be NULL. 0 or -errno. */
int ike_nl_ask(struct ike_nl *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);

#endif /* IKE_NL_H */
