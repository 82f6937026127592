// SPDX-License-Identifier: GPL-2.0
/*
 * What the backend for nfsec asks of the module, with a module that only takes notes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "../../tests/ktap.h"
#include "../kernel_nfsec_int.h"

#define N 64

static struct ike_nfsec k;
static struct {
	unsigned int n, cmd[N];
	struct sec_sa sa[N];
	struct sec_policy policy[N];
	struct sec_sa answer;
	int error;
} got;
static char said[4096];

static void forget(void)
{
	unsigned int i;

	for (i = 0; i < got.n; i++) {
		sec_clear(&sec_sa_set, &got.sa[i]);
		sec_clear(&sec_policy_set, &got.policy[i]);
	}
	got.n = 0;
	got.error = 0;
	said[0] = 0;
}

/* Keeps the request; answers those for one SA with got.answer. */
static int exchange(struct sec_nl *nl, struct nlmsghdr *nlh, sec_nl_cb cb, void *data)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh) - sizeof(*g);
	unsigned int i = got.n++;
	struct nlmsghdr *out;
	static char buf[SEC_NL_TX_SIZE];
	struct genlmsghdr *og;

	got.cmd[i] = g->cmd;
	if (g->cmd >= NFSEC_CMD_POLICY_NEW && g->cmd <= NFSEC_CMD_POLICY_FLUSH)
		sec_get(g + 1, len, &sec_policy_set, &got.policy[i], nl->diag);
	else
		sec_get(g + 1, len, &sec_sa_set, &got.sa[i], nl->diag);
	if (got.error) {
		nl->error = got.error;
		return sec_fail(nl->diag, "refused");
	}
	if (!cb)
		return 0;
	memset(buf, 0, sizeof(buf));
	out = mnl_nlmsg_put_header(buf);
	og = mnl_nlmsg_put_extra_header(out, sizeof(*og));
	if (sec_put(out, sizeof(buf), &sec_sa_set, &got.answer, nl->diag))
		return -1;
	return cb(nl, g->cmd, og + 1, mnl_nlmsg_get_payload_len(out) - sizeof(*og), data);
}

static void say(void *arg, const char *line)
{
	(void)arg;
	snprintf(said, sizeof(said), "%s", line);
}

static const struct ike_nfsec_opts *opts(void *arg, uint32_t reqid)
{
	static const struct ike_nfsec_opts o = { .priority = 77, .replay_window = 128, .tfc = 900,
		.flags = NFSEC_SA_FLAGS_NOECN, .mark_out = 5, .mask_out = 15, .soft_bytes = 1000,
		.hard_packets = 2000 };

	(void)arg;
	return reqid == 9 ? &o : NULL;
}

static struct ike_addr addr(const char *text, uint16_t port)
{
	struct ike_addr a = { .port = port };

	a.len = strchr(text, ':') ? 16 : 4;
	inet_pton(a.len == 16 ? AF_INET6 : AF_INET, text, a.a);
	return a;
}

static struct ike_kern_sa sa_of(uint16_t encr, uint16_t integ, bool inbound)
{
	struct ike_kern_sa s = { .spi = htonl(0xc0000001), .proto = IKE_PROTO_ESP,
		.inbound = inbound, .reqid = 3, .encr = encr, .encr_bits = 128, .integ = integ,
		.encr_len = 20, .integ_len = integ ? 32 : 0 };

	s.src = addr("192.0.2.1", 4500);
	s.dst = addr("192.0.2.2", 4501);
	memset(s.encr_key, 0xe, sizeof(s.encr_key));
	memset(s.integ_key, 0xa, sizeof(s.integ_key));
	return s;
}

