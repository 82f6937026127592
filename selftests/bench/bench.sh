#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure one TCP stream and small and large UDP datagrams through nfsec, XFRM,
# WireGuard and nothing, one after the other on the machine this runs on. Each
# measurement is one line of JSON on $RESULTS/raw.jsonl; report.py makes the
# table of them. "selftests/bench/run" is what boots the machines.
#
# usage: bench.sh [-t SECONDS] [-r REPEATS] [-p PATHS] [-e ENGINES] [-w WORKLOADS]
#
# host:     a ======================== b
# gateways: a ------ g1 ====== g2 ------ b
#                       192.0.2.0/24
#
# The network behind the left end is 10.1.0.0/24, behind the right 10.2.0.0/24;
# "=" is the part that is protected. Host to host the networks are one address
# on the loopback device of the end itself, so tunnel mode is the same there.
set -eu

umask 077
seconds=1
repeats=1
paths="host gateways"
engines="plain bare xfrm:gcm xfrm:chacha wireguard:chacha nfsec:gcm nfsec:chacha"
workloads="tcp udp64 udp1400"
while getopts t:r:p:e:w: opt; do
	case $opt in
	t) seconds=$OPTARG ;;
	r) repeats=$OPTARG ;;
	p) paths=$OPTARG ;;
	e) engines=$OPTARG ;;
	w) workloads=$OPTARG ;;
	*) exit 2 ;;
	esac
done

raw=${RESULTS:?}/raw.jsonl
tmp=$(mktemp -d)

die() {
	echo "bench: $*" >&2
	exit 1
}

# in_ns NS COMMAND...
in_ns() {
	ip netns exec "$@"
}

namespaces_del() {
	local ns
	for ns in a b g1 g2; do
		[ ! -e /run/netns/$ns ] || ip netns del $ns
	done
}

cleanup() {
	local pid
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || :
	done
	namespaces_del
	rm -rf "$tmp"
}
trap cleanup EXIT

# cable NS1 DEVICE1 ADDRESS1 NS2 DEVICE2 ADDRESS2
cable() {
	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$4" addr add "$6" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# Sets left and right, the ends of the protected part.
topology_host() {
	left=a right=b
	cable a wire 192.0.2.1/24 b wire 192.0.2.2/24
	ip -n a addr add 10.1.0.1/32 dev lo
	ip -n b addr add 10.2.0.1/32 dev lo
	ip -n a route add 10.2.0.0/24 via 192.0.2.2 src 10.1.0.1
	ip -n b route add 10.1.0.0/24 via 192.0.2.1 src 10.2.0.1
}

topology_gateways() {
	left=g1 right=g2
	cable a eth0 10.1.0.1/24 g1 lan 10.1.0.254/24
	cable g1 wire 192.0.2.1/24 g2 wire 192.0.2.2/24
	cable g2 lan 10.2.0.254/24 b eth0 10.2.0.1/24
	ip -n a route add default via 10.1.0.254
	ip -n b route add default via 10.2.0.254
	ip -n g1 route add 10.2.0.0/24 via 192.0.2.2
	ip -n g2 route add 10.1.0.0/24 via 192.0.2.1
}

topology() {
	local ns list="a b"
	namespaces_del
	[ "$1" = host ] || list="a g1 g2 b"
	for ns in $list; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		in_ns "$ns" sysctl -qw net.ipv4.ip_forward=1
	done
	"topology_$1"
}

# key ALGORITHM BYTE: a key of the right length that repeats BYTE, and a salt
key() {
	local bytes=20
	[ "$1" = gcm ] || bytes=36
	printf '0x'
	while [ $((bytes -= 1)) -ge 0 ]; do printf '%s' "$2"; done
}

# esp TOOL ALGORITHM: the same lines for ip xfrm and for secctl
esp() {
	local tool=$1 name='rfc4106(gcm(aes))' ns tmpl
	[ "$2" = gcm ] || name='rfc7539esp(chacha20,poly1305)'

	command_of() {
		case $tool in
		xfrm) ip -n "$ns" xfrm "$@" ;;
		nfsec) secctl -n "$ns" "$@" ;;
		esac
	}
	for ns in $left $right; do
		command_of state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1001 \
			reqid 1 mode tunnel replay-window 32 aead "$name" "$(key "$2" 5a)" 128
		command_of state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x1002 \
			reqid 1 mode tunnel replay-window 32 aead "$name" "$(key "$2" a5)" 128
	done
	for ns in $left $right; do
		local here=10.1.0.0/24 there=10.2.0.0/24 me=192.0.2.1 peer=192.0.2.2
		if [ "$ns" = "$right" ]; then
			here=10.2.0.0/24 there=10.1.0.0/24 me=192.0.2.2 peer=192.0.2.1
		fi
		tmpl="proto esp reqid 1 mode tunnel"
		# shellcheck disable=SC2086 # a template is several words
		{
			command_of policy add src $here dst $there dir out \
				tmpl src $me dst $peer $tmpl
			command_of policy add src $there dst $here dir in \
				tmpl src $peer dst $me $tmpl
			command_of policy add src $there dst $here dir fwd \
				tmpl src $peer dst $me $tmpl
		}
	done
}

