// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that are run for children: when, with what, and how long.
 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../tests/ktap.h"
#include "../hook.h"
#include "../hookd.h"
#include "pair.h"

static char dir[] = "/tmp/ike-hook-XXXXXX", said[4096], path[64], out[64], conf[64];

static void say(void *arg, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static void write_program(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	chmod(path, 0700);
	unlink(out);
	said[0] = 0;
}

static const char *result(void)
{
	static char text[4096];
	FILE *f = fopen(out, "r");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = 0;
	return text;
}

static uint64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Runs the loop until nothing is left to be run, or for @limit. */
static void until_done(struct event_base *base, struct ike_hooks *h, uint64_t limit)
{
	uint64_t end = ms() + limit;

	while (ike_hooks_busy(h) && ms() < end) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(2000);
	}
}

static void test_run(void)
{
	char *env[] = { (char *)"PLUTO_VERB=up-host", (char *)"PATH=/usr/bin:/bin", NULL };
	char command[160], *down[] = { (char *)"PLUTO_VERB=down-host", (char *)"PATH=/usr/bin:/bin",
				       NULL };
	struct event_base *base = event_base_new();
	struct ike_hooks *h = ike_hooks_new(base, 700, say, NULL);
	uint64_t at;

	snprintf(command, sizeof(command), "%s  a\t$HOME;b", path);
	write_program("#!/bin/sh\nls -l /proc/self/fd | grep -c socket >> $0.out\n"
		      "echo \"$PLUTO_VERB $# $1 $2 $HOME\" >> $0.out\n");
	at = ms();
	ktap_ok(!ike_hooks_run(h, 1, command, env) && ms() - at < 500, NULL, "it is begun at once");
	until_done(base, h, 5000);
	ktap_ok(!strcmp(result(), "0\nup-host 2 a $HOME;b \n") && !said[0], result(),
		"arguments and environment, no shell, no sockets of ours");

	write_program("#!/bin/sh\n[ $PLUTO_VERB = down-host ] || sleep 0.3\n"
		      "echo $PLUTO_VERB >> $0.out\n");
	ike_hooks_run(h, 1, path, env);
	ike_hooks_run(h, 1, path, down);
	until_done(base, h, 5000);
	ktap_ok(!strcmp(result(), "up-host\ndown-host\n"), result(), "in order");

	write_program("#!/bin/sh\nexit 3\n");
	ike_hooks_run(h, 1, path, env);
	until_done(base, h, 5000);
	ktap_ok(strstr(said, "exit status 3") != NULL, said, "what failed is said");
	ike_hooks_run(h, 1, "/nowhere/to/be", env);
	until_done(base, h, 5000);
	ktap_ok(strstr(said, "exit status 127") != NULL, said, "and what is not there");

	write_program("#!/bin/sh\nsleep 30\necho late >> $0.out\n");
	ike_hooks_run(h, 1, path, env);
	at = ms();
	until_done(base, h, 5000);
	ktap_ok(ms() - at > 500 && ms() - at < 4000 && strstr(said, "too long") &&
		!*result(), said, "it may not run for ever");

	write_program("#!/bin/sh\nsleep 0.2\necho $PLUTO_VERB >> $0.out\n");
	ike_hooks_run(h, 1, path, env);
	ike_hooks_run(h, 1, path, down);
	ike_hooks_free(h);
	ktap_ok(!strcmp(result(), "up-host\ndown-host\n"), result(), "the end waits for them");
	event_base_free(base);
}

static int wait_result(const char *what)
{
	unsigned int i;

	for (i = 0; i < 2500 && strcmp(result(), what); i++)
		usleep(2000);
	return !strcmp(result(), what);
}

/* The process beside the daemon. */
static void test_process(void)
{
	char *env[] = { (char *)"PLUTO_VERB=up-host", (char *)"LD_PRELOAD=/evil.so", NULL };
	char *last[] = { (char *)"PLUTO_VERB=down-host", NULL };
	struct ike_hookd_conf c = { .path = conf };
	FILE *f;
	int fd;

	write_program("#!/bin/sh\necho $PLUTO_VERB $LD_PRELOAD$1 >> $0.out\n");
	f = fopen(conf, "w");
	fprintf(f, "connections { gw { children { net { mode = pass\n updown = %s x\n } } } }\n",
		path);
	fclose(f);
	fd = ike_hookd_start(&c);
	ktap_ok(fd >= 0 && !ike_hookd_run(fd, 1, "gw", "net", env) && wait_result("up-host x\n"),
		result(), "another process runs it, and takes nothing but what is told of children");
	ike_hookd_run(fd, 1, "gw", "other", env);
	ike_hookd_run(fd, 1, "gw", path, env);
	ike_hookd_run(fd, 1, "", "", last);
	usleep(300000);
	ktap_ok(wait_result("up-host x\n"), result(), "only what is configured");
	unlink(out);
	f = fopen(conf, "w");
	fprintf(f, "connections { gw { children { new { mode = pass\n updown = %s y\n } } } }\n",
		path);
	fclose(f);
	ktap_ok(!ike_hookd_reload(fd) && !ike_hookd_run(fd, 1, "gw", "new", env) &&
		!ike_hookd_run(fd, 1, "gw", "net", last), NULL, "it reads the configuration again");
	close(fd);
	ktap_ok(wait_result("up-host y\ndown-host x\n"), result(),
		"what went with that, and what was to be run at the end, is run");
	unlink(conf);
}

