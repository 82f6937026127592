# SPDX-License-Identifier: GPL-2.0
"""Sequence numbers, extended ones, and the replay window; RFC 4303 3.3.3,
3.4.3 and appendix A, RFC 6479."""

import subprocess

import ip
from dut import Group
from ktap import Skip, check, same
from pair import Pair

MOD = 1 << 32
OK, SEEN, OLD, ICV = "ok", "in_replay", "in_replay_old", "in_icv"
OVERFLOW = "out_seq_overflow"
WINDOWS = (32, 64, 128, 1024, 4096, 8192)

# Annex A of the tests' specification of RFC 4303 A2 with W = 64: highest
# number authenticated, low half received, high half the receiver must take.
# None: there is no such number and the packet must not pass.
INFERENCE = (
    (0x0_00000000, 1, 0),
    (0x0_00000010, 0xfffffff0, None),
    (0x1_00000010, 0xfffffff0, 0),
    (0x1_00000010, 0x11, 1),
    (0x0_ffffffff, 5, 1),
    (0x0_ffffffff, 0xffffffc0, 0),
    (0x0_ffffffff, 0xffffffbf, 1),
    (0x1_0000003e, 0xffffffff, 0),
    (0x1_0000003f, 0xffffffff, 1),
)


def regions(w=64):
    """The regions of RFC 4303 A2.1 around windows of case A and case B.

    Yields (name, highest number, [(64-bit number, verdict)...]): each number
    is authenticated with its own high half, so that a receiver which infers
    another one must fail the ICV, unless the low half is in the window and
    already seen.
    """
    def span(high, low, count=5, verdict=OK):
        return [((high << 32) + (low + i) % MOD, verdict) for i in range(count)]

    top = w + 40
    left = top - w + 1
    start = 1 << 32 | top
    yield "A a: Th-1, left of the window", start, span(0, left - 20, 15, ICV)
    yield "A b: Th-1, in the window", start, \
        span(1, top - 10) + span(0, top - 35, 25, ICV) + span(0, top - 10, 5, SEEN)
    yield "A c: Th-1, right of the window", start, span(0, top + 5, 15, ICV)
    yield "A d: Th, left of the window", start, span(1, left - 20, 15, ICV)
    yield "A e: Th, in the window", start, span(1, left + 10, 20)
    yield "A f: Th, right of the window", start, span(1, top + 50, 10)
    yield "A g: Th+1, left of the window, to case B", start, span(2, 10, 10)
    yield "A g: Th+1, left of the window, stays in case A", 1 << 32 | 2 * w + 40, \
        span(2, w + 10, 10)
    yield "A h: Th+1, in the window", 2 << 32 | w + 9, \
        span(2, w + 10, 10) + span(3, w, 10, ICV) + span(3, w + 10, 5, SEEN)
    yield "A i: Th+1, right of the window", 2 << 32 | w + 20, span(3, w + 25, 10, ICV)

    top = 30
    left = (top - w + 1) % MOD
    start = 2 << 32 | top
    yield "B a: Th-1, up to the right edge", start, \
        span(2, 5) + span(1, 5, 5, SEEN) + span(1, 10, 5, ICV) + span(1, 0, 5, ICV)
    yield "B b: Th-1, between the edges", start, span(1, top + 10, 10, ICV)
    yield "B c: Th-1, in the window", start, span(1, left + 10, 10)
    yield "B d: Th, up to the right edge", start, span(2, 10, 10)
    yield "B e: Th, between the edges, stays in case B", start, span(2, top + 1, 3)
    yield "B e: Th, between the edges, to case A", start, span(2, w + 80, 10)
    yield "B f: Th, in the window of Th-1", start, span(2, left + 10, 10, ICV)
    yield "B g: Th+1, up to the right edge", start, \
        span(2, 10) + span(3, 10, 5, SEEN) + span(3, 15, 5, ICV) + span(3, 0, 5, ICV)
    yield "B h: Th+1, between the edges", start, span(3, top + 10, 10, ICV)


