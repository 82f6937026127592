// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines with a network between them.
 */
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

/* Starts end 0 and lets a minute pass. */
static struct pair *go(struct pair *p)
{
	pair_start(p, 0);
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, 60000);
	return p;
}

static void task(struct pair *p, int i, enum ike_task_kind kind, uint32_t spi)
{
	struct ike_task t = { kind, &p->end[i].child[0], spi };

	if (ike_task_add(pair_sa(p, i), p->now, &t))
		abort();
	pair_run(p, 1000);
}

static void test_psk(void)
{
	static const struct {
		const char *ike, *esp;
	} t[] = {
		{ "aes128gcm16-prfsha256-x25519", "aes128gcm16" },
		{ "aes256-sha384-ecp384", "aes256-sha256" },
		{ "chacha20poly1305-prfsha512-curve448", "chacha20poly1305-esn" },
		{ "aes128ctr-sha256-prfaesxcbc-modp2048", "aes256gcm16-noesn" },
		{ "aes128ccm12-prfsha256-ecp521", "aes192-sha512" },
	};
	struct pair *p;
	size_t i;
	int e;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		p = pair_new((uint32_t)i);
		for (e = 0; e < 2; e++) {
			p->end[e].conf.n_ike = pair_proposals(p->end[e].ike, IKE_PROTO_IKE,
							      t[i].ike);
			p->end[e].child[0].n_esp = pair_proposals(p->end[e].esp[0],
								  IKE_PROTO_ESP, t[i].esp);
		}
		go(p);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_policies(p, 0) == 2 &&
			pair_policies(p, 1) == 2 && p->n_sent == 4, NULL,
			"IKE2-AUTH-2 IKE2-CHILD-1 IKE2-KEY-4 shared secret, %s, %s", t[i].ike,
			t[i].esp);
		ktap_ok(ike_get32(p->sent[0].p + 20) == 0 && ike_get32(p->sent[2].p + 20) == 1 &&
			p->sent[0].p[19] == 0x08 && p->sent[1].p[19] == 0x20, NULL,
			"IKE2-MID-1 IKE2-HDR-2 message IDs and flags, %s", t[i].ike);
		pair_free(p);
	}
}

static void test_refused(void)
{
	struct pair *p = pair_new(1);

	p->end[1].conf.secret.n = 14;
	go(p);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && !pair_kern(p, 0) && !pair_kern(p, 1) &&
		pair_said(p, 1, "peer not authenticated") &&
		pair_said(p, 0, "AUTHENTICATION_FAILED"), p->end[1].log,
		"IKE2-AUTH-5 another secret");
	pair_free(p);

	p = pair_new(2);
	p->end[1].conf.remote_id = pair_id("mars.example.org");
	go(p);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && !pair_kern(p, 0) &&
		pair_said(p, 1, "no peer has these identities") &&
		pair_said(p, 0, "AUTHENTICATION_FAILED"), p->end[1].log,
		"IKE2-AUTH-6 another initiator than expected");
	pair_free(p);

	p = pair_new(3);
	p->end[0].conf.remote_id = pair_id("*.example.com");
	go(p);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && !pair_kern(p, 0) && !pair_kern(p, 1) &&
		pair_said(p, 0, "identity is not the one expected") &&
		pair_said(p, 1, "peer gave up: AUTHENTICATION_FAILED"), p->end[0].log,
		"IKE2-AUTH-4 another responder than expected, and it is told");
	pair_free(p);

	p = pair_new(4);
	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE,
					      "aes128gcm16-prfsha384-x25519");
	go(p);
	ktap_ok(!pair_count(p, 0) && pair_said(p, 1, "no common proposal") &&
		pair_said(p, 1, "PRF") && pair_said(p, 0, "NO_PROPOSAL_CHOSEN"), p->end[1].log,
		"IKE2-SA-9 no common proposal, with the first difference in the log");
	ktap_ok(p->n_sent > 2 && !ike_sa_next(p->end[1].ctx, NULL), NULL,
		"IKE2-INIT-5 an unprotected refusal does not end the attempt");
	pair_run(p, 600000);
	ktap_ok(!pair_sa(p, 0), NULL, "IKE2-RTX-2 it ends when nothing better comes");
	pair_free(p);
}

