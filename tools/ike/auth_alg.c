// SPDX-License-Identifier: GPL-2.0
/*
 * Hashes and AlgorithmIdentifiers of method 14 (RFC 7427 appendix A, RFC 8420).
 */
#include <string.h>

#include "../lib/util.h"
#include "auth.h"

size_t ike_hash_list(uint16_t set, uint8_t *out)
{
	uint8_t h, *p = out;

	for (h = IKE_HASH_SHA1; h <= IKE_HASH_IDENTITY; h++) {
		if (set & IKE_HASH_BIT(h)) {
			*p++ = 0;
			*p++ = h;
		}
	}
	return (size_t)(p - out);
}

bool ike_hash_parse(struct ike_buf data, uint16_t *set)
{
	size_t i;

	*set = 0;
	for (i = 0; i + 1 < data.n; i += 2)
		if (!data.p[i] && data.p[i + 1] >= IKE_HASH_SHA1 &&
		    data.p[i + 1] <= IKE_HASH_IDENTITY)
			*set |= IKE_HASH_BIT(data.p[i + 1]);
	return data.n % 2 == 0;
}

#define RSA_OID	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01

/* Those that have one form only; the second octet is the length of what follows. */
struct fixed {
	struct ike_sig_alg alg;
	uint8_t der[15];
};

static const struct fixed fixed[] = {
	{ { IKE_KEY_RSA, IKE_HASH_SHA1 }, { 0x30, 0x0d, RSA_OID, 0x05, 0x05, 0x00 } },
	{ { IKE_KEY_RSA, IKE_HASH_SHA256 }, { 0x30, 0x0d, RSA_OID, 0x0b, 0x05, 0x00 } },
	{ { IKE_KEY_RSA, IKE_HASH_SHA384 }, { 0x30, 0x0d, RSA_OID, 0x0c, 0x05, 0x00 } },
	{ { IKE_KEY_RSA, IKE_HASH_SHA512 }, { 0x30, 0x0d, RSA_OID, 0x0d, 0x05, 0x00 } },
	{ { IKE_KEY_EC, IKE_HASH_SHA1 },
	  { 0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01 } },
	{ { IKE_KEY_EC, IKE_HASH_SHA256 },
	  { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 } },
	{ { IKE_KEY_EC, IKE_HASH_SHA384 },
	  { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 } },
	{ { IKE_KEY_EC, IKE_HASH_SHA512 },
	  { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04 } },
	{ { IKE_KEY_ED25519, IKE_HASH_IDENTITY }, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 } },
	{ { IKE_KEY_ED448, IKE_HASH_IDENTITY }, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 } },
};

static const uint8_t pss_oid[] = { RSA_OID, 0x0a };
static const uint8_t mgf1_oid[] = { RSA_OID, 0x08 };

/* SEQUENCE { hash, NULL or nothing }; the number of octets. */
static size_t put_hash(uint8_t *p, enum ike_hash hash, bool null)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };

	p[0] = 0x30;
	p[1] = null ? 0x0d : 0x0b;
	memcpy(p + 2, oid, sizeof(oid));
	p[12] = (uint8_t)(hash - IKE_HASH_SHA256 + 1);
	p[13] = 0x05;
	p[14] = 0x00;
	return null ? 15 : 13;
}

/* What may be written in two ways. */
#define NULL_HASH	1
#define NULL_MGF	2
#define TRAILER		4

/* RSASSA-PSS with MGF1 over the same hash and a salt of its length (RFC 7427 A.4). */
static size_t put_pss(uint8_t *out, enum ike_hash hash, unsigned int form)
{
	static const uint8_t trailer[] = { 0xa3, 0x03, 0x02, 0x01, 0x01 };
	static const uint8_t salt[] = { 32, 48, 64 };
	uint8_t *p = out, *params;
	size_t n;

	*p++ = 0x30;
	p++;
	memcpy(p, pss_oid, sizeof(pss_oid));
	p += sizeof(pss_oid);
	*p++ = 0x30;
	params = ++p;
	n = put_hash(p + 2, hash, form & NULL_HASH);
	*p++ = 0xa0;
	*p++ = (uint8_t)n;
	p += n;
	n = put_hash(p + 4 + sizeof(mgf1_oid), hash, form & NULL_MGF);
	p[0] = 0xa1;
	p[1] = (uint8_t)(n + sizeof(mgf1_oid) + 2);
	p[2] = 0x30;
	p[3] = (uint8_t)(n + sizeof(mgf1_oid));
	memcpy(p + 4, mgf1_oid, sizeof(mgf1_oid));
	p += 4 + sizeof(mgf1_oid) + n;
	memcpy(p, (const uint8_t[]){ 0xa2, 0x03, 0x02, 0x01, salt[hash - IKE_HASH_SHA256] }, 5);
	p += 5;
	if (form & TRAILER) {
		memcpy(p, trailer, sizeof(trailer));
		p += sizeof(trailer);
	}
	params[-1] = (uint8_t)(p - params);
	out[1] = (uint8_t)(p - out - 2);
	return (size_t)(p - out);
}

size_t ike_algid_make(const struct ike_sig_alg *alg, uint8_t *out)
{
	size_t i;

	if (alg->pss) {
		if (alg->key != IKE_KEY_RSA || alg->hash < IKE_HASH_SHA256 ||
		    alg->hash > IKE_HASH_SHA512)
			return 0;
		/* DER leaves out what has its default value: the trailer */
		return put_pss(out, alg->hash, NULL_HASH | NULL_MGF);
	}
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (fixed[i].alg.key != alg->key || fixed[i].alg.hash != alg->hash)
			continue;
		memcpy(out, fixed[i].der, fixed[i].der[1] + 2u);
		return fixed[i].der[1] + 2u;
	}
	return 0;
}

enum ike_deny ike_algid_parse(struct ike_buf der, struct ike_sig_alg *alg)
{
	uint8_t want[IKE_ALGID_MAX];
	unsigned int form;
	uint8_t h;
	size_t i;

	memset(alg, 0, sizeof(*alg));
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (der.n == fixed[i].der[1] + 2u && !memcmp(der.p, fixed[i].der, der.n)) {
			*alg = fixed[i].alg;
			return IKE_DENY_NONE;
		}
	}
	/* All forms of the good ones are known, so that nothing has to be parsed. */
	for (h = IKE_HASH_SHA256; h <= IKE_HASH_SHA512; h++) {
		for (form = 0; form < 8; form++) {
			if (put_pss(want, h, form) != der.n || memcmp(der.p, want, der.n))
				continue;
			*alg = (struct ike_sig_alg){ IKE_KEY_RSA, h, true };
			return IKE_DENY_NONE;
		}
	}
	if (der.n > 2 + sizeof(pss_oid) && !memcmp(der.p + 2, pss_oid, sizeof(pss_oid)))
		return IKE_DENY_PSS_PARAMS;
	return IKE_DENY_ALGID;
}
