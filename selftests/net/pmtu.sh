#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Path MTU through gateways and of local sockets: the number that senders are
# told for each algorithm and encapsulation, a narrow link in the middle, DF=0,
# IPv6 at 1280, forged ICMP errors.
# RFC 4301 8 (PMTU-1..PMTU-12), 6.1.1 (ICMP-1), RFC 1191, RFC 8201, RFC 2473 7.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
topo_gateways

# forget: senders know no path MTU any more
forget() {
	local ns
	for ns in "$A" "$B" "$G1" "$G2"; do
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
}

# link OCTETS: MTU of the link between R and G2
link() {
	ip -n "$R" link set G2 mtu $1
	ip -n "$G2" link set R mtu $1
}

# route_mtu NS DST: what is known of the path
route_mtu() {
	ip -n "$1" route get "$2" | sed -n 's/.*\bmtu \([0-9]*\).*/\1/p'
}

# sa_pmtu PEER SPI: what the SA at G1 knows of its path
sa_pmtu() {
	secctl -n "$G1" -j state get dst $1 proto esp spi $2 |
		jq -r '[.. | objects | select(has("pmtu")) | .pmtu][0] // 0'
}

ends() {
	case $1 in
	4|46) src=10.1.0.2 dst=10.2.0.2 head=28 self=10.1.0.1 ;;
	*) src=fd01::2 dst=fd02::2 head=48 self=fd01::1 ;;
	esac
	case $1 in
	4|64) out1=172.16.1.1 out2=172.16.2.1 router=172.16.1.254 ;;
	*) out1=fd11::1 out2=fd12::1 router=fd11::fe ;;
	esac
}

tunnel() {
	flush "$G1" "$G2"
	ends $1
	gateways_tunnel "$@"
	forget
	# neighbours
	agent ping "$A" $src $dst
}

# told NAME OCTETS [TRIES]: A is told this number and no other, and it is right
told() {
	local name=$1 mtu=$2 tries=${3:-2}
	check "$name one octet too many is refused" fails "err EMSGSIZE" ping "$A" $src $dst \
		len=$((mtu + 1 - head)) df=1 tries=$tries timeout=0.3
	same "$name the sender is told $mtu" "$(route_mtu "$A" $dst)" $mtu
	check "$name $mtu octets fit" agent ping "$A" $src $dst len=$((mtu - head)) df=1
}

# ---- numbers for each algorithm, link of 1500 octets, no outer fragments
table() {
	local name words kind mtu
	# shellcheck disable=SC2034 # read by ${!mtu}
	local v4 v4udp v6 v6udp
	capture frags "$R" G1 "(ip[6:2] & 0x3fff != 0) or ip6[6] = 44"
	tunnel 4 "$gcm_sa"
	tunnel_policy "$G1" fd01::/64 fd02::/64 fd11::1 fd12::1 6
	tunnel_policy "$G2" fd02::/64 fd01::/64 fd12::1 fd11::1 6
	# shellcheck disable=SC2034
	while read -r name v4 v4udp v6 v6udp words; do
		for kind in 4 6; do
			ends $kind
			for udp in "" udp; do
				xf "$G1" state flush
				xf "$G2" state flush
				sa_pair "$G1" $out1 "$G2" $out2 $kind tunnel "$words" \
					${udp:+encap espinudp 4500 4500 0.0.0.0}
				forget
				mtu=v$kind$udp
				told "PMTU-9 $name v$kind $udp" "${!mtu}"
			done
		done
	done <<-EOF
	gcm16 1446 1438 1426 1418 $gcm_sa
	chacha20 1446 1438 1426 1418 $chacha_sa
	ccm8 1454 1446 1434 1426 aead rfc4309(ccm(aes)) $(key 19 1) 64
	cbc-sha1 1438 1422 1422 1406 enc cbc(aes) $(key 16 1) auth-trunc hmac(sha1) $(key 20 2) 96
	cbc-sha256 1438 1422 1406 1406 $cbc_sa
	cbc-sha512 1422 1406 1390 1390 enc cbc(aes) $(key 16 1) auth-trunc hmac(sha512) $(key 64 2) 256
	3des-sha1 1446 1438 1430 1422 enc cbc(des3_ede) $(key 24 1) auth-trunc hmac(sha1) $(key 20 2) 96
	null-sha256 1454 1446 1434 1426 enc ecb(cipher_null) "" auth-trunc hmac(sha256) $(key 32 2) 128
	ctr-sha1 1450 1442 1430 1422 enc rfc3686(ctr(aes)) $(key 20 1) auth-trunc hmac(sha1) $(key 20 2) 96
	EOF
	none_captured "PMTU-9 and no protected packet was fragmented" frags
}

