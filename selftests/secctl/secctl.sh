#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# secctl against the module: what it prints compared with what ip(8) prints of
# the kernel's XFRM, objects read back from each way of printing them, filters,
# events, and what is refused.
# shellcheck disable=SC2086,SC2154,SC2317 # lists of words; names that netns sets; called by check
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need_nfsec
netns N X
n() { secctl -n "$N" "$@"; }
# allocspi tells the SPI
quiet() { n "$@" >/dev/null; }
x() { ip -n "$X" xfrm "$@"; }

addr="src 192.0.2.1 dst 192.0.2.2"
esp="$addr proto esp"
tunnel="mode tunnel reqid 7 replay-window 32"

# ---- beside ip(8) --------------------------------------------------------

# Lines that both take; the list of each has to be the same text.
states=(
	"$esp spi 0x1001 $tunnel $gcm_sa"
	"$esp spi 0x1002 $tunnel $cbc_sa"
	"$esp spi 0x1003 $tunnel enc ecb(cipher_null) '' auth hmac(sha1) $(key 20 5)"
	"$esp spi 0x1004 $tunnel $gcm_sa flag noecn decap-dscp nopmtudisc icmp af-unspec"
	"$esp spi 0x1005 $tunnel $gcm_sa sel src 10.1.0.0/16 dst 10.2.0.0/16 proto udp sport 5 dport 6"
	"$esp spi 0x1006 $tunnel $gcm_sa sel src 10.1.0.0/16 dst 10.2.0.0/16 proto icmp"
	"$esp spi 0x1007 $tunnel $gcm_sa encap espinudp 4500 4501 0.0.0.0"
	"$esp spi 0x1008 $tunnel $gcm_sa output-mark 0x3"
	"$esp spi 0x1009 $tunnel $gcm_sa mark 0x10 mask 0xf0 output-mark 0x3 mask 0xff"
	"$esp spi 0x100a $tunnel $gcm_sa tfcpad 100"
	"$esp spi 0x100b $tunnel $gcm_sa replay-seq 10 replay-oseq 20"
	"$esp spi 0x100c mode tunnel reqid 1 replay-window 64 flag esn $gcm_sa replay-seq 10 replay-oseq-hi 2"
	"src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x1001 $tunnel $gcm_sa"
	"$esp spi 0x100d mode transport replay-window 32 $gcm_sa sel src 192.0.2.1/32 dst 192.0.2.2/32 proto tcp dport 80"
)
policies=(
	"src 10.1.0.0/16 dst 10.2.0.0/16 dir out priority 5 tmpl $addr proto esp reqid 7 mode tunnel"
	"src 10.2.0.0/16 dst 10.1.0.0/16 dir in tmpl $addr proto esp mode tunnel level use"
	"src 10.2.0.0/16 dst 10.1.0.0/16 proto tcp sport 80 dir fwd action block"
	"src 2001:db8:1::/48 dst 2001:db8:2::/48 dir out priority 9 tmpl src 2001:db8::1 dst 2001:db8::2 proto esp mode tunnel"
	"src 10.3.0.0/16 dst 10.4.0.0/16 proto gre key 7 dir out"
	"src 10.3.0.0/16 dst 10.4.0.0/16 dir out mark 0x1 mask 0xf flag icmp"
	"src 10.5.0.1/32 dst 10.6.0.0/16 proto udp dport 53 dir out tmpl proto esp mode transport reqid 3"
)

# What is different on purpose: XFRM shows the ring that it keeps a bitmap in, has
# the window of ESN in one place only, and gives each SA a selector for all. A key
# of no octets is to be seen.
plain() {
	sed -E '/^\t ([0-9a-f]{8} )+$/d; s/ +$//
		s/^(\treplay-window) [0-9]+/\1/; /^\treplay-bitmap/d
		/^\tsel src (0.0.0.0|::)\/0 dst (0.0.0.0|::)\/0$/d; s/ ""$//'
}

