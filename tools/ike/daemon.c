// SPDX-License-Identifier: GPL-2.0
/*
 * The loop: datagrams, time, signals and events of the kernel go to the machine.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "daemon.h"
#include "ready.h"

#define BATCH 64	/* datagrams of one socket before others get their turn */

static const uint16_t ports[] = { IKE_PORT, IKE_PORT_NATT };

uint64_t ike_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_out(void *arg, const struct ike_addr *local, const struct ike_addr *remote,
		     struct ike_buf octets)
{
	char a[IKE_ADDR_TEXT], b[IKE_ADDR_TEXT];
	struct ike_daemon *d = arg;

	if (ike_udp_send(&d->udp, local, remote, octets) && errno != EAGAIN)
		ike_say(d, "cannot send from %s to %s: %s", ike_addr_print(local, a, sizeof(a)),
			ike_addr_print(remote, b, sizeof(b)), strerror(errno));
}

static void keepalive(void *arg, const struct ike_addr *local, const struct ike_addr *remote)
{
	struct ike_daemon *d = arg;

	ike_udp_keepalive(&d->udp, local, remote);
}

static void random_octets(void *arg, void *out, size_t n)
{
	/* Going on with what somebody may guess would be worse than ending. */
	if (RAND_bytes(out, (int)n) == 1)
		return;
	ike_say_line(arg, "no random numbers");
	exit(1);
}

static const struct ike_nfsec_opts *opts(void *arg, uint32_t reqid)
{
	struct ike_daemon *d = arg;
	const struct ike_nfsec_opts *o = ike_setup_opts(d->setup, reqid);
	unsigned int i;

	for (i = 0; !o && i < d->n_old; i++)
		o = ike_setup_opts(d->old[i], reqid);
	return o;
}

struct ike_setup *ike_daemon_load(struct ike_daemon *d)
{
	const struct ike_conf_log log = { ike_say_conf, d };
	struct ike_conf *c = ike_conf_load(d->path, d->flags, &log);
	struct ike_setup *s = c ? ike_setup_new(c, d->path, d->setup, &log) : NULL;
	unsigned int i;

	if (c && !s)
		ike_conf_free(c);
	for (i = 0; s && i < s->n; i++) {
		s->peers[i].rtx_first_ms = d->rtx_ms;
		s->peers[i].rtx_tries = d->rtx_tries;
	}
	return s;
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
	struct ike_addr local, remote;
	struct ike_daemon *d = arg;
	static uint8_t buf[65536];
	unsigned int i, k;
	ssize_t n = 0;

	(void)what;
	for (i = 0; i < 4 && d->udp.fd[i] != fd; i++)
		;
	for (k = 0; i < 4 && k < BATCH; k++) {
		n = ike_udp_recv(&d->udp, i, buf, sizeof(buf), &local, &remote);
		if (n < 0)
			break;
		if (n > 0)
			ike_input(d->ctx, ike_now(), &local, &remote,
				  (struct ike_buf){ buf, (size_t)n });
	}
	ike_daemon_run(d);
}

static void on_kernel(evutil_socket_t fd, short what, void *arg)
{
	struct ike_daemon *d = arg;

	(void)fd;
	(void)what;
	if (ike_nfsec_read(d->kern))
		event_del(d->nl_ev);
	ike_daemon_run(d);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ike_daemon_run(arg);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct ike_daemon *d = arg;

	(void)what;
	if (sig == SIGHUP)
		ike_reload(d);
	else
		ike_daemon_stop(d);
	ike_daemon_run(d);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool all_gone(struct ike_daemon *d)
{
	struct ike_sa *sa = NULL;

	while ((sa = ike_sa_next(d->ctx, sa)))
		if (sa->state == IKE_S_UP || sa->state == IKE_S_CLOSING)
			return false;
	return true;
}

void ike_daemon_run(struct ike_daemon *d)
{
	uint64_t now = ike_now(), at;
	struct timeval tv;

	if (d->stop_at)
		ike_want_free(d->ctx);
	at = ike_moves_run(d, now);
	at = earlier(at, ike_tick(d->ctx, now));
	at = earlier(at, ike_peers_run(d, now));
	at = earlier(at, ike_ctl_watch(d, now));
	at = earlier(at, ike_reload_tidy(d, now, false));
	at = earlier(at, ike_names_run(d, now));
	at = earlier(at, ike_metrics_run(d, now));
	if (d->stop_at && (now >= d->stop_at || all_gone(d))) {
		event_base_loopbreak(d->base);
		return;
	}
	if (d->stop_at && d->stop_at < at)
		at = d->stop_at;
	if (at == UINT64_MAX) {
		event_del(d->timer);
		return;
	}
	at = at > now ? at - now : 1;
	tv = (struct timeval){ (time_t)(at / 1000), (suseconds_t)(at % 1000 * 1000) };
	event_add(d->timer, &tv);
}

static int events(struct ike_daemon *d)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		d->sig[i] = evsignal_new(d->base, signals[i], on_signal, d);
		if (!d->sig[i] || event_add(d->sig[i], NULL))
			return -1;
	}
	for (i = 0; i < 4; i++) {
		if (d->udp.fd[i] < 0)
			continue;
		d->udp_ev[i] = event_new(d->base, d->udp.fd[i], EV_READ | EV_PERSIST, on_udp, d);
		if (!d->udp_ev[i] || event_add(d->udp_ev[i], NULL))
			return -1;
	}
	d->nl_ev = event_new(d->base, ike_nfsec_fd(d->kern), EV_READ | EV_PERSIST, on_kernel, d);
	d->timer = evtimer_new(d->base, on_timer, d);
	return d->timer && d->nl_ev ? event_add(d->nl_ev, NULL) : -1;
}

