// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"

#define WORDS_MAX 256

struct fake fake;

static char *output;
static size_t output_size;

static void clear_list(struct sec_list *list, const struct sec_set *set)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		sec_clear(set, (char *)list->p + i * set->size);
	free(list->p);
	list->p = NULL;
	list->n = 0;
}

void fake_reset(void)
{
	clear_list(&fake.sa, &sec_sa_set);
	clear_list(&fake.policy, &sec_policy_set);
	sec_clear(&sec_stats_set, &fake.stats);
	memset(&fake, 0, sizeof(fake));
	fake.settings.has = SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_IN) |
			    SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_OUT) |
			    SEC_BIT(NFSEC_A_SETTINGS_DEFAULT_FWD);
}

/* An absent end of a selector is any address of the family. */
static void complete_sel(struct sec_sel *sel)
{
	int family = sec_sel_family(sel);
	uint8_t len = family == AF_INET6 ? 16 : 4;

	sel->has &= ~SEC_BIT(NFSEC_A_SELECTOR_FAMILY);
	sel->family = 0;
	if (family == AF_UNSPEC)
		return;
	if (!sel->src.len) {
		sel->src.len = len;
		sec_set(sel, NFSEC_A_SELECTOR_SRC);
		sec_set(sel, NFSEC_A_SELECTOR_SRC_PREFIXLEN);
	}
	if (!sel->dst.len) {
		sel->dst.len = len;
		sec_set(sel, NFSEC_A_SELECTOR_DST);
		sec_set(sel, NFSEC_A_SELECTOR_DST_PREFIXLEN);
	}
}

/* A template has both addresses or none, and all numbers that are not zero. */
static void complete_tmpl(struct sec_tmpl *t)
{
	static const uint8_t zeros[16];
	uint8_t len = t->dst.len ? t->dst.len : t->src.len;

	t->has = SEC_BIT(NFSEC_A_TMPL_PROTO) | SEC_BIT(NFSEC_A_TMPL_MODE) |
		 SEC_BIT(NFSEC_A_TMPL_LEVEL);
	if (t->spi)
		sec_set(t, NFSEC_A_TMPL_SPI);
	if (t->reqid)
		sec_set(t, NFSEC_A_TMPL_REQID);
	if (!memcmp(t->src.b, zeros, 16) && !memcmp(t->dst.b, zeros, 16))
		return;
	t->src.len = len;
	t->dst.len = len;
	sec_set(t, NFSEC_A_TMPL_SRC);
	sec_set(t, NFSEC_A_TMPL_DST);
}

/* What the module adds to a new SA, as far as it shows in a list. */
static void complete_sa(struct sec_sa *sa)
{
	if (!sec_has(sa, NFSEC_A_SA_REPLAY_WINDOW))
		sa->replay_window = 1024;
	sec_set(sa, NFSEC_A_SA_REPLAY_WINDOW);
	sec_set(sa, NFSEC_A_SA_REPLAY_SEQ);
	sec_set(sa, NFSEC_A_SA_REPLAY_OSEQ);
	sec_set(sa, NFSEC_A_SA_REQID);
	sec_set(sa, NFSEC_A_SA_MODE);
	sec_set(sa, NFSEC_A_SA_FLAGS);
	while (sa->replay_bitmap_len &&
	       !sa->replay_bitmap[sa->replay_bitmap_len - 1])
		sa->replay_bitmap_len--;
	sa->src.len = sa->dst.len;
	sec_set(sa, NFSEC_A_SA_SRC);
	sec_set(sa, NFSEC_A_SA_SEL);
	complete_sel(&sa->sel);
}

static void complete_policy(struct sec_policy *policy)
{
	struct sec_tmpl *t = policy->tmpl.p;
	unsigned int i;

	for (i = 0; i < policy->tmpl.n; i++)
		complete_tmpl(&t[i]);
	sec_set(policy, NFSEC_A_POLICY_PRIORITY);
	sec_set(policy, NFSEC_A_POLICY_ACTION);
	sec_set(policy, NFSEC_A_POLICY_FLAGS);
	complete_sel(&policy->sel);
}

static int answer(struct sec_nl *nl, unsigned int cmd,
		  const struct sec_set *set, const void *obj, sec_nl_cb cb,
		  void *data)
{
	static char buf[SEC_NL_TX_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	if (!cb)
		return 0;
	if (sec_put(nlh, sizeof(buf), set, obj, nl->diag))
		return -1;
	return cb(nl, cmd, mnl_nlmsg_get_payload(nlh),
		  mnl_nlmsg_get_payload_len(nlh), data);
}

static int dump(struct sec_nl *nl, unsigned int cmd,
		const struct sec_list *list, const struct sec_set *set,
		sec_nl_cb cb, void *data)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < list->n && !rc; i++)
		rc = answer(nl, cmd, set, (char *)list->p + i * set->size, cb,
			    data);
	return rc;
}

