"""The networks that ``mangacolor train`` trains: one table, and what a run of any of them is asked for.

Imports no torch: the module that trains a network is imported when it is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from mangacolor.core.errors import UsageError

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What the command line asks for. ``run``: the folder of the run.

    Of the fields after ``say`` each network takes those that its row of ``TRAINABLE`` names.
    """

    data: tuple[Path, ...]
    run: Path
    settings: Mapping[str, Any] = field(default_factory=dict)  # of --set
    minutes: float | None = None
    resume: bool = False
    device: str = "cpu"
    say: Say = lambda _line: None  # takes lines of progress
    preset: str = "default"
    init: Path | None = None
    sources: Path | None = None
    samples: Path | None = None
    validation: Path | None = None
    workers: int = 1
    vgg_weights: Path | None = None
    anime_weights: Path | None = None
    encoder_weights: Path | None = None
    preview_data: bool = False
    also: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # settings of further networks, by name
    weights: str = "default"
    rows: Path | None = None


@dataclass(frozen=True, slots=True)
class TrainOutcome:
    """How a run ended: a line about it, and 0 or 128 plus the signal that stopped it."""

    message: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Trainable:
    """A network that can be trained. ``options``: fields of ``TrainRequest`` that not all networks have."""

    name: str
    help: str
    data: str  # what --data has to be
    home: str  # the module, below training, whose ``function(request)`` trains it
    options: tuple[str, ...] = ()
    function: str = "train"

    def train(self, request: TrainRequest) -> TrainOutcome:
        """Train it. Raises ``MangacolorError`` for data and settings that will not do."""
        home = import_module(f"mangacolor.training.{self.home}")
        outcome: TrainOutcome = getattr(home, self.function)(request)
        return outcome


FOLDERS = "a folder with a folder of colour pictures a source"
PACKS = "data packs or folders of colour pictures; may be given several times"
PACK = "a data pack or a folder of colour pictures"

TRAINABLE = (
    Trainable(
        "colour",
        "chooses the colours",
        PACKS,
        "colour.run",
        (
            *("preset", "init", "sources", "samples", "validation", "workers", "preview_data"),
            "also",
            *("vgg_weights", "anime_weights", "encoder_weights"),
        ),
    ),
    Trainable("panels", "finds the borders of panels", FOLDERS, "auxiliary.panels", ("init",)),
    Trainable(
        "balloons",
        "finds balloons",
        FOLDERS + ", among them peppercarrot_lettered and peppercarrot_art",
        "auxiliary.balloons",
        ("init",),
    ),
    Trainable("descreen", "turns dots into tones", PACK, "auxiliary.descreen", ("sources",)),
    Trainable("upscale", "enlarges twice", FOLDERS, "auxiliary.upscale"),
    Trainable(
        "segments",
        "tells which segments are the same thing, for one colour network",
        PACK,
        "auxiliary.segment_embedding",
        ("sources", "weights", "rows"),
    ),
    Trainable(
        "identity",
        "tells things apart that have one colour, for edits, for one colour network",
        PACK,
        "auxiliary.segment_embedding",
        ("sources", "weights", "rows"),
        "train_identity",
    ),
)
NAMES = tuple(network.name for network in TRAINABLE)


def find_trainable(name: str) -> Trainable:
    """The row of ``TRAINABLE``. Raises ``UsageError`` for a name that none has."""
    for network in TRAINABLE:
        if network.name == name:
            return network
    raise UsageError(f"there is no network called {name!r} to train", f"Choose from {', '.join(NAMES)}.")


def refuse_strangers(network: Trainable, given: tuple[str, ...]) -> None:
    """Raise ``UsageError`` if an option that only other networks have is among those ``given``."""
    special = {option for row in TRAINABLE for option in row.options}
    for option in given:
        if option in special and option not in network.options:
            having = [row.name for row in TRAINABLE if option in row.options]
            raise UsageError(
                f"{_flag(option)} is no option of the network {network.name}",
                f"Leave it out; it belongs to --network {' or '.join(having)}.",
            )


def _flag(option: str) -> str:
    return "--" + option.replace("_", "-")
