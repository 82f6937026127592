// SPDX-License-Identifier: GPL-2.0
/*
 * Messages. Octets come from messages.h, or are written by hand from RFC 7296
 * section 3 and the RFC of the payload.
 */
#include "../../tests/ktap.h"
#include "../codec.h"
#include "../proposal.h"
#include "../ts.h"
#include "messages.h"

static struct ike_msg m;
static struct ike_fault f;
static uint8_t dgram[70000];

/* An INFORMATIONAL request around a chain that begins with @first. */
static struct ike_buf wrap(uint8_t first, struct ike_buf chain, uint8_t flags)
{
	struct ike_hdr h = { .spi_i = { 1 }, .spi_r = { 2 }, .version = IKE_VERSION_2,
			     .xchg = IKE_X_INFORMATIONAL, .flags = flags };
	struct ike_out o;
	size_t n;

	ike_out_msg(&o, dgram, sizeof(dgram), &h);
	ike_out_octets(&o, chain.p, chain.n);
	n = ike_out_finish(&o);
	dgram[16] = first;
	return (struct ike_buf){ dgram, n };
}

/* The chain as the inside of a protected message. */
static int inner(uint8_t first, const char *chain, uint8_t flags)
{
	struct ike_buf sk = hex("00000004");

	if (ike_msg_parse(wrap(IKE_P_SK, sk, flags), &m, &f))
		return -2;
	return ike_msg_parse_inner(&m, first, hex(chain), &f);
}

static void header(void)
{
	static uint8_t b[600];
	size_t n = unhex(scapy_init, b);
	struct ike_hdr h;
	int ret;

	ktap_ok(!ike_msg_parse((struct ike_buf){ b, n }, &m, &f) &&
		!memcmp(m.hdr.spi_i, "\1\2\3\4\5\6\7\10", 8) && m.hdr.spi_r[0] == 0 &&
		m.hdr.xchg == IKE_X_SA_INIT && m.hdr.mid == 0 && m.hdr.len == n &&
		ike_from_initiator(&m.hdr) && !ike_is_response(&m.hdr), ike_reason_text(f.reason),
		"IKE2-HDR-1 header of scapy");
	ret = ike_hdr_parse((struct ike_buf){ b, 27 }, &h, &f);
	ktap_ok(ret && f.reason == IKE_R_SHORT_DATAGRAM && !f.notify && !ike_fault_answer(&f), NULL,
		"IKE2-HDR-1 ATK-10 27 octets");
	ktap_ok(ike_hdr_parse((struct ike_buf){ NULL, 0 }, &h, &f), NULL, "ATK-10 no octets");
	b[27]--;
	ret = ike_hdr_parse((struct ike_buf){ b, n }, &h, &f);
	ktap_ok(ret && f.reason == IKE_R_LENGTH && !f.notify, NULL, "IKE2-HDR-1 Length - 1");
	b[27] += 2;
	ret = ike_hdr_parse((struct ike_buf){ b, n }, &h, &f);
	ktap_ok(ret && f.reason == IKE_R_LENGTH && !f.notify, NULL, "IKE2-HDR-1 Length + 1");
	b[27]--;
	b[17] = 0x30;
	ret = ike_hdr_parse((struct ike_buf){ b, n }, &h, &f);
	ktap_ok(ret && f.reason == IKE_R_VERSION_HIGH && h.spi_i[7] == 8 &&
		ike_fault_answer(&f) == IKE_N_INVALID_MAJOR_VERSION, NULL,
		"IKE2-HDR-5 version 3.0: INVALID_MAJOR_VERSION, header known");
	b[19] |= IKE_F_RESPONSE;
	ike_hdr_parse((struct ike_buf){ b, n }, &h, &f);
	ktap_ok(!ike_fault_answer(&f), NULL, "ATK-11 a response of version 3.0 is not answered");
	b[19] = 0xd7 | IKE_F_INITIATOR;
	b[17] = 0x2f;
	ktap_ok(!ike_msg_parse((struct ike_buf){ b, n }, &m, &f) && !ike_is_response(&m.hdr), NULL,
		"IKE2-HDR-5 IKE2-HDR-2 version 2.15 and the other five flags are ignored");
	b[17] = 0x10;
	ret = ike_hdr_parse((struct ike_buf){ b, n }, &h, &f);
	ktap_ok(ret && f.reason == IKE_R_VERSION_LOW && !f.notify, NULL, "ATK-10 version 1.0");
}

