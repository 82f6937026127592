#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# SAs move to other addresses and ports while packets flow: none is lost, no
# sequence number is used twice, and all but addresses stays.
# RFC 4555 3.5 (MOB-1, MOB-2, MOB-4), RFC 7296 2.23 (NAT-13), CRY-12.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways
# each gateway has a second address of each family to go to
ip -n "$G1" addr add 172.16.1.2/24 dev R
ip -n "$G1" addr add fd11::2/64 dev R nodad
ip -n "$G2" addr add 172.16.2.2/24 dev R
ip -n "$G2" addr add fd12::2/64 dev R nodad
# so that nothing is dropped for the length of IPv6 headers
ip -n "$A" link set G1 mtu 1300
ip -n "$B" link set G2 mtu 1300

# value NS SPI JQ: of an SA
value() {
	secctl -n "$1" -j state list | jq -c --argjson spi $(($2)) "[.. | objects | select(.spi? == \$spi)][0] | $3"
}

left=10.1.0.0/24 right=10.2.0.0/24
window="replay-window 256 flag esn"
for ns in "$G1" "$G2"; do
	there=out back=in
	[ "$ns" = "$G1" ] || there=in back=out
	xf_batch "$ns" <<-EOF
	state add src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x1001 reqid 4 mode tunnel dir $there $window $gcm $(key 20 1) 128 limit byte-hard 100000000
	state add src 172.16.2.1 dst 172.16.1.1 proto esp spi 0x1002 reqid 4 mode tunnel dir $back $window $gcm $(key 20 2) 128 limit byte-hard 100000000
	EOF
done
# templates without addresses: they need no rewrite
tunnel() {
	xf_batch "$1" <<-EOF
	policy add src $2 dst $3 dir out tmpl proto esp reqid 4 mode tunnel
	policy add src $3 dst $2 dir in tmpl proto esp reqid 4 mode tunnel
	policy add src $3 dst $2 dir fwd tmpl proto esp reqid 4 mode tunnel
	EOF
}
check "MOB-4 policies need not name the tunnel" tunnel "$G1" $left $right
check "MOB-4 neither does the other end" tunnel "$G2" $right $left
check "before" agent ping "$A" 10.1.0.2 10.2.0.2 count=3

# ---- all else stays
secctl -n "$G1" -j monitor SA >"$tmp/sa.json" &
sleep $settle
stays='[.spi, .reqid, .mode, .dir, .flags, .aead, .limits, .usage, ."replay-seq", ."replay-oseq", ."replay-bitmap", ."replay-window"]'
for spi in 0x1001 0x1002; do
	before=$(value "$G1" $spi "$stays")
	src=172.16.1.1 dst=172.16.2.1 new="src 172.16.1.2"
	[ $spi = 0x1001 ] || src=172.16.2.1 dst=172.16.1.1 new="dst 172.16.1.2"
	check "MOB-1 $spi moves" secctl -n "$G1" state migrate src $src dst $dst proto esp spi $spi to $new
	same "MOB-1 $spi: keys, numbers, window, limits and usage stay" "$(value "$G1" $spi "$stays")" "$before"
done
note "$before"
same "MOB-1 it has its new address" "$(value "$G1" 0x1001 '"\(.src) \(.dst)"')" '"172.16.1.2 172.16.2.1"'
check_not "MOB-1 under the old one it is not there" secctl -n "$G1" state get dst 172.16.1.1 proto esp spi 0x1002 2>/dev/null
check "MOB-1 under the new one it is" test "$(value "$G1" 0x1002 .dst)" = '"172.16.1.2"'
sleep $settle
same "an event tells of both" "$(jq -c 'select(.event == "sa-migrate") | .sa | [.spi, .src, .dst, ."old-src", ."old-dst"]' "$tmp/sa.json" | tr '\n' ' ')" \
	'[4097,"172.16.1.2","172.16.2.1","172.16.1.1","172.16.2.1"] [4098,"172.16.2.1","172.16.1.2","172.16.2.1","172.16.1.1"] '
# the peer still sends to the address before: an SA of direction in is found at any
check "SAD-4 the peer has not followed yet" agent ping "$A" 10.1.0.2 10.2.0.2 count=3
for spi in 0x1001 0x1002; do
	old=172.16.1.1 new="src 172.16.1.2" dst=172.16.2.1
	[ $spi = 0x1001 ] || dst=$old new="dst 172.16.1.2"
	check "MOB-1 the peer follows with $spi" secctl -n "$G2" state migrate dst $dst proto esp spi $spi to $new
done
check "MOB-1 traffic flows" agent ping "$A" 10.1.0.2 10.2.0.2 count=3

# ---- what is refused changes nothing
# refused NAME SENTENCE WORDS...
refused() {
	local name=$1 sentence=$2 before
	shift 2
	before=$(secctl -n "$G1" -k state list)
	if secctl -n "$G1" state migrate "$@" >"$tmp/refused" 2>&1; then
		fail "$name" "it is done"
		return
	fi
	grep -qF "$sentence" "$tmp/refused" || note "$(cat "$tmp/refused")"
	check "$name" grep -qF "$sentence" "$tmp/refused"
	same "... and nothing has changed" "$(secctl -n "$G1" -k state list)" "$before"
}

