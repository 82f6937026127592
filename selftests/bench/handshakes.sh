#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How many handshakes two IKE daemons do in a second of CPU time, both ends counted, and
# how much memory each IKE SA with its child takes of one end: secike on nfsec, and charon
# of strongSwan on XFRM, one after the other on the machine this runs on. Each measurement
# is a line of JSON on $RESULTS/raw.jsonl.
#
# usage: handshakes.sh [-n HANDSHAKES] [-e ENGINES]
#
# One end is a gateway with one connection for everybody, the other has a connection for
# each handshake, with an identity of its own: IKE_SA_INIT and IKE_AUTH with a shared
# secret, AES-GCM with 256 bits, HMAC-SHA-384 and X25519; AES-GCM with 128 bits for the
# child. Each is asked for by the tool of the daemon, which is not counted, when the one
# before is up. Some before the first are not counted either.
set -eu

umask 077
count=200
warm=20
engines="charon secike"
while getopts n:e: opt; do
	case $opt in
	n) count=$OPTARG ;;
	e) engines=$OPTARG ;;
	*) exit 2 ;;
	esac
done

raw=${RESULTS:?}/raw.jsonl
tmp=$(mktemp -d)

die() {
	echo "handshakes: $*" >&2
	tail -n 20 "$tmp"/*.log "$tmp"/*.out >&2 2>/dev/null || :
	exit 1
}

# Their SAs go with the namespaces.
stop() {
	local job
	for job in $(jobs -p); do
		kill -KILL "$job" 2>/dev/null || :
	done
	wait 2>/dev/null || :
}

namespaces_del() {
	local ns
	for ns in a b; do
		[ ! -e /run/netns/$ns ] || ip netns del $ns
	done
}

cleanup() {
	exec 2>/dev/null	# that they were killed is no news
	stop
	namespaces_del
	rm -rf "$tmp"
}
trap cleanup EXIT

topology() {
	local ns
	namespaces_del
	for ns in a b; do
		ip netns add $ns
		ip -n $ns link set lo up
	done
	ip -n a link add wire type veth peer name wire netns b
	ip -n a addr add 192.0.2.1/24 dev wire
	ip -n b addr add 192.0.2.2/24 dev wire
	ip -n a link set wire up
	ip -n b link set wire up
	ip -n a route add 10.2.0.0/16 via 192.0.2.2
	ip -n b route add 10.1.0.0/16 via 192.0.2.1
}

# connection NAME LOCAL-ID REMOTE-ID LOCAL-TS REMOTE-TS ADDRESSES
connection() {
	cat <<-END
	$1 {
		version = 2
		$6
		proposals = aes256gcm16-prfsha384-x25519
		rekey_time = 0
		local {
			auth = psk
			id = $2
		}
		remote {
			auth = psk
			${3:+id = $3}
		}
		children {
			$1-net {
				local_ts = $4
				remote_ts = $5
				esp_proposals = aes128gcm16
				rekey_time = 0
			}
		}
	}
	END
}

# confs: the configurations $tmp/a/swanctl.conf and $tmp/b/swanctl.conf
confs() {
	local i secret='secrets { ike-1 { secret = "of all of them" } }'
	mkdir -p "$tmp/a" "$tmp/b"
	{
		echo "connections {"
		for ((i = 0; i < warm + count; i++)); do
			connection p$i p$i.example.org gateway.example.org \
				10.1.$((i / 250)).$((i % 250 + 1))/32 10.2.0.1/32 \
				"local_addrs = 192.0.2.1
				remote_addrs = 192.0.2.2"
		done
		echo "}"
		echo "$secret"
	} >"$tmp/a/swanctl.conf"
	{
		echo "connections {"
		connection gateway gateway.example.org "" 10.2.0.1/32 10.1.0.0/16 \
			"local_addrs = 192.0.2.2"
		echo "}"
		echo "$secret"
	} >"$tmp/b/swanctl.conf"
}

# until_ready COMMAND...
until_ready() {
	local i
	for ((i = 0; i < 600; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	die "$1 does not get ready"
}

# ---- the daemons: start_X NS sets pid; up_X I; sas_X NS -------------------

start_secike() {
	ip netns exec "$1" secike -c "$tmp/$1/swanctl.conf" 2>>"$tmp/secike-$1.log" &
	pid=$!
	until_ready secctl -n "$1" ike status
}

up_secike() { secctl -n a ike up p"$1" timeout 60; }
sas_secike() { secctl -n "$1" -j state list | jq '[.[] | select(.larval | not)] | length'; }

# swan NS ARG...
swan() {
	local ns=$1
	shift
	STRONGSWAN_CONF=$tmp/$ns/strongswan.conf SWANCTL_DIR=$tmp/$ns \
		swanctl "$@" --uri "unix://$tmp/$ns/vici"
}

# It logs less than usual here.
start_charon() {
	cat >"$tmp/$1/strongswan.conf" <<-END
	charon-systemd {
		load = random nonce openssl pem pkcs1 pkcs8 x509 revocation constraints pubkey hmac kdf curve25519 kernel-netlink socket-default vici updown
		plugins {
			vici {
				socket = unix://$tmp/$1/vici
			}
		}
		filelog {
			file {
				path = $tmp/charon-$1.log
				default = 0
			}
		}
		journal {
			default = -1
		}
	}
	swanctl {
		load = random openssl
	}
	END
	STRONGSWAN_CONF=$tmp/$1/strongswan.conf ip netns exec "$1" \
		"$(command -v charon-systemd)" >"$tmp/charon-$1.out" 2>&1 &
	pid=$!
	until_ready test -S "$tmp/$1/vici"
	swan "$1" --load-all >>"$tmp/swanctl-$1.out" 2>&1 || die "charon refuses its configuration"
}

up_charon() { swan a --initiate --child "p$1-net" --loglevel 0 --timeout 60; }
sas_charon() { ip -n "$1" xfrm state | grep -c '^src'; }

# ---- what they take ---------------------------------------------------------

# family PID: it and its children
family() { echo "$1"; cat "/proc/$1/task/$1/children"; }

# cpu PID: nanoseconds of CPU time, of all threads
cpu() {
	local p files=()
	for p in $(family "$1"); do
		files+=("/proc/$p/task/"*/schedstat)
	done
	awk '{ sum += $1 } END { printf "%.0f\n", sum }' "${files[@]}"
}

