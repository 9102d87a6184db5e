"""The guest's pages in a run: read when they are wanted, and looked at once to be found by their content."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from mangacolor.core.cpu import shared_cores
from mangacolor.core.errors import MangacolorError
from mangacolor.core.types import Image
from mangacolor.formats.pixels import decode_picture
from mangacolor.stages.guest.collection import Collection
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.stages.registration.partners import rank_partners
from mangacolor.stages.registration.shortlist import Pool, pool_points, strongest_points

# Looks that are kept, those used last: half a megabyte each, and a chapter's or two. Of a larger guest the
# few pages that may be ours are read again.
LOOKS_KEPT = 128
# Bytes of these, and of the points of as many pages.
BYTES_KEPT = LOOKS_KEPT * 600_000
# Seconds after which a thread that waits for others sees whether it is to stop.
_WAIT = 0.2


@dataclass(frozen=True, slots=True)
class _Known:
    """The pages that can be read, by number, and their points."""

    numbers: list[int]
    pool: Pool


class Gallery:
    """Threads may share it: they share the work of finding out what all of the guest's pages look like."""

    def __init__(self, collection: Collection, max_pixels: int) -> None:
        self.collection = collection
        self._max_pixels = max_pixels
        self._changed = threading.Condition()
        self._looks: OrderedDict[int, PageLook] = OrderedDict()
        self._points: dict[int, Image | None] = {}  # None for a page that cannot be read
        self._left = list(reversed(range(len(collection.pages))))  # that nobody has begun to look at
        self._looking = 0  # threads that look at a page
        self._known: _Known | None = None

    def read(self, number: int) -> tuple[Image, PageLook]:
        """The pixels of a page, H×W×3 RGB, and its look. Raises ``PageError`` or ``InputError``."""
        source = self.collection.pages[number].source
        picture = decode_picture(source.read(), source.describe(), self._max_pixels).pixels
        with self._changed:
            look = self._looks.get(number)
        look = look or describe_page(picture)
        with self._changed:
            self._looks[number] = look
            self._looks.move_to_end(number)
            while len(self._looks) > LOOKS_KEPT:
                self._looks.popitem(last=False)
        return picture, look

    def alike(self, look: PageLook, check: Callable[[], None]) -> list[int]:
        """The pages that show what a page of this look shows, the likeliest first.

        ``check`` raises ``Cancelled``.
        """
        known = self._know_all(check)

        def look_of(index: int) -> PageLook | None:
            check()
            return self._look_of(known.numbers[index])

        return [known.numbers[index] for index, _agreement in rank_partners(look, known.pool, look_of)]

    def _look_of(self, number: int) -> PageLook | None:
        """The look of a page; None for one that cannot be read, which is told of where a page asks for it by
        name."""
        with self._changed:
            kept = self._looks.get(number)
        if kept is not None:
            return kept
        try:
            return self.read(number)[1]
        except MangacolorError:
            return None

    def _know_all(self, check: Callable[[], None]) -> _Known:
        """Look at the pages that nobody has looked at, and wait for those that others are looking at."""
        while True:
            check()
            with self._changed:
                if self._known is None and not self._left and not self._looking:
                    self._known = self._sum_up()
                if self._known is not None:
                    return self._known
                number = self._left.pop() if self._left else None
                self._looking += number is not None
            if number is None:
                self._wait()
            else:
                self._look_at(number)

    def _look_at(self, number: int) -> None:
        try:
            look = self._look_of(number)
            self._points[number] = None if look is None else strongest_points(look)
        except BaseException:
            with self._changed:
                self._left.append(number)
            raise
        finally:
            with self._changed:
                self._looking -= 1
                self._changed.notify_all()

    def _wait(self) -> None:
        """Until somebody has looked at a page; meanwhile the core is others'."""
        with shared_cores().lent(), self._changed:
            if self._looking:
                self._changed.wait(_WAIT)

    def _sum_up(self) -> _Known:
        points = {number: own for number, own in sorted(self._points.items()) if own is not None}
        self._points.clear()
        return _Known(list(points), pool_points(list(points.values())))
