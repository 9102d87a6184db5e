"""Pictures that Pillow reads with packages of their own: JPEG XL, HEIC (``mangacolor[more-formats]``)."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from mangacolor.core.errors import PageError
from mangacolor.core.installed import install_command
from mangacolor.formats.sniff import HEAD, image_kind

# Kind of picture (as ``sniff`` tells it): Pillow's name of the format, and the module that reads it.
_PLUGINS: Final = {"jxl": ("JXL", "pillow_jxl"), "heif": ("HEIF", "pillow_heif")}
_NAMES: Final = {
    "jxl": "JPEG XL",
    "heif": "HEIC",
    "jxr": "JPEG XR",
    "psd": "Photoshop",
    "raw": "camera raw",
}


def plugin_format(head: bytes) -> tuple[str, ...]:
    """Pillow's name of the format of a file that starts with ``head``, if an installed plug-in reads it.

    A plug-in is imported when the first of its pictures comes.
    """
    kind = image_kind(head)
    return (_PLUGINS[kind][0],) if kind in _PLUGINS and _is_ready(_PLUGINS[kind][1]) else ()


@cache
def _is_ready(module: str) -> bool:
    try:
        plugin = importlib.import_module(module)
    except ImportError:
        return False
    if module == "pillow_heif":
        plugin.register_heif_opener()
    return True


def unread_kind(data: bytes, name: str) -> PageError | None:
    """What to say of a picture in a format that nothing installed here reads; None if it is none."""
    kind = image_kind(data[:HEAD])
    if kind not in _NAMES or plugin_format(data[:HEAD]):
        return None
    remedy = "Convert it to PNG."
    if kind in _PLUGINS:
        remedy = f"Run: {install_command('more-formats')}; or convert it to PNG."
    return PageError(f"{name}: a {_NAMES[kind]} picture, which cannot be read here", remedy)
