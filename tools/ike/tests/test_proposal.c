// SPDX-License-Identifier: GPL-2.0
/*
 * Proposals. Octets are written by hand from RFC 7296 3.3 and the registry, or
 * come from messages.h.
 */
#include "../../tests/ktap.h"
#include "../codec.h"
#include "../proposal.h"
#include "messages.h"

#define MAX 8

static char err[300], text[2000];
static struct ike_proposal ours[MAX], theirs[IKE_MAX_PROPOSALS], chosen;

static void strings(void)
{
	static const struct {
		uint8_t proto;
		unsigned int flags;
		const char *id, *in, *out;	/* out: "" refused */
	} t[] = {
		{ 1, 0, "prf follows", "aes128-sha256-modp2048",
		  "IKE:aes128-sha256-modp2048-prfsha256" },
		{ 1, 0, "IKE2-SA-4 AEAD without integ", "aes256gcm16-sha384-ecp384",
		  "IKE:aes256gcm16-ecp384-prfsha384" },
		{ 1, 0, "IKE2-MKE-1 hybrid", "aes128gcm16-prfsha256-x25519-ke1_mlkem768",
		  "IKE:aes128gcm16-prfsha256-x25519-ke1_mlkem768" },
		{ 1, 0, "IKE2-MKE-1 optional step",
			"aes128gcm16-prfsha256-x25519-ke2_mlkem768-ke2_none",
		  "IKE:aes128gcm16-prfsha256-x25519-ke2_mlkem768-ke2_none" },
		{ 1, 0, "two in a list", "aes128-sha1, aes128-sha256-ecp256", "" },
		{ 1, 0, "list", "aes128-sha256-ecp256 , chacha20poly1305-prfsha256-x448",
		  "IKE:aes128-sha256-ecp256-prfsha256,chacha20poly1305-prfsha256-x448" },
		{ 1, 0, "aliases", "aes-sha2_256-curve25519",
			"IKE:aes128-sha256-x25519-prfsha256" },
		{ 3, 0, "noesn follows", "aes128gcm16", "ESP:aes128gcm16-noesn" },
		{ 3, 0, "esn and noesn", "aes256-sha512-ecp521-esn-noesn",
		  "ESP:aes256-sha512-ecp521-esn-noesn" },
		{ 3, 0, "ESP AEAD drops integ", "aes128gcm16-sha256-x25519-esn",
		  "ESP:aes128gcm16-x25519-esn" },
		{ 3, 0, "IKE2-SA-8 PFS optional", "aes128gcm128-none-x25519",
		  "ESP:aes128gcm16-none-x25519-noesn" },
		{ 2, 0, "AH", "sha256", "AH:sha256-noesn" },
		{ 1, 0, "IKE2-ALG-1 default", "default",
		  "IKE:aes256gcm16-chacha20poly1305-aes128gcm16-prfsha256-prfsha384-prfsha512-"
		  "x25519-ecp256-ecp384-ecp521-x448-modp3072-modp4096-modp2048,"
		  "aes256-aes128-sha256-sha384-sha512-prfsha256-prfsha384-prfsha512-"
		  "x25519-ecp256-ecp384-ecp521-x448-modp3072-modp4096-modp2048" },
		{ 3, 0, "IKE2-ALG-1 default", "aes128ctr-sha256,default",
		  "ESP:aes128ctr-sha256-noesn,aes256gcm16-chacha20poly1305-aes128gcm16-esn-noesn,"
		  "aes256-aes128-sha256-sha384-sha512-esn-noesn" },
		{ 2, 0, "default", "default", "AH:sha256-sha384-sha512-esn-noesn" },
		{ 1, 0, "IKE2-SA-4 mixed", "aes128-aes128gcm16-sha256-x25519", "" },
		{ 1, 0, "IKE2-ALG-6 AEAD without PRF", "aes128gcm16-x25519", "" },
		{ 1, 0, "IKE without KE", "aes128-sha256", "" },
		{ 1, 0, "IKE without cipher", "sha256-x25519", "" },
		{ 1, 0, "IKE2-SA-9 KE none", "aes128-sha256-none", "" },
		{ 1, 0, "IKE2-SA-9 null", "null-sha256-x25519", "" },
		{ 1, 1, "IKE2-SA-9 null with consent", "null-sha256-x25519", "" },
		{ 1, 0, "esn in IKE", "aes128-sha256-x25519-esn", "" },
		{ 1, 0, "IKE2-ALG-2 3des", "3des-sha256-x25519", "" },
		{ 1, 1, "IKE2-ALG-2 3des with consent", "3des-sha256-x25519",
		  "IKE:3des-sha256-x25519-prfsha256" },
		{ 1, 0, "IKE2-ALG-2 sha1", "aes128-sha1-x25519", "" },
		{ 1, 1, "IKE2-ALG-2 sha1 with consent", "aes128-sha1-modp1024",
		  "IKE:aes128-sha1-modp1024-prfsha1" },
		{ 1, 0, "IKE2-ALG-2 modp1536", "aes128-sha256-modp1536", "" },
		{ 1, 0, "IKE2-ALG-2 modp2048s256", "aes128-sha256-modp2048s256", "" },
		{ 1, 1, "IKE2-ALG-2 des", "des-sha256-x25519", "" },
		{ 1, 1, "IKE2-ALG-2 md5", "aes128-md5-x25519", "" },
		{ 1, 1, "IKE2-ALG-2 prfmd5", "aes128-sha256-prfmd5-x25519", "" },
		{ 1, 1, "IKE2-ALG-2 modp768", "aes128-sha256-modp768", "" },
		{ 1, 1, "IKE2-ALG-2 modp1024s160", "aes128-sha256-modp1024s160", "" },
		{ 1, 1, "gmac in IKE", "aes128gmac-prfsha256-x25519", "" },
		{ 3, 1, "IKE2-ALG-3 cipher alone", "aes128", "" },
		{ 3, 1, "IKE2-ALG-3 null alone", "null", "" },
		{ 3, 1, "null with consent", "null-sha256", "ESP:null-sha256-noesn" },
		{ 3, 0, "prf in ESP", "aes128-sha256-prfsha256", "" },
		{ 2, 0, "cipher in AH", "aes128-sha256", "" },
		{ 1, 0, "IKE2-MKE-2 same method twice",
		  "aes128gcm16-prfsha256-x25519-ke1_x25519", "" },
		{ 1, 0, "ke8", "aes128gcm16-prfsha256-x25519-ke8_mlkem768", "" },
		{ 1, 0, "ke1 of a cipher", "aes128gcm16-prfsha256-x25519-ke1_aes128", "" },
		{ 1, 0, "unknown word", "aes128-sha256-x25519-blah", "" },
		{ 1, 0, "empty", "", "" }, { 1, 0, "blank", "aes128 sha256", "" },
		{ 1, 0, "dashes", "---", "" }, { 1, 0, "commas", ",,", "" },
	};
	unsigned int i;
	int n;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		err[0] = '\0';
		n = ike_proposal_read(ours, MAX, t[i].proto, t[i].in, t[i].flags, err, sizeof(err));
		snprintf(text, sizeof(text), "%s", err);
		if (n > 0)
			ike_proposals_print(ours, (unsigned int)n, text, sizeof(text));
		ktap_ok(*t[i].out ? n > 0 && !strcmp(text, t[i].out) : n < 0 && *err, text,
			"proposal string: %s \"%s\"", t[i].id, t[i].in);
	}
	n = ike_proposal_read(ours, MAX, 1, "aes128-sha1-modp2048,default", 1, err, sizeof(err));
	ktap_ok(n == 3 && ours[0].weak && !ours[1].weak && !ours[2].weak && ours[0].num == 1 &&
		ours[2].num == 3, err, "proposal string: weak one flagged, numbers from 1");
	ktap_ok(ike_proposal_read(ours, 2, 1, "default,default", 0, err, sizeof(err)) < 0, NULL,
		"proposal string: more than there is room for");
	ike_proposal_read(ours, 1, 3, "aes128gcm16-x25519-ke1_mlkem768", 0, err, sizeof(err));
	ike_proposal_drop_ke(&ours[0]);
	ktap_ok(!strcmp(ike_proposal_print(&ours[0], text, sizeof(text)), "aes128gcm16-noesn"),
		text, "IKE2-SA-8 key exchanges taken out for IKE_AUTH");
}

