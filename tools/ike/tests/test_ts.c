// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selectors. Octets are written by hand from RFC 7296 3.13, or come
 * from messages.h.
 */
#include "../../tests/ktap.h"
#include "../codec.h"
#include "../ts.h"
#include "messages.h"

static char err[200], text[300];

static void strings(void)
{
	static const struct {
		const char *in, *out;	/* NULL: the same; "": refused */
	} t[] = {
		{ "10.0.0.0/8[tcp/80-90]", NULL },
		{ "10.1.2.3/8", "10.0.0.0/8" },
		{ "10.0.0.1", "10.0.0.1/32" },
		{ "10.0.0.3-10.0.0.17", NULL },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "0.0.0.0/0", NULL },
		{ "2001:db8::/32[udp]", NULL },
		{ "2001:db8::1-2001:db8::5[17/53]", "2001:db8::1-2001:db8::5[udp/53]" },
		{ "::/0", NULL },
		{ "dynamic", NULL },
		{ "dynamic[udp/1701]", NULL },
		{ "[udp/1701]", "dynamic[udp/1701]" },
		{ "10.0.0.1/32[tcp/opaque]", NULL },
		{ "10.0.0.1/32[any/opaque]", NULL },
		{ "10.0.0.1/32[tcp/any]", "10.0.0.1/32[tcp]" },
		{ "10.0.0.1/32[icmp/8]", NULL },
		{ "10.0.0.1/32[icmp/2048]", NULL },
		{ "10.0.0.1/32[icmp/3-5]", NULL },
		{ "10.0.0.1/32[icmp/0(0)-0(3)]", NULL },
		{ "10.0.0.1/32[icmp/3(4)]", "10.0.0.1/32[icmp/772]" },
		{ "10.0.0.1/32[icmp/0(256)]", "" }, { "10.0.0.1/32[icmp/0(1]", "" },
		{ "2001:db8::1/128[ipv6-icmp/128]", NULL },
		{ "10.0.0.1/32[132/5000]", NULL },
		{ "10.0.0.0/33", "" }, { "10.0.0.9-10.0.0.1", "" }, { "10.0.0.1-::1", "" },
		{ "10.0.0.0/8[tcp/90-80]", "" }, { "10.0.0.0/8[tcp", "" },
		{ "10.0.0.0/8[tcp]x", "" }, { "10.0.0.0/8[256]", "" }, { "", "" },
		{ "10.0.0.0/8[tcp/65536]", "" }, { "ten", "" }, { "10.0.0.0/", "" },
		{ "10.0.0.0/8[notaproto]", "" },
	};
	struct ike_ts ts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		const char *want = t[i].out ? t[i].out : t[i].in;
		bool ok = !ike_ts_read(t[i].in, &ts, err, sizeof(err));

		snprintf(text, sizeof(text), "%s", err);
		if (ok)
			ike_ts_print(&ts, text, sizeof(text));
		ktap_ok(*want ? ok && !strcmp(text, want) : !ok && *text, text,
			"ts string \"%s\"", t[i].in);
	}
}

static struct ike_ts rd(const char *s)
{
	struct ike_ts t;

	if (ike_ts_read(s, &t, err, sizeof(err)))
		ktap_ok(false, err, "cannot read %s", s);
	return t;
}

