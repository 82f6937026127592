// SPDX-License-Identifier: GPL-2.0
/*
 * Two IKE machines and addresses inside of the tunnel (RFC 7296 2.19).
 */
#include "../../tests/ktap.h"
#include "../octets.h"
#include "pair.h"

static struct ike_addr had[8], dns;
static unsigned int n_had, added, removed;

static void vip(void *arg, const struct ike_sa *sa, const struct ike_addr *a, bool add)
{
	(void)arg;
	(void)sa;
	added += add;
	removed += !add;
	if (add && n_had < ARRAY_SIZE(had))
		had[n_had++] = *a;
}

static void got_dns(void *arg, const struct ike_peer_conf *peer, const struct ike_addr *a)
{
	(void)arg;
	(void)peer;
	dns = *a;
}

static const uint8_t dns4[4] = { 10, 2, 0, 53 };
static uint8_t mad4[4] = { 127, 0, 0, 1 };
static const struct ike_cp_value attrs[] = {
	{ IKE_CPA_IP4_DNS, { dns4, 4 } }, { IKE_CPA_IP4_DNS, { mad4, 4 } },
	{ 30000, { dns4, 4 } },
};

static struct ike_pool v4, v6;
static const struct ike_pool *const pools[] = { &v4, &v6 };
static const struct ike_addr any[] = { { .len = 4 }, { .len = 16 } };

/* End 1 leases @size addresses; end 0 asks for @n families. */
static struct pair *with(uint32_t seed, uint32_t size, unsigned int n)
{
	struct pair *p = pair_new(seed);

	v4 = (struct ike_pool){ { 4, { 10, 99, 0, 254 }, 0 }, size, attrs, ARRAY_SIZE(attrs) };
	v6 = (struct ike_pool){ { 16, { 0xfd, 0, [15] = 0xff }, 0 }, size, NULL, 0 };
	p->end[1].conf.pools = pools;
	p->end[1].conf.n_pools = 2;
	p->end[0].conf.vips = any;
	p->end[0].conf.n_vips = n;
	pair_ts(&p->end[0].local[0][0], "dynamic");
	pair_ts(&p->end[1].remote[0][0], "dynamic");
	pair_ts(&p->end[0].remote[0][0], "10.2.0.0/16");
	if (n == 2) {
		pair_ts(&p->end[0].remote[0][1], "fd02::/64");
		pair_ts(&p->end[1].local[0][1], "fd02::/64");
		p->end[0].child[0].n_remote = p->end[1].child[0].n_local = 2;
	}
	n_had = added = removed = 0;
	return p;
}

static struct pair *go(struct pair *p)
{
	pair_start(p, 0);
	p->end[0].ctx->conf.vip = vip;
	p->end[0].ctx->conf.dns = got_dns;
	if (ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL))
		abort();
	pair_run(p, 3000);
	return p;
}

static bool is(const struct ike_ts *t, const char *text)
{
	struct ike_ts w;

	pair_ts(&w, text);
	return ike_ts_equal(t, &w);
}

static void test_lease(void)
{
	struct ike_child *ch;
	struct pair *p;

	p = go(with(10, 100, 1));
	ch = pair_sa(p, 0)->children;
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && ch && ch->n_local == 1 &&
		is(&ch->local[0], "10.99.0.254/32") && is(&ch->remote[0], "10.2.0.0/16") &&
		n_had == 1 && had[0].a[3] == 254, p->end[1].log,
		"IKE2-CP-1 IKE2-CP-2 an address; the selector is that address");
	ktap_ok(dns.len == 4 && !memcmp(dns.a, dns4, 4) && pair_said(p, 0, "cannot be"), NULL,
		"IKE2-CP-4 a name server; one at 127.0.0.1 is not taken");
	ike_task_add(pair_sa(p, 1), p->now, &(struct ike_task){ IKE_TASK_REKEY });
	pair_run(p, 70000);
	ktap_ok(pair_up(p) && added == 1 && !removed && p->end[1].ctx->leases, NULL,
		"IKE2-CP-2 it stays when the IKE SA is replaced");
	ike_task_add(pair_sa(p, 0), p->now, &(struct ike_task){ IKE_TASK_REKEY_CHILD,
		     &p->end[0].child[0], pair_sa(p, 0)->children->spi_in });
	pair_run(p, 1000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) &&
		is(&pair_sa(p, 0)->children->local[0], "10.99.0.254/32"), NULL,
		"IKE2-CP-2 and when the child is rekeyed");
	ike_down(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 1000);
	ktap_ok(removed == 1 && !p->end[1].ctx->leases, NULL,
		"IKE2-CP-2 it is given back with the IKE SA");
	pair_free(p);

	p = go(with(11, 100, 2));
	ch = pair_sa(p, 0)->children;
	ktap_ok(pair_up(p) && ch && ch->n_local == 2 && n_had == 2 && had[1].len == 16 &&
		had[1].a[15] == 0xff &&
		is(&ch->local[1], "fd00::ff/128"), p->end[1].log,
		"IKE2-CP-1 one of each family");
	pair_free(p);
}

