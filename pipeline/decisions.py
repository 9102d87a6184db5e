"""What people have decided about a chapter's colours, and whether its pages have been coloured with it.

A run that has made all pages of a chapter, and whose chapter stages all gave their results, leaves a digest
of what was decided when it read that. So it is known without a look at any page that something has been
decided, or taken back, since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.installed import command_line
from mangacolor.core.option_fields import arguments_of
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.store.chapter_documents import ChapterDocuments, Coloured
from mangacolor.pipeline.store.keys import digest
from mangacolor.pipeline.store.last_run import OF_ONE_RUN, known_last_run
from mangacolor.pipeline.store.outputs import Outputs, claim_of
from mangacolor.pipeline.store.store import Store
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import graph_of


def note_decisions(documents: ChapterDocuments, decisions: Mapping[str, object]) -> None:
    """Leave word that the pages are coloured with these decisions, by the stage that they are for. Raises
    ``OutputError``."""
    documents.note_coloured(Coloured(_digest(decisions)))


def note_undone(documents: ChapterDocuments, decisions: Mapping[str, object]) -> None:
    """Leave word that some page is without these decisions, if there are any, for all that a run could do:
    what is decided from now on is known to be missing. Raises ``OutputError``."""
    before = documents.coloured_with().decisions or _digest({})
    documents.note_coloured(Coloured(before, tried=_digest(decisions)))


def find_waiting(
    store: Store, chapters: Iterable[ChapterPages], *, untried: bool = False
) -> tuple[list[ChapterPages], dict[str, UsageError]]:
    """The chapters whose pages are without something that is decided; and by name those of which this is not
    known, with what is damaged. ``untried``: only those with which no run has failed since.

    A chapter where no run has left word, as those of an earlier version, does not wait.
    """
    last = known_last_run(store.state)
    graph = graph_of(last.options if last is not None else Options())
    waiting, damaged = [], {}
    for chapter in chapters:
        try:
            documents = ChapterDocuments(store.state, chapter.name)
            coloured = documents.coloured_with()
            known = {coloured.decisions, coloured.tried if untried else None}
            decided = _digest(_read_decisions(documents, graph))
            if coloured.decisions is not None and decided not in known:
                waiting.append(chapter)
        except UsageError as error:
            damaged[chapter.name] = error
    return waiting, damaged


def command_again(store: Store, pages: Iterable[str], bare: tuple[Options, RunOptions] | None = None) -> str:
    """The command of the last run, by which these pages are coloured with what is decided; "" where they are
    of another run, its inputs are gone, or no command says what it was told.

    ``bare``: what a run would be told by no option, where that is not as by default.
    """
    last = known_last_run(store.state)
    claims = Outputs(store.state, store.manifest).claims
    inputs = {Path(claim.input) for page in pages if (claim := claim_of(claims, page)) is not None}
    if last is None or not inputs or not inputs <= {*last.inputs}:
        return ""
    if not all(path.exists() for path in last.inputs):
        return ""
    options, run_options = bare or (Options(), RunOptions())
    own = {name: getattr(last.run_options, name) for name in OF_ONE_RUN}
    said = arguments_of(last.options, options)
    also_said = arguments_of(last.run_options, replace(run_options, **own))
    if said is None or also_said is None:
        return ""
    words = [*map(str, last.inputs), "--out", str(store.state.out), *said, *also_said]
    return f"mangacolor {command_line(words)}"


def _read_decisions(documents: ChapterDocuments, graph: Graph) -> dict[str, object]:
    """What is decided now."""
    decided = {}
    for stage in graph.chapter_stages:
        document = documents.read(stage.file) if stage.edits and stage.file else None
        decided[stage.name] = stage.edits(document) if stage.edits and document is not None else None
    return decided


def _digest(decisions: Mapping[str, object]) -> str:
    words = ([stage, json.dumps(some, sort_keys=True)] for stage, some in decisions.items() if some)
    return digest([word for pair in words for word in pair])
