/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE SAs and what their handlers share. Not for outside of the machine, see peer.h.
 */
#ifndef IKE_SA_H
#define IKE_SA_H

#include "codec.h"
#include "crypto.h"
#include "index.h"
#include "peer.h"

#define IKE_MSG_MAX	32768	/* longest message that we write, not counting its pieces */
#define IKE_NONCE_LEN	32	/* of ours */
#define IKE_NONCE_MAX	256
#define IKE_ADDKE_MAX	7	/* additional key exchanges */
#define IKE_CHILD_TS	16	/* selectors of one side of a child */
#define IKE_DNS_MAX	4	/* name servers of a peer that are used */
#define IKE_TASKS	16	/* tasks that wait */
#define IKE_BUCKETS	1024
#define IKE_GONE_MS	30000	/* the last answer of a dead SA is kept for so long, */
#define IKE_GONE_EARLY_MS 10000	/* or so if it was half-open */
#define IKE_HALF_OPEN_MS 30000	/* time that a peer has to authenticate */

enum ike_state {
	IKE_S_INIT_SENT,	/* we sent IKE_SA_INIT */
	IKE_S_HALF_OPEN,	/* we answered it */
	IKE_S_INTER_SENT,	/* we sent IKE_INTERMEDIATE */
	IKE_S_AUTH_SENT,	/* we sent IKE_AUTH */
	IKE_S_UP,
	IKE_S_LARVAL,		/* it may replace another one, that is not settled */
	IKE_S_REPLACED,		/* another one took over, its Delete is to come */
	IKE_S_CLOSING,		/* we sent the Delete */
	IKE_S_GONE,		/* only the last answer is left */
	IKE_S_COUNT
};

/* What an IKE SA that dies means for its children. */
enum ike_end {
	IKE_END_LOST,		/* the peer is dead, or out of step */
	IKE_END_CLOSED,		/* the peer closed it */
	IKE_END_QUIET,		/* it was meant to */
};

/**
 * struct ike_child - a pair of IPsec SAs
 * @next: the next one of the IKE SA
 * @conf: its configuration
 * @spi_in: our SPI, network order
 * @spi_out: the peer's, 0 while it is not known
 * @chosen: the proposal that was agreed on
 * @local: selectors of our side
 * @n_local: their number
 * @remote: selectors of the peer's
 * @n_remote: their number
 * @transport: transport mode
 * @oa_local: what the peer takes for our address, if a NAT is between, else of length 0
 * @oa_remote: what the peer takes for its own
 * @in_kernel: the inbound SA and the policies are there
 * @out_kernel: the outbound SA is there
 * @out: that one while it has to wait until the peer uses the new pair
 * @replaces: our SPI of the child that this one replaces, 0 for none
 * @busy: it is being rekeyed or deleted by us
 * @retired: another one took its place
 * @seen: packets that were received with it, when that was looked at last
 * @again: it was not meant to go: make it again
 * @asked: somebody wanted it, or the one that it replaces
 * @redundant: its @twin is the one to use, it is to be deleted by who asked for it
 * @twin: our SPI of the child that replaces the same one, 0 for none
 * @reqid: ties SAs to policies
 * @told: the caller knows that it is up
 * @src: our address in the kernel
 * @dst: the peer's
 * @rekey_at: when we rekey it
 * @expire_at: when it is deleted
 * @idle_at: when to see whether it is in use still
 * @idle_since: when it was last
 * @used: packets of both directions by then
 */
struct ike_child {
	struct ike_child *next;
	const struct ike_child_conf *conf;
	uint32_t spi_in, spi_out;
	struct ike_proposal chosen;
	struct ike_ts local[IKE_CHILD_TS], remote[IKE_CHILD_TS];
	unsigned int n_local, n_remote;
	bool transport, in_kernel, out_kernel, busy, again, asked, redundant,
		retired, told;
	struct ike_kern_sa out;
	uint32_t replaces, twin, reqid;
	struct ike_addr src, dst, oa_local, oa_remote;
	uint64_t rekey_at, expire_at, seen, idle_at, idle_since, used;
};

