// SPDX-License-Identifier: GPL-2.0
/*
 * Children and the kernel: SPIs, SAs, policies (RFC 7296 2.8, 2.17).
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "sa.h"

#define IDLE_LOOKS 4	/* how often use is looked at in the time without any */

struct ike_child *ike_child_new(struct ike_sa *sa, const struct ike_child_conf *conf)
{
	struct ike_ctx *c = sa->ctx;
	struct ike_child *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return NULL;
	ch->conf = conf;
	ch->chosen.proto = conf->esp[0].proto;
	ch->src = sa->local;
	ch->dst = sa->remote;
	ch->rekey_at = UINT64_MAX;
	ch->expire_at = UINT64_MAX;
	ch->idle_at = UINT64_MAX;
	if (c->conf.kernel->alloc_spi(c->conf.kern, ch->chosen.proto, &ch->dst, &ch->src,
				      &ch->spi_in)) {
		ike_fail(c, sa, 0, IKE_WHY_KERNEL, "%.32s: the kernel gave no SPI", conf->name);
		free(ch);
		return NULL;
	}
	return ch;
}

bool ike_child_pair(const struct ike_ts *local, const struct ike_ts *remote)
{
	return local->type == remote->type &&
	       (!local->proto || !remote->proto || local->proto == remote->proto);
}

/* Policy @i of a child: each pair of selectors, out and in. False if there is no packet that
 * both of the pair select.
 */
static bool policy(const struct ike_child *ch, const struct ike_addr *src,
		   const struct ike_addr *dst, unsigned int i, struct ike_kern_policy *p)
{
	const struct ike_ts *l = &ch->local[i / 2 / ch->n_remote];
	const struct ike_ts *r = &ch->remote[i / 2 % ch->n_remote];
	bool in = i & 1;

	*p = (struct ike_kern_policy){
		.inbound = in, .transport = ch->transport, .proto = ch->chosen.proto,
		.reqid = ch->reqid, .like = ch->conf->reqid,
		.from = in ? *r : *l, .to = in ? *l : *r,
		.src = in ? *dst : *src, .dst = in ? *src : *dst,
		.mark = in ? ch->conf->mark_in : ch->conf->mark_out,
		.mask = in ? ch->conf->mask_in : ch->conf->mask_out,
	};
	return ike_child_pair(l, r);
}

/* Adds or removes the policies of each pair of selectors, between our address @src and @dst.
 * 0, or -1 with none added.
 */
static int policies(struct ike_sa *sa, const struct ike_child *ch, const struct ike_addr *src,
		    const struct ike_addr *dst, bool add)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	unsigned int i, n = ch->n_local * ch->n_remote * 2;
	struct ike_kern_policy p;

	for (i = 0; i < n; i++) {
		if (!policy(ch, src, dst, i, &p))
			continue;
		if (!add)
			k->kernel->del_policy(k->kern, &p);
		else if (k->kernel->add_policy(k->kern, &p))
			break;
	}
	if (i == n)
		return 0;
	while (i--)
		if (policy(ch, src, dst, i, &p))
			k->kernel->del_policy(k->kern, &p);
	return -1;
}

static bool same_selectors(const struct ike_child *a, const struct ike_child *b)
{
	unsigned int i;

	if (a->conf != b->conf || a->n_local != b->n_local || a->n_remote != b->n_remote)
		return false;
	for (i = 0; i < a->n_local; i++)
		if (!ike_ts_equal(&a->local[i], &b->local[i]))
			return false;
	for (i = 0; i < a->n_remote; i++)
		if (!ike_ts_equal(&a->remote[i], &b->remote[i]))
			return false;
	return true;
}

/* Whether @o, of @other, does the same for the same peer as @ch of @sa. */
static bool same_child(const struct ike_sa *sa, const struct ike_child *ch,
		       const struct ike_sa *other, const struct ike_child *o)
{
	return o != ch && o->in_kernel && other->peer == sa->peer && same_selectors(o, ch) &&
	       ike_id_same(sa->peer_id_type, sa->peer_id, other->peer_id_type, other->peer_id);
}

/* Tells the caller of @ch, which came or goes, unless another one is there that does the
 * same: its successor, or what it replaces.
 */
static void tell(struct ike_sa *sa, struct ike_child *ch, bool up)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_child *o;
	struct ike_sa *other;

	if (up == ch->told)
		return;
	for (other = ike_by_id(sa->ctx, sa->peer, sa->peer_id_type, sa->peer_id); other;
	     other = other->same.next)
		for (o = other->children; o; o = o->next) {
			if (!same_child(sa, ch, other, o) || (up && !o->told))
				continue;
			/* Of those that are left one takes over. */
			o->told = true;
			if (!up)
				ch->told = false;
			return;
		}
	ch->told = up;
	if (k->child)
		k->child(k->arg, sa, ch, up);
}