engine_xfrm() { esp xfrm "$1"; }
engine_nfsec() { esp nfsec "$1"; }
engine_plain() { :; }

# bare is plain without nfsec.ko, to see what the module costs when it has
# nothing to do.
engine_bare() { rmmod nfsec; }

engine_wireguard() {
	local ns
	for ns in $left $right; do
		wg genkey >"$tmp/$ns.key"
		wg pubkey <"$tmp/$ns.key" >"$tmp/$ns.pub"
	done
	for ns in $left $right; do
		local net=10.2.0.0/24 peer=192.0.2.2 src=10.1.0.1 pub=$tmp/$right.pub
		if [ "$ns" = "$right" ]; then
			net=10.1.0.0/24 peer=192.0.2.1 src=10.2.0.1 pub=$tmp/$left.pub
		fi
		# 1440 is what an IPv4 underlay of 1500 has room for, and what lets
		# datagrams of 1400 through in one piece, as with ESP.
		ip -n "$ns" link add wg0 mtu 1440 type wireguard
		in_ns "$ns" wg set wg0 listen-port 51820 private-key "$tmp/$ns.key" \
			peer "$(cat "$pub")" allowed-ips $net endpoint $peer:51820
		ip -n "$ns" link set wg0 up
		if [ "$left" = a ]; then
			ip -n "$ns" route replace $net dev wg0 src $src
		else
			ip -n "$ns" route replace $net dev wg0
		fi
	done
}

# check_wire ENGINE: does the wire carry what it should, and nothing else? What
# has been decrypted shows up there as received, so only what is sent counts.
check_wire() {
	local want pid
	case $1 in
	plain | bare) want='net 10.0.0.0/8' ;;
	wireguard) want='udp port 51820' ;;
	*) want='proto 50' ;;
	esac
	# or else what the one before has said would be taken for this one's
	: >"$tmp/tcpdump"
	ip netns exec "$left" tcpdump --immediate-mode -Uni wire -Q out -w "$tmp/pcap" ip 2>"$tmp/tcpdump" &
	pid=$!
	until grep -q listening "$tmp/tcpdump"; do sleep 0.05; done
	in_ns a ping -q -c 4 -i 0.01 -W 2 10.2.0.1 >/dev/null || die "$1: no ping"
	sleep 0.2
	kill -INT $pid
	wait $pid || :
	[ "$(tcpdump -nr "$tmp/pcap" "$want" 2>/dev/null | wc -l)" -ge 4 ] ||
		die "$1: the wire does not carry $want"
	[ -z "$(tcpdump -nr "$tmp/pcap" "not ($want)" 2>/dev/null)" ] ||
		die "$1: the wire carries something else than $want"
}

# iperf ARG...: one run; its report is in $tmp/report
iperf() {
	local server status=0
	ip netns exec b iperf3 -s -1 >/dev/null 2>&1 &
	server=$!
	until [ -n "$(in_ns b ss -Hltn sport = :5201)" ]; do sleep 0.05; done
	in_ns a timeout 300 iperf3 -c 10.2.0.1 -J "$@" >"$tmp/report" 2>"$tmp/iperf" || status=$?
	wait $server || :
	[ $status = 0 ] || die "iperf3 $*: $(jq -r '.error // "failed"' "$tmp/report")"
}

# measure WORKLOAD: prints a number and its unit
measure() {
	case $1 in
	tcp)
		iperf -t "$seconds"
		jq -r '"\(.end.sum_received.bits_per_second / 1e6 | round) Mbit/s"' "$tmp/report"
		;;
	udp*)
		iperf -u -b 0 -l "${1#udp}" -t "$seconds"
		jq -r '.end.sum | "\((.packets - .lost_packets) / .seconds | round) packets/s"' \
			"$tmp/report"
		;;
	esac
}

for path in $paths; do
	for engine in $engines; do
		name=${engine%%:*}
		algorithm=
		case $engine in *:*) algorithm=${engine#*:} ;; esac
		[ -d /sys/module/nfsec ] || case $name in nfsec | bare) continue ;; esac
		topology "$path"
		"engine_$name" "$algorithm"
		check_wire "$name"
		iperf -n 256K	# path MTU, caches
		for workload in $workloads; do
			for ((i = 0; i < repeats; i++)); do
				result=$(measure "$workload")
				printf '%-8s %-9s %-6s %-7s %s\n' "$path" "$name" \
					"$algorithm" "$workload" "$result"
				jq -cn --arg path "$path" --arg engine "$name" \
					--arg algorithm "$algorithm" --arg workload "$workload" \
					--argjson value "${result% *}" --arg unit "${result#* }" \
					'$ARGS.named' >>"$raw"
			done
		done
		if [ "$name" = bare ]; then
			# shellcheck disable=SC2086 # several parameters
			insmod "$NFSEC_KO" ${NFSEC_PARAMS:-}
		fi
	done
done
