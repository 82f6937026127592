#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two gateways protect the traffic between two networks, step by step, on the
# machine this runs on. Lines with "$" are commands as one would type them on
# such gateways; lines with "ok" are claims of this demonstration that it has
# just checked, and it fails if one of them is not true.
# "make demo" boots a machine for it.
set -u

tmp=$(mktemp -d)
claims=0
broken=0

title() { printf '\n\033[1m== %s\033[0m\n\n' "$*"; }
text() { sed 's/^/   /'; }

# on HOST COMMAND...: run it there and show it
on() {
	printf '%s$ %s\n' "$1" "${*:2}"
	ip netns exec "$@" 2>&1 | text
	return "${PIPESTATUS[0]}"
}

quiet() { ip netns exec "$@" >/dev/null 2>&1; }

# claim TEXT COMMAND...: the command succeeds
claim() {
	claims=$((claims + 1))
	if "${@:2}"; then
		printf '   \033[32mok\033[0m: %s\n' "$1"
	else
		printf '   \033[31mNOT TRUE\033[0m: %s (%s)\n' "$1" "${*:2}"
		broken=$((broken + 1))
	fi
}

not() { ! "$@"; }

# is GOT WANT
is() { [ "$1" = "$2" ]; }

die() {
	echo "demo: $*" >&2
	exit 1
}

