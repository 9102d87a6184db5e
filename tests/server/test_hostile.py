"""Requests that nobody honest sends: each is refused, nothing is written, and the server goes on."""

from __future__ import annotations

import base64
import json
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import httpx
import numpy as np
import pytest

from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.series import SeriesShelf
from mangacolor.tests.helpers.servers import archive, as_file, client_of, files_under, make_parts, png

PAGE = png()
FORM = "multipart/form-data; boundary=x"
TRAVERSALS = (
    "../../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cboot.ini",
    "/etc/passwd%00.png",
)


class Hostile(NamedTuple):
    """``status``: which answers are right."""

    name: str
    method: str
    path: str
    status: tuple[int, ...]
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes = b""


def part(name: str, data: bytes, filename: str | None = "p.png") -> bytes:
    file = f'; filename="{filename}"' if filename is not None else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


def bomb() -> bytes:
    """A PNG of 400 bytes that says it has 3.6 gigapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(300_000)))
        + chunk(b"IEND", b"")
    )


def broken_pictures() -> dict[str, bytes]:
    jpeg = as_file(np.random.default_rng(1).integers(0, 255, (300, 300), np.uint8), ".jpg")
    flipped = bytearray(PAGE)
    flipped[len(flipped) // 2] ^= 0xFF
    return {
        "nothing": b"",
        "text": b"<script>alert(1)</script>",
        "a page of HTML": b"<!doctype html><title>x</title>",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "a PNG's signature": PAGE[:8],
        "half a PNG": PAGE[: len(PAGE) // 2],
        "a flipped PNG": bytes(flipped),
        "half a JPEG": jpeg[: len(jpeg) // 2],
        "a bomb": bomb(),
        "a zip": archive({"1.png": PAGE}),
        "an executable": b"MZ" + bytes(200),
        "a pickle": b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.",
        "a PDF": b"%PDF-1.7\n1 0 obj<<>>endobj",
        "raw noise": bytes(range(256)) * 8,
        "a GIF of no size": b"GIF89a\0\0\0\0\0\0\0;",
        "a TIFF that leads nowhere": b"II*\0\xff\xff\xff\x7f",
        "a WebP cut short": b"RIFF\x24\0\0\0WEBPVP8 ",
    }


def in_forms(path: str, field: str) -> Iterator[Hostile]:
    """For a protocol that takes a picture as the field of a form."""
    refused = (400, 413, 415, 422)
    for name, data in broken_pictures().items():
        yield Hostile(name, "POST", path, refused, {"content-type": FORM}, form(part(field, data)))
    page, many = part(field, PAGE), [part(f"f{number}", b"x", None) for number in range(99)]
    nameless = b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--"
    long = f"{path}?saturation={'9' * 400}"
    bodies = {
        "no form at all": (path, {"content-type": "image/png"}, PAGE),
        "a form without a boundary": (path, {"content-type": "multipart/form-data"}, form(page)),
        "an empty form": (path, {"content-type": FORM}, form()),
        "a form that never ends": (path, {"content-type": FORM}, page),
        "another field": (path, {"content-type": FORM}, form(part("other", PAGE))),
        "a field that is no file": (path, {"content-type": FORM}, form(part(field, b"abc", None))),
        "two files": (path, {"content-type": FORM}, form(page, page)),
        "ten files": (path, {"content-type": FORM}, form(*[part(f"f{n}", b"x") for n in range(10)])),
        "many fields": (path, {"content-type": FORM}, form(*many, page)),
        "a long field": (path, {"content-type": FORM}, form(part("a", b"x" * 100_000, None), page)),
        "a part without a name": (path, {"content-type": FORM}, nameless),
        "garbage in a form": (path, {"content-type": FORM}, b"\0\xff--x--y" * 50),
        "a number that is none": (f"{path}?saturation=nan", {"content-type": FORM}, form(page)),
        "a number too large": (long, {"content-type": FORM}, form(page)),
    }  # fmt: skip
    for name, (target, headers, body) in bodies.items():
        yield Hostile(name, "POST", target, refused, headers, body)
    yield from everywhere("POST", path)


def everywhere(method: str, path: str) -> Iterator[Hostile]:
    """For every protocol."""
    yield Hostile("another host", method, path, (421,), {"host": "evil.example"})
    yield Hostile("a rebound name", method, path, (421,), {"host": "127.0.0.1.evil.example:7860"})
    yield Hostile("a host that is none", method, path, (400, 421), {"host": "127.0.0.1@evil.example"})
    yield Hostile("an origin that is none", method, path, (403,), {"origin": "javascript:alert(1)"})
    yield Hostile("another method", "PATCH", path, (405,))
    yield Hostile("a length that is none", method, path, (400, 413), {"content-length": "-5"})


def in_json() -> Iterator[Hostile]:
    path, json_type = "/colorize-image-data", {"content-type": "application/json"}
    url = "data:image/png;base64,"

    def sent(name: str, document: Any) -> Hostile:
        return Hostile(name, "POST", path, (400, 413, 415, 422), json_type, json.dumps(document).encode())

    for name, data in broken_pictures().items():
        yield sent(name, {"imgName": "x", "imgData": url + base64.b64encode(data).decode()})
    good = url + base64.b64encode(PAGE).decode()
    yield sent("a list", [good])
    yield sent("no picture", {"imgName": "x"})
    yield sent("an address", {"imgURL": "http://127.0.0.1:1/"})
    yield sent("a file's address", {"imgURL": "file:///etc/passwd"})
    yield sent("a file's address as data", {"imgData": "file:///etc/passwd"})
    yield sent("a picture that is a number", {"imgData": 7})
    yield sent("no base64", {"imgData": url + "!!!!"})
    yield sent("base64 of another kind", {"imgData": "data:text/html,<b>"})
    yield sent("a factor that is none", {"imgData": good, "upscale": True, "upscaleFactor": 99})
    yield sent("a factor that is text", {"imgData": good, "upscale": True, "upscaleFactor": "4; rm"})
    yield sent("a switch that is text", {"imgData": good, "colorize": "yes"})
    yield sent("nothing to do", {"imgData": good, "colorize": False, "upscale": False})
    yield Hostile("no JSON", "POST", path, (400,), json_type, b"{imgData: 1}")
    yield Hostile("deep JSON", "POST", path, (400,), json_type, b"[" * 200_000)
    yield Hostile("no text", "POST", path, (400,), json_type, b"\xff\xfe\0\0")
    yield from everywhere("POST", path)


def own() -> Iterator[Hostile]:
    for name, data in broken_pictures().items():
        yield Hostile(name, "POST", "/v1/pages", (400, 413, 415, 422), {}, data)
    for name in ("text", "an SVG", "a bomb", "an executable", "a pickle", "raw noise", "nothing"):
        yield Hostile(f"{name} as a chapter", "POST", "/v1/chapters", (415,), {}, broken_pictures()[name])
    for traversal in TRAVERSALS:
        for rest in ("", "/result", "/events"):
            yield Hostile(f"{traversal}{rest}", "GET", f"/v1/chapters/{traversal}{rest}", (404,))
        yield Hostile(f"delete {traversal}", "DELETE", f"/v1/chapters/{traversal}", (404, 405))
    yield Hostile("a setting that is a path", "POST", "/v1/pages?scale=/etc/passwd", (400,), {}, PAGE)
    yield Hostile("an unknown direction", "POST", "/v1/pages?direction=up", (400,), {}, PAGE)
    yield Hostile("a page of the disk", "GET", "/../../etc/passwd", (404,))
    yield Hostile("a web page", "POST", "/v1/pages", (403,), {"origin": "https://evil.example"}, PAGE)
    yield Hostile("a local file", "GET", "/v1/chapters", (403,), {"origin": "null"})
    yield from everywhere("POST", "/v1/pages")


PROTOCOLS = {
    "suwayomi": [
        *in_forms("/suwayomi", "image"),
        Hostile("a web page", "POST", "/suwayomi", (403,), {"origin": "https://evil.example"}),
    ],
    "flamboyant": [
        *in_forms("/api/colorize", "file"),
        Hostile("a web page", "POST", "/api/colorize", (403,), {"origin": "https://evil.example"}),
    ],
    "binitdox": [*in_json()],
    "own": [*own()],
}
REQUESTS = [(protocol, hostile) for protocol, many in PROTOCOLS.items() for hostile in many]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    engine = PageEngine(PageRunner(), SeriesShelf(data / "series"))
    with client_of(*make_parts(engine, data)) as client:
        yield client


def test_there_are_enough_for_each_protocol() -> None:
    assert {protocol: len(many) >= 30 for protocol, many in PROTOCOLS.items()} == dict.fromkeys(
        PROTOCOLS, True
    )


@pytest.mark.parametrize(
    ("protocol", "hostile"), REQUESTS, ids=[f"{protocol}: {hostile.name}" for protocol, hostile in REQUESTS]
)
def test_refused(client: httpx.Client, data: Path, protocol: str, hostile: Hostile) -> None:
    before = files_under(data)
    status, answer = send(client, hostile)
    assert status in hostile.status
    assert files_under(data) == before
    assert b"Traceback" not in answer and str(data).encode() not in answer
    assert client.get("/").status_code == 200


def send(client: httpx.Client, hostile: Hostile) -> tuple[int, bytes]:
    """Byte for byte as it is written here: clients mend paths and headers."""
    host, port = client.base_url.host, client.base_url.port
    headers = {"host": f"{host}:{port}", "content-length": str(len(hostile.body)), **hostile.headers}
    lines = [f"{hostile.method} {hostile.path} HTTP/1.1", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, port or 0), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + hostile.body)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer


def test_a_picture_is_never_broken(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Suwayomi sends, a body that says it is a picture begins as one."""
    monkeypatch.setattr("mangacolor.server.protocols.suwayomi.SOON", 200.0)  # a busy machine colours slowly
    for name, data in broken_pictures().items():
        answer = client.post("/suwayomi", files={"image": (name, data, "image/png")})
        if answer.headers["content-type"].startswith("image/"):
            assert answer.content == data, name
    whole = client.post("/suwayomi", files={"image": ("x", PAGE)})
    assert whole.status_code == 200
    assert cv2.imdecode(np.frombuffer(whole.content, np.uint8), cv2.IMREAD_COLOR) is not None
