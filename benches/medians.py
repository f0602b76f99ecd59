"""Reads `NODE SUBJECT NAME WALL CPU PEAK` lines and prints the medians as a table."""

import statistics
import sys
from collections import defaultdict

rows = defaultdict(list)
for line in sys.stdin:
    words = line.split()
    if len(words) == 6:
        rows[tuple(words[:3])].append([float(word) for word in words[3:]])
    else:
        print(line, end="", file=sys.stderr)
print(f"{'node':8} {'subject':9} {'measurement':14} {'n':>2} {'wall s':>8} {'CPU s':>7} {'peak MiB':>9}")
for (node, subject, name), values in rows.items():
    wall, cpu, peak = (statistics.median(column) for column in zip(*values))
    print(f"{node:8} {subject:9} {name:14} {len(values):2} {wall:8.2f} {cpu:7.2f} {peak:9.1f}")
