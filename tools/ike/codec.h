/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Octets to messages and back (RFC 7296 section 3). No I/O, no state, no
 * cryptography and no allocation here: what is parsed is a view of the
 * caller's datagram and lives as long as it does.
 *
 * A protected message is read in two steps: ike_msg_parse() walks the outer
 * chain up to SK or SKF, the caller checks and decrypts, and
 * ike_msg_parse_inner() adds the payloads found inside.
 */
#ifndef IKE_CODEC_H
#define IKE_CODEC_H

#include <stdbool.h>

#include "ids.h"
#include "types.h"

#define IKE_HDR_LEN		28
#define IKE_GENERIC_LEN		4	/* generic payload header */
#define IKE_SKF_LEN		8	/* the same and the fragment numbers */
#define IKE_VERSION_2		0x20

/* Limits of one message; more than that is refused as malformed. */
#define IKE_MAX_PAYLOADS	160
#define IKE_MAX_NOTIFIES	64
#define IKE_MAX_CERTS		16
#define IKE_MAX_CERTREQS	16
#define IKE_MAX_VENDORS		32
#define IKE_MAX_DELETES		8
#define IKE_MAX_CPS		4
#define IKE_MAX_UNKNOWN		32

/* Why octets were refused. */
enum ike_reason {
	IKE_R_OK = 0,
	IKE_R_SHORT_DATAGRAM,	/* less than a header */
	IKE_R_LENGTH,		/* Length of the header is not that of the datagram */
	IKE_R_VERSION_HIGH,	/* major version above 2 */
	IKE_R_VERSION_LOW,	/* major version 0 or 1: not for this parser */
	IKE_R_CHAIN_SHORT,	/* a payload with a Length below 4 */
	IKE_R_CHAIN_LONG,	/* a payload that ends behind the message */
	IKE_R_CHAIN_TRAILING,	/* octets behind the last payload */
	IKE_R_TOO_MANY,		/* more payloads of a kind than we take */
	IKE_R_TWICE,		/* a payload that may be there once */
	IKE_R_CRITICAL,		/* unknown and critical */
	IKE_R_NESTED,		/* SK or SKF inside of SK */
	IKE_R_SK_NOT_LAST,	/* a payload behind SK or SKF */
	IKE_R_FRAGMENT,		/* fragment number 0, or above the total */
	IKE_R_BODY_SHORT,	/* a payload without room for its fixed fields */
	IKE_R_BODY_LENGTH,	/* nested lengths do not add up */
	IKE_R_BODY_VALUE,	/* a field has a value that cannot be */
	IKE_R_NONCE,		/* nonce not of 16 to 256 octets */
	IKE_R_PROPOSALS,	/* too many proposals or transforms */
	IKE_R_SELECTORS,	/* too many traffic selectors */
	IKE_R_NOTIFY_DATA,	/* data of a notify of a wrong length */
	IKE_R_LAST = IKE_R_NOTIFY_DATA,
};

/**
 * struct ike_fault - what was wrong with octets
 * @reason: for counters, ike_reason_text() for logs
 * @notify: the error notify that names it (enum ike_notify), 0 if nobody is told
 * @data: data of that notify: the type of the critical payload, else 0
 * @payload: type of the payload it was found in, 0 for the header
 * @response: found in a response
 * @protected: found in the inner payloads, so the peer did write it
 */
struct ike_fault {
	enum ike_reason reason;
	uint16_t notify;
	uint8_t data;
	uint8_t payload;
	bool response;
	bool protected;
};

/* A sentence fragment for logs, static. */
const char *ike_reason_text(enum ike_reason r);

/*
 * The notify to answer with, or 0 for silence: responses are never answered,
 * and what nobody protected gets INVALID_MAJOR_VERSION at most, which the
 * caller limits (RFC 7296 2.5, 2.21).
 */
uint16_t ike_fault_answer(const struct ike_fault *f);

