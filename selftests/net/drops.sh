#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Every reason for a drop that ordinary packets can reach, each counted once and
# under its own name, and nothing else counted. What needs packets made by hand
# (truncated, padding, ...) is in wire/.
# RFC 4301 4.4.1, 5.1, 5.2, 7 (SPD-3, OUT-2, IN-2, IN-3, IN-4, ARCH-4, FRAG-1,
# FRAG-5), RFC 4303 3.3.3, 3.4.3 (RPL-2, RPL-6, AUD-5).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways

lost() { fails lost "$@"; }
refused() { fails "err EPERM" "$@"; }
to_b() { lost udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100 timeout=0.3 oneway=1 "$@"; }
local_to_b() { agent udp "$G1" 10.1.0.1 "$B" 10.2.0.2 len=100 timeout=0.3 oneway=1 "$@"; }
to_g2() { lost udp "$A" 10.1.0.2 "$G2" 10.2.0.1 len=100 timeout=0.3 oneway=1; }

fresh() {
	flush "$G1" "$G2"
	gateways_tunnel 4 "${*:-$gcm_sa}"
}

out() { xf "$G1" policy "$@"; }

agent ping "$A" 10.1.0.2 10.2.0.2	# neighbours

# ---- outbound
out add src 10.1.0.0/24 dst 10.2.0.0/24 dir out action block
dropped "SPD-2 out_block, forwarded" "$G1" out_block 1 to_b
dropped "SPD-2 out_block, local" "$G1" out_block 1 local_to_b
same "OUT-4 the local sender is told" "${REPLY%% there*}" "err EPERM"
flush "$G1"
quiet "$G1"
out setdefault out block
dropped "SPD-3 out_no_policy" "$G1" out_no_policy 1 to_b
out setdefault out allow
tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 172.16.1.1 172.16.2.1 4
dropped "OUT-2 out_no_sa" "$G1" out_no_sa 1 to_b

fresh "$gcm_sa sel src 10.1.0.0/24 dst 10.2.0.0/24 proto udp dport 777"
check "an SA with a selector carries what fits" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 dport=777 oneway=1
dropped "SAD-3 out_sa_selector" "$G1" out_sa_selector 1 to_b dport=778

flush "$G1"
sa_pair "$G1" 10.1.0.2 "$G2" 10.2.0.2 9 transport "$gcm_sa"
out add src 10.1.0.0/24 dst 10.2.0.2 dir out tmpl proto esp reqid 9 mode transport
dropped "ARCH-4 out_transport_forward" "$G1" out_transport_forward 1 to_b

# Port selectors and fragments: the tail must not leave in clear.
fresh
xf "$G1" policy flush
out add src 10.1.0.0/24 dst 10.2.0.0/24 proto udp dport 777 dir out tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 4 mode tunnel
capture tail "$R" G1 host 10.1.0.2
agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 dport=777 len=4000 oneway=1 timeout=0.5
none_captured "FRAG-5 FRAG-6 no fragment of a protected datagram leaves in clear" tail

fresh
xf "$G1" state flush
xf "$G2" state flush
sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4 tunnel "$gcm_sa replay-oseq 0xfffffffd"
check "RPL-2 the last numbers are used" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=10,20 oneway=1
dropped "RPL-2 out_seq_overflow" "$G1" out_seq_overflow 1 to_b
fresh "$gcm_sa limit packet-hard 1"
agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 oneway=1 len=1
dropped "SAD-5 out_sa_expired" "$G1" out_sa_expired 1 to_b

fresh
dropped "PMTU-2 out_too_big, forwarded" "$G1" out_too_big 1 \
	lost ping "$A" 10.1.0.2 10.2.0.2 len=1440 df=1 timeout=0.3
ip -n "$A" route flush cache
dropped "PMTU-12 out_too_big, local" "$G1" out_too_big 1 local_to_b len=1440 df=1
same "PMTU-12 the local sender is told" "${REPLY%% there*}" "err EMSGSIZE"
ip -n "$G1" route flush cache
ip -n "$G1" route add blackhole 172.16.2.0/24
ip -n "$G1" route add 10.2.0.0/24 via 172.16.1.254
dropped "out_no_route" "$G1" out_no_route 1 to_b
ip -n "$G1" route del blackhole 172.16.2.0/24
ip -n "$G1" route del 10.2.0.0/24

