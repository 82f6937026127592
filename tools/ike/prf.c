// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo-random functions and integrity algorithms: HMAC, AES-XCBC, AES-CMAC.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "../lib/util.h"
#include "crypto.h"
#include "ids.h"

enum kind { HMAC, XCBC, CMAC };

/* One keyed hash, by its transform number as a prf and as an integrity algorithm. */
struct mac {
	uint16_t prf, integ;	/* 0: not one of these */
	enum kind kind;
	const char *digest;
	uint8_t len;		/* of the output, and of the key */
	uint8_t icv;		/* as an integrity algorithm */
};

static const struct mac macs[] = {
	{ IKE_PRF_HMAC_SHA1, IKE_INTEG_HMAC_SHA1_96, HMAC,
	  "SHA1", 20, 12 },
	{ IKE_PRF_HMAC_SHA2_256, IKE_INTEG_HMAC_SHA2_256_128, HMAC,
	  "SHA256", 32, 16 },
	{ IKE_PRF_HMAC_SHA2_384, IKE_INTEG_HMAC_SHA2_384_192, HMAC,
	  "SHA384", 48, 24 },
	{ IKE_PRF_HMAC_SHA2_512, IKE_INTEG_HMAC_SHA2_512_256, HMAC,
	  "SHA512", 64, 32 },
	{ IKE_PRF_AES128_XCBC, IKE_INTEG_AES_XCBC_96, XCBC,
	  NULL, 16, 12 },
	{ IKE_PRF_AES128_CMAC, IKE_INTEG_AES_CMAC_96, CMAC,
	  NULL, 16, 12 },
};

static const struct mac *by_prf(uint16_t prf)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(macs); i++)
		if (macs[i].prf == prf)
			return &macs[i];
	return NULL;
}

static const struct mac *by_integ(uint16_t integ)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(macs); i++)
		if (macs[i].integ == integ)
			return &macs[i];
	return NULL;
}

const char *ike_crypt_text(enum ike_crypt why)
{
	static const char *const text[] = {
		[IKE_CRYPT_OK] = "no error",
		[IKE_CRYPT_UNKNOWN] = "algorithm or key length not supported",
		[IKE_CRYPT_UNAVAILABLE] = "algorithm not in this libcrypto",
		[IKE_CRYPT_LIBRARY] = "libcrypto failed",
		[IKE_CRYPT_KEY_LENGTH] = "key material of the wrong length",
		[IKE_CRYPT_SPACE] = "more octets than fit",
		[IKE_CRYPT_SHORT] = "encrypted payload too short",
		[IKE_CRYPT_BLOCK] = "ciphertext is no multiple of the block",
		[IKE_CRYPT_ICV] = "integrity check failed",
		[IKE_CRYPT_PADDING] = "padding longer than the plaintext",
		[IKE_CRYPT_IV_SPENT] = "all IVs of the key are used up",
		[IKE_CRYPT_PUB_LENGTH] = "public value of the wrong length",
		[IKE_CRYPT_PUB_RANGE] = "public value out of range",
		[IKE_CRYPT_PUB_CURVE] = "public point is not on the curve",
		[IKE_CRYPT_PUB_ZERO] = "public value gives a shared secret of zero",
		[IKE_CRYPT_PUB_KEM] = "encapsulation key with a coefficient out of range",
		[IKE_CRYPT_PUB_OWN] = "public value is our own",
		[IKE_CRYPT_ORDER] = "key exchange step out of order",
		[IKE_CRYPT_NONCE] = "nonce not of 16 to 256 octets",
		[IKE_CRYPT_PRF_CHANGE] = "rekeying would change the prf",
		[IKE_CRYPT_NO_SECRET] = "IKE rekeying without a key exchange",
	};

	if ((size_t)why >= ARRAY_SIZE(text) || !text[why])
		return "unknown error";
	return text[why];
}

/* An EVP_MAC stays fetched for the life of the process: fetching costs more than most
 * of the messages that are hashed here.
 */
static EVP_MAC *fetch(enum kind kind)
{
	static EVP_MAC *hmac, *cmac;
	EVP_MAC **m = kind == HMAC ? &hmac : &cmac;

	if (!*m)
		*m = EVP_MAC_fetch(NULL, kind == HMAC ? "HMAC" : "CMAC", NULL);
	return *m;
}

static enum ike_crypt evp_mac(const struct mac *mac, struct ike_buf key, const struct ike_buf *in,
			      size_t n, uint8_t *out)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	static const uint8_t none[1];
	EVP_MAC *m = fetch(mac->kind);
	EVP_MAC_CTX *ctx;
	size_t i, len;
	bool ok;

	if (mac->kind == HMAC)
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
							     (char *)mac->digest, 0);
	else
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
							     (char *)"AES-128-CBC", 0);
	ctx = m ? EVP_MAC_CTX_new(m) : NULL;
	ok = ctx && EVP_MAC_init(ctx, key.n ? key.p : none, key.n, params);
	for (i = 0; ok && i < n; i++)
		ok = !in[i].n || EVP_MAC_update(ctx, in[i].p, in[i].n);
	ok = ok && EVP_MAC_final(ctx, out, &len, mac->len) && len == mac->len;
	EVP_MAC_CTX_free(ctx);
	return ok ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
}

/* One block of AES-128 with the key that @ctx was set up for. */
static bool block(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in)
{
	int len;

	return EVP_EncryptUpdate(ctx, out, &len, in, 16) && len == 16;
}

static bool block_key(EVP_CIPHER_CTX *ctx, const uint8_t *key)
{
	return EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL) &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0);
}

