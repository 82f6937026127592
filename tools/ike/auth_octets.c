// SPDX-License-Identifier: GPL-2.0
/*
 * What the peers sign, shared secrets, and the part of IKE_INTERMEDIATE in it.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "auth.h"
#include "crypto.h"

const char *ike_deny_text(enum ike_deny why)
{
	static const char *const text[IKE_DENY_COUNT] = {
		[IKE_DENY_NONE] = "no error",
		[IKE_DENY_LIBRARY] = "libcrypto failed",
		[IKE_DENY_SPACE] = "more octets than fit",
		[IKE_DENY_INPUT] = "nonce, identity or message of an impossible length",
		[IKE_DENY_SECRET] = "no shared secret",
		[IKE_DENY_MAC] = "shared secrets differ",
		[IKE_DENY_SIGNATURE] = "signature does not verify",
		[IKE_DENY_SHORT] = "AUTH data end too early",
		[IKE_DENY_METHOD] = "authentication method not supported",
		[IKE_DENY_NOT_NEGOTIATED] = "digital signature without negotiated hashes",
		[IKE_DENY_OLD_METHOD] = "old signature method though hashes were negotiated",
		[IKE_DENY_ALGID] = "signature algorithm not supported",
		[IKE_DENY_PSS_PARAMS] = "RSASSA-PSS parameters not acceptable",
		[IKE_DENY_NO_PSS] = "signature is not RSASSA-PSS",
		[IKE_DENY_SHA1] = "signature with SHA-1 is not allowed",
		[IKE_DENY_HASH] = "signature with a hash that we did not list",
		[IKE_DENY_NO_HASH] = "peer lists no hash that our key can sign with",
		[IKE_DENY_KEY_TYPE] = "signature algorithm does not fit the key",
		[IKE_DENY_KEY_POLICY] = "kind of key not allowed here",
		[IKE_DENY_KEY_SMALL] = "RSA key too small",
		[IKE_DENY_KEY_BIG] = "RSA key or exponent too big",
		[IKE_DENY_CURVE] = "elliptic curve not supported",
		[IKE_DENY_DER] = "not strict DER",
		[IKE_DENY_CERT_COUNT] = "no certificate, or too many octets of them",
		[IKE_DENY_CHAIN] = "no path to a trusted authority",
		[IKE_DENY_EXPIRED] = "certificate not valid at this time",
		[IKE_DENY_REVOKED] = "certificate is revoked",
		[IKE_DENY_NO_CRL] = "no valid CRL",
		[IKE_DENY_NOT_CA] = "issuer is not an authority",
		[IKE_DENY_WEAK_CHAIN] = "weak key or hash in the certificate chain",
		[IKE_DENY_KEY_USAGE] = "keyUsage does not allow signatures",
		[IKE_DENY_EXT_KEY_USAGE] = "extendedKeyUsage does not allow IKE",
		[IKE_DENY_ID] = "identity is not in the certificate",
		[IKE_DENY_RAW_KEY] = "raw public key is not configured for this peer",
		[IKE_DENY_FILE] = "file cannot be read",
		[IKE_DENY_FORMAT] = "neither PEM nor DER of the kind expected",
		[IKE_DENY_PASSPHRASE] = "private key is encrypted, or the passphrase is wrong",
	};

	if ((size_t)why >= IKE_DENY_COUNT || !text[why])
		return "unknown error";
	return text[why];
}

/* prf(SK_p, RestOfIDPayload), and whether the rest of @in can be what it should. */
static enum ike_deny id_mac(const struct ike_auth_in *in, uint8_t *mac)
{
	if (in->nonce.n < 16 || in->nonce.n > 256 || in->id.n < 4 || in->message.n < 28 ||
	    in->sk_p.n != ike_prf_len(in->prf))
		return IKE_DENY_INPUT;
	return ike_prf(in->prf, in->sk_p, &in->id, 1, mac) ? IKE_DENY_LIBRARY : IKE_DENY_NONE;
}

enum ike_deny ike_auth_octets(const struct ike_auth_in *in, uint8_t **out, size_t *n)
{
	uint8_t mac[IKE_PRF_MAX], *p;
	size_t len = ike_prf_len(in->prf);
	enum ike_deny why = id_mac(in, mac);

