"""Which of the guest's pages shows a page of ours, and that page laid over ours.

Names and numbers only say which to try first: a page counts once its lines have been found on ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.errors import MangacolorError
from mangacolor.core.types import Image, Page
from mangacolor.stages.guest.collection import GuestPage
from mangacolor.stages.guest.gallery import Gallery
from mangacolor.stages.guest.params import FindingParams
from mangacolor.stages.guest.surfaces import Fit
from mangacolor.stages.registration.look import describe_page
from mangacolor.stages.registration.register import register
from mangacolor.stages.registration.registration import Registration

# By what a mask is made smaller before its holes are closed: their borders need not be exact.
HOLE_SHRINK = 4
# Of a spread so much more must be covered by pages of its name: one that shows the other half is to be tried.
SPREAD = 1.5


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
            warn(f"{guest.shown} is left out: {error.message}")
            return
        registration = register(grey, picture, look, their_look)
        if registration is not None and registration.share >= params.least_share:
            _lay(picture, registration, guest, found, laid, params)

    for page in pages:
        for number in _first(gallery.collection.named_like(page), params.max_named, tried):
            if laid.share < params.enough * (1 if len(pages) == 1 else SPREAD):
                attempt(number, "name")
    if laid.share < params.enough:
        for number in _first(gallery.alike(look, check), params.max_alike, tried):
            if laid.share < params.enough:
                attempt(number, "content")
    return laid


def _first(numbers: Iterable[int], most: int, tried: set[int]) -> Iterator[int]:
    """At most so many of them, without those that have been tried."""
    return islice((number for number in numbers if number not in tried), most)


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
    width, height = registration.size
    long, short = max(width, height), min(width, height)
    radius = params.hole * min(long, params.longest * short) / HOLE_SHRINK / 2
    small = cv2.resize(
        registration.mask.astype(np.uint8),
        (max(1, width // HOLE_SHRINK), max(1, height // HOLE_SHRINK)),
        interpolation=cv2.INTER_NEAREST,
    )
    closed = _close(small > 0, radius).astype(np.uint8)
    whole = cv2.resize(closed, registration.size, interpolation=cv2.INTER_NEAREST) > 0
    x, y = np.moveaxis(registration.places(), 2, 0)
    wide, high = registration.their_size
    return np.asarray(whole & (x >= 0) & (y >= 0) & (x <= wide - 1) & (y <= high - 1))


def _close(mask: Mask, radius: float) -> Mask:
    """A mask closed by a disc, by distances: a large disc costs no more than a small one."""
    grown = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius
    inner = cv2.distanceTransform(grown.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius
    return np.asarray(inner)
