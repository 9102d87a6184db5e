"""Each protocol as its own client speaks it, with the real stages on a real small page."""

from __future__ import annotations

import base64
import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.settings import Options
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.series import SeriesShelf
from mangacolor.tests.helpers.servers import as_file, client_of, make_parts
from mangacolor.tests.helpers.stages import comic_page, tiny_weights

PAGE = as_file(comic_page())
JPEG = as_file(comic_page(), ".jpg")
STRIPES = np.array([[[40, 90, 220], [200, 60, 30]]], np.uint8).repeat(30, axis=1)
COLOURED = as_file(np.tile(STRIPES, (300, 5, 1)))
BLANK = as_file(np.full((400, 300), 250, np.uint8))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("data")
    weights = str(tiny_weights(tmp_path_factory.mktemp("weights")))
    options = Options(scale="1", device="cpu", cpu_backend="torch", weights=weights, max_pixels=4_000_000)
    service, jobs = make_parts(PageEngine(PageRunner(), SeriesShelf(data / "series")), data, options=options)
    with client_of(service, jobs) as client:
        yield client


def decoded(data: bytes) -> tuple[str, np.ndarray]:
    with PilImage.open(io.BytesIO(data)) as image:
        return str(image.format), np.asarray(image.convert("RGB"))


def is_coloured(pixels: np.ndarray) -> bool:
    spread = pixels.max(axis=2).astype(int) - pixels.min(axis=2)
    return float((spread > 8).mean()) > 0.1


def suwayomi(client: httpx.Client, page: bytes, query: str = "", kind: str = "image/png") -> httpx.Response:
    return client.post(f"/suwayomi{query}", files={"image": ("tmp12345.png", page, kind)})


def binitdox(client: httpx.Client, page: bytes, **more: Any) -> httpx.Response:
    """As its contentScript.js sends it."""
    document = {
        "imgName": "012.png",
        "imgWidth": 440,
        "imgHeight": 620,
        "cache": False,
        "denoise": True,
        "colorize": True,
        "upscale": False,
        "denoiseSigma": 25,
        "upscaleFactor": 4,
        "mangaTitle": "A Title",
        "mangaChapter": "12",
        "imgData": "data:image/png;base64," + base64.b64encode(page).decode(),
    }
    return client.post(
        "/colorize-image-data", json={**document, **more}, headers={"origin": "https://manga.example"}
    )


def flamboyant(client: httpx.Client, page: bytes, **query: object) -> httpx.Response:
    """As its extension's background.js sends it."""
    settings = {"size": 576, "denoise": 25, "skip_colored": True, "saturation": 1.2, "warmth": 0.0, "hue": 0}
    settings |= {"clean_whites": 0.5}
    params = {name: str(value).lower() for name, value in {**settings, **query}.items()}
    files = {"file": ("page", page, "application/octet-stream")}
    origin = {"origin": "chrome-extension://abcdefghijklmnop"}
    return client.post("/api/colorize", params=params, files=files, headers=origin)


# -- Suwayomi


@pytest.mark.parametrize(("page", "kind"), [(PAGE, "PNG"), (JPEG, "JPEG")])
def test_suwayomi_gets_the_page_in_colour_in_its_own_format(
    client: httpx.Client, page: bytes, kind: str
) -> None:
    answer = suwayomi(client, page, kind="image/webp")  # what it says of the type may be wrong
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{kind.lower()}")
    found, pixels = decoded(answer.content)
    assert (found, pixels.shape) == (kind, (620, 440, 3))
    assert is_coloured(pixels)


def test_suwayomi_gets_pages_in_colour_and_blank_ones_as_they_came(client: httpx.Client) -> None:
    for page, why in ((COLOURED, "in colour already"), (BLANK, "blank")):
        answer = suwayomi(client, page)
        assert (answer.status_code, answer.content) == (200, page)
        assert answer.headers["x-left-as-it-is"] == why


def test_suwayomi_takes_options_in_its_address(client: httpx.Client) -> None:
    plain = decoded(suwayomi(client, PAGE).content)[1]
    strong = decoded(suwayomi(client, PAGE, "?saturation=2&series=A").content)[1]
    grey = decoded(suwayomi(client, PAGE, "?saturation=0").content)[1]
    spread = [float(np.ptp(picture.astype(int), axis=2).mean()) for picture in (grey, plain, strong)]
    assert spread[0] < 2 < spread[1] < spread[2]


def test_an_option_that_there_is_none_of_is_refused_with_the_page(client: httpx.Client) -> None:
    answer = suwayomi(client, PAGE, "?saturaton=2")
    assert (answer.status_code, answer.content) == (400, PAGE)
    assert answer.headers["x-error"] == "there is no option %27saturaton%27"
    answer = client.post("/v1/pages?saturaton=2", content=PAGE)
    assert answer.status_code == 400
    assert answer.json()["remedy"].startswith("Did you mean saturation? The options are scale, ")


