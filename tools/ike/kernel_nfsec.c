// SPDX-License-Identifier: GPL-2.0
/*
 * SAs in the nfsec module.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "kernel_nfsec_int.h"

#define SPI_MIN 0xc0000000u
#define SPI_MAX 0xcfffffffu

void ike_nfsec_log(struct ike_nfsec *k, const char *fmt, ...)
{
	char line[1280];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (k->conf.log)
		k->conf.log(k->conf.arg, line);
}

int ike_nfsec_ask(struct ike_nfsec *k, unsigned int cmd, unsigned int flags,
		  const struct sec_set *set, const void *obj, sec_nl_cb cb, void *data)
{
	k->diag.text[0] = '\0';
	return sec_nl_request(&k->nl, cmd, flags, set, obj, cb, data);
}

struct sec_addr ike_nfsec_addr(const struct ike_addr *a)
{
	struct sec_addr s = { .len = a->len };

	memcpy(s.b, a->a, a->len);
	return s;
}

const struct ike_nfsec_opts *ike_nfsec_opts(struct ike_nfsec *k, uint32_t reqid)
{
	static const struct ike_nfsec_opts none = { .replay_window = IKE_REPLAY_WINDOW };
	const struct ike_nfsec_opts *o = NULL;

	if (k->conf.opts)
		o = k->conf.opts(k->conf.arg, reqid);
	return o ? o : &none;
}

static uint8_t ip_proto(uint8_t proto)
{
	return proto == IKE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
}

/* What names an SA: its SPI in network order, its protocol and destination. */
static void name_sa(struct sec_sa *sa, uint8_t proto, uint32_t spi, const struct ike_addr *dst)
{
	sa->dst = ike_nfsec_addr(dst);
	sec_set(sa, NFSEC_A_SA_DST);
	sa->proto = ip_proto(proto);
	sec_set(sa, NFSEC_A_SA_PROTO);
	sa->spi = ntohl(spi);
	sec_set(sa, NFSEC_A_SA_SPI);
}

static int alloc_spi(void *kern, uint8_t proto, const struct ike_addr *src,
		     const struct ike_addr *dst, uint32_t *spi)
{
	struct ike_nfsec *k = kern;
	struct sec_sa sa = { .spi_min = SPI_MIN, .spi_max = SPI_MAX }, got = { 0 };
	int err;

	name_sa(&sa, proto, 0, dst);
	sa.has &= ~SEC_BIT(NFSEC_A_SA_SPI);
	sa.src = ike_nfsec_addr(src);
	sec_set(&sa, NFSEC_A_SA_SRC);
	sec_set(&sa, NFSEC_A_SA_SPI_MIN);
	sec_set(&sa, NFSEC_A_SA_SPI_MAX);
	err = ike_nfsec_ask(k, NFSEC_CMD_SA_ALLOCSPI, 0, &sec_sa_set, &sa, sec_nl_fill, &got);
	*spi = htonl(got.spi);
	if (!err && !sec_has(&got, NFSEC_A_SA_SPI))
		err = -1;
	sec_clear(&sec_sa_set, &got);
	if (err)
		ike_nfsec_log(k, "no SPI: %s", k->diag.text);
	return err;
}

