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

tier=full
for arg; do
	case $arg in
	--full|--pairs|--quick) tier=${arg#--} ;;
	esac
done
: "${impl_A:=$IMPL}" "${impl_B:=xfrm}"
[ "$impl_A$impl_B" = xfrmxfrm ] || need_impl

modes=(transport4 transport6 tunnel44 tunnel66 tunnel46 tunnel64)
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

# addresses NUMBER MODE: sets in_a, in_b, out_a, out_b
addresses() {
	local i=$(($1 / 36 + 1)) j=$(($1 % 36 + 1))
	case $2 in
	*4|tunnel46) in_a=10.1.0.$i in_b=10.2.0.$j ;;
	*) in_a=fd01::$i in_b=fd02::$j ;;
	esac
	case $2 in
	transport*) out_a=$in_a out_b=$in_b ;;
	tunnel44|tunnel64) out_a=10.0.0.1 out_b=10.0.0.2 ;;
	tunnel66|tunnel46) out_a=fd00::1 out_b=fd00::2 ;;
	esac
	case $2 in
	tunnel64) in_a=fd01::$i in_b=fd02::$j ;;
	esac
}

# case_config NUMBER SUITE MODE ESN ENCAP [WORDS]: lines for both ends go to
# the file descriptors 3 (A) and 4 (B)
case_config() {
	local n=$1 mode=${modes[$3]} words port tmpl states
	local spi1=$((0x10000 + n)) spi2=$((0x20000 + n)) reqid=$((n + 1))
	words="mode ${mode%[46t]*}"
	addresses "$n" "$mode"
	case $mode in
	transport*) words="mode transport" tmpl="proto esp reqid $reqid mode transport" ;;
	*) words="mode tunnel" ;;
	esac
	words+=" reqid $reqid ${suite_words[$2]}"
	case $mode in
	tunnel46|tunnel64) words+=" flag af-unspec" ;;
	esac
	if [ "$4" = 1 ]; then
		case $mode in
		tunnel46|tunnel64) words+=" esn replay-window 64" ;;
		*) words+=" flag esn replay-window 64" ;;
		esac
	else
		words+=" replay-window 32"
	fi
	port=$((n % 3 ? 4500 : 10000))
	[ "$5" = 0 ] || words+=" encap espinudp $port $port 0.0.0.0"
	words+=" ${6:-}"
	printf -v states 'state add src %s dst %s proto esp spi %s %s\n' \
		$out_a $out_b $spi1 "$words" $out_b $out_a $spi2 "$words"
	printf %s "$states" >&3
	printf %s "$states" >&4
	case $mode in
	tunnel*)
		printf 'policy add src %s dst %s dir %s tmpl src %s dst %s proto esp reqid %s mode tunnel\n' \
			$in_a $in_b out $out_a $out_b $reqid $in_b $in_a in $out_b $out_a $reqid >&3
		printf 'policy add src %s dst %s dir %s tmpl src %s dst %s proto esp reqid %s mode tunnel\n' \
			$in_b $in_a out $out_b $out_a $reqid $in_a $in_b in $out_a $out_b $reqid >&4
		;;
	*)
		printf 'policy add src %s dst %s dir %s priority 100 tmpl %s\n' \
			$in_a $in_b out "$tmpl" $in_b $in_a in "$tmpl" >&3
		printf 'policy add src %s dst %s dir %s priority 100 tmpl %s\n' \
			$in_b $in_a out "$tmpl" $in_a $in_b in "$tmpl" >&4
		;;
	esac
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

load() {
	local ns
	for ns in A B; do
		xf_batch "${!ns}" -force <"$tmp/$ns.conf" 2>"$tmp/$ns.err" ||
			note "$ns: $(head -n 20 "$tmp/$ns.err")"
	done
}

case_name() {
	local name="${suite_name[$1]} ${modes[$2]}"
	[ "$3" = 0 ] || name+=" esn"
	[ "$4" = 0 ] || name+=" udp"
	echo "$name"
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

topology() {
	topo_hosts
	local i
	for ((i = 1; i <= 36; i++)); do
		echo "addr add 10.1.0.$i/32 dev lo"
		echo "addr add fd01::$i/128 dev lo nodad"
	done | ip_batch "$A"
	for ((i = 1; i <= 36; i++)); do
		echo "addr add 10.2.0.$i/32 dev lo"
		echo "addr add fd02::$i/128 dev lo nodad"
	done | ip_batch "$B"
	ip_batch "$A" <<-EOF
	route add 10.2.0.0/16 via 10.0.0.2
	route add fd02::/64 via fd00::2
	EOF
	ip_batch "$B" <<-EOF
	route add 10.1.0.0/16 via 10.0.0.1
	route add fd01::/64 via fd00::1
	EOF
	local ns
	for ns in A B; do
		[ "$(impl_of "${!ns}")" = xfrm ] || continue
		agent encap "${!ns}" 4500
		agent encap "${!ns}" 10000
	done
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
