// SPDX-License-Identifier: GPL-2.0
/*
 * Inbound policy: what has come in clear and must not, and what has come
 * through another SA than its policy wants.
 */

#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/ndisc.h>
#include <net/xfrm.h>

#include "classify.h"
#include "enforce.h"
#include "flow.h"
#include "main.h"

/**
 * nfsec_enforce_exempt() - packets that policy is not asked about
 * @skb: packet with its network header set
 * @fl: its flow
 *
 * Neighbour discovery between neighbours (hop limit 255, RFC 4861) is what
 * finds out where to send ESP at all.
 *
 * Context: any.
 * Return: true for packets of neighbour discovery.
 */
bool nfsec_enforce_exempt(const struct sk_buff *skb, const struct nfsec_flow *fl)
{
	u8 type = fl->sport >> 8;

	return fl->family == AF_INET6 && fl->proto == IPPROTO_ICMPV6 &&
	       !fl->flags && type >= NDISC_ROUTER_SOLICITATION &&
	       type <= NDISC_REDIRECT && ipv6_hdr(skb)->hop_limit == 255;
}

static bool tmpl_fits(const struct nfsec_tmpl *t, const struct xfrm_state *x)
{
	const struct nfsec_addr *d = (const struct nfsec_addr *)&x->id.daddr;
	const struct nfsec_addr *s = (const struct nfsec_addr *)&x->props.saddr;

	if (x->id.proto != t->proto || x->props.smark.v != t->mode ||
	    (t->reqid && x->props.reqid != t->reqid) ||
	    (t->spi && x->id.spi != t->spi))
		return false;
	if (t->mode == NFSEC_MODE_TRANSPORT || !t->family)
		return true;
	return t->family == x->props.family &&
	       (nfsec_addr_any(&t->daddr) || nfsec_addr_equal(&t->daddr, d)) &&
	       (nfsec_addr_any(&t->saddr) || nfsec_addr_equal(&t->saddr, s));
}

/**
 * nfsec_enforce() - compare what a packet went through with what its policy
 *	wants (RFC 4301 5.2)
 * @nn: namespace
 * @skb: packet, decrypted if it carries the mark of an SA
 * @fl: its flow
 * @dir: NFSEC_DIR_IN or NFSEC_DIR_FWD
 *
 * Context: BH disabled, RCU read side. @skb stays with the caller.
 * Return: NFSEC_DROP_COUNT if it may pass, else why not.
 */
enum nfsec_drop nfsec_enforce(struct nfsec_net *nn, const struct sk_buff *skb,
			      const struct nfsec_flow *fl, u8 dir)
{
	const struct xfrm_state *x = nfsec_sa_mark_of(skb);
	bool tunnelled = x && x->props.smark.v == NFSEC_MODE_TUNNEL;
	bool in = dir == NFSEC_DIR_IN;
	struct nfsec_flow quoted;
	struct nfsec_policy *p;
	bool used = false;
	int i;

	p = nfsec_classify(nn, dir, fl, NFSEC_PASS_ANY);
	if (!p && x && nfsec_flow_reverse_quoted(skb, fl, &quoted)) {
		p = nfsec_classify(nn, dir, &quoted, NFSEC_PASS_ANY);
		if (p && !(p->flags & NFSEC_POLICY_FLAGS_ICMP))
			p = NULL;
	}
	if (!p) {
		if (!tunnelled && READ_ONCE(nn->spd.default_action[dir]) ==
				  NFSEC_ACTION_ALLOW)
			return NFSEC_DROP_COUNT;
		return in ? NFSEC_DROP_IN_NO_POLICY : NFSEC_DROP_FWD_NO_POLICY;
	}
	nfsec_policy_used(p, 1, skb->len);
	if (p->action == NFSEC_ACTION_BLOCK)
		return in ? NFSEC_DROP_IN_BLOCK : NFSEC_DROP_FWD_BLOCK;

	for (i = 0; i < p->ntmpl; i++) {
		const struct nfsec_tmpl *t = &p->tmpl[i];

		if (x && !used && tmpl_fits(t, x)) {
			used = true;
			continue;
		}
		if (t->level == NFSEC_LEVEL_USE)
			continue;
		if (!x)
			return in ? NFSEC_DROP_IN_CLEARTEXT :
				    NFSEC_DROP_FWD_CLEARTEXT;
		return in ? NFSEC_DROP_IN_TEMPLATE : NFSEC_DROP_FWD_TEMPLATE;
	}
	/* nobody asked for the tunnel it came through */
	if (tunnelled && !used)
		return in ? NFSEC_DROP_IN_TEMPLATE : NFSEC_DROP_FWD_TEMPLATE;
	return NFSEC_DROP_COUNT;
}
