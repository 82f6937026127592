/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_ESP_H
#define _NFSEC_ESP_H

#include <linux/types.h>

#include "drop.h"

struct nfsec_sa;
struct nfsec_segments;
struct sk_buff;

/**
 * struct nfsec_esp_layout - what an outbound packet is to look like
 * @seg: how the packet it is made of is cut, or NULL if it is taken whole
 * @keep: octets of headers that stay in front of ESP, 0 in tunnel mode
 * @gap: octets between those headers and ESP, for UDP
 * @headroom: octets to leave in front of everything
 * @padto: TFC padding: pad the payload to this length, 0 for none
 * @nexthdr: next header for the trailer
 */
struct nfsec_esp_layout {
	const struct nfsec_segments *seg;
	u32 keep;
	u32 gap;
	u32 headroom;
	u32 padto;
	u8 nexthdr;
};

/**
 * struct nfsec_esp_plain - where things are in a decrypted packet
 * @payload: offset of the payload from skb->data
 * @len: octets of payload, padding stripped
 * @nexthdr: what it is
 * @newest: its sequence number is the highest so far, and replays are checked
 */
struct nfsec_esp_plain {
	u32 payload;
	u32 len;
	u8 nexthdr;
	bool newest;
};

int nfsec_esp_offset(const struct sk_buff *skb, u8 family, u32 *nhoff, u8 *nh);
struct sk_buff *nfsec_esp_build(const struct nfsec_sa *sa, struct sk_buff *skb,
				const struct nfsec_esp_layout *lay, u32 i);
int nfsec_esp_seal(struct nfsec_sa *sa, struct sk_buff *skb, u64 seq, u64 iv);
bool nfsec_esp_open(struct nfsec_sa *sa, struct sk_buff *skb, u32 esp_off,
		    struct nfsec_esp_plain *plain, enum nfsec_drop *reason);

#endif /* _NFSEC_ESP_H */