/* The header (RFC 7296 3.1); numbers in host order. */
struct ike_hdr {
	uint8_t spi_i[8], spi_r[8];
	uint8_t next;
	uint8_t version;
	uint8_t xchg;
	uint8_t flags;
	uint32_t mid;
	uint32_t len;
};

static inline bool ike_is_response(const struct ike_hdr *h)
{
	return h->flags & IKE_F_RESPONSE;
}

/* The sender is the original initiator: our SPI is the responder's. */
static inline bool ike_from_initiator(const struct ike_hdr *h)
{
	return h->flags & IKE_F_INITIATOR;
}

/**
 * struct ike_payload - one payload
 * @type: enum ike_payload_type, or what we do not know
 * @critical: the C bit as received; means nothing for known types
 * @body: all after the generic header, reserved octets included; for IDi and
 *	IDr it is what AUTH covers (RestOfIDPayload), for Nonce the nonce, for
 *	SA and the unknown everything there is
 *
 * The union holds the fixed fields of @type, all checked already. Lists stay
 * octets: ike_sa_parse(), ike_ts_list_parse(), ike_cp_next(), ike_delete_spi().
 */
struct ike_payload {
	uint8_t type;
	bool critical;
	struct ike_buf body;
	union {
		struct {
			uint16_t group;
			struct ike_buf data;
		} ke;
		struct {
			uint8_t type;
			struct ike_buf data;
		} id;
		struct {
			uint8_t encoding;
			struct ike_buf data;
		} cert;		/* and CERTREQ */
		struct {
			uint8_t method;
			struct ike_buf data;
		} auth;
		struct {
			uint8_t proto;
			uint16_t type;
			struct ike_buf spi, data;
		} notify;
		struct {
			uint8_t proto;
			uint16_t count;
			struct ike_buf spis;
		} del;
		struct {
			uint8_t code, id;
			uint8_t type;	/* 0 in Success and Failure */
		} eap;		/* the packet itself is @body */
		struct {
			uint8_t type;
			struct ike_buf attrs;
		} cp;
		struct {
			uint8_t count;
			struct ike_buf list;
		} ts;
	};
};

/**
 * struct ike_msg - a message
 * @hdr: its header
 * @raw: all of it, from the first SPI
 * @n: number of @pl
 * @pl: the payloads that count, in order: all of an unprotected message, the
 *	inner ones of a protected one
 * @sealed: IKE_P_SK or IKE_P_SKF if the message ends in one, else 0
 * @sk_head: from the first SPI to the end of the SK or SKF header, which is
 *	the additional data of AEAD ciphers (RFC 5282 5.1, RFC 7383 2.5)
 * @sk_body: IV, ciphertext, ICV
 * @inner_first: type of the first inner payload
 * @inner: the inner payloads, in the clear
 * @frag_no: fragment number of SKF, from 1
 * @frag_total: number of fragments
 * @outer: number of payloads beside SK or SKF in the clear, which are ignored
 * @outer_critical: an unknown critical one among them, else 0
 */
struct ike_msg {
	struct ike_hdr hdr;
	struct ike_buf raw;
	unsigned int n;
	struct ike_payload pl[IKE_MAX_PAYLOADS];
	uint8_t sealed;
	struct ike_buf sk_head, sk_body, inner;
	uint8_t inner_first;
	uint16_t frag_no, frag_total;
	unsigned int outer;
	uint8_t outer_critical;
};

/*
 * Reads the header of a datagram whose marker was taken off. 0, or -1 and
 * @f; @h is filled if there were 28 octets, so that INVALID_MAJOR_VERSION can
 * be answered. Minor versions are ignored (RFC 7296 2.5, 3.1).
 */
int ike_hdr_parse(struct ike_buf dgram, struct ike_hdr *h, struct ike_fault *f);

/*
 * Reads a message, of a protected one the outside. 0, or -1 and @f. The
 * contents of known payloads are checked too, so that the union in each
 * struct ike_payload can be relied on.
 */
int ike_msg_parse(struct ike_buf dgram, struct ike_msg *m, struct ike_fault *f);

