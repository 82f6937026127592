/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_STRIP_H
#define _NFSEC_STRIP_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_plain;
struct nfsec_sa;
struct sk_buff;

bool nfsec_strip_tunnel(const struct nfsec_sa *sa, struct sk_buff *skb,
			const struct nfsec_plain *plain, u8 outer_ds,
			u8 *family, enum nfsec_drop *reason);
void nfsec_strip_transport(struct sk_buff *skb, u8 family, u32 off, u32 gap,
			   const struct nfsec_plain *plain);

#endif /* _NFSEC_STRIP_H */
