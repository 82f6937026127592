/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_COMPAT_NET_NETLINK_H
#define _NFSEC_COMPAT_NET_NETLINK_H

#include_next <net/netlink.h>

/* Older kernels know the plain form only */
#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(_len) { .type = NLA_BINARY, .len = (_len) }
#endif

#endif /* _NFSEC_COMPAT_NET_NETLINK_H */
