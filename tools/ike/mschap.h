/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MS-CHAPv2 (RFC 2759) and the keys made with it (RFC 3079), for EAP and for nothing else: it
 * takes MD4 and single DES, which libcrypto has in its legacy provider only.
 */
#ifndef IKE_MSCHAP_H
#define IKE_MSCHAP_H

#include <stdbool.h>

#include "types.h"

#define IKE_MSCHAP_CHALLENGE	16
#define IKE_MSCHAP_HASH		16
#define IKE_MSCHAP_RESPONSE	24
#define IKE_MSCHAP_PROOF	20	/* the authenticator's response, before it is text */
#define IKE_MSCHAP_MSK		64
#define IKE_MSCHAP_PASSWORD	256	/* most characters of a password */

/* Whether libcrypto has MD4 and DES, for which its legacy provider is loaded for this file
 * alone. It is asked again until they are there.
 */
bool ike_mschap_usable(void);

/* NtPasswordHash of a password in UTF-8. 0; or -1 if it is none, too long, or without
 * ike_mschap_usable().
 */
int ike_mschap_hash(struct ike_buf password, uint8_t *hash);

/**
 * struct ike_mschap - both challenges and who answers
 * @server: challenge of the authenticator
 * @peer: of the peer
 * @user: its name, without a domain
 */
struct ike_mschap {
	uint8_t server[IKE_MSCHAP_CHALLENGE], peer[IKE_MSCHAP_CHALLENGE];
	struct ike_buf user;
};

/* GenerateNTResponse: what the peer answers. 0 or -1. */
int ike_mschap_response(const struct ike_mschap *m, const uint8_t *hash, uint8_t *response);

/* GenerateAuthenticatorResponse: how the authenticator proves itself. 0 or -1. */
int ike_mschap_proof(const struct ike_mschap *m, const uint8_t *hash, const uint8_t *response,
		     uint8_t *proof);

/* The MSK: the keys that the authenticator receives and sends with, 128 bits each, and zeros,
 * IKE_MSCHAP_MSK octets. 0 or -1.
 */
int ike_mschap_msk(const uint8_t *hash, const uint8_t *response, uint8_t *msk);

#endif /* IKE_MSCHAP_H */
