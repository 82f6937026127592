// SPDX-License-Identifier: GPL-2.0
/*
 * Selectors and the small parts that states and policies share.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define ANY_VERB (~0U)

static int sel_src(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;
	const char *text = sec_value(a, word, "an address");

	return text ? sec_range_parse(word, text, &sel->src, a->diag) : -1;
}

static int sel_dst(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;
	const char *text = sec_value(a, word, "an address");

	return text ? sec_range_parse(word, text, &sel->dst, a->diag) : -1;
}

static int sel_dev(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;
	const char *text = sec_value(a, word, "a device");
	char quoted[80];
	unsigned long n;
	char *end;

	if (!text)
		return -1;
	if (!strcmp(text, "none"))
		return 0;
	sel->ifindex = if_nametoindex(text);
	if (sel->ifindex)
		return 0;
	/* This is how a device without a name is printed. */
	if (!strncmp(text, "if", 2) && text[2] >= '1' && text[2] <= '9') {
		n = strtoul(text + 2, &end, 10);
		if (!*end && n <= INT32_MAX) {
			sel->ifindex = n;
			return 0;
		}
	}
	return sec_fail(a->diag, "%s: there is no device %s", word,
			sec_quote(text, quoted, sizeof(quoted)));
}

static int sel_proto(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;
	const char *text = sec_value(a, word, "a protocol");
	char quoted[80];
	int proto;

	if (!text)
		return -1;
	proto = sec_proto_parse(text);
	if (proto < 0)
		return sec_fail(a->diag, "%s: %s is not a protocol name or a number up to 255",
				word, sec_quote(text, quoted, sizeof(quoted)));
	sel->proto = proto;
	return 0;
}

/* To ip(8), port 0 is any port; here 0-0 is the port itself. */
static int sel_port(struct sec_args *a, const char *word, uint32_t *port)
{
	const char *text = sec_peek(a);

	if (sec_number_range(a, word, 65535, &port[0], &port[1]))
		return -1;
	if (!port[1] && !strchr(text, '-'))
		port[1] = 65535;
	return 0;
}

static int sel_sport(struct sec_args *a, const char *word, void *ctx)
{
	return sel_port(a, word, ((struct sec_sel_words *)ctx)->sport);
}

static int sel_dport(struct sec_args *a, const char *word, void *ctx)
{
	return sel_port(a, word, ((struct sec_sel_words *)ctx)->dport);
}

static int sel_type(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;

	return sec_number_range(a, word, 255, &sel->type[0], &sel->type[1]);
}

static int sel_code(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;

	return sec_number_range(a, word, 255, &sel->code[0], &sel->code[1]);
}

static int sel_key(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_sel_words *sel = ctx;
	const char *text = sec_value(a, word, "a number or dotted quad");
	struct sec_addr quad;
	char quoted[80];
	uint64_t n;

	if (!text)
		return -1;
	if (!strchr(text, '.')) {
		if (sec_number(a->diag, word, text, UINT32_MAX, &n))
			return -1;
		sel->key = n;
		return 0;
	}
	if (sec_addr_parse(text, &quad) || quad.len != 4)
		return sec_fail(a->diag, "%s: %s is not a dotted quad", word,
				sec_quote(text, quoted, sizeof(quoted)));
	sel->key = (uint32_t)quad.b[0] << 24 | quad.b[1] << 16 |
		   quad.b[2] << 8 | quad.b[3];
	return 0;
}

enum { SRC, DST, DEV, PROTO, SPORT, DPORT, TYPE, CODE, KEY };

const struct sec_word sec_sel_table[] = {
	[SRC] = { "src", ANY_VERB, sel_src },
	[DST] = { "dst", ANY_VERB, sel_dst },
	[DEV] = { "dev", ANY_VERB, sel_dev },
	[PROTO] = { "proto", ANY_VERB, sel_proto },
	[SPORT] = { "sport", ANY_VERB, sel_sport },
	[DPORT] = { "dport", ANY_VERB, sel_dport },
	[TYPE] = { "type", ANY_VERB, sel_type },
	[CODE] = { "code", ANY_VERB, sel_code },
	[KEY] = { "key", ANY_VERB, sel_key },
	{ NULL }
};

