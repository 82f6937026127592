/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Authentication of the peers: what is signed, shared secrets, signatures.
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "ids.h"
#include "types.h"

/**
 * enum ike_deny - what authentication came to; 0 is success
 *
 * Peers get to see AUTHENTICATION_FAILED for every one of them; the texts are for our log.
 */
enum ike_deny {
	IKE_DENY_NONE,
	IKE_DENY_LIBRARY,	/* libcrypto failed for a reason of its own */
	IKE_DENY_SPACE,		/* caller's buffer too small */
	IKE_DENY_INPUT,		/* nonce, identity or message that cannot be */
	IKE_DENY_SECRET,	/* empty shared secret */
	IKE_DENY_MAC,		/* shared key MIC differs: another secret, or a changed message */
	IKE_DENY_SIGNATURE,	/* signature does not verify */
	IKE_DENY_SHORT,		/* AUTH data end too early */
	IKE_DENY_METHOD,	/* method not one of signatures that we know */
	IKE_DENY_NOT_NEGOTIATED, /* method 14 without SIGNATURE_HASH_ALGORITHMS from both */
	IKE_DENY_OLD_METHOD,	/* method 1, 9, 10, 11 though both listed hashes */
	IKE_DENY_ALGID,		/* AlgorithmIdentifier that we do not know */
	IKE_DENY_PSS_PARAMS,	/* RSASSA-PSS with other parameters than RFC 7427 has */
	IKE_DENY_NO_PSS,	/* RSA signature of another kind where RSASSA-PSS is wanted */
	IKE_DENY_SHA1,		/* signature over SHA-1 */
	IKE_DENY_HASH,		/* hash that was not listed */
	IKE_DENY_NO_HASH,	/* peer listed no hash that we can sign with */
	IKE_DENY_KEY_TYPE,	/* algorithm does not fit the key */
	IKE_DENY_KEY_POLICY,	/* kind of key not allowed for this peer */
	IKE_DENY_KEY_SMALL,	/* RSA or ECDSA key below the least size */
	IKE_DENY_KEY_BIG,	/* RSA key above 8192 bits, or its exponent above 64 */
	IKE_DENY_CURVE,		/* ECDSA on another curve than P-256, P-384, P-521 */
	IKE_DENY_DER,		/* not DER, or octets after it */
	IKE_DENY_CERT_COUNT,	/* no certificate, too many, or too long together */
	IKE_DENY_CHAIN,		/* no valid path to a trust anchor */
	IKE_DENY_EXPIRED,	/* a certificate is not valid yet or any more */
	IKE_DENY_REVOKED,	/* a certificate is revoked */
	IKE_DENY_NO_CRL,	/* no valid CRL, and policy wants one */
	IKE_DENY_NOT_CA,	/* issued by a certificate that is no CA */
	IKE_DENY_WEAK_CHAIN,	/* key too small or hash too weak in the path */
	IKE_DENY_KEY_USAGE,	/* keyUsage does not allow signatures */
	IKE_DENY_EXT_KEY_USAGE,	/* extendedKeyUsage not for IKE */
	IKE_DENY_ID,		/* identity is not in the certificate */
	IKE_DENY_RAW_KEY,	/* raw public key that nobody configured */
	IKE_DENY_FILE,		/* file cannot be read */
	IKE_DENY_FORMAT,	/* neither PEM nor DER of what was asked for */
	IKE_DENY_PASSPHRASE,	/* private key is encrypted */
	IKE_DENY_COUNT
};

/* The same in words; static text, never NULL. */
const char *ike_deny_text(enum ike_deny why);

/**
 * struct ike_auth_in - what one side signs (RFC 7296 2.15)
 * @prf: of the IKE SA
 * @sk_p: SK_pi if the initiator signs, SK_pr if the responder
 * @message: that side's IKE_SA_INIT message, all of it, without UDP header and marker
 * @nonce: data of the other side's nonce
 * @id: body of that side's ID payload as sent: type, three reserved octets, data
 * @intauth: what ike_intauth_join() made, empty if there was no IKE_INTERMEDIATE
 */
struct ike_auth_in {
	uint16_t prf;
	struct ike_buf sk_p, message, nonce, id, intauth;
};

/* auth_octets.c */

/* The signed octets, allocated: free() them. */
enum ike_deny ike_auth_octets(const struct ike_auth_in *in, uint8_t **out, size_t *n);

/* AUTH data of method 2, ike_prf_len() octets. Also for the MSK of EAP, and with @secret
 * set to @in->sk_p for method 13 (RFC 7619 2.1) and EAP methods without a key.
 */
enum ike_deny ike_auth_psk(const struct ike_auth_in *in, struct ike_buf secret, uint8_t *out);

/* Checks those of the peer in constant time. */
enum ike_deny ike_auth_psk_check(const struct ike_auth_in *in, struct ike_buf secret,
				 struct ike_buf got);

