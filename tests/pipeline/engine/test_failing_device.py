"""A card that fails: a run that chose it itself goes on with the processor, another ends and says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.core import devices
from mangacolor.core.cuda_driver import Card as DriverCard
from mangacolor.core.cuda_driver import Driver
from mangacolor.core.errors import DeviceError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.events import Event, PageFailed, RunResult, Warned
from mangacolor.pipeline.run import run
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.batching import device_failure
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import write_page

LOST = device_failure(RuntimeError("CUDA error: unspecified launch failure\nmore of it"), "cuda:0")


class Card:
    """A machine whose card is taken by ``auto``; torch may not see it, and it may fail at a page."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seen, self.fails_at = True, ""
        self.ran: list[tuple[str, str]] = []  # page and device
        self._patch = patch
        patch.setattr(devices, "_usable_cards", lambda: [] if "cuda:0" in devices._refused else [0])
        patch.setattr(devices, "_problem_with_torch", lambda _n: "" if self.seen else "torch sees no card")
        patch.setattr(devices, "_driver", lambda: Driver((13, 0), (DriverCard("GeForce", 8 << 30, (8, 6)),)))
        patch.setattr(devices, "_torch_build", lambda: {"cuda": (13, 0), "hip": None})
        patch.setattr(devices, "need_torch", lambda *_: None)
        devices.device_kind.cache_clear()

    def graph(self) -> Graph:
        """One stage on the device, configured for its kind as networks are."""

        def compute(context: StageContext[str], _inputs: Inputs) -> Artifact:
            assert context.device.partition(":")[0] == context.config
            self.ran.append((context.page.name, context.device))
            if context.page.name == self.fails_at and context.config == "cuda":
                raise LOST
            return Artifact({"suffix": ".png"}, blob=context.config.encode())

        def configure(options: Options, _chapter: Chapter) -> str:
            return devices.device_kind(options.device)

        return Graph([Stage("compute", compute, configure, lane="device")])


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    devices._refused.clear()
    yield Card(monkeypatch)
    devices._refused.clear()
    devices.device_kind.cache_clear()


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 5):
        write_page(folder / f"{number}.png", number)
    return folder


def colour(card: Card, pages: Path, out: Path, device: str = "auto") -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    options, settings = Options(device=device), RunOptions(jobs=1)
    result = run([pages], out, options, settings, graph=card.graph(), emit=events.append)
    assert [event for event in events if isinstance(event, RunResult)] == [result]
    return result, events


def test_a_card_that_torch_does_not_see_leaves_the_run_to_the_processor(
    card: Card, pages: Path, tmp_path: Path
) -> None:
    card.seen = False
    result, events = colour(card, pages, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (0, 4, 0)
    assert {device for _, device in card.ran} == {"cpu"}
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert len(warned) == 1 and warned[0].startswith("torch sees no card: the processor computes")
    assert not any(isinstance(event, PageFailed) for event in events)
    again, _ = colour(card, pages, tmp_path / "out")
    assert (again.cached, again.done) == (4, 0)


def test_a_card_that_is_lost_in_mid_run_leaves_the_rest_to_the_processor(
    card: Card, pages: Path, tmp_path: Path
) -> None:
    card.fails_at = "3.png"
    result, events = colour(card, pages, tmp_path / "out")
    assert (result.status, result.failed, result.done + result.cached) == (0, 0, 4)
    assert ("3.png", "cuda:0") in card.ran and ("3.png", "cpu") in card.ran
    (warned,) = [event.message for event in events if isinstance(event, Warned)]
    assert warned.startswith("cuda:0 failed: CUDA error: unspecified launch failure: the processor computes")


def test_a_card_asked_for_by_name_ends_the_run_with_the_cause(
    card: Card, pages: Path, tmp_path: Path
) -> None:
    card.fails_at = "1.png"
    with pytest.raises(DeviceError, match="cuda:0 failed: CUDA error: unspecified launch failure"):
        colour(card, pages, tmp_path / "out", device="cuda")
    card.seen = False
    with pytest.raises(Exception, match="--device cuda: torch sees no card"):
        colour(card, pages, tmp_path / "out", device="cuda")


@pytest.mark.parametrize("seen", [True, False])
def test_a_single_page_goes_on_with_the_processor(card: Card, pages: Path, seen: bool) -> None:
    card.seen, card.fails_at = seen, "1.png"
    page = Page("1.png", 1, FileSource(pages / "1.png"))
    told: list[str] = []
    runner = PageRunner(card.graph(), told.append)
    for _ in range(2):
        artifacts = runner.run(page, Chapter("", (page,)), Options(device="auto"), until="compute")
        assert artifacts["compute"].blob == b"cpu"
    assert len(told) == 1 and "the processor computes" in told[0]
    with pytest.raises(DeviceError if seen else Exception, match="cuda:0 failed" if seen else "sees no card"):
        runner.run(page, Chapter("", (page,)), Options(device="cuda"), until="compute")
