#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# What policies match and what they do, between two hosts: A sends one packet,
# and both its arrival at B and its form on the wire are compared with what the
# policies at A (or B) say.
# RFC 4301 4.4.1 (SPD-1..SPD-7), 4.4.1.1 (SEL-*), 5.1 (OUT-2), 5.2 (IN-3, IN-4).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_impl

quiet() { "$@" >/dev/null; }

topo_hosts

# verdict NAME esp|clear|drop|refused KIND [OPTIONS]: a packet from A to B, IPv4
# unless $six is set. "drop" did not leave A; "refused" came to B but not through.
verdict() {
	local name=$1 want=$2 kind=$3 src=10.0.0.1 dst=10.0.0.2 got
	shift 3
	[ -z "${six:-}" ] || src=fd00::1 dst=fd00::2
	agent probe $kind "$A" $src "$B" $dst wire="$A/B" "$@"
	case $REPLY in
	"ok wire=esp") got=esp ;;
	"ok wire=clear") got=clear ;;
	*wire=none) got=drop ;;
	"lost wire=esp"|"lost wire=clear") got=refused ;;
	*) got=unknown ;;
	esac
	if [ "$got" = "$want" ]; then
		pass "$name"
	else
		fail "$name" "$kind $*: $REPLY, expected $want"
	fi
}

# B takes all packets, protected or not.
accept_all() {
	xf_batch "$B" <<-EOF
	policy add src 10.0.0.1 dst 10.0.0.2 dir in tmpl proto esp reqid 4 mode transport level use
	policy add src fd00::1 dst fd00::2 dir in tmpl proto esp reqid 4 mode transport level use
	EOF
}

sas() {
	sa_pair "$A" 10.0.0.1 "$B" 10.0.0.2 4 transport "$gcm_sa"
	sa_pair "$A" fd00::1 "$B" fd00::2 4 transport "$gcm_sa"
}

# out SELECTOR-AND-WORDS: a policy at A; the word "protect" stands for the
# template
out() {
	local words="$*"
	xf "$A" policy add dir out ${words/protect/tmpl proto esp reqid 4 mode transport}
}

fresh() {
	xf "$A" policy flush
}

agent ping "$A" 10.0.0.1 10.0.0.2 && agent ping "$A" fd00::1 fd00::2	# neighbours

# ---- no policy at all
verdict "ARCH-1 empty SPD lets traffic through" clear udp
six=1 verdict "ARCH-1 empty SPD lets IPv6 through" clear udp
sas
accept_all
verdict "an SA alone protects nothing" clear udp

# ---- actions and order
fresh
out src 10.0.0.1 dst 10.0.0.2 protect
verdict "SPD-2 protect" esp udp
verdict "SPD-2 protect tcp" esp tcp
verdict "SPD-2 protect icmp" esp icmp
verdict "SEL-3 protect another protocol" esp raw proto=253
six=1 verdict "SEL-2 a policy for IPv4 does not touch IPv6" clear udp
fresh
out src fd00::1 dst fd00::2 protect
six=1 verdict "SPD-2 protect IPv6" esp udp
verdict "SEL-2 a policy for IPv6 does not touch IPv4" clear udp
fresh
out src 10.0.0.0/24 dst 10.0.0.0/24 priority 20 protect
out src 10.0.0.1/32 dst 10.0.0.2/32 priority 10 action block
verdict "SPD-1 the lower priority number decides: block" drop udp
fresh
out src 10.0.0.0/24 dst 10.0.0.0/24 priority 10 protect
out src 10.0.0.1/32 dst 10.0.0.2/32 priority 20 action block
verdict "SPD-1 the lower priority number decides: protect" esp udp
fresh
out src 10.0.0.1/32 dst 10.0.0.2/32 priority 20 action block
out src 10.0.0.0/24 dst 10.0.0.0/24 priority 10 protect
verdict "SPD-1 the order of creation does not matter" esp udp
out src 10.0.0.1 dst 10.0.0.2 proto udp dport 500 priority 5
verdict "SPD-5 bypass above protect" clear udp dport=500
verdict "SPD-5 bypass only for its port" esp udp dport=501
fresh
out src 10.0.0.1/32 dst 10.0.0.0/24 priority 7 action block
out src 10.0.0.0/24 dst 10.0.0.2/32 priority 7
verdict "SPD-1 equal priority: the first created decides" drop udp
fresh
out src 10.0.0.0/24 dst 10.0.0.2/32 priority 7
out src 10.0.0.1/32 dst 10.0.0.0/24 priority 7 action block
verdict "SPD-1 equal priority, other order" clear udp

