// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration payload: addresses inside of the tunnel (RFC 7296 2.19, 3.15).
 */
#include "../lib/util.h"
#include "sa.h"

/* Slot of an address family in sa->lease and sa->vip. */
static unsigned int slot(uint8_t len)
{
	return len == 16;
}

static bool asked(const struct ike_peer_conf *p, uint8_t len)
{
	unsigned int i;

	for (i = 0; i < p->n_vips; i++)
		if (p->vips[i].len == len)
			return true;
	return false;
}

void ike_cp_out(struct ike_sa *sa, struct ike_out *o)
{
	const struct ike_peer_conf *p = sa->peer;
	static const uint8_t any[16];
	struct ike_buf none = { 0 };
	uint8_t v[17];
	unsigned int i;

	if (!p->n_vips)
		return;
	ike_out_cp_begin(o, IKE_CP_REQUEST);
	for (i = 0; i < p->n_vips; i++) {
		const struct ike_addr *a = &p->vips[i];
		bool some = memcmp(a->a, any, a->len);

		memcpy(v, a->a, a->len);
		v[16] = 128;
		ike_out_cp_attr(o, a->len == 4 ? IKE_CPA_IP4_ADDRESS : IKE_CPA_IP6_ADDRESS,
				some ? (struct ike_buf){ v, a->len == 4 ? 4 : 17 } : none);
	}
	if (asked(p, 4))
		ike_out_cp_attr(o, IKE_CPA_IP4_DNS, none);
	if (asked(p, 16))
		ike_out_cp_attr(o, IKE_CPA_IP6_DNS, none);
	ike_out_end(o);
}

static const struct ike_payload *payload(const struct ike_msg *m, uint8_t type)
{
	const struct ike_payload *p = NULL;

	while ((p = ike_msg_find(m, IKE_P_CP, p)))
		if (p->cp.type == type)
			return p;
	return NULL;
}

uint16_t ike_cp_lease(struct ike_step *x)
{
	const struct ike_payload *p = payload(x->m, IKE_CP_REQUEST);
	struct ike_sa *sa = x->sa;
	bool want = false, got = false;
	struct ike_cp_attr a;
	struct ike_buf left;
	unsigned int i;
	uint8_t len;

	if (!p)
		return 0;
	for (left = p->cp.attrs; ike_cp_next(&left, &a);) {
		if (a.type != IKE_CPA_IP4_ADDRESS && a.type != IKE_CPA_IP6_ADDRESS)
			continue;
		want = true;
		len = a.type == IKE_CPA_IP4_ADDRESS ? 4 : 16;
		i = slot(len);
		if (!sa->lease[i])
			sa->lease[i] = ike_lease_take(sa, len, &sa->vip[i]);
		got |= !!sa->lease[i];
	}
	if (!want || got)
		return 0;
	ike_log(x->c, sa, "no address is left for the peer");
	return IKE_N_INTERNAL_ADDRESS_FAILURE;
}

void ike_cp_answer(struct ike_step *x)
{
	struct ike_sa *sa = x->sa;
	unsigned int i, k;
	uint8_t v[17];

	if (!sa->lease[0] && !sa->lease[1])
		return;
	ike_out_cp_begin(x->out, IKE_CP_REPLY);
	for (i = 0; i < ARRAY_SIZE(sa->lease); i++) {
		if (!sa->lease[i])
			continue;
		memcpy(v, sa->vip[i].a, sa->vip[i].len);
		v[16] = 128;
		ike_out_cp_attr(x->out, i ? IKE_CPA_IP6_ADDRESS : IKE_CPA_IP4_ADDRESS,
				(struct ike_buf){ v, i ? 17 : 4 });
	}
	for (i = 0; i < sa->peer->n_pools; i++) {
		const struct ike_pool *p = sa->peer->pools[i];

		/* Those of the pools it has addresses of, and of pools without any. */
		for (k = 0; k < 2; k++)
			if (sa->lease[k] && ike_lease_pool(sa, sa->lease[k]) == p)
				break;
		if (k == 2 && p->first.len)
			continue;
		for (k = 0; k < p->n_attrs; k++)
			ike_out_cp_attr(x->out, p->attrs[k].type, p->attrs[k].value);
	}
	ike_out_end(x->out);
}