static void init_message(void)
{
	const struct ike_payload *p, *q;
	static struct ike_proposal sa[4];
	struct ike_notify_data d;
	enum ike_reason why;
	char text[300];
	int n;

	if (!ktap_ok(!ike_msg_parse(hex(scapy_init), &m, &f) && m.n == 8 && !m.sealed,
		     ike_reason_text(f.reason), "IKE2-INIT-1 IKE_SA_INIT of scapy"))
		return;
	p = ike_msg_find(&m, IKE_P_SA, NULL);
	n = ike_sa_parse(p->body, sa, 4, &why);
	ike_proposals_print(sa, n > 0 ? (unsigned int)n : 0, text, sizeof(text));
	ktap_ok(n == 2 && !strcmp(text, "IKE:aes256gcm16-chacha20poly1305-prfsha256-x25519-"
		"ke1_mlkem768-ke1_none,aes128-sha256-prfsha256-modp2048"), text,
		"IKE2-SA-2 IKE2-MKE-1 the SA payload of scapy");
	p = ike_msg_find(&m, IKE_P_KE, NULL);
	ktap_ok(p && p->ke.group == 31 && p->ke.data.n == 32 && p->ke.data.p[31] == 31, NULL,
		"IKE2-KE-6 KE payload: group and data");
	p = ike_msg_find(&m, IKE_P_NONCE, NULL);
	ktap_ok(p && p->body.n == 32 && p->body.p[0] == 0x40, NULL, "IKE2-INIT-2 Nonce payload");
	p = ike_msg_notify(&m, IKE_N_NAT_DETECTION_DESTINATION_IP, NULL);
	ktap_ok(p && !ike_notify_get(p, &d, &f) && d.octets.n == 20 && d.octets.p[0] == 0x22, NULL,
		"IKE2-NAT-1 NAT detection notify");
	p = ike_msg_notify(&m, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	ktap_ok(p && !ike_notify_get(p, &d, &f) && d.shape == IKE_NS_FLAG, NULL,
		"IKE2-FRAG-1 fragmentation notify");
	p = ike_msg_notify(&m, IKE_N_SIGNATURE_HASH_ALGORITHMS, NULL);
	ktap_ok(p && !ike_notify_get(p, &d, &f) && d.octets.n == 8 && ike_notify_u16(&d, 3) == 5 &&
		ike_notify_u16(&d, 4) == 0, NULL, "IKE2-SIG-1 list of hashes");
	p = ike_msg_find(&m, IKE_P_NOTIFY, NULL);
	q = ike_msg_find(&m, IKE_P_NOTIFY, p);
	ktap_ok(q == p + 1 && !ike_msg_error(&m) && !ike_msg_find(&m, IKE_P_AUTH, NULL) &&
		ike_msg_find(&m, IKE_P_VENDOR, NULL)->body.n == 5, NULL, "payloads are found");
}

static void auth_message(void)
{
	const struct ike_payload *p;
	struct ike_notify_data d;
	struct ike_cp_attr a;
	struct ike_buf attrs;
	struct ike_ts ts[3];
	enum ike_reason why;
	char text[200];
	int n;

	if (!ktap_ok(!inner(IKE_P_IDI, scapy_inner, IKE_F_INITIATOR) && m.n == 9,
		     ike_reason_text(f.reason), "inner payloads of scapy"))
		return;
	p = ike_msg_find(&m, IKE_P_IDI, NULL);
	ktap_ok(p->id.type == IKE_ID_FQDN && p->id.data.n == 12 && p->body.n == 16 &&
		!memcmp(p->id.data.p, "moon.example", 12), NULL,
			"IKE2-ID-1 IDi, and its octets for AUTH");
	p = ike_msg_find(&m, IKE_P_IDR, NULL);
	ktap_ok(p->id.type == IKE_ID_IPV4 && p->id.data.p[0] == 192, NULL, "IKE2-ID-1 IDr");
	p = ike_msg_find(&m, IKE_P_CERTREQ, NULL);
	ktap_ok(p->cert.encoding == IKE_CERT_X509 && ike_certreq_count(p) == 1, NULL,
		"IKE2-CERT-3 CERTREQ");
	p = ike_msg_find(&m, IKE_P_AUTH, NULL);
	ktap_ok(p->auth.method == IKE_AUTH_PSK && p->auth.data.n == 32, NULL, "AUTH payload");
	p = ike_msg_find(&m, IKE_P_CP, NULL);
	attrs = p->cp.attrs;
	ktap_ok(p->cp.type == IKE_CP_REQUEST && ike_cp_next(&attrs, &a) && a.type == 1 &&
		!a.value.n &&
		ike_cp_next(&attrs, &a) && a.type == 3 && a.value.n == 4 && a.value.p[2] == 4 &&
		!ike_cp_next(&attrs, &a), NULL, "IKE2-CP-1 configuration request");
	p = ike_msg_find(&m, IKE_P_TSI, NULL);
	n = ike_ts_list_parse(p->ts.list, p->ts.count, ts, 3, &why);
	ike_ts_list_print(ts, n > 0 ? (unsigned int)n : 0, text, sizeof(text));
	ktap_ok(!strcmp(text, "10.0.0.0/8[tcp/80-90] 2001:db8::/112"), text, "TSi of scapy");
	p = ike_msg_notify(&m, IKE_N_REKEY_SA, NULL);
	ktap_ok(!ike_notify_get(p, &d, &f) && d.proto == IKE_PROTO_ESP &&
		!memcmp(&d.spi, "\xde\xad\xbe\xef", 4), NULL, "IKE2-REKEY-1 REKEY_SA");
}

static void sealed(void)
{
	struct ike_buf b = hex(scapy_sk);

	ktap_ok(!ike_msg_parse(b, &m, &f) && m.sealed == IKE_P_SK && m.inner_first == IKE_P_IDI &&
		m.sk_head.n == 32 && m.sk_head.p == b.p && m.sk_body.n == 40 && m.n == 0 &&
		m.sk_body.p[0] == 0x55, NULL,
			"IKE2-SK-3 IKE2-PAY-5 SK: 32 octets before, 40 inside");
	b = hex(scapy_skf);
	ktap_ok(!ike_msg_parse(b, &m, &f) && m.sealed == IKE_P_SKF && m.frag_no == 2 &&
		m.frag_total == 3 && m.sk_head.n == 36 && m.sk_body.n == 24 && m.inner_first == 0,
		NULL, "IKE2-FRAG-2 SKF: 36 octets before, fragment 2 of 3");
	ktap_ok(!ike_msg_parse(wrap(IKE_P_SK, hex("00000004"), 0), &m, &f) && m.sk_body.n == 0 &&
		!ike_msg_parse_inner(&m, 0, hex(""), &f) && m.n == 0, NULL,
		"IKE2-SK-5 nothing inside");
	/* A Delete of the IKE SA in the clear, then SK. */
	ktap_ok(!ike_msg_parse(wrap(IKE_P_DELETE, hex("2e000008 01000000 00000004"), 0), &m, &f) &&
		m.n == 0 && m.outer == 1 && m.sk_head.n == 40 &&
		!ike_msg_find(&m, IKE_P_DELETE, NULL), NULL,
		"IKE2-SK-7 ATK-14 payloads in the clear beside SK do not count");
	ktap_ok(!ike_msg_parse(wrap(200, hex("2e800004 00000004"), 0), &m, &f) &&
		ike_msg_parse_inner(&m, 0, hex(""), &f) && f.data == 200 &&
		ike_fault_answer(&f) == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, NULL,
		"IKE2-PAY-2 unknown critical payload beside SK, once it is authenticated");
}

static void malformed(void)
{
	static const struct {
		const char *id;
		uint8_t first;
		const char *chain;
		enum ike_reason why;
	} outer[] = {
		{ "IKE2-PAY-1 ATK-08 Length 0", 43, "00000000", IKE_R_CHAIN_SHORT },
		{ "IKE2-PAY-1 ATK-08 Length 1", 43, "2b000001 00000004", IKE_R_CHAIN_SHORT },
		{ "IKE2-PAY-1 ATK-08 Length 3", 43, "2b000003 00000004", IKE_R_CHAIN_SHORT },
		{ "IKE2-PAY-1 Length 65535", 43, "0000ffff", IKE_R_CHAIN_LONG },
		{ "IKE2-PAY-1 Length + 1", 43, "00000005", IKE_R_CHAIN_LONG },
		{ "IKE2-PAY-1 header cut", 43, "000000", IKE_R_CHAIN_LONG },
		{ "IKE2-PAY-1 next payload is missing", 43, "2b000004", IKE_R_CHAIN_LONG },
		{ "IKE2-PAY-1 ATK-08 octets behind the end", 43, "00000004 00",
		  IKE_R_CHAIN_TRAILING },
		{ "IKE2-PAY-1 octets and no payload", 0, "00000004", IKE_R_CHAIN_TRAILING },
		{ "IKE2-PAY-5 ATK-09 Vendor ID behind SK", 46, "2b000004 00000004",
		  IKE_R_SK_NOT_LAST },
		{ "ATK-05 fragment number 0", 53, "00000008 00000003", IKE_R_FRAGMENT },
		{ "ATK-05 total 0", 53, "00000008 00010000", IKE_R_FRAGMENT },
		{ "ATK-05 number above total", 53, "00000008 00040003", IKE_R_FRAGMENT },
		{ "SKF without numbers", 53, "00000006 0001", IKE_R_BODY_SHORT },
	}, in[] = {
		{ "IKE2-PAY-5 ATK-09 SK inside of SK", 46, "00000004", IKE_R_NESTED },
		{ "SKF inside of SK", 53, "00000008 00010001", IKE_R_NESTED },
		{ "IKE2-PAY-7 ATK-09 two nonces", 40,
		  "28000014 00000000000000000000000000000000"
		  "00000014 00000000000000000000000000000000",
		  IKE_R_TWICE },
		{ "IKE2-PAY-7 ATK-09 two AUTH", 39, "27000009 0200000044 00000009 0200000044",
		  IKE_R_TWICE },
		{ "IKE2-INIT-2 nonce of 15", 40, "00000013 000000000000000000000000000000",
		  IKE_R_NONCE },
		{ "KE without data", 34, "00000008 001f0000", IKE_R_BODY_SHORT },
		{ "ID of 3 octets", 35, "00000007 020000", IKE_R_BODY_SHORT },
		{ "IPv4 ID of 5 octets", 35, "0000000d 01000000 0102030405", IKE_R_BODY_LENGTH },
		{ "IPv6 ID of 4 octets", 36, "0000000c 05000000 01020304", IKE_R_BODY_LENGTH },
		{ "IKE2-NULL-1 ID_NULL with data", 35, "0000000c 0d000000 01020304",
		  IKE_R_BODY_LENGTH },
		{ "FQDN without name", 35, "00000008 02000000", IKE_R_BODY_LENGTH },
		{ "CERT without data", 37, "00000005 04", IKE_R_BODY_SHORT },
		{ "AUTH without data", 39, "00000008 02000000", IKE_R_BODY_SHORT },
		{ "notify SPI longer than the payload", 41, "0000000a 03044009 aabb",
		  IKE_R_BODY_LENGTH },
		{ "notify of 3 octets", 41, "00000007 000040", IKE_R_BODY_SHORT },
		{ "IKE2-INFO-3 count above the SPIs", 42, "0000000c 03040002 01020304",
		  IKE_R_BODY_LENGTH },
		{ "IKE2-INFO-3 count below the SPIs", 42, "00000010 03040001 01020304 05060708",
		  IKE_R_BODY_LENGTH },
		{ "IKE2-INFO-3 SPI size 0 for ESP", 42, "00000008 03000001", IKE_R_BODY_LENGTH },
		{ "IKE2-INFO-3 SPI size 2 for ESP", 42, "0000000a 03020001 0102",
		  IKE_R_BODY_LENGTH },
		{ "IKE2-INFO-3 IKE with SPIs", 42, "0000000c 01040001 01020304",
		  IKE_R_BODY_LENGTH },
		{ "ATK-22 65535 SPIs", 42, "0000000c 0304ffff 01020304", IKE_R_BODY_LENGTH },
		{ "Delete of protocol 4", 42, "0000000c 04040001 01020304", IKE_R_BODY_VALUE },
		{ "IKE2-EAP-4 length above", 48, "00000009 01010006 01", IKE_R_BODY_LENGTH },
		{ "IKE2-EAP-4 length below", 48, "0000000a 01010005 0102", IKE_R_BODY_LENGTH },
		{ "IKE2-EAP-4 Success of 5", 48, "00000009 03010005 01", IKE_R_BODY_LENGTH },
		{ "IKE2-EAP-4 request without type", 48, "00000008 01010004", IKE_R_BODY_LENGTH },
		{ "IKE2-EAP-4 code 9", 48, "00000008 09010004", IKE_R_BODY_VALUE },
		{ "ATK-08 CP attribute past the end", 47, "0000000e 01000000 00010004 0102",
		  IKE_R_BODY_LENGTH },
		{ "ATK-08 CP attribute cut", 47, "0000000a 01000000 0001", IKE_R_BODY_LENGTH },
		{ "TS of 3 octets", 44, "00000007 010000", IKE_R_BODY_SHORT },
		{ "ATK-21 255 selectors", 44, "00000008 ff000000", IKE_R_SELECTORS },
		{ "SA that is empty", 33, "00000004", IKE_R_BODY_SHORT },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(outer); i++) {
		ret = ike_msg_parse(wrap(outer[i].first, hex(outer[i].chain), 0), &m, &f);
		ktap_ok(ret == -1 && f.reason == outer[i].why && !ike_fault_answer(&f) &&
			f.notify == IKE_N_INVALID_SYNTAX && !m.n, ike_reason_text(f.reason),
			"%s: unprotected, so nobody answers", outer[i].id);
	}
	for (i = 0; i < ARRAY_SIZE(in); i++) {
		ret = inner(in[i].first, in[i].chain, 0);
		ktap_ok(ret == -1 && f.reason == in[i].why && f.payload == in[i].first &&
			ike_fault_answer(&f) == IKE_N_INVALID_SYNTAX, ike_reason_text(f.reason),
			"IKE2-ERR-3 %s: INVALID_SYNTAX", in[i].id);
		inner(in[i].first, in[i].chain, IKE_F_RESPONSE);
		if (ike_fault_answer(&f))
			ktap_ok(false, NULL, "IKE2-ERR-5 %s: a response was answered", in[i].id);
	}
}

static void critical(void)
{
	ktap_ok(inner(200, "00800004", 0) && f.reason == IKE_R_CRITICAL && f.data == 200 &&
		ike_fault_answer(&f) == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, NULL,
		"IKE2-PAY-2 ATK-09 unknown and critical");
	ktap_ok(inner(5, "00800004", 0) && f.data == 5, NULL,
		"IKE2-PAY-2 a type of IKEv1, critical");
	ktap_ok(inner(200, "00800004", IKE_F_RESPONSE) && !ike_fault_answer(&f), NULL,
		"IKE2-PAY-2 in a response: fails, unanswered");
	ktap_ok(ike_msg_parse(wrap(200, hex("00800004"), 0), &m, &f) && !ike_fault_answer(&f), NULL,
		"ATK-09 unprotected: fails, unanswered");
	ktap_ok(!inner(200, "2b000006 abcd 00000005 01", 0) && m.n == 2 && m.pl[0].type == 200 &&
		m.pl[0].body.n == 2 && m.pl[0].body.p[1] == 0xcd, NULL,
		"IKE2-PAY-2 unknown and not critical is kept as it is");
	ktap_ok(!inner(IKE_P_VENDOR, "00ff0005 01", 0) && m.pl[0].critical, NULL,
		"IKE2-PAY-3 IKE2-PAY-6 critical and reserved bits of a known type mean nothing");
	ktap_ok(inner(200, "0080000801020304ff", 0) && f.reason == IKE_R_CHAIN_TRAILING, NULL,
		"IKE2-PAY-1 a broken chain is that first");
	ktap_ok(!inner(IKE_P_NOTIFY, "28000008 00004000 29000014 0102030405060708090a0b0c0d0e0f10"
		       "00000008 00004000", 0) && m.n == 3, NULL, "IKE2-PAY-4 any order");
}

static void limits(void)
{
	static const struct {
		const char *what;
		uint8_t type;
		unsigned int max;
		const char *body;
	} t[] = {
		{ "notifies", IKE_P_NOTIFY, IKE_MAX_NOTIFIES, "00004000" },
		{ "CERT", IKE_P_CERT, IKE_MAX_CERTS, "0401" },
		{ "CERTREQ", IKE_P_CERTREQ, IKE_MAX_CERTREQS, "04" },
		{ "Vendor IDs", IKE_P_VENDOR, IKE_MAX_VENDORS, "" },
		{ "Deletes", IKE_P_DELETE, IKE_MAX_DELETES, "01000000" },
		{ "unknown payloads", 222, IKE_MAX_UNKNOWN, "" },
	};
	static uint8_t buf[66000];
	struct ike_out o;
	unsigned int i, k, n;
	int ret[2];

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		for (k = 0; k < 2; k++) {
			ike_out_chain(&o, buf, sizeof(buf));
			for (n = 0; n < t[i].max + k; n++)
				ike_out_raw(&o, t[i].type, hex(t[i].body));
			inner(0, "", 0);
			ret[k] = ike_msg_parse_inner(&m, o.first,
				(struct ike_buf){ buf, ike_out_finish(&o) }, &f);
		}
		ktap_ok(!ret[0] && ret[1] && f.reason == IKE_R_TOO_MANY, NULL,
			"IKE2-PAY-7 %u %s, not one more", t[i].max, t[i].what);
	}
	ike_out_chain(&o, buf, sizeof(buf));
	for (n = 0; n < 16000; n++)
		ike_out_raw(&o, IKE_P_NONE + 99, hex(""));
	inner(0, "", 0);
	ktap_ok(ike_msg_parse_inner(&m, o.first, (struct ike_buf){ buf, ike_out_finish(&o) }, &f),
		NULL,
		"ATK-08 16000 payloads end at the limit");
}

