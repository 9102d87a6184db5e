"""The series that pages belong to: a folder each, by title."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import OutputError, SetupError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.system.files import remove_file
from mangacolor.pipeline.series import Arrays, SeriesMemory
from mangacolor.server.limits import OPEN_SERIES, SERIES, TITLE_CHARACTERS

PALETTE: Final = "palette.json"
WEIGHTS: Final = "series.safetensors"
MEMORY: Final = "memory.series"
TITLE: Final = "title.txt"  # so that a person who opens the folder sees whose it is
# Characters of a title that its folder's name shows; a file system takes 255 bytes, and a letter may be four.
_SHOWN: Final = 48
# Hexadecimal digits that keep titles apart whose letters are the same.
_MARK: Final = 8


@dataclass(frozen=True, slots=True)
class Series:
    """Where a series' things lie. The folder need not be there."""

    title: str
    folder: Path

    def options(self, options: Options) -> Options:
        """The options of its pages: with its own palette and network, where the user has put them there."""
        palette, weights = self.folder / PALETTE, self.folder / WEIGHTS
        if palette.is_file():
            options = replace(options, palette=str(palette))
        if weights.is_file():
            options = replace(options, weights=str(weights))
        return options

    @property
    def memory(self) -> Path:
        """The file of what is remembered of its pages."""
        return self.folder / MEMORY


class _ForgivingMemory(SeriesMemory):
    """One that need not be written: where the disk does not take a page, its reader gets it all the same."""

    def remember(self, network: str, change: Callable[[Arrays], Arrays]) -> None:
        try:
            super().remember(network, change)
        except OutputError as error:
            self.notes.append(f"{error.message}: a page is not remembered")


class SeriesShelf:
    """All series under ``folder``, at most ``most`` of them. Threads may share it.

    The memories used last stay open: one is read again only when somebody else has written its file.
    """

    def __init__(self, folder: Path, most: int = SERIES) -> None:
        self.folder = folder
        self._most = most
        self._changing = threading.Lock()
        self._opening = threading.Lock()
        self._memories: OrderedDict[Path, SeriesMemory] = OrderedDict()

    def find(self, title: str) -> Series | None:
        """The series of a title, cleaned by ``clean_title``; None for none."""
        return Series(title, self.folder / folder_name(title)) if title else None

    def _open(self, series: Series) -> bool:
        """Make its folder; False where there are as many as may be and all hold something of the user's."""
        with self._changing:
            if series.folder.is_dir():
                os.utime(series.folder)
                return True
            if not self._make_room():
                return False
            series.folder.mkdir(parents=True)
            (series.folder / TITLE).write_text(series.title + "\n", encoding="utf-8", newline="\n")
            return True

    def memory_of(self, series: Series) -> SeriesMemory | None:
        """What is remembered of its pages; None where there is no room for another series.

        What the disk does not take is a note of the memory's. Raises ``SetupError`` for a file that is no
        memory, ``OutputError`` where there can be no folder.
        """
        with output_errors(series.folder):
            if not self._open(series):
                return None
        memory, _ = self._read(series.memory)
        return memory

    def begun(self, series: Series) -> str:
        """What tells its memory from another that is begun anew; "" where there is none yet.

        Raises ``SetupError`` for a file that is no memory.
        """
        if not series.memory.exists():
            return ""
        _, name = self._read(series.memory)
        return name

    def _read(self, path: Path) -> tuple[SeriesMemory, str]:
        """The memory of a file as it is now, and what tells it from others."""
        try:
            with self._opening:
                memory = self._memories.pop(path, None) or _ForgivingMemory.open(path)
                self._memories[path] = memory
                while len(self._memories) > OPEN_SERIES:
                    self._memories.popitem(last=False)
            return memory, memory.series
        except UsageError as error:
            raise SetupError(
                error.message.removeprefix("--series "), "Delete it: the series is then begun anew."
            ) from error

    def _make_room(self) -> bool:
        """Forget the series that was read least recently, if there has to be room for another."""
        if not self.folder.is_dir():
            return True
        folders = [path for path in self.folder.iterdir() if path.is_dir()]
        if len(folders) < self._most:
            return True
        forgettable = [path for path in folders if not _holds_the_users(path)]
        if not forgettable:
            return False
        oldest = min(forgettable, key=lambda path: path.stat().st_mtime_ns)
        for file in oldest.iterdir():
            remove_file(file)
        oldest.rmdir()
        return True


def _holds_the_users(folder: Path) -> bool:
    """Whether something lies in a series' folder that the server has not put there."""
    return any(
        path.is_dir() or not (path.name == TITLE or path.name.startswith(MEMORY)) for path in folder.iterdir()
    )


def clean_title(title: str) -> str:
    """A title as everybody writes it: NFC, single spaces, no control characters, no longer than sensible."""
    text = unicodedata.normalize("NFC", title)
    text = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(text.split())[:TITLE_CHARACTERS].strip()


def folder_name(title: str) -> str:
    """``One Piece`` → ``one-piece-1a2b3c4d``: letters and digits only, never empty, one for each title.

    Titles that differ in case alone are one.
    """
    same = unicodedata.normalize("NFKC", title).casefold()
    shown = re.sub(r"[\W_]+", "-", same)[:_SHOWN].strip("-")
    mark = hashlib.sha256(same.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    return f"{shown}-{mark}" if shown else mark
