// SPDX-License-Identifier: GPL-2.0
/*
 * Lines for people: to stderr or syslog, and kept for those who ask later.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "daemon.h"

/* What a peer sent may be in a line; it is to be one line, of printable characters. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

void ike_say_line(void *daemon, const char *line)
{
	struct ike_daemon *d = daemon;
	char *kept = d->line[d->n_lines % IKE_LOG_LINES], stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	snprintf(kept, IKE_LOG_LINE, "%s %s", stamp, line);
	clean(kept);
	d->n_lines++;
	if (d->syslog)
		syslog(LOG_INFO, "%s", kept + strlen(stamp) + 1);
	else
		fprintf(stderr, "%s\n", getenv("JOURNAL_STREAM") ? kept + strlen(stamp) + 1 : kept);
	ike_ctl_line(d, kept);
}

void ike_say(struct ike_daemon *d, const char *fmt, ...)
{
	char line[IKE_LOG_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ike_say_line(d, line);
}

void ike_say_conf(void *daemon, enum ike_conf_level level, const char *file, unsigned int line,
		  const char *text)
{
	ike_say(daemon, "%s:%u: %s%s", file, line, level == IKE_CONF_WARNING ? "warning: " : "",
		text);
}
