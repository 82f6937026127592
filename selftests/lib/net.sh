# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names from and for the other files
# Network namespaces, topologies, traffic and captures. To be sourced by bash
# after ktap.sh.
#
# hosts:     A ------- B          10.0.0.1, fd00::1    10.0.0.2, fd00::2
#
# gateways:  A --- G1 === R === G2 --- B
#            A 10.1.0.2 fd01::2, G1 10.1.0.1 fd01::1 and 172.16.1.1 fd11::1
#            R 172.16.1.254 fd11::fe and 172.16.2.254 fd12::fe
#            G2 172.16.2.1 fd12::1 and 10.2.0.1 fd02::1, B 10.2.0.2 fd02::2
#
# R is the wire: it only routes. Devices are named after the namespace at the
# other end, in capitals as here, and have 1500 octets MTU.

tmp=$(mktemp -d)
namespaces=()
agent_pid=

# How long something in the background may take that cannot be waited for.
case ${NFSEC_MACHINE:-} in
vm-*|*-debug) settle=1.2 ;;
*) settle=0.4 ;;
esac

[ "$(id -u)" = 0 ] || skip_all "must run as root"
missing=
for tool in ip ping tcpdump python3 jq; do
	command -v $tool >/dev/null || missing+=" $tool"
done
[ -z "$missing" ] || skip_all "not installed:$missing"

# shellcheck disable=SC2046 # a list of process ids
cleanup() {
	local ns
	[ -z "$agent_pid" ] || kill "$agent_pid" 2>/dev/null
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	for ns in "${namespaces[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
trap '' PIPE	# of an agent that died

# netns NAME...: create namespaces named after this process; sets $NAME. What a host
# says by itself about its multicast groups it says without delay: see quiet.
netns() {
	local name ns
	for name; do
		ns=t$$-$name
		ip netns add "$ns" || exit "$ksft_fail"
		printf -v "$name" %s "$ns"
		namespaces+=("$ns")
		ns_sysctl "$ns" net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.mldv2_unsolicited_report_interval=1 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
		ip -n "$ns" link set lo up
	done
}

# ns_sysctl NS NAME=VALUE...
ns_sysctl() {
	in_ns "$1" sysctl -qw "${@:2}"
}

in_ns() {
	ip netns exec "$@"
}

# ip_batch NS: commands on stdin
ip_batch() {
	ip -n "$1" -batch -
}

# wire NAME1 NAME2: a veth pair between two namespaces, by their short names
wire() {
	ip link add "$2" netns "${!1}" type veth peer name "$1" netns "${!2}"
}

topo_hosts() {
	netns A B
	wire A B
	ip_batch "$A" <<-EOF
	addr add 10.0.0.1/24 dev B
	addr add fd00::1/64 dev B nodad
	link set B up
	EOF
	ip_batch "$B" <<-EOF
	addr add 10.0.0.2/24 dev A
	addr add fd00::2/64 dev A nodad
	link set A up
	EOF
}

topo_gateways() {
	netns A G1 R G2 B
	wire A G1
	wire G1 R
	wire R G2
	wire G2 B
	ip_batch "$A" <<-EOF
	addr add 10.1.0.2/24 dev G1
	addr add fd01::2/64 dev G1 nodad
	link set G1 up
	route add default via 10.1.0.1
	route add default via fd01::1
	EOF
	ip_batch "$G1" <<-EOF
	addr add 10.1.0.1/24 dev A
	addr add fd01::1/64 dev A nodad
	addr add 172.16.1.1/24 dev R
	addr add fd11::1/64 dev R nodad
	link set A up
	link set R up
	route add default via 172.16.1.254
	route add default via fd11::fe
	EOF
	ip_batch "$R" <<-EOF
	addr add 172.16.1.254/24 dev G1
	addr add fd11::fe/64 dev G1 nodad
	addr add 172.16.2.254/24 dev G2
	addr add fd12::fe/64 dev G2 nodad
	link set G1 up
	link set G2 up
	route add 10.1.0.0/24 via 172.16.1.1
	route add 10.2.0.0/24 via 172.16.2.1
	route add fd01::/64 via fd11::1
	route add fd02::/64 via fd12::1
	EOF
	ip_batch "$G2" <<-EOF
	addr add 172.16.2.1/24 dev R
	addr add fd12::1/64 dev R nodad
	addr add 10.2.0.1/24 dev B
	addr add fd02::1/64 dev B nodad
	link set R up
	link set B up
	route add default via 172.16.2.254
	route add default via fd12::fe
	EOF
	ip_batch "$B" <<-EOF
	addr add 10.2.0.2/24 dev G2
	addr add fd02::2/64 dev G2 nodad
	link set G2 up
	route add default via 10.2.0.1
	route add default via fd02::1
	EOF
	local ns
	for ns in "$G1" "$R" "$G2"; do
		ns_sysctl "$ns" net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
}

# offload NS DEV on|off: segmentation and receive merging
offload() {
	in_ns "$1" ethtool -K "$2" tso "$3" gso "$3" gro "$3" >/dev/null 2>&1
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# quiet NS...: until all devices are ready for IPv6, for which the kernel takes up to a
# second each, and have announced their groups. For counting every packet.
quiet() {
	local ns
	for ns; do
		wait_for 20 all_ready "$ns" || note "$ns is not ready"
	done
	sleep "$settle"
}

all_ready() {
	ip -n "$1" -j addr | jq -e '[.[] | select(.ifname != "lo") |
		any(.addr_info[]; .scope == "link" and .family == "inet6" and (.tentative | not))] | all' >/dev/null
}

# ---- traffic -------------------------------------------------------------

agent_start() {
	coproc AGENT { exec python3 "$lib/agent.py" 2>"$tmp/agent.err"; }
	agent_pid=$AGENT_PID
	# Copies, because bash hides its own from subshells.
	exec {agent_out}<&"${AGENT[0]}" {agent_in}>&"${AGENT[1]}"
}

# agent COMMAND...: see agent.py. The answer is in $REPLY; true if it is "ok"
agent() {
	[ -n "$agent_pid" ] || agent_start
	echo "$*" 1>&"$agent_in" 2>/dev/null
	REPLY=
	if ! IFS= read -r -t "${agent_limit:-120}" -u "$agent_out" REPLY; then
		REPLY="agent died: $(tail -n 3 "$tmp/agent.err")"
		return 2
	fi
	[[ $REPLY == ok* ]]
}

# tcp_sent NS: TCP segments that it has sent, each once
# shellcheck disable=SC2016 # for awk
tcp_sent() {
	in_ns "$1" awk '$1 == "Tcp:" { sent = $12 - $13 } END { print sent }' /proc/net/snmp
}

# fails STATUS COMMAND...: the agent must answer with STATUS (lost, err ENAME)
fails() {
	local want=$1
	shift
	agent "$@" && return 1
	[[ $REPLY == "$want"* ]]
}

# field NAME: value of NAME=value in the agent's answer
field() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" <<<"$REPLY"
}

