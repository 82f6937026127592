// SPDX-License-Identifier: GPL-2.0
/*
 * ESP in UDP (RFC 3948): which ports carry it, telling it apart from IKE and
 * keepalives, and the UDP header on the way out.
 */

#include <linux/bitmap.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip6_checksum.h>
#include <net/route.h>
#include <net/udp.h>

#include "main.h"
#include "natt.h"
#include "notify.h"
#include "sa.h"

#define NFSEC_NATT_PORTS	65536

static bool is_local(struct net *net, u8 family, const struct nfsec_addr *a)
{
	if (family == AF_INET)
		return inet_addr_type(net, a->a4) == RTN_LOCAL;
	return ipv6_chk_addr(net, &a->in6, NULL, 0);
}

/**
 * nfsec_natt_add_port() - start looking for ESP on the UDP port of an SA
 * @nn: namespace
 * @path: its path, about to be seen by packets; maybe without encapsulation
 *
 * Our port is the destination port of an inbound SA and the source port of an
 * outbound one. It stays in the set until the namespace goes, so that packets
 * of a deleted SA are counted and not handed to the IKE daemon.
 *
 * Context: process, &nfsec_net.lock held.
 * Return: 0 or -ENOMEM.
 */
int nfsec_natt_add_port(struct nfsec_net *nn, const struct nfsec_path *path)
{
	const struct nfsec_encap *e = &path->encap;
	const struct nfsec_sa *sa = path->sa;
	unsigned long *ports;
	__be16 port;
	bool in;

	if (e->type == NFSEC_ENCAP_TYPE_NONE)
		return 0;
	ports = rcu_dereference_protected(nn->natt_ports,
					  lockdep_is_held(&nn->lock));
	if (!ports) {
		ports = bitmap_zalloc(NFSEC_NATT_PORTS, GFP_KERNEL);
		if (!ports)
			return -ENOMEM;
		rcu_assign_pointer(nn->natt_ports, ports);
	}
	in = sa->dir == NFSEC_DIR_IN ||
	     (sa->dir == NFSEC_DIR_ANY &&
	      is_local(nn->net, path->family, &path->daddr));
	port = in ? e->dport : e->sport;
	set_bit(ntohs(port), ports);
	return 0;
}

/**
 * nfsec_natt_free() - forget the ports of a namespace
 * @nn: namespace; no packet path uses it any more
 *
 * Context: process.
 */
void nfsec_natt_free(struct nfsec_net *nn)
{
	bitmap_free(rcu_dereference_protected(nn->natt_ports, true));
}

static bool checksum_bad(struct sk_buff *skb, u8 family, u32 off,
			 const struct udphdr *uh)
{
	/* IPv4: the ICV protects, the checksum need not (RFC 3948 2.1) */
	if (family == AF_INET)
		return false;
	/* IPv6: zero only where it was agreed on (RFC 6935 5) */
	return !uh->check;
}

/**
 * nfsec_natt_classify() - tell ESP in UDP from everything else
 * @nn: namespace
 * @skb: UDP packet
 * @family: its family
 * @udp_off: offset of the UDP header from skb->data
 *
 * Four zero octets after the UDP header mark IKE, one octet 0xff is a
 * keepalive (RFC 3948 2.2, 2.3); anything shorter than an ESP header goes to
 * the socket.
 *
 * Context: softirq, RCU read side.
 * Return: what it is.
 */
enum nfsec_natt nfsec_natt_classify(const struct nfsec_net *nn,
				    struct sk_buff *skb, u8 family,
				    u32 udp_off)
{
	unsigned long *ports = rcu_dereference(nn->natt_ports);
	struct {
		struct udphdr uh;
		__be32 spi;
	} __packed buf;
	const struct udphdr *uh;
	const u8 *payload;
	u32 len;

	if (!ports)
		return NFSEC_NATT_OTHER;
	uh = skb_header_pointer(skb, udp_off, sizeof(*uh), &buf.uh);
	if (!uh || !test_bit(ntohs(uh->dest), ports))
		return NFSEC_NATT_OTHER;
	len = ntohs(uh->len);
	if (skb_is_gso(skb))
		len = skb->len - udp_off;
	if (len < sizeof(*uh))
		return NFSEC_NATT_OTHER;
	if (len == sizeof(*uh) + 1) {
		payload = skb_header_pointer(skb, udp_off + sizeof(*uh), 1,
					     &buf.spi);
		return payload && *payload == 0xff ? NFSEC_NATT_KEEPALIVE :
						     NFSEC_NATT_OTHER;
	}
	if (len < sizeof(*uh) + 8)
		return NFSEC_NATT_OTHER;
	payload = skb_header_pointer(skb, udp_off + sizeof(*uh), 4, &buf.spi);
	if (!payload || !memcmp(payload, "\0\0\0\0", 4))
		return NFSEC_NATT_OTHER;
	if (len > skb->len - udp_off || checksum_bad(skb, family, udp_off, uh))
		return NFSEC_NATT_BAD;
	return NFSEC_NATT_ESP;
}

/**
 * nfsec_natt_check_source() - has a NAT changed the mapping of a peer?
 * @sa: SA of the packet
 * @skb: authentic packet, newer than all before; IP header at skb->data
 * @family: its family
 * @udp_off: offset of the UDP header from skb->data
 *
 * If it came from elsewhere than the SA says, whoever keeps that may follow
 * (RFC 7296 2.23).
 *
 * Context: softirq, RCU read side.
 */
void nfsec_natt_check_source(struct nfsec_sa *sa, const struct sk_buff *skb,
			     u8 family, u32 udp_off)
{
	const struct nfsec_path *path = nfsec_sa_path(sa);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + udp_off);
	struct nfsec_addr saddr = {};

	if (family == AF_INET)
		saddr.a4 = ip_hdr(skb)->saddr;
	else
		saddr.in6 = ipv6_hdr(skb)->saddr;
	if (likely(uh->source == path->encap.sport &&
		   (nfsec_addr_any(&path->saddr) ||
		    nfsec_addr_equal(&path->saddr, &saddr))))
		return;
	if (path->encap.type != NFSEC_ENCAP_TYPE_NONE)
		nfsec_notify_mapping(sa, &saddr, family, uh->source);
}

/**
 * nfsec_natt_push() - put a UDP header in front of ESP
 * @encap: encapsulation of an outbound SA
 * @skb: packet that begins with the ESP header; has headroom
 *
 * The checksum stays 0, which IPv4 permits (RFC 3948 2.1); for IPv6 call
 * nfsec_natt_checksum6() when the outer header is there.
 *
 * Context: any. Moves skb->data, sets the transport header.
 */
void nfsec_natt_push(const struct nfsec_encap *encap, struct sk_buff *skb)
{
	struct udphdr *uh = skb_push(skb, sizeof(*uh));

	skb_reset_transport_header(skb);
	uh->source = encap->sport;
	uh->dest = encap->dport;
	uh->len = htons(skb->len);
	uh->check = 0;
}

/**
 * nfsec_natt_checksum6() - leave the UDP checksum to the device
 * @skb: IPv6 packet whose transport header is our UDP header
 *
 * Context: any.
 */
void nfsec_natt_checksum6(struct sk_buff *skb)
{
	struct udphdr *uh = udp_hdr(skb);
	u32 len = skb->len - skb_transport_offset(skb);

	uh->check = ~udp_v6_check(len, &ipv6_hdr(skb)->saddr,
				  &ipv6_hdr(skb)->daddr, 0);
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}
