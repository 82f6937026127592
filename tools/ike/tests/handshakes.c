// SPDX-License-Identifier: GPL-2.0
/*
 * How many handshakes two machines in one process do in a second of CPU time, and how much
 * memory an IKE SA with a child takes. No test: prints numbers.
 *
 *   handshakes [NUMBER]
 *
 * A gateway with one connection for many, and as many peers with identities of their own:
 * IKE_SA_INIT and IKE_AUTH with a shared secret, X25519, AES-GCM with keys of 256 bits and
 * HMAC-SHA-384; the child has AES-GCM with 128 bits. The kernel does nothing.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "../sa.h"

#define BATCH 16	/* handshakes under way at once */
#define QUEUE 256

static struct {
	uint8_t octets[4096];
	size_t n;
	struct ike_addr from, to;
	int dst;
} queue[QUEUE];

static unsigned int head, tail;
static struct ike_ctx *ctx[2];
static int ends[2] = { 0, 1 };

static void send_out(void *arg, const struct ike_addr *local, const struct ike_addr *remote,
		     struct ike_buf b)
{
	unsigned int at = tail++ % QUEUE;

	if (b.n > sizeof(queue[at].octets) || tail - head > QUEUE)
		abort();
	memcpy(queue[at].octets, b.p, b.n);
	queue[at].n = b.n;
	queue[at].from = *local;
	queue[at].to = *remote;
	queue[at].dst = !*(int *)arg;
}

static void random_octets(void *arg, void *out, size_t n)
{
	(void)arg;
	if (RAND_bytes(out, (int)n) != 1)
		abort();
}

static int alloc_spi(void *kern, uint8_t proto, const struct ike_addr *src,
		     const struct ike_addr *dst, uint32_t *spi)
{
	static uint32_t last = 0x1000;

	(void)kern;
	(void)proto;
	(void)src;
	(void)dst;
	*spi = ++last;
	return 0;
}

static int add_sa(void *kern, const struct ike_kern_sa *sa)
{
	(void)kern;
	(void)sa;
	return 0;
}

static int update_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		     const struct ike_addr *new_src, const struct ike_addr *new_dst)
{
	(void)kern;
	(void)proto;
	(void)spi;
	(void)dst;
	(void)new_src;
	(void)new_dst;
	return 0;
}

static int del_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst)
{
	(void)kern;
	(void)proto;
	(void)spi;
	(void)dst;
	return 0;
}

static int query_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		    struct ike_kern_use *use)
{
	(void)kern;
	(void)proto;
	(void)spi;
	(void)dst;
	*use = (struct ike_kern_use){ 0 };
	return 0;
}

static int policy(void *kern, const struct ike_kern_policy *p)
{
	(void)kern;
	(void)p;
	return 0;
}

static const struct ike_kernel_ops nothing = {
	.alloc_spi = alloc_spi,
	.add_sa = add_sa,
	.update_sa = update_sa,
	.del_sa = del_sa,
	.query_sa = query_sa,
	.add_policy = policy,
	.del_policy = policy,
};

static struct ike_proposal ike[1], esp[1];
static struct ike_ts local[2], remote[2];
static struct ike_child_conf child[2];

static void conf(struct ike_peer_conf *c, int end, const char *me)
{
	*c = (struct ike_peer_conf){ .name = "peer", .ike = ike, .n_ike = 1,
		.local = { 4, { 192, 0, 2, (uint8_t)(1 + end) }, 500 },
		.remote = { 4, { 192, 0, 2, (uint8_t)(2 - end) }, 500 },
		.local_id = { IKE_ID_FQDN, { (const uint8_t *)me, strlen(me) } },
		.secret = { (const uint8_t *)"a shared secret", 15 },
		.children = &child[end], .n_children = 1 };
}

static struct ike_ctx *machine(int end, const struct ike_peer_conf *peers, unsigned int n)
{
	struct ike_ctx_conf c = { .peers = peers, .n_peers = n, .kernel = &nothing,
				  .arg = &ends[end], .send = send_out, .random = random_octets };

	return ike_ctx_new(&c);
}

static void deliver(uint64_t now)
{
	unsigned int at;

	while (head != tail) {
		at = head++ % QUEUE;
		ike_input(ctx[queue[at].dst], now, &queue[at].to, &queue[at].from,
			  (struct ike_buf){ queue[at].octets, queue[at].n });
	}
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned int established(struct ike_ctx *c)
{
	struct ike_sa *sa = NULL;
	unsigned int n = 0;

	while ((sa = ike_sa_next(c, sa)))
		n += sa->state == IKE_S_UP && sa->children;
	return n;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 2000, i, k, warm;
	struct ike_peer_conf *peers = calloc(n, sizeof(*peers)), gateway;
	char (*ids)[32] = calloc(n, sizeof(*ids)), err[128];
	uint64_t now = 1000000;
	struct mallinfo2 m;
	double begin, took;
	size_t before;

	if (n < 2 * BATCH || !peers || !ids ||
	    ike_proposal_read(ike, 1, IKE_PROTO_IKE, "aes256gcm16-prfsha384-x25519", 0, err,
			      sizeof(err)) != 1 ||
	    ike_proposal_read(esp, 1, IKE_PROTO_ESP, "aes128gcm16", 0, err, sizeof(err)) != 1 ||
	    ike_ts_read("10.1.0.0/16", &local[0], err, sizeof(err)) ||
	    ike_ts_read("10.2.0.0/16", &local[1], err, sizeof(err)))
		return 1;
	for (k = 0; k < 2; k++) {
		remote[k] = local[!k];
		child[k] = (struct ike_child_conf){ .name = "net", .esp = esp, .n_esp = 1,
			.local = &local[k], .remote = &remote[k], .n_local = 1, .n_remote = 1,
			.reqid = 1 };
	}
	conf(&gateway, 1, "gateway.example.org");
	for (i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "peer-%u.example.org", i);
		conf(&peers[i], 0, ids[i]);
		peers[i].remote_id = gateway.local_id;
	}
	ctx[0] = machine(0, peers, n);
	ctx[1] = machine(1, &gateway, 1);
	if (!ctx[0] || !ctx[1])
		return 1;
	/* what libcrypto sets up once is not counted */
	for (warm = 0; warm < BATCH; warm++)
		ike_initiate(ctx[0], now, &peers[warm]);
	deliver(now);
	m = mallinfo2();
	before = m.uordblks + m.hblkhd;
	begin = cpu();
	for (i = warm; i < n;) {
		for (k = 0; k < BATCH && i < n; k++)
			ike_initiate(ctx[0], now, &peers[i++]);
		deliver(now);
		now++;
		ike_tick(ctx[0], now);
		ike_tick(ctx[1], now);
	}
	took = cpu() - begin;
	m = mallinfo2();
	if (established(ctx[0]) != n || established(ctx[1]) != n) {
		fprintf(stderr, "%u and %u of %u are up\n", established(ctx[0]),
			established(ctx[1]), n);
		return 1;
	}
	printf("%u handshakes: %.0f per CPU-second, %zu octets for an IKE SA with a child\n",
	       n - warm, (n - warm) / took,
	       (m.uordblks + m.hblkhd - before) / (2 * (n - warm)));
	ike_ctx_free(ctx[0]);
	ike_ctx_free(ctx[1]);
	free(peers);
	free(ids);
	return 0;
}
