#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Firewall rules on the gateways: what nftables and iptables see of protected
# traffic, connection tracking, strict reverse path filtering, and flowtables.
# RFC 4301 5.1, 5.2 (OUT-1, OUT-2, IN-1, SPD-7).
# Rules see the SPI, protocol and reqid of the SA, but not its mode and tunnel
# addresses: the kernel's own policy check would drop packets that show these.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl
for tool in nft iptables conntrack; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
topo_gateways

# What must not be seen on the wire: packets between the networks. Some tests
# send others in clear on purpose.
inner="(net 10.1.0.0/24 and net 10.2.0.0/24) or (net fd01::/64 and net fd02::/64)"

# nft_count NS COUNTER: packets
nft_count() {
	in_ns "$1" nft -j list counter inet t "$2" | jq '[.nftables[].counter // empty][0].packets'
}

nft_load() {
	in_ns "$1" nft -f -
}

nft_flush() {
	local ns
	for ns; do
		in_ns "$ns" nft flush ruleset
	done
}

tcp46() {
	agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=${1:-100000} &&
	agent tcp "$A" fd01::2 "$B" fd02::2 bytes=${1:-100000}
}

ping46() {
	agent ping "$A" 10.1.0.2 10.2.0.2 count=3 && agent ping "$A" fd01::2 fd02::2 count=3
}

gateways_tunnel 4 "$gcm_sa"
gateways_tunnel 6 "$gcm_sa"
capture clear "$R" G1 "$inner"

# ---- what rules see: counters
nft_load "$G2" <<-'EOF'
table inet t {
	counter in_esp {}
	counter in_ipsec {}
	counter in_clear {}
	counter out_esp {}
	counter fwd_ipsec {}
	counter fwd_clear {}
	counter fwd_reqid {}
	counter fwd_spi {}
	counter fwd_established {}
	counter pre_inner {}
	chain prerouting {
		type filter hook prerouting priority -300
		iifname R ip saddr 10.1.0.0/24 counter name pre_inner
	}
	chain input {
		type filter hook input priority 0
		meta l4proto esp counter name in_esp
		meta l4proto { icmp, tcp, udp } meta ipsec exists counter name in_ipsec
		meta l4proto { icmp, tcp, udp } iifname R meta ipsec missing counter name in_clear
	}
	chain output {
		type filter hook output priority 0
		meta l4proto esp counter name out_esp
	}
	chain forward {
		type filter hook forward priority 0
		iifname R meta ipsec exists counter name fwd_ipsec
		iifname R meta ipsec missing counter name fwd_clear
		iifname R ipsec in reqid { 4, 6 } counter name fwd_reqid
		iifname R ipsec in spi { 0x100401, 0x100601 } counter name fwd_spi
		iifname R ct state established counter name fwd_established
	}
}
EOF
check "ping through counting gateways" agent ping "$A" 10.1.0.2 10.2.0.2 count=5
same "IN-1 input sees the outer packets" "$(nft_count "$G2" in_esp)" 5
same "OUT-1 output sees the outer packets" "$(nft_count "$G2" out_esp)" 5
same "prerouting sees the inner packets" "$(nft_count "$G2" pre_inner)" 5
same "forward: meta ipsec exists" "$(nft_count "$G2" fwd_ipsec)" 5
same "forward: ipsec in reqid" "$(nft_count "$G2" fwd_reqid)" 5
same "forward: ipsec in spi" "$(nft_count "$G2" fwd_spi)" 5
same "forward: nothing in clear" "$(nft_count "$G2" fwd_clear)" 0
check "ping to the gateway itself" agent ping "$A" 10.1.0.2 10.2.0.1 count=4
same "input: meta ipsec exists" "$(nft_count "$G2" in_ipsec)" 4
same "input: nothing in clear" "$(nft_count "$G2" in_clear)" 0
check "IPv6 ping" agent ping "$A" fd01::2 fd02::2 count=3
same "IPv6 forward: meta ipsec exists" "$(nft_count "$G2" fwd_ipsec)" 8
check "TCP" tcp46
more "forward: the inner flow is established" "$(nft_count "$G2" fwd_established)" 20
same "forward: still nothing in clear" "$(nft_count "$G2" fwd_clear)" 0
agent ping "$A" 10.1.0.2 172.16.2.1
more "input: unprotected packets are told apart" "$(nft_count "$G2" in_clear)" 1
nft_flush "$G2"

