"""Colours through the studio: what a click means, what it changes, and that the command does the same."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from mangacolor.core.atomic import output_error
from mangacolor.pipeline.store.layout import State
from mangacolor.studio.runner import Runner, Wanted
from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.edited_chapters import palette
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import BROKEN, PAGES, files_of, network_times
from mangacolor.tests.helpers.studio_server import opened_studio, tree_hash, wait_until_idle

PAGE, SIDE = PAGES[1], 800


@pytest.fixture(scope="module")
def place(served: tuple[Studio, httpx.Client]) -> list[Any]:
    """A point of a page in the middle of a surface that is found on others, too."""
    client = served[1]
    answer = client.get("/api/surfaces", params={"page": PAGE, "side": SIDE}).json()
    numbers = surface_numbers(client, answer["map"])
    size = next(page for page in client.get("/api/chapter").json()["pages"] if page["name"] == PAGE)["size"]
    found, counts = np.unique(numbers[numbers > 0], return_counts=True)
    for number in found[np.argsort(-counts)]:
        inside = cv2.distanceTransform((numbers == number).astype(np.uint8), cv2.DIST_L2, 3)
        row, column = np.unravel_index(inside.argmax(), inside.shape)
        x, y = (round(int(at) * size[0] / numbers.shape[1]) for at in (column, row))
        met = client.post("/api/surface", json={"page": PAGE, "x": x, "y": y}).json()
        wish = {"at": [PAGE, x, y], "colour": "#ff0000", "likeness": 0.3}
        cover = client.post("/api/cover", json={"wishes": wish}).json()
        if met["number"] == number and len(cover["pages"]) > 1:
            return [PAGE, x, y]
    raise AssertionError("no surface is like one of another page")


def surface_numbers(client: httpx.Client, address: str) -> np.ndarray[Any, Any]:
    picture = cv2.imdecode(np.frombuffer(client.get(address).content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture.astype(int) @ np.array([1, 256, 65536]))


def wish(place: list[Any], colour: str = "#e01020") -> dict[str, Any]:
    return {"at": place, "colour": colour, "reach": "alike", "likeness": 0.3}


def painted(client: httpx.Client, wishes: dict[str, Any], **more: Any) -> np.ndarray[Any, Any]:
    answer = client.post("/api/paint", json={"page": PAGE, "side": SIDE, "wishes": wishes, **more})
    assert answer.status_code == 200, answer.text
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(int)


def test_a_wish_is_shown_and_changes_nothing(client: httpx.Client, out: Path, place: list[Any]) -> None:
    before = tree_hash(out)
    plain, red = painted(client, {}), painted(client, wish(place))
    surfaces = client.get("/api/surfaces", params={"page": PAGE, "side": SIDE}).json()
    covered = client.post("/api/cover", json={"wishes": wish(place)}).json()
    numbers = surface_numbers(client, surfaces["map"])
    inside = np.isin(numbers, covered["surfaces"][PAGE])
    changed = np.abs(red - plain).max(axis=2) > 24
    assert changed[inside].mean() > 0.2
    near = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert changed[~near].mean() < 0.006  # soft where nothing divides two surfaces
    assert tree_hash(out) == before


def test_a_page_that_a_run_has_cut_anew_is_told_so(out: Path, tmp_path: Path) -> None:
    with opened_studio(shutil.copytree(out, tmp_path / "out")) as (studio, client):
        asked: dict[str, str | int] = {"page": PAGE, "side": SIDE}
        assert client.get("/api/surfaces", params=asked).status_code == 200
        page, other = (studio.state.page_folder(name) for name in (PAGE, PAGES[2]))
        for file in other.glob("colorize.*"):  # as a run leaves it that has not come to the chapter's colours
            shutil.copy(file, page / file.name)
        answer = client.get("/api/surfaces", params=asked)
        assert (answer.status_code, answer.json()["remedy"]) == (422, "Wait until the run is over.")


def test_a_line_means_the_surfaces_that_it_crosses(client: httpx.Client, place: list[Any]) -> None:
    x, y = place[1:]

    def crossed(*line: list[int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.post("/api/line", json={"page": PAGE, "line": line}).json()[
            "surfaces"
        ]
        return found

    met = client.post("/api/surface", json={"page": PAGE, "x": x, "y": y}).json()["number"]
    assert crossed([x, y]) == [{"number": met, "at": [x, y]}]
    long = crossed([x, y], [x, y + 500], [x - 200, y + 800])
    assert len(long) > 2 and long[0]["number"] == met
    assert len({surface["number"] for surface in long}) == len(long)
    for surface in long:
        point = dict(zip("xy", surface["at"], strict=True))
        assert client.post("/api/surface", json={"page": PAGE, **point}).json()["number"] == surface["number"]
    first, *others = ([PAGE, *surface["at"]] for surface in long)
    wishes = {"at": first, "also": others, "colour": "#ff0000", "reach": "segment"}
    cover = client.post("/api/cover", json={"wishes": wishes}).json()
    assert cover["surfaces"] == {PAGE: sorted(surface["number"] for surface in long)}


def test_what_is_not_meant_is_told_with_what_it_takes_away(client: httpx.Client, place: list[Any]) -> None:
    free = client.post("/api/cover", json={"wishes": wish(place)}).json()
    assert free["unopposed"] is None
    assert {page: len(numbers) for page, numbers in free["surfaces"].items()} == free["pages"]
    crossed = client.post("/api/line", json={"page": PAGE, "line": [[0, place[2]], [9999, place[2]]]}).json()
    own = client.post("/api/surface", json=dict(zip(("page", "x", "y"), place, strict=True))).json()["number"]
    wrong = [[PAGE, *one["at"]] for one in crossed["surfaces"] if one["number"] != own]
    held = client.post("/api/cover", json={"wishes": {**wish(place), "not": wrong}}).json()
    assert (
        held["unopposed"] == [sum(free["pages"].values()), len(free["pages"])]
        and sum(held["pages"].values()) < held["unopposed"][0]
    )


def test_an_outline_is_shown_where_it_lies(client: httpx.Client, place: list[Any]) -> None:
    x, y = place[1:]
    corners = [[x - 40, y - 40], [x + 40, y - 40], [x + 40, y + 40], [x - 40, y + 40]]
    wishes = {"outline": [PAGE, *corners], "colour": "#00c020"}
    cover = client.post("/api/cover", json={"wishes": wishes}).json()
    assert list(cover["pages"]) == [PAGE] and cover["surfaces"][PAGE]
    changed = (painted(client, wishes) != painted(client, {})).any(axis=2)
    assert changed.any() and changed.mean() < 0.05


def test_a_colour_is_read_as_the_command_reads_it(client: httpx.Client) -> None:
    for written, colour in {" Crimson ": "#dc143c", "#FA0": "#ffaa00", "#c0392b": "#c0392b"}.items():
        assert client.get("/api/colour", params={"text": written}).json() == {"colour": colour}
    for wrong in ("crimsn", "#12345", "rgb(1, 2, 3)", ""):
        answer = client.get("/api/colour", params={"text": wrong})
        assert answer.status_code == 400 and "is no colour" in answer.json()["error"]
        assert "#c0392b" in answer.json()["remedy"]


@pytest.mark.parametrize(
    ("method", "path", "status", "remedy"),
    [
        ("GET", "/api/nothing", 404, "Begin at the address /."),
        ("GET", "/api/palette", 405, "This address takes POST."),
        ("PATCH", "/api/palette", 405, "Use GET, HEAD, POST, PUT, DELETE."),
    ],
)
def test_a_wrong_address_has_a_remedy(
    client: httpx.Client, method: str, path: str, status: int, remedy: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["remedy"]) == (status, remedy)


def test_the_look_of_a_chapter_is_shown_before_it_is_kept(client: httpx.Client) -> None:
    plain = painted(client, {})
    grey = painted(client, {}, look={"saturation": 0.0, "warmth": 0.0})
    assert np.ptp(plain, axis=2).mean() > 10
    assert np.ptp(grey, axis=2).mean() < 4
    warm = painted(client, {}, look={"saturation": 1.0, "warmth": 1.0})
    assert warm[..., 0].mean() < plain[..., 0].mean() - 1


def test_a_commit_is_the_same_as_the_command(
    chapter: Path, client: httpx.Client, out: Path, place: list[Any], tmp_path: Path
) -> None:
    before = files_of(out)
    done = client.post("/api/palette", json={"wishes": wish(place)}).json()
    assert done["touched"] == ["e1"] and len(done["pages"]) > 1
    document = wait_until_idle(client)
    assert document["palette"]["edits"][0]["colour"] == "#e01020"
    after = files_of(out)
    changed = {name for name in before if before[name] != after[name] and name.endswith(".png")}
    assert changed == set(done["pages"])

    other = Path(shutil.copytree(chapter / "out", tmp_path / "out"))
    at = f"{place[0]}:{place[1]},{place[2]}"
    edit = ["palette", str(other), "--at", at, "--colour", "#e01020", "--reach", "alike", "--likeness", "0.3"]
    again = [str(chapter / "pages"), "--out", str(other), "--scale", "1", "--upscaler", "lanczos", "--quiet"]
    for arguments in (edit, [*again, "--device", "cpu"]):
        run_there = [sys.executable, "-m", "mangacolor", *arguments]
        ended = subprocess.run(run_there, check=False, cwd=ROOT, capture_output=True)
        assert ended.returncode in (0, 1), ended.stderr
    assert files_of(other) == after

    client.post("/api/palette", json={"wishes": {"undo": True}})
    wait_until_idle(client)
    assert files_of(out) == before
    client.post("/api/palette", json={"wishes": {"redo": True}})
    wait_until_idle(client)
    assert files_of(out) == after
    client.post("/api/palette", json={"wishes": {"undo": True}})
    wait_until_idle(client)


def test_a_colour_edit_calls_no_network(out: Path, client: httpx.Client, place: list[Any]) -> None:
    before = network_times(out)
    client.post("/api/palette", json={"wishes": wish(place, "#1040e0")})
    wait_until_idle(client)
    assert network_times(out) == before
    client.post("/api/palette", json={"wishes": {"undo": True}})
    wait_until_idle(client)


def stamp_of(client: httpx.Client) -> str:
    rows = client.get("/api/chapter").json()["pages"]
    return str(next(row["stamp"] for row in rows if row["name"] == PAGE))


def test_a_picture_is_kept_under_the_stamp_of_what_it_shows_and_no_other(
    studio: Studio, client: httpx.Client, place: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = stamp_of(client)

    def shown(kind: str, side: int, stamp: str) -> tuple[bytes, bool]:
        asked: dict[str, str | int] = {"page": PAGE, "side": side, "stamp": stamp}
        answer = client.get(f"/api/pictures/{kind}", params=asked)
        assert answer.status_code == 200
        return answer.content, "immutable" in answer.headers["cache-control"]

    plain, is_kept = shown("page", 400, stamp)
    assert is_kept
    with monkeypatch.context() as patch:  # no run comes: the page waits with its edit
        patch.setattr(Studio, "run_again", lambda *_: None)
        client.post("/api/palette", json={"wishes": wish(place)})
        painted_now, is_kept = shown("page", 400, stamp)
        assert painted_now != plain and not is_kept  # a window asks that has not heard of the edit
        assert shown("page", 400, stamp_of(client)) == (painted_now, True)
    studio.run_again()
    wait_until_idle(client)
    assert stamp_of(client) != stamp
    later = {kind: shown(kind, 401, stamp) for kind in ("page", "thumb")}
    assert not any(is_kept for _, is_kept in later.values())
    client.post("/api/palette", json={"wishes": {"undo": True}})
    wait_until_idle(client)
    assert stamp_of(client) == stamp
    for kind, (picture, _) in later.items():
        now, is_kept = shown(kind, 401, stamp)
        assert is_kept and now != picture


def test_who_has_not_seen_the_last_change_is_told(client: httpx.Client, place: list[Any]) -> None:
    revision = client.get("/api/chapter").json()["palette"]["revision"]
    first = client.post("/api/palette", json={"wishes": wish(place), "revision": revision})
    second = client.post("/api/palette", json={"wishes": wish(place, "#00ff00"), "revision": revision})
    assert (first.status_code, second.status_code) == (200, 409)
    assert len(client.get("/api/chapter").json()["palette"]["edits"]) == 1
    client.post("/api/palette", json={"wishes": {"undo": True}})
    wait_until_idle(client)


def test_one_edit_is_taken_back_whatever_came_after_it(client: httpx.Client, place: list[Any]) -> None:
    def change(wishes: dict[str, Any]) -> list[str]:
        answer = client.post("/api/palette", json={"wishes": wishes})
        assert answer.status_code == 200, answer.text
        return [edit["id"] for edit in answer.json()["palette"]["edits"]]

    before = change(wish(place))
    after = change(wish(place, "#20c040"))
    line = {"page": PAGE, "line": [[0, place[2]], [9999, place[2]]]}
    other = client.post("/api/line", json=line).json()["surfaces"][0]["at"]
    change({"edit": after[-1], "not": [[PAGE, *other]], "likeness": 0.4})
    log = client.get("/api/chapter").json()["palette"]["log"]
    assert [step["colour"] for step in log] == ["#e01020", "#20c040", "#20c040"]
    revised = f"{after[-1]} revised: #20c040, alike in the chapter from .40, 1 point, 1 not meant"
    assert log[-1]["words"] == revised
    change({"undo": True})
    assert change({"undo": before[-1]}) == [one for one in after if one != before[-1]]
    assert change({"redo": before[-1]}) == after
    for edit in after:
        change({"undo": edit})
    wait_until_idle(client)


def test_groups_and_edits_are_named_locked_and_merged(client: httpx.Client) -> None:
    groups = [group["id"] for group in client.get("/api/chapter").json()["palette"]["groups"][:2]]
    for wishes in (
        {"name": {str(groups[0]): "sky"}},
        {"lock": True, "lock_of": [groups[0]]},
        {"merge": groups},
    ):
        assert client.post("/api/palette", json={"wishes": wishes}).status_code == 200
    palette = client.get("/api/chapter").json()["palette"]
    first = next(group for group in palette["groups"] if group["id"] == groups[0])
    assert first["name"] == "sky" and first["locked"]
    assert [step["words"].split()[0] for step in palette["log"]] == ["group", "1", "groups"]
    for _ in range(3):
        assert client.post("/api/palette", json={"wishes": {"undo": True}}).status_code == 200
    wait_until_idle(client)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"at": [PAGE, 2, 2], "colour": "red"}, "paper"),
        ({"at": [PAGE, 99999, 2], "colour": "red"}, "outside"),
        ({"at": ["nothing.png", 2, 2], "colour": "red"}, "no page"),
        ({"at": [PAGE, 300, 300], "colour": "reddish"}, "reddish"),
        ({"edit": "e77", "colour": "red"}, "no such edit"),
        ({"undo": 55}, "nothing to undo"),
        ({"undo": "e77"}, "nothing to undo"),
        ({"undo": "hair"}, "is no edit"),
        ({"undo": -1}, "'undo' cannot be understood"),
        ({"forget": [[PAGE, 300, 300]]}, "from which?"),
        ({"forget": [PAGE, 300, 300]}, "'forget' cannot be understood"),
        ({"split": 9999}, "no such group"),
        ({"outline": [PAGE, [300, 300], [400, 300]], "colour": "red"}, "2 corners hold nothing"),
        ({"outline": [PAGE, [300, 300], "x", [9, 9]], "colour": "red"}, "'outline' cannot be understood"),
        ({"outline": [PAGE, *([[300, 300]] * 501)], "colour": "red"}, "'outline' cannot be understood"),
        ({"at": [PAGE, 300, 300], "colour": "red", "reach": "outline"}, "'reach' cannot be understood"),
    ],
)
def test_what_cannot_be_is_said(client: httpx.Client, wishes: dict[str, Any], told: str) -> None:
    answer = client.post("/api/palette", json={"wishes": wishes})
    assert answer.status_code == 400 and told in answer.json()["error"] and answer.json()["remedy"]


def test_a_folder_that_somebody_else_holds(client: httpx.Client, out: Path, place: list[Any]) -> None:
    before = tree_hash(out)
    with State(out).locked():
        answer = client.post("/api/palette", json={"wishes": wish(place)})
    assert answer.status_code == 409 and "another run" in answer.json()["error"]
    assert tree_hash(out) == before
    assert client.get("/api/chapter").json()["palette"]["edits"] == []


def test_a_full_disk(
    client: httpx.Client, out: Path, place: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_args: object, **_named: object) -> None:
        raise output_error(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    before = tree_hash(out)
    with monkeypatch.context() as patch:
        patch.setattr("mangacolor.pipeline.store.user_documents.write_atomic", full)
        answer = client.post("/api/palette", json={"wishes": wish(place)})
    assert answer.status_code == 507
    assert tree_hash(out) == before
    assert client.get("/api/chapter").json()["palette"]["edits"] == []


def test_the_palette_can_be_taken_away(client: httpx.Client, out: Path) -> None:
    answer = client.post("/api/palette/save", json={})
    assert answer.json() == json.loads((out / ".mangacolor/palette.json").read_text())
    assert "palette.json" in answer.headers["content-disposition"]


def wait_until_shown(out: Path, page: str, before: bytes) -> None:
    """Until the studio has, by itself, made a page anew."""
    until = time.monotonic() + 150
    while (out / page).read_bytes() == before:
        assert time.monotonic() < until, "the page is as it was"
        time.sleep(0.1)


def test_a_change_by_the_command_is_coloured_in_once_when_the_studio_opens(
    chapter: Path, tmp_path: Path, place: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(chapter / "out", tmp_path / "out"))
    page, x, y = place
    told = palette(out, "--at", f"{page}:{x},{y}", "--colour", "#e01020", "--reach", "page")
    assert told.status == 0
    with opened_studio(out) as (_, client):
        wait_until_shown(out, PAGE, before=files_of(chapter / "out")[PAGE])
        wait_until_idle(client)
    asked: list[Wanted] = []
    monkeypatch.setattr(Runner, "ask", lambda _, wanted: asked.append(wanted))
    with opened_studio(out) as (studio, _):
        assert BROKEN in studio.failures  # at each run, and no reason for one at each start
    assert asked == []


def test_a_studio_that_is_killed_loses_nothing(chapter: Path, tmp_path: Path, place: list[Any]) -> None:
    out = Path(shutil.copytree(chapter / "out", tmp_path / "out"))
    command = [sys.executable, "-m", "mangacolor", "studio", str(out), "--no-browser", "--token", "t"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = httpx.URL(process.stdout.readline().strip())
        headers = {"X-Token": "t"}
        url = address.copy_with(path="/api/palette", query=None)
        done = httpx.post(url, json={"wishes": wish(place)}, headers=headers, timeout=60)
        process.kill()  # the run that shows it is about to begin, or at work
    assert done.status_code == 200
    with opened_studio(out) as (_, client):
        document = client.get("/api/chapter").json()
        assert [edit["colour"] for edit in document["palette"]["edits"]] == ["#e01020"]
        wait_until_shown(out, PAGE, before=files_of(chapter / "out")[PAGE])
        wait_until_idle(client)
    assert not (out / ".mangacolor/studio.pending").exists()
