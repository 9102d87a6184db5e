"""The frame of a panel is no segment: its line goes to what lies beside it."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.stages.segments.frames import find_outlines, lie_within
from mangacolor.stages.segments.segmentation import segment
from mangacolor.tests.helpers.segments import SEGMENTATION, everywhere

PANEL = ((20, 20), (180, 20), (180, 180), (20, 180))


def framed() -> np.ndarray:
    """A panel with a circle in it, and a frame so wide that it is a strand."""
    grey = np.full((200, 200), 255, np.uint8)
    cv2.rectangle(grey, PANEL[0], PANEL[2], 0, 7)
    cv2.circle(grey, (100, 100), 40, 0, 2, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), np.uint8)


def test_a_frame_is_no_segment_and_the_others_stay_as_they_are() -> None:
    grey = framed()
    drawn = np.zeros(grey.shape, np.bool_)
    drawn[16:185, 16:185] = True
    frames = find_outlines([PANEL], (0, 0, 200, 200), (200, 200), SEGMENTATION.frame_reach)
    with_frame = segment(grey, drawn, lambda part: part, SEGMENTATION)
    without = segment(grey, drawn, lambda part: part, SEGMENTATION, frames)
    frame = int(with_frame.labels[20, 100])
    assert frame not in (with_frame.labels[40, 100], with_frame.labels[100, 100])
    assert without.labels.max() == len(without.parents) == with_frame.labels.max() - 1
    assert without.labels[20, 100] == without.labels[40, 100] != without.labels[100, 100]
    assert np.array_equal(without.labels > 0, drawn)
    kept = with_frame.labels != frame
    pairs = {*zip(with_frame.labels[kept].tolist(), without.labels[kept].tolist(), strict=True)}
    assert len(pairs) == len({one for one, _ in pairs})


def test_where_all_is_frame_it_stays() -> None:
    grey = np.full((60, 60), 200, np.uint8)
    found = segment(grey, everywhere(grey), lambda part: part, SEGMENTATION, everywhere(grey))
    assert found.labels.max() == 1 and (found.labels == 1).all()


def test_outlines_lie_where_their_part_of_the_page_is_drawn() -> None:
    near = find_outlines(
        [((100, 50), (300, 50), (300, 250), (100, 250))], (80, 40, 240, 220), (120, 110), 3.0
    )
    assert near.shape == (110, 120)
    assert near[5, 60] and near[60, 10] and near[60, 110] and near[105, 60]
    assert near[5 + 3, 60] and not near[5 + 4, 60] and not near[60, 60]
    assert not find_outlines([], (0, 0, 50, 50), (50, 50), 3.0).any()


def test_what_reaches_out_of_the_frame_is_more_than_frame() -> None:
    labels = np.repeat(np.array([[0, 1, 1, 1, 2, 2, 2, 2]], np.int32), 5, axis=0)
    within = np.zeros(labels.shape, np.bool_)
    within[:, :7] = True
    assert lie_within(labels, within, 0.95).tolist() == [True, True, False]
    assert lie_within(labels, within, 0.75).tolist() == [True, True, True]
