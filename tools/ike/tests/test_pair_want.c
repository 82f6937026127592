// SPDX-License-Identifier: GPL-2.0
/*
 * Children that are wanted: acquires, tries again, dead peers, what is closed.
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static struct ike_ts ts(const char *text)
{
	struct ike_ts t;

	pair_ts(&t, text);
	return t;
}

static int acquire(struct pair *p, int i, unsigned int child, const char *src, const char *dst)
{
	struct ike_ts s = ts(src), d = ts(dst);

	return ike_acquire(p->end[i].ctx, p->now, &p->end[i].conf, &p->end[i].child[child], &s, &d);
}

static int up(struct pair *p, int i)
{
	return ike_up(p->end[i].ctx, p->now, &p->end[i].conf, NULL);
}

static struct ike_child *child(struct pair *p, int i)
{
	return pair_sa(p, i) ? pair_sa(p, i)->children : NULL;
}

static struct pair *with_two(uint32_t seed)
{
	struct pair *p = pair_new(seed);

	pair_two_children(p);
	return p;
}

static bool asks(struct pair *p, const char *src, const char *dst)
{
	struct ike_child *ch = pair_sa(p, 0)->xc.child;
	struct ike_ts s = ts(src), d = ts(dst);

	return ch && ch->n_local == 2 && ch->n_remote == 2 && ike_ts_equal(&ch->local[0], &s) &&
	       ike_ts_equal(&ch->remote[0], &d) && ike_ts_covers(&ch->local[1], &s) &&
	       ike_ts_covers(&ch->remote[1], &d);
}

static void test_acquire(void)
{
	struct pair *p = with_two(10);
	unsigned int i, n;

	pair_start(p, 0);
	for (i = 0; i < 100; i++)
		acquire(p, 0, 0, "10.1.5.7/32[tcp/40000]", "10.2.9.9/32[tcp/443]");
	pair_run(p, 25);
	ktap_ok(p->n_sent == 3 && asks(p, "10.1.5.7/32[tcp/40000]", "10.2.9.9/32[tcp/443]"), NULL,
		"IKE2-TS-3 ATK-30 a hundred acquires: one negotiation, the packet's selectors first");
	pair_run(p, 2000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_policies(p, 0) == 2 && p->n_sent == 4 &&
		!p->end[0].ctx->wants, p->end[1].log, "IKE2-TS-3 and one child, no other");
	acquire(p, 0, 0, "10.1.5.8/32[udp/1]", "10.2.9.1/32[udp/2]");
	ktap_ok(p->n_sent == 4 && !p->end[0].ctx->wants, NULL,
		"ATK-30 a child that takes the packet is there: nothing happens");
	acquire(p, 0, 1, "10.3.5.7/32[udp/500]", "10.4.9.9/32[udp/500]");
	ktap_ok(p->n_sent == 5 && asks(p, "10.3.5.7/32[udp/500]", "10.4.9.9/32[udp/500]"), NULL,
		"IKE2-TS-3 the other child in the same IKE SA");
	pair_run(p, 2000);
	ktap_ok(pair_up(p) && pair_kernels(p, 4) && p->n_sent == 6, NULL,
		"IKE2-CHILD-2 two children, one IKE SA");
	p->end[0].conf.n_children = 0;
	ktap_ok(acquire(p, 0, 0, "10.1.5.7/32", "10.2.9.9/32") == -1, NULL, "no child, no acquire");
	pair_free(p);

	/* the peer agrees to less than the packet of the next acquire needs */
	p = pair_new(11);
	pair_ts(&p->end[1].remote[0][0], "10.1.5.0/24");
	pair_start(p, 0);
	acquire(p, 0, 0, "10.1.5.7/32", "10.2.9.9/32");
	pair_run(p, 2000);
	n = p->n_sent;
	acquire(p, 0, 0, "10.1.5.9/32", "10.2.9.9/32");
	ktap_ok(pair_up(p) && n == 4 && p->n_sent == n, NULL,
		"IKE2-TS-1 narrowed to what holds the packet");
	acquire(p, 0, 0, "10.1.6.9/32", "10.2.9.9/32");
	pair_run(p, 30);
	ktap_ok(p->n_sent == n + 2, NULL, "a packet that the child does not take is asked for");
	pair_free(p);
}

