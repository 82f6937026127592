// SPDX-License-Identifier: GPL-2.0
/*
 * secctl - control the nfsec module with the language of "ip xfrm".
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../module/version.h"
#include "secctl.h"

#define NETNS_DIR "/var/run/netns"

/* Keys may pass through here, so it is wiped at the end. */
static char out_buffer[64 * 1024];

static int netns_enter(struct secctl *c, const char *name)
{
	char path[4096];
	char quoted[80];
	int fd;

	snprintf(path, sizeof(path), strchr(name, '/') ? "%s%s" : "%s/%s",
		 strchr(name, '/') ? "" : NETNS_DIR, name);
	sec_quote(name, quoted, sizeof(quoted));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sec_fail(&c->diag, "cannot open network namespace %s: %s",
				quoted, strerror(errno));
	if (setns(fd, CLONE_NEWNET)) {
		sec_fail(&c->diag, "cannot enter network namespace %s: %s",
			 quoted, strerror(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

struct options {
	const char *batch;
	bool help, version;
};

static int family_option(struct secctl *c, const char *name)
{
	if (!strcmp(name, "inet"))
		c->family = AF_INET;
	else if (!strcmp(name, "inet6"))
		c->family = AF_INET6;
	else
		return sec_fail(&c->diag, "-family: \"%s\" is unknown, expected inet or inet6",
				name);
	return 0;
}

/* Options that are followed by a value. Returns 1 if @opt is one of them. */
static int value_option(struct secctl *c, struct sec_args *a, const char *opt,
			struct options *o)
{
	const char *value;

	if (strlen(opt) < 2 || (!sec_abbrev(opt, "-netns") &&
				!sec_abbrev(opt, "-batch") &&
				!sec_abbrev(opt, "-family")))
		return 0;
	value = sec_value(a, opt, "a value");
	if (!value)
		return -1;
	if (sec_abbrev(opt, "-netns"))
		return netns_enter(c, value) ? -1 : 1;
	if (sec_abbrev(opt, "-family"))
		return family_option(c, value) ? -1 : 1;
	o->batch = value;
	return 1;
}

static int flag_option(struct secctl *c, const char *opt, struct options *o)
{
	if (!strcmp(opt, "-4"))
		c->family = AF_INET;
	else if (!strcmp(opt, "-6"))
		c->family = AF_INET6;
	else if (!strcmp(opt, "-k") || !strcmp(opt, "-show-keys"))
		c->print.keys = true;
	else if (!strcmp(opt, "-V") || !strcmp(opt, "-Version") ||
		 !strcmp(opt, "-version"))
		o->version = true;
	else if (!strcmp(opt, "-ts") || !strcmp(opt, "-tshort"))
		c->timestamp_short = true;
	else if (!strcmp(opt, "-force"))
		c->force = true;
	else if (!strcmp(opt, "-all-nsid"))
		c->all_nsid = true;
	else if (strlen(opt) < 2)
		return -1;
	else if (sec_abbrev(opt, "-statistics") || !strcmp(opt, "-stats"))
		c->print.stats++;
	else if (sec_abbrev(opt, "-oneline"))
		c->print.nl = "\\";
	else if (sec_abbrev(opt, "-json"))
		c->json = true;
	else if (sec_abbrev(opt, "-pretty"))
		c->pretty = true;
	else if (sec_abbrev(opt, "-timestamp"))
		c->timestamp = true;
	else if (sec_abbrev(opt, "-help"))
		o->help = true;
	/* Accepted because ip(8) has them; they change nothing here. */
	else if (sec_abbrev(opt, "-details") || sec_abbrev(opt, "-resolve") ||
		 !strncmp(opt, "-c", 2) || !strcmp(opt, "-N") ||
		 !strcmp(opt, "-Numeric"))
		return 0;
	else
		return -1;
	return 0;
}

static int options(struct secctl *c, struct sec_args *a, struct options *o)
{
	while (sec_peek(a) && sec_peek(a)[0] == '-') {
		const char *opt = a->word[a->i++];
		int rc;

		if (!strcmp(opt, "--"))
			return 0;
		if (opt[1] == '-')
			opt++;
		rc = value_option(c, a, opt, o);
		if (rc < 0)
			return -1;
		if (!rc && flag_option(c, opt, o))
			return sec_fail(&c->diag, "unknown option \"%s\", try secctl help",
					opt);
	}
	return 0;
}

void secctl_complain(struct secctl *c, const char *prefix)
{
	fflush(stdout);
	fprintf(stderr, "secctl: ");
	if (prefix)
		fprintf(stderr, "%s: ", prefix);
	if (c->where[0])
		fprintf(stderr, "%s: ", c->where);
	fprintf(stderr, "%s\n", c->diag.text);
	c->diag.text[0] = '\0';
}

static int help(struct secctl *c, struct sec_args *a)
{
	secctl_help(c->print.out, sec_peek(a));
	return SECCTL_OK;
}

int secctl_command(struct secctl *c, char **word, int n)
{
	static const struct {
		const char *name;
		int (*run)(struct secctl *c, struct sec_args *a);
	} commands[] = {
		/* The order of ip(8), then its own. */
		{ "state", secctl_state }, { "sa", secctl_state },
		{ "policy", secctl_policy }, { "monitor", secctl_monitor },
		{ "help", help }, { "stats", secctl_stats },
		{ "settings", secctl_settings }, { "explain", secctl_explain },
		{ "save", secctl_save }, { "restore", secctl_restore },
		{ "ike", secctl_ike },
	};
	struct sec_args a = {
		.word = word, .n = n, .family = c->family, .diag = &c->diag,
	};
	char quoted[80];
	size_t i;

	c->where[0] = '\0';
	if (n > 1 && sec_abbrev(word[0], "xfrm"))
		a.i++;
	if (!sec_peek(&a)) {
		sec_fail(&c->diag,
			 "a command is missing, expected state, policy, monitor, stats, settings, explain, save, restore, ike or help");
		return SECCTL_USAGE;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!sec_abbrev(sec_peek(&a), commands[i].name))
			continue;
		snprintf(c->where, sizeof(c->where), "%s", commands[i].name);
		a.i++;
		return commands[i].run(c, &a);
	}
	sec_fail(&c->diag,
		 "unknown command %s, expected state, policy, monitor, stats, settings, explain, save, restore, ike or help",
		 sec_quote(sec_peek(&a), quoted, sizeof(quoted)));
	return SECCTL_USAGE;
}

static int run(struct secctl *c, struct sec_args *a)
{
	struct options o = { 0 };

	if (options(c, a, &o))
		return SECCTL_USAGE;
	if (o.version) {
		printf("secctl, nfsec %s, netlink version %d\n", NFSEC_VERSION,
		       NFSEC_GENL_VERSION);
		return SECCTL_OK;
	}
	if (o.help || (!sec_peek(a) && !o.batch)) {
		secctl_help(o.help ? stdout : stderr, sec_peek(a));
		return o.help ? SECCTL_OK : SECCTL_USAGE;
	}
	c->timestamp |= c->timestamp_short;
	if (o.batch)
		return secctl_batch(c, o.batch);
	return secctl_command(c, a->word + a->i, a->n - a->i);
}

int main(int argc, char **argv)
{
	static struct secctl c = { .print.nl = "\n" };
	struct sec_args a = {
		.word = argv + 1, .n = argc - 1, .diag = &c.diag,
	};
	int rc;

	/* Keys pass through the memory of this process. */
	prctl(PR_SET_DUMPABLE, 0);
	setvbuf(stdout, out_buffer, _IOFBF, sizeof(out_buffer));
	c.print.out = stdout;
	rc = run(&c, &a);
	if (c.diag.text[0])
		secctl_complain(&c, NULL);
	if (c.nl_open)
		sec_nl_close(&c.nl);
	if (fflush(stdout) && !rc) {
		fprintf(stderr, "secctl: cannot write the output: %s\n",
			strerror(errno));
		rc = SECCTL_USAGE;
	}
	explicit_bzero(out_buffer, sizeof(out_buffer));
	return rc;
}
