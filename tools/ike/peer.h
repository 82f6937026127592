/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IKE machine from outside: what it is told about peers, what it is fed and what it
 * calls. It does no I/O and reads no clock; datagrams, time and random numbers come in.
 */
#ifndef IKE_PEER_H
#define IKE_PEER_H

#include "addr.h"
#include "auth.h"
#include "cert.h"
#include "eap.h"
#include "kernel.h"
#include "proposal.h"
#include "ts.h"

/* An identity; type 0 is any. Remote ones may be patterns, see ike_id_match(). */
struct ike_id {
	uint8_t type;
	struct ike_buf data;
};

/* Whether @id is one, and no pattern of several. */
static inline bool ike_id_single(const struct ike_id *id)
{
	return id->type && (!id->data.n || !memchr(id->data.p, '*', id->data.n));
}

enum ike_peer_auth {
	IKE_BY_PSK,
	IKE_BY_CERT,
	IKE_BY_EAP,	/* who begins, the other one has a certificate */
};

/* What follows if a child is lost. */
enum ike_action {
	IKE_ACTION_NONE,	/* nothing: policies that trap packets are up to the caller */
	IKE_ACTION_ASKED,	/* it is made again if somebody wanted it */
	IKE_ACTION_START,	/* it is made again */
};

#define IKE_REQID_MANY	1500000u
#define IKE_REQIDS_MANY	500000u	/* their number */

/**
 * struct ike_child_conf - a child SA that a peer may have
 * @name: for logs
 * @esp: proposals, ESP or AH, in the order of preference
 * @n_esp: their number
 * @local: what is on our side
 * @n_local: number of @local
 * @remote: what is on the peer's side
 * @n_remote: number of @remote
 * @transport: ask for transport mode, and agree to it
 * @rekey_ms: age at which we rekey it, 0 for never
 * @life_ms: age at which it is deleted, 0 for never
 * @reqid: ties SAs to policies, not 0
 * @many: several peers have it at the same time: each one gets a reqid of its own, from
 *	IKE_REQID_MANY on, as an SA is found by that
 * @mark_in: policies of inbound packets are for those with this mark, looking at
 * @mask_in: these bits
 * @mark_out: the same for outbound ones
 * @mask_out: likewise
 * @idle_ms: time without packets in either direction after which it is closed, 0 for never
 * @dpd_action: if the peer is dead, or the child older than @life_ms
 * @close_action: if the peer closes it
 * @forever: when it is wanted it is never given up
 */
struct ike_child_conf {
	const char *name;
	const struct ike_proposal *esp;
	unsigned int n_esp;
	const struct ike_ts *local, *remote;
	unsigned int n_local, n_remote;
	bool transport, many;
	uint64_t rekey_ms, life_ms, idle_ms;
	uint32_t reqid, mark_in, mask_in, mark_out, mask_out;
	enum ike_action dpd_action, close_action;
	bool forever;
};

/* IKE_AUTH without a child (RFC 6023): the first one comes with keys of its own then. */
enum ike_childless {
	IKE_CHILDLESS_ALLOW,	/* if the peer wants that */
	IKE_CHILDLESS_PREFER,	/* we do it if the peer can */
	IKE_CHILDLESS_FORCE,	/* the peer has to */
	IKE_CHILDLESS_NEVER,
};

/* Several IKE SAs with one identity. */
enum ike_unique {
	IKE_UNIQUE_NO,		/* a peer that says that it started anew replaces the others */
	IKE_UNIQUE_NEVER,	/* all stay, and we do not say that either */
	IKE_UNIQUE_KEEP,	/* the first one stays, others are refused */
	IKE_UNIQUE_REPLACE,	/* the last one replaces the others */
};

/* An attribute of the configuration payload, enum ike_cp_attr_type. */
struct ike_cp_value {
	uint16_t type;
	struct ike_buf value;
};

/**
 * struct ike_pool - addresses for peers
 * @first: the first one
 * @size: their number, of which at most 65536 are used
 * @attrs: what goes with them: DNS servers and such
 * @n_attrs: number of @attrs
 */
