/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	uapi/nfsec.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: uapi/generate */

#ifndef _NFSEC_NETLINK_GEN_H
#define _NFSEC_NETLINK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/nfsec.h>

/* Common nested types */
extern const struct nla_policy nfsec_algo_nl_policy[NFSEC_A_ALGO_KEY_BITS + 1];
extern const struct nla_policy nfsec_encap_nl_policy[NFSEC_A_ENCAP_OADDR + 1];
extern const struct nla_policy nfsec_limits_nl_policy[NFSEC_A_LIMITS_HARD_USE + 1];
extern const struct nla_policy nfsec_mark_nl_policy[NFSEC_A_MARK_MASK + 1];
extern const struct nla_policy nfsec_selector_nl_policy[NFSEC_A_SELECTOR_FAMILY + 1];
extern const struct nla_policy nfsec_tmpl_nl_policy[NFSEC_A_TMPL_LEVEL + 1];

extern const struct nla_policy nfsec_sa_new_nl_policy[NFSEC_A_SA_TFCPAD + 1];

extern const struct nla_policy nfsec_sa_update_nl_policy[NFSEC_A_SA_TFCPAD + 1];

extern const struct nla_policy nfsec_sa_get_nl_policy[NFSEC_A_SA_COUNT_ONLY + 1];

extern const struct nla_policy nfsec_sa_del_nl_policy[NFSEC_A_SA_MARK + 1];

extern const struct nla_policy nfsec_sa_flush_nl_policy[NFSEC_A_SA_MARK + 1];

extern const struct nla_policy nfsec_sa_allocspi_nl_policy[NFSEC_A_SA_SPI_MAX + 1];

extern const struct nla_policy nfsec_policy_new_nl_policy[NFSEC_A_POLICY_LIMITS + 1];

extern const struct nla_policy nfsec_policy_update_nl_policy[NFSEC_A_POLICY_LIMITS + 1];

extern const struct nla_policy nfsec_policy_get_nl_policy[NFSEC_A_POLICY_COUNT_ONLY + 1];

extern const struct nla_policy nfsec_policy_del_nl_policy[NFSEC_A_POLICY_MARK + 1];

extern const struct nla_policy nfsec_policy_flush_nl_policy[NFSEC_A_POLICY_DIR + 1];

extern const struct nla_policy nfsec_stats_get_nl_policy[NFSEC_A_STATS_RESET + 1];

extern const struct nla_policy nfsec_settings_get_nl_policy[NFSEC_A_SETTINGS_VERSION + 1];

extern const struct nla_policy nfsec_settings_set_nl_policy[NFSEC_A_SETTINGS_DEFAULT_FWD + 1];

extern const struct nla_policy nfsec_lookup_nl_policy[NFSEC_A_LOOKUP_MARK + 1];

extern const struct nla_policy nfsec_sa_migrate_nl_policy[NFSEC_A_SA_NEW_DST + 1];

/* Ops table for nfsec */
extern const struct genl_ops nfsec_nl_ops[16];

int nfsec_nl_sa_new_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_update_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int nfsec_nl_sa_del_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_flush_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_allocspi_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_policy_new_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_policy_update_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_policy_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int nfsec_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_policy_flush_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_settings_get_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_settings_set_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_lookup_doit(struct sk_buff *skb, struct genl_info *info);
int nfsec_nl_sa_migrate_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	NFSEC_NLGRP_ACQUIRE,
	NFSEC_NLGRP_EXPIRE,
	NFSEC_NLGRP_SA,
	NFSEC_NLGRP_POLICY,
	NFSEC_NLGRP_MAPPING,
};

#endif /* _NFSEC_NETLINK_GEN_H */
