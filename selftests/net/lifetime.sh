#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Limits of SAs by packets, octets, time since creation and since first use,
# at the sender and at the receiver: what still gets through, which events
# come, and that nothing leaves in clear after the end.
# RFC 4301 4.4.2.1 (SAD-5, SAD-6, SAD-7), 5.1 (OUT-2).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl

quiet() { "$@" >/dev/null; }

# A second of the limits in time: loading SAs and policies must take less.
case ${NFSEC_MACHINE:-} in
vm-*|*-debug) unit=3 ;;
*) unit=1 ;;
esac
# later FACTOR: sleep so many units
later() {
	sleep "$(awk -v n="$1" -v unit=$unit 'BEGIN { print n * unit }')"
}

topo_hosts
agent ping "$A" 10.0.0.1 10.0.0.2	# neighbours

# load WORDS-AT-A [WORDS-AT-B]: a pair whose SA from A to B has these limits
load() {
	flush "$A" "$B"
	local id="src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001 reqid 4 mode transport $gcm_sa"
	local back="state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x1002 reqid 4 mode transport $gcm_sa"
	printf 'state add %s\n%s\n' "$id $1" "$back" | xf_batch "$A"
	printf 'state add %s\n%s\n' "$id ${2:-}" "$back" | xf_batch "$B"
	transport_policy "$A" 10.0.0.1 10.0.0.2 4
	transport_policy "$B" 10.0.0.2 10.0.0.1 4
}

# arrive COUNT LENGTH: send datagrams, print how many arrived
arrive() {
	local n=0 i
	for ((i = 0; i < $1; i++)); do
		! agent udp "$A" 10.0.0.1 "$B" 10.0.0.2 len=$2 oneway=1 timeout=0.5 || n=$((n + 1))
	done
	echo $n
}

# events ID: "soft", "hard" in order of arrival
events() {
	monitor_stop "$1"
	sed -n 's/.*\bhard 1.*/hard/p; s/.*\bhard 0.*/soft/p' "$tmp/$1.events" | xargs
}

capture clear "$A" B -Q out udp or tcp or icmp

load "limit packet-soft 5 limit packet-hard 10"
monitor p "$A" expire
same "SAD-5 packet-hard 10: that many arrive" "$(arrive 13 100)" 10
same "SAD-6 packet-soft: an event of each kind, once" "$(events p)" "soft hard"
same "SAD-5 the SA is gone" "$(xf "$A" state list | grep -c '^src 10.0.0.1')" 0

# What the cipher gets: 8 of UDP, 1000, 2 of trailer, padded to 4 = 1012 octets.
load "limit byte-soft 3000 limit byte-hard 10120"
monitor b "$A" expire
# XFRM compares before it counts, and lets one more through.
same "SAD-6 byte-hard: as many as fit" "$(arrive 13 1000)" 10
same "SAD-6 byte-soft: an event of each kind" "$(events b)" "soft hard"

load "limit byte-soft 3000 limit byte-hard 10119"
same "SAD-6 byte-hard one octet less: one packet less" "$(arrive 13 1000)" 9

# A large packet ends it as well, by its octets.
load "limit byte-hard 5000"
same "SAD-6 a packet beyond the limit does not get through" "$(arrive 2 6000)" 0

load "limit time-soft $unit limit time-hard $((3 * unit))"
monitor t "$A" expire
same "SAD-5 time-hard: alive before" "$(arrive 2 100)" 2
later 3.5
same "SAD-5 time-hard: dead after" "$(arrive 2 100)" 0
same "SAD-5 time-soft, time-hard: events" "$(events t)" "soft hard"

load "limit time-use-soft $unit limit time-use-hard $((3 * unit))"
monitor u "$A" expire
later 3.5
same "SAD-5 time-use-hard does not run while unused" "$(arrive 2 100)" 2
later 3.5
same "SAD-5 time-use-hard: dead after" "$(arrive 2 100)" 0
same "SAD-5 time-use-soft, time-use-hard: events" "$(events u)" "soft hard"

# Both kinds: whichever comes first.
load "limit packet-hard 3 limit time-hard 600"
same "SAD-5 packets and time together" "$(arrive 5 100)" 3

# The receiver's own limit; the sender goes on without an error (SAD-7).
load "" "limit packet-hard 4"
monitor r "$B" expire
same "SAD-5 packet-hard at the receiver" "$(arrive 7 100)" 4
same "SAD-5 packet-hard at the receiver: event" "$(events r)" hard
load "" "limit time-hard 2"
arrive 1 100 >/dev/null
sleep 3.5
same "SAD-5 time-hard at the receiver" "$(arrive 2 100)" 0

# New limits on a living SA.
load "limit packet-hard 3"
check "SAD-5 update raises a limit" xf "$A" state update src 10.0.0.1 dst 10.0.0.2 proto esp \
	spi 0x1001 reqid 4 mode transport $gcm_sa limit packet-hard 6
same "SAD-5 and it holds" "$(arrive 8 100)" 6

# ---- nothing left in clear, though the policies stayed and the SAs did not
none_captured "OUT-2 nothing in clear after any end" clear
if [ "$IMPL" = nfsec ]; then
	load "limit packet-hard 3"
	arrive 2 100 >/dev/null
	dropped "SAD-5 the packet that is too many is counted" "$A" out_sa_expired 1 quiet arrive 2 100
	dropped "OUT-2 after the end there is no SA" "$A" out_no_sa 1 quiet arrive 1 100
	load "" "limit packet-hard 3"
	arrive 3 100 >/dev/null
	dropped "SAD-5 at the receiver too" "$B" in_sa_expired 1 quiet arrive 1 100
	dropped "IN-2 at the receiver there is no SA then" "$B" in_no_sa 1 quiet arrive 1 100
fi
finish
