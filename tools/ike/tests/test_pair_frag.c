// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines whose messages come in pieces (RFC 7383), and pieces that do not fit.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static struct pair *with_size(uint32_t seed, uint32_t size)
{
	struct pair *p = pair_new(seed);

	p->end[0].conf.frag_size = p->end[1].conf.frag_size = size;
	return p;
}

static bool is_piece(const struct dgram *d)
{
	return d->p[16] == IKE_P_SKF;
}

/* Number of pieces sent, and the longest datagram but of IKE_SA_INIT. */
static unsigned int pieces(struct pair *p, unsigned int from, size_t *longest)
{
	unsigned int n = 0;

	*longest = 0;
	for (; from < p->n_sent; from++) {
		n += is_piece(&p->sent[from]);
		if (p->sent[from].p[18] != IKE_X_SA_INIT && p->sent[from].n > *longest)
			*longest = p->sent[from].n;
	}
	return n;
}

static void feed(struct pair *p, int i, const uint8_t *d, size_t n)
{
	struct ike_peer_conf *c = &p->end[i].conf;

	ike_input(p->end[i].ctx, p->now, &c->local, &c->remote, (struct ike_buf){ d, n });
}

static void test_good(void)
{
	static const char *const suites[] = {
		"aes128gcm16-prfsha256-x25519", "aes256-sha256-x25519",
		"chacha20poly1305-prfsha256-x25519",
	};
	struct ike_task t = { IKE_TASK_REKEY };
	unsigned int i, n;
	struct pair *p;
	size_t longest;
	int e;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		p = with_size(10 + i, 160);
		for (e = 0; e < 2; e++)
			p->end[e].conf.n_ike = pair_proposals(p->end[e].ike, IKE_PROTO_IKE,
							      suites[i]);
		pair_go(p);
		n = pieces(p, 0, &longest);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && n >= 4 && longest <= 160 - 32 &&
			!is_piece(&p->sent[0]) && !is_piece(&p->sent[1]), p->end[1].log,
			"IKE2-FRAG-1 IKE2-FRAG-2 %u pieces, none above %zu octets, %s", n, longest,
			suites[i]);
		n = p->n_sent;
		ike_task_add(pair_sa(p, 0), p->now, &t);
		pair_run(p, 1000);
		t = (struct ike_task){ IKE_TASK_REKEY_CHILD, NULL,
				       pair_sa(p, 1)->children->spi_in };
		ike_task_add(pair_sa(p, 1), p->now, &t);
		pair_run(p, 1000);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pieces(p, n, &longest) &&
			longest <= 160 - 32, NULL,
			"IKE2-REKEY-8 the SA that replaces it sends pieces too, %s", suites[i]);
		pair_free(p);
	}
	for (e = 0; e < 2; e++) {
		p = with_size(20, 160);
		p->end[e].conf.no_frag = true;
		pair_go(p);
		n = pieces(p, 0, &longest);
		ktap_ok(pair_up(p) && !n && longest > 160 - 32, NULL,
			"IKE2-FRAG-1 no pieces if the %s cannot", e ? "responder" : "initiator");
		pair_free(p);
	}
	p = pair_go(with_size(21, 0));
	ktap_ok(pair_up(p) && !pieces(p, 0, &longest), NULL,
		"IKE2-FRAG-7 what fits into 1280 octets is sent whole");
	pair_free(p);
}

static void test_network(void)
{
	unsigned int i, k, good = 0;
	struct ike_task t = { IKE_TASK_REKEY };
	struct pair *p;

	for (i = 0; i < 30; i++) {
		p = with_size(100 + i, 300);
		p->loss = p->dup = p->reorder = 40;
		p->end[0].conf.rtx_tries = p->end[1].conf.rtx_tries = 20;
		p->end[0].conf.rtx_factor = p->end[1].conf.rtx_factor = 110;
		pair_go(p);
		pair_run(p, 200000);
		for (k = 0; k < 4 && pair_sa(p, k & 1); k++) {
			ike_task_add(pair_sa(p, k & 1), p->now, &t);
			pair_run(p, 200000);
		}
		good += pair_up(p) && pair_kernels(p, 2) && !p->end[0].ctx->frag_octets &&
			!p->end[1].ctx->frag_octets;
		pair_free(p);
	}
	ktap_ok(good == 30, NULL, "IKE2-FRAG-4 pieces in a bad network, %u of 30", good);
}

