// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration: what is read, what is refused and where, inheritance,
 * files, limits, differences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tests/ktap.h"
#include "../conf.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char said[16384];
static unsigned int n_said;

static void say(void *ctx, enum ike_conf_level level, const char *file, unsigned int line,
		const char *text)
{
	size_t k = strlen(said);
	const char *base = strrchr(file, '/');

	(void)ctx;
	n_said++;
	snprintf(said + k, sizeof(said) - k, "%s:%u: %s%s\n", base ? base + 1 : file, line,
		 level == IKE_CONF_WARNING ? "warning: " : "", text);
}

static const struct ike_conf_log to_said = { say, NULL };

static struct ike_conf *read_n(const char *text, size_t n, unsigned int flags)
{
	char *copy = malloc(n ? n : 1);
	struct ike_conf *c;

	/* Of its size, so that what is read behind it is found. */
	memcpy(copy, text, n);
	said[0] = 0;
	n_said = 0;
	c = ike_conf_read("/etc/x/t.conf", copy, n, flags, &to_said);
	free(copy);
	return c;
}

static struct ike_conf *read_text(const char *text)
{
	return read_n(text, strlen(text), 0);
}

#define PSK "local { auth = psk\n id = a }\nremote { auth = psk\n id = b }\n"

static const char full[] =
	"# all of it\n"
	"connections {\n"
	"  gw {\n"
	"    version = 2\n"
	"    local_addrs = 192.0.2.1, 2001:db8::1 # ours\n"
	"    remote_addrs = gw.example.org, 198.51.100.0/24, 10.0.0.1-10.0.0.9, %any6\n"
	"    local_port = 4500\n"
	"    remote_port = 0x1194\n"
	"    proposals = aes256gcm16-prfsha384-ecp384, default\n"
	"    vips = 0.0.0.0,::\n"
	"    dscp = 101110\n"
	"    encap = yes\n"
	"    mobike = no\n"
	"    dpd_delay = 30\n"
	"    fragmentation = accept\n"
	"    childless = prefer\n"
	"    send_certreq = no\n"
	"    send_cert = always\n"
	"    ppk_id = ppk.example.org\n"
	"    ppk_required = yes\n"
	"    keyingtries = 0\n"
	"    unique = replace\n"
	"    reauth_time = 1d\n"
	"    over_time = 30m\n"
	"    rand_time = 5m\n"
	"    pools = four\n"
	"    if_id_in = 7\n"
	"    if_id_out = %unique-dir\n"
	"    local-2 {\n round = 2\n auth = pubkey-sha384-sha256\n certs = b.pem\n }\n"
	"    local-1 {\n round = 1\n id = \"C=CH, O=Example, CN=gw\"\n"
	"      certs = a.pem, /abs/b.pem\n cert-x { file = c.pem }\n pubkeys = k.pem\n }\n"
	"    remote {\n id = *@example.org\n cacerts = ca.pem\n revocation = strict\n"
	"      auth = rsa/pss-3072-ecdsa-256-sha256\n cacert1 { file = ca2.pem }\n }\n"
	"    children {\n"
	"      net {\n"
	"        esp_proposals = aes128gcm16-x25519\n"
	"        local_ts = 10.1.0.0/16, 10.2.0.0/16[tcp/80]\n"
	"        remote_ts = 10.9.0.0/16\n"
	"        rekey_time = 2h\n life_time = 3h\n"
	"        rekey_bytes = 500m\n life_bytes = 600M\n"
	"        rekey_packets = 1000000\n"
	"        updown = \"/usr/lib/updown \\\"x\\\"\"\n"
	"        mode = transport\n dpd_action = restart\n close_action = trap\n"
	"        start_action = trap|start\n priority = 5\n"
	"        mark_in = 0x10/0xff\n mark_out = %unique\n"
	"        set_mark_in = %same/0xf\n set_mark_out = 3\n"
	"        if_id_in = 9\n if_id_out = %unique\n tfc_padding = mtu\n"
	"        replay_window = 128\n reqid = 12\n copy_df = no\n copy_ecn = no\n"
	"        copy_dscp = yes\n inactivity = 10m\n"
	"      }\n"
	"      bypass { mode = pass }\n"
	"    }\n"
	"  }\n"
	"}\n"
	"secrets {\n"
	"  ike-1 { secret = 0x00ff10\n id = moon\n id-b = 192.0.2.7 }\n"
	"  ike-2 { secret = 0sAP8Q }\n"
	"  ike-3 { secret = \" spaces # and } \" }\n"
	"  ppk { secret = 0123456789012345678901234567890123\n id = ppk.example.org }\n"
	"  private-x { file = k.pem\n secret = pass }\n"
	"  rsa { file = r.pem\n secret = 0x3131 }\n"
	"}\n"
	"pools {\n"
	"  four { addrs = 10.3.0.0/24\n dns = 10.3.0.1, 2001:db8::53\n subnet = 10.0.0.0/9,"
	" 2001:db8::/33\n 25 = example.org }\n"
	"  six { addrs = 2001:db8::10-2001:db8::ff }\n"
	"}\n"
	"authorities {\n"
	"  ca { cacert = ca.pem\n crl_uris = file:///var/a.crl, file:///var/b.crl }\n"
	"}\n";

