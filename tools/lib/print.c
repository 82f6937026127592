// SPDX-License-Identifier: GPL-2.0
/*
 * Selectors, limits and the other parts of states and policies.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "print.h"

/* A limit that XFRM calls infinite. */
#define NO_LIMIT UINT64_MAX

int sec_sel_family(const struct sec_sel *sel)
{
	if (sel->src.len)
		return sec_addr_family(&sel->src);
	if (sel->dst.len)
		return sec_addr_family(&sel->dst);
	return sel->family;
}

static void range_text(FILE *out, const char *word,
		       const struct sec_addr *first,
		       const struct sec_addr *last, bool has_plen,
		       uint8_t plen, int family)
{
	char a[SEC_ADDR_TEXT_MAX], b[SEC_ADDR_TEXT_MAX];

	sec_addr_text(first, family, a);
	if (last->len) {
		fprintf(out, "%s %s-%s ", word, a, sec_addr_text(last, family, b));
		return;
	}
	if (!has_plen)
		plen = first->len * 8;
	fprintf(out, "%s %s/%u ", word, a, plen);
}

static void number_range(FILE *out, const char *word, unsigned int first,
			 unsigned int last)
{
	if (first != last || (!first && !strcmp(word + 1, "port")))
		fprintf(out, "%s %u-%u ", word, first, last);
	else
		fprintf(out, "%s %u ", word, first);
}

static void type_code_text(FILE *out, uint16_t min, uint16_t max)
{
	number_range(out, "type", min >> 8, max >> 8);
	if ((min & 0xff) || (max & 0xff) != 0xff)
		number_range(out, "code", min & 0xff, max & 0xff);
}

static void upspec_text(FILE *out, const struct sec_sel *sel)
{
	bool sport = sec_has(sel, NFSEC_A_SELECTOR_SPORT_MIN) &&
		     (sel->sport_min || sel->sport_max != 65535);
	bool dport = sec_has(sel, NFSEC_A_SELECTOR_DPORT_MIN) &&
		     (sel->dport_min || sel->dport_max != 65535);
	char proto[32];

	if (sel->proto)
		fprintf(out, "proto %s ",
			sec_proto_text(sel->proto, proto, sizeof(proto)));
	switch (sel->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_MH:
		if (sport)
			type_code_text(out, sel->sport_min, sel->sport_max);
		return;
	case IPPROTO_GRE:
		if (sport || dport)
			fprintf(out, "key %u ", (uint32_t)sel->sport_min << 16 |
				sel->dport_min);
		return;
	}
	if (sport)
		number_range(out, "sport", sel->sport_min, sel->sport_max);
	if (dport)
		number_range(out, "dport", sel->dport_min, sel->dport_max);
}

static void rest_text(FILE *out, const struct sec_sel *sel)
{
	char dev[IF_NAMESIZE];

	upspec_text(out, sel);
	if (!sel->ifindex)
		return;
	if (if_indextoname(sel->ifindex, dev))
		fprintf(out, "dev %s ", dev);
	else
		fprintf(out, "dev if%u ", sel->ifindex);
}

void sec_sel_words_print(FILE *out, const struct sec_sel *sel)
{
	int family;

	if (sec_sel_family(sel) == AF_UNSPEC) {
		fputs("src any dst any ", out);
		rest_text(out, sel);
		return;
	}
	family = sec_sel_family(sel);
	range_text(out, "src", &sel->src, &sel->src_last,
		   sec_has(sel, NFSEC_A_SELECTOR_SRC_PREFIXLEN),
		   sel->src_plen, family);
	range_text(out, "dst", &sel->dst, &sel->dst_last,
		   sec_has(sel, NFSEC_A_SELECTOR_DST_PREFIXLEN),
		   sel->dst_plen, family);
	rest_text(out, sel);
}

void sec_sel_print(const struct sec_print *p, const struct sec_sel *sel,
		   const char *prefix)
{
	fputs(prefix, p->out);
	sec_sel_words_print(p->out, sel);
	fputs(p->nl, p->out);
}

static bool limit_set(const struct sec_limits *l, unsigned int attr,
		      uint64_t limit)
{
	return sec_has(l, attr) && limit != NO_LIMIT;
}

bool sec_limits_any(const struct sec_limits *l)
{
	return limit_set(l, NFSEC_A_LIMITS_SOFT_BYTES, l->soft_bytes) ||
	       limit_set(l, NFSEC_A_LIMITS_HARD_BYTES, l->hard_bytes) ||
	       limit_set(l, NFSEC_A_LIMITS_SOFT_PACKETS, l->soft_packets) ||
	       limit_set(l, NFSEC_A_LIMITS_HARD_PACKETS, l->hard_packets) ||
	       l->soft_add || l->hard_add || l->soft_use || l->hard_use;
}

