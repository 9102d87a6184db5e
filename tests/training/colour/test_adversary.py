"""The adversaries: what the chroma discriminator sees, and how much its opinion weighs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mangacolor.core.errors import UsageError
from mangacolor.models.losses.discriminator import CHROMA_GAIN, ChromaDiscriminator
from mangacolor.tests.helpers.training import TINY, materials
from mangacolor.training.colour.adversary import ADVERSARIES, balance, tells
from mangacolor.training.colour.config import PRESETS, Phase, override
from mangacolor.training.colour.trainer import Trainer


def pictures(seed: int = 0, side: int = 64) -> tuple[Tensor, Tensor]:
    made = torch.Generator().manual_seed(seed)
    return torch.rand(2, 1, side, side, generator=made) - 0.5, torch.rand(
        2, 3, side, side, generator=made
    ) - 0.5


def test_the_chroma_discriminator_sees_no_luma_and_both_scales() -> None:
    judge = ChromaDiscriminator(width=4).eval()
    grey, colour = pictures()
    told = judge(grey, colour)
    assert told.shape == (2, 16 + 4)
    assert torch.allclose(judge(grey, colour + 0.3), told, atol=1e-5)  # lighter, of the same chroma
    assert not torch.allclose(judge(grey, colour.flip(1)), told, atol=1e-3)
    assert not torch.allclose(judge(grey + 0.3, colour), told, atol=1e-3)
    assert judge(*pictures(side=32)).shape == (2, 4 + 1)


def test_its_slope_is_bounded_by_spectral_norms() -> None:
    judge = ChromaDiscriminator(width=4)
    with torch.no_grad():
        for weight in judge.parameters():
            weight.mul_(50)
    for _ in range(30):
        judge(*pictures())
    judge.eval()
    (grey, colour), (_, other) = pictures(1), pictures(2)
    moved = (judge(grey, colour) - judge(grey, other)).norm()
    assert 0 < moved <= 8 * CHROMA_GAIN * (colour - other).norm()


def test_hinge_losses_leave_alone_what_is_told_apart_well() -> None:
    hinge = ADVERSARIES["chroma"]
    sure = torch.tensor([2.0, 1.5])
    assert float(hinge.tell_apart(sure, -sure)) == 0
    assert float(hinge.tell_apart(-sure, sure)) == pytest.approx(2.75)
    assert float(hinge.fool(sure)) == pytest.approx(-1.75)
    assert float(ADVERSARIES["patch"].fool(torch.zeros(3))) == pytest.approx(0.693, abs=1e-3)


def test_balanced_it_slopes_as_the_others_do() -> None:
    where = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    others, loss = (where**2).sum(), 0.001 * where.sum()
    factor = balance(loss, others, where)
    slopes = [
        torch.autograd.grad(each, where, retain_graph=True)[0].norm() for each in (others, factor * loss)
    ]
    assert slopes[0] == pytest.approx(float(slopes[1]), rel=1e-4)
    assert torch.isfinite(balance(0.0 * where.sum(), others, where))


def test_a_discriminator_counts_as_much_as_it_tells_apart() -> None:
    told = 0.0
    for _ in range(100):
        told = tells(told, 1.2)  # worse than nothing
    assert told == 0
    half = [tells(0.0, 0.5)]
    for _ in range(100):
        half.append(tells(half[-1], 0.5))
    assert half == sorted(half) and half[0] < 0.1 and half[-1] == pytest.approx(0.5, abs=1e-3)
    assert tells(1.0, 0.0) == pytest.approx(1)


def test_one_that_tells_nothing_does_not_move_the_generator(tmp_path: Path) -> None:
    config = replace(TINY, phases=(Phase(1, 32, 2),), adversary="chroma", adversarial_from=0.0)
    slopes = []
    for told in (0.0, 1.0):
        trainer = Trainer(config, materials(), tmp_path, workers=0)
        trainer.told = told
        grey, colour = (picture.clamp(-0.5, 0.5) for picture in pictures(side=32))
        terms, _ = trainer._generator_terms(grey, colour, adversarial=True)
        votes = dict(trainer.generator.named_parameters())["palette.votes.0.0.weight"]
        slopes.append(torch.autograd.grad(terms["adversarial"], votes)[0])
    assert slopes[0].abs().max() == 0 < slopes[1].abs().max()


def test_a_generator_set_against_it_moves_otherwise(tmp_path: Path) -> None:
    runs = []
    for weight in (0.0, 0.5):
        losses = replace(TINY.losses, adversarial=weight)
        config = replace(
            TINY, phases=(Phase(3, 32, 2),), adversary="chroma", adversarial_from=0.0, losses=losses
        )
        trainer = Trainer(config, materials(), tmp_path / str(weight), workers=0)
        assert trainer.fit()
        runs.append((trainer, (tmp_path / str(weight) / "curves.csv").read_text(encoding="utf-8")))
    (plain, _), (against, curves) = runs
    votes = "palette.votes.0.0.weight"
    assert not torch.equal(plain.generator.state_dict()[votes], against.generator.state_dict()[votes])
    head, row = (line.split(",") for line in curves.splitlines()[:2])
    assert float(row[head.index("discriminator")]) > 0


def test_the_discriminator_learns_at_a_rate_of_its_own(tmp_path: Path) -> None:
    once = replace(TINY, phases=(Phase(1, 32, 2),), losses=replace(TINY.losses, adversarial=0.5))
    config = replace(once, adversarial_from=0.0, discriminator_rate=4.0)
    trainer = Trainer(config, materials(), tmp_path, workers=0)
    before = {name: weight.detach().clone() for name, weight in trainer.discriminator.named_parameters()}
    assert trainer.fit()
    rates = [{group["lr"] for group in optimiser.param_groups} for optimiser in trainer.optimisers]
    assert rates == [{config.learning_rate}, {4 * config.learning_rate}]
    # The first step of Adam is as long as the rate, whatever the slope.
    moved = max(
        float((weight.detach() - before[name]).abs().max())
        for name, weight in trainer.discriminator.named_parameters()
    )
    assert moved == pytest.approx(4 * config.learning_rate, rel=0.05)


def test_an_adversary_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="adversary"):
        override(PRESETS["default"], {"adversary": "gan"})
