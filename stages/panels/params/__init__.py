"""The numbers that decide where panels lie, and what is paper: one a line, with unit and reason.

They are part of the stage's configuration, and so of its cache key. Lengths in pixels are at the working
scale, where a page has about a million pixels. "Probability" is the border network's, in [0, 1]. A "sample"
is taken every ``SAMPLE_STEP`` pixels along a line.

Public: ``Params``, ``DEFAULTS``, and the groups of numbers in ``page``, ``borders``, ``regions``, ``paper``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.stages.panels.params.borders import (
    BarParams,
    DrawnLineParams,
    FramelessParams,
    GutterParams,
    HiddenLineParams,
    LineParams,
    PinwheelParams,
    SecondLookParams,
    SharedLineParams,
)
from mangacolor.stages.panels.params.page import (
    BlankParams,
    InkParams,
    ScaleParams,
    SkewParams,
    StripParams,
)
from mangacolor.stages.panels.params.paper import (
    GroundParams,
    ResidualParams,
)
from mangacolor.stages.panels.params.regions import (
    BleedParams,
    CutParams,
    DecisionParams,
    InsetParams,
    OrderParams,
    SnapParams,
)

__all__ = [
    "DEFAULTS",
    "BarParams",
    "BlankParams",
    "BleedParams",
    "CutParams",
    "DecisionParams",
    "DrawnLineParams",
    "FramelessParams",
    "GroundParams",
    "GutterParams",
    "HiddenLineParams",
    "InkParams",
    "InsetParams",
    "LineParams",
    "OrderParams",
    "Params",
    "PinwheelParams",
    "ResidualParams",
    "ScaleParams",
    "SecondLookParams",
    "SharedLineParams",
    "SkewParams",
    "SnapParams",
    "StripParams",
]


@dataclass(frozen=True, slots=True)
class Params:
    """All numbers of the stage ``panels``."""

    scale: ScaleParams = field(default_factory=ScaleParams)
    ink: InkParams = field(default_factory=InkParams)
    strip: StripParams = field(default_factory=StripParams)
    blank: BlankParams = field(default_factory=BlankParams)
    line: LineParams = field(default_factory=LineParams)
    skew: SkewParams = field(default_factory=SkewParams)
    gutter: GutterParams = field(default_factory=GutterParams)
    shared: SharedLineParams = field(default_factory=SharedLineParams)
    hidden: HiddenLineParams = field(default_factory=HiddenLineParams)
    second_look: SecondLookParams = field(default_factory=SecondLookParams)
    bar: BarParams = field(default_factory=BarParams)
    drawn: DrawnLineParams = field(default_factory=DrawnLineParams)
    frameless: FramelessParams = field(default_factory=FramelessParams)
    pinwheel: PinwheelParams = field(default_factory=PinwheelParams)
    cut: CutParams = field(default_factory=CutParams)
    decision: DecisionParams = field(default_factory=DecisionParams)
    snap: SnapParams = field(default_factory=SnapParams)
    bleed: BleedParams = field(default_factory=BleedParams)
    inset: InsetParams = field(default_factory=InsetParams)
    ground: GroundParams = field(default_factory=GroundParams)
    residual: ResidualParams = field(default_factory=ResidualParams)
    order: OrderParams = field(default_factory=OrderParams)


DEFAULTS = Params()
