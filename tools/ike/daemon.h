/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon around the machine: what it holds, and what its files call of each other.
 */
#ifndef IKE_DAEMON_H
#define IKE_DAEMON_H

#include <event2/event.h>

#include "hook.h"
#include "hookd.h"
#include "inner.h"
#include "route.h"
#include "sa.h"
#include "setup.h"
#include "udp.h"

#define IKE_LOG_LINES	256	/* kept for those who ask later */
#define IKE_LOG_LINE	2048
#define IKE_DRAIN_MS	2000	/* what is on its way when a child is replaced */
#define IKE_STOP_MS	3000	/* how long peers may take to answer our goodbye */

struct ike_ctl;
struct ike_names;
struct ike_moves;

/**
 * struct ike_daemon - all of it
 * @path: file of the configuration
 * @flags: how it is read, IKE_CONF_*
 * @rtx_ms: interval until the first retransmission, 0 for that of the machine
 * @rtx_tries: the same for their number
 * @metrics: file for metrics, NULL for none
 * @metrics_at: when it is written next
 * @metrics_bad: it could not be, as was said
 * @keep: leave the policies of traps behind at the end
 * @syslog: lines go there
 * @setup: the configuration in use
 * @old: those before it that SAs still refer to
 * @n_old: their number
 * @ctx: the machine
 * @kern: the kernel
 * @udp: sockets, and
 * @udp_ev: their events
 * @base: the loop
 * @timer: for what is due next
 * @nl_ev: events of the kernel
 * @sig: signals
 * @ctl: control sockets
 * @names: who looks up names
 * @names_at: when that is done next
 * @moves: watches addresses and routes of this host
 * @inner: addresses of ours that peers gave us
 * @routes: routes that make them sources
 * @hookd: of the process that runs programs
 * @stop_at: when all is left as it is, 0 while we go on
 * @news: the machine told something since clients that wait were answered last
 * @stale: peers with policies that may have to go
 * @trap_at: when policies that could not be had are tried again, 0 for never
 * @tidy_at: when to look whether @old can go
 * @line: the last lines of the log
 * @n_lines: how many there were ever
 */
struct ike_daemon {
	const char *path;
	unsigned int flags;
	uint32_t rtx_ms, rtx_tries;
	const char *metrics;
	uint64_t metrics_at;
	bool keep, syslog, metrics_bad;
	struct ike_setup *setup;
	struct ike_setup **old;
	unsigned int n_old;
	struct ike_ctx *ctx;
	struct ike_nfsec *kern;
	struct ike_udp udp;
	struct event *udp_ev[4];
	struct event_base *base;
	struct event *timer, *nl_ev, *sig[3];
	struct ike_ctl *ctl;
	struct ike_names *names;
	uint64_t names_at;
	struct ike_moves *moves;
	struct ike_inner *inner;
	struct ike_routes *routes;
	int hookd;
	uint64_t stop_at;
	bool news;
	struct ike_setup_peer *stale;
	uint64_t trap_at, tidy_at;
	char line[IKE_LOG_LINES][IKE_LOG_LINE];
	uint64_t n_lines;
};

/* Milliseconds of the clock that all of this goes by. */
uint64_t ike_now(void);

/* log.c */
__attribute__((format(printf, 2, 3)))
void ike_say(struct ike_daemon *d, const char *fmt, ...);
void ike_say_line(void *daemon, const char *line);
void ike_say_conf(void *daemon, enum ike_conf_level level, const char *file, unsigned int line,
		  const char *text);

/* daemon.c */

/* Reads the configuration; NULL after lines in the log. */
struct ike_setup *ike_daemon_load(struct ike_daemon *d);

/* Begins to work with d->setup, and stops. 0 or -1. */
int ike_daemon_start(struct ike_daemon *d);
void ike_daemon_end(struct ike_daemon *d);

/* Says goodbye to all peers; the loop ends when they have answered. */
void ike_daemon_stop(struct ike_daemon *d);

/* Does what is due, and sees to it that this is called when there is more. */
void ike_daemon_run(struct ike_daemon *d);

/* peers.c: which peers are to be up */

/* The SA of peer @i that is up, else one that is on its way there. */
struct ike_sa *ike_peer_sa(struct ike_daemon *d, unsigned int i);

/* The child of configuration @k, NULL if it is not there. */
struct ike_child *ike_peer_child(struct ike_daemon *d, unsigned int i, unsigned int k);

