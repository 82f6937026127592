# SPDX-License-Identifier: GPL-2.0
"""KTAP output and the loop that runs the cases.

A group is a class with setup(), teardown() and cases(); the latter yields
(name, function) pairs, so that the plan is known before anything runs. A
function passes when it returns, fails when it raises.
"""

import sys
import time
import traceback

SKIP = 4


class Skip(Exception):
    """What a case needs is not there; the text says what."""


class Failure(AssertionError):
    """Something is other than the RFC says; the text says what."""


def same(got, want, what="value"):
    """Fail unless two values are equal; octets are shown where they differ."""
    if got == want:
        return
    if isinstance(got, (bytes, bytearray)) and isinstance(want, (bytes, bytearray)):
        at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b),
                  min(len(got), len(want)))
        raise Failure("%s differs at octet %d (%d octets, wanted %d)\n"
                      "got    %s\nwanted %s" %
                      (what, at, len(got), len(want), got[:160].hex(),
                       want[:160].hex()))
    raise Failure("%s is %r, wanted %r" % (what, got, want))


def check(condition, what):
    """Fail with a text unless the condition holds."""
    if not condition:
        raise Failure(what)


def emit(text):
    """Print a line at once, so that a crash does not swallow it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def describe(error):
    """What to print below a failed case."""
    if isinstance(error, Failure):
        where = traceback.extract_tb(error.__traceback__)
        own = [f for f in where if not f.filename.endswith("ktap.py")]
        last = own[-1] if own else where[-1]
        return "%s\nat %s:%d" % (error, last.filename.rsplit("/", 1)[-1], last.lineno)
    return "".join(traceback.format_exception(type(error), error,
                                              error.__traceback__)).rstrip()


def run(groups, wanted):
    """Run groups and return the exit status; wanted picks cases by substring."""
    plan = []
    for group in groups:
        cases = [c for c in group.cases()
                 if not wanted or any(w in "%s: %s" % (group.name, c[0]) for w in wanted)]
        if cases:
            plan.append((group, cases))
    total = sum(len(cases) for _, cases in plan)
    emit("TAP version 13")
    if not total:
        emit("1..0 # SKIP no test fits %s" % " ".join(wanted))
        return SKIP
    emit("1..%d" % total)
    number = failed = skipped = 0
    for group, cases in plan:
        start = time.monotonic()
        broken = reported = None
        try:
            group.setup()
        except Exception as error:      # every case of the group needs it
            broken = error
        for name, function in cases:
            number += 1
            label = "%d %s: %s" % (number, group.name, name)
            try:
                if broken and broken is not reported:
                    reported = broken
                    raise broken
                if broken:
                    raise Failure("set-up of the group failed, see above")
                group.run(function)
                emit("ok " + label)
            except Skip as why:
                skipped += 1
                emit("ok %s # SKIP %s" % (label, why))
            except Exception as error:
                failed += 1
                emit("not ok " + label)
                for line in describe(error).splitlines():
                    emit("# " + line)
        group.teardown()
        emit("# %s: %d cases in %.1f s" % (group.name, len(cases),
                                           time.monotonic() - start))
    emit("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0" %
         (total - failed - skipped, failed, skipped))
    if failed:
        return 1
    return SKIP if skipped == total else 0
