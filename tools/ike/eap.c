// SPDX-License-Identifier: GPL-2.0
/*
 * EAP (RFC 3748, RFC 4137): the server and the peer, whatever the method.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../lib/util.h"
#include "eap.h"
#include "octets.h"

#define HEAD 4		/* code, identifier, length */

static const struct ike_eap_method *const methods[] = { &ike_eap_mschapv2, &ike_eap_md5 };

enum phase {
	BEGIN,		/* no method yet */
	ASKED,		/* server: for the identity */
	OFFERED,	/* server: the first request of the method was sent */
	RUNNING,	/* the method */
	DONE,		/* peer: the method is content, Success may come */
	OVER,
};

/**
 * struct ike_eap - one run
 * @server: we are the server
 * @phase: how far it is
 * @id: identifier of our last request
 * @rounds: packets of the other side
 * @method: the method, NULL as long as there is none
 * @state: its state
 * @random: called with
 * @arg: this
 * @name: who the peer is
 * @name_len: octets of @name
 * @msk: the key
 * @why: why it went wrong
 * @nobody: secret of those who are unknown
 */
struct ike_eap {
	bool server;
	enum phase phase;
	uint8_t id;
	unsigned int rounds;
	const struct ike_eap_method *method;
	void *state;
	void (*random)(void *arg, void *out, size_t n);
	void *arg;
	uint8_t name[IKE_EAP_NAME];
	size_t name_len;
	uint8_t msk[IKE_EAP_MSK];
	const char *why;
	uint8_t nobody[32];
};

const struct ike_eap_method *ike_eap_find(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(methods[i]->word, word))
			return methods[i];
	return NULL;
}

bool ike_eap_usable(const struct ike_eap_conf *conf, const char **why)
{
	const struct ike_eap_method *m = conf->method ? conf->method : methods[0];

	*why = m->usable() ? NULL : "libcrypto has not what the method of EAP needs: MD4 and DES "
	       "come with its legacy provider";
	return !*why;
}

struct ike_buf ike_eap_plain(struct ike_buf name)
{
	size_t i;

	for (i = name.n; i && name.p[i - 1] != '\\'; i--)
		;
	return ike_skip(name, i);
}