/* The whole request comes again: one answer, to its first piece. */
static void test_repeat(void)
{
	struct pair *p = pair_go(with_size(30, 160));
	unsigned int i, n = p->n_sent, asked = 0, answers = 0;

	for (i = 0; i < n; i++)
		if (p->sent[i].p[18] == IKE_X_AUTH)
			*(p->sent[i].dst ? &asked : &answers) += 1;
	for (i = 0; i < n; i++)
		if (p->sent[i].p[18] == IKE_X_AUTH && p->sent[i].dst == 1)
			feed(p, 1, p->sent[i].p, p->sent[i].n);
	ktap_ok(asked >= 2 && answers >= 2 && p->n_sent == n + answers &&
		!memcmp(p->sent[n].p, p->sent[2 + asked].p, p->sent[n].n), NULL,
		"IKE2-FRAG-5 all pieces again: %u pieces of the same answer", p->n_sent - n);
	for (i = 0; i < n; i++)
		if (p->sent[i].p[18] == IKE_X_AUTH && p->sent[i].dst == 1 &&
		    ike_get16(p->sent[i].p + 32) != 1)
			feed(p, 1, p->sent[i].p, p->sent[i].n);
	ktap_ok(p->n_sent == n + answers, NULL,
		"IKE2-FRAG-5 pieces but the first are not answered");
	pair_free(p);
}

static uint8_t xchg = IKE_X_INFORMATIONAL;

/* Piece @no of @total from end 0, sealed with its keys: @n octets @inner of a chain that
 * begins with @first. @spoil changes its ICV.
 */
static void piece(struct pair *p, uint32_t mid, unsigned int no, unsigned int total,
		  const void *inner, size_t n, bool spoil)
{
	struct ike_sa *sa = pair_sa(p, 0);
	struct ike_hdr h = { .version = IKE_VERSION_2, .xchg = xchg, .mid = mid,
			     .flags = IKE_F_INITIATOR };
	static uint8_t d[70000];
	struct ike_out o;
	uint8_t *body;
	size_t len = ike_sk_body_len(&sa->sk_out, n), all;

	memcpy(h.spi_i, sa->spi_i, 8);
	memcpy(h.spi_r, sa->spi_r, 8);
	ike_out_msg(&o, d, sizeof(d), &h);
	body = ike_out_skf(&o, no == 1 ? IKE_P_NOTIFY : 0, 1, 1, len);
	all = ike_out_finish(&o);
	if (!body || !all)
		abort();
	ike_put16(d + 32, (uint16_t)no);
	ike_put16(d + 34, (uint16_t)total);
	memcpy(body + ike_sk_iv_len(&sa->sk_out), inner, n);
	if (ike_sk_seal(&sa->sk_out, d, all - len, n, sizeof(d)))
		abort();
	d[all - 1] ^= spoil;
	feed(p, 1, d, all);
}

/* A notify of @n octets that nobody knows, to be cut up. */
static uint8_t *notify(size_t n)
{
	uint8_t *d = calloc(1, n);

	ike_put16(d + 2, (uint16_t)n);
	ike_put16(d + 6, 60000);
	return d;
}

