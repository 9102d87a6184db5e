"""The numbers that decide how edits are laid on segments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EditParams:
    """Levels are of luma, 0 to 255."""

    # Mean luma that a segment may be given: ink below stays ink, paper above has no colour.
    luma_range: tuple[int, int] = (66, 250)
    # All of a panel is drawn at one time and in one light, so that its segments lie nearer to each other
    # whatever they are: the distance within it that says as much as 1 says elsewhere.
    # ``spaced_``, here and below: the same where the spacing of segments is known.
    own_panel_unit: float = 0.74
    spaced_own_panel_unit: float = 0.715
    # A segment must be nearer to an anchor than to anything that is not meant: at this share of the distance
    # at most where it is drawn elsewhere, in the anchor's own panel, and in an edit of one panel or page.
    elsewhere_share: float = 0.3
    own_panel_share: float = 0.9
    spaced_elsewhere_share: float = 0.4
    spaced_own_panel_share: float = 0.8
    on_a_page_share: float = 1.0
    # Share of a segment inside an outline from which on it is covered wholly, so that the colour ends beneath
    # the ink around it.
    whole_share: float = 0.9
    # A segment is left out of an outline where no more of it than this lies inside, and it is no more than
    # such a part of what lies there.
    sliver_share: float = 0.04
    sliver_part: float = 0.2
    # How exactly people draw, as a share of the page's short side: a segment that an outline enters no deeper
    # is left out, unless most of it lies inside or the outline itself is as narrow.
    tremor: float = 0.006
    grazed_share: float = 0.5
    # Segments that speak for a group to pages that come later.
    typical_members: int = 12
    # The largest members among which these are sought.
    typical_among: int = 512
    # Edits of earlier chapters that a series remembers.
    remembered_edits: int = 256


PARAMS = EditParams()