# ---- rules as people write them: what came in clear does not pass
strict='
table inet t {
	chain input {
		type filter hook input priority 0; policy drop
		meta l4proto { esp, ipv6-icmp } accept
		meta ipsec exists accept
	}
	chain forward {
		type filter hook forward priority 0; policy drop
		iifname R meta ipsec exists accept
		oifname R accept
	}
}'
nft_load "$G2" <<<"$strict"
check "rules that let only ipsec in: forwarded" ping46
check "rules that let only ipsec in: TCP" tcp46
check "rules that let only ipsec in: to the gateway" agent ping "$A" 10.1.0.2 10.2.0.1
check "... and they do drop what is in clear" fails lost ping "$R" 172.16.2.254 10.2.0.2 timeout=0.5
check "... also to the gateway" fails lost ping "$R" 172.16.2.254 172.16.2.1 timeout=0.5
nft_flush "$G2"

# ---- stateful rules of the inner flow
nft_load "$G2" <<-'EOF'
table inet t {
	chain forward {
		type filter hook forward priority 0; policy drop
		ct state established,related accept
		iifname B ct state new accept
	}
}
EOF
check "ct state: B may open connections" agent tcp "$B" 10.2.0.2 "$A" 10.1.0.2 bytes=50000
check "ct state: B may ping" agent ping "$B" fd02::2 fd01::2
check "ct state: A may not" fails lost ping "$A" 10.1.0.2 10.2.0.2 timeout=0.5
nft_flush "$G2"
nft_load "$G1" <<-'EOF'
table inet t {
	chain forward {
		type filter hook forward priority 0; policy drop
		ct state established accept
		iifname A ct state new accept
	}
}
EOF
conntrack_of() {
	in_ns "$1" conntrack -L "${@:2}" 2>/dev/null
}
in_ns "$G1" conntrack -F 2>/dev/null
check "ct state on the gateway which encrypts" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=50000 dport=7001
check "ct state: UDP both ways" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100 dport=7002
same "conntrack has the inner flow once, with an answer" \
	"$(conntrack_of "$G1" -p udp --orig-port-dst 7002 | grep -v UNREPLIED | grep -c 'src=10.1.0.2 dst=10.2.0.2')" 1
check_not "ct state: B may not" agent ping "$B" 10.2.0.2 10.1.0.2 timeout=0.5
nft_flush "$G1"

# ---- iptables
ipt() {
	in_ns "$G2" iptables -w "$@"
}
ipt -P FORWARD DROP
ipt -A FORWARD -o R -j ACCEPT
ipt -A FORWARD -i R -m policy --dir in --pol ipsec --strict --proto esp --reqid 4 -j ACCEPT
check "iptables -m policy in FORWARD" agent ping "$A" 10.1.0.2 10.2.0.2 count=3
same "iptables -m policy matched" "$(ipt -nvxL FORWARD | awk '/pol ipsec/ { print $1 }')" 3
check "... and what is in clear is dropped" fails lost ping "$R" 172.16.2.254 10.2.0.2 timeout=0.5
ipt -F FORWARD
ipt -A FORWARD -o R -j ACCEPT
ipt -A FORWARD -i R -m policy --dir in --pol ipsec --reqid 5 -j ACCEPT
check "iptables -m policy with another reqid does not match" \
	fails lost ping "$A" 10.1.0.2 10.2.0.2 timeout=0.5
ipt -F FORWARD
ipt -A FORWARD -i R -m policy --dir in --pol none -j DROP
ipt -P FORWARD ACCEPT
check "iptables --pol none does not match" agent ping "$A" 10.1.0.2 10.2.0.2
ipt -P INPUT DROP
ipt -A INPUT -p esp -j ACCEPT
ipt -A INPUT -m policy --dir in --pol ipsec -j ACCEPT
check "iptables -m policy in INPUT" agent ping "$A" 10.1.0.2 10.2.0.1
check "... and what is in clear is dropped" fails lost ping "$R" 172.16.2.254 172.16.2.1 timeout=0.5
nft_flush "$G2"

