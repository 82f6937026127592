/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the service manager is told (sd_notify(3)).
 */
#ifndef IKE_READY_H
#define IKE_READY_H

/* Sends @state, as "READY=1", to the socket that $NOTIFY_SOCKET names. 0, also if there is
 * none, or -1 with errno.
 */
int ike_ready(const char *state);

#endif /* IKE_READY_H */
