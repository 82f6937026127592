/* SPDX-License-Identifier: GPL-2.0 */
/* skb_gso_segment() moved from <linux/netdevice.h> to <net/gso.h> in 6.5 */
#ifndef _NFSEC_COMPAT_GSO_H
#define _NFSEC_COMPAT_GSO_H

#if __has_include(<net/gso.h>)
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#endif /* _NFSEC_COMPAT_GSO_H */