/* ENCR 20/256, 28; PRF 5; KE 31; then what is wrong. By hand. */
static void wire(void)
{
	static const struct {
		const char *name, *hex;
		int n;
		enum ike_reason why;
	} t[] = {
		{ "one", "00000014 01010001 0000000c 0100000c 800e0080", 1, 0 },
		{ "IKE2-SA-2 answer with number 7", "00000014 07010001 0000000c 0100000c 800e0080",
		  1, 0 },
		{ "IKE2-SA-2 two", "02000010 01010001 00000008 01000003"
		  "00000010 02010001 00000008 01000003", 2, 0 },
		{ "IKE2-SA-2 numbers 1 3", "02000010 01010001 00000008 01000003"
		  "00000010 03010001 00000008 01000003", -1, IKE_R_BODY_VALUE },
		{ "IKE2-SA-2 last proposal says more", "02000010 01010001 00000008 01000003",
		  -1, IKE_R_BODY_SHORT },
		{ "IKE2-SA-2 octets behind the last",
		  "00000010 01010001 00000008 01000003 00000000", -1, IKE_R_BODY_LENGTH },
		{ "IKE2-SA-2 Last is 1", "01000010 01010001 00000008 01000003", -1,
		  IKE_R_BODY_VALUE },
		{ "IKE2-SA-2 too few transforms", "00000010 01010002 03000008 01000003", -1,
		  IKE_R_BODY_SHORT },
		{ "IKE2-SA-2 too many transforms",
		  "00000018 01010001 00000008 01000003 00000008 02000005", -1,
		  IKE_R_BODY_LENGTH },
		{ "IKE2-SA-2 last transform says more", "00000010 01010001 03000008 01000003", -1,
		  IKE_R_BODY_VALUE },
		{ "IKE2-SA-2 no transform", "00000008 01010000", -1, IKE_R_BODY_VALUE },
		{ "ATK-08 proposal of length 7", "00000007 01010000", -1, IKE_R_BODY_LENGTH },
		{ "ATK-08 proposal longer than the payload",
		  "00000011 01010001 00000008 01000003", -1, IKE_R_BODY_LENGTH },
		{ "ATK-08 transform of length 0", "00000010 01010001 00000000 01000003", -1,
		  IKE_R_BODY_LENGTH },
		{ "ATK-08 transform longer than the proposal",
		  "00000010 01010001 0000000c 01000003", -1, IKE_R_BODY_LENGTH },
		{ "ATK-08 attribute cut", "00000012 01010001 0000000a 0100000c 800e", -1,
		  IKE_R_BODY_LENGTH },
		{ "ATK-08 TLV attribute past the end",
		  "00000014 01010001 0000000c 0100000c 000e0080", -1, IKE_R_BODY_LENGTH },
		{ "IKE2-SA-3 SPI of 3", "00000013 01010301 aabbcc 00000008 01000003", -1,
		  IKE_R_BODY_VALUE },
		{ "IKE2-SA-3 ESP without SPI", "00000010 01030001 00000008 01000003", -1,
		  IKE_R_BODY_VALUE },
		{ "IKE2-SA-3 ESP with 4",
		  "00000014 01030401 01020304 00000008 01000003", 1, 0 },
		{ "IKE2-SA-3 IKE rekey with 8",
		  "00000018 01010801 0102030405060708 00000008 01000003", 1, 0 },
		{ "SPI longer than the proposal", "0000000a 01090a01 0102", -1, IKE_R_BODY_LENGTH },
		{ "ATK-07 200 transforms", "00000010 010100c8 03000008 01000003", -1,
		  IKE_R_PROPOSALS },
		{ "empty", "", -1, IKE_R_BODY_SHORT },
	};
	enum ike_reason why;
	unsigned int i, k;
	static uint8_t big[33 * 16];
	int n;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		n = ike_sa_parse(hex(t[i].hex), theirs, IKE_MAX_PROPOSALS, &why);
		snprintf(text, sizeof(text), "%d: %s", n, ike_reason_text(why));
		ktap_ok(n == t[i].n && why == t[i].why, text, "SA octets: %s", t[i].name);
	}
	for (i = 0; i < 33; i++) {
		k = (unsigned int)unhex("02000010 01010001 00000008 01000003", big + i * 16);
		big[i * 16 + 4] = (uint8_t)(i + 1);
	}
	big[32 * 16] = 0;
	n = ike_sa_parse((struct ike_buf){ big, 33 * k }, NULL, 0, &why);
	ktap_ok(n == -1 && why == IKE_R_PROPOSALS, NULL, "SA octets: ATK-07 33 proposals");
	big[31 * 16] = 0;
	n = ike_sa_parse((struct ike_buf){ big, 32 * k }, NULL, 0, &why);
	ktap_ok(n == 32, ike_reason_text(why), "SA octets: 32 proposals");
}

