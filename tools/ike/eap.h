/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EAP (RFC 3748): who authenticates and who is authenticated. No I/O, nothing of IKE: packets
 * go in and come out, one after the other, and none is lost, as IKE sees to that.
 *
 * A method is a struct ike_eap_method; eap.c lists them.
 */
#ifndef IKE_EAP_H
#define IKE_EAP_H

#include <stdbool.h>

#include "types.h"

#define IKE_EAP_ROUNDS	50	/* packets of the other side until it is given up */
#define IKE_EAP_MAX	1024	/* longest packet that we write */
#define IKE_EAP_MSK	64	/* octets of a key */
#define IKE_EAP_NAME	255	/* longest name of a user */

enum ike_eap_code {
	IKE_EAP_REQUEST = 1,
	IKE_EAP_RESPONSE = 2,
	IKE_EAP_SUCCESS = 3,
	IKE_EAP_FAILURE = 4,
};

enum ike_eap_type {
	IKE_EAP_IDENTITY = 1,
	IKE_EAP_NOTIFICATION = 2,
	IKE_EAP_NAK = 3,
	IKE_EAP_MD5 = 4,
	IKE_EAP_MSCHAPV2 = 26,
};

/* A user whom we authenticate, or we ourselves. */
struct ike_eap_user {
	struct ike_buf name, secret;
};

/**
 * struct ike_eap_conf - how one side does it
 * @method: the method, NULL for any that is not weak
 * @ask: as the server, ask the peer who it is
 * @name: our name as the peer; of the server, who the peer has to be, empty if that comes
 *	from elsewhere
 * @users: those who are known; as the peer, what we ourselves have
 * @n_users: their number
 */
struct ike_eap_conf {
	const struct ike_eap_method *method;
	bool ask;
	struct ike_buf name;
	const struct ike_eap_user *users;
	unsigned int n_users;
};

/* What becomes of a packet. */
enum ike_eap_step {
	IKE_EAP_SEND,		/* there is one to be sent, and the other side answers */
	IKE_EAP_GOOD,		/* the peer is authenticated; the server sends Success */
	IKE_EAP_BAD,		/* it is not: the server sends Failure, or did */
	IKE_EAP_BROKEN,		/* as the peer, we do not go on with this server */
};

/* A packet to be sent, or its type data. */
struct ike_eap_out {
	uint8_t p[IKE_EAP_MAX];
	size_t n;
};

struct ike_eap;

/* One run, as the server or as the peer; NULL without memory. @random is called with @arg. */
struct ike_eap *ike_eap_new(bool server, void (*random)(void *arg, void *out, size_t n),
			    void *arg);
void ike_eap_free(struct ike_eap *e);

/* The first packet of the server, for a peer that is @name unless it is asked for that.
 * IKE_EAP_SEND or IKE_EAP_BAD.
 */
enum ike_eap_step ike_eap_begin(struct ike_eap *e, const struct ike_eap_conf *conf,
				struct ike_buf name, struct ike_eap_out *out);

/* A packet of the other side. @conf has to have the same method as before; it is not kept.
 * The server always has an answer.
 */
enum ike_eap_step ike_eap_input(struct ike_eap *e, const struct ike_eap_conf *conf,
				struct ike_buf in, struct ike_eap_out *out);

/* After IKE_EAP_GOOD: the MSK, empty if the method makes none. It goes with @e. */
struct ike_buf ike_eap_msk(const struct ike_eap *e);

/* Who the peer is, as far as it was said; after IKE_EAP_GOOD, which user it has proved to be. */
struct ike_buf ike_eap_name(const struct ike_eap *e);

/* Why it went wrong, or what it means if the other side does not go on: static text. */
const char *ike_eap_why(const struct ike_eap *e);

/* A method by the word that the configuration has for it, "mschapv2"; NULL if there is none. */
const struct ike_eap_method *ike_eap_find(const char *word);

/* What methods are made of. */

/**
 * struct ike_eap_env - what a method is told
 * @server: whether we are that
 * @id: identifier of the packet that is answered; of a request of ours, the one it will have
 * @name: who the peer is
 * @user: the same with its secret, NULL if it is unknown
 * @secret: of it; one that nobody has if it is unknown
 * @random: fills with random octets, called with
 * @arg: this
 * @why: to be set when it goes wrong, or to what it means if the other side ends it now
 */
struct ike_eap_env {
	bool server;
	uint8_t id;
	struct ike_buf name, secret;
	const struct ike_eap_user *user;
	void (*random)(void *arg, void *out, size_t n);
	void *arg;
	const char *why;
};

/* What a method makes of a packet. */
enum ike_eap_did {
	IKE_EAP_MORE,		/* an answer, and there is more to come */
	IKE_EAP_DONE,		/* server: the peer is authenticated. Peer: an answer, and all was
				 * well, so that Success may come
				 */
	IKE_EAP_WRONG,		/* it cannot go on */
};

/**
 * struct ike_eap_method - a method
 * @type: its number, enum ike_eap_type
 * @name: in the log
 * @word: in the configuration
 * @size: octets of its state, which is zero first and wiped at last
 * @key: it makes an MSK
 * @weak: to be used only if that is asked for
 * @usable: whether it is possible here
 * @start: writes the first request of the server
 * @server: takes a response, writes the next request
 * @peer: takes a request, writes the response
 * @msk: writes the key, of IKE_EAP_MSK octets, when it is done; NULL without @key. False if
 *	there is none
 *
 * Type data are read and written, what is before them is not their concern.
 */
struct ike_eap_method {
	uint8_t type;
	const char *name, *word;
	size_t size;
	bool key, weak;
	bool (*usable)(void);
	enum ike_eap_did (*start)(void *state, struct ike_eap_env *env, struct ike_eap_out *out);
	enum ike_eap_did (*server)(void *state, struct ike_eap_env *env, struct ike_buf in,
				   struct ike_eap_out *out);
	enum ike_eap_did (*peer)(void *state, struct ike_eap_env *env, struct ike_buf in,
				 struct ike_eap_out *out);
	bool (*msk)(const void *state, uint8_t *msk);
};

extern const struct ike_eap_method ike_eap_md5, ike_eap_mschapv2;

/* @name without the domain before the last backslash. */
struct ike_buf ike_eap_plain(struct ike_buf name);

/* Whether it can be used, and a sentence if it cannot. */
bool ike_eap_usable(const struct ike_eap_conf *conf, const char **why);

/* Adds octets; there has to be room. */
void ike_eap_put(struct ike_eap_out *o, const void *p, size_t n);

#endif /* IKE_EAP_H */