static const char *get(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return "";
}

static bool is(char *const *env, const char *name, const char *value)
{
	if (!strcmp(get(env, name), value))
		return true;
	printf("# %s=%s\n", name, get(env, name));
	return false;
}

static void test_env(void)
{
	struct pair *p = pair_new(3);
	struct ike_hook_of of = { .up = true, .ifname = "eth0", .mark_in = 5, .mark_in_mask = 255 };
	struct ike_child *ch;
	struct ike_sa *sa;
	struct ike_ts me;
	char **env;

	p->end[0].conf.remote_id = (struct ike_id){ 0 };
	p->end[1].conf.local_id = pair_id("$(reboot)`x`\";sun");
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 3000);
	sa = pair_sa(p, 0);
	ch = sa->children;
	of.sa = sa;
	of.ch = ch;
	of.local = &ch->local[0];
	of.remote = &ch->remote[0];
	env = ike_hook_env(&of);
	ktap_ok(is(env, "PLUTO_VERB", "up-client") && is(env, "PLUTO_CONNECTION", "net") &&
		is(env, "PLUTO_INTERFACE", "eth0") && is(env, "PLUTO_REQID", "1") &&
		is(env, "PLUTO_ME", "192.0.2.1") && is(env, "PLUTO_PEER", "192.0.2.2") &&
		is(env, "PLUTO_MY_CLIENT", "10.1.0.0/16") &&
		is(env, "PLUTO_PEER_CLIENT", "10.2.0.0/16") && is(env, "PLUTO_PROTO", "esp") &&
		is(env, "PLUTO_MARK_IN", "5/0x000000ff") && is(env, "PLUTO_MARK_OUT", "") &&
		is(env, "PLUTO_MY_ID", "moon.example.org"), NULL, "what a program is told");
	ktap_ok(is(env, "PLUTO_PEER_ID", "??reboot??x???sun"), NULL,
		"nothing that a careless shell takes for a command");
	ike_hook_env_free(env);
	pair_ts(&me, "192.0.2.1[tcp/80]");
	of.local = &me;
	of.up = false;
	sa->vip_ours = true;
	sa->vip[1] = (struct ike_addr){ 16, { 0xfd, [15] = 7 }, 0 };
	sa->dns[0] = pair_addr(53, 0);
	sa->n_dns = 1;
	env = ike_hook_env(&of);
	ktap_ok(is(env, "PLUTO_VERB", "down-host") && is(env, "PLUTO_MY_PORT", "80") &&
		is(env, "PLUTO_MY_PROTOCOL", "6") && is(env, "PLUTO_MY_CLIENT", "192.0.2.1/32") &&
		is(env, "PLUTO_MY_SOURCEIP", "fd00::7") && is(env, "PLUTO_MY_SOURCEIP6_1", "fd00::7") &&
		is(env, "PLUTO_MY_SOURCEIP4_1", "") && is(env, "PLUTO_DNS4_1", "192.0.2.53"), NULL,
		"IKE2-CP-4 addresses and name servers");
	ike_hook_env_free(env);
	pair_free(p);
}

static int ups, downs;

static void child(void *arg, const struct ike_sa *sa, const struct ike_child *ch, bool up)
{
	(void)arg;
	ups += up;
	downs += !up;
	if (!sa->peer_id.p || !ch->spi_in)
		abort();
}

static void test_when(void)
{
	struct pair *p = pair_new(7);
	struct ike_sa *sa;
	int who;

	pair_start(p, 0);
	p->end[0].ctx->conf.child = child;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 3000);
	ktap_ok(ups == 1 && !downs, NULL, "a child comes up");
	for (who = 0; who < 2; who++) {
		sa = pair_sa(p, who);
		ike_task_add(sa, p->now, &(struct ike_task){ IKE_TASK_REKEY_CHILD,
			     &p->end[who].child[0], sa->children->spi_in });
		if (who)
			ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY_CHILD,
				     &p->end[0].child[0], pair_sa(p, 0)->children->spi_in });
		pair_run(p, 20000);
		ike_task_add(pair_sa(p, who), p->now, &(struct ike_task){ IKE_TASK_REKEY });
		pair_run(p, 70000);
	}
	ktap_ok(pair_kernels(p, 2) && ups == 1 && !downs, NULL,
		"IKE2-REKEY-1 it is replaced, by both at once too: nothing comes up or goes");
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_CHILD,
		     &p->end[0].child[0] });
	pair_run(p, 3000);
	ktap_ok(pair_kernels(p, 4) && ups == 1, NULL, "a second one like it is no news");
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 3000);
	ktap_ok(ups == 1 && downs == 1, NULL, "the last one goes");
	pair_free(p);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/run", dir);
	snprintf(out, sizeof(out), "%s/run.out", dir);
	snprintf(conf, sizeof(conf), "%s/t.conf", dir);
	ktap_begin();
	test_run();
	test_process();
	test_env();
	test_when();
	unlink(path);
	unlink(out);
	rmdir(dir);
	return ktap_end();
}
