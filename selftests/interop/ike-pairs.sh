#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2086,SC2154,SC2317,SC2329 # no spaces in these; check calls functions
# secike on nfsec against charon of strongSwan on XFRM, pairwise: who begins, how they
# authenticate, algorithms of the IKE SA and of the child, sequence numbers, mode and
# families, NAT, forward secrecy, who ends it. Any two values of different axes meet in
# a connection; each carries traffic, gets new keys for the child from the one side and
# for the IKE SA from the other, carries traffic again, and ends.
#
#   ike-pairs.sh [NUMBER...]      rows; all of them if none is named

all_parts=all
rows_wanted=" $* "
set -- all
# shellcheck source=selftests/interop/daemons.sh
. "$(dirname "$0")/daemons.sh"
here=$(dirname "$0")
ip -n "$R" route del fd01::/64
ip -n "$R" route del fd02::/64
rsa_and_others="rsa2048 rsa3072 ecdsa256 ecdsa384 ed25519"

rows() {
	local mode never=()
	# no NAT for IPv6
	for mode in 66 46 host6; do
		never+=(-n "nat=one,mode=$mode" -n "nat=both,mode=$mode")
	done
	"$here/pairs.py" "${never[@]}" begins=us,them ends=us,them \
		auth=psk,rsa2048-sha256,rsa3072-sha384,rsa2048-sha512,pss-sha256,ecdsa256,ecdsa384,ed25519 \
		ike=aes128-sha256,aes256-sha384,aes256-sha512,aes128gcm16,aes256gcm16,chacha20poly1305 \
		prf=prfsha256,prfsha384,prfsha512 \
		ke=modp2048,modp3072,modp4096,ecp256,ecp384,ecp521,x25519 \
		esp=aes128gcm16,aes256gcm16,chacha20poly1305,aes128-sha256,aes256-sha256,aes256-sha512 \
		esn=esn,noesn,esn-noesn mode=44,66,46,64,host4,host6 \
		nat=none,one,both,forced pfs=pfs,nopfs
}

# proof SIDE WHOSE: how WHOSE side proves who it is, as SIDE is told. The words that charon
# has for the peer are for its certificates as well, which are signed with ECDSA.
proof() {
	case $auth:$1$2 in
	psk:*) echo psk ;;
	ed25519:us*) echo ed25519 ;;
	*:themus|ed25519:*) echo pubkey ;;
	rsa*) echo rsa-${auth#*-} ;;
	pss*) echo rsa/pss-${auth#*-} ;;
	ecdsa*) echo ecdsa-${auth#ecdsa} ;;
	esac
}

# conf us|them: what $row says
conf() {
	local side=$1 other=them me=moon it=sun local=$self remote=$peer there=$r_self
	local lnet=10.1.0.0/24 rnet=10.2.0.0/24 key=${auth%%-*}
	[ $key != pss ] || key=rsa2048
	if [ $side = them ]; then
		other=us me=sun it=moon local=$peer remote=$self there=$r_peer
		lnet=10.2.0.0/24 rnet=10.1.0.0/24
	fi
	# outside
	case $mode$side in
	66us|46us|host6us) local=fd11::1 remote=fd12::1 ;;
	66them|46them|host6them) local=fd12::1 remote=fd11::1 ;;
	esac
	# inside
	case $mode$side in
	66us|64us) lnet=fd01::/64 rnet=fd02::/64 ;;
	66them|64them) lnet=fd02::/64 rnet=fd01::/64 ;;
	host*) lnet=dynamic rnet=dynamic ;;
	esac
	# who begins is behind the NAT, with "both" the other one is behind it, too
	case $nat in
	one|both)
		[ $begins = $side ] || remote=%any
		[ $nat$begins != both$side ] || remote=$there
		;;
	esac
	cat <<-EOF
	connections {
		pair {
			version = 2
			local_addrs = $local
			remote_addrs = $remote
			proposals = $ike-$prf-$ke
			rekey_time = 0
			$( [ $nat != forced ] || [ $begins != $side ] || echo "encap = yes" )
			local {
				id = $me.example.org
				auth = $(proof $side $side)
				$( [ $auth = psk ] || echo "certs = $me-$key.pem" )
			}
			remote {
				id = $it.example.org
				auth = $(proof $side $other)
				$( [ $auth = psk ] || echo "cacerts = ca.pem" )
			}
			children {
				pair-net {
					local_ts = $lnet
					remote_ts = $rnet
					$( [[ $mode != host* ]] || echo "mode = transport" )
					rekey_time = 0
					esp_proposals = $esp$pfs_word-$esn
				}
			}
		}
	}
	secrets {
		ike-pair {
			id-1 = moon.example.org
			id-2 = sun.example.org
			secret = "the secret of the pair"
		}
	}
	EOF
}

new_key() {
	case $1 in
	rsa*) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:${1#rsa} ;;
	ecdsa*) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-${1#ecdsa} ;;
	ed25519) openssl genpkey -algorithm ED25519 ;;
	esac
}

