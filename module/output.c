// SPDX-License-Identifier: GPL-2.0
/*
 * The way out: POST_ROUTING, for packets of this host and forwarded ones.
 *
 * A packet that policy protects is stolen here. A GSO packet is segmented
 * once; its segments get their sequence numbers with one atomic operation and
 * are encrypted and sent as a list.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/tcp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/sock.h>

#include "ah.h"
#include "classify.h"
#include "compat/gso.h"
#include "enforce.h"
#include "esp.h"
#include "flow.h"
#include "fragment.h"
#include "frame.h"
#include "hold.h"
#include "input.h"
#include "main.h"
#include "nat.h"
#include "natt.h"
#include "notify.h"
#include "output.h"
#include "pmtu.h"
#include "tunnel.h"

static unsigned int drop(struct nfsec_net *nn, struct nfsec_sa *sa,
			 struct sk_buff *skb, enum nfsec_drop reason,
			 unsigned int err)
{
	nfsec_stats_drop(nn, sa, skb, reason);
	return err << 16 | NF_STOLEN;
}

/* What the stack does behind POST_ROUTING, once it is known */
static int (*finish_output)(struct net *net, struct sock *sk,
			    struct sk_buff *skb);

/*
 * A copy of a multicast or broadcast packet for listeners on this host never
 * leaves it. What tells it from the original is what comes behind the hook; as
 * that function has no name for a module, it is learned from unicast packets.
 */
static bool looped_back4(const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct rtable *rt = skb_rtable(skb);

	if (!rt || dst_xfrm(&rt->dst))
		return false;
	if (likely(rt->dst.output == ip_output)) {
		if (unlikely(!READ_ONCE(finish_output)))
			cmpxchg(&finish_output, NULL, state->okfn);
		return false;
	}
	return rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST) && !skb->sk &&
	       skb_cloned(skb) && READ_ONCE(finish_output) &&
	       READ_ONCE(finish_output) != state->okfn;
}

/* Passes in which a packet is not what will be on the wire */
static bool skip_pass(const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	if (state->pf == NFPROTO_IPV4 ?
	    IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED :
	    IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED)
		return true;
	if (!state->out || state->out->flags & IFF_LOOPBACK ||
	    netif_is_l3_master(state->out))
		return true;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(skb))
		return true;
#endif
	return state->pf == NFPROTO_IPV4 ? looped_back4(skb, state) :
					   state->okfn == dev_loopback_xmit;
}

/* Sequence numbers for @n packets; the first is returned (RFC 4303 3.3.3) */
static u64 take_seq(struct nfsec_sa *sa, u32 n)
{
	u64 old;

	if (likely(!sa->esn))
		return atomic64_add_return(n, &sa->oseq) - n + 1;
	old = atomic64_read(&sa->oseq);
	do {
		if (old > U64_MAX - n)
			return 0;
	} while (!atomic64_try_cmpxchg(&sa->oseq, (s64 *)&old, old + n));
	return old + 1;
}

static bool seq_used_up(const struct nfsec_sa *sa, u64 seq)
{
	if (sa->esn)
		return !seq;
	return seq > U32_MAX && !(sa->flags & NFSEC_SA_FLAGS_OSEQ_MAY_WRAP);
}

/*
 * The socket shall learn when the packets leave, as if they were the one it
 * made: they take over its owner, and what they occupy is put on its account.
 */
static void inherit_owner(struct sk_buff *list, struct sk_buff *old)
{
	struct sock *sk = old->sk;
	struct sk_buff *skb;
	int delta = 0;

	if (!list || !sk || !sk_fullsock(sk) || !old->destructor ||
	    old->destructor == sock_efree || old->destructor == sock_edemux ||
	    old->destructor == sock_rfree)
		return;
	for (skb = list; skb; skb = skb->next) {
		skb->sk = sk;
		skb->destructor = old->destructor;
		delta += skb->truesize;
	}
	delta -= old->truesize;
	if (delta > 0)
		refcount_add(delta, &sk->sk_wmem_alloc);
	else if (delta < 0)
		WARN_ON_ONCE(refcount_sub_and_test(-delta, &sk->sk_wmem_alloc));
	old->sk = NULL;
	old->destructor = NULL;
}