/* The names of the kernel's crypto API; @icv in bits, 0 for what is no integrity check. */
static const struct alg {
	uint16_t id, icv;
	const char *name;
} encrs[] = {
	{ IKE_ENCR_AES_GCM_16, 128, "rfc4106(gcm(aes))" },
	{ IKE_ENCR_AES_GCM_12, 96, "rfc4106(gcm(aes))" },
	{ IKE_ENCR_AES_GCM_8, 64, "rfc4106(gcm(aes))" },
	{ IKE_ENCR_CHACHA20_POLY1305, 128, "rfc7539esp(chacha20,poly1305)" },
	{ IKE_ENCR_AES_CCM_16, 128, "rfc4309(ccm(aes))" },
	{ IKE_ENCR_AES_CCM_12, 96, "rfc4309(ccm(aes))" },
	{ IKE_ENCR_AES_CCM_8, 64, "rfc4309(ccm(aes))" },
	{ IKE_ENCR_NULL_AES_GMAC, 128, "rfc4543(gcm(aes))" },
	{ IKE_ENCR_AES_CBC, 0, "cbc(aes)" },
	{ IKE_ENCR_AES_CTR, 0, "rfc3686(ctr(aes))" },
	{ IKE_ENCR_3DES, 0, "cbc(des3_ede)" },
	{ IKE_ENCR_NULL, 0, "ecb(cipher_null)" },
}, integs[] = {
	{ IKE_INTEG_HMAC_SHA2_256_128, 128, "hmac(sha256)" },
	{ IKE_INTEG_HMAC_SHA2_384_192, 192, "hmac(sha384)" },
	{ IKE_INTEG_HMAC_SHA2_512_256, 256, "hmac(sha512)" },
	{ IKE_INTEG_HMAC_SHA1_96, 96, "hmac(sha1)" },
	{ IKE_INTEG_AES_XCBC_96, 96, "xcbc(aes)" },
	{ IKE_INTEG_AES_CMAC_96, 96, "cmac(aes)" },
	{ IKE_INTEG_HMAC_MD5_96, 96, "hmac(md5)" },
};

static const struct alg *find_alg(const struct alg *a, size_t n, uint16_t id)
{
	for (; n; a++, n--)
		if (a->id == id)
			return a;
	return NULL;
}

bool ike_nfsec_knows(uint16_t encr, uint16_t integ)
{
	return (!encr || find_alg(encrs, ARRAY_SIZE(encrs), encr)) &&
	       (!integ || find_alg(integs, ARRAY_SIZE(integs), integ));
}

static void set_alg(struct sec_algo *to, const struct alg *a, const uint8_t *key, uint8_t len)
{
	snprintf(to->name, sizeof(to->name), "%s", a->name);
	sec_set(to, NFSEC_A_ALGO_NAME);
	memcpy(to->key, key, len);
	to->key_len = len;
	if (len)
		sec_set(to, NFSEC_A_ALGO_KEY);
	to->icv_bits = a->icv;
	if (a->icv)
		sec_set(to, NFSEC_A_ALGO_ICV_BITS);
}

static int set_algs(struct sec_sa *to, const struct ike_kern_sa *sa)
{
	const struct alg *e = find_alg(encrs, ARRAY_SIZE(encrs), sa->encr);
	const struct alg *i = find_alg(integs, ARRAY_SIZE(integs), sa->integ);

	if (!e || (!sa->integ && !e->icv) || (sa->integ && (!i || e->icv)))
		return -1;
	if (e->icv) {
		set_alg(&to->aead, e, sa->encr_key, sa->encr_len);
		sec_set(to, NFSEC_A_SA_AEAD);
		return 0;
	}
	set_alg(&to->enc, e, sa->encr_key, sa->encr_len);
	sec_set(to, NFSEC_A_SA_ENC);
	set_alg(&to->auth, i, sa->integ_key, sa->integ_len);
	sec_set(to, NFSEC_A_SA_AUTH);
	return 0;
}

static void set_limits(struct sec_limits *l, const struct ike_nfsec_opts *o)
{
	l->soft_bytes = o->soft_bytes;
	l->hard_bytes = o->hard_bytes;
	l->soft_packets = o->soft_packets;
	l->hard_packets = o->hard_packets;
	if (o->soft_bytes)
		sec_set(l, NFSEC_A_LIMITS_SOFT_BYTES);
	if (o->hard_bytes)
		sec_set(l, NFSEC_A_LIMITS_HARD_BYTES);
	if (o->soft_packets)
		sec_set(l, NFSEC_A_LIMITS_SOFT_PACKETS);
	if (o->hard_packets)
		sec_set(l, NFSEC_A_LIMITS_HARD_PACKETS);
}

static void set_encap(struct sec_sa *to, uint16_t sport, uint16_t dport)
{
	to->encap = (struct sec_encap){ .type = NFSEC_ENCAP_TYPE_ESPINUDP, .sport = sport,
					.dport = dport };
	sec_set(&to->encap, NFSEC_A_ENCAP_TYPE);
	sec_set(&to->encap, NFSEC_A_ENCAP_SPORT);
	sec_set(&to->encap, NFSEC_A_ENCAP_DPORT);
	sec_set(to, NFSEC_A_SA_ENCAP);
}

