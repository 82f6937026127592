/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Exchanges that make children, or an IKE SA that replaces another one. Part of sa.h.
 */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

/* Takes the peer's public value in and computes the secret, so that a point of low order is
 * found out at once (RFC 6989 2.5). Not for IKE_SA_INIT, where that is put off.
 */
static inline enum ike_crypt ike_ke_take(struct ike_ke *ke, struct ike_buf pub)
{
	enum ike_crypt why = ike_ke_peer(ke, pub);
	struct ike_buf secret;

	return why ? why : ike_ke_secret(ke, &secret);
}

/* child.c: the exchange CREATE_CHILD_SA */
enum ike_after ike_child_request(struct ike_step *x);
enum ike_after ike_child_response(struct ike_step *x);
int ike_child_start(struct ike_sa *sa, uint64_t now);
void ike_child_abandon(struct ike_sa *sa);

/* Whether the peer has refused for so long that the SA is out of step; then it is closed
 * (RFC 7296 2.25). To be called with every error that came in answer.
 */
bool ike_child_stuck(struct ike_sa *sa, uint64_t now, uint16_t error);

/* Whether our exchange is under way. */
static inline bool ike_creating(const struct ike_sa *sa)
{
	return sa->w.req && (sa->w.req_xchg == IKE_X_CREATE_CHILD_SA ||
			     sa->w.req_xchg == IKE_X_FOLLOWUP_KE);
}

/* An error came in answer to our exchange. */
enum ike_after ike_child_refused(struct ike_step *x, const struct ike_payload *e);

/* The answer to our exchange makes no child: the peer's is deleted. */
enum ike_after ike_child_unfinished(struct ike_step *x);

/* All key exchanges of our chain are done. */
enum ike_after ike_child_finish(struct ike_step *x);

/* chain.c: the exchange IKE_FOLLOWUP_KE (RFC 9370 2.2.4) */

/* Our CREATE_CHILD_SA was answered with @chosen and @nr: 1 if key exchanges follow, 0 if
 * there are none, -1 on errors.
 */
int ike_chain_begin(struct ike_step *x, const struct ike_proposal *chosen, struct ike_buf nr);

/* We answer one with @chosen: the chain that the peer has to go on with; its link is written
 * and @ke is its own then. NULL without memory.
 */
struct ike_chain *ike_chain_hold(struct ike_step *x, const struct ike_proposal *chosen,
				 struct ike_ke *ke, struct ike_buf ni, struct ike_buf nr);
enum ike_after ike_chain_request(struct ike_step *x);
enum ike_after ike_chain_response(struct ike_step *x);

/* Forgets the peer's if it takes too long; when to call again. */
uint64_t ike_chain_tick(struct ike_sa *sa, uint64_t now);
void ike_chain_free(struct ike_sa *sa, struct ike_chain **c);

/* collide.c: which of two exchanges for the same SA counts (RFC 7296 2.8.1) */

/* The nonces of the peer's exchange, while ours is under way. */
void ike_collide_note(struct ike_sa *sa, struct ike_buf ni, struct ike_buf nr);

/* Whether ours, answered with @nr, has the lowest nonce, so that what it made is redundant. */
bool ike_collide_lost(const struct ike_sa *sa, struct ike_buf nr);

/* rekey.c: the same exchange to replace the IKE SA */
int ike_rekey_start(struct ike_sa *sa, uint64_t now);
enum ike_after ike_rekey_request(struct ike_step *x);
enum ike_after ike_rekey_response(struct ike_step *x);

enum ike_after ike_rekey_refused(struct ike_step *x, const struct ike_payload *e);
enum ike_after ike_rekey_finish(struct ike_step *x);

struct ike_child_seed;

/* The peer's exchange is over: @n gets keys, and takes over if nothing is against it. */
int ike_rekey_adopt(struct ike_step *x, struct ike_sa *n, const struct ike_child_seed *s);

/* The peer deletes @sa: if it was replaced by the peer meanwhile, that one takes over. */
void ike_rekey_deleted(struct ike_sa *sa, uint64_t now);

/* child_sa.c: children and the kernel */
struct ike_child *ike_child_new(struct ike_sa *sa, const struct ike_child_conf *conf);

/* Takes it out of the kernel and off the list, if it is on it. */
void ike_child_free(struct ike_sa *sa, struct ike_child *ch);

/* The same, but if another one took its place the inbound SA stays for a while. */
void ike_child_retire(struct ike_sa *sa, uint64_t now, struct ike_child *ch);

/* Whether there are packets that both select, one for each side. */
bool ike_child_pair(const struct ike_ts *local, const struct ike_ts *remote);
struct ike_child *ike_child_by_in(struct ike_sa *sa, uint32_t spi);
struct ike_child *ike_child_by_out(struct ike_sa *sa, uint32_t spi);

/**
 * struct ike_child_seed - what the keys of a child come from
 * @ni: nonce of the initiator of the exchange
 * @nr: nonce of the responder
 * @ke: its key exchanges, in order
 * @n_ke: their number
 * @we_initiated: the exchange is ours
 * @hold_out: the outbound SA waits until the peer uses the new pair
 */
struct ike_child_seed {
	struct ike_buf ni, nr;
	struct ike_ke *const *ke;
	unsigned int n_ke;
	bool we_initiated, hold_out;
};

/* The secrets of those, at most IKE_ADDKE_MAX + 1. */
enum ike_crypt ike_seed_secrets(const struct ike_child_seed *s, struct ike_buf *secret);

/* Derives keys and adds SAs and policies; puts the child on the list. 0 or -1. */
int ike_child_install(struct ike_sa *sa, uint64_t now, struct ike_child *ch,
		      const struct ike_child_seed *s);

/* Adds the outbound SA that waited. */
void ike_child_release(struct ike_sa *sa, struct ike_child *ch);

/* The twin of a redundant child is gone: that one is used after all. */
void ike_child_promote(struct ike_sa *sa, uint64_t now, uint32_t twin);
void ike_child_move(struct ike_sa *sa);
void ike_child_tick(struct ike_sa *sa, uint64_t now);

/* Whether a child received something since the last call. */
bool ike_child_heard(struct ike_sa *sa);

/* child_offer.c: SA and TS payloads of children */

/* SA, and TSi and TSr behind what the caller puts between them. */
void ike_child_out_sa(struct ike_out *o, const struct ike_child *ch, bool with_ke);
void ike_child_out_ts(struct ike_sa *sa, struct ike_out *o, struct ike_child *ch);

/* The responder's side: a child for what @m asks for. NULL and the notify in @error. Only
 * of configuration @only, if that is not NULL.
 */
struct ike_child *ike_child_choose(struct ike_step *x, bool first,
				   const struct ike_child_conf *only, uint16_t *error);

/* SAr, with the number of the proposal chosen; then TSi and TSr. */
void ike_child_answer_sa(struct ike_out *o, const struct ike_child *ch);
void ike_child_answer_ts(struct ike_out *o, const struct ike_child *ch);

/* The initiator's side: takes the answer in. 0, or -1 with a line in the log. */
int ike_child_take(struct ike_step *x, struct ike_child *ch, bool first);

#endif /* IKE_CHILD_H */
