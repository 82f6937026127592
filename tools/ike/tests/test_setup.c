// SPDX-License-Identifier: GPL-2.0
/*
 * From the configuration to the machine: what becomes of it, and what is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>

#include <uapi/nfsec.h>

#include "../../tests/ktap.h"
#include "../sa.h"
#include "../setup.h"
#include "pki.h"

static char said[8192];

static void say(void *ctx, enum ike_conf_level level, const char *file, unsigned int line,
		const char *text)
{
	size_t n = strlen(said);
	const char *base = strrchr(file, '/');

	(void)ctx;
	snprintf(said + n, sizeof(said) - n, "%s:%u: %s%s\n", base ? base + 1 : file, line,
		 level == IKE_CONF_WARNING ? "warning: " : "", text);
}

static const struct ike_conf_log to_said = { say, NULL };

static struct ike_setup *from(const char *text, const struct ike_setup *old)
{
	struct ike_conf *c;
	struct ike_setup *s;

	said[0] = 0;
	c = ike_conf_read("/nowhere/t.conf", text, strlen(text), 0, &to_said);
	s = c ? ike_setup_new(c, "/nowhere/t.conf", old, &to_said) : NULL;
	if (c && !s)
		ike_conf_free(c);
	return s;
}

#define AUTH "local { auth = psk\n id = a.example.org }\n" \
	     "remote { auth = psk\n id = b.example.org }\n"
#define SECRET "secrets { ike-1 { secret = \"something\"\n id = b.example.org }\n" \
	       "ike-2 { secret = other\n id-1 = a.example.org\n id-2 = c.example.org }\n" \
	       "ike-3 { secret = anybody } }\n"

static const char good[] =
	"connections { gw {\n local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n"
	"  dpd_delay = 30\n unique = keep\n rekey_time = 1h\n rand_time = 0\n encap = yes\n"
	AUTH
	"  children {\n"
	"    net { local_ts = 10.1.0.0/16,10.3.0.0/16\n remote_ts = 10.2.0.0/16\n"
	"      rekey_time = 100\n inactivity = 9\n rand_time = 50\n life_time = 200\n rekey_bytes = 1000\n"
	"      rand_bytes = 0\n life_bytes = 2000\n copy_dscp = in\n copy_df = no\n"
	"      set_mark_out = 7/0xff\n replay_window = 64\n priority = 12\n start_action = start }\n"
	"    host { mode = transport\n reqid = 5 } } } }\n"
	SECRET;

static void test_good(void)
{
	struct ike_setup *s = from(good, NULL), *t;
	const struct ike_nfsec_opts *o;
	const struct ike_peer_conf *p;
	unsigned int i, k;
	int child;

	ktap_ok(s && s->n == 1 && s->peers[0].n_children == 2, said, "a connection with children");
	if (!s)
		return;
	p = &s->peers[0];
	ktap_ok(p->local.len == 4 && p->local.a[3] == 1 && p->local.port == 500 &&
		p->remote.a[3] == 2 && p->remote.port == 500 && !s->more[0].route && p->encap &&
		p->dpd_ms == 30000 && p->rekey_ms == 3600000 && p->by == IKE_BY_PSK, NULL,
		"addresses and times");
	ktap_ok(p->local_id.type == IKE_ID_FQDN && p->local_id.data.n == 13 &&
		p->secret.n == 9 && !memcmp(p->secret.p, "something", 9) && !strstr(said, "some"),
		NULL, "identities, and the secret that fits best first");
	ktap_ok(p->children[0].n_local == 2 && p->children[0].life_ms == 200000 &&
		p->children[0].idle_ms == 9000 && p->unique == IKE_UNIQUE_KEEP &&
		p->children[0].rekey_ms >= 50000 && p->children[0].rekey_ms <= 100000 &&
		!p->children[0].transport && p->children[1].transport, NULL, "children");
	ktap_ok(p->retry_tries == 1 && p->retry_ms == 2000 && p->retry_max_ms == 60000 &&
		p->children[0].forever && p->children[0].close_action == IKE_ACTION_START &&
		!p->children[1].forever && p->children[1].dpd_action == IKE_ACTION_ASKED &&
		p->children[1].close_action == IKE_ACTION_NONE, NULL,
		"what is tried again, and how often");
	ktap_ok(p->children[0].reqid == IKE_REQID_FIRST && p->children[1].reqid == 5, NULL,
		"reqids");
	o = ike_setup_opts(s, IKE_REQID_FIRST);
	ktap_ok(o && o->priority == 12 && o->replay_window == 64 && o->soft_bytes == 1000 &&
		o->hard_bytes == 2000 && o->mark_out == 7 && o->mask_out == 255 &&
		o->flags == (NFSEC_SA_FLAGS_NOPMTUDISC | NFSEC_SA_FLAGS_DECAP_DSCP |
			     NFSEC_SA_FLAGS_DONT_ENCAP_DSCP) && !ike_setup_opts(s, 6), NULL,
		"options for the kernel");
	ktap_ok(ike_setup_by_reqid(s, 5, &i, &k) && i == 0 && k == 1, NULL, "found by reqid");
	ktap_ok(ike_setup_find(s, "gw", &child) == 0 && child == -1 &&
		ike_setup_find(s, "host", &child) == 0 && child == 1 &&
		ike_setup_find(s, "gw/net", &child) == 0 && child == 0 &&
		ike_setup_find(s, "gw/none", &child) < 0 && ike_setup_find(s, "none", &child) < 0,
		NULL, "found by name");
	t = from("connections { other { remote_addrs = 192.0.2.9\n" AUTH
		 " children { net { } } }\n gw { remote_addrs = 192.0.2.2\n" AUTH
		 " children { more { }\n net { } } } }\n" SECRET, s);
	ktap_ok(t && ike_setup_find(t, "gw/net", &child) == 1 &&
		t->peers[1].children[child].reqid == IKE_REQID_FIRST &&
		t->peers[0].children[0].reqid != IKE_REQID_FIRST &&
		t->peers[1].children[0].reqid != IKE_REQID_FIRST &&
		t->peers[0].children[0].reqid != t->peers[1].children[0].reqid, said,
		"a child keeps its reqid when it is read again");
	ktap_ok(t && ike_setup_find(t, "net", &child) == -1, NULL,
		"a name that two children have is none");
	ike_setup_free(t);
	ike_setup_free(s);
}

/* Line 3 is @conn, line 6 is @child. */
static void refused(const char *conn, const char *child, const char *what)
{
	char text[2048];
	struct ike_setup *s;

	snprintf(text, sizeof(text), "connections {\ngw {\n%s\n" AUTH
		 "children { net {\n%s\n} } } }\n" SECRET, conn, child);
	s = from(text, NULL);
	ktap_ok(!s && strstr(said, "t.conf:") && strstr(said, what), said, "refused: %s", what);
	ike_setup_free(s);
}

