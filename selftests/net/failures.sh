#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Drops for which something has to fail: connection tracking that refuses a packet,
# fragments that nobody puts together, a queue that is full, a device that goes away
# with packets waiting, a crypto driver that reports errors, memory that runs out.
# Each is counted once and under its own name; afterwards packets pass again.
# AUD-1, AUD-5, FRAG-1.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
for tool in nft tc taskset; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
# One CPU: its queue is the one that gets full.
taskset -p -c 0 $$ >/dev/null
topo_gateways

fresh() {
	flush "$G1" "$G2"
	gateways_tunnel 4 "${*:-$gcm_sa}"
	gateways_tunnel 6 "${*:-$gcm_sa}"
}

to_b() { fails lost udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100 timeout=0.3 oneway=1; }
works() { agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100; }

# hold NS COUNT: packets in queue 1 of NS wait until there are so many
hold() {
	ip netns exec "$1" python3 "$lib/held.py" 1 "$2" >"$tmp/held" 2>&1 &
	holder=$!
	wait_for 20 grep -q bound "$tmp/held" || note "$(cat "$tmp/held")"
}

# released: they have gone on, all of them, and what comes of it has happened
released() {
	wait_for 20 grep -q released "$tmp/held" || note "$(cat "$tmp/held")"
	wait $holder
	sleep "$settle"
}

fresh
check "a tunnel" works
check "a tunnel, IPv6" agent udp "$A" fd01::2 "$B" fd02::2 len=100

# ---- connection tracking. Two connections wait with their first packets: the answers
# to both would look the same, since the destination of one was translated to that of
# the other. The first that goes on gets into the table, the second is refused.
in_ns "$G1" nft -f - <<-'EOF'
	table ip t {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr 10.2.0.9 dnat to 10.2.0.2
		}
		chain forward {
			type filter hook forward priority 0
			meta l4proto tcp queue num 1
		}
	}
EOF
ns_sysctl "$G1" net.netfilter.nf_conntrack_checksum=0
two_syns() {
	agent send tcp "$A" 10.1.0.2 10.2.0.2
	agent send tcp "$A" 10.1.0.2 10.2.0.9
	released
}
encrypted=$(counter "$G1" out_packets)
hold "$G1" 2
dropped "AUD-1 out_conntrack" "$G1" out_conntrack 1 two_syns
same "... and the first was encrypted" $(($(counter "$G1" out_packets) - encrypted)) 1
in_ns "$G1" nft flush ruleset

ip -n "$G2" addr add 172.16.2.9/24 dev R
agent ping "$G1" 172.16.1.1 172.16.2.9	# neighbours
in_ns "$G2" nft -f - <<-'EOF'
	table ip t {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr 172.16.2.9 dnat to 172.16.2.1
		}
		chain input {
			type filter hook input priority 150
			ip protocol esp queue num 1
		}
	}
EOF
two_esp() {
	agent send udp "$A" 10.1.0.2 10.2.0.2
	agent send raw "$G1" 172.16.1.1 172.16.2.9 proto=50
	released
}
hold "$G2" 2
decrypted=$(counter "$G2" in_packets)
dropped "AUD-1 in_conntrack" "$G2" in_conntrack 1 two_esp
same "... and the first was decrypted" $(($(counter "$G2" in_packets) - decrypted)) 1
in_ns "$G2" nft flush ruleset
ip -n "$G2" addr del 172.16.2.9/24 dev R
check "without them packets pass" works

# ---- fragments of ESP. They are put together in front of LOCAL_IN, unless a rule
# in front of that says that their connection is not to be tracked.
in_ns "$G2" nft -f - <<-'EOF'
	table ip6 t {
		chain early {
			type filter hook prerouting priority -450
			notrack
		}
	}
EOF
fragments() {
	agent send raw "$G1" fd11::1 fd12::1 proto=50 len=2000
	sleep "$settle"
}
dropped "FRAG-1 in_fragment" "$G2" in_fragment 2 fragments
in_ns "$G2" nft flush ruleset
dropped "FRAG-1 put together, they are one packet without an SA" "$G2" in_no_sa 1 fragments

# ---- many packets at once. A queueing discipline that opens in an hour collects
# them; then it is opened by hand, and the next packet takes all with it. They go on
# in the softirq of that packet, before any other work of the CPU.
limit=4096	# of the queue
settings=$(sysctl net.core.dev_weight net.core.netdev_max_backlog net.core.netdev_budget)
sysctl -qw net.core.dev_weight=20000 net.core.netdev_max_backlog=20000
agent ike "$B" 9
agent ping "$A" 10.1.0.2 10.2.0.2	# the weight is in use from the next time on

# burst COUNT: so many packets reach G2 in one go
burst() {
	in_ns "$G1" tc qdisc add dev R root netem limit 20000 slot 3600s
	agent send udp "$A" 10.1.0.2 10.2.0.2 count="$1"
	in_ns "$G1" tc qdisc change dev R root netem limit 20000 slot 1us
	agent send icmp "$G1" 172.16.1.1 172.16.1.254
}

too_many() {
	burst $((limit + 50))
	wait_for 20 drained
	in_ns "$G1" tc qdisc del dev R root
}

