#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# ESP in UDP with real sockets and a real NAT:
#
#   P1 192.168.1.2 --- .1 N 203.0.113.1 --- 203.0.113.2 S
#   P2 192.168.2.2 --- .1 N      (IPv6: fd31::2, fd32::2, fd30::1, fd30::2, no NAT)
#
# N masquerades, so both peers have one address for S. Inside, the peers are
# 10.8.0.1 and 10.8.0.2, S is 10.7.0.1. IKE is played by UDP sockets on port 4500.
# RFC 3948 (NAT-1 to NAT-9), RFC 7296 2.23 (NAT-12, NAT-13), SAD-10.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
command -v nft >/dev/null || skip_all "not installed: nft"

netns P1 P2 N S
wire P1 N
wire P2 N
wire N S
for i in 1 2; do
	ns=P$i
	ip_batch "${!ns}" <<-EOF
	addr add 192.168.$i.2/24 dev N
	addr add fd3$i::2/64 dev N nodad
	addr add 10.8.0.$i/32 dev lo
	link set N up
	route add default via 192.168.$i.1
	route add default via fd3$i::1
	route add 10.7.0.0/24 via 192.168.$i.1 src 10.8.0.$i
	EOF
	ip_batch "$N" <<-EOF
	addr add 192.168.$i.1/24 dev P$i
	addr add fd3$i::1/64 dev P$i nodad
	link set P$i up
	EOF
done
ip_batch "$N" <<-EOF
addr add 203.0.113.1/24 dev S
addr add fd30::1/64 dev S nodad
link set S up
EOF
ip_batch "$S" <<-EOF
addr add 203.0.113.2/24 dev N
addr add fd30::2/64 dev N nodad
addr add 10.7.0.1/32 dev lo
link set N up
route add default via fd30::1
route add 10.8.0.0/24 via 203.0.113.1 src 10.7.0.1
EOF
ns_sysctl "$N" net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
in_ns "$N" nft -f - <<-EOF
table ip t {
	chain post {
		type nat hook postrouting priority srcnat
		oifname S ip saddr 192.168.0.0/16 masquerade
	}
}
EOF

for ns in "$P1" "$P2" "$S"; do
	agent ike "$ns" 4500
done

# mapping NS ADDR: what N makes of port 4500 of a peer, learned as IKE would
mapping() {
	agent say "$1" "$2" 4500 203.0.113.2 4500 00000000aabbccdd
	agent got "$S" 4500
	set -- $REPLY
	port=$3 from=$2 text=$4
}

# say needs the port of the socket that plays IKE
agent close "$P1" 4500
agent close "$P2" 4500
mapping "$P1" 192.168.1.2
port1=$port
same "NAT-4 before there is an SA, the marker goes to the socket" "$from $text" "203.0.113.1 00000000aabbccdd"
mapping "$P2" 192.168.2.2
port2=$port
note "N has mapped 4500 of the peers to $port1 and $port2"
check "the peers have different ports" test "$port1" != "$port2"

# ---- SAs and policies: peer i uses reqid i at S
# peer I IMPL-WORDS...
peer() {
	local i=$1 ns=P$1 port=port$1
	shift
	ns=${!ns} port=${!port}
	xf_batch "$ns" <<-EOF &&
	state add src 192.168.$i.2 dst 203.0.113.2 proto esp spi 0x10$i reqid 7 mode tunnel $* encap espinudp 4500 4500 0.0.0.0
	state add src 203.0.113.2 dst 192.168.$i.2 proto esp spi 0x20$i reqid 7 mode tunnel $* encap espinudp 4500 4500 0.0.0.0
	policy add src 10.8.0.$i dst 10.7.0.1 dir out tmpl src 192.168.$i.2 dst 203.0.113.2 proto esp reqid 7 mode tunnel
	policy add src 10.7.0.1 dst 10.8.0.$i dir in tmpl src 203.0.113.2 dst 192.168.$i.2 proto esp reqid 7 mode tunnel
	EOF
	xf_batch "$S" <<-EOF
	state add src 203.0.113.1 dst 203.0.113.2 proto esp spi 0x10$i reqid $i mode tunnel $* encap espinudp $port 4500 0.0.0.0
	state add src 203.0.113.2 dst 203.0.113.1 proto esp spi 0x20$i reqid $i mode tunnel $* encap espinudp 4500 $port 0.0.0.0
	policy add src 10.7.0.1 dst 10.8.0.$i dir out tmpl src 203.0.113.2 dst 203.0.113.1 proto esp reqid $i mode tunnel
	policy add src 10.8.0.$i dst 10.7.0.1 dir in tmpl src 203.0.113.1 dst 203.0.113.2 proto esp reqid $i mode tunnel
	EOF
}