/* Put UDP and IP headers in front of ESP or AH and make it ready to be sent */
static void finish(const struct nfsec_out *o, struct sk_buff *skb, u8 dsfield,
		   bool df)
{
	const struct nfsec_sa *sa = o->sa;
	u8 proto = sa->proto;

	skb_reset_transport_header(skb);
	if (o->encap) {
		nfsec_natt_push(o->encap, skb);
		proto = IPPROTO_UDP;
	}
	if (sa->mode == NFSEC_MODE_TUNNEL) {
		nfsec_tunnel_push(o->path, skb, o->nn->net, o->dst, proto,
				  dsfield, df);
	} else {
		u8 *iph = skb_push(skb, o->keep);

		skb_reset_network_header(skb);
		iph[o->nhoff] = proto;
	}
	if (o->encap && o->path->family == AF_INET6) {
		ipv6_hdr(skb)->payload_len = htons(skb->len -
						   sizeof(struct ipv6hdr));
		nfsec_natt_checksum6(skb);
	}

	if (o->path->family == AF_INET) {
		if (sa->mode == NFSEC_MODE_TUNNEL)
			memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		IPCB(skb)->flags = IPSKB_XFRM_TRANSFORMED;
		IPCB(skb)->frag_max_size = 0;
	} else {
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		IP6CB(skb)->flags = IP6SKB_XFRM_TRANSFORMED;
	}
	/* nfsec_pmtu_fit() has decided that fragments are all right */
	skb->ignore_df = 1;
	skb->mark = (skb->mark & ~sa->output_mark.mask) | sa->output_mark.value;
	skb_clear_hash(skb);
	skb_dst_set(skb, dst_clone(o->dst));
}

/* Can the IP header name the length of a packet */
static bool too_long(const struct nfsec_out *o, const struct sk_buff *skb)
{
	return skb->len - (o->path->family == AF_INET6 ?
			   sizeof(struct ipv6hdr) : 0) > IP_MAX_MTU;
}

/* ESP is sealed first: it does not cover the headers in front of it */
static bool make_esp(const struct nfsec_out *o, struct sk_buff *skb, u64 seq,
		     u64 iv, u8 dsfield, bool df, enum nfsec_drop *reason)
{
	struct nfsec_sa *sa = o->sa;

	*reason = NFSEC_DROP_OUT_SA_EXPIRED;
	if (!nfsec_lifetime_count(sa, 1, skb->len - 8 - sa->crypto.ivlen -
					 sa->crypto.icvlen))
		return false;
	*reason = NFSEC_DROP_OUT_CRYPTO;
	if (nfsec_esp_seal(sa, skb, seq, iv))
		return false;
	finish(o, skb, dsfield, df);
	*reason = NFSEC_DROP_OUT_TOO_BIG;
	return !too_long(o, skb);
}

/* AH covers all of the packet that leaves (RFC 4301 4.4.2.1 of its bytes) */
static bool make_ah(const struct nfsec_out *o, struct sk_buff *skb, u64 seq,
		    u64 iv, u8 dsfield, bool df, enum nfsec_drop *reason)
{
	finish(o, skb, dsfield, df);
	*reason = NFSEC_DROP_OUT_TOO_BIG;
	if (too_long(o, skb))
		return false;
	*reason = NFSEC_DROP_OUT_SA_EXPIRED;
	if (!nfsec_lifetime_count(o->sa, 1, skb->len))
		return false;
	return nfsec_ah_seal(o->sa, skb, o->path->family, seq, iv, reason);
}

/*
 * Protect one packet, or segment @i of it; on failure @reason is set and NULL
 * returned
 */
static struct sk_buff *protect(const struct nfsec_out *o, struct sk_buff *skb,
			       u32 i, u64 seq, u64 iv, bool fragment,
			       enum nfsec_drop *reason)
{
	struct nfsec_sa *sa = o->sa;
	const struct nfsec_layout lay = {
		.seg = o->seg.n ? &o->seg : NULL,
		.keep = o->keep,
		.gap = o->encap ? sizeof(struct udphdr) : 0,
		.headroom = LL_RESERVED_SPACE(o->dst->dev) +
			    sizeof(struct ipv6hdr),
		.padto = min(sa->tfcpad, o->inner_mtu),
		.nexthdr = o->nh,
	};
	struct sk_buff *new;
	u8 dsfield = 0;
	bool df = false;

