# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2086,SC2317,SC2329,SC2154 # no spaces in these; check calls functions
# shellcheck disable=SC2034 # arrays for the sourcing script
# Two hosts, one SA each way for every case of a matrix. To be sourced after
# suites.sh. The caller sets impl_A and impl_B.

proto=esp	# or ah
modes=(transport4 transport6 tunnel44 tunnel66 tunnel46 tunnel64)

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

# case_config NUMBER SUITE MODE ESN ENCAP [WORDS [FLAGS]]: lines for both ends go
# to the file descriptors 3 (A) and 4 (B)
case_config() {
	local n=$1 mode=${modes[$3]} flags=${7:-} words port tmpl states
	local spi1=$((0x10000 + n)) spi2=$((0x20000 + n)) reqid=$((n + 1))
	words="mode ${mode%[46t]*}"
	addresses "$n" "$mode"
	case $mode in
	transport*) words="mode transport" tmpl="proto $proto reqid $reqid mode transport" ;;
	*) words="mode tunnel" ;;
	esac
	words+=" reqid $reqid ${suite_words[$2]}"
	case $mode in
	tunnel46|tunnel64) flags+=" af-unspec" ;;
	esac
	if [ "$4" = 1 ]; then
		flags+=" esn"
		words+=" replay-window 64"
	else
		words+=" replay-window 32"
	fi
	[ -z "$flags" ] || words+=" flag $flags"
	port=$((n % 3 ? 4500 : 10000))
	[ "$5" = 0 ] || words+=" encap espinudp $port $port 0.0.0.0"
	words+=" ${6:-}"
	printf -v states 'state add src %s dst %s proto %s spi %s %s\n' \
		$out_a $out_b $proto $spi1 "$words" $out_b $out_a $proto $spi2 "$words"
	printf %s "$states" >&3
	printf %s "$states" >&4
	case $mode in
	tunnel*)
		printf 'policy add src %s dst %s dir %s tmpl src %s dst %s proto %s reqid %s mode tunnel\n' \
			$in_a $in_b out $out_a $out_b $proto $reqid $in_b $in_a in $out_b $out_a $proto $reqid >&3
		printf 'policy add src %s dst %s dir %s tmpl src %s dst %s proto %s reqid %s mode tunnel\n' \
			$in_b $in_a out $out_b $out_a $proto $reqid $in_a $in_b in $out_a $out_b $proto $reqid >&4
		;;
	*)
		printf 'policy add src %s dst %s dir %s priority 100 tmpl %s\n' \
			$in_a $in_b out "$tmpl" $in_b $in_a in "$tmpl" >&3
		printf 'policy add src %s dst %s dir %s priority 100 tmpl %s\n' \
			$in_b $in_a out "$tmpl" $in_a $in_b in "$tmpl" >&4
		;;
	esac
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
