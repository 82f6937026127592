// SPDX-License-Identifier: GPL-2.0
/*
 * The ESP header and trailer (RFC 4303), the same for both families and modes.
 */

#include <linux/random.h>
#include <linux/skbuff.h>

#include "crypto.h"
#include "esp.h"
#include "frame.h"
#include "lifetime.h"
#include "replay.h"
#include "sa.h"
#include "segment.h"

#define ESP_HLEN	8	/* SPI and sequence number */
#define ESP_TLEN	2	/* pad length and next header */

/* Octets 1, 2, 3, ..., then pad length and next header (RFC 4303 2.4) */
static void fill_trailer(u8 *tail, u32 padlen, u8 nexthdr)
{
	u32 i;

	for (i = 0; i < padlen; i++)
		tail[i] = i + 1;
	tail[padlen] = padlen;
	tail[padlen + 1] = nexthdr;
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
				const struct nfsec_layout *lay, u32 i)
{
	const struct nfsec_crypto *c = &sa->crypto;
	u32 len = lay->seg ? nfsec_segment_len(lay->seg, skb, i) : skb->len;
	u32 hlen = ESP_HLEN + c->ivlen;
	u32 paylen = len - lay->keep;
	u32 tfc = lay->padto > paylen ? lay->padto - paylen : 0;
	u32 clear = ALIGN(paylen + tfc + ESP_TLEN, c->block);
	struct sk_buff *new;
	u8 *esp;

	new = nfsec_frame_copy(skb, lay, i, len, hlen,
			       clear - paylen + c->icvlen);
	if (!new)
		return NULL;
	esp = new->data;
	memcpy(esp, &sa->spi, 4);
	memset(esp + hlen + paylen, 0, tfc);
	fill_trailer(esp + hlen + paylen + tfc,
		     clear - paylen - tfc - ESP_TLEN, lay->nexthdr);
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
		    struct nfsec_plain *plain, enum nfsec_drop *reason)
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

	if (nfsec_frame_replayed(nfsec_replay_check(&sa->replay,
						    be32_to_cpup((__be32 *)(esp + 4)),
						    &seq), reason))
		return false;

	err = nfsec_crypto_open(c, esp, len - c->icvlen, seq, sa->esn);
	if (err) {
		*reason = err == -EBADMSG ? NFSEC_DROP_IN_ICV :
					    NFSEC_DROP_IN_CRYPTO;
		return false;
	}
	if (nfsec_frame_replayed(nfsec_replay_advance(&sa->replay, seq),
				 reason))
		return false;
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
