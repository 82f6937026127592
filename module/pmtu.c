// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTU: packets that do not fit with their encapsulation (RFC 4301 8), and
 * ICMP errors about our own ESP and AH packets.
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/xfrm.h>

#include "ah.h"
#include "compat/gso.h"
#include "flow.h"
#include "main.h"
#include "natt.h"
#include "output.h"
#include "pmtu.h"

#define PMTU_AGE	(10 * 60 * HZ)	/* RFC 1191 6.3 */
#define PMTU_MIN4	68

static u32 outer_mtu(const struct nfsec_path *path, const struct dst_entry *dst)
{
	u32 mtu = dst_mtu(dst);
	u32 learned = READ_ONCE(path->pmtu);

	if (learned && learned < mtu &&
	    time_before(jiffies, READ_ONCE(path->pmtu_expires)))
		mtu = learned;
	return mtu;
}

/* Longest packet of the flow whose protected form is @mtu octets at most */
static u32 inner_mtu_of(const struct nfsec_out *o, u32 mtu)
{
	u32 extra = 0;

	/* IP options and extension headers in front of ESP */
	if (o->sa->mode == NFSEC_MODE_TRANSPORT)
		extra = o->keep - (o->fl->family == AF_INET ?
				   sizeof(struct iphdr) :
				   sizeof(struct ipv6hdr));
	if (mtu <= extra)
		return 0;
	return extra + nfsec_sa_inner_mtu(o->sa, o->path, mtu - extra,
					  o->fl->family);
}

/*
 * Tell the route of the packet, so that sockets pick smaller segments next
 * time. Not where the route is that of the protected packets as well: it would
 * shrink with every packet.
 */
static void tell_route(const struct nfsec_out *o, struct sk_buff *skb, u32 mtu)
{
	if (o->sa->mode != NFSEC_MODE_TUNNEL ||
	    (o->path->family == o->fl->family &&
	     nfsec_addr_equal(&o->path->daddr, &o->fl->daddr)))
		return;
	if (dst_mtu(skb_dst(skb)) > mtu)
		skb_dst_update_pmtu_no_confirm(skb, mtu);
}

static void tell_sender(const struct nfsec_out *o, struct sk_buff *skb,
			u32 mtu)
{
	bool v4 = o->fl->family == AF_INET;

	if (o->local) {
		if (skb->sk && sk_fullsock(skb->sk))
			xfrm_local_error(skb, mtu);
	} else if (v4) {
		if (o->after_nat)
			icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
				      htonl(mtu));
		else
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
				  htonl(mtu));
	} else {
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	}
}

/*
 * Packets without DF, those of sockets that do not care, and those that were
 * fragments before netfilter put them together, if they were no longer than
 * what fits now: @mtu.
 */
