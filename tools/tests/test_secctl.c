// SPDX-License-Identifier: GPL-2.0
/*
 * Batches, restore, output and the reading of malformed answers.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/block.h"
#include "fake.h"
#include "ktap.h"

#define SA "dst 10.0.0.2 proto esp enc e k auth a k"

static void check_batch(const char *how, const char *verb, const char *text,
			int want_rc, const char *want_msg, unsigned int want_sa)
{
	char msg[2048], why[4096];
	struct secctl *c = fake_secctl();
	int rc;

	rc = fake_batch(c, verb, text, msg, sizeof(msg));
	snprintf(why, sizeof(why), "rc %d, %u SAs, want %d, %u\nwant %s\ngot  %s",
		 rc, fake.sa.n, want_rc, want_sa, want_msg, msg);
	ktap_ok(rc == want_rc && fake.sa.n == want_sa && !strcmp(msg, want_msg),
		why, "%s", how);
}

static void test_batch(void)
{
	fake_reset();
	check_batch("comments, blank lines, quotes and continuation", "batch",
		    "# a comment\n\n"
		    "   state add " SA " spi 300 # the rest is comment\n"
		    "xfrm state add \\\n\t" SA " \\\n spi 301\n"
		    "state add dst 10.0.0.2 proto esp enc 'ecb(cipher_null)' \"\" auth a 'k # y' spi 302\n",
		    SECCTL_OK, "", 3);
	ktap_ok(((struct sec_sa *)fake.sa.p)[2].auth.key_len == 5, NULL,
		"a # inside a quoted key is not a comment");

	fake_reset();
	check_batch("an error ends a batch and names file and line", "batch",
		    "state add " SA " spi 300\n\nstate add " SA " spi x\n"
		    "state add " SA " spi 301\n", SECCTL_USAGE,
		    "secctl: F:3: state add: spi: \"x\" is not a number\n", 1);

	fake_reset();
	{
		char msg[1024];
		struct secctl *c = fake_secctl();
		int rc;

		c->force = true;
		rc = fake_batch(c, "batch", "bogus\nstate add " SA " spi 300\n"
				"state get " SA "\n", msg, sizeof(msg));
		ktap_ok(rc == SECCTL_USAGE && fake.sa.n == 1, msg,
			"-force goes on, and the first error is the result");
	}

	fake_reset();
	check_batch("what the kernel refuses has status 2", "batch",
		    "policy get dir out index 9\n", SECCTL_REFUSED,
		    "secctl: F:1: policy get: no such object: No such file or directory\n",
		    0);

	fake_reset();
	check_batch("a block of list format names its first line", "batch",
		    "\n"
		    "src 10.0.0.1 dst 10.0.0.2\n"
		    "\tproto esp spi 0x00000300 reqid 0 mode tunnel\n"
		    "\tdances all night\n", SECCTL_USAGE,
		    "secctl: F:2: a line of a list begins with the unknown word \"dances\"\n",
		    0);
}

/* Printed by ip(8) of iproute2 6.1 with -s. */
static const char ip_state[] =
"src 10.0.0.1 dst 10.0.0.2\n"
"\tproto esp spi 0x00001001(4097) reqid 7(0x00000007) mode tunnel\n"
"\treplay-window 0 seq 0x00000000 flag af-unspec esn (0x10100000)\n"
"\tmark 0x1/0xf output-mark 0x2/0xff\n"
"\tauth-trunc hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213 (160 bits) 96\n"
"\tenc ecb(cipher_null) \n"
"\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0\n"
"\tanti-replay esn context:\n"
"\t seq-hi 0x1, seq 0x5, oseq-hi 0x0, oseq 0x7\n"
"\t replay_window 64, bitmap-length 2\n"
"\t 00000000 0000001f \n"
"\tsel src 10.1.0.0/16 dst 10.2.0.0/16 uid 0\n"
"\tlifetime config:\n"
"\t  limit: soft (INF)(bytes), hard 1000(bytes)\n"
"\t  limit: soft (INF)(packets), hard (INF)(packets)\n"
"\t  expire add: soft 100(sec), hard 200(sec)\n"
"\t  expire use: soft 0(sec), hard 0(sec)\n"
"\tlifetime current:\n"
"\t  0(bytes), 0(packets)\n"
"\t  add 2024-01-01 00:00:00 use -\n"
"\tstats:\n"
"\t  replay-window 0 replay 0 failed 0\n";

