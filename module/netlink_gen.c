// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	uapi/nfsec.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: uapi/generate */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/nfsec.h>

/* Common nested types */
const struct nla_policy nfsec_algo_nl_policy[NFSEC_A_ALGO_KEY_BITS + 1] = {
	[NFSEC_A_ALGO_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
	[NFSEC_A_ALGO_KEY] = NLA_POLICY_MAX_LEN(256),
	[NFSEC_A_ALGO_ICV_BITS] = { .type = NLA_U32, },
	[NFSEC_A_ALGO_KEY_BITS] = { .type = NLA_U32, },
};

const struct nla_policy nfsec_encap_nl_policy[NFSEC_A_ENCAP_OADDR + 1] = {
	[NFSEC_A_ENCAP_TYPE] = NLA_POLICY_MAX(NLA_U16, 1),
	[NFSEC_A_ENCAP_SPORT] = { .type = NLA_U16, },
	[NFSEC_A_ENCAP_DPORT] = { .type = NLA_U16, },
	[NFSEC_A_ENCAP_OADDR] = NLA_POLICY_MAX_LEN(16),
};

const struct nla_policy nfsec_limits_nl_policy[NFSEC_A_LIMITS_HARD_USE + 1] = {
	[NFSEC_A_LIMITS_SOFT_BYTES] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_HARD_BYTES] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_SOFT_PACKETS] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_HARD_PACKETS] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_SOFT_ADD] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_HARD_ADD] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_SOFT_USE] = { .type = NLA_U64, },
	[NFSEC_A_LIMITS_HARD_USE] = { .type = NLA_U64, },
};

const struct nla_policy nfsec_mark_nl_policy[NFSEC_A_MARK_MASK + 1] = {
	[NFSEC_A_MARK_VALUE] = { .type = NLA_U32, },
	[NFSEC_A_MARK_MASK] = { .type = NLA_U32, },
};

const struct nla_policy nfsec_selector_nl_policy[NFSEC_A_SELECTOR_FAMILY + 1] = {
	[NFSEC_A_SELECTOR_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SELECTOR_SRC_PREFIXLEN] = { .type = NLA_U8, },
	[NFSEC_A_SELECTOR_SRC_LAST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SELECTOR_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SELECTOR_DST_PREFIXLEN] = { .type = NLA_U8, },
	[NFSEC_A_SELECTOR_DST_LAST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SELECTOR_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SELECTOR_SPORT_MIN] = { .type = NLA_U16, },
	[NFSEC_A_SELECTOR_SPORT_MAX] = { .type = NLA_U16, },
	[NFSEC_A_SELECTOR_DPORT_MIN] = { .type = NLA_U16, },
	[NFSEC_A_SELECTOR_DPORT_MAX] = { .type = NLA_U16, },
	[NFSEC_A_SELECTOR_IFINDEX] = { .type = NLA_U32, },
	[NFSEC_A_SELECTOR_FAMILY] = { .type = NLA_U8, },
};

const struct nla_policy nfsec_tmpl_nl_policy[NFSEC_A_TMPL_LEVEL + 1] = {
	[NFSEC_A_TMPL_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_TMPL_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_TMPL_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_TMPL_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_TMPL_SPI] = { .type = NLA_U32, },
	[NFSEC_A_TMPL_REQID] = { .type = NLA_U32, },
	[NFSEC_A_TMPL_LEVEL] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* NFSEC_CMD_SA_NEW - do */
const struct nla_policy nfsec_sa_new_nl_policy[NFSEC_A_SA_TFCPAD + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_SPI] = { .type = NLA_U32, },
	[NFSEC_A_SA_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SA_REQID] = { .type = NLA_U32, },
	[NFSEC_A_SA_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_SA_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7ff),
	[NFSEC_A_SA_AEAD] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_AUTH] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_ENC] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_ENCAP] = NLA_POLICY_NESTED(nfsec_encap_nl_policy),
	[NFSEC_A_SA_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_OUTPUT_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_LIMITS] = NLA_POLICY_NESTED(nfsec_limits_nl_policy),
	[NFSEC_A_SA_REPLAY_WINDOW] = { .type = NLA_U32, },
	[NFSEC_A_SA_REPLAY_SEQ] = { .type = NLA_U64, },
	[NFSEC_A_SA_REPLAY_OSEQ] = { .type = NLA_U64, },
	[NFSEC_A_SA_REPLAY_BITMAP] = NLA_POLICY_MAX_LEN(8192),
	[NFSEC_A_SA_TFCPAD] = { .type = NLA_U32, },
};

