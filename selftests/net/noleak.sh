#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# shellcheck disable=SC2154 # flows_stop sets some
# A protected flow runs all the time, local and forwarded, while its SAs expire,
# are deleted, flushed and replaced and its policies change. A capture of the
# wire must not have one packet of it in clear.
# RFC 4301 5.1 (OUT-2), 4.4.2.1 (SAD-5), SPD-12.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
topo_gateways

# Forwarded flows from behind the gateway, and one that the gateway itself
# sends from its inner address.
flows_start() {
	agent flow four "$A" 10.1.0.2 "$B" 10.2.0.2 pps=300 len=600
	agent flow six "$A" fd01::2 "$B" fd02::2 pps=300 len=600
	agent flow local "$G1" 10.1.0.1 "$B" 10.2.0.2 pps=300 len=600
}

flows_stop() {
	local id
	for id in four six local; do
		agent stop $id
		printf -v "sent_$id" %s "$(field sent)"
		printf -v "got_$id" %s "$(field got)"
	done
}

protect() {
	gateways_tunnel 4 "$gcm_sa $*"
	gateways_tunnel 6 "$gcm_sa $*"
}

sas() {
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4 tunnel "$gcm_sa"
	sa_pair "$G1" fd11::1 "$G2" fd12::1 6 tunnel "$gcm_sa"
}

# leaks NAME COMMAND...: run it below the flows; nothing may leave in clear,
# and the flows must have run before it
leaks() {
	local name=$1
	shift
	capture leak "$R" G1 "(net 10.1.0.0/24 or net fd01::/64) and not esp"
	flows_start
	sleep 0.5
	"$@"
	sleep 0.7
	flows_stop
	none_captured "OUT-2 nothing in clear: $name" leak
	more "the flow ran before: $name" $((got_four < got_six ? got_four : got_six)) 50
	more "the local flow ran before: $name" "$got_local" 50
	flush "$G1" "$G2"
}

both() {
	local ns
	for ns in "$G1" "$G2"; do
		xf "$ns" "$@"
	done
}

# Does the capture see cleartext at all? In reverse order of configuration, the
# packets before the first policy are in clear.
capture leak "$R" G1 "(net 10.1.0.0/24 or net fd01::/64) and not esp"
agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100
capture_stop leak
more "the capture sees cleartext" "$REPLY" 2

protect
leaks "state flush" both state flush
protect
leaks "state deleteall" both state deleteall
protect
leaks "single SA deleted" xf "$G1" state delete src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x100401

protect limit packet-hard 300
leaks "packet limit" true
protect limit byte-hard 180000
leaks "octet limit" true
protect limit time-hard 4
leaks "time limit" sleep 4

again() {
	local i
	for i in 1 2 3 4 5; do
		both state flush
		sas
	done
}
protect
leaks "flush and new SAs, five times" again

update() {
	local i ns
	for i in 1 2 3 4 5; do
		xf_batch "$G1" <<-EOF
		policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority $i tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 4 mode tunnel
		policy update src fd01::/64 dst fd02::/64 dir out priority $i tmpl src fd11::1 dst fd12::1 proto esp reqid 6 mode tunnel
		EOF
	done
}
protect
leaks "policy update, five times" update

to_block() {
	xf "$G1" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out action block
	xf "$G1" policy update src fd01::/64 dst fd02::/64 dir out action block
	xf "$G1" state flush
}
protect
leaks "policy to block, then state flush" to_block

# With a block policy below, a policy can be deleted at any time.
below() {
	local i
	for i in 1 2 3; do
		xf "$G1" policy delete src 10.1.0.0/24 dst 10.2.0.0/24 dir out
		xf "$G1" policy delete src fd01::/64 dst fd02::/64 dir out
		tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 172.16.1.1 172.16.2.1 4 2>/dev/null
		tunnel_policy "$G1" fd01::/64 fd02::/64 fd11::1 fd12::1 6 2>/dev/null
	done
}
protect
xf "$G1" policy add src 10.1.0.0/16 dst 10.0.0.0/8 dir out priority 100 action block
xf "$G1" policy add src fd01::/32 dst fd02::/16 dir out priority 100 action block
leaks "policy deleted above a block policy" below

# With default block, everything can be flushed in any order.
all_gone() {
	xf "$G1" policy flush
	xf "$G1" state flush
}
protect
xf "$G1" policy setdefault out block
xf_batch "$G1" <<-EOF
	policy add src 172.16.1.1 dst 172.16.2.1 proto esp dir out
	policy add src fd11::1 dst fd12::1 proto esp dir out
EOF
leaks "policy flush, then state flush, with default block" all_gone
xf "$G1" policy setdefault out accept 2>/dev/null || xf "$G1" policy setdefault out allow

# The device of the tunnel goes down and up, routes change.
flap() {
	ip -n "$G1" link set R down
	sleep 0.2
	ip -n "$G1" link set R up
	ip -n "$G1" addr add fd11::1/64 dev R nodad 2>/dev/null
	ip -n "$G1" route add default via 172.16.1.254
	ip -n "$G1" route add default via fd11::fe 2>/dev/null
}
protect
leaks "device down and up" flap
finish
