#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print what the jobs of "make check" found, as KTAP, and add it up.

usage: check.py DIRECTORY

DIRECTORY has MACHINE/TEST.log, KTAP among other output, and MACHINE/TEST.status,
"EXIT-STATUS SECONDS PROCESSOR-SECONDS". A script that says nothing, less than it announced, or
all well with an exit status that says otherwise has failed, by one more result
than it printed itself. The last line is "N passed, N failed,
N skipped".
"""
import pathlib
import re
import sys

RESULT = re.compile(r"^( *)(ok|not ok) (\d+)( .*)?$")
PLAN = re.compile(r"^( *)1\.\.(\d+)( +# SKIP.*)?$")
NOTE = re.compile(r"^ *# *(.*)$")
STATUS = {
    4: "skipped",
    98: "there was no machine",
    99: "the kernel complained, or the module did not unload",
    124: "time limit",
}


class Job:
    """One log: the lines that are results, and how many of which kind"""

    def __init__(self, directory, log):
        self.name = str(log.relative_to(directory))[:-len(".log")]
        status, self.seconds, self.cpu = map(
            int, log.with_suffix(".status").read_text().split())
        self.lines = []
        self.why = {}       # number of a line: what the test said before it
        self.passed = self.failed = self.skipped = 0
        self.trouble = ""
        self.read(log, status)

    def count(self, result, text):
        """A result that has no subtests"""
        if result == "not ok":
            self.failed += 1
        elif re.search(r"# *SKIP\b", text, re.I):
            self.skipped += 1
        else:
            self.passed += 1

    def read(self, log, status):
        """Find the results in the log, decide what the exit status adds"""
        planned = found = children = 0
        skip = ""
        bad = self.failed
        notes = []
        for line in log.read_text(errors="replace").splitlines():
            note = NOTE.match(line)
            if note:
                notes = notes[-4:] + [note[1]]
            result = RESULT.match(line)
            plan = PLAN.match(line)
            if plan and not plan[1]:
                planned += int(plan[2])
                skip = plan[3] or skip
            if not result:
                continue
            if result[2] == "not ok":
                self.why[len(self.lines)] = notes
            notes = []
            # Some logs are those of several programs, each counting from 1.
            self.lines.append(line if result[1] else
                              f"{result[2]} {found + 1}{result[4] or ''}")
            if result[1]:
                children += 1
                self.count(result[2], result[4] or "")
                continue
            found += 1
            # The sum of subtests; it counts only if none of them explains it.
            if not children or (result[2] == "not ok" and self.failed == bad):
                self.count(result[2], result[4] or "")
            children = 0
            bad = self.failed
        build = self.name.startswith("build/")
        if build and status == 0:
            self.passed += 1
        elif status == 4 and not found:
            self.skipped += 1
            self.trouble = "skipped" + skip.replace("# SKIP", ":")
        elif status not in (0, 4) and not (status == 1 and self.failed):
            self.fail(STATUS.get(status, f"exit status {status}"))
        elif not found:
            self.fail("no result")
        elif found != planned:
            self.fail(f"{planned} results were announced, {found} came")

    def fail(self, why):
        """Failed in another way than by a result of its own"""
        self.failed += 1
        self.trouble = why

    def show(self, number):
        """The block of KTAP of this job"""
        if self.lines:
            print("    KTAP version 1")
            print(f"    1..{sum(1 for line in self.lines if not line.startswith(' '))}")
            for line in self.lines:
                print("    " + line)
        if self.trouble:
            print(f"    # {self.trouble}")
        print(f"# {self.passed} passed, {self.failed} failed, {self.skipped} skipped "
              f"in {self.seconds} s, {self.cpu} s of processors")
        skip = " # SKIP" if self.skipped and not self.passed and not self.failed else ""
        print(f"{'not ok' if self.failed else 'ok'} {number} {self.name}{skip}")


def main():
    """Print all, exit 1 if anything failed or nothing ran"""
    directory = pathlib.Path(sys.argv[1])
    jobs = [Job(directory, log) for log in sorted(directory.glob("*/**/*.log"))]
    print("KTAP version 1")
    print(f"1..{len(jobs)}")
    for number, job in enumerate(jobs, 1):
        job.show(number)
    for job in jobs:
        for at, line in enumerate(job.lines):
            if line.lstrip().startswith("not ok"):
                print(f"# failed: {job.name}: {line.strip()}")
                for note in job.why[at]:
                    print(f"#     {note}")
            elif re.search(r"# *SKIP\b", line, re.I):
                print(f"# skipped: {job.name}: {line.strip()}")
        if job.trouble:
            print(f"# {'failed' if job.failed else 'skipped'}: {job.name}: {job.trouble}")
    print(f"# {sum(job.cpu for job in jobs)} s of processors")
    passed = sum(job.passed for job in jobs)
    failed = sum(job.failed for job in jobs)
    skipped = sum(job.skipped for job in jobs)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
