// SPDX-License-Identifier: GPL-2.0
/*
 * secctl policy: the Security Policy Database.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secctl.h"

static void policy_print(struct secctl *c, const struct sec_policy *policy)
{
	sec_policy_print(&c->print, policy);
	if (c->print.nl[0] != '\n')
		fputc('\n', c->print.out);
}

static int modify(struct secctl *c, struct sec_args *a, int verb)
{
	unsigned int cmd = verb == SEC_V_ADD ? NFSEC_CMD_POLICY_NEW :
			   verb == SEC_V_UPDATE ? NFSEC_CMD_POLICY_UPDATE :
						  NFSEC_CMD_POLICY_DEL;
	struct sec_policy_words w = { 0 };
	int rc = SECCTL_USAGE;

	if (!sec_policy_parse(a, verb, &w))
		rc = secctl_request(c, cmd, 0, &sec_policy_set, &w.policy,
				    NULL, NULL);
	sec_clear(&sec_policy_set, &w.policy);
	return rc;
}

static int get(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_policy_words w = { 0 };
	struct sec_policy policy = { 0 };
	int rc = SECCTL_USAGE;

	(void)arg;
	if (sec_policy_parse(a, SEC_V_GET, &w))
		goto out;
	rc = secctl_request(c, NFSEC_CMD_POLICY_GET, 0, &sec_policy_set,
			    &w.policy, sec_nl_fill, &policy);
	if (rc || c->dry)
		goto out;
	if (c->json)
		secctl_json(c, sec_json(&sec_policy_set, &policy));
	else
		policy_print(c, &policy);
out:
	sec_clear(&sec_policy_set, &policy);
	sec_clear(&sec_policy_set, &w.policy);
	return rc;
}

struct dump {
	struct secctl *c;
	const struct sec_policy_words *filter;
	void (*each)(struct dump *d, const struct sec_policy *policy);
	struct sec_list list;
};

static int dump_cb(struct sec_nl *nl, unsigned int cmd, const void *attrs,
		   size_t len, void *data)
{
	struct dump *d = data;
	struct sec_policy policy = { 0 };
	int rc;

	rc = sec_nl_fill(nl, cmd, attrs, len, &policy);
	if (!rc && sec_policy_match(d->filter, d->c->family, &policy))
		d->each(d, &policy);
	sec_clear(&sec_policy_set, &policy);
	return rc;
}

/* The selector is compared here: a filter is a prefix, not the whole. */
static int dump(struct dump *d)
{
	struct sec_policy request = d->filter->policy;

	request.has &= SEC_BIT(NFSEC_A_POLICY_DIR) |
		       SEC_BIT(NFSEC_A_POLICY_INDEX) |
		       SEC_BIT(NFSEC_A_POLICY_ACTION) |
		       SEC_BIT(NFSEC_A_POLICY_PRIORITY) |
		       SEC_BIT(NFSEC_A_POLICY_MARK);
	return secctl_request(d->c, NFSEC_CMD_POLICY_GET, NLM_F_DUMP,
			      &sec_policy_set, &request, dump_cb, d);
}

static void each_print(struct dump *d, const struct sec_policy *policy)
{
	struct secctl *c = d->c;

	if (c->json)
		secctl_list_item(c, sec_json(&sec_policy_set, policy));
	else
		policy_print(c, policy);
}

static void each_save(struct dump *d, const struct sec_policy *policy)
{
	sec_policy_line(&d->c->print, policy);
}

int secctl_save_policies(struct secctl *c,
			 const struct sec_policy_words *filter)
{
	struct dump d = { .c = c, .filter = filter, .each = each_save };

	return dump(&d);
}

static int list(struct secctl *c, struct sec_args *a, int save)
{
	struct sec_policy_words w = { 0 };
	struct dump d = { .c = c, .filter = &w, .each = each_print };
	int rc;

	if (sec_policy_parse(a, SEC_V_LIST, &w))
		return SECCTL_USAGE;
	if (save)
		return secctl_save_policies(c, &w);
	secctl_list_begin(c);
	rc = dump(&d);
	secctl_list_end(c);
	return rc;
}

/* deleteall */

struct victim {
	uint32_t index;
	uint8_t dir;
};

static const struct sec_field no_fields[] = { { NULL } };
static const struct sec_set victim_set = {
	.name = "victim", .size = sizeof(struct victim), .fields = no_fields,
};