static void build(void)
{
	static const char in[] =
		"aes256gcm16-chacha20poly1305-prfsha256-x25519-ke1_mlkem768-ke1_none,"
		"aes128-sha256-prfsha256-modp2048";
	static uint8_t msg[1000], out[300];
	size_t len = unhex(scapy_init, msg), n;
	struct ike_out o;

	(void)len;
	n = (size_t)ike_proposal_read(ours, MAX, IKE_PROTO_IKE, in, 0, err, sizeof(err));
	ike_out_chain(&o, out, sizeof(out));
	ike_out_sa(&o, ours, (unsigned int)n, NULL, 0);
	n = ike_out_finish(&o);
	out[0] = IKE_P_KE;
	ktap_ok(n == 0x6c && !memcmp(out, msg + 28, n), err,
		"IKE2-SA-2 IKE2-SA-5 an SA payload as scapy writes it");
	ike_out_chain(&o, out, 50);
	ike_out_sa(&o, ours, 2, NULL, 0);
	ktap_ok(!ike_out_finish(&o), NULL, "SA octets: no room");
}

/* An offer as text, through octets, so that what is chosen from was parsed. */
static unsigned int offer(uint8_t proto, const char *s)
{
	static struct ike_proposal p[MAX];
	static uint8_t buf[4000];
	uint8_t size = proto == IKE_PROTO_IKE ? 0 : 4;
	enum ike_reason why;
	struct ike_out o;
	size_t len;
	int n;

	n = ike_proposal_read(p, MAX, proto, s, IKE_PROPOSAL_WEAK, err, sizeof(err));
	if (n < 0) {
		ktap_ok(false, err, "cannot read %s", s);
		return 0;
	}
	ike_out_chain(&o, buf, sizeof(buf));
	ike_out_sa(&o, p, (unsigned int)n, "\xca\xfe\xba\xbe", size);
	len = ike_out_finish(&o);
	n = ike_sa_parse((struct ike_buf){ buf + 4, len - 4 }, theirs, IKE_MAX_PROPOSALS, &why);
	return n < 0 ? 0 : (unsigned int)n;
}