/* Takes @ch away, with its inbound SA unless @drain. */
static void put_away(struct ike_sa *sa, struct ike_child *ch, bool drain)
{
	struct ike_event e = { .kind = IKE_EVENT_CHILD_GONE, .peer = sa->peer, .conf = ch->conf };
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_child **p;

	for (p = &sa->children; *p && *p != ch; p = &(*p)->next)
		;
	if (*p)
		*p = ch->next;
	tell(sa, ch, false);
	if (ch->in_kernel)
		policies(sa, ch, &ch->src, &ch->dst, false);
	if (ch->out_kernel)
		k->kernel->del_sa(k->kern, ch->chosen.proto, ch->spi_out, &ch->dst);
	if (!drain)
		k->kernel->del_sa(k->kern, ch->chosen.proto, ch->spi_in, &ch->src);
	if (ch->in_kernel)
		ike_tell(sa->ctx, &e);
	OPENSSL_cleanse(ch, sizeof(*ch));
	free(ch);
}

void ike_child_free(struct ike_sa *sa, struct ike_child *ch)
{
	put_away(sa, ch, false);
}

void ike_child_retire(struct ike_sa *sa, uint64_t now, struct ike_child *ch)
{
	const struct ike_child *o;

	for (o = sa->children; o; o = o->next)
		ch->retired |= o->replaces == ch->spi_in && !o->redundant;
	put_away(sa, ch, ch->retired && ch->in_kernel &&
		 ike_drain_add(sa->ctx, now, ch->chosen.proto, ch->spi_in, &ch->src));
}

struct ike_child *ike_child_by_in(struct ike_sa *sa, uint32_t spi)
{
	struct ike_child *ch = sa->children;

	while (ch && ch->spi_in != spi)
		ch = ch->next;
	return ch;
}

struct ike_child *ike_child_by_out(struct ike_sa *sa, uint32_t spi)
{
	struct ike_child *ch = sa->children;

	while (ch && ch->spi_out != spi)
		ch = ch->next;
	return ch;
}

static void put_keys(struct ike_kern_sa *k, const uint8_t *e, size_t e_len, const uint8_t *a,
		     size_t a_len)
{
	k->encr_len = (uint8_t)e_len;
	k->integ_len = (uint8_t)a_len;
	memcpy(k->encr_key, e, e_len);
	memcpy(k->integ_key, a, a_len);
}

enum ike_crypt ike_seed_secrets(const struct ike_child_seed *s, struct ike_buf *secret)
{
	enum ike_crypt why = IKE_CRYPT_OK;
	unsigned int i;

	for (i = 0; !why && i < s->n_ke; i++)
		why = ike_ke_secret(s->ke[i], &secret[i]);
	return why;
}

/* Both SAs from what was agreed on. 0 or -1. */
static int make(struct ike_sa *sa, struct ike_child *ch, const struct ike_child_seed *s,
		struct ike_kern_sa *in)
{
	const struct ike_transform *e = ike_proposal_get(&ch->chosen, IKE_T_ENCR);
	const struct ike_transform *a = ike_proposal_get(&ch->chosen, IKE_T_INTEG);
	const struct ike_transform *esn = ike_proposal_get(&ch->chosen, IKE_T_ESN);
	struct ike_kern_sa *out = &ch->out;
	struct ike_seed seed = { s->ni, s->nr };
	struct ike_buf secret[IKE_ADDKE_MAX + 1];
	enum ike_crypt why = ike_seed_secrets(s, secret);
	struct ike_child_keys k;

	if (!why)
		why = ike_keys_child(&sa->keys, e ? e->id : 0, e ? e->keylen : 0, a ? a->id : 0,
				     &seed, secret, s->n_ke, &k);
	if (why) {
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KE, "%.32s: no keys: %s", ch->conf->name,
			 ike_crypt_text(why));
		return -1;
	}
	*in = (struct ike_kern_sa){
		.spi = ch->spi_in, .proto = ch->chosen.proto, .inbound = true,
		.transport = ch->transport, .esn = esn && esn->id,
		.encap = sa->nat_us || sa->nat_peer, .reqid = ch->reqid, .like = ch->conf->reqid,
		.src = ch->dst, .dst = ch->src, .encr = e ? e->id : 0,
		.encr_bits = e ? e->keylen : 0, .integ = a ? a->id : 0,
	};
	*out = *in;
	out->spi = ch->spi_out;
	out->inbound = false;
	out->src = ch->src;
	out->dst = ch->dst;
	in->oa_src = ch->oa_remote;
	in->oa_dst = ch->oa_local;
	put_keys(s->we_initiated ? out : in, k.ei, k.encr_len, k.ai, k.integ_len);
	put_keys(s->we_initiated ? in : out, k.er, k.encr_len, k.ar, k.integ_len);
	ike_child_wipe(&k);
	return 0;
}

