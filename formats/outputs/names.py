"""A name of its own for every output: files, archives and folders that would fall on one place in OUT.

Names are compared without case and in NFC, since some file systems take such names for one. Members of a
tree, whose names nobody typed, are kept apart by a mark: ``mine.pdf`` beside ``mine.cbz`` becomes
``mine (pdf).cbz``. Two inputs that the user named are refused, with proposals.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import UsageError
from mangacolor.formats.names import clash_key, natural_key, readable

Rename = Callable[[PurePosixPath], PurePosixPath]


def _itself(place: PurePosixPath) -> PurePosixPath:
    return place


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that wants a place in OUT. ``becomes`` says what a place turns into (``x.pdf``: ``x.cbz``).

    ``root`` is the input that it belongs to, ``source`` its file or folder. ``mark`` tells it from
    others of its name; none is told by a number.
    """

    root: Path
    place: PurePosixPath
    source: Path
    stem: str  # of the place's name: what the mark is put behind
    becomes: Rename = _itself
    mark: str = ""

    def marked(self, mark: str) -> PurePosixPath:
        """The place with a mark in its name."""
        return self.place.with_name(f"{self.stem} ({mark}){self.place.name[len(self.stem) :]}")

    def places(self) -> Iterator[PurePosixPath]:
        """Its own place, and others to take where that is taken."""
        yield self.place
        if self.mark:
            yield self.marked(self.mark)
        number = 2
        while True:
            yield self.marked(f"{self.mark} {number}".strip())
            number += 1


class OutputNames:
    """Hands out places in OUT. ``several``: what lies in OUT itself was named by the user.

    Whoever keeps a name asks for it first: folders, then what keeps its source's name, then the others.
    """

    def __init__(self, out: Path, several: bool) -> None:
        self._out, self._several = out, several
        self._taken: dict[Hashable, Wish] = {}
        self._folders: dict[tuple[Path, PurePosixPath], PurePosixPath] = {}
        self.notes: list[str] = []

    def folder(self, root: Path, place: PurePosixPath, source: Path) -> PurePosixPath:
        """Where what lies in a folder of an input goes. The same for the same folder."""
        if not place.name:
            return place
        known = self._folders.get((root, place))
        if known is None:
            parent = self.folder(root, place.parent, source.parent)
            wish = Wish(root, parent / place.name, source, place.name)
            known = self._folders[root, place] = self.take(wish)
        return known

    def take(self, wish: Wish) -> PurePosixPath:
        """A place whose output no other has. Raises ``UsageError`` where two inputs want the same one."""
        for place in wish.places():
            output = wish.becomes(place)
            key = clash_key(str(output))
            other = self._taken.get(key)
            if other is None:
                self._taken[key] = wish
                if place != wish.place:
                    taken = wish.becomes(wish.place).name
                    source = readable(str(wish.source))
                    self.notes.append(f"{source}: written as {output.name}, since {taken} is taken")
                return place
            if self._several and len(output.parts) == 1:
                raise _refused(self._out, output, other, wish)
        raise AssertionError("there is always another number")


def by_precedence(wish: Wish) -> tuple[bool, object]:
    """Sorts those first that keep their source's name, and else in natural order."""
    return wish.becomes(wish.place) != wish.place, natural_key(str(wish.place))


def _refused(out: Path, output: PurePosixPath, first: Wish, second: Wish) -> UsageError:
    sources = readable(str(first.source)), readable(str(second.source))
    folders = [readable(wish.source.parent.name) for wish in (first, second)]
    if clash_key(folders[0]) == clash_key(folders[1]) or not all(folders):
        renamed = second.marked(second.mark or "2").name
        remedy = f"Rename one, as {renamed}, or colour them in two runs with two --out folders."
    else:
        renamed = second.marked(folders[1]).name
        remedy = (
            f"Colour them in two runs, with --out {out / folders[0]} and --out {out / folders[1]}, "
            f"or rename one, as {renamed}."
        )
    return UsageError(
        f"two inputs would be written to the same place, {output}: {sources[0]} and {sources[1]}", remedy
    )
