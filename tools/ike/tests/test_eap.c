// SPDX-License-Identifier: GPL-2.0
/*
 * EAP without IKE: both state machines with each other and with what nobody sends, and
 * MS-CHAPv2 with the examples of RFC 2759 9.2 and RFC 3079 3.5.
 */
#include <stdlib.h>
#include <string.h>

#include "../../lib/util.h"
#include "../../tests/ktap.h"
#include "../eap.h"
#include "../mschap.h"
#include "../octets.h"
#include "hex.h"

static struct ike_buf text(const char *s)
{
	return (struct ike_buf){ (const uint8_t *)s, strlen(s) };
}

static void test_vectors(void)
{
	struct ike_mschap m = { .user = text("User") };
	uint8_t hash[16], response[24], proof[20], msk[64];

	setenv("OPENSSL_MODULES", "/nonexistent", 1);
	ktap_ok(!ike_mschap_usable() && ike_mschap_hash(text("x"), hash), NULL,
		"without libcrypto's legacy provider there is no MS-CHAPv2");
	unsetenv("OPENSSL_MODULES");
	ktap_ok(ike_mschap_usable(), NULL, "with it there is");
	memcpy(m.server, hex("5B5D7C7D7B3F2F3E3C2C602132262628").p, 16);
	memcpy(m.peer, hex("21402324255E262A28295F2B3A337C7E").p, 16);
	ktap_ok(!ike_mschap_hash(text("clientPass"), hash) &&
		same(hash, 16, "44EBBA8D5312B8D611474411F56989AE"), NULL,
		"RFC 2759 9.2 NtPasswordHash");
	ktap_ok(!ike_mschap_response(&m, hash, response) &&
		same(response, 24, "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"), NULL,
		"RFC 2759 9.2 NT-Response");
	ktap_ok(!ike_mschap_proof(&m, hash, response, proof) &&
		same(proof, 20, "407A5589115FD0D6209F510FE9C04566932CDA56"), NULL,
		"RFC 2759 9.2 authenticator response");
	ktap_ok(!ike_mschap_msk(hash, response, msk) &&
		same(msk, 64, "D5F0E9521E3EA9589645E86051C82226 8B7CDC149B993A1BA118CB153F56DCCB"
		     "0000000000000000000000000000000000000000000000000000000000000000"), NULL,
		"IKE2-EAP-3 RFC 3079 3.5 the MSK: keys of the server to receive and to send");
}

/* Passwords are in UTF-8, their hash is of UTF-16. */
static void test_passwords(void)
{
	static const char *const bad[] = {
		"80", "c3", "c328", "c080", "e28228", "eda080", "f4908080", "f8888080", "61ff", "00",
	};
	static uint8_t many[IKE_MSCHAP_PASSWORD + 1];
	uint8_t hash[16];
	unsigned int i, n = 0;

	/* of another implementation of MD4 and UTF-16: iconv and "openssl dgst" */
	ktap_ok(!ike_mschap_hash(hex("50c3a4737377c3b67264e282acf09d849e"), hash) &&
		same(hash, 16, "b5a75471510589f07797372cbd3fc06a"), NULL,
		"a password with characters of two, three and four octets");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		n += !!ike_mschap_hash(hex(bad[i]), hash);
	ktap_ok(n == ARRAY_SIZE(bad), NULL, "what is not UTF-8 is no password");
	memset(many, 'x', sizeof(many));
	ktap_ok(!ike_mschap_hash((struct ike_buf){ many, sizeof(many) - 2 }, hash) &&
		ike_mschap_hash((struct ike_buf){ many, sizeof(many) }, hash), NULL,
		"nor is what is longer than 256 characters");
}

static uint32_t seed;

static void chance(void *arg, void *out, size_t n)
{
	uint8_t *p = out;

	(void)arg;
	for (; n; n--) {
		seed = seed * 1664525u + 1013904223u;
		*p++ = (uint8_t)(seed >> 24);
	}
}

static struct ike_eap_user users[] = {
	{ { (const uint8_t *)"bob", 3 }, { (const uint8_t *)"swordfish", 9 } },
	{ { (const uint8_t *)"alice", 5 }, { (const uint8_t *)"a secret", 8 } },
};

