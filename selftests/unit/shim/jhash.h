/* SPDX-License-Identifier: GPL-2.0 */
/* Some hash, not the kernel's: results must not depend on which it is. */
#ifndef _SHIM_JHASH_H
#define _SHIM_JHASH_H

static inline u32 jhash(const void *p, u32 len, u32 seed)
{
	const u8 *c = p;
	u32 h = seed ^ 2166136261u;

	while (len--)
		h = (h ^ *c++) * 16777619u;
	return h ^ h >> 15;
}

#define jhash2(p, n, seed)	jhash(p, (n) * 4, seed)

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 seed)
{
	u32 w[] = { a, b, c };

	return jhash2(w, 3, seed);
}

static inline u32 jhash_1word(u32 a, u32 seed)
{
	return jhash2(&a, 1, seed);
}

#endif /* _SHIM_JHASH_H */
