"""Whose each file of OUT is: ``OUT/.mangacolor/outputs.json``, what the runs have planned to write there.

The manifest says *what* was written; this says *for which input*. So one input's files are not written
over by another's, and a file whose source is gone is known as such when its own input is run again, and only
then. A file of the manifest without a line here (an earlier version wrote none) belongs to the input that its
source lies in.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import UsageError
from mangacolor.formats.names import clash_key
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.sealed import read_object, typed_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file of OUT was planned to be made from; see ``Output``. ``layout``: see ``discovery.Plan``."""

    input: str
    layout: str
    source: str
    size: int
    modified_ns: int

    @property
    def has_source(self) -> bool:
        """Whether what it was made from is still where it was."""
        return any(Path(source).exists() for source in (self.source, *_containers(self.source)))

    def yields_to(self, output: Output) -> bool:
        """Whether an output may take the file's place: it is of the same input, or the same source moved."""
        stamp = self.size, self.modified_ns
        return (
            output.input == self.input
            or output.source == self.source
            or stamp == (output.size, output.modified_ns)
        )


class _Given:
    """What the inputs of a run give: the outputs' ``names``, their ``folders``, and their ``sources``.

    ``places``: the output of each source. An archive that could be read only in part, or not at all, and a
    folder that could not be read have one page that says so: such sources are ``unread``.
    """

    def __init__(self, planned: Iterable[Output]) -> None:
        outputs = list(planned)
        self.names = {output.name for output in outputs}
        self.inputs = {output.input for output in outputs}
        self.folders = {str(PurePosixPath(name).parent) for name in self.names}
        self.places = {output.source: output.name for output in outputs}
        self.sources = {name for source in self.places for name in (source, *_containers(source))}
        self.unread = {output.source for output in outputs if output.kind == "page"}
        self._packed = {output.source for output in outputs if output.kind == "archive"}
        self._unpacked = {str(PurePosixPath(source).parent) for source in self.unread}

    def has_in_another_form(self, source: str) -> bool:
        """Whether what a file was made from is given still, as whatever: a folder's pages one by one, or as a
        book of which the folder is the source."""
        if not self.sources.isdisjoint([source, *_containers(source)]):
            return True
        is_packed = str(PurePosixPath(source).parent) in self._packed and Path(source).exists()
        return is_packed or source in self._unpacked


