/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the netlink family as plain structures.
 *
 * One structure per attribute set of uapi/nfsec.yaml. The bits of the member
 * @has are numbered like the attributes of the set and tell which members are
 * present. codec.h moves the structures to and from netlink messages and to
 * JSON; the parsers and printers work on nothing else.
 */
#ifndef SEC_OBJECT_H
#define SEC_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <uapi/nfsec.h>

#include "addr.h"

#define SEC_BIT(attr)		(1ULL << (attr))
#define sec_has(obj, attr)	(((obj)->has & SEC_BIT(attr)) != 0)
#define sec_set(obj, attr)	((obj)->has |= SEC_BIT(attr))

#define SEC_ALGO_NAME_MAX	64
#define SEC_KEY_MAX		256
#define SEC_TEXT_MAX		256
#define SEC_BITMAP_MAX		8192

struct sec_sel {
	uint64_t has;
	struct sec_addr src, src_last;
	struct sec_addr dst, dst_last;
	uint8_t src_plen, dst_plen;
	uint8_t proto;
	uint8_t family;
	uint16_t sport_min, sport_max;
	uint16_t dport_min, dport_max;
	uint32_t ifindex;
};

struct sec_mark {
	uint64_t has;
	uint32_t value, mask;
};

struct sec_algo {
	uint64_t has;
	char name[SEC_ALGO_NAME_MAX];
	uint8_t key[SEC_KEY_MAX];
	uint16_t key_len;
	uint32_t icv_bits, key_bits;
};

struct sec_encap {
	uint64_t has;
	uint16_t type, sport, dport;
	struct sec_addr oaddr;
};

struct sec_limits {
	uint64_t has;
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
	uint64_t soft_add, hard_add;
	uint64_t soft_use, hard_use;
};

struct sec_usage {
	uint64_t has;
	uint64_t bytes, packets;
	uint64_t added, first_used, last_used;
};

struct sec_counter {
	uint64_t has;
	uint32_t id;
	char name[64];
	uint64_t value;
	char doc[SEC_TEXT_MAX];
};

struct sec_tmpl {
	uint64_t has;
	struct sec_addr src, dst;
	uint8_t proto, mode, level;
	uint32_t spi, reqid;
};

/* A growing array; @p holds @n elements of the set the field names. */
struct sec_list {
	void *p;
	unsigned int n;
};

struct sec_sa {
	uint64_t has;
	struct sec_addr src, dst;
	uint8_t proto, mode, dir, expire, event;
	uint32_t spi, reqid, flags;
	struct sec_algo aead, auth, enc;
	struct sec_encap encap;
	struct sec_sel sel;
	struct sec_mark mark, output_mark;
	struct sec_limits limits;
	struct sec_usage usage;
	uint32_t replay_window;
	uint64_t replay_seq, replay_oseq;
	uint8_t *replay_bitmap;		/* allocated */
	uint16_t replay_bitmap_len;
	uint32_t tfcpad;
	struct sec_list drop;		/* struct sec_counter */
	uint32_t spi_min, spi_max;
	uint32_t overhead, pmtu, count;
	struct sec_addr new_src, new_dst, old_src, old_dst;
	uint16_t new_sport;
};

struct sec_policy {
	uint64_t has;
	uint8_t dir, action, expire, event;
	struct sec_sel sel;
	uint32_t index, priority, flags, count;
	struct sec_mark mark;
	struct sec_list tmpl;		/* struct sec_tmpl */
	struct sec_limits limits;
	struct sec_usage usage;
};

struct sec_acquire {
	uint64_t has;
	uint32_t seq, policy_index, mark;
	uint8_t dir;
	struct sec_sel sel, policy_sel;
	struct sec_tmpl tmpl;
};

struct sec_lookup {
	uint64_t has;
	uint8_t dir, verdict, sa_proto;
	struct sec_sel flow;
	uint32_t mark, policy_index, sa_spi;
	struct sec_addr sa_dst;
	struct sec_mark sa_mark;
	char reason[SEC_TEXT_MAX];
};

struct sec_stats {
	uint64_t has;
	struct sec_list drop;		/* struct sec_counter */
	struct sec_list counter;	/* struct sec_counter */
};

struct sec_settings {
	uint64_t has;
	uint8_t default_in, default_out, default_fwd, allow_weak;
	uint32_t sa_count, policy_count;
	char version[64];
};

#endif /* SEC_OBJECT_H */
