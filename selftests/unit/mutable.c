// SPDX-License-Identifier: GPL-2.0
/*
 * module/mutable.c: headers that whoever sends them has made up. They lie in
 * memory that is as long as they are, so that the sanitizer sees each octet
 * beyond. What becomes of good ones is for the wire tests.
 */
#include "shim.h"

#include "module/mutable.h"

#define AH_LEN	24

/* All options, each length a header has room for and some it has not */
static void test_options4(void)
{
	u32 type, size, room, seen = 0;
	bool ok = true;

	for (type = 0; type < 256; type++) {
		for (room = 4; room <= 40; room += 4) {
			for (size = 0; size < 256; size++) {
				bool good = type < 2 || (size > 1 && size <= room);
				u8 *head = calloc(1, 20 + room);
				bool is;

				head[20] = type;
				head[21] = size;
				/* of no-ops the second is an option of that type */
				if (type == 1)
					good = size < 2;
				is = nfsec_mutable_clear4(head, 20 + room, false);
				ok &= expect(is == good, "type %u length %u of %u",
					     type, size, room);
				seen += is;
				free(head);
			}
		}
	}
	test(ok && seen, "AH-6 AH-7 every IPv4 option of every length");
}

static bool zero(const u8 *p, u32 len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* Good options in front do not hide a bad one behind */
static void test_repeated4(void)
{
	u8 *head = calloc(1, 60);
	bool ok;
	u32 i;

	for (i = 20; i + 4 <= 60; i += 4) {
		head[i] = 0x9e;
		head[i + 1] = 4;
		head[i + 2] = 0xff;
	}
	ok = expect(nfsec_mutable_clear4(head, 60, false), "refused");
	ok &= expect(zero(head + 20, 40), "not zero");
	for (i = 20; i + 4 <= 60; i += 4) {
		head[i] = 0x94;
		head[i + 1] = 4;
	}
	head[57] = 5;
	ok &= expect(!nfsec_mutable_clear4(head, 60, false), "one too long");
	head[57] = 0;
	ok &= expect(!nfsec_mutable_clear4(head, 60, false), "length 0");
	head[57] = 1;
	ok &= expect(!nfsec_mutable_clear4(head, 60, false), "length 1");
	free(head);
	test(ok, "AH-6 AH-7 repeated IPv4 options");
}

/* A chain of headers, more or less sound, that names AH at its end */
static u32 chain6(u8 *head, u32 room)
{
	static const u8 kinds[] = { NEXTHDR_HOP, NEXTHDR_ROUTING,
				    NEXTHDR_DEST, NEXTHDR_FRAGMENT };
	u32 nh = 6, pos = 40, i;

	for (i = 0; i < room; i++)
		head[i] = below(4) ? 0 : below(256);
	while (pos < room) {
		u32 units = 1 + below((room - pos) / 8);
		u8 kind = below(50) ? kinds[below(4)] : below(256);

		if (kind == NEXTHDR_FRAGMENT)
			units = 1;
		head[nh] = kind;
		head[pos + 1] = below(20) ? units - 1 : below(256);
		if (kind == NEXTHDR_ROUTING && below(2))
			head[pos + 3] = below(4);
		if (kind == NEXTHDR_HOP || kind == NEXTHDR_DEST) {
			u32 at = pos + 2, end = pos + units * 8;

			/* options that fill it */
			while (at + 2 <= end && below(30)) {
				u32 len = below(end - at - 1);

				head[at] = below(256) | 2;
				head[at + 1] = len;
				at += 2 + len;
			}
		}
		nh = pos;
		pos += units * 8;
	}
	head[nh] = IPPROTO_AH;
	return pos;
}

static void test_chains6(void)
{
	u32 n, taken = 0, refused = 0;
	bool ok = true;

	for (n = 0; n < 300000; n++) {
		u32 room = 40 + 8 * below(n % 100 ? 12 : 80);
		u8 *head = malloc(room + AH_LEN);
		u32 len = room, total = room + AH_LEN;

		chain6(head, room);
		memset(head + room, 0xa5, AH_LEN);
		if (nfsec_mutable_clear6(head, &len, &total, n & 1)) {
			taken++;
			ok &= expect(len <= room && total - len == AH_LEN,
				     "%u of %u", len, room);
			ok &= expect(head[len] == 0xa5 &&
				     head[total - 1] == 0xa5, "AH was moved");
			ok &= expect(head[0] == 0x60 && zero(head + 1, 3) &&
				     !head[7], "fixed part");
		} else {
			refused++;
		}
		free(head);
	}
	ok &= expect(taken > 10000 && refused > 10000, "%u, %u", taken,
		     refused);
	test(ok, "AH-9 AH-10 AH-11 %u sound and %u broken chains of headers",
	     taken, refused);
}

int main(void)
{
	test_begin();
	test_options4();
	test_repeated4();
	test_chains6();
	return test_end();
}
