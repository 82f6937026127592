// SPDX-License-Identifier: GPL-2.0
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

#define AT(obj, field)		((void *)((char *)(obj) + (field)->off))
#define CAT(obj, field)		((const void *)((const char *)(obj) + \
						(field)->off))

static uint64_t has_of(const void *obj)
{
	return *(const uint64_t *)obj;
}

static uint16_t bin_len(const struct sec_field *f, const void *obj)
{
	uint16_t len;

	memcpy(&len, (const char *)obj + f->len_off, sizeof(len));
	return len;
}

static uint64_t number_of(const struct sec_field *f, const void *obj)
{
	const void *p = CAT(obj, f);

	switch (f->type) {
	case SEC_U8:
		return *(const uint8_t *)p;
	case SEC_U16:
		return *(const uint16_t *)p;
	case SEC_U32:
		return *(const uint32_t *)p;
	default:
		return *(const uint64_t *)p;
	}
}

static const void *blob_of(const struct sec_field *f, const void *obj)
{
	const void *p;

	memcpy(&p, CAT(obj, f), sizeof(p));
	return p;
}

/* Writing */

static bool put_nest(struct nlmsghdr *nlh, size_t size,
		     const struct sec_field *f, const void *obj,
		     struct sec_diag *diag)
{
	struct nlattr *nest = mnl_attr_nest_start_check(nlh, size, f->attr);

	if (!nest || sec_put(nlh, size, f->nest, obj, diag))
		return false;
	mnl_attr_nest_end(nlh, nest);
	return true;
}

static bool put_list(struct nlmsghdr *nlh, size_t size,
		     const struct sec_field *f, const void *obj,
		     struct sec_diag *diag)
{
	const struct sec_list *list = CAT(obj, f);
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (!put_nest(nlh, size, f,
			      (char *)list->p + i * f->nest->size, diag))
			return false;
	return true;
}

static bool put_field(struct nlmsghdr *nlh, size_t size,
		      const struct sec_field *f, const void *obj,
		      struct sec_diag *diag)
{
	const struct sec_addr *addr = CAT(obj, f);

	switch (f->type) {
	case SEC_U8:
	case SEC_U16:
	case SEC_U32:
	case SEC_U64:
		return mnl_attr_put_check(nlh, size, f->attr, f->size,
					  CAT(obj, f));
	case SEC_ADDR:
		return mnl_attr_put_check(nlh, size, f->attr, addr->len,
					  addr->b);
	case SEC_STR:
		return mnl_attr_put_strz_check(nlh, size, f->attr,
					       CAT(obj, f));
	case SEC_BIN:
		return mnl_attr_put_check(nlh, size, f->attr,
					  bin_len(f, obj), CAT(obj, f));
	case SEC_BLOB:
		return mnl_attr_put_check(nlh, size, f->attr,
					  bin_len(f, obj), blob_of(f, obj));
	case SEC_FLAG:
		return mnl_attr_put_check(nlh, size, f->attr, 0, NULL);
	case SEC_NEST:
		return put_nest(nlh, size, f, CAT(obj, f), diag);
	case SEC_LIST:
		return put_list(nlh, size, f, obj, diag);
	}
	return false;
}

int sec_put(struct nlmsghdr *nlh, size_t size, const struct sec_set *set,
	    const void *obj, struct sec_diag *diag)
{
	const struct sec_field *f;

	for (f = set->fields; f->name; f++) {
		if (!(has_of(obj) & SEC_BIT(f->attr)))
			continue;
		if (!put_field(nlh, size, f, obj, diag))
			return sec_fail(diag,
					"the request does not fit a message at %s",
					f->name);
	}
	return 0;
}

/* Reading */

void *sec_list_add(struct sec_list *list, const struct sec_set *set)
{
	char *p = realloc(list->p, (list->n + 1) * set->size);

	if (!p)
		return NULL;
	list->p = p;
	p += list->n * set->size;
	list->n++;
	memset(p, 0, set->size);
	return p;
}

static int get_addr(struct sec_addr *addr, const void *data, size_t len)
{
	if (len != 4 && len != 16)
		return -1;
	addr->len = len;
	memcpy(addr->b, data, len);
	return 0;
}

