#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two gateways protect the traffic between two networks, step by step, on the
# machine this runs on: one is nfsec with its IKE daemon secike, the other one
# strongSwan with the IPsec of the kernel. Lines with "$" are commands as one would
# type them on such gateways; lines with "ok" are claims of this demonstration that
# it has just checked, and it fails if one of them is not true.
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

# eventually SECONDS COMMAND...: until the command succeeds
eventually() {
	local end=$((SECONDS + $1))
	until "${@:2}"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# state: of the only connection of G1; spi: our SPIs of its children
state() { secctl -n G1 -j ike status | jq -r '.connections[0].state'; }
spi() { secctl -n G1 -j ike status | jq -r '.connections[0].sas[].children[]."spi-in"' | xargs; }

is_state() { is "$(state)" "$1"; }
other_spi() { not is "$(spi)" "$1"; }

# conf LOCAL REMOTE LOCAL-NET REMOTE-NET LOCAL-ID REMOTE-ID START-ACTION: of a gateway
conf() {
	cat <<-EOF
	connections {
		gateways {
			local_addrs = $1
			remote_addrs = $2
			proposals = aes256gcm16-prfsha384-x25519
			dpd_delay = 2
			local {
				auth = psk
				id = $5
			}
			remote {
				auth = psk
				id = $6
			}
			children {
				nets {
					local_ts = $3
					remote_ts = $4
					esp_proposals = aes256gcm16-x25519
					start_action = $7
				}
			}
		}
	}
	secrets {
		ike-gateways {
			id-1 = $5
			id-2 = $6
			secret = $secret
		}
	}
	EOF
}

swan() { ip netns exec G2 swanctl "$@" --uri "unix://$tmp/vici"; }

strongswan_start() {
	rm -f "$tmp/vici"
	ip netns exec G2 "$charon" >"$tmp/charon.out" 2>&1 &
	strongswan=$!
	eventually 30 test -S "$tmp/vici" || die "strongSwan: $(cat "$tmp/charon.out")"
	swan --load-all >"$tmp/swanctl.out" 2>&1 || die "swanctl: $(cat "$tmp/swanctl.out")"
}

# That of strongSwan, and what it left in the kernel
strongswan_dies() {
	kill -KILL $strongswan
	wait $strongswan 2>/dev/null
	ip -n G2 xfrm state flush
}

cleanup() {
	local host pid
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for host in A G1 R G2 B; do ip netns del $host 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

[ -d /sys/module/nfsec ] || die "nfsec.ko is not loaded"
charon=$(command -v charon-systemd) || die "strongSwan is not installed (charon-systemd)"

title "1. Two networks, two gateways, and the internet between them"
cat <<'PICTURE'
    A                G1                   R                   G2               B
 10.1.0.1 ---- 10.1.0.254            "internet"          10.2.0.254 ---- 10.2.0.1
                192.0.2.1 ==== .254             .254 ==== 198.51.100.1
    |        nfsec, secike                |            strongSwan, XFRM        |
    inside: cleartext                the wire: ESP            inside: cleartext

   Five hosts (network namespaces). G1 runs nfsec and its IKE daemon, G2 strongSwan
   on the IPsec of the kernel; A, B and R know nothing of it. R would forward
   cleartext between the networks if it got any.
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

title "2. What has to be protected, and with whom"
cat <<'TEXT'
   secike reads what strongSwan reads, so both gateways have the same file with
   the sides exchanged; only that G1 starts when there is a packet ("trap").
TEXT
secret=$(od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n')
conf 192.0.2.1 198.51.100.1 10.1.0.0/24 10.2.0.0/24 g1.example.org g2.example.org trap \
	>"$tmp/secike.conf"
conf 198.51.100.1 192.0.2.1 10.2.0.0/24 10.1.0.0/24 g2.example.org g1.example.org none \
	>"$tmp/swanctl.conf"
cat >"$tmp/strongswan.conf" <<EOF
charon-systemd {
	load = random nonce openssl hmac kdf curve25519 kernel-netlink socket-default vici
	plugins {
		vici {
			socket = unix://$tmp/vici
		}
	}
	journal {
		default = -1
	}
}
swanctl {
	load = random openssl
}
EOF
export STRONGSWAN_CONF=$tmp/strongswan.conf SWANCTL_DIR=$tmp
echo "G1\$ cat /etc/secike/secike.conf"
sed "s/$secret/.../; s/\t/    /g" "$tmp/secike.conf" | text
ip netns exec G1 secike -c "$tmp/secike.conf" -r 500,4 2>"$tmp/secike.log" &
eventually 20 quiet G1 secctl ike status || die "secike: $(cat "$tmp/secike.log")"
on G1 secctl policy get src 10.1.0.0/24 dst 10.2.0.0/24 dir out
on G1 secctl policy get src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd
echo
echo "   strongSwan is not there yet. A tries to reach B all the same:"
record nokeys R west
on A ping -q -c 3 -i 0.2 -W 1 10.2.0.1
stop_recording
claim "nothing of it left G1, encrypted or not" is "$(count nokeys 'net 10.0.0.0/8 or esp')" 0
claim "but secike asks for its peer" [ "$(count nokeys 'udp port 500 and src 192.0.2.1')" -gt 0 ]

title "3. The other gateway starts, and there are keys"
strongswan_start
eventually 40 is_state up
on G1 secctl ike status
echo
on G1 secctl state list
claim "the tunnel came up by itself, since a packet had asked for it" is_state up
claim "strongSwan has it, too" [ "$(ip -n G2 xfrm state | grep -c '^src')" = 2 ]
claim "no listing shows a key" not grep -Eqi '0x[0-9a-f]{40}' <(secctl -n G1 state list)
claim "no log the secret" not grep -q "$secret" "$tmp/secike.log"

title "4. Ping and a TCP transfer from A to B, and new keys meanwhile"
record inside A eth0
record wire R west 'ip and not udp port 500 and not udp port 4500'
on A ping -c 3 -i 0.2 -W 2 10.2.0.1
claim "the ping came back" [ $? = 0 ]
yes "the quick brown fox" | head -c 4000000 >"$tmp/sent"
ip netns exec B timeout 60 nc -l 7000 >"$tmp/received" &
listener=$!
until [ -n "$(ip netns exec B ss -Hltn sport = :7000)" ]; do sleep 0.1; done
printf '%s\n' "B\$ nc -l 7000 >received" "A\$ nc -N 10.2.0.1 7000 <sent"
before=$(spi)
ip netns exec A timeout 60 nc -N 10.2.0.1 7000 <"$tmp/sent" &
on G1 secctl ike rekey gateways/nets
claim "G1 makes new keys" eventually 10 other_spi "$before"
middle=$(spi)
echo "G2\$ swanctl --rekey --child nets"
swan --rekey --child nets >/dev/null 2>&1
claim "so does G2" eventually 10 other_spi "$middle"
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
claim "and nothing else but IKE" is "$(count wire 'not esp and ip')" 0

title "6. What happens to a packet, and what has happened"
on G1 secctl -s state list dst 198.51.100.1
on G1 secctl explain src 10.1.0.1 dst 10.2.0.1 proto tcp sport 40000 dport 443
claim "G1 has dropped nothing that came from G2" \
	not grep -q '^in_' <(all_drops G1)

title "7. Somebody on the internet changes packets"
echo "   R flips bits in the ciphertext of whatever it forwards to G1:"
on R nft add table ip evil
on R nft 'add chain ip evil forward { type filter hook forward priority 0; }'
on R nft add rule ip evil forward oif west ip protocol esp @th,160,8 set 0xff
record a A eth0 'icmp and dst 10.1.0.1'
on A ping -q -c 5 -i 0.2 -W 1 10.2.0.1
stop_recording
quiet R nft delete table ip evil
claim "A received no answer to its 5 packets" is "$(count a)" 0
claim "G1 dropped exactly 5, as in_icv" is "$(drops G1 in_icv)" 5

title "8. Somebody on the internet sends recorded packets again"
echo "   R sends the last 7 genuine ESP packets to G1 once more:"
record genuine R west 'esp and dst 192.0.2.1'
quiet A ping -q -c 7 -i 0.1 -W 2 10.2.0.1
stop_recording
record a A eth0 icmp
ip netns exec R python3 - "$tmp/genuine.pcap" <<'PYTHON'
import sys
from scapy.all import rdpcap, sendp
sendp(list(rdpcap(sys.argv[1]))[-7:], iface="west", verbose=False)
PYTHON
stop_recording
claim "7 were recorded" is "$(count genuine)" 7
claim "A received none of them again" is "$(count a)" 0
claim "G1 dropped exactly 7, as in_replay" is "$(drops G1 in_replay)" 7
claim "and traffic goes on as before" quiet A ping -q -c 3 -i 0.1 -W 2 10.2.0.1

title "9. The other gateway dies while traffic flows, and comes back"
record end R west
ip netns exec A ping -q -i 0.05 -w 60 10.2.0.1 >"$tmp/ping" &
pinger=$!
sleep 1
strongswan_dies
claim "G1 finds its peer to be dead" eventually 30 not is_state up
tail -n 3 "$tmp/secike.log" | text
sleep 1
strongswan_start
claim "and has its tunnel again when there is one" eventually 40 is_state up
sleep 1
kill -INT $pinger
wait $pinger
stop_recording
text <"$tmp/ping" | tail -2
claim "none of these packets went out in clear" is "$(count end 'net 10.0.0.0/8')" 0
claim "and traffic goes on" quiet A ping -q -c 3 -i 0.1 -W 2 10.2.0.1
echo
echo "   Every packet that G1 dropped has been counted, under a reason:"
all_drops G1 | text

title "$((claims - broken)) of $claims claims are true"
[ $broken = 0 ]
