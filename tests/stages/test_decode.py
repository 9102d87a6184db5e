"""Every kind of page decodes to the pixels a person would see; faults are named, never painted over."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter
from mangacolor.formats.integrity import decode_still_webp
from mangacolor.formats.pixels import Picture, decode_picture
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.registry import default_graph

LIMIT = 10_000_000
RAMP = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(48, axis=0)  # 48 × 64, dark left, light right


def saved(image: PillowImage.Image, format: str, **parameters: object) -> bytes:
    target = io.BytesIO()
    image.save(target, format, **parameters)
    return target.getvalue()


def decode(data: bytes) -> Picture:
    picture = decode_picture(data, "page", LIMIT)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.ndim == 3 and picture.pixels.shape[2] == 3
    return picture


def grey_as_rgb(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2).astype(np.uint8)


def colour_chart() -> np.ndarray:
    chart = np.zeros((48, 64, 3), np.uint8)
    for index, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (230, 180, 150)]):
        chart[:, 16 * index : 16 * index + 16] = colour
    return chart


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "PPM", "WEBP"])
def test_grey_and_colour_survive_lossless_formats(format: str) -> None:
    extra = {"lossless": True} if format == "WEBP" else {}
    assert np.array_equal(
        decode(saved(PillowImage.fromarray(RAMP), format, **extra)).pixels, grey_as_rgb(RAMP)
    )
    assert np.array_equal(
        decode(saved(PillowImage.fromarray(colour_chart()), format, **extra)).pixels, colour_chart()
    )


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "PPM"])
def test_one_bit_pages_become_black_and_white(format: str) -> None:
    image = PillowImage.fromarray(RAMP).point(lambda v: 255 * (v > 127)).convert("1")
    picture = decode(saved(image, format))
    assert picture.bits == 1 and picture.grey
    assert np.array_equal(picture.pixels, grey_as_rgb(np.where(RAMP > 127, 255, 0)))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_cut(format: str) -> None:
    values = np.array([[0, 128, 129, 32896, 65407, 65535]], np.uint16)
    picture = decode(saved(PillowImage.fromarray(values), format))
    assert picture.bits == 16
    assert picture.pixels[0, :, 0].tolist() == [0, 0, 1, 128, 255, 255]  # round(v / 257)


def test_palette_with_a_transparent_entry_shows_white_paper() -> None:
    image = PillowImage.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50, 0, 0, 0])
    picture = decode(saved(image, "PNG", transparency=2))
    assert picture.pixels[0].tolist() == [[10, 20, 30], [200, 100, 50], [255, 255, 255]]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_composited_on_white(mode: str) -> None:
    image = PillowImage.fromarray(np.full((1, 3), 100, np.uint8)).convert(mode)
    image.putalpha(PillowImage.fromarray(np.array([[0, 128, 255]], np.uint8)))
    picture = decode(saved(image, "PNG"))
    expected = [255, 100 * 128 / 255 + 255 * 127 / 255, 100]
    assert np.abs(picture.pixels[0, :, 0].astype(float) - expected).max() <= 0.5
    assert picture.grey == (mode == "LA") or np.ptp(picture.pixels, axis=2).max() == 0


def test_a_grey_colour_key_is_transparent() -> None:
    picture = decode(saved(PillowImage.fromarray(np.array([[7, 8]], np.uint8)), "PNG", transparency=7))
    assert picture.pixels[0, :, 0].tolist() == [255, 8]


def inks() -> np.ndarray:
    """Four flat fields: white, pure cyan, pure black, and a mix."""
    values = np.zeros((64, 64, 4), np.uint8)
    values[:32, 32:] = (255, 0, 0, 0)
    values[32:, :32] = (0, 0, 0, 255)
    values[32:, 32:] = (40, 80, 120, 60)
    return values


def inks_as_rgb(values: np.ndarray) -> np.ndarray:
    cmy, black = values[..., :3].astype(float), values[..., 3:].astype(float)
    return np.asarray((255 - cmy) * (255 - black) / 255)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_prints_ink_on_white(format: str) -> None:
    parameters = {"quality": 100} if format == "JPEG" else {}
    data = saved(PillowImage.fromarray(inks(), mode="CMYK"), format, **parameters)
    picture = decode(data)
    assert picture.mode == "CMYK"
    assert np.abs(picture.pixels - inks_as_rgb(inks())).max() <= 4


def test_ycck_jpeg() -> None:
    # Transform byte 2: the first three channels are YCbCr of 255 - CMY, as stored (Adobe note 5116);
    # Adobe stores inks inverted, so that the stored values multiply to what is seen.
    luma, blue, red, black = 100, 110, 150, 200
    image = PillowImage.merge(
        "CMYK", [PillowImage.new("L", (32, 32), 255 - v) for v in (luma, blue, red, black)]
    )
    data = saved(image, "JPEG", quality=100, subsampling=0)
    at = data.index(b"Adobe")
    assert data[at + 11] == 0
    picture = decode(data[: at + 11] + b"\2" + data[at + 12 :])
    rgb = np.array(
        [
            luma + 1.402 * (red - 128),
            luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
            luma + 1.772 * (blue - 128),
        ]
    )
    assert np.abs(picture.pixels[16, 16] - (255 - rgb) * black / 255).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(format: str, orientation: int) -> None:
    upright = np.full((48, 64), 255, np.uint8)
    upright[:16, :24] = 0  # black at the top left, nowhere else
    stored = {  # what a camera held that way stores, EXIF 2.32 section 4.6.4
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright.T[::-1],
        7: upright.T[::-1, ::-1],
        8: upright.T[:, ::-1],
    }[orientation]
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    image = PillowImage.fromarray(np.ascontiguousarray(stored))
    picture = decode(saved(image, format, exif=exif.tobytes()))
    assert np.abs(picture.pixels[..., 0].astype(int) - upright).max() <= 60
    assert picture.pixels.shape == (48, 64, 3)


def matrix_profile(gamma: float, primaries: list[tuple[float, float, float]]) -> bytes:
    """A minimal ICC 2.1 display profile: three primaries (XYZ, D50), one gamma."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(79)
    text = b"text" + bytes(4) + b"none\0" + bytes(3)
    bodies = [(b"desc", name), (b"cprt", text), (b"wtpt", white)]
    for key, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
        bodies.append((key, b"XYZ " + bytes(4) + fixed(*xyz)))
    bodies += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    table, data, at = b"", b"", 128 + 4 + 12 * len(bodies)
    for key, body in bodies:
        table += key + struct.pack(">II", at + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    header = bytearray(128)
    header[8:12] = b"\2\x10\0\0"
    header[12:24] = b"mntrRGB XYZ "
    header[36:40] = b"acsp"
    header[68:80] = fixed(0.9642, 1.0, 0.8249)
    profile = bytes(header) + struct.pack(">I", len(bodies)) + table + data
    return struct.pack(">I", len(profile)) + profile[4:]


ADOBE_RGB = [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)]


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG"])
def test_adobe_rgb_is_converted_to_srgb(format: str) -> None:
    # Adobe RGB (1998), gamma 2.2: (150, 100, 100) is more saturated in sRGB; greys hardly move.
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16], pixels[16:] = (150, 100, 100), (128, 128, 128)
    parameters = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    profile = matrix_profile(2.19921875, ADOBE_RGB)
    picture = decode(saved(PillowImage.fromarray(pixels), format, icc_profile=profile, **parameters))
    assert np.abs(picture.pixels[8, 8].astype(int) - adobe_to_srgb((150, 100, 100))).max() <= 2
    assert np.abs(picture.pixels[24, 24].astype(int) - 128).max() <= 2


