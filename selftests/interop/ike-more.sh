#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against charon of strongSwan on XFRM in transport mode, with IPv6, and with
# many algorithms; addresses inside of the tunnel, raw public keys, RSA, a post-quantum
# preshared key, EAP; then against itself: rekeying from both ends at once, another configuration,
# traps, an end without goodbye.
#
#   ike-more.sh [PART...]      more inner proof eap self; all of them if none is named

all_parts="more inner proof eap self"
# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"

hosts() {
	agent ping "$G1" $self $peer timeout=2 && agent ping "$G2" $peer $self timeout=2 &&
	agent udp "$G1" $self "$G2" $peer len=1,700,1300,3000 timeout=2
}

# Transport mode, with policies that IKE itself would fall under; IPv6 outside, both inside;
# algorithms.
part_more() {
	local i from=$G1 to=$peer
	shown "host: we begin" ike up host timeout 20
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "host: bytes get through" hosts
	under_traffic "host: we rekey the child" rekeys child_spis ike rekey host/host-net
	shown "host: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike host
	shown "host: bytes get through after that" hosts
	peer_ends host
	shown "host: the peer begins" swan --initiate --child host-net --timeout 20
	shown "host: bytes get through" hosts
	check "host: we end it" ike down host
	none_captured "host: nothing was in clear" wire
	from=$A to=10.2.0.2

	shown "six: we begin" ike up six timeout 20
	shown "six: IPv4 gets through" traffic
	shown "six: IPv6 gets through" agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2
	under_traffic "six: the peer rekeys the child" rekeys child_spis swan --rekey --child six-net
	peer_ends six
	shown "six: the peer begins" swan --initiate --child six-net --timeout 20
	shown "six: IPv6 gets through" agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2
	check "six: we end it" ike down six

	for i in 1 2 3 4 5 6 7; do
		[[ " $names " = *" alg-$i "* ]] || continue
		algs alg-$i
		if [ $((i % 2)) = 1 ]; then
			shown "$ike_algs $esp_algs: we begin" ike up alg-$i timeout 20
		else
			shown "$ike_algs $esp_algs: the peer begins" swan --initiate --child alg-$i-net --timeout 20
		fi
		shown "$esp_algs: bytes get through" traffic
		check "$esp_algs: we rekey the child" rekeys child_spis ike rekey alg-$i/alg-$i-net
		check "$ike_algs: the peer rekeys the IKE SA" rekeys ike_spis swan --rekey --ike alg-$i
		check "$esp_algs: the peer rekeys the child" rekeys child_spis swan --rekey --child alg-$i-net
		shown "$esp_algs: bytes get through after that" traffic
		check "$esp_algs: we end it" ike down alg-$i
	done
}

# entry NAME LOCAL_TS REMOTE_TS [LINE...]: a connection of $side; $proof is how it
# authenticates
entry() {
	local name=$1 lts=$2 rts=$3
	shift 3
	printf '%s {\nversion = 2\nrekey_time = 0\nlocal_addrs = %s\nremote_addrs = %s\n' \
		$name $local $remote
	printf '%s\n' "$@"
	cat <<-EOF
		local {
			id = $me-$name.example.org
			${proof//SIDE/$me}
		}
		remote {
			id = $it-$name.example.org
			${proof//SIDE/$it}
		}
		children {
			$name-net {
				local_ts = $lts
				remote_ts = $rts
				rekey_time = 0
				$child_line
			}
		}
	}
	EOF
}

# eap_entry NAME METHOD CLIENT USER EAP_ID: who is CLIENT, moon or sun, is USER for the other one,
# which has a certificate and expects EAP_ID
eap_entry() {
	local name=$1 method=$2 lines
	if [ $3 = $me ]; then
		lines="local {
			id = $me-$name.example.org
			auth = $method
			eap_id = $4
		}
		remote {
			id = $it-cert.example.org
			auth = pubkey
			cacerts = ca.pem
		}"
	else
		lines="local {
			id = $me-cert.example.org
			auth = pubkey
			certs = $me.pem
		}
		remote {
			id = $it-$name.example.org
			auth = $method
			eap_id = $5
		}"
	fi
	cat <<-EOF
	$name {
		version = 2
		rekey_time = 0
		local_addrs = $local
		remote_addrs = $remote
		$lines
		children {
			$name-net {
				local_ts = $lnet
				remote_ts = $rnet
				rekey_time = 0
			}
		}
	}
	EOF
}

# Users for EAP: alice and eve are moon, bob and mallory are sun; the passwords of eve and mallory
# are not what the other side knows.
eap_conf() {
	local there=eap-mschapv2
	[ $side = them ] || there=eap
	eap_entry eap-out $there moon alice %any
	eap_entry eap-wrong eap-mschapv2 moon eve %any
	eap_entry eap-in eap-mschapv2 sun bob %any
	eap_entry eap-false eap-mschapv2 sun mallory %any
	[ $weak = yes ] || return 0
	eap_entry eap-weak-out eap-md5 moon alice %any
	eap_entry eap-weak-in eap-md5 sun bob %any
}

