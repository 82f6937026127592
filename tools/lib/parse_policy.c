// SPDX-License-Identifier: GPL-2.0
/*
 * The words of "secctl policy" and "secctl explain".
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "parse.h"

#define V_CREATE (SEC_V_ADD | SEC_V_UPDATE)
#define V_ONE (SEC_V_DEL | SEC_V_GET)
#define V_FILTER (SEC_V_LIST | SEC_V_DELALL)
#define V_BUT_FLUSH (V_CREATE | V_ONE | V_FILTER)
#define V_ALL (V_BUT_FLUSH | SEC_V_FLUSH)

static int policy_sel(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	(void)word;
	a->i--;
	return sec_sel_word(a, &w->sel) < 0 ? -1 : 0;
}

static int dir_parse(struct sec_args *a, const char *word, uint8_t *dir)
{
	/* The first name is that of an SA without direction. */
	return sec_enum(a, word, sec_dir_names + 1, dir);
}

static int policy_dir(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_DIR);
	return dir_parse(a, word, &w->policy.dir);
}

static int policy_index(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_INDEX);
	return sec_u32(a, word, &w->policy.index);
}

static int policy_priority(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_PRIORITY);
	return sec_u32(a, word, &w->policy.priority);
}

static int policy_action(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_ACTION);
	return sec_enum(a, word, sec_action_names, &w->policy.action);
}

static int policy_flag(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_FLAGS);
	return sec_flags(a, word, sec_policy_flag_names, &w->policy.flags);
}

static int policy_mark(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_MARK);
	return sec_mark_parse(a, word, &w->policy.mark);
}

static int policy_ptype(struct sec_args *a, const char *word, void *ctx)
{
	const char *text = sec_value(a, word, "main");
	char quoted[80];

	(void)ctx;
	if (!text)
		return -1;
	if (!strcmp(text, "sub"))
		return sec_fail(a->diag, "%s: nfsec has the policy type main only, not sub",
				word);
	if (strcmp(text, "main"))
		return sec_fail(a->diag, "%s: %s is unknown, expected main",
				word, sec_quote(text, quoted, sizeof(quoted)));
	return 0;
}

/* There are no socket policies, so there is nothing to leave out. */
static int policy_nosock(struct sec_args *a, const char *word, void *ctx)
{
	(void)a;
	(void)word;
	(void)ctx;
	return 0;
}

static int policy_limit(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;

	sec_set(&w->policy, NFSEC_A_POLICY_LIMITS);
	return sec_limit_parse(a, word, &w->policy.limits);
}

/* Templates */

static int tmpl_addr(struct sec_args *a, const char *word,
		     struct sec_addr *addr)
{
	const char *text = sec_value(a, word, "an address");
	struct sec_range r;

	if (!text || sec_range_parse(word, text, &r, a->diag))
		return -1;
	if (r.last.len || (r.first.len && r.plen != r.first.len * 8))
		return sec_fail(a->diag, "tmpl %s: a single address is needed",
				word);
	*addr = r.first;
	return 0;
}

/* Part of the ID. Returns 1 if the word was one, 0 if not, -1 on error. */
static int tmpl_id_word(struct sec_args *a, struct sec_tmpl *t)
{
	const char *text = sec_peek(a);

	if (!strcmp(text, "src")) {
		a->i++;
		if (tmpl_addr(a, text, &t->src))
			return -1;
		if (t->src.len)
			sec_set(t, NFSEC_A_TMPL_SRC);
		return 1;
	}
	if (!strcmp(text, "dst")) {
		a->i++;
		if (tmpl_addr(a, text, &t->dst))
			return -1;
		if (t->dst.len)
			sec_set(t, NFSEC_A_TMPL_DST);
		return 1;
	}
	if (!strcmp(text, "proto")) {
		a->i++;
		sec_set(t, NFSEC_A_TMPL_PROTO);
		return sec_ipsec_parse(a, text, &t->proto) ? -1 : 1;
	}
	if (!strcmp(text, "spi")) {
		a->i++;
		sec_set(t, NFSEC_A_TMPL_SPI);
		return sec_u32(a, text, &t->spi) ? -1 : 1;
	}
	return 0;
}

