"""EPUBs and PDFs that were tampered with where no checksum tells: in their styles and objects."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

import numpy as np

from mangacolor.tests.helpers.epubs import make_epub
from mangacolor.tests.helpers.pdfs import Writer, filling, new_file, page, picture

_STYLES: tuple[Callable[[], str], ...] = (
    lambda: "{" * 3000,
    lambda: "(" * 3000 + "url(a",
    lambda: ":not(" * 400 + "p" + ")" * 400 + " { background: url(i/1.png) }",
    lambda: "p " * 600 + "{ background: url(i/1.png) }",
    lambda: "b" + " div" * 12 + " { background: url(i/1.png) }",
    lambda: "p ~ p ~ div ~ p { background: url(i/1.png) }",
    lambda: "*, " * 2000 + "p { background: url(i/1.png) }",
    lambda: '@import "../../../../etc/passwd"; @import url(/etc/passwd); @import url(file:///etc/passwd);',
    lambda: "@media " + "screen, " * 500 + "{ p { content: url(../../1.png) } }",
    lambda: "@media a {" * 300 + "p { background: url(x) }" + "}" * 300,
    lambda: "p { background: " + "image-set(" * 300 + "'a'" + ")" * 300 + " }",
    lambda: "p { background: url(\\0) \\} url('\\\n') } /* no end",
    lambda: "p { background: url(../../../../../../tmp/evil.png) !important ! important }",
    lambda: "\ufeff\x00@charset 'utf-16'; p::before::after { content: url(1.png) url(2.png) }",
    lambda: "p[class=" + "a" * 5000 + "] { display: none } [*|*=x] { background: url(a) }",
    lambda: ":is(:where(:has(> p)), :nth-child(2n + 99999999999)) { background: url(a) }",
)
_MARKUP: tuple[Callable[[], str], ...] = (
    lambda: "<div>" * 2000 + "</div>" * 2000,
    lambda: "<p/>" * 3000,
    lambda: "<object data='#'>" * 50 + "</object>" * 50,
    lambda: "<img srcset='" + "a 1x," * 3000 + "'/>",
    lambda: "<img src='../../../../etc/passwd'/><img src='/etc/passwd'/><img src='%2e%2e/%2e%2e/x.png'/>",
    lambda: "<style>" * 40 + "p { background: url(i/1.png) }" + "</style>" * 40,
    lambda: "<div style='background: url(" + "a" * 9000 + "'/>",
    lambda: "<img src='\x01'/>",
    lambda: "<svg><image href='x.png' xlink:href='y.png'/></svg>",
    lambda: "&undefined;",
)


def mutated_epub(seed: int) -> bytes:
    """A book with one to three strange things in its styles, documents or package."""
    draw = random.Random(seed)
    entries = dict(make_epub(seed).entries)
    for _ in range(draw.randint(1, 3)):
        name = draw.choice([name for name in entries if name.endswith((".css", ".xhtml", ".opf"))])
        text = entries[name].decode("utf-8", "replace")
        entries[name] = _mutated_text(draw, name, text).encode("utf-8", "replace")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()


def _mutated_text(draw: random.Random, name: str, text: str) -> str:
    if draw.random() < 0.6:
        strange = draw.choice(_STYLES if name.endswith(".css") else _MARKUP)()
        if name.endswith(".xhtml") and draw.random() < 0.5:
            strange = f"<style><![CDATA[{draw.choice(_STYLES)()}]]></style>"
        at = draw.choice([text.find("</body>"), text.find("<body>"), draw.randrange(len(text) + 1)])
        return text[: max(at, 0)] + strange + text[max(at, 0) :]
    at = draw.randrange(len(text) + 1)
    length = draw.randint(1, 60)
    return draw.choice(
        [text[:at], text[:at] + text[at + length :], text[:at] + text[at : at + length] * 50 + text[at:]]
    )


_NUMBERS = (
    "0",
    "-1",
    "1",
    "99999",
    "9e9",
    "0.000001",
    "2147483648",
    "-0.5",
    "999999999999",
    "(text)",
    "null",
    "[]",
)


def mutated_pdf(seed: int) -> bytes:
    """A file of three pages of whose objects one to four tokens are others, with a table that is right."""
    draw, writer = random.Random(seed), new_file()
    pages = [_page(draw, writer, number) for number in range(3)]
    for _ in range(draw.randint(1, 4)):
        index = draw.randrange(1, len(writer.objects))
        writer.objects[index] = _mutated_object(draw, writer, writer.objects[index])
    data = bytearray(writer.written(pages))
    if draw.random() < 0.2:
        del data[draw.randrange(len(data)) :]
    return bytes(data)


def _page(draw: random.Random, writer: Writer, number: int) -> int:
    pixels = np.random.default_rng(number).integers(0, 256, (24, 18), np.uint8)
    size = (180.0, 240.0)
    if number == 0:
        shown = {"P": picture(writer, pixels)}
    elif number == 1:
        mask = picture(writer, pixels, "FlateDecode")
        shown = {"P": picture(writer, np.repeat(pixels[..., None], 3, 2), extra=f"/SMask {mask} 0 R")}
    else:
        lookup = "[/Indexed /DeviceRGB 255 <" + "00ff80" * 256 + ">]"
        shown = {"P": picture(writer, pixels, draw.choice(["FlateDecode", "LZWDecode"]), lookup)}
    extra = draw.choice(["", "/Rotate 90", "/CropBox [10 10 100 200]", "/UserUnit 2", "/Annots []"])
    return page(writer, filling(size) + " BT ET 0 0 m 9 9 l S", shown, size, extra=extra)


def _mutated_object(draw: random.Random, writer: Writer, body: bytes) -> bytes:
    head, mark, stream = body.partition(b"stream\n")
    tokens = list(re.finditer(rb"\d+ 0 R|/[A-Za-z]+|-?[\d.]+", head))
    if not tokens or (mark and draw.random() < 0.2):
        at = draw.randrange(max(1, len(stream)))
        return head + mark + stream[:at] + bytes([draw.randrange(256)]) + stream[at + 1 :]
    token = draw.choice(tokens)
    if token.group().endswith(b"R"):
        other = b"%d 0 R" % draw.randint(0, len(writer.objects) + 2)
    elif token.group().startswith(b"/"):
        other = draw.choice(tokens).group() if draw.random() < 0.7 else b""
    else:
        other = draw.choice(_NUMBERS).encode()
    return head[: token.start()] + other + head[token.end() :] + mark + stream