more_files() {
	local me side key=
	for key in $rsa_and_others; do
		for me in moon sun; do
			side=us
			[ $me = moon ] || side=them
			new_key $key >"$tmp/$side/private/$key.pem"
			openssl req -new -key "$tmp/$side/private/$key.pem" -subj "/O=Example/CN=$me" |
			openssl x509 -req -CA "$tmp/ca/ca.pem" -CAkey "$tmp/ca/ca.key" -days 10 \
				-out "$tmp/$side/x509/$me-$key.pem" \
				-extfile <(echo "subjectAltName = DNS:$me.example.org")
		done
	done 2>/dev/null
}

# row BEGINS ENDS AUTH...: what the row of these values says
row() {
	read -r begins ends auth ike prf ke esp esn mode nat pfs <<<"$*"
	pfs_word=-$ke
	[ $pfs = pfs ] || pfs_word=
}

# NAT in R
translate() {
	local near=172.16.2.254 far=$peer from=$self there=172.16.1.254
	in_ns "$R" nft flush ruleset
	[ $nat = one ] || [ $nat = both ] || return
	[ $begins = us ] || near=172.16.1.254 far=$self from=$peer there=172.16.2.254
	{
		echo "table ip nat {"
		[ $nat = one ] || echo "chain pre { type nat hook prerouting priority dstnat
			ip saddr $from ip daddr $there udp dport { 500, 4500 } dnat to $far; }"
		echo "chain post { type nat hook postrouting priority srcnat
			ip saddr $from ip daddr $far snat to $near; }"
		echo "}"
	} | in_ns "$R" nft -f -
	in_ns "$R" conntrack -F 2>/dev/null
}

# carries: bytes get through, both ways where no NAT has one side begin
carries() {
	local from=$G1 src=$self to=$G2 dst=$peer
	case $mode in
	44|46) traffic; return ;;
	66|64)
		# larger ones are for who sends them to make smaller
		agent ping "$A" fd01::2 fd02::2 timeout=2 && agent ping "$B" fd02::2 fd01::2 timeout=2 &&
		agent udp "$A" fd01::2 "$B" fd02::2 len=1,700,1300 timeout=2 &&
		agent tcp "$A" fd01::2 "$B" fd02::2 bytes=20000
		return
		;;
	host6) src=fd11::1 dst=fd12::1 ;;
	esac
	[ $begins = us ] || from=$G2 to=$G1 src=$peer dst=$self
	[ $mode$begins != host6them ] || src=fd12::1 dst=fd11::1
	case $nat$begins in
	bothus) agent ping "$from" "$src" $r_self timeout=2 ;;
	boththem) agent ping "$from" "$src" $r_peer timeout=2 ;;
	one*) agent tcp "$from" "$src" "$to" "$dst" bytes=20000 ;;
	*) agent udp "$from" "$src" "$to" "$dst" len=1,700,1300,3000 timeout=2 ;;
	esac
}

begin() {
	case $begins in
	us) ike up pair timeout 20 ;;
	them) swan --initiate --child pair-net --timeout 20 && wait_for 5 is pair up ;;
	esac
}

end() {
	case $ends in
	us) ike down pair ;;
	them) swan --terminate --ike pair --timeout 20 ;;
	esac
	wait_for 5 sas_are "$G1" 0 && wait_for 5 sas_are "$G2" 0
}

# new_keys NUMBER: for the child by one side, for the IKE SA by the other
new_keys() {
	if [ $(($1 % 2)) = 1 ]; then
		rekeys child_spis ike rekey pair/pair-net && rekeys ike_spis swan --rekey --ike pair
	else
		rekeys child_spis swan --rekey --child pair-net && rekeys ike_spis ike rekey pair
	fi
}

loads() {
	conf us >"$tmp/us/secike.conf"
	conf them >"$SWANCTL_DIR/swanctl.conf"
	ike reload && swan --load-conns
}

# Fragments of what is protected have no ports but for the first.
fragments="udp and ip[6:2] & 0x1fff != 0"
fragments6="ip6[6] = 44 and ip6[40] = 17 and
	(ip6[42:2] & 0xfff8 != 0 or ip6[48:2] = 4500 or ip6[50:2] = 4500)"

part_all() {
	local n=0 line name
	capture wire "$R" G1 "not (esp or udp port 500 or udp port 4500 or
		($fragments) or ($fragments6) or $housekeeping)"
	while read -r line <&4; do
		n=$((n + 1))
		[ -z "${rows_wanted// }" ] || [[ $rows_wanted = *" $n "* ]] || continue
		row $line
		name="$n $line"
		translate
		check "$name: both take it" loads
		shown "$name: it comes up" begin
		shown "$name: bytes get through" carries
		shown "$name: new keys for both SAs" new_keys $n
		shown "$name: bytes get through after that" carries
		shown "$name: it ends" end
	done 4< <(rows)
	none_captured "nothing was in clear" wire
}

r_self=172.16.1.254 r_peer=172.16.2.254
row us us psk aes128gcm16 prfsha256 x25519 aes128gcm16 noesn 44 none nopfs
run_parts
