// SPDX-License-Identifier: GPL-2.0
/*
 * module/flow.c: what is read from packets, whole, cut and hostile, and which
 * selectors match it.
 */
#include "shim.h"

/**
 * struct packet - a packet being made, and where its pieces are
 * @data: octets
 * @len: how many
 */
struct packet {
	u8 data[2048];
	u32 len;
};

static void put(struct packet *p, const void *data, u32 len)
{
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

#define PUT(p, ...)							\
	do {								\
		const u8 _b[] = { __VA_ARGS__ };			\
		put(p, _b, sizeof(_b));					\
	} while (0)

/* 10.0.0.1 -> 10.0.0.2 */
static void ip4(struct packet *p, u8 proto, u16 frag)
{
	p->len = 0;
	PUT(p, 0x45, 0, 0, 0, 0, 0, frag >> 8, frag, 64, proto, 0, 0,
	    10, 0, 0, 1, 10, 0, 0, 2);
}

/* fd00::1 -> fd00::2 */
static void ip6(struct packet *p, u8 nexthdr)
{
	p->len = 0;
	PUT(p, 0x60, 0, 0, 0, 0, 0, nexthdr, 64,
	    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);
}

/* Hop-by-hop, routing or destination options of @len * 8 + 8 octets */
static void ext(struct packet *p, u8 nexthdr, u8 len)
{
	u8 b[2048] = { nexthdr, len };

	put(p, b, len * 8 + 8);
}

static void frag6(struct packet *p, u8 nexthdr, u16 off)
{
	PUT(p, nexthdr, 0, off >> 8, off, 1, 2, 3, 4);
}

/* As an skb whose first @headlen octets are in the head; memory ends with it */
static int parse(const struct packet *p, u32 headlen, u8 family,
		 struct nfsec_flow *fl)
{
	u8 *data = malloc(p->len ? p->len : 1);
	struct sk_buff skb = {
		.data = data,
		.len = p->len,
		.headlen = min(headlen, p->len),
		.mark = 7,
	};
	int err;

	memcpy(data, p->data, p->len);
	err = nfsec_flow_from_skb(&skb, family, 3, fl);
	free(data);
	return err;
}

/* The same however the skb is cut up */
static int parse_all(const struct packet *p, u8 family, struct nfsec_flow *fl)
{
	struct nfsec_flow other;
	u32 headlen;
	int err = parse(p, p->len, family, fl);

	for (headlen = 0; headlen < p->len; headlen += 3) {
		int e = parse(p, headlen, family, &other);

		assert(e == err);
		assert(err || !memcmp(fl, &other, sizeof(other)));
	}
	return err;
}

struct want {
	u8 proto;
	u16 sport;
	u16 dport;
	u8 flags;
	u16 l4off;
};

static bool is(const struct packet *p, u8 family, struct want w)
{
	struct nfsec_flow fl;
	int err = parse_all(p, family, &fl);
	bool ok;

	if (!expect(!err, "error %d", err))
		return false;
	ok = expect(fl.proto == w.proto, "protocol %u", fl.proto);
	ok &= expect(fl.sport == w.sport && fl.dport == w.dport,
		     "ports %u %u", fl.sport, fl.dport);
	ok &= expect(fl.flags == w.flags, "flags %x", fl.flags);
	ok &= expect(fl.l4off == w.l4off, "offset %u", fl.l4off);
	ok &= expect(fl.mark == 7 && fl.ifindex == 3 && fl.family == family &&
		     !fl.pad, "rest");
	if (family == AF_INET)
		ok &= expect(ntohl(fl.saddr.a4) == 0x0a000001 &&
			     ntohl(fl.daddr.a4) == 0x0a000002 &&
			     !fl.saddr.a6[1] && !fl.saddr.a6[3], "addresses");
	else
		ok &= expect(fl.saddr.in6.s6_addr[15] == 1 &&
			     fl.daddr.in6.s6_addr[15] == 2, "addresses");
	return ok;
}

#define IS(p, family, ...)	is(p, family, (struct want) { __VA_ARGS__ })

static void test_protocols(void)
{
	static const u8 two_ports[] = { 6, 17, 33, 132, 136 };
	static const u8 none[] = { 4, 41, 50, 51, 58 + 100, 255 };
	struct packet p;
	bool ok = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(two_ports); i++) {
		ip4(&p, two_ports[i], 0);
		PUT(&p, 0x12, 0x34, 0x56, 0x78);
		ok &= IS(&p, AF_INET, two_ports[i], 0x1234, 0x5678, 0, 20);
		ip6(&p, two_ports[i]);
		PUT(&p, 0x12, 0x34, 0x56, 0x78);
		ok &= IS(&p, AF_INET6, two_ports[i], 0x1234, 0x5678, 0, 40);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		ip4(&p, none[i], 0);
		PUT(&p, 0x12, 0x34, 0x56, 0x78);
		ok &= IS(&p, AF_INET, none[i], 0, 0, 0, 20);
	}
	test(ok, "SEL-5 ports of TCP, UDP, DCCP, SCTP, UDP-Lite, of no other");

	ip4(&p, 1, 0);
	PUT(&p, 3, 4);
	ok = IS(&p, AF_INET, 1, 0x304, 0, 0, 20);
	ip6(&p, 58);
	PUT(&p, 128, 1);
	ok &= IS(&p, AF_INET6, 58, 128 * 256 + 1, 0, 0, 40);
	test(ok, "SEL-6 ICMP type and code");

	ip6(&p, 135);
	PUT(&p, 59, 0, 5, 0);
	test(IS(&p, AF_INET6, 135, 5 * 256, 0, 0, 40),
	     "SEL-8 type of a mobility header");

	ip4(&p, 47, 0);
	PUT(&p, 0x20, 0, 8, 0, 0xde, 0xad, 0xbe, 0xef);
	ok = IS(&p, AF_INET, 47, 0xdead, 0xbeef, 0, 20);
	ip4(&p, 47, 0);
	PUT(&p, 0xa0, 0, 8, 0, 1, 2, 3, 4, 0xde, 0xad, 0xbe, 0xef);
	ok &= IS(&p, AF_INET, 47, 0xdead, 0xbeef, 0, 20);
	ip4(&p, 47, 0);
	PUT(&p, 0, 0, 8, 0, 0xde, 0xad, 0xbe, 0xef);
	ok &= IS(&p, AF_INET, 47, 0, 0, 0, 20);
	test(ok, "GRE key, behind a checksum, and none");

	ip4(&p, 6, 0);
	p.data[0] = 0x47;
	PUT(&p, 1, 1, 1, 1, 1, 1, 1, 1, 0, 80, 0, 81);
	test(IS(&p, AF_INET, 6, 80, 81, 0, 28), "ports behind IPv4 options");
}

