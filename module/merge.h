/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_MERGE_H
#define _NFSEC_MERGE_H

struct napi_struct;
struct nfsec_net;
struct sk_buff;

int nfsec_merge_init(struct nfsec_net *nn);
void nfsec_merge_exit(struct nfsec_net *nn);
void nfsec_merge_receive(struct nfsec_net *nn, struct napi_struct *napi,
			 struct sk_buff *skb);

#endif /* _NFSEC_MERGE_H */
