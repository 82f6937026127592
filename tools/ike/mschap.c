// SPDX-License-Identifier: GPL-2.0
/*
 * MS-CHAPv2 (RFC 2759) and its keys (RFC 3079). All that is weak about it stays in here; what
 * protects it is the IKE SA that it comes in.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "mschap.h"

#define SHA1_LEN 20

/* A library context of its own: nobody else gets to see the legacy provider. */
static OSSL_LIB_CTX *lib;
static OSSL_PROVIDER *legacy;
static EVP_MD *md4;
static EVP_CIPHER *des;

bool ike_mschap_usable(void)
{
	if (md4 && des)
		return true;
	if (!lib)
		lib = OSSL_LIB_CTX_new();
	if (lib && !legacy)
		legacy = OSSL_PROVIDER_load(lib, "legacy");
	if (!legacy)
		return false;
	if (!md4)
		md4 = EVP_MD_fetch(lib, "MD4", NULL);
	if (!des)
		des = EVP_CIPHER_fetch(lib, "DES-ECB", NULL);
	return md4 && des;
}

/* Takes a character in UTF-8 off @s; 0 if there is none, or none that may be. */
static uint32_t character(struct ike_buf *s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned int more, i;
	uint32_t c;

	c = s->p[0];
	more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	if ((c >= 0x80 && c < 0xc0) || c >= 0xf8 || s->n <= more)
		return 0;
	if (more)
		c &= 0x3fu >> more;
	for (i = 1; i <= more; i++) {
		if ((s->p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s->p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	s->p += more + 1;
	s->n -= more + 1;
	return c;
}

static size_t put_unit(uint8_t *p, uint32_t unit)
{
	p[0] = (uint8_t)unit;
	p[1] = (uint8_t)(unit >> 8);
	return 2;
}

int ike_mschap_hash(struct ike_buf password, uint8_t *hash)
{
	uint8_t text[2 * IKE_MSCHAP_PASSWORD];
	size_t n = 0;
	uint32_t c;
	int ret = -1;

	if (!ike_mschap_usable())
		return -1;
	while (password.n) {
		c = character(&password);
		if (!c || n + 4 > sizeof(text))
			goto out;
		if (c >= 0x10000) {
			n += put_unit(text + n, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		n += put_unit(text + n, c);
	}
	ret = EVP_Digest(text, n, hash, NULL, md4, NULL) == 1 ? 0 : -1;
out:
	OPENSSL_cleanse(text, sizeof(text));
	return ret;
}

static int sha1(const struct ike_buf *in, unsigned int n, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1;
	unsigned int i;

	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, in[i].p, in[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

/* ChallengeHash, eight octets of SHA1_LEN */
static int challenge_hash(const struct ike_mschap *m, uint8_t *out)
{
	const struct ike_buf in[] = {
		{ m->peer, sizeof(m->peer) }, { m->server, sizeof(m->server) }, m->user,
	};

	return sha1(in, 3, out);
}

/* DesEncrypt with the 56 bits at @key; libcrypto looks at no parity. */
static int encrypt(const uint8_t *clear, const uint8_t *key, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t k[8] = { key[0] };
	unsigned int i;
	int n, ret;

	for (i = 1; i < 7; i++)
		k[i] = (uint8_t)(key[i - 1] << (8 - i) | key[i] >> i);
	k[7] = (uint8_t)(key[6] << 1);
	ret = ctx && EVP_EncryptInit_ex2(ctx, des, k, NULL, NULL) == 1 &&
	      EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	      EVP_EncryptUpdate(ctx, out, &n, clear, 8) == 1 && n == 8 ? 0 : -1;
	OPENSSL_cleanse(k, sizeof(k));
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

int ike_mschap_response(const struct ike_mschap *m, const uint8_t *hash, uint8_t *response)
{
	uint8_t challenge[SHA1_LEN], key[21] = { 0 };
	unsigned int i;
	int ret = -1;

	memcpy(key, hash, IKE_MSCHAP_HASH);
	if (ike_mschap_usable() && !challenge_hash(m, challenge))
		for (i = ret = 0; i < 3 && !ret; i++)
			ret = encrypt(challenge, key + 7 * i, response + 8 * i);
	OPENSSL_cleanse(key, sizeof(key));
	return ret;
}

int ike_mschap_proof(const struct ike_mschap *m, const uint8_t *hash, const uint8_t *response,
		     uint8_t *proof)
{
	static const char magic1[] = "Magic server to client signing constant";
	static const char magic2[] = "Pad to make it do more than one iteration";
	uint8_t again[IKE_MSCHAP_HASH], challenge[SHA1_LEN], first[SHA1_LEN];
	const struct ike_buf a[] = {
		{ again, sizeof(again) }, { response, IKE_MSCHAP_RESPONSE },
		{ (const uint8_t *)magic1, sizeof(magic1) - 1 },
	}, b[] = {
		{ first, sizeof(first) }, { challenge, 8 },
		{ (const uint8_t *)magic2, sizeof(magic2) - 1 },
	};
	int ret = -1;

	if (ike_mschap_usable() &&
	    EVP_Digest(hash, IKE_MSCHAP_HASH, again, NULL, md4, NULL) == 1 &&
	    !sha1(a, 3, first) && !challenge_hash(m, challenge))
		ret = sha1(b, 3, proof);
	OPENSSL_cleanse(again, sizeof(again));
	OPENSSL_cleanse(first, sizeof(first));
	return ret;
}

/* GetAsymmetricStartKey, 16 octets of SHA1_LEN */
static int start_key(const uint8_t *master, const char *magic, uint8_t *out)
{
	static const uint8_t zero[40];
	uint8_t f2[40];
	const struct ike_buf in[] = {
		{ master, 16 }, { zero, sizeof(zero) },
		{ (const uint8_t *)magic, strlen(magic) }, { f2, sizeof(f2) },
	};

	memset(f2, 0xf2, sizeof(f2));
	return sha1(in, 4, out);
}

int ike_mschap_msk(const uint8_t *hash, const uint8_t *response, uint8_t *msk)
{
	static const char magic[] = "This is the MPPE Master Key";
	static const char to_server[] = "On the client side, this is the send key; "
					"on the server side, it is the receive key.";
	static const char to_peer[] = "On the client side, this is the receive key; "
				      "on the server side, it is the send key.";
	uint8_t again[IKE_MSCHAP_HASH], master[SHA1_LEN], key[SHA1_LEN];
	const struct ike_buf in[] = {
		{ again, sizeof(again) }, { response, IKE_MSCHAP_RESPONSE },
		{ (const uint8_t *)magic, sizeof(magic) - 1 },
	};
	int ret = -1;

	memset(msk, 0, IKE_MSCHAP_MSK);
	if (!ike_mschap_usable() ||
	    EVP_Digest(hash, IKE_MSCHAP_HASH, again, NULL, md4, NULL) != 1 || sha1(in, 3, master) ||
	    start_key(master, to_server, key))
		goto out;
	memcpy(msk, key, 16);
	if (start_key(master, to_peer, key))
		goto out;
	memcpy(msk + 16, key, 16);
	ret = 0;
out:
	OPENSSL_cleanse(again, sizeof(again));
	OPENSSL_cleanse(master, sizeof(master));
	OPENSSL_cleanse(key, sizeof(key));
	return ret;
}
