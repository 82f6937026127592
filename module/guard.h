/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_GUARD_H
#define _NFSEC_GUARD_H

struct nfsec_net;
struct nf_hook_state;
struct sk_buff;

int nfsec_guard_init(struct nfsec_net *nn);
void nfsec_guard_exit(struct nfsec_net *nn);
void nfsec_guard_forward(struct nfsec_net *nn, struct sk_buff *skb,
			 const struct nf_hook_state *state);
void nfsec_guard_changed(struct nfsec_net *nn);

#endif /* _NFSEC_GUARD_H */
