"""What is told of archives and PDFs that come out in another form than they went in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from mangacolor.core.wording import first_few
from mangacolor.formats.names import readable

# Files that a line names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Becomes:
    """A file, the ``kind`` of container that it is, and what it is called in OUT."""

    file: str
    kind: str
    output: str

    @property
    def is_another_form(self) -> bool:
        """Not of a ZIP, whatever it was called."""
        own, given = (PurePosixPath(name).suffix.lower() for name in (self.output, self.file))
        return self.kind != "zip" and own != given


def tell_other_forms(all_of: Iterable[Becomes]) -> list[str]:
    """A line for each kind whose files come out in another form, where nobody asked for one."""
    files: defaultdict[str, list[Becomes]] = defaultdict(list)
    for one in all_of:
        if one.is_another_form:
            files[one.kind].append(one)
    return [_line(kind, some) for kind, some in files.items()]


def _line(kind: str, some: list[Becomes]) -> str:
    why = "--format pdf makes a PDF" if kind == "pdf" else "their own form can be read only"
    if len(some) == 1:
        why = why.replace("their", "its")
        return f"{readable(some[0].file)} becomes {readable(PurePosixPath(some[0].output).name)}; {why}"
    return f"{first_few([readable(one.file) for one in some], _NAMED)} become CBZ; {why}"