/**
 * struct ike_chain - additional key exchanges behind CREATE_CHILD_SA (RFC 9370 2.2.4)
 * @group: their methods in order
 * @n: number of @group
 * @step: how many are done
 * @ke: the key exchanges, the one of CREATE_CHILD_SA first
 * @n_ke: number of @ke
 * @ni: nonce of the initiator of the exchange, if that is the peer
 * @nr: the responder's
 * @ni_len: octets of @ni
 * @nr_len: octets of @nr
 * @link: what the next request has to name
 * @link_len: octets of @link
 * @child: what is being made of the peer's exchange, or
 * @heir: that
 * @until: when it is given up, if it is the peer's
 */
struct ike_chain {
	uint16_t group[IKE_ADDKE_MAX];
	unsigned int n, step;
	struct ike_ke *ke[IKE_ADDKE_MAX + 1];
	unsigned int n_ke;
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_MAX];
	size_t ni_len, nr_len;
	uint8_t link[64];
	size_t link_len;
	struct ike_child *child;
	struct ike_sa *heir;
	uint64_t until;
};

/**
 * struct ike_window - message IDs and retransmission, window size 1 (RFC 7296 2.1 to 2.3)
 * @send_mid: message ID of our request under way or of the next one
 * @recv_mid: message ID of the request expected next
 * @req: octets of our request under way, NULL if there is none
 * @req_len: their number
 * @req_xchg: its exchange type
 * @tries: how often it was sent again
 * @next_at: when it is sent again
 * @wait: interval after that
 * @resp: octets of our last answer, NULL if there is none
 * @resp_len: their number
 * @resp_to: SHA-256 of the request that was answered
 * @resp_at: when the answer was sent again last
 * @resp_count: how often it was sent again
 */
struct ike_window {
	uint32_t send_mid, recv_mid;
	uint8_t *req;
	size_t req_len;
	uint8_t req_xchg;
	unsigned int tries;
	uint64_t next_at, wait;
	uint8_t *resp;
	size_t resp_len;
	uint8_t resp_to[32];
	uint64_t resp_at;
	unsigned int resp_count;
};

/**
 * struct ike_sa - an IKE SA
 * @ctx: where it lives
 * @next: all SAs
 * @prev: what points to it there
 * @due_at: when something of it is due, see due.c
 * @heap_at: its place in the heap of those times, from 1; 0 if it is not in there
 * @touched: what points to it among those whose time may have changed, NULL if it is none
 * @next_touched: the next of those
 * @by_spi: SAs whose own SPI has the same hash
 * @peer: its peer; of a responder a guess until IKE_AUTH; set by ike_sa_peer()
 * @state: its state
 * @initiator: we are the original initiator
 * @spi_i: SPI of the initiator
 * @spi_r: SPI of the responder
 * @local: our address
 * @remote: the peer's
 * @nat_us: we are behind a NAT
 * @nat_peer: the peer is
 * @chosen: proposal of the SA
 * @suite: the same for the key derivation
 * @ke: key exchange under way
 * @ke_group: its method
 * @have_keys: @keys and protection are there
 * @ni: nonce of IKE_SA_INIT of the initiator
 * @nr: the responder's
 * @ni_len: octets of @ni
 * @nr_len: octets of @nr
 * @msg_i: the IKE_SA_INIT request that counts, for AUTH
 * @msg_r: the response
 * @peer_hashes: SIGNATURE_HASH_ALGORITHMS of the peer, 0 if it sent none
 * @inter: IKE_INTERMEDIATE was agreed on: its state, until IKE_AUTH is over
 * @eap: EAP in IKE_AUTH, NULL if there is none, or none any more
 * @chain: key exchanges that the peer began with CREATE_CHILD_SA, NULL if there are none
 * @use_ppk: USE_PPK came from both
 * @plain: keys without the PPK until the peer has it, NULL if there are none
 * @childless: IKE_AUTH may come without a child (RFC 6023)
 * @lease: addresses that the peer has of us, IPv4 and IPv6
 * @vip: the same as addresses; or those that we have of the peer, if
 * @vip_ours: that is so
 * @dns: name servers that came with these
 * @n_dns: number of @dns
 * @mobike: MOBIKE was agreed on (RFC 4555)
 * @others: other addresses of the peer, NULL if it has named none
 * @began: we began the first of the IKE SAs that replaced each other
 * @cookie2: what the peer has to send back from its new address
 * @frag: both can put messages together that come in pieces (RFC 7383)
 * @frags: a request and a response of which pieces are missing
 * @cookie: cookie to send with IKE_SA_INIT
 * @rounds: how often IKE_SA_INIT was started again
 * @groups: key exchange methods that were tried
 * @hint: what came in answer to IKE_SA_INIT and was of no use; nobody vouches for it
 * @xc: the CREATE_CHILD_SA exchange that we started
 * @refused_at: since when the peer answers with TEMPORARY_FAILURE, 0 if it does not
 * @task: task under way
 * @queue: tasks that wait
 * @first: the child to ask for in IKE_AUTH, NULL for the peer's first
 * @all: all other children of the peer follow
 * @bad: messages that were not authentic while it was half-open
 * @end: what it means if it dies
 * @born_at: when it was begun
 * @keep_at: when the NAT is to be kept open
 * @unique_at: when to look whether the peer has begun another one
 * @w: window
 * @expire_at: when half-open and dead SAs are forgotten
 * @heard_at: when the peer proved to be alive
 * @rekey_at: when it is to be replaced
 * @reauth_at: when it is to be replaced by one with new proof, or to go for want of that
 * @reauth_until: when it goes in any case
 * @heir_of: SPI of ours of the SA that this one is to replace so, else zero
 * @peer_id: identity of the peer, allocated; empty before it is proved
 * @peer_id_type: its type
 * @half: the other half-open ones
 * @same: SAs with the same hash of @peer_id
 * @mates: or of @peer
 */
