#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike against pluto of libreswan that misbehaves (whack --impair): what an honest peer
# may do has no effect, what it must not ends the negotiation, and the next one succeeds.
#
#   libreswan-impair.sh [PART...]

all_parts="bear refuse rekey forget"
# shellcheck source=selftests/interop/pluto.sh
. "$(dirname "$0")/pluto.sh"
names=psk

# impair KNOB...
impair() {
	local arg args=()
	for arg; do
		args+=(--impair "$arg")
	done
	whack "${args[@]}"
}

honest() { whack --impair none && impair revival; }

# said REGEX: by secike since $mark
mark=0
said() { tail -n +$((mark + 1)) "$tmp/us.log" | grep -q "$1"; }

# clean NAME: nothing of it is left on either side, whatever they think of each other
clean() {
	honest
	ike down psk 2>/dev/null
	wait_for 8 sas_are "$G1" 0
	impair send_no_delete
	whack --deleteid --name @moon-psk.example.org
	whack --terminate --name psk	# what has not got as far as an identity
	honest
	nothing_left "$1"
	mark=$(wc -l <"$tmp/us.log")
}

# bears NAME us|them|both KNOB...: it comes up with these, as one pair of SAs
bears() {
	local name=$1 who=$2 end
	shift 2
	[ $who != both ] || who="us them"
	for end in $who; do
		check "$name: the peer is made to" impair "$@"
		shown "$name: $end first" begins $end psk
		shown "$name: bytes get through" traffic
		same "$name: one pair of SAs" "$(sas "$G1")" 2
		clean "$name"
	done
}

part_bear() {
	bears "IKE2-HDR-2 IKE2-HDR-5 IKE2-PAY-3 IKE2-PAY-6 flags, reserved fields, minor version" both \
		minor_version_bump send_bogus_isakmp_flag send_bogus_payload_flag send_nonzero_reserved \
		send_nonzero_reserved_id
	bears "IKE2-PAY-2 unknown payloads that are not critical" both \
		add_unknown_v2_payload_to:IKE_SA_INIT add_unknown_v2_payload_to_sk:IKE_AUTH
	bears "IKE2-ERR-4 a notify of unknown status" both add_v2_notification:40999
	bears "IKE2-RTX-3 IKE2-RTX-4 every message twice" both jacob_two_two
	bears "IKE2-RTX-6 IKE2-MID-6 all messages again with each" both replay_outbound
	bears "IKE2-RTX-1 IKE_AUTH lost, and the answer to the next" us drop_inbound:2 drop_outbound:2
	bears "IKE2-RTX-1 its IKE_AUTH lost" them drop_outbound:2
	bears "IKE2-CKY-4 a cookie that nobody asked for" them send_bogus_dcookie
	bears "no IDr" both send_no_idr
}

# refuses NAME us|them TEXT KNOB...: we say TEXT, and nothing comes up
refuses() {
	local name=$1 who=$2 text=$3
	shift 3
	check "$name: the peer is made to" impair "$@"
	if [ $who = us ]; then
		ike up psk timeout 3 2>/dev/null
	else
		whack --initiate --name psk --asynchronous
	fi
	shown "$name: $who first, refused" wait_for 5 said "$text"
	same "$name: there are no SAs" "$(sas "$G1")" 0
	clean "$name"
}

part_refuse() {
	local auth=add_unknown_v2_payload_to_sk:IKE_AUTH init=add_unknown_v2_payload_to:IKE_SA_INIT
	refuses "IKE2-PAY-2 critical in IKE_SA_INIT" us "dropped a message: unknown critical payload" \
		$init unknown_v2_payload_critical
	refuses "IKE2-PAY-2 critical in IKE_SA_INIT" them "dropped a message: unknown critical payload" \
		$init unknown_v2_payload_critical
	refuses "IKE2-PAY-2 IKE2-ERR-5 critical in IKE_AUTH" us "unreadable response: unknown critical" \
		$auth unknown_v2_payload_critical
	refuses "IKE2-PAY-2 IKE2-ERR-6 critical in IKE_AUTH" them "unreadable request: unknown critical" \
		$auth unknown_v2_payload_critical
	refuses "IKE2-KE-4 IKE2-KE-5 a public value of zeros" us "shared secret of zero" ke_payload:0
	refuses "IKE2-KE-4 IKE2-KE-5 a public value of zeros" them "shared secret of zero" ke_payload:0
	refuses "IKE2-PAY-1 an empty KE payload" us "without room for its fixed fields" ke_payload:EMPTY
	refuses "IKE2-PAY-1 an empty KE payload" them "without room for its fixed fields" ke_payload:EMPTY
	refuses "IKE2-TS-5 more selectors announced than there are" us "do not add up" number_of_TSi_selectors:2
	refuses "IKE2-TS-5 more selectors announced than there are" them "do not add up" number_of_TSi_selectors:2
	refuses "IKE2-AUTH-3 no authentication" us "peer not authenticated" force_v2_auth_method:NULL
	refuses "IKE2-AUTH-3 no authentication" them "peer not authenticated" force_v2_auth_method:NULL
	refuses "IKE2-SA-7 a key length of 7" us "which we did not offer" child_key_length_attribute:7
	refuses "IKE2-SA-5 a key length of 7" them "no common proposal" child_key_length_attribute:7
}

