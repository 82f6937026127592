# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # variables from and for the other files
# pluto of libreswan as the peer, for libreswan.sh and libreswan-impair.sh: secike in G1,
# pluto in G2 on the kernel's XFRM. To be sourced by bash like daemons.sh, whose
# configuration of secike and whose tests are used.

# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"
libexec=/usr/libexec/ipsec
for tool in $libexec/pluto $libexec/whack certutil pk12util; do
	command -v $tool >/dev/null || skip_all "$tool of libreswan is not here"
done
them=$tmp/pluto

# ---- configuration -------------------------------------------------------

# their_algs NAME: what algs of daemons.sh says, for pluto
their_algs() {
	esn=either pfs=no
	case $1 in
	alg-1) ike_algs=aes_gcm256-sha2_384-dh20 esp_algs="chacha20_poly1305;dh19" pfs=yes ;;
	alg-2) ike_algs=aes128-sha2_256-dh14 esp_algs="aes256-sha2_512;dh14" pfs=yes esn=yes ;;
	alg-3) ike_algs=chacha20_poly1305-sha2_512-dh31 esp_algs=aes_gcm256 esn=yes ;;
	alg-4) ike_algs=aes256-sha2_384-dh21 esp_algs="aes_ctr128-sha2_256;dh21" pfs=yes esn=no ;;
	alg-5) ike_algs=aes192-sha2_512-dh15 esp_algs=aes_ccm128 ;;
	group-us) ike_algs=aes_gcm256-sha2_384-dh19 esp_algs="aes_gcm128;dh31" pfs=yes ;;
	group-them) ike_algs=aes_gcm256-sha2_384-dh31+dh19 esp_algs="aes_gcm128;dh31" pfs=yes ;;
	*) ike_algs=aes_gcm256-sha2_384-dh31 esp_algs="aes_gcm128;dh31" pfs=yes ;;
	esac
}

# near NAME ADDRESS: another address beside it for a connection with algorithms of its own:
# in IKE_SA_INIT only addresses are known, and pluto takes the first that fits these
near() {
	case $1 in
	group-us) echo "${2%.*}.3" ;;
	group-them) echo "${2%.*}.4" ;;
	alg-*) echo "${2%.*}.1${1#alg-}" ;;
	*) echo "$2" ;;
	esac
}

# their_conf NAME: one connection of theirs; those that are not in $names are variants
their_conf() {
	local name=$1 local=$peer remote=$self lnet=10.2.0.0/24 rnet=10.1.0.0/24 esn pfs ike_algs esp_algs
	their_algs $name
	case $name in
	six) local=fd12::1 remote=fd11::1 lnet+=,fd02::/64 rnet+=,fd01::/64 ;;
	host) lnet='' rnet='' ;;
	narrow) lnet=10.2.0.0/16 rnet=10.0.0.0/8 ;;
	esac
	cat <<-EOF
	conn $name
	 left=$(near $name $local)
	 right=$(near $name $remote)
	 leftid=@sun-$name.example.org
	 rightid=@moon-$name.example.org
	 ike=$ike_algs
	 esp=$esp_algs
	 esn=$esn
	 pfs=$pfs
	EOF
	case $name in
	cert | rsa)
		printf ' rightca=%%same\n'
		[ $name = cert ] && printf ' leftcert=sun\n authby=ecdsa\n' ||
			printf ' leftcert=sun-rsa\n authby=rsasig\n' ;;
	*) echo " authby=secret" ;;
	esac
	[ -z "$lnet" ] || printf ' leftsubnet=%s\n rightsubnet=%s\n' $lnet $rnet
	case $name in
	natt-them) echo " encapsulation=yes" ;;
	dpd) echo " dpddelay=2s" ;;
	host) echo " type=transport" ;;
	esac
	[ $name != narrow ] || echo " narrowing=yes"
}

pluto_conf() {
	cat <<-EOF
	config setup
	 uniqueids=no
	conn %default
	 auto=add
	 keyexchange=ikev2
	 leftupdown=%disabled
	 rekey=no
	 initial-contact=yes
	 retransmit-interval=500
	 retransmit-timeout=6s
	EOF
	local name
	for name in $names; do
		their_conf $name
	done
}

pluto_secrets() {
	local name
	for name in $names; do
		echo "@sun-$name.example.org @moon-$name.example.org : PSK \"the secret of ${name/#secret/it}\""
	done
}

# An RSA pair beside the one of certs; with it IKE_AUTH does not fit in one packet
rsa_certs() {
	local me long
	printf -v long %0800d 0
	for me in moon sun; do
		openssl req -newkey rsa:2048 -nodes -keyout "$tmp/ca/$me-rsa.key" -out "$tmp/ca/$me-rsa.csr" \
			-subj "/O=Example/CN=$me-rsa"
		openssl x509 -req -in "$tmp/ca/$me-rsa.csr" -CA "$tmp/ca/ca.pem" -CAkey "$tmp/ca/ca.key" \
			-days 10 -out "$tmp/ca/$me-rsa.pem" -extfile - <<-EOF
			subjectAltName = DNS:$me-rsa.example.org
			nsComment = $long
			keyUsage = digitalSignature
		EOF
	done
} 2>/dev/null