static void test_refused(void)
{
	struct ike_setup *s;

	refused("dscp = 101110", "", "dscp");
	refused("fragmentation = force", "", "fragmentation");
	refused("send_cert = never", "", "send_cert");
	refused("ppk_required = yes", "", "there is no PPK");
	refused("vips = 0.0.0.0,10.1.2.3", "", "of a family in vips");
	refused("if_id_in = 5", "", "if_id_in");
	refused("local_addrs = 192.0.2.1,moon.example.org", "", "a name is for the peer");
	refused("local_port = 501", "", "local_port");
	refused("", "updown = true", "updown");
	refused("", "mark_in = %unique", "a mark");
	refused("", "set_mark_in = %same", "a mark");
	refused("", "if_id_out = 5", "if_id_in or if_id_out");
	refused("", "tfc_padding = mtu", "tfc_padding");
	refused("", "reqid = 1000000", "reqid");
	refused("", "esp_proposals =\nah_proposals = sha256", "ah_proposals");
	refused("local-2 { auth = psk\n id = a.example.org }", "", "more than one round");
	s = from("connections { gw { remote_addrs = 192.0.2.2\n"
		 "local { auth = psk }\n remote { auth = psk\n id = b.example.org }\n"
		 "children { net { } } } }\n" SECRET, NULL);
	ktap_ok(!s && strstr(said, "needs an id"), said, "refused: nobody to be");
	ike_setup_free(s);
	s = from("connections { gw { remote_addrs = 192.0.2.2\n"
		 "local { auth = psk\n id = a.example.org }\n remote { auth = psk\n"
		 " id = b.example.org }\n children { net { } } } }\n"
		 "secrets { ike-1 { secret = one\n id = b.example.org }\n"
		 "ike-2 { secret = two\n id = b.example.org } }\n", NULL);
	ktap_ok(!s && strstr(said, "several secrets") && !strstr(said, "two"), said,
		"refused: two secrets that fit");
	ike_setup_free(s);
	s = from("connections { gw { remote_addrs = 192.0.2.2\n"
		 "local { auth = pubkey\n certs = none.pem\n id = a.example.org }\n"
		 "remote { auth = pubkey\n id = b.example.org }\n children { net { } } } }\n", NULL);
	ktap_ok(!s && strstr(said, "none.pem") && strstr(said, "authority"), said,
		"refused: certificates that are not there");
	ike_setup_free(s);
}

