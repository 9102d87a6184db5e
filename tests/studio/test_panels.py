"""Panels through the studio: read, corrected, and found again; only that page is coloured anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.studio.runner import Runner
from mangacolor.tests.helpers.studio import BROKEN, COVER, PAGES, files_of, network_times
from mangacolor.tests.helpers.studio_server import opened_studio, wait_until_idle

PAGE = PAGES[0]


def panels(client: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/panels", params={"page": PAGE}).json()
    return document


def test_a_correction_is_kept_and_only_its_page_runs_again(client: httpx.Client, out: Path) -> None:
    found = panels(client)
    assert not found["corrected"] and len(found["panels"]) > 1
    before, asked_before = files_of(out), network_times(out)
    width, height = found["size"]
    whole = [[0, 0], [width, 0], [width, height], [0, height]]
    left = [[10, 10], [90, 10], [90, 90], [10, 90]]
    asked = {"page": PAGE, "size": found["size"], "polygons": [whole], "left_out": [left], "coloured": []}
    answer = client.put("/api/panels", json={**asked, "revision": found["revision"]})
    assert answer.status_code == 200
    wait_until_idle(client)
    corrected = panels(client)
    assert corrected["revision"] == answer.json()["revision"] != found["revision"]
    for late in (  # another window, which shows what was found
        client.put("/api/panels", json={**asked, "left_out": [], "revision": found["revision"]}),
        client.delete("/api/panels", params={"page": PAGE, "revision": found["revision"]}),
    ):
        assert late.status_code == 409 and "elsewhere" in late.json()["error"]
    assert panels(client) == corrected
    assert corrected["corrected"] and corrected["polygons"] == [whole] and corrected["left_out"] == [left]
    kept = json.loads((out / ".mangacolor/edits" / PAGE).with_suffix(".json").read_text())
    assert kept["polygons"] == [whole] and "coloured" not in kept
    asked_now = network_times(out)
    assert {name for name in asked_now if asked_now[name] != asked_before[name]} == {PAGE}
    after = files_of(out)
    assert after[PAGE] != before[PAGE]

    assert client.delete("/api/panels", params={"page": PAGE}).status_code == 200
    wait_until_idle(client)
    assert not panels(client)["corrected"]
    assert {name: data for name, data in files_of(out).items() if name.endswith(".png")} == {
        name: data for name, data in before.items() if name.endswith(".png")
    }


def test_a_correction_that_would_be_two_pages_is_refused(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run would be refused with it."""
    for name in (PAGE, PAGE.replace(".png", ".jpg")):
        (tmp_path / "pages").mkdir(exist_ok=True)
        shutil.copy(chapter / "pages" / PAGE, tmp_path / "pages" / name)
    monkeypatch.setattr(Runner, "ask", lambda *_: None)  # nothing need be coloured
    with opened_studio(tmp_path / "out", work=LastRun((tmp_path / "pages",))) as (_, client):
        asked = {"page": PAGE, "size": [90, 90], "polygons": [[[0, 0], [90, 0], [90, 90]]]}
        answer = client.put("/api/panels", json=asked)
    assert answer.status_code == 400 and "E19P01.jpg has the same name" in answer.json()["error"]
    assert not (tmp_path / "out/.mangacolor/edits").exists()


@pytest.mark.parametrize("page", [COVER, BROKEN])
@pytest.mark.parametrize("path", ["/api/surfaces", "/api/pictures/surfaces", "/api/pictures/balloons"])
def test_a_page_without_colours_says_so(client: httpx.Client, page: str, path: str) -> None:
    answer = client.get(path, params={"page": page, "side": 400})
    assert answer.status_code == 422 and page in answer.json()["error"] and answer.json()["remedy"]


def test_pages_that_were_not_coloured_say_why(client: httpx.Client) -> None:
    rows = {row["name"]: row for row in client.get("/api/chapter").json()["pages"]}
    assert rows[COVER]["state"] == "copied" and rows[COVER]["note"]
    assert rows[BROKEN]["state"] == "failed" and rows[BROKEN]["note"] and rows[BROKEN]["remedy"]
    assert all(rows[page]["state"] == "coloured" for page in PAGES)
    for page in (COVER, PAGE):
        assert client.get("/api/pictures/page", params={"page": page, "side": 300}).status_code == 200
    for form, head in (("cbz", b"PK"), ("pdf", b"%PDF"), ("epub", b"PK"), ("zip", b"PK")):
        taken = client.get("/api/export", params={"form": form})
        assert taken.status_code == 200 and taken.content.startswith(head)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "made for a page of size None"),
        ({"panels": 7}, "'panels' must be a list"),
        ({"panels": [["a"]]}, "panel 1 is neither a box"),
        ({"polygons": 3}, "'polygons' must have one entry"),
        ({"left_out": 5}, "'left_out' must be a list of polygons"),
        ({"size": "x"}, "made for a page of size x"),
    ],
)
def test_a_correction_by_hand_that_is_none_is_named(
    client: httpx.Client, out: Path, wrong: dict[str, Any], said: str
) -> None:
    file = (out / ".mangacolor/edits" / PAGE).with_suffix(".json")
    whole = {"panels": [[1, 1, 90, 90]], "size": panels(client)["size"]}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({**whole, **wrong} if wrong else {}))
    try:
        answer = client.get("/api/panels", params={"page": PAGE})
    finally:
        file.unlink()
    assert answer.status_code == 422
    assert file.name in answer.json()["error"] and said in answer.json()["error"]
