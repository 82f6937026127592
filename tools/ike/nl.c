// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to rtnetlink, one after the other.
 */
#include <errno.h>

#include "nl.h"

int ike_nl_open(struct ike_nl *nl)
{
	int err;

	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (!mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID))
		return 0;
	err = -errno;
	ike_nl_close(nl);
	return err;
}

void ike_nl_close(struct ike_nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

int ike_nl_ask(struct ike_nl *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	int rc = MNL_CB_OK;
	ssize_t len;

	nlh->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(nl->sock, nl->rx, sizeof(nl->rx));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(nl->rx, (size_t)len, nl->seq, mnl_socket_get_portid(nl->sock), cb,
				data);
	}
	return rc < 0 ? -errno : 0;
}
