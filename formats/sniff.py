"""What a picture file is, told from its first bytes: an extension is only a hint, and often a lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HEAD: Final = 512  # bytes that are enough for every signature, here and in ``archives`` ("ustar" sits at 257)

_READ: Final = (
    ".png .jpg .jpeg .jpe .jfif .webp .tif .tiff .bmp .gif .avif .jp2 .j2k .j2c .jpx .jpf .ppm .pgm .pbm .pnm"
)
FORMATS_READ: Final = "PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000 and PPM"  # the same, for people
# Read with plug-ins, or named: what some reader or other shows as a page.
_NAMED: Final = (
    ".jxl .heic .heif .hif .jxr .wdp .hdp .psd .psb .tga .pcx .pam .jb2 .dng .cr2 .cr3 .nef .arw .orf .rw2"
    " .bpg .flif .qoi .xcf .exr .dds .sgi"
)
IMAGE_SUFFIXES: Final = frozenset(f"{_READ} {_NAMED}".split())

_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"8BPS", "psd"),
    (b"II*\0\x10\0\0\0CR", "raw"),  # Canon's, a TIFF but for its pictures
    (b"IIRO", "raw"),
    (b"IIU\0", "raw"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"II\xbc\x01", "jxr"),
)
_PPM: Final = re.compile(rb"P[1-6](#|[ \t\r\n]+[#0-9])")
_BMP_HEADERS: Final = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))


def image_kind(head: bytes) -> str | None:
    """The picture format of a file that starts with ``head``, or None."""
    for signature, kind in _IMAGES:
        if head.startswith(signature) and (kind != "bmp" or _is_bmp(head)):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _of_brands(head[8:12], head[16:64])
    return "ppm" if _PPM.match(head) else None


def read_head(path: Path) -> bytes:
    """The first ``HEAD`` bytes of a file. Raises ``OSError``."""
    with path.open("rb") as file:
        return file.read(HEAD)


def _of_brands(main: bytes, others: bytes) -> str | None:
    """The kind of an ISO media file (ISO 14496-12) that holds a picture, by the brands it names."""
    if main in (b"avif", b"avis"):
        return "avif"
    if main in (b"mif1", b"msf1"):  # any picture: the other brands say which
        return "avif" if b"avif" in others else "heif"
    if main == b"crx ":
        return "raw"
    return "heif" if main in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx") else None


def _is_bmp(head: bytes) -> bool:
    # "BM" alone also opens text files; the two reserved words are zero in every real bitmap.
    return len(head) >= 26 and head[6:10] == b"\0\0\0\0" and head[14:18] in _BMP_HEADERS
