// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon around the machine, with a module that only takes notes and no sockets: what
 * the configuration, the kernel and secctl bring about.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "../../tests/ktap.h"
#include "../daemon.h"
#include "../kernel_nfsec_int.h"

static struct ike_daemon d;
static struct ike_nfsec kern;
static unsigned int added, deleted, sent;
static uint32_t next_spi = 0xc0000001;
static char path[64], sock[64];
static const char *remote = "192.0.2.2";

/* Counts policies, and gives SPIs. */
static int exchange(struct sec_nl *nl, struct nlmsghdr *nlh, sec_nl_cb cb, void *data)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);
	struct sec_sa sa = { .spi = next_spi };
	static char buf[SEC_NL_TX_SIZE];
	struct nlmsghdr *out;
	struct genlmsghdr *og;

	added += g->cmd == NFSEC_CMD_POLICY_NEW || g->cmd == NFSEC_CMD_POLICY_UPDATE;
	deleted += g->cmd == NFSEC_CMD_POLICY_DEL;
	if (!cb)
		return 0;
	next_spi++;
	sec_set(&sa, NFSEC_A_SA_SPI);
	memset(buf, 0, sizeof(buf));
	out = mnl_nlmsg_put_header(buf);
	og = mnl_nlmsg_put_extra_header(out, sizeof(*og));
	if (sec_put(out, sizeof(buf), &sec_sa_set, &sa, nl->diag))
		return -1;
	return cb(nl, g->cmd, og + 1, mnl_nlmsg_get_payload_len(out) - sizeof(*og), data);
}

static struct ike_addr sent_to;

static void send_out(void *arg, const struct ike_addr *local, const struct ike_addr *to,
		     struct ike_buf octets)
{
	(void)arg;
	sent_to = *to;
	sent += local->len == 4 && octets.n > 28;
}

static void random_octets(void *arg, void *out, size_t n)
{
	static uint8_t r;

	(void)arg;
	while (n--)
		((uint8_t *)out)[n] = (uint8_t)(r += 37);
}

static void conf(const char *kids, const char *more)
{
	FILE *f = fopen(path, "w");

	fprintf(f, "connections { gw {\n local_addrs = 192.0.2.1\n remote_addrs = %s\n"
		"%s local { auth = psk\n id = a.example.org }\n"
		"remote { auth = psk\n id = b.example.org }\n children { %s } } }\n"
		"secrets { ike-1 { secret = something } }\n", remote, more, kids);
	fclose(f);
}

#define CHILD(name, net, more) \
	name " { local_ts = 10." net ".0.0/16\n remote_ts = 10.2.0.0/16\n" more " }\n"

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ike_daemon_run(arg);
}

static void begin(const char *kids, const char *more)
{
	struct ike_ctx_conf c = { .kernel = &ike_nfsec_ops, .kern = &kern, .arg = &d,
				  .send = send_out, .random = random_octets,
				  .log = ike_say_line, .event = ike_peers_news,
				  .where = ike_peer_find };
	unsigned int i;

	memset(&d, 0, sizeof(d));
	d.hookd = -1;
	memset(&kern, 0, sizeof(kern));
	for (i = 0; i < 4; i++)
		d.udp.fd[i] = -1;
	kern.nl.exchange = exchange;
	kern.nl.diag = &kern.diag;
	kern.nl.tx = calloc(1, SEC_NL_TX_SIZE);
	added = 0;
	deleted = 0;
	sent = 0;
	d.path = path;
	conf(kids, more);
	d.setup = ike_daemon_load(&d);
	if (!d.setup)
		exit(1);
	d.kern = &kern;
	c.peers = d.setup->peers;
	c.n_peers = d.setup->n;
	d.ctx = ike_ctx_new(&c);
	d.base = event_base_new();
	d.timer = evtimer_new(d.base, on_timer, &d);
	for (i = 0; i < d.setup->n; i++)
		ike_peer_first(&d, i);
}

static void end(void)
{
	struct ike_nfsec_policy *e;
	unsigned int i;

	d.keep = true;
	d.kern = NULL;
	ike_ctl_close(&d);
	ike_daemon_end(&d);
	for (i = 0; i < IKE_NFSEC_BUCKETS; i++)
		while ((e = kern.bucket[i])) {
			kern.bucket[i] = e->next;
			free(e);
		}
	free(kern.nl.tx);
}

/* Lets @ms go by for the machine. */
static void later(uint64_t ms)
{
	uint64_t now = ike_now(), at = now;

	while (at <= now + ms) {
		at = ike_tick(d.ctx, at);
		ike_peers_run(&d, at);
		if (at == UINT64_MAX)
			return;
		at++;
	}
}

static bool wanted(unsigned int k)
{
	uint64_t at;

	return ike_wanted(d.ctx, &d.setup->peers[0], &d.setup->peers[0].children[k], &at);
}

