#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against pluto of libreswan on the kernel's own XFRM: who begins, shared
# secrets, certificates, rekeying under traffic, deletion, UDP encapsulation, liveness,
# transport mode, IPv6, algorithms, negotiations with an obstacle.
#
#   libreswan.sh [PART...]

all_parts="psk cert natt dpd host six algs"
# shellcheck source=selftests/interop/pluto.sh
. "$(dirname "$0")/pluto.sh"
names="psk cert natt-us natt-them dpd host six alg-1 alg-2 alg-3 alg-4 alg-5 rsa"

our_more() {
	cat <<-EOF
	connections {
		rsa {
			version = 2
			local_addrs = $self
			remote_addrs = $peer
			proposals = aes256gcm16-prfsha384-x25519
			rekey_time = 0
			local {
				auth = rsa
				id = moon-rsa.example.org
				certs = moon-rsa.pem
			}
			remote {
				auth = rsa
				id = sun-rsa.example.org
				cacerts = ca.pem
			}
			children {
				rsa-net {
					local_ts = 10.1.0.0/24
					remote_ts = 10.2.0.0/24
					rekey_time = 0
					esp_proposals = aes128gcm16-x25519
				}
			}
		}
	}
	EOF
}

rekeyed() {
	under_traffic "$1: we rekey the child" rekeys child_spis ike rekey $1/$1-net
	under_traffic "$1: the peer rekeys the child" rekeys child_spis whack --rekey-child --name $1
	under_traffic "$1: we rekey the IKE SA" rekeys ike_spis ike rekey $1
	under_traffic "$1: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name $1
}

part_psk() {
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	both_begin psk
	rekeyed psk
	under_traffic "psk: we rekey the child of an IKE SA that the peer made" rekeys child_spis ike rekey psk/psk-net
	shown "psk: bytes get through after all of it" traffic
	peer_ends psk
	none_captured "psk: nothing was in clear, nothing else on the wire" wire
}

skf="((udp port 500 and udp[24] = 53) or (udp port 4500 and udp[28] = 53))"

# ECDSA, then RSA, which does not fit in one packet
part_cert() {
	both_begin cert
	peer_ends cert
	capture wire "$R" G1 udp port 500 or udp port 4500
	both_begin rsa
	capture_stop wire
	# the first payload in the header of IKE is SKF; on port 4500 there is a marker before
	more "IKE2-FRAG-1 rsa: our IKE_AUTH is in fragments, request and response" \
		"$(captured wire "src $self and $skf")" 4
	more "IKE2-FRAG-2 rsa: the peer's are taken" "$(captured wire "src $peer and $skf")" 4
	peer_ends rsa
}

# encapsulated NS: number of its IPsec SAs in UDP
encapsulated() {
	case $(impl_of "$1") in
	nfsec) secctl -n "$1" -j state list | jq '[.[] | select(.encap)] | length' ;;
	xfrm) ip -n "$1" xfrm state | grep -c 'encap type espinudp' ;;
	esac
}

# Each of them forces UDP where it begins.
part_natt() {
	local name
	capture wire "$R" G1 esp
	for name in natt-us natt-them; do
		shown "$name: one begins" begins ${name#natt-} $name
		same "$name: in UDP here" "$(encapsulated "$G1")" 2
		same "$name: and there" "$(encapsulated "$G2")" 2
		shown "$name: bytes get through" traffic
		under_traffic "$name: we rekey the child" rekeys child_spis ike rekey $name/$name-net
		under_traffic "$name: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name $name
		shown "$name: bytes get through after that" traffic
		peer_ends $name
	done
	none_captured "natt: no ESP without UDP" wire
}

part_dpd() {
	check "dpd: we begin" begins us dpd
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	ns_sysctl "$R" net.ipv4.ip_forward=0
	shown "dpd: we find a dead peer to be dead" wait_for 25 sas_are "$G1" 0
	shown "dpd: so does the peer" wait_for 25 sas_are "$G2" 0
	check "dpd: traffic is blocked" blocked
	ns_sysctl "$R" net.ipv4.ip_forward=1
	shown "dpd: it comes up again by itself" wait_for 20 is dpd up
	shown "dpd: bytes get through" traffic
	none_captured "dpd: nothing was in clear" wire
	check "dpd: we end it" ike down dpd
	nothing_left dpd
}

hosts() {
	agent ping "$G1" $self $peer timeout=2 && agent ping "$G2" $peer $self timeout=2 &&
	agent udp "$G1" $self "$G2" $peer len=1,700,1300,3000 timeout=2
}

# Transport mode, with policies that IKE itself would fall under
part_host() {
	local from=$G1 to=$peer
	shown "host: we begin" begins us host
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "host: bytes get through" hosts
	same "IKE2-CHILD-4 host: transport mode here" "$(secctl -n "$G1" -j state list | jq -r '[.[].mode] | unique[]')" transport
	under_traffic "host: we rekey the child" rekeys child_spis ike rekey host/host-net
	under_traffic "host: the peer rekeys the child" rekeys child_spis whack --rekey-child --name host
	shown "host: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name host
	shown "host: bytes get through after that" hosts
	peer_ends host
	shown "host: the peer begins" begins them host
	shown "host: bytes get through" hosts
	check "host: we end it" ike down host
	nothing_left host
	none_captured "host: nothing was in clear" wire
}

# IPv6 outside, both inside
part_six() {
	local who
	for who in us them; do
		shown "six: $who first" begins $who six
		shown "six: IPv4 gets through" traffic
		shown "six: IPv6 gets through" agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2
		under_traffic "six: the peer rekeys the child" rekeys child_spis whack --rekey-child --name six
		shown "six: IPv6 gets through after that" agent udp "$A" fd01::2 "$B" fd02::2 len=1300 timeout=2
		peer_ends six
	done
}

part_algs() {
	local i who
	for i in 1 2 3 4 5; do
		algs alg-$i
		[ $((i % 2)) = 1 ] && who=us || who=them
		shown "$ike_algs $esp_algs: $who first" begins $who alg-$i
		shown "$esp_algs: bytes get through" traffic
		check "$esp_algs: we rekey the child" rekeys child_spis ike rekey alg-$i/alg-$i-net
		shown "$ike_algs: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name alg-$i
		shown "$esp_algs: the peer rekeys the child" rekeys child_spis whack --rekey-child --name alg-$i
		shown "$esp_algs: bytes get through after that" traffic
		check "$esp_algs: we end it" ike down alg-$i
		nothing_left alg-$i
	done
}

part_loss() {
	local i f
	begins us psk
	for i in 1 2 3 4 5 6 7 8; do
	capture dbg "$R" G1
	f=$ktap_failed
	note "spis $(child_spis)"
	under_traffic "$1: we rekey the child" rekeys child_spis ike rekey psk/psk-net
	note "spis $(child_spis)"
	capture_stop dbg
	[ $f = $ktap_failed ] || break
	done
	cp $tmp/dbg.pcap $RESULTS/
	note "here $(all_drops $G1) there $(all_drops $G2)"
	tcpdump -nn -tt -r $tmp/dbg.pcap >$RESULTS/dbg.txt
}
run_parts
