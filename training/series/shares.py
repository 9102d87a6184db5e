"""What of the coloured pages is learnt from, and what is kept aside to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import ceil

import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.training.data.left_out import MIN_PANEL
from mangacolor.training.series.lessons import ColouredPage, Lesson, cut_lessons

PAGES_A_PAGE_ASIDE = 8  # of so many pages one is kept aside, at least one
LESSONS_A_LESSON_ASIDE = 4  # the same for the panels of a lone page
SHARE_ASIDE = 0.3  # of the long side of a lone drawing
LONE_SIDE = ceil(MIN_PANEL / SHARE_ASIDE)  # pixels of that side from which on such a part is large enough


def keep_aside(pages: Sequence[ColouredPage]) -> tuple[list[Lesson], list[Lesson]]:
    """Lessons to learn from, and lessons kept aside: whole pages from the middle, where there are several.

    Of a lone page some panels are kept aside, of a lone drawing a part of it. Raises ``InputError`` where
    nothing is large enough to learn from.
    """
    cut = [lessons for page in pages if (lessons := cut_lessons(page))]
    if len(cut) > 1:
        count = max(1, len(cut) // PAGES_A_PAGE_ASIDE)
        places = {round(place) for place in np.linspace(0, len(cut) - 1, count + 2)[1:-1]}
        return _apart(cut, places)
    lessons = cut[0] if cut else []
    if len(lessons) > 1:
        return _apart([[lesson] for lesson in lessons], set(range(1, len(lessons), LESSONS_A_LESSON_ASIDE)))
    halves = _halves(lessons[0]) if lessons else None
    if halves is None:
        raise _too_small(pages, lessons)
    return halves


def check_size(pages: Sequence[ColouredPage]) -> None:
    """Raise ``InputError`` where ``keep_aside`` would; of many pages only the first ones are cut."""
    cut = islice((page for page in pages if cut_lessons(page)), 2)
    if len(list(cut)) < 2:
        keep_aside(pages)


def _too_small(pages: Sequence[ColouredPage], lessons: Sequence[Lesson]) -> InputError:
    """Nothing is large enough, or a lone drawing is not so for a part of it to be kept aside."""
    name = pages[0].name if len(pages) == 1 else f"each of {len(pages)} pages" if pages else "the input"
    if not lessons:
        return InputError(
            f"{name} is too small to learn from: no drawing has {MIN_PANEL} pixels on its short side",
            "Give larger coloured pages.",
        )
    height, width = lessons[0].colour.shape[:2]
    return InputError(
        f"{lessons[0].page} is too small to learn from alone: its drawing has {width}×{height} pixels, and "
        f"{LONE_SIDE} on its long side are needed for a part to be kept aside, by which learning is judged",
        "Give a second coloured page, or a larger one.",
    )


def _apart(cut: Sequence[Sequence[Lesson]], aside: set[int]) -> tuple[list[Lesson], list[Lesson]]:
    learnt = [lesson for number, lessons in enumerate(cut) if number not in aside for lesson in lessons]
    return learnt, [lesson for number in sorted(aside) for lesson in cut[number]]


def _halves(lesson: Lesson) -> tuple[list[Lesson], list[Lesson]] | None:
    """The larger part of a drawing, and the rest; None if that would be too little."""
    height, width = lesson.colour.shape[:2]
    at = round((1 - SHARE_ASIDE) * max(height, width))
    where = (np.s_[:, :at], np.s_[:, at:]) if width >= height else (np.s_[:at], np.s_[at:])
    parts = [
        Lesson(
            lesson.page,
            lesson.colour[one],
            None if lesson.grey is None else lesson.grey[one],
            None if lesson.fits is None else lesson.fits[one],
        )
        for one in where
    ]
    if min(min(part.colour.shape[:2]) for part in parts) < MIN_PANEL:
        return None
    return [parts[0]], [parts[1]]