/* Typed data: IKE_NS_FLAG and so on. Bodies are proto, SPI size, type, SPI, data. */
static void notifies(void)
{
	static const struct {
		const char *id, *body;
		bool ok;
	} t[] = {
		{ "UNSUPPORTED_CRITICAL_PAYLOAD", "00000001 c8", true },
		{ "UNSUPPORTED_CRITICAL_PAYLOAD of 0", "00000001", false },
		{ "INVALID_KE_PAYLOAD", "00000011 0014", true },
		{ "IKE2-INIT-3 INVALID_KE_PAYLOAD of 1", "00000011 14", false },
		{ "IKE2-MID-4 SET_WINDOW_SIZE", "00004001 00000004", true },
		{ "SET_WINDOW_SIZE of 3", "00004001 000004", false },
		{ "COOKIE of 1", "00004006 01", true }, { "IKE2-CKY-2 COOKIE of 0", "00004006",
		  false },
		{ "NAT detection of 19", "00004004 00000000000000000000000000000000000000", false },
		{ "REKEY_SA without SPI", "03004009", false },
		{ "REKEY_SA of IKE", "01044009 01020304", false },
		{ "CHILD_SA_NOT_FOUND", "0304002c 01020304", true },
		{ "IKE2-MOB-3 COOKIE2 of 7", "00004011 01020304050607", false },
		{ "IKE2-MOB-5 ADDITIONAL_IP4_ADDRESS", "0000400d c0000201", true },
		{ "ADDITIONAL_IP4_ADDRESS of 5", "0000400d c000020100", false },
		{ "IKE2-MOB-7 NO_NATS_ALLOWED", "00004012 c0000201 c6336401 01f4 1194", true },
		{ "NO_NATS_ALLOWED of 13", "00004012 c0000201 c6336401 01f4 1194 00", false },
		{ "IKE2-RDR-1 REDIRECT to a name", "00004017 0303 612e62 aabb", true },
		{ "REDIRECT past the end", "00004017 0309 612e62", false },
		{ "REDIRECT to an address of 3", "00004017 0103 010203", false },
		{ "IKE2-MISC-1 AUTH_LIFETIME", "00004013 00000e10", true },
		{ "IKE2-RES-1 TICKET_LT_OPAQUE", "00004019 00000e10 aa", true },
		{ "IKE2-SIG-1 odd list", "0000402f 000200", false },
		{ "IKE2-PPK-3 PPK_IDENTITY", "00004034 02 6d65", true },
		{ "PPK_IDENTITY, empty answer", "00004034", true },
		{ "PPK_IDENTITY without identity", "00004034 02", false },
		{ "IKE2-CHILD-6 IPCOMP_SUPPORTED", "00004003 abcd02", true },
		{ "IPCOMP_SUPPORTED of 2", "00004003 abcd", false },
		{ "IKE2-HA-1 message ID sync", "00004026 00000001 00000002 00000003", true },
		{ "IKE2-QCD-1 token of 15", "01004023 000102030405060708090a0b0c0d0e", false },
		{ "IKE2-CL-1 CHILDLESS with protocol 1", "01004022", true },
		{ "IKE2-ERR-4 unknown error", "00002000 aabbcc", true },
		{ "IKE2-INFO-1 unknown status", "0000f000 aabbcc", true },
		{ "NO_PROPOSAL_CHOSEN with a comment", "0000000e 6e6f", true },
	};
	struct ike_notify_data d[ARRAY_SIZE(t)];
	char chain[200];
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(chain, sizeof(chain), "0000%04zx%s", hex(t[i].body).n + 4, t[i].body);
		ret = inner(IKE_P_NOTIFY, chain, 0) ? 1 : ike_notify_get(&m.pl[0], &d[i], &f);
		ktap_ok(ret == (t[i].ok ? 0 : -1) && (!ret || f.reason == IKE_R_NOTIFY_DATA), NULL,
			"notify: %s", t[i].id);
		if (!strncmp(t[i].body, "00000001 c8", 11))
			ktap_ok(d[i].u == 200, NULL, "notify: type of the payload");
		if (strstr(t[i].body, "00000011 0014"))
			ktap_ok(d[i].u == IKE_KE_ECP384, NULL, "notify: the group");
		if (strstr(t[i].body, "1194") && t[i].ok)
			ktap_ok(d[i].src.p[0] == 192 && d[i].dst.p[0] == 198 && d[i].sport == 500 &&
				d[i].dport == 4500, NULL, "notify: addresses and ports");
		if (strstr(t[i].body, "612e62 aabb"))
			ktap_ok(d[i].gw.n == 3 && d[i].octets.n == 2 && d[i].gw_type == IKE_GW_FQDN,
				NULL,
				"notify: gateway and nonce");
		if (strstr(t[i].body, "0034 02 6d65"))
			ktap_ok(d[i].ppk_type == 2 && d[i].octets.n == 2, NULL, "notify: PPK type");
		if (strstr(t[i].body, "00000e10"))
			ktap_ok(d[i].u == 3600, NULL, "notify: seconds");
		if (strstr(t[i].body, "00000002 00000003"))
			ktap_ok(d[i].sync[0] == 1 && d[i].sync[2] == 3, NULL, "notify: counters");
	}
	ktap_ok(!inner(IKE_P_NOTIFY, "29000008 00004000 00000008 0000000e", 0) &&
		ike_msg_error(&m) == &m.pl[1], NULL, "IKE2-ERR-4 the error among notifies");
}