static int new_sa(struct sec_nl *nl)
{
	struct sec_sa *sa = sec_list_add(&fake.sa, &sec_sa_set);

	if (sec_get(fake.attrs, fake.len, &sec_sa_set, sa, nl->diag))
		return -1;
	if (fake.cmd == NFSEC_CMD_SA_ALLOCSPI) {
		sa->spi = sa->spi_min;
		sa->has &= ~(SEC_BIT(NFSEC_A_SA_SPI_MIN) |
			     SEC_BIT(NFSEC_A_SA_SPI_MAX));
		sec_set(sa, NFSEC_A_SA_SPI);
		sec_set(sa, NFSEC_A_SA_LARVAL);
	}
	complete_sa(sa);
	return 0;
}

static int new_policy(struct sec_nl *nl)
{
	struct sec_policy *p = sec_list_add(&fake.policy, &sec_policy_set);

	if (sec_get(fake.attrs, fake.len, &sec_policy_set, p, nl->diag))
		return -1;
	complete_policy(p);
	if (!sec_has(p, NFSEC_A_POLICY_INDEX))
		p->index = fake.policy.n * 8;
	sec_set(p, NFSEC_A_POLICY_INDEX);
	return 0;
}

static int set_settings(struct sec_nl *nl)
{
	if (sec_get(fake.attrs, fake.len, &sec_settings_set, &fake.settings,
		    nl->diag))
		return -1;
	if (fake.settings.default_out == NFSEC_ACTION_ALLOW)
		fake.opened++;
	return 0;
}

static int get_one(struct sec_nl *nl, const struct sec_list *list,
		   const struct sec_set *set, sec_nl_cb cb, void *data)
{
	if (list->n)
		return answer(nl, fake.cmd, set, list->p, cb, data);
	nl->error = ENOENT;
	return sec_fail(nl->diag, "no such object: %s", strerror(ENOENT));
}

static int get_count(struct sec_nl *nl, const struct sec_list *list,
		     const struct sec_set *set, sec_nl_cb cb, void *data)
{
	struct sec_sa sa = { .count = list->n };
	struct sec_policy policy = { .count = list->n };

	sec_set(&sa, NFSEC_A_SA_COUNT);
	sec_set(&policy, NFSEC_A_POLICY_COUNT);
	if (set == &sec_sa_set)
		return answer(nl, fake.cmd, set, &sa, cb, data);
	return answer(nl, fake.cmd, set, &policy, cb, data);
}

static bool asks_count(struct sec_nl *nl)
{
	struct sec_sa sa = { 0 };
	struct sec_policy policy = { 0 };
	bool yes;

	if (fake.cmd == NFSEC_CMD_SA_GET) {
		sec_get(fake.attrs, fake.len, &sec_sa_set, &sa, nl->diag);
		yes = sec_has(&sa, NFSEC_A_SA_COUNT_ONLY);
		sec_clear(&sec_sa_set, &sa);
		return yes;
	}
	sec_get(fake.attrs, fake.len, &sec_policy_set, &policy, nl->diag);
	yes = sec_has(&policy, NFSEC_A_POLICY_COUNT_ONLY);
	sec_clear(&sec_policy_set, &policy);
	return yes;
}

static int get(struct sec_nl *nl, const struct sec_list *list,
	       const struct sec_set *set, sec_nl_cb cb, void *data)
{
	if (asks_count(nl))
		return get_count(nl, list, set, cb, data);
	if (fake.flags & NLM_F_DUMP)
		return dump(nl, fake.cmd, list, set, cb, data);
	return get_one(nl, list, set, cb, data);
}

static int exchange(struct sec_nl *nl, struct nlmsghdr *nlh, sec_nl_cb cb,
		    void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	fake.cmd = genl->cmd;
	fake.flags = nlh->nlmsg_flags;
	fake.len = mnl_nlmsg_get_payload_len(nlh) - sizeof(*genl);
	memcpy(fake.attrs, genl + 1, fake.len);
	fake.seen[fake.cmd]++;
	switch (fake.cmd) {
	case NFSEC_CMD_SA_ALLOCSPI:
		if (new_sa(nl))
			return -1;
		return answer(nl, fake.cmd, &sec_sa_set, (char *)fake.sa.p +
			      (fake.sa.n - 1) * sizeof(struct sec_sa), cb,
			      data);
	case NFSEC_CMD_SA_NEW:
	case NFSEC_CMD_SA_UPDATE:
		return new_sa(nl);
	case NFSEC_CMD_POLICY_NEW:
	case NFSEC_CMD_POLICY_UPDATE:
		return new_policy(nl);
	case NFSEC_CMD_SA_GET:
		return get(nl, &fake.sa, &sec_sa_set, cb, data);
	case NFSEC_CMD_POLICY_GET:
		return get(nl, &fake.policy, &sec_policy_set, cb, data);
	case NFSEC_CMD_SA_FLUSH:
		clear_list(&fake.sa, &sec_sa_set);
		return 0;
	case NFSEC_CMD_POLICY_FLUSH:
		clear_list(&fake.policy, &sec_policy_set);
		return 0;
	case NFSEC_CMD_SETTINGS_GET:
		return answer(nl, fake.cmd, &sec_settings_set, &fake.settings,
			      cb, data);
	case NFSEC_CMD_SETTINGS_SET:
		return set_settings(nl);
	case NFSEC_CMD_LOOKUP:
		return answer(nl, fake.cmd, &sec_lookup_set, &fake.lookup, cb,
			      data);
	case NFSEC_CMD_STATS_GET:
		return answer(nl, fake.cmd, &sec_stats_set, &fake.stats, cb,
			      data);
	}
	return 0;
}

