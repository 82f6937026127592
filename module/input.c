// SPDX-License-Identifier: GPL-2.0
/*
 * The way in: LOCAL_IN and FORWARD.
 *
 * ESP and AH for this host are stolen in LOCAL_IN and put on a queue of the CPU,
 * which a NAPI instance of our own empties: it decrypts a batch and hands the
 * inner packets to GRO, so that TCP is merged again and every packet sees the whole
 * stack from PRE_ROUTING on, as if it had come in by the same device.
 *
 * What came in clear is compared with policy here; what came out of an SA
 * carries the mark of that SA (see sa.h) and is compared with the templates of
 * the policy.
 */

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <net/dsfield.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/xfrm.h>

#include "ah.h"
#include "compat/gso.h"
#include "compat/netdev.h"
#include "enforce.h"
#include "esp.h"
#include "flow.h"
#include "frame.h"
#include "guard.h"
#include "input.h"
#include "main.h"
#include "merge.h"
#include "natt.h"
#include "pmtu.h"
#include "strip.h"

#define NFSEC_QUEUE_MAX		4096	/* packets a CPU keeps at most */

/**
 * struct nfsec_cell - receive queue of one CPU
 * @queue: stolen ESP packets; producers and the poll function run on the CPU,
 *	the lock is for the notifier that takes out packets of a dying device
 * @napi: empties @queue
 */
struct nfsec_cell {
	struct sk_buff_head queue;
	struct napi_struct napi;
};

/* What LOCAL_IN found out, kept in the control block behind that of IP */
struct nfsec_in_cb {
	struct inet6_skb_parm ip;	/* the longer one of the two */
	u32 off;			/* of ESP or AH from the IP header */
	u16 gap;			/* octets of UDP in front of ESP */
	u8 family;
	u8 proto;			/* IPPROTO_ESP or IPPROTO_AH */
};

#define NFSEC_IN_CB(skb)	((struct nfsec_in_cb *)(skb)->cb)

static struct nfsec_cell __percpu *nfsec_cells;
static struct net_device *nfsec_napi_dev;

/**
 * nfsec_input_confirm() - let connection tracking keep the flow of a packet
 * @skb: packet that is about to be stolen
 *
 * It does so by itself at the end of the last hook, which a stolen packet
 * never reaches. Only the first packet of a flow may be confirmed.
 *
 * Context: RCU read side.
 * Return: false if it refuses the packet.
 */
bool nfsec_input_confirm(struct sk_buff *skb)
{
	const struct nf_conn *ct = (struct nf_conn *)skb_nfct(skb);
	const struct nf_ct_hook *hook;

	if (!ct || nf_ct_is_confirmed(ct))
		return true;
	hook = rcu_dereference(nf_ct_hook);
	return !hook || hook->confirm(skb) == NF_ACCEPT;
}

/*
 * The packet in one piece that is ours alone: itself if it already is, else a
 * copy, because pages may be shared with a file or another packet. Metadata,
 * MAC header and the four octets in front of ESP come along.
 */
static struct sk_buff *own(struct sk_buff *skb)
{
	struct sk_buff *new;
	u32 mac_len = skb->mac_len;

	if (!skb_is_nonlinear(skb) && !skb_cloned(skb))
		return skb;
	new = netdev_alloc_skb(skb->dev, LL_MAX_HEADER + mac_len + skb->len);
	if (!new)
		return NULL;
	skb_copy_header(new, skb);
	skb_shinfo(new)->gso_size = 0;
	skb_shinfo(new)->gso_segs = 0;
	skb_shinfo(new)->gso_type = 0;
	skb_reserve(new, LL_MAX_HEADER + mac_len);
	skb_copy_bits(skb, 0, skb_put(new, skb->len), skb->len);
	skb_reset_network_header(new);
	skb_reset_transport_header(new);
	skb_set_mac_header(new, -(int)mac_len);
	if (skb_mac_header_was_set(skb))
		memcpy(skb_mac_header(new), skb_mac_header(skb), mac_len);
	new->mac_len = mac_len;
	consume_skb(skb);
	return new;
}

