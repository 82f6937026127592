#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Rekeying under load: new inbound SAs at both ends, then the outbound ones, then
# the old ones go; no packet may be lost or seen twice.
# RFC 4301 4.1 (SAD-8), RFC 7296 2.8 (KMI-3).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
command -v iperf3 >/dev/null || skip_all "not installed: iperf3"
topo_gateways
rekeys=${REKEYS:-20}
# no path MTU discovery, so that nothing is dropped for that
ip -n "$A" link set G1 mtu 1400
ip -n "$B" link set G2 mtu 1400

# sa NS WHICH NUMBER SRC DST: lines to add one
sa_text() {
	local spi
	spi=$(printf '0x%x%04x' $1 $2)
	echo "state add src $3 dst $4 proto esp spi $spi reqid 4 mode tunnel $gcm $(key 20 $2) 128"
}

# Directions: 1 from G1 to G2, 2 back.
add() {
	local ns=$1 number=$2
	shift 2
	for dir; do
		case $dir in
		1) sa_text 1 $number 172.16.1.1 172.16.2.1 ;;
		2) sa_text 2 $number 172.16.2.1 172.16.1.1 ;;
		esac
	done | xf_batch "$ns"
}

del() {
	local ns=$1 number=$2
	shift 2
	for dir; do
		case $dir in
		1) printf 'state delete src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x1%04x\n' $number ;;
		2) printf 'state delete src 172.16.2.1 dst 172.16.1.1 proto esp spi 0x2%04x\n' $number ;;
		esac
	done | xf_batch "$ns"
}

add "$G1" 1 1 2
add "$G2" 1 1 2
tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 172.16.1.1 172.16.2.1 4
tunnel_policy "$G2" 10.2.0.0/24 10.1.0.0/24 172.16.2.1 172.16.1.1 4
check "before" agent ping "$A" 10.1.0.2 10.2.0.2

# before there is a load: what comes until tcpdump has its filter can be too much
capture clear "$R" G1 "(net 10.1.0.0/24 or net 10.2.0.0/24) and not esp"

ip netns exec "$B" iperf3 -s -1 -p 5201 >"$tmp/server" 2>&1 &
wait_for 10 grep -q listening "$tmp/server"
load=$!
ip netns exec "$A" iperf3 -c 10.2.0.2 -p 5201 -t 600 -b 20M >/dev/null 2>&1 &
load+=" $!"
segments=$(tcp_sent "$A")
agent flow there "$A" 10.1.0.2 "$B" 10.2.0.2 pps=400 len=300
agent flow back "$B" 10.2.0.2 "$A" 10.1.0.2 pps=400 len=900

failed=0 packets=0
for ((n = 2; n <= rekeys + 1; n++)); do
	old=$((n - 1))
	add "$G2" $n 1 && add "$G1" $n 2 || failed=1	# both can receive
	sleep 0.05
	add "$G1" $n 1 && add "$G2" $n 2 || failed=1	# both send with the new one
	del "$G1" $old 1 && del "$G2" $old 2 || failed=1
	sleep 0.2
	del "$G2" $old 1 && del "$G1" $old 2 || failed=1
done
same "KMI-3 $rekeys rekeys went through" $failed 0
for ns in "$G1" "$G2"; do
	same "SAD-8 two SAs are left at ${ns##*-}" "$(xf "$ns" state count | grep -o '[0-9]*' | head -n 1)" 2
done
if [ "$IMPL" = nfsec ]; then
	packets=$(secctl -n "$G2" -j state list | jq '[.. | objects | select(.spi?) ] | length')
	same "the list has them, too" "$packets" 2
fi

account() {
	agent stop $1
	note "$1: $REPLY"
	more "KMI-3 $1: packets were sent" "$(field sent)" 100
	same "KMI-3 $1: none was lost" "$(field lost)" 0
	same "KMI-3 $1: none was refused" "$(field refused)" 0
	same "SAD-8 $1: none came twice" "$(field twice)" 0
	same "SAD-8 $1: none was altered" "$(field bad)" 0
}
account there
account back
# iperf3 that has several threads may never come to an end by itself
kill -KILL $load
wait $load 2>/dev/null
more "KMI-3 TCP went on" $(($(tcp_sent "$A") - segments)) 1000
none_captured "OUT-2 nothing went in clear" clear
same "no drops at G1" "$(all_drops "$G1")" ""
same "no drops at G2" "$(all_drops "$G2")" ""

# ---- old and new at once: the sender goes on with the old SA for as long as it
# wants to, and may go back to it.
add "$G2" 100 1
add "$G2" 101 1
oseq=0
for number in 100 101 100; do
	xf "$G1" state deleteall src 172.16.1.1
	# numbers go on, or the third round would be a replay of the first
	oseq=$((oseq + 1000))
	sa_text 1 $number 172.16.1.1 172.16.2.1 | sed "s/\$/ replay-oseq $oseq/" | xf_batch "$G1"
	check "SAD-8 the receiver takes SA $number" agent ping "$A" 10.1.0.2 10.2.0.2 count=5
done
same "no drops at G2 with parallel SAs" "$(all_drops "$G2")" ""
finish
