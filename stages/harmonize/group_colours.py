"""The one colour of a group, decided by all its members, and the correction that takes each member to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.corrections import OWN_LUMA, Corrections, WindowCorrections
from mangacolor.stages.harmonize.guidance.guided import Guided
from mangacolor.stages.harmonize.guidance.params import GuidanceParams
from mangacolor.stages.harmonize.overrides import Override
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.neutrals import Neutrals
from mangacolor.stages.harmonize.params import CorrectionParams, GroupColourParams, Params, SmoothingParams
from mangacolor.stages.harmonize.references.matching import Matched
from mangacolor.stages.harmonize.smoothing import weighted_mode
from mangacolor.stages.segments.chapter import ChapterSegments


@dataclass(frozen=True, slots=True)
class ChapterColours:
    """``groups``: the colour of each group, G×2. ``members``: what each segment agreed on, N×2. Levels.
    ``near``: N in [0, 1], how far that is what the group's other members agreed on. ``held``: N, who takes
    part in the group's colour whatever that was."""

    groups: F64
    members: F64
    near: F64
    held: Mask

    def with_groups(self, groups: F64) -> ChapterColours:
        return replace(self, groups=groups)

    def with_one_colour(self, members: Mask) -> ChapterColours:
        """With those segments (N) taking part in their groups' colours whatever they agreed on."""
        return replace(self, near=np.where(members, 1.0, self.near), held=self.held | members)

    def round_groups(self, params: GroupColourParams) -> ChapterColours:
        """Colours of groups on the grid."""
        return self.with_groups(np.rint(self.groups / params.chroma_step) * params.chroma_step)


@dataclass(frozen=True, slots=True)
class Members:
    """N segments as they have a say in the colours of their groups.

    ``start``: what each starts from. ``agreed``: what it agreed on with its neighbours. N×2, levels.
    ``weight``: N, what it counts. ``guided``: which have a guest's colour. ``panels``: what is alike in
    their panels. ``neutrals``: which lose colours that they cannot have.
    """

    start: F64
    agreed: F64
    weight: F64
    guided: Guided
    panels: Panels
    neutrals: Neutrals

    @classmethod
    def of(
        cls,
        start: F64,
        agreed: F64,
        area: F64,
        steadiness: F64,
        guided: Guided,
        panels: Panels,
        neutrals: Neutrals,
        params: Params,
    ) -> Members:
        """``area``, ``steadiness``: N, of which a segment's weight is made."""
        weight = guided.weigh(np.sqrt(area) * steadiness, params.guidance)
        return cls(start, agreed, weight, guided, panels, neutrals)

    def take(self, which: I64) -> Members:
        """Some of them, given in ascending order."""
        columns = self.start[which], self.agreed[which], self.weight[which]
        return Members(*columns, self.guided.take(which), self.panels.take(which), self.neutrals.take(which))

    def find_guided(self, number: I64, params: GuidanceParams) -> Mask:
        """The groups (``number``, N), G, that have the guest's colour."""
        return self.guided.share_of_groups(number, self.weight) >= params.group_share

    def choose_colours(self, number: I64, params: Params) -> ChapterColours:
        """The colours of groups (``number``, N) and members."""
        guided = self.find_guided(number, params.guidance)
        return choose_group_colours(
            self.start, self.agreed, self.weight, number, params.group_colours, params.smoothing, guided
        )

    def find_apart(self, groups: Groups, params: Params) -> Mask:
        """The segments, N, that will clearly have another colour than their groups."""
        colours = self.choose_colours(groups.number, params)
        left = np.hypot(*(colours.groups[groups.number] - self.settle(groups, colours, params)).T)
        return np.asarray(left > params.group_colours.most_apart)

    def settle(self, groups: Groups, colours: ChapterColours, params: Params) -> F64:
        """The colours (N×2, levels) that segments end in, where nobody has chosen one.

        Each goes from what it agreed on to its group's colour as far as it is a member and near, but for a
        colour that it is not to have, and panels agree on what comes of that.
        """
        steps = params.corrections.membership_steps
        reach = self.guided.find_reach(groups, colours.groups, params.guidance)
        share = np.rint(reach * steps) / steps * colours.near
        drawn = colours.members + share[:, None] * (colours.groups[groups.number] - colours.members)
        drawn = self.neutrals.but_for(colours.held).draw(drawn, params)
        return self.panels.settle(drawn, colours.held | self.guided.held, params.panels)


def choose_group_colours(
    start: F64,
    agreed: F64,
    weight: F64,
    number: I64,
    params: GroupColourParams,
    smoothing: SmoothingParams,
    as_they_are: Mask,
) -> ChapterColours:
    """Colours of groups (``number``, N) and members, about as strong as the members' ``start`` (N×2).

    ``agreed``: N×2, after smoothing. ``weight``: N, what each member counts. ``as_they_are``: G, groups whose
    colours are not made stronger, and hold for all of their members.
    """
    colours = find_group_modes(agreed, weight, number, params, smoothing)
    near = nearness(agreed, colours[number], params)
    gain = np.where(as_they_are, 1.0, chroma_gain(colours, start, weight, number, params))[:, None]
    members = np.rint(agreed * gain[number] / params.chroma_step) * params.chroma_step
    nobody = np.zeros(len(number), np.bool_)
    return ChapterColours(colours * gain, members, near, nobody).with_one_colour(as_they_are[number])


