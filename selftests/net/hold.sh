#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Packets that need an SA wait until key management has brought one: few of them,
# not for long, in their order, and never do they leave in clear.
# RFC 4301 5.1 (OUT-2, OUT-3), 4.4.1 (SPD-9); KMI-1.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways

left=10.1.0.0/24 right=10.2.0.0/24
policies() {
	tunnel_policy "$1" $left $right 172.16.1.1 172.16.2.1 7
}
# first where they are to receive
sas() {
	sa_pair "$G2" 172.16.2.1 "$G1" 172.16.1.1 $1 tunnel "$gcm_sa"
}
no_sas() {
	sa_del_pair "$G2" 172.16.2.1 "$G1" 172.16.1.1 $1
}

# say N...: a datagram for each number, to a socket of B
say() {
	local n
	for n; do
		agent say "$A" 10.1.0.2 4000 10.2.0.2 777 "$(printf %08x $n)"
	done
	sleep 0.3
}

# hears: the numbers that have arrived, in their order
hears() {
	local all=
	while agent got "$B" 777 timeout=0.5; do
		all+="$((16#${REPLY##* })) "
	done
	echo "$all"
}

held() { echo $(($(counter "$G1" out_held) - ${was:-0})); }
agent ike "$B" 777
# before anything waits, so that tests see their own packets only
say 0
same "before there are policies packets get through" "$(hears)" "0 "
policies "$G1"
tunnel_policy "$G2" $right $left 172.16.2.1 172.16.1.1 7
capture wire "$R" G1 "host 10.1.0.2 or host 10.9.0.2"

# ---- nobody to ask
dropped "OUT-2 without key management a packet is dropped at once" "$G1" out_no_sa 2 say 1 2

# ---- they wait, and go in their order
secctl -n "$G1" -j monitor acquire >"$tmp/acq.json" &
asker=$!
sleep $settle
dropped "OUT-3 with it packets are not dropped" "$G1" none 0 say 1 2 3 4 5
same "OUT-3 they wait" "$(held)" 5
same "KMI-1 an SA was asked for" "$(grep -c '"event":"acquire"' "$tmp/acq.json")" 1
check_not "... and nothing arrives" agent got "$B" 777 timeout=0.3
sas 7
same "OUT-3 with the SA they arrive, in their order" "$(hears)" "1 2 3 4 5 "
dropped "OUT-3 the next ones do not wait" "$G1" none 0 say 6 7
same "... and arrive" "$(hears)$(held)" "6 7 5"

# a waiting TCP connection, forwarded and of the gateway itself
no_sas 7
for from in "$A 10.1.0.2" "$G1 10.1.0.1"; do
	SECONDS=0
	echo "tcp $from $B 10.2.0.2 bytes=20000 timeout=20" >&$agent_in
	wait_for 5 test "$(held)" -gt 5
	sleep 0.3
	sas 7
	IFS= read -r -t 30 -u "$agent_out" REPLY
	same "OUT-3 the first segment of a connection from ${from% *} waits" "${REPLY%% *}" ok
	more "... and is not sent again by a timer" $((3 - SECONDS)) 1
	no_sas 7
done

# ---- bounds
was=$(counter "$G1" out_held)
dropped "8 packets wait for one policy, the others are dropped" "$G1" out_hold_full 3 \
	say 1 2 3 4 5 6 7 8 9 10 11
same "... 8 do wait" "$(held)" 8
dropped "none waits longer than 10 s" "$G1" out_hold_timeout 8 sleep 11
dropped "then there is room again" "$G1" none 0 say 12
sas 7
same "those that were dropped do not arrive" "$(hears)" "12 "
no_sas 7

# 18 policies of 8 packets each
ip -n "$A" route add 10.9.0.0/24 via 10.1.0.1
for ((n = 1; n <= 18; n++)); do
	echo "policy add src 10.1.0.2 dst 10.9.0.$n dir out tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 9 mode tunnel"
