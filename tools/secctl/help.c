// SPDX-License-Identifier: GPL-2.0
/*
 * secctl help: the grammar.
 */
#include <string.h>

#include "secctl.h"

static const char help_main[] =
"Usage: secctl [ OPTIONS ] [ xfrm ] OBJECT { COMMAND | help }\n"
"       secctl [ -force ] -batch FILE\n"
"OBJECT := state | sa | policy | monitor | stats | settings | explain | save |\n"
"          restore | ike\n"
"OPTIONS := { -n[etns] NAME | -4 | -6 | -s[tatistics] | -o[neline] | -j[son] |\n"
"             -p[retty] | -k (show keys) | -t[imestamp] | -ts | -b[atch] FILE |\n"
"             -force | -V[ersion] }\n"
"\n"
"secctl stats [ -a ] [ reset ]\n"
"secctl settings\n"
"secctl explain src ADDR dst ADDR [ proto PROTO [ sport PORT ] [ dport PORT ]\n"
"               [ type NUMBER ] [ code NUMBER ] ] [ dir in|out|fwd ]\n"
"               [ mark MARK ] [ dev DEV ]\n"
"secctl [ -k ] save\n"
"secctl restore FILE\n"
"secctl ike [ -s SOCKET ] { up | down | rekey } { CONNECTION | CHILD |\n"
"               CONNECTION/CHILD } [ timeout SECONDS ]\n"
"secctl ike [ -s SOCKET ] { status [ CONNECTION ] | reload | metrics | log [ follow ] }\n"
"\n"
"Every command line of \"ip xfrm state\", \"policy\" and \"monitor\" works with\n"
"secctl in the place of \"ip xfrm\". More: secctl state help, secctl policy help.\n";

static const char help_common[] =
"SELECTOR := [ src RANGE ] [ dst RANGE ] [ dev DEV ] [ UPSPEC ]\n"
"RANGE := ADDR[/PLEN] | ADDR-ADDR | any\n"
"UPSPEC := proto { { tcp | udp | udplite | sctp | dccp } [ sport PORTS ] [ dport PORTS ] |\n"
"                  { icmp | ipv6-icmp | mobility-header } [ type N[-N] ] [ code N[-N] ] |\n"
"                  gre [ key { DOTTED-QUAD | NUMBER } ] | PROTO }\n"
"PORTS := PORT | PORT-PORT\n"
"LIMIT-LIST := [ LIMIT-LIST ] limit LIMIT\n"
"LIMIT := { time-soft | time-hard | time-use-soft | time-use-hard } SECONDS |\n"
"         { byte-soft | byte-hard } SIZE | { packet-soft | packet-hard } COUNT\n"
"MARK := NUMBER [ mask NUMBER ] | NUMBER/NUMBER\n"
"MODE := transport | tunnel\n"
"PROTO := esp | ah\n";

static const char help_state[] =
"Usage: secctl state { add | update } ID [ ALGO-LIST ] [ mode MODE ]\n"
"        [ mark MARK ] [ reqid REQID ] [ seq SEQ ] [ dir in|out ]\n"
"        [ replay-window SIZE ] [ replay-seq SEQ ] [ replay-oseq SEQ ]\n"
"        [ replay-seq-hi SEQ ] [ replay-oseq-hi SEQ ] [ replay-bitmap 0xHEX ]\n"
"        [ flag FLAG-LIST ] [ extra-flag EXTRA-FLAG-LIST ]\n"
"        [ sel SELECTOR ] [ LIMIT-LIST ] [ encap ENCAP ]\n"
"        [ output-mark MARK ] [ tfcpad LENGTH ]\n"
"Usage: secctl state allocspi ID [ mode MODE ] [ mark MARK ] [ reqid REQID ]\n"
"        [ seq SEQ ] [ min SPI max SPI ]\n"
"Usage: secctl state { delete | get } ID [ mark MARK ]\n"
"Usage: secctl state migrate ID [ mark MARK ] to [ src ADDR ] [ dst ADDR ]\n"
"        [ encap { ENCAP | none } ]\n"
"Usage: secctl state { deleteall | list | save } [ ID ] [ mode MODE ]\n"
"        [ reqid REQID ] [ dir in|out ] [ mark MARK ] [ flag FLAG-LIST ]\n"
"        [ keys | nokeys ]\n"
"Usage: secctl state flush [ proto PROTO ] [ reqid REQID ] [ dir in|out ]\n"
"Usage: secctl state count\n"
"ID := [ src ADDR ] [ dst ADDR ] [ proto PROTO ] [ spi SPI ]\n"
"ALGO-LIST := [ ALGO-LIST ] ALGO\n"
"ALGO := { enc | auth } ALGO-NAME ALGO-KEYMAT |\n"
"        auth-trunc ALGO-NAME ALGO-KEYMAT ALGO-TRUNC-LEN |\n"
"        aead ALGO-NAME ALGO-KEYMAT ALGO-ICV-LEN\n"
"FLAG := noecn | decap-dscp | nopmtudisc | wildrecv | icmp | af-unspec |\n"
"        align4 | esn\n"
"EXTRA-FLAG := dont-encap-dscp | oseq-may-wrap | dont-check-pad\n"
"ENCAP := espinudp SPORT DPORT OADDR\n";

static const char help_policy[] =
"Usage: secctl policy { add | update } SELECTOR dir DIR [ mark MARK ]\n"
"        [ index INDEX ] [ ptype main ] [ action ACTION ]\n"
"        [ priority PRIORITY ] [ flag FLAG-LIST ] [ LIMIT-LIST ] [ TMPL-LIST ]\n"
"Usage: secctl policy { delete | get } { SELECTOR | index INDEX } dir DIR\n"
"        [ mark MARK ]\n"
"Usage: secctl policy { deleteall | list | save } [ SELECTOR ] [ dir DIR ]\n"
"        [ index INDEX ] [ action ACTION ] [ priority PRIORITY ]\n"
"        [ mark MARK ] [ flag FLAG-LIST ] [ nosock ]\n"
"Usage: secctl policy flush [ dir DIR ]\n"
"Usage: secctl policy count\n"
"Usage: secctl policy setdefault DIR ACTION [ DIR ACTION ] [ DIR ACTION ]\n"
"Usage: secctl policy getdefault\n"
"DIR := in | out | fwd\n"
"ACTION := allow | block\n"
"FLAG := localok | icmp | after-nat\n"
"TMPL-LIST := [ TMPL-LIST ] tmpl TMPL\n"
"TMPL := ID [ mode MODE ] [ reqid REQID ] [ level LEVEL ]\n"
"ID := [ src ADDR ] [ dst ADDR ] [ proto PROTO ] [ spi SPI ]\n"
"LEVEL := required | use\n";

static const char help_monitor[] =
"Usage: secctl monitor [ nokeys ] [ all-nsid ] [ all | OBJECTS ]\n"
"OBJECTS := { acquire | expire | SA | policy | mapping }\n";

void secctl_help(FILE *out, const char *topic)
{
	if (topic && (sec_abbrev(topic, "state") || sec_abbrev(topic, "sa"))) {
		fputs(help_state, out);
		fputs(help_common, out);
	} else if (topic && sec_abbrev(topic, "policy")) {
		fputs(help_policy, out);
		fputs(help_common, out);
	} else if (topic && sec_abbrev(topic, "monitor")) {
		fputs(help_monitor, out);
	} else {
		fputs(help_main, out);
	}
}
