"""Copying along the files that are no pictures, whatever their size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import PageError
from mangacolor.formats.archive_out import Extra
from mangacolor.pipeline.events import CHANGED, Listener, Warned
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest

Files = Mapping[str, Path]  # finished pages by name


def copy_extras(
    extras: Sequence[Extra],
    own: Collection[str],
    manifest: Manifest,
    state: State,
    *,
    force: bool,
    emit: Listener,
) -> None:
    """Copy ``extras`` to OUT. One that cannot be read is a warning, never a failure.

    ``own``: the names of those that are not another input's already. ``force``: whether files that are
    another's, or changed since, are replaced. Raises ``OutputError`` where OUT cannot be written.
    """
    files = {
        entry.page: state.out / entry.file
        for entry in manifest.entries()
        if entry.outcome in ("done", "copied") and (state.out / entry.file).is_file()
    }
    for extra in extras:
        try:
            digest = hashlib.sha256()
            for piece in extra.pieces(files):
                digest.update(piece)
            key = digest.hexdigest()
            if manifest.finished(extra.name, key):
                continue
            obstacle = "" if force else _obstacle(extra, own, manifest)
            if obstacle:
                emit(Warned(extra.name, "", obstacle))
                continue
            _copy(extra, files, key, manifest, state)
        except PageError as error:
            emit(Warned(extra.name, "", f"not copied: {error.message}"))


def _obstacle(extra: Extra, own: Collection[str], manifest: Manifest) -> str:
    """Why a file in OUT must not be written over, if so."""
    lying = manifest.look(extra.name)
    if lying == "changed":
        return f"left, {CHANGED}; --force replaces it"
    if lying == "foreign" or extra.name not in own:
        return "not copied: another file of this name is in the output folder; --force replaces it"
    return ""


def _copy(extra: Extra, files: Files, key: str, manifest: Manifest, state: State) -> None:
    with state.temporary() as temporary:
        with output_errors(state.out / extra.name), temporary.open("wb") as file:
            for piece in extra.pieces(files):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        manifest.adopt(extra.name, temporary, key=key, outcome="copied")