static int tmpl_other_word(struct sec_args *a, struct sec_tmpl *t)
{
	const char *text = sec_peek(a);

	if (!strcmp(text, "mode")) {
		a->i++;
		return sec_mode_parse(a, text, &t->mode) ? -1 : 1;
	}
	if (!strcmp(text, "reqid")) {
		a->i++;
		sec_set(t, NFSEC_A_TMPL_REQID);
		return sec_u32(a, text, &t->reqid) ? -1 : 1;
	}
	if (!strcmp(text, "level")) {
		a->i++;
		sec_set(t, NFSEC_A_TMPL_LEVEL);
		return sec_enum(a, text, sec_level_names, &t->level) ? -1 : 1;
	}
	return 0;
}

/*
 * Like ip(8), the words of the ID stand together: a second run of them is the
 * selector of the policy.
 */
static int policy_tmpl(struct sec_args *a, const char *word, void *ctx)
{
	struct sec_policy_words *w = ctx;
	struct sec_tmpl *t;
	bool id_open = false, id_done = false;
	int rc = 0;

	t = sec_list_add(&w->policy.tmpl, &sec_tmpl_set);
	if (!t)
		return sec_fail(a->diag, "out of memory");
	sec_set(&w->policy, NFSEC_A_POLICY_TMPL);
	while (sec_peek(a)) {
		rc = id_done ? 0 : tmpl_id_word(a, t);
		if (rc > 0) {
			id_open = true;
			continue;
		}
		id_done = id_open;
		if (!rc)
			rc = tmpl_other_word(a, t);
		if (rc <= 0)
			break;
	}
	if (rc < 0)
		return -1;
	if (!sec_has(t, NFSEC_A_TMPL_PROTO))
		return sec_fail(a->diag, "%s: proto is missing, expected proto esp or proto ah",
				word);
	if (t->src.len && t->dst.len && t->src.len != t->dst.len)
		return sec_fail(a->diag, "%s: src and dst are of different address families",
				word);
	sec_set(t, NFSEC_A_TMPL_MODE);
	return 0;
}

#define NO_IF_ID "nfsec has no XFRM interfaces; use marks"
#define NO_OFFLOAD "nfsec has no hardware offload"
#define NO_CTX "nfsec has no security contexts"

const struct sec_word sec_policy_table[] = {
	{ "src", V_BUT_FLUSH, policy_sel },
	{ "dst", V_BUT_FLUSH, policy_sel },
	{ "dev", V_BUT_FLUSH, policy_sel },
	{ "proto", V_BUT_FLUSH, policy_sel },
	{ "sport", V_BUT_FLUSH, policy_sel },
	{ "dport", V_BUT_FLUSH, policy_sel },
	{ "type", V_BUT_FLUSH, policy_sel },
	{ "code", V_BUT_FLUSH, policy_sel },
	{ "key", V_BUT_FLUSH, policy_sel },
	{ "dir", V_ALL, policy_dir },
	{ "index", V_BUT_FLUSH, policy_index },
	{ "mark", V_BUT_FLUSH, policy_mark },
	{ "priority", V_CREATE | V_FILTER, policy_priority },
	{ "action", V_CREATE | V_FILTER, policy_action },
	{ "flag", V_CREATE | V_FILTER, policy_flag, .repeat = true },
	{ "ptype", V_ALL, policy_ptype },
	{ "limit", V_CREATE, policy_limit, .repeat = true },
	{ "tmpl", V_CREATE, policy_tmpl, .repeat = true },
	{ "nosock", V_FILTER, policy_nosock },
	{ "ctx", V_CREATE | V_ONE, .refuse = NO_CTX },
	{ "if_id", V_CREATE | V_ONE, .refuse = NO_IF_ID },
	{ "offload", V_CREATE, .refuse = NO_OFFLOAD },
	{ NULL }
};