struct ike_sa {
	struct ike_ctx *ctx;
	struct ike_sa *next, **prev, *by_spi, *next_touched, **touched;
	uint64_t due_at;
	unsigned int heap_at;
	const struct ike_peer_conf *peer;
	enum ike_state state;
	bool initiator;
	uint8_t spi_i[8], spi_r[8];
	struct ike_addr local, remote;
	bool nat_us, nat_peer;
	struct ike_proposal chosen;
	struct ike_suite suite;
	struct ike_ke *ke;
	uint16_t ke_group;
	bool have_keys;
	struct ike_keys keys;
	struct ike_sk sk_in, sk_out;
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_MAX];
	size_t ni_len, nr_len;
	uint8_t *msg_i, *msg_r;
	size_t msg_i_len, msg_r_len;
	uint16_t peer_hashes;
	struct ike_inter *inter;
	struct ike_eap_run *eap;
	struct ike_chain *chain;
	bool frag, mobike, began;
	struct ike_others *others;
	uint8_t cookie2[16];
	bool use_ppk, childless;
	struct ike_keys *plain;
	struct ike_lease *lease[2];
	struct ike_addr vip[2], dns[IKE_DNS_MAX];
	unsigned int n_dns;
	bool vip_ours;
	struct ike_frags *frags[2];
	uint8_t cookie[64];
	size_t cookie_len;
	unsigned int rounds;
	uint16_t groups[8];
	unsigned int n_groups;
	char hint[96];
	struct {
		struct ike_child *child;
		struct ike_sa *heir;	/* the SA that is to replace this one */
		struct ike_ke *ke;
		struct ike_chain *chain;
		uint16_t group;
		uint8_t ni[IKE_NONCE_LEN];
		unsigned int rounds;
		/* The peer's exchange for the same SA (RFC 7296 2.8.1): its lowest nonce,
		 * and what it made: our SPI of a child, or of an IKE SA.
		 */
		uint8_t low[IKE_NONCE_MAX];
		size_t low_len;
		uint32_t rival;
		uint8_t rival_ike[8];
		uint32_t gone[4];	/* SPIs that the peer deleted, unknown to us */
		unsigned int n_gone;
	} xc;
	struct ike_task task, queue[IKE_TASKS];
	unsigned int n_queue;
	const struct ike_child_conf *first;
	bool all;
	unsigned int bad;
	enum ike_end end;
	uint64_t born_at, unique_at, keep_at;
	struct ike_child *children;
	struct ike_window w;
	uint64_t expire_at, heard_at, rekey_at, refused_at, reauth_at, reauth_until;
	uint8_t heir_of[8];
	struct ike_buf peer_id;
	uint8_t peer_id_type;
	struct ike_link half, same, mates;
};