void ike_eap_put(struct ike_eap_out *o, const void *p, size_t n)
{
	if (n > sizeof(o->p) - o->n)
		abort();	/* no packet of ours is as long, whatever comes in */
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

struct ike_eap *ike_eap_new(bool server, void (*random)(void *arg, void *out, size_t n), void *arg)
{
	static const char hex[] = "0123456789abcdef";
	struct ike_eap *e = calloc(1, sizeof(*e));
	uint8_t r[sizeof(e->nobody)];
	unsigned int i;

	if (!e)
		return NULL;
	e->server = server;
	e->random = random;
	e->arg = arg;
	e->why = "the other side gave up";
	random(arg, &e->id, 1);
	random(arg, r, sizeof(r));
	for (i = 0; i < sizeof(r); i++)
		e->nobody[i] = (uint8_t)hex[r[i] & 15];
	OPENSSL_cleanse(r, sizeof(r));
	return e;
}

void ike_eap_free(struct ike_eap *e)
{
	if (!e)
		return;
	if (e->state)
		OPENSSL_clear_free(e->state, e->method->size);
	OPENSSL_clear_free(e, sizeof(*e));
}

struct ike_buf ike_eap_msk(const struct ike_eap *e)
{
	return (struct ike_buf){ e->msk, e->method && e->method->key ? sizeof(e->msk) : 0 };
}

struct ike_buf ike_eap_name(const struct ike_eap *e)
{
	return (struct ike_buf){ e->name, e->name_len };
}

const char *ike_eap_why(const struct ike_eap *e)
{
	return e->why;
}

static bool equal(struct ike_buf a, struct ike_buf b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

/* What @e->name has to know. All are looked at, so that who is unknown takes as long. Who was
 * asked may have said a domain that the user has not here. The peer knows one only, its own.
 */
static void find_secret(struct ike_eap *e, const struct ike_eap_conf *conf,
			struct ike_eap_env *env)
{
	struct ike_buf name = ike_eap_name(e), plain = ike_eap_plain(name);
	const struct ike_eap_user *found = NULL, *near = NULL;
	unsigned int i;

	for (i = 0; i < conf->n_users; i++) {
		if (!e->server || equal(conf->users[i].name, name))
			found = &conf->users[i];
		if (conf->ask && equal(conf->users[i].name, plain))
			near = &conf->users[i];
	}
	found = found ? found : near;
	env->user = found;
	env->secret = found ? found->secret : (struct ike_buf){ e->nobody, sizeof(e->nobody) };
}

static struct ike_eap_env env_of(struct ike_eap *e, const struct ike_eap_conf *conf, uint8_t id)
{
	struct ike_eap_env env = { .server = e->server, .id = id, .name = ike_eap_name(e),
				   .random = e->random, .arg = e->arg, .why = e->why };

	find_secret(e, conf, &env);
	return env;
}

static bool set_name(struct ike_eap *e, struct ike_buf name)
{
	if (name.n > sizeof(e->name))
		return false;
	if (name.n)
		memcpy(e->name, name.p, name.n);
	e->name_len = name.n;
	return true;
}

static bool set_method(struct ike_eap *e, const struct ike_eap_method *m)
{
	e->state = OPENSSL_zalloc(m->size);
	e->method = e->state ? m : NULL;
	return e->state;
}

/* Room for the head of a packet; its type data follow. */
static void head(struct ike_eap_out *out, uint8_t code, uint8_t id, uint8_t type)
{
	out->n = 0;
	ike_eap_put(out, (uint8_t[]){ code, id, 0, 0, type }, type ? HEAD + 1 : HEAD);
}

static enum ike_eap_step finish(struct ike_eap_out *out, enum ike_eap_step step)
{
	ike_put16(out->p + 2, (uint16_t)out->n);
	return step;
}

/* The server is done: with the identifier of the response (RFC 3748 4.2). */
static enum ike_eap_step end(struct ike_eap *e, struct ike_eap_out *out, enum ike_eap_step step,
			     const char *why)
{
	e->phase = OVER;
	e->why = why;
	head(out, step == IKE_EAP_GOOD ? IKE_EAP_SUCCESS : IKE_EAP_FAILURE, e->id, 0);
	return finish(out, step);
}

/* The peer does not go on. */
static enum ike_eap_step broken(struct ike_eap *e, const char *why)
{
	e->phase = OVER;
	e->why = why;
	return IKE_EAP_BROKEN;
}

static enum ike_eap_step start_method(struct ike_eap *e, const struct ike_eap_conf *conf,
				      struct ike_eap_out *out)
{
	struct ike_eap_env env;

	e->id++;
	env = env_of(e, conf, e->id);
	if (!set_method(e, conf->method ? conf->method : methods[0]))
		return end(e, out, IKE_EAP_BAD, "no memory");
	head(out, IKE_EAP_REQUEST, e->id, e->method->type);
	if (e->method->start(e->state, &env, out) != IKE_EAP_MORE)
		return end(e, out, IKE_EAP_BAD, env.why);
	e->phase = OFFERED;
	return finish(out, IKE_EAP_SEND);
}

enum ike_eap_step ike_eap_begin(struct ike_eap *e, const struct ike_eap_conf *conf,
				struct ike_buf name, struct ike_eap_out *out)
{
	if (conf->ask) {
		e->phase = ASKED;
		e->id++;
		head(out, IKE_EAP_REQUEST, e->id, IKE_EAP_IDENTITY);
		return finish(out, IKE_EAP_SEND);
	}
	if (!set_name(e, conf->name.n ? conf->name : name))
		return end(e, out, IKE_EAP_BAD, "the name of the peer is too long");
	return start_method(e, conf, out);
}

/* Type data @in of a response to the method. */
static enum ike_eap_step server_method(struct ike_eap *e, const struct ike_eap_conf *conf,
				       struct ike_buf in, struct ike_eap_out *out)
{
	struct ike_eap_env env = env_of(e, conf, e->id);

	e->phase = RUNNING;
	head(out, IKE_EAP_REQUEST, (uint8_t)(e->id + 1), e->method->type);
	switch (e->method->server(e->state, &env, in, out)) {
	case IKE_EAP_MORE:
		e->id++;
		e->why = env.why;
		return finish(out, IKE_EAP_SEND);
	case IKE_EAP_DONE:
		env.why = "no key";
		/* no method lets those in who are unknown, and if one did */
		if (!env.user || !set_name(e, env.user->name) ||
		    (e->method->key && !e->method->msk(e->state, e->msk)))
			break;
		return end(e, out, IKE_EAP_GOOD, "it is over");
	case IKE_EAP_WRONG:
		break;
	}
	return end(e, out, IKE_EAP_BAD, env.why);
}

static enum ike_eap_step server(struct ike_eap *e, const struct ike_eap_conf *conf,
				struct ike_buf in, struct ike_eap_out *out)
{
	struct ike_buf data = ike_skip(in, HEAD + 1);
	uint8_t type = in.p[HEAD];

	if (in.p[0] != IKE_EAP_RESPONSE || in.p[1] != e->id)
		return end(e, out, IKE_EAP_BAD, "not a response to the request");
	if (e->phase == ASKED && type == IKE_EAP_IDENTITY) {
		if (!set_name(e, data))
			return end(e, out, IKE_EAP_BAD, "the name of the peer is too long");
		return start_method(e, conf, out);
	}
	if (e->phase == OFFERED && type == IKE_EAP_NAK)
		return end(e, out, IKE_EAP_BAD, "the peer wants another method");
	if ((e->phase == OFFERED || e->phase == RUNNING) && type == e->method->type)
		return server_method(e, conf, data, out);
	return end(e, out, IKE_EAP_BAD, "a response that was not asked for");
}

/* Method number @i of those that the peer may use; NULL behind the last. */
static const struct ike_eap_method *allowed(const struct ike_eap_conf *conf, unsigned int i)
{
	unsigned int k;

	if (conf->method)
		return i ? NULL : conf->method;
	for (k = 0; k < ARRAY_SIZE(methods); k++)
		if (!methods[k]->weak && methods[k]->usable() && !i--)
			return methods[k];
	return NULL;
}

/* The one of @type; NULL if it may not be used. */
static const struct ike_eap_method *by_type(const struct ike_eap_conf *conf, uint8_t type)
{
	const struct ike_eap_method *m;
	unsigned int i = 0;

	while ((m = allowed(conf, i++)))
		if (m->type == type)
			return m;
	return NULL;
}

/* What the peer would rather have (RFC 3748 5.3.1). */
static enum ike_eap_step nak(const struct ike_eap_conf *conf, uint8_t id, struct ike_eap_out *out)
{
	const struct ike_eap_method *m;
	unsigned int i = 0;

	head(out, IKE_EAP_RESPONSE, id, IKE_EAP_NAK);
	while ((m = allowed(conf, i++)))
		ike_eap_put(out, &m->type, 1);
	return finish(out, IKE_EAP_SEND);
}

/* Type data @in of a request of the method. */
static enum ike_eap_step peer_method(struct ike_eap *e, const struct ike_eap_conf *conf,
				     uint8_t id, struct ike_buf in, struct ike_eap_out *out)
{
	struct ike_eap_env env = env_of(e, conf, id);

	head(out, IKE_EAP_RESPONSE, id, e->method->type);
	switch (e->method->peer(e->state, &env, in, out)) {
	case IKE_EAP_MORE:
		e->phase = RUNNING;
		e->why = env.why;
		return finish(out, IKE_EAP_SEND);
	case IKE_EAP_DONE:
		e->phase = DONE;
		return finish(out, IKE_EAP_SEND);
	case IKE_EAP_WRONG:
		break;
	}
	return broken(e, env.why);
}

static enum ike_eap_step peer_request(struct ike_eap *e, const struct ike_eap_conf *conf,
				      struct ike_buf in, struct ike_eap_out *out)
{
	uint8_t id = in.p[1], type = in.p[HEAD];
	const struct ike_eap_method *m;

	if (!set_name(e, conf->name) || !conf->n_users)
		return broken(e, "we have no name or no secret");
	switch (type) {
	case IKE_EAP_NOTIFICATION:
		/* what it says is for a human being, and there is none */
		head(out, IKE_EAP_RESPONSE, id, type);
		return finish(out, IKE_EAP_SEND);
	case IKE_EAP_IDENTITY:
		if (e->phase != BEGIN)
			return broken(e, "asked for the identity in the middle of a method");
		head(out, IKE_EAP_RESPONSE, id, type);
		ike_eap_put(out, e->name, e->name_len);
		return finish(out, IKE_EAP_SEND);
	case IKE_EAP_NAK:
		return broken(e, "a Nak as a request");
	}
	if (e->method && type != e->method->type)
		return broken(e, "another method in the middle of one");
	if (!e->method) {
		m = by_type(conf, type);
		if (!m)
			return nak(conf, id, out);
		if (!set_method(e, m))
			return broken(e, "no memory");
	}
	return peer_method(e, conf, id, ike_skip(in, HEAD + 1), out);
}

/* In Success and Failure identifiers tell nothing here: there is one packet at a time, in an
 * IKE SA with a server that has proved who it is, and some servers count on.
 */
static enum ike_eap_step peer(struct ike_eap *e, const struct ike_eap_conf *conf,
			      struct ike_buf in, struct ike_eap_out *out)
{
	switch (in.p[0]) {
	case IKE_EAP_REQUEST:
		return peer_request(e, conf, in, out);
	case IKE_EAP_SUCCESS:
		if (e->phase != DONE)
			return broken(e, "success before the method was done");
		if (e->method->key && !e->method->msk(e->state, e->msk))
			return broken(e, "no key");
		e->phase = OVER;
		return IKE_EAP_GOOD;
	case IKE_EAP_FAILURE:
		if (!e->method)
			e->why = "the server takes no method";
		else if (e->phase == DONE)
			e->why = "the server is not content";
		e->phase = OVER;
		return IKE_EAP_BAD;
	}
	return broken(e, "a response as a request");
}

/* Lengths agree, and a type is there where one has to be (RFC 3748 4.1, 4.2). */
static bool sane(struct ike_buf in)
{
	if (in.n < HEAD || ike_get16(in.p + 2) != in.n)
		return false;
	return in.p[0] == IKE_EAP_SUCCESS || in.p[0] == IKE_EAP_FAILURE ? in.n == HEAD
									 : in.n > HEAD;
}

enum ike_eap_step ike_eap_input(struct ike_eap *e, const struct ike_eap_conf *conf,
				struct ike_buf in, struct ike_eap_out *out)
{
	enum ike_eap_step step;
	const char *why = NULL;

	out->n = 0;
	if (e->phase == OVER)
		why = "a packet after the end";
	else if (++e->rounds > IKE_EAP_ROUNDS)
		why = "it goes on without an end";
	else if (!sane(in))
		why = "a packet that cannot be read";
	if (e->server)
		return why ? end(e, out, IKE_EAP_BAD, why) : server(e, conf, in, out);
	step = why ? broken(e, why) : peer(e, conf, in, out);
	if (step != IKE_EAP_SEND)
		out->n = 0;	/* a method may have begun one */
	return step;
}
