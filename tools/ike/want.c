// SPDX-License-Identifier: GPL-2.0
/*
 * Children that are wanted: by a packet, by the operator, or since they were lost. They are
 * tried again, ever more seldom, until they are there.
 */
#include <stdlib.h>

#include "octets.h"
#include "sa.h"

#define RETRY_MS	5000	/* until the second try, unless configured */
#define RETRY_MAX_MS	300000	/* longest interval */
#define CHECK_MS	500	/* how often the outcome of a try is looked at */
#define SOON_MS		30000	/* longest wait for an address */
#define YOUNG_MS	10000	/* an IKE SA that ends before that is not made again at once */
#define UNIQUE_MS	3000	/* time for the other's SA to come up */

/**
 * struct ike_want - a child that is to be there
 * @next: the next one
 * @peer: with whom
 * @conf: the child
 * @packet: @src and @dst are those of the packet that asks for it
 * @src: its source
 * @dst: its destination
 * @trying: a try is under way
 * @soon: it waits for an address
 * @at: when to look at it, or to try again
 * @wait: interval before that, not counting jitter
 * @tries: tries that failed
 */
struct ike_want {
	struct ike_want *next;
	const struct ike_peer_conf *peer;
	const struct ike_child_conf *conf;
	bool packet, trying, soon;
	struct ike_ts src, dst;
	uint64_t at, wait;
	unsigned int tries;
};

static struct ike_want **find(struct ike_ctx *c, const struct ike_peer_conf *peer,
			      const struct ike_child_conf *conf)
{
	struct ike_want **w = &c->wants;

	while (*w && ((*w)->peer != peer || (*w)->conf != conf))
		w = &(*w)->next;
	return w;
}

/* @w is to be looked at when it is @t. */
static void at(struct ike_ctx *c, struct ike_want *w, uint64_t t)
{
	w->at = t;
	if (t < c->want_at)
		c->want_at = t;
}

static void drop(struct ike_ctx *c, struct ike_want **w)
{
	struct ike_want *old = *w;

	*w = old->next;
	c->n_wants--;
	free(old);
}

void ike_want_free(struct ike_ctx *c)
{
	while (c->wants)
		drop(c, &c->wants);
}

bool ike_want_packet(struct ike_sa *sa, const struct ike_child_conf *conf, struct ike_ts *src,
		     struct ike_ts *dst)
{
	const struct ike_want *w = *find(sa->ctx, sa->peer, conf);

	if (!w || !w->packet)
		return false;
	*src = w->src;
	*dst = w->dst;
	return true;
}

/* Whether a child of @conf is there, for @w's packet if it has one. */
static bool has(const struct ike_sa *sa, const struct ike_child_conf *conf,
		const struct ike_want *w)
{
	const struct ike_child *ch;

	for (ch = sa->children; ch; ch = ch->next)
		if (ch->conf == conf && !ch->redundant &&
		    (!w || !w->packet ||
		     (ike_ts_list_covers(ch->local, ch->n_local, &w->src, 1) &&
		      ike_ts_list_covers(ch->remote, ch->n_remote, &w->dst, 1))))
			return true;
	return false;
}

/* Whether @sa is about to make it. */
static bool making(const struct ike_sa *sa, const struct ike_child_conf *conf)
{
	unsigned int i;

	if (sa->state == IKE_S_INIT_SENT || sa->state == IKE_S_INTER_SENT ||
	    sa->state == IKE_S_AUTH_SENT)
		return true;
	if (sa->state != IKE_S_UP)
		return false;
	if (ike_creating(sa) && sa->xc.child && sa->xc.child->conf == conf)
		return true;
	for (i = 0; i < sa->n_queue; i++)
		if (sa->queue[i].kind == IKE_TASK_CHILD && sa->queue[i].conf == conf)
			return true;
	return false;
}

/* Begins a try if none is under way. 0, 1 if that has to wait, or -1. */
static int serve(struct ike_ctx *c, uint64_t now, struct ike_want *w)
{
	struct ike_task t = { IKE_TASK_CHILD, w->conf };
	struct ike_sa *sa, *up = NULL;

	for (sa = ike_by_peer(c, w->peer); sa; sa = sa->mates.next) {
		if (sa->peer != w->peer)
			continue;
		if (making(sa, w->conf))
			return 0;
		if (sa->state == IKE_S_UP)
			up = sa;
	}
	/* addresses are given with IKE_AUTH only */
	if (up && w->peer->n_vips && !up->vip_ours)
		t.kind = IKE_TASK_DELETE;
	if (up)
		return ike_task_add(up, now, &t);
	return ike_sa_start(c, now, w->peer, w->conf);
}

