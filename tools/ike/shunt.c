// SPDX-License-Identifier: GPL-2.0
/*
 * Policies without an SA: what passes in clear, and what is dropped (RFC 4301 4.4.1).
 */
#include "daemon.h"

static void one(struct ike_daemon *d, const char *peer, struct ike_setup_shunt *sh, bool on)
{
	unsigned int i, n = ike_setup_shunt_n(sh->conf);
	struct ike_kern_policy p;
	bool bad = false;

	if (sh->on == on)
		return;
	for (i = 0; i < n; i++) {
		if (!ike_setup_shunt_policy(sh->conf, i, &p))
			continue;
		if (!on)
			ike_nfsec_ops.del_policy(d->kern, &p);
		else
			bad |= !!ike_nfsec_ops.add_policy(d->kern, &p);
	}
	sh->on = on;
	if (bad)
		ike_say(d, "%.48s: not all policies of %.32s are in the kernel", peer,
			sh->conf->item.name);
}

void ike_shunts(struct ike_daemon *d, struct ike_setup *s, unsigned int i, bool on)
{
	struct ike_setup_peer *m = &s->more[i];
	unsigned int k;

	for (k = 0; k < m->n_shunts; k++)
		if (m->shunts[k].conf->start_action)
			one(d, s->peers[i].name, &m->shunts[k], on);
}
