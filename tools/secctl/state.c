// SPDX-License-Identifier: GPL-2.0
/*
 * secctl state: Security Associations.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secctl.h"

static void state_print(struct secctl *c, const struct sec_sa *sa)
{
	sec_sa_print(&c->print, sa);
	if (c->print.nl[0] != '\n')
		fputc('\n', c->print.out);
}

static int modify(struct secctl *c, struct sec_args *a, int verb)
{
	unsigned int cmd = verb == SEC_V_ADD ? NFSEC_CMD_SA_NEW :
			   verb == SEC_V_UPDATE ? NFSEC_CMD_SA_UPDATE :
			   verb == SEC_V_MIGRATE ? NFSEC_CMD_SA_MIGRATE :
						   NFSEC_CMD_SA_DEL;
	struct sec_sa_words w = { 0 };
	int rc = SECCTL_USAGE;

	if (!sec_sa_parse(a, verb, &w))
		rc = secctl_request(c, cmd, 0, &sec_sa_set, &w.sa, NULL, NULL);
	sec_clear(&sec_sa_set, &w.sa);
	return rc;
}

/* "get" and "allocspi": one SA comes back. */
static int one(struct secctl *c, struct sec_args *a, int verb)
{
	unsigned int cmd = verb == SEC_V_GET ? NFSEC_CMD_SA_GET :
					       NFSEC_CMD_SA_ALLOCSPI;
	struct sec_sa_words w = { 0 };
	struct sec_sa sa = { 0 };
	int rc = SECCTL_USAGE;

	if (sec_sa_parse(a, verb, &w))
		goto out;
	if (verb == SEC_V_GET && (c->print.keys || w.keys) && !w.nokeys) {
		c->print.keys = true;
		sec_set(&w.sa, NFSEC_A_SA_SHOW_KEYS);
	}
	rc = secctl_request(c, cmd, 0, &sec_sa_set, &w.sa, sec_nl_fill, &sa);
	if (rc || c->dry)
		goto out;
	if (c->json)
		secctl_json(c, sec_json(&sec_sa_set, &sa));
	else
		state_print(c, &sa);
out:
	sec_clear(&sec_sa_set, &sa);
	sec_clear(&sec_sa_set, &w.sa);
	return rc;
}

/* Dumps */

struct dump {
	struct secctl *c;
	const struct sec_sa_words *filter;
	void (*each)(struct dump *d, const struct sec_sa *sa);
	struct sec_list list;
};

static int dump_cb(struct sec_nl *nl, unsigned int cmd, const void *attrs,
		   size_t len, void *data)
{
	struct dump *d = data;
	struct sec_sa sa = { 0 };
	int rc;

	rc = sec_nl_fill(nl, cmd, attrs, len, &sa);
	if (!rc && sec_sa_match(d->filter, d->c->family, &sa))
		d->each(d, &sa);
	sec_clear(&sec_sa_set, &sa);
	return rc;
}

/* What the kernel can compare itself; the rest is done in sec_sa_match(). */
static int dump(struct dump *d, bool keys)
{
	struct sec_sa request = d->filter->sa;

	request.has &= ~SEC_BIT(NFSEC_A_SA_FLAGS);
	if (keys)
		sec_set(&request, NFSEC_A_SA_SHOW_KEYS);
	return secctl_request(d->c, NFSEC_CMD_SA_GET, NLM_F_DUMP, &sec_sa_set,
			      &request, dump_cb, d);
}

static void each_print(struct dump *d, const struct sec_sa *sa)
{
	struct secctl *c = d->c;

	if (c->json)
		secctl_list_item(c, sec_json(&sec_sa_set, sa));
	else
		state_print(c, sa);
}

static void each_save(struct dump *d, const struct sec_sa *sa)
{
	sec_sa_line(&d->c->print, sa);
}

int secctl_save_states(struct secctl *c, const struct sec_sa_words *filter)
{
	struct dump d = { .c = c, .filter = filter, .each = each_save };

	return dump(&d, c->print.keys);
}

static int list(struct secctl *c, struct sec_args *a, int save)
{
	struct sec_sa_words w = { 0 };
	struct dump d = { .c = c, .filter = &w, .each = each_print };
	bool keys = c->print.keys;
	int rc = SECCTL_USAGE;

	if (sec_sa_parse(a, SEC_V_LIST, &w))
		goto out;
	c->print.keys = (keys || w.keys) && !w.nokeys;
	if (save) {
		rc = secctl_save_states(c, &w);
	} else {
		secctl_list_begin(c);
		rc = dump(&d, c->print.keys);
		secctl_list_end(c);
	}
	c->print.keys = keys;
out:
	sec_clear(&sec_sa_set, &w.sa);
	return rc;
}

