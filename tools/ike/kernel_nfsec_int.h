/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the nfsec backend share.
 */
#ifndef IKE_KERNEL_NFSEC_INT_H
#define IKE_KERNEL_NFSEC_INT_H

#include "../lib/netlink.h"
#include "ids.h"
#include "kernel_nfsec.h"

#define IKE_NFSEC_BUCKETS 256

/**
 * struct ike_nfsec_policy - a policy that somebody asked for
 * @next: the next one of the bucket. Of those with the same direction and selectors the
 *	first is the one in the module
 * @p: what was asked for
 * @users: how often
 */
struct ike_nfsec_policy {
	struct ike_nfsec_policy *next;
	struct ike_kern_policy p;
	unsigned int users;
};

/**
 * struct ike_nfsec - the backend
 * @conf: its surroundings
 * @nl: for requests
 * @ev: for events
 * @diag: message of the last request that failed
 * @ev_diag: the same for @ev
 * @bucket: policies by their selectors
 */
struct ike_nfsec {
	struct ike_nfsec_conf conf;
	struct sec_nl nl, ev;
	struct sec_diag diag, ev_diag;
	struct ike_nfsec_policy *bucket[IKE_NFSEC_BUCKETS];
};

__printf(2, 3)
void ike_nfsec_log(struct ike_nfsec *k, const char *fmt, ...);

/* A request; -1 with the message in k->diag. */
int ike_nfsec_ask(struct ike_nfsec *k, unsigned int cmd, unsigned int flags,
		  const struct sec_set *set, const void *obj, sec_nl_cb cb, void *data);
struct sec_addr ike_nfsec_addr(const struct ike_addr *a);

/* Options of the child with @reqid; never NULL. */
const struct ike_nfsec_opts *ike_nfsec_opts(struct ike_nfsec *k, uint32_t reqid);

/* kernel_nfsec_policy.c: what an acquire says. */
void ike_nfsec_acquire(const struct sec_acquire *a, struct ike_nfsec_event *e);

/* kernel_nfsec_policy.c: of struct ike_kernel_ops */
int ike_nfsec_add_policy(void *kern, const struct ike_kern_policy *p);
int ike_nfsec_del_policy(void *kern, const struct ike_kern_policy *p);

#endif /* IKE_KERNEL_NFSEC_INT_H */