void ike_child_release(struct ike_sa *sa, struct ike_child *ch)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;

	if (ch->out_kernel)
		return;
	ch->out_kernel = !k->kernel->add_sa(k->kern, &ch->out);
	if (!ch->out_kernel)
		ike_log(sa->ctx, sa, "%.32s: the kernel refused the outbound SA", ch->conf->name);
	OPENSSL_cleanse(&ch->out, sizeof(ch->out));
}

static uint64_t after(uint64_t now, uint64_t ms)
{
	return ms ? now + ms : UINT64_MAX;
}

void ike_child_promote(struct ike_sa *sa, uint64_t now, uint32_t twin)
{
	struct ike_child *ch = twin ? ike_child_by_in(sa, twin) : NULL;

	if (!ch)
		return;
	ch->twin = 0;
	if (!ch->redundant || ch->busy)
		return;
	ch->redundant = false;
	ch->rekey_at = after(now, ch->conf->rekey_ms);
	ike_child_release(sa, ch);
}

static bool reqid_used(const struct ike_ctx *c, uint32_t r)
{
	const struct ike_child *ch;
	const struct ike_sa *sa;

	for (sa = c->sas; sa; sa = sa->next)
		for (ch = sa->children; ch; ch = ch->next)
			if (ch->reqid == r)
				return true;
	return false;
}

/* The reqid of @ch: that of the configuration; if several peers may have it, that of what it
 * replaces, or a new one. Those are used up before any of them is looked for again.
 */
static uint32_t reqid_of(struct ike_sa *sa, const struct ike_child *ch)
{
	const struct ike_child *o;
	const struct ike_sa *other;
	uint32_t r;

	if (!ch->conf->many)
		return ch->conf->reqid;
	for (other = ike_by_id(sa->ctx, sa->peer, sa->peer_id_type, sa->peer_id); other;
	     other = other->same.next)
		for (o = other->children; o; o = o->next)
			if (same_child(sa, ch, other, o))
				return o->reqid;
	do {
		r = IKE_REQID_MANY + sa->ctx->reqids % IKE_REQIDS_MANY;
	} while (sa->ctx->reqids++ >= IKE_REQIDS_MANY && reqid_used(sa->ctx, r));
	if (sa->ctx->reqids >= 2 * IKE_REQIDS_MANY)
		sa->ctx->reqids -= IKE_REQIDS_MANY;
	return r;
}

int ike_child_install(struct ike_sa *sa, uint64_t now, struct ike_child *ch,
		      const struct ike_child_seed *s)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_event e = { .kind = IKE_EVENT_CHILD, .peer = sa->peer, .conf = ch->conf };
	const struct ike_child *o;
	struct ike_kern_sa in;
	int err;

	ch->src = sa->local;
	ch->dst = sa->remote;
	ch->reqid = reqid_of(sa, ch);
	if (make(sa, ch, s, &in))
		return -1;
	err = k->kernel->add_sa(k->kern, &in);
	OPENSSL_cleanse(&in, sizeof(in));
	if (!err && !s->hold_out) {
		ike_child_release(sa, ch);
		err = !ch->out_kernel;
	}
	if (!err && policies(sa, ch, &ch->src, &ch->dst, true))
		err = -1;
	if (err) {
		ike_fail(sa->ctx, sa, 0, IKE_WHY_KERNEL, "%.32s: the kernel refused",
			 ch->conf->name);
		return -1;
	}
	ch->in_kernel = true;
	ch->asked = ike_want_waits(sa, ch->conf);
	for (o = sa->children; o; o = o->next)
		ch->asked |= o->asked && o->conf == ch->conf;
	ch->rekey_at = after(now, ch->conf->rekey_ms);
	ch->expire_at = after(now, ch->conf->life_ms);
	ch->idle_since = now;
	ch->idle_at = after(now, ch->conf->idle_ms / IDLE_LOOKS);
	ch->next = sa->children;
	sa->children = ch;
	sa->ctx->stats.children++;
	ike_log(sa->ctx, sa, "%.32s: child established", ch->conf->name);
	ike_want_served(sa, now, ch->conf);
	ike_tell(sa->ctx, &e);
	tell(sa, ch, true);
	return 0;
}

