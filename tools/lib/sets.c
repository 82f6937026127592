// SPDX-License-Identifier: GPL-2.0
/*
 * The attribute sets of uapi/nfsec.yaml, in its order and with its names.
 */
#include "codec.h"

#define F(st, n, a, t, m, ...) \
	{ .name = n, .attr = a, .type = t, .off = offsetof(struct st, m), \
	  .size = sizeof(((struct st *)0)->m), ##__VA_ARGS__ }
#define F_ENUM(st, n, a, m, tab) \
	F(st, n, a, SEC_U8, m, .show = SEC_SHOW_ENUM, .names = tab)
#define F_NEST(st, n, a, m, set) \
	F(st, n, a, SEC_NEST, m, .nest = &(set))
#define F_LIST(st, n, a, m, set) \
	F(st, n, a, SEC_LIST, m, .nest = &(set))
#define F_FLAG(n, a) { .name = n, .attr = a, .type = SEC_FLAG }

#define SET(var, n, st, f) \
	const struct sec_set var = { \
		.name = n, .size = sizeof(struct st), .fields = f \
	}

static const struct sec_field sel_fields[] = {
	F(sec_sel, "src", NFSEC_A_SELECTOR_SRC, SEC_ADDR, src),
	F(sec_sel, "src-prefixlen", NFSEC_A_SELECTOR_SRC_PREFIXLEN, SEC_U8,
	  src_plen),
	F(sec_sel, "src-last", NFSEC_A_SELECTOR_SRC_LAST, SEC_ADDR, src_last),
	F(sec_sel, "dst", NFSEC_A_SELECTOR_DST, SEC_ADDR, dst),
	F(sec_sel, "dst-prefixlen", NFSEC_A_SELECTOR_DST_PREFIXLEN, SEC_U8,
	  dst_plen),
	F(sec_sel, "dst-last", NFSEC_A_SELECTOR_DST_LAST, SEC_ADDR, dst_last),
	F(sec_sel, "proto", NFSEC_A_SELECTOR_PROTO, SEC_U8, proto),
	F(sec_sel, "sport-min", NFSEC_A_SELECTOR_SPORT_MIN, SEC_U16, sport_min),
	F(sec_sel, "sport-max", NFSEC_A_SELECTOR_SPORT_MAX, SEC_U16, sport_max),
	F(sec_sel, "dport-min", NFSEC_A_SELECTOR_DPORT_MIN, SEC_U16, dport_min),
	F(sec_sel, "dport-max", NFSEC_A_SELECTOR_DPORT_MAX, SEC_U16, dport_max),
	F(sec_sel, "ifindex", NFSEC_A_SELECTOR_IFINDEX, SEC_U32, ifindex,
	  .show = SEC_SHOW_DEV),
	F_ENUM(sec_sel, "family", NFSEC_A_SELECTOR_FAMILY, family,
	       sec_family_names),
	{ NULL }
};

SET(sec_sel_set, "selector", sec_sel, sel_fields);

static const struct sec_field mark_fields[] = {
	F(sec_mark, "value", NFSEC_A_MARK_VALUE, SEC_U32, value),
	F(sec_mark, "mask", NFSEC_A_MARK_MASK, SEC_U32, mask),
	{ NULL }
};

SET(sec_mark_set, "mark", sec_mark, mark_fields);

static const struct sec_field algo_fields[] = {
	F(sec_algo, "name", NFSEC_A_ALGO_NAME, SEC_STR, name),
	F(sec_algo, "key", NFSEC_A_ALGO_KEY, SEC_BIN, key,
	  .len_off = offsetof(struct sec_algo, key_len)),
	F(sec_algo, "icv-bits", NFSEC_A_ALGO_ICV_BITS, SEC_U32, icv_bits),
	F(sec_algo, "key-bits", NFSEC_A_ALGO_KEY_BITS, SEC_U32, key_bits),
	{ NULL }
};

SET(sec_algo_set, "algo", sec_algo, algo_fields);

static const struct sec_field encap_fields[] = {
	F(sec_encap, "type", NFSEC_A_ENCAP_TYPE, SEC_U16, type,
	  .show = SEC_SHOW_ENUM, .names = sec_encap_names),
	F(sec_encap, "sport", NFSEC_A_ENCAP_SPORT, SEC_U16, sport),
	F(sec_encap, "dport", NFSEC_A_ENCAP_DPORT, SEC_U16, dport),
	F(sec_encap, "oaddr", NFSEC_A_ENCAP_OADDR, SEC_ADDR, oaddr),
	{ NULL }
};

SET(sec_encap_set, "encap", sec_encap, encap_fields);

#define LIMIT(n, a, m) F(sec_limits, n, NFSEC_A_LIMITS_##a, SEC_U64, m)
static const struct sec_field limits_fields[] = {
	LIMIT("soft-bytes", SOFT_BYTES, soft_bytes),
	LIMIT("hard-bytes", HARD_BYTES, hard_bytes),
	LIMIT("soft-packets", SOFT_PACKETS, soft_packets),
	LIMIT("hard-packets", HARD_PACKETS, hard_packets),
	LIMIT("soft-add", SOFT_ADD, soft_add),
	LIMIT("hard-add", HARD_ADD, hard_add),
	LIMIT("soft-use", SOFT_USE, soft_use),
	LIMIT("hard-use", HARD_USE, hard_use),
	{ NULL }
};

SET(sec_limits_set, "limits", sec_limits, limits_fields);

#define USAGE(n, a, m) F(sec_usage, n, NFSEC_A_USAGE_##a, SEC_U64, m)
static const struct sec_field usage_fields[] = {
	USAGE("bytes", BYTES, bytes),
	USAGE("packets", PACKETS, packets),
	USAGE("added", ADDED, added),
	USAGE("first-used", FIRST_USED, first_used),
	USAGE("last-used", LAST_USED, last_used),
	{ NULL }
};

SET(sec_usage_set, "usage", sec_usage, usage_fields);

static const struct sec_field counter_fields[] = {
	F(sec_counter, "id", NFSEC_A_COUNTER_ID, SEC_U32, id),
	F(sec_counter, "name", NFSEC_A_COUNTER_NAME, SEC_STR, name),
	F(sec_counter, "value", NFSEC_A_COUNTER_VALUE, SEC_U64, value),
	F(sec_counter, "doc", NFSEC_A_COUNTER_DOC, SEC_STR, doc),
	{ NULL }
};

SET(sec_counter_set, "counter", sec_counter, counter_fields);

static const struct sec_field tmpl_fields[] = {
	F(sec_tmpl, "src", NFSEC_A_TMPL_SRC, SEC_ADDR, src),
	F(sec_tmpl, "dst", NFSEC_A_TMPL_DST, SEC_ADDR, dst),
	F_ENUM(sec_tmpl, "proto", NFSEC_A_TMPL_PROTO, proto, sec_ipsec_names),
	F_ENUM(sec_tmpl, "mode", NFSEC_A_TMPL_MODE, mode, sec_mode_names),
	F(sec_tmpl, "spi", NFSEC_A_TMPL_SPI, SEC_U32, spi),
	F(sec_tmpl, "reqid", NFSEC_A_TMPL_REQID, SEC_U32, reqid),
	F_ENUM(sec_tmpl, "level", NFSEC_A_TMPL_LEVEL, level, sec_level_names),
	{ NULL }
};

SET(sec_tmpl_set, "tmpl", sec_tmpl, tmpl_fields);

#define SA(n, a, t, m, ...) \
	F(sec_sa, n, NFSEC_A_SA_##a, t, m, ##__VA_ARGS__)
#define SA_NEST(n, a, m, set) F_NEST(sec_sa, n, NFSEC_A_SA_##a, m, set)
static const struct sec_field sa_fields[] = {
	SA("src", SRC, SEC_ADDR, src),
	SA("dst", DST, SEC_ADDR, dst),
	F_ENUM(sec_sa, "proto", NFSEC_A_SA_PROTO, proto, sec_ipsec_names),
	SA("spi", SPI, SEC_U32, spi),
	F_ENUM(sec_sa, "mode", NFSEC_A_SA_MODE, mode, sec_mode_names),
	SA("reqid", REQID, SEC_U32, reqid),
	F_ENUM(sec_sa, "dir", NFSEC_A_SA_DIR, dir, sec_dir_names),
	SA("flags", FLAGS, SEC_U32, flags, .show = SEC_SHOW_FLAGS,
	   .names = sec_sa_all_names),
	SA_NEST("aead", AEAD, aead, sec_algo_set),
	SA_NEST("auth", AUTH, auth, sec_algo_set),
	SA_NEST("enc", ENC, enc, sec_algo_set),
	SA_NEST("encap", ENCAP, encap, sec_encap_set),
	SA_NEST("sel", SEL, sel, sec_sel_set),
	SA_NEST("mark", MARK, mark, sec_mark_set),
	SA_NEST("output-mark", OUTPUT_MARK, output_mark, sec_mark_set),
	SA_NEST("limits", LIMITS, limits, sec_limits_set),
	SA_NEST("usage", USAGE, usage, sec_usage_set),
	SA("replay-window", REPLAY_WINDOW, SEC_U32, replay_window),
	SA("replay-seq", REPLAY_SEQ, SEC_U64, replay_seq),
	SA("replay-oseq", REPLAY_OSEQ, SEC_U64, replay_oseq),
	SA("replay-bitmap", REPLAY_BITMAP, SEC_BLOB, replay_bitmap,
	   .len_off = offsetof(struct sec_sa, replay_bitmap_len)),
	SA("tfcpad", TFCPAD, SEC_U32, tfcpad),
	F_LIST(sec_sa, "drop", NFSEC_A_SA_DROP, drop, sec_counter_set),
	SA("spi-min", SPI_MIN, SEC_U32, spi_min),
	SA("spi-max", SPI_MAX, SEC_U32, spi_max),
	F_FLAG("show-keys", NFSEC_A_SA_SHOW_KEYS),
	F_ENUM(sec_sa, "expire", NFSEC_A_SA_EXPIRE, expire, sec_expire_names),
	SA("overhead", OVERHEAD, SEC_U32, overhead),
	SA("pmtu", PMTU, SEC_U32, pmtu),
	F_ENUM(sec_sa, "event", NFSEC_A_SA_EVENT, event, sec_command_names),
	SA("count", COUNT, SEC_U32, count),
	F_FLAG("count-only", NFSEC_A_SA_COUNT_ONLY),
	F_FLAG("larval", NFSEC_A_SA_LARVAL),
	SA("new-src", NEW_SRC, SEC_ADDR, new_src),
	SA("new-dst", NEW_DST, SEC_ADDR, new_dst),
	SA("new-sport", NEW_SPORT, SEC_U16, new_sport),
	SA("old-src", OLD_SRC, SEC_ADDR, old_src),
	SA("old-dst", OLD_DST, SEC_ADDR, old_dst),
	{ NULL }
};

SET(sec_sa_set, "sa", sec_sa, sa_fields);

#define POL(n, a, t, m, ...) \
	F(sec_policy, n, NFSEC_A_POLICY_##a, t, m, ##__VA_ARGS__)
#define POL_NEST(n, a, m, set) \
	F_NEST(sec_policy, n, NFSEC_A_POLICY_##a, m, set)
static const struct sec_field policy_fields[] = {
	F_ENUM(sec_policy, "dir", NFSEC_A_POLICY_DIR, dir, sec_dir_names),
	POL_NEST("sel", SEL, sel, sec_sel_set),
	POL("index", INDEX, SEC_U32, index),
	POL("priority", PRIORITY, SEC_U32, priority),
	F_ENUM(sec_policy, "action", NFSEC_A_POLICY_ACTION, action,
	       sec_action_names),
	POL("flags", FLAGS, SEC_U32, flags, .show = SEC_SHOW_FLAGS,
	    .names = sec_policy_flag_names),
	POL_NEST("mark", MARK, mark, sec_mark_set),
	F_LIST(sec_policy, "tmpl", NFSEC_A_POLICY_TMPL, tmpl, sec_tmpl_set),
	POL_NEST("limits", LIMITS, limits, sec_limits_set),
	POL_NEST("usage", USAGE, usage, sec_usage_set),
	F_ENUM(sec_policy, "expire", NFSEC_A_POLICY_EXPIRE, expire,
	       sec_expire_names),
	F_ENUM(sec_policy, "event", NFSEC_A_POLICY_EVENT, event,
	       sec_command_names),
	POL("count", COUNT, SEC_U32, count),
	F_FLAG("count-only", NFSEC_A_POLICY_COUNT_ONLY),
	{ NULL }
};

SET(sec_policy_set, "policy", sec_policy, policy_fields);

#define ACQ(n, a, t, m) F(sec_acquire, n, NFSEC_A_ACQUIRE_##a, t, m)
static const struct sec_field acquire_fields[] = {
	ACQ("seq", SEQ, SEC_U32, seq),
	ACQ("policy-index", POLICY_INDEX, SEC_U32, policy_index),
	F_ENUM(sec_acquire, "dir", NFSEC_A_ACQUIRE_DIR, dir, sec_dir_names),
	F_NEST(sec_acquire, "sel", NFSEC_A_ACQUIRE_SEL, sel, sec_sel_set),
	F_NEST(sec_acquire, "tmpl", NFSEC_A_ACQUIRE_TMPL, tmpl, sec_tmpl_set),
	F_NEST(sec_acquire, "policy-sel", NFSEC_A_ACQUIRE_POLICY_SEL,
	       policy_sel, sec_sel_set),
	ACQ("mark", MARK, SEC_U32, mark),
	{ NULL }
};

SET(sec_acquire_set, "acquire", sec_acquire, acquire_fields);

#define LOOKUP(n, a, t, m) F(sec_lookup, n, NFSEC_A_LOOKUP_##a, t, m)
static const struct sec_field lookup_fields[] = {
	F_ENUM(sec_lookup, "dir", NFSEC_A_LOOKUP_DIR, dir, sec_dir_names),
	F_NEST(sec_lookup, "flow", NFSEC_A_LOOKUP_FLOW, flow, sec_sel_set),
	LOOKUP("mark", MARK, SEC_U32, mark),
	F_ENUM(sec_lookup, "verdict", NFSEC_A_LOOKUP_VERDICT, verdict,
	       sec_verdict_names),
	LOOKUP("policy-index", POLICY_INDEX, SEC_U32, policy_index),
	LOOKUP("sa-dst", SA_DST, SEC_ADDR, sa_dst),
	F_ENUM(sec_lookup, "sa-proto", NFSEC_A_LOOKUP_SA_PROTO, sa_proto,
	       sec_ipsec_names),
	LOOKUP("sa-spi", SA_SPI, SEC_U32, sa_spi),
	F_NEST(sec_lookup, "sa-mark", NFSEC_A_LOOKUP_SA_MARK, sa_mark,
	       sec_mark_set),
	LOOKUP("reason", REASON, SEC_STR, reason),
	{ NULL }
};

SET(sec_lookup_set, "lookup", sec_lookup, lookup_fields);

static const struct sec_field stats_fields[] = {
	F_LIST(sec_stats, "drop", NFSEC_A_STATS_DROP, drop, sec_counter_set),
	F_LIST(sec_stats, "counter", NFSEC_A_STATS_COUNTER, counter,
	       sec_counter_set),
	F_FLAG("reset", NFSEC_A_STATS_RESET),
	{ NULL }
};

SET(sec_stats_set, "stats", sec_stats, stats_fields);

#define SETTING(n, a, t, m) F(sec_settings, n, NFSEC_A_SETTINGS_##a, t, m)
static const struct sec_field settings_fields[] = {
	F_ENUM(sec_settings, "default-in", NFSEC_A_SETTINGS_DEFAULT_IN,
	       default_in, sec_action_names),
	F_ENUM(sec_settings, "default-out", NFSEC_A_SETTINGS_DEFAULT_OUT,
	       default_out, sec_action_names),
	F_ENUM(sec_settings, "default-fwd", NFSEC_A_SETTINGS_DEFAULT_FWD,
	       default_fwd, sec_action_names),
	SETTING("sa-count", SA_COUNT, SEC_U32, sa_count),
	SETTING("policy-count", POLICY_COUNT, SEC_U32, policy_count),
	SETTING("allow-weak", ALLOW_WEAK, SEC_U8, allow_weak),
	SETTING("version", VERSION, SEC_STR, version),
	{ NULL }
};

SET(sec_settings_set, "settings", sec_settings, settings_fields);

const struct sec_set *sec_set_of_command(unsigned int cmd)
{
	static const struct sec_set *const sets[] = {
		[NFSEC_CMD_SA_NEW] = &sec_sa_set,
		[NFSEC_CMD_SA_UPDATE] = &sec_sa_set,
		[NFSEC_CMD_SA_GET] = &sec_sa_set,
		[NFSEC_CMD_SA_DEL] = &sec_sa_set,
		[NFSEC_CMD_SA_FLUSH] = &sec_sa_set,
		[NFSEC_CMD_SA_ALLOCSPI] = &sec_sa_set,
		[NFSEC_CMD_SA_MIGRATE] = &sec_sa_set,
		[NFSEC_CMD_POLICY_NEW] = &sec_policy_set,
		[NFSEC_CMD_POLICY_UPDATE] = &sec_policy_set,
		[NFSEC_CMD_POLICY_GET] = &sec_policy_set,
		[NFSEC_CMD_POLICY_DEL] = &sec_policy_set,
		[NFSEC_CMD_POLICY_FLUSH] = &sec_policy_set,
		[NFSEC_CMD_STATS_GET] = &sec_stats_set,
		[NFSEC_CMD_SETTINGS_GET] = &sec_settings_set,
		[NFSEC_CMD_SETTINGS_SET] = &sec_settings_set,
		[NFSEC_CMD_LOOKUP] = &sec_lookup_set,
		[NFSEC_CMD_SA_NTF] = &sec_sa_set,
		[NFSEC_CMD_POLICY_NTF] = &sec_policy_set,
		[NFSEC_CMD_EXPIRE_NTF] = &sec_sa_set,
		[NFSEC_CMD_POLICY_EXPIRE_NTF] = &sec_policy_set,
		[NFSEC_CMD_ACQUIRE_NTF] = &sec_acquire_set,
		[NFSEC_CMD_MAPPING_NTF] = &sec_sa_set,
	};

	return cmd < ARRAY_SIZE(sets) ? sets[cmd] : NULL;
}
