/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_COMPAT_NET_GENETLINK_H
#define _NFSEC_COMPAT_NET_GENETLINK_H

#include <linux/version.h>

#include_next <net/genetlink.h>

/*
 * Before 6.6 the attributes of a dump request are in struct genl_dumpit_info
 * itself, later in the struct genl_info inside it. Neither has a macro to test
 * for.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

#endif /* _NFSEC_COMPAT_NET_GENETLINK_H */
