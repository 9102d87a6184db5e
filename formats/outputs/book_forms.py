"""The forms of the books that coloured chapters are saved as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

BookForm = Literal["cbz", "pdf", "epub", "zip"]
# What each is sent as: a form is also the suffix of its files.
MEDIA_TYPES: Final[Mapping[BookForm, str]] = {
    "cbz": "application/vnd.comicbook+zip",
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "zip": "application/zip",
}
BOOK_FORMS: Final[tuple[BookForm, ...]] = tuple(MEDIA_TYPES)


def book_form(name: str) -> BookForm | None:
    """The form that is called so; None for another name."""
    return next((form for form in BOOK_FORMS if form == name), None)
