"""``mangacolor learn``: a series' own colours, from pages of it that are in colour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import (
    PATH,
    PATH_OR_NAME,
    Numbers,
    WholeNumbers,
    expand_patterns,
)
from mangacolor.core.errors import ExitStatus, UsageError
from mangacolor.core.installed import TRAINING, need_torch
from mangacolor.core.wording import counted, first_few, json_text

if TYPE_CHECKING:
    from mangacolor.training.series.editions import PairedPages
    from mangacolor.training.series.learn import LearntReport
    from mangacolor.training.series.pages import FoundPages

MOST_TOLD = 12  # pages of two editions that are named one by one


@click.command()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=PATH, callback=expand_patterns)
@option("--out", type=PATH, required=True, help="The .safetensors file to write, for --weights.")
@click.option(
    "--editions",
    nargs=2,
    multiple=True,
    type=PATH,
    metavar="BLACK COLOUR",
    help="Two editions of the same pages, the first in black and white, the other in colour.",
)
@click.option(
    "--from",
    "base",
    type=PATH_OR_NAME,
    metavar="NAME|PATH",
    default="default",
    help="The colour network to learn on; the bundled one by default.",
)
@option(
    "--minutes",
    type=Numbers(0, 24 * 60, min_open=True),
    default=5.0,
    show_default=True,
    help="At most so many; the number of steps follows from them.",
)
@option("--name", default="", help="The series' name, kept in the file.")
@option(
    "--seed",
    type=WholeNumbers(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="The same seed gives the same file, unless the time is up before.",
)
@option(
    "--device", metavar="DEVICE", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps."
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@option("--quiet", is_flag=True, help="Say only what went wrong.")
def learn(
    inputs: tuple[Path, ...],
    editions: tuple[tuple[Path, Path], ...],
    out: Path,
    base: str,
    minutes: float,
    name: str,
    seed: int,
    device: str,
    as_json: bool,
    quiet: bool,
) -> int:
    """Learn a series from its own coloured pages, so that others of it take their colours.

    INPUT: coloured pictures, folders and archives of the series. Pages in black and white among them are
    left out. Pages that the series has in black and white and in colour teach best: give both by --editions.
    """
    begun = time.monotonic()
    check_request(inputs, editions, out, name)
    need_torch("mangacolor learn", extra=TRAINING)
    from mangacolor.core.devices import notes_on_device, resolve_device
    from mangacolor.models.colour.series.base import find_base
    from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
    from mangacolor.training.display import WorkDisplay
    from mangacolor.training.series.editions import pair_editions
    from mangacolor.training.series.pages import FoundPages, find_coloured_pages
    from mangacolor.training.series.shares import check_size

    find_base(base, out)
    device = device if device == "auto" else resolve_device(device)
    cancel = CancelToken()
    with cancel_on_signals(cancel), WorkDisplay(quiet) as display:
        paired = [pair_editions(*pair, out, display, cancel) for pair in editions]
        found = find_coloured_pages(inputs, out, display, cancel) if inputs else FoundPages()
        pages = [page for pair in paired for page in pair.pages] + found.coloured
        check_size(pages)
        # What imports torch, which takes seconds, comes when there is something to learn.
        from mangacolor.training.series.learn import learn_series
        from mangacolor.training.series.learning import LearnSettings

        settings = LearnSettings(base, minutes, seed, resolve_device(device), begun + 60 * minutes)
        for note in notes_on_device(device):
            click.echo(note, err=True)
        report = learn_series(pages, out, settings, display, cancel, name=name)
    if as_json:
        click.echo(json_text(to_document(report, found, paired)))
    elif not quiet:
        tell(report, found, paired)
    return cancel.status if cancel.requested else ExitStatus.DONE


def tell(report: LearntReport, found: FoundPages, paired: Sequence[PairedPages]) -> None:
    """What was learnt and from what, for people."""
    for line in (*describe_editions(paired), *describe_found(found), report.describe()):
        click.echo(line, err=True)


def to_document(report: LearntReport, found: FoundPages, paired: Sequence[PairedPages]) -> dict[str, object]:
    """What was learnt, from which editions, and what was not learnt from: for ``--json``."""
    left = {"left_out": dict(found.left_out), "unread": found.unread, "skipped": found.skipped}
    return {**report.to_document(), **left, "editions": [pair.to_document() for pair in paired]}


def check_request(
    inputs: Sequence[Path], editions: Sequence[tuple[Path, Path]], out: Path, name: str
) -> None:
    """Raise ``UsageError`` where there is nothing to learn from, and for what no file can be called."""
    from mangacolor.models.colour.series.file import MAX_NAME, is_line
    from mangacolor.models.files.reading import check_suffix

    if not inputs and not editions:
        raise UsageError(
            "nothing to learn from",
            "Name coloured pages, folders or archives, or two --editions of the same pages.",
        )
    check_suffix(out)
    if len(name) > MAX_NAME:
        raise UsageError(f"--name has {len(name)} characters", f"Give it at most {MAX_NAME}.")
    if not is_line(name, MAX_NAME):
        raise UsageError(
            f"--name {name!a} holds what is no text in UTF-8, or moves a terminal's cursor",
            "Give letters, digits, signs and spaces.",
        )


def describe_editions(paired: Sequence[PairedPages]) -> list[str]:
    """How many pages of two editions go together, and why others do not, a line each."""
    lines = []
    for pair in paired:
        lines += [pair.describe(), *(f"  {line}" for line in pair.told[:MOST_TOLD])]
        if len(pair.told) > MOST_TOLD:
            lines.append(f"  and {len(pair.told) - MOST_TOLD} more, which --json names")
    return lines


def describe_found(found: FoundPages) -> list[str]:
    """What was not learnt from, and why, a line each."""
    lines = [f"left out: {words}" for words in found.left_out_in_words()]
    if found.unread:
        lines.append(f"not readable: {first_few(found.unread, 3)}")
    if found.skipped:
        lines.append(
            f"not looked at: {counted(found.skipped, 'page')}, "
            f"since {counted(len(found.coloured), 'coloured page')} are enough"
        )
    return lines
