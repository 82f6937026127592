# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # variables from and for the other files
# secike in G1 and charon, or another secike, in G2, for the scripts beside. To be sourced
# by bash with the names of parts, of which $all_parts are all.

parts=$*
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
for tool in secike swanctl openssl; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
charon=$(command -v charon-systemd) || skip_all "charon-systemd is not installed"
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
	local pid rc=0
	pid=$(cat "$tmp/$1.daemon")
	rm -f "$tmp/$1.daemon"
	kill "$pid"
	wait "$pid" || rc=$?
	return $rc
}

charon_start() {
	cat >"$tmp/strongswan.conf" <<-EOF
	charon-systemd {
		load = random nonce openssl pem pkcs1 pkcs8 x509 revocation constraints pubkey hmac kdf curve25519 ml kernel-netlink socket-default vici updown eap-identity eap-mschapv2 eap-md5
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
				cfg = 2
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

# G2 is for another secike then
charon_ends() {
	kill "$(cat "$tmp/charon.daemon")"
	wait "$(cat "$tmp/charon.daemon")" 2>/dev/null
	rm "$tmp/charon.daemon"
	ip -n "$G2" xfrm state flush
	ip -n "$G2" xfrm policy flush
	impl_G2=nfsec
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
	xfrm) ip -n "$1" xfrm state | grep -Ec '^[[:space:]](aead|enc) ' ;;
	esac
}

sas_are() { [ "$(sas "$1")" = "$2" ]; }

# encapsulated NS: number of its IPsec SAs in UDP
encapsulated() {
	case $(impl_of "$1") in
	nfsec) secctl -n "$1" -j state list | jq '[.[] | select(.encap)] | length' ;;
	xfrm) ip -n "$1" xfrm state | grep -c 'encap type espinudp' ;;
	esac
}

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

# under_traffic NAME COMMAND...: no packet from $from to $to may be lost while it does
# its work
from=$A to=10.2.0.2
under_traffic() {
	local name=$1
	shift
	in_ns "$from" ping -q -i 0.02 -W 2 -c 100 $to >"$tmp/ping" &
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

names="psk cert natt-us natt-them dpd trap host move map six alg-1 alg-2 alg-3 alg-4 alg-5"
# several key exchanges in one negotiation; strongSwan 5.9 has not that
case ${NFSEC_MACHINE:-} in
vm-6.1) ;;
*) names+=" alg-6" ;;
esac
# nor all that have it ML-KEM
[ "${NFSEC_MACHINE:-}" != vm-7.2 ] || names+=" alg-7"

# algs NUMBER: sets those of the IKE SA and of the child
algs() {
	case $1 in
	alg-1) ike_algs=aes256gcm16-prfsha384-ecp384 esp_algs=chacha20poly1305-ecp256 ;;
	alg-2) ike_algs=aes128-sha256-modp2048 esp_algs=aes256-sha512-modp2048-esn ;;
	alg-3) ike_algs=chacha20poly1305-prfsha512-x25519 esp_algs=aes256gcm16-esn ;;
	alg-4) ike_algs=aes256-sha384-ecp521 esp_algs=aes128ctr-sha256-ecp521 ;;
	alg-6) ike_algs=aes256gcm16-prfsha384-x25519-ke1_ecp384 esp_algs=aes256gcm16-x25519-ke1_ecp384 ;;
	alg-7) ike_algs=aes256gcm16-prfsha384-x25519-ke1_mlkem768 esp_algs=aes256gcm16-x25519-ke1_mlkem768 ;;
	alg-5) ike_algs=aes192-sha512-modp3072 esp_algs=aes128ccm16 ;;
	*) ike_algs=aes256gcm16-prfsha384-x25519 esp_algs=aes128gcm16-x25519,aes128-sha256-ecp256 ;;
	esac
}

# conf us|them [WORD...]: the configuration of one side; with "fresh" cert is another one,
# with "waits" the child of trap waits for packets
conf() {
	local side=$1 me=moon it=sun local=$self remote=$peer lnet=10.1.0.0/24 rnet=10.2.0.0/24
	local name here there lts rts ike_algs esp_algs i=0
	[ $side = us ] || me=sun it=moon local=$peer remote=$self lnet=10.2.0.0/24 rnet=10.1.0.0/24
	shift
	echo "connections {"
	for name in $names; do
		algs $name
		case $name$side in
		sixus) here=fd11::1 there=fd12::1 lts=$lnet,fd01::/64 rts=$rnet,fd02::/64 ;;
		sixthem) here=fd12::1 there=fd11::1 lts=$lnet,fd02::/64 rts=$rnet,fd01::/64 ;;
		host*) here=$local there=$remote lts=dynamic rts=dynamic ;;
		mapus) here=$local there=%any lts=$lnet rts=$rnet ;;
		moveus) here=%any there=$remote lts=$lnet rts=$rnet ;;
		*) here=$local there=$remote lts=$lnet rts=$rnet ;;
		esac
		cat <<-EOF
		$name {
			version = 2
			local_addrs = $here
			remote_addrs = $there
			proposals = $ike_algs
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
					local_ts = $lts
					remote_ts = $rts
					$( [ $name != host ] || echo "mode = transport" )
					$( [ $name != psk ] || echo "replay_window = 4096" )
					$( [[ $name$* != trap*waits* ]] || echo "start_action = trap" )
					rekey_time = 0
					esp_proposals = $esp_algs
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

# What scripts add to the configuration of a side, and files for that
more_conf() { :; }
more_files() { :; }

setup() {
	local side me=moon
	certs
	for side in us them; do
		mkdir -p "$tmp/$side"/{x509,x509ca,private}
		cp "$tmp/ca/$me.pem" "$tmp/$side/x509/"
		cp "$tmp/ca/$me.key" "$tmp/$side/private/"
		cp "$tmp/ca/ca.pem" "$tmp/$side/x509ca/"
		{ conf $side; more_conf $side; } >"$tmp/$side/secike.conf"
		me=sun
	done
	more_files
	cp "$tmp/them/secike.conf" "$SWANCTL_DIR/swanctl.conf"
	charon_start
}

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

# comes_back NAME: R, which has held back what both send, does so no longer; "wire" has been
# captured since before that
comes_back() {
	check "$1: traffic is blocked" blocked
	ns_sysctl "$R" net.ipv4.ip_forward=1
	shown "$1: it comes up again by itself" wait_for 20 is $1 up
	shown "$1: bytes get through" traffic
	none_captured "$1: nothing was in clear" wire
	check "$1: we end it" ike down $1
}

# run_parts: what was asked for
run_parts() {
	local part
	setup
	shown "secike starts" secike_start us "$G1"
	shown "charon takes its configuration" swan --load-all
	note "ready: $SECONDS s"
	for part in ${parts:-$all_parts}; do
		part_$part
		note "$part: $SECONDS s"
	done
	[ $ktap_failed = 0 ] || { logs; note "$(tail -n 20 "$tmp/swanctl.out")"; note "$(cat "$tmp/charon.out")"; }
	finish
}
