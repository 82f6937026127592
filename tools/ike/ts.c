// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selectors (RFC 7296 2.9 and 3.13).
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"
#include "ts.h"

__attribute__((format(printf, 3, 4)))
static int complain(char *err, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, len, fmt, ap);
	va_end(ap);
	return -1;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* Address text to octets: the type of selector, or 0. */
static uint8_t read_addr(const char *s, uint8_t *a)
{
	if (inet_pton(AF_INET, s, a) == 1)
		return IKE_TS_IPV4;
	return inet_pton(AF_INET6, s, a) == 1 ? IKE_TS_IPV6 : 0;
}

/* A decimal number up to @max that is all of @s; -1 if it is not. */
static long read_number(const char *s, long max)
{
	char *end;
	long v;

	if (*s < '0' || *s > '9')
		return -1;
	v = strtol(s, &end, 10);
	return *end || v > max ? -1 : v;
}

static int read_range(char *s, struct ike_ts *t, char *err, size_t len)
{
	char *dash = strchr(s, '-'), *slash = strchr(s, '/');
	size_t i, bits;
	long prefix;

	if (dash)
		*dash++ = '\0';
	else if (slash)
		*slash++ = '\0';
	t->type = read_addr(s, t->lo);
	if (!t->type)
		return complain(err, len, "\"%s\" is no address", s);
	memcpy(t->hi, t->lo, 16);
	if (dash) {
		if (read_addr(dash, t->hi) != t->type)
			return complain(err, len, "\"%s\" is no address of that family", dash);
		if (memcmp(t->lo, t->hi, ike_ts_alen(t)) > 0)
			return complain(err, len, "the range ends before it begins");
		return 0;
	}
	if (!slash)
		return 0;
	bits = ike_ts_alen(t) * 8;
	prefix = read_number(slash, (long)bits);
	if (prefix < 0)
		return complain(err, len, "\"%s\" is no prefix length", slash);
	for (i = (size_t)prefix; i < bits; i++) {
		t->lo[i / 8] &= (uint8_t)~(0x80 >> i % 8);
		t->hi[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	return 0;
}

static int read_proto(const char *s, struct ike_ts *t)
{
	const struct protoent *pe;
	long n = read_number(s, 255);

	if (n < 0 && !strcmp(s, "any"))
		n = 0;
	/* Also where there is no /etc/protocols. */
	if (n < 0 && !strcmp(s, "tcp"))
		n = IPPROTO_TCP;
	if (n < 0 && !strcmp(s, "udp"))
		n = IPPROTO_UDP;
	if (n < 0 && !strcmp(s, "icmp"))
		n = IPPROTO_ICMP;
	if (n < 0 && (!strcmp(s, "ipv6-icmp") || !strcmp(s, "icmpv6")))
		n = IPPROTO_ICMPV6;
	if (n < 0) {
		pe = getprotobyname(s);
		if (!pe)
			return -1;
		n = pe->p_proto;
	}
	t->proto = (uint8_t)n;
	return 0;
}

/* ICMP's "type(code)" as one number. */
static long read_type_code(const char *s)
{
	unsigned int type, code;
	int end = 0;

	if (*s < '0' || *s > '9' || strlen(s) > 8 ||
	    sscanf(s, "%u(%u)%n", &type, &code, &end) != 2 || !end || s[end] ||
	    type > 255 || code > 255)
		return -1;
	return (long)(type << 8 | code);
}

static long read_port(const char *s)
{
	const struct servent *se;
	long n = read_number(s, 65535);

	if (n >= 0)
		return n;
	se = getservbyname(s, NULL);
	return se ? ntohs((uint16_t)se->s_port) : -1;
}

static int read_ports(char *s, struct ike_ts *t, char *err, size_t len)
{
	char *dash = strchr(s, '-');
	bool codes = is_icmp(t->proto) && strchr(s, '(');
	long lo, hi;

	if (!strcmp(s, "any"))
		return 0;
	if (!strcmp(s, "opaque")) {
		t->port_lo = 65535;
		t->port_hi = 0;
		return 0;
	}
	/* Names of services have dashes, ranges are numbers. */
	lo = codes ? read_type_code(s) : read_port(s);
	hi = lo;
	if (lo < 0 && dash) {
		*dash++ = '\0';
		lo = codes ? read_type_code(s) : read_number(s, 65535);
		hi = codes ? read_type_code(dash) : read_number(dash, 65535);
	}
	if (lo < 0 || hi < lo)
		return complain(err, len, "\"%s\" is no port or range of ports", s);
	if (is_icmp(t->proto) && hi < 256 && !codes) {
		lo <<= 8;
		hi = hi << 8 | 255;
	}
	t->port_lo = (uint16_t)lo;
	t->port_hi = (uint16_t)hi;
	return 0;
}

int ike_ts_read(const char *text, struct ike_ts *t, char *err, size_t errlen)
{
	char buf[160], *bracket, *end, *slash;

	memset(t, 0, sizeof(*t));
	t->port_hi = 65535;
	if (strlen(text) >= sizeof(buf))
		return complain(err, errlen, "too long for a traffic selector");
	strcpy(buf, text);
	bracket = strchr(buf, '[');
	if (bracket) {
		*bracket++ = '\0';
		end = strchr(bracket, ']');
		if (!end || end[1])
			return complain(err, errlen, "\"[\" without \"]\" at the end");
		*end = '\0';
		slash = strchr(bracket, '/');
		if (slash)
			*slash++ = '\0';
		if (read_proto(bracket, t))
			return complain(err, errlen, "\"%s\" is no protocol", bracket);
		if (slash && read_ports(slash, t, err, errlen))
			return -1;
	}
	if (!strcmp(buf, "dynamic") || (!*buf && bracket)) {
		t->dynamic = true;
		return 0;
	}
	return read_range(buf, t, err, errlen);
}

/* The prefix length if the range is a prefix, else -1. */
static int prefix_of(const struct ike_ts *t)
{
	size_t i, bits = ike_ts_alen(t) * 8, n;

#define BIT(a, k) ((a)[(k) / 8] >> (7 - (k) % 8) & 1)
	for (n = 0; n < bits && BIT(t->lo, n) == BIT(t->hi, n); n++)
		;
	for (i = n; i < bits; i++)
		if (BIT(t->lo, i) || !BIT(t->hi, i))
			return -1;
#undef BIT
	return (int)n;
}

static void print_ports(const struct ike_ts *t, char *buf, size_t len)
{
	bool types = is_icmp(t->proto) && !(t->port_lo & 255) && (t->port_hi & 255) == 255;
	unsigned int lo = types ? t->port_lo >> 8 : t->port_lo;
	unsigned int hi = types ? t->port_hi >> 8 : t->port_hi;

	if (t->port_lo == 0 && t->port_hi == 65535)
		*buf = '\0';
	else if (ike_ts_opaque(t))
		snprintf(buf, len, "/opaque");
	else if (is_icmp(t->proto) && !types && hi < 256)	/* a number here would be a type */
		snprintf(buf, len, "/0(%u)-0(%u)", lo, hi);
	else if (lo == hi)
		snprintf(buf, len, "/%u", lo);
	else
		snprintf(buf, len, "/%u-%u", lo, hi);
}

char *ike_ts_print(const struct ike_ts *t, char *buf, size_t len)
{
	char lo[INET6_ADDRSTRLEN] = "dynamic", hi[INET6_ADDRSTRLEN + 1] = "";
	int af = t->type == IKE_TS_IPV6 ? AF_INET6 : AF_INET, prefix;
	char ports[24], proto[40] = "";
	const char *name;

	if (t->type) {
		inet_ntop(af, t->lo, lo, sizeof(lo));
		prefix = prefix_of(t);
		if (prefix >= 0) {
			snprintf(hi, sizeof(hi), "/%d", prefix);
		} else {
			hi[0] = '-';
			inet_ntop(af, t->hi, hi + 1, sizeof(hi) - 1);
		}
	}
	print_ports(t, ports, sizeof(ports));
	if (t->proto || *ports) {
		name = t->proto == IPPROTO_TCP ? "tcp" : t->proto == IPPROTO_UDP ? "udp" :
			t->proto == IPPROTO_ICMP ? "icmp" : !t->proto ? "any" :
			t->proto == IPPROTO_ICMPV6 ? "ipv6-icmp" : NULL;
		if (name)
			snprintf(proto, sizeof(proto), "[%s%s]", name, ports);
		else
			snprintf(proto, sizeof(proto), "[%u%s]", t->proto, ports);
	}
	snprintf(buf, len, "%s%s%s", lo, hi, proto);
	return buf;
}

char *ike_ts_list_print(const struct ike_ts *t, unsigned int n, char *buf, size_t len)
{
	unsigned int i;
	size_t at = 0;

	if (len)
		*buf = '\0';
	for (i = 0; i < n && at + 1 < len; i++) {
		if (i)
			buf[at++] = ' ';
		ike_ts_print(&t[i], buf + at, len - at);
		at += strlen(buf + at);
	}
	return buf;
}

void ike_ts_resolve(struct ike_ts *t, const void *addr, size_t alen)
{
	if (!t->dynamic || (alen != 4 && alen != 16))
		return;
	t->type = alen == 4 ? IKE_TS_IPV4 : IKE_TS_IPV6;
	memcpy(t->lo, addr, alen);
	memcpy(t->hi, addr, alen);
}

/* One selector that is as long as it says; false if it is not to be used. */
static bool parse_one(const uint8_t *p, size_t alen, struct ike_ts *t)
{
	memset(t, 0, sizeof(*t));
	t->type = p[0];
	t->proto = p[1];
	t->port_lo = ike_get16(p + 4);
	t->port_hi = ike_get16(p + 6);
	memcpy(t->lo, p + 8, alen);
	memcpy(t->hi, p + 8 + alen, alen);
	if (memcmp(t->lo, t->hi, alen) > 0)
		return false;
	return t->port_lo <= t->port_hi || ike_ts_opaque(t);
}

int ike_ts_list_parse(struct ike_buf b, unsigned int count, struct ike_ts *out,
		      unsigned int max, enum ike_reason *why)
{
	unsigned int n = 0, seen;
	struct ike_ts t;
	size_t len, alen;

	*why = IKE_R_OK;
	if (count > IKE_MAX_TS) {
		*why = IKE_R_SELECTORS;
		return -1;
	}
	for (seen = 0; b.n; seen++) {
		*why = IKE_R_BODY_LENGTH;
		if (b.n < 4 || seen == count)
			return -1;
		len = ike_get16(b.p + 2);
		alen = b.p[0] == IKE_TS_IPV4 ? 4 : b.p[0] == IKE_TS_IPV6 ? 16 : 0;
		if (len < 4 || len > b.n || (alen && len != 8 + 2 * alen))
			return -1;
		if (alen && parse_one(b.p, alen, &t)) {
			if (out && n < max)
				out[n] = t;
			n++;
		}
		b = ike_skip(b, len);
	}
	*why = seen && seen == count ? IKE_R_OK : IKE_R_BODY_LENGTH;
	if (*why)
		return -1;
	return (int)(out && n > max ? max : n);
}

void ike_out_ts(struct ike_out *o, uint8_t payload, const struct ike_ts *t, unsigned int n)
{
	unsigned int i;

	ike_out_begin(o, payload);
	ike_out_u32(o, n << 24);
	if (!n || n > IKE_MAX_TS)
		o->failed = true;
	for (i = 0; i < n && !o->failed; i++) {
		size_t alen = ike_ts_alen(&t[i]);

		if (!t[i].type)
			o->failed = true;
		ike_out_u8(o, t[i].type);
		ike_out_u8(o, t[i].proto);
		ike_out_u16(o, (uint16_t)(8 + 2 * alen));
		ike_out_u16(o, t[i].port_lo);
		ike_out_u16(o, t[i].port_hi);
		ike_out_octets(o, t[i].lo, alen);
		ike_out_octets(o, t[i].hi, alen);
	}
	ike_out_end(o);
}
