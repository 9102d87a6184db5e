"""How far a run is and how long the rest takes, from what stages were seen to take.

Work is counted in seconds of stages. Until a stage has been measured, what it declares stands for it, scaled
by how declared and measured seconds compare for the others: the median, by what was declared, so that one
stage that declares too little does not make long what is yet to come. A page that has not been read yet is
taken to be like those that have. How much runs at once is measured, too: seconds of stages by seconds of the
clock. Stages that have not run yet are taken to take turns, as the longest of them do, which need the device;
and no run ends before the page with the longest way to go, whose stages follow each other.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mangacolor.pipeline.events import (
    Event,
    PageDone,
    PageFailed,
    PageHalfway,
    PageStarted,
    RunStarted,
    StageDone,
    StageStarted,
)

Work = Mapping[str, float]  # declared seconds by stage
# Share of a stage's expected seconds that it gets credit for while it runs on.
MOST_CREDIT = 0.9
# Pages under way up to which the longest of them may decide when the run ends: more than run at once.
FEW = 64


@dataclass(slots=True)
class _Page:
    """What is left of a page: of the pass that it is in, and of the one that follows."""

    now: dict[str, float]
    later: Work = field(default_factory=dict)


class Remaining:
    """A listener that can say at any moment how far a run is. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        """Nothing is known of any page."""
        self._began: float | None = None
        self._unread = 0
        self._pages: dict[str, _Page] = {}  # those that are under way
        # Declared seconds by stage: what is left of these pages together, and what there was of both passes
        # of those that were read. Sums are kept, since they are asked for at every event.
        self._left: dict[str, float] = defaultdict(float)
        self._whole: dict[str, float] = defaultdict(float)
        self._read = 0  # pages in ``_whole``
        self._declared: dict[str, float] = {}  # seconds of stages that have run, as is the next
        self._measured: dict[str, float] = {}
        self._running: dict[tuple[str, str], float] = {}  # since when
        self._is_known = False  # whether a page has ended a pass: its first stages alone are no measure

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(pages=pages):
                self._forget()  # it may begin a second time
                self._unread = pages
            case PageStarted(page=page, now=now, later=later):
                self._start_page(page, now, later)
            case StageStarted(page=page, stage=stage):
                self._running[page, stage] = self._clock()
                self._began = self._running[page, stage] if self._began is None else self._began
            case StageDone(page=page, stage=stage, seconds=seconds):
                self._end_stage(page, stage, seconds)
            case PageHalfway(page=page) if page in self._pages:
                self._is_known = bool(self._measured)
                self._put(page, _Page(dict(self._pages[page].later)))
            case PageDone(page=page, outcome=outcome):
                self._is_known |= outcome == "done"
                self._end_page(page)
            case PageFailed(page=page):
                self._end_page(page)

    @property
    def share_done(self) -> float:
        """What part of all work is done, 0 to 1."""
        done, left = self._count()
        return done / (done + left) if done else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds by the clock until all is done; None until a page has come to the end of a pass."""
        if self._began is None or not self._is_known:
            return None
        done, left = self._count()
        slowness = (self._clock() - self._began) / max(done, 1e-6)
        in_turns = self._unmeasured()
        together = (left - in_turns) * slowness + in_turns * max(slowness, 1.0)
        return max(together, self._longest_way())

    def _start_page(self, page: str, now: Work, later: Work) -> None:
        if page not in self._pages:
            self._unread -= 1
            if now:  # one whose first pass was found done says nothing of those to come
                self._read += 1
                _add(self._whole, 1, now, later)
        self._put(page, _Page(dict(now), later))

    def _end_stage(self, page: str, stage: str, seconds: float) -> None:
        self._running.pop((page, stage), None)
        declared = self._pages[page].now.pop(stage, None) if page in self._pages else None
        if declared is not None:
            _add(self._left, -1, {stage: declared})
            self._declared[stage] = self._declared.get(stage, 0.0) + declared
            self._measured[stage] = self._measured.get(stage, 0.0) + seconds

    def _end_page(self, page: str) -> None:
        if page not in self._pages:
            self._unread -= 1
        self._put(page, None)
        self._running = {key: since for key, since in self._running.items() if key[0] != page}

    def _put(self, page: str, state: _Page | None) -> None:
        """Note what is left of a page; None for nothing."""
        before = self._pages.pop(page, None)
        if before is not None:
            _add(self._left, -1, before.now, before.later)
        if state is not None:
            self._pages[page] = state
            _add(self._left, 1, state.now, state.later)

    def _count(self) -> tuple[float, float]:
        """Seconds of stages: done and left. What runs counts as done as far as it has come."""
        left = self._expect(self._left) + max(0, self._unread) * self._usual_page()
        credit = sum(self._credit(*key, since) for key, since in self._running.items())
        return sum(self._measured.values()) + credit, left - credit

    def _unmeasured(self) -> float:
        """Seconds that those stages are expected to take of which none has run yet."""
        read = max(0, self._unread) / self._read if self._read else 0.0
        return sum(
            work * share * self._ratio(stage)
            for sums, share in ((self._left, 1.0), (self._whole, read))
            for stage, work in sums.items()
            if stage not in self._declared
        )

    def _longest_way(self) -> float:
        """Seconds of the stages that the page under way which has most of them to go still needs.

        Where many are under way, all together take longer than any one of them.
        """
        if len(self._pages) > FEW:
            return 0.0
        credit: dict[str, float] = defaultdict(float)
        for (page, stage), since in self._running.items():
            credit[page] += self._credit(page, stage, since)
        ways = (
            self._expect(page.now) + self._expect(page.later) - credit[name]
            for name, page in self._pages.items()
        )
        return max(ways, default=0.0)

    def _usual_page(self) -> float:
        return self._expect(self._whole) / self._read if self._read else 0.0

    def _expect(self, work: Work) -> float:
        """Seconds that stages will take."""
        return sum(declared * self._ratio(stage) for stage, declared in work.items())

    def _ratio(self, stage: str) -> float:
        """Of measured to declared seconds."""
        if self._declared.get(stage):
            return self._measured[stage] / self._declared[stage]
        return self._usual_ratio()

    def _usual_ratio(self) -> float:
        """The ratio that half of what was declared by measured stages stays below."""
        ratios = sorted((self._measured[stage] / own, own) for stage, own in self._declared.items() if own)
        half, reached = sum(own for _, own in ratios) / 2, 0.0
        for ratio, own in ratios:
            reached += own
            if reached >= half:
                return ratio
        return 1.0

    def _credit(self, page: str, stage: str, since: float) -> float:
        declared = self._pages[page].now.get(stage, 0.0) if page in self._pages else 0.0
        return min(self._clock() - since, MOST_CREDIT * self._expect({stage: declared}))


def _add(sums: dict[str, float], sign: int, *works: Work) -> None:
    """Add works to sums, or take them away again."""
    for work in works:
        for stage, declared in work.items():
            sums[stage] = round(sums[stage] + sign * declared, 9)  # what adds up to nothing is nothing
