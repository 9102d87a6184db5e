"""A disk that fails at the n-th write to a folder, and from then on: full, read-only or taken away."""

from __future__ import annotations

import builtins
import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch


class FaultyDisk:
    """Counts what a run does to ``folder``: opening to write, writing, fsync, rename, mkdir, utime.

    The operation number ``good`` (from 0) and all later ones fail with ``code``. A write that fails has
    put half of its bytes on the disk. ``before`` is called once, just before the first failure.
    """

    def __init__(
        self, folder: Path, good: int, code: int = errno.ENOSPC, before: Callable[[], object] | None = None
    ) -> None:
        self.folder, self.good, self.code, self.before = folder, good, code, before
        self.done = 0
        self._lock = threading.Lock()

    @property
    def failed(self) -> bool:
        return self.done > self.good

    def step(self, path: Any) -> None:
        """One operation on ``path``. Raises ``OSError`` once the good ones are used up."""
        if isinstance(path, int) or not Path(os.fsdecode(path)).is_relative_to(self.folder):
            return
        self.count(path)

    def count(self, path: Any) -> None:
        with self._lock:
            self.done += 1
            fails, first = self.done > self.good, self.done == self.good + 1
            if first and self.before is not None:
                self.before()
        if fails and self.code:
            raise OSError(self.code, os.strerror(self.code), os.fsdecode(path))

    @contextmanager
    def attached(self) -> Iterator[FaultyDisk]:
        """Everything that writes goes through this disk."""
        real_open = io.open

        def open_(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+"):
                return real_open(file, mode, *rest, **named)
            self.step(file)
            opened = real_open(file, mode, *rest, **named)
            inside = not isinstance(file, int) and Path(os.fsdecode(file)).is_relative_to(self.folder)
            return _File(opened, self, file) if inside else opened

        def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(path: Any, *rest: Any, **named: Any) -> Any:
                self.step(path)
                return real(path, *rest, **named)

            return call

        def fsync(number: int) -> None:
            self.count(self.folder)
            real_fsync(number)

        real_fsync = os.fsync
        with (
            patch.object(io, "open", open_),
            patch.object(builtins, "open", open_),
            patch.object(os, "fsync", fsync),
            patch.object(os, "replace", guarded(os.replace)),
            patch.object(os, "mkdir", guarded(os.mkdir)),
            patch.object(os, "utime", guarded(os.utime)),
        ):
            yield self


class _File:
    def __init__(self, file: Any, disk: FaultyDisk, path: Any) -> None:
        self._file, self._disk, self._path = file, disk, path

    def write(self, data: Any) -> int:
        try:
            self._disk.count(self._path)
        except OSError:
            self._file.write(bytes(data)[: len(data) // 2])
            raise
        return int(self._file.write(data))

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
