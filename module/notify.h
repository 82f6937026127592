/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_NOTIFY_H
#define _NFSEC_NOTIFY_H

#include <linux/types.h>

struct nfsec_addr;
struct nfsec_flow;
struct nfsec_net;
struct nfsec_policy;
struct nfsec_sa;

void nfsec_notify_sa(struct nfsec_sa *sa, u8 event);
void nfsec_notify_migrate(struct nfsec_sa *sa, const struct nfsec_addr *saddr,
			  const struct nfsec_addr *daddr, u8 family);
void nfsec_notify_mapping(struct nfsec_sa *sa, const struct nfsec_addr *saddr,
			  u8 family, __be16 sport);
void nfsec_notify_expire(struct nfsec_sa *sa, bool hard);
void nfsec_notify_policy(struct nfsec_policy *p, u8 event);
void nfsec_notify_policy_expire(struct nfsec_policy *p, bool hard);
bool nfsec_notify_acquire(struct nfsec_net *nn, struct nfsec_policy *p,
			  u8 tmpl, const struct nfsec_flow *fl);

#endif /* _NFSEC_NOTIFY_H */