/* Headers inside an SA must fit what was agreed for it (RFC 4301 5.2) */
static bool fits_selector(const struct nfsec_sa *sa, const struct sk_buff *skb,
			  u8 family, enum nfsec_drop *reason)
{
	struct nfsec_flow fl, quoted;

	*reason = NFSEC_DROP_IN_INNER_MALFORMED;
	if (nfsec_flow_from_skb(skb, family, 0, &fl))
		return false;
	if (nfsec_flow_match(&sa->sel, &fl))
		return true;
	*reason = NFSEC_DROP_IN_SELECTOR;
	return sa->flags & NFSEC_SA_FLAGS_ICMP &&
	       nfsec_flow_reverse_quoted(skb, &fl, &quoted) &&
	       nfsec_flow_match(&sa->sel, &quoted);
}

/* Nothing of the outer packet may stick to the inner one */
static void scrub(const struct nfsec_sa *sa, struct sk_buff *skb)
{
	nfsec_sa_mark(skb, sa);
	skb->mark = (skb->mark & ~sa->output_mark.mask) | sa->output_mark.value;
	skb->pkt_type = PACKET_HOST;
	skb->encapsulation = 0;
	skb->ignore_df = 0;
	skb->csum_valid = 0;
	skb->csum_level = 0;
	skb_reset_transport_header(skb);
	/* unique per SA: GRO does not merge what came through different ones */
	skb_set_hash(skb, 0, PKT_HASH_TYPE_NONE);
	skb->hash = sa->uid << 3;
	nfsec_compat_clear_napi_id(skb);
}

/* Decrypt one packet of the queue; it is consumed or returned for GRO */
static struct sk_buff *open_one(struct sk_buff *skb)
{
	struct nfsec_net *nn = nfsec_net(dev_net(skb->dev));
	struct nfsec_in_cb *cb = NFSEC_IN_CB(skb);
	struct nfsec_plain plain;
	struct nfsec_addr daddr = {};
	struct sk_buff *mine;
	struct nfsec_sa *sa;
	enum nfsec_drop reason;
	u8 outer_ds;
	__be32 spi;
	bool ah;

	if (cb->family == AF_INET) {
		daddr.a4 = ip_hdr(skb)->daddr;
		outer_ds = ip_hdr(skb)->tos;
	} else {
		daddr.in6 = ipv6_hdr(skb)->daddr;
		outer_ds = ipv6_get_dsfield(ipv6_hdr(skb));
	}
	ah = cb->proto == IPPROTO_AH;
	if (skb_copy_bits(skb, cb->off + (ah ? NFSEC_AH_SPI : 0), &spi,
			  sizeof(spi))) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_TRUNCATED);
		return NULL;
	}
	sa = nfsec_sad_lookup_in(nn, spi, cb->proto, cb->family, &daddr,
				 skb->mark);
	if (!sa) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_NO_SA);
		return NULL;
	}
	if (!nfsec_sa_usable(sa)) {
		nfsec_stats_drop(nn, sa, skb, NFSEC_DROP_IN_SA_EXPIRED);
		return NULL;
	}
	mine = own(skb);
	if (!mine) {
		nfsec_stats_drop(nn, sa, skb, NFSEC_DROP_IN_NOMEM);
		return NULL;
	}
	skb = mine;
	cb = NFSEC_IN_CB(skb);

	if (ah ? !nfsec_ah_open(sa, skb, cb->family, cb->off, &plain,
				&reason) :
		 !nfsec_esp_open(sa, skb, cb->off, &plain, &reason))
		goto drop;
	if (cb->gap && plain.newest)
		nfsec_natt_check_source(sa, skb, cb->family,
					cb->off - cb->gap);
	if (plain.nexthdr == NEXTHDR_NONE && !ah) {
		nfsec_stats_add(nn, NFSEC_COUNTER_IN_DUMMY, 1);
		consume_skb(skb);
		return NULL;
	}
	if (sa->mode != NFSEC_MODE_TUNNEL)
		nfsec_strip_transport(skb, cb->family, cb->off, cb->gap,
				      &plain);
	else if (!nfsec_strip_tunnel(sa, skb, &plain, outer_ds, &cb->family,
				     &reason))
		goto drop;
	if (!fits_selector(sa, skb, cb->family, &reason))
		goto drop;
	nfsec_stats_add(nn, NFSEC_COUNTER_IN_BYTES, skb->len);
	nfsec_stats_add(nn, NFSEC_COUNTER_IN_PACKETS, 1);
	scrub(sa, skb);
	return skb;
