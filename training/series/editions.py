"""Pages that a series has in black and white and in colour: found in each other and laid on each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.errors import InputError
from mangacolor.core.types import Panel
from mangacolor.core.wording import counted
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.stages.kinds.page_kinds import KIND_IN_WORDS
from mangacolor.stages.panels import find_panels
from mangacolor.stages.registration.matching import Alone, Match, Matches, match_pages
from mangacolor.stages.registration.register import register
from mangacolor.training.data.pictures import at_most
from mangacolor.training.display import Tell
from mangacolor.training.series.edition_pages import Edition, EditionReader
from mangacolor.training.series.lessons import ColouredPage
from mangacolor.training.series.pages import LONGEST, MOST_PAGES, in_turn, spread_order

# The share of a panel, and of a page, that must be the same in both to be learnt from.
PANEL_FITS = 0.5
PAGE_FITS = 0.15
_BOTH = "Give two editions of one work, the black-and-white one first, then the coloured one."


@dataclass(slots=True)
class PairedPages:
    """``pages``: to learn from. ``black``, ``coloured``: how many pages either edition has.

    ``matched``: of the black ones, how many are among the coloured ones. ``skipped``: matched ones that were
    not laid on each other, since there were enough. ``told``: why the others are left out, a line each.
    """

    black: int
    coloured: int
    matched: int
    pages: list[ColouredPage] = field(default_factory=list)
    skipped: int = 0
    told: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """How many pages matched, a line for people."""
        line = (
            f"editions: {self.matched} of {counted(self.black, 'black-and-white page')} matched with "
            f"{counted(self.coloured, 'coloured page')}, {len(self.pages)} laid on each other"
        )
        return f"{line}, which are enough" if self.skipped else line

    def to_document(self) -> dict[str, object]:
        """The same as a JSON-able object."""
        return {
            "black": self.black,
            "coloured": self.coloured,
            "matched": self.matched,
            "laid": len(self.pages),
            "skipped": self.skipped,
            "told": self.told,
        }


def pair_editions(
    black: Path, coloured: Path, out: Path, tell: Tell, cancel: CancelToken, most: int = MOST_PAGES
) -> PairedPages:
    """The pages of the edition ``black`` that are in ``coloured`` too, at most ``most``, spread over all.

    ``out`` is left out where it lies in one of them. Raises ``InputError`` where one does not exist or holds
    no page of its kind, and where no page is in both; ``Cancelled``.
    """
    reader = EditionReader(tell, cancel)
    ours, theirs = reader.look_at(black, "manga", out), reader.look_at(coloured, "colour", out)
    _check_kinds(ours, theirs)

    def progress(done: int) -> None:
        cancel.check()
        tell("matching pages", done, len(ours.pages))

    matches = match_pages([page.look for page in ours.pages], [page.look for page in theirs.pages], progress)
    matched = {match.ours for match in matches.pairs}
    paired = PairedPages(len(ours.pages), len(theirs.pages), len(matched))
    paired.told += [*ours.told, *theirs.told, *_why_alone(ours, theirs, matches)]
    _lay_on_each_other(ours, theirs, matches.pairs, reader, most, paired)
    if not paired.pages:
        why = f": {paired.told[-1]}" if paired.told else ""
        raise InputError(f"no page of {black} is found in {coloured}{why}", _BOTH)
    return paired


def _lay_on_each_other(
    ours: Edition,
    theirs: Edition,
    pairs: tuple[Match, ...],
    reader: EditionReader,
    most: int,
    paired: PairedPages,
) -> None:
    """Register pairs, spread over all of them, until there are enough; into ``paired``."""
    chosen = [pairs[number] for number in spread_order(len(pairs))] if pairs else []
    found: dict[tuple[int, int], ColouredPage] = {}
    done = 0
    for match, page in in_turn(lambda match: _lay(ours, theirs, match, reader), chosen):
        done += 1
        reader.tell("laying pages on each other", done, min(len(chosen), most))
        if page is None:
            name, other = ours.pages[match.ours].name, theirs.pages[match.theirs].name
            paired.told.append(f"{name}: too little of it fits {other}")
        else:
            found[match.ours, match.theirs] = page
        if len(found) == most:
            break
    paired.skipped = len(chosen) - done
    paired.pages += [found[place] for place in sorted(found)]


def _lay(ours: Edition, theirs: Edition, match: Match, reader: EditionReader) -> ColouredPage | None:
    """A page with the other edition's colours on it; None where next to nothing fits."""
    page = ours.pages[match.ours]
    black, colour = (at_most(reader.read(one), LONGEST) for one in (page, theirs.pages[match.theirs]))
    found = register(black, colour)
    if found is None or found.share < PAGE_FITS:
        return None
    fits = found.mask
    panels = [panel for panel in find_panels(black).panels if _fits(panel, fits)]
    return ColouredPage(page.name, found.warp(colour), panels, luma(black), fits) if panels else None


def _fits(panel: Panel, fits: Mask) -> bool:
    x, y, w, h = panel.box
    return not panel.residual and float(fits[y : y + h, x : x + w].mean()) >= PANEL_FITS


def _why_alone(ours: Edition, theirs: Edition, matches: Matches) -> list[str]:
    """A line for each page of either edition that goes with none of the other."""
    partners = {match.theirs: ours.pages[match.ours].name for match in matches.pairs}

    def why(alone: Alone) -> str:
        if alone.why == "empty":
            return "next to nothing is drawn on it"
        if alone.nearest is None:
            return f"no page of {theirs.path} shows the same drawing"
        other = theirs.pages[alone.nearest].name
        if alone.why == "taken":
            return f"shows the same as {other}, which goes with {partners[alone.nearest]}"
        return f"{other} is the most like it, but too little of that is the same"

    lines = [f"{ours.pages[alone.ours].name}: {why(alone)}" for alone in matches.alone]
    return lines + [
        f"{theirs.pages[number].name}: goes with no page of {ours.path}" for number in matches.left
    ]


def _check_kinds(ours: Edition, theirs: Edition) -> None:
    """Raise ``InputError`` where an edition has no page of its kind, or the two were named in turn."""
    for edition, other in ((ours, theirs), (theirs, ours)):
        if edition.pages:
            continue
        if other.kind in edition.others and edition.kind in other.others:
            raise InputError(
                f"{ours.path} is {KIND_IN_WORDS['colour']}, and {theirs.path} {KIND_IN_WORDS['manga']}",
                "Name the black-and-white edition first, then the coloured one.",
            )
        raise InputError(
            f"no page of {edition.path} is {KIND_IN_WORDS[edition.kind]}: {edition.told[0]}", _BOTH
        )
