// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: registration and what all its commands share.
 *
 * The core has checked each message against the policy of its command before a
 * handler sees it: known attributes, exact lengths, nothing behind them. What
 * is left to the handlers is what a policy cannot say.
 */

#include <linux/module.h>

#include "netlink.h"

static const struct genl_multicast_group nfsec_nl_mcgrps[] = {
	[NFSEC_NLGRP_ACQUIRE] = {
		.name = NFSEC_MCGRP_ACQUIRE,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[NFSEC_NLGRP_EXPIRE] = {
		.name = NFSEC_MCGRP_EXPIRE,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[NFSEC_NLGRP_SA] = {
		.name = NFSEC_MCGRP_SA,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[NFSEC_NLGRP_POLICY] = {
		.name = NFSEC_MCGRP_POLICY,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[NFSEC_NLGRP_MAPPING] = {
		.name = NFSEC_MCGRP_MAPPING,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

static bool nl_registered;

/*
 * resv_start_op asks for the strict check of message headers that is the
 * default for new families anyway; handlers run in parallel and lock for
 * themselves.
 */
struct genl_family nfsec_nl_family __ro_after_init = {
	.name = NFSEC_GENL_NAME,
	.version = NFSEC_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = nfsec_nl_ops,
	.n_ops = ARRAY_SIZE(nfsec_nl_ops),
	.resv_start_op = 1,
	.mcgrps = nfsec_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(nfsec_nl_mcgrps),
};

/**
 * nfsec_nl_check_once() - refuse attributes that are given twice
 * @head: first attribute
 * @len: octets of all attributes
 * @multi: type that may be given several times, 0 for none
 * @extack: told which one
 *
 * The parser of the core would silently take the last of them.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_check_once(const struct nlattr *head, int len, int multi,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	u64 seen = 0;
	int rem;

	nla_for_each_attr(nla, head, len, rem) {
		u64 bit = BIT_ULL(nla_type(nla) & 63);

		if (nla_type(nla) == multi)
			continue;
		if (seen & bit)
			return NFSEC_NL_BAD(extack, nla,
					    "attribute is given twice");
		seen |= bit;
	}
	return 0;
}

/**
 * nfsec_nl_begin() - checks of a request that hold for all commands
 * @info: request
 * @multi: attribute that may be given several times, 0 for none
 *
 * Context: process.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_begin(struct genl_info *info, int multi)
{
	return nfsec_nl_check_once(nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
				   nlmsg_attrlen(info->nlhdr, GENL_HDRLEN),
				   multi, info->extack);
}

/**
 * nfsec_nl_begin_dump() - the same for a dump
 * @cb: state of the dump
 *
 * Context: process.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_begin_dump(struct netlink_callback *cb)
{
	return nfsec_nl_check_once(nlmsg_attrdata(cb->nlh, GENL_HDRLEN),
				   nlmsg_attrlen(cb->nlh, GENL_HDRLEN), 0,
				   cb->extack);
}

static void wipe_key(struct nlattr *algo)
{
	struct nlattr *nla;
	int rem;

	nla_for_each_nested(nla, algo, rem)
		if (nla_type(nla) == NFSEC_A_ALGO_KEY)
			memzero_explicit(nla_data(nla), nla_len(nla));
}

/**
 * nfsec_nl_wipe_keys() - clear all keys in the message of a request on an SA
 * @info: request
 *
 * The message is ours alone: the sender's copy was taken when it was sent. It
 * would stay in freed memory, and go back to the sender in an error message.
 *
 * Context: process.
 */
void nfsec_nl_wipe_keys(struct genl_info *info)
{
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem)
		switch (nla_type(nla)) {
		case NFSEC_A_SA_AEAD:
		case NFSEC_A_SA_AUTH:
		case NFSEC_A_SA_ENC:
			wipe_key(nla);
			break;
		}
}

/**
 * nfsec_nl_reply() - begin the answer to a request
 * @info: request
 * @cmd: command of the answer
 * @room: octets for attributes
 * @hdr: set to the header, for nfsec_nl_reply_send()
 *
 * Context: process.
 * Return: a message, or NULL without memory.
 */
struct sk_buff *nfsec_nl_reply(struct genl_info *info, u8 cmd, size_t room,
			       void **hdr)
{
	struct sk_buff *skb = genlmsg_new(room, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &nfsec_nl_family, 0, cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

/**
 * nfsec_nl_reply_send() - finish and send an answer
 * @info: request
 * @skb: the answer; gone afterwards
 * @hdr: its header
 * @err: result of filling it; if not 0 nothing is sent
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_nl_reply_send(struct genl_info *info, struct sk_buff *skb, void *hdr,
			int err)
{
	if (err) {
		/* keys may be in the part that there was room for */
		memzero_explicit(skb->data, skb->len);
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/**
 * nfsec_nl_reply_count() - answer with a number of objects
 * @info: request
 * @cmd: command of the answer
 * @attr: attribute for the number
 * @count: the number
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_nl_reply_count(struct genl_info *info, u8 cmd, int attr, u32 count)
{
	struct sk_buff *skb;
	void *hdr;

	skb = nfsec_nl_reply(info, cmd, nla_total_size(sizeof(count)), &hdr);
	if (!skb)
		return -ENOMEM;
	return nfsec_nl_reply_send(info, skb, hdr,
				   nla_put_u32(skb, attr, count));
}

/**
 * nfsec_nl_has_listeners() - does anyone want the events of a group?
 * @net: namespace
 * @group: NFSEC_NLGRP_*
 *
 * Nobody does while the module is unloaded: timers still run then, and the
 * numbers of the groups may belong to another family.
 *
 * Context: any.
 * Return: whether an event is worth building.
 */
bool nfsec_nl_has_listeners(struct net *net, unsigned int group)
{
	return READ_ONCE(nl_registered) &&
	       genl_has_listeners(&nfsec_nl_family, net, group);
}

/**
 * nfsec_netlink_init() - register the family
 *
 * Context: process, module init, after all that commands use is ready.
 * Return: 0 or a negative error.
 */
int __init nfsec_netlink_init(void)
{
	int err = genl_register_family(&nfsec_nl_family);

	if (!err)
		WRITE_ONCE(nl_registered, true);
	return err;
}

/**
 * nfsec_netlink_exit() - unregister the family; no handler runs afterwards
 *
 * Context: process.
 */
void nfsec_netlink_exit(void)
{
	WRITE_ONCE(nl_registered, false);
	genl_unregister_family(&nfsec_nl_family);
}