/**
 * struct ike_ctx - the machine
 * @conf: its surroundings
 * @sas: all SAs
 * @n_sas: their number
 * @buckets: the same by own SPI
 * @heap: the same by when something is due
 * @n_heap: how many are in there
 * @heap_room: and could be
 * @touched: those that have to be put there anew
 * @wants: children that are wanted, see want.c
 * @n_wants: their number
 * @want_at: when to look at one of them
 * @drains: inbound SAs of children that were replaced, see drain.c; the oldest first
 * @last_drain: where the next one goes
 * @n_drains: their number
 * @pools: what is leased of which pool
 * @leases: and to whom
 * @half: SAs in IKE_S_HALF_OPEN, and
 * @half_open: their number
 * @by_id: SAs by identity
 * @by_peer: and by peer
 * @reqids: how many reqids were given to children that several peers may have
 * @cookie_until: cookies are asked for until then
 * @cookie_at: when @cookie_secret[0] was made
 * @cookie_version: its number
 * @cookie_secret: that one and the one before
 * @err_at: when unprotected errors were counted last, and
 * @err_count: how many were sent since
 * @fail_at: when failures with nobody in particular were counted last, and
 * @fail_count: how many there were since
 * @stats: what is counted
 * @frag_octets: octets of messages of which pieces are missing
 * @rx: the message being read
 * @whole: what was inside of all of its pieces
 * @head: what came before it
 * @inner: payloads being written
 * @wire: message being written
 * @msg: payloads of the message being read
 * @offer: proposals of the message being read
 */
struct ike_ctx {
	struct ike_ctx_conf conf;
	struct ike_sa *sas;
	struct ike_sa *buckets[IKE_BUCKETS];
	struct ike_sa **heap, *touched;
	unsigned int n_sas, n_heap, heap_room;
	struct ike_want *wants;
	unsigned int n_wants;
	uint64_t want_at;
	struct ike_drain *drains, **last_drain;
	unsigned int n_drains;
	struct ike_pool_state *pools;
	struct ike_lease *leases;
	struct ike_sa *half, *by_id[IKE_BUCKETS], *by_peer[IKE_BUCKETS];
	unsigned int half_open;
	uint32_t reqids;
	uint64_t cookie_until, cookie_at;
	uint8_t cookie_version;
	uint8_t cookie_secret[2][32];
	uint64_t err_at;
	unsigned int err_count;
	uint64_t fail_at;
	unsigned int fail_count;
	struct ike_stats stats;
	size_t frag_octets;
	uint8_t rx[65536], whole[65536], head[256];
	uint8_t inner[IKE_MSG_MAX], wire[2 * IKE_MSG_MAX];
	struct ike_msg msg;
	struct ike_proposal offer[IKE_MAX_PROPOSALS];
};

/* What a handler is given: one message of one SA. */
struct ike_step {
	struct ike_ctx *c;
	struct ike_sa *sa;
	uint64_t now;
	const struct ike_addr *local, *remote;
	struct ike_msg *m;
	struct ike_out *out;	/* for the payloads of the answer to a request */
};

/* What becomes of the SA when the answer was sent, or a response dealt with. */
enum ike_after {
	IKE_GO_ON,
	IKE_DIE,		/* children and keys go at once, the last answer stays a while */
};

/* Whether libcrypto has all key exchanges in the proposals of @p: leaving some out would be
 * weaker than what was asked for.
 */
bool ike_peer_usable(const struct ike_peer_conf *p);

/* Whether @a may be our address, or the peer's. */
bool ike_local_fits(const struct ike_peer_conf *p, const struct ike_addr *a);
bool ike_remote_fits(const struct ike_peer_conf *p, const struct ike_addr *a);

/* Whether @p may be the peer between these addresses. */
static inline bool ike_peer_fits(const struct ike_peer_conf *p, const struct ike_step *x)
{
	return ike_peer_usable(p) && ike_local_fits(p, x->local) && ike_remote_fits(p, x->remote);
}