static void choose(void)
{
	static const struct {
		const char *id;
		uint8_t proto;
		const char *ours, *theirs;
		unsigned int flags;
		const char *want;	/* "!": no, and the text has the rest */
	} t[] = {
		{ "IKE2-SA-1 one of each type", 1, "default",
		  "aes128-aes256-sha256-sha512-modp2048-ecp256",
		  0, "1:IKE:aes256-prfsha256-sha256-ecp256" },
		{ "IKE2-SA-1 their order", 1, "default",
		  "aes128-aes256-sha256-sha512-modp2048-ecp256",
		  IKE_CHOOSE_THEIRS, "1:IKE:aes128-prfsha256-sha256-modp2048" },
		{ "IKE2-SA-1 number of the second", 1, "aes256gcm16-prfsha256-x25519",
		  "aes128-sha256-x25519,aes256gcm16-prfsha256-x25519", 0,
		  "2:IKE:aes256gcm16-prfsha256-x25519" },
		{ "IKE2-SA-5 key lengths differ", 1, "aes256-sha256-x25519", "aes128-sha256-x25519",
		  0,
		  "!encryption of proposal 1: aes128 offered, aes256 accepted" },
		{ "first difference: integrity", 1, "aes128-sha512-prfsha256-x25519",
		  "aes128-sha256-x25519", 0,
		  "!integrity of proposal 1: sha256 offered, sha512 accepted" },
		{ "first difference: KE of the nearest", 1, "aes128-sha256-x25519-x448",
		  "chacha20poly1305-prfsha256-x25519,aes128-sha256-ecp384-modp2048", 0,
		  "!key exchange of proposal 2: ecp384/modp2048 offered, x25519/x448 accepted" },
		{ "first difference: PRF", 1, "aes128gcm16-prfsha384-x25519",
		  "aes128gcm16-prfsha256-x25519", 0,
		  "!PRF of proposal 1: prfsha256 offered, prfsha384 accepted" },
		{ "text has both lists", 1, "aes128gcm16-prfsha384-x25519",
		  "aes128gcm16-prfsha256-x25519", 0,
		  "!peer offers IKE:aes128gcm16-prfsha256-x25519; "
		  "we accept IKE:aes128gcm16-prfsha384-x25519; first" },
		{ "IKE2-ALG-2 3des alone", 1, "default", "3des-sha256-modp2048", 0, "!encryption" },
		{ "IKE2-ALG-2 modp1024 alone", 1, "default", "aes128-sha256-modp1024", 0,
		  "!key exchange of proposal 1: modp1024 offered" },
		{ "ESP with SPI", 3, "default", "aes128gcm16-noesn", 0, "1:ESP:aes128gcm16-noesn" },
		{ "ESN differs", 3, "aes128gcm16-esn", "aes128gcm16-noesn", 0,
		  "!ESN of proposal 1: noesn offered, esn accepted" },
		{ "IKE2-SA-8 PFS wanted, none offered", 3, "aes128gcm16-x25519", "aes128gcm16", 0,
		  "!key exchange of proposal 1: none offered, x25519 accepted" },
		{ "IKE2-SA-8 PFS offered, none wanted", 3, "aes128gcm16", "aes128gcm16-x25519", 0,
		  "!key exchange of proposal 1: x25519 offered, none accepted" },
		{ "IKE2-SA-8 PFS optional for them", 3, "aes128gcm16", "aes128gcm16-x25519-none", 0,
		  "1:ESP:aes128gcm16-none-noesn" },
		{ "IKE2-SA-8 PFS optional for us", 3, "aes128gcm16-x25519-none", "aes128gcm16", 0,
		  "1:ESP:aes128gcm16-noesn" },
		{ "IKE2-SA-8 IKE_AUTH without KE", 3, "aes128gcm16-x25519", "aes128gcm16",
		  IKE_CHOOSE_NO_KE, "1:ESP:aes128gcm16-noesn" },
		{ "IKE2-SA-8 IKE_AUTH with KE", 3, "aes128gcm16-x25519", "aes128gcm16-x25519",
		  IKE_CHOOSE_NO_KE, "!key exchange of proposal 1: x25519 offered, none accepted" },
		{ "IKE2-MKE-1 hybrid", 1, "aes128gcm16-prfsha256-x25519-ke1_mlkem768",
		  "aes128gcm16-prfsha256-x25519-ke1_mlkem768,aes128gcm16-prfsha256-x25519", 0,
		  "1:IKE:aes128gcm16-prfsha256-x25519-ke1_mlkem768" },
		{ "IKE2-MKE-1 old responder takes the one without", 1,
		  "aes128gcm16-prfsha256-x25519",
		  "aes128gcm16-prfsha256-x25519-ke1_mlkem768,aes128gcm16-prfsha256-x25519", 0,
		  "2:IKE:aes128gcm16-prfsha256-x25519" },
		{ "IKE2-MLKEM-5 hybrid required", 1, "aes128gcm16-prfsha256-x25519-ke1_mlkem768",
		  "aes128gcm16-prfsha256-x25519", 0,
		  "!additional key exchange 1 of proposal 1: none offered, ke1_mlkem768 accepted" },
		{ "IKE2-MKE-1 NONE is echoed", 1, "aes128gcm16-prfsha256-x25519",
		  "aes128gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none", 0,
		  "1:IKE:aes128gcm16-prfsha256-x25519-ke1_none" },
	};
	unsigned int i, k, n;
	char *at;
	int ret;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		n = offer(t[i].proto, t[i].theirs);
		k = (unsigned int)ike_proposal_read(ours, MAX, t[i].proto, t[i].ours, 0, err,
						    sizeof(err));
		ret = ike_proposal_choose(ours, k, theirs, n, t[i].flags, &chosen, text,
					  sizeof(text));
		if (!ret) {
			at = text + sprintf(text, "%u:", chosen.num);
			ike_proposals_print(&chosen, 1, at, sizeof(text) - 10);
			if (t[i].proto == 3 && memcmp(chosen.spi, "\xca\xfe\xba\xbe", 4))
				strcat(text, " SPI lost");
		}
		ktap_ok(*t[i].want == '!' ? ret && strstr(text, t[i].want + 1) :
			!ret && !strcmp(text, t[i].want), text, "choose: %s", t[i].id);
	}
}