static void test_same(void)
{
	struct pair *p = go(with(20, 1, 1));

	ktap_ok(pair_up(p) && n_had == 1, NULL, "the only address of a pool");
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	p->end[0].ctx->conf.vip = vip;
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	pair_run(p, 3000);
	ktap_ok(pair_up(p) && n_had == 2 && had[1].a[3] == 254 && pair_kern(p, 1) == 2,
		p->end[1].log,
		"ATK-30 IKE2-CP-2 the same identity again: the same address, no leak");
	pair_free(p);
}

/* Another configuration while an address is leased, as ike_reload() does it. */
static void test_reload(void)
{
	static struct ike_pool wide, names;
	static const struct ike_pool *const more[] = { &names, &wide };
	static const struct ike_cp_value named[] = { { IKE_CPA_IP4_DNS, { dns4, 4 } } };
	struct pair *p = go(with(40, 2, 1));
	struct ike_peer_conf other = p->end[1].conf;
	struct ike_sa *sa = pair_sa(p, 1);
	struct ike_addr a;
	struct ike_lease *l;

	wide = (struct ike_pool){ { 4, { 10, 99, 0, 253 }, 0 }, 4, NULL, 0 };
	names = (struct ike_pool){ .attrs = named, .n_attrs = 1 };
	other.pools = more;
	other.n_pools = 2;
	ike_pool_free(p->end[1].ctx);
	sa->peer = &other;
	v4.size = 0;
	l = ike_lease_take(sa, 4, &a);
	ktap_ok(l && l == sa->lease[0] && a.a[3] == 254 && ike_lease_pool(sa, l) == &wide, NULL,
		"IKE2-CP-2 a lease outlives its configuration");
	ike_lease_give(sa, l);
	sa->peer_id_type = IKE_ID_KEY_ID;
	l = ike_lease_take(sa, 4, &a);
	ktap_ok(l && l != sa->lease[0] && a.a[3] == 253, NULL,
		"IKE2-CP-2 somebody else gets another address");
	ike_lease_give(sa, l);
	l = ike_lease_take(sa, 4, &a);
	ktap_ok(l && a.a[2] == 0 && a.a[3] == 255, NULL, "IKE2-CP-2 not one that is leased");
	ike_lease_give(sa, l);
	sa->peer_id_type = IKE_ID_FQDN;
	p->end[1].conf = other;
	sa->peer = &p->end[1].conf;
	n_had = 0;
	dns.len = 0;
	pair_restart(p, 0, 0);
	memset(&p->end[0].kern, 0, sizeof(p->end[0].kern));
	p->end[0].ctx->conf.vip = vip;
	ike_up(p->end[0].ctx, p->now, &p->end[0].conf, NULL);
	p->end[0].ctx->conf.dns = got_dns;
	pair_run(p, 3000);
	ktap_ok(pair_up(p) && n_had == 1 && had[0].a[3] == 254 && dns.len == 4 &&
		pair_sa(p, 0)->n_dns == 1, p->end[1].log,
		"IKE2-CP-4 a name server of a pool without addresses");
	pair_free(p);
}

static void test_none(void)
{
	struct pair *p = go(with(30, 0, 1));

	ktap_ok(pair_up(p) && pair_kernels(p, 0) && !n_had &&
		pair_said(p, 0, "INTERNAL_ADDRESS_FAILURE"), p->end[0].log,
		"IKE2-CP-3 none left: no child, the IKE SA stays");
	v4.size = 1;
	ike_pool_free(p->end[1].ctx);
	pair_run(p, 30000);
	ktap_ok(pair_up(p) && pair_kernels(p, 2) && n_had == 1, p->end[0].log,
		"IKE2-CP-3 it is asked for again with a new IKE SA");
	pair_free(p);

	p = with(31, 10, 1);
	p->end[0].conf.n_vips = 0;
	go(p);
	ktap_ok(pair_up(p) && !n_had && !p->end[1].ctx->leases, NULL,
		"IKE2-CP-1 nobody asked, nothing is leased");
	pair_free(p);

	/* a selector that is not the lease */
	p = with(32, 10, 1);
	pair_ts(&p->end[0].local[0][0], "10.99.0.7/32");
	go(p);
	ktap_ok(pair_up(p) && pair_kernels(p, 0) && pair_said(p, 0, "TS_UNACCEPTABLE"), NULL,
		"ATK-21 IKE2-TS-7 a selector outside of the lease");
	pair_free(p);

	mad4[0] = 224;
	p = with(33, 10, 1);
	v4.first = (struct ike_addr){ 4, { 127, 0, 0, 1 }, 0 };
	go(p);
	ktap_ok(!n_had && pair_said(p, 0, "cannot be"), NULL,
		"IKE2-CP-4 127.0.0.1 is not taken as our address");
	pair_free(p);
}

int main(void)
{
	ktap_begin();
	test_lease();
	test_same();
	test_reload();
	test_none();
	return ktap_end();
}