drained() {
	[ "$(counter "$G2" in_packets)" -ge $((decrypted + limit)) ]
}

decrypted=$(counter "$G2" in_packets)
dropped "AUD-1 in_queue_full" "$G2" in_queue_full 50 too_many
same "... and all others were decrypted" $(($(counter "$G2" in_packets) - decrypted)) $limit
check "then packets pass" works

# ---- crypto. The driver of tests, built beside the module, refuses as often as told.
driver=${NFSEC_KO:+${NFSEC_KO%/*}/faulty_aead.ko}
if [ -f "$driver" ]; then
	modprobe chacha20poly1305 2>/dev/null
	check "a driver that fails on request" insmod "$driver"
	fresh "$chacha_sa"
	check "as long as it does not, packets pass" works
	echo 1 >/sys/module/faulty_aead/parameters/encrypt
	dropped "AUD-1 out_crypto" "$G1" out_crypto 1 to_b
	echo 1 >/sys/module/faulty_aead/parameters/decrypt
	dropped "AUD-1 in_crypto" "$G2" in_crypto 1 to_b
	check "the SAs live on" works
	fresh
	check "the driver is not held" wait_for 10 rmmod faulty_aead
else
	note "no driver that fails: nothing about out_crypto and in_crypto"
fi

# ---- memory, where the kernel has failslab. Only what FUNCTION allocates fails, COUNT
# times; what may wait for memory does not fail.
# starve FUNCTION COUNT COMMAND...
failslab=/sys/kernel/debug/failslab
starve() {
	local range
	range=$(sort /proc/kallsyms | awk -v name="$1" '
		found { print start, $1; exit }
		$3 == name && $4 == "[nfsec]" { start = $1; found = 1 }')
	echo "0x${range% *}" >$failslab/require-start
	echo "0x${range#* }" >$failslab/require-end
	echo "$2" >$failslab/times
	echo 100 >$failslab/probability
	"${@:3}"
	echo 0 >$failslab/probability
}

# A packet that another socket has, too, is copied before it is decrypted.
looker() {
	ip netns exec "$G2" python3 -c '
import socket, time
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
sock.bind(("R", 3))
print("bound", flush=True)
time.sleep(600)' >"$tmp/looker" &
	looker=$!
	wait_for 20 grep -q bound "$tmp/looker"
}

if [ -e $failslab/require-start ]; then
	echo 32 >$failslab/stacktrace-depth
	echo 0 >$failslab/verbose
	echo Y >$failslab/ignore-gfp-wait
	fresh
	check "with memory packets pass" works
	dropped "AUD-1 out_nomem" "$G1" out_nomem 1 starve nfsec_esp_build 1 to_b
	looker
	dropped "AUD-1 in_nomem" "$G2" in_nomem 1 starve poll 1 to_b
	kill $looker
	check "there is memory again, and packets pass" works
	check "a stream survives the loss of some" starve nfsec_esp_build 20 \
		agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=500000
else
	note "no failslab: nothing about out_nomem and in_nomem"
fi

# ---- a device goes away. G2 needs long for each packet that it forwards, so many
# still wait in the queue. The program that takes the device away runs on another CPU:
# on that of the queue it would have to empty it first, in softirqs of its own. It waits
# until the first packet has gone on and the backlog of the CPU is empty, since from that
# the kernel itself drops what belongs to a device that goes, and counts it nowhere.
times() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo "${*:2}"
	done
}

device_goes() {
	local got lost remover
	fresh
	in_ns "$G2" nft -f - <<-EOF
		table ip t {
			chain slow {
				$(times 100 ip saddr 192.0.2.1 drop)
			}
			chain slower {
				$(times 20 jump slow)
			}
			chain forward {
				type filter hook forward priority 0
				$(times 20 jump slower)
			}
		}
	EOF
	in_ns "$B" nft -f - <<-'EOF'
		table ip t {
			chain pre {
				type filter hook prerouting priority 0
				udp dport 9 counter
			}
		}
	EOF
	check "with many rules packets pass" works
	# shellcheck disable=SC2016
	in_ns "$G2" taskset -c 1 bash -c '
		sent=/sys/class/net/B/statistics/tx_packets
		read -r before <$sent
		echo ready
		until read -r now <$sent && [ $now != $before ] &&
		      read -ra stat </proc/net/softnet_stat && [ $((16#${stat[11]})) = 0 ]; do
			:
		done
		exec ip link del R' >"$tmp/remover" &
	remover=$!
	wait_for 20 grep -q ready "$tmp/remover"
	sysctl -qw net.core.netdev_budget=64
	burst 4000
	check "the device goes" wait $remover
	sleep "$settle"
	got=$(in_ns "$B" nft -j list ruleset | jq '[.. | .counter? // empty | .packets?] | add')
	lost=$(drops "$G2" in_going_down)
	note "$got packets went through, $lost waited"
	more "AUD-1 in_going_down" "$lost" 1
	same "... each packet either went through or was counted" $((got + lost)) 4000
}

if [ "$(nproc --all)" -gt 1 ]; then
	device_goes
else
	note "one CPU: nothing about in_going_down"
fi
sysctl -qw ${settings// = /=}
finish
