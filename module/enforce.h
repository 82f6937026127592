/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_ENFORCE_H
#define _NFSEC_ENFORCE_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_flow;
struct nfsec_net;
struct sk_buff;

bool nfsec_enforce_exempt(const struct sk_buff *skb,
			  const struct nfsec_flow *fl);
enum nfsec_drop nfsec_enforce(struct nfsec_net *nn, const struct sk_buff *skb,
			      const struct nfsec_flow *fl, u8 dir);

#endif /* _NFSEC_ENFORCE_H */
