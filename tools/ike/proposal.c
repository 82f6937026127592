// SPDX-License-Identifier: GPL-2.0
/*
 * Proposals as strings, in the syntax of strongSwan.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proposal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What RFC 8247 and 8221 say about an algorithm. */
#define AEAD	0x02
#define WEAK	0x04	/* with the operator's consent; so is ESP that does not encrypt */
#define NEVER	0x08
#define NOT_IKE	0x10

/* The first of several names is printed. */
static const struct alg {
	const char *name;
	uint8_t type;
	uint16_t id;
	uint16_t keylen;
	uint8_t flags;
} algs[] = {
	{ "aes128", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, 0 },
	{ "aes192", IKE_T_ENCR, IKE_ENCR_AES_CBC, 192, 0 },
	{ "aes256", IKE_T_ENCR, IKE_ENCR_AES_CBC, 256, 0 },
	{ "aes", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, 0 },
	{ "aes128ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 128, 0 },
	{ "aes192ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 192, 0 },
	{ "aes256ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 256, 0 },
	{ "aes128ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 128, AEAD },
	{ "aes128ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 128, AEAD },
	{ "aes192ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 192, AEAD },
	{ "aes192ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 192, AEAD },
	{ "aes256ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 256, AEAD },
	{ "aes256ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 256, AEAD },
	{ "aes128ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 128, AEAD },
	{ "aes128ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 128, AEAD },
	{ "aes192ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 192, AEAD },
	{ "aes192ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 192, AEAD },
	{ "aes256ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 256, AEAD },
	{ "aes256ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 256, AEAD },
	{ "aes128ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, AEAD },
	{ "aes128ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, AEAD },
	{ "aes128ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, AEAD },
	{ "aes192ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, AEAD },
	{ "aes192ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, AEAD },
	{ "aes192ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, AEAD },
	{ "aes256ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, AEAD },
	{ "aes256ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, AEAD },
	{ "aes256ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, AEAD },
	{ "aes128gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 128, AEAD },
	{ "aes128gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 128, AEAD },
	{ "aes192gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 192, AEAD },
	{ "aes192gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 192, AEAD },
	{ "aes256gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 256, AEAD },
	{ "aes256gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 256, AEAD },
	{ "aes128gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 128, AEAD },
	{ "aes128gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 128, AEAD },
	{ "aes192gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 192, AEAD },
	{ "aes192gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 192, AEAD },
	{ "aes256gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 256, AEAD },
	{ "aes256gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 256, AEAD },
	{ "aes128gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, AEAD },
	{ "aes128gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, AEAD },
	{ "aes128gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, AEAD },
	{ "aes192gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, AEAD },
	{ "aes192gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, AEAD },
	{ "aes192gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, AEAD },
	{ "aes256gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, AEAD },
	{ "aes256gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, AEAD },
	{ "aes256gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, AEAD },
	{ "aes128gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 128, AEAD | WEAK | NOT_IKE },
	{ "aes192gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 192, AEAD | WEAK | NOT_IKE },
	{ "aes256gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 256, AEAD | WEAK | NOT_IKE },
	{ "chacha20poly1305", IKE_T_ENCR, IKE_ENCR_CHACHA20_POLY1305, 0, AEAD },
	{ "3des", IKE_T_ENCR, IKE_ENCR_3DES, 0, WEAK },
	{ "null", IKE_T_ENCR, IKE_ENCR_NULL, 0, WEAK | NOT_IKE },
	{ "des", IKE_T_ENCR, IKE_ENCR_DES, 0, NEVER },
	{ "sha256", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_256_128, 0, 0 },
	{ "sha2_256", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_256_128, 0, 0 },
	{ "sha384", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_384_192, 0, 0 },
	{ "sha2_384", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_384_192, 0, 0 },
	{ "sha512", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_512_256, 0, 0 },
	{ "sha2_512", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_512_256, 0, 0 },
	{ "sha1", IKE_T_INTEG, IKE_INTEG_HMAC_SHA1_96, 0, WEAK },
	{ "sha", IKE_T_INTEG, IKE_INTEG_HMAC_SHA1_96, 0, WEAK },
	{ "aesxcbc", IKE_T_INTEG, IKE_INTEG_AES_XCBC_96, 0, 0 },
	{ "aescmac", IKE_T_INTEG, IKE_INTEG_AES_CMAC_96, 0, 0 },
	{ "md5", IKE_T_INTEG, IKE_INTEG_HMAC_MD5_96, 0, NEVER },
	{ "prfsha256", IKE_T_PRF, IKE_PRF_HMAC_SHA2_256, 0, 0 },
	{ "prfsha384", IKE_T_PRF, IKE_PRF_HMAC_SHA2_384, 0, 0 },
	{ "prfsha512", IKE_T_PRF, IKE_PRF_HMAC_SHA2_512, 0, 0 },
	{ "prfsha1", IKE_T_PRF, IKE_PRF_HMAC_SHA1, 0, WEAK },
	{ "prfaesxcbc", IKE_T_PRF, IKE_PRF_AES128_XCBC, 0, 0 },
	{ "prfaescmac", IKE_T_PRF, IKE_PRF_AES128_CMAC, 0, 0 },
	{ "prfmd5", IKE_T_PRF, IKE_PRF_HMAC_MD5, 0, NEVER },
	{ "none", IKE_T_KE, IKE_KE_NONE, 0, NOT_IKE },
	{ "modpnone", IKE_T_KE, IKE_KE_NONE, 0, NOT_IKE },
	{ "x25519", IKE_T_KE, IKE_KE_X25519, 0, 0 },
	{ "curve25519", IKE_T_KE, IKE_KE_X25519, 0, 0 },
	{ "x448", IKE_T_KE, IKE_KE_X448, 0, 0 },
	{ "curve448", IKE_T_KE, IKE_KE_X448, 0, 0 },
	{ "ecp256", IKE_T_KE, IKE_KE_ECP256, 0, 0 },
	{ "ecp384", IKE_T_KE, IKE_KE_ECP384, 0, 0 },
	{ "ecp521", IKE_T_KE, IKE_KE_ECP521, 0, 0 },
	{ "modp2048", IKE_T_KE, IKE_KE_MODP2048, 0, 0 },
	{ "modp3072", IKE_T_KE, IKE_KE_MODP3072, 0, 0 },
	{ "modp4096", IKE_T_KE, IKE_KE_MODP4096, 0, 0 },
	{ "modp6144", IKE_T_KE, IKE_KE_MODP6144, 0, 0 },
	{ "modp8192", IKE_T_KE, IKE_KE_MODP8192, 0, 0 },
	{ "mlkem512", IKE_T_KE, IKE_KE_MLKEM512, 0, 0 },
	{ "mlkem768", IKE_T_KE, IKE_KE_MLKEM768, 0, 0 },
	{ "mlkem1024", IKE_T_KE, IKE_KE_MLKEM1024, 0, 0 },
	{ "ecp224bp", IKE_T_KE, IKE_KE_BP224, 0, 0 },
	{ "ecp256bp", IKE_T_KE, IKE_KE_BP256, 0, 0 },
	{ "ecp384bp", IKE_T_KE, IKE_KE_BP384, 0, 0 },
	{ "ecp512bp", IKE_T_KE, IKE_KE_BP512, 0, 0 },
	{ "modp1536", IKE_T_KE, IKE_KE_MODP1536, 0, WEAK },
	{ "modp1024", IKE_T_KE, IKE_KE_MODP1024, 0, WEAK },
	{ "modp2048s224", IKE_T_KE, IKE_KE_MODP2048_224, 0, WEAK },
	{ "modp2048s256", IKE_T_KE, IKE_KE_MODP2048_256, 0, WEAK },
	{ "modp768", IKE_T_KE, IKE_KE_MODP768, 0, NEVER },
	{ "modp1024s160", IKE_T_KE, IKE_KE_MODP1024_160, 0, NEVER },
	{ "noesn", IKE_T_ESN, 0, 0, NOT_IKE },
	{ "esn", IKE_T_ESN, 1, 0, NOT_IKE },
};

/*
 * Ciphers and groups that every current peer has come first (RFC 8247 2, 8221
 * 5 and 6); AEAD and others in proposals of their own (RFC 7296 3.3).
 */
#define DEFAULT_KE "x25519-ecp256-ecp384-ecp521-x448-modp3072-modp4096-modp2048"
#define DEFAULT_PRF "prfsha256-prfsha384-prfsha512-"

static const char default_ike[] =
	"aes256gcm16-chacha20poly1305-aes128gcm16-" DEFAULT_PRF DEFAULT_KE ","
	"aes256-aes128-sha256-sha384-sha512-" DEFAULT_PRF DEFAULT_KE;
static const char default_esp[] =
	"aes256gcm16-chacha20poly1305-aes128gcm16-esn-noesn,"
	"aes256-aes128-sha256-sha384-sha512-esn-noesn";
static const char default_ah[] = "sha256-sha384-sha512-esn-noesn";

__attribute__((format(printf, 3, 4)))
static int complain(char *err, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, len, fmt, ap);
	va_end(ap);
	return -1;
}

/* Additional key exchanges use the numbers of the first (RFC 9370 4). */
static uint8_t registry(uint8_t type)
{
	return type >= IKE_T_ADDKE1 && type <= IKE_T_ADDKE7 ? IKE_T_KE : type;
}

static const struct alg *find(const struct ike_transform *t)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algs); i++)
		if (algs[i].type == registry(t->type) && algs[i].id == t->id &&
		    algs[i].keylen == t->keylen)
			return &algs[i];
	return NULL;
}

bool ike_transform_aead(const struct ike_transform *t)
{
	return t->type == IKE_T_ENCR &&
		((t->id >= IKE_ENCR_AES_CCM_8 && t->id <= IKE_ENCR_NULL_AES_GMAC) ||
		 t->id == IKE_ENCR_CHACHA20_POLY1305);
}

bool ike_transform_never(const struct ike_transform *t, uint8_t proto)
{
	const struct alg *a = find(t);

	if (t->bad || !a || a->flags & NEVER)
		return true;
	/* Additional exchanges may be optional in IKE as well. */
	if (t->type >= IKE_T_ADDKE1 && t->id == IKE_KE_NONE)
		return false;
	return proto == IKE_PROTO_IKE && a->flags & NOT_IKE;
}

bool ike_transform_weak(const struct ike_transform *t)
{
	const struct alg *a = find(t);

	return a && a->flags & WEAK;
}

const struct ike_transform *ike_proposal_get(const struct ike_proposal *p, uint8_t type)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->t[i].type == type)
			return &p->t[i];
	return NULL;
}

bool ike_proposal_has(const struct ike_proposal *p, const struct ike_transform *t)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->t[i].type == t->type && p->t[i].id == t->id &&
		    p->t[i].keylen == t->keylen && !p->t[i].bad)
			return true;
	return false;
}

bool ike_proposal_add(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t keylen)
{
	struct ike_transform t = { .type = type, .id = id, .keylen = keylen };

	if (ike_proposal_has(p, &t))
		return true;
	if (p->n == IKE_MAX_TRANSFORMS)
		return false;
	p->t[p->n++] = t;
	p->weak |= ike_transform_weak(&t);
	return true;
}

void ike_proposal_drop_ke(struct ike_proposal *p)
{
	unsigned int i, k;

	for (i = k = 0; i < p->n; i++)
		if (registry(p->t[i].type) != IKE_T_KE)
			p->t[k++] = p->t[i];
	p->n = (uint8_t)k;
}

char *ike_transform_print(const struct ike_transform *t, char *buf, size_t len)
{
	const struct alg *a = find(t);
	char ke[8] = "", *p;

	if (t->type >= IKE_T_ADDKE1 && t->type <= IKE_T_ADDKE7)
		snprintf(ke, sizeof(ke), "ke%d_", t->type - IKE_T_ADDKE1 + 1);
	if (a)
		snprintf(buf, len, "%s%s", ke, a->name);
	else if (t->type == IKE_T_INTEG && t->id == IKE_INTEG_NONE)
		snprintf(buf, len, "nointeg");
	else if (t->keylen)
		snprintf(buf, len, "%s%s#%u/%u", ke, ike_name_transform_type(registry(t->type)),
			 t->id, t->keylen);
	else
		snprintf(buf, len, "%s%s#%u", ke, ike_name_transform_type(registry(t->type)),
			 t->id);
	for (p = buf; len && *p; p++)
		if (*p == ' ')
			*p = '_';
	return buf;
}

char *ike_proposal_print(const struct ike_proposal *p, char *buf, size_t len)
{
	size_t at = 0;
	char name[48];
	unsigned int i;

	if (len)
		*buf = '\0';
	for (i = 0; i < p->n && at + 1 < len; i++) {
		name[0] = '\0';
		ike_transform_print(&p->t[i], name, sizeof(name));
		snprintf(buf + at, len - at, "%s%s", i ? "-" : "", name);
		at += strlen(buf + at);
	}
	return buf;
}

char *ike_proposals_print(const struct ike_proposal *p, unsigned int n, char *buf, size_t len)
{
	unsigned int i;
	size_t at;

	if (!len)
		return buf;
	snprintf(buf, len, "%s:", n ? ike_name_proto(p->proto) : "nothing");
	for (i = 0; i < n; i++) {
		at = strlen(buf);
		if (i && at + 1 < len) {
			buf[at++] = ',';
			buf[at] = '\0';
		}
		ike_proposal_print(&p[i], buf + at, len - at);
	}
	return buf;
}

/* One word of a proposal. */
static int read_word(struct ike_proposal *p, const char *word, unsigned int flags, char *err,
		     size_t len)
{
	const char *name = word;
	struct ike_transform t;
	uint8_t add = 0;
	size_t i;

	if (!strncmp(word, "ke", 2) && word[2] >= '1' && word[2] <= '7' && word[3] == '_') {
		add = (uint8_t)(IKE_T_ADDKE1 + word[2] - '1');
		name = word + 4;
	}
	for (i = 0; i < ARRAY_SIZE(algs); i++)
		if (!strcmp(algs[i].name, name) && (!add || algs[i].type == IKE_T_KE))
			break;
	if (i == ARRAY_SIZE(algs))
		return complain(err, len, "\"%s\" is no algorithm that is known here", word);
	t = (struct ike_transform){
		.type = add ? add : algs[i].type, .id = algs[i].id, .keylen = algs[i].keylen,
	};
	if (ike_transform_never(&t, p->proto))
		return complain(err, len, "\"%s\" is not allowed for %s", word,
				ike_name_proto(p->proto));
	if (algs[i].flags & WEAK && !(flags & IKE_PROPOSAL_WEAK))
		return complain(err, len, "\"%s\" is weak and has to be allowed expressly", word);
	if (p->proto != IKE_PROTO_IKE && t.type == IKE_T_PRF)
		return complain(err, len, "\"%s\": only IKE has a PRF", word);
	if (p->proto == IKE_PROTO_AH && t.type == IKE_T_ENCR)
		return complain(err, len, "\"%s\": AH does not encrypt", word);
	if (!ike_proposal_add(p, t.type, t.id, t.keylen))
		return complain(err, len, "too many algorithms in one proposal");
	return 0;
}

/* The PRF that goes with the hash of an integrity algorithm, 0 if there is none. */
static uint16_t prf_of(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_HMAC_SHA1_96:
		return IKE_PRF_HMAC_SHA1;
	case IKE_INTEG_HMAC_SHA2_256_128:
		return IKE_PRF_HMAC_SHA2_256;
	case IKE_INTEG_HMAC_SHA2_384_192:
		return IKE_PRF_HMAC_SHA2_384;
	case IKE_INTEG_HMAC_SHA2_512_256:
		return IKE_PRF_HMAC_SHA2_512;
	case IKE_INTEG_AES_XCBC_96:
		return IKE_PRF_AES128_XCBC;
	case IKE_INTEG_AES_CMAC_96:
		return IKE_PRF_AES128_CMAC;
	default:
		return 0;
	}
}

/* Whether the key exchange of step @type can differ from all those before it (RFC 9370 2.2.1). */
static int check_steps(const struct ike_proposal *p, char *err, size_t len)
{
	const struct ike_transform *a, *b;
	char name[48] = "";

	for (a = p->t; a < p->t + p->n; a++)
		for (b = p->t; b < a; b++)
			if (registry(a->type) == IKE_T_KE && registry(b->type) == IKE_T_KE &&
			    a->type != b->type && a->id == b->id && a->id) {
				ike_transform_print(a, name, sizeof(name));
				return complain(err, len, "\"%s\": the same method twice", name);
			}
	return 0;
}

/* What a proposal needs, and what follows from what was said (RFC 7296 3.3.3). */
static int complete(struct ike_proposal *p, char *err, size_t len)
{
	unsigned int i, n = p->n, aead = 0, classic = 0;

	for (i = 0; i < n; i++) {
		if (p->t[i].type == IKE_T_ENCR && ike_transform_aead(&p->t[i]))
			aead++;
		else if (p->t[i].type == IKE_T_ENCR)
			classic++;
	}
	if (p->proto != IKE_PROTO_AH && !aead && !classic)
		return complain(err, len, "a cipher is missing");
	if (aead && classic)
		return complain(err, len, "ciphers with and without their own integrity protection "
				"belong in two proposals");
	if (!aead && !ike_proposal_get(p, IKE_T_INTEG))
		return complain(err, len, "an integrity algorithm is missing");
	if (p->proto == IKE_PROTO_IKE && !ike_proposal_get(p, IKE_T_PRF))
		for (i = 0; i < n; i++)
			if (p->t[i].type == IKE_T_INTEG && prf_of(p->t[i].id))
				ike_proposal_add(p, IKE_T_PRF, prf_of(p->t[i].id), 0);
	if (p->proto == IKE_PROTO_IKE && !ike_proposal_get(p, IKE_T_PRF))
		return complain(err, len, "a PRF is missing");
	if (p->proto == IKE_PROTO_IKE && !ike_proposal_get(p, IKE_T_KE))
		return complain(err, len, "a key exchange method is missing");
	if (p->proto != IKE_PROTO_IKE && !ike_proposal_get(p, IKE_T_ESN))
		ike_proposal_add(p, IKE_T_ESN, 0, 0);
	if (aead) {
		for (i = n = 0; i < p->n; i++)
			if (p->t[i].type != IKE_T_INTEG)
				p->t[n++] = p->t[i];
		p->n = (uint8_t)n;
	}
	return check_steps(p, err, len);
}

static int read_one(struct ike_proposal *p, uint8_t proto, char *text, unsigned int flags,
		    char *err, size_t len)
{
	char *word, *save = NULL;

	memset(p, 0, sizeof(*p));
	p->proto = proto;
	for (word = strtok_r(text, "-", &save); word; word = strtok_r(NULL, "-", &save))
		if (read_word(p, word, flags, err, len))
			return -1;
	return complete(p, err, len);
}

int ike_proposal_read(struct ike_proposal *out, unsigned int max, uint8_t proto, const char *text,
		      unsigned int flags, char *err, size_t errlen)
{
	char buf[1024], *item, *end, *save = NULL;
	int n = 0, k;

	if (strlen(text) >= sizeof(buf))
		return complain(err, errlen, "too long for a list of proposals");
	strcpy(buf, text);
	for (item = strtok_r(buf, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		item += strspn(item, " \t");
		end = item + strcspn(item, " \t");
		if (end[strspn(end, " \t")])
			return complain(err, errlen, "\"%s\": a blank inside of a proposal", item);
		*end = '\0';
		if (!strcmp(item, "default")) {
			k = ike_proposal_read(out + n, max - (unsigned int)n, proto,
					      proto == IKE_PROTO_IKE ? default_ike :
					      proto == IKE_PROTO_ESP ? default_esp : default_ah,
					      0, err, errlen);
			if (k < 0)
				return -1;
			n += k;
			continue;
		}
		if ((unsigned int)n == max)
			return complain(err, errlen, "more than %u proposals", max);
		if (read_one(&out[n], proto, item, flags, err, errlen))
			return -1;
		n++;
	}
	if (!n)
		return complain(err, errlen, "no proposal");
	for (k = 0; k < n; k++)
		out[k].num = (uint8_t)(k + 1);
	return n;
}