/* What the options of the child add. */
static void set_opts(struct sec_sa *to, const struct ike_kern_sa *sa,
		     const struct ike_nfsec_opts *o)
{
	uint32_t mark = sa->inbound ? o->mark_in : o->mark_out;
	uint32_t mask = sa->inbound ? o->mask_in : o->mask_out;

	to->flags = o->flags | (sa->esn ? NFSEC_SA_FLAGS_ESN : 0);
	sec_set(to, NFSEC_A_SA_FLAGS);
	if (sa->inbound) {
		to->replay_window = o->replay_window;
		sec_set(to, NFSEC_A_SA_REPLAY_WINDOW);
	} else if (o->tfc && !sa->transport) {
		to->tfcpad = o->tfc;
		sec_set(to, NFSEC_A_SA_TFCPAD);
	}
	if (mask) {
		to->output_mark = (struct sec_mark){ .value = mark, .mask = mask };
		sec_set(&to->output_mark, NFSEC_A_MARK_VALUE);
		sec_set(&to->output_mark, NFSEC_A_MARK_MASK);
		sec_set(to, NFSEC_A_SA_OUTPUT_MARK);
	}
	set_limits(&to->limits, o);
	if (to->limits.has)
		sec_set(to, NFSEC_A_SA_LIMITS);
}

static int add_sa(void *kern, const struct ike_kern_sa *sa)
{
	struct ike_nfsec *k = kern;
	struct sec_sa s = { 0 };
	int err;

	name_sa(&s, sa->proto, sa->spi, &sa->dst);
	s.src = ike_nfsec_addr(&sa->src);
	sec_set(&s, NFSEC_A_SA_SRC);
	s.mode = sa->transport ? NFSEC_MODE_TRANSPORT : NFSEC_MODE_TUNNEL;
	sec_set(&s, NFSEC_A_SA_MODE);
	s.reqid = sa->reqid;
	sec_set(&s, NFSEC_A_SA_REQID);
	s.dir = sa->inbound ? NFSEC_DIR_IN : NFSEC_DIR_OUT;
	sec_set(&s, NFSEC_A_SA_DIR);
	if (set_algs(&s, sa)) {
		ike_nfsec_log(k, "nfsec has no algorithm like encr %u, integ %u", sa->encr,
			      sa->integ);
		sec_clear(&sec_sa_set, &s);
		return -1;
	}
	if (sa->encap)
		set_encap(&s, sa->src.port, sa->dst.port);
	if (sa->encap && sa->oa_src.len) {
		s.encap.oaddr = ike_nfsec_addr(&sa->oa_src);
		sec_set(&s.encap, NFSEC_A_ENCAP_OADDR);
	}
	set_opts(&s, sa, ike_nfsec_opts(k, sa->like ? sa->like : sa->reqid));
	err = ike_nfsec_ask(k, NFSEC_CMD_SA_NEW, 0, &sec_sa_set, &s, NULL, NULL);
	sec_clear(&sec_sa_set, &s);
	if (err)
		ike_nfsec_log(k, "SA %08x not added: %s", ntohl(sa->spi), k->diag.text);
	return err;
}

static int get_sa(struct ike_nfsec *k, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		  struct sec_sa *got)
{
	struct sec_sa sa = { 0 };

	name_sa(&sa, proto, spi, dst);
	return ike_nfsec_ask(k, NFSEC_CMD_SA_GET, 0, &sec_sa_set, &sa, sec_nl_fill, got);
}

static int del_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst)
{
	struct ike_nfsec *k = kern;
	struct sec_sa sa = { 0 };

	name_sa(&sa, proto, spi, dst);
	if (!ike_nfsec_ask(k, NFSEC_CMD_SA_DEL, 0, &sec_sa_set, &sa, NULL, NULL))
		return 0;
	/* The module forgets a reserved SPI by itself after a while, and an SA beyond its
	 * hard limit.
	 */
	if (k->nl.error == ESRCH)
		return 0;
	ike_nfsec_log(k, "SA %08x not deleted: %s", ntohl(spi), k->diag.text);
	return -1;
}

