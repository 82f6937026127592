// SPDX-License-Identifier: GPL-2.0
/*
 * Message IDs, retransmission, and answers that are kept (RFC 7296 2.1 to 2.4).
 */
#include <stdlib.h>

#include <openssl/evp.h>

#include "octets.h"
#include "sa.h"

#define RTX_FIRST_MS	4000
#define RTX_TRIES	5
#define RTX_FACTOR	180
#define RTX_OTHER	3	/* tries with another address of the peer */
#define REPEAT_MS	500	/* least interval between repeated answers */
#define REPEATS		8	/* most of them to one request */
#define MID_LAST	0xfffffff0u

void ike_digest(struct ike_buf b, uint8_t out[32])
{
	if (!EVP_Digest(b.p, b.n, out, NULL, EVP_sha256(), NULL))
		memset(out, 0, 32);
}

void ike_window_wipe(struct ike_window *w)
{
	free(w->req);
	free(w->resp);
	*w = (struct ike_window){ 0 };
}

/* Up to an eighth more, so that peers do not stay in step. */
static uint64_t jitter(struct ike_sa *sa, uint64_t ms)
{
	uint8_t r;

	sa->ctx->conf.random(sa->ctx->conf.arg, &r, 1);
	return ms + ms * r / 2048;
}

/* Sends what is one message, or the pieces of one. */
static void put(const struct ike_sa *sa, const struct ike_addr *local,
		const struct ike_addr *remote, struct ike_buf b)
{
	size_t n;

	for (; b.n >= IKE_HDR_LEN; b = ike_skip(b, n)) {
		n = ike_get32(b.p + 24);
		if (n < IKE_HDR_LEN || n > b.n)
			return;
		sa->ctx->conf.send(sa->ctx->conf.arg, local, remote, (struct ike_buf){ b.p, n });
	}
}

/* The request under way goes out, and is sent again soon. */
static void first(struct ike_sa *sa, uint64_t now)
{
	struct ike_window *w = &sa->w;

	w->wait = sa->peer->rtx_first_ms ? sa->peer->rtx_first_ms : RTX_FIRST_MS;
	w->next_at = now + jitter(sa, w->wait);
	put(sa, &sa->local, &sa->remote, (struct ike_buf){ w->req, w->req_len });
}

int ike_window_request(struct ike_sa *sa, uint64_t now, uint8_t xchg, struct ike_buf octets)
{
	struct ike_window *w = &sa->w;

	ike_sa_touch(sa);
	if (ike_copy(&w->req, &w->req_len, octets))
		return -1;
	w->req_xchg = xchg;
	w->tries = 0;
	first(sa, now);
	return 0;
}

void ike_window_again(struct ike_sa *sa, uint64_t now)
{
	sa->w.tries = sa->w.tries > RTX_OTHER ? sa->w.tries - RTX_OTHER : 0;
	first(sa, now);
}

void ike_window_answered(struct ike_sa *sa)
{
	struct ike_window *w = &sa->w;

	ike_sa_touch(sa);
	if (!w->req)
		return;
	free(w->req);
	w->req = NULL;
	w->req_len = 0;
	w->send_mid++;
}

int ike_window_answer(struct ike_sa *sa, uint64_t now, struct ike_buf octets,
		      const uint8_t *hash)
{
	struct ike_window *w = &sa->w;

	if (ike_copy(&w->resp, &w->resp_len, octets))
		return -1;
	memcpy(w->resp_to, hash, sizeof(w->resp_to));
	w->resp_at = now;
	w->resp_count = 0;
	return 0;
}

bool ike_window_repeated(struct ike_sa *sa, uint64_t now, const struct ike_addr *local,
			 const struct ike_addr *remote, const uint8_t *hash)
{
	struct ike_window *w = &sa->w;

	if (!w->resp || memcmp(w->resp_to, hash, sizeof(w->resp_to)))
		return false;
	if (w->resp_count < REPEATS && (!w->resp_count || now - w->resp_at >= REPEAT_MS)) {
		sa->ctx->stats.answers_again++;
		w->resp_count++;
		w->resp_at = now;
		put(sa, local, remote, (struct ike_buf){ w->resp, w->resp_len });
	} else {
		ike_drop(sa->ctx, IKE_DROP_REPEATED);
	}
	return true;
}

bool ike_window_tick(struct ike_sa *sa, uint64_t now)
{
	const struct ike_peer_conf *p = sa->peer;
	struct ike_window *w = &sa->w;

	if (w->tries >= (p->rtx_tries ? p->rtx_tries : RTX_TRIES))
		return false;
	w->tries++;
	sa->ctx->stats.again++;
	w->wait = w->wait * (p->rtx_factor ? p->rtx_factor : RTX_FACTOR) / 100;
	w->next_at = now + jitter(sa, w->wait);
	put(sa, &sa->local, &sa->remote, (struct ike_buf){ w->req, w->req_len });
	return true;
}

int ike_request(struct ike_sa *sa, uint64_t now, uint8_t xchg, struct ike_out *inner)
{
	size_t n;

	if (sa->w.send_mid >= MID_LAST) {
		ike_log(sa->ctx, sa, "message IDs are used up");
		ike_sa_die(sa, now);
		return -1;
	}
	n = ike_seal(sa, xchg, false, sa->w.send_mid, inner);
	if (!n)
		return -1;
	return ike_window_request(sa, now, xchg, (struct ike_buf){ sa->ctx->wire, n });
}

int ike_respond(struct ike_step *x, const uint8_t *hash)
{
	size_t n = ike_seal(x->sa, x->m->hdr.xchg, true, x->m->hdr.mid, x->out);
	struct ike_buf b = { x->c->wire, n };

	if (!n || ike_window_answer(x->sa, x->now, b, hash))
		return -1;
	put(x->sa, x->local, x->remote, b);
	return 0;
}