/*
 * Adds the inner payloads of @m: @plain without padding, its chain begins
 * with @first (m->inner_first, or that of fragment 1). To be called once,
 * when the ICV was right. 0, or -1 and @f, with f->protected set.
 */
int ike_msg_parse_inner(struct ike_msg *m, uint8_t first, struct ike_buf plain,
			struct ike_fault *f);

/*
 * One step through a chain of generic payload headers, IKEv1's too: @type is
 * the type of the payload at the beginning of @left and becomes that of the
 * next. Returns 1 and @body, 0 at the end, or -1 and @why.
 */
int ike_chain_next(struct ike_buf *left, uint8_t *type, bool *critical, struct ike_buf *body,
		   enum ike_reason *why);

/* The first payload of @type, or the one behind @after; NULL if there is none. */
const struct ike_payload *ike_msg_find(const struct ike_msg *m, uint8_t type,
				       const struct ike_payload *after);

/* The first notify of @type, or the one behind @after. */
const struct ike_payload *ike_msg_notify(const struct ike_msg *m, uint16_t type,
					 const struct ike_payload *after);

/* The first error notify (RFC 7296 3.10.1), or NULL. */
const struct ike_payload *ike_msg_error(const struct ike_msg *m);

/* SPI number @i of a Delete, in network order as the kernel wants it. */
uint32_t ike_delete_spi(const struct ike_payload *p, unsigned int i);

/* Number of CA hashes in a CERTREQ; 0 if its length is not a multiple of 20. */
size_t ike_certreq_count(const struct ike_payload *p);

/* One attribute of a configuration payload. */
struct ike_cp_attr {
	uint16_t type;
	struct ike_buf value;
};

/*
 * Takes the next attribute off @attrs, a copy of p->cp.attrs. True if there
 * was one. Attributes with a length that their type cannot have are passed
 * over, those of unknown types are not (RFC 7296 3.15.1).
 */
bool ike_cp_next(struct ike_buf *attrs, struct ike_cp_attr *a);

/*
 * The data of a notify by type (ike_notify_get()):
 * flag: none; u16, u32: a number; spi: an IPsec SPI with its protocol;
 * octets: anything; ipcomp: CPI and transform; u16s: a list of numbers in
 * octets; redirect: gateway and nonce; ppk: type and identity; nats: the
 * addresses and ports of NO_NATS_ALLOWED; lifetime: u32 and a ticket;
 * sync: the three words of IKEV2_MESSAGE_ID_SYNC.
 */
enum ike_notify_shape {
	IKE_NS_UNKNOWN = 0,	/* not a notify that we know: @octets */
	IKE_NS_FLAG,
	IKE_NS_U8,
	IKE_NS_U16,
	IKE_NS_U32,
	IKE_NS_SPI,
	IKE_NS_OCTETS,
	IKE_NS_IPCOMP,
	IKE_NS_U16S,
	IKE_NS_REDIRECT,
	IKE_NS_PPK,
	IKE_NS_NATS,
	IKE_NS_LIFETIME,
	IKE_NS_SYNC,
};

/* The gateway types of REDIRECT (RFC 5685 9.2). */
enum ike_gw_type {
	IKE_GW_IPV4 = 1,
	IKE_GW_IPV6 = 2,
	IKE_GW_FQDN = 3,
};

struct ike_notify_data {
	enum ike_notify_shape shape;
	struct ike_buf octets;	/* all of the data; behind the fixed fields if there are any */
	uint32_t u;		/* U8, U16, U32, LIFETIME */
	uint32_t spi;		/* network order */
	uint8_t proto;		/* of @spi */
	uint16_t cpi;
	uint8_t ipcomp;
	uint8_t gw_type;
	struct ike_buf gw;	/* @octets is the nonce then */
	uint8_t ppk_type;	/* 0 in the empty one of a response */
	struct ike_buf src, dst;
	uint16_t sport, dport;
	uint32_t sync[3];	/* nonce, next to send, next expected */
};

/*
 * Typed data of notify @p. 0; or -1 and @f if its length does not suit its
 * type, which protected is INVALID_SYNTAX and in the clear a reason to ignore
 * the notify.
 */