/**
 * struct run - a server and a peer
 * @e: 0 is the peer, 1 the server
 * @c: how
 * @me: what the peer knows
 * @step: what came of it
 * @sent: packets of each
 * @last: the last packet
 * @change: changes packets; @n counts them from 0
 */
struct run {
	struct ike_eap *e[2];
	struct ike_eap_conf c[2];
	struct ike_eap_user me;
	enum ike_eap_step step[2];
	unsigned int sent[2];
	struct ike_eap_out last;
	void (*change)(struct ike_eap_out *p, unsigned int n);
};

static void prepare(struct run *r, const struct ike_eap_method *m, const char *user,
		    const char *secret)
{
	seed = 5;
	*r = (struct run){ .e = { ike_eap_new(false, chance, NULL),
				  ike_eap_new(true, chance, NULL) } };
	r->me = (struct ike_eap_user){ text(user), text(secret) };
	r->c[0] = (struct ike_eap_conf){ m, .name = text(user), .users = &r->me, .n_users = 1 };
	r->c[1] = (struct ike_eap_conf){ m, .users = users, .n_users = ARRAY_SIZE(users) };
}

/* Until one of them is done. The peer is @name for the server, if that does not ask. */
static void go(struct run *r, const char *name)
{
	struct ike_eap_out in;
	unsigned int n = 0;
	int to = 0;

	r->step[1] = ike_eap_begin(r->e[1], &r->c[1], text(name), &r->last);
	for (; n < 200; n++, to = !to) {
		r->sent[!to]++;
		if (r->change)
			r->change(&r->last, n);
		in = r->last;
		r->step[to] = ike_eap_input(r->e[to], &r->c[to], (struct ike_buf){ in.p, in.n },
					    &r->last);
		if (r->step[to] != IKE_EAP_SEND && (!to || !r->last.n))
			return;
	}
}

static void drop(struct run *r)
{
	ike_eap_free(r->e[0]);
	ike_eap_free(r->e[1]);
}

static bool both(const struct run *r)
{
	struct ike_buf a = ike_eap_msk(r->e[0]), b = ike_eap_msk(r->e[1]);

	return r->step[0] == IKE_EAP_GOOD && r->step[1] == IKE_EAP_GOOD && a.n == b.n &&
	       (!a.n || !memcmp(a.p, b.p, a.n));
}

static bool neither(const struct run *r)
{
	return r->step[0] == IKE_EAP_BAD && r->step[1] == IKE_EAP_BAD;
}

static bool says(const struct ike_eap *e, const char *why)
{
	return strstr(ike_eap_why(e), why) != NULL;
}

static void test_good(void)
{
	struct run r;

	prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
	go(&r, "alice");
	ktap_ok(both(&r) && ike_eap_msk(r.e[0]).n == 64 && r.sent[1] == 3 && r.sent[0] == 2, NULL,
		"IKE2-EAP-3 EAP-MSCHAPv2: both have the same MSK");
	ktap_ok(r.last.n == 0, NULL, "IKE2-EAP-4 Success is of four octets, the peer says nothing");
	drop(&r);

	prepare(&r, NULL, "alice", "a secret");
	r.c[1].ask = true;
	go(&r, "whoever");
	ktap_ok(both(&r) && r.sent[1] == 4 && ike_eap_name(r.e[1]).n == 5 &&
		!memcmp(ike_eap_name(r.e[1]).p, "alice", 5), NULL,
		"IKE2-EAP-5 a server that asks for the identity is answered, any method");
	drop(&r);

	prepare(&r, &ike_eap_mschapv2, "OFFICE\\alice", "a secret");
	r.c[1].ask = true;
	go(&r, "whoever");
	ktap_ok(both(&r) && ike_eap_name(r.e[1]).n == 5, NULL,
		"RFC 2759 8.2 a domain before the name: the user is without it");
	drop(&r);

	prepare(&r, &ike_eap_mschapv2, "OFFICE\\alice", "a secret");
	go(&r, "OFFICE\\alice");
	ktap_ok(neither(&r), NULL, "but one who was not asked is who it says");
	drop(&r);

	prepare(&r, &ike_eap_md5, "bob", "swordfish");
	go(&r, "bob");
	ktap_ok(both(&r) && !ike_eap_msk(r.e[0]).n && !ike_eap_msk(r.e[1]).n, NULL,
		"IKE2-EAP-3 EAP-MD5 makes no key");
	drop(&r);
}