static void test_odd(void)
{
	struct pair *p = pair_go(pair_new(40));
	struct ike_sa *b = pair_sa(p, 1);
	uint32_t mid = b->w.recv_mid;
	unsigned int n = p->n_sent;
	uint8_t *d = notify(90);

	piece(p, mid, 0, 3, d, 30, false);
	piece(p, mid, 4, 3, d, 30, false);
	piece(p, mid, 1, 0, d, 30, false);
	piece(p, mid, 1, 65, d, 30, false);
	piece(p, mid, 1, 65535, d, 30, false);
	piece(p, mid, 1, 3, d, 0, false);
	piece(p, mid, 1, 3, d, 30, true);
	ktap_ok(p->n_sent == n && !p->end[1].ctx->frag_octets && b->w.recv_mid == mid, NULL,
		"ATK-05 IKE2-FRAG-3 numbers that cannot be, empty and forged pieces");
	piece(p, mid, 3, 3, d + 60, 30, false);
	piece(p, mid, 1, 3, d, 30, false);
	piece(p, mid, 1, 3, d + 60, 30, false);
	piece(p, mid, 1, 2, d, 45, false);
	piece(p, mid, 2, 2, d + 45, 45, false);
	piece(p, mid, 2, 3, d, 30, true);
	ktap_ok(p->n_sent == n && p->end[1].ctx->frag_octets == 60 && b->w.recv_mid == mid, NULL,
		"ATK-05 IKE2-FRAG-4 again, fewer, forged: nothing happens before the last one");
	piece(p, mid, 2, 3, d + 30, 30, false);
	ktap_ok(p->n_sent == n + 1 && b->w.recv_mid == mid + 1 && pair_up(p) &&
		!p->end[1].ctx->frag_octets, NULL,
		"ATK-06 IKE2-FRAG-9 forged pieces leave the others alone");
	mid++;
	n = p->n_sent;
	piece(p, mid, 1, 2, d, 45, false);
	piece(p, mid, 2, 3, d + 30, 30, false);
	piece(p, mid, 2, 2, d + 45, 45, false);
	ktap_ok(p->n_sent == n && p->end[1].ctx->frag_octets == 30, NULL,
		"ATK-05 IKE2-FRAG-3 a larger total begins anew");
	piece(p, mid, 1, 3, d, 30, false);
	piece(p, mid, 3, 3, d + 60, 30, false);
	ktap_ok(p->n_sent == n + 1 && b->w.recv_mid == mid + 1, NULL,
		"ATK-05 IKE2-FRAG-4 and is put together");
	n = p->n_sent;
	piece(p, mid + 9, 1, 1, d, 90, false);
	ktap_ok(p->n_sent == n && !p->end[1].ctx->frag_octets, NULL,
		"ATK-04 pieces with another message ID are not kept");
	free(d);
	pair_free(p);
}

static void test_memory(void)
{
	struct pair *p = pair_go(pair_new(50));
	struct ike_sa *b = pair_sa(p, 1);
	uint32_t mid = b->w.recv_mid;
	uint8_t *d = notify(60000);
	unsigned int i;

	for (i = 2; i <= 64; i++)
		piece(p, mid, i, 64, d, 2000, false);
	ktap_ok(p->end[1].ctx->frag_octets <= 65000 && p->end[1].ctx->frag_octets > 60000, NULL,
		"ATK-04 IKE2-FRAG-8 pieces 2 to 64 of 2000 octets: %zu octets kept",
		p->end[1].ctx->frag_octets);
	pair_run(p, 31000);
	ktap_ok(!p->end[1].ctx->frag_octets && pair_up(p), NULL,
		"ATK-04 IKE2-FRAG-8 forgotten after 30 seconds");
	p->end[1].ctx->frag_octets = 8 << 20;
	piece(p, mid, 1, 2, d, 2000, false);
	ktap_ok(p->end[1].ctx->frag_octets == 8 << 20, NULL,
		"ATK-04 IKE2-FRAG-8 there is a limit for all SAs together");
	p->end[1].ctx->frag_octets = 0;
	pair_run(p, 31000);
	b->state = IKE_S_HALF_OPEN;
	xchg = IKE_X_AUTH;
	for (i = 2; i <= 64; i++)
		piece(p, mid, i, 64, d, 2000, false);
	b->state = IKE_S_UP;
	xchg = IKE_X_INFORMATIONAL;
	ktap_ok(p->end[1].ctx->frag_octets == 10000, NULL,
		"ATK-04 IKE2-FRAG-8 before authentication there are 10000 octets");
	free(d);
	pair_free(p);

	p = pair_new(51);
	p->end[1].conf.no_frag = true;
	pair_go(p);
	d = notify(90);
	mid = pair_sa(p, 1)->w.recv_mid;
	i = p->n_sent;
	piece(p, mid, 1, 1, d, 90, false);
	ktap_ok(p->n_sent == i && pair_sa(p, 1)->w.recv_mid == mid, NULL,
		"IKE2-FRAG-1 pieces that were not agreed on");
	free(d);
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_good();
	test_network();
	test_repeat();
	test_odd();
	test_memory();
	return ktap_end();
}