	if (seq_used_up(sa, seq)) {
		*reason = NFSEC_DROP_OUT_SEQ_OVERFLOW;
		return NULL;
	}
	if (sa->mode == NFSEC_MODE_TUNNEL) {
		if (o->fl->family == AF_INET) {
			dsfield = ip_hdr(skb)->tos;
			df = ip_hdr(skb)->frag_off & htons(IP_DF);
		} else {
			dsfield = ipv6_get_dsfield(ipv6_hdr(skb));
			df = true;
		}
		if (fragment || sa->flags & NFSEC_SA_FLAGS_NOPMTUDISC)
			df = false;
	}
	new = sa->proto == IPPROTO_AH ?
	      nfsec_ah_build(sa, o->path, skb, &lay, i) :
	      nfsec_esp_build(sa, skb, &lay, i);
	if (!new) {
		*reason = NFSEC_DROP_OUT_NOMEM;
		return NULL;
	}
	if (sa->proto == IPPROTO_AH ?
	    !make_ah(o, new, seq, iv, dsfield, df, reason) :
	    !make_esp(o, new, seq, iv, dsfield, df, reason)) {
		/* counted with the original, which the caller drops */
		consume_skb(new);
		return NULL;
	}
	return new;
}

/**
 * struct burst - protected packets on their way
 * @seq: sequence number of the next one
 * @iv: number of its IV
 * @n: how many there are
 * @bytes: octets they had before
 * @list: the packets
 * @tail: end of @list
 */
struct burst {
	u64 seq;
	u64 iv;
	u32 n;
	u64 bytes;
	struct sk_buff *list;
	struct sk_buff **tail;
};

/* Take the numbers for @n packets at once */
static void burst_begin(struct burst *b, struct nfsec_sa *sa, u32 n)
{
	b->seq = take_seq(sa, n);
	b->iv = atomic64_add_return(n, &sa->iv_seq) - n;
	b->n = 0;
	b->bytes = 0;
	b->list = NULL;
	b->tail = &b->list;
}

/* Protect the next packet of @len octets; the new one, or NULL with @reason */
static struct sk_buff *burst_add(struct burst *b, const struct nfsec_out *o,
				 struct sk_buff *skb, u32 i, u32 len,
				 bool fragment, enum nfsec_drop *reason)
{
	struct sk_buff *new = protect(o, skb, i, b->seq, b->iv, fragment,
				      reason);

	if (b->seq)
		b->seq++;
	b->iv++;
	if (new) {
		b->n++;
		b->bytes += len;
		*b->tail = new;
		b->tail = &new->next;
		new->next = NULL;
	}
	return new;
}

static void burst_send(struct burst *b, const struct nfsec_out *o)
{
	struct sk_buff *skb, *next;

	nfsec_stats_add(o->nn, NFSEC_COUNTER_OUT_PACKETS, b->n);
	nfsec_stats_add(o->nn, NFSEC_COUNTER_OUT_BYTES, b->bytes);
	nfsec_stats_add(o->nn, NFSEC_COUNTER_OUT_BATCHES, 1);
	skb_list_walk_safe(b->list, skb, next) {
		skb_mark_not_on_list(skb);
		if (o->path->family == AF_INET)
			ip_local_out(o->nn->net, NULL, skb);
		else
			ip6_local_out(o->nn->net, NULL, skb);
	}
}

/* Protect and send a list of packets of one flow; frees the list */
static void protect_list(const struct nfsec_out *o, struct sk_buff *list,
			 bool fragment)
{
	struct sk_buff *skb, *next, *new;
	enum nfsec_drop reason;
	struct burst b;
	u32 n = 0;

	skb_list_walk_safe(list, skb, next)
		n++;
	burst_begin(&b, o->sa, n);
	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		new = burst_add(&b, o, skb, 0, skb->len, fragment, &reason);
		if (new) {
			inherit_owner(new, skb);
			consume_skb(skb);
		} else {
			nfsec_stats_drop(o->nn, o->sa, skb, reason);
		}
	}
	burst_send(&b, o);
}