def test_suwayomi_is_refused_with_the_page_itself(client: httpx.Client) -> None:
    """It takes the body for the picture whatever the status says."""
    torn = PAGE[: len(PAGE) // 2]
    answer = suwayomi(client, torn)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (422, torn, "image/png")
    assert "cannot be decoded" in answer.headers["x-error"]


# -- BinitDOX


def test_binitdox_gets_a_data_url(client: httpx.Client) -> None:
    answer = binitdox(client, PAGE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://manga.example"
    assert set(answer.json()) == {"colorImgData"}
    head, _, text = answer.json()["colorImgData"].partition(",")
    assert head == "data:image/png;base64"
    kind, pixels = decoded(base64.b64decode(text))
    assert (kind, pixels.shape) == ("PNG", (620, 440, 3))
    assert is_coloured(pixels)


def test_binitdox_is_greeted(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "running" in answer.text


def test_binitdox_is_told_why_a_page_stays(client: httpx.Client) -> None:
    assert binitdox(client, COLOURED).json() == {"msg": "left as it is: in colour already"}


def test_binitdox_may_ask_for_a_larger_page(client: httpx.Client) -> None:
    small = as_file(comic_page(310, 220))
    for factor, shape in ((2, (620, 440, 3)), (1, (310, 220, 3))):
        answer = binitdox(client, small, upscale=True, upscaleFactor=factor)
        pixels = decoded(base64.b64decode(answer.json()["colorImgData"].partition(",")[2]))[1]
        assert pixels.shape == shape
        assert is_coloured(pixels)
    only = binitdox(client, small, upscale=True, upscaleFactor=2, colorize=False)
    pixels = decoded(base64.b64decode(only.json()["colorImgData"].partition(",")[2]))[1]
    assert pixels.shape == (620, 440, 3)
    assert not is_coloured(pixels)


def test_binitdox_settings_that_were_never_stored_are_null(client: httpx.Client) -> None:
    assert "colorImgData" in binitdox(client, PAGE, upscale=None, colorize=None, mangaTitle=None).json()


def test_binitdox_may_not_have_an_address_fetched(client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.3)
        address = f"http://127.0.0.1:{other.getsockname()[1]}/x.png"
        answer = binitdox(client, PAGE, imgData=None, imgURL=address)
        assert answer.status_code == 422
        assert "imgURL is not fetched" in answer.json()["msg"]
        with pytest.raises(TimeoutError):
            other.accept()


# -- FlamboyantEntertainment


def test_flamboyant_gets_a_jpeg(client: httpx.Client) -> None:
    answer = flamboyant(client, PAGE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    kind, pixels = decoded(answer.content)
    assert (kind, pixels.shape) == ("JPEG", (620, 440, 3))
    assert is_coloured(pixels)


def test_flamboyant_gets_nothing_for_what_stays(client: httpx.Client) -> None:
    small = as_file(comic_page(620, 250))
    for page in (COLOURED, BLANK, small):
        answer = flamboyant(client, page)
        assert (answer.status_code, answer.content) == (204, b"")
    assert flamboyant(client, COLOURED, skip_colored=False).status_code == 200


def test_a_preset_stands_in_the_place_of_a_number(client: httpx.Client) -> None:
    assert (
        flamboyant(client, PAGE, saturation="eink").content
        == flamboyant(client, PAGE, saturation=1.5).content
    )


def test_flamboyant_refusals(client: httpx.Client) -> None:
    assert flamboyant(client, b"not an image").status_code == 422
    assert flamboyant(client, JPEG[: len(JPEG) // 2]).status_code == 422
    assert flamboyant(client, PAGE, saturation="a lot").status_code == 400
    assert flamboyant(client, as_file(np.zeros((2100, 2000), np.uint8))).status_code == 413


def test_health(client: httpx.Client) -> None:
    assert client.get("/api/health").json() == {"state": "loading", "device": "", "error": ""}


# -- our own


def test_own_page_as_a_body_and_as_a_form(client: httpx.Client) -> None:
    body = client.post("/v1/pages?series=A%20Title", content=PAGE)
    form = client.post("/v1/pages?series=A%20Title", files={"file": ("x.png", PAGE)})
    assert body.status_code == form.status_code == 200
    assert body.content == form.content
    assert is_coloured(decoded(body.content)[1])


def test_what_was_answered_is_there_at_once(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.post("/v1/pages?saturation=1.5", content=PAGE)

    def colour(*_arguments: object) -> None:
        raise AssertionError("it is kept")

    monkeypatch.setattr(PageEngine, "colour", colour)
    again = client.post("/v1/pages?saturation=1.5", content=PAGE)
    assert (again.status_code, again.content) == (200, first.content)
    assert client.post("/v1/pages?saturation=1.6", content=PAGE).status_code == 500


def test_a_page_is_coloured_as_the_api_does_it(client: httpx.Client, tmp_path: Path) -> None:
    import mangacolor

    weights = str(tiny_weights(tmp_path))
    grey = comic_page()
    expected = mangacolor.colorize_page(grey, scale=1, device="cpu", cpu_backend="torch", weights=weights)
    found = decoded(client.post("/v1/pages", content=PAGE).content)[1]
    assert np.array_equal(found, expected)