# What comes to more of both: road is a client here, office one there.
more_conf() {
	local side=$1 me=moon it=sun local=$self remote=$peer lnet=10.1.0.0/24 rnet=10.2.0.0/24
	local proof="auth = psk" weak=${2:-no} child_line=
	[ $side = us ] || me=sun it=moon local=$peer remote=$self lnet=10.2.0.0/24 rnet=10.1.0.0/24
	echo "connections {"
	if [ $side = us ]; then
		child_line="updown = $tmp/updown $tmp/updown.log"
		entry road dynamic $rnet "vips = 0.0.0.0"
		child_line=
		entry office $lnet dynamic "pools = inner"
		cat <<-EOF
		shunts {
			children {
				always {
					mode = pass
					local_ts = 172.16.1.0/24
					remote_ts = 172.16.1.0/24
					start_action = trap
				}
				never {
					mode = drop
					remote_ts = 172.16.0.0/16
					start_action = trap
				}
			}
		}
		EOF
	else
		entry road $lnet dynamic "pools = inner"
		entry office dynamic $rnet "vips = 0.0.0.0"
	fi
	entry ppk $lnet $rnet "ppk_id = quantum.example.org" "ppk_required = yes"
	proof="auth = pubkey
	certs = SIDE-rsa.pem"
	entry rsa $lnet $rnet
	proof="auth = pubkey
	pubkeys = SIDE.pem"
	entry raw $lnet $rnet
	eap_conf
	cat <<-EOF
	}
	pools {
		inner {
			addrs = 10.$( [ $side = us ] && echo 4 || echo 3 ).0.5-10.$( [ $side = us ] && echo 4 || echo 3 ).0.9
			dns = 10.2.0.53
		}
	}
	secrets {
		ike-more {
			id-1 = moon-road.example.org
			id-2 = moon-office.example.org
			id-3 = moon-ppk.example.org
			id-4 = sun-road.example.org
			id-5 = sun-office.example.org
			id-6 = sun-ppk.example.org
			secret = "the secret of more"
		}
		eap-alice {
			id = alice
			secret = "the password of alice"
		}
		eap-bob {
			id = bob
			secret = "and that of bob"
		}
		eap-eve {
			id = eve
			secret = "what $side know of eve"
		}
		eap-mallory {
			id = mallory
			secret = "what $side know of mallory"
		}
		ppk-more {
			id = quantum.example.org
			secret = 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
		}
	}
	EOF
}

more_files() {
	local me side
	for me in moon sun; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 10 -keyout "$tmp/ca/$me-rsa.key" \
			-out "$tmp/ca/$me-rsa.pem" -subj "/O=Example/CN=$me" \
			-addext subjectAltName=DNS:$me-rsa.example.org
		openssl pkey -in "$tmp/ca/$me.key" -pubout -out "$tmp/ca/$me.pub"
		for side in us them; do
			mkdir -p "$tmp/$side/pubkey"
			cp "$tmp/ca/$me-rsa.pem" "$tmp/$side/x509/"
			cp "$tmp/ca/$me.pub" "$tmp/$side/pubkey/$me.pem"
		done
	done 2>/dev/null
	cp "$tmp/ca/moon-rsa.key" "$tmp/us/private/"
	cp "$tmp/ca/sun-rsa.key" "$tmp/them/private/"
	cat >"$tmp/updown" <<-'EOF'
	#!/bin/sh
	env | grep ^PLUTO_ >>"$1"
	EOF
	chmod +x "$tmp/updown"
}

told() { grep -qx "$1" "$tmp/updown.log"; }
# inner_addr NS NET: the address that it has of the pool 10.NET.0.5 to 10.NET.0.9
inner_addr() { ip -n "$1" -4 -o addr | sed -n "s,.* inet \\(10\\.$2\\.0\\.[5-9]\\)/.*,\\1,p"; }
has_no_addr() { [ -z "$(inner_addr "$@")" ]; }
inner_ping() { in_ns "$1" ping -q -c 3 -i 0.2 -W 2 "$2" >/dev/null; }