/* NFSEC_CMD_SA_UPDATE - do */
const struct nla_policy nfsec_sa_update_nl_policy[NFSEC_A_SA_TFCPAD + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_SPI] = { .type = NLA_U32, },
	[NFSEC_A_SA_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SA_REQID] = { .type = NLA_U32, },
	[NFSEC_A_SA_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_SA_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7ff),
	[NFSEC_A_SA_AEAD] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_AUTH] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_ENC] = NLA_POLICY_NESTED(nfsec_algo_nl_policy),
	[NFSEC_A_SA_ENCAP] = NLA_POLICY_NESTED(nfsec_encap_nl_policy),
	[NFSEC_A_SA_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_OUTPUT_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_LIMITS] = NLA_POLICY_NESTED(nfsec_limits_nl_policy),
	[NFSEC_A_SA_REPLAY_WINDOW] = { .type = NLA_U32, },
	[NFSEC_A_SA_REPLAY_SEQ] = { .type = NLA_U64, },
	[NFSEC_A_SA_REPLAY_OSEQ] = { .type = NLA_U64, },
	[NFSEC_A_SA_REPLAY_BITMAP] = NLA_POLICY_MAX_LEN(8192),
	[NFSEC_A_SA_TFCPAD] = { .type = NLA_U32, },
};

/* NFSEC_CMD_SA_GET - do */
const struct nla_policy nfsec_sa_get_nl_policy[NFSEC_A_SA_COUNT_ONLY + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_SPI] = { .type = NLA_U32, },
	[NFSEC_A_SA_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SA_REQID] = { .type = NLA_U32, },
	[NFSEC_A_SA_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_SHOW_KEYS] = { .type = NLA_FLAG, },
	[NFSEC_A_SA_COUNT_ONLY] = { .type = NLA_FLAG, },
};

/* NFSEC_CMD_SA_DEL - do */
const struct nla_policy nfsec_sa_del_nl_policy[NFSEC_A_SA_MARK + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_SPI] = { .type = NLA_U32, },
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
};

/* NFSEC_CMD_SA_FLUSH - do */
const struct nla_policy nfsec_sa_flush_nl_policy[NFSEC_A_SA_MARK + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SA_REQID] = { .type = NLA_U32, },
	[NFSEC_A_SA_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
};

/* NFSEC_CMD_SA_ALLOCSPI - do */
const struct nla_policy nfsec_sa_allocspi_nl_policy[NFSEC_A_SA_SPI_MAX + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_MODE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SA_REQID] = { .type = NLA_U32, },
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_SPI_MIN] = { .type = NLA_U32, },
	[NFSEC_A_SA_SPI_MAX] = { .type = NLA_U32, },
};

/* NFSEC_CMD_POLICY_NEW - do */
const struct nla_policy nfsec_policy_new_nl_policy[NFSEC_A_POLICY_LIMITS + 1] = {
	[NFSEC_A_POLICY_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_POLICY_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_POLICY_INDEX] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_PRIORITY] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_ACTION] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_POLICY_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[NFSEC_A_POLICY_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_POLICY_TMPL] = NLA_POLICY_NESTED(nfsec_tmpl_nl_policy),
	[NFSEC_A_POLICY_LIMITS] = NLA_POLICY_NESTED(nfsec_limits_nl_policy),
};

/* NFSEC_CMD_POLICY_UPDATE - do */
const struct nla_policy nfsec_policy_update_nl_policy[NFSEC_A_POLICY_LIMITS + 1] = {
	[NFSEC_A_POLICY_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_POLICY_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_POLICY_INDEX] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_PRIORITY] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_ACTION] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_POLICY_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[NFSEC_A_POLICY_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_POLICY_TMPL] = NLA_POLICY_NESTED(nfsec_tmpl_nl_policy),
	[NFSEC_A_POLICY_LIMITS] = NLA_POLICY_NESTED(nfsec_limits_nl_policy),
};

/* NFSEC_CMD_POLICY_GET - do */
const struct nla_policy nfsec_policy_get_nl_policy[NFSEC_A_POLICY_COUNT_ONLY + 1] = {
	[NFSEC_A_POLICY_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_POLICY_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_POLICY_INDEX] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_POLICY_ACTION] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_POLICY_PRIORITY] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_COUNT_ONLY] = { .type = NLA_FLAG, },
};

/* NFSEC_CMD_POLICY_DEL - do */
const struct nla_policy nfsec_policy_del_nl_policy[NFSEC_A_POLICY_MARK + 1] = {
	[NFSEC_A_POLICY_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_POLICY_SEL] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_POLICY_INDEX] = { .type = NLA_U32, },
	[NFSEC_A_POLICY_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
};

