"""HEALTHCHECK of the image: whether the server says that it is well; another command is while it runs."""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

# Seconds; the server says how it is without any work.
TIMEOUT = 4


def is_serving(processes: Path = Path("/proc")) -> bool:
    """Whether a process of this container is the server."""
    for file in processes.glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if b"serve" in words and any(word.endswith(b"mangacolor") for word in words):
            return True
    return False


def answers(port: str) -> bool:
    """Whether the server says that it is well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    well = not is_serving() or answers(os.environ.get("MANGACOLOR_PORT", "7860"))
    sys.exit(0 if well else 1)
