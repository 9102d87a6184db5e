"""One figure, one colour: what each segment's colour is corrected by, decided from all pages.

A network that sees one panel at a time drifts: the same hair comes out red here and brown there. Segments of
all pages start from what the network's votes say (``colour_assignment.py``), agree with their neighbours
(``smoothing.py``) and are grouped (``clustering.py``); each group gets one colour from its members
(``group_colours.py``), or the one that somebody chose (``overrides.py``). A segment goes to that colour as
far as it surely belongs to its group, and else to what it agreed on; what is one thing in a panel then agrees
(``panels/agreement.py``). ``docs/design/harmonize.md`` has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.base import GUARD, ChapterContext, ChapterStage
from mangacolor.stages.edits.freezing import freeze_edited
from mangacolor.stages.edits.locating import PageIndex
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import (
    FILE,
    decided_groups,
    from_document,
    read_locked_palette,
    to_document,
)
from mangacolor.stages.guest.surfaces import GuestColours, GuestWindow, gather_page, page_guest
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.harmonize.descriptors import DescriptorSpace, make_space
from mangacolor.stages.harmonize.group_colours import (
    ChapterColours,
    correct_segments,
    hand_out,
)
from mangacolor.stages.harmonize.guidance.guided import Guided
from mangacolor.stages.harmonize.overrides import choose_override
from mangacolor.stages.harmonize.palette_entries import (
    absent_entries,
    make_entries,
    name_colours,
    place_entries,
)
from mangacolor.stages.harmonize.params import PARAMS, Params
from mangacolor.stages.harmonize.preview import draw_groups
from mangacolor.stages.harmonize.references.learnt import learnt_features
from mangacolor.stages.harmonize.references.matching import Matched, match_references
from mangacolor.stages.harmonize.references.pictures import (
    REFERENCE_VERSION,
    hash_references,
    join_references,
    see_reference,
)
from mangacolor.stages.harmonize.regrouping import find_groups
from mangacolor.stages.harmonize.series.grouping import Grouping, group_segments, with_remembered
from mangacolor.stages.harmonize.series.recall import (
    keep_remembered,
    recall_segments,
    remember_segments,
    shown_groups,
)
from mangacolor.stages.harmonize.series.remembered import Remembered
from mangacolor.stages.segments.chapter import ChapterSegments, GatheredPage, join_pages
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.segments.fingerprints import fingerprint_segments
from mangacolor.stages.spreads.drawings import Drawings


@dataclass(frozen=True, slots=True)
class Config:
    """``palette``: the locked groups of a palette to keep, as JSON. ``reference``: a hash of the pictures to
    follow. ``own_reference``: the chapter's own coloured pages are among them. ``weights``: those of the
    network, which enter the key with ``colorize``."""

    palette: str = ""
    reference: str = ""
    own_reference: bool = True
    weights: str = field(default="default", metadata=GUARD)
    params: Params = PARAMS


def configure(options: Options, _chapter: Chapter) -> Config | None:
    """Raises ``UsageError`` for a palette or a reference that cannot be read."""
    if not options.harmonize:
        return None
    return Config(
        read_locked_palette(options.palette),
        hash_references(options.reference),
        options.own_reference,
        options.weights,
    )


def neutral() -> Artifact:
    """No correction."""
    return Corrections().to_artifact()


def run(context: ChapterContext[Config], pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
    """The ``Corrections`` of each page. Leaves the chapter's ``palette.json``."""
    config = context.config
    drawings = Drawings.of(context.chapter, pages)
    params = config.params.for_lone_page() if context.memory and len(drawings) == 1 else config.params
    segments, guest = _gather(context, drawings)
    palette = from_document(context.document) if context.document else Palette()
    if not len(segments):
        context.write(to_document(palette))
        return {name: neutral() for name in pages}
    remembered = recall_segments(context.memory, segments)
    space = make_space(with_remembered(remembered, segments), segments.embedded, params.descriptors)
    found = group_segments(segments, remembered, space, params, guest)
    context.check_cancelled()
    kept = from_document(json.loads(config.palette)).entries if config.palette else ()
    index = PageIndex(context.sources)
    prints = fingerprint_segments(segments, [index.digest_of(name) for name in drawings])
    regrouped = find_groups(found, segments, space, palette, kept, prints, params)
    grouping, matches = regrouped.grouping, regrouped.matches
    number = grouping.groups.number
    matched = _match_references(context, segments, space, grouping.guided)
    colours, proposed = colour_groups(segments, matched, grouping, remembered, params, regrouped.merged)

    overrides = [choose_override(own, kept) for own, kept in zip(matches.own, matches.kept, strict=True)]
    palette = freeze_edited(palette, regrouped.identity, segments, context.sources, drawings)
    named = name_colours(segments, number, colours.groups, matches)
    entries = make_entries(list(drawings), segments, grouping.groups, regrouped, named)
    entries = [*place_entries(entries, drawings), *absent_entries(palette, regrouped)]
    context.write(to_document(palette.with_found(entries, regrouped.ungrouped)))
    settled = grouping.members(segments.area, params).settle(grouping.groups, colours, params)
    corrections = correct_segments(
        segments,
        grouping.groups,
        settled,
        colours,
        overrides,
        regrouped.identity,
        params.corrections,
        matched,
    )
    if context.memory is not None:
        shown = shown_groups(grouping, remembered, colours.groups, overrides)
        remember_segments(context.memory, segments, grouping, shown, proposed, corrections, params.retention)
    handed = dict(zip(drawings, hand_out(segments, corrections), strict=True))
    return {name: handed[speaker].to_artifact() for name, speaker in drawings.speakers.items()}


