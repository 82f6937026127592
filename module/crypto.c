// SPDX-License-Identifier: GPL-2.0
/*
 * The transforms of an SA, through the kernel crypto API.
 *
 * Every call is made with BH disabled on one contiguous buffer and returns
 * with the work done. On kernels whose AES drivers are wrapped into an
 * asynchronous "simd" algorithm, the wrapped driver is opened directly and
 * used wherever SIMD registers may be; elsewhere a synchronous generic twin
 * takes over. So packets keep their order and no completion is ever pending.
 */

#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "compat/crypto.h"
#include "crypto.h"

#define NFSEC_CRYPTO_REQ_SIZE	2048
#define NFSEC_CRYPTO_MAX_DIGEST	64
#define NFSEC_CRYPTO_MAX_IV	16
#define NFSEC_CRYPTO_MAX_SG	4

/*
 * Workspace of one CPU. Crypto runs with BH disabled and never sleeps, so one
 * is enough. It is not per-CPU memory itself: drivers make scatterlists of
 * parts of a request, which need memory of the linear map.
 */
struct nfsec_crypto_work {
	u8 req[NFSEC_CRYPTO_REQ_SIZE] CRYPTO_MINALIGN_ATTR;
	u8 iv[NFSEC_CRYPTO_MAX_IV] CRYPTO_MINALIGN_ATTR;
	u8 digest[NFSEC_CRYPTO_MAX_DIGEST];
	__be32 high;
	struct scatterlist sg[NFSEC_CRYPTO_MAX_SG];
};

static struct nfsec_crypto_work * __percpu *nfsec_crypto_work;

static bool simd_twin(const char *driver, char *twin)
{
	return snprintf(twin, CRYPTO_MAX_ALG_NAME, "__%s", driver) <
	       CRYPTO_MAX_ALG_NAME;
}

static struct crypto_aead *aead_open(const char *name,
				     struct crypto_aead **safe)
{
	char twin[CRYPTO_MAX_ALG_NAME];
	struct crypto_aead *tfm, *sync;
	bool named;

	*safe = NULL;
	tfm = crypto_alloc_aead(name, 0, 0);
	if (IS_ERR(tfm) ||
	    !(crypto_aead_alg(tfm)->base.cra_flags & CRYPTO_ALG_ASYNC))
		return tfm;
	named = simd_twin(crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)),
			  twin);
	crypto_free_aead(tfm);

	sync = crypto_alloc_aead(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(sync) || !named)
		return sync;
	tfm = crypto_alloc_aead(twin, CRYPTO_ALG_INTERNAL,
				CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return sync;
	*safe = sync;
	return tfm;
}

static struct crypto_skcipher *enc_open(const char *name,
					struct crypto_skcipher **safe)
{
	struct crypto_skcipher *tfm, *sync;
	char twin[CRYPTO_MAX_ALG_NAME];
	bool named;

	*safe = NULL;
	tfm = crypto_alloc_skcipher(name, 0, 0);
	if (IS_ERR(tfm) || !nfsec_skcipher_is_async(tfm))
		return tfm;
	named = simd_twin(crypto_tfm_alg_driver_name(crypto_skcipher_tfm(tfm)),
			  twin);
	crypto_free_skcipher(tfm);

	sync = crypto_alloc_skcipher(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(sync) || !named)
		return sync;
	tfm = crypto_alloc_skcipher(twin, CRYPTO_ALG_INTERNAL,
				    CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return sync;
	*safe = sync;
	return tfm;
}

static int aead_init(struct nfsec_crypto *c, const struct nfsec_key *key,
		     struct netlink_ext_ack *extack)
{
	const struct nfsec_alg *alg = key->alg;
	struct crypto_aead *tfm[2];
	int i, err;

	tfm[0] = aead_open(alg->crypto ?: alg->name, &tfm[1]);
	if (IS_ERR(tfm[0])) {
		NL_SET_ERR_MSG(extack, "this kernel lacks the AEAD algorithm");
		return PTR_ERR(tfm[0]);
	}
	c->aead = tfm[0];
	c->aead_safe = tfm[1];
	for (i = 0; i < 2 && tfm[i]; i++) {
		if (sizeof(struct aead_request) + crypto_aead_reqsize(tfm[i]) >
		    NFSEC_CRYPTO_REQ_SIZE) {
			NL_SET_ERR_MSG(extack,
				       "AEAD driver wants too large a request");
			return -E2BIG;
		}
		err = crypto_aead_setauthsize(tfm[i], key->icv_bits / 8);
		if (err) {
			NL_SET_ERR_MSG(extack,
				       "AEAD driver refused the ICV length");
			return err;
		}
		err = crypto_aead_setkey(tfm[i], key->data, key->len);
		if (err) {
			NL_SET_ERR_MSG(extack, "AEAD driver refused the key");
			return err;
		}
	}
	c->ivlen = alg->iv;
	c->icvlen = key->icv_bits / 8;
	c->block = max_t(u8, alg->block, 4);
	get_random_bytes(&c->iv_base, sizeof(c->iv_base));
	return 0;
}

static int enc_init(struct nfsec_crypto *c, const struct nfsec_key *key,
		    struct netlink_ext_ack *extack)
{
	const struct nfsec_alg *alg = key->alg;
	struct crypto_skcipher *tfm[2];
	u32 keylen = key->len - alg->salt;
	int i, err;

