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

LOST = "CUDA error: unspecified launch failure\nmore of it"


class Card:
    """A machine whose cards are taken by ``auto``; torch may not see them, and the ``broken`` ones fail at a
    page."""

    def __init__(self, patch: pytest.MonkeyPatch, count: int = 1) -> None:
        self.seen, self.fails_at = True, ""
        self.broken = {f"cuda:{number}" for number in range(count)}
        self.ran: list[tuple[str, str]] = []  # page and device
        self._patch = patch
        patch.setattr(
            devices, "_usable_cards", lambda: [n for n in range(count) if f"cuda:{n}" not in devices._refused]
        )
        patch.setattr(devices, "_problem_with_torch", lambda _n: "" if self.seen else "torch sees no card")
        cards = (DriverCard("GeForce", 8 << 30, (8, 6)),) * count
        patch.setattr(devices, "_driver", lambda: Driver((13, 0), cards))
        patch.setattr(devices, "_torch_build", lambda: {"cuda": (13, 0), "hip": None})
        patch.setattr(devices, "need_torch", lambda *_: None)
        devices.device_kind.cache_clear()

    def graph(self) -> Graph:
        """One stage on the device, configured for its kind as networks are."""

        def compute(context: StageContext[str], _inputs: Inputs) -> Artifact:
            assert context.device.partition(":")[0] == context.config
            self.ran.append((context.page.name, context.device))
            if context.page.name == self.fails_at and context.device in self.broken:
                raise device_failure(RuntimeError(LOST))
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
    assert warned.startswith(
        "the graphics card failed: CUDA error: unspecified launch failure: the processor computes"
    )


def test_a_card_asked_for_by_name_ends_the_run_with_the_cause(
    card: Card, pages: Path, tmp_path: Path
) -> None:
    card.fails_at = "1.png"
    with pytest.raises(DeviceError, match="the graphics card failed: CUDA error: unspecified launch failure"):
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
    with pytest.raises(
        DeviceError if seen else Exception, match="the graphics card failed" if seen else "sees no card"
    ):
        runner.run(page, Chapter("", (page,)), Options(device="cuda"), until="compute")


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    devices._refused.clear()
    yield Card(monkeypatch, 2)
    devices._refused.clear()
    devices.device_kind.cache_clear()


@pytest.mark.parametrize(("broken", "last"), [({"cuda:0"}, "cuda:1"), ({"cuda:0", "cuda:1"}, "cpu")])
def test_of_two_cards_only_one_that_fails_is_passed_over(
    broken: set[str], last: str, cards: Card, pages: Path, tmp_path: Path
) -> None:
    cards.fails_at, cards.broken = "3.png", broken
    result, events = colour(cards, pages, tmp_path / "out")
    assert (result.status, result.failed, result.done + result.cached) == (0, 0, 4)
    assert [device for page, device in cards.ran if page == "3.png"] == [*sorted(broken), last]
    computes = last if last != "cpu" else "the processor"
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert f"launch failure: {computes} computes; --device {last} says so" in warned[-1]
    cards.ran.clear()
    colour(cards, pages, tmp_path / "again")  # it is not tried again
    assert {device for _, device in cards.ran} == {last}


def test_single_pages_go_on_with_the_next_card(cards: Card, pages: Path) -> None:
    cards.fails_at, cards.broken = "1.png", {"cuda:0"}
    page = Page("1.png", 1, FileSource(pages / "1.png"))
    told: list[str] = []
    runner = PageRunner(cards.graph(), told.append)
    for _ in range(2):
        runner.run(page, Chapter("", (page,)), Options(device="auto"), until="compute")
    assert [device for _, device in cards.ran] == ["cuda:0", "cuda:1", "cuda:1"]
    assert len(told) == 1 and "cuda:1 computes" in told[0]


def test_a_card_that_two_pages_meet_is_passed_over_once(cards: Card) -> None:
    choices = [devices.DeviceChoice("auto") for _ in range(2)]
    for choice in choices:  # two threads of a server
        error = DeviceError("cuda:0 failed")
        error.device = "cuda:0"
        choice.pass_over(error)
    assert devices.resolve_device("auto") == "cuda:1"
    choices[0].pass_over(error)  # it was taken all the same: whoever says so is not to ask for ever
    assert devices.device_kind("auto") == "cpu" == choices[0].kind
