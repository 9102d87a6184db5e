"""``--then``: a program that is run after each chapter."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mangacolor.core.errors import UsageError
from mangacolor.core.option_fields import expand_home
from mangacolor.core.system.kind import on_windows
from mangacolor.core.wording import duration
from mangacolor.watcher.telling.libraries import TOKENS

# Seconds that the program may take: one that hangs must not stop the watch for good.
LONGEST: Final = 600.0
# Seconds that it gets to end by itself, once asked to.
_GRACE: Final = 5.0
# Seconds between two looks whether it has ended.
_TURN: Final = 0.05


def split_command(text: str) -> tuple[str, ...]:
    """The words of a command, quoted as for a POSIX shell; on Windows a backslash only parts folders.

    The first word is the program's path, by which Windows finds others than .exe, too. Raises ``UsageError``
    for a command that is empty, quoted wrongly or unknown, and for a batch file, whose arguments are
    commands to cmd.exe: a name in the watched folder could be one.
    """
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    if on_windows():
        lexer.escape = ""
    try:
        words = tuple(map(expand_home, lexer))
    except ValueError as error:
        raise UsageError(f"--then {text}: {error}", "Close the quotes.") from None
    program = shutil.which(words[0]) if words else None
    if program is None:
        name = words[0] if words else text
        raise UsageError(
            f"--then: there is no program {name!r}",
            "Name a program or script that can be run; it is run without a shell, "
            "so write sh -c '...' for one.",
        )
    if on_windows() and program.lower().endswith((".bat", ".cmd")):
        raise UsageError(
            f"--then: {program} is a batch file, which would take a chapter's name for commands",
            "Name a program, or a script with its own, as powershell -File NAME.ps1 or python NAME.py.",
        )
    return (program if on_windows() else words[0], *words[1:])


def run_command(words: tuple[str, ...], output: Path, is_over: Callable[[], bool]) -> str:
    """Run it with ``output`` behind its words. Returns what went wrong, or "".

    Its stdout goes to our stderr. It is ended after ``LONGEST`` seconds, or once ``is_over``, and on POSIX
    with it whatever it has begun and not sent into a session of its own: a shell's ``sleep`` outlives it.
    """
    environment = {name: value for name, value in os.environ.items() if name not in TOKENS}
    try:
        process = subprocess.Popen(
            [*words, str(output)],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            stderr=sys.stderr.fileno(),
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be run ({error.strerror})"
    deadline = time.monotonic() + LONGEST
    while process.poll() is None:
        if is_over() or time.monotonic() > deadline:
            _end(process)
            return "ended, since the watch ends" if is_over() else f"ended after {duration(LONGEST)}"
        time.sleep(_TURN)
    status = process.returncode
    if status < 0:
        return f"ended by signal {-status}"
    return f"exit status {status}" if status else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and make it."""
    if on_windows():
        process.kill()
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