xf_batch "$G1" <<-EOF
state add src 172.16.1.1 dst 172.16.9.9 proto esp spi 0x1001 reqid 99 mode tunnel $gcm $(key 20 9) 128
state add src 172.16.1.1 dst 172.16.9.9 proto esp spi 0x1009 reqid 99 mode transport $gcm $(key 20 9) 128 sel src 172.16.1.1 dst 172.16.9.9 proto udp
EOF
out="dst 172.16.2.1 proto esp spi 0x1001"
refused "an address with another SA of the SPI" "there is an SA of this SPI" $out to dst 172.16.9.9
refused "of two families" "different families" $out to dst fd12::1
refused "multicast" "multicast" $out to dst 224.0.0.1
refused "no address at all" "destination address is zero" $out to dst 0.0.0.0
refused "a tunnel without a source" "needs a source address" $out to src 0.0.0.0
refused "transport mode to another family" "only a tunnel" dst 172.16.9.9 proto esp spi 0x1009 to src fd11::1 dst fd12::1
refused "transport mode to where its selector does not go" "selector of the SA" dst 172.16.9.9 proto esp spi 0x1009 to dst 172.16.9.8
refused "an SA that is not there" "no such SA" dst 172.16.2.1 proto esp spi 0x7777 to dst 172.16.2.2
refused "an SA of another source" "another source" src 172.16.1.77 $out to dst 172.16.2.2
refused "a port of zero" "source port" $out to encap espinudp 0 4500 0.0.0.0
secctl -n "$G1" state allocspi src 172.16.2.1 dst 172.16.1.2 proto esp min 0x400 max 0x400 >/dev/null
refused "a reserved SPI" "not in use" dst 172.16.1.2 proto esp spi 0x400 to dst 172.16.1.1
xf "$G1" state delete dst 172.16.9.9 proto esp spi 0x1001
xf "$G1" state delete dst 172.16.9.9 proto esp spi 0x1009
xf "$G1" state delete dst 172.16.1.2 proto esp spi 0x400

# ---- under load: both ends, all addresses, both families, with UDP and without
# Where ends are: N FAMILY-DEPENDENT; the list is gone through by both.
ends1=(172.16.1.1 fd11::1 172.16.1.2 fd11::2)
ends2=(172.16.2.2 fd12::2 172.16.2.1 fd12::1)
now1=172.16.1.2 now2=172.16.2.1
# move NS FROM1 FROM2 TO1 TO2 ENCAP: both SAs of a gateway, 1 to 2 and back
move() {
	echo "state migrate dst $3 proto esp spi 0x1001 to src $4 dst $5 encap $6
state migrate dst $2 proto esp spi 0x1002 to src $5 dst $4 encap $6" | xf_batch "$1"
}

# a port has ESP from the first SA on that has encapsulation there
move "$G1" $now1 $now2 $now1 $now2 "espinudp 4500 4500 0.0.0.0"
move "$G2" $now1 $now2 $now1 $now2 "espinudp 4500 4500 0.0.0.0"
check "MOB-2 a move can turn UDP encapsulation on" agent ping "$A" 10.1.0.2 10.2.0.2 count=3

capture wire "$R" G1 "proto 50 or udp port 4500 or (ip6 and (ip6[6] = 50 or ip6[6] = 17))"
capture clear "$R" G1 "net 10.1.0.0/24 or net 10.2.0.0/24"
# account ANSWER: of a flow
account() {
	REPLY=$1
	[ "$(field sent)" -gt 100 ] && [ "$(field refused) $(field lost) $(field bad) $(field twice)" = "0 0 0 0" ]
}

agent flow there "$A" 10.1.0.2 "$B" 10.2.0.2 pps=400 len=300
agent flow back "$B" 10.2.0.2 "$A" 10.1.0.2 pps=400 len=900
failed=0 moves=0
for ((n = 0; n < ${MOVES:-40}; n++)); do
	to1=${ends1[n % 4]} to2=${ends2[n % 4]}
	case $((n % 3)) in
	0) encap=none ;;
	*) encap="espinudp 4500 4500 0.0.0.0" ;;
	esac
	move "$G1" $now1 $now2 $to1 $to2 "$encap" || failed=1
	[ $((n % 2)) = 0 ] || sleep 0.05
	move "$G2" $now1 $now2 $to1 $to2 "$encap" || failed=1
	now1=$to1 now2=$to2 moves=$((moves + 2))
	sleep 0.05
done
same "MOB-1 MOB-2 $moves moves of two SAs each" "$failed" 0
agent stop there
note "there: $REPLY"
check "MOB-1 nothing is lost or doubled on the way there" account "$REPLY"
agent stop back
note "back: $REPLY"
check "MOB-1 nor on the way back" account "$REPLY"
# none_twice CAPTURE: no SPI and sequence number is twice on the wire, so no IV is
none_twice() {
	python3 - "$tmp/$1.pcap" <<-"EOF"
	import sys
	from scapy.all import PcapReader, IP, IPv6
	seen = set()
	for packet in PcapReader(sys.argv[1]):
	    ip = packet[IP] if IP in packet else packet[IPv6]
	    octets = bytes(ip.payload)
	    if (ip.proto if IP in packet else ip.nh) == 17:
	        octets = octets[8:]
	    assert octets[:8] not in seen, octets[:8].hex()
	    seen |= {octets[:8]}
	print(len(seen))
	EOF
}
capture_stop wire
note "$REPLY packets of ESP"
more "CRY-12 packets were seen" "$(none_twice wire 2>"$tmp/twice")" 500
same "CRY-12 MOB-1 no sequence number is on the wire twice" "$(tail -n 1 "$tmp/twice")" ""
none_captured "OUT-2 nothing went in clear" clear
same "MOB-1 no drops at G1" "$(all_drops "$G1")" ""
same "MOB-1 no drops at G2" "$(all_drops "$G2")" ""
more "MOB-1 all by one counter" "$(value "$G1" 0x1001 '."replay-oseq"')" 500
finish
