#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# New SAs take over from old ones under load without a loss: 20 times the
# receivers get the new SA, then the senders, and the old one goes. Old and new
# are both accepted meanwhile. RFC 4301 4.1 (SAD-8), RFC 7296 2.8; OUT-3.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
topo_gateways

out4="src 172.16.1.1 dst 172.16.2.1 proto esp"
back4="src 172.16.2.1 dst 172.16.1.1 proto esp"

# one NUMBER: SAs with these SPIs, receivers first
one() {
	local n=$1 alg
	alg="reqid 4 mode tunnel replay-window 32 $gcm $(key 20 $n) 128"
	xf "$G2" state add $out4 spi $((0x1000 + n)) $alg
	xf "$G1" state add $back4 spi $((0x2000 + n)) $alg
	xf "$G1" state add $out4 spi $((0x1000 + n)) $alg
	xf "$G2" state add $back4 spi $((0x2000 + n)) $alg
}

# gone NUMBER: senders first
gone() {
	xf "$G1" state delete $out4 spi $((0x1000 + $1))
	xf "$G2" state delete $back4 spi $((0x2000 + $1))
	sleep 0.05
	xf "$G2" state delete $out4 spi $((0x1000 + $1))
	xf "$G1" state delete $back4 spi $((0x2000 + $1))
}

tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 172.16.1.1 172.16.2.1 4
tunnel_policy "$G2" 10.2.0.0/24 10.1.0.0/24 172.16.2.1 172.16.1.1 4
one 0
check "first SAs" agent ping "$A" 10.1.0.2 10.2.0.2

capture spis "$R" G1 -s 64 esp
agent flow there "$A" 10.1.0.2 "$B" 10.2.0.2 pps=500 len=400
agent flow back "$B" 10.2.0.2 "$A" 10.1.0.2 pps=500 len=1000
sleep 0.3
for ((n = 1; n <= 20; n++)); do
	one $n
	sleep 0.05
	gone $((n - 1))
done
sleep 0.3
for id in there back; do
	agent stop $id
	note "$id: $REPLY"
	more "flow $id ran" "$(field sent)" 300
	same "SAD-8 OUT-3 no loss over 20 rekeys, $id" "$(field lost) $(field bad) $(field twice) $(field refused)" \
		"0 0 0 0"
done
capture_stop spis
seen=$(tcpdump -nn -r "$tmp/spis.pcap" 2>/dev/null | sed -n 's/.*spi=\(0x[0-9a-f]*\).*/\1/p' | sort -u | wc -l)
more "the new SAs were used" "$seen" 30

# The newest SA is the one to send with, while the old one is still there.
one 21
capture newest "$R" G1 -s 64 esp and src 172.16.1.1
agent ping "$A" 10.1.0.2 10.2.0.2
capture_stop newest
same "RFC 7296 2.8 the newest SA is used" \
	"$(tcpdump -nn -r "$tmp/newest.pcap" 2>/dev/null | sed -n 's/.*spi=\(0x[0-9a-f]*\).*/\1/p' | sort -u)" \
	"$(printf '0x%08x' $((0x1000 + 21)))"
check "SAD-8 and both are accepted" agent ping "$A" 10.1.0.2 10.2.0.2
gone 21
check "SAD-8 the older one takes over when the newest is deleted" agent ping "$A" 10.1.0.2 10.2.0.2
finish