static struct ike_addr at(const char *text)
{
	struct ike_ts t;
	struct ike_addr a = { 0 };
	char err[64];

	if (ike_ts_read(text, &t, err, sizeof(err)))
		abort();
	a.len = (uint8_t)ike_ts_alen(&t);
	memcpy(a.a, t.lo, a.len);
	return a;
}

static bool from_there(const struct ike_setup *s, const char *text)
{
	struct ike_addr a = at(text);

	return ike_remote_fits(s->peers, &a);
}

static void test_addrs(void)
{
	struct ike_addr a = at("192.0.2.1"), b = at("192.0.2.7"), six = at("fd00::1");
	struct ike_setup *s;

	s = from("connections { gw {\n local_addrs = 192.0.2.1,192.0.2.2,%any6\n"
		 " remote_addrs = 198.51.100.0/28,203.0.113.3-203.0.113.9,203.0.113.77,fd00::7\n" AUTH
		 " children { net { } } } }\n" SECRET, NULL);
	ktap_ok(s && s->peers[0].remote.a[3] == 77 && s->peers[0].local.a[3] == 1 &&
		!s->more[0].route, said, "several addresses: the first host is spoken to");
	if (!s)
		return;
	ktap_ok(from_there(s, "198.51.100.15") && !from_there(s, "198.51.100.16") &&
		from_there(s, "203.0.113.3") && !from_there(s, "203.0.113.10") &&
		from_there(s, "203.0.113.77") && from_there(s, "fd00::7") &&
		!from_there(s, "fd00::8") && ike_local_fits(s->peers, &a) &&
		!ike_local_fits(s->peers, &b) && ike_local_fits(s->peers, &six), NULL,
		"any of them is answered, no other one");
	ike_setup_free(s);
	s = from("connections { gw { remote_addrs = 192.0.2.0/24\n" AUTH
		 " children { net { } } } }\n" SECRET, NULL);
	ktap_ok(s && !s->peers[0].remote.len && from_there(s, "192.0.2.200") &&
		!from_there(s, "192.0.3.1"), said, "only a net: it can but be answered");
	ike_setup_free(s);
}

static void test_inner(void)
{
	struct ike_setup *s;
	const struct ike_peer_conf *p;

	s = from("connections { road { remote_addrs = 192.0.2.2\n vips = ::,10.3.0.7\n" AUTH
		 " children { net { remote_ts = 10.2.0.0/16 } } }\n"
		 " gw1 { pools = v4,names\n" AUTH " children { net { } } }\n"
		 " gw2 { pools = v4\n" AUTH " children { net { } } } }\n" SECRET
		 "pools { v4 { addrs = 10.99.0.0/29\n dns = 10.2.0.53 }\n"
		 " names { dns = 10.2.0.54 } }\n", NULL);
	p = s ? s->peers : NULL;
	ktap_ok(s && p[0].n_vips == 2 && p[0].vips[0].len == 16 && !p[0].vips[0].a[0] &&
		p[0].vips[1].len == 4 && p[0].vips[1].a[3] == 7, said,
		"IKE2-CP-1 addresses to ask for");
	ktap_ok(s && p[1].n_pools == 2 && p[1].pools[0]->size == 8 &&
		p[1].pools[0]->first.a[1] == 99 && p[1].pools[0]->n_attrs == 1 &&
		!p[1].pools[1]->first.len && p[1].pools[1]->n_attrs == 1 &&
		p[1].children[0].many && !p[0].children[0].many &&
		p[2].n_pools == 1 && p[2].pools[0]->size == 8, said, "IKE2-CP-2 pools");
	ike_setup_free(s);
}

