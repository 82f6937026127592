#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Network namespaces come and go, 200 of them in pairs, several at a time: with SAs,
# policies, listeners and traffic; some are deleted while ESP is on its way to them. At
# the end nothing may be left of them: no reference, no memory, no user of an algorithm.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
rounds=${ROUNDS:-100}
workers=4

# pair_up X Y: two namespaces with everything, in as few programs as possible
pair_up() {
	ip -batch - <<-EOF &&
	netns add $1
	netns add $2
	link add v netns $1 type veth peer name v netns $2
	EOF
	host_up $1 10.0.0.1 10.0.0.2 fd00::1 fd00::2 && host_up $2 10.0.0.2 10.0.0.1 fd00::2 fd00::1
}

host_up() {
	ip -n $1 -batch - <<-EOF &&
	addr add $2/24 dev v
	addr add $4/64 dev v nodad
	link set lo up
	link set v up
	EOF
	secctl -n $1 -batch - <<-EOF
	state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001 reqid 1 mode transport $gcm_sa encap espinudp 4500 4500 0.0.0.0
	state add src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x1002 reqid 1 mode transport $gcm_sa encap espinudp 4500 4500 0.0.0.0
	state add src fd00::1 dst fd00::2 proto esp spi 0x1003 reqid 2 mode tunnel $cbc_sa limit time-hard 1000
	state add src fd00::2 dst fd00::1 proto esp spi 0x1004 reqid 2 mode tunnel $chacha_sa limit time-soft 1
	policy add src $2 dst $3 dir out tmpl proto esp reqid 1 mode transport
	policy add src $3 dst $2 dir in tmpl proto esp reqid 1 mode transport
	policy add src $4 dst $5 dir out tmpl src $4 dst $5 proto esp reqid 2 mode tunnel
	policy add src $5 dst $4 dir in tmpl src $5 dst $4 proto esp reqid 2 mode tunnel
	policy add src 10.9.0.0/16 dst 10.8.0.0/16 proto tcp dport 1000-2000 dir fwd action block
	EOF
}

# users: how many transforms are open of the algorithms in the SAs
users() {
	awk '$1 == "name" { name = $3 } $1 == "refcnt" && name ~ /gcm|chacha|cbc|hmac|sha256/ { n += $3 } END { print n }' /proc/crypto
}

percpu() {
	awk '/^Percpu/ { print $2 }' /proc/meminfo
}

# slab NAME: objects in use, where the kernel tells
slab() {
	[ -r /proc/slabinfo ] || return 1
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' /proc/slabinfo
}

# namespaces really gone: their work is done in the background
gone() {
	[ "$(users)" -le "$base_users" ]
}

# traffic ROUND X Y: what happens in them; what goes on then is in noise
traffic() {
	local i=$1 x=$2 y=$3
	case $((i % 4)) in
	0|1)
		agent ping $x 10.0.0.1 10.0.0.2 tries=3 timeout=2 &&
		agent ping $x fd00::1 fd00::2 tries=3 timeout=2
		;;
	2)
		# Y goes while X sends to it, and X while its sockets send
		ip netns exec $x ping -q -f -s 900 10.0.0.2 >/dev/null 2>&1 &
		noise+=($!)
		ip netns exec $y ping -q -f -s 1400 fd00::1 >/dev/null 2>&1 &
		noise+=($!)
		sleep 0.1
		;;
	3)
		# both SAs and policies of a living namespace are in use by a listener
		ip netns exec $x secctl monitor all >/dev/null 2>&1 &
		noise+=($!)
		agent tcp $x fd00::1 $y fd00::2 bytes=50000
		;;
	esac
}

one() {
	local i=$1 x=x$$-$1 y=y$$-$1 noise=() rc=0
	if ! pair_up $x $y; then
		note "round $i: cannot be set up"
		rc=1
	elif ! traffic $i $x $y; then
		note "round $i: $REPLY"
		rc=1
	fi
	[ -z "$agent_pid" ] || agent forget $x $y
	ip -batch - <<-EOF || rc=1
	netns del $y
	netns del $x
	EOF
	if [ ${#noise[@]} -gt 0 ]; then
		kill "${noise[@]}" 2>/dev/null
		wait "${noise[@]}" 2>/dev/null
	fi
	return $rc
}

# all_of FIRST END: these rounds, by several workers with an agent each; the number of
# those that failed is in $failed
all_of() {
	local worker pids=()
	for ((worker = 0; worker < workers; worker++)); do
		(
			failed=0
			for ((i = $1 + worker; i < $2; i += workers)); do
				one $i || failed=$((failed + 1))
			done
			[ -z "$agent_pid" ] || kill "$agent_pid"
			echo $failed >"$tmp/failed.$worker"
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
	failed=$(cat "$tmp"/failed.* | awk '{ n += $1 } END { print n, NR }')
	rm -f "$tmp"/failed.*
}

base_users=1000000
all_of 0 8	# what is allocated once, and caches
same "namespaces work" "$failed" "0 $workers"
# All that is left of the first round are algorithms which nobody uses: their
# number of users then is what it must come back to.
sleep 2
base_users=$(users) base_percpu=$(percpu) base_net=$(slab net_namespace) base_states=$(slab xfrm_state)
note "before: users $base_users, percpu $base_percpu KiB, namespaces ${base_net:-?}, states ${base_states:-?}"

all_of 8 $rounds
same "$rounds namespace pairs made, used and deleted" "$failed" "0 $workers"
check "no algorithm has a user more than before" wait_for 30 gone
note "after: users $(users), percpu $(percpu) KiB, namespaces $(slab net_namespace), states $(slab xfrm_state)"
# The kernel keeps some empty chunks of memory, others it frees when it has time; 200 namespaces of ours need far
# more: at least 1 KiB each on each CPU.
percpu_back() {
	[ $(($(percpu) - base_percpu)) -le 400 ]
}
check "per-CPU memory has come back" wait_for 30 percpu_back
# Slabs keep a partly filled page per CPU, counted as in use.
slab_back() {
	[ $(($(slab $1) - $2)) -le $3 ]
}
if [ -n "$base_net" ]; then
	check "namespaces have come back" wait_for 60 slab_back net_namespace $base_net 40
fi
if [ -n "$base_states" ]; then
	check "marks of SAs have come back" wait_for 30 slab_back xfrm_state $base_states 100
fi
if [ -f "${NFSEC_KO:-}" ]; then
	same "nothing refers to the module" "$(cat /sys/module/nfsec/refcnt)" 0
	check "it can be unloaded" rmmod nfsec
	check "and loaded" insmod "$NFSEC_KO"
	check "and used" one 0
fi
finish
