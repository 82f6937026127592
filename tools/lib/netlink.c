// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

/* Older headers lack these; the kernel sends them from 6.1 on. */
#define EXTACK_MISS_TYPE 5
#define EXTACK_MISS_NEST 6

#define RCVBUF_SIZE (4 * 1024 * 1024)

static int system_error(struct sec_nl *nl, const char *what)
{
	nl->error = errno;
	return sec_fail(nl->diag, "%s: %s", what, strerror(errno));
}

/* What an extended ack says */

struct extack {
	const char *msg;
	bool has_offs, has_miss;
	uint32_t offs, miss_type, miss_nest;
};

static void extack_get(const struct nlmsghdr *nlh, size_t skip,
		       struct extack *ack)
{
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	attr = (const void *)((const char *)mnl_nlmsg_get_payload(nlh) + skip);
	while ((const char *)attr < end &&
	       mnl_attr_ok(attr, end - (const char *)attr)) {
		size_t len = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			if (!mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
				ack->msg = mnl_attr_get_str(attr);
			break;
		case NLMSGERR_ATTR_OFFS:
			if (len == sizeof(uint32_t)) {
				ack->offs = mnl_attr_get_u32(attr);
				ack->has_offs = true;
			}
			break;
		case EXTACK_MISS_TYPE:
			if (len == sizeof(uint32_t)) {
				ack->miss_type = mnl_attr_get_u32(attr);
				ack->has_miss = true;
			}
			break;
		case EXTACK_MISS_NEST:
			if (len == sizeof(uint32_t))
				ack->miss_nest = mnl_attr_get_u32(attr);
			break;
		}
		attr = mnl_attr_next(attr);
	}
}

static const struct sec_set *nest_set(const struct sec_set *set,
				      const char *path)
{
	const struct sec_field *f;
	size_t len = strcspn(path, ".");

	for (f = set->fields; f->name && len; f++)
		if (strlen(f->name) == len && !strncmp(f->name, path, len) &&
		    f->nest)
			return path[len] ? nest_set(f->nest, path + len + 1) :
					   f->nest;
	return set;
}

/* Name the attribute that the kernel points at in the request. */
static void extack_where(const struct sec_nl *nl, const struct extack *ack,
			 char *buf, size_t size)
{
	const struct nlmsghdr *req = (const void *)nl->tx;
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(req);
	const struct sec_set *set = sec_set_of_command(genl->cmd);
	size_t head = MNL_NLMSG_HDRLEN + sizeof(*genl);
	const char *name;
	char path[64];

	buf[0] = '\0';
	if (!set || req->nlmsg_type != nl->family)
		return;
	if (ack->has_offs && ack->offs >= head) {
		sec_attr_path((const char *)req + head, req->nlmsg_len - head,
			      ack->offs - head, set, path, sizeof(path));
		if (path[0])
			snprintf(buf, size, " (attribute %s)", path);
		return;
	}
	if (!ack->has_miss)
		return;
	path[0] = '\0';
	if (ack->miss_nest >= head)
		sec_attr_path((const char *)req + head, req->nlmsg_len - head,
			      ack->miss_nest - head, set, path, sizeof(path));
	name = sec_attr_name(nest_set(set, path), ack->miss_type);
	if (name)
		snprintf(buf, size, " (attribute %s%s%s is missing)", path,
			 path[0] ? "." : "", name);
}

static int refused(struct sec_nl *nl, int error, const struct nlmsghdr *nlh,
		   size_t skip)
{
	struct extack ack = { 0 };
	char where[128];

	nl->error = error;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		extack_get(nlh, skip, &ack);
	extack_where(nl, &ack, where, sizeof(where));
	if (ack.msg)
		return sec_fail(nl->diag, "%s%s: %s", ack.msg, where,
				strerror(error));
	return sec_fail(nl->diag, "the kernel says: %s%s", strerror(error),
			where);
}

/* Exchange */

/* A sentence that comes with a success. */
static void remember_note(struct sec_nl *nl, const struct nlmsghdr *nlh,
			  size_t skip)
{
	struct extack ack = { 0 };

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		extack_get(nlh, skip, &ack);
	if (ack.msg)
		snprintf(nl->note, sizeof(nl->note), "%s", ack.msg);
}