static bool octets(struct ike_buf b, const char *want, size_t n)
{
	return b.n == n && !memcmp(b.p, want, n);
}

static void good_conn(const struct ike_conf_conn *c)
{
	ktap_ok(!strcmp(c->item.name, "gw") && c->item.line == 3 && c->version == 2 &&
		!strcmp(c->item.file, "/etc/x/t.conf"), NULL, "connection: name and place");
	ktap_ok(c->local_addrs.n == 2 && c->local_addrs.v[1].family == 6 &&
		c->local_addrs.v[0].kind == IKE_CONF_HOST && c->remote_addrs.n == 4 &&
		c->remote_addrs.v[0].kind == IKE_CONF_NAME &&
		c->remote_addrs.v[1].hi[3] == 255 && c->remote_addrs.v[2].hi[3] == 9 &&
		c->remote_addrs.v[3].kind == IKE_CONF_ANY && c->remote_addrs.v[3].family == 6,
		NULL, "connection: addresses");
	ktap_ok(c->local_port == 4500 && c->remote_port == 0x1194 && c->dscp == 46 && c->encap &&
		!c->mobike && c->dpd_delay == 30 && c->fragmentation == IKE_CONF_FRAG_ACCEPT &&
		c->childless == IKE_CONF_CHILDLESS_PREFER && !c->send_certreq &&
		c->send_cert == IKE_CONF_ALWAYS && c->ppk_required && !c->keyingtries &&
		c->unique == IKE_CONF_UNIQUE_REPLACE, NULL, "connection: numbers and words");
	ktap_ok(c->proposals.n >= 2 && c->proposals.v[0].proto == IKE_PROTO_IKE &&
		c->vips.n == 2 && c->vips.v[0].family == 4 && c->vips.v[1].family == 6 &&
		c->ppk_id.type == IKE_ID_FQDN && c->pools.n == 1 && !strcmp(c->pools.v[0],
		"four") &&
		c->if_id_in.value == 7 && c->if_id_out.unique == IKE_CONF_UNIQUE_DIR, NULL,
		"connection: proposals, vips, pools, interface ids");
	ktap_ok(c->reauth_time == 86400 && !c->rekey_time && c->over_time == 1800 &&
		c->rand_time == 300, NULL, "connection: with reauth_time no rekey_time");
}

static void good_rounds(const struct ike_conf_conn *c)
{
	const struct ike_conf_round *r = c->local.v[0], *s = c->remote.v[0];

	ktap_ok(c->local.n == 2 && !strcmp(r->item.name, "local-1") && r->id.type == IKE_ID_DN &&
		r->id.data.p[0] == 0x30 && r->certs.n == 3 &&
		!strcmp(r->certs.v[0], "/etc/x/x509/a.pem") && !strcmp(r->certs.v[1],
		"/abs/b.pem") &&
		!strcmp(r->certs.v[2], "/etc/x/x509/c.pem") &&
		!strcmp(r->pubkeys.v[0], "/etc/x/pubkey/k.pem"), NULL, "local: sorted, paths");
	r = c->local.v[1];
	ktap_ok(r->auth.method == IKE_CONF_PUBKEY && r->auth.n_hashes == 2 &&
		r->auth.hashes[0] == 3 && r->auth.hashes[1] == 2, NULL, "local: hashes in order");
	ktap_ok(s->id.type == IKE_ID_RFC822 && octets(s->id.data, "*@example.org", 13) &&
		s->cacerts.n == 2 && !strcmp(s->cacerts.v[1], "/etc/x/x509ca/ca2.pem") &&
		s->revocation == IKE_CONF_STRICT && s->auth.rsa == 3072 && s->auth.ecdsa == 256 &&
		s->auth.pss && !r->auth.pss && s->auth.hashes[0] == 2 && s->auth.keys == (IKE_CONF_KEY_RSA | IKE_CONF_KEY_ECDSA),
		NULL, "remote: identity, CAs, limits");
}