# ---- a narrow link behind the next router: P octets
narrow() {
	local kind=$1 path=$2 inner=$3 name
	name="path of $path, tunnel $kind:"
	link $path
	tunnel $kind "$gcm_sa"
	# The first one finds the link, the second what the SA then knows.
	told "PMTU-1 PMTU-2 PMTU-4 $name" $inner 4
	[ "$IMPL" != nfsec ] || same "PMTU-1 $name the SA knows" \
		"$(sa_pmtu $out2 $((((4096 + kind) << 8) + 1)))" $inner
	check "PMTU-2 $name TCP" agent tcp "$A" $src "$B" $dst bytes=300000
	tunnel $kind "$gcm_sa"
	check "PMTU-2 $name TCP that knows nothing" agent tcp "$A" $src "$B" $dst bytes=300000
	tunnel $kind "$gcm_sa"
	check "PMTU-12 $name local TCP that knows nothing" agent tcp "$G1" $self "$B" $dst bytes=300000
	check "PMTU-12 $name local UDP" \
		agent udp "$G1" $self "$B" $dst len=$((inner - head)),1400,1472,3000 tries=3 timeout=1
	check "PMTU-12 $name local UDP with DF, too big" \
		fails "err EMSGSIZE" udp "$G1" $self "$B" $dst len=$((inner + 1 - head)) df=1 tries=3 timeout=0.3
	check "PMTU-12 $name local UDP with DF, fits" \
		agent udp "$G1" $self "$B" $dst len=$((inner - head)) df=1 tries=2 timeout=1
	case $kind in
	4|46)
		# Routers do not fragment IPv6: the gateway has to be told once.
		tunnel $kind "$gcm_sa"
		check "PMTU-3 PMTU-11 $name DF=0 gets through" \
			agent udp "$A" $src "$B" $dst len=1300-1472:7 df=0 timeout=1 tries=$((kind / 40 + 1))
		same "PMTU-3 $name DF=0 and nobody is told" "$(route_mtu "$A" $dst)" "" ;;
	esac
	link 1500
}

table
narrow 4 1400 1346
narrow 6 1400 1326
narrow 46 1400 1326
narrow 64 1400 1346

# ---- no loss for local TCP where only the tunnel is narrow: what goes into it comes
# out. (What TCP sends again tells nothing, as it probes without need on slow machines.)
local_tcp() {
	check "PMTU-12 local TCP, tunnel $kind" agent tcp "$G1" $self "$B" $dst bytes=2000000 oneway=1
}
all_through() {
	[ $(($(counter "$G1" out_packets) - out)) = $(($(counter "$G2" in_packets) - in)) ]
}
for kind in 4 6 46 64; do
	tunnel $kind "$gcm_sa"
	in=$(counter "$G2" in_packets) out=$(counter "$G1" out_packets)
	dropped "PMTU-12 local TCP, tunnel $kind, no drop" "$G1" out_too_big 0 local_tcp
	note "$REPLY"
	if [ "$IMPL" = nfsec ]; then
		more "PMTU-12 local TCP, tunnel $kind, through the tunnel" \
			$(($(counter "$G1" out_packets) - out)) 1000
		check "PMTU-12 local TCP, tunnel $kind, nothing lost" wait_for 5 all_through
	fi
done

# ---- IPv6 never below 1280
link 1280
tunnel 6 "$gcm_sa"
check "PMTU-5 1280 octets through a path of 1280" agent ping "$A" $src $dst len=1232 tries=3 timeout=1
check "PMTU-5 TCP through it" agent tcp "$A" $src "$B" $dst bytes=100000
check "PMTU-5 larger ones too, in fragments" agent udp "$A" $src "$B" $dst len=1400,3000 tries=4 timeout=1
mtu=$(route_mtu "$A" $dst)
same "PMTU-5 and nobody is told less than 1280" "${mtu:-1280}" 1280
link 1500

# ---- forged and odd ICMP errors
forged() {
	local name=$1 mtu=$2 spi=$3 want=$4
	agent ptb "$R" $router $out1 $mtu $spi $out2 ${5:-}
	sleep 0.1
	same "$name" "$(sa_pmtu $out2 $real)" $want
}

if [ "$IMPL" = nfsec ]; then
	tunnel 4 "$gcm_sa"
	real=0x100401
	same "PMTU-1 nothing known at first" "$(sa_pmtu $out2 $real)" 0
	forged "PMTU-10 unknown SPI" 1300 0x99999 0
	forged "PMTU-10 SPI of the other direction" 1300 0x100402 0
	forged "PMTU-7 absurdly small" 50 $real 0
	forged "PMTU-1 1300" 1300 $real 1246
	forged "PMTU-7 larger again" 1400 $real 1246
	forged "PMTU-7 huge" 9000 $real 1246
	forged "PMTU-1 smaller" 1200 $real 1146
	check "PMTU-10 the flow survives" agent udp "$A" $src "$B" $dst len=1400 tries=3 timeout=1
	tunnel 4 "$gcm_sa"
	agent ptb "$R" $router $out1 0 $real $out2
	sleep 0.1
	low=$(sa_pmtu $out2 $real)
	more "PMTU-8 a router that names no MTU: down" $((low > 0 && low < 1446)) 1
	check "PMTU-8 and the flow survives" agent udp "$A" $src "$B" $dst len=1400 tries=3 timeout=1
	tunnel 4 "$gcm_sa"
	agent ptb "$R" $router $out1 100 $real $out2
	sleep 0.1
	more "PMTU-7 a floor below which nobody can push it" "$(sa_pmtu $out2 $real)" 400
	check "PMTU-7 and the flow survives" agent tcp "$A" $src "$B" $dst bytes=30000
	tunnel 6 "$gcm_sa"
	real=0x100601
	forged "PMTU-7 IPv6 below 1280 is ignored" 1000 $real 0
	forged "PMTU-10 IPv6 unknown SPI" 1300 0x99999 0
	forged "PMTU-1 IPv6 1300" 1300 $real 1226
	tunnel 4 "$gcm_sa" encap espinudp 4500 4500 0.0.0.0
	real=0x100401
	forged "PMTU-1 about ESP in UDP" 1300 $real 1238 udp=4500,4500
	# Policy decides whether ICMP from outside is believed.
	tunnel 4 "$gcm_sa"
	xf "$G1" policy add src 0.0.0.0/0 dst 172.16.1.1 proto icmp type 3 dir in action block
	forged "ICMP-1 refused by policy" 1300 $real 0
	xf "$G1" policy delete src 0.0.0.0/0 dst 172.16.1.1 proto icmp type 3 dir in
	forged "ICMP-1 accepted without" 1300 $real 1246
fi
finish