static unsigned int shunts(const struct ike_setup_peer *m, unsigned int k,
			   struct ike_kern_policy *p)
{
	const struct ike_conf_child *c = m->shunts[k].conf;
	unsigned int i, n = 0;

	for (i = 0; i < ike_setup_shunt_n(c); i++)
		n += ike_setup_shunt_policy(c, i, &p[n]);
	return n;
}

static void test_shunts(void)
{
	struct ike_kern_policy p[8];
	struct ike_setup *s;
	unsigned int n;

	s = from("connections { lan { children {\n"
		 " near { mode = pass\n local_ts = 192.0.2.0/24\n remote_ts = 192.0.2.0/24,fd00::/8\n"
		 "   start_action = trap\n priority = 9\n mark_out = 0x17/0x0f }\n"
		 " never { mode = drop\n start_action = trap } } }\n"
		 " gw { remote_addrs = 192.0.2.2\n" AUTH " children { idle { mode = drop }\n"
		 " net { mark_in = 5\n mark_out = 6/0xf } } } }\n" SECRET, NULL);
	ktap_ok(s && s->n == 2 && !s->peers[0].n_children && !s->peers[0].n_ike &&
		s->more[0].n_shunts == 2 && s->peers[1].n_children == 1 && s->peers[1].n_ike &&
		s->more[1].n_shunts == 1 && strstr(said, "without a start_action"), said,
		"children without an SA; the machine does not know of their connection");
	if (!s)
		return;
	n = shunts(&s->more[0], 0, p);
	ktap_ok(n == 2 && p[0].action == IKE_KERN_PASS && p[0].priority == 9 && !p[0].inbound &&
		p[0].mark == 7 && p[0].mask == 15 && p[0].to.lo[0] == 192 && p[1].inbound &&
		!p[1].mask, NULL, "pass: pairs of one family, priority and mark");
	n = shunts(&s->more[0], 1, p);
	ktap_ok(n == 4 && p[0].action == IKE_KERN_DROP && p[0].from.type == IKE_TS_IPV4 &&
		!p[0].from.lo[0] && p[0].to.hi[0] == 255 && p[3].inbound &&
		p[3].from.type == IKE_TS_IPV6 && p[3].to.hi[15] == 255, NULL,
		"drop: dynamic is everything");
	ktap_ok(s->peers[1].children[0].mark_in == 5 &&
		s->peers[1].children[0].mask_in == UINT32_MAX &&
		s->peers[1].children[0].mark_out == 6 && s->peers[1].children[0].mask_out == 15,
		NULL, "marks of policies");
	ike_setup_free(s);
}

/* Keys and a certificate in folders of @dir, as files. */
static void make_keys(const char *dir)
{
	static const char *const subs[] = { "private", "pubkey", "x509" };
	EVP_PKEY *a = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *b = EVP_EC_gen("P-256");
	struct pki_spec spec = { .cn = "b", .key = b };
	X509 *cert = pki_cert(&spec);
	char path[96];
	unsigned int i;
	FILE *f;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, subs[i]);
		mkdir(path, 0700);
	}
#define PUT(name, write, ...) do { \
		snprintf(path, sizeof(path), "%s/" name, dir); \
		f = fopen(path, "w"); \
		if (!f || !write(f, __VA_ARGS__)) \
			abort(); \
		fclose(f); \
	} while (0)
	PUT("private/a.pem", PEM_write_PrivateKey, a, NULL, NULL, 0, NULL, NULL);
	PUT("pubkey/a.pem", PEM_write_PUBKEY, a);
	PUT("b.key", PEM_write_PrivateKey, b, NULL, NULL, 0, NULL, NULL);
	PUT("pubkey/b.pem", PEM_write_PUBKEY, b);
	PUT("x509/b.pem", PEM_write_X509, cert);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	X509_free(cert);
}