static void good_child(const struct ike_conf_child *h)
{
	ktap_ok(h->esp.n == 1 && h->local_ts.n == 2 && h->local_ts.v[1].port_hi == 80 &&
		h->remote_ts.n == 1 && h->time.rekey == 7200 && h->time.life == 10800 &&
		h->time.rand == 3600 && h->bytes.rekey == 500u << 20 &&
		h->bytes.life == 600u << 20 && h->packets.rekey == 1000000 &&
		h->packets.life == 1100000 && h->packets.rand == 100000, NULL,
		"child: selectors and lives");
	ktap_ok(!strcmp(h->updown, "/usr/lib/updown \"x\"") && h->mode == IKE_CONF_TRANSPORT &&
		h->dpd_action == IKE_CONF_START && h->close_action == IKE_CONF_TRAP &&
		h->start_action == (IKE_CONF_TRAP | IKE_CONF_START) && h->priority == 5 &&
		h->reqid == 12 && h->replay_window == 128 && h->tfc_padding == IKE_CONF_TFC_MTU &&
		!h->copy_df && !h->copy_ecn && h->copy_dscp == IKE_CONF_COPY_BOTH &&
		h->inactivity == 600, NULL, "child: words and numbers");
	ktap_ok(h->mark_in.value == 16 && h->mark_in.mask == 255 &&
		h->mark_out.unique == IKE_CONF_UNIQUE && h->mark_out.mask == UINT32_MAX &&
		h->set_mark_in.unique == IKE_CONF_SAME && h->set_mark_in.mask == 15 &&
		h->set_mark_out.value == 3 && h->if_id_in.value == 9 &&
		h->if_id_out.unique == IKE_CONF_UNIQUE, NULL, "child: marks");
}

static void good(void)
{
	struct ike_conf *c = read_text(full);

	if (!ktap_ok(c && !n_said, said, "a full configuration"))
		return;
	good_conn(c->conns[0]);
	good_rounds(c->conns[0]);
	good_child(c->conns[0]->children[0]);
	ktap_ok(c->n_secrets == 6 && octets(c->secrets[0]->secret, "\0\xff\x10", 3) &&
		octets(c->secrets[1]->secret, "\0\xff\x10", 3) && c->secrets[0]->ids.n == 2 &&
		c->secrets[0]->ids.v[1].type == IKE_ID_IPV4 &&
		octets(c->secrets[2]->secret, " spaces # and } ", 16), NULL,
		"IKE2-AUTH-2 secrets as text, hexadecimal and base64");
	ktap_ok(c->secrets[3]->kind == IKE_CONF_SECRET_PPK &&
		!strcmp(c->secrets[4]->file, "/etc/x/private/k.pem") &&
		!strcmp(c->secrets[5]->file, "/etc/x/rsa/r.pem"), NULL, "PPK and passphrases");
	ktap_ok(c->n_pools == 2 && c->pools[0]->addrs.hi[3] == 255 && c->pools[0]->attrs.n == 5 &&
		c->pools[0]->attrs.v[1].type == 10 &&
		octets(c->pools[0]->attrs.v[2].value, "\x0a\0\0\0\xff\x80\0\0", 8) &&
		c->pools[0]->attrs.v[3].value.n == 17 &&
		c->pools[0]->attrs.v[3].value.p[16] == 33 &&
		octets(c->pools[0]->attrs.v[4].value, "example.org", 11), NULL, "pools");
	ktap_ok(c->n_authorities == 1 && c->authorities[0]->crls.n == 2 &&
		!strcmp(c->authorities[0]->crls.v[1], "/var/b.crl") &&
		!strcmp(c->authorities[0]->cacert, "/etc/x/x509ca/ca.pem"), NULL, "authorities");
	ike_conf_free(c);
}

static void defaults(void)
{
	struct ike_conf *c = read_text("connections{a{" PSK "children{n{}}}}\n"
				       "secrets{ike{secret=x}}");
	const struct ike_conf_conn *k;
	const struct ike_conf_child *h;

	if (!ktap_ok(c && !n_said, said, "a small configuration"))
		return;
	k = c->conns[0];
	h = k->children[0];
	ktap_ok(!k->version && k->local_addrs.v[0].kind == IKE_CONF_ANY && k->local_port == 500 &&
		k->proposals.n && k->mobike && !k->encap && k->send_certreq &&
		k->keyingtries == 1 &&
		!k->reauth_time && k->rekey_time == 14400 && k->over_time == 1440 &&
		k->rand_time == 1440 && !k->dpd_delay && !k->dscp && !k->ppk_id.type, NULL,
		"defaults of a connection");
	ktap_ok(h->esp.n && h->local_ts.n == 1 && h->local_ts.v[0].dynamic &&
		h->time.rekey == 3600 &&
		h->time.life == 3960 && h->time.rand == 360 && !h->bytes.life && !h->packets.life &&
		h->replay_window == 1024 && h->mode == IKE_CONF_TUNNEL && h->copy_df && h->copy_ecn &&
		h->copy_dscp == IKE_CONF_COPY_OUT && !h->mark_in.mask && !h->updown, NULL,
		"defaults of a child");
	ike_conf_free(c);
	c = read_text("connections { a { local-a { round = 1 }\nlocal-b { round = 2 }\n"
		      "local-c { }\nlocal-d { }\nremote { } } }");
	ktap_ok(c && !strcmp(c->conns[0]->local.v[0]->item.name, "local-c") &&
		!strcmp(c->conns[0]->local.v[1]->item.name, "local-d") &&
		!strcmp(c->conns[0]->local.v[2]->item.name, "local-a") &&
		!strcmp(c->conns[0]->local.v[3]->item.name, "local-b"), said,
		"rounds by number, then by place");
	ike_conf_free(c);
}

