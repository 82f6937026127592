/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_AUTH: its end, however it went until then, and EAP in between (RFC 7296 2.16). Part of
 * sa.h.
 */
#ifndef IKE_EAP_EXCHANGE_H
#define IKE_EAP_EXCHANGE_H

#include "auth.h"
#include "eap.h"

/* auth_exchange.c and auth_peer.c */
int ike_auth_start(struct ike_sa *sa, uint64_t now);
enum ike_after ike_auth_request(struct ike_step *x);
enum ike_after ike_auth_response(struct ike_step *x);

/* The responder, with a request of @p, who has proved to be @id: the last answer. @ppk if both
 * have used the PPK.
 */
enum ike_after ike_auth_accept(struct ike_step *x, const struct ike_peer_conf *p,
			       const struct ike_payload *id, bool ppk);

/* The initiator, with the last answer of a responder who has proved to be @id. */
enum ike_after ike_auth_take(struct ike_step *x, const struct ike_payload *id);

/* AUTH of our side, and CERT before it. 0 or -1. */
int ike_auth_out(struct ike_sa *sa, struct ike_out *o, uint8_t id_payload);
int ike_auth_cert_out(struct ike_sa *sa, struct ike_out *o);

/* The same without PPK, as NO_PPK_AUTH. */
int ike_auth_out_plain(struct ike_sa *sa, struct ike_out *o, uint8_t id_payload);

/* Whether the peer is who it says with @id; AUTH data are @instead, if that is not empty. */
enum ike_deny ike_auth_peer(struct ike_sa *sa, const struct ike_peer_conf *p,
			    const struct ike_msg *m, const struct ike_payload *id,
			    struct ike_buf instead, const char **detail);

/* eap_exchange.c */

/* Whether @p authenticates one side with EAP, the one that begins, and the other one with a
 * certificate: nothing else is done, whatever is configured (RFC 7296 2.16).
 */
bool ike_eap_server(const struct ike_peer_conf *p);
bool ike_eap_client(const struct ike_peer_conf *p);

/* The responder: the first request, complete and without AUTH, of who says to be @id and may
 * be @p.
 */
enum ike_after ike_eap_first(struct ike_step *x, const struct ike_peer_conf *p,
			     const struct ike_payload *id);

/* The initiator: the first answer of a responder who has proved to be @id. */
enum ike_after ike_eap_asked(struct ike_step *x, const struct ike_payload *id);

/* What follows, if sa->eap is there. */
enum ike_after ike_eap_request(struct ike_step *x);
enum ike_after ike_eap_response(struct ike_step *x);

/* INFORMATIONAL in the middle of it: a peer that gives up, which is all that it may say. */
enum ike_after ike_eap_info(struct ike_step *x);

/* Identity payload of the peer in its first message. */
const struct ike_payload *ike_eap_id(const struct ike_sa *sa);

/* What AUTH of the initiator, or of the responder, is made with when EAP is over: the MSK, else
 * SK_pi or SK_pr of @keys. Empty before that, and without EAP.
 */
struct ike_buf ike_eap_secret(const struct ike_sa *sa, const struct ike_keys *keys,
			      bool initiator);

/* Wipes and frees what there is of it. */
void ike_eap_end(struct ike_sa *sa);

#endif /* IKE_EAP_EXCHANGE_H */
