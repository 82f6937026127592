/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proposals and transforms: strings, SA payloads, and the choice among them
 * (RFC 7296 2.7 and 3.3, RFC 8247, RFC 8221, RFC 9370).
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include <stdbool.h>

#include "codec.h"
#include "ids.h"
#include "types.h"

#define IKE_MAX_PROPOSALS	32	/* in one SA payload */
#define IKE_MAX_TRANSFORMS	128	/* in one proposal */

/**
 * struct ike_transform - one algorithm
 * @type: enum ike_transform_type
 * @bad: it was received and cannot be chosen: an unknown attribute, AES
 *	without a key length, ChaCha20 with one (RFC 7296 3.3.5, 3.3.6)
 * @id: its number in the registry of @type
 * @keylen: bits of the Key Length attribute, 0 without one
 */
struct ike_transform {
	uint8_t type;
	bool bad;
	uint16_t id;
	uint16_t keylen;
};

/**
 * struct ike_proposal - one proposal; plain memory without pointers
 * @num: its number in the SA payload
 * @proto: enum ike_proto
 * @spi_size: octets of @spi: 0, 4 or 8
 * @spi: of the sender, as on the wire
 * @weak: has an algorithm that needs the operator's consent
 * @unknown_type: has a transform of a type that we do not know, so that it
 *	cannot be chosen (RFC 7296 3.3.6)
 * @n: number of @t
 * @t: the transforms, of each type in the order of preference
 */
struct ike_proposal {
	uint8_t num;
	uint8_t proto;
	uint8_t spi_size;
	uint8_t spi[8];
	bool weak;
	bool unknown_type;
	uint8_t n;
	struct ike_transform t[IKE_MAX_TRANSFORMS];
};

/* proposal.c: strings */

#define IKE_PROPOSAL_WEAK	0x1	/* the operator consents to weak algorithms */

/*
 * Reads a list of proposals such as "aes128gcm16-prfsha256-x25519-ke1_mlkem768,
 * default" for @proto in the syntax of strongSwan. A missing PRF follows from
 * the integrity algorithms, a missing ESN is "noesn". Numbers count from 1.
 * Returns how many went to @out, at most @max; or -1 and a sentence in @err
 * that names the word.
 */
int ike_proposal_read(struct ike_proposal *out, unsigned int max, uint8_t proto, const char *text,
		      unsigned int flags, char *err, size_t errlen);

/*
 * Prints @p as ike_proposal_read() takes it, algorithms without a name as
 * "encr#99". Always terminated; returns @buf.
 */
char *ike_proposal_print(const struct ike_proposal *p, char *buf, size_t len);

/* The same for several, comma-separated, with the protocol before the first. */
char *ike_proposals_print(const struct ike_proposal *p, unsigned int n, char *buf, size_t len);

/* The name of one transform into @buf; returns @buf. */
char *ike_transform_print(const struct ike_transform *t, char *buf, size_t len);

/* Whether cipher @t protects integrity too (RFC 5282). */
bool ike_transform_aead(const struct ike_transform *t);

/* Whether @t must never be used for @proto, or only with consent (RFC 8247, 8221). */
bool ike_transform_never(const struct ike_transform *t, uint8_t proto);
bool ike_transform_weak(const struct ike_transform *t);

/* The first transform of @type, NULL if there is none. */
const struct ike_transform *ike_proposal_get(const struct ike_proposal *p, uint8_t type);

/* Whether @p has exactly this one. */
bool ike_proposal_has(const struct ike_proposal *p, const struct ike_transform *t);

/* Adds a transform; false if there is no room. */
bool ike_proposal_add(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t keylen);

/* Takes all key exchange methods out, for IKE_AUTH (RFC 7296 1.2). */
void ike_proposal_drop_ke(struct ike_proposal *p);

/* proposal_wire.c: SA payloads */

/*
 * Reads the body of an SA payload. Returns the number of proposals and puts
 * the first @max of them to @out; or -1 and why. @out may be NULL: a check.
 */
int ike_sa_parse(struct ike_buf body, struct ike_proposal *out, unsigned int max,
		 enum ike_reason *why);

/*
 * Writes an SA payload of @n proposals with their own numbers. @spi of
 * @spi_size octets goes into all of them (RFC 7296 3.3.1).
 */
void ike_out_sa(struct ike_out *o, const struct ike_proposal *p, unsigned int n, const void *spi,
		uint8_t spi_size);

/* proposal_choose.c */

#define IKE_CHOOSE_THEIRS	0x1	/* the peer's order of preference decides, not ours */
#define IKE_CHOOSE_NO_KE	0x2	/* IKE_AUTH: no key exchange but NONE */

/*
 * Chooses among what the peer offers. 0 and the answer in @out, with the
 * number and without SPI, one transform of each type offered; @out->spi is
 * the peer's. Or -1 and one line in @diff: what was offered, what we accept,
 * and the first difference in the pair that came nearest. Both arguments are
 * const and of any size: work is bounded by their product.
 */
int ike_proposal_choose(const struct ike_proposal *ours, unsigned int n_ours,
			const struct ike_proposal *theirs, unsigned int n_theirs,
			unsigned int flags, struct ike_proposal *out, char *diff, size_t len);

/*
 * Whether @answer, the only proposal in the peer's response, is one of what we
 * offered: number, protocol, one transform of each type and none that is not
 * ours (RFC 7296 3.3.6). 0, or -1 and a sentence in @diff.
 */
int ike_proposal_verify(const struct ike_proposal *ours, unsigned int n_ours,
			const struct ike_proposal *answer, char *diff, size_t len);

#endif /* IKE_PROPOSAL_H */
