// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"

/* Longest hexadecimal word shown whole: a 64-bit number with its 0x. */
#define HEX_SHOWN_MAX 18
#define WORD_SHOWN_MAX 60

int sec_fail(struct sec_diag *diag, const char *fmt, ...)
{
	va_list ap;

	if (diag->text[0])
		return -1;
	va_start(ap, fmt);
	vsnprintf(diag->text, sizeof(diag->text), fmt, ap);
	va_end(ap);
	return -1;
}

const char *sec_quote(const char *word, char *buf, size_t size)
{
	if (!strncmp(word, "0x", 2) && strlen(word) > HEX_SHOWN_MAX)
		snprintf(buf, size, "\"0x...\"");
	else if (strlen(word) > WORD_SHOWN_MAX)
		snprintf(buf, size, "\"%.8s...\"", word);
	else
		snprintf(buf, size, "\"%s\"", word);
	return buf;
}
