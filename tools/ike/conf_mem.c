// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a configuration: taken in pieces, wiped and freed as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "conf_int.h"

#define CHUNK	16384

struct chunk {
	struct chunk *next;
	size_t size;		/* of the whole */
	unsigned char data[] __attribute__((aligned(16)));
};

struct ike_conf_mem {
	struct chunk *chunks;
	size_t used;		/* octets of the first chunk's data */
	size_t total;
};

struct ike_conf_mem *conf_mem_new(void)
{
	return calloc(1, sizeof(struct ike_conf_mem));
}

void *conf_alloc(struct ike_conf_mem *m, size_t n)
{
	struct chunk *c = m->chunks;
	size_t size;
	void *p;

	if (n > CONF_MEM_MAX)
		return NULL;
	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - sizeof(*c) - m->used < n) {
		size = sizeof(*c) + (n > CHUNK ? n : CHUNK);
		if (size > CONF_MEM_MAX - m->total)
			return NULL;
		c = calloc(1, size);
		if (!c)
			return NULL;
		c->size = size;
		c->next = m->chunks;
		m->chunks = c;
		m->total += size;
		m->used = 0;
	}
	p = c->data + m->used;
	m->used += n;
	return p;
}

void *conf_grow(struct ike_conf_mem *m, void *old, unsigned int n, size_t size)
{
	void *p;

	if (n && !old)
		return NULL;	/* it failed before */
	/* There is room up to the next power of two. */
	if (n & (n - 1))
		return old;
	p = conf_alloc(m, (n ? 2 * (size_t)n : 1) * size);
	if (p && n)
		memcpy(p, old, n * size);
	return p;
}

char *conf_strndup(struct ike_conf_mem *m, const char *s, size_t n)
{
	char *p = conf_alloc(m, n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

void conf_mem_free(struct ike_conf_mem *m)
{
	struct chunk *c, *next;

	for (c = m ? m->chunks : NULL; c; c = next) {
		next = c->next;
		OPENSSL_cleanse(c, c->size);
		free(c);
	}
	free(m);
}
