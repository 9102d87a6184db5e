"""Files and folders that change places: all of them do, whatever ends the process meanwhile.

They go by way of a folder that is nobody's, where it is written what goes where before anything moves.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mangacolor.core.system.files import read_file, remove_file, rename

_MOVES: Final = "moves.json"
_ALL_HERE: Final = "all-here"  # marks that everything waits, and that new places may be taken


def move_all(waiting: Path, old_places: Mapping[Path, Path]) -> None:
    """Move files and folders, which lie beside or below the folder ``waiting``, on one disk.

    ``old_places``: by the new ones; what is not there is left out. Whatever lies at a new place and goes
    nowhere itself stays, and what was to come there gets another name. Raises ``OSError``.
    """
    finish_moves(waiting)
    top = waiting.parent
    there = (places for places in old_places.items() if os.path.lexists(places[1]))
    rows = [[str(place.relative_to(top)) for place in places] for places in there]
    waiting.mkdir()
    making = waiting / f"{_MOVES}.tmp"
    with making.open("wb") as file:
        file.write(json.dumps(rows).encode())
        file.flush()
        os.fsync(file.fileno())
    rename(making, waiting / _MOVES)
    finish_moves(waiting)


def finish_moves(waiting: Path) -> bool:
    """End what a process began that was killed; whether there was anything. Raises ``OSError``."""
    try:
        rows = json.loads(read_file(waiting / _MOVES))
    except FileNotFoundError:  # it was killed before it moved anything, or after it had moved all
        shutil.rmtree(waiting, ignore_errors=True)
        return False
    top = waiting.parent
    if not (waiting / _ALL_HERE).exists():
        for number, (_, old) in enumerate(rows):
            if not (waiting / str(number)).exists():
                with contextlib.suppress(FileNotFoundError):
                    rename(top / old, waiting / str(number))
        (waiting / _ALL_HERE).touch()
    for number, (new, _) in enumerate(rows):
        if (waiting / str(number)).exists():
            place = _free(top / new)
            place.parent.mkdir(parents=True, exist_ok=True)
            rename(waiting / str(number), place)
    remove_file(waiting / _MOVES)
    shutil.rmtree(waiting)
    return True


def _free(place: Path) -> Path:
    """The place itself, or one beside it where something has come to lie there."""
    others = (place.with_name(f"{place.stem} ({number}){place.suffix}") for number in itertools.count(2))
    return next(free for free in itertools.chain([place], others) if not os.path.lexists(free))
