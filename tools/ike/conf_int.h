/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the configuration share: memory, the tree of what was
 * written, views of it with inheritance, and tables of keys.
 */
#ifndef IKE_CONF_INT_H
#define IKE_CONF_INT_H

#include "conf.h"

#define CONF_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define CONF_UNSET		UINT64_MAX	/* a number that was not given */
#define CONF_DEPTH_MAX		16	/* sections in sections */
#define CONF_INCLUDE_MAX	16	/* files in files */
#define CONF_FILES_MAX		1024
#define CONF_FILE_MAX		(16u << 20)
#define CONF_MEM_MAX		(256u << 20)
#define CONF_VIEW_MAX		64	/* sections that one inherits from */
#define CONF_NAME_MAX		255
#define CONF_SAID_MAX		50	/* errors, and warnings, that are told */

/* conf_mem.c: memory that is freed, wiped, as a whole. Zeroed; NULL beyond CONF_MEM_MAX. */
struct ike_conf_mem *conf_mem_new(void);
void *conf_alloc(struct ike_conf_mem *m, size_t n);
/* The array at @old of @n objects of @size, with room for one more, which is zero. */
void *conf_grow(struct ike_conf_mem *m, void *old, unsigned int n, size_t size);
char *conf_strndup(struct ike_conf_mem *m, const char *s, size_t n);
void conf_mem_free(struct ike_conf_mem *m);

/**
 * struct conf_node - a section or a key
 * @name: of it
 * @value: NULL for a section
 * @file: where it is, for messages
 * @line: the same
 * @open: references of it are being followed
 * @used: a reference or a reader has come by
 * @n_refs: number of @refs
 * @refs: absolute names of sections that it inherits from
 * @parent: NULL for the root
 * @first: of its children
 * @last: of its children
 * @next: sibling
 * @chain: of the hash table
 */
struct conf_node {
	const char *name, *value, *file;
	unsigned int line;
	bool open, used;
	unsigned int n_refs;
	const char **refs;
	struct conf_node *parent, *first, *last, *next, *chain;
};

/**
 * struct conf_ctx - one reading
 * @c: what is being made
 * @tmp: memory of the tree, gone after reading
 * @root: of the tree
 * @hash: children by parent and name
 * @buckets: of @hash, a power of two
 * @nodes: in it
 * @dir: of the first file
 * @files: that were read
 */
struct conf_ctx {
	struct ike_conf *c;
	struct ike_conf_mem *tmp;
	const struct ike_conf_log *log;
	unsigned int flags;
	struct conf_node *root;
	struct conf_node **hash;
	unsigned int buckets, nodes;
	const char *dir;
	unsigned int files;
	bool no_memory;
};

/* conf_lex.c: octets to words */

enum conf_tok {
	CONF_T_END, CONF_T_LINE, CONF_T_NAME, CONF_T_OPEN, CONF_T_CLOSE, CONF_T_ASSIGN,
	CONF_T_COLON, CONF_T_COMMA, CONF_T_BAD,
};

/* @text belongs to @mem; @why is a sentence after CONF_T_BAD. */
struct conf_lex {
	const char *p, *end;
	unsigned int line;
	struct ike_conf_mem *mem;
	char *text;
	const char *why;
};

enum conf_tok conf_lex_next(struct conf_lex *l);
/* The rest of the line as a value, into @text; false with @why. */
bool conf_lex_value(struct conf_lex *l);
/* The next octet that is not blank, without taking it; 0 at the end. */
char conf_lex_peek(struct conf_lex *l);

/* conf_tree.c: words to a tree */

__attribute__((format(printf, 5, 6)))
void conf_say(struct conf_ctx *x, enum ike_conf_level level, const char *file, unsigned int line,
	      const char *fmt, ...);
#define conf_error(x, node, ...) \
	conf_say(x, IKE_CONF_ERROR, (node)->file, (node)->line, __VA_ARGS__)
#define conf_warn(x, node, ...) \
	conf_say(x, IKE_CONF_WARNING, (node)->file, (node)->line, __VA_ARGS__)

/* Says, once, that there is no memory; @p is passed on. */
void *conf_need(struct conf_ctx *x, void *p);
struct conf_node *conf_find(struct conf_ctx *x, const struct conf_node *parent, const char *name,
			    bool section);
void conf_parse(struct conf_ctx *x, struct conf_node *top, const char *file, const char *text,
		size_t n, unsigned int depth);

/* conf_file.c */
void conf_file(struct conf_ctx *x, struct conf_node *top, const char *path,
	       const struct conf_node *by, unsigned int depth);
void conf_include(struct conf_ctx *x, struct conf_node *top, const struct conf_node *by,
		  const char *pattern, unsigned int depth);

/* conf_view.c: a section with all that it inherits, own things first */

struct conf_view {
	struct conf_node *n[CONF_VIEW_MAX];
	unsigned int count;
};