int sec_sel_word(struct sec_args *a, struct sec_sel_words *words)
{
	const char *text = sec_peek(a);
	const struct sec_word *w;
	uint32_t bit;

	for (w = sec_sel_table; w->name && strcmp(w->name, text); w++)
		;
	if (!w->name)
		return 0;
	bit = 1U << (w - sec_sel_table);
	if (words->seen & bit)
		return sec_fail(a->diag, "%s: given twice", text);
	words->seen |= bit;
	a->i++;
	return w->parse(a, w->name, words) ? -1 : 1;
}

bool sec_sel_seen(const struct sec_sel_words *words, const char *name)
{
	const struct sec_word *w;

	for (w = sec_sel_table; w->name; w++)
		if (!strcmp(w->name, name))
			return words->seen & 1U << (w - sec_sel_table);
	return false;
}

static bool seen(const struct sec_sel_words *words, int word)
{
	return words->seen & 1U << word;
}

static bool proto_has_ports(uint8_t proto)
{
	switch (proto) {
	case 0:			/* one SA may carry several protocols */
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	}
	return false;
}

static bool proto_has_type(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ||
	       proto == IPPROTO_MH;
}

static int check_upspec(const struct sec_sel_words *w, struct sec_diag *diag)
{
	char name[32];

	sec_proto_text(w->proto, name, sizeof(name));
	if ((seen(w, SPORT) || seen(w, DPORT)) && !proto_has_ports(w->proto))
		return sec_fail(diag, "sport and dport have no meaning with proto %s",
				name);
	if ((seen(w, TYPE) || seen(w, CODE)) && !proto_has_type(w->proto))
		return sec_fail(diag,
				"type and code need proto icmp, ipv6-icmp or mobility-header");
	if (seen(w, CODE) && !seen(w, TYPE))
		return sec_fail(diag, "code needs a type before it");
	if (seen(w, KEY) && w->proto != IPPROTO_GRE)
		return sec_fail(diag, "key needs proto gre");
	return 0;
}

static void set_sport(struct sec_sel *sel, uint16_t min, uint16_t max)
{
	if (!min && max == 65535)
		return;
	sel->sport_min = min;
	sel->sport_max = max;
	sec_set(sel, NFSEC_A_SELECTOR_SPORT_MIN);
	sec_set(sel, NFSEC_A_SELECTOR_SPORT_MAX);
}

static void set_dport(struct sec_sel *sel, uint16_t min, uint16_t max)
{
	if (!min && max == 65535)
		return;
	sel->dport_min = min;
	sel->dport_max = max;
	sec_set(sel, NFSEC_A_SELECTOR_DPORT_MIN);
	sec_set(sel, NFSEC_A_SELECTOR_DPORT_MAX);
}

static void finish_upspec(const struct sec_sel_words *w, struct sec_sel *sel)
{
	/* RFC 4301 4.4.1.1: type and code are one number of 16 bits. */
	if (seen(w, TYPE))
		set_sport(sel, w->type[0] << 8 |
			  (seen(w, CODE) ? w->code[0] : 0),
			  w->type[1] << 8 |
			  (seen(w, CODE) ? w->code[1] : 255));
	if (seen(w, KEY)) {
		set_sport(sel, w->key >> 16, w->key >> 16);
		set_dport(sel, w->key & 0xffff, w->key & 0xffff);
	}
	if (seen(w, SPORT))
		set_sport(sel, w->sport[0], w->sport[1]);
	if (seen(w, DPORT))
		set_dport(sel, w->dport[0], w->dport[1]);
}