static void test_extensions(void)
{
	struct packet p;
	bool ok;

	ip6(&p, 0);
	ext(&p, 60, 0);
	ext(&p, 43, 3);
	ext(&p, 60, 1);
	ext(&p, 6, 0);
	PUT(&p, 0, 22, 0, 23);
	ok = IS(&p, AF_INET6, 6, 22, 23, 0, 40 + 8 + 32 + 16 + 8);
	test(ok, "SEL-4 next layer behind hop-by-hop, destination, routing");

	ip6(&p, 60);
	ext(&p, 50, 0);
	PUT(&p, 0, 22, 0, 23, 0, 0, 0, 0);
	ok = IS(&p, AF_INET6, 50, 0, 0, 0, 48);
	ip6(&p, 51);
	PUT(&p, 6, 4, 0, 0, 0, 0, 0, 0);
	ok &= IS(&p, AF_INET6, 51, 0, 0, 0, 40);
	test(ok, "SEL-4 ESP and AH are protocols, not looked behind");

	ip6(&p, 59);
	test(IS(&p, AF_INET6, 59, 0, 0, 0, 40), "no next header");
}

static void test_fragments(void)
{
	struct packet p;
	bool ok;

	ip4(&p, 17, 0x2000);
	PUT(&p, 0, 53, 0, 54);
	ok = IS(&p, AF_INET, 17, 53, 54, NFSEC_FLOW_FIRST_FRAG, 20);
	ip4(&p, 17, 0x2001);
	PUT(&p, 0, 53, 0, 54);
	ok &= IS(&p, AF_INET, 17, 0, 0, NFSEC_FLOW_FRAG, 20);
	ip4(&p, 17, 0x0001);
	PUT(&p, 0, 53, 0, 54);
	ok &= IS(&p, AF_INET, 17, 0, 0, NFSEC_FLOW_FRAG, 20);
	ip4(&p, 17, 0x4000);
	PUT(&p, 0, 53, 0, 54);
	ok &= IS(&p, AF_INET, 17, 53, 54, 0, 20);
	test(ok, "SEL-12 IPv4 fragments: first, middle, last, none");

	ip6(&p, 44);
	frag6(&p, 17, 1);
	PUT(&p, 0, 53, 0, 54);
	ok = IS(&p, AF_INET6, 17, 53, 54, NFSEC_FLOW_FIRST_FRAG, 48);
	ip6(&p, 44);
	frag6(&p, 17, 8);
	PUT(&p, 0, 53, 0, 54);
	ok &= IS(&p, AF_INET6, 17, 0, 0, NFSEC_FLOW_FRAG, 48);
	ip6(&p, 44);
	frag6(&p, 17, 0);
	PUT(&p, 0, 53, 0, 54);
	ok &= IS(&p, AF_INET6, 17, 53, 54, 0, 48);
	ip6(&p, 44);
	frag6(&p, 60, 8);
	PUT(&p, 6, 0, 0, 0, 0, 0, 0, 0, 0, 22, 0, 22);
	ok &= IS(&p, AF_INET6, 60, 0, 0, NFSEC_FLOW_FRAG, 48);
	test(ok, "SEL-12 IPv6 fragments: first, later, atomic, later with options");

	ip6(&p, 44);
	frag6(&p, 0, 1);
	ext(&p, 60, 0);
	ext(&p, 17, 1);
	ok = IS(&p, AF_INET6, 17, 0, 0,
		NFSEC_FLOW_FIRST_FRAG | NFSEC_FLOW_FRAG, 48 + 8 + 16);
	p.len -= 8;
	ok &= IS(&p, AF_INET6, 17, 0, 0,
		 NFSEC_FLOW_FIRST_FRAG | NFSEC_FLOW_FRAG, 48 + 8 + 16);
	p.len = 48 + 8 + 1;
	ok &= IS(&p, AF_INET6, 60, 0, 0,
		 NFSEC_FLOW_FIRST_FRAG | NFSEC_FLOW_FRAG, 48 + 8);
	test(ok, "FRAG-8 first fragment that options fill is as a later one");
}

