// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says of a negotiation that failed: one line at each end, with what was
 * offered, what is accepted and where they part.
 */
#include "../../tests/ktap.h"
#include "pair.h"

static unsigned int failures[2], of[2][IKE_WHY_COUNT];

static void tell(void *arg, const struct ike_event *e)
{
	struct end *end = arg;
	int i = end == &end->pair->end[1];

	if (e->kind != IKE_EVENT_FAILED)
		return;
	failures[i]++;
	of[i][e->why]++;
}

static void run(struct pair *p, uint64_t ms)
{
	int e;

	memset(failures, 0, sizeof(failures));
	memset(of, 0, sizeof(of));
	pair_start(p, 0);
	for (e = 0; e < 2; e++)
		p->end[e].ctx->conf.event = tell;
	if (ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf))
		abort();
	pair_run(p, ms);
}

/* How often @what is in the log of end @e. */
static unsigned int said(struct pair *p, int e, const char *what)
{
	const char *at = p->end[e].log;
	unsigned int n = 0;

	for (; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void says(struct pair *p, int e, enum ike_why why, const char *text, const char *name)
{
	ktap_ok(said(p, e, text) == 1 && p->end[e].ctx->stats.failed[why] == 1, p->end[e].log,
		"%s", name);
}

static void test_proposal(void)
{
	struct pair *p = pair_new(1);

	p->end[1].conf.n_ike = pair_proposals(p->end[1].ike, IKE_PROTO_IKE,
					      "aes128gcm16-prfsha384-x25519");
	p->end[0].conf.rtx_tries = 1;
	run(p, 3000);
	says(p, 1, IKE_WHY_PROPOSAL, "192.0.2.1:500: no common proposal: peer offers "
	     "IKE:aes128gcm16-prfsha256-x25519-ecp256; we accept IKE:aes128gcm16-prfsha384-x25519; "
	     "first difference: PRF of proposal 1: prfsha256 offered, prfsha384 accepted\n", "IKE2-SA-9 proposal, the responder");
	pair_run(p, 60000);
	says(p, 0, IKE_WHY_TIMEOUT, "peer does not answer at 192.0.2.2:500 (peer may have refused: "
	     "NO_PROPOSAL_CHOSEN; we offered IKE:", "proposal, the initiator");
	ktap_ok(failures[0] == 1 && said(p, 0, "may have refused") == 2, p->end[0].log,
		"an answer of no use is said once, and when that was it");
	pair_free(p);

	p = pair_new(2);
	p->end[1].child[0].n_esp = pair_proposals(p->end[1].esp[0], IKE_PROTO_ESP, "aes256gcm16");
	run(p, 3000);
	says(p, 1, IKE_WHY_PROPOSAL, "net: no common proposal: peer offers "
	     "ESP:aes128gcm16-noesn; we accept ESP:aes256gcm16-noesn; first difference: encryption of "
	     "proposal 1: aes128gcm16 offered, aes256gcm16 accepted\n", "IKE2-SA-9 proposal of a child, the responder");
	says(p, 0, IKE_WHY_REFUSED, "net: peer refused the child: NO_PROPOSAL_CHOSEN; we offered ESP:",
	     "proposal of a child, the initiator");
	ktap_ok(failures[0] == 1 && failures[1] == 1, NULL, "one failure at each end");
	pair_free(p);
}

static void ts_case(uint32_t seed, const char *there, const char *text)
{
	struct pair *p = pair_new(seed);

	pair_ts(&p->end[1].local[0][0], there);
	run(p, 3000);
	says(p, 1, IKE_WHY_SELECTORS, text, text);
	says(p, 0, IKE_WHY_REFUSED, "TS_UNACCEPTABLE; we offered 10.1.0.0/16 === 10.2.0.0/16",
	     "selectors, the initiator");
	ktap_ok(failures[0] == 1 && failures[1] == 1, NULL, "one failure at each end");
	pair_free(p);
}

static void test_selectors(void)
{
	struct pair *p;

	ts_case(10, "10.9.0.0/16", "net: no common traffic selectors: peer offers 10.1.0.0/16 === "
		"10.2.0.0/16; we accept 10.1.0.0/16 === 10.9.0.0/16; first difference: addresses of "
		"TSr: 10.2.0.0/16 offered, 10.9.0.0/16 accepted\n");
	ts_case(11, "fd00::/64", "first difference: family of TSr: 10.2.0.0/16 offered, fd00::/64 "
		"accepted\n");
	p = pair_new(12);
	pair_ts(&p->end[0].local[0][0], "10.1.0.0/16[tcp]");
	pair_ts(&p->end[1].remote[0][0], "10.1.0.0/16[udp/53]");
	run(p, 3000);
	says(p, 1, IKE_WHY_SELECTORS, "first difference: protocol of TSi: 10.1.0.0/16[tcp] offered, "
	     "10.1.0.0/16[udp/53] accepted", "selectors, protocols");
	pair_free(p);
	p = pair_new(13);
	pair_ts(&p->end[0].local[0][0], "10.1.0.0/16[udp/54]");
	pair_ts(&p->end[1].remote[0][0], "10.1.0.0/16[udp/53]");
	run(p, 3000);
	says(p, 1, IKE_WHY_SELECTORS, "first difference: ports of TSi: 10.1.0.0/16[udp/54] offered, "
	     "10.1.0.0/16[udp/53] accepted", "selectors, ports");
	pair_free(p);

	/* what another child takes is no failure */
	p = pair_new(14);
	p->end[1].child[1] = p->end[1].child[0];
	p->end[1].child[1].name = "right";
	p->end[1].child[1].local = p->end[1].local[1];
	p->end[1].local[1][0] = p->end[1].local[0][0];
	pair_ts(&p->end[1].local[0][0], "10.9.0.0/16");
	p->end[1].conf.n_children = 2;
	run(p, 3000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && !failures[1] &&
		!pair_said(p, 1, "no common traffic"), p->end[1].log, "another child fits");
	pair_free(p);
}

static void test_identity(void)
{
	struct pair *p = pair_new(20);

	p->end[1].conf.remote_id = pair_id("mars.example.org");
	run(p, 3000);
	says(p, 1, IKE_WHY_IDENTITY, "no peer has these identities: peer is \"moon.example.org\" and "
	     "asks for \"sun.example.org\"; we accept \"mars.example.org\" for \"sun.example.org\"; "
	     "first difference: who the peer is\n", "who the initiator is");
	says(p, 0, IKE_WHY_REFUSED, "peer refused: AUTHENTICATION_FAILED; we are \"moon.example.org\" "
	     "by a pre-shared key", "and it knows as whom");
	pair_free(p);

	p = pair_new(21);
	p->end[1].conf.local_id = pair_id("venus.example.org");
	run(p, 3000);
	says(p, 1, IKE_WHY_IDENTITY, "first difference: whom it asks for", "whom it asks for");
	pair_free(p);

	p = pair_new(22);
	p->end[0].conf.remote_id = pair_id("*.example.com");
	run(p, 3000);
	says(p, 0, IKE_WHY_IDENTITY, "identity is not the one expected: peer is \"sun.example.org\"; "
	     "we accept \"*.example.com\" for \"moon.example.org\"\n", "who the responder is");
	ktap_ok(failures[0] == 1 && failures[1] == 1 && of[1][IKE_WHY_REFUSED], NULL,
		"one failure at each end");
	pair_free(p);
}

static void test_auth(void)
{
	struct pair *p = pair_new(30);

	p->end[1].conf.secret.n = 14;
	run(p, 3000);
	says(p, 1, IKE_WHY_AUTH, "peer not authenticated: \"moon.example.org\": shared secrets differ\n",
	     "secrets");
	ktap_ok(!pair_said(p, 0, "a shared secret") && !pair_said(p, 1, "a shared secret"), NULL,
		"no secret is in the log");
	pair_free(p);

	p = pair_new(31);
	p->end[1].conf.remote_by = IKE_BY_CERT;
	run(p, 3000);
	says(p, 1, IKE_WHY_AUTH, "peer not authenticated: \"moon.example.org\": authentication method "
	     "not supported; peer offers pre-shared key; we accept a certificate\n", "a key, not a certificate");
	pair_free(p);
}

/* Datagrams of anybody: counted all, said some. */
static void test_anybody(void)
{
	struct pair *p = pair_new(40);
	unsigned int i, n;

	p->end[1].conf.remote = pair_addr(9, 500);
	pair_start(p, 0);
	for (i = 0; i < 100; i++)
		ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 100);
	n = said(p, 1, "192.0.2.2:500 - 192.0.2.1:500: no peer is configured for these addresses\n");
	ktap_ok(p->end[1].ctx->stats.failed[IKE_WHY_ADDRESS] == 100 && n == 10, p->end[1].log,
		"a hundred requests of nobody: %u lines", n);
	pair_run(p, 6000);
	ktap_ok(pair_said(p, 1, "90 more failures"), NULL, "and one for the rest");
	pair_free(p);
}

static void test_names(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < IKE_WHY_COUNT; i++)
		n += ike_why_name((enum ike_why)i) != NULL;
	ktap_ok(n == IKE_WHY_COUNT, NULL, "all reasons have names");
}

int main(void)
{
	ktap_begin();
	test_proposal();
	test_selectors();
	test_identity();
	test_auth();
	test_anybody();
	test_names();
	return ktap_end();
}
