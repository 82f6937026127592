// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, settings, and the question what would become of a packet.
 */

#include <linux/slab.h>

#include "classify.h"
#include "guard.h"
#include "main.h"
#include "netlink.h"
#include "version.h"

/* name, number and text of a counter, with all headers */
#define NL_COUNTER_ROOM	256

static int put_stats(struct sk_buff *skb, const struct nfsec_stats *sum)
{
	int i;

	for (i = 0; i < NFSEC_DROP_COUNT; i++)
		if (nfsec_nl_put_counter(skb, NFSEC_A_STATS_DROP, i,
					 nfsec_drop_name[i], sum->drop[i],
					 nfsec_drop_doc[i]))
			return -EMSGSIZE;
	for (i = 0; i < NFSEC_COUNTER_COUNT; i++)
		if (nfsec_nl_put_counter(skb, NFSEC_A_STATS_COUNTER, i,
					 nfsec_counter_name[i],
					 sum->counter[i],
					 nfsec_counter_doc[i]))
			return -EMSGSIZE;
	return 0;
}

/**
 * nfsec_nl_stats_get_doit() - tell all counters of the namespace
 * @skb: message of the request
 * @info: request; may ask that they start at zero again
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_stats *sum;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	sum = kmalloc(sizeof(*sum), GFP_KERNEL);
	if (!sum)
		return -ENOMEM;
	reply = nfsec_nl_reply(info, NFSEC_CMD_STATS_GET, NL_COUNTER_ROOM *
			       (NFSEC_DROP_COUNT + NFSEC_COUNTER_COUNT), &hdr);
	if (!reply) {
		kfree(sum);
		return -ENOMEM;
	}
	nfsec_stats_sum(nn, sum);
	err = put_stats(reply, sum);
	kfree(sum);
	if (!err && info->attrs[NFSEC_A_STATS_RESET])
		nfsec_stats_reset(nn);
	return nfsec_nl_reply_send(info, reply, hdr, err);
}

static int put_settings(struct sk_buff *skb, struct nfsec_net *nn)
{
	const u8 *def = nn->spd.default_action;

	if (nla_put_u8(skb, NFSEC_A_SETTINGS_DEFAULT_IN,
		       READ_ONCE(def[NFSEC_DIR_IN])) ||
	    nla_put_u8(skb, NFSEC_A_SETTINGS_DEFAULT_OUT,
		       READ_ONCE(def[NFSEC_DIR_OUT])) ||
	    nla_put_u8(skb, NFSEC_A_SETTINGS_DEFAULT_FWD,
		       READ_ONCE(def[NFSEC_DIR_FWD])) ||
	    nla_put_u32(skb, NFSEC_A_SETTINGS_SA_COUNT,
			READ_ONCE(nn->sad.count)) ||
	    nla_put_u32(skb, NFSEC_A_SETTINGS_POLICY_COUNT,
			READ_ONCE(nn->spd.count)) ||
	    nla_put_u8(skb, NFSEC_A_SETTINGS_ALLOW_WEAK, nfsec_allow_weak))
		return -EMSGSIZE;
	return nla_put_string(skb, NFSEC_A_SETTINGS_VERSION, NFSEC_VERSION);
}

/**
 * nfsec_nl_settings_get_doit() - tell settings, table sizes and the version
 * @skb: message of the request
 * @info: request; may name the version of the tool, which is told if it is not
 *	that of the module
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_nl_settings_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nlattr *version = info->attrs[NFSEC_A_SETTINGS_VERSION];
	const char *text = NFSEC_VERSION;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	if (version)
		text = nfsec_nl_get_text(version, info->extack);
	if (!text)
		return -EINVAL;
	if (strcmp(text, NFSEC_VERSION))
		NL_SET_ERR_MSG_ATTR(info->extack, version,
				    "the module is of version " NFSEC_VERSION);
	reply = nfsec_nl_reply(info, NFSEC_CMD_SETTINGS_GET,
			       GENLMSG_DEFAULT_SIZE, &hdr);
	if (!reply)
		return -ENOMEM;
	return nfsec_nl_reply_send(info, reply, hdr, put_settings(reply, nn));
}

/**
 * nfsec_nl_settings_set_doit() - set what happens to packets without a policy
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_settings_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	static const struct {
		int attr;
		u8 dir;
	} defaults[] = {
		{ NFSEC_A_SETTINGS_DEFAULT_IN, NFSEC_DIR_IN },
		{ NFSEC_A_SETTINGS_DEFAULT_OUT, NFSEC_DIR_OUT },
		{ NFSEC_A_SETTINGS_DEFAULT_FWD, NFSEC_DIR_FWD },
	};
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	bool block = false, any = false;
	int i, err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		struct nlattr *a = info->attrs[defaults[i].attr];

		any |= !!a;
		block |= a && nla_get_u8(a) == NFSEC_ACTION_BLOCK;
	}
	if (!any)
		return NFSEC_NL_REFUSE(info->extack, -EINVAL,
				       "no setting is given");

	mutex_lock(&nn->lock);
	/* to block without a policy needs the hooks as well */
	err = block ? nfsec_net_hook(nn) : 0;
	if (err) {
		mutex_unlock(&nn->lock);
		return NFSEC_NL_REFUSE(info->extack, err,
				       "netfilter hooks cannot be registered");
	}
	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		struct nlattr *a = info->attrs[defaults[i].attr];

		if (a)
			WRITE_ONCE(nn->spd.default_action[defaults[i].dir],
				   nla_get_u8(a));
	}
	nfsec_guard_changed(nn);
	mutex_unlock(&nn->lock);
	return 0;
}

