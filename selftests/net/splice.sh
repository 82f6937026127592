#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# Pages of files are sent without a copy: nothing may ever be written to them,
# neither ciphertext on the way out nor cleartext on the way in. On the way in the
# packet itself is made of file pages, as anybody can who may open a UDP socket.
# RFC 4303 (ESP-19: shared buffers are not written to).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways
here=$(cd "$(dirname "$0")" && pwd)
# A disk where there is one, so that the page cache can be dropped and read again
dir=$(mktemp -d /var/tmp/splice.XXXXXX)
trap 'rm -rf "$dir"; cleanup' EXIT

head -c 600000 /dev/urandom >"$dir/original"
fresh() {
	cp "$dir/original" "$dir/$1"
	sync "$dir/$1"
}

# whole FILE COPY: the same in the page cache and, after that, on the disk
whole() {
	cmp "$1" "$2" || return 1
	sync
	echo 3 >/proc/sys/vm/drop_caches
	cmp "$1" "$2"
}

for alg in gcm cbc; do
	sa=${alg}_sa
	gateways_tunnel 4 "${!sa}"
	sa_pair "$G1" 172.16.1.1 "$G2" 172.16.2.1 9 transport "${!sa}"
	transport_policy "$G1" 172.16.1.1 172.16.2.1 9
	transport_policy "$G2" 172.16.2.1 172.16.1.1 9
	for path in "forwarded:$A 10.1.0.2 $B 10.2.0.2" "tunnel:$G1 10.1.0.1 $G2 10.2.0.1" \
		"transport:$G1 172.16.1.1 $G2 172.16.2.1"; do
		name="$alg ${path%%:*}"
		fresh file
		before=$(counter "$G1" out_packets)
		python3 "$here/splice.py" send ${path#*:} "$dir/file" >"$tmp/send" 2>&1
		while read -r proto way result; do
			same "ESP-19 $name $proto $way: what arrives" "$result" ok
		done <"$tmp/send"
		same "ESP-19 $name: all was sent" "$(wc -l <"$tmp/send")" 8
		more "ESP-19 $name: through the SA" $(($(counter "$G1" out_packets) - before)) 1000
		check "ESP-19 $name: the file is as it was" whole "$dir/file" "$dir/original"
	done
	flush "$G1" "$G2"
done

# ---- the way in: ESP whose octets are the pages of a file
espinudp() {
	echo "state add src 172.16.1.1 dst 172.16.2.1 proto esp spi 0x7777 reqid 5 mode $1 $2 encap espinudp 4500 4500 0.0.0.0"
}

# all_in: the six that are right and the false one have arrived
all_in() {
	[ $(($(counter "$G2" in_packets) - before + $(drops "$G2" in_icv) - bad)) -ge 7 ]
}

for alg in gcm cbc chacha; do
	for mode in transport tunnel; do
		sa=${alg}_sa
		rm -rf "$dir/in" "$dir/copy" "$tmp/record"
		mkdir "$dir/in"
		# packets as they are on the wire: recorded where nobody decrypts them
		python3 "$here/splice.py" record "$G2" 4500 6 "$dir/in" >"$tmp/record" 2>&1 &
		recorder=$!
		wait_for 30 grep -q ready "$tmp/record"
		espinudp $mode "${!sa}" | xf_batch "$G1"
		xf "$G1" policy add src 172.16.1.1 dst 172.16.2.1 proto udp dport 9000 dir out \
			tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 5 mode $mode
		for size in 1 200 600 1000 1300 1300; do
			agent send udp "$G1" 172.16.1.1 172.16.2.1 dport=9000 len=$size
		done
		wait $recorder
		flush "$G1"
		# one which is not right: decrypted in place it would be changed as well
		head -c 1304 /dev/urandom >"$dir/in/900"
		printf '\0\0\x77\x77\0\0\0\x40' | dd of="$dir/in/900" conv=notrunc status=none
		cp -r "$dir/in" "$dir/copy"
		sync
		# now somebody does decrypt
		espinudp $mode "${!sa}" | xf_batch "$G2"
		xf "$G2" policy add src 172.16.1.1 dst 172.16.2.1 dir in \
			tmpl src 172.16.1.1 dst 172.16.2.1 proto esp reqid 5 mode $mode level use
		before=$(counter "$G2" in_packets) bad=$(drops "$G2" in_icv)
		python3 "$here/splice.py" replay "$G1" 172.16.1.1 4500 172.16.2.1 4500 "$dir"/in/*
		wait_for 10 all_in
		same "ESP-19 $alg $mode: packets made of file pages are decrypted" $(($(counter "$G2" in_packets) - before)) 6
		same "ESP-19 $alg $mode: and a false one is found out" $(($(drops "$G2" in_icv) - bad)) 1
		intact() {
			diff -r "$dir/in" "$dir/copy" || return 1
			sync
			echo 3 >/proc/sys/vm/drop_caches
			diff -r "$dir/in" "$dir/copy"
		}
		check "ESP-19 $alg $mode: the files are as they were" intact
		flush "$G2"
	done
done
finish