static void try(struct ike_ctx *c, uint64_t now, struct ike_want *w)
{
	w->trying = true;
	at(c, w, now + CHECK_MS);
	w->soon = serve(c, now, w) > 0;
	if (!w->soon)
		return;
	w->trying = false;
	w->at = now + SOON_MS;
}

/* Whether it is of no use to try any longer: a peer that may be anywhere has to come by
 * itself.
 */
static bool hopeless(struct ike_ctx *c, const struct ike_want *w)
{
	struct ike_addr local, remote;

	if (w->peer->retry_tries && !w->conf->forever && w->tries >= w->peer->retry_tries)
		return true;
	return ike_peer_where(c, w->peer, &local, &remote) == IKE_WHERE_NEVER;
}

/* The last try came to nothing. False if it was the last one. */
static bool later(struct ike_ctx *c, uint64_t now, struct ike_want *w)
{
	uint64_t first = w->peer->retry_ms ? w->peer->retry_ms : RETRY_MS;
	uint64_t most = w->peer->retry_max_ms ? w->peer->retry_max_ms : RETRY_MAX_MS;
	struct ike_event e = { .kind = IKE_EVENT_AGAIN, .peer = w->peer, .conf = w->conf };
	uint8_t r;

	w->trying = false;
	w->tries++;
	w->wait = w->wait ? w->wait * 2 : first;
	if (w->wait > most)
		w->wait = most;
	c->conf.random(c->conf.arg, &r, 1);
	e.wait = w->wait + w->wait * r / 2048;
	w->at = now + e.wait;
	if (hopeless(c, w))
		return false;
	ike_log(c, NULL, "%.48s: %.32s is not there, next try in %u seconds", w->peer->name,
		w->conf->name, (unsigned int)((e.wait + 500) / 1000));
	ike_tell(c, &e);
	return true;
}

/* Begins a try, or looks what came of the last one. False if @w is done with. */
static bool look(struct ike_ctx *c, uint64_t now, struct ike_want *w)
{
	struct ike_event e = { .kind = IKE_EVENT_GIVEN_UP, .peer = w->peer, .conf = w->conf };
	const struct ike_sa *sa;
	bool busy = false;

	for (sa = ike_by_peer(c, w->peer); sa; sa = sa->mates.next) {
		if (sa->peer != w->peer)
			continue;
		if (sa->state == IKE_S_UP && has(sa, w->conf, w))
			return false;
		busy |= making(sa, w->conf);
	}
	if (!w->trying) {
		try(c, now, w);
		return true;
	}
	if (busy) {
		w->at = now + CHECK_MS;
		return true;
	}
	if (later(c, now, w))
		return true;
	ike_log(c, NULL, "%.48s: %.32s is given up", w->peer->name, w->conf->name);
	ike_tell(c, &e);
	return false;
}

uint64_t ike_want_tick(struct ike_ctx *c, uint64_t now)
{
	struct ike_want **w = &c->wants;
	uint64_t next = UINT64_MAX;

	if (now < c->want_at)
		return c->want_at;
	c->want_at = UINT64_MAX;
	while (*w) {
		if (now >= (*w)->at && !look(c, now, *w)) {
			drop(c, w);
			continue;
		}
		if ((*w)->at < next)
			next = (*w)->at;
		w = &(*w)->next;
	}
	/* what was added meanwhile may be before that */
	if (next < c->want_at)
		c->want_at = next;
	return c->want_at;
}

static uint64_t first_wait(const struct ike_peer_conf *p)
{
	return p->retry_ms ? p->retry_ms : RETRY_MS;
}

/* A new want, tried first at @t; or the one that there is. NULL without memory. */
static struct ike_want *add(struct ike_ctx *c, uint64_t t, const struct ike_peer_conf *peer,
			    const struct ike_child_conf *conf)
{
	struct ike_want *w = *find(c, peer, conf);

	if (w || c->n_wants == IKE_WANTS_MAX)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->peer = peer;
	w->conf = conf;
	at(c, w, t);
	w->next = c->wants;
	c->wants = w;
	c->n_wants++;
	return w;
}

