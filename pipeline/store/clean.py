"""``mangacolor clean``: give back the disk space of a state folder."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.atomic import output_error, output_errors
from mangacolor.core.system.files import remove_file
from mangacolor.core.system.moves import finish_moves
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.layout import WRITTEN, State
from mangacolor.stages.registry import guest_graph

# Pages that ``inspect``, ``--report`` and ``palette`` write: the same command writes them again.
SHEETS = ("inspect*.html", "report.html", "palette.html", "chapters/**/palette.html")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed, and the bytes that stay.

    ``lost``: how many of the removed ``files`` were such that runs had moved aside, and are nowhere else.
    ``colours``: what stages that look at a whole chapter need of each page, and what they gave to it.
    ``finished``: pages of archives. ``aside``: files that runs have moved aside. ``edits``: corrections by
    the user.
    """

    files: int
    bytes: int
    lost: int = 0
    colours: int = 0
    finished: int = 0
    aside: int = 0
    edits: int = 0

    @property
    def kept(self) -> int:
        return self.colours + self.finished + self.aside + self.edits


def clean(out: Path, everything: bool = False) -> Cleaned:
    """Remove what lies below ``OUT/.mangacolor`` and can be made again without a network.

    Finished pages and archives stay, and so does what a later run needs to find them up to date, to take over
    an edited palette or to put one changed page right without colouring all of them again: the manifest, the
    pictures (not the previews) of stages that a chapter stage looks at, and the finished pages of archives.
    So do files that runs have moved aside to ``removed``, since nothing makes them again. With ``everything``
    the whole state folder goes, these files too, and a later run takes OUT's files for the user's own.
    Corrections in ``edits`` are the user's work and always stay.

    Raises ``OutputError`` if a run is writing there and, with ``everything``, if a watch is: it takes an OUT
    without its lock file for one that was taken away.
    """
    state = State(out)
    needed = {need for stage in guest_graph().chapter_stages for need in stage.needs}
    if everything:
        state.check_unwatched()
    with state.locked():
        with output_errors(state.moving):
            finish_moves(state.moving)
        files = [file for file in state.folder.rglob("*") if file.is_file() and file.name != "lock"]
        goes = set(_removable(state, files, needed, everything))
        cleaned = _count(state, files, goes)
        try:
            for file in goes:
                remove_file(file)
            _remove_empty_folders(state.folder)
        except OSError as error:
            raise output_error(state.folder, error) from error
    if everything:
        remove_file(state.folder / "lock")
        _remove_empty_folders(state.folder)
    return cleaned


def _removable(
    state: State, files: Sequence[Path], needed: Collection[str], everything: bool
) -> Iterator[Path]:
    pages, sheets = state.folder / "pages", {file for name in SHEETS for file in state.folder.glob(name)}
    kept: dict[Path, set[str]] = {}
    for file in files:
        if state.edits in file.parents:
            continue
        if everything or file in sheets or state.scratch in file.parents:
            yield file
        elif pages in file.parents:
            folder = file.parent
            if folder not in kept:
                kept[folder] = {name for stage in needed for name in PageCache(folder).files(stage)}
            if file.name not in kept[folder] and file.name != WRITTEN:
                yield file


def _count(state: State, files: Sequence[Path], goes: Collection[Path]) -> Cleaned:
    sizes: Counter[str] = Counter()
    places = {"edits": state.edits, "finished": state.finished, "aside": state.removed}
    for file in files:
        kind = next((kind for kind, folder in places.items() if folder in file.parents), "colours")
        sizes["bytes" if file in goes else kind] += file.stat().st_size
    lost = sum(state.removed in file.parents for file in goes)
    return Cleaned(files=len(goes), lost=lost, **{"bytes": 0, **sizes})


def _remove_empty_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):  # not empty
            Path(folder).rmdir()
