#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Traffic forwarded through two gateways, A - G1 === R === G2 - B: every pair
# of inner and outer family; TCP, UDP and ICMP of all sizes; with segmentation
# and receive offloads and without; and nothing but ESP on the wire.
# RFC 4301 4.1 (ARCH-3), 5.1.2 (TUN-1, TUN-3, TUN-5, TUN-10), RFC 4303.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
topo_gateways

# Packets on the wire that are not ESP; tcpdump's esp does not know fragments.
clear="not esp and not ($housekeeping) and
	not (ip6[6] = 44 and ip6[40] = 50) and not (ip[6:2] & 0x1fff != 0 and ip[9] = 50)"

transfers() {
	local name=$1 src=$2 dst=$3
	check "$name ping both ways" agent ping "$A" "$src" "$dst" len=0,1,56,1400,3000 tries=3 timeout=2
	check "$name ping back" agent ping "$B" "$dst" "$src" len=0,1,56,1400,3000 tries=3 timeout=2
	check "$name udp" agent udp "$A" "$src" "$B" "$dst" len=0-20,1300-1480:13,4000,9000 tries=3 timeout=2
	check "$name udp 65507 octets" agent udp "$A" "$src" "$B" "$dst" len=60000,65000,65507
	check "$name tcp" agent tcp "$A" "$src" "$B" "$dst" bytes="${bytes:-1000000}"
	check "$name tcp opened by the far end" agent tcp "$B" "$dst" "$A" "$src" bytes=200000
}

ttl_on_wire() {
	tcpdump -nn -v -r "$tmp/$1.pcap" esp and src 172.16.1.1 2>/dev/null | sed -n 's/.*[( ]ttl \([0-9]*\).*/\1/p' | sort -u
}

for kind in 4 6 46 64; do
	case $kind in
	4|46) src=10.1.0.2 dst=10.2.0.2 ;;
	*) src=fd01::2 dst=fd02::2 ;;
	esac
	gateways_tunnel $kind "$gcm_sa"
	capture "clear$kind" "$R" G1 "$clear"
	capture "esp$kind" "$R" G1 -c 40 -s 100 esp
	transfers "ARCH-3 TUN-10 tunnel $kind" $src $dst
	if [ $kind = 4 ]; then
		check "TUN-5 small TTL survives the tunnel" agent ping "$A" $src $dst ttl=3
		check_not "TUN-4 TTL 1 does not enter the tunnel" agent ping "$A" $src $dst ttl=1 timeout=1
	fi
	none_captured "OUT-1 tunnel $kind only ESP on the wire" "clear$kind"
	kill "$(cat "$tmp/esp$kind.pid")" 2>/dev/null
	wait "$(cat "$tmp/esp$kind.pid")" 2>/dev/null
	more "tunnel $kind there was ESP on the wire" "$(captured esp$kind)" 30
	flush "$G1" "$G2"
done
same "TUN-5 the outer TTL does not depend on the inner" "$(ttl_on_wire esp4)" 64

for off in "$A G1" "$G1 A" "$G1 R" "$G2 R" "$G2 B" "$B G2"; do
	offload $off off
done
gateways_tunnel 4 "$cbc_sa"
bytes=400000
transfers "ARCH-3 without offloads, tunnel 4" 10.1.0.2 10.2.0.2
flush "$G1" "$G2"
gateways_tunnel 6 "$chacha_sa"
transfers "ARCH-3 without offloads, tunnel 6" fd01::2 fd02::2

# Nothing of the above was lost on the way, but what the sender has to make smaller:
# each time it has been told.
too_big() {
	in_ns "$1" nstat -asz IcmpInDestUnreachs Icmp6InPktTooBigs |
		awk '{ n += $2 } END { if (n) print "out_too_big=" n }'
}
if [ "$IMPL" = nfsec ]; then
	same "PMTU-4 no drops at G1 but what A was told" "$(all_drops "$G1")" "$(too_big "$A")"
	same "PMTU-4 no drops at G2 but what B was told" "$(all_drops "$G2")" "$(too_big "$B")"
fi
finish