/* A child in tunnel mode has three policies: out, in, forwarded. */
static void test_first(void)
{
	begin(CHILD("none", "1", "") CHILD("trap", "3", "start_action = trap")
	      CHILD("start", "4", "start_action = start"), "");
	ktap_ok(added == 6 && sent == 1, NULL, "policies of trap and start, one IKE SA begun");
	ktap_ok(!wanted(0) && !wanted(1) && wanted(2), NULL, "the one with start is wanted");
	later(3600000);
	ktap_ok(wanted(2) && sent > 60 && !deleted && d.setup->more[0].kids[2].trapped, NULL,
		"for ever, though keyingtries is 1: %u datagrams in an hour", sent);
	end();
}

static void test_acquire(void)
{
	struct ike_nfsec_event e = { .kind = IKE_NFSEC_ACQUIRE, .reqid = IKE_REQID_FIRST,
				     .flow = true };
	struct ike_ts src, dst, a, b;
	struct ike_sa *sa;
	unsigned int i;
	char err[128];

	begin(CHILD("net", "1", "start_action = trap"), "");
	ike_ts_read("10.1.0.5/32[tcp/4000]", &a, err, sizeof(err));
	ike_ts_read("10.2.0.9/32[tcp/443]", &b, err, sizeof(err));
	e.from = a;
	e.to = b;
	for (i = 0; i < 100; i++)
		ike_peers_event(&d, &e);
	sa = ike_sa_next(d.ctx, NULL);
	ktap_ok(sent == 1 && sa && ike_want_packet(sa, &d.setup->peers[0].children[0], &src, &dst) &&
		ike_ts_equal(&src, &a) && ike_ts_equal(&dst, &b), NULL,
		"IKE2-TS-3 ATK-30 a hundred acquires: one IKE SA, and the packet goes with it");
	later(600000);
	ktap_ok(!wanted(0) && !deleted && d.setup->more[0].kids[0].trapped, NULL,
		"given up after a while, but its policies stay");
	ike_peers_event(&d, &e);
	ktap_ok(wanted(0), NULL, "until the next packet");
	end();
}

static void test_up(void)
{
	char err[256];

	begin(CHILD("net", "1", "") CHILD("more", "3", ""), "");
	ktap_ok(!added && !sent, NULL, "what is not asked for is not begun");
	ktap_ok(!ike_peer_start(&d, 0, 1, err, sizeof(err)) && added == 3 && sent == 1 &&
		wanted(1) && !wanted(0), NULL, "one child is asked for");
	ktap_ok(!ike_peer_start(&d, 0, -1, err, sizeof(err)) && added == 6 && sent == 1 &&
		wanted(0), NULL, "all of them: the same IKE SA");
	ike_peer_stop(&d, 0, -1);
	ktap_ok(deleted == 6 && !wanted(0) && !wanted(1), NULL, "taken back");
	ike_peer_start(&d, 0, 0, err, sizeof(err));
	later(600000);
	ktap_ok(!wanted(0) && deleted == 9 && !d.setup->more[0].kids[0].trapped, NULL,
		"given up: its policies go");
	end();
}

static void test_reload(void)
{
	char err[256];

	begin(CHILD("net", "1", "") CHILD("more", "3", ""), "");
	ike_peer_start(&d, 0, 0, err, sizeof(err));
	conf(CHILD("new", "5", "start_action = trap") CHILD("net", "1", "") CHILD("more", "3", ""),
	     "");
	ktap_ok(!ike_reload(&d) && d.setup->peers[0].n_children == 3, NULL, "read again");
	ktap_ok(!wanted(0) && wanted(1) && !wanted(2) && sent == 1 &&
		d.setup->more[0].kids[0].trapped && d.setup->more[0].kids[1].trapped &&
		!d.setup->more[0].kids[2].trapped, NULL, "what was wanted is wanted still");
	ktap_ok(added == 6 && !deleted, NULL, "its policies had no gap");
	conf(CHILD("net", "6", ""), "");
	ktap_ok(!ike_reload(&d) && !wanted(0) && deleted == 6, NULL, "what changed begins anew");
	ktap_ok(d.n_old == 2 && ike_reload_tidy(&d, ike_now(), false) == UINT64_MAX && !d.n_old,
		NULL, "and what nobody refers to is let go");
	end();
}

/* What comes in from the control socket within a while, up to a line's end. */
static const char *reply(int fd)
{
	static char buf[4096];
	unsigned int i;
	ssize_t n = -1;

	for (i = 0; n <= 0 && i < 20; i++) {
		event_base_loop(d.base, EVLOOP_NONBLOCK);
		n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
	}
	buf[n > 0 ? n : 0] = 0;
	return buf;
}