static bool may_fragment(const struct nfsec_out *o, const struct sk_buff *skb,
			 u32 mtu)
{
	bool v4 = o->fl->family == AF_INET;

	if (v4 && !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return true;
	return skb->ignore_df && (v4 ? IPCB(skb)->frag_max_size :
				       IP6CB(skb)->frag_max_size) <= mtu;
}

/* Longest packet that an IP header can still name once it is protected */
static u32 inner_max(const struct nfsec_out *o)
{
	u32 outer = IP_MAX_MTU;

	if (o->path->family == AF_INET6)
		outer += sizeof(struct ipv6hdr);
	return inner_mtu_of(o, outer);
}

/*
 * TCP of this host never loses a segment to the tunnel: it is segmented anew,
 * with segments that fit.
 */
static bool resegment(const struct nfsec_out *o, struct sk_buff *skb, u32 mtu)
{
	struct skb_shared_info *si = skb_shinfo(skb);
	const struct tcphdr *th;
	struct tcphdr buf;
	u32 hlen;

	if (o->fl->proto != IPPROTO_TCP || o->fl->flags ||
	    skb->ip_summed != CHECKSUM_PARTIAL || skb_has_frag_list(skb))
		return false;
	th = skb_header_pointer(skb, o->fl->l4off, sizeof(buf), &buf);
	if (!th)
		return false;
	hlen = o->fl->l4off + th->doff * 4;
	if (hlen + 8 > mtu || skb->len <= hlen)
		return false;
	if (!skb_is_gso(skb))
		si->gso_type = o->fl->family == AF_INET ? SKB_GSO_TCPV4 :
							  SKB_GSO_TCPV6;
	si->gso_size = mtu - hlen;
	si->gso_segs = DIV_ROUND_UP(skb->len - hlen, si->gso_size);
	return true;
}

/**
 * nfsec_pmtu_fit() - make a packet fit the path, or refuse it
 * @o: batch; @inner_mtu is filled in
 * @skb: packet before protection, maybe GSO; stays with the caller
 *
 * Refused packets have their sender told: a local socket by its error queue,
 * another host by ICMP (RFC 4301 8.2.1). IPv6 packets up to 1280 octets are
 * never refused (RFC 2473 7.1).
 *
 * Context: BH disabled. May write GSO fields of @skb, not its data.
 * Return: what is to be done with the packet.
 */
enum nfsec_pmtu_fit nfsec_pmtu_fit(struct nfsec_out *o, struct sk_buff *skb)
{
	bool v6 = o->fl->family == AF_INET6;
	u32 mtu = inner_mtu_of(o, outer_mtu(o->path, o->dst));
	u32 told = v6 ? max_t(u32, mtu, IPV6_MIN_MTU) : mtu;
	bool fits;

	o->inner_mtu = mtu;
	if (skb_is_gso(skb))
		fits = skb_gso_validate_network_len(skb, mtu);
	else
		fits = skb->len <= mtu;
	if (o->local && o->fl->proto == IPPROTO_TCP)
		tell_route(o, skb, told);
	if (fits)
		return NFSEC_PMTU_FITS;

	if (v6 && !skb_is_gso(skb) && skb->len <= IPV6_MIN_MTU)
		return NFSEC_PMTU_FRAGMENT_OUTER;
	if (o->local && resegment(o, skb, mtu))
		return NFSEC_PMTU_FITS;
	if (may_fragment(o, skb, told)) {
		if (resegment(o, skb, mtu))
			return NFSEC_PMTU_FITS;
		if (o->cut && mtu >= PMTU_MIN4)
			return NFSEC_PMTU_FRAGMENT_INNER;
		if (skb_is_gso(skb) || skb->len <= inner_max(o))
			return NFSEC_PMTU_FRAGMENT_OUTER;
	}
	if (o->local)
		tell_route(o, skb, told);
	tell_sender(o, skb, told);
	return NFSEC_PMTU_REFUSED;
}

/* SA that sent the packet an ICMP error quotes; @off is its outer header */
static struct nfsec_sa *quoted_sa(struct nfsec_net *nn, struct sk_buff *skb,
				  u8 family, u32 off, u8 *proto)
{
	struct nfsec_addr daddr = {};
	struct udphdr udp_buf, *uh;
	struct nfsec_sa *sa;
	__be32 spi_buf, *spi;
	u8 of;

	if (family == AF_INET) {
		struct iphdr buf, *iph;

		iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!iph || iph->version != 4 || iph->ihl < 5 ||
		    iph->frag_off & htons(IP_OFFSET))
			return NULL;
		daddr.a4 = iph->daddr;
		*proto = iph->protocol;
		off += iph->ihl * 4;
	} else {
		struct ipv6hdr buf, *ip6h;

		ip6h = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!ip6h || ip6h->version != 6)
			return NULL;
		daddr.in6 = ip6h->daddr;
		*proto = ip6h->nexthdr;
		off += sizeof(*ip6h);
	}
	of = *proto;
	if (of == IPPROTO_UDP) {
		uh = skb_header_pointer(skb, off, sizeof(udp_buf), &udp_buf);
		if (!uh)
			return NULL;
		off += sizeof(*uh);
		of = IPPROTO_ESP;
	} else if (*proto == IPPROTO_AH) {
		off += NFSEC_AH_SPI;
	} else if (*proto != IPPROTO_ESP) {
		return NULL;
	}
	spi = skb_header_pointer(skb, off, sizeof(spi_buf), &spi_buf);
	if (!spi || !*spi)
		return NULL;
	sa = nfsec_sad_lookup_sent(nn, *spi, of, family, &daddr);
	/* never sent anything: nothing of ours can be quoted */
	return sa && atomic64_read(&sa->packets) ? sa : NULL;
}

