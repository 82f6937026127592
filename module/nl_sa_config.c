// SPDX-License-Identifier: GPL-2.0
/*
 * What a user says of an SA: read and checked before anything changes.
 * nfsec_sa_create() checks what does not depend on attributes once more.
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "netlink.h"
#include "sa.h"

#define NL_SPI_MIN	256
#define NL_TFCPAD_MAX	65535

/**
 * nfsec_nl_get_sa_id() - read what names an SA
 * @tb: attributes of an SA
 * @need_spi: the SPI has to be given; it is taken as it comes if not
 * @id: result
 * @saddr: source address, zero if none is given
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_sa_id(struct nlattr **tb, bool need_spi,
		       struct nfsec_sa_id *id, struct nfsec_addr *saddr,
		       struct netlink_ext_ack *extack)
{
	u8 family;
	int err;

	memset(id, 0, sizeof(*id));
	memset(saddr, 0, sizeof(*saddr));
	if (!tb[NFSEC_A_SA_DST])
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "an SA needs a destination address");
	if (!tb[NFSEC_A_SA_PROTO])
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "an SA needs a protocol");
	if (need_spi && !tb[NFSEC_A_SA_SPI])
		return NFSEC_NL_REFUSE(extack, -EINVAL, "an SA needs an SPI");

	err = nfsec_nl_get_addr(tb[NFSEC_A_SA_DST], &id->daddr, &id->family,
				extack);
	if (err)
		return err;
	if (tb[NFSEC_A_SA_SRC]) {
		err = nfsec_nl_get_addr(tb[NFSEC_A_SA_SRC], saddr, &family,
					extack);
		if (err)
			return err;
		if (family != id->family)
			return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SRC],
					    "source and destination are of different families");
	}
	id->proto = nla_get_u8(tb[NFSEC_A_SA_PROTO]);
	if (need_spi)
		id->spi = htonl(nla_get_u32(tb[NFSEC_A_SA_SPI]));
	return nfsec_nl_get_mark(tb[NFSEC_A_SA_MARK], &id->mark, extack);
}

static bool addr_is_multicast(const struct nfsec_addr *a, u8 family)
{
	if (family == AF_INET)
		return ipv4_is_multicast(a->a4) || ipv4_is_lbcast(a->a4);
	return ipv6_addr_is_multicast(&a->in6);
}

/**
 * nfsec_nl_check_sa_id() - may an SA have this name?
 * @tb: attributes of the SA
 * @id: name
 * @saddr: source address
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_check_sa_id(struct nlattr **tb, const struct nfsec_sa_id *id,
			 const struct nfsec_addr *saddr,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *dst = tb[NFSEC_A_SA_DST];
	const struct nlattr *proto = tb[NFSEC_A_SA_PROTO];

	if (nfsec_addr_any(&id->daddr))
		return NFSEC_NL_BAD(extack, dst, "destination address is zero");
	if (addr_is_multicast(&id->daddr, id->family))
		return NFSEC_NL_BAD(extack, dst,
				    "multicast and broadcast SAs are not supported");
	if (addr_is_multicast(saddr, id->family))
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SRC],
				    "source address is a multicast or broadcast one");
	if (id->proto != IPPROTO_ESP && id->proto != IPPROTO_AH)
		return NFSEC_NL_BAD(extack, proto,
				    "protocol is neither ESP nor AH");
	return 0;
}

static int get_key(const struct nlattr *nla, enum nfsec_alg_kind kind,
		   struct nfsec_key *key, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NFSEC_A_ALGO_MAX + 1];
	const struct nlattr *a;
	const char *name;
	int err;

	if (!nla)
		return 0;
	err = nfsec_nl_check_once(nla_data(nla), nla_len(nla), 0, extack);
	if (err)
		return err;
	err = nla_parse_nested(tb, NFSEC_A_ALGO_MAX, nla, nfsec_algo_nl_policy,
			       extack);
	if (err)
		return err;

	a = tb[NFSEC_A_ALGO_NAME];
	if (!a)
		return NFSEC_NL_BAD(extack, nla,
				    "an algorithm needs a name");
	name = nfsec_nl_get_text(a, extack);
	if (!name)
		return -EINVAL;
	key->alg = nfsec_alg_find(kind, name);
	if (!key->alg)
		return NFSEC_NL_BAD(extack, a,
				    "no algorithm of this kind has this name");
	if (tb[NFSEC_A_ALGO_KEY_BITS])
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_ALGO_KEY_BITS],
				    "the key itself tells its length");

	a = tb[NFSEC_A_ALGO_ICV_BITS];
	if (a && kind == NFSEC_ALG_ENC)
		return NFSEC_NL_BAD(extack, a,
				    "a cipher has no integrity check value");
	if (a && !nla_get_u32(a))
		return NFSEC_NL_BAD(extack, a,
				    "integrity check value of no bits");
	key->icv_bits = a ? nla_get_u32(a) : 0;
	if (kind != NFSEC_ALG_ENC &&
	    nfsec_alg_check_icv(key->alg, &key->icv_bits, extack)) {
		NL_SET_BAD_ATTR(extack, a);
		return -EINVAL;
	}

	a = tb[NFSEC_A_ALGO_KEY];
	key->len = a ? nla_len(a) : 0;
	err = nfsec_alg_check_key(key->alg, a ? nla_data(a) : NULL, key->len,
				  extack);
	if (err) {
		NL_SET_BAD_ATTR(extack, a ?: nla);
		return err;
	}
	if (!key->len)
		return 0;
	key->data = kmemdup(nla_data(a), key->len, GFP_KERNEL_ACCOUNT);
	return key->data ? 0 : -ENOMEM;
}

/**
 * nfsec_nl_get_encap() - read the encapsulation of an SA
 * @nla: nest, or NULL
 * @family: family of the SA
 * @encap: result, of type NONE on entry
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_get_encap(const struct nlattr *nla, u8 family,
		       struct nfsec_encap *encap,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NFSEC_A_ENCAP_MAX + 1];
	const struct nlattr *a;
	u8 of;
	int err;

	if (!nla)
		return 0;
	err = nfsec_nl_check_once(nla_data(nla), nla_len(nla), 0, extack);
	if (err)
		return err;
	err = nla_parse_nested(tb, NFSEC_A_ENCAP_MAX, nla,
			       nfsec_encap_nl_policy, extack);
	if (err)
		return err;

	a = tb[NFSEC_A_ENCAP_TYPE];
	if (!a || nla_get_u16(a) != NFSEC_ENCAP_TYPE_ESPINUDP)
		return NFSEC_NL_BAD(extack, a ?: nla,
				    "encapsulation is of no type; only espinudp is known");
	encap->type = nla_get_u16(a);
	a = tb[NFSEC_A_ENCAP_SPORT];
	if (!a || !nla_get_u16(a))
		return NFSEC_NL_BAD(extack, a ?: nla,
				    "encapsulation needs a source port");
	encap->sport = htons(nla_get_u16(a));
	a = tb[NFSEC_A_ENCAP_DPORT];
	if (!a || !nla_get_u16(a))
		return NFSEC_NL_BAD(extack, a ?: nla,
				    "encapsulation needs a destination port");
	encap->dport = htons(nla_get_u16(a));

	a = tb[NFSEC_A_ENCAP_OADDR];
	if (!a)
		return 0;
	err = nfsec_nl_get_addr(a, &encap->oaddr, &of, extack);
	if (err)
		return err;
	if (of != family && !nfsec_addr_any(&encap->oaddr))
		return NFSEC_NL_BAD(extack, a,
				    "original address is not of the family of the SA");
	return 0;
}

static int get_replay(struct nlattr **tb, struct nfsec_sa_config *cfg,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *seq = tb[NFSEC_A_SA_REPLAY_SEQ];
	const struct nlattr *oseq = tb[NFSEC_A_SA_REPLAY_OSEQ];
	const struct nlattr *map = tb[NFSEC_A_SA_REPLAY_BITMAP];
	const struct nlattr *window = tb[NFSEC_A_SA_REPLAY_WINDOW];

	if (window) {
		cfg->has_window = true;
		cfg->window = nla_get_u32(window);
		if (cfg->window > NFSEC_REPLAY_WINDOW_MAX)
			return NFSEC_NL_BAD(extack, window,
					    "replay window is wider than 65536 packets");
	}
	cfg->seq = seq ? nla_get_u64(seq) : 0;
	cfg->oseq = oseq ? nla_get_u64(oseq) : 0;
	if (map) {
		if (!seq)
			return NFSEC_NL_BAD(extack, map,
					    "bitmap without the sequence number it belongs to");
		cfg->bitmap = nla_data(map);
		cfg->bitmap_len = nla_len(map);
	}
	return 0;
}

static int get_numbers(struct nlattr **tb, struct nfsec_sa_config *cfg,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *a;

	a = tb[NFSEC_A_SA_MODE];
	cfg->mode = a ? nla_get_u8(a) : NFSEC_MODE_TRANSPORT;
	a = tb[NFSEC_A_SA_REQID];
	cfg->reqid = a ? nla_get_u32(a) : 0;
	a = tb[NFSEC_A_SA_FLAGS];
	cfg->flags = a ? nla_get_u32(a) : 0;
	a = tb[NFSEC_A_SA_DIR];
	cfg->dir = a ? nla_get_u8(a) : NFSEC_DIR_ANY;
	if (cfg->dir == NFSEC_DIR_FWD)
		return NFSEC_NL_BAD(extack, a,
				    "direction of an SA is in or out");
	a = tb[NFSEC_A_SA_TFCPAD];
	cfg->tfcpad = a ? nla_get_u32(a) : 0;
	if (cfg->tfcpad > NL_TFCPAD_MAX)
		return NFSEC_NL_BAD(extack, a,
				    "no packet is longer than 65535 octets");
	return 0;
}

/**
 * nfsec_nl_get_sa_config() - read all attributes of an SA
 * @tb: attributes
 * @cfg: result, all zero on entry; has to be freed also on error; refers to
 *	the message for the bitmap
 * @extack: told what is wrong
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nfsec_nl_get_sa_config(struct nlattr **tb, struct nfsec_sa_config *cfg,
			   struct netlink_ext_ack *extack)
{
	int err;

	err = nfsec_nl_get_sa_id(tb, true, &cfg->id, &cfg->saddr, extack);
	if (err)
		return err;
	err = nfsec_nl_check_sa_id(tb, &cfg->id, &cfg->saddr, extack);
	if (err)
		return err;
	if (ntohl(cfg->id.spi) < NL_SPI_MIN)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SPI],
				    "SPI 0 to 255 are reserved (RFC 4303 2.1)");
	err = get_numbers(tb, cfg, extack);
	if (err)
		return err;
	err = get_key(tb[NFSEC_A_SA_AEAD], NFSEC_ALG_AEAD, &cfg->aead, extack);
	if (err)
		return err;
	err = get_key(tb[NFSEC_A_SA_ENC], NFSEC_ALG_ENC, &cfg->enc, extack);
	if (err)
		return err;
	err = get_key(tb[NFSEC_A_SA_AUTH], NFSEC_ALG_AUTH, &cfg->auth, extack);
	if (err)
		return err;
	err = nfsec_nl_get_encap(tb[NFSEC_A_SA_ENCAP], cfg->id.family,
				 &cfg->encap, extack);
	if (err)
		return err;
	if (tb[NFSEC_A_SA_SEL]) {
		cfg->has_sel = true;
		err = nfsec_nl_get_selector(tb[NFSEC_A_SA_SEL], &cfg->sel,
					    extack);
		if (err)
			return err;
	}
	err = nfsec_nl_get_mark(tb[NFSEC_A_SA_OUTPUT_MARK], &cfg->output_mark,
				extack);
	if (err)
		return err;
	err = nfsec_nl_get_limits(tb[NFSEC_A_SA_LIMITS], &cfg->limits, extack);
	if (err)
		return err;
	return get_replay(tb, cfg, extack);
}

static int check_keys(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	const struct nlattr *aead = tb[NFSEC_A_SA_AEAD];
	const struct nlattr *auth = tb[NFSEC_A_SA_AUTH];
	const struct nlattr *enc = tb[NFSEC_A_SA_ENC];

	if (aead && (auth || enc))
		return NFSEC_NL_BAD(extack, auth ?: enc,
				    "a combined mode algorithm is cipher and integrity in one (RFC 8221 4)");
	if (aead)
		return 0;
	if (!auth && !enc)
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "an SA needs an algorithm: aead, or enc and auth");
	if (!auth)
		return NFSEC_NL_BAD(extack, enc,
				    "a cipher alone is not safe: auth is missing (RFC 8221 4)");
	if (!enc)
		return NFSEC_NL_BAD(extack, auth,
				    "enc is missing; for integrity only it is ecb(cipher_null)");
	return 0;
}

/* AH authenticates and does nothing else */
static int check_ah(struct nlattr **tb, const struct nfsec_sa_config *cfg,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *aead = tb[NFSEC_A_SA_AEAD];

	if (tb[NFSEC_A_SA_ENC])
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_ENC],
				    "AH does not encrypt; encryption is for ESP");
	if (aead && tb[NFSEC_A_SA_AUTH])
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_AUTH],
				    "an SA has one integrity algorithm: auth or aead");
	if (aead && !(cfg->aead.alg->flags & NFSEC_ALG_NULL_AUTH))
		return NFSEC_NL_BAD(extack, aead,
				    "AH does not encrypt; of the combined modes it has only rfc4543(gcm(aes)), which is GMAC");
	if (!aead && !tb[NFSEC_A_SA_AUTH])
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "AH needs an algorithm: auth, or aead rfc4543(gcm(aes))");
	if (tb[NFSEC_A_SA_ENCAP])
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_ENCAP],
				    "AH is not carried in UDP: its ICV covers the addresses (RFC 3948 1)");
	if (cfg->tfcpad)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_TFCPAD],
				    "padding to a length is for ESP");
	return 0;
}

