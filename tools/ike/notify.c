// SPDX-License-Identifier: GPL-2.0
/*
 * What is in the data of which notify.
 */
#include <string.h>

#include "codec.h"
#include "octets.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ANY 65535

/* Data of @min to @max octets. Notifies that are not here have no data of their own. */
static const struct {
	uint16_t type;
	uint8_t shape;
	uint16_t min, max;
} shapes[] = {
	{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, IKE_NS_U8, 1, 1 },
	{ IKE_N_INVALID_MESSAGE_ID, IKE_NS_U32, 4, 4 },
	{ IKE_N_INVALID_SPI, IKE_NS_OCTETS, 4, 4 },
	{ IKE_N_INVALID_KE_PAYLOAD, IKE_NS_U16, 2, 2 },
	{ IKE_N_INVALID_SELECTORS, IKE_NS_OCTETS, 0, ANY },
	{ IKE_N_CHILD_SA_NOT_FOUND, IKE_NS_SPI, 0, 0 },
	{ IKE_N_TS_MAX_QUEUE, IKE_NS_OCTETS, 0, ANY },
	{ IKE_N_SET_WINDOW_SIZE, IKE_NS_U32, 4, 4 },
	{ IKE_N_IPCOMP_SUPPORTED, IKE_NS_IPCOMP, 3, ANY },
	{ IKE_N_NAT_DETECTION_SOURCE_IP, IKE_NS_OCTETS, 20, 20 },
	{ IKE_N_NAT_DETECTION_DESTINATION_IP, IKE_NS_OCTETS, 20, 20 },
	{ IKE_N_COOKIE, IKE_NS_OCTETS, 1, 64 },
	{ IKE_N_REKEY_SA, IKE_NS_SPI, 0, 0 },
	{ IKE_N_ADDITIONAL_IP4_ADDRESS, IKE_NS_OCTETS, 4, 4 },
	{ IKE_N_ADDITIONAL_IP6_ADDRESS, IKE_NS_OCTETS, 16, 16 },
	{ IKE_N_COOKIE2, IKE_NS_OCTETS, 8, 64 },
	{ IKE_N_NO_NATS_ALLOWED, IKE_NS_NATS, 12, 36 },
	{ IKE_N_AUTH_LIFETIME, IKE_NS_U32, 4, 4 },
	{ IKE_N_REDIRECT, IKE_NS_REDIRECT, 2, ANY },
	{ IKE_N_REDIRECTED_FROM, IKE_NS_REDIRECT, 2, ANY },
	{ IKE_N_TICKET_LT_OPAQUE, IKE_NS_LIFETIME, 5, ANY },
	{ IKE_N_TICKET_OPAQUE, IKE_NS_OCTETS, 1, ANY },
	{ IKE_N_QUICK_CRASH_DETECTION, IKE_NS_OCTETS, 16, 128 },
	{ IKE_N_MESSAGE_ID_SYNC, IKE_NS_SYNC, 12, 12 },
	{ IKE_N_REPLAY_COUNTER_SYNC, IKE_NS_OCTETS, 4, 8 },
	{ IKE_N_SECURE_PASSWORD_METHODS, IKE_NS_U16S, 2, ANY },
	{ IKE_N_SIGNATURE_HASH_ALGORITHMS, IKE_NS_U16S, 2, ANY },
	{ IKE_N_PUZZLE, IKE_NS_OCTETS, 3, ANY },
	{ IKE_N_PPK_IDENTITY, IKE_NS_PPK, 0, ANY },
	{ IKE_N_NO_PPK_AUTH, IKE_NS_OCTETS, 1, ANY },
	{ IKE_N_ADDITIONAL_KEY_EXCHANGE, IKE_NS_OCTETS, 1, ANY },
	{ IKE_N_USE_AGGFRAG, IKE_NS_OCTETS, 1, 1 },
	{ IKE_N_SUPPORTED_AUTH_METHODS, IKE_NS_OCTETS, 0, ANY },
	{ IKE_N_SA_RESOURCE_INFO, IKE_NS_OCTETS, 0, ANY },
};