int ike_daemon_start(struct ike_daemon *d)
{
	const struct ike_nfsec_conf kern = { .arg = d, .opts = opts, .event = ike_peers_event,
					     .log = ike_say_line };
	struct ike_ctx_conf conf = { .peers = d->setup->peers, .n_peers = d->setup->n,
				     .kernel = &ike_nfsec_ops, .arg = d, .send = send_out,
				     .random = random_octets, .log = ike_say_line,
				     .event = ike_peers_news, .where = ike_peer_find,
				     .source = ike_moves_source, .keepalive = keepalive,
				     .drain_ms = IKE_DRAIN_MS,
				     .vip = ike_follow_vip, .child = ike_follow_child };
	char err[1100];
	unsigned int i;
	int n;

	for (i = 0; i < 4; i++)
		d->udp.fd[i] = -1;
	d->kern = ike_nfsec_open(&kern, err, sizeof(err));
	if (!d->kern || ike_udp_open(&d->udp, IKE_NFSEC_MARK, err, sizeof(err))) {
		ike_say(d, "%s", err);
		return -1;
	}
	/* Policies first, so that nothing leaves in clear before its SA is there. */
	if (ike_nfsec_bypass(d->kern, ports, 2, true))
		return -1;
	n = ike_nfsec_sweep(d->kern, IKE_REQID_FIRST, IKE_REQID_LAST);
	if (n > 0)
		ike_say(d, "%d SAs of an earlier run removed", n);
	conf.kern = d->kern;
	d->ctx = ike_ctx_new(&conf);
	d->base = event_base_new();
	d->inner = ike_inner_open();
	d->routes = ike_routes_open(IKE_NFSEC_MARK);
	if (!d->ctx || !d->base || !d->inner || !d->routes || events(d) || ike_moves_open(d)) {
		ike_say(d, "the loop cannot be made: %s", strerror(errno));
		return -1;
	}
	for (i = 0; i < d->setup->n; i++)
		ike_peer_first(d, i);
	return 0;
}

void ike_daemon_stop(struct ike_daemon *d)
{
	struct ike_sa *sa = NULL;
	struct ike_task t = { IKE_TASK_DELETE };
	uint64_t now = ike_now();

	if (d->stop_at) {
		d->stop_at = now;
		return;
	}
	ike_say(d, "ending");
	ike_ready("STOPPING=1");
	d->stop_at = now + IKE_STOP_MS;
	ike_want_free(d->ctx);
	while ((sa = ike_sa_next(d->ctx, sa))) {
		sa->n_queue = 0;
		ike_task_add(sa, now, &t);
	}
}

void ike_daemon_end(struct ike_daemon *d)
{
	unsigned int i, k;

	ike_names_close(d);
	ike_moves_close(d);
	ike_ctx_free(d->ctx);
	d->ctx = NULL;
	if (d->hookd >= 0)
		close(d->hookd);
	ike_routes_close(d->routes);
	ike_inner_close(d->inner);
	for (i = 0; d->kern && d->setup && !d->keep && i < d->setup->n; i++) {
		ike_shunts(d, d->setup, i, false);
		for (k = 0; k < d->setup->peers[i].n_children; k++)
			ike_peer_trap(d, d->setup, i, k, false);
	}
	if (d->kern && d->base && !d->keep)
		ike_nfsec_bypass(d->kern, ports, 2, false);
	for (i = 0; i < 4; i++)
		if (d->udp_ev[i])
			event_free(d->udp_ev[i]);
	for (i = 0; i < 3; i++)
		if (d->sig[i])
			event_free(d->sig[i]);
	if (d->nl_ev)
		event_free(d->nl_ev);
	if (d->timer)
		event_free(d->timer);
	ike_udp_close(&d->udp);
	ike_nfsec_close(d->kern);
	if (d->base)
		event_base_free(d->base);
	ike_reload_tidy(d, 0, true);
	ike_setup_free(d->setup);
}
