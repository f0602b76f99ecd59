"""Measures `eggtooth sops` beside sops itself: decrypting and encrypting YAML of 10, 1,000 and 10,000 values.

Usage: benches/sops.py EGGTOOTH SOPS [ROUNDS]     (default 5; the runs of both take turns)

Prints medians: wall seconds and peak memory in MiB. Both get the same files; what one encrypted, both decrypt.
"""

import os
import pathlib
import re
import subprocess
import statistics
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
        import resource

        with open(output, "wb") as out:
            begun = time.monotonic()
            process = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, env=environment)
            wall = time.monotonic() - begun
        if process.returncode != 0:
            sys.stderr.write(f"{command}: {process.stderr.decode()}")
            os._exit(1)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        os.write(write, f"{wall} {peak}".encode())
        os._exit(0)
    os.close(write)
    text = b"".join(iter(lambda: os.read(read, 100), b"")).decode()
    os.close(read)
    if os.wait()[1] != 0:
        sys.exit(1)
    wall, peak = text.split()
    return float(wall), float(peak)


def main(eggtooth, sops, rounds=5):
    key_file = pathlib.Path(__file__).parent.parent / "tests/fixtures/keys/production.agekey"
    key = key_file.read_text()
    public = re.search(r"age1[0-9a-z]+", key).group()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"HOME": folder, "SOPS_AGE_KEY": re.search(KEYGEN, key).group(), "PATH": "/usr/bin:/bin"}
        for size in SIZES:
            plain, sealed = (os.path.join(folder, f"{name}.yaml") for name in ("plain", "sealed"))
            pathlib.Path(plain).write_text(document(size))
            measure([sops, "encrypt", "--age", public, plain], environment, sealed)
            for verb, arguments in [("decrypt", [sealed]), ("encrypt", ["--age", public, plain])]:
                runs = {"sops": [], "eggtooth": []}
                for _ in range(int(rounds)):
                    for name, command in [("sops", [sops]), ("eggtooth", [eggtooth, "sops"])]:
                        out = os.path.join(folder, name)
                        runs[name].append(measure([*command, verb, *arguments], environment, out))
                medians = {name: [statistics.median(column) for column in zip(*values)] for name, values in runs.items()}
                (theirs, their_peak), (ours, our_peak) = medians["sops"], medians["eggtooth"]
                print(
                    f"{verb} {size:6}: sops {theirs:.3f} s {their_peak:.0f} MiB, eggtooth {ours:.3f} s {our_peak:.0f} MiB,"
                    f" {theirs / ours:.1f} times as fast"
                )


main(*sys.argv[1:])