/* Times of the IKE_SA_INIT requests of end 0 with new SPIs. */
static unsigned int attempts(struct pair *p, uint64_t *at, unsigned int most)
{
	unsigned int i, n = 0;
	const uint8_t *last = NULL;

	for (i = 0; i < p->n_sent && n < most; i++) {
		if (p->sent[i].dst != 1 || p->sent[i].p[18] != IKE_X_SA_INIT ||
		    (last && !memcmp(last, p->sent[i].p, 8)))
			continue;
		last = p->sent[i].p;
		at[n++] = p->sent[i].at;
	}
	return n;
}

static void quick(struct pair *p)
{
	int e;

	for (e = 0; e < 2; e++) {
		p->end[e].conf.rtx_first_ms = 500;
		p->end[e].conf.rtx_tries = 2;
	}
}

static void test_again(void)
{
	struct pair *p = pair_new(20);
	uint64_t at[64];
	unsigned int n;

	quick(p);
	p->end[0].conf.retry_max_ms = 60000;
	pair_start(p, 0);
	p->cut = 1;
	up(p, 0);
	pair_run(p, 600000);
	n = attempts(p, at, 64);
	ktap_ok(n >= 10 && n <= 18 && at[2] - at[1] > at[1] - at[0] && at[3] - at[2] > at[2] - at[1] &&
		at[n - 1] - at[n - 2] < 75000, NULL,
		"IKE2-LIVE-4 a peer that is away: %u attempts in 10 minutes, ever more seldom", n);
	p->cut = -1;
	pair_run(p, 80000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && !p->end[0].ctx->wants, NULL,
		"IKE2-LIVE-4 it comes back: up");
	pair_free(p);

	p = pair_new(21);
	quick(p);
	p->end[0].conf.retry_tries = 3;
	pair_start(p, 0);
	p->cut = 1;
	up(p, 0);
	pair_run(p, 300000);
	ktap_ok(attempts(p, at, 64) == 3 && pair_said(p, 0, "given up") && !p->end[0].ctx->wants &&
		!pair_kern(p, 0), p->end[0].log, "IKE2-RTX-2 tries can be limited");
	pair_free(p);

	p = with_two(22);
	pair_ts(&p->end[1].remote[1][0], "10.9.0.0/16");
	pair_start(p, 0);
	up(p, 0);
	pair_run(p, 60000);
	n = p->n_sent;
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && pair_said(p, 0, "TS_UNACCEPTABLE") && n < 14,
		p->end[0].log, "IKE2-CHILD-1 the peer refuses a child: the rest stays");
	pair_ts(&p->end[1].remote[1][0], "10.3.0.0/16");
	pair_run(p, 60000);
	ktap_ok(pair_up(p) && pair_kernels(p, 4), NULL, "and it is tried again");
	pair_free(p);

	p = pair_new(23);
	p->end[1].conf.secret.n--;
	pair_start(p, 0);
	up(p, 0);
	pair_run(p, 60000);
	n = attempts(p, at, 64);
	ktap_ok(!pair_count(p, 0) && n >= 3 && n <= 5, NULL,
		"IKE2-AUTH-5 a wrong secret: %u attempts in a minute", n);
	pair_free(p);
}

static struct pair *established(uint32_t seed, enum ike_action dpd, enum ike_action closed)
{
	struct pair *p = pair_new(seed);

	quick(p);
	p->end[0].conf.dpd_ms = 5000;
	p->end[0].child[0].dpd_action = dpd;
	p->end[0].child[0].close_action = closed;
	pair_start(p, 0);
	up(p, 0);
	pair_run(p, 1000);
	return p;
}

