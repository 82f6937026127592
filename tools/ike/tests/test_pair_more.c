// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines with additional key exchanges (RFC 9242, RFC 9370).
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static void ask(struct pair *p, int i, enum ike_task_kind kind)
{
	struct ike_task t = { kind, &p->end[i].child[0] };

	if (pair_child(p, i))
		t.spi = pair_child(p, i)->spi_in;
	if (ike_task_add(pair_sa(p, i), p->now, &t))
		abort();
}

/* IKE proposals of the initiator and of the responder, and ESP of both. */
static struct pair *with(uint32_t seed, const char *a, const char *b, const char *esp)
{
	struct pair *p = pair_new(seed);
	int e;

	p->end[0].conf.n_ike = pair_proposals(p->end[0].ike, IKE_PROTO_IKE, a);
	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE, b);
	for (e = 0; e < 2; e++)
		p->end[e].child[0].n_esp = pair_proposals(p->end[e].esp[0], IKE_PROTO_ESP, esp);
	return p;
}

static unsigned int count(struct pair *p, unsigned int from, uint8_t xchg)
{
	unsigned int n = 0;

	for (; from < p->n_sent; from++)
		n += p->sent[from].p[18] == xchg;
	return n;
}

static void test_good(void)
{
	static const struct {
		const char *a, *b;
		unsigned int n;
		uint32_t frag;
	} t[] = {
		{ "aes128gcm16-prfsha256-x25519-ke1_ecp256",
		  "aes128gcm16-prfsha256-x25519-ke1_ecp256", 1, 0 },
		{ "aes256-sha384-ecp384-ke1_x448-ke3_modp2048-ke7_ecp256",
		  "aes256-sha384-ecp384-ke1_x448-ke3_modp2048-ke7_ecp256", 3, 0 },
		{ "aes128ctr-sha256-prfaesxcbc-x25519-ke1_ecp256",
		  "aes128ctr-sha256-prfaesxcbc-x25519-ke1_ecp256", 1, 0 },
		{ "aes128gcm16-prfsha256-x25519-ke1_modp2048-ke2_ecp384",
		  "aes128gcm16-prfsha256-x25519-ke1_modp2048-ke2_ecp384", 2, 160 },
		{ "aes256-sha256-x25519-ke1_modp2048", "aes256-sha256-x25519-ke1_modp2048", 1,
		  160 },
		{ "aes128gcm16-prfsha256-x25519-ke1_ecp256-ke1_none",
		  "aes128gcm16-prfsha256-x25519", 0, 0 },
		{ "aes128gcm16-prfsha256-x25519-ke1_ecp256,aes128gcm16-prfsha256-x25519",
		  "aes128gcm16-prfsha256-x25519", 0, 0 },
	};
	struct ike_sa *a, *b;
	struct pair *p;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		p = with(10 + i, t[i].a, t[i].b, "aes128gcm16");
		p->end[0].conf.frag_size = p->end[1].conf.frag_size = t[i].frag;
		pair_go(p);
		n = count(p, 0, IKE_X_INTERMEDIATE);
		a = pair_sa(p, 0);
		b = pair_sa(p, 1);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && !a->inter && !b->inter &&
			(t[i].frag ? n > 2 * t[i].n : n == 2 * t[i].n) &&
			!memcmp(a->keys.d, b->keys.d, a->keys.prf_len), p->end[1].log,
			"IKE2-INT-1 IKE2-INT-2 IKE2-MKE-3 %s, %u messages%s", t[i].a, n,
			t[i].frag ? " IKE2-INT-4" : "");
		if (pair_up(p)) {
			ask(p, 1, IKE_TASK_REKEY_CHILD);
			pair_run(p, 1000);
		}
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->w.recv_mid == 2 &&
			pair_sa(p, 0)->w.send_mid == 2 + t[i].n, NULL,
			"IKE2-MID-1 message IDs go on behind IKE_AUTH, %s", t[i].a);
		pair_free(p);
	}
}

