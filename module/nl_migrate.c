// SPDX-License-Identifier: GPL-2.0
/*
 * The command that moves an SA to other addresses (RFC 4555 3.5) or ports
 * (RFC 7296 2.23).
 */

#include "main.h"
#include "netlink.h"
#include "notify.h"

/**
 * nfsec_nl_migrate() - give an SA other addresses and another encapsulation
 * @nn: namespace
 * @sa: SA in use
 * @family: family of the addresses
 * @saddr: source of its packets
 * @daddr: destination
 * @encap: encapsulation
 * @extack: told why not
 *
 * All else of the SA stays. Context: process; &nfsec_net.lock is held.
 * Return: 0, or an error; then nothing has changed.
 */
int nfsec_nl_migrate(struct nfsec_net *nn, struct nfsec_sa *sa,
		     u8 family, const struct nfsec_addr *saddr,
		     const struct nfsec_addr *daddr,
		     const struct nfsec_encap *encap,
		     struct netlink_ext_ack *extack)
{
	struct nfsec_path *path;
	int err;

	path = nfsec_path_alloc(sa, family, saddr, daddr, encap);
	if (!path)
		return -ENOMEM;
	err = nfsec_path_setup(path);
	if (err) {
		nfsec_path_free(path);
		return err;
	}
	err = nfsec_sad_move(nn, sa, path);
	if (err)
		NL_SET_ERR_MSG(extack, "SA cannot be put into the tables");
	return err;
}

/* An address that may be absent, in which case it stays */
static int get_new(const struct nlattr *nla, struct nfsec_addr *addr,
		   u8 *family, struct netlink_ext_ack *extack)
{
	return nla ? nfsec_nl_get_addr(nla, addr, family, extack) : 0;
}

/* Is the encapsulation to end? */
static bool is_none(const struct nlattr *encap)
{
	const struct nlattr *type = nla_find_nested(encap, NFSEC_A_ENCAP_TYPE);

	return type && nla_get_u16(type) == NFSEC_ENCAP_TYPE_NONE;
}

/* Where the SA is to go: @cfg, of which the rest is what it has */
static int get_target(struct nlattr **tb, const struct nfsec_sa *sa,
		      const struct nfsec_path *path,
		      struct nfsec_sa_config *cfg,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *src = tb[NFSEC_A_SA_NEW_SRC];
	const struct nlattr *dst = tb[NFSEC_A_SA_NEW_DST];
	const struct nlattr *encap = tb[NFSEC_A_SA_ENCAP];
	u8 family = path->family;
	int err;

	if (!src && !dst && !encap)
		return NFSEC_NL_REFUSE(extack, -EINVAL,
				       "nothing is said of where the SA shall go");
	cfg->id.daddr = path->daddr;
	cfg->id.family = path->family;
	cfg->saddr = path->saddr;
	err = get_new(dst, &cfg->id.daddr, &cfg->id.family, extack);
	if (err)
		return err;
	err = get_new(src, &cfg->saddr, &family, extack);
	if (err)
		return err;
	if (family != cfg->id.family)
		return NFSEC_NL_BAD(extack, dst ?: src,
				    "source and destination would be of different families");
	if (family != path->family && sa->mode != NFSEC_MODE_TUNNEL)
		return NFSEC_NL_BAD(extack, dst,
				    "only a tunnel can change its address family");
	if (nfsec_addr_any(&cfg->saddr) && sa->mode == NFSEC_MODE_TUNNEL &&
	    sa->dir != NFSEC_DIR_IN)
		return NFSEC_NL_BAD(extack, src,
				    "a tunnel needs a source address, unless its direction is in");
	if (encap && sa->proto == IPPROTO_AH && !is_none(encap))
		return NFSEC_NL_BAD(extack, encap,
				    "AH is not carried in UDP: its ICV covers the addresses (RFC 3948 1)");
	if (!encap) {
		cfg->encap = path->encap;
		if (family != path->family)
			memset(&cfg->encap.oaddr, 0, sizeof(cfg->encap.oaddr));
		return 0;
	}
	return is_none(encap) ? 0 :
	       nfsec_nl_get_encap(encap, family, &cfg->encap, extack);
}

static bool is_between(const struct nfsec_addr *a,
		       const struct nfsec_addr *min,
		       const struct nfsec_addr *max)
{
	return nfsec_addr_cmp(a, min) >= 0 && nfsec_addr_cmp(a, max) <= 0;
}

/* In transport mode its addresses are those of the packets inside */
static bool selector_allows(const struct nfsec_sa *sa,
			    const struct nfsec_sa_config *cfg)
{
	const struct nfsec_selector *sel = &sa->sel;

	if (sa->mode == NFSEC_MODE_TUNNEL || sel->family == AF_UNSPEC)
		return true;
	return is_between(&cfg->id.daddr, &sel->daddr_min, &sel->daddr_max) &&
	       (nfsec_addr_any(&cfg->saddr) ||
		is_between(&cfg->saddr, &sel->saddr_min, &sel->saddr_max));
}

/* Under &nfsec_net.lock */
static int migrate(struct nfsec_net *nn, struct genl_info *info,
		   struct nfsec_sa_config *cfg)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **tb = info->attrs;
	struct nfsec_addr saddr, daddr;
	const struct nfsec_path *path;
	struct nfsec_sa *sa, *other;
	u8 family;
	int err;

	sa = nfsec_sad_find(nn, &cfg->id);
	if (!sa)
		return NFSEC_NL_REFUSE(extack, -ESRCH, "no such SA");
	if (sa->state != NFSEC_SA_VALID)
		return NFSEC_NL_REFUSE(extack, -ESRCH,
				       "SA is not in use: it reserves an SPI, or is beyond its hard limit");
	path = nfsec_net_path(nn, sa);
	if (tb[NFSEC_A_SA_SRC] && !nfsec_addr_equal(&cfg->saddr, &path->saddr)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[NFSEC_A_SA_SRC],
				    "SA has another source address");
		return -ESRCH;
	}
	err = get_target(tb, sa, path, cfg, extack);
	if (err)
		return err;
	err = nfsec_nl_check_sa_id(tb, &cfg->id, &cfg->saddr, extack);
	if (err)
		return err;
	if (!selector_allows(sa, cfg))
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_NEW_DST] ?:
				    tb[NFSEC_A_SA_NEW_SRC],
				    "in transport mode the selector of the SA has to allow its addresses");
	other = nfsec_sad_find(nn, &cfg->id);
	if (other && other != sa) {
		NL_SET_ERR_MSG_ATTR(extack, tb[NFSEC_A_SA_NEW_DST],
				    "there is an SA of this SPI, destination, protocol and mark");
		return -EEXIST;
	}
	saddr = path->saddr;
	daddr = path->daddr;
	family = path->family;
	err = nfsec_nl_migrate(nn, sa, cfg->id.family, &cfg->saddr,
			       &cfg->id.daddr, &cfg->encap, extack);
	if (!err)
		nfsec_notify_migrate(sa, &saddr, &daddr, family);
	return err;
}

/**
 * nfsec_nl_sa_migrate_doit() - move an SA to other addresses
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_migrate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_sa_config cfg = {};
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = nfsec_nl_get_sa_id(info->attrs, true, &cfg.id, &cfg.saddr,
				 info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	err = migrate(nn, info, &cfg);
	mutex_unlock(&nn->lock);
	return err;
}
