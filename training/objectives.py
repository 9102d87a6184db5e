"""The terms of the two losses that need no pretrained network, and the door to those that do."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.training.config import LossWeights

# Rec. 601: rows are Cb and Cr of RGB.
_CHROMA = ((-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def chroma_l1(fake: Tensor, colour: Tensor) -> Tensor:
    """Mean absolute difference of Cb and Cr; N×3×H×W RGB in [-1, 1]. Twice, to span [0, 2] like RGB."""
    matrix = torch.tensor(_CHROMA, dtype=fake.dtype, device=fake.device)
    difference = torch.einsum("oc,nchw->nohw", matrix, fake - colour)
    return 2.0 * difference.abs().mean()


def adversarial_loss(logits: Tensor) -> Tensor:
    """The generator's: binary cross-entropy of the discriminator's logits against "real"."""
    return functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Half the sum of the cross-entropies of real and fake logits."""
    wrong = functional.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    return 0.5 * (adversarial_loss(real) + wrong)


def perceptual_loss(weights: LossWeights, files: dict[str, Path], faithful: bool) -> nn.Module | None:
    """The perceptual term that ``weights`` ask for, or None.

    ``files`` may give the pretrained networks by role (``vgg``, ``anime``); without them they are
    fetched by hash. Raises ``SetupError`` when one can neither be found nor fetched.
    """
    if not weights.perceptual or not (weights.vgg or weights.anime):
        return None
    from mangacolor.models.losses import AnimeLoss, PerceptualLoss

    if not weights.anime:
        return PerceptualLoss(files.get("vgg"), faithful=faithful)
    return AnimeLoss(
        files.get("anime"), files.get("vgg"), anime=weights.anime, vgg=weights.vgg, faithful=faithful
    )
