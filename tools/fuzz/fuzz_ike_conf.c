// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration, fed with a file; includes are refused. What was read is
 * compared with itself, read again: there is no difference. Nobody may say a
 * thing without a sentence, or refuse a file without saying why.
 */
#include <stdlib.h>
#include <string.h>

#include "../ike/conf.h"
#include "fuzz.h"

static unsigned int errors;

static void check(int ok)
{
	if (!ok)
		abort();
}

static void say(void *ctx, enum ike_conf_level level, const char *file, unsigned int line,
		const char *text)
{
	(void)ctx;
	(void)line;
	check(*file && *text && !strpbrk(text, "\n\r\t"));
	errors += level == IKE_CONF_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ike_conf_log log = { say, NULL };
	struct ike_conf *a, *b;

	errors = 0;
	a = ike_conf_read("/etc/x/fuzz.conf", (const char *)data, size,
			  IKE_CONF_NO_INCLUDE | IKE_CONF_WEAK, &log);
	check(!a == (errors != 0));
	if (!a)
		return 0;
	b = ike_conf_read("/etc/x/fuzz.conf", (const char *)data, size,
			  IKE_CONF_NO_INCLUDE | IKE_CONF_WEAK, NULL);
	check(b && !ike_conf_diff(a, b, NULL, NULL));
	ike_conf_free(a);
	ike_conf_free(b);
	return 0;
}
