"""What ``classify`` leaves of a page, typed. This module alone knows under which names that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mangacolor.core.types import Artifact

Guess = Literal["manga", "colour", "blank"]


@dataclass(frozen=True, slots=True)
class PageClass:
    """What a page is, as far as one can tell without its panels.

    ``chroma``: what no tint of a scan explains, as a share of what a black-and-white page may have: above 1
    there is colour. ``drawn``: the share of the page that differs from its ground. ``colourless``: on a page
    with colour, the share where something is drawn and nothing around it is in colour; ``doubtful``: whether
    that may be a panel in black and white, so that the page's panels have to tell. ``forced``: to be coloured
    although there is colour on it. ``wanted``: what the user said of the page, if anything. ``copied``: the
    page ends here.
    """

    kind: Guess
    chroma: float
    drawn: float
    colourless: float = 0.0
    doubtful: bool = False
    forced: bool = False
    wanted: str | None = None
    copied: bool = False

    def to_artifact(self) -> Artifact:
        """As it is kept."""
        data = {
            "kind": self.kind,
            "chroma": round(self.chroma, 4),
            "drawn": round(self.drawn, 6),
            "colourless": round(self.colourless, 4),
            "doubtful": self.doubtful,
            "forced": self.forced,
            **({"wanted": self.wanted} if self.wanted else {}),
        }
        return Artifact(data=data, outcome="copy" if self.copied else None)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PageClass:
        """What ``to_artifact`` stored, rounded."""
        data = artifact.data
        return cls(
            kind=data["kind"],
            chroma=data["chroma"],
            drawn=data["drawn"],
            colourless=data["colourless"],
            doubtful=data["doubtful"],
            forced=data["forced"],
            wanted=data.get("wanted"),
            copied=artifact.outcome == "copy",
        )
