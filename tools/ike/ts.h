/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors (RFC 7296 2.9 and 3.13): strings, TS payloads, narrowing.
 */
#ifndef IKE_TS_H
#define IKE_TS_H

#include <stdbool.h>
#include <string.h>

#include "addr.h"
#include "codec.h"
#include "types.h"

#define IKE_MAX_TS	64	/* in one payload */

/**
 * struct ike_ts - one traffic selector
 * @type: IKE_TS_IPV4 or IKE_TS_IPV6; 0 while it is dynamic
 * @proto: IP protocol, 0 for any
 * @dynamic: takes an address that is not known yet, see ike_ts_resolve()
 * @port_lo: first port, or ICMP type and code
 * @port_hi: last one; 65535 to 0 is OPAQUE, 0 to 65535 is any
 * @lo: first address, 4 or 16 octets as on the wire
 * @hi: last one
 */
struct ike_ts {
	uint8_t type;
	uint8_t proto;
	bool dynamic;
	uint16_t port_lo, port_hi;
	uint8_t lo[16], hi[16];
};

/* Octets of an address of @t. */
static inline size_t ike_ts_alen(const struct ike_ts *t)
{
	return t->type == IKE_TS_IPV6 ? 16 : 4;
}

/* Whether the addresses of @t have @a among them. */
static inline bool ike_ts_has(const struct ike_ts *t, const struct ike_addr *a)
{
	return ike_ts_alen(t) == a->len && memcmp(t->lo, a->a, a->len) <= 0 &&
	       memcmp(a->a, t->hi, a->len) <= 0;
}

static inline bool ike_ts_opaque(const struct ike_ts *t)
{
	return t->port_lo == 65535 && t->port_hi == 0;
}

/*
 * Reads "10.0.0.0/8[tcp/80-90]", "10.0.0.3-10.0.0.17", "2001:db8::/32[17]",
 * "dynamic[udp/1701]", "[gre]" (dynamic too), ports "any" and "opaque"; of
 * ICMP a number below 256 is a type with any code, else type * 256 + code, and
 * "type(code)" is both.
 * 0, or -1 and a sentence in @err.
 */
int ike_ts_read(const char *text, struct ike_ts *t, char *err, size_t errlen);

/* Prints it so that ike_ts_read() takes it; always terminated, returns @buf. */
char *ike_ts_print(const struct ike_ts *t, char *buf, size_t len);

/* The same for a list, space-separated. */
char *ike_ts_list_print(const struct ike_ts *t, unsigned int n, char *buf, size_t len);

/* Gives a dynamic selector the address @addr of @alen octets (4, 16); else nothing. */
void ike_ts_resolve(struct ike_ts *t, const void *addr, size_t alen);

/*
 * Reads a TS payload (its ts.list and ts.count). Returns the number of
 * selectors put to @out, at most @max: those of unknown types are passed over,
 * and those whose range is upside down. 0 is TS_UNACCEPTABLE. -1 and @why if
 * lengths are wrong. @out may be NULL: a check.
 */
int ike_ts_list_parse(struct ike_buf list, unsigned int count, struct ike_ts *out,
		      unsigned int max, enum ike_reason *why);

/* Writes TSi or TSr (@payload); dynamic ones cannot be written. */
void ike_out_ts(struct ike_out *o, uint8_t payload, const struct ike_ts *t, unsigned int n);

bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b);

/* Whether all that @b selects is selected by @a. */
bool ike_ts_covers(const struct ike_ts *a, const struct ike_ts *b);

/* What both select into @out; false if that is nothing. */
bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out);

/* Whether each of @part lies inside one of @whole: the initiator's check (2.9). */
bool ike_ts_list_covers(const struct ike_ts *whole, unsigned int n_whole,
			const struct ike_ts *part, unsigned int n_part);

#define IKE_NARROW_SMALLER	0x1	/* less than was offered */
#define IKE_NARROW_FIRST	0x2	/* the first selector offered is in it as a whole */
#define IKE_NARROW_CUT		0x4	/* there was more than @max: ADDITIONAL_TS_POSSIBLE */

/*
 * Narrows what the peer offers to our policy: every intersection, in the
 * peer's order so that its first selector (the packet's) is served first,
 * none inside another. Returns their number, 0 for TS_UNACCEPTABLE; @flags
 * says what became of the offer.
 */
unsigned int ike_ts_narrow(const struct ike_ts *offer, unsigned int n_offer,
			   const struct ike_ts *policy, unsigned int n_policy,
			   struct ike_ts *out, unsigned int max, unsigned int *flags);

/*
 * The first difference between what the peer offers as @name, TSi or TSr, and
 * what we accept, for the log. False if they have something in common.
 */
bool ike_ts_explain(const char *name, const struct ike_ts *offer, unsigned int n_offer,
		    const struct ike_ts *ours, unsigned int n_ours, char *buf, size_t len);

#endif /* IKE_TS_H */