struct ike_pool {
	struct ike_addr first;
	uint32_t size;
	const struct ike_cp_value *attrs;
	unsigned int n_attrs;
};

/* Addresses from @lo to @hi, of @len octets. */
struct ike_range {
	uint8_t len;
	uint8_t lo[16], hi[16];
};

/**
 * struct ike_peer_conf - a peer
 * @name: for logs
 * @local: our address; any address as a responder if its length is 0
 * @remote: the peer's; the same
 * @locals: addresses of ours at which it is answered, @local is but to start from then
 * @n_locals: their number, 0 for those of @local
 * @remotes: the same of the peer's
 * @n_remotes: their number
 * @ike: proposals for the IKE SA
 * @n_ike: their number
 * @by: how we authenticate ourselves
 * @remote_by: how the peer has to
 * @local_id: who we are
 * @remote_id: who the peer has to be
 * @secret: shared secret, of either side
 * @eap: for whoever of both proves itself with EAP
 * @key: our private key
 * @certs: our certificate and the ones between it and the authority
 * @n_certs: their number
 * @trust: authorities for the peer's certificate
 * @cert: how that one is checked
 * @raw: our public key goes without a certificate (RFC 7670)
 * @raw_keys: public keys that the peer may have so; its identity is not to be a pattern then
 * @n_raw_keys: their number
 * @pinned: certificates of the peer itself, of which it has to have one. No authority is
 *	needed then; if @trust is there that has to be satisfied as well
 * @n_pinned: their number
 * @sig: which signatures; what the peers listed is filled in
 * @children: children
 * @n_children: their number
 * @rtx_first_ms: until the first retransmission, 0 for 4000
 * @rtx_tries: number of retransmissions, 0 for 5
 * @rtx_factor: growth of the interval in hundredths, 0 for 180
 * @dpd_ms: silence, of children too, until the peer is asked for life, 0 for never
 * @rekey_ms: age at which we replace the IKE SA, 0 for never
 * @reauth_ms: age at which peers prove anew who they are, 0 for never: who began makes another
 *	IKE SA, the other side asks for that (RFC 4478)
 * @over_ms: how long after that the old one may stay if there is no other
 * @retry_ms: time until a child that is wanted is tried again, 0 for 5000; it doubles
 * @retry_max_ms: up to that, 0 for 300000
 * @retry_tries: tries after which it is given up, 0 for never
 * @mobike: peers may move (RFC 4555)
 * @mobike_any: to any address, not only to @remote
 * @mobike_check: and their children follow when they have answered from there
 * @pools: addresses for the peer; selectors of children that are dynamic become those
 * @n_pools: number of @pools
 * @vips: addresses to ask the peer for, all zero for whichever
 * @n_vips: number of @vips
 * @ppk: post-quantum preshared key (RFC 8784)
 * @ppk_id: its name
 * @ppk_required: it has to be used
 * @childless: whether IKE_AUTH has a child (RFC 6023)
 * @unique: what becomes of other IKE SAs of the same identity
 * @no_frag: no fragmentation of IKE messages
 * @encap: have ESP in UDP even if there is no NAT
 * @frag_size: longest IP packet that they are sent in, 0 for 1280
 *
 * All that is pointed to belongs to the caller and outlives the context.
 */
