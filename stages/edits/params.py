"""The numbers that decide how edits are laid on segments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EditParams:
    """Levels are of luma, 0 to 255."""

    # Mean luma that a segment may be given: ink below stays ink, paper above has no colour.
    luma_range: tuple[int, int] = (66, 250)
    # Of the way from an anchor to what is most like it and not meant, in the logarithm of odds, which is as
    # squared distance: how far the anchor speaks.
    negative_share: float = 0.5
    # Segments that speak for a group to pages that come later.
    typical_members: int = 12
    # The largest members among which these are sought.
    typical_among: int = 512
    # Edits of earlier chapters that a series remembers.
    remembered_edits: int = 256


PARAMS = EditParams()
