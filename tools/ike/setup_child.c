// SPDX-License-Identifier: GPL-2.0
/*
 * Children of the machine, and policies without an SA, from those of the configuration.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include <uapi/nfsec.h>

#include "../lib/util.h"
#include "sa.h"
#include "setup.h"

uint64_t ike_setup_less(uint64_t t, uint64_t rand)
{
	uint64_t r;

	if (rand >= t)
		rand = t ? t - 1 : 0;
	if (rand && RAND_bytes((unsigned char *)&r, sizeof(r)) == 1)
		t -= r % (rand + 1);
	return t;
}

static void refuse_child(struct ike_setup_ctx *x, const struct ike_conf_child *c)
{
	const struct { bool is; const char *what; } no[] = {
		{ c->updown && c->updown[0] != '/', "updown without an absolute path" },
		{ c->mark_in.unique || c->mark_out.unique ||
		  c->set_mark_in.unique || c->set_mark_out.unique,
		  "a mark that is not a number" },
		{ c->if_id_in.mask || c->if_id_out.mask, "if_id_in or if_id_out" },
		{ c->tfc_padding == IKE_CONF_TFC_MTU, "tfc_padding = mtu" },
		{ c->reqid >= IKE_REQID_FIRST && c->reqid <= IKE_REQID_LAST,
		  "a reqid from 1000000 to 1999999, which are automatic ones," },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(no); i++)
		if (no[i].is)
			ike_setup_error(x, &c->item, "child \"%s\": %s is not supported yet",
					c->item.name, no[i].what);
}

static void opts_of(struct ike_nfsec_opts *o, const struct ike_conf_child *c)
{
	*o = (struct ike_nfsec_opts){
		.priority = c->priority, .replay_window = c->replay_window, .tfc = c->tfc_padding,
		.mark_in = c->set_mark_in.value, .mask_in = c->set_mark_in.mask,
		.mark_out = c->set_mark_out.value, .mask_out = c->set_mark_out.mask,
		.soft_bytes = ike_setup_less(c->bytes.rekey, c->bytes.rand),
		.hard_bytes = c->bytes.life,
		.soft_packets = ike_setup_less(c->packets.rekey, c->packets.rand),
		.hard_packets = c->packets.life,
	};
	if (!c->copy_ecn)
		o->flags |= NFSEC_SA_FLAGS_NOECN;
	if (!c->copy_df)
		o->flags |= NFSEC_SA_FLAGS_NOPMTUDISC;
	if (c->copy_dscp == IKE_CONF_COPY_IN || c->copy_dscp == IKE_CONF_COPY_BOTH)
		o->flags |= NFSEC_SA_FLAGS_DECAP_DSCP;
	if (c->copy_dscp == IKE_CONF_COPY_IN || c->copy_dscp == IKE_CONF_COPY_NO)
		o->flags |= NFSEC_SA_FLAGS_DONT_ENCAP_DSCP;
}

/* The reqid that this child had before, 0 if there was none. */
static uint32_t old_reqid(const struct ike_setup *old, const char *conn, const char *child)
{
	unsigned int i, k;

	for (i = 0; old && i < old->n; i++) {
		if (strcmp(old->more[i].conf->item.name, conn))
			continue;
		for (k = 0; k < old->peers[i].n_children; k++)
			if (!strcmp(old->peers[i].children[k].name, child))
				return old->peers[i].children[k].reqid;
	}
	return 0;
}

static bool taken(const struct ike_setup *s, uint32_t reqid)
{
	return reqid && s && ike_setup_by_reqid(s, reqid, NULL, NULL);
}

static uint32_t new_reqid(const struct ike_setup *s, const struct ike_setup *old)
{
	uint32_t r = IKE_REQID_FIRST;

	while (taken(s, r) || taken(old, r))
		r++;
	return r;
}

/* What is wanted for ever is made again whatever ended it; what somebody asked for, if the
 * peer was dead.
 */
static void actions(struct ike_child_conf *v, const struct ike_conf_child *c)
{
	v->forever = c->start_action & IKE_CONF_START;
	v->dpd_action = v->forever || (c->dpd_action & IKE_CONF_START) ? IKE_ACTION_START
								       : IKE_ACTION_ASKED;
	v->close_action = v->forever || (c->close_action & IKE_CONF_START) ? IKE_ACTION_START
									   : IKE_ACTION_NONE;
}

unsigned int ike_setup_shunt_n(const struct ike_conf_child *c)
{
	return c->local_ts.n * c->remote_ts.n * 4;
}