static void cp_lengths(void)
{
	/* IP4_ADDRESS of 5, unknown 99 of 1, reserved bit with IP6_ADDRESS of 17 */
	static const char body[] = "00000029 02000000 00010005 0102030405 00630001 aa"
		"80080011 20010db8000000000000000000000001 40 000a0001";
	struct ike_cp_attr a;
	struct ike_buf b;
	char chain[200];

	snprintf(chain, sizeof(chain), "%s00", body);
	snprintf(chain, 9, "000000%02x", (unsigned int)hex(body).n + 1);
	chain[8] = ' ';
	if (!ktap_ok(!inner(IKE_P_CP, chain, 0), ike_reason_text(f.reason), "CP with odd lengths"))
		return;
	b = m.pl[0].cp.attrs;
	ktap_ok(ike_cp_next(&b, &a) && a.type == 99 && a.value.n == 1 && ike_cp_next(&b, &a) &&
		a.type == IKE_CPA_IP6_ADDRESS && a.value.n == 17 && a.value.p[16] == 64 &&
		!ike_cp_next(&b, &a), NULL,
			"IKE2-CP-1 attributes of a wrong length are passed over");
}

static void build(void)
{
	struct ike_hdr h = { .spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 }, .version = IKE_VERSION_2,
			     .xchg = IKE_X_SA_INIT, .flags = IKE_F_INITIATOR };
	static uint8_t want[600], got[600], small[600], long_data[65532];
	size_t n = unhex(scapy_init, want), len, cap;
	struct ike_buf sa = { want + 32, 0x6c - 4 };
	unsigned int i, over = 0;
	uint8_t *body;
	struct ike_out o;

	for (cap = n; ; cap--) {
		uint8_t *p = cap == n ? got : small;

		ike_out_msg(&o, p, cap, &h);
		ike_out_raw(&o, IKE_P_SA, sa);
		ike_out_ke(&o, 31, hex("000102030405060708090a0b0c0d0e0f"
				       "101112131415161718191a1b1c1d1e1f"));
		ike_out_raw(&o, IKE_P_NONCE, hex("404142434445464748494a4b4c4d4e4f"
						 "505152535455565758595a5b5c5d5e5f"));
		ike_out_notify(&o, 16388, hex("1111111111111111111111111111111111111111"));
		ike_out_notify(&o, 16389, hex("2222222222222222222222222222222222222222"));
		ike_out_notify_flag(&o, IKE_N_FRAGMENTATION_SUPPORTED);
		ike_out_notify(&o, IKE_N_SIGNATURE_HASH_ALGORITHMS, hex("0002000300040005"));
		ike_out_raw(&o, IKE_P_VENDOR, (struct ike_buf){ (const uint8_t *)"scapy", 5 });
		len = ike_out_finish(&o);
		if (cap == n)
			ktap_ok(len == n && !memcmp(got, want, n), NULL,
				"IKE2-HDR-1 IKE2-PAY-3 IKE_SA_INIT as scapy writes it");
		else
			over += len != 0 || small[cap] != 0;
		if (!cap)
			break;
		memset(small, 0, sizeof(small));
	}
	ktap_ok(!over, NULL, "a buffer of any smaller size is neither overrun nor filled");

	n = unhex(scapy_inner, want);
	ike_out_chain(&o, got, sizeof(got));
	ike_out_id(&o, IKE_P_IDI, IKE_ID_FQDN, (struct ike_buf){ (const uint8_t *)"moon.example",
		12 });
	ike_out_cert(&o, IKE_P_CERTREQ, 4, hex("3333333333333333333333333333333333333333"));
	ike_out_id(&o, IKE_P_IDR, IKE_ID_IPV4, hex("c0000201"));
	ike_out_auth(&o, IKE_AUTH_PSK, hex("4444444444444444444444444444444444444444444444444444"
					   "444444444444"));
	ike_out_cp_begin(&o, IKE_CP_REQUEST);
	ike_out_cp_attr(&o, 1, hex(""));
	ike_out_cp_attr(&o, 3, hex("08080404"));
	ike_out_end(&o);
	len = ike_out_finish(&o);
	want[0x14 + 0x19 + 0x0c + 0x28] = 0;	/* the CP is the last here */
	ktap_ok(len == 0x14 + 0x19 + 0x0c + 0x28 + 0x14 && o.first == IKE_P_IDI &&
		!memcmp(got, want, len) && len < n, NULL, "inner payloads as scapy writes them");

	n = unhex(scapy_sk, want);
	memcpy(h.spi_r, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
	h.xchg = IKE_X_AUTH;
	h.mid = 1;
	ike_out_msg(&o, got, sizeof(got), &h);
	body = ike_out_sk(&o, IKE_P_IDI, 40);
	memset(body, 0x55, 40);
	ktap_ok(ike_out_finish(&o) == n && !memcmp(got, want, n), NULL, "IKE2-PAY-5 SK as scapy");
	n = unhex(scapy_skf, want);
	h.flags = IKE_F_RESPONSE;
	ike_out_msg(&o, got, sizeof(got), &h);
	body = ike_out_skf(&o, IKE_P_IDR, 2, 3, 24);
	memset(body, 0x66, 24);
	ktap_ok(ike_out_finish(&o) == n && !memcmp(got, want, n), NULL, "IKE2-FRAG-2 SKF as scapy");
	ike_out_msg(&o, got, sizeof(got), &h);
	ktap_ok(ike_out_skf(&o, IKE_P_IDR, 1, 3, 24) && got[28] == IKE_P_IDR, NULL,
		"IKE2-FRAG-2 fragment 1 has the first inner type");
	ike_out_msg(&o, got, sizeof(got), &h);
	ktap_ok(!ike_out_sk(&o, IKE_P_IDR, sizeof(got)) && !ike_out_finish(&o), NULL,
		"SK without room");
	ike_out_chain(&o, dgram, sizeof(dgram));
	ike_out_raw(&o, IKE_P_VENDOR, (struct ike_buf){ long_data, 65532 });
	ktap_ok(!ike_out_finish(&o), NULL, "a payload of more than 65535 octets is not written");

	ike_out_chain(&o, got, sizeof(got));
	ike_out_delete(&o, IKE_PROTO_ESP, (const uint32_t[]){ 1, 2 }, 2);
	ike_out_delete(&o, IKE_PROTO_IKE, NULL, 0);
	ike_out_notify_spi(&o, IKE_N_REKEY_SA, IKE_PROTO_ESP, 7, hex(""));
	len = ike_out_finish(&o);
	inner(0, "", 0);
	i = (unsigned int)ike_msg_parse_inner(&m, o.first, (struct ike_buf){ got, len }, &f);
	ktap_ok(!i && m.n == 3 && m.pl[0].del.count == 2 && ike_delete_spi(&m.pl[0], 1) == 2 &&
		ike_delete_spi(&m.pl[0], 2) == 0 && m.pl[1].del.proto == IKE_PROTO_IKE &&
		m.pl[2].notify.spi.n == 4, NULL, "IKE2-INFO-3 Deletes, there and back");
	ktap_ok(!strcmp(ike_name_notify(IKE_N_TS_UNACCEPTABLE), "TS_UNACCEPTABLE") &&
		!strcmp(ike_name_payload(53), "SKF") && !strcmp(ike_name_xchg(99), "unknown"), NULL,
		"names");
}

/* Every message of every prefix and with every octet changed: no fault of ours. */
static void mutate(void)
{
	static const char *const v[] = { scapy_init, scapy_sk, scapy_skf };
	static uint8_t b[600];
	unsigned int i, k, x, bad = 0;
	size_t n;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		n = unhex(v[i], b);
		for (k = 0; k < n; k++)
			bad += !ike_msg_parse((struct ike_buf){ b, k }, &m, &f);
		for (k = 0; k < n; k++)
			for (x = 1; x < 256; x = x * 2 + 1) {
				b[k] ^= (uint8_t)x;
				if (ike_msg_parse((struct ike_buf){ b, n }, &m, &f))
					bad += f.reason == IKE_R_OK || m.n;
				b[k] ^= (uint8_t)x;
			}
	}
	ktap_ok(!bad, NULL, "ATK-08 cut and changed messages: every refusal has a reason");
}

int main(void)
{
	ktap_begin();
	header();
	init_message();
	auth_message();
	sealed();
	malformed();
	critical();
	limits();
	notifies();
	cp_lengths();
	build();
	mutate();
	return ktap_end();
}