static void test_algs(void)
{
	static const struct { uint16_t encr, integ; const char *aead, *enc, *auth; int icv; } t[] = {
		{ IKE_ENCR_AES_GCM_16, 0, "rfc4106(gcm(aes))", "", "", 128 },
		{ IKE_ENCR_AES_GCM_8, 0, "rfc4106(gcm(aes))", "", "", 64 },
		{ IKE_ENCR_CHACHA20_POLY1305, 0, "rfc7539esp(chacha20,poly1305)", "", "", 128 },
		{ IKE_ENCR_AES_CCM_12, 0, "rfc4309(ccm(aes))", "", "", 96 },
		{ IKE_ENCR_NULL_AES_GMAC, 0, "rfc4543(gcm(aes))", "", "", 128 },
		{ IKE_ENCR_AES_CBC, IKE_INTEG_HMAC_SHA2_256_128, "", "cbc(aes)", "hmac(sha256)",
		  128 },
		{ IKE_ENCR_AES_CTR, IKE_INTEG_HMAC_SHA2_512_256, "", "rfc3686(ctr(aes))",
		  "hmac(sha512)", 256 },
		{ IKE_ENCR_NULL, IKE_INTEG_AES_CMAC_96, "", "ecb(cipher_null)", "cmac(aes)", 96 },
	};
	static const struct { uint16_t encr, integ; } no[] = {
		{ IKE_ENCR_IDEA, IKE_INTEG_HMAC_SHA1_96 }, { IKE_ENCR_AES_CBC, 0 },
		{ IKE_ENCR_AES_GCM_16, IKE_INTEG_HMAC_SHA1_96 }, { 0, IKE_INTEG_HMAC_SHA1_96 },
		{ IKE_ENCR_AES_CBC, IKE_INTEG_DES_MAC },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct ike_kern_sa s = sa_of(t[i].encr, t[i].integ, true);
		const struct sec_sa *o = &got.sa[0];

		forget();
		ktap_ok(!ike_nfsec_ops.add_sa(&k, &s) && got.n == 1 &&
			got.cmd[0] == NFSEC_CMD_SA_NEW && !strcmp(o->aead.name, t[i].aead) &&
			!strcmp(o->enc.name, t[i].enc) && !strcmp(o->auth.name, t[i].auth) &&
			(int)(o->aead.icv_bits + o->auth.icv_bits) == t[i].icv &&
			o->aead.key_len + o->enc.key_len == 20 &&
			o->auth.key_len == (t[i].integ ? 32 : 0), said, "names of %s%s%s",
			t[i].aead, t[i].enc, t[i].auth);
	}
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		struct ike_kern_sa s = sa_of(no[i].encr, no[i].integ, true);

		forget();
		ktap_ok(ike_nfsec_ops.add_sa(&k, &s) && !got.n && said[0], NULL,
			"encr %u with integ %u is refused", no[i].encr, no[i].integ);
	}
}

static void test_sa(void)
{
	struct ike_kern_sa s = sa_of(IKE_ENCR_AES_GCM_16, 0, true);
	const struct sec_sa *o = &got.sa[0];
	uint32_t spi;

	forget();
	s.encap = true;
	s.esn = true;
	ike_nfsec_ops.add_sa(&k, &s);
	ktap_ok(o->dir == NFSEC_DIR_IN && o->mode == NFSEC_MODE_TUNNEL && o->spi == 0xc0000001 &&
		o->reqid == 3 && o->flags == NFSEC_SA_FLAGS_ESN && o->replay_window == 1024 &&
		o->encap.sport == 4500 && o->encap.dport == 4501 && o->proto == IPPROTO_ESP &&
		!sec_has(o, NFSEC_A_SA_LIMITS), NULL, "an inbound SA in UDP");
	s.inbound = false;
	s.encap = false;
	s.esn = false;
	s.reqid = 9;
	forget();
	ike_nfsec_ops.add_sa(&k, &s);
	ktap_ok(o->dir == NFSEC_DIR_OUT && !sec_has(o, NFSEC_A_SA_ENCAP) &&
		!sec_has(o, NFSEC_A_SA_REPLAY_WINDOW) && o->tfcpad == 900 &&
		o->output_mark.value == 5 && o->output_mark.mask == 15 &&
		o->limits.soft_bytes == 1000 && o->limits.hard_packets == 2000 &&
		o->flags == NFSEC_SA_FLAGS_NOECN, NULL, "an outbound one with options");
	s.transport = true;
	forget();
	ike_nfsec_ops.add_sa(&k, &s);
	ktap_ok(o->mode == NFSEC_MODE_TRANSPORT && !sec_has(o, NFSEC_A_SA_TFCPAD), NULL,
		"padding to a length is for tunnels");

	forget();
	got.answer = (struct sec_sa){ .spi = 0xc1234567, .has = SEC_BIT(NFSEC_A_SA_SPI) };
	ktap_ok(!ike_nfsec_ops.alloc_spi(&k, IKE_PROTO_ESP, &s.src, &s.dst, &spi) &&
		ntohl(spi) == 0xc1234567 && o->spi_min == 0xc0000000 && o->spi_max == 0xcfffffff &&
		!sec_has(o, NFSEC_A_SA_SPI), NULL, "an SPI is reserved");
	forget();
	got.error = ESRCH;
	ktap_ok(!ike_nfsec_ops.del_sa(&k, IKE_PROTO_ESP, spi, &s.dst) &&
		got.cmd[0] == NFSEC_CMD_SA_DEL && !said[0], NULL,
		"what the module has forgotten is deleted");
	got.error = EPERM;
	ktap_ok(ike_nfsec_ops.del_sa(&k, IKE_PROTO_ESP, spi, &s.dst) && said[0], NULL,
		"another error is one");
}