# ---- strict reverse path filtering. The route back to the other network goes
# by another device than the one that the packets came in by.
for ns in "$G1" "$G2"; do
	ns_sysctl "$ns" net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
done
check "rp_filter=1" agent ping "$A" 10.1.0.2 10.2.0.2
ip_batch "$G2" <<-EOF
link add other type dummy
link set other up
route add 10.1.0.0/24 dev other
EOF
check "rp_filter=1 and a route by another device: ping" agent ping "$A" 10.1.0.2 10.2.0.2
check "rp_filter=1 and a route by another device: TCP" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=100000
check "rp_filter=1 and a route by another device: to the gateway" agent ping "$A" 10.1.0.2 10.2.0.1
# shellcheck disable=SC2016 # of awk
filtered() {
	in_ns "$G2" awk '/^TcpExt/ { if (!n) for (i = 1; i <= NF; i++) { if ($i == "IPReversePathFilter") n = i }
		else print $n }' /proc/net/netstat
}
before=$(filtered)
ip -n "$R" route add 10.9.0.0/24 dev lo
ip -n "$R" addr add 10.1.0.77/32 dev lo
agent send udp "$R" 10.1.0.77 10.2.0.2
more "... while it does drop a packet in clear with such an address" $(($(filtered) - before)) 1
ip -n "$G2" link del other
for ns in "$G1" "$G2"; do
	ns_sysctl "$ns" net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done

# ---- flowtables: a protected flow must not take the short cut
flowtable='
table inet t {
	flowtable f {
		hook ingress priority 0
		devices = { A, R }
	}
	chain forward {
		type filter hook forward priority 0
		meta l4proto { tcp, udp } flow add @f
	}
}'
# watch_offload ID DST COMMAND...: the command; how often a flow of G1 to DST was
# seen to be offloaded meanwhile
watch_offload() {
	local id=$1 dst=$2 pid
	shift 2
	while :; do
		conntrack_of "$G1"
		sleep 0.02
	done >"$tmp/$id.flows" &
	pid=$!
	"$@"
	kill $pid
	wait $pid 2>/dev/null
	grep -c "src=10.1.0.2 dst=$dst .*OFFLOAD" "$tmp/$id.flows"
}

nft_load "$G1" <<<"$flowtable"
more "flowtable: works for a flow that is not protected" \
	"$(watch_offload plain 172.16.1.254 agent tcp "$A" 10.1.0.2 "$R" 172.16.1.254 bytes=4000000)" 1
same "flowtable: a protected flow is not offloaded" \
	"$(watch_offload tunnel 10.2.0.2 agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=4000000)" 0
check "flowtable: TCP arrives" tcp46 1000000
check "flowtable: UDP arrives" agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 len=100,100,100,100
none_captured "OUT-2 OUT-1 no cleartext between the gateways" clear

# ---- a flow that was offloaded before it became a protected one
if [ "$IMPL" = nfsec ]; then
	# A forwarded TCP connection learns the MTU from such a drop.
	same "no drops at G1" "$(all_drops "$G1" | sed 's/out_too_big=[0-9]* *//')" ""
	same "no drops at G2" "$(all_drops "$G2" | sed 's/out_too_big=[0-9]* *//')" ""
	flush "$G1" "$G2"
	offloaded() {
		conntrack_of "$G1" -p udp --orig-port-dst 7003 | grep -q OFFLOAD
	}
	agent udp "$A" 10.1.0.2 "$B" 10.2.0.2 sport=7004 dport=7003 len=10
	agent flow u "$A" 10.1.0.2 "$B" 10.2.0.2 pps=200 sport=7004 dport=7003
	check "flowtable: a flow without policy is offloaded" wait_for 3 offloaded
	gateways_tunnel 4 "$gcm_sa"
	sleep 0.1
	capture late "$R" G1 "$inner"
	sleep 0.5
	none_captured "OUT-1 a new policy is applied to a flow that was offloaded" late
	agent stop u
fi
finish
