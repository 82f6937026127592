// SPDX-License-Identifier: GPL-2.0
/*
 * The ESP header and trailer (RFC 4303), the same for both families and modes.
 *
 * Outbound, a packet is copied once into a buffer of its own and encrypted
 * there, so nothing is ever written to data that may belong to a socket, a
 * page cache or another holder of a clone.
 */

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "crypto.h"
#include "esp.h"
#include "lifetime.h"
#include "replay.h"
#include "sa.h"
#include "segment.h"

#define ESP_HLEN	8	/* SPI and sequence number */
#define ESP_TLEN	2	/* pad length and next header */

/* ESP goes behind hop-by-hop and routing headers (RFC 4303 3.1.1) */
static int esp_offset6(const struct sk_buff *skb, u32 *nhoff, u8 *nh)
{
	u32 start = skb_network_offset(skb);
	u32 off = start + sizeof(struct ipv6hdr);
	u32 split = off;
	u32 at = start + offsetof(struct ipv6hdr, nexthdr);
	u8 next = ipv6_hdr(skb)->nexthdr;

	*nhoff = at - start;
	*nh = next;
	while (next == NEXTHDR_HOP || next == NEXTHDR_ROUTING ||
	       next == NEXTHDR_DEST) {
		struct ipv6_opt_hdr buf;
		const struct ipv6_opt_hdr *hp;
		u8 type = next;

		hp = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!hp)
			return -EINVAL;
		at = off;
		off += ipv6_optlen(hp);
		if (off > skb->len)
			return -EINVAL;
		next = hp->nexthdr;
		if (type != NEXTHDR_DEST) {
			split = off;
			*nhoff = at - start;
			*nh = next;
		}
	}
	return split - start;
}

/**
 * nfsec_esp_offset() - where ESP goes in transport mode
 * @skb: whole datagram
 * @family: its family
 * @nhoff: offset from the network header of the octet that shall name ESP
 * @nh: value that octet has now
 *
 * Context: any.
 * Return: octets of headers that stay in front, or -EINVAL.
 */
int nfsec_esp_offset(const struct sk_buff *skb, u8 family, u32 *nhoff, u8 *nh)
{
	if (family == AF_INET6)
		return esp_offset6(skb, nhoff, nh);
	*nhoff = offsetof(struct iphdr, protocol);
	*nh = ip_hdr(skb)->protocol;
	return ip_hdrlen(skb);
}

/* Octets 1, 2, 3, ..., then pad length and next header (RFC 4303 2.4) */
static void fill_trailer(u8 *tail, u32 padlen, u8 nexthdr)
{
	u32 i;

	for (i = 0; i < padlen; i++)
		tail[i] = i + 1;
	tail[padlen] = padlen;
	tail[padlen + 1] = nexthdr;
}

/* Copy a whole packet; a checksum left to a device is completed meanwhile */
static bool copy_whole(struct sk_buff *skb, u8 *to)
{
	__sum16 *sum;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_is_sctp(skb) &&
	    skb_csum_hwoffload_help(skb, 0))
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return !skb_copy_bits(skb, 0, to, skb->len);
	if (!pskb_may_pull(skb, skb_checksum_start_offset(skb) +
				skb->csum_offset + 2))
		return false;
	skb_copy_and_csum_dev(skb, to);
	sum = (__sum16 *)(to + skb_checksum_start_offset(skb) +
			  skb->csum_offset);
	if (!*sum)
		*sum = CSUM_MANGLED_0;
	return true;
}

/**
 * nfsec_esp_build() - copy a packet into a buffer laid out for ESP
 * @sa: outbound SA
 * @skb: packet, network header at skb->data; only its checksum may be touched
 * @lay: how it is to be laid out
 * @i: number of the segment of @skb, if it is cut
 *
 * The checksum, if it was left to a device, is completed while copying.
 *
 * Context: BH disabled. @skb stays with the caller.
 * Return: new skb with metadata of @skb, whose data begins with the ESP
 * header; SPI and trailer are filled in, the kept headers lie &lay->gap in
 * front. NULL if there is no memory or the packet is broken.
 */
struct sk_buff *nfsec_esp_build(const struct nfsec_sa *sa, struct sk_buff *skb,
				const struct nfsec_esp_layout *lay, u32 i)
{
	const struct nfsec_crypto *c = &sa->crypto;
	u32 len = lay->seg ? nfsec_segment_len(lay->seg, skb, i) : skb->len;
	u32 headroom = lay->headroom + lay->keep + lay->gap;
	u32 hlen = ESP_HLEN + c->ivlen;
	u32 paylen = len - lay->keep;
	u32 tfc = lay->padto > paylen ? lay->padto - paylen : 0;
	u32 clear = ALIGN(paylen + tfc + ESP_TLEN, c->block);
	struct sk_buff *new;
	u8 *esp, *to;

	new = netdev_alloc_skb(NULL, headroom + hlen + clear + c->icvlen);
	if (!new)
		return NULL;
	skb_reserve(new, headroom);
	esp = skb_put(new, hlen + clear + c->icvlen);
	to = esp + hlen - lay->keep;
	if (lay->seg) {
		nfsec_segment_copy(lay->seg, skb, i, to);
	} else if (!copy_whole(skb, to)) {
		kfree_skb(new);
		return NULL;
	}
	memmove(esp - lay->gap - lay->keep, to, lay->keep);
	memcpy(esp, &sa->spi, 4);
	memset(esp + hlen + paylen, 0, tfc);
	fill_trailer(esp + hlen + paylen + tfc,
		     clear - paylen - tfc - ESP_TLEN, lay->nexthdr);

	skb_copy_header(new, skb);
	skb_dst_drop(new);
	skb_ext_reset(new);
	nf_reset_ct(new);
	skb_shinfo(new)->gso_size = 0;
	skb_shinfo(new)->gso_segs = 0;
	skb_shinfo(new)->gso_type = 0;
	new->ip_summed = CHECKSUM_NONE;
	new->encapsulation = 0;
	return new;
}

