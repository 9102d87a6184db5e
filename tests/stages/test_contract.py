"""What every built-in stage owes the engine, on pages of every awkward shape."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import PageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Image
from mangacolor.tests.helpers.stages import bench, comic_page, page_stages, run_stage, run_until, tiny_weights

PAGES = {
    "comic": comic_page(),
    "one pixel": np.full((1, 1), 90, np.uint8),
    "odd sizes": comic_page(301, 257),
    "wide": np.tile(np.arange(251, dtype=np.uint8), (9, 3)),
    "black": np.zeros((40, 30), np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (150, 131), dtype=np.uint8),
    "colour": np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8),
}
NAMES = (
    "decode",
    "classify",
    "panels",
    "kinds",
    "balloons",
    "colorize",
    "upscale",
    "trace",
    "reassemble",
    "encode",
)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    weights = tiny_weights(tmp_path_factory.mktemp("weights"))
    return Options(scale="2", weights=str(weights), upscaler="lanczos", force_color=True, device="cpu")


def test_these_are_the_built_in_page_stages() -> None:
    assert set(NAMES) <= set(page_stages())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_goes_through_all_stages_and_no_input_is_changed(page: Image, options: Options) -> None:
    context = bench(page)
    made = run_until("encode", context, options)
    height, width = page.shape[:2]
    assert made["reassemble"].images["main"].shape == (2 * height, 2 * width, 3)
    assert made["encode"].blob
    # Every artifact is shared between stages and threads: run them once more and compare.
    before = {
        (name, key): image.copy() for name, made_by in made.items() for key, image in made_by.images.items()
    }
    for stage in page_stages().values():
        if stage.name in made:
            again = run_stage(stage, context, options, made)
            for key, image in again.images.items():
                assert (image == before[stage.name, key]).all(), (stage.name, key)
    for (name, key), image in before.items():
        assert (made[name].images[key] == image).all(), (name, key)


@pytest.mark.parametrize("name", NAMES)
def test_configurations_travel_and_artifacts_are_plain(name: str, options: Options) -> None:
    context = bench(PAGES["odd sizes"])
    stage = page_stages()[name]
    config = stage.configure(options, context.chapter)
    assert pickle.loads(pickle.dumps(config)) == config
    made = run_until(name, context, options)
    artifact = made[name]
    assert all(image.dtype == np.uint8 for image in artifact.images.values())
    assert not any(isinstance(value, np.generic) for value in _leaves(artifact.data))
    if stage.preview is not None:
        picture = stage.preview(artifact, {need: made[need] for need in stage.needs if need in made})
        assert picture.dtype == np.uint8
        assert picture.ndim == 3


def test_every_long_stage_can_be_stopped(options: Options) -> None:
    for name in ("colorize", "reassemble"):
        context = bench(PAGES["comic"])
        run_until(name, context, options)
        assert context.counts["checks"] > 0


def test_a_broken_file_is_the_pages_own_error(options: Options, tmp_path: Path) -> None:
    context = bench(PAGES["comic"])
    context.source = context.source[: len(context.source) // 2]
    with pytest.raises(PageError) as caught:
        run_until("decode", context, options)
    assert caught.value.remedy


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
