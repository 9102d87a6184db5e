"""The coloured pages among what a series' owner has: pictures, folders and archives, with their panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import InputError, MangacolorError, in_one_line
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page, Panel
from mangacolor.core.wording import counted
from mangacolor.formats.discovery import discover
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.cache import MemoryCache
from mangacolor.stages.classify import STAGE as CLASSIFY
from mangacolor.stages.classify import PageClass
from mangacolor.stages.decode import STAGE as DECODE
from mangacolor.stages.kinds import STAGE as KINDS
from mangacolor.stages.kinds import PageKinds
from mangacolor.stages.kinds.page_kinds import KIND_IN_WORDS, Kind
from mangacolor.stages.panels import STAGE as PANELS
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.training.data.pictures import scale_down
from mangacolor.training.display import Tell
from mangacolor.training.series.lessons import ColouredPage

MOST_PAGES = 40  # coloured pages that are learnt from: more are spread too thin over the steps
# What raises when pages are taken for something else than before.
RULES = [CLASSIFY.version, PANELS.version, KINDS.version]
LONGEST = 2400  # pixels of a page's long side: more than its panels are learnt at, and 17 MB in memory

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(slots=True)
class FoundPages:
    """``coloured``: what there is to learn from, in reading order. ``left_out``: how many pages are
    ``manga`` (black and white), ``mixed``, ``spot`` or ``blank``. ``unread``: what could not be read, and
    why. ``skipped``: pages that were not looked at, since there were coloured ones enough."""

    coloured: list[ColouredPage] = field(default_factory=list)
    left_out: Counter[Kind] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    skipped: int = 0

    def left_out_in_words(self) -> list[str]:
        """``20 pages in black and white``, ``1 page blank``: the most frequent first."""
        return [
            f"{counted(number, 'page')} {KIND_IN_WORDS[kind]}" for kind, number in self.left_out.most_common()
        ]


def find_coloured_pages(
    inputs: Sequence[Path], out: Path, tell: Tell, cancel: CancelToken, most: int = MOST_PAGES
) -> FoundPages:
    """The coloured pages of ``inputs``, at most ``most``, spread over all of them.

    ``out`` is left out where it lies in an input. Raises ``InputError`` where an input does not exist or
    holds no page, and where no page is in colour; ``Cancelled``.
    """
    work = [item for one in inputs for item in pages_of(one, out)]
    found = FoundPages()
    coloured: dict[int, ColouredPage] = {}
    done = 0
    runner = PageRunner()
    for number, answer in look_in_turn(work, runner, cancel):
        done += 1
        tell("reading pages", done, len(work))
        match answer:
            case ColouredPage():
                coloured[number] = answer
            case MangacolorError():
                found.unread.append(in_one_line(answer))
            case kind:
                found.left_out[kind] += 1
        if len(coloured) == most:
            break
    found.skipped = len(work) - done
    found.coloured = [coloured[number] for number in sorted(coloured)]
    if not found.coloured:
        raise _none_coloured(inputs, found)
    return found


def pages_of(given: Path, out: Path) -> Iterator[tuple[Chapter, Page]]:
    """The pages of an input, ``out`` left out. Raises ``InputError`` where there are none."""
    for chapter in discover([given], out).chapters:
        for page in chapter.pages:
            yield chapter, page


def spread_order(count: int) -> list[int]:
    """The numbers below ``count`` in an order of which every beginning is spread over all of them."""
    bits = max(1, (count - 1).bit_length())
    reversed_bits = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [number for number in reversed_bits if number < count]


def in_turn(do: Callable[[Item], Made], items: Sequence[Item]) -> Iterator[tuple[Item, Made]]:
    """Each item and what is made of it, in order; a few are worked on at once."""
    waiting = iter(items)
    with ThreadPoolExecutor(usable_cores()) as pool:
        running: list[tuple[Item, Future[Made]]] = []
        try:
            while True:
                for item in islice(waiting, 2 * usable_cores() - len(running)):
                    running.append((item, pool.submit(do, item)))
                if not running:
                    return
                item, future = running.pop(0)
                yield item, future.result()
        finally:
            for _, future in running:
                future.cancel()


Answer = ColouredPage | MangacolorError | Kind  # a page, why it cannot be read, or what it is instead


def look_in_turn(
    work: Sequence[tuple[Chapter, Page]], runner: PageRunner, cancel: CancelToken
) -> Iterator[tuple[int, Answer]]:
    """What each page is, a few at once, told in the order in which they are asked for."""
    return in_turn(lambda number: _look(*work[number], runner, cancel), spread_order(len(work)))


def kind_of(run: Callable[..., Mapping[str, Artifact]]) -> Kind:
    """``manga``, ``colour``, ``mixed``, ``spot`` or ``blank``; panels are sought only where they must tell.

    ``run(until=stage)`` gives the artifacts of a page that is coloured even if it came in colour.
    """
    guess = PageClass.from_artifact(run(until=CLASSIFY.name)[CLASSIFY.name])
    if not guess.doubtful:
        return guess.kind
    return PageKinds.from_artifact(run(until=KINDS.name)[KINDS.name]).kind


def _look(chapter: Chapter, page: Page, runner: PageRunner, cancel: CancelToken) -> Answer:
    """Classify a page, and find the panels of a coloured one."""
    options, cache = Options(force_color=True, device="cpu"), MemoryCache()
    run = partial(runner.run, page, chapter, options, independent=True, cache=cache, cancel=cancel)
    try:
        kind = kind_of(run)
        if kind != "colour":
            return kind
        made = run(until=(DECODE.name, PANELS.name))
    except MangacolorError as error:
        cancel.check()
        return error
    pixels = made[DECODE.name].images["main"]
    panels = PanelLayout.from_artifact(made[PANELS.name]).panels
    return _at_most(ColouredPage(page.source.describe(), pixels, panels))


def _at_most(page: ColouredPage) -> ColouredPage:
    """The page with its long side at most ``LONGEST`` pixels."""
    scale = LONGEST / max(page.colour.shape[:2])
    if scale >= 1:
        return page
    panels = [_scaled(panel, scale) for panel in page.panels or ()]
    return ColouredPage(page.name, scale_down(page.colour, scale), panels)


def _scaled(panel: Panel, scale: float) -> Panel:
    x, y, w, h = (round(value * scale) for value in panel.box)
    return Panel.from_box((x, y, max(1, w), max(1, h)), panel.confidence, panel.residual)


def _none_coloured(inputs: Sequence[Path], found: FoundPages) -> InputError:
    told = ", ".join(str(path) for path in inputs)
    parts = found.left_out_in_words()
    if found.unread:
        parts.append(f"{len(found.unread)} not readable ({found.unread[0]})")
    return InputError(
        f"no coloured page in {told}: {', '.join(parts)}",
        "Add covers, colour inserts or pages that somebody has coloured.",
    )
