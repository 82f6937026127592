// SPDX-License-Identifier: GPL-2.0
/*
 * Octets into messages (RFC 7296 section 3).
 */
#include <string.h>

#include "codec.h"
#include "octets.h"
#include "proposal.h"
#include "ts.h"

static const char *const reason_text[] = {
	[IKE_R_OK] = "nothing wrong",
	[IKE_R_SHORT_DATAGRAM] = "datagram shorter than an IKE header",
	[IKE_R_LENGTH] = "length in the header is not that of the datagram",
	[IKE_R_VERSION_HIGH] = "major version above 2",
	[IKE_R_VERSION_LOW] = "major version below 2",
	[IKE_R_CHAIN_SHORT] = "payload shorter than its header",
	[IKE_R_CHAIN_LONG] = "payload longer than the message",
	[IKE_R_CHAIN_TRAILING] = "octets behind the last payload",
	[IKE_R_TOO_MANY] = "too many payloads",
	[IKE_R_TWICE] = "payload is there twice",
	[IKE_R_CRITICAL] = "unknown critical payload",
	[IKE_R_NESTED] = "encrypted payload inside of another",
	[IKE_R_SK_NOT_LAST] = "payload behind the encrypted one",
	[IKE_R_FRAGMENT] = "fragment number out of range",
	[IKE_R_BODY_SHORT] = "payload without room for its fixed fields",
	[IKE_R_BODY_LENGTH] = "lengths inside of a payload do not add up",
	[IKE_R_BODY_VALUE] = "impossible value in a payload",
	[IKE_R_NONCE] = "nonce not of 16 to 256 octets",
	[IKE_R_PROPOSALS] = "too many proposals or transforms",
	[IKE_R_SELECTORS] = "too many traffic selectors",
	[IKE_R_NOTIFY_DATA] = "notify with data of a wrong length",
};

const char *ike_reason_text(enum ike_reason r)
{
	return r <= IKE_R_LAST ? reason_text[r] : "unknown";
}

uint16_t ike_fault_answer(const struct ike_fault *f)
{
	if (f->response)
		return 0;
	return f->protected || f->notify == IKE_N_INVALID_MAJOR_VERSION ? f->notify : 0;
}

static int fault(struct ike_fault *f, enum ike_reason r, uint8_t payload)
{
	f->reason = r;
	f->payload = payload;
	switch (r) {
	case IKE_R_OK:
		return 0;
	case IKE_R_SHORT_DATAGRAM:
	case IKE_R_LENGTH:
	case IKE_R_VERSION_LOW:
		f->notify = 0;
		break;
	case IKE_R_VERSION_HIGH:
		f->notify = IKE_N_INVALID_MAJOR_VERSION;
		break;
	case IKE_R_CRITICAL:
		f->notify = IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD;
		f->data = payload;
		break;
	default:
		f->notify = IKE_N_INVALID_SYNTAX;
	}
	return -1;
}

int ike_hdr_parse(struct ike_buf d, struct ike_hdr *h, struct ike_fault *f)
{
	memset(f, 0, sizeof(*f));
	memset(h, 0, sizeof(*h));
	if (d.n < IKE_HDR_LEN)
		return fault(f, IKE_R_SHORT_DATAGRAM, 0);
	memcpy(h->spi_i, d.p, 8);
	memcpy(h->spi_r, d.p + 8, 8);
	h->next = d.p[16];
	h->version = d.p[17];
	h->xchg = d.p[18];
	h->flags = d.p[19];
	h->mid = ike_get32(d.p + 20);
	h->len = ike_get32(d.p + 24);
	f->response = ike_is_response(h);
	if (h->len != d.n)
		return fault(f, IKE_R_LENGTH, 0);
	if (h->version >> 4 > 2)
		return fault(f, IKE_R_VERSION_HIGH, 0);
	if (h->version >> 4 < 2)
		return fault(f, IKE_R_VERSION_LOW, 0);
	return 0;
}

int ike_chain_next(struct ike_buf *left, uint8_t *type, bool *critical, struct ike_buf *body,
		   enum ike_reason *why)
{
	size_t len;

	*why = IKE_R_OK;
	if (*type == IKE_P_NONE) {
		if (left->n)
			*why = IKE_R_CHAIN_TRAILING;
		return left->n ? -1 : 0;
	}
	if (left->n < IKE_GENERIC_LEN) {
		*why = IKE_R_CHAIN_LONG;
		return -1;
	}
	len = ike_get16(left->p + 2);
	if (len < IKE_GENERIC_LEN || len > left->n) {
		*why = len < IKE_GENERIC_LEN ? IKE_R_CHAIN_SHORT : IKE_R_CHAIN_LONG;
		return -1;
	}
	*type = left->p[0];
	*critical = left->p[1] & 0x80;
	*body = (struct ike_buf){ left->p + IKE_GENERIC_LEN, len - IKE_GENERIC_LEN };
	*left = ike_skip(*left, len);
	return 1;
}

