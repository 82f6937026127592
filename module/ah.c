// SPDX-License-Identifier: GPL-2.0
/*
 * The authentication header (RFC 4302), the same for both families and modes.
 *
 * The ICV covers the headers in front as the far end sees them. They are copied
 * to a work area and made so there; the packet itself gets the ICV and nothing
 * else.
 */

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ah.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ah.h"
#include "compat/crypto.h"
#include "frame.h"
#include "lifetime.h"
#include "mutable.h"
#include "sa.h"
#include "segment.h"

/* Longer headers are copied to memory of their own */
#define AH_WORK		512

/* One of each CPU, of the linear map as scatterlists need it */
static u8 * __percpu *nfsec_ah_work;

/**
 * struct ah_head - the headers of a packet as they count for its ICV
 * @data: the IP header up to the end of AH, where the ICV is zero
 * @len: octets of it
 * @more: memory that holds it, or NULL if that is the work area
 */
struct ah_head {
	u8 *data;
	u32 len;
	u8 *more;
};

/*
 * Copy the headers of @skb and make them so. The IV of GMAC and what pads the
 * header stay (RFC 4543 4, RFC 4302 3.3.3.2.1). NFSEC_DROP_COUNT if all is well.
 */
static enum nfsec_drop head_make(struct ah_head *h,
				 const struct nfsec_sa *sa,
				 const struct sk_buff *skb, u8 family,
				 u32 ah_off, u32 ah_len, bool out)
{
	const struct nfsec_crypto *c = &sa->crypto;
	bool ok;

	h->len = ah_off + ah_len;
	h->more = NULL;
	h->data = this_cpu_read(*nfsec_ah_work);
	if (h->len > AH_WORK) {
		h->more = kmalloc(h->len, GFP_ATOMIC);
		if (!h->more)
			return out ? NFSEC_DROP_OUT_NOMEM : NFSEC_DROP_IN_NOMEM;
		h->data = h->more;
	}
	memcpy(h->data, skb->data, h->len);
	memset(h->data + ah_off + sizeof(struct ip_auth_hdr) + c->ivlen, 0,
	       c->icvlen);
	if (family == AF_INET)
		ok = nfsec_mutable_clear4(h->data, ah_off, out);
	else
		ok = nfsec_mutable_clear6(h->data, &ah_off, &h->len, out);
	if (ok)
		return NFSEC_DROP_COUNT;
	kfree(h->more);
	return out ? NFSEC_DROP_OUT_AH_HEADERS : NFSEC_DROP_IN_AH_HEADERS;
}

/**
 * nfsec_ah_arrived() - is an AH packet at its destination?
 * @skb: packet whose destination is this host, in LOCAL_IN
 * @family: its family
 * @ah_off: offset of AH from the network header
 *
 * IPv6 reads a routing header only behind that hook: with segments left the
 * packet goes on to another host, or comes back with none left.
 *
 * Context: any.
 * Return: false if a routing header has segments left.
 */
bool nfsec_ah_arrived(const struct sk_buff *skb, u8 family, u32 ah_off)
{
	u32 start = skb_network_offset(skb);
	u32 pos = sizeof(struct ipv6hdr);
	u8 kind;

	if (family == AF_INET)
		return true;
	kind = ipv6_hdr(skb)->nexthdr;
	while (pos < ah_off) {
		struct ipv6_rt_hdr buf;
		const struct ipv6_rt_hdr *hdr;

		hdr = skb_header_pointer(skb, start + pos, sizeof(buf), &buf);
		if (!hdr)
			return true;
		if (kind == NEXTHDR_ROUTING && hdr->segments_left)
			return false;
		pos += kind == NEXTHDR_FRAGMENT ? 8 : (hdr->hdrlen + 1) * 8;
		kind = hdr->nexthdr;
	}
	return true;
}

/**
 * nfsec_ah_build() - copy a packet into a buffer laid out for AH
 * @sa: outbound SA
 * @path: its path
 * @skb: packet, network header at skb->data; only its checksum may be touched
 * @lay: how it is to be laid out
 * @i: number of the segment of @skb, if it is cut
 *
 * Context: BH disabled. @skb stays with the caller.
 * Return: new skb with metadata of @skb, whose data begins with AH; all but
 * sequence number and ICV is filled in. NULL if there is no memory or the
 * packet is broken.
 */
struct sk_buff *nfsec_ah_build(const struct nfsec_sa *sa,
			       const struct nfsec_path *path,
			       struct sk_buff *skb,
			       const struct nfsec_layout *lay, u32 i)
{
	u32 len = lay->seg ? nfsec_segment_len(lay->seg, skb, i) : skb->len;
	struct ip_auth_hdr *ah;
	struct sk_buff *new;

	new = nfsec_frame_copy(skb, lay, i, len, path->ah_len, 0);
	if (!new)
		return NULL;
	ah = (struct ip_auth_hdr *)new->data;
	memset(ah, 0, path->ah_len);
	ah->nexthdr = lay->nexthdr;
	ah->hdrlen = path->ah_len / 4 - 2;
	ah->spi = sa->spi;
	return new;
}