peers() {
	peer 1 "$gcm_sa" && peer 2 "$1"
}

check "two peers behind one NAT are set up" peers "$cbc_sa"
capture wire "$N" S "not ($housekeeping or udp port 4500 or udp port $port1 or udp port $port2)"
for i in 1 2; do
	ns=P$i
	check "NAT-1 SAD-10 peer $i: ping" agent ping "${!ns}" 10.8.0.$i 10.7.0.1 count=5 len=1,100,1300
	check "NAT-1 SAD-10 peer $i: ping from S" agent ping "$S" 10.7.0.1 10.8.0.$i count=5
	check "NAT-1 peer $i: UDP" agent udp "${!ns}" 10.8.0.$i "$S" 10.7.0.1 len=1-20,1000
	check "NAT-9 peer $i: TCP" agent tcp "${!ns}" 10.8.0.$i "$S" 10.7.0.1 bytes=500000
	check "NAT-9 peer $i: TCP opened by S" agent tcp "$S" 10.7.0.1 "${!ns}" 10.8.0.$i bytes=100000
done
# neither gets what belongs to the other
same "NAT-11 P1 has no drops" "$(all_drops "$P1" | sed 's/out_too_big=[0-9]* *//')" ""
same "NAT-11 P2 has no drops" "$(all_drops "$P2" | sed 's/out_too_big=[0-9]* *//')" ""
same "NAT-11 S has no drops" "$(all_drops "$S" | sed 's/out_too_big=[0-9]* *//')" ""
none_captured "OUT-1 only ESP in UDP on the wire" wire
spoof() {
	# the address of peer 2 inside the SA of peer 1
	ip -n "$P1" addr add 10.8.0.2/32 dev lo
	xf "$P1" policy add src 10.8.0.2 dst 10.7.0.1 dir out tmpl src 192.168.1.2 dst 203.0.113.2 proto esp reqid 7 mode tunnel
	agent send icmp "$P1" 10.8.0.2 10.7.0.1
	xf "$P1" policy delete src 10.8.0.2 dst 10.7.0.1 dir out
	ip -n "$P1" addr del 10.8.0.2/32 dev lo
}
dropped "NAT-10 an address of another peer is dropped" "$S" in_template 1 spoof

# ---- what is not ESP goes to the socket, with SAs on this port
hears() {
	local name=$1 ns=$2 src=$3 dst=$4 hex=$5
	agent say "$ns" $src 4500 $dst 4500 ${hex:-}
	agent got "$S" 4500
	set -- $REPLY
	same "$name" "${4:-nothing}" "${hex:--}"
}