static void test_kem(void)
{
	static const char *const kems[] = { "mlkem512", "mlkem768", "mlkem1024" };
	static const uint16_t ids[] = { IKE_KE_MLKEM512, IKE_KE_MLKEM768, IKE_KE_MLKEM1024 };
	struct ike_proposal two[4];
	char text[128], esp[64];
	struct pair *p;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(kems); i++) {
		snprintf(text, sizeof(text), "aes256gcm16-prfsha384-x25519-ke1_%s", kems[i]);
		snprintf(esp, sizeof(esp), "aes256gcm16-x25519-ke1_%s", kems[i]);
		p = with(30 + i, text, text, esp);
		if (!ike_ke_available(ids[i])) {
			pair_start(p, 0);
			ktap_ok(ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf) && !p->n_sent &&
				pair_said(p, 0, "lacks"), NULL,
				"IKE2-MLKEM-5 not quietly left out: libcrypto has no %s", kems[i]);
		} else {
			pair_go(p);
			ask(p, 0, IKE_TASK_REKEY_CHILD);
			pair_run(p, 1000);
			ask(p, 1, IKE_TASK_REKEY);
			pair_run(p, 1000);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) &&
				count(p, 0, IKE_X_INTERMEDIATE) >= 2 &&
				count(p, 0, IKE_X_FOLLOWUP_KE) >= 4, p->end[1].log,
				"IKE2-MLKEM-1 %s", text);
		}
		pair_free(p);
		snprintf(text, sizeof(text), "aes128gcm16-prfsha256-x25519-ke1_%s-ke2_ecp256,"
			 "aes128gcm16-prfsha256-x25519-%s", kems[i], kems[i]);
		n = pair_proposals(two, IKE_PROTO_IKE, text);
		n = ike_proposals_usable(two, n);
		ktap_ok(ike_ke_available(ids[i]) ? n == 2 :
			n == 1 && two[0].num == 1 && two[0].n == 3, NULL,
			"IKE2-MLKEM-4 proposals without what libcrypto lacks, %s", kems[i]);
	}
}

/* Takes the notify INTERMEDIATE_EXCHANGE_SUPPORTED out of IKE_SA_INIT: another number. */
static void forget(struct dgram *d)
{
	size_t i;

	for (i = 28; d->p[18] == IKE_X_SA_INIT && i + 8 <= d->n; i += ike_get16(d->p + i + 2))
		if (ike_get16(d->p + i + 2) == 8 && ike_get16(d->p + i + 6) == 16438)
			ike_put16(d->p + i + 6, 50000);
}

static void forget_response(struct dgram *d)
{
	if (d->p[19] & IKE_F_RESPONSE)
		forget(d);
}

/* A bit of the ciphertext of IKE_INTERMEDIATE. */
static void flip(struct dgram *d)
{
	if (d->p[18] == IKE_X_INTERMEDIATE)
		d->p[d->n - 30] ^= 1;
}