/* Cut at every length: an error, or ports unknown, but never wrong ports */
static void test_truncated(void)
{
	struct nfsec_flow fl;
	struct packet p;
	bool ok = true;
	u32 len;

	ip4(&p, 6, 0);
	PUT(&p, 0, 80, 0, 81, 0, 0, 0, 0);
	for (len = 0; len < p.len; len++) {
		struct packet q = p;
		int err;

		q.len = len;
		err = parse_all(&q, AF_INET, &fl);
		ok &= expect(len < 20 ? err == -EINVAL : !err, "length %u",
			     len);
		if (!err)
			ok &= expect(len < 24 ? fl.flags == NFSEC_FLOW_FRAG :
						fl.sport == 80, "length %u",
				     len);
	}
	ip6(&p, 0);
	ext(&p, 60, 0);
	ext(&p, 6, 1);
	PUT(&p, 0, 80, 0, 81);
	for (len = 0; len < p.len; len++) {
		struct packet q = p;
		int err;

		q.len = len;
		err = parse_all(&q, AF_INET6, &fl);
		ok &= expect(len < 64 ? err == -EINVAL :
			     !err && fl.flags == NFSEC_FLOW_FRAG,
			     "length %u: %d", len, err);
	}
	test(ok, "packets cut at every length");

	ip4(&p, 6, 0);
	PUT(&p, 0, 80, 0, 81);
	p.data[0] = 0x44;
	ok = expect(parse(&p, 99, AF_INET, &fl) == -EINVAL, "header length 4");
	p.data[0] = 0x4f;
	ok &= expect(parse(&p, 99, AF_INET, &fl) == -EINVAL,
		     "header longer than the packet");
	p.data[0] = 0x65;
	ok &= expect(parse(&p, 99, AF_INET, &fl) == -EINVAL, "version 6");
	ip6(&p, 6);
	p.data[0] = 0x40;
	ok &= expect(parse(&p, 99, AF_INET6, &fl) == -EINVAL, "version 4");
	ok &= expect(parse(&p, 99, AF_UNSPEC, &fl) == -EINVAL, "family 0");
	test(ok, "broken headers are refused");
}

