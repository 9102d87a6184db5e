"""A page that comes in and what goes out for it, whatever the protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from mangacolor.core.settings import Options
from mangacolor.formats.sniff import HEAD, image_kind

Form = Literal["same", "jpeg"]

_MEDIA_TYPES: Final = {  # by the names of ``formats.sniff``; IANA's registry, ppm by custom
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "jpeg2000": "image/jp2",
    "jxl": "image/jxl",
    "heif": "image/heif",
    "ppm": "image/x-portable-pixmap",
}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page as somebody sent it, and how it is wanted.

    ``series``: the title that it belongs to, "" for none. ``form``: of the answer, ``same`` as the page's.
    ``colour``: False where it is only to be enlarged. ``visitor``: the web page that asked, "" for a program
    and where web pages may not ask.
    """

    data: bytes = field(repr=False)
    options: Options
    series: str = ""
    form: Form = "same"
    colour: bool = True
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A picture file. ``left``: why it is the page as it came ("blank", "in colour already"), or ""."""

    data: bytes = field(repr=False)
    media_type: str
    left: str = ""


def media_type_of(data: bytes) -> str:
    """What a picture's first bytes say it is; "" for what is no picture."""
    return _MEDIA_TYPES.get(image_kind(data[:HEAD]) or "", "")
