/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cryptography of IKE on top of libcrypto: pseudo-random functions, protection of
 * messages, key exchange methods, and the keys derived from all of them.
 *
 * Transforms are named by their IANA numbers. Nothing here keeps state between calls
 * but for what libcrypto caches of its own algorithms; nothing is thread-safe, since the
 * daemon has one thread. Lengths are octets unless a name says bits.
 */
#ifndef IKE_CRYPTO_H
#define IKE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types.h"

/**
 * enum ike_crypt - what a call came to; 0 is success
 * @IKE_CRYPT_OK: done
 * @IKE_CRYPT_UNKNOWN: algorithm not implemented, or not with this key length
 * @IKE_CRYPT_UNAVAILABLE: implemented, but libcrypto at run time lacks it
 * @IKE_CRYPT_LIBRARY: libcrypto failed for a reason of its own (memory, random numbers)
 * @IKE_CRYPT_KEY_LENGTH: key material of another length than the algorithm takes
 * @IKE_CRYPT_SPACE: the caller's buffer is too small, or more asked for than can be had
 * @IKE_CRYPT_SHORT: protected part too short to hold IV, padding length and ICV
 * @IKE_CRYPT_BLOCK: ciphertext is not a multiple of the block
 * @IKE_CRYPT_ICV: integrity check failed
 * @IKE_CRYPT_PADDING: padding longer than the plaintext of an authentic message
 * @IKE_CRYPT_IV_SPENT: all IVs of this key are used up
 * @IKE_CRYPT_PUB_LENGTH: public value has not the length of its method
 * @IKE_CRYPT_PUB_RANGE: MODP value not in 2..p-2, or coordinate not below the prime
 * @IKE_CRYPT_PUB_CURVE: point is not on the curve
 * @IKE_CRYPT_PUB_ZERO: shared secret is zero: the peer's point has a low order
 * @IKE_CRYPT_PUB_KEM: ML-KEM encapsulation key with a coefficient of 3329 or more
 * @IKE_CRYPT_PUB_OWN: peer sent back our own public value
 * @IKE_CRYPT_ORDER: called before what it builds on
 * @IKE_CRYPT_NONCE: nonce not of 16 to 256 octets
 * @IKE_CRYPT_PRF_CHANGE: a rekeying may not change the pseudo-random function
 * @IKE_CRYPT_NO_SECRET: an IKE SA cannot be rekeyed without a key exchange
 */
enum ike_crypt {
	IKE_CRYPT_OK,
	IKE_CRYPT_UNKNOWN,
	IKE_CRYPT_UNAVAILABLE,
	IKE_CRYPT_LIBRARY,
	IKE_CRYPT_KEY_LENGTH,
	IKE_CRYPT_SPACE,
	IKE_CRYPT_SHORT,
	IKE_CRYPT_BLOCK,
	IKE_CRYPT_ICV,
	IKE_CRYPT_PADDING,
	IKE_CRYPT_IV_SPENT,
	IKE_CRYPT_PUB_LENGTH,
	IKE_CRYPT_PUB_RANGE,
	IKE_CRYPT_PUB_CURVE,
	IKE_CRYPT_PUB_ZERO,
	IKE_CRYPT_PUB_KEM,
	IKE_CRYPT_PUB_OWN,
	IKE_CRYPT_ORDER,
	IKE_CRYPT_NONCE,
	IKE_CRYPT_PRF_CHANGE,
	IKE_CRYPT_NO_SECRET,
};

/* The same in words; static text, never NULL. */
const char *ike_crypt_text(enum ike_crypt why);

/* prf.c: pseudo-random functions (RFC 7296 2.13) and integrity algorithms. */

#define IKE_PRF_MAX	64	/* longest output of a prf, and longest preferred key */
#define IKE_INTEG_MAX	64	/* longest key of an integrity algorithm */
#define IKE_ICV_MAX	32	/* longest integrity check value */

