"""Pairing the pages of two editions: by content, one to one, and what is said of the others."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.stages.registration.matching import Alone, match_pages
from mangacolor.stages.registration.partners import rank_partners
from mangacolor.stages.registration.shortlist import make_pool
from mangacolor.tests.helpers.editions import example_page, reprint

BLANK = describe_page(np.full((900, 700), 255, np.uint8))


@cache
def ours(number: int) -> PageLook:
    return describe_page(example_page(number))


@cache
def theirs(number: int) -> PageLook:
    return describe_page(reprint(example_page(number), scale=0.5 + 0.1 * number).theirs)


def test_pages_are_paired_by_content_whatever_their_order() -> None:
    order = [5, 3, 7, 1, 6, 2]
    told: list[int] = []
    matches = match_pages([ours(n) for n in range(1, 8)], [theirs(n) for n in order], told.append)
    assert [(match.ours + 1, order[match.theirs]) for match in matches.pairs] == [
        (number, number) for number in (1, 2, 3, 5, 6, 7)
    ]
    assert matches.alone == (Alone(3, "unlike"),)
    assert matches.left == ()
    assert told == [1, 2, 3, 4, 5, 6, 7]


def test_a_page_that_comes_twice_is_paired_by_its_place() -> None:
    """As a title page that every chapter repeats."""
    order = [2, 1, 3, 2, 4]
    matches = match_pages([ours(n) for n in order], [theirs(n) for n in order])
    assert [(match.ours, match.theirs) for match in matches.pairs] == [(n, n) for n in range(5)]


def test_a_page_whose_partner_is_taken_says_so() -> None:
    matches = match_pages([ours(2), ours(3), ours(2)], [theirs(2), theirs(3)])
    assert [(match.ours, match.theirs) for match in matches.pairs] == [(0, 0), (1, 1)]
    assert matches.alone == (Alone(2, "taken", 0),)


def test_blank_pages_say_so_and_strangers_are_left() -> None:
    matches = match_pages([BLANK, ours(3)], [theirs(1), BLANK, theirs(3)])
    assert [(match.ours, match.theirs) for match in matches.pairs] == [(1, 2)]
    assert matches.alone == (Alone(0, "empty"),)
    assert matches.left == (0, 1)


def test_nothing_goes_with_nothing() -> None:
    assert match_pages([], []).pairs == ()
    assert match_pages([ours(3)], []).alone == (Alone(0, "unlike"),)
    assert match_pages([], [ours(3)]).left == (0,)


def test_partners_are_ranked_and_strangers_are_none() -> None:
    page = example_page(3)
    scribbled = reprint(page, scale=0.7).theirs
    cv2.rectangle(scribbled, (0, 0), (700, 420), (255, 255, 255), cv2.FILLED)
    pool = [theirs(1), describe_page(scribbled), theirs(3), BLANK]
    ranked = rank_partners(ours(3), make_pool(pool), pool.__getitem__)
    assert [index for index, _ in ranked] == [2, 1]
    assert ranked[0][1] > ranked[1][1] > 0.2
    assert rank_partners(ours(5), make_pool(pool), pool.__getitem__) == []
    assert rank_partners(ours(3), make_pool(pool), lambda index: None) == []


def test_a_spread_goes_with_both_of_its_pages() -> None:
    spread = describe_page(reprint(np.hstack([example_page(5), example_page(6)]), scale=0.6).theirs)
    matches = match_pages([ours(4), ours(5), ours(6)], [theirs(4), spread])
    assert [(match.ours, match.theirs) for match in matches.pairs] == [(0, 0), (1, 1), (2, 1)]
    turned = match_pages(
        [describe_page(np.hstack([example_page(1), example_page(2)]))], [theirs(1), theirs(2)]
    )
    assert [(match.ours, match.theirs) for match in turned.pairs] == [(0, 0), (0, 1)]
    left, right = (match.likeness.here for match in turned.pairs)
    assert left == pytest.approx((0.0, 0.0, 0.5, 1.0), abs=0.02)
    assert right == pytest.approx((0.5, 0.0, 1.0, 1.0), abs=0.02)


def test_a_cover_that_shows_a_panel_is_not_the_page() -> None:
    """It lies before the others; a crop of the page that lies where the page would is taken for it."""
    panel = example_page(4)[:640]
    cover = describe_page(reprint(panel, scale=0.9).theirs)
    numbers = [1, 2, 3, 4, 5]
    book = [ours(number) for number in numbers]
    matches = match_pages(book, [cover, *(theirs(number) for number in numbers)])
    assert [(match.ours, match.theirs) for match in matches.pairs] == [(n, n + 1) for n in range(5)]
    assert matches.left == (0,)
    without = match_pages(book, [cover, *(theirs(number) for number in (1, 2, 3, 5))])
    assert [match.theirs for match in without.pairs] == [1, 2, 3, 4]
    assert without.alone == (Alone(3, "unsure", 0),)
    cropped = match_pages(book, [*(theirs(number) for number in (1, 2, 3)), cover, theirs(5)])
    assert [(match.ours, match.theirs) for match in cropped.pairs] == [(n, n) for n in range(5)]