	c->block = max_t(u8, alg->block, 4);
	if (alg->flags & NFSEC_ALG_NULL)
		return 0;
	tfm[0] = enc_open(alg->crypto ?: alg->name, &tfm[1]);
	if (IS_ERR(tfm[0])) {
		NL_SET_ERR_MSG(extack, "this kernel lacks the cipher");
		return PTR_ERR(tfm[0]);
	}
	c->enc = tfm[0];
	c->enc_safe = tfm[1];
	for (i = 0; i < 2 && tfm[i]; i++) {
		if (sizeof(struct skcipher_request) +
		    crypto_skcipher_reqsize(tfm[i]) > NFSEC_CRYPTO_REQ_SIZE) {
			NL_SET_ERR_MSG(extack,
				       "cipher driver wants too large a request");
			return -E2BIG;
		}
		err = crypto_skcipher_setkey(tfm[i], key->data, keylen);
		if (err) {
			NL_SET_ERR_MSG(extack, "cipher driver refused the key");
			return err;
		}
	}
	c->ivlen = alg->iv;
	c->ctr = alg->flags & NFSEC_ALG_CTR;
	c->random_iv = !c->ctr;
	c->saltlen = alg->salt;
	memcpy(c->salt, key->data + keylen, alg->salt);
	get_random_bytes(&c->iv_base, sizeof(c->iv_base));
	return 0;
}

static int auth_init(struct nfsec_crypto *c, const struct nfsec_key *key,
		     struct netlink_ext_ack *extack)
{
	int err;

	c->auth = crypto_alloc_shash(key->alg->crypto ?: key->alg->name, 0, 0);
	if (IS_ERR(c->auth)) {
		err = PTR_ERR(c->auth);
		c->auth = NULL;
		NL_SET_ERR_MSG(extack,
			       "this kernel lacks the integrity algorithm");
		return err;
	}
	err = crypto_shash_setkey(c->auth, key->data, key->len);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "integrity algorithm refused the key");
		return err;
	}
	if (crypto_shash_digestsize(c->auth) > NFSEC_CRYPTO_MAX_DIGEST) {
		NL_SET_ERR_MSG(extack, "integrity algorithm has too long a digest");
		return -E2BIG;
	}
	c->icvlen = key->icv_bits / 8;
	return 0;
}

/**
 * nfsec_crypto_init() - open the transforms of an SA and set their keys
 * @c: zeroed
 * @aead: combined mode; its row is NULL if it is not used
 * @enc: cipher, likewise
 * @auth: integrity, likewise
 * @extack: told what is wrong
 *
 * Either @aead is used, or both others, or @auth alone for AH; the caller has
 * checked keys and ICV lengths with the algorithm table.
 *
 * Context: process; may load crypto modules.
 * Return: 0 or a negative error; then @c is empty.
 */
int nfsec_crypto_init(struct nfsec_crypto *c, const struct nfsec_key *aead,
		      const struct nfsec_key *enc,
		      const struct nfsec_key *auth,
		      struct netlink_ext_ack *extack)
{
	int err = 0;

	if (aead->alg) {
		err = aead_init(c, aead, extack);
	} else {
		if (enc->alg)
			err = enc_init(c, enc, extack);
		if (!err)
			err = auth_init(c, auth, extack);
	}
	if (err)
		nfsec_crypto_free(c);
	return err;
}

/**
 * nfsec_crypto_free() - close the transforms of an SA
 * @c: transforms; may be empty or half made
 *
 * Context: process.
 */
void nfsec_crypto_free(struct nfsec_crypto *c)
{
	crypto_free_aead(c->aead);
	crypto_free_aead(c->aead_safe);
	crypto_free_skcipher(c->enc);
	crypto_free_skcipher(c->enc_safe);
	crypto_free_shash(c->auth);
	memzero_explicit(c, sizeof(*c));
}

/*
 * The associated data of an AEAD is SPI, sequence number and IV as they lie in
 * the packet. With ESN the high word belongs between the first two (RFC 4106
 * 5, RFC 7634 2.1): the SPI moves four octets down for the time of the call.
 */
