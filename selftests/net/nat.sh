#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# NAT beside and below protected traffic: MASQUERADE on the gateway, peers
# behind a NAT with UDP encapsulation, connection tracking of inner flows,
# DNAT of decrypted packets.
# RFC 3948 (NAT-1, NAT-2, NAT-7, NAT-11), RFC 4301 5.1 (OUT-1, OUT-2).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
for tool in nft conntrack; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
topo_gateways

nft_load() { in_ns "$1" nft -f -; }

nft_flush() {
	local ns
	for ns; do
		in_ns "$ns" nft flush ruleset
		in_ns "$ns" conntrack -F 2>/dev/null
	done
}

masquerade() {
	nft_load "$1" <<-EOF
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority 100
			oifname "R" masquerade
		}
	}
	EOF
}

ping_through() { agent ping "$A" 10.1.0.2 10.2.0.2; }

# ---- MASQUERADE does not take protected traffic
masquerade "$G1"
masquerade "$G2"
gateways_tunnel 4 "$gcm_sa"
capture clear "$R" G1 "net 10.0.0.0/8 and not esp"
check "OUT-1 MASQUERADE leaves protected traffic its address: UDP" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2
check "OUT-1 MASQUERADE leaves protected traffic its address: TCP" \
	agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=100000
check "OUT-1 MASQUERADE, opened by the far end" agent tcp "$B" 10.2.0.2 "$A" 10.1.0.2 bytes=100000
check "OUT-1 MASQUERADE, large datagrams" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=3000,9000
none_captured "OUT-2 nothing of it in clear" clear
capture other "$R" G1 icmp and src 172.16.1.1
check "what is not protected is masqueraded" agent ping "$A" 10.1.0.2 172.16.2.254
capture_stop other
same "and leaves with the address of the gateway" "$REPLY" 1
same "conntrack has the inner flow unchanged" \
	"$(in_ns "$G1" conntrack -L -p tcp --orig-dst 10.2.0.2 2>/dev/null |
		grep 'src=10.1.0.2 dst=10.2.0.2' | grep -c 'src=10.2.0.2 dst=10.1.0.2')" 1
flush "$G1" "$G2"
nft_flush "$G1" "$G2"

# ---- policies for the address after NAT
if [ "$IMPL" = nfsec ]; then
	masquerade "$G1"
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4 tunnel "$gcm_sa"
	xf_batch "$G1" <<-EOF
	policy add src 172.16.1.1 dst 10.2.0.0/24 dir out flag after-nat tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 4 mode tunnel
	policy add src 10.2.0.0/24 dst 172.16.1.1 dir in tmpl src 172.16.2.1 dst 172.16.1.1 proto esp reqid 4 mode tunnel
	policy add src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd tmpl src 172.16.2.1 dst 172.16.1.1 proto esp reqid 4 mode tunnel
	EOF
	tunnel_policy "$G2" 10.2.0.0/24 172.16.1.1 172.16.2.1 172.16.1.1 4
	capture after "$R" G1 "host 10.2.0.2 and not esp"
	check "after-nat: the masqueraded flow is protected" ping_through
	none_captured "after-nat: nothing in clear" after
	flush "$G1" "$G2"
	nft_flush "$G1"
fi

# ---- DNAT of what was decrypted, and the way back
gateways_tunnel 4 "$gcm_sa"
nft_load "$G2" <<-'EOF'
table ip nat {
	chain prerouting {
		type nat hook prerouting priority -100
		ip daddr 10.2.0.99 dnat to 10.2.0.2
	}
	chain postrouting {
		type nat hook postrouting priority 100
	}
}
EOF
check "DNAT of decrypted packets: ping" agent ping "$A" 10.1.0.2 10.2.0.99
nft_flush "$G2"
flush "$G1" "$G2"

