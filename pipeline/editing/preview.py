"""Everything that a change of the palette would change on the pages, drawn and outlined before it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.core.atomic import write_atomic
from mangacolor.core.colour import INK
from mangacolor.core.errors import UsageError
from mangacolor.core.types import Image, Point
from mangacolor.core.wording import counted
from mangacolor.formats.names import clash_key
from mangacolor.formats.pixels import NO_LIMIT, decode_picture
from mangacolor.formats.writers import encode_png
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.contact_sheet import Shown, lay_out_sheet
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.outlines import Mark, draw_cover, draw_outline
from mangacolor.pipeline.editing.page_map import map_segments, spread_values
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.outputs import Outputs
from mangacolor.stages.edits.colours import rgb_of
from mangacolor.stages.edits.enclosing import paste_outline
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.page_edits import AreaEdits, PageEdits, WindowEdits
from mangacolor.stages.names import PANELS
from mangacolor.stages.spreads.halves import half_of

# Pixels of a page's long side in a picture of its own.
PAGE_SIDE = 1600
# The same in one picture of several pages: up to how many pages it is so large.
TILE_SIDES = ((2, 1400), (6, 900), (15, 700), (40, 520), (10**9, 360))
SUFFIX = ".png"
# What the names of pages end in for their pictures in a folder.
MARK = f".preview{SUFFIX}"


@dataclass(frozen=True, slots=True)
class PageChange:
    """What changes on a page. ``changed``: which of its S segments, wholly or in part. ``before``, ``after``:
    its edits. ``chroma``, ``shown``: what its segments have without any, as of ``unedited_colours``."""

    page: str
    changed: Mask
    before: PageEdits
    after: PageEdits
    chroma: F64
    shown: F64

    @property
    def surfaces(self) -> int:
        return int(self.changed.sum())

    def draw(self, picture: Image, shown: I64, scale: float, corner: Point) -> tuple[Mask, Image]:
        """Which pixels of a page's picture change, H×W, and the picture with these in their new colours.

        ``shown``: H×W, as of ``map_segments``. ``scale``: pixels of the picture for one of the page.
        ``corner``: of the page on its drawing.
        """
        was, to_be = (self._spread(edits, shown, scale, corner) for edits in (self.before, self.after))
        changed = (was != to_be).any(axis=2)
        gain = np.maximum(to_be[..., 2] - INK, 1) / np.maximum(was[..., 2] - INK, 1)
        paints = np.dstack([to_be[..., :2], gain]).astype(np.float32)
        return changed, draw_cover(picture, changed, paints)

    def _spread(self, edits: PageEdits, shown: I64, scale: float, corner: Point) -> F32:
        """Cb, Cr and luma of each pixel, H×W×3; 0 where no segment is seen."""
        own = np.column_stack([self.chroma, self.shown]).astype(np.float32)
        spread = spread_values(_colours(edits.windows, own), shown)
        for area in edits.areas:
            corners = (np.array(area.outline, np.float64) - corner + 0.5) * scale - 0.5
            inside = paste_outline(corners, shown.shape)
            inside &= spread_values(_chosen(area.windows), shown)
            spread[inside] = spread_values(_colours(area.windows, own), shown)[inside]
        return spread


def find_changes(surfaces: Surfaces, before: Sequence[Edit], after: Sequence[Edit]) -> list[PageChange]:
    """The pages that other edits change, in reading order."""
    old, new = surfaces.pages_of(before), surfaces.pages_of(after)
    found = (_compare(page, surfaces, old[page], new[page]) for page in new)
    return [change for change in found if change is not None]


def _compare(page: str, surfaces: Surfaces, old: PageEdits, new: PageEdits) -> PageChange | None:
    """None where the page stays as it is."""
    changed = _differ(old.windows, new.windows)
    before, after = _document(old.areas), _document(new.areas)
    if before != after:
        for areas, own, others in ((old.areas, before, after), (new.areas, after, before)):
            for area, document in zip(areas, own, strict=True):
                if document not in others:
                    changed |= _chosen(area.windows)
        if not changed.any():  # they lie over each other in another order
            changed = _chosen(new.areas[0].windows)
    if not changed.any():
        return None
    return PageChange(page, changed, old, new, *surfaces.unedited_colours(page))


def _document(areas: Sequence[AreaEdits]) -> list[Any]:
    """Areas as they are kept, to be compared."""
    return list(PageEdits(areas=tuple(areas)).to_artifact().data.get("areas", []))


def _differ(old: Sequence[WindowEdits], new: Sequence[WindowEdits]) -> Mask:
    """Which of the S segments of a page are edited otherwise."""
    one, two = _joined(old), _joined(new)
    same = (one.chroma == two.chroma).all(axis=1) & (one.luma == two.luma)
    return np.asarray((one.chosen != two.chosen) | (two.chosen & ~same))


def _joined(windows: Sequence[WindowEdits]) -> WindowEdits:
    """The edits of a page's windows one after the other."""
    return WindowEdits(
        np.concatenate([window.chosen for window in windows]),
        np.concatenate([window.chroma for window in windows]),
        np.concatenate([window.luma for window in windows]),
    )


def _chosen(windows: Sequence[WindowEdits]) -> Mask:
    return _joined(windows).chosen