/* The SA that the module has, for the test of new addresses. */
static void in_module(uint8_t dir, const char *src, const char *dst)
{
	struct ike_addr a = addr(src, 0), b = addr(dst, 0);
	struct sec_sa *s = &got.answer;

	*s = (struct sec_sa){ .dir = dir, .spi = 0xc0000001, .proto = IPPROTO_ESP, .reqid = 3,
		.replay_seq = 70, .replay_oseq = 80, .replay_window = 32, .overhead = 50 };
	s->src = ike_nfsec_addr(&a);
	s->dst = ike_nfsec_addr(&b);
	strcpy(s->aead.name, "rfc4106(gcm(aes))");
	s->aead.key_len = 20;
	s->aead.has = SEC_BIT(NFSEC_A_ALGO_NAME) | SEC_BIT(NFSEC_A_ALGO_KEY);
	s->encap = (struct sec_encap){ .type = NFSEC_ENCAP_TYPE_ESPINUDP, .sport = 1, .dport = 2,
		.has = SEC_BIT(NFSEC_A_ENCAP_TYPE) | SEC_BIT(NFSEC_A_ENCAP_SPORT) |
		       SEC_BIT(NFSEC_A_ENCAP_DPORT) };
	s->has = SEC_BIT(NFSEC_A_SA_SRC) | SEC_BIT(NFSEC_A_SA_DST) | SEC_BIT(NFSEC_A_SA_PROTO) |
		 SEC_BIT(NFSEC_A_SA_SPI) | SEC_BIT(NFSEC_A_SA_DIR) | SEC_BIT(NFSEC_A_SA_REQID) |
		 SEC_BIT(NFSEC_A_SA_AEAD) | SEC_BIT(NFSEC_A_SA_ENCAP) |
		 SEC_BIT(NFSEC_A_SA_REPLAY_SEQ) | SEC_BIT(NFSEC_A_SA_REPLAY_OSEQ) |
		 SEC_BIT(NFSEC_A_SA_REPLAY_WINDOW) | SEC_BIT(NFSEC_A_SA_OVERHEAD);
}

static void test_move(void)
{
	struct ike_addr us = addr("192.0.2.1", 4500), peer = addr("192.0.2.2", 40000),
			moved = addr("192.0.2.77", 41000);
	const struct sec_sa *o;

	forget();
	in_module(NFSEC_DIR_OUT, "192.0.2.1", "192.0.2.2");
	ktap_ok(!ike_nfsec_ops.update_sa(&k, IKE_PROTO_ESP, htonl(0xc0000001), &peer, &us,
					 &moved) &&
		got.n == 2 && got.cmd[1] == NFSEC_CMD_SA_MIGRATE, said,
		"IKE2-NAT-7 a new address and port of the peer");
	o = &got.sa[1];
	ktap_ok(o->dst.b[3] == 2 && o->new_src.b[3] == 1 && o->new_dst.b[3] == 77 &&
		o->encap.sport == 4500 && o->encap.dport == 41000 &&
		!sec_has(o, NFSEC_A_SA_AEAD) && !sec_has(o, NFSEC_A_SA_REPLAY_OSEQ), NULL,
		"the module keeps keys and sequence numbers");
	forget();
	us.port = 0;
	moved.port = 0;
	ktap_ok(!ike_nfsec_ops.update_sa(&k, IKE_PROTO_ESP, htonl(0xc0000001), &us, &moved, &us) &&
		got.n == 1 && got.sa[0].encap.type == NFSEC_ENCAP_TYPE_NONE &&
		sec_has(&got.sa[0], NFSEC_A_SA_ENCAP), said, "out of UDP");
}

