/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_ALG_H
#define _NFSEC_ALG_H

#include <linux/types.h>

struct netlink_ext_ack;

enum nfsec_alg_kind {
	NFSEC_ALG_AEAD,
	NFSEC_ALG_ENC,
	NFSEC_ALG_AUTH,
};

#define NFSEC_ALG_WEAK		0x01	/* refused unless allow_weak is set */
#define NFSEC_ALG_CTR		0x02	/* key ends in a nonce, counter starts at 1 */
#define NFSEC_ALG_NULL		0x04	/* no cipher at all */
#define NFSEC_ALG_3DES		0x08	/* key parts must differ (RFC 2451 2.3) */
#define NFSEC_ALG_NULL_AUTH	0x10	/* AEAD that only authenticates (GMAC) */

/**
 * struct nfsec_alg - one row of the algorithm table
 * @name: name in the kernel crypto API, as ip xfrm spells it
 * @crypto: name to ask the crypto API for, if it is another one
 * @compat: other name accepted on input, or NULL
 * @kind: what it is
 * @flags: NFSEC_ALG_*
 * @salt: octets of salt or nonce at the end of the key
 * @iv: octets of IV on the wire
 * @block: the plaintext is padded to a multiple of this
 * @icv_default: ICV octets when none are asked for
 * @icv: ICV octets allowed, zero terminated
 * @key: key octets allowed without salt, zero terminated
 * @rfc: where it is specified
 */
struct nfsec_alg {
	const char *name;
	const char *crypto;
	const char *compat;
	enum nfsec_alg_kind kind;
	u8 flags;
	u8 salt;
	u8 iv;
	u8 block;
	u8 icv_default;
	u8 icv[5];
	u8 key[4];
	const char *rfc;
};

const struct nfsec_alg *nfsec_alg_find(enum nfsec_alg_kind kind,
				       const char *name);
int nfsec_alg_check_key(const struct nfsec_alg *alg, const u8 *key, u32 len,
			struct netlink_ext_ack *extack);
int nfsec_alg_check_icv(const struct nfsec_alg *alg, u32 *icv_bits,
			struct netlink_ext_ack *extack);

extern bool nfsec_allow_weak;

#endif /* _NFSEC_ALG_H */