static void test_random_packets(void)
{
	static const u8 next[] = { 0, 43, 44, 60, 6, 17, 58, 47, 135, 50 };
	struct nfsec_flow fl, quoted;
	struct packet p;
	u32 i, j;

	test_seed(42);
	for (i = 0; i < 200000; i++) {
		u8 family = i & 1 ? AF_INET6 : AF_INET;
		u8 *exact;

		p.len = below(200);
		for (j = 0; j < p.len; j++)
			p.data[j] = below(3) ? below(256) :
					       next[below(ARRAY_SIZE(next))];
		if (p.len)
			p.data[0] = family == AF_INET6 ? 0x60 :
							 0x45 + below(3);
		if (p.len > 40)
			p.data[family == AF_INET6 ? 6 : 9] =
				next[below(ARRAY_SIZE(next))];
		if (parse(&p, below(p.len + 1), family, &fl))
			continue;
		assert(fl.l4off <= p.len || fl.flags & NFSEC_FLOW_FRAG);
		exact = malloc(p.len);
		memcpy(exact, p.data, p.len);
		nfsec_flow_reverse_quoted(&(struct sk_buff) {
			.data = exact, .len = p.len, .headlen = below(p.len),
		}, &fl, &quoted);
		free(exact);
	}
	test(true, "random packets are read within their bounds");
}

static bool reverse(const struct packet *p, u8 family,
		    struct nfsec_flow *quoted)
{
	struct sk_buff skb = {
		.data = p->data,
		.len = p->len,
		.headlen = p->len / 2,
	};
	struct nfsec_flow fl;

	if (nfsec_flow_from_skb(&skb, family, 3, &fl))
		return false;
	return nfsec_flow_reverse_quoted(&skb, &fl, quoted);
}

/* An error of @type which says its quote has @words and quotes UDP 53 -> 54 */
static void icmp4(struct packet *p, u8 type, u8 words)
{
	struct packet in;

	ip4(&in, 17, 0);
	PUT(&in, 0, 53, 0, 54, 0, 0, 0, 0);
	ip4(p, 1, 0);
	PUT(p, type, 0, 0, 0, 0, words, 0, 0);
	put(p, in.data, in.len);
}

static void test_quoted(void)
{
	static const u8 errors[] = { 3, 4, 5, 11, 12 };
	struct nfsec_flow q;
	struct packet p, in;
	bool ok = true;
	u32 type;

	for (type = 0; type < 256; type++) {
		icmp4(&p, type, 0);
		ok &= expect(reverse(&p, AF_INET, &q) ==
			     !!memchr(errors, type, sizeof(errors)),
			     "type %u", type);
	}
	icmp4(&p, 3, 0);
	ok &= expect(reverse(&p, AF_INET, &q) && q.sport == 54 &&
		     q.dport == 53 && ntohl(q.saddr.a4) == 0x0a000002 &&
		     ntohl(q.daddr.a4) == 0x0a000001 && q.proto == 17 &&
		     q.ifindex == 3, "ports %u %u", q.sport, q.dport);
	test(ok, "ICMP-4 reverse of what an IPv4 error quotes");

	ip6(&in, 0);
	ext(&in, 6, 0);
	PUT(&in, 0, 53, 0, 54);
	ip6(&p, 58);
	PUT(&p, 2, 0, 0, 0, 0, 0, 5, 0);
	put(&p, in.data, in.len);
	ok = expect(reverse(&p, AF_INET6, &q) && q.proto == 6 &&
		    q.sport == 54 && q.dport == 53 &&
		    q.saddr.in6.s6_addr[15] == 2, "ports %u %u", q.sport,
		    q.dport);
	p.data[40] = 128;
	ok &= expect(!reverse(&p, AF_INET6, &q), "echo request");
	p.data[40] = 0;
	ok &= expect(!reverse(&p, AF_INET6, &q), "type 0");
	test(ok, "ICMP-4 reverse of what an IPv6 error quotes");

	/* The quote ends in the IP header's last octet; what follows would
	 * give the ports 53 and 54.
	 */
	icmp4(&p, 3, 5);
	ok = expect(reverse(&p, AF_INET, &q) && q.flags & NFSEC_FLOW_FRAG &&
		    !q.sport, "flags %x", q.flags);
	icmp4(&p, 3, 6);
	ok &= expect(reverse(&p, AF_INET, &q) && q.sport == 54, "6 words");
	icmp4(&p, 3, 200);
	ok &= expect(reverse(&p, AF_INET, &q) && q.sport == 54, "200 words");
	icmp4(&p, 5, 5);
	ok &= expect(reverse(&p, AF_INET, &q) && q.sport == 54,
		     "a redirect has an address there");
	test(ok, "ICMP-11 objects behind the quote are not its ports");

	icmp4(&p, 3, 0);
	p.len = 28 + 19;
	ok = expect(!reverse(&p, AF_INET, &q), "no whole header quoted");
	p.len = 28 + 22;
	ok &= expect(reverse(&p, AF_INET, &q) && q.flags == NFSEC_FLOW_FRAG,
		     "flags %x", q.flags);
	icmp4(&p, 3, 0);
	p.data[6] = 0x20;
	p.data[7] = 1;
	ok &= expect(!reverse(&p, AF_INET, &q), "a later fragment");
	test(ok, "ICMP-10 short quotes");
}

