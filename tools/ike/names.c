// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of peers that the configuration has names for. They are looked up by a thread, as
 * getaddrinfo() may take as long as it likes; the machine is told when there is an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"

#define FRESH_MS	10000	/* an answer is good for so long when a peer is to be called */
#define AGAIN_MS	60000	/* how often names are looked up anyhow, */
#define MISSING_MS	5000	/* or if nothing is known */

/**
 * struct name - one to look up
 * @next: the next one
 * @text: the name
 * @family: of the address, AF_UNSPEC for any
 * @state: who has it
 * @good: @a is the answer, else @err says why there is none
 * @answered: there was an answer, or none was to be had, at
 * @at: that time
 * @due: it is looked up again then
 */
struct name {
	struct name *next;
	char *text;
	int family;
	enum {
		IDLE,		/* nobody */
		ASKED,		/* it waits for the thread */
		BUSY,		/* the thread, which only reads what is above */
		DONE,		/* it waits for the loop */
	} state;
	bool good, answered;
	struct ike_addr a;
	char err[128];
	uint64_t at, due;
};

/**
 * struct ike_names - the thread and its work
 * @d: the daemon
 * @ev: there are answers
 * @list: all names; its links are changed by the loop only, under
 * @lock: as are states
 * @work: there is something to do
 * @fd: what the thread writes to when it has an answer, and what the loop reads
 * @quit: the thread ends when it can
 * @busy: it cannot at once
 * @resolve: looks up a name
 */
struct ike_names {
	struct ike_daemon *d;
	struct event *ev;
	struct name *list;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	int fd[2];
	bool quit, busy;
	ike_resolver resolve;
};

static void free_all(struct ike_names *n)
{
	struct name *e;

	while ((e = n->list)) {
		n->list = e->next;
		free(e->text);
		free(e);
	}
	close(n->fd[0]);
	close(n->fd[1]);
	pthread_mutex_destroy(&n->lock);
	pthread_cond_destroy(&n->work);
	free(n);
}

static void look_up(struct ike_names *n, struct name *e)
{
	struct ike_addr a = { 0 };
	char err[sizeof(e->err)] = "";
	ssize_t rc;
	bool good;

	e->state = BUSY;
	n->busy = true;
	pthread_mutex_unlock(&n->lock);
	good = !n->resolve(e->text, e->family, &a, err, sizeof(err));
	pthread_mutex_lock(&n->lock);
	n->busy = false;
	e->good = good;
	e->a = a;
	memcpy(e->err, err, sizeof(err));
	e->state = DONE;
	/* one octet is enough, however many answers there are */
	rc = write(n->fd[1], "", 1);
	(void)rc;
}

static void *worker(void *arg)
{
	struct ike_names *n = arg;
	struct name *e;

	pthread_mutex_lock(&n->lock);
	while (!n->quit) {
		for (e = n->list; e && e->state != ASKED; e = e->next)
			;
		if (e)
			look_up(n, e);
		else
			pthread_cond_wait(&n->work, &n->lock);
	}
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

/* Name and family of peer @i; NULL if it has none. */
static const char *name_of(const struct ike_setup *s, unsigned int i, int *family)
{
	const struct ike_conf_addr *a = &s->more[i].conf->remote_addrs.v[s->more[i].start];
	uint8_t len = s->peers[i].local.len;

	*family = len == 16 ? AF_INET6 : len == 4 ? AF_INET : AF_UNSPEC;
	return a->kind == IKE_CONF_NAME ? a->text : NULL;
}

static bool is(const struct name *e, const char *text, int family)
{
	return text && e->family == family && !strcmp(e->text, text);
}

/* Whether it is that of peer @i. */
static bool is_of(const struct name *e, const struct ike_setup *s, unsigned int i)
{
	int family;
	const char *text = name_of(s, i, &family);

	return is(e, text, family);
}

/* Gives peer @i its address; policies follow. */
static void settle(struct ike_daemon *d, unsigned int i, const struct name *e, uint64_t now)
{
	struct ike_peer_conf *p = &d->setup->peers[i];
	char text[IKE_ADDR_TEXT];
	struct ike_addr a = e->a;
	bool known = p->remote.len;

	a.port = p->remote.port;
	if (e->good && !ike_addr_same(&a, &p->remote)) {
		p->remote = a;
		ike_setup_named(d->setup, i);
		ike_say(d, "%.48s: %.128s is %s", p->name, e->text,
			ike_addr_print(&e->a, text, sizeof(text)));
		ike_peer_moved(d, i);
	} else if (!e->good && !known) {
		ike_peer_said(d, i, e->err);
	}
	ike_found(d->ctx, now, p);
}

static void answers(struct ike_names *n)
{
	struct ike_daemon *d = n->d;
	uint64_t now = ike_now();
	unsigned int i;
	struct name *e;

	for (e = n->list; e; e = e->next) {
		pthread_mutex_lock(&n->lock);
		if (e->state != DONE) {
			pthread_mutex_unlock(&n->lock);
			continue;
		}
		e->state = IDLE;
		pthread_mutex_unlock(&n->lock);
		e->answered = true;
		e->at = now;
		e->due = now + (e->good ? AGAIN_MS : MISSING_MS);
		for (i = 0; i < d->setup->n; i++)
			if (is_of(e, d->setup, i))
				settle(d, i, e, now);
	}
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct ike_names *n = arg;
	char buf[64];

	(void)what;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	answers(n);
	ike_daemon_run(n->d);
}

/* The entry of a name, a new one if there is none; NULL without memory. */
static struct name *entry(struct ike_names *n, const char *text, int family)
{
	struct name *e;

	for (e = n->list; e; e = e->next)
		if (is(e, text, family))
			return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->text = strdup(text);
	e->family = family;
	if (!e->text) {
		free(e);
		return NULL;
	}
	pthread_mutex_lock(&n->lock);
	e->next = n->list;
	n->list = e;
	pthread_mutex_unlock(&n->lock);
	return e;
}

static void ask(struct ike_names *n, struct name *e)
{
	pthread_mutex_lock(&n->lock);
	if (e->state == IDLE) {
		e->state = ASKED;
		pthread_cond_signal(&n->work);
	}
	pthread_mutex_unlock(&n->lock);
}

bool ike_names_ask(struct ike_daemon *d, unsigned int i, uint64_t now)
{
	const char *text;
	struct name *e;
	int family = AF_UNSPEC;

	text = name_of(d->setup, i, &family);
	e = d->names && text ? entry(d->names, text, family) : NULL;
	if (!e || (e->answered && now - e->at < FRESH_MS))
		return false;
	ask(d->names, e);
	return true;
}

/* Whether the configuration has @e still. */
static bool used(const struct ike_setup *s, const struct name *e)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (is_of(e, s, i))
			return true;
	return false;
}