/* Offers that our own strings cannot make, in octets. */
static void choose_odd(void)
{
	static const struct {
		const char *id, *hex;
		const char *ours;
		int num;		/* 0: none */
		uint16_t encr, integ;
	} t[] = {
		{ "IKE2-SA-4 mixed offer, AEAD with NONE",
		  "00000044 01030406 01020304 0300000c 01000014 800e0080 0300000c 0100000c 800e0080"
		  "03000008 03000000 03000008 0300000c 03000008 05000001 00000008 05000000",
		  "aes128gcm16", 1, IKE_ENCR_AES_GCM_16, IKE_INTEG_NONE },
		{ "IKE2-SA-4 mixed offer, classic with SHA-256",
		  "00000044 01030406 01020304 0300000c 01000014 800e0080 0300000c 0100000c 800e0080"
		  "03000008 03000000 03000008 0300000c 03000008 05000001 00000008 05000000",
		  "aes128-sha256", 1, IKE_ENCR_AES_CBC, IKE_INTEG_HMAC_SHA2_256_128 },
		{ "IKE2-SA-4 AEAD with a real INTEG only",
		  "00000028 01030403 01020304 0300000c 01000014 800e0080 03000008 0300000c"
		  "00000008 05000000", "aes128gcm16", 0, 0, 0 },
		{ "IKE2-ALG-3 AES-CBC with INTEG NONE",
		  "00000028 01030403 01020304 0300000c 0100000c 800e0080 03000008 03000000"
		  "00000008 05000000", "aes128-sha256", 0, 0, 0 },
		{ "IKE2-SA-5 AES without key length",
		  "00000024 01030403 01020304 03000008 0100000c 03000008 0300000c"
		  "00000008 05000000", "aes128-sha256", 0, 0, 0 },
		{ "IKE2-SA-5 ChaCha20 with key length",
		  "00000020 01030402 01020304 0300000c 0100001c 800e0100 00000008 05000000",
		  "chacha20poly1305", 0, 0, 0 },
		{ "IKE2-SA-6 unknown attribute spoils the transform, not the next",
		  "00000030 01030403 01020304 03000010 01000014 800e0080 80630001"
		  "0300000c 01000014 800e0080 00000008 05000000", "aes128gcm16", 1,
		  IKE_ENCR_AES_GCM_16, 0 },
		{ "IKE2-SA-6 unknown transform ID is passed over",
		  "00000030 01030404 01020304 03000008 010003e7 0300000c 01000014 800e0080"
		  "03000008 050003e7 00000008 05000000", "aes128gcm16", 1, IKE_ENCR_AES_GCM_16, 0 },
		{ "IKE2-SA-6 unknown type spoils proposal 1, proposal 2 wins",
		  "02000028 01030403 01020304 0300000c 01000014 800e0080 03000008 63000001"
		  "00000008 05000000"
		  "00000028 02030403 01020304 0300000c 01000014 800e0080 03000008 050003e7"
		  "00000008 05000000", "aes128gcm16", 2, IKE_ENCR_AES_GCM_16, 0 },
		{ "IKE2-SA-9 ESP without ESN transform",
		  "00000018 01030401 01020304 0000000c 01000014 800e0080", "aes128gcm16", 0, 0, 0 },
		{ "IKE2-SA-1 an IKE offer for ESP",
		  "0000001c 01010002 0300000c 01000014 800e0080 00000008 05000000",
		  "aes128gcm16", 0, 0, 0 },
	};
	const struct ike_transform *e, *a;
	enum ike_reason why;
	unsigned int i;
	int n, ret;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		n = ike_sa_parse(hex(t[i].hex), theirs, IKE_MAX_PROPOSALS, &why);
		if (n < 0) {
			ktap_ok(false, ike_reason_text(why), "choose: %s", t[i].id);
			continue;
		}
		ike_proposal_read(ours, MAX, 3, t[i].ours, 0, err, sizeof(err));
		ret = ike_proposal_choose(ours, 1, theirs, (unsigned int)n, 0, &chosen, text,
					  sizeof(text));
		e = ret ? NULL : ike_proposal_get(&chosen, IKE_T_ENCR);
		a = ret ? NULL : ike_proposal_get(&chosen, IKE_T_INTEG);
		ktap_ok(t[i].num ? e && chosen.num == t[i].num && e->id == t[i].encr &&
			(a ? a->id : 0) == t[i].integ : ret && *text, text, "choose: %s", t[i].id);
	}
}