int sec_policy_parse(struct sec_args *a, enum sec_verb verb,
		     struct sec_policy_words *w)
{
	struct sec_policy *p = &w->policy;
	bool index;
	int family = a->family;

	if (sec_words_parse(a, sec_policy_table, verb, w))
		return -1;
	index = sec_has(p, NFSEC_A_POLICY_INDEX);
	if (verb & (V_CREATE | V_ONE) && !sec_has(p, NFSEC_A_POLICY_DIR))
		return sec_fail(a->diag, "dir is missing, expected dir in, out or fwd");
	if (verb & V_ONE && !w->sel.seen && !index)
		return sec_fail(a->diag, "either a SELECTOR or an index is needed");
	if (verb & V_ONE && w->sel.seen && index)
		return sec_fail(a->diag, "a SELECTOR and an index exclude each other");
	if (verb & V_CREATE || (verb & V_ONE && w->sel.seen)) {
		if (family == AF_UNSPEC)
			family = AF_INET;
		sec_set(p, NFSEC_A_POLICY_SEL);
	}
	if (sec_sel_finish(&w->sel, family, &p->sel, a->diag))
		return -1;
	return 0;
}

static int sel_family(const struct sec_sel *sel)
{
	if (sel->src.len)
		return sec_addr_family(&sel->src);
	if (sel->dst.len)
		return sec_addr_family(&sel->dst);
	return sel->family ? sel->family : AF_INET;
}

/* Does the policy's address, or the start of its range, lie in the filter? */
static bool addr_match(const struct sec_range *filter,
		       const struct sec_addr *addr, int family)
{
	struct sec_addr zero = { .len = family == AF_INET ? 4 : 16 };

	if (!filter->first.len || filter->last.len)
		return true;
	return sec_addr_in(addr->len ? addr : &zero, &filter->first,
			   filter->plen);
}

static bool last_match(const struct sec_range *filter,
		       const struct sec_addr *first,
		       const struct sec_addr *last)
{
	if (!filter->last.len)
		return true;
	return !memcmp(&filter->first, first, sizeof(*first)) &&
	       !memcmp(&filter->last, last, sizeof(*last));
}

static bool sel_match(const struct sec_policy_words *filter,
		      const struct sec_sel *sel)
{
	const struct sec_sel *f = &filter->policy.sel;
	const struct sec_sel_words *w = &filter->sel;
	int family = sel_family(sel);

	if (!addr_match(&w->src, &sel->src, family) ||
	    !addr_match(&w->dst, &sel->dst, family) ||
	    !last_match(&w->src, &sel->src, &sel->src_last) ||
	    !last_match(&w->dst, &sel->dst, &sel->dst_last))
		return false;
	if (sec_sel_seen(w, "proto") && f->proto != sel->proto)
		return false;
	if (sec_sel_seen(w, "dev") && f->ifindex != sel->ifindex)
		return false;
	if (sec_has(f, NFSEC_A_SELECTOR_SPORT_MIN) &&
	    (f->sport_min != sel->sport_min || f->sport_max != sel->sport_max))
		return false;
	if (sec_has(f, NFSEC_A_SELECTOR_DPORT_MIN) &&
	    (f->dport_min != sel->dport_min || f->dport_max != sel->dport_max))
		return false;
	return true;
}

bool sec_policy_match(const struct sec_policy_words *filter, int family,
		      const struct sec_policy *p)
{
	const struct sec_policy *f = &filter->policy;

	if (family != AF_UNSPEC && sel_family(&p->sel) != family)
		return false;
	if ((sec_has(f, NFSEC_A_POLICY_DIR) && f->dir != p->dir) ||
	    (sec_has(f, NFSEC_A_POLICY_INDEX) && f->index != p->index) ||
	    (sec_has(f, NFSEC_A_POLICY_ACTION) && f->action != p->action) ||
	    (sec_has(f, NFSEC_A_POLICY_PRIORITY) &&
	     f->priority != p->priority))
		return false;
	if (sec_has(f, NFSEC_A_POLICY_MARK) &&
	    (f->mark.value != p->mark.value || f->mark.mask != p->mark.mask))
		return false;
	if (sec_has(f, NFSEC_A_POLICY_FLAGS) && !(f->flags & p->flags))
		return false;
	return sel_match(filter, &p->sel);
}

