"""The benchmark of balloons counts them whole, in part or not at all, and its marks keep to their halves."""

from __future__ import annotations

import numpy as np

from mangacolor.benchmarks.quality.score_balloons import is_clean, read_marks, score, table


def test_things_are_counted_whole_and_in_part_and_drawn_points_that_are_masked() -> None:
    mask = np.zeros((10, 20), np.bool_)
    mask[:, :10] = True
    marks = {
        "balloons": [[(1, 1), (8, 9)], [(9, 2), (12, 2)], [(15, 3)]],
        "harder": [],
        "rims": [[(2, 2)]],
        "drawn": [(3, 3), (18, 9)],
    }
    counts = score(mask, marks)
    assert (counts["balloons"], counts["balloons whole"], counts["balloons in part"]) == (3, 1, 1)
    assert (counts["rims"], counts["rims whole"]) == (1, 1)
    assert (counts["drawn"], counts["drawn masked"]) == (2, 1)
    assert not is_clean(counts)
    assert next(table(counts)) == "balloons      1 whole,   1 in part, of 3"
    assert is_clean(score(mask, marks | {"balloons": [[(1, 1)]], "drawn": [(18, 9)]}))


def test_each_page_is_marked_once_and_a_work_of_the_report_is_not_chosen_by() -> None:
    pages = read_marks("all")
    assert len({page["page"] for page in pages}) == len(pages)
    assert len(read_marks("tuning")) + len(read_marks("report")) == len(pages)
    works = {half: {page["title"] for page in read_marks(half)} for half in ("tuning", "report")}
    assert works["tuning"] & works["report"] == {"black_jack"}
