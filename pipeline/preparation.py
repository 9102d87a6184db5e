"""What a run is to do, found out before OUT is touched: the same for a run and for ``mangacolor plan``."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.core.cpu import usable_cores
from mangacolor.core.devices import check_device_name, notes_on_device
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Chapter, KnownChapters
from mangacolor.formats.archive_out import Extra
from mangacolor.formats.discovery import Part, discover_for
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.memory import memory_limit
from mangacolor.pipeline.page_numbers import keep_named, note_on_pages_alone, pick_pages, with_wishes
from mangacolor.pipeline.series import SeriesMemory, open_series
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph, Selection

if TYPE_CHECKING:
    from mangacolor.pipeline.spreads import SpreadFinder

# Options that are paths, whether anything lies there yet or not, and those that may be a name instead.
PATHS = ("palette", "reference", "colours_from", "series", "hints")
NAMES_OR_PATHS = ("weights", "upscaler")


@dataclass(frozen=True, slots=True)
class WorkPlan:
    """The pages that were asked for, and how they are to be made.

    ``known``: the chapters with the pages that were not asked for. ``outputs``: the files of OUT that the
    input gives, and ``layout``: see ``discovery.Plan``. ``notes``: what was left out and why. ``spreads``:
    which were found, in words. ``series``: what is remembered of earlier pages, where that is wanted.
    ``omits_pages``: not all pages were asked for. ``note_on_pages``: what those that were are without.
    """

    graph: Graph
    selection: Selection
    options: Options
    run_options: RunOptions
    chapters: tuple[Chapter, ...]
    known: KnownChapters
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()
    spreads: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    layout: str = ""
    series: SeriesMemory | None = None
    omits_pages: bool = False
    note_on_pages: str = ""

    @property
    def planned(self) -> frozenset[str]:
        """The output name of every page of the input."""
        return frozenset(page.name for chapter in self.known.chapters for page in chapter.pages)

    @property
    def written(self) -> tuple[Output, ...]:
        """The outputs that this run is to write: those of the pages that were asked for."""
        if not self.selection.commits:
            return ()
        if not self.omits_pages:
            return self.outputs
        names = {page.name for chapter in self.chapters for page in chapter.pages}
        names |= {chapter.container.name for chapter in self.chapters if chapter.container}
        return tuple(output for output in self.outputs if output.name in names)


def make_plan(
    inputs: Sequence[Path],
    out: Path,
    options: Options,
    run_options: RunOptions,
    graph: Graph,
    part: Part | None = None,
    cancel: CancelToken | None = None,
    only: Collection[str] | None = None,
) -> WorkPlan:
    """Find the pages, or take those of a ``part``, and see that the options fit them. Writes nothing.

    ``only``: output names of pages; others are not asked for, even if the options name their numbers.

    Raises ``UsageError``, ``InputError`` or ``SetupError`` for what cannot be done, ``Cancelled`` if
    ``cancel`` says so.
    """
    selection = graph.select(run_options.until, run_options.start)
    check_device_name(options.device)
    if run_options.cluster:
        options = with_absolute_paths(options)
    discovered = discover_for(inputs, out, options, run_options, part)
    known = KnownChapters(discovered.chapters, are_all=part is None)
    _check(graph, options, known, selection)
    state = State(out)
    edited = with_edits(known, run_options.edits, state)
    picked, spreads = _pick(edited, options, run_options, state.out, only, cancel or CancelToken())
    return WorkPlan(
        graph,
        selection,
        options,
        run_options,
        chapters=picked,
        known=known,
        extras=discovered.extras,
        notes=(*notes_on_device(options.device), *discovered.notes),
        spreads=spreads,
        note_on_pages=_note_on_part(picked, options, run_options, selection, state) if only is None else "",
        outputs=discovered.outputs,
        layout=discovered.layout,
        series=open_series(options.series) if options.harmonize else None,
        omits_pages=run_options.pages is not None or only is not None,
    )


def _check(graph: Graph, options: Options, known: KnownChapters, selection: Selection) -> None:
    """Raise for options that do not fit the chapters, and for weights that cannot be used, before a page is
    read."""
    graph.check(options, known)
    for chapter in known.chapters[:1]:
        make_recipe(graph, options, chapter, selection.targets)


def _pick(
    chapters: Sequence[Chapter],
    options: Options,
    run_options: RunOptions,
    out: Path,
    only: Collection[str] | None,
    cancel: CancelToken,
) -> tuple[tuple[Chapter, ...], tuple[str, ...]]:
    """The pages that are asked for, with what is wished of them, and the spreads among them, in words."""
    wished = with_wishes(chapters, run_options.color_pages, run_options.copy_pages, out)
    picked = keep_named(pick_pages(wished, run_options.pages, out), only)
    if run_options.spreads == "off":
        return picked, ()
    finder = _spread_finder(picked, options, run_options, cancel)
    # Marked in whole chapters, since the other half may not be asked for.
    return keep_named(pick_pages(finder.mark(wished), run_options.pages, out), only), tuple(finder.notes)


def _spread_finder(
    picked: Sequence[Chapter], options: Options, run_options: RunOptions, cancel: CancelToken
) -> SpreadFinder:
    """Looks for spreads with a half among the pages that were asked for."""
    from mangacolor.pipeline.spreads import SpreadFinder

    names = {page.name for chapter in picked for page in chapter.pages}
    return SpreadFinder(options, run_options.jobs, lambda page: page.name in names, cancel.check)


def _note_on_part(
    picked: Sequence[Chapter], options: Options, run_options: RunOptions, selection: Selection, state: State
) -> str:
    """What ``--pages`` costs the pages that it names, where these are written."""
    agrees = options.harmonize and selection.commits
    return note_on_pages_alone(picked, run_options.pages, state) if agrees else ""


def make_job(plan: WorkPlan, cancel: CancelToken) -> Job:
    """What all pages of a run share, in this process."""
    options, run_options = plan.options, plan.run_options
    return Job(
        plan.graph,
        plan.selection,
        options,
        cancel,
        plan.planned,
        keep=run_options.keep,
        force=run_options.force,
        on_error=run_options.on_error,
        independent=run_options.pages is not None,
        series=plan.series,
        memory=memory_limit(run_options.memory, run_options.jobs or usable_cores()),
    )


def with_absolute_paths(options: Options) -> Options:
    """The same options for a process whose working folder is another."""
    given = {name: getattr(options, name) for name in (*PATHS, *NAMES_OR_PATHS)}
    paths = {name: Path(text) for name, text in given.items() if text}
    absolute: dict[str, Any] = {
        name: str(path.absolute()) for name, path in paths.items() if name in PATHS or path.exists()
    }
    return dataclasses.replace(options, **absolute)
