"""References: which segments follow them and how surely, and the table that a series' file brings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.arrays import F32
from mangacolor.core.errors import SetupError
from mangacolor.core.types import Chapter
from mangacolor.models.colour.segment_embedding import embedding_fingerprint
from mangacolor.models.colour.series.file import SeriesFile, write_series_file
from mangacolor.models.colour.series.learnt_surfaces import LearntSurfaces
from mangacolor.models.files.known import find_weights
from mangacolor.stages.harmonize.corrections import OWN_LUMA
from mangacolor.stages.harmonize.descriptors import DescriptorSpace, make_space
from mangacolor.stages.harmonize.params import Params, ReferenceParams
from mangacolor.stages.harmonize.references import matching
from mangacolor.stages.harmonize.references.learnt import learnt_features
from mangacolor.stages.harmonize.references.matching import Matched, match_references
from mangacolor.stages.harmonize.stage import Config
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    CB,
    COLUMNS,
    CR,
    LEFT,
    LUMA,
    RIGHT,
    SIDES,
    TONE,
    UNIT,
    ZERO,
    SegmentFeatures,
)
from mangacolor.tests.stages.harmonize.test_stage import FEATURES, after, chapter, decided, run

PARAMS = Params()
RED, BLUE = (-20, 60), (50, -30)


def at(*angles: float, colour: tuple[int, int] = (0, 0), area: float = 400.0) -> SegmentFeatures:
    """Segments whose points lie at these angles, in degrees, on a circle of the embedding's sphere."""
    rows = np.zeros((len(angles), len(COLUMNS) + 2), np.uint8)
    points = [(np.cos(np.radians(angle)), np.sin(np.radians(angle))) for angle in angles]
    rows[:, len(COLUMNS) :] = np.rint(ZERO + UNIT * np.array(points))
    rows[:, TONE] = 150
    rows[:, AREA] = round(AREA_STEPS * np.log2(area))
    rows[:, (CB, CR)] = np.array(colour) + 128
    return SegmentFeatures(rows)


def together(*parts: SegmentFeatures) -> SegmentFeatures:
    return SegmentFeatures(np.concatenate([part.rows for part in parts]))


def match(segments: SegmentFeatures, references: SegmentFeatures) -> Matched:
    none = np.zeros((0, 2))
    return match_references(segments, references, space(segments), none, PARAMS.references, PARAMS.smoothing)


def space(segments: SegmentFeatures) -> DescriptorSpace:
    return make_space(segments, True, PARAMS.descriptors)


def test_what_looks_the_same_takes_the_references_colour() -> None:
    found = match(at(0, 5), together(at(0, 3, 6, colour=RED), at(120, 180, colour=BLUE)))
    assert np.abs(found.chroma - RED).max() <= 2
    assert (found.sureness >= 0.75).all()


def test_what_stands_in_a_reference_has_its_colour_there_wholly_whatever_looks_nearly_so() -> None:
    others = at(*np.linspace(14, 26, 11), colour=BLUE)  # distances of 0.24 to 0.45
    found = match(at(0), together(at(0, colour=RED), others))
    assert found.chroma.tolist() == [list(RED)] and found.sureness.tolist() == [1.0]


def test_what_looks_like_nothing_is_told_nothing() -> None:
    found = match(at(90, 180), at(0, colour=RED))
    assert (found.sureness == 0).all()


def test_two_references_of_different_colours_that_are_as_near_leave_it_open() -> None:
    disputed = match(at(10), together(at(0, colour=RED), at(20, colour=BLUE)))
    clear = match(at(10), together(at(0, colour=RED), at(20, colour=RED)))
    assert disputed.sureness[0] <= 0.6
    assert clear.sureness[0] >= 0.85


def test_backdrops_and_specks_are_no_references() -> None:
    backdrop = at(0, colour=RED)
    backdrop.rows[:, SIDES] = LEFT | RIGHT
    assert (match(at(0), together(backdrop, at(0, colour=RED, area=8.0))).sureness == 0).all()
    assert match(at(0), at(0, colour=RED)).sureness[0] == 1
    assert match(backdrop, at(0, colour=RED)).sureness[0] == 0