for family in 4 6; do
	ns=$P1 src=192.168.1.2 dst=203.0.113.2
	if [ $family = 6 ]; then
		src=fd31::2 dst=fd30::2
		xf_batch "$S" <<-EOF
		state add src fd31::2 dst fd30::2 proto esp spi 0x601 reqid 6 mode tunnel $gcm_sa encap espinudp 4500 4500 ::
		state add src fd30::2 dst fd31::2 proto esp spi 0x602 reqid 6 mode tunnel $gcm_sa encap espinudp 4500 4500 ::
		EOF
	fi
	hears "NAT-4 IPv$family: marker and IKE" "$ns" $src $dst "00000000$(printf '5a%.0s' {1..60})"
	hears "NAT-4 IPv$family: marker alone" "$ns" $src $dst 00000000
	hears "NAT-4 IPv$family: marker and 4 octets" "$ns" $src $dst 0000000000000001
	for hex in 00 fe ffff 0001 010203 ffffffff 01020304050607; do
		hears "NAT-5 IPv$family: $hex goes to the socket" "$ns" $src $dst $hex
	done
	before=$(counter "$S" in_keepalive)
	agent say "$ns" $src 4500 $dst 4500 ff
	check "NAT-5 IPv$family: a keepalive does not" fails lost got "$S" 4500 timeout=0.4
	same "NAT-5 IPv$family: it is counted" $(($(counter "$S" in_keepalive) - before)) 1
	agent say "$ns" $src 4500 $dst 4500 ff
	agent say "$ns" $src 4501 $dst 4500 ff
	same "NAT-5 IPv$family: also from another port" $(($(counter "$S" in_keepalive) - before)) 3
	say_unknown() {
		agent say "$P1" $src 4500 $dst 4500 "deadbeef00000001$(printf '5a%.0s' {1..40})"
		sleep 0.2
	}
	dropped "IN-2 IPv$family: ESP in UDP without an SA" "$S" in_no_sa 1 say_unknown
	check "... and it does not go to the socket" fails lost got "$S" 4500 timeout=0.3
done
check "NAT-5 after all this the tunnel works" agent ping "$P1" 10.8.0.1 10.7.0.1
agent say "$P1" 192.168.1.2 4500 203.0.113.2 500 ff
agent ike "$S" 500
agent say "$P1" 192.168.1.2 4500 203.0.113.2 500 ff
agent got "$S" 500
same "NAT-1 port 500 is none of its business" "${REPLY##* }" ff
agent close "$S" 500

# ---- the NAT has forgotten the mapping: the port is another one now
in_ns "$N" conntrack -F 2>/dev/null
in_ns "$N" nft flush ruleset
in_ns "$N" nft -f - <<-EOF
table ip t {
	chain post {
		type nat hook postrouting priority srcnat
		oifname S ip saddr 192.168.1.2 udp sport 4500 snat to 203.0.113.1:20001
		oifname S ip saddr 192.168.0.0/16 masquerade
	}
}
EOF
arrives() {
	local before
	before=$(counter "$S" in_packets)
	agent send udp "$P1" 10.8.0.1 10.7.0.1
	sleep 0.2
	[ "$(counter "$S" in_packets)" -gt "$before" ]
}
check "NAT-13 from another port it is received as well" arrives

# What S is told of that. Two more packets: a change is told once.
secctl -n "$S" -j monitor mapping >"$tmp/map.json" &
monitor map "$S" mapping
mapped() { jq -c '.sa | [.spi, .src, .encap.sport, ."new-src", ."new-sport"]' "$tmp/map.json" | tr '\n' ' '; }
for i in 1 2 3; do
	check "NAT-13 packet $i from there" arrives
done
sleep $settle
same "NAT-13 the module tells of the new port, once" "$(mapped)" "[257,\"203.0.113.1\",$port1,\"203.0.113.1\",20001] "
monitor_stop map
same "... also as text" "$(tr -s '\n\t ' ' ' <"$tmp/map.events")" \
	"Mapping src 203.0.113.1 dst 203.0.113.2 proto esp spi 0x00000101 reqid 1 mode tunnel encap type espinudp sport $port1 dport 4500 addr 0.0.0.0 new src 203.0.113.1 sport 20001 "
same "MOB-3 and leaves the SA as it is" \
	"$(secctl -n "$S" -j state get dst 203.0.113.2 proto esp spi 0x101 | jq .encap.sport)" $port1
# A packet seen before, from another place: N plays it again from port 20002.
cat >"$tmp/again.py" <<'PY'
import sys
from scapy.all import IP, UDP, Raw, conf, rdpcap, send
conf.verb = 0
got = [p for p in rdpcap(sys.argv[1]) if UDP in p and p[UDP].sport == 20001]
esp = bytes(got[-1][UDP].payload)
if sys.argv[2] == "forged":
    esp = esp[:4] + bytes([0, 16, 0, 0]) + esp[8:]
