"""Which of the guest's pages shows a page of ours, and that page laid over ours.

Names and numbers only say which to try first: a page counts once its lines have been found on ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.errors import MangacolorError
from mangacolor.core.types import Image, Page
from mangacolor.formats.pixels import decode_picture
from mangacolor.stages.guest.collection import Collection, GuestPage
from mangacolor.stages.guest.params import FindingParams
from mangacolor.stages.guest.surfaces import Fit
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.stages.registration.partners import rank_partners
from mangacolor.stages.registration.register import register
from mangacolor.stages.registration.registration import Registration
from mangacolor.stages.registration.shortlist import Pool, make_pool

# By what a mask is made smaller before its holes are closed: their borders need not be exact.
HOLE_SHRINK = 4
# Of a spread so much more must be covered by pages of its name: one that shows the other half is to be tried.
SPREAD = 1.5


class Gallery:
    """The guest's pages in a run. Threads may share it: what all of them look like is found out once."""

    def __init__(self, collection: Collection, max_pixels: int) -> None:
        self.collection = collection
        self._max_pixels = max_pixels
        self._looking = threading.Lock()
        self._looks: dict[int, PageLook | None] = {}  # None for a page that cannot be read
        self._known: tuple[list[int], list[PageLook], Pool] | None = None  # all pages that can, to look among

    def read(self, number: int) -> tuple[Image, PageLook]:
        """The pixels of a page, H×W×3 RGB, and its look. Raises ``PageError`` or ``InputError``."""
        source = self.collection.pages[number].source
        picture = decode_picture(source.read(), source.describe(), self._max_pixels).pixels
        look = self._looks.get(number) or describe_page(picture)
        self._looks[number] = look
        return picture, look

    def alike(self, look: PageLook, check: Callable[[], None]) -> list[int]:
        """The pages that show what a page of this look shows, the likeliest first."""
        with self._looking:
            numbers, looks, pool = self._known = self._known or self._look_at_all(check)
        return [numbers[index] for index, _agreement in rank_partners(look, looks, pool)]

    def _look_at_all(self, check: Callable[[], None]) -> tuple[list[int], list[PageLook], Pool]:
        for number in range(len(self.collection.pages)):
            check()
            self._remember(number)
        known = {number: theirs for number, theirs in sorted(self._looks.items()) if theirs is not None}
        looks = list(known.values())
        return list(known), looks, make_pool(looks)

    def _remember(self, number: int) -> None:
        """Have the look of a page. One that cannot be read is told of where a page asks for it by name."""
        if number not in self._looks:
            try:
                self.read(number)
            except MangacolorError:
                self._looks[number] = None


@dataclass(slots=True)
class Laid:
    """The guest's pages laid over one of ours. ``picture``: H×W×3 RGB. ``covered``: H×W uint8, 255 where they
    show our page."""

    picture: Image
    covered: Image
    fits: list[Fit]

    @property
    def share(self) -> float:
        return float((self.covered > 0).mean())


def lay_over(
    grey: Image,
    pages: tuple[Page, ...],
    gallery: Gallery,
    params: FindingParams,
    check: Callable[[], None],
    warn: Callable[[str], None],
) -> Laid:
    """The guest's pages that show a page (luma, H×W), laid over it.

    ``pages``: ours; two where it is a spread in two halves. ``check`` raises ``Cancelled``. ``warn`` is told
    of pages of the guest that cannot be read.
    """
    look = describe_page(grey)
    laid = Laid(np.zeros((*grey.shape, 3), np.uint8), np.zeros(grey.shape, np.uint8), [])
    tried: set[int] = set()

    def attempt(number: int, found: str) -> None:
        tried.add(number)
        check()
        guest = gallery.collection.pages[number]
        try:
            picture, their_look = gallery.read(number)
        except MangacolorError as error:
            warn(f"{guest.name} is left out: {error.message}")
            return
        registration = register(grey, picture, look, their_look)
        if registration is not None and registration.share >= params.least_share:
            _lay(picture, registration, guest, found, laid, params)

    for page in pages:
        for number in _first(gallery.collection.named_like(page), params.max_named, tried):
            if laid.share < params.enough * (1 if len(pages) == 1 else SPREAD):
                attempt(number, "name")
    if laid.share < params.enough:
        for number in _first(iter(gallery.alike(look, check)), params.max_alike, tried):
            if laid.share < params.enough:
                attempt(number, "content")
    return laid


def _first(numbers: Iterator[int], most: int, tried: set[int]) -> Iterator[int]:
    """At most so many of them, without those that have been tried."""
    fresh = (number for number in numbers if number not in tried)
    for number, _ in zip(fresh, range(most), strict=False):
        yield number


def _lay(
    picture: Image,
    registration: Registration,
    guest: GuestPage,
    found: str,
    laid: Laid,
    params: FindingParams,
) -> None:
    """Lay one page over ours where nothing lies yet."""
    fresh = _close_holes(registration, params) & (laid.covered == 0)
    share = float(fresh.mean())
    if share < params.least_gain:
        return
    laid.picture[fresh] = registration.warp(picture)[fresh]
    laid.covered[fresh] = 255
    laid.fits.append(Fit(guest.name, found, registration.residual, share))


def _close_holes(registration: Registration, params: FindingParams) -> Mask:
    """Where their page shows ours, H×W, small places among it that differ with it: lettering in another
    language leaves no lines to be found on each other."""
    side = 2 * round(params.hole * max(registration.size) / HOLE_SHRINK / 2) + 1
    width, height = registration.size
    small = cv2.resize(
        registration.mask.astype(np.uint8),
        (max(1, width // HOLE_SHRINK), max(1, height // HOLE_SHRINK)),
        interpolation=cv2.INTER_NEAREST,
    )
    closed = cv2.morphologyEx(
        small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    whole = cv2.resize(closed, registration.size, interpolation=cv2.INTER_NEAREST) > 0
    x, y = np.moveaxis(registration.places(), 2, 0)
    wide, high = registration.their_size
    return np.asarray(whole & (x >= 0) & (y >= 0) & (x <= wide - 1) & (y <= high - 1))
