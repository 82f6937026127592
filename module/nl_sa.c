// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on SAs. A new SA is complete before it is published; of one that is
 * in use only that changes which the packet path can see change.
 */

#include <crypto/algapi.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "main.h"
#include "netlink.h"
#include "notify.h"

#define NL_SPI_MIN		256
#define NL_SPI_MAX_DEFAULT	0x0fffffff	/* as ip xfrm */

/**
 * struct sa_filter - which SAs a dump, count or flush is about
 * @tb: attributes; what is absent fits every SA
 * @saddr: value of that attribute
 * @daddr: likewise
 * @sfamily: its family
 * @dfamily: likewise
 * @mark: likewise
 */
struct sa_filter {
	struct nlattr **tb;
	struct nfsec_addr saddr;
	struct nfsec_addr daddr;
	u8 sfamily;
	u8 dfamily;
	struct nfsec_mark mark;
};

static int get_filter(struct nlattr **tb, struct sa_filter *f,
		      struct netlink_ext_ack *extack)
{
	int err;

	memset(f, 0, sizeof(*f));
	f->tb = tb;
	if (tb[NFSEC_A_SA_SRC]) {
		err = nfsec_nl_get_addr(tb[NFSEC_A_SA_SRC], &f->saddr,
					&f->sfamily, extack);
		if (err)
			return err;
	}
	if (tb[NFSEC_A_SA_DST]) {
		err = nfsec_nl_get_addr(tb[NFSEC_A_SA_DST], &f->daddr,
					&f->dfamily, extack);
		if (err)
			return err;
	}
	return nfsec_nl_get_mark(tb[NFSEC_A_SA_MARK], &f->mark, extack);
}

static bool mark_equal(const struct nfsec_mark *a, const struct nfsec_mark *b)
{
	return a->value == b->value && a->mask == b->mask;
}

/* &nfsec_net.lock is held */
static bool filter_match(const struct sa_filter *f, const struct nfsec_sa *sa)
{
	const struct nfsec_path *path = nfsec_net_path(sa->nn, sa);
	struct nlattr **tb = f->tb;

	if (tb[NFSEC_A_SA_SRC] && (f->sfamily != path->family ||
				   !nfsec_addr_equal(&f->saddr, &path->saddr)))
		return false;
	if (tb[NFSEC_A_SA_DST] && (f->dfamily != path->family ||
				   !nfsec_addr_equal(&f->daddr, &path->daddr)))
		return false;
	if (tb[NFSEC_A_SA_PROTO] &&
	    nla_get_u8(tb[NFSEC_A_SA_PROTO]) != sa->proto)
		return false;
	if (tb[NFSEC_A_SA_SPI] &&
	    nla_get_u32(tb[NFSEC_A_SA_SPI]) != ntohl(sa->spi))
		return false;
	if (tb[NFSEC_A_SA_MODE] && nla_get_u8(tb[NFSEC_A_SA_MODE]) != sa->mode)
		return false;
	if (tb[NFSEC_A_SA_REQID] &&
	    nla_get_u32(tb[NFSEC_A_SA_REQID]) != sa->reqid)
		return false;
	if (tb[NFSEC_A_SA_DIR] && nla_get_u8(tb[NFSEC_A_SA_DIR]) != sa->dir)
		return false;
	return !tb[NFSEC_A_SA_MARK] || mark_equal(&f->mark, &sa->mark);
}

/* The SA that the attributes name; &nfsec_net.lock is held */
static struct nfsec_sa *find_sa(struct nfsec_net *nn,
				const struct nfsec_sa_id *id,
				struct nlattr **tb,
				const struct nfsec_addr *saddr,
				struct netlink_ext_ack *extack)
{
	struct nfsec_sa *sa = nfsec_sad_find(nn, id);

