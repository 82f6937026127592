#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# The module is unloaded while traffic runs through it, loaded again and set up
# again, several times; with packets of its own waiting in queues, with listeners,
# timers and half-made SAs.
# RFC 4301 4.5 (KMI-2).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
[ -f "${NFSEC_KO:-}" ] || skip_all "NFSEC_KO does not name the module"
for tool in iperf3 nft tc; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
topo_gateways
rounds=${ROUNDS:-6}

load() {
	modinfo -F depends "$NFSEC_KO" | tr , '\n' | while read -r mod; do
		[ -z "$mod" ] || modprobe "$mod"
	done
	insmod "$NFSEC_KO"
}

# It may be in use for the moment of a netlink request, not longer.
unload() {
	local end=$((SECONDS + 5))
	until REPLY=$(rmmod nfsec 2>&1); do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
	[ ! -d /sys/module/nfsec ]
}

# Host to host in transport mode as well, in UDP.
setup() {
	gateways_tunnel 4 "$gcm_sa" && gateways_tunnel 6 "$cbc_sa" &&
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 9 transport "$chacha_sa" \
		encap espinudp 4500 4500 0.0.0.0 &&
	transport_policy "$G1" 172.16.1.1 172.16.2.1 9 &&
	transport_policy "$G2" 172.16.2.1 172.16.1.1 9
}

works() {
	agent ping "$A" 10.1.0.2 10.2.0.2 tries=3 timeout=2 &&
	agent ping "$A" fd01::2 fd02::2 tries=3 timeout=2 &&
	agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=200000 &&
	agent udp "$G1" 172.16.1.1 "$G2" 172.16.2.1 tries=3 timeout=2 len=1,1000
}

# Bulk TCP through the gateways and between them, numbered UDP and pings
load_start() {
	local i
	jobs=()
	for i in 1 2; do
		ip netns exec "$B" iperf3 -s -p 520$i >/dev/null 2>&1 &
		jobs+=($!)
	done
	sleep "$settle"
	ip netns exec "$A" iperf3 -c 10.2.0.2 -p 5201 -t 60 >/dev/null 2>&1 &
	jobs+=($!)
	ip netns exec "$A" iperf3 -c fd02::2 -p 5202 -t 60 -R >/dev/null 2>&1 &
	jobs+=($!)
	ip netns exec "$G1" ping -q -f -s 1000 172.16.2.1 >/dev/null 2>&1 &
	jobs+=($!)
	agent flow a "$A" 10.1.0.2 "$B" 10.2.0.2 pps=500 len=1200
	agent flow b "$G2" 172.16.2.1 "$G1" 172.16.1.1 pps=500 len=1200
}

load_stop() {
	# iperf3 that has several threads may never come to an end by itself
	kill -KILL "${jobs[@]}" 2>/dev/null
	wait "${jobs[@]}" 2>/dev/null
	agent stop a
	agent stop b
}

# What differs between the rounds
extra=("nothing else"
	"packets wait in a qdisc behind the gateway"
	"packets wait in a queue for user space"
	"a listener and a larval SA"
	"timers of SAs run"
	"policies without SAs")

extra_start() {
	case $1 in
	1)
		# decrypted packets, with their mark, for longer than the unloading takes
		in_ns "$G2" tc qdisc add dev B root netem delay 1s limit 5000
		in_ns "$G1" tc qdisc add dev R root netem delay 300ms limit 5000
		;;
	2)
		in_ns "$G2" nft -f - <<-'EOF'
		table inet t {
			chain forward {
				type filter hook forward priority 10
				queue num 0
			}
		}
		EOF
		# nobody reads it, so it fills up
		ip netns exec "$G2" python3 - >"$tmp/queue" <<-'EOF' &
		import socket, struct, time
		sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		sock.bind((0, 0))
		def config(family, kind, data):
		    body = struct.pack("=BBH", family, 0, 0) + struct.pack("=HH", 4 + len(data), kind) + data
		    body += bytes(-len(body) % 4)
		    sock.send(struct.pack("=IHHII", 16 + len(body), 0x302, 5, 1, 0) + body)
		    error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
		    if error:
		        raise OSError(-error, "nfqueue")
		config(0, 1, b"\1\0\0\2")    # bind
		config(0, 2, struct.pack("!IB", 0, 1))          # headers only
		print("bound", flush=True)
		time.sleep(60)
		EOF
		jobs+=($!)
		wait_for 10 grep -q bound "$tmp/queue" || note "nfqueue: no listener"
		;;
	3)
		secctl -n "$G1" monitor all >/dev/null 2>&1 &
		jobs+=($!)
		xf "$G1" state allocspi src 172.16.2.1 dst 172.16.1.1 proto esp >/dev/null
		;;
	4)
		for ns in "$G1" "$G2"; do
			xf "$ns" state add src 10.5.0.1 dst 10.5.0.2 proto esp spi 0x5001 mode tunnel \
				$gcm_sa limit time-soft 1 limit time-hard 2
			xf "$ns" policy add src 10.5.0.0/24 dst 10.5.0.0/24 dir out limit time-hard 2
		done
		;;
	5)
		xf "$G2" state flush
		;;
	esac
}

# flows: has there been traffic?
flows() {
	[ "$(counter "$G2" in_packets)" -ge 100 ]
}

extra_stop() {
	in_ns "$G2" tc qdisc del dev B root 2>/dev/null
	in_ns "$G1" tc qdisc del dev R root 2>/dev/null
	in_ns "$G2" nft flush ruleset
}

setup || skip_all "cannot be set up"
check "at first it works" works
for ((round = 0; round < rounds; round++)); do
	kind=$((round % ${#extra[@]}))
	load_start
	extra_start $kind 2>"$tmp/extra"
	[ ! -s "$tmp/extra" ] || note "$(cat "$tmp/extra")"
	sleep 1
	wait_for 20 flows
	before=$(counter "$G2" in_packets)
	start=$(date +%s%N)
	check "round $round: unload under traffic, ${extra[$kind]}" unload
	note "rmmod took $((($(date +%s%N) - start) / 1000000)) ms, after $before packets"
	more "round $round: there was traffic" "$before" 100
	sleep 0.3
	load_stop
	extra_stop
	check "round $round: load again" load
	same "round $round: it starts empty" "$(xf "$G1" state list)$(xf "$G1" policy list)$(all_drops "$G1")" ""
	check "KMI-2 round $round: set it up again" setup
	check "round $round: it works again" works
done

# Loading and unloading alone, at once and many times
quick() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		unload && load || return 1
	done
}
check "ten times without a pause" quick
check "and it still works" eval 'setup && works'
finish
