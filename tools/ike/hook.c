// SPDX-License-Identifier: GPL-2.0
/*
 * Runs programs beside the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hook.h"

#define ARGS 32

/**
 * struct hook - a program that runs, or is to be
 * @next: the next one, in the order of their beginning
 * @key: only one of each runs
 * @pid: the process, 0 if it waits
 * @fd: tells that it ended
 * @ev: event of @fd, and of the time being up
 * @all: where it is
 * @words: arguments, one behind the other
 * @argv: the same as pointers
 * @env: environment, allocated like @words
 */
struct hook {
	struct hook *next;
	uint32_t key;
	pid_t pid;
	int fd;
	struct event *ev;
	struct ike_hooks *all;
	char *words;
	char *argv[ARGS + 1];
	char **env;
};

struct ike_hooks {
	struct event_base *base;
	unsigned int limit_ms;
	void (*log)(void *arg, const char *line);
	void *arg;
	struct hook *list;
	bool ending;
};

__attribute__((format(printf, 2, 3)))
static void say(struct ike_hooks *h, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	h->log(h->arg, line);
}

static void hook_free(struct hook *k)
{
	if (k->ev)
		event_free(k->ev);
	if (k->fd >= 0)
		close(k->fd);
	ike_hook_env_free(k->env);
	free(k->words);
	free(k);
}

static void unlink_hook(struct hook *k)
{
	struct hook **p;

	for (p = &k->all->list; *p != k; p = &(*p)->next)
		;
	*p = k->next;
}

/* The other side of fork(): nothing of ours goes along but standard error. */
__attribute__((noreturn))
static void become(const struct hook *k)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0)
		_exit(126);
	syscall(SYS_close_range, 3u, ~0u, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/"))
		_exit(126);
	execve(k->argv[0], k->argv, k->env);
	_exit(127);
}

static void on_event(evutil_socket_t fd, short what, void *arg);

/* Begins @k. 0 or -1. */
static int begin(struct hook *k)
{
	struct ike_hooks *h = k->all;
	struct timeval limit = { h->limit_ms / 1000, h->limit_ms % 1000 * 1000 };

	k->pid = fork();
	if (!k->pid)
		become(k);
	if (k->pid < 0) {
		say(h, "%.200s: cannot be run: %s", k->argv[0], strerror(errno));
		return -1;
	}
	k->fd = (int)syscall(SYS_pidfd_open, k->pid, 0);
	if (k->fd >= 0 && !h->ending)
		k->ev = event_new(h->base, k->fd, EV_READ, on_event, k);
	if (k->fd < 0 || (!h->ending && (!k->ev || event_add(k->ev, &limit)))) {
		say(h, "%.200s: cannot be watched: %s", k->argv[0], strerror(errno));
		kill(-k->pid, SIGKILL);
		kill(k->pid, SIGKILL);
		waitpid(k->pid, NULL, 0);
		return -1;
	}
	return 0;
}

/* Begins what may be run now. */
static void begin_all(struct ike_hooks *h)
{
	struct hook *k, *o, *next;
	unsigned int n = 0;

	for (k = h->list; k; k = k->next)
		n += k->pid > 0;
	for (k = h->list; k && n < IKE_HOOKS_RUN; k = next) {
		next = k->next;
		for (o = h->list; o != k && o->key != k->key; o = o->next)
			;
		if (k->pid || o != k)
			continue;
		n++;
		if (begin(k)) {
			unlink_hook(k);
			hook_free(k);
			/* The next one of that key may be further up. */
			next = h->list;
			n--;
		}
	}
}

/* @k is to end, or has. */
static void finish(struct hook *k, bool late)
{
	struct ike_hooks *h = k->all;
	int status = 0;

	if (late) {
		say(h, "%.200s: ended, as it takes too long", k->argv[0]);
		/* Until it has its own session the group is not there. */
		if (kill(-k->pid, SIGKILL))
			kill(k->pid, SIGKILL);
	}
	while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!late && WIFEXITED(status) && WEXITSTATUS(status))
		say(h, "%.200s: exit status %d%s", k->argv[0], WEXITSTATUS(status),
		    WEXITSTATUS(status) == 127 ? " (it cannot be run)" : "");
	else if (!late && WIFSIGNALED(status))
		say(h, "%.200s: ended by signal %d", k->argv[0], WTERMSIG(status));
	unlink_hook(k);
	hook_free(k);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct hook *k = arg;
	struct ike_hooks *h = k->all;

	(void)fd;
	finish(k, !(what & EV_READ));
	begin_all(h);
}

struct ike_hooks *ike_hooks_new(struct event_base *base, unsigned int limit_ms,
				void (*log)(void *arg, const char *line), void *arg)
{
	struct ike_hooks *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->base = base;
	h->limit_ms = limit_ms ? limit_ms : IKE_HOOK_MS;
	h->log = log;
	h->arg = arg;
	return h;
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void ike_hooks_free(struct ike_hooks *h)
{
	uint64_t end = clock_ms() + IKE_HOOK_END_MS, now;
	struct pollfd p = { .events = POLLIN };
	struct hook *k;

	if (!h)
		return;
	h->ending = true;
	while (h->list) {
		begin_all(h);
		for (k = h->list; k && !k->pid; k = k->next)
			;
		now = clock_ms();
		if (!k || now >= end)
			break;
		p.fd = k->fd;
		if (poll(&p, 1, (int)(end - now)) == 1)
			finish(k, false);
	}
	while ((k = h->list)) {
		if (k->pid) {
			finish(k, true);
			continue;
		}
		say(h, "%.200s: not run any more", k->argv[0]);
		unlink_hook(k);
		hook_free(k);
	}
	free(h);
}

unsigned int ike_hooks_busy(const struct ike_hooks *h)
{
	const struct hook *k;
	unsigned int n = 0;

	for (k = h->list; k; k = k->next)
		n++;
	return n;
}

/* Splits k->words at blanks. -1 if there are none, or too many. */
static int split(struct hook *k)
{
	unsigned int n = 0;
	char *save, *w;

	for (w = strtok_r(k->words, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		if (n == ARGS)
			return -1;
		k->argv[n++] = w;
	}
	return n ? 0 : -1;
}

static char **copy(char *const *env)
{
	size_t n, i;
	char **to;

	for (n = 0; env[n]; n++)
		;
	to = calloc(n + 1, sizeof(*to));
	for (i = 0; to && i < n; i++) {
		to[i] = strdup(env[i]);
		if (!to[i]) {
			ike_hook_env_free(to);
			return NULL;
		}
	}
	return to;
}

int ike_hooks_run(struct ike_hooks *h, uint32_t key, const char *command, char *const *env)
{
	struct hook *k = NULL, **p;

	if (ike_hooks_busy(h) < IKE_HOOKS)
		k = calloc(1, sizeof(*k));
	if (!k) {
		say(h, "%.200s: not run, as too much is waiting", command);
		return -1;
	}
	k->fd = -1;
	k->key = key;
	k->all = h;
	k->words = strdup(command);
	k->env = copy(env);
	if (!k->words || !k->env || split(k)) {
		say(h, "%.200s: cannot be run", command);
		hook_free(k);
		return -1;
	}
	for (p = &h->list; *p; p = &(*p)->next)
		;
	*p = k;
	begin_all(h);
	return 0;
}
