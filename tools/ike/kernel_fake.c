// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel in memory: keeps what it was told, and counts what makes no sense.
 */
#include <arpa/inet.h>

#include "kernel.h"

#include "../lib/util.h"

static int find_sa(struct ike_fake *f, uint8_t proto, uint32_t spi, const struct ike_addr *dst)
{
	unsigned int i;

	for (i = 0; i < IKE_FAKE_SAS; i++)
		if (f->sa[i].spi == spi && f->sa[i].proto == proto &&
		    ike_addr_same(&f->sa[i].dst, dst))
			return (int)i;
	return -1;
}

static int wrong(struct ike_fake *f)
{
	f->errors++;
	return -1;
}

static int alloc_spi(void *kern, uint8_t proto, const struct ike_addr *src,
		     const struct ike_addr *dst, uint32_t *spi)
{
	struct ike_fake *f = kern;
	unsigned int i;

	for (i = 0; i < IKE_FAKE_SAS && f->sa[i].spi; i++)
		;
	if (i == IKE_FAKE_SAS)
		return -1;
	f->next_spi = f->next_spi ? f->next_spi + 1 : 0xc0000001;
	f->sa[i] = (struct ike_kern_sa){ .spi = htonl(f->next_spi), .proto = proto,
					 .inbound = true, .src = *src, .dst = *dst };
	f->larval[i] = true;
	f->use[i] = (struct ike_kern_use){ 0 };
	*spi = f->sa[i].spi;
	return 0;
}

static int add_sa(void *kern, const struct ike_kern_sa *sa)
{
	struct ike_fake *f = kern;
	int i = find_sa(f, sa->proto, sa->spi, &sa->dst);

	if (f->fail_add && !--f->fail_add)
		return -1;
	if (i >= 0 && !(f->larval[i] && sa->inbound))
		return wrong(f);
	if (i < 0)
		for (i = 0; i < IKE_FAKE_SAS && f->sa[i].spi; i++)
			;
	if (i == IKE_FAKE_SAS)
		return -1;
	f->sa[i] = *sa;
	f->larval[i] = false;
	f->use[i] = (struct ike_kern_use){ 0 };
	return 0;
}

static int update_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		     const struct ike_addr *new_src, const struct ike_addr *new_dst)
{
	struct ike_fake *f = kern;
	int i = find_sa(f, proto, spi, dst);

	if (i < 0 || f->larval[i])
		return wrong(f);
	f->sa[i].src = *new_src;
	f->sa[i].dst = *new_dst;
	f->sa[i].encap = new_src->port && new_dst->port;
	return 0;
}

static int del_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst)
{
	struct ike_fake *f = kern;
	int i = find_sa(f, proto, spi, dst);

	if (i < 0)
		return wrong(f);
	f->sa[i] = (struct ike_kern_sa){ 0 };
	f->larval[i] = false;
	return 0;
}

static int query_sa(void *kern, uint8_t proto, uint32_t spi, const struct ike_addr *dst,
		    struct ike_kern_use *use)
{
	struct ike_fake *f = kern;
	int i = find_sa(f, proto, spi, dst);

	if (i < 0)
		return wrong(f);
	*use = f->use[i];
	return 0;
}

static int find_policy(const struct ike_fake *f, const struct ike_kern_policy *p)
{
	unsigned int i;

	for (i = 0; i < IKE_FAKE_POLICIES; i++)
		if (f->users[i] && f->policy[i].inbound == p->inbound &&
		    f->policy[i].reqid == p->reqid && f->policy[i].mark == p->mark &&
		    f->policy[i].mask == p->mask && f->policy[i].action == p->action &&
		    ike_ts_equal(&f->policy[i].from, &p->from) &&
		    ike_ts_equal(&f->policy[i].to, &p->to))
			return (int)i;
	return -1;
}

static int add_policy(void *kern, const struct ike_kern_policy *p)
{
	struct ike_fake *f = kern;
	int i = find_policy(f, p);

	if (i < 0) {
		for (i = 0; i < IKE_FAKE_POLICIES && f->users[i]; i++)
			;
		if (i == IKE_FAKE_POLICIES)
			return -1;
		f->policy[i] = *p;
	}
	f->users[i]++;
	return 0;
}

static int del_policy(void *kern, const struct ike_kern_policy *p)
{
	struct ike_fake *f = kern;
	int i = find_policy(f, p);

	if (i < 0)
		return wrong(f);
	f->users[i]--;
	return 0;
}

const struct ike_kernel_ops ike_fake_ops = {
	.alloc_spi = alloc_spi,
	.add_sa = add_sa,
	.update_sa = update_sa,
	.del_sa = del_sa,
	.query_sa = query_sa,
	.add_policy = add_policy,
	.del_policy = del_policy,
};