/* Length of output and preferred key of @prf; 0 if it is not implemented. */
size_t ike_prf_len(uint16_t prf);

/* Whether @prf takes keys of one length only (AES-XCBC, AES-CMAC), which shortens the
 * nonces where these are the key (RFC 7296 2.14).
 */
bool ike_prf_fixed_key(uint16_t prf);

/* prf(@key, @in[0] | ... | @in[@n - 1]) to @out, of ike_prf_len(@prf) octets. */
enum ike_crypt ike_prf(uint16_t prf, struct ike_buf key, const struct ike_buf *in, size_t n,
		       uint8_t *out);

/* prf+(@key, @seed[0] | ... | @seed[@n - 1]), the first @len octets (RFC 7296 2.13).
 * At most 24 parts and 255 blocks, else IKE_CRYPT_SPACE; @out is wiped on errors.
 */
enum ike_crypt ike_prf_plus(uint16_t prf, struct ike_buf key, const struct ike_buf *seed,
			    size_t n, uint8_t *out, size_t len);

/* Length of the key of integrity algorithm @integ of IKE or ESP; 0 if it has none. */
size_t ike_integ_key_len(uint16_t integ);

/* Length of its ICV on the wire; 0 if it cannot protect IKE messages. */
size_t ike_integ_icv_len(uint16_t integ);

/* ICV of @in[0..@n) to @out, of ike_integ_icv_len(@integ) octets. */
enum ike_crypt ike_integ(uint16_t integ, struct ike_buf key, const struct ike_buf *in, size_t n,
			 uint8_t *out);

/* cipher.c: protection of messages (RFC 7296 3.14, 5282, 7383). */

#define IKE_ENCR_MAX	36	/* longest key material of a cipher, salt included */

/* Whether @encr protects integrity as well, so that it comes without an INTEG. */
bool ike_encr_aead(uint16_t encr);

/* Key material of @encr with a key of @bits (0: the only length it has) for IKE, salt
 * included; 0 if that pair is not implemented. For ESP see ike_child_lengths().
 */
size_t ike_encr_len(uint16_t encr, uint16_t bits);

/* Whether @encr is for those who ask for it by name only (RFC 8247 2.1). */
bool ike_encr_weak(uint16_t encr);

/**
 * struct ike_sk - protection of one direction with one generation of keys
 * @encr: cipher
 * @integ: integrity algorithm, 0 for AEAD
 * @ke_len: octets of @ke
 * @ka_len: octets of @ka
 * @ke: SK_ei or SK_er; the salt is at the end
 * @ka: SK_ai or SK_ar
 * @seq: the next IV of ciphers that count (all but CBC)
 *
 * Plain memory: embed it, and end it with ike_sk_wipe().
 */
struct ike_sk {
	uint16_t encr, integ;
	uint8_t ke_len, ka_len;
	uint8_t ke[IKE_ENCR_MAX], ka[IKE_INTEG_MAX];
	uint64_t seq;
};

/* Sets @sk up; keys are copied. IKE_CRYPT_KEY_LENGTH if they do not fit the algorithms,
 * IKE_CRYPT_UNKNOWN for a pair that cannot protect IKE.
 */
enum ike_crypt ike_sk_init(struct ike_sk *sk, uint16_t encr, uint16_t bits, uint16_t integ,
			   struct ike_buf ke, struct ike_buf ka);
void ike_sk_wipe(struct ike_sk *sk);

/* Length of the IV that stands between the SK or SKF header and the inner payloads. */
size_t ike_sk_iv_len(const struct ike_sk *sk);

/* Octets that an SK payload has after its header if the inner payloads have @inner:
 * IV, inner payloads, padding, padding length, ICV. The lengths in both headers have to
 * be final before ike_sk_seal(), and this is what to make them of.
 */
size_t ike_sk_body_len(const struct ike_sk *sk, size_t inner);

/* Most octets of inner payloads that fit into a body of @body octets. */
size_t ike_sk_room(const struct ike_sk *sk, size_t body);