/* AES-XCBC-MAC (RFC 3566 4) with a key of 16 octets; libcrypto has none. */
static bool xcbc16(EVP_CIPHER_CTX *ctx, const uint8_t *key, const struct ike_buf *in, size_t n,
		   uint8_t *out)
{
	uint8_t k[3][16], e[16] = { 0 };
	size_t i, j, fill = 0;
	bool ok;

	for (i = 0; i < 3; i++)
		memset(k[i], (int)i + 1, 16);
	ok = block_key(ctx, key) && block(ctx, k[0], k[0]) && block(ctx, k[1], k[1]) &&
	     block(ctx, k[2], k[2]) && block_key(ctx, k[0]);
	for (i = 0; ok && i < n; i++) {
		for (j = 0; ok && j < in[i].n; j++) {
			/* the last block is treated in another way: keep it back */
			if (fill == 16) {
				ok = block(ctx, e, e);
				fill = 0;
			}
			e[fill++] ^= in[i].p[j];
		}
	}
	if (fill < 16)
		e[fill] ^= 0x80;
	for (j = 0; j < 16; j++)
		e[j] ^= k[fill == 16 ? 1 : 2][j];
	ok = ok && block(ctx, e, e);
	memcpy(out, e, 16);
	OPENSSL_cleanse(k, sizeof(k));
	OPENSSL_cleanse(e, sizeof(e));
	return ok;
}

/* AES-XCBC-PRF-128: shorter keys are filled up with zeros, longer ones are hashed
 * (RFC 4434 2).
 */
static enum ike_crypt xcbc(struct ike_buf key, const struct ike_buf *in, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t k[16] = { 0 };
	bool ok = ctx;

	if (key.n > 16)
		ok = ok && xcbc16(ctx, k, &key, 1, k);
	else if (key.n)
		memcpy(k, key.p, key.n);
	ok = ok && xcbc16(ctx, k, in, n, out);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(k, sizeof(k));
	return ok ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
}

/* AES-CMAC-PRF-128: keys of any other length than 16 are hashed (RFC 4615 3). */
static enum ike_crypt cmac(const struct mac *mac, struct ike_buf key, const struct ike_buf *in,
			   size_t n, uint8_t *out)
{
	static const uint8_t zero[16];
	enum ike_crypt why;
	uint8_t k[16];

	if (key.n == 16)
		return evp_mac(mac, key, in, n, out);
	why = evp_mac(mac, (struct ike_buf){ zero, 16 }, &key, 1, k);
	if (!why)
		why = evp_mac(mac, (struct ike_buf){ k, 16 }, in, n, out);
	OPENSSL_cleanse(k, sizeof(k));
	return why;
}

static enum ike_crypt run(const struct mac *mac, struct ike_buf key, const struct ike_buf *in,
			  size_t n, uint8_t *out)
{
	switch (mac->kind) {
	case XCBC:
		return xcbc(key, in, n, out);
	case CMAC:
		return cmac(mac, key, in, n, out);
	default:
		return evp_mac(mac, key, in, n, out);
	}
}

size_t ike_prf_len(uint16_t prf)
{
	const struct mac *mac = by_prf(prf);

	return mac ? mac->len : 0;
}

bool ike_prf_fixed_key(uint16_t prf)
{
	const struct mac *mac = by_prf(prf);

	return mac && mac->kind != HMAC;
}

enum ike_crypt ike_prf(uint16_t prf, struct ike_buf key, const struct ike_buf *in, size_t n,
		       uint8_t *out)
{
	const struct mac *mac = by_prf(prf);

	return mac ? run(mac, key, in, n, out) : IKE_CRYPT_UNKNOWN;
}

#define SEED_PARTS 24

enum ike_crypt ike_prf_plus(uint16_t prf, struct ike_buf key, const struct ike_buf *seed,
			    size_t n, uint8_t *out, size_t len)
{
	const struct mac *mac = by_prf(prf);
	struct ike_buf in[SEED_PARTS + 2];
	uint8_t t[IKE_PRF_MAX], count = 0;
	enum ike_crypt why = IKE_CRYPT_OK;
	size_t done, part;

	if (!mac)
		return IKE_CRYPT_UNKNOWN;
	if (n > SEED_PARTS || len > (size_t)mac->len * 255)
		return IKE_CRYPT_SPACE;
	in[0] = (struct ike_buf){ t, 0 };
	if (n)
		memcpy(in + 1, seed, n * sizeof(*seed));
	in[n + 1] = (struct ike_buf){ &count, 1 };
	for (done = 0; !why && done < len; done += part) {
		count++;
		why = run(mac, key, in, n + 2, t);
		in[0].n = mac->len;
		part = len - done < mac->len ? len - done : mac->len;
		memcpy(out + done, t, part);
	}
	if (why)
		OPENSSL_cleanse(out, len);
	OPENSSL_cleanse(t, sizeof(t));
	return why;
}

size_t ike_integ_key_len(uint16_t integ)
{
	const struct mac *mac = integ ? by_integ(integ) : NULL;

	return mac ? mac->len : 0;
}

size_t ike_integ_icv_len(uint16_t integ)
{
	const struct mac *mac = integ ? by_integ(integ) : NULL;

	return mac ? mac->icv : 0;
}

enum ike_crypt ike_integ(uint16_t integ, struct ike_buf key, const struct ike_buf *in, size_t n,
			 uint8_t *out)
{
	const struct mac *mac = integ ? by_integ(integ) : NULL;
	uint8_t full[IKE_PRF_MAX];
	enum ike_crypt why;

	if (!mac)
		return IKE_CRYPT_UNKNOWN;
	if (key.n != mac->len)
		return IKE_CRYPT_KEY_LENGTH;
	why = run(mac, key, in, n, full);
	if (!why)
		memcpy(out, full, mac->icv);
	OPENSSL_cleanse(full, sizeof(full));
	return why;
}
