# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables to and from the sourcing script
# Host side of the test machines, shared by selftests/vm and selftests/uml.
# To be sourced by bash with "set -eu"; messages go to stderr, because stdout
# belongs to the script under test.

set -o pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$top/build
prog=${0##*/selftests/}

# Exit codes of "run" which are not the script's own.
EX_MACHINE=98	# the machine could not be built or did not boot
EX_KERNEL=99	# the kernel complained, or the module did not unload
EX_TIMEOUT=124

say() { echo "# $prog: $*" >&2; }
die() { say "$*"; exit $EX_MACHINE; }

[ "$(id -u)" = 0 ] || die "must run as root"
case $top in *[!A-Za-z0-9/._+-]*) die "unusual characters in path $top" ;; esac
mkdir -p "$build"

# lock FILE [-s]: held until this process and everything it started has ended
lock() {
	local fd
	exec {fd}>>"$1"
	flock ${2:+"$2"} "$fd"
}

# need THING:PACKAGE...: THING is a command or, with a slash, a file
need() {
	local item missing=()
	for item; do
		case ${item%%:*} in
		*/*) [ -e "${item%%:*}" ] ;;
		*) command -v "${item%%:*}" >/dev/null ;;
		esac || missing+=("${item#*:}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${missing[*]}"
	(
		lock "$build/apt.lock"
		export DEBIAN_FRONTEND=noninteractive
		apt-get -qy install --no-install-recommends "${missing[@]}" ||
			{ apt-get -q update &&
			  apt-get -qy install --no-install-recommends "${missing[@]}"; }
	) >"$build/apt.log" 2>&1 || { tail -n 20 "$build/apt.log" >&2; die "apt-get failed"; }
}

# suite_of KERNEL: the Debian suite which has it
suite_of() {
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.2) echo sid ;;
	*) die "unknown kernel $1 (6.1, 6.12 or 7.2)" ;;
	esac
}

# debstrap ARG...: mmdebstrap from the default mirror. A frozen archive has an
# index whose date is past, which is no reason not to test with it.
debstrap() {
	need mmdebstrap:mmdebstrap \
	     /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
	mmdebstrap --quiet --aptopt='Acquire::Check-Valid-Until "false"' "$@"
}

# sync_source DIR: bring the sources to DIR; true if anything changed
sync_source() {
	local dir list=()
	need rsync:rsync
	for dir in module uapi tools Kbuild Makefile dkms.conf selftests/lib/faulty; do
		[ ! -e "$top/$dir" ] || list+=("$top/$dir")
	done
	[ -e "$top/Kbuild" ] || die "no Kbuild in $top"
	mkdir -p "$1"
	# A file that changed while it was being compiled is older than its object;
	# so what is copied gets the time of the copy, and contents are compared.
	[ -n "$(rsync -rlpci --delete --exclude='*.o' --exclude='.*' --exclude='*.ko' \
		--exclude='*.mod' --exclude='*.mod.c' --exclude=modules.order \
		--exclude=Module.symvers --exclude=__pycache__ \
		"${list[@]}" "$1/")" ]
}

# chroot_make ROOT DIR ARG...: make in DIR (seen as /srv) with the tools of ROOT
chroot_make() {
	local root=$1 dir=$2
	shift 2
	# shellcheck disable=SC2016
	unshare -m sh -c 'root=$1; mount --bind "$2" "$root/srv" &&
		mount -t proc proc "$root/proc" && shift 2 &&
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
			make -C /srv "$@"' sh "$root" "$dir" "$@"
}

# checked DIR COMMAND...: run a build; what it says is shown only if it fails.
# A warning is a failure, also at the next attempt: the objects are thrown away.
checked() {
	local dir=$1 ok=1
	shift
	"$@" >"$dir.log" 2>&1 || ok=0
	if grep -i 'warning:' "$dir.log" | grep -v 'compiler differs'; then
		ok=0
		find "$dir" -name '*.o' -delete
		rm -rf "$dir/build"
	fi >&2
	[ $ok = 1 ] || { cat "$dir.log" >&2; die "building failed (log: $dir.log)"; }
}

# What make is asked for; both spellings of "warnings are errors", since the
# kernel's makefiles know only the first.
MAKE_ARGS=(-j2 W=1 KCFLAGS=-Werror WERROR=1)

# kernel_source: unpack the newest kernel source, with what User-Mode Linux
# needs changed, and print where it is
kernel_source() {
	local dir=$build/uml/linux-source-7.2 tmp=$build/uml/tmp
	local patches=("$top"/selftests/uml/*.patch)
	mkdir -p "$build/uml"
	(	# no "set -e" in here
		lock "$build/uml/source.lock"
		! cat "${patches[@]}" | cmp -s - "$dir/.complete" || exit 0
		need xz:xz-utils patch:patch
		say "fetching the kernel source"
		rm -rf "$tmp" "$dir"
		debstrap --variant=extract --include=linux-source-7.2 sid "$tmp" &&
		tar -xJf "$tmp/usr/src/linux-source-7.2.tar.xz" -C "$build/uml" \
			--exclude='*/drivers/gpu/*.[ch]' --exclude='*/sound/*.[ch]' &&
		rm -rf "$tmp" &&
		cat "${patches[@]}" | patch -s -p1 -d "$dir" &&
		cat "${patches[@]}" >"$dir/.complete"
	) >&2 || die "no kernel source"
	echo "$dir"
}

# ---- running ------------------------------------------------------------

usage() {
	cat >&2 <<-EOF
	usage: selftests/$prog $usage_options [-c CPUS] [-m MB] [-t SECONDS] [-n] SCRIPT [ARG...]
	       selftests/$prog $usage_options [-c CPUS] [-m MB] [-n] -i
	  -n  do not build and load the module    -i  a shell instead of a script
	exit status: the script's, or $EX_KERNEL kernel report or failed unload,
	$EX_MACHINE no machine, $EX_TIMEOUT time limit.
	Environment: RESULTS=DIR keeps what the script writes to its \$RESULTS there,
	NFSEC_PARAMS are the module's parameters.
	EOF
	exit $EX_MACHINE
}

# parse_args OPTSTRING ARG...: sets cpus mem limit load shell script args;
# an option of the machine itself is given to the function machine_option
parse_args() {
	local opt extra=$1
	shift
	limit=300 load=1 shell=0 cpus=2
	while getopts "$extra"ic:m:t:n opt; do
		case $opt in
		c) cpus=$OPTARG ;;
		m) mem=$OPTARG ;;
		t) limit=$OPTARG ;;
		n) load=0 ;;
		i) shell=1 ;;
		*) machine_option "$opt" "${OPTARG:-}" ;;
		esac
	done
	case $cpus$mem$limit in *[!0-9]*) usage ;; esac
	shift $((OPTIND - 1))
	if [ "$shell" = 1 ]; then
		[ $# = 0 ] || usage
		script='' args=()
		return
	fi
	[ $# -gt 0 ] || usage
	[ -f "$1" ] || die "no such script: $1"
	script=$(realpath "$1")
	shift
	args=("$@")
}

# prepare_run MACHINE SOURCE: what the guest needs to know, in a directory of
# this run only, so that runs in parallel and later builds do not disturb it
prepare_run() {
	local machine=$1 src=$2 name
	run=$build/run/$machine.$$
	rm -rf "$run"
	mkdir -p "$run/bin"
	trap 'cleanup' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	if [ "$load" = 1 ]; then
		(
			lock "$src.lock" -s
			cp "$src/nfsec.ko" "$src/faulty/faulty_aead.ko" "$run/"
			find "$src/build" -maxdepth 1 -type f -perm /111 -exec cp -t "$run/bin" {} +
		)
	fi
	name=$(basename "${script:-shell}")
	own_results=${RESULTS:+0}
	results=$(realpath -m "${RESULTS:-$build/results/$machine/$name.$$}")
	mkdir -p "$results"
	script_dir=''
	case $script in
	'') guest_script='' ;;
	"$top"/*) guest_script=/nfsec/${script#"$top"/} ;;
	*) script_dir=$(dirname "$script") guest_script=/run/nfsec/script/$name ;;
	esac
	{
		printf '%s=%q\n' g_script "$guest_script" g_limit "$guest_limit" \
			g_load "$load" g_shell "$shell" g_params "${NFSEC_PARAMS:-}"
		echo "export NFSEC_MACHINE=$machine RESULTS=/run/nfsec/results TERM=${TERM:-dumb}"
		echo "g_args=(${args[*]+${args[*]@Q}})"
	} >"$run/env"
	mkfifo "$run/out"
}

# shellcheck disable=SC2317,SC2329
cleanup() {
	local pid
	# shellcheck disable=SC2046
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
	[ "${own_results:-1}" = 0 ] || rmdir --ignore-fail-on-non-empty -p "$results" 2>/dev/null || true
	rm -rf "$run"
}

# is_up: has init run in the machine?
is_up() {
	grep -q 'machine is up' "$run/console" 2>/dev/null
}

# once COMMAND...: run the machine within the limit; one that hangs before it is up
# is switched off
once() {
	local machine guard i
	: >"$run/console"
	setpriv --pdeathsig TERM timeout -s KILL "$((limit + 20))" \
		setpriv --pdeathsig KILL "$@" </dev/null 2>&9 9>&- &
	machine=$!
	(
		for ((i = 0; i < 150; i++)); do
			sleep 1
			! is_up || exit 0
		done
		kill $machine
	) 8>&- &
	guard=$!
	rc=0
	wait $machine || rc=$?
	kill $guard || true
	wait $guard || true
}

# watch COMMAND...: run the machine. It writes the script's output to the pipe
# $run/out: a tty or file of ours never becomes its own, with its modes changed.
# Now and then a kernel does not survive its own boot in emulation, where it
# patches its code while other processors run it: then it gets another try.
watch() {
	local reader try
	ulimit -c 0
	[ "$shell" = 0 ] || { "$@"; return; }
	cat "$run/out" &
	reader=$!
	exec 8<>"$run/out" 9>&2 2>/dev/null	# "Aborted" tells nobody anything
	for try in 1 2 3; do
		once "$@"
		! is_up || break
		[ $try = 3 ] || say "the machine did not come up ($rc), trying again" 2>&9
	done
	exec 2>&9 8>&- 9>&-
	wait $reader || true
}

# What a kernel says when something is wrong with it.
REPORTS='WARNING:|BUG:|\bOops\b|Kernel panic|general protection fault|invalid opcode|\
KASAN:|UBSAN:|KFENCE:|kmemleak:.*new suspected|ODEBUG:|kernel BUG at|Unable to handle|unable to handle|\
INFO: task .* blocked|possible (circular|recursive) locking|possible irq lock|inconsistent lock state|\
suspicious RCU usage|INFO: trying to register non-static key|bad unlock balance|\
held lock freed|lock held when returning|Invalid wait context|rcu.*(stall|starved)|soft lockup|hard LOCKUP|\
sleeping function called|scheduling while atomic|refcount_t: |(list_add|list_del) corruption|\
unregister_netdevice: waiting|Unreleased|leaked reference|page allocation failure|\
detected stalls|double fault|segfault|Modules linked in:|cut here|nfsec-run: '
REPORTS=${REPORTS//\\$'\n'/}

# report FILE: print the first report in FILE since init ran; false if none
report() {
	local text line
	text=$(sed '0,/machine is up$/d' "$1")
	[ -n "$text" ] || text=$(cat "$1")
	line=$(grep -nE -m1 "$REPORTS" <<<"$text" | cut -d: -f1) || true
	[ -n "$line" ] || return 1
	say "the kernel complained:"
	sed -n "$((line > 2 ? line - 2 : 1)),$((line + 60))p" <<<"$text" >&2
}

# verdict: the exit status of this run
verdict() {
	local status=''
	[ ! -s "$run/status" ] || status=$(cat "$run/status")
	touch "$run/console" "$run/dmesg"
	[ -z "${KEEP_DMESG:-}" ] || cat "$run/console" "$run/dmesg" >"$KEEP_DMESG"
	if report "$run/dmesg" || report "$run/console"; then
		return $EX_KERNEL
	fi
	if [ -n "$status" ]; then
		[ "$status" != $EX_TIMEOUT ] || say "no end within $limit s"
		return "$status"
	fi
	tail -n 40 "$run/console" >&2
	if [ "${rc:-0}" = 137 ]; then
		say "no end within $limit s, machine killed"
		return $EX_TIMEOUT
	fi
	say "the machine ended without a status (${rc:-0})"
	return $EX_MACHINE
}

# make_initrd ROOT KERNEL-RELEASE FILE [MODULE...]: a busybox which mounts the
# root file system, plus modules to load before (with ?: if there is such a one)
make_initrd() {
	local root=$1 kver=$2 file=$3 dir path mod
	shift 3
	for dir in init lib.sh run; do
		[ ! "$top/selftests/vm/$dir" -nt "$file" ] || rm -f "$file"
	done
	[ ! -e "$file" ] || return 0
	need busybox:busybox-static cpio:cpio modprobe:kmod xz:xz-utils
	dir=$(mktemp -d)
	mkdir -p "$dir"/{bin,proc,dev,modules,lower,rw,newroot}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for mod in sh mount mkdir ln insmod switch_root cat sleep; do
		ln -s busybox "$dir/bin/$mod"
	done
	install -m 755 "$top/selftests/vm/init" "$dir/init"
	: >"$dir/modules/order"
	for mod; do
		modprobe -d "$root" -S "$kver" --show-depends "${mod#\?}" 2>/dev/null ||
			[ "${mod#\?}" != "$mod" ] || die "no module $mod"
	done | awk '$1 == "insmod" && !s[$2]++ { print $2 }' | while read -r path; do
		mod=$(basename "$path" .xz)
		case $path in
		*.xz) xz -dc "$path" >"$dir/modules/$mod" ;;
		*) cp "$path" "$dir/modules/$mod" ;;
		esac
		echo "$mod" >>"$dir/modules/order"
	done
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$file.new"
	mv "$file.new" "$file"
	rm -rf "$dir"
}
