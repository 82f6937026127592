/* SPDX-License-Identifier: GPL-2.0 */
/* crypto_memneq() moved from <crypto/algapi.h> to <crypto/utils.h> in 6.4 */
#ifndef _NFSEC_COMPAT_CRYPTO_H
#define _NFSEC_COMPAT_CRYPTO_H

#if __has_include(<crypto/utils.h>)
#include <crypto/utils.h>
#else
#include <crypto/algapi.h>
#endif

/* <crypto/internal/simd.h> leaves it to others to declare may_use_simd() */
#include <asm/simd.h>

#include <crypto/internal/simd.h>
#include <crypto/skcipher.h>
#include <linux/crypto.h>

/*
 * crypto_skcipher_alg_common() came in 6.7; the flags it leads to are those of
 * the transform's algorithm in all versions.
 */
#define nfsec_skcipher_is_async(tfm) \
	(crypto_skcipher_tfm(tfm)->__crt_alg->cra_flags & CRYPTO_ALG_ASYNC)

#endif /* _NFSEC_COMPAT_CRYPTO_H */
