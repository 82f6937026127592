/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_ESP_H
#define _NFSEC_ESP_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_layout;
struct nfsec_plain;
struct nfsec_sa;
struct sk_buff;

struct sk_buff *nfsec_esp_build(const struct nfsec_sa *sa, struct sk_buff *skb,
				const struct nfsec_layout *lay, u32 i);
int nfsec_esp_seal(struct nfsec_sa *sa, struct sk_buff *skb, u64 seq, u64 iv);
bool nfsec_esp_open(struct nfsec_sa *sa, struct sk_buff *skb, u32 esp_off,
		    struct nfsec_plain *plain, enum nfsec_drop *reason);

#endif /* _NFSEC_ESP_H */
