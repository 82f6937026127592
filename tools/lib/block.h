/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The output of "list" turned back into command lines.
 */
#ifndef SEC_BLOCK_H
#define SEC_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

/* Does a line begin an object in the layout of "list"? */
bool sec_block_starts(const char *line);

/*
 * @text is one object in the layout of "secctl state list", "policy list" or
 * of the same commands of ip(8), with or without -s and -o. Returns a command
 * line like "state add ..." in memory that the caller wipes and frees, or NULL
 * with a message. The text is cut up in place.
 */
char *sec_block_command(char *text, struct sec_diag *diag);

#endif /* SEC_BLOCK_H */