static void test_child_refused(void)
{
	struct pair *p = pair_new(5);

	p->end[1].child[0].n_esp = pair_proposals(p->end[1].esp[0], IKE_PROTO_ESP, "aes256gcm16");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "NO_PROPOSAL_CHOSEN"),
		p->end[0].log, "IKE2-CHILD-1 no common proposal of the child: the IKE SA stays");
	pair_free(p);

	p = pair_new(6);
	pair_ts(&p->end[1].local[0][0], "10.9.0.0/16");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "TS_UNACCEPTABLE"),
		p->end[0].log, "IKE2-TS-1 selectors with nothing in common: TS_UNACCEPTABLE");
	pair_free(p);

	p = pair_new(7);
	pair_ts(&p->end[1].local[0][0], "10.2.3.0/24");
	pair_ts(&p->end[0].local[0][0], "10.1.7.0/24");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->children &&
		ike_ts_equal(&pair_sa(p, 0)->children->remote[0], &p->end[1].local[0][0]) &&
		ike_ts_equal(&pair_sa(p, 1)->children->remote[0], &p->end[0].local[0][0]), NULL,
		"IKE2-TS-1 IKE2-TS-2 selectors are narrowed at both ends");
	pair_free(p);

	p = pair_new(8);
	p->end[1].kern.fail_add = 1;
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0), p->end[1].log,
		"IKE2-CHILD-3 the responder's kernel refuses: nothing is left");
	pair_free(p);

	p = pair_new(9);
	p->end[0].kern.fail_add = 2;
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && !pair_policies(p, 0) && !pair_policies(p, 1),
		p->end[0].log, "IKE2-CHILD-3 the initiator's kernel refuses: both ends forget");
	pair_free(p);

	p = pair_new(10);
	p->end[0].child[0].transport = p->end[1].child[0].transport = true;
	pair_ts(&p->end[0].local[0][0], "dynamic");
	pair_ts(&p->end[0].remote[0][0], "dynamic");
	pair_ts(&p->end[1].local[0][0], "dynamic");
	pair_ts(&p->end[1].remote[0][0], "dynamic");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_sa(p, 0)->children->transport, NULL,
		"IKE2-CHILD-4 transport mode");
	pair_free(p);

	p = pair_new(11);
	p->end[0].child[0].transport = true;
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "agree to the mode"),
		p->end[0].log, "IKE2-CHILD-4 no echo: the child is deleted");
	pair_free(p);
}

static void test_init(void)
{
	struct pair *p = pair_new(20);

	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE,
					      "aes128gcm16-prfsha256-ecp256");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == 6 &&
		pair_said(p, 0, "another key exchange") &&
		!memcmp(p->sent[0].p, p->sent[2].p, 8), p->end[0].log,
		"IKE2-INIT-3 IKE2-INIT-4 INVALID_KE_PAYLOAD costs one round");
	pair_free(p);

	p = pair_new(21);
	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE,
					      "aes128gcm16-prfsha256-ecp256");
	pair_start(p, 1);
	p->end[1].ctx->cookie_until = p->now + 1;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	p->end[1].ctx->cookie_until = p->now + 5000;
	pair_run(p, 100);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->n_sent == 8, p->end[0].log,
		"IKE2-CKY-3 IKE2-CKY-5 IKE2-CKY-6 cookie, then another group");
	ktap_ok(p->sent[1].n == 28 + 8 + 17 && !ike_get32(p->sent[1].p + 8) &&
		!ike_get32(p->sent[1].p + 12), NULL, "IKE2-CKY-1 the answer is but a cookie");
	pair_free(p);
}

static void test_cookie(void)
{
	struct pair *p = pair_new(22);
	struct dgram d;
	unsigned int i;

	go(p);
	d = p->sent[0];
	for (i = 0; i < 300; i++) {
		d.p[0] = (uint8_t)(i >> 8) | 1;
		d.p[1] = (uint8_t)i;
		ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	}
	ktap_ok(p->end[1].ctx->half_open == 64, NULL,
		"IKE2-CKY-1 a flood leaves no more than the limit half-open");
	pair_run(p, IKE_HALF_OPEN_MS + 100);
	ktap_ok(p->end[1].ctx->half_open == 0 && pair_up(p), NULL,
		"half-open SAs are forgotten in time, the good one is not");
	ktap_ok(p->end[1].ctx->cookie_until <= p->now, NULL,
		"IKE2-CKY-7 cookies are not asked for for ever");
	pair_free(p);
}