static void test_dead(void)
{
	struct pair *p;
	int again;

	for (again = 0; again < 2; again++) {
		p = established((uint32_t)(30 + again), again ? IKE_ACTION_START : IKE_ACTION_NONE,
				IKE_ACTION_NONE);
		p->cut = 1;
		pair_run(p, 20000);
		ktap_ok(pair_said(p, 0, "peer does not answer") && !child(p, 0) &&
			pair_policies(p, 0) == 0 && pair_kern(p, 0) <= (again ? 1 : 0), NULL,
			"IKE2-LIVE-1 IKE2-LIVE-4 a dead peer: nothing stays in the kernel");
		pair_restart(p, 1, 0);
		p->cut = -1;
		pair_run(p, 100000);
		ktap_ok(again ? pair_up(p) && pair_kernels(p, 2) : !pair_sa(p, 0), NULL,
			"IKE2-LIVE-4 %s", again ? "it is made again when the peer is back"
						: "nor is it made again if that is not wanted");
		pair_free(p);
	}
}

/* A peer without an address can be waited for only. */
static void test_roaming(void)
{
	struct pair *p = pair_new(35);

	quick(p);
	p->end[1].conf.remote = (struct ike_addr){ 0 };
	p->end[1].conf.dpd_ms = 5000;
	p->end[1].child[0].dpd_action = IKE_ACTION_START;
	pair_start(p, 0);
	up(p, 0);
	pair_run(p, 1000);
	p->cut = 0;
	pair_run(p, 60000);
	ktap_ok(!pair_sa(p, 1) && !p->end[1].ctx->wants && pair_said(p, 1, "given up"), NULL,
		"IKE2-LIVE-4 a peer without an address: it has to come by itself");
	pair_free(p);
}

static void test_closed(void)
{
	struct ike_task t = { IKE_TASK_DELETE };
	struct pair *p;
	int again, ike;

	for (again = 0; again < 2; again++)
		for (ike = 0; ike < 2; ike++) {
			p = established((uint32_t)(40 + again), IKE_ACTION_NONE,
					again ? IKE_ACTION_START : IKE_ACTION_NONE);
			t = (struct ike_task){ ike ? IKE_TASK_DELETE : IKE_TASK_DELETE_CHILD,
					       &p->end[1].child[0], child(p, 1)->spi_in };
			ike_task_add(pair_sa(p, 1), p->now, &t);
			pair_run(p, 1000);
			ktap_ok(!child(p, 0) && pair_kernels(p, 0), NULL,
				"IKE2-INFO-2 the peer closes the %s", ike ? "IKE SA" : "child");
			pair_run(p, 10000);
			ktap_ok(again ? pair_up(p) && pair_kernels(p, 2) : !child(p, 0),
				p->end[0].log, "it is %smade again", again ? "" : "not ");
			pair_free(p);
		}
	p = established(45, IKE_ACTION_START, IKE_ACTION_START);
	t = (struct ike_task){ IKE_TASK_REKEY_CHILD, &p->end[1].child[0], child(p, 1)->spi_in };
	ike_task_add(pair_sa(p, 1), p->now, &t);
	pair_run(p, 30000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && !p->end[0].ctx->wants, NULL,
		"the old child of a rekeying is not missed");
	child(p, 0)->expire_at = p->now;
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL,
		"IKE2-REKEY-3 a child that expired is made again");
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, &p->end[0].child[0]);
	pair_run(p, 60000);
	ktap_ok(pair_up(p) && pair_kernels(p, 0), NULL, "one that the operator takes down is not");
	up(p, 0);
	pair_run(p, 1000);
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 60000);
	ktap_ok(!pair_sa(p, 0) && !pair_sa(p, 1) && pair_kernels(p, 0) && !p->end[0].ctx->wants, NULL,
		"IKE2-INFO-4 nor is the IKE SA");
	up(p, 0);
	pair_run(p, 5);
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 60000);
	ktap_ok(!pair_sa(p, 0) && pair_kernels(p, 0), NULL, "nor what is still being negotiated");
	pair_free(p);
}