struct conf_iter {
	const struct conf_view *v;
	unsigned int i;
	struct conf_node *at;
};

void conf_view_of(struct conf_ctx *x, struct conf_view *v, struct conf_node *section);
/* Section @name of @v; its count is 0 if there is none. */
void conf_view_child(struct conf_ctx *x, struct conf_view *out, const struct conf_view *v,
		     const char *name);
/* Sections or keys of @it->v, each name once; NULL after the last. */
struct conf_node *conf_next(struct conf_ctx *x, struct conf_iter *it, bool section);

/* conf_key.c: tables of keys */

/**
 * struct conf_type - a kind of value
 * @read: the value of a node into a field; says what is wrong. @arg is the key's
 * @same: whether two fields mean the same
 */
struct conf_type {
	void (*read)(struct conf_ctx *x, const struct conf_node *n, void *field, const void *arg);
	bool (*same)(const void *a, const void *b);
};

/* @type is NULL for one that strongSwan knows and we do not; @arg then may say why. */
struct conf_key {
	const char *name;
	const struct conf_type *type;
	size_t off;
	const void *arg;
	bool suffix;
};

#define CONF_KEY(s, f, t, ...)	{ #f, &conf_##t, offsetof(struct ike_conf_##s, f), __VA_ARGS__ }
#define CONF_NOT(n)		{ n }
#define CONF_END		{ NULL }

/* Reads all keys of @v into @obj; a name that ends is CONF_END. */
void conf_keys(struct conf_ctx *x, const struct conf_view *v, const struct conf_key *keys,
	       void *obj);
bool conf_keys_same(const struct conf_key *keys, const void *a, const void *b);
/* The one of @names (NULL-terminated) nearest to @name, or NULL if none is near. */
const char *conf_near(const char *name, const char *const *names);
/* Says that @n cannot be here. */
void conf_unknown(struct conf_ctx *x, const struct conf_node *n, const char *const *names);
/* Whether @name is @prefix with or without a suffix. */
bool conf_prefix(const char *name, const char *prefix);

/* conf_value.c, conf_addr.c, conf_id.c, conf_list.c: kinds of values */
struct conf_word {
	const char *word;
	uint8_t value;
	const char *not;	/* NULL, or the sentence why it is not supported */
};

struct conf_range {
	uint32_t min, max;
};

extern const struct conf_type conf_bool, conf_num, conf_count, conf_time, conf_bytes, conf_enum,
	conf_str, conf_dscp, conf_mark, conf_set_mark, conf_if_id, conf_tfc;
extern const struct conf_type conf_addrs, conf_vips, conf_pool_range, conf_id, conf_eap_id,
	conf_id_list,
	conf_proposals, conf_ts_list, conf_auth, conf_secret, conf_names, conf_paths, conf_path,
	conf_crls;
extern const struct conf_range conf_any_u32, conf_port;

/*
 * Calls @fn with each part of a comma-separated value, blanks cut off; false if
 * @fn or this said an error. The text is of @x->tmp.
 */
bool conf_split(struct conf_ctx *x, const struct conf_node *n,
		bool (*fn)(struct conf_ctx *x, const struct conf_node *n, char *part, void *ctx),
		void *ctx);
/* 4 or 6, or 0 if @text is no address. */
unsigned int conf_ip(const char *text, uint8_t addr[16]);
/* An address, subnet, or range; false if it is none. */
bool conf_ip_range(const char *text, struct ike_conf_addr *a);
bool conf_id_read(struct conf_ctx *x, const struct conf_node *n, const char *text,
		  struct ike_conf_id *id);
bool conf_id_same(const struct ike_conf_id *a, const struct ike_conf_id *b);
/* "0x..." or "0s..." to octets in @c's memory; else the text itself. */
bool conf_octets(struct conf_ctx *x, const struct conf_node *n, struct ike_buf *out);
/* @name in folder @sub beside the file, unless it is absolute. */
const char *conf_beside(struct conf_ctx *x, const char *sub, const char *name);

/* Readers of sections; each has the keys of its objects for conf_diff.c. */
void conf_read_conns(struct conf_ctx *x, const struct conf_view *v);
void conf_read_children(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_conn *conn);
void conf_read_rounds(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_conn *conn);
void conf_read_secrets(struct conf_ctx *x, const struct conf_view *v);
void conf_read_pools(struct conf_ctx *x, const struct conf_view *v);
void conf_read_authorities(struct conf_ctx *x, const struct conf_view *v);
extern const struct conf_key conf_conn_keys[], conf_child_keys[], conf_local_keys[],
	conf_remote_keys[], conf_secret_keys[], conf_passphrase_keys[], conf_authority_keys[];
bool conf_attrs_same(const struct ike_conf_attrs *a, const struct ike_conf_attrs *b);

/* conf_check.c: what only the whole shows */
void conf_check(struct conf_ctx *x);

#endif /* IKE_CONF_INT_H */
