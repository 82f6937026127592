#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against charon of strongSwan on the kernel's own XFRM: who begins,
# shared secrets, certificates, rekeying under traffic, deletion, liveness, UDP
# encapsulation. Then secike against itself.
#
#   ike.sh [PART...]      psk cert natt dpd self; all of them if none is named

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
for tool in secike swanctl openssl; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
charon=$(command -v charon-systemd) || skip_all "charon-systemd is not installed"
parts=" ${*:-psk cert natt dpd self} "

export impl_G2=xfrm
topo_gateways
# what gets from one net to the other goes through a tunnel
ip -n "$R" route del 10.1.0.0/24
ip -n "$R" route del 10.2.0.0/24
self=172.16.1.1 peer=172.16.2.1
export SWANCTL_DIR=$tmp/them
vici=unix://$tmp/vici
trap 'kill $(cat $tmp/*.daemon 2>/dev/null) 2>/dev/null; cleanup' EXIT

# ---- the two daemons -----------------------------------------------------

# secike_start NAME NS [ARG...]: with $tmp/NAME/secike.conf, log in $tmp/NAME.log
secike_start() {
	local name=$1 ns=$2
	shift 2
	ip netns exec "$ns" secike -c "$tmp/$name/secike.conf" -r 500,4 "$@" 2>>"$tmp/$name.log" &
	echo $! >"$tmp/$name.daemon"
	wait_for 20 secctl -n "$ns" ike status >/dev/null 2>&1
}

secike_stop() {
	kill "$(cat "$tmp/$1.daemon")"
	wait "$(cat "$tmp/$1.daemon")" 2>/dev/null
	rm -f "$tmp/$1.daemon"
}

charon_start() {
	cat >"$tmp/strongswan.conf" <<-EOF
	charon-systemd {
		load = random nonce openssl pem pkcs1 pkcs8 x509 revocation constraints pubkey hmac kdf curve25519 kernel-netlink socket-default vici updown
		plugins {
			vici {
				socket = $vici
			}
		}
		retransmit_timeout = 1.0
		retransmit_tries = 3
		filelog {
			file {
				path = $tmp/charon.log
				flush_line = yes
				default = 1
				ike = 2
			}
		}
		journal {
			default = -1
		}
	}
	swanctl {
		load = random openssl pem pkcs1 pkcs8 x509
	}
	EOF
	STRONGSWAN_CONF=$tmp/strongswan.conf ip netns exec "$G2" "$charon" >"$tmp/charon.out" 2>&1 &
	echo $! >"$tmp/charon.daemon"
	wait_for 30 test -S "$tmp/vici"
}

# swan ARG...
swan() {
	STRONGSWAN_CONF=$tmp/strongswan.conf timeout 60 swanctl "$@" --uri "$vici" >>"$tmp/swanctl.out" 2>&1
}

ike() { secctl -n "$G1" ike "$@"; }

# logs: what both said last
logs() {
	note "secike: $(tail -n 25 "$tmp/us.log")"
	[ ! -e "$tmp/charon.log" ] || note "charon: $(tail -n 25 "$tmp/charon.log")"
}

# shown NAME COMMAND...: like check, with the logs if it fails
shown() {
	local before=$ktap_failed
	check "$@"
	[ $ktap_failed = $before ] || logs
}

# ---- what is seen --------------------------------------------------------

# sas NS: number of IPsec SAs that are no reserved SPIs
sas() {
	case $(impl_of "$1") in
	nfsec) secctl -n "$1" -j state list | jq '[.[] | select(.larval | not)] | length' ;;
	xfrm) ip -n "$1" xfrm state | grep -c '^src' ;;
	esac
}

sas_are() { [ "$(sas "$1")" = "$2" ]; }

# state_of CONNECTION: up, connecting, down
state_of() {
	secctl -n "$G1" -j ike status | jq -r --arg n "$1" '.connections[]? | select(.name == $n) | .state'
}

is() { [ "$(state_of "$1")" = "$2" ]; }

