// SPDX-License-Identifier: GPL-2.0
/*
 * Detection of NATs between the peers (RFC 7296 2.23).
 */
#include <openssl/evp.h>

#include "octets.h"
#include "sa.h"

#define HASH_LEN 20

/* SHA-1(SPIs | address | port); all zero if libcrypto has no SHA-1, which matches nothing. */
static void hash(const uint8_t *spi_i, const uint8_t *spi_r, const struct ike_addr *a,
		 uint8_t *out)
{
	uint8_t in[8 + 8 + 16 + 2];
	size_t n = 16;

	memcpy(in, spi_i, 8);
	memcpy(in + 8, spi_r, 8);
	memcpy(in + n, a->a, a->len);
	n += a->len;
	ike_put16(in + n, a->port);
	if (!EVP_Digest(in, n + 2, out, NULL, EVP_sha1(), NULL))
		memset(out, 0, HASH_LEN);
}

void ike_nat_out(struct ike_out *o, const uint8_t *spi_i, const uint8_t *spi_r,
		 const struct ike_addr *local, const struct ike_addr *remote, bool encap)
{
	uint8_t h[HASH_LEN];

	hash(spi_i, spi_r, local, h);
	h[0] ^= encap;
	ike_out_notify(o, IKE_N_NAT_DETECTION_SOURCE_IP, (struct ike_buf){ h, sizeof(h) });
	hash(spi_i, spi_r, remote, h);
	ike_out_notify(o, IKE_N_NAT_DETECTION_DESTINATION_IP, (struct ike_buf){ h, sizeof(h) });
}

/* Whether one of the notifies @type is the hash of @a; @any if there is such a notify. */
static bool matches(const struct ike_msg *m, uint16_t type, const struct ike_addr *a, bool *any)
{
	const struct ike_payload *p = NULL;
	uint8_t h[HASH_LEN];

	*any = false;
	hash(m->hdr.spi_i, m->hdr.spi_r, a, h);
	while ((p = ike_msg_notify(m, type, p))) {
		*any = true;
		if (p->notify.data.n == HASH_LEN && !memcmp(p->notify.data.p, h, HASH_LEN))
			return true;
	}
	return false;
}

void ike_nat_check(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	bool src, dst, any_src, any_dst;

	src = matches(x->m, IKE_N_NAT_DETECTION_SOURCE_IP, x->remote, &any_src);
	dst = matches(x->m, IKE_N_NAT_DETECTION_DESTINATION_IP, x->local, &any_dst);
	if (!any_src || !any_dst)
		return;
	sa->nat_peer = !src;
	sa->nat_us = !dst || sa->peer->encap;
	if (sa->nat_peer)
		ike_log(x->c, sa, "peer is behind NAT");
	if (sa->nat_us)
		ike_log(x->c, sa, "we are behind NAT");
}
