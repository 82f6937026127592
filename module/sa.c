// SPDX-License-Identifier: GPL-2.0
/*
 * One security association: made, sized, and taken apart.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ip.h>

#include "lifetime.h"
#include "main.h"
#include "sa.h"

/* An SPI that nobody claims is free again after this */
#define LARVAL_SECONDS	30

/* Runs what must sleep: the end of SAs and policies */
struct workqueue_struct *nfsec_wq;

/*
 * Its address in &xfrm_state.data tells our states from those of XFRM. Packets
 * with such a state may outlive the module, so it is compared, never read.
 */
const char nfsec_sa_mark_cookie;

static void sa_key_free(struct nfsec_key *key)
{
	kfree_sensitive(key->data);
	key->data = NULL;
	key->len = 0;
}

/**
 * nfsec_sa_config_free() - wipe and free the keys of a configuration
 * @cfg: configuration; nothing is left to do if an SA was made from it
 */
void nfsec_sa_config_free(struct nfsec_sa_config *cfg)
{
	sa_key_free(&cfg->aead);
	sa_key_free(&cfg->enc);
	sa_key_free(&cfg->auth);
}

static void sa_free_work(struct work_struct *work)
{
	struct nfsec_sa *sa = container_of(work, struct nfsec_sa, free_work);
	struct nfsec_sad *sad = &sa->nn->sad;

	nfsec_path_free(rcu_dereference_protected(sa->path, 1));
	nfsec_crypto_free(&sa->crypto);
	nfsec_replay_free(&sa->replay);
	sa_key_free(&sa->key_aead);
	sa_key_free(&sa->key_enc);
	sa_key_free(&sa->key_auth);
	kfree_sensitive(sa);
	/* Whoever waits for this frees the namespace. */
	if (atomic_dec_and_test(&sad->objects))
		wake_up_var(&sad->objects);
}

static void sa_free_rcu(struct rcu_head *rcu)
{
	struct nfsec_sa *sa = container_of(rcu, struct nfsec_sa, rcu);

	/* Transforms and routes are let go in process context. */
	queue_work(nfsec_wq, &sa->free_work);
}

/**
 * nfsec_sa_put() - drop a reference
 * @sa: the SA; freed after a grace period if it was the last one
 *
 * Context: any.
 */
void nfsec_sa_put(struct nfsec_sa *sa)
{
	if (refcount_dec_and_test(&sa->refcnt))
		call_rcu(&sa->rcu, sa_free_rcu);
}

static struct nfsec_sa *sa_alloc(struct nfsec_net *nn,
				 const struct nfsec_sa_config *cfg)
{
	struct nfsec_sa *sa = kzalloc(sizeof(*sa), GFP_KERNEL_ACCOUNT);
	struct nfsec_path *path;

	if (!sa)
		return NULL;
	path = nfsec_path_alloc(sa, cfg->id.family, &cfg->saddr,
				&cfg->id.daddr, &cfg->encap);
	if (!path) {
		kfree(sa);
		return NULL;
	}
	RCU_INIT_POINTER(sa->path, path);
	refcount_set(&sa->refcnt, 1);
	INIT_WORK(&sa->free_work, sa_free_work);
	sa->nn = nn;
	atomic_inc(&nn->sad.objects);
	sa->spi = cfg->id.spi;
	sa->proto = cfg->id.proto;
	sa->mark = cfg->id.mark;
	sa->mode = cfg->mode;
	sa->dir = cfg->dir;
	sa->flags = cfg->flags;
	sa->esn = cfg->flags & NFSEC_SA_FLAGS_ESN;
	sa->reqid = cfg->reqid;
	sa->output_mark = cfg->output_mark;
	sa->limits = cfg->limits;
	sa->tfcpad = cfg->tfcpad;
	if (cfg->has_sel)
		sa->sel = cfg->sel;
	else
		nfsec_selector_any(&sa->sel, AF_UNSPEC);
	nfsec_lifetime_setup(sa);
	return sa;
}