	if (sa && (!tb[NFSEC_A_SA_SRC] || nfsec_addr_equal(saddr, &nfsec_net_path(nn, sa)->saddr)))
		return sa;
	if (sa)
		NL_SET_ERR_MSG_ATTR(extack, tb[NFSEC_A_SA_SRC],
				    "SA has another source address");
	else
		NL_SET_ERR_MSG(extack, "no such SA");
	return NULL;
}

/* Make an SA and put it in the place of a larval one, if there is one */
static int publish(struct nfsec_net *nn, struct nfsec_sa_config *cfg,
		   struct nfsec_sa *larval, u8 event,
		   struct netlink_ext_ack *extack)
{
	struct nfsec_sa *sa;
	int err;

	sa = nfsec_sa_create(nn, cfg, extack);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	if (larval)
		err = nfsec_sad_replace(nn, larval, sa);
	else
		err = nfsec_sad_insert(nn, sa);
	if (err)
		NL_SET_ERR_MSG(extack, "SA cannot be put into the tables");
	else
		nfsec_notify_sa(sa, event);
	nfsec_sa_put(sa);
	return err;
}

static int sa_new(struct genl_info *info, struct nfsec_sa_config *cfg)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_sa *old;
	int err;

	err = nfsec_nl_get_sa_config(info->attrs, cfg, info->extack);
	if (err)
		return err;
	err = nfsec_nl_check_sa_config(info->attrs, cfg, info->extack);
	if (err)
		return err;

	mutex_lock(&nn->lock);
	old = nfsec_sad_find(nn, &cfg->id);
	if (old && old->state != NFSEC_SA_LARVAL)
		err = NFSEC_NL_REFUSE(info->extack, -EEXIST,
				      "there is an SA of this SPI, destination, protocol and mark");
	else
		err = publish(nn, cfg, old, NFSEC_CMD_SA_NEW, info->extack);
	mutex_unlock(&nn->lock);
	return err;
}

/**
 * nfsec_nl_sa_new_doit() - create an SA
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock. Wipes keys in the message.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_sa_config cfg = {};
	int err;

	err = nfsec_nl_begin(info, 0);
	if (!err)
		err = sa_new(info, &cfg);
	nfsec_sa_config_free(&cfg);
	nfsec_nl_wipe_keys(info);
	return err;
}

static bool key_equal(const struct nfsec_key *a, const struct nfsec_key *b)
{
	return a->alg == b->alg && a->icv_bits == b->icv_bits &&
	       a->len == b->len && !crypto_memneq(a->data, b->data, a->len);
}

static bool limits_equal(const struct nfsec_limits *a,
			 const struct nfsec_limits *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* What of an update contradicts the SA */
