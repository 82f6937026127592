/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's resizable hash tables with a fixed number of buckets. Objects
 * passed on the way are counted in shim_steps, as in rcu_dereference().
 */
#ifndef _SHIM_RHASHTABLE_H
#define _SHIM_RHASHTABLE_H

#define RHT_BUCKETS	16384
#define RHT_SEED	0x5bd1e995

struct rhash_head { struct rhash_head *next; };

/* First of objects with the same key in a bucket, the others behind @next */
struct rhlist_head { struct rhash_head rhead; struct rhlist_head *next; };

struct rhashtable_compare_arg { void *ht; const void *key; };

struct rhashtable_params {
	u16 key_len;
	u16 key_offset;
	u16 head_offset;
	bool automatic_shrinking;
	u32 (*hashfn)(const void *data, u32 len, u32 seed);
	u32 (*obj_hashfn)(const void *data, u32 len, u32 seed);
	int (*obj_cmpfn)(struct rhashtable_compare_arg *arg, const void *obj);
};

struct rhashtable { struct rhash_head **bucket; u32 nelems; };
struct rhltable { struct rhashtable ht; };

static inline int rhashtable_init(struct rhashtable *ht,
				  const struct rhashtable_params *params)
{
	(void)params;
	ht->nelems = 0;
	ht->bucket = kcalloc(RHT_BUCKETS, sizeof(*ht->bucket), GFP_KERNEL);
	return ht->bucket ? 0 : -ENOMEM;
}

static inline void rhashtable_destroy(struct rhashtable *ht)
{
	assert(!ht->nelems);
	free(ht->bucket);
	ht->bucket = NULL;
}

#define rhltable_init(t, p)	rhashtable_init(&(t)->ht, p)
#define rhltable_destroy(t)	rhashtable_destroy(&(t)->ht)

static inline struct rhash_head **
rht_key_bucket(struct rhashtable *ht, const void *key,
	       const struct rhashtable_params *p)
{
	u32 hash = p->hashfn ? p->hashfn(key, p->key_len, RHT_SEED) :
			       jhash(key, p->key_len, RHT_SEED);

	return &ht->bucket[hash % RHT_BUCKETS];
}

static inline struct rhash_head **
rht_obj_bucket(struct rhashtable *ht, const void *obj,
	       const struct rhashtable_params *p)
{
	u32 hash = p->obj_hashfn ? p->obj_hashfn(obj, p->key_len, RHT_SEED) :
		   jhash((const char *)obj + p->key_offset, p->key_len,
			 RHT_SEED);

	return &ht->bucket[hash % RHT_BUCKETS];
}

static inline bool rht_same(const void *key, const void *obj,
			    const struct rhashtable_params *p)
{
	struct rhashtable_compare_arg arg = { .key = key };

	if (p->obj_cmpfn)
		return !p->obj_cmpfn(&arg, obj);
	return !memcmp(key, (const char *)obj + p->key_offset, p->key_len);
}

#define rht_obj(h, p)	((void *)((char *)(h) - (p)->head_offset))
#define rht_head(o, p)	((void *)((char *)(o) + (p)->head_offset))

static inline struct rhash_head **
rht_find(struct rhashtable *ht, const void *key,
	 const struct rhashtable_params *p)
{
	struct rhash_head **pp = rht_key_bucket(ht, key, p);

	for (; *pp && !rht_same(key, rht_obj(*pp, p), p); pp = &(*pp)->next)
		shim_steps++;
	return pp;
}

static inline void *rhashtable_lookup_fast(struct rhashtable *ht,
					   const void *key,
					   const struct rhashtable_params p)
{
	struct rhash_head *h = *rht_find(ht, key, &p);

	return h ? rht_obj(h, &p) : NULL;
}

#define rhashtable_lookup(ht, key, p)	rhashtable_lookup_fast(ht, key, p)

