"""Measures `eggtooth helm upgrade` beside helm itself, where nothing changes, on a cluster that the environment's KUBECONFIG names.

Usage: benches/upgrade.py EGGTOOTH HELM CHARTS [ROUNDS]     (default 5; the runs of both take turns)

Prints medians: wall seconds, CPU seconds and peak memory in MiB. Fails where eggtooth needs more than a third of helm's CPU.
"""

import glob
import os
import statistics
import subprocess
import sys
import time

CHART = "external-secrets"
LESS = 3.0


def measure(command):
    """The child's own accounting: wall and CPU seconds, peak memory in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    if status != 0:
        sys.exit(f"{command} failed with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(eggtooth, helm, charts, rounds="5"):
    tools = {"eggtooth": [eggtooth, "helm"], "helm": [helm]}
    (archive,) = glob.glob(os.path.join(charts, f"{CHART}-[0-9]*.tgz"))
    # Each has a release of its own, made by itself: the chart's definitions can be of one release only.
    medians = {}
    where = ["egg", archive, "--namespace=nest", "--create-namespace"]
    for name, command in tools.items():
        measure([*command, "install", *where])
        results = {each: [] for each in tools}
        # Whatever the first upgrade has to settle is not counted.
        for each in tools:
            measure([*tools[each], "upgrade", *where[:3]])
        for _ in range(int(rounds)):
            for each in tools:
                results[each].append(measure([*tools[each], "upgrade", *where[:3]]))
        measure([*command, "uninstall", "egg", "--namespace=nest", "--wait"])
        for each, figures in results.items():
            medians[name, each] = [statistics.median(column) for column in zip(*figures)]
            wall, cpu, memory = medians[name, each]
            print(
                f"upgrade {CHART}, installed by {name:8}: {each:8} {wall:7.3f} s wall {cpu:7.3f} s CPU {memory:7.1f} MiB",
                flush=True,
            )
    wrong = []
    for name in tools:
        ours, theirs = medians[name, "eggtooth"][1], medians[name, "helm"][1]
        print(f"upgrade {CHART}, installed by {name}: {theirs / ours:.1f} times less CPU")
        if theirs < LESS * ours:
            wrong.append(f"installed by {name}: not {LESS} times less CPU")
    if wrong:
        sys.exit("\n".join(wrong))


main(*sys.argv[1:])
