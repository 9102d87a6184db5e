"""Whether this is Windows, and which signals end a command there.

Tests pretend to be on Windows by ``NAME``: ``os.name`` is pathlib's, too.
"""

from __future__ import annotations

import os
import signal

NAME = os.name


def on_windows() -> bool:
    return NAME == "nt"


def stop_signals() -> tuple[signal.Signals, ...]:
    """The signals that ask a command to end: Ctrl-C, SIGTERM, and on Windows Ctrl-Break, which is what a
    console that is closed sends, too."""
    ctrl_break = getattr(signal, "SIGBREAK", None)
    return (signal.SIGINT, signal.SIGTERM) + ((ctrl_break,) if ctrl_break is not None else ())
