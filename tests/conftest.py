"""One thread for every test: the networks are tiny, and threads of several processes fight."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported


def pytest_report_header() -> str:
    """Whether the studio can be looked at in a browser: where not, its tests are skipped, and say so."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return f"studio: {found or 'no Chromium is installed, so its tests are skipped'}"
