// SPDX-License-Identifier: GPL-2.0
/*
 * The message codec, fed with a datagram. The body of an SK payload is taken
 * as if it had been decrypted, so that mutations reach what is inside. What
 * was understood is used: proposals chosen from and printed, selectors
 * narrowed and written again, attributes and notifies read.
 */
#include <stdlib.h>
#include <string.h>

#include "../ike/codec.h"
#include "../ike/proposal.h"
#include "../ike/ts.h"
#include "fuzz.h"

static struct ike_proposal ours[8], theirs[IKE_MAX_PROPOSALS], chosen;
static char text[4096];
static uint8_t out[70000];

static void check(int ok)
{
	if (!ok)
		abort();
}

static void use_sa(struct ike_buf body)
{
	static int n_ours;
	enum ike_reason why;
	struct ike_out o;
	int n, k;

	if (!n_ours) {
		n_ours = ike_proposal_read(ours, 7, IKE_PROTO_IKE, "default,aes128gcm16-prfsha256-"
					   "x25519-ke1_mlkem768-ke1_none-ke2_ecp384-ke2_none", 0,
					   text, sizeof(text));
		n_ours += ike_proposal_read(ours + n_ours, 8 - (unsigned int)n_ours, IKE_PROTO_ESP,
					    "default", 0, text, sizeof(text));
	}
	n = ike_sa_parse(body, theirs, IKE_MAX_PROPOSALS, &why);
	check(n > 0 && n <= IKE_MAX_PROPOSALS);
	ike_proposals_print(theirs, (unsigned int)n, text, sizeof(text));
	for (k = 0; k < 4; k++) {
		if (ike_proposal_choose(ours, (unsigned int)n_ours, theirs, (unsigned int)n,
					(unsigned int)k, &chosen, text, sizeof(text)))
			continue;
		/* What we chose is what the peer would find to be an offer of his. */
		check(!ike_proposal_verify(theirs, (unsigned int)n, &chosen, text, sizeof(text)));
		check(!chosen.weak);
	}
	ike_proposal_verify(ours, (unsigned int)n_ours, &theirs[0], text, sizeof(text));
	ike_out_chain(&o, out, sizeof(out));
	ike_out_sa(&o, theirs, (unsigned int)n, "\1\2\3\4\5\6\7\10", theirs[0].spi_size);
	check(ike_out_finish(&o) != 0);
}

static void use_ts(const struct ike_payload *p)
{
	struct ike_ts a[IKE_MAX_TS], b[IKE_MAX_TS], t;
	unsigned int flags, n, i;
	enum ike_reason why;
	struct ike_out o;
	size_t len;
	int k;

	k = ike_ts_list_parse(p->ts.list, p->ts.count, a, IKE_MAX_TS, &why);
	check(k >= 0);
	n = (unsigned int)k;
	for (i = 0; i < n; i++) {
		ike_ts_print(&a[i], text, sizeof(text));
		check(!ike_ts_read(text, &t, text, sizeof(text)) && ike_ts_equal(&t, &a[i]));
	}
	ike_ts_list_print(a, n, text, sizeof(text));
	if (!n)
		return;
	i = ike_ts_narrow(a, n, a, (n + 1) / 2, b, 8, &flags);
	check(i <= 8 && (!i || ike_ts_list_covers(a, n, b, i)));
	ike_out_chain(&o, out, sizeof(out));
	ike_out_ts(&o, p->type, a, n);
	len = ike_out_finish(&o);
	check(len && ike_ts_list_parse((struct ike_buf){ out + 8, len - 8 }, n, b, IKE_MAX_TS,
				       &why) == k);
	check(!memcmp(&a[n - 1], &b[n - 1], sizeof(t)));
}

static void use(const struct ike_msg *m)
{
	struct ike_notify_data d;
	struct ike_cp_attr a;
	struct ike_buf attrs;
	struct ike_fault f;
	unsigned int i, k;

	for (i = 0; i < m->n; i++) {
		const struct ike_payload *p = &m->pl[i];

		switch (p->type) {
		case IKE_P_SA:
			use_sa(p->body);
			break;
		case IKE_P_TSI:
		case IKE_P_TSR:
			use_ts(p);
			break;
		case IKE_P_NOTIFY:
			if (!ike_notify_get(p, &d, &f))
				for (k = 0; k * 2 < d.octets.n; k++)
					ike_notify_u16(&d, k);
			break;
		case IKE_P_CP:
			attrs = p->cp.attrs;
			while (ike_cp_next(&attrs, &a))
				check(a.value.p + a.value.n <= p->body.p + p->body.n);
			break;
		case IKE_P_DELETE:
			for (k = 0; k < p->del.count; k++)
				ike_delete_spi(p, k);
			break;
		case IKE_P_CERTREQ:
			ike_certreq_count(p);
			break;
		}
	}
	ike_msg_error(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_msg m;
	struct ike_fault f;

	if (ike_msg_parse((struct ike_buf){ data, size }, &m, &f)) {
		check(f.reason != IKE_R_OK && *ike_reason_text(f.reason));
		check(!ike_fault_answer(&f) || f.notify == IKE_N_INVALID_MAJOR_VERSION);
		return 0;
	}
	if (m.sealed && ike_msg_parse_inner(&m, m.inner_first, m.sk_body, &f)) {
		check(f.reason != IKE_R_OK && (f.response || ike_fault_answer(&f)));
		return 0;
	}
	use(&m);
	return 0;
}
