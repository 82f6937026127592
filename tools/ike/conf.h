/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration: swanctl.conf(5) of strongSwan, read and checked as a
 * whole. tools/man/secike.conf.5 lists the keys. Certificates and keys are
 * only named here, not opened.
 */
#ifndef IKE_CONF_H
#define IKE_CONF_H

#include <stdbool.h>

#include "eap.h"
#include "ids.h"
#include "proposal.h"
#include "ts.h"
#include "types.h"

/* What a name in the configuration stands for and where it was begun; first in each object. */
struct ike_conf_item {
	const char *name;
	const char *file;
	unsigned int line;
};

struct ike_conf_strs {
	const char **v;
	unsigned int n;
};

enum ike_conf_addr_kind {
	IKE_CONF_ANY,		/* %any; @family 4 or 6 if only that */
	IKE_CONF_HOST,		/* one address, in @lo and @hi */
	IKE_CONF_RANGE,		/* @lo to @hi; subnets too */
	IKE_CONF_NAME,		/* DNS name, to be resolved */
};

/**
 * struct ike_conf_addr - an address, or what it may be
 * @kind: enum ike_conf_addr_kind
 * @family: 4, 6; 0 for any and for a name
 * @lo: first address, 4 or 16 octets as on the wire
 * @hi: last one
 * @text: as it was written
 */
struct ike_conf_addr {
	uint8_t kind;
	uint8_t family;
	uint8_t lo[16], hi[16];
	const char *text;
};

struct ike_conf_addrs {
	struct ike_conf_addr *v;
	unsigned int n;
};

/* An identity: @type of enum ike_id_type, 0 for any; @data as in the ID payload; @text as
 * it was written.
 */
struct ike_conf_id {
	uint8_t type;
	struct ike_buf data;
	const char *text;
};

struct ike_conf_ids {
	struct ike_conf_id *v;
	unsigned int n;
};

struct ike_conf_proposals {
	struct ike_proposal *v;
	unsigned int n;
};

struct ike_conf_ts {
	struct ike_ts *v;
	unsigned int n;
};

enum ike_conf_unique {
	IKE_CONF_FIXED,
	IKE_CONF_UNIQUE,	/* %unique: one for each child SA */
	IKE_CONF_UNIQUE_DIR,	/* %unique-dir: one for each direction */
	IKE_CONF_SAME,		/* %same (set_mark_*): the mark of the SA */
};

/* A mark or an interface id (@mask is all ones); unset if @value and @mask are 0. */
struct ike_conf_mark {
	uint32_t value, mask;
	uint8_t unique;
};

enum ike_conf_method { IKE_CONF_PUBKEY, IKE_CONF_PSK, IKE_CONF_EAP };

/**
 * struct ike_conf_auth - how one proves who he is
 * @method: enum ike_conf_method
 * @eap: the method of IKE_CONF_EAP, NULL for any
 * @n_hashes: number of @hashes
 * @hashes: for signatures, enum ike_sig_hash numbers of RFC 7427 in the order
 *	of preference; none if there is no constraint
 * @rsa: smallest RSA key in bits, 0 if not limited
 * @ecdsa: the same for ECDSA
 * @keys: types of keys allowed, IKE_CONF_KEY_*; 0 if all are
 * @pss: RSA signatures have to be RSASSA-PSS
 */
struct ike_conf_auth {
	uint8_t method;
	const struct ike_eap_method *eap;
	uint8_t n_hashes;
	uint8_t hashes[4];
	uint8_t keys;
	bool pss;
	uint16_t rsa, ecdsa;
};

#define IKE_CONF_KEY_RSA	0x1
#define IKE_CONF_KEY_ECDSA	0x2
#define IKE_CONF_KEY_ED25519	0x4
#define IKE_CONF_KEY_ED448	0x8

enum ike_conf_revocation { IKE_CONF_RELAXED, IKE_CONF_IFURI, IKE_CONF_STRICT };

/**
 * struct ike_conf_round - one authentication round of one side
 * @item: its name, "local-1"
 * @round: rounds are sorted by it, then by their place
 * @auth: method and its limits
 * @id: local: what we claim, any: the address; remote: what is expected
 * @eap_id: the same for EAP, its text is NULL if it is not there
 * @certs: absolute paths
 * @cacerts: absolute paths; remote only
 * @pubkeys: absolute paths
 * @revocation: enum ike_conf_revocation; remote only
 */
struct ike_conf_round {
	struct ike_conf_item item;
	uint32_t round;
	struct ike_conf_auth auth;
	struct ike_conf_id id, eap_id;
	struct ike_conf_strs certs, cacerts, pubkeys;
	uint8_t revocation;
};

struct ike_conf_rounds {
	struct ike_conf_round **v;
	unsigned int n;
};

enum ike_conf_mode {
	IKE_CONF_TUNNEL, IKE_CONF_TRANSPORT, IKE_CONF_PASS, IKE_CONF_DROP,
};