/* explain */

struct lookup_words {
	struct sec_lookup *lookup;
	struct sec_sel_words sel;
};

static int lookup_sel(struct sec_args *a, const char *word, void *ctx)
{
	struct lookup_words *w = ctx;

	(void)word;
	a->i--;
	return sec_sel_word(a, &w->sel) < 0 ? -1 : 0;
}

static int lookup_dir(struct sec_args *a, const char *word, void *ctx)
{
	struct lookup_words *w = ctx;

	return dir_parse(a, word, &w->lookup->dir);
}

static int lookup_mark(struct sec_args *a, const char *word, void *ctx)
{
	struct lookup_words *w = ctx;

	sec_set(w->lookup, NFSEC_A_LOOKUP_MARK);
	return sec_u32(a, word, &w->lookup->mark);
}

static const struct sec_word lookup_table[] = {
	{ "src", SEC_V_GET, lookup_sel },
	{ "dst", SEC_V_GET, lookup_sel },
	{ "dev", SEC_V_GET, lookup_sel },
	{ "proto", SEC_V_GET, lookup_sel },
	{ "sport", SEC_V_GET, lookup_sel },
	{ "dport", SEC_V_GET, lookup_sel },
	{ "type", SEC_V_GET, lookup_sel },
	{ "code", SEC_V_GET, lookup_sel },
	{ "key", SEC_V_GET, lookup_sel },
	{ "dir", SEC_V_GET, lookup_dir },
	{ "mark", SEC_V_GET, lookup_mark },
	{ NULL }
};

static bool is_range(const uint32_t *v)
{
	return v[0] != v[1] && !(!v[0] && v[1] == 65535);
}

/* A packet has one address and one port, where a selector may have ranges. */
static int one_packet(struct sec_sel_words *w, struct sec_diag *diag)
{
	if (!w->src.first.len || !w->dst.first.len)
		return sec_fail(diag, "src and dst of the packet are needed");
	if (w->src.last.len || w->dst.last.len ||
	    w->src.plen != w->src.first.len * 8 ||
	    w->dst.plen != w->dst.first.len * 8)
		return sec_fail(diag, "src and dst must be single addresses");
	if (is_range(w->sport) || is_range(w->dport) || is_range(w->type) ||
	    is_range(w->code))
		return sec_fail(diag, "a packet has single ports and types, not ranges");
	return 0;
}

int sec_lookup_parse(struct sec_args *a, struct sec_lookup *lookup)
{
	struct lookup_words w = { .lookup = lookup };
	struct sec_sel *flow = &lookup->flow;

	lookup->dir = NFSEC_DIR_OUT;
	if (sec_words_parse(a, lookup_table, SEC_V_GET, &w))
		return -1;
	if (one_packet(&w.sel, a->diag))
		return -1;
	if (sec_sel_finish(&w.sel, AF_UNSPEC, flow, a->diag))
		return -1;
	flow->has &= ~(SEC_BIT(NFSEC_A_SELECTOR_SPORT_MAX) |
		       SEC_BIT(NFSEC_A_SELECTOR_DPORT_MAX) |
		       SEC_BIT(NFSEC_A_SELECTOR_SRC_PREFIXLEN) |
		       SEC_BIT(NFSEC_A_SELECTOR_DST_PREFIXLEN));
	if (sec_sel_seen(&w.sel, "type")) {
		flow->sport_min = w.sel.type[0] << 8 | w.sel.code[0];
		sec_set(flow, NFSEC_A_SELECTOR_SPORT_MIN);
	}
	sec_set(lookup, NFSEC_A_LOOKUP_DIR);
	sec_set(lookup, NFSEC_A_LOOKUP_FLOW);
	return 0;
}
