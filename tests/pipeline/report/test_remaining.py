"""How far a run is, and how long the rest takes: both passes count, and what was measured."""

from __future__ import annotations

import pytest

from mangacolor.pipeline.events import (
    Event,
    PageDone,
    PageHalfway,
    PageStarted,
    RunStarted,
    StageDone,
    StageStarted,
)
from mangacolor.pipeline.report.remaining import Remaining

PAGES = [f"{number}.png" for number in range(4)]
DONE = [PageDone(page, 1.0, 1, {}, "done") for page in PAGES]


class Clock:
    """Time passes when somebody says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.remaining = Remaining(lambda: self.now)
        self.remaining(RunStarted(len(PAGES), 1, len(PAGES)))

    def __call__(self, *events: Event) -> None:
        for event in events:
            self.remaining(event)

    def work(self, page: str, stage: str, seconds: float) -> None:
        """One stage, with nothing beside it."""
        self(StageStarted(page, stage))
        self.now += seconds
        self(StageDone(page, stage, seconds))

    @property
    def left(self) -> float:
        left = self.remaining.seconds_left
        assert left is not None
        return left


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_is_said_before_anything_is_known(clock: Clock) -> None:
    assert clock.remaining.seconds_left is None
    clock(PageStarted(PAGES[0], {"look": 1.0}, {"paint": 3.0}))
    assert clock.remaining.seconds_left is None and clock.remaining.share_done == 0


def test_nothing_is_said_while_only_quick_stages_have_been_measured(clock: Clock) -> None:
    """They were quicker than declared by far, as a busy machine's long stages are not."""
    for page in PAGES:
        clock(PageStarted(page, {"decode": 1.0, "paint": 9.0}, {}))
        clock.work(page, "decode", 0.1)
    assert clock.remaining.seconds_left is None and clock.remaining.share_done > 0
    clock(PageDone(PAGES[0], 0.1, 1, {}, "copied"))  # nor does a page that is only read
    assert clock.remaining.seconds_left is None
    clock.work(PAGES[1], "paint", 20.0)
    clock(DONE[1])
    assert clock.left == pytest.approx(40.0, rel=0.03)


def test_stages_that_have_not_run_are_not_taken_to_run_beside_each_other(clock: Clock) -> None:
    """Pages are looked at two at a time; the device paints them one by one."""
    clock(*(PageStarted(page, {"look": 1.0}, {"paint": 1.0}) for page in PAGES))
    for pair in (PAGES[:2], PAGES[2:]):
        clock(*(StageStarted(page, "look") for page in pair))
        clock.now += 10.0
        clock(*(StageDone(page, "look", 10.0) for page in pair), *(PageHalfway(page) for page in pair))
        assert clock.left == pytest.approx(10.0 * (pair == PAGES[:2]) + 40.0)


def test_time_left_is_true_in_both_passes(clock: Clock) -> None:
    """Stages take 5 times what they declare; a page waits for the others between its passes."""
    whole = len(PAGES) * 20.0
    for page in PAGES:
        clock(PageStarted(page, {"look": 1.0}, {"paint": 3.0}))
        clock.work(page, "look", 5.0)
        clock(PageHalfway(page))
        assert clock.left == pytest.approx(whole - clock.now)
        assert clock.remaining.share_done == pytest.approx(clock.now / whole)
    for page, done in zip(PAGES, DONE, strict=True):
        clock(PageStarted(page, {"paint": 3.0}, {}))
        clock.work(page, "paint", 15.0)
        clock(done)
        assert clock.left == pytest.approx(whole - clock.now)
    assert clock.remaining.share_done == 1 and clock.left == 0


def test_what_a_stage_was_measured_at_corrects_what_it_declares(clock: Clock) -> None:
    for page in PAGES:
        clock(PageStarted(page, {"look": 1.0}, {"paint": 1.0}))
        clock.work(page, "look", 1.0)
        clock(PageHalfway(page))
    clock(PageStarted(PAGES[0], {"paint": 1.0}, {}))
    clock.work(PAGES[0], "paint", 9.0)
    clock(DONE[0])
    assert clock.left == pytest.approx(27.0)


def test_one_stage_that_declares_too_little_does_not_make_the_others_long(clock: Clock) -> None:
    """Painting takes 20 times what it declares; looking and drawing, which is yet to come, 2 times."""
    for page in PAGES:
        clock(PageStarted(page, {"look": 3.0, "paint": 1.0}, {"draw": 5.0}))
        clock.work(page, "look", 6.0)
        clock.work(page, "paint", 20.0)
        clock(PageHalfway(page))
    assert clock.left == pytest.approx(4 * 10.0)


def test_no_run_ends_before_its_last_page(clock: Clock) -> None:
    """Pages are looked at four at a time. Then one has all of its painting to do, with nothing beside it."""
    clock(*(PageStarted(page, {"look": 1.0, "paint": 1.0}, {}) for page in PAGES))
    for stage in ("look", "paint"):
        clock(*(StageStarted(page, stage) for page in PAGES))
        clock.now += 10.0
        clock(*(StageDone(page, stage, 10.0) for page in PAGES[: 3 if stage == "paint" else 4]))
    clock(*DONE[:3])
    clock(PageStarted(PAGES[3], {"paint": 1.0}, {}))
    clock.remaining(StageStarted(PAGES[3], "paint"))
    assert clock.left == pytest.approx(10.0)
    clock.now += 4.0
    assert clock.left == pytest.approx(6.0)


def test_stages_beside_each_other_halve_the_time(clock: Clock) -> None:
    clock(*(PageStarted(page, {"look": 1.0}, {}) for page in PAGES))
    clock(*(StageStarted(page, "look") for page in PAGES[:2]))
    clock.now += 10.0
    clock(*(StageDone(page, "look", 10.0) for page in PAGES[:2]), *DONE[:2])
    assert clock.left == pytest.approx(10.0)


def test_finished_pages_and_cached_stages_are_no_work(clock: Clock) -> None:
    clock(PageDone(PAGES[0], 0.0, 1, {}, "cached"))
    clock(PageStarted(PAGES[1], {}, {"paint": 2.0}), PageHalfway(PAGES[1]))  # analysed by an earlier run
    clock(*(PageStarted(page, {"look": 1.0}, {"paint": 2.0}) for page in PAGES[2:]))
    clock.work(PAGES[2], "look", 1.0)
    clock(PageHalfway(PAGES[2]))
    assert clock.left == pytest.approx(1.0 + 3 * 2.0)


def test_a_page_that_is_copied_takes_its_work_off(clock: Clock) -> None:
    clock(*(PageStarted(page, {"look": 1.0, "colour": 4.0}, {}) for page in PAGES))
    for page, done in list(zip(PAGES, DONE, strict=True))[:3]:
        clock.work(page, "look", 1.0)
        clock(done)
    clock.work(PAGES[3], "look", 1.0)
    assert clock.left == pytest.approx(4.0)


def test_a_stage_that_runs_counts_as_far_as_it_has_come(clock: Clock) -> None:
    clock(*(PageStarted(page, {"look": 1.0}, {}) for page in PAGES))
    clock.work(PAGES[0], "look", 10.0)
    clock(DONE[0], StageStarted(PAGES[1], "look"))
    before = clock.remaining.share_done
    clock.now += 5.0
    assert clock.remaining.share_done == pytest.approx(before + 5.0 / 40.0)
    clock.now += 500.0  # longer than expected: it is not done before it says so
    assert clock.remaining.share_done < 2 * 10.0 / 40.0