/* Identification (3.5): addresses have their size, the rest is not empty. */
static enum ike_reason body_id(struct ike_payload *p)
{
	struct ike_buf b = p->body;

	if (b.n < 4)
		return IKE_R_BODY_SHORT;
	p->id.type = b.p[0];
	p->id.data = ike_skip(b, 4);
	switch (p->id.type) {
	case IKE_ID_IPV4:
		return p->id.data.n == 4 ? IKE_R_OK : IKE_R_BODY_LENGTH;
	case IKE_ID_IPV6:
		return p->id.data.n == 16 ? IKE_R_OK : IKE_R_BODY_LENGTH;
	case IKE_ID_NULL:
		return p->id.data.n == 0 ? IKE_R_OK : IKE_R_BODY_LENGTH;
	default:
		return p->id.data.n ? IKE_R_OK : IKE_R_BODY_LENGTH;
	}
}

/* Notify (3.10): the SPI has the size it says; what is in it depends on the type. */
static enum ike_reason body_notify(struct ike_payload *p)
{
	struct ike_buf b = p->body;

	if (b.n < 4)
		return IKE_R_BODY_SHORT;
	p->notify.proto = b.p[0];
	p->notify.type = ike_get16(b.p + 2);
	if (b.p[1] > b.n - 4)
		return IKE_R_BODY_LENGTH;
	p->notify.spi = (struct ike_buf){ b.p + 4, b.p[1] };
	p->notify.data = ike_skip(b, 4 + (size_t)b.p[1]);
	return IKE_R_OK;
}

/* Delete (3.11). */
static enum ike_reason body_delete(struct ike_payload *p)
{
	struct ike_buf b = p->body;

	if (b.n < 4)
		return IKE_R_BODY_SHORT;
	p->del.proto = b.p[0];
	p->del.count = ike_get16(b.p + 2);
	p->del.spis = ike_skip(b, 4);
	switch (p->del.proto) {
	case IKE_PROTO_IKE:
		return !b.p[1] && !p->del.count && !p->del.spis.n ? IKE_R_OK : IKE_R_BODY_LENGTH;
	case IKE_PROTO_AH:
	case IKE_PROTO_ESP:
		return b.p[1] == 4 && p->del.spis.n == (size_t)p->del.count * 4 ?
			IKE_R_OK : IKE_R_BODY_LENGTH;
	default:
		return IKE_R_BODY_VALUE;
	}
}

/* EAP (3.16): code, identifier, length of the packet, type in request and response. */
static enum ike_reason body_eap(struct ike_payload *p)
{
	struct ike_buf b = p->body;

	if (b.n < 4)
		return IKE_R_BODY_SHORT;
	if (ike_get16(b.p + 2) != b.n)
		return IKE_R_BODY_LENGTH;
	p->eap.code = b.p[0];
	p->eap.id = b.p[1];
	switch (b.p[0]) {
	case 1:
	case 2:
		if (b.n < 5)
			return IKE_R_BODY_LENGTH;
		p->eap.type = b.p[4];
		return IKE_R_OK;
	case 3:
	case 4:
		return b.n == 4 ? IKE_R_OK : IKE_R_BODY_LENGTH;
	default:
		return IKE_R_BODY_VALUE;
	}
}

/* Configuration (3.15): attributes that end where the payload does. */
static enum ike_reason body_cp(struct ike_payload *p)
{
	struct ike_buf b = p->body;
	size_t len;

	if (b.n < 4)
		return IKE_R_BODY_SHORT;
	p->cp.type = b.p[0];
	b = ike_skip(b, 4);
	p->cp.attrs = b;
	while (b.n) {
		if (b.n < 4)
			return IKE_R_BODY_LENGTH;
		len = ike_get16(b.p + 2);
		if (len > b.n - 4)
			return IKE_R_BODY_LENGTH;
		b = ike_skip(b, 4 + len);
	}
	return IKE_R_OK;
}

static enum ike_reason body_ts(struct ike_payload *p)
{
	enum ike_reason why = IKE_R_OK;

	if (p->body.n < 4)
		return IKE_R_BODY_SHORT;
	p->ts.count = p->body.p[0];
	p->ts.list = ike_skip(p->body, 4);
	ike_ts_list_parse(p->ts.list, p->ts.count, NULL, 0, &why);
	return why;
}