/* Starts peer @i, or the one child @k if that is not -1. 0, or -1 and a sentence. */
int ike_peer_start(struct ike_daemon *d, unsigned int i, int k, char *err, size_t n);

/* Ends the same. */
void ike_peer_stop(struct ike_daemon *d, unsigned int i, int k);

/* Replaces the IKE SA, or child @k of it. 0, or -1 if there is none. */
int ike_peer_rekey(struct ike_daemon *d, unsigned int i, int k);

/* Starts what is configured to start, and puts the policies of traps into the kernel. */
void ike_peer_first(struct ike_daemon *d, unsigned int i);

/* Puts policies of child @k into the kernel that hold when it is down, or takes them away. */
int ike_peer_trap(struct ike_daemon *d, struct ike_setup *s, unsigned int i, unsigned int k,
		  bool on);

/* Adds and removes policies as news ask for; when that is to be called again. */
uint64_t ike_peers_run(struct ike_daemon *d, uint64_t now);

/* What the machine tells, and asks. */
void ike_peers_news(void *daemon, const struct ike_event *e);
enum ike_where ike_peer_find(void *daemon, const struct ike_peer_conf *peer,
			     struct ike_addr *local, struct ike_addr *remote);

/* Peer @i has another address than before: policies of children that are down follow. */
void ike_peer_moved(struct ike_daemon *d, unsigned int i);

/* Why it cannot be found: in the log, if that is news. */
void ike_peer_said(struct ike_daemon *d, unsigned int i, const char *why);

/* An event of the kernel. */
void ike_peers_event(void *daemon, const struct ike_nfsec_event *e);

/* names.c: addresses of peers with names */

/* Starts the thread that looks them up, by @resolve or, if that is NULL, getaddrinfo(). It
 * has the privileges of the caller. 0 or -1.
 */
int ike_names_open(struct ike_daemon *d, ike_resolver resolve);
void ike_names_close(struct ike_daemon *d);

/* Looks up the name of peer @i: ike_found() follows. False if it has none, or was looked up
 * just before.
 */
bool ike_names_ask(struct ike_daemon *d, unsigned int i, uint64_t now);

/* Looks up all of them now and then; when to call again. */
uint64_t ike_names_run(struct ike_daemon *d, uint64_t now);

/* shunt.c: puts what passes or is dropped without an SA into the kernel, or takes it away */
void ike_shunts(struct ike_daemon *d, struct ike_setup *s, unsigned int i, bool on);

/* move.c: addresses of ours that change */

/* 0 or -1 with errno. */
int ike_moves_open(struct ike_daemon *d);
void ike_moves_close(struct ike_daemon *d);

/* Moves what has another address now; when to call again. */
uint64_t ike_moves_run(struct ike_daemon *d, uint64_t now);

/* Our address for @sa towards @remote, up to the route or not; -1 if that cannot be. */
int ike_moves_source(void *daemon, const struct ike_sa *sa, const struct ike_addr *remote,
		     struct ike_addr *local);

/* follow.c: of struct ike_ctx_conf */
void ike_follow_vip(void *daemon, const struct ike_sa *sa, const struct ike_addr *a, bool add);
void ike_follow_child(void *daemon, const struct ike_sa *sa, const struct ike_child *ch, bool up);

/* reload.c */

/* Reads the configuration again and changes what changed. 0, or -1 and all is as it was. */
int ike_reload(struct ike_daemon *d);

/* Lets go of configurations that no SA refers to any more; when to call again. */
uint64_t ike_reload_tidy(struct ike_daemon *d, uint64_t now, bool all);

/* control.c: the socket for secctl */
int ike_ctl_open(struct ike_daemon *d, const char *path);
void ike_ctl_close(struct ike_daemon *d);
void ike_ctl_line(struct ike_daemon *d, const char *line);

/* Child @k of peer @i was tried, and did not come up. */
void ike_ctl_failed(struct ike_daemon *d, unsigned int i, int k);

/* Answers those who wait for a peer; when to call again. */
uint64_t ike_ctl_watch(struct ike_daemon *d, uint64_t now);

/* metrics.c */

/* OpenMetrics text, the caller's; NULL without memory. */
char *ike_metrics(struct ike_daemon *d);

/* Writes it to the file, if there is to be one and it is time; when to call again. */
uint64_t ike_metrics_run(struct ike_daemon *d, uint64_t now);

/* status.c */
struct json_object;
struct json_object *ike_status(struct ike_daemon *d, uint64_t now);

#endif /* IKE_DAEMON_H */
