/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process beside the daemon that runs programs for it. The daemon reads what anybody sends,
 * and need not be able to run anything; what it asks for by name is looked up in the
 * configuration by this process itself.
 */
#ifndef IKE_HOOKD_H
#define IKE_HOOKD_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct ike_hookd_conf - surroundings of the process
 * @path: file of the configuration, and
 * @flags: how it is read
 * @syslog: lines go there, else to standard error
 */
struct ike_hookd_conf {
	const char *path;
	unsigned int flags;
	bool syslog;
};

/* Starts it: with the privileges that programs are to have, and before there are secrets in
 * the memory of the caller. A descriptor, or -1 with errno. It ends, when all has been run,
 * once that is closed.
 */
int ike_hookd_start(const struct ike_hookd_conf *conf);

/* Tells it to read the configuration again; that of children that go is kept. 0 or -1. */
int ike_hookd_reload(int fd);

/* Has the program of @child of @conn run with the environment @env, of which only names that
 * begin with PLUTO_ arrive. Those with the same @key go one after the other. 0 or -1 with errno.
 */
int ike_hookd_run(int fd, uint32_t key, const char *conn, const char *child, char *const *env);

#endif /* IKE_HOOKD_H */
