#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against charon of strongSwan on XFRM in transport mode, with IPv6, and with
# many algorithms; then against itself: rekeying from both ends at once, another
# configuration, traps, an end without goodbye.
#
#   ike-more.sh [PART...]      more self; all of them if none is named

all_parts="more self"
# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"

hosts() {
	agent ping "$G1" $self $peer timeout=2 && agent ping "$G2" $peer $self timeout=2 &&
	agent udp "$G1" $self "$G2" $peer len=1,700,1300,3000 timeout=2
}

# Transport mode, with policies that IKE itself would fall under; IPv6 outside, both inside;
# algorithms.
part_more() {
	local i from=$G1 to=$peer
	shown "host: we begin" ike up host timeout 20
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "host: bytes get through" hosts
	under_traffic "host: we rekey the child" rekeys child_spis ike rekey host/host-net
	shown "host: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike host
	shown "host: bytes get through after that" hosts
	peer_ends host
	shown "host: the peer begins" swan --initiate --child host-net --timeout 20
	shown "host: bytes get through" hosts
	check "host: we end it" ike down host
	none_captured "host: nothing was in clear" wire
	from=$A to=10.2.0.2

	shown "six: we begin" ike up six timeout 20
	shown "six: IPv4 gets through" traffic
	shown "six: IPv6 gets through" agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2
	under_traffic "six: the peer rekeys the child" rekeys child_spis swan --rekey --child six-net
	peer_ends six
	shown "six: the peer begins" swan --initiate --child six-net --timeout 20
	shown "six: IPv6 gets through" agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2
	check "six: we end it" ike down six

	for i in 1 2 3 4 5 6; do
		[[ " $names " = *" alg-$i "* ]] || continue
		algs alg-$i
		if [ $((i % 2)) = 1 ]; then
			shown "$ike_algs $esp_algs: we begin" ike up alg-$i timeout 20
		else
			shown "$ike_algs $esp_algs: the peer begins" swan --initiate --child alg-$i-net --timeout 20
		fi
		shown "$esp_algs: bytes get through" traffic
		check "$esp_algs: we rekey the child" rekeys child_spis ike rekey alg-$i/alg-$i-net
		check "$ike_algs: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike alg-$i
		check "$esp_algs: the peer rekeys the child" rekeys child_spis swan --rekey --child alg-$i-net
		shown "$esp_algs: bytes get through after that" traffic
		check "$esp_algs: we end it" ike down alg-$i
	done
}

both_rekey() {
	secctl -n "$G2" ike rekey $1 &
	ike rekey $1 && wait $!
}

other_change() { changed $1 "$2" && sas_are "$G1" 2 && sas_are "$G2" 2; }

part_self() {
	local before
	kill "$(cat "$tmp/charon.daemon")"
	wait "$(cat "$tmp/charon.daemon")" 2>/dev/null
	rm "$tmp/charon.daemon"
	ip -n "$G2" xfrm state flush
	ip -n "$G2" xfrm policy flush
	impl_G2=nfsec
	shown "self: secike starts there too" secike_start them "$G2"
	shown "self: we begin" ike up cert timeout 20
	shown "self: bytes get through" traffic
	under_traffic "self: we rekey the child" rekeys child_spis ike rekey cert/cert-net
	under_traffic "self: the peer rekeys the IKE SA" rekeys ike_spis secctl -n "$G2" ike rekey cert
	before=$(child_spis)
	under_traffic "self: both rekey the child at once" both_rekey cert-net
	check "self: one pair is left" wait_for 10 other_change child_spis "$before"
	shown "self: bytes get through" traffic

	# another configuration: what is the same goes on
	before=$(child_spis)
	conf us waits >"$tmp/us/secike.conf"
	check "self: the configuration is read again" ike reload
	same "self: what did not change stays" "$(child_spis)" "$before"
	conf us waits fresh >"$tmp/us/secike.conf"
	check "self: the configuration is read once more" ike reload
	shown "self: what changed has ended" wait_for 5 sas_are "$G2" 0

	# the child of trap has waited since
	check "self: a packet brings the trap up" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=20000 timeout=20
	same "self: it is up" "$(state_of trap)" up
	check "self: the peer ends it" secctl -n "$G2" ike down trap
	check "self: no SA is left here" wait_for 5 sas_are "$G1" 0
	echo "nonsense = 1" >>"$tmp/us/secike.conf"
	check_not "self: a wrong configuration is refused" ike reload 2>/dev/null
	same "self: and the one before goes on" "$(state_of trap)" down

	# an end without goodbye: closed, and taken over by the next one
	check "self: up once more" ike up trap timeout 20
	conf us waits >"$tmp/us/secike.conf"
	kill -KILL "$(cat "$tmp/us.daemon")"
	{ wait "$(cat "$tmp/us.daemon")"; } 2>/dev/null
	same "self: SAs outlive a daemon that is killed" "$(sas "$G1")" 2
	shown "self: the next one starts" secike_start us "$G1"
	same "self: and removes them" "$(sas "$G1")" 0
	check "self: up again" ike up trap timeout 20
	shown "self: bytes get through" traffic
	shown "self: it ends as it should" secike_stop us
	same "self: nothing is left at the end" "$(sas "$G1") $(secctl -n "$G1" -j policy list | jq length)" "0 0"
	check "self: the peer knows" wait_for 5 sas_are "$G2" 0
	check "self: and ends as it should, too" secike_stop them
}

run_parts
