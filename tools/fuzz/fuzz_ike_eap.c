// SPDX-License-Identifier: GPL-2.0
/*
 * EAP, fed with the packets of the other side. The first octet says who we are (bit 0: the
 * server), with which method (bit 1: EAP-MD5), whether the server asks (bit 2), and whether
 * packets are taken as they are (bit 3) or get the head that they should have. Each one is an
 * octet with its length before it.
 */
#include <stdlib.h>
#include <string.h>

#include "../ike/eap.h"
#include "../ike/octets.h"
#include "fuzz.h"

static void check(int ok)
{
	if (!ok)
		abort();
}

/* The same for each run, so that answers in the corpus are right. */
static void count(void *arg, void *out, size_t n)
{
	uint8_t *p = out, *next = arg;

	while (n--)
		*p++ = (*next)++;
}

/* What we say is well-formed, and there is an answer where there has to be one. */
static void sane(const struct ike_eap_out *o, int server, enum ike_eap_step step)
{
	if (server)
		check(step != IKE_EAP_BROKEN && o->n >= 4);
	else
		check((step == IKE_EAP_SEND) == (o->n > 4));
	if (!server && step != IKE_EAP_SEND)
		return;
	check(ike_get16(o->p + 2) == o->n);
	if (step == IKE_EAP_SEND)
		check(o->p[0] == (server ? IKE_EAP_REQUEST : IKE_EAP_RESPONSE) && o->n > 4);
	else
		check(o->p[0] == (step == IKE_EAP_GOOD ? IKE_EAP_SUCCESS : IKE_EAP_FAILURE) &&
		      o->n == 4);
}

static void feed(struct ike_eap *e, const struct ike_eap_conf *c, int server, int raw,
		 const uint8_t *p, size_t n, struct ike_eap_out *out)
{
	uint8_t *packet = malloc(n + 4);
	enum ike_eap_step step;

	check(!!packet);
	memcpy(packet + (raw ? 0 : 4), p, n);
	if (!raw) {
		n += 4;
		packet[0] = server ? IKE_EAP_RESPONSE : n == 4 ? IKE_EAP_SUCCESS : IKE_EAP_REQUEST;
		packet[1] = out->n ? out->p[1] : 0;
		ike_put16(packet + 2, (uint16_t)n);
	}
	step = ike_eap_input(e, c, (struct ike_buf){ packet, n }, out);
	sane(out, server, step);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ike_eap_user user = { { (const uint8_t *)"alice", 5 },
						  { (const uint8_t *)"secret", 6 } };
	struct ike_eap_conf c = { .users = &user, .n_users = 1, .name = user.name };
	uint8_t next = 0, flags = size ? data[0] : 0;
	struct ike_eap_out out = { .n = 0 };
	int server = flags & 1;
	struct ike_eap *e;
	size_t n;

	c.method = flags & 2 ? &ike_eap_md5 : &ike_eap_mschapv2;
	c.ask = flags & 4;
	e = ike_eap_new(server, count, &next);
	check(!!e);
	if (server)
		sane(&out, 1, ike_eap_begin(e, &c, user.name, &out));
	for (data++; size > 1; data += n + 1, size -= n + 1) {
		n = data[0];
		if (n > size - 2)
			n = size - 2;
		feed(e, &c, server, flags & 8, data + 1, n, &out);
	}
	ike_eap_free(e);
	return 0;
}