# ---- selectors
fresh
out src 10.0.0.1 dst 10.0.0.2 proto udp dport 1000 protect
verdict "SEL-5 destination port" esp udp dport=1000
verdict "SEL-5 another port" clear udp dport=1001
verdict "SEL-5 the same port of another protocol" clear tcp dport=1000
fresh
out src 10.0.0.1 dst 10.0.0.2 proto udp sport 2000 protect
verdict "SEL-5 source port" esp udp sport=2000
verdict "SEL-5 another source port" clear udp sport=2001
fresh
out src 10.0.0.1 dst 10.0.0.2 proto icmp type 3 code 4 protect
verdict "SEL-6 ICMP type and code" esp icmp type=3 code=4
verdict "SEL-6 another code" clear icmp type=3 code=3
verdict "SEL-6 another type" clear icmp type=11 code=4
fresh
out src 10.0.0.1 dst 10.0.0.2 proto icmp type 8 protect
verdict "SEL-7 ICMP type alone" esp icmp type=8
verdict "SEL-7 another type" clear icmp type=3
fresh
out src fd00::1 dst fd00::2 proto ipv6-icmp type 128 protect
six=1 verdict "SEL-6 ICMPv6 type" esp icmp type=128
six=1 verdict "SEL-6 another ICMPv6 type" clear icmp type=1
fresh
out src 10.0.0.1 dst 10.0.0.2 proto 253 protect
verdict "SEL-3 protocol number" esp raw proto=253
verdict "SEL-3 another protocol number" clear raw proto=254
fresh
out src 10.0.0.0/31 dst 10.0.0.2/31 protect
verdict "SEL-1 prefixes that hold the addresses" esp udp
fresh
out src 10.0.0.0/24 dst 10.0.0.128/25 protect
verdict "SEL-1 prefix that does not" clear udp
fresh
out src 0.0.0.0/0 dst 0.0.0.0/0 protect
verdict "SEL-1 any address" esp udp
fresh
out src 10.0.0.1 dst 10.0.0.2 mark 0x10 mask 0xf0 protect
verdict "policy with a mark" esp udp mark=0x1f
verdict "policy with another mark" clear udp mark=0x2f
verdict "policy with a mark, packet without" clear udp
fresh
out src 10.0.0.1 dst 10.0.0.2 dev B protect
verdict "SEL-1 device" esp udp
fresh
out src 10.0.0.1 dst 10.0.0.2 dev lo protect
verdict "SEL-1 another device" clear udp
if [ "$IMPL" = nfsec ]; then
	fresh
	out src 10.0.0.1 dst 10.0.0.2 proto udp dport 1000-2000 protect
	for port in 1000 1500 2000; do
		verdict "SEL-5 port $port in a range" esp udp dport=$port
	done
	for port in 999 2001; do
		verdict "SEL-5 port $port outside a range" clear udp dport=$port
	done
	fresh
	out src 10.0.0.1-10.0.0.3 dst 10.0.0.2-10.0.0.7 protect
	verdict "SEL-1 address ranges" esp udp
	fresh
	out src 10.0.0.1 dst 10.0.0.3-10.0.0.7 protect
	verdict "SEL-1 address just outside a range" clear udp
	fresh
	out src fd00::1-fd00::1 dst fd00::1-fd00::2 protect
	six=1 verdict "SEL-1 IPv6 address range" esp udp
	fresh
	out src 10.0.0.1 dst 10.0.0.2 proto icmp type 3 code 1-4 protect
	for code in 1 4; do
		verdict "SEL-6 code $code in a range" esp icmp type=3 code=$code
	done
	for code in 0 5; do
		verdict "SEL-6 code $code outside a range" clear icmp type=3 code=$code
	done
fi

