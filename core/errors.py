"""The error tree. Every error says what happened and what to do about it.

    MangacolorError
    ├── UsageError      the command line or a call is wrong            exit status 2
    ├── InputError      the input is missing, empty or unreadable      exit status 3
    ├── SetupError      weights, a device or a back end is unusable    exit status 3
    │   └── DeviceError a graphics card that computed, or was to, fails
    ├── OutputError     the output is locked, full or not writable     exit status 3
    │   └── DiskFullError
    ├── PageError       one page cannot be done; the others go on      counted, 1 or 3
    └── Cancelled       the run was asked to stop                      exit status 130 or 143

The exit status is mapped in one place, ``cli.py``, from ``error.status``.
"""

from __future__ import annotations

from enum import IntEnum

from mangacolor.core.wording import printable_lines, without_halves


def _plain(text: str) -> str:
    """What a terminal and JSON take: a path that is no UTF-8 holds lone surrogates, and names of files may
    hold what a terminal obeys."""
    return printable_lines(without_halves(text))


class ExitStatus(IntEnum):
    """What every command ends with; a contract with scripts."""

    DONE = 0  # every page
    SOME_FAILED = 1  # at least one page is done, and at least one is not
    WRONG_USE = 2  # of the command line
    NOTHING_DONE = 3
    INTERRUPTED = 130  # by SIGINT: 128 and the signal's number
    UNREAD = 141  # whoever read the output has gone (SIGPIPE)
    TERMINATED = 143  # by SIGTERM


class MangacolorError(Exception):
    """Base of every error that mangacolor raises on purpose.

    ``message`` names what went wrong and where, ``remedy`` what the user can do about it.
    """

    status: int = ExitStatus.NOTHING_DONE

    def __init__(self, message: str, remedy: str = "") -> None:
        message, remedy = _plain(message), _plain(remedy)
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[MangacolorError], tuple[str, str]]:
        # Exceptions with two arguments need help to survive a process boundary.
        return type(self), (self.message, self.remedy)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class UsageError(MangacolorError):
    """The command line, or the call of a Python function, is wrong."""

    status: int = ExitStatus.WRONG_USE


class InputError(MangacolorError):
    """The input does not exist, holds no page, or cannot be opened."""


class SetupError(MangacolorError):
    """Something the run needs (weights, device, back end) is missing or unusable."""


class DeviceError(SetupError):
    """A graphics card fails at work. A run that was left the choice of device goes on with another.

    ``device``: which it was, as cuda:0; empty where nobody knows.
    """

    device: str = ""


class OutputError(MangacolorError):
    """The output folder is locked, full, or cannot be written."""


class DiskFullError(OutputError):
    """The disk, or the user's share of it, is full. Room that is made there is all it needs."""


class PageError(MangacolorError):
    """One page cannot be done. The engine reports it and goes on with the others."""

    status: int = ExitStatus.SOME_FAILED


class Cancelled(MangacolorError):  # noqa: N818 - a stop that was asked for is no error
    """The run was asked to stop between two pieces of work."""

    status: int = ExitStatus.INTERRUPTED


def in_one_line(error: Exception) -> str:
    """What an error says, for a list: of ours the message and the remedy."""
    if not isinstance(error, MangacolorError):
        return _joined(str(error))
    message = _joined(error.message)
    return f"{message.removesuffix('.')}. {_joined(error.remedy)}" if error.remedy else message


def _joined(text: str) -> str:
    return " ".join(text.splitlines())