static void finish_src(const struct sec_range *r, struct sec_sel *sel)
{
	if (!r->first.len)
		return;
	sel->src = r->first;
	sec_set(sel, NFSEC_A_SELECTOR_SRC);
	if (r->last.len) {
		sel->src_last = r->last;
		sec_set(sel, NFSEC_A_SELECTOR_SRC_LAST);
		return;
	}
	sel->src_plen = r->plen;
	sec_set(sel, NFSEC_A_SELECTOR_SRC_PREFIXLEN);
}

static void finish_dst(const struct sec_range *r, struct sec_sel *sel)
{
	if (!r->first.len)
		return;
	sel->dst = r->first;
	sec_set(sel, NFSEC_A_SELECTOR_DST);
	if (r->last.len) {
		sel->dst_last = r->last;
		sec_set(sel, NFSEC_A_SELECTOR_DST_LAST);
		return;
	}
	sel->dst_plen = r->plen;
	sec_set(sel, NFSEC_A_SELECTOR_DST_PREFIXLEN);
}

int sec_sel_finish(const struct sec_sel_words *words, int family,
		   struct sec_sel *sel, struct sec_diag *diag)
{
	const struct sec_range *src = &words->src;
	const struct sec_range *dst = &words->dst;

	if (check_upspec(words, diag))
		return -1;
	if (src->first.len && dst->first.len &&
	    src->first.len != dst->first.len)
		return sec_fail(diag,
				"src and dst of a selector are of different address families");
	finish_src(src, sel);
	finish_dst(dst, sel);
	if (words->proto) {
		sel->proto = words->proto;
		sec_set(sel, NFSEC_A_SELECTOR_PROTO);
	}
	finish_upspec(words, sel);
	if (words->ifindex) {
		sel->ifindex = words->ifindex;
		sec_set(sel, NFSEC_A_SELECTOR_IFINDEX);
	}
	/* An explicit "any" is any address of both families. */
	if (!src->first.len && !dst->first.len && !src->any && !dst->any &&
	    family != AF_UNSPEC) {
		sel->family = family;
		sec_set(sel, NFSEC_A_SELECTOR_FAMILY);
	}
	return 0;
}

int sec_mark_parse(struct sec_args *a, const char *word, struct sec_mark *mark)
{
	char *text = sec_value(a, word, "a number");
	const char *mask = NULL;
	uint64_t value;
	char *slash;

	if (!text)
		return -1;
	slash = strchr(text, '/');
	if (slash) {
		*slash = '\0';
		mask = slash + 1;
	} else if (sec_peek(a) && !strcmp(sec_peek(a), "mask")) {
		a->i++;
		mask = sec_value(a, "mask", "a number");
		if (!mask)
			return -1;
	}
	if (sec_number(a->diag, word, text, UINT32_MAX, &value))
		return -1;
	mark->value = value;
	sec_set(mark, NFSEC_A_MARK_VALUE);
	value = UINT32_MAX;
	if (mask && sec_number(a->diag, "mask", mask, UINT32_MAX, &value))
		return -1;
	mark->mask = value;
	sec_set(mark, NFSEC_A_MARK_MASK);
	return 0;
}

int sec_limit_parse(struct sec_args *a, const char *word,
		    struct sec_limits *limits)
{
	static const struct {
		const char *name;
		unsigned int attr;
		size_t off;
	} kinds[] = {
#define KIND(n, a, m) \
	{ n, NFSEC_A_LIMITS_##a, offsetof(struct sec_limits, m) }
		KIND("time-soft", SOFT_ADD, soft_add),
		KIND("time-hard", HARD_ADD, hard_add),
		KIND("time-use-soft", SOFT_USE, soft_use),
		KIND("time-use-hard", HARD_USE, hard_use),
		KIND("byte-soft", SOFT_BYTES, soft_bytes),
		KIND("byte-hard", HARD_BYTES, hard_bytes),
		KIND("packet-soft", SOFT_PACKETS, soft_packets),
		KIND("packet-hard", HARD_PACKETS, hard_packets),
#undef KIND
	};
	const char *text = sec_value(a, word, "a LIMIT");
	char quoted[80];
	uint64_t value;
	size_t i;

	if (!text)
		return -1;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, text))
			continue;
		if (sec_has(limits, kinds[i].attr))
			return sec_fail(a->diag, "%s %s: given twice", word,
					text);
		if (sec_u64(a, kinds[i].name, &value))
			return -1;
		memcpy((char *)limits + kinds[i].off, &value, sizeof(value));
		sec_set(limits, kinds[i].attr);
		return 0;
	}
	return sec_fail(a->diag,
			"%s: %s is unknown, expected time-soft, time-hard, time-use-soft, time-use-hard, byte-soft, byte-hard, packet-soft or packet-hard",
			word, sec_quote(text, quoted, sizeof(quoted)));
}