# ---- neighbour discovery is not in the way of ::/0, as it is with XFRM
if [ "$IMPL" = nfsec ]; then
	fresh
	out src ::/0 dst ::/0 protect
	xf "$B" policy add src ::/0 dst ::/0 dir in priority 9 tmpl proto esp mode transport level use
	ip -n "$A" neigh flush dev B
	six=1 verdict "neighbour discovery works below a policy for everything" esp udp timeout=2
fi

# ---- no SA
fresh
xf "$A" state flush
out src 10.0.0.1 dst 10.0.0.2 protect
verdict "OUT-2 no SA: nothing leaves" drop udp
fresh
out src 10.0.0.1 dst 10.0.0.2 tmpl proto esp reqid 4 mode transport level use
verdict "level use without an SA: in clear" clear udp
xf "$B" state flush
sas
verdict "level use with an SA: protected" esp udp

# ---- defaults
fresh
xf "$A" policy setdefault out block
verdict "SPD-3 default block: nothing leaves" drop udp
out src 10.0.0.1 dst 10.0.0.2 proto udp dport 1000
verdict "SPD-3 default block: what a policy allows leaves" clear udp dport=1000
verdict "SPD-3 default block: the rest does not" drop udp dport=1001
more "SPD-4 the default is shown" "$(xf "$A" policy getdefault | grep -ci 'out: *block')" 1
xf "$A" policy setdefault out accept 2>/dev/null || xf "$A" policy setdefault out allow
fresh
verdict "SPD-3 default allow again" clear udp
xf "$B" policy flush
xf "$B" policy setdefault in block
verdict "SPD-3 default block inbound" refused udp
xf "$B" policy add src 10.0.0.1 dst 10.0.0.2 proto udp dport 1000 dir in
verdict "SPD-3 inbound: what a policy allows" clear udp dport=1000
verdict "SPD-3 inbound: the rest" refused udp dport=1001
xf "$B" policy setdefault in accept 2>/dev/null || xf "$B" policy setdefault in allow

# ---- inbound
xf "$B" policy flush
xf "$B" policy add src 10.0.0.1 dst 10.0.0.2 dir in tmpl proto esp reqid 4 mode transport
expect_in() {
	if [ "$IMPL" = nfsec ]; then
		dropped "$1, counted as $2" "$B" "$2" 1 verdict "$1" "${@:3}"
	else
		verdict "$1" "${@:3}"
	fi
}
monitor acquire "$B" acquire
fresh
expect_in "IN-4 cleartext for a protected flow is dropped" in_cleartext refused udp
expect_in "SPD-7 cleartext icmp for a protected flow is dropped" in_cleartext refused icmp
same "IN-4 no SA is asked for because of it" "$(cat "$tmp/acquire.events")" ""
monitor_stop acquire
out src 10.0.0.1 dst 10.0.0.2 protect
verdict "IN-3 the flow itself passes" esp udp
xf "$B" policy update src 10.0.0.1 dst 10.0.0.2 dir in tmpl proto esp reqid 5 mode transport
expect_in "IN-3 through an SA that the policy does not want" in_template refused udp
xf "$B" policy update src 10.0.0.1 dst 10.0.0.2 dir in action block
expect_in "SPD-2 inbound block, protected or not" in_block refused udp
xf "$B" policy update src 10.0.0.1 dst 10.0.0.2 dir in tmpl proto esp reqid 4 mode transport
verdict "SPD-12 updated back" esp udp

# ---- SA selectors
flush "$A" "$B"
xf_batch "$A" <<-EOF
	state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001 reqid 4 mode transport $gcm_sa
	policy add src 10.0.0.1 dst 10.0.0.2 dir out tmpl proto esp reqid 4 mode transport
EOF
xf_batch "$B" <<-EOF
	state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001 reqid 4 mode transport $gcm_sa sel src 10.0.0.1 dst 10.0.0.2 proto udp dport 1000
	policy add src 10.0.0.1 dst 10.0.0.2 dir in tmpl proto esp reqid 4 mode transport
EOF
verdict "IN-3 SAD-3 inside the selector of the SA" esp udp dport=1000
expect_in "IN-3 SAD-3 outside the selector of the SA" in_selector refused udp dport=1001
expect_in "IN-6 another protocol" in_selector refused tcp dport=1000