static void test_bad(void)
{
	static const char ike[] = "aes128gcm16-prfsha256-x25519-ke1_ecp256";
	struct ike_out o;
	struct ike_sa *a;
	struct pair *p;
	unsigned int i;

	p = with(40, ike, ike, "aes128gcm16");
	p->tamper = forget;
	pair_go(p);
	ktap_ok(!pair_count(p, 0) && !pair_sa(p, 1) && pair_said(p, 0, "NO_PROPOSAL_CHOSEN"), NULL,
		"IKE2-MKE-4 the responder needs IKE_INTERMEDIATE for it");
	pair_free(p);

	p = with(41, ike, ike, "aes128gcm16");
	p->tamper = forget_response;
	pair_go(p);
	ktap_ok(!pair_sa(p, 0) && !pair_count(p, 1) && pair_said(p, 0, "without IKE_INTERMEDIATE"),
		p->end[0].log, "IKE2-MKE-4 the initiator does as well");
	pair_free(p);

	p = with(42, ike, ike, "aes128gcm16");
	p->tamper = flip;
	pair_go(p);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && pair_sa(p, 1)->w.recv_mid == 1, NULL,
		"IKE2-INT-1 a changed message has no effect");
	p->tamper = NULL;
	pair_run(p, 10000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "IKE2-MID-7 the next copy has");
	pair_free(p);

	/* IKE_AUTH in place of IKE_INTERMEDIATE */
	p = with(44, ike, ike, "aes128gcm16");
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 15);
	p->cut = 0;
	pair_run(p, 10);
	p->cut = -1;
	a = pair_sa(p, 0);
	ike_window_answered(a);
	a->w.send_mid = 1;
	ike_auth_start(a, p->now);
	pair_run(p, 1000);
	ktap_ok(!pair_count(p, 0) && !pair_sa(p, 1) && pair_said(p, 1, "before all key exchanges"),
		p->end[1].log, "IKE2-MKE-3 IKE_AUTH before all key exchanges");
	pair_free(p);

	/* empty ones without end */
	p = pair_new(45);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 15);
	p->cut = 0;
	pair_run(p, 10);
	p->cut = -1;
	a = pair_sa(p, 0);
	a->w.send_mid = 1;
	for (i = 0; i < 200; i++) {
		ike_window_answered(a);
		a->w.send_mid = 1 + i;
		ike_out_chain(&o, a->ctx->inner, sizeof(a->ctx->inner));
		ike_request(a, p->now, IKE_X_INTERMEDIATE, &o);
		pair_run(p, 30);
		if (!pair_sa(p, 1))
			break;
	}
	ktap_ok(i == 8, NULL, "IKE2-INT-5 the ninth exchange is too much, %u", i + 1);
	pair_free(p);

	/* what was exchanged counts in AUTH */
	p = with(46, ike, ike, "aes128gcm16");
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 35);
	ike_inter_note(pair_sa(p, 1), false, (struct ike_buf){ p->sent[2].p, 32 }, false,
		       (struct ike_buf){ 0 });
	pair_run(p, 5000);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) &&
		pair_said(p, 0, "AUTHENTICATION_FAILED"), p->end[1].log,
		"IKE2-INT-2 IntAuth is part of what is signed");
	pair_free(p);
}

static const char both[] = "aes128gcm16-prfsha256-x25519-ke1_ecp256-ke2_x448";
static const char esp2[] = "aes128gcm16-x25519-ke1_ecp256-ke2_x448";

static void test_followup(void)
{
	uint32_t spi, frag;
	struct pair *p;
	unsigned int n;
	int who;

	for (who = 0; who < 2; who++)
		for (frag = 0; frag <= 160; frag += 160) {
			p = with((uint32_t)(60 + who), both, both, esp2);
			p->end[0].conf.frag_size = p->end[1].conf.frag_size = frag;
			pair_go(p);
			spi = pair_child(p, who)->spi_in;
			n = p->n_sent;
			ask(p, who, IKE_TASK_REKEY_CHILD);
			pair_run(p, 1000);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, who)->spi_in != spi &&
				(count(p, n, IKE_X_FOLLOWUP_KE) == 4) == !frag && !pair_sa(p, !who)->chain,
				p->end[!who].log,
				"IKE2-MKE-5 IKE2-MKE-6 child rekeyed by the %s%s",
				who ? "responder" : "initiator", frag ? ", in pieces" : "");
			n = p->n_sent;
			spi = pair_child(p, who)->spi_in;
			ask(p, who, IKE_TASK_REKEY);
			pair_run(p, 1000);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, who)->spi_in == spi &&
				(count(p, n, IKE_X_FOLLOWUP_KE) == 4) == !frag &&
				pair_sa(p, who)->initiator && !pair_sa(p, !who)->initiator,
				p->end[!who].log,
				"IKE2-MKE-5 IKE2-MKE-6 IKE SA replaced by the %s%s",
				who ? "responder" : "initiator", frag ? ", in pieces" : "");
			ask(p, !who, IKE_TASK_REKEY_CHILD);
			pair_run(p, 1000);
			ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, who)->spi_in != spi,
				NULL, "IKE2-MKE-6 the new SA works");
			pair_free(p);
		}
}

