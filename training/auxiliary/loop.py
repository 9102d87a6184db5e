"""The one loop that trains the small networks.

AdamW (Loshchilov & Hutter, 2019) with a warm-up and a learning rate that falls along a cosine, by steps or by
the clock; an average of the weights (EMA); curves, and a checkpoint from which a run that was stopped goes on
exactly. What is learnt from what is a task's to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.training.networks import Say, TrainOutcome, TrainRequest
from mangacolor.training.run_folder import (
    CHECKPOINT,
    CURVES,
    GO_ON,
    WEIGHTS,
    CsvLog,
    check_free,
    first_reason,
    hold_run,
    read_checkpoint_file,
    write_checkpoint,
)
from mangacolor.training.runs import Clock, Interrupt, random_state, set_random_state
from mangacolor.training.settings import assign, build, number

MAX_STEPS = 10**9
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast a network learns: for so many ``minutes`` or, if those are 0, ``steps``."""

    steps: int = number(1000, at_least=1, at_most=MAX_STEPS)
    minutes: float = number(0.0, at_least=0)
    batch: int = number(16, at_least=1, at_most=65536)
    rate: float = number(1e-3, above=0, at_most=1)  # learning rate at its peak
    warm_up: int = number(100, at_least=1, at_most=MAX_STEPS)  # steps in which it rises to that
    floor: float = number(0.0, at_least=0, at_most=1)  # share of the peak at which it ends
    decay: float = number(0.0, at_least=0, at_most=1)  # of weights, decoupled
    ema: float = number(0.998, at_least=0, below=1)  # decay of the average of weights; 0: none is kept
    log_every: int = number(100, at_least=1, at_most=MAX_STEPS)  # steps
    save_every: int = number(500, at_least=1, at_most=MAX_STEPS)  # steps
    seed: int = number(0, at_least=0, at_most=MAX_SEED)


Recipe = TypeVar("Recipe", bound=Schedule)


class Task(Protocol):
    """A network and what it learns. ``name``: of the table of networks; ``unit``: a loss of 1 in curves."""

    name: str
    network: nn.Module
    unit: float

    def loss(self, step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        """The loss of a fresh batch. It depends on ``step`` (from 0), ``rng`` and torch's own state alone."""

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        """Write ``network``, which is ready to be used, as weights to the run's folder."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The end of a run: the network (its average, if one is kept) in eval mode, and where it stopped."""

    network: nn.Module
    clock: Clock
    step: int
    signal: int  # that stopped it; 0: it is finished

    def outcome(self) -> TrainOutcome:
        how = "stopped" if self.signal else "finished"
        return TrainOutcome(
            f"{how} at {self.clock.describe(self.step)}", 128 + self.signal if self.signal else 0
        )


class Loop:
    """The state of a run of a task. ``train`` does the work; without ``run`` nothing is written."""

    def __init__(self, task: Task, recipe: Schedule, run: Path | None = None, device: str = "cpu") -> None:
        self.task, self.recipe, self.run, self.device = task, recipe, run, torch.device(device)
        self.network = task.network.to(self.device)
        self.average: AveragedModel | None = None
        if recipe.ema:
            averaging = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
            self.average = AveragedModel(self.network, multi_avg_fn=averaging, use_buffers=True)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, weight_decay=recipe.decay
        )
        self.rng = np.random.default_rng(recipe.seed)
        self.clock = Clock(recipe.steps, recipe.minutes)
        self.interrupt = Interrupt()
        self.fresh = True  # until it goes on from a checkpoint
        self.step = 0
        self.earlier = 0.0  # seconds of the sittings before this one

    def train(self, say: Say = lambda _line: None) -> Trained:
        """Learn to the end of the recipe, or until a signal asks to stop. ``say`` takes lines of progress."""
        with hold_run(self.run, fresh=self.fresh) if self.run is not None else nullcontext():
            self._train(say)
        return Trained(self.best(), self.clock, self.step, self.interrupt.signal)

    def _train(self, say: Say) -> None:
        losses: list[float] = []
        with self.interrupt.watch():
            self.clock.start(self.earlier, self.step)
            if self.recipe.minutes:
                with self.clock.measure_reserve():
                    self.save()
            while self.clock.share(self.step) < 1 and not self.interrupt.stop:
                losses.append(self._learn())
                self.step += 1
                self.clock.tick()
                if self.step % self.recipe.log_every == 0:
                    self._log(float(np.mean(losses)), say)
                    losses = []
                elif self.clock.is_overdue() and self.clock.share(self.step) < 1:
                    self._tell(float(np.mean(losses)), say)
                if self.step % self.recipe.save_every == 0:
                    self.save()
            if losses:
                self._log(float(np.mean(losses)), say)
        self.save()

    def _learn(self) -> float:
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.recipe, self.step, self._share())
        loss = self.task.loss(self.step, self.rng, self.device)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        return float(loss.detach())

    def _share(self) -> float:
        """Of the run, at the end of the step at work by steps, or now by the clock."""
        return self.clock.share(self.step if self.recipe.minutes else self.step + 1)

    def best(self) -> nn.Module:
        """The average of the weights if one is kept, else the network, in eval mode."""
        network: nn.Module = self.network if self.average is None else self.average.module
        return network.eval()

    def _tell(self, loss: float, say: Say) -> float:
        """Say how it goes. Returns the loss as curves have it."""
        shown = round(loss * self.task.unit, 5)
        say(f"{self.clock.report(self.step)}  loss {shown:.4f}")
        return shown

    def _log(self, loss: float, say: Say) -> None:
        shown = self._tell(loss, say)
        if self.run is not None:
            row = {"step": self.step, "seconds": round(self.clock.seconds, 1), "loss": shown}
            CsvLog(self.run / CURVES).write(row)

    def save(self) -> None:
        """Write the complete state, and the weights as they are."""
        if self.run is None:
            return
        state = {
            "network": self.task.name,
            "recipe": json.dumps(asdict(self.recipe)),
            "step": self.step,
            "seconds": self.clock.seconds,
            "weights": self.network.state_dict(),
            "average": self.average.state_dict() if self.average is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "random": random_state(self.device),
            "numpy": json.dumps(self.rng.bit_generator.state),
        }
        write_checkpoint(self.run, state)
        self.task.save(self.best(), self.step, self.run)

    def load(self, run: Path) -> None:
        """Go on from a run's checkpoint. Raises ``SetupError`` where it is of another network."""
        state = read_task(run, self.task.name)
        try:
            self.network.load_state_dict(state["weights"])
            if self.average is not None:
                self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError, AttributeError) as error:
            raise SetupError(
                f"{run / CHECKPOINT} holds another network than this recipe's: {first_reason(error)}",
                "Resume with the settings it was started with.",
            ) from error
        self.fresh = False
        self.step, self.earlier = state["step"], state["seconds"]
        self.rng.bit_generator.state = json.loads(state["numpy"])
        set_random_state(state["random"], self.device)