/* NFSEC_CMD_POLICY_FLUSH - do */
const struct nla_policy nfsec_policy_flush_nl_policy[NFSEC_A_POLICY_DIR + 1] = {
	[NFSEC_A_POLICY_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
};

/* NFSEC_CMD_STATS_GET - do */
const struct nla_policy nfsec_stats_get_nl_policy[NFSEC_A_STATS_RESET + 1] = {
	[NFSEC_A_STATS_RESET] = { .type = NLA_FLAG, },
};

/* NFSEC_CMD_SETTINGS_GET - do */
const struct nla_policy nfsec_settings_get_nl_policy[NFSEC_A_SETTINGS_VERSION + 1] = {
	[NFSEC_A_SETTINGS_VERSION] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* NFSEC_CMD_SETTINGS_SET - do */
const struct nla_policy nfsec_settings_set_nl_policy[NFSEC_A_SETTINGS_DEFAULT_FWD + 1] = {
	[NFSEC_A_SETTINGS_DEFAULT_IN] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SETTINGS_DEFAULT_OUT] = NLA_POLICY_MAX(NLA_U8, 1),
	[NFSEC_A_SETTINGS_DEFAULT_FWD] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* NFSEC_CMD_LOOKUP - do */
const struct nla_policy nfsec_lookup_nl_policy[NFSEC_A_LOOKUP_MARK + 1] = {
	[NFSEC_A_LOOKUP_DIR] = NLA_POLICY_MAX(NLA_U8, 3),
	[NFSEC_A_LOOKUP_FLOW] = NLA_POLICY_NESTED(nfsec_selector_nl_policy),
	[NFSEC_A_LOOKUP_MARK] = { .type = NLA_U32, },
};

/* NFSEC_CMD_SA_MIGRATE - do */
const struct nla_policy nfsec_sa_migrate_nl_policy[NFSEC_A_SA_NEW_DST + 1] = {
	[NFSEC_A_SA_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_PROTO] = { .type = NLA_U8, },
	[NFSEC_A_SA_SPI] = { .type = NLA_U32, },
	[NFSEC_A_SA_MARK] = NLA_POLICY_NESTED(nfsec_mark_nl_policy),
	[NFSEC_A_SA_NEW_SRC] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_NEW_DST] = NLA_POLICY_MAX_LEN(16),
	[NFSEC_A_SA_ENCAP] = NLA_POLICY_NESTED(nfsec_encap_nl_policy),
};

/* Ops table for nfsec */
const struct genl_ops nfsec_nl_ops[16] = {
	{
		.cmd		= NFSEC_CMD_SA_NEW,
		.doit		= nfsec_nl_sa_new_doit,
		.policy		= nfsec_sa_new_nl_policy,
		.maxattr	= NFSEC_A_SA_TFCPAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_UPDATE,
		.doit		= nfsec_nl_sa_update_doit,
		.policy		= nfsec_sa_update_nl_policy,
		.maxattr	= NFSEC_A_SA_TFCPAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_GET,
		.doit		= nfsec_nl_sa_get_doit,
		.dumpit		= nfsec_nl_sa_get_dumpit,
		.policy		= nfsec_sa_get_nl_policy,
		.maxattr	= NFSEC_A_SA_COUNT_ONLY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_DEL,
		.doit		= nfsec_nl_sa_del_doit,
		.policy		= nfsec_sa_del_nl_policy,
		.maxattr	= NFSEC_A_SA_MARK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_FLUSH,
		.doit		= nfsec_nl_sa_flush_doit,
		.policy		= nfsec_sa_flush_nl_policy,
		.maxattr	= NFSEC_A_SA_MARK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_ALLOCSPI,
		.doit		= nfsec_nl_sa_allocspi_doit,
		.policy		= nfsec_sa_allocspi_nl_policy,
		.maxattr	= NFSEC_A_SA_SPI_MAX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_POLICY_NEW,
		.doit		= nfsec_nl_policy_new_doit,
		.policy		= nfsec_policy_new_nl_policy,
		.maxattr	= NFSEC_A_POLICY_LIMITS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_POLICY_UPDATE,
		.doit		= nfsec_nl_policy_update_doit,
		.policy		= nfsec_policy_update_nl_policy,
		.maxattr	= NFSEC_A_POLICY_LIMITS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_POLICY_GET,
		.doit		= nfsec_nl_policy_get_doit,
		.dumpit		= nfsec_nl_policy_get_dumpit,
		.policy		= nfsec_policy_get_nl_policy,
		.maxattr	= NFSEC_A_POLICY_COUNT_ONLY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_POLICY_DEL,
		.doit		= nfsec_nl_policy_del_doit,
		.policy		= nfsec_policy_del_nl_policy,
		.maxattr	= NFSEC_A_POLICY_MARK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_POLICY_FLUSH,
		.doit		= nfsec_nl_policy_flush_doit,
		.policy		= nfsec_policy_flush_nl_policy,
		.maxattr	= NFSEC_A_POLICY_DIR,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_STATS_GET,
		.doit		= nfsec_nl_stats_get_doit,
		.policy		= nfsec_stats_get_nl_policy,
		.maxattr	= NFSEC_A_STATS_RESET,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SETTINGS_GET,
		.doit		= nfsec_nl_settings_get_doit,
		.policy		= nfsec_settings_get_nl_policy,
		.maxattr	= NFSEC_A_SETTINGS_VERSION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SETTINGS_SET,
		.doit		= nfsec_nl_settings_set_doit,
		.policy		= nfsec_settings_set_nl_policy,
		.maxattr	= NFSEC_A_SETTINGS_DEFAULT_FWD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_LOOKUP,
		.doit		= nfsec_nl_lookup_doit,
		.policy		= nfsec_lookup_nl_policy,
		.maxattr	= NFSEC_A_LOOKUP_MARK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= NFSEC_CMD_SA_MIGRATE,
		.doit		= nfsec_nl_sa_migrate_doit,
		.policy		= nfsec_sa_migrate_nl_policy,
		.maxattr	= NFSEC_A_SA_NEW_DST,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};