class Outputs:
    """The files of OUT and their inputs. Read once; only a run that has opened OUT changes it."""

    def __init__(self, state: State, manifest: Manifest) -> None:
        self._state, self._manifest = state, manifest
        self._path = state.folder / "outputs.json"
        self._claims = dict(_read(self._path))

    @property
    def claims(self) -> Mapping[str, Claim]:
        """What each file of OUT was planned to be made from, by its name."""
        return self._claims

    @property
    def archives(self) -> frozenset[str]:
        """The names of OUT among which are those of all its archives."""
        packed = (entry.page for entry in self._manifest.entries() if entry.outcome == "packed")
        return frozenset(packed) | self._claims.keys()

    def own(self, planned: Sequence[Output], force: bool = False) -> list[Output]:
        """What may be written: all but files carried along for which another input's lies there.

        Raises ``UsageError`` if pages or archives would be written over another input's (unless with
        ``force``), or need a folder where a file lies.
        """
        self._check_folders(planned)
        if force:
            return list(planned)
        taken: dict[Hashable, str] = {clash_key(name): name for name in self._claims}
        own, rivals = [], []
        for output in planned:
            name = taken.get(clash_key(output.name))
            if name is None or not self._is_anothers(name, output):
                own.append(output)
            elif output.kind != "extra":
                rivals.append((output, self._claims[name]))
        if rivals:
            raise self._refusal(*rivals[0], len(rivals) - 1)
        return own

    def _check_folders(self, planned: Iterable[Output]) -> None:
        inside = {folder: output for output in planned for folder in PurePosixPath(output.name).parents}
        for folder, output in inside.items():
            path = self._state.out / folder
            if path.is_file():
                raise UsageError(
                    f"{path} is a file, and {output.source} needs a folder of that name",
                    "Move it away, or name another --out folder.",
                )

    def _is_anothers(self, name: str, output: Output) -> bool:
        if self._claims[name].yields_to(output):
            return False
        self._manifest.recall(name)
        return self._file(name) is not None

    def claim(self, planned: Iterable[Output], layout: str) -> None:
        """Record what a run is about to write. A file of a tree stays the tree's when a part of it is run."""
        before = dict(self._claims)
        for output in planned:
            old = self._claims.get(output.name)
            if old and old.source == output.source and output.input.startswith(f"{old.input}/"):
                continue
            self._claims[output.name] = Claim(
                output.input, layout, output.source, output.size, output.modified_ns
            )
        if self._claims != before:
            self._write()

    def orphans(self, planned: Iterable[Output], layout: str) -> Iterator[str]:
        """Names in the manifest of files whose source is gone, or now has another place in OUT.

        ``planned``: all that a run was to write, which has ended; only files of its inputs are looked at. A
        file that was carried along stays as long as the input has anything in its folder.
        """
        given = _Given(planned)
        for entry in self._manifest.entries():
            claim = self._claims.get(entry.page) or _guess(entry.source, given.inputs)
            if entry.page in given.names or claim is None or claim.input not in given.inputs:
                continue
            if entry.is_carried and str(PurePosixPath(entry.page).parent) in given.folders:
                continue
            if self._is_gone(claim, layout, given) and not self._in_state(entry.file):
                yield entry.page

    def _is_gone(self, claim: Claim, layout: str, given: _Given) -> bool:
        """Whether nothing gives a file any more, or what gave it has been written elsewhere."""
        if claim.layout != layout:  # another form of it may have been asked for
            return not given.has_in_another_form(claim.source)
        place = given.places.get(claim.source)
        if place is None:
            return given.unread.isdisjoint([*_containers(claim.source), *_folders(claim.source)])
        return self._file(place) is not None

    def release(self, names: Iterable[str]) -> None:
        """Forget files that have been taken away."""
        gone = [name for name in names if self._claims.pop(name, None)]
        if gone:
            self._write()

    def _file(self, name: str) -> Path | None:
        """The file of a page or archive that mangacolor wrote, if it is there."""
        entry = self._manifest.entry(name)
        path = self._state.out / (entry.file if entry else name)
        return path if entry is not None and path.exists() else None

    def _in_state(self, file: str) -> bool:
        return self._state.folder in (self._state.out / file).parents

    def _refusal(self, output: Output, claim: Claim, more: int) -> UsageError:
        others = f", and {more} more like it" if more else ""
        given = Path(output.input)
        folder = self._state.out / (given.name if given.is_dir() else given.parent.name)
        return UsageError(
            f"{self._state.out / output.name} was made from another input, {claim.source}; "
            f"{output.source} is not written over it{others}",
            f"Name another folder, as --out {folder}, or replace what is there with --force.",
        )

    def _write(self) -> None:
        rows = {name: dataclasses.asdict(claim) for name, claim in sorted(self._claims.items())}
        text = json.dumps(rows, ensure_ascii=False, indent=0) + "\n"
        write_atomic(self._path, text.encode(), durable=True, scratch=self._state.scratch)


def claim_of(claims: Mapping[str, T], page: str) -> T | None:
    """What the page's own file, or the archive that it lies in, was planned to be made from, or is."""
    place = PurePosixPath(page)
    return next((claims[name] for name in map(str, (place, *place.parents)) if name in claims), None)


def chapter_of(page: str, archives: Collection[str]) -> str:
    """The archive that a page is in, however deep inside it, or else its folder."""
    folders = [str(place) for place in PurePosixPath(page).parents]
    return next((folder for folder in folders if folder in archives), folders[0])


def _read(path: Path) -> Iterator[tuple[str, Claim]]:
    for name, row in read_object(path).items():
        with contextlib.suppress(TypeError, AttributeError):  # of another version of mangacolor, or damaged
            yield name, typed_row(Claim, row)


def _guess(source: str, inputs: Iterable[str]) -> Claim | None:
    """The claim of a file that has none, from the source that the manifest names."""
    owner = next((given for given in inputs if source.startswith((f"{given}/", f"{given}: "))), None)
    return None if owner is None else Claim(owner, "", source, 0, 0)


def _containers(source: str) -> Iterator[str]:
    """The archives that a source may lie in: ``a.cbz`` of ``a.cbz: 1.png``."""
    parts = source.split(": ")
    return (": ".join(parts[:count]) for count in range(1, len(parts)))


def _folders(source: str) -> Iterator[str]:
    """The folders that a source lies in."""
    return map(str, PurePosixPath(source).parents)