def _colours(windows: Sequence[WindowEdits], own: F32) -> F32:
    """Cb, Cr and luma that segments have with edits; ``own``: without, S×3."""
    edits = _joined(windows)
    light = np.where(edits.luma >= 0, edits.luma, own[:, 2])
    colours = np.where(edits.chosen[:, None], np.column_stack([edits.chroma, light]), own)
    return np.asarray(colours, dtype=np.float32)


def write_preview(
    chapter: ColouredChapter,
    changes: Sequence[PageChange],
    target: Path,
    title: str,
    edits: Sequence[Edit] = (),
) -> list[Path]:
    """Draw the pages that change as they lie in OUT, or as they came where they are not there, with all that
    changes in its new colours and outlined, and the points of ``edits``.

    One PNG of all pages under a ``title``, or one a page where ``target`` is a folder or has no suffix.
    Returns what was written. Raises ``OutputError``.
    """
    if is_folder(target):
        names = _file_names([change.page for change in changes])
        files = {target / names[change.page]: change for change in changes}
        _refuse_pages(target, files, chapter)
        for file, change in files.items():
            write_atomic(file, encode_png(_draw(chapter, change, PAGE_SIDE, edits)))
        return list(files)
    side = next(side for most, side in TILE_SIDES if len(changes) <= most)
    shown = [Shown(_draw(chapter, change, side, edits), _caption(change)) for change in changes]
    swatch = rgb_of(edits[0].colour) if len(edits) == 1 else None
    write_atomic(target, encode_png(lay_out_sheet(shown, title, swatch)))
    return [target]


def check_target(target: Path, chapter: ColouredChapter) -> None:
    """Raise ``UsageError`` for a file that is to be no PNG, for one that takes a page's place, and for any
    that the next run would take for a page."""
    if not is_folder(target) and target.suffix.lower() != SUFFIX:
        raise UsageError(
            f"--preview {target}: is written as PNG", f"Name {target.with_suffix(SUFFIX).name}, or a folder."
        )
    if is_folder(target) and target.is_file():
        raise UsageError(
            f"--preview {target}: is a file and no PNG", "Name a file that ends in .png, or a folder."
        )
    _refuse_pages(target, [target], chapter)


def _refuse_pages(target: Path, files: Iterable[Path], chapter: ColouredChapter) -> None:
    """Raise ``UsageError`` where one of the ``files`` is a page of OUT or its source, or lies in an input."""
    out = chapter.state.out.resolve()
    claims = Outputs(chapter.state, Manifest(chapter.state.out, chapter.state.manifest)).claims
    pages = {out / name for name in claims} | {Path(claim.source).resolve() for claim in claims.values()}
    inputs = {Path(claim.input).resolve() for claim in claims.values()}
    for file in (file.resolve() for file in files):
        if file in pages:
            raise UsageError(f"--preview {target}: {file} is a page", f"Name another file, as look{MARK}.")
        if out not in file.parents and not inputs.isdisjoint(file.parents):
            raise UsageError(
                f"--preview {target}: lies among the pages that OUT is made from",
                "Name a file or folder elsewhere: the next run would take it for a page.",
            )


def _file_names(pages: Sequence[str]) -> dict[str, str]:
    """What the picture of each page is called: never as a page is, so that it takes no page's place."""
    short = {page: str(PurePosixPath(page).with_suffix(MARK)) for page in pages}
    taken = Counter(map(clash_key, short.values()))
    return {page: name if taken[clash_key(name)] == 1 else page + MARK for page, name in short.items()}


def is_folder(target: Path) -> bool:
    return target.is_dir() or not target.suffix


def _caption(change: PageChange) -> str:
    return f"{change.page}: {counted(change.surfaces, 'surface')}"


def _draw(chapter: ColouredChapter, change: PageChange, side: int, edits: Sequence[Edit]) -> Image:
    inputs = chapter.pages[change.page]
    picture, width = _page_picture(chapter, change.page, side)
    shown = map_segments(inputs, (picture.shape[1], picture.shape[0]))
    half, scale = half_of(inputs[PANELS].data), picture.shape[1] / width
    corner = half.to_drawing(0, 0) if half else (0, 0)
    covered, painted = change.draw(picture, shown, scale, corner)
    marks = [mark.moved(0, 0, scale) for mark in _marks(edits, change.page)]
    return draw_outline(painted, covered, marks)


def _page_picture(chapter: ColouredChapter, page: str, side: int) -> tuple[Image, int]:
    """The finished page, or the page as it came where there is none, of this long side at most; and how wide
    it came."""
    file = chapter.finished_file(page)
    data = file.read_bytes() if file is not None else chapter.page(page).source.read()
    pixels = decode_picture(data, page, NO_LIMIT).pixels
    scale = min(1.0, side / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), chapter.size(page)[0]


def _marks(edits: Sequence[Edit], page: str) -> Iterator[Mark]:
    for edit in edits:
        if edit.outline:
            continue  # what it holds is drawn around anyway
        for not_meant, anchors in ((False, edit.anchors), (True, edit.negatives)):
            for anchor in anchors:
                if anchor.page == page:
                    yield Mark(anchor.x, anchor.y, not_meant)
