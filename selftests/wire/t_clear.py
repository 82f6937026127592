# SPDX-License-Identifier: GPL-2.0
"""Packets without protection, and policies that cannot be met; RFC 4301 5."""

import dut
import genl
import ip
from dut import Group
from ktap import Failure, Skip, check, same
from pair import Pair


class Clear(Group):
    """Packets without protection, and policies that cannot be met."""

    name = "clear"

    def cases(self):
        for family in (4, 6):
            yield ("IN-4 SPD-7 IPv%d cleartext for a protected flow, forwarded" % family,
                   lambda family=family: self.spoofed(family))
            yield ("IN-4 SPD-7 IPv%d cleartext for a protected flow, for us" % family,
                   lambda family=family: self.spoofed(family, True))
            yield ("OUT-2 OUT-3 IPv%d policy without an SA: dropped, or acquire and wait, never in clear" % family,
                   lambda family=family: self.no_sa(family))
            yield ("SPD-2 IPv%d block: out, in, forwarded" % family,
                   lambda family=family: self.block(family))
        for family in (4, 6):
            yield ("ARCH-4 IPv%d transport mode for a forwarded packet" % family,
                   lambda family=family: self.transport_forward(family))
        yield "OUT-2 SA whose selector the packet does not fit", self.selector_out
        yield "OUT-2 no route to the peer", self.no_route
        yield "AUD-1 IPv6: our own packet with broken extension headers", self.malformed
        yield "ARCH-4 transport mode to a peer of the other family", self.family
        yield "TUN-13 the tunnel's own packets do not enter it", self.loop
        yield "SPD-3 default block: out, in, forwarded", self.default_block
        yield "IN-4 ICMP in clear for a protected flow", self.icmp

    def spoofed(self, family, local=False):
        """No SA is made for it and nothing is asked for."""
        pair = Pair(inner=family, host=dut.IN[family] if local else None).install(self.dut)
        counted = self.dut.tool.counted
        before = self.dut.counter("acquires") if counted else 0
        self.dut.expect_drop(pair.clear(b"spoofed"), "in_cleartext" if local else "fwd_cleartext")
        if counted:
            same(self.dut.counter("acquires"), before, "acquires")
        clear = pair.clear(b"genuine")
        self.dut.expect(pair.protect(clear), pair.received(clear))

    def gone(self, reason):
        """A packet was handed in; nothing left and one reason was counted."""
        wire = self.dut.left(0.02)
        check(wire is None, "left: %s" % (wire or b"").hex())
        diff = self.dut.new_drops()
        if self.dut.tool.counted:
            same(diff, {reason: 1}, "drops")

    def hand_in(self, pair, clear):
        try:
            pair.send(self.dut, clear)
        except OSError:
            pass

    def no_sa(self, family):
        """Forwarded and our own."""
        counted = self.dut.tool.counted
        for host in (None, dut.IN[family]):
            pair = Pair(inner=family, host=host)
            self.dut.configure(list(pair.lines())[2:])
            waiting = [pair.answer(b"no SA %d" % i) for i in range(3)]
            for clear in waiting:
                self.hand_in(pair, clear)
                self.gone("out_no_sa")
            if counted:
                self.wait(pair, waiting)
            self.dut.configure(list(pair.lines())[:2])
            seq = 1
            for clear in waiting if counted else []:
                wire = self.dut.left()
                self.dut.need(wire, "what waited has not left")
                pair.open(wire, clear, seq)
                seq += 1
            clear = pair.answer(b"SA")
            pair.send(self.dut, clear)
            wire = self.dut.left()
            self.dut.need(wire, "nothing left with an SA")
            pair.open(wire, clear, seq)

    def wait(self, pair, waiting):
        """With someone to ask for an SA packets are not dropped."""
        before = self.dut.counter("acquires")
        link = genl.Genl()
        events = link.subscribe("acquire")
        for clear in waiting:
            self.hand_in(pair, clear)
            wire = self.dut.left(0.02)
            check(wire is None, "left: %s" % (wire or b"").hex())
            same(self.dut.new_drops(), {}, "drops")
        # At most one a second, so that a flood makes no flood.
        check(genl.event(events, dut.PATIENCE), "no acquire event")
        check(self.dut.counter("acquires") > before, "no acquire was counted")
        events.close()
        link.close()

    def block(self, family):
        """Each direction has its own reason."""
        inside, remote = dut.HOST[family], dut.remote(3000, family)
        length = 32 if family == 4 else 128
        for way, src, dst, reason in (
                ("out", inside, remote, "out_block"),
                ("fwd", remote, inside, "fwd_block"),
                ("in", remote, dut.IN[family], "in_block")):
            self.dut.configure(["policy add src %s/%d dst %s/%d dir %s action block" %
                                (src, length, dst, length, way)])
            clear = ip.packet(src, dst, ip.PLAIN, b"block")
            if way == "out":
                self.dut.forward(clear)
                self.gone(reason)
            else:
                self.dut.expect_drop(clear, reason)
            self.dut.configure(["policy del src %s/%d dst %s/%d dir %s" %
                                (src, length, dst, length, way)])

    def transport_forward(self, family):
        """Forwarded packets need a tunnel, even if an SA has their addresses."""
        pair = Pair(mode="transport", inner=family, policies=False)
        state = list(pair.lines())[0].replace("src %s " % pair.us, "src %s " % dut.HOST[family])
        self.dut.configure([
            state, "policy add src %s dst %s dir out tmpl proto esp reqid %d mode transport"
            % (dut.HOST[family], pair.peer, pair.number)])
        self.dut.forward(ip.packet(dut.HOST[family], pair.peer, ip.PLAIN, b"transport"))
        if self.dut.tool.counted:
            self.gone("out_transport_forward")
        elif self.dut.left(0.02):
            self.dut.new_drops()

    def selector_out(self):
        """The outbound SA is for another port."""
        pair = Pair()
        lines = list(pair.lines())
        lines[0] += " sel src %s/32 dst %s/32 proto udp dport 7" % (pair.host, pair.remote)
        self.dut.configure(lines)
        clear = pair.answer(ip.udp(pair.host, pair.remote, 1, 7, b"x"), ip.UDP)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        check(wire is not None, "nothing left")
        pair.open(wire, clear, 1)
        pair.send(self.dut, pair.answer(ip.udp(pair.host, pair.remote, 1, 8, b"x"), ip.UDP))
        self.gone("out_sa_selector")

    def no_route(self):
        """The gateway is nowhere."""
        pair = Pair()
        pair.peer = "192.0.2.77"
        pair.install(self.dut)
        try:
            pair.send(self.dut, pair.answer(b"no route"))
        except OSError:
            pass
        while self.dut.delivered() is not None:
            pass                # host unreachable for the sender
        self.gone("out_no_route")

    def malformed(self):
        """A raw socket may send anything."""
        pair = Pair(inner=6, host=dut.IN[6]).install(self.dut)
        for chain in (b"\x11", b"\x11\xff" + bytes(6)):
            try:
                self.dut.originate(pair.answer(chain, proto=60))
            except OSError:
                pass
            self.gone("out_malformed")

    def family(self):
        """Refused, or dropped; not sent in clear."""
        if not self.dut.tool.counted:
            raise Skip("XFRM takes it")
        pair = Pair(mode="transport", inner=6, policies=False).install(self.dut)
        remote = "10.0.230.1"
        try:
            self.dut.configure(["policy add src %s/32 dst %s/32 dir out tmpl src %s dst %s "
                                "proto esp reqid %d mode transport" %
                                (dut.OUT[4], remote, pair.us, pair.peer, pair.number)])
        except Failure:
            return
        try:
            self.dut.originate(ip.ip4(dut.OUT[4], remote, ip.PLAIN, b"family"))
        except OSError:
            pass
        self.gone("out_no_sa")

    def loop(self):
        """A policy for everything has its own ESP in it."""
        pair = Pair(policies=False).install(self.dut)
        self.dut.configure(["policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out priority 99 "
                            "tmpl src %s dst %s proto esp reqid %d mode tunnel" %
                            (pair.us, pair.peer, pair.number)])
        clear = pair.answer(b"loop")
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        pair.open(wire, clear, 1)
        self.dut.configure(["policy del src 0.0.0.0/0 dst 0.0.0.0/0 dir out"])

    def default_block(self):
        """Set and taken back."""
        if not self.dut.tool.counted:
            raise Skip("XFRM has no reason for it")
        self.dut.configure(["policy setdefault in block fwd block out block"])
        try:
            self.dut.forward(ip.ip4(dut.HOST[4], "10.1.240.1", ip.PLAIN, b"x"))
            self.gone("fwd_no_policy")
            try:
                self.dut.originate(ip.ip4(dut.IN[4], "10.1.240.1", ip.PLAIN, b"x"))
            except OSError:
                pass            # the sender may be told
            self.gone("out_no_policy")
            self.dut.expect_drop(ip.ip4("10.1.240.1", dut.HOST[4], ip.PLAIN, b"x"),
                                 "fwd_no_policy")
            self.dut.expect_drop(ip.ip4("10.1.240.1", dut.IN[4], ip.PLAIN, b"x"),
                                 "in_no_policy")
        finally:
            self.dut.configure(["policy setdefault in accept fwd accept out accept"])

    def icmp(self):
        """Echo from the remote network, not from the tunnel."""
        pair = Pair(host=dut.IN[4]).install(self.dut)
        self.dut.expect_drop(pair.clear(ip.icmp(8), ip.ECHO), "in_cleartext")


class Reasons(Group):
    """Comes last: which reasons the whole run has seen."""

    name = "reasons"

    # Packets alone do not bring these about; net/failures.sh does.
    ELSEWHERE = {
        "out_crypto": "failing crypto", "out_nomem": "failing allocations",
        "in_crypto": "failing crypto", "in_nomem": "failing allocations",
        "in_queue_full": "a CPU that receives faster than it decrypts",
        "in_going_down": "a device that goes away in between",
        "in_fragment": "LOCAL_IN before reassembly",
        "in_conntrack": "connection tracking that refuses a packet",
        "out_conntrack": "connection tracking that refuses a packet",
        "out_hold_full": "key management that takes its time",
        "out_hold_timeout": "key management that takes its time",
        "out_hold_gone": "key management that takes its time",
    }
    complete = True         # all groups were run

    def cases(self):
        yield "AUD-1 every reason for a drop was provoked with its exact counter", self.all

    def all(self):
        """Those of ELSEWHERE aside."""
        if not self.complete or not self.dut.tool.counted:
            raise Skip("only a whole run provokes them all")
        missing = set(self.dut.drops) - self.dut.provoked - set(self.ELSEWHERE)
        same(sorted(missing), [], "reasons not provoked")