/* The lengths of what the server says, and what it is: as far as anybody can see */
static void looks(const char *user, const char *secret, struct run *r, uint8_t shape[64])
{
	static const uint8_t none[64];
	struct ike_eap_out in;
	unsigned int n = 0;
	int to = 0;

	memcpy(shape, none, 64);
	prepare(r, &ike_eap_mschapv2, user, secret);
	r->step[1] = ike_eap_begin(r->e[1], &r->c[1], text(user), &r->last);
	for (; n < 20; n++, to = !to) {
		in = r->last;
		if (!to) {
			shape[2 * n] = (uint8_t)in.n;
			shape[2 * n + 1] = in.n > 5 ? in.p[5] : in.p[0];
		}
		r->step[to] = ike_eap_input(r->e[to], &r->c[to], (struct ike_buf){ in.p, in.n },
					    &r->last);
		if (!to && r->step[0] != IKE_EAP_SEND)
			return;
	}
}

static void test_bad(void)
{
	uint8_t wrong[64], unknown[64];
	struct run r;

	looks("alice", "another secret", &r, wrong);
	ktap_ok(neither(&r) && says(r.e[1], "wrong password") && says(r.e[0], "password"), NULL,
		"IKE2-EAP-6 a wrong password: Failure");
	drop(&r);
	looks("carol", "another secret", &r, unknown);
	ktap_ok(neither(&r) && says(r.e[1], "unknown user"), NULL,
		"IKE2-EAP-6 an unknown user: Failure");
	drop(&r);
	ktap_ok(!memcmp(wrong, unknown, sizeof(wrong)), NULL,
		"who asks cannot tell one from the other");

	prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
	go(&r, "bob");
	ktap_ok(neither(&r), NULL, "alice, with her password, is not bob");
	drop(&r);
	prepare(&r, &ike_eap_mschapv2, "alice", "swordfish");
	go(&r, "bob");
	ktap_ok(neither(&r), NULL, "nor with his, as long as she says that she is alice");
	drop(&r);
	prepare(&r, &ike_eap_mschapv2, "alice", "\xff");
	go(&r, "alice");
	ktap_ok(r.step[0] == IKE_EAP_BROKEN && says(r.e[0], "UTF-8"), NULL,
		"a password that is none: nothing is sent");
	drop(&r);
	prepare(&r, &ike_eap_md5, "bob", "catfish");
	go(&r, "bob");
	ktap_ok(neither(&r), NULL, "EAP-MD5: a wrong password");
	drop(&r);
	prepare(&r, &ike_eap_md5, "eve", "catfish");
	go(&r, "eve");
	ktap_ok(neither(&r) && says(r.e[1], "unknown user"), NULL, "EAP-MD5: an unknown user");
	drop(&r);

	prepare(&r, &ike_eap_md5, "bob", "swordfish");
	r.c[0].method = NULL;
	go(&r, "bob");
	ktap_ok(neither(&r) && r.sent[0] == 1 && says(r.e[1], "another method") &&
		says(r.e[0], "no method"), NULL,
		"RFC 3748 5.3.1 a weak method is not used unasked: Nak");
	drop(&r);
}

/* What each of them takes for the message of the other, where it is changed. */
static const struct spoil {
	const char *what;
	unsigned int n, at;	/* of which packet which octet */
	uint8_t x;		/* gets other bits */
	bool server;		/* who finds out */
} spoils[] = {
	{ "the challenge", 0, 10, 1, true },
	{ "length of the challenge", 0, 9, 1, false },
	{ "MS-Length of the challenge", 0, 8, 1, false },
	{ "an operation that there is not", 0, 5, 0x40, false },
	{ "another identifier in the response", 1, 1, 1, true },
	{ "another type in the response", 1, 4, 2, true },
	{ "a request instead of a response", 1, 0, 3, true },
	{ "MS-CHAPv2-ID of the response", 1, 6, 1, true },
	{ "MS-Length of the response", 1, 7, 1, true },
	{ "length of the value", 1, 9, 1, true },
	{ "the peer's challenge", 1, 10, 1, true },
	{ "NT-Response", 1, 36, 1, true },
	{ "the name", 1, 59, 1, true },
	{ "what proves the server", 2, 12, 1, false },
	{ "another operation instead", 2, 5, 4, false },
	{ "the last word of the peer", 3, 5, 7, true },
	{ "its length", 3, 3, 1, true },
};