/**
 * nfsec_esp_seal() - number and encrypt a packet
 * @sa: outbound SA
 * @skb: from nfsec_esp_build(); its data is written
 * @seq: sequence number, high word included
 * @iv: number of this IV, never used before with the SA; not used if the IV
 *	has to be unpredictable (RFC 3602 3)
 *
 * Context: BH disabled.
 * Return: 0 or a negative error.
 */
int nfsec_esp_seal(struct nfsec_sa *sa, struct sk_buff *skb, u64 seq, u64 iv)
{
	const struct nfsec_crypto *c = &sa->crypto;
	__be32 lo = cpu_to_be32(seq);
	u8 *esp = skb->data;

	memcpy(esp + 4, &lo, 4);
	if (c->random_iv) {
		get_random_bytes(esp + ESP_HLEN, c->ivlen);
	} else if (c->ivlen) {
		__be64 n = cpu_to_be64(c->iv_base + iv);

		memcpy(esp + ESP_HLEN, &n, 8);
	}
	return nfsec_crypto_seal(c, esp, skb->len - c->icvlen, seq, sa->esn);
}

/*
 * RFC 4303 2.4: the receiver should look. It is a few octets as a rule, next to
 * those just read.
 */
static bool padding_ok(const u8 *tail, u32 padlen)
{
	u32 i;

	for (i = 0; i < padlen; i++)
		if (tail[i] != i + 1)
			return false;
	return true;
}

/**
 * nfsec_esp_open() - check, decrypt and strip an inbound ESP packet
 * @sa: inbound SA
 * @skb: packet in one piece that is ours alone; its data is written
 * @esp_off: offset of the ESP header from skb->data, at least 4
 * @plain: what was found
 * @reason: why it has to be dropped
 *
 * Order of the checks as in RFC 4303 3.4.3 and 3.4.4: replay before any
 * crypto, window moved only after the ICV passed.
 *
 * Context: softirq.
 * Return: false if the packet has to be dropped; it stays with the caller.
 */
bool nfsec_esp_open(struct nfsec_sa *sa, struct sk_buff *skb, u32 esp_off,
		    struct nfsec_esp_plain *plain, enum nfsec_drop *reason)
{
	const struct nfsec_crypto *c = &sa->crypto;
	u32 hlen = ESP_HLEN + c->ivlen;
	u8 *esp = skb->data + esp_off;
	u32 len = skb->len - esp_off;
	u32 clear, padlen;
	u64 seq;
	u8 *tail;
	int err;

	if (len < hlen + ESP_TLEN + c->icvlen) {
		*reason = NFSEC_DROP_IN_TRUNCATED;
		return false;
	}
	clear = len - hlen - c->icvlen;
	if (clear % c->block) {
		*reason = NFSEC_DROP_IN_TRUNCATED;
		return false;
	}

	switch (nfsec_replay_check(&sa->replay,
				   be32_to_cpup((__be32 *)(esp + 4)), &seq)) {
	case NFSEC_REPLAY_OK:
		break;
	case NFSEC_REPLAY_SEEN:
		*reason = NFSEC_DROP_IN_REPLAY;
		return false;
	case NFSEC_REPLAY_OLD:
		*reason = NFSEC_DROP_IN_REPLAY_OLD;
		return false;
	}

	err = nfsec_crypto_open(c, esp, len - c->icvlen, seq, sa->esn);
	if (err) {
		*reason = err == -EBADMSG ? NFSEC_DROP_IN_ICV :
					    NFSEC_DROP_IN_CRYPTO;
		return false;
	}
	switch (nfsec_replay_advance(&sa->replay, seq)) {
	case NFSEC_REPLAY_OK:
		break;
	case NFSEC_REPLAY_SEEN:
		*reason = NFSEC_DROP_IN_REPLAY;
		return false;
	case NFSEC_REPLAY_OLD:
		*reason = NFSEC_DROP_IN_REPLAY_OLD;
		return false;
	}
	if (!nfsec_lifetime_count(sa, 1, clear)) {
		*reason = NFSEC_DROP_IN_SA_EXPIRED;
		return false;
	}

	plain->newest = sa->replay.window &&
			seq == READ_ONCE(sa->replay.top);
	tail = esp + hlen + clear - ESP_TLEN;
	padlen = tail[0];
	plain->nexthdr = tail[1];
	plain->payload = esp_off + hlen;
	if (padlen + ESP_TLEN > clear ||
	    (!(sa->flags & NFSEC_SA_FLAGS_DONT_CHECK_PAD) &&
	     !padding_ok(tail - padlen, padlen))) {
		*reason = NFSEC_DROP_IN_PADDING;
		return false;
	}
	plain->len = clear - ESP_TLEN - padlen;
	return true;
}
