"""``mangacolor clean``: give back the disk space of a state folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.atomic import output_error
from mangacolor.core.errors import InputError
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed."""

    files: int
    bytes: int


def clean(out: Path, everything: bool = False, graph: Graph | None = None) -> Cleaned:
    """Remove the artifacts below ``OUT/.mangacolor``. Finished pages and archives stay.

    What a later run needs to find these up to date stays too: the manifest, and the small artifacts that
    chapter stages look at. With ``everything`` the whole state folder goes, and a later run takes OUT's
    files for the user's own. Corrections in ``edits`` are the user's work and always stay.

    Raises ``InputError`` if there is no state folder, ``OutputError`` if a run is writing there.
    """
    state = State(out)
    if not state.folder.is_dir():
        raise InputError(
            f"{out}: no folder that mangacolor has written to", "Name the --out of an earlier run."
        )
    graph = graph or default_graph()
    needed = {need for stage in graph.chapter_stages for need in stage.needs}
    with state.locked():
        files = [file for file in state.folder.rglob("*") if file.is_file() and file.name != "lock"]
        files = [file for file in files if state.edits not in file.parents]
        if not everything:
            files = [file for file in files if _is_artifact(state, file, needed)]
        size = sum(file.stat().st_size for file in files)
        try:
            for file in files:
                file.unlink()
            _remove_empty_folders(state.folder)
        except OSError as error:
            raise output_error(state.folder, error) from error
    if everything:
        (state.folder / "lock").unlink(missing_ok=True)
        _remove_empty_folders(state.folder)
    return Cleaned(len(files), size)


def _is_artifact(state: State, file: Path, needed: Collection[str]) -> bool:
    folder = file.relative_to(state.folder).parts[0]
    return folder == "tmp" or (folder == "pages" and file.name.partition(".")[0] not in needed)


def _remove_empty_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):  # not empty
            Path(folder).rmdir()
