// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on policies. An update makes a new policy and puts it in the place
 * of the old one; the packet path sees one or the other.
 */

#include <linux/ipv6.h>

#include "main.h"
#include "netlink.h"
#include "notify.h"

/* The direction is the low 2 bits of an index */
#define NL_INDEX_DIR(index)	((index) & 3)

static int get_dir(const struct nlattr *nla, u8 *dir,
		   struct netlink_ext_ack *extack)
{
	*dir = nla ? nla_get_u8(nla) : NFSEC_DIR_ANY;
	if (nla && *dir == NFSEC_DIR_ANY)
		return NFSEC_NL_BAD(extack, nla,
				    "direction of a policy is in, out or fwd");
	return 0;
}

static int check_tmpl(const struct nlattr *nla, const struct nfsec_tmpl *tmpl,
		      const struct nfsec_policy_config *cfg,
		      struct netlink_ext_ack *extack)
{
	bool multicast = tmpl->family == AF_INET ?
			 ipv4_is_multicast(tmpl->daddr.a4) :
			 ipv6_addr_is_multicast(&tmpl->daddr.in6);

	if (multicast)
		return NFSEC_NL_BAD(extack, nla,
				    "template leads to a multicast address");
	if (tmpl->mode == NFSEC_MODE_TUNNEL) {
		if (cfg->dir == NFSEC_DIR_OUT && !tmpl->reqid &&
		    nfsec_addr_any(&tmpl->daddr))
			return NFSEC_NL_BAD(extack, nla,
					    "an outbound tunnel needs a destination address or a reqid");
		return 0;
	}
	if (tmpl->family != AF_UNSPEC && cfg->sel.family != AF_UNSPEC &&
	    tmpl->family != cfg->sel.family)
		return NFSEC_NL_BAD(extack, nla,
				    "in transport mode template and selector are of one family");
	return 0;
}

static int get_tmpls(struct genl_info *info, struct nfsec_policy_config *cfg)
{
	struct netlink_ext_ack *extack = info->extack;
	const struct nlattr *nla;
	int rem, err;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != NFSEC_A_POLICY_TMPL)
			continue;
		if (cfg->ntmpl)
			return NFSEC_NL_BAD(extack, nla,
					    "this version applies one template to a packet");
		err = nfsec_nl_get_tmpl(nla, &cfg->tmpl[cfg->ntmpl], extack);
		if (err)
			return err;
		err = check_tmpl(nla, &cfg->tmpl[cfg->ntmpl], cfg, extack);
		if (err)
			return err;
		cfg->ntmpl++;
	}
	if (cfg->ntmpl && cfg->action == NFSEC_ACTION_BLOCK)
		return NFSEC_NL_BAD(extack, info->attrs[NFSEC_A_POLICY_TMPL],
				    "a block policy has no templates");
	return 0;
}

static int get_selector(const struct nlattr *nla, struct nfsec_selector *sel,
			struct netlink_ext_ack *extack)
{
	if (nla)
		return nfsec_nl_get_selector(nla, sel, extack);
	nfsec_selector_any(sel, AF_UNSPEC);
	return 0;
}

static int get_index(struct nlattr **tb, u8 dir, u32 *index,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *a = tb[NFSEC_A_POLICY_INDEX];

	*index = a ? nla_get_u32(a) : 0;
	if (*index && NL_INDEX_DIR(*index) != dir)
		return NFSEC_NL_BAD(extack, a,
				    "low 2 bits of an index are the direction");
	return 0;
}

