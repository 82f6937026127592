// SPDX-License-Identifier: GPL-2.0
/*
 * The path of an SA: its addresses and ports, and what depends on them. It is
 * made anew when the SA moves (RFC 4555 3.5, RFC 7296 2.23).
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/wait_bit.h>
#include <net/xfrm.h>

#include "main.h"
#include "path.h"
#include "sa.h"

#define ESP_HLEN	8	/* SPI and sequence number */
#define ESP_TLEN	2	/* pad length and next header */
#define AH_HLEN		12	/* all but the ICV */

/**
 * nfsec_path_alloc() - make the path of an SA
 * @sa: the SA; its path is not set
 * @family: family of the addresses
 * @saddr: source of its packets, zero for any
 * @daddr: destination
 * @encap: UDP encapsulation, of type NONE for none
 *
 * Enough for a larval SA; any other needs nfsec_path_setup() too.
 * Context: process, may sleep.
 *
 * Return: the path, or NULL without memory.
 */
struct nfsec_path *nfsec_path_alloc(struct nfsec_sa *sa, u8 family,
				    const struct nfsec_addr *saddr,
				    const struct nfsec_addr *daddr,
				    const struct nfsec_encap *encap)
{
	struct nfsec_path *path = kzalloc(sizeof(*path), GFP_KERNEL_ACCOUNT);

	if (!path)
		return NULL;
	path->sa = sa;
	path->family = family;
	path->saddr = *saddr;
	path->daddr = *daddr;
	path->encap = *encap;
	return path;
}

/*
 * The secpath that decrypted packets get: it names a state of mode transport
 * whatever the SA's mode, because that is what the policy check of XFRM lets
 * pass, and of no selector; xt_policy and nft find SPI, reqid and addresses in
 * it. The extension is made once, on an skb that is none, and then shared.
 */
static int path_make_mark(struct nfsec_path *path)
{
	const struct nfsec_sa *sa = path->sa;
	struct sk_buff skb = { };
	struct xfrm_state *x;
	struct sec_path *sp;

	x = xfrm_state_alloc(sa->nn->net);
	if (!x)
		return -ENOMEM;
	x->km.state = XFRM_STATE_VALID;
	x->id.proto = sa->proto;
	x->id.spi = sa->spi;
	x->id.daddr.in6 = path->daddr.in6;
	x->props.saddr.in6 = path->saddr.in6;
	x->props.family = path->family;
	x->props.reqid = sa->reqid;
	x->props.mode = XFRM_MODE_TRANSPORT;
	x->props.smark.v = sa->mode;
	x->data = (void *)&nfsec_sa_mark_cookie;
	path->mark_state = x;

	sp = secpath_set(&skb);
	if (!sp)
		return -ENOMEM;
	xfrm_state_hold(x);
	sp->xvec[0] = x;
	sp->len = 1;
	path->mark_ext = skb.extensions;
	return 0;
}

/**
 * nfsec_path_measure() - size what an SA puts around a packet
 * @path: path of an SA whose transforms are there; fields are filled in
 *
 * AH is a multiple of 4 octets long in IPv4 and of 8 in IPv6 (RFC 4302
 * 3.3.3.2.1). Without the flag align4 it is 8 in IPv4 too, as with XFRM.
 *
 * Context: any.
 */
void nfsec_path_measure(struct nfsec_path *path)
{
	const struct nfsec_sa *sa = path->sa;
	u32 icv = sa->crypto.ivlen + sa->crypto.icvlen;
	u32 align = 8;

	path->fixed = 0;
	if (sa->mode == NFSEC_MODE_TUNNEL)
		path->fixed = path->family == AF_INET6 ?
			      sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	if (path->encap.type != NFSEC_ENCAP_TYPE_NONE)
		path->fixed += sizeof(struct udphdr);
	if (sa->proto == IPPROTO_AH) {
		if (path->family == AF_INET &&
		    sa->flags & NFSEC_SA_FLAGS_ALIGN4)
			align = 4;
		path->ah_len = ALIGN(AH_HLEN + icv, align);
		path->tail = 0;
		path->fixed += path->ah_len;
	} else {
		path->ah_len = 0;
		path->tail = ESP_TLEN;
		path->fixed += ESP_HLEN + icv;
	}
}

/**
 * nfsec_path_setup() - what the packet path needs of a path
 * @path: from nfsec_path_alloc(), of an SA that is complete otherwise
 *
 * Context: process, may sleep.
 *
 * Return: 0 or a negative error; nfsec_path_free() is for the caller.
 */
int nfsec_path_setup(struct nfsec_path *path)
{
	int err;

	nfsec_path_measure(path);
	err = dst_cache_init(&path->dst_cache, GFP_KERNEL_ACCOUNT);
	if (!err && path->sa->dir != NFSEC_DIR_OUT)
		err = path_make_mark(path);
	return err;
}

/**
 * nfsec_path_free() - free a path
 * @path: path that the packet path does not see, or NULL
 *
 * Context: process.
 */
void nfsec_path_free(struct nfsec_path *path)
{
	struct xfrm_state *x;

	if (!path)
		return;
	x = path->mark_state;
	if (x) {
		/* Packets may still have the state; the last one frees it. */
		x->km.state = XFRM_STATE_DEAD;
		if (path->mark_ext)
			__skb_ext_put(path->mark_ext);
		xfrm_state_put(x);
	}
	dst_cache_destroy(&path->dst_cache);
	kfree(path);
}

static void path_free_work(struct work_struct *work)
{
	struct nfsec_path *path = container_of(work, struct nfsec_path,
					       free_work);
	struct nfsec_sad *sad = &path->nn->sad;

	nfsec_path_free(path);
	/* Whoever waits for this frees the namespace. */
	if (atomic_dec_and_test(&sad->objects))
		wake_up_var(&sad->objects);
}

static void path_free_rcu(struct rcu_head *rcu)
{
	struct nfsec_path *path = container_of(rcu, struct nfsec_path, rcu);

	/* Routes are let go in process context. */
	queue_work(nfsec_wq, &path->free_work);
}

/**
 * nfsec_path_free_rcu() - free a path that its SA has left
 * @path: in no table any more
 *
 * The namespace stays until then. Context: any.
 */
void nfsec_path_free_rcu(struct nfsec_path *path)
{
	path->nn = path->sa->nn;
	atomic_inc(&path->nn->sad.objects);
	INIT_WORK(&path->free_work, path_free_work);
	call_rcu(&path->rcu, path_free_rcu);
}