class Replay(Group):
    """Inbound; every case has SAs of its own."""

    name = "replay"

    def cases(self):
        for window in WINDOWS:
            for suite, esn in (("gcm16-128", False), ("gcm16-128", True), ("cbc128-sha256", True)):
                yield ("RPL-5 W=%d %s%s: right edge, W-1 in, W out" %
                       (window, suite, " ESN" if esn else ""),
                       lambda a=(window, suite, esn): self.edges(*a))
            yield ("RPL-6 W=%d: backwards through the window, then all again" % window,
                   lambda window=window: self.backwards(window))
        yield "RPL-6 1,5,3,5,3,200,137,136 with W=64", self.example
        yield "RPL-6 number 0 is never valid", self.zero
        yield "RPL-6 jumps of every size keep what is left of the window", self.jumps
        yield "RPL-6 near 2^32", self.near_wrap
        yield "RPL-4 replay-window 0: duplicates are accepted", self.switched_off
        yield "RPL-7 forged numbers do not move the window", self.forged
        yield "RPL-7 forged numbers do not move an ESN window", lambda: self.forged(True)
        yield "RPL-9 AUD-5 a replay with a broken ICV counts as replay", self.replay_first
        yield "RPL-13 ESN off at the peer: first packet fails the ICV", self.disagree
        yield "MIN-1 gaps in the numbers are accepted", self.gaps
        for suite in ("gcm16-128", "chacha20poly1305", "ccm16-128", "cbc128-sha256", "null-sha1"):
            for high in (0, 1, 0xfffffffe):
                yield ("RPL-10 ESP-15 CRY-10 %s from 0x%x:fffffff0 over 2^32" % (suite, high),
                       lambda a=(suite, high): self.crossing(*a))
            yield ("RPL-11 ESP-15 %s: high half 0xffffffff, no number after the last" % suite,
                   lambda a=suite: self.last(a))
        for suite in ("gcm16-128", "cbc128-sha256"):
            for top, low, high in INFERENCE:
                yield ("RPL-10 %s %s T=0x%x:%08x, 0x%x gives %s" %
                       ("RPL-11" if high is None else "", suite, top >> 32, top % MOD, low,
                        "a drop" if high is None else high),
                       lambda a=(suite, top, low, high): self.inference(*a))
            for name, top, packets in regions():
                yield "RPL-10 RFC 4303 A2 %s, %s" % (name, suite), \
                    lambda a=(suite, top, packets): self.region(*a)
            for name, top, packets in regions(4096):
                if name[0] == "A" or "Th+1" not in name:
                    yield "RPL-10 RFC 4303 A2 W=4096 %s, %s" % (name, suite), \
                        lambda a=(suite, top, packets): self.region(*a, window=4096)
        yield "RPL-11 fresh SA, 0xfffffff0 authenticated with high half 0xffffffff", \
            self.underflow

    def pair(self, **options):
        """A tunnel with its own SAs."""
        options.setdefault("window", 64)
        return Pair(**options).install(self.dut)

    def verdict(self, pair, seq, **options):
        """Send a packet with a number; OK or the reason it was dropped for."""
        clear = pair.clear(seq.to_bytes(12, "big"))
        kind, got = self.dut.outcome(pair.protect(clear, seq, **options))
        if kind == "ok":
            same(got, pair.received(clear), "packet 0x%x" % seq)
            return OK
        if kind == "drop" and sum(got.values()) == 1:
            return next(iter(got))
        return "%s %s" % (kind, got)

    def see(self, pair, numbers):
        """[(number, verdict)...], each to be as said."""
        for seq, want in numbers:
            self.is_verdict(self.verdict(pair, seq), want, "verdict for 0x%x" % seq)

    def is_verdict(self, got, want, what):
        """Compare two, as far as the reason is known."""
        if self.dut.tool.counted or OK in (got, want):
            same(got, want, what)

    def edges(self, window, suite, esn):
        """The window is exactly as wide as it was asked to be."""
        pair = self.pair(suite=suite, window=window, esn=esn)
        top = 3 * window + 7
        # Left of an ESN window is the next subspace: the ICV fails (X13).
        left = ICV if esn else OLD
        self.see(pair, [(1, OK), (top, OK), (top, SEEN), (top - window + 1, OK),
                        (top - window + 1, SEEN), (top - window, left), (1, left),
                        (top + 1, OK), (top - window + 1, left), (top - window + 2, OK)])

    def backwards(self, window):
        """All in reverse are new, all again are not."""
        pair = self.pair(window=window)
        step = max(1, window // 64)
        numbers = list(range(window, 0, -step))
        self.see(pair, [(seq, OK) for seq in numbers])
        self.see(pair, [(seq, SEEN) for seq in numbers[::8]])

    def example(self):
        """As the specification of the tests has it."""
        pair = self.pair()
        self.see(pair, [(1, OK), (5, OK), (3, OK), (5, SEEN), (3, SEEN), (200, OK), (137, OK),
                        (136, OLD)])

    def zero(self):
        """Neither at first nor later."""
        pair = self.pair()
        self.see(pair, [(0, OLD), (1, OK), (0, OLD)])

    def jumps(self):
        """Against a set of all numbers seen: RPL-15."""
        for window in (64, 128, 1024):
            pair = self.pair(window=window)
            seen, top = set(), 0
            for jump in (1, 2, 31, 32, 33, 63, 64, 65, window - 1, window, window + 1,
                         2 * window - 1, 2 * window, 5 * window + 3):
                top += jump
                self.see(pair, [(top, OK)])
                seen.add(top)
                for back in (1, 30, 31, 32, 33, 62, 63, 64, 65, window - 2, window - 1, window):
                    seq = top - back
                    if seq <= 0:
                        continue
                    want = OLD if back >= window else SEEN if seq in seen else OK
                    seen.add(seq)
                    self.see(pair, [(seq, want)])

    def near_wrap(self):
        """32-bit numbers do not come round again."""
        pair = self.pair(seq=0xfffffff0)
        self.see(pair, [(0xffffffff, OK), (0xfffffffe, OK), (0xffffffff, SEEN),
                        (0xffffffc0, OK), (0xffffffbf, OLD), (0, OLD), (1, OLD), (63, OLD)])

    def switched_off(self):
        """And so are old ones."""
        pair = self.pair(window=0)
        self.see(pair, [(1, OK), (1, OK), (100000, OK), (2, OK), (1, OK)])

    def forged(self, esn=False):
        """A good packet altered to carry another number."""
        pair = self.pair(esn=esn)
        self.see(pair, [(100, OK)])
        clear = pair.clear(b"forged")
        for seq in (101, 164, 1000, 0x80000000, 0xfffffff0):
            good = pair.seal(clear, 99)
            bad = good[:4] + seq.to_bytes(4, "big") + good[8:]
            self.dut.expect_drop(pair.wrap(bad), ICV, "0x%x" % seq)
        self.see(pair, [(37, OK), (101, OK), (100, SEEN), (102, OK)])

    def replay_first(self):
        """The number is looked at before the ICV."""
        pair = self.pair()
        self.see(pair, [(100, OK)])
        for seq, reason in ((100, SEEN), (36, OLD)):
            bad = bytearray(pair.seal(pair.clear(b"x"), seq))
            bad[-1] ^= 1
            self.dut.expect_drop(pair.wrap(bytes(bad)), reason, "number %d" % seq)

    def disagree(self):
        """Four more octets in the MAC, or in the AAD."""
        for suite in ("gcm16-128", "cbc128-sha256", "chacha20poly1305"):
            for ours in (False, True):
                pair = self.pair(suite=suite, esn=ours)
                pair.rx.esn = not ours
                self.see(pair, [(1, ICV), (2, ICV)])
                pair.rx.esn = ours
                self.see(pair, [(1, OK)])

    def gaps(self):
        """Numbers may be times."""
        pair = self.pair()
        self.see(pair, [(seq, OK) for seq in (7, 1000, 1001, 50000, 0x1000000, 0x7fffffff,
                                              0x80000001, 0xf0000000)])

    def crossing(self, suite, high):
        """Forward over the edge, then late packets from before it."""
        start = high << 32 | 0xfffffff0
        pair = self.pair(suite=suite, esn=True, seq=start)
        over = (high + 1) << 32
        self.see(pair, [(start + 1, OK), (start + 15, OK), (over, OK), (over + 1, OK),
                        (start + 14, OK), (start + 15, SEEN), (over + 1, SEEN), (over + 20, OK),
                        (start + 5, OK), (start + 5, SEEN), (over + 200, OK), (over + 199, OK)])
        # The low half alone says nothing: same low half, wrong high half.
        self.is_verdict(self.verdict(pair, over + 201, auth_seq=over + 201 - MOD), ICV,
                        "old high half")

    def last(self, suite):
        """2^64 - 1 is the end."""
        top = (1 << 64) - 1
        pair = self.pair(suite=suite, esn=True, seq=top - 3)
        self.see(pair, [(top - 1, OK), (top, OK), (top, SEEN)])
        kind, got = self.dut.outcome(pair.protect(pair.clear(b"round"), 0, auth_seq=0))
        check(kind == "drop", "number 0 after the last was taken (%s)" % kind)
        check(not self.dut.tool.counted or len(got) == 1, "counted %s" % got)

    def inference(self, suite, top, low, high):
        """Right with the high half the RFC gives, wrong with those beside it."""
        others = (0, 1, 2, 0xffffffff) if high is None else \
            [h for h in (0, 1, 2) if h != high]
        for wrong in others:
            pair = self.pair(suite=suite, esn=True, seq=top)
            kind = self.verdict(pair, wrong << 32 | low)
            check(kind != OK, "passed with high half 0x%x" % wrong)
            if high is not None:
                self.is_verdict(kind, ICV, "verdict with high half 0x%x" % wrong)
                same(self.verdict(pair, high << 32 | low), OK, "verdict with the right one")

    def region(self, suite, top, packets, window=64):
        """A start of its own for each region."""
        self.see(self.pair(suite=suite, esn=True, seq=top, window=window), packets)

    def underflow(self):
        """Th - 1 does not exist when Th is 0."""
        pair = self.pair(esn=True)
        kind = self.verdict(pair, 0xffffffff_fffffff0)
        self.is_verdict(kind, ICV if kind == ICV else OLD, "verdict")
        self.see(pair, [(1, OK)])


class Sequence(Group):
    """Outbound."""

    name = "sequence"

    def cases(self):
        yield "RPL-1 first packet 1, then one more each time", self.count
        yield "RPL-1 ESN first packet 1", lambda: self.count(esn=True)
        yield "RPL-1 replay-oseq 41: next packet 42", lambda: self.count(41)
        for mode in ("tunnel", "transport"):
            for family in (4, 6):
                yield ("RPL-2 OUT-2 %s IPv%d: fffffffe, ffffffff leave, the next does not" %
                       (mode, family), lambda a=(mode, family): self.used_up(*a))
        yield "RPL-2 OUT-2 ESN: 2^64 - 1 leaves, the next does not", \
            lambda: self.used_up("tunnel", 4, True)
        yield "RPL-3 oseq-may-wrap: goes on with 0", self.wraps
        for suite in ("gcm16-128", "chacha20poly1305", "ccm16-128", "cbc128-sha256", "null-sha1"):
            for high in (0, 1, 0xfffffffe):
                yield ("RPL-10 ESP-15 CRY-10 %s ESN from 0x%x:fffffffd over 2^32" % (suite, high),
                       lambda a=(suite, high): self.crossing(*a))
        yield "RPL-1 RPL-6 saved and restored: numbers go on, replays stay replays", self.restored
        yield "RPL-1 IDs and numbers of one SA used by two policies", self.shared

    def sent(self, pair, seq, payload=b"sequence"):
        """One packet, which is to have that number."""
        clear = pair.answer(payload)
        pair.send(self.dut, clear)
        wire = self.dut.left()
        self.dut.need(wire, "nothing left")
        return pair.open(wire, clear, seq)

    def count(self, start=0, esn=False):
        """A hundred in a row."""
        pair = Pair(oseq=start, esn=esn).install(self.dut)
        for seq in range(start + 1, start + 101):
            self.sent(pair, seq)

    def used_up(self, mode, family, esn=False):
        """And never in clear either."""
        last = (1 << 64 if esn else MOD) - 1
        pair = Pair(mode=mode, inner=family, oseq=last - 2, esn=esn).install(self.dut)
        self.sent(pair, last - 1)
        self.sent(pair, last)
        for _ in range(3):
            try:
                pair.send(self.dut, pair.answer(b"one too many"))
            except OSError:
                pass            # the sender may be told
            if self.dut.tool.counted:
                same(self.dut.new_drops(), {OVERFLOW: 1}, "drops")
            wire = self.dut.left(0.02)
            check(wire is None, "left: %s" % (wire or b"").hex())
        self.dut.new_drops()

    def wraps(self):
        """The peer said that it does not check."""
        pair = Pair(oseq=MOD - 3, extra=["oseq-may-wrap"], window=0).install(self.dut)
        for seq in (MOD - 2, MOD - 1, 0, 1, 2):
            self.sent(pair, seq)

    def crossing(self, suite, high):
        """Every packet is opened with its own high half."""
        start = high << 32 | 0xfffffffd
        pair = Pair(suite, oseq=start, esn=True).install(self.dut)
        for seq in range(start + 1, start + 6):
            self.sent(pair, seq)

    def restored(self):
        """What "save" prints, keys and all, is what "-batch" takes."""
        if not self.dut.tool.counted:
            raise Skip("ip xfrm does not save")
        for esn in (False, True):
            self.dut.flush()
            pair = Pair(window=128, esn=esn).install(self.dut)
            self.sent(pair, 1)
            self.sent(pair, 2)
            clear = pair.clear(b"restored")
            for seq in (1, 2, 90, 100):
                self.dut.expect(pair.protect(clear, seq), pair.received(clear))
            self.dut.configure(self.flushed())
            for seq, reason in ((1, "in_replay"), (100, "in_replay"), (90, "in_replay")):
                self.dut.expect_drop(pair.protect(clear, seq), reason, "number %d" % seq)
            for seq in (91, 3, 101):
                self.dut.expect(pair.protect(clear, seq), pair.received(clear), "number %d" % seq)
            self.sent(pair, 3)
        self.dut.flush()
        # One that is used up stays so, one that has wrapped has no high half.
        ends = {"used up": Pair(oseq=MOD - 2), "wrapped": Pair(oseq=MOD - 2, window=0,
                                                               extra=["oseq-may-wrap"])}
        for pair in ends.values():
            pair.install(self.dut)
            self.sent(pair, MOD - 1)
        for name, pair in ends.items():
            if name == "wrapped":
                self.sent(pair, 0)
                self.sent(pair, 1)
                continue
            pair.send(self.dut, pair.answer(b"one too many"))
            same(self.dut.new_drops(), {OVERFLOW: 1}, "drops")
        self.dut.configure(self.flushed())
        pair = ends["used up"]
        pair.send(self.dut, pair.answer(b"one too many"))
        check(self.dut.left(0.02) is None, "an SA that was used up sends again")
        same(self.dut.new_drops(), {OVERFLOW: 1}, "drops")
        self.sent(ends["wrapped"], 2)

    def flushed(self):
        """All states, saved and gone."""
        saved = subprocess.run(self.dut.tool.command + ["state", "save", "keys"], check=True,
                               stdout=subprocess.PIPE, universal_newlines=True).stdout
        self.dut.configure(["state flush"])
        return saved.splitlines()

    def shared(self):
        """One counter, whoever sends."""
        pair = Pair().install(self.dut)
        other = pair.remote.rsplit(".", 1)[0] + ".254"
        self.dut.configure(["policy add src %s/32 dst %s/32 dir out tmpl src %s dst %s "
                            "proto esp reqid %d mode tunnel" %
                            (pair.host, other, pair.us, pair.peer, pair.number)])
        for seq in range(1, 7):
            clear = pair.answer(b"a") if seq % 2 else ip.ip4(pair.host, other, ip.PLAIN, b"b")
            self.dut.forward(clear)
            wire = self.dut.left()
            check(wire is not None, "nothing left")
            pair.open(wire, clear, seq)
