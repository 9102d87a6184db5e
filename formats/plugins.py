"""Pictures that Pillow reads with packages of their own: JPEG XL, HEIC (``mangacolor[more-formats]``)."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from mangacolor.core.errors import PageError
from mangacolor.formats.sniff import image_kind

# Kind of picture (as ``sniff`` tells it): Pillow's name of the format, and the module that reads it.
_PLUGINS: Final = {"jxl": ("JXL", "pillow_jxl"), "heif": ("HEIF", "pillow_heif")}
_NAMES: Final = {"jxl": "JPEG XL", "heif": "HEIC", "jxr": "JPEG XR"}


@cache
def plugin_formats() -> tuple[str, ...]:
    """Pillow's names of the formats whose plug-ins are installed; from then on it opens them."""
    formats = []
    for name, module in _PLUGINS.values():
        try:
            plugin = importlib.import_module(module)
        except ImportError:
            continue
        if module == "pillow_heif":
            plugin.register_heif_opener()
        formats.append(name)
    return tuple(formats)


def unread_kind(data: bytes, name: str) -> PageError | None:
    """What to say of a picture in a format that nothing installed here reads; None if it is none."""
    kind = image_kind(data[:64]) or ""
    form, _ = _PLUGINS.get(kind, ("", ""))
    if kind not in _NAMES or form in plugin_formats():
        return None
    remedy = 'Run: pip install "mangacolor[more-formats]"; or convert it to PNG.'
    return PageError(
        f"{name}: a {_NAMES[kind]} picture, which cannot be read here",
        remedy if form else "Convert it to PNG.",
    )
