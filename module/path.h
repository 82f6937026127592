/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_PATH_H
#define _NFSEC_PATH_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/dst_cache.h>

#include "flow.h"
#include "link.h"

struct nfsec_net;
struct nfsec_sa;
struct skb_ext;
struct xfrm_state;

/**
 * struct nfsec_encap - UDP encapsulation of an SA (RFC 3948)
 * @type: NFSEC_ENCAP_TYPE_*
 * @sport: source port, network order
 * @dport: destination port, network order
 * @oaddr: original address of the peer, or zero
 */
struct nfsec_encap {
	u16 type;
	__be16 sport;
	__be16 dport;
	struct nfsec_addr oaddr;
};

/**
 * struct nfsec_path - between which addresses an SA runs, and how
 * @daddr: destination address of its packets
 * @saddr: source address of its packets, zero for any
 * @family: family of both
 * @encap: UDP encapsulation, of type NONE if there is none
 * @sa: the SA
 * @fixed: octets of the headers it adds, IV and ICV: outer IP in tunnel mode,
 *	UDP, ESP or AH
 * @tail: octets of the ESP trailer without padding; 0 for AH
 * @ah_len: octets of the AH header, 0 for ESP
 * @pmtu: MTU of the path to the peer as ICMP told, 0 if unknown
 * @pmtu_expires: jiffies at which @pmtu is forgotten
 * @dst_cache: route of its packets
 * @mark_ext: extension with the secpath that decrypted packets carry, shared
 *	by all of them; NULL if the SA is outbound only
 * @mark_state: the state that secpath names
 * @dst_link: in the table by destination
 * @reqid_link: in the table by destination and reqid
 * @nn: namespace, once the SA has left
 * @rcu: frees it
 * @free_work: second half of freeing, in process context
 *
 * An SA that moves gets another one, and with that everything that depends on
 * addresses; what it was is constant but @pmtu and @dst_cache. The packet path
 * uses it under rcu_read_lock().
 */
struct nfsec_path {
	struct nfsec_addr daddr;
	struct nfsec_addr saddr;
	u8 family;
	struct nfsec_encap encap;
	struct nfsec_sa *sa;
	u16 fixed;
	u8 tail;
	u8 ah_len;
	u32 pmtu;
	unsigned long pmtu_expires;
	struct dst_cache dst_cache;
	struct skb_ext *mark_ext;
	struct xfrm_state *mark_state;

	struct nfsec_link dst_link;
	struct nfsec_link reqid_link;
	struct nfsec_net *nn;
	struct rcu_head rcu;
	struct work_struct free_work;
};

struct nfsec_path *nfsec_path_alloc(struct nfsec_sa *sa, u8 family,
				    const struct nfsec_addr *saddr,
				    const struct nfsec_addr *daddr,
				    const struct nfsec_encap *encap);
void nfsec_path_measure(struct nfsec_path *path);
int nfsec_path_setup(struct nfsec_path *path);
void nfsec_path_free(struct nfsec_path *path);
void nfsec_path_free_rcu(struct nfsec_path *path);

#endif /* _NFSEC_PATH_H */