static const struct {
	const char *text, *want;	/* part of what is said; refused unless a warning */
} bad_texts[] = {
	{ "connections {\n a {\n", "t.conf:3: the \"}\" of section \"a\" is missing, begun "
	  "at line 2" },
	{ "a = b\n}\n", "t.conf:2: \"}\" without a section" },
	{ "connections { a\n\nb = c\n }",
	  "t.conf:1: \"=\" or \"{\" is missing after \"a\"" },
	{ "a {\n \"b\" = c }", "t.conf:2: quotes" },
	{ "\n\na { b = \"c\nd\n", "t.conf:3: these quotes do not end" },
	{ "a {\n b = \001 }", "t.conf:2: a control character" },
	{ "a : { }", "t.conf:1: the name of a section was expected" },
	{ "a : b c { }", "t.conf:1: \"{\" was expected" },
	{ "a {\n = c }", "t.conf:2: a name was expected" },
	{ "a = b", "key \"a\" is outside of all sections" },
	{ "conections { }",
	  "unknown section \"conections\"; did you mean \"connections\"?" },
	{ "\nother { }", "t.conf:2: warning: section \"other\" is not used" },
	{ "connections {\n\n a {\n" PSK "\n mobyke = no } }",
	  "t.conf:9: unknown key \"mobyke\" in section \"a\"; did you mean \"mobike\"?" },
	{ "connections { a {\n zzz = 1\n" PSK "} }",
	  "t.conf:2: unknown key \"zzz\" in section "
	  "\"a\"\n" },
	{ "connections { a {\n remoet { }\n" PSK "} }", "did you mean \"remote\"?" },
	{ "connections { a {\n aggressive = yes\n" PSK "} }",
	  "t.conf:2: \"aggressive\" is not supported" },
	{ "connections { a {\n version = 1\n" PSK "} }",
	  "version = 1 is not supported: there "
	  "is no IKEv1 yet" },
	{ "connections { a {\n version = 3\n" PSK "} }",
	  "t.conf:2: \"version\" is one of 0, 2" },
	{ "connections { a {\n local_addrs = 10.0.0.256\n" PSK "} }",
	  "t.conf:2: \"10.0.0.256\"" },
	{ "connections { a {\n local_addrs = 10.0.0.0/33\n" PSK "} }", "10.0.0.0/33" },
	{ "connections { a {\n local_addrs = 10.0.0.9-10.0.0.1\n" PSK "} }", "no address" },
	{ "connections { a {\n local_addrs = a,,b\n" PSK "} }", "has an empty part" },
	{ "connections { a {\n local_port = 65536\n" PSK "} }",
	  "a number from 1 to 65535" },
	{ "connections { a {\n proposals = aes128-sha256-nothing\n" PSK "} }", "nothing" },
	{ "connections { a {\n proposals = 3des-sha1-modp1024\n" PSK "} }", "proposals: " },
	{ "connections { a {\n dscp = 12\n" PSK "} }", "six binary digits" },
	{ "connections { a {\n encap = maybe\n" PSK "} }", "yes or no" },
	{ "connections { a {\n dpd_delay = 5w\n" PSK "} }", "a time such as" },
	{ "connections { a {\n dpd_delay = 5mm\n" PSK "} }", "a time such as" },
	{ "connections { a {\n dpd_delay = -5\n" PSK "} }", "a time such as" },
	{ "connections { a {\n dpd_delay = 99999999999999999999\n" PSK "} }",
	  "a time such as" },
	{ "connections { a {\n dpd_delay = 99999999d\n" PSK "} }", "too large" },
	{ "connections { a {\n vips = moon\n" PSK "} }", "no address" },
	{ "connections { a {\n pools = p\n" PSK "} }",
	  "names pool \"p\", which is not there" },
	{ "connections { a { local { auth = eap-tls } } }",
	  "auth = eap-tls is not supported" },
	{ "connections { a { local { auth = eapol } } }", "auth = eapol is not supported" },
	{ "connections { a { local { auth = xauth } } }", "auth = xauth is not supported" },
	{ "connections { a { remote {\n auth = eap-md5 } } }", "t.conf:2: auth = eap-md5 is weak" },
	{ "connections { a { local { aaa_id = x } } }", "\"aaa_id\" is not supported" },
	{ "connections { a { local {\n eap_id = \"=x\" } } }", "no distinguished name" },
	{ "connections { a { local { auth = eap\n eap_id = b }\n"
	  " remote { auth = pubkey } } }\nsecrets { eap { secret = x\n id = b } }", "" },
	{ "connections { a { local { auth = pubkey-md5 } } }", "not \"pubkey-md5\"" },
	{ "connections { a { local { auth = rsa-12 } } }", "not \"rsa-12\"" },
	{ "connections { a { local { auth = ecdsa/pss } } }", "not \"ecdsa/pss\"" },
	{ "connections { a { local { id = 10.0.0.0/8 } } }", "it has to be one address" },
	{ "connections { a { local { id = \"keyid:#abc\" } } }", "not in hexadecimal" },
	{ "connections { a { local { id = ipv4:10.0.0.1 } } }", "octets as they are" },
	{ "connections { a { local { id = \"=x\" } } }", "no distinguished name" },
	{ "connections { a { local { cert { handle = 1 } } } }",
	  "\"handle\" is not supported" },
	{ "connections { a { local { cacerts = a } } }", "unknown key \"cacerts\"" },
	{ "connections { a { local { } } }", "\"a\" has no remote section" },
	{ "connections { a { children { n { mode = pass } } } }", "" },
	{ "connections { a { children { n {\n local_ts = x } } } }",
	  "t.conf:2: local_ts: " },
	{ "connections { a { children { n { mode = beet } } } }", "beet is not supported" },
	{ "connections { a { children { n { ipcomp = yes } } } }",
	  "\"ipcomp\" is not supported" },
	{ "connections { a { children { n { iptfs_x = 1 } } } }", "is not supported" },
	{ "connections { a { children { n { mark_in = 1/x } } } }", "a mark such as" },
	{ "connections { a { children { n { mark_in = %same } } } }", "a mark such as" },
	{ "connections { a { children { n { if_id_in = 1/2 } } } }", "an interface id" },
	{ "connections { a { children { n { rekey_bytes = 5t } } } }", "a size such as" },
	{ "connections { a { children { n { life_time = 30m\n mode = pass } } } }",
	  "warning: child \"n\" ends before it is rekeyed" },
	{ "connections { a { children { n { rekey_bytes = 17179869184g } } } }",
	  "too large" },
	{ "connections { a { children { x { y { } } } } }", "unknown section \"y\"" },
	{ "connections { a {\n" PSK "children { n { start_action = start } } } }\n"
	  "secrets { ike { secret = x } }", "warning: child \"n\" cannot be started" },
	{ "connections {\n a {\n" PSK "} }",
	  "t.conf:2: warning: connection \"a\" has auth = psk" },
	{ "connections {\n a {\n" PSK "} }\nsecrets { ike { secret = x\n id = c } }",
	  "warning: connection \"a\" has auth = psk" },
	{ "connections {\n a {\n" PSK "} }\nsecrets { ike { secret = x\n id = b } }", "" },
	{ "connections { a { ppk_id = p\n" PSK "} }\nsecrets { ike { secret = x } }",
	  "warning: connection \"a\" has ppk_id = p" },
	{ "secrets { ike { } }", "\"ike\" has no secret" },
	{ "secrets { ike {\n secret = 0xabc } }",
	  "t.conf:2: \"secret\" is not in hexadecimal" },
	{ "secrets { ike { secret = 0sAB=C } }", "is not in base64" },
	{ "secrets { ike { secret = 0sAB } }", "is not in base64" },
	{ "secrets { ike { secret = 0x } }", "\"secret\" is empty" },
	{ "secrets { xauth { secret = x } }", "secrets of kind \"xauth\" are not supported" },
	{ "secrets { eap-a {\n id = x } }", "t.conf:1: \"eap-a\" has no secret" },
	{ "secrets { token { pin = x } }", "are not supported" },
	{ "secrets { psk { secret = x } }", "unknown section \"psk\"" },
	{ "secrets { private { secret = x } }", "names no file" },
	{ "secrets { ppk { secret = short } }", "warning: \"ppk\" has 5 octets" },
	{ "pools { a { addrs = moon } }", "one subnet or range" },
	{ "pools { a { nbns = ::1 } }", "there is no \"nbns\" for IPv6" },
	{ "pools { a { dns = 10.0.0.0/8 } }", "is no address" },
	{ "pools { a { subnet = moon } }", "is no subnet" },
	{ "pools { a { 99999 = x } }", "numbers from 1 to 32767" },
	{ "pools { a { split_include = 10.0.0.0/8 } }", "is not supported" },
	{ "pools { a { adrs = 10.0.0.0/8 } }", "did you mean \"addrs\"?" },
	{ "pools { a { addrs = 10.0.0.0/8 }\nb { addrs = 10.9.0.0/16 } }",
	  "t.conf:2: pools \"b\" "
	  "and \"a\" overlap" },
	{ "authorities { a { } }", "has no cacert" },
	{ "authorities { a { cacert = a\n crl_uris = http://x/ } }", "a CRL is a file" },
	{ "secrets { ike { secret = x\n secret = y } }",
	  "t.conf:2: warning: \"secret\" replaces "
	  "what line 1 says" },
	{ "secrets { ike { secret = x }\n ike { id = a } }",
	  "t.conf:2: warning: section \"ike\" "
	  "is there already, at line 1" },
	{ "connections :\n no { }", "refers to \"no\", which is not there" },
	{ "connections : a { }\na : b { }\nb : a { }", "inherits from it" },
	{ "connections { include x.conf\n }", "t.conf:1: include is not allowed here" },
};