/* Seals a message in place. @msg holds everything from the first SPI to the end of the SK
 * (or SKF) header in @head octets, then room for the IV, then @inner octets of payloads;
 * @cap is the size of the buffer, at least @head + ike_sk_body_len(). IV, padding and ICV
 * are written here. A retransmission is the same octets, never sealed again.
 */
enum ike_crypt ike_sk_seal(struct ike_sk *sk, uint8_t *msg, size_t head, size_t inner, size_t cap);

/* Opens a message of @len octets in place; @head as for ike_sk_seal(). @inner becomes a
 * view of the inner payloads in @msg. The ICV is checked before anything else is looked
 * at; after a failure what follows @head is undefined. IKE_CRYPT_PADDING is the only
 * failure of a message that the peer did write: INVALID_SYNTAX.
 */
enum ike_crypt ike_sk_open(const struct ike_sk *sk, uint8_t *msg, size_t head, size_t len,
			   struct ike_buf *inner);

/* ke.c: key exchange methods (RFC 3526, 5903, 8031, ML-KEM; checks of RFC 6989). */

#define IKE_KE_PUB_MAX		1568	/* longest public value, or ciphertext */
#define IKE_KE_SECRET_MAX	1024	/* longest shared secret */

/* Whether @method is implemented here, and whether libcrypto has it at run time. */
bool ike_ke_known(uint16_t method);
bool ike_ke_available(uint16_t method);

/* Length of the KE data that the initiator or the responder of an exchange sends. */
size_t ike_ke_pub_len(uint16_t method, bool initiator);

/* Length of the shared secret. */
size_t ike_ke_secret_len(uint16_t method);

/* One exchange with one method: a fresh private value, used for one secret. */
struct ike_ke;

/* A new one, or NULL with the reason in @why (may be NULL). @initiator is the role in the
 * exchange that carries the KE payloads, which a rekeying can reverse. ike_ke_free() wipes.
 */
struct ike_ke *ike_ke_new(uint16_t method, bool initiator, enum ike_crypt *why);
void ike_ke_free(struct ike_ke *ke);

/* Puts a private value of the caller's in place of the fresh one, for test vectors and
 * reproducible runs; @pub has to be its public value. Not for ML-KEM.
 */
enum ike_crypt ike_ke_fix(struct ike_ke *ke, struct ike_buf priv, struct ike_buf pub);

/* Takes the peer's KE data and checks them (RFC 6989 2, FIPS 203 7.2). Cheap but for
 * ML-KEM, where the secret is made here. Once only.
 */
enum ike_crypt ike_ke_peer(struct ike_ke *ke, struct ike_buf pub);

/* Our KE data, valid as long as @ke. The responder's of ML-KEM is a ciphertext and exists
 * after ike_ke_peer() only: call that first in the responder, whatever the method.
 */
enum ike_crypt ike_ke_public(struct ike_ke *ke, struct ike_buf *pub);

/* The shared secret, valid as long as @ke; computed with the first call, so that
 * a responder may put it off until the peer has shown that it has the keys.
 */
enum ike_crypt ike_ke_secret(struct ike_ke *ke, struct ike_buf *secret);

/* keymat.c: key derivation (RFC 7296 2.14 to 2.18, 8784, 9370). */

/**
 * struct ike_suite - what protects an IKE SA
 * @encr: cipher
 * @encr_bits: length of its key, 0 if it has one only
 * @integ: integrity algorithm, 0 for AEAD
 * @prf: pseudo-random function
 */
struct ike_suite {
	uint16_t encr, encr_bits, integ, prf;
};

/**
 * struct ike_keys - the SK_* of one generation
 * @suite: what they are for
 * @prf_len: octets of @d, @pi and @pr
 * @encr_len: octets of @ei and @er
 * @integ_len: octets of @ai and @ar
 *
 * Plain memory: end it with ike_keys_wipe().
 */