static void sel4(struct nfsec_selector *sel, u32 dmin, u32 dmax)
{
	nfsec_selector_any(sel, AF_INET);
	addr4(&sel->daddr_min, dmin);
	addr4(&sel->daddr_max, dmax);
	sel->dplen = NFSEC_PLEN_RANGE;
}

static struct nfsec_flow flow4(u32 daddr, u8 proto, u16 sport, u16 dport)
{
	struct nfsec_flow fl = {
		.family = AF_INET,
		.proto = proto,
		.sport = sport,
		.dport = dport,
	};

	addr4(&fl.saddr, 0x0a000001);
	addr4(&fl.daddr, daddr);
	return fl;
}

static bool match(const struct nfsec_selector *sel, struct nfsec_flow fl)
{
	return nfsec_flow_match(sel, &fl);
}

static void test_match(void)
{
	struct nfsec_selector s;
	struct nfsec_flow fl;
	bool ok;

	sel4(&s, 0xc0000203, 0xc000020a);
	ok = expect(!match(&s, flow4(0xc0000202, 6, 1, 1)), ".2");
	ok &= expect(match(&s, flow4(0xc0000203, 6, 1, 1)), ".3");
	ok &= expect(match(&s, flow4(0xc000020a, 6, 1, 1)), ".10");
	ok &= expect(!match(&s, flow4(0xc000020b, 6, 1, 1)), ".11");
	test(ok, "SEL-1 ends of a range of addresses");

	nfsec_selector_any(&s, AF_INET6);
	s.saddr_min.in6.s6_addr[15] = 5;
	memset(&s.saddr_max, 0, sizeof(s.saddr_max));
	s.saddr_max.in6.s6_addr[0] = 1;
	memset(&fl, 0, sizeof(fl));
	fl.family = AF_INET6;
	fl.saddr.in6.s6_addr[15] = 4;
	ok = expect(!nfsec_flow_match(&s, &fl), "::4");
	fl.saddr.in6.s6_addr[15] = 5;
	ok &= expect(nfsec_flow_match(&s, &fl), "::5");
	memset(&fl.saddr, 0xff, 16);
	fl.saddr.in6.s6_addr[0] = 0;
	ok &= expect(nfsec_flow_match(&s, &fl), "ff:ffff:...");
	memset(&fl.saddr, 0, 16);
	fl.saddr.in6.s6_addr[0] = 1;
	ok &= expect(nfsec_flow_match(&s, &fl), "100::");
	fl.saddr.in6.s6_addr[15] = 1;
	ok &= expect(!nfsec_flow_match(&s, &fl), "100::1");
	test(ok, "SEL-1 ends of a range of IPv6 addresses");

	nfsec_selector_any(&s, AF_INET);
	s.proto = 1;
	s.sport_min = 0x300;
	s.sport_max = 0x304;
	ok = expect(match(&s, flow4(1, 1, 0x300, 0)), "3/0");
	ok &= expect(match(&s, flow4(1, 1, 0x304, 0)), "3/4");
	ok &= expect(!match(&s, flow4(1, 1, 0x305, 0)), "3/5");
	ok &= expect(!match(&s, flow4(1, 1, 0x400, 0)), "4/0");
	ok &= expect(!match(&s, flow4(1, 6, 0x300, 0)), "TCP");
	test(ok, "SEL-6 ends of a range of ICMP types and codes");

	nfsec_selector_any(&s, AF_INET);
	s.proto = 17;
	fl = flow4(1, 17, 0, 0);
	fl.flags = NFSEC_FLOW_FRAG;
	ok = expect(nfsec_flow_match(&s, &fl), "ports 0-65535");
	s.dport_max = 65534;
	ok &= expect(!nfsec_flow_match(&s, &fl), "dport 0-65534");
	s.dport_max = 65535;
	s.sport_min = 1;
	ok &= expect(!nfsec_flow_match(&s, &fl), "sport 1-65535");
	s.sport_min = 0;
	s.sport_max = 0;
	ok &= expect(!nfsec_flow_match(&s, &fl), "sport 0");
	fl.flags = 0;
	ok &= expect(nfsec_flow_match(&s, &fl), "whole, sport 0");
	test(ok, "SEL-9 SEL-12 a later fragment matches any ports only");

	nfsec_selector_any(&s, AF_UNSPEC);
	fl = flow4(1, 17, 5, 6);
	ok = expect(nfsec_flow_match(&s, &fl), "IPv4");
	fl.family = AF_INET6;
	ok &= expect(nfsec_flow_match(&s, &fl), "IPv6");
	s.proto = 6;
	ok &= expect(!nfsec_flow_match(&s, &fl), "protocol");
	nfsec_selector_any(&s, AF_INET);
	ok &= expect(!nfsec_flow_match(&s, &fl), "other family");
	s.ifindex = 9;
	fl.family = AF_INET;
	ok &= expect(!nfsec_flow_match(&s, &fl), "device unknown");
	fl.ifindex = 9;
	ok &= expect(nfsec_flow_match(&s, &fl), "device");
	test(ok, "families and devices");
}

