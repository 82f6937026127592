// SPDX-License-Identifier: GPL-2.0
/*
 * INFORMATIONAL: liveness and Delete (RFC 7296 1.4, 2.25).
 */
#include "../lib/util.h"
#include "sa.h"

int ike_info_start(struct ike_sa *sa, uint64_t now)
{
	struct ike_child *ch;
	struct ike_out o;

	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	switch (sa->task.kind) {
	case IKE_TASK_DELETE_CHILD:
		ch = ike_child_by_in(sa, sa->task.spi);
		if (ch)
			ch->busy = true;
		ike_out_delete(&o, ch ? ch->chosen.proto : sa->task.conf->esp[0].proto,
			       &sa->task.spi, 1);
		break;
	case IKE_TASK_DELETE:
		ike_out_delete(&o, IKE_PROTO_IKE, NULL, 0);
		sa->end = IKE_END_QUIET;
		ike_sa_state(sa, IKE_S_CLOSING);
		break;
	case IKE_TASK_UPDATE:
		ike_mobike_update_out(sa, &o);
		break;
	case IKE_TASK_COOKIE2:
		ike_mobike_cookie_out(sa, &o);
		break;
	default:
		break;
	}
	return ike_request(sa, now, IKE_X_INFORMATIONAL, &o);
}

void ike_info_refuse(struct ike_sa *sa, uint64_t now, uint16_t notify)
{
	struct ike_out o;

	ike_child_abandon(sa);
	sa->task = (struct ike_task){ IKE_TASK_DELETE };
	ike_out_chain(&o, sa->ctx->inner, sizeof(sa->ctx->inner));
	if (notify)
		ike_out_notify_flag(&o, notify);
	/* not every peer takes such a notify for the end */
	ike_out_delete(&o, IKE_PROTO_IKE, NULL, 0);
	ike_sa_state(sa, IKE_S_CLOSING);
	if (ike_request(sa, now, IKE_X_INFORMATIONAL, &o))
		ike_sa_die(sa, now);
}

/* Outbound SAs that waited for the end of child @spi need not wait any longer. */
static void release(struct ike_sa *sa, uint32_t spi)
{
	struct ike_child *ch;

	for (ch = sa->children; ch; ch = ch->next)
		if (ch->replaces == spi && !ch->redundant)
			ike_child_release(sa, ch);
}

/* Closes the children of a Delete; our SPIs of those go into the answer, but for the ones
 * that we are deleting ourselves (RFC 7296 1.4.1).
 */
static void close_children(struct ike_step *x, const struct ike_payload *p)
{
	struct ike_sa *sa = x->sa;
	struct ike_child *ch;
	const struct ike_child_conf *conf;
	uint32_t spis[64], twin;
	unsigned int i, n = 0;
	bool ours;

	for (i = 0; i < p->del.count; i++) {
		ch = ike_child_by_out(sa, ike_delete_spi(p, i));
		/* perhaps the answer that made it is still under way */
		if (!ch && ike_creating(sa) &&
		    sa->xc.n_gone < ARRAY_SIZE(sa->xc.gone))
			sa->xc.gone[sa->xc.n_gone++] = ike_delete_spi(p, i);
		if (!ch || ch->chosen.proto != p->del.proto)
			continue;
		ours = sa->w.req && sa->task.kind == IKE_TASK_DELETE_CHILD &&
		       sa->task.spi == ch->spi_in;
		if (!ours && n == 64)
			break;
		if (!ours)
			spis[n++] = ch->spi_in;
		release(sa, ch->spi_in);
		ike_log(x->c, sa, "%.32s: child deleted by the peer", ch->conf->name);
		conf = ch->conf;
		twin = ch->twin;
		ike_child_retire(sa, x->now, ch);
		ike_child_promote(sa, x->now, twin);
		if (!ours)
			ike_want_closed(sa, x->now, conf);
	}
	if (n)
		ike_out_delete(x->out, p->del.proto, spis, n);
}

enum ike_after ike_info_request(struct ike_step *x)
{
	const struct ike_payload *p = NULL;

	if (x->sa->eap)
		return ike_eap_info(x);
	while ((p = ike_msg_find(x->m, IKE_P_NOTIFY, p)))
		if (p->notify.type == IKE_N_AUTHENTICATION_FAILED ||
		    p->notify.type == IKE_N_INVALID_SYNTAX) {
			ike_fail(x->c, x->sa, 0, IKE_WHY_REFUSED, "peer gave up: %s",
				 ike_name_notify(p->notify.type));
			return IKE_DIE;
		}
	while ((p = ike_msg_find(x->m, IKE_P_DELETE, p)))
		if (p->del.proto == IKE_PROTO_IKE) {
			ike_log(x->c, x->sa, "peer deletes the IKE SA");
			x->sa->end = IKE_END_CLOSED;
			ike_rekey_deleted(x->sa, x->now);
			return IKE_DIE;
		}
	while ((p = ike_msg_find(x->m, IKE_P_DELETE, p)))
		close_children(x, p);
	ike_mobike_request(x);
	ike_others_in(x);
	return IKE_GO_ON;
}

enum ike_after ike_info_response(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_child *ch;

	if (ike_msg_notify(x->m, IKE_N_INVALID_SYNTAX, NULL) || sa->state == IKE_S_CLOSING)
		return IKE_DIE;
	if (sa->task.kind == IKE_TASK_UPDATE || sa->task.kind == IKE_TASK_COOKIE2)
		return ike_mobike_response(x);
	if (sa->task.kind == IKE_TASK_DELETE_CHILD) {
		ch = ike_child_by_in(sa, sa->task.spi);
		if (ch && ch->again)
			ike_want_again(sa, x->now, ch->conf);
		if (ch)
			ike_child_retire(sa, x->now, ch);
		release(sa, sa->task.spi);
	}
	return IKE_GO_ON;
}