send(IP(src="203.0.113.1", dst="203.0.113.2") / UDP(sport=20002, dport=4500, chksum=0) / Raw(esp))
PY
capture last "$N" S udp
check "one more packet" arrives
capture_stop last
replayed() { in_ns "$N" python3 "$tmp/again.py" "$tmp/last.pcap" "$1"; sleep $settle; }
sleep 1.2
dropped "NAT-13 MOB-3 a replayed packet from elsewhere is dropped" "$S" in_replay 1 replayed replay
dropped "NAT-13 MOB-3 so is a forged one" "$S" in_icv 1 replayed forged
same "NAT-13 MOB-3 and neither is told of" "$(mapped)" "[257,\"203.0.113.1\",$port1,\"203.0.113.1\",20001] "
# Key management follows.
for spi in 0x101 0x201; do
	words="dst 203.0.113.2 proto esp spi $spi to encap espinudp 20001 4500 0.0.0.0"
	[ $spi = 0x101 ] || words="dst 203.0.113.1 proto esp spi $spi to encap espinudp 4500 20001 0.0.0.0"
	check "NAT-13 the SA $spi follows" secctl -n "$S" state migrate $words
done
check "NAT-13 traffic flows both ways again" agent ping "$P1" 10.8.0.1 10.7.0.1 count=3
check "NAT-13 also opened by S" agent tcp "$S" 10.7.0.1 "$P1" 10.8.0.1 bytes=100000
sleep $settle
same "NAT-13 and nothing more is told" "$(mapped | wc -w)" 1

# ---- transport mode: checksums of what is inside were made with other addresses
flush "$P1" "$P2" "$S"
xf_batch "$P1" <<-EOF
state add src 192.168.1.2 dst 203.0.113.2 proto esp spi 0x301 reqid 3 mode transport $gcm_sa encap espinudp 4500 4500 0.0.0.0
state add src 203.0.113.2 dst 192.168.1.2 proto esp spi 0x302 reqid 3 mode transport $gcm_sa encap espinudp 4500 4500 0.0.0.0
EOF
xf_batch "$S" <<-EOF
state add src 203.0.113.1 dst 203.0.113.2 proto esp spi 0x301 reqid 3 mode transport $gcm_sa encap espinudp 20001 4500 0.0.0.0
state add src 203.0.113.2 dst 203.0.113.1 proto esp spi 0x302 reqid 3 mode transport $gcm_sa encap espinudp 4500 20001 0.0.0.0
EOF
for proto in tcp udp; do
	for port in "dport 5001" "sport 5001"; do
		xf "$P1" policy add src 192.168.1.2 dst 203.0.113.2 proto $proto $port dir out tmpl proto esp reqid 3 mode transport
		xf "$P1" policy add src 203.0.113.2 dst 192.168.1.2 proto $proto $port dir in tmpl proto esp reqid 3 mode transport
		xf "$S" policy add src 203.0.113.2 dst 203.0.113.1 proto $proto $port dir out tmpl proto esp reqid 3 mode transport
		xf "$S" policy add src 203.0.113.1 dst 203.0.113.2 proto $proto $port dir in tmpl proto esp reqid 3 mode transport
	done
done
cat >"$tmp/echo.py" <<'EOF'
import socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
sock = socket.socket(socket.AF_INET, kind)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("203.0.113.2", 5001))
if sys.argv[1] == "tcp":
    sock.listen(1)
    print("ready", flush=True)
    peer, name = sock.accept()
    while True:
        data = peer.recv(65536)
        if not data:
            break
        peer.sendall(data)
else:
    print("ready", flush=True)
    while True:
        data, name = sock.recvfrom(65536)
        sock.sendto(data, name)
EOF
cat >"$tmp/client.py" <<'EOF'
import os, socket, sys, threading
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
sock = socket.socket(socket.AF_INET, kind)
sock.bind(("192.168.1.2", 0))
sock.settimeout(10)
sock.connect(("203.0.113.2", 5001))
if sys.argv[1] == "udp":
    for size in (1, 7, 100, 1000, 1300):
        data = os.urandom(size)
        sock.send(data)
        assert sock.recv(65536) == data, size
else:
    data = os.urandom(400000)
    threading.Thread(target=sock.sendall, args=(data,), daemon=True).start()
    got = b""
    while len(got) < len(data):
        got += sock.recv(65536)
    assert got == data
