# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names from and for the other files
# SAs, policies and counters, with nfsec or with the kernel's XFRM in any
# namespace. To be sourced by bash after net.sh.
#
# Which of them a namespace uses is $impl_NS by its short name, nfsec unless
# said otherwise; IMPL=xfrm as environment or argument makes it XFRM everywhere,
# which shows whether a test itself is right.

: "${IMPL:=nfsec}"

# impl_of NS
impl_of() {
	local var=impl_${1##*-}
	echo "${!var:-$IMPL}"
}

# xf NS ARG...: ip xfrm ARG... or secctl ARG...
xf() {
	local ns=$1
	shift
	case $(impl_of "$ns") in
	nfsec) secctl -n "$ns" "$@" ;;
	xfrm) ip -n "$ns" xfrm "$@" ;;
	esac
}

# xf_batch NS [-force]: lines of "state ..." or "policy ..." on stdin
xf_batch() {
	local ns=$1
	shift
	case $(impl_of "$ns") in
	nfsec) secctl -n "$ns" "$@" -batch - ;;
	xfrm) sed 's/^/xfrm /' | ip -n "$ns" "$@" -batch - ;;
	esac
}

# need_impl: skip the script if what it is to test is not here
need_impl() {
	if [ "$IMPL" = nfsec ]; then
		command -v secctl >/dev/null || skip_all "secctl is not installed"
		[ -d /sys/module/nfsec ] || modprobe nfsec 2>/dev/null ||
			skip_all "module nfsec is not loaded"
	fi
	return 0
}

# need_nfsec: for tests of what only nfsec has
need_nfsec() {
	[ "$IMPL" = nfsec ] || skip_all "only for nfsec"
	need_impl
}

# drops NS REASON: how often, 0 for XFRM
drops() {
	counter_of drop "$@"
}

# counter NS NAME
counter() {
	counter_of counter "$@"
}

counter_of() {
	[ "$(impl_of "$2")" = nfsec ] || { echo 0; return; }
	secctl -n "$2" -j stats | jq -r --arg kind "$1" --arg name "$3" '
		[.. | objects | select(has($kind)) | .[$kind]][0] |
		if type == "array" then (.[] | select(.name == $name) | .value)
		else .[$name] end'
}

# all_drops NS: every reason that is not 0, as "name=value ..."
all_drops() {
	case $(impl_of "$1") in
	nfsec)
		secctl -n "$1" -j stats | jq -r '
			[.. | objects | select(has("drop")) | .drop][0] |
			if type == "array" then [.[] | {(.name): .value}] | add else . end |
			to_entries | map(select(.value > 0) | "\(.key)=\(.value)") | join(" ")' ;;
	xfrm) in_ns "$1" grep -v '[^0-9]0$' /proc/net/xfrm_stat | tr -s '\t \n' '== ' ;;
	esac
}

# dropped NAME NS REASON COUNT COMMAND...: run the command; exactly COUNT more
# drops of that reason, and no others, must have been counted
dropped() {
	local name=$1 ns=$2 reason=$3 want=$4 before after got total
	shift 4
	before=$(drops_table "$ns")
	REPLY=
	"$@"
	after=$(drops_table "$ns")
	read -r got total < <(awk -v reason="$reason" '
		NR == FNR { was[$1] = $2; next }
		{ d = $2 - was[$1]; sum += d; if ($1 == reason) got = d }
		END { print got + 0, sum + 0 }' <(echo "$before") <(echo "$after"))
	if [ "$got" = "$want" ] && [ "$total" = "$want" ]; then
		pass "$name"
	else
		fail "$name" "$reason +$got, all drops +$total, expected +$want: $(all_drops "$ns")"
	fi
}

drops_table() {
	if [ "$(impl_of "$1")" = xfrm ]; then
		echo "none 0"
		return
	fi
	secctl -n "$1" -j stats | jq -r '
		[.. | objects | select(has("drop")) | .drop][0] |
		if type == "array" then [.[] | {(.name): .value}] | add else . end |
		to_entries[] | "\(.key) \(.value)"'
}

# monitor ID NS WORDS...: events go to $tmp/ID.events until monitor_stop ID.
# Neither tool says when it is ready, so give it a moment.
monitor() {
	local id=$1 ns=$2
	shift 2
	case $(impl_of "$ns") in
	nfsec) stdbuf -oL secctl -n "$ns" monitor "$@" >"$tmp/$id.events" 2>&1 & ;;
	xfrm) stdbuf -oL ip -n "$ns" xfrm monitor "$@" >"$tmp/$id.events" 2>&1 & ;;
	esac
	echo $! >"$tmp/$id.monitor"
	sleep "$settle"
}