/* Two steps with the same set: greedy choice alone would run into itself. */
static void choose_steps(void)
{
	struct ike_proposal a = { .num = 1, .proto = 1 }, b;
	unsigned int i, k;

	ike_proposal_add(&a, IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128);
	ike_proposal_add(&a, IKE_T_PRF, IKE_PRF_HMAC_SHA2_256, 0);
	ike_proposal_add(&a, IKE_T_KE, IKE_KE_X25519, 0);
	ike_proposal_add(&a, IKE_T_KE, IKE_KE_ECP256, 0);
	ike_proposal_add(&a, IKE_T_ADDKE1, IKE_KE_X25519, 0);
	b = a;
	ktap_ok(!ike_proposal_choose(&a, 1, &b, 1, 0, &chosen, text, sizeof(text)) &&
		ike_proposal_get(&chosen, IKE_T_KE)->id == IKE_KE_ECP256 &&
		ike_proposal_get(&chosen, IKE_T_ADDKE1)->id == IKE_KE_X25519, text,
		"IKE2-MKE-2 steps get different methods");
	a.t[3] = a.t[--a.n];
	b = a;
	ktap_ok(ike_proposal_choose(&a, 1, &b, 1, 0, &chosen, text, sizeof(text)) &&
		strstr(text, "additional key exchange 1"), text,
		"IKE2-MKE-2 the same method twice cannot be avoided");
	/* Seven steps, the same six methods in each: no way, and it ends at once. */
	for (k = 0; k < 7; k++)
		for (i = 0; i < 6; i++)
			ike_proposal_add(&a, (uint8_t)(IKE_T_ADDKE1 + k), (uint16_t)(14 + i), 0);
	b = a;
	ktap_ok(ike_proposal_choose(&a, 1, &b, 1, 0, &chosen, text, sizeof(text)), NULL,
		"ATK-07 no exponential search among steps");
}

