// SPDX-License-Identifier: GPL-2.0
/*
 * secctl stats: why packets were dropped, and the other counters.
 */
#include <stdio.h>
#include <string.h>

#include "secctl.h"

static void print_list(struct secctl *c, const struct sec_list *list, bool all)
{
	const struct sec_counter *counter = list->p;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (!all && !counter[i].value)
			continue;
		fprintf(c->print.out, "%-24s %12llu  %s\n",
			counter[i].name, ull(counter[i].value), counter[i].doc);
	}
}

int secctl_stats(struct secctl *c, struct sec_args *a)
{
	struct sec_stats request = { 0 }, answer = { 0 };
	bool all = false;
	char quoted[80];
	int rc;

	while (sec_peek(a)) {
		const char *word = a->word[a->i++];

		if (!strcmp(word, "-a") || !strcmp(word, "-all") ||
		    !strcmp(word, "--all") || !strcmp(word, "all")) {
			all = true;
		} else if (!strcmp(word, "reset")) {
			sec_set(&request, NFSEC_A_STATS_RESET);
		} else if (strcmp(word, "list") && strcmp(word, "show")) {
			sec_fail(&c->diag, "unknown word %s, expected -a or reset",
				 sec_quote(word, quoted, sizeof(quoted)));
			return SECCTL_USAGE;
		}
	}
	rc = secctl_request(c, NFSEC_CMD_STATS_GET, 0, &sec_stats_set,
			    &request, sec_nl_fill, &answer);
	if (!rc && !c->dry) {
		/* JSON has them all: a missing name would not mean zero. */
		if (c->json) {
			secctl_json(c, sec_json(&sec_stats_set, &answer));
		} else {
			print_list(c, &answer.drop, all);
			print_list(c, &answer.counter, all);
		}
	}
	sec_clear(&sec_stats_set, &answer);
	return rc;
}
