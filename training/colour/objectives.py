"""The terms of the two losses that need no pretrained network, and the door to those that do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.models.colour.palette_head import chroma_of, luma_of
from mangacolor.training.colour.config import LossWeights

PALETTE_SPREAD = 0.06  # chroma in [-1, 1]: how far a palette colour answers for its neighbourhood


def chroma_l1(fake: Tensor, colour: Tensor) -> Tensor:
    """Mean absolute difference of Cb and Cr; N×3×H×W RGB in [-1, 1]. Twice, to span [0, 2] like RGB."""
    return 2.0 * chroma_of(fake - colour).abs().mean()


def luma_l1(fake: Tensor, colour: Tensor) -> Tensor:
    """Mean absolute difference of luma."""
    return luma_of(fake - colour).abs().mean()


def palette_loss(logits: Tensor, colour: Tensor, centres: Tensor, rarity: Tensor) -> Tensor:
    """Cross-entropy of palette logits (N×K×h×w) against the target's chroma, rare colours weighted up.

    ``colour``: N×3×H×W in [-1, 1], averaged down to h×w. ``centres``: K×2. ``rarity``: K weights.
    Each target is spread over the colours around it, so that near misses cost little.
    """
    target = functional.interpolate(chroma_of(colour), logits.shape[2:], mode="area")
    likelihood = functional.log_softmax(logits.float(), dim=1).permute(0, 2, 3, 1)
    surprise, weight = palette_surprise(likelihood, target.permute(0, 2, 3, 1), centres, rarity)
    return (weight * surprise).sum() / weight.sum()


def palette_surprise(
    likelihood: Tensor, chroma: Tensor, centres: Tensor, rarity: Tensor
) -> tuple[Tensor, Tensor]:
    """The terms of ``palette_loss`` pixel by pixel, and what each weighs.

    ``likelihood``: …×K, logarithms. ``chroma``: …×2, the target's.
    """
    distance = torch.cdist(chroma.reshape(-1, 2), centres)
    soft = torch.softmax(-(distance**2) / (2 * PALETTE_SPREAD**2), dim=1).view_as(likelihood)
    return -(soft * likelihood).sum(dim=-1), soft @ rarity


# What compares a result with the truth, both N×3×H×W RGB in [-1, 1], by the name of its weight.
COMPARISONS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": functional.l1_loss,
    "luma": luma_l1,
    "chroma": chroma_l1,
}


def picture_terms(
    fake: Tensor,
    colour: Tensor,
    logits: Tensor | None,
    palette: tuple[Tensor, Tensor] | None,
    weights: LossWeights,
) -> dict[str, Tensor]:
    """The weighted terms that compare a result with the truth (both N×3×H×W in [-1, 1]), by name.

    ``logits`` and ``palette`` (centres K×2, rarity K) are a palette generator's; others have None.
    """
    terms: dict[str, Tensor] = {}
    for name, compare in COMPARISONS.items():
        if weight := getattr(weights, name):
            terms[name] = weight * compare(fake, colour)
    if logits is not None and palette is not None:
        terms["palette"] = weights.palette * palette_loss(logits, colour, *palette)
    return terms


def perceptual_loss(weights: LossWeights, files: dict[str, Path], faithful: bool) -> nn.Module | None:
    """The perceptual term that ``weights`` ask for, or None.

    ``files`` may give the pretrained networks by role (``vgg``, ``anime``); without them they are
    fetched by hash. Raises ``SetupError`` when one can neither be found nor fetched.
    """
    if not weights.perceptual or not (weights.vgg or weights.anime):
        return None
    from mangacolor.models.losses.perceptual import AnimeLoss, PerceptualLoss

    if not weights.anime:
        return PerceptualLoss(files.get("vgg"), faithful=faithful)
    return AnimeLoss(
        files.get("anime"), files.get("vgg"), anime=weights.anime, vgg=weights.vgg, faithful=faithful
    )