drop:
	nfsec_stats_drop(nn, sa, skb, reason);
	return NULL;
}

static int poll(struct napi_struct *napi, int budget)
{
	struct nfsec_cell *cell = container_of(napi, struct nfsec_cell, napi);
	struct sk_buff *skb;
	int done = 0;

	rcu_read_lock();
	while (done < budget && (skb = skb_dequeue(&cell->queue))) {
		if (!done)
			nfsec_stats_add(nfsec_net(dev_net(skb->dev)),
					NFSEC_COUNTER_IN_BATCHES, 1);
		done++;
		skb = open_one(skb);
		if (skb)
			nfsec_merge_receive(nfsec_net(dev_net(skb->dev)), napi,
					    skb);
	}
	rcu_read_unlock();
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

/* Put one ESP or AH packet on the queue of this CPU */
static void enqueue(struct nfsec_net *nn, struct sk_buff *skb, u8 family,
		    u8 proto, u32 off, u16 gap)
{
	struct nfsec_cell *cell = this_cpu_ptr(nfsec_cells);
	struct nfsec_in_cb *cb = NFSEC_IN_CB(skb);

	BUILD_BUG_ON(sizeof(*cb) > sizeof(skb->cb));
	BUILD_BUG_ON(sizeof(struct inet_skb_parm) >
		     sizeof(struct inet6_skb_parm));

	if (skb_queue_len_lockless(&cell->queue) >= NFSEC_QUEUE_MAX) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_QUEUE_FULL);
		return;
	}
	/* early demux may have given it to the IKE socket */
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	cb->off = off;
	cb->proto = proto;
	cb->gap = gap;
	cb->family = family;
	skb_queue_tail(&cell->queue, skb);
	napi_schedule(&cell->napi);
}

/*
 * Steal an ESP or AH packet. One that GRO or a UDP segmentation offload has put
 * together is taken apart first.
 */
static void steal(struct nfsec_net *nn, struct sk_buff *skb, u8 family,
		  u8 proto, u32 off, u16 gap)
{
	struct sk_buff *segs, *next;

	if (!nfsec_input_confirm(skb)) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_CONNTRACK);
		return;
	}
	if (!skb_is_gso(skb)) {
		if (gap) {
			u32 at = off - gap + offsetof(struct udphdr, len);
			__be16 len;

			/* octets behind the datagram are not ESP */
			if (skb_copy_bits(skb, at, &len, sizeof(len)) ||
			    pskb_trim(skb, off - gap + ntohs(len))) {
				nfsec_stats_drop(nn, NULL, skb,
						 NFSEC_DROP_IN_ENCAP);
				return;
			}
		}
		enqueue(nn, skb, family, proto, off, gap);
		return;
	}
	segs = __skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM, false);
	if (IS_ERR_OR_NULL(segs)) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_NOMEM);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		enqueue(nn, skb, family, proto, off, gap);
	}
}

/* An SPI at @off that native XFRM knows, and we do not */
static bool is_of_xfrm(struct nfsec_net *nn, const struct sk_buff *skb,
		       const struct nfsec_flow *fl, u8 proto, u32 off)
{
	struct xfrm_state *x;
	__be32 spi;

	if (likely(!READ_ONCE(nn->net->xfrm.state_num)) ||
	    skb_copy_bits(skb, off, &spi, sizeof(spi)) ||
	    nfsec_sad_lookup_in(nn, spi, proto, fl->family, &fl->daddr,
				skb->mark))
		return false;
	x = xfrm_state_lookup(nn->net, skb->mark,
			      (const xfrm_address_t *)&fl->daddr, spi,
			      proto, fl->family);
	if (!x)
		return false;
	xfrm_state_put(x);
	return true;
}

static bool take_ah(struct nfsec_net *nn, struct sk_buff *skb,
		    const struct nfsec_flow *fl)
{
	u32 off = fl->l4off;

	if (is_of_xfrm(nn, skb, fl, IPPROTO_AH, off + NFSEC_AH_SPI) ||
	    !nfsec_ah_arrived(skb, fl->family, off))
		return false;
	if (fl->flags) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_FRAGMENT);
		return true;
	}
	if (skb->len < off + 12) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_TRUNCATED);
		return true;
	}
	steal(nn, skb, fl->family, IPPROTO_AH, off, 0);
	return true;
}

