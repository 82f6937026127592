// SPDX-License-Identifier: GPL-2.0
/*
 * module/sa.c and module/path.c: sizes, refusals, the mark of decrypted packets,
 * and nothing left when memory fails.
 */
#include "sad.h"

static u32 inner_mtu(const struct nfsec_sa *sa, u32 mtu, bool encap, u8 family)
{
	struct nfsec_path path = *sa->path;

	path.encap.type = encap ? NFSEC_ENCAP_TYPE_ESPINUDP :
				  NFSEC_ENCAP_TYPE_NONE;
	nfsec_path_measure(&path);
	return nfsec_sa_inner_mtu(sa, &path, mtu, family);
}

/* Table of Annex H: the longest inner packet at a path MTU of 1500 */
static void test_sizes(void)
{
	static const struct {
		const char *name;
		u32 suite;
		u32 v4, v4udp, v6, v6udp, bare;
	} t[] = {
		{ "GCM-16", SUITE(8, 16, 4), 1446, 1438, 1426, 1418, 1466 },
		{ "CCM-8", SUITE(8, 8, 4), 1454, 1446, 1434, 1426, 1474 },
		{ "CBC + SHA1", SUITE(16, 12, 16), 1438, 1422, 1422, 1406,
		  1454 },
		{ "CBC + SHA2-256", SUITE(16, 16, 16), 1438, 1422, 1406, 1406,
		  1454 },
		{ "CBC + SHA2-512", SUITE(16, 32, 16), 1422, 1406, 1390, 1390,
		  1438 },
		{ "3DES + SHA1", SUITE(8, 12, 8), 1446, 1438, 1430, 1422,
		  1470 },
		{ "NULL + SHA2-256", SUITE(0, 16, 4), 1454, 1446, 1434, 1426,
		  1474 },
		{ "CTR + SHA1", SUITE(8, 12, 4), 1450, 1442, 1430, 1422,
		  1470 },
	};
	struct nfsec_net *nn = net_make();
	u32 i, mtu;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		u32 iv = t[i].suite >> 16, icv = t[i].suite >> 8 & 0xff;
		u32 blk = t[i].suite & 0xff;
		struct nfsec_sa_config c;
		struct nfsec_sa *sa;
		bool ok = true;

		config(&c, 0x0a000002, 0x1000);
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(inner_mtu(sa, 1500, false, AF_INET) ==
			     t[i].v4, "v4");
		ok &= expect(inner_mtu(sa, 1500, true, AF_INET6) ==
			     t[i].v4udp, "v4 + UDP");
		ok &= expect(nfsec_sa_overhead(sa, sa->path) ==
			     20 + 8 + iv + blk - 1 + 2 + icv, "overhead");
		/* what fits is the most that fits */
		for (mtu = 100; mtu < 1600; mtu++) {
			u32 n = inner_mtu(sa, mtu, false, AF_INET);
			u32 a = 28 + iv + (n + 2 + blk - 1) / blk * blk + icv;
			u32 b = 28 + iv + (n + 3 + blk - 1) / blk * blk + icv;

			ok &= expect(a <= mtu && b > mtu, "MTU %u: %u", mtu,
				     n);
		}
		ok &= expect(!inner_mtu(sa, 20, false, AF_INET),
			     "no room");
		remove_sa(nn, sa);
		c.id.family = AF_INET6;
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(inner_mtu(sa, 1500, false, AF_INET) ==
			     t[i].v6, "v6");
		ok &= expect(inner_mtu(sa, 1500, true, AF_INET) ==
			     t[i].v6udp, "v6 + UDP");
		remove_sa(nn, sa);
		/* transport: the header is subtracted first and then added */
		c.mode = NFSEC_MODE_TRANSPORT;
		c.aead.icv_bits = t[i].suite;
		sa = add(nn, &c);
		ok &= expect(inner_mtu(sa, 1520, false, AF_INET) ==
			     20 + t[i].bare, "transport v4");
		ok &= expect(inner_mtu(sa, 1540, false, AF_INET6) ==
			     40 + t[i].bare, "transport v6");
		remove_sa(nn, sa);
		test(ok, "PMTU-9 longest inner packet of %s", t[i].name);
	}
	net_free(nn);
}

