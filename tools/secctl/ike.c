// SPDX-License-Identifier: GPL-2.0
/*
 * secctl ike: the IKE daemon of the network namespace, by its socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../ike/ctl_path.h"
#include "secctl.h"

static FILE *ask_open(struct secctl *c, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char own[IKE_CTL_PATH_MAX];
	FILE *f = NULL;
	int fd;

	if (!path)
		path = ike_ctl_path(own, sizeof(own));
	if (strlen(path) >= sizeof(un.sun_path)) {
		sec_fail(&c->diag, "the path of the socket is too long");
		return NULL;
	}
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&un, sizeof(un)))
		f = fdopen(fd, "r+");
	if (!f) {
		if (fd >= 0 && (errno == ENOENT || errno == ECONNREFUSED))
			sec_fail(&c->diag, "secike does not run in this network namespace (%s)",
				 path);
		else
			sec_fail(&c->diag, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return f;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static long long number(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_int64(v) : -1;
}

/* Element @i of the list @key, NULL at its end. */
static struct json_object *item(struct json_object *o, const char *key, size_t i)
{
	struct json_object *l;

	if (!json_object_object_get_ex(o, key, &l) || i >= json_object_array_length(l))
		return NULL;
	return json_object_array_get_idx(l, i);
}

static void show_child(FILE *out, struct json_object *ch)
{
	fprintf(out, "    child %s: %s, %s, reqid %lld, spi in 0x%s out 0x%s\n",
		text(ch, "name"), text(ch, "state"), text(ch, "mode"), number(ch, "reqid"),
		text(ch, "spi-in"), text(ch, "spi-out"));
	fprintf(out, "      %s, %s === %s\n", text(ch, "proposal"), text(ch, "local-ts"),
		text(ch, "remote-ts"));
	if (number(ch, "packets-in") >= 0 || number(ch, "packets-out") >= 0)
		fprintf(out, "      in %lld packets, out %lld packets", number(ch, "packets-in"),
			number(ch, "packets-out"));
	if (number(ch, "rekey-in") >= 0)
		fprintf(out, ", rekeyed in %lld s", number(ch, "rekey-in"));
	fputc('\n', out);
}

static void show_sa(FILE *out, struct json_object *sa)
{
	static const char *const inner[] = { "local-inner4", "local-inner6", "remote-inner4",
					     "remote-inner6" };
	struct json_object *ch;
	size_t i;

	fprintf(out, "  IKE SA: %s, %s, %s - %s%s%s, %s_i %s_r\n", text(sa, "state"),
		text(sa, "role"), text(sa, "local"), text(sa, "remote"),
		*text(sa, "nat") ? ", NAT " : "", text(sa, "nat"), text(sa, "spi-i"),
		text(sa, "spi-r"));
	fprintf(out, "    %s, peer is \"%s\"", text(sa, "proposal"), text(sa, "remote-id"));
	if (number(sa, "rekey-in") >= 0)
		fprintf(out, ", rekeyed in %lld s", number(sa, "rekey-in"));
	if (number(sa, "reauth-in") >= 0)
		fprintf(out, ", proved anew in %lld s", number(sa, "reauth-in"));
	for (i = 0; i < 4; i++)
		if (*text(sa, inner[i]))
			fprintf(out, ", %s has %s", i < 2 ? "this side" : "the other side",
				text(sa, inner[i]));
	fputc('\n', out);
	for (i = 0; (ch = item(sa, "children", i)); i++)
		show_child(out, ch);
}

static void show_connection(FILE *out, struct json_object *o)
{
	struct json_object *k;
	size_t i;

	fprintf(out, "%s: %s, %s - %s, \"%s\" - \"%s\"", text(o, "name"), text(o, "state"),
		text(o, "local"), text(o, "remote"), text(o, "local-id"), text(o, "remote-id"));
	if (number(o, "retry-in") >= 0)
		fprintf(out, ", tried again in %lld s", number(o, "retry-in"));
	fputc('\n', out);
	for (i = 0; (k = item(o, "children", i)); i++)
		fprintf(out, "  %s: %s, %s === %s\n", text(k, "name"), text(k, "state"),
			text(k, "local-ts"), text(k, "remote-ts"));
	for (i = 0; (k = item(o, "sas", i)); i++)
		show_sa(out, k);
}