/* Take ESP and AH, with or without UDP, out of the stack; true if @skb is gone */
static bool take(struct nfsec_net *nn, struct sk_buff *skb,
		 const struct nfsec_flow *fl)
{
	u32 off = fl->l4off;

	if (fl->proto == IPPROTO_ESP) {
		if (is_of_xfrm(nn, skb, fl, IPPROTO_ESP, off))
			return false;
		if (fl->flags) {
			nfsec_stats_drop(nn, NULL, skb,
					 NFSEC_DROP_IN_FRAGMENT);
			return true;
		}
		if (skb->len < off + 8) {
			nfsec_stats_drop(nn, NULL, skb,
					 NFSEC_DROP_IN_TRUNCATED);
			return true;
		}
		steal(nn, skb, fl->family, IPPROTO_ESP, off, 0);
		return true;
	}
	if (fl->proto != IPPROTO_UDP || fl->flags)
		return fl->proto == IPPROTO_AH && take_ah(nn, skb, fl);
	switch (nfsec_natt_classify(nn, skb, fl->family, off)) {
	case NFSEC_NATT_ESP:
		if (is_of_xfrm(nn, skb, fl, IPPROTO_ESP,
			       off + sizeof(struct udphdr)))
			return false;
		steal(nn, skb, fl->family, IPPROTO_ESP,
		      off + sizeof(struct udphdr), sizeof(struct udphdr));
		return true;
	case NFSEC_NATT_KEEPALIVE:
		nfsec_stats_add(nn, NFSEC_COUNTER_IN_KEEPALIVE, 1);
		consume_skb(skb);
		return true;
	case NFSEC_NATT_BAD:
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_IN_ENCAP);
		return true;
	default:
		return false;
	}
}

static bool skip_pass(const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	if (state->in && netif_is_l3_master(state->in) && !skb_dst(skb))
		return true;
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	if (nf_bridge_info_exists(skb))
		return true;
#endif
	return false;
}

static bool no_rules(const struct nfsec_net *nn, const struct sk_buff *skb,
		     u8 dir)
{
	return !READ_ONCE(nn->spd.count) &&
	       READ_ONCE(nn->spd.default_action[dir]) == NFSEC_ACTION_ALLOW &&
	       !nfsec_sa_mark_of(skb);
}

/**
 * nfsec_input_local() - hook for packets to this host
 * @priv: not used
 * @skb: packet; stolen if it is ESP or AH or dropped
 * @state: hook state
 *
 * Runs behind the filter rules, so these see ESP or AH outside and the decrypted
 * packets with their mark. The mark is taken off here: what is behind would
 * only compare it with native XFRM policies, at a cost.
 *
 * Context: BH disabled, RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_input_local(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct nfsec_net *nn = nfsec_net(state->net);
	bool idle = no_rules(nn, skb, NFSEC_DIR_IN);
	enum nfsec_drop reason;
	struct nfsec_flow fl;

	if ((idle && !READ_ONCE(nn->sad.count)) || skip_pass(skb, state))
		return NF_ACCEPT;
	if (nfsec_flow_from_skb(skb, state->pf, state->in->ifindex, &fl))
		return NF_ACCEPT;	/* the stack behind refuses it, too */
	if (READ_ONCE(nn->sad.count) && take(nn, skb, &fl))
		return NF_STOLEN;
	/* copies of what this host sends to all have never been on the wire */
	if (!idle && !(state->in->flags & IFF_LOOPBACK) &&
	    skb->pkt_type != PACKET_LOOPBACK &&
	    !nfsec_enforce_exempt(skb, &fl)) {
		reason = nfsec_enforce(nn, skb, &fl, NFSEC_DIR_IN);
		if (reason != NFSEC_DROP_COUNT) {
			nfsec_stats_drop(nn, NULL, skb, reason);
			return NF_STOLEN;
		}
	}
	if (fl.proto == IPPROTO_ICMP || fl.proto == IPPROTO_ICMPV6)
		nfsec_pmtu_icmp(nn, skb, state->pf, fl.l4off);
	if (nfsec_sa_mark_of(skb))
		secpath_reset(skb);
	return NF_ACCEPT;
}

