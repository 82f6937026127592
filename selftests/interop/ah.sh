#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# AH against the kernel's own XFRM: nfsec in namespace A, XFRM in B.
#
#   ah.sh [--full|--pairs] [impl_A=nfsec|xfrm] [impl_B=...]
#
# A case is an algorithm, a mode and family, ESN or not, and where the outer
# header is IPv4 the flag align4 or not. --full (the default) takes all of them;
# --pairs every algorithm in every mode with ESN and alignment alternating. In
# each case: echo requests from both sides, UDP there and back in several
# lengths, TCP both ways at once; all bytes are compared. Then the sequence
# number crosses 2^32, packets carry IP options, lengths go up to the largest,
# fields that may change are changed on the way, and an SA hits its limits.
#
# GMAC, which XFRM does not have with AH, runs between two of nfsec.
#
# Shows AH-1, AH-2, AH-3, AH-5, AH-6, AH-8, AH-13, AH-14, ALG-4, FRAG-1, RPL-10
# and RPL-13 with XFRM as judge, CRY-17 without.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/interop/suites.sh
. "$(dirname "$0")/suites.sh"
# shellcheck source=selftests/interop/matrix.sh
. "$(dirname "$0")/matrix.sh"

tier=full
for arg; do
	case $arg in
	--full|--pairs) tier=${arg#--} ;;
	esac
done
: "${impl_A:=$IMPL}" "${impl_B:=xfrm}"
[ "$impl_A$impl_B" = xfrmxfrm ] || need_impl

proto=ah
suite_name=() suite_words=()
suite sha1-96 1 auth-trunc 'hmac(sha1)' @20 96
suite sha256-128 2 auth-trunc 'hmac(sha256)' @32 128
suite sha384-192 3 auth-trunc 'hmac(sha384)' @48 192
suite sha512-256 4 auth-trunc 'hmac(sha512)' @64 256
suite xcbc-96 5 auth-trunc 'xcbc(aes)' @16 96
suite cmac-96 6 auth-trunc 'cmac(aes)' @16 96
suite sha256-96 7 auth-trunc 'hmac(sha256)' @32 96
with_xfrm=${#suite_name[@]}
suite gmac-128 8 aead 'rfc4543(gcm(aes))' @20 128
suite gmac-192 9 aead 'rfc4543(gcm(aes))' @28 128
suite gmac-256 10 aead 'rfc4543(gcm(aes))' @36 128

# fill FIRST LAST: all cases of these algorithms; a case is "suite mode esn align4"
fill() {
	local s m esn align
	cases=()
	for ((s = $1; s < $2; s++)); do
		for m in "${!modes[@]}"; do
			for esn in 0 1; do
				for align in 0 1; do
					case ${modes[m]} in
					transport6|tunnel66|tunnel46) [ $align = 0 ] || continue ;;
					esac
					[ $tier = full ] ||
					[ $((esn * 2 + align)) = $(((s + m + m / 2) % 4)) ] ||
					[ $align$esn = 0$(((s + m) % 2)) ] || continue
					cases+=("$s $m $esn $align")
				done
			done
		done
	done
}

# one_config NUMBER SUITE MODE ESN ALIGN [WORDS]
one_config() {
	local flags=
	[ "$5" = 0 ] || flags=align4
	case_config "$1" "$2" "$3" "$4" 0 "${6:-}" "$flags"
}

one_name() {
	local name="${suite_name[$1]} ${modes[$2]}"
	[ "$3" = 0 ] || name+=" esn"
	[ "$4" = 0 ] || name+=" align4"
	echo "$name"
}

traffic() {
	agent ping "$A" $in_a $in_b timeout=2 && agent ping "$B" $in_b $in_a timeout=2 &&
	agent udp "$A" $in_a "$B" $in_b len=1,47,1300,3000 timeout=2 &&
	agent tcp "$A" $in_a "$B" $in_b bytes=20000
}

matrix() {
	local n suite mode esn align
	for n in "${!cases[@]}"; do
		one_config $n ${cases[n]}
	done 3>"$tmp/A.conf" 4>"$tmp/B.conf"
	load
	for n in "${!cases[@]}"; do
		read -r suite mode esn align <<<"${cases[n]}"
		addresses $n "${modes[mode]}"
		check "AH-1 AH-3 $(one_name $suite $mode $esn $align)" traffic
		[ $ktap_failed -lt 60 ] || { echo "Bail out! too many failures"; exit 1; }
	done
	flush "$A" "$B"
}

# alone SUITE MODE ESN ALIGN [WORDS]: nothing but this case
alone() {
	flush "$A" "$B"
	one_config 0 "$@" 3>"$tmp/A.conf" 4>"$tmp/B.conf"
	load
	name=$(one_name "$@")
}

sizes() {
	local step=7 bytes=600000
	[ $tier = full ] || { step=29 bytes=200000; }
	alone "$@"
	check "AH-5 $name ping lengths" agent ping "$A" $in_a $in_b len=0-40,1400-1480:$step
	check "AH-5 $name udp lengths" agent udp "$A" $in_a "$B" $in_b len=0-40,1380-1500:$step
	check "FRAG-1 AH-5 $name udp large" agent udp "$A" $in_a "$B" $in_b len=32768,60000,65400
	check "$name tcp bulk" agent tcp "$A" $in_a "$B" $in_b bytes=$bytes timeout=60
	offload "$A" B off
	offload "$B" A off
	check "$name tcp bulk, no offloads" agent tcp "$A" $in_a "$B" $in_b bytes=$((bytes / 2)) timeout=60
	offload "$A" B on
	offload "$B" A on
}

# Both ends stand 16 numbers before 2^32 and cross it.
across() {
	alone "$@" "replay-seq 0xfffffff0 replay-oseq 0xfffffff0"
	check "AH-14 RPL-10 $name across 2^32" agent udp "$A" $in_a "$B" $in_b len=1-60
	check "AH-14 RPL-10 $name after 2^32" agent tcp "$A" $in_a "$B" $in_b bytes=50000
}

pings() {
	in_ns "$1" ping -q -n -c 1 -W 2 "${@:2}" >/dev/null
}

# Options of ping: record route, timestamps; TTL, TOS as senders set them
options() {
	local from to
	alone "$@"
	for from in A B; do
		to=$in_b
		[ $from = A ] || to=$in_a
		check "AH-6 $name record route from $from" \
			pings "${!from}" -R $to
		check "AH-6 $name timestamps from $from" \
			pings "${!from}" -T tsandaddr $to
		check "AH-6 $name timestamps of named hosts from $from" \
			pings "${!from}" -T tsprespec $to 10.9.9.9 $to
	done
	check "AH-5 $name TOS and TTL" agent ping "$A" $in_a $in_b tos=184 ttl=3
}

# What routers may rewrite, rewritten where it leaves
mangled() {
	local four="ip ttl set 9 ip dscp set 0x2e" six="ip6 hoplimit set 9 ip6 dscp set 0x2e ip6 flowlabel set 0x12345"
	local ns
	alone "$@"
	for ns in A B; do
		in_ns "${!ns}" nft -f - <<-EOF || { fail "nft in $ns"; return; }
		table netdev way {
			chain in { type filter hook ingress device $([ $ns = A ] && echo B || echo A) priority 0;
				meta protocol ip ip protocol ah $four
				meta protocol ip6 ip6 nexthdr ah $six
			}
		}
		EOF
	done
	check "AH-5 AH-8 $name TTL, DSCP, flow label changed on the way" traffic
	for ns in A B; do
		in_ns "${!ns}" nft delete table netdev way
	done
}

# One packet more than the SA is for
limits() {
	alone "$@" "limit packet-hard 5"
	check "$name within its limit" agent ping "$A" $in_a $in_b count=5
	check "$name is used up" fails lost ping "$A" $in_a $in_b timeout=0.5
}

topology
fill 0 $with_xfrm
matrix
note "matrix: $SECONDS s"
for mode in "${!modes[@]}"; do
	[ $tier = full ] || [ $((mode % 2)) = 0 ] || continue
	sizes $((mode % 4)) $mode $((mode % 2)) 0
done
for mode in 0 3; do
	across $mode $mode 1 0
done
options 0 0 0 0
[ $tier != full ] || options 1 0 1 1
for mode in "${!modes[@]}"; do
	[ $tier = full ] || [ $mode -lt 3 ] || continue
	mangled 1 $mode 0 0
done
limits 1 0 0 0
limits 1 3 0 0

# the same algorithm at both ends judges little: the wire tests have the octets
flush "$A" "$B"
was=$impl_B impl_B=$impl_A
if [ "$impl_A" = nfsec ]; then
	fill $with_xfrm ${#suite_name[@]}
	matrix
	across $with_xfrm 0 1 0
	across $with_xfrm 3 1 0
fi
flush "$A" "$B"
impl_B=$was
note "all: $SECONDS s"
for ns in A B; do
	note "$ns: drops: $(all_drops "${!ns}")"
done
finish