static inline int rhashtable_insert_fast(struct rhashtable *ht,
					 struct rhash_head *h,
					 const struct rhashtable_params p)
{
	struct rhash_head **pp = rht_obj_bucket(ht, rht_obj(h, &p), &p);
	void *probe = kzalloc(1, GFP_ATOMIC);

	if (!probe)
		return -ENOMEM;
	kfree(probe);
	h->next = *pp;
	*pp = h;
	ht->nelems++;
	return 0;
}

static inline struct rhash_head **
rht_find_head(struct rhashtable *ht, struct rhash_head *h,
	      const struct rhashtable_params *p)
{
	struct rhash_head **pp = rht_obj_bucket(ht, rht_obj(h, p), p);

	for (; *pp && *pp != h; pp = &(*pp)->next)
		shim_steps++;
	return pp;
}

static inline int rhashtable_remove_fast(struct rhashtable *ht,
					 struct rhash_head *h,
					 const struct rhashtable_params p)
{
	struct rhash_head **pp = rht_find_head(ht, h, &p);

	assert(*pp);
	*pp = h->next;
	ht->nelems--;
	return 0;
}

static inline int rhashtable_replace_fast(struct rhashtable *ht,
					  struct rhash_head *old,
					  struct rhash_head *new,
					  const struct rhashtable_params p)
{
	struct rhash_head **pp = rht_find_head(ht, old, &p);

	assert(*pp);
	assert(rht_obj_bucket(ht, rht_obj(new, &p), &p) ==
	       rht_obj_bucket(ht, rht_obj(old, &p), &p));
	new->next = old->next;
	*pp = new;
	return 0;
}

static inline struct rhlist_head *
rhltable_lookup(struct rhltable *t, const void *key,
		const struct rhashtable_params p)
{
	return (struct rhlist_head *)*rht_find(&t->ht, key, &p);
}

static inline int rhltable_insert_key(struct rhltable *t, const void *key,
				      struct rhlist_head *list,
				      const struct rhashtable_params p)
{
	struct rhash_head **pp = rht_find(&t->ht, key, &p);
	struct rhlist_head *first = (struct rhlist_head *)*pp;
	void *probe = kzalloc(1, GFP_ATOMIC);

	if (!probe)
		return -ENOMEM;
	kfree(probe);
	/* What it is inserted under is what it is found and removed by. */
	assert(rht_key_bucket(&t->ht, key, &p) ==
	       rht_obj_bucket(&t->ht, rht_obj(list, &p), &p));
	assert(rht_same(key, rht_obj(list, &p), &p));
	list->next = first;
	list->rhead.next = first ? first->rhead.next : NULL;
	*pp = &list->rhead;
	t->ht.nelems++;
	return 0;
}

static inline int rhltable_insert(struct rhltable *t, struct rhlist_head *list,
				  const struct rhashtable_params p)
{
	const char *obj = rht_obj(list, &p);

	return rhltable_insert_key(t, obj + p.key_offset, list, p);
}

static inline int rhltable_remove(struct rhltable *t, struct rhlist_head *list,
				  const struct rhashtable_params p)
{
	struct rhash_head **pp = rht_obj_bucket(&t->ht, rht_obj(list, &p), &p);

	for (; *pp; pp = &(*pp)->next) {
		struct rhlist_head *first = (struct rhlist_head *)*pp, **lp;

		if (first == list) {
			if (list->next)
				list->next->rhead.next = list->rhead.next;
			*pp = list->next ? &list->next->rhead :
					   list->rhead.next;
			t->ht.nelems--;
			return 0;
		}
		for (lp = &first->next; *lp; lp = &(*lp)->next) {
			shim_steps++;
			if (*lp == list) {
				*lp = list->next;
				t->ht.nelems--;
				return 0;
			}
		}
	}
	assert(!"object is in the table");
	return -ENOENT;
}

#define rhl_for_each_entry_rcu(tpos, pos, list, member)			\
	for (pos = list; pos && (tpos = container_of(pos,		\
	     __typeof__(*tpos), member), shim_steps++, true); pos = pos->next)

#endif /* _SHIM_RHASHTABLE_H */
