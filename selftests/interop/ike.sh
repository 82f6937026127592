#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against charon of strongSwan on the kernel's own XFRM: who begins,
# shared secrets, certificates, rekeying under traffic, deletion, UDP encapsulation,
# liveness, a packet that waits, another address of ours, what the daemon may do.
#
#   ike.sh [PART...]      priv psk cert natt dpd trap move others map; all of them if none
#                         is named

all_parts="priv psk cert natt dpd trap move others map"
# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"

# status WORD: that line of what the kernel says of our daemon
status() { awk -v w="$1:" '$1 == w { print $2 }' "/proc/$(cat "$tmp/us.daemon")/status"; }

metric() { ike metrics | grep -Fxq "$1"; }

part_priv() {
	same "priv: CAP_NET_ADMIN is all that it has" "$(status CapEff) $(status CapPrm)" \
		"0000000000001000 0000000000001000"
	same "priv: nor can it get more" "$(status CapBnd) $(status NoNewPrivs)" "0000000000000000 1"
	same "priv: system calls are filtered" "$(status Seccomp)" 2
	check "priv: metrics say that nothing is up" metric "secike_children 0"
}

part_psk() {
	same "psk: what is not up is listed" "$(state_of psk)" down
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	both_begin psk
	under_traffic "psk: we rekey the child" rekeys child_spis ike rekey psk/psk-net
	under_traffic "psk: the peer rekeys the child" rekeys child_spis swan --rekey --child psk-net
	under_traffic "psk: we rekey the IKE SA" rekeys ike_spis ike rekey psk
	under_traffic "psk: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike psk
	shown "psk: bytes get through after all of it" traffic
	check "psk: metrics have the IKE SA" metric 'secike_connection_up{connection="psk"} 1'
	check "psk: and who began it" metric 'secike_ike_sas_established_total{role="responder"} 1'
	peer_ends psk
	none_captured "psk: nothing was in clear, nothing else on the wire" wire
}

part_cert() {
	both_begin cert
	peer_ends cert
}

# in_udp NAME: SAs and packets are
in_udp() {
	same "$1: in UDP here" "$(encapsulated "$G1")" 2
	same "$1: and there" "$(encapsulated "$G2")" 2
	shown "$1: bytes get through" traffic
	under_traffic "$1: we rekey the child" rekeys child_spis ike rekey $1/$1-net
	shown "$1: bytes get through after that" traffic
}

# Each of them forces UDP where it begins.
part_natt() {
	capture wire "$R" G1 esp
	shown "natt-us: we begin" ike up natt-us timeout 20
	in_udp natt-us
	peer_ends natt-us
	shown "natt-them: the peer begins" swan --initiate --child natt-them-net --timeout 20
	check "natt-them: it is up here too" wait_for 5 is natt-them up
	in_udp natt-them
	check "natt-them: we end it" ike down natt-them
	check "natt-them: no SA is left there" wait_for 5 sas_are "$G2" 0
	none_captured "natt: no ESP without UDP" wire
}

part_dpd() {
	check "dpd: we begin" ike up dpd timeout 20
	capture live "$R" G1 "udp port 500 or udp port 4500"
	sleep 5
	capture_stop live
	more "dpd: silent peers are asked for life" "$REPLY" 4
	check "dpd: both are still there" sas_are "$G1" 2
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	ns_sysctl "$R" net.ipv4.ip_forward=0
	shown "dpd: a dead peer is found to be dead" wait_for 25 sas_are "$G1" 0
	comes_back dpd
	check "dpd: no SA is left there" wait_for 15 sas_are "$G2" 0
}

# A packet brings it up, and tells the peer its own selectors first (RFC 7296 2.9).
part_trap() {
	conf us waits >"$tmp/us/secike.conf"
	check "trap: the configuration is read again" ike reload
	shown "trap: a packet brings it up" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=20000 timeout=20
	same "trap: it is up" "$(state_of trap)" up
	more "trap: the peer is told of the packet" "$(grep -c ' 10.1.0.2/32\[tcp/' "$tmp/charon.log")" 1
	shown "trap: bytes get through" traffic
	peer_ends trap
}

# from_address NS ADDRESS: both SAs are between this address of ours and the peer's
from_address() {
	case $(impl_of "$1") in
	nfsec)
		[ "$(secctl -n "$1" -j state list | jq --arg a "$2" --arg b $peer \
			'[.[] | select(.larval | not) | select([.src, .dst] - [$a, $b] == [])] | length')" = 2 ]
		;;
	xfrm) [ "$(ip -n "$1" xfrm state | grep -cE "^src ($2 dst $peer|$peer dst $2)")" = 2 ] ;;
	esac
}