/* Whether the configuration of the peer still has @conf. */
static bool known(const struct ike_sa *sa, const struct ike_child_conf *conf)
{
	return conf >= sa->peer->children && conf < sa->peer->children + sa->peer->n_children;
}

/* A child of @conf is wanted again: at once, or if @slow after a pause. */
static void again(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf, bool slow)
{
	struct ike_want *w = known(sa, conf) ? add(sa->ctx, now, sa->peer, conf) : NULL;

	if (w && !w->trying && slow && w->at <= now)
		w->at = now + first_wait(sa->peer);
}

void ike_want_again(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf)
{
	/* who closes what was just made would keep us busy otherwise */
	again(sa, now, conf, sa->end == IKE_END_CLOSED);
}

bool ike_want_revives(const struct ike_child *ch, enum ike_action action)
{
	return action == IKE_ACTION_START || (action == IKE_ACTION_ASKED && ch->asked);
}

bool ike_want_waits(struct ike_sa *sa, const struct ike_child_conf *conf)
{
	return *find(sa->ctx, sa->peer, conf);
}

void ike_want_served(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf)
{
	struct ike_want *w = *find(sa->ctx, sa->peer, conf);

	/* before it can go again */
	if (w)
		at(sa->ctx, w, now);
}

void ike_want_tried(struct ike_sa *sa, uint64_t now)
{
	struct ike_want *w;

	for (w = sa->ctx->wants; w; w = w->next)
		if (w->peer == sa->peer && w->trying)
			at(sa->ctx, w, now);
}

void ike_want_lost(struct ike_sa *sa, uint64_t now, const struct ike_child *ch)
{
	enum ike_action a = sa->end == IKE_END_LOST ? ch->conf->dpd_action
						     : ch->conf->close_action;

	if (sa->end != IKE_END_QUIET && ike_want_revives(ch, a) && !ch->redundant)
		again(sa, now, ch->conf,
		      sa->end == IKE_END_CLOSED || now - sa->born_at < YOUNG_MS);
}

void ike_want_closed(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf)
{
	struct ike_want *w;

	if (conf->close_action != IKE_ACTION_START || has(sa, conf, NULL) || !known(sa, conf))
		return;
	w = add(sa->ctx, now + first_wait(sa->peer), sa->peer, conf);
	if (!w)
		ike_log(sa->ctx, sa, "%.32s: no memory to make it again", conf->name);
}

void ike_want_up(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *tried)
{
	struct ike_want *w;

	for (w = sa->ctx->wants; w; w = w->next)
		if (w->peer == sa->peer && w->conf != tried && w->trying && !has(sa, w->conf, w))
			serve(sa->ctx, now, w);
}

static bool possible(struct ike_ctx *c, const struct ike_peer_conf *peer)
{
	struct ike_addr local, remote;

	if (!peer->n_ike || !peer->n_children)
		return false;
	if (!ike_peer_usable(peer)) {
		ike_log(c, NULL, "%.48s: libcrypto lacks a key exchange", peer->name);
		return false;
	}
	return ike_peer_where(c, peer, &local, &remote) != IKE_WHERE_NEVER;
}

int ike_acquire(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
		const struct ike_child_conf *conf, const struct ike_ts *src,
		const struct ike_ts *dst)
{
	struct ike_want p = { .packet = src && dst };
	struct ike_want *w = *find(c, peer, conf);
	struct ike_sa *sa;

	if (w)
		return 0;
	if (!possible(c, peer))
		return -1;
	if (p.packet) {
		p.src = *src;
		p.dst = *dst;
	}
	for (sa = ike_by_peer(c, peer); sa; sa = sa->mates.next)
		if (sa->peer == peer && sa->state == IKE_S_UP && has(sa, conf, &p))
			return 0;
	w = add(c, now, peer, conf);
	if (!w)
		return -1;
	w->packet = p.packet;
	w->src = p.src;
	w->dst = p.dst;
	try(c, now, w);
	return 0;
}

