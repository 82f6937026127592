#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against pluto of libreswan on the kernel's own XFRM: who begins, shared
# secrets, certificates, rekeying under traffic, deletion, UDP encapsulation, liveness,
# transport mode, IPv6, algorithms, negotiations with an obstacle.
#
#   libreswan.sh [PART...]

all_parts="psk cert natt dpd host six algs obstacles"
# shellcheck source=selftests/interop/pluto.sh
. "$(dirname "$0")/pluto.sh"
names="psk cert natt-us natt-them dpd host six rsa secret esp narrow group-us group-them alg-1 alg-2 alg-3 alg-4 alg-5"

# our_conn NAME IKE-ALGS ESP-ALGS [rsa]: connections that those of ike.sh have not
our_conn() {
	local name=$1 auth=${4:-psk}
	cat <<-EOF
	connections {
		$name {
			version = 2
			local_addrs = $(near $name $self)
			remote_addrs = $(near $name $peer)
			proposals = $2
			rekey_time = 0
			local {
				auth = $auth
				id = moon-$name.example.org
				$( [ $auth = psk ] || echo "certs = moon-rsa.pem" )
			}
			remote {
				auth = $auth
				id = sun-$name.example.org
				$( [ $auth = psk ] || echo "cacerts = ca.pem" )
			}
			children {
				$name-net {
					local_ts = 10.1.0.0/24
					remote_ts = 10.2.0.0/24
					rekey_time = 0
					esp_proposals = $3
				}
			}
		}
	}
	EOF
	[ $auth = rsa ] || cat <<-EOF
	secrets {
		ike-$name {
			id = sun-$name.example.org
			secret = "the secret of $name"
		}
	}
	EOF
}

our_more() {
	local ike=aes256gcm16-prfsha384-x25519 esp=aes128gcm16-x25519 ike_algs esp_algs i
	our_conn rsa $ike $esp rsa
	our_conn secret $ike $esp
	our_conn esp $ike aes256gcm16
	our_conn narrow $ike $esp
	our_conn group-us $ike-ecp256 $esp
	our_conn group-them aes256gcm16-prfsha384-ecp256 $esp
	for i in 1 2 3 4 5; do
		algs alg-$i
		our_conn alg-$i $ike_algs $esp_algs
	done
}

# pluto sends on an SA as soon as it has answered, which RFC 7296 2.8 allows; what arrives
# before we have read the answer and so have the keys is lost, and nothing else.
we_rekey() {
	local pid lost early
	in_ns "$from" ping -q -i 0.02 -W 2 -c 100 $to >"$tmp/ping" &
	pid=$!
	early=$(drops "$G1" in_no_sa)
	sleep 0.5
	shown "IKE2-REKEY-2 $1: we rekey the child" rekeys child_spis ike rekey $1/$1-net
	wait $pid
	early=$(($(drops "$G1" in_no_sa) - early))
	lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 - \2/p' "$tmp/ping")
	note "$lost received, $early before we had the keys"
	same "$1: no packet is lost but those that came too early" $((${lost:-9})) "$early"
	# how long that takes is a matter of the machine
	check "$1: and most get through" [ "$early" -lt 25 ]
}

rekeyed() {
	we_rekey $1
	under_traffic "$1: the peer rekeys the child" rekeys child_spis whack --rekey-child --name $1
	under_traffic "$1: we rekey the IKE SA" rekeys ike_spis ike rekey $1
	under_traffic "$1: the peer rekeys the IKE SA" rekeys ike_spis whack --rekey-ike --name $1
}

