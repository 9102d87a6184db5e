"""A page's balloons and captions and their mask, as one typed value that is kept as an artifact."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from mangacolor.core.types import Artifact, Box, Image

Kind = Literal["closed", "open", "cut", "black", "caption"]
_BALLOONS = "balloons"  # the entry of the artifact's data
_MASK = "main"  # name of the mask among its images


@dataclass(frozen=True, slots=True)
class Balloon:
    """A balloon or caption: bounding box in page pixels, kind, confidence in [0, 1].

    ``closed``: outlined all round. ``open``: its outline has gaps. ``cut``: it ends at a panel's or
    the page's edge. ``black``: light lettering on dark. ``caption``: a rectangle.
    """

    box: Box
    kind: Kind
    confidence: float


@dataclass(frozen=True, slots=True)
class BalloonLayout:
    """All balloons of a page, and their mask: H×W uint8, 255 = paper or lettering of a balloon."""

    mask: Image
    balloons: tuple[Balloon, ...]

    def to_artifact(self) -> Artifact:
        """What the stage ``balloons`` leaves: the mask as ``main``; boxes, kinds and confidences as data."""
        return Artifact({_BALLOONS: [asdict(balloon) for balloon in self.balloons]}, {_MASK: self.mask})

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> BalloonLayout:
        """The layout that ``to_artifact`` stored."""
        balloons = (
            Balloon(box=tuple(entry["box"]), kind=entry["kind"], confidence=entry["confidence"])
            for entry in artifact.data[_BALLOONS]
        )
        return cls(artifact.images[_MASK], tuple(balloons))