static struct ike_kern_policy policy(const char *from, const char *to, bool inbound)
{
	struct ike_kern_policy p = { .inbound = inbound, .proto = IKE_PROTO_ESP, .reqid = 4 };
	char err[128];

	p.src = addr("192.0.2.1", 500);
	p.dst = addr("192.0.2.2", 500);
	if (ike_ts_read(from, &p.from, err, sizeof(err)) || ike_ts_read(to, &p.to, err,
									sizeof(err)))
		abort();
	return p;
}

static uint32_t priority_of(const char *from, const char *to)
{
	struct ike_kern_policy p = policy(from, to, false);
	uint32_t prio;

	forget();
	ike_nfsec_ops.add_policy(&k, &p);
	prio = got.policy[0].priority;
	ike_nfsec_ops.del_policy(&k, &p);
	return prio;
}

static void test_selectors(void)
{
	struct ike_kern_policy p = policy("10.1.0.0/16[tcp/80-90]", "10.2.0.3-10.2.0.9[tcp]", true);
	const struct sec_policy *o = &got.policy[0];
	const struct sec_tmpl *t;

	forget();
	ktap_ok(!ike_nfsec_ops.add_policy(&k, &p) && got.n == 2 && o->dir == NFSEC_DIR_IN &&
		got.policy[1].dir == NFSEC_DIR_FWD, said, "inbound is for forwarded packets too");
	t = o->tmpl.p;
	ktap_ok(o->sel.src_plen == 16 && o->sel.src.b[1] == 1 && !o->sel.src_last.len &&
		o->sel.dst.b[3] == 3 && o->sel.dst_last.b[3] == 9 && o->sel.proto == IPPROTO_TCP &&
		o->sel.sport_min == 80 && o->sel.sport_max == 90 &&
		!sec_has(&o->sel, NFSEC_A_SELECTOR_DPORT_MIN), NULL,
		"IKE2-TS-6 prefixes, ranges and ports are kept exactly");
	ktap_ok(o->tmpl.n == 1 && t->reqid == 4 && t->mode == NFSEC_MODE_TUNNEL &&
		t->src.b[3] == 1 && t->dst.b[3] == 2, NULL, "with the tunnel");
	forget();
	ike_nfsec_ops.del_policy(&k, &p);
	ktap_ok(got.n == 2 && got.cmd[0] == NFSEC_CMD_POLICY_DEL &&
		got.cmd[1] == NFSEC_CMD_POLICY_DEL && !o->tmpl.n, NULL, "both are deleted");

	p = policy("2001:db8::1/128", "2001:db8::2/128", true);
	p.transport = true;
	forget();
	ike_nfsec_ops.add_policy(&k, &p);
	t = o->tmpl.p;
	ktap_ok(got.n == 1 && o->sel.src.len == 16 && t && t->mode == NFSEC_MODE_TRANSPORT &&
		!t->src.len, NULL, "transport mode, IPv6");
	ike_nfsec_ops.del_policy(&k, &p);

	p = policy("10.1.0.0/16[icmp/8(0)]", "10.2.0.0/16[icmp]", false);
	forget();
	ike_nfsec_ops.add_policy(&k, &p);
	ktap_ok(o->sel.sport_min == 0x800 && o->sel.sport_max == 0x800 &&
		!sec_has(&o->sel, NFSEC_A_SELECTOR_DPORT_MIN), NULL, "type and code of ICMP");
	ike_nfsec_ops.del_policy(&k, &p);
	p = policy("10.1.0.0/16[udp/opaque]", "10.2.0.0/16[udp]", false);
	forget();
	ktap_ok(ike_nfsec_ops.add_policy(&k, &p) && !got.n && said[0], NULL,
		"IKE2-TS-6 OPAQUE ports are refused");
}

