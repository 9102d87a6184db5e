"""What chapter stages leave of a chapter: documents for people, and their results for the next run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mangacolor.core.atomic import write_atomic
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.sealed import read_object, read_sealed, seal
from mangacolor.pipeline.store.user_documents import read_document, write_document

COLOURED: Final = "coloured.json"
Results = dict[str, dict[str, Any]]  # the data that each page of the chapter was handed, by its name


@dataclass(frozen=True, slots=True)
class Coloured:
    """Digests of what had been decided when all pages were made (``decisions``), and for a later run that
    could not make all (``tried``). None where nothing is known, or there was none."""

    decisions: str | None = None
    tried: str | None = None


@dataclass(frozen=True, slots=True)
class ChapterDocuments:
    """The documents of a chapter in the state folder."""

    state: State
    chapter: str

    def read(self, file: str) -> dict[str, Any] | None:
        """A document for people, None if it is not there. Raises ``UsageError`` if it is no JSON object."""
        return read_document(self.state.chapter_file(self.chapter, file))

    def write(self, file: str, document: Mapping[str, Any]) -> None:
        """Leave a document for people. Raises ``OutputError``."""
        write_document(self.state.chapter_file(self.chapter, file), document, self.state.scratch)

    def holds(self, file: str) -> bool:
        return self.state.chapter_file(self.chapter, file).is_file()

    def load_results(self, stage: str, make_key: Callable[[], str]) -> Results | None:
        """What a stage gave to the pages in an earlier run, if it has this key. It is made if needed."""
        document = read_sealed(self._results(stage))
        pages = document.get("pages") if document and document.get("key") == make_key() else None
        return pages if isinstance(pages, dict) else None

    def save_results(self, stage: str, key: str, results: Results, sources: Mapping[str, str]) -> None:
        """Keep what a stage gave to the pages, and the sha256 of each page's file. Raises ``OutputError``."""
        document = {"key": key, "sources": dict(sources), "pages": results}
        write_atomic(self._results(stage), seal(document), scratch=self.state.scratch)

    def coloured_with(self) -> Coloured:
        noted = read_object(self._kept(COLOURED))
        return Coloured(*(str(noted[what]) if what in noted else None for what in ("decisions", "tried")))

    def note_coloured(self, coloured: Coloured) -> None:
        """Raises ``OutputError``."""
        if coloured != self.coloured_with():
            document = {
                "decisions": coloured.decisions,
                **({"tried": coloured.tried} if coloured.tried else {}),
            }
            write_document(self._kept(COLOURED), document, self.state.scratch)

    def _results(self, stage: str) -> Path:
        return self._kept(f"{stage}.json")

    def _kept(self, file: str) -> Path:
        return self.state.folder / "chapters" / PurePosixPath(self.chapter) / file
