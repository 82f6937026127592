#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print rows of values so that any two values of different axes meet in one of them.

usage: pairs.py [-n AXIS=VALUE,AXIS=VALUE]... AXIS=VALUE[,VALUE...]...

A row is a line with a value for each axis, in the order of the axes. -n: two values
that cannot meet. The rows depend on nothing but the arguments.
"""
import itertools
import random
import sys


def arguments(words):
    """(axes, their values, pairs that cannot meet)"""
    axes, never = {}, set()
    words = iter(words)
    for word in words:
        if word == "-n":
            one, other = (tuple(w.split("=")) for w in next(words).split(","))
            never |= {(one, other), (other, one)}
        else:
            axis, values = word.split("=")
            axes[axis] = values.split(",")
    for axis, value in itertools.chain.from_iterable(never):
        if value not in axes.get(axis, ()):
            sys.exit(f"pairs.py: no such value: {axis}={value}")
    return axes, never


def fits(row, axis, value, never):
    """Whether the value can be with those of the row"""
    return not any(((axis, value), item) in never for item in row.items())


def complete(row, axes, missing, never, rng):
    """Fill the row in, with as much as possible of what is missing; None if it cannot be"""
    for axis in rng.sample(list(axes), len(axes)):
        if axis in row:
            continue
        values = [v for v in axes[axis] if fits(row, axis, v, never)]
        if not values:
            return None
        rng.shuffle(values)
        row[axis] = max(values, key=lambda v: sum(
            frozenset(((axis, v), item)) in missing for item in row.items()))
    return row


def pairs_of(row):
    """All pairs of values in a row"""
    return {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}


def main():
    """Rows until no pair is missing"""
    axes, never = arguments(sys.argv[1:])
    rng = random.Random(1)
    missing = {frozenset(((a, v), (b, w)))
               for a, b in itertools.combinations(axes, 2)
               for v in axes[a] for w in axes[b] if ((a, v), (b, w)) not in never}
    while missing:
        start = sorted(map(sorted, missing))
        rows = []
        for _ in range(40):
            row = complete(dict(rng.choice(start)), axes, missing, never, rng)
            if row:
                rows.append(row)
        if not rows:
            sys.exit(f"pairs.py: {start[0]} cannot meet")
        best = max(rows, key=lambda r: len(pairs_of(r) & missing))
        missing -= pairs_of(best)
        print(*(best[axis] for axis in axes))


main()
