/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon may do, which is what it needs and no more.
 */
#ifndef IKE_PRIV_H
#define IKE_PRIV_H

#include <stddef.h>

enum ike_priv {
	IKE_PRIV_BIND,	/* CAP_NET_ADMIN and CAP_NET_BIND_SERVICE are left */
	IKE_PRIV_RUN,	/* CAP_NET_ADMIN is */
};

/* Gives up all capabilities but those of @which, and for good: no program that is executed
 * may get others. To be called before there are threads. 0, or -1 and a sentence in @err.
 */
int ike_priv_caps(enum ike_priv which, char *err, size_t n);

/* Lets only system calls through that the daemon and its libraries make; others fail with
 * EPERM, and those that only an attacker would try end the process. It holds for all threads.
 * 0, or -1 and a sentence.
 */
int ike_priv_filter(char *err, size_t n);

#endif /* IKE_PRIV_H */