def adobe_to_srgb(colour: tuple[int, int, int]) -> np.ndarray:
    """By the two standards' formulas: gamma 563/256, the D50 matrices, sRGB's curve."""
    linear = (np.array(colour) / 255) ** (563 / 256)
    to_srgb = np.array(  # XYZ (D50) to linear sRGB, IEC 61966-2-1 with Bradford adaptation
        [
            [3.1338561, -1.6168667, -0.4906146],
            [-0.9787684, 1.9161415, 0.0334540],
            [0.0719453, -0.2289914, 1.4052427],
        ]
    )
    rgb = to_srgb @ (np.array(ADOBE_RGB).T @ linear)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * np.clip(rgb, 0, None) ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(encoded, 0, 1))


def test_an_unusable_profile_is_ignored_and_said() -> None:
    picture = decode(saved(PillowImage.fromarray(colour_chart()), "PNG", icc_profile=b"not a profile"))
    assert np.array_equal(picture.pixels, colour_chart())
    assert any("profile" in note for note in picture.notes)


def test_density_follows_a_quarter_turn() -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = saved(PillowImage.fromarray(RAMP), "JPEG", dpi=(300, 600), exif=exif.tobytes())
    assert decode(data).density == (600, 300)
    assert decode(saved(PillowImage.fromarray(RAMP), "PNG")).density is None


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused_by_name(format: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(PillowImage.fromarray(noise), format)
    with pytest.raises(PageError, match=r"pages/7\.png") as caught:
        decode_picture(data[: int(len(data) * share)], "pages/7.png", LIMIT)
    assert caught.value.remedy


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_flipped_bit_in_the_pixels_is_found(format: str) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (64, 64), dtype=np.uint8)
    data = bytearray(saved(PillowImage.fromarray(noise), format))
    start, found = len(data) // 2, 0
    for at in range(start, start + 40):
        mutated = bytes(data[:at]) + bytes([data[at] ^ 0x10]) + bytes(data[at + 1 :])
        try:
            decode_picture(mutated, "p", LIMIT)
        except PageError:
            found += 1
    # PNG has a checksum; a JPEG whose flipped code still parses holds no trace of the fault.
    assert found == 40 if format == "PNG" else found > 10


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(100)])
def test_no_picture_at_all(data: bytes) -> None:
    with pytest.raises(PageError, match=r"x\.png"):
        decode_picture(data, "x.png", LIMIT)