done | xf_batch "$G1"
many() {
	for ((n = 1; n <= 18; n++)); do
		for ((i = 0; i < 8; i++)); do
			agent say "$A" 10.1.0.2 4000 10.9.0.$n 777 00000001
		done
	done
	sleep 0.3
}
was=$(counter "$G1" out_held)
dropped "128 packets wait in a namespace" "$G1" out_hold_full 16 many
same "... 128 do wait" "$(held)" 128

# ---- never in clear
gone() {
	xf "$G1" policy flush
	sleep 0.3
}
dropped "OUT-2 without their policies they are dropped" "$G1" out_hold_gone 128 gone
policies "$G1"
say 1 2 3
allow() {
	xf "$G1" policy update src $left dst $right dir out
	sleep 0.3
}
dropped "OUT-2 also if policy would let them out in clear now" "$G1" out_hold_gone 3 allow
xf "$G1" policy flush
policies "$G1"
say 1 2
block() {
	xf "$G1" policy update src $left dst $right dir out action block
	sleep 0.3
}
dropped "OUT-2 or block them" "$G1" out_block 2 block
xf "$G1" policy flush
policies "$G1"
say 1 2
narrow() {
	xf "$G1" state add src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x100 reqid 7 mode tunnel $gcm_sa \
		sel src $left dst $right proto tcp
	sleep 0.3
}
dropped "OUT-2 or the SA that comes does not allow them" "$G1" out_sa_selector 2 narrow
xf "$G1" state flush
say 1 2 3
other() {
	# another policy has an SA already, at another reqid
	for word in in fwd; do
		xf "$G2" policy update src $left dst $right dir $word tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 8 mode tunnel
	done
	sas 8
	xf "$G1" policy update src $left dst $right dir out tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 8 mode tunnel
	sleep 0.3
}
dropped "with a policy that has an SA they go" "$G1" none 0 other
same "... and arrive" "$(hears)" "1 2 3 "
flush "$G1" "$G2"

# ---- transport mode; a device that goes
ip -n "$G1" link add gone type dummy
ip -n "$G1" addr add 10.77.0.1/24 dev gone
ip -n "$G1" link set gone up
transport_policy "$G1" 10.77.0.1 10.77.0.2 3
ip -n "$G1" neigh add 10.77.0.2 lladdr 02:00:00:00:00:01 dev gone
local_say() {
	for n in 1 2 3; do
		agent say "$G1" 10.77.0.1 4000 10.77.0.2 777 0000000$n
	done
	sleep 0.3
}
dropped "packets of this host wait as well" "$G1" none 0 local_say
dropped "they do not keep a device from going" "$G1" out_hold_gone 3 ip -n "$G1" link del gone
xf "$G1" policy flush

# ---- nothing is left when the namespace goes, or the module
policies "$G1"
say 1 2 3
kill $asker
sleep 0.2
none_captured "OUT-2 nothing of all this went in clear" wire
agent close "$B" 777
netns Z
ip -n "$Z" link add gone type dummy
ip -n "$Z" addr add 10.77.0.1/24 dev gone
ip -n "$Z" link set gone up
secctl -n "$Z" -j monitor acquire >"$tmp/z.json" &
asker=$!
sleep $settle
transport_policy "$Z" 10.77.0.1 10.77.0.2 3
agent say "$Z" 10.77.0.1 4000 10.77.0.2 777 00000001
agent say "$Z" 10.77.0.1 4000 10.77.0.2 777 00000001
same "2 packets wait in a namespace" "$(secctl -n "$Z" -j stats | jq '[.. | objects | select(.name? == "out_held")][0].value')" 2
agent forget "$Z"
kill $asker
wait $asker 2>/dev/null
check "it can go" ip netns del "$Z"
if [ -f "${NFSEC_KO:-}" ]; then
	secctl -n "$G1" -j monitor acquire >"$tmp/acq.json" &
	asker=$!
	sleep $settle
	was=$(counter "$G1" out_held)
	agent say "$A" 10.1.0.2 4000 10.2.0.2 777 00000001
	sleep 0.3
	same "a packet waits" "$(held)" 1
	kill $asker
	wait $asker 2>/dev/null
	check "the module can be unloaded" rmmod nfsec
	check "and loaded again" insmod "$NFSEC_KO"
fi
finish
