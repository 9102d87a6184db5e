"""Files that an option names: pictures, and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mangacolor.core.errors import UsageError
from mangacolor.formats.names import natural_key
from mangacolor.formats.sniff import IMAGE_SUFFIXES


def picture_files(path: Path) -> list[Path]:
    """The picture that ``--reference`` names, or those of the folder, in natural order. Raises ``UsageError``
    without any, or where the folder cannot be read."""
    remedy = "Give a coloured picture, or a folder of them."
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageError(f"--reference {path}: there is no such file or folder", remedy)
    try:
        pictures = [file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES]
    except OSError as error:
        raise UsageError(f"--reference {path}: cannot be read: {error.strerror}", remedy) from None
    if not pictures:
        raise UsageError(f"--reference {path}: holds no picture", remedy)
    return sorted(pictures, key=lambda file: natural_key(file.name))


def json_file(path: Path, option: str, remedy: str) -> Any:
    """What the file holds, of any kind. Raises ``UsageError`` if it cannot be read or is no JSON."""
    try:
        return json.loads(path.read_bytes())  # as bytes, a file may begin with a byte order mark
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be read: {error.strerror}", remedy) from None
    except (ValueError, RecursionError) as error:  # the latter where it is nested without measure
        raise UsageError(f"{option} {path}: is no JSON: {error}", remedy) from None
