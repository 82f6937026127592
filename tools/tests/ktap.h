/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test results in KTAP.
 */
#ifndef SEC_KTAP_H
#define SEC_KTAP_H

#include <stdbool.h>

#include "../lib/util.h"

void ktap_begin(void);

/* One result; @why is shown in a comment if it failed and is not NULL. */
__printf(3, 4)
bool ktap_ok(bool ok, const char *why, const char *fmt, ...);

/* Prints the plan; the exit status of the test. */
int ktap_end(void);

#endif /* SEC_KTAP_H */
