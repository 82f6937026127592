#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317,SC2329 # check calls functions
# "make dkms-install" on a stock kernel: the module is built by DKMS from the
# sources it was given, installed, found by modprobe, and works; "make dkms-remove"
# leaves nothing. Compiling takes some five minutes in emulation: run it with -t 900.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
case ${NFSEC_MACHINE:-} in
uml*) skip_all "User-Mode Linux has no kernel package to build for" ;;
esac
for tool in dkms make gcc modprobe; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
project=$(cd "$(dirname "$0")/../.." && pwd)
kver=$(uname -r)
[ -e "/lib/modules/$kver/build/Makefile" ] || skip_all "no headers of $kver"

# a copy, because the project may be read-only
src=$tmp/project
mkdir "$src"
tar -C "$project" -c Kbuild Makefile dkms.conf module uapi | tar -x -C "$src"
version=$(sed -n 's/^.define NFSEC_VERSION "\(.*\)"/\1/p' "$src/module/version.h")

logged() {
	REPLY=
	"$@" >"$tmp/log" 2>&1 || { REPLY=$(tail -n 15 "$tmp/log" /var/lib/dkms/nfsec/*/build/make.log 2>/dev/null); return 1; }
}

status() {
	dkms status -m nfsec 2>/dev/null
}

start=$SECONDS
check "make dkms-install" logged make -C "$src" dkms-install
note "took $((SECONDS - start)) s"
same "dkms says that it is installed" "$(status | grep -c "$version, $kver.*: installed")" 1
file=$(modinfo -n nfsec 2>/dev/null)
case $file in
*/updates/*) pass "modprobe would take it: $file" ;;
*) fail "modprobe would take it" "modinfo names '$file'" ;;
esac
same "it has the version of the sources" "$(modinfo -F version nfsec)" "$version"
check "the module that was loaded is taken out" rmmod nfsec
check "modprobe nfsec" logged modprobe nfsec
same "what runs is what DKMS has built" "$(cat /sys/module/nfsec/srcversion)" "$(modinfo -F srcversion "$file")"
topo_hosts
traffic() {
	sa_pair "$A" 10.0.0.1 "$B" 10.0.0.2 1 transport "$gcm_sa" &&
	transport_policy "$A" 10.0.0.1 10.0.0.2 1 && transport_policy "$B" 10.0.0.2 10.0.0.1 1 &&
	agent ping "$A" 10.0.0.1 10.0.0.2 count=5 tries=3 timeout=2
}
check "and it protects" traffic
more "packets went through it" "$(counter "$B" in_packets)" 5
check "the module can be taken out" rmmod nfsec
check "make dkms-remove" logged make -C "$src" dkms-remove
same "dkms knows it no more" "$(status)" ""
check_not "nor does modprobe" modprobe nfsec 2>/dev/null
check_not "the sources are gone" test -e "/usr/src/nfsec-$version"
finish
