"""What is remembered of a series between its pages: one file, shared by threads and by processes.

Chapter stages put into it what later pages are to agree with, as arrays (``stages.base.Memory``); what they
mean is the stages' business. The file is a line that names its format, and then an NPZ archive.
"""

from __future__ import annotations

import io
import json
import secrets
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from mangacolor.core.arrays import AnyArray
from mangacolor.core.atomic import held, output_errors, write_atomic
from mangacolor.core.errors import UsageError
from mangacolor.core.system.files import move_file

FAMILY: Final = b"mangacolor series "
FORMAT: Final = FAMILY + b"1\n"
# The array that holds the file's own words, as JSON.
ABOUT: Final = "about"
# Bytes of a file, packed or not: no memory comes near it, and a hostile one must not fill the machine's.
MAX_BYTES: Final = 2**26
# Seconds to wait for another process that is writing, which takes a fraction of one.
LOCK_SECONDS: Final = 30.0
OTHER_FILE: Final = "Name another file; one that does not exist is begun."

Arrays = Mapping[str, AnyArray]


@dataclass(frozen=True, slots=True)
class _Content:
    """What a file holds. ``series``: a name by chance for what was begun with it. ``network``: a hash of the
    weights whose features it holds. ``arrays``: what is remembered."""

    series: str
    network: str = ""
    arrays: Arrays = field(default_factory=dict)


class _DamagedError(Exception):
    """A file of ours that cannot be read."""


class SeriesMemory:
    """The memory of one series. Threads may share it; processes share its file.

    ``notes``: what the user should know of its file, in sentences, until somebody takes them. A damaged file
    and one of another network are put aside under another name when the memory is first written. It may be
    kept open: whatever it does, it first sees what lies at its path, and raises ``UsageError`` for a file
    that is none of ours, which stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._lock = threading.RLock()
        self._stamp: tuple[int, ...] = ()
        self._content = _Content(secrets.token_hex(8))
        self._put_aside = ""  # the suffix for what lies at ``path``, if it must not be written over

    @classmethod
    def open(cls, path: Path) -> Self:
        """The memory that lies at ``path``, or a new one. Writes nothing.

        Raises ``UsageError`` for a file that is none of ours, or of another version.
        """
        memory = cls(path)
        memory._refresh()
        return memory

    def take_notes(self) -> list[str]:
        """The notes that nobody has taken yet."""
        with self._lock:
            taken, self.notes = self.notes, []
            return taken

    @property
    def series(self) -> str:
        """A name by chance, the same as long as the file is: what was coloured by it stays as it is."""
        with self._lock:
            self._refresh()
            return self._content.series

    def of_network(self, network: str) -> NetworkMemory:
        """The memory as stages see it whose features come from weights of this hash."""
        with self._lock:
            self._refresh()
            self._leave_other_network(network)
        return NetworkMemory(self, network)

    def recall(self, network: str) -> Arrays:
        """What is remembered of what this network saw."""
        with self._lock:
            self._refresh()
            self._leave_other_network(network)
            return self._content.arrays

    def remember(self, network: str, change: Callable[[Arrays], Arrays]) -> None:
        """Put what ``change`` makes of the newest content in its place, and write the file.

        Raises ``OutputError``. Who only reads does not wait for another process that has the file.
        """
        with self._held(), self._lock:
            arrays = change(self.recall(network))
            content = _Content(self._content.series, network, arrays)
            if self._put_aside:
                with output_errors(self.path):
                    move_file(self.path, _free_name(self.path, self._put_aside))
                self._put_aside = ""
            write_atomic(self.path, _pack(content), durable=True)
            self._content, self._stamp = content, _stamp(self.path)

    def _refresh(self) -> None:
        """Take in what another process has written."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return
        try:
            content = _read(self.path) if stamp else None
        except _DamagedError as error:
            self._start_anew("damaged", f"is damaged ({error})")
        else:
            self._content, self._put_aside = content or _Content(secrets.token_hex(8)), ""
        self._stamp = stamp  # only of what is ours: a file that was refused is refused the next time, too

    def _leave_other_network(self, network: str) -> None:
        if self._content.network not in ("", network):
            self._start_anew("other-weights", "was made with another colour network")

    def _start_anew(self, suffix: str, why: str) -> None:
        self._put_aside = suffix
        self._content = _Content(secrets.token_hex(8))
        aside = _free_name(self.path, suffix).name
        self.notes.append(f"{self.path}: {why}: it is put aside as {aside}, and the series is begun anew")

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the file against other processes. The lock lies beside it, since the file is replaced."""
        busy = (
            f"another process has held it for {LOCK_SECONDS:.0f} seconds",
            "See whether a mangacolor hangs, end it, and run the same command again.",
        )
        beside = self.path.with_name(self.path.name + ".lock")
        elsewhere = "Name a file on a local disk."
        with held(beside, self.path, busy=busy, elsewhere=elsewhere, seconds=LOCK_SECONDS):
            yield


@dataclass(frozen=True, slots=True)
class NetworkMemory:
    """The engine's side of ``stages.base.Memory``: a series as one network knows it."""

    memory: SeriesMemory
    network: str

    @property
    def series(self) -> str:
        return self.memory.series

    def recall(self) -> Arrays:
        return self.memory.recall(self.network)

    def remember(self, change: Callable[[Arrays], Arrays]) -> None:
        self.memory.remember(self.network, change)


def open_series(path: str | None) -> SeriesMemory | None:
    """The memory that ``--series`` names. Raises ``UsageError`` as ``SeriesMemory.open``."""
    return SeriesMemory.open(Path(path)) if path else None


def _stamp(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; empty for none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _free_name(path: Path, suffix: str) -> Path:
    """A name beside ``path`` that nothing has."""
    names = (f"{path.name}.{suffix}{number}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(free for free in map(path.with_name, names) if not free.exists())


def _pack(content: _Content) -> bytes:
    about = json.dumps({"series": content.series, "network": content.network}).encode()
    file = io.BytesIO()
    file.write(FORMAT)
    arrays: dict[str, Any] = {ABOUT: np.frombuffer(about, np.uint8), **content.arrays}
    np.savez(file, **arrays)
    return file.getvalue()


def _read(path: Path) -> _Content | None:
    """What a file holds; None for an empty one. Raises ``UsageError``, or ``_DamagedError``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--series {path}: cannot be read: {error.strerror}", OTHER_FILE) from None
    if not data:
        return None
    if not data.startswith(FAMILY):
        raise UsageError(f"--series {path}: is no memory of a series", OTHER_FILE)
    if not data.startswith(FORMAT):
        raise UsageError(f"--series {path}: was written by another version of mangacolor", OTHER_FILE)
    try:
        return _unpack(data[len(FORMAT) :])
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        RecursionError,
        zipfile.BadZipFile,
        NotImplementedError,
    ) as error:
        raise _DamagedError(str(error) or type(error).__name__) from None


def _unpack(data: bytes) -> _Content:
    file = io.BytesIO(data)
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
            raise ValueError("it is larger than any memory")
    with np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    about = json.loads(arrays.pop(ABOUT).tobytes())
    for array in arrays.values():
        array.flags.writeable = False
    return _Content(str(about["series"]), str(about["network"]), arrays)
