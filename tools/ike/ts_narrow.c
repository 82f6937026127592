// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of traffic selectors (RFC 7296 2.9).
 */
#include <stdio.h>
#include <string.h>

#include "ts.h"

bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->type && a->type == b->type && a->proto == b->proto &&
		a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
		!memcmp(a->lo, b->lo, ike_ts_alen(a)) && !memcmp(a->hi, b->hi, ike_ts_alen(a));
}

/*
 * OPAQUE is a packet whose ports cannot be seen: any port includes it, a
 * range of ports does not (RFC 4301 4.4.1.1).
 */
static bool intersect_ports(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	bool any_a = a->port_lo == 0 && a->port_hi == 65535;
	bool any_b = b->port_lo == 0 && b->port_hi == 65535;
	const struct ike_ts *p;

	if (any_a || any_b || ike_ts_opaque(a) || ike_ts_opaque(b)) {
		p = any_a ? b : a;
		out->port_lo = p->port_lo;
		out->port_hi = p->port_hi;
		return any_a || any_b || (ike_ts_opaque(a) && ike_ts_opaque(b));
	}
	out->port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
	out->port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
	return out->port_lo <= out->port_hi;
}

bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	struct ike_ts t = { .type = a->type };
	size_t alen = ike_ts_alen(a);

	if (!a->type || a->type != b->type)
		return false;
	if (a->proto && b->proto && a->proto != b->proto)
		return false;
	t.proto = a->proto ? a->proto : b->proto;
	if (!intersect_ports(a, b, &t))
		return false;
	memcpy(t.lo, memcmp(a->lo, b->lo, alen) > 0 ? a->lo : b->lo, alen);
	memcpy(t.hi, memcmp(a->hi, b->hi, alen) < 0 ? a->hi : b->hi, alen);
	if (memcmp(t.lo, t.hi, alen) > 0)
		return false;
	*out = t;
	return true;
}

bool ike_ts_covers(const struct ike_ts *a, const struct ike_ts *b)
{
	struct ike_ts t;

	return ike_ts_intersect(a, b, &t) && ike_ts_equal(&t, b);
}

bool ike_ts_list_covers(const struct ike_ts *whole, unsigned int n_whole,
			const struct ike_ts *part, unsigned int n_part)
{
	unsigned int i, k;

	for (i = 0; i < n_part; i++) {
		for (k = 0; k < n_whole; k++)
			if (ike_ts_covers(&whole[k], &part[i]))
				break;
		if (k == n_whole)
			return false;
	}
	return n_part != 0;
}

/* Adds @t unless it lies in another; takes out what lies in @t. False if there is no room. */
static bool add(struct ike_ts *out, unsigned int *n, unsigned int max, const struct ike_ts *t)
{
	unsigned int i, k;

	for (i = 0; i < *n; i++)
		if (ike_ts_covers(&out[i], t))
			return true;
	for (i = k = 0; i < *n; i++)
		if (!ike_ts_covers(t, &out[i]))
			out[k++] = out[i];
	*n = k;
	if (k == max)
		return false;
	out[(*n)++] = *t;
	return true;
}

unsigned int ike_ts_narrow(const struct ike_ts *offer, unsigned int n_offer,
			   const struct ike_ts *policy, unsigned int n_policy,
			   struct ike_ts *out, unsigned int max, unsigned int *flags)
{
	unsigned int i, k, n = 0;
	struct ike_ts t;

	*flags = 0;
	for (i = 0; i < n_offer; i++)
		for (k = 0; k < n_policy; k++)
			if (ike_ts_intersect(&offer[i], &policy[k], &t) && !add(out, &n, max, &t))
				*flags |= IKE_NARROW_CUT;
	for (i = 0; i < n_offer; i++)
		if (!ike_ts_list_covers(out, n, &offer[i], 1))
			*flags |= IKE_NARROW_SMALLER;
	if (n_offer && ike_ts_list_covers(out, n, offer, 1))
		*flags |= IKE_NARROW_FIRST;
	return n;
}

/* How far two selectors go together: family, protocol, ports, addresses. */
static unsigned int rank(const struct ike_ts *a, const struct ike_ts *b)
{
	struct ike_ts t;

	if (!a->type || a->type != b->type)
		return 0;
	if (a->proto && b->proto && a->proto != b->proto)
		return 1;
	if (!intersect_ports(a, b, &t))
		return 2;
	return ike_ts_intersect(a, b, &t) ? 4 : 3;
}

bool ike_ts_explain(const char *name, const struct ike_ts *offer, unsigned int n_offer,
		    const struct ike_ts *ours, unsigned int n_ours, char *buf, size_t len)
{
	static const char *const what[] = { "family", "protocol", "ports", "addresses" };
	const struct ike_ts *a = offer, *b = ours;
	unsigned int i, k, best = 0;
	char ta[128], tb[128];

	if (!n_offer || !n_ours) {
		snprintf(buf, len, "%s: nothing %s", name, n_offer ? "accepted" : "offered");
		return true;
	}
	for (i = 0; i < n_offer; i++)
		for (k = 0; k < n_ours; k++) {
			if (rank(&offer[i], &ours[k]) <= best)
				continue;
			best = rank(&offer[i], &ours[k]);
			a = &offer[i];
			b = &ours[k];
		}
	if (best == 4)
		return false;
	snprintf(buf, len, "%s of %s: %s offered, %s accepted", what[best], name,
		 ike_ts_print(a, ta, sizeof(ta)), ike_ts_print(b, tb, sizeof(tb)));
	return true;
}
