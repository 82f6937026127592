#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make the table and the JSON file of "make bench" from what was measured.

usage: report.py DIRECTORY FILE

DIRECTORY has one subdirectory for each machine, with a raw.jsonl in it; of
several runs of the same measurement the median counts. FILE gets a list of
objects with machine, path, workload, engine, algorithm, value, unit,
ratio_to_xfrm (the same algorithm) and ratio_to_wireguard; of IKE daemons
ratio_to_charon.
"""
import json
import pathlib
import statistics
import sys

ENGINES = ["bare", "plain", "xfrm", "wireguard", "nfsec", "charon", "secike"]
WORKLOADS = {
    "tcp": "one TCP stream",
    "udp64": "UDP, 64 octets",
    "udp1400": "UDP, 1400 octets",
    "handshakes": "IKEv2 handshakes in CPU time of both ends",
    "memory": "memory of one end for an IKE SA with a child",
}
COLUMNS = [("x XFRM", "ratio_to_xfrm"), ("x WireGuard", "ratio_to_wireguard")]
DAEMON_COLUMNS = [("x charon", "ratio_to_charon")]
LABELS = {"bare": "plain, no nfsec.ko"}


def read(directory):
    """Medians of all raw.jsonl, as {(machine, path, workload, engine, algorithm): ...}"""
    runs = {}
    for file in sorted(pathlib.Path(directory).glob("*/raw.jsonl")):
        for line in file.read_text().splitlines():
            row = json.loads(line)
            key = (file.parent.name, row["path"], row["workload"], row["engine"],
                   row["algorithm"])
            runs.setdefault(key, []).append(row)
    return {key: (statistics.median(r["value"] for r in rows), rows[0]["unit"])
            for key, rows in runs.items()}


def ratio(value, base):
    """value / base for the result file, None if there is no base"""
    return round(value / base[0], 3) if base and base[0] else None


def results(values):
    """The list of objects, in the order of the table"""
    rows = []
    for key, (value, unit) in values.items():
        machine, path, workload, engine, algorithm = key
        xfrm = wireguard = None
        if engine in ("nfsec", "xfrm", "wireguard"):
            xfrm = values.get((machine, path, workload, "xfrm", algorithm))
            wireguard = values.get((machine, path, workload, "wireguard", "chacha"))
        row = {
            "machine": machine, "path": path, "workload": workload,
            "engine": engine, "algorithm": algorithm, "value": value, "unit": unit,
        }
        if path == "daemons":
            charon = values.get((machine, path, workload, "charon", algorithm))
            row["ratio_to_charon"] = ratio(value, charon)
        else:
            row["ratio_to_xfrm"] = ratio(value, xfrm)
            row["ratio_to_wireguard"] = ratio(value, wireguard)
        rows.append(row)
    rows.sort(key=lambda r: (r["machine"], r["path"], list(WORKLOADS).index(r["workload"]),
                             r["algorithm"], ENGINES.index(r["engine"])))
    return rows


def table(rows):
    """Print the rows, a block for each machine, path and workload"""
    block = columns = None
    for row in rows:
        head = (row["machine"], row["path"], row["workload"])
        if head != block:
            block = head
            unit = row["unit"]
            if row["machine"].startswith("vm"):
                unit = unit.replace("/s", " per 10^9 instructions")
            print(f"\n{row['machine']}, {row['path']}, {WORKLOADS[row['workload']]}, {unit}")
            columns = DAEMON_COLUMNS if row["path"] == "daemons" else COLUMNS
            print(f"  {'':26}{'':>10}" + "".join(f"{title:>13}" for title, _ in columns))
        label = LABELS.get(row["engine"], row["engine"])
        name = f"{label} {row['algorithm']}".strip()
        ratios = [f"{row[key]:.2f}" if row[key] is not None else "" for _, key in columns]
        print(f"  {name:26}{row['value']:>10.0f}" + "".join(f"{r:>13}" for r in ratios))


def main():
    """Read, print, write"""
    directory, output = sys.argv[1:]
    rows = results(read(directory))
    if not rows:
        sys.exit("report: nothing was measured")
    table(rows)
    pathlib.Path(output).write_text(json.dumps(rows, indent=1) + "\n")


main()
