#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Say which files and C functions are too long to be read in one go.

usage: size.py FILE...

More than 700 lines is too much for a file, more than 100 for a function. A
function whose comment says "long on purpose" and why may be longer.
"""
import re
import sys

FILE_LINES = 700
FUNCTION_LINES = 100


def functions(lines):
    """(first line, last line, name) of what has a body that begins in column 0"""
    start = name = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
            name = "?"
            for above in reversed(lines[max(0, number - 8):number - 1]):
                found = re.match(r"[A-Za-z_].*?\b(\w+)\(", above)
                if found:
                    name = found.group(1)
                    break
        elif line.startswith("}") and start is not None:
            yield start, number, name
            start = None


def main():
    """Check all, exit 1 if anything is too long"""
    bad = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if len(lines) > FILE_LINES:
            print(f"{path}: {len(lines)} lines")
            bad = 1
        if not path.endswith((".c", ".h")):
            continue
        for start, end, name in functions(lines):
            comment = "\n".join(lines[max(0, start - 12):start])
            if end - start > FUNCTION_LINES and "long on purpose" not in comment:
                print(f"{path}:{start}: {name}() has {end - start} lines")
                bad = 1
    return bad


sys.exit(main())
