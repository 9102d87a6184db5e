"""Colorize and reassemble: ink and paper stay, every drawn surface gets colour, at every scale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.colour import chroma, luma
from mangacolor.core.errors import PageError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image
from mangacolor.models.colour.interface import TILE
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.models.colour.segment_embedding import IDENTITY, embedding_path
from mangacolor.models.files.reading import DESCREENER, weights_fingerprint
from mangacolor.models.files.segment_cohort import cohort_path
from mangacolor.stages.colorize import stage as colorize
from mangacolor.stages.colorize.network import colorize_pictures, colorize_windows
from mangacolor.stages.reassemble import trace
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.scale import working_size
from mangacolor.stages.windows.views import View, show_window
from mangacolor.tests.helpers.stages import Bench, bench, comic_page, run_until, tiny_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights"))


def coloured(page: Image, weights: Path, scale: str = "1") -> tuple[dict[str, Artifact], Bench]:
    context = bench(page)
    options = Options(scale=scale, weights=str(weights), upscaler="lanczos", device="cpu")  # type: ignore[arg-type]
    return run_until("reassemble", context, options), context


def strength(page: Image) -> np.ndarray:
    return np.hypot(*chroma(page))


def test_paper_is_untouched_and_ink_is_kept(weights: Path) -> None:
    page = comic_page()
    made, _ = coloured(page, weights)
    result = made["reassemble"].images["main"]
    ground = made["panels"].images["ground"] == 255
    assert ground.mean() > 0.05
    assert (result[ground] == page[ground][:, None]).all()
    ink = page < 64
    change = np.abs(luma(result)[ink].astype(int) - page[ink])
    assert change.mean() <= 1
    assert np.quantile(change, 0.99) <= 3


def test_drawn_surfaces_get_colour_and_balloons_do_not(weights: Path) -> None:
    page = comic_page()
    made, _ = coloured(page, weights)
    chromas = strength(made["reassemble"].images["main"])
    assert chromas[400:580, 60:380].mean() > 3  # the lower panel
    balloon = made["balloons"].images["main"] == 255
    assert balloon.mean() > 0.01
    assert chromas[balloon].mean() < 0.5


def test_an_arm_over_the_gutter_is_coloured_with_its_body(weights: Path) -> None:
    page = comic_page()
    made, _ = coloured(page, weights)
    arm = strength(made["reassemble"].images["main"])[300:312, 226:244]
    assert (arm > 0.5).mean() > 0.9


def test_larger_scales_show_the_same_colours(weights: Path) -> None:
    page = comic_page()
    small = coloured(page, weights)[0]["reassemble"].images["main"]
    large = coloured(page, weights, "2")[0]["reassemble"].images["main"]
    assert large.shape == (2 * page.shape[0], 2 * page.shape[1], 3)
    back = cv2.resize(large, page.shape[::-1], interpolation=cv2.INTER_AREA)
    # An untrained network's colour is grainy, and grain is interpolated differently: compare surfaces.
    one, other = (cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 4) for picture in (back, small))
    difference = np.abs(one - other).max(axis=2)
    assert np.median(difference) <= 1.5
    assert np.quantile(difference, 0.99) <= 10


def test_a_panel_is_worked_on_with_its_short_side_at_256() -> None:
    assert working_size((0, 0, 512, 1024), 512) == (256, 512)
    assert working_size((0, 0, 40, 60), 40) == (80, 120)  # tiny panels are not blown up further


def test_tiles_of_all_panels_share_batches_and_batches_change_nothing(weights: Path) -> None:
    network = load_colour_runner(weights)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((256, 600), (300, 256), (90, 120))]
    context = bench(comic_page())
    together = colorize_pictures(network, pictures, 16, context)
    assert context.counts["network_calls"] == 1
    alone = [colorize_pictures(network, [picture], 1)[0] for picture in pictures]
    for one, other, picture in zip(together, alone, pictures, strict=True):
        assert one.shape == (*picture.shape, 3)
        assert np.abs(one.astype(int) - other).max() <= 1


def test_the_views_of_a_window_are_averaged(weights: Path) -> None:
    """Pictures, and what is pooled of segments; the mirrored view is turned back."""
    network = load_colour_runner(weights)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (256, 320), dtype=np.uint8)
    grey = np.asarray(cv2.GaussianBlur(noise, (0, 0), 12), np.uint8)
    labels = np.where(np.arange(320) < 100, 1, 2)[None].repeat(256, axis=0).astype(np.uint16)
    views = View((240, 192)), View((180, 144), mirrored=True)
    shown = show_window(grey, (0, 0, 320, 256), (320, 256), share=0.0)
    assert shown.views == views
    pool = FeaturePool(labels, (256, 320))
    (both,) = colorize_windows(network, [shown], 8, pools=[pool])

    alone, rows = [], []
    for view, seen in zip(views, shown.greys, strict=True):
        own = FeaturePool(labels[:, ::-1] if view.mirrored else labels, seen.shape)
        (picture,) = colorize_pictures(network, [seen], 8, pools=[own])
        alone.append(cv2.resize(view.turn(picture), (320, 256)).astype(float))
        rows.append(own.sums)
    assert both.shape == (256, 320, 3)
    assert np.abs(both - (alone[0] + alone[1]) / 2).max() <= 1
    assert pool.sums and all(
        np.allclose(pool.sums[name], rows[0][name] + rows[1][name]) for name in pool.sums
    )


def test_no_seam_where_tiles_meet(weights: Path) -> None:
    network = load_colour_runner(weights)
    ramp = np.tile(np.linspace(90, 200, 3 * TILE, dtype=np.float32), (TILE, 1)).astype(np.uint8)
    (result,) = colorize_pictures(network, [ramp], 8)
    steps = np.abs(np.diff(cv2.blur(result, (9, 9)).astype(float), axis=1)).mean(axis=(0, 2))
    borders = [64 * k for k in range(1, 12)]
    at_borders = max(steps[b - 2 : b + 2].mean() for b in borders)
    assert at_borders <= 1.5 * np.median(steps) + 0.5


def test_saturation_nought_gives_a_grey_page(weights: Path) -> None:
    page = comic_page()
    context = bench(page)
    options = Options(scale="1", weights=str(weights), saturation=0.0, device="cpu")
    result = run_until("reassemble", context, options)["reassemble"].images["main"]
    assert strength(result).max() < 1


def test_other_windows_than_were_coloured_are_refused(weights: Path) -> None:
    """trace makes the map of windows again, which must give those that colorize saw."""
    made, context = coloured(comic_page(), weights)
    colours = PageColours.from_artifact(made["colorize"])
    first, *others = colours.windows
    x, y, w, h = first.box
    moved = replace(colours, windows=(replace(first, box=(x, y, w - 1, h)), *others))
    context.config = trace.configure(Options(), context.chapter)
    with pytest.raises(PageError, match="windows") as refused:
        trace.run(context, {**made, "colorize": moved.to_artifact()})
    assert "--from" in refused.value.remedy


def test_what_was_prepared_is_not_prepared_again(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cpu lane may prepare windows while the device colours others."""
    made, context = coloured(comic_page(), weights)
    inputs = {name: made[name] for name in colorize.STAGE.needs}
    context.config = colorize.configure(Options(weights=str(weights)), context.chapter)
    context.prepared = colorize.prepare(context, inputs)
    monkeypatch.setattr(colorize, "prepare", lambda *_: pytest.fail("prepared twice"))
    again = colorize.finish(context, inputs, colorize.run(context, inputs))
    assert again.data == made["colorize"].data
    assert all(np.array_equal(again.images[name], image) for name, image in made["colorize"].images.items())


def test_a_series_is_known_by_what_rows_come_from_as_in_earlier_versions() -> None:
    config = colorize.configure(Options(), Chapter("", ()))
    files = (embedding_path("default"), DESCREENER)
    rows = weights_fingerprint("default") + "".join(map(sha256_of, files))
    assert colorize.memory_key(config) == ("10", rows)
    besides = (embedding_path("default", IDENTITY), cohort_path("default"))
    assert colorize.fingerprint(config) == rows + "".join(map(sha256_of, besides))
