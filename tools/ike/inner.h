/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses inside of tunnels on an interface of this host, by rtnetlink. All of it is about
 * the network namespace of the caller.
 */
#ifndef IKE_INNER_H
#define IKE_INNER_H

#include "addr.h"

struct ike_inner;

/* Takes away what an earlier run left behind. NULL with errno. */
struct ike_inner *ike_inner_open(void);

/* Closes it; addresses that were not taken away stay. NULL is allowed. */
void ike_inner_close(struct ike_inner *n);

/* Gives the interface that has address @local, or lo if none has, address @a too. One that
 * is there already is left alone, and stays in the end; the same again counts. 0 or -errno.
 */
int ike_inner_add(struct ike_inner *n, const struct ike_addr *local, const struct ike_addr *a);

/* Takes one use back, with the last one the address. 0 or -errno. */
int ike_inner_del(struct ike_inner *n, const struct ike_addr *a);

/* The interface that has @a as an index, 0 if there is none. */
unsigned int ike_inner_find(struct ike_inner *n, const struct ike_addr *a);

/* Its name to @name, of IF_NAMESIZE octets; NULL if there is none. */
const char *ike_inner_name(struct ike_inner *n, const struct ike_addr *a, char *name);

#endif /* IKE_INNER_H */