static const char *limit_text(bool set, uint64_t limit, char *buf, size_t size)
{
	if (!set || limit == NO_LIMIT)
		snprintf(buf, size, "(INF)");
	else
		snprintf(buf, size, "%llu", ull(limit));
	return buf;
}

void sec_limits_print(const struct sec_print *p, const struct sec_limits *l)
{
	char soft[32], hard[32];

	fprintf(p->out, "\tlifetime config:%s", p->nl);
	limit_text(sec_has(l, NFSEC_A_LIMITS_SOFT_BYTES), l->soft_bytes, soft,
		   sizeof(soft));
	limit_text(sec_has(l, NFSEC_A_LIMITS_HARD_BYTES), l->hard_bytes, hard,
		   sizeof(hard));
	fprintf(p->out, "\t  limit: soft %s(bytes), hard %s(bytes)%s", soft,
		hard, p->nl);
	limit_text(sec_has(l, NFSEC_A_LIMITS_SOFT_PACKETS), l->soft_packets,
		   soft, sizeof(soft));
	limit_text(sec_has(l, NFSEC_A_LIMITS_HARD_PACKETS), l->hard_packets,
		   hard, sizeof(hard));
	fprintf(p->out, "\t  limit: soft %s(packets), hard %s(packets)%s", soft,
		hard, p->nl);
	fprintf(p->out, "\t  expire add: soft %llu(sec), hard %llu(sec)%s",
		ull(l->soft_add), ull(l->hard_add), p->nl);
	fprintf(p->out, "\t  expire use: soft %llu(sec), hard %llu(sec)%s",
		ull(l->soft_use), ull(l->hard_use), p->nl);
}

static const char *time_text(uint64_t seconds, char *buf, size_t size)
{
	time_t t = seconds;
	struct tm tm;

	if (!seconds)
		snprintf(buf, size, "-");
	else if (!localtime_r(&t, &tm))
		snprintf(buf, size, "invalid-time");
	else
		strftime(buf, size, "%Y-%m-%d %T", &tm);
	return buf;
}

void sec_usage_print(const struct sec_print *p, const struct sec_usage *u)
{
	char added[32], used[32];

	fprintf(p->out, "\tlifetime current:%s", p->nl);
	fprintf(p->out, "\t  %llu(bytes), %llu(packets)%s",
		ull(u->bytes), ull(u->packets), p->nl);
	fprintf(p->out, "\t  add %s use %s%s",
		time_text(u->added, added, sizeof(added)),
		time_text(u->first_used, used, sizeof(used)), p->nl);
	if (u->last_used)
		fprintf(p->out, "\tlastused %s%s",
			time_text(u->last_used, used, sizeof(used)), p->nl);
}

void sec_flags_text(FILE *out, const struct sec_name *names, uint32_t flags)
{
	const char *sep = "";

	for (; names->name; names++) {
		if (!(flags & names->value))
			continue;
		flags &= ~names->value;
		fprintf(out, "%s%s", sep, names->name);
		sep = " ";
	}
	if (flags)
		fprintf(out, "%s%x", sep, flags);
}

void sec_limits_words(FILE *out, const struct sec_limits *l)
{
	static const struct {
		const char *word;
		unsigned int attr;
		size_t off;
	} limits[] = {
#define LIMIT(w, a, m) { w, NFSEC_A_LIMITS_##a, offsetof(struct sec_limits, m) }
		LIMIT("byte-soft", SOFT_BYTES, soft_bytes),
		LIMIT("byte-hard", HARD_BYTES, hard_bytes),
		LIMIT("packet-soft", SOFT_PACKETS, soft_packets),
		LIMIT("packet-hard", HARD_PACKETS, hard_packets),
		LIMIT("time-soft", SOFT_ADD, soft_add),
		LIMIT("time-hard", HARD_ADD, hard_add),
		LIMIT("time-use-soft", SOFT_USE, soft_use),
		LIMIT("time-use-hard", HARD_USE, hard_use),
#undef LIMIT
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		memcpy(&value, (const char *)l + limits[i].off, sizeof(value));
		if (sec_has(l, limits[i].attr) && value != NO_LIMIT)
			fprintf(out, " limit %s %llu", limits[i].word,
				ull(value));
	}
}

void sec_hex_text(FILE *out, const uint8_t *b, size_t len)
{
	size_t i;

	fputs("0x", out);
	for (i = 0; i < len; i++)
		fprintf(out, "%02x", b[i]);
}
