// SPDX-License-Identifier: GPL-2.0
/*
 * What NAT does to the source of a packet on its way through POST_ROUTING.
 */

#include <net/netfilter/nf_conntrack.h>

#include "flow.h"
#include "nat.h"

/**
 * nfsec_nat_restores() - will NAT, or did it, undo a translation here?
 * @skb: packet in POST_ROUTING
 *
 * That is so for the answers of a connection whose destination was translated:
 * they leave with the address that was asked.
 *
 * Context: any.
 * Return: whether it is so.
 */
bool nfsec_nat_restores(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY &&
	       ct->status & IPS_DST_NAT;
}

/**
 * nfsec_nat_translate() - flow of a packet as it will be behind source NAT
 * @skb: packet in FORWARD
 * @fl: its flow; source address and port are changed
 *
 * Context: any.
 * Return: false if nothing is known to change.
 */
bool nfsec_nat_translate(const struct sk_buff *skb, struct nfsec_flow *fl)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	const struct nf_conntrack_tuple *other;
	enum ip_conntrack_dir dir;

	if (!ct)
		return false;
	dir = CTINFO2DIR(ctinfo);
	if (!(ct->status & (dir == IP_CT_DIR_ORIGINAL ? IPS_SRC_NAT :
							IPS_DST_NAT)))
		return false;
	/* where the other direction goes to is where this one comes from */
	other = &ct->tuplehash[!dir].tuple;
	memcpy(&fl->saddr, &other->dst.u3, sizeof(fl->saddr));
	if (!fl->flags && (fl->proto == IPPROTO_TCP ||
			   fl->proto == IPPROTO_UDP ||
			   fl->proto == IPPROTO_UDPLITE ||
			   fl->proto == IPPROTO_SCTP ||
			   fl->proto == IPPROTO_DCCP))
		fl->sport = ntohs(other->dst.u.all);
	return true;
}
