"""What lies in a folder; and folders that cannot be read, which are told as archives are that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mangacolor.core.errors import InputError

# What the page is called that stands for such a folder, and its kind among containers.
UNREADABLE: Final = "unreadable folder"


def list_folder(folder: Path) -> list[tuple[Path, bool]]:
    """What lies there, by name, and whether each is a folder. Raises ``InputError``."""
    try:
        return [(entry, entry.is_dir()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be read ({error.strerror})", "See to its permissions, and run again."
        ) from error