/* What the kernel tells. */
static void test_kernel(void)
{
	struct pair *p = established(60, IKE_ACTION_START, IKE_ACTION_NONE);
	uint32_t spi = child(p, 0)->spi_in;
	unsigned int i, k, n;

	ike_expire(p->end[0].ctx, p->now, IKE_PROTO_ESP, spi, false);
	ike_expire(p->end[0].ctx, p->now, IKE_PROTO_ESP, child(p, 0)->spi_out, false);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && child(p, 0)->spi_in != spi, NULL,
		"IKE2-REKEY-3 a soft limit: rekeyed, once");
	spi = child(p, 0)->spi_out;
	ike_expire(p->end[0].ctx, p->now, IKE_PROTO_AH, spi, true);
	ike_expire(p->end[0].ctx, p->now, IKE_PROTO_ESP, spi, true);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && child(p, 0)->spi_out != spi, NULL,
		"IKE2-REKEY-3 IKE2-INFO-5 a hard limit: deleted, and made again");
	n = p->n_sent;
	for (i = 0; i < 20; i++) {
		for (k = 0; k < IKE_FAKE_SAS; k++)
			p->end[0].kern.use[k].packets++;
		pair_run(p, 4000);
	}
	ktap_ok(p->n_sent == n, NULL, "IKE2-LIVE-2 no liveness checks while packets come in");
	pair_run(p, 12000);
	ktap_ok(p->n_sent > n, NULL, "IKE2-LIVE-2 but when they do not");
	pair_free(p);
}

static unsigned int kept;

static void keepalive(void *arg, const struct ike_addr *local, const struct ike_addr *remote)
{
	(void)arg;
	kept += local->port == 4500 && remote->port == 4500;
}

static void test_keepalive(void)
{
	struct pair *p;
	int nat;

	for (nat = 0; nat < 2; nat++) {
		p = pair_new(70);
		p->nat = nat;
		p->end[1].conf.remote = (struct ike_addr){ 0 };
		pair_start(p, 0);
		p->end[0].ctx->conf.keepalive = keepalive;
		p->end[1].ctx->conf.keepalive = keepalive;
		kept = 0;
		up(p, 0);
		pair_run(p, 101000);
		ktap_ok(pair_up(p) && kept == (nat ? 5 : 0), NULL,
			"IKE2-NAT-5 %u keepalives in 100 seconds, %s", kept,
			nat ? "behind a NAT" : "no NAT");
		pair_free(p);
	}
}

/* Both ends begin, sooner or later. */
static void test_both(void)
{
	unsigned int i, good = 0, two = 0;
	struct pair *p;
	int e;

	for (i = 0; i < 60; i++) {
		p = pair_new(100 + i);
		for (e = 0; e < 2; e++) {
			p->end[e].child[0].dpd_action = IKE_ACTION_START;
			p->end[e].child[0].close_action = IKE_ACTION_START;
		}
		p->loss = p->reorder = i & 1 ? 40 : 0;
		pair_start(p, 0);
		up(p, i & 2 ? 1 : 0);
		pair_run(p, i / 2);
		up(p, i & 2 ? 0 : 1);
		pair_run(p, 1000);
		two += pair_count(p, 0) > 1 || pair_count(p, 1) > 1;
		pair_run(p, 250000);
		good += pair_up(p) && pair_kernels(p, pair_kern(p, 0)) && child(p, 0) &&
			child(p, 1);
		pair_free(p);
	}
	ktap_ok(good == 60 && two > 20, NULL,
		"IKE2-COLL-10 both begin: one IKE SA is left, %u of 60, of %u that had two", good, two);
}

static void test_storm(void)
{
	static struct ike_child_conf many[5000];
	struct pair *p = pair_new(50);
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = p->end[0].child[0];
	p->end[0].conf.children = many;
	p->end[0].conf.n_children = ARRAY_SIZE(many);
	p->cut = 0;
	pair_start(p, 0);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		n += !ike_acquire(p->end[0].ctx, p->now, &p->end[0].conf, &many[i], NULL, NULL);
	ktap_ok(n == 4096 && p->n_sent == 1 && pair_kern(p, 0) == 0, NULL,
		"ATK-30 5000 acquires: %u are kept, one IKE SA is begun", n);
	pair_free(p);
}

static struct {
	unsigned int n[IKE_EVENT_GIVEN_UP + 1], asked;
	uint64_t wait;
	enum ike_where where;
	struct ike_addr local, remote;
} told;

static void tell(void *arg, const struct ike_event *e)
{
	(void)arg;
	told.n[e->kind]++;
	if (e->kind == IKE_EVENT_AGAIN)
		told.wait = e->wait;
}

