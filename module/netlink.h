/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_NETLINK_H
#define _NFSEC_NETLINK_H

#include <net/genetlink.h>

#include "flow.h"
#include "netlink_gen.h"

struct nfsec_encap;
struct nfsec_limits;
struct nfsec_net;
struct nfsec_path;
struct nfsec_policy;
struct nfsec_sa;
struct nfsec_sa_config;
struct nfsec_sa_id;
struct nfsec_tmpl;

extern struct genl_family nfsec_nl_family;

/* Point at the attribute that is wrong and say why; the value is -EINVAL */
#define NFSEC_NL_BAD(extack, nla, msg) ({			\
	NL_SET_ERR_MSG_ATTR((extack), (nla), msg);		\
	-EINVAL;						\
})

/* For what is missing or wrong as a whole */
#define NFSEC_NL_REFUSE(extack, err, msg) ({			\
	NL_SET_ERR_MSG((extack), msg);				\
	(err);							\
})

/* Parts of an SA that not every message has */
#define NFSEC_NL_SA_KEYS	0x01
#define NFSEC_NL_SA_BITMAP	0x02
#define NFSEC_NL_SA_DROPS	0x04

/* What an object takes at most; for an SA without the bitmap */
#define NFSEC_NL_SA_ROOM	6144
#define NFSEC_NL_POLICY_ROOM	4096

int nfsec_netlink_init(void);
void nfsec_netlink_exit(void);

/* netlink.c: messages */
int nfsec_nl_check_once(const struct nlattr *head, int len, int multi,
			struct netlink_ext_ack *extack);
int nfsec_nl_begin(struct genl_info *info, int multi);
int nfsec_nl_begin_dump(struct netlink_callback *cb);
void nfsec_nl_wipe_keys(struct genl_info *info);
struct sk_buff *nfsec_nl_reply(struct genl_info *info, u8 cmd, size_t room,
			       void **hdr);
int nfsec_nl_reply_send(struct genl_info *info, struct sk_buff *skb, void *hdr,
			int err);
bool nfsec_nl_has_listeners(struct net *net, unsigned int group);
int nfsec_nl_reply_count(struct genl_info *info, u8 cmd, int attr, u32 count);

/* nl_parse.c: attributes in */
const char *nfsec_nl_get_text(const struct nlattr *nla,
			      struct netlink_ext_ack *extack);
int nfsec_nl_get_addr(const struct nlattr *nla, struct nfsec_addr *addr,
		      u8 *family, struct netlink_ext_ack *extack);
int nfsec_nl_get_selector(const struct nlattr *nla, struct nfsec_selector *sel,
			  struct netlink_ext_ack *extack);
int nfsec_nl_get_flow(const struct nlattr *nla, struct nfsec_flow *fl,
		      struct netlink_ext_ack *extack);
int nfsec_nl_get_mark(const struct nlattr *nla, struct nfsec_mark *mark,
		      struct netlink_ext_ack *extack);
int nfsec_nl_get_limits(const struct nlattr *nla, struct nfsec_limits *limits,
			struct netlink_ext_ack *extack);
int nfsec_nl_get_tmpl(const struct nlattr *nla, struct nfsec_tmpl *tmpl,
		      struct netlink_ext_ack *extack);

/* nl_put.c: attributes out */
int nfsec_nl_put_u64(struct sk_buff *skb, int attr, u64 value);
int nfsec_nl_put_addr(struct sk_buff *skb, int attr,
		      const struct nfsec_addr *addr, u8 family);
int nfsec_nl_put_selector(struct sk_buff *skb, int attr,
			  const struct nfsec_selector *sel);
int nfsec_nl_put_mark(struct sk_buff *skb, int attr,
		      const struct nfsec_mark *mark);
int nfsec_nl_put_tmpl(struct sk_buff *skb, int attr,
		      const struct nfsec_tmpl *tmpl);
int nfsec_nl_put_counter(struct sk_buff *skb, int attr, u32 id,
			 const char *name, u64 value, const char *doc);
int nfsec_nl_put_sa_id(struct sk_buff *skb, const struct nfsec_sa *sa,
		       const struct nfsec_path *path);
int nfsec_nl_put_encap(struct sk_buff *skb, const struct nfsec_path *path);
int nfsec_nl_put_sa_usage(struct sk_buff *skb, const struct nfsec_sa *sa);
int nfsec_nl_put_sa(struct sk_buff *skb, struct nfsec_sa *sa,
		    unsigned int parts);
int nfsec_nl_put_policy(struct sk_buff *skb, const struct nfsec_policy *p);

/* nl_sa_config.c: what a user says of an SA */
int nfsec_nl_get_sa_id(struct nlattr **tb, bool need_spi,
		       struct nfsec_sa_id *id, struct nfsec_addr *saddr,
		       struct netlink_ext_ack *extack);
int nfsec_nl_check_sa_id(struct nlattr **tb, const struct nfsec_sa_id *id,
			 const struct nfsec_addr *saddr,
			 struct netlink_ext_ack *extack);
int nfsec_nl_get_sa_config(struct nlattr **tb, struct nfsec_sa_config *cfg,
			   struct netlink_ext_ack *extack);
int nfsec_nl_get_encap(const struct nlattr *nla, u8 family,
		       struct nfsec_encap *encap,
		       struct netlink_ext_ack *extack);
int nfsec_nl_check_sa_config(struct nlattr **tb,
			     const struct nfsec_sa_config *cfg,
			     struct netlink_ext_ack *extack);
int nfsec_nl_migrate(struct nfsec_net *nn, struct nfsec_sa *sa,
		     u8 family, const struct nfsec_addr *saddr,
		     const struct nfsec_addr *daddr,
		     const struct nfsec_encap *encap,
		     struct netlink_ext_ack *extack);
int nfsec_nl_check_replay(struct nlattr **tb, u8 dir, u32 window, bool esn,
			  struct netlink_ext_ack *extack);

#endif /* _NFSEC_NETLINK_H */
