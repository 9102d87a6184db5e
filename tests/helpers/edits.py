"""Pages of which everybody knows what is alike, edits of these, and what the two chapter stages decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

import numpy as np

from mangacolor.core.types import Artifact, Chapter, Image, Inputs, Page, Panel
from mangacolor.stages.edits.model import Anchor, page_digest
from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import to_document
from mangacolor.stages.edits.stage import Config
from mangacolor.stages.edits.stage import run as run_edits
from mangacolor.stages.harmonize.corrections import Corrections, WindowCorrections
from mangacolor.stages.harmonize.stage import run as run_harmonize
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    CB,
    COLUMNS,
    CR,
    LUMA,
    TONE,
    SegmentFeatures,
    with_head,
    with_tail,
)
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.tests.helpers.stages import Bytes


def glance(whole: Artifact, pictures: Callable[[str], bool]) -> Artifact:
    """An artifact with those alone of its pictures that are wanted."""
    images = {name: image for name, image in whole.images.items() if pictures(name)}
    return replace(whole, images=images, maps={n: m for n, m in whole.maps.items() if pictures(n)})


def decide(context: Any, pages: Mapping[str, Inputs], config: Config | None = None) -> dict[str, Artifact]:
    """The corrections of each page with its edits; ``config``: of the stage ``edits``."""
    context.pages = pages
    made = run_harmonize(context, pages)
    known = context.document, context.memory, context.sources, pages, context.warnings
    edited = run_edits(EditContext(context.chapter, config or Config(), *known), pages)
    return {
        name: apply_edits(
            Corrections.from_artifact(made[name]),
            PageEdits.from_artifact(edited[name]),
            PageColours.from_artifact(inputs["colorize"]),
        ).to_artifact()
        for name, inputs in pages.items()
    }


def apply_edits(corrections: Corrections, edits: PageEdits, colours: PageColours) -> Corrections:
    """The corrections of a page with those that give each edited segment the colour it is to have."""
    if not edits.windows:
        return corrections
    return Corrections(
        tuple(
            _edit_window(window, corrections.of_window(number), edits.of_window(number))
            for number, window in enumerate(colours.windows)
        )
    )


def _edit_window(
    window: WindowColours, corrections: WindowCorrections | None, edits: WindowEdits | None
) -> WindowCorrections:
    corrections = corrections or WindowCorrections.none(window.segments)
    if edits is None:
        return corrections
    move = edits.chroma - np.rint(SegmentFeatures(window.features).chroma).astype(np.int64)
    return replace(
        corrections,
        chroma=np.where(edits.chosen[:, None], move, corrections.chroma),
        luma=np.where(edits.chosen, edits.luma, corrections.luma),
    )


KINDS = 4  # strips of a window, each another thing
HIGH, WIDE = 16, 64  # pixels of a strip
FEATURES = 24


def page_of_windows(
    seed: int,
    kinds: Sequence[int] = (0, 1, 2, 3),
    windows: int = 2,
    whose: Sequence[int] = (),
    digest: str = "ab" * 4,
    spacing: Sequence[float] = (),
    cohort: str = "cd" * 4,
) -> dict[str, Artifact]:
    """A page of windows one above the other, each with a strip of each of these kinds of things.

    Things of one kind look nearly alike everywhere, and those of two kinds do not. ``whose``: the same of
    their identities, of the embedding with the hash ``digest``; without, there are none. ``spacing``: of
    each strip, by the cohort with the hash ``cohort``.
    """
    rng = np.random.default_rng(seed)
    high = HIGH * len(kinds)
    made, panels = [], []
    for number in range(windows):
        labels = np.repeat(np.arange(1, len(kinds) + 1, dtype=np.uint16), HIGH)[:, None].repeat(WIDE, axis=1)
        rows = np.zeros((len(kinds), len(COLUMNS) + FEATURES), np.uint8)
        rows[:, len(COLUMNS) :] = _points(kinds, 100, rng)
        identities = with_head(_points(whose, 200, rng), digest) if whose else np.zeros((0, 0), np.uint8)
        if spacing:
            identities = with_tail(identities, np.array(spacing), cohort)
        rows[:, (TONE, LUMA, AREA)] = 180, 180, round(AREA_STEPS * np.log2(HIGH * WIDE))
        rows[:, (CB, CR)] = 128
        box = (0, number * high, WIDE, high)
        light = np.full((high, WIDE), 180, np.uint8)
        picture = np.repeat(light[..., None], 3, axis=2)
        made.append(WindowColours(box, picture, light, labels, rows, identities=identities))
        panels.append(Panel.from_box(box))
    blank = np.zeros((windows * high, WIDE), np.uint8)
    return {
        "panels": PanelLayout(tuple(panels), blank).to_artifact("", 0),
        "balloons": Artifact({}, {"main": blank.copy()}),
        "colorize": PageColours(tuple(made), embedded=True).to_artifact(),
    }


def chapter_of_windows(count: int = 4) -> dict[str, Inputs]:
    """So many pages of windows, ``0.png`` first."""
    return {f"{number}.png": page_of_windows(number) for number in range(count)}


def _points(kinds: Sequence[int], first: int, rng: np.random.Generator) -> Image:
    """A point for each of these kinds, near that of the kind."""
    points = [
        np.random.default_rng(first + kind).normal(0, 1, FEATURES) + rng.normal(0, 0.05, FEATURES)
        for kind in kinds
    ]
    rows = [np.rint(128 + 127 * point / np.linalg.norm(point)) for point in points]
    return np.array(rows, np.uint8).reshape(len(kinds), FEATURES if len(kinds) else 0)


@dataclass
class EditContext:
    """A ``ChapterContext`` for ``edits``. ``sources``: of each page its file's sha256, if not its name's."""

    chapter: Chapter
    config: Config = field(default_factory=Config)
    document: Mapping[str, Any] | None = None
    memory: Any = None
    sources: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, Inputs] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, pages: Mapping[str, Inputs], palette: Palette | None = None, **given: Any) -> Self:
        listed = tuple(Page(name, number, Bytes(b"")) for number, name in enumerate(pages, 1))
        document = to_document(palette) if palette is not None else None
        sources = {page.name: digest_of(page.name) for page in listed}
        return cls(Chapter(".", listed), document=document, **{"sources": sources, "pages": pages, **given})

    def glance(self, page: str, stage: str, pictures: Callable[[str], bool]) -> Artifact:
        return glance(self.pages[page][stage], pictures)

    def warn(self, page: str, message: str) -> None:
        self.warnings.append((page, message))

    def check_cancelled(self) -> None:
        return

    def write(self, document: Mapping[str, Any]) -> None:
        raise AssertionError("edits write no document")

    def references(self) -> Iterator[Artifact]:
        raise AssertionError("edits look at no coloured page")


def digest_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def at(page: str, window: int, kind: int, **given: Any) -> Anchor:
    """A point in the middle of a strip of ``page_of_windows``."""
    y = (window * KINDS + kind) * HIGH + HIGH // 2
    return Anchor(page, WIDE // 2, y, page_digest(digest_of(page)), **given)


def edited(artifacts: Mapping[str, Artifact]) -> set[tuple[str, int, int]]:
    """Page, window and strip of all that is edited."""
    return {
        (name, number, int(strip))
        for name, artifact in artifacts.items()
        for number, window in enumerate(PageEdits.from_artifact(artifact).windows)
        for strip in np.nonzero(window.chosen)[0]
    }


def painted(artifacts: Mapping[str, Artifact], page: str, window: int, kind: int) -> tuple[int, ...]:
    """Cb and Cr that a strip is to have; empty where nobody chose them."""
    own = PageEdits.from_artifact(artifacts[page]).of_window(window)
    return tuple(own.chroma[kind].tolist()) if own is not None and own.chosen[kind] else ()
