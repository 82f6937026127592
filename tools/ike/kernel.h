/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What IKE asks of the kernel: SPIs, SAs and policies. Nothing here knows which version
 * of IKE asks, nor which kernel answers.
 */
#ifndef IKE_KERNEL_H
#define IKE_KERNEL_H

#include "addr.h"
#include "crypto.h"
#include "ts.h"

#define IKE_REPLAY_WINDOW 1024	/* packets, unless configured */

/**
 * struct ike_kern_sa - one IPsec SA, of one direction
 * @spi: its SPI, in network order
 * @proto: IKE_PROTO_ESP or IKE_PROTO_AH
 * @inbound: we receive with it
 * @transport: transport mode, else tunnel mode
 * @esn: extended sequence numbers
 * @encap: in UDP, with the ports of @src and @dst (RFC 3948)
 * @reqid: ties it to its policies
 * @like: reqid of the configuration, by which a backend knows what else was asked for
 * @src: who sends
 * @dst: who receives
 * @oa_src: in transport mode through a NAT: the address that the peer has on its side, for
 *	checksums (RFC 7296 2.23.1); its length is 0 if that is @src
 * @oa_dst: the one that the peer knows us by, likewise
 * @encr: cipher, 0 for AH
 * @encr_bits: length of its key, 0 if it has one only
 * @integ: integrity algorithm, 0 for AEAD
 * @encr_len: octets of @encr_key
 * @integ_len: octets of @integ_key
 * @encr_key: key of the cipher, salt at the end
 * @integ_key: key of the integrity algorithm
 */
struct ike_kern_sa {
	uint32_t spi;
	uint8_t proto;
	bool inbound, transport, esn, encap;
	uint32_t reqid, like;
	struct ike_addr src, dst, oa_src, oa_dst;
	uint16_t encr, encr_bits, integ;
	uint8_t encr_len, integ_len;
	uint8_t encr_key[IKE_ENCR_MAX], integ_key[IKE_INTEG_MAX];
};

/* What becomes of what a policy selects. */
enum ike_kern_action {
	IKE_KERN_PROTECT,
	IKE_KERN_PASS,		/* it goes in clear */
	IKE_KERN_DROP,
};

/**
 * struct ike_kern_policy - what traffic takes which SAs
 * @inbound: for what arrives; a backend whose kernel has a direction for forwarded
 *	packets derives that one from this
 * @transport: mode of the SAs
 * @proto: protocol of the SAs
 * @action: the members about SAs are for IKE_KERN_PROTECT
 * @reqid: that of the SAs
 * @like: as of an SA
 * @priority: the lowest one that fits is taken; 0 is up to the backend
 * @mark: only packets with this mark, looking at
 * @mask: these bits
 * @from: selects the sources
 * @to: selects the destinations
 * @src: outer source, and
 * @dst: outer destination, of tunnel mode
 */
struct ike_kern_policy {
	bool inbound, transport;
	uint8_t proto;
	enum ike_kern_action action;
	uint32_t reqid, like, priority, mark, mask;
	struct ike_ts from, to;
	struct ike_addr src, dst;
};

/**
 * struct ike_kern_use - how much an SA was used
 * @packets: packets since it was added
 * @octets: their octets
 */
struct ike_kern_use {
	uint64_t packets, octets;
};

/**
 * struct ike_kernel_ops - a backend; all return 0 or -1
 * @alloc_spi: reserves an SPI for what @src will send to us at @dst; it is given back by
 *	@del_sa, or becomes an SA by @add_sa
 * @add_sa: adds an SA; keys are copied
 * @update_sa: gives SA @spi, whose destination is @dst, the addresses and ports @new_src
 *	and @new_dst, and loses no packet; it is in UDP from then on if the ports are not 0
 * @del_sa: removes an SA or a reserved SPI
 * @query_sa: how much it was used
 * @add_policy: adds a policy. The same again counts as one more user of it, so that an SA
 *	can be replaced without a gap
 * @del_policy: takes one user off it, the last with the policy
 */
struct ike_kernel_ops {
	int (*alloc_spi)(void *kern, uint8_t proto, const struct ike_addr *src,
			 const struct ike_addr *dst, uint32_t *spi);
	int (*add_sa)(void *kern, const struct ike_kern_sa *sa);
	int (*update_sa)(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
			 const struct ike_addr *new_src, const struct ike_addr *new_dst);
	int (*del_sa)(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst);
	int (*query_sa)(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
			struct ike_kern_use *use);
	int (*add_policy)(void *kern, const struct ike_kern_policy *p);
	int (*del_policy)(void *kern, const struct ike_kern_policy *p);
};

/* kernel_fake.c: a kernel in memory, for tests. */

#define IKE_FAKE_SAS		192
#define IKE_FAKE_POLICIES	64

/**
 * struct ike_fake - its state, open to tests; zeroed is empty
 * @next_spi: the SPI that was given out last, host order
 * @fail_add: this many calls of @add_sa succeed before one fails, if it is not 0
 * @errors: calls about what is not there, or is there already
 * @sa: SAs; unused ones have an SPI of 0
 * @larval: @sa of the same index is but a reserved SPI
 * @use: use of @sa, for tests to set
 * @policy: policies
 * @users: of @policy, 0 if unused
 */
struct ike_fake {
	uint32_t next_spi;
	unsigned int fail_add, errors;
	struct ike_kern_sa sa[IKE_FAKE_SAS];
	bool larval[IKE_FAKE_SAS];
	struct ike_kern_use use[IKE_FAKE_SAS];
	struct ike_kern_policy policy[IKE_FAKE_POLICIES];
	unsigned int users[IKE_FAKE_POLICIES];
};

extern const struct ike_kernel_ops ike_fake_ops;

#endif /* IKE_KERNEL_H */
