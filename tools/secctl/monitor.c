// SPDX-License-Identifier: GPL-2.0
/*
 * secctl monitor: events of the module.
 */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "secctl.h"

/* Like ip(8): "Timestamp: ..." or, with -ts, "[...] ". */
static void timestamp(struct secctl *c)
{
	struct timeval tv;
	struct tm tm;
	char text[64];

	gettimeofday(&tv, NULL);
	if (!localtime_r(&tv.tv_sec, &tm))
		return;
	if (c->timestamp_short) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		fprintf(c->print.out, "[%s.%06ld] ", text, (long)tv.tv_usec);
		return;
	}
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	fprintf(c->print.out, "Timestamp: %s %ld usec\n", text,
		(long)tv.tv_usec);
}

/* Unlike XFRM, the module tells of each object of a flush. */
static void print_sa(struct secctl *c, unsigned int cmd,
		     const struct sec_sa *sa)
{
	FILE *out = c->print.out;

	if (cmd == NFSEC_CMD_MAPPING_NTF) {
		fputs("Mapping ", out);
		sec_sa_mapping_print(&c->print, sa);
		return;
	}
	if (cmd == NFSEC_CMD_EXPIRE_NTF)
		fputs("Expired ", out);
	else if (sa->event == NFSEC_CMD_SA_MIGRATE)
		fputs("Migrated ", out);
	else if (sa->event == NFSEC_CMD_SA_DEL)
		fputs("Deleted ", out);
	else if (sa->event == NFSEC_CMD_SA_UPDATE)
		fputs("Updated ", out);
	else if (sa->event == NFSEC_CMD_SA_FLUSH)
		fputs("Flushed ", out);
	sec_sa_print(&c->print, sa);
	if (cmd == NFSEC_CMD_EXPIRE_NTF)
		fprintf(out, "\thard %u%s", sa->expire, c->print.nl);
	if (sa->event == NFSEC_CMD_SA_MIGRATE)
		sec_sa_old_print(&c->print, sa);
}

static void print_policy(struct secctl *c, unsigned int cmd,
			 const struct sec_policy *policy)
{
	FILE *out = c->print.out;

	if (cmd == NFSEC_CMD_POLICY_EXPIRE_NTF)
		fputs("Expired ", out);
	else if (policy->event == NFSEC_CMD_POLICY_DEL)
		fputs("Deleted ", out);
	else if (policy->event == NFSEC_CMD_POLICY_UPDATE)
		fputs("Updated ", out);
	else if (policy->event == NFSEC_CMD_POLICY_FLUSH)
		fputs("Flushed ", out);
	sec_policy_print(&c->print, policy);
	if (cmd == NFSEC_CMD_POLICY_EXPIRE_NTF)
		fprintf(out, "\thard %u%s", policy->expire, c->print.nl);
}

static const char *event_name(unsigned int cmd, uint8_t event)
{
	const char *name = sec_name_of(sec_command_names,
				       event ? event : cmd);

	return name ? name : "unknown";
}

/* One object per line: {"event": ..., "sa": {...}} */
static void print_json(struct secctl *c, const char *event, int nsid,
		       const char *kind, struct json_object *object)
{
	struct json_object *json = json_object_new_object();
	struct timeval tv;
	char text[40];

	if (c->timestamp) {
		gettimeofday(&tv, NULL);
		snprintf(text, sizeof(text), "%lld.%06ld",
			 (long long)tv.tv_sec, (long)tv.tv_usec);
		json_object_object_add(json, "timestamp",
				       json_object_new_string(text));
	}
	if (nsid >= 0)
		json_object_object_add(json, "nsid",
				       json_object_new_int(nsid));
	json_object_object_add(json, "event", json_object_new_string(event));
	if (object)
		json_object_object_add(json, kind, object);
	secctl_json(c, json);
}

union object {
	struct sec_sa sa;
	struct sec_policy policy;
	struct sec_acquire acquire;
};

