/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_CRYPTO_H
#define _NFSEC_CRYPTO_H

#include <linux/types.h>

#include "alg.h"

struct crypto_aead;
struct crypto_skcipher;
struct crypto_shash;
struct netlink_ext_ack;

/**
 * struct nfsec_key - one algorithm with its key as the user gave it
 * @alg: row of the table, NULL if this kind is not used
 * @icv_bits: length of the ICV in bits
 * @len: octets of @data
 * @data: key with trailing salt; freed with kfree_sensitive()
 */
struct nfsec_key {
	const struct nfsec_alg *alg;
	u32 icv_bits;
	u32 len;
	u8 *data;
};

/**
 * struct nfsec_crypto - the transforms of an SA
 * @aead: combined mode, or NULL
 * @aead_safe: same algorithm usable where SIMD is not, or NULL if @aead is
 * @enc: cipher, or NULL
 * @enc_safe: likewise for the cipher
 * @auth: keyed hash, or NULL
 * @ivlen: octets of IV on the wire
 * @icvlen: octets of ICV on the wire
 * @block: plaintext is padded to a multiple of this, at least 4 with the IV; 1
 *	for AH, which pads none
 * @saltlen: octets of @salt
 * @ctr: the cipher is CTR with the RFC 3686 counter block
 * @random_iv: the IV must be unpredictable (CBC)
 * @salt: nonce part that is not on the wire, CTR only
 * @iv_base: start of the counter the IVs of a counter mode come from
 *
 * All calls are synchronous: the crypto API's asynchronous SIMD wrappers are
 * opened up and called only where SIMD may be used, so packets keep order and
 * no completion can outlive the SA.
 */
struct nfsec_crypto {
	struct crypto_aead *aead;
	struct crypto_aead *aead_safe;
	struct crypto_skcipher *enc;
	struct crypto_skcipher *enc_safe;
	struct crypto_shash *auth;
	u8 ivlen;
	u8 icvlen;
	u8 block;
	u8 saltlen;
	bool ctr;
	bool random_iv;
	u8 salt[4];
	u64 iv_base;
};

int nfsec_crypto_init(struct nfsec_crypto *c, const struct nfsec_key *aead,
		      const struct nfsec_key *enc,
		      const struct nfsec_key *auth,
		      struct netlink_ext_ack *extack);
void nfsec_crypto_free(struct nfsec_crypto *c);
int nfsec_crypto_seal(const struct nfsec_crypto *c, u8 *esp, u32 len, u64 seq,
		      bool esn);
int nfsec_crypto_open(const struct nfsec_crypto *c, u8 *esp, u32 len, u64 seq,
		      bool esn);
const u8 *nfsec_crypto_mac(const struct nfsec_crypto *c, const u8 *head,
			   u32 hlen, const u8 *body, u32 len, u64 seq, bool esn,
			   const u8 *iv);
int nfsec_crypto_module_init(void);
void nfsec_crypto_module_exit(void);

#endif /* _NFSEC_CRYPTO_H */