/* One line of an answer: 1 if it was the last, -1 for an error. */
static int answer(struct secctl *c, struct json_object *o, const char *name)
{
	struct json_object *v, *conn;
	size_t i;

	if (json_object_object_get_ex(o, "error", &v)) {
		sec_fail(&c->diag, "%s", json_object_get_string(v));
		return -1;
	}
	if (json_object_object_get_ex(o, "ok", &v)) {
		if (c->json && !c->items)
			secctl_json(c, json_object_get(o));
		return 1;
	}
	c->items++;
	if (c->json)
		secctl_json(c, json_object_get(o));
	else if (json_object_object_get_ex(o, "line", &v))
		fprintf(c->print.out, "%s\n", json_object_get_string(v));
	else if (json_object_object_get_ex(o, "metrics", &v))
		fputs(json_object_get_string(v), c->print.out);
	else
		for (i = 0; (conn = item(o, "connections", i)); i++)
			if (!name || !strcmp(name, text(conn, "name")))
				show_connection(c->print.out, conn);
	fflush(c->print.out);
	return 0;
}

static int ask(struct secctl *c, struct json_object *req, const char *path, const char *name)
{
	struct json_object *o;
	char *line = NULL;
	size_t size = 0;
	FILE *f;
	int rc = 0;

	f = ask_open(c, path);
	if (!f)
		return SECCTL_REFUSED;
	c->items = 0;
	fprintf(f, "%s\n", json_object_to_json_string_ext(req, JSON_C_TO_STRING_PLAIN));
	fflush(f);
	while (!rc && getline(&line, &size, f) > 0) {
		o = json_tokener_parse(line);
		if (!o)
			break;
		rc = answer(c, o, name);
		json_object_put(o);
	}
	if (!rc)
		sec_fail(&c->diag, "secike has ended");
	free(line);
	fclose(f);
	return rc > 0 ? SECCTL_OK : SECCTL_REFUSED;
}

/* What follows a command; -1 with a message. */
static int words(struct sec_args *a, struct json_object *req, const char *command, bool *named)
{
	const char *word, *value;
	uint64_t seconds;

	while ((word = sec_peek(a))) {
		a->i++;
		if (!strcmp(word, "timeout")) {
			value = sec_value(a, word, "a number of seconds");
			if (!value || sec_number(a->diag, word, value, 86400, &seconds))
				return -1;
			json_object_object_add(req, word, json_object_new_int64((int64_t)seconds));
		} else if (!strcmp(word, "follow") && !strcmp(command, "log")) {
			json_object_object_add(req, word, json_object_new_int(1));
		} else if (!*named && strcmp(command, "log") && strcmp(command, "reload") &&
			   strcmp(command, "metrics")) {
			json_object_object_add(req, "name", json_object_new_string(word));
			*named = true;
		} else {
			a->i--;
			return secctl_no_more(a);
		}
	}
	return 0;
}

int secctl_ike(struct secctl *c, struct sec_args *a)
{
	static const char *const commands[] = { "up", "down", "status", "reload", "rekey", "log",
						"metrics" };
	const char *word = sec_peek(a), *path = NULL;
	struct json_object *req;
	bool named = false;
	char quoted[80];
	size_t i;
	int rc;

	if (word && !strcmp(word, "-s")) {
		a->i++;
		path = sec_value(a, word, "a path");
		if (!path)
			return SECCTL_USAGE;
		word = sec_peek(a);
	}
	if (!word)
		word = "status";
	else
		a->i++;
	for (i = 0; i < ARRAY_SIZE(commands) && strcmp(word, commands[i]); i++)
		;
	if (i == ARRAY_SIZE(commands)) {
		sec_quote(word, quoted, sizeof(quoted));
		sec_fail(&c->diag,
			 "unknown word %s, expected up, down, rekey, status, metrics, log, reload",
			 quoted);
		return SECCTL_USAGE;
	}
	snprintf(c->where, sizeof(c->where), "ike %s", word);
	req = json_object_new_object();
	json_object_object_add(req, "command", json_object_new_string(word));
	if (words(a, req, word, &named)) {
		rc = SECCTL_USAGE;
	} else if (!named && (!strcmp(word, "up") || !strcmp(word, "down") ||
			      !strcmp(word, "rekey"))) {
		sec_fail(&c->diag, "the name of a connection or of a child is missing");
		rc = SECCTL_USAGE;
	} else if (c->dry) {
		rc = SECCTL_OK;
	} else {
		rc = ask(c, req, path, named ? text(req, "name") : NULL);
	}
	json_object_put(req);
	return rc;
}
