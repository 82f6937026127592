/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reasons for dropping a packet.
 *
 * The one list below makes the enum, the counters of a namespace and of an SA,
 * the names in netlink answers and the text that explains them. Every packet
 * that nfsec drops is counted under exactly one of them.
 */
#ifndef _NFSEC_DROP_H
#define _NFSEC_DROP_H

/* X(SYMBOL, name, what happened) */
#define NFSEC_DROP_LIST(X) \
	X(OUT_BLOCK, out_block, "outbound packet met a block policy") \
	X(OUT_NO_POLICY, out_no_policy, \
	  "outbound packet met no policy and the default is block") \
	X(OUT_NO_SA, out_no_sa, \
	  "policy wants protection and there is no usable SA") \
	X(OUT_HOLD_FULL, out_hold_full, \
	  "packet needs an SA, and enough packets wait for it already") \
	X(OUT_HOLD_TIMEOUT, out_hold_timeout, \
	  "packet has waited for an SA, and none came in time") \
	X(OUT_HOLD_GONE, out_hold_gone, \
	  "packet has waited for an SA, and its policy or device is gone") \
	X(OUT_SA_SELECTOR, out_sa_selector, \
	  "packet is outside the selector of the SA its policy chose") \
	X(OUT_TRANSPORT_FORWARD, out_transport_forward, \
	  "transport mode asked for a packet that is not from this host") \
	X(OUT_FRAGMENT, out_fragment, \
	  "fragment met a transport SA or a policy that needs its ports") \
	X(OUT_SEQ_OVERFLOW, out_seq_overflow, \
	  "sequence number of the SA is used up") \
	X(OUT_SA_EXPIRED, out_sa_expired, \
	  "hard limit of the SA was reached by this packet") \
	X(OUT_TOO_BIG, out_too_big, \
	  "packet does not fit the path with its encapsulation and may not be fragmented") \
	X(OUT_NO_ROUTE, out_no_route, "no route to the peer of the SA") \
	X(OUT_CONNTRACK, out_conntrack, \
	  "connection tracking refused the packet when it was confirmed") \
	X(OUT_CRYPTO, out_crypto, "crypto failed on an outbound packet") \
	X(OUT_NOMEM, out_nomem, "no memory for an outbound packet") \
	X(OUT_MALFORMED, out_malformed, "outbound packet has broken headers") \
	X(OUT_AH_HEADERS, out_ah_headers, \
	  "options or headers in front of AH are broken, or arrive in a form that is not known") \
	X(IN_BLOCK, in_block, "inbound packet met a block policy") \
	X(IN_NO_POLICY, in_no_policy, \
	  "inbound packet, maybe out of a tunnel, that no policy allows") \
	X(IN_CLEARTEXT, in_cleartext, \
	  "packet came in clear and policy wants it protected") \
	X(IN_TEMPLATE, in_template, \
	  "packet came through another SA than its policy wants") \
	X(FWD_BLOCK, fwd_block, "forwarded packet met a block policy") \
	X(FWD_NO_POLICY, fwd_no_policy, \
	  "forwarded packet, maybe out of a tunnel, that no policy allows") \
	X(FWD_CLEARTEXT, fwd_cleartext, \
	  "forwarded packet came in clear and policy wants it protected") \
	X(FWD_TEMPLATE, fwd_template, \
	  "forwarded packet came through another SA than its policy wants") \
	X(IN_NO_SA, in_no_sa, "no SA has this SPI, destination and protocol") \
	X(IN_SA_EXPIRED, in_sa_expired, \
	  "SA is expired, or this packet reached its hard limit") \
	X(IN_TRUNCATED, in_truncated, \
	  "packet is too short for the header, IV, trailer and ICV of its SA") \
	X(IN_AH_LENGTH, in_ah_length, \
	  "length in the AH header is not that of its SA") \
	X(IN_AH_HEADERS, in_ah_headers, \
	  "options or headers in front of AH are broken") \
	X(IN_REPLAY, in_replay, "sequence number was seen before") \
	X(IN_REPLAY_OLD, in_replay_old, \
	  "sequence number is left of the replay window, or zero") \
	X(IN_ICV, in_icv, "integrity check failed") \
	X(IN_CRYPTO, in_crypto, "crypto failed on an inbound packet") \
	X(IN_PADDING, in_padding, \
	  "pad length exceeds the packet, or the padding is not 1, 2, 3, ...") \
	X(IN_NEXT_HEADER, in_next_header, \
	  "next header does not suit the mode of the SA") \
	X(IN_INNER_MALFORMED, in_inner_malformed, \
	  "decrypted packet has broken headers or is shorter than it says") \
	X(IN_SELECTOR, in_selector, \
	  "decrypted packet is outside the selector of its SA") \
	X(IN_ECN, in_ecn, \
	  "outer header says congestion, inner transport is not ECN capable") \
	X(IN_FRAGMENT, in_fragment, \
	  "fragment offered to ESP or AH, or one that cannot be put together") \
	X(IN_ENCAP, in_encap, \
	  "UDP encapsulation of the packet has a bad length or checksum") \
	X(IN_QUEUE_FULL, in_queue_full, \
	  "receive queue of this CPU is full") \
	X(IN_CONNTRACK, in_conntrack, \
	  "connection tracking refused the packet when it was confirmed") \
	X(IN_NOMEM, in_nomem, "no memory for an inbound packet") \
	X(IN_GOING_DOWN, in_going_down, \
	  "device or module went away while the packet was queued")

enum nfsec_drop {
#define NFSEC_DROP_ENUM(sym, name, doc)	NFSEC_DROP_##sym,
	NFSEC_DROP_LIST(NFSEC_DROP_ENUM)
#undef NFSEC_DROP_ENUM
	NFSEC_DROP_COUNT
};

#endif /* _NFSEC_DROP_H */