int ike_up(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
	   const struct ike_child_conf *conf)
{
	struct ike_want *w;
	unsigned int i;
	int err = 0;

	for (i = 0; i < peer->n_children; i++) {
		if (conf && conf != &peer->children[i])
			continue;
		w = *find(c, peer, &peer->children[i]);
		if (!w) {
			err |= ike_acquire(c, now, peer, &peer->children[i], NULL, NULL);
			continue;
		}
		w->tries = 0;
		w->wait = 0;
		if (!w->trying)
			at(c, w, now);
	}
	return err ? -1 : 0;
}

void ike_found(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer)
{
	struct ike_want *w;

	for (w = c->wants; w; w = w->next)
		if (w->peer == peer && w->soon)
			at(c, w, now);
}

bool ike_wanted(struct ike_ctx *c, const struct ike_peer_conf *peer,
		const struct ike_child_conf *conf, uint64_t *when)
{
	const struct ike_want *w = *find(c, peer, conf);

	if (w)
		*when = w->at;
	return w;
}

static void close_child(struct ike_sa *sa, uint64_t now, const struct ike_child_conf *conf)
{
	struct ike_task t = { IKE_TASK_DELETE_CHILD, conf };
	struct ike_child *ch, *next;

	for (ch = sa->children; ch; ch = next) {
		next = ch->next;
		t.spi = ch->spi_in;
		if (ch->conf != conf)
			continue;
		ch->asked = false;
		ike_task_add(sa, now, &t);
	}
}

void ike_down(struct ike_ctx *c, uint64_t now, const struct ike_peer_conf *peer,
	      const struct ike_child_conf *conf)
{
	struct ike_task t = { IKE_TASK_DELETE };
	struct ike_want **w = &c->wants;
	struct ike_sa *sa;

	while (*w) {
		if ((*w)->peer == peer && (!conf || (*w)->conf == conf))
			drop(c, w);
		else
			w = &(*w)->next;
	}
	for (sa = c->sas; sa; sa = sa->next) {
		if (sa->peer != peer || sa->state == IKE_S_GONE || sa->state == IKE_S_CLOSING)
			continue;
		if (conf) {
			if (sa->state == IKE_S_UP)
				close_child(sa, now, conf);
			continue;
		}
		sa->end = IKE_END_QUIET;
		if (sa->state == IKE_S_UP) {
			sa->n_queue = 0;
			ike_task_add(sa, now, &t);
		} else if (sa->initiator && sa->state < IKE_S_UP) {
			ike_sa_die(sa, now);
		}
	}
}

void ike_unique_plan(struct ike_sa *sa, uint64_t now)
{
	struct ike_sa *o;

	for (o = ike_by_id(sa->ctx, sa->peer, sa->peer_id_type, sa->peer_id); o; o = o->same.next)
		if (o != sa && o->peer == sa->peer && o->state == IKE_S_UP &&
		    o->began != sa->began &&
		    ike_id_same(o->peer_id_type, o->peer_id, sa->peer_id_type, sa->peer_id))
			sa->unique_at = now + UNIQUE_MS;
}

/* Both peers began at the same time: of two SAs the one with the lower SPI of its initiator
 * stays, and who initiated the other one deletes it.
 */
void ike_unique_tick(struct ike_sa *sa, uint64_t now)
{
	struct ike_task t = { IKE_TASK_DELETE };
	struct ike_sa *o, *lose = NULL, *win = NULL;
	struct ike_child *ch;

	sa->unique_at = UINT64_MAX;
	o = ike_by_id(sa->ctx, sa->peer, sa->peer_id_type, sa->peer_id);
	for (; o && !lose; o = o->same.next) {
		if (o == sa || o->peer != sa->peer || o->state != IKE_S_UP ||
		    o->began == sa->began ||
		    !ike_id_same(o->peer_id_type, o->peer_id, sa->peer_id_type, sa->peer_id))
			continue;
		win = memcmp(o->spi_i, sa->spi_i, 8) < 0 ? o : sa;
		lose = win == o ? sa : o;
	}
	if (!lose || !lose->began)
		return;
	ike_log(sa->ctx, sa, "peer began at the same time, one IKE SA is enough");
	for (ch = lose->children; ch; ch = ch->next)
		if (!has(win, ch->conf, NULL))
			ike_want_again(win, now, ch->conf);
	lose->n_queue = 0;
	ike_task_add(lose, now, &t);
}