static int get_config(struct genl_info *info, struct nfsec_policy_config *cfg)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **tb = info->attrs;
	const struct nlattr *a;
	int err;

	if (!tb[NFSEC_A_POLICY_DIR])
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "a policy needs a direction: in, out or fwd");
	err = get_dir(tb[NFSEC_A_POLICY_DIR], &cfg->dir, extack);
	if (err)
		return err;
	err = get_selector(tb[NFSEC_A_POLICY_SEL], &cfg->sel, extack);
	if (err)
		return err;
	err = nfsec_nl_get_mark(tb[NFSEC_A_POLICY_MARK], &cfg->mark, extack);
	if (err)
		return err;
	err = get_index(tb, cfg->dir, &cfg->index, extack);
	if (err)
		return err;
	a = tb[NFSEC_A_POLICY_PRIORITY];
	cfg->priority = a ? nla_get_u32(a) : 0;
	a = tb[NFSEC_A_POLICY_ACTION];
	cfg->action = a ? nla_get_u8(a) : NFSEC_ACTION_ALLOW;
	a = tb[NFSEC_A_POLICY_FLAGS];
	cfg->flags = a ? nla_get_u32(a) : 0;
	if (cfg->flags & NFSEC_POLICY_FLAGS_AFTER_NAT &&
	    cfg->dir != NFSEC_DIR_OUT)
		return NFSEC_NL_BAD(extack, a,
				    "only outbound packets are matched after NAT");
	a = tb[NFSEC_A_POLICY_LIMITS];
	err = nfsec_nl_get_limits(a, &cfg->limits, extack);
	if (err)
		return err;
	return get_tmpls(info, cfg);
}

static int insert(struct genl_info *info, bool replace, u8 event)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_policy_config cfg = {};
	struct nfsec_policy *p;
	int err;

	err = nfsec_nl_begin(info, NFSEC_A_POLICY_TMPL);
	if (err)
		return err;
	err = get_config(info, &cfg);
	if (err)
		return err;

	mutex_lock(&nn->lock);
	err = nfsec_spd_insert(nn, &cfg, replace, &p, info->extack);
	if (!err)
		nfsec_notify_policy(p, event);
	mutex_unlock(&nn->lock);
	return err;
}

/**
 * nfsec_nl_policy_new_doit() - create a policy
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_policy_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return insert(info, false, NFSEC_CMD_POLICY_NEW);
}

/**
 * nfsec_nl_policy_update_doit() - create a policy or replace the one of the
 *	same direction, selector and mark
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_policy_update_doit(struct sk_buff *skb, struct genl_info *info)
{
	return insert(info, true, NFSEC_CMD_POLICY_UPDATE);
}

/**
 * struct policy_filter - which policies a request is about
 * @tb: attributes; what is absent fits every policy
 * @dir: direction, NFSEC_DIR_ANY if absent
 * @index: number, 0 if absent
 * @sel: selector
 * @mark: mark
 */
struct policy_filter {
	struct nlattr **tb;
	u8 dir;
	u32 index;
	struct nfsec_selector sel;
	struct nfsec_mark mark;
};

static int get_filter(struct nlattr **tb, struct policy_filter *f,
		      struct netlink_ext_ack *extack)
{
	int err;

	memset(f, 0, sizeof(*f));
	f->tb = tb;
	err = get_dir(tb[NFSEC_A_POLICY_DIR], &f->dir, extack);
	if (err)
		return err;
	if (tb[NFSEC_A_POLICY_INDEX]) {
		f->index = nla_get_u32(tb[NFSEC_A_POLICY_INDEX]);
		if (!NL_INDEX_DIR(f->index))
			return NFSEC_NL_BAD(extack, tb[NFSEC_A_POLICY_INDEX],
					    "low 2 bits of an index are the direction");
		if (f->dir && NL_INDEX_DIR(f->index) != f->dir)
			return NFSEC_NL_BAD(extack, tb[NFSEC_A_POLICY_INDEX],
					    "index is not of this direction");
	}
	err = get_selector(tb[NFSEC_A_POLICY_SEL], &f->sel, extack);
	if (err)
		return err;
	return nfsec_nl_get_mark(tb[NFSEC_A_POLICY_MARK], &f->mark, extack);
}

static bool filter_match(const struct policy_filter *f,
			 const struct nfsec_policy *p)
{
	struct nlattr **tb = f->tb;

	if (f->dir && f->dir != p->dir)
		return false;
	if (tb[NFSEC_A_POLICY_INDEX] && f->index != p->index)
		return false;
	if (tb[NFSEC_A_POLICY_SEL] && !nfsec_selector_equal(&f->sel, &p->sel))
		return false;
	if (tb[NFSEC_A_POLICY_MARK] && (f->mark.value != p->mark.value ||
					f->mark.mask != p->mark.mask))
		return false;
	if (tb[NFSEC_A_POLICY_ACTION] &&
	    nla_get_u8(tb[NFSEC_A_POLICY_ACTION]) != p->action)
		return false;
	return !tb[NFSEC_A_POLICY_PRIORITY] ||
	       nla_get_u32(tb[NFSEC_A_POLICY_PRIORITY]) == p->priority;
}