def test_what_is_surely_known_speaks_for_what_is_like_it() -> None:
    far = 68.0  # degrees from the reference: further than any that it speaks to
    assert match(at(far), at(0, colour=RED)).sureness[0] == 0
    found = match(at(far, 34), at(0, colour=RED))
    assert found.sureness[1] >= PARAMS.references.passed_on
    assert found.sureness[0] > 0 and np.abs(found.chroma[0] - RED).max() <= 2


def test_the_order_of_references_is_of_no_account() -> None:
    references = together(at(0, 11, 25, colour=RED), at(40, 52, colour=BLUE))
    turned = SegmentFeatures(references.rows[::-1].copy())
    one, other = match(at(*range(0, 60, 7)), references), match(at(*range(0, 60, 7)), turned)
    assert np.array_equal(one.chroma, other.chroma)
    assert np.array_equal(one.sureness, other.sureness)


def test_of_too_many_references_the_largest_are_asked() -> None:
    few = replace(PARAMS.references, max_references=2)
    references = together(
        at(0, colour=BLUE, area=50), at(1, colour=RED, area=900), at(90, colour=BLUE, area=800)
    )
    none, segments = np.zeros((0, 2)), at(0, 91)
    found = match_references(segments, references, space(segments), none, few, PARAMS.smoothing)
    assert np.abs(found.chroma - (RED, BLUE)).max() <= 2 and (found.sureness >= 0.75).all()


def test_references_are_compared_once_with_all_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    find = matching._find_nearest

    def count(asking: F32, asked: F32, params: ReferenceParams) -> matching._Nearest:
        compared.append((len(asking), len(asked)))
        return find(asking, asked, params)

    monkeypatch.setattr(matching, "_find_nearest", count)
    found = match(at(68, 34), at(0, 1, 2, 3, 4, colour=RED))
    assert found.sureness.min() > 0
    assert compared == [(2, 5), (2, 1)]


def test_the_nearest_are_those_of_all_references_at_once() -> None:
    rng = np.random.default_rng(2)
    asking, asked = (rng.integers(0, 4, (count, 3)).astype(np.float32) for count in (50, 90))
    whole = matching._find_nearest(asking, asked, PARAMS.references)
    square = ((asking[:, None].astype(float) - asked) ** 2).sum(axis=2)
    assert np.array_equal(whole.number, np.argsort(square, axis=1, kind="stable")[:, :12])
    parts = [matching._find_nearest(asking, part, PARAMS.references) for part in (asked[:60], asked[60:])]
    joined = parts[0].joined(parts[1], 60, 12)
    assert np.array_equal(joined.number, whole.number)
    assert np.array_equal(joined.distance, whole.distance)


@pytest.mark.parametrize(("votes", "sure"), [((0, 255), 0.0), ((255, 0), 1.0), ((128, 221), 1.0)])
def test_a_colour_that_the_network_holds_for_impossible_needs_a_nearer_reference(
    votes: tuple[int, int], sure: float
) -> None:
    def voting(angle: float, colour: tuple[int, int] = (0, 0)) -> SegmentFeatures:
        row = at(angle, colour=colour).rows
        return SegmentFeatures(np.concatenate([row, np.array([votes], np.uint8)], axis=1), 2)

    palette = np.array([RED, BLUE], float)
    segments, references = voting(34), voting(0, RED)  # a distance of 0.58
    found = match_references(
        segments, references, space(segments), palette, PARAMS.references, PARAMS.smoothing
    )
    assert found.sureness[0] == sure
    near = match_references(
        voting(5), references, space(segments), palette, PARAMS.references, PARAMS.smoothing
    )
    assert near.sureness[0] == 1


