"""A chapter's palette on the disk: read, and written when it has changed."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.atomic import output_errors
from mangacolor.core.system.files import remove_file
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.store.user_documents import read_document, write_document
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import UNDONE_FILE, from_document, to_document, undone_document


def read_palette(chapter: ColouredChapter) -> Palette:
    """The palette with what was undone. Raises ``UsageError`` where a file is damaged."""
    document = read_document(chapter.palette) or {}
    return from_document(document, str(chapter.palette), read_document(_undone_file(chapter)))


def write_palette(chapter: ColouredChapter, before: Palette, after: Palette) -> None:
    """Put a palette in the place of what was read. OUT must be held. Raises ``OutputError``."""
    scratch, undone = chapter.state.scratch, undone_document(after)
    if to_document(after) != to_document(before):
        write_document(chapter.palette, to_document(after), scratch)
    if undone is not None and after.undone != before.undone:
        write_document(_undone_file(chapter), undone, scratch)
    if undone is None:
        with output_errors(_undone_file(chapter)):
            remove_file(_undone_file(chapter))


def save_copy(after: Palette, copy: Path) -> None:
    """Write a palette for other chapters. Raises ``OutputError``."""
    write_document(copy, to_document(after))


def _undone_file(chapter: ColouredChapter) -> Path:
    return chapter.palette.with_name(UNDONE_FILE)