# up_for NAME us|them TEXT KNOB... -- COMMAND...: it is up, the peer misbehaves in what the
# command begins, we say TEXT
up_for() {
	local name=$1 text=$3 knobs=()
	shown "$name: it is up" begins $2 psk
	shift 3
	while [ "$1" != -- ]; do
		knobs+=("$1")
		shift
	done
	shift
	before=$(child_spis)
	check "$name: the peer is made to" impair "${knobs[@]}"
	"$@"
	shown "$name: we see it" wait_for 8 said "$text"
}

rekey_child() { whack --rekey-child --name psk --asynchronous; }

# nets: those that policies of tunnels are for
nets() {
	secctl -n "$G1" policy list | grep -o '10\.[0-9.]*/[0-9]*' | sort -u | xargs
}

# Where all ends it is the peer that began, since what we began we may begin again.
part_rekey() {
	local name before own="10.1.0.0/24 10.2.0.0/24"

	name="IKE2-TS-1 the peer rekeys for other nets"
	up_for "$name" us "no common traffic selectors" rekey_initiate_supernet -- rekey_child
	same "$name: the child stays" "$(child_spis)" "$before"
	shown "$name: bytes get through" traffic
	clean "$name"

	name="IKE2-TS-2 the peer answers for other nets"
	up_for "$name" us "the peer widened the traffic selectors" rekey_respond_supernet -- ike rekey psk/psk-net
	same "$name: the child stays" "$(child_spis)" "$before"
	same "$name: nothing else goes through the tunnel" "$(nets)" "$own"
	clean "$name"

	name="IKE2-SA-7 the peer chooses what we did not offer"
	up_for "$name" them "which we did not offer" child_key_length_attribute:7 -- ike rekey psk/psk-net
	same "$name: the child stays" "$(child_spis)" "$before"
	clean "$name"

	name="IKE2-ERR-3 the peer rekeys a child of the wrong protocol"
	up_for "$name" them "REKEY_SA" v2n_rekey_sa_protoid:1 emitting -- rekey_child
	nothing_left "$name"
	clean "$name"

	name="IKE2-INFO-3 a Delete of an unknown protocol"
	up_for "$name" them "unreadable request" v2_delete_protoid:7 emitting -- rekey_child
	nothing_left "$name"
	clean "$name"

	name="IKE2-KE-5 the peer rekeys with a public value of zeros"
	up_for "$name" them "shared secret of zero" ke_payload:0 -- rekey_child
	nothing_left "$name"
	clean "$name"

	name="IKE2-KE-5 the peer answers with a public value of zeros"
	up_for "$name" them "bad key exchange" ke_payload:0 -- ike rekey psk/psk-net
	nothing_left "$name"
	clean "$name"

	name="IKE2-RTX-3 rekeying, with every message twice"
	up_for "$name" us "child established" jacob_two_two duplicate_inbound -- rekey_child
	check "$name: the peer rekeys the child" wait_for 8 changed child_spis "$before"
	shown "$name: we rekey the child" rekeys child_spis ike rekey psk/psk-net
	shown "$name: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name psk
	shown "$name: we rekey the IKE SA" rekeys ike_spis ike rekey psk
	shown "$name: bytes get through" traffic
	clean "$name"
}

# A peer that forgets without a word
part_forget() {
	shown "IKE2-LIVE-3 forgotten: it is up" begins them psk
	check "IKE2-LIVE-3 forgotten: the peer is made to" impair send_no_delete
	check "IKE2-LIVE-3 forgotten: the peer forgets" whack --deleteid --name @moon-psk.example.org
	shown "IKE2-LIVE-3 forgotten: nothing is left there" wait_for 5 sas_are "$G2" 0
	same "IKE2-LIVE-3 forgotten: we do not know" "$(sas "$G1")" 2
	shown "IKE2-LIVE-3 forgotten: the peer begins again" begins them psk
	shown "IKE2-LIVE-3 forgotten: the old SAs are gone" wait_for 5 sas_are "$G1" 2
	shown "IKE2-LIVE-3 forgotten: bytes get through" traffic
	clean "IKE2-LIVE-3 forgotten"

	shown "IKE2-LIVE-1 silent: it is up" begins them psk
	check "IKE2-LIVE-1 silent: the peer is made to" impair block_inbound block_outbound
	ike rekey psk/psk-net
	sleep 10	# looking all the time would be work
	shown "IKE2-RTX-2 IKE2-LIVE-1 silent: we give up" wait_for 20 said "peer does not answer"
	check "IKE2-LIVE-4 silent: no SA is left here" wait_for 3 sas_are "$G1" 0
	clean "IKE2-LIVE-1 silent"
}

run_parts
