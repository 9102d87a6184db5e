"""``serve --fit``: whatever comes back has the display's size, as the command makes it."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.run import run
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import Form, PageRequest
from mangacolor.server.protocols.answers import LEFT_HEADER
from mangacolor.server.series import SeriesShelf
from mangacolor.tests.helpers.servers import as_file, client_of, make_parts
from mangacolor.tests.helpers.stages import comic_page, tiny_weights

STRIPES = np.array([[[40, 90, 220], [200, 60, 30]]], np.uint8).repeat(30, axis=1)
COLOURED = as_file(np.tile(STRIPES, (600, 7, 1)))  # 420×600
COLOURED_JPEG = as_file(np.tile(STRIPES, (600, 7, 1)), ".jpg")
BLANK = as_file(np.full((600, 420), 250, np.uint8))
PAGE = as_file(comic_page())  # 440×620
FIT, FITTED = "280x400", (280, 400)
PAGE_FITTED = (280, 395)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    weights = str(tiny_weights(tmp_path_factory.mktemp("weights")))
    return Options(
        scale="1", device="cpu", cpu_backend="torch", weights=weights, max_pixels=4_000_000, fit=FIT
    )


@pytest.fixture(scope="module")
def client(options: Options, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("data")
    service, jobs = make_parts(PageEngine(PageRunner(), SeriesShelf(data / "series")), data, options=options)
    with client_of(service, jobs) as client:
        yield client


def size(data: bytes) -> tuple[str, tuple[int, int]]:
    with PilImage.open(io.BytesIO(data)) as image:
        return str(image.format), image.size


@pytest.mark.parametrize(
    ("page", "fitted"),
    [
        (COLOURED, ("PNG", FITTED)),
        (COLOURED_JPEG, ("JPEG", FITTED)),
        (BLANK, ("PNG", FITTED)),
        (PAGE, ("PNG", PAGE_FITTED)),
    ],
)
def test_every_protocol_answers_with_the_size_of_the_display(
    client: httpx.Client, page: bytes, fitted: tuple[str, tuple[int, int]]
) -> None:
    own = client.post("/v1/pages", content=page)
    assert own.status_code == 200 and LEFT_HEADER not in own.headers
    assert size(own.content) == fitted
    assert own.headers["content-type"] == f"image/{fitted[0].lower()}"
    assert client.post("/suwayomi", files={"image": page}).content == own.content
    url = "data:image/png;base64," + base64.b64encode(page).decode()
    answer = client.post("/colorize-image-data", json={"imgData": url}).json()["colorImgData"]
    assert base64.b64decode(answer.partition(",")[2]) == own.content
    jpeg = client.post("/api/colorize", files={"file": page})
    assert (jpeg.status_code, size(jpeg.content)) == (200, ("JPEG", fitted[1]))


@pytest.mark.parametrize(("page", "name"), [(COLOURED, "1.png"), (COLOURED_JPEG, "1.jpg"), (BLANK, "1.png")])
def test_a_page_that_is_left_is_what_the_command_makes_of_it(
    client: httpx.Client, options: Options, tmp_path: Path, page: bytes, name: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(page)
    run([tmp_path / "in"], tmp_path / "out", options, RunOptions(), emit=lambda _event: None)
    assert client.post("/v1/pages", content=page).content == (tmp_path / "out" / name).read_bytes()


def test_one_that_has_the_size_comes_back_byte_for_byte(client: httpx.Client) -> None:
    page = as_file(np.full((400, 280), 250, np.uint8))
    answer = client.post("/v1/pages", content=page)
    assert answer.content == page and answer.headers[LEFT_HEADER] == "blank"
    assert client.post("/api/colorize", files={"file": page}).status_code == 204


def test_another_display_is_another_answer(options: Options, tmp_path: Path) -> None:
    engine = PageEngine(PageRunner(), SeriesShelf(tmp_path))
    other = dataclasses.replace(options, fit="600")
    forms: tuple[Form, ...] = ("same", "jpeg")
    for form in forms:
        assert len({engine.key(PageRequest(PAGE, given, form=form)) for given in (options, other)}) == 2
