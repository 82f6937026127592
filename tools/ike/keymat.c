// SPDX-License-Identifier: GPL-2.0
/*
 * Key derivation (RFC 7296 2.14, 2.17, 2.18; RFC 8784; RFC 9370).
 */
#include <string.h>

#include <openssl/crypto.h>

#include "../lib/util.h"
#include "crypto.h"
#include "ids.h"

#define SECRETS_MAX	8	/* of CREATE_CHILD_SA and seven more */

static bool nonces_ok(const struct ike_seed *s)
{
	return s->ni.n >= 16 && s->ni.n <= 256 && s->nr.n >= 16 && s->nr.n <= 256;
}

/* SK(0) | Ni | Nr | SK(1) | ...; the number of parts. */
static size_t mix(struct ike_buf *out, const struct ike_seed *s, const struct ike_buf *secret,
		  size_t n)
{
	size_t at = 0, i;

	if (n)
		out[at++] = secret[0];
	out[at++] = s->ni;
	out[at++] = s->nr;
	for (i = 1; i < n; i++)
		out[at++] = secret[i];
	return at;
}

/* Lengths of all keys from @suite. */
static enum ike_crypt lengths(struct ike_keys *k, const struct ike_suite *suite)
{
	size_t prf = ike_prf_len(suite->prf), encr = ike_encr_len(suite->encr, suite->encr_bits);
	size_t integ = ike_integ_key_len(suite->integ);

	memset(k, 0, sizeof(*k));
	if (!prf || !encr || (ike_encr_aead(suite->encr) ? suite->integ != 0 : !integ))
		return IKE_CRYPT_UNKNOWN;
	k->suite = *suite;
	k->prf_len = (uint8_t)prf;
	k->encr_len = (uint8_t)encr;
	k->integ_len = (uint8_t)integ;
	return IKE_CRYPT_OK;
}

/* {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr) */
static enum ike_crypt expand(struct ike_keys *k, const struct ike_seed *s, const uint8_t *skeyseed)
{
	uint8_t all[3 * IKE_PRF_MAX + 2 * IKE_INTEG_MAX + 2 * IKE_ENCR_MAX], *p = all;
	struct ike_buf seed[] = { s->ni, s->nr, { s->spi_i, 8 }, { s->spi_r, 8 } };
	struct { uint8_t *to; size_t n; } part[] = {
		{ k->d, k->prf_len },
		{ k->ai, k->integ_len }, { k->ar, k->integ_len },
		{ k->ei, k->encr_len }, { k->er, k->encr_len },
		{ k->pi, k->prf_len }, { k->pr, k->prf_len },
	};
	size_t i, len = 3u * k->prf_len + 2u * k->integ_len + 2u * k->encr_len;
	enum ike_crypt why;

	why = ike_prf_plus(k->suite.prf, (struct ike_buf){ skeyseed, k->prf_len }, seed, 4,
			   all, len);
	for (i = 0; !why && i < ARRAY_SIZE(part); i++) {
		memcpy(part[i].to, p, part[i].n);
		p += part[i].n;
	}
	OPENSSL_cleanse(all, sizeof(all));
	return why;
}

