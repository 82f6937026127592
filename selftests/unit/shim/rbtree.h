/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's trees as sorted lists: slow, and too simple to be wrong. */
#ifndef _SHIM_RBTREE_H
#define _SHIM_RBTREE_H

struct rb_node { struct rb_node *prev, *next; };
struct rb_root { struct rb_node *first, *last; };
struct rb_root_cached { struct rb_root rb_root; };

#define RB_ROOT			((struct rb_root) { NULL, NULL })
#define RB_ROOT_CACHED		((struct rb_root_cached) { { NULL, NULL } })
#define rb_entry(p, t, m)	container_of(p, t, m)
#define rb_prev(n)		((n)->prev)
#define rb_first_cached(r)	((r)->rb_root.first)

/* Behind all that are not greater, where the kernel puts it too */
static inline void rb_add(struct rb_node *node, struct rb_root *root,
			  bool (*less)(struct rb_node *,
				       const struct rb_node *))
{
	struct rb_node *prev = root->last;

	while (prev && less(node, prev))
		prev = prev->prev;
	node->prev = prev;
	node->next = prev ? prev->next : root->first;
	if (prev)
		prev->next = node;
	else
		root->first = node;
	if (node->next)
		node->next->prev = node;
	else
		root->last = node;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	if (node->prev)
		node->prev->next = node->next;
	else
		root->first = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		root->last = node->prev;
}

#define rb_add_cached(n, r, less)	rb_add(n, &(r)->rb_root, less)
#define rb_erase_cached(n, r)		rb_erase(n, &(r)->rb_root)

#endif /* _SHIM_RBTREE_H */