/* deleteall */

struct victim {
	struct sec_addr src, dst;
	struct sec_mark mark;
	uint32_t spi;
	uint8_t proto;
	bool has_mark;
};

/* The list is one of this program; it only borrows the growing array. */
static const struct sec_field no_fields[] = { { NULL } };
static const struct sec_set victim_set = {
	.name = "victim", .size = sizeof(struct victim), .fields = no_fields,
};

static void each_collect(struct dump *d, const struct sec_sa *sa)
{
	struct victim *v = sec_list_add(&d->list, &victim_set);

	if (!v) {
		sec_fail(&d->c->diag, "out of memory");
		return;
	}
	v->src = sa->src;
	v->dst = sa->dst;
	v->proto = sa->proto;
	v->spi = sa->spi;
	v->has_mark = sec_has(sa, NFSEC_A_SA_MARK);
	v->mark = sa->mark;
}

static int delete_one(struct secctl *c, const struct victim *v)
{
	struct sec_sa sa = {
		.src = v->src, .dst = v->dst, .proto = v->proto,
		.spi = v->spi, .mark = v->mark,
	};
	int rc;

	if (v->src.len)
		sec_set(&sa, NFSEC_A_SA_SRC);
	sec_set(&sa, NFSEC_A_SA_DST);
	sec_set(&sa, NFSEC_A_SA_PROTO);
	sec_set(&sa, NFSEC_A_SA_SPI);
	if (v->has_mark)
		sec_set(&sa, NFSEC_A_SA_MARK);
	rc = secctl_request(c, NFSEC_CMD_SA_DEL, 0, &sec_sa_set, &sa, NULL,
			    NULL);
	/* It may have expired in the meantime. */
	if (rc && (c->nl.error == ENOENT || c->nl.error == ESRCH)) {
		c->diag.text[0] = '\0';
		return SECCTL_OK;
	}
	return rc;
}

static int deleteall(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_sa_words w = { 0 };
	struct dump d = { .c = c, .filter = &w, .each = each_collect };
	const struct victim *v;
	int rc = SECCTL_USAGE;
	unsigned int i;

	(void)arg;
	if (sec_sa_parse(a, SEC_V_DELALL, &w))
		return rc;
	rc = dump(&d, false);
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
	struct sec_sa_words w = { 0 };
	struct sec_sa answer = { 0 };
	int rc;

	(void)arg;
	if (sec_sa_parse(a, SEC_V_FLUSH, &w))
		return SECCTL_USAGE;
	rc = secctl_request(c, NFSEC_CMD_SA_FLUSH, 0, &sec_sa_set, &w.sa,
			    sec_nl_fill, &answer);
	if (!rc && !c->dry && c->json) {
		answer.has &= SEC_BIT(NFSEC_A_SA_COUNT);
		secctl_json(c, sec_json(&sec_sa_set, &answer));
	}
	return rc;
}

static int sad_count(struct secctl *c, struct sec_args *a, int arg)
{
	struct sec_sa request = { 0 }, answer = { 0 };
	int rc;

	(void)arg;
	if (secctl_no_more(a))
		return SECCTL_USAGE;
	sec_set(&request, NFSEC_A_SA_COUNT_ONLY);
	rc = secctl_request(c, NFSEC_CMD_SA_GET, 0, &sec_sa_set, &request,
			    sec_nl_fill, &answer);
	if (rc || c->dry)
		return rc;
	if (c->json)
		secctl_json(c, sec_json(&sec_sa_set, &answer));
	else
		fprintf(c->print.out, "\t SAD count %u\n", answer.count);
	return rc;
}

static int help(struct secctl *c, struct sec_args *a, int arg)
{
	(void)a;
	(void)arg;
	secctl_help(c->print.out, "state");
	return SECCTL_OK;
}

int secctl_state(struct secctl *c, struct sec_args *a)
{
	/* In the order of ip(8), which decides what an abbreviation means. */
	static const struct secctl_verb verbs[] = {
		{ "add", modify, SEC_V_ADD },
		{ "update", modify, SEC_V_UPDATE },
		{ "allocspi", one, SEC_V_ALLOC },
		{ "delete", modify, SEC_V_DEL },
		{ "deleteall", deleteall },
		{ "delall", deleteall },
		{ "list", list },
		{ "show", list },
		{ "lst", list },
		{ "get", one, SEC_V_GET },
		{ "flush", flush },
		{ "count", sad_count },
		{ "help", help },
		{ "save", list, 1 },
		{ "migrate", modify, SEC_V_MIGRATE },
		{ NULL }
	};

	return secctl_verb(c, a, "state", verbs);
}