static void test_users(void)
{
	struct ike_kern_policy p = policy("10.1.0.0/16", "10.2.0.0/16", false), q = p;
	const struct sec_tmpl *t;

	forget();
	ike_nfsec_ops.add_policy(&k, &p);
	ike_nfsec_ops.add_policy(&k, &p);
	ktap_ok(got.n == 1, NULL, "the same policy again is one more user of it");
	ktap_ok(!ike_nfsec_ops.del_policy(&k, &p) && got.n == 1, NULL, "one less, and it stays");
	q.reqid = 5;
	q.dst = addr("192.0.2.9", 0);
	ike_nfsec_ops.add_policy(&k, &q);
	t = got.policy[1].tmpl.p;
	ktap_ok(got.n == 2 && got.cmd[1] == NFSEC_CMD_POLICY_UPDATE && t->reqid == 5 &&
		t->dst.b[3] == 9, NULL, "who comes last with the same selectors has them");
	ike_nfsec_ops.del_policy(&k, &q);
	t = got.policy[2].tmpl.p;
	ktap_ok(got.n == 3 && got.cmd[2] == NFSEC_CMD_POLICY_UPDATE && t->reqid == 4, NULL,
		"and when he leaves, the one before has them again");
	ike_nfsec_ops.add_policy(&k, &q);
	forget();
	ike_nfsec_ops.del_policy(&k, &p);
	ktap_ok(!got.n, NULL, "who is not in the module leaves without a word");
	ktap_ok(!ike_nfsec_ops.del_policy(&k, &q) && got.n == 1 &&
		got.cmd[0] == NFSEC_CMD_POLICY_DEL, NULL, "the last one goes with the policy");
	ktap_ok(ike_nfsec_ops.del_policy(&k, &q), NULL, "what is not there cannot be deleted");
}

static void test_priority(void)
{
	uint32_t wide = priority_of("0.0.0.0/0", "0.0.0.0/0");
	uint32_t net = priority_of("10.1.0.0/16", "10.2.0.0/16");
	uint32_t port = priority_of("10.1.0.0/16[tcp]", "10.2.0.0/16[tcp/80]");
	uint32_t host = priority_of("10.1.0.1/32", "10.2.0.0/16");

	ktap_ok(wide > net && net > port && port > host && host, NULL,
		"what is narrower comes first");
}

static void test_shunts(void)
{
	struct ike_kern_policy p = policy("10.1.0.0/16", "10.2.0.0/16", true), q = p;
	uint32_t protect = priority_of("10.1.0.0/16", "10.2.0.0/16"), pass;
	const struct sec_policy *o = &got.policy[0];

	forget();
	p.action = IKE_KERN_PASS;
	ktap_ok(!ike_nfsec_ops.add_policy(&k, &p) && got.n == 2 && !o->tmpl.n &&
		o->action == NFSEC_ACTION_ALLOW && got.policy[1].dir == NFSEC_DIR_FWD, said,
		"what passes has no SA");
	pass = o->priority;
	ike_nfsec_ops.del_policy(&k, &p);
	forget();
	p.action = IKE_KERN_DROP;
	ktap_ok(!ike_nfsec_ops.add_policy(&k, &p) && !o->tmpl.n &&
		o->action == NFSEC_ACTION_BLOCK && pass < protect && protect < o->priority, said,
		"pass comes before what protects, drop behind it");
	p.mark = q.mark = 1;
	p.mask = q.mask = 3;
	p.priority = 7;
	forget();
	ike_nfsec_ops.add_policy(&k, &p);
	ktap_ok(got.n == 2 && o->priority == 7 && o->mark.value == 1 && o->mark.mask == 3, said,
		"another mark is another policy");
	ike_nfsec_ops.add_policy(&k, &q);
	forget();
	ike_nfsec_ops.del_policy(&k, &q);
	ktap_ok(got.n == 2 && got.cmd[0] == NFSEC_CMD_POLICY_UPDATE &&
		o->action == NFSEC_ACTION_BLOCK && o->priority == 7, said,
		"who was there before has it again");
	forget();
	ike_nfsec_ops.del_policy(&k, &p);
	ktap_ok(got.n == 2 && got.cmd[0] == NFSEC_CMD_POLICY_DEL && o->mark.value == 1, said,
		"it is deleted by its mark");
	p.mask = p.mark = p.priority = 0;
	ike_nfsec_ops.del_policy(&k, &p);
}