beside_ip() {
	local object=$1 line words
	shift
	for line; do
		# names of algorithms have brackets
		eval "words=($(sed -E "s/([a-z0-9]+\([^ ]*\))/'\1'/g" <<<"$line"))"
		n "$object" flush
		x "$object" flush
		REPLY=$(x "$object" add "${words[@]}" 2>&1) ||
			{ note "ip: $REPLY"; fail "ip takes $line"; continue; }
		check "secctl takes $object ${line:0:70}" n "$object" add "${words[@]}"
		REPLY=$(diff <(x "$object" list | plain) <(n -k "$object" list | plain))
		check "and lists it as ip does" [ -z "$REPLY" ]
		# The list of ip(8) makes the same object.
		n "$object" flush
		check "and takes the list of ip -s" \
			n -batch <(ip -n "$X" -s xfrm "$object" list)
		REPLY=$(diff <(x "$object" list | plain) <(n -k "$object" list | plain))
		check "for the same object" [ -z "$REPLY" ]
	done
	n "$object" flush
	x "$object" flush
}
if ip -n "$X" xfrm state count >/dev/null 2>&1; then
	beside_ip state "${states[@]}"
	beside_ip policy "${policies[@]}"
else
	fail "kernel without XFRM"
fi

# ---- printed and read back ----------------------------------------------

fill() {
	{
		for line in "${states[@]}"; do
			echo "state add $line"
		done
		cat <<-END
		state add $esp spi 0x2001 $tunnel $chacha_sa limit byte-soft 1000 limit byte-hard 2000 limit time-hard 90000
		state add $esp spi 0x2002 mode tunnel $gcm_sa replay-seq 99 replay-bitmap 0x80000000000000000000000000000001
		state add $esp spi 0x2003 mode tunnel $gcm_sa replay-window 8 replay-seq 9 replay-bitmap 0x81
		state add $esp spi 0x2004 mode tunnel $gcm_sa replay-window 4096 flag esn replay-seq 0xfffffff0 replay-seq-hi 1
		state add $esp spi 0x2005 mode tunnel $gcm_sa dir out replay-oseq 7 extra-flag dont-encap-dscp dont-check-pad
		state add $esp spi 0x2006 mode tunnel $gcm_sa dir in sel src 10.0.0.1-10.0.0.9 dst any proto tcp sport 1000-2000
		state add $esp spi 0x2007 mode tunnel $gcm_sa sel src any dst any proto udp
		state add $esp spi 0x2008 mode tunnel $gcm_sa sel src 10.0.0.0/8 proto icmp type 8 code 0-3
		state allocspi $esp reqid 3 mode tunnel min 0x3001 max 0x3001
		END
		for line in "${policies[@]}"; do
			echo "policy add $line"
		done
		cat <<-END
		policy add src 10.0.0.1-10.0.0.200 dst any dir out proto tcp sport 1-1023 dport 443
		policy add src any dst any dir fwd proto udp dport 500
		policy add dir in proto icmp type 8
		policy add src 10.7.0.0/16 dst 10.8.0.0/16 dir out flag after-nat limit byte-hard 5000 limit time-soft 9000
		END
	} | n -batch - >/dev/null
}
tables() { n -k state list; n policy list; }
empty() { n state flush && n policy flush; }

