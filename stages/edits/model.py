"""An edit: a colour for what lies at some points, and how far beyond these it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mangacolor.core.types import Point

# Likeness, 0 to 1, from which a segment is the same thing as an anchor where nobody says otherwise: as likely
# as not.
LIKENESS = 0.5
# Corners that an outline has at least.
CORNERS = 3
# Least and most that a look may have.
SATURATION = (0.0, 3.0)
WARMTH = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """Of all colours of a chapter. ``saturation``: by what their strength is multiplied, 0 to 3.
    ``warmth``: from -1, towards blue, to 1, towards amber."""

    saturation: float = 1.0
    warmth: float = 0.0


# Colours as they are.
OWN_LOOK = Look()


class Reach(StrEnum):
    """What an edit covers besides the segments of its anchors: those that are like an anchor in its window,
    on its page, or in the whole chapter; or the frozen members of a group, and what is like it on later
    pages. Or, whatever the segments are, what lies inside an outline."""

    SEGMENT = "segment"
    PANEL = "panel"
    PAGE = "page"
    ALIKE = "alike"
    GROUP = "group"
    OUTLINE = "outline"


class Level(StrEnum):
    """Which segment a point means: the lock of hair, or the whole head of it."""

    FINE = "fine"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point of a page, in pixels of the page as it comes, and so the segment that lies there.

    ``digest``: of the page's file (``page_digest``), by which the page is known if it is renamed; ``page``,
    its output name, counts where no page has that. ``looks``: what was known of the segment when the anchor
    was set (``SegmentFeatures.look_of``), or its row alone where an earlier version set it; it speaks for the
    segment where the page is gone.
    """

    page: str
    x: int
    y: int
    digest: str = ""
    looks: bytes = b""

    def is_same_segment(self, other: Anchor) -> bool:
        """Whether both lie on one segment of one page, as far as that is known without the page."""
        one, two = sorted((self.looks, other.looks), key=len)
        return self.page == other.page and (one == two or (one != b"" and two.startswith(one)))


@dataclass(frozen=True, slots=True)
class Members:
    """A point in each segment of a page that a frozen group has; none if it has nothing there."""

    page: str
    digest: str
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A decision of somebody.

    ``colour``: ``#rrggbb``. ``anchors``: at least one. ``negatives``: what is not meant; what is more like
    one of these than like any anchor is left out. ``likeness``: 0 to 1, how like an anchor a segment must be.
    ``level``: what a point means. ``group``: of the palette, for reach ``group``; ``members``: its segments
    on each page that there was when it was frozen. ``locked``: a later edit that is not takes nothing from
    it. ``outline``: for reach ``outline`` the corners, three or more, of what is covered, in pixels of the
    page of its one anchor, which lies inside.
    """

    id: int
    colour: str
    reach: Reach
    anchors: tuple[Anchor, ...]
    negatives: tuple[Anchor, ...] = ()
    likeness: float = LIKENESS
    level: Level = Level.FINE
    group: int | None = None
    members: tuple[Members, ...] = ()
    name: str = ""
    locked: bool = False
    outline: tuple[Point, ...] = ()


def page_digest(sha256: str) -> str:
    """By what a page is known, from the hash (hex) of its file: 64 bits of it."""
    return sha256[:16]
