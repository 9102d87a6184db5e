"""What every training run does beside learning: keep the time and say how it goes on, and heed signals."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from mangacolor.core.system.kind import stop_signals
from mangacolor.core.wording import duration

RESERVE = 1.5  # times as long as a checkpoint took is kept free for the last one
SILENCE = 10.0  # seconds without a word after which a run that has just begun says how it goes,
LULL = 60.0  # and one that has said so before: steps of a large network take long


class Clock:
    """How far a run has come: by its steps or, where ``minutes`` are given, by the time it has learnt."""

    def __init__(self, steps: int, minutes: float = 0.0) -> None:
        self.steps, self.minutes = steps, minutes
        self.reserve = 0.0  # seconds that the last checkpoint may take
        self._last_step = 0.0  # seconds: the next step takes as long
        self.start()

    def start(self, seconds: float = 0.0, step: int = 0) -> None:
        """A sitting begins, after ``seconds`` and ``step`` steps of earlier ones."""
        self._earlier, self._first = seconds, step
        self._begun = self._ticked = self._told = time.monotonic()
        self._silent = True  # in this sitting, until now

    def tick(self) -> None:
        """A step ends."""
        now = time.monotonic()
        self._last_step, self._ticked = now - self._ticked, now

    @property
    def seconds(self) -> float:
        return self._earlier + time.monotonic() - self._begun

    def share(self, step: int, seconds: float | None = None) -> float:
        """Of the run that has gone by after ``step`` steps, from 0 to 1; at 1 it is over."""
        if not self.minutes:
            return min(1.0, step / max(1, self.steps))
        gone = self.seconds if seconds is None else seconds
        limit = 60 * self.minutes - self.reserve
        return gone / limit if gone + self._last_step < limit else 1.0

    @contextmanager
    def measure_reserve(self) -> Iterator[None]:
        """What happens inside is as long as the last checkpoint will be."""
        begun = time.monotonic()
        yield
        self.reserve = max(self.reserve, RESERVE * (time.monotonic() - begun))

    def describe(self, step: int) -> str:
        """Where the run is, for a line of progress."""
        return f"step {step}  {self.share(step):.0%}" if self.minutes else f"step {step}/{self.steps}"

    def report(self, step: int) -> str:
        """The same, with the time left as far as this sitting tells; from here on it is not silent."""
        self._silent, self._told = False, time.monotonic()
        left = self._left(step)
        return self.describe(step) + (f", about {duration(left, rough=True)} left" if left > 0 else "")

    def is_overdue(self) -> bool:
        """Whether a sitting has gone on for long without a report."""
        return time.monotonic() - self._told > (SILENCE if self._silent else LULL)

    def _left(self, step: int) -> float:
        """Seconds until the end after ``step`` steps; 0 where nothing is known."""
        if self.minutes:
            return 60 * self.minutes - self.seconds
        done = step - self._first
        return (time.monotonic() - self._begun) / done * (self.steps - step) if done > 0 else 0.0


class Interrupt:
    """SIGINT and SIGTERM end a run after the step in progress, with a checkpoint."""

    def __init__(self) -> None:
        self.stop = False
        self.signal = 0  # the one that came

    def _ask(self, number: int, _frame: Any) -> None:
        self.stop, self.signal = True, number

    @contextmanager
    def watch(self) -> Iterator[None]:
        """While inside, the signals only ask; afterwards they do what they did."""
        before = {number: signal.signal(number, self._ask) for number in stop_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def leave_signals(_worker: int) -> None:
    """For helper processes: Ctrl-C and the signals of service managers reach the whole process group, and the
    trainer decides alone. Helpers end when they are told to by their queue, or their parent has gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 pays: on any GPU, and on processors that multiply it in hardware (Zen 4, Sapphire
    Rapids), where a step took 0.6 of the time; elsewhere it is emulated, ten times slower."""
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported()
    return device.type == "cuda"


def mixed_precision(device: torch.device, wanted: bool = True) -> AbstractContextManager[Any]:
    """bfloat16 for what runs inside, if it is ``wanted`` and pays on ``device``."""
    if wanted and has_bfloat16(device):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Where generators of random numbers are, 1-D uint8, by the kind of their device: the CPU's, and that of
    ``device``, from which dropout there draws."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_random_state(states: Mapping[str, Tensor] | Tensor, device: torch.device) -> None:
    """Go on from what ``random_state`` gave, as far as that is of ``device``; checkpoints of earlier versions
    have the CPU's alone."""
    states = {"cpu": states} if isinstance(states, Tensor) else states
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
