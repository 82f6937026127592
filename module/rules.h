/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_RULES_H
#define _NFSEC_RULES_H

#include <linux/types.h>

#include "classify.h"

struct nfsec_flow;
struct nfsec_policy;
struct nfsec_spd;

int nfsec_rules_init(struct nfsec_spd *spd);
void nfsec_rules_free(struct nfsec_spd *spd);
int nfsec_rules_insert(struct nfsec_spd *spd, struct nfsec_policy *p,
		       struct nfsec_policy *old);
void nfsec_rules_remove(struct nfsec_spd *spd, struct nfsec_policy *p);
void nfsec_rules_clear(struct nfsec_spd *spd, u8 dir);
struct nfsec_policy *nfsec_rules_find(struct nfsec_spd *spd, u8 dir,
				      const struct nfsec_flow *fl,
				      enum nfsec_pass pass, bool *unsure);

#endif /* _NFSEC_RULES_H */