part_inner() {
	local addr
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "road: we begin" ike up road timeout 20
	addr=$(inner_addr "$G1" 3)
	check "road: an address of the pool is ours" [ -n "$addr" ]
	check "road: the program is told" wait_for 5 told PLUTO_VERB=up-client
	check "road: of the address" told PLUTO_MY_SOURCEIP=$addr
	check "road: and of the name server" told PLUTO_DNS4_1=10.2.0.53
	shown "road: packets have it as their source" inner_ping "$G1" 10.2.0.2
	shown "road: and bytes get through" agent udp "$G1" $addr "$B" 10.2.0.2 len=1,700,1300 timeout=2
	check "road: we rekey the IKE SA" ike rekey road
	sleep 2
	same "road: the address stays" "$(inner_addr "$G1" 3)" $addr
	check "road: the peer rekeys the child" rekeys child_spis swan --rekey --child road-net
	shown "road: packets get through after that" inner_ping "$G1" 10.2.0.2
	check_not "road: the program hears nothing of it" told PLUTO_VERB=down-client
	peer_ends road
	check "road: the address is gone" wait_for 5 has_no_addr "$G1" 3
	check "road: the program is told" wait_for 5 told PLUTO_VERB=down-client

	shown "office: the peer begins" swan --initiate --child office-net --timeout 20
	addr=$(inner_addr "$G2" 4)
	same "office: it has an address of our pool" "$addr" 10.4.0.5
	shown "office: packets get through" agent udp "$G2" $addr "$A" 10.1.0.2 len=1,700,1300 timeout=2
	check "office: we rekey the child" rekeys child_spis ike rekey office/office-net
	shown "office: packets get through after that" agent udp "$G2" $addr "$A" 10.1.0.2 len=1,700 timeout=2
	check "office: we end it" ike down office
	check "office: the address is gone" wait_for 5 has_no_addr "$G2" 4
	none_captured "inner: nothing was in clear" wire

	check "pass: what may go in clear does" inner_ping "$G1" 172.16.1.254
	check_not "drop: the rest of that net does not" inner_ping "$G1" 172.16.2.1
	shown "drop: but for what is protected" ike up psk timeout 20
	shown "drop: which gets through" traffic
	check "drop: we end that" ike down psk
}

part_proof() {
	local name
	for name in raw rsa ppk; do
		both_begin $name
		peer_ends $name
	done
}

# no_sas NAME: what was refused left nothing
no_sas() {
	check "$1: no SA here" wait_for 5 sas_are "$G1" 0
	check "$1: nor there" wait_for 5 sas_are "$G2" 0
}

said() { grep -q "$2" "$tmp/$1.log"; }

# eap_weak yes|no: configurations with a weak method, or without
eap_weak() {
	local side
	for side in us them; do
		{ conf $side; more_conf $side $1; } >"$tmp/$side/secike.conf"
	done
	cp "$tmp/them/secike.conf" "$SWANCTL_DIR/swanctl.conf"
}

# EAP of who begins, a certificate of the other one
part_eap() {
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or $housekeeping)"
	shown "IKE2-EAP-1 IKE2-EAP-3 eap: we begin, with a password" ike up eap-out timeout 20
	shown "eap: bytes get through" traffic
	check "IKE2-EAP-5 eap: the peer has asked who we are" said charon "received EAP identity 'alice'"
	peer_ends eap-out
	check_not "eap-wrong: we are refused" ike up eap-wrong timeout 20 2>/dev/null
	shown "IKE2-EAP-6 eap-wrong: by EAP" said us "eap-wrong: peer refused us in EAP"
	no_sas eap-wrong

	shown "IKE2-EAP-1 IKE2-EAP-3 eap: the peer begins, with a password" \
		swan --initiate --child eap-in-net --timeout 20
	check "eap: it is up here too" wait_for 5 is eap-in up
	shown "eap: bytes get through" traffic
	check "eap: it has proved to be bob" said us 'eap-in: peer authenticated by EAP: "bob"'
	check "eap: we end it" ike down eap-in
	no_sas eap-in
	check_not "eap-false: the peer is refused" swan --initiate --child eap-false-net --timeout 20
	shown "eap-false: by EAP" said us 'by EAP: "mallory": wrong password'
	no_sas eap-false
	none_captured "eap: nothing was in clear" wire
	check_not "eap: no password is in the log" said us 'password of alice\|that of bob\|know of'

	# a method without a key: with consent to what is weak; libcrypto's legacy provider is
	# loaded behind the filter of system calls then
	secike_stop us
	conf us >"$tmp/us/secike.conf"
	shown "eap-weak: secike starts without EAP" secike_start us "$G1" -w
	eap_weak yes
	check_not "eap-weak: without consent it is refused" secike -t -c "$tmp/us/secike.conf" 2>/dev/null
	shown "eap-weak: with it EAP comes with another configuration" ike reload
	shown "eap-weak: charon takes its configuration" swan --load-all
	shown "IKE2-EAP-3 eap-weak: we begin, with a method that makes no key" ike up eap-weak-out timeout 20
	shown "eap-weak: bytes get through" traffic
	peer_ends eap-weak-out
	shown "IKE2-EAP-3 eap-weak: the peer begins" swan --initiate --child eap-weak-in-net --timeout 20
	shown "eap-weak: bytes get through" traffic
	check "eap-weak: we end it" ike down eap-weak-in
	no_sas eap-weak-in
	eap_weak no
	check "eap-weak: and that is over" ike reload
}

both_rekey() {
	secctl -n "$G2" ike rekey $1 &
	ike rekey $1 && wait $!
}

other_change() { changed $1 "$2" && sas_are "$G1" 2 && sas_are "$G2" 2; }

part_self() {
	local before
	charon_ends
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
	shown "self: it ends as it should" secike_stop us
	same "self: nothing is left at the end" "$(sas "$G1") $(secctl -n "$G1" -j policy list | jq length)" "0 0"
	check "self: the peer knows" wait_for 5 sas_are "$G2" 0
	check "self: and ends as it should, too" secike_stop them
}

run_parts
