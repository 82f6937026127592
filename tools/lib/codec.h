/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attribute sets as tables: one description of each set serves for writing
 * and reading netlink messages, for JSON, and for naming the attribute that
 * the kernel complains about.
 */
#ifndef SEC_CODEC_H
#define SEC_CODEC_H

#include <json-c/json.h>
#include <libmnl/libmnl.h>
#include <stddef.h>

#include "diag.h"
#include "names.h"
#include "object.h"

enum sec_type {
	SEC_U8,
	SEC_U16,
	SEC_U32,
	SEC_U64,
	SEC_ADDR,
	SEC_STR,
	SEC_BIN,	/* size in the member @len_off */
	SEC_BLOB,	/* the same, allocated; a bitmap */
	SEC_FLAG,	/* no member but its bit in @has */
	SEC_NEST,
	SEC_LIST,	/* struct sec_list of @nest */
};

/* How a number or octet string is shown in JSON. */
enum sec_show {
	SEC_SHOW_NUM,
	SEC_SHOW_ENUM,
	SEC_SHOW_FLAGS,
	SEC_SHOW_DEV,
};

struct sec_field {
	const char *name;
	uint16_t attr;
	enum sec_type type;
	enum sec_show show;
	size_t off, size, len_off;
	const struct sec_set *nest;
	const struct sec_name *names;
};

struct sec_set {
	const char *name;
	size_t size;
	const struct sec_field *fields;	/* ends with a NULL name */
};

extern const struct sec_set sec_sel_set, sec_mark_set, sec_algo_set;
extern const struct sec_set sec_encap_set, sec_limits_set, sec_usage_set;
extern const struct sec_set sec_counter_set, sec_tmpl_set;
extern const struct sec_set sec_sa_set, sec_policy_set, sec_acquire_set;
extern const struct sec_set sec_lookup_set, sec_stats_set, sec_settings_set;

/* The set of a command's attributes; NULL for an unknown command. */
const struct sec_set *sec_set_of_command(unsigned int cmd);

/* Append all present members of @obj to @nlh, whose buffer has @size octets. */
int sec_put(struct nlmsghdr *nlh, size_t size, const struct sec_set *set,
	    const void *obj, struct sec_diag *diag);

/* Fill the zeroed @obj; attributes of a newer kernel are passed over. */
int sec_get(const void *attrs, size_t len, const struct sec_set *set,
	    void *obj, struct sec_diag *diag);

/* Add an element to a list and return it; NULL without memory. */
void *sec_list_add(struct sec_list *list, const struct sec_set *set);

/* Free lists and blobs and wipe the object, keys included. */
void sec_clear(const struct sec_set *set, void *obj);

/* All present members as a JSON object whose keys are the attribute names. */
struct json_object *sec_json(const struct sec_set *set, const void *obj);

/*
 * Name of the attribute at octet @off after @attrs, like "enc.key", for the
 * offset in an extended ack. Empty if none is there.
 */
void sec_attr_path(const void *attrs, size_t len, size_t off,
		   const struct sec_set *set, char *buf, size_t size);
const char *sec_attr_name(const struct sec_set *set, unsigned int attr);

#endif /* SEC_CODEC_H */