static int get_str(char *str, size_t size, const char *data, size_t len)
{
	size_t n = strnlen(data, len);

	if (n >= size)
		n = size - 1;
	memcpy(str, data, n);
	str[n] = '\0';
	return 0;
}

static int get_blob(const struct sec_field *f, void *obj, const void *data,
		    uint16_t len)
{
	void *p;

	free((void *)blob_of(f, obj));
	p = malloc(len ? len : 1);
	memcpy(AT(obj, f), &p, sizeof(p));
	if (!p)
		return -1;
	memcpy(p, data, len);
	memcpy((char *)obj + f->len_off, &len, sizeof(len));
	return 0;
}

static int get_field(const struct sec_field *f, void *obj,
		     const struct nlattr *attr, struct sec_diag *diag)
{
	const void *data = mnl_attr_get_payload(attr);
	uint16_t len = mnl_attr_get_payload_len(attr);
	void *elem;

	switch (f->type) {
	case SEC_U8:
	case SEC_U16:
	case SEC_U32:
	case SEC_U64:
		if (len != f->size)
			return -1;
		memcpy(AT(obj, f), data, len);
		return 0;
	case SEC_ADDR:
		return get_addr(AT(obj, f), data, len);
	case SEC_STR:
		return get_str(AT(obj, f), f->size, data, len);
	case SEC_BIN:
		if (len > f->size)
			return -1;
		memcpy(AT(obj, f), data, len);
		memcpy((char *)obj + f->len_off, &len, sizeof(len));
		return 0;
	case SEC_BLOB:
		return get_blob(f, obj, data, len);
	case SEC_FLAG:
		return 0;
	case SEC_NEST:
		return sec_get(data, len, f->nest, AT(obj, f), diag);
	case SEC_LIST:
		elem = sec_list_add(AT(obj, f), f->nest);
		if (!elem)
			return -1;
		return sec_get(data, len, f->nest, elem, diag);
	}
	return -1;
}

static const struct sec_field *field_of(const struct sec_set *set,
					unsigned int attr)
{
	const struct sec_field *f;

	for (f = set->fields; f->name; f++)
		if (f->attr == attr)
			return f;
	return NULL;
}

int sec_get(const void *attrs, size_t len, const struct sec_set *set,
	    void *obj, struct sec_diag *diag)
{
	const struct nlattr *attr = attrs;
	const char *end = (const char *)attrs + len;
	uint64_t *has = obj;

	while (mnl_attr_ok(attr, end - (const char *)attr)) {
		const struct sec_field *f;

		f = field_of(set, mnl_attr_get_type(attr));
		if (f) {
			if (get_field(f, obj, attr, diag))
				return sec_fail(diag,
						"the kernel sent a malformed %s in %s",
						f->name, set->name);
			*has |= SEC_BIT(f->attr);
		}
		attr = mnl_attr_next(attr);
	}
	return 0;
}

void sec_clear(const struct sec_set *set, void *obj)
{
	const struct sec_field *f;

	for (f = set->fields; f->name; f++) {
		struct sec_list *list;
		unsigned int i;

		if (f->type == SEC_BLOB)
			free((void *)blob_of(f, obj));
		if (f->type != SEC_LIST)
			continue;
		list = AT(obj, f);
		for (i = 0; i < list->n; i++)
			sec_clear(f->nest,
				  (char *)list->p + i * f->nest->size);
		free(list->p);
	}
	explicit_bzero(obj, set->size);
}

/* JSON */

static struct json_object *json_hex(const uint8_t *b, size_t len, bool reverse)
{
	struct json_object *json;
	char *text = malloc(2 * len + 3);
	size_t i;

	if (!text)
		return NULL;
	strcpy(text, "0x");
	for (i = 0; i < len; i++)
		sprintf(text + 2 + 2 * i, "%02x", b[reverse ? len - 1 - i : i]);
	json = json_object_new_string(text);
	explicit_bzero(text, 2 * len + 3);
	free(text);
	return json;
}

/* The highest sequence number is the lowest bit; leading zeros say nothing. */
static struct json_object *json_bitmap(const uint8_t *b, size_t len)
{
	while (len > 1 && !b[len - 1])
		len--;
	return json_hex(b, len, true);
}