static void learn(struct nfsec_net *nn, struct nfsec_sa *sa, u32 mtu)
{
	struct nfsec_path *path = nfsec_sa_path(sa);
	u32 old = READ_ONCE(path->pmtu);

	if (old && old <= mtu && time_before(jiffies, path->pmtu_expires))
		return;
	WRITE_ONCE(path->pmtu, mtu);
	WRITE_ONCE(path->pmtu_expires, jiffies + PMTU_AGE);
	nfsec_stats_add(nn, NFSEC_COUNTER_PMTU_UPDATES, 1);
}

static void icmp4(struct nfsec_net *nn, struct sk_buff *skb, u32 off)
{
	struct icmphdr buf, *ih;
	struct nfsec_sa *sa;
	u32 mtu;
	u8 proto;

	ih = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ih || ih->type != ICMP_DEST_UNREACH ||
	    ih->code != ICMP_FRAG_NEEDED)
		return;
	mtu = ntohs(ih->un.frag.mtu);
	off += sizeof(*ih);
	sa = quoted_sa(nn, skb, AF_INET, off, &proto);
	if (!sa)
		return;
	/* an old router that names none (RFC 1191 5) */
	if (!mtu)
		mtu = 576;
	if (mtu < PMTU_MIN4 || !pskb_may_pull(skb, off + sizeof(struct iphdr)))
		return;
	learn(nn, sa, max_t(u32, mtu, 552));
	__skb_pull(skb, off);
	ipv4_update_pmtu(skb, nn->net, mtu, 0, proto);
	__skb_push(skb, off);
}

static void icmp6(struct nfsec_net *nn, struct sk_buff *skb, u32 off)
{
	struct icmp6hdr buf, *ih;
	struct nfsec_sa *sa;
	u32 mtu;
	u8 proto;

	ih = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ih || ih->icmp6_type != ICMPV6_PKT_TOOBIG)
		return;
	mtu = ntohl(ih->icmp6_mtu);
	off += sizeof(*ih);
	sa = quoted_sa(nn, skb, AF_INET6, off, &proto);
	if (!sa || mtu < IPV6_MIN_MTU ||
	    !pskb_may_pull(skb, off + sizeof(struct ipv6hdr)))
		return;
	learn(nn, sa, mtu);
	__skb_pull(skb, off);
	ip6_update_pmtu(skb, nn->net, htonl(mtu), 0, 0, INVALID_UID);
	__skb_push(skb, off);
}

/**
 * nfsec_pmtu_icmp() - learn from an ICMP error about one of our packets
 * @nn: namespace
 * @skb: ICMP or ICMPv6 packet that policy accepted; stays with the caller
 * @family: its family
 * @off: offset of the ICMP header from skb->data
 *
 * Believed only if it quotes the destination and SPI of an SA that has sent
 * packets (RFC 8201 4); it never raises a value, and small ones are bounded.
 *
 * Context: softirq, RCU read side. Header data may move.
 */
void nfsec_pmtu_icmp(struct nfsec_net *nn, struct sk_buff *skb, u8 family,
		     u32 off)
{
	if (family == AF_INET)
		icmp4(nn, skb, off);
	else
		icmp6(nn, skb, off);
}
