#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against pluto of libreswan on the kernel's own XFRM.
#
#   libreswan.sh [PART...]

all_parts="explore"
# shellcheck source=selftests/interop/pluto.sh
. "$(dirname "$0")/pluto.sh"
names="psk cert natt-us natt-them dpd host six alg-1 alg-2 alg-3 alg-4 alg-5"

knob() {
	local who=$1 n
	shift
	note "=== $who $*"
	n=$(wc -l <$tmp/us.log)
	for k; do whack --impair $k; done
	if [ $who = us ]; then ike up psk timeout 8; else whack --initiate --name psk --asynchronous; sleep 2.5; fi
	note "state $(state_of psk) sas $(sas $G1) $(sas $G2)"
	tail -n +$((n + 1)) $tmp/us.log
	whack --impair none
	ike down psk
	whack --terminate --name psk
	sleep 0.3
	[ "$(sas $G1) $(sas $G2)" = "0 0" ] || { sleep 3;	note "left: sas $(sas $G1) $(sas $G2)"; }
}
part_explore() {
	both_begin psk
	peer_ends psk
	local k w
	for w in us them; do
	for k in jacob_two_two duplicate_outbound replay_outbound duplicate_inbound replay_inbound add_unknown_v2_payload_to:IKE_SA_INIT "add_unknown_v2_payload_to:IKE_SA_INIT unknown_v2_payload_critical" \
		add_unknown_v2_payload_to_sk:IKE_AUTH "add_unknown_v2_payload_to_sk:IKE_AUTH unknown_v2_payload_critical" add_unknown_v2_payload_to:IKE_AUTH "add_unknown_v2_payload_to:IKE_AUTH unknown_v2_payload_critical" \
		bad_ike_auth_xchg ke_payload:0 ke_payload:EMPTY ke_payload:OMIT major_version_bump minor_version_bump \
		send_bogus_isakmp_flag send_bogus_payload_flag send_nonzero_reserved send_nonzero_reserved_id send_bogus_dcookie \
		number_of_TSi_selectors:0 number_of_TSi_selectors:2 number_of_TSr_selectors:255 child_key_length_attribute:OMIT child_key_length_attribute:EMPTY child_key_length_attribute:DUPLICATE child_key_length_attribute:7 \
		ike_key_length_attribute:OMIT ike_key_length_attribute:EMPTY ike_key_length_attribute:DUPLICATE ikev2_add_ike_transform:327689 ikev2_add_child_transform:655361  \
		send_no_idr send_no_ikev2_auth force_v2_auth_method:NULL force_v2_auth_method:RSA_DIGITAL_SIGNATURE  omit_v2_ike_auth_child ignore_v2_ike_auth_child v2_proposal_protoid:0 v2_proposal_protoid:7 add_v2_notification:9999 \
		omit_v2_notification:SIGNATURE_HASH_ALGORITHMS ike_responder_spi:0 ike_initiator_spi:0 \
		install_ipsec_sa_inbound_state install_ipsec_sa_outbound_policy "drop_outbound:1" "drop_outbound:2" "drop_inbound:2" ; do
		knob $w $k
	done
	done
}

run_parts