/* What names one policy: an index, or direction, selector and mark */
static int get_name(struct nlattr **tb, struct policy_filter *f,
		    struct netlink_ext_ack *extack)
{
	int err = get_filter(tb, f, extack);

	if (err)
		return err;
	if (tb[NFSEC_A_POLICY_INDEX]) {
		if (tb[NFSEC_A_POLICY_SEL] || tb[NFSEC_A_POLICY_MARK])
			return NFSEC_NL_REFUSE(extack, -EINVAL,
					       "give either an index or a selector with its mark");
		f->dir = NL_INDEX_DIR(f->index);
		return 0;
	}
	if (!f->dir)
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "a policy is named by its index, or by direction, selector and mark");
	return 0;
}

/* Under &nfsec_net.lock */
static struct nfsec_policy *find_policy(struct nfsec_net *nn,
					const struct policy_filter *f,
					struct netlink_ext_ack *extack)
{
	struct nfsec_policy *p;

	p = nfsec_spd_find(nn, f->dir, f->index, &f->sel, &f->mark);
	if (!p)
		NL_SET_ERR_MSG(extack, "no such policy");
	return p;
}

static u32 count(struct nfsec_net *nn, const struct policy_filter *f)
{
	const struct nfsec_policy *p;
	u32 n = 0;
	int dir;

	mutex_lock(&nn->lock);
	for (dir = NFSEC_DIR_IN; dir <= NFSEC_DIR_FWD; dir++)
		list_for_each_entry(p, &nn->spd.list[dir], list)
			n += filter_match(f, p);
	mutex_unlock(&nn->lock);
	return n;
}

/**
 * nfsec_nl_policy_get_doit() - tell of one policy, or how many there are
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct policy_filter filter;
	struct nfsec_policy *p;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	if (info->attrs[NFSEC_A_POLICY_COUNT_ONLY]) {
		err = get_filter(info->attrs, &filter, info->extack);
		if (err)
			return err;
		return nfsec_nl_reply_count(info, NFSEC_CMD_POLICY_GET,
					    NFSEC_A_POLICY_COUNT,
					    count(nn, &filter));
	}
	if (info->attrs[NFSEC_A_POLICY_ACTION] ||
	    info->attrs[NFSEC_A_POLICY_PRIORITY])
		return NFSEC_NL_REFUSE(info->extack, -EINVAL,
				       "action and priority choose policies of a dump or count, but do not name one");
	err = get_name(info->attrs, &filter, info->extack);
	if (err)
		return err;
	reply = nfsec_nl_reply(info, NFSEC_CMD_POLICY_GET,
			       NFSEC_NL_POLICY_ROOM, &hdr);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&nn->lock);
	p = find_policy(nn, &filter, info->extack);
	err = p ? nfsec_nl_put_policy(reply, p) : -ENOENT;
	mutex_unlock(&nn->lock);
	return nfsec_nl_reply_send(info, reply, hdr, err);
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct nfsec_policy *p)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &nfsec_nl_family, NLM_F_MULTI, NFSEC_CMD_POLICY_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nfsec_nl_put_policy(skb, p)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * struct policy_cursor - the last policy of a dump, in &netlink_callback.ctx
 * @order: its number of creation
 * @priority: its priority
 * @dir: its direction; 0 before the first one
 */
struct policy_cursor {
	u64 order;
	u32 priority;
	u8 dir;
};

static bool is_behind(const struct nfsec_policy *p,
		      const struct policy_cursor *at)
{
	if (p->dir != at->dir)
		return p->dir > at->dir;
	if (p->priority != at->priority)
		return p->priority > at->priority;
	return p->order > at->order;
}

