/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words for the enumerations and flags of the netlink family.
 */
#ifndef SEC_NAMES_H
#define SEC_NAMES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A table ends with a NULL name. @xfrm is the value of the same flag in the
 * kernel's own XFRM, which "flag 0x80" on a command line of ip(8) means.
 */
struct sec_name {
	const char *name;
	uint32_t value;
	uint32_t xfrm;
};

extern const struct sec_name sec_dir_names[];
extern const struct sec_name sec_mode_names[];
extern const struct sec_name sec_action_names[];
extern const struct sec_name sec_level_names[];
extern const struct sec_name sec_encap_names[];
extern const struct sec_name sec_expire_names[];
extern const struct sec_name sec_verdict_names[];
extern const struct sec_name sec_ipsec_names[];
extern const struct sec_name sec_family_names[];
extern const struct sec_name sec_command_names[];
extern const struct sec_name sec_policy_flag_names[];

/* The words after "flag", those after "extra-flag", and both together. */
extern const struct sec_name sec_sa_flag_names[];
extern const struct sec_name sec_sa_extra_names[];
extern const struct sec_name sec_sa_all_names[];

/* NULL if @value has no name. */
const char *sec_name_of(const struct sec_name *names, uint32_t value);
const struct sec_name *sec_name_find(const struct sec_name *names,
				     const char *word);

/* "a, b or c" of all names in the table. */
const char *sec_names_list(const struct sec_name *names, char *buf,
			   size_t size);

/* Next-layer protocol by name or number; -1 if unknown. */
int sec_proto_parse(const char *word);
const char *sec_proto_text(uint8_t proto, char *buf, size_t size);

#endif /* SEC_NAMES_H */
