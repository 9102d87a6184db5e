"""Pages are written back in their own format, with the same bytes every time."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.formats.sources import FileSource
from mangacolor.formats.writers import LIMITS, encode_picture
from mangacolor.stages import encode

LOSSLESS = ["PNG", "TIFF", "BMP", "JPEG2000", "PPM"]


def picture(height: int = 60, width: int = 90) -> np.ndarray:
    """A smooth coloured gradient with a black line: H×W×3."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], axis=-1)
    pixels[height // 2] = 0
    return pixels.astype(np.uint8)


def run(pixels: np.ndarray, format: str, name: str, *others: str, **facts: Any) -> tuple[Artifact, list[str]]:
    pages = [Page(n, i + 1, FileSource(None)) for i, n in enumerate((name, *others))]  # type: ignore[arg-type]
    chapter = Chapter(".", tuple(pages))
    warnings: list[str] = []
    context: Any = SimpleNamespace(
        page=pages[0], chapter=chapter, config=encode.configure(Options(), chapter), warn=warnings.append
    )
    decoded = {"format": format, "density": None, "lossless": True, **facts}
    inputs = {"decode": Artifact(decoded), "reassemble": Artifact(images={"main": pixels})}
    return encode.run(context, inputs), warnings


def opened(artifact: Artifact) -> Any:
    assert artifact.blob is not None
    return PillowImage.open(io.BytesIO(artifact.blob))


@pytest.mark.parametrize("format", sorted(LIMITS))
def test_the_source_format_is_kept(format: str) -> None:
    artifact, warnings = run(picture(), format, "a/1.xyz")
    image = opened(artifact)
    assert image.format == format and image.size == (90, 60) and image.mode == "RGB"
    assert artifact.data == {"name": "a/1.xyz", "suffix": ".xyz", "renamed": False, "format": format}
    assert not warnings
    difference = np.abs(np.asarray(image).astype(int) - picture())
    assert difference.max() == 0 if format in LOSSLESS else difference.mean() < 3


@pytest.mark.parametrize("format", sorted(LIMITS))
def test_same_pixels_same_bytes(format: str) -> None:
    blobs = {run(picture(), format, "1.x", density=[300, 300])[0].blob for _ in range(3)}
    assert len(blobs) == 1


def test_jpeg_keeps_full_chroma_at_quality_92() -> None:
    artifact, _ = run(picture(), "JPEG", "1.jpg")
    image = opened(artifact)
    assert [component[1:3] for component in image.layer] == [(1, 1)] * 3  # sampling factors: 4:4:4
    reference = io.BytesIO()
    PillowImage.fromarray(picture()).save(reference, "JPEG", quality=92, subsampling=0)
    expected: Any = PillowImage.open(reference)
    assert image.quantization == expected.quantization


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_stays_lossless_or_lossy(lossless: bool) -> None:
    artifact, _ = run(picture(), "WEBP", "1.webp", lossless=lossless)
    assert np.array_equal(np.asarray(opened(artifact)), picture()) == lossless


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP"])
def test_density_is_kept(format: str) -> None:
    artifact, _ = run(picture(), format, "1.x", density=[300.0, 600.0])
    assert opened(artifact).info["dpi"] == pytest.approx((300, 600), abs=0.05)


TWINS = (("gif", "pgm"), ("pgm", "gif"))  # two pages of one stem, neither of which can hold colour


def test_gif_becomes_png_and_says_so() -> None:
    artifact, warnings = run(picture(), "GIF", "a/1.gif", "a/2.gif")
    assert opened(artifact).format == "PNG"
    assert artifact.data["name"] == "a/1.png" and artifact.data["renamed"]
    assert len(warnings) == 1 and "1.png" in warnings[0] and "GIF" in warnings[0]


def test_a_renamed_page_never_takes_another_pages_name() -> None:
    artifact, _ = run(picture(), "GIF", "a/1.gif", "a/1.PNG")
    assert artifact.data["name"] == "a/1.gif.png"


def test_twins_that_are_both_renamed_do_not_meet() -> None:
    names = [run(picture(), "GIF", f"a/1.{mine}", f"a/1.{other}")[0].data["name"] for mine, other in TWINS]
    assert names == ["a/1.gif.png", "a/1.pgm.png"]


@pytest.mark.parametrize(("format", "limit"), [("JPEG", 65_500), ("WEBP", 16_383)])
def test_sides_beyond_the_format_give_png(format: str, limit: int) -> None:
    fits, warnings = run(picture(limit, 8), format, "1.x")
    assert opened(fits).format == format and not warnings
    artifact, warnings = run(picture(limit + 1, 8), format, "1.x")
    image = opened(artifact)
    assert image.format == "PNG" and image.size == (8, limit + 1)
    assert artifact.data["name"] == "1.png" and f"{limit:,}" in warnings[0]


def test_the_writer_itself_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="16383"):
        encode_picture(picture(16_384, 4), "WEBP", None, True, 90)


def test_a_grey_only_suffix_gives_png() -> None:
    artifact, _ = run(picture(), "PPM", "1.pgm")
    assert artifact.data["name"] == "1.png"


def test_nothing_of_the_run_is_in_the_file() -> None:
    for format in LIMITS:
        blob = run(picture(), format, "secret-name.x")[0].blob
        assert blob is not None
        assert b"secret" not in blob and b"mangacolor" not in blob and b"tIME" not in blob


def test_input_is_not_changed_and_need_not_be_contiguous() -> None:
    base = picture(120, 180)
    view = base[::2, ::2]
    before = base.copy()
    strided, _ = run(view, "PNG", "1.png")
    assert np.array_equal(np.asarray(opened(strided)), view)
    assert np.array_equal(base, before)


def test_configuration_is_typed() -> None:
    config = encode.configure(Options(), Chapter(".", ()))
    assert replace(config, jpeg_quality=92) == config
