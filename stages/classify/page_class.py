"""What ``classify`` leaves of a page, typed. This module alone knows under which names that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mangacolor.core.types import Artifact

# ``doubtful``: there is colour on the page, and parts of it have none: its panels tell.
Guess = Literal["manga", "colour", "doubtful", "blank"]


@dataclass(frozen=True, slots=True)
class PageClass:
    """What a page is, as far as one can tell without its panels.

    ``chroma``: what no tint of a scan explains, as a share of what a black-and-white page may have: above 1
    there is colour. ``drawn``: the share of the page that differs from its ground. ``colourless``: the share
    where something is drawn, and nothing around it is in colour; 0 on pages without colour, of which nobody
    asks. ``forced``: to be coloured although it came in colour. ``wanted``: what the user said of the page,
    if anything. ``copied``: the page ends here.
    """

    kind: Guess
    chroma: float
    drawn: float
    colourless: float = 0.0
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
            "forced": self.forced,
            **({"wanted": self.wanted} if self.wanted else {}),
        }
        return Artifact(data=data, outcome="copy" if self.copied else None)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PageClass:
        """What ``to_artifact`` stored, rounded."""
        data = artifact.data
        return cls(
            data["kind"],
            data["chroma"],
            data["drawn"],
            data["colourless"],
            data["forced"],
            data.get("wanted"),
            artifact.outcome == "copy",
        )