static void bad(void)
{
	struct ike_conf *c;
	unsigned int i;

	for (i = 0; i < N(bad_texts); i++) {
		bool warning = !*bad_texts[i].want || strstr(bad_texts[i].want, "warning: ");
		char name[48];

		c = read_n(bad_texts[i].text, strlen(bad_texts[i].text), IKE_CONF_NO_INCLUDE);
		snprintf(name, sizeof(name), "%s", *bad_texts[i].want ? bad_texts[i].want : "nothing");
		name[strcspn(name, "\n")] = 0;
		ktap_ok(!c == !warning && (*bad_texts[i].want ? strstr(said, bad_texts[i].want) != NULL : !*said),
			said, "said %u: %s", i, name);
		ike_conf_free(c);
	}
}

static void inherit(void)
{
	struct ike_conf *c = read_text(
		"connections {\n"
		" one : base, more {\n  local_port = 1\n  proposals =\n  local { id = me }\n"
		"  children { n : child { mode = transport } } }\n"
		" two : connections.one { remote { id = you } }\n}\n"
		"base { local_port = 2\n remote_port = 3\n proposals = aes256-sha512-ecp521\n"
		" local { auth = psk\n id = base } }\n"
		"more { remote_port = 4\n encap = yes\n remote { auth = psk\n id = b } }\n"
		"child { rekey_time = 10m\n mode = tunnel }\n"
		"secrets { ike { secret = x } }\n");
	const struct ike_conf_conn *a, *b;

	if (!ktap_ok(c && !n_said && c->n_conns == 2, said, "inheritance"))
		return;
	a = c->conns[0];
	b = c->conns[1];
	ktap_ok(a->local_port == 1 && a->remote_port == 3 && a->encap, NULL,
		"one's own first, then from left to right");
	ktap_ok(a->local.n == 1 && a->local.v[0]->auth.method == IKE_CONF_PSK &&
		octets(a->local.v[0]->id.data, "me", 2) && octets(a->remote.v[0]->id.data, "b", 1),
		NULL, "subsections are merged");
	ktap_ok(a->proposals.n >= 1 && !memcmp(&a->proposals.v[0], &b->proposals.v[0],
		sizeof(a->proposals.v[0])) && a->proposals.v[0].t[0].id == IKE_ENCR_AES_GCM_16,
		NULL, "an empty value brings the default back");
	ktap_ok(b->children[0]->time.rekey == 600 && b->children[0]->mode == IKE_CONF_TRANSPORT &&
		octets(b->remote.v[0]->id.data, "you", 3) && b->local_port == 1, NULL,
		"inherited by those that inherit");
	ike_conf_free(c);
}