# Our address goes, another one is there: MOBIKE (RFC 4555). The SAs stay, their packets
# have the new address.
part_move() {
	local spis other=172.16.1.77
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "move: we begin" ike up move timeout 20
	shown "move: bytes get through" traffic
	check "move: from the address of the route" from_address "$G1" $self
	spis=$(child_spis)
	# or else what comes second goes with what came first
	ns_sysctl "$G1" net.ipv4.conf.all.promote_secondaries=1
	ip -n "$G1" addr add $other/24 dev R
	ip -n "$G1" addr del $self/24 dev R
	ip -n "$G1" route replace default via 172.16.1.254
	shown "IKE2-MOB-2 move: our SAs have the new address" wait_for 10 from_address "$G1" $other
	shown "IKE2-MOB-2 move: the peer's as well" wait_for 10 from_address "$G2" $other
	same "move: the SAs are the same" "$(child_spis)" "$spis"
	shown "move: bytes get through" traffic
	shown "IKE2-REKEY-8 move: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike move
	ip -n "$G1" addr add $self/24 dev R
	ip -n "$G1" addr del $other/24 dev R
	ip -n "$G1" route replace default via 172.16.1.254
	shown "IKE2-REKEY-8 move: back again, both sides" wait_for 10 from_address "$G2" $self
	shown "move: bytes get through" traffic
	peer_ends move
	none_captured "move: nothing was in clear" wire
}

# The address of the peer that was in use is dead, it has said where else it is. That shows
# when it is asked for new keys.
part_others() {
	local spis other=172.16.2.77
	ip -n "$G2" addr add $other/24 dev R
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "others: we begin" ike up move timeout 20
	spis=$(child_spis)
	in_ns "$R" nft -f - <<-EOF
	table ip dead {
		chain forward {
			type filter hook forward priority 0
			ip saddr $peer drop
			ip daddr $peer drop
		}
	}
	EOF
	ike rekey move/move-net &
	peer=$other shown "IKE2-MOB-8 others: our SAs go to the other address" wait_for 30 from_address "$G1" $self
	peer=$other shown "IKE2-MOB-2 others: the peer's follow" wait_for 5 from_address "$G2" $self
	check "others: with new keys" changed child_spis "$spis"
	shown "others: bytes get through" traffic
	check "others: we end it" ike down move
	check "others: no SA is left here" wait_for 5 sas_are "$G1" 0
	check "others: nor there" wait_for 5 sas_are "$G2" 0
	in_ns "$R" nft flush ruleset
	ip -n "$G2" addr del $other/24 dev R
	none_captured "others: nothing was in clear" wire
}

# behind PORT: the peer is behind R now, which maps it to PORT, and forgets how it did before
behind() {
	in_ns "$R" nft -f - <<-EOF
	table ip peer
	delete table ip peer
	table ip peer {
		chain post {
			type nat hook postrouting priority 100
			ip saddr $peer udp dport 500 snat to 172.16.1.254:40500
			ip saddr $peer udp dport 4500 snat to 172.16.1.254:$1
		}
	}
	EOF
	in_ns "$R" conntrack -F 2>/dev/null
}

# mapped PORT: our SAs are with PORT of R
mapped() { [ "$(secctl -n "$G1" state list | grep -c "espinudp .*port $1 ")" = 2 ]; }

# A NAT has the peer at another port of a sudden: the SAs follow packets, not the other way
# round.
part_map() {
	local spis
	behind 40001
	shown "map: the peer begins" swan --initiate --child map-net --timeout 20
	check "map: it is up here too" wait_for 5 is map up
	check "map: by way of the NAT" mapped 40001
	shown "map: bytes get through" traffic
	spis=$(child_spis)
	behind 40002
	agent ping "$B" 10.2.0.2 10.1.0.2 timeout=1
	shown "IKE2-NAT-7 map: the SAs are with the other port" wait_for 5 mapped 40002
	same "map: they are the same" "$(child_spis)" "$spis"
	shown "map: bytes get through" traffic
	shown "map: we rekey the child" rekeys child_spis ike rekey map/map-net
	shown "map: bytes get through after that" traffic
	peer_ends map
	in_ns "$R" nft flush ruleset
}

run_parts
