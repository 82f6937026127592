// SPDX-License-Identifier: GPL-2.0
/*
 * Table of algorithms: names, key and ICV lengths, IVs (RFC 8221 and the RFCs
 * it names).
 */

#include <linux/kernel.h>
#include <linux/netlink.h>
#include <linux/string.h>

#include "alg.h"

bool nfsec_allow_weak;

static const struct nfsec_alg nfsec_algs[] = {
	{
		.name = "rfc4106(gcm(aes))", .kind = NFSEC_ALG_AEAD,
		.salt = 4, .iv = 8, .block = 1,
		.icv_default = 16, .icv = { 8, 12, 16 },
		.key = { 16, 24, 32 }, .rfc = "RFC 4106",
	}, {
		.name = "rfc7539esp(chacha20,poly1305)", .kind = NFSEC_ALG_AEAD,
		.salt = 4, .iv = 8, .block = 1,
		.icv_default = 16, .icv = { 16 },
		.key = { 32 }, .rfc = "RFC 7634",
	}, {
		.name = "rfc4309(ccm(aes))", .kind = NFSEC_ALG_AEAD,
		.salt = 3, .iv = 8, .block = 1,
		.icv_default = 16, .icv = { 8, 12, 16 },
		.key = { 16, 24, 32 }, .rfc = "RFC 4309",
	}, {
		.name = "rfc4543(gcm(aes))", .kind = NFSEC_ALG_AEAD,
		.flags = NFSEC_ALG_NULL_AUTH,
		.salt = 4, .iv = 8, .block = 1,
		.icv_default = 16, .icv = { 16 },
		.key = { 16, 24, 32 }, .rfc = "RFC 4543",
	}, {
		.name = "cbc(aes)", .compat = "aes", .kind = NFSEC_ALG_ENC,
		.iv = 16, .block = 16,
		.key = { 16, 24, 32 }, .rfc = "RFC 3602",
	}, {
		.name = "rfc3686(ctr(aes))", .crypto = "ctr(aes)",
		.kind = NFSEC_ALG_ENC, .flags = NFSEC_ALG_CTR,
		.salt = 4, .iv = 8, .block = 1,
		.key = { 16, 24, 32 }, .rfc = "RFC 3686",
	}, {
		.name = "ecb(cipher_null)", .compat = "cipher_null",
		.kind = NFSEC_ALG_ENC, .flags = NFSEC_ALG_NULL,
		.block = 1, .rfc = "RFC 2410",
	}, {
		.name = "cbc(des3_ede)", .compat = "des3_ede",
		.kind = NFSEC_ALG_ENC, .flags = NFSEC_ALG_3DES,
		.iv = 8, .block = 8, .key = { 24 }, .rfc = "RFC 2451",
	}, {
		.name = "cbc(des)", .compat = "des",
		.kind = NFSEC_ALG_ENC, .flags = NFSEC_ALG_WEAK,
		.iv = 8, .block = 8, .key = { 8 }, .rfc = "RFC 2405",
	}, {
		.name = "hmac(sha1)", .compat = "sha1", .kind = NFSEC_ALG_AUTH,
		.icv_default = 12, .icv = { 12 },
		.key = { 20 }, .rfc = "RFC 2404",
	}, {
		/* 96 bits: peers built on an old draft of RFC 4868 */
		.name = "hmac(sha256)", .compat = "sha256",
		.kind = NFSEC_ALG_AUTH,
		.icv_default = 16, .icv = { 16, 12 },
		.key = { 32 }, .rfc = "RFC 4868",
	}, {
		.name = "hmac(sha384)", .compat = "sha384",
		.kind = NFSEC_ALG_AUTH,
		.icv_default = 24, .icv = { 24 },
		.key = { 48 }, .rfc = "RFC 4868",
	}, {
		.name = "hmac(sha512)", .compat = "sha512",
		.kind = NFSEC_ALG_AUTH,
		.icv_default = 32, .icv = { 32 },
		.key = { 64 }, .rfc = "RFC 4868",
	}, {
		.name = "xcbc(aes)", .kind = NFSEC_ALG_AUTH,
		.icv_default = 12, .icv = { 12 },
		.key = { 16 }, .rfc = "RFC 3566",
	}, {
		.name = "cmac(aes)", .kind = NFSEC_ALG_AUTH,
		.icv_default = 12, .icv = { 12 },
		.key = { 16 }, .rfc = "RFC 4494",
	}, {
		.name = "hmac(md5)", .compat = "md5", .kind = NFSEC_ALG_AUTH,
		.flags = NFSEC_ALG_WEAK,
		.icv_default = 12, .icv = { 12 },
		.key = { 16 }, .rfc = "RFC 2403",
	},
};