/* Reads the fixed fields of a known payload and checks the rest. */
static enum ike_reason body_check(struct ike_payload *p)
{
	enum ike_reason why = IKE_R_OK;
	struct ike_buf b = p->body;

	switch (p->type) {
	case IKE_P_SA:
		ike_sa_parse(b, NULL, 0, &why);
		return why;
	case IKE_P_KE:
		if (b.n < 5)
			return IKE_R_BODY_SHORT;
		p->ke.group = ike_get16(b.p);
		p->ke.data = ike_skip(b, 4);
		return IKE_R_OK;
	case IKE_P_IDI:
	case IKE_P_IDR:
		return body_id(p);
	case IKE_P_CERT:
	case IKE_P_CERTREQ:
		if (b.n < (p->type == IKE_P_CERT ? 2 : 1))
			return IKE_R_BODY_SHORT;
		p->cert.encoding = b.p[0];
		p->cert.data = ike_skip(b, 1);
		return IKE_R_OK;
	case IKE_P_AUTH:
		if (b.n < 5)
			return IKE_R_BODY_SHORT;
		p->auth.method = b.p[0];
		p->auth.data = ike_skip(b, 4);
		return IKE_R_OK;
	case IKE_P_NONCE:
		return b.n >= 16 && b.n <= 256 ? IKE_R_OK : IKE_R_NONCE;
	case IKE_P_NOTIFY:
		return body_notify(p);
	case IKE_P_DELETE:
		return body_delete(p);
	case IKE_P_TSI:
	case IKE_P_TSR:
		return body_ts(p);
	case IKE_P_CP:
		return body_cp(p);
	case IKE_P_EAP:
		return body_eap(p);
	default:
		return IKE_R_OK;
	}
}

/* How many payloads of a type one message may have. */
static unsigned int limit(uint8_t type)
{
	switch (type) {
	case IKE_P_NOTIFY:
		return IKE_MAX_NOTIFIES;
	case IKE_P_CERT:
		return IKE_MAX_CERTS;
	case IKE_P_CERTREQ:
		return IKE_MAX_CERTREQS;
	case IKE_P_VENDOR:
		return IKE_MAX_VENDORS;
	case IKE_P_DELETE:
		return IKE_MAX_DELETES;
	case IKE_P_CP:
		return IKE_MAX_CPS;
	default:
		return ike_payload_known(type) ? 1 : IKE_MAX_UNKNOWN;
	}
}

/* SK or SKF: the rest of the message. */
static enum ike_reason open_sealed(struct ike_msg *m, uint8_t type, uint8_t next,
				   struct ike_buf body, struct ike_buf left)
{
	size_t head = type == IKE_P_SKF ? IKE_SKF_LEN - IKE_GENERIC_LEN : 0;

	if (left.n)
		return IKE_R_SK_NOT_LAST;
	if (body.n < head)
		return IKE_R_BODY_SHORT;
	m->sealed = type;
	m->inner_first = next;
	if (type == IKE_P_SKF) {
		m->frag_no = ike_get16(body.p);
		m->frag_total = ike_get16(body.p + 2);
		if (!m->frag_no || m->frag_no > m->frag_total)
			return IKE_R_FRAGMENT;
	}
	m->sk_body = ike_skip(body, head);
	m->sk_head = (struct ike_buf){ m->raw.p, m->raw.n - m->sk_body.n };
	return IKE_R_OK;
}

/* Walks a chain into m->pl; the lengths first, contents later. */
static int walk(struct ike_msg *m, uint8_t type, struct ike_buf left, bool inner,
		struct ike_fault *f)
{
	unsigned int count[256] = { 0 }, unknown = 0;
	uint8_t this = type, critical_type = 0;
	enum ike_reason why;
	struct ike_buf body;
	bool critical;
	int ret;

	while ((ret = ike_chain_next(&left, &type, &critical, &body, &why)) > 0) {
		bool sealed = this == IKE_P_SK || this == IKE_P_SKF;
		bool known = ike_payload_known(this);
		unsigned int *n = known ? &count[this] : &unknown;

		if (sealed && inner)
			return fault(f, IKE_R_NESTED, this);
		if (sealed) {
			why = open_sealed(m, this, type, body, left);
			if (why)
				return fault(f, why, this);
			left.n = 0;
			break;
		}
		if (++*n > limit(this) || m->n == IKE_MAX_PAYLOADS)
			return fault(f, known && limit(this) == 1 ? IKE_R_TWICE : IKE_R_TOO_MANY,
				     this);
		if (!known && critical && !critical_type)
			critical_type = this;
		m->pl[m->n++] = (struct ike_payload){
			.type = this, .critical = critical, .body = body,
		};
		this = type;
	}
	if (ret < 0)
		return fault(f, why, this);
	if (m->sealed && !inner) {
		m->outer = m->n;
		m->n = 0;
		m->outer_critical = critical_type;
		return 0;
	}
	if (inner && m->outer_critical)
		critical_type = m->outer_critical;
	return critical_type ? fault(f, IKE_R_CRITICAL, critical_type) : 0;
}