static struct ike_setup *from_dir(const char *dir, const char *remote)
{
	char path[64], text[1024];
	struct ike_conf *c;
	struct ike_setup *s;

	snprintf(path, sizeof(path), "%s/t.conf", dir);
	snprintf(text, sizeof(text), "connections { gw { remote_addrs = 192.0.2.2\n"
		 " local { pubkeys = a.pem\n id = a.example.org }\n remote { %s }\n"
		 " children { net { } } } }\n", remote);
	said[0] = 0;
	c = ike_conf_read(path, text, strlen(text), 0, &to_said);
	s = c ? ike_setup_new(c, path, NULL, &to_said) : NULL;
	if (c && !s)
		ike_conf_free(c);
	return s;
}

static struct ike_setup *from_eap(const char *dir, const char *local, const char *remote,
				  const char *secrets, unsigned int flags)
{
	char path[64], text[1024];
	struct ike_conf *c;
	struct ike_setup *s;

	snprintf(path, sizeof(path), "%s/t.conf", dir);
	snprintf(text, sizeof(text), "connections { gw { remote_addrs = 192.0.2.2\n local {\n %s }\n"
		 " remote {\n %s }\n children { net { start_action = start } } } }\n"
		 "secrets { %s }\n", local, remote, secrets);
	said[0] = 0;
	c = ike_conf_read(path, text, strlen(text), flags, &to_said);
	s = c ? ike_setup_new(c, path, NULL, &to_said) : NULL;
	if (c && !s)
		ike_conf_free(c);
	return s;
}

static bool is(struct ike_buf b, const char *text)
{
	return b.n == strlen(text) && !memcmp(b.p, text, b.n);
}

#define CERT	"pubkeys = a.pem\n id = a.example.org"
#define PEER	"pubkeys = b.pem\n id = b.example.org"
#define USERS	"eap-1 { secret = one\n id = alice }\n" \
		"eap-2 { secret = two\n id-1 = bob@example.org\n id-2 = 192.0.2.9 }\n" \
		"eap-3 { secret = three }\n"

/* Whom the peer may be, and as whom we go. */
static void test_eap(const char *dir)
{
	const struct ike_eap_conf *e;
	struct ike_setup *s;

	setenv("OPENSSL_MODULES", "/nonexistent", 1);
	s = from_eap(dir, CERT, "auth = eap", USERS, 0);
	ktap_ok(!s && strstr(said, "t.conf:5: ") && strstr(said, "legacy provider"), said,
		"refused: EAP-MSCHAPv2 without libcrypto's legacy provider");
	ike_setup_free(s);
	unsetenv("OPENSSL_MODULES");
	s = from_eap(dir, CERT, "auth = eap-mschapv2\n eap_id = %any", USERS, 0);
	e = s ? &s->peers[0].eap : NULL;
	ktap_ok(s && s->peers[0].remote_by == IKE_BY_EAP && s->peers[0].by == IKE_BY_CERT && e->ask &&
		e->method == &ike_eap_mschapv2 && !e->name.n && e->n_users == 3 &&
		is(e->users[0].name, "alice") && is(e->users[0].secret, "one") &&
		is(e->users[1].name, "bob@example.org") && is(e->users[2].name, "192.0.2.9") &&
		is(e->users[2].secret, "two"), said, "EAP of the peer: users, but no secret of nobody");
	ktap_ok(strstr(said, "warning: child \"net\" cannot be started") != NULL, said,
		"its children wait for it");
	ike_setup_free(s);
	s = from_eap(dir, CERT, "auth = eap\n eap_id = alice", USERS, 0);
	e = s ? &s->peers[0].eap : NULL;
	ktap_ok(s && !e->ask && !e->method && is(e->name, "alice"), said, "one user only");
	ike_setup_free(s);
	s = from_eap(dir, "auth = eap\n id = 192.0.2.9\n eap_id = carol", PEER, USERS, 0);
	e = s ? &s->peers[0].eap : NULL;
	ktap_ok(s && s->peers[0].by == IKE_BY_EAP && s->peers[0].remote_by == IKE_BY_CERT &&
		is(e->name, "carol") && e->n_users == 1 && is(e->users[0].secret, "three") &&
		s->peers[0].local_id.type == IKE_ID_IPV4, said,
		"EAP of ours, a secret of nobody in particular");
	ike_setup_free(s);
	s = from_eap(dir, "auth = eap-mschapv2\n id = 192.0.2.9", PEER, USERS, 0);
	ktap_ok(s && is(s->peers[0].eap.name, "192.0.2.9") &&
		is(s->peers[0].eap.users[0].secret, "two"), said, "without eap_id we are our id");
	ike_setup_free(s);
	s = from_eap(dir, "auth = eap-md5\n eap_id = alice", PEER, USERS, IKE_CONF_WEAK);
	ktap_ok(s && s->peers[0].eap.method == &ike_eap_md5 && strstr(said, "is weak") &&
		s->peers[0].local_id.type == IKE_ID_FQDN, said, "a weak method, with consent");
	ike_setup_free(s);
}

