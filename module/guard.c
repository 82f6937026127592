// SPDX-License-Identifier: GPL-2.0
/*
 * Forwarded packets that will be protected must not be put into a flowtable:
 * later packets of the flow would go past POST_ROUTING and so past their
 * policy, in clear. A flowtable leaves alone what carries a secpath; so these
 * packets get one, of a state that means nothing.
 */

#include <linux/netfilter.h>
#include <net/xfrm.h>

#include "classify.h"
#include "flow.h"
#include "guard.h"
#include "main.h"
#include "nat.h"

/**
 * nfsec_guard_init() - make the secpath of a namespace
 * @nn: namespace
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int nfsec_guard_init(struct nfsec_net *nn)
{
	struct sk_buff skb = { };
	struct xfrm_state *x;
	struct sec_path *sp;

	x = xfrm_state_alloc(nn->net);
	if (!x)
		return -ENOMEM;
	/* what the policy check of XFRM lets pass */
	x->props.mode = XFRM_MODE_TRANSPORT;
	x->km.state = XFRM_STATE_VALID;
	sp = secpath_set(&skb);
	if (!sp) {
		x->km.state = XFRM_STATE_DEAD;
		xfrm_state_put(x);
		return -ENOMEM;
	}
	xfrm_state_hold(x);
	sp->xvec[0] = x;
	sp->len = 1;
	nn->guard_state = x;
	nn->guard_ext = skb.extensions;
	return 0;
}

/**
 * nfsec_guard_exit() - let go of the secpath of a namespace
 * @nn: namespace; packets may still carry it
 *
 * Context: process.
 */
void nfsec_guard_exit(struct nfsec_net *nn)
{
	nn->guard_state->km.state = XFRM_STATE_DEAD;
	__skb_ext_put(nn->guard_ext);
	xfrm_state_put(nn->guard_state);
}

static bool protects(struct nfsec_net *nn, const struct nfsec_flow *fl)
{
	struct nfsec_decision d;

	nfsec_classify_out(nn, fl, NFSEC_PASS_ANY, &d);
	return d.verdict == NFSEC_VERDICT_PROTECT ||
	       d.verdict == NFSEC_VERDICT_NO_SA;
}

/**
 * nfsec_guard_forward() - keep a forwarded packet out of flowtables
 * @nn: namespace
 * @skb: packet in the FORWARD hook
 * @state: hook state
 *
 * Only tracked connections get into a flowtable, so others are not looked up.
 * Those with source NAT are looked up with both addresses.
 *
 * Context: BH disabled, RCU read side.
 */
void nfsec_guard_forward(struct nfsec_net *nn, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct nfsec_flow fl;

	if (!skb_nfct(skb) || skb_sec_path(skb) ||
	    nfsec_flow_from_skb(skb, state->pf, state->out->ifindex, &fl))
		return;
	if (!protects(nn, &fl) &&
	    !(nfsec_nat_translate(skb, &fl) && protects(nn, &fl)))
		return;
	skb_ext_reset(skb);
	refcount_inc(&nn->guard_ext->refcnt);
	skb->extensions = nn->guard_ext;
	skb->active_extensions = 1 << SKB_EXT_SEC_PATH;
	skb->slow_gro = 1;
}

/**
 * nfsec_guard_changed() - let a change of policies take effect everywhere
 * @nn: namespace
 *
 * Call it after the change is visible. Cached lookups become stale; and so do
 * cached routes, with which a flowtable lets go of the flows that it took
 * while nothing protected them: their next packets come by here again.
 *
 * Context: process, &nfsec_net.lock held.
 */
void nfsec_guard_changed(struct nfsec_net *nn)
{
	nfsec_net_changed(nn);
	rt_genid_bump_all(nn->net);
}
