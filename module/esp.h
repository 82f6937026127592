/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_ESP_H
#define _NFSEC_ESP_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_sa;
struct sk_buff;

/**
 * struct nfsec_esp_plain - where things are in a decrypted packet
 * @payload: offset of the payload from skb->data
 * @len: octets of payload, padding stripped
 * @nexthdr: what it is
 */
struct nfsec_esp_plain {
	u32 payload;
	u32 len;
	u8 nexthdr;
};

int nfsec_esp_offset(const struct sk_buff *skb, u8 family, u32 *nhoff, u8 *nh);
struct sk_buff *nfsec_esp_build(const struct nfsec_sa *sa, struct sk_buff *skb,
				u32 keep, u32 gap, u32 headroom, u32 padto,
				u8 nexthdr);
int nfsec_esp_seal(struct nfsec_sa *sa, struct sk_buff *skb, u64 seq, u64 iv);
bool nfsec_esp_open(struct nfsec_sa *sa, struct sk_buff *skb, u32 esp_off,
		    struct nfsec_esp_plain *plain, enum nfsec_drop *reason);

#endif /* _NFSEC_ESP_H */
