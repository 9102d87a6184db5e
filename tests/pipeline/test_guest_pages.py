"""``--colours-from``: whole runs with a guest, from its pages to what is told at the end."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.api import colorize_chapter, colorize_page
from mangacolor.core.colour import INK, chroma, luma
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.events import Event, RunResult, Warned
from mangacolor.pipeline.plan import plan_run
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.editions import example_page, reprint
from mangacolor.tests.helpers.fake_stages import files
from mangacolor.tests.helpers.stages import comic_page

WEIGHTS = "weights.safetensors"


def pages() -> list[np.ndarray]:
    """Two pages that have nothing in common."""
    first = cv2.resize(example_page(3), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    second = comic_page()[:, ::-1].copy()
    second[330:600, 40:400] = 255
    cv2.circle(second, (220, 460), 90, 0, 3)
    cv2.ellipse(second, (150, 420), (40, 70), 30, 0, 360, 90, -1)
    cv2.rectangle(second, (260, 360), (380, 560), 170, -1)
    cv2.rectangle(second, (260, 360), (380, 560), 0, 3)
    return [first, second]


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture if picture.ndim == 2 else picture[..., ::-1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """``in``: two pages; ``guest``: the second under a name of its own, smaller and shifted, and a stranger;
    ``out`` and ``plain``: coloured with it, and without."""
    folder = tmp_path_factory.mktemp("guest")
    shutil.copy(weights, folder / WEIGHTS)
    for number, page in enumerate(pages(), 1):
        save(folder / "in" / f"{number}.png", page)
    save(folder / "guest" / "by-me.png", reprint(pages()[1], scale=0.85, size=(1.0, 1.03)).theirs)
    stranger = np.random.default_rng(0).integers(0, 255, (300, 200, 3)).astype(np.uint8)
    save(folder / "guest" / "x.png", cv2.GaussianBlur(stranger, (0, 0), 9))
    colour(folder, "plain", colours_from=None)
    colour(folder, "out")
    return folder


def given(folder: Path) -> dict[str, Any]:
    """The options of a run with the guest."""
    weights, guest = str(folder / WEIGHTS), str(folder / "guest")
    return {"scale": "1", "device": "cpu", "weights": weights, "colours_from": guest}


def colour(folder: Path, out: str, **options: Any) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    options = {**given(folder), **options}
    result = colorize_chapter(folder / "in", folder / out, listener=events.append, **options)
    assert result.status == 0
    return result, events


def picture(folder: Path, out: str, page: int) -> np.ndarray:
    return np.asarray(cv2.imread(str(folder / out / f"{page}.png")))[..., ::-1]


def ellipse(image: np.ndarray) -> np.ndarray:
    """Median Cb and Cr of a grey surface of the second page."""
    return np.array([np.median(plane[390:440, 140:160]) for plane in chroma(image)])


def test_surfaces_have_the_guests_chroma_and_ink_and_paper_stay(folder: Path) -> None:
    target = ellipse(reprint(pages()[1], scale=1.0, shift=(0.0, 0.0), size=(1.0, 1.0)).theirs)
    guided, plain = picture(folder, "out", 2), picture(folder, "plain", 2)
    assert np.hypot(*(ellipse(guided) - target)) <= 5 < np.hypot(*(ellipse(plain) - target))
    ink = pages()[1] <= INK
    assert np.abs(luma(guided).astype(int) - luma(plain))[ink].max() <= 1
    gutter = guided[:15]
    assert (gutter == pages()[1][:15, :, None]).all()


def test_what_fits_no_page_is_told_and_how_many_pages_have_the_guests_colours(folder: Path) -> None:
    result, events = colour(folder, "out")
    assert result.cached == 2 and result.network_calls == 0
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert warnings == [
        "guest/x.png fits no page: what it shows was found on none of them, and its colours are not used"
    ]
    assert [(detail.what, detail.names) for detail in result.details] == [
        ("in the guest's colours", ("1 of 2 pages",))
    ]


def test_a_guest_that_is_called_otherwise_is_the_same_guest(folder: Path) -> None:
    shutil.copytree(folder / "guest", folder / "moved" / "renamed")
    result, events = colour(folder, "out", colours_from=str(folder / "moved" / "renamed"))
    assert result.cached == 2 and result.stages_run == 0
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert len(warnings) == 1 and warnings[0].startswith("renamed/x.png fits no page")


def test_another_guest_colours_again_without_the_network(folder: Path) -> None:
    save(folder / "other" / "2.png", reprint(pages()[1]).theirs[..., ::-1])
    before = files(folder / "out")
    shutil.copytree(folder / "out", folder / "again")
    result, events = colour(folder, "again", colours_from=str(folder / "other"))
    assert result.network_calls == 0 and result.done >= 1
    assert not any(isinstance(event, Warned) for event in events)
    assert files(folder / "again")["2.png"] != before["2.png"]
    result, _ = colour(folder, "again")
    assert result.network_calls == 0 and files(folder / "again") == before


@pytest.mark.parametrize("options", [{"harmonize": False}, {"pages": "2"}], ids=str)
def test_each_page_by_itself_has_the_guests_chroma(folder: Path, options: dict[str, Any]) -> None:
    target = ellipse(reprint(pages()[1], scale=1.0, shift=(0.0, 0.0), size=(1.0, 1.0)).theirs)
    colour(folder, "alone", force=True, **options)
    assert np.hypot(*(ellipse(picture(folder, "alone", 2)) - target)) <= 5


def test_one_page_in_python(folder: Path) -> None:
    target = ellipse(reprint(pages()[1], scale=1.0, shift=(0.0, 0.0), size=(1.0, 1.0)).theirs)
    made = colorize_page(pages()[1], **given(folder))
    assert np.hypot(*(ellipse(made) - target)) <= 5


def test_the_plan_has_the_stage_only_with_a_guest(folder: Path) -> None:
    def stages(options: Options) -> dict[str, tuple[int, int]]:
        plan = plan_run([folder / "in"], folder / "out", options, RunOptions())
        return {name: plan.counts(name) for name in plan.graph.names}

    guided = Options(**given(folder))
    plain = replace(guided, colours_from=None)
    assert stages(guided)["guest"] == (2, 0)
    assert "guest" not in stages(plain)
    names = list(stages(guided))
    assert names.index("colorize") < names.index("guest") < names.index("harmonize")


@pytest.mark.parametrize(
    ("guest", "status", "said"),
    [
        ("none", 3, "no such file or folder"),
        ("empty", 3, "holds no page"),
        ("in", 2, "1.png of the input lies in it"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], guest: str, status: int, said: str
) -> None:
    (folder / "empty").mkdir(exist_ok=True)
    assert (
        exit_status(str(folder / "in"), "--out", str(tmp_path / "out"), "--colours-from", str(folder / guest))
        == status
    )
    told = capsys.readouterr().err
    assert "--colours-from" in told and said in told
    assert not (tmp_path / "out").exists()


def test_a_page_of_the_guest_that_cannot_be_read_is_left_out_and_told(folder: Path) -> None:
    save(folder / "broken" / "by-me.png", reprint(pages()[1]).theirs)
    (folder / "broken" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    result, events = colour(folder, "broken-out", colours_from=str(folder / "broken"))
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert result.done == 2
    assert any(message.startswith("broken/1.png is left out: ") for message in warnings)
