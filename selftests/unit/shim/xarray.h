/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's xarray as a sorted array. */
#ifndef _SHIM_XARRAY_H
#define _SHIM_XARRAY_H

struct xa_slot { unsigned long index; void *p; };
struct xarray { struct xa_slot *slot; size_t n, room; };
struct xa_limit { u32 min, max; };

#define XA_FLAGS_ALLOC1		0
#define XA_LIMIT(a, b)		((struct xa_limit) { .min = (a), .max = (b) })

/* Place of the first slot that is not before @index */
static inline size_t xa_place(const struct xarray *xa, unsigned long index)
{
	size_t lo = 0, hi = xa->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (xa->slot[mid].index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static inline void xa_init(struct xarray *xa)
{
	memset(xa, 0, sizeof(*xa));
}

#define xa_init_flags(xa, flags)	xa_init(xa)

static inline void xa_destroy(struct xarray *xa)
{
	assert(!xa->n);
	free(xa->slot);
	xa->slot = NULL;
	xa->room = 0;
}

static inline void *xa_load(struct xarray *xa, unsigned long index)
{
	size_t i = xa_place(xa, index);

	return i < xa->n && xa->slot[i].index == index ? xa->slot[i].p : NULL;
}

static inline void *xa_erase(struct xarray *xa, unsigned long index)
{
	size_t i = xa_place(xa, index);
	void *p = xa_load(xa, index);

	if (p)
		memmove(&xa->slot[i], &xa->slot[i + 1],
			(--xa->n - i) * sizeof(*xa->slot));
	return p;
}

static inline int xa_insert(struct xarray *xa, unsigned long index, void *p,
			    gfp_t gfp)
{
	size_t i = xa_place(xa, index);
	void *probe;

	if (xa_load(xa, index))
		return -EBUSY;
	probe = kzalloc(1, gfp);
	if (!probe)
		return -ENOMEM;
	kfree(probe);
	if (xa->n == xa->room) {
		xa->room = 2 * xa->room + 16;
		xa->slot = realloc(xa->slot, xa->room * sizeof(*xa->slot));
	}
	memmove(&xa->slot[i + 1], &xa->slot[i],
		(xa->n++ - i) * sizeof(*xa->slot));
	xa->slot[i] = (struct xa_slot) { index, p };
	return 0;
}

/* Into a slot that is taken already */
static inline void *xa_store(struct xarray *xa, unsigned long index, void *p,
			     gfp_t gfp)
{
	(void)gfp;
	assert(xa_load(xa, index));
	xa->slot[xa_place(xa, index)].p = p;
	return NULL;
}

#define xa_err(p)	((void)(p), 0)

static inline int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *p,
				  struct xa_limit limit, u32 *next, gfp_t gfp)
{
	u32 i = max(*next, limit.min);

	for (;; i++) {
		int err;

		if (i > limit.max)
			i = limit.min;
		err = xa_insert(xa, i, p, gfp);
		if (err == -EBUSY)
			continue;
		*id = i;
		*next = i + 1;
		return err;
	}
}

/* The next one from @index on */
static inline void *xa_find_from(struct xarray *xa, unsigned long *index)
{
	size_t i = xa_place(xa, *index);

	if (i == xa->n)
		return NULL;
	*index = xa->slot[i].index;
	return xa->slot[i].p;
}

#define xa_for_each(xa, i, p)						\
	for (i = 0; (p = xa_find_from(xa, &i)); i++)

#endif /* _SHIM_XARRAY_H */
