/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what was configured to what the machine and the kernel are told: peers, children,
 * keys, certificates, secrets. What the machine cannot do is refused here.
 */
#ifndef IKE_SETUP_H
#define IKE_SETUP_H

#include "conf.h"
#include "kernel_nfsec.h"
#include "peer.h"

#define IKE_REQID_FIRST	1000000u	/* reqids of children that have none of their own */
#define IKE_REQID_LAST	1999999u	/* see also IKE_REQID_MANY */
#define IKE_SAID_MAX	1024
#define IKE_RETRY_MS	2000	/* first pause before a peer is tried again; it doubles */
#define IKE_RETRY_MAX_MS 60000

/**
 * struct ike_setup_child - what the machine need not know of a child
 * @conf: its configuration
 * @opts: for the kernel
 * @trapped: its policies are in the kernel whether it is up or not, between
 * @src: this address of ours
 * @dst: and this one of the peer's
 * @wanted: it was not up but wanted when the next configuration came
 */
struct ike_setup_child {
	const struct ike_conf_child *conf;
	struct ike_nfsec_opts opts;
	bool trapped, wanted;
	struct ike_addr src, dst;
};

/**
 * struct ike_setup_shunt - packets that pass, or are dropped, without an SA
 * @conf: its configuration
 * @on: it is in the kernel
 */
struct ike_setup_shunt {
	const struct ike_conf_child *conf;
	bool on;
};

/* Policy @no of @c, which is there if that is less than ike_setup_shunt_n(). False if nothing
 * is selected by it.
 */
unsigned int ike_setup_shunt_n(const struct ike_conf_child *c);
bool ike_setup_shunt_policy(const struct ike_conf_child *c, unsigned int no,
			    struct ike_kern_policy *p);

/**
 * struct ike_setup_peer - the same of a peer
 * @conf: its configuration
 * @start: number of the remote address that is used to start
 * @nets: addresses of ours and of the peer's, if there are several
 * @route: our address is the one that the route to the peer has
 * @said: why it cannot be found, or the last negotiation failed; empty if it did not
 * @stale: a child is gone, so that policies may have to go, and
 * @next_stale: the next one of which that is so
 * @kids: the children of the configuration of the machine in the same order
 * @shunts: children that are no SAs
 * @n_shunts: their number
 * @pools: addresses for the peer
 * @vips: addresses to ask for, IPv4 and IPv6
 * @users: those whom the peer may be in EAP, or ourselves
 * @eap_names: names of these that are not as configured
 * @opened: objects of libcrypto that the configuration of the machine refers to
 */
struct ike_setup_peer {
	const struct ike_conf_conn *conf;
	unsigned int start;
	struct ike_range *nets[2];
	bool route, stale;
	char said[IKE_SAID_MAX];
	struct ike_setup_peer *next_stale;
	struct ike_setup_child *kids;
	struct ike_setup_shunt *shunts;
	unsigned int n_shunts;
	struct ike_pool *pools;
	struct ike_addr vips[2];
	struct ike_eap_user *users;
	char *eap_names;
	struct {
		EVP_PKEY *key;
		unsigned int n_certs;
		X509 *certs[IKE_CERTS_MAX];
		EVP_PKEY *pub;	/* ours, if there is no certificate */
		EVP_PKEY *raw[IKE_CERTS_MAX];
		X509 *pinned[IKE_CERTS_MAX];
		unsigned int n_raw, n_pinned;
		struct ike_trust *trust;
		unsigned char *id;
	} opened;
};

/**
 * struct ike_setup - a configuration in use
 * @conf: what it was made from
 * @dir: folder of its file
 * @peers: for the machine
 * @more: the rest, in the same order
 * @n: number of both
 */
struct ike_setup {
	struct ike_conf *conf;
	char *dir;
	struct ike_peer_conf *peers;
	struct ike_setup_peer *more;
	unsigned int n;
};

/* Makes one of @conf, read from @path. NULL after at least one error was said. With @old
 * children that are in both keep their reqids. @conf is owned by what comes back.
 */
struct ike_setup *ike_setup_new(struct ike_conf *conf, const char *path,
				const struct ike_setup *old, const struct ike_conf_log *log);

/* Wipes and frees, with the configuration; NULL is allowed. */
void ike_setup_free(struct ike_setup *s);

/* The address of a name, of a family or AF_UNSPEC; may take long. 0, or -1 and a sentence. */
typedef int (*ike_resolver)(const char *name, int family, struct ike_addr *a, char *err,
			    size_t n);
int ike_setup_resolve(const char *name, int family, struct ike_addr *a, char *err, size_t n);

/* The address that peer @i has now is that of its name, among its others as well. */
void ike_setup_named(struct ike_setup *s, unsigned int i);

/* What to send from to peer @i, by the route to it if that is not configured. 0, or -1 and a
 * sentence in @err.
 */
int ike_setup_addrs(struct ike_setup *s, unsigned int i, struct ike_addr *local, char *err,
		    size_t n);

/* Our address on the way to @to; the port of @out stays. 0, or -1 and a sentence in @err. */
int ike_setup_route(const struct ike_addr *to, struct ike_addr *out, char *err, size_t n);

/* Index of the peer or of the child of that name, -1 if there is none. A child's name may
 * stand alone, if only one has it, or behind the peer's, "peer/child". @child is -1 for all.
 */
int ike_setup_find(const struct ike_setup *s, const char *name, int *child);

/* Options of the child with @reqid, NULL if there is none. */
const struct ike_nfsec_opts *ike_setup_opts(const struct ike_setup *s, uint32_t reqid);

/* The child with @reqid; false if there is none. */
bool ike_setup_by_reqid(const struct ike_setup *s, uint32_t reqid, unsigned int *peer,
			unsigned int *child);

/* What the files of it share. */

/**
 * struct ike_setup_ctx - one making
 * @s: what is made
 * @old: the one before, NULL if there is none: addresses of its names are taken from there,
 *	and no names are looked up
 * @log: where complaints go
 * @errors: their number
 */
struct ike_setup_ctx {
	struct ike_setup *s;
	const struct ike_setup *old;
	const struct ike_conf_log *log;
	unsigned int errors;
};

/* Complains about @item. */
__attribute__((format(printf, 3, 4)))
void ike_setup_error(struct ike_setup_ctx *x, const struct ike_conf_item *item, const char *fmt,
		     ...);

/* setup.c: algorithms that the kernel has not; what libcrypto lacks at run time is left out. */
void ike_setup_algs(struct ike_setup_ctx *x, const struct ike_conf_item *item,
		    struct ike_conf_proposals *l);

/* setup_child.c: children of peer @i */
void ike_setup_children(struct ike_setup_ctx *x, unsigned int i, const struct ike_setup *old);

/* @t less a random part of @rand; 0 stays 0. */
uint64_t ike_setup_less(uint64_t t, uint64_t rand);

/* setup_auth.c: identities, secrets, keys and certificates of peer @i. */
void ike_setup_auth(struct ike_setup_ctx *x, unsigned int i);
void ike_setup_auth_free(struct ike_setup_peer *p);

/* setup_eap.c: methods, users and secrets of peer @i, after its identities. */
void ike_setup_eap(struct ike_setup_ctx *x, unsigned int i);
void ike_setup_eap_free(struct ike_setup_peer *p);

/* setup_addr.c: addresses of peer @i. */
void ike_setup_first_addrs(struct ike_setup_ctx *x, unsigned int i);

#endif /* IKE_SETUP_H */