# ---- inbound, to the gateway itself
fresh
xf "$G2" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir in action block
dropped "SPD-2 in_block" "$G2" in_block 1 to_g2
xf "$G2" policy delete src 10.1.0.0/24 dst 10.2.0.0/24 dir in
dropped "IN-3 in_no_policy, out of a tunnel that nobody allows" "$G2" in_no_policy 1 to_g2
fresh
xf "$G2" policy setdefault in block
dropped "SPD-3 in_no_policy, default block" "$G2" in_no_policy 1 \
	lost udp "$R" 172.16.2.254 "$G2" 172.16.2.1 len=10 oneway=1 timeout=0.3
xf "$G2" policy setdefault in allow
xf "$G1" policy flush
dropped "IN-4 in_cleartext" "$G2" in_cleartext 1 to_g2
fresh
xf "$G2" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir in tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 5 mode tunnel
dropped "IN-3 in_template" "$G2" in_template 1 to_g2

# ---- inbound, forwarded
fresh
xf "$G2" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir fwd action block
dropped "SPD-2 fwd_block" "$G2" fwd_block 1 to_b
xf "$G2" policy delete src 10.1.0.0/24 dst 10.2.0.0/24 dir fwd
dropped "IN-3 fwd_no_policy, out of a tunnel that nobody allows" "$G2" fwd_no_policy 1 to_b
fresh
xf "$G2" policy setdefault fwd block
dropped "SPD-3 fwd_no_policy, default block" "$G2" fwd_no_policy 1 \
	lost udp "$R" 172.16.2.254 "$B" 10.2.0.2 len=10 oneway=1 timeout=0.3
xf "$G2" policy setdefault fwd allow
xf "$G1" policy flush
dropped "IN-4 SPD-7 fwd_cleartext" "$G2" fwd_cleartext 1 to_b
fresh
xf "$G2" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir fwd tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 5 mode tunnel
dropped "IN-3 fwd_template" "$G2" fwd_template 1 to_b

# ---- at the SA
out4="src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x100401"
fresh
xf "$G2" state delete $out4
dropped "IN-2 in_no_sa" "$G2" in_no_sa 1 to_b
fresh
xf "$G2" state delete $out4
xf "$G2" state add $out4 reqid 4 mode tunnel $gcm "$(key 20 9)" 128
dropped "AUD-5 in_icv, another key" "$G2" in_icv 1 to_b
fresh
check "a window" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=1-5 oneway=1
# The same number twice: an SA that starts again with the same key. (Only a test
# may do this.)
xf "$G1" state delete $out4
xf "$G1" state add $out4 reqid 4 mode tunnel $gcm_sa
dropped "RPL-6 AUD-5 in_replay" "$G2" in_replay 1 to_b
xf "$G2" state delete $out4
xf "$G2" state add $out4 reqid 4 mode tunnel $gcm_sa replay-window 32 replay-seq 1000
dropped "RPL-6 in_replay_old" "$G2" in_replay_old 1 to_b
fresh
xf "$G2" state delete $out4
xf "$G2" state add $out4 reqid 4 mode tunnel $gcm_sa sel src 10.1.0.77
dropped "IN-3 in_selector" "$G2" in_selector 1 to_b
fresh
xf "$G2" state delete $out4
xf "$G2" state add $out4 reqid 4 mode tunnel $gcm_sa limit packet-hard 1
agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 oneway=1 len=1
dropped "SAD-5 in_sa_expired" "$G2" in_sa_expired 1 to_b
fresh
xf "$G1" state delete $out4
xf "$G1" state add $out4 reqid 4 mode transport $gcm_sa
out add src 172.16.1.1 dst 172.16.2.1 proto udp dir out tmpl proto esp reqid 4 mode transport
dropped "in_next_header, a transport packet on a tunnel SA" "$G2" in_next_header 1 \
	lost udp "$G1" 172.16.1.1 "$G2" 172.16.2.1 len=10 oneway=1 timeout=0.3
fresh
# ECN of the outer header is set on the way: not ECT inside, CE outside.
in_ns "$R" nft -f - <<-'EOF'
table ip t {
	chain forward {
		type filter hook forward priority 0
		ip protocol esp ip ecn set ce
	}
}
EOF
dropped "ECN-3 in_ecn" "$G2" in_ecn 1 to_b
in_ns "$R" nft flush ruleset
check "ECN-3 and without the mark it passes" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 oneway=1

# ---- each SA counts its own; reset
same "AUD-5 the SA has counted it too" "$(secctl -n "$G2" -j state get dst 172.16.2.1 proto esp spi 0x100401 |
	jq -r '[.. | objects | select(.name? == "in_ecn") | .value][0]')" 1
more "counters of protected packets" "$(counter "$G1" out_packets)" 5
more "counters of decrypted packets" "$(counter "$G2" in_packets)" 5
secctl -n "$G2" stats reset >/dev/null
same "reset" "$(all_drops "$G2")" ""
finish