/**
 * nfsec_nl_check_replay() - does the replay state suit the SA?
 * @tb: attributes
 * @dir: direction of the SA
 * @window: its replay window
 * @esn: it has extended sequence numbers
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_check_replay(struct nlattr **tb, u8 dir, u32 window, bool esn,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *seq = tb[NFSEC_A_SA_REPLAY_SEQ];
	const struct nlattr *oseq = tb[NFSEC_A_SA_REPLAY_OSEQ];
	const struct nlattr *map = tb[NFSEC_A_SA_REPLAY_BITMAP];

	if (dir == NFSEC_DIR_OUT && seq)
		return NFSEC_NL_BAD(extack, seq,
				    "an outbound SA receives no sequence numbers");
	if (dir == NFSEC_DIR_IN && oseq)
		return NFSEC_NL_BAD(extack, oseq,
				    "an inbound SA sends no sequence numbers");
	if (!esn && seq && nla_get_u64(seq) > U32_MAX)
		return NFSEC_NL_BAD(extack, seq,
				    "sequence number of more than 32 bits needs flag esn");
	if (!esn && oseq && nla_get_u64(oseq) > U32_MAX)
		return NFSEC_NL_BAD(extack, oseq,
				    "sequence number of more than 32 bits needs flag esn");
	if (map && nla_len(map) > DIV_ROUND_UP(window, 8))
		return NFSEC_NL_BAD(extack, map,
				    "bitmap is longer than the replay window");
	return 0;
}

/**
 * nfsec_nl_check_sa_config() - is this enough for an SA, and without
 *	contradiction?
 * @tb: attributes
 * @cfg: what was read from them
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int nfsec_nl_check_sa_config(struct nlattr **tb,
			     const struct nfsec_sa_config *cfg,
			     struct netlink_ext_ack *extack)
{
	bool esn = cfg->flags & NFSEC_SA_FLAGS_ESN;
	u32 window = NFSEC_REPLAY_WINDOW_DEFAULT;
	int err;

	if (cfg->id.proto == IPPROTO_AH)
		err = check_ah(tb, cfg, extack);
	else
		err = check_keys(tb, extack);
	if (err)
		return err;
	if (cfg->mode == NFSEC_MODE_TUNNEL && cfg->dir != NFSEC_DIR_IN &&
	    nfsec_addr_any(&cfg->saddr))
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "a tunnel needs a source address, unless its direction is in");
	if (cfg->tfcpad && cfg->mode != NFSEC_MODE_TUNNEL)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_TFCPAD],
				    "padding to a length needs tunnel mode");
	if (esn && cfg->flags & NFSEC_SA_FLAGS_OSEQ_MAY_WRAP)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_FLAGS],
				    "esn and oseq-may-wrap exclude each other");
	if (cfg->has_window)
		window = cfg->window;
	if (esn && !window && cfg->dir != NFSEC_DIR_OUT)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_REPLAY_WINDOW],
				    "extended sequence numbers need a replay window (RFC 4303 3.4.3)");
	if (cfg->has_sel && cfg->mode == NFSEC_MODE_TRANSPORT &&
	    cfg->sel.family != AF_UNSPEC && cfg->sel.family != cfg->id.family)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SEL],
				    "in transport mode the selector is of the family of the SA");
	return nfsec_nl_check_replay(tb, cfg->dir, window, esn, extack);
}