static void print_event(struct secctl *c, unsigned int cmd, int nsid,
			const struct sec_set *set, union object *o)
{
	uint8_t event = 0;

	if (set == &sec_sa_set)
		event = o->sa.event;
	if (set == &sec_policy_set)
		event = o->policy.event;
	if (c->json) {
		/* It is said once, outside the object. */
		if (set == &sec_sa_set)
			o->sa.has &= ~SEC_BIT(NFSEC_A_SA_EVENT);
		if (set == &sec_policy_set)
			o->policy.has &= ~SEC_BIT(NFSEC_A_POLICY_EVENT);
		print_json(c, event_name(cmd, event), nsid, set->name,
			   sec_json(set, o));
		return;
	}
	if (c->timestamp)
		timestamp(c);
	if (c->all_nsid && nsid < 0)
		fputs("[nsid current]", c->print.out);
	else if (c->all_nsid)
		fprintf(c->print.out, "[nsid %d]", nsid);
	if (set == &sec_sa_set)
		print_sa(c, cmd, &o->sa);
	else if (set == &sec_policy_set)
		print_policy(c, cmd, &o->policy);
	else
		sec_acquire_print(&c->print, &o->acquire);
	if (c->print.nl[0] != '\n')
		fputc('\n', c->print.out);
}

static int event_cb(struct sec_nl *nl, unsigned int cmd, int nsid,
		    const void *attrs, size_t len, void *data)
{
	const struct sec_set *set = sec_set_of_command(cmd);
	struct secctl *c = data;
	union object o = { 0 };
	int rc = 0;

	if (!cmd) {
		fprintf(stderr, "secctl: monitor: events came too fast, some were lost\n");
		if (c->json)
			print_json(c, "lost", nsid, NULL, NULL);
		return 0;
	}
	if (set != &sec_sa_set && set != &sec_policy_set &&
	    set != &sec_acquire_set)
		return 0;
	rc = sec_get(attrs, len, set, &o, nl->diag);
	if (!rc)
		print_event(c, cmd, nsid, set, &o);
	sec_clear(set, &o);
	/* A reader that has gone ends the monitor. */
	if (fflush(c->print.out))
		return sec_fail(nl->diag, "cannot write the output");
	return rc;
}

struct groups {
	bool acquire, expire, sa, policy, mapping;
};

static int parse(struct secctl *c, struct sec_args *a, struct groups *g)
{
	char quoted[80];
	bool any = false;

	while (sec_peek(a)) {
		const char *word = a->word[a->i++];

		if (!strcmp(word, "nokeys")) {
			c->print.keys = false;
			continue;
		}
		if (!strcmp(word, "all-nsid")) {
			c->all_nsid = true;
			continue;
		}
		if (!strcmp(word, "all"))
			continue;
		any = true;
		if (sec_abbrev(word, "acquire"))
			g->acquire = true;
		else if (sec_abbrev(word, "expire"))
			g->expire = true;
		else if (sec_abbrev(word, "SA") || sec_abbrev(word, "state"))
			g->sa = true;
		else if (sec_abbrev(word, "policy"))
			g->policy = true;
		else if (sec_abbrev(word, "mapping"))
			g->mapping = true;
		else if (sec_abbrev(word, "aevent") ||
			 sec_abbrev(word, "report"))
			return sec_fail(&c->diag, "%s: nfsec has no such events",
					word);
		else
			return sec_fail(&c->diag,
					"unknown word %s, expected one of: all, acquire, expire, SA, policy, mapping, all-nsid, nokeys",
					sec_quote(word, quoted, sizeof(quoted)));
	}
	if (!any)
		*g = (struct groups){ true, true, true, true, true };
	return 0;
}

int secctl_monitor(struct secctl *c, struct sec_args *a)
{
	struct groups g = { 0 };

	if (sec_peek(a) && sec_abbrev(sec_peek(a), "help")) {
		secctl_help(c->print.out, "monitor");
		return SECCTL_OK;
	}
	if (parse(c, a, &g))
		return SECCTL_USAGE;
	if (c->dry)
		return SECCTL_OK;
	if (secctl_open(c) ||
	    (g.acquire && sec_nl_join(&c->nl, NFSEC_MCGRP_ACQUIRE)) ||
	    (g.expire && sec_nl_join(&c->nl, NFSEC_MCGRP_EXPIRE)) ||
	    (g.sa && sec_nl_join(&c->nl, NFSEC_MCGRP_SA)) ||
	    (g.policy && sec_nl_join(&c->nl, NFSEC_MCGRP_POLICY)) ||
	    (g.mapping && sec_nl_join(&c->nl, NFSEC_MCGRP_MAPPING)) ||
	    (c->all_nsid && sec_nl_all_nsid(&c->nl)))
		return SECCTL_REFUSED;
	sec_nl_listen(&c->nl, event_cb, c);
	return SECCTL_REFUSED;
}
