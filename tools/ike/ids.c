// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the numbers of IKEv2.
 */
#include "ids.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct name {
	uint16_t n;
	const char *name;
};

static const char *find(const struct name *t, size_t len, unsigned int n)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (t[i].n == n)
			return t[i].name;
	return "unknown";
}

static const struct name xchg_names[] = {
	{ IKE_X_SA_INIT, "IKE_SA_INIT" },
	{ IKE_X_AUTH, "IKE_AUTH" },
	{ IKE_X_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
	{ IKE_X_INFORMATIONAL, "INFORMATIONAL" },
	{ IKE_X_SESSION_RESUME, "IKE_SESSION_RESUME" },
	{ IKE_X_INTERMEDIATE, "IKE_INTERMEDIATE" },
	{ IKE_X_FOLLOWUP_KE, "IKE_FOLLOWUP_KE" },
};

const char *ike_name_xchg(unsigned int n)
{
	return find(xchg_names, ARRAY_SIZE(xchg_names), n);
}

static const struct name payload_names[] = {
	{ IKE_P_NONE, "none" },
	{ IKE_P_SA, "SA" },
	{ IKE_P_KE, "KE" },
	{ IKE_P_IDI, "IDi" },
	{ IKE_P_IDR, "IDr" },
	{ IKE_P_CERT, "CERT" },
	{ IKE_P_CERTREQ, "CERTREQ" },
	{ IKE_P_AUTH, "AUTH" },
	{ IKE_P_NONCE, "Nonce" },
	{ IKE_P_NOTIFY, "Notify" },
	{ IKE_P_DELETE, "Delete" },
	{ IKE_P_VENDOR, "Vendor ID" },
	{ IKE_P_TSI, "TSi" },
	{ IKE_P_TSR, "TSr" },
	{ IKE_P_SK, "SK" },
	{ IKE_P_CP, "CP" },
	{ IKE_P_EAP, "EAP" },
	{ IKE_P_SKF, "SKF" },
};

const char *ike_name_payload(unsigned int n)
{
	return find(payload_names, ARRAY_SIZE(payload_names), n);
}

static const struct name proto_names[] = {
	{ IKE_PROTO_NONE, "none" },
	{ IKE_PROTO_IKE, "IKE" },
	{ IKE_PROTO_AH, "AH" },
	{ IKE_PROTO_ESP, "ESP" },
};

const char *ike_name_proto(unsigned int n)
{
	return find(proto_names, ARRAY_SIZE(proto_names), n);
}

static const struct name notify_names[] = {
	{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD" },
	{ IKE_N_INVALID_IKE_SPI, "INVALID_IKE_SPI" },
	{ IKE_N_INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION" },
	{ IKE_N_INVALID_SYNTAX, "INVALID_SYNTAX" },
	{ IKE_N_INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID" },
	{ IKE_N_INVALID_SPI, "INVALID_SPI" },
	{ IKE_N_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN" },
	{ IKE_N_INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD" },
	{ IKE_N_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED" },
	{ IKE_N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED" },
	{ IKE_N_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS" },
	{ IKE_N_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE" },
	{ IKE_N_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED" },
	{ IKE_N_TS_UNACCEPTABLE, "TS_UNACCEPTABLE" },
	{ IKE_N_INVALID_SELECTORS, "INVALID_SELECTORS" },
	{ IKE_N_UNACCEPTABLE_ADDRESSES, "UNACCEPTABLE_ADDRESSES" },
	{ IKE_N_UNEXPECTED_NAT_DETECTED, "UNEXPECTED_NAT_DETECTED" },
	{ IKE_N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE" },
	{ IKE_N_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND" },
	{ IKE_N_INVALID_GROUP_ID, "INVALID_GROUP_ID" },
	{ IKE_N_AUTHORIZATION_FAILED, "AUTHORIZATION_FAILED" },
	{ IKE_N_STATE_NOT_FOUND, "STATE_NOT_FOUND" },
	{ IKE_N_TS_MAX_QUEUE, "TS_MAX_QUEUE" },
	{ IKE_N_INITIAL_CONTACT, "INITIAL_CONTACT" },
	{ IKE_N_SET_WINDOW_SIZE, "SET_WINDOW_SIZE" },
	{ IKE_N_ADDITIONAL_TS_POSSIBLE, "ADDITIONAL_TS_POSSIBLE" },
	{ IKE_N_IPCOMP_SUPPORTED, "IPCOMP_SUPPORTED" },
	{ IKE_N_NAT_DETECTION_SOURCE_IP, "NAT_DETECTION_SOURCE_IP" },
	{ IKE_N_NAT_DETECTION_DESTINATION_IP, "NAT_DETECTION_DESTINATION_IP" },
	{ IKE_N_COOKIE, "COOKIE" },
	{ IKE_N_USE_TRANSPORT_MODE, "USE_TRANSPORT_MODE" },
	{ IKE_N_HTTP_CERT_LOOKUP_SUPPORTED, "HTTP_CERT_LOOKUP_SUPPORTED" },
	{ IKE_N_REKEY_SA, "REKEY_SA" },
	{ IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED, "ESP_TFC_PADDING_NOT_SUPPORTED" },
	{ IKE_N_NON_FIRST_FRAGMENTS_ALSO, "NON_FIRST_FRAGMENTS_ALSO" },
	{ IKE_N_MOBIKE_SUPPORTED, "MOBIKE_SUPPORTED" },
	{ IKE_N_ADDITIONAL_IP4_ADDRESS, "ADDITIONAL_IP4_ADDRESS" },
	{ IKE_N_ADDITIONAL_IP6_ADDRESS, "ADDITIONAL_IP6_ADDRESS" },
	{ IKE_N_NO_ADDITIONAL_ADDRESSES, "NO_ADDITIONAL_ADDRESSES" },
	{ IKE_N_UPDATE_SA_ADDRESSES, "UPDATE_SA_ADDRESSES" },
	{ IKE_N_COOKIE2, "COOKIE2" },
	{ IKE_N_NO_NATS_ALLOWED, "NO_NATS_ALLOWED" },
	{ IKE_N_AUTH_LIFETIME, "AUTH_LIFETIME" },
	{ IKE_N_MULTIPLE_AUTH_SUPPORTED, "MULTIPLE_AUTH_SUPPORTED" },
	{ IKE_N_ANOTHER_AUTH_FOLLOWS, "ANOTHER_AUTH_FOLLOWS" },
	{ IKE_N_REDIRECT_SUPPORTED, "REDIRECT_SUPPORTED" },
	{ IKE_N_REDIRECT, "REDIRECT" },
	{ IKE_N_REDIRECTED_FROM, "REDIRECTED_FROM" },
	{ IKE_N_TICKET_LT_OPAQUE, "TICKET_LT_OPAQUE" },
	{ IKE_N_TICKET_REQUEST, "TICKET_REQUEST" },
	{ IKE_N_TICKET_ACK, "TICKET_ACK" },
	{ IKE_N_TICKET_NACK, "TICKET_NACK" },
	{ IKE_N_TICKET_OPAQUE, "TICKET_OPAQUE" },
	{ IKE_N_EAP_ONLY_AUTHENTICATION, "EAP_ONLY_AUTHENTICATION" },
	{ IKE_N_CHILDLESS_IKEV2_SUPPORTED, "CHILDLESS_IKEV2_SUPPORTED" },
	{ IKE_N_QUICK_CRASH_DETECTION, "QUICK_CRASH_DETECTION" },
	{ IKE_N_MESSAGE_ID_SYNC_SUPPORTED, "IKEV2_MESSAGE_ID_SYNC_SUPPORTED" },
	{ IKE_N_REPLAY_COUNTER_SYNC_SUPPORTED, "IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED" },
	{ IKE_N_MESSAGE_ID_SYNC, "IKEV2_MESSAGE_ID_SYNC" },
	{ IKE_N_REPLAY_COUNTER_SYNC, "IPSEC_REPLAY_COUNTER_SYNC" },
	{ IKE_N_SECURE_PASSWORD_METHODS, "SECURE_PASSWORD_METHODS" },
	{ IKE_N_FRAGMENTATION_SUPPORTED, "IKEV2_FRAGMENTATION_SUPPORTED" },
	{ IKE_N_SIGNATURE_HASH_ALGORITHMS, "SIGNATURE_HASH_ALGORITHMS" },
	{ IKE_N_PUZZLE, "PUZZLE" },
	{ IKE_N_USE_PPK, "USE_PPK" },
	{ IKE_N_PPK_IDENTITY, "PPK_IDENTITY" },
	{ IKE_N_NO_PPK_AUTH, "NO_PPK_AUTH" },
	{ IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, "INTERMEDIATE_EXCHANGE_SUPPORTED" },
	{ IKE_N_IP4_ALLOWED, "IP4_ALLOWED" },
	{ IKE_N_IP6_ALLOWED, "IP6_ALLOWED" },
	{ IKE_N_ADDITIONAL_KEY_EXCHANGE, "ADDITIONAL_KEY_EXCHANGE" },
	{ IKE_N_USE_AGGFRAG, "USE_AGGFRAG" },
	{ IKE_N_SUPPORTED_AUTH_METHODS, "SUPPORTED_AUTH_METHODS" },
	{ IKE_N_SA_RESOURCE_INFO, "SA_RESOURCE_INFO" },
};

const char *ike_name_notify(unsigned int n)
{
	return find(notify_names, ARRAY_SIZE(notify_names), n);
}

static const struct name transform_type_names[] = {
	{ IKE_T_ENCR, "encryption" },
	{ IKE_T_PRF, "PRF" },
	{ IKE_T_INTEG, "integrity" },
	{ IKE_T_KE, "key exchange" },
	{ IKE_T_ESN, "ESN" },
	{ IKE_T_ADDKE1, "additional key exchange 1" },
	{ IKE_T_ADDKE1 + 1, "additional key exchange 2" },
	{ IKE_T_ADDKE1 + 2, "additional key exchange 3" },
	{ IKE_T_ADDKE1 + 3, "additional key exchange 4" },
	{ IKE_T_ADDKE1 + 4, "additional key exchange 5" },
	{ IKE_T_ADDKE1 + 5, "additional key exchange 6" },
	{ IKE_T_ADDKE1 + 6, "additional key exchange 7" },
};

const char *ike_name_transform_type(unsigned int n)
{
	return find(transform_type_names, ARRAY_SIZE(transform_type_names), n);
}

static const struct name id_type_names[] = {
	{ IKE_ID_IPV4, "ID_IPV4_ADDR" },
	{ IKE_ID_FQDN, "ID_FQDN" },
	{ IKE_ID_RFC822, "ID_RFC822_ADDR" },
	{ IKE_ID_IPV6, "ID_IPV6_ADDR" },
	{ IKE_ID_DN, "ID_DER_ASN1_DN" },
	{ IKE_ID_GN, "ID_DER_ASN1_GN" },
	{ IKE_ID_KEY_ID, "ID_KEY_ID" },
	{ IKE_ID_NULL, "ID_NULL" },
};

const char *ike_name_id_type(unsigned int n)
{
	return find(id_type_names, ARRAY_SIZE(id_type_names), n);
}

static const struct name cert_names[] = {
	{ IKE_CERT_X509, "X.509" },
	{ IKE_CERT_CRL, "CRL" },
	{ IKE_CERT_HASH_URL, "hash and URL" },
	{ IKE_CERT_BUNDLE_URL, "bundle URL" },
	{ IKE_CERT_OCSP, "OCSP" },
	{ IKE_CERT_RAW_KEY, "raw public key" },
};

const char *ike_name_cert(unsigned int n)
{
	return find(cert_names, ARRAY_SIZE(cert_names), n);
}

static const struct name auth_names[] = {
	{ IKE_AUTH_RSA, "RSA" },
	{ IKE_AUTH_PSK, "pre-shared key" },
	{ IKE_AUTH_DSS, "DSS" },
	{ IKE_AUTH_ECDSA_256, "ECDSA-256" },
	{ IKE_AUTH_ECDSA_384, "ECDSA-384" },
	{ IKE_AUTH_ECDSA_521, "ECDSA-521" },
	{ IKE_AUTH_GSPM, "GSPM" },
	{ IKE_AUTH_NULL, "NULL" },
	{ IKE_AUTH_SIGNATURE, "digital signature" },
};

const char *ike_name_auth(unsigned int n)
{
	return find(auth_names, ARRAY_SIZE(auth_names), n);
}

static const struct name cp_attr_names[] = {
	{ IKE_CPA_IP4_ADDRESS, "INTERNAL_IP4_ADDRESS" },
	{ IKE_CPA_IP4_NETMASK, "INTERNAL_IP4_NETMASK" },
	{ IKE_CPA_IP4_DNS, "INTERNAL_IP4_DNS" },
	{ IKE_CPA_IP4_NBNS, "INTERNAL_IP4_NBNS" },
	{ IKE_CPA_IP4_DHCP, "INTERNAL_IP4_DHCP" },
	{ IKE_CPA_APPLICATION_VERSION, "APPLICATION_VERSION" },
	{ IKE_CPA_IP6_ADDRESS, "INTERNAL_IP6_ADDRESS" },
	{ IKE_CPA_IP6_DNS, "INTERNAL_IP6_DNS" },
	{ IKE_CPA_IP6_DHCP, "INTERNAL_IP6_DHCP" },
	{ IKE_CPA_IP4_SUBNET, "INTERNAL_IP4_SUBNET" },
	{ IKE_CPA_SUPPORTED_ATTRIBUTES, "SUPPORTED_ATTRIBUTES" },
	{ IKE_CPA_IP6_SUBNET, "INTERNAL_IP6_SUBNET" },
	{ IKE_CPA_DNS_DOMAIN, "INTERNAL_DNS_DOMAIN" },
	{ IKE_CPA_DNSSEC_TA, "INTERNAL_DNSSEC_TA" },
};

const char *ike_name_cp_attr(unsigned int n)
{
	return find(cp_attr_names, ARRAY_SIZE(cp_attr_names), n);
}

bool ike_payload_known(unsigned int n)
{
	return (n >= IKE_P_SA && n <= IKE_P_EAP) || n == IKE_P_SKF;
}
