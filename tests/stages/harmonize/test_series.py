"""A series that comes page by page: what was seen keeps its colour, and what is remembered stays small."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from mangacolor.core.types import Artifact, Chapter, Image, Inputs, Page, Panel
from mangacolor.stages.base import Memory
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import from_document, to_document
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.harmonize.params import RetentionParams
from mangacolor.stages.harmonize.series.remembered import Remembered, RememberedGroups
from mangacolor.stages.harmonize.series.retention import draw_priorities, retain
from mangacolor.stages.harmonize.stage import Config, run
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.stages.segments.features import AREA, CB, COLUMNS, CR, LEFT, LUMA, RIGHT, SIDES, TONE
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.tests.helpers.edits import decide as together
from mangacolor.tests.helpers.edits import glance
from mangacolor.tests.helpers.memory import Remembering
from mangacolor.tests.helpers.stages import Bytes

SIDE, POINT = 8, 24
# Cb and Cr that the network may vote for, in levels.
PALETTE = ((-10.0, 30.0), (30.0, -25.0), (0.0, 12.0), (-20.0, -8.0))
RED, BLUE = 0, 1


@dataclass
class Context:
    chapter: Chapter
    memory: Memory | None
    config: Config = field(default_factory=Config)
    document: Mapping[str, Any] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    pages: Mapping[str, Inputs] = field(default_factory=dict)

    def warn(self, page: str, message: str) -> None:
        raise AssertionError(f"{page}: {message}")

    def check_cancelled(self) -> None:
        return

    def write(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def glance(self, page: str, stage: str, pictures: Callable[[str], bool]) -> Any:
        return glance(self.pages[page][stage], pictures)

    def references(self) -> Any:
        return iter(())


def page(things: Mapping[int, int], seed: int, windows: int = 3, sides: int = 0) -> Inputs:
    """A page that shows each of these things once a window; what the network holds each of them for."""
    rng = np.random.default_rng(seed)
    made, panels = [], []
    for number in range(windows):
        rows = np.zeros((len(things), len(COLUMNS) + POINT + len(PALETTE)), np.uint8)
        for row, (thing, colour) in zip(rows, things.items(), strict=True):
            point = np.random.default_rng(1000 + thing).normal(0, 1, POINT)
            point = point / np.linalg.norm(point) + rng.normal(0, 0.01, POINT)
            row[len(COLUMNS) : -len(PALETTE)] = np.rint(128 + 127 * point / np.linalg.norm(point))
            votes = np.full(len(PALETTE), 0.1)
            votes[colour] = 0.7
            row[-len(PALETTE) :] = np.rint(255 * np.sqrt(votes))
            row[[CB, CR]] = np.array(PALETTE[colour]) + 128
            row[[TONE, LUMA, AREA, SIDES]] = 150, 150, 100, sides
        labels = np.repeat(np.arange(1, len(things) + 1, dtype=np.uint16), SIDE)[:, None].repeat(SIDE, axis=1)
        box = (0, number * len(labels), *labels.shape[::-1])
        panels.append(Panel.from_box(box))
        picture = np.full((*labels.shape, 3), 150, np.uint8)
        made.append(WindowColours(box, picture, np.full(labels.shape, 150, np.uint8), labels, rows))
    colours = PageColours(tuple(made), palette=PALETTE, embedded=True)
    blank = np.zeros((windows * len(labels), SIDE), np.uint8)
    layout = PanelLayout(tuple(panels), blank).to_artifact("", 0)
    return {"panels": layout, "colorize": colours.to_artifact(), "balloons": Artifact({}, {"main": blank})}


def features_of(inputs: Inputs) -> Image:
    return PageColours.from_artifact(inputs["colorize"]).features


def decide(pages: Mapping[str, Inputs], memory: Remembering | None, **given: Any) -> dict[str, Image]:
    """Chroma of every segment of every page once it is corrected, N×2."""
    chapter = Chapter(".", tuple(Page(name, n, Bytes(b"")) for n, name in enumerate(pages, 1)))
    sources = {name: sha256(features_of(inputs).tobytes()).hexdigest() for name, inputs in pages.items()}
    context = Context(chapter, memory, sources=sources, **given)
    handed = together(context, pages)
    assert not context.warnings
    shown = {}
    for name, artifact in handed.items():
        windows = Corrections.from_artifact(artifact).windows
        rows = PageColours.from_artifact(pages[name]["colorize"]).features
        shown[name] = rows[:, (CB, CR)].astype(int) - 128 + np.concatenate([w.chroma for w in windows])
    return shown


def alone(inputs: Inputs, memory: Remembering | None, **given: Any) -> Image:
    return decide({"page.png": inputs}, memory, **given)["page.png"]


def table(memory: Remembering) -> Remembered:
    columns = len(COLUMNS) + POINT + len(PALETTE)
    return Remembered.from_arrays(memory.arrays, columns, len(PALETTE))


FIGURE = {1: RED, 2: 2, 3: 3, 4: RED}
CHANGED = {1: BLUE, 2: 2, 3: 3, 4: RED}  # of the same figure


def test_a_page_that_comes_alone_agrees_with_those_before() -> None:
    memory = Remembering()
    for seed in range(3):
        alone(page(FIGURE, seed), memory)
    red = alone(page(FIGURE, 3), memory)[0]
    strayed = page(CHANGED, 9)
    assert np.linalg.norm(alone(strayed, None)[0] - red) > 30  # by itself it would be blue
    assert np.linalg.norm(alone(strayed, memory)[0] - red) <= 4


def test_what_was_never_seen_is_as_it_is_without() -> None:
    memory = Remembering()
    alone(page(FIGURE, 0), memory)
    stranger = page({11: BLUE, 12: 2, 13: RED}, 1)
    assert np.abs(alone(stranger, memory) - alone(stranger, None)).max() <= 6


def test_strays_do_not_move_what_was_seen() -> None:
    memory = Remembering()
    for seed in range(6):
        before = alone(page(FIGURE, seed), memory)
    for seed in range(6, 9):
        alone(page(CHANGED, seed), memory)
    assert np.abs(alone(page(FIGURE, 0), memory) - before).max() <= 8


def test_a_first_page_that_strayed_loses_its_hold_on_later_ones() -> None:
    memory = Remembering()
    colours = [alone(page(CHANGED if seed == 0 else FIGURE, seed), memory)[0] for seed in range(8)]
    away = [float(np.linalg.norm(colour - PALETTE[RED])) for colour in colours]
    assert away[0] > 60 and away[-1] < 0.9 * away[0]


def test_a_page_that_is_sent_again_is_decided_alike_and_remembered_once() -> None:
    memory = Remembering()
    first, second = page(FIGURE, 0), page(CHANGED, 1)
    alone(first, memory)
    once, kept = alone(second, memory), table(memory)
    assert (alone(second, memory) == once).all()
    assert len(table(memory)) == len(kept) and len(np.unique(kept.page)) == 2


def test_the_order_of_pages_changes_little() -> None:
    """Pages on which the network mostly agrees end in the same colours in every order."""
    pages = [page(FIGURE, 0), page(FIGURE, 1), page(FIGURE, 2), page(CHANGED, 3)]
    last = []
    for order in permutations(pages[1:]):
        memory = Remembering()
        for inputs in (pages[0], *order):
            alone(inputs, memory)
        last.append(alone(page(FIGURE, 7), memory))
    assert np.ptp(np.array(last), axis=0).max() <= 6


def test_a_chapter_agrees_with_the_chapter_before() -> None:
    memory = Remembering()
    red = decide({f"{n}.png": page(FIGURE, n) for n in range(4)}, memory)["0.png"][0]
    strayed = {f"{n}.png": page(CHANGED, 20 + n) for n in range(4)}
    assert np.linalg.norm(decide(strayed, None)["0.png"][0] - red) > 30
    assert np.linalg.norm(decide(strayed, memory)["3.png"][0] - red) <= 8


def test_a_colour_that_somebody_chose_is_remembered() -> None:
    memory = Remembering()
    chapter = Chapter(".", (Page("page.png", 1, Bytes(b"")),))
    pages = {"page.png": page(FIGURE, 0)}
    context = Context(chapter, memory, sources={"page.png": sha256(b"page").hexdigest()}, pages=pages)
    number = Corrections.from_artifact(run(context, pages)["page.png"]).windows[0].row(1).group
    assert context.document is not None
    entries = [
        replace(entry, colour="#2255aa") if entry.id == number else entry
        for entry in from_document(context.document).groups
    ]
    alone(pages["page.png"], memory, document=to_document(Palette(tuple(entries))))
    assert np.abs(alone(page(FIGURE, 1), memory)[1] - from_hex("#2255aa")[1:]).max() <= 2


def test_backdrops_stay_on_their_page() -> None:
    memory = Remembering()
    alone(page(FIGURE, 0, sides=LEFT | RIGHT), memory)
    assert len(table(memory)) == 0


def test_no_votes_no_memory_of_votes() -> None:
    """A network without votes is remembered by its features alone."""
    memory = Remembering()
    for seed, colour in enumerate((RED, RED, RED, BLUE)):
        inputs = page({1: colour, 2: 2}, seed)
        colours = PageColours.from_artifact(inputs["colorize"])
        windows = [replace(w, features=w.features[:, : -len(PALETTE)]) for w in colours.windows]
        colours = replace(colours, windows=tuple(windows), palette=())
        shown = alone({**inputs, "colorize": colours.to_artifact()}, memory)
    assert np.linalg.norm(shown[0] - PALETTE[RED]) <= 4


def remembered(sizes: Mapping[int, int], pages: int = 2) -> Remembered:
    """Groups of these sizes, spread over so many pages."""
    group = np.repeat(list(sizes), list(sizes.values()))
    count = len(group)
    none = Remembered.nothing(len(COLUMNS), 2)
    ids = np.array(sorted(sizes))
    return Remembered(
        RememberedGroups(ids, np.zeros((len(ids), 2), np.int16), np.zeros(len(ids), np.bool_)),
        np.zeros((count, len(COLUMNS)), np.uint8),
        np.zeros((count, 2), np.uint8),
        np.zeros((count, 2), np.int16),
        np.zeros((count, 2), np.int16),
        np.full(count, 255, np.uint8),
        group,
        (np.arange(count) % pages).astype(np.uint64),
        np.random.default_rng(0).random(count).astype(none.priority.dtype),
    )


def test_room_is_shared_fairly_and_the_weightiest_stay() -> None:
    kept = retain(remembered({1: 50, 2: 500, 3: 4}), RetentionParams(max_segments=64, max_single=16))
    assert np.bincount(kept.group, minlength=4).tolist() == [0, 30, 30, 4]
    of_two = remembered({1: 50, 2: 500, 3: 4})
    best = np.sort(of_two.priority[of_two.group == 2])[-30:]
    assert np.array_equal(np.sort(kept.priority[kept.group == 2]), best)


def test_groups_of_one_page_do_not_crowd_out_the_series() -> None:
    crowd = remembered(dict.fromkeys(range(100, 400), 1), pages=1)
    both = remembered({1: 40, 2: 40}).add(crowd)
    kept = retain(both, RetentionParams(max_segments=96, max_single=32))
    assert np.isin(kept.group, [1, 2]).sum() == 64 and len(kept) == 96


def test_the_larger_are_drawn_more_often() -> None:
    weight = np.repeat([1.0, 4.0], 500)
    priority = draw_priorities(weight, [np.arange(1000)], np.array([7], np.uint64))
    best = np.argsort(-priority)[:200]
    assert 0.7 <= (best >= 500).mean() <= 0.9  # 4 in 5 expected
    assert (priority == draw_priorities(weight, [np.arange(1000)], np.array([7], np.uint64))).all()


@pytest.mark.slow
def test_five_hundred_pages_take_no_more_room_than_fifty() -> None:
    """A figure that is seen on the first page is known on the last; time and size stay flat."""
    memory, most = Remembering(), RetentionParams().max_segments
    before = alone(page(FIGURE, 0), memory)
    rng = np.random.default_rng(1)
    seconds: list[float] = []
    for number in range(1, 500):
        crowd = {int(thing): int(thing) % len(PALETTE) for thing in rng.integers(50, 4000, 30)}
        started = time.process_time()
        shown = alone(page({**FIGURE, **crowd}, number), memory)
        seconds.append(time.process_time() - started)
        assert len(table(memory)) <= most
    assert len(table(memory)) == most
    # A first page is paler than the many; that much its colours move, and no further.
    assert np.abs(shown[:4] - before[:4]).max() <= 10
    assert np.abs(shown[:4] - [PALETTE[colour] for colour in FIGURE.values()]).max() <= 4
    assert np.mean(seconds[-50:]) <= 1.3 * np.mean(seconds[50:100]) + 0.05
    assert sum(array.nbytes for array in memory.arrays.values()) < 2**20