	*out = NULL;
	*n = 0;
	if (why)
		return why;
	p = malloc(in->message.n + in->nonce.n + len + in->intauth.n);
	if (!p)
		return IKE_DENY_LIBRARY;
	*out = p;
	p = (uint8_t *)memcpy(p, in->message.p, in->message.n) + in->message.n;
	p = (uint8_t *)memcpy(p, in->nonce.p, in->nonce.n) + in->nonce.n;
	p = (uint8_t *)memcpy(p, mac, len) + len;
	if (in->intauth.n)
		p = (uint8_t *)memcpy(p, in->intauth.p, in->intauth.n) + in->intauth.n;
	*n = (size_t)(p - *out);
	return IKE_DENY_NONE;
}

enum ike_deny ike_auth_psk(const struct ike_auth_in *in, struct ike_buf secret, uint8_t *out)
{
	static const uint8_t pad[] = "Key Pad for IKEv2";
	struct ike_buf text = { pad, sizeof(pad) - 1 }, octets[4], k;
	uint8_t mac[IKE_PRF_MAX], key[IKE_PRF_MAX];
	size_t len = ike_prf_len(in->prf);
	enum ike_deny why = id_mac(in, mac);

	if (why)
		return why;
	if (!secret.n)
		return IKE_DENY_SECRET;
	octets[0] = in->message;
	octets[1] = in->nonce;
	octets[2] = (struct ike_buf){ mac, len };
	octets[3] = in->intauth;
	k = (struct ike_buf){ key, len };
	if (ike_prf(in->prf, secret, &text, 1, key) || ike_prf(in->prf, k, octets, 4, out))
		why = IKE_DENY_LIBRARY;
	OPENSSL_cleanse(key, sizeof(key));
	return why;
}

enum ike_deny ike_auth_psk_check(const struct ike_auth_in *in, struct ike_buf secret,
				 struct ike_buf got)
{
	uint8_t want[IKE_PRF_MAX];
	enum ike_deny why;

	why = ike_auth_psk(in, secret, want);
	if (!why && (got.n != ike_prf_len(in->prf) || CRYPTO_memcmp(got.p, want, got.n)))
		why = IKE_DENY_MAC;
	OPENSSL_cleanse(want, sizeof(want));
	return why;
}

static void put32(uint8_t *p, size_t n)
{
	p[0] = (uint8_t)(n >> 24);
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}

/* Where the type of the last payload of the chain in @head stands; 0 if the chain does not
 * end with an SK or SKF header of @last octets.
 */
static size_t last_type(struct ike_buf head, size_t last)
{
	size_t type = 16, at = 28, len;

	while (at + last < head.n) {
		len = (size_t)head.p[at + 2] << 8 | head.p[at + 3];
		if (len < 4 || len > head.n - at)
			return 0;
		type = at;
		at += len;
	}
	return at + last == head.n ? type : 0;
}

enum ike_deny ike_intauth_step(uint16_t prf, struct ike_buf sk_p, struct ike_buf prev,
			       struct ike_buf head, bool skf, struct ike_buf inner, uint8_t *out)
{
	size_t type, last = skf ? 8 : 4, n = head.n - (skf ? 4 : 0);
	struct ike_buf in[3];
	enum ike_deny why;
	uint8_t *a;

	if (head.n < 28 + last || head.n > UINT16_MAX || inner.n > UINT16_MAX - 4)
		return IKE_DENY_INPUT;
	type = last_type(head, last);
	if (!type || head.p[type] != (skf ? IKE_P_SKF : IKE_P_SK))
		return IKE_DENY_INPUT;
	a = malloc(n);
	if (!a)
		return IKE_DENY_LIBRARY;
	/* A message that came in fragments counts as if it had come as one. */
	memcpy(a, head.p, n);
	a[type] = IKE_P_SK;
	put32(a + 24, n + inner.n);
	a[n - 2] = (uint8_t)((4 + inner.n) >> 8);
	a[n - 1] = (uint8_t)(4 + inner.n);
	in[0] = prev;
	in[1] = (struct ike_buf){ a, n };
	in[2] = inner;
	why = ike_prf(prf, sk_p, in, 3, out) ? IKE_DENY_LIBRARY : IKE_DENY_NONE;
	free(a);
	return why;
}

size_t ike_intauth_join(struct ike_buf i, struct ike_buf r, uint32_t mid, uint8_t *out, size_t cap)
{
	if (i.n != r.n || !i.n || cap < 4 || i.n > (cap - 4) / 2)
		return 0;
	memcpy(out, i.p, i.n);
	memcpy(out + i.n, r.p, r.n);
	put32(out + i.n + r.n, mid);
	return i.n + r.n + 4;
}