static void test_nat(void)
{
	struct pair *p = pair_new(30);
	const struct ike_kern_sa *sa;
	struct ike_sa *b;
	unsigned int n;

	p->nat = true;
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	go(p);
	b = pair_sa(p, 1);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), p->end[1].log,
		"IKE2-NAT-1 IKE2-NAT-2 through NAT");
	ktap_ok(b && b->nat_peer && !b->nat_us && pair_sa(p, 0)->nat_us &&
		!pair_sa(p, 0)->nat_peer, NULL, "IKE2-NAT-2 both know who is behind it");
	ktap_ok(p->sent[2].from.port == 4500 && p->sent[2].to.port == 4500 && b &&
		b->remote.port == 44500, NULL, "IKE2-NAT-3 the rest is on port 4500");
	sa = &p->end[1].kern.sa[0];
	ktap_ok(sa->encap && (sa->inbound ? sa->src : sa->dst).port == 44500, NULL,
		"IKE2-NAT-4 ESP is in UDP with the ports seen");
	p->nat_port = 50000;
	n = p->n_sent;
	task(p, 0, IKE_TASK_LIVENESS, 0);
	ktap_ok(b->remote.port == 54500 && pair_kernels(p, 2) &&
		(sa->inbound ? sa->src : sa->dst).port == 54500 && pair_policies(p, 1) == 2,
		NULL, "IKE2-NAT-7 the peer's new port is followed, in the kernel too");
	ike_input(p->end[1].ctx, p->now, &p->sent[n].to, &(struct ike_addr){ 4, { 9 }, 9 },
		  (struct ike_buf){ p->sent[n].p, p->sent[n].n });
	ktap_ok(b->remote.port == 54500 && pair_kernels(p, 2), NULL,
		"IKE2-NAT-7 a replayed message from elsewhere changes nothing");
	pair_free(p);

	p = pair_new(31);
	go(p);
	ktap_ok(!pair_sa(p, 0)->nat_us && !pair_sa(p, 1)->nat_peer &&
		!p->end[0].kern.sa[0].encap && p->sent[2].from.port == 500, NULL,
		"IKE2-NAT-2 nothing is found where there is no NAT");
	pair_free(p);
}

/* UDP encapsulation that one end wants without a NAT. */
static void test_encap(void)
{
	struct pair *p;
	int i;

	for (i = 0; i < 2; i++) {
		p = pair_new(32);
		p->end[i].conf.encap = true;
		go(p);
		ktap_ok(pair_up(p) && pair_kernels(p, 2) && p->end[0].kern.sa[0].encap &&
			pair_sa(p, i)->nat_us && pair_sa(p, !i)->nat_peer &&
			p->sent[2].from.port == 4500, p->end[i].log,
			"IKE2-NAT-2 the %s has it in UDP without a NAT",
			i ? "responder" : "initiator");
		pair_free(p);
	}
}

static void test_window(void)
{
	struct pair *p = pair_new(40);
	struct dgram d;
	unsigned int i, n;
	uint64_t gap, last = 0;
	bool same = true, grows = true;

	p->cut = 0;
	go(p);
	pair_run(p, 600000);
	for (i = 1; i < p->n_sent; i++) {
		same &= p->sent[i].n == p->sent[0].n &&
			!memcmp(p->sent[i].p, p->sent[0].p, p->sent[0].n);
		gap = p->sent[i].at - p->sent[i - 1].at;
		grows &= gap > last;
		last = gap;
	}
	ktap_ok(p->n_sent == 6 && same, NULL, "IKE2-RTX-1 five retries of the same octets");
	ktap_ok(grows && !pair_sa(p, 0), NULL, "IKE2-RTX-2 with growing intervals, then no more");
	pair_free(p);

	p = go(pair_new(41));
	n = p->n_sent;
	d = p->sent[2];
	for (i = 0; i < 5; i++) {
		ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
		p->now += 1000;
	}
	for (i = n, same = true; i < p->n_sent; i++)
		same &= p->sent[i].n == p->sent[3].n &&
			!memcmp(p->sent[i].p, p->sent[3].p, p->sent[3].n);
	ktap_ok(p->n_sent == n + 5 && same && pair_kern(p, 1) == 2, NULL,
		"IKE2-RTX-3 a repeated IKE_AUTH is answered from memory");
	for (i = 0; i < 100; i++)
		ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	ktap_ok(p->n_sent <= n + 8, NULL, "IKE2-RTX-5 but not without end");
	n = p->n_sent;
	d.p[23] = 6;
	ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	d.p[23] = 2;
	ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	ktap_ok(p->n_sent == n && pair_sa(p, 1)->w.recv_mid == 2, NULL,
		"IKE2-MID-6 IKE2-MID-7 other message IDs and bad ICVs change nothing");
	task(p, 0, IKE_TASK_LIVENESS, 0);
	ktap_ok(pair_sa(p, 1)->w.recv_mid == 3 && pair_sa(p, 0)->w.send_mid == 3, NULL,
		"IKE2-MID-7 and the next good one is taken");
	pair_free(p);
}

static void test_loss(void)
{
	unsigned int i, good = 0, gone = 0;
	struct pair *p;

	for (i = 0; i < 60; i++) {
		p = pair_new(1000 + i);
		p->loss = 60;
		p->dup = 60;
		p->reorder = 60;
		p->end[0].conf.rtx_tries = p->end[1].conf.rtx_tries = 12;
		p->end[0].conf.rtx_factor = p->end[1].conf.rtx_factor = 110;
		go(p);
		pair_run(p, 200000);
		good += pair_up(p) && pair_kernels(p, 2);
		if (pair_sa(p, 1) && pair_sa(p, 1)->state == IKE_S_UP)
			task(p, 1, IKE_TASK_DELETE, 0);
		pair_run(p, 300000);
		gone += !pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0);
		pair_free(p);
	}
	ktap_ok(good == 60, NULL, "IKE2-RTX-1 IKE2-RTX-3 %u of 60 come up with loss, "
		"repetition and reordering", good);
	ktap_ok(gone == 60, NULL, "IKE2-INFO-4 %u of 60 go away in the same network", gone);
}