static char dir[] = "/tmp/test_ike-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

static void put_many(const char *name, const char *line, unsigned int n)
{
	char *text = calloc(n, strlen(line) + 1), *p = text;

	while (n--)
		p = stpcpy(p, line);
	put(name, text);
	free(text);
}

static struct ike_conf *load(const char *name)
{
	char path[200];

	said[0] = 0;
	n_said = 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return ike_conf_load(path, 0, &to_said);
}

static void files(void)
{
	char cmd[200], name[40];
	struct ike_conf *c;
	unsigned int i;

	if (!mkdtemp(dir))
		exit(1);
	snprintf(cmd, sizeof(cmd), "%s/conf.d", dir);
	mkdir(cmd, 0700);
	put("main.conf", "connections {\n include conf.d/c*.conf\n}\ninclude none*.conf\n"
	    "include \"sec.conf\" # quoted\n");
	put("conf.d/c1.conf", "a {\n local_port = 1\n" PSK "}\n");
	put("conf.d/c2.conf", "a {\n local_port = 2\n local { certs = x.pem } }\n");
	put("sec.conf", "secrets { ike { secret = x } }\n");
	c = load("main.conf");
	ktap_ok(c && !n_said && c->n_conns == 1 && c->conns[0]->local_port == 2 &&
		strstr(c->conns[0]->item.file, "/conf.d/c1.conf") &&
		strstr(c->conns[0]->local.v[0]->certs.v[0], "/x509/x.pem") &&
		!strstr(c->conns[0]->local.v[0]->certs.v[0], "conf.d"), said,
		"included files extend and replace");
	ike_conf_free(c);
	put("conf.d/c2.conf", "a {\n\n local_port = x\n}\n");
	ktap_ok(!load("main.conf") && strstr(said, "c2.conf:3: \"local_port\""), said,
		"an error in an included file has its name and line");
	put("sec.conf", "\ninclude missing.conf\n");
	ktap_ok(!load("main.conf") && strstr(said, "sec.conf:2: ") && strstr(said, "no such file"),
		said, "a file that is not there");
	put("self.conf", "include self.conf\n");
	ktap_ok(!load("self.conf") && strstr(said, "more than 16 deep"), said, "includes itself");
	for (i = 1; i <= 17; i++) {
		char line[40];

		snprintf(name, sizeof(name), "d%u.conf", i);
		snprintf(line, sizeof(line), "include d%u.conf\n", i + 1);
		put(name, i < 17 ? line : "");
	}
	c = load("d1.conf");
	ktap_ok(c && !n_said, said, "includes 16 deep");
	ike_conf_free(c);
	put("d17.conf", "include d18.conf\n");
	put("d18.conf", "");
	ktap_ok(!load("d1.conf") && strstr(said, "d17.conf:1: files are included more than 16"),
		said,
		"includes 17 deep");
	put("m1.conf", "include m*.conf\n");
	put("m2.conf", "include m*.conf\n");
	ktap_ok(!load("m1.conf") && strstr(said, "more than 16 deep") && n_said == 51, said,
		"includes that multiply");
	put("e.conf", "");
	put_many("g.conf", "include e.conf\n", 1100);
	ktap_ok(!load("g.conf") && strstr(said, "g.conf:1024: more than 1024 files") && n_said == 1,
		said, "many files");
	ktap_ok(!load("conf.d") && strstr(said, "not a regular file"), said, "a directory");
	ktap_ok(!load("nothing") && strstr(said, "No such file"), said, "no file");
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		exit(1);
}