static const char ip_policy[] =
"src 10.1.0.0/16 dst 10.2.0.0/16 uid 0\n"
"\tdir out action allow index 9 priority 5 ptype main share any flag icmp (0x00000010)\n"
"\tlifetime config:\n"
"\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n"
"\t  limit: soft (INF)(packets), hard (INF)(packets)\n"
"\t  expire add: soft 0(sec), hard 0(sec)\n"
"\t  expire use: soft 0(sec), hard 0(sec)\n"
"\tlifetime current:\n"
"\t  0(bytes), 0(packets)\n"
"\t  add 2024-01-01 00:00:00 use -\n"
"\tmark 0/0 \n"
"\ttmpl src 1.2.3.4 dst 5.6.7.8\n"
"\t\tproto esp spi 0x00000000(0) reqid 7(0x00000007) mode tunnel\n"
"\t\tlevel required share any \n"
"\t\tenc-mask ffffffff auth-mask ffffffff comp-mask ffffffff\n";

static void test_ip_format(void)
{
	static const struct {
		const char *text, *command;
	} blocks[] = {
		{ ip_state,
		  "state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x00001001 reqid 7 mode tunnel flag af-unspec esn"
		  " mark 0x1/0xf output-mark 0x2/0xff"
		  " auth-trunc hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213 96 enc ecb(cipher_null) \"\""
		  " encap espinudp 4500 4500 0.0.0.0 replay-seq-hi 0x1 replay-seq 0x5 replay-oseq 0x7"
		  " limit byte-hard 1000 limit time-soft 100 limit time-hard 200 replay-window 64"
		  " sel src 10.1.0.0/16 dst 10.2.0.0/16" },
		{ ip_policy,
		  "policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out action allow priority 5 ptype main flag icmp"
		  " mark 0/0 tmpl src 1.2.3.4 dst 5.6.7.8 proto esp spi 0x00000000 reqid 7 mode tunnel level required" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct sec_diag diag = { "" };
		char *text = strdup(blocks[i].text);
		char *line = sec_block_command(text, &diag);
		char why[4096];

		snprintf(why, sizeof(why), "%s\nwant %s\ngot  %s", diag.text,
			 blocks[i].command, line ? line : "nothing");
		ktap_ok(line && !strcmp(line, blocks[i].command), why,
			"output of ip(8) is understood, %zu", i + 1);
		free(line);
		free(text);
	}
}

static void test_restore(void)
{
	static const char good[] =
		"policy setdefault in allow fwd block out allow\n"
		"state add " SA " spi 301\nstate add " SA " spi 302\n"
		"policy add src 10.0.0.0/8 dir out tmpl proto esp\n";
	unsigned int flushes;

	fake_reset();
	check_batch("one SA to begin with", "batch",
		    "state add " SA " spi 300\n", SECCTL_OK, "", 1);
	check_batch("restore with a bad line changes nothing", "restore",
		    "state add " SA " spi 301\nstate add " SA " spi x\n",
		    SECCTL_USAGE,
		    "secctl: F:2: state add: spi: \"x\" is not a number\n", 1);
	ktap_ok(!fake.seen[NFSEC_CMD_SA_FLUSH] &&
		!fake.seen[NFSEC_CMD_SETTINGS_SET], NULL,
		"and asks the kernel for nothing");
	check_batch("restore replaces the tables", "restore", good, SECCTL_OK,
		    "", 2);
	flushes = fake.seen[NFSEC_CMD_SA_FLUSH] +
		  fake.seen[NFSEC_CMD_POLICY_FLUSH];
	ktap_ok(flushes == 2 && fake.policy.n == 1, NULL, "after a flush");
	/* First everything is blocked, then the defaults of the file come. */
	ktap_ok(fake.seen[NFSEC_CMD_SETTINGS_SET] == 2 && fake.opened == 1 &&
		fake.cmd == NFSEC_CMD_SETTINGS_SET, NULL,
		"unmatched packets are blocked until the last line is done");
	ktap_ok(fake.settings.default_fwd == NFSEC_ACTION_BLOCK &&
		fake.settings.default_out == NFSEC_ACTION_ALLOW, NULL,
		"the defaults are those of the file");
	check_batch("restore is no command of a batch", "batch",
		    "restore x\n", SECCTL_USAGE,
		    "secctl: F:1: restore: not possible inside a batch\n", 2);
	check_batch("restore of nothing empties the tables", "restore", "",
		    SECCTL_OK, "", 0);
	ktap_ok(fake.settings.default_fwd == NFSEC_ACTION_BLOCK, NULL,
		"and leaves the defaults as they were");
}

static void add_counter(struct sec_list *list, const char *name,
			uint64_t value, const char *doc)
{
	struct sec_counter *counter = sec_list_add(list, &sec_counter_set);

	snprintf(counter->name, sizeof(counter->name), "%s", name);
	snprintf(counter->doc, sizeof(counter->doc), "%s", doc);
	counter->value = value;
	counter->has = SEC_BIT(NFSEC_A_COUNTER_NAME) |
		       SEC_BIT(NFSEC_A_COUNTER_VALUE) |
		       SEC_BIT(NFSEC_A_COUNTER_DOC);
}

static void expect(struct secctl *c, const char *line, const char *want)
{
	char msg[1024], why[4096];
	int rc = fake_run(c, line, msg, sizeof(msg));

	snprintf(why, sizeof(why), "rc %d %s\nwant:\n%s\ngot:\n%s", rc, msg,
		 want, fake_output());
	ktap_ok(!rc && !strcmp(fake_output(), want), why, "%s%s",
		c->json ? "-json " : "", line);
}

static void fill_explain(void)
{
	char msg[256];

	fake_run(fake_secctl(),
		 "state add src 1.1.1.1 dst 2.2.2.2 proto esp spi 0x1000 mode tunnel reqid 3 aead a secret 128",
		 msg, sizeof(msg));
	fake_run(fake_secctl(),
		 "policy add src 10.0.0.0/8 dir out tmpl dst 2.2.2.2 proto esp mode tunnel reqid 3",
		 msg, sizeof(msg));
	fake.lookup.verdict = NFSEC_VERDICT_PROTECT;
	fake.lookup.policy_index = 8;
	fake.lookup.sa_dst.len = 4;
	memset(fake.lookup.sa_dst.b, 2, 4);
	fake.lookup.sa_proto = IPPROTO_ESP;
	fake.lookup.sa_spi = 0x1000;
	strcpy(fake.lookup.reason, "because");
	fake.lookup.has = SEC_BIT(NFSEC_A_LOOKUP_VERDICT) |
			  SEC_BIT(NFSEC_A_LOOKUP_POLICY_INDEX) |
			  SEC_BIT(NFSEC_A_LOOKUP_SA_DST) |
			  SEC_BIT(NFSEC_A_LOOKUP_SA_PROTO) |
			  SEC_BIT(NFSEC_A_LOOKUP_SA_SPI) |
			  SEC_BIT(NFSEC_A_LOOKUP_REASON);
}

static void test_output(void)
{
	struct secctl *c = fake_secctl();

	fake_reset();
	add_counter(&fake.stats.drop, "in_icv", 3, "integrity check failed");
	add_counter(&fake.stats.drop, "in_replay", 0, "seen before");
	add_counter(&fake.stats.counter, "out_packets", 7, "packets sent");
	fake.stats.has = SEC_BIT(NFSEC_A_STATS_DROP) |
			 SEC_BIT(NFSEC_A_STATS_COUNTER);
	expect(c, "stats",
	       "in_icv                              3  integrity check failed\n"
	       "out_packets                         7  packets sent\n");
	expect(c, "stats -a",
	       "in_icv                              3  integrity check failed\n"
	       "in_replay                           0  seen before\n"
	       "out_packets                         7  packets sent\n");
	expect(c, "policy getdefault",
	       "Default policies:\n in:  accept\n fwd: accept\n out: accept\n");
	expect(c, "state count", "\t SAD count 0\n");
	expect(c, "policy count", "\t SPD IN  0 OUT 0 FWD 0\n");
	fill_explain();
	c->print.keys = true;
	expect(c, "explain src 10.0.0.1 dst 9.9.9.9",
	       "verdict protect\nreason because\npolicy index 8:\n"
	       "src 10.0.0.0/8 dst 0.0.0.0/0 \n"
	       "\tdir out priority 0 ptype main \n"
	       "\ttmpl src 0.0.0.0 dst 2.2.2.2\n"
	       "\t\tproto esp reqid 3 mode tunnel\n"
	       "state:\n"
	       "src 1.1.1.1 dst 2.2.2.2\n"
	       "\tproto esp spi 0x00001000 reqid 3 mode tunnel\n"
	       "\treplay-window 1024 \n"
	       "\taead a <hidden> 128\n"
	       "\tanti-replay esn context:\n"
	       "\t seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0\n"
	       "\t replay_window 1024, bitmap-length 32\n");
	c->json = true;
	expect(c, "state count", "{\"count\":1}\n");
	expect(c, "policy count", "{\"in\":1,\"out\":1,\"fwd\":1}\n");
	expect(c, "policy getdefault",
	       "{\"default-in\":\"allow\",\"default-out\":\"allow\",\"default-fwd\":\"allow\"}\n");
	expect(c, "policy list",
	       "[{\"dir\":\"out\",\"sel\":{\"src\":\"10.0.0.0\",\"src-prefixlen\":8,\"dst\":\"0.0.0.0\",\"dst-prefixlen\":0},"
	       "\"index\":8,\"priority\":0,\"action\":\"allow\",\"flags\":[],"
	       "\"tmpl\":[{\"src\":\"0.0.0.0\",\"dst\":\"2.2.2.2\",\"proto\":\"esp\",\"mode\":\"tunnel\",\"reqid\":3,\"level\":\"required\"}]}]\n");
	expect(c, "policy list dir in", "[]\n");
	expect(c, "stats",
	       "{\"drop\":[{\"name\":\"in_icv\",\"value\":3,\"doc\":\"integrity check failed\"},"
	       "{\"name\":\"in_replay\",\"value\":0,\"doc\":\"seen before\"}],"
	       "\"counter\":[{\"name\":\"out_packets\",\"value\":7,\"doc\":\"packets sent\"}]}\n");
}

/* Answers cut or changed at every octet must not be read beyond their end. */
static void test_malformed(void)
{
	struct secctl *c = fake_secctl();
	struct sec_diag diag = { "" };
	unsigned int refused = 0;
	char msg[256];
	size_t i;

	fake_reset();
	fake_run(c,
		 "state add src ::1 dst ::2 proto esp spi 300 aead a 0x0102 128 replay-seq 9 replay-bitmap 0x1ff mark 1 sel src ::/0 limit byte-soft 1",
		 msg, sizeof(msg));
	for (i = 0; i < fake.len; i++) {
		struct sec_sa sa = { 0 };
		uint8_t *exact = malloc(i + 1);

		memcpy(exact, fake.attrs, i);
		if (sec_get(exact, i, &sec_sa_set, &sa, &diag))
			refused++;
		diag.text[0] = '\0';
		sec_clear(&sec_sa_set, &sa);
		free(exact);
	}
	ktap_ok(true, NULL, "answers cut at each of %zu octets", fake.len);
	for (i = 0; i < fake.len * 3; i++) {
		static const uint8_t values[] = { 0x00, 0x7f, 0xff };
		struct sec_sa sa = { 0 };
		uint8_t *exact = malloc(fake.len);

		memcpy(exact, fake.attrs, fake.len);
		exact[i / 3] = values[i % 3];
		if (sec_get(exact, fake.len, &sec_sa_set, &sa, &diag))
			refused++;
		diag.text[0] = '\0';
		sec_clear(&sec_sa_set, &sa);
		free(exact);
	}
	ktap_ok(refused > 0, NULL, "answers with a wrong octet, %u refused",
		refused);
}

/* Where in a request the kernel points at. */
static void test_attr_path(void)
{
	struct secctl *c = fake_secctl();
	char msg[256], path[64];
	static const uint8_t key[] = { 0x05, 0xaa, 0xbb, 0xcc };
	uint8_t *p;

	fake_reset();
	fake_run(c, "state add dst 1.2.3.4 proto esp spi 300 enc name 0x05aabbcc",
		 msg, sizeof(msg));
	p = memmem(fake.attrs, fake.len, key, sizeof(key));
	sec_attr_path(fake.attrs, fake.len, p - 4 - fake.attrs, &sec_sa_set,
		      path, sizeof(path));
	ktap_ok(!strcmp(path, "enc.key"), path, "name of a nested attribute");
	sec_attr_path(fake.attrs, fake.len, 0, &sec_sa_set, path, sizeof(path));
	ktap_ok(!strcmp(path, "dst"), path, "name of the first attribute");
	sec_attr_path(fake.attrs, fake.len, fake.len, &sec_sa_set, path,
		      sizeof(path));
	ktap_ok(!path[0], path, "no name behind the end");
}

static void test_version(void)
{
	struct secctl *c = fake_secctl();

	c->nl.version = NFSEC_GENL_VERSION;
	ktap_ok(!sec_nl_check_version(&c->nl), c->diag.text,
		"a module of the same version");
	c->nl.version = NFSEC_GENL_VERSION + 1;
	ktap_ok(sec_nl_check_version(&c->nl) &&
		strstr(c->diag.text, "the loaded module version 2"),
		c->diag.text, "a module of another version");
	c->diag.text[0] = '\0';
}

int main(void)
{
	ktap_begin();
	test_batch();
	test_ip_format();
	test_restore();
	test_output();
	test_malformed();
	test_attr_path();
	test_version();
	fake_reset();
	return ktap_end();
}
