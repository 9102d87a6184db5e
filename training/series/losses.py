"""What a step is judged by: the true colours of the work, and the base's own on what is rehearsed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mangacolor.models.colour.palette_head import chroma_of, luma_of
from mangacolor.training.colour.objectives import palette_surprise
from mangacolor.training.series.batches import Batch
from mangacolor.training.series.dials import Dials

EVERY = 2  # of the logits' rows and columns one in so many counts in a step: votes of neighbours agree


@dataclass(frozen=True, slots=True)
class SeriesLoss:
    """``centres``: K×2, the palette, read out at ``temperature``; ``rarity``: K, what each of its colours
    weighs."""

    centres: Tensor
    rarity: Tensor
    temperature: float
    dials: Dials

    def __call__(self, luma: Tensor, logits: Tensor, base: Tensor | None, batch: Batch, step: int) -> Tensor:
        """``luma``, ``logits``: the network's answer to ``batch``; ``base``: the base's logits for the crops
        that are rehearsed. Every step looks at other pixels."""
        down, right = divmod(step % EVERY**2, EVERY)
        size = logits.shape[2:]
        target = functional.interpolate(chroma_of(batch.colour), size, mode="area")
        fits = functional.interpolate(batch.fits, size, mode="area")
        votes, true, fit = (_thinned(one, down, right) for one in (logits.float(), target, fits))
        likelihood = functional.log_softmax(votes, dim=-1)
        own = len(votes) - batch.rehearsed
        loss: Tensor = self.dials.votes * self._votes(likelihood[:own], true[:own], fit[:own, ..., 0])
        ours = torch.softmax(votes[:own] / self.temperature, dim=-1) @ self.centres
        away = (ours - true[:own]).norm(dim=-1) * fit[:own, ..., 0]
        loss = loss + self.dials.chroma * away.sum() / fit[:own].sum().clamp(min=1)
        error = (luma.float() - luma_of(batch.colour)).abs() * batch.fits
        loss = loss + self.dials.luma * error.sum() / batch.fits.sum().clamp(min=1)
        if base is not None:
            believed = functional.log_softmax(_thinned(base.float(), down, right), dim=-1)
            away = functional.kl_div(likelihood[own:], believed, log_target=True, reduction="none")
            loss = loss + self.dials.agreement * away.sum(dim=-1).mean()
        return loss

    def _votes(self, likelihood: Tensor, true: Tensor, fit: Tensor) -> Tensor:
        """``palette_loss`` where the pictures fit."""
        surprise, weight = palette_surprise(likelihood, true, self.centres, self.rarity)
        weight = weight * fit
        return (weight * surprise).sum() / weight.sum().clamp(min=1e-6)


def _thinned(maps: Tensor, down: int, right: int) -> Tensor:
    """N×C×h×w to the N×h'×w'×C of one pixel in ``EVERY``²."""
    return maps[:, :, down::EVERY, right::EVERY].permute(0, 2, 3, 1)
