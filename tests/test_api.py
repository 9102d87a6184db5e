"""``import mangacolor``: its names, that it is cheap, and its functions over the fake stages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mangacolor
import mangacolor.pipeline.run
from mangacolor.core.errors import UsageError
from mangacolor.pipeline.events import ChapterDone, Event, PageDone, Placed
from mangacolor.tests.helpers.fake_stages import House, write_page


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House()
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", house.graph_of)
    return house


def test_public_names_exist_and_are_sorted() -> None:
    assert mangacolor.__all__ == sorted(mangacolor.__all__)
    for name in mangacolor.__all__:
        assert getattr(mangacolor, name) is not None
        assert name in dir(mangacolor)
    assert mangacolor.__version__
    with pytest.raises(AttributeError, match="colourize"):
        mangacolor.colourize  # noqa: B018


def test_import_is_cheap() -> None:
    code = "import sys, mangacolor; print(sorted({'torch', 'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_colorize_chapter_does_what_the_command_does(house: House, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_page(tmp_path / "in" / "1.png", 1)
    events: list[Event] = []
    result = mangacolor.colorize_chapter(
        tmp_path / "in", str(tmp_path / "out"), scale=2, device="cpu", jobs=1, listener=events.append
    )
    assert (result.status, result.pages, result.done) == (0, 1, 1)
    assert [type(event) for event in events[-4:-1]] == [PageDone, ChapterDone, Placed]
    assert (tmp_path / "out" / "1.png").is_file()


def test_options_have_the_names_and_values_of_the_command(house: House, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_page(tmp_path / "in" / "1.png", 1)
    result = mangacolor.colorize_chapter(
        tmp_path / "in", tmp_path / "out", format="cbz", memory="4G", on_error="skip", device="cpu"
    )
    assert result.done == 1 and (tmp_path / "out/in.cbz").is_file()
    result = mangacolor.colorize_chapter(
        tmp_path / "in", tmp_path / "out", output_form="cbz", device="cpu", start="encode"
    )
    assert (result.done, house.calls["encode"], house.calls["tint"]) == (1, 2, 1)
    refused: list[tuple[dict[str, Any], str]] = [({"jops": 1}, "jobs"), ({"memory": "lots"}, "4G")]
    for wrong, remedy in refused:
        with pytest.raises(UsageError) as error:
            mangacolor.colorize_chapter(tmp_path / "in", tmp_path / "out", **wrong)
        assert remedy in error.value.remedy


def test_unknown_option_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="saturatoin") as error:
        mangacolor.colorize_chapter(tmp_path, tmp_path / "out", saturatoin=0.5)
    assert "saturation" in error.value.remedy


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scale": 3}, "scale is '3', and takes one of auto, 1, 2, 4"),
        ({"panel_method": "magic"}, "panel_method is 'magic', and takes one of learnt, lines"),
        ({"saturation": 9}, "saturation is 9, and takes a number from 0 to 4 or eink"),
        ({"saturation": float("nan")}, "saturation is nan"),
        ({"batch": 0}, "batch is 0, and takes a whole number from 1"),
        ({"batch": True}, "batch is True"),
        ({"force_color": "no"}, "force_color is 'no', and takes true or false"),
        ({"weights": None}, "weights is None, and takes text"),
        ({"pages": 3}, "pages is 3, and takes text"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_refused(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as error:
        mangacolor.colorize_chapter(tmp_path / "in", tmp_path / "out", **options)
    assert error.value.remedy and not (tmp_path / "out").exists()


def test_values_may_be_paths_and_numbers_of_numpy(house: House, tmp_path: Path) -> None:
    for name in ("in", "edits"):
        (tmp_path / name).mkdir()
    write_page(tmp_path / "in" / "1.png", 1)
    (tmp_path / "edits" / "1.json").write_text("{}")
    result = mangacolor.colorize_chapter(
        tmp_path / "in",
        tmp_path / "out",
        device="cpu",
        saturation=np.float32(1.5),
        batch=np.int64(2),
        edits=str(tmp_path / "edits"),
        weights=Path("default"),
        fit=None,
    )
    assert result.done == 1


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4), np.float32),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
        [[1, 2], [3, 4]],
    ],
)
def test_page_of_another_kind_is_refused(image: object) -> None:
    with pytest.raises(UsageError, match="uint8"):
        mangacolor.colorize_page(image)  # type: ignore[arg-type]


def test_find_panels_gives_a_plain_list_in_reading_order() -> None:
    page = np.full((300, 420), 255, np.uint8)
    page[20:280, 20:200] = 120
    page[20:280, 220:400] = 90
    panels = mangacolor.find_panels(page)
    assert [type(panel).__name__ for panel in panels] == ["Panel", "Panel"]
    assert panels[0].box[0] > panels[1].box[0]  # right to left
    assert mangacolor.find_panels(page, "ltr")[0].box[0] < 100
    with pytest.raises(mangacolor.MangacolorError):
        mangacolor.find_panels(page.astype(float))
    with pytest.raises(UsageError, match="panel_method is 'magic'"):
        mangacolor.find_panels(page, "rtl", "magic")  # type: ignore[arg-type]
