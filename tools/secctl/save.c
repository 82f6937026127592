// SPDX-License-Identifier: GPL-2.0
/*
 * secctl save: everything as command lines for "restore" and "-batch".
 */
#include <stdio.h>
#include <string.h>

#include "secctl.h"

static const char *action_text(uint8_t action)
{
	return action == NFSEC_ACTION_BLOCK ? "block" : "allow";
}

static int save_settings(struct secctl *c)
{
	struct sec_settings s = { 0 };
	int rc = secctl_settings_get(c, &s);

	if (rc || c->dry)
		return rc;
	fprintf(c->print.out, "policy setdefault in %s fwd %s out %s\n",
		action_text(s.default_in), action_text(s.default_fwd),
		action_text(s.default_out));
	return rc;
}

/*
 * SAs come before policies, so that a policy finds its SA from the first
 * packet on.
 */
int secctl_save(struct secctl *c, struct sec_args *a)
{
	static const struct sec_policy_words any_policy;
	static const struct sec_sa_words any_sa;
	char quoted[80];
	int rc;

	while (sec_peek(a)) {
		const char *word = a->word[a->i++];

		if (!strcmp(word, "-k") || !strcmp(word, "keys") ||
		    !strcmp(word, "--show-keys")) {
			c->print.keys = true;
			continue;
		}
		sec_fail(&c->diag, "unknown word %s, expected -k",
			 sec_quote(word, quoted, sizeof(quoted)));
		return SECCTL_USAGE;
	}
	rc = save_settings(c);
	if (!rc)
		rc = secctl_save_states(c, &any_sa);
	if (!rc)
		rc = secctl_save_policies(c, &any_policy);
	return rc;
}

int secctl_flush_all(struct secctl *c)
{
	int rc;

	rc = secctl_request(c, NFSEC_CMD_SA_FLUSH, 0, NULL, NULL, NULL, NULL);
	if (!rc)
		rc = secctl_request(c, NFSEC_CMD_POLICY_FLUSH, 0, NULL, NULL,
				    NULL, NULL);
	return rc;
}
