"""From coloured pages to the file of a series: what ``mangacolor learn`` does, and a run with ``--learn``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.wording import counted, duration
from mangacolor.models.colour.series.base import find_base
from mangacolor.models.colour.series.file import SeriesFile, write_series_file
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.training.display import Tell, silent
from mangacolor.training.series.learning import LearnSettings, Learnt, SeriesLearner
from mangacolor.training.series.lessons import ColouredPage
from mangacolor.training.series.surfaces import with_surfaces

# Seconds that the table of surfaces is expected to take, on two cores and for many pages, and that writing
# the file takes: kept free of the minutes that were given.
SECONDS_OF_SURFACES = 20.0
SECONDS_TO_END = 5.0


@dataclass(frozen=True, slots=True)
class LearntReport:
    """``out``: the file that was written. ``pages``: that were learnt from. ``seconds``: all in all.

    ``whole``: all surfaces are in the table that were to be, and not only those that were seen before a stop.
    """

    out: Path
    pages: int
    learnt: Learnt
    seconds: float
    whole: bool = True

    def describe(self) -> str:
        """What came of it, a line or two for people."""
        learnt = self.learnt
        much = f"{counted(self.pages, 'coloured page')}, {counted(learnt.panels, 'panel')} to learn from"
        ends = {
            "all": "",
            "clock": f": the time was up, so that the same seed may not give the same file; {_LONGER}",
            "asked": ": stopped, the best so far is kept",
        }
        lines = [
            f"{self.out}: {much}, {learnt.steps} of {counted(learnt.planned, 'step')} "
            f"in {duration(self.seconds)}{ends[learnt.ended]}"
        ]
        if learnt.strength:
            before, after = learnt.aside
            lines.append(
                f"on what was kept aside: error of the colours {_change(before.error, after.error)}, "
                f"hues met {before.hue:.0%} → {after.hue:.0%}"
            )
        else:
            lines.append(
                "nothing that was learnt served what was kept aside better than the base network: "
                "it stays as it is"
            )
        if not self.whole:
            lines.append("stopped while looking at surfaces: those that were seen are kept")
        return "\n".join(lines)

    def to_document(self) -> dict[str, object]:
        """The same as one JSON-able object."""
        learnt = self.learnt
        figures = {
            name: {
                when: {"error": round(one.error, 4), "hue": round(one.hue, 4)}
                for when, one in zip(("before", "after"), pair, strict=True)
            }
            for name, pair in (("aside", learnt.aside), ("other_works", learnt.others))
        }
        return {
            "out": str(self.out),
            "pages": self.pages,
            "panels": learnt.panels,
            "steps": learnt.steps,
            "planned": learnt.planned,
            "ended": learnt.ended,
            "strength": learnt.strength,
            "whole": self.whole,
            **figures,
            "seconds": round(self.seconds, 1),
        }


_LONGER = "more --minutes give it more steps"


def _change(before: float, after: float) -> str:
    return f"{(after - before) / max(before, 1e-9):+.0%}"


def learn_series(
    pages: Sequence[ColouredPage],
    out: Path,
    settings: LearnSettings,
    tell: Tell = silent,
    cancel: CancelToken | None = None,
    *,
    name: str = "",
) -> LearntReport:
    """Learn the series of these pages, and write what was learnt to ``out``, whole or not at all.

    A stop that is asked for (``cancel``) ends the steps, or the table of surfaces; the best so far is
    written. What was learnt before into ``out`` stays where a run ends before its time with nothing better
    than the base: then ``Cancelled`` or ``UsageError`` is raised. ``name``: the series'.

    Raises ``InputError`` where there is nothing to learn from, ``UsageError`` or ``SetupError`` for a base or
    an ``out`` that will not do, ``OutputError`` where ``out`` cannot be written.
    """
    begun = time.monotonic()
    cancel = cancel or CancelToken()
    base, digest = find_base(settings.base, out)
    reserve = SECONDS_OF_SURFACES + SECONDS_TO_END
    learner = SeriesLearner(pages, replace(settings, reserve=reserve), tell)
    learnt = learner.run(tell, lambda: cancel.requested)
    if out.exists():
        _check_better(learnt, out, cancel)
    made = _how_it_was_made(learnt, len(pages), settings.seed)
    series = SeriesFile(name, base, digest, learnt.adapter, {}, made)
    # A stop that was asked for before has ended the steps; one that comes only here ends the table.
    before = cancel.requested
    series = with_surfaces(
        series, pages, out, settings.device, tell, stop=lambda: cancel.requested and not before
    )
    write_series_file(out, series)
    whole = before or not cancel.requested
    return LearntReport(out, len(pages), learnt, time.monotonic() - begun, whole)


def _check_better(learnt: Learnt, out: Path, cancel: CancelToken) -> None:
    """Raise where what was learnt before would be lost for nothing: the steps ended before their time."""
    if not learnt.strength and learnt.ended != "all":
        cancel.check()
        raise UsageError(
            f"{out} stays as it was: the time was up before anything was learnt", "Give more --minutes."
        )


def _how_it_was_made(learnt: Learnt, pages: int, seed: int) -> dict[str, object]:
    """What the file says of its making."""
    return {
        "pages": pages,
        "panels": learnt.panels,
        "steps": learnt.steps,
        "seed": seed,
        "strength": learnt.strength,
    }