# Those of sun, called as their files are
nss_certs() {
	local name
	mkdir -p "$them/nss"
	certutil -N -d "sql:$them/nss" --empty-password
	for name in sun sun-rsa; do
		openssl pkcs12 -export -name $name -passout pass: -in "$tmp/ca/$name.pem" \
			-inkey "$tmp/ca/$name.key" -certfile "$tmp/ca/ca.pem" -caname ca -out "$tmp/ca/$name.p12"
		pk12util -i "$tmp/ca/$name.p12" -d "sql:$them/nss" -W ''
	done
	certutil -A -d "sql:$them/nss" -n ca -t CT,, -i "$tmp/ca/ca.pem"
	certutil -L -d "sql:$them/nss"
} >>"$tmp/nss.out" 2>&1

# ---- running it ----------------------------------------------------------

pluto_start() {
	mkdir -p "$them"
	pluto_conf >"$them/ipsec.conf"
	pluto_secrets >"$them/ipsec.secrets"
	chmod 600 "$them/ipsec.secrets"
	ip netns exec "$G2" $libexec/pluto --nofork --config "$them/ipsec.conf" --rundir "$them" \
		--ipsecdir "$them" --secretsfile "$them/ipsec.secrets" --nssdir "$them/nss" \
		--logfile "$tmp/pluto.log" --log-no-time --no-dnssec --nhelpers 1 \
		>"$tmp/pluto.out" 2>&1 &
	echo $! >"$tmp/pluto.daemon"
	wait_for 30 pluto_ready && whack --impair revival && [ "$(grep -c '^".*": added' "$tmp/pluto.log")" = "$(wc -w <<<"$names")" ]
}

# It has them all, then listens, then reads its secrets.
pluto_ready() {
	grep -q 'loading secrets from' "$tmp/pluto.log" 2>/dev/null
}

# whack ARG... A connection that we end is not to be made anew: that impairment is always there.
whack() {
	timeout 60 $libexec/whack --rundir "$them" "$@" >>"$tmp/whack.out" 2>&1
}

# they NAME: the peer makes the connection, and both know
they() {
	whack --initiate --name $1 && wait_for 5 is $1 up
}

logs() {
	note "secike: $(tail -n 25 "$tmp/us.log")"
	[ ! -e "$tmp/pluto.log" ] || note "pluto: $(tail -n 25 "$tmp/pluto.log")"
}

# begins US|THEM NAME
begins() {
	case $1 in
	us) ike up $2 timeout 20 ;;
	them) they $2 ;;
	esac
}

# both_begin NAME: the connection is made from both sides, and ended from both
both_begin() {
	shown "$1: we begin" begins us $1
	shown "$1: bytes get through" traffic
	check "$1: we end it" ike down $1
	nothing_left "$1"
	shown "$1: the peer begins" begins them $1
	shown "$1: bytes get through" traffic
}

# nothing_left NAME
nothing_left() {
	shown "$1: no SA is left here" wait_for 8 sas_are "$G1" 0
	shown "$1: nor there" wait_for 12 sas_are "$G2" 0
}

peer_ends() {
	check "$1: the peer ends it" whack --terminate --name $1
	nothing_left "$1"
}

pluto_setup() {
	mkdir -p "$tmp"/us/{x509,x509ca,private}
	certs
	rsa_certs
	cp "$tmp"/ca/moon*.pem "$tmp/us/x509/"
	cp "$tmp"/ca/moon*.key "$tmp/us/private/"
	cp "$tmp/ca/ca.pem" "$tmp/us/x509ca/"
	{ names=${names%% rsa*} conf us; our_more; } >"$tmp/us/secike.conf"
	nss_certs
}

# what scripts add to the configuration of secike
our_more() { :; }

run_parts() {
	local part
	pluto_setup
	shown "secike starts" secike_start us "$G1"
	shown "pluto starts, with its configuration" pluto_start
	note "ready: $SECONDS s"
	[ $ktap_failed = 0 ] || { cp "$tmp"/*.log "$tmp"/*.out "$RESULTS/"; note "$(cat "$tmp/nss.out" "$tmp/pluto.out")"; finish; }
	for part in ${parts:-$all_parts}; do
		part_$part
		note "$part: $SECONDS s"
	done
	check "secike is alive" kill -0 "$(cat "$tmp/us.daemon")"
	[ $ktap_failed = 0 ] || cp "$tmp"/*.log "$tmp"/*.out "$RESULTS/"
	[ $ktap_failed = 0 ] || { logs; note "$(tail -n 20 "$tmp/whack.out")"; note "$(cat "$tmp/pluto.out")"; }
	finish
}