static void test_late(void)
{
	struct pair *p = pair_go(with(70, both, both, esp2));
	uint32_t spi = pair_child(p, 0)->spi_in;

	ask(p, 0, IKE_TASK_REKEY_CHILD);
	pair_run(p, 15);
	p->cut = 0;
	pair_run(p, 10);
	p->cut = -1;
	ktap_ok(pair_sa(p, 1)->chain && pair_kern(p, 1) == 3 && pair_policies(p, 1) == 2, NULL,
		"IKE2-MKE-5 nothing is installed before the last key exchange");
	pair_sa(p, 1)->chain->until = p->now;
	pair_run(p, 5);
	ktap_ok(!pair_sa(p, 1)->chain && pair_kern(p, 1) == 2, NULL,
		"IKE2-MKE-7 an unfinished chain is forgotten");
	pair_run(p, 10000);
	ktap_ok(pair_up(p) && pair_said(p, 0, "STATE_NOT_FOUND"), p->end[0].log,
		"IKE2-MKE-7 ATK-22 a link that nobody knows");
	pair_run(p, 40000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_child(p, 0)->spi_in != spi, NULL,
		"IKE2-MKE-7 all of it is tried again");
	pair_free(p);

	p = pair_go(with(71, both, both, esp2));
	ask(p, 0, IKE_TASK_REKEY_CHILD);
	pair_run(p, 15);
	p->cut = 0;
	pair_run(p, 10);
	ask(p, 1, IKE_TASK_DELETE);
	p->cut = -1;
	pair_run(p, 60000);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0), NULL,
		"IKE2-MKE-7 a Delete of the IKE SA drops the chain");
	pair_free(p);
}

/* Both rekey at once; each of the four nonces is the lowest in turn. */
static void test_crossing(void)
{
	unsigned int low, i, k, ike, good = 0;
	struct pair *p;

	for (ike = 0; ike < 2; ike++)
		for (low = 0; low < 4; low++)
			for (k = 0; k < 40; k += 4) {
				p = pair_go(with(80 + low, both, both, esp2));
				for (i = 0; i < 4; i++)
					p->end[i / 2].nonce[i & 1] = i == low ? 1 : 0x80;
				p->end[0].n_nonce = p->end[1].n_nonce = 2;
				ask(p, 0, ike ? IKE_TASK_REKEY : IKE_TASK_REKEY_CHILD);
				pair_run(p, k);
				if (pair_child(p, 1) && !pair_child(p, 1)->busy)
					ask(p, 1, ike ? IKE_TASK_REKEY : IKE_TASK_REKEY_CHILD);
				pair_run(p, 150000);
				good += pair_up(p) && pair_kernels(p, 2);
				pair_free(p);
			}
	ktap_ok(good == 80, NULL,
		"IKE2-COLL-1 IKE2-COLL-3 IKE2-MKE-6 chains that cross, %u of 80", good);
}

static void test_storm(void)
{
	static const enum ike_task_kind kinds[] = {
		IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY, IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY,
		IKE_TASK_CHILD, IKE_TASK_DELETE_CHILD, IKE_TASK_LIVENESS,
	};
	unsigned int i, k, good = 0;
	uint32_t seed = 29;
	struct pair *p;

	for (i = 0; i < 200; i++) {
		p = pair_go(with(29000 + i, both, both, "aes128gcm16-x25519-ke1_ecp256"));
		p->loss = i & 1 ? 40 : 0;
		p->dup = p->reorder = i & 2 ? 60 : 0;
		for (k = 0; k < 2; k++) {
			p->end[k].conf.rtx_tries = 12;
			p->end[k].conf.rtx_factor = 110;
		}
		for (k = 0; k < 20; k++) {
			struct ike_sa *sa = pair_sa(p, k & 1);

			if (sa && sa->state == IKE_S_UP && sa->n_queue < IKE_TASKS)
				ask(p, k & 1, kinds[pair_rand(&seed) % ARRAY_SIZE(kinds)]);
			pair_run(p, pair_rand(&seed) % 32u);
		}
		p->loss = p->dup = p->reorder = 0;
		pair_run(p, 300000);
		good += pair_count(p, 0) <= 1 && pair_count(p, 0) == pair_count(p, 1) &&
			pair_kernels(p, pair_kern(p, 0));
		pair_free(p);
	}
	ktap_ok(good == 200, NULL, "ATK-24 chains that cross at random, %u of 200 agree", good);
}

int main(void)
{
	ktap_begin();
	test_good();
	test_kem();
	test_bad();
	test_followup();
	test_late();
	test_crossing();
	test_storm();
	return ktap_end();
}