static void test_control(void)
{
	static const char up[] = "{\"command\":\"up\",\"name\":\"gw\"}\n";
	static const char metrics[] = "{\"command\":\"metrics\"}\n";
	static const char quick[] = "{\"command\":\"up\",\"name\":\"net\",\"timeout\":0}\n";
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *s;
	int fd;

	if (geteuid()) {
		printf("# only root may ask: not tested\n");
		return;
	}
	begin(CHILD("net", "1", ""), "");
	strcpy(un.sun_path, sock);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (ike_ctl_open(&d, sock) || connect(fd, (struct sockaddr *)&un, sizeof(un)))
		exit(1);
	send(fd, up, sizeof(up) - 1, 0);
	s = reply(fd);
	ktap_ok(!*s && sent == 1 && wanted(0), s, "a client that asks has to wait");
	later(600000);
	ike_daemon_run(&d);
	s = reply(fd);
	ktap_ok(strstr(s, "did not come up"), s, "and is told that it came to nothing");
	send(fd, quick, sizeof(quick) - 1, 0);
	s = reply(fd);
	ktap_ok(strstr(s, "too long"), s, "or that it takes too long");
	send(fd, metrics, sizeof(metrics) - 1, 0);
	s = reply(fd);
	ktap_ok(strstr(s, "{\"metrics\":") || strstr(s, "\"metrics\""), s, "metrics are at the socket too");
	close(fd);
	end();
}

/* Whether @text is OpenMetrics: each sample belongs to the family before it, counters end
 * in _total, and what no line can be is not there.
 */
static bool openmetrics(const char *text)
{
	char line[512], family[128] = "", type[32] = "", name[128];
	const char *end = NULL, *at;
	size_t n;

	for (at = text; *at; at = end + 1) {
		end = strchr(at, '\n');
		if (!end || (size_t)(end - at) >= sizeof(line))
			return false;
		snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
		if (!strcmp(line, "# EOF"))
			return !end[1];
		if (sscanf(line, "# TYPE %127s %31s", name, type) == 2) {
			if (strstr(text, line) != at)
				return false;
			strcpy(family, name);
			continue;
		}
		if (sscanf(line, "# HELP %127s", name) == 1) {
			if (strcmp(name, family))
				return false;
			continue;
		}
		n = strcspn(line, "{ ");
		line[n] = line[n] == '{' ? '{' : ' ';
		snprintf(name, sizeof(name), "%.*s", (int)n, line);
		if (strncmp(name, family, strlen(family)) ||
		    strcmp(name + strlen(family), !strcmp(type, "counter") ? "_total" :
			   !strcmp(type, "info") ? "_info" : "") ||
		    strspn(strrchr(line, ' ') + 1, "0123456789") != strlen(strrchr(line, ' ') + 1))
			return false;
	}
	return false;
}

static bool has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at && at > text && at[-1] == '\n' && at[strlen(line)] == '\n';
}

static void test_metrics(void)
{
	static const uint8_t junk[40] = { 1 };
	struct ike_addr a = { 4, { 192, 0, 2, 1 }, 500 }, b = { 4, { 192, 0, 2, 2 }, 500 };
	static char file[8192];
	char err[256], *m;
	size_t n;
	FILE *f;

	begin(CHILD("net", "1", ""), "");
	ike_peer_start(&d, 0, 0, err, sizeof(err));
	ike_input(d.ctx, ike_now(), &a, &b, (struct ike_buf){ junk, 10 });
	ike_input(d.ctx, ike_now(), &a, &b, (struct ike_buf){ junk, 40 });
	m = ike_metrics(&d);
	ktap_ok(m && openmetrics(m), m, "metrics are OpenMetrics");
	ktap_ok(m && has(m, "secike_ike_sas_begun_total 1") &&
		has(m, "secike_datagrams_received_total 2") &&
		has(m, "secike_datagrams_dropped_total{reason=\"length\"} 1") &&
		has(m, "secike_datagrams_dropped_total{reason=\"header\"} 1") &&
		has(m, "secike_ike_sas{state=\"init-sent\"} 1") &&
		has(m, "secike_connection_up{connection=\"gw\"} 0") &&
		has(m, "secike_wanted_children 1") && has(m, "secike_wanted_children_limit 4096") &&
		has(m, "secike_half_open_limit 1000"), m, "and say what is");
	free(m);
	later(600000);
	m = ike_metrics(&d);
	ktap_ok(m && has(m, "secike_negotiations_failed_total{reason=\"timeout\"} 1") &&
		has(m, "secike_requests_retransmitted_total 5") && has(m, "secike_wanted_children 0"),
		m, "and what was");
	free(m);

	d.metrics = file;
	snprintf(file, sizeof(file), "%s.metrics", path);
	ktap_ok(ike_metrics_run(&d, 1000) == 11000 && ike_metrics_run(&d, 5000) == 11000 &&
		!d.metrics_bad, NULL, "a file every ten seconds");
	f = fopen(file, "r");
	unlink(file);
	n = f ? fread(file, 1, sizeof(file) - 1, f) : 0;
	file[n] = 0;
	ktap_ok(openmetrics(file), file, "which has all of it");
	if (f)
		fclose(f);
	d.metrics = "/nowhere/metrics";
	ike_metrics_run(&d, 11000);
	ike_metrics_run(&d, 21000);
	ktap_ok(d.metrics_bad && strstr(d.line[(d.n_lines - 1) % IKE_LOG_LINES], "/nowhere"), NULL,
		"one that cannot be written is said once");
	d.metrics = NULL;
	end();
}

