"""Runs one subject on a fresh cluster and prints a line a measurement: NAME WALL-SECONDS CPU-SECONDS PEAK-MIB."""

import os
import resource
import subprocess
import sys
import time

EGGTOOTH = [os.environ["EGGTOOTH"], "--project", os.environ["PROJECT"], "--charts", os.environ["CHARTS"]]
SUBJECTS = {
    "eggtooth": {
        "from-empty": [*EGGTOOTH, "up", "production", "--yes"],
        "no-op-up": [*EGGTOOTH, "up", "production", "--yes"],
        "no-op-preview": [*EGGTOOTH, "preview", "production"],
        "start": [*EGGTOOTH, "--version"],
    },
    "script": {
        "from-empty": ["benches/script.sh", os.environ["PROJECT"], os.environ["CHARTS"]],
        "no-op-up": ["benches/script.sh", os.environ["PROJECT"], os.environ["CHARTS"]],
    },
}


def measure(name, command):
    """A child's own accounting: the time of the whole, and the CPU and peak memory of it and its children."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=os.environ["PROJECT"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = process.communicate()
    wall = time.monotonic() - begun
    if process.returncode != 0:
        sys.exit(f"{command} failed with {process.returncode}:\n{output.decode()}")
    return name, wall


def main(subject):
    for name, command in SUBJECTS[subject].items():
        # A process of its own for each, so that its children's accounting is its own.
        child = os.fork()
        if child == 0:
            _, wall = measure(name, command)
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = usage.ru_utime + usage.ru_stime
            print(f"{name} {wall:.3f} {cpu:.3f} {usage.ru_maxrss / 1024:.1f}", flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            sys.exit(1)


main(sys.argv[1])
