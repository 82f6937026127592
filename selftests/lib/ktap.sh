# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Printing test results as KTAP. To be sourced by bash.
#
#   check NAME COMMAND...    passes if the command succeeds
#   check_not NAME COMMAND... passes if it fails
#   same NAME GOT WANT       passes if both are equal
#   more NAME GOT LEAST      passes if the number is at least LEAST
#   note TEXT                a diagnostic line
#   skip NAME WHY            one test that cannot run here
#   skip_all WHY             the whole script cannot run here
#   finish                   print the plan; exit 0, or 1 if anything failed
#
# The name of a test starts with the numbers of the requirements it shows.

ksft_pass=0 ksft_fail=1 ksft_skip=4
ktap_number=0 ktap_failed=0 ktap_skipped=0
REPLY=

echo "KTAP version 1"

note() {
	local line
	while IFS= read -r line; do
		echo "# $line"
	done <<<"$*"
}

ktap_result() {
	ktap_number=$((ktap_number + 1))
	echo "$1 $ktap_number $2"
	[ "$1" = ok ] || ktap_failed=$((ktap_failed + 1))
}

pass() { ktap_result ok "$1"; }

# fail NAME [WHY]
fail() {
	[ -z "${2:-}" ] || note "$2"
	ktap_result "not ok" "$1"
}

skip() {
	ktap_skipped=$((ktap_skipped + 1))
	ktap_result ok "$1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit $ksft_skip
}

check() {
	local name=$1 rc=0
	shift
	REPLY=
	"$@" || rc=$?
	if [ $rc = 0 ]; then
		pass "$name"
	else
		fail "$name" "$*: status $rc${REPLY:+: $REPLY}"
	fi
	return 0
}

check_not() {
	local name=$1 rc=0
	shift
	REPLY=
	"$@" || rc=$?
	if [ $rc != 0 ]; then
		pass "$name"
	else
		fail "$name" "$*: succeeded${REPLY:+: $REPLY}"
	fi
	return 0
}

same() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got '$2', expected '$3'"
	fi
}

more() {
	if [ -n "$2" ] && [ "$2" -ge "$3" ]; then
		pass "$1"
	else
		fail "$1" "got '$2', expected at least $3"
	fi
}

finish() {
	echo "1..$ktap_number"
	echo "# passed $((ktap_number - ktap_failed - ktap_skipped)), failed $ktap_failed, skipped $ktap_skipped"
	[ $ktap_failed = 0 ] || exit $ksft_fail
	[ $ktap_skipped -lt "$ktap_number" ] || exit $ksft_skip
	exit $ksft_pass
}