static int check_same(struct nlattr **tb, const struct nfsec_sa_config *cfg,
		      const struct nfsec_sa *sa,
		      struct netlink_ext_ack *extack)
{
	const struct nfsec_path *path = nfsec_net_path(sa->nn, sa);
	const struct {
		int attr;
		bool same;
	} fixed[] = {
		{ NFSEC_A_SA_SRC, nfsec_addr_equal(&cfg->saddr, &path->saddr) },
		{ NFSEC_A_SA_MODE, cfg->mode == sa->mode },
		{ NFSEC_A_SA_REQID, cfg->reqid == sa->reqid },
		{ NFSEC_A_SA_DIR, cfg->dir == sa->dir },
		{ NFSEC_A_SA_FLAGS, cfg->flags == sa->flags },
		{ NFSEC_A_SA_AEAD, key_equal(&cfg->aead, &sa->key_aead) },
		{ NFSEC_A_SA_AUTH, key_equal(&cfg->auth, &sa->key_auth) },
		{ NFSEC_A_SA_ENC, key_equal(&cfg->enc, &sa->key_enc) },
		{ NFSEC_A_SA_ENCAP,
		  path->encap.type != NFSEC_ENCAP_TYPE_NONE },
		{ NFSEC_A_SA_SEL, nfsec_selector_equal(&cfg->sel, &sa->sel) },
		{ NFSEC_A_SA_OUTPUT_MARK,
		  mark_equal(&cfg->output_mark, &sa->output_mark) },
		{ NFSEC_A_SA_REPLAY_WINDOW,
		  cfg->window == sa->replay.window ||
		  sa->dir == NFSEC_DIR_OUT },
		{ NFSEC_A_SA_TFCPAD, cfg->tfcpad == sa->tfcpad },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (tb[fixed[i].attr] && !fixed[i].same)
			return NFSEC_NL_BAD(extack, tb[fixed[i].attr],
					    "this is fixed in an SA and differs from what it has");
	return 0;
}

static void set_limits(struct nfsec_sa *sa, const struct nfsec_limits *l)
{
	WRITE_ONCE(sa->limits.soft_bytes, l->soft_bytes);
	WRITE_ONCE(sa->limits.hard_bytes, l->hard_bytes);
	WRITE_ONCE(sa->limits.soft_packets, l->soft_packets);
	WRITE_ONCE(sa->limits.hard_packets, l->hard_packets);
	WRITE_ONCE(sa->limits.soft_add, l->soft_add);
	WRITE_ONCE(sa->limits.hard_add, l->hard_add);
	WRITE_ONCE(sa->limits.soft_use, l->soft_use);
	WRITE_ONCE(sa->limits.hard_use, l->hard_use);
	nfsec_lifetime_update(sa);
}

/* Change an SA in use; all that can fail comes first */
static int change(struct nfsec_net *nn, struct nfsec_sa *sa,
		  struct nlattr **tb, const struct nfsec_sa_config *cfg,
		  struct netlink_ext_ack *extack)
{
	const struct nfsec_path *path;
	int err;

	if (sa->state != NFSEC_SA_VALID)
		return NFSEC_NL_REFUSE(extack, -ESRCH,
				       "SA is beyond its hard limit");
	err = check_same(tb, cfg, sa, extack);
	if (err)
		return err;
	err = nfsec_nl_check_replay(tb, sa->dir, sa->replay.window, sa->esn,
				    extack);
	if (err)
		return err;
	if (tb[NFSEC_A_SA_ENCAP]) {
		path = nfsec_net_path(nn, sa);
		err = nfsec_nl_migrate(nn, sa, path->family, &path->saddr,
				       &path->daddr, &cfg->encap, extack);
		if (err)
			return err;
	}
	if (tb[NFSEC_A_SA_LIMITS] && !limits_equal(&cfg->limits, &sa->limits))
		set_limits(sa, &cfg->limits);
	if (tb[NFSEC_A_SA_REPLAY_SEQ])
		nfsec_replay_set(&sa->replay, cfg->seq, cfg->bitmap,
				 cfg->bitmap_len);
	if (tb[NFSEC_A_SA_REPLAY_OSEQ])
		atomic64_set(&sa->oseq, cfg->oseq);
	nfsec_net_changed(nn);
	nfsec_notify_sa(sa, NFSEC_CMD_SA_UPDATE);
	return 0;
}

static int sa_update(struct genl_info *info, struct nfsec_sa_config *cfg)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct netlink_ext_ack *extack = info->extack;
	struct nfsec_sa *sa;
	int err;

	err = nfsec_nl_get_sa_config(info->attrs, cfg, extack);
	if (err)
		return err;

	mutex_lock(&nn->lock);
	sa = nfsec_sad_find(nn, &cfg->id);
	if (!sa) {
		err = NFSEC_NL_REFUSE(extack, -ESRCH, "no such SA");
	} else if (sa->state == NFSEC_SA_LARVAL) {
		err = nfsec_nl_check_sa_config(info->attrs, cfg, extack);
		if (!err)
			err = publish(nn, cfg, sa, NFSEC_CMD_SA_UPDATE,
				      extack);
	} else {
		err = change(nn, sa, info->attrs, cfg, extack);
	}
	mutex_unlock(&nn->lock);
	return err;
}

