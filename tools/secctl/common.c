// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the subcommands.
 */
#include <stdio.h>
#include <string.h>

#include "secctl.h"

int secctl_verb(struct secctl *c, struct sec_args *a, const char *object,
		const struct secctl_verb *verbs)
{
	char list[256] = "";
	char quoted[80];
	const struct secctl_verb *v;
	const char *word = sec_peek(a);

	/* Without a verb, ip(8) lists. */
	for (v = verbs; v->name; v++) {
		if (!sec_abbrev(word ? word : "list", v->name))
			continue;
		if (word)
			a->i++;
		snprintf(c->where, sizeof(c->where), "%s %s", object, v->name);
		return v->run(c, a, v->arg);
	}
	for (v = verbs; v->name; v++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s",
			 used ? ", " : "", v->name);
	}
	sec_fail(&c->diag, "unknown word %s, expected one of: %s",
		 sec_quote(word, quoted, sizeof(quoted)), list);
	return SECCTL_USAGE;
}

int secctl_no_more(struct sec_args *a)
{
	char quoted[80];

	if (!sec_peek(a))
		return 0;
	return sec_fail(a->diag, "unexpected word %s",
			sec_quote(sec_peek(a), quoted, sizeof(quoted)));
}

int secctl_open(struct secctl *c)
{
	if (c->nl_open)
		return 0;
	if (sec_nl_open(&c->nl, &c->diag))
		return -1;
	c->nl_open = true;
	return 0;
}

int secctl_request(struct secctl *c, unsigned int cmd, unsigned int flags,
		   const struct sec_set *set, const void *obj, sec_nl_cb cb,
		   void *data)
{
	if (c->dry)
		return SECCTL_OK;
	if (secctl_open(c))
		return SECCTL_REFUSED;
	if (sec_nl_request(&c->nl, cmd, flags, set, obj, cb, data))
		return SECCTL_REFUSED;
	if (c->nl.note[0])
		fprintf(stderr, "secctl: %s: note: %s\n", c->where, c->nl.note);
	if (c->nl.interrupted)
		fprintf(stderr,
			"secctl: %s: the table changed while it was read, the list may not be of one moment\n",
			c->where);
	return SECCTL_OK;
}

static void json_print(struct secctl *c, struct json_object *json)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (c->pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	fputs(json_object_to_json_string_ext(json, flags), c->print.out);
	json_object_put(json);
}

void secctl_json(struct secctl *c, struct json_object *json)
{
	json_print(c, json);
	fputc('\n', c->print.out);
}

void secctl_list_begin(struct secctl *c)
{
	c->items = 0;
	if (c->json)
		fputc('[', c->print.out);
}

/* The array is written as it comes: a table may have a million objects. */
void secctl_list_item(struct secctl *c, struct json_object *json)
{
	if (c->items++)
		fputc(',', c->print.out);
	if (c->pretty)
		fputc('\n', c->print.out);
	json_print(c, json);
}

void secctl_list_end(struct secctl *c)
{
	if (!c->json)
		return;
	if (c->pretty && c->items)
		fputc('\n', c->print.out);
	fputs("]\n", c->print.out);
}
