"""Learning a series: a few hundred steps on its own coloured pages, the best of which is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from mangacolor.core.cpu import keep_libraries_to_their_thread, use_one_core
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.training.colour.palette_colours import palette_rarity
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.display import Tell, silent
from mangacolor.training.runs import mixed_precision
from mangacolor.training.series.adapter import Adapter, State, adapter_arrays
from mangacolor.training.series.batches import Batch, Crops
from mangacolor.training.series.dials import DIALS, Dials
from mangacolor.training.series.judging import Judgement, probes_of_lessons, probes_of_pictures
from mangacolor.training.series.lessons import ColouredPage
from mangacolor.training.series.losses import SeriesLoss
from mangacolor.training.series.rehearsal import read_rehearsal
from mangacolor.training.series.shares import keep_aside

Ended = Literal["all", "clock", "asked"]  # by what the steps ended: their number, the clock, a wish
STEP_SECONDS = 0.75  # of a step on two cores with bfloat16, for which ``Dials.steps_a_minute`` was chosen
STEPS_OF_PACE = 8  # from which on it is known how long one takes: the first take longer
# How much worse other works may become, on pictures of them that nothing is learnt from.
FORGIVEN = 1.05


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """``base``: name or path of a colour network. ``minutes``: from which the number of steps follows; the
    clock only ends a run that takes longer. ``ends``: when it does, by ``time.monotonic``. ``reserve``: how
    many seconds before that the steps end, on a machine that takes ``STEP_SECONDS`` for one."""

    base: str = "default"
    minutes: float = 5.0
    seed: int = 0
    device: str = "cpu"
    ends: float = float("inf")
    reserve: float = 0.0
    dials: Dials = DIALS

    @property
    def steps(self) -> int:
        return max(1, round(self.minutes * self.dials.steps_a_minute))

    def seconds_of_the_rest(self, pace: float, look: float) -> float:
        """How long before ``ends`` the steps have to: what follows them takes longer, too, where a step takes
        ``pace`` seconds, and one ``look`` more; but at least half of the minutes are for learning."""
        if not self.reserve:
            return 0.0
        slower = max(1.0, pace / STEP_SECONDS)
        return max(self.reserve, min(slower * self.reserve + look, 60 * self.minutes / 2))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it. ``strength``: of the adapter, 0 where nothing was better than the base.

    ``ended``: whether all ``planned`` steps were taken, or the clock or the user ended them. ``aside``,
    ``others``: before and after, on what was kept aside of the work and on other works.
    """

    adapter: Mapping[str, Any]
    strength: float
    steps: int
    planned: int
    ended: Ended
    panels: int
    aside: tuple[Judgement, Judgement]
    others: tuple[Judgement, Judgement]


@dataclass(slots=True)
class _Best:
    """The state and strength that has been best so far; at first the base itself."""

    state: State
    strength: float
    aside: Judgement
    others: Judgement