/* Whether a peer may give us @a: no multicast, loopback or unspecified address. */
static bool sane(const struct ike_addr *a)
{
	static const uint8_t zero[16], one[16] = { [15] = 1 };

	if (a->len == 4)
		return a->a[0] && a->a[0] != 127 && a->a[0] < 224;
	return a->a[0] != 0xff && memcmp(a->a, zero, 16) && memcmp(a->a, one, 16);
}

void ike_cp_take(struct ike_step *x)
{
	const struct ike_payload *p = payload(x->m, IKE_CP_REPLY);
	const struct ike_ctx_conf *k = &x->c->conf;
	struct ike_sa *sa = x->sa;
	struct ike_cp_attr a;
	struct ike_buf left;

	if (!p || !sa->peer->n_vips)
		return;
	for (left = p->cp.attrs; ike_cp_next(&left, &a);) {
		struct ike_addr v = { 0 };

		v.len = a.type == IKE_CPA_IP4_ADDRESS || a.type == IKE_CPA_IP4_DNS ? 4 : 16;
		if (a.type != IKE_CPA_IP4_ADDRESS && a.type != IKE_CPA_IP6_ADDRESS &&
		    a.type != IKE_CPA_IP4_DNS && a.type != IKE_CPA_IP6_DNS)
			continue;
		if (a.value.n < v.len || !asked(sa->peer, v.len))
			continue;
		memcpy(v.a, a.value.p, v.len);
		if (!sane(&v)) {
			ike_log(x->c, sa, "peer gives an address that cannot be");
			continue;
		}
		if (a.type == IKE_CPA_IP4_DNS || a.type == IKE_CPA_IP6_DNS) {
			if (sa->n_dns < ARRAY_SIZE(sa->dns))
				sa->dns[sa->n_dns++] = v;
			if (k->dns)
				k->dns(k->arg, sa->peer, &v);
			continue;
		}
		if (sa->vip[slot(v.len)].len)
			continue;
		sa->vip[slot(v.len)] = v;
		sa->vip_ours = true;
		if (k->vip)
			k->vip(k->arg, sa, &v, true);
	}
}

void ike_cp_free(struct ike_sa *sa)
{
	const struct ike_ctx_conf *k = &sa->ctx->conf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sa->vip); i++) {
		ike_lease_give(sa, sa->lease[i]);
		if (sa->vip_ours && sa->vip[i].len && k->vip)
			k->vip(k->arg, sa, &sa->vip[i], false);
		sa->lease[i] = NULL;
		sa->vip[i].len = 0;
	}
	sa->vip_ours = false;
	sa->n_dns = 0;
}

void ike_cp_move(struct ike_sa *from, struct ike_sa *to)
{
	memcpy(to->lease, from->lease, sizeof(to->lease));
	memcpy(to->vip, from->vip, sizeof(to->vip));
	memcpy(to->dns, from->dns, sizeof(to->dns));
	to->n_dns = from->n_dns;
	to->vip_ours = from->vip_ours;
	memset(from->lease, 0, sizeof(from->lease));
	memset(from->vip, 0, sizeof(from->vip));
	from->vip_ours = false;
}

/* @t as a selector of all addresses of its family. */
static void any(struct ike_ts *t, uint8_t len)
{
	static const uint8_t zero[16];

	ike_ts_resolve(t, zero, len);
	memset(t->hi, 0xff, len);
}

unsigned int ike_cp_resolve(const struct ike_sa *sa, bool ours, const struct ike_ts *from,
			    unsigned int n, const struct ike_addr *outer, struct ike_ts *to,
			    unsigned int most)
{
	bool leased = sa->vip[0].len || sa->vip[1].len;
	unsigned int i, k, at = 0;

	for (i = 0; i < n; i++) {
		bool inner = from[i].dynamic && leased && sa->vip_ours == ours;
		bool open = from[i].dynamic && !leased && ours && sa->peer->n_vips;

		for (k = 0; k < 2 && at < most; k++) {
			to[at] = from[i];
			if (inner && sa->vip[k].len)
				ike_ts_resolve(&to[at++], sa->vip[k].a, sa->vip[k].len);
			else if (open && asked(sa->peer, k ? 16 : 4))
				any(&to[at++], k ? 16 : 4);
			else if (!inner && !open && !k)
				ike_ts_resolve(&to[at++], outer->a, outer->len);
		}
	}
	return at;
}
