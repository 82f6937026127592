// SPDX-License-Identifier: GPL-2.0
/*
 * The grammar: the message that a line makes, octet by octet, written down by
 * hand; the complaint about a line that is wrong; and that no word of the
 * grammar goes without a test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "fake.h"
#include "ktap.h"

/* Numbers are attribute types of nfsec.h, values are little endian. */
static const struct {
	const char *line;
	unsigned int cmd;
	const char *attrs;
} messages[] = {
	{
	  "state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001 mode tunnel reqid 7 aead rfc4106(gcm(aes)) 0x0102 128",
	  NFSEC_CMD_SA_NEW,
	  "2=0a000001 3=0a000002 4=32 5=01100000 6=01 7=07000000 10={1=726663343130362867636d28616573292900 2=0102 3=80000000}" },
	{ "state update dst ::1 proto ah spi 256 auth hmac(md5) 0x123 limit time-hard 258",
	  NFSEC_CMD_SA_UPDATE,
	  "3=00000000000000000000000000000001 4=33 5=00010000 11={1=686d6163286d64352900 2=0123} 17={6=0201000000000000}" },
	{
	  "state add dst 1.2.3.4 proto esp spi 300 enc e k auth-trunc a 0x 96 flag esn extra-flag dont-check-pad replay-seq 1 replay-seq-hi 2 replay-bitmap 0x102",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 9=00050000 11={1=6100 2= 3=60000000} 12={1=6500 2=6b} 20=0100000002000000 22=0201" },
	{
	  "state add dst 1.2.3.4 proto esp spi 300 encap espinudp 4500 258 1.1.1.1 mark 5 output-mark 6 mask 7 dir in tfcpad 9 replay-window 64",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 8=01 13={1=0100 2=9411 3=0201 4=01010101} 15={1=05000000 2=ffffffff} 16={1=06000000 2=07000000} 19=40000000 23=09000000" },
	{
	  "state add dst 1.2.3.4 proto esp spi 300 sel src 10.0.0.0/8 dst 10.0.0.1-10.0.0.3 proto tcp sport 1-2 dport 80",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 14={1=0a000000 2=08 4=0a000001 6=0a000003 7=06 8=0100 9=0200 10=5000 11=5000}" },
	{ "state add dst 1.2.3.4 proto esp spi 300 sel proto icmp type 8",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 14={7=01 8=0008 9=ff08 13=02}" },
	{ "state add dst 1.2.3.4 proto esp spi 300 sel proto ipv6-icmp type 1 code 4",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 14={7=3a 8=0401 9=0401 13=02}" },
	{ "state add dst 1.2.3.4 proto esp spi 300 sel proto gre key 0x12345678",
	  NFSEC_CMD_SA_NEW,
	  "3=01020304 4=32 5=2c010000 6=00 14={7=2f 8=3412 9=3412 10=7856 11=7856 13=02}" },
	{ "state delete dst 10.0.0.2 proto esp spi 0x1001", NFSEC_CMD_SA_DEL,
	  "3=0a000002 4=32 5=01100000" },
	{ "state flush proto esp", NFSEC_CMD_SA_FLUSH, "4=32" },
	{ "state flush", NFSEC_CMD_SA_FLUSH, "" },
	{ "state allocspi dst 10.0.0.2 proto esp", NFSEC_CMD_SA_ALLOCSPI,
	  "3=0a000002 4=32 6=00 25=00010000 26=ffffff0f" },
	{
	  "state migrate src 1.2.3.4 dst 5.6.7.8 proto esp spi 300 mark 1 to src 10.0.0.1 dst 10.0.0.2 encap espinudp 4500 258 0.0.0.0",
	  NFSEC_CMD_SA_MIGRATE,
	  "2=01020304 3=05060708 4=32 5=2c010000 13={1=0100 2=9411 3=0201} 15={1=01000000 2=ffffffff} 35=0a000001 36=0a000002" },
	{ "state migrate dst 5.6.7.8 proto esp spi 300 to dst fe80::1 encap none",
	  NFSEC_CMD_SA_MIGRATE,
	  "3=05060708 4=32 5=2c010000 13={1=0000} 36=fe800000000000000000000000000001" },
	{ "state count", NFSEC_CMD_SA_GET, "33=" },
	{ "state list src 10.0.0.0/8 reqid 3 mode tunnel", NFSEC_CMD_SA_GET,
	  "6=01 7=03000000" },
	{ "state list src 10.0.0.1 keys", NFSEC_CMD_SA_GET, "2=0a000001 27=" },
	{
	  "policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out priority 3 tmpl src 1.2.3.4 dst 5.6.7.8 proto esp reqid 7 mode tunnel",
	  NFSEC_CMD_POLICY_NEW,
	  "2=02 3={1=0a010000 2=10 4=0a020000 5=10} 5=03000000 9={1=01020304 2=05060708 3=32 4=01 6=07000000}" },
	{ "policy add dir in action block", NFSEC_CMD_POLICY_NEW,
	  "2=01 3={13=02} 6=01" },
	{
	  "policy update dst fe80::/64 dir fwd flag icmp after-nat index 7 mark 1/3 tmpl proto esp level use",
	  NFSEC_CMD_POLICY_UPDATE,
	  "2=03 3={4=fe800000000000000000000000000000 5=40} 4=07000000 7=05000000 8={1=01000000 2=03000000} 9={3=32 4=00 7=01}" },
	{ "policy delete dir out index 17", NFSEC_CMD_POLICY_DEL,
	  "2=02 4=11000000" },
	{ "policy delete dir out src 10.0.0.0/8", NFSEC_CMD_POLICY_DEL,
	  "2=02 3={1=0a000000 2=08}" },
	{ "policy flush", NFSEC_CMD_POLICY_FLUSH, "" },
	{ "policy setdefault in block out accept", NFSEC_CMD_SETTINGS_SET,
	  "1=01 2=00" },
	{ "explain src 10.0.0.1 dst 10.0.0.2 proto udp sport 5 dport 258 mark 3",
	  NFSEC_CMD_LOOKUP,
	  "1=02 2={1=0a000001 4=0a000002 7=11 8=0500 10=0201} 3=03000000" },
	{ "explain src ::1 dst ::2 proto ipv6-icmp type 128 dir in",
	  NFSEC_CMD_LOOKUP,
	  "1=01 2={1=00000000000000000000000000000001 4=00000000000000000000000000000002 7=3a 8=0080}" },
	{ "stats reset", NFSEC_CMD_STATS_GET, "4=" },
	/* Abbreviations mean what they mean to ip(8). */
	{ "s d dst 10.0.0.2 proto esp spi 1", NFSEC_CMD_SA_DEL,
	  "3=0a000002 4=32 5=01000000" },
	{ "x s f", NFSEC_CMD_SA_FLUSH, "" },
	{ "xf p f", NFSEC_CMD_POLICY_FLUSH, "" },
};

static void test_messages(void)
{
	char msg[1024], attrs[4096], why[8192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		struct secctl *c = fake_secctl();
		int rc;

		fake_reset();
		rc = fake_run(c, messages[i].line, msg, sizeof(msg));
		fake_attrs_text(fake.attrs, fake.len, attrs, sizeof(attrs));
		snprintf(why, sizeof(why), "%s\nrc %d command %u\nwant %s\ngot  %s",
			 msg, rc, fake.cmd, messages[i].attrs, attrs);
		ktap_ok(!rc && fake.cmd == messages[i].cmd &&
			!strcmp(attrs, messages[i].attrs), why, "message of %.90s",
			messages[i].line);
	}
}

#define S "state add dst 1.2.3.4 proto esp spi 300 "
static const struct {
	const char *line, *msg;
} rejects[] = {
	{ S "mode beet", "mode: nfsec has the modes transport and tunnel, not beet" },
	{ S "mode in_trigger", "mode: nfsec has the modes transport and tunnel, not in_trigger" },
	{ S "mode sideways", "mode: \"sideways\" is unknown, expected transport or tunnel" },
	{ S "mode", "mode: transport or tunnel is missing" },
	{ S "mode tunnel mode tunnel", "mode: given twice" },
	{ S "dst 1.2.3.5", "dst: given twice" },
	{ S "if_id 1", "if_id: nfsec has no XFRM interfaces; use marks" },
	{ S "offload dev lo dir in", "offload: nfsec has no hardware offload" },
	{ S "ctx x", "ctx: nfsec has no security contexts" },
	{ S "coa ::1", "coa: nfsec has no Mobile IPv6" },
	{ S "comp deflate", "comp: nfsec has no IP compression" },
	{ S "pcpu-num 1", "pcpu-num: nfsec runs one SA on all CPUs and has no per-CPU SAs" },
	{ S "reqid", "reqid: a number is missing" },
	{ S "reqid -1", "reqid: \"-1\" is not a number" },
	{ S "reqid 1x", "reqid: \"1x\" is not a number" },
	{ S "reqid 4294967296", "reqid: \"4294967296\" is out of range, at most 4294967295" },
	{ S "limit", "limit: a LIMIT is missing" },
	{ S "limit byte-medium 3",
	  "limit: \"byte-medium\" is unknown, expected time-soft, time-hard, time-use-soft, time-use-hard, byte-soft, byte-hard, packet-soft or packet-hard" },
	{ S "limit byte-soft 1 limit byte-soft 2", "limit byte-soft: given twice" },
	{ S "limit byte-soft 18446744073709551616",
	  "byte-soft: \"18446744073709551616\" is out of range, at most 18446744073709551615" },
	{ S "flag nice",
	  "flag: \"nice\" is unknown, expected noecn, decap-dscp, nopmtudisc, wildrecv, icmp, af-unspec, align4 or esn" },
	{ S "flag",
	  "flag: noecn, decap-dscp, nopmtudisc, wildrecv, icmp, af-unspec, align4 or esn is missing" },
	{ S "flag 0x100", "flag: 0x100 has unknown bits" },
	{ S "extra-flag esn",
	  "extra-flag: \"esn\" is unknown, expected dont-encap-dscp, oseq-may-wrap or dont-check-pad" },
	{ S "encap espintcp 1 2 0.0.0.0",
	  "encap: nfsec encapsulates in espinudp only, not in espintcp" },
	{ S "encap espinudp-nonike 1 2 0.0.0.0",
	  "encap: nfsec encapsulates in espinudp only, not in espinudp-nonike" },
	{ S "encap espinudp 1", "encap DPORT: a number is missing" },
	{ S "encap espinudp 70000 1 0.0.0.0",
	  "encap SPORT: \"70000\" is out of range, at most 65535" },
	{ S "encap espinudp 1 2", "encap: the original address (0.0.0.0 for none) is missing" },
	{ S "encap espinudp 1 2 hello", "encap: \"hello\" is not an address" },
	{ S "dir fwd", "dir: \"fwd\" is unknown, expected in or out" },
	{ S "sel", "sel: a SELECTOR is missing" },
	{ S "sel src 10.0.0.0/33", "src: \"33\" is not a prefix length of IPv4" },
	{ S "sel src 10.0.0.0/255.0.255.0", "src: \"255.0.255.0\" is not a prefix length of IPv4" },
	{ S "sel src ::/129", "src: \"129\" is not a prefix length of IPv6" },
	{ S "sel src 10.0.0.256", "src: \"10.0.0.256\" is not an IPv4 or IPv6 address" },
	{ S "sel src ::g", "src: \"::g\" is not an IPv4 or IPv6 address" },
	{ S "sel src 10.0.0.9-10.0.0.1",
	  "src: the first address of \"10.0.0.9-10.0.0.1\" is above the last" },
	{ S "sel src 10.0.0.9-::1",
	  "src: \"10.0.0.9-::1\" is not a range FIRST-LAST of addresses of one family" },
	{ S "sel src 10.0.0.1 dst ::1",
	  "src and dst of a selector are of different address families" },
	{ S "sel proto esp sport 1", "sport and dport have no meaning with proto esp" },
	{ S "sel proto icmp dport 1", "sport and dport have no meaning with proto icmp" },
	{ S "sel proto tcp type 1", "type and code need proto icmp, ipv6-icmp or mobility-header" },
	{ S "sel proto icmp code 1", "code needs a type before it" },
	{ S "sel proto tcp key 1", "key needs proto gre" },
	{ S "sel proto gre key 1.2.3.4.5", "key: \"1.2.3.4.5\" is not a dotted quad" },
	{ S "sel proto icmp type 256", "type: \"256\" is out of range, at most 255" },
	{ S "sel proto tcp sport 9-8", "sport: the first number of \"9-8\" is above the last" },
	{ S "sel proto tcp sport 9-", "sport: \"\" is not a number" },
	{ S "sel proto nonsense",
	  "proto: \"nonsense\" is not a protocol name or a number up to 255" },
	{ S "sel proto 256", "proto: \"256\" is not a protocol name or a number up to 255" },
	{ S "sel dev nonexistent0", "dev: there is no device \"nonexistent0\"" },
	{ S "sel src 1.1.1.1 src 2.2.2.2", "src: given twice" },
	{ S "mark 1 mask", "mask: a number is missing" },
	{ S "mark 1/x", "mask: \"x\" is not a number" },
	{ S "output-mark 1 set-mark 2", "set-mark: given twice" },
	{ S "replay-bitmap 12", "replay-bitmap: the value is not 0x and hexadecimal digits" },
	{ S "min 5",
	  "\"min\" has no meaning here, expected one of: src, dst, proto, spi, mark, mode, reqid, dir, seq, flag, extra-flag, aead, auth, auth-trunc, enc, encap, replay-window, replay-seq, replay-seq-hi, replay-oseq, replay-oseq-hi, replay-bitmap, output-mark, set-mark, tfcpad, limit, sel" },
	/* A key must not show in a message, wherever it was put. */
	{ S "enc cbc(aes) 0x00112233445566778899aabbccddeeffzz",
	  "enc: character 35 of the key is not a hexadecimal digit" },
	{ S "enc cbc(aes)", "enc: the key is missing" },
	{ S "enc", "enc: the algorithm name is missing" },
	{ S "auth-trunc hmac(sha1) 96 0x00112233445566778899",
	  "auth-trunc: after the key comes the ICV length in bits, a number" },
	{ S "aead rfc4106(gcm(aes)) 0x00", "aead: the ICV length in bits is missing" },
	{ S "enc cbc(aes) 0x00 0x00112233445566778899",
	  "unknown word \"0x...\", expected one of: src, dst, proto, spi, mark, mode, reqid, dir, seq, flag, extra-flag, aead, auth, auth-trunc, enc, encap, replay-window, replay-seq, replay-seq-hi, replay-oseq, replay-oseq-hi, replay-bitmap, output-mark, set-mark, tfcpad, limit, sel" },
	{ S "auth a 0x00 auth-trunc a 0x00 96", "auth and auth-trunc exclude each other" },
	{ S "enc cbc(aes) <hidden>",
	  "enc: the key is hidden in this text; list or save with -k to have it shown" },
	{ "state add dst 1.2.3.4 spi 300", "proto is missing, expected proto esp or proto ah" },
	{ "state add dst 1.2.3.4 proto comp spi 300", "proto: nfsec has no IP compression (comp)" },
	{
	  "state add dst 1.2.3.4 proto route2 spi 300",
	  "proto: nfsec has no Mobile IPv6 (route2)" },
	{ "state add dst 1.2.3.4 proto tcp spi 300",
	  "proto: \"tcp\" is unknown, expected esp or ah" },
	{
	  "state add src ::1 dst 1.2.3.4 proto esp spi 300",
	  "src and dst are of different address families" },
	{ "state add dst 1.2.3.0/24 proto esp spi 300",
	  "dst: a single address is needed, not a prefix" },
	{
	  "state add dst 1.2.3.4-1.2.3.5 proto esp spi 300",
	  "dst: a single address is needed, not a range" },
	{ "state allocspi dst 1.2.3.4 proto esp min 5",
	  "min and max are given together or not at all" },
	{ "state allocspi dst 1.2.3.4 proto esp min 5 max 4", "min is above max" },
	{
	  "state allocspi dst 1.2.3.4 proto esp dir out",
	  "dir: an SPI is allocated for dir in only" },
	{ "state flush spi 3",
	  "\"spi\" has no meaning here, expected one of: src, dst, proto, mark, mode, reqid, dir" },
	{ "state count all", "unexpected word \"all\"" },
	{ "state migrate dst 1.2.3.4 proto esp spi 300", "to is missing: where shall it go?" },
	{ "state migrate dst 1.2.3.4 proto esp spi 300 to", "to: src, dst or encap is missing" },
	{ "state migrate dst 1.2.3.4 proto esp spi 300 to dst 1.1.1.1 dst 2.2.2.2",
	  "to: dst is given twice" },
	{ "state migrate dst 1.2.3.4 proto esp spi 300 to reqid 5",
	  "to: unknown word \"reqid\", expected src, dst or encap" },
	{ "state migrate dst 1.2.3.4 proto esp spi 300 to dst 1.0.0.0/8",
	  "to dst: a single address is needed, not a prefix" },
	{ "state frobnicate",
	  "unknown word \"frobnicate\", expected one of: add, update, allocspi, delete, deleteall, delall, list, show, lst, get, flush, count, help, save, migrate" },
	{ "frobnicate",
	  "unknown command \"frobnicate\", expected state, policy, monitor, stats, settings, explain, save, restore, ike or help" },
	{ "policy add src 10.0.0.0/8", "dir is missing, expected dir in, out or fwd" },
	{ "policy add dir any", "dir: \"any\" is unknown, expected in, out or fwd" },
	{ "policy add dir out action drop",
	  "action: \"drop\" is unknown, expected allow or block" },
	{ "policy add dir out ptype sub", "ptype: nfsec has the policy type main only, not sub" },
	{ "policy add dir out tmpl mode tunnel",
	  "tmpl: proto is missing, expected proto esp or proto ah" },
	{
	  "policy add dir out tmpl src 1.2.3.4 dst ::1 proto esp",
	  "tmpl: src and dst are of different address families" },
	{
	  "policy add dir out tmpl src 1.2.3.0/24 proto esp",
	  "tmpl src: a single address is needed" },
	{ "policy add dir out tmpl proto esp level maybe",
	  "level: \"maybe\" is unknown, expected required or use" },
	{ "policy add dir out tmpl proto comp", "proto: nfsec has no IP compression (comp)" },
	{ "policy add dir out offload packet dev lo", "offload: nfsec has no hardware offload" },
	{ "policy add dir out if_id 1", "if_id: nfsec has no XFRM interfaces; use marks" },
	{ "policy add dir out ctx x", "ctx: nfsec has no security contexts" },
	{ "policy delete dir out", "either a SELECTOR or an index is needed" },
	{ "policy get dir out src 10.0.0.0/8 index 3",
	  "a SELECTOR and an index exclude each other" },
	{ "policy set hthresh4 33 1", "hthresh4: \"33\" is out of range, at most 32" },
	{ "policy setdefault", "a direction is missing, expected in, fwd or out" },
	{ "policy setdefault in maybe", "in: \"maybe\" is unknown, expected allow or block" },
	{ "monitor report", "report: nfsec has no such events" },
	{ "monitor nothing",
	  "unknown word \"nothing\", expected one of: all, acquire, expire, SA, policy, mapping, all-nsid, nokeys" },
	{ "explain src 10.0.0.1", "src and dst of the packet are needed" },
	{ "explain src 10.0.0.0/8 dst 10.0.0.1", "src and dst must be single addresses" },
	{
	  "explain src 10.0.0.2 dst 10.0.0.1 proto tcp sport 1-2",
	  "a packet has single ports and types, not ranges" },
	{ "stats everything", "unknown word \"everything\", expected -a or reset" },
	{ "state add 'open", "a ' quote is left open" },
};

#undef S

static void test_rejects(void)
{
	char msg[1024], why[4096];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rejects); i++) {
		struct secctl *c = fake_secctl();
		int rc;

		fake_reset();
		rc = fake_run(c, rejects[i].line, msg, sizeof(msg));
		snprintf(why, sizeof(why), "rc %d\nwant %s\ngot  %s", rc,
			 rejects[i].msg, msg);
		ktap_ok(rc == SECCTL_USAGE && !fake.cmd &&
			!strcmp(msg, rejects[i].msg), why, "refuse %.90s",
			rejects[i].line);
	}
}

/* Lines that are right although nothing comes of some of their words. */
static const char *const accepted[] = {
	"policy set hthresh4 24 32 hthresh6 64 128",
	"policy list nosock dir out priority 3 action block flag icmp index 9",
	"policy deleteall src 10.0.0.0/8 dir in",
	"policy delall",
	"policy show", "policy lst", "policy count", "policy getdefault",
	"policy", "state", "sa", "xfrm state",
	"state show nokeys", "state lst", "state list -k", "state list keys",
	"state deleteall src 10.0.0.0/8 proto esp flag esn",
	"state list dst 10.0.0.0/8 spi 3 dir in mark 3",
	"settings", "stats", "stats -a", "save -k", "help", "state help",
	"policy help", "monitor help",
};

static void test_accepted(void)
{
	char msg[1024];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct secctl *c = fake_secctl();

		fake_reset();
		ktap_ok(!fake_run(c, accepted[i], msg, sizeof(msg)), msg,
			"accept %s", accepted[i]);
	}
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);
	const char *p = line;

	while ((p = strstr(p, word))) {
		if ((p == line || p[-1] == ' ') &&
		    (!p[len] || p[len] == ' '))
			return true;
		p += len;
	}
	return false;
}

static bool used(const char *object, const char *word)
{
	size_t i;

	for (i = 0; i < CORPUS_LEN; i++)
		if (strstr(corpus[i], object) && has_word(corpus[i], word))
			return true;
	for (i = 0; i < ARRAY_SIZE(accepted); i++)
		if (strstr(accepted[i], object) && has_word(accepted[i], word))
			return true;
	for (i = 0; i < ARRAY_SIZE(rejects); i++)
		if (strstr(rejects[i].line, object) &&
		    has_word(rejects[i].line, word))
			return true;
	return false;
}

static void test_coverage(void)
{
	const struct {
		const char *object;
		const struct sec_word *table;
	} tables[] = {
		{ "state", sec_sa_table }, { "policy", sec_policy_table },
		{ "sel ", sec_sel_table },
	};
	const struct sec_word *w;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (w = tables[i].table; w->name; w++)
			if (!w->hidden)
				ktap_ok(used(tables[i].object, w->name), NULL,
					"%s: the word %s has a test",
					tables[i].object, w->name);
}

int main(void)
{
	ktap_begin();
	test_messages();
	test_rejects();
	test_accepted();
	test_coverage();
	fake_reset();
	return ktap_end();
}