def nearness(agreed: F64, group: F64, params: GroupColourParams) -> F64:
    """How far members that ``agreed`` on these colours (N×2) take part in their groups' (N×2), N in [0, 1].

    What looks alike may hold two colours, as faces and a pale sky, and a group has that of the most.
    """
    away = ((group - agreed) ** 2).sum(axis=1)
    return np.asarray(np.exp(-away / (2 * params.bandwidth**2)))


def find_group_modes(
    chroma: F64, weight: F64, number: I64, params: GroupColourParams, smoothing: SmoothingParams
) -> F64:
    """Cb and Cr of each group (G×2): the densest place among its members' chroma (N×2), by weight.

    The mean of red and blue members would be brown, a colour that none of them has.
    """
    colours = np.zeros((int(number.max()) + 1, 2))
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(colours) + 1))
    for group in range(len(colours)):
        members = order[starts[group] : starts[group + 1]]
        asked = members[np.argsort(-weight[members], kind="stable")[: params.max_members]]
        colours[group] = weighted_mode(chroma[None, asked], weight[None, asked], smoothing)[0]
    return colours


def chroma_gain(colours: F64, chroma: F64, weight: F64, number: I64, params: GroupColourParams) -> F64:
    """By what to raise each group's chroma (G): agreeing makes colours (G×2) pale, and they are to be about
    as strong as their members' (N×2) were."""
    total = np.bincount(number, weights=weight)
    strength = np.bincount(number, weights=weight * np.hypot(*chroma.T)) / np.maximum(total, 1e-9)
    gain = strength / np.maximum(np.hypot(*colours.T), 1e-9)
    return np.asarray(np.clip(gain, 1.0, params.max_chroma_gain))


def correct_segments(
    segments: ChapterSegments,
    groups: Groups,
    settled: F64,
    colours: ChapterColours,
    overrides: Sequence[Override | None],
    identity: I64,
    params: CorrectionParams,
    matched: Matched | None = None,
) -> WindowCorrections:
    """The correction of each of the chapter's N segments.

    A segment ends in the colour that it ``settled`` on (N×2, levels), or goes from what it agreed on to what
    somebody chose for the group (``overrides``, G), as far as it is a member; and to what references say of
    it (``matched``), as far as these are sure. ``identity``: N, the number of their groups in the palette.
    """
    number, agreed = groups.number, colours.members
    membership = np.rint(groups.membership * params.membership_steps) / params.membership_steps
    base, target = _follow_references(settled, matched, params)
    luma = _luma_of_references(segments, matched, params)
    for group, override in enumerate(overrides):
        if override is not None:
            members = np.nonzero(number == group)[0]
            share = np.ones(1) if override.with_luma else membership[members]
            chroma = from_hex(override.colour)[1:]
            target[members] = agreed[members] + share[:, None] * (chroma - agreed[members])
            if override.with_luma:
                luma[members] = _chosen_luma(override, segments, members, params)
    own = segments.features.chroma
    return WindowCorrections(identity, _whole(target - own), _whole(luma), _whole(base - own))


def _follow_references(base: F64, matched: Matched | None, params: CorrectionParams) -> tuple[F64, F64]:
    """The colours that segments have by themselves (``base``, N×2), and those that references give to them,
    as far as these are sure."""
    if matched is None:
        return base, base.copy()
    target = base + matched.sureness[:, None] * (matched.chroma - base)
    # What is surely known holds, as what somebody chose; the rest may yet agree across open borders.
    holds = (matched.sureness >= params.holds_from)[:, None]
    return np.where(holds, base, target), target


def _chosen_luma(
    override: Override, segments: ChapterSegments, members: I64, params: CorrectionParams
) -> F64:
    """The luma of a group's ``members`` (indices, M): light and shade within it stay what they are to each
    other."""
    shown = np.maximum(segments.features.shown[members].astype(np.float64), 1)
    mean = np.average(shown, weights=segments.area[members])
    return np.asarray(np.clip(from_hex(override.colour)[0] * shown / mean, *params.luma_range))


def _luma_of_references(segments: ChapterSegments, matched: Matched | None, params: CorrectionParams) -> F64:
    """The luma that surely known segments are to have, N, or their own: that of the scan where the network
    has painted them darker than references are, and never lighter than the scan."""
    luma = np.full(len(segments), float(OWN_LUMA))
    if matched is None:
        return luma
    shown, tone = (plane.astype(np.float64) for plane in (segments.features.shown, segments.features.tone))
    wanted = np.clip(matched.luma, np.minimum(shown, tone), tone)
    lighter = (matched.sureness >= params.holds_from) & (wanted >= shown + params.min_luma_step)
    luma[lighter] = np.clip(wanted, *params.luma_range)[lighter]
    return luma


def _whole(values: F64) -> I64:
    return np.asarray(np.rint(values), dtype=np.int64)


def hand_out(segments: ChapterSegments, corrections: WindowCorrections) -> list[Corrections]:
    """For each page the corrections of its windows; segments that take no part (balloons) are not
    corrected."""
    handed: list[Corrections] = []
    for counts, indices in zip(segments.counts, segments.by_page(), strict=True):
        page = corrections.take(indices).spread(segments.row[indices], sum(counts))
        handed.append(Corrections(tuple(page.split(counts))))
    return handed
