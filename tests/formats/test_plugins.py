"""JPEG XL and HEIC: read where a plug-in is installed, named with the remedy where none is."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.core.installed import install_command
from mangacolor.formats import plugins
from mangacolor.formats.pixels import decode_picture
from mangacolor.formats.sniff import image_kind

FORMATS = [("JXL", "pillow_jxl", "jxl", "JPEG XL"), ("HEIF", "pillow_heif", "heif", "HEIC")]
HEADS = {
    b"\xff\x0a\x00\x00": "jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "jxl",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic": "heif",
    b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic": "heif",
    b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf": "avif",
    b"\0\0\0\x1cftypavif\0\0\0\0avifmif1": "avif",
    b"II\xbc\x01": "jxr",
    b"\0\0\0\x18ftypisom\0\0\0\0": None,  # a film
}


@pytest.fixture
def fresh() -> Iterator[None]:
    plugins._is_ready.cache_clear()
    yield
    plugins._is_ready.cache_clear()


@pytest.mark.parametrize(("head", "kind"), HEADS.items())
def test_signatures(head: bytes, kind: str | None) -> None:
    assert image_kind(head) == kind


def page(form: str) -> tuple[bytes, Any]:
    y, x = np.mgrid[0:64, 0:48]
    pixels = np.stack([x * 5, y * 3, 255 - x * 5], axis=-1).astype(np.uint8)
    module = next(module for name, module, *_ in FORMATS if name == form)
    assert plugins._is_ready(module)  # Pillow writes the format once its plug-in is there
    target = io.BytesIO()
    PillowImage.fromarray(pixels).save(target, form, quality=95)
    return target.getvalue(), pixels


@pytest.mark.parametrize(("form", "module", "kind", "name"), FORMATS)
def test_pages_are_read_with_the_plug_in(form: str, module: str, kind: str, name: str) -> None:
    pytest.importorskip(module)
    data, pixels = page(form)
    assert plugins.plugin_format(data) == (form,)
    assert image_kind(data[:64]) == kind
    picture = decode_picture(data, "x", 10**6)
    assert picture.format == form
    assert np.abs(picture.pixels.astype(int) - pixels).mean() < 4
    with pytest.raises(PageError, match=r"x: (cannot be decoded|not a picture)") as caught:
        decode_picture(data[: len(data) // 3], "x", 10**6)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(("form", "module", "kind", "name"), FORMATS)
def test_without_the_plug_in_the_message_says_what_to_install(
    form: str, module: str, kind: str, name: str, fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(module)
    data, _ = page(form)
    plugins._is_ready.cache_clear()
    real = importlib.import_module

    def no_plugin(wanted: str, package: str | None = None) -> Any:
        if wanted in ("pillow_jxl", "pillow_heif"):
            raise ImportError(wanted)
        return real(wanted, package)

    monkeypatch.setattr(importlib, "import_module", no_plugin)
    with pytest.raises(PageError, match=f"x: a {name} picture, which cannot be read here") as caught:
        decode_picture(data, "x", 10**6)
    assert install_command("more-formats") in caught.value.remedy


def test_jpeg_xr_has_no_plug_in() -> None:
    with pytest.raises(PageError, match="JPEG XR") as caught:
        decode_picture(b"II\xbc\x01" + bytes(60), "x", 10**6)
    assert caught.value.remedy == "Convert it to PNG."
