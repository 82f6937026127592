/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Command lines that make objects, using every word of the grammar.
 */
#ifndef SEC_CORPUS_H
#define SEC_CORPUS_H

#define KEY16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY20 KEY16 "10111213"
#define KEY32 KEY16 "101112131415161718191a1b1c1d1e1f"
#define ID4 "src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1001"
#define ID6 "src 2001:db8::1 dst 2001:db8::2 proto esp spi 4097"
#define GCM "aead rfc4106(gcm(aes)) " KEY20 " 128"

static const char *const corpus[] = {
	"state add " ID4 " mode tunnel reqid 7 " GCM,
	"xfrm state add " ID6 " mode transport seq 0x12 " GCM,
	"sa add " ID4 " enc cbc(aes) " KEY16 " auth hmac(sha1) " KEY20,
	"state add " ID4 " auth-trunc hmac(sha256) " KEY32 " 96 enc cbc(aes) " KEY16,
	"state add " ID4 " enc ecb(cipher_null) \"\" auth hmac(sha1) text-as-a-key-1234567",
	"state add src 10.0.0.1 dst 10.0.0.2 proto ah spi 256 auth hmac(sha512) " KEY32 "2021222324252627",
	"state update " ID4 " limit byte-soft 1000 limit byte-hard 2000",
	"state add " ID4 " " GCM " mark 1",
	"state add " ID4 " " GCM " mark 0x10 mask 0xf0",
	"state add " ID4 " " GCM " mark 0x10/0xf0 output-mark 3 mask 255",
	"state add " ID4 " " GCM " output-mark 0x3",
	"state add " ID4 " " GCM " set-mark 0x3",
	"state add " ID4 " " GCM " replay-window 0",
	"state add " ID4 " " GCM " replay-window 32 replay-seq 10 replay-oseq 20 replay-bitmap 0x3ff",
	"state add " ID4 " " GCM " replay-window 4096 flag esn replay-seq 0xfffffff0 replay-seq-hi 1 replay-oseq 0x10 replay-oseq-hi 2",
	"state add " ID4 " " GCM " replay-seq 99 replay-bitmap 0x80000000000000000000000000000001",
	"state add " ID4 " " GCM " replay-oseq-hi 3 replay-window 16",
	"state add " ID4 " " GCM " flag noecn decap-dscp nopmtudisc wildrecv icmp af-unspec align4 esn",
	"state add " ID4 " " GCM " flag 0x81",
	"state add " ID4 " " GCM " extra-flag dont-encap-dscp oseq-may-wrap dont-check-pad",
	"state add " ID4 " " GCM " extra-flag 0x3 flag icmp",
	"state add " ID4 " " GCM " extra_flag dont-check-pad dir in",
	"state add " ID4 " " GCM " dir out tfcpad 100",
	"state add " ID4 " " GCM " encap espinudp 4500 4501 0.0.0.0",
	"state add " ID6 " " GCM " encap espinudp 4500 4500 2001:db8::9",
	"state add " ID4 " " GCM " sel src 10.1.0.0/16 dst 10.2.0.0/255.255.0.0 proto udp sport 5 dport 6",
	"state add " ID4 " " GCM " sel src 10.1.0.1-10.1.0.9 dst 10.2.0.1 proto tcp sport 1000-2000 dport 0-0",
	"state add " ID4 " " GCM " sel proto icmp type 8 code 0",
	"state add " ID4 " " GCM " sel src 2001:db8::/32 proto ipv6-icmp type 128 dev lo",
	"state add " ID4 " " GCM " sel proto 135 type 1-3",
	"state add " ID4 " " GCM " sel proto icmp type 3-5 code 1-2",
	"state add " ID4 " " GCM " sel proto icmp type 3 code 1-2",
	"state add " ID4 " " GCM " sel dst 10.2.0.0/16 proto gre key 0x12345678",
	"state add " ID4 " " GCM " sel dst 10.2.0.0/16 proto gre key 1.2.3.4",
	"state add " ID4 " " GCM " sel src any dst any proto any dev none",
	"state add " ID4 " " GCM " sel src 10 dst 10.1/16 dev if99",
	"state add " ID4 " " GCM
	" limit time-soft 1 limit time-hard 2 limit time-use-soft 3 limit time-use-hard 4"
	" limit byte-soft 5 limit byte-hard 6 limit packet-soft 7 limit packet-hard 8",
	"state add " ID4 " " GCM " limit packet-hard 18446744073709551614",
	"state allocspi src 10.0.0.1 dst 10.0.0.2 proto esp reqid 5 mode tunnel min 0x1000 max 0x1fff mark 1 mask 3",
	"state allocspi dst 10.0.0.2 proto esp seq 1 dir in",
	"policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out priority 100 tmpl src 1.2.3.4 dst 5.6.7.8 proto esp reqid 7 mode tunnel",
	"policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir in tmpl src 1.2.3.4 dst 5.6.7.8 proto esp spi 0x100 mode tunnel level use",
	"policy update src 10.1.0.0/16 dst 10.2.0.0/16 dir fwd index 24 tmpl level required proto ah mode transport tmpl proto esp reqid 1",
	"policy add src 2001:db8::/32 dst 2001:db8:1::/48 dir out action block",
	"policy add dir out src 10.0.0.1-10.0.0.200 dst any proto tcp sport 1-1023 dport 443 action allow",
	"policy add dir in proto icmp type 8 ptype main",
	"policy add dir in proto icmp type 8 code 3 flag icmp localok",
	"policy add dir in proto gre key 7 flag after-nat",
	"policy add dir in flag 0x3 mark 1 mask 0xff limit byte-hard 100 limit time-soft 9",
	"policy add src 10.1.0.0/16 dst 10.2.0.0/16 dev lo dir out",
	"policy add dir out tmpl proto esp mode tunnel src 10.0.0.0/8 dst 10.1.0.0/16",
	"policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out proto 99",
	"policy add src any dst any dir fwd proto udp dport 500",
	"policy add dir in tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 9 mode transport",
	"policy add src ::/0 dst ::/0 dir out proto sctp dport 5000",
};

#define CORPUS_LEN (ARRAY_SIZE(corpus))

#endif /* SEC_CORPUS_H */