static int put_verdict(struct sk_buff *skb, u8 verdict,
		       const struct nfsec_policy *p, const char *reason)
{
	if (nla_put_u8(skb, NFSEC_A_LOOKUP_VERDICT, verdict) ||
	    (p && nla_put_u32(skb, NFSEC_A_LOOKUP_POLICY_INDEX, p->index)))
		return -EMSGSIZE;
	return nla_put_string(skb, NFSEC_A_LOOKUP_REASON, reason);
}

static const char *no_sa_reason(const struct nfsec_decision *d)
{
	if (d->sel_mismatch)
		return "the policy wants protection, and no SA has a selector for the packet";
	return "the policy wants protection, and there is no usable SA";
}

static const char *out_reason(const struct nfsec_decision *d)
{
	switch (d->verdict) {
	case NFSEC_VERDICT_BYPASS:
		return d->policy && d->policy->ntmpl ?
		       "no SA fits, and the level of the policy allows to go without" :
		       "an allow policy without templates lets it out in clear";
	case NFSEC_VERDICT_BLOCK:
		return "a block policy drops it";
	case NFSEC_VERDICT_PROTECT:
		return "the policy wants protection, and this SA gives it";
	case NFSEC_VERDICT_NO_SA:
		return no_sa_reason(d);
	case NFSEC_VERDICT_DEFAULT_ALLOW:
		return "no policy matches, and the default lets it out in clear";
	case NFSEC_VERDICT_DEFAULT_BLOCK:
		return "no policy matches, and the default drops it";
	}
	return "";
}

static int lookup_out(struct sk_buff *skb, struct nfsec_net *nn,
		      const struct nfsec_flow *fl)
{
	const struct nfsec_path *path;
	struct nfsec_decision d = {};
	struct nfsec_sa *sa = NULL;
	int i, err;

	nfsec_classify_out(nn, fl, NFSEC_PASS_ANY, &d);
	err = put_verdict(skb, d.verdict, d.policy, out_reason(&d));
	if (err || d.verdict != NFSEC_VERDICT_PROTECT)
		return err;
	for (i = 0; i < d.nsa && !sa; i++)
		sa = d.sa[i];
	if (!sa)
		return 0;
	path = nfsec_sa_path(sa);
	if (nfsec_nl_put_addr(skb, NFSEC_A_LOOKUP_SA_DST, &path->daddr,
			      path->family) ||
	    nla_put_u8(skb, NFSEC_A_LOOKUP_SA_PROTO, sa->proto) ||
	    nla_put_u32(skb, NFSEC_A_LOOKUP_SA_SPI, ntohl(sa->spi)))
		return -EMSGSIZE;
	return nfsec_nl_put_mark(skb, NFSEC_A_LOOKUP_SA_MARK, &sa->mark);
}

