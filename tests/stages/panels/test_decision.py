"""Which cuts hold is decided over the whole page, and what was left together is told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.cuts import Node, split
from mangacolor.stages.panels.cutting.decision import decide, page_signs, walk
from mangacolor.stages.panels.cutting.polygons import Polygon, area, page_polygon
from mangacolor.stages.panels.params import DEFAULTS, DecisionParams, Params

SIZE = (600, 800)
PLAIN = replace(DEFAULTS, decision=DecisionParams.unfitted())


@dataclass(frozen=True)
class Seen:
    """Evidence of a given width."""

    width: float = 0.0

    def measured(self) -> dict[str, float]:
        return {"mean width": self.width} if self.width else {}

    def parts(self, params: Params) -> dict[str, float]:
        return {}


def cut(at: float, score: float, *, down: bool = False, width: float = 0.0) -> Judgement:
    """A shared line, or a gutter of ``width``, that was taken."""
    upper, lower = (at - width / 2, 0.0), (at + width / 2, 0.0)
    kind = "white gutter" if width else "shared line"
    return Judgement(Cut(kind, down, upper, lower, score, Seen(width)), score, 0.0, True, "")  # type: ignore[arg-type]


def tree(polygon: Polygon, cuts: dict[str, Judgement], path: str = "") -> Node:
    """The tree in which ``cuts`` part the regions at their paths."""
    if path not in cuts:
        return Node(polygon, ())
    parts = split(polygon, cuts[path].cut)
    grown = tuple(tree(part, cuts, f"{path}{index}") for index, part in enumerate(parts))
    return Node(polygon, (cuts[path],), 0, grown)


def page(cuts: dict[str, Judgement]) -> Node:
    return tree(page_polygon(*SIZE), cuts)


def test_a_cut_below_the_least_score_falls_and_its_parts_are_one_region_that_knows_of_it() -> None:
    root = page({"": cut(300, 0.9, width=20), "1": cut(300, 0.70, down=True)})
    kept, regions = decide(root, SIZE, PLAIN, learnt=True)
    assert [round(area(region.polygon)) for region in regions] == [600 * 290, 600 * 490]
    sure, merged = regions
    assert sure.doubt is None and merged.doubt is not None
    assert merged.doubt.cut.down and 0.2 < merged.doubt.probability < 0.5
    assert sure.confidence >= merged.confidence
    (fallen,) = kept.parts[1].judgements
    assert not fallen.chosen and fallen.reason == f"scores less than {DEFAULTS.cut.least_score}"
    assert fallen.score < DEFAULTS.cut.least_score


def test_what_hangs_on_a_cut_that_falls_falls_with_it() -> None:
    root = page({"": cut(300, 0.69), "0": cut(300, 0.73, down=True)})
    _, regions = decide(root, SIZE, PLAIN, learnt=True)
    assert len(regions) == 1 and area(regions[0].polygon) == pytest.approx(600 * 800)


def test_the_page_speaks_for_and_against() -> None:
    """Signs change which cuts hold, and by as much as the explanation tells."""
    root = page({"": cut(300, 0.71), "1": cut(300, 0.9, down=True, width=12)})
    for base in (2.0, -4.0):
        fitted = replace(PLAIN.decision, shared_base=base)
        kept, regions = decide(root, SIZE, replace(PLAIN, decision=fitted), learnt=True)
        assert len(regions) == (3 if base > 0 else 1)
        judged = kept.judgements[0]
        assert judged.of_page == pytest.approx(base / fitted.shared_steepness)
        assert judged.score == pytest.approx(0.71 + judged.of_page + judged.below)
        assert judged.chosen == (judged.score >= DEFAULTS.cut.least_score) == (judged.log_odds >= 0)


def test_without_the_network_only_the_score_counts() -> None:
    root = page({"": cut(300, 0.73), "0": cut(300, 0.71, down=True)})
    harsh = replace(DEFAULTS, decision=replace(DEFAULTS.decision, shared_base=-9.0))
    assert len(decide(root, SIZE, harsh, learnt=True)[1]) == 1
    assert len(decide(root, SIZE, harsh, learnt=False)[1]) == 2


def test_signs_tell_of_the_rest_of_the_page() -> None:
    root = page({"": cut(200, 0.9, width=10), "1": cut(600, 0.9, width=30), "0": cut(150, 0.8, down=True)})
    signs = page_signs(root, SIZE, DEFAULTS.cut)
    assert signs.keys() == dict(walk(root)).keys() == {"", "0", "1"}
    assert signs[""].length == 1 and signs["0"].length == pytest.approx(195 / 800)
    assert signs["0"].thin == pytest.approx(np.log(195 / 800))
    assert signs["0"].alike < 0 < 1 / 3 + signs["1"].alike
    assert signs[""].uneven == pytest.approx(np.log(32 / 12)) and signs["0"].uneven == 0
