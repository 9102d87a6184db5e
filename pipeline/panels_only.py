"""``mangacolor panels``: panel JSON files and overlays, without the rest of the pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.atomic import write_atomic
from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import ExitStatus, MangacolorError, OutputError, UsageError
from mangacolor.core.settings import Direction, Options
from mangacolor.core.types import Artifact, Chapter, Inputs, KnownChapters, Page
from mangacolor.formats.discovery import discover
from mangacolor.formats.names import clash_key
from mangacolor.formats.writers import encode_png
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import StageContext
from mangacolor.stages.classify import STAGE as CLASSIFY
from mangacolor.stages.decode import STAGE as DECODE
from mangacolor.stages.graph import Graph
from mangacolor.stages.panels.detect import explain_panels
from mangacolor.stages.panels.explain_overlay import draw_explanation
from mangacolor.stages.panels.explanation import Explanation
from mangacolor.stages.panels.layout import panel_document, public_document
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.stages.panels.stage import Config, configure, preview, run_and_explain


@dataclass(frozen=True, slots=True)
class PanelsResult:
    """How it went. ``failed`` holds (page, error, remedy)."""

    status: ExitStatus
    pages: int
    panels: int
    failed: tuple[tuple[str, str, str], ...]


def write_panels(
    images: Sequence[Path],
    out: Path,
    *,
    direction: Direction | None,
    method: Literal["learnt", "lines"] | None = None,
    edits: Path | None = None,
    explain: bool = False,
    jobs: int,
    cancel: CancelToken,
    tell: Callable[[str], None],
) -> PanelsResult:
    """Write ``<page>.json`` and ``<page>.panels.png`` below ``out`` for every page of ``images``.

    The JSON holds the six entries of the Panels JSON and nothing else. Pages that look
    coloured are treated like others, blank ones have no panels. Corrected files in ``edits``, or in
    ``out/.mangacolor/edits``, are used instead of detection. ``explain`` adds ``<page>.explain.json`` and
    ``<page>.explain.png``: what detection looked at and decided, also on a page that is corrected. Raises
    ``UsageError``, ``InputError`` or ``OutputError``; a page that cannot be read is told and listed.
    """
    plan = discover(images, out)
    chapters = with_edits(KnownChapters(plan.chapters, are_all=True), edits, State(out))
    work = [(chapter, page) for chapter in chapters for page in chapter.pages]
    _check_names([page.name for _, page in work])
    options = Options(direction=direction, force_color=True, panel_method=method or "learnt")

    def write(chapter: Chapter, page: Page) -> int:
        cancel.check()
        return _write_page(out, options, chapter, page, explain)

    failed: list[tuple[str, str, str]] = []
    panels = 0
    for name, answer in _do_each(write, work, jobs or usable_cores()):
        if isinstance(answer, int):
            panels += answer
        else:
            cancel.check()
            failed.append((name, answer.message, answer.remedy))
            tell(f"{name}: {answer}")
    return PanelsResult(_status(len(failed), len(work)), len(work), panels, tuple(failed))


def _do_each(
    write: Callable[[Chapter, Page], int], work: Sequence[tuple[Chapter, Page]], jobs: int
) -> Iterator[tuple[str, int | MangacolorError]]:
    """Each page's name, and how many panels it has or why it failed, in order; ``jobs`` at once.

    Raises ``OutputError``: where one page cannot be written, no other can.
    """
    with ThreadPoolExecutor(jobs) as pool:
        futures = [(page.name, pool.submit(write, chapter, page)) for chapter, page in work]
        try:
            for name, future in futures:
                try:
                    answer: int | MangacolorError = future.result()
                except OutputError:
                    raise
                except MangacolorError as error:
                    answer = error
                yield name, answer
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _status(failed: int, pages: int) -> ExitStatus:
    if not failed:
        return ExitStatus.DONE
    return ExitStatus.SOME_FAILED if failed < pages else ExitStatus.NOTHING_DONE


def _check_names(pages: Sequence[str]) -> None:
    taken: dict[Hashable, str] = {}
    for page in pages:
        target = str(PurePosixPath(page).with_suffix(".json"))
        other = taken.setdefault(clash_key(target), page)
        if other != page:
            raise UsageError(
                f"{other} and {page} would both become {target}", "Do them in two runs, with two --out."
            )


def _write_page(out: Path, options: Options, chapter: Chapter, page: Page, explain: bool) -> int:
    """Write a page's files; returns the number of its panels."""
    explanations: list[Explanation] = []
    runner = PageRunner(_explaining_graph(explanations) if explain else None)
    artifacts = runner.run(page, chapter, options, until=PANELS.name)
    decoded = artifacts[DECODE.name].images["main"]
    document = panel_document((), page.name, (decoded.shape[1], decoded.shape[0]), 0.0)
    overlay = decoded
    if PANELS.name in artifacts:  # a blank page has none: there is nothing to look for panels in
        document = artifacts[PANELS.name].data
        overlay = preview(artifacts[PANELS.name], artifacts)
    target = out / PurePosixPath(page.name)
    write_atomic(target.with_suffix(".panels.png"), encode_png(overlay))
    write_atomic(target.with_suffix(".json"), _json(public_document(document)))
    if explain:
        if not explanations:
            config = configure(options, chapter)
            how = config.method, config.params, config.cpu_backend
            explanations.append(explain_panels(decoded, config.direction, *how)[1])
        write_atomic(
            target.with_suffix(".explain.png"), encode_png(draw_explanation(decoded, explanations[0]))
        )
        write_atomic(target.with_suffix(".explain.json"), _json(explanations[0].to_document(page.name)))
    return len(document["polygons"])


def _explaining_graph(explanations: list[Explanation]) -> Graph:
    """The stages up to ``panels``, which then leaves its explanation in the list."""

    def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
        artifact, explanation = run_and_explain(context, inputs)
        explanations.append(explanation)
        return artifact

    return Graph((DECODE, CLASSIFY, replace(PANELS, run=run)))


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