static void test_eap_refused(const char *dir)
{
	static const struct { const char *local, *remote, *secrets, *want; } t[] = {
		{ "auth = eap\n eap_id = alice", "auth = eap", USERS, "has to have a certificate" },
		{ "auth = psk\n id = a", "auth = eap", USERS, "has to have a certificate" },
		{ "auth = eap\n eap_id = alice", "auth = psk\n id = b", USERS,
		  "has to have a certificate" },
		{ CERT, "auth = eap", "eap { secret = x }", "no eap secret with an id" },
		{ "auth = eap\n eap_id = carol", PEER, "eap { secret = x\n id = alice }",
		  "no eap secret for its identity" },
		{ CERT "\n eap_id = alice", "auth = eap", USERS, "eap_id is for auth = eap" },
		{ "auth = eap\n id = alice\n eap_id = %any", PEER, USERS, "is for the peer" },
		{ CERT, "auth = eap\n eap_id = *@example.org", USERS, "one identity, or %any" },
		{ CERT, "auth = eap\n cacerts = x.pem", USERS, "not for auth = eap" },
		{ "auth = eap\n id = alice\n certs = x.pem", PEER, USERS, "not for auth = eap" },
	};
	struct ike_setup *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		s = from_eap(dir, t[i].local, t[i].remote, t[i].secrets, 0);
		ktap_ok(!s && strstr(said, t[i].want) && strstr(said, "t.conf:"), said,
			"IKE2-EAP-2 refused: %s", t[i].want);
		ike_setup_free(s);
	}
}

static void test_keys(void)
{
	char dir[] = "/tmp/ike-setup-XXXXXX", command[64];
	const struct ike_peer_conf *p;
	struct ike_setup *s;

	if (!mkdtemp(dir))
		abort();
	make_keys(dir);
	s = from_dir(dir, "pubkeys = a.pem,b.pem\n id = b.example.org");
	p = s ? s->peers : NULL;
	ktap_ok(s && p->raw && p->key && !p->n_certs && p->n_raw_keys == 2 && !p->trust &&
		p->by == IKE_BY_CERT, said, "IKE2-RPK-1 raw public keys, ours with its private key");
	ike_setup_free(s);
	s = from_dir(dir, "certs = b.pem\n id = b.example.org");
	ktap_ok(s && s->peers[0].n_pinned == 1 && !s->peers[0].trust, said,
		"a certificate of the peer itself");
	ike_setup_free(s);
	s = from_dir(dir, "certs = b.pem\n cacerts = none.pem");
	ktap_ok(!s && strstr(said, "none.pem"), said, "refused: an authority that is not there");
	ike_setup_free(s);
	s = from_dir(dir, "pubkeys = b.pem");
	ktap_ok(!s && strstr(said, "needs an id"), said,
		"IKE2-RPK-2 refused: a public key of nobody");
	ike_setup_free(s);
	s = from_dir(dir, "pubkeys = ../b.key\n id = b.example.org");
	ktap_ok(!s && strstr(said, "b.key"), said, "refused: a private key as a public one");
	ike_setup_free(s);
	test_eap(dir);
	test_eap_refused(dir);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		printf("# %s stays\n", dir);
}

int main(void)
{
	ktap_begin();
	test_good();
	test_addrs();
	test_inner();
	test_shunts();
	test_keys();
	test_refused();
	return ktap_end();
}
