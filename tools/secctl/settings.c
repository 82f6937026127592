// SPDX-License-Identifier: GPL-2.0
/*
 * secctl settings: defaults, table sizes and version of the module.
 */
#include <stdio.h>
#include <string.h>

#include "../../module/version.h"
#include "secctl.h"

int secctl_settings_get(struct secctl *c, struct sec_settings *settings)
{
	struct sec_settings request = { .version = NFSEC_VERSION };

	/* The module remarks on it if that is not its own. */
	sec_set(&request, NFSEC_A_SETTINGS_VERSION);
	return secctl_request(c, NFSEC_CMD_SETTINGS_GET, 0, &sec_settings_set,
			      &request, sec_nl_fill, settings);
}

int secctl_settings_set(struct secctl *c, const struct sec_settings *settings)
{
	return secctl_request(c, NFSEC_CMD_SETTINGS_SET, 0, &sec_settings_set,
			      settings, NULL, NULL);
}

static const char *action_text(uint8_t action)
{
	const char *name = sec_name_of(sec_action_names, action);

	return name ? name : "?";
}

int secctl_settings(struct secctl *c, struct sec_args *a)
{
	struct sec_settings s = { 0 };
	int rc;

	if (secctl_no_more(a))
		return SECCTL_USAGE;
	rc = secctl_settings_get(c, &s);
	if (rc || c->dry)
		return rc;
	if (c->json) {
		secctl_json(c, sec_json(&sec_settings_set, &s));
		return rc;
	}
	fprintf(c->print.out, "version      %s\n", s.version);
	fprintf(c->print.out, "default-in   %s\n", action_text(s.default_in));
	fprintf(c->print.out, "default-fwd  %s\n", action_text(s.default_fwd));
	fprintf(c->print.out, "default-out  %s\n", action_text(s.default_out));
	fprintf(c->print.out, "sa-count     %u\n", s.sa_count);
	fprintf(c->print.out, "policy-count %u\n", s.policy_count);
	fprintf(c->print.out, "allow-weak   %s\n", s.allow_weak ? "yes" : "no");
	return rc;
}