def learning_rate(recipe: Schedule, step: int, share: float) -> float:
    """At ``step`` (from 0), with ``share`` (0 to 1) of the run gone by."""
    cosine = 0.5 + 0.5 * math.cos(math.pi * share)
    return recipe.rate * min(1.0, (step + 1) / recipe.warm_up) * (recipe.floor + (1 - recipe.floor) * cosine)


def read_task(run: Path, name: str) -> dict[str, Any]:
    """The checkpoint of a run of the network called ``name``. Raises ``SetupError`` for any other."""
    state = read_checkpoint_file(run / CHECKPOINT)
    if state.get("network") != name:
        raise SetupError(
            f"{run} holds no run of the network {name}", "Name the run's own folder, or leave out --resume."
        )
    return state


def choose_recipe(request: TrainRequest, name: str, default: Recipe) -> Recipe:
    """The recipe of a request: the default, or that of the run that is resumed, with what was set.

    Raises ``UsageError`` for settings that the recipe has not, and where a new run would overwrite another.
    """
    if len(request.data) != 1:
        raise UsageError(f"the network {name} learns from one folder or pack", "Give --data once.")
    if request.resume:
        if request.init is not None:
            raise UsageError("--resume and --init exclude each other", "Use --init for a new run only.")
        kept: Mapping[str, Any] = json.loads(read_task(request.run, name)["recipe"])
        default = build(type(default), kept)
    else:
        check_free(request.run)
    recipe = assign(default, request.settings)
    if request.minutes is not None:
        return replace(recipe, minutes=request.minutes)
    by_steps = "steps" in request.settings and "minutes" not in request.settings
    return replace(recipe, minutes=0.0) if by_steps else recipe


def describe_end(trained: Trained, run: Path) -> TrainOutcome:
    """How a run ended that writes weights to its folder, and where these are."""
    outcome, weights = trained.outcome(), run / WEIGHTS
    end = f"{weights} as far as it is; {GO_ON}" if trained.signal else str(weights)
    return replace(outcome, message=f"{outcome.message}: {end}")


def run_task(task: Task, recipe: Schedule, request: TrainRequest) -> Trained:
    """Train a task in the run's folder, from the start or from its checkpoint."""
    loop = Loop(task, recipe, request.run, request.device)
    if request.resume:
        loop.load(request.run)
    return loop.train(request.say)