struct secctl *fake_secctl(void)
{
	static struct secctl c;
	static char tx[SEC_NL_TX_SIZE];

	memset(&c, 0, sizeof(c));
	c.print.nl = "\n";
	c.nl_open = true;
	c.nl.diag = &c.diag;
	c.nl.tx = tx;
	c.nl.exchange = exchange;
	return &c;
}

static void output_begin(struct secctl *c)
{
	free(output);
	c->print.out = open_memstream(&output, &output_size);
}

static void output_end(struct secctl *c)
{
	fclose(c->print.out);
	c->print.out = NULL;
}

const char *fake_output(void)
{
	return output ? output : "";
}

int fake_run(struct secctl *c, const char *line, char *msg, size_t size)
{
	char *word[WORDS_MAX];
	char *text = strdup(line);
	int rc = SECCTL_USAGE;
	int n;

	output_begin(c);
	c->diag.text[0] = '\0';
	n = sec_split(text, word, WORDS_MAX, &c->diag);
	if (n >= 0)
		rc = secctl_command(c, word, n);
	snprintf(msg, size, "%s", c->diag.text);
	c->diag.text[0] = '\0';
	output_end(c);
	free(text);
	return rc;
}

/* The path of a memory file is not the same twice. */
static void rename_file(char *msg, const char *name)
{
	char *p;

	while ((p = strstr(msg, name))) {
		memmove(p + 1, p + strlen(name), strlen(p + strlen(name)) + 1);
		*p = 'F';
	}
}

/* Catches what goes to stderr. */
int fake_batch(struct secctl *c, const char *verb, const char *text,
	       char *msg, size_t size)
{
	int fd = memfd_create("batch", MFD_CLOEXEC);
	int errfd = memfd_create("stderr", MFD_CLOEXEC);
	int saved = dup(2);
	char name[64];
	ssize_t n;
	int rc;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (write(fd, text, strlen(text)) < 0)
		perror("write");
	dup2(errfd, 2);
	output_begin(c);
	c->diag.text[0] = '\0';
	if (!strcmp(verb, "restore")) {
		char *words[] = { name };
		struct sec_args a = {
			.word = words, .n = 1, .diag = &c->diag,
		};

		rc = secctl_restore(c, &a);
	} else {
		rc = secctl_batch(c, name);
	}
	if (c->diag.text[0])
		secctl_complain(c, NULL);
	output_end(c);
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	n = pread(errfd, msg, size - 1, 0);
	msg[n > 0 ? n : 0] = '\0';
	close(errfd);
	close(fd);
	rename_file(msg, name);
	return rc;
}

static void add_hex(FILE *out, const void *p, size_t len)
{
	const uint8_t *b = p;

	while (len--)
		fprintf(out, "%02x", *b++);
	fputc('\n', out);
}

static void add_table(FILE *out, const struct sec_list *list,
		      const struct sec_set *set)
{
	static char buf[SEC_NL_TX_SIZE];
	struct sec_diag diag = { "" };
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		struct nlmsghdr *nlh;

		memset(buf, 0, sizeof(buf));
		nlh = mnl_nlmsg_put_header(buf);
		sec_put(nlh, sizeof(buf), set,
			(char *)list->p + i * set->size, &diag);
		add_hex(out, mnl_nlmsg_get_payload(nlh),
			mnl_nlmsg_get_payload_len(nlh));
	}
}

char *fake_tables(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_table(out, &fake.sa, &sec_sa_set);
	add_table(out, &fake.policy, &sec_policy_set);
	fclose(out);
	return text;
}

void fake_attrs_text(const void *attrs, size_t len, char *buf, size_t size)
{
	const struct nlattr *attr = attrs;
	const char *end = (const char *)attrs + len;
	size_t used = 0;

	buf[0] = '\0';
	for (; mnl_attr_ok(attr, end - (const char *)attr);
	     attr = mnl_attr_next(attr)) {
		const uint8_t *data = mnl_attr_get_payload(attr);
		uint16_t i, n = mnl_attr_get_payload_len(attr);

		used += snprintf(buf + used, size - used, "%s%u=",
				 used ? " " : "", mnl_attr_get_type(attr));
		if (attr->nla_type & NLA_F_NESTED) {
			used += snprintf(buf + used, size - used, "{");
			fake_attrs_text(data, n, buf + used, size - used);
			used += strlen(buf + used);
			used += snprintf(buf + used, size - used, "}");
			continue;
		}
		for (i = 0; i < n; i++)
			used += snprintf(buf + used, size - used, "%02x",
					 data[i]);
	}
}
