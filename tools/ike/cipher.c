// SPDX-License-Identifier: GPL-2.0
/*
 * Protection of IKE messages: the SK and SKF payloads.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "../lib/util.h"
#include "crypto.h"
#include "ids.h"

enum mode { CBC, CTR, GCM, CCM, POLY };

struct cipher {
	uint16_t id;
	enum mode mode;
	uint8_t iv, block, salt, icv;	/* icv: of an AEAD */
	bool weak;
	const EVP_CIPHER *(*evp[3])(void);	/* keys of 128, 192, 256 bits */
	uint8_t fixed;			/* octets of the only key length it has */
};

#define AES(mode) { EVP_aes_128_##mode, EVP_aes_192_##mode, EVP_aes_256_##mode }

static const struct cipher ciphers[] = {
	{ IKE_ENCR_3DES, CBC, 8, 8, 0, 0, true,
	  { NULL, EVP_des_ede3_cbc, NULL }, 24 },
	{ IKE_ENCR_AES_CBC, CBC, 16, 16, 0, 0, false,
	  AES(cbc), 0 },
	{ IKE_ENCR_AES_CTR, CTR, 8, 1, 4, 0, false,
	  AES(ctr), 0 },
	{ IKE_ENCR_AES_CCM_8, CCM, 8, 1, 3, 8, false,
	  AES(ccm), 0 },
	{ IKE_ENCR_AES_CCM_12, CCM, 8, 1, 3, 12, false,
	  AES(ccm), 0 },
	{ IKE_ENCR_AES_CCM_16, CCM, 8, 1, 3, 16, false,
	  AES(ccm), 0 },
	{ IKE_ENCR_AES_GCM_8, GCM, 8, 1, 4, 8, false,
	  AES(gcm), 0 },
	{ IKE_ENCR_AES_GCM_12, GCM, 8, 1, 4, 12, false,
	  AES(gcm), 0 },
	{ IKE_ENCR_AES_GCM_16, GCM, 8, 1, 4, 16, false,
	  AES(gcm), 0 },
	{ IKE_ENCR_CHACHA20_POLY1305, POLY, 8, 1, 4, 16, false,
	  { NULL, NULL, EVP_chacha20_poly1305 }, 32 },
};

static const struct cipher *find(uint16_t encr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (ciphers[i].id == encr)
			return &ciphers[i];
	return NULL;
}

bool ike_encr_aead(uint16_t encr)
{
	const struct cipher *c = find(encr);

	return c && c->icv;
}

bool ike_encr_weak(uint16_t encr)
{
	const struct cipher *c = find(encr);

	return c && c->weak;
}

size_t ike_encr_len(uint16_t encr, uint16_t bits)
{
	const struct cipher *c = find(encr);

	if (!c)
		return 0;
	/* A key length that goes without saying may not be said (RFC 7296 3.3.5). */
	if (c->fixed)
		return bits ? 0 : (size_t)c->fixed + c->salt;
	if (bits != 128 && bits != 192 && bits != 256)
		return 0;
	return bits / 8u + c->salt;
}

enum ike_crypt ike_sk_init(struct ike_sk *sk, uint16_t encr, uint16_t bits, uint16_t integ,
			   struct ike_buf ke, struct ike_buf ka)
{
	const struct cipher *c = find(encr);
	size_t len = ike_encr_len(encr, bits);

	memset(sk, 0, sizeof(*sk));
	if (!c || !len)
		return IKE_CRYPT_UNKNOWN;
	if (c->icv ? integ != 0 : !ike_integ_icv_len(integ))
		return IKE_CRYPT_UNKNOWN;
	if (ke.n != len || ka.n != ike_integ_key_len(integ))
		return IKE_CRYPT_KEY_LENGTH;
	sk->encr = encr;
	sk->integ = integ;
	sk->ke_len = (uint8_t)ke.n;
	sk->ka_len = (uint8_t)ka.n;
	memcpy(sk->ke, ke.p, ke.n);
	if (ka.n)
		memcpy(sk->ka, ka.p, ka.n);
	return IKE_CRYPT_OK;
}

