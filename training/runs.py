"""What every training run does beside learning: keep the time, heed signals, write curves and checkpoints."""

from __future__ import annotations

import csv
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.system.files import move_file
from mangacolor.core.system.kind import stop_signals

CHECKPOINT = "checkpoint.pt"
CURVES = "curves.csv"
WEIGHTS = "weights.safetensors"
LICENCE = "CC-BY-SA-4.0"  # of all weights of this repository
RESERVE = 1.5  # times as long as a checkpoint took is kept free for the last one


class Clock:
    """How far a run has come: by its steps or, where ``minutes`` are given, by the time it has learnt.

    ``seconds``: what earlier sittings of a resumed run took.
    """

    def __init__(self, steps: int, minutes: float = 0.0, seconds: float = 0.0) -> None:
        self.steps, self.minutes = steps, minutes
        self.reserve = 0.0  # seconds that the last checkpoint may take
        self._last_step = 0.0  # seconds: the next step takes as long
        self.start(seconds)

    def start(self, seconds: float = 0.0) -> None:
        """A sitting begins, after ``seconds`` of earlier ones."""
        self._earlier = seconds
        self._begun = self._ticked = time.monotonic()

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


@dataclass(frozen=True, slots=True)
class CsvLog:
    """A CSV file that grows row by row. A resumed run keeps the columns that its file began with."""

    path: Path

    def write(self, row: Mapping[str, Any]) -> None:
        with output_errors(self.path):
            columns = self._columns() or list(row)
            fresh = not self.path.exists()
            with self.path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                if fresh:
                    writer.writeheader()
                writer.writerow(row)

    def _columns(self) -> list[str]:
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])


def write_checkpoint(run: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` beside and rename it, so that a kill leaves the last good one."""
    path = run / CHECKPOINT
    partial = run / (CHECKPOINT + ".partial")
    with output_errors(path):
        run.mkdir(parents=True, exist_ok=True)
        torch.save(dict(state), partial)
        move_file(partial, path)


def read_checkpoint_file(path: Path) -> dict[str, Any]:
    """What ``write_checkpoint`` wrote, on the CPU. Raises ``SetupError`` for anything else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise TypeError(f"it holds a {type(state).__name__}")
    except Exception as error:
        raise SetupError(
            f"{path} is not a training checkpoint: {error}", "Name the folder of an earlier run."
        ) from error
    return state


def check_free(run: Path) -> None:
    """Raise ``UsageError`` where ``run`` holds a run that a new one would overwrite."""
    if (run / CHECKPOINT).exists():
        raise UsageError(f"{run} holds a run already", "Add --resume to go on, or choose another --out.")


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
