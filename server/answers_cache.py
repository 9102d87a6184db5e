"""Answers that were given, on the disk: the same page asked for again costs a read."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path

from mangacolor.core.atomic import output_errors, write_atomic
from mangacolor.core.system.files import remove_file
from mangacolor.server.pages import Answer


class AnswersCache:
    """Files by key in ``folder``, at most ``most`` bytes of them: what was used least recently goes first.

    A file is a line of JSON and the picture. Threads may share it; a process has it alone.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._changing = threading.Lock()
        self._bytes = sum(status.st_size for _, status in self._files())

    def load(self, key: str) -> Answer | None:
        """The answer of this key; None where there is none, or its file is not whole."""
        path = self._path(key)
        try:
            head, _, data = path.read_bytes().partition(b"\n")
            told = json.loads(head)
            answer = Answer(data, told["media_type"], told["left"])
            if told["size"] != len(data):
                return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with contextlib.suppress(OSError):  # on a disk that is read-only by now it is as good
            path.touch()
        return answer

    def save(self, key: str, answer: Answer) -> None:
        """Keep an answer. Raises ``OutputError`` where the disk does not take it."""
        head = {"media_type": answer.media_type, "left": answer.left, "size": len(answer.data)}
        content = json.dumps(head).encode() + b"\n" + answer.data
        path = self._path(key)
        with self._changing, output_errors(path):
            before = path.stat().st_size if path.exists() else 0
            write_atomic(path, content)
            self._bytes += len(content) - before
            if self._bytes > self._most:
                self._shrink(path)

    def _shrink(self, newest: Path) -> None:
        """Remove a tenth more than has to go, so that this is not done for every page.

        What lies there is counted anew: somebody else may have removed files, too.
        """
        by_use = sorted(self._files(), key=lambda found: found[1].st_mtime_ns)
        self._bytes = sum(status.st_size for _, status in by_use)
        for path, status in by_use:
            if self._bytes <= 0.9 * self._most or path == newest:
                return
            with contextlib.suppress(OSError):
                remove_file(path)
                self._bytes -= status.st_size

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """The answers that are there, with their sizes and times."""
        found = []
        for path in self._folder.glob("*/*.answer"):
            with contextlib.suppress(FileNotFoundError):  # removed since its name was read
                found.append((path, path.stat()))
        return found

    def _path(self, key: str) -> Path:
        """``key`` is a hash in hexadecimal digits: no name from outside becomes a path."""
        return self._folder / key[:2] / f"{key}.answer"
