"""The chapters that lie open in the studio, each on a desk of its own: a few, since each takes memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from mangacolor.studio.desk import Desk
from mangacolor.studio.limits import OPEN_CHAPTERS


class Desks:
    """The chapters that were asked about last, ``most`` of them. ``make`` opens another, from its name.

    From any thread. One that makes room is there until the last request about it is done.
    """

    def __init__(self, make: Callable[[str], Desk], most: int = OPEN_CHAPTERS) -> None:
        self._make, self._most = make, most
        self._open: OrderedDict[str, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def lying(self, name: str) -> Desk | None:
        """The desk of a chapter that lies open; None for one that does not."""
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
            return self._open.get(name)

    def of(self, name: str) -> Desk:
        """The desk of a chapter, which is opened if need be."""
        known = self.lying(name)
        if known is not None:
            return known
        made = self._make(name)  # reads files: nobody waits for that who asks about another chapter
        with self._lock:
            desk = self._open.setdefault(name, made)  # somebody may have opened it meanwhile
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return desk

    @property
    def all(self) -> list[Desk]:
        """Those that lie open, the one asked about last at the end."""
        with self._lock:
            return list(self._open.values())
