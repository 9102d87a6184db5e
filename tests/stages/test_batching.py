"""A card that is too small: batches and tiles shrink, what fits is remembered, and the page stays the same.

No card is needed: the networks here raise torch's own error for inputs above a size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from mangacolor.core.errors import DeviceError, PageError, SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Image
from mangacolor.models.colour import runner as runner_module
from mangacolor.models.colour.prediction import Coloured
from mangacolor.models.colour.runner import ColourRunner, load_colour_runner
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.upscale.loader import Upscaler, load_upscaler
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.run import run
from mangacolor.stages.batching import Room, load_model, run_in_batches
from mangacolor.stages.colorize.config import Config as ColorizeConfig
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.stages.registry import default_graph
from mangacolor.stages.upscale.enlarge import upscale_luma
from mangacolor.tests.helpers.stages import bench, comic_page, tiny_weights


def full() -> torch.cuda.OutOfMemoryError:
    return torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def a_call(most: int, seen: list[int]) -> object:
    def call(group: Sequence[int]) -> list[int]:
        seen.append(len(group))
        if len(group) > most:
            raise full()
        return [10 * item for item in group]

    return call


@pytest.mark.parametrize("most", [1, 2, 3, 8])
def test_batches_are_halved_and_what_fits_is_remembered(most: int) -> None:
    room, seen = Room(), list[int]()
    for _ in range(2):
        found = list(run_in_batches(range(11), 8, room, a_call(most, seen)))  # type: ignore[arg-type,var-annotated]
        assert found == [(item, 10 * item) for item in range(11)]
    assert seen.count(8) == (1 if most < 8 else 2)  # never tried again once it has failed
    assert max(seen[len(seen) // 2 :]) <= max(most, 1)


def test_an_item_is_divided_only_when_it_fails_alone() -> None:
    seen: list[list[int]] = []

    def call(group: Sequence[int]) -> list[int]:
        seen.append(list(group))
        if sum(group) > 4:
            raise full()
        return list(group)

    def divide(item: int) -> list[int]:
        return [item // 2, item - item // 2] if item > 1 else []

    done = [item for item, _ in run_in_batches([8, 2, 3], 2, Room(), call, divide=divide)]
    assert done == [4, 4, 2, 3]
    assert [8, 2] in seen and [8] in seen


def test_nothing_left_to_try_fails_the_page_or_is_rescued() -> None:
    room = Room()
    with pytest.raises(PageError, match="no memory for even the smallest"):
        list(run_in_batches([1], 4, room, a_call(0, [])))  # type: ignore[arg-type]
    found = list(run_in_batches([1, 2], 4, room, a_call(0, []), rescue=lambda item: -item))  # type: ignore[arg-type]
    assert found == [(1, -1), (2, -2)]


def test_other_errors_are_passed_on() -> None:
    def call(_group: Sequence[int]) -> list[int]:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        list(run_in_batches([1], 1, Room(), call))
    with pytest.raises(ValueError, match="odd"):
        load_model(lambda: (_ for _ in ()).throw(ValueError("odd")), "cuda:0")


@pytest.mark.parametrize("text", ["MPS backend out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED"])
def test_every_devices_words_for_it_are_known(text: str) -> None:
    def load() -> None:
        raise RuntimeError(text)

    with pytest.raises(SetupError, match="cuda:0 has no memory"):
        load_model(load, "cuda:0")


@pytest.mark.parametrize(
    "text", ["CUDA error: unspecified launch failure", "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"]
)
def test_a_device_that_fails_is_told_from_a_page_that_does(text: str) -> None:
    def fail(*_: object) -> list[int]:
        raise RuntimeError(f"{text}\nCUDA kernel errors might be asynchronously reported")

    with pytest.raises(DeviceError, match=f"cuda:0 failed: {text}\n"):
        load_model(fail, "cuda:0")
    with pytest.raises(DeviceError, match=f"the graphics card failed: {text}\n"):
        list(run_in_batches([1, 2], 2, Room(), fail))


class Small:
    """A runner on a card that holds ``most`` tiles at once."""

    def __init__(self, runner: ColourRunner, most: int) -> None:
        self.plain, self.most, self.tried = runner, most, list[int]()
        self.runner = replace(runner, run=self._run)

    def _run(self, tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
        self.tried.append(len(tiles))
        if len(tiles) > self.most:
            raise full()
        return self.plain.run(tiles, maps)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tiny_weights(tmp_path)


def pictures() -> list[Image]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((256, 900), (300, 256), (90, 120))]


def differ(one: Sequence[Image], other: Sequence[Image]) -> int:
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("most", [1, 2, 5])
def test_colour_is_the_same_in_smaller_batches(most: int, weights: Path) -> None:
    runner = load_colour_runner(weights)
    whole = colorize_pictures(runner, pictures(), 8)
    context, small = bench(comic_page()), Small(runner, most)
    assert differ(whole, colorize_pictures(small.runner, pictures(), 8, context)) <= 1
    assert small.tried.count(8) == 1
    before = len(small.tried)
    colorize_pictures(small.runner, pictures(), 8, context)  # the next page
    assert max(small.tried[before:]) <= most
    assert context.counts["network_calls"] == sum(size <= most for size in small.tried)


def test_a_tile_that_fits_nowhere_on_the_card_is_coloured_by_the_processor(weights: Path) -> None:
    context = bench(comic_page())
    context.config = ColorizeConfig(str(weights))
    context.device = "cuda:0"
    runner = load_colour_runner(weights)
    whole = colorize_pictures(runner, pictures(), 8)
    small = Small(runner, 0).runner
    assert differ(whole, colorize_pictures(small, pictures(), 8, context)) <= 1
    assert len(context.warnings) == 1 and "out of memory" in context.warnings[0]


def small_card(upscaler: Upscaler, pixels: int) -> tuple[Upscaler, list[int]]:
    tried: list[int] = []

    def enlarge(tiles: Image, scale: int) -> Image:
        tried.append(tiles.size)
        if tiles.size > pixels:
            raise full()
        return upscaler.enlarge(tiles, scale)

    return replace(upscaler, enlarge=enlarge, tile=64, multiple_of=32, batch=4, parallel=False), tried


@pytest.mark.parametrize("pixels", [100**2, 70**2, 55**2])
def test_enlarging_is_the_same_in_smaller_batches_and_tiles(pixels: int) -> None:
    upscaler = load_upscaler("animevideov3")
    page = np.random.default_rng(0).integers(0, 256, (90, 120), dtype=np.uint8)
    whole = upscale_luma(page, 2, upscaler)
    small, tried = small_card(upscaler, pixels)
    room = Room()
    assert differ([whole], [upscale_luma(page, 2, small, room=room)]) <= 1
    assert max(tried) > pixels
    tried.clear()
    assert differ([whole], [upscale_luma(page, 2, small, room=room)]) <= 1  # the next page
    assert max(tried) <= pixels


def test_a_card_too_small_for_anything_fails_the_page() -> None:
    small, _ = small_card(load_upscaler("animevideov3"), 10)
    page = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    with pytest.raises(PageError, match="no memory"):
        upscale_luma(page, 2, small, room=Room())


def test_a_whole_run_survives_a_small_card(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.png").write_bytes(bench(comic_page()).source)
    made: list[Small] = []

    def load(name: str, device: str, backend: CpuBackend) -> ColourRunner:
        made.append(Small(load_colour_runner(name, device, backend), 2))
        return made[-1].runner

    def go(out: str) -> list[Image]:
        options = Options(scale="1", weights=str(weights), device="cpu", harmonize=False)
        result = run(
            [tmp_path / "in"],
            tmp_path / out,
            options,
            RunOptions(),
            graph=default_graph(),
            emit=lambda _event: None,
            cancel=CancelToken(),
        )
        assert (result.status, result.done) == (0, 3)
        return [np.asarray(PilImage.open(file)) for file in sorted((tmp_path / out).glob("*.png"))]

    expected = go("whole")
    monkeypatch.setattr(runner_module, "load_colour_runner", load)
    assert differ(go("small"), expected) <= 1
    assert len(made) == 1 and sum(size > 2 for size in made[0].tried) <= 2