#define IKE_CONF_TRAP	0x1	/* actions: install a trap policy */
#define IKE_CONF_START	0x2	/* negotiate at once */

#define IKE_CONF_TFC_MTU	0xffffffffu

enum ike_conf_copy_dscp {
	IKE_CONF_COPY_OUT, IKE_CONF_COPY_IN, IKE_CONF_COPY_BOTH, IKE_CONF_COPY_NO,
};

/* One measure of an SA's life; 0 is without limit. */
struct ike_conf_life {
	uint64_t rekey;		/* soft: replace it, minus a random part of @rand */
	uint64_t life;		/* hard: it ends */
	uint64_t rand;
};

/**
 * struct ike_conf_child - one child SA
 * @item: its name
 * @esp: proposals
 * @local_ts: traffic selectors of our side
 * @remote_ts: of the peer's
 * @time: in seconds
 * @bytes: in octets
 * @packets: in packets
 * @updown: script, NULL if none
 * @mode: enum ike_conf_mode
 * @dpd_action: IKE_CONF_TRAP and IKE_CONF_START or neither, when the peer is dead
 * @close_action: the same, when the peer deletes it
 * @start_action: the same, when it is loaded
 * @priority: of policies, 0 is automatic
 * @reqid: 0 is automatic
 * @mark_in: mark of inbound SAs and policies
 * @mark_out: of outbound ones
 * @set_mark_in: mark that packets get
 * @set_mark_out: the same on the way out
 * @if_id_in: interface id
 * @if_id_out: the same on the way out
 * @tfc_padding: least octets of a packet, IKE_CONF_TFC_MTU for all there is room for
 * @replay_window: packets, 0 for no replay protection
 * @inactivity: seconds, 0 for never
 * @copy_df: to the outer header
 * @copy_ecn: to and from the outer header
 * @copy_dscp: enum ike_conf_copy_dscp
 */
struct ike_conf_child {
	struct ike_conf_item item;
	struct ike_conf_proposals esp;
	struct ike_conf_ts local_ts, remote_ts;
	struct ike_conf_life time, bytes, packets;
	const char *updown;
	uint8_t mode, dpd_action, close_action, start_action;
	uint32_t priority, reqid;
	struct ike_conf_mark mark_in, mark_out, set_mark_in, set_mark_out, if_id_in, if_id_out;
	uint32_t tfc_padding, replay_window;
	uint64_t inactivity;
	bool copy_df, copy_ecn;
	uint8_t copy_dscp;
};

enum ike_conf_send_cert { IKE_CONF_IFASKED, IKE_CONF_ALWAYS, IKE_CONF_NEVER };
enum ike_conf_childless {
	IKE_CONF_CHILDLESS_ALLOW, IKE_CONF_CHILDLESS_PREFER, IKE_CONF_CHILDLESS_FORCE,
	IKE_CONF_CHILDLESS_NEVER,
};

enum ike_conf_frag { IKE_CONF_FRAG_YES, IKE_CONF_FRAG_ACCEPT, IKE_CONF_FRAG_FORCE,
		     IKE_CONF_FRAG_NO };
enum ike_conf_uniqueness {
	IKE_CONF_UNIQUE_NO, IKE_CONF_UNIQUE_NEVER, IKE_CONF_UNIQUE_KEEP, IKE_CONF_UNIQUE_REPLACE,
};

/**
 * struct ike_conf_conn - one connection
 * @item: its name
 * @version: 2, or 0 for any that there is
 * @local_addrs: never empty
 * @remote_addrs: never empty
 * @local_port: UDP
 * @remote_port: UDP
 * @proposals: for the IKE SA
 * @vips: addresses to ask for; 0.0.0.0 and :: for whichever
 * @dscp: of IKE packets
 * @encap: force UDP encapsulation
 * @mobike: RFC 4555
 * @send_certreq: whether to name our CAs
 * @ppk_required: refuse a peer without PPK
 * @dpd_delay: seconds, 0 for no liveness checks of our own
 * @fragmentation: enum ike_conf_frag
 * @childless: enum ike_conf_childless
 * @send_cert: enum ike_conf_send_cert
 * @unique: enum ike_conf_uniqueness
 * @ppk_id: any if there is no PPK
 * @keyingtries: 0 for ever
 * @reauth_time: seconds, 0 for never
 * @rekey_time: seconds, 0 for never
 * @over_time: seconds after the longer one until the SA ends
 * @rand_time: seconds of which a random part is taken off
 * @pools: names that exist in the configuration
 * @if_id_in: of children that have none
 * @if_id_out: the same on the way out
 * @local: rounds of ours, sorted; none if all children are pass or drop
 * @remote: of the peer's
 * @n_children: number of @children
 * @children: in the order of the file
 */