void ike_sk_wipe(struct ike_sk *sk)
{
	OPENSSL_cleanse(sk, sizeof(*sk));
}

static size_t icv_len(const struct ike_sk *sk, const struct cipher *c)
{
	return c->icv ? c->icv : ike_integ_icv_len(sk->integ);
}

size_t ike_sk_iv_len(const struct ike_sk *sk)
{
	const struct cipher *c = find(sk->encr);

	return c ? c->iv : 0;
}

size_t ike_sk_body_len(const struct ike_sk *sk, size_t inner)
{
	const struct cipher *c = find(sk->encr);
	size_t text = inner + 1;

	if (!c)
		return 0;
	text += (c->block - text % c->block) % c->block;
	return c->iv + text + icv_len(sk, c);
}

size_t ike_sk_room(const struct ike_sk *sk, size_t body)
{
	const struct cipher *c = find(sk->encr);
	size_t fixed = c ? c->iv + icv_len(sk, c) : 0;

	if (!c || body < fixed + c->block)
		return 0;
	body -= fixed;
	return body - body % c->block - 1;
}

/* The cipher itself with the key in @sk, or NULL. */
static const EVP_CIPHER *evp(const struct ike_sk *sk, const struct cipher *c)
{
	size_t i = (size_t)(sk->ke_len - c->salt) / 8 - 2;

	return i < 3 && c->evp[i] ? c->evp[i]() : NULL;
}

/* What the cipher takes for IV: the IV of the message with the salt before it, and for
 * counter mode the first value of the block counter after it (RFC 5930 2).
 */
static void nonce(const struct ike_sk *sk, const struct cipher *c, const uint8_t *iv, uint8_t *out)
{
	memcpy(out, sk->ke + sk->ke_len - c->salt, c->salt);
	memcpy(out + c->salt, iv, c->iv);
	if (c->mode == CTR)
		memcpy(out + c->salt + c->iv, "\0\0\0\1", 4);
}

static bool crypt_plain(const EVP_CIPHER *e, const struct ike_sk *sk, const uint8_t *n,
			uint8_t *text, size_t len, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int part, rest;
	bool ok;

	ok = ctx && EVP_CipherInit_ex(ctx, e, NULL, sk->ke, n, seal) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	     EVP_CipherUpdate(ctx, text, &part, text, (int)len) &&
	     EVP_CipherFinal_ex(ctx, text + part, &rest) && (size_t)(part + rest) == len;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* Seals or opens @len octets at @text in place with the tag behind them; @aad octets of
 * @msg are authenticated with them. CCM wants to know all lengths beforehand, and checks
 * the tag already when it decrypts.
 */
static bool crypt_aead(const EVP_CIPHER *e, const struct ike_sk *sk, const struct cipher *c,
		       const uint8_t *n, const uint8_t *msg, size_t aad, uint8_t *text,
		       size_t len, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *tag = text + len;
	int part, rest = 0;
	bool ok;

	ok = ctx && EVP_CipherInit_ex(ctx, e, NULL, NULL, NULL, seal) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, c->salt + c->iv, NULL) > 0;
	if (ok && (!seal || c->mode == CCM))
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, c->icv, seal ? NULL : tag) > 0;
	ok = ok && EVP_CipherInit_ex(ctx, NULL, NULL, sk->ke, n, seal);
	if (ok && c->mode == CCM)
		ok = EVP_CipherUpdate(ctx, NULL, &part, NULL, (int)len);
	ok = ok && EVP_CipherUpdate(ctx, NULL, &part, msg, (int)aad) &&
	     EVP_CipherUpdate(ctx, text, &part, text, (int)len) && (size_t)part == len;
	if (ok && (seal || c->mode != CCM))
		ok = EVP_CipherFinal_ex(ctx, tag, &rest) > 0 && !rest;
	if (ok && seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, c->icv, tag) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* An IV that this key has not seen: counted, since a repeated one would give AEADs and
 * counter mode away (RFC 5282 3.1), random for CBC, which must not be foreseen.
 */
static enum ike_crypt make_iv(struct ike_sk *sk, const struct cipher *c, uint8_t *iv)
{
	int i;