EOF
through() {
	rm -f "$tmp/echo"
	ip netns exec "$S" python3 "$tmp/echo.py" $1 >"$tmp/echo" 2>&1 &
	local pid=$! rc=0
	wait_for 10 grep -q ready "$tmp/echo"
	in_ns "$P1" python3 "$tmp/client.py" $1 2>"$tmp/client" || rc=$?
	REPLY=$(tail -n 1 "$tmp/client")
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	return $rc
}
capture transport "$N" S port 5001
for proto in tcp udp; do
	check "NAT-8 transport mode through the NAT: $proto" through $proto
done
none_captured "OUT-1 transport mode: nothing in clear" transport

# ---- one SA, both forms; no NAT on the way. S expects and sends UDP.
flush "$P1" "$S"
for form in "plain" "encapsulated"; do
	words=
	[ $form = plain ] || words="encap espinudp 4500 4500 ::"
	xf "$P1" state deleteall
	xf "$S" state deleteall
	xf_batch "$P1" <<-EOF
	state add src fd31::2 dst fd30::2 proto esp spi 0x601 reqid 6 mode transport $gcm_sa $words
	state add src fd30::2 dst fd31::2 proto esp spi 0x602 reqid 6 mode transport $gcm_sa encap espinudp 4500 4500 ::
	EOF
	xf_batch "$S" <<-EOF
	state add src fd31::2 dst fd30::2 proto esp spi 0x601 reqid 6 mode transport $gcm_sa encap espinudp 4500 4500 ::
	state add src fd30::2 dst fd31::2 proto esp spi 0x602 reqid 6 mode transport $gcm_sa encap espinudp 4500 4500 ::
	EOF
	if [ $form = plain ]; then
		transport_policy "$P1" fd31::2 fd30::2 6
		transport_policy "$S" fd30::2 fd31::2 6
	fi
	capture $form "$N" S "src fd31::2 and ip6[6] = $([ $form = plain ] && echo 50 || echo 17)"
	check "NAT-12 IPv6: $form ESP on an SA with encapsulation: ping" agent ping "$P1" fd31::2 fd30::2 count=5
	check "NAT-12 NAT-3 IPv6: $form: TCP" agent tcp "$P1" fd31::2 "$S" fd30::2 bytes=200000
	check "NAT-12 IPv6: $form: UDP" agent udp "$P1" fd31::2 "$S" fd30::2 len=1-20,1000
	capture_stop $form
	more "... and it was $form on the wire" "$REPLY" 20
done
same "NAT-12 no drops at S but what was meant" \
	"$(all_drops "$S" | sed 's/out_too_big=[0-9]* *//; s/in_no_sa=2 *//; s/in_template=1 *//; s/in_replay=1 *//; s/in_icv=1 *//')" ""

# ---- a peer with the kernel's own IPsec behind the NAT, on any port
flush "$P1" "$S"
# shellcheck disable=SC2034 # see impl_of
impl_P2=xfrm
in_ns "$N" nft flush ruleset
in_ns "$N" nft -f - <<-EOF
table ip t {
	chain post {
		type nat hook postrouting priority srcnat
		oifname S ip saddr 192.168.0.0/16 masquerade
	}
}
EOF
in_ns "$N" conntrack -F 2>/dev/null
mapping "$P1" 192.168.1.2
port1=$port
mapping "$P2" 192.168.2.2
port2=$port
agent encap "$P2" 4500
check "XFRM behind the NAT, beside another peer: set up" peers "$gcm_sa"
for i in 1 2; do
	ns=P$i
	check "NAT-1 with XFRM, peer $i: ping" agent ping "${!ns}" 10.8.0.$i 10.7.0.1 count=5 len=1,100,1300
	check "NAT-9 with XFRM, peer $i: TCP" agent tcp "${!ns}" 10.8.0.$i "$S" 10.7.0.1 bytes=300000
	check "NAT-9 with XFRM, peer $i: TCP opened by S" agent tcp "$S" 10.7.0.1 "${!ns}" 10.8.0.$i bytes=100000
done
finish
