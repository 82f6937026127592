/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_NATT_H
#define _NFSEC_NATT_H

#include <linux/types.h>

struct nfsec_encap;
struct nfsec_net;
struct nfsec_path;
struct nfsec_sa;
struct sk_buff;

enum nfsec_natt {
	NFSEC_NATT_OTHER,	/* not ours: IKE, or a port without ESP */
	NFSEC_NATT_ESP,		/* ESP follows the UDP header */
	NFSEC_NATT_KEEPALIVE,	/* to be swallowed */
	NFSEC_NATT_BAD,		/* ESP with a bad length or checksum */
};

int nfsec_natt_add_port(struct nfsec_net *nn, const struct nfsec_path *path);
void nfsec_natt_free(struct nfsec_net *nn);
enum nfsec_natt nfsec_natt_classify(const struct nfsec_net *nn,
				    struct sk_buff *skb, u8 family,
				    u32 udp_off);
void nfsec_natt_check_source(struct nfsec_sa *sa, const struct sk_buff *skb,
			     u8 family, u32 udp_off);
void nfsec_natt_push(const struct nfsec_encap *encap, struct sk_buff *skb);
void nfsec_natt_checksum6(struct sk_buff *skb);

#endif /* _NFSEC_NATT_H */