static bool get_spi(const struct ike_payload *p, struct ike_notify_data *d)
{
	if (p->notify.proto != IKE_PROTO_AH && p->notify.proto != IKE_PROTO_ESP)
		return false;
	if (p->notify.spi.n != 4)
		return false;
	memcpy(&d->spi, p->notify.spi.p, 4);
	d->proto = p->notify.proto;
	return true;
}

/* Gateway type, its length, the gateway, then a nonce or nothing (RFC 5685 9.2). */
static bool get_redirect(struct ike_notify_data *d)
{
	struct ike_buf b = d->octets;

	d->gw_type = b.p[0];
	if (b.p[1] > b.n - 2)
		return false;
	d->gw = (struct ike_buf){ b.p + 2, b.p[1] };
	d->octets = ike_skip(b, 2 + (size_t)b.p[1]);
	switch (d->gw_type) {
	case IKE_GW_IPV4:
		return d->gw.n == 4;
	case IKE_GW_IPV6:
		return d->gw.n == 16;
	case IKE_GW_FQDN:
		return d->gw.n != 0;
	default:
		return false;
	}
}

/* Source, destination, source port, destination port (RFC 4555 4.2.5). */
static bool get_nats(struct ike_notify_data *d)
{
	struct ike_buf b = d->octets;
	size_t a = b.n == 12 ? 4 : 16;

	if (b.n != 12 && b.n != 36)
		return false;
	d->src = (struct ike_buf){ b.p, a };
	d->dst = (struct ike_buf){ b.p + a, a };
	d->sport = ike_get16(b.p + 2 * a);
	d->dport = ike_get16(b.p + 2 * a + 2);
	return true;
}

static bool get_shape(const struct ike_payload *p, struct ike_notify_data *d)
{
	const uint8_t *q = d->octets.p;
	unsigned int i;

	switch (d->shape) {
	case IKE_NS_U8:
		d->u = q[0];
		return true;
	case IKE_NS_U16:
		d->u = ike_get16(q);
		return true;
	case IKE_NS_U32:
		d->u = ike_get32(q);
		return true;
	case IKE_NS_SPI:
		return get_spi(p, d);
	case IKE_NS_IPCOMP:
		d->cpi = ike_get16(q);
		d->ipcomp = q[2];
		d->octets = ike_skip(d->octets, 3);
		return true;
	case IKE_NS_U16S:
		return d->octets.n % 2 == 0;
	case IKE_NS_REDIRECT:
		return get_redirect(d);
	case IKE_NS_PPK:
		if (!d->octets.n)
			return true;
		d->ppk_type = q[0];
		d->octets = ike_skip(d->octets, 1);
		return d->ppk_type && d->octets.n;
	case IKE_NS_NATS:
		return get_nats(d);
	case IKE_NS_LIFETIME:
		d->u = ike_get32(q);
		d->octets = ike_skip(d->octets, 4);
		return true;
	case IKE_NS_SYNC:
		for (i = 0; i < 3; i++)
			d->sync[i] = ike_get32(q + (size_t)4 * i);
		return true;
	default:
		return true;
	}
}

int ike_notify_get(const struct ike_payload *p, struct ike_notify_data *d, struct ike_fault *f)
{
	size_t i, n = p->notify.data.n, min = 0, max = 0;

	memset(f, 0, sizeof(*f));
	memset(d, 0, sizeof(*d));
	d->octets = p->notify.data;
	d->shape = IKE_NS_FLAG;
	if (ike_name_notify(p->notify.type) == ike_name_notify(0)) {
		d->shape = IKE_NS_UNKNOWN;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].type != p->notify.type)
			continue;
		d->shape = shapes[i].shape;
		min = shapes[i].min;
		max = shapes[i].max;
	}
	/* Errors may be explained by the peer, and flags may grow data: never a reason to fail. */
	if (d->shape == IKE_NS_FLAG || d->shape == IKE_NS_SPI)
		max = ANY;
	if (n < min || n > max || !get_shape(p, d)) {
		*f = (struct ike_fault){
			.reason = IKE_R_NOTIFY_DATA, .notify = IKE_N_INVALID_SYNTAX,
			.payload = IKE_P_NOTIFY,
		};
		return -1;
	}
	return 0;
}

uint16_t ike_notify_u16(const struct ike_notify_data *d, size_t i)
{
	return (i + 1) * 2 <= d->octets.n ? ike_get16(d->octets.p + 2 * i) : 0;
}
