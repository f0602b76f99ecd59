"""Measures `eggtooth sops` beside sops itself: decrypting and encrypting YAML of 10, 1,000 and 10,000 values.

Usage: benches/sops.py EGGTOOTH SOPS [ROUNDS]     (default 5; the runs of both take turns)

Prints medians: wall seconds, CPU seconds and peak memory in MiB. Both get the same files, and what each encrypted, the other
decrypts. Fails where eggtooth is not faster with less memory, or not three times as fast with 10,000 values.
"""

import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SIZES = [10, 1_000, 10_000]
KEYGEN = "AGE-SECRET-KEY-1[0-9A-Z]+"


def document(count):
    lines = []
    for index in range(count):
        if index % 10 == 0:
            lines.append(f"group{index // 10}: # group {index // 10}")
        kind = index % 4
        value = [f"value-{index:08d}-abcdefghijklmnopqrstuvwxyz", str(index), "true", f'"text with: marks {index}"'][kind]
        lines.append(f"  key{index}: {value}")
    return "\n".join(lines) + "\n"


def measure(command, environment, output):
    """A process of its own for each run, so that its child's accounting is its own."""
    read, write = os.pipe()
    if os.fork() == 0:
        with open(output, "wb") as out:
            begun = time.monotonic()
            process = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, env=environment)
            wall = time.monotonic() - begun
        if process.returncode != 0:
            sys.stderr.write(f"{command}: {process.stderr.decode()}")
            os._exit(1)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(write, f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}".encode())
        os._exit(0)
    os.close(write)
    text = b"".join(iter(lambda: os.read(read, 100), b"")).decode()
    os.close(read)
    if os.wait()[1] != 0:
        sys.exit(1)
    return [float(word) for word in text.split()]


def compare(verb, size, tools, arguments, environment, folder, rounds):
    """Runs both in turns, prints their medians, and returns what is not as it must be."""
    runs = {name: [] for name in tools}
    for _ in range(rounds):
        for name, command in tools.items():
            runs[name].append(measure([*command, verb, *arguments], environment, os.path.join(folder, f"{verb}-{name}.yaml")))
    medians = {name: [statistics.median(column) for column in zip(*values)] for name, values in runs.items()}
    for name, (wall, cpu, peak) in medians.items():
        print(f"{verb:8} {size:6} {name:9} {wall:8.3f} {cpu:8.3f} {peak:9.1f}")
    theirs, ours = medians["sops"], medians["eggtooth"]
    times = theirs[0] / ours[0]
    print(f"{verb:8} {size:6} {times:.1f} times as fast", flush=True)
    least = 3 if size == SIZES[-1] else 1
    wrong = [] if times >= least else [f"{verb} {size}: {times:.1f} times as fast, not {least}"]
    return wrong + ([] if ours[2] < theirs[2] else [f"{verb} {size}: more memory"])


def main(eggtooth, sops, rounds=5):
    key = (pathlib.Path(__file__).parent.parent / "tests/fixtures/keys/production.agekey").read_text()
    public = re.search(r"age1[0-9a-z]+", key).group()
    tools = {"sops": [sops], "eggtooth": [eggtooth, "sops"]}
    wrong = []
    print(f"{'verb':8} {'values':>6} {'tool':9} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"HOME": folder, "SOPS_AGE_KEY": re.search(KEYGEN, key).group(), "PATH": "/usr/bin:/bin"}
        for size in SIZES:
            plain = os.path.join(folder, "plain.yaml")
            pathlib.Path(plain).write_text(document(size))
            wrong += compare("encrypt", size, tools, ["--age", public, plain], environment, folder, int(rounds))
            sealed = {name: os.path.join(folder, f"encrypt-{name}.yaml") for name in tools}
            wrong += compare("decrypt", size, tools, [sealed["sops"]], environment, folder, int(rounds))
            texts = []
            for reader, command in tools.items():
                for path in sealed.values():
                    out = os.path.join(folder, "read")
                    measure([*command, "decrypt", "--output-type", "json", path], environment, out)
                    texts.append(pathlib.Path(out).read_bytes())
            if any(text != texts[0] for text in texts):
                wrong.append(f"{size}: the tools do not read the same")
    if wrong:
        sys.exit("\n".join(wrong))


main(*sys.argv[1:])