static void wire(void)
{
	static const struct {
		const char *name, *hex;
		unsigned int count;
		int n;			/* -1: malformed */
		const char *want;
	} t[] = {
		{ "one IPv4", "07060010 0050 005a 0a000000 0affffff", 1, 1,
		  "10.0.0.0/8[tcp/80-90]" },
		{ "OPAQUE", "07060010 ffff 0000 0a000001 0a000001", 1, 1,
		  "10.0.0.1/32[tcp/opaque]" },
		{ "IKE2-TS-6 a range stays one", "07000010 0000 ffff 0a000003 0a000011", 1, 1,
		  "10.0.0.3-10.0.0.17" },
		{ "IKE2-TS-8 ICMP type 8", "07010010 0800 08ff 0a000001 0a000001", 1, 1,
		  "10.0.0.1/32[icmp/8]" },
		{ "IKE2-TS-5 unknown type is passed over",
		  "09000008 01020304 07000010 0000 ffff 0a000001 0a000001", 2, 1, "10.0.0.1/32" },
		{ "IKE2-TS-5 nothing else left", "09000008 01020304", 1, 0, "" },
		{ "IKE2-TS-5 start address above end", "07000010 0000 ffff 0a000002 0a000001", 1, 0,
		  "" },
		{ "IKE2-TS-5 start port above end", "07060010 0051 0050 0a000001 0a000001", 1, 0,
		  "" },
		{ "IKE2-TS-5 IPv4 of 40 octets", "07000028 0000 ffff"
		  "00000000000000000000000000000000 00000000000000000000000000000000", 1, -1, "" },
		{ "IKE2-TS-5 IPv6 of 16 octets", "08000010 0000 ffff 0a000001 0a000001", 1, -1,
		  "" },
		{ "ATK-08 selector length 0", "09000000 07000010", 2, -1, "" },
		{ "ATK-08 selector longer than payload", "07000010 0000 ffff 0a000001 0a0000", 1,
		  -1, "" },
		{ "count above the selectors", "07000010 0000 ffff 0a000001 0a000001", 2, -1, "" },
		{ "count below the selectors", "07000010 0000 ffff 0a000001 0a000001", 0, -1, "" },
		{ "no selector at all", "", 0, -1, "" },
		{ "ATK-21 255 selectors", "07000010 0000 ffff 0a000001 0a000001", 255, -1, "" },
	};
	struct ike_ts ts[4];
	enum ike_reason why;
	unsigned int i;
	int n;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		n = ike_ts_list_parse(hex(t[i].hex), t[i].count, ts, 4, &why);
		ike_ts_list_print(ts, n > 0 ? (unsigned int)n : 0, text, sizeof(text));
		ktap_ok(n == t[i].n && !strcmp(text, t[i].want) && (n < 0) == (why != IKE_R_OK),
			text, "ts octets: %s", t[i].name);
	}
}

static void build(void)
{
	/* The TSi of messages.h, without the next payload. */
	static const char want[] = "00000040 02000000 07060010 0050005a 0a000000 0affffff"
		"08000028 0000ffff 20010db8000000000000000000000000"
		"20010db800000000000000000000ffff";
	struct ike_ts ts[2] = { rd("10.0.0.0/8[tcp/80-90]"), rd("2001:db8::/112") };
	struct ike_buf w = hex(want);
	uint8_t buf[100];
	struct ike_out o;
	size_t n;

	ike_out_chain(&o, buf, sizeof(buf));
	ike_out_ts(&o, IKE_P_TSI, ts, 2);
	n = ike_out_finish(&o);
	ktap_ok(n == w.n && !memcmp(buf, w.p, n) && o.first == IKE_P_TSI, NULL,
		"ts octets: written as scapy writes them");
	ts[1] = rd("dynamic");
	ike_out_chain(&o, buf, sizeof(buf));
	ike_out_ts(&o, IKE_P_TSI, ts, 2);
	ktap_ok(!ike_out_finish(&o), NULL, "ts octets: a dynamic one is not written");
	ike_ts_resolve(&ts[1], "\xc0\x00\x02\x01", 4);
	ktap_ok(!strcmp(ike_ts_print(&ts[1], text, sizeof(text)), "192.0.2.1/32"), text,
		"ts: dynamic takes an address");
	ike_ts_resolve(&ts[0], "\xc0\x00\x02\x01", 4);
	ktap_ok(!strcmp(ike_ts_print(&ts[0], text, sizeof(text)), "10.0.0.0/8[tcp/80-90]"), text,
		"ts: one that is not dynamic keeps its address");
}

/* Blank-separated list. */
static unsigned int list(const char *s, struct ike_ts *out)
{
	char buf[300], *w, *save = NULL;
	unsigned int n = 0;

	snprintf(buf, sizeof(buf), "%s", s);
	for (w = strtok_r(buf, " ", &save); w; w = strtok_r(NULL, " ", &save))
		out[n++] = rd(w);
	return n;
}