/* sa.c */
__attribute__((format(printf, 3, 4)))
void ike_log(struct ike_ctx *c, const struct ike_sa *sa, const char *fmt, ...);
struct ike_sa *ike_sa_new(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
			  bool initiator);
struct ike_sa *ike_sa_find(struct ike_ctx *c, const uint8_t *own_spi);
static inline const uint8_t *ike_sa_own_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

#define IKE_WANTS_MAX	4096	/* children that are wanted and not there */
#define IKE_DRAINS_MAX	4096	/* inbound SAs that wait for their end */
#define IKE_FRAG_BUDGET	(8u << 20) /* octets of all messages of which pieces are missing */

/* fail.c: one line of the log for each negotiation that failed */

#define IKE_DIFF_MAX 1400	/* what was offered, what is accepted, the first difference */

/* A negotiation of @sa failed; @now is not 0 if there is no SA, only a datagram of anybody:
 * of those a few get into the log in each second.
 */
__attribute__((format(printf, 5, 6)))
void ike_fail(struct ike_ctx *c, const struct ike_sa *sa, uint64_t now, enum ike_why why,
	      const char *fmt, ...);

/* Whether there may be a line about a datagram of anybody. */
bool ike_may_say(struct ike_ctx *c, uint64_t now);

/* A datagram is of no use. */
static inline void ike_drop(struct ike_ctx *c, enum ike_drop why)
{
	c->stats.drops[why]++;
}

/* The peer said no with @notify, to @ch or, if that is NULL, to the IKE SA. */
void ike_fail_refused(const struct ike_sa *sa, const struct ike_child *ch, uint16_t notify);

/* The peer of the message, who may be @p, is not authenticated. */
void ike_fail_auth(struct ike_step *x, const struct ike_peer_conf *p, enum ike_deny why,
		   const char *detail);

/* No peer has the identities of the message, or it is not the one that we called. */
void ike_fail_identity(struct ike_step *x);

/* Tells the caller of the machine. */
void ike_tell(struct ike_ctx *c, const struct ike_event *e);

/* From where to where @peer is spoken to. */
enum ike_where ike_peer_where(struct ike_ctx *c, const struct ike_peer_conf *peer,
			      struct ike_addr *local, struct ike_addr *remote);

/* Sends IKE_SA_INIT to @peer. The child of IKE_AUTH is @first, or if that is NULL all children
 * follow. 0; 1 if its address is to be known soon; or -1.
 */
int ike_sa_start(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
		 const struct ike_child_conf *first);

/* Takes the children out of the kernel and wipes the keys; the SA is forgotten later. */
void ike_sa_die(struct ike_sa *sa, uint64_t now);

/* Forgets it. */
void ike_sa_release(struct ike_sa *sa);
void ike_sa_state(struct ike_sa *sa, enum ike_state s);
const char *ike_state_name(enum ike_state s);

/* Derives the keys from a finished key exchange; 0 or -1. */
int ike_sa_derive(struct ike_sa *sa);
int ike_copy(uint8_t **to, size_t *n, struct ike_buf from);

/* due.c: ike_tick() */

/* Room for @sa, which is new, and an end of that. 0, or -1 without memory. */
int ike_due_new(struct ike_sa *sa);
void ike_due_free(struct ike_sa *sa);

/* Something of @sa has changed: it may be due at another time. To be said of what is not
 * the SA of a message, and does not come by way of a state, a task or a request.
 */
void ike_sa_touch(struct ike_sa *sa);

/* When something of @sa is due. */
uint64_t ike_sa_due(struct ike_sa *sa, uint64_t now);

/* drain.c */

/* Leaves an inbound SA to be deleted later; false if that has to be done at once. */
bool ike_drain_add(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi,
		   const struct ike_addr *dst);

/* Deletes what is due; when to call again. */
uint64_t ike_drain_tick(struct ike_ctx *c, uint64_t now);

/* gate.c: ike_input() */

/* window.c */
void ike_window_wipe(struct ike_window *w);

/* Sends @octets as our request; kept for retransmission. 0 or -1. */
int ike_window_request(struct ike_sa *sa, uint64_t now, uint8_t xchg, struct ike_buf octets);

