#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Byte-exact tests of the data plane: wire.py [--tool xfrm] [--quick|--full] [--list] [WORD...]

Runs as root with nfsec loaded, in network namespaces of its own. WORDs pick
the cases whose name contains one of them. --quick, the default on an emulated
machine, takes one in four of the matrix. KTAP on stdout; exit status 0, 1, or
4 if everything was skipped. --tool xfrm points the same cases at the kernel's
own IPsec, which tries the harness: see README.md for what fails there.
"""

import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dut
import ktap
import t_ah
import t_ahbad
import t_ahip
import t_batch
import t_chain
import t_clear
import t_crypto
import t_header
import t_hostile
import t_lookup
import t_matrix
import t_natt
import t_oracle
import t_pmtu
import t_replay

GROUPS = (t_oracle.Oracle, t_matrix.Matrix, t_matrix.Sizes, t_matrix.Limits, t_header.Header,
          t_replay.Replay, t_replay.Sequence, t_hostile.Integrity, t_hostile.Trailer,
          t_natt.Natt, t_batch.Batch, t_pmtu.Pmtu, t_chain.Chain, *t_lookup.GROUPS, t_clear.Clear, *t_crypto.GROUPS,
          *t_ah.GROUPS, *t_ahip.GROUPS, *t_ahbad.GROUPS, t_clear.Reasons)


def main(words):
    """Parse the command line and run."""
    if "--tool" in words:
        at = words.index("--tool")
        dut.Dut.tool = {"xfrm": dut.Xfrm, "nfsec": dut.Nfsec}[words[at + 1]]()
        del words[at:at + 2]
    quick = os.environ.get("NFSEC_MACHINE", "").startswith("vm-")
    for option in ("--quick", "--full"):
        if option in words:
            words.remove(option)
            quick = option == "--quick"
    t_matrix.Matrix.quick = quick
    groups = [group() for group in GROUPS]
    if "--list" in words:
        for group in groups:
            for name, _ in group.cases():
                print("%s: %s" % (group.name, name))
        return 0
    if os.getuid():
        print("1..0 # SKIP must run as root")
        return ktap.SKIP
    if not shutil.which(dut.Dut.tool.command[0]):
        print("1..0 # SKIP no %s in PATH" % dut.Dut.tool.command[0])
        return ktap.SKIP
    t_clear.Reasons.complete = not words
    return ktap.run(groups, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
