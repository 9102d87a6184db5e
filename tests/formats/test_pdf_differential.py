"""Three hundred made-up PDF pages beside an independent renderer, poppler's ``pdftoppm``."""

from __future__ import annotations

import io
import itertools
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.types import Image
from mangacolor.formats.limits import Limits
from mangacolor.formats.pdf.pages import list_pages, read_page
from mangacolor.tests.helpers.pdfs import Writer, filling, new_file, page, picture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("pdftoppm"), reason="needs pdftoppm (Debian: poppler-utils)"),
]
SIZE = (180, 240)  # points; pictures have two pixels a point
PAGES = 300
FILTERS = ("DCTDecode", "FlateDecode", "LZWDecode", "OneBit")
SPACES = ("grey", "rgb", "indexed", "separation")
DECODES = ("", "inverted")
MASKS = ("", "soft", "stencil", "colour key")
TURNS = (0, 90, 180, 270)
CROPS = ("", "/CropBox [20 30 170 220]")


def drawing(seed: int) -> Image:
    """Shapes without fine detail, so that renderers that sample differently still agree. H×W uint8."""
    draw = random.Random(seed)
    grey = np.full((480, 360), draw.choice([255, 240, 200]), np.uint8)
    for _ in range(6):
        x, y = draw.randrange(300), draw.randrange(400)
        grey[y : y + draw.randrange(30, 160), x : x + draw.randrange(30, 160)] = draw.randrange(0, 256, 15)
    return grey


def combinations() -> list[tuple[str, str, str, str, int, str]]:
    """All combinations that a PDF allows, in a shuffled order that is always the same."""
    every = itertools.product(FILTERS, SPACES, DECODES, MASKS, TURNS, CROPS)
    allowed = [
        row
        for row in every
        if not (row[0] == "OneBit" and row[1] in ("rgb", "indexed"))
        and not (row[1] == "indexed" and (row[0] == "DCTDecode" or row[2]))
        and not (row[3] == "colour key" and (row[0] in ("DCTDecode", "OneBit") or row[1] != "grey"))
    ]
    random.Random(5).shuffle(allowed)
    return allowed[:PAGES]


def make_page(writer: Writer, seed: int, row: tuple[str, str, str, str, int, str]) -> int:
    method, space, decode, mask, turn, crop = row
    grey = drawing(seed)
    pixels, named, parts = grey, "", 1
    if space == "rgb":
        pixels, parts = np.stack([grey, grey, grey], axis=-1), 3
    elif space == "indexed":
        palette = "".join(f"{value:02x}" * 3 for value in range(256))
        named = f"[/Indexed /DeviceRGB 255 <{palette}>]"
    elif space == "separation":
        tint = "<< /FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [0 0 0] /N 1 >>"
        named, pixels = f"[/Separation /Black /DeviceRGB {tint}]", 255 - grey
    extra = ""
    if decode:
        extra += f"/Decode [{' '.join(['1 0'] * parts)}]"
        pixels = 255 - pixels
    if mask == "soft":
        soft = np.full_like(grey, 255)
        soft[:200] = 120
        extra += f" /SMask {picture(writer, soft, 'FlateDecode')} 0 R"
    elif mask == "stencil":
        out = np.zeros(grey.shape, bool)
        out[300:, :150] = True
        stencil = writer.stream(
            f"/Type /XObject /Subtype /Image /Width {grey.shape[1]} /Height {grey.shape[0]} "
            "/ImageMask true /BitsPerComponent 1",
            np.packbits(out, axis=1).tobytes(),
        )
        extra += f" /Mask {stencil} 0 R"
    elif mask == "colour key":
        extra += " /Mask [0 60]"
    name = picture(writer, np.ascontiguousarray(pixels), method, named, extra)
    more = f"/Rotate {turn} {crop}"
    return page(writer, filling(SIZE), {"P": name}, SIZE, extra=more)


def test_pages_are_what_another_renderer_shows(tmp_path: Path) -> None:
    rows = combinations()
    assert len(rows) == PAGES
    writer = new_file()
    path = tmp_path / "all.pdf"
    path.write_bytes(writer.written([make_page(writer, seed, row) for seed, row in enumerate(rows)]))
    command = ["pdftoppm", "-r", "144", "-cropbox", "-png", str(path), str(tmp_path / "page")]
    subprocess.run(command, check=True, timeout=240)
    theirs = sorted(tmp_path.glob("page-*.png"))
    suffixes = list_pages(path, Limits())
    assert len(theirs) == len(suffixes) == PAGES
    wrong = []
    for index, (file, row) in enumerate(zip(theirs, rows, strict=True)):
        expected = PillowImage.open(file).convert("RGB")
        shown = PillowImage.open(io.BytesIO(read_page(path, index, 10**8))).convert("RGB")
        assert max(abs(a - b) for a, b in zip(shown.size, expected.size, strict=True)) <= 1, row
        same_size = np.asarray(shown.resize(expected.size), np.int32)
        difference = np.abs(same_size - np.asarray(expected, np.int32)).mean()
        if difference > 2:
            wrong.append((round(float(difference), 2), index, *row))
    assert wrong == []