struct ike_peer_conf {
	const char *name;
	struct ike_addr local, remote;
	const struct ike_range *locals, *remotes;
	unsigned int n_locals, n_remotes;
	const struct ike_proposal *ike;
	unsigned int n_ike;
	enum ike_peer_auth by, remote_by;
	struct ike_id local_id, remote_id;
	struct ike_buf secret;
	struct ike_eap_conf eap;
	EVP_PKEY *key;
	X509 *const *certs;
	unsigned int n_certs;
	const struct ike_trust *trust;
	struct ike_cert_policy cert;
	bool raw;
	EVP_PKEY *const *raw_keys;
	X509 *const *pinned;
	unsigned int n_raw_keys, n_pinned;
	struct ike_sig_policy sig;
	const struct ike_child_conf *children;
	unsigned int n_children;
	uint32_t rtx_first_ms, rtx_tries, rtx_factor;
	uint64_t dpd_ms, rekey_ms, reauth_ms, over_ms;
	uint64_t retry_ms, retry_max_ms;
	uint32_t retry_tries;
	const struct ike_pool *const *pools;
	unsigned int n_pools;
	const struct ike_addr *vips;
	unsigned int n_vips;
	struct ike_buf ppk, ppk_id;
	bool ppk_required;
	enum ike_childless childless;
	enum ike_unique unique;
	bool mobike, mobike_any, mobike_check, no_frag, encap;
	uint32_t frag_size;
};

/* What became of finding a peer. */
enum ike_where {
	IKE_WHERE_HERE,
	IKE_WHERE_SOON,		/* ike_found() is called as soon as it is known */
	IKE_WHERE_NOT_NOW,	/* to be tried again */
	IKE_WHERE_NEVER,	/* it has no address, and comes by itself */
};

/* Why a negotiation failed. */
enum ike_why {
	IKE_WHY_TIMEOUT,	/* no answer */
	IKE_WHY_ADDRESS,	/* no peer is configured for these addresses, or has one */
	IKE_WHY_PROPOSAL,
	IKE_WHY_SELECTORS,
	IKE_WHY_IDENTITY,
	IKE_WHY_AUTH,
	IKE_WHY_CERT,
	IKE_WHY_KE,		/* key exchanges and keys */
	IKE_WHY_SYNTAX,		/* what cannot be read, or is not complete */
	IKE_WHY_REFUSED,	/* the peer says no */
	IKE_WHY_KERNEL,
	IKE_WHY_COUNT
};

/* One word for it, lower case. */
const char *ike_why_name(enum ike_why why);

/* Why a datagram was dropped. */
enum ike_drop {
	IKE_DROP_LENGTH,	/* too short, or too long */
	IKE_DROP_HEADER,
	IKE_DROP_SYNTAX,
	IKE_DROP_SPI,		/* no IKE SA has it */
	IKE_DROP_STATE,		/* not at this time, not this exchange */
	IKE_DROP_PLAIN,		/* not protected */
	IKE_DROP_ID,		/* an old message ID, or one too far ahead */
	IKE_DROP_AUTHENTIC,	/* integrity check failed */
	IKE_DROP_FRAGMENT,	/* of no use, or too much of it */
	IKE_DROP_HALF_OPEN,	/* too many half-open IKE SAs */
	IKE_DROP_REPEATED,	/* asked again too often */
	IKE_DROP_COUNT
};

const char *ike_drop_name(enum ike_drop drop);

/**
 * struct ike_stats - what has been counted since the machine was made
 * @failed: negotiations by reason
 * @drops: datagrams by reason
 * @received: datagrams
 * @begun: IKE SAs that we began
 * @answered: those that peers began, as far as they were not refused at once
 * @up: established ones: that peers began, that we began
 * @rekeyed: IKE SAs that took the place of others
 * @children: children that were established, also in the place of others
 * @again: requests that were sent again
 * @answers_again: answers
 * @cookies: cookies that were asked for
 */
struct ike_stats {
	uint64_t failed[IKE_WHY_COUNT], drops[IKE_DROP_COUNT];
	uint64_t received, begun, answered, up[2], rekeyed, children;
	uint64_t again, answers_again, cookies;
};

/**
 * struct ike_event - what the machine has to tell
 * @kind: which of them
 * @peer: of which peer
 * @conf: and of which child, NULL if it is none
 * @wait: time until the next try, in milliseconds
 * @why: why it failed, and
 * @text: the line of the log about it
 */
