// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ktap.h"

static int count, failed;

void ktap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

bool ktap_ok(bool ok, const char *why, const char *fmt, ...)
{
	const char *line;
	va_list ap;

	if (!ok && why) {
		for (line = why; *line; line += strcspn(line, "\n"),
		     line += *line == '\n')
			printf("# %.*s\n", (int)strcspn(line, "\n"), line);
	}
	count++;
	failed += !ok;
	printf("%s %d ", ok ? "ok" : "not ok", count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return ok;
}

int ktap_end(void)
{
	printf("1..%d\n# %d passed, %d failed\n", count, count - failed, failed);
	return failed != 0;
}