# child_spis: those of all children, sorted
child_spis() {
	secctl -n "$G1" -j ike status | jq -r '.connections[]?.sas[]?.children[]? | ."spi-in"' | sort | xargs
}

ike_spis() {
	secctl -n "$G1" -j ike status | jq -r '.connections[]?.sas[]? | select(.state == "established") | ."spi-i"' |
		sort | xargs
}

traffic() {
	agent ping "$A" 10.1.0.2 10.2.0.2 timeout=2 && agent ping "$B" 10.2.0.2 10.1.0.2 timeout=2 &&
	agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=1,700,1300,3000 timeout=2 &&
	agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=20000
}

blocked() { fails lost udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100 timeout=0.5; }

# under_traffic NAME COMMAND...: no packet may be lost while it does its work
under_traffic() {
	local name=$1
	shift
	in_ns "$A" ping -q -i 0.02 -W 2 -c 100 10.2.0.2 >"$tmp/ping" &
	local pid=$!
	sleep 0.5
	check "$name" "$@"
	wait $pid
	note "$(grep 'packet loss' "$tmp/ping")"
	check "$name: no packet is lost" grep -q ' 0% packet loss' "$tmp/ping"
}

changed() { [ "$("$1")" != "$2" ]; }

# rekeys WHAT COMMAND...: WHAT is child_spis or ike_spis
rekeys() {
	local what=$1 before
	shift
	before=$($what)
	"$@" && wait_for 10 changed $what "$before" && wait_for 10 sas_are "$G1" 2
}

# ---- configurations ------------------------------------------------------

names="psk cert natt-us natt-them dpd trap"

# conf us|them [WORD...]: the configuration of one side; with "fresh" cert is another one,
# with "waits" the child of trap waits for packets
conf() {
	local side=$1 me=moon it=sun local=$self remote=$peer lnet=10.1.0.0/24 rnet=10.2.0.0/24
	local name i=0
	[ $side = us ] || me=sun it=moon local=$peer remote=$self lnet=10.2.0.0/24 rnet=10.1.0.0/24
	shift
	echo "connections {"
	for name in $names; do
		cat <<-EOF
		$name {
			version = 2
			local_addrs = $local
			remote_addrs = $remote
			proposals = aes256gcm16-prfsha384-x25519,aes128-sha256-ecp256
			rekey_time = 0
			$( [ $name != dpd ] || echo "dpd_delay = 2" )
			$( [ $name != natt-$side ] || echo "encap = yes" )
			$( [[ $name$* != cert*fresh* ]] || echo "keyingtries = 3" )
			local {
				auth = $( [ $name = cert ] && echo pubkey || echo psk )
				id = $me-$name.example.org
				$( [ $name != cert ] || echo "certs = $me.pem" )
			}
			remote {
				auth = $( [ $name = cert ] && echo pubkey || echo psk )
				id = $it-$name.example.org
				$( [ $name != cert ] || echo "cacerts = ca.pem" )
			}
			children {
				$name-net {
					local_ts = $lnet
					remote_ts = $rnet
					$( [[ $name$* != trap*waits* ]] || echo "start_action = trap" )
					rekey_time = 0
					esp_proposals = aes128gcm16-x25519,aes128-sha256-ecp256
				}
			}
		}
		EOF
	done
	printf '}\nsecrets {\n'
	for name in $names; do
		i=$((i + 1))
		cat <<-EOF
		ike-$i {
			id-1 = moon-$name.example.org
			id-2 = sun-$name.example.org
			secret = "the secret of $name"
		}
		EOF
	done
	echo "}"
}

# Certificates of an authority for both, with ECDSA
certs() {
	local me
	mkdir -p "$tmp/ca"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 \
		-keyout "$tmp/ca/ca.key" -out "$tmp/ca/ca.pem" -subj "/O=Example/CN=CA" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign,cRLSign
	for me in moon sun; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/ca/$me.key" \
			-out "$tmp/ca/$me.csr" -subj "/O=Example/CN=$me"
		openssl x509 -req -in "$tmp/ca/$me.csr" -CA "$tmp/ca/ca.pem" -CAkey "$tmp/ca/ca.key" \
			-days 10 -out "$tmp/ca/$me.pem" -extfile - <<-EOF
			subjectAltName = DNS:$me-cert.example.org
			keyUsage = digitalSignature
		EOF
	done
} 2>/dev/null

