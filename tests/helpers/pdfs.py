"""PDF pages of every making, written object by object: filters, colour spaces, masks, turns and crops."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image as PillowImage

from mangacolor.core.types import Image

Filter = str  # "DCTDecode", "FlateDecode", "LZWDecode" or "CCITTFaxDecode"


@dataclass(slots=True)
class Writer:
    """Collects objects, counted from 1, and writes them with their table."""

    objects: list[bytes] = field(default_factory=list)

    def add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)

    def stream(self, dictionary: str, data: bytes) -> int:
        head = f"<< {dictionary} /Length {len(data)} >>\nstream\n".encode()
        return self.add(head + data + b"\nendstream")

    def written(self, pages: Sequence[int], catalog: str = "") -> bytes:
        """The file. Each page's object must name ``/Parent 1 0 R``, which stands for the tree of pages."""
        kids = " ".join(f"{number} 0 R" for number in pages)
        self.objects[0] = f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode()
        root = self.add(f"<< /Type /Catalog /Pages 1 0 R {catalog} >>".encode())
        out, places = bytearray(b"%PDF-1.7\n"), []
        for number, body in enumerate(self.objects, start=1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        table = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        for place in places:
            out += f"{place:010d} 00000 n \n".encode()
        out += f"trailer << /Size {len(places) + 1} /Root {root} 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
        return bytes(out)


def new_file() -> Writer:
    return Writer([b""])  # the first object is the tree of pages


def jpeg(pixels: Image, quality: int = 92) -> bytes:
    target = io.BytesIO()
    PillowImage.fromarray(pixels).save(target, "JPEG", quality=quality, subsampling=0)
    return target.getvalue()


def picture(
    writer: Writer, pixels: Image, method: Filter = "DCTDecode", space: str = "", extra: str = ""
) -> int:
    """A picture H×W, H×W×3 or H×W×4 uint8 (as many components as ``space`` has). Returns its object."""
    height, width = pixels.shape[:2]
    spaces = {2: "/DeviceGray", 3: "/DeviceRGB"}
    named = space or (spaces[pixels.ndim] if pixels.ndim == 2 or pixels.shape[2] == 3 else "/DeviceCMYK")
    bits = 8
    if method == "DCTDecode":
        data = jpeg(pixels)
    elif method == "LZWDecode":
        data = _lzw(pixels.tobytes())
    elif method == "OneBit":
        data, bits = zlib.compress(np.packbits(pixels >= 128, axis=1).tobytes()), 1
    else:
        data = zlib.compress(pixels.tobytes())
    coded = "FlateDecode" if method == "OneBit" else method
    return writer.stream(
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent {bits} "
        f"/ColorSpace {named} /Filter /{coded} {extra}",
        data,
    )


def _lzw(data: bytes) -> bytes:
    """LZW with no code but those of single bytes: valid, and larger than the data."""
    bits: list[str] = []
    for start in range(0, len(data), 250):  # the table is cleared before its codes take ten bits
        bits.append(f"{256:09b}")
        bits += [f"{byte:09b}" for byte in data[start : start + 250]]
    bits.append(f"{257:09b}")
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def page(
    writer: Writer,
    content: str,
    pictures: Mapping[str, int],
    size: tuple[float, float],
    *,
    resources: str = "",
    extra: str = "",
) -> int:
    """A page of ``size`` points that draws ``content`` with named ``pictures``. Returns its object."""
    stream = writer.stream("", content.encode())
    named = " ".join(f"/{name} {number} 0 R" for name, number in pictures.items())
    return writer.add(
        f"<< /Type /Page /Parent 1 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {stream} 0 R "
        f"/Resources << /XObject << {named} >> {resources} >> {extra} >>".encode()
    )


def filling(size: tuple[float, float], name: str = "P") -> str:
    """Content that draws a picture over the whole page."""
    return f"q {size[0]} 0 0 {size[1]} 0 0 cm /{name} Do Q"
