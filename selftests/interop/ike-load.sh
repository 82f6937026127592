#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# New keys under load: a hundred times for the child, ten times for the IKE SA, from here,
# from there and from both sides at once, while TCP takes four fifths of what the tunnel
# can do. No packet may be lost; those that the IPsec of the kernel refuses, when this
# machine changes their order by more than its window, are sent again by TCP.
#
#   ike-load.sh [PART...]      charon self; all of them if none is named

all_parts="charon self"
# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"
command -v iperf3 >/dev/null || skip_all "iperf3 is not installed"
rekeys=${REKEYS:-100}
# What the kernel drops between two namespaces, when nobody has had the time to take it, is
# no packet that IPsec has lost.
sysctl -qw net.core.netdev_max_backlog=20000

# they WHAT: the peer makes new keys, for "child" or "ike"
they() {
	case $(impl_of "$G2")$1 in
	xfrmchild) swan --rekey --child psk-net ;;
	xfrmike) swan --rekey --ike psk ;;
	nfsecchild) secctl -n "$G2" ike rekey psk/psk-net ;;
	nfsecike) secctl -n "$G2" ike rekey psk ;;
	esac
}

we() {
	case $1 in
	child) ike rekey psk/psk-net ;;
	ike) ike rekey psk ;;
	esac
}

# once NUMBER WHAT SPIS: new keys of WHAT, which SPIS shows; who begins depends on NUMBER
once() {
	local before pid
	before=$($3)
	case $(($1 % 4)) in
	0|2) we $2 ;;
	1) they $2 ;;
	3)
		they $2 &
		pid=$!
		we $2
		wait $pid
		;;
	esac
	wait_for 10 changed $3 "$before"
}

# throughput: of TCP through the tunnel, in bits per second, at its best. iperf3 with its
# threads does not always come to an end.
throughput() {
	local i pid
	for i in 1 2 3; do
		ip netns exec "$B" iperf3 -s -1 -p 5201 >"$tmp/server" 2>&1 &
		pid=$!
		wait_for 10 grep -q listening "$tmp/server"
		ip netns exec "$A" timeout -s KILL 20 iperf3 -c 10.2.0.2 -p 5201 -t 1 -J
		kill -KILL $pid 2>/dev/null
		wait $pid 2>/dev/null
	done | jq -s 'map(.end.sum_received.bits_per_second // 0 | floor) | max'
}

# account NAME: of numbered packets
account() {
	agent stop $1
	note "$1: $REPLY"
	more "$1: packets were sent" "$(field sent)" 100
	same "$1: none was lost" "$(field lost)" 0
	same "$1: none was refused" "$(field refused)" 0
	same "$1: none was altered" "$(field bad)" 0
}

# loaded PEER: all of it
loaded() {
	local n rate load segments start failed=0
	shown "$1: the tunnel is up" ike up psk timeout 20
	rate=$(throughput)
	more "$1: bytes get through" "$rate" 1000
	note "$((rate / 1000000)) Mbit/s"
	ip netns exec "$B" iperf3 -s -1 -p 5201 >"$tmp/server" 2>&1 &
	load=$!
	wait_for 10 grep -q listening "$tmp/server"
	ip netns exec "$A" iperf3 -c 10.2.0.2 -p 5201 -t 600 -b $((rate * 4 / 5)) >/dev/null 2>&1 &
	load+=" $!"
	segments=$(tcp_sent "$A")
	start=$SECONDS
	agent flow there "$A" 10.1.0.2 "$B" 10.2.0.2 pps=100 len=300
	agent flow back "$B" 10.2.0.2 "$A" 10.1.0.2 pps=100 len=900
	for ((n = 1; n <= rekeys; n++)); do
		once $n child child_spis || failed=$((failed + 1))
		[ $((n % 10)) != 0 ] || once $((n / 10)) ike ike_spis || failed=$((failed + 1))
	done
	same "$1: IKE2-RK-1 $rekeys times new keys for the child, $((rekeys / 10)) for the IKE SA" $failed 0
	account there
	account back
	kill -KILL $load
	wait $load 2>/dev/null
	segments=$(($(tcp_sent "$A") - segments))
	more "$1: TCP went on" $segments 1000
	note "$segments segments in $((SECONDS - start)) s"
	shown "$1: one pair of SAs is left here" wait_for 30 sas_are "$G1" 2
	check "$1: and there" wait_for 30 sas_are "$G2" 2
	shown "$1: bytes get through" traffic
	same "$1: nothing was dropped here" "$(all_drops "$G1")" ""
	[ "$1" = charon ] || same "$1: nor there" "$(all_drops "$G2")" ""
}

part_charon() {
	# small enough to get through as they are
	ip -n "$A" link set G1 mtu 1400
	ip -n "$B" link set G2 mtu 1400
	loaded charon
	check "charon: we end it" ike down psk
	check "charon: no SA is left there" wait_for 5 sas_are "$G2" 0
}

part_self() {
	charon_ends
	shown "self: secike starts there too" secike_start them "$G2"
	loaded self
}

run_parts