struct ike_event {
	enum {
		IKE_EVENT_SA,		/* an IKE SA has another state */
		IKE_EVENT_CHILD,	/* a child is established */
		IKE_EVENT_CHILD_GONE,	/* one is not there any more */
		IKE_EVENT_FAILED,	/* a negotiation did; the machine may go on */
		IKE_EVENT_AGAIN,	/* one that is wanted did not come up, it is tried again */
		IKE_EVENT_GIVEN_UP,	/* or not */
	} kind;
	const struct ike_peer_conf *peer;
	const struct ike_child_conf *conf;
	uint64_t wait;
	enum ike_why why;
	const char *text;
};

struct ike_sa;
struct ike_child;

/**
 * struct ike_ctx_conf - surroundings of the machine
 * @peers: peers in the order in which they are tried
 * @n_peers: their number
 * @kernel: backend, and
 * @kern: its first argument
 * @arg: first argument of the calls that follow
 * @send: takes a datagram, without marker: one goes before it if @local has port 4500
 * @random: fills with random octets; SPIs, nonces, cookies and jitter come from here
 * @log: takes a line; may be NULL
 * @event: takes an event, and must not call the machine; may be NULL
 * @where: finds our address and the peer's, before an IKE SA is begun; those of the peer's
 *	configuration count if it is NULL
 * @source: finds our address towards another address of the peer of @sa, -1 if there is no
 *	way; the one that it has stays if it is NULL
 * @drain_ms: how long inbound SAs stay when their child was replaced, 0 for not at all
 * @keepalive: sends one octet 0xff, so that a NAT on our side stays open; may be NULL
 * @keepalive_ms: how often, 0 for 20000
 * @vip: the peer of @sa gave us address @a, or it is not ours any longer; may be NULL
 * @dns: and a name server, for as long as the addresses; may be NULL
 * @child: a child of @sa came up, or is about to go, with which the last one of its
 *	configuration and selectors goes; not if one is replaced. May be NULL
 * @cookie_from: half-open SAs from which on cookies are asked for, 0 for 64
 * @half_open_max: half-open SAs at which requests are dropped, 0 for 1000
 * @half_open_each: the same for one IPv4 address, or an IPv6 network of 64 bits, 0 for 64
 */
struct ike_ctx_conf {
	const struct ike_peer_conf *peers;
	unsigned int n_peers;
	const struct ike_kernel_ops *kernel;
	void *kern;
	void *arg;
	void (*send)(void *arg, const struct ike_addr *local, const struct ike_addr *remote,
		     struct ike_buf octets);
	void (*random)(void *arg, void *out, size_t n);
	void (*log)(void *arg, const char *line);
	void (*event)(void *arg, const struct ike_event *e);
	enum ike_where (*where)(void *arg, const struct ike_peer_conf *peer,
				struct ike_addr *local, struct ike_addr *remote);
	int (*source)(void *arg, const struct ike_sa *sa, const struct ike_addr *remote,
		      struct ike_addr *local);
	void (*keepalive)(void *arg, const struct ike_addr *local, const struct ike_addr *remote);
	uint64_t keepalive_ms, drain_ms;
	void (*vip)(void *arg, const struct ike_sa *sa, const struct ike_addr *a, bool add);
	void (*dns)(void *arg, const struct ike_peer_conf *peer, const struct ike_addr *a);
	void (*child)(void *arg, const struct ike_sa *sa, const struct ike_child *ch, bool up);
	unsigned int cookie_from, half_open_max, half_open_each;
};

struct ike_ctx;

/* All times are milliseconds of a clock that does not go backwards. */

/* A context, or NULL without memory; @conf is copied, what it points to is not. */
struct ike_ctx *ike_ctx_new(const struct ike_ctx_conf *conf);

/* Takes all SAs out of the kernel and forgets them, without a word to the peers. */
void ike_ctx_free(struct ike_ctx *c);

/* A datagram came in, without marker. */
void ike_input(struct ike_ctx *c, uint64_t now, const struct ike_addr *local,
	       const struct ike_addr *remote, struct ike_buf octets);