int ike_notify_get(const struct ike_payload *p, struct ike_notify_data *d, struct ike_fault *f);

/* Entry @i of the list of a u16s notify, such as SIGNATURE_HASH_ALGORITHMS. */
uint16_t ike_notify_u16(const struct ike_notify_data *d, size_t i);

/* build.c: messages into a caller's buffer. */

/**
 * struct ike_out - a message, or a chain of payloads, being written
 * @p: the caller's buffer
 * @cap: its size
 * @n: octets written
 * @first: type of the first payload
 * @failed: it did not fit, or a length did not fit its field; sticky
 *
 * Writers never write behind @cap; errors are found once, at the end, in
 * ike_out_finish(). What is private starts with an underscore.
 */
struct ike_out {
	uint8_t *p;
	size_t cap, n;
	uint8_t first;
	bool failed;
	bool _hdr;		/* starts with a header */
	bool _any;		/* there is a payload */
	size_t _next;		/* where the type of the next payload goes */
	size_t _start;		/* of the payload being written */
};

/* A message with header @h; h->next and h->len are found out. */
void ike_out_msg(struct ike_out *o, void *buf, size_t cap, const struct ike_hdr *h);

/* A bare chain, to be encrypted; o->first goes into the SK header. */
void ike_out_chain(struct ike_out *o, void *buf, size_t cap);

/* All lengths set: number of octets, or 0 if it did not fit. */
size_t ike_out_finish(struct ike_out *o);

/* Pieces: a payload is begun, filled and ended. */
void ike_out_begin(struct ike_out *o, uint8_t type);
void ike_out_end(struct ike_out *o);
void ike_out_u8(struct ike_out *o, uint8_t v);
void ike_out_u16(struct ike_out *o, uint16_t v);
void ike_out_u32(struct ike_out *o, uint32_t v);
void ike_out_octets(struct ike_out *o, const void *p, size_t n);

/* Room for @n octets, zeroed; NULL if it does not fit. */
uint8_t *ike_out_room(struct ike_out *o, size_t n);

/* Whole payloads. */
void ike_out_raw(struct ike_out *o, uint8_t type, struct ike_buf body);
void ike_out_ke(struct ike_out *o, uint16_t group, struct ike_buf data);
void ike_out_id(struct ike_out *o, uint8_t payload, uint8_t type, struct ike_buf data);
void ike_out_cert(struct ike_out *o, uint8_t payload, uint8_t encoding, struct ike_buf data);
void ike_out_auth(struct ike_out *o, uint8_t method, struct ike_buf data);
void ike_out_notify(struct ike_out *o, uint16_t type, struct ike_buf data);
void ike_out_notify_flag(struct ike_out *o, uint16_t type);

/* A notify about an IPsec SA; @spi in network order (REKEY_SA and such). */
void ike_out_notify_spi(struct ike_out *o, uint16_t type, uint8_t proto, uint32_t spi,
			struct ike_buf data);

/* Delete of the IKE SA (IKE_PROTO_IKE, @n 0), or of SAs with @spis in network order. */
void ike_out_delete(struct ike_out *o, uint8_t proto, const uint32_t *spis, unsigned int n);

/* Configuration payload: begin, attributes, ike_out_end(). */
void ike_out_cp_begin(struct ike_out *o, uint8_t type);
void ike_out_cp_attr(struct ike_out *o, uint16_t type, struct ike_buf value);

/*
 * SK as the last payload, with @body octets for IV, ciphertext and ICV.
 * Returns where they go; everything before is final then, after
 * ike_out_finish() set the length of the message. NULL if it does not fit.
 */
uint8_t *ike_out_sk(struct ike_out *o, uint8_t inner_first, size_t body);

/* The same for a fragment (RFC 7383 2.5); @inner_first is written in number 1 only. */
uint8_t *ike_out_skf(struct ike_out *o, uint8_t inner_first, uint16_t no, uint16_t total,
		     size_t body);

#endif /* IKE_CODEC_H */
