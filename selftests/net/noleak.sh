#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# No cleartext on the wire between the gateways, whatever happens to SAs, policies
# and the module while traffic runs: forwarded and local, TCP, UDP and ICMP, IPv4
# and IPv6, tunnel and transport mode. A capture of the wire is looked at after
# each change, and at the end traffic without policies shows that it does see it.
# RFC 4301 5.1 (OUT-2: PROTECT without a usable SA never sends in clear),
# 4.4.2.1 (SAD-5), 4.4.1 (SPD-3, SPD-12).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
topo_gateways

# The transport policies are for UDP port 7777 between the gateways.
inner="not esp and not ($housekeeping) and (net 10.1.0.0/24 or net 10.2.0.0/24 or
	net fd01::/64 or net fd02::/64 or udp port 7777)"

# ---- traffic without an end, all of it to be protected
cat >"$tmp/traffic.py" <<'EOF'
"""Pings, numbered datagrams and TCP connections, each tried over and over:
   traffic.py NS SRC NS DST PORT, any number of times."""
import ctypes, os, select, socket, struct, sys, time
libc = ctypes.CDLL(None)

def enter(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    libc.setns(fd, 0x40000000)
    os.close(fd)

def cksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff

class Pair:
    def __init__(self, ns1, src, ns2, dst, port):
        self.src, self.dst, self.port = src, dst, int(port)
        self.family = socket.AF_INET6 if ":" in src else socket.AF_INET
        enter(ns2)
        self.listener = socket.socket(self.family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((dst, self.port))
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.sink = socket.socket(self.family, socket.SOCK_DGRAM)
        self.sink.bind((dst, self.port))
        enter(ns1)
        six = self.family == socket.AF_INET6
        self.icmp = socket.socket(self.family, socket.SOCK_RAW, 58 if six else 1)
        self.icmp.bind((src, 0))
        self.udp = socket.socket(self.family, socket.SOCK_DGRAM)
        self.udp.bind((src, 0))
        self.name, self.tcp, self.peers, self.number = ns1, None, [], 0
        for sock in (self.icmp, self.udp, self.sink):
            sock.setblocking(False)

    def packet(self):
        if self.family == socket.AF_INET6:
            return struct.pack("!BBHHH", 128, 0, 0, 7, self.number & 0xffff) + bytes(40)
        head = struct.pack("!BBHHH", 8, 0, 0, 7, self.number & 0xffff) + bytes(40)
        return head[:2] + struct.pack("!H", cksum(head)) + head[4:]

    def connection(self):
        """A new one every 25 rounds, data on it in between."""
        if self.number % 25 == 1:
            if self.tcp:
                self.tcp.close()
            enter(self.name)
            self.tcp = socket.socket(self.family, socket.SOCK_STREAM)
            self.tcp.setblocking(False)
            self.tcp.bind((self.src, 0))
            self.tcp.connect_ex((self.dst, self.port))
        try:
            self.tcp.send(bytes(3000))
        except OSError:
            pass
        try:
            while True:
                self.peers.append(self.listener.accept()[0])
                self.peers[-1].setblocking(False)
        except OSError:
            pass
        for peer in self.peers[:-3]:
            peer.close()
        self.peers = self.peers[-3:]
        for peer in self.peers:
            try:
                peer.send(peer.recv(65536)[:100])
            except OSError:
                pass

    def round(self):
        self.number += 1
        for sock, data in ((self.icmp, self.packet()), (self.udp, bytes(700))):
            if self.port == 7777 and sock is self.icmp:
                continue        # policy protects UDP only
            try:
                sock.sendto(data, (self.dst, self.port if sock is self.udp else 0))
            except OSError:
                pass
        if self.port != 7777:
            self.connection()
        for sock in (self.icmp, self.sink):
            try:
                while True:
                    data = sock.recv(2048)
                    if sock is self.icmp and not (data[20] == 0 if data[0] == 0x45 else data[0] == 129):
                        continue        # not an echo reply
                    COUNT[0] += 1
            except OSError:
                pass

COUNT = [0]
words = sys.argv[2:]
pairs = [Pair(*words[i:i + 5]) for i in range(0, len(words), 5)]
print("running", flush=True)
while True:
    for pair in pairs:
        pair.round()
    with open(sys.argv[1] + ".new", "w") as out:
        out.write(str(COUNT[0]))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    time.sleep(0.01)
EOF

traffic_start() {
	python3 "$tmp/traffic.py" "$tmp/count" "$@" >"$tmp/traffic" 2>&1 &
	traffic=$!
	wait_for 20 grep -q running "$tmp/traffic" || note "no traffic: $(cat "$tmp/traffic")"
}

received() {
	cat "$tmp/count"
}

moved() {
	[ "$(received)" -ge $(($1 + 40)) ]
}

# flows: from now on something arrives
flows() {
	moved_from=$(received)
	wait_for 10 moved "$moved_from"
}

seen=0
# leaks NAME: nothing in clear since the last time
leaks() {
	local now
	now=$(captured clear)
	if [ "$now" != "$seen" ]; then
		note "$(tcpdump -nn -r "$tmp/clear.pcap" 2>/dev/null | sed -n "$((seen + 1)),$((seen + 5))p")"
	fi
	same "OUT-2 $1: nothing in clear" $((now - seen)) 0
	seen=$now
}

sas() {
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4 tunnel "$gcm_sa" "$@" &&
	sa_pair "$G1" fd11::1 "$G2" fd12::1 6 tunnel "$cbc_sa" "$@" &&
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 9 transport "$chacha_sa" "$@"
}

# policies NS WORD: add or update all of one gateway
policies() {
	local left=1 right=2
	[ "$1" = "$G1" ] || left=2 right=1
	local l r a b f
	{
		for f in 4 6; do
			l=10.$left.0.0/24 r=10.$right.0.0/24 a=172.16.$left.1 b=172.16.$right.1
			[ $f = 4 ] || l=fd0$left::/64 r=fd0$right::/64 a=fd1$left::1 b=fd1$right::1
			echo "policy $2 src $l dst $r dir out tmpl src $a dst $b proto esp reqid $f mode tunnel"
			echo "policy $2 src $r dst $l dir in tmpl src $b dst $a proto esp reqid $f mode tunnel"
			echo "policy $2 src $r dst $l dir fwd tmpl src $b dst $a proto esp reqid $f mode tunnel"
		done
		a=172.16.$left.1 b=172.16.$right.1
		for f in "sport" "dport"; do
			echo "policy $2 src $a dst $b proto udp $f 7777 dir out tmpl proto esp reqid 9 mode transport"
			echo "policy $2 src $b dst $a proto udp $f 7777 dir in tmpl proto esp reqid 9 mode transport"
		done
	} | if [ "$2" = delete ]; then sed 's/ tmpl.*//'; else cat; fi | xf_batch "$1"
}

restore() {
	sas && policies "$G1" update && policies "$G2" update
}

# without WHAT: SAs are gone, and nothing arrives either
without() {
	local before
	sleep 0.3
	before=$(received)
	sleep 0.5
	same "OUT-2 $1: nothing arrives" $(($(received) - before)) 0
	leaks "$1"
}

check "set up" restore
capture clear "$R" G1 "$inner"
traffic_start "$A" 10.1.0.2 "$B" 10.2.0.2 7001 "$A" fd01::2 "$B" fd02::2 7002 \
	"$B" 10.2.0.2 "$A" 10.1.0.2 7003 "$G1" 10.1.0.1 "$G2" 10.2.0.1 7004 \
	"$G1" 172.16.1.1 "$G2" 172.16.2.1 7777
check "traffic flows" flows
leaks "traffic through the tunnels"

# ---- limits of SAs
for limit in "byte-hard 20000" "packet-hard 50" "time-hard 1" "time-use-hard 1"; do
	xf "$G1" state flush
	xf "$G2" state flush
	sas limit $limit
	sleep 2.2
	without "SAD-5 SA at its limit $limit"
	if [ "$IMPL" = nfsec ]; then
		more "SAD-5 $limit: drops are counted" $(($(drops "$G1" out_no_sa) + $(drops "$G1" out_sa_expired))) 1
	fi
	xf "$G1" state flush
	xf "$G2" state flush
	sas
	check "SAD-5 limit $limit: new SAs" flows
	leaks "new SAs after the limit $limit"
done

# ---- SAs flushed, deleted, added, in any order
xf "$G1" state flush
without "flush of SAs at one end"
xf "$G2" state flush
without "flush of SAs at both ends"
check "SAs again" sas
check "SAs again: traffic flows" flows
for ((i = 0; i < 20; i++)); do
	sa_del_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 4 tunnel "$gcm_sa"
done
leaks "20 times delete and add of SAs"
xf "$G1" state deleteall
leaks "deleteall"
xf "$G2" state flush
sas
check "SAs again after deleteall" flows

# ---- policies replaced in place
for ((i = 0; i < 20; i++)); do
	policies "$G1" update
	policies "$G2" update
done
check "SPD-12 policies updated 20 times: traffic flows" flows
leaks "SPD-12 20 updates of all policies"
# another SA in the template: from reqid 4 to one which there is not, and back
for ((i = 0; i < 10; i++)); do
	for reqid in 5 4; do
		xf "$G1" policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out \
			tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid $reqid mode tunnel
	done
done
leaks "SPD-12 updates to another SA and back"
for ((i = 0; i < 5; i++)); do
	xf "$G1" policy add src 10.1.0.2/32 dst 10.2.0.2/32 dir out action block priority 5000
	xf "$G1" policy delete src 10.1.0.2/32 dst 10.2.0.2/32 dir out
done
leaks "SPD-1 a block policy behind the others, added and deleted"

# ---- policies deleted, in an order that is safe: something which blocks is there first
for ns in "$G1" "$G2"; do
	xf "$ns" policy add src 0.0.0.0/0 dst 10.0.0.0/8 dir out action block priority 9000
	xf "$ns" policy add src ::/0 dst fd00::/8 dir out action block priority 9000
	xf "$ns" policy add src 172.16.0.0/16 dst 172.16.0.0/16 proto udp dir out action block priority 9000
done
check "SPD-3 with a block policy below: traffic flows" flows
for ns in "$G1" "$G2"; do
	policies "$ns" delete
done
without "SPD-3 policies deleted above one which blocks"
both() {
	policies "$G1" "$1" && policies "$G2" "$1"
}
check "SPD-3 policies again" both add
check "SPD-3 policies again: traffic flows" flows
leaks "SPD-3 policies added above one which blocks"

# ---- default block: also a flush is safe
if [ "$IMPL" = nfsec ]; then
	for ns in "$G1" "$G2"; do
		secctl -n "$ns" policy setdefault out block
	done
	for ((i = 0; i < 5; i++)); do
		xf "$G1" policy flush
		xf "$G2" policy flush
		policies "$G1" add
		policies "$G2" add
	done
	check "SPD-3 default block: traffic flows" flows
	leaks "SPD-3 default block: policies flushed and added 5 times"
	xf "$G1" policy flush
	xf "$G2" policy flush
	without "SPD-3 default block and no policy"
	restore 2>/dev/null
	policies "$G1" update
	policies "$G2" update
	check "SPD-3 default block: policies again" flows
fi

# ---- devices and addresses come and go
ip -n "$G1" link set R down
ip -n "$G1" link set R up
ip_batch "$G1" <<-EOF
addr replace fd11::1/64 dev R nodad
route replace default via 172.16.1.254
route replace default via fd11::fe
EOF
check "device down and up: traffic flows" flows
leaks "device of the gateway down and up"

# ---- the module goes away. Nothing of it is left to protect anything then, so
# what keeps cleartext back must be something else. Either a rule which drops on
# the way out whatever is not protected; it stands behind the module and is never
# reached by a protected packet; or forwarding is switched off before. In both
# cases nothing that was in the module's hands may get out in clear.
if [ "$IMPL" = nfsec ] && [ -f "${NFSEC_KO:-}" ] && command -v nft >/dev/null; then
	reload() {
		insmod "$NFSEC_KO" && restore
	}
	unload() {
		wait_for 5 eval 'rmmod nfsec 2>/dev/null'
	}
	for ns in "$G1" "$G2"; do
		in_ns "$ns" nft -f - <<-'EOF'
		table inet t {
			counter stopped {}
			chain last {
				type filter hook postrouting priority 200
				oifname R meta l4proto != { esp, ipv6-icmp } counter name stopped drop
				oifname R meta l4proto ipv6-icmp ip6 saddr { fd01::/64, fd02::/64 } counter name stopped drop
			}
		}
		EOF
	done
	stopped() {
		in_ns "$G1" nft -j list counter inet t stopped | jq '[.nftables[].counter // empty][0].packets'
	}
	check "a rule behind the module: traffic flows" flows
	same "... and it meets no protected traffic" "$(stopped)" 0
	for ((round = 1; round <= 2; round++)); do
		check "unload under traffic, with a rule behind it" unload
		sleep 0.5
		leaks "unload with a rule behind it"
		check "load again" reload
		check "load again: traffic flows" flows
		leaks "load again"
	done
	more "the rule had something to do meanwhile" "$(stopped)" 10
	for ns in "$G1" "$G2"; do
		in_ns "$ns" nft flush ruleset
	done
	# the gateways' own traffic cannot be switched off so
	kill $traffic
	wait $traffic 2>/dev/null
	traffic_start "$A" 10.1.0.2 "$B" 10.2.0.2 7001 "$A" fd01::2 "$B" fd02::2 7002
	check "forwarded traffic flows" flows
	for ns in "$G1" "$G2"; do
		ns_sysctl "$ns" net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	done
	check "unload under traffic, forwarding stopped" unload
	sleep 0.5
	leaks "unload with forwarding stopped"
	check "load again and set up" reload
	for ns in "$G1" "$G2"; do
		ns_sysctl "$ns" net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	ip -n "$G1" route replace default via fd11::fe
	check "forwarding again: traffic flows" flows
	leaks "unload, load, forwarding again"
fi

# ---- would this test have seen it?
flush "$G1" "$G2"
sleep 0.5
more "without policies the capture does see cleartext" $(($(captured clear) - seen)) 10
kill $traffic
capture_stop clear
[ "$REPLY" -gt 0 ] || fail "the capture lost nothing"
finish