	if (c->mode == CBC)
		return RAND_bytes(iv, c->iv) > 0 ? IKE_CRYPT_OK : IKE_CRYPT_LIBRARY;
	if (sk->seq == UINT64_MAX)
		return IKE_CRYPT_IV_SPENT;
	for (i = 0; i < 8; i++)
		iv[i] = (uint8_t)(sk->seq >> (56 - 8 * i));
	sk->seq++;
	return IKE_CRYPT_OK;
}

#define LEN_MAX	0x100000	/* of a message; far beyond any, and fits an int */

enum ike_crypt ike_sk_seal(struct ike_sk *sk, uint8_t *msg, size_t head, size_t inner, size_t cap)
{
	const struct cipher *c = find(sk->encr);
	const EVP_CIPHER *e = c ? evp(sk, c) : NULL;
	uint8_t *iv = msg + head, n[16], *text;
	size_t body, pad, len;
	enum ike_crypt why;

	if (!e)
		return IKE_CRYPT_UNKNOWN;
	if (head > LEN_MAX || inner > LEN_MAX)
		return IKE_CRYPT_SPACE;
	body = ike_sk_body_len(sk, inner);
	if (cap < head || cap - head < body)
		return IKE_CRYPT_SPACE;
	why = make_iv(sk, c, iv);
	if (why)
		return why;
	text = iv + c->iv;
	len = body - c->iv - icv_len(sk, c);
	pad = len - inner - 1;
	memset(text + inner, 0, pad);
	text[len - 1] = (uint8_t)pad;
	nonce(sk, c, iv, n);
	if (c->icv)
		return crypt_aead(e, sk, c, n, msg, head, text, len, true) ? IKE_CRYPT_OK :
			IKE_CRYPT_LIBRARY;
	if (!crypt_plain(e, sk, n, text, len, true))
		return IKE_CRYPT_LIBRARY;
	return ike_integ(sk->integ, (struct ike_buf){ sk->ka, sk->ka_len },
			 &(struct ike_buf){ msg, head + c->iv + len }, 1, text + len);
}

static enum ike_crypt check_icv(const struct ike_sk *sk, const uint8_t *msg, size_t len)
{
	size_t n = ike_integ_icv_len(sk->integ);
	struct ike_buf in = { msg, len - n };
	uint8_t icv[IKE_ICV_MAX];
	enum ike_crypt why;

	why = ike_integ(sk->integ, (struct ike_buf){ sk->ka, sk->ka_len }, &in, 1, icv);
	if (!why && CRYPTO_memcmp(icv, msg + len - n, n))
		why = IKE_CRYPT_ICV;
	return why;
}

enum ike_crypt ike_sk_open(const struct ike_sk *sk, uint8_t *msg, size_t head, size_t len,
			   struct ike_buf *inner)
{
	const struct cipher *c = find(sk->encr);
	const EVP_CIPHER *e = c ? evp(sk, c) : NULL;
	uint8_t n[16], *text;
	enum ike_crypt why;
	size_t rest, text_len;

	*inner = (struct ike_buf){ NULL, 0 };
	if (!e)
		return IKE_CRYPT_UNKNOWN;
	if (len > LEN_MAX)
		return IKE_CRYPT_SPACE;
	if (len < head || len - head < c->iv + icv_len(sk, c) + 1)
		return IKE_CRYPT_SHORT;
	rest = len - head;
	text = msg + head + c->iv;
	text_len = rest - c->iv - icv_len(sk, c);
	if (text_len % c->block)
		return IKE_CRYPT_BLOCK;
	nonce(sk, c, msg + head, n);
	if (c->icv) {
		if (!crypt_aead(e, sk, c, n, msg, head, text, text_len, false))
			return IKE_CRYPT_ICV;
	} else {
		why = check_icv(sk, msg, len);
		if (why)
			return why;
		if (!crypt_plain(e, sk, n, text, text_len, false))
			return IKE_CRYPT_LIBRARY;
	}
	if ((size_t)text[text_len - 1] + 1 > text_len)
		return IKE_CRYPT_PADDING;
	*inner = (struct ike_buf){ text, text_len - text[text_len - 1] - 1 };
	return IKE_CRYPT_OK;
}
