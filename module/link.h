/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_LINK_H
#define _NFSEC_LINK_H

#include <linux/mutex.h>
#include <linux/rhashtable.h>

/**
 * struct nfsec_link - an object among those with the same key in a table
 * @head: in the table, if this is the newest of them
 * @older: the next one, or NULL
 * @newer: the one before, or NULL; under the lock for changes
 *
 * One may leave from anywhere at the same small cost, as the lists of &struct
 * rhltable do not allow. The head_offset of the table is that of @head.
 */
struct nfsec_link {
	struct rhash_head head;
	struct nfsec_link __rcu *older;
	struct nfsec_link *newer;
};

static __always_inline struct nfsec_link *
nfsec_link_of(void *obj, const struct rhashtable_params params)
{
	return container_of(obj + params.head_offset, struct nfsec_link, head);
}

static __always_inline void *
nfsec_link_older(void *obj, const struct rhashtable_params params)
{
	struct nfsec_link *link;

	link = rcu_dereference(nfsec_link_of(obj, params)->older);
	return link ? (void *)&link->head - params.head_offset : NULL;
}

/* Walk all objects of a key, newest first; under rcu_read_lock() */
#define nfsec_link_for_each(obj, ht, key, params)			\
	for ((obj) = rhashtable_lookup(ht, key, params); (obj);		\
	     (obj) = nfsec_link_older(obj, params))

/*
 * Put an object in front of those with its key. A lookup meets the list with or
 * without it.
 */
static __always_inline int
nfsec_link_add(struct rhashtable *ht, const void *key, void *obj,
	       const struct rhashtable_params params)
{
	struct nfsec_link *link = nfsec_link_of(obj, params), *older;
	void *first = rhashtable_lookup_fast(ht, key, params);
	int err;

	link->newer = NULL;
	older = first ? nfsec_link_of(first, params) : NULL;
	RCU_INIT_POINTER(link->older, older);
	if (!first)
		return rhashtable_insert_fast(ht, &link->head, params);
	err = rhashtable_replace_fast(ht, &older->head, &link->head, params);
	if (!err)
		older->newer = link;
	return err;
}

/* Put an object behind another one of its key */
static __always_inline void
nfsec_link_add_behind(const struct mutex *lock, void *newer, void *obj,
		      const struct rhashtable_params params)
{
	struct nfsec_link *prev = nfsec_link_of(newer, params);
	struct nfsec_link *link = nfsec_link_of(obj, params), *older;

	older = rcu_dereference_protected(prev->older, lockdep_is_held(lock));
	link->newer = prev;
	RCU_INIT_POINTER(link->older, older);
	rcu_assign_pointer(prev->older, link);
	if (older)
		older->newer = link;
}

/*
 * Take an object out; a lookup that is at it goes on to those behind it. The
 * next one may get a place in the table that it had before, while a lookup for
 * another key still passes it there: to that, it has moved as if the table had
 * grown, so the lookup ends in the right chain or starts again.
 */
static __always_inline void
nfsec_link_remove(const struct mutex *lock, struct rhashtable *ht, void *obj,
		  const struct rhashtable_params params)
{
	struct nfsec_link *link = nfsec_link_of(obj, params), *older;

	older = rcu_dereference_protected(link->older, lockdep_is_held(lock));
	if (older)
		older->newer = link->newer;
	if (link->newer)
		rcu_assign_pointer(link->newer->older, older);
	else if (older)
		rhashtable_replace_fast(ht, &link->head, &older->head, params);
	else
		rhashtable_remove_fast(ht, &link->head, params);
}

#endif /* _NFSEC_LINK_H */
