// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines with post-quantum preshared keys (RFC 8784), and without a child in
 * IKE_AUTH (RFC 6023).
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static void ppk(struct pair *p, int i, const char *key, const char *id, bool required)
{
	struct ike_peer_conf *c = &p->end[i].conf;

	c->ppk = (struct ike_buf){ (const uint8_t *)key, key ? strlen(key) : 0 };
	c->ppk_id = (struct ike_buf){ (const uint8_t *)id, id ? strlen(id) : 0 };
	c->ppk_required = required;
}

#define KEY "0123456789abcdef0123456789abcdef"
#define BAD "0123456789abcdef0123456789abcdee"

static void test_table(void)
{
	static const struct {
		const char *key[2], *id[2];
		bool required[2], up, used;
		const char *what;
	} t[] = {
		{ { KEY, KEY }, { "a", "a" }, { false, false }, true, true, "both have it" },
		{ { KEY, KEY }, { "a", "a" }, { true, true }, true, true, "both insist on it" },
		{ { KEY, NULL }, { "a", NULL }, { false, false }, true, false, "one has it" },
		{ { NULL, KEY }, { NULL, "a" }, { false, false }, true, false, "the other" },
		{ { KEY, NULL }, { "a", NULL }, { true, false }, false, false,
		  "the initiator insists" },
		{ { NULL, KEY }, { NULL, "a" }, { false, true }, false, false,
		  "the responder insists" },
		{ { KEY, KEY }, { "a", "b" }, { false, false }, true, false, "another identity" },
		{ { KEY, KEY }, { "a", "b" }, { true, false }, false, false,
		  "another identity, no NO_PPK_AUTH" },
		{ { KEY, KEY }, { "a", "b" }, { false, true }, false, false,
		  "another identity, the responder insists" },
		{ { KEY, BAD }, { "a", "a" }, { false, false }, false, false, "another key" },
	};
	struct pair *p, *q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		p = pair_new(10);
		ppk(p, 0, t[i].key[0], t[i].id[0], t[i].required[0]);
		ppk(p, 1, t[i].key[1], t[i].id[1], t[i].required[1]);
		pair_go(p);
		ktap_ok(t[i].up ? pair_up(p) && pair_kernels(p, 2) && !pair_sa(p, 0)->plain
				: !pair_count(p, 0) && !pair_count(p, 1), p->end[1].log,
			"IKE2-PPK-4 IKE2-PPK-1 %s", t[i].what);
		if (t[i].up)
			ktap_ok(pair_sa(p, 0)->use_ppk == (t[i].key[0] && t[i].key[1]) &&
				(pair_said(p, 0, "going on without") ==
				 (pair_sa(p, 0)->use_ppk && !t[i].used)), NULL,
				"IKE2-PPK-3 it is %sused", t[i].used ? "" : "not ");
		pair_free(p);
	}

	/* other keys for children, the same ones for the IKE SA itself */
	p = pair_new(11);
	ppk(p, 0, KEY, "a", false);
	ppk(p, 1, KEY, "a", false);
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 25);
	ktap_ok(pair_sa(p, 0)->plain && memcmp(pair_sa(p, 0)->plain->d, pair_sa(p, 0)->keys.d, 32) &&
		memcmp(pair_sa(p, 0)->plain->pi, pair_sa(p, 0)->keys.pi, 32) &&
		!memcmp(pair_sa(p, 0)->plain->ei, pair_sa(p, 0)->keys.ei, 16), NULL,
		"IKE2-PPK-2 SK_d and SK_p change, SK_e does not");
	pair_run(p, 1000);
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 1000);
	ike_task_add(pair_sa(p, 1), p->now, &(struct ike_task){ IKE_TASK_REKEY_CHILD, NULL,
		     pair_sa(p, 1)->children->spi_in });
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && !pair_sa(p, 0)->use_ppk, NULL,
		"IKE2-PPK-2 not in rekeyings");
	pair_free(p);

	q = pair_new(12);
	ppk(q, 0, KEY, "a", true);
	ppk(q, 1, KEY, "a", true);
	for (i = 0; i < 2; i++)
		q->end[i].conf.n_ike = pair_proposals(q->end[i].ike, IKE_PROTO_IKE,
						      "aes128gcm16-prfsha256-x25519-ke1_ecp256");
	pair_go(q);
	ktap_ok(pair_up(q) && pair_kernels(q, 2), q->end[1].log,
		"IKE2-PPK-6 behind additional key exchanges");
	pair_free(q);
}

static void test_childless(void)
{
	static const struct {
		enum ike_childless a, b;
		bool up, childless;
	} t[] = {
		{ IKE_CHILDLESS_FORCE, IKE_CHILDLESS_ALLOW, true, true },
		{ IKE_CHILDLESS_PREFER, IKE_CHILDLESS_ALLOW, true, true },
		{ IKE_CHILDLESS_PREFER, IKE_CHILDLESS_NEVER, true, false },
		{ IKE_CHILDLESS_FORCE, IKE_CHILDLESS_NEVER, false, false },
		{ IKE_CHILDLESS_ALLOW, IKE_CHILDLESS_ALLOW, true, false },
	};
	struct pair *p;
	unsigned int i, k, n;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		p = pair_new(30 + i);
		p->end[0].conf.childless = t[i].a;
		p->end[1].conf.childless = t[i].b;
		pair_go(p);
		for (k = n = 0; k < p->n_sent; k++)
			n += p->sent[k].p[18] == IKE_X_CREATE_CHILD_SA;
		ktap_ok(pair_up(p) == t[i].up && pair_kernels(p, t[i].up ? 2 : 0) &&
			n == (t[i].childless ? 2 : 0), p->end[1].log,
			"IKE2-CL-1 IKE2-CL-2 %u and %u: %s", t[i].a, t[i].b,
			!t[i].up ? "no" : t[i].childless ? "the child comes later" : "with a child");
		pair_free(p);
	}

	p = pair_new(40);
	p->end[0].conf.childless = IKE_CHILDLESS_FORCE;
	pair_start(p, 0);
	ike_initiate(p->end[0].ctx, p->now, &p->end[0].conf);
	pair_run(p, 15);
	pair_sa(p, 1)->childless = false;
	pair_run(p, 1000);
	ktap_ok(!pair_count(p, 0) && !pair_count(p, 1) && pair_said(p, 0, "INVALID_SYNTAX"), NULL,
		"IKE2-CL-1 without a child though that was not agreed on");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_table();
	test_childless();
	return ktap_end();
}
