// SPDX-License-Identifier: GPL-2.0
/*
 * The process that runs programs: one message of a socket, one program.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "conf.h"
#include "hook.h"
#include "hookd.h"

#define MESSAGE	16384	/* octets of one */
#define VARS	64	/* of an environment */
#define OLD	4	/* configurations before this one that are kept */

#define RELOAD	'R'	/* alone */
#define RUN	'U'	/* then the key, and strings: connection, child, environment */

/**
 * struct programs - those of a configuration
 * @v: connection, child and command of each
 * @n: how many
 */
struct programs {
	char *(*v)[3];
	unsigned int n;
};

/**
 * struct hookd - the process
 * @conf: its surroundings
 * @fd: of messages
 * @base: its loop
 * @hooks: what runs
 * @list: programs, the newest configuration first
 */
struct hookd {
	struct ike_hookd_conf conf;
	int fd;
	struct event_base *base;
	struct ike_hooks *hooks;
	struct programs list[OLD + 1];
};

static void say(void *arg, const char *line)
{
	const struct hookd *h = arg;

	if (h->conf.syslog)
		syslog(LOG_INFO, "%s", line);
	else
		fprintf(stderr, "%s\n", line);
}

static void say_conf(void *ctx, enum ike_conf_level level, const char *file, unsigned int line,
		     const char *text)
{
	/* The daemon says what is wrong with it. */
	(void)ctx;
	(void)level;
	(void)file;
	(void)line;
	(void)text;
}

static void programs_free(struct programs *p)
{
	unsigned int i, k;

	for (i = 0; i < p->n; i++)
		for (k = 0; k < 3; k++)
			free(p->v[i][k]);
	free(p->v);
	*p = (struct programs){ 0 };
}

static void add(struct programs *p, const char *conn, const struct ike_conf_child *c)
{
	char *(*v)[3] = realloc(p->v, (p->n + 1) * sizeof(*v));

	if (!v)
		return;
	p->v = v;
	v[p->n][0] = strdup(conn);
	v[p->n][1] = strdup(c->item.name);
	v[p->n][2] = strdup(c->updown);
	p->n += v[p->n][0] && v[p->n][1] && v[p->n][2];
}

/* Reads the configuration; of all that is in it programs are kept. */
static void load(struct hookd *h)
{
	const struct ike_conf_log log = { say_conf, NULL };
	struct ike_conf *c = ike_conf_load(h->conf.path, h->conf.flags, &log);
	unsigned int i, k;

	if (!c)
		return;
	programs_free(&h->list[OLD]);
	memmove(&h->list[1], &h->list[0], OLD * sizeof(h->list[0]));
	h->list[0] = (struct programs){ 0 };
	for (i = 0; i < c->n_conns; i++)
		for (k = 0; k < c->conns[i]->n_children; k++)
			if (c->conns[i]->children[k]->updown)
				add(&h->list[0], c->conns[i]->item.name,
				    c->conns[i]->children[k]);
	ike_conf_free(c);
}

static const char *find(const struct hookd *h, const char *conn, const char *child)
{
	unsigned int i, k;

	for (i = 0; i <= OLD; i++)
		for (k = 0; k < h->list[i].n; k++)
			if (!strcmp(h->list[i].v[k][0], conn) &&
			    !strcmp(h->list[i].v[k][1], child))
				return h->list[i].v[k][2];
	return NULL;
}

/* The strings of @m, which end with a NUL each. */
static void run(struct hookd *h, uint32_t key, char *m, size_t n)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[VARS + 1] = { path }, *end = m + n, *s, *name[2];
	const char *command;
	unsigned int i, vars = 1;

	if (!n || end[-1])
		return;
	for (i = 0, s = m; i < 2 && s < end; i++, s += strlen(s) + 1)
		name[i] = s;
	for (; s < end && vars < VARS; s += strlen(s) + 1)
		if (!strncmp(s, "PLUTO_", 6) && strchr(s, '='))
			env[vars++] = s;
	command = i == 2 ? find(h, name[0], name[1]) : NULL;
	if (command)
		ike_hooks_run(h->hooks, key, command, env);
}

static void on_message(evutil_socket_t fd, short what, void *arg)
{
	static char m[MESSAGE];
	struct hookd *h = arg;
	uint32_t key;
	ssize_t n;

	(void)what;
	n = recv(fd, m, sizeof(m), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		event_base_loopbreak(h->base);
		return;
	}
	if (m[0] == RELOAD)
		load(h);
	if (m[0] != RUN || (size_t)n < 1 + sizeof(key))
		return;
	memcpy(&key, m + 1, sizeof(key));
	run(h, key, m + 1 + sizeof(key), (size_t)n - 1 - sizeof(key));
}

__attribute__((noreturn))
static void become(struct hookd *h)
{
	struct event *ev;
	unsigned int i;

	/* It ends with the daemon, when that has said goodbye to its peers. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "secike-updown");
	h->base = event_base_new();
	h->hooks = h->base ? ike_hooks_new(h->base, 0, say, h) : NULL;
	ev = h->hooks ? event_new(h->base, h->fd, EV_READ | EV_PERSIST, on_message, h) : NULL;
	if (ev && !event_add(ev, NULL)) {
		load(h);
		event_base_dispatch(h->base);
	}
	if (ev)
		event_free(ev);
	ike_hooks_free(h->hooks);
	if (h->base)
		event_base_free(h->base);
	for (i = 0; i <= OLD; i++)
		programs_free(&h->list[i]);
	_exit(0);
}

int ike_hookd_start(const struct ike_hookd_conf *conf)
{
	struct hookd h = { .conf = *conf };
	int fd[2], size = 256 * 1024, err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -1;
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pid = fork();
	if (!pid) {
		close(fd[0]);
		h.fd = fd[1];
		become(&h);
	}
	err = errno;
	close(fd[1]);
	if (pid > 0)
		return fd[0];
	close(fd[0]);
	errno = err;
	return -1;
}

int ike_hookd_reload(int fd)
{
	return send(fd, (char[]){ RELOAD }, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static bool put(char *m, size_t *n, const char *s)
{
	size_t len = strlen(s) + 1;

	if (len > MESSAGE - *n)
		return false;
	memcpy(m + *n, s, len);
	*n += len;
	return true;
}

int ike_hookd_run(int fd, uint32_t key, const char *conn, const char *child, char *const *env)
{
	char m[MESSAGE] = { RUN };
	size_t n = 1 + sizeof(key);

	memcpy(m + 1, &key, sizeof(key));
	if (!put(m, &n, conn) || !put(m, &n, child)) {
		errno = EMSGSIZE;
		return -1;
	}
	for (; *env; env++)
		if (!put(m, &n, *env)) {
			errno = EMSGSIZE;
			return -1;
		}
	return send(fd, m, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}
