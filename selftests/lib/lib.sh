# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Everything the test scripts share:
#   . "$(dirname "$0")/../lib/lib.sh"

# Arguments NAME=VALUE of the script are settings, since a test machine passes on
# arguments and not the environment: forward.sh IMPL=xfrm
for arg; do
	case $arg in
	[A-Za-z]*=*) printf -v "${arg%%=*}" %s "${arg#*=}" ;;
	esac
done

lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=selftests/lib/ktap.sh
. "$lib/ktap.sh"
# shellcheck source=selftests/lib/net.sh
. "$lib/net.sh"
# shellcheck source=selftests/lib/ipsec.sh
. "$lib/ipsec.sh"
