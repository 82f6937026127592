#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# ESP against the kernel's own XFRM: nfsec in namespace A, XFRM in B.
#
#   esp.sh [--full|--pairs|--quick] [impl_A=nfsec|xfrm] [impl_B=...]
#
# A case is an algorithm, a mode and family, ESN or not, UDP encapsulation or
# not. --full (the default) takes all of them; --pairs every algorithm in every
# mode with ESN and encapsulation alternating, so that every pair of values
# occurs; --quick the most used algorithms like that. In each case: echo
# requests from both sides, UDP there and back in several lengths, TCP both
# ways at once; all bytes are compared. After that the three most used
# algorithms get all lengths, bulk TCP with offloads on and off, and sequence
# numbers across 2^32.
#
# Shows ARCH-2, ARCH-3, TUN-10, ALG-1, ALG-4, CRY-*, MAC-*, ESP-3, ESP-4,
# RPL-10, RPL-13, NAT-1, NAT-3, NAT-12 with XFRM as judge.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/interop/suites.sh
. "$(dirname "$0")/suites.sh"
# shellcheck source=selftests/interop/matrix.sh
. "$(dirname "$0")/matrix.sh"

tier=full
for arg; do
	case $arg in
	--full|--pairs|--quick) tier=${arg#--} ;;
	esac
done
: "${impl_A:=$IMPL}" "${impl_B:=xfrm}"
[ "$impl_A$impl_B" = xfrmxfrm ] || need_impl

cases=()	# "suite mode esn encap"

choose_cases() {
	local s m esn encap last=${#suite_name[@]}
	[ $tier != quick ] || last=6
	for ((s = 0; s < last; s++)); do
		for m in "${!modes[@]}"; do
			for esn in 0 1; do
				for encap in 0 1; do
					# Alternate such that each value of each
					# axis meets each value of the others.
					[ $tier = full ] ||
					[ $((esn * 2 + encap)) = $(((s + m + m / 2) % 4)) ] || continue
					cases+=("$s $m $esn $encap")
				done
			done
		done
	done
}

# XFRM checks the policy of an ESP-in-UDP packet before it unwraps it.
port_bypass() {
	local ns port net
	for ns in A B; do
		[ "$(impl_of "${!ns}")" = xfrm ] || continue
		for port in 4500 10000; do
			for net in 0.0.0.0/0 ::/0; do
				xf "${!ns}" policy add src $net dst $net proto udp dport $port dir in priority 0
			done
		done
	done
}

# traffic MODE ENCAP. XFRM takes ESP-in-UDP over IPv6 of less than 40 octets for
# truncated, so the shortest datagram must be a little longer there.
traffic() {
	local shortest=1
	[ "$1$2" != transport61 ] || shortest=9
	agent ping "$A" $in_a $in_b timeout=2 && agent ping "$B" $in_b $in_a timeout=2 &&
	agent udp "$A" $in_a "$B" $in_b len=$shortest,47,1300,3000 timeout=2 &&
	agent tcp "$A" $in_a "$B" $in_b bytes=20000
}

matrix() {
	local n suite mode esn encap
	choose_cases
	for n in "${!cases[@]}"; do
		# shellcheck disable=SC2086 # four numbers
		case_config $n ${cases[n]}
	done 3>"$tmp/A.conf" 4>"$tmp/B.conf"
	port_bypass
	load
	for n in "${!cases[@]}"; do
		read -r suite mode esn encap <<<"${cases[n]}"
		addresses $n "${modes[mode]}"
		check "$(case_name $suite $mode $esn $encap)" \
			traffic "${modes[mode]}" $encap
		[ $ktap_failed -lt 60 ] || { echo "Bail out! too many failures"; exit 1; }
	done
}

# deep SUITE MODE ESN ENCAP: lengths, bulk
deep() {
	local name step=1 bytes=4000000
	[ $tier = full ] || { step=7 bytes=600000; }
	name=$(case_name "$@")
	flush "$A" "$B"
	case_config 0 "$@" 3>"$tmp/A.conf" 4>"$tmp/B.conf"
	port_bypass
	load
	check "ESP-3 $name ping lengths" agent ping "$A" $in_a $in_b len=0-80,1340-1480:$step
	check "ESP-3 $name ping lengths back" agent ping "$B" $in_b $in_a len=0-80,1340-1480:$step
	# from 9 on for the reason told at traffic()
	check "ESP-3 $name udp short lengths" \
		agent udp "$A" $in_a "$B" $in_b len=$((9 * $4))-260:$step
	check "$name udp lengths around the MTU" agent udp "$A" $in_a "$B" $in_b len=1300-1500:$step
	check "$name udp lengths around pages" \
		agent udp "$A" $in_a "$B" $in_b len=4000-4130:$step,8120-8210:$step,16300-16400:11
	check "$name udp large" agent udp "$A" $in_a "$B" $in_b len=32768,60000,65400
	check "$name tcp bulk" agent tcp "$A" $in_a "$B" $in_b bytes=$bytes timeout=60
	offload "$A" B off
	offload "$B" A off
	check "$name tcp bulk, no offloads" agent tcp "$A" $in_a "$B" $in_b bytes=$((bytes / 4)) timeout=60
	offload "$A" B on
	offload "$B" A on
}

# A packet of 65535 octets fits an IP header and nothing more: through a tunnel it
# goes in fragments which are protected one by one, which XFRM does not do; in
# transport mode, which takes whole datagrams (FRAG-1), it has to be refused.
largest() {
	local name
	name=$(case_name "$@")
	flush "$A" "$B"
	case_config 0 "$@" 3>"$tmp/A.conf" 4>"$tmp/B.conf"
	load
	[ "$impl_A" = nfsec ] || return 0
	case $name in
	*tunnel*) check "FRAG-7 $name udp 65507 octets from nfsec" \
		agent udp "$A" $in_a "$B" $in_b len=65450,65500,65507 oneway=1 ;;
	*)
		check "FRAG-1 $name udp 65000 octets from nfsec" \
			agent udp "$A" $in_a "$B" $in_b len=65000 oneway=1
		check "FRAG-1 $name udp 65507 octets from nfsec is refused" \
			fails "err EMSGSIZE" udp "$A" $in_a "$B" $in_b len=65507 oneway=1 ;;
	esac
}

# Both ends stand 16 numbers before 2^32 and cross it.
across() {
	local name
	name=$(case_name "$@")
	flush "$A" "$B"
	case_config 0 "$@" "replay-seq 0xfffffff0 replay-oseq 0xfffffff0" \
		3>"$tmp/A.conf" 4>"$tmp/B.conf"
	load
	check "RPL-10 $name across 2^32" agent udp "$A" $in_a "$B" $in_b len=1-60
	check "RPL-10 $name after 2^32" agent tcp "$A" $in_a "$B" $in_b bytes=50000
}

topology
matrix
note "matrix: $SECONDS s"
for mode in 0 1 2 3; do
	for suite in 0 1 2; do
		[ $tier = full ] || [ $(((suite + mode) % 3)) = 0 ] || continue
		deep $suite $mode $(((suite + mode) % 2)) $((mode % 2))
	done
done
for suite in 0 1 2; do
	largest $suite 0 0 0
	largest $suite 2 0 0
	across $suite 0 1 0
	across $suite 3 1 0
done
note "all: $SECONDS s"
for ns in A B; do
	note "$ns: drops: $(all_drops "${!ns}")"
done
finish
