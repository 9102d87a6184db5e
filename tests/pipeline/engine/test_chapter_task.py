"""Chapter stages: two passes, with one look at all pages in between."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Artifact
from mangacolor.pipeline.events import PageDone, PageHalfway, PageStarted, RunStarted, Warned
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import ChapterStage, NoConfig, Stage, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture
def house() -> House:
    return House(moody=True)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 7):
        write_page(folder / f"{number}.png", number, brightest=30 * number)
    return folder


def test_every_page_gets_its_own_correction(house: House, pages: Path, tmp_path: Path) -> None:
    result, events = go(house, pages, tmp_path / "out")
    assert (result.status, result.done, result.network_calls) == (0, 6, 6)
    assert house.calls == {"decode": 12, "judge": 6, "tint": 6, "mood": 1, "grow": 6, "encode": 6}
    assert house.seen == [[f"{n}.png" for n in range(1, 7)]]
    assert events[0] == RunStarted(6, 1, 6)
    assert sum(isinstance(event, PageHalfway) for event in events) == 6
    done = [event for event in events if isinstance(event, PageDone)]
    assert all(set(event.stages) == {"decode", "judge", "tint", "grow", "encode"} for event in done)
    assert all(event.seconds == pytest.approx(sum(event.stages.values()), abs=1e-3) for event in done)
    plain, _ = go(House(), pages, tmp_path / "plain")
    assert plain.done == 6
    changed = [n for n, data in files(tmp_path / "out").items() if data != files(tmp_path / "plain")[n]]
    assert len(changed) >= 4


def test_a_later_version_that_gives_the_same_has_no_page_made_again(
    house: House, pages: Path, tmp_path: Path
) -> None:
    go(house, pages, tmp_path / "out")
    house.mood_version = 2
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.cached, house.calls["mood"], house.calls["encode"]) == (6, 2, 6)


def test_a_pages_seconds_are_its_own_work_and_not_the_wait_for_others(
    house: House, pages: Path, tmp_path: Path
) -> None:
    house.slow = 0.1
    result, events = go(house, pages, tmp_path / "out", jobs=1)
    done = [event for event in events if isinstance(event, PageDone)]
    assert all(0.1 <= event.seconds < result.seconds / 2 for event in done)


def test_both_passes_are_foretold(house: House, pages: Path, tmp_path: Path) -> None:
    _, events = go(house, pages, tmp_path / "out")
    told = [event for event in events if isinstance(event, PageStarted) and event.page == "2.png"]
    assert [(set(event.now), set(event.later)) for event in told] == [
        ({"decode", "judge", "tint"}, {"decode", "grow", "encode"}),
        ({"decode", "grow", "encode"}, set()),
    ]
    _, again = go(house, pages, tmp_path / "out", scale="4")  # analysed already
    first = next(event for event in again if isinstance(event, PageStarted))
    assert (set(first.now), set(first.later)) == (set(), {"decode", "grow", "encode"})


def test_second_run_redoes_nothing(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.cached, result.stages_run) == (6, 0)
    assert not house.calls


def test_changed_page_moves_others_only_where_their_correction_moved(
    house: House, pages: Path, tmp_path: Path
) -> None:
    go(house, pages, tmp_path / "out")
    before = files(tmp_path / "out")
    image = cv2.imread(str(pages / "3.png"))
    assert image is not None
    cv2.imwrite(str(pages / "3.png"), cv2.flip(image, 0))  # another page of the same brightness
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.network_calls, house.calls["mood"]) == (1, 1)
    assert (result.done, result.cached) == (1, 5)
    assert [n for n, data in files(tmp_path / "out").items() if data != before[n]] == ["3.png"]
    write_page(pages / "3.png", 99, brightest=255)  # now all of them move
    result, _ = go(house, pages, tmp_path / "out")
    assert result.network_calls == 1 and result.done > 1


def test_failed_and_copied_pages_are_left_out(house: House, pages: Path, tmp_path: Path) -> None:
    (pages / "2.png").write_bytes(b"no picture")
    house.trouble["4.png"] = ValueError("boom")
    write_page(pages / "5.png", 0, brightest=1)
    (pages / "5.png").write_bytes(_white(pages / "5.png"))
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.status, result.done, result.copied, result.failed) == (1, 3, 1, 2)
    assert house.seen == [["1.png", "3.png", "6.png"]]
    assert (tmp_path / "out" / "5.png").read_bytes() == (pages / "5.png").read_bytes()


def _white(path: Path) -> bytes:
    return cv2.imencode(path.suffix, np.full((8, 8), 255, np.uint8))[1].tobytes()


def test_all_pages_failing_ends_the_chapter(house: House, pages: Path, tmp_path: Path) -> None:
    for page in pages.iterdir():
        page.write_bytes(b"no picture")
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.status, result.failed) == (3, 6)
    assert house.seen == []


def test_one_pass_where_pages_need_not_wait(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "some", pages="2,3")
    go(house, pages, tmp_path / "off", harmonize=False)
    assert house.calls["mood"] == 0
    assert house.calls["decode"] == 2 + 6
    assert files(tmp_path / "off") == _plain(pages, tmp_path)


def test_a_chapter_of_one_page_is_a_chapter(house: House, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    write_page(tmp_path / "alone" / "1.png", 1)
    go(house, tmp_path / "alone", tmp_path / "one")
    assert house.calls["mood"] == 1


def _plain(pages: Path, tmp_path: Path) -> dict[str, bytes]:
    go(House(), pages, tmp_path / "plain")
    return files(tmp_path / "plain")


def test_failing_chapter_stage_is_left_out_and_said_so(house: House, pages: Path, tmp_path: Path) -> None:
    house.mood_fails = True
    result, events = go(house, pages, tmp_path / "out")
    assert (result.status, result.done) == (0, 6)
    warned = [event for event in events if isinstance(event, Warned)]
    assert len(warned) == 1 and "no mood today" in warned[0].message
    assert files(tmp_path / "out") == _plain(pages, tmp_path)
    house.mood_fails = False
    result, _ = go(house, pages, tmp_path / "out")
    assert result.network_calls == 0 and result.done > 0


def test_until_the_chapter_stage(house: House, pages: Path, tmp_path: Path) -> None:
    result, _ = go(house, pages, tmp_path / "out", until="mood")
    assert (result.status, result.done) == (0, 6)
    assert files(tmp_path / "out") == {}
    assert (State(tmp_path / "out").page_folder("1.png") / "mood.json").is_file()
    result, _ = go(house, pages, tmp_path / "out", until="mood")
    assert (result.cached, result.stages_run) == (6, 0)


def test_force_makes_everything_once(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    before = files(tmp_path / "out")
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out", force=True)
    assert (result.done, house.calls["tint"], house.calls["mood"]) == (6, 6, 1)
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize("jobs", [1, 4])
def test_bytes_do_not_depend_on_jobs(jobs: int, house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "two", jobs=2)
    go(house, pages, tmp_path / "out", jobs=jobs)
    assert files(tmp_path / "two") == files(tmp_path / "out")


def test_chapters_do_not_wait_for_each_other(house: House, tmp_path: Path) -> None:
    for chapter in ("a", "b"):
        (tmp_path / "in" / chapter).mkdir(parents=True)
        for number in range(3):
            write_page(tmp_path / "in" / chapter / f"{number}.png", number)
    result, _ = go(house, tmp_path / "in", tmp_path / "out")
    assert (result.done, house.calls["mood"]) == (6, 2)
    assert sorted(map(sorted, house.seen)) == [[f"{c}/{n}.png" for n in range(3)] for c in "ab"]


def test_chapter_stage_that_cannot_stay_small_is_refused() -> None:
    large = Stage("large", lambda _context, _inputs: Artifact(), no_config, keep="asked")

    def chapter(name: str, *needs: str) -> ChapterStage[NoConfig]:
        return ChapterStage(
            name, lambda _context, _pages: {}, lambda _options, _chapter: None, needs, Artifact
        )

    with pytest.raises(SetupError, match="not always kept"):
        Graph([large, chapter("mood", "large")])
    small = Stage("small", lambda _context, _inputs: Artifact(), no_config)
    between = Stage("between", lambda _context, _inputs: Artifact(), no_config, ("one",))
    with pytest.raises(SetupError, match="rests on chapter stage one"):
        Graph([small, chapter("one", "small"), between, chapter("two", "between")])