static int update_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		     const struct ike_addr *new_src, const struct ike_addr *new_dst)
{
	struct ike_nfsec *k = kern;
	struct sec_sa sa = { 0 }, got = { 0 };
	int err;

	name_sa(&sa, proto, spi, dst);
	sa.new_src = ike_nfsec_addr(new_src);
	sec_set(&sa, NFSEC_A_SA_NEW_SRC);
	sa.new_dst = ike_nfsec_addr(new_dst);
	sec_set(&sa, NFSEC_A_SA_NEW_DST);
	if (new_src->port) {
		set_encap(&sa, new_src->port, new_dst->port);
		/* The address that the peer has on its side of a NAT stays. */
		if (!get_sa(k, proto, spi, dst, &got) &&
		    sec_has(&got.encap, NFSEC_A_ENCAP_OADDR) &&
		    got.encap.oaddr.len == new_dst->len) {
			sa.encap.oaddr = got.encap.oaddr;
			sec_set(&sa.encap, NFSEC_A_ENCAP_OADDR);
		}
		sec_clear(&sec_sa_set, &got);
	} else {
		sa.encap.type = NFSEC_ENCAP_TYPE_NONE;
		sec_set(&sa.encap, NFSEC_A_ENCAP_TYPE);
		sec_set(&sa, NFSEC_A_SA_ENCAP);
	}
	err = ike_nfsec_ask(k, NFSEC_CMD_SA_MIGRATE, 0, &sec_sa_set, &sa, NULL, NULL);
	if (err)
		ike_nfsec_log(k, "SA %08x not moved: %s", ntohl(spi), k->diag.text);
	return err;
}

static int query_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		    struct ike_kern_use *use)
{
	struct ike_nfsec *k = kern;
	struct sec_sa got = { 0 };
	int err = get_sa(k, proto, spi, dst, &got);

	*use = (struct ike_kern_use){ got.usage.packets, got.usage.bytes };
	sec_clear(&sec_sa_set, &got);
	return err;
}

struct sweep {
	struct ike_nfsec *k;
	uint32_t first, last;
	struct sec_sa *v;
	int n;
};

static int sweep_one(struct sec_nl *nl, unsigned int cmd, const void *attrs, size_t len,
		     void *data)
{
	struct sweep *s = data;
	struct sec_sa sa = { 0 }, *v;

	if (sec_nl_fill(nl, cmd, attrs, len, &sa))
		return -1;
	if (sa.reqid >= s->first && sa.reqid <= s->last) {
		v = realloc(s->v, sizeof(*v) * (size_t)(s->n + 1));
		if (v) {
			s->v = v;
			v[s->n] = (struct sec_sa){ .dst = sa.dst, .spi = sa.spi,
						   .proto = sa.proto };
			v[s->n].has = SEC_BIT(NFSEC_A_SA_DST) | SEC_BIT(NFSEC_A_SA_SPI) |
				      SEC_BIT(NFSEC_A_SA_PROTO);
			s->n++;
		}
	}
	sec_clear(&sec_sa_set, &sa);
	return 0;
}

int ike_nfsec_sweep(struct ike_nfsec *k, uint32_t first, uint32_t last)
{
	struct sweep s = { .k = k, .first = first, .last = last };
	struct sec_sa all = { 0 };
	int i, err;

	err = ike_nfsec_ask(k, NFSEC_CMD_SA_GET, NLM_F_DUMP, &sec_sa_set, &all, sweep_one, &s);
	for (i = 0; i < s.n; i++)
		ike_nfsec_ask(k, NFSEC_CMD_SA_DEL, 0, &sec_sa_set, &s.v[i], NULL, NULL);
	free(s.v);
	if (err)
		ike_nfsec_log(k, "SAs not listed: %s", k->diag.text);
	return err ? -1 : s.n;
}

const struct ike_kernel_ops ike_nfsec_ops = {
	.alloc_spi = alloc_spi,
	.add_sa = add_sa,
	.update_sa = update_sa,
	.del_sa = del_sa,
	.query_sa = query_sa,
	.add_policy = ike_nfsec_add_policy,
	.del_policy = ike_nfsec_del_policy,
};
