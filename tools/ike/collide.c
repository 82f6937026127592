// SPDX-License-Identifier: GPL-2.0
/*
 * Both peers replace the same SA at the same time: which of the two new ones stays
 * (RFC 7296 2.8.1, 2.8.2).
 */
#include "sa.h"

/* Octet by octet; of two that begin alike the shorter one is lower. */
static bool lower(struct ike_buf a, struct ike_buf b)
{
	int d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return d ? d < 0 : a.n < b.n;
}

void ike_collide_note(struct ike_sa *sa, struct ike_buf ni, struct ike_buf nr)
{
	struct ike_buf low = lower(ni, nr) ? ni : nr;

	memcpy(sa->xc.low, low.p, low.n);
	sa->xc.low_len = low.n;
}

bool ike_collide_lost(const struct ike_sa *sa, struct ike_buf nr)
{
	struct ike_buf ni = { sa->xc.ni, sizeof(sa->xc.ni) };
	struct ike_buf theirs = { sa->xc.low, sa->xc.low_len };

	return theirs.n && lower(lower(ni, nr) ? ni : nr, theirs);
}
