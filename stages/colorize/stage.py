"""Colour of each window, from the network, at the window's own scale.

A network trained on whole scenes fails on tiles of a full-size scan, where it sees half a cheek.
So a window is shrunk until its panel's short side has 256 pixels or fewer, cut into overlapping 256×256
tiles, and blended again. The mean of two views of it (``stages/windows/views.py``) is a small colour picture
that ``reassemble`` carries up to the scan.
Shrinking by area takes some of the screentone out of the network's sight; what is left it has learnt to
read. Segments are sought where lines are lines, at drawing scale (``stages/windows/scale.py``), with tones as
greys (``models/page/descreener.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.devices import device_kind
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Box, Chapter, Image, Inputs
from mangacolor.models.colour.runner import ColourRunner
from mangacolor.models.runtime.backends import cpu_backend
from mangacolor.models.runtime.parallel import tile_threads
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.colorize.config import Config
from mangacolor.stages.colorize.network import colorize_windows, shared_runner
from mangacolor.stages.colorize.segmenting import describe_pictures, segment_pictures
from mangacolor.stages.colorize.tile_figure import draw_tiles
from mangacolor.stages.colorize.tiling import tiles_of
from mangacolor.stages.demand import Demand, PageSize, library
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.segments.features import ROWS_VERSION
from mangacolor.stages.segments.frames import find_outlines
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import Segmented
from mangacolor.stages.windows.artifact import VERSION, PageColours, WindowColours
from mangacolor.stages.windows.assign import assign_windows
from mangacolor.stages.windows.preview import lay_out, resize_picture
from mangacolor.stages.windows.scale import drawing_size, own_part, shrink
from mangacolor.stages.windows.views import ShownWindow

# Bytes that the network and its libraries take from then on, and the buffers of each thread that runs it,
# or the descreener over a window as large as a page at drawing scale.
RESIDENT = 305 * 2**20
BUFFERS = 130 * 2**20


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(options.weights, options.batch, options.device, cpu_backend(options.cpu_backend))


def fingerprint(config: Config) -> str:
    """The weights of the colour network, of its embeddings and of the descreener.

    Raises ``SetupError`` where they are unusable, or need torch and that is not installed.
    """
    from mangacolor.models.colour.runner import check_colour_runner

    rows, identity = _fingerprints(config)
    check_colour_runner(config.weights, device_kind(config.device))
    return rows + identity


def memory_key(config: Config) -> tuple[str, ...]:
    """What rows come from, which is what a series remembers. Identities are not part of them, and what is
    kept of a page may take another form."""
    rows, _identity = _fingerprints(config)
    return str(ROWS_VERSION), rows


def _fingerprints(config: Config) -> tuple[str, str]:
    """Of all weights that rows come from, and of those that identities come from besides, if there are any.
    Raises ``SetupError``."""
    from mangacolor.models.colour.segment_embedding import embedding_fingerprints
    from mangacolor.models.colour.series.weights import open_weights
    from mangacolor.models.files.known import DESCREEN
    from mangacolor.models.files.reading import check_bundled, weights_fingerprint
    from mangacolor.models.files.segment_cohort import cohort_fingerprint

    weights = open_weights(config.weights)
    digest = weights_fingerprint(weights.network)
    surfaces, identity = embedding_fingerprints(weights.network, digest)
    descreener = check_bundled(DESCREEN.file, DESCREEN.sha256, DESCREEN.does)
    known = identity + cohort_fingerprint(weights.network) if identity else ""
    return digest + weights.series_digest + surfaces + descreener, known


@dataclass(frozen=True, slots=True)
class PreparedWindow:
    """A window before the network: how it is ``shown`` to it, and its segments at drawing scale."""

    box: Box
    shown: ShownWindow
    segmented: Segmented


def prepare(context: StageContext[Config], inputs: Inputs) -> list[PreparedWindow]:
    """Everything that needs no accelerator: assign windows, shrink, descreen and segment them."""
    config = context.config
    page = luma(inputs["decode"].images["main"])
    layout = PanelLayout.from_artifact(inputs["panels"])
    windows = assign_windows(layout.panels, layout.ground)
    shown = windows.show(page)
    whole = page.shape[1], page.shape[0]
    large = [drawing_size(box, whole, one.size) for box, one in zip(windows.boxes, shown, strict=True)]
    drawings = [shrink(page, box, size) for box, size in zip(windows.boxes, large, strict=True)]

    def drawn(number: int) -> Mask:
        return own_part(windows.labels, number, windows.boxes[number], large[number])

    polygons = [panel.polygon for panel in layout.detected]

    def frames(number: int) -> Mask:
        return find_outlines(polygons, windows.boxes[number], large[number], config.params.frame_reach)

    segmented = segment_pictures(drawings, drawn, config.cpu_backend, config.params, frames)
    return [PreparedWindow(*window) for window in zip(windows.boxes, shown, segmented, strict=True)]


@dataclass(frozen=True, slots=True)
class ColouredWindows:
    """What the network said of the windows: H×W×3 pictures, and in ``pools`` the features of segments."""

    runner: ColourRunner
    pictures: Sequence[Image]
    pools: Sequence[FeaturePool]


def run(context: StageContext[Config], _inputs: Inputs) -> ColouredWindows:
    """Colour every window."""
    prepared: list[PreparedWindow] = context.prepared
    runner = shared_runner(context, context.device)
    pools = [FeaturePool(window.segmented.labels, window.shown.size[::-1]) for window in prepared]
    shown = [window.shown for window in prepared]
    pictures = colorize_windows(runner, shown, context.config.batch, context, pools)
    return ColouredWindows(runner, pictures, pools)


def finish(context: StageContext[Config], _inputs: Inputs, coloured: ColouredWindows) -> Artifact:
    """The page's ``PageColours``: a picture of each window, and what ``harmonize`` compares."""
    prepared: list[PreparedWindow] = context.prepared
    runner = coloured.runner
    sides = runner.size.tile, runner.size.multiple_of
    segmented = [window.segmented for window in prepared]
    described = describe_pictures(segmented, coloured.pictures, coloured.pools, runner)
    return PageColours(
        tuple(
            WindowColours(
                window.box,
                picture,
                one.plain,
                one.labels,
                known.rows,
                tuple(one.parents.tolist()),
                window.shown.views,
                known.identities,
                known.ink,
            )
            for window, one, picture, known in zip(
                prepared, segmented, coloured.pictures, described, strict=True
            )
        ),
        palette=tuple(tuple(colour) for colour in runner.palette),
        embedded=runner.embedding is not None,
        tile=sides,
        tiles=sum(len(tiles_of(grey.shape, *sides)) for window in prepared for grey in window.shown.greys),
        backend=runner.backend,
    ).to_artifact()


def preview(artifact: Artifact, _inputs: Inputs) -> Image:
    """The small pictures where they belong on the page, at about the network's scale."""
    windows = PageColours.from_artifact(artifact).windows
    return lay_out(windows, lambda number, size: resize_picture(windows[number], size))


def demand(config: Config, size: PageSize) -> Demand:
    """At working and drawing scale, whatever the page's size, but for the map of windows."""
    resident = RESIDENT + round(size.tile_share * tile_threads() * BUFFERS)
    residents = {**library(config.cpu_backend, size, config.device), "colorize": resident}
    return Demand(3.0, 0, 8 * size.pixels, residents)


STAGE = Stage(
    name="colorize",
    run=run,
    configure=configure,
    needs=("decode", "panels", "kinds"),
    version=VERSION,
    lane="device",
    fingerprint=fingerprint,
    memory_key=memory_key,
    preview=preview,
    prepare=prepare,
    finish=finish,
    figures=draw_tiles,
    demand=demand,
)
