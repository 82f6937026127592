// SPDX-License-Identifier: GPL-2.0
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <uapi/nfsec.h>

#include "names.h"

const struct sec_name sec_dir_names[] = {
	{ "any", NFSEC_DIR_ANY }, { "in", NFSEC_DIR_IN },
	{ "out", NFSEC_DIR_OUT }, { "fwd", NFSEC_DIR_FWD },
	{ NULL }
};

const struct sec_name sec_mode_names[] = {
	{ "transport", NFSEC_MODE_TRANSPORT }, { "tunnel", NFSEC_MODE_TUNNEL },
	{ NULL }
};

const struct sec_name sec_action_names[] = {
	{ "allow", NFSEC_ACTION_ALLOW }, { "block", NFSEC_ACTION_BLOCK },
	{ NULL }
};

const struct sec_name sec_level_names[] = {
	{ "required", NFSEC_LEVEL_REQUIRED }, { "use", NFSEC_LEVEL_USE },
	{ NULL }
};

const struct sec_name sec_encap_names[] = {
	{ "none", NFSEC_ENCAP_TYPE_NONE },
	{ "espinudp", NFSEC_ENCAP_TYPE_ESPINUDP },
	{ NULL }
};

const struct sec_name sec_expire_names[] = {
	{ "soft", NFSEC_EXPIRE_KIND_SOFT }, { "hard", NFSEC_EXPIRE_KIND_HARD },
	{ NULL }
};

const struct sec_name sec_verdict_names[] = {
	{ "bypass", NFSEC_VERDICT_BYPASS },
	{ "block", NFSEC_VERDICT_BLOCK },
	{ "protect", NFSEC_VERDICT_PROTECT },
	{ "no-sa", NFSEC_VERDICT_NO_SA },
	{ "default-allow", NFSEC_VERDICT_DEFAULT_ALLOW },
	{ "default-block", NFSEC_VERDICT_DEFAULT_BLOCK },
	{ NULL }
};