static int handle_error(struct sec_nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return sec_fail(nl->diag, "the kernel sent a short error message");
	/* The request is sent back but for its attributes. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	if (!err->error) {
		remember_note(nl, nlh, skip);
		return 0;
	}
	return refused(nl, -err->error, nlh, skip);
}

static int handle_done(struct sec_nl *nl, const struct nlmsghdr *nlh)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	if (error < 0)
		return refused(nl, -error, nlh, sizeof(error));
	return 0;
}

/* Returns 1 when the answer is complete, 0 for more, -1 on error. */
static int handle(struct sec_nl *nl, const struct nlmsghdr *nlh, sec_nl_cb cb,
		  void *data)
{
	const struct genlmsghdr *genl;
	size_t len;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		return handle_error(nl, nlh) ? -1 : 1;
	case NLMSG_DONE:
		return handle_done(nl, nlh) ? -1 : 1;
	case NLMSG_NOOP:
		return 0;
	case NLMSG_OVERRUN:
		return sec_fail(nl->diag, "the kernel lost data of the answer");
	}
	len = mnl_nlmsg_get_payload_len(nlh);
	if (len < sizeof(*genl))
		return sec_fail(nl->diag, "the kernel sent a short message");
	genl = mnl_nlmsg_get_payload(nlh);
	if (!cb)
		return 0;
	return cb(nl, genl->cmd, genl + 1, len - sizeof(*genl), data) ? -1 : 0;
}

static int get_answers(struct sec_nl *nl, uint32_t seq, sec_nl_cb cb, void *data)
{
	unsigned int portid = mnl_socket_get_portid(nl->sock);
	int failed = 0;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl->sock, nl->rx,
						SEC_NL_RX_SIZE);
		const struct nlmsghdr *nlh = (const void *)nl->rx;
		int len = n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error(nl, "netlink receive");
		for (; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			int rc;

			if (!mnl_nlmsg_seq_ok(nlh, seq) ||
			    !mnl_nlmsg_portid_ok(nlh, portid))
				continue;
			/* After a failure the rest is read and dropped. */
			rc = handle(nl, nlh, failed ? NULL : cb, data);
			if (rc < 0 && (nlh->nlmsg_type == NLMSG_ERROR ||
				       nlh->nlmsg_type == NLMSG_DONE))
				return -1;
			if (rc < 0)
				failed = -1;
			if (rc > 0)
				return failed;
		}
		explicit_bzero(nl->rx, n);
	}
}

static int exchange(struct sec_nl *nl, struct nlmsghdr *nlh, sec_nl_cb cb,
		    void *data)
{
	int rc;

	nlh->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return system_error(nl, "netlink send");
	rc = get_answers(nl, nlh->nlmsg_seq, cb, data);
	return rc;
}

int sec_nl_request(struct sec_nl *nl, unsigned int cmd, unsigned int flags,
		   const struct sec_set *set, const void *obj, sec_nl_cb cb,
		   void *data)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->tx);
	struct genlmsghdr *genl;
	int rc = -1;

	nl->error = 0;
	nl->interrupted = false;
	nl->note[0] = '\0';
	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = NFSEC_GENL_VERSION;
	if (!obj || !sec_put(nlh, SEC_NL_TX_SIZE, set, obj, nl->diag))
		rc = nl->exchange(nl, nlh, cb, data);
	explicit_bzero(nl->tx, nlh->nlmsg_len);
	return rc;
}

int sec_nl_fill(struct sec_nl *nl, unsigned int cmd, const void *attrs,
		size_t len, void *data)
{
	const struct sec_set *set = sec_set_of_command(cmd);

	if (!set)
		return sec_fail(nl->diag, "the kernel sent unknown command %u",
				cmd);
	return sec_get(attrs, len, set, data, nl->diag);
}

/* Finding the family */

static void get_group(struct sec_nl *nl, const struct nlattr *nest)
{
	const struct nlattr *attr;
	const char *name = NULL;
	uint32_t id = 0;
	int i;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(attr);
	}
	for (i = 0; name && i < SEC_NL_GROUPS; i++)
		if (!strcmp(nl->group[i].name, name))
			nl->group[i].id = id;
}

static int get_family(struct sec_nl *nl, unsigned int cmd, const void *attrs,
		      size_t len, void *data)
{
	const struct nlattr *attr = attrs;
	const char *end = (const char *)attrs + len;
	const struct nlattr *group;

	(void)cmd;
	(void)data;
	for (; mnl_attr_ok(attr, end - (const char *)attr);
	     attr = mnl_attr_next(attr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			nl->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			nl->version = mnl_attr_get_u32(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(group, attr)
				get_group(nl, group);
			break;
		}
	}
	return 0;
}

int sec_nl_check_version(struct sec_nl *nl)
{
	if (nl->version == NFSEC_GENL_VERSION)
		return 0;
	return sec_fail(nl->diag,
			"this program speaks version %d of the netlink family, the loaded module version %u; install both from one release",
			NFSEC_GENL_VERSION, nl->version);
}

static int find_family(struct sec_nl *nl)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->tx);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NFSEC_GENL_NAME);
	if (nl->exchange(nl, nlh, get_family, NULL)) {
		if (nl->error != ENOENT)
			return -1;
		nl->diag->text[0] = '\0';
		return sec_fail(nl->diag, "module nfsec is not loaded");
	}
	return sec_nl_check_version(nl);
}

