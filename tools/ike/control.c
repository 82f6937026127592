// SPDX-License-Identifier: GPL-2.0
/*
 * The socket for secctl: one JSON object a line both ways. A request is
 * {"command":"up","name":"gw"}; what comes back ends with {"ok":true} or {"error":"..."}.
 * Only root may ask.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <json-c/json.h>

#include "ctl_path.h"
#include "daemon.h"

#define CLIENTS_MAX	32
#define REQUEST_MAX	4096
#define OUTPUT_MAX	1048576	/* what a client may let wait */

/**
 * struct client - somebody who asks
 * @next: another one
 * @d: the daemon
 * @bev: the connection
 * @follows: wants lines of the log as they come
 * @waits: wants to know when
 * @peer: this one is up, with
 * @child: this child, all that are wanted if it is -1; down if
 * @down: is set
 * @failed: that was tried, and did not come up
 * @until: then he is told that it took too long
 * @closing: ends when all is sent
 */
struct client {
	struct client *next;
	struct ike_daemon *d;
	struct bufferevent *bev;
	bool follows, waits, down, failed, closing;
	char peer[256];
	int child;
	uint64_t until;
};

struct ike_ctl {
	struct evconnlistener *listener;
	struct client *clients;
	unsigned int n;
	char path[IKE_CTL_PATH_MAX];
};

static void drop(struct client *c)
{
	struct client **p = &c->d->ctl->clients;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->d->ctl->n--;
	bufferevent_free(c->bev);
	free(c);
}

/* Sends @o and puts it. */
static void tell(struct client *c, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE);

	evbuffer_add_printf(bufferevent_get_output(c->bev), "%s\n", text);
	json_object_put(o);
}

static void answer(struct client *c, const char *error)
{
	struct json_object *o = json_object_new_object();

	if (error)
		json_object_object_add(o, "error", json_object_new_string(error));
	else
		json_object_object_add(o, "ok", json_object_new_boolean(true));
	c->waits = false;
	tell(c, o);
}

static void tell_line(struct client *c, const char *line)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "line", json_object_new_string(line));
	tell(c, o);
}

void ike_ctl_line(struct ike_daemon *d, const char *line)
{
	struct client *c = d->ctl ? d->ctl->clients : NULL;

	for (; c; c = c->next)
		if (c->follows &&
		    evbuffer_get_length(bufferevent_get_output(c->bev)) < OUTPUT_MAX)
			tell_line(c, line);
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static int64_t number_of(struct json_object *o, const char *key, int64_t otherwise)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_int64(v) : otherwise;
}

static void log_lines(struct client *c, bool follow)
{
	struct ike_daemon *d = c->d;
	uint64_t i = d->n_lines > IKE_LOG_LINES ? d->n_lines - IKE_LOG_LINES : 0;

	for (; i < d->n_lines; i++)
		tell_line(c, d->line[i % IKE_LOG_LINES]);
	c->follows = follow;
	if (!follow)
		answer(c, NULL);
}

static void metrics(struct client *c)
{
	struct json_object *o = json_object_new_object();
	char *text = ike_metrics(c->d);

	json_object_object_add(o, "metrics", json_object_new_string(text ? text : ""));
	tell(c, o);
	answer(c, text ? NULL : "no memory");
	free(text);
}

/* Commands about a connection, or a child of one. */
static void about(struct client *c, const char *command, struct json_object *req)
{
	const char *name = text_of(req, "name");
	struct ike_daemon *d = c->d;
	char err[512] = "";
	int child, i;

	i = name ? ike_setup_find(d->setup, name, &child) : -1;
	if (i < 0) {
		answer(c, name ? "no connection and no child, or several, have this name"
			       : "the name of a connection or of a child is missing");
		return;
	}
	c->failed = false;
	d->news = true;
	snprintf(c->peer, sizeof(c->peer), "%s", d->setup->peers[i].name);
	c->child = child;
	c->until = ike_now() + (uint64_t)number_of(req, "timeout", 30) * 1000;
	if (!strcmp(command, "up")) {
		c->down = false;
		c->waits = true;
		if (ike_peer_start(d, (unsigned int)i, child, err, sizeof(err)))
			answer(c, err);
	} else if (!strcmp(command, "down")) {
		c->down = true;
		c->waits = true;
		ike_peer_stop(d, (unsigned int)i, child);
	} else if (ike_peer_rekey(d, (unsigned int)i, child)) {
		answer(c, "it is not up");
	} else {
		answer(c, NULL);
	}
}