const struct sec_name sec_ipsec_names[] = {
	{ "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
	{ NULL }
};

const struct sec_name sec_family_names[] = {
	{ "inet", AF_INET }, { "inet6", AF_INET6 },
	{ NULL }
};

const struct sec_name sec_command_names[] = {
	{ "sa-new", NFSEC_CMD_SA_NEW },
	{ "sa-update", NFSEC_CMD_SA_UPDATE },
	{ "sa-del", NFSEC_CMD_SA_DEL },
	{ "sa-flush", NFSEC_CMD_SA_FLUSH },
	{ "sa-allocspi", NFSEC_CMD_SA_ALLOCSPI },
	{ "sa-migrate", NFSEC_CMD_SA_MIGRATE },
	{ "policy-new", NFSEC_CMD_POLICY_NEW },
	{ "policy-update", NFSEC_CMD_POLICY_UPDATE },
	{ "policy-del", NFSEC_CMD_POLICY_DEL },
	{ "policy-flush", NFSEC_CMD_POLICY_FLUSH },
	{ "expire", NFSEC_CMD_EXPIRE_NTF },
	{ "policy-expire", NFSEC_CMD_POLICY_EXPIRE_NTF },
	{ "acquire", NFSEC_CMD_ACQUIRE_NTF },
	{ "mapping", NFSEC_CMD_MAPPING_NTF },
	{ NULL }
};

const struct sec_name sec_sa_flag_names[] = {
	{ "noecn", NFSEC_SA_FLAGS_NOECN, 1 },
	{ "decap-dscp", NFSEC_SA_FLAGS_DECAP_DSCP, 2 },
	{ "nopmtudisc", NFSEC_SA_FLAGS_NOPMTUDISC, 4 },
	{ "wildrecv", NFSEC_SA_FLAGS_WILDRECV, 8 },
	{ "icmp", NFSEC_SA_FLAGS_ICMP, 16 },
	{ "af-unspec", NFSEC_SA_FLAGS_AF_UNSPEC, 32 },
	{ "align4", NFSEC_SA_FLAGS_ALIGN4, 64 },
	{ "esn", NFSEC_SA_FLAGS_ESN, 128 },
	{ NULL }
};

const struct sec_name sec_sa_extra_names[] = {
	{ "dont-encap-dscp", NFSEC_SA_FLAGS_DONT_ENCAP_DSCP, 1 },
	{ "oseq-may-wrap", NFSEC_SA_FLAGS_OSEQ_MAY_WRAP, 2 },
	{ "dont-check-pad", NFSEC_SA_FLAGS_DONT_CHECK_PAD, 0 },
	{ NULL }
};

const struct sec_name sec_sa_all_names[] = {
	{ "noecn", NFSEC_SA_FLAGS_NOECN },
	{ "decap-dscp", NFSEC_SA_FLAGS_DECAP_DSCP },
	{ "nopmtudisc", NFSEC_SA_FLAGS_NOPMTUDISC },
	{ "wildrecv", NFSEC_SA_FLAGS_WILDRECV },
	{ "icmp", NFSEC_SA_FLAGS_ICMP },
	{ "af-unspec", NFSEC_SA_FLAGS_AF_UNSPEC },
	{ "align4", NFSEC_SA_FLAGS_ALIGN4 },
	{ "esn", NFSEC_SA_FLAGS_ESN },
	{ "dont-encap-dscp", NFSEC_SA_FLAGS_DONT_ENCAP_DSCP },
	{ "oseq-may-wrap", NFSEC_SA_FLAGS_OSEQ_MAY_WRAP },
	{ "dont-check-pad", NFSEC_SA_FLAGS_DONT_CHECK_PAD },
	{ NULL }
};

const struct sec_name sec_policy_flag_names[] = {
	{ "localok", NFSEC_POLICY_FLAGS_LOCALOK, 1 },
	{ "icmp", NFSEC_POLICY_FLAGS_ICMP, 2 },
	{ "after-nat", NFSEC_POLICY_FLAGS_AFTER_NAT, 0 },
	{ NULL }
};

const char *sec_name_of(const struct sec_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

const struct sec_name *sec_name_find(const struct sec_name *names,
				     const char *word)
{
	for (; names->name; names++)
		if (!strcmp(names->name, word))
			return names;
	return NULL;
}

const char *sec_names_list(const struct sec_name *names, char *buf,
			   size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; names->name && used < size; names++) {
		const char *sep = "";

		if (used)
			sep = names[1].name ? ", " : " or ";
		used += snprintf(buf + used, size - used, "%s%s", sep,
				 names->name);
	}
	return buf;
}

/*
 * The names IPsec selectors are written with, known here so that they work on
 * a system without /etc/protocols. ip(8) prints the names of that file.
 */
static const struct sec_name proto_names[] = {
	{ "icmp", IPPROTO_ICMP }, { "igmp", IPPROTO_IGMP },
	{ "ipencap", IPPROTO_IPIP }, { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP }, { "dccp", IPPROTO_DCCP },
	{ "ipv6", IPPROTO_IPV6 }, { "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
	{ "ipv6-icmp", IPPROTO_ICMPV6 }, { "ospf", 89 },
	{ "ipip", 94 }, { "vrrp", 112 }, { "l2tp", 115 },
	{ "sctp", IPPROTO_SCTP }, { "mobility-header", IPPROTO_MH },
	{ "udplite", IPPROTO_UDPLITE },
	{ "icmpv6", IPPROTO_ICMPV6 }, { "ipv4", IPPROTO_IPIP },
	{ NULL }
};

int sec_proto_parse(const char *word)
{
	const struct sec_name *name = sec_name_find(proto_names, word);
	struct protoent *pp;
	unsigned long n;
	char *end;

	if (!strcmp(word, "any"))
		return 0;
	if (name)
		return name->value;
	if (*word >= '0' && *word <= '9') {
		n = strtoul(word, &end, 0);
		return *end || n > 255 ? -1 : (int)n;
	}
	pp = getprotobyname(word);
	return pp && pp->p_proto <= 255 ? pp->p_proto : -1;
}

const char *sec_proto_text(uint8_t proto, char *buf, size_t size)
{
	const char *name = sec_name_of(proto_names, proto);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%u", proto);
	return buf;
}