/* The same for a packet that is cut as o->seg says; frees it */
static void protect_segments(const struct nfsec_out *o, struct sk_buff *skb,
			     bool fragment)
{
	enum nfsec_drop reason;
	struct burst b;
	u32 i;

	burst_begin(&b, o->sa, o->seg.n);
	for (i = 0; i < o->seg.n; i++)
		if (!burst_add(&b, o, skb, i,
			       nfsec_segment_len(&o->seg, skb, i), fragment,
			       &reason))
			nfsec_stats_count_drop(o->nn, o->sa, NULL, reason);
	inherit_owner(b.list, skb);
	consume_skb(skb);
	burst_send(&b, o);
}

/* Cut the packets of a list that are too long; those that cannot be are lost */
static struct sk_buff *cut_list(const struct nfsec_out *o, struct sk_buff *list,
				u32 longest)
{
	struct sk_buff *skb, *next, *first = NULL, **tail = &first;
	int err;

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		if (skb->len <= longest) {
			*tail = skb;
		} else {
			err = nfsec_fragment(o->nn->net, skb, o->fl->family,
					     o->inner_mtu, tail);
			if (err)
				nfsec_stats_count_drop(o->nn, o->sa, NULL,
						       err == -EMSGSIZE ?
						       NFSEC_DROP_OUT_TOO_BIG :
						       NFSEC_DROP_OUT_NOMEM);
		}
		while (*tail)
			tail = &(*tail)->next;
	}
	return first;
}

/* Steal a packet that policy protects with the SA of the decision */
static unsigned int transform(struct nfsec_net *nn, struct sk_buff *skb,
			      const struct nfsec_flow *fl,
			      const struct nfsec_decision *d, bool after_nat)
{
	struct nfsec_sa *sa = d->sa[0];
	struct nfsec_out o = {
		.nn = nn,
		.sa = sa,
		.fl = fl,
		.path = nfsec_sa_path(sa),
		.after_nat = after_nat,
	};
	struct sk_buff *segs = skb;
	enum nfsec_pmtu_fit fit;
	bool fragment;
	int err;

	if (o.path->encap.type != NFSEC_ENCAP_TYPE_NONE)
		o.encap = &o.path->encap;
	/* IPv6 sets its flag of this kind for multicast only */
	o.local = fl->family == AF_INET ?
		  !(IPCB(skb)->flags & IPSKB_FORWARDED) : !skb->skb_iif;
	if (sa->mode == NFSEC_MODE_TUNNEL) {
		o.nh = fl->family == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6;
		/* RFC 4301 7.3: only where all pieces meet the same selectors */
		o.cut = !nfsec_selector_has_ports(&d->policy->sel) &&
			!nfsec_selector_has_ports(&sa->sel);
		o.dst = nfsec_tunnel_route(nn->net, o.path,
					   (skb->mark & ~sa->output_mark.mask) |
					   sa->output_mark.value);
		if (IS_ERR(o.dst))
			return drop(nn, sa, skb, NFSEC_DROP_OUT_NO_ROUTE,
				    -PTR_ERR(o.dst));
	} else {
		if (!o.local)
			return drop(nn, sa, skb,
				    NFSEC_DROP_OUT_TRANSPORT_FORWARD, 0);
		if (fl->flags)
			return drop(nn, sa, skb, NFSEC_DROP_OUT_FRAGMENT, 0);
		err = nfsec_frame_offset(skb, fl->family, &o.nhoff, &o.nh);
		if (err < 0)
			return drop(nn, sa, skb, NFSEC_DROP_OUT_MALFORMED, 0);
		o.keep = err;
		o.dst = skb_dst(skb);
		if (!dst_hold_safe(o.dst))
			return drop(nn, sa, skb, NFSEC_DROP_OUT_NO_ROUTE, 0);
	}

	fit = nfsec_pmtu_fit(&o, skb);
	if (fit == NFSEC_PMTU_REFUSED) {
		dst_release(o.dst);
		return drop(nn, sa, skb, NFSEC_DROP_OUT_TOO_BIG, EMSGSIZE);
	}
	if (!nfsec_input_confirm(skb)) {
		dst_release(o.dst);
		return drop(nn, sa, skb, NFSEC_DROP_OUT_CONNTRACK, 0);
	}
	if (skb_is_gso(skb) && fit == NFSEC_PMTU_FITS &&
	    nfsec_segment_plan(skb, fl, &o.seg)) {
		protect_segments(&o, skb, false);
		dst_release(o.dst);
		return NF_STOLEN;
	}
	if (skb_is_gso(skb)) {
		segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
		if (IS_ERR_OR_NULL(segs)) {
			dst_release(o.dst);
			return drop(nn, sa, skb, NFSEC_DROP_OUT_NOMEM, 0);
		}
		consume_skb(skb);
	}
	fragment = fit == NFSEC_PMTU_FRAGMENT_OUTER;
	if (fit == NFSEC_PMTU_FRAGMENT_INNER) {
		u32 longest = o.inner_mtu;

		if (fl->family == AF_INET6)
			longest = max_t(u32, longest, IPV6_MIN_MTU);
		fragment = longest > o.inner_mtu;
		segs = cut_list(&o, segs, longest);
	}
	if (segs)
		protect_list(&o, segs, fragment);
	dst_release(o.dst);
	return NF_STOLEN;
}