# memory PID: octets of its own that are in memory
memory() {
	local p files=()
	for p in $(family "$1"); do
		files+=("/proc/$p/smaps_rollup")
	done
	awk '$1 == "Anonymous:" { sum += $2 * 1024 } END { printf "%.0f\n", sum }' "${files[@]}"
}

# ups ENGINE FROM TO
ups() {
	local i
	for ((i = $2; i < $3; i++)); do
		"up_$1" "$i" >>"$tmp/up.out" 2>&1 || die "$1: connection $i does not come up"
	done
}

# result ENGINE WORKLOAD VALUE UNIT
result() {
	printf '%-8s %-9s %-10s %s %s\n' daemons "$1" "$2" "$3" "$4"
	jq -cn --arg path daemons --arg engine "$1" --arg algorithm "" --arg workload "$2" \
		--argjson value "$3" --arg unit "$4" '$ARGS.named' >>"$raw"
}

confs
for engine in $engines; do
	[ "$engine" != secike ] || [ -d /sys/module/nfsec ] || continue
	topology
	"start_$engine" b
	b=$pid
	"start_$engine" a
	a=$pid
	ups "$engine" 0 $warm
	cpu_a=$(cpu "$a") cpu_b=$(cpu "$b") mem_a=$(memory "$a") mem_b=$(memory "$b")
	ups "$engine" $warm $((warm + count))
	cpu_a=$(($(cpu "$a") - cpu_a)) cpu_b=$(($(cpu "$b") - cpu_b))
	mem_a=$(($(memory "$a") - mem_a)) mem_b=$(($(memory "$b") - mem_b))
	for ns in a b; do
		[ "$("sas_$engine" $ns)" = $((2 * (warm + count))) ] ||
			die "$engine: not all SAs are there in $ns"
	done
	echo "# $engine: $((cpu_a / count / 1000)) us of who begins, $((cpu_b / count / 1000)) us" \
		"of the gateway; $((mem_a / count)) and $((mem_b / count)) octets"
	result "$engine" handshakes $((count * 1000000000 / (cpu_a + cpu_b))) handshakes/s
	result "$engine" memory $(((mem_a + mem_b) / 2 / count)) octets
	stop
done