setup() {
	local side me=moon
	certs
	for side in us them; do
		mkdir -p "$tmp/$side"/{x509,x509ca,private}
		cp "$tmp/ca/$me.pem" "$tmp/$side/x509/"
		cp "$tmp/ca/$me.key" "$tmp/$side/private/"
		cp "$tmp/ca/ca.pem" "$tmp/$side/x509ca/"
		conf $side >"$tmp/$side/secike.conf"
		me=sun
	done
	cp "$tmp/them/secike.conf" "$SWANCTL_DIR/swanctl.conf"
	charon_start
}

# ---- parts ---------------------------------------------------------------

# both_begin NAME: the connection is made from both sides, and ended from both
both_begin() {
	shown "$1: we begin" ike up $1 timeout 20
	shown "$1: bytes get through" traffic
	check "$1: we end it" ike down $1
	check "$1: no SA is left here" wait_for 5 sas_are "$G1" 0
	check "$1: nor there" wait_for 5 sas_are "$G2" 0
	shown "$1: the peer begins" swan --initiate --child $1-net --timeout 20
	check "$1: it is up here too" wait_for 5 is $1 up
	shown "$1: bytes get through" traffic
}

peer_ends() {
	check "$1: the peer ends it" swan --terminate --ike $1 --timeout 20
	shown "$1: no SA is left here" wait_for 5 sas_are "$G1" 0
	check "$1: nor there" wait_for 5 sas_are "$G2" 0
}

part_psk() {
	same "psk: what is not up is listed" "$(state_of psk)" down
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	both_begin psk
	under_traffic "psk: we rekey the child" rekeys child_spis ike rekey psk/psk-net
	under_traffic "psk: the peer rekeys the child" rekeys child_spis swan --rekey --child psk-net
	under_traffic "psk: we rekey the IKE SA" rekeys ike_spis ike rekey psk
	under_traffic "psk: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike psk
	shown "psk: bytes get through after all of it" traffic
	peer_ends psk
	none_captured "psk: nothing was in clear, nothing else on the wire" wire
}

part_cert() {
	both_begin cert
	peer_ends cert
}

# encapsulated NS: number of its IPsec SAs in UDP
encapsulated() {
	case $(impl_of "$1") in
	nfsec) secctl -n "$1" -j state list | jq '[.[] | select(.encap)] | length' ;;
	xfrm) ip -n "$1" xfrm state | grep -c 'encap type espinudp' ;;
	esac
}

# in_udp NAME: SAs and packets are
in_udp() {
	same "$1: in UDP here" "$(encapsulated "$G1")" 2
	same "$1: and there" "$(encapsulated "$G2")" 2
	shown "$1: bytes get through" traffic
	under_traffic "$1: we rekey the child" rekeys child_spis ike rekey $1/$1-net
	shown "$1: bytes get through after that" traffic
}

# Each of them forces UDP where it begins.
part_natt() {
	capture wire "$R" G1 esp
	shown "natt-us: we begin" ike up natt-us timeout 20
	in_udp natt-us
	peer_ends natt-us
	shown "natt-them: the peer begins" swan --initiate --child natt-them-net --timeout 20
	check "natt-them: it is up here too" wait_for 5 is natt-them up
	in_udp natt-them
	check "natt-them: we end it" ike down natt-them
	check "natt-them: no SA is left there" wait_for 5 sas_are "$G2" 0
	none_captured "natt: no ESP without UDP" wire
}