/* Table of Annex H: the length of the header by ICV, which GMAC has an IV in */
static void test_ah(void)
{
	static const struct {
		const char *name;
		u32 suite;
		u32 len4, len4_aligned, len6;
	} t[] = {
		{ "96 bits", SUITE(0, 12, 1), 24, 24, 24 },
		{ "SHA2-256-128", SUITE(0, 16, 1), 28, 32, 32 },
		{ "SHA2-384-192", SUITE(0, 24, 1), 36, 40, 40 },
		{ "SHA2-512-256", SUITE(0, 32, 1), 44, 48, 48 },
		{ "GMAC", SUITE(8, 16, 4), 36, 40, 40 },
	};
	struct nfsec_net *nn = net_make();
	u32 i, how;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bool ok = true;

		for (how = 0; how < 3; how++) {
			u32 len = how == 0 ? t[i].len4 : how == 1 ?
				  t[i].len4_aligned : t[i].len6;
			u32 ip = how == 2 ? 40 : 20;
			struct nfsec_sa_config c;
			struct nfsec_sa *sa;

			config(&c, 0x0a000002, 0x1000);
			c.id.proto = IPPROTO_AH;
			c.aead.icv_bits = t[i].suite;
			c.flags = how ? 0 : NFSEC_SA_FLAGS_ALIGN4;
			if (how == 2)
				c.id.family = AF_INET6;
			sa = add(nn, &c);
			ok &= expect(sa->path->ah_len == len, "%u not %u",
				     sa->path->ah_len, len);
			ok &= expect(nfsec_sa_overhead(sa, sa->path) ==
				     ip + len, "overhead");
			ok &= expect(inner_mtu(sa, 1500, false, AF_INET) ==
				     1500 - ip - len, "tunnel");
			ok &= expect(!inner_mtu(sa, ip + len, false, AF_INET),
				     "no room");
			remove_sa(nn, sa);
			c.mode = NFSEC_MODE_TRANSPORT;
			c.aead.icv_bits = t[i].suite;
			sa = add(nn, &c);
			ok &= expect(inner_mtu(sa, 1500, false,
					       c.id.family) == 1500 - len,
				     "transport");
			remove_sa(nn, sa);
		}
		test(ok, "AH-2 AH-3 PMTU-9 length of AH with %s", t[i].name);
	}
	net_free(nn);
}