def test_a_group_follows_as_far_as_its_members_are_known() -> None:
    matched = Matched(
        np.array([RED, RED, (0, 0), (0, 0)], float), np.zeros(4), np.array([1.0, 1.0, 0.0, 0.0])
    )
    number, weight = np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 2.0, 1.0])
    pulled = matched.pull(np.zeros((2, 2)), number, weight, PARAMS.smoothing)
    assert np.allclose(pulled, np.array([RED, (0, 0)]) / 2)


# -- the table of a series


def series_file(path: Path, rows: np.ndarray, votes: int = 0, *, embedded: bool = False) -> str:
    base = find_weights("default")
    assert base is not None
    table = LearntSurfaces(rows, np.zeros(len(rows), np.int64), votes, embedded)
    told = embedding_fingerprint("default", base.sha256)
    write_series_file(path, SeriesFile("A", base.name, base.sha256, {}, table.to_arrays(), embedding=told))
    return str(path)


def test_the_table_of_a_series_file_is_followed(tmp_path: Path) -> None:
    context, pages = chapter()
    before = run(context, pages)
    rows = pages["1.png"]["colorize"].images["surfaces"][:1].copy()  # one kind of the chapter, in red
    rows[:, (CB, CR)] = np.array(RED) + 128
    context.config = replace(Config(), weights=series_file(tmp_path / "a.safetensors", rows))
    made = run(context, pages)
    assert np.abs(after(pages, made, 0) - RED).max() <= 3
    assert np.array_equal(after(pages, made, 2), after(pages, before, 2))


@pytest.mark.parametrize(("true", "luma"), [(255, 100), (90, 90), (70, OWN_LUMA), (20, OWN_LUMA)])
def test_what_was_painted_too_dark_is_lightened_as_far_as_the_scan(
    true: int, luma: int, tmp_path: Path
) -> None:
    context, pages = chapter()
    for inputs in pages.values():
        inputs["colorize"].images["surfaces"][0, LUMA] = 70  # its tone is 100
    rows = pages["1.png"]["colorize"].images["surfaces"][:1].copy()
    rows[:, LUMA] = true
    context.config = replace(Config(), weights=series_file(tmp_path / "a.safetensors", rows))
    made = run(context, pages)
    assert {decided(artifact).row(0).luma for artifact in made.values()} == {luma}
    assert {decided(artifact).row(2).luma for artifact in made.values()} == {OWN_LUMA}


def test_plain_weights_bring_no_table(tmp_path: Path) -> None:
    rows = np.zeros((2, len(COLUMNS) + FEATURES), np.uint8)
    assert learnt_features("default", SegmentFeatures(rows), False) is None
    weights = series_file(tmp_path / "a.safetensors", rows)
    found = learnt_features(weights, SegmentFeatures(rows), False)
    assert found is not None and np.array_equal(found.rows, rows)


@pytest.mark.parametrize(("more", "votes", "embedded"), [(1, 0, False), (0, 3, False), (0, 0, True)])
def test_a_table_of_another_network_is_refused(more: int, votes: int, embedded: bool, tmp_path: Path) -> None:
    rows = np.zeros((2, len(COLUMNS) + FEATURES + more), np.uint8)
    weights = series_file(tmp_path / "a.safetensors", rows, votes, embedded=embedded)
    like = SegmentFeatures(np.zeros((2, len(COLUMNS) + FEATURES), np.uint8))
    with pytest.raises(SetupError, match="another network"):
        learnt_features(weights, like, False)


def test_the_stage_takes_the_weights_and_its_key_does_not() -> None:
    from mangacolor.core.settings import Options
    from mangacolor.stages.base import GUARD
    from mangacolor.stages.harmonize.stage import configure

    config = configure(Options(weights="a.safetensors"), Chapter("", ()))
    assert config is not None and config.weights == "a.safetensors"
    fields = {name: field.metadata for name, field in Config.__dataclass_fields__.items()}
    assert dict(fields["weights"]) == dict(GUARD)  # ``colorize`` has it in its key, with what is in the file