struct ike_keys {
	struct ike_suite suite;
	uint8_t prf_len, encr_len, integ_len;
	uint8_t d[IKE_PRF_MAX];
	uint8_t ai[IKE_INTEG_MAX], ar[IKE_INTEG_MAX];
	uint8_t ei[IKE_ENCR_MAX], er[IKE_ENCR_MAX];
	uint8_t pi[IKE_PRF_MAX], pr[IKE_PRF_MAX];
};

/**
 * struct ike_seed - what goes into every derivation beside the secrets
 * @ni: data of the nonce of the initiator of the exchange
 * @nr: that of the responder
 * @spi_i: SPI of the initiator, as on the wire; not used for child SAs
 * @spi_r: that of the responder
 */
struct ike_seed {
	struct ike_buf ni, nr;
	uint8_t spi_i[8], spi_r[8];
};

void ike_keys_wipe(struct ike_keys *k);

/* Keys of a new IKE SA from the secret of IKE_SA_INIT. */
enum ike_crypt ike_keys_initial(struct ike_keys *k, const struct ike_suite *suite,
				const struct ike_seed *s, struct ike_buf secret);

/* The next generation after an IKE_INTERMEDIATE with a key exchange, in place; nonces and
 * SPIs are still those of IKE_SA_INIT (RFC 9370 2.2.2).
 */
enum ike_crypt ike_keys_next(struct ike_keys *k, const struct ike_seed *s, struct ike_buf secret);

/* Keys of the SA that replaces @old; nonces and SPIs are the new ones. @secret[0] is that
 * of CREATE_CHILD_SA, the others those of the IKE_FOLLOWUP_KE, at most 7 (RFC 9370 2.2.4).
 * The prf must be the one of @old.
 */
enum ike_crypt ike_keys_rekey(struct ike_keys *k, const struct ike_keys *old,
			      const struct ike_suite *suite, const struct ike_seed *s,
			      const struct ike_buf *secret, size_t n);

/* Mixes a post-quantum preshared key into @k (RFC 8784 3); only in the first SA, and after
 * the last IKE_INTERMEDIATE. AUTH takes the SK_p of after.
 */
enum ike_crypt ike_keys_ppk(struct ike_keys *k, struct ike_buf ppk);

/* Protection of what the initiator of the IKE SA sends, or the responder. */
enum ike_crypt ike_keys_sk(const struct ike_keys *k, bool from_initiator, struct ike_sk *sk);

/**
 * struct ike_child_keys - keys of a pair of child SAs
 * @encr_len: octets of @ei and @er, salt at the end
 * @integ_len: octets of @ai and @ar
 * @ei: encryption, initiator of the exchange to responder
 * @er: the other way
 * @ai: integrity, initiator to responder
 * @ar: the other way
 */
struct ike_child_keys {
	uint8_t encr_len, integ_len;
	uint8_t ei[IKE_ENCR_MAX], er[IKE_ENCR_MAX];
	uint8_t ai[IKE_INTEG_MAX], ar[IKE_INTEG_MAX];
};

/* Lengths of the keys that ESP (@encr not 0) or AH (@encr 0) take with these transforms;
 * false if one is unknown, or the pair makes no sense (RFC 8221 4).
 */
bool ike_child_lengths(uint16_t encr, uint16_t encr_bits, uint16_t integ, size_t *encr_len,
		       size_t *integ_len);

/* KEYMAT (RFC 7296 2.17) with the current SK_d of @k. @s has the nonces of the exchange
 * that makes the child: IKE_SA_INIT for the first, else CREATE_CHILD_SA; @secret as for
 * ike_keys_rekey(), with @n 0 if there was no key exchange.
 */
enum ike_crypt ike_keys_child(const struct ike_keys *k, uint16_t encr, uint16_t encr_bits,
			      uint16_t integ, const struct ike_seed *s,
			      const struct ike_buf *secret, size_t n, struct ike_child_keys *c);
void ike_child_wipe(struct ike_child_keys *c);

#endif /* IKE_CRYPTO_H */