struct ike_conf_conn {
	struct ike_conf_item item;
	uint8_t version;
	struct ike_conf_addrs local_addrs, remote_addrs;
	uint32_t local_port, remote_port;
	struct ike_conf_proposals proposals;
	struct ike_conf_addrs vips;
	uint32_t dscp;
	bool encap, mobike, send_certreq, ppk_required;
	uint64_t dpd_delay;
	uint8_t fragmentation, childless, send_cert, unique;
	struct ike_conf_id ppk_id;
	uint32_t keyingtries;
	uint64_t reauth_time, rekey_time, over_time, rand_time;
	struct ike_conf_strs pools;
	struct ike_conf_mark if_id_in, if_id_out;
	struct ike_conf_rounds local, remote;
	unsigned int n_children;
	struct ike_conf_child **children;
};

enum ike_conf_secret_kind {
	IKE_CONF_SECRET_IKE, IKE_CONF_SECRET_PPK, IKE_CONF_SECRET_EAP, IKE_CONF_SECRET_PRIVATE,
	IKE_CONF_SECRET_RSA, IKE_CONF_SECRET_ECDSA, IKE_CONF_SECRET_PKCS8,
};

/**
 * struct ike_conf_secret - a shared secret, or the passphrase of a private key
 * @item: its name, "ike-moon"
 * @kind: enum ike_conf_secret_kind
 * @secret: octets, without a NUL; never empty
 * @ids: owners; empty: whoever has no better one
 * @file: absolute path of the private key, NULL for shared secrets
 */
struct ike_conf_secret {
	struct ike_conf_item item;
	uint8_t kind;
	struct ike_buf secret;
	struct ike_conf_ids ids;
	const char *file;
};

/* A configuration attribute (RFC 7296 3.15.1): its number, and the value on the wire. */
struct ike_conf_attr {
	uint16_t type;
	struct ike_buf value;
};

struct ike_conf_attrs {
	struct ike_conf_attr *v;
	unsigned int n;
};

/* Addresses for peers that ask. @addrs is one range or subnet, or IKE_CONF_ANY if there are
 * attributes only.
 */
struct ike_conf_pool {
	struct ike_conf_item item;
	struct ike_conf_addr addrs;
	struct ike_conf_attrs attrs;
};

/* A CA: absolute path of its certificate, and absolute paths of its CRLs. */
struct ike_conf_authority {
	struct ike_conf_item item;
	const char *cacert;
	struct ike_conf_strs crls;
};

struct ike_conf_mem;

/* All of it, which owns all that its members point to. */
struct ike_conf {
	struct ike_conf_mem *mem;
	struct ike_conf_conn **conns;
	struct ike_conf_secret **secrets;
	struct ike_conf_pool **pools;
	struct ike_conf_authority **authorities;
	unsigned int n_conns, n_secrets, n_pools, n_authorities;
	unsigned int errors, warnings;
};

enum ike_conf_level { IKE_CONF_ERROR, IKE_CONF_WARNING };

/* Where complaints go: a sentence without newline or control character, and never a secret. */
struct ike_conf_log {
	void (*say)(void *ctx, enum ike_conf_level level, const char *file, unsigned int line,
		    const char *text);
	void *ctx;
};

#define IKE_CONF_WEAK		0x1	/* the operator consents to weak algorithms */
#define IKE_CONF_NO_INCLUDE	0x2	/* open no files: include is an error */

/*
 * Reads the file at @path with all that it includes. NULL after at least one
 * error was said; warnings do not prevent it. Paths of certificates and keys
 * are beside the file. End it with ike_conf_free().
 */
struct ike_conf *ike_conf_load(const char *path, unsigned int flags,
			       const struct ike_conf_log *log);

/* The same from memory; @path is its name in messages and what is beside it. */
struct ike_conf *ike_conf_read(const char *path, const char *text, size_t n, unsigned int flags,
			       const struct ike_conf_log *log);

/* Wipes and frees; NULL is allowed. */
void ike_conf_free(struct ike_conf *c);

enum ike_conf_what {
	IKE_CONF_CONN, IKE_CONF_CHILD, IKE_CONF_SECRET, IKE_CONF_POOL, IKE_CONF_AUTHORITY,
};

enum ike_conf_change { IKE_CONF_ADDED, IKE_CONF_REMOVED, IKE_CONF_CHANGED };

/**
 * struct ike_conf_delta - one difference
 * @what: enum ike_conf_what
 * @change: enum ike_conf_change
 * @conn: name of the connection that a child belongs to, else NULL
 * @name: of what differs
 * @before: the object of that kind, NULL if it was added
 * @after: the same, NULL if it was removed
 */
struct ike_conf_delta {
	enum ike_conf_what what;
	enum ike_conf_change change;
	const char *conn, *name;
	const void *before, *after;
};

/*
 * Compares by meaning: not place, comment, order or way of writing. A child
 * differs without its connection; one of a connection that comes or goes is
 * told of with it. A proposal list of another order is another one. Returns
 * the number of differences; @fn may be NULL. No memory is allocated that
 * outlasts the call; -1 if there is none.
 */
int ike_conf_diff(const struct ike_conf *before, const struct ike_conf *after,
		  void (*fn)(void *ctx, const struct ike_conf_delta *d), void *ctx);

#endif /* IKE_CONF_H */