/* Seals and sends @inner as a request. 0 or -1. */
int ike_request(struct ike_sa *sa, uint64_t now, uint8_t xchg, struct ike_out *inner);

/* Seals and sends @x->out as the answer to the request with SHA-256 @hash. 0 or -1. */
int ike_respond(struct ike_step *x, const uint8_t *hash);

/* Our request was answered: the next one may go. */
void ike_window_answered(struct ike_sa *sa);

/* Keeps @octets as the answer to the request with SHA-256 @hash. 0 or -1. */
int ike_window_answer(struct ike_sa *sa, uint64_t now, struct ike_buf octets,
		      const uint8_t *hash);

/* Whether this request was answered already; then that answer was sent again, if it was
 * not asked for too often (RFC 7296 2.1).
 */
bool ike_window_repeated(struct ike_sa *sa, uint64_t now, const struct ike_addr *local,
			 const struct ike_addr *remote, const uint8_t *hash);

/* Retransmits if it is time. False if the peer is given up. */
bool ike_window_tick(struct ike_sa *sa, uint64_t now);

/* Sends it to where the peer is now, as if it had not been sent often. */
void ike_window_again(struct ike_sa *sa, uint64_t now);
void ike_digest(struct ike_buf b, uint8_t out[32]);

/* frag.c: messages in pieces (RFC 7383) */

/* Seals @inner into c->wire; it is wiped. The number of octets, 0 if that failed. A message
 * that is too long is several, one behind the other.
 */
size_t ike_seal(struct ike_sa *sa, uint8_t xchg, bool response, uint32_t mid,
		struct ike_out *inner);

/* Whether the piece x->m may be of use, before its ICV is checked. */
bool ike_frag_fits(struct ike_step *x);

/* Takes in @inner of it. True if all are there: then @inner is the whole, @hash that of the
 * datagram with the first piece, and x->m has its head.
 */
bool ike_frag_add(struct ike_step *x, struct ike_buf *inner, uint8_t *hash);

/* Forgets what is too old; when to call again. */
uint64_t ike_frag_tick(struct ike_sa *sa, uint64_t now);
void ike_frag_wipe(struct ike_sa *sa);

/* init.c and init_resp.c */
void ike_init_request(struct ike_step *x, const uint8_t *hash);
enum ike_after ike_init_response(struct ike_step *x);
int ike_init_start(struct ike_sa *sa, uint64_t now);

/* nat.c: the hashes of NAT detection (RFC 7296 2.23); with @encap that of our address is a
 * wrong one, so that the peer takes us to be behind a NAT.
 */
void ike_nat_out(struct ike_out *o, const uint8_t *spi_i, const uint8_t *spi_r,
		 const struct ike_addr *local, const struct ike_addr *remote, bool encap);
void ike_nat_check(struct ike_step *x);

/* mobike.c: MOBIKE (RFC 4555) */
void ike_mobike_update_out(struct ike_sa *sa, struct ike_out *o);
void ike_mobike_cookie_out(struct ike_sa *sa, struct ike_out *o);

/* What an INFORMATIONAL request asks for; whether the peer moved. */
bool ike_mobike_request(struct ike_step *x);
enum ike_after ike_mobike_response(struct ike_step *x);

/* others.c: what both say about their other addresses; the next one to try, false if there
 * is none; what an answer means for that; @n takes over.
 */
void ike_others_out(const struct ike_sa *sa, struct ike_out *o);
void ike_others_in(struct ike_step *x);
bool ike_others_try(struct ike_sa *sa, uint64_t now);
void ike_others_answered(struct ike_step *x);
void ike_others_pass(struct ike_sa *sa, struct ike_sa *n);

/* pool.c */

/* The address of @len octets of the identity of @sa->peer, a new one if it has none. NULL if
 * there is none left.
 */
struct ike_lease *ike_lease_take(struct ike_sa *sa, uint8_t len, struct ike_addr *a);
void ike_lease_give(struct ike_sa *sa, struct ike_lease *l);

/* The pool of @sa->peer that it comes from, NULL if that has none such any longer. */
const struct ike_pool *ike_lease_pool(const struct ike_sa *sa, const struct ike_lease *l);

/* Forgets what pools there were, not what is leased. */
void ike_pool_free(struct ike_ctx *c);

