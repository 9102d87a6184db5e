"""The finished pages of a chapter of OUT as one file to take away: an archive or a PDF."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import InputError
from mangacolor.core.types import Direction
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest

Suffix = Literal["zip", "cbz", "pdf"]


def export_chapter(
    state: State, pages: Sequence[str], suffix: Suffix, _direction: Direction | None = None
) -> Path:
    """A file in the state folder, for the caller to remove. ``pages``: in reading order; those that are not
    finished are left out. Raises ``InputError`` where none is, ``OutputError`` where it cannot be written.
    """
    files = list(_finished(state, pages))
    if not files:
        raise InputError(f"{state.out}: no page is finished yet", "Wait until one is, or colour the chapter.")
    target = state.scratch / f"export-{secrets.token_hex(8)}.tmp"
    with output_errors(target):
        state.scratch.mkdir(parents=True, exist_ok=True)
        if suffix == "pdf":
            with target.open("wb") as file:
                write_pdf(file, (path.read_bytes() for _, path in files))
        else:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
                for name, path in files:
                    archive.write(path, name)
    return target


def _finished(state: State, pages: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Names within the chapter, and the files."""
    manifest = Manifest(state.out, state.manifest)
    for page in pages:
        entry = manifest.entry(page)
        if entry is not None and (state.out / entry.file).is_file():
            yield PurePosixPath(entry.file).name, state.out / entry.file
