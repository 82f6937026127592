/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of independent origin: made with the IKEv2 layers of scapy 2.5.0
 * (scapy.contrib.ikev2), octets in hex.
 *
 * init: IKE_SA_INIT request, SPIi 0102030405060708. SA: proposal 1
 *	AES-GCM-16-256, ChaCha20-Poly1305, PRF 5, KE 31, ADDKE1 36 or NONE;
 *	proposal 2 AES-CBC-128, INTEG 12, PRF 5, KE 14. KE 31 with octets 0..31,
 *	nonce 40..5f, NAT detection of 20 times 11 and 22, 16430,
 *	16431 with 2 3 4 5, a vendor ID "scapy".
 * inner: chain that begins with IDi: IDi FQDN moon.example, CERTREQ with one
 *	hash, IDr 192.0.2.1, AUTH PSK of 32 times 44, CP request with address
 *	and DNS 8.8.4.4, SA of ESP with SPI c0ffee01 and AES-GCM-16-128 and no
 *	ESN, TSi 10.0.0.0/8[tcp/80-90] 2001:db8::/112, TSr any, REKEY_SA of ESP
 *	deadbeef. Two lengths are put right by hand: that of the IPv6 selector,
 *	which scapy makes 20, and that of REKEY_SA, where it forgets the SPI.
 * sk: IKE_AUTH request 1, SK of 40 octets.
 * skf: IKE_AUTH response 1, fragment 2 of 3, 24 octets.
 */
#ifndef IKE_TEST_MESSAGES_H
#define IKE_TEST_MESSAGES_H

#include <stdio.h>
#include <string.h>

#include "../types.h"

__attribute__((unused))
static const char scapy_init[] =
	"0102030405060708000000000000000021202208000000000000012d2200006c0200003c01010006"
	"0300000c01000014800e0100030000080100001c0300000802000005030000080400001f03000008"
	"0600002400000008060000000000002c020100040300000c0100000c800e0080030000080300000c"
	"0300000802000005000000080400000e28000028001f0000000102030405060708090a0b0c0d0e0f"
	"101112131415161718191a1b1c1d1e1f29000024404142434445464748494a4b4c4d4e4f50515253"
	"5455565758595a5b5c5d5e5f2900001c000040041111111111111111111111111111111111111111"
	"2900001c000040052222222222222222222222222222222222222222290000080000402e2b000010"
	"0000402f0002000300040005000000097363617079";

__attribute__((unused))
static const char scapy_inner[] =
	"26000014020000006d6f6f6e2e6578616d706c652400001904333333333333333333333333333333"
	"33333333332700000c01000000c00002012f00002802000000444444444444444444444444444444"
	"444444444444444444444444444444444421000014010000000001000000030004080804042c0000"
	"240000002001030402c0ffee010300000c01000014800e008000000008050000002d000040020000"
	"00070600100050005a0a0000000affffff080000280000ffff20010db80000000000000000000000"
	"0020010db800000000000000000000ffff2900001801000000070000100000ffff00000000ffffff"
	"ff0000000c03044009deadbeef";

__attribute__((unused))
static const char scapy_sk[] =
	"010203040506070811121314151617182e20230800000001000000482300002c5555555555555555"
	"5555555555555555555555555555555555555555555555555555555555555555";

__attribute__((unused))
static const char scapy_skf[] =
	"0102030405060708111213141516171835202320000000010000003c000000200002000366666666"
	"6666666666666666666666666666666666666666";

/* Hex, blanks allowed, to octets; their number. */
static inline size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	for (; *s; s++) {
		if (*s == ' ')
			continue;
		if (sscanf(s, "%2x", &v) != 1)
			break;
		out[n++] = (uint8_t)v;
		s++;
	}
	return n;
}

/* A view of octets kept in one of a few static buffers. */
static inline struct ike_buf hex(const char *s)
{
	static uint8_t ring[8][2048];
	static unsigned int at;
	uint8_t *p = ring[at++ % 8];

	return (struct ike_buf){ p, unhex(s, p) };
}

#endif /* IKE_TEST_MESSAGES_H */