static void each_collect(struct dump *d, const struct sec_policy *policy)
{
	struct victim *v = sec_list_add(&d->list, &victim_set);

	if (!v) {
		sec_fail(&d->c->diag, "out of memory");
		return;
	}
	v->index = policy->index;
	v->dir = policy->dir;
}

static int delete_one(struct secctl *c, const struct victim *v)
{
	struct sec_policy policy = { .index = v->index, .dir = v->dir };
	int rc;

	sec_set(&policy, NFSEC_A_POLICY_INDEX);
	sec_set(&policy, NFSEC_A_POLICY_DIR);
	rc = secctl_request(c, NFSEC_CMD_POLICY_DEL, 0, &sec_policy_set,
			    &policy, NULL, NULL);
	/* Somebody else may have deleted it in the meantime. */
	if (rc && (c->nl.error == ENOENT || c->nl.error == ESRCH)) {
		c->diag.text[0] = '\0';
		return SECCTL_OK;
	}
	return rc;
}

static int deleteall(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_policy_words w = { 0 };
	struct dump d = { .c = c, .filter = &w, .each = each_collect };
	const struct victim *v;
	unsigned int i;
	int rc;

	(void)arg;
	if (sec_policy_parse(a, SEC_V_DELALL, &w))
		return SECCTL_USAGE;
	rc = dump(&d);
	if (!rc && c->diag.text[0])
		rc = SECCTL_REFUSED;
	v = d.list.p;
	for (i = 0; !rc && i < d.list.n; i++)
		rc = delete_one(c, &v[i]);
	free(d.list.p);
	return rc;
}

static int flush(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_policy_words w = { 0 };
	struct sec_policy answer = { 0 };
	int rc;

	(void)arg;
	if (sec_policy_parse(a, SEC_V_FLUSH, &w))
		return SECCTL_USAGE;
	rc = secctl_request(c, NFSEC_CMD_POLICY_FLUSH, 0, &sec_policy_set,
			    &w.policy, sec_nl_fill, &answer);
	if (!rc && !c->dry && c->json) {
		answer.has &= SEC_BIT(NFSEC_A_POLICY_COUNT);
		secctl_json(c, sec_json(&sec_policy_set, &answer));
	}
	return rc;
}

static int count(struct secctl *c, struct sec_args *a, int arg)
{
	uint32_t n[NFSEC_DIR_FWD + 1] = { 0 };
	struct json_object *json;
	unsigned int dir;
	int rc;

	(void)arg;
	if (secctl_no_more(a))
		return SECCTL_USAGE;
	for (dir = NFSEC_DIR_IN; dir <= NFSEC_DIR_FWD; dir++) {
		struct sec_policy request = { .dir = dir }, answer = { 0 };

		sec_set(&request, NFSEC_A_POLICY_COUNT_ONLY);
		sec_set(&request, NFSEC_A_POLICY_DIR);
		rc = secctl_request(c, NFSEC_CMD_POLICY_GET, 0,
				    &sec_policy_set, &request, sec_nl_fill,
				    &answer);
		if (rc)
			return rc;
		n[dir] = answer.count;
	}
	if (c->dry)
		return SECCTL_OK;
	if (!c->json) {
		fprintf(c->print.out, "\t SPD IN  %u OUT %u FWD %u\n",
			n[NFSEC_DIR_IN], n[NFSEC_DIR_OUT], n[NFSEC_DIR_FWD]);
		return SECCTL_OK;
	}
	json = json_object_new_object();
	for (dir = NFSEC_DIR_IN; dir <= NFSEC_DIR_FWD; dir++)
		json_object_object_add(json, sec_name_of(sec_dir_names, dir),
				       json_object_new_uint64(n[dir]));
	secctl_json(c, json);
	return SECCTL_OK;
}

/*
 * "set hthresh4 L R": which policies XFRM hashes. The lookup here has no such
 * threshold, so any value is as good as another.
 */