/* cp.c: the configuration payload (RFC 7296 2.19) */

/* CFG_REQUEST of the initiator, if addresses are configured. */
void ike_cp_out(struct ike_sa *sa, struct ike_out *o);

/* What it asks for; 0, or the notify that says why it cannot be had. */
uint16_t ike_cp_lease(struct ike_step *x);

/* CFG_REPLY, if something was leased. */
void ike_cp_answer(struct ike_step *x);

/* The initiator takes it in, when the peer is authenticated. */
void ike_cp_take(struct ike_step *x);

/* Gives all addresses back, or hands them on. */
void ike_cp_free(struct ike_sa *sa);
void ike_cp_move(struct ike_sa *from, struct ike_sa *to);

/* Selectors @from of our side or the peer's to @to, where dynamic ones become leased addresses,
 * any address while they are asked for, or @outer. Their number, at most @most.
 */
unsigned int ike_cp_resolve(const struct ike_sa *sa, bool ours, const struct ike_ts *from,
			    unsigned int n, const struct ike_addr *outer, struct ike_ts *to,
			    unsigned int most);

/* cookie.c */
bool ike_cookie_needed(struct ike_ctx *c, uint64_t now);
bool ike_cookie_good(struct ike_step *x);
size_t ike_cookie_make(struct ike_step *x, uint8_t *out);

/* inter.c: IKE_INTERMEDIATE (RFC 9242, RFC 9370) */

/* Methods of the additional key exchanges of a proposal that was chosen; their number. */
unsigned int ike_addke(const struct ike_proposal *p, uint16_t *group);

/* Whether @both support it is known. 0; or -1 if sa->chosen needs it, or without memory. */
int ike_inter_agree(struct ike_sa *sa, bool both);

/* Whether there are key exchanges to come before IKE_AUTH. */
bool ike_inter_due(const struct ike_sa *sa);
int ike_inter_start(struct ike_sa *sa, uint64_t now);
enum ike_after ike_inter_request(struct ike_step *x);
enum ike_after ike_inter_response(struct ike_step *x);

/* The request was answered with the old keys: the new ones follow. 0 or -1. */
int ike_inter_answered(struct ike_sa *sa);

/* Notes a message for AUTH (RFC 9242 3.3.2), arguments as of ike_intauth_step(). 0 or -1. */
int ike_inter_note(struct ike_sa *sa, bool response, struct ike_buf head, bool skf,
		   struct ike_buf inner);

/* IntAuth, empty without such exchanges; valid until the next call. */
struct ike_buf ike_inter_joined(const struct ike_sa *sa);
void ike_inter_free(struct ike_sa *sa);

/* ppk.c (RFC 8784) */

/* Whether there is a PPK for anybody. */
bool ike_ppk_some(const struct ike_ctx *c);

/* The initiator, before AUTH: mixes it into the keys, and keeps those without it. 0 or -1. */
int ike_ppk_start(struct ike_sa *sa);

/* PPK_IDENTITY and NO_PPK_AUTH. 0 or -1. */
int ike_ppk_out(struct ike_sa *sa, struct ike_out *o);

/* The responder: mixes it in if the peer names one that it has, else AUTH data are @instead.
 * -1 if the peer is to be refused.
 */
int ike_ppk_request(struct ike_step *x, const struct ike_peer_conf *p, struct ike_buf *instead,
		    bool *used);

/* The initiator again: whether the responder has it. -1 if it has to. */
int ike_ppk_response(struct ike_step *x);
void ike_ppk_wipe(struct ike_sa *sa);

/* info.c */
enum ike_after ike_info_request(struct ike_step *x);
enum ike_after ike_info_response(struct ike_step *x);
int ike_info_start(struct ike_sa *sa, uint64_t now);

/* Tells the peer that we refuse it, by @notify if that is not 0 and a Delete, and closes
 * the SA.
 */
void ike_info_refuse(struct ike_sa *sa, uint64_t now, uint16_t notify);

#include "child.h"
#include "eap_exchange.h"
#include "want.h"

/* sa.c: starts the next task of the queue if nothing is under way. */
void ike_task_next(struct ike_sa *sa, uint64_t now);

#endif /* IKE_SA_H */