# ---- what is for all: protected once, and a copy in clear for listeners on the host,
# also where policy wants such packets protected on the way in.
if [ "$IMPL" = nfsec ]; then
	flush "$A" "$B"
	sa_pair "$A" 10.0.0.1 "$B" 10.0.0.2 4 tunnel "$gcm_sa"
	agent ping "$A" 10.0.0.1 10.0.0.2
	for to in 239.1.1.1 10.0.0.255; do
		xf_batch "$A" <<-EOF
		policy add src 10.0.0.1 dst $to dir out tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 4 mode tunnel
		policy add src 10.0.0.1 dst $to dir in tmpl src 10.0.0.2 dst 10.0.0.1 proto esp reqid 4 mode tunnel
		EOF
	done
	listener() {
		ip netns exec "$A" socat -u "UDP4-RECV:$1${3:+,$3}" "CREATE:$tmp/heard.$2" &
		listeners+=($!)
	}
	listeners=()
	listener 5007 239.1.1.1 ip-add-membership=239.1.1.1:10.0.0.1
	listener 5008 10.0.0.255
	for port in 5007 5008; do
		wait_for 10 in_ns "$A" sh -c "ss -Hlun sport = :$port | grep -q ." || note "no listener on $port"
	done
	capture all "$A" B -Q out udp or esp
	heard() {
		[ "$(cat "$tmp/heard.$1" 2>/dev/null)" = all ]
	}
	for to in 239.1.1.1:5007,ip-multicast-if=10.0.0.1 10.0.0.255:5008,broadcast; do
		printf all | in_ns "$A" socat -u - "UDP4-DATAGRAM:$to,bind=10.0.0.1"
		check "OUT-2 a listener on this host hears ${to%%:*}" wait_for 5 heard ${to%%:*}
	done
	capture_stop all
	same "OUT-2 multicast and broadcast leave once each, as ESP" \
		"$(captured all esp) $(captured all udp)" "2 0"
	same "OUT-2 none of them is dropped" "$(all_drops "$A" | grep -o 'in_cleartext=[0-9]*')" ""
	kill "${listeners[@]}"
fi

# ---- management
flush "$A" "$B"
out src 10.0.0.1 dst 10.0.0.2 priority 3 action block
check_not "adding the same policy twice is refused" out src 10.0.0.1 dst 10.0.0.2 priority 3 2>/dev/null
verdict "SPD-12 and changes nothing" drop udp
check "SPD-12 update replaces" xf "$A" policy update src 10.0.0.1 dst 10.0.0.2 dir out priority 3
verdict "SPD-12 with effect at once" clear udp
same "SPD-12 there is one policy" "$(xf "$A" policy list | grep -c 'dir out')" 1
check "update creates what is not there" \
	xf "$A" policy update src 10.0.0.1 dst 10.0.0.2 proto udp dir out priority 1 action block
verdict "update creates what is not there, effect" drop udp
check "delete by selector" xf "$A" policy delete src 10.0.0.1 dst 10.0.0.2 proto udp dir out
verdict "delete by selector, effect" clear udp
check_not "deleting it again is refused" \
	xf "$A" policy delete src 10.0.0.1 dst 10.0.0.2 proto udp dir out 2>/dev/null
xf "$A" policy update src 10.0.0.1 dst 10.0.0.2 dir out priority 3 action block
# The text of ip(8) has the index only with -s; both take it back.
if [ "$IMPL" = nfsec ]; then
	index=$(secctl -n "$A" -j policy list | jq -r '[.. | objects | select(has("index")) | .index][0]')
else
	index=$(ip -n "$A" -s xfrm policy list | sed -n 's/.*index \([0-9]*\).*/\1/p')
fi
check "get by index" quiet xf "$A" policy get index "$index" dir out
check "delete by index" xf "$A" policy delete index "$index" dir out
verdict "delete by index, effect" clear udp
same "no policy is left" "$(xf "$A" policy list)" ""
out src 10.0.0.1 dst 10.0.0.2 action block
xf "$A" policy flush
verdict "flush" clear udp
finish