# ---- captures ------------------------------------------------------------

# capture ID NS DEV FILTER...: into $tmp/ID.pcap until capture_stop
capture() {
	local id=$1 ns=$2 dev=$3
	shift 3
	rm -f "$tmp/$id.log"
	ip netns exec "$ns" tcpdump -i "$dev" -nn -U -B 16384 --immediate-mode \
		-w "$tmp/$id.pcap" "$@" 2>"$tmp/$id.log" &
	echo $! >"$tmp/$id.pid"
	wait_for 20 grep -q listening "$tmp/$id.log" || note "tcpdump: $(cat "$tmp/$id.log")"
}

# capture_stop ID: end it, the number of packets is in $REPLY
capture_stop() {
	local pid
	pid=$(cat "$tmp/$1.pid")
	sleep 0.2
	kill -INT "$pid"
	wait "$pid" 2>/dev/null
	REPLY=$(sed -n 's/^\([0-9]*\) packets\{0,1\} captured/\1/p' "$tmp/$1.log")
	if ! grep -q '^0 packets dropped by kernel' "$tmp/$1.log"; then
		note "capture $1 has lost packets: $(cat "$tmp/$1.log")"
		REPLY=-1
	fi
}

# none_captured NAME ID: a test that passes if the capture has no packet
none_captured() {
	capture_stop "$2"
	[ "$REPLY" = 0 ] || note "$(tcpdump -nn -r "$tmp/$2.pcap" -c 10 2>/dev/null)"
	same "$1" "$REPLY" 0
}

# Filter for what no namespace can do without: ARP, neighbour discovery, MLD.
housekeeping='arp or (icmp6 and ip6[40] >= 130) or (ip6 and ip6[6] = 0)'

# captured ID [FILTER...]: number of packets in a capture that fit the filter
captured() {
	tcpdump -nn -r "$tmp/$1.pcap" "${@:2}" 2>/dev/null | wc -l
}
