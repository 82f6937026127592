/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_CLASSIFY_H
#define _NFSEC_CLASSIFY_H

#include <linux/types.h>

#include "flow.h"

struct nfsec_net;
struct nfsec_policy;
struct nfsec_sa;

/* Which outbound pass asks (see output.c); the others use NFSEC_PASS_ANY */
enum nfsec_pass {
	NFSEC_PASS_ANY,
	NFSEC_PASS_BEFORE_NAT,
	NFSEC_PASS_AFTER_NAT,
};

/**
 * struct nfsec_decision - what is to become of an outbound packet
 * @policy: policy that decided, NULL if none matched
 * @sa: SA to use for each template in order; NULL for a template that is
 *	skipped because its level is use
 * @nsa: entries of @sa
 * @verdict: NFSEC_VERDICT_*
 * @missing: with NFSEC_VERDICT_NO_SA the template no SA fits
 * @unsure: it is a fragment without ports, and a policy with ports that comes
 *	before @policy may be for it (RFC 4301 7.3)
 * @sel_mismatch: there is an SA for it but the packet is outside its selector
 */
struct nfsec_decision {
	struct nfsec_policy *policy;
	struct nfsec_sa *sa[2];
	u8 nsa;
	u8 verdict;
	u8 missing;
	bool unsure;
	bool sel_mismatch;
};

struct nfsec_policy *nfsec_classify(struct nfsec_net *nn, u8 dir,
				    const struct nfsec_flow *fl,
				    enum nfsec_pass pass);
void nfsec_classify_out(struct nfsec_net *nn, const struct nfsec_flow *fl,
			enum nfsec_pass pass, struct nfsec_decision *d);
int nfsec_classify_module_init(void);
void nfsec_classify_module_exit(void);

#endif /* _NFSEC_CLASSIFY_H */