static int set(struct secctl *c, struct sec_args *a, int arg)
{
	char quoted[80];
	uint64_t bits;
	int i;

	(void)arg;
	while (sec_peek(a)) {
		const char *word = a->word[a->i++];
		int max = strcmp(word, "hthresh6") ? 32 : 128;

		if (strcmp(word, "hthresh4") && strcmp(word, "hthresh6")) {
			sec_fail(&c->diag, "unknown word %s, expected hthresh4 or hthresh6",
				 sec_quote(word, quoted, sizeof(quoted)));
			return SECCTL_USAGE;
		}
		for (i = 0; i < 2; i++) {
			const char *text = sec_value(a, word, "a prefix length");

			if (!text || sec_number(&c->diag, word, text, max,
						&bits))
				return SECCTL_USAGE;
		}
	}
	return SECCTL_OK;
}

/* Defaults */

static int default_parse(struct sec_args *a, const char *word, uint8_t *action)
{
	const char *text = sec_value(a, word, "allow or block");
	char quoted[80];

	if (!text)
		return -1;
	if (!strcmp(text, "allow") || !strcmp(text, "accept"))
		*action = NFSEC_ACTION_ALLOW;
	else if (!strcmp(text, "block"))
		*action = NFSEC_ACTION_BLOCK;
	else
		return sec_fail(a->diag, "%s: %s is unknown, expected allow or block",
				word, sec_quote(text, quoted, sizeof(quoted)));
	return 0;
}

static int default_in(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_settings *s = ctx;

	sec_set(s, NFSEC_A_SETTINGS_DEFAULT_IN);
	return default_parse(a, word, &s->default_in);
}

static int default_out(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_settings *s = ctx;

	sec_set(s, NFSEC_A_SETTINGS_DEFAULT_OUT);
	return default_parse(a, word, &s->default_out);
}

static int default_fwd(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_settings *s = ctx;

	sec_set(s, NFSEC_A_SETTINGS_DEFAULT_FWD);
	return default_parse(a, word, &s->default_fwd);
}

static int setdefault(struct secctl *c, struct sec_args *a, int arg)
{
	static const struct sec_word table[] = {
		{ "in", SEC_V_ADD, default_in },
		{ "fwd", SEC_V_ADD, default_fwd },
		{ "out", SEC_V_ADD, default_out },
		{ NULL }
	};
	struct sec_settings s = { 0 };

	(void)arg;
	if (sec_words_parse(a, table, SEC_V_ADD, &s))
		return SECCTL_USAGE;
	if (!s.has) {
		sec_fail(&c->diag, "a direction is missing, expected in, fwd or out");
		return SECCTL_USAGE;
	}
	if (!c->defer_defaults)
		return secctl_settings_set(c, &s);
	c->defaults = s;
	return SECCTL_OK;
}

static const char *accept_text(uint8_t action)
{
	return action == NFSEC_ACTION_BLOCK ? "block" : "accept";
}

static int getdefault(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_settings s = { 0 };
	int rc;

	(void)arg;
	if (secctl_no_more(a))
		return SECCTL_USAGE;
	rc = secctl_settings_get(c, &s);
	if (rc || c->dry)
		return rc;
	if (c->json) {
		s.has &= SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_IN) |
			 SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_OUT) |
			 SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_FWD);
		secctl_json(c, sec_json(&sec_settings_set, &s));
		return rc;
	}
	fprintf(c->print.out, "Default policies:\n in:  %s\n fwd: %s\n out: %s\n",
		accept_text(s.default_in), accept_text(s.default_fwd),
		accept_text(s.default_out));
	return rc;
}

static int help(struct secctl *c, struct sec_args *a, int arg)
{
	(void)a;
	(void)arg;
	secctl_help(c->print.out, "policy");
	return SECCTL_OK;
}

int secctl_policy(struct secctl *c, struct sec_args *a)
{
	/* In the order of ip(8), which decides what an abbreviation means. */
	static const struct secctl_verb verbs[] = {
		{ "add", modify, SEC_V_ADD },
		{ "update", modify, SEC_V_UPDATE },
		{ "delete", modify, SEC_V_DEL },
		{ "deleteall", deleteall },
		{ "delall", deleteall },
		{ "list", list },
		{ "show", list },
		{ "lst", list },
		{ "get", get },
		{ "flush", flush },
		{ "count", count },
		{ "set", set },
		{ "setdefault", setdefault },
		{ "getdefault", getdefault },
		{ "help", help },
		{ "save", list, 1 },
		{ NULL }
	};

	return secctl_verb(c, a, "policy", verbs);
}
