/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the generic netlink family of the nfsec module.
 */
#ifndef SEC_NETLINK_H
#define SEC_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "codec.h"
#include "diag.h"

/* Room for an SA with the longest replay bitmap and keys. */
#define SEC_NL_TX_SIZE (32 * 1024)
#define SEC_NL_RX_SIZE (128 * 1024)

#define SEC_NL_GROUPS 5

struct sec_nl;

/* Called for each answer; @cmd is its command. Nonzero ends with an error. */
typedef int (*sec_nl_cb)(struct sec_nl *nl, unsigned int cmd,
			 const void *attrs, size_t len, void *data);

struct sec_nl {
	struct mnl_socket *sock;
	struct sec_diag *diag;
	uint16_t family;
	uint32_t version;
	uint32_t seq;
	struct {
		const char *name;
		uint32_t id;
	} group[SEC_NL_GROUPS];
	bool interrupted;	/* the table changed during a dump */
	char note[256];		/* what the kernel remarked on a success */
	int error;		/* errno of the last refusal, 0 if none */
	/* Replaced by tests. Sends a request and handles the answers. */
	int (*exchange)(struct sec_nl *nl, struct nlmsghdr *nlh, sec_nl_cb cb,
			void *data);
	char *tx, *rx;
};

/*
 * Open a socket in the current network namespace and find the family. Fails
 * with a message if the module is not loaded or is of another version.
 */
int sec_nl_open(struct sec_nl *nl, struct sec_diag *diag);
void sec_nl_close(struct sec_nl *nl);

/* Does the module speak the version this was compiled for? */
int sec_nl_check_version(struct sec_nl *nl);

/*
 * Send @obj with @cmd and call @cb for the answers. @flags may have
 * NLM_F_DUMP. Returns 0, or -1 with a message and nl->error.
 */
int sec_nl_request(struct sec_nl *nl, unsigned int cmd, unsigned int flags,
		   const struct sec_set *set, const void *obj, sec_nl_cb cb,
		   void *data);

/* A callback that fills the object @data of the command's set. */
int sec_nl_fill(struct sec_nl *nl, unsigned int cmd, const void *attrs,
		size_t len, void *data);

/*
 * Events. sec_nl_join() takes a name of NFSEC_MCGRP_*. sec_nl_listen() waits
 * for ever; @nsid is -1 for the own namespace.
 */
typedef int (*sec_nl_event_cb)(struct sec_nl *nl, unsigned int cmd, int nsid,
			       const void *attrs, size_t len, void *data);
int sec_nl_join(struct sec_nl *nl, const char *group);
int sec_nl_all_nsid(struct sec_nl *nl);
int sec_nl_listen(struct sec_nl *nl, sec_nl_event_cb cb, void *data);

/* Room for many events that wait, if the user may have it. */
void sec_nl_big_buffer(struct sec_nl *nl);

/*
 * One datagram of events; @flags as for recv(2). Returns 1, 0 if MSG_DONTWAIT
 * found none, or -1.
 */
int sec_nl_events(struct sec_nl *nl, int flags, sec_nl_event_cb cb, void *data);

#endif /* SEC_NETLINK_H */
