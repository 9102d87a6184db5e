"""One figure, one colour: what each surface's colour is moved by, decided from all pages.

A network that sees one panel at a time drifts: the same hair comes out red here and brown there. Surfaces
of all pages start from what the network's votes say (``decision.py``), agree with their look-alikes
(``agreement.py``) and are grouped (``grouping.py``); each group gets one colour from its members
(``group_colour.py``), or the one that somebody wants (``wishes.py``). A surface goes to that colour as far
as it surely belongs to its group, and else to what it agreed on.
``docs/harmonize.md`` has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs
from mangacolor.formats.option_files import json_file, picture_files
from mangacolor.stages.base import ChapterContext, ChapterStage
from mangacolor.stages.harmonize.chapter import (
    Surfaces,
    by_page,
    gather,
    looks_of,
    place_on_page,
    reference_rows,
    window_sizes,
)
from mangacolor.stages.harmonize.clustering import Groups, LookAlikes, group, look_alikes
from mangacolor.stages.harmonize.colour_assignment import decided, told
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.group_colours import group_colours, liveliness
from mangacolor.stages.harmonize.hints import Hint, hints_of, read_hints, surface_at
from mangacolor.stages.harmonize.louvain import Ints
from mangacolor.stages.harmonize.overrides import Known, Wish, follow, gone, recognise, wish_for
from mangacolor.stages.harmonize.palette_file import (
    FILE,
    Entry,
    edits,
    from_document,
    name_of,
    parts_of,
    to_document,
)
from mangacolor.stages.harmonize.preview import draw_groups
from mangacolor.stages.harmonize.smoothing import HOLD, Numbers, hold_for
from mangacolor.stages.reassemble.recolour import GROUP, LIGHT, MOVE
from mangacolor.stages.segments.features import CB, CR, SHOWN, SPREAD

STEP = 2  # levels of chroma: a group's colour is one of a grid, so that it seldom moves
STRENGTHS = 4  # steps from not at all to fully
CALM = 1.5  # levels of spread (of chroma within a surface) that halve its say
LUMAS = (66, 250)  # of a surface whose luma is wished: ink below stays ink, and paper has no colour above
PLACES = 6  # at which a palette says that a group is seen


@dataclass(frozen=True, slots=True)
class Config:
    """``palette``: the locked groups of a palette to keep, as JSON. ``reference``: a hash of the pictures
    to follow. ``own_reference``: the chapter's own coloured pages are among them."""

    palette: str = ""
    reference: str = ""
    own_reference: bool = True
    hints: tuple[Hint, ...] = ()


def configure(options: Options, _chapter: Chapter) -> Config | None:
    """Raises ``UsageError`` for a palette, a reference or hints that cannot be read."""
    if not options.harmonize:
        return None
    return Config(
        _kept_palette(options.palette),
        _reference_hash(options.reference),
        options.own_reference,
        read_hints(Path(options.hints)) if options.hints else (),
    )


def _kept_palette(path: str | None) -> str:
    if path is None:
        return ""
    remedy = "Give the palette.json of a coloured chapter, locked with `mangacolor palette OUT --lock`."
    document = json_file(Path(path), "--palette", remedy)
    entries = from_document(document if isinstance(document, dict) else {}, f"--palette {path}")
    locked = [entry for entry in entries if entry.locked]
    if not locked:
        raise UsageError(f"--palette {path}: none of its groups is locked", remedy)
    # What does not bear on colours must not enter the key.
    bare = [replace(entry, area=0.0, surfaces=0, sure=0.0, seen=()) for entry in locked]
    return json.dumps(to_document(bare), sort_keys=True)


def _reference_hash(path: str | None) -> str:
    if path is None:
        return ""
    files = picture_files(Path(path), "--reference")
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def neutral() -> Artifact:
    """No correction."""
    return Artifact({"windows": []})