/* What is due at @now: retransmissions, expiry, rekeying, liveness. Returns when to call
 * again, UINT64_MAX if nothing is waiting.
 */
uint64_t ike_tick(struct ike_ctx *c, uint64_t now);

/* Takes the key exchange methods that libcrypto lacks at run time out of @n proposals, and
 * proposals of which then nothing is left for a step; numbers them anew. How many there are.
 */
unsigned int ike_proposals_usable(struct ike_proposal *p, unsigned int n);

/* Starts an IKE SA with @peer and all of its children. 0, or -1 (no memory, no address, no
 * child, or a key exchange method that libcrypto lacks; peers with those are not answered
 * either, see ike_proposals_usable()).
 */
int ike_initiate(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer);

/* A packet needs child @conf of @peer, which is negotiated with @src and @dst of the packet as
 * the first selectors (RFC 7296 2.9); both NULL if there is no packet. If it fails it is
 * tried again, see .retry_ms; asking again meanwhile does nothing, nor does it if a child is
 * there that takes the packet. 0, or -1 as of ike_initiate().
 */
int ike_acquire(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
		const struct ike_child_conf *conf, const struct ike_ts *src,
		const struct ike_ts *dst);

/* The same without a packet; all children if @conf is NULL. What waits for its next try is
 * tried at once.
 */
int ike_up(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
	   const struct ike_child_conf *conf);

/* Deletes the children of @conf, or if that is NULL the IKE SAs with @peer, and does not try
 * any longer.
 */
void ike_down(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
	      const struct ike_child_conf *conf);

/* It is known where @peer is, or that this cannot be known now, see IKE_WHERE_SOON. */
void ike_found(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer);

/* Whether child @conf of @peer is wanted and not there; @at is when it is looked at next. */
bool ike_wanted(struct ike_ctx *c, const struct ike_peer_conf *peer,
		const struct ike_child_conf *conf, uint64_t *at);

/* Nothing is wanted any longer. */
void ike_want_free(struct ike_ctx *c);

/* What can be asked of an established IKE SA. */
enum ike_task_kind {
	IKE_TASK_LIVENESS,	/* an empty INFORMATIONAL */
	IKE_TASK_CHILD,		/* a new child of configuration .conf */
	IKE_TASK_REKEY_CHILD,	/* the child with our SPI .spi */
	IKE_TASK_DELETE_CHILD,
	IKE_TASK_REKEY,		/* the IKE SA */
	IKE_TASK_DELETE,
	IKE_TASK_UPDATE,	/* MOBIKE, see ike_move() */
	IKE_TASK_COOKIE2,	/* MOBIKE: whether the peer is where it says */
};

struct ike_task {
	enum ike_task_kind kind;
	const struct ike_child_conf *conf;
	uint32_t spi;		/* network order */
};

/* Puts a task at the end of the queue and starts it if nothing else is under way. 0, or -1
 * if the queue is full or the SA is not established.
 */
int ike_task_add(struct ike_sa *sa, uint64_t now, const struct ike_task *t);

/* The address of our side, or the one of the peer's to use, has changed: if @sa is up, has
 * MOBIKE and was begun by us, it and its children move (RFC 4555 3.5). 0 or -1.
 */
int ike_move(struct ike_sa *sa, uint64_t now, const struct ike_addr *local,
	     const struct ike_addr *remote);

/* The kernel received an authentic packet in UDP for SA @spi (network order) of @proto from
 * @from: if the peer is behind a NAT all follows it (RFC 7296 2.23).
 */
void ike_mapping(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi,
		 const struct ike_addr *from);

/* The kernel says that an SA of a child, in or out, has reached its soft limit: the child is
 * rekeyed; or its hard limit, or that it is gone: the child is deleted, and made again if
 * .dpd_action says so.
 */
void ike_expire(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi, bool hard);

/* The first IKE SA of the context, or the one behind @after; NULL at the end. */
struct ike_sa *ike_sa_next(struct ike_ctx *c, const struct ike_sa *after);

#endif /* IKE_PEER_H */