/**
 * nfsec_nl_sa_update_doit() - change an SA, or turn a larval one into a real one
 * @skb: message of the request
 * @info: request
 *
 * Keys, mode, addresses, selector, marks and window of an SA in use stay: they
 * may be given, but have to be the same.
 *
 * Context: process; takes &nfsec_net.lock. Wipes keys in the message.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_update_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_sa_config cfg = {};
	int err;

	err = nfsec_nl_begin(info, 0);
	if (!err)
		err = sa_update(info, &cfg);
	nfsec_sa_config_free(&cfg);
	nfsec_nl_wipe_keys(info);
	return err;
}

/* May the keys be shown to whoever sent @skb? */
static bool may_show_keys(struct sk_buff *skb, const struct net *net)
{
	return netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN) &&
	       !security_locked_down(LOCKDOWN_XFRM_SECRET);
}

static int get_parts(struct sk_buff *skb, const struct net *net,
		     struct nlattr **tb, unsigned int *parts,
		     struct netlink_ext_ack *extack)
{
	*parts = NFSEC_NL_SA_BITMAP | NFSEC_NL_SA_DROPS;
	if (!tb[NFSEC_A_SA_SHOW_KEYS])
		return 0;
	if (!may_show_keys(skb, net)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[NFSEC_A_SA_SHOW_KEYS],
				    "keys are not shown to you");
		return -EPERM;
	}
	*parts |= NFSEC_NL_SA_KEYS;
	return 0;
}