int sec_ipsec_parse(struct sec_args *a, const char *word, uint8_t *proto)
{
	const char *text = sec_peek(a);

	if (text && !strcmp(text, "comp"))
		return sec_fail(a->diag, "%s: nfsec has no IP compression (comp)",
				word);
	if (text && (!strcmp(text, "route2") || !strcmp(text, "hao")))
		return sec_fail(a->diag, "%s: nfsec has no Mobile IPv6 (%s)",
				word, text);
	if (text && (!strcmp(text, "50") || !strcmp(text, "51"))) {
		*proto = atoi(text);
		a->i++;
		return 0;
	}
	return sec_enum(a, word, sec_ipsec_names, proto);
}

int sec_mode_parse(struct sec_args *a, const char *word, uint8_t *mode)
{
	static const char *const absent[] = { "ro", "in_trigger", "beet" };
	const char *text = sec_peek(a);
	size_t i;

	if (!text)
		return sec_enum(a, word, sec_mode_names, mode);
	for (i = 0; sec_mode_names[i].name; i++) {
		if (sec_abbrev(text, sec_mode_names[i].name)) {
			*mode = sec_mode_names[i].value;
			a->i++;
			return 0;
		}
	}
	for (i = 0; i < ARRAY_SIZE(absent); i++)
		if (sec_abbrev(text, absent[i]))
			return sec_fail(a->diag,
					"%s: nfsec has the modes transport and tunnel, not %s",
					word, absent[i]);
	return sec_enum(a, word, sec_mode_names, mode);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* No part of a key goes into a message. */
int sec_key_parse(struct sec_args *a, const char *word, struct sec_algo *algo)
{
	char *text = sec_value(a, word, "the key");
	size_t len, i, digits;

	if (!text)
		return -1;
	if (!strcmp(text, "<hidden>") || !strncmp(text, "<<Keys", 6))
		return sec_fail(a->diag,
				"%s: the key is hidden in this text; list or save with -k to have it shown",
				word);
	len = strlen(text);
	sec_set(algo, NFSEC_A_ALGO_KEY);
	if (strncmp(text, "0x", 2)) {
		if (len > sizeof(algo->key))
			return sec_fail(a->diag, "%s: the key is longer than %zu octets",
					word, sizeof(algo->key));
		memcpy(algo->key, text, len);
		algo->key_len = len;
		explicit_bzero(text, len);
		return 0;
	}
	digits = len - 2;
	if ((digits + 1) / 2 > sizeof(algo->key))
		return sec_fail(a->diag, "%s: the key is longer than %zu octets",
				word, sizeof(algo->key));
	/* An odd number of digits gets a zero in front, as in ip(8). */
	for (i = 0; i < digits; i++) {
		int nibble = hex_digit(text[2 + i]);
		size_t pos = i + digits % 2;

		if (nibble < 0)
			return sec_fail(a->diag,
					"%s: character %zu of the key is not a hexadecimal digit",
					word, i + 3);
		algo->key[pos / 2] |= pos % 2 ? nibble : nibble << 4;
	}
	algo->key_len = (digits + 1) / 2;
	explicit_bzero(text, len);
	return 0;
}