part_dpd() {
	check "dpd: we begin" ike up dpd timeout 20
	capture live "$R" G1 "udp port 500 or udp port 4500"
	sleep 5
	capture_stop live
	more "dpd: silent peers are asked for life" "$REPLY" 4
	check "dpd: both are still there" sas_are "$G1" 2
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	ns_sysctl "$R" net.ipv4.ip_forward=0
	shown "dpd: a dead peer is found to be dead" wait_for 25 sas_are "$G1" 0
	check "dpd: traffic is blocked" blocked
	ns_sysctl "$R" net.ipv4.ip_forward=1
	shown "dpd: it comes up again by itself" wait_for 20 is dpd up
	shown "dpd: bytes get through" traffic
	none_captured "dpd: nothing was in clear" wire
	check "dpd: we end it" ike down dpd
	check "dpd: no SA is left there" wait_for 15 sas_are "$G2" 0
}

both_rekey() {
	secctl -n "$G2" ike rekey $1 &
	ike rekey $1 && wait $!
}

other_change() { changed $1 "$2" && sas_are "$G1" 2 && sas_are "$G2" 2; }

part_self() {
	local before
	kill "$(cat "$tmp/charon.daemon")"
	wait "$(cat "$tmp/charon.daemon")" 2>/dev/null
	rm "$tmp/charon.daemon"
	ip -n "$G2" xfrm state flush
	ip -n "$G2" xfrm policy flush
	impl_G2=nfsec
	shown "self: secike starts there too" secike_start them "$G2"
	shown "self: we begin" ike up cert timeout 20
	shown "self: bytes get through" traffic
	under_traffic "self: we rekey the child" rekeys child_spis ike rekey cert/cert-net
	under_traffic "self: the peer rekeys the IKE SA" rekeys ike_spis secctl -n "$G2" ike rekey cert
	before=$(child_spis)
	under_traffic "self: both rekey the child at once" both_rekey cert-net
	check "self: one pair is left" wait_for 10 other_change child_spis "$before"
	shown "self: bytes get through" traffic

	# another configuration: what is the same goes on
	before=$(child_spis)
	conf us waits >"$tmp/us/secike.conf"
	check "self: the configuration is read again" ike reload
	same "self: what did not change stays" "$(child_spis)" "$before"
	conf us waits fresh >"$tmp/us/secike.conf"
	check "self: the configuration is read once more" ike reload
	shown "self: what changed has ended" wait_for 5 sas_are "$G2" 0

	# the child of trap has waited since
	check "self: a packet brings the trap up" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=20000 timeout=20
	same "self: it is up" "$(state_of trap)" up
	check "self: the peer ends it" secctl -n "$G2" ike down trap
	check "self: no SA is left here" wait_for 5 sas_are "$G1" 0
	echo "nonsense = 1" >>"$tmp/us/secike.conf"
	check_not "self: a wrong configuration is refused" ike reload 2>/dev/null
	same "self: and the one before goes on" "$(state_of trap)" down

	# an end without goodbye: closed, and taken over by the next one
	check "self: up once more" ike up trap timeout 20
	conf us waits >"$tmp/us/secike.conf"
	kill -KILL "$(cat "$tmp/us.daemon")"
	{ wait "$(cat "$tmp/us.daemon")"; } 2>/dev/null
	same "self: SAs outlive a daemon that is killed" "$(sas "$G1")" 2
	shown "self: the next one starts" secike_start us "$G1"
	same "self: and removes them" "$(sas "$G1")" 0
	check "self: up again" ike up trap timeout 20
	shown "self: bytes get through" traffic
	secike_stop us
	same "self: nothing is left at the end" "$(sas "$G1") $(secctl -n "$G1" -j policy list | jq length)" "0 0"
	check "self: the peer knows" wait_for 5 sas_are "$G2" 0
}

echo "# start: $SECONDS s"
setup
shown "secike starts" secike_start us "$G1"
shown "charon takes its configuration" swan --load-all
note "ready: $SECONDS s"
for part in psk cert natt dpd self; do
	[[ $parts != *" $part "* ]] || ! declare -F part_$part >/dev/null || part_$part
	note "$part: $SECONDS s"
done
[ $ktap_failed = 0 ] || { logs; note "$(tail -n 20 "$tmp/swanctl.out")"; note "$(cat "$tmp/charon.out")"; }
finish
