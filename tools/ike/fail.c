// SPDX-License-Identifier: GPL-2.0
/*
 * Negotiations that failed: one line each, with what the peer offered, what we accept and
 * where they part; and how many there were of each kind.
 */
#include <stdarg.h>
#include <stdio.h>

#include "sa.h"

#define LINES_PER_SECOND 10	/* about datagrams of anybody */

static const char *const names[IKE_WHY_COUNT] = {
	[IKE_WHY_TIMEOUT] = "timeout",
	[IKE_WHY_ADDRESS] = "address",
	[IKE_WHY_PROPOSAL] = "proposal",
	[IKE_WHY_SELECTORS] = "selectors",
	[IKE_WHY_IDENTITY] = "identity",
	[IKE_WHY_AUTH] = "authentication",
	[IKE_WHY_CERT] = "certificate",
	[IKE_WHY_KE] = "keys",
	[IKE_WHY_SYNTAX] = "syntax",
	[IKE_WHY_REFUSED] = "refused",
	[IKE_WHY_KERNEL] = "kernel",
};

static const char *const drops[IKE_DROP_COUNT] = {
	[IKE_DROP_LENGTH] = "length",
	[IKE_DROP_HEADER] = "header",
	[IKE_DROP_SYNTAX] = "syntax",
	[IKE_DROP_SPI] = "spi",
	[IKE_DROP_STATE] = "state",
	[IKE_DROP_PLAIN] = "unprotected",
	[IKE_DROP_ID] = "message_id",
	[IKE_DROP_AUTHENTIC] = "not_authentic",
	[IKE_DROP_FRAGMENT] = "fragment",
	[IKE_DROP_HALF_OPEN] = "half_open",
	[IKE_DROP_REPEATED] = "repeated",
};

const char *ike_why_name(enum ike_why why)
{
	return names[why];
}

const char *ike_drop_name(enum ike_drop drop)
{
	return drops[drop];
}

bool ike_may_say(struct ike_ctx *c, uint64_t now)
{
	if (now - c->fail_at >= 1000) {
		if (c->fail_count > LINES_PER_SECOND)
			ike_log(c, NULL, "%u more failures like those before",
				c->fail_count - LINES_PER_SECOND);
		c->fail_at = now;
		c->fail_count = 0;
	}
	return c->fail_count++ < LINES_PER_SECOND;
}

void ike_fail(struct ike_ctx *c, const struct ike_sa *sa, uint64_t now, enum ike_why why,
	      const char *fmt, ...)
{
	struct ike_event e = { .kind = IKE_EVENT_FAILED, .why = why };
	char line[IKE_DIFF_MAX + 512];
	va_list ap;

	c->stats.failed[why]++;
	if (!sa && !ike_may_say(c, now))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ike_log(c, sa, "%s", line);
	e.peer = sa ? sa->peer : NULL;
	e.text = line;
	if (sa)
		ike_tell(c, &e);
}

static const char *method(enum ike_peer_auth by)
{
	return by == IKE_BY_PSK ? "a pre-shared key" : by == IKE_BY_EAP ? "EAP" : "a certificate";
}

void ike_fail_refused(const struct ike_sa *sa, const struct ike_child *ch, uint16_t notify)
{
	const struct ike_peer_conf *p = sa->peer;
	char text[IKE_DIFF_MAX] = "", l[400], r[400];

	if (notify == IKE_N_NO_PROPOSAL_CHOSEN && ch)
		snprintf(text, sizeof(text), "; we offered %s",
			 ike_proposals_print(ch->conf->esp, ch->conf->n_esp, l, sizeof(l)));
	else if (notify == IKE_N_NO_PROPOSAL_CHOSEN)
		snprintf(text, sizeof(text), "; we offered %s",
			 ike_proposals_print(p->ike, p->n_ike, l, sizeof(l)));
	else if (notify == IKE_N_TS_UNACCEPTABLE && ch)
		snprintf(text, sizeof(text), "; we offered %s === %s",
			 ike_ts_list_print(ch->local, ch->n_local, l, sizeof(l)),
			 ike_ts_list_print(ch->remote, ch->n_remote, r, sizeof(r)));
	else if (notify == IKE_N_AUTHENTICATION_FAILED)
		snprintf(text, sizeof(text), "; we are \"%s\" by %s",
			 ike_id_print(p->local_id.type, p->local_id.data, l, sizeof(l)),
			 method(p->by));
	if (ch)
		ike_fail(sa->ctx, sa, 0, IKE_WHY_REFUSED, "%.32s: peer refused the child: %s%s",
			 ch->conf->name, ike_name_notify(notify), text);
	else
		ike_fail(sa->ctx, sa, 0, IKE_WHY_REFUSED, "peer refused: %s%s",
			 ike_name_notify(notify), text);
}

static const struct ike_payload *id_of(const struct ike_step *x)
{
	if (x->sa->eap)
		return ike_eap_id(x->sa);
	return ike_msg_find(x->m, x->sa->initiator ? IKE_P_IDR : IKE_P_IDI, NULL);
}

