// SPDX-License-Identifier: GPL-2.0
/*
 * secctl explain: what would happen to a packet, by the lookup of the module.
 */
#include <stdio.h>
#include <string.h>

#include "secctl.h"

struct answer {
	struct sec_lookup lookup;
	struct sec_policy policy;
	struct sec_sa sa;
	bool has_policy, has_sa;
};

static int get_policy(struct secctl *c, struct answer *ans, uint8_t dir)
{
	struct sec_policy request = {
		.dir = dir, .index = ans->lookup.policy_index,
	};

	if (!sec_has(&ans->lookup, NFSEC_A_LOOKUP_POLICY_INDEX))
		return SECCTL_OK;
	sec_set(&request, NFSEC_A_POLICY_DIR);
	sec_set(&request, NFSEC_A_POLICY_INDEX);
	ans->has_policy = true;
	return secctl_request(c, NFSEC_CMD_POLICY_GET, 0, &sec_policy_set,
			      &request, sec_nl_fill, &ans->policy);
}

static int get_sa(struct secctl *c, struct answer *ans)
{
	const struct sec_lookup *l = &ans->lookup;
	struct sec_sa request = {
		.dst = l->sa_dst, .proto = l->sa_proto, .spi = l->sa_spi,
		.mark = l->sa_mark,
	};

	if (!sec_has(l, NFSEC_A_LOOKUP_SA_SPI))
		return SECCTL_OK;
	sec_set(&request, NFSEC_A_SA_DST);
	sec_set(&request, NFSEC_A_SA_PROTO);
	sec_set(&request, NFSEC_A_SA_SPI);
	if (sec_has(l, NFSEC_A_LOOKUP_SA_MARK))
		sec_set(&request, NFSEC_A_SA_MARK);
	ans->has_sa = true;
	return secctl_request(c, NFSEC_CMD_SA_GET, 0, &sec_sa_set, &request,
			      sec_nl_fill, &ans->sa);
}

static void print_json(struct secctl *c, const struct answer *ans)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "lookup",
			       sec_json(&sec_lookup_set, &ans->lookup));
	if (ans->has_policy)
		json_object_object_add(json, "policy",
				       sec_json(&sec_policy_set,
						&ans->policy));
	if (ans->has_sa)
		json_object_object_add(json, "sa",
				       sec_json(&sec_sa_set, &ans->sa));
	secctl_json(c, json);
}

static void print_text(struct secctl *c, const struct answer *ans)
{
	const char *verdict = sec_name_of(sec_verdict_names,
					  ans->lookup.verdict);
	struct sec_print print = c->print;

	print.keys = false;
	print.nl = "\n";
	fprintf(print.out, "verdict %s\n", verdict ? verdict : "?");
	if (ans->lookup.reason[0])
		fprintf(print.out, "reason %s\n", ans->lookup.reason);
	if (ans->has_policy) {
		fprintf(print.out, "policy index %u:\n",
			ans->lookup.policy_index);
		sec_policy_print(&print, &ans->policy);
	}
	if (ans->has_sa) {
		fprintf(print.out, "state:\n");
		sec_sa_print(&print, &ans->sa);
	}
}

int secctl_explain(struct secctl *c, struct sec_args *a)
{
	static struct answer ans;
	struct sec_lookup request = { 0 };
	int rc;

	memset(&ans, 0, sizeof(ans));
	if (sec_lookup_parse(a, &request))
		return SECCTL_USAGE;
	rc = secctl_request(c, NFSEC_CMD_LOOKUP, 0, &sec_lookup_set, &request,
			    sec_nl_fill, &ans.lookup);
	if (!rc)
		rc = get_policy(c, &ans, request.dir);
	if (!rc)
		rc = get_sa(c, &ans);
	if (!rc && !c->dry) {
		if (c->json)
			print_json(c, &ans);
		else
			print_text(c, &ans);
	}
	sec_clear(&sec_policy_set, &ans.policy);
	sec_clear(&sec_sa_set, &ans.sa);
	return rc;
}
