/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs that are run when a child comes up or goes: without a shell, beside the loop, and
 * not for ever.
 */
#ifndef IKE_HOOK_H
#define IKE_HOOK_H

#include <event2/event.h>
#include <stdint.h>

#include "sa.h"

#define IKE_HOOK_MS	10000	/* how long one may take */
#define IKE_HOOK_END_MS	5000	/* and all of them at the end */
#define IKE_HOOKS	256	/* that run or wait */
#define IKE_HOOKS_RUN	8	/* that run at once */

struct ike_hooks;

/* What is run on the loop of @base; NULL without memory. @limit_ms is how long one may take,
 * 0 for IKE_HOOK_MS.
 */
struct ike_hooks *ike_hooks_new(struct event_base *base, unsigned int limit_ms,
				void (*log)(void *arg, const char *line), void *arg);

/* Waits for what runs or is to be run, not longer than IKE_HOOK_END_MS; NULL is allowed. */
void ike_hooks_free(struct ike_hooks *h);

/* Runs @command, a path and arguments with blanks between, with the environment @env, ended
 * by NULL. Those with the same @key go one after the other. 0, or -1 with a line in the log.
 */
int ike_hooks_run(struct ike_hooks *h, uint32_t key, const char *command, char *const *env);

/* Number of those that run or wait. */
unsigned int ike_hooks_busy(const struct ike_hooks *h);

/* hook_env.c */

/**
 * struct ike_hook_of - what happened
 * @sa: IKE SA
 * @ch: child of it
 * @local: one of its selectors of our side
 * @remote: one of the peer's
 * @ifname: interface of our outer address, NULL if it is not known
 * @mark_in: mark of inbound policies, and
 * @mark_in_mask: the bits of it that count
 * @mark_out: the same of outbound ones
 * @mark_out_mask: likewise
 * @up: it came up, else it goes
 */
struct ike_hook_of {
	const struct ike_sa *sa;
	const struct ike_child *ch;
	const struct ike_ts *local, *remote;
	const char *ifname;
	uint32_t mark_in, mark_in_mask, mark_out, mark_out_mask;
	bool up;
};

/* The environment for that, with the names that strongSwan's updown scripts know; allocated,
 * ike_hook_env_free(). NULL without memory.
 */
char **ike_hook_env(const struct ike_hook_of *of);
void ike_hook_env_free(char **env);

#endif /* IKE_HOOK_H */