/**
 * nfsec_alg_find() - row of an algorithm
 * @kind: AEAD, cipher or integrity
 * @name: its name, or the short one that ip xfrm also takes
 *
 * Context: any.
 * Return: the row, NULL if the name is unknown.
 */
const struct nfsec_alg *nfsec_alg_find(enum nfsec_alg_kind kind,
				       const char *name)
{
	const struct nfsec_alg *a;

	for (a = nfsec_algs; a < nfsec_algs + ARRAY_SIZE(nfsec_algs); a++)
		if (a->kind == kind &&
		    (!strcmp(a->name, name) ||
		     (a->compat && !strcmp(a->compat, name))))
			return a;
	return NULL;
}

/* Parity bits of a DES key do not count (RFC 2451 2.3) */
static bool des_parts_equal(const u8 *a, const u8 *b)
{
	u8 diff = 0;
	int i;

	for (i = 0; i < 8; i++)
		diff |= (a[i] ^ b[i]) & 0xfe;
	return !diff;
}

/**
 * nfsec_alg_check_key() - check a key against its algorithm
 * @alg: row of the algorithm
 * @key: key with salt
 * @len: octets of @key
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_alg_check_key(const struct nfsec_alg *alg, const u8 *key, u32 len,
			struct netlink_ext_ack *extack)
{
	int i;

	if (alg->flags & NFSEC_ALG_WEAK && !nfsec_allow_weak) {
		NL_SET_ERR_MSG(extack,
			       "weak algorithm: needs module parameter allow_weak=1");
		return -EINVAL;
	}
	if (alg->flags & NFSEC_ALG_NULL) {
		if (!len)
			return 0;
		NL_SET_ERR_MSG(extack, "the NULL cipher takes no key");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(alg->key) && alg->key[i]; i++)
		if (len == alg->key[i] + alg->salt)
			break;
	if (i == ARRAY_SIZE(alg->key) || !alg->key[i]) {
		NL_SET_ERR_MSG(extack,
			       "key (with salt, if any) has the wrong length for its algorithm");
		return -EINVAL;
	}
	if (alg->flags & NFSEC_ALG_3DES &&
	    (des_parts_equal(key, key + 8) ||
	     des_parts_equal(key + 8, key + 16))) {
		NL_SET_ERR_MSG(extack,
			       "parts of the 3DES key are equal (RFC 2451 2.3)");
		return -EINVAL;
	}
	return 0;
}

/**
 * nfsec_alg_check_icv() - check the length of the integrity check value
 * @alg: row of the algorithm
 * @icv_bits: length in bits; 0 is replaced by the default of the algorithm
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_alg_check_icv(const struct nfsec_alg *alg, u32 *icv_bits,
			struct netlink_ext_ack *extack)
{
	int i;

	if (!*icv_bits) {
		*icv_bits = alg->icv_default * 8;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(alg->icv) && alg->icv[i]; i++)
		if (*icv_bits == alg->icv[i] * 8)
			return 0;
	NL_SET_ERR_MSG(extack, "algorithm does not allow an ICV of this length");
	return -EINVAL;
}
