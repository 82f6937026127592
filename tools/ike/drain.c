// SPDX-License-Identifier: GPL-2.0
/*
 * Inbound SAs that outlive their child for a while, so that packets under way when it was
 * replaced are not lost (RFC 7296 2.8, 1.4.1).
 */
#include <stdlib.h>

#include "sa.h"

/**
 * struct ike_drain - such an SA
 * @next: the next one
 * @until: when it goes
 * @proto: its protocol
 * @spi: its SPI, network order
 * @dst: its destination: our address
 */
struct ike_drain {
	struct ike_drain *next;
	uint64_t until;
	uint8_t proto;
	uint32_t spi;
	struct ike_addr dst;
};

bool ike_drain_add(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi,
		   const struct ike_addr *dst)
{
	struct ike_drain *d;

	if (!c->conf.drain_ms || c->n_drains == IKE_DRAINS_MAX)
		return false;
	d = malloc(sizeof(*d));
	if (!d)
		return false;
	*d = (struct ike_drain){ NULL, now + c->conf.drain_ms, proto, spi, *dst };
	if (!c->drains)
		c->last_drain = &c->drains;
	*c->last_drain = d;
	c->last_drain = &d->next;
	c->n_drains++;
	return true;
}

uint64_t ike_drain_tick(struct ike_ctx *c, uint64_t now)
{
	struct ike_drain *d;

	while ((d = c->drains) && now >= d->until) {
		c->conf.kernel->del_sa(c->conf.kern, d->proto, d->spi, &d->dst);
		c->drains = d->next;
		c->n_drains--;
		free(d);
	}
	return d ? d->until : UINT64_MAX;
}