static int aead_crypt(const struct nfsec_crypto *c, u8 *esp, u32 textlen,
		      u64 seq, bool esn, bool seal)
{
	struct nfsec_crypto_work *w = this_cpu_read(*nfsec_crypto_work);
	struct aead_request *req = (struct aead_request *)w->req;
	struct crypto_aead *tfm = c->aead;
	u32 assoclen = 8 + c->ivlen;
	u8 *start = esp;
	u8 saved[4];
	int err;

	if (c->aead_safe && !crypto_simd_usable())
		tfm = c->aead_safe;
	memcpy(w->iv, esp + 8, c->ivlen);
	if (esn) {
		__be32 hi = cpu_to_be32(seq >> 32);

		start = esp - 4;
		assoclen += 4;
		memcpy(saved, start, 4);
		memcpy(start, esp, 4);
		memcpy(esp, &hi, 4);
	}
	sg_init_one(w->sg, start,
		    assoclen + textlen + (seal ? c->icvlen : 0));
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, assoclen);
	aead_request_set_crypt(req, w->sg, w->sg, textlen, w->iv);
	err = seal ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req);
	if (esn) {
		memcpy(esp, start, 4);
		memcpy(start, saved, 4);
	}
	return err;
}

static int enc_crypt(const struct nfsec_crypto *c, u8 *esp, u32 textlen,
		     bool seal)
{
	struct nfsec_crypto_work *w = this_cpu_read(*nfsec_crypto_work);
	struct skcipher_request *req = (struct skcipher_request *)w->req;
	struct crypto_skcipher *tfm = c->enc;

	if (!tfm)
		return 0;
	if (c->enc_safe && !crypto_simd_usable())
		tfm = c->enc_safe;
	if (c->ctr) {
		/* nonce, IV, block counter from 1 (RFC 3686 4) */
		memcpy(w->iv, c->salt, 4);
		memcpy(w->iv + 4, esp + 8, 8);
		memcpy(w->iv + 12, "\0\0\0\1", 4);
	} else {
		memcpy(w->iv, esp + 8, c->ivlen);
	}
	sg_init_one(w->sg, esp + 8 + c->ivlen, textlen);
	skcipher_request_set_tfm(req, tfm);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, w->sg, w->sg, textlen, w->iv);
	return seal ? crypto_skcipher_encrypt(req) :
		      crypto_skcipher_decrypt(req);
}

/* The high word goes behind all that is on the wire (RFC 4303 3.3.2.1) */
static int auth_digest(const struct nfsec_crypto *c, const u8 *esp, u32 len,
		       u64 seq, bool esn, u8 *digest)
{
	SHASH_DESC_ON_STACK(desc, c->auth);
	__be32 hi = cpu_to_be32(seq >> 32);
	int err;

	desc->tfm = c->auth;
	if (!esn)
		return crypto_shash_digest(desc, esp, len, digest);
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, esp, len);
	if (!err)
		err = crypto_shash_finup(desc, (u8 *)&hi, sizeof(hi), digest);
	shash_desc_zero(desc);
	return err;
}

/**
 * nfsec_crypto_seal() - encrypt and authenticate a packet in place
 * @c: transforms of the SA
 * @esp: ESP header, followed by IV, plaintext with trailer and room for the
 *	ICV; with ESN and AEAD the four octets in front of it are borrowed
 * @len: octets from the ESP header to the end of the trailer
 * @seq: sequence number, high word included
 * @esn: sequence numbers are 64 bit
 *
 * Context: BH disabled.
 * Return: 0 or a negative error; then the buffer must not be sent.
 */
int nfsec_crypto_seal(const struct nfsec_crypto *c, u8 *esp, u32 len, u64 seq,
		      bool esn)
{
	struct nfsec_crypto_work *w;
	u32 textlen = len - 8 - c->ivlen;
	int err;

	if (c->aead)
		return aead_crypt(c, esp, textlen, seq, esn, true);
	w = this_cpu_read(*nfsec_crypto_work);
	err = enc_crypt(c, esp, textlen, true);
	if (!err)
		err = auth_digest(c, esp, len, seq, esn, w->digest);
	if (!err)
		memcpy(esp + len, w->digest, c->icvlen);
	return err;
}

/**
 * nfsec_crypto_open() - check and decrypt a packet in place
 * @c: transforms of the SA
 * @esp: ESP header, followed by IV, ciphertext and ICV; with ESN and AEAD the
 *	four octets in front of it are borrowed and restored
 * @len: octets from the ESP header to the end of the ciphertext, that is
 *	without the ICV
 * @seq: sequence number, high word included
 * @esn: sequence numbers are 64 bit
 *
 * Context: BH disabled.
 * Return: 0, -EBADMSG if the ICV is wrong, or another negative error. On error
 * nothing of the buffer may be used.
 */