monitor_stop() {
	sleep "$settle"
	kill "$(cat "$tmp/$1.monitor")"
	wait "$(cat "$tmp/$1.monitor")" 2>/dev/null
}

# ---- algorithms ----------------------------------------------------------

# key OCTETS NUMBER: hex, different for each number
key() {
	local hex n=$((($2 * 37 + 11) % 64 * 2))
	hex=f1bc8e4a0d9357e62c61a8f90b7d3e54817a2f6dc493b05e1f68d70ac2394eb5
	hex+=5d0e92c7364bf8a11769ed20854cfb3ad6e8035f7c91b24a6ed53c0f98a7b214
	hex+=${hex:1:127}${hex:0:1}
	echo "0x${hex:n:$1*2}"
}

gcm='aead rfc4106(gcm(aes))'
gcm_sa="$gcm $(key 20 1) 128"
chacha_sa="aead rfc7539esp(chacha20,poly1305) $(key 36 2) 128"
cbc_sa="enc cbc(aes) $(key 16 3) auth-trunc hmac(sha256) $(key 32 4) 128"

# ---- pairs ---------------------------------------------------------------

sa_proto=esp	# or ah

# sa_pair NS1 ADDR1 NS2 ADDR2 REQID MODE WORDS...: SAs both ways with SPIs
# 0xREQID01 and 0xREQID02 and the words, such as $gcm_sa
sa_pair() {
	local ns1=$1 a1=$2 ns2=$3 a2=$4 reqid=$5 mode=$6 spi
	shift 6
	spi=0x$(printf %x $((4096 + reqid)))
	local there="state add src $a1 dst $a2 proto $sa_proto spi ${spi}01 reqid $reqid mode $mode $*"
	local back="state add src $a2 dst $a1 proto $sa_proto spi ${spi}02 reqid $reqid mode $mode $*"
	xf_batch "$ns1" <<<"$there"$'\n'"$back" && xf_batch "$ns2" <<<"$there"$'\n'"$back"
}

# sa_del_pair NS1 ADDR1 NS2 ADDR2 REQID: and away with them
sa_del_pair() {
	local spi
	spi=0x$(printf %x $((4096 + $5)))
	local text="state del src $2 dst $4 proto $sa_proto spi ${spi}01
state del src $4 dst $2 proto $sa_proto spi ${spi}02"
	xf_batch "$1" <<<"$text" && xf_batch "$3" <<<"$text"
}

# tunnel_policy NS LEFT RIGHT SELF PEER REQID [WORDS...]: protect LEFT - RIGHT
# through the tunnel SELF - PEER, in all three directions
tunnel_policy() {
	local ns=$1 left=$2 right=$3 self=$4 peer=$5 reqid=$6
	shift 6
	xf_batch "$ns" <<-EOF
	policy add src $left dst $right dir out $* tmpl src $self dst $peer proto $sa_proto reqid $reqid mode tunnel
	policy add src $right dst $left dir in $* tmpl src $peer dst $self proto $sa_proto reqid $reqid mode tunnel
	policy add src $right dst $left dir fwd $* tmpl src $peer dst $self proto $sa_proto reqid $reqid mode tunnel
	EOF
}

# transport_policy NS SELF PEER REQID [WORDS...]: the same between hosts
transport_policy() {
	local ns=$1 self=$2 peer=$3 reqid=$4
	shift 4
	xf_batch "$ns" <<-EOF
	policy add src $self dst $peer dir out $* tmpl proto $sa_proto reqid $reqid mode transport
	policy add src $peer dst $self dir in $* tmpl proto $sa_proto reqid $reqid mode transport
	EOF
}

# gateways_tunnel4 / 6 / 46 / 64 [WORDS...]: reqid 4, 6, 46, 64
gateways_tunnel() {
	local kind=$1 left right a1 a2
	shift
	case $kind in
	4|46) left=10.1.0.0/24 right=10.2.0.0/24 ;;
	*) left=fd01::/64 right=fd02::/64 ;;
	esac
	case $kind in
	4|64) a1=172.16.1.1 a2=172.16.2.1 ;;
	*) a1=fd11::1 a2=fd12::1 ;;
	esac
	case $kind in
	46|64) set -- flag af-unspec "$@" ;;
	esac
	sa_pair "$G1" $a1 "$G2" $a2 "$kind" tunnel "$@" &&
	tunnel_policy "$G1" $left $right $a1 $a2 "$kind" &&
	tunnel_policy "$G2" $right $left $a2 $a1 "$kind"
}

# flush NS...: all SAs and policies
flush() {
	local ns
	for ns; do
		xf "$ns" policy flush
		xf "$ns" state flush
	done
}
