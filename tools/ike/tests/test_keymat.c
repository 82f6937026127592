// SPDX-License-Identifier: GPL-2.0
/*
 * Key derivation against vectors.h, which a separate program made.
 */
#include "../../tests/ktap.h"
#include "../crypto.h"
#include "hex.h"
#include "vectors.h"

static struct ike_seed seed(const char *ni, const char *nr, const char *spis)
{
	struct ike_seed s = { hex(ni), hex(nr) };
	struct ike_buf spi = hex(spis);

	memcpy(s.spi_i, spi.p, 8);
	memcpy(s.spi_r, spi.p + 8, 8);
	return s;
}

static uint8_t *add(uint8_t *to, const uint8_t *from, size_t n)
{
	return (uint8_t *)memcpy(to, from, n) + n;
}

/* All keys in the order of the RFC. */
static bool all_same(const struct ike_keys *k, const char *want)
{
	uint8_t all[512], *p = all;

	p = add(p, k->d, k->prf_len);
	p = add(p, k->ai, k->integ_len);
	p = add(p, k->ar, k->integ_len);
	p = add(p, k->ei, k->encr_len);
	p = add(p, k->er, k->encr_len);
	p = add(p, k->pi, k->prf_len);
	p = add(p, k->pr, k->prf_len);
	return same(all, (size_t)(p - all), want);
}

static bool child_same(const struct ike_child_keys *c, const char *want)
{
	uint8_t all[256], *p = all;

	p = add(p, c->ei, c->encr_len);
	p = add(p, c->ai, c->integ_len);
	p = add(p, c->er, c->encr_len);
	p = add(p, c->ar, c->integ_len);
	return same(all, (size_t)(p - all), want);
}

static void test_derived(size_t i)
{
	struct ike_suite suite = { derived[i].encr, derived[i].bits, derived[i].integ,
				   derived[i].prf };
	struct ike_seed s = seed(V_NI, V_NR, V_SPIS), s2 = seed(V_N2I, V_N2R, V_SPIS2);
	struct ike_buf secrets[] = { hex(V_S2), hex(V_S1) };
	uint16_t p = suite.prf;
	struct ike_keys k, r;
	struct ike_child_keys c;

	ktap_ok(!ike_keys_initial(&k, &suite, &s, hex(V_S0)) && all_same(&k, derived[i].initial),
		NULL, "IKE2-KEY-1 IKE2-KEY-2%s prf %u: first keys",
		ike_prf_fixed_key(p) ? " IKE2-KEY-3" : "", p);
	ktap_ok(!ike_keys_next(&k, &s, hex(V_S1)) && all_same(&k, derived[i].next), NULL,
		"IKE2-MKE-3 prf %u: after an additional key exchange", p);
	ktap_ok(!ike_keys_ppk(&k, hex(V_PPK)) && all_same(&k, derived[i].ppk), NULL,
		"IKE2-PPK-2 IKE2-PPK-6 prf %u: with a PPK", p);
	ktap_ok(!ike_keys_child(&k, suite.encr, suite.encr_bits, suite.integ, &s, NULL, 0, &c) &&
		child_same(&c, derived[i].child), NULL,
		"IKE2-KEY-4 IKE2-ALG-5 prf %u: first child", p);
	ktap_ok(!ike_keys_child(&k, suite.encr, suite.encr_bits, suite.integ, &s2, secrets, 2,
				&c) && child_same(&c, derived[i].child_pfs), NULL,
		"IKE2-KEY-4 IKE2-MKE-6 prf %u: child with two key exchanges", p);
	ktap_ok(!ike_keys_rekey(&r, &k, &suite, &s2, secrets, 2) &&
		all_same(&r, derived[i].rekeyed), NULL,
		"IKE2-KEY-5 IKE2-MKE-6 prf %u: rekeyed", p);
	suite.prf = p == 5 ? 7 : 5;
	ktap_ok(ike_keys_rekey(&r, &k, &suite, &s2, secrets, 1) == IKE_CRYPT_PRF_CHANGE, NULL,
		"IKE2-KEY-5 prf %u does not change in a rekeying", p);
	suite.prf = p;
	ktap_ok(ike_keys_rekey(&r, &k, &suite, &s2, NULL, 0) == IKE_CRYPT_NO_SECRET, NULL,
		"IKE2-KEY-6 prf %u: no rekeying without a key exchange", p);
	ike_keys_wipe(&k);
	ktap_ok(!k.prf_len && !k.d[0] && !k.pr[0], NULL, "IKE2-KEY-7 prf %u: wiped", p);
}

