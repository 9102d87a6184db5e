"""How surely a region is a panel, and what is told of panels that may be two."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.confidence import cut_log_odds, find_regions
from mangacolor.stages.panels.cutting.cuts import Node, split
from mangacolor.stages.panels.cutting.polygons import Polygon, area, page_polygon
from mangacolor.stages.panels.params import DEFAULTS, DecisionParams, Params

SIZE = (600, 800)


@dataclass(frozen=True)
class Seen:
    """Evidence of a given width."""

    width: float = 0.0

    def measured(self) -> dict[str, float]:
        return {"mean width": self.width} if self.width else {}

    def parts(self, params: Params) -> dict[str, float]:
        return {}


def cut(at: float, score: float, *, down: bool = False, width: float = 0.0) -> Judgement:
    """A shared line, or a gutter of ``width``."""
    upper, lower = (at - width / 2, 0.0), (at + width / 2, 0.0)
    kind = "white gutter" if width else "shared line"
    return Judgement(Cut(kind, down, upper, lower, score, Seen(width)), score, 0.0, True, "")  # type: ignore[arg-type]


def tree(polygon: Polygon, cuts: dict[str, Judgement], path: str = "") -> Node:
    """The tree in which ``cuts`` part the regions at their paths, or nearly do."""
    if path not in cuts:
        return Node(polygon, ())
    judgement = cuts[path]
    if judgement.score < DEFAULTS.cut.least_score:
        return Node(polygon, (judgement,), doubted=0)
    parts = split(polygon, judgement.cut)
    grown = tuple(tree(part, cuts, f"{path}{index}") for index, part in enumerate(parts))
    return Node(polygon, (judgement,), 0, grown)


def page(cuts: dict[str, Judgement]) -> Node:
    return tree(page_polygon(*SIZE), cuts)


def test_a_cut_that_nearly_was_one_is_known_to_the_region_that_it_would_have_parted() -> None:
    sure, merged = find_regions(page({"": cut(300, 0.9, width=20), "1": cut(300, 0.70, down=True)}), DEFAULTS)
    assert [round(area(region.polygon)) for region in (sure, merged)] == [600 * 290, 600 * 490]
    assert sure.doubt is None and merged.doubt is not None
    assert merged.doubt.cut.down and 0.1 < merged.doubt.probability < 0.6
    assert sure.confidence > merged.confidence


def test_a_surer_cut_makes_surer_panels_and_a_likelier_one_through_it_a_less_sure_one() -> None:
    def confidence(around: float, through: float) -> list[float]:
        root = page({"": cut(300, around), "1": cut(300, through, down=True)})
        return [region.confidence for region in find_regions(root, DEFAULTS)]

    assert confidence(0.80, 0.68)[0] > confidence(0.74, 0.68)[0]
    assert confidence(0.80, 0.68)[1] > confidence(0.80, 0.71)[1]
    assert all(0 < value < 1 for value in confidence(0.80, 0.68))


def test_log_odds_are_told_by_kind_and_score() -> None:
    fitted = DecisionParams(gutter_base=1.0, gutter_steepness=10.0, shared_base=-1.0, shared_steepness=30.0)
    params = replace(DEFAULTS, decision=fitted)
    assert cut_log_odds(cut(0, 0.82, width=9), params) == pytest.approx(2.0)
    assert cut_log_odds(cut(0, 0.82), params) == pytest.approx(2.0)
    assert len(list(page({"": cut(300, 0.9), "1": cut(300, 0.7, down=True)}).walk())) == 3
