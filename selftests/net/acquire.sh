#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# A packet that meets a policy without an SA: an acquire event says what is
# wanted, the packet does not leave in clear, and traffic flows as soon as there
# is an SA. Packets that wait for that are in hold.sh.
# RFC 4301 5.1 (OUT-2, OUT-3), 4.4.1.2 (SPD-9); KMI-1; SAD-2 for SPIs.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways

# events: number of acquires so far
events() {
	sleep "$settle"
	grep -c '"event":"acquire"' "$tmp/acq.json"
}

# of JQ: a value from the last acquire
of() {
	grep '"event":"acquire"' "$tmp/acq.json" | tail -n 1 | jq -r "$1"
}

secctl -n "$G1" -j monitor acquire >"$tmp/acq.json" &
sleep $settle
tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 172.16.1.1 172.16.2.1 7 priority 5
tunnel_policy "$G2" 10.2.0.0/24 10.1.0.0/24 172.16.2.1 172.16.1.1 7
capture wire "$R" G1 host 10.1.0.2

forwarded() { fails lost udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100 dport=777 timeout=0.5; }

dropped "OUT-2 a forwarded packet without an SA has to wait" "$G1" none 0 forwarded
same "OUT-2 there is one acquire event" "$(events)" 1
note "$(tail -n 1 "$tmp/acq.json")"
same "KMI-1 it names the addresses of the packet" \
	"$(of '.acquire.sel | "\(.src) \(.dst)"')" "10.1.0.2 10.2.0.2"
same "KMI-1 and its protocol" "$(of '.acquire.sel | "\(.proto) \(.["dport-min"])"')" "17 777"
same "KMI-1 and the tunnel that is wanted" \
	"$(of '.acquire.tmpl | "\(.src) \(.dst) \(.reqid) \(.mode)"')" "172.16.1.1 172.16.2.1 7 tunnel"
same "KMI-1 and the selector of the policy" \
	"$(of '.acquire["policy-sel"] | "\(.src)/\(.["src-prefixlen"]) \(.dst)"')" "10.1.0.0/24 10.2.0.0"
sleep 1.2
forwarded
same "OUT-2 another packet later asks again" "$(events)" 2
dropped "OUT-2 so has a burst, until it is too long" "$G1" out_hold_full 2 \
	agent send udp "$A" 10.1.0.2 10.2.0.2 count=8
more "OUT-5 but not one event for each packet" $((2 - $(events) + 2)) 1

# A TCP connection that is waiting gets through once there are SAs.
agent_limit=30
echo "tcp $A 10.1.0.2 $B 10.2.0.2 bytes=20000 timeout=20" >&$agent_in
sleep 0.5
sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 7 tunnel "$gcm_sa"
IFS= read -r -t 30 -u "$agent_out" REPLY
same "OUT-3 a waiting TCP connection goes on" "${REPLY%% *}" ok
n=$(events)
check "OUT-3 traffic flows" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2
same "OUT-3 and no SA is asked for" "$(events)" "$n"
none_captured "OUT-2 nothing has left in clear" wire

# ---- SPIs
flush "$G1"
spi_of() { jq -r '.. | objects | select(has("spi")) | .spi' | head -n 1; }
spi=$(secctl -n "$G1" -j state allocspi src 172.16.2.1 dst 172.16.1.1 proto esp mode tunnel \
	reqid 7 min 0x300 max 0x30f | spi_of)
more "SAD-2 an SPI from the range" "$((spi))" $((0x300))
more "SAD-2 not beyond it" $((0x30f - spi + 1)) 1
for ((i = 0; i < 15; i++)); do
	echo "state allocspi src 172.16.2.1 dst 172.16.1.1 proto esp mode tunnel min 0x300 max 0x30f"
done | xf_batch "$G1" >/dev/null
same "SAD-2 all of the range can be had" "$(secctl -n "$G1" state list | grep -c 'spi 0x0000030')" 16
check_not "SAD-2 and no more" secctl -n "$G1" state allocspi src 172.16.2.1 dst 172.16.1.1 \
	proto esp mode tunnel min 0x300 max 0x30f 2>/dev/null
check_not "SAD-2 reserved SPIs are not given" secctl -n "$G1" state allocspi src 172.16.2.1 \
	dst 172.16.1.1 proto esp mode tunnel min 1 max 255 2>/dev/null
secctl -n "$G1" state allocspi src 172.16.2.1 dst 172.16.1.1 proto esp mode tunnel reqid 9 \
	min 0x400 max 0x400 >/dev/null
check "KMI-1 an SA takes the place of a reserved SPI" \
	secctl -n "$G1" state update src 172.16.2.1 dst 172.16.1.1 proto esp spi 0x400 reqid 9 \
	mode tunnel $gcm_sa
finish