static void test_bypass(void)
{
	static const uint16_t ports[] = { 500, 4500 };
	unsigned int i, out = 0, in = 0;

	forget();
	ike_nfsec_bypass(&k, ports, 2, true);
	for (i = 0; i < got.n; i++) {
		const struct sec_policy *p = &got.policy[i];

		if (p->tmpl.n || p->priority || p->sel.proto != IPPROTO_UDP)
			continue;
		out += p->dir == NFSEC_DIR_OUT && p->mark.value == IKE_NFSEC_MARK &&
		       p->mark.mask == UINT32_MAX && p->sel.sport_min == p->sel.sport_max &&
		       p->sel.sport_min == ports[i / 4];
		in += p->dir == NFSEC_DIR_IN && !sec_has(p, NFSEC_A_POLICY_MARK) &&
		      p->sel.dport_min == ports[i / 4] && p->sel.dport_max == ports[i / 4];
	}
	ktap_ok(got.n == 8 && out == 4 && in == 4, NULL,
		"IKE passes: out by mark, in by port, of both families");
}

static bool flow(const struct sec_acquire *a, const char *from, const char *to)
{
	struct ike_nfsec_event e = { .kind = IKE_NFSEC_LOST };
	struct ike_ts f, t;
	char err[128];

	if (ike_ts_read(from, &f, err, sizeof(err)) || ike_ts_read(to, &t, err, sizeof(err)))
		abort();
	ike_nfsec_acquire(a, &e);
	return e.kind == IKE_NFSEC_ACQUIRE && e.reqid == 7 && e.flow &&
	       ike_ts_equal(&e.from, &f) && ike_ts_equal(&e.to, &t);
}

static void test_acquire(void)
{
	struct ike_addr src = addr("10.1.5.7", 0), dst = addr("10.2.9.9", 0);
	struct sec_acquire a = { .tmpl.reqid = 7 };
	struct ike_nfsec_event e;

	a.sel.src = ike_nfsec_addr(&src);
	a.sel.dst = ike_nfsec_addr(&dst);
	a.sel.proto = IPPROTO_TCP;
	ktap_ok(flow(&a, "10.1.5.7/32[tcp]", "10.2.9.9/32[tcp]"), NULL,
		"IKE2-TS-3 acquire: a packet with ports that cannot be seen");
	a.sel.sport_min = 40000;
	a.sel.dport_min = 443;
	sec_set(&a.sel, NFSEC_A_SELECTOR_SPORT_MIN);
	sec_set(&a.sel, NFSEC_A_SELECTOR_DPORT_MIN);
	ktap_ok(flow(&a, "10.1.5.7/32[tcp/40000]", "10.2.9.9/32[tcp/443]"), NULL,
		"IKE2-TS-3 acquire: addresses, protocol and ports of the packet");
	a.sel.proto = IPPROTO_GRE;
	ktap_ok(flow(&a, "10.1.5.7/32[gre]", "10.2.9.9/32[gre]"), NULL,
		"IKE2-TS-3 acquire: the key of GRE is no port");
	a.sel.proto = IPPROTO_ICMP;
	a.sel.sport_min = 0x800;
	ktap_ok(flow(&a, "10.1.5.7/32[icmp/8(0)]", "10.2.9.9/32[icmp/8(0)]"), NULL,
		"IKE2-TS-3 acquire: type and code of ICMP at both ends");
	a.sel.dst.len = 0;
	ike_nfsec_acquire(&a, &e);
	ktap_ok(e.kind == IKE_NFSEC_ACQUIRE && !e.flow, NULL, "acquire: no packet in it");
}

int main(void)
{
	ktap_begin();
	k.nl.exchange = exchange;
	k.nl.diag = &k.diag;
	k.nl.tx = calloc(1, SEC_NL_TX_SIZE);
	k.conf = (struct ike_nfsec_conf){ .opts = opts, .log = say };
	test_algs();
	test_sa();
	test_move();
	test_selectors();
	test_users();
	test_priority();
	test_shunts();
	test_bypass();
	test_acquire();
	forget();
	free(k.nl.tx);
	return ktap_end();
}