static const struct spoil *spoil;

static void do_spoil(struct ike_eap_out *p, unsigned int n)
{
	if (n == spoil->n)
		p->p[spoil->at] ^= spoil->x;
}

static void test_spoilt(void)
{
	unsigned int i;
	struct run r;

	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		spoil = &spoils[i];
		prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
		r.change = do_spoil;
		go(&r, "alice");
		ktap_ok(spoil->server ? r.step[1] == IKE_EAP_BAD && r.step[0] == IKE_EAP_BAD
				      : r.step[0] == IKE_EAP_BROKEN, ike_eap_why(r.e[0]),
			"EAP-MSCHAPv2 %s: the %s goes no further", spoil->what,
			spoil->server ? "server" : "peer");
		drop(&r);
	}
}

/* One packet for the peer, which has answered @before good ones. */
static enum ike_eap_step one(struct run *r, unsigned int before, const char *packet)
{
	struct ike_eap_out in, unused;
	struct ike_buf b = hex(packet);
	uint8_t *copy = malloc(b.n ? b.n : 1);
	unsigned int i;

	prepare(r, &ike_eap_mschapv2, "alice", "a secret");
	ike_eap_begin(r->e[1], &r->c[1], text("alice"), &r->last);
	for (i = 0; i < before; i++) {
		in = r->last;
		ike_eap_input(r->e[0], &r->c[0], (struct ike_buf){ in.p, in.n }, &r->last);
		in = r->last;
		ike_eap_input(r->e[1], &r->c[1], (struct ike_buf){ in.p, in.n }, &r->last);
	}
	/* of its size, so that what is read behind it is found */
	if (b.n)
		memcpy(copy, b.p, b.n);
	r->step[0] = ike_eap_input(r->e[0], &r->c[0], (struct ike_buf){ copy, b.n }, &r->last);
	free(copy);
	if (r->step[0] == IKE_EAP_BROKEN)	/* and it stays so */
		r->step[0] = ike_eap_input(r->e[0], &r->c[0], hex("03010004"), &unused);
	return r->step[0];
}

