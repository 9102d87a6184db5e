"""``mangacolor panels``: panel JSON files and overlays, without the rest of the pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.atomic import write_atomic
from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import MangacolorError, OutputError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Direction, Image, Page
from mangacolor.formats.discovery import discover
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import run_page
from mangacolor.pipeline.store.cache import encode_png
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.decode import STAGE as DECODE
from mangacolor.stages.panels.detect import explain_panels
from mangacolor.stages.panels.explain_overlay import draw_explanation
from mangacolor.stages.panels.layout import panel_document, public_document
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.stages.panels.stage import Config, configure, preview


@dataclass(frozen=True, slots=True)
class PanelsResult:
    """How it went. ``failed`` holds (page, error, remedy)."""

    status: int
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
    chapters = with_edits(plan.chapters, edits, State(out))
    work = [(chapter, page) for chapter in chapters for page in chapter.pages]
    _check_names([page.name for _, page in work])
    options = Options(direction=direction, force_color=True, panel_method=method or "learnt")
    failed: list[tuple[str, str, str]] = []
    panels = 0

    def write(item: tuple[Chapter, Page]) -> int:
        cancel.check()
        return _write_page(out, options, *item, explain)

    with ThreadPoolExecutor(jobs or usable_cores()) as pool:
        futures = [(page.name, pool.submit(write, (chapter, page))) for chapter, page in work]
        try:
            for name, future in futures:
                try:
                    panels += future.result()
                except OutputError:
                    raise
                except MangacolorError as error:
                    cancel.check()
                    failed.append((name, error.message, error.remedy))
                    tell(f"{name}: {error}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    status = 0 if not failed else 1 if len(failed) < len(work) else 3
    return PanelsResult(status, len(work), panels, tuple(failed))


def _check_names(pages: Sequence[str]) -> None:
    taken: dict[PurePosixPath, str] = {}
    for page in pages:
        target = PurePosixPath(page).with_suffix(".json")
        if target in taken:
            raise UsageError(
                f"{taken[target]} and {page} would both become {target}",
                "Do them in two runs, with two --out.",
            )
        taken[target] = page


def _write_page(out: Path, options: Options, chapter: Chapter, page: Page, explain: bool) -> int:
    """Write a page's files; returns the number of its panels."""
    artifacts = run_page(page, chapter, options, until=PANELS.name)
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
        _write_explanation(target, page.name, decoded, configure(options, chapter))
    return len(document["polygons"])


def _write_explanation(target: Path, page_name: str, image: Image, config: Config) -> None:
    _, explanation = explain_panels(image, config.direction, config.method, config.params)
    write_atomic(target.with_suffix(".explain.png"), encode_png(draw_explanation(image, explanation)))
    write_atomic(target.with_suffix(".explain.json"), _json(explanation.to_document(page_name)))


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