static int count(struct nfsec_net *nn, struct genl_info *info)
{
	struct sa_filter filter;
	unsigned long uid;
	struct nfsec_sa *sa;
	u32 n = 0;
	int err;

	err = get_filter(info->attrs, &filter, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	xa_for_each(&nn->sad.by_uid, uid, sa)
		n += filter_match(&filter, sa);
	mutex_unlock(&nn->lock);
	return nfsec_nl_reply_count(info, NFSEC_CMD_SA_GET, NFSEC_A_SA_COUNT,
				    n);
}

/* Under &nfsec_net.lock */
static int get_one(struct nfsec_net *nn, struct genl_info *info,
		   const struct nfsec_sa_id *id, const struct nfsec_addr *saddr,
		   unsigned int parts)
{
	struct sk_buff *skb;
	struct nfsec_sa *sa;
	void *hdr;

	sa = find_sa(nn, id, info->attrs, saddr, info->extack);
	if (!sa)
		return -ESRCH;
	skb = nfsec_nl_reply(info, NFSEC_CMD_SA_GET, NFSEC_NL_SA_ROOM +
			     DIV_ROUND_UP(sa->replay.window, 8), &hdr);
	if (!skb)
		return -ENOMEM;
	return nfsec_nl_reply_send(info, skb, hdr,
				   nfsec_nl_put_sa(skb, sa, parts));
}

/**
 * nfsec_nl_sa_get_doit() - tell of one SA, or how many there are
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_addr saddr;
	struct nfsec_sa_id id;
	unsigned int parts;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	if (info->attrs[NFSEC_A_SA_COUNT_ONLY])
		return count(nn, info);
	if (info->attrs[NFSEC_A_SA_MODE] || info->attrs[NFSEC_A_SA_REQID] ||
	    info->attrs[NFSEC_A_SA_DIR])
		return NFSEC_NL_REFUSE(info->extack, -EINVAL,
				       "mode, reqid and direction choose SAs of a dump or count, but do not name one");
	err = get_parts(skb, nn->net, info->attrs, &parts, info->extack);
	if (err)
		return err;
	err = nfsec_nl_get_sa_id(info->attrs, true, &id, &saddr, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	err = get_one(nn, info, &id, &saddr, parts);
	mutex_unlock(&nn->lock);
	return err;
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    struct nfsec_sa *sa, unsigned int parts)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &nfsec_nl_family, NLM_F_MULTI, NFSEC_CMD_SA_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nfsec_nl_put_sa(skb, sa, parts)) {
		/* what is cut off again may have keys and goes along unseen */
		memzero_explicit(hdr, skb_tail_pointer(skb) - (u8 *)hdr);
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/*
 * The reader decides how long a message may be. An SA too long for a message
 * of its own is told without its bitmap and, if need be, without drops; the
 * get of a single SA has them.
 */
static int dump_fitting(struct sk_buff *skb, struct netlink_callback *cb,
			struct nfsec_sa *sa, unsigned int parts)
{
	int err = dump_one(skb, cb, sa, parts);

	if (err && !skb->len)
		err = dump_one(skb, cb, sa, parts & ~NFSEC_NL_SA_BITMAP);
	if (err && !skb->len)
		err = dump_one(skb, cb, sa, parts & NFSEC_NL_SA_KEYS);
	return err;
}

/**
 * nfsec_nl_sa_get_dumpit() - tell of all SAs that fit a filter
 * @skb: message to fill
 * @cb: state of the dump; args[0] is the uid to go on with
 *
 * An SA that is there from start to end is told once, whatever else comes and
 * goes.
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: octets in @skb, 0 at the end, or a negative error.
 */
int nfsec_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **tb = genl_info_dump(cb)->attrs;
	struct nfsec_net *nn = nfsec_net(sock_net(skb->sk));
	struct sa_filter filter;
	unsigned int parts;
	unsigned long uid;
	struct nfsec_sa *sa;
	int err;

	err = nfsec_nl_begin_dump(cb);
	if (err)
		return err;
	if (tb[NFSEC_A_SA_COUNT_ONLY])
		return NFSEC_NL_BAD(cb->extack, tb[NFSEC_A_SA_COUNT_ONLY],
				    "a count is no dump");
	err = get_filter(tb, &filter, cb->extack);
	if (err)
		return err;
	err = get_parts(cb->skb, nn->net, tb, &parts, cb->extack);
	if (err)
		return err;

	mutex_lock(&nn->lock);
	xa_for_each_start(&nn->sad.by_uid, uid, sa, cb->args[0]) {
		if (!filter_match(&filter, sa))
			continue;
		cb->args[0] = uid;
		err = dump_fitting(skb, cb, sa, parts);
		if (err)
			break;
	}
	if (!err)
		cb->args[0] = ULONG_MAX;
	mutex_unlock(&nn->lock);
	return skb->len ?: err;
}

/* Take an SA out and tell so; under &nfsec_net.lock */
static void sa_delete(struct nfsec_net *nn, struct nfsec_sa *sa, u8 event)
{
	bool held = nfsec_sa_hold(sa);

	nfsec_sad_remove(nn, sa);
	if (!held)
		return;
	nfsec_notify_sa(sa, event);
	nfsec_sa_put(sa);
}