static struct json_object *json_flags(const struct sec_name *names,
				      uint64_t flags)
{
	struct json_object *list = json_object_new_array();

	for (; names->name; names++) {
		if (!(flags & names->value))
			continue;
		flags &= ~(uint64_t)names->value;
		json_object_array_add(list,
				      json_object_new_string(names->name));
	}
	if (flags)
		json_object_array_add(list, json_object_new_uint64(flags));
	return list;
}

static struct json_object *json_number(const struct sec_field *f,
				       const void *obj)
{
	uint64_t n = number_of(f, obj);
	const char *name;

	if (f->show == SEC_SHOW_FLAGS)
		return json_flags(f->names, n);
	if (f->show == SEC_SHOW_ENUM) {
		name = sec_name_of(f->names, n);
		if (name)
			return json_object_new_string(name);
	}
	return json_object_new_uint64(n);
}

static struct json_object *json_list(const struct sec_field *f,
				     const void *obj)
{
	const struct sec_list *list = CAT(obj, f);
	struct json_object *json = json_object_new_array();
	unsigned int i;

	for (i = 0; i < list->n; i++)
		json_object_array_add(json, sec_json(f->nest, (char *)list->p +
						     i * f->nest->size));
	return json;
}

static struct json_object *json_field(const struct sec_field *f,
				      const void *obj)
{
	char text[SEC_ADDR_TEXT_MAX];

	switch (f->type) {
	case SEC_U8:
	case SEC_U16:
	case SEC_U32:
	case SEC_U64:
		return json_number(f, obj);
	case SEC_ADDR:
		return json_object_new_string(sec_addr_text(CAT(obj, f),
							    AF_INET, text));
	case SEC_STR:
		return json_object_new_string(CAT(obj, f));
	case SEC_BIN:
		return json_hex(CAT(obj, f), bin_len(f, obj), false);
	case SEC_BLOB:
		return json_bitmap(blob_of(f, obj), bin_len(f, obj));
	case SEC_FLAG:
		return json_object_new_boolean(1);
	case SEC_NEST:
		return sec_json(f->nest, CAT(obj, f));
	case SEC_LIST:
		return json_list(f, obj);
	}
	return NULL;
}

struct json_object *sec_json(const struct sec_set *set, const void *obj)
{
	struct json_object *json = json_object_new_object();
	const struct sec_field *f;
	char dev[IF_NAMESIZE];

	for (f = set->fields; f->name; f++) {
		if (!(has_of(obj) & SEC_BIT(f->attr)))
			continue;
		json_object_object_add(json, f->name, json_field(f, obj));
		if (f->show == SEC_SHOW_DEV &&
		    if_indextoname(number_of(f, obj), dev))
			json_object_object_add(json, "dev",
					       json_object_new_string(dev));
	}
	return json;
}

/* Names for the offsets in an extended ack */

const char *sec_attr_name(const struct sec_set *set, unsigned int attr)
{
	const struct sec_field *f = set ? field_of(set, attr) : NULL;

	return f ? f->name : NULL;
}

void sec_attr_path(const void *attrs, size_t len, size_t off,
		   const struct sec_set *set, char *buf, size_t size)
{
	const struct nlattr *attr = attrs;
	const char *end = (const char *)attrs + len;

	buf[0] = '\0';
	while (mnl_attr_ok(attr, end - (const char *)attr)) {
		size_t pos = (const char *)attr - (const char *)attrs;
		const struct sec_field *f;
		size_t used;

		if (off < pos || off >= pos + mnl_attr_get_len(attr)) {
			attr = mnl_attr_next(attr);
			continue;
		}
		f = field_of(set, mnl_attr_get_type(attr));
		if (!f)
			return;
		used = snprintf(buf, size, "%s", f->name);
		if (f->nest && off >= pos + MNL_ATTR_HDRLEN &&
		    used + 2 < size) {
			sec_attr_path(mnl_attr_get_payload(attr),
				      mnl_attr_get_payload_len(attr),
				      off - pos - MNL_ATTR_HDRLEN, f->nest,
				      buf + used + 1, size - used - 1);
			if (buf[used + 1])
				buf[used] = '.';
		}
		return;
	}
}