# ---- A and C behind the NAT G1, each with a tunnel of its own to G2
netns C
ip link add C netns "$G1" type veth peer name G1 netns "$C"
ip_batch "$G1" <<-EOF
	addr add 10.3.0.1/24 dev C
	link set C up
EOF
ip_batch "$C" <<-EOF
	addr add 10.3.0.2/24 dev G1
	addr add 10.9.0.3/32 dev lo
	link set G1 up
	route add default via 10.3.0.1
EOF
ip -n "$A" addr add 10.9.0.2/32 dev lo
nft_load "$G1" <<-EOF
table ip nat {
	chain postrouting {
		type nat hook postrouting priority 100
		oifname "R" ip saddr 10.1.0.2 udp sport 4500 snat to 172.16.1.1:4500
		oifname "R" ip saddr 10.3.0.2 udp sport 4500 snat to 172.16.1.1:4501
	}
}
EOF
if [ "$IMPL" = xfrm ]; then
	for ns in A C G2; do
		agent encap "${!ns}" 4500
	done
fi

# client NS SELF INNER REQID PORT NUMBER: its SAs and those of G2 for it
client() {
	local ns=$1 self=$2 inner=$3 reqid=$4 port=$5 alg spi1=$((0x5000 + $4)) spi2=$((0x6000 + $4))
	alg="proto esp reqid $reqid mode tunnel"
	xf_batch "$ns" <<-EOF
	state add src $self dst 172.16.2.1 spi $spi1 $alg $gcm $(key 20 $6) 128 encap espinudp 4500 4500 0.0.0.0
	state add src 172.16.2.1 dst $self spi $spi2 $alg $gcm $(key 20 $(($6 + 1))) 128 encap espinudp 4500 4500 0.0.0.0
	EOF
	tunnel_policy "$ns" $inner 10.2.0.0/24 $self 172.16.2.1 $reqid
	xf_batch "$G2" <<-EOF
	state add src 172.16.1.1 dst 172.16.2.1 spi $spi1 $alg $gcm $(key 20 $6) 128 encap espinudp $port 4500 0.0.0.0
	state add src 172.16.2.1 dst 172.16.1.1 spi $spi2 $alg $gcm $(key 20 $(($6 + 1))) 128 encap espinudp 4500 $port 0.0.0.0
	EOF
	tunnel_policy "$G2" 10.2.0.0/24 $inner 172.16.2.1 172.16.1.1 $reqid
}

client "$A" 10.1.0.2 10.9.0.2 2 4500 11
client "$C" 10.3.0.2 10.9.0.3 3 4501 21
capture wire "$R" G1 "not arp and not ip6 and not (udp port 4500 or udp port 4501)"
check "NAT-1 first peer behind the NAT: ping" agent ping "$A" 10.9.0.2 10.2.0.2
check "NAT-11 second peer behind the same NAT: ping" agent ping "$C" 10.9.0.3 10.2.0.2
check "NAT-11 the first one again" agent ping "$A" 10.9.0.2 10.2.0.2
check "NAT-7 first peer: UDP" agent udp "$A" 10.9.0.2 "$B" 10.2.0.2 len=1,1300,3000 tries=3 timeout=1
check "NAT-7 second peer: UDP" agent udp "$C" 10.9.0.3 "$B" 10.2.0.2 len=1,1300,3000 tries=3 timeout=1
check "NAT-1 first peer: TCP" agent tcp "$A" 10.9.0.2 "$B" 10.2.0.2 bytes=200000
check "NAT-11 second peer: TCP" agent tcp "$C" 10.9.0.3 "$B" 10.2.0.2 bytes=200000
check "NAT-11 from inside to the first" agent udp "$B" 10.2.0.2 "$A" 10.9.0.2
check "NAT-11 from inside to the second" agent udp "$B" 10.2.0.2 "$C" 10.9.0.3
capture_stop wire
same "NAT-1 only ESP in UDP on the wire, or fragments of it" \
	"$(captured wire 'not (ip[6:2] & 0x1fff != 0)')" 0
finish
