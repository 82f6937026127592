/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nfsec

#if !defined(_NFSEC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NFSEC_TRACE_H

#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include "main.h"

#define NFSEC_DROP_TRACE(sym, name, doc)	{ NFSEC_DROP_##sym, #name },
#define nfsec_show_drop(reason) \
	__print_symbolic(reason, NFSEC_DROP_LIST(NFSEC_DROP_TRACE) { -1, "?" })

TRACE_EVENT(nfsec_drop,
	TP_PROTO(const struct nfsec_net *nn, const struct nfsec_sa *sa,
		 const struct sk_buff *skb, int reason),
	TP_ARGS(nn, sa, skb, reason),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(unsigned int, netns)
		__field(u32, spi)
		__field(u32, reqid)
		__field(unsigned int, len)
		__field(int, reason)
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->netns = nn->net->ns.inum;
		__entry->spi = sa ? be32_to_cpu(sa->spi) : 0;
		__entry->reqid = sa ? sa->reqid : 0;
		__entry->len = skb ? skb->len : 0;
		__entry->reason = reason;
	),
	TP_printk("netns=%u skb=%p len=%u spi=0x%08x reqid=%u reason=%s",
		  __entry->netns, __entry->skb, __entry->len, __entry->spi,
		  __entry->reqid, nfsec_show_drop(__entry->reason))
);

#endif /* _NFSEC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH module
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