static void test_sk_of_keys(void)
{
	struct ike_suite suite = { 20, 256, 0, 5 };
	struct ike_seed s = seed(V_NI, V_NR, V_SPIS);
	uint8_t msg[128] = { 0 };
	struct ike_sk out, in, wrong;
	struct ike_buf inner;
	struct ike_keys k;
	bool ok;

	ok = !ike_keys_initial(&k, &suite, &s, hex(V_S0)) && !ike_keys_sk(&k, true, &out) &&
	     !ike_keys_sk(&k, true, &in) && !ike_keys_sk(&k, false, &wrong) &&
	     !ike_sk_seal(&out, msg, 32, 20, sizeof(msg));
	ktap_ok(ok && ike_sk_open(&wrong, msg, 32, 32 + 8 + 21 + 16, &inner) == IKE_CRYPT_ICV,
		NULL, "IKE2-KEY-1 the other direction has other keys");
	ok = ok && !ike_sk_seal(&out, msg, 32, 20, sizeof(msg)) &&
	     !ike_sk_open(&in, msg, 32, 32 + 8 + 21 + 16, &inner) && inner.n == 20;
	ktap_ok(ok, NULL, "IKE2-KEY-1 what the initiator seals opens with its keys");
	s.ni.n = 15;
	ktap_ok(ike_keys_initial(&k, &suite, &s, hex(V_S0)) == IKE_CRYPT_NONCE, NULL,
		"a nonce of 15 octets is refused");
	s.ni.n = 257;
	ktap_ok(ike_keys_initial(&k, &suite, &s, hex(V_S0)) == IKE_CRYPT_NONCE, NULL,
		"a nonce of 257 octets is refused");
	suite.integ = 12;
	s.ni.n = 16;
	ktap_ok(ike_keys_initial(&k, &suite, &s, hex(V_S0)) == IKE_CRYPT_UNKNOWN, NULL,
		"IKE2-ALG-3 no keys for an AEAD with a second integrity");
}

/* encr, bits, integ; lengths of their keys, -1 if the pair is refused. */
static const struct {
	uint16_t encr, bits, integ;
	int e, a;
} lens[] = {
	{ 12, 128, 12, 16, 32 }, { 12, 192, 13, 24, 48 }, { 12, 256, 14, 32, 64 },
	{ 12, 256, 2, 32, 20 }, { 12, 128, 5, 16, 16 }, { 12, 128, 8, 16, 16 },
	{ 13, 128, 12, 20, 32 }, { 13, 256, 12, 36, 32 },
	{ 14, 128, 0, 19, 0 }, { 15, 192, 0, 27, 0 }, { 16, 256, 0, 35, 0 },
	{ 18, 128, 0, 20, 0 }, { 19, 192, 0, 28, 0 }, { 20, 256, 0, 36, 0 },
	{ 21, 128, 0, 20, 0 }, { 21, 256, 0, 36, 0 }, { 28, 0, 0, 36, 0 },
	{ 3, 0, 12, 24, 32 }, { 11, 0, 12, 0, 32 },
	{ 0, 0, 12, 0, 32 }, { 0, 0, 9, 0, 20 }, { 0, 0, 11, 0, 36 },
	{ 12, 128, 0, -1 }, { 11, 0, 0, -1 }, { 20, 128, 12, -1 }, { 12, 0, 12, -1 },
	{ 12, 128, 1, -1 }, { 2, 0, 12, -1 }, { 28, 256, 0, -1 }, { 0, 0, 0, -1 },
	{ 13, 128, 0, -1 }, { 12, 128, 9, -1 }, { 21, 128, 12, -1 }, { 0, 128, 12, -1 },
};

static void test_lengths(void)
{
	size_t i, e, a;
	bool ok;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ok = ike_child_lengths(lens[i].encr, lens[i].bits, lens[i].integ, &e, &a);
		if (lens[i].e < 0)
			ktap_ok(!ok, NULL, "IKE2-ALG-3 child %u/%u with integrity %u is refused",
				lens[i].encr, lens[i].bits, lens[i].integ);
		else
			ktap_ok(ok && e == (size_t)lens[i].e && a == (size_t)lens[i].a, NULL,
				"IKE2-ALG-5 child %u/%u integrity %u: %d and %d octets",
				lens[i].encr, lens[i].bits, lens[i].integ, lens[i].e, lens[i].a);
	}
}

int main(void)
{
	size_t i;

	ktap_begin();
	for (i = 0; i < ARRAY_SIZE(derived); i++)
		test_derived(i);
	test_sk_of_keys();
	test_lengths();
	return ktap_end();
}
