"""White cloth and grounds that a scan leaves blank do not get the colour of the skin beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.core.arrays import F64
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.skin import doubt_skin, skin_likeness, whiten
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.series.grouping import Grouping, group_segments
from mangacolor.stages.harmonize.series.remembered import Remembered
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import AREA, CB, COLUMNS, CR, LUMA, TONE, UNIT, ZERO, SegmentFeatures

SKIN, ORANGE, BLUE, GREY = (-19.0, 21.0), (-45.0, 50.0), (30.0, -10.0), (0.0, 0.0)
PALETTE = np.array([SKIN, ORANGE, BLUE, GREY])
# The mean of either is beige.
FACE, SHIRT = (0.5, 0.1, 0.1, 0.3), (0.2, 0.25, 0.1, 0.45)
BLANK, TONED = 252, 150
POINT = 8
PARAMS = Params().skin
# How likely the network holds each colour, tone in the scan, and the panel.
Thing = tuple[tuple[float, ...], int, int]


def chapter(things: list[Thing]) -> ChapterSegments:
    """Segments that are alike if their votes are; all are read as the beige of skin."""
    count = len(things)
    rows = np.zeros((count, len(COLUMNS) + POINT + len(PALETTE)), np.uint8)
    rows[:, [AREA, LUMA]] = 100, 200
    rows[:, TONE] = [tone for _, tone, _ in things]
    rows[:, [CB, CR]] = np.array(SKIN) + 128
    kinds = [votes == FACE for votes, _, _ in things]
    rows[:, len(COLUMNS) : -len(PALETTE)] = np.rint(ZERO + UNIT * np.eye(POINT)[np.array(kinds, np.int64)])
    rows[:, -len(PALETTE) :] = np.rint(255 * np.sqrt(np.array([votes for votes, _, _ in things])))
    window = np.array([panel for _, _, panel in things])
    sizes = tuple(np.bincount(window).tolist())
    boxes, order = ((0, 0, 100, 100),) * len(sizes), np.arange(count)
    features = SegmentFeatures(rows, len(PALETTE))
    told = boxes, (sizes,), PALETTE, True, order, np.zeros(count, np.uint8)
    return ChapterSegments(features, 0 * order, window, order, *told)


def white(things: list[Thing]) -> F64:
    segments = chapter(things)
    votes = segments.features.votes
    travelled = np.log(np.square(votes / np.float32(255)) + np.float32(1e-5)).astype(np.float32)
    return doubt_skin(segments, votes, travelled, Panels.of(segments, Params().panels), PARAMS).white


def grouped(segments: ChapterSegments, params: Params) -> Grouping:
    nobody = Remembered.nothing(segments.features.rows.shape[1], segments.features.vote_count)
    space = make_space(segments.features, segments.embedded, params.descriptors)
    return group_segments(segments, nobody, space, params)


def test_skin_has_a_hue_and_is_neither_grey_nor_gaudy() -> None:
    pale = 0.5 * np.array(SKIN)
    likeness = skin_likeness(np.array([SKIN, pale, BLUE, GREY, ORANGE]), PARAMS)
    assert likeness[:2] == pytest.approx(1, abs=0.01)
    assert likeness[2:] == pytest.approx(0, abs=0.05)


def test_only_colours_of_skin_are_drawn_to_white() -> None:
    colours = np.array([SKIN, SKIN, BLUE, GREY])
    after = whiten(colours, np.array([1.0, 0.0, 1.0, 1.0]), PARAMS)
    assert np.hypot(*after[0]) < 0.3 * np.hypot(*SKIN)
    assert after[1:] == pytest.approx(colours[1:], abs=0.1)


def test_a_blank_shirt_beside_a_face_is_no_skin() -> None:
    found = white([(FACE, BLANK, 0), (SHIRT, BLANK, 0), (SHIRT, TONED, 0)])
    assert found[0] < 0.1
    assert found[1] > 0.9
    assert found[2] == 0


def test_what_is_likeliest_skin_in_its_panel_stays_however_doubtful() -> None:
    """A close-up of a cheek, of which the network cannot tell what it is."""
    found = white(
        [(FACE, BLANK, 0), (FACE, BLANK, 1), (SHIRT, BLANK, 1), (SHIRT, BLANK, 2), (SHIRT, BLANK, 2)]
    )
    assert found[2] > 0.9
    assert found[3:] == pytest.approx(0, abs=0.2)


def test_a_network_without_votes_says_nothing() -> None:
    segments = chapter([(FACE, BLANK, 0), (SHIRT, BLANK, 0)])
    features = SegmentFeatures(segments.features.rows[:, : -len(PALETTE)])
    silent = replace(segments, features=features, palette=np.zeros((0, 2)))
    nothing = np.zeros((2, 0), np.float32)
    found = doubt_skin(silent, features.votes, nothing, Panels.nothing(2), PARAMS)
    assert found.white.tolist() == found.no_skin.tolist() == [0, 0]


def test_shirts_of_a_chapter_end_whiter_than_its_faces() -> None:
    """Their means are one beige, and colours are means here."""
    means = replace(Params().assignment, temperatures=(1.0, 1.0), bias_step=0.0)
    segments = chapter([(votes, BLANK, panel) for panel in range(8) for votes in (FACE, SHIRT)])
    ends = []
    for amount in (PARAMS.amount, 0.0):
        params = replace(Params(), assignment=means, skin=replace(PARAMS, amount=amount))
        found = grouped(segments, params)
        members = found.members(segments.area, params)
        settled = members.settle(found.groups, members.choose_colours(found.groups.number, params), params)
        chroma = np.hypot(*settled.T)
        ends.append((chroma[::2].mean(), chroma[1::2].mean()))
    (face, shirt), (old_face, old_shirt) = ends
    assert shirt < 0.5 * old_shirt
    assert face == pytest.approx(old_face, abs=3)
