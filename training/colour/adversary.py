"""The generator against a discriminator: what each is asked to do, and how much it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.models.losses.discriminator import ChromaDiscriminator, PatchDiscriminator

MEMORY = 0.9  # of what a balanced discriminator tells: what a step keeps of the mean over earlier ones
LEAST_SLOPE = 1e-8  # of a loss: below it there is nothing to balance
MOST = 1e4  # times that a discriminator that hardly slopes is made louder


@dataclass(frozen=True, slots=True)
class Adversary:
    """How the discriminators of one kind are made and trained.

    ``create``: one of a width. ``hinge``: by the hinge loss (Lim and Ye 2017) instead of cross-entropy.
    ``balanced``: the weight of the generator's term is a share of the others' slope, not a factor of its own
    (Esser et al. 2021), and the less, the less the discriminator tells apart: one that tells nothing yet
    would push as hard as one that does, but anywhere.
    """

    create: Callable[[int], nn.Module]
    hinge: bool
    balanced: bool

    def fool(self, logits: Tensor) -> Tensor:
        """The generator's loss, by what the discriminator says of its pictures."""
        if self.hinge:
            return -logits.mean()
        return functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))

    def tell_apart(self, real: Tensor, fake: Tensor) -> Tensor:
        """The discriminator's: half the sum of what real and fake pictures cost it."""
        if self.hinge:
            return 0.5 * (functional.relu(1 - real).mean() + functional.relu(1 + fake).mean())
        wrong = functional.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        return 0.5 * (self.fool(real) + wrong)


def _create_patch(width: int) -> nn.Module:
    return PatchDiscriminator(width=width)


ADVERSARIES: Mapping[str, Adversary] = {
    "patch": Adversary(_create_patch, hinge=False, balanced=False),
    "chroma": Adversary(ChromaDiscriminator, hinge=True, balanced=True),
}


def balance(loss: Tensor, others: Tensor, where: Tensor) -> Tensor:
    """The factor by which ``loss`` slopes as steeply as ``others`` at ``where``, which both are made of."""
    steep, ours = (
        torch.autograd.grad(each, where, retain_graph=True)[0].float().norm() for each in (others, loss)
    )
    factor: Tensor = steep / ours.clamp_min(LEAST_SLOPE)
    return factor.clamp_max(MOST).detach()


def tells(before: float, loss: float) -> float:
    """How much of real and fake a discriminator with the hinge loss tells apart, from 0 to 1: a moving mean.

    ``before``: what it told at the last step; ``loss``: its loss at this one, 1 where it tells nothing.
    """
    return MEMORY * before + (1 - MEMORY) * min(1.0, max(0.0, 1.0 - loss))