int sec_nl_open(struct sec_nl *nl, struct sec_diag *diag)
{
	static const char *const groups[SEC_NL_GROUPS] = {
		NFSEC_MCGRP_ACQUIRE, NFSEC_MCGRP_EXPIRE, NFSEC_MCGRP_SA,
		NFSEC_MCGRP_POLICY, NFSEC_MCGRP_MAPPING,
	};
	int one = 1;
	int i;

	memset(nl, 0, sizeof(*nl));
	nl->diag = diag;
	nl->exchange = exchange;
	for (i = 0; i < SEC_NL_GROUPS; i++)
		nl->group[i].name = groups[i];
	/* Zeros, because libmnl leaves the padding of attributes as it is. */
	nl->tx = calloc(1, SEC_NL_TX_SIZE);
	nl->rx = malloc(SEC_NL_RX_SIZE);
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->tx || !nl->rx || !nl->sock ||
	    mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		system_error(nl, "netlink socket");
		sec_nl_close(nl);
		return -1;
	}
	/* Text and place of errors, without the request, and strict dumps. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &one,
			      sizeof(one));
	if (find_family(nl)) {
		sec_nl_close(nl);
		return -1;
	}
	return 0;
}

void sec_nl_close(struct sec_nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	if (nl->rx)
		explicit_bzero(nl->rx, SEC_NL_RX_SIZE);
	free(nl->tx);
	free(nl->rx);
	nl->sock = NULL;
	nl->tx = NULL;
	nl->rx = NULL;
}

/* Events */

int sec_nl_join(struct sec_nl *nl, const char *group)
{
	int i;

	for (i = 0; i < SEC_NL_GROUPS; i++) {
		if (strcmp(nl->group[i].name, group))
			continue;
		if (!nl->group[i].id)
			break;
		if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP,
					  &nl->group[i].id, sizeof(uint32_t)))
			return system_error(nl, group);
		return 0;
	}
	return sec_fail(nl->diag, "the module has no events of the group %s",
			group);
}

int sec_nl_all_nsid(struct sec_nl *nl)
{
	int one = 1;

	if (mnl_socket_setsockopt(nl->sock, NETLINK_LISTEN_ALL_NSID, &one,
				  sizeof(one)))
		return system_error(nl, "all-nsid");
	return 0;
}

static int nsid_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	int nsid = -1;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_NETLINK &&
		    c->cmsg_type == NETLINK_LISTEN_ALL_NSID &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
	return nsid;
}

static int event(struct sec_nl *nl, const struct nlmsghdr *nlh, int nsid,
		 sec_nl_event_cb cb, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	if (nlh->nlmsg_type != nl->family || len < sizeof(*genl))
		return 0;
	return cb(nl, genl->cmd, nsid, genl + 1, len - sizeof(*genl), data);
}

void sec_nl_big_buffer(struct sec_nl *nl)
{
	int fd = mnl_socket_get_fd(nl->sock);
	int size = RCVBUF_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int sec_nl_events(struct sec_nl *nl, int flags, sec_nl_event_cb cb, void *data)
{
	int fd = mnl_socket_get_fd(nl->sock);
	char control[64];
	struct iovec iov = { nl->rx, SEC_NL_RX_SIZE };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct nlmsghdr *nlh = (const void *)nl->rx;
	ssize_t n = recvmsg(fd, &msg, flags);
	int len = n;

	/* Command 0 tells the caller that events were lost. */
	if (n < 0 && errno == ENOBUFS)
		return cb(nl, 0, -1, NULL, 0, data) ? -1 : 1;
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return system_error(nl, "netlink receive");
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (event(nl, nlh, nsid_of(&msg), cb, data))
			return -1;
	return 1;
}

int sec_nl_listen(struct sec_nl *nl, sec_nl_event_cb cb, void *data)
{
	sec_nl_big_buffer(nl);
	while (sec_nl_events(nl, 0, cb, data) >= 0)
		;
	return -1;
}
