#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# AH between two gateways, A - G1 === R === G2 - B: every pair of inner and outer
# family; TCP, UDP and ICMP; nothing but AH on the wire. Then with source NAT,
# connection tracking, rules that ask for IPsec and strict reverse path filters
# on the gateways, over a narrow link, and moved to other addresses.
# RFC 4302; RFC 4301 5.1.2 (AH-13, ARCH-3, TUN-10), 8.2 (PMTU-1, PMTU-9).
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways

sa_proto=ah
sha="auth-trunc hmac(sha256) $(key 32 1) 128"
gmac="aead rfc4543(gcm(aes)) $(key 20 2) 128"
# Fragments of AH, too, are AH.
clear="not proto 51 and not ip6 proto 51 and not ($housekeeping) and not (ip6[6] = 44 and ip6[40] = 51)"

ends() {
	case $1 in
	4|46) src=10.1.0.2 dst=10.2.0.2 head=28 ;;
	*) src=fd01::2 dst=fd02::2 head=48 ;;
	esac
}

transfers() {
	check "$1 ping" agent ping "$A" $src $dst len=0,1,56,1400,3000 tries=3 timeout=2
	check "$1 ping back" agent ping "$B" $dst $src len=0,1,56,1400,3000 tries=3 timeout=2
	check "$1 udp" agent udp "$A" $src "$B" $dst len=0-9,1300-1480:61,4000 tries=3 timeout=2
	check "$1 tcp" agent tcp "$A" $src "$B" $dst bytes=300000
	check "$1 tcp opened by the far end" agent tcp "$B" $dst "$A" $src bytes=200000
}

for kind in 4 6 46 64; do
	ends $kind
	case $kind in
	4|64) gateways_tunnel $kind flag align4 $sha ;;
	6) gateways_tunnel $kind flag esn replay-window 64 $gmac ;;
	*) gateways_tunnel $kind $sha ;;
	esac
	capture "clear$kind" "$R" G1 "$clear"
	capture "ah$kind" "$R" G1 -c 40 -s 100 "proto 51 or ip6 proto 51"
	transfers "AH-13 ARCH-3 TUN-10 tunnel $kind"
	none_captured "OUT-1 tunnel $kind only AH on the wire" "clear$kind"
	kill "$(cat "$tmp/ah$kind.pid")" 2>/dev/null
	wait "$(cat "$tmp/ah$kind.pid")" 2>/dev/null
	more "tunnel $kind there was AH on the wire" "$(captured ah$kind)" 30
	flush "$G1" "$G2"
done

# ---- beside NAT, rules and reverse path filters
ends 4
for ns in "$G1" "$G2"; do
	ns_sysctl "$ns" net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
	in_ns "$ns" nft -f - <<-EOF || fail "nft in $ns"
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority 100
			oifname "R" masquerade
		}
	}
	table inet rules {
		counter protected {}
		counter of_reqid {}
		chain forward {
			type filter hook forward priority 0
			ct state invalid drop
			iifname R meta ipsec missing drop
			iifname R meta ipsec exists counter name protected
			iifname R ipsec in reqid 4 counter name of_reqid
		}
		chain input {
			type filter hook input priority 0; policy drop
			meta l4proto { ah, ipv6-icmp } accept
		}
	}
	EOF
done
gateways_tunnel 4 flag align4 $sha
transfers "NAT and filters:"
seen() { in_ns "$G2" nft -j list counter inet rules "$1" | jq '.nftables[] | .counter? // empty | .packets'; }
more "meta ipsec exists" "$(seen protected)" 50
same "no drops but of packets too big" "$(all_drops "$G1") $(all_drops "$G2")" \
	"$(all_drops "$G1" | grep -o 'out_too_big=[0-9]*') $(all_drops "$G2" | grep -o 'out_too_big=[0-9]*')"
same "ipsec in reqid counts the same" "$(seen of_reqid)" "$(seen protected)"
flush "$G1" "$G2"
for ns in "$G1" "$G2"; do
	in_ns "$ns" nft flush ruleset
	ns_sysctl "$ns" net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done

# ---- a link of 1400 octets behind the next router, and what fits it
ip -n "$R" link set G2 mtu 1400
ip -n "$G2" link set R mtu 1400
known() { ip -n "$A" route get $dst | sed -n 's/.*\bmtu \([0-9]*\).*/\1/p'; }
while read -r kind fits words; do
	ends $kind
	gateways_tunnel $kind $words
	ip -n "$A" route flush cache
	ip -n "$A" -6 route flush cache
	check "PMTU-9 tunnel $kind: one octet too many is refused" fails "err EMSGSIZE" \
		ping "$A" $src $dst len=$((fits + 1 - head)) df=1 tries=4 timeout=0.5
	same "PMTU-1 PMTU-9 tunnel $kind: the sender is told" "$(known)" $fits
	check "PMTU-9 tunnel $kind: $fits octets fit" agent ping "$A" $src $dst len=$((fits - head)) df=1
	check "PMTU-2 tunnel $kind: TCP" agent tcp "$A" $src "$B" $dst bytes=300000
	flush "$G1" "$G2"
done <<-EOF
	4 1352 flag align4 $sha
	6 1328 $sha
	46 1320 $gmac
EOF
ip -n "$R" link set G2 mtu 1500
ip -n "$G2" link set R mtu 1500

# ---- from IPv4 to IPv6 outside, where the header is longer
ends 4
gateways_tunnel 4 flag align4 $sha
check "before it moves" agent ping "$A" $src $dst
# overhead DST: what the SA that sends adds
overhead() {
	secctl -n "$G1" -j state get dst $1 proto ah spi 0x100401 |
		jq -r '[.. | objects | select(has("overhead")) | .overhead][0]'
}
same "AH-3 overhead over IPv4" "$(overhead 172.16.2.1)" 48

# ---- what is listed is all there is to it
same "listed with algorithm, ICV length and flag" "$(secctl -n "$G1" -s state list |
	grep -c -e 'auth-trunc hmac(sha256)' -e 'flag.*align4')" 4
same "no key in a list" "$(secctl -n "$G1" -s state list | grep -c "$(key 32 1)")" 0
saved=$(secctl -n "$G1" -k save)
flush "$G1"
check_not "AH is gone" agent ping "$A" $src $dst timeout=0.5
check "saved and restored" secctl -n "$G1" restore - <<<"$saved"
check "and goes on with its numbers" agent ping "$A" $src $dst

move='state migrate dst 172.16.2.1 proto ah spi 0x100401 to src fd11::1 dst fd12::1
state migrate dst 172.16.1.1 proto ah spi 0x100402 to src fd12::1 dst fd11::1'
for ns in "$G1" "$G2"; do
	check "MOB-1 AH moves" xf_batch "$ns" <<<"$move"
	xf "$ns" policy flush
done
tunnel_policy "$G1" 10.1.0.0/24 10.2.0.0/24 fd11::1 fd12::1 4
tunnel_policy "$G2" 10.2.0.0/24 10.1.0.0/24 fd12::1 fd11::1 4
same "AH-3 overhead over IPv6" "$(overhead fd12::1)" 72
transfers "MOB-1 after it moved:"
finish
