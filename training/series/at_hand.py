"""The coloured pages that a run finds by itself: among those it is to colour, and beside them.

Beside a chapter lies what library programs keep there: pictures whose names begin with ``cover``, ``poster``,
``folder``, ``front``, ``colour`` or ``color``, and folders of pictures so named. Nothing else is looked at,
since the folder around a chapter may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import MangacolorError
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.names import natural_key
from mangacolor.formats.sniff import IMAGE_SUFFIXES
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.keys import sha256
from mangacolor.training.display import Tell
from mangacolor.training.series.lessons import ColouredPage
from mangacolor.training.series.pages import RULES, look_in_turn

NAMES: Final = ("cover", "poster", "folder", "front", "colour", "color")
KINDS: Final = "kinds.json"  # in the folder of what was learnt: what each page is, by its file's hash
COLOURED: Final = "colour"

Work = tuple[Chapter, Page]


@dataclass(frozen=True, slots=True)
class Coloured:
    """Coloured pages, each file once. ``digests``: the sha256 of their files."""

    pages: list[Work] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)


def pages_beside(inputs: Iterable[Path], out: Path) -> list[Work]:
    """The pictures beside the inputs that are named as pictures of their series are."""
    given = {path.resolve() for path in inputs}
    files: dict[Path, None] = {}
    for folder in sorted({path.parent for path in given}):
        for file in _pictures_named(folder, given | {out.resolve()}):
            files.setdefault(file)
    return [
        (Chapter("", ()), Page(file.name, number, FileSource(file))) for number, file in enumerate(files, 1)
    ]


def _pictures_named(folder: Path, but: set[Path]) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: natural_key(entry.name))
    except OSError:
        return  # a folder that may be passed and not read
    for entry in entries:
        if entry in but or not entry.name.casefold().startswith(NAMES):
            continue
        if entry.is_dir():
            yield from (file for file in _sorted_files(entry) if file not in but)
        elif entry.suffix.lower() in IMAGE_SUFFIXES:
            yield entry


def _sorted_files(folder: Path) -> list[Path]:
    try:
        files = [file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES]
    except OSError:
        return []
    return sorted(files, key=lambda file: natural_key(file.name))


def find_coloured(work: Sequence[Work], known: dict[str, str], tell: Tell, cancel: CancelToken) -> Coloured:
    """Those of these pages that are in colour. ``known``: what pages are by the hash of their file, to which
    it adds. Pages that cannot be read are left out. Raises ``Cancelled``."""
    digests = [_digest(page) for _, page in work]
    fresh = [number for number, digest in enumerate(digests) if digest and digest not in known]
    runner = PageRunner()
    for done, (place, answer) in enumerate(look_in_turn([work[n] for n in fresh], runner, cancel), 1):
        tell("looking for coloured pages", done, len(fresh))
        if isinstance(answer, MangacolorError):
            continue
        known[digests[fresh[place]]] = answer if isinstance(answer, str) else COLOURED
    found = Coloured()
    for item, digest in zip(work, digests, strict=True):
        if known.get(digest) == COLOURED and digest not in found.digests:
            found.pages.append(item)
            found.digests.append(digest)
    return found


def read_coloured(work: Sequence[Work], tell: Tell, cancel: CancelToken) -> list[ColouredPage]:
    """Coloured pages as they are learnt from, in order. Raises ``Cancelled``, or what reading one raises."""
    read: dict[int, ColouredPage] = {}
    for done, (number, answer) in enumerate(look_in_turn(work, PageRunner(), cancel), 1):
        tell("reading coloured pages", done, len(work))
        if isinstance(answer, MangacolorError):
            raise answer
        if isinstance(answer, ColouredPage):
            read[number] = answer
    return [read[number] for number in sorted(read)]


def _digest(page: Page) -> str:
    """The hash of a page's file; "" where it cannot be read, which the run will tell."""
    try:
        return sha256(page.source.read())
    except (MangacolorError, OSError):
        return ""


def read_kinds(folder: Path) -> dict[str, str]:
    """What pages were found to be, by the hash of their file; nothing where that was by other rules."""
    try:
        document = json.loads((folder / KINDS).read_text(encoding="utf-8"))
        kinds = document["kinds"] if document["rules"] == RULES else {}
        return {str(digest): str(kind) for digest, kind in kinds.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # none are kept yet, or somebody has damaged them: they are found anew


def write_kinds(folder: Path, kinds: dict[str, str]) -> None:
    """Keep them. Raises ``OutputError``."""
    text = json.dumps({"rules": RULES, "kinds": kinds}, indent=0, sort_keys=True)
    write_atomic(folder / KINDS, text.encode())