static void test_selectors(void)
{
	static const u8 protos[] = { 1, 6, 17, 47, 50, 58, 132, 135 };
	struct nfsec_selector a, b;
	bool ok = true;
	u32 i;

	for (i = 0; i < 1000; i++) {
		struct nfsec_flow fl = flow4(get_random_u32(),
					     protos[below(8)], below(65536),
					     below(65536)), other;

		if (below(4) == 0)
			fl.flags = NFSEC_FLOW_FRAG;
		nfsec_selector_from_flow(&a, &fl);
		ok &= expect(nfsec_flow_match(&a, &fl), "itself");
		other = fl;
		other.daddr.a4 ^= htonl(1U << below(32));
		ok &= expect(!nfsec_flow_match(&a, &other), "other address");
		other = fl;
		other.proto ^= 1;
		ok &= expect(!nfsec_flow_match(&a, &other), "other protocol");
		other = fl;
		other.sport ^= 1;
		ok &= expect(nfsec_flow_match(&a, &other) ==
			     (fl.flags || fl.proto == 50),
			     "other port, protocol %u", fl.proto);
	}
	test(ok, "PFP-2 selector made from a flow holds that flow only");

	sel4(&a, 0x0a000000, 0x0a0000ff);
	b = a;
	b.dplen = 24;
	ok = expect(nfsec_selector_equal(&a, &b), "prefix and range");
	b.dport_min = 1;
	ok &= expect(!nfsec_selector_equal(&a, &b), "port");
	b = a;
	b.ifindex = 1;
	ok &= expect(!nfsec_selector_equal(&a, &b), "device");
	b = a;
	addr4(&b.saddr_max, 0xfffffffe);
	ok &= expect(!nfsec_selector_equal(&a, &b), "source");
	test(ok, "a prefix equals the range of its addresses");
}

int main(void)
{
	test_begin();
	test_protocols();
	test_extensions();
	test_fragments();
	test_truncated();
	test_random_packets();
	test_quoted();
	test_match();
	test_selectors();
	return test_end();
}
