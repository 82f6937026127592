// SPDX-License-Identifier: GPL-2.0
/*
 * What a program is told of a child, in the words of strongSwan's updown scripts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "hook.h"
#include "udp.h"

#define VARS 64

struct vars {
	char *v[VARS];
	unsigned int n;
	bool bad;
};

/* Names in certificates and such come from others, and scripts are careless. */
static void harmless(char *s)
{
	for (; *s; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') &&
		    !(*s >= '0' && *s <= '9') && !strchr(" ._:@=,/+-%", *s))
			*s = '?';
}

__attribute__((format(printf, 3, 4)))
static void put(struct vars *x, const char *name, const char *fmt, ...)
{
	char value[700], *s;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	harmless(value);
	if (x->n + 1 >= VARS || asprintf(&s, "%s=%s", name, value) < 0) {
		x->bad = true;
		return;
	}
	x->v[x->n++] = s;
}

static void put_addr(struct vars *x, const char *name, const struct ike_addr *a)
{
	struct ike_addr bare = *a;
	char text[IKE_ADDR_TEXT];

	bare.port = 0;
	put(x, name, "%s", ike_addr_print(&bare, text, sizeof(text)));
}

static bool is_host(const struct ike_ts *t, const struct ike_addr *a)
{
	size_t n = ike_ts_alen(t);

	return n == a->len && !memcmp(t->lo, a->a, n) && !memcmp(t->hi, a->a, n);
}

/* Net and length, or first and last address. */
static void put_client(struct vars *x, const char *name, const struct ike_ts *t)
{
	struct ike_ts net = *t;
	char text[160];

	net.proto = 0;
	net.port_lo = 0;
	net.port_hi = 65535;
	put(x, name, "%s", ike_ts_print(&net, text, sizeof(text)));
}

static void put_vips(struct vars *x, const struct ike_sa *sa)
{
	const char *who = sa->vip_ours ? "MY" : "PEER";
	unsigned int i, n[2] = { 0 };
	bool first = true;
	char name[40];

	for (i = 0; i < 2; i++) {
		if (!sa->vip[i].len)
			continue;
		if (first) {
			snprintf(name, sizeof(name), "PLUTO_%s_SOURCEIP", who);
			put_addr(x, name, &sa->vip[i]);
		}
		first = false;
		snprintf(name, sizeof(name), "PLUTO_%s_SOURCEIP%c_1", who, i ? '6' : '4');
		put_addr(x, name, &sa->vip[i]);
	}
	for (i = 0; i < sa->n_dns; i++) {
		bool six = sa->dns[i].len == 16;

		snprintf(name, sizeof(name), "PLUTO_DNS%c_%u", six ? '6' : '4', ++n[six]);
		put_addr(x, name, &sa->dns[i]);
	}
}

static void put_id(struct vars *x, const char *name, uint8_t type, struct ike_buf id)
{
	char text[512];

	put(x, name, "%s", ike_id_print(type, id, text, sizeof(text)));
}

char **ike_hook_env(const struct ike_hook_of *of)
{
	const struct ike_sa *sa = of->sa;
	const uint8_t *spi = ike_sa_own_spi(sa);
	struct vars x = { .n = 0 };
	char **env;

	put(&x, "PLUTO_VERSION", "1.1");
	put(&x, "PLUTO_VERB", "%s-%s%s", of->up ? "up" : "down",
	    is_host(of->local, &of->ch->src) ? "host" : "client",
	    of->ch->src.len == 16 ? "-v6" : "");
	put(&x, "PLUTO_CONNECTION", "%.256s", of->ch->conf->name);
	put(&x, "PLUTO_INTERFACE", "%s", of->ifname ? of->ifname : "unknown");
	put(&x, "PLUTO_REQID", "%u", of->ch->reqid);
	put(&x, "PLUTO_PROTO", "%s", of->ch->chosen.proto == IKE_PROTO_AH ? "ah" : "esp");
	put(&x, "PLUTO_UNIQUEID", "%u", (uint32_t)spi[0] << 24 | spi[1] << 16 | spi[2] << 8 |
	    spi[3]);
	put_addr(&x, "PLUTO_ME", &of->ch->src);
	put_id(&x, "PLUTO_MY_ID", sa->peer->local_id.type, sa->peer->local_id.data);
	put_client(&x, "PLUTO_MY_CLIENT", of->local);
	put(&x, "PLUTO_MY_PORT", "%u", of->local->port_lo);
	put(&x, "PLUTO_MY_PROTOCOL", "%u", of->local->proto);
	put_addr(&x, "PLUTO_PEER", &of->ch->dst);
	put_id(&x, "PLUTO_PEER_ID", sa->peer_id_type, sa->peer_id);
	put_client(&x, "PLUTO_PEER_CLIENT", of->remote);
	put(&x, "PLUTO_PEER_PORT", "%u", of->remote->port_lo);
	put(&x, "PLUTO_PEER_PROTOCOL", "%u", of->remote->proto);
	if (of->mark_in_mask)
		put(&x, "PLUTO_MARK_IN", "%u/0x%08x", of->mark_in, of->mark_in_mask);
	if (of->mark_out_mask)
		put(&x, "PLUTO_MARK_OUT", "%u/0x%08x", of->mark_out, of->mark_out_mask);
	if (sa->nat_us || sa->nat_peer)
		put(&x, "PLUTO_UDP_ENC", "%u", of->ch->dst.port);
	put_vips(&x, sa);
	env = x.bad ? NULL : calloc(x.n + 1, sizeof(*env));
	if (env)
		memcpy(env, x.v, x.n * sizeof(*env));
	while (!env && x.n)
		free(x.v[--x.n]);
	return env;
}

void ike_hook_env_free(char **env)
{
	unsigned int i;

	for (i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}