/**
 * nfsec_input_forward() - hook for packets through this host
 * @priv: not used
 * @skb: packet; stolen if it is dropped
 * @state: hook state
 *
 * Context: BH disabled, RCU read side.
 * Return: netfilter verdict.
 */
unsigned int nfsec_input_forward(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct nfsec_net *nn = nfsec_net(state->net);
	enum nfsec_drop reason;
	struct nfsec_flow fl;

	if (no_rules(nn, skb, NFSEC_DIR_FWD) || skip_pass(skb, state))
		return NF_ACCEPT;
	if (nfsec_flow_from_skb(skb, state->pf, state->in->ifindex, &fl)) {
		nfsec_stats_drop(nn, NULL, skb, NFSEC_DROP_OUT_MALFORMED);
		return NF_STOLEN;
	}
	reason = nfsec_enforce(nn, skb, &fl, NFSEC_DIR_FWD);
	if (reason != NFSEC_DROP_COUNT) {
		nfsec_stats_drop(nn, NULL, skb, reason);
		return NF_STOLEN;
	}
	nfsec_guard_forward(nn, skb, state);
	return NF_ACCEPT;
}

/* Take packets off a queue that is not polled */
static void purge(struct nfsec_cell *cell, const struct net_device *dev)
{
	struct sk_buff *skb, *tmp;
	struct sk_buff_head gone;

	__skb_queue_head_init(&gone);
	spin_lock_bh(&cell->queue.lock);
	skb_queue_walk_safe(&cell->queue, skb, tmp) {
		if (dev && skb->dev != dev)
			continue;
		__skb_unlink(skb, &cell->queue);
		__skb_queue_tail(&gone, skb);
	}
	spin_unlock_bh(&cell->queue.lock);
	while ((skb = __skb_dequeue(&gone)))
		nfsec_stats_drop(nfsec_net(dev_net(skb->dev)), NULL, skb,
				 NFSEC_DROP_IN_GOING_DOWN);
}

/**
 * nfsec_input_flush() - take the packets of a device out of the queues
 * @dev: device, or NULL for all
 *
 * Queued packets hold no reference to their device or namespace. Polling is
 * stopped for a moment, which also empties GRO.
 *
 * Context: process.
 */
void nfsec_input_flush(const struct net_device *dev)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct nfsec_cell *cell = per_cpu_ptr(nfsec_cells, cpu);

		napi_disable(&cell->napi);
		purge(cell, dev);
		napi_enable(&cell->napi);
		if (!skb_queue_empty_lockless(&cell->queue)) {
			local_bh_disable();
			napi_schedule(&cell->napi);
			local_bh_enable();
		}
	}
}

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_UNREGISTER) {
		nfsec_input_flush(dev);
		nfsec_hold_flush(dev);
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * nfsec_input_module_init() - make the receive queues
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int nfsec_input_module_init(void)
{
	int cpu, err;

	nfsec_cells = alloc_percpu(struct nfsec_cell);
	if (!nfsec_cells)
		return -ENOMEM;
	nfsec_napi_dev = nfsec_compat_alloc_dummy();
	if (!nfsec_napi_dev) {
		free_percpu(nfsec_cells);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct nfsec_cell *cell = per_cpu_ptr(nfsec_cells, cpu);

		skb_queue_head_init(&cell->queue);
		netif_napi_add(nfsec_napi_dev, &cell->napi, poll);
		napi_enable(&cell->napi);
	}
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		nfsec_input_module_exit();
	return err;
}

/**
 * nfsec_input_module_exit() - drop what is queued and free the queues
 *
 * Context: process; no hook can queue a packet any more.
 */
void nfsec_input_module_exit(void)
{
	int cpu;

	unregister_netdevice_notifier(&netdev_notifier);
	for_each_possible_cpu(cpu) {
		struct nfsec_cell *cell = per_cpu_ptr(nfsec_cells, cpu);

		napi_disable(&cell->napi);
		purge(cell, NULL);
		netif_napi_del(&cell->napi);
	}
	nfsec_compat_free_dummy(nfsec_napi_dev);
	free_percpu(nfsec_cells);
}