/* One step of IntAuth (RFC 9242 3.3.2): @prev is the value of this direction before, empty
 * for the first; @head the message from its first SPI to the end of the SK (or SKF) header
 * as it was on the wire, of fragment 1 if @skf; @inner all inner payloads in plaintext.
 * @out takes ike_prf_len() octets and may be @prev's memory.
 */
enum ike_deny ike_intauth_step(uint16_t prf, struct ike_buf sk_p, struct ike_buf prev,
			       struct ike_buf head, bool skf, struct ike_buf inner, uint8_t *out);

/* IntAuth_i | IntAuth_r | message ID of the first IKE_AUTH request. @cap of @out is enough
 * with 2 * IKE_PRF_MAX + 4; the length, 0 if it is not.
 */
size_t ike_intauth_join(struct ike_buf i, struct ike_buf r, uint32_t mid, uint8_t *out, size_t cap);

/* auth_alg.c: hashes and AlgorithmIdentifiers (RFC 7427, 8420). */

enum ike_hash {
	IKE_HASH_SHA1 = 1,
	IKE_HASH_SHA256 = 2,
	IKE_HASH_SHA384 = 3,
	IKE_HASH_SHA512 = 4,
	IKE_HASH_IDENTITY = 5,
};

/* Sets of hashes are bits by number; these are the ones that we list and accept. */
#define IKE_HASH_BIT(h)	(1u << (h))
#define IKE_HASHES_ALL	(IKE_HASH_BIT(2) | IKE_HASH_BIT(3) | IKE_HASH_BIT(4) | IKE_HASH_BIT(5))

/* Data of SIGNATURE_HASH_ALGORITHMS for @set, at most 10 octets; their number. */
size_t ike_hash_list(uint16_t set, uint8_t *out);

/* The other way; unknown ones are skipped. False if the data have an odd length. */
bool ike_hash_parse(struct ike_buf data, uint16_t *set);

enum ike_key {
	IKE_KEY_RSA = 1,
	IKE_KEY_EC = 2,
	IKE_KEY_ED25519 = 4,
	IKE_KEY_ED448 = 8,
	IKE_KEY_ANY = 15,
};

/* An algorithm of method 14. */
struct ike_sig_alg {
	enum ike_key key;
	enum ike_hash hash;
	bool pss;
};

#define IKE_ALGID_MAX 80

/* Its AlgorithmIdentifier in DER, at most IKE_ALGID_MAX octets; 0 if there is none. */
size_t ike_algid_make(const struct ike_sig_alg *alg, uint8_t *out);

/* The algorithm that @der names. */
enum ike_deny ike_algid_parse(struct ike_buf der, struct ike_sig_alg *alg);

/* auth_sig.c */

/**
 * struct ike_sig_policy - what is accepted, and how to sign
 * @both_listed: SIGNATURE_HASH_ALGORITHMS came from both sides
 * @ours: hashes that we listed: what the peer may use
 * @peers: hashes that the peer listed: what we may use
 * @keys: kinds of keys, bits of enum ike_key, 0 for any
 * @prefer: hashes to sign with in method 14, of which the first that the peer listed is
 *	taken; ends with 0, the first if it is for us to find one that fits the key
 * @pss: sign with RSASSA-PSS in method 14
 * @only_pss: RSA signatures of the peer have to be RSASSA-PSS
 * @allow_sha1: SHA-1 in method 1 is accepted and used
 * @rsa_min: least size of RSA keys in bits, 0 for 2048
 * @ec_min: least size of ECDSA keys in bits
 */
struct ike_sig_policy {
	bool both_listed;
	uint16_t ours, peers, keys;
	uint8_t prefer[5];
	bool pss, only_pss, allow_sha1;
	unsigned int rsa_min, ec_min;
};

/* Whether @key is of a kind and size that @p accepts. */
enum ike_deny ike_sig_key(EVP_PKEY *key, const struct ike_sig_policy *p);

/* Signs @octets; @method and AUTH data of @len octets come back. A peer that listed hashes
 * gets method 14, another one the old method of the key. IKE_SIG_MAX octets are enough.
 */
#define IKE_SIG_MAX (1 + IKE_ALGID_MAX + 1024)
enum ike_deny ike_sig_make(EVP_PKEY *key, const struct ike_sig_policy *p, struct ike_buf octets,
			   uint8_t *method, uint8_t *out, size_t cap, size_t *len);

/* Checks AUTH data of the peer, whose key is @key. */
enum ike_deny ike_sig_check(EVP_PKEY *key, const struct ike_sig_policy *p, uint8_t method,
			    struct ike_buf octets, struct ike_buf data);

/* Both with the octets of @in. */
enum ike_deny ike_auth_sign(const struct ike_auth_in *in, EVP_PKEY *key,
			    const struct ike_sig_policy *p, uint8_t *method, uint8_t *out,
			    size_t cap, size_t *len);
enum ike_deny ike_auth_verify(const struct ike_auth_in *in, EVP_PKEY *key,
			      const struct ike_sig_policy *p, uint8_t method,
			      struct ike_buf data);

#endif /* IKE_AUTH_H */
