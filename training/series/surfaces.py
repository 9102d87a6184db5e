"""The table of a series' surfaces: what the network sees of them on coloured pages, and their true colours.

A coloured page is shown to the network as a reader of the series in black and white would see it: grey, and
printed with dots on blown-out paper. Its panels are shown whole, and in parts, as figures come in all sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import I64, Mask, SegmentMap
from mangacolor.core.colour import luma
from mangacolor.core.types import Box, Image
from mangacolor.models.colour.runner import ColourRunner, load_colour_runner
from mangacolor.models.colour.series.file import SeriesFile
from mangacolor.models.colour.series.learnt_surfaces import MAX_ROWS, LearntSurfaces
from mangacolor.models.colour.series.weights import ColourWeights, embedding_of, weights_of_series
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.colorize.network import colorize_windows
from mangacolor.stages.colorize.segmenting import describe_pictures, segment_pictures
from mangacolor.stages.harmonize.descriptors import is_backdrop
from mangacolor.stages.harmonize.references.pictures import with_true_colour
from mangacolor.stages.panels import find_panels
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.segments.params import DEFAULTS
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import mean_by_label
from mangacolor.stages.windows.scale import drawing_size, shrink, working_size
from mangacolor.stages.windows.views import page_share, show_window
from mangacolor.training.data.manga_page import Hand, print_page
from mangacolor.training.data.pictures import at_most
from mangacolor.training.display import Tell, silent
from mangacolor.training.evaluation.samples import spread
from mangacolor.training.series.lessons import ColouredPage

# How many times larger than in its whole panel a figure is shown in parts of it, as close-ups show it.
ZOOMS: Final = (1.6, 2.6)
# Views of all pages together: a quarter of a second of processor each, and more than that tell little new.
MAX_VIEWS: Final = 112
# Views that the network is shown at a time: their feature maps are held until then.
BATCH: Final = 16
# Pixels of a page's long side at which it is printed: dots of the size of a magazine's.
PRINTED_SIDE: Final = 1440
# Pixels of a part's short side: the network sees it at 256, and less would be blur.
MIN_SIDE: Final = 128
# Share of a segment that must fit the registered colours of another edition for these to be its own.
MIN_FIT: Final = 0.9
# Pixels at working scale of a segment that says anything.
MIN_AREA: Final = 30.0
# Keeps the logarithm of a draw finite.
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as it is shown: ``grey``, H×W luma, its true ``colour``, H×W×3, and where these go together
    (``fits``, H×W; everywhere if None). ``page``: its number."""

    page: int
    grey: Image
    colour: Image
    fits: Mask | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.grey.shape[1], self.grey.shape[0]


@dataclass(frozen=True, slots=True)
class View:
    """A part of a page that the network is shown."""

    of: ShownPage
    box: Box


def with_surfaces(
    series: SeriesFile,
    pages: Sequence[ColouredPage],
    out: Path,
    device: str = "cpu",
    tell: Tell = silent,
    stop: Callable[[], bool] = lambda: False,
) -> SeriesFile:
    """A series with the table of its pages' surfaces, as its own network sees them.

    ``out``: where its file is going to lie, with its base beside it. Raises as ``collect_surfaces``."""
    weights = weights_of_series(out, series)
    surfaces = collect_surfaces(pages, weights, device, tell, stop)
    if surfaces is None:
        return series
    return replace(series, surfaces=surfaces.to_arrays(), embedding=embedding_of(weights))


def collect_surfaces(
    pages: Sequence[ColouredPage],
    weights: str | Path | ColourWeights,
    device: str = "cpu",
    tell: Tell = silent,
    stop: Callable[[], bool] = lambda: False,
) -> LearntSurfaces | None:
    """The surfaces of coloured pages as the network of ``weights`` sees them, which is to be the one that
    colours by them; None where nothing is drawn.

    ``tell``: how many of how many views are done. ``stop``: whether to end with what has been seen. The same
    pages give the same table.
    """
    backend = cpu_backend("auto")
    runner = load_colour_runner(weights, device, backend)
    views = choose_views(pages)
    tables: list[Image] = []
    numbers: list[int] = []
    for start in range(0, len(views), BATCH):
        if stop():
            break
        batch = views[start : start + BATCH]
        for view, rows in zip(batch, _describe(batch, runner, backend), strict=True):
            tables.append(rows)
            numbers += [view.of.page] * len(rows)
        tell("looking at surfaces", start + len(batch), len(views))
    rows = np.concatenate(tables) if tables else np.zeros((0, 0), np.uint8)
    if not len(rows):
        return None
    kept = _keep(SegmentFeatures(rows, len(runner.palette)))
    return LearntSurfaces(
        rows[kept], np.array(numbers, np.int64)[kept], len(runner.palette), runner.embedding is not None
    )


