/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_FRAME_H
#define _NFSEC_FRAME_H

#include <linux/types.h>

#include "drop.h"
#include "replay.h"

struct nfsec_segments;
struct sk_buff;

/**
 * struct nfsec_layout - what an outbound packet is to look like
 * @seg: how the packet it is made of is cut, or NULL if it is taken whole
 * @keep: octets of headers that stay in front of ESP or AH, 0 in tunnel mode
 * @gap: octets between those headers and ESP, for UDP
 * @headroom: octets to leave in front of everything
 * @padto: TFC padding: pad the payload to this length, 0 for none
 * @nexthdr: next header for the ESP trailer or AH
 */
struct nfsec_layout {
	const struct nfsec_segments *seg;
	u32 keep;
	u32 gap;
	u32 headroom;
	u32 padto;
	u8 nexthdr;
};

/**
 * struct nfsec_plain - where things are in a packet that was checked
 * @payload: offset of the payload from skb->data
 * @len: octets of payload, padding stripped
 * @nexthdr: what it is
 * @newest: its sequence number is the highest so far, and replays are checked
 */
struct nfsec_plain {
	u32 payload;
	u32 len;
	u8 nexthdr;
	bool newest;
};

int nfsec_frame_offset(const struct sk_buff *skb, u8 family, u32 *nhoff,
		       u8 *nh);
struct sk_buff *nfsec_frame_copy(struct sk_buff *skb,
				 const struct nfsec_layout *lay, u32 i,
				 u32 len, u32 hlen, u32 tlen);

/* Does the replay check refuse a packet, and why */
static inline bool nfsec_frame_replayed(enum nfsec_replay_verdict verdict,
					enum nfsec_drop *reason)
{
	if (likely(verdict == NFSEC_REPLAY_OK))
		return false;
	*reason = verdict == NFSEC_REPLAY_SEEN ? NFSEC_DROP_IN_REPLAY :
						 NFSEC_DROP_IN_REPLAY_OLD;
	return true;
}

#endif /* _NFSEC_FRAME_H */
