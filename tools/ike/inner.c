// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses that peers gave us, on an interface (RFC 7296 2.19).
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "inner.h"
#include "nl.h"

#define LOOPBACK 1	/* lo, in every network namespace */
#define PROTO 105	/* who put an address there: we */

/**
 * struct inner_addr - an address
 * @next: the next one
 * @a: the address
 * @ifindex: the interface
 * @users: how often it is in use
 * @ours: we put it there
 */
struct inner_addr {
	struct inner_addr *next;
	struct ike_addr a;
	unsigned int ifindex, users;
	bool ours;
};

struct ike_inner {
	struct ike_nl nl;
	struct inner_addr *list;
};

static void sweep(struct ike_inner *n);

struct ike_inner *ike_inner_open(void)
{
	struct ike_inner *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return NULL;
	err = ike_nl_open(&n->nl);
	if (!err) {
		sweep(n);
		return n;
	}
	free(n);
	errno = -err;
	return NULL;
}

void ike_inner_close(struct ike_inner *n)
{
	struct inner_addr *e;

	if (!n)
		return;
	while ((e = n->list)) {
		n->list = e->next;
		free(e);
	}
	ike_nl_close(&n->nl);
	free(n);
}

struct search {
	const struct ike_addr *a;
	unsigned int ifindex;
};

static int one(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(nlh);
	bool local = false, match = false;
	const struct nlattr *attr;
	struct search *s = data;

	/* IFA_LOCAL is ours where there are both: IFA_ADDRESS is the other end then. */
	mnl_attr_for_each(attr, nlh, sizeof(*m)) {
		unsigned int type = mnl_attr_get_type(attr);

		if ((type != IFA_LOCAL && (type != IFA_ADDRESS || local)) ||
		    mnl_attr_get_payload_len(attr) != s->a->len)
			continue;
		local |= type == IFA_LOCAL;
		match = !memcmp(mnl_attr_get_payload(attr), s->a->a, s->a->len);
	}
	if (match && !s->ifindex)
		s->ifindex = m->ifa_index;
	return MNL_CB_OK;
}

static int family(const struct ike_addr *a)
{
	return a->len == 16 ? AF_INET6 : AF_INET;
}

unsigned int ike_inner_find(struct ike_inner *n, const struct ike_addr *a)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct search s = { .a = a };
	struct ifaddrmsg *m;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->ifa_family = (uint8_t)family(a);
	if (ike_nl_ask(&n->nl, nlh, one, &s))
		return 0;
	return s.ifindex;
}

static int name_of(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
		    mnl_attr_get_payload_len(attr) <= IF_NAMESIZE)
			strcpy(data, mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

const char *ike_inner_name(struct ike_inner *n, const struct ike_addr *a, char *name)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned int index = ike_inner_find(n, a);
	struct ifinfomsg *m;

	*name = 0;
	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->ifi_index = (int)index;
	if (!index || ike_nl_ask(&n->nl, nlh, name_of, name))
		return NULL;
	return *name ? name : NULL;
}

static int set(struct ike_inner *n, const struct inner_addr *e, bool add)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *m;

	nlh->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->ifa_family = (uint8_t)family(&e->a);
	m->ifa_prefixlen = e->a.len * 8;
	m->ifa_scope = RT_SCOPE_UNIVERSE;
	m->ifa_index = e->ifindex;
	/* Nobody else has it, and it is needed at once. */
	if (e->a.len == 16)
		m->ifa_flags = IFA_F_NODAD;
	mnl_attr_put(nlh, IFA_LOCAL, e->a.len, e->a.a);
	mnl_attr_put(nlh, IFA_ADDRESS, e->a.len, e->a.a);
	if (add)
		mnl_attr_put_u8(nlh, IFA_PROTO, PROTO);
	return ike_nl_ask(&n->nl, nlh, NULL, NULL);
}

#define LEFT 64

struct leftover {
	struct inner_addr v[LEFT];
	unsigned int n;
};

static int left(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(nlh);
	struct inner_addr e = { .ifindex = m->ifa_index };
	const struct nlattr *attr;
	struct leftover *l = data;
	bool ours = false;

	mnl_attr_for_each(attr, nlh, sizeof(*m)) {
		size_t len = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == IFA_PROTO && len == 1)
			ours = mnl_attr_get_u8(attr) == PROTO;
		if (mnl_attr_get_type(attr) != IFA_ADDRESS || (len != 4 && len != 16))
			continue;
		e.a.len = (uint8_t)len;
		memcpy(e.a.a, mnl_attr_get_payload(attr), len);
	}
	if (ours && e.a.len && l->n < LEFT)
		l->v[l->n++] = e;
	return MNL_CB_OK;
}

/* Takes away addresses of a run that did not end as it should. */
static void sweep(struct ike_inner *n)
{
	char buf[IKE_NL_TX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct leftover l = { .n = 0 };
	unsigned int i;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg));
	if (ike_nl_ask(&n->nl, nlh, left, &l))
		return;
	for (i = 0; i < l.n; i++)
		set(n, &l.v[i], false);
}

int ike_inner_add(struct ike_inner *n, const struct ike_addr *local, const struct ike_addr *a)
{
	struct inner_addr *e;
	int err;

	for (e = n->list; e; e = e->next)
		if (ike_addr_same(&e->a, a)) {
			e->users++;
			return 0;
		}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->a = *a;
	e->users = 1;
	e->ifindex = ike_inner_find(n, a);
	if (!e->ifindex) {
		e->ours = true;
		e->ifindex = ike_inner_find(n, local);
	}
	if (!e->ifindex)
		e->ifindex = LOOPBACK;
	err = e->ours ? set(n, e, true) : 0;
	if (err) {
		free(e);
		return err;
	}
	e->next = n->list;
	n->list = e;
	return 0;
}

int ike_inner_del(struct ike_inner *n, const struct ike_addr *a)
{
	struct inner_addr **p = &n->list, *e;
	int err;

	while (*p && !ike_addr_same(&(*p)->a, a))
		p = &(*p)->next;
	e = *p;
	if (!e)
		return -ENOENT;
	if (--e->users)
		return 0;
	*p = e->next;
	err = e->ours ? set(n, e, false) : 0;
	free(e);
	/* The interface, or the address, may be gone already. */
	return err == -EADDRNOTAVAIL || err == -ENODEV ? 0 : err;
}