static void limits(void)
{
	size_t i, n = 0, max = 8u << 20;
	char *text = malloc(max);
	struct ike_conf *c;

	for (i = 0; i < 17; i++)
		n += (size_t)sprintf(text + n, "s {\n");
	ktap_ok(!read_n(text, n, 0) && strstr(said, "t.conf:17: sections are nested more than 16"),
		said, "nesting");
	n = (size_t)sprintf(text, "connections {\n");
	for (i = 0; i < 5000; i++)
		n += (size_t)sprintf(text + n, "c%zu { " PSK "children { n { } } }\n", i);
	n += (size_t)sprintf(text + n, "}\nsecrets { ike { secret = x } }\n");
	c = read_n(text, n, 0);
	ktap_ok(c && c->n_conns == 5000 && c->conns[4999]->item.line == 5 * 4999 + 2, said,
		"5000 connections");
	ike_conf_free(c);
	memset(text, 'x', max);
	ktap_ok(!read_n(text, max, 0) && strstr(said, "too long"), said, "a name without end");
	memset(text, '{', max);
	ktap_ok(!read_n(text, max, 0) && n_said == 1, said, "nothing but braces");
	for (i = 0, n = 0; i < 2000; i++)
		n += (size_t)sprintf(text + n, "k%zu = v\n", i);
	ktap_ok(!read_n(text, n, 0) && n_said == 51 && strstr(said, "more errors"), NULL,
		"many errors are not all told");
	memcpy(text, "secrets {\n ike {\n secret = a\0b }\n}", 35);
	ktap_ok(!read_n(text, 35, 0) && strstr(said, "t.conf:3: an octet of value zero"), said,
		"a zero in a value");
	memcpy(text, "secrets {\n i\0ke {\n", 18);
	ktap_ok(!read_n(text, 18, 0) && strstr(said, "t.conf:2: "), said, "a zero in a name");
	memcpy(text, "secrets { ike { secret = \"\\\0\" } }", 33);
	ktap_ok(!read_n(text, 33, 0) && strstr(said, "control character in quotes"), said,
		"a zero after a backslash");
	c = read_n("", 0, 0);
	ktap_ok(c && !c->n_conns && !n_said, said, "an empty file");
	ike_conf_free(c);
	n = (size_t)sprintf(text, "connections { a { proposals = 3des-sha1-modp2048\n" PSK "} }\n"
			    "secrets { ike { secret = x } }");
	c = read_n(text, n, IKE_CONF_WEAK);
	ktap_ok(c && strstr(said, "warning: proposal 1 of \"proposals\" has a weak algorithm"),
		said,
		"IKE2-ALG-2 weak algorithms with consent");
	ike_conf_free(c);
	free(text);
}

