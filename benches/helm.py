"""Measures `eggtooth helm template` beside helm itself, on the charts that users know.

Usage: benches/helm.py EGGTOOTH HELM CHARTS [ROUNDS]     (default 5; the runs of both take turns)

Prints medians: wall seconds, CPU seconds and peak memory in MiB. Fails where eggtooth is not 2.5 times as fast, needs more than
half the memory, or prints something else.
"""

import glob
import os
import statistics
import subprocess
import sys
import tempfile
import time

CHARTS = ["external-secrets", "argo-cd", "kube-prometheus-stack"]
FASTER, SMALLER = 2.5, 0.5
# Their certificates are made anew each time.
RANDOM = {"kube-prometheus-stack", "argo-cd"}


def measure(command):
    """The child's own accounting: wall and CPU seconds, peak memory in MiB; and what it printed."""
    with tempfile.TemporaryFile() as output:
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=output, env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        if status != 0:
            sys.exit(f"{command} failed with {os.waitstatus_to_exitcode(status)}")
        output.seek(0)
        return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output.read()


def main(eggtooth, helm, charts, rounds="5"):
    tools = {"eggtooth": [eggtooth, "helm"], "helm": [helm]}
    wrong = []
    for chart in CHARTS:
        (archive,) = glob.glob(os.path.join(charts, f"{chart}-[0-9]*.tgz"))
        results, texts = {name: [] for name in tools}, {}
        for _ in range(int(rounds)):
            for name, command in tools.items():
                figures, texts[name] = measure([*command, "template", "egg", archive])
                results[name].append(figures)
        medians = {}
        for name, figures in results.items():
            medians[name] = [statistics.median(column) for column in zip(*figures)]
            wall, cpu, memory = medians[name]
            print(f"template {chart} {name:8} {wall:7.3f} s wall {cpu:7.3f} s CPU {memory:7.1f} MiB", flush=True)
        (wall, cpu, memory), (their_wall, their_cpu, their_memory) = medians["eggtooth"], medians["helm"]
        print(f"template {chart} {their_wall / wall:.1f} times as fast, {memory / their_memory:.2f} of the memory")
        if their_wall < FASTER * wall or memory > SMALLER * their_memory:
            wrong.append(f"{chart}: not {FASTER} times as fast with {SMALLER} of the memory")
        if chart not in RANDOM and texts["eggtooth"] != texts["helm"]:
            wrong.append(f"{chart}: the tools do not print the same")
    if wrong:
        sys.exit("\n".join(wrong))


main(*sys.argv[1:])
