"""Colour a chapter into an empty folder and say how long each stage took. ``make bench``.

    python benchmarks/run.py [CHAPTER] [-- OPTIONS OF mangacolor ...]

Prints pages a minute, the wall time, and for each stage its total and its share of all stage time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter


def main(arguments: list[str]) -> int:
    chapter = arguments[0] if arguments and arguments[0] != "--" else "examples/chapter"
    options = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "mangacolor", chapter, "--out", out, "--json", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    result = events[-1]
    stages: Counter[str] = Counter()
    for event in events:
        stages.update(event.get("stages", {}))
    total = sum(stages.values()) or 1.0
    speed = 60 * result["done"] / max(result["seconds"], 1e-9)
    print(f"{result['done']} pages in {result['seconds']:.1f} s: {speed:.1f} pages a minute")
    for stage, seconds in stages.most_common():
        print(f"  {stage:12}{seconds:8.2f} s {seconds / total:6.1%}")
    return int(result["status"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
