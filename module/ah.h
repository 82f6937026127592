/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_AH_H
#define _NFSEC_AH_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_layout;
struct nfsec_path;
struct nfsec_plain;
struct nfsec_sa;
struct sk_buff;

#define NFSEC_AH_SPI	4	/* offset of the SPI in the header */

bool nfsec_ah_arrived(const struct sk_buff *skb, u8 family, u32 ah_off);
struct sk_buff *nfsec_ah_build(const struct nfsec_sa *sa,
			       const struct nfsec_path *path,
			       struct sk_buff *skb,
			       const struct nfsec_layout *lay, u32 i);
bool nfsec_ah_seal(struct nfsec_sa *sa, struct sk_buff *skb, u8 family,
		   u64 seq, u64 iv, enum nfsec_drop *reason);
bool nfsec_ah_open(struct nfsec_sa *sa, struct sk_buff *skb, u8 family,
		   u32 ah_off, struct nfsec_plain *plain,
		   enum nfsec_drop *reason);

int nfsec_ah_module_init(void);
void nfsec_ah_module_exit(void);

#endif /* _NFSEC_AH_H */