empty
check "fill the tables" fill
tables >"$tmp/want"
n -k save >"$tmp/save"
n -k -s state list >"$tmp/list-s"
n -s policy list >>"$tmp/list-s"
n -k -o state list >"$tmp/list-o"
n -o policy list >>"$tmp/list-o"
n -k state save >"$tmp/parts"
n policy save >>"$tmp/parts"
same "all states are listed" "$(grep -c '^src.*[0-9a-f]$' "$tmp/want")" $((${#states[@]} + 9))
for how in want save list-s list-o parts; do
	empty
	check "the tables are read back from $how" quiet -batch "$tmp/$how"
	REPLY=$(diff "$tmp/want" <(tables))
	check "and are the same" [ -z "$REPLY" ]
done
check "restore replaces the tables" quiet restore "$tmp/save"
REPLY=$(diff "$tmp/want" <(tables))
check "and they are the same" [ -z "$REPLY" ]
n policy setdefault fwd block
n save | sed 's/^policy setdefault.*/policy setdefault in block/' >"$tmp/hidden"
check_not "restore with hidden keys fails" n restore "$tmp/hidden" 2>/dev/null
REPLY=$(diff "$tmp/want" <(tables))
check "and changes nothing" [ -z "$REPLY" ]
n policy setdefault fwd allow
check_not "no key is listed without -k" grep -q "$(key 20 1)" <(n state list; n -s state list; n -j state list; n save)
check "keys are listed with -k" grep -q "$(key 20 1)" <(n -k state list)

# ---- filters and counts --------------------------------------------------

all=$((${#states[@]} + 9))
same "state count" "$(n state count)" "	 SAD count $all"
same "state count, JSON" "$(n -j state count | jq .count)" "$all"
same "JSON has all states" "$(n -j state list | jq length)" "$all"
same "list by SPI" "$(n -j state list spi 0x2001 | jq -c '[.[].spi]')" "[8193]"
same "list by prefix" "$(n -j state list dst 2001:db8::/32 | jq -c '[.[].dst]')" '["2001:db8::2"]'
same "list by family" "$(n -6 -j state list | jq -c '[.[].dst]')" '["2001:db8::2"]'
same "list by flag" "$(n -j state list flag esn | jq -c '[.[].spi]')" "[4108,8196]"
same "list by reqid" "$(n -j state list reqid 3 | jq -c '[.[].larval]')" "[true]"
same "list policies by direction" "$(n -j policy list dir fwd | jq -c '[.[].dir]')" '["fwd","fwd"]'
same "list policies by prefix" "$(n -j policy list src 10.7.0.0/16 | jq -c '[.[].sel.src]')" '["10.7.0.0"]'
same "get one state" "$(n -j state get "dst 192.0.2.2" 2>&1 | head -c 7)" "secctl:"
same "get one state by its ID" "$(n -j state get $esp spi 0x2001 | jq .limits.\"hard-bytes\")" 2000
index=$(n -j policy list src 10.7.0.0/16 | jq '.[0].index')
same "get a policy by index" "$(n -j policy get dir out index "$index" | jq -r .sel.src)" 10.7.0.0
same "get a policy by selector" "$(n -j policy get dir out src 10.7.0.0/16 dst 10.8.0.0/16 | jq .index)" "$index"
check "delete a policy by index" n policy delete dir out index "$index"
check_not "it is gone" n policy get dir out index "$index" 2>/dev/null
check "deleteall by prefix" n state deleteall dst 2001:db8::/32
same "deletes what fits" "$(n -j state count | jq .count)" $((all - 1))
want=$(n -j state list | jq '[.[] | select(.reqid == 7)] | length')
same "flush by reqid" "$(n -j state flush reqid 7 | jq .count)" "$want"
check "deleteall of everything" n state deleteall
same "leaves nothing" "$(n -j state list)" "[]"
check "deleteall of policies" n policy deleteall dir out
same "leaves the others" "$(n -j policy list | jq -c '[.[].dir] | unique')" '["fwd","in"]'
empty
same "policy count" "$(n policy count)" "	 SPD IN  0 OUT 0 FWD 0"

# ---- defaults ------------------------------------------------------------

n policy setdefault in block
same "getdefault" "$(n policy getdefault)" "$(printf 'Default policies:\n in:  block\n fwd: accept\n out: accept')"
same "settings" "$(n -j settings | jq -r '."default-in"')" block
n policy setdefault in accept

# ---- explain -------------------------------------------------------------

{
	ask() { n -j explain src 10.1.0.1 dst 10.2.0.1 "$@" | jq -r .lookup.verdict; }
	same "explain without a policy" "$(ask)" default-allow
	n policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out tmpl $esp reqid 7 mode tunnel
	same "explain without an SA" "$(ask)" no-sa
	n state add $esp spi 0x1001 mode tunnel reqid 7 $gcm 0x000102030405060708090a0b0c0d0e0f10111213 128
	same "explain with an SA" "$(ask proto tcp sport 1 dport 2)" protect
	same "explain names the SA" "$(n -j explain src 10.1.0.1 dst 10.2.0.1 | jq .sa.spi)" 4097
	check_not "explain shows no key" grep -q 0405060708 <(n -k explain src 10.1.0.1 dst 10.2.0.1)
	n policy add src 10.1.0.0/16 dst 10.2.0.0/16 proto icmp type 8 dir out action block
	same "explain of an echo request" "$(ask proto icmp type 8)" protect
}
empty

# ---- events --------------------------------------------------------------

# seen FILTER: an event for which the jq filter is true came
seen() {
	local i
	for ((i = 0; i < 100; i++)); do
		jq -e -s "any(.[]; $1)" "$tmp/events" >/dev/null 2>&1 && return
		sleep 0.1
	done
	REPLY=$(cat "$tmp/events")
	return 1
}

# not by way of n, whose shell is what would be killed in the end
secctl -n "$N" -j monitor all >"$tmp/events" &
monitor=$!
secctl -n "$N" monitor >"$tmp/events.text" &
text=$!
for ((i = 0; i < 50; i++)); do
	n state add $esp spi 0x999 mode tunnel $gcm_sa 2>/dev/null
	n state delete $esp spi 0x999
	[ -s "$tmp/events" ] && [ -s "$tmp/events.text" ] && break
	sleep 0.1
done
n state add $esp spi 0x1001 mode tunnel reqid 7 $gcm_sa limit time-hard 1
n policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out tmpl $addr proto esp reqid 99 mode tunnel
check "event of a new SA" seen '.event == "sa-new" and .sa.spi == 4097'
check "event of a deleted SA" seen '.event == "sa-del" and .sa.spi == 2457'
check "event of a new policy" seen '.event == "policy-new" and .policy.sel.src == "10.1.0.0"'
check "event of an SA that expired" seen '.event == "expire" and .sa.expire == "hard"'
ip -n "$N" link add wire type veth peer name wire netns "$X"
ip -n "$X" link set wire up
ip -n "$N" link set wire up
ip -n "$N" addr add 10.1.0.1/16 dev wire
ip -n "$N" route add 10.2.0.0/16 dev wire
ip -n "$N" neigh add 10.2.0.1 lladdr 02:00:00:00:00:01 dev wire
in_ns "$N" ping -c 1 -W 1 -I 10.1.0.1 10.2.0.1 >/dev/null
check "event of a packet without SA" seen '.event == "acquire" and .acquire.sel.dst == "10.2.0.1" and .acquire.tmpl.reqid == 99'
n policy flush
check "event of a flushed policy" seen '.event == "policy-flush" or .event == "policy-del"'
check_not "no key in an event" grep -q "$(key 16 1)" "$tmp/events" "$tmp/events.text"
kill $monitor $text
wait $monitor $text 2>/dev/null
check "events as text: deleted" grep -q '^Deleted src 192.0.2.1 dst 192.0.2.2' "$tmp/events.text"
check "events as text: expired" grep -q '^Expired src 192.0.2.1 dst 192.0.2.2' "$tmp/events.text"
check "events as text: flushed" grep -q '^Flushed src 10.1.0.0/16 dst 10.2.0.0/16' "$tmp/events.text"
check "events as text: acquire" grep -q '^acquire proto esp' "$tmp/events.text"

# ---- refusals ------------------------------------------------------------

# refused NAME STATUS TEXT WORD...
refused() {
	local name=$1 want=$2 text=$3 out rc=0
	shift 3
	out=$(n "$@" 2>&1) || rc=$?
	if [ $rc = "$want" ] && [[ $out == *"$text"* ]]; then
		pass "$name"
	else
		fail "$name" "status $rc, $out"
	fi
}
{
	refused "a key of a wrong length, with the attribute" 2 "(attribute aead.key)" \
		state add $esp spi 0x1001 mode tunnel $gcm 0x0011 128
	refused "a reserved SPI, with the attribute" 2 "(attribute spi)" \
		state add $esp spi 9 mode tunnel $gcm_sa
	refused "an SA that is not there" 2 "state delete: no such SA" state delete $esp spi 0x4000
	refused "a word of no meaning" 1 "unknown word \"colour\"" state add $esp spi 0x1001 colour red
	n state add $esp spi 0x1001 mode tunnel $gcm_sa
	refused "an SA twice" 2 "File exists" state add $esp spi 0x1001 mode tunnel $gcm_sa
}
refused "a namespace that is not there" 1 "cannot open network namespace" -n none state list
REPLY=$(n -batch - <<<$'# first\n\nstate get dst 192.0.2.9 proto esp spi 999' 2>&1)
same "a batch names the line" "${REPLY%%: no*}" "secctl: stdin:3: state get"
REPLY=$(in_ns "$N" setpriv --reuid 65534 --clear-groups --inh-caps=-all secctl state list 2>&1)
check "without the right to" grep -q "Operation not permitted" <<<"$REPLY"
empty

# ---- many ----------------------------------------------------------------

many=5000
# KASAN on User-Mode Linux takes too much memory when the module goes with many SAs.
[ ! -e /proc/lockdep_stats ] || many=200
for ((i = 0; i < many; i++)); do
	echo "state add $esp spi $((0x10000 + i)) mode tunnel reqid $i $gcm_sa"
done >"$tmp/many"
start=$SECONDS
check "a batch of $many states" n -batch "$tmp/many"
same "all are listed once" "$(n -j state list | jq '[.[].spi] | unique | length')" $many
note "took $((SECONDS - start)) s"
empty
finish
