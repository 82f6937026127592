/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is to be there again, or anew: of children and of IKE SAs. Part of sa.h.
 */
#ifndef IKE_WANT_H
#define IKE_WANT_H

/* want.c: children that are to be there (ike_acquire(), ike_up(), ike_down()) */

/* The packet that asks for a child of @conf: its selectors go first. False if there is none. */
bool ike_want_packet(struct ike_sa *sa, const struct ike_child_conf *conf, struct ike_ts *src,
		     struct ike_ts *dst);

/* A child of @conf has to be made again. */
void ike_want_again(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf);

/* @ch goes with @sa: what sa->end and its configuration ask for. */
void ike_want_lost(struct ike_sa *sa, uint64_t now, const struct ike_child *ch);

/* Whether @ch is to be made again if it ends by @action. */
bool ike_want_revives(const struct ike_child *ch, enum ike_action action);

/* Whether a child of @conf is wanted that is not there. */
bool ike_want_waits(struct ike_sa *sa, const struct ike_child_conf *conf);

/* A child of @conf was established: who wanted it is served. */
void ike_want_served(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf);

/* @sa, which was to be established, is not: what came of it is looked at now. */
void ike_want_tried(struct ike_sa *sa, uint64_t now);

/* The peer closed a child of @conf. */
void ike_want_closed(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf);

/* @sa was established, and @tried with it or not: those that waited for it are made. */
void ike_want_up(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *tried);

/* Tries what is due; when to call again. */
uint64_t ike_want_tick(struct ike_ctx *c, uint64_t now);

/* @sa was established: if the peer began one too, one of the two is too much, and deleted
 * later by ike_unique_tick().
 */
void ike_unique_plan(struct ike_sa *sa, uint64_t now);
void ike_unique_tick(struct ike_sa *sa, uint64_t now);

/* reauth.c: new proof of who peers are (RFC 7296 2.8.3, RFC 4478) */

/* @sa was established. */
void ike_reauth_plan(struct ike_sa *sa, uint64_t now);

/* The responder says for how long, the initiator takes note of that. */
void ike_reauth_out(struct ike_sa *sa, struct ike_out *o);
void ike_reauth_take(struct ike_step *x);

/* Does what is due, when @sa->reauth_at is over. */
void ike_reauth_tick(struct ike_sa *sa, uint64_t now);

/* The peer refuses to replace SAs at all (RFC 7296 4): if we began, another IKE SA takes the
 * place of @sa.
 */
void ike_reauth_instead(struct ike_sa *sa, uint64_t now);

/* @sa was established by us: if it was for that, the old one hands its children on. */
void ike_reauth_done(struct ike_sa *sa, uint64_t now);

#endif /* IKE_WANT_H */