static void test_order(void)
{
	static const struct {
		const char *what, *packet;
		unsigned int before;
		enum ike_eap_step step;
		const char *answer;
	} t[] = {
		{ "nothing at all", "", 0, IKE_EAP_BROKEN },
		{ "three octets", "010100", 0, IKE_EAP_BROKEN },
		{ "a request without a type", "01010004", 0, IKE_EAP_BROKEN },
		{ "a length above what there is", "0101000701", 0, IKE_EAP_BROKEN },
		{ "a length below", "0101000501ff", 0, IKE_EAP_BROKEN },
		{ "Success with a tail", "0301000501", 0, IKE_EAP_BROKEN },
		{ "a code that there is not", "0501000501", 0, IKE_EAP_BROKEN },
		{ "a response", "0201000501", 0, IKE_EAP_BROKEN },
		{ "Success at once", "03010004", 0, IKE_EAP_BROKEN },
		{ "Success after the response", "03010004", 1, IKE_EAP_BROKEN },
		{ "Success after all, with any identifier", "03ee0004", 2, IKE_EAP_GOOD },
		{ "Failure at once", "04010004", 0, IKE_EAP_BAD },
		{ "Failure after the response", "04010004", 1, IKE_EAP_BAD },
		{ "Identity", "0107000501", 0, IKE_EAP_SEND, "0207000a01616c696365" },
		{ "Identity with a prompt", "0107000801575757", 0, IKE_EAP_SEND,
		  "0207000a01616c696365" },
		{ "Identity in the middle", "0107000501", 1, IKE_EAP_BROKEN },
		{ "Notification", "010900070248 69", 0, IKE_EAP_SEND, "0209000502" },
		{ "Notification in the middle", "0109000702 4869", 1, IKE_EAP_SEND, "0209000502" },
		{ "a Nak", "010900060304", 0, IKE_EAP_BROKEN },
		{ "EAP-MD5", "01090016 0410 000102030405060708090a0b0c0d0e0f", 0, IKE_EAP_SEND,
		  "02090006031a" },
		{ "EAP-TLS", "010900060d20", 0, IKE_EAP_SEND, "02090006031a" },
		{ "an expanded type", "01090005fe", 0, IKE_EAP_SEND, "02090006031a" },
		{ "EAP-MD5 in the middle", "01090016 0410 000102030405060708090a0b0c0d0e0f", 1,
		  IKE_EAP_BROKEN },
		{ "a method without data", "010900051a", 0, IKE_EAP_BROKEN },
		{ "another challenge in the middle",
		  "0109001a1a 01 01 0015 10 000102030405060708090a0b0c0d0e0f", 1, IKE_EAP_BROKEN },
		{ "a short proof", "0109000d1a 03 01 0008 533d4141", 1, IKE_EAP_BROKEN },
		{ "a change of the password", "010900091a 07 01 0004", 1, IKE_EAP_BROKEN },
		{ "the server's failure, without a text", "010900091a 04 01 0004", 1, IKE_EAP_SEND,
		  "020900061a04" },
		{ "the server's failure at once", "010900091a 04 01 0004", 0, IKE_EAP_BROKEN },
	};
	unsigned int i;
	struct run r;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		one(&r, t[i].before, t[i].packet);
		ktap_ok(r.step[0] == t[i].step &&
			(!t[i].answer || same(r.last.p, r.last.n, t[i].answer)), ike_eap_why(r.e[0]),
			"IKE2-EAP-4 IKE2-EAP-5 to the peer: %s", t[i].what);
		drop(&r);
	}
}

/* Both are talked to for ever. */
static void test_cap(void)
{
	struct ike_buf ask = hex("0101000502"), name = hex("0201000501");
	unsigned int n = 0;
	struct run r;

	prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
	while (n < 1000 && ike_eap_input(r.e[0], &r.c[0], ask, &r.last) == IKE_EAP_SEND)
		n++;
	ktap_ok(n == IKE_EAP_ROUNDS && says(r.e[0], "without an end"), NULL,
		"IKE2-EAP-4 the peer answers 50 times and no more");
	r.c[1].ask = true;
	ike_eap_begin(r.e[1], &r.c[1], name, &r.last);
	ktap_ok(ike_eap_input(r.e[1], &r.c[1], name, &r.last) == IKE_EAP_BAD &&
		ike_eap_input(r.e[1], &r.c[1], name, &r.last) == IKE_EAP_BAD &&
		r.last.n == 4 && r.last.p[0] == IKE_EAP_FAILURE, NULL,
		"IKE2-EAP-4 the server takes what it asked for, and has an answer to anything");
	drop(&r);
}

/* A name of 255 octets at most; one of any octets */
static void test_names(void)
{
	static uint8_t big[300];
	struct run r;

	memset(big, 'x', sizeof(big));
	prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
	ktap_ok(ike_eap_begin(r.e[1], &r.c[1], (struct ike_buf){ big, 256 }, &r.last) ==
		IKE_EAP_BAD && r.last.n == 4, NULL, "a name of 256 octets: Failure");
	drop(&r);
	prepare(&r, &ike_eap_mschapv2, "alice", "a secret");
	r.c[0].name = (struct ike_buf){ big, 255 };
	r.c[1].ask = true;
	go(&r, "");
	ktap_ok(neither(&r) && says(r.e[1], "unknown user"), NULL, "one of 255 is sent and read");
	drop(&r);
	ktap_ok(ike_eap_plain(text("a\\b\\c")).n == 1 && !ike_eap_plain(text("a\\")).n &&
		!ike_eap_plain((struct ike_buf){ 0 }).n && ike_eap_plain(text("abc")).n == 3, NULL,
		"names without domains");
}

int main(void)
{
	ktap_begin();
	test_vectors();
	test_passwords();
	test_good();
	test_bad();
	test_spoilt();
	test_order();
	test_cap();
	test_names();
	return ktap_end();
}