static void test_refused(void)
{
	static const struct nfsec_alg gcm = { .kind = NFSEC_ALG_AEAD };
	struct nfsec_net *nn = net_make();
	struct nfsec_sa_config base, c;
	bool ok = true;

	config(&base, 0x0a000002, 0x1000);
#define REFUSED(change)							\
	do {								\
		struct netlink_ext_ack ack = { };			\
									\
		c = base;						\
		change;							\
		ok &= expect(IS_ERR(nfsec_sa_create(nn, &c, &ack)) &&	\
			     ack.msg, #change);				\
	} while (0)
	REFUSED(c.id.spi = 0);
	REFUSED(c.id.spi = htonl(255));
	REFUSED(c.id.family = AF_UNSPEC);
	REFUSED(c.id.family = 99);
	REFUSED(addr4(&c.id.daddr, 0));
	REFUSED(c.id.proto = IPPROTO_UDP);
	REFUSED((c.id.proto = IPPROTO_AH,
		 c.encap.type = NFSEC_ENCAP_TYPE_ESPINUDP));
	REFUSED((c.id.proto = IPPROTO_AH, c.tfcpad = 100));
	REFUSED((c.id.proto = IPPROTO_AH, c.enc.alg = &gcm));
	REFUSED((c.id.proto = IPPROTO_AH, c.aead.alg = &gcm));
	REFUSED(c.id.mark.value = 1);
	REFUSED(c.mode = 9);
	REFUSED(c.dir = NFSEC_DIR_FWD);
	REFUSED(c.seq = 1ULL << 32);
	REFUSED(c.oseq = 1ULL << 32);
	REFUSED(c.flags = NFSEC_SA_FLAGS_ESN | NFSEC_SA_FLAGS_OSEQ_MAY_WRAP);
	REFUSED((c.has_window = true, c.window = 65537));
	REFUSED((c.has_window = true, c.flags = NFSEC_SA_FLAGS_ESN));
	REFUSED((c.mode = NFSEC_MODE_TRANSPORT, c.tfcpad = 100));
	REFUSED((c.mode = NFSEC_MODE_TRANSPORT, c.has_sel = true,
		 nfsec_selector_any(&c.sel, AF_INET6)));
	test(ok, "SAD-2 bad SAs are refused with a reason");
	net_free(nn);
}

static void test_memory(void)
{
	struct nfsec_net *nn = net_make();
	bool ok = true, moved = false;
	u32 i;

	for (i = 1; i < 30; i++) {
		struct nfsec_sa_config c;
		struct nfsec_sa *sa;

		config(&c, 0x0a000002, 0x1000);
		c.encap.type = NFSEC_ENCAP_TYPE_ESPINUDP;
		c.aead.data = malloc(4);
		fail_alloc = i;
		sa = nfsec_sa_create(nn, &c, NULL);
		if (!IS_ERR(sa)) {
			ok &= expect(!c.aead.data, "key not taken");
			if (!nfsec_sad_insert(nn, sa)) {
				addr4(&c.id.daddr, 0x0a000003);
				moved = !move(nn, sa, &c);
				ok &= expect((sa->path->daddr.a4 ==
					      c.id.daddr.a4) == moved, "path");
				nfsec_sad_remove(nn, sa);
			}
			nfsec_sa_put(sa);
		} else {
			ok &= expect(c.aead.data, "key taken");
		}
		fail_alloc = 0;
		nfsec_sa_config_free(&c);
		run_works();
		ok &= expect(!nn->sad.count && !nn->sad.objects.v, "step %u",
			     i);
	}
	test(ok && moved, "when memory fails nothing is left");
	net_free(nn);
}

static void test_mark(void)
{
	struct sk_buff a = { }, b = { };
	struct nfsec_net *nn = net_make();
	const struct xfrm_state *x;
	struct nfsec_sa_config c;
	struct nfsec_sa *sa;
	bool ok;

	config(&c, 0x0a000002, 0x1000);
	c.reqid = 5;
	sa = add(nn, &c);
	ok = expect(!nfsec_sa_mark_of(&a), "marked from the start");
	nfsec_sa_mark(&a, sa);
	nfsec_sa_mark(&b, sa);
	nfsec_sa_mark(&b, sa);
	remove_sa(nn, sa);
	net_free(nn);
	x = nfsec_sa_mark_of(&a);
	ok &= expect(x && x->id.spi == htonl(0x1000) && x->props.reqid == 5 &&
		     x->props.smark.v == NFSEC_MODE_TUNNEL &&
		     x->props.mode == XFRM_MODE_TRANSPORT, "state");
	skb_ext_reset(&a);
	ok &= expect(nfsec_sa_mark_of(&b) && xfrm_state_count() == 1,
		     "%d states", xfrm_state_count());
	skb_ext_reset(&b);
	ok &= expect(!xfrm_state_count(), "%d states", xfrm_state_count());
	test(ok, "packets keep their mark when the SA and its namespace are gone");
}

int main(void)
{
	assert(!nfsec_sa_module_init());
	test_begin();
	test_sizes();
	test_ah();
	test_refused();
	test_memory();
	test_mark();
	test(expect(!xfrm_state_count(), "%d", xfrm_state_count()),
	     "no state of XFRM is left");
	nfsec_sa_module_exit();
	return test_end();
}