# cable HOST DEVICE ADDRESS HOST DEVICE ADDRESS
cable() {
	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$4" addr add "$6" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# record FILE HOST DEVICE [FILTER]: capture until stop_recording
recorders=()
record() {
	ip netns exec "$2" tcpdump --immediate-mode -s 1600 -B 32768 -Uni "$3" -w "$tmp/$1.pcap" "${@:4}" \
		2>"$tmp/$1.log" &
	recorders+=($!)
	until grep -q listening "$tmp/$1.log"; do
		kill -0 $! 2>/dev/null || die "tcpdump: $(cat "$tmp/$1.log")"
		sleep 0.1
	done
}

stop_recording() {
	local size='' before=none
	until [ "$size" = "$before" ]; do	# tcpdump has caught up
		before=$size
		sleep 0.5
		size=$(cat "$tmp"/*.pcap | wc -c)
	done
	kill -INT "${recorders[@]}"
	wait "${recorders[@]}"
	recorders=()
	! grep -h '^[1-9].* dropped by kernel' "$tmp"/*.log || die "tcpdump could not keep up"
}

# recorded FILE [FILTER...]: the packets, in short
recorded() {
	tcpdump -ttttnqr "$tmp/$1.pcap" "${@:2}" 2>/dev/null | sed 's/^[^ ]* [^ ]* //'
}

count() { recorded "$@" | wc -l; }

# drops HOST REASON
drops() {
	secctl -n "$1" -j stats | jq --arg name "$2" '.drop[] | select(.name == $name).value'
}

# all_drops HOST: every reason that has counted something
all_drops() {
	secctl -n "$1" -j stats | jq -r '.drop[] | select(.value > 0) |
		"\(.name) \(.value): \(.doc)"'
}

cleanup() {
	local host pid
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	for host in A G1 R G2 B; do ip netns del $host 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

[ -d /sys/module/nfsec ] || die "nfsec.ko is not loaded"

title "1. Two networks, two gateways, and the internet between them"
cat <<'PICTURE'
    A                G1                   R                   G2               B
 10.1.0.1 ---- 10.1.0.254            "internet"          10.2.0.254 ---- 10.2.0.1
                192.0.2.1 ==== .254             .254 ==== 198.51.100.1
    |                                     |                                    |
    inside: cleartext                the wire: ESP            inside: cleartext

   Five hosts (network namespaces). G1 and G2 run nfsec; A, B and R know nothing
   of it. R would forward cleartext between the networks if it got any.
PICTURE
for host in A G1 R G2 B; do
	ip netns add $host
	ip -n $host link set lo up
done
for host in G1 R G2; do quiet $host sysctl -qw net.ipv4.ip_forward=1; done
cable A eth0 10.1.0.1/24 G1 lan 10.1.0.254/24
cable G1 wan 192.0.2.1/24 R west 192.0.2.254/24
cable R east 198.51.100.254/24 G2 wan 198.51.100.1/24
cable G2 lan 10.2.0.254/24 B eth0 10.2.0.1/24
ip -n A route add default via 10.1.0.254
ip -n G1 route add default via 192.0.2.254
ip -n R route add 10.1.0.0/24 via 192.0.2.1
ip -n R route add 10.2.0.0/24 via 198.51.100.1
ip -n G2 route add default via 198.51.100.254
ip -n B route add default via 10.2.0.254
quiet A ping -c 1 10.2.0.1 || die "the hosts are not connected"

title "2. Policies: what has to be protected"
cat <<'TEXT'
   The words are those of "ip xfrm". A policy out says what G1 must encrypt, one
   fwd what it lets in for the network behind it, only if it came encrypted.
TEXT
esp="proto esp reqid 1 mode tunnel"
# shellcheck disable=SC2086 # $esp is several words
{
	on G1 secctl policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out \
		tmpl src 192.0.2.1 dst 198.51.100.1 $esp
	on G1 secctl policy add src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd \
		tmpl src 198.51.100.1 dst 192.0.2.1 $esp
	on G2 secctl policy add src 10.2.0.0/24 dst 10.1.0.0/24 dir out \
		tmpl src 198.51.100.1 dst 192.0.2.1 $esp
	on G2 secctl policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir fwd \
		tmpl src 192.0.2.1 dst 198.51.100.1 $esp
}
echo
echo "   There are no keys yet. A tries to reach B all the same:"
record nokeys R west
on A ping -q -c 3 -i 0.2 -W 1 10.2.0.1
stop_recording
claim "nothing of it left G1, encrypted or not" is "$(count nokeys 'net 10.0.0.0/8 or esp')" 0
claim "G1 dropped exactly these 3 packets, as out_no_sa" is "$(drops G1 out_no_sa)" 3

title "3. Security associations: with which key"
key1=0x$(od -An -v -tx1 -N20 /dev/urandom | tr -d ' \n')
key2=0x$(od -An -v -tx1 -N20 /dev/urandom | tr -d ' \n')
# shellcheck disable=SC2086
for host in G1 G2; do
	on $host secctl state add src 192.0.2.1 dst 198.51.100.1 spi 0x1001 $esp \
		aead 'rfc4106(gcm(aes))' "$key1" 128
	on $host secctl state add src 198.51.100.1 dst 192.0.2.1 spi 0x1002 $esp \
		aead 'rfc4106(gcm(aes))' "$key2" 128
done
echo
on G1 secctl state list
claim "a listing does not show the keys" not grep -qi "${key1#0x}" <(secctl -n G1 state list)

title "4. Ping and a TCP transfer from A to B"
record inside A eth0
record wire R west
on A ping -c 3 -i 0.2 -W 2 10.2.0.1
claim "the ping came back" [ $? = 0 ]
yes "the quick brown fox" | head -c 4000000 >"$tmp/sent"
ip netns exec B timeout 60 nc -l 7000 >"$tmp/received" &
listener=$!
until [ -n "$(ip netns exec B ss -Hltn sport = :7000)" ]; do sleep 0.1; done
printf '%s\n' "B\$ nc -l 7000 >received" "A\$ nc -N 10.2.0.1 7000 <sent"
ip netns exec A timeout 60 nc -N 10.2.0.1 7000 <"$tmp/sent"
wait $listener
stop_recording
claim "4 000 000 bytes arrived as they were sent" cmp -s "$tmp/sent" "$tmp/received"

title "5. The same traffic, seen by A and on the wire"
paste -d '\t' <(echo "inside (A, eth0)"; echo; recorded inside ip | head -9 | cut -c 1-52) \
	<(echo "on the wire (R, west)"; echo; recorded wire ip | head -9) |
	awk -F '\t' '{ printf "   %-54s%s\n", $1, $2 }'
echo
claim "inside there is cleartext" grep -q "the quick brown fox" "$tmp/inside.pcap"
claim "on the wire there is not one byte of it" not grep -q "quick brown" "$tmp/wire.pcap"
claim "the wire carries ESP, $(count wire esp) packets" [ "$(count wire esp)" -gt 6 ]
claim "and nothing else" is "$(count wire 'not esp and ip')" 0

title "6. Counters"
on G1 secctl -s state list dst 198.51.100.1
sa_packets() {
	secctl -n "$1" -s -j state list | jq --argjson spi $(($2)) '.[] | select(.spi == $spi).usage.packets'
}
on G1 secctl explain src 10.1.0.1 dst 10.2.0.1 proto tcp sport 40000 dport 443
claim "G1 sent as many packets through the association as were on the wire" \
	is "$(sa_packets G1 0x1001)" "$(count wire 'esp and src 192.0.2.1')"
claim "G2 accepted every one of them" is "$(sa_packets G2 0x1001)" "$(sa_packets G1 0x1001)"
claim "G2 has dropped nothing" is "$(all_drops G2)" ""

title "7. Somebody on the internet changes packets"
echo "   R flips bits in the ciphertext of whatever it forwards to G2:"
on R nft add table ip evil
on R nft 'add chain ip evil forward { type filter hook forward priority 0; }'
on R nft add rule ip evil forward oif east ip protocol esp @th,160,8 set 0xff
record b B eth0 icmp
on A ping -q -c 5 -i 0.2 -W 1 10.2.0.1
stop_recording
quiet R nft delete table ip evil
claim "B received none of the 5" is "$(count b)" 0
claim "G2 dropped exactly 5, as in_icv" is "$(drops G2 in_icv)" 5

title "8. Somebody on the internet sends recorded packets again"
echo "   R sends the last 7 genuine ESP packets to G2 once more:"
record genuine R east 'esp and src 192.0.2.1'
quiet A ping -q -c 7 -i 0.1 -W 2 10.2.0.1
stop_recording
record b B eth0 icmp
ip netns exec R python3 - "$tmp/genuine.pcap" <<'PYTHON'
import sys
from scapy.all import rdpcap, sendp
sendp(list(rdpcap(sys.argv[1]))[-7:], iface="east", verbose=False)
PYTHON
stop_recording
claim "7 were recorded" is "$(count genuine)" 7
claim "B received none of them again" is "$(count b)" 0
claim "G2 dropped exactly 7, as in_replay" is "$(drops G2 in_replay)" 7
claim "and traffic goes on as before" quiet A ping -q -c 3 -i 0.1 -W 2 10.2.0.1

title "9. The keys go away while traffic flows"
record end R west
ip netns exec A ping -q -i 0.05 -w 3 10.2.0.1 >"$tmp/ping" &
sleep 1
on G1 secctl state flush
wait $!
stop_recording
text <"$tmp/ping" | tail -2
claim "some of these packets went out as ESP" [ "$(count end esp)" -gt 0 ]
claim "none in clear" is "$(count end 'net 10.0.0.0/8')" 0
echo
echo "   Every packet that is missing has been counted, under a reason:"
for host in G1 G2; do
	all_drops $host | sed "s/^/   $host: /"
done

title "$((claims - broken)) of $claims claims are true"
[ $broken = 0 ]
