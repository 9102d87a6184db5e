"""As much of Windows and macOS as Linux can pretend, for a whole process: ``pretend("windows")``.

What those systems lack is gone (modules, functions, /proc), processes are spawned and not forked, clocks tick
as coarsely as they do there, and to open a text without saying in which encoding is an error. On Windows,
besides, a file that this process has open or mapped can be neither replaced nor removed, and there are names
that no file can have. The tests of ``tests/other_systems`` run the commands so.
"""

from __future__ import annotations

import builtins
import errno
import io
import multiprocessing
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

System = Literal["windows", "macos"]
# What no other system has, and what Windows has not either.
_LINUX: Final = ("sched_getaffinity", "sched_setaffinity", "memfd_create", "posix_fadvise", "sendfile")
_POSIX: Final = ("fork", "killpg", "getpgid", "setsid", "getuid", "geteuid", "getgid", "mkfifo", "statvfs")
_SIGNALS: Final = (
    "SIGHUP",
    "SIGUSR1",
    "SIGUSR2",
    "SIGALRM",
    "SIGPIPE",
    "pause",
    "alarm",
    "setitimer",
)
_MODULES: Final = ("resource", "pwd", "grp", "termios")  # filelock has other locks there than fcntl
# Seconds between two ticks of Windows' clock, as Python 3.11 and 3.12 read it.
_TICK: Final = 1 / 64
_BAD: Final = re.compile(r'[<>:"|?*\x00-\x1f]|[ .]$|^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$', re.IGNORECASE)


def is_windows_name(part: str) -> bool:
    """Whether Windows can hold a file of this name."""
    return _BAD.search(part) is None and len(part.encode("utf-16-le")) <= 510


class Windows:
    """What the file system of Windows refuses. ``refused``: every refusal, with where it came from."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def check_free(self, path: Path) -> None:
        """Raise ``PermissionError`` where this process has a file open, or maps it."""
        real = path.resolve()
        if real.is_file() and (str(real) in _opened() or str(real) in _mapped()):
            self._refuse(PermissionError(errno.EACCES, "another program has it open", str(path)))

    def check_name(self, path: Path) -> None:
        """Raise ``OSError`` for a name that cannot be."""
        if not all(map(is_windows_name, path.absolute().parts[1:])):
            self._refuse(OSError(errno.EINVAL, "The filename is incorrect", str(path)))

    def _refuse(self, error: OSError) -> None:
        ours = [row for row in traceback.format_stack()[:-3] if "mangacolor" in row]
        self.refused.append(f"{error}\n{''.join(ours[-5:])}")
        raise error


def _opened() -> set[str]:
    found = set()
    for opened in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(opened.readlink()))
        except OSError:  # the one that listed them
            continue
    return found


def _mapped() -> set[str]:
    with _real_open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        return {row.split(maxsplit=5)[5].rstrip("\n") for row in file if len(row.split(maxsplit=5)) == 6}


_real_open = io.open


def pretend(system: System) -> Windows:
    """From now on this process takes itself to be on ``system``. Call it before mangacolor is imported."""
    import asyncio  # what the standard library itself needs of POSIX it has to find first

    assert "mangacolor.core.system.kind" not in sys.modules and asyncio
    subprocess.run([sys.executable, "-c", ""], check=True)
    windows = Windows()
    for name in (*_LINUX, *(_POSIX if system == "windows" else ())):
        if hasattr(os, name):
            delattr(os, name)
    multiprocessing.set_start_method("spawn")
    _hide_proc()
    warnings.filterwarnings("error", category=EncodingWarning, module="mangacolor")
    if system == "macos":
        return windows
    for name in _SIGNALS:
        if hasattr(signal, name):
            delattr(signal, name)
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    from mangacolor.core.system import kind

    kind.NAME = "nt"
    _tick_coarsely()
    _guard(windows)
    return windows


def _hide_proc() -> None:
    """mangacolor finds neither /proc nor /sys; other packages and these tests do."""
    real_open, real_read = builtins.open, pathlib.Path.read_text

    def open_(
        file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, *rest: Any, **named: Any
    ) -> Any:
        ours = sys._getframe(1).f_globals.get("__name__", "").startswith("mangacolor.")
        if str(file).startswith(("/proc/", "/sys/")) and ours:
            raise FileNotFoundError(errno.ENOENT, "not on this system", str(file))
        if encoding is None and "b" not in mode:
            if ours:
                raise EncodingWarning(f"{file}: opened without saying in which encoding")
            encoding = "locale"  # others' business
        return real_open(file, mode, buffering, encoding, *rest, **named)

    def read_text(path: Path, *rest: Any, **named: Any) -> str:
        if str(path).startswith(("/proc/", "/sys/")):
            raise FileNotFoundError(errno.ENOENT, "not on this system", str(path))
        return real_read(path, *rest, **named)

    builtins.open = open_
    pathlib.Path.read_text = read_text  # type: ignore[assignment, method-assign]


def _tick_coarsely() -> None:
    def coarse(real: Callable[[], float]) -> Callable[[], float]:
        return lambda: real() // _TICK * _TICK

    time.monotonic = coarse(time.monotonic)
    time.time = coarse(time.time)


def _guard(windows: Windows) -> None:
    """Everything that makes, moves or removes a file by its path asks first."""
    real_open = io.open

    def moving(real: Callable[..., Any]) -> Callable[..., Any]:
        def move(source: Any, target: Any, **named: Any) -> Any:
            windows.check_name(Path(target))
            windows.check_free(Path(source))
            windows.check_free(Path(target))
            return real(source, target, **named)

        return move

    def removing(real: Callable[..., Any]) -> Callable[..., Any]:
        def remove(path: Any, *rest: Any, **named: Any) -> Any:
            if named.get("dir_fd") is None:
                windows.check_free(Path(path))
            return real(path, *rest, **named)

        return remove

    def making(real: Callable[..., Any]) -> Callable[..., Any]:
        def make(path: Any, *rest: Any, **named: Any) -> Any:
            windows.check_name(Path(path))
            return real(path, *rest, **named)

        return make

    def open_(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if not isinstance(file, int) and set(mode) & set("wax"):
            windows.check_name(Path(os.fsdecode(file)))
        return real_open(file, mode, *rest, **named)

    os.replace, os.rename = moving(os.replace), moving(os.rename)
    os.unlink, os.remove = removing(os.unlink), removing(os.remove)
    os.mkdir = making(os.mkdir)
    io.open = open_