static int check_bodies(struct ike_msg *m, struct ike_fault *f)
{
	enum ike_reason why;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		why = body_check(&m->pl[i]);
		if (why)
			return fault(f, why, m->pl[i].type);
	}
	return 0;
}

int ike_msg_parse(struct ike_buf d, struct ike_msg *m, struct ike_fault *f)
{
	m->raw = d;
	m->n = 0;
	m->outer = 0;
	m->sealed = 0;
	m->inner_first = 0;
	m->outer_critical = 0;
	m->sk_head = (struct ike_buf){ NULL, 0 };
	m->sk_body = (struct ike_buf){ NULL, 0 };
	m->frag_no = 0;
	m->frag_total = 0;
	if (ike_hdr_parse(d, &m->hdr, f) ||
	    walk(m, m->hdr.next, ike_skip(d, IKE_HDR_LEN), false, f) || check_bodies(m, f)) {
		m->n = 0;
		return -1;
	}
	return 0;
}

int ike_msg_parse_inner(struct ike_msg *m, uint8_t first, struct ike_buf plain,
			struct ike_fault *f)
{
	memset(f, 0, sizeof(*f));
	f->response = ike_is_response(&m->hdr);
	f->protected = true;
	m->n = 0;
	m->inner = plain;
	if (walk(m, first, plain, true, f) || check_bodies(m, f)) {
		m->n = 0;
		return -1;
	}
	return 0;
}

const struct ike_payload *ike_msg_find(const struct ike_msg *m, uint8_t type,
				       const struct ike_payload *after)
{
	unsigned int i;

	for (i = after ? (unsigned int)(after - m->pl) + 1 : 0; i < m->n; i++)
		if (m->pl[i].type == type)
			return &m->pl[i];
	return NULL;
}

const struct ike_payload *ike_msg_notify(const struct ike_msg *m, uint16_t type,
					 const struct ike_payload *after)
{
	while ((after = ike_msg_find(m, IKE_P_NOTIFY, after)))
		if (after->notify.type == type)
			return after;
	return NULL;
}

const struct ike_payload *ike_msg_error(const struct ike_msg *m)
{
	const struct ike_payload *p = NULL;

	while ((p = ike_msg_find(m, IKE_P_NOTIFY, p)))
		if (p->notify.type < IKE_N_STATUS)
			return p;
	return NULL;
}

uint32_t ike_delete_spi(const struct ike_payload *p, unsigned int i)
{
	uint32_t spi = 0;

	if (((size_t)i + 1) * 4 <= p->del.spis.n)
		memcpy(&spi, p->del.spis.p + (size_t)i * 4, 4);
	return spi;
}

size_t ike_certreq_count(const struct ike_payload *p)
{
	return p->cert.data.n % 20 ? 0 : p->cert.data.n / 20;
}

static bool cp_length_ok(uint16_t type, size_t n)
{
	switch (type) {
	case IKE_CPA_IP4_ADDRESS:
	case IKE_CPA_IP4_NETMASK:
	case IKE_CPA_IP4_DNS:
	case IKE_CPA_IP4_NBNS:
	case IKE_CPA_IP4_DHCP:
		return n == 0 || n == 4;
	case IKE_CPA_IP6_ADDRESS:
		return n == 0 || n == 17;
	case IKE_CPA_IP6_DNS:
	case IKE_CPA_IP6_DHCP:
		return n == 0 || n == 16;
	case IKE_CPA_IP4_SUBNET:
		return n == 0 || n == 8;
	case IKE_CPA_IP6_SUBNET:
		return n == 0 || n == 17;
	case IKE_CPA_SUPPORTED_ATTRIBUTES:
		return n % 2 == 0;
	default:
		return true;
	}
}

bool ike_cp_next(struct ike_buf *b, struct ike_cp_attr *a)
{
	size_t len;

	while (b->n >= 4) {
		len = ike_get16(b->p + 2);
		if (len > b->n - 4)
			return false;
		a->type = ike_get16(b->p) & 0x7fff;
		a->value = (struct ike_buf){ b->p + 4, len };
		*b = ike_skip(*b, 4 + len);
		if (cp_length_ok(a->type, len))
			return true;
	}
	return false;
}