def test_the_pixel_limit_names_file_limit_and_option() -> None:
    data = saved(PillowImage.new("1", (5000, 5000)), "PNG")
    with pytest.raises(PageError, match=r"bomb\.png.*limit is 10,000,000") as caught:
        decode_picture(data, "bomb.png", LIMIT)
    assert "--max-pixels" in caught.value.remedy
    assert decode_picture(data, "bomb.png", 25_000_000).pixels.shape == (5000, 5000, 3)


def test_thousands_of_scans_are_refused() -> None:
    data = saved(PillowImage.fromarray(RAMP), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    bomb = data[:scan] + data[scan : data.index(b"\xff", scan + 20)] * 1000 + b"\xff\xd9"
    with pytest.raises(PageError, match="scans"):
        decode_picture(bomb, "p.jpg", LIMIT)


def test_a_webp_knows_whether_it_is_lossless() -> None:
    image = PillowImage.fromarray(colour_chart())
    assert decode(saved(image, "WEBP", lossless=True)).lossless
    assert not decode(saved(image, "WEBP", quality=90)).lossless
    assert decode(saved(image, "WEBP", lossless=True, exif=PillowImage.Exif().tobytes() + b"x")).lossless


@pytest.mark.parametrize("turned", [False, True])
def test_a_still_webp_has_the_pixels_that_pillow_gives_it(turned: bool) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = saved(PillowImage.fromarray(noise), "WEBP", quality=80, **({"exif": exif} if turned else {}))
    stored = np.asarray(PillowImage.open(io.BytesIO(data)).convert("RGB"))
    decoded = decode_still_webp(data)
    assert decoded is not None and np.array_equal(decoded, stored)
    assert np.array_equal(decode(data).pixels, np.rot90(stored, -1) if turned else stored)


def test_of_an_animated_webp_the_first_picture_is_taken() -> None:
    charts = [PillowImage.fromarray(colour_chart()), PillowImage.fromarray(255 - colour_chart())]
    data = saved(charts[0], "WEBP", lossless=True, save_all=True, append_images=charts[1:])
    assert decode_still_webp(data) is None
    assert np.array_equal(decode(data).pixels, colour_chart()) and decode(data).frames == 2


def test_one_pixel() -> None:
    assert decode(saved(PillowImage.new("L", (1, 1), 77), "PNG")).pixels.tolist() == [[[77, 77, 77]]]


def test_the_pixel_limit_is_in_no_key() -> None:
    graph, chapter = default_graph(), Chapter(".", ())
    marks = [
        make_recipe(graph, Options(device="cpu", scale="1", max_pixels=limit), chapter, ("decode",)).marks
        for limit in (1000, 2000)
    ]
    assert marks[0] == marks[1]