/* The first policy of a direction that was not told yet */
static struct nfsec_policy *dump_start(const struct nfsec_spd *spd, int dir,
				       const struct policy_cursor *at)
{
	struct rb_node *node = spd->sorted[dir].rb_node;
	struct nfsec_policy *first = NULL;

	while (node) {
		struct nfsec_policy *p;

		p = rb_entry(node, struct nfsec_policy, node);
		if (is_behind(p, at)) {
			first = p;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return first;
}

/* Under &nfsec_net.lock */
static int dump_dir(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct nfsec_spd *spd, int dir,
		    const struct policy_filter *f)
{
	struct policy_cursor *at = (struct policy_cursor *)cb->ctx;
	struct nfsec_policy *p = dump_start(spd, dir, at);
	int err;

	if (!p)
		return 0;
	list_for_each_entry_from(p, &spd->list[dir], list) {
		if (!filter_match(f, p))
			continue;
		err = dump_one(skb, cb, p);
		if (err)
			return err;
		at->dir = p->dir;
		at->priority = p->priority;
		at->order = p->order;
	}
	return 0;
}

/**
 * nfsec_nl_policy_get_dumpit() - tell of all policies that fit a filter
 * @skb: message to fill
 * @cb: state of the dump
 *
 * In the order in which they are matched, direction by direction. A policy
 * that is there from start to end is told once, whatever else comes and goes.
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: octets in @skb, 0 at the end, or a negative error.
 */
int nfsec_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **tb = genl_info_dump(cb)->attrs;
	struct nfsec_net *nn = nfsec_net(sock_net(skb->sk));
	struct policy_filter filter;
	int dir, err;

	BUILD_BUG_ON(sizeof(struct policy_cursor) > sizeof(cb->ctx));
	err = nfsec_nl_begin_dump(cb);
	if (err)
		return err;
	if (tb[NFSEC_A_POLICY_COUNT_ONLY])
		return NFSEC_NL_BAD(cb->extack, tb[NFSEC_A_POLICY_COUNT_ONLY],
				    "a count is no dump");
	err = get_filter(tb, &filter, cb->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	for (dir = NFSEC_DIR_IN; !err && dir <= NFSEC_DIR_FWD; dir++)
		err = dump_dir(skb, cb, &nn->spd, dir, &filter);
	mutex_unlock(&nn->lock);
	return skb->len ?: err;
}

/**
 * nfsec_nl_policy_del_doit() - delete a policy
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct policy_filter filter;
	struct nfsec_policy *p;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = get_name(info->attrs, &filter, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	p = find_policy(nn, &filter, info->extack);
	if (p) {
		refcount_inc(&p->refcnt);
		nfsec_spd_remove(nn, p);
		nfsec_notify_policy(p, NFSEC_CMD_POLICY_DEL);
		nfsec_policy_put(p);
	}
	mutex_unlock(&nn->lock);
	return p ? 0 : -ENOENT;
}

/* Tell of policies that are about to go together */
static void notify_flush(struct nfsec_net *nn, u8 dir)
{
	struct nfsec_policy *p;
	int d;

	if (!nfsec_nl_has_listeners(nn->net, NFSEC_NLGRP_POLICY))
		return;
	for (d = NFSEC_DIR_IN; d <= NFSEC_DIR_FWD; d++) {
		if (dir != NFSEC_DIR_ANY && dir != d)
			continue;
		list_for_each_entry(p, &nn->spd.list[d], list)
			nfsec_notify_policy(p, NFSEC_CMD_POLICY_FLUSH);
	}
}

/**
 * nfsec_nl_policy_flush_doit() - delete all policies, or those of a direction
 * @skb: message of the request
 * @info: request; answered with the number of policies deleted
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_policy_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	u32 n = 0;
	u8 dir;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = get_dir(info->attrs[NFSEC_A_POLICY_DIR], &dir, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	notify_flush(nn, dir);
	err = nfsec_spd_flush(nn, dir, &n);
	mutex_unlock(&nn->lock);
	if (err)
		return NFSEC_NL_REFUSE(info->extack, err,
				       "policies cannot be deleted");
	return nfsec_nl_reply_count(info, NFSEC_CMD_POLICY_FLUSH,
				    NFSEC_A_POLICY_COUNT, n);
}