static bool about_cert(enum ike_deny why)
{
	return why >= IKE_DENY_CERT_COUNT && why <= IKE_DENY_ID;
}

/* What @p lets prove an identity with keys, as a clause. */
static void trusted(const struct ike_peer_conf *p, char *buf, size_t n)
{
	if (p->n_raw_keys || (p->n_pinned && !p->trust)) {
		snprintf(buf, n, "; we accept %u certificates and %u raw keys", p->n_pinned,
			 p->n_raw_keys);
		return;
	}
	snprintf(buf, n, "; we trust ");
	ike_trust_print(p->trust, buf + strlen(buf), n - strlen(buf));
}

void ike_fail_auth(struct ike_step *x, const struct ike_peer_conf *p, enum ike_deny why,
		   const char *detail)
{
	const struct ike_payload *id = id_of(x), *c = ike_msg_find(x->m, IKE_P_CERT, NULL);
	const struct ike_payload *auth = ike_msg_find(x->m, IKE_P_AUTH, NULL);
	char name[300] = "%any", theirs[600] = "", ours[500] = "", got[64] = "nothing";
	bool psk, want_psk;

	if (id)
		ike_id_print(id->id.type, id->id.data, name, sizeof(name));
	if (auth)
		snprintf(got, sizeof(got), "%s", ike_name_auth(auth->auth.method));
	psk = auth && auth->auth.method == IKE_AUTH_PSK;
	want_psk = p->remote_by == IKE_BY_PSK || x->sa->eap;
	if (auth && psk != want_psk)
		why = IKE_DENY_METHOD;
	if (why == IKE_DENY_METHOD || why == IKE_DENY_INPUT) {
		snprintf(ours, sizeof(ours), "; peer offers %s; we accept %s", got,
			 method(p->remote_by));
	} else if (about_cert(why) && c && ike_cert_print(c->cert.data, theirs, sizeof(theirs))) {
		trusted(p, ours, sizeof(ours));
	} else if (why == IKE_DENY_RAW_KEY) {
		snprintf(theirs, sizeof(theirs), "a raw key");
		trusted(p, ours, sizeof(ours));
	} else if (about_cert(why)) {
		snprintf(ours, sizeof(ours), "; peer sent no certificate that can be read");
	}
	ike_fail(x->c, x->sa, 0, about_cert(why) ? IKE_WHY_CERT : IKE_WHY_AUTH,
		 "peer not authenticated: \"%s\": %s%s%s%s%s%s", name, ike_deny_text(why),
		 detail ? ": " : "", detail ? detail : "", theirs[0] ? "; peer offers " : "",
		 theirs, ours);
}

/* Identities that @p accepts: its own, and ours that it may ask for. */
static void accepted(const struct ike_peer_conf *p, char *buf, size_t n)
{
	char it[128], us[128];

	snprintf(buf, n, "\"%s\" for \"%s\"",
		 ike_id_print(p->remote_id.type, p->remote_id.data, it, sizeof(it)),
		 ike_id_print(p->local_id.type, p->local_id.data, us, sizeof(us)));
}

static bool is_it(const struct ike_peer_conf *p, const struct ike_payload *id)
{
	return !p->remote_id.type || ike_id_match(p->remote_id.type, p->remote_id.data,
						  id->id.type, id->id.data);
}

void ike_fail_identity(struct ike_step *x)
{
	const struct ike_payload *idi = id_of(x), *idr = ike_msg_find(x->m, IKE_P_IDR, NULL);
	const char *first = idr ? "whom it asks for, or the proposal" : "the proposal";
	const struct ike_peer_conf *p = x->c->conf.peers;
	char it[300], us[300] = "anybody", ours[600] = "nobody";
	unsigned int i, n = 0, known = 0;
	size_t at = 0;

	ike_id_print(idi->id.type, idi->id.data, it, sizeof(it));
	if (x->sa->initiator) {
		accepted(x->sa->peer, ours, sizeof(ours));
		ike_fail(x->c, x->sa, 0, IKE_WHY_IDENTITY, "peer not authenticated: identity is "
			 "not the one expected: peer is \"%s\"; we accept %s", it, ours);
		return;
	}
	if (idr)
		ike_id_print(idr->id.type, idr->id.data, us, sizeof(us));
	for (i = 0; i < x->c->conf.n_peers; i++, p++) {
		if (!ike_peer_fits(p, x))
			continue;
		known += is_it(p, idi);
		if (n++ < 4 && at + 3 < sizeof(ours)) {
			if (at)
				at += (size_t)snprintf(ours + at, sizeof(ours) - at, ", ");
			accepted(p, ours + at, sizeof(ours) - at);
			at += strlen(ours + at);
		}
	}
	if (!known)
		first = "who the peer is";
	ike_fail(x->c, x->sa, 0, IKE_WHY_IDENTITY, "peer not authenticated: no peer has these "
		 "identities: peer is \"%s\" and asks for \"%s\"; we accept %s%s; first "
		 "difference: %s", it, us, ours, n > 4 ? " and others" : "", first);
}
