/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where an error message is kept until the caller prints it.
 */
#ifndef SEC_DIAG_H
#define SEC_DIAG_H

#include <stddef.h>

#include "util.h"

struct sec_diag {
	char text[1024];
};

/*
 * Store a message and return -1. A message that is already there stays: the
 * innermost function knows best.
 */
__printf(2, 3)
int sec_fail(struct sec_diag *diag, const char *fmt, ...);

/*
 * A word of the user's as it may be shown in a message: anything that could
 * be a key is shortened. @buf holds the result.
 */
const char *sec_quote(const char *word, char *buf, size_t size);

#endif /* SEC_DIAG_H */
