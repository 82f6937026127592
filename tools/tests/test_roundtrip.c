// SPDX-License-Identifier: GPL-2.0
/*
 * Every way that secctl prints an object must make the same object again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "fake.h"
#include "ktap.h"

/* The index of a policy is not part of a list without -s. */
static void strip_index(const struct secctl *c)
{
	struct sec_policy *p = fake.policy.p;
	unsigned int i;

	for (i = 0; i < fake.policy.n && !c->print.stats; i++)
		p[i].index = 8 * (i + 1);
}

/* Feed @text to an empty kernel and compare the tables. */
static void same_again(struct secctl *c, const char *text, const char *want,
		       const char *how, const char *line)
{
	char msg[1024], why[8192];
	char *got;
	int rc;

	fake_reset();
	rc = fake_batch(c, "batch", text, msg, sizeof(msg));
	strip_index(c);
	got = fake_tables();
	snprintf(why, sizeof(why), "%s\nprinted:\n%s\nmade  %.1500s\nagain %.1500s",
		 msg, text, want, got);
	ktap_ok(!rc && !strcmp(want, got), why, "%s of %.90s", how, line);
	free(got);
}

static const char *list_command(const char *line)
{
	return strstr(line, "policy ") == line ? "policy list" : "state list";
}

/* Print in the way that @c says, and read it back. */
static void roundtrip(struct secctl *c, const char *command, const char *how,
		      const char *line)
{
	char msg[1024];
	char *want, *text;
	int rc;

	fake_reset();
	rc = fake_run(c, line, msg, sizeof(msg));
	if (!ktap_ok(!rc, msg, "accept %.90s", line))
		return;
	strip_index(c);
	want = fake_tables();
	c->print.keys = true;
	rc = fake_run(c, command, msg, sizeof(msg));
	text = strdup(fake_output());
	if (rc)
		ktap_ok(false, msg, "%s of %.90s", command, line);
	else
		same_again(c, text, want, how, line);
	free(text);
	free(want);
}

static void whole_table(struct secctl *c, const char *command,
			const char *how)
{
	char msg[1024];
	char *want, *text;
	size_t i;

	fake_reset();
	for (i = 0; i < CORPUS_LEN; i++)
		fake_run(c, corpus[i], msg, sizeof(msg));
	strip_index(c);
	want = fake_tables();
	c->print.keys = true;
	fake_run(c, command, msg, sizeof(msg));
	if (!strcmp(command, "save")) {
		text = strdup(fake_output());
	} else {
		char *states = strdup(fake_output());

		fake_run(c, "policy list", msg, sizeof(msg));
		if (asprintf(&text, "# states\n%s\n# policies\n%s", states,
			     fake_output()) < 0)
			abort();
		free(states);
	}
	same_again(c, text, want, how, "all objects at once");
	free(text);
	free(want);
}

/* JSON must be JSON, and have the name of each attribute once. */
static void json(struct secctl *c, const char *line)
{
	struct json_object *array;
	enum json_tokener_error error;
	char msg[1024];
	bool ok;

	fake_reset();
	fake_run(c, line, msg, sizeof(msg));
	c->json = true;
	c->pretty = true;
	fake_run(c, list_command(line), msg, sizeof(msg));
	array = json_tokener_parse_verbose(fake_output(), &error);
	ok = array && json_object_is_type(array, json_type_array) &&
	     json_object_array_length(array) == 1;
	ktap_ok(ok, fake_output(), "JSON of %.90s", line);
	json_object_put(array);
}

/* Keys must not show unless asked for, and then not be taken back. */
static void test_hidden(void)
{
	static const char line[] = "state add " ID4 " " GCM;
	struct secctl *c = fake_secctl();
	char msg[1024];
	char *text;
	int rc;

	fake_reset();
	fake_run(c, line, msg, sizeof(msg));
	fake_run(c, "state list", msg, sizeof(msg));
	ktap_ok(strstr(fake_output(), "<hidden>") &&
		!strstr(fake_output(), "0405"), fake_output(),
		"list hides keys");
	text = strdup(fake_output());
	rc = fake_batch(c, "batch", text, msg, sizeof(msg));
	ktap_ok(rc == SECCTL_USAGE &&
		!strcmp(msg,
			"secctl: F:1: state add: aead: the key is hidden in this text; list or save with -k to have it shown\n"),
		msg, "a hidden key is refused");
	free(text);
	fake_run(c, "state save", msg, sizeof(msg));
	ktap_ok(strstr(fake_output(), "<hidden>") &&
		!strstr(fake_output(), "0405"), fake_output(),
		"save hides keys");
	fake_run(c, "state list keys", msg, sizeof(msg));
	ktap_ok(!!strstr(fake_output(), "0405"), fake_output(),
		"list keys shows keys");
	fake_run(c, "state list", msg, sizeof(msg));
	ktap_ok(!strstr(fake_output(), "0405"), fake_output(),
		"and only that one list");
}

int main(void)
{
	size_t i;

	ktap_begin();
	for (i = 0; i < CORPUS_LEN; i++) {
		const char *list = list_command(corpus[i]);
		struct secctl *c = fake_secctl();

		roundtrip(c, list, "list", corpus[i]);
		c = fake_secctl();
		c->print.stats = 1;
		roundtrip(c, list, "list -s", corpus[i]);
		c = fake_secctl();
		c->print.nl = "\\";
		roundtrip(c, list, "list -o", corpus[i]);
		c = fake_secctl();
		roundtrip(c, "save", "save", corpus[i]);
		json(fake_secctl(), corpus[i]);
	}
	whole_table(fake_secctl(), "state list", "lists");
	whole_table(fake_secctl(), "save", "save");
	test_hidden();
	fake_reset();
	return ktap_end();
}
