/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_OUTPUT_H
#define _NFSEC_OUTPUT_H

#include <linux/netfilter.h>

#include "classify.h"
#include "segment.h"

struct dst_entry;
struct nfsec_encap;
struct nfsec_flow;
struct nfsec_net;
struct nfsec_path;
struct nfsec_sa;

/**
 * struct nfsec_out - what is common to the packets of one outbound batch
 * @nn: namespace
 * @sa: SA that carries them
 * @path: its path
 * @encap: UDP encapsulation of it, or NULL
 * @fl: their flow
 * @dst: route of the protected packets; the batch holds a reference
 * @local: they come from this host, else they are forwarded
 * @after_nat: source NAT was done on them
 * @cut: they may go through the SA as fragments
 * @nh: next header for the ESP trailer
 * @keep: octets of headers in front of ESP in transport mode, else 0
 * @nhoff: offset of the next header octet to change, in transport mode
 * @inner_mtu: longest packet that needs no fragmentation once protected
 * @seg: how the one packet of the batch is cut; n is 0 if it is not
 */
struct nfsec_out {
	struct nfsec_net *nn;
	struct nfsec_sa *sa;
	struct nfsec_path *path;
	const struct nfsec_encap *encap;
	const struct nfsec_flow *fl;
	struct dst_entry *dst;
	bool local;
	bool after_nat;
	bool cut;
	u8 nh;
	u32 keep;
	u32 nhoff;
	u32 inner_mtu;
	struct nfsec_segments seg;
};

bool nfsec_output_resume(struct nfsec_net *nn, struct sk_buff *skb,
			 const struct nfsec_flow *fl, enum nfsec_pass pass);
unsigned int nfsec_output_before_nat(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state);
unsigned int nfsec_output_after_nat(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state);

#endif /* _NFSEC_OUTPUT_H */
