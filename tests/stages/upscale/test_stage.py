"""The upscale stage: size, exactness at scale 1, seams, flat paper, lines and screentone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import Cancelled, SetupError
from mangacolor.core.scale import output_scale
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Page
from mangacolor.models.upscale import sources
from mangacolor.models.upscale.known import DEFAULT
from mangacolor.models.upscale.loader import Upscaler, load_upscaler, weights_hash
from mangacolor.models.upscale.sources import package_folder
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.registry import default_graph
from mangacolor.stages.upscale import stage as upscale
from mangacolor.stages.upscale.enlarge import lanczos, upscale_luma

T = TypeVar("T")
needs_package = pytest.mark.skipif(package_folder() is None, reason="the weights package is not installed")


class NoSource:
    def read(self) -> bytes:
        raise AssertionError("the stage reads no file")

    def describe(self) -> str:
        return "nowhere"


@dataclass
class Context:
    """What the engine hands to a stage, without an engine."""

    config: Any
    prepared: Any = None
    page: Page = field(default_factory=lambda: Page("a.png", 1, NoSource()))
    chapter: Chapter = field(default_factory=lambda: Chapter("a", ()))
    device: str = "cpu"
    source: bytes = b""
    made: dict[Hashable, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]  # type: ignore[no-any-return]

    def check_cancelled(self) -> None: ...

    def count(self, counter: str, amount: int = 1) -> None: ...

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def run(page: Image, **options: Any) -> tuple[Artifact, Context]:
    chapter = Chapter("a", ())
    context = Context(upscale.configure(Options(**options), chapter))
    return upscale.run(context, {"decode": Artifact(images={"main": page})}), context


def drawing(height: int, width: int, bold: int = 1) -> Image:
    """Smooth black strokes, circles and lettering on white, H×W; fewer and larger if ``bold``."""
    page = np.full((height * 4, width * 4), 255, np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(height * width // (900 * bold**2)):
        a, b = rng.integers(0, [width * 4, height * 4], (2, 2))
        cv2.line(page, tuple(map(int, a)), tuple(map(int, b)), 0, bold * int(rng.integers(3, 12)))
        cv2.circle(
            page, tuple(map(int, a)), bold * int(rng.integers(20, 90)), 0, bold * int(rng.integers(3, 9))
        )
        cv2.putText(page, "manga", tuple(map(int, b)), cv2.FONT_HERSHEY_SIMPLEX, bold * 2.0, 0, bold * 5)
    return np.asarray(cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def halved(page: Image) -> Image:
    height, width = page.shape
    return np.asarray(cv2.resize(page, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)


def psnr(a: Image, b: Image) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def gradient_energy(page: Image) -> float:
    return float(np.mean([g.astype(float) ** 2 for g in np.gradient(page.astype(float))]))


@pytest.fixture(scope="module", params=[DEFAULT, pytest.param("animevideov3", marks=needs_package)])
def upscaler(request: pytest.FixtureRequest) -> Upscaler:
    return load_upscaler(request.param)


@pytest.fixture(scope="module")
def ours() -> Upscaler:
    return load_upscaler(DEFAULT)


@pytest.mark.parametrize(
    ("scale", "size", "factor"),
    [
        ("auto", (1600, 2400), 1),
        ("auto", (800, 20000), 1),
        ("auto", (1600, 2399), 2),
        ("auto", (1200, 800), 2),
        ("auto", (800, 1199), 4),
        ("auto", (100, 80), 4),
        ("1", (100, 80), 1),
        ("4", (3000, 4000), 4),
    ],
)
def test_auto_is_the_smallest_factor_that_gives_2400_pixels(
    scale: Any, size: tuple[int, int], factor: int
) -> None:
    assert output_scale(scale, size) == factor


def test_scale_1_passes_the_luma_exactly_and_loads_no_network() -> None:
    page = np.random.default_rng(0).integers(0, 256, (31, 17, 3), np.uint8)
    artifact, context = run(page, scale="1")
    assert np.array_equal(artifact.images["main"], cv2.cvtColor(page, cv2.COLOR_RGB2GRAY))
    assert artifact.data["size"] == [17, 31]
    assert not context.made


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (3, 2), (37, 61)])
@pytest.mark.parametrize("scale", [2, 4])
def test_any_size_grows_to_the_output_size_and_the_input_is_not_touched(
    height: int, width: int, scale: int
) -> None:
    page = np.repeat(drawing(64, 64)[:height, :width, None], 3, axis=2)
    page[0, 0] = 128
    before = page.copy()
    artifact, _ = run(page, scale=str(scale))
    main = artifact.images["main"]
    assert main.shape == (height * scale, width * scale) and main.dtype == np.uint8
    assert artifact.data["size"] == [width * scale, height * scale]
    assert (artifact.data["model"], artifact.data["backend"]) == (DEFAULT, "spandrel")
    assert np.array_equal(page, before)


def test_lines_come_out_sharper_and_truer_than_bicubic(upscaler: Upscaler) -> None:
    original = drawing(240, 200)
    small = halved(original)
    ours = upscale_luma(small, 2, upscaler)
    bicubic = np.asarray(cv2.resize(small, (200, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert psnr(ours, original) > psnr(bicubic, original) + 1
    assert gradient_energy(ours) > 1.1 * gradient_energy(bicubic)


@pytest.mark.parametrize("scale", [2, 4])
def test_tiles_leave_no_seams(upscaler: Upscaler, scale: int) -> None:
    page = drawing(110, 150)
    whole = upscale_luma(page, scale, replace(upscaler, tile=1000))
    tiled = upscale_luma(page, scale, replace(upscaler, tile=40, multiple_of=8, batch=3))
    passes = 2 if upscaler.scale < scale else 1  # what rounding left in the first is enlarged by the second
    assert np.abs(whole.astype(int) - tiled).max() <= passes


def test_the_mean_of_every_region_stays(upscaler: Upscaler) -> None:
    page = drawing(120, 120)
    large = upscale_luma(page, 2, upscaler)
    blur = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), 6) for p in (page, halved(large))]
    assert np.abs(blur[0] - blur[1]).max() < 3


def counting(upscaler: Upscaler) -> tuple[Upscaler, list[int]]:
    calls: list[int] = []

    def enlarge(tiles: Image, scale: int) -> Image:
        calls.append(len(tiles))
        return upscaler.enlarge(tiles, scale)

    return replace(upscaler, enlarge=enlarge), calls


def test_flat_paper_costs_no_network_call(ours: Upscaler) -> None:
    counter, calls = counting(replace(ours, tile=32))
    paper = np.random.default_rng(0).integers(252, 256, (96, 96)).astype(np.uint8)
    assert np.abs(upscale_luma(paper, 2, counter).astype(int) - 254).max() <= 3
    assert not calls
    paper[44:48, 42:54] = 0
    upscale_luma(paper, 2, counter)
    assert sum(calls) == 1


def test_work_stops_between_tiles(ours: Upscaler) -> None:
    counter, calls = counting(replace(ours, tile=32))

    def check() -> None:
        if len(calls) >= 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        upscale_luma(drawing(160, 160), 2, counter, check)
    assert 2 <= len(calls) <= 2 + usable_cores()  # a tile a core may be under way; there are 25


def tone(height: int, width: int, pitch: float, share: float) -> Image:
    """Round black dots in a grid turned by 45°, ``share`` of the paper covered."""
    fine = 4
    y, x = np.mgrid[: height * fine, : width * fine] / fine
    u, v = (x + y) / np.sqrt(2) / pitch, (x - y) / np.sqrt(2) / pitch
    radius = np.sqrt(share / np.pi)
    dots = np.where(np.hypot(u - np.rint(u), v - np.rint(v)) < radius, 0.0, 255.0)
    return np.asarray(dots.reshape(height, fine, width, fine).mean(axis=(1, 3)).round(), np.uint8)


@pytest.mark.parametrize("pitch", [3.5, 5, 7])
@pytest.mark.parametrize("share", [0.15, 0.4])
def test_screentone_keeps_its_mean_and_its_contrast(upscaler: Upscaler, pitch: float, share: float) -> None:
    page = tone(96, 96, pitch, share)
    inner = halved(upscale_luma(page, 2, upscaler))[12:-12, 12:-12].astype(float)
    given = page[12:-12, 12:-12].astype(float)
    window = (17, 17)
    assert np.abs(cv2.blur(inner, window) - cv2.blur(given, window)).max() < 3
    assert inner.std() == pytest.approx(given.std(), rel=0.2)


def test_a_network_that_melts_tone_is_replaced_by_lanczos_there(ours: Upscaler) -> None:
    def melt(tiles: Image, scale: int) -> Image:
        c = ours.halo
        smooth = np.stack([cv2.blur(tile, (9, 9)) for tile in tiles])[:, c:-c, c:-c]
        return smooth.repeat(scale, axis=1).repeat(scale, axis=2)

    page = tone(120, 120, 5, 0.3)
    page[:, 60:] = 255
    large = upscale_luma(page, 2, replace(ours, enlarge=melt))
    assert np.array_equal(large[40:200, 10:90], lanczos(page, 2)[40:200, 10:90])


def test_lanczos_can_be_chosen() -> None:
    page = np.repeat(drawing(40, 40)[..., None], 3, axis=2)
    artifact, context = run(page, scale="2", upscaler="lanczos")
    assert np.array_equal(artifact.images["main"], lanczos(page[..., 0], 2))
    assert artifact.data["model"] == "lanczos"
    assert not context.warnings


@needs_package
def test_the_realesrgan_package_gets_a_network_for_rgb() -> None:
    config = upscale.configure(Options(scale="2", upscale_backend="realesrgan"), Chapter("a", ()))
    assert upscale.fingerprint(config) == weights_hash("animevideov3")
    assert upscale.fingerprint(replace(config, backend="spandrel")) == weights_hash(DEFAULT)


def test_auto_needs_no_package_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "package_folder", lambda: None)
    page = np.repeat(drawing(40, 40)[..., None], 3, axis=2)
    artifact, context = run(page, scale="2")
    assert artifact.data["model"] == DEFAULT and not context.warnings


def test_a_network_that_enlarges_twice_goes_over_its_result_to_enlarge_four_times(ours: Upscaler) -> None:
    counter, calls = counting(ours)
    original = drawing(240, 200, bold=3)
    small = halved(halved(original))
    large = upscale_luma(small, 4, counter)
    bicubic = np.asarray(cv2.resize(small, (200, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert len(calls) >= 2
    assert psnr(large, original) > psnr(bicubic, original) + 1
    assert gradient_energy(large) > 1.1 * gradient_energy(bicubic)


def test_a_network_asked_for_by_name_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sources, "package_folder", lambda: None)
    page = np.repeat(drawing(40, 40)[..., None], 3, axis=2)
    with pytest.raises(SetupError):
        run(page, scale="2", upscaler="animevideov3")


def test_the_key_follows_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def key(**options: Any) -> str:
        return upscale.fingerprint(upscale.configure(Options(**options), Chapter("a", ())))

    path = tmp_path / "mine.safetensors"
    save_file({"body.0.weight": np.zeros(3)}, path)
    one = key(upscaler=str(path))
    save_file({"body.0.weight": np.ones(3)}, path)
    assert len({one, key(upscaler=str(path)), key(), key(upscaler="anime-6b"), key(upscaler="lanczos")}) == 5
    with pytest.raises(SetupError, match="nonsense"):
        key(upscaler="nonsense")


def test_pages_are_kept_however_the_path_of_the_network_is_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def mark(path: Path) -> str:
        options = Options(scale="1", device="cpu", upscaler=str(path))
        return make_recipe(default_graph(), options, Chapter("a", ()), ["upscale"]).marks["upscale"]

    monkeypatch.chdir(tmp_path)
    save_file({"body.0.weight": np.zeros(3)}, "mine.safetensors")
    save_file({"body.0.weight": np.ones(3)}, "other.safetensors")
    assert mark(Path("mine.safetensors")) == mark(tmp_path / "mine.safetensors")
    assert mark(Path("mine.safetensors")) != mark(Path("other.safetensors"))
