// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments inside tunnels: cut before encapsulation, put together behind it.
 */

#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/percpu.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "compat/fragment.h"
#include "fragment.h"
#include "main.h"
#include "sa.h"
#include "stats.h"

/* Where collect() leaves the next piece */
static DEFINE_PER_CPU(struct sk_buff **, fragment_tail);

static int collect(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff **tail = this_cpu_read(fragment_tail);

	skb_mark_not_on_list(skb);
	*tail = skb;
	this_cpu_write(fragment_tail, &skb->next);
	return 0;
}

/**
 * nfsec_fragment() - cut a packet into fragments
 * @net: namespace
 * @skb: packet, not GSO, with a route; consumed, whatever comes of it
 * @family: its family
 * @mtu: longest fragment wanted, in octets; IPv6 ones of 1280 are possible if
 *	it is less, and shorter ones if the packet arrived in such
 * @list: receives the fragments
 *
 * RFC 4301 5.1 leaves it to the gateway for IPv4. For IPv6 it is for packets
 * of this host, or that netfilter had put together and gives back their form.
 *
 * Context: BH disabled.
 * Return: 0, or a negative error with @list NULL.
 */
int nfsec_fragment(struct net *net, struct sk_buff *skb, u8 family, u32 mtu,
		   struct sk_buff **list)
{
	u16 want = min_t(u32, mtu, U16_MAX);
	int err;

	*list = NULL;
	this_cpu_write(fragment_tail, list);
	if (family == AF_INET) {
		IPCB(skb)->frag_max_size =
			min_not_zero(IPCB(skb)->frag_max_size, want);
		err = ip_do_fragment(net, NULL, skb, collect);
	} else {
		want = min_t(u32, max_t(u32, want, IPV6_MIN_MTU),
			     dst_mtu(skb_dst(skb)));
		IP6CB(skb)->frag_max_size =
			min_not_zero(IP6CB(skb)->frag_max_size, want);
		err = nfsec_compat_ip6_fragment(net, skb, collect);
	}
	if (err) {
		kfree_skb_list(*list);
		*list = NULL;
	}
	return err;
}

/*
 * Decrypted fragments are put together with their like only: one in clear that
 * claims to belong to them must not get behind the policy with them (RFC 4301
 * 7.4, D.4). Conntrack, whose turn is next, keeps to zones of 16 bits in the
 * number that tells the users of reassembly from each other.
 */
#define NFSEC_DEFRAG_USER	0x6e660000

static u32 defrag_user(const struct xfrm_state *x)
{
	u32 key = x->props.reqid ?: (__force u32)x->id.spi;

	return NFSEC_DEFRAG_USER | hash_32(key, 16);
}

/**
 * nfsec_fragment_gather4() - put decrypted fragments together, IPv4
 * @priv: not used
 * @skb: packet; stolen if others are still missing
 * @state: hook state
 *
 * Context: BH disabled, RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_fragment_gather4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct xfrm_state *x;

	if (!ip_is_fragment(ip_hdr(skb)))
		return NF_ACCEPT;
	x = nfsec_sa_mark_of(skb);
	if (!x)
		return NF_ACCEPT;
	if (ip_defrag(state->net, skb, defrag_user(x)))
		return NF_STOLEN;
	skb->ignore_df = 1;
	return NF_ACCEPT;
}

/**
 * nfsec_fragment_gather6() - put decrypted fragments together, IPv6
 * @priv: not used
 * @skb: packet; stolen if others are still missing
 * @state: hook state
 *
 * Context: BH disabled, RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_fragment_gather6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct xfrm_state *x = nfsec_sa_mark_of(skb);
	int err;

	if (!x)
		return NF_ACCEPT;
	err = nf_ct_frag6_gather(state->net, skb, defrag_user(x));
	if (err && err != -EINPROGRESS)
		nfsec_stats_drop(nfsec_net(state->net), NULL, skb,
				 err == -ENOMEM ? NFSEC_DROP_IN_NOMEM :
						  NFSEC_DROP_IN_FRAGMENT);
	return err ? NF_STOLEN : NF_ACCEPT;
}
