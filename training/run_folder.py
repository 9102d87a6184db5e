"""The folder of a training run: curves, the checkpoint, and one run at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mangacolor.core.atomic import held, output_errors
from mangacolor.core.errors import DiskFullError, SetupError, UsageError
from mangacolor.core.system.files import move_file, remove_file

CHECKPOINT = "checkpoint.pt"
CURVES = "curves.csv"
WEIGHTS = "weights.safetensors"
LOCK = ".lock"
GO_ON = "--resume goes on"  # said of a run that was stopped
LICENCE = "CC-BY-SA-4.0"  # of all weights of this repository


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


@contextmanager
def hold_run(run: Path, *, fresh: bool) -> Iterator[None]:
    """Hold the folder of a run, which is made, for one process.

    Raises ``OutputError`` where another holds it, and as ``check_free`` where a ``fresh`` run would overwrite
    one that has been there before.
    """
    busy = "another run is writing here", "Wait for its end, or choose another --out."
    with held(run / LOCK, run, busy=busy, elsewhere="Choose an --out on a local disk."):
        if fresh:
            check_free(run)
        yield


def write_checkpoint(run: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` beside and rename it, so that a kill or a full disk leaves the last good one."""
    path = run / CHECKPOINT
    partial = run / (CHECKPOINT + ".partial")
    try:
        with output_errors(path):
            run.mkdir(parents=True, exist_ok=True)
            _save(state, partial)
            move_file(partial, path)
    except DiskFullError as error:
        last = f"{GO_ON} from the checkpoint before" if path.exists() else "begin again"
        raise DiskFullError(error.message, f"Free some space; {last}.") from error
    finally:
        with suppress(OSError):
            remove_file(partial)


def _save(state: Mapping[str, Any], path: Path) -> None:
    """Raises ``OSError`` where the disk says no: torch has an error of its own for it, with that behind."""
    try:
        with path.open("wb") as file:
            torch.save(dict(state), file)
    except RuntimeError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__context__
        raise cause or error from error


def read_checkpoint_file(path: Path) -> dict[str, Any]:
    """What ``write_checkpoint`` wrote, on the CPU. Raises ``SetupError`` for anything else."""
    if not path.is_file():
        raise SetupError(
            f"{path.parent} holds no run: there is no {path.name}",
            "Name the folder of an earlier run; a new one begins without --resume.",
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise TypeError(f"it holds a {type(state).__name__}")
    except Exception as error:
        raise SetupError(
            f"{path} is not a training checkpoint: {error}", "Name the folder of an earlier run."
        ) from error
    return state


def first_reason(error: Exception) -> str:
    """Of what torch says about weights that do not fit, a line for each of them, the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[min(1, len(lines) - 1)] if lines else repr(error)


def check_free(run: Path) -> None:
    """Raise ``UsageError`` where ``run`` holds a run that a new one would overwrite."""
    if (run / CHECKPOINT).exists():
        raise UsageError(f"{run} holds a run already", "Add --resume to go on, or choose another --out.")