/**
 * nfsec_ah_seal() - number and authenticate a packet
 * @sa: outbound SA
 * @skb: whole datagram, from nfsec_ah_build(), with AH at its transport header;
 *	its data is written
 * @family: of the header in front of AH
 * @seq: sequence number, high word included
 * @iv: number of this IV, never used before with the SA
 * @reason: why it has to be dropped
 *
 * The length in the IP header is filled in here, since it is covered.
 *
 * Context: BH disabled.
 * Return: false if the packet has to be dropped; it stays with the caller.
 */
bool nfsec_ah_seal(struct nfsec_sa *sa, struct sk_buff *skb, u8 family,
		   u64 seq, u64 iv, enum nfsec_drop *reason)
{
	struct ip_auth_hdr *ah = ip_auth_hdr(skb);
	const struct nfsec_crypto *c = &sa->crypto;
	u32 off = skb_transport_offset(skb);
	u32 ah_len = (ah->hdrlen + 2) * 4;
	struct ah_head head;
	const u8 *icv;

	ah->seq_no = cpu_to_be32(seq);
	if (c->ivlen) {
		__be64 n = cpu_to_be64(c->iv_base + iv);

		memcpy(ah->auth_data, &n, 8);
	}
	if (family == AF_INET)
		ip_hdr(skb)->tot_len = htons(skb->len);
	else
		ipv6_hdr(skb)->payload_len = htons(skb->len -
						   sizeof(struct ipv6hdr));

	*reason = head_make(&head, sa, skb, family, off, ah_len, true);
	if (*reason != NFSEC_DROP_COUNT)
		return false;
	icv = nfsec_crypto_mac(c, head.data, head.len, (u8 *)ah + ah_len,
			       skb->len - off - ah_len, seq, sa->esn,
			       ah->auth_data);
	kfree(head.more);
	if (IS_ERR(icv)) {
		*reason = NFSEC_DROP_OUT_CRYPTO;
		return false;
	}
	memcpy(ah->auth_data + c->ivlen, icv, c->icvlen);
	return true;
}

/**
 * nfsec_ah_open() - check an inbound AH packet
 * @sa: inbound SA
 * @skb: packet in one piece that is ours alone
 * @family: of the header in front of AH
 * @ah_off: offset of AH from skb->data, where the IP header is
 * @plain: what was found
 * @reason: why it has to be dropped
 *
 * Order of the checks as in RFC 4302 3.4.3 and 3.4.4: replay before any crypto,
 * window moved only after the ICV passed.
 *
 * Context: softirq.
 * Return: false if the packet has to be dropped; it stays with the caller.
 */
bool nfsec_ah_open(struct nfsec_sa *sa, struct sk_buff *skb, u8 family,
		   u32 ah_off, struct nfsec_plain *plain,
		   enum nfsec_drop *reason)
{
	const struct ip_auth_hdr *ah = (void *)(skb->data + ah_off);
	const struct nfsec_path *path = nfsec_sa_path(sa);
	const struct nfsec_crypto *c = &sa->crypto;
	u32 len = skb->len - ah_off;
	u32 ah_len = path->ah_len;
	struct ah_head head;
	const u8 *icv;
	bool same;
	u64 seq;

	*reason = NFSEC_DROP_IN_TRUNCATED;
	if (len < sizeof(*ah))
		return false;
	if ((ah->hdrlen + 2) * 4 != ah_len) {
		*reason = NFSEC_DROP_IN_AH_LENGTH;
		return false;
	}
	if (len < ah_len)
		return false;
	if (nfsec_frame_replayed(nfsec_replay_check(&sa->replay,
						    be32_to_cpu(ah->seq_no),
						    &seq), reason))
		return false;

	*reason = head_make(&head, sa, skb, family, ah_off, ah_len, false);
	if (*reason != NFSEC_DROP_COUNT)
		return false;
	icv = nfsec_crypto_mac(c, head.data, head.len, (u8 *)ah + ah_len,
			       len - ah_len, seq, sa->esn, ah->auth_data);
	kfree(head.more);
	if (IS_ERR(icv)) {
		*reason = NFSEC_DROP_IN_CRYPTO;
		return false;
	}
	same = !crypto_memneq(icv, ah->auth_data + c->ivlen, c->icvlen);
	if (!same) {
		*reason = NFSEC_DROP_IN_ICV;
		return false;
	}
	if (nfsec_frame_replayed(nfsec_replay_advance(&sa->replay, seq),
				 reason))
		return false;
	/* what the algorithm was applied to (RFC 4301 4.4.2.1) */
	if (!nfsec_lifetime_count(sa, 1, skb->len)) {
		*reason = NFSEC_DROP_IN_SA_EXPIRED;
		return false;
	}
	plain->payload = ah_off + ah_len;
	plain->len = len - ah_len;
	plain->nexthdr = ah->nexthdr;
	plain->newest = false;
	return true;
}

/**
 * nfsec_ah_module_init() - allocate the work areas
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int nfsec_ah_module_init(void)
{
	u8 *work;
	int cpu;

	nfsec_ah_work = alloc_percpu(u8 *);
	if (!nfsec_ah_work)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		work = kmalloc_node(AH_WORK, GFP_KERNEL, cpu_to_node(cpu));
		if (!work) {
			nfsec_ah_module_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(nfsec_ah_work, cpu) = work;
	}
	return 0;
}

/**
 * nfsec_ah_module_exit() - free the work areas
 *
 * Context: process; no packet is on its way.
 */
void nfsec_ah_module_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(*per_cpu_ptr(nfsec_ah_work, cpu));
	free_percpu(nfsec_ah_work);
}