/**
 * nfsec_nl_sa_del_doit() - delete an SA
 * @skb: message of the request
 * @info: request
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_addr saddr;
	struct nfsec_sa_id id;
	struct nfsec_sa *sa;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = nfsec_nl_get_sa_id(info->attrs, true, &id, &saddr, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	sa = find_sa(nn, &id, info->attrs, &saddr, info->extack);
	if (sa)
		sa_delete(nn, sa, NFSEC_CMD_SA_DEL);
	mutex_unlock(&nn->lock);
	return sa ? 0 : -ESRCH;
}

/**
 * nfsec_nl_sa_flush_doit() - delete all SAs that fit a filter
 * @skb: message of the request
 * @info: request; answered with the number of SAs deleted
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct sa_filter filter;
	unsigned long uid;
	struct nfsec_sa *sa;
	u32 n = 0;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = get_filter(info->attrs, &filter, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	xa_for_each(&nn->sad.by_uid, uid, sa) {
		if (!filter_match(&filter, sa))
			continue;
		sa_delete(nn, sa, NFSEC_CMD_SA_FLUSH);
		n++;
		cond_resched();
	}
	mutex_unlock(&nn->lock);
	return nfsec_nl_reply_count(info, NFSEC_CMD_SA_FLUSH, NFSEC_A_SA_COUNT,
				    n);
}

static int get_larval(struct nlattr **tb, struct nfsec_sa_config *cfg,
		      u32 *min, u32 *max, struct netlink_ext_ack *extack)
{
	int err;

	err = nfsec_nl_get_sa_id(tb, false, &cfg->id, &cfg->saddr, extack);
	if (err)
		return err;
	err = nfsec_nl_check_sa_id(tb, &cfg->id, &cfg->saddr, extack);
	if (err)
		return err;
	if (tb[NFSEC_A_SA_MODE])
		cfg->mode = nla_get_u8(tb[NFSEC_A_SA_MODE]);
	if (tb[NFSEC_A_SA_REQID])
		cfg->reqid = nla_get_u32(tb[NFSEC_A_SA_REQID]);

	*min = tb[NFSEC_A_SA_SPI_MIN] ? nla_get_u32(tb[NFSEC_A_SA_SPI_MIN]) :
					NL_SPI_MIN;
	*max = tb[NFSEC_A_SA_SPI_MAX] ? nla_get_u32(tb[NFSEC_A_SA_SPI_MAX]) :
					NL_SPI_MAX_DEFAULT;
	if (*min < NL_SPI_MIN)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SPI_MIN],
				    "SPI 0 to 255 are reserved (RFC 4303 2.1)");
	if (*max < *min)
		return NFSEC_NL_BAD(extack, tb[NFSEC_A_SA_SPI_MAX] ?:
				    tb[NFSEC_A_SA_SPI_MIN],
				    "SPI range ends before it starts");
	return 0;
}

/* Under &nfsec_net.lock */
static struct nfsec_sa *alloc_spi(struct nfsec_net *nn,
				  const struct nfsec_sa_config *cfg, u32 min,
				  u32 max, struct netlink_ext_ack *extack)
{
	struct nfsec_sa *sa;
	int err;

	sa = nfsec_sa_create_larval(nn, cfg);
	if (IS_ERR(sa))
		return sa;
	err = nfsec_sad_alloc_spi(nn, sa, min, max, extack);
	if (!err)
		nfsec_notify_sa(sa, NFSEC_CMD_SA_ALLOCSPI);
	/* the tables have a reference of their own */
	nfsec_sa_put(sa);
	return err ? ERR_PTR(err) : sa;
}

/**
 * nfsec_nl_sa_allocspi_doit() - reserve an SPI
 * @skb: message of the request
 * @info: request; answered with the larval SA
 *
 * Context: process; takes &nfsec_net.lock.
 * Return: 0 or a negative error with a sentence.
 */
int nfsec_nl_sa_allocspi_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfsec_net *nn = nfsec_net(genl_info_net(info));
	struct nfsec_sa_config cfg = {};
	struct sk_buff *reply;
	struct nfsec_sa *sa;
	u32 min, max;
	void *hdr;
	int err;

	err = nfsec_nl_begin(info, 0);
	if (err)
		return err;
	err = get_larval(info->attrs, &cfg, &min, &max, info->extack);
	if (err)
		return err;
	reply = nfsec_nl_reply(info, NFSEC_CMD_SA_ALLOCSPI, NFSEC_NL_SA_ROOM,
			       &hdr);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&nn->lock);
	sa = alloc_spi(nn, &cfg, min, max, info->extack);
	err = IS_ERR(sa) ? PTR_ERR(sa) : nfsec_nl_put_sa(reply, sa, 0);
	mutex_unlock(&nn->lock);
	return nfsec_nl_reply_send(info, reply, hdr, err);
}
