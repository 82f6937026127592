#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317,SC2329 # check calls functions
# "make dkms-install" on a stock kernel: the module is built by DKMS from the
# sources it was given, installed, built again when the kernel package asks for it,
# found by modprobe, and works; "make dkms-remove" leaves nothing.
#
#   dkms.sh                all of it
#   dkms.sh BUILD=KERNEL   only the part that compiles, for that kernel
#   dkms.sh TREE=FILE      only the rest; FILE in $RESULTS has the files that the first
#                          part has changed, on a system that is the same otherwise
#
# Compiling twice takes a quarter of an hour in emulation; selftests/vm/dkms has each
# part where it is fast.

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
: "${BUILD:=}" "${TREE:=}"
[ -n "$BUILD" ] || need_nfsec
case ${NFSEC_MACHINE:-} in
uml*) skip_all "User-Mode Linux has no kernel package to build for" ;;
esac
for tool in dkms make gcc modprobe; do
	command -v $tool >/dev/null || skip_all "not installed: $tool"
done
project=$(cd "$(dirname "$0")/../.." && pwd)
kver=${BUILD:-$(uname -r)}
[ -e "/lib/modules/$kver/build/Makefile" ] || skip_all "no headers of $kver"
hook=/etc/kernel/postinst.d/dkms

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

installed() {
	status | grep -c "$version, $kver.*: installed"
}

module_file() {
	modinfo -k "$kver" -n nfsec 2>/dev/null
}

compile() {
	local start=$SECONDS
	check "make dkms-install" logged make -C "$src" dkms-install KVER="$kver"
	note "took $((SECONDS - start)) s"
	same "dkms says that it is installed" "$(installed)" 1

	# As if the kernel were a new one, of which DKMS hears from its package.
	check "dkms unbuild" logged dkms unbuild -m nfsec -v "$version" -k "$kver"
	same "not built for that kernel any more" "$(installed) $(module_file)" "0 "
	check "the kernel's package is installed" logged "$hook" "$kver"
	same "dkms has built and installed it again" "$(installed)" 1
}

use() {
	file=$(module_file)
	case $file in
	*/updates/*) pass "modprobe would take it: $file" ;;
	*) fail "modprobe would take it" "modinfo names '$file'" ;;
	esac
	same "it has the version of the sources" "$(modinfo -F version nfsec)" "$version"
	check "the module that was loaded is taken out" rmmod nfsec
	check "modprobe nfsec" logged modprobe nfsec
	same "what runs is what DKMS has built" "$(cat /sys/module/nfsec/srcversion)" "$(modinfo -F srcversion "$file")"
	topo_hosts
	check "and it protects" traffic
	more "packets went through it" "$(counter "$B" in_packets)" 5
	check "the module can be taken out" rmmod nfsec
	check "make dkms-remove" logged make -C "$src" dkms-remove
	same "dkms knows it no more" "$(status)" ""
	check_not "nor does modprobe" modprobe nfsec 2>/dev/null
	check_not "the sources are gone" test -e "/usr/src/nfsec-$version"
}

traffic() {
	sa_pair "$A" 10.0.0.1 "$B" 10.0.0.2 1 transport "$gcm_sa" &&
	transport_policy "$A" 10.0.0.1 10.0.0.2 1 && transport_policy "$B" 10.0.0.2 10.0.0.1 1 &&
	agent ping "$A" 10.0.0.1 10.0.0.2 count=5 tries=3 timeout=2
}

if [ -n "$TREE" ]; then
	same "DKMS knows nothing yet" "$(status)" ""
	check "the files that DKMS has made" tar -x -C / -f "${RESULTS:-.}/$TREE"
	same "dkms says that it is installed" "$(installed)" 1
else
	compile
fi
[ -n "$BUILD" ] || use
finish
