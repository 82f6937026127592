// SPDX-License-Identifier: GPL-2.0
/*
 * Peers that move: MOBIKE (RFC 4555), and NATs that change their mind (RFC 7296 2.23).
 */
#include <openssl/crypto.h>

#include "../lib/util.h"
#include "octets.h"
#include "sa.h"

int ike_move(struct ike_sa *sa, uint64_t now, const struct ike_addr *local,
	     const struct ike_addr *remote)
{
	struct ike_task t = { IKE_TASK_UPDATE };

	if (sa->state != IKE_S_UP || !sa->mobike || !sa->began || local->len != remote->len)
		return -1;
	ike_log(sa->ctx, sa, "moving to another address");
	sa->local = *local;
	sa->remote = *remote;
	ike_child_move(sa);
	return ike_task_add(sa, now, &t);
}

void ike_mobike_update_out(struct ike_sa *sa, struct ike_out *o)
{
	ike_out_notify_flag(o, IKE_N_UPDATE_SA_ADDRESSES);
	ike_nat_out(o, sa->spi_i, sa->spi_r, &sa->local, &sa->remote, sa->peer->encap);
}

void ike_mobike_cookie_out(struct ike_sa *sa, struct ike_out *o)
{
	sa->ctx->conf.random(sa->ctx->conf.arg, sa->cookie2, sizeof(sa->cookie2));
	ike_out_notify(o, IKE_N_COOKIE2, (struct ike_buf){ sa->cookie2, sizeof(sa->cookie2) });
}

/* Whether NO_NATS_ALLOWED, if it is there, has what the IP header has (RFC 4555 3.9). */
static bool unchanged(const struct ike_step *x)
{
	const struct ike_payload *p = ike_msg_notify(x->m, IKE_N_NO_NATS_ALLOWED, NULL);
	struct ike_notify_data d;
	struct ike_fault f;

	if (!p)
		return true;
	return !ike_notify_get(p, &d, &f) && d.src.n == x->remote->len &&
	       d.dst.n == x->local->len && !memcmp(d.src.p, x->remote->a, d.src.n) &&
	       !memcmp(d.dst.p, x->local->a, d.dst.n) && d.sport == x->remote->port &&
	       d.dport == x->local->port;
}

/* Whether the configuration has this peer at these addresses. */
static bool acceptable(const struct ike_step *x)
{
	const struct ike_peer_conf *p = x->sa->peer;

	return ike_local_fits(p, x->local) && x->remote->len &&
	       (p->mobike_any || ike_remote_fits(p, x->remote));
}

bool ike_mobike_request(struct ike_step *x)
{
	const struct ike_payload *c = ike_msg_notify(x->m, IKE_N_COOKIE2, NULL);
	struct ike_task t = { IKE_TASK_COOKIE2 };
	struct ike_sa *sa = x->sa;
	bool update = sa->mobike && !sa->began && sa->state == IKE_S_UP &&
		      ike_msg_notify(x->m, IKE_N_UPDATE_SA_ADDRESSES, NULL);

	if (update && !unchanged(x)) {
		ike_out_notify_flag(x->out, IKE_N_UNEXPECTED_NAT_DETECTED);
		return false;
	}
	if (update && !acceptable(x)) {
		ike_out_notify_flag(x->out, IKE_N_UNACCEPTABLE_ADDRESSES);
		return false;
	}
	if (sa->mobike && ike_msg_notify(x->m, IKE_N_NAT_DETECTION_SOURCE_IP, NULL))
		ike_nat_out(x->out, sa->spi_i, sa->spi_r, x->local, x->remote,
			    sa->peer->encap);
	if (c && c->notify.data.n >= 8 && c->notify.data.n <= 64)
		ike_out_notify(x->out, IKE_N_COOKIE2, c->notify.data);
	if (!update)
		return false;
	ike_log(x->c, sa, "peer moved to another address");
	sa->local = *x->local;
	sa->remote = *x->remote;
	ike_nat_check(x);
	/* it is sent behind the answer */
	if (!sa->peer->mobike_check)
		ike_child_move(sa);
	else if (sa->n_queue < IKE_TASKS)
		sa->queue[sa->n_queue++] = t;
	else
		ike_log(x->c, sa, "the new address cannot be checked");
	return true;
}

enum ike_after ike_mobike_response(struct ike_step *x)
{
	const struct ike_payload *c = ike_msg_notify(x->m, IKE_N_COOKIE2, NULL);
	const struct ike_payload *e = ike_msg_error(x->m);
	struct ike_sa *sa = x->sa;

	if (sa->task.kind == IKE_TASK_COOKIE2) {
		if (!c || c->notify.data.n != sizeof(sa->cookie2) ||
		    CRYPTO_memcmp(c->notify.data.p, sa->cookie2, sizeof(sa->cookie2))) {
			ike_log(x->c, sa, "peer is not where it says");
			return IKE_DIE;
		}
		ike_child_move(sa);
		return IKE_GO_ON;
	}
	if (e) {
		ike_log(x->c, sa, "peer refused the address: %s", ike_name_notify(e->notify.type));
		return IKE_GO_ON;
	}
	ike_nat_check(x);
	ike_child_move(sa);
	return IKE_GO_ON;
}

void ike_mapping(struct ike_ctx *c, uint64_t now, uint8_t proto, uint32_t spi,
		 const struct ike_addr *from)
{
	struct ike_child *ch;
	struct ike_sa *sa;

	for (sa = c->sas; sa; sa = sa->next) {
		ch = sa->state == IKE_S_UP ? ike_child_by_in(sa, spi) : NULL;
		if (!ch || ch->chosen.proto != proto)
			continue;
		sa->heard_at = now;
		if (!sa->nat_peer || sa->nat_us || ike_addr_equal(&sa->remote, from))
			return;
		ike_log(c, sa, "peer behind NAT moved to port %u", from->port);
		sa->remote = *from;
		ike_child_move(sa);
		return;
	}
}