static void narrow(void)
{
	static const struct {
		const char *id, *offer, *policy, *want;
		unsigned int flags;
	} t[] = {
		{ "TS-1 offer larger", "10.0.0.0/16", "10.0.1.0/24", "10.0.1.0/24",
		  IKE_NARROW_SMALLER },
		{ "TS-1 policy larger", "10.0.1.0/24", "10.0.0.0/16", "10.0.1.0/24",
		  IKE_NARROW_FIRST },
		{ "TS-1 nothing in common", "10.0.0.0/16", "10.1.0.0/16", "", IKE_NARROW_SMALLER },
		{ "TS-1 families differ", "::/0", "0.0.0.0/0", "", IKE_NARROW_SMALLER },
		{ "TS-1 packet first, inside of the range", "10.0.0.5[tcp/80] 0.0.0.0/0",
		  "10.0.0.0/24 10.9.0.0/24", "10.0.0.0/24 10.9.0.0/24",
		  IKE_NARROW_SMALLER | IKE_NARROW_FIRST },
		{ "TS-1 packet first, not allowed", "10.5.0.5[tcp/80] 0.0.0.0/0", "10.0.0.0/24",
		  "10.0.0.0/24", IKE_NARROW_SMALLER },
		{ "TS-1 ports and protocol", "10.0.0.0/8[tcp]",
		  "10.0.0.0/8[tcp/80] 10.0.0.0/8[udp]",
		  "10.0.0.0/8[tcp/80]", IKE_NARROW_SMALLER },
		{ "TS-1 port ranges that overlap", "10.0.0.0/8[tcp/80-100]",
		  "10.0.0.0/8[tcp/90-200]",
		  "10.0.0.0/8[tcp/90-100]", IKE_NARROW_SMALLER },
		{ "TS-6 ranges that overlap", "10.0.0.3-10.0.0.17", "10.0.0.10-10.0.0.30",
		  "10.0.0.10-10.0.0.17", IKE_NARROW_SMALLER },
		{ "TS-1 OPAQUE in any", "10.0.0.1[tcp/opaque]", "10.0.0.0/8",
		  "10.0.0.1/32[tcp/opaque]",
		  IKE_NARROW_FIRST },
		{ "TS-1 OPAQUE not in a range", "10.0.0.1[tcp/opaque]", "10.0.0.0/8[tcp/1-65534]",
		  "",
		  IKE_NARROW_SMALLER },
		{ "TS-4 both families", "0.0.0.0/0 ::/0", "10.0.0.0/8 2001:db8::/32",
		  "10.0.0.0/8 2001:db8::/32", IKE_NARROW_SMALLER },
		{ "TS-4 more than there is room for", "0.0.0.0/0",
		  "10.0.0.0/24 10.0.2.0/24 10.0.4.0/24 10.0.6.0/24 10.0.8.0/24",
		  "10.0.0.0/24 10.0.2.0/24 10.0.4.0/24 10.0.6.0/24",
		  IKE_NARROW_SMALLER | IKE_NARROW_CUT },
	};
	struct ike_ts a[8], b[8], out[4];
	unsigned int i, n, flags;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		n = ike_ts_narrow(a, list(t[i].offer, a), b, list(t[i].policy, b), out, 4, &flags);
		ike_ts_list_print(out, n, text, sizeof(text));
		ktap_ok(!strcmp(text, t[i].want) && flags == t[i].flags, text, "IKE2-%s", t[i].id);
	}
	n = list("10.0.0.0/8 2001:db8::/32", a);
	ktap_ok(ike_ts_list_covers(a, n, b, list("10.1.0.0/16[tcp/22]", b)), NULL,
		"IKE2-TS-2 an answer inside of the offer");
	ktap_ok(!ike_ts_list_covers(a, n, b, list("10.1.0.0/16 0.0.0.0/0", b)), NULL,
		"IKE2-TS-2 ATK-21 an answer that widens");
	ktap_ok(!ike_ts_list_covers(a, n, b, 0), NULL, "IKE2-TS-2 an empty answer");
}

int main(void)
{
	ktap_begin();
	strings();
	wire();
	build();
	narrow();
	return ktap_end();
}
