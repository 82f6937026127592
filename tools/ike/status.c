// SPDX-License-Identifier: GPL-2.0
/*
 * What is up and what is not, as JSON.
 */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon.h"

static void put(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void put_int(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

static void put_addr(struct json_object *o, const char *key, const struct ike_addr *a)
{
	char text[IKE_ADDR_TEXT];

	put(o, key, ike_addr_print(a, text, sizeof(text)));
}

static void put_id(struct json_object *o, const char *key, uint8_t type, struct ike_buf id)
{
	char text[512];

	put(o, key, ike_id_print(type, id, text, sizeof(text)));
}

static void put_spi(struct json_object *o, const char *key, const uint8_t *spi, size_t n)
{
	char text[20];
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", spi[i]);
	put(o, key, text);
}

/* Seconds from @now to @at, nothing if that is never. */
static void put_in(struct json_object *o, const char *key, uint64_t now, uint64_t at)
{
	if (at != UINT64_MAX)
		put_int(o, key, at > now ? (at - now) / 1000 : 0);
}

static struct json_object *child(struct ike_daemon *d, const struct ike_child *ch, uint64_t now)
{
	struct json_object *o = json_object_new_object();
	struct ike_kern_use use;
	struct ike_proposal p;
	char text[1024];

	put(o, "name", ch->conf->name);
	put(o, "state", ch->busy ? "ending" : "up");
	put(o, "mode", ch->transport ? "transport" : "tunnel");
	put_int(o, "reqid", ch->reqid);
	put_spi(o, "spi-in", (const uint8_t *)&ch->spi_in, 4);
	put_spi(o, "spi-out", (const uint8_t *)&ch->spi_out, 4);
	p = ch->chosen;
	put(o, "proposal", ike_proposal_print(&p, text, sizeof(text)));
	put(o, "local-ts", ike_ts_list_print(ch->local, ch->n_local, text, sizeof(text)));
	put(o, "remote-ts", ike_ts_list_print(ch->remote, ch->n_remote, text, sizeof(text)));
	put_in(o, "rekey-in", now, ch->rekey_at);
	put_in(o, "life-left", now, ch->expire_at);
	if (ch->in_kernel && !ike_nfsec_ops.query_sa(d->kern, ch->chosen.proto, ch->spi_in,
						     &ch->src, &use)) {
		put_int(o, "packets-in", use.packets);
		put_int(o, "octets-in", use.octets);
	}
	if (ch->out_kernel && !ike_nfsec_ops.query_sa(d->kern, ch->chosen.proto, ch->spi_out,
						      &ch->dst, &use)) {
		put_int(o, "packets-out", use.packets);
		put_int(o, "octets-out", use.octets);
	}
	return o;
}

static struct json_object *one_sa(struct ike_daemon *d, const struct ike_sa *sa, uint64_t now)
{
	struct json_object *o = json_object_new_object(), *l = json_object_new_array();
	static const char *const inner[] = { "local-inner4", "local-inner6", "remote-inner4",
					     "remote-inner6" };
	const struct ike_child *ch;
	char text[1024];
	unsigned int i;

	put(o, "state", ike_state_name(sa->state));
	put(o, "role", sa->initiator ? "initiator" : "responder");
	put_spi(o, "spi-i", sa->spi_i, 8);
	put_spi(o, "spi-r", sa->spi_r, 8);
	put_addr(o, "local", &sa->local);
	put_addr(o, "remote", &sa->remote);
	if (sa->have_keys)
		put(o, "proposal", ike_proposal_print(&sa->chosen, text, sizeof(text)));
	if (sa->peer_id.p)
		put_id(o, "remote-id", sa->peer_id_type, sa->peer_id);
	if (sa->nat_us)
		put(o, "nat", sa->nat_peer ? "both" : "local");
	else if (sa->nat_peer)
		put(o, "nat", "remote");
	for (i = 0; i < 2; i++)
		if (sa->vip[i].len)
			put_addr(o, sa->vip_ours ? inner[i] : inner[2 + i], &sa->vip[i]);
	if (sa->state == IKE_S_UP) {
		put_in(o, "rekey-in", now, sa->rekey_at);
		put_in(o, "reauth-in", now, sa->reauth_at);
	}
	for (ch = sa->children; ch; ch = ch->next)
		json_object_array_add(l, child(d, ch, now));
	json_object_object_add(o, "children", l);
	return o;
}

static struct json_object *connection(struct ike_daemon *d, unsigned int i, uint64_t now)
{
	struct json_object *o = json_object_new_object(), *kids = json_object_new_array();
	struct json_object *sas = json_object_new_array(), *k;
	const struct ike_peer_conf *p = &d->setup->peers[i];
	const struct ike_setup_peer *m = &d->setup->more[i];
	struct ike_sa *sa = ike_peer_sa(d, i);
	uint64_t at, next = UINT64_MAX;
	char text[512];
	unsigned int c;

	put(o, "name", p->name);
	put(o, "state", !sa ? "down" : sa->state == IKE_S_UP ? "up" : "connecting");
	put_addr(o, "local", &p->local);
	put_addr(o, "remote", &p->remote);
	put_id(o, "local-id", p->local_id.type, p->local_id.data);
	put_id(o, "remote-id", p->remote_id.type, p->remote_id.data);
	for (c = 0; !sa && c < p->n_children; c++)
		if (ike_wanted(d->ctx, p, &p->children[c], &at) && at < next)
			next = at;
	put_in(o, "retry-in", now, next);
	for (c = 0; c < p->n_children; c++) {
		k = json_object_new_object();
		put(k, "name", p->children[c].name);
		put(k, "state", ike_peer_child(d, i, c) ? "up" :
				m->kids[c].trapped ? "waiting" : "down");
		put_int(k, "reqid", p->children[c].reqid);
		put(k, "local-ts", ike_ts_list_print(p->children[c].local, p->children[c].n_local,
						     text, sizeof(text)));
		put(k, "remote-ts", ike_ts_list_print(p->children[c].remote,
						      p->children[c].n_remote, text,
						      sizeof(text)));
		json_object_array_add(kids, k);
	}
	for (c = 0; c < m->n_shunts; c++) {
		const struct ike_conf_child *s = m->shunts[c].conf;

		k = json_object_new_object();
		put(k, "name", s->item.name);
		put(k, "state", !m->shunts[c].on ? "down" :
				s->mode == IKE_CONF_PASS ? "pass" : "drop");
		put(k, "local-ts", ike_ts_list_print(s->local_ts.v, s->local_ts.n, text,
						     sizeof(text)));
		put(k, "remote-ts", ike_ts_list_print(s->remote_ts.v, s->remote_ts.n, text,
						      sizeof(text)));
		json_object_array_add(kids, k);
	}
	json_object_object_add(o, "children", kids);
	for (sa = ike_sa_next(d->ctx, NULL); sa; sa = ike_sa_next(d->ctx, sa))
		if (sa->peer == p && sa->state != IKE_S_GONE)
			json_object_array_add(sas, one_sa(d, sa, now));
	json_object_object_add(o, "sas", sas);
	return o;
}

struct json_object *ike_status(struct ike_daemon *d, uint64_t now)
{
	struct json_object *o = json_object_new_object(), *l = json_object_new_array();
	unsigned int i;

	for (i = 0; i < d->setup->n; i++)
		json_object_array_add(l, connection(d, i, now));
	json_object_object_add(o, "connections", l);
	return o;
}