part_psk() {
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	both_begin psk
	rekeyed psk
	we_rekey psk
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

# Each of them forces UDP where it begins.
part_natt() {
	local name
	capture wire "$R" G1 esp
	for name in natt-us natt-them; do
		shown "$name: one begins" begins ${name#natt-} $name
		same "$name: in UDP here" "$(encapsulated "$G1")" 2
		same "$name: and there" "$(encapsulated "$G2")" 2
		shown "$name: bytes get through" traffic
		we_rekey $name
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
	sleep 11	# looking all the time would be work
	shown "dpd: we find a dead peer to be dead" wait_for 25 sas_are "$G1" 0
	shown "dpd: so does the peer" wait_for 25 sas_are "$G2" 0
	comes_back dpd
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
	we_rekey host
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

# renews WHAT COMMAND...: like rekeys, without waiting for the end of what it replaces
renews() {
	local what=$1 before
	shift
	before=$($what)
	"$@" && wait_for 10 changed $what "$before"
}

part_algs() {
	local i who
	for i in 1 2 3 4 5; do
		algs alg-$i
		[ $((i % 2)) = 1 ] && who=us || who=them
		shown "$ike_algs $esp_algs: $who first" begins $who alg-$i
		shown "$esp_algs: bytes get through" traffic
		shown "$esp_algs: we rekey the child" renews child_spis ike rekey alg-$i/alg-$i-net
		shown "$ike_algs: the peer rekeys the IKE SA" renews ike_spis whack --rekey-ike --name alg-$i
		shown "$esp_algs: the peer rekeys the child" renews child_spis whack --rekey-child --name alg-$i
		shown "$esp_algs: bytes get through after that" traffic
		check "$esp_algs: we end it" ike down alg-$i
		nothing_left alg-$i
	done
}

# inits NAME WHO COUNT: that many messages of IKE_SA_INIT, both directions, before it is up
inits() {
	local rc
	capture inits-$1 "$R" G1 "udp port 500 and udp[26] = 34"
	begins $2 $1
	rc=$?
	capture_stop inits-$1
	[ $rc = 0 ] && [ "$REPLY" = $3 ]
}

said() { grep -q "$1" "$tmp/us.log"; }
they_said() { grep -q "$1" "$tmp/pluto.log"; }

# Negotiations which do not go straight on, or not on at all
part_obstacles() {
	check_not "IKE2-AUTH-5 another secret: we begin" ike up secret timeout 10 2>/dev/null
	shown "IKE2-AUTH-5 the peer refuses, we say so" said "secret: peer refused: AUTHENTICATION_FAILED"
	nothing_left secret
	whack --initiate --name secret --asynchronous
	shown "IKE2-AUTH-5 the peer begins and is refused" wait_for 5 said "peer not authenticated.*shared secrets differ"
	shown "IKE2-AUTH-5 and knows" wait_for 5 they_said '"secret".*AUTHENTICATION_FAILED'
	nothing_left secret

	check_not "IKE2-CHILD-1 no common proposal for ESP: we begin" ike up esp timeout 3 2>/dev/null
	shown "IKE2-CHILD-1 the child is refused" said "esp-net: peer refused the child: NO_PROPOSAL_CHOSEN"
	check "IKE2-CHILD-1 the IKE SA stays" is esp up
	same "IKE2-CHILD-1 without SAs" "$(sas "$G1")" 0
	check "IKE2-CHILD-1 we end it" ike down esp
	whack --initiate --name esp --asynchronous
	shown "IKE2-CHILD-1 the peer begins, and has no child" wait_for 5 they_said '"esp".*NO_PROPOSAL_CHOSEN'
	nothing_left esp
	ike down esp 2>/dev/null

	both_begin narrow
	same "IKE2-TS-1 narrow: only what both allow, although the peer offers more" \
		"$(ip -n "$G2" xfrm policy | grep -o '10\.[0-9.]*/[0-9]*' | sort -u | xargs)" "10.1.0.0/24 10.2.0.0/24"
	peer_ends narrow

	shown "IKE2-INIT-3 we begin with a group that the peer has not" inits group-us us 4
	shown "IKE2-INIT-3 bytes get through" traffic
	peer_ends group-us
	shown "IKE2-INIT-4 the peer begins with one that we have not" inits group-them them 4
	shown "IKE2-INIT-4 bytes get through" traffic
	peer_ends group-them

	check "the peer wants cookies now" whack --ddos-busy
	shown "IKE2-CKY-3 we send its cookie back" inits psk us 4
	shown "IKE2-CKY-3 bytes get through" traffic
	peer_ends psk
	check "the peer wants none any more" whack --ddos-auto
}

for ns in G1 G2; do
	for i in 3 4 11 12 13 14 15; do
		ip -n "${!ns}" addr add 172.16.${ns#G}.$i/24 dev R
	done
done
run_parts
