"""A file of JSON objects, one a line, that is only ever appended to."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

from mangacolor.core.atomic import output_error
from mangacolor.core.system.files import read_file

Line = dict[str, Any]


class Journal:
    """Safe to append to from several threads, and to read after a run that was killed while it wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, *lines: Line) -> None:
        """Add lines and force them to the disk. Raises ``OutputError``."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        with self._lock:
            try:
                # A torn last line must not swallow this one: start on a fresh line.
                torn = self._path.exists() and not _ends_with_newline(self._path)
                with self._path.open("ab") as file:
                    file.write((("\n" if torn else "") + text).encode())
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise output_error(self._path, error) from error


def read_journal(path: Path) -> list[Line]:
    """The lines of a journal; none if it does not exist. Raises ``OutputError`` where it cannot be read."""
    try:
        text = read_file(path).decode(errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise output_error(path, error) from error
    lines = []
    for row in text.split("\n"):  # not splitlines: JSON leaves U+2028 and its like in names as they are
        # The last line of a run that was killed while it wrote, or what is nested without measure.
        with contextlib.suppress(ValueError, RecursionError):
            line = json.loads(row)
            lines += [line] if isinstance(line, dict) else []
    return lines


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