static void request(struct client *c, const char *line)
{
	struct json_object *req = json_tokener_parse(line);
	const char *command = req ? text_of(req, "command") : NULL;

	c->follows = false;
	if (!command) {
		answer(c, "no command");
	} else if (!strcmp(command, "status")) {
		tell(c, ike_status(c->d, ike_now()));
		answer(c, NULL);
	} else if (!strcmp(command, "metrics")) {
		metrics(c);
	} else if (!strcmp(command, "log")) {
		log_lines(c, number_of(req, "follow", 0) != 0);
	} else if (!strcmp(command, "reload")) {
		answer(c, ike_reload(c->d) ? "nothing was changed, see the log" : NULL);
	} else if (!strcmp(command, "up") || !strcmp(command, "down") ||
		   !strcmp(command, "rekey")) {
		about(c, command, req);
	} else {
		answer(c, "unknown command");
	}
	json_object_put(req);
	ike_daemon_run(c->d);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;
	char *line;

	while (!c->waits && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF))) {
		request(c, line);
		free(line);
	}
	if (evbuffer_get_length(in) > REQUEST_MAX)
		drop(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		drop(arg);
}

static void on_client(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len,
		      void *arg)
{
	struct ike_daemon *d = arg;
	struct client *c = NULL;
	socklen_t size = sizeof(struct ucred);
	struct ucred who;

	(void)l;
	(void)sa;
	(void)len;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) && !who.uid &&
	    d->ctl->n < CLIENTS_MAX)
		c = calloc(1, sizeof(*c));
	if (c) {
		c->d = d;
		c->bev = bufferevent_socket_new(d->base, fd, BEV_OPT_CLOSE_ON_FREE);
	}
	if (!c || !c->bev) {
		free(c);
		close(fd);
		return;
	}
	c->next = d->ctl->clients;
	d->ctl->clients = c;
	d->ctl->n++;
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* Whether what @c waits for is so. */
static bool reached(struct client *c, unsigned int i)
{
	unsigned int k, n = c->d->setup->peers[i].n_children;

	for (k = 0; k < n; k++) {
		if (c->child >= 0 && (unsigned int)c->child != k)
			continue;
		if (c->down == !!ike_peer_child(c->d, i, k))
			return false;
	}
	return !c->down || c->child >= 0 || !ike_peer_sa(c->d, i);
}

void ike_ctl_failed(struct ike_daemon *d, unsigned int i, int k)
{
	struct client *c = d->ctl ? d->ctl->clients : NULL;

	for (; c; c = c->next)
		if (c->waits && !c->down && (c->child < 0 || c->child == k) &&
		    !strcmp(c->peer, d->setup->peers[i].name))
			c->failed = true;
}

static void look(struct client *c, uint64_t now)
{
	int child, i = ike_setup_find(c->d->setup, c->peer, &child);
	const char *said = i < 0 ? "" : c->d->setup->more[i].said;
	char text[IKE_SAID_MAX + 64];

	snprintf(text, sizeof(text), "it did not come up: %s", *said ? said : "see the log");
	if (i < 0)
		answer(c, "the connection is gone");
	else if (reached(c, (unsigned int)i))
		answer(c, NULL);
	else if (c->failed)
		answer(c, text);
	else if (now >= c->until)
		answer(c, "it takes too long, see the log");
}

uint64_t ike_ctl_watch(struct ike_daemon *d, uint64_t now)
{
	struct client *c = d->ctl ? d->ctl->clients : NULL;
	uint64_t at = UINT64_MAX;

	for (; c; c = c->next) {
		if (c->waits && (d->news || now >= c->until))
			look(c, now);
		if (c->waits && c->until < at)
			at = c->until;
	}
	d->news = false;
	return at;
}

int ike_ctl_open(struct ike_daemon *d, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct ike_ctl *ctl = calloc(1, sizeof(*ctl));
	mode_t mask;

	if (!ctl || strlen(path) >= sizeof(un.sun_path)) {
		ike_say(d, "%s: no memory, or the path is too long", path);
		free(ctl);
		return -1;
	}
	strcpy(un.sun_path, path);
	strcpy(ctl->path, path);
	mkdir(IKE_CTL_DIR, 0700);
	/* The ports of IKE are ours, so a socket of this name is what a dead daemon left. */
	unlink(path);
	mask = umask(0177);
	ctl->listener = evconnlistener_new_bind(d->base, on_client, d,
						LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8,
						(struct sockaddr *)&un, sizeof(un));
	umask(mask);
	if (!ctl->listener) {
		ike_say(d, "%s: %s", path, strerror(errno));
		free(ctl);
		return -1;
	}
	d->ctl = ctl;
	return 0;
}

void ike_ctl_close(struct ike_daemon *d)
{
	if (!d->ctl)
		return;
	while (d->ctl->clients)
		drop(d->ctl->clients);
	evconnlistener_free(d->ctl->listener);
	unlink(d->ctl->path);
	free(d->ctl);
	d->ctl = NULL;
}