def run(context: ChapterContext, pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
    """For each page ``windows``: for each window, and each of its surfaces from label 1 on, six whole
    numbers in one flat list: the group (-1 for none), the levels to add to Cb and Cr, the mean luma it is to
    have (-1 for its own), and the levels that Cb and Cr would get had nobody wished for a colour. Leaves the
    chapter's ``palette.json``.
    """
    config: Config = context.config
    sizes: dict[str, list[int]] = {}
    hints: dict[tuple[int, int], str] = {}
    surfaces = gather(_look(context, pages, sizes, hints))
    own = from_document(context.document) if context.document else ()
    if not len(surfaces.table):
        context.write(to_document(own))
        return {name: neutral() for name in sizes}
    space = make_space(surfaces.table, surfaces.votes, surfaces.embedded)
    places = space.place(surfaces.table, surfaces.page)
    sure = 1 / (1 + (surfaces.table[:, SPREAD] / (4 * CALM)) ** 2)
    found = look_alikes(places, surfaces.window)
    weight = surfaces.area**0.25 * sure
    start, hold = _first_colours(surfaces, weight, found)
    groups = group(found, start, weight, hold)
    context.check_cancelled()
    number = by_size(groups.number, surfaces)
    colours, agreed = _members_colours(start, groups, number, np.sqrt(surfaces.area) * sure)
    examples = [
        reference_rows(seen["decode"], seen["colorize"])
        for seen in context.references()
        if "surfaces" in seen["colorize"].images
    ]
    if examples:
        colours = follow(colours, places, number, np.concatenate(examples), space)
    colours = np.rint(colours / STEP) * STEP
    kept = from_document(json.loads(config.palette)) if config.palette else ()
    known = recognise(looks_of(surfaces.table, number), space, own, kept)
    hinted = _hinted(surfaces, number, hints)
    wishes = [
        wish_for(o, hinted.get(g), k) for g, (o, k) in enumerate(zip(known.own, known.kept, strict=True))
    ]
    moves = _moves(surfaces, groups, number, colours, agreed, wishes)
    entries = _entries(list(pages), surfaces, groups, number)
    names = _names(surfaces, number, colours, known, hinted)
    entries = [
        replace(entry, id=known.ids[g], colour=colour, found=found, locked=bool(own and own.locked))
        for g, (entry, own, (colour, found)) in enumerate(zip(entries, known.own, names, strict=True))
    ]
    context.write(to_document([*entries, *gone(own, known)]))
    return _hand_out(sizes, surfaces, np.array(known.ids)[number], moves)


def _look(
    context: ChapterContext,
    pages: Mapping[str, Inputs],
    sizes: dict[str, list[int]],
    hints: dict[tuple[int, int], str],
) -> Iterator[tuple[Artifact, Image]]:
    """Each page's artifacts; on the way note its windows' sizes and which of its surfaces are hinted at."""
    wanted = hints_of(context.config.hints, context.chapter)
    for number, (name, inputs) in enumerate(pages.items()):
        context.check_cancelled()
        colorize = inputs["colorize"]
        sizes[name] = window_sizes(colorize)
        for hint in wanted.get(name, ()):
            row = surface_at(colorize, hint.x, hint.y)
            if row is None:
                raise UsageError(
                    f"--hints: nothing is coloured at {hint.x}, {hint.y} of {name}", "Move the point."
                )
            hints[number, row] = hint.colour
        yield colorize, inputs["balloons"].images["main"]


def _hinted(surfaces: Surfaces, number: Ints, hints: Mapping[tuple[int, int], str]) -> dict[int, str]:
    """The colour that hints want of groups; of two the later one counts."""
    rows = {(int(p), int(r)): int(g) for p, r, g in zip(surfaces.page, surfaces.row, number, strict=True)}
    return {rows[place]: colour for place, colour in hints.items() if place in rows}


def by_size(number: Ints, surfaces: Surfaces) -> Ints:
    """The same groups, numbered by area, the largest first."""
    area = np.bincount(number, weights=surfaces.area)
    rank = np.empty(len(area), np.int64)
    rank[np.argsort(-area, kind="stable")] = np.arange(len(area))
    return np.asarray(rank[number])


def _own_chroma(surfaces: Surfaces) -> Numbers:
    return surfaces.table[:, (CB, CR)].astype(np.float64) - 128


def _first_colours(surfaces: Surfaces, weight: Numbers, found: LookAlikes) -> tuple[Numbers, float]:
    """What colour each surface brings along, N×2, and how far it is to hold on to it."""
    if not surfaces.votes:
        return _own_chroma(surfaces), HOLD
    votes = surfaces.table[:, -surfaces.votes :]
    colours = decided(votes, surfaces.palette, weight, surfaces.area, found)
    return colours, hold_for(told(votes, surfaces.area))


def _members_colours(
    start: Numbers, groups: Groups, number: Ints, weight: Numbers
) -> tuple[Numbers, Numbers]:
    """The colour of each group (G×2), and what each surface agreed on (N×2), as lively as the ``start``."""
    colours = group_colours(groups.chroma, weight, number)
    factor = liveliness(colours, start, weight, number)[:, None]
    return colours * factor, np.rint(groups.chroma * factor[number] / STEP) * STEP


def _moves(
    surfaces: Surfaces,
    groups: Groups,
    number: Ints,
    colours: Numbers,
    agreed: Numbers,
    wishes: Sequence[Wish | None],
) -> Ints:
    """Levels to add to Cb and Cr of each surface, its luma or -1, and what to add if nobody wished: N×5."""
    strength = np.rint(groups.held * STRENGTHS) / STRENGTHS
    unwished = agreed + strength[:, None] * (colours[number] - agreed)
    to, light = unwished.copy(), np.full(len(number), -1.0)
    shown = np.maximum(surfaces.table[:, SHOWN].astype(np.float64), 1)
    for index, wish in enumerate(wishes):
        if wish is None:
            continue
        mine = number == index
        value, *chroma = parts_of(wish.colour)
        held = np.ones(1) if wish.whole else strength[mine]
        to[mine] = agreed[mine] + held[:, None] * (chroma - agreed[mine])
        if wish.whole:
            # Light and shade within the group stay what they are to each other.
            mean = np.average(shown[mine], weights=surfaces.area[mine])
            light[mine] = np.clip(value * shown[mine] / mean, *LUMAS)
    own = _own_chroma(surfaces)
    moves = np.concatenate([to - own, light[:, None], unwished - own], axis=1)
    return np.asarray(np.rint(moves), dtype=np.int64)


def _names(
    surfaces: Surfaces, number: Ints, colours: Numbers, known: Known, hinted: Mapping[int, str]
) -> list[tuple[str, str]]:
    """The colour of each group as it is to be, and as it would be without an edit."""
    names: list[tuple[str, str]] = []
    area = np.bincount(number, weights=surfaces.area)
    light = np.bincount(number, weights=surfaces.area * surfaces.table[:, SHOWN]) / area
    for index, (own, kept) in enumerate(zip(known.own, known.kept, strict=True)):
        wish = wish_for(None, hinted.get(index), kept)
        found = wish.colour if wish else name_of(light[index], *colours[index])
        if own is not None and own.locked and not own.edited and index not in hinted:
            found = own.colour
        names.append((own.colour if own is not None and own.edited else found, found))
    return names


def _entries(names: Sequence[str], surfaces: Surfaces, groups: Groups, number: Ints) -> list[Entry]:
    """What the palette says of each group besides its colour: its size, and where it is seen best."""
    looks = looks_of(surfaces.table, number)
    total = surfaces.area.sum()
    entries: list[Entry] = []
    order = np.lexsort((-surfaces.area, number))
    for members in np.split(order, np.cumsum(np.bincount(number))[:-1]):
        best: dict[int, int] = {}
        for index in members:
            best.setdefault(int(surfaces.window[index]), int(index))
        seen = [(names[surfaces.page[i]], place_on_page(surfaces, i)) for i in list(best.values())[:PLACES]]
        area = surfaces.area[members]
        entries.append(
            Entry(
                0,
                "",
                "",
                looks[number[members[0]]].tobytes(),
                area=float(area.sum() / total),
                surfaces=len(members),
                sure=float(np.average(groups.held[members], weights=area)),
                seen=tuple(seen),
            )
        )
    return entries


def _hand_out(
    sizes: Mapping[str, list[int]], surfaces: Surfaces, ids: Ints, moves: Ints
) -> dict[str, Artifact]:
    handed: dict[str, Artifact] = {}
    for name, mine in by_page(sizes, surfaces).items():
        rows = np.zeros((sum(sizes[name]), MOVE), np.int64)
        rows[:, (GROUP, LIGHT)] = -1
        rows[surfaces.row[mine], GROUP] = ids[mine]
        rows[surfaces.row[mine], 1:] = moves[mine]
        windows = np.split(rows, np.cumsum(sizes[name])[:-1])
        handed[name] = Artifact({"windows": [window.ravel().tolist() for window in windows]})
    return handed


STAGE = ChapterStage(
    "harmonize",
    run,
    configure,
    ("balloons", "colorize"),
    neutral,
    version=10,
    file=FILE,
    edits=edits,
    preview=draw_groups,
)