static void verify(void)
{
	static const struct {
		const char *id, *drop, *add;	/* hex type, id, keylen: 1, 2, 2 octets */
		uint8_t num;
		bool ok;
	} t[] = {
		{ "what was offered", "", "", 1, true },
		{ "IKE2-SA-7 another number", "", "", 2, false },
		{ "IKE2-SA-7 an unoffered cipher", "01", "01 000c 0080", 1, false },
		{ "IKE2-SA-7 another key length", "01", "01 0014 00c0", 1, false },
		{ "IKE2-SA-7 two ciphers", "", "01 0014 0080", 1, false },
		{ "IKE2-SA-7 no cipher", "01", "", 1, false },
		{ "IKE2-SA-7 no PRF", "02", "", 1, false },
		{ "IKE2-SA-7 no KE", "04", "", 1, false },
		{ "IKE2-SA-7 INTEG added", "", "03 000c 0000", 1, false },
		{ "IKE2-SA-7 unknown type added", "", "63 0001 0000", 1, false },
		{ "IKE2-MKE-1 optional step left out", "06", "", 1, true },
		{ "IKE2-MKE-1 optional step refused", "06", "06 0000 0000", 1, true },
		{ "IKE2-MKE-2 same method twice", "06", "06 001f 0000", 1, false },
	};
	static const char in[] =
		"aes256gcm16-aes128gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none-ke1_x448";
	struct ike_proposal a;
	struct ike_buf add;
	unsigned int i, k, n;
	int ret;

	ike_proposal_read(ours, MAX, 1, in, 0, err, sizeof(err));
	ike_proposal_add(&ours[0], IKE_T_ADDKE1, IKE_KE_X25519, 0);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		offer(1, "aes256gcm16-prfsha256-x25519-ke1_mlkem768");
		a = theirs[0];
		a.num = t[i].num;
		add = hex(t[i].drop);
		for (k = n = 0; add.n && k < a.n; k++)
			if (a.t[k].type != add.p[0])
				a.t[n++] = a.t[k];
		a.n = add.n ? (uint8_t)n : a.n;
		add = hex(t[i].add);
		if (add.n)
			a.t[a.n++] = (struct ike_transform){
				.type = add.p[0], .id = (uint16_t)(add.p[1] << 8 | add.p[2]),
				.keylen = (uint16_t)(add.p[3] << 8 | add.p[4]),
			};
		text[0] = '\0';
		ret = ike_proposal_verify(ours, 1, &a, text, sizeof(text));
		ktap_ok(t[i].ok ? !ret : ret && *text, text, "verify: %s", t[i].id);
	}
	ike_proposal_read(ours, MAX, 3, "aes128-sha256-noesn-esn", 0, err, sizeof(err));
	offer(3, "aes128-sha256-noesn");
	ktap_ok(!ike_proposal_verify(ours, 1, &theirs[0], text, sizeof(text)), text,
		"verify: ESP");
	a = theirs[0];
	a.n = 2;
	ktap_ok(ike_proposal_verify(ours, 1, &a, text, sizeof(text)), NULL,
		"verify: IKE2-SA-9 ESP without ESN");
	a = theirs[0];
	a.t[1] = a.t[--a.n];
	ktap_ok(ike_proposal_verify(ours, 1, &a, text, sizeof(text)), NULL,
		"verify: IKE2-SA-7 IKE2-ALG-3 ESP without INTEG");
}

int main(void)
{
	ktap_begin();
	strings();
	wire();
	build();
	choose();
	choose_odd();
	choose_steps();
	verify();
	return ktap_end();
}