static char diffs[2000];

static void told(void *ctx, const struct ike_conf_delta *d)
{
	size_t k = strlen(diffs);

	(void)ctx;
	snprintf(diffs + k, sizeof(diffs) - k, "%c%c:%s%s%s ", "csSpa"[d->what], "+-!"[d->change],
		 d->conn ? d->conn : "", d->conn ? "." : "", d->name);
}

static int diff(const char *a, const char *b)
{
	struct ike_conf *x = read_text(a), *y = read_text(b);
	int n = x && y ? ike_conf_diff(x, y, told, NULL) : -2;

	ike_conf_free(x);
	ike_conf_free(y);
	return n;
}

/* @from in the full configuration becomes @to. */
static void edit(const char *from, const char *to, const char *want)
{
	const char *at = strstr(full, from);
	char text[sizeof(full) + 200];

	if (!at)
		exit(1);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - full), full, to, at + strlen(from));
	diffs[0] = 0;
	ktap_ok(diff(full, text) == (*want ? 1 : 0) && !strcmp(diffs, want), diffs,
		"difference: %.*s becomes %.*s", (int)strcspn(from, "\n"), from,
		(int)strcspn(to, "\n"), to);
}

static void differences(void)
{
	edit("# all of it", "# another comment\n", "");
	edit("dpd_delay = 30", "dpd_delay = 30s", "");
	edit("reauth_time = 1d", "reauth_time = 24h", "");
	edit("0sAP8Q", "0x00fF10", "");
	edit("mobike = no", "mobike = yes", "c!:gw ");
	edit("round = 1\n", "round = 1\n auth = psk\n", "c!:gw ");
	edit("cacerts = ca.pem", "cacerts = other.pem", "c!:gw ");
	edit("aes256gcm16", "aes128gcm16", "c!:gw ");
	edit("198.51.100.0/24", "198.51.100.0/25", "c!:gw ");
	edit("id = *@example.org", "id = *@example.net", "c!:gw ");
	edit("life_bytes = 600M", "life_bytes = 601M", "s!:gw.net ");
	edit("10.1.0.0/16", "10.1.0.0/17", "s!:gw.net ");
	edit("bypass {", "bypass { local_ts = dynamic[tcp]\n", "s!:gw.bypass ");
	edit("mode = pass", "mode = drop", "s!:gw.bypass ");
	edit("bypass { mode = pass }", "", "s-:gw.bypass ");
	edit("bypass {", "x { mode = drop }\n bypass {", "s+:gw.x ");
	edit("0x00ff10", "0x00ff11", "S!:ike-1 ");
	edit("id-b = 192.0.2.7", "", "S!:ike-1 ");
	edit("ike-2 { secret = 0sAP8Q }", "", "S-:ike-2 ");
	edit("file = r.pem", "file = q.pem", "S!:rsa ");
	edit("10.3.0.0/24", "10.3.0.0/25", "p!:four ");
	edit("dns = 10.3.0.1", "dns = 10.3.0.2", "p!:four ");
	edit("six {", "seven { addrs = 10.77.0.0/16 }\n six {", "p+:seven ");
	edit("file:///var/a.crl", "file:///var/c.crl", "a!:ca ");
	diffs[0] = 0;
	ktap_ok(diff("connections { a {" PSK "children { x { } } }\nb {" PSK "} }",
		     "connections { b {" PSK "}\nc {" PSK "} }") == 2 &&
		!strcmp(diffs, "c-:a c+:c "), diffs, "difference: connections come and go");
}

int main(void)
{
	ktap_begin();
	good();
	defaults();
	bad();
	inherit();
	files();
	limits();
	differences();
	return ktap_end();
}