def colour_groups(
    segments: ChapterSegments,
    matched: Matched | None,
    grouping: Grouping,
    remembered: Remembered,
    params: Params,
    merged: Mask | None = None,
) -> tuple[ChapterColours, F64]:
    """The colours of groups and members, drawn to those of references, on a grid; and those of groups by this
    chapter alone, G×2. ``merged``: G, groups that somebody wants to be of one colour."""
    number = grouping.groups.number
    members = grouping.members(segments.area, params)
    colours = members.choose_colours(number, params)
    if merged is not None:
        colours = colours.with_one_colour(merged[number])
    alone = colours.groups
    colours = kept = keep_remembered(colours, grouping, remembered, params.group_colours)
    if matched is not None:
        pulled = matched.pull(colours.groups, number, members.weight, params.smoothing)
        guided = members.find_guided(number, params.guidance)[:, None]
        colours = colours.with_groups(np.where(guided, colours.groups, pulled))
    return colours.round_groups(params.group_colours), alone + colours.groups - kept.groups


def _gather(
    context: ChapterContext[Config], drawings: Drawings
) -> tuple[ChapterSegments, GuestColours | None]:
    """The segments of all pages, which threads read, and the colours that a guest gives to them, if any."""

    def read(name: str) -> tuple[GatheredPage, Image]:
        page = gather_page(context, name, drawings[name])
        return page, page_guest(drawings[name]).rows(sum(page.sizes))

    found = parallel_map(read, drawings)
    segments, told = join_pages([page for page, _ in found]), [rows for _, rows in found]
    first = np.cumsum([0, *(len(rows) for rows in told)])
    rows = np.concatenate(told)[first[segments.page] + segments.row] if told else GuestWindow.nothing(0).rows
    guest = GuestColours.of(rows)
    return segments, guest if guest.cover.any() else None


def _match_references(
    context: ChapterContext[Config], segments: ChapterSegments, space: DescriptorSpace, guided: Guided
) -> Matched | None:
    """What coloured pages, what was learnt of the series and segments with a guest's colour say of the
    segments; None without any of these. Of those that have the guest's colour they are not asked."""
    learnt = learnt_features(context.config.weights, segments.features, segments.embedded)
    seen = join_references(context.references())
    told = guided.as_references(segments.features)
    all_rows = [features.rows for features in (learnt, seen, told) if features is not None]
    if not all_rows:
        return None
    references = SegmentFeatures(np.concatenate(all_rows), segments.features.vote_count)
    params = context.config.params
    matched = match_references(
        segments.features, references, space, segments.palette, params.references, params.smoothing
    )
    return replace(matched, sureness=np.where(guided.held, 0.0, matched.sureness))


STAGE = ChapterStage(
    "harmonize",
    run,
    configure,
    ("panels", "balloons", "colorize"),
    neutral,
    version=23,
    file=FILE,
    edits=decided_groups,
    preview=draw_groups,
    reference_needs=("decode", "colorize"),
    see_reference=see_reference,
    reference_version=REFERENCE_VERSION,
    remembers="colorize",
)