/* Forgets names that are not used any longer, but for one that the thread is at. */
static void tidy(struct ike_names *n)
{
	struct name **p = &n->list, *e;

	pthread_mutex_lock(&n->lock);
	while ((e = *p)) {
		if (e->state == BUSY || used(n->d->setup, e)) {
			p = &e->next;
			continue;
		}
		*p = e->next;
		free(e->text);
		free(e);
	}
	pthread_mutex_unlock(&n->lock);
}

uint64_t ike_names_run(struct ike_daemon *d, uint64_t now)
{
	uint64_t at = UINT64_MAX;
	const char *text;
	struct name *e;
	unsigned int i;
	int family = AF_UNSPEC;

	if (!d->names || now < d->names_at)
		return d->names ? d->names_at : UINT64_MAX;
	tidy(d->names);
	for (i = 0; i < d->setup->n; i++) {
		text = name_of(d->setup, i, &family);
		e = text ? entry(d->names, text, family) : NULL;
		if (!e)
			continue;
		if (now >= e->due) {
			ask(d->names, e);
			e->due = now + AGAIN_MS;
		}
		at = e->due < at ? e->due : at;
	}
	if (at != UINT64_MAX && at > now + MISSING_MS)
		at = now + MISSING_MS;
	d->names_at = at;
	return at;
}

int ike_names_open(struct ike_daemon *d, ike_resolver resolve)
{
	struct ike_names *n = calloc(1, sizeof(*n));
	sigset_t all, was;
	int rc;

	if (!n || pipe2(n->fd, O_CLOEXEC | O_NONBLOCK)) {
		free(n);
		return -1;
	}
	n->d = d;
	n->resolve = resolve ? resolve : ike_setup_resolve;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->work, NULL);
	n->ev = event_new(d->base, n->fd[0], EV_READ | EV_PERSIST, on_answer, n);
	/* signals are for the loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = !n->ev || event_add(n->ev, NULL) || pthread_create(&n->thread, NULL, worker, n);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (!rc) {
		d->names = n;
		return 0;
	}
	if (n->ev)
		event_free(n->ev);
	free_all(n);
	return -1;
}

void ike_names_close(struct ike_daemon *d)
{
	struct ike_names *n = d->names;
	bool busy;

	if (!n)
		return;
	d->names = NULL;
	event_free(n->ev);
	pthread_mutex_lock(&n->lock);
	n->quit = true;
	busy = n->busy;
	pthread_cond_signal(&n->work);
	pthread_mutex_unlock(&n->lock);
	/* who waits for an answer that takes its time is left behind, the process ends */
	if (busy) {
		pthread_detach(n->thread);
		return;
	}
	pthread_join(n->thread, NULL);
	free_all(n);
}
