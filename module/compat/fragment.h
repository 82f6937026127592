/* SPDX-License-Identifier: GPL-2.0 */
/* ip6_fragment() was reached by way of ipv6_stub before that went away */
#ifndef _NFSEC_COMPAT_FRAGMENT_H
#define _NFSEC_COMPAT_FRAGMENT_H

#include <net/ip6_route.h>

#if __has_include(<net/ipv6_stubs.h>)
#include <net/ipv6_stubs.h>
#define nfsec_compat_ip6_fragment(net, skb, output) \
	ipv6_stub->ipv6_fragment(net, NULL, skb, output)
#else
#define nfsec_compat_ip6_fragment(net, skb, output) \
	ip6_fragment(net, NULL, skb, output)
#endif

#endif /* _NFSEC_COMPAT_FRAGMENT_H */