/*
 * With policies for both passes only a packet that neither of them knows is
 * dropped: the first pass notes in a spare bit of the control block that it
 * found nothing.
 */
#define NO_POLICY_YET	BIT(14)

static unsigned int no_policy(struct nfsec_net *nn, struct sk_buff *skb,
			      const struct nfsec_flow *fl, enum nfsec_pass pass)
{
	bool v4 = fl->family == AF_INET;

	if (pass == NFSEC_PASS_AFTER_NAT) {
		if (!((v4 ? IPCB(skb)->flags : IP6CB(skb)->flags) &
		      NO_POLICY_YET))
			return NF_ACCEPT;
	} else if (pass == NFSEC_PASS_BEFORE_NAT &&
		   READ_ONCE(nn->spd.after_nat)) {
		if (v4)
			IPCB(skb)->flags |= NO_POLICY_YET;
		else
			IP6CB(skb)->flags |= NO_POLICY_YET;
		return NF_ACCEPT;
	}
	return drop(nn, NULL, skb, NFSEC_DROP_OUT_NO_POLICY, EPERM);
}

/* Ask for an SA; if there is anyone to ask, the packet waits for the answer */
static unsigned int no_sa(struct nfsec_net *nn, struct sk_buff *skb,
			  const struct nfsec_flow *fl,
			  const struct nfsec_decision *d, enum nfsec_pass pass)
{
	bool asked = nfsec_notify_acquire(nn, d->policy, d->missing, fl);
	enum nfsec_drop reason = NFSEC_DROP_OUT_NO_SA;

	if (d->sel_mismatch)
		reason = NFSEC_DROP_OUT_SA_SELECTOR;
	else if (asked)
		reason = nfsec_hold_packet(nn, d->policy, skb, fl, pass);
	if (reason == NFSEC_DROP_COUNT)
		return NF_STOLEN;
	return drop(nn, NULL, skb, reason, 0);
}

/**
 * nfsec_output_resume() - try again with a packet that had no SA
 * @nn: namespace
 * @skb: packet that was stolen; gone, or stays with the caller
 * @fl: its flow
 * @pass: hook it was stolen in
 *
 * It leaves protected or not at all: what policy would let out in clear by now
 * has missed the hooks and filters on the way there.
 *
 * Context: process, BH enabled, under rcu_read_lock().
 * Return: false if it still has none.
 */
bool nfsec_output_resume(struct nfsec_net *nn, struct sk_buff *skb,
			 const struct nfsec_flow *fl, enum nfsec_pass pass)
{
	enum nfsec_drop reason = NFSEC_DROP_OUT_HOLD_GONE;
	struct nfsec_decision d;
	bool gone = true;

	local_bh_disable();
	nfsec_classify_out(nn, fl, pass, &d);
	if (d.unsure)
		reason = NFSEC_DROP_OUT_FRAGMENT;
	else if (d.verdict == NFSEC_VERDICT_BLOCK)
		reason = NFSEC_DROP_OUT_BLOCK;
	else if (d.verdict == NFSEC_VERDICT_NO_SA && d.sel_mismatch)
		reason = NFSEC_DROP_OUT_SA_SELECTOR;

	if (!d.unsure && d.verdict == NFSEC_VERDICT_PROTECT)
		transform(nn, skb, fl, &d, pass != NFSEC_PASS_BEFORE_NAT);
	else if (d.unsure || d.verdict != NFSEC_VERDICT_NO_SA || d.sel_mismatch)
		nfsec_stats_drop(nn, NULL, skb, reason);
	else
		gone = false;
	local_bh_enable();
	return gone;
}