static void test_info(void)
{
	struct pair *p = go(pair_new(50));
	unsigned int n = p->n_sent;
	struct dgram d;

	task(p, 1, IKE_TASK_LIVENESS, 0);
	ktap_ok(p->n_sent == n + 2 && pair_up(p) && p->sent[n].p[19] == 0 &&
		p->sent[n + 1].p[19] == 0x28, NULL, "IKE2-LIVE-2 IKE2-INFO-1 asked for life");
	task(p, 1, IKE_TASK_DELETE_CHILD, pair_sa(p, 1)->children->spi_in);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && !pair_policies(p, 0) && !pair_policies(p, 1),
		NULL, "IKE2-INFO-2 a deleted child is gone at both ends");
	task(p, 0, IKE_TASK_CHILD, 0);
	ktap_ok(pair_kernels(p, 2), NULL, "IKE2-CHILD-2 and a new one with its own key exchange");
	task(p, 0, IKE_TASK_DELETE, 0);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0), NULL,
		"IKE2-INFO-4 a deleted IKE SA takes its children with it");
	n = p->n_sent;
	d = p->sent[n - 2];
	ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	ktap_ok(p->n_sent == n + 1 && p->sent[n].n == p->sent[n - 1].n, NULL,
		"IKE2-INFO-4 its Delete is answered once more");
	pair_run(p, 60000);
	n = p->n_sent;
	ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	ktap_ok(p->n_sent == n + 1 && p->sent[n].n == 28 + 8 && p->sent[n].p[19] & 0x20, NULL,
		"IKE2-ERR-2 IKE2-RTX-6 later it gets INVALID_IKE_SPI");
	ike_input(p->end[0].ctx, p->now, &p->sent[n].to, &p->sent[n].from,
		  (struct ike_buf){ p->sent[n].p, p->sent[n].n });
	ktap_ok(p->n_sent == n + 1, NULL, "IKE2-ERR-2 which nobody answers");
	pair_free(p);

	p = pair_new(51);
	p->end[0].conf.dpd_ms = 10000;
	go(p);
	p->cut = 1;
	pair_run(p, 300000);
	ktap_ok(!pair_sa(p, 0) && !pair_kern(p, 0) && pair_said(p, 0, "does not answer"), NULL,
		"IKE2-LIVE-1 IKE2-LIVE-4 a silent peer is given up");
	p->cut = -1;
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 5000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 1, "peer started anew"), NULL,
		"IKE2-LIVE-3 INITIAL_CONTACT removes what was left");
	pair_free(p);
}

/* Every single octet of a protected request is covered; a plain one has no effect. */
static void test_forged(void)
{
	struct pair *p = go(pair_new(55));
	uint8_t plain[] = { [16] = 42, 0x20, 37, 0x08, [27] = 36, 0, 0, 0, 8, 1, 0, 0, 0 };
	struct ike_sa *b = pair_sa(p, 1);
	unsigned int n, missed = 0;
	struct dgram d;
	size_t i;

	memcpy(plain, b->spi_i, 8);
	memcpy(plain + 8, b->spi_r, 8);
	plain[23] = 2;
	n = p->n_sent;
	ike_input(p->end[1].ctx, p->now, &p->end[1].conf.local, &p->end[1].conf.remote,
		  (struct ike_buf){ plain, sizeof(plain) });
	ktap_ok(p->n_sent == n && pair_up(p) && b->w.recv_mid == 2, NULL,
		"IKE2-SK-7 a Delete in the clear is ignored");
	p->cut = 0;
	task(p, 0, IKE_TASK_LIVENESS, 0);
	d = p->sent[n];
	for (i = 0; i < d.n; i++) {
		d.p[i] ^= 0x10;
		ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
		d.p[i] ^= 0x10;
		missed += b->w.recv_mid != 2 || b->state != IKE_S_UP;
	}
	ktap_ok(!missed, NULL, "IKE2-SK-1 IKE2-MID-7 no octet of %zu can be changed", d.n);
	ike_input(p->end[1].ctx, p->now, &d.to, &d.from, (struct ike_buf){ d.p, d.n });
	ktap_ok(b->w.recv_mid == 3, NULL, "IKE2-MID-7 the good one is taken after all that");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_psk();
	test_refused();
	test_child_refused();
	test_init();
	test_cookie();
	test_nat();
	test_encap();
	test_window();
	test_loss();
	test_info();
	test_forged();
	return ktap_end();
}