/* The peer's address or port changed: the SAs follow. */
void ike_child_move(struct ike_sa *sa)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_addr local = sa->local, remote = sa->remote;
	bool encap = sa->nat_us || sa->nat_peer;
	struct ike_child *ch;
	int err;

	ike_sa_touch(sa);
	if (!encap) {
		local.port = 0;
		remote.port = 0;
	}
	for (ch = sa->children; ch; ch = ch->next) {
		/* The new policies are there before the old ones go: there is no gap. */
		err = policies(sa, ch, &sa->local, &sa->remote, true);
		k->kernel->update_sa(k->kern, ch->chosen.proto, ch->spi_in, &ch->src, &remote,
				     &local);
		if (ch->out_kernel)
			k->kernel->update_sa(k->kern, ch->chosen.proto, ch->spi_out, &ch->dst,
					     &local, &remote);
		policies(sa, ch, &ch->src, &ch->dst, false);
		ch->src = sa->local;
		ch->dst = sa->remote;
		ch->out.src = ch->src;
		ch->out.dst = ch->dst;
		ch->out.encap = encap;
		if (err) {
			ch->in_kernel = false;
			ch->expire_at = 0;
		}
	}
}

bool ike_child_heard(struct ike_sa *sa)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_kern_use use;
	struct ike_child *ch;
	bool heard = false;

	for (ch = sa->children; ch; ch = ch->next) {
		if (k->kernel->query_sa(k->kern, ch->chosen.proto, ch->spi_in, &ch->src, &use))
			continue;
		heard |= use.packets != ch->seen;
		ch->seen = use.packets;
	}
	return heard;
}

void ike_expire(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi, bool hard)
{
	struct ike_task t = { hard ? IKE_TASK_DELETE_CHILD : IKE_TASK_REKEY_CHILD };
	struct ike_child *ch = NULL;
	struct ike_sa *sa;

	for (sa = c->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_UP)
			continue;
		ch = ike_child_by_in(sa, spi);
		if (!ch)
			ch = ike_child_by_out(sa, spi);
		if (ch && ch->chosen.proto == proto)
			break;
	}
	if (!sa || (!hard && (ch->busy || ch->redundant)))
		return;
	t.conf = ch->conf;
	t.spi = ch->spi_in;
	if (hard)
		ch->again = ike_want_revives(ch, ch->conf->dpd_action);
	if (hard)
		ch->busy = true;
	if (ike_task_add(sa, now, &t))
		ch->expire_at = now + 1000;
}

/* Whether nothing has passed @ch for as long as it may. */
static bool idle(struct ike_sa *sa, uint64_t now, struct ike_child *ch)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_kern_use in = { 0 }, out = { 0 };

	ch->idle_at = now + ch->conf->idle_ms / IDLE_LOOKS;
	k->kernel->query_sa(k->kern, ch->chosen.proto, ch->spi_in, &ch->src, &in);
	if (ch->out_kernel)
		k->kernel->query_sa(k->kern, ch->chosen.proto, ch->spi_out, &ch->dst, &out);
	if (in.packets + out.packets != ch->used) {
		ch->used = in.packets + out.packets;
		ch->idle_since = now;
	}
	return now - ch->idle_since >= ch->conf->idle_ms;
}

void ike_child_tick(struct ike_sa *sa, uint64_t now)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	struct ike_child *ch, *next;
	struct ike_kern_use use;

	for (ch = sa->children; ch; ch = next) {
		struct ike_task t = { IKE_TASK_DELETE_CHILD, ch->conf, ch->spi_in };

		next = ch->next;
		if (!ch->out_kernel && !ch->redundant &&
		    !k->kernel->query_sa(k->kern, ch->chosen.proto, ch->spi_in, &ch->src, &use) &&
		    use.packets)
			ike_child_release(sa, ch);
		if (now >= ch->expire_at) {
			ch->busy = true;
			ch->again = ike_want_revives(ch, ch->conf->dpd_action);
			ch->expire_at = sa->n_queue == IKE_TASKS ? now + 1000 : UINT64_MAX;
			ike_task_add(sa, now, &t);
		} else if (now >= ch->idle_at && !ch->busy && !ch->redundant &&
			   idle(sa, now, ch)) {
			ike_log(sa->ctx, sa, "%.32s: not in use", ch->conf->name);
			/* the next packet may bring it back, we do not */
			ch->asked = false;
			ch->busy = true;
			ch->idle_at = UINT64_MAX;
			if (ike_task_add(sa, now, &t))
				ch->expire_at = now + 1000;
		} else if (now >= ch->rekey_at && !ch->busy && !ch->redundant) {
			t.kind = IKE_TASK_REKEY_CHILD;
			ch->rekey_at = UINT64_MAX;
			ike_task_add(sa, now, &t);
		}
		if (sa->state != IKE_S_UP)
			return;
	}
}
