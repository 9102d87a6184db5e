"""What people have decided of a chapter: for each page the colours of the segments that edits cover.

It stands beside ``harmonize`` and rests on nothing that this decides: an edit covers what its anchors and
each segment say themselves, whatever else is in the chapter. ``docs/design/edits.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.base import WHERE_SET, ChapterContext, ChapterStage, Memory
from mangacolor.stages.edits.elsewhere.given import Given, kept_edits
from mangacolor.stages.edits.elsewhere.hints import HINT_ID, Hint, check_hints, read_hints
from mangacolor.stages.edits.elsewhere.series import remember_edits, remembers_edits
from mangacolor.stages.edits.freezing import with_looks
from mangacolor.stages.edits.locating import Located, PageIndex, locate_edits
from mangacolor.stages.edits.model import OWN_LOOK, Edit
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import FILE, decided_edits, from_document, read_locked_palette
from mangacolor.stages.edits.params import PARAMS, EditParams
from mangacolor.stages.edits.resolve import resolve_edits
from mangacolor.stages.guest.surfaces import gather_page
from mangacolor.stages.segments.chapter import ChapterSegments, join_pages
from mangacolor.stages.spreads.drawings import Drawings


@dataclass(frozen=True, slots=True)
class Config:
    """``palette``: what is locked in a palette to keep, as JSON. ``hints``: of ``--hints``."""

    palette: str = field(default="", metadata=WHERE_SET)
    hints: tuple[Hint, ...] = ()
    params: ClassVar[EditParams] = PARAMS


def configure(options: Options, _chapter: Chapter) -> Config:
    """Raises ``UsageError`` for a palette or hints that cannot be read."""
    hints = read_hints(Path(options.hints)) if options.hints else ()
    return Config(read_locked_palette(options.palette) if options.harmonize else "", hints)


def neutral() -> Artifact:
    """No edit."""
    return PageEdits().to_artifact()


def is_idle(config: Config, document: Mapping[str, Any] | None, memory: Memory | None) -> bool:
    """Whether nobody has decided anything: then pages need not wait for each other."""
    palette = from_document(document) if document is not None else Palette()
    decided = palette.edits or palette.look != OWN_LOOK or any(entry.edited for entry in palette.groups)
    return not (decided or config.hints or kept_edits(config.palette) or remembers_edits(memory))


def run(context: ChapterContext[Config], pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
    """The ``PageEdits`` of each page."""
    config = context.config
    drawings = Drawings.of(context.chapter, pages)
    index = PageIndex({name: context.sources[name] for name in pages})
    digests = [index.digest_of(name) for name in pages]
    given = Given.to(context.chapter, digests, config.palette, config.hints, context.memory)
    palette = from_document(context.document) if context.document else Palette()
    own = palette.edits
    edits = [*given.edits, *own]
    segments = _gather(context, drawings)
    _check_network(given.kept, segments)
    located = locate_edits(edits, index, drawings, segments)
    context.check_cancelled()
    resolved = resolve_edits(edits, segments, located, config.params)
    _warn(context, [*given.hints, *own], located, segments)
    _warn_of_outlines(context, list(enumerate(edits))[len(given.edits) :], located)
    if context.memory is not None:
        decided = [with_looks(edit, _looks(located, segments)) for edit in (*given.kept, *given.hints, *own)]
        remember_edits(context.memory, digests, decided, config.params)
    looking = (replace(page, look=palette.look) for page in resolved.pages)
    handed = dict(zip(drawings, looking, strict=True))
    return {name: handed[speaker].to_artifact() for name, speaker in drawings.speakers.items()}


def _gather(context: ChapterContext[Config], drawings: Drawings) -> ChapterSegments:
    """The segments of all pages, which threads read."""
    return join_pages(parallel_map(lambda name: gather_page(context, name, drawings[name]), drawings))


def _check_network(kept: Sequence[Edit], segments: ChapterSegments) -> None:
    """Raise ``UsageError`` for edits of another chapter that another network's features describe."""
    can_read = segments.features.can_read
    if len(segments) and not all(can_read(anchor.looks) for edit in kept for anchor in edit.anchors):
        raise UsageError(
            "the palette was made with another colour network, by which surfaces look different",
            "Use the weights that it was made with, or leave --palette away.",
        )


def _looks(located: Located, segments: ChapterSegments) -> dict[Any, bytes]:
    """What is known of anchors, and no more than they keep, so that other chapters of a series compare by
    that, too."""
    features = segments.features
    return {
        anchor: features.limited_to(features.known_in(anchor.looks)).look_of(at)
        for anchor, at in located.anchors.items()
    }


def _warn(
    context: ChapterContext[Config], edits: Sequence[Edit], located: Located, segments: ChapterSegments
) -> None:
    """Say which points have no effect, and why: the others count."""
    why = {missed.anchor: missed.why for missed in located.missed}
    can_read = segments.features.can_read
    for edit in edits:
        for anchor in (*edit.anchors, *edit.negatives) if not edit.outline else ():
            if anchor in located.anchors or (anchor not in why and can_read(anchor.looks)):
                continue
            what = "the hint" if edit.id == HINT_ID else f"the point of {_title(edit)}"
            because = why.get(anchor, "its page is gone")
            message = f"{what} at {anchor.x}, {anchor.y} has no effect: {because}"
            context.warn(anchor.page, f"{message}; move the point" if anchor in why else message)


def _warn_of_outlines(
    context: ChapterContext[Config], edits: Sequence[tuple[int, Edit]], located: Located
) -> None:
    """Say which outlines have no effect, and why. ``edits``: with their places among those located."""
    for place, edit in edits:
        held = located.enclosed.get(place)
        if edit.outline and (held is None or not len(held.rows)):
            why = "its page is gone" if held is None else "nothing inside it takes a colour; draw it again"
            context.warn(edit.anchors[0].page, f"the outline of {_title(edit)} has no effect: {why}")


def _title(edit: Edit) -> str:
    return f"edit {edit.id} ({edit.name})" if edit.name else f"edit {edit.id}"


STAGE = ChapterStage(
    "recolor",
    run,
    configure,
    ("panels", "balloons", "colorize"),
    neutral,
    version=8,
    file=FILE,
    edits=decided_edits,
    remembers="colorize",
    check=check_hints,
    idle=is_idle,
    partial=True,
)