class SeriesLearner:
    """A run on the lessons of some coloured pages. Raises ``InputError`` where there is nothing to learn."""

    def __init__(self, pages: Sequence[ColouredPage], settings: LearnSettings, tell: Tell = silent) -> None:
        self.settings, self.dials = settings, settings.dials
        self.device = torch.device(settings.device)
        use_one_core()
        self.lessons, aside = keep_aside(pages)
        rehearsed, others = read_rehearsal()
        network = load_generator(settings.base, self.device)
        self.adapter = Adapter(network, self.dials.rank, settings.seed)
        self.crops = Crops(self.lessons, rehearsed, self.dials, settings.seed)
        centres = self.adapter.base.palette.centres.float()
        pictures = [Picture(str(number), "", picture) for number, picture in enumerate(rehearsed)]
        rarity = palette_rarity(centres.cpu().numpy(), [Source("")], pictures)
        self.loss = SeriesLoss(
            centres, torch.from_numpy(rarity).to(self.device), network.config.temperature, self.dials
        )
        self.aside = probes_of_lessons(aside, self.device)
        self.others = probes_of_pictures(others, self.device)
        begun = time.monotonic()
        before = list[Judgement]()
        for probes in (self.aside, self.others):
            before.append(probes.judge(self.adapter.base))
            tell("measuring the network as it is", len(before), 2)
        self.before = before[0], before[1]
        self._look_seconds = len(self.dials.strengths) * (time.monotonic() - begun)
        self.best = _Best({}, 0.0, *self.before)

    def run(self, tell: Tell, stop: Callable[[], bool]) -> Learnt:
        """Take the steps, and look now and then how good the network has become."""
        dials, planned = self.dials, self.settings.steps
        looks = {round(planned * (look + 1) / dials.looks) for look in range(dials.looks)}
        optimiser = torch.optim.AdamW(
            self.adapter.parts.values(), dials.learning_rate, betas=(0.9, 0.99), weight_decay=0.0
        )
        ended: Ended = "all"
        steps = looked = 0
        begun, looking = time.monotonic(), 0.0
        with keep_libraries_to_their_thread():
            for halves in self.crops.steps(planned, self.device):
                ended = self._ending(stop, steps, time.monotonic() - begun - looking)
                if ended != "all":
                    break
                self._step(optimiser, halves, steps)
                steps += 1
                tell("learning", steps, planned)
                if steps in looks:
                    before = time.monotonic()
                    self._look()
                    looking += time.monotonic() - before
                    looked = steps
            if steps > looked:
                self._look()
        return self._learnt(steps, ended)

    def _ending(self, stop: Callable[[], bool], steps: int, seconds: float) -> Ended:
        """Whether somebody or the clock ends the run, after ``steps`` steps of so many ``seconds``."""
        if stop():
            return "asked"
        pace = seconds / steps if steps >= STEPS_OF_PACE else STEP_SECONDS
        rest = self.settings.seconds_of_the_rest(pace, self._look_seconds)
        return "clock" if time.monotonic() + rest >= self.settings.ends else "all"

    def _step(self, optimiser: torch.optim.Optimizer, halves: Sequence[Batch], step: int) -> None:
        share = step / self.settings.steps
        falling = min(1.0, (1 - share) / (1 - self.dials.decay_from))
        rising = min(1.0, (step + 1) / self.dials.warm_up)
        for group in optimiser.param_groups:
            group["lr"] = self.dials.learning_rate * falling * rising
        self.adapter.use(1.0)
        each = parallel_map(lambda batch: self._gradients(batch, step), halves)
        optimiser.zero_grad()
        self.adapter.pass_gradients([torch.stack(parts).mean(dim=0) for parts in zip(*each, strict=True)])
        torch.nn.utils.clip_grad_norm_(self.adapter.parts.values(), self.dials.largest_gradient)
        optimiser.step()

    def _gradients(self, batch: Batch, step: int) -> Sequence[Tensor]:
        """[thread] Of the network's changed weights, for one half of a step."""
        adapter = self.adapter
        with mixed_precision(self.device):
            base = None
            if batch.rehearsed:
                with torch.no_grad():
                    base = adapter.base.luma_and_logits(batch.grey[-batch.rehearsed :])[1]
            luma, logits = adapter.network.luma_and_logits(batch.grey)
        loss = self.loss(luma, logits, base, batch, step)
        return torch.autograd.grad(loss, list(adapter.changed.values()))

    def _look(self) -> None:
        """Keep what has been learnt, at the strength that serves best, if it beats what was kept."""
        for strength in self.dials.strengths:
            self.adapter.use(strength)
            aside = self.aside.judge(self.adapter.network)
            if aside.loss >= self.best.aside.loss or aside.error > self.before[0].error:
                continue
            others = self.others.judge(self.adapter.network)
            if others.loss <= FORGIVEN * self.before[1].loss:
                self.best = _Best(self.adapter.state(), strength, aside, others)

    def _learnt(self, steps: int, ended: Ended) -> Learnt:
        best = self.best
        return Learnt(
            adapter=adapter_arrays(best.state, best.strength),
            strength=best.strength,
            steps=steps,
            planned=self.settings.steps,
            ended=ended,
            panels=len(self.lessons),
            aside=(self.before[0], best.aside),
            others=(self.before[1], best.others),
        )