static int sa_set_replay(struct nfsec_sa *sa, const struct nfsec_sa_config *cfg)
{
	u32 window = NFSEC_REPLAY_WINDOW_DEFAULT;
	int err;

	if (cfg->has_window)
		window = cfg->window;
	if (sa->dir == NFSEC_DIR_OUT)
		window = 0;
	err = nfsec_replay_init(&sa->replay, window, sa->esn,
				GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	if (cfg->seq || cfg->bitmap_len)
		nfsec_replay_set(&sa->replay, cfg->seq, cfg->bitmap,
				 cfg->bitmap_len);
	atomic64_set(&sa->oseq, cfg->oseq);
	return 0;
}

static int sa_check_id(const struct nfsec_sa_config *cfg,
		       struct netlink_ext_ack *extack)
{
	if (cfg->id.family != AF_INET && cfg->id.family != AF_INET6) {
		NL_SET_ERR_MSG(extack, "SA is neither of IPv4 nor of IPv6");
		return -EAFNOSUPPORT;
	}
	if (nfsec_addr_any(&cfg->id.daddr)) {
		NL_SET_ERR_MSG(extack, "SA needs a destination address");
		return -EINVAL;
	}
	if (cfg->id.proto != IPPROTO_ESP && cfg->id.proto != IPPROTO_AH) {
		NL_SET_ERR_MSG(extack,
			       "protocol of an SA is neither ESP nor AH");
		return -EPROTONOSUPPORT;
	}
	if (cfg->id.mark.value & ~cfg->id.mark.mask) {
		NL_SET_ERR_MSG(extack, "mark has bits outside its mask");
		return -EINVAL;
	}
	return 0;
}

static int sa_check_replay(const struct nfsec_sa_config *cfg,
			   struct netlink_ext_ack *extack)
{
	bool esn = cfg->flags & NFSEC_SA_FLAGS_ESN;

	if (!esn && (cfg->seq > U32_MAX || cfg->oseq > U32_MAX)) {
		NL_SET_ERR_MSG(extack,
			       "sequence number needs more than 32 bits, but the SA has no flag esn");
		return -EINVAL;
	}
	if (esn && cfg->flags & NFSEC_SA_FLAGS_OSEQ_MAY_WRAP) {
		NL_SET_ERR_MSG(extack,
			       "extended sequence numbers cannot roll over");
		return -EINVAL;
	}
	if (!cfg->has_window)
		return 0;
	if (cfg->window > NFSEC_REPLAY_WINDOW_MAX) {
		NL_SET_ERR_MSG(extack, "replay window is larger than 65536");
		return -EINVAL;
	}
	/* The window is what the high half of a number is inferred from. */
	if (esn && !cfg->window && cfg->dir != NFSEC_DIR_OUT) {
		NL_SET_ERR_MSG(extack,
			       "extended sequence numbers need a replay window");
		return -EINVAL;
	}
	return 0;
}

static int sa_check_ah(const struct nfsec_sa_config *cfg,
		       struct netlink_ext_ack *extack)
{
	if (cfg->enc.alg ||
	    (cfg->aead.alg && !(cfg->aead.alg->flags & NFSEC_ALG_NULL_AUTH))) {
		NL_SET_ERR_MSG(extack, "AH does not encrypt");
		return -EINVAL;
	}
	if (cfg->encap.type != NFSEC_ENCAP_TYPE_NONE) {
		NL_SET_ERR_MSG(extack, "AH is not carried in UDP");
		return -EINVAL;
	}
	if (cfg->tfcpad) {
		NL_SET_ERR_MSG(extack, "AH has no padding of the payload");
		return -EINVAL;
	}
	return 0;
}

static int sa_check(const struct nfsec_sa_config *cfg,
		    struct netlink_ext_ack *extack)
{
	int err = sa_check_id(cfg, extack);

	if (err)
		return err;
	if (ntohl(cfg->id.spi) < 256) {
		NL_SET_ERR_MSG(extack, "SPI is below 256, which is reserved");
		return -EINVAL;
	}
	if (cfg->mode != NFSEC_MODE_TRANSPORT &&
	    cfg->mode != NFSEC_MODE_TUNNEL) {
		NL_SET_ERR_MSG(extack, "mode is neither transport nor tunnel");
		return -EINVAL;
	}
	if (cfg->dir > NFSEC_DIR_OUT) {
		NL_SET_ERR_MSG(extack, "direction of an SA is in or out");
		return -EINVAL;
	}
	if (cfg->mode == NFSEC_MODE_TRANSPORT && cfg->has_sel &&
	    cfg->sel.family != AF_UNSPEC && cfg->sel.family != cfg->id.family) {
		NL_SET_ERR_MSG(extack,
			       "selector is of another address family than the SA in transport mode");
		return -EINVAL;
	}
	if (cfg->mode == NFSEC_MODE_TRANSPORT && cfg->tfcpad) {
		NL_SET_ERR_MSG(extack, "padding to a length needs tunnel mode");
		return -EINVAL;
	}
	if (cfg->id.proto == IPPROTO_AH) {
		err = sa_check_ah(cfg, extack);
		if (err)
			return err;
	}
	return sa_check_replay(cfg, extack);
}

/**
 * nfsec_sa_create() - make an SA that can be put into the tables
 * @nn: namespace
 * @cfg: what it is to be; its keys are moved into the SA if that is made, and
 *	stay the caller's to free if it is not
 * @extack: told why not
 *
 * Context: process, may sleep. The caller owns the only reference.
 *
 * Return: the SA in state VALID, or an ERR_PTR().
 */
struct nfsec_sa *nfsec_sa_create(struct nfsec_net *nn,
				 struct nfsec_sa_config *cfg,
				 struct netlink_ext_ack *extack)
{
	struct nfsec_sa *sa;
	int err;

	err = sa_check(cfg, extack);
	if (err)
		return ERR_PTR(err);
	sa = sa_alloc(nn, cfg);
	if (!sa)
		return ERR_PTR(-ENOMEM);

	err = nfsec_crypto_init(&sa->crypto, &cfg->aead, &cfg->enc, &cfg->auth,
				extack);
	if (sa->proto == IPPROTO_AH)
		sa->crypto.block = 1;
	if (!err)
		err = nfsec_path_setup(rcu_dereference_protected(sa->path, 1));
	if (!err)
		err = sa_set_replay(sa, cfg);
	if (err) {
		nfsec_sa_put(sa);
		return ERR_PTR(err);
	}

	sa->key_aead = cfg->aead;
	sa->key_enc = cfg->enc;
	sa->key_auth = cfg->auth;
	memset(&cfg->aead, 0, sizeof(cfg->aead));
	memset(&cfg->enc, 0, sizeof(cfg->enc));
	memset(&cfg->auth, 0, sizeof(cfg->auth));
	sa->state = NFSEC_SA_VALID;
	return sa;
}

/**
 * nfsec_sa_create_larval() - make an SA that only reserves an SPI
 * @nn: namespace
 * @cfg: its addresses, protocol, mode, mark and reqid; no keys
 *
 * It has a hard limit of half a minute. Context: process, may sleep.
 *
 * Return: the SA, for nfsec_sad_alloc_spi(), or an ERR_PTR().
 */
struct nfsec_sa *nfsec_sa_create_larval(struct nfsec_net *nn,
					const struct nfsec_sa_config *cfg)
{
	struct nfsec_sa *sa = sa_alloc(nn, cfg);

	if (!sa)
		return ERR_PTR(-ENOMEM);
	nfsec_limits_none(&sa->limits);
	sa->limits.hard_add = LARVAL_SECONDS;
	sa->state = NFSEC_SA_LARVAL;
	return sa;
}

/**
 * nfsec_sa_overhead() - octets an SA adds to a packet at most
 * @sa: the SA, not a larval one
 * @path: its path
 *
 * Outer IP header without options (tunnel mode), UDP header, ESP header or AH,
 * IV, longest padding up to the block, trailer and ICV.
 *
 * Return: octets.
 */
u32 nfsec_sa_overhead(const struct nfsec_sa *sa,
		      const struct nfsec_path *path)
{
	return path->fixed + sa->crypto.block - 1 + path->tail;
}

/**
 * nfsec_sa_inner_mtu() - longest packet whose protected form fits a path
 * @sa: the SA
 * @path: its path
 * @mtu: of the path to the peer
 * @inner_family: family of the packet
 *
 * In transport mode for a packet whose IP header has no options or extension
 * headers; with a longer header the padding can come out up to a block longer.
 *
 * Return: octets from the packet's IP header on; 0 if there is no room at all.
 */
u32 nfsec_sa_inner_mtu(const struct nfsec_sa *sa,
		       const struct nfsec_path *path, u32 mtu, u8 inner_family)
{
	u32 keep = 0, fixed;

	if (sa->mode != NFSEC_MODE_TUNNEL)
		keep = inner_family == AF_INET6 ? sizeof(struct ipv6hdr) :
						  sizeof(struct iphdr);
	fixed = keep + path->fixed;
	if (mtu < fixed + sa->crypto.block)
		return 0;
	return keep + rounddown(mtu - fixed, sa->crypto.block) - path->tail;
}

/**
 * nfsec_sa_module_init() - set up what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int nfsec_sa_module_init(void)
{
	nfsec_wq = alloc_workqueue("nfsec", WQ_UNBOUND, 0);
	return nfsec_wq ? 0 : -ENOMEM;
}

/**
 * nfsec_sa_module_exit() - undo nfsec_sa_module_init()
 *
 * No namespace has an SA any more. Context: process, sleeps.
 */
void nfsec_sa_module_exit(void)
{
	/* Callbacks queue work; the work queues no callbacks. */
	rcu_barrier();
	destroy_workqueue(nfsec_wq);
}