static int lookup_in(struct sk_buff *skb, struct nfsec_net *nn, u8 dir,
		     const struct nfsec_flow *fl)
{
	const struct nfsec_policy *p;
	int i;

	p = nfsec_classify(nn, dir, fl, NFSEC_PASS_ANY);
	if (!p && READ_ONCE(nn->spd.default_action[dir]) == NFSEC_ACTION_BLOCK)
		return put_verdict(skb, NFSEC_VERDICT_DEFAULT_BLOCK, NULL,
				   "no policy matches, and the default drops it");
	if (!p)
		return put_verdict(skb, NFSEC_VERDICT_DEFAULT_ALLOW, NULL,
				   "no policy matches, and the default accepts it in clear; it is dropped if it came out of a tunnel");
	if (p->action == NFSEC_ACTION_BLOCK)
		return put_verdict(skb, NFSEC_VERDICT_BLOCK, p,
				   "a block policy drops it");
	for (i = 0; i < p->ntmpl; i++)
		if (p->tmpl[i].level == NFSEC_LEVEL_REQUIRED)
			return put_verdict(skb, NFSEC_VERDICT_PROTECT, p,
					   "it is accepted if it came through an SA that fits the template, or else dropped");
	if (p->ntmpl)
		return put_verdict(skb, NFSEC_VERDICT_BYPASS, p,
				   "it is accepted in clear as well as through an SA that fits the template");
	return put_verdict(skb, NFSEC_VERDICT_BYPASS, p,
			   "an allow policy without templates accepts it in clear");
}

/**
 * nfsec_nl_lookup_doit() - what would become of a packet?
 * @skb: message of the request
 * @info: request
 *
 * Asks the lookup of the packet path; counts and changes nothing.
 *
 * Context: process.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_lookup_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nlattr **tb = info->attrs;
	struct nfsec_flow fl;
	struct sk_buff *reply;
	void *hdr;
	u8 dir;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	if (!tb[NFSEC_A_LOOKUP_FLOW])
		return NFSEC_NL_REFUSE(info->extack, -EINVAL,
				       "a lookup needs the flow of a packet");
	dir = tb[NFSEC_A_LOOKUP_DIR] ? nla_get_u8(tb[NFSEC_A_LOOKUP_DIR]) :
				       NFSEC_DIR_ANY;
	if (dir == NFSEC_DIR_ANY)
		return NFSEC_NL_REFUSE(info->extack, -EINVAL,
				       "a lookup needs a direction: in, out or fwd");
	err = nfsec_nl_get_flow(tb[NFSEC_A_LOOKUP_FLOW], &fl, info->extack);
	if (err)
		return err;
	if (tb[NFSEC_A_LOOKUP_MARK])
		fl.mark = nla_get_u32(tb[NFSEC_A_LOOKUP_MARK]);

	reply = nfsec_nl_reply(info, NFSEC_CMD_LOOKUP, GENLMSG_DEFAULT_SIZE,
			       &hdr);
	if (!reply)
		return -ENOMEM;
	rcu_read_lock();
	local_bh_disable();
	if (dir == NFSEC_DIR_OUT)
		err = lookup_out(reply, nn, &fl);
	else
		err = lookup_in(reply, nn, dir, &fl);
	local_bh_enable();
	rcu_read_unlock();
	return nfsec_nl_reply_send(info, reply, hdr, err);
}