static unsigned int output(struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   enum nfsec_pass pass)
{
	struct nfsec_net *nn = nfsec_net(state->net);
	struct nfsec_decision d;
	unsigned int verdict;
	struct nfsec_flow fl;

	if (nfsec_flow_from_skb(skb, state->pf, state->out->ifindex, &fl))
		return drop(nn, NULL, skb, NFSEC_DROP_OUT_MALFORMED, 0);
	if (nfsec_enforce_exempt(skb, &fl))
		return NF_ACCEPT;

	/*
	 * BH stay off from the lookup to the last packet: caches and crypto
	 * work areas are per CPU and shared with softirqs.
	 */
	local_bh_disable();
	nfsec_classify_out(nn, &fl, pass, &d);
	if (d.policy)
		nfsec_policy_used(d.policy, 1, skb->len);
	if (d.unsure) {
		verdict = drop(nn, NULL, skb, NFSEC_DROP_OUT_FRAGMENT, 0);
		goto out;
	}
	switch (d.verdict) {
	case NFSEC_VERDICT_PROTECT:
		verdict = transform(nn, skb, &fl, &d,
				    pass != NFSEC_PASS_BEFORE_NAT);
		break;
	case NFSEC_VERDICT_BYPASS:
		nfsec_stats_add(nn, NFSEC_COUNTER_OUT_BYPASS, 1);
		verdict = NF_ACCEPT;
		break;
	case NFSEC_VERDICT_BLOCK:
		verdict = drop(nn, NULL, skb, NFSEC_DROP_OUT_BLOCK, EPERM);
		break;
	case NFSEC_VERDICT_NO_SA:
		verdict = no_sa(nn, skb, &fl, &d, pass);
		break;
	case NFSEC_VERDICT_DEFAULT_BLOCK:
		verdict = no_policy(nn, skb, &fl, pass);
		break;
	default:
		verdict = NF_ACCEPT;
		break;
	}
out:
	local_bh_enable();
	return verdict;
}

static bool idle(const struct nfsec_net *nn)
{
	return !READ_ONCE(nn->spd.count) &&
	       READ_ONCE(nn->spd.default_action[NFSEC_DIR_OUT]) ==
	       NFSEC_ACTION_ALLOW;
}

/**
 * nfsec_output_before_nat() - outbound hook just in front of source NAT
 * @priv: not used
 * @skb: packet; stolen if it is protected or dropped
 * @state: hook state
 *
 * Here a packet still has its own addresses, so no MASQUERADE rule can take
 * protected traffic away. Not those of a translated connection: what answers
 * for another address gets that back first.
 *
 * Context: softirq, or process with BH enabled; RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_output_before_nat(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	if (idle(nfsec_net(state->net)) || skip_pass(skb, state) ||
	    nfsec_nat_restores(skb))
		return NF_ACCEPT;
	return output(skb, state, NFSEC_PASS_BEFORE_NAT);
}

/**
 * nfsec_output_after_nat() - outbound hook behind everything else
 * @priv: not used
 * @skb: packet; stolen if it is protected or dropped
 * @state: hook state
 *
 * For policies flagged after-nat, and all policies for packets that the first
 * hook left to NAT.
 *
 * Context: softirq, or process with BH enabled; RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_output_after_nat(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct nfsec_net *nn = nfsec_net(state->net);
	bool restored;

	if (idle(nn))
		return NF_ACCEPT;
	restored = nfsec_nat_restores(skb);
	if ((!restored && !READ_ONCE(nn->spd.after_nat)) ||
	    skip_pass(skb, state))
		return NF_ACCEPT;
	return output(skb, state, restored ? NFSEC_PASS_ANY :
					     NFSEC_PASS_AFTER_NAT);
}