def choose_views(pages: Sequence[ColouredPage]) -> list[View]:
    """At most ``MAX_VIEWS``: the panels of all pages in each form that these are shown in, and then parts of
    them; where there is no room for all of a kind, as many spread over the pages."""
    shown = [show_page(number, page) for number, page in enumerate(pages)]
    boxes = [_panel_boxes(page, own[0].colour.shape[1]) for page, own in zip(pages, shown, strict=True)]
    views: list[View] = []
    for zoom in (1.0, *ZOOMS):
        more = [
            View(form, part)
            for own, panels in zip(shown, boxes, strict=True)
            for form in own
            for panel in panels
            for part in _parts(panel, zoom)
        ]
        views += [more[at] for at in spread(len(more), MAX_VIEWS - len(views))]
    return views


def show_page(number: int, page: ColouredPage) -> list[ShownPage]:
    """The forms in which readers in black and white see a page: as it is there, or grey, and with dots."""
    if page.grey is not None:
        return [ShownPage(number, page.grey, page.colour, page.fits)]
    colour = at_most(page.colour, PRINTED_SIDE)
    printed, _ = print_page(colour, Hand())
    return [ShownPage(number, luma(colour), colour), ShownPage(number, printed, colour)]


def _panel_boxes(page: ColouredPage, shown: int) -> list[Box]:
    """Where the panels lie on a page that is shown so many pixels wide; all of it where there are none."""
    height, width = page.colour.shape[:2]
    panels = find_panels(page.colour).panels if page.panels is None else page.panels
    boxes = [panel.box for panel in panels if not panel.residual] or [(0, 0, width, height)]
    ratio = shown / width
    corners = [tuple(round(ratio * edge) for edge in (x, y, x + w, y + h)) for x, y, w, h in boxes]
    return [(left, top, right - left, bottom - top) for left, top, right, bottom in corners]


def _parts(box: Box, zoom: float) -> list[Box]:
    """Overlapping parts of a box, ``zoom`` times smaller; none that would show blur alone."""
    x, y, w, h = box
    wide, high = round(w / zoom), round(h / zoom)
    if min(wide, high) < MIN_SIDE:
        return []
    steps = ceil(zoom)
    lefts, tops = (np.linspace(0, room, steps) for room in (w - wide, h - high))
    return [(x + round(left), y + round(top), wide, high) for top in tops for left in lefts]


def _describe(views: Sequence[View], runner: ColourRunner, backend: CpuBackend) -> list[Image]:
    """The rows of the segments of each view that are of use, with their true colours."""
    sizes = [working_size(view.box, min(view.box[2:])) for view in views]
    shown = [
        show_window(view.of.grey, view.box, size, page_share(view.box, view.of.size))
        for view, size in zip(views, sizes, strict=True)
    ]
    large = [drawing_size(view.box, view.of.size, size) for view, size in zip(views, sizes, strict=True)]
    drawings = [shrink(view.of.grey, view.box, size) for view, size in zip(views, large, strict=True)]
    whole = [np.ones(drawing.shape, np.bool_) for drawing in drawings]
    segmented = segment_pictures(drawings, whole.__getitem__, backend, DEFAULTS)
    pools = [FeaturePool(one.labels, size[::-1]) for one, size in zip(segmented, sizes, strict=True)]
    pictures = colorize_windows(runner, shown, BATCH, None, pools)
    described = describe_pictures(segmented, pictures, pools, runner)
    return [
        _told(view, one.labels, known.rows)
        for view, one, known in zip(views, segmented, described, strict=True)
    ]


def _told(view: View, labels: SegmentMap, rows: Image) -> Image:
    """A view's rows with true colours, of segments that are large enough, no backdrop, and fit."""
    x, y, w, h = view.box
    where = np.s_[y : y + h, x : x + w]
    rows = with_true_colour(view.of.colour[where], labels, rows)
    features = SegmentFeatures(rows)
    useful = (features.area >= MIN_AREA) & ~is_backdrop(features)
    if view.of.fits is not None:
        size = labels.shape[1], labels.shape[0]
        share = view.of.fits[where].astype(np.float32)
        fits = np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA), np.float32)
        useful &= mean_by_label(labels, fits, len(rows) + 1)[1:] >= MIN_FIT
    return rows[useful]


def _keep(features: SegmentFeatures) -> I64:
    """Which of all segments stay, in order: a sample weighted by the root of their area (Efraimidis &
    Spirakis 2006), drawn by what the segments are."""
    if len(features) <= MAX_ROWS:
        return np.arange(len(features))
    seed = int.from_bytes(sha256(features.rows.tobytes()).digest()[:8], "little")
    chance = np.random.default_rng(seed).random(len(features))
    priority = np.log(np.maximum(chance, _TINY)) / features.root_area
    return np.sort(np.argsort(-priority, kind="stable")[:MAX_ROWS])
