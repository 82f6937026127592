// SPDX-License-Identifier: GPL-2.0
/*
 * Sections connections.<conn>.children.
 */
#include <string.h>

#include "conf_int.h"
#include "kernel.h"

static const uint8_t proto_esp = IKE_PROTO_ESP;

static const struct conf_word modes[] = {
	{ "tunnel", IKE_CONF_TUNNEL }, { "transport", IKE_CONF_TRANSPORT },
	{ "pass", IKE_CONF_PASS }, { "drop", IKE_CONF_DROP },
	{ "beet", 0, "modes are tunnel and transport" },
	{ "iptfs", 0, "modes are tunnel and transport" },
	{ "transport_proxy", 0, "modes are tunnel and transport" }, { NULL },
};

static const struct conf_word actions[] = {
	{ "none", 0 }, { "trap", IKE_CONF_TRAP }, { "start", IKE_CONF_START },
	{ "trap|start", IKE_CONF_TRAP | IKE_CONF_START },
	{ "start|trap", IKE_CONF_TRAP | IKE_CONF_START },
	{ "clear", 0 }, { "restart", IKE_CONF_START }, { NULL },
};

static const struct conf_word dscp_words[] = {
	{ "out", IKE_CONF_COPY_OUT }, { "in", IKE_CONF_COPY_IN }, { "yes", IKE_CONF_COPY_BOTH },
	{ "no", IKE_CONF_COPY_NO }, { NULL },
};

static const struct conf_range window = { 0, 4096 };

#define LIFE(key, measure, part, type)	\
	{ key, &conf_##type, offsetof(struct ike_conf_child, measure.part) }

const struct conf_key conf_child_keys[] = {
	{ "esp_proposals", &conf_proposals, offsetof(struct ike_conf_child, esp), &proto_esp },
	CONF_KEY(child, local_ts, ts_list),
	CONF_KEY(child, remote_ts, ts_list),
	LIFE("rekey_time", time, rekey, time),
	LIFE("life_time", time, life, time),
	LIFE("rand_time", time, rand, time),
	LIFE("rekey_bytes", bytes, rekey, bytes),
	LIFE("life_bytes", bytes, life, bytes),
	LIFE("rand_bytes", bytes, rand, bytes),
	LIFE("rekey_packets", packets, rekey, count),
	LIFE("life_packets", packets, life, count),
	LIFE("rand_packets", packets, rand, count),
	CONF_KEY(child, updown, str),
	CONF_KEY(child, mode, enum, modes),
	CONF_KEY(child, dpd_action, enum, actions),
	CONF_KEY(child, close_action, enum, actions),
	CONF_KEY(child, start_action, enum, actions),
	CONF_KEY(child, priority, num, &conf_any_u32),
	CONF_KEY(child, reqid, num, &conf_any_u32),
	CONF_KEY(child, mark_in, mark),
	CONF_KEY(child, mark_out, mark),
	CONF_KEY(child, set_mark_in, set_mark),
	CONF_KEY(child, set_mark_out, set_mark),
	CONF_KEY(child, if_id_in, if_id),
	CONF_KEY(child, if_id_out, if_id),
	CONF_KEY(child, tfc_padding, tfc),
	CONF_KEY(child, replay_window, num, &window),
	CONF_KEY(child, inactivity, time),
	CONF_KEY(child, copy_df, bool),
	CONF_KEY(child, copy_ecn, bool),
	CONF_KEY(child, copy_dscp, enum, dscp_words),
	CONF_NOT("ah_proposals"), CONF_NOT("sha256_96"), CONF_NOT("hostaccess"),
	CONF_NOT("policies"), CONF_NOT("policies_fwd_out"), CONF_NOT("ipcomp"),
	CONF_NOT("interface"), CONF_NOT("mark_in_sa"), CONF_NOT("hw_offload"), CONF_NOT("label"),
	CONF_NOT("label_mode"), CONF_NOT("per_cpu_sas"),
	{ "iptfs_", .suffix = true },
	CONF_END
};

static void life(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_life *l,
		 uint64_t rekey, const char *what)
{
	if (l->rekey == CONF_UNSET)
		l->rekey = rekey;
	if (l->life == CONF_UNSET)
		l->life = l->rekey + l->rekey / 10;
	if (l->rand == CONF_UNSET)
		l->rand = l->life > l->rekey ? l->life - l->rekey : 0;
	if (l->rekey && l->life && l->life <= l->rekey)
		conf_warn(x, n, "child \"%s\" ends before it is rekeyed: life_%s is not more than "
			  "rekey_%s", n->name, what, what);
	else if (l->rekey && l->rand > l->rekey)
		conf_warn(x, n, "child \"%s\": rand_%s is more than rekey_%s", n->name, what, what);
}

static void unset(struct ike_conf_life *l)
{
	l->rekey = CONF_UNSET;
	l->life = CONF_UNSET;
	l->rand = CONF_UNSET;
}

static void defaults(struct conf_ctx *x, const struct conf_node *n, struct ike_conf_child *c)
{
	struct conf_node d = *n;

	life(x, n, &c->time, 3600, "time");
	life(x, n, &c->bytes, 0, "bytes");
	life(x, n, &c->packets, 0, "packets");
	d.value = "default";
	if (!c->esp.n)
		conf_proposals.read(x, &d, &c->esp, &proto_esp);
	d.value = "dynamic";
	if (!c->local_ts.n)
		conf_ts_list.read(x, &d, &c->local_ts, NULL);
	if (!c->remote_ts.n)
		conf_ts_list.read(x, &d, &c->remote_ts, NULL);
}

static struct ike_conf_child *child(struct conf_ctx *x, const struct conf_node *n,
				    const struct conf_view *v)
{
	static const char *const none[] = { NULL };
	struct ike_conf_child *c = conf_need(x, conf_alloc(x->c->mem, sizeof(*c)));
	struct conf_iter it = { v, 0, NULL };
	struct conf_node *s;

	if (!c)
		return NULL;
	c->item.name = conf_need(x, conf_strndup(x->c->mem, n->name, strlen(n->name)));
	c->item.file = n->file;
	c->item.line = n->line;
	unset(&c->time);
	unset(&c->bytes);
	unset(&c->packets);
	c->replay_window = IKE_REPLAY_WINDOW;
	c->copy_df = true;
	c->copy_ecn = true;
	conf_keys(x, v, conf_child_keys, c);
	while ((s = conf_next(x, &it, true)))
		conf_unknown(x, s, none);
	defaults(x, n, c);
	return c;
}

void conf_read_children(struct conf_ctx *x, const struct conf_view *v, struct ike_conf_conn *conn)
{
	static const struct conf_key none[] = { CONF_END };
	struct conf_iter it = { v, 0, NULL };
	struct ike_conf_child *c;
	struct conf_view sub;
	struct conf_node *n;

	conf_keys(x, v, none, NULL);
	while (!x->no_memory && (n = conf_next(x, &it, true))) {
		conf_view_child(x, &sub, v, n->name);
		c = child(x, n, &sub);
		conn->children = conf_need(x, conf_grow(x->c->mem, conn->children, conn->n_children,
							sizeof(*conn->children)));
		if (!c || !conn->children)
			return;
		conn->children[conn->n_children++] = c;
	}
}