int nfsec_crypto_open(const struct nfsec_crypto *c, u8 *esp, u32 len, u64 seq,
		      bool esn)
{
	struct nfsec_crypto_work *w;
	u32 textlen = len - 8 - c->ivlen;
	int err;

	if (c->aead)
		return aead_crypt(c, esp, textlen + c->icvlen, seq, esn, false);
	w = this_cpu_read(*nfsec_crypto_work);
	err = auth_digest(c, esp, len, seq, esn, w->digest);
	if (err)
		return err;
	if (crypto_memneq(w->digest, esp + len, c->icvlen))
		return -EBADMSG;
	return enc_crypt(c, esp, textlen, false);
}

static int mac_digest(const struct nfsec_crypto *c, const u8 *head, u32 hlen,
		      const u8 *body, u32 len, const __be32 *high, u8 *digest)
{
	SHASH_DESC_ON_STACK(desc, c->auth);
	int err;

	desc->tfm = c->auth;
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, head, hlen);
	if (!err && len)
		err = crypto_shash_update(desc, body, len);
	if (!err)
		err = crypto_shash_finup(desc, (const u8 *)high,
					 high ? sizeof(*high) : 0, digest);
	shash_desc_zero(desc);
	return err;
}

/*
 * GMAC takes everything as associated data. That of rfc4543() is what it calls
 * so, 16 octets, and the text, which stays as it is: the tag is all that is
 * written.
 */
static int mac_gmac(const struct nfsec_crypto *c, const u8 *head, u32 hlen,
		    const u8 *body, u32 len, const __be32 *high, const u8 *iv)
{
	struct nfsec_crypto_work *w = this_cpu_read(*nfsec_crypto_work);
	struct aead_request *req = (struct aead_request *)w->req;
	u32 total = hlen + len + (high ? sizeof(*high) : 0);
	u32 pieces = 2 + !!len + !!high;
	struct crypto_aead *tfm = c->aead;
	struct scatterlist *sg = w->sg;

	if (c->aead_safe && !crypto_simd_usable())
		tfm = c->aead_safe;
	memcpy(w->iv, iv, c->ivlen);
	sg_init_table(sg, pieces);
	sg_set_buf(sg++, head, hlen);
	if (len)
		sg_set_buf(sg++, body, len);
	if (high)
		sg_set_buf(sg++, high, sizeof(*high));
	sg_set_buf(sg, w->digest, c->icvlen);
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, 16);
	aead_request_set_crypt(req, w->sg, w->sg, total - 16, w->iv);
	return crypto_aead_encrypt(req);
}

/**
 * nfsec_crypto_mac() - integrity check value of AH
 * @c: transforms of the SA
 * @head: all headers, as they count for the ICV: 16 octets or more, in memory
 *	of the linear map
 * @hlen: octets of @head
 * @body: what follows them, likewise
 * @len: octets of @body
 * @seq: sequence number, high word included
 * @esn: sequence numbers are 64 bit
 * @iv: IV, not used unless the algorithm has one
 *
 * The high word of the sequence number goes behind all (RFC 4302 3.3.3.2.2).
 *
 * Context: BH disabled.
 * Return: the ICV, valid until the next call on this CPU, or an ERR_PTR().
 */
const u8 *nfsec_crypto_mac(const struct nfsec_crypto *c, const u8 *head,
			   u32 hlen, const u8 *body, u32 len, u64 seq, bool esn,
			   const u8 *iv)
{
	struct nfsec_crypto_work *w = this_cpu_read(*nfsec_crypto_work);
	const __be32 *high = esn ? &w->high : NULL;
	int err;

	w->high = cpu_to_be32(seq >> 32);
	if (c->aead)
		err = mac_gmac(c, head, hlen, body, len, high, iv);
	else
		err = mac_digest(c, head, hlen, body, len, high, w->digest);
	return err ? ERR_PTR(err) : w->digest;
}

/**
 * nfsec_crypto_module_init() - allocate the workspaces
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int nfsec_crypto_module_init(void)
{
	struct nfsec_crypto_work *w;
	int cpu;

	nfsec_crypto_work = alloc_percpu(struct nfsec_crypto_work *);
	if (!nfsec_crypto_work)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		w = kzalloc_node(sizeof(*w), GFP_KERNEL, cpu_to_node(cpu));
		if (!w) {
			nfsec_crypto_module_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(nfsec_crypto_work, cpu) = w;
	}
	return 0;
}

/**
 * nfsec_crypto_module_exit() - wipe and free the workspaces
 *
 * Context: process; no SA is left.
 */
void nfsec_crypto_module_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(*per_cpu_ptr(nfsec_crypto_work, cpu));
	free_percpu(nfsec_crypto_work);
}
