// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted, as OpenMetrics text: for the control socket, and as a file that is
 * replaced as a whole, so that who reads it never sees half of one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../module/version.h"
#include "../lib/util.h"
#include "daemon.h"

#define EVERY_MS 10000

static void family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# TYPE secike_%s %s\n# HELP secike_%s %s\n", name, type, name, help);
}

static void counter(FILE *f, const char *name, uint64_t value, const char *help)
{
	family(f, name, "counter", help);
	fprintf(f, "secike_%s_total %llu\n", name, ull(value));
}

static void gauge(FILE *f, const char *name, uint64_t value, const char *help)
{
	family(f, name, "gauge", help);
	fprintf(f, "secike_%s %llu\n", name, ull(value));
}

/* A gauge and the bound that it never goes beyond. */
static void bounded(FILE *f, const char *name, uint64_t value, uint64_t most, const char *help)
{
	char limit[64];

	gauge(f, name, value, help);
	snprintf(limit, sizeof(limit), "%s_limit", name);
	gauge(f, limit, most, "Bound of the one before.");
}

static void counters(FILE *f, const struct ike_stats *s)
{
	unsigned int i;

	family(f, "ike_sas_established", "counter",
	       "IKE SAs that were established, but for rekeying.");
	for (i = 0; i < 2; i++)
		fprintf(f, "secike_ike_sas_established_total{role=\"%s\"} %llu\n",
			i ? "initiator" : "responder", ull(s->up[i]));
	family(f, "negotiations_failed", "counter", "Negotiations that failed, by reason.");
	for (i = 0; i < IKE_WHY_COUNT; i++)
		fprintf(f, "secike_negotiations_failed_total{reason=\"%s\"} %llu\n",
			ike_why_name((enum ike_why)i), ull(s->failed[i]));
	family(f, "datagrams_dropped", "counter", "Datagrams that were of no use, by reason.");
	for (i = 0; i < IKE_DROP_COUNT; i++)
		fprintf(f, "secike_datagrams_dropped_total{reason=\"%s\"} %llu\n",
			ike_drop_name((enum ike_drop)i), ull(s->drops[i]));
	counter(f, "datagrams_received", s->received, "Datagrams that came in.");
	counter(f, "ike_sas_begun", s->begun, "IKE SAs that we began.");
	counter(f, "ike_sas_answered", s->answered, "IKE SAs that peers began.");
	counter(f, "ike_sas_rekeyed", s->rekeyed, "IKE SAs that took the place of others.");
	counter(f, "children_established", s->children, "Children that were established.");
	counter(f, "requests_retransmitted", s->again, "Requests that were sent again.");
	counter(f, "responses_retransmitted", s->answers_again, "Responses that were sent again.");
	counter(f, "cookies_requested", s->cookies, "Requests that were answered with a cookie.");
}

static void label(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputc(*s, f);
	}
}

/* SAs by state, and which connections are up; one walk over all SAs. */
static void states(FILE *f, struct ike_daemon *d)
{
	uint64_t n[IKE_S_COUNT] = { 0 }, kids = 0;
	bool *up = calloc(d->setup->n + 1, sizeof(*up));
	const struct ike_child *ch;
	struct ike_sa *sa = NULL;
	unsigned int i;

	while (up && (sa = ike_sa_next(d->ctx, sa))) {
		n[sa->state]++;
		for (ch = sa->children; ch; ch = ch->next)
			kids++;
		if (sa->state == IKE_S_UP && sa->peer >= d->setup->peers &&
		    sa->peer < d->setup->peers + d->setup->n)
			up[sa->peer - d->setup->peers] = true;
	}
	family(f, "ike_sas", "gauge", "IKE SAs by state.");
	for (i = 0; i < IKE_S_COUNT; i++)
		fprintf(f, "secike_ike_sas{state=\"%s\"} %llu\n", ike_state_name((enum ike_state)i),
			ull(n[i]));
	gauge(f, "children", kids, "Children, each a pair of IPsec SAs.");
	family(f, "connection_up", "gauge", "Whether a connection has an established IKE SA.");
	for (i = 0; up && i < d->setup->n; i++) {
		fputs("secike_connection_up{connection=\"", f);
		label(f, d->setup->peers[i].name);
		fprintf(f, "\"} %d\n", up[i]);
	}
	free(up);
}

char *ike_metrics(struct ike_daemon *d)
{
	struct ike_ctx *c = d->ctx;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	family(f, "build", "info", "Version of nfsec.");
	fprintf(f, "secike_build_info{version=\"%s\"} 1\n", NFSEC_VERSION);
	counters(f, &c->stats);
	states(f, d);
	bounded(f, "half_open", c->half_open, c->conf.half_open_max,
		"IKE SAs of peers that have not authenticated.");
	bounded(f, "wanted_children", c->n_wants, IKE_WANTS_MAX,
		"Children that are wanted and not there.");
	bounded(f, "draining_sas", c->n_drains, IKE_DRAINS_MAX,
		"Inbound SAs that were replaced and wait for their end.");
	bounded(f, "fragment_octets", c->frag_octets, IKE_FRAG_BUDGET,
		"Octets of messages of which pieces are missing.");
	fputs("# EOF\n", f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

/* 0 or -1 and errno. */
static int write_to(const char *path, const char *text)
{
	char temp[4096];
	FILE *f;
	int err;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(temp);
	f = fopen(temp, "wxe");
	if (!f)
		return -1;
	err = fputs(text, f) < 0 || fchmod(fileno(f), 0644);
	err |= fclose(f);
	if (err || rename(temp, path)) {
		err = errno;
		unlink(temp);
		errno = err;
		return -1;
	}
	return 0;
}

uint64_t ike_metrics_run(struct ike_daemon *d, uint64_t now)
{
	char *text;

	if (!d->metrics)
		return UINT64_MAX;
	if (now < d->metrics_at)
		return d->metrics_at;
	text = ike_metrics(d);
	if (!text || write_to(d->metrics, text)) {
		if (!d->metrics_bad)
			ike_say(d, "%s: %s", d->metrics, strerror(errno));
		d->metrics_bad = true;
	} else {
		d->metrics_bad = false;
	}
	free(text);
	d->metrics_at = now + EVERY_MS;
	return d->metrics_at;
}
