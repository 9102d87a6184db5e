"""A page's panels and its ground as one typed value, and the Panels JSON document that they are kept as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mangacolor.core.types import Artifact, Image, Panel, Point
from mangacolor.stages.panels.marked_parts import COLOURED, LEFT_OUT, NO_PARTS, MarkedParts
from mangacolor.stages.panels.params import DEFAULTS

PUBLIC_ENTRIES = ("page", "size", "panels", "polygons", "confidence", "seconds")
JOINED = "joined"
_GROUND = "ground"  # name of the mask among the artifact's images


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a panel may be two that were left together, since a border there was too doubtful.

    ``panel``: its number in ``PanelLayout.panels``. ``line``: the border's corners in pixels, two of a shared
    line, four of a gutter. ``probability``: that it is a border, in [0, 1].
    """

    panel: int
    line: tuple[Point, ...]
    probability: float

    def to_document(self) -> dict[str, Any]:
        """As an entry of the Panels JSON."""
        return {
            "panel": self.panel,
            "line": [list(point) for point in self.line],
            "probability": round(self.probability, 3),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Joined:
        """What ``to_document`` wrote."""
        return cls(document["panel"], as_points(document["line"]), document["probability"])


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """A page's panels in reading order, residual ones last, and its ground.

    ``ground``: H×W uint8, 255 = paper (white, tinted or black) around what is drawn, 0 = drawn.
    ``marked``: what a correction says of parts of the page; the ground obeys it. ``joined``: where panels may
    have been left together.
    """

    panels: tuple[Panel, ...]
    ground: Image
    marked: MarkedParts = NO_PARTS
    joined: tuple[Joined, ...] = ()

    @property
    def detected(self) -> tuple[Panel, ...]:
        """The panels of the story, in reading order."""
        return tuple(panel for panel in self.panels if not panel.residual)

    @property
    def size(self) -> tuple[int, int]:
        """The page's width and height in pixels."""
        return self.ground.shape[1], self.ground.shape[0]

    def to_artifact(self, page_name: str, seconds: float) -> Artifact:
        """What the stage ``panels`` leaves. ``seconds``: the time it took."""
        document = panel_document(self.panels, page_name, self.size, seconds, self.joined)
        return Artifact(data=document | self.marked.to_document(), images={_GROUND: self.ground})

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PanelLayout:
        """The layout that ``to_artifact`` stored, its confidences rounded to three digits."""
        data = artifact.data
        detected = [
            _panel(polygon, confidence)
            for polygon, confidence in zip(data["polygons"], data["confidence"], strict=True)
        ]
        residual = [
            _panel(polygon, DEFAULTS.residual.confidence, residual=True)
            for polygon in data["residual_panels"]
        ]
        marked = MarkedParts(*(_parts(data.get(entry, ())) for entry in (LEFT_OUT, COLOURED)))
        joined = tuple(Joined.from_document(entry) for entry in data.get(JOINED, ()))
        return cls((*detected, *residual), artifact.images[_GROUND], marked, joined)


def panel_document(
    panels: Sequence[Panel],
    page_name: str,
    size: tuple[int, int],
    seconds: float,
    joined: Sequence[Joined] = (),
) -> dict[str, Any]:
    """The Panels JSON: detected panels in reading order, boxes as [x, y, width, height].

    Residual panels are in an entry of their own, ``residual_panels``, as polygons. ``size`` is (width,
    height) in pixels; ``seconds`` the time it took. ``joined`` is an entry where panels may be two.
    """
    detected = [panel for panel in panels if not panel.residual]
    doubts = {JOINED: [entry.to_document() for entry in joined]} if joined else {}
    return {
        "page": page_name,
        "size": list(size),
        "panels": [list(panel.box) for panel in detected],
        "polygons": [_corners(panel) for panel in detected],
        "confidence": [round(panel.confidence, 3) for panel in detected],
        "residual_panels": [_corners(panel) for panel in panels if panel.residual],
        "seconds": round(seconds, 4),
    } | doubts


def public_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The six entries of a Panels JSON that ``mangacolor panels`` writes for other programs, and the parts
    that a correction marks and the panels that may be two, if there are any."""
    marked = {name: document[name] for name in (LEFT_OUT, COLOURED, JOINED) if name in document}
    return {name: document[name] for name in PUBLIC_ENTRIES} | marked


def painting_order(panels: Sequence[Panel]) -> list[int]:
    """The numbers of panels as they are painted over each other: insets over the panels they lie in, residual
    ones under all."""
    areas = [panel.box[2] * panel.box[3] for panel in panels]
    return sorted(range(len(panels)), key=lambda n: (not panels[n].residual, -areas[n], n))


def box_around(polygon: Sequence[Point]) -> tuple[int, int, int, int]:
    """The bounding box of points in pixels: x, y, width, height."""
    xs, ys = zip(*polygon, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def as_points(polygon: Sequence[Sequence[int]]) -> tuple[Point, ...]:
    """Pairs of whole numbers as points."""
    return tuple((int(x), int(y)) for x, y in polygon)


def _parts(polygons: Sequence[Sequence[Sequence[int]]]) -> tuple[tuple[Point, ...], ...]:
    return tuple(as_points(polygon) for polygon in polygons)


def _panel(polygon: Sequence[Sequence[int]], confidence: float, residual: bool = False) -> Panel:
    points = as_points(polygon)
    return Panel(points, box_around(points), confidence, residual)


def _corners(panel: Panel) -> list[list[int]]:
    return [list(point) for point in panel.polygon]