/* Dynamic ones are all addresses of a family: there is no peer. */
static bool shunt_ts(struct ike_ts *t, bool six)
{
	static const uint8_t zero[16];

	if (!t->dynamic)
		return (t->type == IKE_TS_IPV6) == six;
	ike_ts_resolve(t, zero, six ? 16 : 4);
	memset(t->hi, 0xff, six ? 16 : 4);
	return true;
}

bool ike_setup_shunt_policy(const struct ike_conf_child *c, unsigned int no,
			    struct ike_kern_policy *p)
{
	struct ike_ts l = c->local_ts.v[no / 4 / c->remote_ts.n];
	struct ike_ts r = c->remote_ts.v[no / 4 % c->remote_ts.n];
	const struct ike_conf_mark *mark;
	bool six = no & 2;

	if (!shunt_ts(&l, six) || !shunt_ts(&r, six) || !ike_child_pair(&l, &r))
		return false;
	*p = (struct ike_kern_policy){
		.inbound = no & 1, .proto = IKE_PROTO_ESP, .priority = c->priority,
		.action = c->mode == IKE_CONF_PASS ? IKE_KERN_PASS : IKE_KERN_DROP,
	};
	mark = p->inbound ? &c->mark_in : &c->mark_out;
	p->mark = mark->value & mark->mask;
	p->mask = mark->mask;
	p->from = p->inbound ? r : l;
	p->to = p->inbound ? l : r;
	return true;
}

static void shunt(struct ike_setup_ctx *x, struct ike_setup_peer *m,
		  const struct ike_conf_child *c)
{
	m->shunts[m->n_shunts++].conf = c;
	if (!c->start_action)
		x->log->say(x->log->ctx, IKE_CONF_WARNING, c->item.file, c->item.line,
			    "mode = pass or drop does nothing without a start_action");
}

/* Whether several peers may use a connection at the same time. */
static bool for_many(const struct ike_conf_conn *c)
{
	const struct ike_conf_id *id = c->remote.n ? &c->remote.v[0]->id : NULL;

	return c->pools.n || !id || !id->type ||
	       (id->data.n && memchr(id->data.p, '*', id->data.n));
}

void ike_setup_children(struct ike_setup_ctx *x, unsigned int i, const struct ike_setup *old)
{
	struct ike_setup_peer *m = &x->s->more[i];
	struct ike_peer_conf *p = &x->s->peers[i];
	struct ike_child_conf *v;
	unsigned int n, k;

	v = calloc(m->conf->n_children + 1, sizeof(*v));
	m->shunts = calloc(m->conf->n_children + 1, sizeof(*m->shunts));
	m->kids = calloc(m->conf->n_children + 1, sizeof(*m->kids));
	p->children = v;
	if (!v || !m->kids || !m->shunts) {
		x->errors++;
		return;
	}
	for (n = 0; n < m->conf->n_children; n++) {
		struct ike_conf_child *c = m->conf->children[n];

		refuse_child(x, c);
		if (c->mode == IKE_CONF_PASS || c->mode == IKE_CONF_DROP) {
			shunt(x, m, c);
			continue;
		}
		k = p->n_children;
		ike_setup_algs(x, &c->item, &c->esp);
		m->kids[k].conf = c;
		opts_of(&m->kids[k].opts, c);
		v[k] = (struct ike_child_conf){
			.name = c->item.name, .esp = c->esp.v, .n_esp = c->esp.n,
			.local = c->local_ts.v, .n_local = c->local_ts.n,
			.remote = c->remote_ts.v, .n_remote = c->remote_ts.n,
			.transport = c->mode == IKE_CONF_TRANSPORT,
			.rekey_ms = ike_setup_less(c->time.rekey * 1000, c->time.rand * 1000),
			.life_ms = c->time.life * 1000, .idle_ms = c->inactivity * 1000,
			.reqid = c->reqid,
			.mark_in = c->mark_in.value & c->mark_in.mask,
			.mask_in = c->mark_in.mask,
			.mark_out = c->mark_out.value & c->mark_out.mask,
			.mask_out = c->mark_out.mask,
		};
		actions(&v[k], c);
		if (!v[k].reqid) {
			uint32_t r = old_reqid(old, m->conf->item.name, c->item.name);

			v[k].reqid = r >= IKE_REQID_FIRST && r <= IKE_REQID_LAST ?
				     r : new_reqid(x->s, old);
			v[k].many = for_many(m->conf);
		}
		p->n_children = k + 1;
	}
}
