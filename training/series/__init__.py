"""What one series' own coloured pages teach: a small adapter of the colour network, learnt in minutes.

Public: ``learn.learn_series``, and ``learner_of`` for whoever starts a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.settings import RunOptions

if TYPE_CHECKING:
    from mangacolor.pipeline.run import Learner


def learner_of(run_options: RunOptions) -> Learner | None:
    """What ``--learn`` of a run is done by; None, and nothing is loaded, where it is not asked for."""
    if not run_options.learn:
        return None
    from mangacolor.training.series.for_run import learn_for_run

    return learn_for_run
