#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# nfsec and the kernel's XFRM side by side on the same gateways: each protects
# traffic of its own and takes the packets whose SPI it knows; an SPI that
# neither knows is dropped and counted by nfsec.
# RFC 4301 5.2 (IN-2).

# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need_nfsec
topo_gateways
capture clear "$R" G1 "not esp and not udp port 4500 and not ($housekeeping) and
	not (ip[6:2] & 0x1fff != 0)"

# both NAME: traffic of nfsec (IPv6) and of XFRM (IPv4) gets through, nothing is lost
both() {
	local was
	was=$(counter "$G2" in_packets)
	check "$1: XFRM ping" agent ping "$A" 10.1.0.2 10.2.0.2 len=0,1400 tries=3 timeout=2
	check "$1: XFRM tcp" agent tcp "$A" 10.1.0.2 "$B" 10.2.0.2 bytes=200000
	same "$1: none of which nfsec has seen" "$(counter "$G2" in_packets)" "$was"
	check "$1: nfsec ping" agent ping "$A" fd01::2 fd02::2 len=0,1300 tries=3 timeout=2
	check "$1: nfsec tcp" agent tcp "$A" fd01::2 "$B" fd02::2 bytes=200000
	more "$1: which nfsec has seen" "$(counter "$G2" in_packets)" $((was + 10))
}

IMPL=xfrm gateways_tunnel 4 "$cbc_sa"
gateways_tunnel 64 "$gcm_sa"
both "same addresses outside"
dropped "IN-2 an SPI that neither knows" "$G2" in_no_sa 1 \
	agent send raw "$G1" 172.16.1.1 172.16.2.1 proto=50 len=60
IMPL=xfrm flush "$G1" "$G2"
flush "$G1" "$G2"

# One UDP port for both: the socket of XFRM's key management has it.
agent encap "$G1" 4500
agent encap "$G2" 4500
IMPL=xfrm gateways_tunnel 4 "$gcm_sa" encap espinudp 4500 4500 0.0.0.0
gateways_tunnel 64 "$gcm_sa" encap espinudp 4500 4500 0.0.0.0
both "the same port 4500"
none_captured "nothing of all that in clear" clear
finish