static enum ike_where where(void *arg, const struct ike_peer_conf *peer, struct ike_addr *local,
			    struct ike_addr *remote)
{
	(void)arg;
	(void)peer;
	told.asked++;
	*local = told.local;
	*remote = told.remote;
	return told.where;
}

/* End 0, which is told where its peer is, and tells. */
static struct pair *finder(uint32_t seed, enum ike_where w)
{
	struct pair *p = pair_new(seed);

	memset(&told, 0, sizeof(told));
	told.where = w;
	told.local = p->end[0].conf.local;
	told.remote = p->end[0].conf.remote;
	p->end[0].conf.local = (struct ike_addr){ 0 };
	p->end[0].conf.remote = (struct ike_addr){ 0 };
	quick(p);
	pair_start(p, 0);
	p->end[0].ctx->conf.where = where;
	p->end[0].ctx->conf.event = tell;
	return p;
}

static void test_where(void)
{
	struct pair *p = finder(80, IKE_WHERE_HERE);
	uint64_t at;
	unsigned int n;

	ktap_ok(!up(p, 0) && told.asked, NULL, "the caller is asked where the peer is");
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && told.n[IKE_EVENT_CHILD] == 1 &&
		told.n[IKE_EVENT_SA] && !told.n[IKE_EVENT_AGAIN], NULL,
		"and told that a child is there");
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 1000);
	ktap_ok(told.n[IKE_EVENT_CHILD_GONE] == 1, NULL, "and that it has gone");
	pair_free(p);

	p = finder(81, IKE_WHERE_NEVER);
	ktap_ok(up(p, 0) == -1 && !p->end[0].ctx->wants, NULL,
		"a peer that is nowhere cannot be called");
	pair_free(p);

	p = finder(85, IKE_WHERE_HERE);
	ike_acquire(p->end[0].ctx, p->now, &p->end[0].conf, &p->end[0].child[0], NULL, NULL);
	pair_run(p, 100);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) &&
		!ike_wanted(p->end[0].ctx, &p->end[0].conf, &p->end[0].child[0], &at),
		p->end[0].log, "what has come is not wanted, however soon it goes");
	pair_free(p);

	/* as after a request that nobody can read */
	p = finder(84, IKE_WHERE_HERE);
	p->end[0].child[0].dpd_action = IKE_ACTION_START;
	up(p, 0);
	pair_run(p, 1000);
	ike_sa_die(pair_sa(p, 0), p->now);
	n = p->n_sent;
	pair_run(p, 1000);
	ktap_ok(p->n_sent == n, NULL, "who ends what was just made does not keep us busy");
	pair_run(p, 10000);
	ktap_ok(pair_count(p, 0) == 1 && pair_sa(p, 0)->children, p->end[0].log,
		"it is made again a little later");
	pair_free(p);

	p = finder(82, IKE_WHERE_SOON);
	p->end[0].conf.retry_tries = 1;
	up(p, 0);
	pair_run(p, 20000);
	ktap_ok(!p->n_sent && !told.n[IKE_EVENT_AGAIN] && !told.n[IKE_EVENT_GIVEN_UP] &&
		ike_wanted(p->end[0].ctx, &p->end[0].conf, &p->end[0].child[0], &at), NULL,
		"waiting for an address is no try that failed");
	told.where = IKE_WHERE_HERE;
	ike_found(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2), NULL, "when it is there, it goes on");
	pair_free(p);

	p = finder(83, IKE_WHERE_NOT_NOW);
	p->end[0].conf.retry_ms = 2000;
	up(p, 0);
	pair_run(p, 1000);
	ktap_ok(!p->n_sent && told.n[IKE_EVENT_AGAIN] == 1 && told.wait >= 2000 &&
		told.wait <= 2250, NULL, "no address: tried again, and the caller knows when");
	told.where = IKE_WHERE_HERE;
	pair_run(p, 4000);
	ktap_ok(pair_up(p), NULL, "and then it is there");
	pair_free(p);
}

