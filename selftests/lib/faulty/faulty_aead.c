// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for ChaCha20-Poly1305 that fails on request, as hardware may: for
 * the tests of what becomes of packets then. It is preferred to all others,
 * and hands to the next best one what it does not refuse.
 */

#include <crypto/internal/aead.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/module.h>

#define ALG_NAME	"rfc7539esp(chacha20,poly1305)"

static atomic_t encrypt = ATOMIC_INIT(0);
module_param_named(encrypt, encrypt.counter, int, 0644);
MODULE_PARM_DESC(encrypt, "how many of the next calls to encrypt fail");

static atomic_t decrypt = ATOMIC_INIT(0);
module_param_named(decrypt, decrypt.counter, int, 0644);
MODULE_PARM_DESC(decrypt, "how many of the next calls to decrypt fail");

struct faulty_ctx {
	struct crypto_aead *real;
};

static int faulty_setkey(struct crypto_aead *tfm, const u8 *key,
			 unsigned int len)
{
	struct faulty_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_aead_setkey(ctx->real, key, len);
}

static int faulty_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	struct faulty_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_aead_setauthsize(ctx->real, size);
}

static struct aead_request *real_request(struct aead_request *req)
{
	struct faulty_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct aead_request *real = aead_request_ctx(req);

	aead_request_set_tfm(real, ctx->real);
	aead_request_set_callback(real, req->base.flags, NULL, NULL);
	aead_request_set_crypt(real, req->src, req->dst, req->cryptlen,
			       req->iv);
	aead_request_set_ad(real, req->assoclen);
	return real;
}

static int faulty_encrypt(struct aead_request *req)
{
	if (atomic_dec_if_positive(&encrypt) >= 0)
		return -EIO;
	return crypto_aead_encrypt(real_request(req));
}

static int faulty_decrypt(struct aead_request *req)
{
	if (atomic_dec_if_positive(&decrypt) >= 0)
		return -EIO;
	return crypto_aead_decrypt(real_request(req));
}

static int faulty_init(struct crypto_aead *tfm)
{
	struct faulty_ctx *ctx = crypto_aead_ctx(tfm);

	ctx->real = crypto_alloc_aead(ALG_NAME, 0, CRYPTO_ALG_ASYNC |
						   CRYPTO_ALG_NEED_FALLBACK);
	if (IS_ERR(ctx->real))
		return PTR_ERR(ctx->real);
	crypto_aead_set_reqsize(tfm, sizeof(struct aead_request) +
				     crypto_aead_reqsize(ctx->real));
	return 0;
}

static void faulty_exit(struct crypto_aead *tfm)
{
	struct faulty_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->real);
}

static struct aead_alg faulty_alg = {
	.setkey		= faulty_setkey,
	.setauthsize	= faulty_setauthsize,
	.encrypt	= faulty_encrypt,
	.decrypt	= faulty_decrypt,
	.init		= faulty_init,
	.exit		= faulty_exit,
	.ivsize		= 8,
	.maxauthsize	= 16,
	.chunksize	= 64,
	.base = {
		.cra_name	 = ALG_NAME,
		.cra_driver_name = "rfc7539esp-faulty",
		.cra_priority	 = 10000,
		.cra_flags	 = CRYPTO_ALG_NEED_FALLBACK,
		.cra_blocksize	 = 1,
		.cra_ctxsize	 = sizeof(struct faulty_ctx),
		.cra_module	 = THIS_MODULE,
	},
};

static int __init faulty_module_init(void)
{
	return crypto_register_aead(&faulty_alg);
}

static void __exit faulty_module_exit(void)
{
	crypto_unregister_aead(&faulty_alg);
}

module_init(faulty_module_init);
module_exit(faulty_module_exit);

MODULE_DESCRIPTION("ChaCha20-Poly1305 that fails on request");
MODULE_LICENSE("GPL");
