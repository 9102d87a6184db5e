"""What the gutters found so far tell of a page's style, and what that tells of other candidates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.gutters import GutterEvidence
from mangacolor.stages.panels.cutting.polygons import Line
from mangacolor.stages.panels.params import Params

DARK_BAND = "a dark band that ends at a frame, where gutters are white"


@dataclass(frozen=True, slots=True)
class Style:
    """Which sure gutters have been found around a region: ``across`` or ``down`` the page, ``white``."""

    across: bool = False
    down: bool = False
    white: bool = False

    def with_cut(self, cut: Cut, params: Params) -> Style:
        """The style within the parts that a cut leaves."""
        if cut.shared or cut.score < params.cut.sure_score:
            return self
        white = self.white or cut.kind == "white gutter"
        return Style(self.across or not cut.down, self.down or cut.down, white)

    def cost(self, cut: Cut, params: Params) -> float:
        """What a shared line costs beside gutters."""
        if not cut.shared:
            return 0.0
        same, other = (self.down, self.across) if cut.down else (self.across, self.down)
        return params.cut.same_way_cost * same + params.cut.other_way_cost * other

    def is_sill(self, cut: Cut, params: Params) -> bool:
        """Whether a dark band is none of the gutters, for a page's are of one colour: a sill or a beam.

        It ends at a frame, as no gutter does. A band as thin as a frame is one.
        """
        evidence = cut.evidence
        return (
            self.white
            and cut.kind == "black gutter"
            and isinstance(evidence, GutterEvidence)
            and evidence.mean_width > params.gutter.thick
            and evidence.open_ends < 2
        )

    def sides_of_sills(self, cuts: Iterable[Cut], params: Params) -> frozenset[tuple[bool, Line]]:
        """The sides of those that score as gutters do: whether they run down, and their lines."""
        sills = (cut for cut in cuts if cut.score >= params.cut.least_score and self.is_sill(cut, params))
        return frozenset((cut.down, line) for cut in sills for line in (cut.upper, cut.lower))


UNTOLD = Style()