void ike_keys_wipe(struct ike_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

enum ike_crypt ike_keys_initial(struct ike_keys *k, const struct ike_suite *suite,
				const struct ike_seed *s, struct ike_buf secret)
{
	uint8_t key[512], skeyseed[IKE_PRF_MAX];
	size_t ni = s->ni.n, nr = s->nr.n;
	enum ike_crypt why = lengths(k, suite);

	if (why)
		return why;
	if (!nonces_ok(s))
		return IKE_CRYPT_NONCE;
	/* Half of a key of fixed length comes from each (RFC 7296 2.14). */
	if (ike_prf_fixed_key(suite->prf)) {
		ni = k->prf_len / 2u;
		nr = ni;
	}
	memcpy(key, s->ni.p, ni);
	memcpy(key + ni, s->nr.p, nr);
	why = ike_prf(suite->prf, (struct ike_buf){ key, ni + nr }, &secret, 1, skeyseed);
	if (!why)
		why = expand(k, s, skeyseed);
	OPENSSL_cleanse(skeyseed, sizeof(skeyseed));
	if (why)
		ike_keys_wipe(k);
	return why;
}

/* From here on SK_d is the key of the prf: SKEYSEED = prf(SK_d, SK(0) | Ni | Nr | ...). */
static enum ike_crypt reseed(struct ike_keys *k, const struct ike_keys *from,
			     const struct ike_seed *s, const struct ike_buf *secret, size_t n)
{
	struct ike_buf in[SECRETS_MAX + 2];
	uint8_t skeyseed[IKE_PRF_MAX];
	enum ike_crypt why;
	size_t parts;

	if (!nonces_ok(s))
		return IKE_CRYPT_NONCE;
	if (!n || !secret[0].n)
		return IKE_CRYPT_NO_SECRET;
	if (n > SECRETS_MAX)
		return IKE_CRYPT_SPACE;
	parts = mix(in, s, secret, n);
	why = ike_prf(from->suite.prf, (struct ike_buf){ from->d, from->prf_len }, in, parts,
		      skeyseed);
	if (!why)
		why = expand(k, s, skeyseed);
	OPENSSL_cleanse(skeyseed, sizeof(skeyseed));
	return why;
}

enum ike_crypt ike_keys_next(struct ike_keys *k, const struct ike_seed *s, struct ike_buf secret)
{
	return reseed(k, k, s, &secret, 1);
}

enum ike_crypt ike_keys_rekey(struct ike_keys *k, const struct ike_keys *old,
			      const struct ike_suite *suite, const struct ike_seed *s,
			      const struct ike_buf *secret, size_t n)
{
	enum ike_crypt why = lengths(k, suite);

	if (why)
		return why;
	/* Peers do not agree on which of two prfs expands the keys (RFC 7296 2.18). */
	why = suite->prf == old->suite.prf ? reseed(k, old, s, secret, n) : IKE_CRYPT_PRF_CHANGE;
	if (why)
		ike_keys_wipe(k);
	return why;
}

enum ike_crypt ike_keys_ppk(struct ike_keys *k, struct ike_buf ppk)
{
	uint8_t *key[] = { k->d, k->pi, k->pr }, old[IKE_PRF_MAX];
	enum ike_crypt why = ppk.n ? IKE_CRYPT_OK : IKE_CRYPT_NO_SECRET;
	size_t i;

	for (i = 0; !why && i < 3; i++) {
		memcpy(old, key[i], k->prf_len);
		why = ike_prf_plus(k->suite.prf, ppk, &(struct ike_buf){ old, k->prf_len }, 1,
				   key[i], k->prf_len);
	}
	OPENSSL_cleanse(old, sizeof(old));
	return why;
}

enum ike_crypt ike_keys_sk(const struct ike_keys *k, bool from_initiator, struct ike_sk *sk)
{
	struct ike_buf ke = { from_initiator ? k->ei : k->er, k->encr_len };
	struct ike_buf ka = { from_initiator ? k->ai : k->ar, k->integ_len };

	return ike_sk_init(sk, k->suite.encr, k->suite.encr_bits, k->suite.integ, ke, ka);
}

/* What only child SAs have: NULL, GMAC as a cipher (RFC 4543). */
static bool esp_len(uint16_t encr, uint16_t bits, size_t *len, bool *aead)
{
	*aead = ike_encr_aead(encr) || encr == IKE_ENCR_NULL_AES_GMAC;
	*len = 0;
	if (encr == IKE_ENCR_NULL)
		return !bits;
	/* the lengths of GCM are those of GMAC */
	*len = ike_encr_len(encr == IKE_ENCR_NULL_AES_GMAC ? IKE_ENCR_AES_GCM_16 :
			    encr, bits);
	return *len;
}

bool ike_child_lengths(uint16_t encr, uint16_t encr_bits, uint16_t integ, size_t *encr_len,
		       size_t *integ_len)
{
	bool aead;

	*encr_len = 0;
	*integ_len = ike_integ_key_len(integ);
	if (!encr) {
		/* GMAC of AH: 128, 192 or 256 bits and the salt (RFC 4543 5.2) */
		if (integ >= IKE_INTEG_AES128_GMAC && integ <= IKE_INTEG_AES256_GMAC)
			*integ_len = 16 + (integ - IKE_INTEG_AES128_GMAC) * 8u + 4;
		return *integ_len && !encr_bits;
	}
	return esp_len(encr, encr_bits, encr_len, &aead) && (aead ? !integ : *integ_len);
}

enum ike_crypt ike_keys_child(const struct ike_keys *k, uint16_t encr, uint16_t encr_bits,
			      uint16_t integ, const struct ike_seed *s,
			      const struct ike_buf *secret, size_t n, struct ike_child_keys *c)
{
	uint8_t all[2 * IKE_ENCR_MAX + 2 * IKE_INTEG_MAX];
	struct ike_buf in[SECRETS_MAX + 2];
	enum ike_crypt why;
	size_t e, a, parts;

	memset(c, 0, sizeof(*c));
	if (!ike_child_lengths(encr, encr_bits, integ, &e, &a))
		return IKE_CRYPT_UNKNOWN;
	if (!nonces_ok(s))
		return IKE_CRYPT_NONCE;
	if (n > SECRETS_MAX)
		return IKE_CRYPT_SPACE;
	parts = mix(in, s, secret, n);
	why = ike_prf_plus(k->suite.prf, (struct ike_buf){ k->d, k->prf_len }, in, parts, all,
			   2 * (e + a));
	if (!why) {
		c->encr_len = (uint8_t)e;
		c->integ_len = (uint8_t)a;
		memcpy(c->ei, all, e);
		memcpy(c->ai, all + e, a);
		memcpy(c->er, all + e + a, e);
		memcpy(c->ar, all + 2 * e + a, a);
	}
	OPENSSL_cleanse(all, sizeof(all));
	return why;
}

void ike_child_wipe(struct ike_child_keys *c)
{
	OPENSSL_cleanse(c, sizeof(*c));
}