static atomic_int go, asked, answer;

/* Answers when it may: 192.0.2.@answer, or nothing if that is 0. */
static int slow(const char *name, int family, struct ike_addr *a, char *err, size_t n)
{
	int i;

	asked++;
	for (i = 0; i < 5000 && !go; i++)
		usleep(1000);
	go = 0;
	snprintf(err, n, "%s: not there", name);
	*a = (struct ike_addr){ 4, { 192, 0, 2, (uint8_t)answer }, 0 };
	return family == AF_INET && answer ? 0 : -1;
}

/* Lets the thread answer, and the loop take it in. */
static void answers(int what)
{
	int i;

	answer = what;
	go = 1;
	for (i = 0; i < 5000 && go; i++)
		usleep(1000);
	/* the thread has it, and is about to hand it over */
	usleep(50000);
	event_base_loop(d.base, EVLOOP_NONBLOCK);
	ike_daemon_run(&d);
}

static void test_names(void)
{
	struct ike_peer_conf *p;
	char err[1024];
	uint64_t before;
	int was;

	remote = "gw.invalid";
	begin(CHILD("net", "1", "start_action = trap"), "");
	p = &d.setup->peers[0];
	ktap_ok(!p->remote.len && !added && d.trap_at, NULL, "a name that is not known: no policies");
	if (ike_names_open(&d, slow))
		exit(1);
	before = ike_now();
	ktap_ok(!ike_peer_start(&d, 0, 0, err, sizeof(err)), err, "but the peer can be asked for");
	ike_daemon_run(&d);
	ktap_ok(!sent && wanted(0) && ike_now() - before < 1000, NULL, "the loop goes on meanwhile");
	answers(0);
	ktap_ok(!sent && strstr(d.setup->more[0].said, "gw.invalid: not there"), d.setup->more[0].said,
		"no answer: it is said why");
	ike_peer_stop(&d, 0, -1);
	d.names_at = 0;
	later(0);
	was = asked;
	ike_names_ask(&d, 0, ike_now() + 20000);
	answers(7);
	ktap_ok(asked == was + 1 && p->remote.a[3] == 7 && p->remote.port == 500 && added == 3, NULL,
		"an answer: policies are put in");
	ike_peer_start(&d, 0, 0, err, sizeof(err));
	ktap_ok(sent == 1 && sent_to.a[3] == 7 && asked == was + 1, NULL,
		"the peer is called there, without asking again");
	ike_names_ask(&d, 0, ike_now() + 20000);
	answers(8);
	ktap_ok(p->remote.a[3] == 8 && added == 6 && d.setup->more[0].kids[0].dst.a[3] == 8 &&
		d.setup->more[0].kids[0].trapped, NULL, "another answer: policies follow");
	ike_names_ask(&d, 0, ike_now() + 20000);
	answers(0);
	ktap_ok(p->remote.a[3] == 8 && !ike_names_ask(&d, 0, ike_now()), NULL,
		"none any more: the last one counts, and it is not asked at once");
	conf(CHILD("net", "1", "start_action = trap"), "dpd_delay = 7\n");
	was = asked;
	ktap_ok(!ike_reload(&d) && d.setup->peers[0].remote.a[3] == 8 && asked == was &&
		d.setup->more[0].kids[0].trapped, NULL,
		"read again: the name is not looked up in the loop");
	remote = "192.0.2.2";
	conf(CHILD("net", "1", ""), "");
	ike_reload(&d);
	d.names_at = 0;
	ktap_ok(ike_names_run(&d, ike_now()) == UINT64_MAX, NULL, "no names: nothing to look up");
	end();
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_daemon.%d.conf", (int)getpid());
	snprintf(sock, sizeof(sock), "/tmp/test_daemon.%d.sock", (int)getpid());
	ktap_begin();
	test_first();
	test_acquire();
	test_up();
	test_reload();
	test_control();
	test_metrics();
	test_names();
	unlink(path);
	return ktap_end();
}