/* What somebody asked for is made again when the peer was dead, but not for ever. */
static void test_asked(void)
{
	struct pair *p;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		p = finder(90 + i, IKE_WHERE_HERE);
		p->end[0].conf.dpd_ms = 5000;
		p->end[0].child[0].dpd_action = IKE_ACTION_ASKED;
		p->end[0].child[0].forever = i == 2;
		p->end[0].conf.retry_tries = 2;
		p->end[0].conf.retry_ms = 1000;
		p->end[0].conf.retry_max_ms = 4000;
		if (i)
			up(p, 0);
		else
			ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
		pair_run(p, 1000);
		/* it is the same one after it was rekeyed */
		ike_expire(p->end[0].ctx, p->now, IKE_PROTO_ESP, child(p, 0)->spi_in, false);
		pair_run(p, 1000);
		p->cut = 1;
		pair_run(p, 60000);
		ktap_ok(told.n[IKE_EVENT_GIVEN_UP] == (i == 1) &&
			(i == 2) == !!p->end[0].ctx->wants, p->end[0].log,
			"IKE2-LIVE-4 a dead peer: %s", i == 2 ? "tried for ever" : i ?
			"tried twice if somebody asked for the child" :
			"not called again if nobody did");
		pair_restart(p, 1, 0);
		p->cut = -1;
		pair_run(p, 20000);
		ktap_ok((i == 2) == (pair_up(p) && pair_kernels(p, 2)), NULL,
			"IKE2-LIVE-4 and %s", i == 2 ? "it comes back" : "that is it");
		if (i == 1) {
			up(p, 0);
			pair_run(p, 1000);
			ktap_ok(pair_up(p), NULL, "until somebody asks once more");
		}
		pair_free(p);
	}
}

/* A child that the configuration has no longer is not made again. */
static void test_forgotten(void)
{
	struct pair *p = established(94, IKE_ACTION_START, IKE_ACTION_START);
	struct ike_child_conf other = p->end[0].child[0];

	p->end[0].conf.children = &other;
	p->cut = 1;
	pair_run(p, 20000);
	ktap_ok(!child(p, 0) && !p->end[0].ctx->wants, p->end[0].log,
		"a child that is not configured any more is not wanted");
	pair_free(p);
}

/* A packet that the configuration does not cover has no say in what is negotiated. */
static void test_outside(void)
{
	struct pair *p = pair_new(95);

	pair_start(p, 0);
	acquire(p, 0, 0, "10.9.5.7/32[tcp/40000]", "10.2.9.9/32[tcp/443]");
	pair_run(p, 25);
	ktap_ok(child(p, 0) || (pair_sa(p, 0)->xc.child && pair_sa(p, 0)->xc.child->n_local == 1), NULL,
		"IKE2-TS-3 a packet outside of the selectors is not offered");
	pair_free(p);
}

/* What is idle is not looked at: nothing of it is due, whatever others do. */
static void test_idle(void)
{
	struct pair *p = pair_new(96);
	struct ike_ctx *c;
	struct ike_sa *sa;
	uint64_t at;
	unsigned int i;

	p->cut = 0;
	p->end[0].conf.rtx_first_ms = 60000;
	pair_start(p, 0);
	c = p->end[0].ctx;
	for (i = 0; i < 1000; i++)
		ike_initiate(c, p->now + i, &p->end[0].conf);
	at = ike_tick(c, p->now + 1000);
	sa = ike_sa_next(c, NULL);
	ktap_ok(c->n_sas == 1000 && c->n_heap == 1000 && at >= p->now + 60000 && !c->touched, NULL,
		"a thousand SAs that wait");
	sa->expire_at = p->now + 2000;
	ktap_ok(ike_tick(c, p->now + 1500) == at, NULL, "none is looked at before its time");
	ike_sa_touch(sa);
	ktap_ok(ike_tick(c, p->now + 1500) == p->now + 2000 &&
		ike_tick(c, p->now + 2000) == at && c->n_sas == 999, NULL,
		"but one that was touched");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_where();
	test_asked();
	test_forgotten();
	test_outside();
	test_idle();
	test_acquire();
	test_again();
	test_dead();
	test_roaming();
	test_closed();
	test_kernel();
	test_keepalive();
	test_both();
	test_storm();
	return ktap_end();
}
