"""Files of OUT whose source is gone: moved aside, so that a reader does not show a page twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mangacolor.core.atomic import make_folders, output_errors
from mangacolor.core.system.files import is_same_file, move_file, remove_file
from mangacolor.formats.names import clash_key, numbered
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.events import CHANGED, FileRemoved
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.outputs import Outputs

ASKED = "--keep-removed"


def set_aside_orphans(
    state: State, manifest: Manifest, outputs: Outputs, planned: Sequence[Output], layout: str, keep: bool
) -> Iterator[FileRemoved]:
    """Move what a whole run has no source for any more to ``OUT/.mangacolor/removed``, or only say so.

    What somebody has changed stays, and so does all that is not ours. Raises ``OutputError``.
    """
    written = {clash_key(file): file for file in (_file_of(manifest, output.name) for output in planned)}
    gone = []
    for page in list(outputs.orphans(planned, layout)):
        entry = manifest.entry(page)
        assert entry is not None
        lying = manifest.look(entry.file)
        if lying == "ours" and keep:
            yield FileRemoved(entry.file, None, ASKED)
        elif lying == "changed":
            yield FileRemoved(entry.file, None, CHANGED)
        else:
            # A name in other letters may be the very file that has just been written.
            if lying == "ours" and not _is_same(state.out, entry.file, written.get(clash_key(entry.file))):
                yield FileRemoved(entry.file, _move(state, entry.file))
            manifest.forget(page)
            gone.append(page)
    outputs.release(gone)


def set_aside_former(state: State, manifest: Manifest, planned: Sequence[Output]) -> Iterator[FileRemoved]:
    """Move there what pages were called before they got another suffix. Raises ``OutputError``."""
    for output in planned:
        for file in manifest.former_files(output.name):
            if manifest.look(file) == "ours":
                yield FileRemoved(file, _move(state, file))


def drop_unpacked(state: State, manifest: Manifest, archives: Iterable[str], pages: Iterable[str]) -> None:
    """Delete what waits in the state folder for one of these archives and is none of its ``pages``."""
    prefixes, wanted = tuple(f"{name}/" for name in archives), set(pages)
    for entry in manifest.entries():
        path = state.out / entry.file
        if entry.page.startswith(prefixes) and entry.page not in wanted and state.finished in path.parents:
            with output_errors(path):
                remove_file(path)
            manifest.forget(entry.page)


def _is_same(out: Path, file: str, written: str | None) -> bool:
    return written is not None and is_same_file(out / written, out / file)


def _file_of(manifest: Manifest, name: str) -> str:
    entry = manifest.entry(name)
    return entry.file if entry else name


def _move(state: State, file: str) -> str:
    """Move a file of OUT aside and say where to, relative to OUT; nothing is overwritten there."""
    source = state.out / file
    with output_errors(source):
        target = next(place for place in _places(state.removed / file) if not place.exists())
        make_folders(target.parent, state.scratch)
        move_file(source, target)  # nothing lies there
    for folder in source.parents:
        if folder == state.out:
            break
        with contextlib.suppress(OSError):  # something else lies in it
            folder.rmdir()
    return target.relative_to(state.out).as_posix()


def _places(wanted: Path) -> Iterator[Path]:
    """The place itself, and others to take where something lies there."""
    yield wanted
    yield from map(wanted.with_name, numbered(wanted.name))
