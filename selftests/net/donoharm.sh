#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# The kernel's own tests of netfilter and offloads, unmodified, with the module
# loaded and its hooks in every namespace that they make: each gets SAs and
# policies which are for other addresses.
#
#   donoharm.sh [TESTS="nft_nat rpath"] [LIMIT=300] [MODULE=0]
#
# They come from the source package of the newest kernel. With MODULE=0 they run
# without the module, to see what the kernel or the machine itself cannot do;
# that is not among TESTS. The test of GRO is no script there any more.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
tests="conntrack_icmp_related conntrack_ipip_mtu nft_nat nft_flowtable br_netfilter nf_nat_edemux udpgso ip_defrag"
case ${NFSEC_MACHINE:-} in
uml*) ;;
*) tests+=" rpath" ;;	# wants routes with several hops, which that kernel is built without
esac
: "${TESTS:=$tests}"
: "${LIMIT:=240}" "${MODULE:=1}"
# Fewer repetitions, as the kernel's own testers ask for on slow machines.
export KSFT_MACHINE_SLOW=yes
source=
for dir in "${KSRC:-}" "$(cd "$(dirname "$0")/../.." && pwd)"/build/uml/linux-source-*; do
	[ ! -d "$dir/tools/testing/selftests/net" ] || source=$dir/tools/testing/selftests
done
[ -n "$source" ] || skip_all "no kernel source; selftests/uml/build fetches it, or set KSRC"
[ -f "${NFSEC_KO:-}" ] || skip_all "NFSEC_KO does not name the module"
for tool in gcc nft iptables socat conntrack; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done

work=$tmp/kselftest
mkdir -p "$work" "$tmp/bin"
cp -r "$source/net" "$source/kselftest" "$source"/kselftest*.h "$work/"

# helper DIR NAME [LIBRARY...]: the programs which come with the scripts
helper() {
	(cd "$work/net/$1" && gcc -O1 -w -I"$work" -I"$work/net" -o "$2" "$2.c" "${@:3}") 2>>"$tmp/cc" ||
		note "cannot compile $2: $(tail -n 3 "$tmp/cc")"
}

# xdp_dummy: an XDP program which lets everything pass, as lib/xdp_dummy.bpf.c has it;
# gcc makes the object, but for another machine.
xdp_dummy() {
	printf '%s\n' '.section xdp,"ax"' '.globl prog' '.type prog,@function' \
		'prog: .quad 0x2000000b7, 0x95 # r0 = XDP_PASS; exit' '.size prog,.-prog' \
		'.section license,"a"' '.asciz "GPL"' |
		gcc -x assembler -c -o "$work/net/lib/xdp_dummy.bpf.o" -
	printf '\367\0' | dd of="$work/net/lib/xdp_dummy.bpf.o" bs=1 seek=18 conv=notrunc status=none
}

for test in $TESTS; do
	case $test in
	nft_queue) helper netfilter nf_queue -lmnl; helper netfilter connect_close ;;
	udpgso) helper . udpgso ;;
	udpgro_fwd) helper . udpgso_bench_rx; helper . udpgso_bench_tx; xdp_dummy ;;
	ip_defrag) helper . ip_defrag ;;
	esac
done

# In place of ip(8): what makes a namespace also gives it something to look up.
cat >"$tmp/sad" <<EOF
state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1001 reqid 1 mode tunnel $gcm_sa
state add src 2001:db8:ffff::1 dst 2001:db8:ffff::2 proto esp spi 0x1002 reqid 1 mode tunnel $gcm_sa encap espinudp 4500 4500 ::
policy add src 192.0.2.0/28 dst 192.0.2.0/28 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
policy add src 192.0.2.0/28 dst 192.0.2.0/28 dir in tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
policy add src 192.0.2.0/28 dst 192.0.2.0/28 dir fwd tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
policy add src 2001:db8:ffff::/64 dst 2001:db8:ffff::/64 dir out proto udp dport 1-2 action block
EOF
cat >"$tmp/bin/ip" <<EOF
#!/bin/sh
[ "\$1 \$2" = "netns add" ] && [ -d /sys/module/nfsec ] || exec $(command -v ip) "\$@"
$(command -v ip) "\$@" || exit
secctl -n "\$3" -batch $tmp/sad && echo "\$3" >>$tmp/hooked
EOF
# A kernel with everything built in has no modules to ask for.
cat >"$tmp/bin/modprobe" <<EOF
#!/bin/sh
$(command -v modprobe) "\$@" || [ ! -d "/lib/modules/$(uname -r)" ]
EOF
chmod +x "$tmp/bin/ip" "$tmp/bin/modprobe"
# Some refuse a kernel with a mark of any kind, which a module from outside leaves.
# What they look for, a warning, is looked for by the machine that runs this.
echo 0 >"$tmp/tainted"

# shellcheck disable=SC2016 # of the inner shell
# one NAME: run a script; its exit status, and what it said in $tmp/NAME.log
one() {
	local dir=$work/net
	[ -e "$dir/$1.sh" ] || dir=$dir/netfilter
	(cd "$dir" && PATH=$tmp/bin:$PATH timeout -k 5 "$LIMIT" unshare -m sh -c \
		'mount --bind "$1" /proc/sys/kernel/tainted && exec "./$2.sh"' sh "$tmp/tainted" "$1") \
		>"$tmp/$1.log" 2>&1 </dev/null
}

[ "$MODULE" = 1 ] || rmmod nfsec
for name in $TESTS; do
	if [ ! -e "$work/net/$name.sh" ] && [ ! -e "$work/net/netfilter/$name.sh" ]; then
		fail "no harm: $name" "there is no such script in $source"
		continue
	fi
	: >"$tmp/hooked"
	start=$SECONDS rc=0
	one $name || rc=$?
	hooked=$(wc -l <"$tmp/hooked")
	note "$name: status $rc, $((SECONDS - start)) s, hooks in $hooked namespaces"
	if [ $rc = 124 ] || [ $rc = 137 ]; then
		fail "no harm: $name" "no end within $LIMIT s: $(tail -n 5 "$tmp/$name.log")"
	elif [ $rc != 0 ]; then
		fail "no harm: $name" "status $rc: $(tail -n 25 "$tmp/$name.log")"
	elif [ "$MODULE" = 1 ] && [ "$hooked" = 0 ]; then
		fail "no harm: $name" "the hooks were in no namespace of it"
	else
		pass "no harm: $name"
	fi
done
[ "$MODULE" = 1 ] || insmod "$NFSEC_KO"
finish
