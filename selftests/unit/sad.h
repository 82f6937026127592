/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of SAs have in common. */
#ifndef SAD_H
#define SAD_H

#include "shim.h"

/* What the stand-in for nfsec_crypto_init() makes of a key */
#define SUITE(iv, icv, block)	((iv) << 16 | (icv) << 8 | (block))

static void config(struct nfsec_sa_config *c, u32 daddr, u32 spi)
{
	memset(c, 0, sizeof(*c));
	addr4(&c->saddr, 0x0a000001);
	addr4(&c->id.daddr, daddr);
	c->id.family = AF_INET;
	c->id.proto = IPPROTO_ESP;
	c->id.spi = htonl(spi);
	c->mode = NFSEC_MODE_TUNNEL;
	c->aead.icv_bits = SUITE(8, 16, 4);
	nfsec_limits_none(&c->limits);
}

/* Make and insert; the tables have the only reference */
static struct nfsec_sa *add(struct nfsec_net *nn, struct nfsec_sa_config *c)
{
	struct nfsec_sa *sa = nfsec_sa_create(nn, c, NULL);
	int err;

	assert(!IS_ERR(sa));
	err = nfsec_sad_insert(nn, sa);
	nfsec_sa_put(sa);
	run_works();
	return err ? NULL : sa;
}

static void remove_sa(struct nfsec_net *nn, struct nfsec_sa *sa)
{
	nfsec_sad_remove(nn, sa);
	run_works();
}

/* To the addresses of a configuration */
static int move(struct nfsec_net *nn, struct nfsec_sa *sa,
		const struct nfsec_sa_config *c)
{
	struct nfsec_path *path;
	int err;

	path = nfsec_path_alloc(sa, c->id.family, &c->saddr, &c->id.daddr,
				&c->encap);
	err = path ? nfsec_path_setup(path) : -ENOMEM;
	if (err)
		nfsec_path_free(path);
	else
		err = nfsec_sad_move(nn, sa, path);
	run_works();
	return err;
}

#endif /* SAD_H */
